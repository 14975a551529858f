import { Auth, BearerAuth, CustomAuth } from "@effect-wps/auth"
import { Job, Output, Process, WpsClient } from "@effect-wps/wps"
import { Headers, UrlParams } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Schedule,
  Stream,
  TestClock,
  Tracer
} from "effect"
import { inspect } from "node:util"
import * as documents from "./support/documents.ts"
import { type Answer, layerServer, type Sent, Server } from "./support/scripted.ts"

const token = "t0k3n-in-a-header"
const code = "c0d3-in-the-query"
const own = "0wn-parameter"
const secrets = [token, code, own]

/** Adds a header and a query parameter. */
const custom = CustomAuth.layer({
  key: "test",
  apply: ({ headers, query, store }) =>
    Effect.succeed({
      headers: Headers.set(headers, "x-token", token),
      query: UrlParams.set(query, "code", code),
      store
    })
})

interface Span {
  readonly name: string
  readonly attributes: ReadonlyMap<string, unknown>
  readonly ended: ReadonlyArray<Exit.Exit<unknown, unknown>>
}

/** Everything that is traced and logged. */
const recording = () => {
  const spans: Array<Span> = []
  const lines: Array<string> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const ended: Array<Exit.Exit<unknown, unknown>> = []
      spans.push({ name, attributes, ended })
      return {
        _tag: "Span",
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        spanId: `${spans.length}`.padStart(16, "0"),
        traceId: "f".repeat(32),
        sampled: true,
        status: { _tag: "Started", startTime },
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _time, all) => void attributes.set(`event ${event}`, all),
        addLinks: () => undefined,
        end: (_time, exit) => void ended.push(exit)
      }
    },
    context: (f) => f()
  })
  const logger = Logger.make((options) => {
    lines.push(Logger.stringLogger.log(options), Logger.logfmtLogger.log(options), Logger.jsonLogger.log(options))
  })
  const layer = Layer.mergeAll(
    Layer.setTracer(tracer),
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.All)
  )
  return { layer, lines, spans }
}

const prints = (value: unknown): ReadonlyArray<string> => [
  String(value),
  inspect(value, { depth: 20, showHidden: true, getters: true }),
  JSON.stringify([value]),
  ...(value instanceof Error ? [value.message, value.stack ?? ""] : [])
]

const shows = (value: unknown): ReadonlyArray<string> =>
  secrets.filter((secret) => prints(value).some((print) => print.includes(secret)))

const client = (answer: (sent: Sent) => Answer | "cut" | "never", options?: Partial<WpsClient.Options>) =>
  WpsClient.layer({
    url: `https://example.org/wps?own=${own}`,
    poll: { schedule: Schedule.spaced("1 second"), badReads: 1 },
    timeout: "5 seconds",
    ...options
  }).pipe(Layer.provide(custom), Layer.provideMerge(layerServer(answer)))

const long = Process.make("long", { inputs: {}, outputs: { out: Output.bytes("text/plain") } })

const programs: ReadonlyArray<readonly [string, Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient>]> = [
  ["capabilities", WpsClient.capabilities],
  ["describe", WpsClient.describe("long")],
  ["describeAll", WpsClient.describeAll],
  [
    "execute",
    Effect.flatMap(WpsClient.execute(long({})), (job) => Effect.zipRight(Stream.runDrain(job.changes), job.result))
  ],
  ["run", WpsClient.run(long({}), { mode: "async" })],
  ["raw", Stream.runDrain(WpsClient.rawStream(long({})))],
  ["download", Stream.runDrain(WpsClient.downloadStream(`https://example.org/out?own=${own}`))],
  [
    "attach",
    WpsClient.attach(
      new Job.JobReference({
        identifier: "long",
        statusLocation: Option.some(`https://example.org/1?own=${own}`),
        jobId: Option.none()
      }),
      long
    )
  ]
]

const accepted = (sent: Sent): Answer | undefined =>
  sent.method === "POST"
    ? { body: documents.executeResponse(documents.accepted, { statusLocation: `https://example.org/1?own=${own}` }) }
    : undefined

const answers: ReadonlyArray<readonly [string, (sent: Sent) => Answer | "cut" | "never"]> = [
  // An Execute may take for ever.
  ["nothing", (sent) => sent.method === "POST" ? "cut" : "never"],
  ["a cut connection", () => "cut"],
  ["401", () => ({ status: 401, body: "" })],
  ["503", () => ({ status: 503, body: "" })],
  ["HTML", () => ({ status: 500, headers: { "content-type": "text/html" }, body: "<html/>" })],
  ["a report", () => ({ body: documents.exceptionReport("NoApplicableCode", "no") })],
  ["redirects without end", (sent) => ({ status: 302, headers: { location: `${sent.url}&again=1` }, body: "" })],
  ["a redirect to nowhere", () => ({ status: 302, headers: { location: `ftp://u:p@host/?own=${own}` }, body: "" })],
  ["a job, then nothing", (sent) => accepted(sent) ?? "never"],
  ["a job, then 403", (sent) => accepted(sent) ?? { status: 403, body: "" }],
  ["a job, then a failure", (sent) => accepted(sent) ?? { body: documents.executeResponse(documents.failed("no")) }],
  [
    "a job, then an output that cannot be fetched",
    (sent) =>
      accepted(sent) ?? (new URL(sent.url).pathname === "/1"
        ? {
          body: documents.executeResponse(documents.succeeded, {
            outputs: documents.referenceOutput("out", `https://example.org/out?own=${own}`)
          })
        }
        : "cut")
  ]
]

describe("nothing that is told shows a credential or a query", () => {
  for (const [what, answer] of answers) {
    it.effect(`when the answer is ${what}`, () =>
      Effect.gen(function*() {
        for (const [name, program] of programs) {
          const { layer, lines, spans } = recording()
          const run = program.pipe(
            Effect.tapErrorCause(Effect.logError),
            Effect.withSpan("test"),
            Effect.provide(client(answer))
          )
          const fiber = yield* Effect.fork(Effect.exit(run).pipe(Effect.provide(layer)))
          yield* TestClock.adjust("1 minute")
          const exit = yield* Fiber.join(fiber)
          // To the others a job's document may be a success.
          assert.isTrue(Exit.isFailure(exit) || !(name === "execute" || name === "run"), name)
          if (Exit.isSuccess(exit)) continue
          const told = [
            exit.cause,
            Cause.squash(exit.cause),
            Cause.pretty(exit.cause, { renderErrorCause: true }),
            ...spans.map((span) => [span.name, [...span.attributes], span.ended.filter(Exit.isFailure)]),
            lines
          ]
          assert.isAtLeast(spans.length, 2, name)
          deepStrictEqual(told.flatMap(shows), [], name)
        }
      }))
  }

  it.effect("and the client itself does not", () =>
    Effect.gen(function*() {
      const service = yield* WpsClient.WpsClient
      deepStrictEqual(shows(service), [])
      assert.strictEqual(service.url, "https://example.org/wps")
    }).pipe(Effect.provide(client(() => "cut"))))

  it.scoped("a bad address shows neither its query nor its user", () =>
    Effect.gen(function*() {
      for (
        const href of [
          `example.org/wps?own=${own}`,
          `https://ada:${own}@example.org/wps`,
          `//ada:${own}@example.org/wps`,
          `ftp://ada:${own}@example.org/wps?own=${own}`,
          `data:text/plain,${own}`,
          `https://exa mple.org/?own=${own}`,
          `https://ada:${own}@exa mple.org/`
        ]
      ) {
        const error = yield* Effect.flip(WpsClient.download(href))
        assert.strictEqual(error._tag, "InvalidUrl", href)
        deepStrictEqual(shows(error), [], href)
        const reference = new Job.JobReference({
          identifier: "long",
          statusLocation: Option.some(href),
          jobId: Option.none()
        })
        const unlocated = yield* Effect.flip(WpsClient.attach(reference, long))
        assert.strictEqual(unlocated._tag, "CannotPoll", href)
        deepStrictEqual(shows(unlocated), [], href)
      }
    }).pipe(Effect.provide(client(() => "cut"))))
})

describe("credentials go to the named origin only", () => {
  const done = documents.executeResponse(documents.succeeded, { outputs: documents.literalOutput("out", "MQ==") })

  /** Runs a job whose status is at an address, and gives what was sent there. */
  const statusAt = (location: string) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.exit(
        WpsClient.execute(long({})).pipe(
          Effect.flatMap((job) => job.result),
          Effect.withSpan("test")
        )
      ))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const { sent } = yield* Server
      return (yield* sent).slice(1)
    }).pipe(
      Effect.provide([
        client((one) =>
          one.method === "POST"
            ? {
              body: documents.executeResponse(documents.accepted, { statusLocation: location.replaceAll("&", "&amp;") })
            }
            : { body: done }
        ),
        recording().layer
      ])
    )

  const hasSecret = (sent: Sent): boolean =>
    sent.headers["x-token"] !== undefined || sent.url.includes(code) ||
    Object.values(sent.headers).some((value) => value.includes(token))

  for (
    const location of [
      "/1",
      "1",
      "https://example.org/1",
      "https://EXAMPLE.ORG/1",
      "https://example.org:443/1",
      "//example.org/1",
      "https://example.org/1#part"
    ]
  ) {
    it.effect(`and ${location} is there`, () =>
      Effect.gen(function*() {
        const sent = yield* statusAt(location)
        assert.lengthOf(sent, 1)
        assert.isTrue(sent.every(hasSecret))
        assert.isTrue(sent.every((one) => one.headers["traceparent"] !== undefined))
      }))
  }

  for (
    const location of [
      "https://evil.example/1",
      "//evil.example/1",
      "https:\\\\evil.example\\1",
      "http://example.org/1",
      "https://example.org:8443/1",
      "https://example.org./1",
      "https://example.org.evil.example/1",
      "https://www.example.org/1",
      "https://example.org%2eevil.example/1",
      "https://ехample.org/1",
      `https://evil.example/1?code=${code}`,
      `https://evil.example/1?CODE=x&code=${code}&keep=1`
    ]
  ) {
    it.effect(`and ${location} is not [A6.4] [D12]`, () =>
      Effect.gen(function*() {
        const sent = yield* statusAt(location)
        assert.lengthOf(sent, 1)
        assert.isFalse(sent.some(hasSecret))
        assert.isTrue(sent.every((one) => one.headers["traceparent"] === undefined && one.headers["b3"] === undefined))
      }))
  }

  for (
    const location of [
      "https://example.org@evil.example/1",
      "https://example.org:443@evil.example",
      "https://a:b@example.org/1"
    ]
  ) {
    it.effect(`and ${location} is not asked at all`, () =>
      Effect.gen(function*() {
        assert.lengthOf(yield* statusAt(location), 0)
      }))
  }

  it.effect("nor is anything that an output's address or a chain of redirects leads to", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.exit(WpsClient.run(long({}))))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const sent = yield* Effect.flatMap(Server, (server) => server.sent)
      deepStrictEqual(sent.map((one) => [new URL(one.url).host, hasSecret(one)]), [
        ["example.org", true],
        ["evil.example", false],
        ["example.org", true],
        ["evil.example", false]
      ])
      assert.isFalse(sent.some((one) => new URL(one.url).host === "evil.example" && one.url.includes(own)))
    }).pipe(Effect.provide(client((sent): Answer => {
      const { host, pathname } = new URL(sent.url)
      const to = (location: string) => ({ status: 302, headers: { location }, body: "" })
      return sent.method === "POST"
        ? {
          body: documents.executeResponse(documents.succeeded, {
            outputs: documents.referenceOutput("out", "//evil.example/out")
          })
        }
        : host === "evil.example" && pathname === "/out"
        ? to("https://example.org/back")
        : host === "example.org"
        ? to(`https://evil.example/end?code=${code}`)
        : { headers: { "content-type": "text/plain" }, body: "1" }
    }))))
})

describe("a login on the way", () => {
  it.effect("may take longer than the server may take to answer", () =>
    Effect.gen(function*() {
      const slow = Layer.succeed(
        Auth.Auth,
        Auth.make({ authorize: (request) => Effect.as(Effect.sleep("10 minutes"), request) })
      )
      const fiber = yield* Effect.fork(
        Effect.exit(WpsClient.capabilities).pipe(
          Effect.provide(
            WpsClient.layer({ url: "https://example.org/wps", timeout: "5 seconds" }).pipe(
              Layer.provide([slow, layerServer(() => ({ body: "<Capabilities/>" }))])
            )
          )
        )
      )
      yield* TestClock.adjust("11 minutes")
      assert.strictEqual((yield* Fiber.join(fiber))._tag, "Success")
    }))

  it.effect("is asked for once when it is refused, not for each process of a batch", () =>
    Effect.gen(function*() {
      let logins = 0
      const none = BearerAuth.layerEffect(Effect.suspend(() => {
        logins++
        return Effect.fail("cancelled")
      }))
      const all = yield* Effect.forEach(
        ["a", "b", "c", "d"],
        (identifier) => Effect.map(Effect.flip(WpsClient.describe(identifier)), (error) => error._tag),
        { concurrency: "unbounded" }
      ).pipe(
        Effect.provide(
          WpsClient.layer({ url: "https://example.org/wps" }).pipe(Layer.provide([none, layerServer(() => "cut")]))
        )
      )
      deepStrictEqual(all, all.map(() => "CredentialsUnavailable"))
      assert.strictEqual(logins, 1)
    }))

  it.effect("nor is a server that is down asked again and again", () =>
    Effect.gen(function*() {
      yield* Effect.forEach(["a", "b", "c"], (identifier) => Effect.flip(WpsClient.describe(identifier)), {
        concurrency: "unbounded"
      })
      assert.lengthOf(yield* Effect.flatMap(Server, ({ sent }) => sent), 1)
    }).pipe(Effect.provide(client(() => "cut"))))
})
