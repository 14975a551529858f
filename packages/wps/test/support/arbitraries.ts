import { type Capabilities, DataValue, Execute, Ows, type ProcessDescription, type WpsProtocol } from "@effect-wps/wps"
import { XmlFragment } from "@effect-wps/xml"
import { DateTime, FastCheck as fc, Option, Schema } from "effect"

/** Values of the model that WPS 1.0.0, or 2.0, can say: what the schemas do not require may be absent. */

const character = fc.oneof(
  fc.constantFrom(..."&<>\"'\t\n\r ;@=,]".split(""), "]]>", "\r\n", "<![CDATA[", "&amp;", "\u00e9", "\u{1f30d}"),
  fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0xe000, max: 0xfffd }).map((code) => String.fromCodePoint(code))
)
const text = fc.array(character, { maxLength: 10 }).map((all) => all.join(""))
const trim = text.map((one) => one.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""))
/** An empty one is read as none. */
const trimmed = trim.map((one) => one === "" ? "-" : one)
const word = fc.tuple(fc.constantFrom("a", "JTS:buffer", "CDAT.subset", "größe"), trim).map((both) => both.join(""))
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
  asReference: fc.boolean(),
  nested: fc.constant([])
})

const response: fc.Arbitrary<Execute.ResponseForm> = fc.oneof(
  fc.record({
    _tag: fc.constant("Document" as const),
    outputs: fc.array(output, { minLength: 1, maxLength: 3 }),
    mode: fc.constantFrom("sync" as const, "async" as const),
    lineage: fc.boolean()
  }),
  fc.constant({ _tag: "Document" as const, outputs: [], mode: "sync" as const, lineage: false }),
  output.map((one) => ({ _tag: "Raw" as const, output: { ...one, asReference: false }, mode: "sync" as const }))
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
  keywords: fc.constant([]),
  metadata: fc.array(metadata, { maxLength: 2 })
}

const brief = {
  ...described,
  version: fc.constantFrom("1", "1.0.0", "2021.04").map(Option.some),
  profiles: fc.array(url, { maxLength: 2 }),
  wsdl: option(url)
}

const summary: fc.Arbitrary<Capabilities.ProcessSummary> = fc.record({
  ...brief,
  jobControlOptions: fc.constant([]),
  outputTransmission: fc.constant([])
})

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
  parameters: domains,
  constraints: domains,
  processes: fc.array(summary, { minLength: 1, maxLength: 3 }),
  defaultLanguage: fc.constant(Option.some("en")),
  languages: fc.constantFrom(["en"], ["en", "fr-CA"]),
  wsdl: option(url)
}).map((one) => one.operations.length > 0 ? one : { ...one, parameters: [], constraints: [] })

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
  jobId: fc.constant(Option.none()),
  expirationDate: fc.constant(Option.none()),
  estimatedCompletion: fc.constant(Option.none()),
  nextPoll: fc.constant(Option.none()),
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

// ------------------------------------------------------------------------------------------------------------- WPS 2.0

/** What a schema takes for a URI, which the identifiers of WPS 2.0 are. */
const id = fc.constantFrom("a", "b", "JTS:buffer", "CDAT.subset", "größe", "http://example.org/p/Planar-Buffer")

/** Made of others: each group has a name of its own, as it may come in several pieces. */
const grouped = <A extends { readonly identifier: string }>(
  part: fc.Arbitrary<A>,
  maxLength: number
): fc.Arbitrary<ReadonlyArray<A>> =>
  fc.uniqueArray(part, { minLength: 1, maxLength, selector: ({ identifier }) => identifier })

/** What goes over the wire in WPS 2.0. */
const wps200 = (name: fc.Arbitrary<string>) => {
  // A literal may go as plain text, which is read as a complex value: it is the same to whoever wants a literal.
  const inline = fc.oneof(
    literal.filter(({ uom, value }) => Option.isSome(uom) || /@|^[^<&]*$/.test(value)),
    complex,
    box
  )

  const sent: fc.Arbitrary<DataValue.Reference> = fetched.map((one) => ({
    ...one,
    headers: [],
    method: Option.isSome(one.body) || Option.isSome(one.bodyReference) ? "POST" : "GET"
  }))

  const part = (reference: fc.Arbitrary<DataValue.Reference>): fc.Arbitrary<DataValue.DataPart> => {
    const { part } = fc.letrec<{ readonly data: DataValue.DataValue; readonly part: DataValue.DataPart }>((tie) => ({
      data: fc.oneof(
        { maxDepth: 2, depthIdentifier: "parts" },
        { arbitrary: inline, weight: 3 },
        { arbitrary: reference, weight: 2 },
        {
          arbitrary: grouped(tie("part"), 3).map((parts): DataValue.NestedData => ({ _tag: "NestedData", parts })),
          weight: 1
        }
      ),
      part: fc.record({ identifier: name, data: tie("data") })
    }))
    return part
  }

  const single: fc.Arbitrary<Execute.OutputRequest> = fc.record({
    identifier: name,
    format,
    uom: fc.constant(Option.none()),
    asReference: fc.boolean(),
    nested: fc.constant([])
  })

  const output: fc.Arbitrary<Execute.OutputRequest> = fc.oneof(
    single,
    fc.tuple(single, grouped(single, 2)).map(([outer, nested]) => ({ ...outer, asReference: false, nested }))
  )

  const mode = fc.constantFrom<Execute.ExecuteMode>("sync", "async", "auto")

  const response: fc.Arbitrary<Execute.ResponseForm> = fc.oneof(
    fc.record({
      _tag: fc.constant("Document" as const),
      outputs: grouped(output, 3),
      mode,
      lineage: fc.constant(false)
    }),
    fc.record({
      _tag: fc.constant("Raw" as const),
      output: output.map((one) => ({ ...one, nested: one.nested.slice(0, 1) })),
      mode
    })
  )

  const execute: fc.Arbitrary<Extract<WpsProtocol.WpsRequest, { _tag: "Execute" }>> = fc.record({
    _tag: fc.constant("Execute"),
    request: fc.record({
      identifier: word,
      inputs: fc.array(part(sent), { maxLength: 4 }),
      response,
      language: fc.constant(Option.none())
    })
  })

  const request: fc.Arbitrary<WpsProtocol.WpsRequest> = fc.oneof(
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
    fc.record({
      _tag: fc.constantFrom("GetStatus" as const, "GetResult" as const, "Dismiss" as const),
      jobId: word
    }),
    execute
  )

  const described = {
    identifier: word,
    title: trimmed.map(Option.some),
    abstract: option(trimmed),
    keywords: texts,
    metadata: fc.array(metadata, { maxLength: 2 })
  }

  const brief = {
    ...described,
    // Others are not written.
    version: option(fc.constantFrom("1.0.0", "10.20.30")),
    profiles: fc.constant([]),
    wsdl: fc.constant(Option.none()),
    jobControlOptions: fc.uniqueArray(fc.constantFrom("sync-execute", "async-execute", "dismiss", "own"), {
      minLength: 1
    }),
    outputTransmission: fc.uniqueArray(fc.constantFrom("value", "reference"), { minLength: 1 })
  }

  const capabilities200: fc.Arbitrary<Capabilities.Capabilities> = fc.tuple(
    capabilities,
    fc.array(fc.record(brief), { minLength: 1, maxLength: 3 }),
    fc.constantFrom([], ["en"], ["fr-CA", "en"])
  ).map(([all, processes, languages]) => ({
    ...all,
    processes,
    languages,
    version: Option.some("2.0.0"),
    language: Option.none(),
    defaultLanguage: Option.fromNullable(languages[0]),
    wsdl: Option.none()
  }))

  const kind: fc.Arbitrary<ProcessDescription.DataDescription> = fc.oneof(
    literalInput.map((one) => ({ ...one, defaultUom: Option.fromNullable(one.uoms[0]) })),
    fc.record({
      formats: fc.uniqueArray(definite, { minLength: 1, maxLength: 3, selector: String }),
      maximumMegabytes: option(fc.integer({ min: 1, max: 1000 }))
    }).map(({ formats, maximumMegabytes }): ProcessDescription.ComplexDescription => ({
      _tag: "Complex",
      defaultFormat: Option.fromNullable(formats[0]),
      formats,
      maximumMegabytes
    })),
    boxDescription
  )

  const { input } = fc.letrec<{ readonly input: ProcessDescription.InputDescription }>((tie) => ({
    input: fc.record({
      ...described,
      minOccurs: fc.nat({ max: 3 }),
      more: fc.constantFrom(0, 1, 5, Infinity),
      data: fc.oneof(
        { maxDepth: 2, depthIdentifier: "inputs" },
        { arbitrary: kind, weight: 3 },
        {
          arbitrary: fc.array(tie("input"), { minLength: 1, maxLength: 2 })
            .map((inputs): ProcessDescription.NestedInputs => ({ _tag: "NestedInputs", inputs })),
          weight: 1
        }
      )
    }).map(({ more, ...rest }) => ({ ...rest, maxOccurs: Math.max(1, rest.minOccurs + more) }))
  }))

  const { outputDescription } = fc.letrec<{ readonly outputDescription: ProcessDescription.OutputDescription }>((
    tie
  ) => ({
    outputDescription: fc.record({
      ...described,
      data: fc.oneof(
        { maxDepth: 2, depthIdentifier: "outputs" },
        { arbitrary: kind, weight: 3 },
        {
          arbitrary: fc.array(tie("outputDescription"), { minLength: 1, maxLength: 2 })
            .map((outputs): ProcessDescription.NestedOutputs => ({ _tag: "NestedOutputs", outputs })),
          weight: 1
        }
      )
    })
  }))

  const descriptions: fc.Arbitrary<ReadonlyArray<ProcessDescription.ProcessDescription>> = fc.array(
    fc.record({
      ...brief,
      inputs: fc.array(input, { maxLength: 3 }),
      outputs: fc.array(outputDescription, { minLength: 1, maxLength: 3 })
    }),
    { minLength: 1, maxLength: 2 }
  )

  const moment = option(
    fc.nat({ max: 4_000_000_000_000 }).map((millis) => DateTime.unsafeMake(millis))
  )

  const percent = option(fc.integer({ min: 0, max: 100 }))
  const state = percent.map((percent) => ({ message: "", percent }))
  const { Dismissed, Other } = Execute.JobStatus
  const status: fc.Arbitrary<Execute.JobStatus> = fc.oneof(
    state.map((one) => Accepted(one)),
    state.map((one) => Running(one)),
    state.map((one) => Paused(one)),
    state.map((one) => Succeeded(one)),
    state.map((one) => Dismissed(one)),
    state.map((one) => Failed({ ...one, exceptions: [] })),
    fc.tuple(state, fc.constantFrom("Suspended", "waiting & seeing")).map(([one, state]) => Other({ ...one, state }))
  )

  const statusInfo: fc.Arbitrary<Execute.ExecuteResponse> = fc.record({
    status,
    jobId: word.map(Option.some),
    expirationDate: moment,
    estimatedCompletion: moment,
    nextPoll: moment
  }).map(({ status, ...rest }) => Execute.response(status, rest))

  const result: fc.Arbitrary<Execute.ExecuteResponse> = fc.record({
    jobId: option(word),
    expirationDate: moment,
    outputs: grouped(part(got), 3).map((all) =>
      all.map((one): Execute.OutputData => ({ ...one, title: Option.none(), abstract: Option.none() }))
    )
  }).map((rest) => Execute.response(Succeeded({ message: "", percent: Option.none() }), rest))

  const answer: fc.Arbitrary<WpsProtocol.WpsResponse> = fc.oneof(
    capabilities200.map((value) => ({ _tag: "Capabilities" as const, value })),
    descriptions.map((value) => ({ _tag: "ProcessDescriptions" as const, value })),
    statusInfo.map((value) => ({ _tag: "StatusInfo" as const, value })),
    result.map((value) => ({ _tag: "Result" as const, value })),
    exceptionReport.map((value) => ({
      _tag: "ExceptionReport" as const,
      value: { ...value, version: Option.some("2.0.0") }
    }))
  )

  return { request, execute, answer }
}

/** WPS 2.0 with any names. */
export const any200 = wps200(word)

/** WPS 2.0 with names that its schemas take. */
export const valid200 = wps200(id)

// ---------------------------------------------------------------------------------------------------------- comparison

const isFragment = (value: object): value is XmlFragment.XmlFragment => "namespaces" in value && "source" in value

const isOwsException = Schema.is(Ows.OwsException)

/** The same value, its XML as what it means: what is read knows of the prefixes around it, what is written does not. */
export const comparable = (value: unknown): unknown =>
  Option.isOption(value)
    ? Option.map(value, comparable)
    : Array.isArray(value)
    ? value.map(comparable)
    : DateTime.isDateTime(value)
    ? DateTime.formatIso(value)
    : typeof value !== "object" || value === null || isOwsException(value)
    ? value
    : isFragment(value)
    ? { text: value.text, elements: value.elements, xml: XmlFragment.toXml(value) }
    : Object.fromEntries(Object.entries(value).map(([name, one]) => [name, comparable(one)]))
