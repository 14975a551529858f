/**
 * A range on one dimension of a variable.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { InvalidValue } from "./CwtError.ts"
import { unchecked } from "./internal/made.ts"
import { short } from "./internal/short.ts"

/**
 * The kind of `start` and `end`: coordinates in the variable's units, positions from 0, or ISO 8601 times.
 *
 * @since 0.1.0
 * @category models
 */
export const Crs = Schema.Literal("values", "indices", "timestamps")

/**
 * The kind of `start` and `end`: coordinates in the variable's units, positions from 0, or ISO 8601 times.
 *
 * @since 0.1.0
 * @category models
 */
export type Crs = typeof Crs.Type

const Bound = Schema.Union(Schema.Number, Schema.String)

/**
 * A range from `start` to `end` in steps of `step`. If `start` equals `end`, it is a single point. The order is kept:
 * on a descending axis, `start` is greater than `end`.
 *
 * A `crs` from a server that is not one of the three is kept as it was read.
 *
 * @since 0.1.0
 * @category models
 */
export class Dimension extends Schema.Class<Dimension>("@effect-wps/cwt/Dimension")({
  start: Bound,
  end: Bound,
  /** For `timestamps` it can also be a duration, such as `P1D`. */
  step: Bound,
  crs: Schema.String
}) {}

/**
 * Everything that is accepted as a dimension. Two numbers are `values`, and two strings are `timestamps`. A third
 * element is the step.
 *
 * @since 0.1.0
 * @category models
 */
export type DimensionInput =
  | Dimension
  | readonly [start: number, end: number, step?: number]
  | readonly [start: string, end: string, step?: number | string]

const of = (crs: Crs, start: number | string, end: number | string, step: number | string = 1): Dimension =>
  new Dimension({ start, end, step, crs }, unchecked)

/**
 * A range of coordinates, in the variable's units.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 *
 * const south = Dimension.values(-90, 0)
 * const everyOther = Dimension.values(-90, 0, 2)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const values = (start: number, end: number, step?: number): Dimension => of("values", start, end, step)

/**
 * A range of positions on the axis, from 0.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 *
 * const firstYear = Dimension.indices(0, 12)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const indices = (start: number, end: number, step?: number): Dimension => of("indices", start, end, step)

/**
 * A range of ISO 8601 times. The step may be a duration.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 *
 * const years = Dimension.timestamps("1980-01-01", "1999-12-31")
 * const days = Dimension.timestamps("1980-01-01", "1980-12-31", "P1D")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const timestamps = (start: string, end: string, step?: number | string): Dimension =>
  of("timestamps", start, end, step)

/**
 * One coordinate: a number in the variable's units, or an ISO 8601 time.
 *
 * @example
 * ```ts
 * import { Dimension, Domain } from "@effect-wps/cwt"
 *
 * const greenwich = Domain.make({ lon: Dimension.at(0), time: Dimension.at("1980-01-01") })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const at = (coordinate: number | string): Dimension =>
  of(typeof coordinate === "string" ? "timestamps" : "values", coordinate, coordinate)

/**
 * One position on the axis, from 0.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 *
 * const surface = Dimension.atIndex(0)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const atIndex = (index: number): Dimension => of("indices", index, index)

/**
 * Makes a dimension from anything that is accepted as one.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 *
 * const south = Dimension.fromInput([-90, 0])
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromInput = (input: DimensionInput): Dimension => {
  if (!isRange(input)) return input
  const [start, end, step] = input
  return of(typeof start === "string" && typeof end === "string" ? "timestamps" : "values", start, end, step)
}

/** A caller without type checks may pass anything. Encoding reports it. */
const isRange = (input: DimensionInput): input is Exclude<DimensionInput, Dimension> => Array.isArray(input)

/**
 * Latitudes from the equator to the north pole.
 *
 * @since 0.1.0
 * @category constants
 */
export const northernHemisphere: Dimension = values(0, 90)

/**
 * Latitudes from the south pole to the equator.
 *
 * @since 0.1.0
 * @category constants
 */
export const southernHemisphere: Dimension = values(-90, 0)

/**
 * Latitudes between the tropics.
 *
 * @example
 * ```ts
 * import { Dimension, Domain } from "@effect-wps/cwt"
 *
 * const domain = Domain.make({ latitude: Dimension.tropics })
 * ```
 *
 * @since 0.1.0
 * @category constants
 */
export const tropics: Dimension = values(-23.4, 23.4)

/**
 * Latitudes north of the polar circle.
 *
 * @since 0.1.0
 * @category constants
 */
export const arctic: Dimension = values(66.6, 90)

/**
 * Latitudes south of the polar circle.
 *
 * @since 0.1.0
 * @category constants
 */
export const antarctic: Dimension = values(-90, -66.6)

const isCrs = Schema.is(Crs)

const invalid = (reason: string): Either.Either<never, InvalidValue> =>
  Either.left(new InvalidValue({ input: "domain", subject: "dimension", reason }))

/** Matches decimal numbers only. `Number` would also read hexadecimal and empty texts. */
const decimal = /^\s*[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:e[+-]?\d+)?\s*$/i

/**
 * Converts a bound to the type of its `crs`: a number for `values`, an integer for `indices`, unchanged for
 * `timestamps`. Servers and old clients write numbers as text.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 * import { Either } from "effect"
 *
 * Either.getOrThrow(Dimension.coerce("indices", "12")) // 12
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const coerce = (
  crs: string,
  value: number | string
): Either.Either<number | string, InvalidValue> => {
  if (!isCrs(crs)) return invalid(`the crs "${short(crs)}" is none of ${Crs.literals.join(", ")}`)
  if (crs === "timestamps") return Either.right(value)
  const number = typeof value === "number"
    ? value
    : typeof value === "string" && decimal.test(value)
    ? Number(value)
    : NaN
  return Number.isFinite(number)
    ? numeric(crs, number)
    : invalid(`"${short(String(value))}" is no number, and ${crs} are numbers`)
}

const numeric = (crs: Exclude<Crs, "timestamps">, number: number): Either.Either<number, InvalidValue> =>
  crs === "values" || Number.isSafeInteger(number)
    ? Either.right(number)
    : invalid(
      Number.isInteger(number)
        ? `${number} is too great for a position, and is not exact`
        : `${number} is no whole number, and indices are positions; use Dimension.values for coordinates`
    )

/** Used for encoding. A text in the place of a number is then a mistake of the program, not of an old client. */
const strict = (crs: string, value: number | string): Either.Either<number | string, InvalidValue> =>
  !isCrs(crs)
    ? Either.right(value)
    : typeof value === "string" && crs !== "timestamps"
    ? invalid(`"${short(value)}" is a text, and ${crs} are numbers`)
    : coerce(crs, value)

const JsonBound = Schema.Union(
  Schema.Number.pipe(Schema.finite({ message: () => "is not a finite number" })),
  Schema.String
).annotations({ message: () => ({ message: "is neither a finite number nor a text", override: true }) })

const missing = { missingMessage: () => "is missing" }

/**
 * The JSON form of a dimension.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json = Schema.Struct({
  start: Schema.propertySignature(JsonBound).annotations(missing),
  end: Schema.propertySignature(JsonBound).annotations(missing),
  step: Schema.optional(JsonBound),
  crs: Schema.propertySignature(Schema.String).annotations(missing)
})

/**
 * The JSON form of a dimension.
 *
 * @since 0.1.0
 * @category schemas
 */
export type Json = typeof Json.Type

const bounds = (
  dimension: Json,
  read: typeof coerce
): Either.Either<Json & { readonly step: number | string }, InvalidValue> =>
  Either.gen(function*() {
    const { crs, end, start, step = 1 } = dimension
    const checked = {
      start: yield* read(crs, start),
      end: yield* read(crs, end),
      step: yield* read(crs, step),
      crs
    }
    return checked.step === 0 ? yield* invalid("a step of 0 leads nowhere; leave it out for every point") : checked
  })

/**
 * Decodes and encodes a dimension.
 *
 * @example
 * ```ts
 * import { Dimension } from "@effect-wps/cwt"
 * import { Schema } from "effect"
 *
 * const json = Schema.encodeEither(Dimension.FromJson)(Dimension.values(-90, 0))
 * // { start: -90, end: 0, step: 1, crs: "values" }
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<Dimension, Json> = Schema.transformOrFail(Json, Schema.typeSchema(Dimension), {
  strict: true,
  decode: (json, _, ast) =>
    Either.mapBoth(bounds(json, (crs, value) => isCrs(crs) ? coerce(crs, value) : Either.right(value)), {
      onLeft: ({ reason }) => new ParseResult.Type(ast, json, reason),
      onRight: (read) => new Dimension(read, unchecked)
    }),
  encode: (dimension, _, ast) =>
    Either.mapLeft(bounds(dimension, strict), ({ reason }) => new ParseResult.Type(ast, dimension, reason))
})
