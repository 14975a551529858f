import { BearerAuth } from "@effect-wps/auth"
import { Operation, Output, Process, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Effect, Exit, Fiber, Layer, Redacted, Schedule, Stream, TestClock } from "effect"
import { inspect } from "node:util"
import * as documents from "./support/documents.ts"
import { type Answer, layer, layerServer, secret, type Sent, Server } from "./support/scripted.ts"

const long = Operation.make({ identifier: "long", outputs: ["out"] })
const poll = { schedule: Schedule.spaced("1 second"), badReads: 3 }

/** Runs against a scripted server, with time going by, and gives what it failed with and what was sent. */
const failing = <A>(
  program: Effect.Effect<A, WpsClient.Failure, WpsClient.WpsClient>,
  answer: (sent: Sent, before: number) => Answer | "cut" | "never",
  options?: Partial<WpsClient.Options>
) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.exit(program))
    yield* TestClock.adjust("10 minutes")
    const exit = yield* Fiber.join(fiber)
    const sent = yield* Effect.flatMap(Server, (server) => server.sent)
    if (Exit.isSuccess(exit)) return yield* Effect.die("it succeeded")
    const error = yield* Effect.flip(exit)
    // No error shows the token, and none of them has gone anywhere but to the origin that was named.
    for (const shown of [error.message, String(error), inspect(error, { depth: 10 }), Cause.pretty(exit.cause)]) {
      assert.notInclude(shown, secret)
    }
    for (const one of sent) {
      const named = new URL(one.url).origin === "https://example.org"
      assert.strictEqual(one.headers["authorization"], named ? `Bearer ${secret}` : undefined, one.url)
    }
    return { error, sent }
  }).pipe(Effect.provide(layer(answer, { poll, ...options })))

const tagOf = (error: WpsClient.Failure): string =>
  error._tag === "UnexpectedResponse" ? `${error._tag} ${error.kind}` : error._tag

const deep = `<wps:ExecuteResponse xmlns:wps="http://www.opengis.net/wps/1.0.0">${"<a>".repeat(10_000)}`
const laughs = `<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">${
  Array.from({ length: 9 }, (_, n) => `<!ENTITY lol${n + 1} "${`&lol${n === 0 ? "" : n};`.repeat(10)}">`).join("")
}]><lolz>&lol9;</lolz>`

const notUtf8 = new Uint8Array([
  ...new TextEncoder().encode(documents.executeResponse("<wps:ProcessSucceeded>")),
  0xff,
  0xfe
])

const xml = (body: string, status = 200): Answer => ({ status, body })
const html = (status: number): Answer => ({
  status,
  headers: { "content-type": "text/html" },
  body: "<!DOCTYPE html><html><body>Log in, please</body></html>"
})

describe("what servers answer instead of a document", () => {
  const answers: ReadonlyArray<readonly [what: string, Answer | "cut", tag: string, says: string]> = [
    ["an HTML page", html(200), "UnexpectedResponse html", "login page or proxy"],
    ["an HTML page with HTTP 500 [A6.12]", html(500), "UnexpectedResponse html", "HTTP 500"],
    ["an HTML page with HTTP 404", html(404), "UnexpectedResponse html", "HTTP 404"],
    ["nothing", xml(""), "UnexpectedResponse empty", "the body is empty"],
    ["text", { headers: { "content-type": "text/plain" }, body: "Traceback" }, "UnexpectedResponse not-xml", "no XML"],
    [
      "JSON",
      { headers: { "content-type": "application/json" }, body: "{}" },
      "UnexpectedResponse not-xml",
      "JSON. It may be an OGC API"
    ],
    [
      "XML that is cut",
      xml(documents.executeResponse(documents.succeeded).slice(0, 500)),
      "UnexpectedResponse malformed-xml",
      "malformed or cut"
    ],
    [
      "XML that is malformed",
      xml(documents.executeResponse("<wps:ProcessSucceeded>a & b</wps:ProcessSucceeded>")),
      "UnexpectedResponse malformed-xml",
      "malformed or cut"
    ],
    [
      "another document",
      xml("<wfs:FeatureCollection xmlns:wfs=\"urn:wfs\"/>"),
      "UnexpectedResponse other-document",
      "wfs"
    ],
    [
      "a document without its status",
      xml(documents.executeResponse("").replace(/<wps:Status.*<\/wps:Status>/s, "")),
      "UnexpectedResponse unreadable-xml",
      "Status"
    ],
    [
      "an unknown status [A6.3]",
      xml(documents.executeResponse("<wps:ProcessExploded/>")),
      "UnexpectedResponse unreadable-xml",
      "none of the states"
    ],
    ["10,000 levels", xml(deep), "UnexpectedResponse malformed-xml", "elements deep"],
    ["a billion laughs [A8.2]", xml(laughs), "UnexpectedResponse malformed-xml", "type"],
    ["bytes that are no UTF-8", { body: notUtf8 }, "UnexpectedResponse malformed-xml", ""],
    ["no answer", "cut", "TransportError", "ECONNRESET"],
    [
      "an exception report in a 200",
      xml(documents.exceptionReport("InvalidParameterValue", "no {such} value", "distance")),
      "ServiceException",
      "InvalidParameterValue (distance): no {such} value"
    ],
    [
      "an exception report in a 400",
      xml(documents.exceptionReport("MissingParameterValue", "where?", "geom"), 400),
      "ServiceException",
      "Give the input that it names"
    ],
    [
      "an unknown process",
      xml(documents.exceptionReport("InvalidParameterValue", "unknown", "Identifier"), 400),
      "ProcessNotFound",
      "has no process \"long\""
    ],
    [
      "a service exception report of older services [A7.3]",
      xml("<ServiceExceptionReport><ServiceException code=\"Odd\">why</ServiceException></ServiceExceptionReport>"),
      "ServiceException",
      "Odd: why"
    ],
    ["a busy server [A7.4]", xml(documents.exceptionReport("ServerBusy", "later"), 400), "ServerBusy", "too busy"],
    ["HTTP 503", { status: 503, headers: { "retry-after": "7" }, body: "no" }, "ServerBusy", "wait 7 s"],
    ["HTTP 401", xml("", 401), "AccessDenied", "valid credentials"],
    ["HTTP 403", xml(documents.exceptionReport("NoApplicableCode", "not you"), 403), "AccessDenied", "not you"],
    [
      "a failed process",
      xml(documents.executeResponse(documents.failed(documents.exceptionReport("NoApplicableCode", "out of memory")))),
      "ProcessFailed",
      "out of memory"
    ],
    [
      "a failed process with its report in the WPS namespace [A6.10]",
      xml(documents.executeResponse(documents.failed(
        documents.exceptionReport("NoApplicableCode", "out of memory").replaceAll(
          "ows:ExceptionReport",
          "wps:ExceptionReport"
        )
      ))),
      "ProcessFailed",
      "out of memory"
    ],
    [
      "a failed process with an escaped report [A6.10]",
      xml(documents.executeResponse(documents.failed(
        documents.exceptionReport("NoApplicableCode", "out of memory").replaceAll("<", "&lt;")
      ))),
      "ProcessFailed",
      "NoApplicableCode: out of memory"
    ],
    [
      "a failed process with a sentence",
      xml(documents.executeResponse(documents.failed("it went wrong"))),
      "ProcessFailed",
      "it went wrong"
    ],
    [
      "a failed process without a word",
      xml(documents.executeResponse(documents.failed(""))),
      "ProcessFailed",
      "no reason"
    ],
    [
      "no place to ask for the status [A6.5]",
      xml(documents.executeResponse(documents.accepted)),
      "CannotPoll",
      "gave no statusLocation"
    ],
    [
      "an empty place to ask for the status [A6.5]",
      xml(documents.executeResponse(documents.accepted, { statusLocation: "" })),
      "CannotPoll",
      "gave no statusLocation"
    ],
    [
      "a status in a file",
      xml(documents.executeResponse(documents.accepted, { statusLocation: "file:///tmp/1.xml" })),
      "CannotPoll",
      "file: is neither http nor https"
    ],
    [
      "capabilities for an Execute",
      xml("<wps:Capabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\"/>"),
      "UnexpectedResponse other-document",
      "Capabilities"
    ]
  ]
  for (const [what, answer, tag, says] of answers) {
    it.effect(what, () =>
      Effect.gen(function*() {
        const { error, sent } = yield* failing(WpsClient.run(long), () => answer)
        assert.strictEqual(tagOf(error), tag)
        assert.include(error.message, says)
        // An Execute is not repeated.
        assert.lengthOf(sent, 1)
      }))
  }

  it.effect("ends what a server said with one full stop", () =>
    Effect.gen(function*() {
      for (const text of ["not you", "not you."]) {
        const report = documents.exceptionReport("NoApplicableCode", text)
        const denied = yield* failing(WpsClient.run(long), () => xml(report, 403))
        assert.include(denied.error.message, "not you. The credentials")
        const refused = yield* failing(WpsClient.run(long), () => xml(report, 400))
        assert.include(refused.error.message, "not you. Ask whoever")
        const failed = yield* failing(
          WpsClient.run(long),
          () => xml(documents.executeResponse(documents.failed(report)))
        )
        assert.match(failed.error.message, /not you\.$/)
      }
    }))

  it.effect("keeps a short excerpt only", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(WpsClient.capabilities, () => ({ body: `no XML ${"x".repeat(10_000)}` }))
      assert.isBelow(error.message.length, 1000)
      assert.strictEqual(error._tag === "UnexpectedResponse" ? error.excerpt.length : 0, 500)
    }))
})

describe("jobs that go wrong", () => {
  const job =
    (answer: (before: number, sent: Sent) => Answer | "cut" | "never", statusLocation = "/status/1") =>
    (sent: Sent, before: number): Answer | "cut" | "never" =>
      sent.method === "POST"
        ? xml(documents.executeResponse(documents.accepted, { statusLocation }))
        : answer(before, sent)
  const done = xml(documents.executeResponse(documents.succeeded, { outputs: documents.literalOutput("out", "1") }))

  it.effect("survives empty, torn, missing and broken status reads [A6.4]", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(Effect.flatMap(WpsClient.execute(long), (one) => Stream.runCollect(one.changes)))
      yield* TestClock.adjust("1 minute")
      deepStrictEqual([...yield* Fiber.join(fiber)].map((status) => status._tag), ["Accepted", "Running", "Succeeded"])
    }).pipe(Effect.provide(layer(
      job((before) =>
        [
          xml(""),
          xml(documents.executeResponse(documents.started(10)).slice(0, 300)),
          html(404),
          xml(documents.executeResponse(documents.started(10))),
          html(500),
          "cut" as const,
          { status: 503, headers: { "retry-after": "20" }, body: "" }
        ][before] ?? done
      ),
      { poll }
    ))))

  it.effect("gives up after so many bad reads in a row, with the last", () =>
    Effect.gen(function*() {
      const { error, sent } = yield* failing(WpsClient.run(long), job(() => html(500)))
      assert.strictEqual(tagOf(error), "UnexpectedResponse html")
      assert.lengthOf(sent, 1 + 4)
    }))

  it.effect("does not insist where access is denied", () =>
    Effect.gen(function*() {
      const { error, sent } = yield* failing(WpsClient.run(long), job(() => xml("", 403)))
      assert.strictEqual(error._tag, "AccessDenied")
      assert.lengthOf(sent, 2)
    }))

  it.effect("an exception report in the place of the status is the end [A6.3]", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(
        WpsClient.run(long),
        job(() => xml(documents.exceptionReport("NoApplicableCode", "gone")))
      )
      assert.strictEqual(error._tag, "ServiceException")
    }))

  it.effect("a paused job is not done [A6.3]", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(WpsClient.run(long))
      yield* TestClock.adjust("1 minute")
      assert.lengthOf(yield* Fiber.join(fiber), 1)
    }).pipe(Effect.provide(layer(
      job((before) => before < 5 ? xml(documents.executeResponse(documents.paused)) : done),
      { poll }
    ))))

  it.effect("a deadline ends the wait [A6.4]", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(
        WpsClient.run(long, { poll: { ...poll, deadline: "5 seconds" } }),
        job((before) => xml(documents.executeResponse(documents.started(before))))
      )
      assert.deepInclude(error, { _tag: "JobTimeout", kind: "deadline", seconds: 5 })
      assert.include(error.message, "was not done after 5 s; it was last Running (\"working\")")
    }))

  for (const mode of ["sync", "async"] as const) {
    it.scoped(`also while nothing answers the Execute, in mode ${mode} [A6.4]`, () =>
      Effect.gen(function*() {
        const options = { mode, poll: { ...poll, deadline: "5 seconds" } } as const
        const all: ReadonlyArray<Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient>> = [
          WpsClient.run(long, options),
          WpsClient.execute(long, options),
          ...mode === "sync" ? [Effect.scoped(WpsClient.raw(long, { ...options, output: "out" }))] : []
        ]
        for (const waiting of all) {
          const { error, sent } = yield* failing(waiting, () => "never")
          assert.deepInclude(error, { _tag: "JobTimeout", kind: "deadline", seconds: 5 })
          assert.lengthOf(sent, 1)
        }
      }))
  }

  const statusInfo = (status: string) =>
    xml(
      `<wps:StatusInfo xmlns:wps="http://www.opengis.net/wps/2.0"><wps:JobID>j</wps:JobID><wps:Status>${status}</wps:Status></wps:StatusInfo>`
    )
  const stored = xml(
    documents.executeResponse(documents.succeeded, {
      outputs: documents.referenceOutput("out", "https://example.org/out")
    })
  )
  const typed = Process.make("long", { inputs: {}, outputs: { out: Output.text("text/plain") } })
  const waits: ReadonlyArray<
    readonly [
      what: string,
      waiting: Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient>,
      answer: Parameters<typeof failing>[1],
      options?: Partial<WpsClient.Options>
    ]
  > = [
    ["the capabilities", Effect.scoped(WpsClient.raw(long, { output: "out" })), () => "never", {
      protocol: [Wps200.Wps200, Wps100.Wps100]
    }],
    ["the description", Effect.scoped(WpsClient.raw(long, { output: "out" })), () => "never", { validate: "always" }],
    [
      "raw data of a job that is done",
      Effect.scoped(WpsClient.raw(long, { output: "out", mode: "async" })),
      ({ method, url }) =>
        method === "POST" ? statusInfo("Accepted") : url.includes("GetStatus") ? statusInfo("Succeeded") : "never",
      { protocol: Wps200.Wps200 }
    ],
    ["an output", WpsClient.run(typed({})), ({ method }) => method === "POST" ? stored : "never"],
    ["what cannot be interrupted", Effect.uninterruptible(WpsClient.run(long)), () => "never"]
  ]
  for (const [what, waiting, answer, options] of waits) {
    it.effect(`also while it waits for ${what} [A6.4]`, () =>
      Effect.gen(function*() {
        const { error } = yield* failing(waiting, answer, {
          timeout: "1 hour",
          ...options,
          poll: { ...poll, deadline: "5 seconds" }
        })
        assert.deepInclude(error, { _tag: "JobTimeout", kind: "deadline", seconds: 5 })
      }))
  }

  const latin1 = (text: string) => Uint8Array.from(text, (character) => character.charCodeAt(0))
  const login = { headers: { "content-type": "text/html" }, body: "<!DOCTYPE html>\n<html>Log in</html>" }
  const files: ReadonlyArray<readonly [what: string, mime: string, file: Answer, expected: string]> = [
    ["in the encoding that its type names", "text/csv", {
      headers: { "content-type": "text/csv; charset=ISO-8859-1" },
      body: latin1("größe")
    }, "größe"],
    ["in the encoding that it declares", "text/xml", {
      headers: { "content-type": "text/xml" },
      body: latin1("<?xml version='1.0' encoding='ISO-8859-1'?><a>größe</a>")
    }, "<?xml version='1.0' encoding='ISO-8859-1'?><a>größe</a>"],
    ["though its type is wrong", "text/csv", { headers: { "content-type": "text/html" }, body: "a;größe" }, "a;größe"],
    ["unless it is a page to log in at", "text/csv", login, "html"]
  ]
  for (const [what, mime, file, expected] of files) {
    it.effect(`an output that is stored is read ${what}`, () =>
      Effect.gen(function*() {
        const process = Process.make("long", { inputs: {}, outputs: { out: Output.text(mime) } })
        const read = yield* WpsClient.run(process({})).pipe(
          Effect.map(({ out }) => out),
          Effect.catchTag("UnexpectedResponse", ({ kind }) => Effect.succeed(kind))
        )
        assert.strictEqual(read, expected)
      }).pipe(Effect.provide(layer(({ method }) => method === "POST" ? stored : file))))
  }

  it.effect("so does an answer that never comes", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(
        WpsClient.run(long, { poll: { ...poll, deadline: "5 seconds" } }),
        job(() => "never")
      )
      assert.deepInclude(error, { _tag: "JobTimeout", kind: "deadline" })
    }))

  it.effect("and a job that does not change", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(
        WpsClient.run(long, { poll: { ...poll, stallTimeout: "30 seconds" } }),
        job((before) => xml(documents.executeResponse(documents.started(Math.min(before, 3)))))
      )
      assert.deepInclude(error, { _tag: "JobTimeout", kind: "stalled", seconds: 30 })
    }))

  it.effect("a read that hangs is a bad read", () =>
    Effect.gen(function*() {
      const { error } = yield* failing(WpsClient.run(long), job(() => "never"), { timeout: "10 seconds" })
      assert.include(error.message, "no answer within 10 s")
    }))

  it.effect("a status at another origin is asked for without credentials [A6.4] [D12]", () =>
    Effect.gen(function*() {
      const { error, sent } = yield* failing(
        WpsClient.run(long),
        job(() => xml("", 401), "https://elsewhere.example/1")
      )
      assert.include(error.message, "name this origin in `origins`")
      deepStrictEqual(sent.map((one) => [new URL(one.url).host, one.headers["authorization"] !== undefined]), [
        ["example.org", true],
        ["elsewhere.example", false]
      ])
    }))

  it.effect("a status at a host that nobody reaches says that the service named it", () =>
    Effect.gen(function*() {
      const ended = (location: string) =>
        Effect.map(
          failing(WpsClient.run(long, { poll: { ...poll, badReads: 0 } }), job(() => "cut", location)),
          ({ error }) => error.message
        )
      assert.include(yield* ended("http://10.0.0.7:8080/1"), "which `rewriteUrl` can change")
      assert.notInclude(yield* ended("https://example.org/1"), "rewriteUrl")
    }))

  it.effect("and with them where that origin was named", () =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(WpsClient.run(long))
      yield* TestClock.adjust("1 minute")
      yield* Fiber.join(fiber)
      const sent = yield* Effect.flatMap(Server, (server) => server.sent)
      assert.strictEqual(sent.at(-1)?.headers["authorization"], `Bearer ${secret}`)
    }).pipe(
      Effect.provide(layer(job(() => done, "https://elsewhere.example/1"), {
        poll,
        origins: ["https://elsewhere.example"]
      }))
    ))

  it.effect("an output at another origin is fetched without credentials", () =>
    Effect.gen(function*() {
      const { error, sent } = yield* failing(
        Stream.runDrain(WpsClient.downloadStream("https://elsewhere.example/out")),
        () => ({ status: 403, body: "" })
      )
      assert.strictEqual(error._tag, "AccessDenied")
      assert.lengthOf(sent, 1)
    }))
})

describe("redirects", () => {
  const to = (location: string, status: number) => (sent: Sent): Answer =>
    new URL(sent.url).pathname === "/wps" && new URL(sent.url).host === "example.org"
      ? { status, headers: { location }, body: "" }
      : html(200)

  it.effect("to another origin are followed by GET without credentials", () =>
    Effect.gen(function*() {
      const { error, sent } = yield* failing(WpsClient.capabilities, to("https://elsewhere.example/wps", 302))
      assert.strictEqual(tagOf(error), "UnexpectedResponse html")
      assert.include(error.message, "https://elsewhere.example/wps")
      assert.lengthOf(sent, 2)
    }))

  it.effect("do not carry an Execute to another origin", () =>
    Effect.gen(function*() {
      const { error, sent } = yield* failing(WpsClient.run(long), to("https://elsewhere.example/wps", 307))
      assert.strictEqual(error._tag, "RedirectRefused")
      assert.lengthOf(sent, 1)
    }))
})

describe("addresses", () => {
  const of = (url: string) =>
    Effect.flip(Layer.build(
      WpsClient.layer({ url }).pipe(
        Layer.provide([BearerAuth.layer(Redacted.make(secret)), layerServer(() => html(200))])
      )
    )).pipe(Effect.scoped, Effect.map((error) => error.message))

  it.effect("that cannot be called", () =>
    Effect.gen(function*() {
      assert.include(yield* of("example.org/wps"), "no absolute address")
      assert.include(yield* of(""), "it is empty")
      assert.include(yield* of("ftp://example.org/wps"), "neither http nor https")
      assert.include(yield* of("/wps"), "no absolute address")
      const user = yield* of("https://ada:pa55@example.org/wps")
      assert.include(user, "BasicAuth.layer")
      assert.notInclude(user, "pa55")
    }))

  it.effect("keep their own parameters, and blanks are %20 [A1.5] [A1.8]", () =>
    Effect.gen(function*() {
      const { sent } = yield* failing(WpsClient.describe("a b+c"), () => html(200), {
        url: "https://example.org/wps?map=/a%20b.map&SERVICE=WMS&&"
      })
      assert.strictEqual(
        sent[0]?.url,
        "https://example.org/wps?map=/a%20b.map&service=WPS&request=DescribeProcess&version=1.0.0&Identifier=a%20b%2Bc"
      )
    }))
})
