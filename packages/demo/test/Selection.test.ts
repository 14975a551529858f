import { type Cdat, Dimension, Domain, Mask } from "@effect-wps/cwt"
import { type Field, Selection } from "@effect-wps/demo"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, FastCheck } from "effect"
import { axis } from "./support/fields.ts"

const lat = axis("lat", [60, 30, 0, -30, -60], { units: "degrees_north", standard_name: "latitude", axis: "Y" })
const lon = axis("lon", [0, 90, 180, 270], { units: "degrees_east" })
const level = axis("plev", [1000, 850, 500])

const named = ({ name }: Field.Axis, dimension: Dimension.DimensionInput) => Domain.make({ [name]: dimension })

/** Indices, coordinates, or the reason why not. */
const chosen = (on: Field.Axis, dimension: Dimension.DimensionInput, method?: Cdat.Method) =>
  Either.match(Selection.select([on], named(on, dimension), { method }), {
    onLeft: (error) => error.reason,
    onRight: ([selected]) => [selected?.indices, [...selected?.axis.values ?? []]]
  })

const message = (on: Field.Axis, dimension: Dimension.DimensionInput) =>
  Either.match(Selection.select([on], named(on, dimension)), {
    onLeft: (error) => error.message,
    onRight: () => "no error"
  })

const { indices, timestamps, values } = Dimension

describe("Selection", () => {
  it("takes values with both ends, in the order of the file", () => {
    deepStrictEqual(chosen(lat, values(-30, 30)), [[1, 2, 3], [30, 0, -30]])
    deepStrictEqual(chosen(lat, values(-90, 90, 2)), [[0, 2, 4], [60, 0, -60]])
    deepStrictEqual(chosen(lon, values(90, 180)), [[1, 2], [90, 180]])
  })

  it("takes the greater value first where the axis runs downwards, as ESGF's nodes do", () => {
    deepStrictEqual(chosen(lat, values(30, -30)), [[1, 2, 3], [30, 0, -30]])
    deepStrictEqual(chosen(level, values(900, 500)), [[1, 2], [850, 500]])
  })

  it("has no masks", () => {
    const land = Mask.make({ uri: "https://data.example.org/sftlf.nc", name: "sftlf", operation: "mask_data > 0.5" })
    const error = Either.flip(Selection.select([lat], Domain.make({ lat: [0, 90] }, { mask: land })))
    assert.strictEqual(Either.getOrThrow(error).reason, "unsupported")
  })

  it("takes a point, and on request the closest one", () => {
    deepStrictEqual(chosen(lat, values(30, 30)), [[1], [30]])
    assert.strictEqual(chosen(lat, values(40, 40)), "empty-selection")
    assert.include(message(lat, values(40, 40)), "Ask for 30, or for the method \"nearest\".")
    deepStrictEqual(chosen(lat, values(46, 46), "nearest"), [[0], [60]])
    deepStrictEqual(chosen(lat, values(46, 46), "pad"), [[1], [30]])
    deepStrictEqual(chosen(lat, values(44, 44), "backfill"), [[0], [60]])
    assert.strictEqual(chosen(lat, values(61, 61), "backfill"), "empty-selection")
  })

  it("knows a coordinate in single precision by the number that it was rounded from", () => {
    const single = axis("lat", [Math.fround(-23.4), 0, Math.fround(23.4)])
    deepStrictEqual(chosen(single, values(23.4, 23.4)), [[2], [Math.fround(23.4)]])
    deepStrictEqual(chosen(single, values(-23.4, 23.4)), [[0, 1, 2], [...single.values]])
  })

  it("takes indices as Python's slices do", () => {
    deepStrictEqual(chosen(level, indices(0, 2)), [[0, 1], [1000, 850]])
    deepStrictEqual(chosen(level, indices(0, 9, 2)), [[0, 2], [1000, 500]])
    deepStrictEqual(chosen(level, indices(-2, 3)), [[1, 2], [850, 500]])
    deepStrictEqual(chosen(level, indices(0, -1)), [[0, 1], [1000, 850]])
    deepStrictEqual(chosen(level, indices(2, 2)), [[2], [500]])
    deepStrictEqual(chosen(level, indices(-1, -1)), [[2], [500]])
    assert.strictEqual(chosen(level, indices(3, 3)), "empty-selection")
    assert.strictEqual(chosen(level, indices(-9, -9)), "empty-selection")
    assert.strictEqual(chosen(level, indices(2, 1)), "empty-selection")
    assert.strictEqual(chosen(level, indices(0.5, 2)), "invalid-range")
  })

  it("closes the circle of longitudes", () => {
    deepStrictEqual(chosen(lon, values(-100, 10)), [[3, 0], [-90, 0]])
    deepStrictEqual(chosen(lon, values(-180, 180)), [[3, 0, 1, 2], [-90, 0, 90, 180]])
    deepStrictEqual(chosen(lon, values(0, 360)), [[0, 1, 2, 3], [0, 90, 180, 270]])
    deepStrictEqual(chosen(lon, values(-90, -90)), [[3], [-90]])
    deepStrictEqual(chosen(lon, values(350, 350), "nearest"), [[0], [360]])
    const atlantic = axis("lon", [-180, -90, 0, 90], { units: "degrees_east" })
    deepStrictEqual(chosen(atlantic, values(80, 280)), [[3, 0, 1], [90, 180, 270]])
    assert.strictEqual(chosen(axis("x", [0, 90, 270]), values(-100, -80)), "empty-selection")
  })

  it("compares timestamps in the calendar of the file", () => {
    // The first of the months March 2000, 2001 and 2002, as each calendar counts them from the first of January 2000.
    const march = (calendar: string, days: ReadonlyArray<number>) =>
      axis("time", days, { units: "days since 2000-01-01", calendar })
    for (
      const time of [
        march("standard", [60, 425, 790]),
        march("proleptic_gregorian", [60, 425, 790]),
        march("julian", [60, 425, 790]),
        march("noleap", [59, 424, 789]),
        march("365_day", [59, 424, 789]),
        march("all_leap", [60, 426, 792]),
        march("360_day", [60, 420, 780])
      ]
    ) {
      const found = (start: string, end: string) => {
        const result = chosen(time, timestamps(start, end))
        return typeof result === "string" ? result : result[0]
      }
      deepStrictEqual(found("2000-03-01", "2000-03-01"), [0])
      assert.strictEqual(found("2000-02", "2000-02"), "empty-selection")
      deepStrictEqual(found("2001", "2002"), [1, 2])
      deepStrictEqual(found("2000-03-02", "2002-03-01T00:00"), [1, 2])
      assert.strictEqual(found("2000-03-02", "2001-02"), "empty-selection")
      assert.strictEqual(found("2002", "2001"), "invalid-range")
    }
  })

  it("counts days as cftime 1.6 does", () => {
    const at = (calendar: string, days: number, date: string) =>
      chosen(axis("time", [days], { units: "days since 1-1-1", calendar }), timestamps(date, date))
    for (
      const [calendar, date, days] of [
        ["standard", "0004-02-29", 1154],
        ["standard", "1582-10-04", 577_736],
        ["gregorian", "1582-10-15", 577_737],
        ["standard", "2000-03-01", 730_181],
        ["proleptic_gregorian", "1582-10-15", 577_735],
        ["julian", "2000-03-01", 730_194],
        ["360_day", "2000-03-01", 719_700],
        ["all_leap", "2000-03-01", 731_694],
        ["noleap", "2000-03-01", 729_694]
      ] as const
    ) {
      deepStrictEqual(at(calendar, days, date), [[0], [days]], `${calendar} ${date}`)
      assert.strictEqual(at(calendar, days - 1, date), "empty-selection")
    }
    assert.strictEqual(at("standard", 0, "1582-10-10"), "invalid-range")
  })

  it("reads units and zones", () => {
    const sixHourly = (units: string) =>
      chosen(axis("time", [0, 6, 12], { units }), timestamps("2000-01-01T06", "2000-01-01T12"))
    deepStrictEqual(sixHourly("hours since 2000-1-1"), [[1, 2], [6, 12]])
    deepStrictEqual(sixHourly("hours since 2000-01-01T00:00:00.0 UTC"), [[1, 2], [6, 12]])
    deepStrictEqual(sixHourly("hours since 2000-01-01 02:00:00 +2"), [[1, 2], [6, 12]])
    const seconds = axis("time", [0, 0.25, 1], { units: "seconds since 2000-01-01", calendar: "noleap" })
    deepStrictEqual(chosen(seconds, timestamps("2000-01-01T00:00:00", "2000-01-01T00:00:00")), [[0, 1], [
      0,
      0.25
    ]])
    deepStrictEqual(chosen(seconds, timestamps("2000-01-01T00:00:00.250Z", "2000-01-01T00:00:00.250Z")), [[1], [
      0.25
    ]])
    deepStrictEqual(chosen(seconds, timestamps("2000-01-01T01:00:01+01:00", "2000")), [[2], [1]])
    for (const units of ["months since 2000-01-01", "days since long ago", "days since 2000-13-01", "degrees_north"]) {
      assert.strictEqual(sixHourly(units), "not-time", units)
    }
    const martian = axis("time", [0], { units: "days since 2000-01-01", calendar: "darian" })
    assert.strictEqual(chosen(martian, timestamps("2000", "2001")), "not-time")
  })

  it("refuses what is no date", () => {
    const time = axis("time", [0], { units: "days since 2000-01-01", calendar: "noleap" })
    for (const text of ["soon", "2000-02-29", "2000-00", "2000-01-01T24:00", "00-01-01", "2000-01-01T12:60"]) {
      assert.strictEqual(chosen(time, timestamps(text, "2001")), "invalid-range", text)
    }
  })

  it("refuses ranges that mean nothing", () => {
    for (
      const dimension of [
        values(NaN, 0),
        values(0, Infinity),
        values(-90, 90, 0),
        values(-90, 90, -1),
        values(-90, 90, 1.5),
        timestamps("2000", "2001", "P1D"),
        new Dimension.Dimension({ start: "0", end: "90", step: 1, crs: "values" }),
        new Dimension.Dimension({ start: 0, end: 1, step: 1, crs: "timestamps" }),
        new Dimension.Dimension({ start: 0, end: 1, step: 1, crs: "fortnights" })
      ]
    ) assert.strictEqual(chosen(lat, dimension), "invalid-range")
    assert.strictEqual(chosen(axis("lat", [-60, 0, 60]), values(10, 0)), "invalid-range")
    assert.strictEqual(chosen(lat, values(61, 90)), "empty-selection")
    assert.include(message(lat, values(61, 90)), "from -60 to 60")
  })

  it.effect("finds a dimension by its name, its standard name or its letter", () =>
    Effect.gen(function*() {
      for (const name of ["lat", "latitude", "Y", "y"]) {
        const [south] = yield* Selection.select([lat], Domain.make({ [name]: values(-90, -10) }))
        deepStrictEqual(south?.indices, [3, 4])
      }
      const unknown = yield* Effect.flip(Selection.select([lat, lon], Domain.make({ level: values(0, 1) })))
      assert.strictEqual(unknown.reason, "unknown-dimension")
      assert.strictEqual(unknown.message, "level: no such dimension. Ask for one of lat, lon.")
      const twice = yield* Effect.flip(
        Selection.select([lat], Domain.make({ lat: values(0, 1), latitude: values(0, 1) }))
      )
      assert.strictEqual(twice.reason, "invalid-range")
    }))

  it.effect.prop(
    "takes from an ascending axis what slice takes from an array",
    [
      FastCheck.integer({ min: 1, max: 12 }),
      FastCheck.integer({ min: -15, max: 15 }),
      FastCheck.integer({ min: -15, max: 15 })
    ],
    ([size, start, end]) =>
      Effect.sync(() => {
        FastCheck.pre(start !== end)
        const all = Array.from({ length: size }, (_, index) => index)
        const expected = all.slice(start, end)
        deepStrictEqual(
          chosen(axis("i", all), indices(start, end)),
          expected.length === 0 ? "empty-selection" : [expected, expected]
        )
      })
  )
})
