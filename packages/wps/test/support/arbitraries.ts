import { type Capabilities, DataValue, Execute, Ows, type ProcessDescription, type WpsProtocol } from "@effect-wps/wps"
import { XmlFragment } from "@effect-wps/xml"
import { FastCheck as fc, Option, Schema } from "effect"

/** Values of the model that WPS 1.0.0 can say: what the schemas do not require may be absent. */

const character = fc.oneof(
  fc.constantFrom(..."&<>\"'\t\n\r ;@=,]".split(""), "]]>", "\r\n", "<![CDATA[", "&amp;", "\u00e9", "\u{1f30d}"),
  fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0xe000, max: 0xfffd }).map((code) => String.fromCodePoint(code))
)
const text = fc.array(character, { maxLength: 10 }).map((all) => all.join(""))
const trimmed = text.map((one) => one.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""))
const word = fc.tuple(fc.constantFrom("a", "JTS:buffer", "CDAT.subset", "größe"), trimmed).map((both) => both.join(""))
const option = <A>(value: fc.Arbitrary<A>): fc.Arbitrary<Option.Option<A>> =>
  fc.option(value, { nil: undefined }).map(Option.fromNullable)

const url = fc.constantFrom(
  "https://example.org/a?b=1&c=%20d",
  "http://127.0.0.1:8080/",
  "ftp://example.org/x",
  "urn:ogc:def:crs:OGC::CRS84",
  "https://example.org/%22q%22#f"
)
const location = fc.constantFrom("https://example.org/jobs/1?a=b&c=d", "http://example.org/jobs/%31.xml")
const mimeType = fc.constantFrom(
  "text/xml",
  "application/json",
  "image/tiff; subtype=geotiff",
  "text/plain; charset=utf-8"
)
const encoding = fc.constantFrom("base64", "UTF-8")
const crs = fc.constantFrom("EPSG:4326", "urn:ogc:def:crs:EPSG::3857", "http://www.opengis.net/def/crs/OGC/1.3/CRS84")
const uom = fc.constantFrom("m", "km", "urn:ogc:def:uom:OGC:1.0:metre")
const typeName = fc.constantFrom("string", "double", "integer", "boolean", "dateTime", "anyURI", "Feature")

const format: fc.Arbitrary<DataValue.Format> = fc.record({
  mimeType: option(mimeType),
  encoding: option(encoding),
  schema: option(url)
})

// -------------------------------------------------------------------------------------------------------------- values

const literal: fc.Arbitrary<DataValue.LiteralData> = fc.record({
  _tag: fc.constant("LiteralData"),
  value: text,
  dataType: option(typeName),
  uom: option(uom)
})

const markup = fc.constantFrom(
  "<g:Point xmlns:g='urn:g'><g:pos>1 2</g:pos><!-- & < --></g:Point>",
  "<a><b xmlns=\"urn:b\"/> <?pi ?>text &amp; <![CDATA[<&]]></a>",
  "<w:Input xmlns:w=\"http://www.opengis.net/wps/1.0.0\" schema=\"none looks in here\"/>"
)
const content = fc.oneof(text.map(XmlFragment.fromText), markup.map((xml) => XmlFragment.fromXml(xml)))

const complex: fc.Arbitrary<DataValue.ComplexData> = fc.record({ _tag: fc.constant("ComplexData"), format, content })

const coordinate = fc.oneof(fc.double({ noNaN: true }), fc.constantFrom(-180, 90, 1e21, 1e-7, Infinity, -Infinity))
const box: fc.Arbitrary<DataValue.BoundingBoxData> = fc.tuple(
  fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 3 }),
  option(crs)
).map(([pairs, crs]) => ({
  _tag: "BoundingBoxData",
  lower: pairs.map(([lower]) => lower),
  upper: pairs.map(([, upper]) => upper),
  crs
}))

const none = DataValue.reference("")
const got = fc.record({ href: url, format }).map((some): DataValue.Reference => ({ ...none, ...some }))
const fetched: fc.Arbitrary<DataValue.Reference> = fc.record({
  ...{ href: url, format },
  headers: fc.array(fc.tuple(word, text), { maxLength: 2 }),
  sent: fc.oneof(
    fc.constant({ method: "GET" as const }),
    fc.constant({ method: "POST" as const }),
    markup.map((xml) => ({ method: "POST" as const, body: Option.some(XmlFragment.fromXml(xml)) })),
    url.map((href) => ({ method: "POST" as const, bodyReference: Option.some(href) }))
  )
}).map(({ sent, ...some }): DataValue.Reference => ({ ...none, ...some, ...sent }))

const inline = fc.oneof(literal, complex, box)

// ------------------------------------------------------------------------------------------------------------ requests

const input: fc.Arbitrary<Execute.DataInput> = fc.record({ identifier: word, data: fc.oneof(inline, fetched) })

const output: fc.Arbitrary<Execute.OutputRequest> = fc.record({
  identifier: word,
  format,
  uom: option(uom),
  asReference: fc.boolean()
})

const response: fc.Arbitrary<Execute.ResponseForm> = fc.oneof(
  fc.record({
    _tag: fc.constant("Document" as const),
    outputs: fc.array(output, { minLength: 1, maxLength: 3 }),
    mode: fc.constantFrom("sync" as const, "async" as const),
    lineage: fc.boolean()
  }),
  fc.constant({ _tag: "Document" as const, outputs: [], mode: "sync" as const, lineage: false }),
  output.map((one) => ({ _tag: "Raw" as const, output: { ...one, asReference: false } }))
)

const language = option(fc.constantFrom("en", "de-CH"))

export const execute: fc.Arbitrary<Extract<WpsProtocol.WpsRequest, { _tag: "Execute" }>> = fc.record({
  _tag: fc.constant("Execute"),
  request: fc.record({ identifier: word, inputs: fc.array(input, { maxLength: 4 }), response, language })
})

export const request: fc.Arbitrary<WpsProtocol.WpsRequest> = fc.oneof(
  fc.record({
    _tag: fc.constant("GetCapabilities" as const),
    acceptVersions: fc.array(fc.constantFrom("1.0.0", "2.0.0"), { maxLength: 2 }),
    language
  }),
  fc.record({
    _tag: fc.constant("DescribeProcess" as const),
    identifiers: fc.array(word, { minLength: 1, maxLength: 3 }),
    language
  }),
  execute
)

// -------------------------------------------------------------------------------------------------------- capabilities

const metadata: fc.Arbitrary<Ows.Metadata> = fc.record({
  href: option(url),
  title: option(word),
  role: option(url),
  about: option(url)
})

const described = {
  identifier: word,
  title: trimmed.map(Option.some),
  abstract: option(trimmed),
  metadata: fc.array(metadata, { maxLength: 2 })
}

const brief = {
  ...described,
  version: fc.constantFrom("1", "1.0.0", "2021.04").map(Option.some),
  profiles: fc.array(url, { maxLength: 2 }),
  wsdl: option(url)
}

const summary: fc.Arbitrary<Capabilities.ProcessSummary> = fc.record(brief)

const domains: fc.Arbitrary<ReadonlyArray<Ows.Domain>> = fc.array(
  fc.record({ name: word, values: fc.array(trimmed, { maxLength: 2 }) }),
  { maxLength: 2 }
)

const operation: fc.Arbitrary<Ows.OperationMetadata> = fc.record({
  name: word,
  endpoints: fc.array(
    fc.record({ method: fc.constantFrom("GET" as const, "POST" as const), href: url, constraints: domains }),
    { minLength: 1, maxLength: 3 }
  ),
  parameters: domains,
  constraints: domains
})

const texts = fc.array(trimmed, { maxLength: 2 })

const identification: fc.Arbitrary<Ows.ServiceIdentification> = fc.record({
  titles: texts,
  abstracts: texts,
  keywords: texts,
  serviceType: fc.constant(Option.some("WPS")),
  serviceTypeVersions: fc.constantFrom(["1.0.0"], ["1.0.0", "2.0.0"]),
  profiles: fc.array(url, { maxLength: 2 }),
  fees: option(trimmed),
  accessConstraints: texts
})

const contact: fc.Arbitrary<Ows.ServiceContact> = fc.record({
  individualName: option(trimmed),
  positionName: option(trimmed),
  role: option(trimmed),
  phones: texts,
  faxes: texts,
  deliveryPoints: texts,
  city: option(trimmed),
  administrativeArea: option(trimmed),
  postalCode: option(trimmed),
  country: option(trimmed),
  emails: texts,
  onlineResource: option(url),
  hoursOfService: option(trimmed),
  contactInstructions: option(trimmed)
})

export const capabilities: fc.Arbitrary<Capabilities.Capabilities> = fc.record({
  version: fc.constant(Option.some("1.0.0")),
  updateSequence: option(word),
  language: fc.constantFrom("en", "fr-CA").map(Option.some),
  identification: option(identification),
  provider: option(fc.record({ name: trimmed.map(Option.some), site: option(url), contact: contact.map(Option.some) })),
  operations: fc.oneof(
    fc.constant<ReadonlyArray<Ows.OperationMetadata>>([]),
    fc.array(operation, { minLength: 2, maxLength: 3 })
  ),
  processes: fc.array(summary, { minLength: 1, maxLength: 3 }),
  defaultLanguage: fc.constant(Option.some("en")),
  languages: fc.constantFrom(["en"], ["en", "fr-CA"]),
  wsdl: option(url)
})

// -------------------------------------------------------------------------------------------------------- descriptions

const range: fc.Arbitrary<ProcessDescription.Range> = fc.record({
  minimum: option(word),
  maximum: option(word),
  spacing: option(word),
  closure: fc.constantFrom("closed", "open", "open-closed", "closed-open")
})

const allowed: fc.Arbitrary<ProcessDescription.AllowedValues> = fc.oneof(
  fc.constant({ _tag: "AnyValue" } as const),
  fc.record({
    _tag: fc.constant("AllowedValues" as const),
    values: fc.array(trimmed, { maxLength: 2 }),
    ranges: fc.array(range, { maxLength: 2 })
  }).map((one): ProcessDescription.AllowedValues =>
    one.values.length + one.ranges.length === 0 ? { _tag: "AnyValue" } : one
  ),
  url.map((href) => ({ _tag: "ValuesReference" as const, href }))
)

const literalOutput: fc.Arbitrary<ProcessDescription.LiteralDescription> = fc.tuple(
  option(typeName),
  fc.uniqueArray(uom, { maxLength: 2 })
).map(([dataType, uoms]) => ({
  _tag: "Literal",
  dataType,
  uoms,
  defaultUom: Option.fromNullable(uoms.at(-1)),
  allowed: { _tag: "AnyValue" },
  defaultValue: Option.none()
}))

const literalInput: fc.Arbitrary<ProcessDescription.LiteralDescription> = fc.tuple(
  literalOutput,
  fc.record({ allowed, defaultValue: option(trimmed) })
).map(([one, more]) => ({ ...one, ...more }))

const definite = fc.record({ mimeType: mimeType.map(Option.some), encoding: option(encoding), schema: option(url) })

const complexDescription = (
  maximumMegabytes: fc.Arbitrary<Option.Option<number>>
): fc.Arbitrary<ProcessDescription.ComplexDescription> =>
  fc.record({
    _tag: fc.constant("Complex"),
    defaultFormat: definite.map(Option.some),
    formats: fc.array(definite, { minLength: 1, maxLength: 3 }),
    maximumMegabytes
  })

const boxDescription: fc.Arbitrary<ProcessDescription.BoundingBoxDescription> = fc.uniqueArray(crs, { maxLength: 3 })
  .map((crs) => ({ _tag: "BoundingBox", crs, defaultCrs: Option.fromNullable(crs[0]) }))

const inputDescription: fc.Arbitrary<ProcessDescription.InputDescription> = fc.record({
  ...described,
  minOccurs: fc.nat({ max: 3 }),
  more: fc.constantFrom(0, 1, 5, Infinity),
  data: fc.oneof(literalInput, complexDescription(option(fc.nat())), boxDescription)
}).map(({ more, ...rest }) => ({ ...rest, maxOccurs: Math.max(1, rest.minOccurs + more) }))

const outputDescription: fc.Arbitrary<ProcessDescription.OutputDescription> = fc.record({
  ...described,
  data: fc.oneof(literalOutput, complexDescription(fc.constant(Option.none())), boxDescription)
})

const abilities = fc.constantFrom(
  { jobControlOptions: ["sync-execute"], outputTransmission: ["value"] },
  { jobControlOptions: ["sync-execute"], outputTransmission: ["value", "reference"] },
  { jobControlOptions: ["sync-execute", "async-execute"], outputTransmission: ["value", "reference"] }
)

const description: fc.Arbitrary<ProcessDescription.ProcessDescription> = fc.tuple(
  abilities,
  fc.record({
    ...brief,
    inputs: fc.array(inputDescription, { maxLength: 3 }),
    outputs: fc.array(outputDescription, { minLength: 1, maxLength: 3 })
  })
).map(([able, rest]) => ({ ...able, ...rest }))

export const descriptions: fc.Arbitrary<ReadonlyArray<ProcessDescription.ProcessDescription>> = fc.array(description, {
  minLength: 1,
  maxLength: 2
})

// ----------------------------------------------------------------------------------------------------------- responses

const exception: fc.Arbitrary<Ows.OwsException> = fc.record({
  code: fc.constantFrom("NoApplicableCode", "InvalidParameterValue", "CodeOfItsOwn"),
  locator: option(word),
  texts: fc.array(word, { maxLength: 2 })
}).map((one) => new Ows.OwsException(one))

const exceptions = fc.array(exception, { minLength: 1, maxLength: 3 })

const { Accepted, Failed, Paused, Running, Succeeded } = Execute.JobStatus
const percent = option(fc.integer({ min: 0, max: 99 }))
const status: fc.Arbitrary<Execute.JobStatus> = fc.oneof(
  trimmed.map((message) => Accepted({ message, percent: Option.none() })),
  fc.record({ message: trimmed, percent }).map((one) => Running(one)),
  fc.record({ message: trimmed, percent }).map((one) => Paused(one)),
  trimmed.map((message) => Succeeded({ message, percent: Option.none() })),
  exceptions.map((all) => Failed({ message: all.map(String).join("; "), percent: Option.none(), exceptions: all }))
)

export const executeResponse: fc.Arbitrary<Execute.ExecuteResponse> = fc.record({
  process: summary.map(Option.some),
  status,
  creationTime: fc.constantFrom("2026-01-02T03:04:05Z", "2026-01-02T03:04:05.678+01:00").map(Option.some),
  statusLocation: option(location),
  serviceInstance: location.map(Option.some),
  language: fc.constantFrom("en", "fr-CA").map(Option.some),
  outputs: fc.array(
    fc.record({
      identifier: word,
      title: trimmed.map(Option.some),
      abstract: option(trimmed),
      data: fc.oneof(inline, got)
    }),
    { maxLength: 3 }
  ),
  lineage: option(
    fc.record({ inputs: fc.array(input, { maxLength: 2 }), outputs: fc.array(output, { minLength: 1, maxLength: 2 }) })
  )
})

export const exceptionReport: fc.Arbitrary<Ows.ExceptionReport> = fc.record({
  version: fc.constant(Option.some("1.0.0")),
  language: option(fc.constantFrom("en", "fr")),
  exceptions
})

// ---------------------------------------------------------------------------------------------------------- comparison

const isFragment = (value: object): value is XmlFragment.XmlFragment => "namespaces" in value && "source" in value

const isOwsException = Schema.is(Ows.OwsException)

/** The same value, its XML as what it means: what is read knows of the prefixes around it, what is written does not. */
export const comparable = (value: unknown): unknown =>
  Option.isOption(value)
    ? Option.map(value, comparable)
    : Array.isArray(value)
    ? value.map(comparable)
    : typeof value !== "object" || value === null || isOwsException(value)
    ? value
    : isFragment(value)
    ? { text: value.text, elements: value.elements, xml: XmlFragment.toXml(value) }
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, comparable(one)]))
