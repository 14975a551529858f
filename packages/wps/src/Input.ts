/**
 * The inputs of a typed process: what a caller gives, and how it is written.
 *
 * @see OGC 05-007r7 §9.3.1, §10.2.1
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Schema from "effect/Schema"
import type * as Types from "effect/Types"
import * as DataValue from "./DataValue.ts"
import * as codec from "./internal/codec.ts"
import * as fields from "./internal/fields.ts"
import { entries } from "./internal/record.ts"
import type * as Literal from "./Literal.ts"
import type { DataDescription, NestedInputs } from "./ProcessDescription.ts"
import * as Upload from "./Upload.ts"

/**
 * One input. A caller gives a `G`; a server that runs the process reads an `A`. Any input except a nested one may be
 * given by reference, so `G` is mostly `A | Reference`. A document or file may also be an `Upload`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Input<in G, out A> {
  readonly minOccurs: number
  /** `Infinity` means no bound. */
  readonly maxOccurs: number
  readonly data: DataDescription | NestedInputs
  /** Writes the occurrences of a value, or says why they cannot be written. */
  readonly encode: (value: G) => Either.Either<ReadonlyArray<DataValue.DataValue | Upload.Upload>, string>
  /** Reads the value of the occurrences. References are already fetched. */
  readonly decode: (occurrences: ReadonlyArray<DataValue.DataValue>) => Either.Either<A, string>
}

/**
 * An input that the caller may leave out.
 *
 * @since 0.1.0
 * @category models
 */
export interface Optional<in G, out A> extends Input<G | undefined, A | undefined> {
  readonly isOptional: true
}

/**
 * An input that may occur several times. It cannot be repeated again, and its occurrences cannot be optional: nobody
 * could tell which of the occurrences that were sent belong together.
 *
 * @since 0.1.0
 * @category models
 */
export interface Repeated<in G, out A> extends Input<ReadonlyArray<G>, ReadonlyArray<A>> {
  readonly isRepeated: true
}

/**
 * Any input.
 *
 * @since 0.1.0
 * @category models
 */
export type Any = Input<never, unknown>

/**
 * What a caller may give for an input.
 *
 * @since 0.1.0
 * @category models
 */
export type Given<I extends Any> = I extends Input<infer G, infer _A> ? G : never

/**
 * What a server reads from an input.
 *
 * @since 0.1.0
 * @category models
 */
export type Value<I extends Any> = I extends Input<infer _G, infer A> ? A : never

/**
 * Inputs by their identifiers.
 *
 * @since 0.1.0
 * @category models
 */
export type Fields = Readonly<Record<string, Any>>

type OptionalKeys<F extends Fields> = {
  [K in keyof F]: F[K] extends { readonly isOptional: true } ? K : never
}[keyof F]

/**
 * What a caller gives for several inputs, by their identifiers. Optional inputs may be left out.
 *
 * @since 0.1.0
 * @category models
 */
export type FieldsGiven<F extends Fields> = keyof F extends never ? { readonly [name: string]: never }
  : Types.Simplify<
    & { readonly [K in Exclude<keyof F, OptionalKeys<F>>]: Given<F[K]> }
    & { readonly [K in OptionalKeys<F>]?: Given<F[K]> }
  >

/**
 * What a server reads from several inputs.
 *
 * @since 0.1.0
 * @category models
 */
export type FieldsValue<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> }

/**
 * What a literal's description says besides its type. The client refuses a value that is not allowed before it sends
 * it. A server that has the process refuses it too.
 *
 * @see OGC 05-007r7 §9.3.1 table 26
 * @since 0.1.0
 * @category models
 */
export interface LiteralOptions {
  /** The local name of the XML Schema type. By default it is derived from the schema. */
  readonly dataType?: string | undefined
  /** The unit of every value. */
  readonly uom?: string | undefined
  readonly allowedValues?: ReadonlyArray<string> | undefined
  /** Both bounds are included. If each value has its own unit, the bounds are in the first unit. */
  readonly range?: { readonly minimum?: string | undefined; readonly maximum?: string | undefined } | undefined
  /** The server uses this value if the input is left out. */
  readonly defaultValue?: string | undefined
}

/** A server does not know what a relative address is relative to. */
const absolute = (reference: DataValue.Reference): Either.Either<DataValue.Reference, string> =>
  URL.canParse(reference.href)
    ? Either.right(reference)
    : Either.left(
      `refers to "${reference.href}", which is no absolute address; send a file of this machine with Upload`
    )

const single = <A>(of: codec.Codec<A>): Input<A | DataValue.Reference, A> => ({
  minOccurs: 1,
  maxOccurs: 1,
  data: of.data,
  encode: (value) => Either.map(DataValue.isReference(value) ? absolute(value) : of.encode(value), (data) => [data]),
  decode: ([first, ...rest]) =>
    first === undefined
      ? Either.left("is missing")
      : rest.length > 0
      ? Either.left(`may be given once, not ${rest.length + 1} times`)
      : of.decode(first)
})

/** A document or file may also be an `Upload`, which is sent while it is read. */
const document = <A>(of: codec.Codec<A>): Input<A | DataValue.Reference | Upload.Upload, A> => {
  const whole = single(of)
  return {
    ...whole,
    encode: (value) =>
      Upload.isUpload(value) ? Either.right([Upload.withFormat(value, of.format)]) : whole.encode(value)
  }
}

/**
 * A number, a word, a date, …, in the lexical form of XML Schema.
 *
 * @example
 * ```ts
 * import { Input } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const distance = Input.literal(Schema.Number, { uom: "m" })
 * const method = Input.literal(Schema.Literal("nearest", "linear"))
 * ```
 *
 * @see OGC 05-007r7 §10.2.1 table 49
 * @since 0.1.0
 * @category constructors
 */
export const literal = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  options: LiteralOptions = {}
): Input<A | DataValue.Reference, A> => single(codec.literal(schema, options))

/**
 * A literal that comes with its unit.
 *
 * @example
 * ```ts
 * import { Input, Process } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const walk = Process.make("walk", { inputs: { length: Input.measure(Schema.Number, ["m", "km"]) }, outputs: {} })
 * const operation = walk({ length: { value: 3, uom: "km" } })
 * ```
 *
 * @see OGC 05-007r7 §9.3.1 table 30 (UOMs)
 * @since 0.1.0
 * @category constructors
 */
export const measure = <A, I extends Literal.Encoded>(
  schema: Schema.Schema<A, I>,
  uoms: ReadonlyArray<string>,
  options: Omit<LiteralOptions, "uom"> = {}
): Input<
  { readonly value: A; readonly uom: string } | DataValue.Reference,
  { readonly value: A; readonly uom: string }
> => single(codec.measure(schema, uoms, options))

/**
 * A document or file. For a JSON format the value is written as JSON. For any other format the schema must encode to a
 * string (XML is embedded, other text is escaped) or to bytes (base64).
 *
 * @example
 * ```ts
 * import { Input } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const Point = Schema.Struct({ type: Schema.Literal("Point"), coordinates: Schema.Tuple(Schema.Number, Schema.Number) })
 * const geometry = Input.complex(Point, "application/json")
 * ```
 *
 * @see OGC 05-007r7 §10.2.1 table 48
 * @since 0.1.0
 * @category constructors
 */
export const complex = <A, I>(
  schema: Schema.Schema<A, I>,
  format: DataValue.FormatInput
): Input<A | DataValue.Reference | Upload.Upload, A> => document(codec.complex(schema, DataValue.format(format)))

/**
 * A text, or an XML document as its text. XML is embedded in the message, any other text is escaped.
 *
 * @example
 * ```ts
 * import { Input } from "@effect-wps/wps"
 *
 * const table = Input.text("text/csv")
 * const features = Input.text({ mimeType: "text/xml", schema: "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const text = (
  format: DataValue.FormatInput
): Input<string | DataValue.Reference | Upload.Upload, string> => document(codec.text(DataValue.format(format)))

/**
 * Bytes, written as base64.
 *
 * @example
 * ```ts
 * import { Input } from "@effect-wps/wps"
 *
 * const image = Input.bytes("image/png")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const bytes = (
  format: DataValue.FormatInput
): Input<Uint8Array | DataValue.Reference | Upload.Upload, Uint8Array> =>
  document(codec.bytes(DataValue.format(format)))

/**
 * A box in one of the coordinate reference systems. The first one is used if a value names none.
 *
 * @example
 * ```ts
 * import { DataValue, Input, Process } from "@effect-wps/wps"
 *
 * const clip = Process.make("clip", { inputs: { extent: Input.boundingBox("EPSG:4326") }, outputs: {} })
 * const operation = clip({ extent: DataValue.boundingBox([-90, -180], [90, 180]) })
 * ```
 *
 * @see OGC 06-121r3 §10.2
 * @since 0.1.0
 * @category constructors
 */
export const boundingBox = (
  ...crs: ReadonlyArray<string>
): Input<DataValue.BoundingBoxData | DataValue.Reference, DataValue.BoundingBoxData> => single(codec.boundingBox(crs))

/**
 * A nested input: a group of inputs. WPS 1.0.0 does not have them, so its client refuses the request.
 *
 * @example
 * ```ts
 * import { Input, Process } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const year = Input.literal(Schema.Int)
 * const mean = Process.make("mean", { inputs: { period: Input.nested({ from: year, to: year }) }, outputs: {} })
 * const operation = mean({ period: { from: 1850, to: 2014 } })
 * ```
 *
 * @see OGC 14-065r2 §9.11
 * @since 0.1.0
 * @category constructors
 */
export const nested = <const F extends Fields>(inputs: F): Input<FieldsGiven<F>, FieldsValue<F>> => {
  const parts = entries<Any>(inputs)
  return {
    minOccurs: 1,
    maxOccurs: 1,
    data: { _tag: "NestedInputs", inputs: fields.describeInputs(parts) },
    encode: (given) =>
      Either.flatMap(Either.mapLeft(fields.encodeInputs("the group", parts, given), fields.said), (encoded) => {
        const inside = encoded.flatMap(({ data, identifier }) => Upload.isUpload(data) ? [] : [{ identifier, data }])
        return inside.length === encoded.length
          ? Either.right([{ _tag: "NestedData", parts: inside }])
          : Either.left("has a part that is sent as it is read; give its value or a reference to it")
      }),
    decode: ([first, ...rest]) =>
      first?._tag !== "NestedData" || rest.length > 0
        ? Either.left(first === undefined ? "is missing" : "is not one group of values")
        : Either.mapLeft(fields.decodeInputs<FieldsValue<F>>(parts, first.parts), fields.said)
  }
}

const defaultOf = (data: Any["data"]): Option.Option<string> =>
  data._tag === "Literal" ? data.defaultValue : Option.none()

/**
 * An input that the caller may leave out. A server that has the process then reads the `defaultValue`, if there is one.
 *
 * @example
 * ```ts
 * import { Input } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const quadrantSegments = Input.optional(Input.literal(Schema.Int))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const optional = <G, A>(self: Input<G, A>): Optional<G, A> => ({
  ...self,
  isOptional: true,
  minOccurs: 0,
  encode: (value) => value === undefined ? Either.right([]) : self.encode(value),
  decode: (occurrences) =>
    occurrences.length > 0 ? self.decode(occurrences) : Option.match(defaultOf(self.data), {
      onNone: () => Either.right(undefined),
      onSome: (value) => self.decode([DataValue.literal(value)])
    })
})

/**
 * An input that may occur several times, in order. At least one occurrence is required, unless `min` says otherwise.
 *
 * @example
 * ```ts
 * import { Input } from "@effect-wps/wps"
 *
 * const files = Input.repeated(Input.bytes("application/x-netcdf"), { min: 2 })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const repeated = <G, A>(
  self: Input<G, A> & { readonly isOptional?: never; readonly isRepeated?: never },
  options?: { readonly min?: number | undefined; readonly max?: number | undefined }
): Repeated<G, A> => {
  const minOccurs = options?.min ?? 1
  const maxOccurs = options?.max ?? Infinity
  const counted = <B>(values: ReadonlyArray<B>): Either.Either<ReadonlyArray<B>, string> =>
    !Array.isArray(values)
      ? Either.left("is not a list")
      : values.length < minOccurs
      ? Either.left(`is given ${values.length} times, but at least ${minOccurs} are needed`)
      : values.length > maxOccurs
      ? Either.left(`is given ${values.length} times, but at most ${maxOccurs} are taken`)
      : Either.right(values)
  return {
    isRepeated: true,
    minOccurs,
    maxOccurs,
    data: self.data,
    encode: (values) =>
      Either.flatMap(
        counted(values),
        (all) => Either.map(Either.all(all.map(self.encode)), (occurrences) => occurrences.flat())
      ),
    decode: (occurrences) =>
      Either.flatMap(counted(occurrences), (all) => Either.all(all.map((one) => self.decode([one]))))
  }
}
