/**
 * A field as a small picture of text.
 *
 * @since 0.1.0
 */
import { Array as Arr, Number as Num, Option } from "effect"
import * as Field from "./Field.ts"

const widest = 72

/** With the line below the picture, what a terminal of 24 rows shows at once. */
const highest = 23

/** The blank is kept for what is missing. */
const shades = ".:-=+*#%@"

type Colour = readonly [red: number, green: number, blue: number]

/** Anchors of viridis, which also reads in grey and for the colour-blind (Smith and van der Walt, CC0). */
const viridis: Arr.NonEmptyReadonlyArray<Colour> = [
  [68, 1, 84],
  [71, 44, 122],
  [59, 81, 139],
  [44, 113, 142],
  [33, 144, 141],
  [39, 173, 129],
  [92, 200, 99],
  [170, 220, 50],
  [253, 231, 37]
]

const colourAt = (fraction: number): Colour => {
  const position = fraction * (viridis.length - 1)
  const below = viridis[Math.floor(position)] ?? viridis[0]
  const above = viridis[Math.ceil(position)] ?? below
  const mix = (from: number, to: number) => Math.round(from + (to - from) * (position % 1))
  return [mix(below[0], above[0]), mix(below[1], above[1]), mix(below[2], above[2])]
}

const reset = "\u001b[0m"
const ink = ([red, green, blue]: Colour): string => `\u001b[38;2;${red};${green};${blue}m`
const paper = ([red, green, blue]: Colour): string => `\u001b[48;2;${red};${green};${blue}m`

/** A rectangle of values, the first row on top. Missing values are `NaN`. */
interface Plane {
  readonly rows: number
  readonly columns: number
  readonly at: (row: number, column: number) => number
  readonly where: string
}

/** The last two axes, north up, at the first point of the others. */
const planeOf = (field: Field.Field): Plane => {
  const long = field.axes.map((axis, index) => ({ axis, index })).filter(({ axis }) => axis.values.length > 1)
  const pair = long.slice(-2)
  const turned = pair.length === 2 && pair[1] !== undefined && Field.isLatitude(pair[1].axis)
  const [across, down] = turned ? pair : Arr.reverse(pair)
  const strides = Field.shape(field).map((_, index, sizes) =>
    sizes.slice(index + 1).reduce((all, size) => all * size, 1)
  )
  const stride = (side: typeof across) => side === undefined ? 0 : strides[side.index] ?? 0
  const size = (side: typeof across) => side?.axis.values.length ?? 1
  const southFirst = down !== undefined && Field.isLatitude(down.axis) &&
    (down.axis.values[0] ?? 0) < (down.axis.values.at(-1) ?? 0)
  return {
    rows: size(down),
    columns: size(across),
    at: (row, column) =>
      field.values[stride(down) * (southFirst ? size(down) - 1 - row : row) + stride(across) * column] ?? NaN,
    where: long.slice(0, -2).map(({ axis }) => `, ${axis.name} ${axis.values[0] ?? 0} (1 of ${axis.values.length})`)
      .join("")
  }
}

const mean = (values: ReadonlyArray<number>): number =>
  values.reduce((total, value) => total + value, 0) / values.length

type Rows = ReadonlyArray<ReadonlyArray<number>>

/** The same picture with so many rows and columns: means where it shrinks, repetition where it grows. */
const resize = (plane: Plane, rows: number, columns: number): Rows => {
  const covered = (index: number, count: number, size: number) => {
    const first = Math.floor(index * size / count)
    return Arr.range(first, Math.max(Math.floor((index + 1) * size / count) - 1, first))
  }
  return Arr.makeBy(rows, (row) =>
    Arr.makeBy(columns, (column) =>
      mean(
        covered(row, rows, plane.rows).flatMap((y) =>
          covered(column, columns, plane.columns).map((x) => plane.at(y, x))
        )
          .filter((value) => !Number.isNaN(value))
      )))
}

const halves = (top: Option.Option<Colour>, bottom: Option.Option<Colour>): string => {
  if (Option.isNone(top)) {
    return Option.match(bottom, {
      onNone: () => " ",
      onSome: (lower) => `${ink(lower)}▄${reset}`
    })
  }
  const background = Option.match(bottom, { onNone: () => "", onSome: paper })
  return `${ink(top.value)}${background}▀${reset}`
}

/** Rows of numbers from 0 to 1, `NaN` where nothing is known. */
type Fractions = Rows

const known = Option.liftPredicate((fraction: number) => !Number.isNaN(fraction))

const shaded = (rows: Fractions): string =>
  rows.map((row) => row.map((fraction) => shades[Math.round(fraction * (shades.length - 1))] ?? " ").join("")).join(
    "\n"
  )

const coloured = (rows: Fractions): string =>
  Arr.chunksOf(rows, 2).map(([upper, lower = []]) =>
    upper.map((fraction, column) =>
      halves(Option.map(known(fraction), colourAt), Option.map(known(lower[column] ?? NaN), colourAt))
    ).join("")
  ).join("\n")

const rounded = (value: number): string => String(Number(value.toPrecision(4)))

/**
 * A field as a picture of at most 72 columns and 24 rows, north up, with a line below that says what the shades mean.
 * With colours each character shows two values, one above the other, in 24-bit colours; without, it is one of
 * `.:-=+*#%@`, from the lowest value to the highest. Missing values are blank.
 *
 * The picture is of the last two axes that have more than one point. Of those before them it shows the first point, and
 * the last line says so.
 *
 * @example
 * ```ts
 * import { Picture, Sample } from "@effect-wps/demo"
 * import { Console } from "effect"
 *
 * const show = Console.log(Picture.render(Sample.temperature, { colours: true }))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const render = (field: Field.Field, options: {
  readonly colours: boolean
  /**
   * Columns of the picture, 1 to 72.
   *
   * @default 72
   */
  readonly width?: number | undefined
}): string => {
  const plane = planeOf(field)
  const { units } = field.attributes
  const title = `${field.name}${typeof units === "string" ? ` (${units})` : ""}${plane.where}`
  const finite = Arr.makeBy(plane.rows, (row) => Arr.makeBy(plane.columns, (column) => plane.at(row, column)))
    .flat().filter(Number.isFinite)
  if (!Arr.isNonEmptyReadonlyArray(finite)) return `${title}: no values`

  const lowest = finite.reduce(Num.min, finite[0])
  const range = finite.reduce(Num.max, finite[0]) - lowest
  const columns = Num.clamp(Math.round(options.width ?? widest), { minimum: 1, maximum: widest })
  const proportional = plane.rows === 1 ? 1 : Math.round(columns * plane.rows / plane.columns / 2)
  const lines = Num.clamp(proportional, { minimum: 1, maximum: highest })
  const fraction = (value: number) =>
    Number.isNaN(value) ? NaN : range === 0 ? 0.5 : Math.min(Math.max((value - lowest) / range, 0), 1)
  const draw = (values: Rows) => (options.colours ? coloured : shaded)(values.map((row) => row.map(fraction)))
  const picture = draw(resize(plane, options.colours ? 2 * lines : lines, columns))
  const scale = draw(Arr.replicate(shades.split("").map((_, index) => lowest + range * index / (shades.length - 1)), 1))
  return `${picture}\n${title}: ${rounded(lowest)} ${scale} ${rounded(lowest + range)}`
}
