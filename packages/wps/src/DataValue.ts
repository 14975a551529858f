/**
 * The values of inputs and outputs, as they appear in documents.
 *
 * @see OGC 05-007r7 §10.2.1, §10.3.1
 * @since 0.1.0
 */
import { XmlFragment } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { encodeBase64 } from "./internal/base64.ts"
import { charsetOf, essenceOf } from "./internal/mediaTypes.ts"
import { writeBox, writeLiteral } from "./internal/simpleDocuments.ts"

/**
 * A media type, the encoding of the bytes (`base64`, a charset), and the schema of the document.
 *
 * @see OGC 05-007r7 §9.3.1 table 24
 * @since 0.1.0
 * @category models
 */
export interface Format {
  readonly mimeType: Option.Option<string>
  readonly encoding: Option.Option<string>
  readonly schema: Option.Option<string>
}

/**
 * A format as a caller may give it: a media type, or its parts.
 *
 * @since 0.1.0
 * @category models
 */
export type FormatInput = string | {
  readonly mimeType: string
  readonly encoding?: string | undefined
  readonly schema?: string | undefined
}

/**
 * A format that names nothing. The server then uses its default.
 *
 * @since 0.1.0
 * @category constructors
 */
export const anyFormat: Format = { mimeType: Option.none(), encoding: Option.none(), schema: Option.none() }

/**
 * Makes a format.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const gml = DataValue.format({ mimeType: "text/xml", schema: "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd" })
 * const json = DataValue.format("application/json")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const format = (input: FormatInput): Format =>
  typeof input === "string"
    ? { ...anyFormat, mimeType: Option.some(input) }
    : {
      mimeType: Option.some(input.mimeType),
      encoding: Option.fromNullable(input.encoding),
      schema: Option.fromNullable(input.schema)
    }

/**
 * A literal: its text, and its type and unit if the document names them.
 *
 * @see OGC 05-007r7 §10.2.1 table 49
 * @since 0.1.0
 * @category models
 */
export interface LiteralData {
  readonly _tag: "LiteralData"
  readonly value: string
  readonly dataType: Option.Option<string>
  readonly uom: Option.Option<string>
}

/**
 * A document or file inside the message: text, embedded XML (kept exactly as it is), or bytes as base64.
 *
 * @see OGC 05-007r7 §10.2.1 table 48
 * @since 0.1.0
 * @category models
 */
export interface ComplexData {
  readonly _tag: "ComplexData"
  readonly format: Format
  readonly content: XmlFragment.XmlFragment
}

/**
 * A box: the corner with the lowest coordinates and the one with the highest, in the axis order and the units of `crs`.
 *
 * @see OGC 06-121r3 §10.2 (`ows:BoundingBox`)
 * @since 0.1.0
 * @category models
 */
export interface BoundingBoxData {
  readonly _tag: "BoundingBoxData"
  readonly lower: ReadonlyArray<number>
  readonly upper: ReadonlyArray<number>
  readonly crs: Option.Option<string>
}

/**
 * A value that is stored elsewhere. The server fetches a reference that is an input by `GET`, or by `POST` of a body.
 *
 * @see OGC 05-007r7 §10.2.1 table 46, §10.3.1 table 58
 * @since 0.1.0
 * @category models
 */
export interface Reference {
  readonly _tag: "Reference"
  readonly href: string
  readonly format: Format
  readonly method: "GET" | "POST"
  /** Headers that the server sends when it fetches the value. Whoever runs the server can read them. */
  readonly headers: ReadonlyArray<readonly [name: string, value: string]>
  readonly body: Option.Option<XmlFragment.XmlFragment>
  readonly bodyReference: Option.Option<string>
}

/**
 * A value and its identifier.
 *
 * @since 0.1.0
 * @category models
 */
export interface DataPart {
  readonly identifier: string
  readonly data: DataValue
}

/**
 * A nested value: a group of values. WPS 1.0.0 does not have them. A part that occurs several times is listed several
 * times.
 *
 * @see OGC 14-065r2 §9.11 (nested inputs), §9.6 (nested outputs)
 * @since 0.1.0
 * @category models
 */
export interface NestedData {
  readonly _tag: "NestedData"
  readonly parts: ReadonlyArray<DataPart>
}

/**
 * Any value of an input or output.
 *
 * @since 0.1.0
 * @category models
 */
export type DataValue = LiteralData | ComplexData | BoundingBoxData | Reference | NestedData

/**
 * Makes a literal from its text.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const width = DataValue.literal("35", { dataType: "integer", uom: "meter" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const literal = (
  value: string,
  options?: { readonly dataType?: string | undefined; readonly uom?: string | undefined }
): LiteralData => ({
  _tag: "LiteralData",
  value,
  dataType: Option.fromNullable(options?.dataType),
  uom: Option.fromNullable(options?.uom)
})

/**
 * Makes a complex value from text. XML in it is escaped; use `complexXml` to embed XML.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const table = DataValue.complexText("a,b\n1,2\n", "text/csv")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const complexText = (text: string, of: FormatInput): ComplexData => ({
  _tag: "ComplexData",
  format: format(of),
  content: XmlFragment.fromText(text)
})

/**
 * Makes a complex value from an XML document. The document is embedded as it is, without its XML declaration.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const point = DataValue.complexXml("<gml:Point xmlns:gml=\"http://www.opengis.net/gml\"/>", "text/xml")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const complexXml = (xml: string, of: FormatInput): ComplexData => ({
  _tag: "ComplexData",
  format: format(of),
  content: XmlFragment.fromXml(xml)
})

/**
 * Makes a box from its corners.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const alps = DataValue.boundingBox([5, 43], [17, 48], "urn:ogc:def:crs:OGC::CRS84")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const boundingBox = (
  lower: ReadonlyArray<number>,
  upper: ReadonlyArray<number>,
  crs?: string
): BoundingBoxData => ({ _tag: "BoundingBoxData", lower, upper, crs: Option.fromNullable(crs) })

/**
 * Makes a reference, which any input except a nested one takes in place of its value. A `body` is sent by `POST`.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const file = DataValue.reference("https://data.example.org/tas.nc", { format: "application/x-netcdf" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const reference = (href: string, options?: {
  readonly format?: FormatInput | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  readonly body?: string | undefined
  readonly bodyReference?: string | undefined
}): Reference => ({
  _tag: "Reference",
  href,
  format: options?.format === undefined ? anyFormat : format(options.format),
  method: options?.body === undefined && options?.bodyReference === undefined ? "GET" : "POST",
  headers: Object.entries(options?.headers ?? {}),
  body: Option.map(Option.fromNullable(options?.body), XmlFragment.fromXml),
  bodyReference: Option.fromNullable(options?.bodyReference)
})

/**
 * Makes a nested value from its parts.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const period = DataValue.nested(["from", DataValue.literal("1850")], ["to", DataValue.literal("2014")])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const nested = (...parts: ReadonlyArray<readonly [identifier: string, data: DataValue]>): NestedData => ({
  _tag: "NestedData",
  parts: parts.map(([identifier, data]) => ({ identifier, data }))
})

/**
 * Whether a value is a reference, with all its fields. A value of your own may also have `_tag: "Reference"`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isReference = (value: unknown): value is Reference =>
  Predicate.isTagged(value, "Reference") &&
  referenceFields.every((field) => Predicate.hasProperty(value, field))

const referenceFields = ["href", "format", "method", "headers", "body", "bodyReference"] as const

/**
 * Whether a format's encoding is base64.
 *
 * @see OGC 05-007r7 §9.3.1 table 24
 * @since 0.1.0
 * @category guards
 */
export const isBase64 = (format: Format): boolean =>
  Option.exists(format.encoding, (encoding) => encoding.toLowerCase() === "base64")

/** base64 text may be broken into lines. */
const unwrapped = (text: string): string => text.replace(/\s+/g, "")

/**
 * Writes a literal or a box as a document of its own: a `wps:LiteralValue` of WPS 2.0, or an `ows:BoundingBox` of the
 * given version.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const xml = DataValue.toXml(DataValue.literal("35", { dataType: "integer", uom: "meter" }))
 * ```
 *
 * @see OGC 14-065r2 §7.3.1, §7.3.3
 * @since 0.1.0
 * @category conversions
 */
export const toXml = (
  data: LiteralData | BoundingBoxData,
  version: "1.0.0" | "2.0.0" = "2.0.0"
): Either.Either<string, string> =>
  Either.mapLeft(
    data._tag === "LiteralData" ? writeLiteral(data) : writeBox[version](data),
    ({ message }) => `cannot be written as XML: ${message}`
  )

/**
 * The text of a literal, box or complex value. A box and embedded XML become documents of their own; base64 is decoded.
 *
 * @example
 * ```ts
 * import { DataValue } from "@effect-wps/wps"
 *
 * const csv = DataValue.toText(DataValue.complexText("a,b", "text/csv"))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toText = (data: DataValue): Either.Either<string, string> => {
  if (data._tag === "LiteralData") return Either.right(data.value)
  if (data._tag === "BoundingBoxData") return toXml(data)
  if (data._tag !== "ComplexData") return Either.left(`is ${kindOf(data)} where a complex value was expected`)
  if (isBase64(data.format)) {
    return Either.mapBoth(Encoding.decodeBase64(unwrapped(data.content.text)), {
      onLeft: () => "is not base64",
      onRight: (bytes) => textOf(bytes, data.format)
    })
  }
  return Either.right(data.content.elements > 0 ? XmlFragment.toXml(data.content) : data.content.text)
}

/**
 * The bytes of a literal, box or complex value: the decoded base64, or the text in UTF-8.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toBytes = (data: DataValue): Either.Either<Uint8Array, string> =>
  data._tag === "ComplexData" && isBase64(data.format)
    ? Either.mapLeft(Encoding.decodeBase64(unwrapped(data.content.text)), () => "is not base64")
    : Either.map(toText(data), (text) => new TextEncoder().encode(text))

/**
 * Makes a complex value from the bytes that a reference led to. The transport's content type gives the charset. It also
 * gives the media type if the reference names none, or if the bytes are an HTML page.
 *
 * @since 0.1.0
 * @category conversions
 */
export const fetched = (
  reference: Reference,
  content: Uint8Array,
  contentType: Option.Option<string> = Option.none()
): ComplexData => {
  const { mimeType } = reference.format
  const says = (type: string) =>
    essenceOf(type) === "text/html"
      ? isPage(content)
      : Option.match(mimeType, { onNone: () => true, onSome: (one) => essenceOf(one) === essenceOf(type) })
  return {
    _tag: "ComplexData",
    format: {
      ...reference.format,
      mimeType: Option.orElse(
        Option.filter(contentType, says),
        () =>
          Option.map(mimeType, (type) =>
            Option.match(charsetOf(contentType), {
              onNone: () => type,
              onSome: (charset) => `${type}; charset=${charset}`
            }))
      ),
      encoding: Option.some("base64")
    },
    content: XmlFragment.fromText(encodeBase64(content))
  }
}

/** Some servers label everything as HTML, so the bytes must look like a page, too. */
const isPage = (content: Uint8Array): boolean =>
  /^\s*<(?:!doctype html|html)[\s>]/i.test(new TextDecoder().decode(content.subarray(0, 500)))

const decoderOf = Option.liftThrowable((label: string) => new TextDecoder(label))

/** The charset comes from the media type, or else from an XML declaration, or else it is UTF-8. */
const textOf = (bytes: Uint8Array, { mimeType }: Format): string => {
  const declared = () =>
    Option.fromNullable(
      /^<\?xml[^>]*\sencoding\s*=\s*["']([\w.:-]+)["']/.exec(new TextDecoder().decode(bytes.subarray(0, 200)))?.[1]
    )
  return Option.flatMap(Option.orElse(charsetOf(mimeType), declared), decoderOf).pipe(
    Option.getOrElse(() => new TextDecoder())
  ).decode(bytes)
}

/** @internal */
export const kindOf = (data: DataValue): string => kinds[data._tag]

const kinds = {
  LiteralData: "a literal",
  ComplexData: "a complex value",
  BoundingBoxData: "a bounding box",
  Reference: "a reference",
  NestedData: "a group of values"
} as const
