/**
 * The processes of `pywps/app.py`, with their types.
 */
import { Input, Output, Process } from "@effect-wps/wps"
import { Schema } from "effect"

const PositiveInt = Schema.Int.pipe(Schema.positive())

const literalInputs = {
  string: Input.literal(Schema.String),
  boolean: Input.literal(Schema.Boolean),
  integer: Input.literal(Schema.Int),
  nonNegativeInteger: Input.literal(Schema.NonNegativeInt, { dataType: "nonNegativeInteger" }),
  positiveInteger: Input.literal(PositiveInt, { dataType: "positiveInteger" }),
  float: Input.literal(Schema.Number, { dataType: "float" }),
  double: Input.literal(Schema.Number, { dataType: "double" }),
  decimal: Input.literal(Schema.BigDecimal, { dataType: "decimal" }),
  scale: Input.literal(Schema.Number, { dataType: "scale" }),
  angle: Input.literal(Schema.Number, { dataType: "angle" }),
  dateTime: Input.literal(Schema.DateTimeUtc),
  date: Input.literal(Schema.String, { dataType: "date" }),
  time: Input.literal(Schema.String, { dataType: "time" }),
  anyURI: Input.literal(Schema.URL, { dataType: "anyURI" })
}

/** Each literal as XML Schema has it. */
export const literals = Process.make("literals", {
  inputs: literalInputs,
  outputs: {
    string: Output.literal(Schema.String),
    boolean: Output.literal(Schema.Boolean),
    integer: Output.literal(Schema.Int),
    nonNegativeInteger: Output.literal(Schema.NonNegativeInt),
    positiveInteger: Output.literal(PositiveInt),
    float: Output.literal(Schema.Number),
    double: Output.literal(Schema.Number),
    decimal: Output.literal(Schema.BigDecimal),
    scale: Output.literal(Schema.Number),
    angle: Output.literal(Schema.Number),
    dateTime: Output.literal(Schema.DateTimeUtc),
    date: Output.literal(Schema.String),
    time: Output.literal(Schema.String),
    anyURI: Output.literal(Schema.URL)
  }
})

/** The text of one literal, there and back. */
export const string = Process.make("literals", {
  inputs: { string: Input.literal(Schema.String) },
  outputs: { string: Output.literal(Schema.String) }
})

/** Each literal as plain PyWPS writes it. */
export const pythonLiterals = Process.make("pythonLiterals", {
  inputs: literalInputs,
  outputs: {
    boolean: Output.literal(Schema.Boolean),
    dateTime: Output.literal(Schema.String),
    anyURI: Output.literal(Schema.String)
  }
})

export const constrained = Process.make("constrained", {
  inputs: {
    colour: Input.literal(Schema.String),
    tag: Input.repeated(Input.literal(Schema.String)),
    length: Input.optional(Input.measure(Schema.Number, ["metre", "feet"])),
    open: Input.optional(Input.literal(Schema.Int)),
    either: Input.optional(Input.literal(Schema.Int))
  },
  outputs: {
    colour: Output.literal(Schema.String),
    length: Output.measure(Schema.Number, ["urn:ogc:def:uom:OGC:1.0:metre"]),
    unit: Output.literal(Schema.String),
    tags: Output.literal(Schema.String),
    numbers: Output.literal(Schema.String)
  }
})

const size = Output.literal(Schema.Int)

export const json = Process.make("json", {
  inputs: { data: Input.complex(Schema.Unknown, "application/json") },
  outputs: { data: Output.complex(Schema.Unknown, "application/json"), size }
})

export const Point = Schema.Struct({ type: Schema.Literal("Point"), coordinates: Schema.Array(Schema.Number) })

export const geojson = Process.make("geojson", {
  inputs: { data: Input.complex(Point, "application/vnd.geo+json") },
  outputs: { data: Output.complex(Point, "application/vnd.geo+json"), size }
})

const text = (identifier: string, mimeType: string) =>
  Process.make(identifier, {
    inputs: { data: Input.text(mimeType) },
    outputs: { data: Output.text(mimeType), size }
  })

export const xml = text("xml", "text/xml")
export const plain = text("text", "text/plain")
export const csv = text("csv", "text/csv")

export const binary = Process.make("binary", {
  inputs: { data: Input.bytes("application/octet-stream") },
  outputs: { data: Output.bytes("application/octet-stream"), size }
})

export const bbox = Process.make("bbox", {
  inputs: { box: Input.boundingBox("epsg:4326", "epsg:3857") },
  outputs: { box: Output.boundingBox("epsg:4326", "epsg:3857"), seen: Output.literal(Schema.String) }
})

export const multi = Process.make("multi", {
  inputs: { n: Input.optional(Input.literal(Schema.Int)) },
  outputs: {
    square: Output.literal(Schema.Int),
    json: Output.complex(Schema.Array(Schema.Int), "application/json"),
    xml: Output.text("text/xml"),
    text: Output.text("text/plain"),
    csv: Output.text("text/csv"),
    netcdf: Output.bytes("application/x-netcdf"),
    box: Output.boundingBox("epsg:3857")
  }
})

const sized = { size: Input.optional(Input.literal(Schema.Int)) }

/** Outputs by reference, which the client fetches. */
export const stored = Process.make("stored", {
  inputs: sized,
  outputs: { text: Output.text("text/plain"), bytes: Output.bytes("application/octet-stream") }
})

/** The same, as the references themselves. */
export const links = Process.make("stored", {
  inputs: sized,
  outputs: {
    text: Output.reference(Output.text("text/plain")),
    bytes: Output.reference(Output.bytes("application/octet-stream"))
  }
})

export const bytes = Process.make("bytes", {
  inputs: sized,
  outputs: { bytes: Output.bytes("application/octet-stream") }
})

const waiting = {
  inputs: {
    seconds: Input.optional(Input.literal(Schema.Number)),
    steps: Input.optional(Input.literal(Schema.Int)),
    pause: Input.optional(Input.literal(Schema.Boolean))
  },
  outputs: { steps: Output.literal(Schema.Int) }
}

export const wait = Process.make("wait", waiting)
export const syncOnly = Process.make("syncOnly", waiting)

export const fail = Process.make("fail", {
  inputs: {
    how: Input.literal(Schema.Literal("process", "error", "crash")),
    seconds: Input.optional(Input.literal(Schema.Number))
  },
  outputs: { never: Output.literal(Schema.String) }
})

export const nowhere = Process.make("nowhere", { inputs: {}, outputs: { nothing: Output.literal(Schema.String) } })
