/**
 * A temperature and a precipitation that nobody measured: small, smooth and the same each time.
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

const seasonOf = (month: number): number => -Math.cos(radians(30 * (month - 0.5)))

const kelvin = (month: number, lat: number, lon: number): number => {
  const amplitude = 16 * Math.sin(radians(lat)) * (1 + 0.6 * continentality(lat, lon))
  return 301 - 52 * Math.sin(radians(lat)) ** 2 + amplitude * seasonOf(month) + 3 * continentality(lat, lon) +
    0.02 * month
}

/** Rain follows the sun about the equator, and falls on both middle latitudes. */
const rain = (month: number, lat: number, lon: number): number => {
  const tropical = 8e-5 * Math.exp(-(((lat - 8 * seasonOf(month)) / 9) ** 2))
  const temperate = 3e-5 * Math.exp(-(((Math.abs(lat) - 50) / 14) ** 2))
  return (tropical + temperate) * (1 - 0.5 * continentality(lat, lon))
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

const monthly = (
  values: (month: number, lat: number, lon: number) => number,
  variable: Pick<Field.Field, "name" | "attributes">
) =>
(first: number, length: number): Field.Field => ({
  ...variable,
  axes: [{ ...time, values: time.values.slice(first, first + length) }, lat, lon],
  values: Float32Array.from(
    Arr.range(first, first + length - 1).flatMap((month) =>
      Arr.fromIterable(latitudes).flatMap((north, row) =>
        Arr.fromIterable(longitudes).map((east, column) =>
          isMissing(month, row, column) ? NaN : values(month, north, east)
        )
      )
    )
  )
})

const tas = monthly(kelvin, {
  name: "tas",
  attributes: { standard_name: "air_temperature", long_name: "Near-Surface Air Temperature", units: "K" }
})

const pr = monthly(rain, {
  name: "pr",
  attributes: { standard_name: "precipitation_flux", long_name: "Precipitation", units: "kg m-2 s-1" }
})

/**
 * `tas(time, lat, lon)` in kelvin, 24 months from January 1850 on 36 × 72 points of 5°, in single precision, with a few
 * missing values: warm at the equator, colder in winter, more so inland.
 *
 * @since 0.1.0
 * @category constants
 */
export const temperature: Field.Field = tas(0, months)

/**
 * The same in two parts, 1850 and 1851.
 *
 * @since 0.1.0
 * @category constants
 */
export const temperatureByYear: readonly [Field.Field, Field.Field] = [tas(0, 12), tas(12, 12)]

/**
 * `pr(time, lat, lon)` in kilograms per square metre and second, on the months and points of the temperature.
 *
 * @since 0.1.0
 * @category constants
 */
export const precipitation: Field.Field = pr(0, months)
