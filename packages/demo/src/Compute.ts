/**
 * The computations of ESGF's compute nodes, as functions of fields.
 *
 * @since 0.1.0
 */
import type { Cdat, Domain } from "@effect-wps/cwt"
import { Array as Arr, Either, Option, Order, Record, Schema } from "effect"
import { ComputeError } from "./ComputeError.ts"
import * as Field from "./Field.ts"
import * as conditions from "./internal/condition.ts"
import * as grid from "./internal/grid.ts"
import * as horizontal from "./internal/horizontal.ts"
import * as statistics from "./internal/statistics.ts"
import * as Selection from "./Selection.ts"

/**
 * The part of a field that a domain means, with the axes in the field's order. No axis goes away: one point is an axis
 * of the length 1, so that what is cut out can still be aggregated, reduced and drawn by the names of its axes.
 *
 * @example
 * ```ts
 * import { Dimension, Domain } from "@effect-wps/cwt"
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const tropics = Compute.subset(Sample.temperature, Domain.make({ lat: Dimension.tropics }))
 * const june = Compute.subset(Sample.temperature, Domain.make({ time: Dimension.at("1850-06") }))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const subset = (
  field: Field.Field,
  domain: Domain.Domain,
  options?: {
    /** What a point among `values` is when no coordinate equals it. @default an error */
    readonly method?: Cdat.Method | undefined
  }
): Either.Either<Field.Field, ComputeError> =>
  Either.map(Selection.select(field.axes, domain, options), (selected) => ({
    ...field,
    axes: selected.map(({ axis }) => axis),
    values: grid.gather(field.values, Field.shape(field), selected.map(({ indices }) => indices))
  }))

/** Where the field has its value for each point of a grid. It is the same along axes that it does not have. */
const onto = (field: Pick<Field.Field, "axes">, axes: ReadonlyArray<Field.Axis>): Int32Array => {
  const sizes = (of: ReadonlyArray<Field.Axis>) => of.map(({ values }) => values.length)
  const own = grid.strides(sizes(field.axes))
  return grid.offsets(
    sizes(axes),
    axes.map(({ name }) => own[field.axes.findIndex((axis) => axis.name === name)] ?? 0)
  )
}

/** The positions of the axes; of all of them if none is named. */
const positions = (
  field: Field.Field,
  names: ReadonlyArray<string>
): Either.Either<ReadonlySet<number>, ComputeError> =>
  Either.map(
    names.length === 0
      ? Either.right(field.axes.map((_, index) => index))
      : Either.all(names.map((name) => Field.axisIndex(field.axes, name))),
    (found) => new Set(found)
  )

const inPrecisionOf = (values: Field.Values, computed: Float64Array): Field.Values =>
  values instanceof Float32Array ? Float32Array.from(computed) : computed

/** What they say no longer holds of other numbers. */
const withoutUnits = (attributes: Field.Attributes): Field.Attributes =>
  Record.filter(attributes, (_, name) => name !== "units" && name !== "standard_name")

const countAttributes = ({ name }: Field.Field): Field.Attributes => ({
  long_name: `number of values of ${name}`,
  units: "1"
})

/** The attributes of what is computed out of a field's values. */
const attributesOf = (statistic: statistics.Statistic, field: Field.Field): Field.Attributes => {
  const { units } = field.attributes
  switch (statistic) {
    case "count":
      return countAttributes(field)
    case "var":
      return typeof units === "string"
        ? { ...withoutUnits(field.attributes), units: `(${units})^2` }
        : field.attributes
    default:
      return field.attributes
  }
}

const cellMethods = {
  max: "maximum",
  min: "minimum",
  sum: "sum",
  mean: "mean",
  std: "standard_deviation",
  var: "variance",
  count: "count"
} as const satisfies Record<statistics.Statistic, string>

const reduction =
  (statistic: statistics.Statistic) =>
  (field: Field.Field, axes: ReadonlyArray<string>): Either.Either<Field.Field, ComputeError> =>
    Either.map(positions(field, axes), (reduced) => {
      const kept = field.axes.filter((_, index) => !reduced.has(index))
      const names = field.axes.filter((_, index) => reduced.has(index)).map(({ name }) => `${name}: `).join("")
      const { cell_methods: before } = field.attributes
      const computed = statistics.compute(
        statistic,
        field.values,
        onto({ axes: kept }, field.axes),
        grid.product(kept.map(({ values }) => values.length))
      )
      return {
        name: field.name,
        axes: kept,
        values: statistic === "count" ? computed : inPrecisionOf(field.values, computed),
        attributes: {
          ...attributesOf(statistic, field),
          ...(names === "" || statistic === "count"
            ? {}
            : { cell_methods: `${typeof before === "string" ? `${before} ` : ""}${names}${cellMethods[statistic]}` })
        }
      }
    })

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
  reduction("max")

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
  reduction("min")

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
  reduction("sum")

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
  reduction("mean")

/**
 * The standard deviation along the axes, which go away; along all of them if none is named: the root of the variance.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const variability = Compute.std(Sample.temperature, ["time"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const std: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("std")

/**
 * The variance along the axes, which go away; along all of them if none is named: the mean of the squares of what is
 * between the values and their mean. Missing values are left out; where all are missing, so is the result.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const variance = Compute.variance(Sample.temperature, ["time"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const variance: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("var")

/**
 * How many values are not missing along the axes, which go away; along all of them if none is named.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const observed = Compute.count(Sample.temperature, ["time"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const count: (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError> =
  reduction("count")

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

/**
 * A field, or a number that stands for one that is the same everywhere.
 *
 * @since 0.1.0
 * @category models
 */
export type Operand = Field.Field | number

const unitsOf = ({ attributes }: { readonly attributes: Field.Attributes }): string | undefined =>
  typeof attributes["units"] === "string" ? attributes["units"] : undefined

/** The axes of both, of each name one, if they agree on those that both have. */
const sharedAxes = (
  left: Field.Field,
  right: Field.Field
): Either.Either<ReadonlyArray<Field.Axis>, ComputeError> => {
  const others = right.axes.filter(({ name }) => !left.axes.some((axis) => axis.name === name))
  const clash = left.axes.find((axis) =>
    right.axes.some((other) =>
      other.name === axis.name &&
      (!sameCoordinates(axis, other) || unitsOf(axis) !== unitsOf(other) ||
        axis.attributes["calendar"] !== other.attributes["calendar"])
    )
  )
  return clash === undefined
    ? Either.right([...left.axes, ...others])
    : Either.left(
      new ComputeError({
        reason: "mismatch",
        subject: clash.name,
        detail: `its coordinates differ between ${left.name} and ${right.name}. Take the same part of both first.`
      })
    )
}

/** A field is the same along axes that it does not have. */
const zipWith = (
  left: Field.Field,
  right: Field.Field,
  combine: (left: number, right: number) => number
): Either.Either<Pick<Field.Field, "axes" | "values">, ComputeError> =>
  Either.map(sharedAxes(left, right), (axes) => {
    const lefts = onto(left, axes)
    const rights = onto(right, axes)
    const computed = Float64Array.from(
      lefts,
      (at, index) => combine(left.values[at] ?? NaN, right.values[rights[index] ?? -1] ?? NaN)
    )
    const isSingle = left.values instanceof Float32Array && right.values instanceof Float32Array
    return { axes, values: isSingle ? Float32Array.from(computed) : computed }
  })

const arithmetic =
  (combine: (left: number, right: number) => number, options?: { readonly ofOneUnit: true }) =>
  (left: Field.Field, right: Operand): Either.Either<Field.Field, ComputeError> => {
    const attributes = options?.ofOneUnit === true ? left.attributes : withoutUnits(left.attributes)
    if (typeof right === "number") {
      return Either.right({ ...left, values: left.values.map((value) => combine(value, right)), attributes })
    }
    const units = [unitsOf(left), unitsOf(right)].filter((unit) => unit !== undefined)
    return options?.ofOneUnit === true && Arr.dedupe(units).length > 1
      ? Either.left(
        new ComputeError({
          reason: "mismatch",
          subject: left.name,
          detail: `its units are ${units.join(`, and those of ${right.name} `)}. Bring them to one unit first.`
        })
      )
      : Either.map(zipWith(left, right, combine), (zipped) => ({ name: left.name, ...zipped, attributes }))
  }

/**
 * The sum of a field and another, or a number, point by point. Along an axis that only one of them has, the other is the
 * same everywhere; on those that both have they must agree. Both have to have one unit, if any.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const warmer = Compute.add(Sample.temperature, 2)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const add: (left: Field.Field, right: Operand) => Either.Either<Field.Field, ComputeError> = arithmetic(
  (left, right) => left + right,
  { ofOneUnit: true }
)

/**
 * The difference of a field and another, or a number, point by point, as `add` has it.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 * import { Either } from "effect"
 *
 * const anomaly = Either.flatMap(
 *   Compute.mean(Sample.temperature, ["time"]),
 *   (climate) => Compute.subtract(Sample.temperature, climate)
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const subtract: (left: Field.Field, right: Operand) => Either.Either<Field.Field, ComputeError> = arithmetic(
  (left, right) => left - right,
  { ofOneUnit: true }
)

/**
 * The product of a field and another, or a number, point by point, as `add` has it; its unit is not known.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const millimetresADay = Compute.multiply(Sample.precipitation, 86_400)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const multiply: (left: Field.Field, right: Operand) => Either.Either<Field.Field, ComputeError> = arithmetic(
  (left, right) => left * right
)

/**
 * The quotient of a field and another, or a number, point by point, as `add` has it; its unit is not known.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const share = Compute.divide(Sample.temperature, 300)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const divide: (left: Field.Field, right: Operand) => Either.Either<Field.Field, ComputeError> = arithmetic(
  (left, right) => left / right
)

/**
 * A field raised to another, or to a number, point by point, as `add` has it; its unit is not known.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const squares = Compute.power(Sample.temperature, 2)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const power: (left: Field.Field, right: Operand) => Either.Either<Field.Field, ComputeError> = arithmetic(
  (left, right) => left ** right
)

const map = (field: Field.Field, f: (value: number) => number): Field.Field => ({
  ...field,
  values: field.values.map((value) => f(value))
})

const mapWithoutUnits = (f: (value: number) => number) => (field: Field.Field): Field.Field => ({
  ...map(field, f),
  attributes: withoutUnits(field.attributes)
})

/**
 * The absolute value, point by point.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const absolute = Compute.abs(Sample.temperature)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const abs = (field: Field.Field): Field.Field => map(field, Math.abs)

/**
 * The exponential, point by point; its unit is not known.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const exponential = Compute.exp(Sample.precipitation)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const exp: (field: Field.Field) => Field.Field = mapWithoutUnits(Math.exp)

/**
 * The natural logarithm, point by point; its unit is not known. That of a number below 0 is missing.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const logarithm = Compute.log(Sample.precipitation)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const log: (field: Field.Field) => Field.Field = mapWithoutUnits(Math.log)

/**
 * The square root, point by point; its unit is not known. That of a number below 0 is missing.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const root = Compute.sqrt(Sample.precipitation)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const sqrt: (field: Field.Field) => Field.Field = mapWithoutUnits(Math.sqrt)

/**
 * The same values without the axes of length 1.
 *
 * @example
 * ```ts
 * import { Dimension, Domain } from "@effect-wps/cwt"
 * import { Compute, Sample } from "@effect-wps/demo"
 * import { Either } from "effect"
 *
 * const plane = Either.map(
 *   Compute.subset(Sample.temperature, Domain.make({ time: Dimension.atIndex(0) })),
 *   Compute.squeeze // lat and lon are left
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const squeeze = (field: Field.Field): Field.Field => ({
  ...field,
  axes: field.axes.filter(({ values }) => values.length !== 1)
})

/**
 * The same with this number in place of missing values.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const filled = Compute.fillna(Sample.temperature, 0)
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const fillna = (field: Field.Field, number: number): Field.Field =>
  map(field, (value) => Number.isNaN(value) ? number : value)

/**
 * The same on another grid of latitudes and longitudes, linear between the four points around; where one of them that
 * counts is missing, so is the result. The grid is `uniform~` with the degrees from one latitude and from one longitude to
 * the next, or `gaussian~` with the number of latitudes.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const coarse = Compute.regrid(Sample.temperature, "uniform~10x10")
 * const spectral = Compute.regrid(Sample.temperature, "gaussian~32")
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const regrid = (field: Field.Field, grid: string): Either.Either<Field.Field, ComputeError> =>
  Either.flatMap(horizontal.parse(grid), (points) => horizontal.regrid(field, points))

/**
 * Which values are kept, and what stands in place of the others.
 *
 * @since 0.1.0
 * @category models
 */
export interface Filter {
  /** A comparison of a variable or a dimension with a number, a variable or a dimension: `lon>180`, `pr>=prw`. */
  readonly cond: string
  /** @default missing */
  readonly other?: number | undefined
  /** Other variables that the condition may name. */
  readonly among?: ReadonlyArray<Field.Field> | undefined
}

/**
 * The variable of this name or, as a field of its own, the dimension.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const latitudes = Compute.named("lat", [Sample.temperature])
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const named = (
  name: string,
  fields: ReadonlyArray<Field.Field>
): Either.Either<Field.Field, ComputeError> =>
  Option.orElse(
    Arr.findFirst(fields, (field) => field.name === name),
    () =>
      Arr.findFirst(fields, ({ axes }) =>
        Option.map(
          Option.flatMap(Either.getRight(Field.axisIndex(axes, name)), (index) => Arr.get(axes, index)),
          (axis): Field.Field => ({ ...axis, axes: [axis] })
        ))
  ).pipe(Either.fromOption(() =>
    new ComputeError({
      reason: "unknown-variable",
      subject: name,
      detail: `no such variable or dimension. There are ${
        Arr.dedupe([...fields, ...fields.flatMap(({ axes }) => axes)].map((one) => one.name)).join(", ")
      }.`
    })
  ))

/**
 * The values for which a condition is true.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const warm = Compute.where(Sample.temperature, { cond: "tas>273.15" })
 * const north = Compute.where(Sample.temperature, { cond: "lat>0", other: 0 })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const where = (
  field: Field.Field,
  { among = [], cond, other = NaN }: Filter
): Either.Either<Field.Field, ComputeError> =>
  Either.gen(function*() {
    const { holds, left, right } = yield* conditions.parse(cond)
    const fields = [field, ...among]
    const tested = yield* named(left, fields)
    const against = typeof right === "number"
      ? { name: "", axes: [], values: Float64Array.of(right), attributes: {} }
      : yield* named(right, fields)
    const { axes, values } = yield* zipWith(tested, against, (one, two) => holds(one, two) ? 1 : 0)
    const isTrue: Field.Field = { name: cond, axes, values: Float32Array.from(values), attributes: {} }
    const kept = yield* zipWith(field, isTrue, (value, isKept) => isKept === 1 ? value : other)
    return { ...field, ...kept }
  })

/**
 * What can be computed of many values.
 *
 * @since 0.1.0
 * @category models
 */
export const Statistic = statistics.Statistic

/**
 * What can be computed of many values.
 *
 * @since 0.1.0
 * @category models
 */
export type Statistic = typeof Statistic.Type

/**
 * What can be computed along axes, by its name.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const spread = Compute.reductions.std(Sample.temperature, ["time"])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const reductions: Readonly<
  Record<Statistic, (field: Field.Field, axes: ReadonlyArray<string>) => Either.Either<Field.Field, ComputeError>>
> = { max, min, sum, mean, std, var: variance, count }

/**
 * One number out of the values for which a condition is true.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const warmPoints = Compute.filterMap(Sample.temperature, { cond: "tas>273.15", func: "count" })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const filterMap = (
  field: Field.Field,
  { func, ...filter }: Filter & { readonly func: Statistic }
): Either.Either<Field.Field, ComputeError> =>
  Either.flatMap(where(field, filter), (kept) => reductions[func](kept, []))

/**
 * How values are put into groups: by the values of a field on the same axes, or on some of them. A bin is open at its
 * lower edge and closed at its upper one; what lies outside of all belongs to none.
 *
 * @since 0.1.0
 * @category models
 */
export interface Groups {
  readonly by: Field.Field
  /** The edges of the bins, rising; the outermost may be infinite. */
  readonly bins: ReadonlyArray<number>
}

/** The middle of a bin, or the one edge that it has. */
const middle = (lower: number, upper: number): number =>
  lower === -Infinity ? upper : upper === Infinity ? lower : (lower + upper) / 2

/**
 * One number for each group of values, on an axis of the bins.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const rainByWarmth = Compute.groupbyBins(
 *   Sample.precipitation,
 *   { by: Sample.temperature, bins: [-Infinity, 273.15, 293.15, Infinity] },
 *   "mean"
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const groupbyBins = (
  field: Field.Field,
  { bins, by }: Groups,
  statistic: Statistic
): Either.Either<Field.Field, ComputeError> =>
  Either.gen(function*() {
    const rises = bins.length > 1 && bins.every((edge, index) => index === 0 || edge > (bins[index - 1] ?? NaN))
    if (!rises) {
      return yield* Either.left(
        new ComputeError({
          reason: "invalid-parameter",
          subject: "bins",
          detail: `${bins.join(", ")} are no bins. Give two edges or more, each above the one before.`
        })
      )
    }
    const axes = yield* sharedAxes(field, by)
    if (axes.length > field.axes.length) {
      return yield* Either.left(
        new ComputeError({
          reason: "mismatch",
          subject: field.name,
          detail: `it has not all dimensions of ${by.name}, by which it is grouped. Group by another variable.`
        })
      )
    }
    const groups = onto(by, axes).map((at) => {
      const value = by.values[at] ?? NaN
      return bins.findIndex((edge) => value <= edge) - 1
    })
    const name = `${by.name}_bins`
    const computed = statistics.compute(statistic, field.values, groups, bins.length - 1)
    return {
      name: field.name,
      axes: [{
        name,
        values: Float64Array.from(bins.slice(1), (upper, index) => middle(bins[index] ?? NaN, upper)),
        attributes: {
          ...Record.filter(by.attributes, (_, attribute) => attribute === "units"),
          long_name: `bins of ${by.name}`,
          edges: [...bins]
        }
      }],
      values: statistic === "count" ? computed : inPrecisionOf(field.values, computed),
      attributes: attributesOf(statistic, field)
    }
  })

const sameNumbers = (left: Field.Values, right: Field.Values, differ: (left: number, right: number) => boolean) =>
  left.every((value, index) => !differ(value, right[index] ?? NaN))

const sameAttributes = Record.getEquivalence<string, Field.Attribute>(
  (left, right) => String(left) === String(right)
)

/**
 * How variables of one name are put together: the first is taken (`override`), they must be the same (`equals`,
 * `broadcast_equals`), also in their attributes (`identical`), or they may complete each other's missing values
 * (`no_conflicts`).
 *
 * @since 0.1.0
 * @category models
 */
export const Compat = Schema.Literal("no_conflicts", "override", "equals", "broadcast_equals", "identical")

/**
 * @since 0.1.0
 * @category models
 */
export type Compat = typeof Compat.Type

const unite = (compat: Compat) => (left: Field.Field, right: Field.Field): Either.Either<Field.Field, ComputeError> => {
  if (compat === "override") return Either.right(left)
  const sameAxes = left.axes.map(({ name }) => name).join() === right.axes.map(({ name }) => name).join()
  const differ = compat === "no_conflicts"
    ? (one: number, two: number) => one !== two && !Number.isNaN(one) && !Number.isNaN(two)
    : (one: number, two: number) => !Object.is(one, two)
  return sameAxes && sameNumbers(left.values, right.values, differ) &&
      (compat !== "identical" || sameAttributes(left.attributes, right.attributes))
    ? Either.right({
      ...left,
      values: left.values.map((value, index) => Number.isNaN(value) ? right.values[index] ?? NaN : value)
    })
    : Either.left(
      new ComputeError({
        reason: "mismatch",
        subject: left.name,
        detail: "two variables of this name are not the same. Rename one, or merge with compat \"override\"."
      })
    )
}

/**
 * Variables put together, of each name one. They must agree on the axes that they share.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const both = Compute.merge([Sample.temperature, Sample.precipitation])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const merge = (
  fields: Arr.NonEmptyReadonlyArray<Field.Field>,
  options?: {
    /** @default "no_conflicts" */
    readonly compat?: Compat | undefined
  }
): Either.Either<Arr.NonEmptyArray<Field.Field>, ComputeError> =>
  Either.gen(function*() {
    const [first, ...rest] = fields
    let axes = first.axes
    for (const field of rest) axes = yield* sharedAxes({ ...first, axes }, field)
    // A file has one axis of each name, to the last digit.
    const aligned = Arr.map(fields, (field): Field.Field => ({
      ...field,
      axes: field.axes.map((axis) => axes.find(({ name }) => name === axis.name) ?? axis)
    }))
    const merged = new Map<string, Field.Field>()
    for (const field of aligned) {
      const before = merged.get(field.name)
      merged.set(
        field.name,
        before === undefined ? field : yield* unite(options?.compat ?? "no_conflicts")(before, field)
      )
    }
    const [one = first, ...others] = merged.values()
    return [one, ...others]
  })

/**
 * The same fields with other names, also of their axes: pairs of the name that there is and the one that it gets.
 *
 * @example
 * ```ts
 * import { Compute, Sample } from "@effect-wps/demo"
 *
 * const renamed = Compute.rename([Sample.temperature], [["tas", "temperature"], ["lat", "latitude"]])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const rename = (
  fields: Arr.NonEmptyReadonlyArray<Field.Field>,
  pairs: ReadonlyArray<readonly [from: string, to: string]>
): Either.Either<Arr.NonEmptyArray<Field.Field>, ComputeError> => {
  const names = new Map(pairs)
  const renamed = Arr.map(fields, (field): Field.Field => ({
    ...field,
    name: names.get(field.name) ?? field.name,
    axes: field.axes.map((axis) => ({ ...axis, name: names.get(axis.name) ?? axis.name }))
  }))
  const before = Arr.dedupe([...fields, ...fields.flatMap(({ axes }) => axes)].map(({ name }) => name))
  const unknown = pairs.find(([from]) => !before.includes(from))
  const after = before.map((name) => names.get(name) ?? name)
  const twice = after.find((name, index) => after.indexOf(name) !== index)
  return unknown !== undefined
    ? Either.left(
      new ComputeError({
        reason: "unknown-variable",
        subject: unknown[0],
        detail: `nothing of this name can be renamed. There are ${before.join(", ")}.`
      })
    )
    : twice !== undefined
    ? Either.left(
      new ComputeError({
        reason: "invalid-parameter",
        subject: "rename",
        detail: `two would be called ${twice}. Give another name.`
      })
    )
    : Either.right(renamed)
}
