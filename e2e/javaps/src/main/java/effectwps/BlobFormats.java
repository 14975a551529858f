package effectwps;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.Base64;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

import org.n52.javaps.description.TypedProcessInputDescription;
import org.n52.javaps.description.TypedProcessOutputDescription;
import org.n52.javaps.io.Data;
import org.n52.javaps.io.InputHandler;
import org.n52.javaps.io.OutputHandler;
import org.n52.shetland.ogc.wps.Format;

/** The formats that complex data come in. What comes in one may go out in another, for nobody looks into it. */
public class BlobFormats implements InputHandler, OutputHandler {
    private static final Format BYTES = new Format("application/octet-stream");

    private static final Set<Format> FORMATS = new LinkedHashSet<>(List.of(
            Format.TEXT_XML,
            Format.APPLICATION_XML,
            new Format("application/json"),
            Format.TEXT_PLAIN,
            BYTES.withBase64Encoding(),
            BYTES));

    @Override
    public Set<Format> getSupportedFormats() {
        return FORMATS;
    }

    @Override
    public Set<Class<? extends Data<?>>> getSupportedBindings() {
        return Set.of(Blob.class);
    }

    @Override
    public Data<?> parse(TypedProcessInputDescription<?> input, InputStream stream, Format format) throws IOException {
        byte[] sent = stream.readAllBytes();
        return new Blob(format.isBase64() ? Base64.getMimeDecoder().decode(sent) : sent);
    }

    @Override
    public InputStream generate(TypedProcessOutputDescription<?> output, Data<?> data, Format format) {
        byte[] bytes = ((Blob) data).getPayload();
        return new ByteArrayInputStream(format.isBase64() ? Base64.getEncoder().encode(bytes) : bytes);
    }
}
