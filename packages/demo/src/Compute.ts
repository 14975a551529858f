/**
 * The computations of ESGF's compute nodes that the demo knows, as functions of fields.
 *
 * @since 0.1.0
 */
import { Array as Arr, Either, Order } from "effect"
import { ComputeError } from "./ComputeError.ts"
import * as Domain from "./Domain.ts"
import * as Field from "./Field.ts"
import * as grid from "./internal/grid.ts"

/**
 * The part of a field that a domain means, with the axes in the field's order. No axis goes away: one point is an axis
 * of the length 1, so that what is cut out can still be aggregated, reduced and drawn by the names of its axes.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const tropics = Compute.subset(Sample.temperature, { lat: { start: -23.4, end: 23.4, crs: "values" } })
 * const june = Compute.subset(Sample.temperature, { time: { start: "1850-06", end: "1850-06", crs: "timestamps" } })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const subset = (
  field: Field.Field,
  domain: Domain.Domain,
  options?: {
    /** @default "exact" */
    readonly method?: Domain.Method | undefined
  }
): Either.Either<Field.Field, ComputeError> =>
  Either.map(Domain.select(field.axes, domain, options), (selected) => ({
    ...field,
    axes: selected.map(({ axis }) => axis),
    values: grid.gather(field.values, Field.shape(field), selected.map(({ indices }) => indices))
  }))

/** Positions of the axes to reduce, the last first, so that the positions before stay as they are. */
const positions = (
  field: Field.Field,
  names: ReadonlyArray<string>
): Either.Either<ReadonlyArray<number>, ComputeError> =>
  names.length === 0
    ? Either.right(Arr.reverse(Arr.map(field.axes, (_, index) => index)))
    : Either.map(
      Either.all(names.map((name) => Field.axisIndex(field.axes, name))),
      (found) => Arr.sort(Arr.dedupe(found), Order.reverse(Order.number))
    )

const folded = (
  values: Float64Array,
  field: Field.Field,
  axes: ReadonlyArray<number>,
  combine: (left: number, right: number) => number
): Float64Array =>
  axes.reduce(
    ({ shape, values }, axis) => ({
      values: grid.fold(values, shape, axis, combine),
      shape: Arr.remove(shape, axis)
    }),
    { values, shape: Field.shape(field) }
  ).values

const reduction = (
  cellMethod: string,
  compute: (
    values: Float64Array,
    fold: (values: Float64Array, combine: (left: number, right: number) => number) => Float64Array
  ) => Float64Array
) =>
(field: Field.Field, axes: ReadonlyArray<string>): Either.Either<Field.Field, ComputeError> =>
  Either.map(positions(field, axes), (reduced) => {
    if (reduced.length === 0) return field
    const computed = compute(
      Float64Array.from(field.values),
      (values, combine) => folded(values, field, reduced, combine)
    )
    const values = grid.ofSameType(field.values, computed.length)
    values.set(computed)
    const { cell_methods: before } = field.attributes
    const names = field.axes.filter((_, index) => reduced.includes(index)).map(({ name }) => `${name}: `).join("")
    return {
      name: field.name,
      axes: field.axes.filter((_, index) => !reduced.includes(index)),
      values,
      attributes: {
        ...field.attributes,
        cell_methods: `${typeof before === "string" ? `${before} ` : ""}${names}${cellMethod}`
      }
    }
  })

const add = (left: number, right: number): number => left + right

/**
 * The largest value along the axes, which go away; along all of them if none is named. Missing values are left out; where
 * all are missing, so is the result.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const warmest = Compute.max(Sample.temperature, ["time"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const max: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("maximum", (values, fold) => fold(values, Math.max))

/**
 * The smallest value along the axes, which go away; along all of them if none is named. Missing values are left out;
 * where all are missing, so is the result.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const coldest = Compute.min(Sample.temperature, ["lat", "lon"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const min: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("minimum", (values, fold) => fold(values, Math.min))

/**
 * The sum along the axes, which go away; along all of them if none is named. It is added up in double precision and
 * given in the field's. Missing values are left out; where all are missing, so is the result.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const total = Compute.sum(Sample.temperature, [])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const sum: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("sum", (values, fold) => fold(values, add))

/**
 * The mean of the values along the axes, which go away; along all of them if none is named. As on ESGF's nodes each
 * point counts the same, whatever area it stands for. Missing values are left out; where all are missing, so is the
 * result.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const climate = Compute.mean(Sample.temperature, ["time"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const mean: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("mean", (values, fold) => {
    const counts = fold(values.map((value) => Number.isNaN(value) ? 0 : 1), add)
    return fold(values, add).map((total, index) => total / (counts[index] ?? 0))
  })

const close = (left: number, right: number): boolean =>
  Math.abs(left - right) <= 1e-6 * Math.max(1, Math.abs(left), Math.abs(right))

const sameCoordinates = (left: Field.Axis, right: Field.Axis): boolean =>
  left.values.length === right.values.length &&
  left.values.every((value, index) => close(value, right.values[index] ?? NaN))

const clashOf = (first: Field.Field, other: Field.Field, time: number): string | undefined => {
  const names = ({ axes }: Field.Field) => axes.map(({ name }) => name).join(", ")
  const units = ({ attributes }: { readonly attributes: Field.Attributes }) => String(attributes["units"] ?? "none")
  if (first.name !== other.name) return `one variable is ${first.name}, another ${other.name}`
  if (units(first) !== units(other)) return `the units differ: ${units(first)} and ${units(other)}`
  if (names(first) !== names(other)) return `the dimensions differ: ${names(first)} and ${names(other)}`
  return Arr.zip(first.axes, other.axes).flatMap(([left, right], index) =>
    units(left) !== units(right)
      ? [`the units of ${left.name} differ: ${units(left)} and ${units(right)}`]
      : index === time && left.attributes["calendar"] !== right.attributes["calendar"]
      ? [`the calendars of ${left.name} differ`]
      : index !== time && !sameCoordinates(left, right)
      ? [`the coordinates of ${left.name} differ`]
      : []
  )[0]
}

/**
 * Joins the parts of a variable along time, in the order of their times. They have to have the same name, units,
 * dimensions and coordinates, and no time twice.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const twoYears = Compute.aggregate(Sample.temperatureByYear)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const aggregate = (
  fields: Arr.NonEmptyReadonlyArray<Field.Field>
): Either.Either<Field.Field, ComputeError> => {
  const first = fields[0]
  const mismatch = (detail: string) =>
    Either.left(new ComputeError({ reason: "mismatch", subject: first.name, detail }))
  const time = first.axes.findIndex(Field.isTime)
  const axis = first.axes[time]
  if (axis === undefined) {
    return mismatch("no dimension counts time, as \"days since 1850-01-01\" does. Aggregate variables that have one.")
  }
  const clash = fields.flatMap((field) => clashOf(first, field, time) ?? [])[0]
  if (clash !== undefined) return mismatch(`${clash}. Aggregate files of one variable on one grid.`)

  const timesOf = (field: Field.Field) => field.axes[time]?.values ?? new Float64Array()
  const parts = Arr.sort(fields, Order.mapInput(Order.number, (field: Field.Field) => timesOf(field)[0] ?? 0))
  const times = Float64Array.from(parts.flatMap((part) => Arr.fromIterable(timesOf(part))))
  if (times.some((value, index) => index > 0 && !(value > (times[index - 1] ?? NaN)))) {
    return mismatch("the parts overlap in time. Give each time once, or take a subset of the parts first.")
  }
  return Either.right({
    ...first,
    axes: first.axes.map((before, index) => index === time ? { ...axis, values: times } : before),
    values: grid.concatenate(parts.map((part) => ({ values: part.values, shape: Field.shape(part) })), time)
  })
}
