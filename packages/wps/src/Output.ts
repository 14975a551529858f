/**
 * The outputs of a typed process: what to ask for, and how to read the answer.
 *
 * @see OGC 05-007r7 §9.3.2, §10.3.1
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import * as DataValue from "./DataValue.ts"
import type { OutputData, OutputRequest } from "./Execute.ts"
import * as codec from "./internal/codec.ts"
import * as fields from "./internal/fields.ts"
import { entries } from "./internal/record.ts"
import type * as Literal from "./Literal.ts"
import type * as Metalink from "./Metalink.ts"
import type { OutputReader } from "./Operation.ts"
import type { DataDescription, NestedOutputs } from "./ProcessDescription.ts"

/**
 * One output. A caller reads an `A`; a server that runs the process writes it from a `B`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Output<out A, in B = never> {
  readonly data: DataDescription | NestedOutputs
  readonly format: DataValue.Format
  readonly uom: Option.Option<string>
  readonly asReference: boolean
  /** How to ask for the nested outputs. */
  readonly nested: ReadonlyArray<OutputRequest>
  /** Reads the value of the occurrences of the output. There is mostly one. */
  readonly decode: <E>(occurrences: ReadonlyArray<OutputData>, reader: OutputReader<E>) => Effect.Effect<A, string | E>
  /** Writes the occurrences of a value, or says why they cannot be written. */
  readonly encode: (value: B) => Either.Either<ReadonlyArray<DataValue.DataValue>, string>
}

/**
 * Any output.
 *
 * @since 0.1.0
 * @category models
 */
export type Any = Output<unknown>

/**
 * What an output is read as.
 *
 * @since 0.1.0
 * @category models
 */
export type Value<O extends Any> = O extends Output<infer A, infer _B> ? A : never

/**
 * What a server writes an output from.
 *
 * @since 0.1.0
 * @category models
 */
export type Produced<O extends Any> = O extends Output<infer _A, infer B> ? B : never

/**
 * Outputs by their identifiers.
 *
 * @since 0.1.0
 * @category models
 */
export type Fields = Readonly<Record<string, Any>>

/**
 * What several outputs are read as.
 *
 * @since 0.1.0
 * @category models
 */
export type FieldsValue<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> }

/**
 * What a server writes several outputs from.
 *
 * @since 0.1.0
 * @category models
 */
export type FieldsProduced<F extends Fields> = { readonly [K in keyof F]: Produced<F[K]> }

/** The only occurrence. If there were several, taking the first would lose the others unnoticed. */
const once = (occurrences: ReadonlyArray<OutputData>): Either.Either<DataValue.DataValue, string> => {
  const [first, ...rest] = occurrences
  return first === undefined
    ? Either.left("is missing")
    : rest.length > 0
    ? Either.left(`comes ${occurrences.length} times; Output.repeated reads them all`)
    : Either.right(first.data)
}

const inline = <A>(of: codec.Codec<A>): Output<A, A> => ({
  data: of.data,
  format: of.format,
  uom: of.uom,
  asReference: false,
  nested: [],
  decode: (occurrences, reader) =>
    Effect.flatMap(once(occurrences), (data) =>
      data._tag === "Reference"
        ? Effect.flatMap(
          reader.fetch(data),
          ({ content, contentType }) => of.decode(DataValue.fetched(data, content, contentType))
        )
        : of.decode(data)),
  encode: (value) => Either.map(of.encode(value), (data) => [data])
})

/**
 * A number, a word, a date, …
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const area = Output.literal(Schema.Number, { uom: "m2" })
 * ```
 *
 * @see OGC 05-007r7 §9.3.2 table 34
 * @since 0.1.0
 * @category constructors
 */
export const literal = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  options: {
    readonly dataType?: string | undefined
    /** An answer in another unit is refused. */
    readonly uom?: string | undefined
    /** The format to ask for in WPS 2.0. Some servers require one. @default no format is named */
    readonly format?: DataValue.FormatInput | undefined
  } = {}
): Output<A, A> => ({
  ...inline(codec.literal(schema, options)),
  ...options.format === undefined ? {} : { format: DataValue.format(options.format) }
})

/**
 * A literal with the unit that the server chose. If the server names no unit, it is the first of `uoms`.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const length = Output.measure(Schema.Number, ["m", "km"])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const measure = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  uoms: ReadonlyArray<string>
): Output<{ readonly value: A; readonly uom: string }, { readonly value: A; readonly uom: string }> =>
  inline(codec.measure(schema, uoms, {}))

/**
 * A document or file, read by a schema: from JSON for a JSON format, from the bytes if the schema decodes bytes, or
 * else from the text. If the server stored the output and sent a reference, the client fetches it.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const summary = Output.complex(Schema.Struct({ cells: Schema.Int, mean: Schema.Number }), "application/json")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const complex = <A, I>(schema: Schema.Schema<A, I>, format: DataValue.FormatInput): Output<A, A> =>
  inline(codec.complex(schema, DataValue.format(format)))

/**
 * A text, or an XML document as its exact text.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 *
 * const features = Output.text("text/xml")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const text = (format: DataValue.FormatInput): Output<string, string> =>
  inline(codec.text(DataValue.format(format)))

/**
 * Bytes, from base64 or from where the server stored them. The whole output is held in memory. For large outputs use
 * `reference` or `WpsClient.rawStream`.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 *
 * const file = Output.bytes("application/x-netcdf")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const bytes = (format: DataValue.FormatInput): Output<Uint8Array, Uint8Array> =>
  inline(codec.bytes(DataValue.format(format)))

/**
 * A list of files in one document, for a process that does not know beforehand how many files it makes.
 *
 * @example
 * ```ts
 * import { Metalink, Output, Process, WpsClient } from "@effect-wps/wps"
 * import { Effect, Option } from "effect"
 *
 * const many = Process.make("many", { inputs: {}, outputs: { files: Output.metalink() } })
 *
 * const program = Effect.gen(function*() {
 *   const { files } = yield* WpsClient.run(many({}))
 *   const references = files.flatMap((file) => Option.toArray(Metalink.toReference(file)))
 *   return references.map(WpsClient.downloadStream)
 * })
 * ```
 *
 * @see RFC 5854
 * @since 0.1.0
 * @category constructors
 */
export const metalink = (
  format: DataValue.FormatInput = "application/metalink+xml; version=4.0"
): Output<ReadonlyArray<Metalink.File>, ReadonlyArray<Metalink.File>> =>
  inline(codec.metalink(DataValue.format(format)))

/**
 * Any literal, box, document or file, as its bytes and its format: for a process that is not known, or a server that
 * does not follow its description.
 *
 * @example
 * ```ts
 * import { Output, Process } from "@effect-wps/wps"
 *
 * const anything = Process.make("anything", { inputs: {}, outputs: { result: Output.raw() } })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const raw = (format?: DataValue.FormatInput): Output<RawValue, RawValue> => {
  const asked = format === undefined ? DataValue.anyFormat : DataValue.format(format)
  const read = (data: DataValue.DataValue) =>
    Either.map(DataValue.toBytes(data), (bytes): RawValue => ({
      bytes,
      // The bytes are decoded, so the format is no longer base64.
      format: data._tag !== "ComplexData"
        ? DataValue.format(data._tag === "BoundingBoxData" ? "text/xml" : "text/plain")
        : DataValue.isBase64(data.format)
        ? { ...data.format, encoding: Option.none() }
        : data.format
    }))
  return {
    data: { _tag: "Complex", defaultFormat: Option.some(asked), formats: [asked], maximumMegabytes: Option.none() },
    format: asked,
    uom: Option.none(),
    asReference: false,
    nested: [],
    decode: <E>(occurrences: ReadonlyArray<OutputData>, reader: OutputReader<E>) =>
      Effect.flatMap(once(occurrences), (data): Effect.Effect<RawValue, string | E> =>
        data._tag === "Reference"
          ? Effect.map(reader.fetch(data), ({ content, contentType }): RawValue => ({
            bytes: content,
            format: { ...data.format, mimeType: Option.orElse(data.format.mimeType, () => contentType) }
          }))
          : read(data)),
    encode: ({ bytes, format }) => Either.map(codec.bytes(format).encode(bytes), (data) => [data])
  }
}

/**
 * Bytes and their format.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawValue {
  readonly bytes: Uint8Array
  readonly format: DataValue.Format
}

/**
 * A box.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 *
 * const extent = Output.boundingBox("EPSG:4326")
 * ```
 *
 * @see OGC 06-121r3 §10.2
 * @since 0.1.0
 * @category constructors
 */
export const boundingBox = (
  ...crs: ReadonlyArray<string>
): Output<DataValue.BoundingBoxData, DataValue.BoundingBoxData> => inline(codec.boundingBox(crs))

/**
 * A nested output: a group of outputs. WPS 1.0.0 does not have them.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const range = Output.nested({ least: Output.literal(Schema.Number), most: Output.literal(Schema.Number) })
 * ```
 *
 * @see OGC 14-065r2 §9.6
 * @since 0.1.0
 * @category constructors
 */
export const nested = <const F extends Fields>(outputs: F): Output<FieldsValue<F>, FieldsProduced<F>> => {
  const parts = entries<Any>(outputs)
  return {
    data: { _tag: "NestedOutputs", outputs: fields.describeOutputs(parts) },
    format: DataValue.anyFormat,
    uom: Option.none(),
    asReference: false,
    nested: fields.requestOutputs(parts),
    decode: <E>(occurrences: ReadonlyArray<OutputData>, reader: OutputReader<E>) =>
      Effect.flatMap(once(occurrences), (data) =>
        data._tag !== "NestedData"
          ? Effect.fail(`is ${DataValue.kindOf(data)} where a group of values was expected`)
          : Effect.mapError(
            fields.decodeOutputs<FieldsValue<F>, E>(
              parts,
              data.parts.map((part) => ({ ...part, title: Option.none(), abstract: Option.none() })),
              reader
            ),
            (error) => fields.isFault(error) ? fields.said([error]) : error
          )),
    encode: (produced) =>
      Either.mapBoth(fields.encodeOutputs(parts, produced), {
        onLeft: (fault) => fields.said([fault]),
        onRight: (encoded) => [DataValue.nested(...encoded)]
      })
  }
}

/**
 * The same output, stored by the server and read as a reference. Pass the reference to `WpsClient.download`, or to
 * another process as an input.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 *
 * const file = Output.reference(Output.bytes("application/x-netcdf"))
 * ```
 *
 * @see OGC 05-007r7 §10.3.1 table 58
 * @since 0.1.0
 * @category combinators
 */
export const reference = <A, B>(self: Output<A, B>): Output<DataValue.Reference, B> => ({
  ...self,
  asReference: true,
  decode: (occurrences) =>
    Either.filterOrLeft(
      once(occurrences),
      DataValue.isReference,
      () => "stands in the document although a reference to it was asked for"
    )
})

/**
 * An output that the process may leave out.
 *
 * @example
 * ```ts
 * import { Output } from "@effect-wps/wps"
 *
 * const log = Output.optional(Output.text("text/plain"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const optional = <A, B>(self: Output<A, B>): Output<Option.Option<A>, Option.Option<B>> => ({
  ...self,
  decode: (occurrences, reader) =>
    occurrences.length === 0 ? Effect.succeedNone : Effect.map(self.decode(occurrences, reader), Option.some),
  encode: Option.match({ onNone: () => Either.right([]), onSome: self.encode })
})

/**
 * An output that may occur several times, in order. If it does not occur, the list is empty.
 *
 * @example
 * ```ts
 * import { Output, Process } from "@effect-wps/wps"
 *
 * const split = Process.make("split", { inputs: {}, outputs: { parts: Output.repeated(Output.text("text/csv")) } })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const repeated = <A, B>(self: Output<A, B>): Output<ReadonlyArray<A>, ReadonlyArray<B>> => ({
  ...self,
  decode: (occurrences, reader) => Effect.forEach(occurrences, (one) => self.decode([one], reader)),
  encode: (values) => Either.map(Either.all(values.map(self.encode)), (all) => all.flat())
})
