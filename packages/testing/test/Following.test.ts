import { Auth } from "@effect-wps/auth"
import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
import { Operation, Output, Process, Wps200, WpsClient } from "@effect-wps/wps"
import { HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Layer, Option, Ref, Schedule, Schema, TestClock } from "effect"

const long = Process.make("long", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })

const processes = [
  WpsNode.handle(
    long,
    (_, { report }) => Effect.zipRight(report(37, "half way"), Effect.as(Effect.sleep("10 minutes"), { value: 42 }))
  )
]

const poll = { schedule: Schedule.spaced("30 seconds") }

const node = (options: WpsNode.Options, client?: Partial<WpsClient.Options>) =>
  Effect.provide([WpsTest.layer(processes, { ...options, client: { poll, ...client } }), Auth.layerAnonymous])

describe("a job on a node", () => {
  it.effect("is asked for when the node wants to be asked again, each time counted anew", () =>
    Effect.gen(function*() {
      const asked = yield* Ref.make(0)
      const counted = Quirk.make("counted", ({ operation, response }) =>
        operation === "GetStatus"
          ? Effect.zipRight(Ref.update(asked, (n) => n + 1), response)
          : response)
      const value = yield* Effect.fork(
        WpsClient.run(long({}), { mode: "async" }).pipe(
          node({ nextPoll: "2 minutes", versions: ["2.0.0"], quirks: [counted] }, { protocol: Wps200.Wps200 })
        )
      )
      yield* TestClock.adjust("15 minutes")
      deepStrictEqual(yield* Fiber.join(value), { value: 42 })
      assert.isAtMost(yield* Ref.get(asked), 6)
    }))

  for (const quirk of [Quirk.slowStatus404(3), Quirk.tornStatus, Quirk.losesJobAt(1)]) {
    it.effect(`says where it stands though a read goes wrong: ${quirk.name}`, () =>
      Effect.gen(function*() {
        const is200 = quirk.name === "losesJobAt"
        const status = yield* Effect.fork(
          Effect.flatMap(WpsClient.execute(long({})), (job) => job.status).pipe(
            node({ quirks: [quirk] }, is200 ? { protocol: Wps200.Wps200 } : {})
          )
        )
        yield* TestClock.adjust("5 minutes")
        assert.strictEqual((yield* Fiber.join(status))._tag, "Running")
      }))
  }

  it.effect("that is no longer known while it is followed is not found, in WPS 1.0.0 too", () =>
    Effect.gen(function*() {
      const gone = Quirk.slowStatus404(Infinity)
      const error = yield* Effect.fork(
        Effect.flip(WpsClient.run(long({}), { mode: "async" })).pipe(node({ quirks: [gone] }))
      )
      yield* TestClock.adjust("10 minutes")
      assert.strictEqual((yield* Fiber.join(error))._tag, "JobNotFound")
    }))

  it.effect("is dismissed as often as one likes, where GeoServer has a way to", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(long({}))
      yield* job.dismiss
      yield* job.dismiss
      const again = yield* Effect.flip(WpsClient.attach(Option.getOrThrow(job.reference), long)).pipe(
        Effect.fork,
        Effect.tap(() => TestClock.adjust("10 minutes")),
        Effect.flatMap(Fiber.join)
      )
      assert.strictEqual(again._tag, "JobNotFound")
    }).pipe(node({ quirks: [Quirk.executionIds] })))

  it.effect("tells how far it was when nobody waits for it any more", () =>
    Effect.gen(function*() {
      const error = yield* Effect.fork(
        Effect.flip(WpsClient.run(long({}), { mode: "async", poll: { ...poll, stallTimeout: "3 minutes" } })).pipe(
          node({ versions: ["2.0.0"] }, { protocol: Wps200.Wps200 })
        )
      )
      yield* TestClock.adjust("10 minutes")
      assert.include((yield* Fiber.join(error)).message, "it was last Running, 37 %")
    }))

  it.effect("cannot be reached at an origin where no node is", () =>
    Effect.gen(function*() {
      const error = yield* Effect.fork(
        Effect.flip(WpsClient.run(long({}), { mode: "async" })).pipe(
          node({ quirks: [Quirk.internalHost("http://10.0.0.7:8080")] })
        )
      )
      yield* TestClock.adjust("20 minutes")
      const { _tag, message } = yield* Fiber.join(error)
      assert.strictEqual(_tag, "TransportError")
      assert.include(message, "ECONNREFUSED")
      const other = yield* Effect.flip(HttpClient.get("https://wps.test/wps")).pipe(
        Effect.provide(WpsTest.layerHttpClient(processes))
      )
      assert.strictEqual(other._tag, "RequestError")
    }))
})

describe("an operation that is known at run time only", () => {
  it.effect("does not take an output in another unit than it asked for, which WPS 2.0 cannot say", () =>
    Effect.gen(function*() {
      const length = Process.make("length", {
        inputs: {},
        outputs: { value: Output.literal(Schema.Int, { uom: "m" }) }
      })
      const run = (uom: string) =>
        WpsClient.run(Operation.make({
          identifier: "length",
          outputs: [Operation.request("value", { uom: Option.some(uom) })]
        })).pipe(Effect.provide(Layer.merge(
          WpsTest.layer([WpsNode.handle(length, () => Effect.succeed({ value: 3 }))], {
            client: { protocol: Wps200.Wps200 }
          }),
          Auth.layerAnonymous
        )))
      assert.lengthOf(yield* run("m"), 1)
      assert.deepInclude(yield* Effect.flip(run("km")), { _tag: "InvalidOutput", output: "value" })
    }))
})
