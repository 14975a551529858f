package effectwps;

import org.n52.javaps.algorithm.annotation.Algorithm;
import org.n52.javaps.algorithm.annotation.BoundingBoxInput;
import org.n52.javaps.algorithm.annotation.BoundingBoxOutput;
import org.n52.javaps.algorithm.annotation.ComplexInput;
import org.n52.javaps.algorithm.annotation.ComplexOutput;
import org.n52.javaps.algorithm.annotation.Execute;
import org.n52.javaps.algorithm.annotation.LiteralInput;
import org.n52.javaps.algorithm.annotation.LiteralOutput;
import org.n52.shetland.ogc.ows.OwsBoundingBox;

/** A process whose outputs are its inputs, as late as it is told, or which fails then. An input not sent is null. */
@Algorithm(identifier = "echo", version = "1.0.0", title = "Echo", abstrakt = "Its outputs are its inputs.")
public class Echo {
    private String literal;
    private byte[] complex;
    private OwsBoundingBox box;
    private Long duration;
    private Boolean fail;

    @LiteralInput(identifier = "literal", title = "A text", minOccurs = 0)
    public void setLiteral(String literal) {
        this.literal = literal;
    }

    @ComplexInput(identifier = "complex", title = "XML, JSON, text or bytes", minOccurs = 0, binding = Blob.class)
    public void setComplex(byte[] complex) {
        this.complex = complex;
    }

    @BoundingBoxInput(identifier = "box", title = "A box", minOccurs = 0)
    public void setBox(OwsBoundingBox box) {
        this.box = box;
    }

    @LiteralInput(identifier = "duration", title = "How long it takes, in milliseconds", minOccurs = 0, defaultValue = "0")
    public void setDuration(Long duration) {
        this.duration = duration;
    }

    @LiteralInput(identifier = "fail", title = "Whether it fails at its end", minOccurs = 0, defaultValue = "false")
    public void setFail(Boolean fail) {
        this.fail = fail;
    }

    @Execute
    public void run() throws InterruptedException {
        if (duration != null) {
            Thread.sleep(duration);
        }
        if (Boolean.TRUE.equals(fail)) {
            throw new IllegalStateException("It was told to fail.");
        }
    }

    @LiteralOutput(identifier = "literal")
    public String getLiteral() {
        return literal;
    }

    @ComplexOutput(identifier = "complex", binding = Blob.class)
    public byte[] getComplex() {
        return complex;
    }

    @BoundingBoxOutput(identifier = "box")
    public OwsBoundingBox getBox() {
        return box;
    }
}
