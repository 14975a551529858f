import { Auth } from "@effect-wps/auth"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { Input, Output, Process, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Clock, Effect, Fiber, Schema, Stream, TestClock } from "effect"
import { includes } from "./support/includes.ts"

const sleep = Process.make("sleep", {
  inputs: { seconds: Input.literal(Schema.Number) },
  outputs: { woken: Output.literal(Schema.Number) }
})

const implementations = [
  WpsNode.handle(
    sleep,
    ({ seconds }) =>
      Effect.zipRight(Effect.sleep(seconds * 1000), Effect.map(Clock.currentTimeMillis, (woken) => ({ woken })))
  )
]

describe("WpsTest", () => {
  it.effect("time is the TestClock's: a job of 10 s ends when 10 s have gone by, and not before", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(sleep({ seconds: 10 }))
      yield* TestClock.adjust("9999 millis")
      assert.strictEqual((yield* job.status)._tag, "Running")
      yield* TestClock.adjust("1 millis")
      assert.strictEqual((yield* job.status)._tag, "Succeeded")
      deepStrictEqual(yield* job.result, { woken: 10_000 })
    }).pipe(Effect.provide([WpsTest.layer(implementations), Auth.layerAnonymous])))

  it.effect("a process that is run at once keeps its caller waiting on the same clock", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(WpsClient.run(sleep({ seconds: 10 })))
      yield* TestClock.adjust("9 seconds")
      assert.isTrue((yield* Fiber.poll(fiber))._tag === "None")
      yield* TestClock.adjust("1 second")
      deepStrictEqual(yield* Fiber.join(fiber), { woken: 10_000 })
    }).pipe(Effect.provide([WpsTest.layer(implementations), Auth.layerAnonymous])))

  for (const protocol of [Wps100.Wps100, Wps200.Wps200]) {
    it.effect(`an output that comes several times is delivered and stored as often: ${protocol.version}`, () =>
      Effect.gen(function*() {
        const split = Process.make("split", {
          inputs: {},
          outputs: { parts: Output.repeated(Output.text("text/csv")) }
        })
        const stored = Process.make("split", {
          inputs: {},
          outputs: { parts: Output.repeated(Output.reference(Output.text("text/csv"))) }
        })
        const parts = ["a", "b", "c"]
        const program = Effect.gen(function*() {
          deepStrictEqual(yield* WpsClient.run(split({})), { parts })
          const references = (yield* WpsClient.run(stored({}))).parts
          const texts = yield* Effect.forEach(
            references,
            (one) => Stream.mkString(Stream.decodeText(WpsClient.downloadStream(one)))
          )
          deepStrictEqual(texts, parts)
        })
        const node = WpsTest.layer([WpsNode.handle(split, () => Effect.succeed({ parts }))], { client: { protocol } })
        yield* Effect.provide(program, [node, Auth.layerAnonymous])
      }))
  }

  it.effect("the client's options and the node's path are what is given", () =>
    Effect.gen(function*() {
      const client = yield* WpsClient.WpsClient
      assert.strictEqual(client.url, "http://wps.test/ows/wps")
      const fiber = yield* Effect.fork(Effect.flip(client.run(sleep({ seconds: 1 }), { mode: "async" })))
      yield* TestClock.adjust("1 minute")
      const error = yield* Fiber.join(fiber)
      includes(error, { _tag: "JobTimeout", kind: "deadline", seconds: 30 })
    }).pipe(Effect.provide([
      WpsTest.layer([WpsNode.handle(sleep, () => Effect.never)], {
        path: "/ows/wps",
        client: { poll: { deadline: "30 seconds" } }
      }),
      Auth.layerAnonymous
    ])))
})
