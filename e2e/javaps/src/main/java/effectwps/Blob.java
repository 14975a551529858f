package effectwps;

import org.n52.javaps.io.complex.ComplexData;

/** Complex data that nobody looks into. */
public class Blob implements ComplexData<byte[]> {
    private final byte[] bytes;

    public Blob(byte[] bytes) {
        this.bytes = bytes;
    }

    @Override
    public byte[] getPayload() {
        return bytes;
    }

    @Override
    public Class<?> getSupportedClass() {
        return byte[].class;
    }
}
