import { Auth, BearerAuth } from "@effect-wps/auth"
import { Cdat, Compute, ComputeNode, Field, NetCdf, Sample } from "@effect-wps/demo"
import { WpsNode, WpsServer, WpsTest } from "@effect-wps/testing"
import { WpsClient } from "@effect-wps/wps"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Either, Layer, Redacted, Stream } from "effect"

const token = Redacted.make("a-token")

/** The node in memory, with its files and its guard. */
const inMemory = Layer.unwrapEffect(
  Effect.map(
    ComputeNode.files,
    (files) => WpsTest.layer(ComputeNode.implementations(), { files, authorize: WpsNode.bearer(token) })
  )
).pipe(
  Layer.provideMerge(NetCdf.layer),
  Layer.merge(BearerAuth.layer(token))
)

const file = (name: string) => `http://wps.test/wps/outputs/data/${name}`
const tas = { uri: file("tas.nc"), id: "tas|v0" }

/** Runs an operation and reads the file that it made. */
const compute = (name: Cdat.Name, options: Parameters<typeof Cdat.operation>[1]) =>
  Effect.gen(function*() {
    const { output } = yield* WpsClient.run(Cdat.operation(name, options))
    const [variable] = output
    assert.isDefined(variable)
    assert.deepInclude(variable, { id: `tas|${name}`, mime_type: "application/netcdf" })
    const { stream } = yield* WpsClient.download(variable.uri)
    const bytes = Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(stream)))
    return yield* Effect.flatMap(NetCdf.NetCdf, ({ read }) => read(bytes, "tas"))
  })

const same = (field: Field.Field, expected: Either.Either<Field.Field, unknown>) => {
  const wanted = Either.getOrThrow(expected)
  deepStrictEqual(Field.shape(field), Field.shape(wanted))
  deepStrictEqual(
    field.axes.map(({ name, values }) => [name, [...values]]),
    wanted.axes.map(({ name, values }) => [name, [...values]])
  )
  deepStrictEqual([...field.values], [...Float32Array.from(wanted.values)])
}

const south = { lat: { start: -90, end: 0, crs: "values" } } as const

describe("ComputeNode", () => {
  it.effect("cuts out a subset", () =>
    Effect.gen(function*() {
      same(yield* compute("subset", { variables: [tas], domain: south }), Compute.subset(Sample.temperature, south))
    }).pipe(Effect.provide(inMemory)))

  for (const name of ["max", "min", "mean", "sum"] as const) {
    it.effect(`computes the ${name} over axes of a part`, () =>
      Effect.gen(function*() {
        same(
          yield* compute(name, { variables: [tas], domain: south, axes: ["time", "lon"] }),
          Either.flatMap(Compute.subset(Sample.temperature, south), (part) => Compute[name](part, ["time", "lon"]))
        )
      }).pipe(Effect.provide(inMemory)))
  }

  it.effect("joins files along time", () =>
    Effect.gen(function*() {
      const variables = ["tas_2.nc", "tas_1.nc"].map((name, at) => ({ uri: file(name), id: `tas|v${at}` }))
      same(yield* compute("aggregate", { variables }), Either.right(Sample.temperature))
    }).pipe(Effect.provide(inMemory)))

  it.effect("says what it cannot compute", () =>
    Effect.gen(function*() {
      const failing = (options: Parameters<typeof Cdat.operation>[1]) =>
        Effect.map(Effect.flip(WpsClient.run(Cdat.operation("mean", options))), (error) => error.message)
      assert.include(yield* failing({ variables: [tas], axes: ["height"] }), "height")
      assert.include(
        yield* failing({ variables: [{ uri: "https://elsewhere.example/tas.nc", id: "tas|v0" }] }),
        "This node has no https://elsewhere.example/tas.nc"
      )
      assert.include(yield* failing({ variables: [{ ...tas, id: "pr|v0" }] }), "pr")
      assert.include(
        yield* failing({ variables: [tas], domain: { lat: { start: 95, end: 99, crs: "values" } } }),
        "lat"
      )
      assert.include(yield* failing({ variables: [] }), "MissingParameterValue")
    }).pipe(Effect.provide(inMemory)))

  it.scoped("answers on a port, to who has the token", () =>
    Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const count = Effect.map(WpsClient.capabilities, ({ processes }) => processes.length)
      const as = (auth: Layer.Layer<Auth.Auth>) =>
        Effect.provide(count, Layer.provide(WpsClient.layer({ url }), [auth, NodeHttpClient.layerUndici]))
      assert.strictEqual(yield* as(BearerAuth.layer(token)), 6)
      assert.strictEqual((yield* Effect.flip(as(Auth.layerAnonymous)))._tag, "AccessDenied")
    }).pipe(Effect.provide(Layer.provide(ComputeNode.layer({ authorize: WpsNode.bearer(token) }), NetCdf.layer))))
})
