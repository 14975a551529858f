package effectwps;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.Set;

import org.n52.javaps.description.TypedProcessInputDescription;
import org.n52.javaps.description.TypedProcessOutputDescription;
import org.n52.javaps.io.Data;
import org.n52.javaps.io.DecodingException;
import org.n52.javaps.io.EncodingException;
import org.n52.javaps.io.InputHandler;
import org.n52.javaps.io.OutputHandler;
import org.n52.javaps.io.bbox.BoundingBoxData;
import org.n52.javaps.io.bbox.BoundingBoxInputOutputHandler;
import org.n52.javaps.io.literal.LiteralData;
import org.n52.javaps.io.literal.LiteralInputOutputHandler;
import org.n52.shetland.ogc.wps.Format;

/** Data whose MIME type is not given. The standard leaves it open whether it is; the server by itself insists on it. */
public class NoFormat implements InputHandler, OutputHandler {
    private final LiteralInputOutputHandler literals = new LiteralInputOutputHandler();
    private final BoundingBoxInputOutputHandler boxes = new BoundingBoxInputOutputHandler();
    private final BlobFormats blobs = new BlobFormats();

    @Override
    public boolean isSupportedFormat(Format format) {
        return format.isEmpty();
    }

    @Override
    public Set<Format> getSupportedFormats() {
        // None that a description should name.
        return Set.of();
    }

    @Override
    public Set<Class<? extends Data<?>>> getSupportedBindings() {
        return Set.of(LiteralData.class, BoundingBoxData.class, Blob.class);
    }

    @Override
    public Data<?> parse(TypedProcessInputDescription<?> input, InputStream stream, Format format)
            throws IOException, DecodingException {
        if (input.isBoundingBox()) {
            return boxes.parse(input, stream, Format.TEXT_XML);
        }
        if (input.isLiteral()) {
            // Either the text alone, or a LiteralValue that holds it.
            byte[] sent = stream.readAllBytes();
            boolean isElement = new String(sent, StandardCharsets.UTF_8).stripLeading().startsWith("<");
            return literals.parse(
                    input,
                    new ByteArrayInputStream(sent),
                    isElement ? Format.TEXT_XML : Format.TEXT_PLAIN);
        }
        return blobs.parse(input, stream, format);
    }

    @Override
    public InputStream generate(TypedProcessOutputDescription<?> output, Data<?> data, Format format)
            throws IOException, EncodingException {
        if (output.isBoundingBox()) {
            return boxes.generate(output, data, Format.TEXT_XML);
        }
        return output.isLiteral()
                ? literals.generate(output, data, Format.TEXT_PLAIN)
                : blobs.generate(output, data, format);
    }
}
