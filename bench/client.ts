/**
 * The tasks of the benchmark with the client of this repository, as its users write them.
 *
 *     node client.js URL            over UndiciClient.layer
 *     node client.js URL platform   over NodeHttpClient.layerUndici
 *
 * Reads lines `TASK CALLERS SECONDS` and answers each with a line of JSON, {"count": ..., "seconds": ..., "cpu": ...}.
 */
import { Auth } from "@effect-wps/auth"
import { UndiciClient } from "@effect-wps/node"
import { Input, Output, Process, WpsClient } from "@effect-wps/wps"
import { NodeHttpClient, NodeRuntime, NodeStream } from "@effect/platform-node"
import { Array, Clock, Console, Data, Effect, Layer, Schedule, Schema, Stream } from "effect"

class Wrong extends Data.TaggedError("Wrong")<{ readonly answer: unknown }> {}

const add = Process.make("add", {
  inputs: {
    a: Input.literal(Schema.Number),
    b: Input.literal(Schema.Number),
    label: Input.literal(Schema.String)
  },
  outputs: { sum: Output.literal(Schema.Number), note: Output.literal(Schema.String) }
})

const operation = add({ a: 40.5, b: 2, label: "a < b & c" })

const check = (answer: Effect.Effect.Success<ReturnType<typeof operation.read>>) =>
  answer.sum === 42.5 && answer.note === "a < b & c" ? Effect.void : new Wrong({ answer })

const tasks = {
  execute: Effect.flatMap(WpsClient.run(operation), check),
  job: WpsClient.execute(operation).pipe(
    Effect.flatMap((job) => job.result),
    Effect.flatMap(check)
  ),
  describe: Effect.flatMap(
    WpsClient.describeAll,
    (all) => all.length === 500 && all[499]?.inputs.length === 10 ? Effect.void : new Wrong({ answer: all.length })
  )
}

const measure = Effect.fnUntraced(function*<E, R>(task: Effect.Effect<void, E, R>, callers: number, seconds: number) {
  const start = yield* Clock.currentTimeMillis
  const before = process.cpuUsage()
  let count = 0
  const call = Effect.gen(function*() {
    while ((yield* Clock.currentTimeMillis) - start < seconds * 1000) {
      yield* task
      count++
    }
  })
  yield* Effect.forEach(Array.range(1, callers), () => call, { concurrency: "unbounded", discard: true })
  const { system, user } = process.cpuUsage(before)
  return { count, seconds: ((yield* Clock.currentTimeMillis) - start) / 1000, cpu: (user + system) / 1e6 }
})

const Request = Schema.Tuple(
  Schema.Literal("execute", "job", "describe"),
  Schema.NumberFromString,
  Schema.NumberFromString
)

const program = Effect.gen(function*() {
  yield* Console.log("ready")
  yield* NodeStream.stdin.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) =>
      Effect.gen(function*() {
        const [task, callers, seconds] = yield* Schema.decodeUnknown(Request)(line.split(" "))
        yield* Console.log(JSON.stringify(yield* measure(tasks[task], callers, seconds)))
      })
    )
  )
})

const client = Layer.unwrapEffect(
  Effect.sync(() =>
    Layer.provide(
      // Descriptions are asked for each time: the client would keep them.
      WpsClient.layer({ url: process.argv[2] ?? "", poll: { schedule: Schedule.forever }, timeToLive: 0 }),
      process.argv[3] === "platform" ? NodeHttpClient.layerUndici : UndiciClient.layer
    )
  )
).pipe(Layer.provide(Auth.layerAnonymous))

program.pipe(Effect.provide(client), NodeRuntime.runMain)
