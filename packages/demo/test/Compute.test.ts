import { Compute, Field, Sample } from "@effect-wps/demo"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array as Arr, Effect, FastCheck } from "effect"
import { axis, sameField } from "./support/fields.ts"

const days = { units: "days since 1850-01-01", calendar: "noleap" }

/** 2 times × 3 latitudes × 2 longitudes. */
const field: Field.Field = {
  name: "tas",
  axes: [axis("time", [0, 1], days), axis("lat", [10, 0, -10], { units: "degrees_north" }), axis("lon", [0, 180])],
  values: Float64Array.of(1, 2, 3, NaN, 5, 6, 7, 8, 9, NaN, 11, 12),
  attributes: { units: "K" }
}

const names = (of: Field.Field) => of.axes.map(({ name }) => name)

const anyField = FastCheck.array(FastCheck.integer({ min: 1, max: 4 }), { maxLength: 4 }).chain((sizes) => {
  const size = sizes.reduce((product, length) => product * length, 1)
  return FastCheck.array(FastCheck.oneof(FastCheck.integer({ min: -1000, max: 1000 }), FastCheck.constant(NaN)), {
    minLength: size,
    maxLength: size
  }).map((values): Field.Field => ({
    name: "any",
    axes: sizes.map((length, index) => axis(`d${index}`, Array.from({ length }, (_, at) => at))),
    values: Float64Array.from(values),
    attributes: {}
  }))
})

describe("Field", () => {
  it.effect("is refused when its values do not fill its axes", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* Field.make(field), field)
      const short = yield* Effect.flip(Field.make({ ...field, values: Float64Array.of(1) }))
      assert.strictEqual(short.message, "tas: 1 values on a grid of 2 × 3 × 2 points. Give 12 values.")
      const lat = axis("lat", [1])
      const twice = yield* Effect.flip(Field.make({ ...field, axes: [lat, lat], values: Float64Array.of(1) }))
      assert.strictEqual(twice.reason, "mismatch")
    }))
})

describe("subset", () => {
  it.effect("cuts out the values that belong to the coordinates", () =>
    Effect.gen(function*() {
      const part = yield* Compute.subset(field, {
        lat: { start: -10, end: 0, crs: "values" },
        lon: { start: 1, end: 1, crs: "indices" }
      })
      deepStrictEqual(names(part), ["time", "lat", "lon"])
      deepStrictEqual(Field.shape(part), [2, 2, 1])
      deepStrictEqual(part.axes[1]?.values, Float64Array.of(0, -10))
      deepStrictEqual(part.values, Float64Array.of(NaN, 6, NaN, 12))
    }))

  it.effect("follows a longitude around the globe", () =>
    Effect.gen(function*() {
      const globe: Field.Field = {
        ...field,
        axes: [axis("lon", [0, 90, 180, 270], { units: "degrees_east" })],
        values: Float32Array.of(1, 2, 3, 4)
      }
      const west = yield* Compute.subset(globe, { lon: { start: -180, end: 0, crs: "values" } })
      deepStrictEqual(west.axes[0]?.values, Float64Array.of(-180, -90, 0))
      deepStrictEqual(west.values, Float32Array.of(3, 4, 1))
    }))

  it.effect.prop("of everything is the same", [anyField], ([any]) =>
    Effect.gen(function*() {
      const all = Object.fromEntries(any.axes.map(({ name, values }) =>
        [name, { start: 0, end: values.length, crs: values.length === 1 ? "values" : "indices" } as const] as const
      ))
      deepStrictEqual(yield* Compute.subset(any, all), any)
      deepStrictEqual(yield* Compute.subset(any, {}), any)
    }))
})

describe("reductions", () => {
  it.effect("leave out what is missing", () =>
    Effect.gen(function*() {
      const overTime = (reduce: typeof Compute.max) => Effect.map(reduce(field, ["time"]), ({ values }) => values)
      deepStrictEqual(yield* overTime(Compute.max), Float64Array.of(7, 8, 9, NaN, 11, 12))
      deepStrictEqual(yield* overTime(Compute.min), Float64Array.of(1, 2, 3, NaN, 5, 6))
      deepStrictEqual(yield* overTime(Compute.sum), Float64Array.of(8, 10, 12, NaN, 16, 18))
      deepStrictEqual(yield* overTime(Compute.mean), Float64Array.of(4, 5, 6, NaN, 8, 9))
      deepStrictEqual((yield* Compute.mean(field, ["lat"])).values, Float64Array.of(3, 4, 9, 10))
      deepStrictEqual((yield* Compute.mean(field, ["lat", "lon"])).values, Float64Array.of(17 / 5, 47 / 5))
    }))

  it.effect("take the axes away, in any order, and say so in cell_methods", () =>
    Effect.gen(function*() {
      const mean = yield* Compute.mean(field, ["lon", "time", "lon"])
      deepStrictEqual(names(mean), ["lat"])
      deepStrictEqual(mean.values, Float64Array.of(18 / 4, 12 / 2, 34 / 4))
      assert.strictEqual(mean.attributes["cell_methods"], "time: lon: mean")
      const warmest = yield* Compute.max(mean, ["lat"])
      assert.strictEqual(warmest.attributes["cell_methods"], "time: lon: mean lat: maximum")
      deepStrictEqual(warmest.axes, [])
    }))

  it.effect("without axes go over all of them", () =>
    Effect.gen(function*() {
      deepStrictEqual((yield* Compute.sum(field, [])).values, Float64Array.of(64))
      deepStrictEqual((yield* Compute.mean(field, [])).values, Float64Array.of(6.4))
      const scalar = yield* Compute.min(field, [])
      deepStrictEqual(yield* Compute.min(scalar, []), scalar)
    }))

  it.effect("keep the precision", () =>
    Effect.gen(function*() {
      const single = { ...field, values: Float32Array.from(field.values) }
      deepStrictEqual((yield* Compute.mean(single, [])).values, Float32Array.of(6.4))
    }))

  it.effect("refuse an axis that is not there", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Compute.max(field, ["time", "plev"]))
      assert.strictEqual(error.reason, "unknown-dimension")
      assert.strictEqual(error.message, "plev: no such dimension. Ask for one of time, lat, lon.")
      const none = yield* Effect.flip(Compute.max(yield* Compute.max(field, []), ["time"]))
      assert.strictEqual(none.message, "time: no such dimension, the variable has none. Leave it out.")
    }))

  it.effect.prop("in two steps are the same as at once", [anyField], ([any]) =>
    Effect.gen(function*() {
      FastCheck.pre(any.axes.length >= 2)
      for (const reduce of [Compute.sum, Compute.max, Compute.min]) {
        const once = yield* reduce(any, ["d0", "d1"])
        const twice = yield* Effect.flatMap(reduce(any, ["d0"]), (half) => reduce(half, ["d1"]))
        deepStrictEqual(twice.values, once.values)
      }
    }))

  it.effect.prop("agree with arithmetic on what is not missing", [anyField], ([any]) =>
    Effect.gen(function*() {
      const there = [...any.values].filter((value) => !Number.isNaN(value))
      const sum = there.reduce((left, right) => left + right, 0)
      FastCheck.pre(any.axes.length > 0)
      const mean = (yield* Compute.mean(any, [])).values[0]
      deepStrictEqual(mean, there.length === 0 ? NaN : sum / there.length)
    }))
})

describe("aggregate", () => {
  const [first, second] = Sample.temperatureByYear
  const withAxis = (of: Field.Field, index: number, change: (axis: Field.Axis) => Field.Axis): Field.Field => ({
    ...of,
    axes: Arr.modify(of.axes, index, change)
  })

  it.effect("joins the parts in the order of time", () =>
    Effect.gen(function*() {
      const whole = yield* Compute.aggregate(Sample.temperatureByYear)
      sameField(whole, Sample.temperature)
      sameField(yield* Compute.aggregate([second, first]), whole)
      sameField(yield* Compute.aggregate([first]), first)
    }))

  it.effect("joins along a time that is not the first axis", () =>
    Effect.gen(function*() {
      const part = (time: number, values: ReadonlyArray<number>): Field.Field => ({
        name: "tas",
        axes: [axis("lat", [0, 1]), axis("time", [time], days)],
        values: Float64Array.from(values),
        attributes: {}
      })
      const whole = yield* Compute.aggregate([part(2, [3, 6]), part(0, [1, 4]), part(1, [2, 5])])
      deepStrictEqual(whole.values, Float64Array.of(1, 2, 3, 4, 5, 6))
    }))

  it.effect("refuses parts that do not belong together", () =>
    Effect.gen(function*() {
      const detail = (other: Field.Field) =>
        Effect.flip(Effect.asVoid(Compute.aggregate([first, other]))).pipe(
          Effect.map(({ detail, reason }) => {
            assert.strictEqual(reason, "mismatch")
            return detail.split(". ")[0]
          })
        )
      assert.strictEqual(yield* detail({ ...second, name: "pr" }), "one variable is tas, another pr")
      assert.strictEqual(yield* detail({ ...second, attributes: { units: "degC" } }), "the units differ: K and degC")
      assert.strictEqual(
        yield* detail(withAxis(second, 1, (lat) => ({ ...lat, values: lat.values.map((value) => value + 1) }))),
        "the coordinates of lat differ"
      )
      assert.strictEqual(
        yield* detail(withAxis(second, 2, (lon) => ({ ...lon, name: "x" }))),
        "the dimensions differ: time, lat, lon and time, lat, x"
      )
      assert.strictEqual(
        yield* detail(
          withAxis(
            second,
            0,
            (time) => ({ ...time, attributes: { ...time.attributes, units: "hours since 1850-01-01" } })
          )
        ),
        "the units of time differ: days since 1850-01-01 and hours since 1850-01-01"
      )
      assert.strictEqual(
        yield* detail(
          withAxis(second, 0, (time) => ({ ...time, attributes: { ...time.attributes, calendar: "standard" } }))
        ),
        "the calendars of time differ"
      )
      assert.strictEqual(yield* detail(first), "the parts overlap in time")
      const still = yield* Compute.mean(first, ["time"])
      const timeless = yield* Effect.flip(Compute.aggregate([still, still]))
      assert.include(timeless.message, "no dimension counts time")
    }))
})
