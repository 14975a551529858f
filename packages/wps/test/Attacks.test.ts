import { Auth, BearerAuth, CustomAuth } from "@effect-wps/auth"
import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
import {
  DataValue,
  Input,
  Job,
  Metalink,
  Operation,
  Output,
  Process,
  Upload,
  Wps100,
  Wps200,
  WpsClient
} from "@effect-wps/wps"
import { Xml } from "@effect-wps/xml"
import { FetchHttpClient, HttpClient, HttpClientResponse, UrlParams } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Chunk,
  DateTime,
  Deferred,
  Effect,
  Either,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Stream,
  Supervisor,
  TestClock
} from "effect"
import { createServer } from "node:http"
import { inspect } from "node:util"
import { gzipSync } from "node:zlib"
import { responses } from "../src/internal/documents.ts"
import * as documents from "./support/documents.ts"
import { held } from "./support/memory.ts"
import { type Answer, layer, layerAnonymous, layerServer, secret, type Sent, Server, url } from "./support/scripted.ts"

const ns = "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\""
const statusInfo = (status: string, rest = "", id = "j") =>
  `<wps:StatusInfo ${ns}><wps:JobID>${id}</wps:JobID><wps:Status>${status}</wps:Status>${rest}</wps:StatusInfo>`
const literalPart = (id: string, value: string) =>
  `<wps:Output id="${id}"><wps:Data><wps:LiteralValue>${value}</wps:LiteralValue></wps:Data></wps:Output>`
const resultOf = (outputs: string) => `<wps:Result ${ns}><wps:JobID>j</wps:JobID>${outputs}</wps:Result>`
const result = resultOf(literalPart("o", "42"))
const report = (code: string) =>
  `<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/2.0" version="2.0.0"><ows:Exception exceptionCode="${code}"/></ows:ExceptionReport>`

const number = Process.make("p", { inputs: {}, outputs: { o: Output.literal(Schema.Int) } })
const file = Process.make("f", {
  inputs: { text: Input.optional(Input.literal(Schema.String)), file: Input.optional(Input.bytes("text/plain")) },
  outputs: { o: Output.literal(Schema.Int) }
})
const everySecond: Job.PollOptions = { schedule: Schedule.spaced("1 second") }
const in20 = { protocol: Wps200.Wps200, poll: everySecond }

type Operations = "Execute" | "GetStatus" | "GetResult" | "Dismiss" | "GetCapabilities"
const operationOf = ({ method, url: asked }: Sent): string =>
  method === "POST"
    ? "Execute"
    : [...new URL(asked).searchParams].find(([name]) => name.toLowerCase() === "request")?.[1] ?? "none"

type Made = Answer | "cut" | "never"

/** A string is a body, but for `"cut"` and `"never"`. */
type Said = string | Answer

/** A server of WPS 2.0: what it says to each operation, once or by how often it was asked. */
const server = (
  answers: Partial<Record<Operations, Said | ((before: number) => Said)>>
): (sent: Sent) => Made => {
  const counts = new Map<string, number>()
  return (sent) => {
    const operation = operationOf(sent)
    const before = counts.get(operation) ?? 0
    counts.set(operation, before + 1)
    const made = Object.entries(answers).find(([name]) => name === operation)?.[1]
    const said = typeof made === "function" ? made(before) : made
    return said === undefined
      ? { status: 400, body: report("OperationNotSupported") }
      : said === "cut" || said === "never" || typeof said !== "string"
      ? said
      : { body: said }
  }
}

const asked = Effect.map(Effect.flatMap(Server, ({ sent }) => sent), (all) => all.map(operationOf))
const addresses = Effect.map(Effect.flatMap(Server, ({ sent }) => sent), (all) => all.map(({ url }) => url))

const immediate = Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))

/** Time passes in steps, with whatever the machine's own queues hold in between. */
const pass = (seconds: number, steps = seconds > 10 ? 1 : 5) =>
  Effect.forEach(
    Array.from({ length: steps * seconds }),
    () => Effect.zipRight(TestClock.adjust(1000 / steps), steps > 5 ? Effect.void : immediate),
    { discard: true }
  )

const outcome = <A>(exit: Exit.Exit<A, WpsClient.Failure>): string =>
  Exit.match(exit, {
    onSuccess: (value) => `Success ${JSON.stringify(value)}`,
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onSome: (error) => error._tag,
        onNone: () => Cause.isInterruptedOnly(cause) ? "interrupted" : `defect ${Cause.pretty(cause).slice(0, 200)}`
      })
  })

/** What has become of a fiber by now. */
const now = <A>(fiber: Fiber.RuntimeFiber<A, WpsClient.Failure>) =>
  Effect.map(Fiber.poll(fiber), Option.match({ onNone: () => "hangs", onSome: outcome }))

const after = <A, R>(seconds: number, effect: Effect.Effect<A, WpsClient.Failure, R>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.forkDaemon(effect)
    yield* pass(seconds)
    return yield* now(fiber)
  })

const hasSecret = (sent: Sent): boolean =>
  sent.url.includes(secret) || Object.values(sent.headers).some((value) => value.includes(secret))

const prints = (value: unknown): string =>
  [
    String(value),
    inspect(value, { depth: 20, showHidden: true, getters: true }),
    JSON.stringify([value]),
    ...(value instanceof Error ? [value.message, value.stack ?? ""] : [])
  ].join("\n")

const capabilities20 = (href: string, version = " version=\"2.0.0\"") =>
  `<wps:Capabilities ${ns} xmlns:xlink="http://www.w3.org/1999/xlink" service="WPS"${version}><ows:OperationsMetadata>${
    ["Execute", "GetStatus", "GetResult", "Dismiss"].map((name) =>
      `<ows:Operation name="${name}"><ows:DCP><ows:HTTP><ows:Get xlink:href="${href}"/><ows:Post xlink:href="${href}"/></ows:HTTP></ows:DCP></ows:Operation>`
    ).join("")
  }</ows:OperationsMetadata></wps:Capabilities>`

describe("origins that nobody named", () => {
  describe("an advertised address", () => {
    const run = (href: string, options?: Partial<WpsClient.Options>) =>
      Effect.gen(function*() {
        const tag = yield* after(5, WpsClient.run(number({})))
        return [tag, (yield* addresses).slice(1)] as const
      }).pipe(Effect.provide(layer(
        (sent) => ({ body: sent.method === "POST" ? result : capabilities20(href) }),
        { ...in20, operationUrls: "advertised", ...options }
      )))

    for (
      const href of [
        "http://example.org/wps",
        "https://example.org:8443/wps",
        "https://evil.example/wps",
        "//evil.example/wps",
        "https://a:b@example.org/wps",
        "https://example.org@evil.example/wps",
        "https:\\\\evil.example/wps",
        "file:///etc/passwd",
        "javascript:alert(1)"
      ]
    ) {
      it.effect(`${href} gets nothing`, () =>
        Effect.gen(function*() {
          deepStrictEqual(yield* run(href), ["InvalidUrl", []])
        }))
    }

    for (const origin of ["https://ops.example.org/", "https://OPS.example.org", "https://ops.example.org:443"]) {
      it.effect(`is taken where its origin is named as ${origin}`, () =>
        Effect.gen(function*() {
          const [tag] = yield* run("https://ops.example.org/wps", { origins: [origin] })
          assert.strictEqual(tag, "Success {\"o\":42}")
        }))
    }

    it.effect("a redirect of an Execute from there leads nowhere", () =>
      Effect.gen(function*() {
        const tag = yield* after(5, WpsClient.run(number({})))
        assert.strictEqual(tag, "RedirectRefused")
        assert.isFalse((yield* addresses).some((one) => one.includes("evil")))
      }).pipe(Effect.provide(layer(
        (sent) =>
          sent.method === "POST"
            ? { status: 307, headers: { location: "https://evil.example/wps" }, body: "" }
            : { body: capabilities20("https://example.org/op") },
        { ...in20, operationUrls: "advertised" }
      ))))
  })

  describe("rewriteUrl", () => {
    for (const garbage of ["", "no address", "file:///etc/passwd", "https://a:b@example.org/", "\uD800", "//x"]) {
      it.scoped(`that gives ${JSON.stringify(garbage)} is a typed error`, () =>
        Effect.gen(function*() {
          const download = outcome(yield* Effect.exit(WpsClient.download("https://example.org/out")))
          assert.strictEqual(download, "InvalidUrl")
          const run = yield* after(5, WpsClient.run(number({}), { mode: "async" }))
          assert.strictEqual(run, "CannotPoll")
        }).pipe(Effect.provide(layer((sent) =>
          sent.method === "POST"
            ? { body: documents.executeResponse(documents.accepted, { statusLocation: "https://example.org/1" }) }
            : "cut", { rewriteUrl: () => garbage }))))
    }

    it.scoped("to another origin goes without credentials", () =>
      Effect.gen(function*() {
        yield* Effect.exit(WpsClient.download("https://example.org/out"))
        const [sent] = yield* Effect.flatMap(Server, ({ sent }) => sent)
        assert(sent !== undefined)
        assert.strictEqual(sent.url, "https://evil.example/out")
        assert.isFalse(hasSecret(sent))
      }).pipe(Effect.provide(layer(() => ({ body: "1" }), {
        rewriteUrl: (one) => one.replace("example.org", "evil.example")
      }))))
  })

  it.effect("a saved reference to another origin is asked without credentials", () =>
    Effect.gen(function*() {
      yield* WpsClient.attach(
        new Job.JobReference({
          identifier: "p",
          statusLocation: Option.some("https://evil.example/1"),
          jobId: Option.none()
        }),
        number
      )
      const sent = yield* Effect.flatMap(Server, ({ sent }) => sent)
      assert.lengthOf(sent, 1)
      assert.isFalse(sent.some(hasSecret))
    }).pipe(Effect.provide(layer(() => ({ body: documents.executeResponse(documents.succeeded) })))))

  it.effect("GeoServer's dismiss at another origin goes without credentials, and is a Dismiss and nothing else", () =>
    Effect.gen(function*() {
      const location =
        "https://evil.example/ows?request=GetExecutionStatus&REQUEST=Execute&executionId=1%26request%3DExecute"
      const job = yield* WpsClient.execute(number({}))
      yield* Effect.exit(job.dismiss)
      const [, sent] = yield* Effect.flatMap(Server, ({ sent }) => sent)
      assert(sent !== undefined, location)
      assert.isFalse(hasSecret(sent))
      deepStrictEqual(new URL(sent.url).searchParams.getAll("request"), ["Dismiss"])
      deepStrictEqual(new URL(sent.url).searchParams.getAll("REQUEST"), ["Dismiss"])
    }).pipe(Effect.provide(layer(
      (sent) =>
        sent.method === "POST"
          ? {
            body: documents.executeResponse(documents.accepted, {
              statusLocation:
                "https://evil.example/ows?request=GetExecutionStatus&amp;REQUEST=Execute&amp;executionId=1%26request%3DExecute"
            })
          }
          : "cut",
      { poll: everySecond }
    ))))

  for (
    const id of [
      "j&amp;request=Execute&amp;Identifier=evil",
      "j&#10;&#13;x: y",
      "j#f",
      "a b",
      "%26request%3DExecute",
      "../x"
    ]
  ) {
    it.effect(`a JobID ${id} is one parameter`, () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.forkDaemon(WpsClient.run(number({}), { mode: "async" }))
        yield* pass(4)
        deepStrictEqual(yield* fiber, { o: 42 })
        const sent = (yield* addresses).slice(1).map((one) => new URL(one))
        const expected = id.replaceAll("&amp;", "&").replaceAll("&#10;", "\n").replaceAll("&#13;", "\r")
        for (const { origin, pathname, searchParams } of sent) {
          assert.strictEqual(origin + pathname, url)
          deepStrictEqual(searchParams.getAll("JobID"), [expected])
          assert.lengthOf([...searchParams], 4)
        }
      }).pipe(Effect.provide(layer(
        server({
          Execute: statusInfo("Accepted", "", id),
          GetStatus: statusInfo("Succeeded", "", id),
          GetResult: result
        }),
        in20
      ))))
  }

  it.scoped("a metalink leads nowhere with credentials, nor to a file", () =>
    Effect.gen(function*() {
      const files = yield* Metalink.decode(
        "<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"a\"><url>file:///etc/passwd</url></file><file name=\"b\"><url>javascript:alert(1)</url></file><file name=\"c\"><url>https://evil.example/c</url></file></metalink>"
      )
      const tags = yield* Effect.forEach(
        files.flatMap((one) => Option.toArray(Metalink.toReference(one))),
        (one) => Effect.map(Effect.exit(WpsClient.download(one)), (exit) => Exit.isSuccess(exit) ? "ok" : outcome(exit))
      )
      deepStrictEqual(tags, ["InvalidUrl", "InvalidUrl", "ok"])
      const sent = yield* Effect.flatMap(Server, ({ sent }) => sent)
      deepStrictEqual(sent.map((one) => [one.url, hasSecret(one)]), [["https://evil.example/c", false]])
    }).pipe(Effect.provide(layer(() => ({ body: "1" })))))
})

describe("secrets in what is told", () => {
  const hidden = "h1dd3n-value"

  const collect = <A, R>(effect: Effect.Effect<A, WpsClient.Failure, R>) =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make((options) => {
        lines.push(Logger.stringLogger.log(options), Logger.jsonLogger.log(options))
      })
      const fiber = yield* Effect.forkDaemon(
        Effect.tapErrorCause(effect, Effect.logError).pipe(
          Effect.exit,
          Effect.provide([Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)])
        )
      )
      yield* pass(15)
      const exit = yield* fiber
      assert(Exit.isFailure(exit))
      const { cause } = exit
      return [
        ...lines,
        prints(Cause.squash(cause)),
        prints(cause),
        Cause.pretty(cause, { renderErrorCause: true })
      ].join("\n")
    })

  const reference = (headers: Record<string, string>) =>
    Operation.make({
      identifier: "p",
      inputs: [["r", DataValue.reference(`https://data.example/x`, { headers })]],
      outputs: ["o"]
    })

  for (const protocol of [Wps100.Wps100, Wps200.Wps200, Wps100.byGet({ dialect: "strict" })]) {
    it.effect(`the headers of a reference: ${protocol.version}`, () =>
      Effect.gen(function*() {
        for (const value of [hidden, `${hidden}\u0001`, `\uD800${hidden}`]) {
          const told = yield* collect(WpsClient.run(reference({ authorization: value })))
          assert.notInclude(told, hidden, inspect(value))
        }
      }).pipe(Effect.provide(layerAnonymous(() => "cut", { protocol }))))
  }

  it.effect("an error page that repeats the credentials is not kept as it is", () =>
    Effect.gen(function*() {
      const told = yield* collect(WpsClient.capabilities)
      assert.notInclude(told, secret)
    }).pipe(Effect.provide(layer((sent) => ({
      status: 500,
      headers: { "content-type": "text/plain" },
      body: `KeyError\nHTTP_AUTHORIZATION = ${sent.headers["authorization"]}`
    })))))

  for (
    const page of [
      (address: string) => `Not found: ${address}`,
      (address: string) => `<a href="${address.replaceAll("&", "&amp;")}">${address}</a>`,
      (address: string) => `GET ${address.replace("https://example.org", "")} HTTP/1.1`,
      () => `{"api_key": "${hidden}", "access_token":"${hidden}"}`
    ]
  ) {
    it.effect(`nor is one that repeats the address with its query: ${page("https://x.org/?a=1")}`, () =>
      Effect.gen(function*() {
        const auth = CustomAuth.layer({
          key: "key",
          apply: ({ headers, query, store }) =>
            Effect.succeed({ headers, query: UrlParams.append(query, "api_key", hidden), store })
        })
        const told = yield* collect(WpsClient.capabilities).pipe(Effect.provide(
          WpsClient.layer({ url }).pipe(
            Layer.provide(auth),
            Layer.provideMerge(layerServer((sent) => ({
              status: 404,
              headers: { "content-type": "text/html" },
              body: page(sent.url)
            })))
          )
        ))
        assert.notInclude(told, hidden)
      }))
  }

  for (
    const [what, answer] of [
      ["cut", "cut"],
      ["500", { status: 500, headers: { "content-type": "text/html" }, body: "<html/>" }],
      ["400", { status: 400, body: documents.exceptionReport("InvalidParameterValue", "no", "text") }],
      ["401", { status: 401, body: "" }],
      ["302", { status: 302, headers: { location: `ftp://x/?a=${hidden}` }, body: "" }],
      ["loop", { status: 302, headers: { location: `?a=${hidden}` }, body: "" }],
      ["gzip", { headers: { "content-encoding": "gzip" }, body: new Uint8Array([0x1f, 0x8b, 1, 2, 3]) }]
    ] as const
  ) {
    it.effect(`an input by KVP, where the answer is ${what}`, () =>
      Effect.gen(function*() {
        const told = yield* collect(WpsClient.run(file({ text: hidden })))
        assert.notInclude(told, hidden)
      }).pipe(Effect.provide(layer(() => answer, { protocol: Wps100.byGet({ dialect: "strict" }) }))))
  }

  it.effect("a literal that XML cannot carry is not repeated", () =>
    Effect.gen(function*() {
      const told = yield* collect(WpsClient.run(file({ text: `${hidden}\u0000` })))
      assert.notInclude(told, hidden)
    }).pipe(Effect.provide(layerAnonymous(() => "cut", in20))))

  it.effect("what dismissing at an interruption logs", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make((options) => {
        lines.push(Logger.stringLogger.log(options), Logger.jsonLogger.log(options))
      })
      const fiber = yield* Effect.forkDaemon(
        WpsClient.run(number({}), { mode: "async" }).pipe(
          Effect.provide([Logger.replace(Logger.defaultLogger, logger), Logger.minimumLogLevel(LogLevel.All)])
        )
      )
      yield* pass(2)
      yield* Fiber.interruptFork(fiber)
      yield* pass(2)
      assert.include(yield* asked, "Dismiss")
      assert.isAtLeast(lines.length, 1)
      assert.notInclude(lines.join("\n"), secret)
      assert.notInclude(lines.join("\n"), "h1dd3n-id")
    }).pipe(Effect.provide(layer(
      server({
        Execute: statusInfo("Running", "", "h1dd3n-id"),
        GetStatus: statusInfo("Running", "", "h1dd3n-id"),
        Dismiss: "cut"
      }),
      { ...in20, poll: { ...everySecond, dismissOnInterrupt: true } }
    ))))
})

describe("loops and hangs", () => {
  for (const status of ["Running", "Accepted", "Succeeded"]) {
    it.effect(`a StatusInfo ${status} in the place of the result is a failure, and not a dismissal`, () =>
      Effect.gen(function*() {
        const tag = yield* after(60, WpsClient.run(number({}), { mode: "async" }))
        assert.strictEqual(tag, "UnexpectedResponse")
        assert.isAtMost((yield* asked).length, 20)
      }).pipe(Effect.provide(layerAnonymous(
        server({
          Execute: statusInfo("Accepted"),
          GetStatus: statusInfo("Succeeded"),
          GetResult: statusInfo(status)
        }),
        in20
      ))))
  }

  it.effect("a StatusInfo in the place of the result once is tried again", () =>
    Effect.gen(function*() {
      const tag = yield* after(60, WpsClient.run(number({}), { mode: "async" }))
      assert.strictEqual(tag, "Success {\"o\":42}")
    }).pipe(Effect.provide(layerAnonymous(
      server({
        Execute: statusInfo("Accepted"),
        GetStatus: statusInfo("Succeeded"),
        GetResult: (before) => before === 0 ? statusInfo("Running") : result
      }),
      in20
    ))))

  for (const [what, answer] of [["an empty Result", resultOf("")], ["Running", statusInfo("Running")]] as const) {
    it.effect(`a job that failed stays so where its result is ${what}`, () =>
      Effect.gen(function*() {
        const tag = yield* after(
          60,
          WpsClient.run(Operation.make({ identifier: "p", outputs: ["o"] }), { mode: "async" })
        )
        assert.strictEqual(tag, "ProcessFailed")
      }).pipe(Effect.provide(layerAnonymous(
        server({ Execute: statusInfo("Accepted"), GetStatus: statusInfo("Failed"), GetResult: answer }),
        in20
      ))))
  }

  it.scoped("an empty JobID is a typed error", () =>
    Effect.gen(function*() {
      for (const mode of ["sync", "async"] as const) {
        const tag = yield* after(5, WpsClient.run(number({}), { mode }))
        assert.notInclude(tag, "defect")
        assert.notInclude(tag, "hangs")
      }
      assert.notInclude(outcome(yield* Effect.exit(Effect.asVoid(WpsClient.execute(number({}))))), "defect")
      assert.strictEqual(
        outcome(yield* Effect.exit(Effect.asVoid(WpsClient.raw(number({}), { mode: "async" })))),
        "CannotPoll"
      )
    }).pipe(Effect.provide(layerAnonymous(server({ Execute: statusInfo("Accepted", "", "") }), in20))))

  it.effect("a server that is always to be asked in a millisecond is not asked a thousand times a second", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDaemon(WpsClient.run(number({}), { mode: "async" }))
      yield* Effect.repeatN(TestClock.adjust(1), 300)
      yield* Fiber.interrupt(fiber)
      assert.isAtMost((yield* asked).length, 20)
    }).pipe(Effect.provide((() => {
      let at = 0
      const next = () => `<wps:NextPoll>${DateTime.formatIso(DateTime.unsafeMake(++at))}</wps:NextPoll>`
      return layerAnonymous(
        server({ Execute: () => statusInfo("Accepted", next()), GetStatus: () => statusInfo("Running", next()) }),
        { protocol: Wps200.Wps200 }
      )
    })())))

  it.effect("a NextPoll in the past goes by the default schedule", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDaemon(WpsClient.run(number({}), { mode: "async" }))
      yield* pass(120)
      yield* Fiber.interrupt(fiber)
      assert.isAtMost((yield* asked).length, 25)
      assert.isAtLeast((yield* asked).length, 8)
    }).pipe(Effect.provide(layerAnonymous(
      server({
        Execute: statusInfo("Accepted", "<wps:NextPoll>1969-01-01T00:00:00Z</wps:NextPoll>"),
        GetStatus: statusInfo("Running", "<wps:NextPoll>1969-01-01T00:00:00Z</wps:NextPoll>")
      }),
      { protocol: Wps200.Wps200 }
    ))))

  for (
    const [what, nextPoll, date] of [
      ["the last midnight that there is", "+275760-09-13T24:00:00Z", undefined],
      ["beyond the calendar once it is moved", "+275760-09-13T00:00:00Z", "Mon, 01 Jan 1900 00:00:00 GMT"],
      ["before the calendar once it is moved", "-271821-04-20T00:00:00Z", "Mon, 01 Jan 2100 00:00:00 GMT"]
    ] as const
  ) {
    it.effect(`a NextPoll ${what} is no defect`, () =>
      Effect.gen(function*() {
        const tag = yield* after(10, WpsClient.run(number({}), { mode: "async" }))
        assert.notInclude(tag, "defect")
      }).pipe(Effect.provide(layerAnonymous(
        server({
          Execute: {
            body: statusInfo("Accepted", `<wps:NextPoll>${nextPoll}</wps:NextPoll>`),
            headers: date === undefined ? {} : { date }
          },
          GetStatus: statusInfo("Succeeded"),
          GetResult: result
        }),
        in20
      ))))
  }

  it.effect("a job that is not known is given up after four times", () =>
    Effect.gen(function*() {
      const tag = yield* after(60, WpsClient.run(number({}), { mode: "async" }))
      assert.strictEqual(tag, "JobNotFound")
      assert.lengthOf(yield* asked, 5)
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Accepted"), GetStatus: { status: 400, body: report("NoSuchJob") } }),
      in20
    ))))

  it.effect("a Dismiss that is never answered does not hold an interruption for longer than the timeout", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDaemon(
        WpsClient.run(number({}), { mode: "async", poll: { dismissOnInterrupt: true } })
      )
      yield* pass(2)
      yield* Fiber.interruptFork(fiber)
      yield* pass(30)
      assert.include(yield* asked, "Dismiss")
      assert.strictEqual(yield* now(fiber), "interrupted")
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Accepted"), GetStatus: statusInfo("Running"), Dismiss: "never" }),
      { ...in20, timeout: "10 seconds" }
    ))))

  it.scoped("nor does it where raw data is waited for", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDaemon(
        WpsClient.raw(number({}), { mode: "async", poll: { dismissOnInterrupt: true } })
      )
      yield* pass(2)
      yield* Fiber.interruptFork(fiber)
      yield* pass(30)
      assert.include(yield* asked, "Dismiss")
      assert.strictEqual(yield* now(fiber), "interrupted")
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Accepted"), GetStatus: statusInfo("Running"), Dismiss: "never" }),
      { ...in20, timeout: "10 seconds" }
    ))))

  it.effect("a deadline holds for the first read of a job that is attached to", () =>
    Effect.gen(function*() {
      const reference = new Job.JobReference({
        identifier: "p",
        statusLocation: Option.none(),
        jobId: Option.some("j")
      })
      const tag = yield* after(10, WpsClient.attach(reference, number, { poll: { deadline: "5 seconds" } }))
      assert.strictEqual(tag, "JobTimeout")
    }).pipe(Effect.provide(layerAnonymous(server({ GetStatus: "never" }), { ...in20, timeout: "1 hour" }))))

  it.effect("one of two dismisses that is refused leaves the other its way", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(number({}))
      const first = yield* Effect.forkDaemon(job.dismiss)
      yield* pass(1)
      assert.strictEqual((yield* Effect.flip(job.dismiss))._tag, "CannotDismiss")
      assert.strictEqual((yield* job.status)._tag, "Dismissed")
      yield* Fiber.interrupt(first)
    }).pipe(Effect.provide(layerAnonymous(
      server({
        Execute: statusInfo("Accepted"),
        GetStatus: statusInfo("Failed"),
        GetResult: { status: 400, body: report("NoApplicableCode") },
        Dismiss: (before) => before === 0 ? "never" : { status: 400, body: report("OperationNotSupported") }
      }),
      in20
    ))))

  it.effect("an interrupted dismiss lets those who wait go on", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(number({}))
      const waiting = yield* Effect.forkDaemon(job.result)
      const dismissing = yield* Effect.forkDaemon(job.dismiss)
      yield* pass(2)
      yield* Fiber.interrupt(dismissing)
      yield* pass(5)
      assert.strictEqual(yield* now(waiting), "Success {\"o\":42}")
    }).pipe(Effect.provide(layerAnonymous(
      server({
        Execute: statusInfo("Accepted"),
        GetStatus: (before) => statusInfo(before < 4 ? "Running" : "Succeeded"),
        GetResult: result,
        Dismiss: "never"
      }),
      in20
    ))))

  for (
    const [what, answer] of [["not there yet", { status: 400, body: report("ResultNotReady") }], ["503", {
      status: 503,
      body: ""
    }]] as const
  ) {
    it.scoped(`raw asks again for what is ${what}, as the document does`, () =>
      Effect.gen(function*() {
        const tag = yield* after(15, Effect.asVoid(WpsClient.raw(number({}), { mode: "async" })))
        assert.strictEqual(tag, "Success undefined")
      }).pipe(Effect.provide(layerAnonymous(
        server({
          Execute: statusInfo("Accepted"),
          GetStatus: statusInfo("Succeeded"),
          GetResult: (before) => before === 0 ? answer : { headers: { "content-type": "text/plain" }, body: "42" }
        }),
        in20
      ))))
  }

  it.scoped("raw that waits for a job dismisses it at an interruption, where that is wanted", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.forkDaemon(
        WpsClient.raw(number({}), { mode: "async", poll: { dismissOnInterrupt: true } })
      )
      yield* pass(3)
      yield* Fiber.interruptFork(fiber)
      yield* pass(3)
      assert.include(yield* asked, "Dismiss")
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Accepted"), GetStatus: statusInfo("Running"), Dismiss: statusInfo("Dismissed") }),
      in20
    ))))

  it.effect("what cannot be interrupted waits for a job, and has its result", () =>
    Effect.gen(function*() {
      const tag = yield* after(10, Effect.uninterruptible(WpsClient.run(number({}), { mode: "async" })))
      assert.strictEqual(tag, "Success {\"o\":42}")
    }).pipe(Effect.provide(layerAnonymous(
      server({
        Execute: statusInfo("Accepted"),
        GetStatus: (before) => statusInfo(before < 2 ? "Running" : "Succeeded"),
        GetResult: result
      }),
      in20
    ))))

  it.effect("and so it does in WPS 1.0.0", () =>
    Effect.gen(function*() {
      const tag = yield* after(10, Effect.uninterruptible(WpsClient.run(number({}), { mode: "async" })))
      assert.strictEqual(tag, "Success {\"o\":42}")
    }).pipe(Effect.provide(layerAnonymous(
      (sent) => ({
        body: sent.method === "POST"
          ? documents.executeResponse(documents.accepted, { statusLocation: "https://example.org/1" })
          : documents.executeResponse(documents.succeeded, { outputs: documents.literalOutput("o", "42") })
      }),
      { poll: everySecond }
    ))))

  for (const [what, answer] of [["torn", "<wps:Res"], ["never there", "never"]] as const) {
    it.effect(`a deadline holds for a result that is ${what}`, () =>
      Effect.gen(function*() {
        const tag = yield* after(30, WpsClient.run(number({}), { mode: "async", poll: { deadline: "5 seconds" } }))
        assert.strictEqual(tag, "JobTimeout")
      }).pipe(Effect.provide(layerAnonymous(
        server({
          Execute: statusInfo("Accepted"),
          GetStatus: statusInfo("Succeeded"),
          GetResult: answer
        }),
        { protocol: Wps200.Wps200, timeout: "1 minute" }
      ))))
  }

  it.effect("no fiber is left of those who wait for a job that can be dismissed", () =>
    Effect.gen(function*() {
      const supervisor = yield* Supervisor.track
      yield* Effect.gen(function*() {
        const job = yield* WpsClient.execute(number({}))
        const waiting = yield* Effect.forEach(Array.from({ length: 40 }), (_, at) =>
          Effect.forkDaemon(at % 2 === 0 ? Effect.asVoid(job.result) : Stream.runDrain(job.changes)))
        yield* pass(5)
        yield* Fiber.interruptAll(waiting.slice(0, 20))
        yield* pass(3)
        yield* job.dismiss
        yield* pass(2)
        const tags = yield* Effect.forEach(waiting.slice(20), (fiber) =>
          now(fiber))
        deepStrictEqual([...new Set(tags)], ["JobDismissed", "Success undefined"])
      }).pipe(Effect.supervised(supervisor))
      yield* pass(1)
      assert.lengthOf((yield* supervisor.value).filter((fiber) => fiber.unsafePoll() === null), 0)
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Accepted"), GetStatus: statusInfo("Running"), Dismiss: statusInfo("Dismissed") }),
      in20
    ))))

  it.effect("who is interrupted while the result is fetched leaves it to the others; and after a dismiss there is none", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(number({}))
      const [one, other] = yield* Effect.all([Effect.forkDaemon(job.result), Effect.forkDaemon(job.result)])
      yield* pass(3)
      assert.deepStrictEqual((yield* asked).filter((name) => name === "GetResult").length, 1)
      yield* Fiber.interrupt(one)
      yield* pass(3)
      assert.strictEqual(yield* now(other), "Success {\"o\":42}")
      yield* job.dismiss
      assert.strictEqual(yield* after(1, job.result), "Success {\"o\":42}")
      assert.strictEqual(yield* after(1, Effect.map(Stream.runCollect(job.changes), Chunk.size)), "Success 1")
    }).pipe(Effect.provide(layerAnonymous(
      server({
        Execute: statusInfo("Accepted"),
        GetStatus: statusInfo("Succeeded"),
        GetResult: (before) => before === 0 ? "never" : result,
        Dismiss: statusInfo("Dismissed")
      }),
      in20
    ))))

  it.effect("changes and result after a dismiss come to their end", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(number({}))
      yield* job.dismiss
      assert.strictEqual(yield* after(1, job.result), "JobDismissed")
      const states = yield* after(1, Effect.map(Stream.runCollect(job.changes), Chunk.toReadonlyArray))
      assert.include(states, "Dismissed")
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Accepted"), GetStatus: statusInfo("Running"), Dismiss: statusInfo("Dismissed") }),
      in20
    ))))
})

// ---------------------------------------------------------------------------------------------------------- bodies

/** A client of a server whose n-th answer is a stream of bytes. */
const streaming = (
  answers: ReadonlyArray<{
    readonly chunks: Iterable<Uint8Array>
    readonly then?: "nothing" | "cut"
    readonly headers?: Record<string, string>
  }>,
  options?: Partial<WpsClient.Options>
) => {
  const state = { sent: 0, cancelled: false, at: 0 }
  const client = HttpClient.make((request) =>
    Effect.sync(() => {
      const answer = answers[Math.min(state.at++, answers.length - 1)]
      const chunks = (answer?.chunks ?? [])[Symbol.iterator]()
      const body = new ReadableStream<Uint8Array>({
        pull: (controller) => {
          const { done, value } = chunks.next()
          if (done !== true) {
            state.sent += value.length
            return controller.enqueue(value)
          }
          if (answer?.then === "cut") return controller.error(new Error("cut"))
          if (answer?.then === "nothing") return new Promise<void>(() => undefined)
          return controller.close()
        },
        cancel: () => {
          state.cancelled = true
        }
      }, { highWaterMark: 0 })
      return HttpClientResponse.fromWeb(
        request,
        new Response(body, { headers: { "content-type": "text/xml", ...answer?.headers } })
      )
    })
  )
  return {
    state,
    layer: WpsClient.layer({ url, timeout: "10 seconds", ...options }).pipe(
      Layer.provide([Layer.succeed(HttpClient.HttpClient, client), Auth.layerAnonymous])
    )
  }
}

const utf8 = (text: string) => new TextEncoder().encode(text)
const gzip = { "content-encoding": "gzip" }

/** What becomes of a fiber that ends by itself, in the time of the machine. */
const ending = <A>(fiber: Fiber.RuntimeFiber<A, WpsClient.Failure>) => Effect.map(Fiber.await(fiber), outcome)

describe("bodies", () => {
  const packed = new Uint8Array(gzipSync(new Uint8Array(1 << 20).map((_, at) => (at * 7919) >> 3)))

  for (
    const [what, chunks, expected] of [
      ["of no bytes", [], "Success 0"],
      ["of a header alone", [packed.slice(0, 10)], "TransportError"],
      ["that is cut", [packed.slice(0, 1000)], "TransportError"],
      ["whole", [packed], "Success 1048576"],
      ["in single bytes at its start", [packed.slice(0, 1), packed.slice(1, 2), packed.slice(2)], "Success 1048576"]
    ] as const
  ) {
    it.scoped(`a gzip ${what}`, () =>
      Effect.gen(function*() {
        const { layer } = streaming([{ chunks, headers: gzip }])
        const fiber = yield* Effect.forkDaemon(
          Effect.flatMap(
            WpsClient.download("https://example.org/x"),
            ({ stream }) => Stream.runFold(stream, 0, (all, one) => all + one.length)
          ).pipe(Effect.provide(layer))
        )
        assert.strictEqual(yield* ending(fiber), expected)
      }))
  }

  for (const then of ["nothing", "cut"] as const) {
    it.scoped(`a gzip of which only the start is read lets go of the connection: ${then}`, () =>
      Effect.gen(function*() {
        const { layer, state } = streaming([{ chunks: [packed.slice(0, 100_000)], then, headers: gzip }])
        const fiber = yield* Effect.forkDaemon(
          Effect.flatMap(
            WpsClient.download("https://example.org/x"),
            ({ stream }) => Stream.runDrain(Stream.take(stream, 1))
          ).pipe(Effect.provide(layer))
        )
        // What is cut may be found out before its start is read.
        assert.include(
          then === "cut" ? ["Success undefined", "TransportError"] : ["Success undefined"],
          yield* ending(fiber)
        )
        assert.isTrue(state.cancelled || then === "cut")
      }))
  }

  it.scoped("a gzip that stalls ends, and lets go of the connection when who reads is interrupted", () =>
    Effect.gen(function*() {
      const { layer, state } = streaming([{ chunks: [packed.slice(0, 100_000)], then: "nothing", headers: gzip }])
      const begin = Effect.gen(function*() {
        const begun = yield* Deferred.make<void>()
        const fiber = yield* Effect.flatMap(
          WpsClient.download("https://example.org/x"),
          ({ stream }) => Stream.runForEach(stream, () => Deferred.succeed(begun, void 0))
        ).pipe(Effect.provide(layer), Effect.forkDaemon)
        yield* Deferred.await(begun)
        return fiber
      })
      const fiber = yield* begin
      yield* Fiber.interruptFork(fiber)
      assert.strictEqual(yield* ending(fiber), "interrupted")
      assert.isTrue(state.cancelled)
      const other = yield* begin
      // What is read already is unpacked in the time of the machine.
      yield* Effect.repeat(
        TestClock.adjust("11 seconds").pipe(Effect.zipRight(immediate), Effect.zipRight(Fiber.poll(other))),
        { until: Option.isSome }
      )
      assert.strictEqual(yield* ending(other), "TransportError")
    }))

  it.scoped("a gzip bomb streams in bounded memory", () =>
    Effect.gen(function*() {
      const bomb = new Uint8Array(gzipSync(new Uint8Array(200 << 20)))
      const { layer } = streaming([{ chunks: [bomb], headers: gzip }])
      const before = held()
      let most = 0
      const size = yield* Effect.flatMap(
        WpsClient.download("https://example.org/x"),
        ({ stream }) =>
          Stream.runFold(stream, 0, (read, one) => {
            const size = read + one.length
            if (size >> 25 > read >> 25) most = Math.max(most, held())
            return size
          })
      ).pipe(Effect.provide(layer))
      assert.strictEqual(size, 200 << 20)
      assert.isBelow((most - before) / (1 << 20), 50)
    }))

  it.scoped("the bytes of a job's output that stall end, as those of a download do", () =>
    Effect.gen(function*() {
      const { layer } = streaming([
        { chunks: [utf8(statusInfo("Accepted"))] },
        { chunks: [utf8(statusInfo("Succeeded"))] },
        { chunks: [utf8("a,b\n")], then: "nothing", headers: { "content-type": "text/csv" } }
      ], in20)
      const fiber = yield* Effect.forkDaemon(
        Effect.flatMap(
          WpsClient.raw(number({}), { mode: "async" }),
          ({ stream }) => Stream.runDrain(stream)
        ).pipe(Effect.provide(layer))
      )
      yield* pass(30)
      assert.strictEqual(yield* now(fiber), "TransportError")
    }))

  it.effect("an upload that is interrupted half way closes what it reads", () =>
    Effect.gen(function*() {
      const closed = yield* Ref.make(false)
      const begun = yield* Deferred.make<void>()
      const content = Stream.make(new Uint8Array(10)).pipe(
        Stream.tap(() => Deferred.succeed(begun, void 0)),
        Stream.concat(Stream.never),
        Stream.ensuring(Ref.set(closed, true))
      )
      const client = HttpClient.make((request) =>
        request.body._tag === "Stream"
          ? Effect.zipRight(Effect.orDie(Stream.runDrain(request.body.stream)), Effect.never)
          : Effect.never
      )
      const fiber = yield* Effect.forkDaemon(
        WpsClient.run(file({ file: Upload.make({ size: 100, content }) })).pipe(
          Effect.provide(
            WpsClient.layer({ url }).pipe(
              Layer.provide([Layer.succeed(HttpClient.HttpClient, client), BearerAuth.layer(Redacted.make(secret))])
            )
          )
        )
      )
      yield* Deferred.await(begun)
      yield* Fiber.interrupt(fiber)
      assert.isTrue(yield* Ref.get(closed))
    }))

  for (
    const [name, http] of [
      ["node:http", NodeHttpClient.layer],
      ["undici", NodeHttpClient.layerUndici],
      ["fetch", FetchHttpClient.layer]
    ] as const
  ) {
    it.scopedLive(
      `an upload over the wire that is interrupted closes what it reads and its connection: ${name}`,
      () =>
        Effect.gen(function*() {
          const begun = yield* Deferred.make<void>()
          const gone = yield* Deferred.make<void>()
          const closed = yield* Deferred.make<void>()
          const wire = yield* Effect.acquireRelease(
            Effect.sync(() => {
              const made = createServer((request) => {
                request.on("data", () => Deferred.unsafeDone(begun, Effect.void))
                request.on("error", () => undefined)
                request.on("close", () => Deferred.unsafeDone(gone, Effect.void))
              })
              made.listen(0, "127.0.0.1")
              return made
            }),
            (made) =>
              Effect.sync(() => {
                made.closeAllConnections()
                made.close()
              })
          )
          yield* Effect.async<void>((resume) => {
            if (wire.listening) resume(Effect.void)
            else wire.once("listening", () => resume(Effect.void))
          })
          const address = wire.address()
          assert(address !== null && typeof address !== "string")
          const content = Stream.make(new Uint8Array(100_000)).pipe(
            Stream.concat(Stream.never),
            Stream.ensuring(Deferred.succeed(closed, void 0))
          )
          const fiber = yield* Effect.forkDaemon(
            WpsClient.run(file({ file: Upload.make({ size: 1e6, content }) })).pipe(
              Effect.provide(
                WpsClient.layer({ url: `http://127.0.0.1:${address.port}/wps` }).pipe(
                  Layer.provide([http, Auth.layerAnonymous])
                )
              )
            )
          )
          const soon = <A>(of: Effect.Effect<A>) => Effect.timeoutOption(of, "20 seconds")
          assert.isTrue(Option.isSome(yield* soon(Deferred.await(begun))), "nothing was sent")
          assert.isTrue(Option.isSome(yield* soon(Fiber.interrupt(fiber))), "the interruption hangs")
          assert.isTrue(Option.isSome(yield* soon(Deferred.await(gone))), "the connection is held")
          assert.isTrue(Option.isSome(yield* soon(Deferred.await(closed))), "what is read stays open")
        })
    )
  }

  it.live("an upload in a protocol that does not write it as it stands is refused, and not tried for ever", () =>
    Effect.gen(function*() {
      const odd = {
        ...Wps200.Wps200,
        encodeRequest: (): ReturnType<typeof Wps200.Wps200.encodeRequest> =>
          Either.right({ _tag: "Post", body: "<without/>" })
      }
      const upload = Upload.make({ size: 1, content: Stream.make(new Uint8Array(1)) })
      const exit = yield* WpsClient.run(file({ file: upload })).pipe(
        Effect.provide(layerAnonymous(() => "cut", { protocol: odd })),
        Effect.timeoutOption("20 seconds"),
        Effect.exit
      )
      assert.isTrue(Exit.isFailure(exit), "it is tried for ever")
    }))
})

/** Of a size at which what grows with its square would not end within a test's time. */
describe("long documents", () => {
  const read = Xml.decode(responses)
  const decodeResult = (xml: string): string =>
    Either.match(read(xml), { onLeft: ({ reason }) => reason, onRight: ({ _tag }) => _tag })

  for (const count of [20_000]) {
    it(`${count} outputs that are made of others are read in time`, () => {
      const outputs = Array.from(
        { length: count },
        (_, at) => `<wps:Output id="o${at}">${literalPart("x", "1")}</wps:Output>`
      ).join("")
      assert.strictEqual(decodeResult(resultOf(outputs)), "Result")
    })
    it(`${count} parts of one output are read in time`, () => {
      const outputs = Array.from(
        { length: count },
        (_, at) => `<wps:Output id="o">${literalPart(`x${at}`, "1")}</wps:Output>`
      ).join("")
      assert.strictEqual(decodeResult(resultOf(outputs)), "Result")
    })
  }

  it("a megabyte of comments, before the root and in a value", () => {
    const comments = "<!-- -->".repeat(130_000)
    assert.strictEqual(decodeResult(comments + result), "Result")
    assert.strictEqual(
      decodeResult(resultOf(`<wps:Output id="o"><wps:Data>${comments}<a/></wps:Data></wps:Output>`)),
      "Result"
    )

    const escaped = `${comments}&lt;!--`.replaceAll("<", "&lt;").replaceAll(">", "&gt;")
    assert.strictEqual(
      decodeResult(resultOf(`<wps:Output id="o"><wps:Data>${escaped}</wps:Data></wps:Output>`)),
      "Result"
    )

    const instructions = "&lt;?a ".repeat(130_000)
    assert.strictEqual(
      decodeResult(resultOf(`<wps:Output id="o"><wps:Data>${instructions}</wps:Data></wps:Output>`)),
      "Result"
    )
  })

  it("hostile reasons, states and content types", () => {
    decodeResult(documents.exceptionReport("a", " .".repeat(500_000)))
    decodeResult(statusInfo(" a".repeat(500_000)))
  })

  it.effect("a text that says its unit two hundred thousand times", () =>
    Effect.gen(function*() {
      const read = yield* Effect.either(
        Output.literal(Schema.String).decode(
          [{
            identifier: "o",
            title: Option.none(),
            abstract: Option.none(),
            data: DataValue.complexText("@uom=".repeat(200_000), "text/plain")
          }],
          { fetch: () => Effect.fail("no") }
        )
      )
      assert.isTrue(Either.isRight(read))
    }))

  it("a metalink of 10,000 addresses whose priorities are no numbers", () => {
    const urls = Array.from(
      { length: 10_000 },
      (_, at) =>
        `<url priority="${at % 3 === 0 ? "NaN" : at % 3 === 1 ? "Infinity" : at}">https://example.org/${at}</url>`
    ).join("")
    assert.isTrue(
      Either.isRight(
        Metalink.decode(`<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="a">${urls}</file></metalink>`)
      )
    )
  })

  it.effect("inputs that are nested a thousand deep are no defect", () =>
    Effect.gen(function*() {
      for (const depth of [100, 1000]) {
        let data: DataValue.DataValue = DataValue.literal("1")
        for (let at = 0; at < depth; at++) data = DataValue.nested(["n", data])
        const tag = outcome(
          yield* Effect.exit(
            Effect.asVoid(WpsClient.run(Operation.make({ identifier: "p", inputs: [["n", data]], outputs: ["o"] })))
          )
        )
        assert.notInclude(tag, "defect", `${depth}`)
      }
    }).pipe(Effect.provide(layerAnonymous(() => ({ body: result }), in20))))

  it("outputs that are nested deep are refused by the reader", () => {
    const open = "<wps:Output id=\"o\">".repeat(5000)
    const close = "</wps:Output>".repeat(5000)
    assert.strictEqual(decodeResult(resultOf(open + close)), "limit")
  })
})

describe("wrong results", () => {
  const decodeBox = (text: string) =>
    Effect.either(
      Output.boundingBox("EPSG:4326").decode(
        [{ identifier: "b", title: Option.none(), abstract: Option.none(), data: DataValue.literal(text) }],
        { fetch: () => Effect.fail("no") }
      )
    )

  it.effect("a box whose reference system has commas keeps it", () =>
    Effect.gen(function*() {
      const compound = "urn:ogc:def:crs,crs:EPSG::4326,crs:EPSG::5773"
      for (const text of [`0,1,2,3,${compound}`, `0,1,2,3,${compound},2`]) {
        deepStrictEqual(
          yield* decodeBox(text),
          Either.right(DataValue.boundingBox([0, 1], [2, 3], compound)),
          text
        )
      }
    }))

  it.effect("a box with its dimensions, and without a reference system", () =>
    Effect.gen(function*() {
      deepStrictEqual(
        yield* decodeBox("0,1,2,3,EPSG:4326,2"),
        Either.right(DataValue.boundingBox([0, 1], [2, 3], "EPSG:4326"))
      )
      deepStrictEqual(yield* decodeBox("0,1,2,3"), Either.right(DataValue.boundingBox([0, 1], [2, 3])))
    }))

  it.effect("a box with an empty reference system has none", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* decodeBox("0,1,2,3,,2"), Either.right(DataValue.boundingBox([0, 1], [2, 3])))
      deepStrictEqual(yield* decodeBox("0,1,2,3,"), Either.right(DataValue.boundingBox([0, 1], [2, 3])))
    }))

  for (const version of ["2.0.2", "2.0", "2.0.1", "2.0.0"]) {
    it.effect(`a service of version ${version} is spoken to in 2.0 [D5]`, () =>
      Effect.gen(function*() {
        const tag = yield* after(5, WpsClient.run(number({})))
        assert.strictEqual(tag, "Success {\"o\":42}")
      }).pipe(Effect.provide(layerAnonymous(
        server({ GetCapabilities: capabilities20("x", ` version="${version}"`), Execute: result }),
        { ...in20, protocol: [Wps200.Wps200, Wps100.Wps100] }
      ))))
  }

  it.effect("a percent out of range is brought into it", () =>
    Effect.gen(function*() {
      const percents = yield* Effect.forEach(["-5", "1e9", "NaN", "Infinity", "12.5", "50%"], (percent) =>
        Effect.gen(function*() {
          const job = yield* WpsClient.execute(number({}))
          const [first] = Chunk.toReadonlyArray(yield* Stream.runCollect(Stream.take(job.changes, 1)))
          return Option.getOrNull(first?.percent ?? Option.none())
        }).pipe(Effect.provide(layerAnonymous(
          server({ Execute: statusInfo("Running", `<wps:PercentCompleted>${percent}</wps:PercentCompleted>`) }),
          in20
        ))))
      deepStrictEqual(percents, [0, 100, null, 100, 12.5, null])
    }))

  it.effect("two uploads of one input go in their order", () =>
    Effect.gen(function*() {
      const bodies = yield* Ref.make("")
      const many = Process.make("m", {
        inputs: { file: Input.repeated(Input.bytes("text/plain")) },
        outputs: { o: Output.literal(Schema.Int) }
      })
      const client = HttpClient.make((request) =>
        Effect.gen(function*() {
          if (request.body._tag === "Stream") {
            const text = yield* Stream.mkString(Stream.decodeText(Stream.orDie(request.body.stream)))
            yield* Ref.set(bodies, text)
          }
          return HttpClientResponse.fromWeb(request, new Response(result))
        })
      )
      const upload = (letter: string) => Upload.make({ size: 1, content: Stream.make(utf8(letter)) })
      yield* WpsClient.run(many({ file: [upload("a"), upload("b")] })).pipe(
        Effect.provide(
          WpsClient.layer({ url, ...in20 }).pipe(
            Layer.provide([Layer.succeed(HttpClient.HttpClient, client), Auth.layerAnonymous])
          )
        )
      )
      const sent = yield* Ref.get(bodies)
      deepStrictEqual([...sent.matchAll(/>(Y[QWg]==)</g)].map((one) => one[1]), ["YQ==", "Yg=="])
    }))

  for (const name of ["../../../etc/cron.d/x", "/etc/passwd", "a/../../b", "..\\x", ""]) {
    it(`a metalink whose file is called ${JSON.stringify(name)} is not given on as it is`, () => {
      const files = Metalink.decode(
        `<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="${name}"><url>https://example.org/x</url></file></metalink>`
      )
      assert.isFalse(Either.isRight(files) && files.right.some((one) => one.name === name && /\.\.|^[/\\]/.test(name)))
    })
  }

  it("a metalink's size that is no count of bytes is as good as absent", () => {
    for (const size of ["NaN", "-1", "Infinity", "1.5"]) {
      const files = Metalink.decode(
        `<metalink xmlns="urn:ietf:params:xml:ns:metalink"><file name="a"><size>${size}</size></file></metalink>`
      )
      assert.isTrue(Either.isRight(files) && files.right.every((one) => Option.isNone(one.size)), size)
    }
  })

  it.effect("nested outputs of the same name at different places stay apart, as raw ones too", () =>
    Effect.gen(function*() {
      const nested = Process.make("n", {
        inputs: {},
        outputs: {
          a: Output.nested({ a: Output.nested({ a: Output.literal(Schema.Int) }), b: Output.raw() }),
          b: Output.literal(Schema.Int)
        }
      })
      const value = yield* WpsClient.run(nested({}))
      deepStrictEqual([value.a.a.a, new TextDecoder().decode(value.a.b.bytes), value.b], [1, "2", 3])
    }).pipe(Effect.provide(layerAnonymous(
      () => ({
        body: resultOf(
          `<wps:Output id="a"><wps:Output id="a">${literalPart("a", "1")}</wps:Output></wps:Output><wps:Output id="a">${
            literalPart("b", "2")
          }</wps:Output>${literalPart("b", "3")}`
        )
      }),
      in20
    ))))

  it.effect("a job that had succeeded at once and says no more is not one without outputs", () =>
    Effect.gen(function*() {
      const tag = yield* after(5, WpsClient.run(Operation.make({ identifier: "p", outputs: ["o"] })))
      assert.notInclude(tag, "Success []")
    }).pipe(Effect.provide(layerAnonymous(
      server({ Execute: statusInfo("Succeeded"), GetResult: statusInfo("Succeeded") }),
      in20
    ))))

  it.scoped("a report behind four kilobytes of comment is a failure and no output", () =>
    Effect.gen(function*() {
      const tag = outcome(yield* Effect.exit(Effect.asVoid(WpsClient.raw(number({})))))
      assert.strictEqual(tag, "ServiceException")
    }).pipe(Effect.provide(layerAnonymous(
      () => ({ body: `<!--${" ".repeat(5000)}-->${documents.exceptionReport("NoApplicableCode", "no")}` }),
      in20
    ))))

  it.effect("what is no server to listen to is not asked twice: capabilities of 1.0.0 in the namespace of 2.0", () =>
    Effect.gen(function*() {
      const tag = yield* after(5, Effect.asVoid(WpsClient.run(number({}))))
      assert.notInclude(tag, "defect")
      assert.notInclude(tag, "hangs")
    }).pipe(Effect.provide(layerAnonymous(
      server({ GetCapabilities: capabilities20("x", " version=\"1.0.0\""), Execute: result }),
      { ...in20, protocol: [Wps200.Wps200, Wps100.Wps100] }
    ))))
})

describe("the node for tests", () => {
  const sleep = Process.make("sleep", { inputs: {}, outputs: { o: Output.literal(Schema.Int) } })
  const node = [WpsNode.handle(sleep, () => Effect.as(Effect.sleep("1 hour"), { o: 1 }))]

  it.effect("who waits for the result of a job that is dismissed is answered", () =>
    Effect.gen(function*() {
      const http = yield* HttpClient.HttpClient
      const job = yield* WpsClient.execute(sleep({}))
      const id = Option.getOrElse(Option.flatMap(job.reference, ({ jobId }) => jobId), () => "")
      const fiber = yield* Effect.forkDaemon(
        http.get(`${WpsTest.url}?service=WPS&version=2.0.0&request=GetResult&jobId=${id}`)
      )
      yield* pass(1)
      yield* job.dismiss
      yield* pass(2)
      assert.isTrue(Option.isSome(yield* Fiber.poll(fiber)))
    }).pipe(
      Effect.provide([WpsTest.layer(node, { quirks: [Quirk.getResultWaits], client: in20 }), Auth.layerAnonymous])
    ))
})
