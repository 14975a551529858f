/**
 * Which points of a variable a domain means.
 *
 * @since 0.1.0
 */
import type { Cdat, Dimension, Domain } from "@effect-wps/cwt"
import { Array as Arr, Either, Number as Num, Option, Order } from "effect"
import { ComputeError } from "./ComputeError.ts"
import * as Field from "./Field.ts"
import * as cfTime from "./internal/cfTime.ts"

/**
 * The points of an axis that a domain means: their positions in order, and the axis that they make.
 *
 * @since 0.1.0
 * @category models
 */
export interface Selected {
  readonly indices: ReadonlyArray<number>
  readonly axis: Field.Axis
}

interface Point {
  readonly index: number
  /** The coordinate, on a longitude turned to where it was asked for. */
  readonly value: number
}

const fail = (reason: ComputeError["reason"], subject: string, detail: string): Either.Either<never, ComputeError> =>
  Either.left(new ComputeError({ reason, subject, detail }))

/** A coordinate stored in single precision equals the number that it was rounded from. */
const same = (value: number, asked: number): boolean => value === asked || value === Math.fround(asked)

const extent = ({ values }: Field.Axis): string => {
  const [first, ...rest] = values
  return first === undefined ? "nothing" : `${rest.reduce(Num.min, first)} to ${rest.reduce(Num.max, first)}`
}

const pointsOf = (axis: Field.Axis): ReadonlyArray<Point> =>
  Arr.fromIterable(axis.values).map((value, index) => ({ value, index }))

const byValue = Order.mapInput(Order.number, ({ value }: Point) => value)

const runsDownwards = ({ values }: Field.Axis): boolean => (values[0] ?? 0) > (values[values.length - 1] ?? 0)

const inDirectionOf = (axis: Field.Axis): Order.Order<Point> => runsDownwards(axis) ? Order.reverse(byValue) : byValue

const onePoint = (
  axis: Field.Axis,
  asked: number,
  method: Cdat.Method | undefined
): Either.Either<ReadonlyArray<Point>, ComputeError> => {
  const points = pointsOf(axis).map(({ index, value }) => ({
    index,
    value: Field.isLongitude(axis) ? value + 360 * Math.round((asked - value) / 360) : value
  }))
  const closestFirst = Arr.sort(points, Order.mapInput(Order.number, ({ value }: Point) => Math.abs(value - asked)))
  const candidates = closestFirst.filter(({ value }) =>
    method === "nearest" || same(value, asked) || method === "pad" && value < asked ||
    method === "backfill" && value > asked
  )
  if (Arr.isNonEmptyReadonlyArray(candidates)) return Either.right([candidates[0]])
  const closest = closestFirst.map(({ value }) => value)[0]
  return fail(
    "empty-selection",
    axis.name,
    `no point at ${asked}${
      closest === undefined ? ". The dimension is empty." : `. Ask for ${closest}, or for the method "nearest".`
    }`
  )
}

const valueRange = (axis: Field.Axis, start: number, end: number): ReadonlyArray<Point> => {
  const within = (value: number) => (value >= start || same(value, start)) && (value <= end || same(value, end))
  if (!Field.isLongitude(axis)) return pointsOf(axis).filter(({ value }) => within(value))
  const turned = pointsOf(axis).flatMap(({ index, value }) => {
    const upward = value + 360 * Math.ceil((start - value) / 360)
    return within(value) ? [{ index, value }] : within(upward) ? [{ index, value: upward }] : []
  })
  return turned.every(({ index, value }) => value === axis.values[index])
    ? turned
    : Arr.sort(turned, inDirectionOf(axis))
}

const byValues = (
  axis: Field.Axis,
  start: number,
  end: number,
  method: Cdat.Method | undefined
): Either.Either<ReadonlyArray<Point>, ComputeError> =>
  start === end
    ? onePoint(axis, start, method)
    : start < end
    ? Either.right(valueRange(axis, start, end))
    // ESGF's nodes want the greater one first on an axis that runs downwards.
    : runsDownwards(axis)
    ? Either.right(valueRange(axis, end, start))
    : fail("invalid-range", axis.name, `start ${start} is above end ${end}. Exchange them; the file's order is kept.`)

const byIndices = (axis: Field.Axis, start: number, end: number): Either.Either<ReadonlyArray<Point>, ComputeError> => {
  const size = axis.values.length
  const fromFront = (index: number) => index < 0 ? index + size : index
  if (!Number.isInteger(start) || !Number.isInteger(end)) {
    return fail("invalid-range", axis.name, `indices ${start} to ${end} are not whole. Give whole numbers.`)
  }
  const until = start === end ? fromFront(start) + 1 : fromFront(end)
  return Either.right(pointsOf(axis).slice(Math.max(fromFront(start), 0), Math.max(until, 0)))
}

const byTimestamps = (
  axis: Field.Axis,
  start: string,
  end: string
): Either.Either<ReadonlyArray<Point>, ComputeError> => {
  const { calendar, units } = axis.attributes
  const invalid = (detail: string) =>
    new ComputeError({ reason: "invalid-range", subject: axis.name, detail: `${detail}.` })
  return Either.gen(function*() {
    const time = yield* Either.mapLeft(
      typeof units === "string"
        ? cfTime.parse(units, typeof calendar === "string" ? calendar : "standard")
        : Either.left("it has no units"),
      (detail) =>
        new ComputeError({
          reason: "not-time",
          subject: axis.name,
          detail: `${detail}. Ask with crs "values" or "indices".`
        })
    )
    const { from } = yield* Either.mapLeft(time.period(start), invalid)
    const { until } = yield* Either.mapLeft(time.period(end), invalid)
    if (from >= until) return yield* Either.left(invalid(`start ${start} is after end ${end}: exchange them`))
    return pointsOf(axis).filter(({ value }) => {
      const moment = time.milliseconds(value)
      return moment >= from && moment < until
    })
  })
}

const choose = (
  axis: Field.Axis,
  { crs, end, start }: Dimension.Dimension,
  method: Cdat.Method | undefined
): Either.Either<ReadonlyArray<Point>, ComputeError> => {
  if (crs === "timestamps") {
    return typeof start === "string" && typeof end === "string"
      ? byTimestamps(axis, start, end)
      : fail("invalid-range", axis.name, "timestamps are texts such as \"1850-01\". Write start and end so.")
  }
  if (crs !== "values" && crs !== "indices") {
    return fail("invalid-range", axis.name, `the crs "${crs}" is not known. Use values, indices or timestamps.`)
  }
  if (typeof start === "string" || typeof end === "string" || !Number.isFinite(start) || !Number.isFinite(end)) {
    return fail("invalid-range", axis.name, `${start} to ${end} is not a range of ${crs}. Give finite numbers.`)
  }
  return crs === "indices" ? byIndices(axis, start, end) : byValues(axis, start, end, method)
}

const along = (
  axis: Field.Axis,
  dimension: Dimension.Dimension,
  method: Cdat.Method | undefined
): Either.Either<Selected, ComputeError> =>
  Either.gen(function*() {
    const { step } = dimension
    if (typeof step === "string" || !Number.isInteger(step) || step < 1) {
      return yield* fail(
        "invalid-range",
        axis.name,
        `step ${step} is not a whole number above 0. Give 1 for every point.`
      )
    }
    const points = (yield* choose(axis, dimension, method)).filter((_, position) => position % step === 0)
    if (points.length === 0) {
      return yield* fail(
        "empty-selection",
        axis.name,
        `no point from ${dimension.start} to ${dimension.end} by ${dimension.crs}. It has ${axis.values.length} points${
          Field.isTime(axis) ? ` at ${extent(axis)} ${String(axis.attributes["units"])}` : ` from ${extent(axis)}`
        }.`
      )
    }
    return {
      indices: points.map(({ index }) => index),
      axis: { ...axis, values: Float64Array.from(points, ({ value }) => value) }
    }
  })

/**
 * All points of an axis.
 *
 * @since 0.1.0
 * @category constructors
 */
export const whole = (axis: Field.Axis): Selected => ({
  axis,
  indices: Array.from(axis.values, (_, position) => position)
})

/**
 * What a domain means on these axes, one answer for each axis in their order. Nothing is read for it but coordinates,
 * so that a file's reader can take from the file what is needed and no more.
 *
 * Dimensions are found by name, by `standard_name` or by the letter in `axis`; one that the domain does not name is meant
 * whole. What a range is, is said by its `crs`:
 *
 * - `values`: in the coordinates' units, both ends included. On a longitude the circle is closed: −30 to 30 is found on
 *   a grid from 0 to 360.
 * - `indices`: from 0, `end` excluded, and counted from the end when negative, as Python's slices are.
 * - `timestamps`: ISO 8601 as far as it is wanted, `1850`, `1850-06` or `1850-06-15T12:00`, both ends included: the
 *   year 1850 ends with its last moment.
 *
 * A `start` that equals `end` means one point, or for timestamps all points of that period. The dimension stays, with
 * the length 1. `step` takes every so many points of the range.
 *
 * @example
 * ```ts
 * import { Domain } from "@effect-wps/cwt"
 * import { Selection } from "@effect-wps/demo"
 * import { Either } from "effect"
 *
 * const lat = { name: "lat", values: Float64Array.of(60, 0, -60), attributes: { units: "degrees_north" } }
 *
 * Either.map(Selection.select([lat], Domain.make({ lat: [-90, 0] })), ([south]) => south?.indices) // [1, 2]
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const select = (
  axes: ReadonlyArray<Field.Axis>,
  domain: Domain.Domain,
  options?: {
    /** What a point among `values` is when no coordinate equals it. @default an error */
    readonly method?: Cdat.Method | undefined
  }
): Either.Either<ReadonlyArray<Selected>, ComputeError> =>
  Either.gen(function*() {
    if (Option.isSome(domain.mask)) {
      return yield* fail("unsupported", "mask", "masks are not computed here. Keep values with CDAT.where instead.")
    }
    const dimensions = new Map<number, Dimension.Dimension>()
    for (const [name, dimension] of Object.entries(domain.dimensions)) {
      const index = yield* Field.axisIndex(axes, name)
      if (dimensions.has(index)) {
        return yield* fail("invalid-range", name, "its dimension is named twice. Give one range for each dimension.")
      }
      dimensions.set(index, dimension)
    }
    return yield* Either.all(axes.map((axis, index) => {
      const dimension = dimensions.get(index)
      return dimension === undefined
        ? Either.right(whole(axis))
        : along(axis, dimension, options?.method)
    }))
  })
