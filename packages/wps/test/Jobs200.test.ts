import { Auth } from "@effect-wps/auth"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import {
  DataValue,
  Input,
  Job,
  Operation,
  Output,
  Process,
  Wps100,
  Wps200,
  WpsClient,
  WpsError,
  type WpsProtocol
} from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Fiber, Option, Ref, Schedule, Schema, Stream, TestClock } from "effect"
import { inspect } from "node:util"
import { includes } from "./support/includes.ts"
import { type Answer, layerAnonymous, type Sent, Server, url } from "./support/scripted.ts"

const sleep = Process.make("sleep", {
  inputs: { seconds: Input.literal(Schema.Number) },
  outputs: { slept: Output.literal(Schema.Number), log: Output.text("text/plain") }
})

const period = Process.make("period", {
  inputs: {
    spans: Input.repeated(
      Input.nested({ from: Input.literal(Schema.Int), to: Input.optional(Input.literal(Schema.Int)) })
    )
  },
  outputs: { span: Output.nested({ least: Output.literal(Schema.Int), most: Output.literal(Schema.Int) }) }
})

/** The same, as it is asked for otherwise. */
const inPart = Process.make("period", {
  inputs: period.inputs,
  outputs: { span: Output.nested({ most: Output.reference(Output.literal(Schema.Int)) }) }
})

class Broken extends Schema.TaggedError<Broken>()("Broken", { message: Schema.String }) {}

const fail = Process.make("fail", { inputs: {}, outputs: { nothing: Output.literal(Schema.String) } })
const syncOnly = Process.make("sync-only", { inputs: {}, outputs: { one: Output.literal(Schema.Int) } })

const processes = [
  WpsNode.handle(sleep, ({ seconds }, { report }) =>
    Effect.gen(function*() {
      for (let percent = 0; percent < 100; percent += 25) {
        yield* report(percent, "asleep")
        yield* Effect.sleep(seconds * 250)
      }
      return { slept: seconds, log: `slept ${seconds} s & more <much>` }
    })),
  WpsNode.handle(period, ({ spans }) => {
    const years = spans.flatMap(({ from, to }) => to === undefined ? [from] : [from, to])
    return Effect.succeed({ span: { least: Math.min(...years), most: Math.max(...years) } })
  }),
  WpsNode.handle(fail, () => new Broken({ message: "it {is} broken <badly>" })),
  WpsNode.handle(syncOnly, () => Effect.succeed({ one: 1 }), { async: false })
]

const everySecond = { schedule: Schedule.spaced("1 second") }

const node = (options?: WpsNode.Options, client?: Omit<WpsClient.Options, "url">) =>
  Effect.provide([
    WpsTest.layer(processes, { ...options, client: { protocol: Wps200.Wps200, poll: everySecond, ...client } }),
    Auth.layerAnonymous
  ])

/** Waits in steps, so that whoever asks every second does. */
const pass = (seconds: number) =>
  Effect.forEach(Array.from({ length: 5 * seconds }), () => TestClock.adjust("200 millis"), { discard: true })

describe("a client of WPS 2.0", () => {
  it.effect("lists and describes [B2.2] [B3.2]", () =>
    Effect.gen(function*() {
      const { processes: all, version } = yield* WpsClient.capabilities
      deepStrictEqual(version, Option.some("2.0.0"))
      deepStrictEqual(all.map((one) => [one.identifier, one.jobControlOptions.join(" ")]), [
        ["sleep", "sync-execute async-execute dismiss"],
        ["period", "sync-execute async-execute dismiss"],
        ["fail", "sync-execute async-execute dismiss"],
        ["sync-only", "sync-execute"]
      ])
      const { inputs, outputs } = yield* WpsClient.describe("period")
      const [spans] = inputs
      deepStrictEqual(
        spans?.data._tag === "NestedInputs"
          ? [spans.maxOccurs, ...spans.data.inputs.map(({ identifier, minOccurs }) => [identifier, minOccurs])]
          : spans?.data._tag,
        [Infinity, ["from", 1], ["to", 0]]
      )
      deepStrictEqual(
        outputs.map(({ data }) =>
          data._tag === "NestedOutputs" ? data.outputs.map(({ identifier }) => identifier) : data._tag
        ),
        [["least", "most"]]
      )
      assert.lengthOf(yield* WpsClient.describeAll, 4)
      assert.strictEqual((yield* Effect.flip(WpsClient.describe("none")))._tag, "ProcessNotFound")
    }).pipe(node()))

  it.effect("runs at once, and as a job, with the same result [B4.8]", () =>
    Effect.gen(function*() {
      for (const mode of ["sync", "async", "auto"] as const) {
        const fiber = yield* Effect.fork(WpsClient.run(sleep({ seconds: 4 }), { mode }))
        yield* pass(10)
        deepStrictEqual(yield* fiber, { slept: 4, log: "slept 4 s & more <much>" }, mode)
      }
    }).pipe(node()))

  it.effect("values that are made of others go and come [B4.2] [B5.5]", () =>
    Effect.gen(function*() {
      const operation = period({ spans: [{ from: 1950, to: 2014 }, { from: 1850 }] })
      for (const mode of ["sync", "async"] as const) {
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode }))
        yield* pass(3)
        deepStrictEqual(yield* fiber, { span: { least: 1850, most: 2014 } })
      }
    }).pipe(node(undefined, { validate: "always" })))

  it.scoped("of which a part may be wanted, and by reference", () =>
    Effect.gen(function*() {
      const { span } = yield* WpsClient.run(inPart({ spans: [{ from: 1, to: 2 }] }))
      deepStrictEqual(Object.keys(span), ["most"])
      const { stream } = yield* WpsClient.download(span.most)
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(stream)), "2")
    }).pipe(node()))

  it.scoped("and are refused where WPS 1.0.0 is spoken, as are other things that it has not", () =>
    Effect.gen(function*() {
      const operations: ReadonlyArray<Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient>> = [
        WpsClient.run(period({ spans: [{ from: 1 }] })),
        WpsClient.run(sleep({ seconds: 1 }), { mode: "auto" }),
        Effect.scoped(WpsClient.raw(sleep({ seconds: 1 }), { output: "log", mode: "async" }))
      ]
      for (const operation of operations) {
        const error = yield* Effect.flip(operation)
        assert.strictEqual(error._tag, "InvalidInputs")
        assert.include(error.message, "WPS 1.0.0")
      }
    }).pipe(node({}, { protocol: Wps100.Wps100 })))

  it.effect("a node that has both says of them in WPS 1.0.0 what it can", () =>
    Effect.gen(function*() {
      deepStrictEqual((yield* WpsClient.describeAll).map(({ identifier }) => identifier), [
        "sleep",
        "fail",
        "sync-only"
      ])
      assert.strictEqual((yield* Effect.flip(WpsClient.describe("period")))._tag, "ProcessNotFound")
    }).pipe(node({}, { protocol: Wps100.Wps100 })))

  it.effect("what WPS 1.0.0 has and 2.0 has not is refused before it is sent [B4.4]", () =>
    Effect.gen(function*() {
      const data = DataValue.reference("https://data.example.org/a", { headers: { authorization: "Bearer x" } })
      const error = yield* Effect.flip(
        WpsClient.run(Operation.make({ identifier: "sleep", inputs: [["seconds", data]], outputs: ["slept"] }))
      )
      assert.strictEqual(error._tag, "InvalidInputs")
      assert.include(error.message, "headers")
      assert.notInclude(inspect(error), "Bearer")
      const lineage = yield* Effect.flip(WpsClient.run(sleep({ seconds: 1 }), { lineage: true }))
      assert.include(lineage.message, "lineage")
    }).pipe(node()))

  it.effect("a process that cannot be run so is not run [B4.7]", () =>
    Effect.gen(function*() {
      for (const validate of ["always", "never"] as const) {
        const error = yield* Effect.flip(WpsClient.execute(syncOnly({}))).pipe(node({}, { validate }))
        if (validate === "always") assert.include(error.message, "run it with mode \"sync\"")
        else assert.deepInclude(error, { _tag: "ServiceException", code: "NoSuchMode", status: 400 })
      }
    }))

  it.effect("a job tells its states, is saved, found again by another client, and says how long it is kept [B5.2]", () =>
    Effect.gen(function*() {
      // At a pace of its own, so that it is never asked in the moment of a change.
      const job = yield* WpsClient.execute(sleep({ seconds: 4 }), { poll: { schedule: Schedule.spaced("310 millis") } })
      const changes = yield* Effect.fork(Stream.runCollect(job.changes))
      const saved = yield* Schema.encode(Schema.parseJson(Job.JobReference))(Option.getOrThrow(job.reference))
      assert.match(saved, /^{"identifier":"sleep","jobId":"\w+"}$/)
      yield* pass(6)
      deepStrictEqual(
        Chunk.toReadonlyArray(yield* changes).map(({ _tag, percent }) => [_tag, Option.getOrUndefined(percent)]),
        [["Accepted", undefined], ["Running", 0], ["Running", 25], ["Running", 50], ["Running", 75], [
          "Succeeded",
          undefined
        ]]
      )
      const document = yield* job.document
      deepStrictEqual(Option.map(document.expirationDate, ({ epochMillis }) => epochMillis), Option.some(3_604_000))
      deepStrictEqual(document.outputs.map(({ identifier }) => identifier), ["slept", "log"])
      const reference = yield* Schema.decode(Schema.parseJson(Job.JobReference))(saved)
      const found = yield* WpsClient.attach(reference, sleep)
      assert.strictEqual((yield* found.result).slept, 4)
      yield* TestClock.adjust("1 hour")
      const error = yield* Effect.flip(WpsClient.attach(reference, sleep))
      assert.strictEqual(error._tag, "JobNotFound")
      assert.include(error.message, "expired")
    }).pipe(node()))

  it.effect("a job that fails says why [B5.7]", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(fail({}))
      const last = yield* Stream.runLast(job.changes).pipe(Effect.fork)
      yield* pass(2)
      const status = Option.getOrThrow(yield* last)
      deepStrictEqual(
        status._tag === "Failed" ? status.exceptions.map((one) => one.texts) : status,
        [["it {is} broken <badly>"]]
      )
      const error = yield* Effect.flip(job.result)
      assert.strictEqual(error._tag, "ProcessFailed")
      assert.include(error.message, "it {is} broken <badly>")
      assert.deepInclude(yield* Effect.flip(WpsClient.run(fail({}))), { _tag: "ServiceException", status: 500 })
    }).pipe(node()))

  describe("dismiss", () => {
    it.effect("ends a job here and there, for whoever waits for it, at once [B5.8]", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(sleep({ seconds: 400 }))
        const waiting = yield* Effect.fork(Effect.flip(job.result))
        const changes = yield* Effect.fork(Stream.runLast(job.changes))
        yield* pass(3)
        yield* job.dismiss
        assert.strictEqual((yield* waiting)._tag, "JobDismissed")
        deepStrictEqual(Option.map(yield* changes, ({ _tag }) => _tag), Option.some("Dismissed"))
        assert.strictEqual((yield* job.status)._tag, "Dismissed")
        const reference = Option.getOrThrow(job.reference)
        assert.strictEqual((yield* Effect.flip(WpsClient.attach(reference, sleep)))._tag, "JobNotFound")
        // Once more is no harm.
        yield* job.dismiss
      }).pipe(node()))

    it.effect("a job that is done keeps its result here, and is forgotten there", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(sleep({ seconds: 1 }))
        const result = yield* Effect.fork(job.result)
        yield* pass(3)
        assert.strictEqual((yield* result).slept, 1)
        yield* job.dismiss
        assert.strictEqual((yield* job.result).slept, 1)
        assert.strictEqual(
          (yield* Effect.flip(WpsClient.attach(Option.getOrThrow(job.reference), sleep)))._tag,
          "JobNotFound"
        )
      }).pipe(node()))

    it.effect("by whoever is interrupted while waiting, where that is wanted", () =>
      Effect.gen(function*() {
        for (const dismissOnInterrupt of [true, false]) {
          const job = yield* WpsClient.execute(sleep({ seconds: 400 }), { poll: { dismissOnInterrupt } })
          const waiting = yield* Effect.fork(job.result)
          yield* pass(2)
          yield* Fiber.interrupt(waiting)
          assert.strictEqual((yield* job.status)._tag, dismissOnInterrupt ? "Dismissed" : "Running")
        }
        const run = yield* Effect.fork(
          WpsClient.run(sleep({ seconds: 400 }), { mode: "async", poll: { dismissOnInterrupt: true } })
        )
        yield* pass(2)
        yield* Fiber.interrupt(run)
      }).pipe(node()))

    it.effect("not by who has seen enough of its changes, or reads them ahead of who wants them", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(sleep({ seconds: 400 }), { poll: { dismissOnInterrupt: true } })
        const changes = [job.changes, Stream.buffer(job.changes, { capacity: 4 }), Stream.debounce(job.changes, 10)]
        for (const some of changes) {
          yield* Effect.zipLeft(Effect.fork(Stream.runHead(some)), pass(2))
          const following = yield* Effect.fork(Stream.runDrain(some))
          yield* pass(2)
          yield* Fiber.interrupt(following)
          assert.strictEqual((yield* job.status)._tag, "Running")
        }
      }).pipe(node()))

    it.effect("with the scope that it was started in, unless it is done", () =>
      Effect.gen(function*() {
        const started = yield* Ref.make<ReadonlyArray<Job.Job<unknown>>>([])
        const start = (seconds: number) =>
          Effect.tap(WpsClient.executeScoped(sleep({ seconds })), (job) => Ref.update(started, (all) => [...all, job]))
        const states = Effect.flatMap(
          Ref.get(started),
          Effect.forEach((job) => Effect.map(job.status, ({ _tag }) => _tag))
        )

        yield* Effect.scoped(Effect.flatMap(start(400), (job) => Stream.runHead(job.changes)))
        yield* Effect.flip(Effect.scoped(Effect.zipRight(start(400), Effect.fail("no"))))
        const following = yield* Effect.fork(
          Effect.scoped(Effect.flatMap(start(400), (job) => Stream.runDrain(job.changes)))
        )
        yield* pass(2)
        yield* Fiber.interrupt(following)
        deepStrictEqual(yield* states, ["Dismissed", "Dismissed", "Dismissed"])

        // To dismiss what is done would take its outputs away, also where nobody here has seen it done.
        yield* Ref.set(started, [])
        yield* Effect.scoped(Effect.zipLeft(start(1), pass(3)))
        deepStrictEqual(yield* states, ["Succeeded"])
        const [done] = yield* Ref.get(started)
        includes(yield* done?.result ?? Effect.void, { slept: 1 })
      }).pipe(node()))

    it.effect("with its scope, of which nobody hears where it cannot be", () =>
      Effect.gen(function*() {
        const job = yield* Effect.scoped(WpsClient.executeScoped(sleep({ seconds: 400 })))
        assert.strictEqual((yield* job.status)._tag, "Running")
      }).pipe(node({}, { protocol: Wps100.Wps100 })))

    it.scoped("by whoever is interrupted while waiting for raw data", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const raw = WpsClient.raw(Operation.make({ identifier: "p", outputs: ["o"] }), {
          mode: "async",
          poll: { ...everySecond, dismissOnInterrupt: true }
        })
        const waiting = yield* Effect.fork(raw)
        yield* pass(2)
        yield* Fiber.interrupt(waiting)
        assert.isTrue((yield* sent).some(({ url }) => url.includes("request=Dismiss&version=2.0.0&JobID=j")))
      }).pipe(Effect.provide(layerAnonymous(() => ({ body: accepted }), { protocol: Wps200.Wps200 }))))

    it.effect("is refused where the process has none, or WPS 1.0.0 is spoken", () =>
      Effect.gen(function*() {
        const one = Effect.gen(function*() {
          const job = yield* WpsClient.execute(sleep({ seconds: 4 }))
          return yield* Effect.flip(job.dismiss)
        })
        const inOne = yield* one.pipe(node({}, { protocol: Wps100.Wps100 }))
        assert.strictEqual(inOne._tag, "CannotDismiss")
        assert.include(inOne.message, "WPS 1.0.0")
        const { sent } = yield* Server
        const job = yield* WpsClient.execute(Operation.make({ identifier: "p", outputs: ["o"] }), {
          poll: everySecond
        })
        const error = yield* Effect.flip(job.dismiss)
        assert.strictEqual(error._tag, "CannotDismiss")
        assert.include(error.message, "sync-execute, async-execute")
        assert.isFalse((yield* sent).some(({ url }) => url.includes("Dismiss")))
      }).pipe(Effect.provide(layerAnonymous(
        ({ method, url }) => ({ body: method === "POST" ? accepted : url.includes("Describe") ? offering : accepted }),
        { protocol: Wps200.Wps200, validate: "always" }
      ))))

    it.effect("GeoServer's jobs have a dismiss in WPS 1.0.0, at the address of their status [A8.6]", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const job = yield* WpsClient.execute(Operation.make({ identifier: "gs:p", outputs: ["o"] }), {
          poll: everySecond
        })
        const waiting = yield* Effect.fork(Effect.flip(job.result))
        yield* pass(2)
        yield* job.dismiss
        assert.strictEqual((yield* waiting)._tag, "JobDismissed")
        deepStrictEqual([...new Set((yield* sent).slice(1).map(({ method, url }) => `${method} ${url}`))], [
          `GET ${geoServer}?service=WPS&version=1.0.0&request=GetExecutionStatus&executionId=a%20b`,
          `GET ${geoServer}?service=WPS&version=1.0.0&request=Dismiss&executionId=a%20b`
        ])
      }).pipe(Effect.provide(layerAnonymous(({ url }) => ({
        body: executeResponse(
          url.includes("Dismiss")
            ? "<wps:ProcessFailed><ows:ExceptionReport version=\"1.1.0\"><ows:Exception exceptionCode=\"NoApplicableCode\"><ows:ExceptionText>The process execution has been dismissed</ows:ExceptionText></ows:Exception></ows:ExceptionReport></wps:ProcessFailed>"
            : "<wps:ProcessStarted percentCompleted=\"1\">run</wps:ProcessStarted>",
          // Its status documents do not say again where they are.
          url.includes("request=")
            ? ""
            : ` statusLocation="${geoServer}?service=WPS&amp;version=1.0.0&amp;request=GetExecutionStatus&amp;executionId=a%20b"`
        )
      })))))
  })

  describe("raw data", () => {
    const text = (raw: WpsClient.RawData) => Stream.mkString(Stream.decodeText(raw.stream))

    it.scoped("comes at once, and of a job once it is done [B5.6]", () =>
      Effect.gen(function*() {
        for (const mode of ["sync", "async", "auto"] as const) {
          const fiber = yield* Effect.fork(
            WpsClient.raw(sleep({ seconds: 2 }), { output: "log", mode, poll: everySecond })
          )
          yield* pass(5)
          const raw = yield* fiber
          deepStrictEqual(raw.contentType, Option.some("text/plain"))
          assert.strictEqual(yield* text(raw), "slept 2 s & more <much>", mode)
        }
        const failed = yield* Effect.fork(Effect.flip(WpsClient.raw(fail({}), { mode: "async", poll: everySecond })))
        yield* pass(2)
        assert.strictEqual((yield* failed)._tag, "ProcessFailed")
      }).pipe(node()))

    it.scoped("is taken out of the document that some servers send in its place [B4.10]", () =>
      Effect.gen(function*() {
        const raw = yield* WpsClient.raw(Operation.make({ identifier: "p", outputs: ["o"] }))
        deepStrictEqual(raw.contentType, Option.some("text/plain"))
        assert.strictEqual(yield* text(raw), "42")
        const missing = yield* Effect.flip(WpsClient.raw(Operation.make({ identifier: "p", outputs: ["other"] })))
        assert.strictEqual(missing._tag, "InvalidOutput")
      }).pipe(Effect.provide(layerAnonymous(
        () => ({ headers: { "content-type": "*/*" }, body: `<?xml version="1.0"?>\n<!-- a -->${result}` }),
        { protocol: Wps200.Wps200 }
      ))))

    it.scoped("an output that only has the name of such a document is itself", () =>
      Effect.gen(function*() {
        const raw = yield* WpsClient.raw(Operation.make({ identifier: "p", outputs: ["o"] }))
        assert.strictEqual(yield* text(raw), "<Result xmlns=\"urn:mine\"><a/></Result>")
      }).pipe(Effect.provide(layerAnonymous(
        () => ({ body: "<Result xmlns=\"urn:mine\"><a/></Result>" }),
        { protocol: Wps200.Wps200 }
      ))))
  })

  describe("polling", () => {
    const statusInfo = (state: string, rest = "") =>
      `<wps:StatusInfo ${ns}><wps:JobID>j</wps:JobID><wps:Status>${state}</wps:Status>${rest}</wps:StatusInfo>`
    const scripted = (answer: (sent: Sent, before: number) => Answer | "cut" | "never", poll?: Job.PollOptions) =>
      Effect.provide(layerAnonymous(answer, { protocol: Wps200.Wps200, poll: { ...everySecond, ...poll } }))
    const operation = Operation.make({ identifier: "p", outputs: ["o"] })

    it.effect("waits until the server wants to be asked again, by its clock [B5.3]", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async" }))
        yield* pass(1)
        yield* TestClock.adjust("58 seconds")
        assert.lengthOf(yield* sent, 1)
        yield* pass(2)
        deepStrictEqual((yield* fiber).map(({ identifier }) => identifier), ["o"])
        assert.lengthOf(yield* sent, 3)
      }).pipe(scripted(({ method, url }) =>
        method === "POST"
          // The server's clock is two hours ahead of this one, which stands at its beginning.
          ? {
            headers: { date: "Thu, 01 Jan 1970 02:00:00 GMT" },
            body: statusInfo("Running", "<wps:NextPoll>1970-01-01T02:01:00Z</wps:NextPoll>")
          }
          : { body: url.includes("GetResult") ? result : statusInfo("Succeeded") }
      )))

    for (
      const [what, nextPoll] of [
        ["in the past", "1969-12-31T00:00:00Z"],
        ["that is none", "soon"],
        ["in a year", "1971-01-01T00:00:00Z"]
      ] as const
    ) {
      it.effect(`a hint ${what} is no harm`, () =>
        Effect.gen(function*() {
          const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async" }))
          yield* TestClock.adjust(what === "in a year" ? "1 hour" : "1 second")
          assert.lengthOf(yield* fiber, 1)
        }).pipe(scripted(({ method, url }) => ({
          body: method === "POST"
            ? statusInfo("Accepted", `<wps:NextPoll>${nextPoll}</wps:NextPoll>`)
            : url.includes("GetResult")
            ? result
            : statusInfo("Succeeded")
        }))))
    }

    it.effect("a state of the server's own is no end; the bound is the caller's [B5.4]", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(operation)
        const changes = yield* Effect.fork(Effect.either(Stream.runCollect(job.changes)))
        deepStrictEqual(
          yield* Effect.flip(Effect.zipLeft(changes, pass(12), { concurrent: true })).pipe(
            Effect.orElseSucceed(() => "none")
          ),
          "none"
        )
        const error = yield* Effect.flip(job.result)
        assert.deepInclude(error, { _tag: "JobTimeout", kind: "stalled", lastStatus: "Suspended" })
      }).pipe(scripted(() => ({ body: statusInfo("Suspended") }), { stallTimeout: "10 seconds" })))

    it.effect("a result that is not there yet, or torn, is asked for again [B6.3]", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async" }))
        yield* pass(6)
        assert.lengthOf(yield* fiber, 1)
        assert.lengthOf((yield* sent).filter(({ url }) => url.includes("GetResult")), 3)
      }).pipe(scripted(({ method, url }, before) =>
        method === "POST" || url.includes("GetStatus")
          ? { body: statusInfo("Succeeded") }
          : before === 1
          ? {
            status: 400,
            body: `<ows:ExceptionReport ${ns}><ows:Exception exceptionCode="ResultNotReady"/></ows:ExceptionReport>`
          }
          : { body: before === 2 ? result.slice(0, 40) : result }
      )))

    it.effect("the result is asked for once, however many want it", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const job = yield* WpsClient.execute(operation)
        yield* Effect.all([job.result, job.document, job.result], { concurrency: "unbounded" })
        yield* job.result
        assert.lengthOf((yield* sent).filter(({ url }) => url.includes("GetResult")), 1)
      }).pipe(scripted(({ url }) => ({ body: url.includes("GetResult") ? result : statusInfo("Succeeded") }))))

    it.effect("a server that answers a request of 2.0 in 1.0.0 is followed all the same [A2.9]", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async" }))
        yield* pass(3)
        deepStrictEqual((yield* fiber).map(({ data }) => data._tag === "LiteralData" ? data.value : data._tag), ["42"])
      }).pipe(scripted(({ method }, before) => ({
        body: method === "POST"
          ? executeResponse("<wps:ProcessAccepted/>", " statusLocation=\"/status/1.xml\"")
          : before === 0
          ? executeResponse("<wps:ProcessStarted/>", " statusLocation=\"/status/1.xml\"")
          : executeResponse("<wps:ProcessSucceeded/>", "", outputs100)
      }))))

    const zoo = "https://example.org/cgi-bin/zoo"
    const getStatus = `${zoo}?request=Execute&service=WPS&version=1.0.0&Identifier=GetStatus&DataInputs=sid=1-2` +
      "&RawDataOutput=Result"

    it.effect("ZOO's status, which is the raw output of another process, is asked for as it is given", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async" }))
        yield* pass(3)
        deepStrictEqual((yield* fiber).map(({ data }) => data._tag === "LiteralData" ? data.value : data._tag), ["42"])
        deepStrictEqual([...new Set((yield* sent).slice(1).map(({ method, url }) => `${method} ${url}`))], [
          `GET ${getStatus}`
        ])
      }).pipe(Effect.provide(layerAnonymous(
        ({ method }, before) => ({
          body: executeResponse(
            before === 0 || method === "POST"
              ? "<wps:ProcessStarted percentCompleted=\"10\">running</wps:ProcessStarted>"
              : "<wps:ProcessSucceeded/>",
            method === "POST" ? ` statusLocation="${getStatus.replaceAll("&", "&amp;")}"` : "",
            before > 0 && method === "GET" ? outputs100 : ""
          )
        }),
        { poll: everySecond }
      ))))

    it.effect("and one that answers a request of 1.0.0 in 2.0 [B4.8]", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async" }))
        yield* pass(3)
        assert.lengthOf(yield* fiber, 1)
      }).pipe(Effect.provide(layerAnonymous(
        ({ method, url }) => ({
          body: method === "POST"
            ? statusInfo("Accepted")
            : url.includes("version=2.0.0&JobID=j") && url.includes("GetResult")
            ? result
            : statusInfo("Succeeded")
        }),
        { poll: everySecond }
      ))))
  })

  describe("negotiation", () => {
    const both = [Wps200.Wps200, Wps100.Wps100] as const
    const versions: ReadonlyArray<
      readonly [WpsNode.Options["versions"], ReadonlyArray<WpsProtocol.WpsProtocol>, string]
    > = [
      [["1.0.0", "2.0.0"], both, "2.0.0"],
      [["1.0.0"], both, "1.0.0"],
      [["2.0.0"], [Wps100.Wps100, Wps200.Wps200], "2.0.0"],
      [["1.0.0", "2.0.0"], [Wps100.Wps100, Wps200.Wps200], "1.0.0"]
    ]
    for (const [offered, protocol, chosen] of versions) {
      it.effect(`${chosen} of ${offered?.join(", ")} for ${protocol.map(({ version }) => version).join(", ")} [D4]`, () =>
        Effect.gen(function*() {
          const job = yield* WpsClient.execute(syncOnly({}), { mode: "sync" })
          assert.strictEqual((yield* job.result).one, 1)
          deepStrictEqual((yield* WpsClient.capabilities).version, Option.some(chosen))
          const { process } = yield* job.document
          // Only WPS 1.0.0 says which process it was.
          assert.strictEqual(Option.isSome(process), chosen === "1.0.0")
        }).pipe(node({ ...offered === undefined ? {} : { versions: offered } }, { protocol })))
    }

    it.effect("a version that nobody speaks here is named", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.describe("p"))
        assert.strictEqual(error._tag, "VersionNotSupported")
        assert.include(error.message, "speaks WPS 3.0.0, and this client 2.0.0, 1.0.0")
      }).pipe(Effect.provide(layerAnonymous(
        () => ({ body: `<wps:Capabilities ${ns} service="WPS" version="3.0.0"/>`.replace("2.0\"", "1.0.0\"") }),
        { protocol: both }
      ))))
  })

  describe("addresses", () => {
    const capabilities = (href: string) =>
      `<wps:Capabilities ${ns} service="WPS" version="2.0.0"><ows:OperationsMetadata><ows:Operation name="Execute"><ows:DCP><ows:HTTP><ows:Post xlink:href="${href}/soap"><ows:Constraint name="PostEncoding"><ows:AllowedValues><ows:Value>SOAP</ows:Value></ows:AllowedValues></ows:Constraint></ows:Post><ows:Post xlink:href="${href}/xml"><ows:Constraint name="PostEncoding"><ows:AllowedValues><ows:Value>XML</ows:Value></ows:AllowedValues></ows:Constraint></ows:Post></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata></wps:Capabilities>`
    const operation = Operation.make({ identifier: "p", outputs: ["o"] })
    const run = (href: string, options: Partial<WpsClient.Options>) =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        yield* WpsClient.run(operation)
        return (yield* sent).map(({ method, url }) => `${method} ${url.split("?")[0]}`)
      }).pipe(Effect.provide(layerAnonymous(
        ({ method }) => ({ body: method === "POST" ? result : capabilities(href) }),
        { protocol: Wps200.Wps200, ...options }
      )))

    it.effect("each operation goes where the service has it, where that is wanted [A1.6] [D3]", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* run("https://example.org/op", {}), [`POST ${url}`])
        deepStrictEqual(yield* run("https://example.org/op", { operationUrls: "advertised" }), [
          `GET ${url}`,
          "POST https://example.org/op/xml"
        ])
      }))

    it.effect("but not to an origin that nobody named", () =>
      Effect.gen(function*() {
        const internal = "http://localhost:8080/op"
        const error = yield* Effect.flip(run(internal, { operationUrls: "advertised" }))
        assert.strictEqual(error._tag, "InvalidUrl")
        assert.include(error.message, "origins")
        const rewriteUrl = (url: string) => url.replace("http://localhost:8080", "https://example.org/proxy")
        deepStrictEqual(yield* run(internal, { operationUrls: "advertised", rewriteUrl }), [
          `GET ${url}`,
          "POST https://example.org/proxy/op/xml"
        ])
      }))

    it.scoped("addresses that a service gives are changed before they are asked, credentials going by what comes out", () =>
      Effect.gen(function*() {
        const { sent } = yield* Server
        const fiber = yield* Effect.fork(WpsClient.run(operation, { mode: "async", poll: everySecond }))
        yield* pass(2)
        const [output] = yield* fiber
        assert(output?.data._tag === "Reference")
        assert.strictEqual(output.data.href, "http://internal:8080/out/1")
        yield* Effect.flatMap(WpsClient.download(output.data), ({ stream }) => Stream.runDrain(stream))
        deepStrictEqual((yield* sent).map(({ method, url }) => `${method} ${url}`), [
          `POST ${url}`,
          "GET https://example.org/back/status/1",
          "GET https://example.org/back/out/1"
        ])
      }).pipe(Effect.provide(layerAnonymous(({ method, url }) => ({
        body: method === "POST"
          ? executeResponse("<wps:ProcessAccepted/>", " statusLocation=\"http://internal:8080/status/1\"")
          : url.includes("status")
          ? executeResponse(
            "<wps:ProcessSucceeded/>",
            "",
            "<wps:ProcessOutputs><wps:Output><ows:Identifier>o</ows:Identifier><ows:Title>o</ows:Title><wps:Reference href=\"http://internal:8080/out/1\"/></wps:Output></wps:ProcessOutputs>"
          )
          : "bytes"
      }), { rewriteUrl: (url) => url.replace("http://internal:8080", "https://example.org/back") }))))
  })

  it.effect("a job of WPS 1.0.0 that is gone is not waited for long", () =>
    Effect.gen(function*() {
      const { sent } = yield* Server
      const reference = new Job.JobReference({
        identifier: "sleep",
        statusLocation: Option.some(`${url}/status/1?token=secret`),
        jobId: Option.none()
      })
      const attached = yield* Effect.fork(Effect.flip(WpsClient.attach(reference, sleep)))
      yield* pass(5)
      const error = yield* attached
      assert.strictEqual(error._tag, "JobNotFound")
      assert.notInclude(error.message, "secret")
      assert.lengthOf(yield* sent, 3)
    }).pipe(Effect.provide(layerAnonymous(() => ({ status: 404, body: "gone" }), { poll: everySecond }))))

  it.effect("a service of another version is told as such", () =>
    Effect.gen(function*() {
      for (const [versions, protocol] of [[["1.0.0"], Wps200.Wps200], [["2.0.0"], Wps100.Wps100]] as const) {
        for (const asked of [WpsClient.describe("sleep"), Effect.asVoid(WpsClient.capabilities)]) {
          const error = yield* Effect.flip(asked).pipe(node({ versions }, { protocol }))
          assert.include(error.message, "another `protocol`")
        }
      }
    }))

  it.effect("a job without an id cannot be asked for, which is said", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        WpsClient.attach(
          new Job.JobReference({ identifier: "sleep", statusLocation: Option.none(), jobId: Option.none() }),
          sleep
        )
      )
      assert.instanceOf(error, WpsError.CannotPoll)
    }).pipe(node()))

  it.effect("a reference of WPS 1.0.0 that was saved before is read as it was", () =>
    Effect.gen(function*() {
      const saved = "{\"identifier\":\"p\",\"statusLocation\":\"https://example.org/status/1\"}"
      const reference = yield* Schema.decode(Schema.parseJson(Job.JobReference))(saved)
      deepStrictEqual(reference.statusLocation, Option.some("https://example.org/status/1"))
      assertNone(reference.jobId)
      assert.strictEqual(yield* Schema.encode(Schema.parseJson(Job.JobReference))(reference), saved)
    }))

  it.effect("follows many jobs at once, as many as are wanted", () =>
    Effect.gen(function*() {
      const most = yield* Ref.make(0)
      const count = yield* Ref.make(0)
      const jobs = yield* Effect.forEach(
        Array.from({ length: 40 }, (_, index) => index),
        () => WpsClient.execute(sleep({ seconds: 4 })),
        { concurrency: 10 }
      )
      const all = yield* Effect.fork(Effect.forEach(jobs, (job) =>
        Effect.acquireUseRelease(
          Effect.flatMap(
            Ref.updateAndGet(count, (now) => now + 1),
            (now) => Ref.update(most, (before) => Math.max(before, now))
          ),
          () => Effect.all([job.result, job.result], { concurrency: 2 }),
          () => Ref.update(count, (now) => now - 1)
        ), { concurrency: 8 }))
      yield* pass(12)
      assert.lengthOf(yield* all, 40)
      assert.strictEqual(yield* Ref.get(most), 8)
    }).pipe(node()))
})

const ns =
  "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\" xmlns:xlink=\"http://www.w3.org/1999/xlink\""
const ns100 = "xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\""
const geoServer = "https://example.org/geoserver/ows"

const accepted = `<wps:StatusInfo ${ns}><wps:JobID>j</wps:JobID><wps:Status>Accepted</wps:Status></wps:StatusInfo>`
const offering =
  `<wps:ProcessOfferings ${ns}><wps:ProcessOffering jobControlOptions="sync-execute async-execute" outputTransmission="value"><wps:Process><ows:Title>p</ows:Title><ows:Identifier>p</ows:Identifier><wps:Output><ows:Title>o</ows:Title><ows:Identifier>o</ows:Identifier></wps:Output></wps:Process></wps:ProcessOffering></wps:ProcessOfferings>`
const result =
  `<wps:Result ${ns}><wps:JobID>j</wps:JobID><wps:Output id="o"><wps:Data><wps:LiteralValue>42</wps:LiteralValue></wps:Data></wps:Output></wps:Result>`
const outputs100 =
  "<wps:ProcessOutputs><wps:Output><ows:Identifier>o</ows:Identifier><ows:Title>o</ows:Title><wps:Data><wps:LiteralData>42</wps:LiteralData></wps:Data></wps:Output></wps:ProcessOutputs>"
const executeResponse = (status: string, attributes = "", outputs = "") =>
  `<wps:ExecuteResponse ${ns100} service="WPS" version="1.0.0"${attributes}><wps:Process wps:processVersion="1"><ows:Identifier>p</ows:Identifier><ows:Title>p</ows:Title></wps:Process><wps:Status creationTime="2026-01-01T00:00:00Z">${status}</wps:Status>${outputs}</wps:ExecuteResponse>`
