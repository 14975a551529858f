import type { ScriptedServer } from "@effect-wps/testing"
import { Execute, Job, Output, Process, WpsClient, WpsError } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, assertSome, deepStrictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  Clock,
  Deferred,
  Duration,
  Effect,
  Exit,
  Fiber,
  Option,
  Ref,
  Schedule,
  Stream,
  Supervisor,
  TestClock
} from "effect"
import { make } from "../src/internal/poll.ts"
import type { JobDocument } from "../src/internal/receive.ts"
import * as documents from "./support/documents.ts"
import { type Answer, layer, Server, url } from "./support/scripted.ts"

const { Accepted, Running, Succeeded } = Execute.JobStatus

const document = (status: Execute.JobStatus): JobDocument => ({
  _tag: "ExecuteResponse",
  value: Execute.response(status)
})

const accepted = document(Accepted({ message: "", percent: Option.none() }))
const running = (percent: number) => document(Running({ message: "", percent: Option.some(percent) }))
const succeeded = document(Succeeded({ message: "", percent: Option.none() }))

const everySecond: Job.PollOptions = { schedule: Schedule.spaced("1 second") }

const cut = new WpsError.TransportError({ operation: "GetStatus", url, reason: "cut" })
const denied = new WpsError.AccessDenied({ operation: "GetStatus", url, status: 403, reason: "" })
const busy = (seconds: number) =>
  new WpsError.ServerBusy({ operation: "GetStatus", url, status: 503, retryAfter: Option.some(seconds) })

type Read = Effect.Effect<JobDocument, WpsClient.Failure>

/** A poller of a server that gives one answer after another, the last one for ever. */
const following = (answers: readonly [Read, ...ReadonlyArray<Read>], poll: Job.PollOptions = everySecond) =>
  Effect.gen(function*() {
    const asked = yield* Ref.make(0)
    const read = Effect.flatMap(
      Ref.getAndUpdate(asked, (n) => n + 1),
      (n) => answers[Math.min(n, answers.length - 1)] ?? answers[0]
    )
    const poller = yield* make({
      identifier: "long",
      reference: Option.none(),
      since: yield* Clock.currentTimeMillis,
      lost: (error) => error,
      first: accepted,
      read,
      poll,
      canEnd: false
    })
    return { poller, asked: Ref.get(asked) }
  })

const tagOf = (exit: Exit.Exit<unknown, WpsClient.Failure>) =>
  Exit.match(exit, {
    onFailure: (cause) => cause._tag === "Fail" ? cause.error._tag : cause._tag,
    onSuccess: () => "Success"
  })

describe("following a job", () => {
  describe("while its server is away", () => {
    const everyMinute: Job.PollOptions = { schedule: Schedule.spaced("1 minute") }
    const page = (status: number, kind: "html" | "malformed-xml") =>
      new WpsError.UnexpectedResponse({
        operation: "GetStatus",
        url,
        status,
        contentType: Option.none(),
        kind,
        reason: "the body is an HTML page",
        excerpt: ""
      })
    const waits = (error: WpsClient.Failure, options: Partial<Job.PollOptions>, minutes: number) =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.fail(error)], { ...everyMinute, ...options })
        const waiting = yield* Effect.fork(poller.last)
        yield* TestClock.adjust(Duration.minutes(minutes))
        return Option.map(yield* Fiber.poll(waiting), tagOf)
      })

    it.effect("waits for ten minutes and as many reads, or as long as is said", () =>
      Effect.gen(function*() {
        for (const error of [cut, page(502, "html"), busy(0)]) {
          assertNone(yield* waits(error, {}, 10))
          assertSome(yield* waits(error, {}, 11), error._tag)
          assertNone(yield* waits(error, { outage: "1 hour" }, 60))
          assertSome(yield* waits(error, { outage: "1 hour" }, 61), error._tag)
          assertNone(yield* waits(error, { outage: "4 minutes", badReads: 2 }, 4))
          assertSome(yield* waits(error, { outage: "4 minutes", badReads: 2 }, 5), error._tag)
        }
      }))

    it.effect("waits for no more reads than may go wrong where their number is given, or the server is there", () =>
      Effect.gen(function*() {
        assertNone(yield* waits(cut, { badReads: 2 }, 2))
        assertSome(yield* waits(cut, { badReads: 2 }, 3), "TransportError")
        assertSome(yield* waits(page(200, "malformed-xml"), { outage: "1 hour", badReads: 2 }, 3), "UnexpectedResponse")
      }))

    it.effect("counts from the first bad read since a good one, and can be waited for again", () =>
      Effect.gen(function*() {
        const reads = Array.from({ length: 25 }, (_, at) => at === 8 ? Effect.succeed(running(1)) : Effect.fail(cut))
        const { poller } = yield* following([Effect.fail(cut), ...reads, Effect.succeed(succeeded)], everyMinute)
        const waiting = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("20 minutes")
        assertNone(yield* Fiber.poll(waiting))
        yield* TestClock.adjust("1 minutes")
        assertSome(Option.map(yield* Fiber.poll(waiting), tagOf), "TransportError")
        const again = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("7 minutes")
        assert.strictEqual((yield* Fiber.join(again)).value.status._tag, "Succeeded")
      }))
  })

  describe("within its deadline", () => {
    it.effect("also for who cannot be interrupted, in a pause and in a read", () =>
      Effect.gen(function*() {
        const inPause = yield* following([Effect.succeed(running(1))], {
          schedule: Schedule.spaced("1 hour"),
          deadline: "1 minute"
        })
        const inRead = yield* following([Effect.never], { ...everySecond, deadline: "1 minute" })
        for (const { poller } of [inPause, inRead]) {
          const waiting = yield* Effect.fork(Effect.uninterruptible(poller.last))
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(tagOf(Option.getOrThrow(yield* Fiber.poll(waiting))), "JobTimeout")
        }
      }))

    it.effect("a single question about its status, too", () =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.fail(cut)], {
          ...everySecond,
          deadline: "5 seconds",
          badReads: 1000
        })
        const asking = yield* Effect.fork(poller.status)
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(tagOf(Option.getOrThrow(yield* Fiber.poll(asking))), "JobTimeout")
      }))
  })

  describe("however many wait", () => {
    it.effect("all of them fail with what one was told", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.succeed(running(1)), Effect.fail(denied)])
        const waiting = yield* Effect.forEach(Array.from({ length: 20 }), () => Effect.fork(Effect.exit(poller.last)))
        yield* TestClock.adjust("2 seconds")
        const ended = (yield* Effect.forEach(waiting, Fiber.poll)).map((exit) =>
          Option.isSome(exit) && Exit.isSuccess(exit.value) ? tagOf(exit.value.value) : "still waiting"
        )
        deepStrictEqual(ended, waiting.map(() => "AccessDenied"))
        assert.strictEqual(yield* asked, 2)
      }))

    it.effect("a failure is not kept: who waits later asks again", () =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.fail(denied), Effect.succeed(succeeded)])
        const first = yield* Effect.fork(Effect.exit(poller.last))
        yield* TestClock.adjust("1 second")
        assert.strictEqual(tagOf(yield* Fiber.join(first)), "AccessDenied")
        const second = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(second)).value.status._tag, "Succeeded")
      }))

    it.effect("nobody waits, nobody asks; the next who waits goes on", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.succeed(running(1)), Effect.succeed(succeeded)])
        const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.fork(poller.last))
        yield* TestClock.adjust("1500 millis")
        yield* Fiber.interruptAll(waiting)
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(yield* asked, 1)
        const last = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(last)).value.status._tag, "Succeeded")
      }))

    it.effect("who asks is interrupted while it asks, and another asks again", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.never, Effect.succeed(succeeded)])
        const first = yield* Effect.fork(poller.last)
        const second = yield* Effect.fork(Stream.runCollect(poller.changes))
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual(yield* asked, 1)
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("1 second")
        deepStrictEqual([...yield* Fiber.join(second)].map((status) => status._tag), ["Accepted", "Succeeded"])
      }))

    it.effect("a stream of which only the start is taken asks for no more", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.succeed(running(1)), Effect.succeed(running(2))])
        assert.strictEqual(Option.getOrThrow(yield* Stream.runHead(poller.changes))._tag, "Accepted")
        const two = yield* Effect.fork(Stream.runCollect(Stream.take(poller.changes, 2)))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(Chunk.size(yield* Fiber.join(two)), 2)
        assert.strictEqual(yield* asked, 1)
      }))

    it.effect("leaves no fiber behind", () =>
      Effect.gen(function*() {
        const supervisor = yield* Supervisor.track
        yield* Effect.gen(function*() {
          const { poller } = yield* following([Effect.succeed(running(1)), Effect.succeed(running(2))])
          const waiting = yield* Effect.forEach(Array.from({ length: 50 }), (_, n) =>
            Effect.forkDaemon(n % 2 === 0 ? poller.last : Stream.runDrain(poller.changes)))
          yield* TestClock.adjust("5 seconds")
          yield* Fiber.interruptAll(waiting)
        }).pipe(Effect.supervised(supervisor))
        assert.lengthOf(yield* supervisor.value, 0)
      }))
  })

  describe("asked for its status at the same time", () => {
    it.effect("an old answer that comes late does not undo the end", () =>
      Effect.gen(function*() {
        const late = yield* Deferred.make<JobDocument>()
        const { asked, poller } = yield* following([Deferred.await(late), Effect.succeed(succeeded)])
        const status = yield* Effect.fork(poller.status)
        yield* Effect.yieldNow()
        const last = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("1 second")
        assert.strictEqual((yield* Fiber.join(last)).value.status._tag, "Succeeded")
        yield* Deferred.succeed(late, running(10))
        assert.strictEqual((yield* Fiber.join(status))._tag, "Succeeded")
        assert.strictEqual((yield* poller.last).value.status._tag, "Succeeded")
        assert.strictEqual(yield* asked, 2)
      }))

    it.effect("nor does it put the job back", () =>
      Effect.gen(function*() {
        const late = yield* Deferred.make<JobDocument>()
        const { poller } = yield* following([
          Deferred.await(late),
          Effect.succeed(running(50)),
          Effect.succeed(running(60)),
          Effect.succeed(succeeded)
        ])
        const status = yield* Effect.fork(poller.status)
        yield* Effect.yieldNow()
        const seen = yield* Effect.fork(Stream.runCollect(poller.changes))
        yield* TestClock.adjust("1500 millis")
        yield* Deferred.succeed(late, running(10))
        yield* Fiber.join(status)
        yield* TestClock.adjust("1 minute")
        deepStrictEqual(
          [...yield* Fiber.join(seen)].map(({ percent }) => Option.getOrElse(percent, () => -1)),
          [-1, 50, 60, -1]
        )
      }))

    it.effect("what it brings counts as a change: the job does not stand still", () =>
      Effect.gen(function*() {
        const { poller } = yield* following(
          [
            Effect.succeed(running(1)),
            Effect.succeed(running(1)),
            Effect.succeed(running(2)),
            Effect.succeed(succeeded)
          ],
          { schedule: Schedule.spaced("20 seconds"), stallTimeout: "30 seconds" }
        )
        const last = yield* Effect.fork(Effect.exit(poller.last))
        yield* TestClock.adjust("45 seconds") // read at 20 s and 40 s
        assert.strictEqual((yield* poller.status)._tag, "Running") // read at 45 s: it has changed
        yield* TestClock.adjust("25 seconds") // 70 s, which would be too late
        assert.strictEqual(tagOf(yield* Fiber.join(last)), "Success")
      }))
  })

  describe("bounds", () => {
    it.effect("the pauses stay at 15 seconds or so, for days", () =>
      Effect.gen(function*() {
        const delays = yield* Schedule.run(Schedule.delays(Job.defaultSchedule), 0, Array.from({ length: 20_000 }))
        const seconds = Chunk.toReadonlyArray(delays).map(Duration.toSeconds)
        assert.isTrue(seconds.slice(20).every((pause) => pause >= 12 && pause <= 18))
        assert.isTrue(seconds.slice(0, 1).every((pause) => pause >= 0.2 && pause <= 0.3))
      }))

    it.effect("the wait ends with its schedule [A6.4]", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.succeed(running(1))], {
          schedule: Schedule.spaced("1 second").pipe(Schedule.intersect(Schedule.recurs(3)))
        })
        const last = yield* Effect.fork(Effect.flip(poller.last))
        yield* TestClock.adjust("1 minute")
        const error = yield* Fiber.join(last)
        assert.deepInclude(error, { _tag: "JobTimeout", kind: "deadline", seconds: 3 })
        assert.include(error.message, "it was last Running")
        assert.strictEqual(yield* asked, 3)
      }))

    it.effect("no bad read is forgiven where none may go wrong", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.fail(cut)], { ...everySecond, badReads: 0 })
        const last = yield* Effect.fork(Effect.exit(poller.last))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual(tagOf(yield* Fiber.join(last)), "TransportError")
        assert.strictEqual(yield* asked, 1)
      }))

    it.effect("who waits again after too many bad reads may have as many again", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.fail(cut)], { ...everySecond, badReads: 2 })
        for (const reads of [3, 6]) {
          const last = yield* Effect.fork(Effect.exit(poller.last))
          yield* TestClock.adjust("1 minute")
          assert.strictEqual(tagOf(yield* Fiber.join(last)), "TransportError")
          assert.strictEqual(yield* asked, reads)
        }
      }))

    it.effect("no bound at all is none", () =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.succeed(running(1))], {
          ...everySecond,
          deadline: Duration.infinity,
          stallTimeout: Infinity
        })
        const last = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("1 minute")
        assert.isTrue(Option.isNone(yield* Fiber.poll(last)))
        yield* Fiber.interrupt(last)
      }))

    it.effect("the earlier of two bounds ends it, to the second", () =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.succeed(running(1)), Effect.never], {
          schedule: Schedule.spaced("10 seconds"),
          deadline: "1 minute",
          stallTimeout: "15 seconds"
        })
        const last = yield* Effect.fork(Effect.flip(poller.last))
        yield* TestClock.adjust("24999 millis")
        assert.isTrue(Option.isNone(yield* Fiber.poll(last)))
        yield* TestClock.adjust("1 millis")
        assert.deepInclude(yield* Fiber.join(last), { _tag: "JobTimeout", kind: "stalled", seconds: 15 })
      }))

    it.effect("pauses that are no whole milliseconds leave nothing over to wait for", () =>
      Effect.gen(function*() {
        // 7 × 250.37 and the rest, to the nanosecond, are some 10⁻¹³ ms short of 2 s: too short a time to sleep.
        const { poller } = yield* following([Effect.succeed(running(1))], {
          schedule: Schedule.spaced(Duration.millis(250.37)),
          deadline: "2 seconds"
        })
        const last = yield* Effect.fork(Effect.flip(poller.last))
        yield* TestClock.adjust("2 seconds")
        assert.deepInclude(yield* Fiber.join(last), { _tag: "JobTimeout", kind: "deadline", seconds: 2 })
      }))

    it.effect("a deadline that has passed ends the next wait at once", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.succeed(running(1))], {
          ...everySecond,
          deadline: "5 seconds"
        })
        yield* TestClock.adjust("1 minute")
        assert.deepInclude(yield* Effect.flip(poller.last), { _tag: "JobTimeout", kind: "deadline", seconds: 5 })
        assert.strictEqual(yield* asked, 0)
      }))
  })

  describe("a busy server", () => {
    it.effect("is left alone for as long as it asks, whoever waits", () =>
      Effect.gen(function*() {
        const { asked, poller } = yield* following([Effect.fail(busy(100)), Effect.succeed(succeeded)])
        const first = yield* Effect.fork(poller.last)
        const second = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("10 seconds")
        yield* Fiber.interrupt(first)
        yield* TestClock.adjust("90 seconds")
        assert.strictEqual(yield* asked, 1)
        yield* TestClock.adjust("2 seconds")
        assert.strictEqual((yield* Fiber.join(second)).value.status._tag, "Succeeded")
      }))

    it.effect("is asked again after an hour if it asks for years", () =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.fail(busy(1e12)), Effect.succeed(succeeded)])
        const last = yield* Effect.fork(poller.last)
        yield* TestClock.adjust("61 minutes")
        assert.strictEqual((yield* Fiber.join(last)).value.status._tag, "Succeeded")
      }))

    it.effect("does not outlast the deadline", () =>
      Effect.gen(function*() {
        const { poller } = yield* following([Effect.fail(busy(1e12))], { ...everySecond, deadline: "1 minute" })
        const last = yield* Effect.fork(Effect.flip(poller.last))
        yield* TestClock.adjust("1 minute")
        assert.deepInclude(yield* Fiber.join(last), { _tag: "JobTimeout", kind: "deadline" })
      }))
  })
})

describe("addresses in a job's document", () => {
  const long = Process.make("long", {
    inputs: {},
    outputs: { out: Output.reference(Output.text("text/plain")), text: Output.optional(Output.text("text/plain")) }
  })

  const urls = Effect.flatMap(Server, ({ sent }) => Effect.map(sent, (all) => all.map((one) => one.url)))

  const runs = <A>(effect: Effect.Effect<A, WpsClient.Failure, WpsClient.WpsClient | ScriptedServer.ScriptedServer>) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(effect)
      yield* TestClock.adjust("1 minute")
      return yield* Fiber.join(fiber)
    })

  it.effect("are relative to the address that answered [A6.6]", () =>
    Effect.gen(function*() {
      const { out, text } = yield* runs(WpsClient.run(long({}), { mode: "async" }))
      assert.strictEqual(out.href, "https://example.org/node/jobs/outputs/1.txt")
      assert.strictEqual(Option.getOrThrow(text), "text")
      deepStrictEqual(yield* urls, [
        url,
        "https://example.org/node/wps",
        "https://example.org/node/jobs/1",
        "https://example.org/2.txt"
      ])
    }).pipe(Effect.provide(layer((sent): Answer => {
      switch (new URL(sent.url).pathname) {
        case "/wps":
          return { status: 307, headers: { location: "/node/wps" }, body: "" }
        case "/node/wps":
          return { body: documents.executeResponse(documents.accepted, { statusLocation: "jobs/1" }) }
        case "/node/jobs/1":
          return {
            body: documents.executeResponse(documents.succeeded, {
              outputs: documents.referenceOutput("out", "outputs/1.txt") +
                documents.referenceOutput("text", "../../2.txt")
            })
          }
        default:
          return { headers: { "content-type": "text/plain" }, body: "text" }
      }
    }, { poll: everySecond }))))

  it.effect("stay as the server wrote them where they are absolute", () =>
    Effect.gen(function*() {
      const { out } = yield* runs(WpsClient.run(long({})))
      assert.strictEqual(out.href, "s3://bucket/a b/../c?x=[1]")
    }).pipe(Effect.provide(layer(() => ({
      body: documents.executeResponse(documents.succeeded, {
        outputs: documents.referenceOutput("out", "s3://bucket/a b/../c?x=[1]")
      })
    })))))

  it.effect("that are missing are not made up", () =>
    Effect.gen(function*() {
      const inline = Process.make("long", { inputs: {}, outputs: { out: Output.text("text/plain") } })
      const error = yield* Effect.flip(WpsClient.run(inline({})))
      assert.strictEqual(error._tag, "InvalidUrl")
      assert.lengthOf(yield* urls, 1)
    }).pipe(Effect.provide(layer(() => ({
      body: documents.executeResponse(documents.succeeded, { outputs: documents.referenceOutput("out", "") })
    })))))
})
