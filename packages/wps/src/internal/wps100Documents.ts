import { Xml, XmlFragment, XmlName } from "@effect-wps/xml"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as CapabilitiesModel from "../Capabilities.ts"
import * as DataValue from "../DataValue.ts"
import type * as Execute from "../Execute.ts"
import { JobStatus } from "../Execute.ts"
import { noApplicableCode, type OwsException } from "../Ows.ts"
import type * as Description from "../ProcessDescription.ts"
import type { WpsRequest } from "../WpsProtocol.ts"
import type { Names } from "./owsDocuments.ts"
import {
  none,
  ows11,
  schemaTypes,
  serviceExceptionReport,
  serviceExceptionReportName,
  titled,
  typeName,
  wpsNamespace,
  xlink,
  xml
} from "./owsDocuments.ts"

const {
  allowedValues,
  boundingBox,
  dataType,
  described,
  exceptionReport,
  exceptionReportName,
  identifierNames,
  keywords,
  operations,
  ows,
  serviceIdentification,
  serviceIdentificationName,
  serviceProvider,
  serviceProviderName,
  words
} = ows11

const wpsName = XmlName.namespace(wpsNamespace, "wps")

/** The namespace of WPS 0.4.0, which CEDA still uses, and one without a version. */
const former = ["http://www.opengeospatial.net/wps", "http://www.opengis.net/wps"].map((uri) =>
  XmlName.namespace(uri, "wps")
)

/** A qualified WPS 1.0.0 name. Old servers leave out the namespace or use a former one. */
export const wps = (local: string): Names => [wpsName(local), none(local), ...former.map((named) => named(local))]

/** The local elements of DescribeProcess. The schema leaves them unqualified, but some servers qualify them. */
const local = (name: string): Names => [none(name), wpsName(name), ...former.map((named) => named(name))]

/** Elements that some servers put into the namespace of OWS Common. */
const localOrOws = (name: string): Names => [...local(name), ...qualifiedOws(name)]

const qualifiedOws = (name: string) => ows(name).filter(({ uri }) => uri !== "")

const text = Xml.optionalNonEmpty

const service = Xml.literalAttribute(none("service"), "WPS")
const version = Xml.literalAttribute(none("version"), "1.0.0")
const language = Xml.nonEmptyAttribute(none("language"))
const lang = Xml.nonEmptyAttribute(xml("lang"))

/** `true`, `1` and Python's `True`. Anything else is false, which is the schema's default. */
const Flag = Schema.transform(Schema.String, Schema.Boolean, {
  strict: true,
  decode: (flag) => /^\s*(true|1)\s*$/i.test(flag),
  encode: (flag) => String(flag)
})
/** Some clients and servers qualify the attribute. */
const flag = (name: string) => Xml.attributeWithDefault([none(name), wpsName(name)], false, Flag)

/** Servers write percentages and sizes in many ways. What is not a number counts as absent. */
const number = (name: string) => Xml.lenient(Xml.attribute(none(name), Schema.NumberFromString))

// ------------------------------------------------------------------------------------------------------------ requests

const acceptVersions = Xml.withinOptional(wps("AcceptVersions"), Xml.many(ows("Version"), Xml.text))

const getCapabilities: Xml.Content<Extract<WpsRequest, { _tag: "GetCapabilities" }>> = Xml.map(
  Xml.struct({ service, language, acceptVersions }),
  {
    decode: ({ acceptVersions, language }): Extract<WpsRequest, { _tag: "GetCapabilities" }> => ({
      _tag: "GetCapabilities" as const,
      acceptVersions,
      language
    }),
    encode: ({ acceptVersions, language }) => ({ service: "WPS" as const, acceptVersions, language })
  }
)

const describeProcess: Xml.Content<Extract<WpsRequest, { _tag: "DescribeProcess" }>> = Xml.map(
  Xml.struct({ service, version, language, identifiers: Xml.many(ows("Identifier"), Xml.text) }),
  {
    decode: ({ identifiers, language }): Extract<WpsRequest, { _tag: "DescribeProcess" }> => ({
      _tag: "DescribeProcess" as const,
      identifiers,
      language
    }),
    encode: ({ identifiers, language }) => ({
      service: "WPS" as const,
      version: "1.0.0" as const,
      identifiers,
      language
    })
  }
)

// --------------------------------------------------------------------------------------------------------- data values

const format = {
  mimeType: Xml.nonEmptyAttribute(none("mimeType")),
  encoding: Xml.nonEmptyAttribute(none("encoding")),
  schema: Xml.nonEmptyAttribute(none("schema"))
}

const complexData: Xml.Content<DataValue.ComplexData> = Xml.map(Xml.struct({ ...format, content: Xml.content }), {
  decode: ({ content, encoding, mimeType, schema }): DataValue.ComplexData => ({
    _tag: "ComplexData" as const,
    format: { mimeType, encoding, schema },
    content
  }),
  encode: ({ content, format }) => ({ ...format, content })
})

/**
 * The text of a literal is kept exactly: a server must not trim a string. USGS's server puts elements into it; that is
 * read as a complex value.
 */
const literalData: Xml.Content<DataValue.LiteralData | DataValue.ComplexData> = Xml.map(
  Xml.struct({
    dataType: Xml.nonEmptyAttribute(none("dataType")),
    uom: Xml.nonEmptyAttribute(none("uom")),
    content: Xml.content
  }),
  {
    decode: ({ content, dataType, uom }): DataValue.LiteralData | DataValue.ComplexData =>
      content.elements > 0
        ? { _tag: "ComplexData", format: DataValue.anyFormat, content }
        : { _tag: "LiteralData", value: content.text, dataType, uom },
    encode: (value) =>
      value._tag === "LiteralData"
        ? { content: XmlFragment.fromText(value.value), dataType: value.dataType, uom: value.uom }
        : { content: value.content, dataType: Option.none(), uom: Option.none() }
  }
)

const boxNames: Names = [...wps("BoundingBoxData"), ...qualifiedOws("BoundingBox"), ...qualifiedOws("WGS84BoundingBox")]

const cases = {
  Complex: [wps("ComplexData"), complexData],
  Literal: [wps("LiteralData"), literalData],
  Box: [boxNames, boundingBox]
} as const

type Inline = Exclude<DataValue.DataValue, DataValue.Reference | DataValue.NestedData>

const caseOf = (value: Inline): Xml.CasesValue<typeof cases> =>
  value._tag === "ComplexData"
    ? { _tag: "Complex", value }
    : value._tag === "LiteralData"
    ? { _tag: "Literal", value }
    : { _tag: "Box", value }

const inlineData: Xml.Content<Inline> = Xml.map(Xml.struct({ data: Xml.oneOf(cases) }), {
  decode: ({ data }): Inline => data.value,
  encode: (value) => ({ data: caseOf(value) })
})

/** The elements of WPS 0.4.0 in place of a Data. CEDA and the Met Office still use them. */
const formerComplex: Xml.Content<DataValue.ComplexData> = Xml.map(
  Xml.struct({
    mimeType: Xml.nonEmptyAttribute(none("format")),
    encoding: format.encoding,
    schema: format.schema,
    content: Xml.content
  }),
  {
    decode: ({ content, ...format }): DataValue.ComplexData => ({ _tag: "ComplexData", format, content }),
    encode: ({ content, format }) => ({ ...format, content })
  }
)
const formerReference: Xml.Content<DataValue.Reference> = Xml.map(
  Xml.struct({
    href: Xml.attributeWithDefault([none("reference"), ...qualifiedOws("reference"), ...xlink("href")], ""),
    mimeType: Xml.nonEmptyAttribute(none("format")),
    encoding: format.encoding,
    schema: format.schema
  }),
  {
    decode: ({ href, ...format }): DataValue.Reference => ({ ...DataValue.reference(href.trim()), format }),
    encode: ({ format, href }) => ({ href, ...format })
  }
)

/** PyWPS 4.0 also puts a box here. */
const withoutData = {
  FormerComplex: [wps("ComplexValue"), formerComplex],
  FormerLiteral: [wps("LiteralValue"), literalData],
  FormerReference: [wps("ComplexValueReference"), formerReference],
  Box: [[...wps("BoundingBoxValue"), ...boxNames], boundingBox]
} as const

const href = Xml.struct({ href: Xml.attributeWithDefault(xlink("href"), "") })

const orEmpty = Option.getOrElse(() => "")

/** Both attributes are required, but may be empty. */
const header: Xml.Content<readonly [name: string, value: string]> = Xml.map(
  Xml.struct({ key: Xml.optionalAttribute(none("key")), value: Xml.optionalAttribute(none("value")) }),
  {
    decode: ({ key, value }) => [orEmpty(key), orEmpty(value)] as const,
    encode: ([key, value]) => ({ key: Option.some(key), value: Option.some(value) })
  }
)

/** If no method is named, a reference with a body uses POST. */
const methodOf = (raw: {
  readonly method: Option.Option<string>
  readonly body: Option.Option<unknown>
  readonly bodyReference: Option.Option<unknown>
}): "GET" | "POST" =>
  Option.match(raw.method, {
      onNone: () => Option.isSome(raw.body) || Option.isSome(raw.bodyReference),
      onSome: (method) => method.toUpperCase() === "POST"
    })
    ? "POST"
    : "GET"

const inputReference: Xml.Content<DataValue.Reference> = Xml.map(
  Xml.struct({
    ...format,
    href: Xml.attributeWithDefault(xlink("href"), ""),
    method: Xml.nonEmptyAttribute(none("method")),
    headers: Xml.many(wps("Header"), header),
    body: Xml.optional(wps("Body"), Xml.fragment),
    bodyReference: Xml.optional(wps("BodyReference"), href)
  }),
  {
    decode: (raw): DataValue.Reference => ({
      _tag: "Reference" as const,
      href: raw.href,
      format: { mimeType: raw.mimeType, encoding: raw.encoding, schema: raw.schema },
      method: methodOf(raw),
      headers: raw.headers,
      body: raw.body,
      bodyReference: Option.map(raw.bodyReference, (one) => one.href)
    }),
    encode: (value) => ({
      ...value.format,
      href: value.href,
      // A body makes it a POST.
      method: value.method === "POST" || Option.isSome(value.body) || Option.isSome(value.bodyReference)
        ? Option.some(value.method)
        : Option.none(),
      headers: value.headers,
      body: value.body,
      bodyReference: Option.map(value.bodyReference, (href) => ({ href }))
    })
  }
)

/** The reference of an output has an unqualified `href`. Many servers write `xlink:href`. */
const outputReferenceParts = { ...format, href: Xml.attributeWithDefault([none("href"), ...xlink("href")], "") }

const readOutputReference = (
  { href, ...format }: Xml.StructValue<typeof outputReferenceParts>
): DataValue.Reference => ({ ...DataValue.reference(href.trim()), format })

type InlineOrReference = { readonly _tag: "Data"; readonly value: Inline } | {
  readonly _tag: "Reference"
  readonly value: DataValue.Reference
}

const writeData = (data: DataValue.DataValue): Either.Either<InlineOrReference, string> =>
  data._tag === "NestedData"
    ? Either.left("WPS 1.0.0 has no values that are made of others")
    : Either.right(data._tag === "Reference" ? { _tag: "Reference", value: data } : { _tag: "Data", value: data })

const inputValue = {
  Data: [wps("Data"), inlineData],
  Reference: [wps("Reference"), inputReference],
  ...withoutData
} as const

const input: Xml.Content<Execute.DataInput> = Xml.transform(
  Xml.struct({
    identifier: Xml.one(ows("Identifier"), Xml.text, { repeated: "first" }),
    value: Xml.oneOf(inputValue)
  }),
  {
    decode: ({ identifier, value }) => Either.right<Execute.DataInput>({ identifier, data: value.value }),
    encode: ({ data, identifier }) => Either.map(writeData(data), (value) => ({ identifier, value }))
  }
)

/** An input that the server repeats, if it can be read. */
const repeatedInput: Xml.Content<Option.Option<Execute.DataInput>> = Xml.transform(
  Xml.struct({
    identifier: Xml.optionalNonEmpty(ows("Identifier")),
    value: Xml.lenient(Xml.oneOf(inputValue))
  }),
  {
    decode: ({ identifier, value }) =>
      Either.right(Option.zipWith(identifier, value, (identifier, { value }): Execute.DataInput => ({
        identifier,
        data: value
      }))),
    encode: Option.match({
      onNone: () => Either.left("There is no input to be repeated"),
      onSome: ({ data, identifier }) =>
        Either.map(writeData(data), (value) => ({ identifier: Option.some(identifier), value: Option.some(value) }))
    })
  }
)

// ------------------------------------------------------------------------------------------------------ Execute request

const outputDefinition = {
  ...format,
  uom: Xml.nonEmptyAttribute(none("uom")),
  identifier: Xml.one(ows("Identifier"), Xml.text, { repeated: "first" })
}

const writeOutput = (
  { asReference, format, identifier, nested, uom }: Execute.OutputRequest
): Either.Either<Xml.Value<typeof documentOutputParts>, string> =>
  nested.length > 0
    ? Either.left("WPS 1.0.0 has no outputs that are made of others")
    : Either.right({ ...format, identifier, uom, asReference })

const rawOutput: Xml.Content<Execute.OutputRequest> = Xml.transform(Xml.struct(outputDefinition), {
  decode: ({ encoding, identifier, mimeType, schema, uom }) =>
    Either.right<Execute.OutputRequest>({
      identifier,
      format: { mimeType, encoding, schema },
      uom,
      asReference: false,
      nested: []
    }),
  encode: writeOutput
})

const documentOutputParts = Xml.struct({ ...outputDefinition, asReference: flag("asReference") })

const documentOutput: Xml.Content<Execute.OutputRequest> = Xml.transform(documentOutputParts, {
  decode: ({ asReference, encoding, identifier, mimeType, schema, uom }) =>
    Either.right<Execute.OutputRequest>({
      identifier,
      format: { mimeType, encoding, schema },
      uom,
      asReference,
      nested: []
    }),
  encode: writeOutput
})

const responseDocument: Xml.Content<Extract<Execute.ResponseForm, { _tag: "Document" }>> = Xml.transform(
  Xml.struct({
    store: flag("storeExecuteResponse"),
    lineage: flag("lineage"),
    status: flag("status"),
    outputs: Xml.many(wps("Output"), documentOutput)
  }),
  {
    decode: ({ lineage, outputs, status, store }) =>
      Either.right<Extract<Execute.ResponseForm, { _tag: "Document" }>>({
        _tag: "Document",
        outputs,
        lineage,
        mode: store && status ? "async" : "sync"
      }),
    encode: ({ lineage, mode, outputs }) =>
      mode === "auto"
        ? Either.left(noAuto)
        : Either.right({ store: mode === "async", status: mode === "async", lineage, outputs })
  }
)

const rawForm: Xml.Content<Extract<Execute.ResponseForm, { _tag: "Raw" }>> = Xml.transform(rawOutput, {
  decode: (output) =>
    Either.right<Extract<Execute.ResponseForm, { _tag: "Raw" }>>({ _tag: "Raw", output, mode: "sync" }),
  encode: ({ mode, output }) =>
    mode === "sync"
      ? Either.right(output)
      : Either.left("The raw data of an output comes with mode \"sync\" only in WPS 1.0.0")
})

const responseForm = Xml.struct({
  form: Xml.optionalOneOf({
    Document: [wps("ResponseDocument"), responseDocument],
    Raw: [wps("RawDataOutput"), rawForm]
  })
})

/** The error for mode `auto`. */
const noAuto = "WPS 1.0.0 has no mode \"auto\"; choose \"sync\" or \"async\""

/** Whether the request needs a ResponseDocument, because it wants more than the outputs. */
const asksMore = ({ lineage, mode }: Extract<Execute.ResponseForm, { _tag: "Document" }>): boolean =>
  lineage || mode !== "sync"

const everything: Execute.ResponseForm = { _tag: "Document", outputs: [], mode: "sync", lineage: false }

const execute: Xml.Content<Extract<WpsRequest, { _tag: "Execute" }>> = Xml.map(
  Xml.struct({
    service,
    version,
    language,
    identifier: Xml.one(ows("Identifier"), Xml.text, { repeated: "first" }),
    inputs: Xml.withinOptional(wps("DataInputs"), Xml.many(wps("Input"), input)),
    response: Xml.optional(wps("ResponseForm"), responseForm)
  }),
  {
    decode: ({ identifier, inputs, language, response }): Extract<WpsRequest, { _tag: "Execute" }> => ({
      _tag: "Execute" as const,
      request: {
        identifier,
        inputs,
        language,
        response: Option.match(response, {
          onNone: () => everything,
          onSome: ({ form }) =>
            Option.match(form, {
              onNone: () => everything,
              onSome: (one): Execute.ResponseForm => one.value
            })
        })
      }
    }),
    encode: ({ request }) => ({
      service: "WPS" as const,
      version: "1.0.0" as const,
      language: request.language,
      identifier: request.identifier,
      inputs: request.inputs,
      response: request.response._tag === "Raw"
        ? Option.some({ form: Option.some({ _tag: "Raw" as const, value: request.response }) })
        // By the standard, a request without a ResponseForm gives every output.
        : request.response.outputs.length === 0 && !asksMore(request.response)
        ? Option.none()
        : Option.some({ form: Option.some({ _tag: "Document" as const, value: request.response }) })
    })
  }
)

/** The documents that a client sends by POST. */
export const requests = {
  GetCapabilities: [wps("GetCapabilities"), getCapabilities],
  DescribeProcess: [wps("DescribeProcess"), describeProcess],
  Execute: [wps("Execute"), execute]
} as const

// -------------------------------------------------------------------------------------------------------- Capabilities

const link = Xml.struct({ href: Xml.nonEmptyAttribute(xlink("href")) })
const linked = {
  decode: (raw: Option.Option<{ readonly href: Option.Option<string> }>) => Option.flatMap(raw, (one) => one.href),
  encode: (value: Option.Option<string>) => Option.map(value, (one) => ({ href: Option.some(one) }))
}

/** Qualified in the schema, but servers leave out the namespace. PyWPS writes `None` if a process has no version. */
const processVersion = Xml.nonEmptyAttribute([wpsName("processVersion"), none("processVersion")])

const brief = {
  processVersion,
  ...described,
  // Not in the schema, but PyWPS writes them.
  keywords,
  profiles: Xml.manyNonEmpty(wps("Profile")),
  wsdl: Xml.optional(wps("WSDL"), link, { repeated: "first" })
}

const readBrief = (raw: {
  readonly processVersion: Option.Option<string>
  readonly identifier: string
  readonly title: Option.Option<string>
  readonly abstract: Option.Option<string>
  readonly keywords: Parameters<typeof words.read>[0]
  readonly metadata: CapabilitiesModel.ProcessSummary["metadata"]
  readonly profiles: ReadonlyArray<string>
  readonly wsdl: Option.Option<{ readonly href: Option.Option<string> }>
}): CapabilitiesModel.ProcessSummary => ({
  identifier: raw.identifier,
  title: raw.title,
  abstract: raw.abstract,
  metadata: raw.metadata,
  profiles: raw.profiles,
  keywords: words.read(raw.keywords),
  jobControlOptions: [],
  outputTransmission: [],
  version: Option.filter(raw.processVersion, (one) => one !== "None"),
  wsdl: linked.decode(raw.wsdl)
})

/** The schema requires a title and a version. */
const writeBrief = (value: CapabilitiesModel.ProcessSummary) => ({
  ...value,
  title: titled(value),
  keywords: [],
  processVersion: Option.orElseSome(value.version, () => "1"),
  wsdl: linked.encode(value.wsdl)
})

const processSummary: Xml.Content<CapabilitiesModel.ProcessSummary> = Xml.map(Xml.struct(brief), {
  decode: readBrief,
  encode: writeBrief
})

/** A process of which only the identifier is known. */
const unversioned = (identifier: string): CapabilitiesModel.ProcessSummary =>
  readBrief({
    identifier,
    processVersion: Option.none(),
    title: Option.none(),
    abstract: Option.none(),
    keywords: [],
    metadata: [],
    profiles: [],
    wsdl: Option.none()
  })

const languages = Xml.struct({
  default: Xml.within(wps("Default"), text(ows("Language"))),
  supported: Xml.within(wps("Supported"), Xml.manyNonEmpty(ows("Language")))
})

const capabilities: Xml.Content<CapabilitiesModel.Capabilities> = Xml.map(
  Xml.struct({
    service: Xml.literalAttribute(none("service"), "WPS", { onRead: "ignore" }),
    version: Xml.nonEmptyAttribute(none("version")),
    language: lang,
    updateSequence: Xml.nonEmptyAttribute(none("updateSequence")),
    identification: Xml.optional(serviceIdentificationName, serviceIdentification, { repeated: "first" }),
    provider: Xml.optional(serviceProviderName, serviceProvider, { repeated: "first" }),
    operations: operations.part,
    processes: Xml.within(
      [...wps("ProcessOfferings"), ...qualifiedOws("ProcessOfferings")],
      Xml.many(wps("Process"), processSummary)
    ),
    languages: Xml.optional(wps("Languages"), languages, { repeated: "first" }),
    wsdl: Xml.optional(wps("WSDL"), link, { repeated: "first" })
  }),
  {
    decode: ({ languages, operations: all, service: _, wsdl, ...rest }): CapabilitiesModel.Capabilities => ({
      ...rest,
      ...operations.read(all),
      defaultLanguage: Option.flatMap(languages, (one) => one.default),
      languages: Option.match(languages, { onNone: () => [], onSome: (one) => one.supported }),
      wsdl: linked.decode(wsdl)
    }),
    encode: ({ defaultLanguage, languages, wsdl, ...rest }) => ({
      ...rest,
      operations: operations.write(rest),
      service: "WPS" as const,
      version: Option.orElseSome(rest.version, () => "1.0.0"),
      language: Option.orElseSome(rest.language, () => "en"),
      languages: Option.some({
        default: Option.orElseSome(defaultLanguage, () => "en"),
        supported: languages.length === 0 ? [Option.getOrElse(defaultLanguage, () => "en")] : languages
      }),
      wsdl: linked.encode(wsdl)
    })
  }
)

// -------------------------------------------------------------------------------------------------- ProcessDescriptions

const formatOf = (mimeType: Names): Xml.Content<DataValue.Format> =>
  Xml.struct({
    mimeType: Xml.optionalNonEmpty(mimeType),
    encoding: Xml.optionalNonEmpty(localOrOws("Encoding")),
    schema: Xml.optionalNonEmpty(localOrOws("Schema"))
  })

const complexFormats = Xml.many(localOrOws("Format"), formatOf(localOrOws("MimeType")))

const noFormats: Xml.Value<typeof supportedFormats> = { formats: [], default: [] }
const supportedFormats = Xml.struct({
  formats: complexFormats,
  // WPS.NET puts the formats of the default here.
  default: Xml.many(local("Default"), Xml.struct({ formats: complexFormats }))
})

/** Servers put formats in more places than the schema has: those of WPS 0.4.0 (CEDA), or directly in the element. */
const complex: Xml.Content<Description.ComplexDescription> = Xml.map(
  Xml.struct({
    maximumMegabytes: number("maximumMegabytes"),
    mimeType: Xml.nonEmptyAttribute(none("defaultFormat")),
    encoding: Xml.nonEmptyAttribute(none("defaultEncoding")),
    schema: Xml.nonEmptyAttribute(none("defaultSchema")),
    default: Xml.within(localOrOws("Default"), complexFormats),
    supported: Xml.withDefault(localOrOws("Supported"), supportedFormats, noFormats, { repeated: "first" }),
    straight: complexFormats,
    former: Xml.many(local("SupportedComplexData"), formatOf(local("Format")))
  }),
  {
    decode: (
      { encoding, former, maximumMegabytes, mimeType, schema, straight, supported, ...raw }
    ): Description.ComplexDescription => {
      const byDefault = [
        ...raw.default,
        ...[{ encoding, mimeType, schema }].filter((one) => Object.values(one).some(Option.isSome))
      ]
      const formats = [...supported.formats, ...supported.default.flatMap((one) => one.formats), ...straight, ...former]
      return {
        _tag: "Complex",
        defaultFormat: Option.fromNullable(byDefault[0] ?? formats[0]),
        // If the server lists no formats, its default is the only one.
        formats: formats.length > 0 ? [...formats, ...raw.default.slice(1)] : byDefault,
        maximumMegabytes
      }
    },
    encode: ({ defaultFormat, formats, maximumMegabytes }) => ({
      maximumMegabytes,
      mimeType: Option.none(),
      encoding: Option.none(),
      schema: Option.none(),
      default: Option.toArray(defaultFormat),
      supported: { formats, default: [] },
      straight: [],
      former: []
    })
  }
)

const literalParts = Xml.struct({
  dataType: Xml.optional(ows("DataType"), dataType, { repeated: "first" }),
  uoms: Xml.optional(
    local("UOMs"),
    Xml.struct({
      default: Xml.within(local("Default"), Xml.optionalNonEmpty(ows("UOM"))),
      supported: Xml.within(local("Supported"), Xml.many(ows("UOM"), Xml.text))
    }),
    { repeated: "first" }
  ),
  formerUoms: Xml.optional(
    local("SupportedUOMs"),
    Xml.struct({
      default: Xml.nonEmptyAttribute(none("defaultUOM")),
      supported: Xml.manyNonEmpty(localOrOws("UOM"))
    }),
    { repeated: "first" }
  ),
  allowed: Xml.optionalOneOf({
    AllowedValues: [ows("AllowedValues"), allowedValues],
    AnyValue: [ows("AnyValue"), Xml.empty],
    ValuesReference: [
      [...local("ValuesReference"), ...ows("ValuesReference")],
      Xml.struct({ reference: Xml.attributeWithDefault([...ows("reference"), ...xlink("href")], "") })
    ]
  }),
  defaultValue: Xml.optional(localOrOws("DefaultValue"), Xml.text, { repeated: "first" })
})

const uomsOf = ({ formerUoms, uoms }: Xml.Value<typeof literalParts>) =>
  Option.orElse(
    Option.filter(uoms, ({ supported }) => supported.length > 0),
    () => Option.orElse(formerUoms, () => uoms)
  )

/** The description of an output has no allowed values. */
const literalOf = (isInput: boolean): Xml.Content<Description.LiteralDescription> =>
  Xml.map(
    literalParts,
    {
      decode: (raw): Description.LiteralDescription => ({
        _tag: "Literal",
        dataType: Option.flatMap(raw.dataType, typeName),
        defaultUom: Option.flatMap(uomsOf(raw), (one) => one.default),
        uoms: Option.match(uomsOf(raw), { onNone: () => [], onSome: (one) => one.supported }),
        allowed: Option.match(raw.allowed, {
          onNone: (): Description.AllowedValues => ({ _tag: "AnyValue" }),
          onSome: (choice) =>
            choice._tag === "AllowedValues"
              ? { _tag: "AllowedValues", ...choice.value }
              : choice._tag === "ValuesReference"
              ? { _tag: "ValuesReference", href: choice.value.reference }
              : { _tag: "AnyValue" }
        }),
        defaultValue: raw.defaultValue
      }),
      encode: (value) => ({
        dataType: Option.map(value.dataType, (name) => ({
          name,
          reference: schemaTypes.has(name) ? Option.some(`http://www.w3.org/TR/xmlschema-2/#${name}`) : Option.none()
        })),
        uoms: value.uoms.length === 0
          ? Option.none()
          : Option.some({
            default: Option.orElse(value.defaultUom, () => Option.fromNullable(value.uoms[0])),
            supported: value.uoms
          }),
        formerUoms: Option.none(),
        allowed: !isInput ? Option.none() : Option.some(
          value.allowed._tag === "AllowedValues" && value.allowed.values.length + value.allowed.ranges.length > 0
            ? { _tag: "AllowedValues" as const, value: { values: value.allowed.values, ranges: value.allowed.ranges } }
            : value.allowed._tag === "ValuesReference"
            ? { _tag: "ValuesReference" as const, value: { reference: value.allowed.href } }
            : { _tag: "AnyValue" as const, value: undefined }
        ),
        defaultValue: isInput ? value.defaultValue : Option.none()
      })
    }
  )

const literal = literalOf(true)
const outputLiteral = literalOf(false)

/** WPS.NET writes the name as a link. */
const crs: Xml.Content<string> = Xml.map(
  Xml.struct({ href: Xml.nonEmptyAttribute(xlink("href")), name: Xml.value }),
  {
    decode: ({ href, name }) => name === "" ? orEmpty(href) : name,
    encode: (name) => ({ href: Option.none(), name })
  }
)

/** The schema requires a CRS. If a process names none, an empty one is written. */
const box: Xml.Content<Description.BoundingBoxDescription> = Xml.map(
  Xml.struct({
    default: Xml.within(local("Default"), Xml.optional(local("CRS"), crs, { repeated: "first" })),
    supported: Xml.within(local("Supported"), Xml.many(local("CRS"), crs)),
    // From WPS 0.4.0.
    formerDefault: Xml.nonEmptyAttribute(none("defaultCRS")),
    formerSupported: Xml.manyNonEmpty(local("CRS"))
  }),
  {
    decode: (raw): Description.BoundingBoxDescription => ({
      _tag: "BoundingBox" as const,
      defaultCrs: Option.filter(Option.orElse(raw.default, () => raw.formerDefault), (crs) => crs !== ""),
      crs: [...raw.supported, ...raw.formerSupported].filter((crs) => crs !== "")
    }),
    encode: (value) => ({
      default: Option.some(orEmpty(value.defaultCrs)),
      supported: value.crs.length === 0 ? [""] : value.crs,
      formerDefault: Option.none(),
      formerSupported: []
    })
  }
)

/** If the kind is not described, any value is allowed. */
const undescribed: Description.DataDescription = {
  _tag: "Literal",
  dataType: Option.none(),
  defaultUom: Option.none(),
  uoms: [],
  allowed: { _tag: "AnyValue" },
  defaultValue: Option.none()
}

const tags = {
  read: (raw: Option.Option<{ readonly value: Description.DataDescription }>): Description.DataDescription =>
    Option.match(raw, { onNone: () => undescribed, onSome: (one) => one.value }),
  write: (value: Description.InputDescription["data"] | Description.OutputDescription["data"]) =>
    value._tag === "NestedInputs" || value._tag === "NestedOutputs"
      ? Either.left("WPS 1.0.0 has no values that are made of others")
      : Either.right(Option.some(
        value._tag === "Literal"
          ? { _tag: "Literal" as const, value }
          : value._tag === "Complex"
          ? { _tag: "Complex" as const, value }
          : { _tag: "BoundingBox" as const, value }
      ))
}

/** A number of occurrences. `missing` is used if the server writes none. */
const readCount = (source: Option.Option<string>, missing: number): number => {
  if (Option.isNone(source)) return missing
  const count = Number(source.value)
  return count >= 2147483647 || /unbounded/i.test(source.value)
    ? Infinity
    : !Number.isFinite(count) || count < 0
    ? missing
    : Math.trunc(count)
}

/** WPS 1.0.0 cannot say that there is no bound. */
const writeCount = (count: number): Option.Option<string> =>
  Option.some(count === Infinity ? "2147483647" : String(count))

const inputDescription: Xml.Content<Description.InputDescription> = Xml.transform(
  Xml.struct({
    minOccurs: Xml.nonEmptyAttribute(none("minOccurs")),
    maxOccurs: Xml.nonEmptyAttribute(none("maxOccurs")),
    // WPS 0.4.0 has elements for these.
    minimumOccurs: Xml.optionalNonEmpty(local("MinimumOccurs")),
    maximumOccurs: Xml.optionalNonEmpty(local("MaximumOccurs")),
    ...described,
    data: Xml.optionalOneOf({
      Literal: [[...local("LiteralData"), ...local("LiteralOutput")], literal],
      Complex: [[...local("ComplexData"), ...local("ComplexOutput")], complex],
      BoundingBox: [[...local("BoundingBoxData"), ...local("BoundingBoxOutput")], box]
    })
  }),
  {
    decode: (raw) => {
      const minOccurs = readCount(Option.isSome(raw.minOccurs) ? raw.minOccurs : raw.minimumOccurs, 1)
      const maxOccurs = readCount(Option.isSome(raw.maxOccurs) ? raw.maxOccurs : raw.maximumOccurs, 1)
      return Either.right<Description.InputDescription>({
        identifier: raw.identifier,
        title: raw.title,
        abstract: raw.abstract,
        keywords: [],
        metadata: raw.metadata,
        minOccurs,
        // Some servers write 0 for an input that may be given once.
        maxOccurs: Math.max(maxOccurs, minOccurs, 1),
        data: tags.read(raw.data)
      })
    },
    encode: ({ data, maxOccurs, minOccurs, ...rest }) =>
      Either.map(tags.write(data), (data) => ({
        ...rest,
        title: titled(rest),
        minOccurs: writeCount(minOccurs),
        maxOccurs: writeCount(maxOccurs),
        minimumOccurs: Option.none(),
        maximumOccurs: Option.none(),
        data
      }))
  }
)

const outputDescription: Xml.Content<Description.OutputDescription> = Xml.transform(
  Xml.struct({
    ...described,
    data: Xml.optionalOneOf({
      Literal: [[...local("LiteralOutput"), ...local("LiteralData")], outputLiteral],
      Complex: [[...local("ComplexOutput"), ...local("ComplexData")], complex],
      BoundingBox: [[...local("BoundingBoxOutput"), ...local("BoundingBoxData")], box]
    })
  }),
  {
    decode: ({ abstract, data, identifier, metadata, title }) =>
      Either.right<Description.OutputDescription>({
        identifier,
        title,
        abstract,
        keywords: [],
        metadata,
        data: tags.read(data)
      }),
    encode: ({ data, ...rest }) =>
      Either.map(tags.write(data), (data) => ({
        ...rest,
        title: titled(rest),
        data
      }))
  }
)

/** A server that describes one process may leave out the element around it. */
export const processDescriptionNames = local("ProcessDescription")

export const processDescription: Xml.Content<Description.ProcessDescription> = Xml.map(
  Xml.struct({
    storeSupported: flag("storeSupported"),
    statusSupported: flag("statusSupported"),
    ...brief,
    inputs: Xml.withinOptional(local("DataInputs"), Xml.many(local("Input"), inputDescription)),
    outputs: Xml.within(local("ProcessOutputs"), Xml.many(local("Output"), outputDescription))
  }),
  {
    decode: (raw): Description.ProcessDescription => ({
      ...readBrief(raw),
      jobControlOptions: raw.storeSupported && raw.statusSupported
        ? ["sync-execute", "async-execute"]
        : ["sync-execute"],
      outputTransmission: raw.storeSupported ? ["value", "reference"] : ["value"],
      inputs: raw.inputs,
      outputs: raw.outputs
    }),
    encode: (value) => ({
      ...writeBrief(value),
      statusSupported: value.jobControlOptions.includes("async-execute"),
      storeSupported: value.jobControlOptions.includes("async-execute") ||
        value.outputTransmission.includes("reference"),
      inputs: value.inputs,
      outputs: value.outputs
    })
  }
)

const processDescriptions: Xml.Content<ReadonlyArray<Description.ProcessDescription>> = Xml.map(
  Xml.struct({
    service: Xml.literalAttribute(none("service"), "WPS", { onRead: "ignore" }),
    version: Xml.literalAttribute(none("version"), "1.0.0", { onRead: "ignore" }),
    language: lang,
    // EOxServer leaves out half of the name.
    processes: Xml.many([...local("ProcessDescription"), ...wps("Process")], processDescription)
  }),
  {
    decode: ({ processes }): ReadonlyArray<Description.ProcessDescription> => processes,
    encode: (processes) => ({
      service: "WPS" as const,
      version: "1.0.0" as const,
      language: Option.some("en"),
      processes
    })
  }
)

// ------------------------------------------------------------------------------------------------------ ExecuteResponse

const percent = number("percentCompleted")

const bounded = Option.map((value: number) => Math.min(100, Math.max(0, value)))

const progress = Xml.struct({ percent, message: Xml.value })

const embeddedReport = Xml.decode(
  Xml.documents({
    Report: [exceptionReportName, exceptionReport],
    ServiceReport: [serviceExceptionReportName, serviceExceptionReport]
  })
)

/** LLNL's server writes a whole report as escaped text into ProcessFailed. Other servers write a sentence. */
const failureText = (source: string): ReadonlyArray<OwsException> =>
  source === ""
    ? []
    : Either.match(embeddedReport(source), {
      onLeft: () => [noApplicableCode(source)],
      onRight: (report) => report.value.exceptions
    })

const failed = Xml.map(
  Xml.struct({
    percent,
    report: Xml.optional(exceptionReportName, exceptionReport, { repeated: "first" }),
    text: Xml.value
  }),
  {
    decode: ({ percent, report, text }) => {
      const exceptions = Option.match(report, {
        onNone: () => failureText(text),
        onSome: (one) => one.exceptions
      })
      return JobStatus.Failed({
        message: exceptions.map(String).join("; "),
        percent: bounded(percent),
        exceptions
      })
    },
    encode: (status: Extract<JobStatus, { _tag: "Failed" }>) => ({
      percent: Option.none(),
      report: Option.some({ version: Option.none(), language: Option.none(), exceptions: status.exceptions }),
      text: ""
    })
  }
)

const statusChoice = Xml.optionalOneOf({
  Accepted: [wps("ProcessAccepted"), progress],
  Running: [wps("ProcessStarted"), progress],
  Paused: [wps("ProcessPaused"), progress],
  // As EOxServer, Agriculture Canada and EDAS spell it.
  Succeeded: [
    [
      ...wps("ProcessSucceeded"),
      ...["ProcessSucceded", "ProcessSuceeded", "ProcessFinished"].flatMap((name) => wps(name))
    ],
    progress
  ],
  Failed: [wps("ProcessFailed"), failed]
})

const status = Xml.struct({ creationTime: Xml.nonEmptyAttribute(none("creationTime")), choice: statusChoice })

type Choice = Option.Option.Value<Xml.Value<typeof status>["choice"]>

const readStatus = (choice: Choice): JobStatus => {
  switch (choice._tag) {
    case "Failed":
      return choice.value
    case "Accepted":
      return JobStatus.Accepted({ message: choice.value.message, percent: bounded(choice.value.percent) })
    case "Running":
      return JobStatus.Running({ message: choice.value.message, percent: bounded(choice.value.percent) })
    case "Paused":
      return JobStatus.Paused({ message: choice.value.message, percent: bounded(choice.value.percent) })
    case "Succeeded":
      return JobStatus.Succeeded({ message: choice.value.message, percent: bounded(choice.value.percent) })
  }
}

/** The schema allows whole percentages from 0 to 99, and only for a job that has started. */
const writeStatus = (value: JobStatus): Choice => {
  const message = value.message
  const percent = Option.map(value.percent, (one) => Math.min(99, Math.max(0, Math.trunc(one))))
  switch (value._tag) {
    case "Failed":
      return { _tag: "Failed", value }
    case "Dismissed":
      return {
        _tag: "Failed",
        value: JobStatus.Failed({
          message,
          percent: Option.none(),
          exceptions: [noApplicableCode("The job was dismissed.")]
        })
      }
    case "Accepted":
      return { _tag: "Accepted", value: { message, percent: Option.none() } }
    case "Running":
      return { _tag: "Running", value: { message, percent } }
    case "Paused":
      return { _tag: "Paused", value: { message, percent } }
    // A state of the server's own. It only says that the job is not done.
    case "Other":
      return { _tag: "Running", value: { message: message === "" ? value.state : message, percent } }
    case "Succeeded":
      return { _tag: "Succeeded", value: { message, percent: Option.none() } }
  }
}

/** The value of an output, if it can be read. EDAS puts the output's name here, and a reference. */
interface Delivered {
  readonly id: Option.Option<string>
  readonly data: Option.Option<DataValue.DataValue>
}

const withId = { id: Xml.nonEmptyAttribute(none("id")) }

const deliveredData: Xml.Content<Delivered> = Xml.transform(
  Xml.struct({
    ...withId,
    href: Xml.nonEmptyAttribute([none("href"), ...xlink("href")]),
    data: Xml.lenient(Xml.oneOf(cases))
  }),
  {
    decode: ({ data, href, id }) =>
      Either.right<Delivered>({
        id,
        data: Option.orElse(
          Option.map(data, ({ value }): DataValue.DataValue => value),
          () => Option.map(href, (address) => DataValue.reference(address.trim()))
        )
      }),
    encode: ({ data }) =>
      Either.map(
        Either.flatMap(Either.fromOption(data, () => nothing), writeData),
        (one) => ({
          id: Option.none(),
          href: Option.none(),
          data: one._tag === "Data" ? Option.some(caseOf(one.value)) : Option.none()
        })
      )
  }
)

const deliveredReference: Xml.Content<Delivered> = Xml.transform(Xml.struct({ ...withId, ...outputReferenceParts }), {
  decode: ({ id, ...reference }) => Either.right<Delivered>({ id, data: Option.some(readOutputReference(reference)) }),
  encode: ({ data }) =>
    Option.isSome(data) && data.value._tag === "Reference"
      ? Either.right({ id: Option.none(), ...data.value.format, href: data.value.href })
      : Either.left(nothing)
})

/** For reading only. */
const delivered = <A extends DataValue.DataValue>(content: Xml.Content<A>): Xml.Content<Delivered> =>
  Xml.transform(content, {
    decode: (data) => Either.right<Delivered>({ id: Option.none(), data: Option.some(data) }),
    encode: () => Either.left(nothing)
  })

const nothing = "There is no value to be written"

/** An output, or why it cannot be read. While the job runs, such an error is ignored. */
type ReadOutput = Either.Either<Execute.OutputData, string>

const output: Xml.Content<ReadonlyArray<ReadOutput>> = Xml.transform(
  Xml.struct({
    identifier: Xml.optionalNonEmpty(identifierNames),
    title: text(ows("Title")),
    abstract: text(ows("Abstract")),
    box: Xml.lenient(Xml.one(withoutData.Box[0], boundingBox, { repeated: "first" })),
    values: Xml.manyOf({
      Reference: [wps("Reference"), deliveredReference],
      Data: [wps("Data"), deliveredData],
      FormerComplex: [withoutData.FormerComplex[0], delivered(formerComplex)],
      FormerLiteral: [withoutData.FormerLiteral[0], delivered(literalData)],
      FormerReference: [withoutData.FormerReference[0], delivered(formerReference)]
    })
  }),
  {
    decode: ({ abstract, box, identifier: element, title, values: others }) => {
      const values = [
        ...others,
        ...Option.toArray(box).map((value) => ({ value: { id: Option.none(), data: Option.some(value) } }))
      ]
      const unreadable = (name: Option.Option<string>) =>
        Either.left(
          Option.match(name, {
            onNone: () => "An output has no Identifier",
            onSome: (one) => `The output "${one}" has neither a value nor a reference that can be read`
          })
        )
      return Either.right<ReadonlyArray<ReadOutput>>(
        values.length === 0 ? [unreadable(element)] : values.map(({ value: { data, id } }): ReadOutput => {
          const name = Option.orElse(element, () => id)
          return Option.isSome(name) && Option.isSome(data)
            ? Either.right({ identifier: name.value, title, abstract, data: data.value })
            : unreadable(name)
        })
      )
    },
    encode: ([one = Either.left(nothing)]) =>
      Either.flatMap(one, ({ data, ...rest }) =>
        Either.map(writeData(data), ({ _tag }) => ({
          ...rest,
          identifier: Option.some(rest.identifier),
          title: titled(rest),
          box: Option.none(),
          values: [{ _tag, value: { id: Option.none(), data: Option.some(data) } }]
        })))
  }
)

/**
 * If a server leaves out the status, the rest tells it: with outputs the job is done (WPS.NET), with a statusLocation
 * it is not (GEOSS's broker).
 */
const statusOf = (
  status: Option.Option<{ readonly choice: Option.Option<Choice> }>,
  hasOutputs: boolean,
  hasPlace: boolean
): Either.Either<JobStatus, string> =>
  Option.match(status, {
    onNone: () =>
      hasOutputs === hasPlace
        ? Either.left("wps:Status is missing")
        : Either.right(
          hasPlace
            ? JobStatus.Accepted({ message: "", percent: Option.none() })
            : JobStatus.Succeeded({ message: "", percent: Option.none() })
        ),
    onSome: ({ choice }) =>
      Either.map(Either.fromOption(choice, () => "wps:Status has none of the states that WPS 1.0.0 knows"), readStatus)
  })

const executeResponse: Xml.Content<Execute.ExecuteResponse> = Xml.transform(
  Xml.struct({
    service: Xml.literalAttribute(none("service"), "WPS", { onRead: "ignore" }),
    version: Xml.literalAttribute(none("version"), "1.0.0", { onRead: "ignore" }),
    language: lang,
    serviceInstance: Xml.nonEmptyAttribute(none("serviceInstance")),
    statusLocation: Xml.nonEmptyAttribute(none("statusLocation")),
    process: Xml.lenient(Xml.one(wps("Process"), processSummary, { repeated: "first" })),
    // WPS 0.4.0 has it in place of a Process.
    identifier: Xml.optionalNonEmpty(ows("Identifier"), { repeated: "first" }),
    status: Xml.optional(wps("Status"), status),
    inputs: Xml.lenient(Xml.within(wps("DataInputs"), Xml.many(wps("Input"), repeatedInput))),
    definitions: Xml.lenient(Xml.within(wps("OutputDefinitions"), Xml.many(wps("Output"), documentOutput))),
    outputs: Xml.withinOptional(wps("ProcessOutputs"), Xml.many(wps("Output"), output))
  }),
  {
    decode: (
      {
        definitions,
        identifier,
        inputs,
        outputs,
        process,
        service: _service,
        status,
        statusLocation,
        version: _version,
        ...rest
      }
    ): Either.Either<Execute.ExecuteResponse, string> => {
      const [unreadable, readable] = Arr.separate(outputs.flat())
      const place = Option.filter(Option.map(statusLocation, (one) => one.trim()), (one) => one !== "")
      return Either.flatMap(
        statusOf(status, outputs.length > 0, Option.isSome(place)),
        (known) =>
          known._tag === "Succeeded" && unreadable[0] !== undefined ? Either.left(unreadable[0]) : Either.right({
            ...rest,
            process: Option.orElse(process, () => Option.map(identifier, unversioned)),
            status: known,
            statusLocation: place,
            jobId: Option.none(),
            expirationDate: Option.none(),
            estimatedCompletion: Option.none(),
            nextPoll: Option.none(),
            creationTime: Option.flatMap(status, ({ creationTime }) => creationTime),
            outputs: readable,
            lineage: Option.isNone(inputs) && Option.isNone(definitions)
              ? Option.none()
              : Option.some({
                inputs: Option.match(inputs, { onNone: () => [], onSome: Arr.getSomes }),
                outputs: Option.getOrElse(definitions, () => [])
              })
          })
      )
    },
    encode: ({ creationTime, lineage, outputs, status, ...rest }) =>
      Either.right({
        ...rest,
        service: "WPS" as const,
        version: "1.0.0" as const,
        language: Option.orElseSome(rest.language, () => "en"),
        identifier: Option.none(),
        status: Option.some({ creationTime, choice: Option.some(writeStatus(status)) }),
        inputs: Option.filter(
          Option.map(lineage, ({ inputs }) => inputs.map(Option.some)),
          (all) => all.length > 0
        ),
        definitions: Option.filter(Option.map(lineage, (one) => one.outputs), (all) => all.length > 0),
        outputs: outputs.map((one) => [Either.right(one)])
      })
  }
)

/** The documents that a server answers with. */
export const responses = {
  Capabilities: [wps("Capabilities"), capabilities],
  ProcessDescriptions: [wps("ProcessDescriptions"), processDescriptions],
  ExecuteResponse: [wps("ExecuteResponse"), executeResponse],
  ExceptionReport: [exceptionReportName, exceptionReport]
} as const
