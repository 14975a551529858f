import { Dimension, Domain } from "@effect-wps/cwt"
import { Compute, type ComputeError, Field, Sample } from "@effect-wps/demo"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array as Arr, Effect, type Either, FastCheck } from "effect"
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
      const part = yield* Compute.subset(field, Domain.make({ lat: [-10, 0], lon: Dimension.atIndex(1) }))
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
      const west = yield* Compute.subset(globe, Domain.make({ lon: [-180, 0] }))
      deepStrictEqual(west.axes[0]?.values, Float64Array.of(-180, -90, 0))
      deepStrictEqual(west.values, Float32Array.of(3, 4, 1))
    }))

  it.effect.prop("of everything is the same", [anyField], ([any]) =>
    Effect.gen(function*() {
      const all = Domain.make(
        Object.fromEntries(any.axes.map(({ name, values }) => [name, Dimension.indices(0, values.length)] as const))
      )
      deepStrictEqual(yield* Compute.subset(any, all), any)
      deepStrictEqual(yield* Compute.subset(any, Domain.make({})), any)
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

  it.effect("measure how values are spread, and count them", () =>
    Effect.gen(function*() {
      const { values: variance, attributes } = yield* Compute.variance(field, ["time"])
      deepStrictEqual(variance, Float64Array.of(9, 9, 9, NaN, 9, 9))
      deepStrictEqual(attributes, { units: "(K)^2", cell_methods: "time: variance" })
      const { values: deviation, attributes: same } = yield* Compute.std(field, ["time"])
      deepStrictEqual(deviation, Float64Array.of(3, 3, 3, NaN, 3, 3))
      deepStrictEqual(same, { units: "K", cell_methods: "time: standard_deviation" })
      // The mean of 1, 2, 3, 5 and 6 is 3.4: 2.4² + 1.4² + 0.4² + 1.6² + 2.6² = 17.2.
      const [first] = (yield* Compute.variance(field, ["lat", "lon"])).values
      assert.closeTo(first ?? NaN, 17.2 / 5, 1e-12)
      const counts = yield* Compute.count(field, ["lat"])
      deepStrictEqual(counts.values, Float64Array.of(3, 2, 3, 2))
      deepStrictEqual(counts.attributes, { long_name: "number of values of tas", units: "1" })
      deepStrictEqual((yield* Compute.count(field, [])).values, Float64Array.of(10))
      deepStrictEqual((yield* Compute.count(field, ["time"])).values, Float64Array.of(2, 2, 2, 0, 2, 2))
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

const reasonOf = <A>(either: Either.Either<A, ComputeError.ComputeError>) =>
  Effect.map(Effect.flip(Effect.asVoid(either)), ({ reason }) => reason)

/** 3 latitudes. */
const zonal: Field.Field = {
  name: "offset",
  axes: [axis("lat", [10, 0, -10], { units: "degrees_north" })],
  values: Float64Array.of(1, 10, 100),
  attributes: { units: "K" }
}

describe("arithmetic", () => {
  it.effect("is done point by point with a number", () =>
    Effect.gen(function*() {
      const of = (compute: typeof Compute.add, number: number) =>
        Effect.map(compute(zonal, number), ({ values }) => [...values])
      deepStrictEqual(yield* of(Compute.add, 2), [3, 12, 102])
      deepStrictEqual(yield* of(Compute.subtract, 2), [-1, 8, 98])
      deepStrictEqual(yield* of(Compute.multiply, 2), [2, 20, 200])
      deepStrictEqual(yield* of(Compute.divide, 2), [0.5, 5, 50])
      deepStrictEqual(yield* of(Compute.power, 2), [1, 100, 10_000])
    }))

  it.effect("is done with another field, which is the same along axes that it has not", () =>
    Effect.gen(function*() {
      const sum = yield* Compute.add(field, zonal)
      deepStrictEqual(names(sum), ["time", "lat", "lon"])
      deepStrictEqual(sum.values, Float64Array.of(2, 3, 13, NaN, 105, 106, 8, 9, 19, NaN, 111, 112))
      const wider = yield* Compute.subtract(zonal, field)
      deepStrictEqual(names(wider), ["lat", "time", "lon"])
      // At 10° of both times and longitudes, then at 0°, then at −10°.
      deepStrictEqual(wider.values, Float64Array.of(0, -1, -6, -7, 7, NaN, 1, NaN, 95, 94, 89, 88))
      const climate = yield* Compute.mean(field, ["time"])
      deepStrictEqual(
        (yield* Compute.subtract(field, climate)).values,
        Float64Array.of(-3, -3, -3, NaN, -3, -3, 3, 3, 3, NaN, 3, 3)
      )
      deepStrictEqual(
        (yield* Compute.power(zonal, { ...zonal, values: Float64Array.of(5, 2, 0.5) })).values,
        Float64Array.of(1, 100, 10)
      )
    }))

  it.effect("keeps the unit of sums only, and the precision", () =>
    Effect.gen(function*() {
      const { attributes: ofSum } = yield* Compute.add(field, zonal)
      const { attributes: ofProduct } = yield* Compute.multiply(field, zonal)
      deepStrictEqual(ofSum, { units: "K" })
      deepStrictEqual(ofProduct, {})
      const single: Field.Field = { ...zonal, values: Float32Array.of(1, 10, 100) }
      deepStrictEqual((yield* Compute.divide(single, 3)).values, Float32Array.of(1 / 3, 10 / 3, 100 / 3))
      deepStrictEqual((yield* Compute.divide(single, single)).values, Float32Array.of(1, 1, 1))
      deepStrictEqual((yield* Compute.divide(single, zonal)).values, Float64Array.of(1, 1, 1))
    }))

  it.effect("refuses what does not belong together", () =>
    Effect.gen(function*() {
      const north = { ...zonal, axes: [axis("lat", [11, 1, -9], { units: "degrees_north" })] }
      const apart = yield* Effect.flip(Compute.add(field, north))
      assert.strictEqual(apart.reason, "mismatch")
      assert.strictEqual(
        apart.message,
        "lat: its coordinates differ between tas and offset. Take the same part of both first."
      )
      const short = { ...zonal, axes: [axis("lat", [10], { units: "degrees_north" })], values: Float64Array.of(1) }
      assert.strictEqual(yield* reasonOf(Compute.multiply(field, short)), "mismatch")
      const celsius = { ...zonal, attributes: { units: "degC" } }
      const units = yield* Effect.flip(Compute.subtract(field, celsius))
      assert.strictEqual(
        units.message,
        "tas: its units are K, and those of offset degC. Bring them to one unit first."
      )
      yield* Compute.subtract(field, { ...celsius, attributes: {} })
      yield* Compute.divide(field, celsius)
    }))

  it("has the functions of one number", () => {
    const of = (f: typeof Compute.abs, ...values: ReadonlyArray<number>) => [
      ...f({ ...zonal, values: Float64Array.from(values) }).values
    ]
    deepStrictEqual(of(Compute.abs, -2, 0, 3), [2, 0, 3])
    deepStrictEqual(of(Compute.exp, 0, 1, NaN), [1, Math.E, NaN])
    deepStrictEqual(of(Compute.log, 1, Math.E, -1), [0, 1, NaN])
    deepStrictEqual(of(Compute.sqrt, 9, 0, -1), [3, 0, NaN])
    deepStrictEqual(Compute.abs(zonal).attributes, { units: "K" })
    deepStrictEqual(Compute.sqrt(zonal).attributes, {})
  })
})

describe("squeeze and fillna", () => {
  it.effect("drop the axes of one point, and take a number for what is missing", () =>
    Effect.gen(function*() {
      const point = yield* Compute.subset(field, Domain.make({ time: Dimension.atIndex(0), lon: Dimension.atIndex(1) }))
      const line = Compute.squeeze(point)
      deepStrictEqual(names(line), ["lat"])
      deepStrictEqual(line.values, Float64Array.of(2, NaN, 6))
      deepStrictEqual(Compute.fillna(line, -1).values, Float64Array.of(2, -1, 6))
    }))
})

describe("where", () => {
  const kept = (cond: string, options?: Omit<Compute.Filter, "cond">) =>
    Effect.map(Compute.where(field, { cond, ...options }), ({ values }) => [...values])

  it.effect("keeps the values for which a condition is true", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* kept("tas>7"), [NaN, NaN, NaN, NaN, NaN, NaN, NaN, 8, 9, NaN, 11, 12])
      deepStrictEqual(yield* kept("tas >= 7", { other: 0 }), [0, 0, 0, 0, 0, 0, 7, 8, 9, 0, 11, 12])
      deepStrictEqual(yield* kept("tas<2", { other: 0 }), [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      deepStrictEqual(yield* kept("tas<=2e0", { other: 0 }), [1, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0])
      deepStrictEqual(yield* kept("tas==5", { other: 0 }), [0, 0, 0, 0, 5, 0, 0, 0, 0, 0, 0, 0])
      deepStrictEqual(yield* kept("tas!=5", { other: 0 }), [1, 2, 3, NaN, 0, 6, 7, 8, 9, NaN, 11, 12])
    }))

  it.effect("compares dimensions and other variables", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* kept("lat>-5", { other: 0 }), [1, 2, 3, NaN, 0, 0, 7, 8, 9, NaN, 0, 0])
      deepStrictEqual(yield* kept("lon==180", { other: 0 }), [0, 2, 0, NaN, 0, 6, 0, 8, 0, NaN, 0, 12])
      deepStrictEqual(yield* kept("tas<offset", { other: 0, among: [zonal] }), [0, 0, 3, 0, 5, 6, 0, 0, 9, 0, 11, 12])
    }))

  it.effect("says what is no condition", () =>
    Effect.gen(function*() {
      for (const cond of ["", "tas", "tas>", ">3", "tas=3", "tas=>3", "tas<3<4", "tas>3 and lat>0>1"]) {
        assert.strictEqual(yield* reasonOf(Compute.where(field, { cond })), "invalid-parameter", cond)
      }
      const unknown = yield* Effect.flip(Compute.where(field, { cond: "pr>3" }))
      assert.strictEqual(unknown.reason, "unknown-variable")
      assert.strictEqual(unknown.message, "pr: no such variable or dimension. There are tas, time, lat, lon.")
      assert.strictEqual(yield* reasonOf(Compute.where(field, { cond: "tas>3 and lat>0" })), "invalid-parameter")
    }))
})

describe("filterMap", () => {
  it.effect("computes one number of what is kept", () =>
    Effect.gen(function*() {
      const of = (func: Compute.Statistic, other?: number) =>
        Effect.map(Compute.filterMap(field, { cond: "tas>8", func, other }), ({ axes, values }) => {
          deepStrictEqual(axes, [])
          return values[0]
        })
      // 9, 11 and 12 are above 8.
      assert.strictEqual(yield* of("count"), 3)
      assert.strictEqual(yield* of("sum"), 32)
      assert.strictEqual(yield* of("mean"), 32 / 3)
      assert.strictEqual(yield* of("max"), 12)
      assert.strictEqual(yield* of("min"), 9)
      assert.strictEqual(yield* of("min", 0), 0)
      assert.strictEqual(yield* of("count", 0), 12)
      assert.closeTo((yield* of("var")) ?? NaN, 14 / 9, 1e-12)
      assert.closeTo((yield* of("std")) ?? NaN, Math.sqrt(14 / 9), 1e-12)
    }))
})

describe("groupbyBins", () => {
  it.effect("puts values into bins that are closed above", () =>
    Effect.gen(function*() {
      const bins = [0, 3, 6, 12]
      const counts = yield* Compute.groupbyBins(field, { by: field, bins }, "count")
      // 1 2 3, 5 6, 7 8 9 11 12
      deepStrictEqual(counts.values, Float64Array.of(3, 2, 5))
      deepStrictEqual(counts.axes, [
        axis("tas_bins", [1.5, 4.5, 9], { units: "K", long_name: "bins of tas", edges: bins })
      ])
      const means = yield* Compute.groupbyBins(field, { by: field, bins }, "mean")
      deepStrictEqual(means.values, Float64Array.of(2, 5.5, 47 / 5))
      const few = yield* Compute.groupbyBins(field, { by: field, bins: [1, 2, 3.5, 4] }, "sum")
      deepStrictEqual(few.values, Float64Array.of(2, 3, NaN))
    }))

  it.effect("groups by another field and by a dimension, and takes open ends", () =>
    Effect.gen(function*() {
      const open = yield* Compute.groupbyBins(field, { by: zonal, bins: [-Infinity, 5, Infinity] }, "sum")
      deepStrictEqual(open.values, Float64Array.of(1 + 2 + 7 + 8, 3 + 9 + 5 + 6 + 11 + 12))
      deepStrictEqual(open.axes[0]?.values, Float64Array.of(5, 5))
      const lat = yield* Compute.named("lat", [field])
      const south = yield* Compute.groupbyBins(field, { by: lat, bins: [-90, -1, 90] }, "max")
      deepStrictEqual(south.values, Float64Array.of(12, 9))
    }))

  it.effect("refuses bins that do not rise, and groups of more dimensions", () =>
    Effect.gen(function*() {
      for (const bins of [[], [1], [1, 1], [2, 1], [0, NaN]]) {
        assert.strictEqual(
          yield* reasonOf(Compute.groupbyBins(field, { by: field, bins }, "count")),
          "invalid-parameter"
        )
      }
      assert.strictEqual(yield* reasonOf(Compute.groupbyBins(zonal, { by: field, bins: [0, 1] }, "count")), "mismatch")
    }))
})

describe("merge", () => {
  it.effect("puts variables together that share a grid", () =>
    Effect.gen(function*() {
      const both = yield* Compute.merge([field, zonal])
      deepStrictEqual(both.map(({ name }) => name), ["tas", "offset"])
      const north = { ...zonal, axes: [axis("lat", [11, 1, -9], { units: "degrees_north" })] }
      assert.strictEqual(yield* reasonOf(Compute.merge([field, north])), "mismatch")
    }))

  it.effect("treats variables of one name as it is told", () =>
    Effect.gen(function*() {
      const left = { ...zonal, values: Float64Array.of(1, NaN, 100) }
      const right = { ...zonal, values: Float64Array.of(NaN, 10, 100), attributes: { units: "K", note: "other" } }
      const of = (compat?: Compute.Compat, ...fields: ReadonlyArray<Field.Field>) =>
        Effect.map(Compute.merge([left, ...fields], { compat }), (merged) => {
          assert.strictEqual(merged.length, 1)
          return [...merged[0].values]
        })
      deepStrictEqual(yield* of(undefined, right), [1, 10, 100])
      deepStrictEqual(yield* of("no_conflicts", right, zonal), [1, 10, 100])
      deepStrictEqual(yield* of("override", { ...zonal, values: Float64Array.of(7, 8, 9) }), [1, NaN, 100])
      deepStrictEqual(yield* of("equals", { ...left, attributes: {} }), [1, NaN, 100])
      deepStrictEqual(yield* of("identical", left), [1, NaN, 100])
      const clash = { ...zonal, values: Float64Array.of(2, 10, 100) }
      assert.strictEqual(yield* reasonOf(Compute.merge([left, clash])), "mismatch")
      assert.strictEqual(yield* reasonOf(Compute.merge([left, right], { compat: "equals" })), "mismatch")
      assert.strictEqual(
        yield* reasonOf(Compute.merge([left, { ...left, attributes: {} }], { compat: "identical" })),
        "mismatch"
      )
      assert.strictEqual(yield* reasonOf(Compute.merge([field, { ...zonal, name: "tas" }])), "mismatch")
    }))

  it.effect("renames variables and axes", () =>
    Effect.gen(function*() {
      const [renamed] = yield* Compute.rename([field], [["tas", "t"], ["lat", "y"]])
      deepStrictEqual([renamed.name, ...names(renamed)], ["t", "time", "y", "lon"])
      const swapped = yield* Compute.rename([field, zonal], [["tas", "offset"], ["offset", "tas"]])
      deepStrictEqual(swapped.map(({ name }) => name), ["offset", "tas"])
      assert.strictEqual(yield* reasonOf(Compute.rename([field], [["pr", "t"]])), "unknown-variable")
      assert.strictEqual(yield* reasonOf(Compute.rename([field, zonal], [["tas", "offset"]])), "invalid-parameter")
      assert.strictEqual(yield* reasonOf(Compute.rename([field], [["tas", "lat"]])), "invalid-parameter")
    }))
})

describe("regrid", () => {
  const degrees = (name: string, units: string, ...values: ReadonlyArray<number>) => axis(name, values, { units })
  const globe: Field.Field = {
    name: "tas",
    axes: [degrees("lat", "degrees_north", 60, -60), degrees("lon", "degrees_east", 0, 90, 180, 270)],
    values: Float64Array.of(0, 10, 20, 30, 120, 130, 140, 150),
    attributes: {}
  }

  it.effect("is linear between the points around, round the circle and constant beyond the last latitudes", () =>
    Effect.gen(function*() {
      const uniform = yield* Compute.regrid(globe, "uniform~60x90")
      deepStrictEqual(uniform.axes.map(({ values }) => [...values]), [[-60, 0, 60], [45, 135, 225, 315]])
      // At 315° it is between the 30 at 270° and the 0 at 360°.
      deepStrictEqual(uniform.values, Float64Array.of(125, 135, 145, 135, 65, 75, 85, 75, 5, 15, 25, 15))
      const polar = yield* Compute.regrid(globe, "uniform~30.0x180")
      deepStrictEqual([...polar.axes[0]?.values ?? []], [-75, -45, -15, 15, 45, 75])
      // At 90° and 270°: as at −60°, then a quarter of the way, an eighth more, ….
      deepStrictEqual(polar.values, Float64Array.of(130, 150, 115, 135, 85, 105, 55, 75, 25, 45, 10, 30))
    }))

  it.effect("gives what is missing for what it has no points around", () =>
    Effect.gen(function*() {
      const sector = {
        ...globe,
        axes: [globe.axes[0] ?? axis("lat", []), degrees("lon", "degrees_east", 0, 90, 95, 100)]
      }
      const [, , ...south] = (yield* Compute.regrid(sector, "uniform~180x60")).values
      // At 30° and 90°, but not at 150°, 210°, ….
      deepStrictEqual(
        (yield* Compute.regrid(sector, "uniform~180x60")).values.slice(0, 2),
        Float64Array.of(60 + 10 / 3, 70)
      )
      assert.isTrue(south.every(Number.isNaN))
      const holed = { ...globe, values: Float64Array.of(0, 10, NaN, 30, 120, 130, 140, 150) }
      deepStrictEqual(
        (yield* Compute.regrid(holed, "uniform~60x90")).values,
        Float64Array.of(125, 135, 145, 135, 65, NaN, NaN, 75, 5, NaN, NaN, 15)
      )
    }))

  it.effect("knows Gaussian latitudes", () =>
    Effect.gen(function*() {
      // The roots of 3x² − 1 are ±√⅓, those of 5x³ − 3x are 0 and ±√⅗.
      const two = yield* Compute.regrid(globe, "gaussian~2")
      const three = yield* Compute.regrid(globe, "gaussian~3")
      const sines = ({ axes }: Field.Field) => [...axes[0]?.values ?? []].map((lat) => Math.sin(lat * Math.PI / 180))
      const expected = [-Math.sqrt(1 / 3), Math.sqrt(1 / 3), -Math.sqrt(0.6), 0, Math.sqrt(0.6)]
      const found = [...sines(two), ...sines(three)]
      found.forEach((sine, index) => assert.closeTo(sine, expected[index] ?? NaN, 1e-12))
      deepStrictEqual([...two.axes[1]?.values ?? []], [0, 90, 180, 270])
      deepStrictEqual(Field.shape(yield* Compute.regrid(globe, "T85")), [128, 256])
      // The Gaussian latitudes of T42 begin at 87.8638°.
      assert.closeTo((yield* Compute.regrid(globe, "gaussian~64")).axes[0]?.values[63] ?? NaN, 87.8638, 1e-4)
    }))

  it.effect("refuses grids that it does not know, and fields without latitudes", () =>
    Effect.gen(function*() {
      for (const grid of ["", "uniform", "uniform~2", "uniform~0x0", "uniform~7x7", "gaussian~0", "tripolar"]) {
        assert.strictEqual(yield* reasonOf(Compute.regrid(globe, grid)), "unsupported", grid)
      }
      assert.strictEqual(yield* reasonOf(Compute.regrid(zonal, "uniform~2x2")), "unsupported")
      assert.strictEqual(yield* reasonOf(Compute.regrid(Sample.temperature, "uniform~.1x.1")), "unsupported")
    }))
})
