import { Xml, XmlFragment, XmlName } from "@effect-wps/xml"
import * as Array from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Either from "effect/Either"
import * as Equivalence from "effect/Equivalence"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as CapabilitiesModel from "../Capabilities.ts"
import * as DataValue from "../DataValue.ts"
import * as Execute from "../Execute.ts"
import { JobStatus } from "../Execute.ts"
import type * as Description from "../ProcessDescription.ts"
import type { WpsRequest } from "../WpsProtocol.ts"
import * as moments from "./moments.ts"
import type { Names } from "./owsDocuments.ts"
import {
  none,
  ows20,
  schemaTypes,
  titled,
  typeName,
  wpsNamespace as wps100Namespace,
  xlink,
  xml
} from "./owsDocuments.ts"
import { literalValue, wpsNamespace } from "./simpleDocuments.ts"

const {
  allowedValues,
  boundingBox,
  dataType,
  exceptionReport,
  exceptionReportName,
  keywords,
  metadata,
  operations,
  ows,
  serviceIdentification,
  serviceIdentificationName,
  serviceProvider,
  serviceProviderName,
  words
} = ows20

const wpsName = XmlName.namespace(wpsNamespace, "wps")

/** A WPS 2.0 name. */
const wps = (local: string): Names => [wpsName(local)]

/** Elements that the schema leaves unqualified, but some servers qualify. */
const local = (name: string): Names => [none(name), wpsName(name)]

const service = Xml.literalAttribute(none("service"), "WPS")
const version = Xml.literalAttribute(none("version"), "2.0.0")
const id = Xml.attribute(none("id"))

const listOf = (text: string): ReadonlyArray<string> => text.split(/\s+/).filter((one) => one !== "")
const Words = Schema.transform(Schema.String, Schema.Array(Schema.String), {
  strict: true,
  decode: listOf,
  encode: (all) => all.join(" ")
})
const Flag = Schema.transform(Schema.String, Schema.Boolean, {
  strict: true,
  decode: (flag) => /^\s*(true|1)\s*$/i.test(flag),
  encode: (flag) => flag ? "true" : ""
})
const isDefault = Xml.attributeWithDefault(none("default"), false, Flag)

/** What is not a number counts as absent. */
const number = (name: string) => Xml.lenient(Xml.attribute(none(name), Schema.NumberFromString))

// ------------------------------------------------------------------------------------------------------------ requests

const list = (container: string, item: string) => Xml.withinOptional(ows(container), Xml.many(ows(item), Xml.text))

const getCapabilities: Xml.Content<Extract<WpsRequest, { _tag: "GetCapabilities" }>> = Xml.map(
  Xml.struct({
    service,
    acceptVersions: list("AcceptVersions", "Version"),
    acceptLanguages: list("AcceptLanguages", "Language")
  }),
  {
    decode: ({ acceptLanguages, acceptVersions }): Extract<WpsRequest, { _tag: "GetCapabilities" }> => ({
      _tag: "GetCapabilities",
      acceptVersions,
      language: Option.fromNullable(acceptLanguages[0])
    }),
    encode: ({ acceptVersions, language }) => ({
      service: "WPS" as const,
      acceptVersions,
      acceptLanguages: Option.toArray(language)
    })
  }
)

const describeProcess: Xml.Content<Extract<WpsRequest, { _tag: "DescribeProcess" }>> = Xml.map(
  Xml.struct({
    service,
    version,
    language: Xml.nonEmptyAttribute(xml("lang")),
    identifiers: Xml.many(ows("Identifier"), Xml.text)
  }),
  {
    decode: ({ identifiers, language }): Extract<WpsRequest, { _tag: "DescribeProcess" }> => ({
      _tag: "DescribeProcess",
      identifiers,
      language
    }),
    encode: ({ identifiers, language }) => ({
      service: "WPS" as const,
      version: "2.0.0" as const,
      identifiers,
      language
    })
  }
)

const aboutJob = <T extends "GetStatus" | "GetResult" | "Dismiss">(
  _tag: T
): Xml.Content<{ readonly _tag: T; readonly jobId: string }> =>
  Xml.map(Xml.struct({ service, version, jobId: Xml.one(wps("JobID"), Xml.text) }), {
    decode: ({ jobId }) => ({ _tag, jobId }),
    encode: ({ jobId }) => ({ service: "WPS" as const, version: "2.0.0" as const, jobId })
  })

// --------------------------------------------------------------------------------------------------------- data values

const format = {
  mimeType: Xml.nonEmptyAttribute(none("mimeType")),
  encoding: Xml.nonEmptyAttribute(none("encoding")),
  schema: Xml.nonEmptyAttribute(none("schema"))
}

const asXml: DataValue.Format = DataValue.format("text/xml")
const asPlain: DataValue.Format = DataValue.format("text/plain")

type Inline = Exclude<DataValue.DataValue, DataValue.Reference | DataValue.NestedData>

/**
 * javaPS cannot read a LiteralValue that holds a character reference. It can read the same value as plain text. Plain
 * text gives its unit after an `@`, so a value with a unit or an `@` stays an element.
 */
const goesPlain = ({ uom, value }: DataValue.LiteralData): boolean =>
  /[<&]/.test(value) && Option.isNone(uom) && !value.includes("@")

const beforeElement = /\s+|<\?[^]*?\?>|<!--[^]*?-->/y
const embeddedTag = /<(?:[\w.-]+:)?(?:Literal(?:Value|Data)|BoundingBox(?:Data)?)[\s/>]/y

/** Matches one piece after the other. A single pattern for all of them would try every way to split many comments. */
const isEmbedded = (text: string): boolean => {
  let at = 0
  const matches = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    return pattern.test(text)
  }
  while (matches(beforeElement)) at = beforeElement.lastIndex
  return matches(embeddedTag)
}

const wps100Name = XmlName.namespace(wps100Namespace, "wps")

/** 52°North uses the element names of WPS 1.0.0. */
const readEmbedded = Xml.decode(
  Xml.documents({
    Literal: [[...wps("LiteralValue"), ...wps("LiteralData"), wps100Name("LiteralData")], literalValue],
    Box: [[...ows("BoundingBox"), ...wps("BoundingBoxData"), wps100Name("BoundingBoxData")], boundingBox]
  })
)

/** Reads a literal or a box that is a document of its own, such as one that was stored. */
export const simpleData = (xml: string): Option.Option<DataValue.LiteralData | DataValue.BoundingBoxData> =>
  isEmbedded(xml) ? Option.map(Either.getRight(readEmbedded(xml.trim())), ({ value }) => value) : Option.none()

/** A literal or a box is an element inside. javaPS writes that element as text. */
const inlineData: Xml.Content<Inline> = Xml.map(
  Xml.struct({
    ...format,
    // For writing only: a struct with `content` reads everything into `content`.
    literal: Xml.optional(wps("LiteralValue"), literalValue),
    box: Xml.optional(ows("BoundingBox"), boundingBox),
    content: Xml.content
  }),
  {
    decode: ({ content, encoding, mimeType, schema }): Inline => {
      const complex: DataValue.ComplexData = {
        _tag: "ComplexData",
        format: { mimeType, encoding, schema },
        content
      }
      if (content.elements > 1 || DataValue.isBase64(complex.format)) return complex
      if (content.elements === 0) return Option.getOrElse(simpleData(content.text), () => complex)
      return isEmbedded(content.source)
        ? Option.getOrElse(simpleData(XmlFragment.toXml(content)), () => complex)
        : complex
    },
    encode: (value) => {
      const isPlain = value._tag === "LiteralData" && goesPlain(value)
      return {
        ...(value._tag === "ComplexData" ? value.format : isPlain ? asPlain : asXml),
        literal: value._tag === "LiteralData" && !isPlain ? Option.some(value) : Option.none(),
        box: value._tag === "BoundingBoxData" ? Option.some(value) : Option.none(),
        content: value._tag === "ComplexData" ? value.content : XmlFragment.fromText(isPlain ? value.value : "")
      }
    }
  }
)

const bodyReference = Xml.struct({ href: Xml.attributeWithDefault(xlink("href"), "") })

/** A body makes it a POST. The schema has no method and no headers. */
const inputReference: Xml.Content<DataValue.Reference> = Xml.transform(
  Xml.struct({
    ...format,
    href: Xml.attributeWithDefault(xlink("href"), ""),
    body: Xml.optional(wps("Body"), Xml.fragment),
    bodyReference: Xml.optional(wps("BodyReference"), bodyReference)
  }),
  {
    decode: ({ body, bodyReference, encoding, href, mimeType, schema }) =>
      Either.right<DataValue.Reference>({
        _tag: "Reference",
        href,
        format: { mimeType, encoding, schema },
        method: Option.isSome(body) || Option.isSome(bodyReference) ? "POST" : "GET",
        headers: [],
        body,
        bodyReference: Option.map(bodyReference, (one) => one.href)
      }),
    encode: ({ body, bodyReference, format, headers, href, method }) =>
      headers.length > 0
        ? Either.left("WPS 2.0 has no headers for a reference; give an address that needs none")
        : method === "POST" && Option.isNone(body) && Option.isNone(bodyReference)
        ? Either.left("WPS 2.0 has no POST without a body for a reference")
        : Either.right({ ...format, href, body, bodyReference: Option.map(bodyReference, (href) => ({ href })) })
  }
)

/** 52°North uses another prefix for the attribute, and old servers none. */
const outputReference: Xml.Content<DataValue.Reference> = Xml.map(
  Xml.struct({ ...format, href: Xml.attributeWithDefault(xlink("href"), "") }),
  {
    decode: ({ encoding, href, mimeType, schema }): DataValue.Reference => ({
      ...DataValue.reference(href),
      format: { mimeType, encoding, schema }
    }),
    encode: ({ format, href }) => ({ ...format, href })
  }
)

type Parts = ReadonlyArray<DataValue.DataPart>

/**
 * A value is a Data, a Reference, or nested parts of the same kind. One value is written at a time. Some servers send
 * several values in one output (MAAP), or its name in an element as in WPS 1.0.0 (Honua).
 */
const part = (
  kind: "Input" | "Output",
  reference: Xml.Content<DataValue.Reference>
): Xml.Content<Parts> => {
  const self: Xml.Content<Parts> = Xml.suspend(() => content)
  const raw = Xml.struct({
    id: Xml.nonEmptyAttribute(none("id")),
    identifier: Xml.optionalNonEmpty(ows("Identifier")),
    values: Xml.manyOf({ Data: [wps("Data"), inlineData], Reference: [wps("Reference"), reference] }),
    parts: Xml.many(wps(kind), self)
  })
  const content: Xml.Content<Parts> = Xml.transform(raw, {
    decode: ({ id, identifier: element, parts, values }): Either.Either<Parts, string> => {
      const identifier = Option.getOrUndefined(Option.orElse(id, () => element))
      return identifier === undefined
        ? Either.left("The attribute id is missing")
        : values.length > 0
        ? Either.right(values.map(({ value }) => ({ identifier, data: value })))
        : parts.length === 0
        ? Either.left(`The ${kind.toLowerCase()} "${identifier}" has neither a value nor a reference`)
        : Either.right([{ identifier, data: { _tag: "NestedData", parts: parts.flat() } }])
    },
    encode: ([one, ...others]): Either.Either<Xml.Value<typeof raw>, string> => {
      if (one === undefined || others.length > 0) return Either.left("One value is written at a time")
      const { data, identifier } = one
      return data._tag === "NestedData" && data.parts.length === 0
        ? Either.left(`The ${kind.toLowerCase()} "${identifier}" is made of others, and there is none`)
        : Either.right({
          id: Option.some(identifier),
          identifier: Option.none(),
          values: data._tag === "NestedData"
            ? []
            : [
              data._tag === "Reference"
                ? { _tag: "Reference" as const, value: data }
                : { _tag: "Data" as const, value: data }
            ],
          parts: data._tag === "NestedData" ? data.parts.map((part) => [part]) : []
        })
    }
  })
  return content
}

const input = part("Input", inputReference)
const output = part("Output", outputReference)

/**
 * The schema allows only one output inside another. So the outer output is repeated for each nested one, and read the
 * same way.
 */
const spread = (part: DataValue.DataPart): ReadonlyArray<DataValue.DataPart> =>
  part.data._tag === "NestedData"
    ? part.data.parts.flatMap(spread).map((one) => ({
      identifier: part.identifier,
      data: { _tag: "NestedData", parts: [one] }
    }))
    : [part]

const gather = (parts: ReadonlyArray<DataValue.DataPart>): ReadonlyArray<DataValue.DataPart> => {
  const inside = new Map<string, Array<DataValue.DataPart>>()
  const isFirst = ({ data, identifier }: DataValue.DataPart) => {
    if (data._tag !== "NestedData") return true
    const known = inside.get(identifier)
    const all = known ?? []
    for (const one of data.parts) all.push(one)
    inside.set(identifier, all)
    return known === undefined
  }
  return parts.filter(isFirst).map((part) =>
    part.data._tag === "NestedData"
      ? { identifier: part.identifier, data: { _tag: "NestedData", parts: gather(inside.get(part.identifier) ?? []) } }
      : part
  )
}

// ------------------------------------------------------------------------------------------------------ Execute request

/** WPS 2.0 cannot ask for a unit. The answer names its unit, which is compared with the requested one. */
const outputDefinition: Xml.Content<Execute.OutputRequest> = Xml.map(
  Xml.struct({
    ...format,
    id,
    transmission: Xml.nonEmptyAttribute(none("transmission")),
    nested: Xml.many(wps("Output"), Xml.suspend((): Xml.Content<Execute.OutputRequest> => outputDefinition))
  }),
  {
    decode: ({ encoding, id, mimeType, nested, schema, transmission }): Execute.OutputRequest => ({
      identifier: id,
      format: { mimeType, encoding, schema },
      uom: Option.none(),
      asReference: Option.contains(transmission, "reference"),
      nested
    }),
    encode: ({ asReference, format, identifier, nested }) => ({
      ...format,
      id: identifier,
      transmission: nested.length > 0 ? Option.none() : Option.some(asReference ? "reference" : "value"),
      nested
    })
  }
)

/** Repeats the outer request for each nested output. */
const spreadRequest = (request: Execute.OutputRequest): ReadonlyArray<Execute.OutputRequest> =>
  request.nested.length === 0
    ? [request]
    : request.nested.flatMap(spreadRequest).map((one) => ({ ...request, nested: [one] }))

/** Joins the repeated requests again. */
const gatherRequests = (requests: ReadonlyArray<Execute.OutputRequest>): ReadonlyArray<Execute.OutputRequest> => {
  const inside = new Map<string, Array<Execute.OutputRequest>>()
  const isFirst = ({ identifier, nested }: Execute.OutputRequest) => {
    if (nested.length === 0) return true
    const known = inside.get(identifier)
    const all = known ?? []
    for (const one of nested) all.push(one)
    inside.set(identifier, all)
    return known === undefined
  }
  return requests.filter(isFirst).map((request) =>
    request.nested.length === 0
      ? request
      : { ...request, nested: gatherRequests(inside.get(request.identifier) ?? []) }
  )
}

const notOne = (count: number) => `raw data is that of one output, and ${count} are asked for`

const mode = Xml.attribute(none("mode"), Schema.Literal("sync", "async", "auto"))
const response = Xml.attribute(none("response"), Schema.Literal("raw", "document"))

const execute: Xml.Content<Extract<WpsRequest, { _tag: "Execute" }>> = Xml.transform(
  Xml.struct({
    service,
    version,
    mode,
    response,
    identifier: Xml.one(ows("Identifier"), Xml.text),
    inputs: Xml.many(wps("Input"), input),
    outputs: Xml.many(wps("Output"), outputDefinition)
  }),
  {
    decode: ({ identifier, inputs, mode, outputs, response }) => {
      const [output, ...others] = outputs
      return response === "raw" && (output === undefined || others.length > 0)
        ? Either.left(notOne(outputs.length))
        : Either.right<Extract<WpsRequest, { _tag: "Execute" }>>({
          _tag: "Execute",
          request: {
            identifier,
            inputs: inputs.flat(),
            language: Option.none(),
            response: response === "raw" && output !== undefined
              ? { _tag: "Raw", output, mode }
              : { _tag: "Document", outputs: gatherRequests(outputs), mode, lineage: false }
          }
        })
    },
    encode: ({ request: { identifier, inputs, response } }) => {
      const outputs = (response._tag === "Raw" ? [response.output] : response.outputs).flatMap(spreadRequest)
      return response._tag === "Document" && response.lineage
        ? Either.left("WPS 2.0 has no lineage")
        : response._tag === "Raw" && outputs.length !== 1
        ? Either.left(notOne(outputs.length))
        : Either.right({
          service: "WPS" as const,
          version: "2.0.0" as const,
          mode: response.mode,
          response: response._tag === "Raw" ? "raw" as const : "document" as const,
          identifier,
          inputs: inputs.map((one) => [one]),
          outputs
        })
    }
  }
)

/** The documents that a client sends by POST. */
export const requests = {
  GetCapabilities: [wps("GetCapabilities"), getCapabilities],
  DescribeProcess: [wps("DescribeProcess"), describeProcess],
  Execute: [wps("Execute"), execute],
  GetStatus: [wps("GetStatus"), aboutJob("GetStatus")],
  GetResult: [wps("GetResult"), aboutJob("GetResult")],
  Dismiss: [wps("Dismiss"), aboutJob("Dismiss")]
} as const

// -------------------------------------------------------------------------------------------------------- Capabilities

const text = Xml.optionalNonEmpty

/** The order differs from OWS Common 1.1. */
const described = {
  title: text(ows("Title")),
  abstract: text(ows("Abstract")),
  keywords,
  identifier: Xml.one(ows("Identifier"), Xml.text, { repeated: "first" }),
  metadata: Xml.many(ows("Metadata"), metadata)
}

const properties = {
  jobControlOptions: Xml.attributeWithDefault(none("jobControlOptions"), [], Words),
  outputTransmission: Xml.attributeWithDefault(none("outputTransmission"), [], Words),
  processVersion: Xml.nonEmptyAttribute([none("processVersion"), wpsName("processVersion")])
}

/** Other versions are not written, because the schema has no place for them. */
const isVersion = /^\d+\.\d?\d\.\d?\d$/

/** The schema requires a title, and the job control options of a process. */
const writeProperties = (value: CapabilitiesModel.ProcessSummary) => ({
  jobControlOptions: value.jobControlOptions.length === 0 ? ["sync-execute"] : value.jobControlOptions,
  outputTransmission: value.outputTransmission.length === 0 ? ["value"] : value.outputTransmission,
  processVersion: Option.filter(value.version, (version) => isVersion.test(version))
})

const processSummary: Xml.Content<CapabilitiesModel.ProcessSummary> = Xml.map(
  Xml.struct({ ...properties, ...described }),
  {
    decode: ({ keywords, processVersion, ...rest }): CapabilitiesModel.ProcessSummary => ({
      ...rest,
      keywords: words.read(keywords),
      version: processVersion,
      profiles: [],
      wsdl: Option.none()
    }),
    encode: (value) => ({
      ...value,
      ...writeProperties(value),
      title: titled(value),
      keywords: words.write(value.keywords)
    })
  }
)

const capabilities: Xml.Content<CapabilitiesModel.Capabilities> = Xml.map(
  Xml.struct({
    service: Xml.literalAttribute(none("service"), "WPS", { onRead: "ignore" }),
    version: Xml.nonEmptyAttribute(none("version")),
    updateSequence: Xml.nonEmptyAttribute(none("updateSequence")),
    identification: Xml.optional(serviceIdentificationName, serviceIdentification, { repeated: "first" }),
    provider: Xml.optional(serviceProviderName, serviceProvider, { repeated: "first" }),
    operations: operations.part,
    languages: Xml.withinOptional(ows("Languages"), Xml.manyNonEmpty(ows("Language"))),
    processes: Xml.within(wps("Contents"), Xml.many(wps("ProcessSummary"), processSummary))
  }),
  {
    decode: ({ operations: all, service: _, ...rest }): CapabilitiesModel.Capabilities => ({
      ...rest,
      ...operations.read(all),
      version: Option.orElseSome(rest.version, () => "2.0.0"),
      language: Option.none(),
      defaultLanguage: Option.fromNullable(rest.languages[0]),
      wsdl: Option.none()
    }),
    encode: (value) => ({
      ...value,
      operations: operations.write(value),
      service: "WPS" as const,
      version: Option.some("2.0.0")
    })
  }
)

// ------------------------------------------------------------------------------------------------------ ProcessOfferings

const formatDescription = Xml.struct({ ...format, maximumMegabytes: number("maximumMegabytes"), isDefault })

const formats = Xml.many(wps("Format"), formatDescription)

const writeFormats = (
  all: ReadonlyArray<DataValue.Format>,
  maximumMegabytes: Option.Option<number>
): Xml.Value<typeof formats> => all.map((one, at) => ({ ...one, maximumMegabytes, isDefault: at === 0 }))

const sameFormat = Option.getEquivalence((one: DataValue.Format, other: DataValue.Format) =>
  [one.mimeType, one.encoding, one.schema].map(String).join() ===
    [other.mimeType, other.encoding, other.schema].map(String).join()
)

const complex: Xml.Content<Description.ComplexDescription> = Xml.map(Xml.struct({ formats }), {
  decode: ({ formats }): Description.ComplexDescription => {
    const plain = ({ encoding, mimeType, schema }: DataValue.Format): DataValue.Format => ({
      mimeType,
      encoding,
      schema
    })
    const limits = formats.flatMap(({ maximumMegabytes }) => Option.toArray(maximumMegabytes))
    return {
      _tag: "Complex",
      defaultFormat: Option.map(
        Option.fromNullable(formats.find((one) => one.isDefault) ?? formats[0]),
        plain
      ),
      formats: formats.map(plain),
      // If any format has no limit, there is no limit.
      maximumMegabytes: limits.length > 0 && limits.length === formats.length
        ? Option.some(Math.max(...limits))
        : Option.none()
    }
  },
  encode: ({ defaultFormat, formats, maximumMegabytes }) => ({
    formats: writeFormats(
      [
        ...Option.toArray(defaultFormat),
        ...formats.filter((one) => !sameFormat(Option.some(one), defaultFormat))
      ],
      maximumMegabytes
    )
  })
})

/** The formats in which every literal and box may be written. This package writes the first. */
const simpleFormats = writeFormats([asXml, asPlain], Option.none())

const literalDomain = Xml.struct({
  isDefault,
  allowed: Xml.optionalOneOf({
    AllowedValues: [ows("AllowedValues"), allowedValues],
    AnyValue: [ows("AnyValue"), Xml.empty],
    ValuesReference: [
      ows("ValuesReference"),
      Xml.struct({ reference: Xml.attributeWithDefault([...ows("reference"), ...xlink("href")], "") })
    ]
  }),
  dataType: Xml.optional(ows("DataType"), dataType, { repeated: "first" }),
  uom: Xml.optionalNonEmpty(ows("UOM")),
  defaultValue: Xml.optional(ows("DefaultValue"), Xml.text, { repeated: "first" })
})
type LiteralDomain = Xml.Value<typeof literalDomain>

type Allowed = Option.Option.Value<LiteralDomain["allowed"]>

const sameAllowed = (one: Allowed | undefined, other: Allowed | undefined): boolean =>
  one?._tag === "AllowedValues" && other?._tag === "AllowedValues" &&
  sameTexts(one.value.values, other.value.values) && sameRanges(one.value.ranges, other.value.ranges)

const sameTexts = Array.getEquivalence<string>(Equivalence.string)
const sameRanges = Array.getEquivalence(Equivalence.struct({
  minimum: Option.getEquivalence(Equivalence.string),
  maximum: Option.getEquivalence(Equivalence.string),
  spacing: Option.getEquivalence(Equivalence.string),
  closure: Equivalence.string
}))

/** The values that any of the domains allows. There is one domain for each unit, and they often allow the same. */
const allowedOf = (domains: ReadonlyArray<LiteralDomain>): Description.AllowedValues => {
  const all = Array.dedupeWith(domains.map(({ allowed }) => Option.getOrUndefined(allowed)), sameAllowed)
  const listed = all.flatMap((one) => one?._tag === "AllowedValues" ? [one.value] : [])
  const elsewhere = all.find((one) => one?._tag === "ValuesReference")
  return listed.length > 0 && listed.length === all.length
    ? {
      _tag: "AllowedValues",
      values: listed.flatMap(({ values }) => values),
      ranges: listed.flatMap(({ ranges }) => ranges)
    }
    : elsewhere?._tag === "ValuesReference"
    ? { _tag: "ValuesReference", href: elsewhere.value.reference }
    : { _tag: "AnyValue" }
}

const literal: Xml.Content<Description.LiteralDescription> = Xml.map(
  Xml.struct({
    formats,
    domains: Xml.many(local("LiteralDataDomain"), literalDomain),
    // Some servers leave out the domain, and put its content here.
    dataType: Xml.optional(ows("DataType"), dataType, { repeated: "first" })
  }),
  {
    decode: ({ dataType, domains }): Description.LiteralDescription => {
      const first = Option.fromNullable(domains.find((one) => one.isDefault) ?? domains[0])
      return {
        _tag: "Literal",
        dataType: Option.flatMap(
          Option.orElse(Option.flatMap(first, (one) => one.dataType), () => dataType),
          typeName
        ),
        allowed: allowedOf(domains),
        defaultUom: Option.flatMap(first, (one) => one.uom),
        uoms: [...new Set(domains.flatMap(({ uom }) => Option.toArray(uom)))],
        defaultValue: Option.flatMap(first, (one) => one.defaultValue)
      }
    },
    encode: (value) => {
      const { allowed, defaultUom, uoms } = value
      const units = [...new Set([...Option.toArray(defaultUom), ...uoms])]
      const domain = (uom: Option.Option<string>, at: number): LiteralDomain => ({
        isDefault: at === 0,
        allowed: Option.some(
          allowed._tag === "AllowedValues" && allowed.values.length + allowed.ranges.length > 0
            ? { _tag: "AllowedValues" as const, value: { values: allowed.values, ranges: allowed.ranges } }
            : allowed._tag === "ValuesReference"
            ? { _tag: "ValuesReference" as const, value: { reference: allowed.href } }
            : { _tag: "AnyValue" as const, value: undefined }
        ),
        dataType: Option.map(value.dataType, (name) => ({
          name,
          reference: schemaTypes.has(name) ? Option.some(`http://www.w3.org/2001/XMLSchema#${name}`) : Option.none()
        })),
        uom,
        defaultValue: value.defaultValue
      })
      return {
        formats: simpleFormats,
        dataType: Option.none(),
        domains: units.length === 0
          ? [domain(Option.none(), 0)]
          : units.map((unit, at) => domain(Option.some(unit), at))
      }
    }
  }
)

const supportedCrs = Xml.struct({ isDefault, name: Xml.value })

/** The schema requires a CRS. If a process names none, an empty one is written. */
const box: Xml.Content<Description.BoundingBoxDescription> = Xml.map(
  Xml.struct({ formats, supported: Xml.many(wps("SupportedCRS"), supportedCrs) }),
  {
    decode: ({ supported }): Description.BoundingBoxDescription => {
      const named = supported.filter(({ name }) => name !== "")
      return {
        _tag: "BoundingBox",
        defaultCrs: Option.map(Option.fromNullable(named.find((one) => one.isDefault) ?? named[0]), ({ name }) => name),
        crs: named.map(({ name }) => name)
      }
    },
    encode: ({ crs, defaultCrs }) => {
      const all = [...new Set([...Option.toArray(defaultCrs), ...crs])]
      return {
        formats: simpleFormats,
        supported: (all.length === 0 ? [""] : all).map((name, at) => ({ isDefault: at === 0, name }))
      }
    }
  }
)

const kind = Xml.optionalOneOf({
  Literal: [wps("LiteralData"), literal],
  Complex: [wps("ComplexData"), complex],
  BoundingBox: [wps("BoundingBoxData"), box]
})
type Kind = Xml.Value<typeof kind>

/** If the kind is not described, any value is allowed. */
const undescribed: Description.DataDescription = {
  _tag: "Literal",
  dataType: Option.none(),
  defaultUom: Option.none(),
  uoms: [],
  allowed: { _tag: "AnyValue" },
  defaultValue: Option.none()
}

const writeKind = (value: Description.DataDescription): Kind =>
  Option.some(
    value._tag === "Literal"
      ? { _tag: "Literal" as const, value }
      : value._tag === "Complex"
      ? { _tag: "Complex" as const, value }
      : { _tag: "BoundingBox" as const, value }
  )

/** The default is 1. */
const readCount = (source: Option.Option<string>): number =>
  Option.match(source, {
    onNone: () => 1,
    onSome: (text) => {
      const count = Number(text)
      return /unbounded/i.test(text) || count >= 2147483647
        ? Infinity
        : Number.isFinite(count) && count >= 0
        ? Math.trunc(count)
        : 1
    }
  })

/** MAAP writes an output without any description. Without a name it is useless, so it is skipped. */
const describedOrNot = { ...described, identifier: Xml.optional(ows("Identifier"), Xml.text, { repeated: "first" }) }

const inputDescription: Xml.Content<Option.Option<Description.InputDescription>> = Xml.transform(
  Xml.struct({
    minOccurs: Xml.nonEmptyAttribute(none("minOccurs")),
    maxOccurs: Xml.nonEmptyAttribute(none("maxOccurs")),
    ...describedOrNot,
    kind,
    nested: Xml.many(wps("Input"), Xml.suspend(() => inputDescription))
  }),
  {
    decode: ({ identifier, keywords, kind, maxOccurs, minOccurs, nested, ...rest }) =>
      Either.right(Option.map(identifier, (identifier): Description.InputDescription => ({
        ...rest,
        identifier,
        keywords: words.read(keywords),
        minOccurs: readCount(minOccurs),
        maxOccurs: Math.max(readCount(maxOccurs), readCount(minOccurs), 1),
        data: Option.isNone(kind) && nested.length > 0
          ? { _tag: "NestedInputs", inputs: Array.getSomes(nested) }
          : Option.match(kind, { onNone: () => undescribed, onSome: ({ value }) => value })
      }))),
    encode: Option.match({
      onNone: () => Either.left("An input has no identifier"),
      onSome: ({ data, identifier, maxOccurs, minOccurs, ...rest }) =>
        Either.right({
          ...rest,
          identifier: Option.some(identifier),
          title: titled({ identifier, title: rest.title }),
          keywords: words.write(rest.keywords),
          minOccurs: Option.some(String(minOccurs)),
          maxOccurs: Option.some(maxOccurs === Infinity ? "unbounded" : String(maxOccurs)),
          kind: data._tag === "NestedInputs" ? Option.none() : writeKind(data),
          nested: data._tag === "NestedInputs" ? data.inputs.map(Option.some) : []
        })
    })
  }
)

const outputDescription: Xml.Content<Option.Option<Description.OutputDescription>> = Xml.transform(
  Xml.struct({
    ...describedOrNot,
    kind,
    nested: Xml.many(wps("Output"), Xml.suspend(() => outputDescription))
  }),
  {
    decode: ({ identifier, keywords, kind, nested, ...rest }) =>
      Either.right(Option.map(identifier, (identifier): Description.OutputDescription => ({
        ...rest,
        identifier,
        keywords: words.read(keywords),
        data: Option.isNone(kind) && nested.length > 0
          ? { _tag: "NestedOutputs", outputs: Array.getSomes(nested) }
          : Option.match(kind, { onNone: () => undescribed, onSome: ({ value }) => value })
      }))),
    encode: Option.match({
      onNone: () => Either.left("An output has no identifier"),
      onSome: ({ data, identifier, ...rest }) =>
        Either.right({
          ...rest,
          identifier: Option.some(identifier),
          title: titled({ identifier, title: rest.title }),
          keywords: words.write(rest.keywords),
          kind: data._tag === "NestedOutputs" ? Option.none() : writeKind(data),
          nested: data._tag === "NestedOutputs" ? data.outputs.map(Option.some) : []
        })
    })
  }
)

const process = Xml.struct({
  ...described,
  inputs: Xml.many(wps("Input"), inputDescription),
  outputs: Xml.many(wps("Output"), outputDescription)
})

/** A process that is described in another model than WPS's own cannot be read here. */
const processOffering = Xml.struct({
  ...properties,
  process: Xml.optional(wps("Process"), process, { repeated: "first" })
})

const readOffering = (
  { process, processVersion, ...rest }: Xml.Value<typeof processOffering>
): ReadonlyArray<Description.ProcessDescription> =>
  Option.match(process, {
    onNone: () => [],
    onSome: (one) => [{
      ...rest,
      ...one,
      inputs: Array.getSomes(one.inputs),
      outputs: Array.getSomes(one.outputs),
      keywords: words.read(one.keywords),
      version: processVersion,
      profiles: [],
      wsdl: Option.none()
    }]
  })

const processOfferings: Xml.Content<ReadonlyArray<Description.ProcessDescription>> = Xml.map(
  Xml.struct({ offerings: Xml.many(wps("ProcessOffering"), processOffering) }),
  {
    decode: ({ offerings }): ReadonlyArray<Description.ProcessDescription> => offerings.flatMap(readOffering),
    encode: (descriptions) => ({
      offerings: descriptions.map((value) => ({
        ...writeProperties(value),
        process: Option.some({
          ...value,
          title: titled(value),
          keywords: words.write(value.keywords),
          inputs: value.inputs.map(Option.some),
          outputs: value.outputs.map(Option.some)
        })
      }))
    })
  }
)

// --------------------------------------------------------------------------------------------------- StatusInfo, Result

const moment = (name: string) => Xml.optionalNonEmpty(wps(name))
const readMoment = (text: Option.Option<string>) => Option.flatMap(text, moments.read)
const writeMoment = (moment: Option.Option<DateTime.Utc>) => Option.map(moment, DateTime.formatIso)

const bounded = (percent: number): Option.Option<number> =>
  Number.isNaN(percent) ? Option.none() : Option.some(Math.min(100, Math.max(0, percent)))

/** States are compared without case. A state that the standard does not name is kept as the server's own. */
const readStatus = (state: string, percent: Option.Option<number>): JobStatus => {
  const common = { message: "", percent }
  switch (state.toLowerCase()) {
    case "accepted":
      return JobStatus.Accepted(common)
    case "running":
      return JobStatus.Running(common)
    case "paused":
      return JobStatus.Paused(common)
    case "succeeded":
      return JobStatus.Succeeded(common)
    case "failed":
      return JobStatus.Failed({ ...common, exceptions: [] })
    case "dismissed":
      return JobStatus.Dismissed(common)
    default:
      return JobStatus.Other({ ...common, state })
  }
}

const statusInfo: Xml.Content<Execute.ExecuteResponse> = Xml.map(
  Xml.struct({
    jobId: Xml.one(wps("JobID"), Xml.text),
    status: Xml.one(wps("Status"), Xml.text),
    expirationDate: moment("ExpirationDate"),
    estimatedCompletion: moment("EstimatedCompletion"),
    nextPoll: moment("NextPoll"),
    percent: Xml.lenient(Xml.one(wps("PercentCompleted"), Xml.textOf(Schema.NumberFromString)))
  }),
  {
    decode: ({ estimatedCompletion, expirationDate, jobId, nextPoll, percent, status }): Execute.ExecuteResponse =>
      Execute.response(readStatus(status, Option.flatMap(percent, bounded)), {
        // Some servers leave it empty if there is no job to ask for.
        jobId: Option.liftPredicate(jobId, (id) => id !== ""),
        expirationDate: readMoment(expirationDate),
        estimatedCompletion: readMoment(estimatedCompletion),
        nextPoll: readMoment(nextPoll)
      }),
    encode: ({ estimatedCompletion, expirationDate, jobId, nextPoll, status }) => ({
      jobId: Option.getOrElse(jobId, () => ""),
      status: status._tag === "Other" ? status.state : status._tag,
      expirationDate: writeMoment(expirationDate),
      estimatedCompletion: writeMoment(estimatedCompletion),
      nextPoll: writeMoment(nextPoll),
      percent: Option.map(Option.flatMap(status.percent, bounded), Math.trunc)
    })
  }
)

const result: Xml.Content<Execute.ExecuteResponse> = Xml.map(
  Xml.struct({
    // Honua writes it as an attribute.
    jobID: Xml.nonEmptyAttribute(none("jobID")),
    jobId: Xml.optionalNonEmpty(wps("JobID")),
    // MAAP answers an Execute with a Result, even if the job has only been accepted.
    state: Xml.optionalNonEmpty(wps("Status")),
    expirationDate: moment("ExpirationDate"),
    outputs: Xml.many(wps("Output"), output)
  }),
  {
    decode: ({ expirationDate, jobID, jobId, outputs, state }): Execute.ExecuteResponse =>
      Execute.response(readStatus(Option.getOrElse(state, () => "Succeeded"), Option.none()), {
        jobId: Option.orElse(jobId, () => jobID),
        expirationDate: readMoment(expirationDate),
        outputs: gather(outputs.flat()).map((part) => ({ ...part, title: Option.none(), abstract: Option.none() }))
      }),
    encode: ({ expirationDate, jobId, outputs }) => ({
      jobID: Option.none(),
      jobId,
      state: Option.none(),
      expirationDate: writeMoment(expirationDate),
      outputs: outputs.flatMap(spread).map((one) => [one])
    })
  }
)

/** The documents that a server answers with. */
export const responses = {
  Capabilities: [wps("Capabilities"), capabilities],
  ProcessDescriptions: [wps("ProcessOfferings"), processOfferings],
  StatusInfo: [wps("StatusInfo"), statusInfo],
  Result: [wps("Result"), result],
  ExceptionReport: [exceptionReportName, exceptionReport]
} as const
