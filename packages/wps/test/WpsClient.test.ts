import { Auth, BearerAuth } from "@effect-wps/auth"
import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Input, Job, Operation, Output, Process, Wps200, WpsClient, WpsError } from "@effect-wps/wps"
import { HttpClient, type HttpClientError, type HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Array,
  Chunk,
  Config,
  ConfigProvider,
  Effect,
  Fiber,
  Layer,
  Number,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Stream,
  TestClock
} from "effect"
import { inspect } from "node:util"
import * as documents from "./support/documents.ts"
import { layer, Server } from "./support/scripted.ts"

const echo = Process.make("echo", {
  inputs: {
    literal: Input.literal(Schema.String),
    number: Input.optional(Input.literal(Schema.Number)),
    json: Input.optional(Input.complex(Schema.Struct({ a: Schema.Array(Schema.Number) }), "application/json")),
    xml: Input.optional(Input.text("text/xml")),
    bytes: Input.optional(Input.bytes("application/octet-stream")),
    box: Input.optional(Input.boundingBox("EPSG:4326"))
  },
  outputs: {
    literal: Output.literal(Schema.String),
    number: Output.optional(Output.literal(Schema.Number)),
    json: Output.optional(Output.complex(Schema.Struct({ a: Schema.Array(Schema.Number) }), "application/json")),
    xml: Output.optional(Output.text("text/xml")),
    bytes: Output.optional(Output.bytes("application/octet-stream")),
    box: Output.optional(Output.boundingBox("EPSG:4326"))
  }
})

const sleep = Process.make("sleep", {
  inputs: { seconds: Input.literal(Schema.Number, { range: { minimum: "0", maximum: "3600" } }) },
  outputs: { slept: Output.literal(Schema.Number), log: Output.text("text/plain") }
})

class Broken extends Schema.TaggedError<Broken>()("Broken", { message: Schema.String }) {}

const fail = Process.make("fail", { inputs: {}, outputs: { nothing: Output.literal(Schema.String) } })

const syncOnly = Process.make("sync-only", { inputs: {}, outputs: { one: Output.literal(Schema.Int) } })

const fromNullable = <A>(value: A | undefined) => Option.fromNullable(value)

const processes = [
  WpsNode.handle(echo, (inputs) =>
    Effect.succeed({
      literal: inputs.literal,
      number: fromNullable(inputs.number),
      json: fromNullable(inputs.json),
      xml: fromNullable(inputs.xml),
      bytes: fromNullable(inputs.bytes),
      box: fromNullable(inputs.box)
    })),
  WpsNode.handle(sleep, ({ seconds }, { report }) =>
    Effect.gen(function*() {
      for (let percent = 0; percent < 100; percent += 25) {
        yield* report(percent, `slept ${percent} %`)
        yield* Effect.sleep(seconds * 250)
      }
      return { slept: seconds, log: `slept ${seconds} s & more` }
    })),
  WpsNode.handle(fail, () => new Broken({ message: "it {is} broken <badly>" })),
  WpsNode.handle(syncOnly, () => Effect.succeed({ one: 1 }), { async: false })
]

const withNode = Effect.provide([WpsTest.layer(processes), Auth.layerAnonymous])

describe("WpsClient", () => {
  describe("capabilities and descriptions", () => {
    it.effect("lists the processes", () =>
      Effect.gen(function*() {
        const capabilities = yield* WpsClient.capabilities
        deepStrictEqual(capabilities.processes.map((one) => one.identifier), ["echo", "sleep", "fail", "sync-only"])
        deepStrictEqual(capabilities.version, Option.some("1.0.0"))
      }).pipe(withNode))

    it.effect("describes a process", () =>
      Effect.gen(function*() {
        const { inputs, jobControlOptions, outputs } = yield* WpsClient.describe("sleep")
        deepStrictEqual(jobControlOptions, ["sync-execute", "async-execute"])
        deepStrictEqual(inputs.map(({ identifier, maxOccurs, minOccurs }) => [identifier, minOccurs, maxOccurs]), [
          ["seconds", 1, 1]
        ])
        const data = inputs[0]?.data
        deepStrictEqual(data?._tag === "Literal" ? data.dataType : data?._tag, Option.some("double"))
        deepStrictEqual(outputs.map(({ data, identifier }) => [identifier, data._tag]), [
          ["slept", "Literal"],
          ["log", "Complex"]
        ])
      }).pipe(withNode))

    it.effect("says which process does not exist", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.describe("nowhere"))
        assert.instanceOf(error, WpsError.ProcessNotFound)
        assert.deepInclude(error, { url: WpsTest.url, identifier: "nowhere" })
      }).pipe(withNode))

    it.effect("asks once for what is asked for at the same time, and keeps it; failures are asked for again", () =>
      Effect.gen(function*() {
        const asked = Effect.map(Server, ({ sent }) => sent).pipe(
          Effect.flatten,
          Effect.map((all) => all.map((one) => one.url))
        )
        const identifiers = ["a", "b", "a", "c"]
        const all = yield* Effect.forEach(identifiers, WpsClient.describe, { concurrency: "unbounded" })
        deepStrictEqual(all.map((one) => one.identifier), identifiers)
        deepStrictEqual(yield* asked, [
          "https://example.org/wps?service=WPS&request=DescribeProcess&version=1.0.0&Identifier=a,b,c"
        ])
        yield* WpsClient.describe("b")
        assert.lengthOf(yield* asked, 1)
        yield* Effect.flip(WpsClient.describe("bad"))
        yield* Effect.flip(WpsClient.describe("bad"))
        assert.lengthOf(yield* asked, 3)
        yield* TestClock.adjust("61 minutes")
        yield* WpsClient.describe("b")
        assert.lengthOf(yield* asked, 4)
      }).pipe(Effect.provide(layer(({ url }) => {
        const identifiers = (new URL(url).searchParams.get("Identifier") ?? "").split(",")
        return identifiers.includes("bad") ? { status: 500, body: "" } : { body: descriptions(identifiers) }
      }))))

    it.effect("finds the good ones of a batch that holds a bad one", () =>
      Effect.gen(function*() {
        const [a, bad] = yield* Effect.all([WpsClient.describe("a"), Effect.flip(WpsClient.describe("bad"))], {
          concurrency: "unbounded"
        })
        assert.strictEqual(a.identifier, "a")
        assert.strictEqual(bad._tag, "ProcessNotFound")
      }).pipe(Effect.provide(layer(({ url }) => {
        const identifiers = (new URL(url).searchParams.get("Identifier") ?? "").split(",")
        return identifiers.includes("bad")
          ? { status: 400, body: documents.exceptionReport("InvalidParameterValue", "unknown", "identifier") }
          : { body: descriptions(identifiers) }
      }))))

    it.effect("a caller that is interrupted takes nothing from the others", () =>
      Effect.gen(function*() {
        const first = yield* Effect.fork(WpsClient.describe("echo"))
        const second = yield* Effect.fork(WpsClient.describe("echo"))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(first)
        assert.strictEqual((yield* Fiber.join(second)).identifier, "echo")
      }).pipe(withNode))

    it.effect("asks for eight at a time, however many are wanted and spoilt", () =>
      Effect.gen(function*() {
        const now = yield* Ref.make(0)
        const most = yield* Ref.make(0)
        const slow = HttpClient.transform((
          response: Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>
        ) =>
          Effect.acquireUseRelease(
            Effect.tap(Ref.updateAndGet(now, Number.increment), (many) => Ref.update(most, Number.max(many))),
            () => Effect.delay(response, "1 second"),
            () => Ref.update(now, Number.decrement)
          )
        )
        const names = Array.makeBy(200, (at) => at % 40 === 7 ? `bad${at}` : `p${at}`)
        const asking = yield* Effect.fork(
          Effect.provide(
            Effect.forEach(names, (name) => Effect.option(WpsClient.describe(name)), { concurrency: "unbounded" }),
            layer(({ url }) => {
              const identifiers = (new URL(url).searchParams.get("Identifier") ?? "").split(",")
              return identifiers.some((one) => one.startsWith("bad"))
                ? { status: 400, body: documents.exceptionReport("InvalidParameterValue", "unknown", "identifier") }
                : { body: descriptions(identifiers) }
            }, { transformClient: slow })
          )
        )
        yield* Effect.forEach(Array.range(1, 40), () => TestClock.adjust("1 second"))
        assert.lengthOf(Array.getSomes(yield* Fiber.join(asking)), 195)
        assert.strictEqual(yield* Ref.get(most), 8)
      }))

    it.effect("does not count the time that a rate limit of the caller takes", () =>
      Effect.gen(function*() {
        const slow = HttpClient.transform((
          response: Effect.Effect<HttpClientResponse.HttpClientResponse, HttpClientError.HttpClientError>
        ) => Effect.delay(response, "1 hour"))
        const asking = yield* Effect.fork(
          Effect.provide(
            WpsClient.describe("a"),
            layer(() => ({ body: descriptions(["a"]) }), { transformClient: slow, timeout: "1 second" })
          )
        )
        yield* TestClock.adjust("1 hour")
        assert.strictEqual((yield* Fiber.join(asking)).identifier, "a")
      }))

    it("can fail with what a question can fail with, and with nothing that only a job can", () => {
      const caught = Effect.catchTag(WpsClient.describe("a"), "ProcessNotFound", () => Effect.succeed("none"))
      // @ts-expect-error nothing has been run
      const wrong = Effect.catchTag(WpsClient.describe("a"), "ProcessFailed", () => Effect.succeed("failed"))
      const file = WpsClient.downloadStream("https://example.org/out")
      // @ts-expect-error there is no job
      const other = Stream.catchTag(file, "JobTimeout", () => Stream.empty)
      assert.lengthOf([caught, wrong, other], 3)
    })

    it.effect("asks again as it is told, and never for an Execute", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const counted = <E extends { readonly _tag: string }>(asking: Effect.Effect<unknown, E, WpsClient.WpsClient>) =>
          Effect.gen(function*() {
            const before = (yield* sent).length
            const fiber = yield* Effect.fork(Effect.exit(asking))
            yield* TestClock.adjust("1 minute")
            yield* Fiber.join(fiber)
            return (yield* sent).length - before
          })
        assert.strictEqual(yield* counted(WpsClient.capabilities), 4)
        assert.strictEqual(yield* counted(WpsClient.describe("echo")), 4)
        assert.strictEqual(yield* counted(Stream.runDrain(WpsClient.downloadStream("https://example.org/out"))), 4)
        assert.strictEqual(yield* counted(WpsClient.run(syncOnly())), 1)
        assert.strictEqual(yield* counted(Stream.runDrain(WpsClient.rawStream(syncOnly()))), 1)
      }).pipe(Effect.provide(layer(() => ({ status: 503, body: "" }), {
        retry: Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(3))
      }))))

    it.effect("describes all once, however many ask, and keeps it", () =>
      Effect.gen(function*() {
        yield* Effect.all(Array.makeBy(3, () => WpsClient.describeAll), { concurrency: "unbounded" })
        yield* WpsClient.describeAll
        yield* WpsClient.describe("b")
        assert.lengthOf(yield* Effect.flatMap(Server, ({ sent }) => sent), 1)
      }).pipe(Effect.provide(layer(() => ({ body: descriptions(["a", "b"]) })))))

    it.effect("describes all, one by one where the server does not know ALL", () =>
      Effect.gen(function*() {
        deepStrictEqual((yield* WpsClient.describeAll).map((one) => one.identifier), ["a", "b"])
      }).pipe(Effect.provide(layer(({ url }) => {
        const query = new URL(url).searchParams
        return query.get("request") === "GetCapabilities"
          ? { body: capabilities(["a", "b"]) }
          : query.get("Identifier") === "ALL"
          ? { status: 400, body: documents.exceptionReport("InvalidParameterValue", "no ALL here", "Identifier") }
          : { body: descriptions((query.get("Identifier") ?? "").split(",")) }
      }))))
  })

  describe("run", () => {
    it.effect("carries every kind of value there and back", () =>
      Effect.gen(function*() {
        const inputs = {
          literal: "a < b & \"c\" ]]> 🌍  ",
          number: -Infinity,
          json: { a: [1, 2.5] },
          xml: "<g:Point xmlns:g=\"urn:g\"><g:pos>1 2</g:pos><!-- kept --></g:Point>",
          bytes: new Uint8Array([0, 1, 254, 255]),
          box: DataValue.boundingBox([-90, -180], [90, 180.5])
        }
        const outputs = yield* WpsClient.run(echo(inputs))
        deepStrictEqual(outputs, {
          literal: inputs.literal,
          number: Option.some(-Infinity),
          json: Option.some(inputs.json),
          xml: Option.some(inputs.xml),
          bytes: Option.some(inputs.bytes),
          box: Option.some(DataValue.boundingBox([-90, -180], [90, 180.5], "EPSG:4326"))
        })
      }).pipe(withNode))

    it.effect("waits for a job where it is run asynchronously", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(WpsClient.run(sleep({ seconds: 8 }), { mode: "async" }))
        yield* TestClock.adjust("1 minute")
        deepStrictEqual(yield* Fiber.join(fiber), { slept: 8, log: "slept 8 s & more" })
      }).pipe(withNode))

    it.effect("fails with what the process failed with", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.run(fail({})))
        assert.strictEqual(error._tag, "ProcessFailed")
        assert.include(error.message, "it {is} broken <badly>")
      }).pipe(withNode))

    it.effect("takes processes that are known only at run time", () =>
      Effect.gen(function*() {
        const outputs = yield* WpsClient.run(
          Operation.make({ identifier: "echo", inputs: [["literal", DataValue.literal("x")]] })
        )
        deepStrictEqual(outputs.map(({ data, identifier }) => [identifier, data]), [
          ["literal", DataValue.literal("x", { dataType: "string" })]
        ])
      }).pipe(withNode))

    it.effect("fetches inputs by reference on the server", () =>
      Effect.gen(function*() {
        const { json } = yield* WpsClient.run(
          echo({
            literal: "",
            json: DataValue.reference("https://data.example.org/a.json", { format: "application/json" })
          })
        )
        deepStrictEqual(json, Option.some({ a: [7] }))
      }).pipe(Effect.provide(
        WpsTest.layer(processes, { fetch: () => Effect.succeed(new TextEncoder().encode("{\"a\":[7]}")) })
      )))
  })

  describe("execute", () => {
    it.effect("gives a job that says how it changes", () =>
      Effect.gen(function*() {
        // The pauses that a client makes by itself differ by chance, and grow: they may pass over a state.
        const job = yield* WpsClient.execute(sleep({ seconds: 20 }), { poll: { schedule: pauses } })
        const seen = yield* Effect.fork(Stream.runCollect(job.changes))
        const result = yield* Effect.fork(job.result)
        yield* TestClock.adjust("1 minute")
        const tags = Chunk.toReadonlyArray(yield* Fiber.join(seen)).map((status) =>
          `${status._tag} ${Option.getOrElse(status.percent, () => "")}`.trim()
        )
        deepStrictEqual(tags, ["Accepted", "Running 0", "Running 25", "Running 50", "Running 75", "Succeeded"])
        deepStrictEqual((yield* Fiber.join(result)).slept, 20)
        assert.strictEqual((yield* job.status)._tag, "Succeeded")
      }).pipe(withNode))

    it.effect("has the lineage where it was wanted [A6.1] [A6.11]", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(sleep({ seconds: 1 }), { lineage: true })
        const fiber = yield* Effect.fork(job.document)
        yield* TestClock.adjust("1 minute")
        const { lineage, outputs } = yield* Fiber.join(fiber)
        const { inputs } = Option.getOrThrow(lineage)
        deepStrictEqual(inputs, [{ identifier: "seconds", data: DataValue.literal("1", { dataType: "double" }) }])
        deepStrictEqual(outputs.map(({ identifier }) => identifier), ["slept", "log"])
      }).pipe(withNode))

    it.effect("attaches to a job by its saved reference", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(sleep({ seconds: 4 }))
        const saved = yield* Schema.encode(Schema.parseJson(Job.JobReference))(Option.getOrThrow(job.reference))
        const again = yield* WpsClient.attach(yield* Schema.decode(Schema.parseJson(Job.JobReference))(saved), sleep)
        const result = yield* Effect.fork(again.result)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(result)).slept, 4)
      }).pipe(withNode))

    it.effect("a run that is waited for no longer says how its job is found again, and no log does", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(
          WpsClient.run(sleep({ seconds: 60 }), { mode: "async", poll: { deadline: "20 seconds" } })
        )
        yield* TestClock.adjust("30 seconds")
        const error = yield* Effect.flip(Fiber.join(fiber))
        const reference = error._tag === "JobTimeout" ? Option.map(error.reference, Redacted.value) : Option.none()
        const { statusLocation } = Option.getOrThrow(reference)
        assert.notInclude(inspect(error, { depth: 9 }), Option.getOrThrow(statusLocation))
        const job = yield* WpsClient.attach(Option.getOrThrow(reference), sleep)
        const result = yield* Effect.fork(job.result)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(result)).slept, 60)
      }).pipe(withNode))

    it.effect("a deadline counts from the Execute on", () =>
      Effect.gen(function*() {
        const slow = Quirk.make("slow", ({ operation, response }) =>
          operation === "Execute" ? Effect.delay(response, "3 seconds") : response)
        const fiber = yield* Effect.fork(
          Effect.exit(WpsClient.run(sleep({ seconds: 60 }), { mode: "async", poll: { deadline: "5 seconds" } })).pipe(
            Effect.provide([WpsTest.layer(processes, { quirks: [slow] }), Auth.layerAnonymous])
          )
        )
        yield* TestClock.adjust("4900 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(fiber)))
        yield* TestClock.adjust("200 millis")
        assert.isTrue(Option.isSome(yield* Fiber.poll(fiber)))
      }))

    it.scoped("stores an output and downloads it", () =>
      Effect.gen(function*() {
        const stored = Process.make("sleep", {
          inputs: sleep.inputs,
          outputs: { log: Output.reference(sleep.outputs.log) }
        })
        const fiber = yield* Effect.fork(WpsClient.run(stored({ seconds: 1 }), { mode: "async" }))
        yield* TestClock.adjust("1 minute")
        const { log } = yield* Fiber.join(fiber)
        const { contentType, stream } = yield* WpsClient.download(log)
        deepStrictEqual(contentType, Option.some("text/plain"))
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(stream)), "slept 1 s & more")
      }).pipe(withNode))

    it.effect("one asks the server however many wait, and the next goes on when it is interrupted", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(Operation.make({ identifier: "long", outputs: ["out"] }), {
          poll: { schedule: pauses }
        })
        const first = yield* Effect.fork(job.result)
        const others = yield* Effect.forEach([1, 2], () => Effect.fork(job.result))
        yield* TestClock.adjust("2500 millis")
        const polls = Effect.map(
          Effect.flatMap(Server, ({ sent }) => sent),
          (all) => all.filter((one) => one.method === "GET").length
        )
        assert.strictEqual(yield* polls, 2)
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("5 seconds")
        deepStrictEqual((yield* Effect.forEach(others, Fiber.join)).map((outputs) => outputs.length), [1, 1])
        assert.strictEqual(yield* polls, 5)
      }).pipe(Effect.provide(layer(({ method }, before) =>
        method === "POST"
          ? { body: documents.executeResponse(documents.accepted, { statusLocation: "/status/1" }) }
          : before < 4
          ? { body: documents.executeResponse(documents.started(before * 10)) }
          : { body: documents.executeResponse(documents.succeeded, { outputs: documents.literalOutput("out", "1") }) }
      ))))
  })

  describe("raw", () => {
    it.scoped("gives the bytes of one output", () =>
      Effect.gen(function*() {
        const bytes = new Uint8Array([1, 2, 3])
        const { contentType, stream } = yield* WpsClient.raw(echo({ literal: "", bytes }), { output: "bytes" })
        deepStrictEqual(contentType, Option.some("application/octet-stream"))
        deepStrictEqual([...Chunk.flatten(Chunk.map(yield* Stream.runCollect(stream), Chunk.fromIterable))], [1, 2, 3])
      }).pipe(withNode))

    it.scoped("gives XML that is no exception report as it is [A4.8]", () =>
      Effect.gen(function*() {
        const xml = "<a:Exception xmlns:a=\"urn:a\"/>"
        const { stream } = yield* WpsClient.raw(echo({ literal: "", xml }), { output: "xml" })
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(stream)), xml)
      }).pipe(withNode))

    it.scoped("fails with the exception report that came in its place [A4.8]", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.raw(Operation.make({ identifier: "x", outputs: ["y"] })))
        assert.strictEqual(error._tag, "ServiceException")
        assert.include(error.message, "no space")
      }).pipe(Effect.provide(layer(() => ({ body: documents.exceptionReport("NotEnoughStorage", "no space") })))))

    it.scoped("wants to know which of several outputs", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.raw(echo({ literal: "" })))
        assert.include(error.message, "name one of literal, number, json, xml, bytes, box")
        const unknown = yield* Effect.flip(WpsClient.raw(echo({ literal: "" }), { output: "nothing" }))
        assert.include(unknown.message, "is no output")
      }).pipe(withNode))
  })

  describe("inputs held against the description", () => {
    const never = WpsTest.layer(processes, { client: { validate: "never" } })
    const always = WpsTest.layer(processes, { client: { validate: "always" } })

    it.effect("every fault before anything is sent", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.run(Operation.make({
          identifier: "sleep",
          inputs: [
            ["seconds", DataValue.literal("4000")],
            ["seconds", DataValue.literal("soon")],
            ["minutes", DataValue.literal("\u0000")]
          ],
          outputs: ["slept", "dreams"]
        })))
        deepStrictEqual(
          error._tag === "InvalidInputs" ? error.faults.map(({ input, reason }) => `${input} ${reason}`) : [],
          [
            "minutes is no input of the process; it has seconds",
            "seconds is given 2 times, but at most 1 are taken",
            "seconds \"4000\" is not allowed; allowed is [0, 3600]",
            "seconds \"soon\" is no double",
            "dreams is no output of the process; it has slept, log",
            // What cannot be written is told with what the process does not take.
            "minutes The character U+0000 cannot stand in XML; leave it out, or send the value as base64"
          ]
        )
      }).pipe(Effect.provide(always)))

    it.effect("types, ranges and missing inputs", () =>
      Effect.gen(function*() {
        const attempt = (inputs: ReadonlyArray<readonly [string, DataValue.DataValue]>) =>
          Effect.map(
            Effect.flip(WpsClient.run(Operation.make({ identifier: "sleep", inputs }))),
            (error) => error.message
          )
        assert.include(yield* attempt([]), "seconds: is missing")
        assert.include(yield* attempt([["seconds", DataValue.literal("soon")]]), "\"soon\" is no double")
        assert.include(yield* attempt([["seconds", DataValue.literal("4000")]]), "allowed is [0, 3600]")
        assert.include(
          yield* attempt([["seconds", DataValue.complexText("1", "text/plain")]]),
          "is a complex value, but the process takes a literal"
        )
      }).pipe(Effect.provide(always)))

    it.effect("a description that is known already is used, and none is asked for otherwise", () =>
      Effect.gen(function*() {
        const long = Operation.make({ identifier: "sleep", inputs: [["seconds", DataValue.literal("4000")]] })
        assert.strictEqual((yield* Effect.flip(WpsClient.run(long)))._tag, "ServiceException")
        yield* WpsClient.describe("sleep")
        assert.strictEqual((yield* Effect.flip(WpsClient.run(long)))._tag, "InvalidInputs")
      }).pipe(withNode))

    it.effect("the server says it where the client is told to leave it", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.run(Operation.make({ identifier: "sleep" })))
        assert.strictEqual(error._tag, "ServiceException")
        assert.include(error.message, "MissingParameterValue (seconds)")
      }).pipe(Effect.provide(never)))

    it.effect("a process that cannot run asynchronously", () =>
      Effect.gen(function*() {
        const local = yield* Effect.flip(WpsClient.execute(syncOnly({})))
        assert.include(local.message, "run it with mode \"sync\"")
        deepStrictEqual(yield* WpsClient.run(syncOnly({})), { one: 1 })
      }).pipe(Effect.provide(always)))

    it.effect("and the server's own refusal of it", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.execute(syncOnly({})))
        assert.include(error.message, "StorageNotSupported")
        assert.include(error.message, "mode \"sync\"")
      }).pipe(Effect.provide(never)))
  })

  describe("credentials", () => {
    const token = Redacted.make("s3cr3t")
    const guarded = WpsTest.layer(processes, { authorize: WpsNode.bearer(token) })

    it.effect("are those of the program that calls", () =>
      Effect.gen(function*() {
        const { literal } = yield* WpsClient.run(echo({ literal: "in" }))
        assert.strictEqual(literal, "in")
        const fiber = yield* Effect.fork(WpsClient.run(sleep({ seconds: 1 }), { mode: "async" }))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(fiber)).slept, 1)
      }).pipe(Effect.provide([guarded, BearerAuth.layer(token)])))

    it.effect("refused, and none", () =>
      Effect.gen(function*() {
        const refused = yield* Effect.flip(
          WpsClient.capabilities.pipe(Effect.provide(BearerAuth.layer(Redacted.make("wrong"))))
        )
        assert.deepInclude(refused, { _tag: "AccessDenied", status: 401 })
        assert.include(refused.message, "Access token is no longer valid")
        assert.notInclude(refused.message, "wrong")
        const none = yield* Effect.flip(WpsClient.capabilities)
        assert.include(none.message, "Authentication failed")
      }).pipe(Effect.provide(guarded)))
  })

  it.effect("takes its options from the configuration", () =>
    Effect.gen(function*() {
      const client = yield* WpsClient.WpsClient
      assert.strictEqual(client.url, "http://wps.test/wps")
      const { languages } = yield* client.capabilities
      assert.isDefined(languages)
    }).pipe(
      Effect.provide(
        WpsClient.layerConfig({
          url: Config.string("WPS_URL"),
          language: Config.string("WPS_LANGUAGE"),
          timeout: "1 minute",
          protocol: Wps200.Wps200,
          transformClient: HttpClient.mapRequest((request) => {
            assert.include(request.url, "AcceptLanguages=fr")
            return request
          })
        }).pipe(
          Layer.provide([WpsTest.layerHttpClient([]), Auth.layerAnonymous]),
          Layer.provide(Layer.setConfigProvider(ConfigProvider.fromMap(
            new Map([["WPS_URL", "http://wps.test/wps"], ["WPS_LANGUAGE", "fr"]])
          )))
        )
      )
    ))
})

const pauses = Schedule.spaced("1 second")

const head =
  "xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\" service=\"WPS\" version=\"1.0.0\" xml:lang=\"en\""

const descriptions = (identifiers: ReadonlyArray<string>) =>
  `<wps:ProcessDescriptions ${head}>${
    identifiers.map((identifier) =>
      `<ProcessDescription wps:processVersion="1"><ows:Identifier>${identifier}</ows:Identifier><ows:Title/><ProcessOutputs/></ProcessDescription>`
    ).join("")
  }</wps:ProcessDescriptions>`

const capabilities = (identifiers: ReadonlyArray<string>) =>
  `<wps:Capabilities ${head}><wps:ProcessOfferings>${
    identifiers.map((identifier) => `<wps:Process><ows:Identifier>${identifier}</ows:Identifier></wps:Process>`).join(
      ""
    )
  }</wps:ProcessOfferings></wps:Capabilities>`
