import { Dimension, Domain } from "@effect-wps/cwt"
import { Compute, type Field, NetCdf, Sample } from "@effect-wps/demo"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { afterAll, assert, beforeAll, describe, layer, vi } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck, Layer, Schema } from "effect"
import { spawnSync } from "node:child_process"
import { inflateSync } from "node:zlib"
import { axis, sameField } from "./support/fields.ts"

const live = Layer.merge(NetCdf.layer, NodeContext.layer)

const foreign = Effect.flatMap(
  FileSystem.FileSystem,
  (fs) => fs.readFile(new URL("./fixtures/foreign.nc", import.meta.url).pathname)
)

/** Without the field in case that there is one: it would be long to print. */
const failure = <E, R>(read: Effect.Effect<unknown, E, R>) => Effect.flip(Effect.asVoid(read))

const anyAttribute: FastCheck.Arbitrary<Field.Attribute> = FastCheck.oneof(
  FastCheck.string({ unit: "grapheme-ascii", maxLength: 12 }),
  FastCheck.constant("Größe in °C"),
  FastCheck.double({ noNaN: true }),
  FastCheck.array(FastCheck.double({ noNaN: true }), { minLength: 2, maxLength: 4 }),
  FastCheck.array(FastCheck.string({ unit: "grapheme-ascii", maxLength: 5 }), { minLength: 2, maxLength: 3 })
)

const anyField = FastCheck.record({
  sizes: FastCheck.array(FastCheck.integer({ min: 1, max: 5 }), { maxLength: 4 }),
  single: FastCheck.boolean(),
  attributes: FastCheck.dictionary(FastCheck.constantFrom("units", "long_name", "comment", "levels"), anyAttribute)
}).chain(({ attributes, single, sizes }) => {
  const size = sizes.reduce((product, length) => product * length, 1)
  const number = single ? FastCheck.float({ noDefaultInfinity: true }) : FastCheck.double({ noDefaultInfinity: true })
  return FastCheck.record({
    values: FastCheck.array(number, { minLength: size, maxLength: size }),
    coordinates: FastCheck.tuple(
      ...sizes.map((length) =>
        FastCheck.uniqueArray(FastCheck.double({ noNaN: true }), { minLength: length, maxLength: length })
      )
    )
  }).map(({ coordinates, values }): Field.Field => ({
    name: "any",
    axes: coordinates.map((along, index) => axis(`d${index}`, along, attributes)),
    values: single ? Float32Array.from(values) : Float64Array.from(values),
    attributes
  }))
})

/** Where in the file the compressed form of these bytes begins. */
const streamOf = (file: Uint8Array, content: Uint8Array): number =>
  file.findIndex((byte, at) => {
    if (byte !== 0x78) return false
    try {
      return Buffer.compare(inflateSync(file.subarray(at)), content) === 0
    } catch {
      return false
    }
  })

const runs = (command: string, ...args: ReadonlyArray<string>): boolean => {
  const present = spawnSync(command, args).status === 0
  if (!present) console.log(`skipped: no "${[command, ...args].join(" ")}" here`)
  return present
}

layer(live)("NetCdf", (it) => {
  it.effect("reads what it wrote", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const bytes = yield* netCdf.write([Sample.temperature], { attributes: { title: "Sample", realization: 1 } })
      sameField(yield* netCdf.read(bytes, "tas"), Sample.temperature)
      deepStrictEqual((yield* netCdf.read(bytes, "lat")).values, Sample.temperature.axes[1]?.values)
      const { attributes, variables } = yield* netCdf.describe(bytes)
      deepStrictEqual(attributes, { Conventions: "CF-1.8", title: "Sample", realization: 1 })
      deepStrictEqual(variables.map(({ name, type }) => `${type} ${name}`), [
        "float64 time",
        "float64 lat",
        "float64 lon",
        "float32 tas"
      ])
      deepStrictEqual(variables[3]?.dimensions, [
        { name: "time", size: 24 },
        { name: "lat", size: 36 },
        { name: "lon", size: 72 }
      ])
      assert.strictEqual(variables[3]?.attributes["_FillValue"], Math.fround(1e20))
      assert.isBelow(bytes.length, Sample.temperature.values.byteLength / 2)
    }))

  it.effect.prop("reads what it wrote, whatever it is", [anyField], ([field]) =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      deepStrictEqual(yield* netCdf.read(yield* netCdf.write([field]), "any"), field)
    }))

  it.effect("reads the part that a domain means", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const bytes = yield* netCdf.write([Sample.temperature])
      const domains = [
        Domain.make({ lat: [-90, 0] }),
        Domain.make({ time: ["1850-06", "1851-05"], lon: [0, 90, 2] }),
        Domain.make({ lon: [-20, 20], lat: Dimension.indices(3, 30, 5) }),
        Domain.make({ lon: [-180, 180, 7], time: Dimension.atIndex(3) })
      ]
      for (const domain of domains) {
        const read = yield* netCdf.read(bytes, "tas", { domain })
        sameField(read, yield* Compute.subset(Sample.temperature, domain))
      }
      const near = Domain.make({ lat: Dimension.at(1) })
      const equator = yield* netCdf.read(bytes, "tas", { domain: near, method: "nearest" })
      deepStrictEqual(equator.axes[1]?.values, Float64Array.of(2.5))
      const error = yield* failure(netCdf.read(bytes, "tas", { domain: near }))
      assert.strictEqual(error._tag, "ComputeError")
    }))

  it.effect("does not read values that nobody asked for", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const bytes = yield* netCdf.write([Sample.temperature])
      const december = Buffer.from(
        Sample.temperature.values.slice(23 * 36 * 72).map((value) => Number.isNaN(value) ? 1e20 : value).buffer
      )
      const at = streamOf(bytes, december)
      const broken = bytes.slice().fill(0, at + 2, at + 100)
      const before = Domain.make({ time: Dimension.indices(0, 23) })
      sameField(
        yield* netCdf.read(broken, "tas", { domain: before }),
        yield* Compute.subset(Sample.temperature, before)
      )
      const error = yield* failure(netCdf.read(broken, "tas"))
      assert.strictEqual(error._tag === "NetCdfError" && error.reason, "unreadable")
    }))

  it.effect("writes fields of one grid into one file", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const mean = yield* Compute.mean(Sample.temperature, ["time"])
      const zones = { ...yield* Compute.max(mean, ["lon"]), name: "zonal" }
      const bytes = yield* netCdf.write([mean, zones])
      deepStrictEqual((yield* netCdf.describe(bytes)).variables.map(({ name }) => name), [
        "lat",
        "lon",
        "tas",
        "zonal"
      ])
      deepStrictEqual(yield* netCdf.read(bytes, "zonal"), zones)
    }))

  it.effect("refuses fields that cannot stand in one file", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const field = { name: "a", axes: [axis("x", [1])], values: Float64Array.of(1), attributes: {} }
      const other = { ...field, name: "b", axes: [axis("x", [2])] }
      for (
        const [first, second] of [[field, field], [field, other], [field, { ...field, name: "x" }], [field, {
          ...field,
          name: "a/b"
        }]] as const
      ) {
        assert.strictEqual((yield* failure(netCdf.write([first, second]))).reason, "unwritable")
      }
    }))

  it.effect("reads files of the NetCDF library", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const bytes = yield* foreign
      const tas = yield* netCdf.read(bytes, "tas")
      const packed = [0, 100, 200, 300, 400, NaN, -100, -200, -300, -400, -500, NaN]
      deepStrictEqual(tas.values, Float64Array.from(packed, (value) => value * Math.fround(0.01) + 250))
      deepStrictEqual(tas.attributes, { units: "K", valid_flags: [1, 2] })
      deepStrictEqual(tas.axes, [
        axis("time", [0, 6], { units: "hours since 2000-1-1 00:00:0.0", calendar: "gregorian" }),
        axis("lat", [45.1, 0, -45.1].map(Math.fround), { units: "degrees_north", standard_name: "latitude" }),
        axis("x", [0, 1])
      ])
      const noon = Domain.make({ time: ["2000-01-01T06", "2000-01-02"], lat: [-45.1, 0] })
      deepStrictEqual(
        yield* netCdf.read(bytes, "tas", { domain: noon }),
        yield* Compute.subset(tas, noon)
      )
      deepStrictEqual((yield* netCdf.read(bytes, "height")).values, Float64Array.of(2))
      deepStrictEqual((yield* netCdf.read(bytes, "big")).values, Float32Array.of(1.5, -2.25, 1e10))
      deepStrictEqual((yield* netCdf.read(bytes, "count")).values, Float64Array.of(1, 2, 3))
      const bounds = yield* netCdf.read(bytes, "time_bnds")
      deepStrictEqual(bounds.axes.map(({ name, values }) => [name, ...values]), [["time", 0, 6], ["bnds", 0, 1]])
      const { attributes, variables } = yield* netCdf.describe(bytes)
      deepStrictEqual(attributes, { Conventions: "CF-1.8", realization: 7 })
      assert.strictEqual(variables.find(({ name }) => name === "remark")?.type, "text")
      deepStrictEqual(variables.find(({ name }) => name === "remark")?.attributes, { words: ["one", "two"] })
    }))

  it.effect("says what a file does not have", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const bytes = yield* foreign
      const unknown = yield* failure(netCdf.read(bytes, "pr"))
      assert.strictEqual(
        unknown.message,
        "The file has no variable \"pr\". It has time, time_bnds, lat, tas, height, big, count, station, remark."
      )
      for (const name of ["station", "remark"]) {
        const text = yield* failure(netCdf.read(bytes, name))
        assert.strictEqual(text._tag === "NetCdfError" && text.reason, "unsupported")
      }
    }))

  it.effect("says why bytes are no file, and goes on", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const whole = yield* netCdf.write([Sample.temperature])
      const why = (bytes: Uint8Array) => Effect.map(failure(netCdf.read(bytes, "tas")), ({ message }) => message)
      assert.include(yield* why(new Uint8Array()), "file signature not found")
      assert.include(yield* why(new TextEncoder().encode("CDF\u0001")), "convert NetCDF-3")
      assert.include(yield* why(whole.slice(0, -1)), "truncated file")
      yield* Effect.forEach(Array.from({ length: 300 }, (_, index) => index), () => why(whole.slice(0, 5000)))
      sameField(yield* netCdf.read(whole, "tas"), Sample.temperature)
    }))

  it.effect("keeps files apart that are read at the same time", () =>
    Effect.gen(function*() {
      const netCdf = yield* NetCdf.NetCdf
      const numbered = (value: number): Field.Field => ({
        name: "n",
        axes: [],
        values: Float64Array.of(value),
        attributes: {}
      })
      const files = yield* Effect.forEach(Array.from({ length: 20 }, (_, value) => value), (value) =>
        netCdf.write([numbered(value)]), { concurrency: 20 })
      const read = yield* Effect.forEach(files, (bytes) =>
        Effect.zipLeft(netCdf.read(bytes, "n"), Effect.yieldNow()), { concurrency: 20 })
      deepStrictEqual(
        read.map(({ values }) =>
          values[0]
        ),
        Array.from({ length: 20 }, (_, value) =>
          value)
      )
    }))
})

describe.sequential("at another time", () => {
  beforeAll(() => void vi.useFakeTimers({ toFake: ["Date"] }))
  afterAll(() => void vi.useRealTimers())

  layer(live)((it) => {
    it.effect("the same field gives the same bytes", () =>
      Effect.gen(function*() {
        const netCdf = yield* NetCdf.NetCdf
        const writeAt = (date: string) =>
          Effect.zipRight(Effect.sync(() => vi.setSystemTime(date)), netCdf.write([Sample.temperature]))
        const before = yield* writeAt("2001-02-03T04:05:06Z")
        deepStrictEqual(yield* writeAt("2030-01-01T00:00:00Z"), before)
      }))
  })
})

const Reported = Schema.parseJson(Schema.Struct({
  dimensions: Schema.Array(Schema.String),
  shape: Schema.Array(Schema.Number),
  type: Schema.String,
  units: Schema.String,
  missing: Schema.Number,
  mean: Schema.Number,
  lat: Schema.Array(Schema.Number),
  months: Schema.Array(Schema.Number)
}))

const script = `
import json, sys, netCDF4, numpy
file = netCDF4.Dataset(sys.argv[1])
tas, time = file["tas"], file["time"]
values = tas[:]
print(json.dumps(dict(dimensions=tas.dimensions, shape=tas.shape, type=str(tas.dtype), units=tas.units,
  missing=int(numpy.ma.count_masked(values)), mean=float(values.astype("f8").mean()), lat=file["lat"][:].tolist(),
  months=[date.month for date in netCDF4.num2date(time[:], time.units, time.calendar)])))
`

layer(live)("other programs", (it) => {
  const written = Effect.gen(function*() {
    const { write } = yield* NetCdf.NetCdf
    const fs = yield* FileSystem.FileSystem
    const path = (yield* Path.Path).join(yield* fs.makeTempDirectoryScoped(), "tas.nc")
    yield* fs.writeFile(path, yield* write([Sample.temperature]))
    return path
  })

  const known = [...Sample.temperature.values].filter((value) => !Number.isNaN(value))

  describe.skipIf(!runs("python3", "-c", "import netCDF4"))("netCDF4 for Python", () => {
    it.scoped("reads dimensions, coordinates and values", () =>
      Effect.gen(function*() {
        const output = yield* Command.string(Command.make("python3", "-c", script, yield* written))
        const reported = yield* Schema.decode(Reported)(output)
        const mean = known.reduce((total, value) => total + value, 0) / known.length
        assert.closeTo(reported.mean, mean, 1e-9)
        deepStrictEqual({ ...reported, mean: 0 }, {
          dimensions: ["time", "lat", "lon"],
          shape: [24, 36, 72],
          type: "float32",
          units: "K",
          missing: Sample.temperature.values.length - known.length,
          mean: 0,
          lat: [...Sample.temperature.axes[1]?.values ?? []],
          months: Array.from({ length: 24 }, (_, month) => month % 12 + 1)
        })
      }))
  })

  describe.skipIf(!runs("ncdump"))("ncdump", () => {
    it.scoped("shows a NetCDF-4 file with named dimensions", () =>
      Effect.gen(function*() {
        const header = yield* Command.string(Command.make("ncdump", "-h", "-s", yield* written))
        for (
          const line of [
            "time = 24 ;",
            "double lat(lat) ;",
            "lon:units = \"degrees_east\" ;",
            "float tas(time, lat, lon) ;",
            "tas:_FillValue = 1.e+20f ;",
            "tas:_DeflateLevel = 4 ;",
            ":Conventions = \"CF-1.8\" ;",
            ":_Format = \"netCDF-4\" ;"
          ]
        ) assert.include(header, line)
      }))
  })
})
