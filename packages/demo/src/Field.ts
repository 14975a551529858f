/**
 * A variable on its grid: values with the coordinates that they stand at.
 *
 * @since 0.1.0
 */
import { Array as Arr, Either, Option } from "effect"
import { ComputeError } from "./ComputeError.ts"

/**
 * Attributes of a variable, such as `units` and `standard_name`.
 *
 * @see CF conventions 1.8 §2.6
 * @since 0.1.0
 * @category models
 */
export type Attributes = Readonly<Record<string, Attribute>>

/**
 * @since 0.1.0
 * @category models
 */
export type Attribute = string | number | ReadonlyArray<string> | ReadonlyArray<number>

/**
 * A dimension and its coordinates, in the units that its attributes name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Axis {
  readonly name: string
  readonly values: Float64Array
  readonly attributes: Attributes
}

/**
 * The values, in the precision of the file. A missing value is `NaN`.
 *
 * @since 0.1.0
 * @category models
 */
export type Values = Float32Array | Float64Array

/**
 * A variable on its grid. `values` has one number for each point, the last axis varying fastest; with no axes it is one
 * number.
 *
 * @since 0.1.0
 * @category models
 */
export interface Field {
  readonly name: string
  readonly axes: ReadonlyArray<Axis>
  readonly values: Values
  readonly attributes: Attributes
}

/**
 * How many points each axis has.
 *
 * @since 0.1.0
 * @category getters
 */
export const shape = (field: Field): ReadonlyArray<number> => field.axes.map(({ values }) => values.length)

/**
 * A field, if its values fill its axes and no two axes have one name; else a `mismatch`.
 *
 * @example
 * ```ts
 * import { Field } from "@effect-wps/demo"
 *
 * const lat = { name: "lat", values: Float64Array.of(-45, 45), attributes: { units: "degrees_north" } }
 * const tas = Field.make({ name: "tas", axes: [lat], values: Float32Array.of(281.5, NaN), attributes: { units: "K" } })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (field: Field): Either.Either<Field, ComputeError> => {
  const sizes = shape(field)
  const needed = sizes.reduce((product, size) => product * size, 1)
  const detail = needed !== field.values.length
    ? `${field.values.length} values on a grid of ${sizes.join(" × ")} points. Give ${needed} values.`
    : Arr.dedupe(field.axes.map(({ name }) => name)).length !== field.axes.length
    ? "two axes have the same name. Name each differently."
    : undefined
  return detail === undefined
    ? Either.right(field)
    : Either.left(new ComputeError({ reason: "mismatch", subject: field.name, detail }))
}

const hasUnits = (pattern: RegExp) => ({ attributes }: Axis): boolean =>
  typeof attributes["units"] === "string" && pattern.test(attributes["units"])

/**
 * Whether the units say degrees north.
 *
 * @see CF conventions 1.8 §4.1
 * @since 0.1.0
 * @category predicates
 */
export const isLatitude: (axis: Axis) => boolean = hasUnits(/^degrees?_?n(orth)?$/i)

/**
 * Whether the units say degrees east.
 *
 * @see CF conventions 1.8 §4.2
 * @since 0.1.0
 * @category predicates
 */
export const isLongitude: (axis: Axis) => boolean = hasUnits(/^degrees?_?e(ast)?$/i)

/**
 * Whether the units count from a moment, as `days since 1850-01-01` does.
 *
 * @see CF conventions 1.8 §4.4
 * @since 0.1.0
 * @category predicates
 */
export const isTime: (axis: Axis) => boolean = hasUnits(/\ssince\s/i)

/**
 * The position of the axis with this name or, if there is none, with this `standard_name` or this letter as its `axis`
 * attribute (`T`, `Z`, `Y`, `X`).
 *
 * @since 0.1.0
 * @category getters
 */
export const axisIndex = (axes: ReadonlyArray<Axis>, name: string): Either.Either<number, ComputeError> =>
  Arr.findFirstIndex(axes, (axis) => axis.name === name).pipe(
    Option.orElse(() => Arr.findFirstIndex(axes, ({ attributes }) => attributes["standard_name"] === name)),
    Option.orElse(() => Arr.findFirstIndex(axes, ({ attributes }) => attributes["axis"] === name.toUpperCase())),
    Either.fromOption(() =>
      new ComputeError({
        reason: "unknown-dimension",
        subject: name,
        detail: axes.length === 0
          ? "no such dimension, the variable has none. Leave it out."
          : `no such dimension. Ask for one of ${axes.map((axis) => axis.name).join(", ")}.`
      })
    )
  )
