/**
 * A temperature that nobody measured: small, smooth and the same each time.
 *
 * @since 0.1.0
 */
import { Array as Arr } from "effect"
import type * as Field from "./Field.ts"

const months = 24
const latitudes = Float64Array.from({ length: 36 }, (_, row) => -87.5 + 5 * row)
const longitudes = Float64Array.from({ length: 72 }, (_, column) => 2.5 + 5 * column)
const middleOfMonth = [15.5, 45, 74.5, 105, 135.5, 166, 196.5, 227.5, 258, 288.5, 319, 349.5]

const radians = (degrees: number): number => degrees * Math.PI / 180

/** From −1 on the open sea to 1 inland, in waves that lean with the latitude. */
const continentality = (lat: number, lon: number): number =>
  Math.tanh(1.5 * Math.sin(radians(2 * lon + 40 * Math.sin(radians(2 * lat)))) * Math.cos(radians(lat)) ** 0.5)

const kelvin = (month: number, lat: number, lon: number): number => {
  const season = -Math.cos(radians(30 * (month - 0.5)))
  const amplitude = 16 * Math.sin(radians(lat)) * (1 + 0.6 * continentality(lat, lon))
  return 301 - 52 * Math.sin(radians(lat)) ** 2 + amplitude * season + 3 * continentality(lat, lon) + 0.02 * month
}

/** A few points that were not observed, none of them always. */
const isMissing = (month: number, row: number, column: number): boolean =>
  (7 * row + 11 * column + 5 * month) % 997 === 0

const time: Field.Axis = {
  name: "time",
  values: Float64Array.from(
    { length: months },
    (_, month) => 365 * Math.floor(month / 12) + (middleOfMonth[month % 12] ?? 0)
  ),
  attributes: {
    standard_name: "time",
    long_name: "time",
    axis: "T",
    units: "days since 1850-01-01",
    calendar: "noleap"
  }
}

const lat: Field.Axis = {
  name: "lat",
  values: latitudes,
  attributes: { standard_name: "latitude", long_name: "latitude", axis: "Y", units: "degrees_north" }
}

const lon: Field.Axis = {
  name: "lon",
  values: longitudes,
  attributes: { standard_name: "longitude", long_name: "longitude", axis: "X", units: "degrees_east" }
}

const year = (first: number, length: number): Field.Field => ({
  name: "tas",
  axes: [{ ...time, values: time.values.slice(first, first + length) }, lat, lon],
  values: Float32Array.from(
    Arr.range(first, first + length - 1).flatMap((month) =>
      Arr.fromIterable(latitudes).flatMap((north, row) =>
        Arr.fromIterable(longitudes).map((east, column) =>
          isMissing(month, row, column) ? NaN : kelvin(month, north, east)
        )
      )
    )
  ),
  attributes: { standard_name: "air_temperature", long_name: "Near-Surface Air Temperature", units: "K" }
})

/**
 * `tas(time, lat, lon)` in kelvin, 24 months from January 1850 on 36 × 72 points of 5°, in single precision, with a few
 * missing values: warm at the equator, colder in winter, more so inland.
 *
 * @since 0.1.0
 * @category constants
 */
export const temperature: Field.Field = year(0, months)

/**
 * The same in two parts, 1850 and 1851.
 *
 * @since 0.1.0
 * @category constants
 */
export const temperatureByYear: readonly [Field.Field, Field.Field] = [year(0, 12), year(12, 12)]
