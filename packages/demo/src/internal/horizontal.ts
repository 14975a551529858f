import { Array as Arr, Either, Option, Order } from "effect"
import { ComputeError } from "../ComputeError.ts"
import * as Field from "../Field.ts"
import * as grid from "./grid.ts"

/** Where the points of a grid lie, in degrees. */
export interface Horizontal {
  readonly lat: Float64Array
  readonly lon: Float64Array
}

const unsupported = (detail: string): Either.Either<never, ComputeError> =>
  Either.left(new ComputeError({ reason: "unsupported", subject: "gridder", detail }))

const evenly = (count: number, first: number, step: number): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => first + index * step)

/** The Legendre polynomial of this degree and its derivative. */
const legendre = (degree: number, x: number): readonly [value: number, derivative: number] => {
  let [before, value] = [1, x]
  for (let of = 2; of <= degree; of++) [before, value] = [value, ((2 * of - 1) * x * value - (of - 1) * before) / of]
  return [value, degree * (x * value - before) / (x * x - 1)]
}

/** The latitudes whose sines are the roots of the Legendre polynomial, by Newton's method from near them. */
const gaussian = (count: number): Float64Array =>
  Float64Array.from({ length: count }, (_, index) => {
    let root = -Math.cos(Math.PI * (index + 0.75) / (count + 0.5))
    for (let step = 0; step < 8; step++) {
      const [value, derivative] = legendre(count, root)
      root -= value / derivative
    }
    return 180 * Math.asin(root) / Math.PI
  })

/** The one that ESGF's clients name if they name none. */
const truncations: ReadonlyMap<string, string> = new Map([["T85", "gaussian~128"]])

/** `uniform~` with the degrees from one latitude and longitude to the next, or `gaussian~` with the number of latitudes. */
export const parse = (name: string): Either.Either<Horizontal, ComputeError> => {
  const text = truncations.get(name) ?? name
  const [, latitudes] = /^gaussian~(\d{1,3})$/.exec(text) ?? []
  if (latitudes !== undefined && Number(latitudes) > 1) {
    const count = Number(latitudes)
    return Either.right({ lat: gaussian(count), lon: evenly(2 * count, 0, 180 / count) })
  }
  const [, north, east] = /^uniform~(\d+\.?\d*|\.\d+)x(\d+\.?\d*|\.\d+)$/.exec(text) ?? []
  const [rows, columns] = [180 / Number(north), 360 / Number(east)]
  const isWhole = (count: number) => count >= 1 && count <= 3600 && Math.abs(count - Math.round(count)) < 1e-6
  return isWhole(rows) && isWhole(columns)
    ? Either.right({
      lat: evenly(Math.round(rows), -90 + Number(north) / 2, Number(north)),
      lon: evenly(Math.round(columns), Number(east) / 2, Number(east))
    })
    : unsupported(
      `the grid "${name}" is not known. Name one such as uniform~2x2, in degrees of latitude and longitude that part the ` +
        "globe evenly, or gaussian~32, by its latitudes."
    )
}

/** What a new point lies between, and how far it is from the first of them to the second. */
interface Between {
  readonly left: number
  readonly right: number
  readonly weight: number
}

interface Point {
  readonly value: number
  readonly index: number
}

const byValue = Order.mapInput(Order.number, ({ value }: Point) => value)

const between = (points: ReadonlyArray<Point>, target: number): Option.Option<Between> => {
  const at = points.findIndex(({ value }) => value >= target)
  const right = points[at]
  const left = right?.value === target ? right : points[at - 1]
  return left === undefined || right === undefined ? Option.none() : Option.some({
    left: left.index,
    right: right.index,
    weight: left === right ? 0 : (target - left.value) / (right.value - left.value)
  })
}

const pointsOf = ({ values }: Field.Axis, f: (value: number) => number): ReadonlyArray<Point> =>
  Arr.sort(Arr.fromIterable(values).map((value, index) => ({ value: f(value), index })), byValue)

/** Beyond the last latitude it is as there. */
const ofLatitudes = (axis: Field.Axis, targets: Float64Array): ReadonlyArray<Option.Option<Between>> => {
  const points = pointsOf(axis, (value) => value)
  const [south, north] = [points[0]?.value ?? 0, points.at(-1)?.value ?? 0]
  return Array.from(targets, (target) => between(points, Math.min(Math.max(target, south), north)))
}

/** The circle is closed where no gap is wider than the others. */
const ofLongitudes = (axis: Field.Axis, targets: Float64Array): ReadonlyArray<Option.Option<Between>> => {
  const points = pointsOf(axis, (value) => value - 360 * Math.floor(value / 360))
  const gaps = points.slice(1).map(({ value }, index) => value - (points[index]?.value ?? 0))
  const turned = (by: number, chosen: Point | undefined) =>
    chosen === undefined ? [] : [{ ...chosen, value: chosen.value + by }]
  const round = [...turned(-360, points.at(-1)), ...points, ...turned(360, points[0])]
  const seam = (points[0]?.value ?? 0) + 360 - (points.at(-1)?.value ?? 0)
  const isClosed = gaps.length > 0 && seam <= 1.5 * gaps.reduce((widest, gap) => Math.max(widest, gap), 0)
  return Array.from(targets, (target) => between(isClosed ? round : points, target))
}

const along = (
  field: Field.Field,
  position: number,
  targets: Float64Array,
  pairs: ReadonlyArray<Option.Option<Between>>
): Field.Field => {
  const shape = Field.shape(field)
  const size = shape[position] ?? 1
  const inner = grid.product(shape.slice(position + 1))
  const outer = grid.product(shape.slice(0, position))
  const values = grid.ofSameType(field.values, outer * pairs.length * inner).fill(NaN)
  const weights = pairs.map(Option.getOrUndefined)
  for (let row = 0; row < outer; row++) {
    weights.forEach((pair, target) => {
      if (pair === undefined) return
      const { left, right, weight } = pair
      for (let at = 0; at < inner; at++) {
        const from = field.values[(row * size + left) * inner + at] ?? NaN
        const to = weight === 0 ? from : field.values[(row * size + right) * inner + at] ?? NaN
        values[(row * pairs.length + target) * inner + at] = from + (to - from) * weight
      }
    })
  }
  return { ...field, axes: Arr.modify(field.axes, position, (axis) => ({ ...axis, values: targets })), values }
}

/** Linear between the four points around; where one of those that count is missing, so is the result. */
export const regrid = (field: Field.Field, { lat, lon }: Horizontal): Either.Either<Field.Field, ComputeError> => {
  const latitudes = field.axes.findIndex(Field.isLatitude)
  const longitudes = field.axes.findIndex(Field.isLongitude)
  const [latitude, longitude] = [field.axes[latitudes], field.axes[longitudes]]
  if (latitude === undefined || longitude === undefined) {
    return unsupported(`${field.name} has no latitude and longitude. Regrid before they are computed away.`)
  }
  const others = grid.product(Field.shape(field).filter((_, index) => index !== latitudes && index !== longitudes))
  if (others * lat.length * lon.length > 16_777_216) {
    return unsupported(`${field.name} would have more than 2^24 points. Take a part of it, or a coarser grid.`)
  }
  const rows = along(field, latitudes, lat, ofLatitudes(latitude, lat))
  return Either.right(along(rows, longitudes, lon, ofLongitudes(longitude, lon)))
}
