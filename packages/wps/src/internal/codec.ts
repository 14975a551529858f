import { Xml } from "@effect-wps/xml"
import * as Either from "effect/Either"
import { flow } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import * as DataValue from "../DataValue.ts"
import * as Literal from "../Literal.ts"
import * as Metalink from "../Metalink.ts"
import type { AllowedValues, DataDescription } from "../ProcessDescription.ts"
import { allowedFault } from "./allowed.ts"
import { encodeBase64 } from "./base64.ts"
import { explain } from "./explain.ts"
import { essenceOf } from "./mediaTypes.ts"
import { simpleData } from "./wps200Documents.ts"

/** How to write, read and describe one kind of value. Inputs and outputs share it. */
export interface Codec<in out A> {
  readonly data: DataDescription
  /** The format to ask for, if an output may come in several. */
  readonly format: DataValue.Format
  readonly uom: Option.Option<string>
  readonly encode: (value: A) => Either.Either<DataValue.DataValue, string>
  /** Reads an inline value. References are fetched before. */
  readonly decode: (data: DataValue.DataValue) => Either.Either<A, string>
}

export interface LiteralOptions {
  readonly dataType?: string | undefined
  readonly uom?: string | undefined
  readonly uoms?: ReadonlyArray<string> | undefined
  readonly allowedValues?: ReadonlyArray<string> | undefined
  readonly range?: { readonly minimum?: string | undefined; readonly maximum?: string | undefined } | undefined
  readonly defaultValue?: string | undefined
}

const wrongKind = (wanted: string, data: DataValue.DataValue): Either.Either<never, string> =>
  Either.left(`is ${DataValue.kindOf(data)} where ${wanted} was expected`)

// ---------------------------------------------------------------------------------------------------------- literals

const allowedOf = (options: LiteralOptions): AllowedValues =>
  options.allowedValues === undefined && options.range === undefined
    ? { _tag: "AnyValue" }
    : {
      _tag: "AllowedValues",
      values: options.allowedValues ?? [],
      ranges: options.range === undefined ? [] : [{
        minimum: Option.fromNullable(options.range.minimum),
        maximum: Option.fromNullable(options.range.maximum),
        spacing: Option.none(),
        closure: "closed"
      }]
    }

/**
 * Writes and reads a literal's text, if its value is allowed. Reading accepts every lexical form of an allowed value.
 */
const allowed = <A, I extends Literal.Encoded>(schema: Schema.Schema<A, I>, type: string, options: LiteralOptions) => {
  const faultOf = allowedFault(allowedOf(options), Option.some(type))
  const among = (text: string) =>
    Option.match(faultOf(text), { onNone: () => Either.right(text), onSome: (fault) => Either.left(fault) })
  const anyText = Literal.encode(schema, type)
  const anyValue = Literal.decode(schema)
  const write = flow(anyText, Either.flatMap(among))
  return {
    write,
    read: (text: string) =>
      Either.flatMap(anyValue(text), (value) => Either.map(Either.flatMap(anyText(value), among), () => value)),
    anyText,
    anyValue
  }
}

/** The values of a schema that enumerates them. */
const listed = (ast: AST.AST): Option.Option<ReadonlyArray<Literal.Encoded>> =>
  ast._tag === "Literal"
    ? Option.map(Option.fromNullable(ast.literal), (value) => [value])
    : ast._tag === "Enums"
    ? Option.some(ast.enums.map(([, value]) => value))
    : ast._tag === "Union"
    ? Option.map(Option.all(ast.types.map(listed)), (all) => all.flat())
    : Option.none()

/** The description lists the values that the schema enumerates. The schema itself refuses other values. */
const literalDescription = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  type: string,
  options: LiteralOptions
): DataDescription => ({
  _tag: "Literal",
  dataType: Option.some(type),
  allowed: allowedOf({
    ...options,
    allowedValues: options.allowedValues ??
      Option.getOrUndefined(
        Option.map(
          options.range === undefined ? listed(AST.encodedAST(schema.ast)) : Option.none(),
          (values) => values.map((value) => Literal.format(value, type))
        )
      )
  }),
  defaultUom: Option.fromNullable(options.uom ?? options.uoms?.[0]),
  uoms: options.uoms ?? (options.uom === undefined ? [] : [options.uom]),
  defaultValue: Option.fromNullable(options.defaultValue)
})

/** Splits off the data type and unit that WPS 2.0 appends to a literal as `text/plain` (OGC 14-065r2 §7.3.1). */
const said = (text: string): readonly [value: string, said: ReadonlyArray<string>] => {
  const parts = text.split("@")
  let end = parts.length
  while (end > 1 && /^(?:datatype|uom)=/i.test(parts[end - 1] ?? "")) end--
  return [parts.slice(0, end).join("@"), parts.slice(end)]
}

/**
 * Reads a literal that came as a complex value, or that was stored and fetched. In WPS 2.0 the text may have a unit
 * appended, or be wrapped in an element.
 */
const literalOf = (data: DataValue.DataValue): Either.Either<DataValue.LiteralData, string> => {
  if (data._tag === "LiteralData") return Either.right(data)
  if (data._tag !== "ComplexData" || data.content.elements > 0) return wrongKind("a literal", data)
  return Either.map(DataValue.toText(data), (text) => {
    const element = simpleData(text)
    if (Option.isSome(element) && element.value._tag === "LiteralData") return element.value
    const [value, rest] = mimeOf(data.format) === "text/plain" ? said(text) : [text, []]
    const uom = rest.find((one) => /^uom=/i.test(one))?.slice("uom=".length).trim()
    return DataValue.literal(value, { uom: uom === "" ? undefined : uom })
  })
}

export const literal = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  options: LiteralOptions
): Codec<A> => {
  const type = options.dataType ?? Literal.dataType(schema)
  const { read, write } = allowed(schema, type, options)
  return {
    data: literalDescription(schema, type, options),
    format: DataValue.anyFormat,
    uom: Option.fromNullable(options.uom),
    encode: (value) =>
      Either.map(write(value), (text) => DataValue.literal(text, { dataType: type, uom: options.uom })),
    decode: (data) =>
      Either.flatMap(
        literalOf(data),
        ({ uom, value }) =>
          options.uom !== undefined && Option.isSome(uom) && uom.value !== options.uom
            ? Either.left(`has the unit "${uom.value}" and not ${options.uom}`)
            : read(value)
      )
  }
}

export const measure = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  uoms: ReadonlyArray<string>,
  options: LiteralOptions
): Codec<{ readonly value: A; readonly uom: string }> => {
  const type = options.dataType ?? Literal.dataType(schema)
  const { anyText, anyValue, read, write } = allowed(schema, type, options)
  // The allowed values are in the first unit.
  const isFirst = (uom: string) => uoms.length === 0 || uom === uoms[0]
  return {
    data: literalDescription(schema, type, { ...options, uoms }),
    format: DataValue.anyFormat,
    uom: Option.none(),
    encode: ({ uom, value }) =>
      uoms.length > 0 && !uoms.includes(uom)
        ? Either.left(`has the unit "${uom}", which is none of ${uoms.join(", ")}`)
        : Either.map(
          isFirst(uom) ? write(value) : anyText(value),
          (text) => DataValue.literal(text, { dataType: type, uom })
        ),
    decode: (data) =>
      Either.flatMap(literalOf(data), (literal) => {
        const uom = Option.getOrElse(literal.uom, () => uoms[0] ?? "")
        return Either.map(isFirst(uom) ? read(literal.value) : anyValue(literal.value), (value) => ({ value, uom }))
      })
  }
}

// ---------------------------------------------------------------------------------------------------- complex values

const mimeOf = (format: DataValue.Format): string => essenceOf(Option.getOrElse(format.mimeType, () => ""))

export const isJson = (format: DataValue.Format): boolean => /[/+]json$/.test(mimeOf(format))

export const isXml = (format: DataValue.Format): boolean =>
  /[/+]xml$/.test(mimeOf(format)) || /\/(gml|kml|wfs|svg)/.test(mimeOf(format))

const complexDescription = (format: DataValue.Format): DataDescription => ({
  _tag: "Complex",
  defaultFormat: Option.some(format),
  formats: [format],
  maximumMegabytes: Option.none()
})

const wellFormed = Xml.decode(Xml.anyDocument)

const embed = (xml: string, format: DataValue.Format): Either.Either<DataValue.DataValue, string> =>
  Either.mapBoth(wellFormed(xml), {
    onLeft: (error) => `is not well-formed XML: ${error.message}`,
    onRight: () => ({ ...DataValue.complexXml(xml, ""), format })
  })

/** Refuses a fetched HTML page if another format was asked for. If no format was asked for, a page may be right. */
const noPage = (asked: DataValue.Format, data: DataValue.DataValue): Either.Either<DataValue.DataValue, string> =>
  data._tag === "ComplexData" && DataValue.isBase64(data.format) && mimeOf(data.format) === "text/html" &&
    Option.isSome(asked.mimeType) && !/html/.test(mimeOf(asked))
    ? Either.left(`is an HTML page and not ${mimeOf(asked)}`)
    : Either.right(data)

export const text = (format: DataValue.Format): Codec<string> => ({
  data: complexDescription(format),
  format,
  uom: Option.none(),
  encode: (value) =>
    isXml(format) && !DataValue.isBase64(format)
      ? embed(value, format)
      : DataValue.isBase64(format)
      ? Either.right({ ...DataValue.complexText(encodeBase64(new TextEncoder().encode(value)), ""), format })
      : Either.right({ ...DataValue.complexText(value, ""), format }),
  decode: (data) => Either.flatMap(noPage(format, data), DataValue.toText)
})

export const bytes = (plain: DataValue.Format): Codec<Uint8Array> => {
  const format = { ...plain, encoding: Option.some("base64") }
  return {
    data: complexDescription(format),
    format,
    uom: Option.none(),
    encode: (value) => Either.right({ ...DataValue.complexText(encodeBase64(value), ""), format }),
    decode: (data) => Either.flatMap(noPage(format, data), DataValue.toBytes)
  }
}

export const metalink = (format: DataValue.Format): Codec<ReadonlyArray<Metalink.File>> => {
  const plain = text(format)
  return {
    ...plain,
    encode: (files) => Either.flatMap(Metalink.encode(files), plain.encode),
    decode: (data) => Either.flatMap(plain.decode(data), Metalink.decode)
  }
}

/** Adds to a reason the media type that the server names, if it differs from the one asked for. */
const evidence = (asked: DataValue.Format, data: DataValue.DataValue) => (reason: string): string =>
  data._tag === "ComplexData" && Option.isSome(data.format.mimeType) && mimeOf(data.format) !== mimeOf(asked)
    ? `${reason} (the server calls it ${data.format.mimeType.value})`
    : reason

/**
 * The type that the schema encodes to decides how a value is written: JSON for a JSON format, or else the string or the
 * bytes.
 */
export const complex = <A, I>(schema: Schema.Schema<A, I>, format: DataValue.Format): Codec<A> => {
  const write = Schema.encodeEither(schema)
  const read = Schema.decodeUnknownEither(schema)
  const explained = Either.mapLeft(explain)
  if (isJson(format)) {
    const json = Schema.parseJson(schema)
    const writeJson = Schema.encodeEither(json)
    const readJson = Schema.decodeUnknownEither(json)
    const plain = text(format)
    return {
      ...plain,
      encode: (value) => Either.flatMap(explained(writeJson(value)), plain.encode),
      decode: (data) =>
        Either.mapLeft(
          Either.flatMap(plain.decode(data), (source) => explained(readJson(source))),
          evidence(format, data)
        )
    }
  }
  const asText = text(format)
  const asBytes = bytes(format)
  const binary = isBinary(schema)
  return {
    ...(binary ? asBytes : asText),
    encode: (value) =>
      Either.flatMap(explained(write(value)), (encoded: unknown) =>
        encoded instanceof Uint8Array
          ? asBytes.encode(encoded)
          : typeof encoded === "string"
          ? asText.encode(encoded)
          : Either.left(`has a schema that encodes to neither a string nor bytes, and ${mimeOf(format)} is not JSON`)),
    decode: (data) =>
      Either.mapLeft(
        Either.flatMap(
          binary ? Either.map(asBytes.decode(data), (value): unknown => value) : asText.decode(data),
          (encoded) => explained(read(encoded))
        ),
        evidence(format, data)
      )
  }
}

const isBinary = <A, I>(schema: Schema.Schema<A, I>): boolean =>
  Schema.is(Schema.encodedSchema(schema))(new Uint8Array(0))

// ---------------------------------------------------------------------------------------------------- bounding boxes

export const boundingBox = (crs: ReadonlyArray<string>): Codec<DataValue.BoundingBoxData> => ({
  data: { _tag: "BoundingBox", defaultCrs: Option.fromNullable(crs[0]), crs },
  format: DataValue.anyFormat,
  uom: Option.none(),
  encode: (box) =>
    box.lower.length !== box.upper.length || box.lower.length === 0
      ? Either.left(`has ${box.lower.length} lower and ${box.upper.length} upper coordinates; give as many of each`)
      : [...box.lower, ...box.upper].every(Number.isFinite)
      ? Either.right(Option.isNone(box.crs) && crs[0] !== undefined ? { ...box, crs: Option.some(crs[0]) } : box)
      : Either.left("has a coordinate that is not a finite number"),
  decode: (data) =>
    data._tag === "BoundingBoxData"
      ? Either.right(data)
      : data._tag === "LiteralData" || (data._tag === "ComplexData" && data.content.elements === 0)
      ? Either.flatMap(DataValue.toText(data), readBox)
      : wrongKind("a bounding box", data)
})

const readNumber = Literal.decode(Schema.Number)

/**
 * A box as text: either the element of WPS 2.0, which was stored and fetched, or the lower corner, the upper corner,
 * the CRS and the number of dimensions, separated by commas (OGC 05-007r7 §10.2.2.2, OGC 14-065r2 §7.3.3).
 */
const readBox = (text: string): Either.Either<DataValue.BoundingBoxData, string> => {
  const element = simpleData(text)
  if (Option.isSome(element)) {
    return element.value._tag === "BoundingBoxData"
      ? Either.right(element.value)
      : wrongKind("a bounding box", element.value)
  }
  const parts = text.split(",").map((part) => part.trim())
  const named = parts.findIndex((part) => Either.isLeft(readNumber(part)))
  const corners = named < 0 ? parts : parts.slice(0, named)
  // A compound CRS contains commas itself. The number of dimensions may follow the CRS.
  const crs = (named < 0 ? [] : parts.slice(named)).join(",").replace(/,\d+$/, "")
  return corners.length === 0 || corners.length % 2 !== 0
    ? Either.left("is no bounding box; one is an even count of coordinates and a reference system, between commas")
    : Either.map(Either.all(corners.map(readNumber)), (numbers) =>
      DataValue.boundingBox(
        numbers.slice(0, numbers.length / 2),
        numbers.slice(numbers.length / 2),
        crs === "" ? undefined : crs
      ))
}
