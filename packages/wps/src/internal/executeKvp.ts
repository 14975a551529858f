/**
 * Execute of WPS 1.0.0 as query parameters.
 *
 * By the standard, values are encoded before they are joined, and the query encodes the whole again. Servers differ in
 * what they decode, hence the dialects.
 *
 * @see OGC 05-007r7 §10.2.2
 */
import { XmlFragment } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DataValue from "../DataValue.ts"
import type { DataInput, ExecuteRequest, OutputRequest, ResponseForm } from "../Execute.ts"
import * as Literal from "../Literal.ts"
import type { OwsException } from "../Ows.ts"
import { InputFault } from "../WpsError.ts"
import type { Parameter } from "../WpsProtocol.ts"
import { isJson } from "./codec.ts"
import { refuse } from "./parameters.ts"

/**
 * - `strict`: as in the standard, values are encoded twice (PyWPS)
 * - `single`: values are encoded once, attribute names are in lower case (GeoServer)
 * - `esgf`: JSON values without attributes, which the server cuts out of the decoded query (ESGF's compute node)
 */
export type Dialect = "strict" | "single" | "esgf"

// --------------------------------------------------------------------------------------------------------------- write

type Attribute = readonly [name: string, value: string]

/** One input or output. Commas separate the items of its value. */
interface Field {
  readonly identifier: string
  readonly value: ReadonlyArray<string>
  readonly attributes: ReadonlyArray<Attribute>
}

interface Writer {
  readonly mimeType: string
  readonly identifier: (text: string) => string
  readonly value: (text: string) => string
  /** Characters that would end an identifier, or a value, too early. */
  readonly cutsIdentifier: RegExp
  readonly cutsValue: RegExp
}

const asItIs = (text: string): string => text

const nothing = /(?!)/

const writers: Record<Dialect, Writer> = {
  strict: {
    mimeType: "mimeType",
    // PyWPS decodes values but not identifiers. So only characters that would cut an identifier are encoded, and
    // `JTS:buffer` stays as it is.
    identifier: (text) => text.replace(/[%;=@[\]]/g, (one) => encodeURIComponent(one)),
    value: encodeURIComponent,
    cutsIdentifier: nothing,
    cutsValue: nothing
  },
  single: {
    mimeType: "mimetype",
    identifier: asItIs,
    value: asItIs,
    // The server takes a bracket at the start for one around all inputs.
    cutsIdentifier: /[;=@]|^\[/,
    cutsValue: /[;@]/
  },
  esgf: {
    mimeType: "mimeType",
    identifier: asItIs,
    value: asItIs,
    cutsIdentifier: /[&;=@]|^\[/,
    cutsValue: /[&;=@]/
  }
}

const fault = (input: string, reason: string): InputFault => new InputFault({ input, reason })

const byPost = "send the request by POST"

/** Half a surrogate pair cannot be encoded. */
const isText = (text: string): boolean => Either.isRight(Encoding.encodeUriComponent(text))

const misfits = (name: string, text: string, cuts: RegExp, what = "its value"): ReadonlyArray<InputFault> => {
  const found = cuts.exec(text)
  return !isText(text)
    ? [fault(name, `${what} has half a surrogate pair, which is no character`)]
    : found === null
    ? []
    : [fault(name, `${what} has "${found[0]}", where this server would cut it; ${byPost}`)]
}

const fieldFaults = (writer: Writer, { attributes, identifier, value }: Field): ReadonlyArray<InputFault> => [
  ...identifier === "" ? [fault("", "has no identifier")] : [],
  ...misfits(identifier, identifier, writer.cutsIdentifier, "its identifier"),
  ...value.flatMap((item) => misfits(identifier, item, writer.cutsValue)),
  ...attributes.flatMap(([name, text]) => misfits(identifier, text, writer.cutsValue, `its ${name}`))
]

const given = (name: string, value: Option.Option<string>): ReadonlyArray<Attribute> =>
  Option.match(value, { onNone: () => [], onSome: (text) => text === "" ? [] : [[name, text]] })

const formatAttributes = (writer: Writer, format: DataValue.Format): ReadonlyArray<Attribute> => [
  ...given(writer.mimeType, format.mimeType),
  ...given("encoding", format.encoding),
  ...given("schema", format.schema)
]

/** base64 is sent as it is. */
const complexText = ({ content }: DataValue.ComplexData): string =>
  content.elements > 0 ? XmlFragment.toXml(content) : content.text

type Written = Either.Either<string, ReadonlyArray<InputFault>>

const written = (faults: ReadonlyArray<InputFault>, text: () => string): Written =>
  faults.length === 0 ? Either.right(text()) : Either.left(faults)

const attributesText = (writer: Writer, attributes: ReadonlyArray<Attribute>): string =>
  attributes.map(([name, text]) => `@${name}=${writer.value(text)}`).join("")

const coordinate = (value: number): string => Literal.format(value, "double")

/**
 * Each item of a box is encoded, but not the commas between them. PyWPS decodes before it splits, other servers split
 * first; both can read this. The number of dimensions follows the CRS, so it is only written with a CRS. `single` never
 * writes it: GeoServer takes six items for a box in three dimensions.
 */
const boxItems = (dialect: Dialect, { crs, lower, upper }: DataValue.BoundingBoxData): ReadonlyArray<string> => [
  ...[...lower, ...upper].map(coordinate),
  ...Option.match(crs, {
    onNone: () => [],
    onSome: (name) => dialect === "strict" ? [name, String(lower.length)] : [name]
  })
]

const inputField = (
  dialect: Dialect,
  identifier: string,
  data: Exclude<DataValue.DataValue, DataValue.NestedData>
): Field => {
  const writer = writers[dialect]
  switch (data._tag) {
    case "LiteralData":
      return {
        identifier,
        value: [data.value],
        attributes: [...given("datatype", data.dataType), ...given("uom", data.uom)]
      }
    case "ComplexData":
      return { identifier, value: [complexText(data)], attributes: formatAttributes(writer, data.format) }
    case "BoundingBoxData":
      return { identifier, value: boxItems(dialect, data), attributes: [] }
    case "Reference":
      return {
        identifier,
        value: [],
        attributes: [["xlink:href", data.href], ...formatAttributes(writer, data.format)]
      }
  }
}

const inputFaults = (dialect: Dialect, { data, identifier }: DataInput): ReadonlyArray<InputFault> => {
  switch (data._tag) {
    case "Reference":
      return [
        ...data.headers.length > 0 ? [fault(identifier, `is a reference with headers; ${byPost}`)] : [],
        ...data.method === "POST" || Option.isSome(data.body) || Option.isSome(data.bodyReference)
          ? [fault(identifier, `is a reference that is fetched by POST, but a query has GET only; ${byPost}`)]
          : [],
        ...data.href === "" ? [fault(identifier, "is a reference without an address")] : []
      ]
    case "BoundingBoxData":
      return dialect === "single" && Option.exists(data.crs, (name) => name.includes(","))
        ? [fault(identifier, `its CRS has ",", where this server would cut it; ${byPost}`)]
        : []
    default:
      return []
  }
}

const refused = (name: string, reason: string): Either.Either<never, ReadonlyArray<InputFault>> =>
  Either.left([fault(name, reason)])

const writeInput = (dialect: Dialect) => (input: DataInput): Written => {
  const { data, identifier } = input
  if (data._tag === "NestedData") return refused(identifier, `is ${DataValue.kindOf(data)}, which WPS 1.0.0 has not`)
  const writer = writers[dialect]
  const field = inputField(dialect, identifier, data)
  return written(
    [...fieldFaults(writer, field), ...inputFaults(dialect, input)],
    () =>
      `${writer.identifier(identifier)}=${field.value.map(writer.value).join(",")}` +
      attributesText(writer, field.attributes)
  )
}

const readJson = Schema.decodeUnknownEither(Schema.parseJson())

const isStructure = (json: string): boolean => /^[[{]/.test(json) && Either.isRight(readJson(json))

/**
 * The server knows that each value is JSON, and takes an attribute for a part of it. Its documentation puts brackets
 * around all inputs, but the server takes them for a part of the first name and of the last value.
 */
const writeJson = ({ data, identifier }: DataInput): Written => {
  if (data._tag !== "ComplexData") {
    return refused(identifier, `is ${DataValue.kindOf(data)}, but this server takes JSON; ${byPost}`)
  }
  const { encoding, mimeType, schema } = data.format
  const plain = (Option.isNone(mimeType) || isJson(data.format)) && Option.isNone(schema) &&
    Option.match(encoding, { onNone: () => true, onSome: (name) => /^utf-?8$/i.test(name) })
  const json = complexText(data).trim()
  return !plain || !isStructure(json)
    ? refused(identifier, `is no JSON array or object, but this server takes those; ${byPost}`)
    : written(
      [
        ...fieldFaults(writers.esgf, { identifier, value: [], attributes: [] }),
        ...misfits(identifier, json, /[&;=]/)
      ],
      () => `${identifier}=${json}`
    )
}

/** If several inputs have the same name, the server keeps only the last. */
const repeated = (inputs: ReadonlyArray<DataInput>): ReadonlyArray<InputFault> =>
  inputs.flatMap(({ identifier }, index) =>
    inputs.findIndex((one) => one.identifier === identifier) < index
      ? [fault(identifier, `is given more than once, of which this server would take the last; ${byPost}`)]
      : []
  )

const writeOutput = (writer: Writer) => (output: OutputRequest): Written => {
  const { asReference, format, identifier, uom } = output
  const attributes: ReadonlyArray<Attribute> = [
    ...asReference ? [["asReference", "true"] as const] : [],
    ...formatAttributes(writer, format),
    ...given("uom", uom)
  ]
  const id = writer.identifier(identifier)
  return written(
    [
      ...fieldFaults(writer, { identifier, value: [], attributes }),
      ...output.nested.length > 0 ? [fault(identifier, "names outputs inside it, which WPS 1.0.0 does not have")] : []
    ],
    () => attributes.length === 0 ? id : `${id}=${attributesText(writer, attributes)}`
  )
}

type Form = Either.Either<ReadonlyArray<Parameter>, ReadonlyArray<InputFault>>

const together = (
  parts: ReadonlyArray<Written>,
  join: (texts: ReadonlyArray<string>) => ReadonlyArray<Parameter>
): Form => {
  const faults = parts.flatMap((part) => Either.isLeft(part) ? part.left : [])
  return faults.length > 0
    ? Either.left(faults)
    : Either.right(join(parts.flatMap((part) => Either.isRight(part) ? [part.right] : [])))
}

const responseForm = (writer: Writer, response: ResponseForm): Form => {
  const { mode } = response
  if (mode === "auto") return refused("mode", `"auto" is not in WPS 1.0.0; use "sync" or "async"`)
  if (response._tag === "Raw") {
    const { asReference, identifier } = response.output
    return mode === "async"
      ? refused("mode", "\"async\" is not for raw output in WPS 1.0.0; use \"sync\", or ask for a document")
      : asReference
      ? refused(identifier, "is wanted raw, and thus cannot be by reference; ask for a document")
      : together([writeOutput(writer)(response.output)], ([output = ""]) => [["RawDataOutput", output]])
  }
  return together(response.outputs.map(writeOutput(writer)), (outputs) => [
    ...outputs.length === 0 ? [] : [["ResponseDocument", outputs.join(";")] as const],
    ...mode === "async" ? [["storeExecuteResponse", "true"] as const] : [],
    ...response.lineage ? [["lineage", "true"] as const] : [],
    ...mode === "async" ? [["status", "true"] as const] : []
  ])
}

/**
 * The compute node finds its inputs with a pattern that starts at the last `datainputs=` of the query and cannot cross
 * a line break. So the parameters around them must have neither a `=` nor a line break.
 */
const around = /[\n=]/

/** The parameters of an Execute, after service, request and version. Left: everything that the dialect cannot carry. */
export const encodeExecute = (dialect: Dialect) => (request: ExecuteRequest): Form => {
  const cuts = dialect === "esgf" ? around : nothing
  const inputs = together(
    request.inputs.map(dialect === "esgf" ? writeJson : writeInput(dialect)),
    (texts) => texts.length === 0 ? [] : [["DataInputs", texts.join(";")]]
  )
  const form = responseForm(writers[dialect], request.response)
  const language = given("language", request.language)
  const faults = [
    ...request.identifier === "" ? [fault("Identifier", "is empty")] : [],
    ...misfits("Identifier", request.identifier, cuts),
    ...Either.isLeft(inputs) ? inputs.left : [],
    ...dialect === "esgf" ? repeated(request.inputs) : [],
    ...Either.isLeft(form) ? form.left : [],
    ...language.flatMap(([, text]) => misfits("language", text, cuts))
  ]
  return faults.length > 0 ? Either.left(faults) : Either.zipWith(inputs, form, (data, response) => [
    ["Identifier", request.identifier],
    ...data,
    ...response,
    ...language
  ])
}

// ---------------------------------------------------------------------------------------------------------------- read

/**
 * Undoes the inner encoding. A `%` sequence that does not encode a character stays, because many clients encode only
 * once.
 */
const decoded = (text: string): string =>
  text.replace(/(?:%[\da-f]{2})+/gi, (run) => Either.getOrElse(Encoding.decodeUriComponent(run), () => run))

/** One input or output as it was sent. It has no value if it has no `=` of its own. */
interface Sent {
  readonly identifier: string
  readonly value: Option.Option<string>
  /** Attributes by their names in lower case, without `xlink:`. */
  readonly attributes: ReadonlyMap<string, string>
}

/** The end of the JSON array or object that starts here. Brackets inside strings do not count. */
const jsonEnd = (text: string, start: number): number | undefined => {
  const tokens = /"(?:[^"\\]|\\.?)*(?:"|$)|[[\]{}]/gs
  tokens.lastIndex = start
  let depth = 0
  for (let token = tokens.exec(text); token !== null; token = tokens.exec(text)) {
    if (/^[[{]/.test(token[0])) depth++
    if (/^[\]}]/.test(token[0])) depth--
    if (depth === 0) return tokens.lastIndex
  }
  return undefined
}

const attributeStart = /@(?=[a-z_][\w:.-]*=)/i

const attribute = (text: string): Attribute => {
  const at = text.indexOf("=")
  return [text.slice(0, at).toLowerCase().replace(/^xlink:/, ""), decoded(text.slice(at + 1))]
}

/**
 * Splits a parameter into its inputs or outputs. `;` separates them, the first `=` follows the identifier, `@name=`
 * precedes each attribute.
 *
 * - Brackets around all of them, as in the samples of the standard's schemas, are removed. Our identifiers never begin
 *   with one: the encoder escapes it.
 * - A value that is unencoded JSON is read to its end, even if it holds `;`, `@` or `%`. Encoded JSON has no brackets.
 *   Once a bracket turns out not to start JSON, the rest is read without looking for JSON, so that no text takes long
 *   to read.
 * - An `@` without a `name=` after it is part of the value, as in an address that was encoded once.
 */
const fields = (parameter: string): ReadonlyArray<Sent> => {
  const text = /^\[.*\]$/s.test(parameter) ? parameter.slice(1, -1) : parameter
  const name = /[^;=@]*/y
  const rest = /[^;]*/y
  let at = 0
  const take = (pattern: RegExp): string => {
    pattern.lastIndex = at
    const taken = pattern.exec(text)?.[0] ?? ""
    at += taken.length
    return taken
  }
  let json = true
  const verbatim = (): string | undefined => {
    if (!json || !/[[{]/.test(text.charAt(at))) return undefined
    const end = jsonEnd(text, at)
    const value = end === undefined ? "" : text.slice(at, end)
    json = end !== undefined && /^[;@]?$/.test(text.charAt(end)) && isStructure(value)
    if (!json) return undefined
    at += value.length
    return value
  }
  const all: Array<Sent> = []
  while (at < text.length) {
    const identifier = take(name)
    const hasValue = text.charAt(at) === "="
    if (hasValue) at++
    const value = hasValue ? verbatim() : undefined
    const [plain = "", ...attributes] = take(rest).split(attributeStart)
    at++
    if (identifier === "" && !hasValue && plain === "") continue
    all.push({
      identifier: decoded(hasValue ? identifier : identifier + plain),
      value: hasValue ? Option.some(value ?? decoded(plain)) : Option.none(),
      attributes: new Map(attributes.map(attribute))
    })
  }
  return all
}

const nonEmpty = (text: string | undefined): Option.Option<string> =>
  text === undefined || text === "" ? Option.none() : Option.some(text)

const formatOf = ({ attributes }: Sent): DataValue.Format => ({
  mimeType: nonEmpty(attributes.get("mimetype")),
  encoding: nonEmpty(attributes.get("encoding")),
  schema: nonEmpty(attributes.get("schema"))
})

/**
 * A literal, a complex value and a box look alike here; only the process's description tells them apart. A value with a
 * format is read as complex, any other as a literal. Embedded XML is read as its text.
 */
const readInput = (sent: Sent): Either.Either<DataInput, OwsException> => {
  const { attributes, identifier } = sent
  const format = formatOf(sent)
  const href = nonEmpty(attributes.get("href"))
  if (identifier === "") return refuse("InvalidParameterValue", "DataInputs", "An input has no identifier.")
  if (Option.isSome(href)) {
    return Either.right({ identifier, data: { ...DataValue.reference(href.value), format } })
  }
  if (Option.isNone(sent.value)) {
    return refuse("InvalidParameterValue", "DataInputs", `The input ${identifier} has no value: write ${identifier}=….`)
  }
  const data: DataValue.DataValue = Object.values(format).some(Option.isSome)
    ? { _tag: "ComplexData", format, content: XmlFragment.fromText(sent.value.value) }
    : {
      _tag: "LiteralData",
      value: sent.value.value,
      dataType: nonEmpty(attributes.get("datatype")),
      uom: nonEmpty(attributes.get("uom"))
    }
  return Either.right({ identifier, data })
}

const readOutput = (locator: string) => (sent: Sent): Either.Either<OutputRequest, OwsException> =>
  sent.identifier === ""
    ? refuse("InvalidParameterValue", locator, "An output has no identifier.")
    : Either.map(flag("asReference", sent.attributes.get("asreference"), locator), (asReference) => ({
      identifier: sent.identifier,
      format: formatOf(sent),
      uom: nonEmpty(sent.attributes.get("uom")),
      asReference,
      nested: []
    }))

const flag = (name: string, text = "", locator = name): Either.Either<boolean, OwsException> =>
  /^(true|1)$/i.test(text)
    ? Either.right(true)
    : /^(false|0|)$/i.test(text)
    ? Either.right(false)
    : refuse("InvalidParameterValue", locator, `${name} is true or false, not ${text}.`)

const readResponse = (parameters: ReadonlyMap<string, string>): Either.Either<ResponseForm, OwsException> =>
  Either.gen(function*() {
    const store = yield* flag("storeExecuteResponse", parameters.get("storeexecuteresponse"))
    const lineage = yield* flag("lineage", parameters.get("lineage"))
    const status = yield* flag("status", parameters.get("status"))
    const document = fields(parameters.get("responsedocument") ?? "")
    const [raw, ...more] = fields(parameters.get("rawdataoutput") ?? "")
    if (status && !store) {
      return yield* refuse("InvalidParameterValue", "status", "status=true needs storeExecuteResponse=true.")
    }
    if (raw === undefined) {
      const outputs = yield* Either.all(document.map(readOutput("ResponseDocument")))
      return { _tag: "Document" as const, outputs, mode: store && status ? "async" as const : "sync" as const, lineage }
    }
    if (more.length > 0) return yield* refuse("InvalidParameterValue", "RawDataOutput", "Raw output is of one output.")
    if (document.length > 0 || store || lineage) {
      const text = "RawDataOutput has no ResponseDocument, storeExecuteResponse, lineage or status beside it."
      return yield* refuse("InvalidParameterValue", "RawDataOutput", text)
    }
    const output = yield* readOutput("RawDataOutput")(raw)
    return { _tag: "Raw" as const, output: { ...output, asReference: false }, mode: "sync" as const }
  })

/** Reads the parameters, given by their names in lower case. The query's own encoding is already undone. */
export const decodeExecute = (
  parameters: ReadonlyMap<string, string>
): Either.Either<ExecuteRequest, OwsException> =>
  Either.gen(function*() {
    const identifier = parameters.get("identifier") ?? ""
    if (identifier === "") {
      return yield* refuse("MissingParameterValue", "identifier", "The parameter Identifier is missing.")
    }
    const inputs = yield* Either.all(fields(parameters.get("datainputs") ?? "").map(readInput))
    const response = yield* readResponse(parameters)
    return { identifier, inputs, response, language: nonEmpty(parameters.get("language")) }
  })
