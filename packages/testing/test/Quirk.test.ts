import { Auth, BearerAuth } from "@effect-wps/auth"
import { Quirk, WpsNode, WpsServer, WpsTest } from "@effect-wps/testing"
import { DataValue, Input, Job, Output, Ows, Process, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Clock,
  Context,
  DateTime,
  Deferred,
  Effect,
  Fiber,
  Layer,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  type Scope,
  Stream,
  TestClock
} from "effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { includes } from "./support/includes.ts"

const crs = "EPSG:4326"

const echo = Process.make("echo", {
  inputs: {
    text: Input.literal(Schema.String),
    flag: Input.literal(Schema.Boolean),
    box: Input.boundingBox(crs),
    json: Input.complex(Schema.Array(Schema.String), "application/json"),
    note: Input.text("text/plain"),
    xml: Input.text("text/xml"),
    times: Input.repeated(Input.literal(Schema.Int), { min: 0, max: Infinity })
  },
  outputs: {
    text: Output.literal(Schema.String),
    flag: Output.literal(Schema.Boolean),
    box: Output.boundingBox(crs),
    json: Output.complex(Schema.Array(Schema.String), "application/json"),
    note: Output.text("text/plain"),
    xml: Output.text("text/xml")
  }
})
const gated = Process.make("gated", { inputs: {}, outputs: { result: Output.literal(Schema.Boolean) } })
const refuses = Process.make("refuses", { inputs: {}, outputs: { result: Output.text("text/plain") } })
const fails = Process.make("fails", { inputs: {}, outputs: { result: Output.text("text/plain") } })
const stored = Process.make("stored", {
  inputs: {},
  outputs: { result: Output.reference(Output.text("text/plain")), other: Output.optional(Output.literal(Schema.Int)) }
})
const pair = Process.make("pair", {
  abstract: "Gives & takes, if <= 1",
  inputs: {},
  outputs: { one: Output.text("text/plain"), other: Output.text("text/plain") }
})
const one = Process.make("pair", { inputs: {}, outputs: { one: Output.text("text/plain") } })

const literals = Process.make("literals", {
  inputs: {},
  outputs: {
    when: Output.literal(Schema.DateTimeUtc),
    uri: Output.literal(Schema.String, { dataType: "anyURI" }),
    empty: Output.literal(Schema.String),
    count: Output.literal(Schema.Int)
  }
})
const say = Process.make("say", {
  inputs: { text: Input.literal(Schema.String) },
  outputs: { text: Output.literal(Schema.String) }
})
const unsaid = Process.make("pair", { inputs: {}, outputs: { none: Output.text("text/plain") } })
const chosen = Process.make("chosen", {
  inputs: {
    number: Input.literal(Schema.Int, { allowedValues: ["1", "2"] }),
    length: Input.measure(Schema.Number, ["m", "ft"])
  },
  outputs: { number: Output.literal(Schema.Int) }
})

const bare = Process.make("bare", { inputs: {}, outputs: { box: Output.boundingBox() } })

/** What opens the gated process, and how often the counted one has been run. */
class Gate extends Context.Tag("@effect-wps/testing/test/Quirk.test/Gate")<
  Gate,
  { readonly open: Deferred.Deferred<boolean>; readonly runs: Ref.Ref<number> }
>() {}

/** What the node has answered: status, headers and body, each byte a character. */
class Answers extends Context.Tag("@effect-wps/testing/test/Quirk.test/Answers")<
  Answers,
  Ref.Ref<ReadonlyArray<string>>
>() {}

const exception = new Ows.OwsException({
  code: "NotEnoughStorage",
  locator: Option.some("disk"),
  texts: ["<full> & \"over\""]
})

const when = DateTime.unsafeMake("2021-02-03T04:05:06Z")

const implementations = [
  WpsNode.handle(echo, ({ box, flag, json, note, text, xml }) =>
    Effect.gen(function*() {
      const { runs } = yield* Gate
      yield* Ref.update(runs, (times) => times + 1)
      return { box, flag, json, note, text, xml }
    })),
  WpsNode.handle(gated, (_, { report }) =>
    Effect.gen(function*() {
      const { open } = yield* Gate
      yield* report(37, "working")
      return { result: yield* Deferred.await(open) }
    })),
  WpsNode.handle(refuses, () => Effect.fail(exception)),
  WpsNode.handle(fails, () => Effect.fail({ message: "because" })),
  WpsNode.handle(stored, () => Effect.succeed({ result: "größe", other: Option.none() })),
  WpsNode.handle(bare, () => Effect.succeed({ box: DataValue.boundingBox([1, 2], [3, 4]) })),
  WpsNode.handle(pair, () => Effect.succeed({ one: "1", other: "2" })),
  WpsNode.handle(literals, () => Effect.succeed({ when, uri: "http://example.org/a?b=c", empty: "", count: 100 })),
  WpsNode.handle(say, ({ text }) => Effect.succeed({ text })),
  WpsNode.handle(chosen, ({ number }) => Effect.succeed({ number }))
]

const byteText = (bytes: Uint8Array): string => Array.from(bytes, (byte) => String.fromCharCode(byte)).join("")

const recorded = (answers: Ref.Ref<ReadonlyArray<string>>) => (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  HttpClient.transform(
    client,
    (answer) =>
      Effect.tap(answer, (response) =>
        Effect.flatMap(response.arrayBuffer, (buffer) =>
          Ref.update(answers, (all) => [
            ...all,
            `HTTP ${response.status}\n${
              Object.entries(response.headers).map(([name, value]) => `${name}: ${value}\n`).join("")
            }\n${byteText(new Uint8Array(buffer))}`
          ])))
  )

type Reached = HttpClient.HttpClient | Gate | Answers | Auth.Auth

const reach = (quirks: ReadonlyArray<Quirk.Quirk>, options?: WpsNode.Options): Layer.Layer<Reached> => {
  const layerGate = Layer.effect(Gate, Effect.all({ open: Deferred.make<boolean>(), runs: Ref.make(0) }))
  const layerAnswers = Layer.effect(Answers, Ref.make<ReadonlyArray<string>>([]))
  return Layer.effect(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      return recorded(yield* Answers)(yield* HttpClient.HttpClient)
    })
  ).pipe(
    Layer.provide(WpsTest.layerHttpClient(implementations, { ...options, quirks })),
    Layer.provideMerge(Layer.mergeAll(layerGate, layerAnswers, Auth.layerAnonymous))
  )
}

const client = (options?: Partial<WpsClient.Options>) =>
  WpsClient.make({ url: WpsTest.url, poll: { schedule: Schedule.spaced("1 millis"), badReads: 5 }, ...options })

const given = {
  text: " ows:a <wps:b> & größe € ",
  flag: true,
  box: DataValue.boundingBox([-10, 40], [20, 55.25], crs),
  json: ["a", "größe"],
  note: "<wps:x> < y & ]]> 🌍",
  xml: "<a:doc xmlns:a=\"urn:a\" wps=\"1\"><a:b> &lt;b&gt; </a:b><?p i?></a:doc>",
  times: [1, 2]
}
const { times: _, ...expected } = given

type Client = WpsClient.Service

/** A program that asks the node, and holds what comes against what should. */
type Program = (client: Client) => Effect.Effect<unknown, unknown, Reached | Scope.Scope>

const echoes = (some: Partial<typeof expected> = {}, options?: WpsClient.RunOptions): Program => (wps) =>
  Effect.map(wps.run(echo(given), options), (result) => deepStrictEqual(result, { ...expected, ...some }))

interface Seen {
  readonly _tag: string
  readonly percent: Option.Option<number>
  readonly message: string
}

/** A job that is seen while it runs, and then followed to its end. */
const follows = (
  seen: (status: Seen) => boolean = () => true
): Program =>
(wps) =>
  Effect.gen(function*() {
    const { open } = yield* Gate
    const job = yield* wps.execute(gated({}))
    const statuses = yield* Effect.fork(Stream.runCollect(job.changes))
    yield* Stream.runHead(Stream.filter(job.changes, (status) => status._tag !== "Accepted" && seen(status)))
    yield* Deferred.succeed(open, true)
    deepStrictEqual(yield* job.result, { result: true })
    assert.strictEqual([...(yield* Fiber.join(statuses))].at(-1)?._tag, "Succeeded")
    const reference = Option.getOrThrow(job.reference)
    // Its first look at the job is one status read, which may be a bad one.
    const again = yield* Effect.retry(wps.attach(reference, gated), { times: 1 })
    deepStrictEqual(yield* again.result, { result: true })
  })

/** What the first status says that is not Accepted. */
const sees = (check: (status: Seen) => void): Program => (wps) =>
  Effect.gen(function*() {
    const { open } = yield* Gate
    const job = yield* wps.execute(gated({}))
    const status = yield* Stream.runHead(Stream.filter(job.changes, ({ _tag }) => _tag !== "Accepted"))
    yield* Deferred.succeed(open, true)
    deepStrictEqual(yield* job.result, { result: true })
    check(Option.getOrThrow(status))
  })

const at37 = ({ percent }: { readonly percent: Option.Option<number> }) => Option.contains(percent, 37)

const wrong =
  (of: (client: Client) => Effect.Effect<unknown, unknown, Reached | Scope.Scope>) =>
  (error: Readonly<Record<string, unknown>>): Program =>
  (wps) => Effect.map(Effect.flip(of(wps)), (found) => includes(found, error))

const runFails = wrong((wps) => wps.run(echo(given)))
const asyncFails = wrong((wps) => wps.run(echo(given), { mode: "async" }))

const described = {
  names: ["text", "flag", "box", "json", "note", "xml", "times"],
  kinds: ["Literal", "Literal", "BoundingBox", "Complex", "Complex", "Complex", "Literal"]
}

const describesAs = (
  { dataType = Option.some("string"), order = (all) => all }: {
    readonly order?: <A>(all: ReadonlyArray<A>) => ReadonlyArray<A>
    readonly dataType?: Option.Option<string>
  }
): Program =>
(wps) =>
  Effect.gen(function*() {
    const { inputs, jobControlOptions, outputs } = yield* wps.describe("echo")
    deepStrictEqual(inputs.map((input) => input.identifier), order(described.names))
    deepStrictEqual(inputs.map((input) => input.data._tag), order(described.kinds))
    deepStrictEqual(inputs.map((input) => input.maxOccurs), order([1, 1, 1, 1, 1, 1, Infinity]))
    deepStrictEqual(outputs.map((output) => output.data._tag), order(described.kinds.slice(0, -1)))
    assert.include(jobControlOptions, "async-execute")
    const [first] = order(inputs)
    assert(first?.data._tag === "Literal", "it is no literal")
    deepStrictEqual(first.data.dataType, dataType)
  })

const describes = describesAs({})
const describesBackwards = describesAs({ order: (all) => [...all].reverse() })

const inputOf = (wps: Client, process: string, name: string) =>
  Effect.map(wps.describe(process), ({ inputs }) => {
    const data = inputs.find(({ identifier }) => identifier === name)?.data
    assert(data !== undefined, `there is no ${name}`)
    return data
  })

const formatsOf = (wps: Client, process: string, name: string) =>
  Effect.map(inputOf(wps, process, name), (data) => {
    assert(data._tag === "Complex", "it is not complex")
    return data.formats.map(({ mimeType }) => Option.getOrElse(mimeType, () => ""))
  })

const hasAll: Program = (wps) =>
  Effect.gen(function*() {
    const { operations, processes } = yield* wps.capabilities
    deepStrictEqual(
      processes.map((process) => process.identifier),
      implementations.map((one) => one.process.identifier)
    )
    assert.includeMembers(operations.map((operation) => operation.name), ["GetCapabilities", "Execute"])
  })

const describesAll: Program = (wps) =>
  Effect.map(
    wps.describeAll,
    (all) => deepStrictEqual(all.map((one) => one.identifier), implementations.map((one) => one.process.identifier))
  )

/** A process that fails says why. */
const failsWell: Program = (wps) =>
  Effect.gen(function*() {
    for (const mode of ["sync", "async"] as const) {
      const error = yield* Effect.flip(wps.run(refuses({}), { mode }))
      // WPS 2.0 has no document for a job that failed at once.
      assert(error._tag === "ProcessFailed" || error._tag === "ServiceException", error.message)
      deepStrictEqual(error.exceptions.map((one) => [one.code, one.texts]), [[exception.code, exception.texts]])
    }
  })

const silently: Program = (wps) =>
  Effect.gen(function*() {
    for (const mode of ["sync", "async"] as const) {
      const error = yield* Effect.flip(wps.run(fails({}), { mode }))
      assert(error._tag === "ProcessFailed" || error._tag === "ServiceException", error.message)
      deepStrictEqual(error.exceptions.map((one) => [one.code, one.texts]), [["NoApplicableCode", []]])
    }
  })

const textOf = ({ stream }: WpsClient.RawData) => Stream.mkString(Stream.decodeText(stream))

const downloads: Program = (wps) =>
  Effect.gen(function*() {
    const { result } = yield* wps.run(stored({}))
    assert.strictEqual(yield* textOf(yield* wps.download(result)), "größe")
  })

const raw: Program = (wps) =>
  Effect.gen(function*() {
    const bytes = yield* wps.raw(echo(given), { output: "note" })
    assert.strictEqual(yield* textOf(bytes), given.note)
    assert.strictEqual(yield* textOf(yield* wps.raw(echo(given), { output: "xml" })), given.xml)
  })

const each = (...programs: ReadonlyArray<Program>): Program => (wps) =>
  Effect.forEach(programs, (program) => program(wps), { discard: true })

const everything = each(hasAll, describes, describesAll, echoes(), downloads, raw, follows(), failsWell)

const send = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(
    HttpClient.execute(request),
    (response) => Effect.map(response.text, (body) => [response.status, body] as const)
  )

const ask = (urlParams: Readonly<Record<string, string>>) => send(HttpClientRequest.get(WpsTest.url, { urlParams }))

/** An Execute of WPS 2.0 whose input is this. */
const post200 = (input: string, output = "mimeType=\"text/xml\" id=\"text\"") =>
  send(HttpClientRequest.post(WpsTest.url, {
    body: HttpBody.text(
      `<w:Execute xmlns:w="http://www.opengis.net/wps/2.0" xmlns:ows="http://www.opengis.net/ows/2.0" service="WPS" ` +
        `version="2.0.0" mode="sync" response="document"><ows:Identifier>say</ows:Identifier>` +
        `<w:Input id="text">${input}</w:Input><w:Output ${output} transmission="value"/></w:Execute>`,
      "text/xml"
    )
  }))

const byGet = (dialect: "strict" | "single") => ({ protocol: Wps100.byGet({ dialect }) })

const says = (text: string, expected = text): Program => (wps) =>
  Effect.map(wps.run(say({ text })), (result) => deepStrictEqual(result, { text: expected }))

const documentOf = (wps: Client, options?: WpsClient.RunOptions) =>
  Effect.flatMap(wps.execute(echo(given), options), (job) => job.document)

const getResult: Program = (wps) =>
  Effect.gen(function*() {
    const { open } = yield* Gate
    const { jobId } = Option.getOrThrow((yield* wps.execute(gated({}))).reference)
    const asked = yield* Effect.fork(send(HttpClientRequest.get(WpsTest.url, {
      urlParams: { service: "WPS", version: "2.0.0", request: "GetResult", jobid: Option.getOrThrow(jobId) }
    })))
    // The request is made in the memory of this process, without a pause: it is answered, or waits.
    yield* Effect.repeatN(Effect.yieldNow(), 10)
    yield* Deferred.succeed(open, true)
    assert.strictEqual((yield* Fiber.join(asked))[0], 200)
  })

const dismissed: Program = (wps) =>
  Effect.gen(function*() {
    const job = yield* wps.execute(gated({}))
    const result = yield* Effect.fork(Effect.flip(job.result))
    yield* job.dismiss
    includes(yield* Fiber.join(result), { _tag: "JobDismissed" })
  })

const pieces = HttpBody.stream(
  Stream.make(
    new TextEncoder().encode("<wps:GetCapabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" service=\"WPS\"/>")
  ),
  "text/xml"
)

const inPieces: Program = () =>
  Effect.map(
    send(HttpClientRequest.setBody(HttpClientRequest.post(WpsTest.url), pieces)),
    ([status]) => assert.strictEqual(status, 500)
  )

/** What is embedded is in the scope of the document's own namespace. */
const within = (version: string) => ({
  xml: given.xml.replace("<a:doc", `<a:doc xmlns="http://www.opengis.net/wps/${version}"`)
})

interface Row {
  readonly title: string
  readonly quirks: ReadonlyArray<Quirk.Quirk>
  /** @default both */
  readonly version?: "1.0.0" | "2.0.0"
  /** Is in one of the node's answers with the quirks, and in none without them. */
  readonly shows: RegExp
  /** What a client makes of it. */
  readonly client: Program
  readonly options?: Partial<WpsClient.Options>
}

const html = { _tag: "UnexpectedResponse", kind: "html" }
const malformed = { _tag: "UnexpectedResponse", kind: "malformed-xml" }
const elsewhere = "http://10.0.0.7:8080"
const back = (url: string) => url.replace(elsewhere, "http://wps.test")

const rows: ReadonlyArray<Row> = [
  // failures
  {
    title: "html500 of Execute is an error",
    quirks: [Quirk.html500("Execute")],
    shows: /^HTTP 500\n[^]*content-type: text\/html[^]*<html/,
    client: runFails({ ...html, status: 500, operation: "Execute" })
  },
  {
    title: "html500 of some status reads is waited out",
    quirks: [Quirk.html500("GetStatus", 3)],
    shows: /^HTTP 500\n/,
    client: follows()
  },
  {
    title: "html500 of an output is an error",
    quirks: [Quirk.html500("GetOutput")],
    shows: /^HTTP 500\n/,
    client: wrong(downloads)({ ...html, operation: "GetOutput" })
  },
  {
    title: "loginPage of capabilities is an error",
    quirks: [Quirk.loginPage("GetCapabilities")],
    shows: /^HTTP 200\n[^]*content-type: text\/html[^]*<form/,
    client: wrong((wps) => wps.capabilities)({ ...html, status: 200, operation: "GetCapabilities" })
  },
  {
    title: "loginPage of some status reads is waited out",
    quirks: [Quirk.loginPage("GetStatus", 2)],
    shows: /^HTTP 200\n[^]*<form/,
    client: follows()
  },
  {
    title: "busy is an error that says how long to wait",
    quirks: [Quirk.busy("Execute", 1, 7)],
    shows: /^HTTP 503\n[^]*retry-after: 7\n/,
    client: each(runFails({ _tag: "ServerBusy", status: 503, retryAfter: Option.some(7) }), echoes())
  },
  {
    title: "busy for some status reads is waited out",
    quirks: [Quirk.busy("GetStatus", 3)],
    shows: /^HTTP 503\n/,
    client: follows()
  },
  {
    title: "serverBusy is an error of its own",
    quirks: [Quirk.serverBusy("Execute")],
    shows: /^HTTP 400\n[^]*exceptionCode="ServerBusy">Maximum/,
    client: each(runFails({ _tag: "ServerBusy", status: 400, retryAfter: Option.none() }), echoes())
  },
  {
    title: "serverBusy for some status reads is waited out",
    quirks: [Quirk.serverBusy("GetStatus", 3)],
    shows: /exceptionCode="ServerBusy"/,
    client: follows()
  },
  {
    title: "refuses an operation, and the others go on",
    quirks: [Quirk.refuses("DescribeProcess", "NoApplicableCode", "a <bug>")],
    shows: /^HTTP 400\n[^]*exceptionCode="NoApplicableCode">a &lt;bug&gt;</,
    client: each(
      wrong((wps) => wps.describe("echo"))({
        _tag: "ServiceException",
        exceptions: [new Ows.OwsException({ code: "NoApplicableCode", locator: Option.none(), texts: ["a <bug>"] })]
      }),
      echoes()
    )
  },
  {
    title: "refusesChunked does not refuse the client",
    quirks: [Quirk.refusesChunked],
    shows: /^HTTP 500\n/,
    client: each(echoes(), inPieces)
  },
  {
    title: "reportsIn200 are reports",
    quirks: [Quirk.reportsIn200],
    shows: /^HTTP 200\n[^]*\n<ows:ExceptionReport/,
    client: each(
      wrong((wps) => wps.describe("none"))({ _tag: "ProcessNotFound", identifier: "none" }),
      failsWell,
      echoes()
    )
  },
  {
    title: "silentReports leave the code",
    quirks: [Quirk.silentReports],
    shows: /<ows:Exception exceptionCode="NoApplicableCode"\/>/,
    client: each(silently, failsWell)
  },
  {
    title: "wpsExceptionReport is read",
    quirks: [Quirk.wpsExceptionReport],
    version: "1.0.0",
    shows: /<wps:ProcessFailed><wps:ExceptionReport[^]*locator="None"[^]*<\/wps:ExceptionReport><\/wps:ProcessFailed>/,
    client: each(failsWell, (wps) =>
      Effect.map(Effect.flip(wps.run(fails({}))), (error) => {
        assert(error._tag === "ProcessFailed", error.message)
        deepStrictEqual(error.exceptions, [Ows.noApplicableCode("because")])
      }))
  },
  {
    title: "escapedReport is read",
    quirks: [Quirk.escapedReport],
    version: "1.0.0",
    shows: /<wps:ProcessFailed>&lt;\?xml [^<]*&amp;lt;full&amp;gt;[^<]*<\/wps:ProcessFailed>/,
    client: failsWell
  },
  {
    title: "invalidJobId is a job that is not found",
    quirks: [Quirk.invalidJobId],
    version: "2.0.0",
    shows: /exceptionCode="InvalidParameterValue" locator="JobId"/,
    client: wrong((wps) =>
      wps.attach(
        new Job.JobReference({ identifier: "gated", statusLocation: Option.none(), jobId: Option.some("none") }),
        gated
      )
    )({ _tag: "JobNotFound", jobId: "none" })
  },

  // jobs
  {
    title: "tornStatus is waited out",
    quirks: [Quirk.tornStatus],
    shows: /^HTTP 200\n[^]*\n<wps:(?:ExecuteResponse|StatusInfo) (?![^]*<\/wps:(?:ExecuteResponse|StatusInfo)>$)/,
    client: follows()
  },
  {
    title: "tornStatusEvery time is an error in the end",
    quirks: [Quirk.tornStatusEvery(1)],
    shows: /^HTTP 200\n[^]*\n<wps:(?:ExecuteResponse|StatusInfo) (?![^]*<\/wps:(?:ExecuteResponse|StatusInfo)>$)/,
    client: asyncFails({ ...malformed, operation: "GetStatus" })
  },
  {
    title: "emptyStatus is waited out",
    quirks: [Quirk.emptyStatus],
    shows: /^HTTP 200\n[^]*\n\n$/,
    client: follows()
  },
  {
    title: "emptyStatusEvery time is an error in the end",
    quirks: [Quirk.emptyStatusEvery(1)],
    shows: /^HTTP 200\n[^]*\n\n$/,
    client: asyncFails({ _tag: "UnexpectedResponse", kind: "empty", operation: "GetStatus" })
  },
  {
    title: "slowStatus404 is waited out",
    quirks: [Quirk.slowStatus404(3)],
    shows: /^HTTP 404\n/,
    client: follows()
  },
  {
    title: "emptyStatusLocation is none",
    quirks: [Quirk.emptyStatusLocation],
    version: "1.0.0",
    shows: /<wps:ExecuteResponse [^>]*statusLocation=""/,
    client: each(
      echoes(),
      follows(),
      (wps) =>
        Effect.map(
          wps.execute(echo(given), { mode: "sync" }),
          ({ reference }) => deepStrictEqual(reference, Option.none())
        )
    )
  },
  {
    title: "noStatusLocation is an error",
    quirks: [Quirk.noStatusLocation],
    version: "1.0.0",
    shows: /<wps:ExecuteResponse (?![^>]*statusLocation)[^]*<wps:ProcessAccepted/,
    client: wrong((wps) => wps.execute(gated({})))({ _tag: "CannotPoll" })
  },
  {
    title: "forgetsStatusLocation does not matter",
    quirks: [Quirk.forgetsStatusLocation],
    version: "1.0.0",
    shows: /<wps:ExecuteResponse (?![^>]*statusLocation)[^]*<wps:ProcessStarted/,
    client: follows()
  },
  {
    title: "relativeStatusLocation is resolved",
    quirks: [Quirk.relativeStatusLocation],
    version: "1.0.0",
    shows: / statusLocation="\/wps\/jobs\/\w+"/,
    client: follows()
  },
  {
    title: "internalHost is rewritten where the client is told to",
    quirks: [Quirk.internalHost(elsewhere)],
    shows: /(?:statusLocation|href)="http:\/\/10\.0\.0\.7:8080\/wps/,
    options: { rewriteUrl: back },
    client: each(
      downloads,
      follows(),
      (wps) =>
        Effect.map(
          wps.run(stored({})),
          ({ result }) => assert.match(result.href, /^http:\/\/10\.0\.0\.7:8080\/wps\/outputs\//)
        )
    )
  },
  {
    title: "statusByExecute is followed",
    quirks: [Quirk.statusByExecute],
    version: "1.0.0",
    shows:
      / statusLocation="http:\/\/wps.test\/wps\?request=Execute[^"]*Identifier=GetStatus&amp;DataInputs=sid=\w+&amp;/,
    client: follows()
  },
  {
    title: "javaStackTrace comes after what was wrong",
    quirks: [Quirk.javaStackTrace],
    shows: /exceptionCode="JAVA_RootCause"\/><\/ows:ExceptionReport>/,
    client: (wps) =>
      Effect.map(Effect.flip(wps.run(refuses({}), { mode: "sync" })), (error) => {
        assert(error._tag === "ProcessFailed" || error._tag === "ServiceException", error.message)
        deepStrictEqual(error.exceptions.map(({ code }) => code), [
          exception.code,
          "JAVA_StackTrace",
          "JAVA_RootCause"
        ])
      })
  },
  {
    title: "bareReports are read",
    quirks: [Quirk.bareReports],
    shows: /<ows:Exception(?: locator="[^"]*")?>/,
    client: (wps) =>
      Effect.map(Effect.flip(wps.run(refuses({}), { mode: "sync" })), (error) => {
        assert(error._tag === "ProcessFailed" || error._tag === "ServiceException", error.message)
        deepStrictEqual(error.exceptions.map(({ texts }) => texts), [exception.texts])
      })
  },
  {
    title: "occurrenceElements are read",
    quirks: [Quirk.occurrenceElements],
    version: "1.0.0",
    shows: /<Input><MinimumOccurs>0<\/MinimumOccurs><MaximumOccurs>2147483647<\/MaximumOccurs>/,
    client: describes
  },
  {
    title: "formerNamespace is read",
    quirks: [Quirk.formerNamespace],
    version: "1.0.0",
    shows: /<wps:Capabilities [^<>]*="http:\/\/www.opengeospatial.net\/wps"/,
    client: hasAll
  },
  {
    title: "doubledIdentifier is read",
    quirks: [Quirk.doubledIdentifier],
    version: "1.0.0",
    shows: /(<ows:Identifier>[^<]*<\/ows:Identifier>)\1/,
    client: each(hasAll, follows())
  },
  {
    title: "executionIds are followed and dismissed",
    quirks: [Quirk.executionIds],
    version: "1.0.0",
    shows: / statusLocation="http:\/\/wps.test\/wps\?[^"]*request=GetExecutionStatus&amp;executionId=\w+"/,
    client: each(dismissed, follows())
  },
  {
    title: "doubleEscapedServiceInstance is read",
    quirks: [Quirk.doubleEscapedServiceInstance],
    version: "1.0.0",
    shows: / serviceInstance="[^"]*&amp;amp;request/,
    client: echoes()
  },
  {
    title: "percentOnAccepted is read",
    quirks: [Quirk.percentOnAccepted],
    version: "1.0.0",
    shows: /<wps:ProcessAccepted percentCompleted="0">/,
    client: each((wps) =>
      Effect.flatMap(wps.execute(gated({})), (job) => Stream.runHead(job.changes)).pipe(
        Effect.map((first) => includes(Option.getOrThrow(first), { _tag: "Accepted", percent: Option.some(0) }))
      ), follows())
  },
  {
    title: "percentAsFloat is read",
    quirks: [Quirk.percentAsFloat],
    shows: / percentCompleted="37\.0"|<wps:PercentCompleted>37\.0</,
    client: follows(at37)
  },
  {
    title: "emptyCreationTime is none",
    quirks: [Quirk.emptyCreationTime],
    version: "1.0.0",
    shows: / creationTime=""/,
    client: each(follows(), (wps) =>
      Effect.map(
        Effect.flatMap(wps.execute(echo(given)), (job) => job.document),
        ({ creationTime }) => deepStrictEqual(creationTime, Option.none())
      ))
  },
  {
    title: "unknownState is a state that is not the end",
    quirks: [Quirk.unknownState("Re$&<projecting>")],
    version: "2.0.0",
    shows: /<wps:Status>Re\$&amp;&lt;projecting&gt;</,
    client: follows()
  },
  {
    title: "lowerCaseStates are read",
    quirks: [Quirk.lowerCaseStates],
    version: "2.0.0",
    shows: /<wps:Status>running</,
    client: follows(({ _tag }) => _tag === "Running")
  },
  {
    title: "getResultWaits for the end",
    quirks: [Quirk.getResultWaits],
    version: "2.0.0",
    shows: /<wps:Result /,
    client: getResult
  },
  {
    title: "dismissedIsFailed is dismissed",
    quirks: [Quirk.dismissedIsFailed],
    version: "2.0.0",
    shows: /<wps:Status>Failed</,
    client: dismissed
  },
  {
    title: "alwaysAsync is waited for",
    quirks: [Quirk.alwaysAsync],
    shows: /<wps:ProcessAccepted|<wps:Status>Accepted/,
    client: echoes({}, { mode: "sync" })
  },

  // values
  {
    title: "unescapedJson with an ampersand is an error",
    quirks: [Quirk.unescapedJson],
    shows: /json"[^>]*>\["a & b"\]</,
    client: wrong((wps) => wps.run(echo({ ...given, json: ["a & b"] })))(malformed)
  },
  {
    title: "unescapedJson with markup is an error",
    quirks: [Quirk.unescapedJson],
    shows: /json"[^>]*>\["a","<b>"\]</,
    client: each(echoes(), wrong((wps) => wps.run(echo({ ...given, json: ["a", "<b>"] })))(malformed))
  },
  {
    title: "unescapedAbstract is an error where there is an ampersand",
    quirks: [Quirk.unescapedAbstract],
    version: "1.0.0",
    shows: /<ows:Abstract[^>]*>Gives & takes, if <= 1<\/ows:Abstract>/,
    client: each(hasAll, echoes(), wrong((wps) => wps.run(one({})))(malformed))
  },
  {
    title: "cdataText is read",
    quirks: [Quirk.cdataText],
    shows: /json"[^>]*><!\[CDATA\[\["a",[^]*<!\[CDATA\[<wps:x> < y & \]\]\]\]><!\[CDATA\[> /,
    client: echoes()
  },
  {
    title: "cdataValues are read",
    quirks: [Quirk.cdataValues],
    version: "2.0.0",
    shows:
      /<wps:Data encoding="UTF-8"><!\[CDATA\[<wps:LiteralValue xmlns:wps="http:\/\/www.opengis.net\/wps\/2.0"[^]*<!\[CDATA\[<ows:BoundingBox xmlns:ows="http:\/\/www.opengis.net\/ows\/2.0"/,
    client: echoes()
  },
  {
    title: "pythonBooleans are read",
    quirks: [Quirk.pythonBooleans],
    version: "1.0.0",
    shows: /="True"[^]*$/,
    client: each(describes, echoes())
  },
  {
    title: "pythonBooleans are read in values",
    quirks: [Quirk.pythonBooleans],
    shows: />True</,
    client: echoes()
  },
  {
    title: "pythonNone is none",
    quirks: [Quirk.pythonNone],
    version: "1.0.0",
    shows: /processVersion="None"/,
    client: each(
      hasAll,
      describes,
      echoes(),
      failsWell,
      (wps) => Effect.map(wps.describe("echo"), ({ version }) => deepStrictEqual(version, Option.none()))
    )
  },
  {
    title: "pythonNone is no reference system",
    quirks: [Quirk.pythonNone],
    shows: / crs="None" dimensions="2"/,
    client: (wps) =>
      Effect.map(
        wps.run(bare({})),
        (result) => deepStrictEqual(result, { box: DataValue.boundingBox([1, 2], [3, 4]) })
      )
  },
  {
    title: "pythonNone is no locator",
    quirks: [Quirk.pythonNone],
    shows: /<ows:Exception exceptionCode="NoApplicableCode" locator="None">/,
    client: (wps) =>
      Effect.map(Effect.flip(wps.run(fails({}))), (error) => {
        assert(error._tag === "ProcessFailed" || error._tag === "ServiceException", error.message)
        deepStrictEqual(error.exceptions, [Ows.noApplicableCode("because")])
      })
  },
  {
    title: "swappedAxes are as the server has them",
    quirks: [Quirk.swappedAxes],
    shows: /crs="urn:ogc:def:crs:EPSG::4326"[^>]*><ows:LowerCorner>40 -10</,
    client: echoes({ box: DataValue.boundingBox([40, -10], [55.25, 20], "urn:ogc:def:crs:EPSG::4326") })
  },
  {
    title: "paddedCorners are read",
    quirks: [Quirk.paddedCorners],
    shows: /<ows:LowerCorner> -10 {2}40 <\/ows:LowerCorner>/,
    client: echoes()
  },
  {
    title: "xlinkOutputs are read",
    quirks: [Quirk.xlinkOutputs],
    version: "1.0.0",
    shows: /xmlns:xlink="http:\/\/www.w3.org\/1999\/xlink"[^]*<wps:Reference [^>]*xlink:href="http:\/\/wps.test/,
    client: downloads
  },
  {
    title: "plainHref is read",
    quirks: [Quirk.plainHref],
    version: "2.0.0",
    shows: /<wps:Reference [^>]* href="http:\/\/wps.test/,
    client: each(downloads, hasAll)
  },
  {
    title: "plainHref is read in capabilities",
    quirks: [Quirk.plainHref],
    shows: /<ows:Get href="http:\/\/wps.test/,
    options: { operationUrls: "advertised" },
    client: each(hasAll, echoes())
  },
  {
    title: "noMimeType does not matter",
    quirks: [Quirk.noMimeType],
    shows: /<wps:(?:ComplexData|Data)>(?!<wps)[^]*<\/wps:(?:ExecuteResponse|Result)>/,
    client: echoes()
  },
  {
    title: "noContentType does not matter",
    quirks: [Quirk.noContentType],
    shows: /^HTTP 200\n(?![^]*content-type)[^]*gr\xc3\xb6\xc3\x9fe$/,
    client: downloads
  },
  {
    title: "anyContentType does not matter",
    quirks: [Quirk.anyContentType],
    shows: /^HTTP 200\n[^]*content-type: \*\/\*\n/,
    client: each(raw, echoes())
  },
  {
    title: "everyOutput does not matter",
    quirks: [Quirk.everyOutput],
    shows: /(?:<ows:Identifier>|id=")other(?=[<"])(?![^]*Descriptions)/,
    client: (wps) => Effect.map(wps.run(one({})), (result) => deepStrictEqual(result, { one: "1" }))
  },

  // descriptions
  {
    title: "unqualifiedDescriptions are read",
    quirks: [Quirk.unqualifiedDescriptions],
    version: "1.0.0",
    shows: /<ProcessDescriptions [^]*<\/ProcessDescriptions>$/,
    client: describes
  },
  {
    title: "qualifiedDescriptions are read",
    quirks: [Quirk.qualifiedDescriptions],
    shows: /<wps:ProcessDescription |<wps:LiteralDataDomain/,
    client: describes
  },
  {
    title: "unboundedAs Java's greatest number is without bound",
    quirks: [Quirk.unboundedAs("9223372036854775807")],
    shows: / maxOccurs="9223372036854775807"/,
    client: describes
  },
  {
    title: "emptyOfferings are not all that there is",
    quirks: [Quirk.emptyOfferings],
    version: "2.0.0",
    shows: /<wps:ProcessOfferings [^>]*\/>/,
    client: describesAll
  },
  {
    title: "queryInOperationUrls are merged",
    quirks: [Quirk.queryInOperationUrls],
    shows: /xlink:href="http:\/\/wps.test\/wps\?service=wps&amp;request=Execute&amp;"/,
    options: { operationUrls: "advertised" },
    client: each(hasAll, describes, echoes(), follows())
  },
  {
    title: "answersIn100 are read [A2.9]",
    quirks: [Quirk.answersIn100],
    version: "2.0.0",
    shows: /<wps:ExecuteResponse [^]*wps\/1\.0\.0/,
    client: each(hasAll, describes, echoes(), follows(), failsWell)
  },

  // requests
  {
    title: "tooLarge is a refusal, of what is too large only",
    quirks: [Quirk.tooLarge(5000)],
    shows: /^HTTP 400\n[^]*exceptionCode="FileSizeExceeded"/,
    client: each(
      echoes(),
      wrong((wps) => wps.run(echo({ ...given, note: "x".repeat(5000) })))({
        _tag: "ServiceException",
        status: 400,
        code: "FileSizeExceeded"
      })
    )
  },
  {
    title: "wantsMimeType does not refuse the client",
    quirks: [Quirk.wantsMimeType],
    version: "2.0.0",
    shows: /^HTTP 400\n[^]*exceptionCode="NoApplicableCode"/,
    client: each(echoes(), () =>
      Effect.gen(function*() {
        const literal = "<w:LiteralValue>a</w:LiteralValue>"
        assert.strictEqual((yield* post200(`<w:Data>${literal}</w:Data>`))[0], 400)
        assert.strictEqual((yield* post200(`<w:Data mimeType="text/xml">${literal}</w:Data>`))[0], 200)
      }).pipe(Effect.orDie))
  },
  {
    title: "wantsOutputMimeType refuses the client's literals, and not what has a type",
    quirks: [Quirk.wantsOutputMimeType],
    version: "2.0.0",
    shows: /^HTTP 400\n[^]*exceptionCode="NoApplicableCode"/,
    client: each(
      runFails({ _tag: "ServiceException", code: "NoApplicableCode" }),
      (wps) => Effect.map(wps.run(one({})), (result) => deepStrictEqual(result, { one: "1" }))
    )
  },
  {
    title: "refusesEscaped refuses what the client cannot send as plain text",
    quirks: [Quirk.refusesEscaped],
    version: "2.0.0",
    shows: /^HTTP 400\n[^]*exceptionCode="NoApplicableCode"/,
    client: each(
      echoes(),
      says("a < b"),
      wrong((wps) => wps.run(say({ text: "a < b @ c" })))({ _tag: "ServiceException", code: "NoApplicableCode" })
    )
  },
  {
    title: "rawHtml500 of a type in a query is an error",
    quirks: [Quirk.rawHtml500],
    version: "1.0.0",
    shows: /^HTTP 500\n[^]*<html/,
    options: byGet("strict"),
    client: each(
      wrong((wps) => wps.raw(echo(given), { output: "note" }))({ ...html, status: 500 }),
      (wps) =>
        Effect.map(
          Effect.flatMap(wps.raw(say({ text: "a" })), textOf),
          (text) => assert.strictEqual(text, "a")
        )
    )
  },
  {
    title: "rawHtml500 of an unknown output is an error",
    quirks: [Quirk.rawHtml500],
    version: "1.0.0",
    shows: /^HTTP 500\n[^]*<html/,
    client: each(raw, echoes(), wrong((wps) => wps.raw(unsaid({})))({ ...html, status: 500 }))
  },
  {
    title: "failuresIn400 are failures",
    quirks: [Quirk.failuresIn400],
    shows: /^HTTP 400\n[^]*because/,
    client: each(failsWell, wrong((wps) => wps.raw(fails({})))({ _tag: "ServiceException", status: 400 }))
  },
  {
    title: "failureText is all that is known",
    quirks: [Quirk.failureText("Process failed, <see> log")],
    version: "1.0.0",
    shows: /<ows:ExceptionText>Process failed, &lt;see&gt; log</,
    client: each(
      echoes(),
      (wps) =>
        Effect.map(Effect.flip(wps.run(refuses({}), { mode: "async" })), (error) => {
          assert(error._tag === "ProcessFailed", error.message)
          deepStrictEqual(error.exceptions.map(({ texts }) => texts), [["Process failed, <see> log"]])
        })
    )
  },
  {
    title: "wpsReports are read",
    quirks: [Quirk.wpsReports],
    version: "1.0.0",
    shows: /^HTTP 400\n[^]*<wps:ExceptionReport [^]*<wps:Exception [^]*<\/wps:ExceptionReport>$/,
    client: each(
      failsWell,
      echoes(),
      wrong((wps) => wps.describe("none"))({ _tag: "ProcessNotFound", identifier: "none" })
    )
  },
  {
    title: "invalidParameters are a process that is not found",
    quirks: [Quirk.invalidParameters],
    version: "2.0.0",
    shows: /exceptionCode="InvalidParameterValue" locator="Identifier"/,
    client: wrong((wps) => wps.describe("none"))({ _tag: "ProcessNotFound", identifier: "none" })
  },
  {
    title: "invalidParameters are a refusal of an output",
    quirks: [Quirk.invalidParameters],
    version: "2.0.0",
    shows: /exceptionCode="InvalidParameterValue" locator="Output"/,
    client: wrong((wps) => wps.run(unsaid({})))({ _tag: "ServiceException", code: "InvalidParameterValue" })
  },
  {
    title: "guardsExecute denies access to who has no token",
    quirks: [Quirk.guardsExecute(Redacted.make("secret"))],
    shows: /^HTTP 401\n(?![^]*www-authenticate)[^]*locator="AccessForbidden"/,
    client: each(
      hasAll,
      describes,
      runFails({ _tag: "AccessDenied", status: 401 }),
      () => Effect.provide(Effect.flatMap(client(), (wps) => echoes()(wps)), BearerAuth.layer(Redacted.make("secret")))
    )
  },
  {
    title: "rawTypes401 denies raw text to anybody",
    quirks: [Quirk.rawTypes401],
    shows: /^HTTP 401\n[^]*Content type is not allowed: text\/plain/,
    client: each(
      echoes(),
      wrong((wps) => wps.raw(echo(given), { output: "note" }))({ _tag: "AccessDenied", status: 401 }),
      (wps) =>
        Effect.map(
          Effect.flatMap(wps.raw(echo(given), { output: "xml" }), textOf),
          (text) => assert.strictEqual(text, given.xml)
        )
    )
  },
  {
    title: "noHead does not matter",
    quirks: [Quirk.noHead],
    shows: /^HTTP 405\n/,
    client: each(
      hasAll,
      () =>
        Effect.map(
          HttpClient.head(WpsTest.url),
          ({ status }) => assert.strictEqual(status, 405)
        )
    )
  },
  {
    title: "asyncRawReport is a refusal",
    quirks: [Quirk.asyncRawReport],
    version: "2.0.0",
    shows: /^HTTP 200\n[^]*content-type: \*\/\*\n[^]*<ows:ExceptionReport [^]*Could not find encoder/,
    client: each(
      raw,
      wrong((wps) => wps.raw(echo(given), { output: "note", mode: "async" }))({
        _tag: "ServiceException",
        code: "NoApplicableCode"
      })
    )
  },
  {
    title: "cutsInputs cuts what is encoded once, and not what the client encodes",
    quirks: [Quirk.cutsInputs],
    version: "1.0.0",
    shows: /<wps:LiteralData dataType="string">a<\/wps:LiteralData>/,
    options: byGet("strict"),
    client: each(says("a;b@c=d & %e"), () =>
      ask({
        service: "WPS",
        version: "1.0.0",
        request: "Execute",
        identifier: "say",
        datainputs: "text=a;b@c=d"
      }))
  },
  {
    title: "decodesOnce keeps the encoding of what is encoded twice",
    quirks: [Quirk.decodesOnce],
    version: "1.0.0",
    shows: />a%20%3D%20b%25<\/wps:LiteralData>/,
    options: byGet("strict"),
    client: each(
      says("a = b%", "a%20%3D%20b%25"),
      () => Effect.flatMap(client(byGet("single")), (wps) => says("a = b%41")(wps))
    )
  },
  {
    title: "ignoresAsReference gives no reference",
    quirks: [Quirk.ignoresAsReference],
    version: "1.0.0",
    shows: /<wps:ComplexData mimeType="text\/plain">gr\xc3\xb6\xc3\x9fe</,
    options: byGet("strict"),
    client: wrong((wps) => wps.run(stored({})))({ _tag: "InvalidOutput", output: "result" })
  },
  {
    title: "lastVersionWins speaks the worse version",
    quirks: [Quirk.lastVersionWins],
    version: "2.0.0",
    shows: /<wps:Capabilities [^<>]*version="1\.0\.0"/,
    options: { protocol: [Wps200.Wps200, Wps100.Wps100] },
    client: each(hasAll, describes, echoes(), follows())
  },
  {
    title: "lastVersionWins is WPS 1.0.0 where none is named",
    quirks: [Quirk.lastVersionWins],
    version: "2.0.0",
    shows: /<wps:Capabilities [^<>]*version="1\.0\.0"/,
    client: () =>
      send(HttpClientRequest.post(WpsTest.url, {
        body: HttpBody.text("<w:GetCapabilities xmlns:w=\"http://www.opengis.net/wps/2.0\" service=\"WPS\"/>")
      }))
  },
  {
    title: "misreads200 misses the inputs that it was given",
    quirks: [Quirk.misreads200, Quirk.answersIn100],
    version: "2.0.0",
    shows: /exceptionCode="MissingParameterValue"/,
    client: each(
      runFails({ _tag: "ServiceException", code: "MissingParameterValue" }),
      (wps) => Effect.map(wps.run(one({}), { mode: "async" }), (result) => deepStrictEqual(result, { one: "1" }))
    )
  },

  // how jobs are told of
  {
    title: "losesJobAt one read is waited out",
    quirks: [Quirk.losesJobAt(2)],
    version: "2.0.0",
    shows: /exceptionCode="NoSuchJob"/,
    client: follows()
  },
  {
    title: "resultServlet is followed",
    quirks: [Quirk.resultServlet],
    version: "1.0.0",
    shows: / statusLocation="http:\/\/wps.test\/wps\/RetrieveResultServlet\?id=\w+"/,
    client: each(follows(), downloads)
  },
  {
    title: "internalHost of files cannot be followed",
    quirks: [Quirk.internalHost("file:///tmp")],
    version: "1.0.0",
    shows: / statusLocation="file:\/\/\/tmp\/wps\//,
    client: each(
      echoes(),
      asyncFails({ _tag: "CannotPoll" }),
      wrong(downloads)({ _tag: "InvalidUrl" })
    )
  },
  {
    title: "noPercent is none",
    quirks: [Quirk.noPercent],
    shows: /<wps:ProcessStarted>|<wps:Status>Running<\/wps:Status>(?!<wps:PercentCompleted)/,
    client: each(echoes(), sees(({ _tag, percent }) => deepStrictEqual([_tag, percent], ["Running", Option.none()])))
  },
  {
    title: "emptyStarted is a job that runs",
    quirks: [Quirk.emptyStarted],
    version: "1.0.0",
    shows: /<wps:ProcessStarted\/>/,
    client: sees(({ _tag, message, percent }) =>
      deepStrictEqual([_tag, message, percent], ["Running", "", Option.none()])
    )
  },
  {
    title: "creationTimeAs is kept as it is",
    quirks: [Quirk.creationTimeAs("2011-10-04T16:54:23.148-05:00")],
    version: "1.0.0",
    shows: / creationTime="2011-10-04T16:54:23.148-05:00"/,
    client: each(follows(), (wps) =>
      Effect.map(
        documentOf(wps),
        ({ creationTime }) => deepStrictEqual(creationTime, Option.some("2011-10-04T16:54:23.148-05:00"))
      ))
  },
  {
    title: "nanoseconds are read",
    quirks: [Quirk.nanoseconds],
    version: "2.0.0",
    shows: /<wps:ExpirationDate>[^<]*\.\d{9}Z</,
    client: each(
      follows(),
      (wps) => Effect.map(documentOf(wps), ({ expirationDate }) => assert.isTrue(Option.isSome(expirationDate)))
    )
  },
  {
    title: "alwaysLineage is read",
    quirks: [Quirk.alwaysLineage],
    version: "1.0.0",
    shows: /<wps:DataInputs>/,
    client: each(
      echoes(),
      follows(),
      (wps) =>
        Effect.map(documentOf(wps), ({ lineage }) => assert.strictEqual(Option.getOrThrow(lineage).inputs.length, 8))
    )
  },
  {
    title: "pythonLineage is text",
    quirks: [Quirk.alwaysLineage, Quirk.pythonLineage],
    version: "1.0.0",
    shows: /<wps:DataInputs>[^]*json"[^>]*>\['a', /,
    client: each(echoes(), (wps) =>
      Effect.map(documentOf(wps), ({ lineage }) => {
        const data = Option.getOrThrow(lineage).inputs.find(({ identifier }) => identifier === "json")?.data
        assert(data?._tag === "ComplexData", "it is not complex")
        assert.strictEqual(data.content.text, "['a', 'größe']")
      }))
  },
  {
    title: "executionIds are where outputs are, too",
    quirks: [Quirk.executionIds],
    version: "1.0.0",
    shows:
      /<wps:Reference [^>]*\?[^"]*request=GetExecutionResult&amp;executionId=\w+&amp;outputId=result&amp;mimetype=text%2Fplain/,
    client: downloads
  },
  {
    title: "executionIds say that a job was dismissed as GeoServer does",
    quirks: [Quirk.executionIds],
    version: "1.0.0",
    shows: /<wps:ProcessFailed>[^]*The process execution has been dismissed/,
    client: dismissed
  },
  {
    title: "dismissedIsFailed does not dismiss what is done",
    quirks: [Quirk.dismissedIsFailed],
    version: "2.0.0",
    shows: /exceptionCode="InvalidParameterValue" locator="JobId"/,
    client: (wps) =>
      Effect.gen(function*() {
        const job = yield* wps.execute(stored({}))
        yield* job.result
        yield* job.dismiss
        assert.strictEqual((yield* job.status)._tag, "Succeeded")
      })
  },

  // how values are written
  {
    title: "emptyFormats are none",
    quirks: [Quirk.emptyFormats],
    version: "1.0.0",
    shows: /<wps:Reference [^>]* encoding="" schema=""\/>/,
    client: each(echoes(), downloads)
  },
  {
    title: "pythonLiterals are what they are",
    quirks: [Quirk.pythonLiterals],
    shows: />2021-02-03 04:05:06\+00:00<[^]*>ParseResult\(scheme='http', netloc='example.org'[^]*>None</,
    client: each(echoes(), (wps) =>
      Effect.map(wps.run(literals({})), ({ when: moment, ...rest }) => {
        assert.strictEqual(moment.epochMillis, when.epochMillis)
        deepStrictEqual(rest, {
          uri: "ParseResult(scheme='http', netloc='example.org', path='/a', params='', query='b=c', fragment='')",
          empty: "None",
          count: 100
        })
      }))
  },
  {
    title: "redeclaredXml has more namespaces",
    quirks: [Quirk.redeclaredXml],
    version: "1.0.0",
    shows: /<a:doc xmlns:a="urn:a" xmlns:wps="[^"]*" xmlns:ows="[^"]*" xmlns:xlink="[^"]*" wps="1">[^]*<\/a:doc>\n</,
    client: each(
      (wps) => echoes(declared)(wps),
      (wps) =>
        Effect.map(
          wps.run(echo({ ...given, xml: "<a k=\"1\" xmlns:ows=\"urn:b\"><![CDATA[<b>]]></a>" })),
          ({ xml }) =>
            assert.match(xml, /^<a xmlns:wps="[^"]*" xmlns:xlink="[^"]*" k="1" xmlns:ows="urn:b">&lt;b&gt;<\/a>$/)
        )
    )
  },
  {
    title: "reindentedXml has lost its text",
    quirks: [Quirk.reindentedXml],
    version: "2.0.0",
    shows: /<wps:Data [^>]*>\n<a:doc [^>]*>\n {2}<a:b> <\/a:b>\n {2}<\?p i\?>\n<\/a:doc>\n<\/wps:Data>/,
    client: echoes({ xml: "<a:doc xmlns:a=\"urn:a\" wps=\"1\">\n  <a:b> </a:b>\n  <?p i?>\n</a:doc>" })
  },
  {
    title: "cdataXml is read",
    quirks: [Quirk.cdataXml],
    shows: /<!\[CDATA\[<a:doc /,
    client: echoes()
  },
  {
    title: "boxDimension is read",
    quirks: [Quirk.boxDimension],
    shows: /<(?:wps:BoundingBoxData|ows:BoundingBox) [^>]* dimension="2">/,
    client: echoes()
  },
  {
    title: "datatypesNamespace is read",
    quirks: [Quirk.datatypesNamespace("https://www.w3.org/2001/XMLSchema-datatypes#")],
    version: "2.0.0",
    shows: /dataType="https:\/\/www.w3.org\/2001\/XMLSchema-datatypes#boolean"/,
    client: each(echoes(), describes)
  },
  {
    title: "pythonRaw is given as it is",
    quirks: [Quirk.pythonRaw],
    version: "1.0.0",
    shows: /content-type: text\/xml\n[^]*\n\[-10\.0, 40\.0, 20\.0, 55\.25\]$/,
    client: each(raw, (wps) =>
      Effect.gen(function*() {
        const box = yield* wps.raw(echo(given), { output: "box" })
        assert.strictEqual(yield* textOf(box), "[-10.0, 40.0, 20.0, 55.25]")
        const count = yield* wps.raw(literals({}), { output: "count" })
        deepStrictEqual([count.contentType, yield* textOf(count)], [Option.some("text/xml"), "100"])
        const xml = yield* wps.raw(echo({ ...given, xml: "<a><![CDATA[<b>]]></a>" }), { output: "xml" })
        assert.strictEqual(yield* textOf(xml), "<a>&lt;b&gt;</a>")
      }))
  },
  {
    title: "attachments do not matter",
    quirks: [Quirk.attachments],
    shows: /content-disposition: attachment; /,
    client: raw
  },

  // how processes are described
  {
    title: "unescapedCapabilities are an error where there is an ampersand",
    quirks: [Quirk.unescapedCapabilities],
    shows: /<ows:Abstract[^>]*>Gives & takes, if <= 1<\/ows:Abstract>/,
    client: each(echoes(), describes, wrong((wps) => wps.capabilities)({ ...malformed, operation: "GetCapabilities" }))
  },
  {
    title: "placeholderProcesses are what is there",
    quirks: [Quirk.placeholderProcesses],
    version: "2.0.0",
    shows:
      /<wps:ProcessSummary jobControlOptions=""[^]*<ows:Title>process\.title<[^]*<ows:Identifier>process\.identifier</,
    client: each(describes, echoes(), (wps) =>
      Effect.map(wps.capabilities, ({ processes, provider }) => {
        deepStrictEqual([...new Set(processes.map(({ identifier }) => identifier))], ["process.identifier"])
        deepStrictEqual(processes[0]?.jobControlOptions, [])
        const contact = Option.flatMap(provider, (one) => one.contact)
        deepStrictEqual(Option.map(contact, ({ individualName }) => individualName), Option.some(Option.none()))
      }))
  },
  {
    title: "bareLiterals may be anything",
    quirks: [Quirk.bareLiterals],
    shows:
      /<LiteralData><ows:DataType[^>]*>string<\/ows:DataType><\/LiteralData>|<LiteralDataDomain[^>]*><ows:DataType/,
    client: each(describes, (wps) =>
      Effect.map(inputOf(wps, "echo", "text"), (data) => {
        assert(data._tag === "Literal", "it is no literal")
        deepStrictEqual(data.allowed, { _tag: "AnyValue" })
      }))
  },
  {
    title: "processKeywords are read",
    quirks: [Quirk.processKeywords],
    version: "1.0.0",
    shows: /<ows:Keyword>echo<\/ows:Keyword><\/ows:Keywords><\/wps:Process>/,
    client: each(
      hasAll,
      follows(),
      (wps) => Effect.map(wps.capabilities, ({ processes }) => deepStrictEqual(processes[0]?.keywords, ["echo"]))
    )
  },
  {
    title: "emptyAbstracts are read",
    quirks: [Quirk.emptyAbstracts],
    shows: /<ows:Abstract><\/ows:Abstract>/,
    client: everything
  },
  {
    title: "doubledDefaults are listed twice",
    quirks: [Quirk.doubledDefaults],
    shows:
      /(<Format><MimeType>text\/plain<\/MimeType><\/Format>)\1|(<wps:Format mimeType="text\/plain") default="true"\/>\2\/>/,
    client: each(
      describes,
      (wps) =>
        Effect.map(formatsOf(wps, "echo", "note"), (formats) => deepStrictEqual(formats, ["text/plain", "text/plain"]))
    )
  },
  {
    title: "doubledDefaults hide the second unit",
    quirks: [Quirk.doubledDefaults],
    version: "1.0.0",
    shows: /<Supported><ows:UOM>m<\/ows:UOM><ows:UOM>m<\/ows:UOM><\/Supported>/,
    client: (wps) =>
      Effect.map(inputOf(wps, "chosen", "length"), (data) => {
        assert(data._tag === "Literal", "it is no literal")
        deepStrictEqual(data.uoms, ["m", "m"])
      })
  },
  {
    title: "bareDataTypes are read, and a text has none",
    quirks: [Quirk.bareDataTypes],
    version: "1.0.0",
    shows: /<DataInputs>[^]*<ows:DataType>xs:boolean<[^]*<ProcessOutputs>[^]*<ows:DataType>boolean</,
    client: each(describesAs({ dataType: Option.none() }), (wps) =>
      Effect.map(inputOf(wps, "echo", "flag"), (data) => {
        assert(data._tag === "Literal", "it is no literal")
        deepStrictEqual(data.dataType, Option.some("boolean"))
      }))
  },
  {
    title: "supportedComplexData is read",
    quirks: [Quirk.supportedComplexData],
    version: "1.0.0",
    shows: /<ComplexData defaultFormat="text\/plain"><SupportedComplexData><Format>text\/plain<\/Format></,
    client: each(
      describes,
      echoes(),
      (wps) => Effect.map(formatsOf(wps, "echo", "note"), (formats) => deepStrictEqual(formats, ["text/plain"]))
    )
  },
  {
    title: "allowedValueElements are read",
    quirks: [Quirk.allowedValueElements],
    shows: /<ows:AllowedValue>1<\/ows:AllowedValue>/,
    client: (wps) =>
      Effect.map(inputOf(wps, "chosen", "number"), (data) => {
        assert(data._tag === "Literal" && data.allowed._tag === "AllowedValues", "it has no values")
        deepStrictEqual(data.allowed.values, ["1", "2"])
      })
  },
  {
    title: "otherOrder does not matter",
    quirks: [Quirk.otherOrder],
    shows: /(?:Input [^<>]*><ows:Identifier>|<ows:Identifier>)times<[^]*<ows:Identifier>xml<[^]*<ows:Identifier>text</,
    client: each(describesBackwards, describesAll, echoes())
  },
  {
    title: "crowdedOperations are read",
    quirks: [Quirk.crowdedOperations(3)],
    shows: /<ows:Constraint name="Content-Type"><ows:AllowedValues><ows:Value>application\/soap\+xml</,
    options: { operationUrls: "advertised" },
    client: each(hasAll, echoes(), follows())
  },
  {
    title: "crowdedOperations name jobs",
    quirks: [Quirk.crowdedOperations(3)],
    version: "2.0.0",
    shows: /<ows:Operation name="Dismiss">[^]*<ows:Parameter name="JobId">(?:[^]*?<ows:Value>){3}/,
    client: (wps) =>
      Effect.map(wps.capabilities, ({ operations }) => {
        const operation = operations.find(({ name }) => name === "GetResult")
        deepStrictEqual(operation?.parameters.map(({ name, values }) => [name, values.length]), [["JobId", 3]])
      })
  },

  // how documents are written
  {
    title: "bareRoots do not matter",
    quirks: [Quirk.bareRoots],
    version: "1.0.0",
    shows: /<wps:ExecuteResponse (?![^<>]* service=)(?![^<>]* version=)/,
    client: each(echoes(), follows(), failsWell)
  },
  {
    title: "undeclaredOws is an error",
    quirks: [Quirk.undeclaredOws],
    version: "1.0.0",
    shows: /<wps:ExecuteResponse (?![^<>]* xmlns:ows=)/,
    client: runFails(malformed)
  },
  {
    title: "redeclaredOws do not matter",
    quirks: [Quirk.redeclaredOws],
    shows: /<ows:Identifier xmlns:ows="/,
    client: everything
  },
  {
    title: "unprefixed does not matter",
    quirks: [Quirk.unprefixed],
    version: "1.0.0",
    shows: /<ExecuteResponse xmlns="[^"]*wps\/1\.0\.0"[^]*<\/ProcessOutputs><\/ExecuteResponse>$/,
    client: each(hasAll, describes, describesAll, echoes(within("1.0.0")), downloads, raw, follows(), failsWell)
  },
  {
    title: "unprefixed does not matter",
    quirks: [Quirk.unprefixed],
    version: "2.0.0",
    shows: /<Result xmlns="[^"]*wps\/2\.0"[^]*<\/Data><\/Output><\/Result>$/,
    client: each(hasAll, describes, describesAll, echoes(within("2.0")), downloads, raw, follows(), failsWell)
  },
  {
    title: "unprefixed reports do not matter",
    quirks: [Quirk.unprefixed],
    shows: /<ExceptionReport xmlns="[^"]*ows\/[^]*<\/Exception><\/ExceptionReport>$/,
    client: wrong((wps) => wps.describe("none"))({ _tag: "ProcessNotFound", identifier: "none" })
  },
  {
    title: "schemaLocation does not matter",
    quirks: [Quirk.schemaLocation],
    shows: / xsi:schemaLocation="/,
    client: everything
  },
  {
    title: "servedAs another type does not matter",
    quirks: [Quirk.servedAs("application/xml")],
    shows: /content-type: application\/xml\n/,
    client: everything
  },

  // documents
  {
    title: "prefixes do not matter",
    quirks: [Quirk.prefixes({ wps: "ns0", ows: "ns1", xlink: "xlin" })],
    shows: /<ns0:Capabilities [^]*xmlns:ns1="[^]*<ns1:Get xlin:href="/,
    client: everything
  },
  {
    title: "prefixes leave CDATA sections alone",
    quirks: [Quirk.cdataText, Quirk.prefixes({ wps: "ns0" })],
    shows: /<ns0:[^]*<!\[CDATA\[<wps:x> < y/,
    client: echoes()
  },
  {
    title: "owsNamespace of Finch is read",
    quirks: [Quirk.owsNamespace("http://www.opengis.net/ows/1.1.0")],
    shows: /xmlns:ows="http:\/\/www\.opengis\.net\/ows\/1\.1\.0"/,
    client: everything
  },
  {
    title: "comments do not matter",
    quirks: [Quirk.commented],
    shows: /<wps:(?:LiteralData|LiteralValue) [^>]*><!-- so <it> is & was -->[^<]*<\//,
    client: everything
  },
  {
    title: "withDoctype is refused",
    quirks: [Quirk.withDoctype],
    shows: /\?>\n<!DOCTYPE wps:Capabilities>\n<wps:Capabilities/,
    client: each(wrong((wps) => wps.capabilities)(malformed), runFails(malformed))
  },
  {
    title: "utf16 is read",
    quirks: [Quirk.utf16],
    shows: /charset=utf-16\n[^]*\xff\xfe<\0\?\0x\0m\0l\0/,
    client: everything
  },
  {
    title: "latin1 is read",
    quirks: [Quirk.latin1],
    shows: /encoding="ISO-8859-1"[^]* ows:a &lt;wps:b&gt; &amp; gr\xf6\xdfe &#8364; /,
    client: everything
  }
]

const versions = ["1.0.0", "2.0.0"] as const
const protocols = { "1.0.0": Wps100.Wps100, "2.0.0": Wps200.Wps200 }

for (const version of versions) {
  describe(`quirks in WPS ${version}`, () => {
    for (const { client: program, options, quirks, shows, title, ...row } of rows) {
      if (row.version !== undefined && row.version !== version) continue
      const asked = (quirks: ReadonlyArray<Quirk.Quirk>) =>
        Effect.scoped(
          Effect.gen(function*() {
            const wps = yield* client({ protocol: protocols[version], ...options })
            const exit = yield* Effect.exit(program(wps))
            return { exit, answers: yield* Effect.flatMap(Answers, Ref.get) }
          })
        ).pipe(Effect.provide(reach(quirks)))
      it.live(title, () =>
        Effect.gen(function*() {
          const { answers, exit } = yield* asked(quirks)
          yield* exit
          assert(
            answers.some((answer) => shows.test(answer)),
            `it does not show:\n${answers.join("\n\n").slice(0, 5000)}`
          )
          const others = yield* asked([])
          deepStrictEqual(others.answers.filter((answer) => shows.test(answer)), [])
        }))
    }
  })
}

const swapped = { box: DataValue.boundingBox([40, -10], [55.25, 20], "urn:ogc:def:crs:EPSG::4326") }
const declared = {
  xml: "<a:doc xmlns:a=\"urn:a\" xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" " +
    "xmlns:ows=\"http://www.opengis.net/ows/1.1\" xmlns:xlink=\"http://www.w3.org/1999/xlink\" wps=\"1\">" +
    "<a:b> &lt;b&gt; </a:b><?p i?></a:doc>"
}
const indented = { xml: "<a:doc xmlns:a=\"urn:a\" wps=\"1\">\n  <a:b> </a:b>\n  <?p i?>\n</a:doc>" }
const secret = Redacted.make("secret")

interface Server {
  readonly name: string
  readonly quirks: ReadonlyArray<Quirk.Quirk>
  readonly protocol: NonNullable<WpsClient.Options["protocol"]>
  readonly client: Program
}

const noDescription = wrong((wps) => wps.describe("echo"))({ _tag: "ServiceException", status: 200 })
const common = each(follows(), failsWell, downloads)
const pythonic = each(hasAll, describes, describesAll, echoes({ ...swapped, ...declared }), common, raw)

const servers: ReadonlyArray<Server> = [
  { name: "pyWps", quirks: Quirk.pyWps, protocol: [Wps200.Wps200, Wps100.Wps100], client: pythonic },
  { name: "pyWps", quirks: Quirk.pyWps, protocol: Wps100.Wps100, client: pythonic },
  {
    name: "pyWps",
    quirks: Quirk.pyWps,
    protocol: Wps200.Wps200,
    client: runFails({ _tag: "ServiceException", code: "MissingParameterValue" })
  },
  {
    name: "javaPs",
    quirks: Quirk.javaPs,
    protocol: Wps200.Wps200,
    client: each(hasAll, describesBackwards, describesAll, echoes(indented), common, raw, silently, dismissed)
  },
  {
    name: "geoServer",
    quirks: Quirk.geoServer,
    protocol: Wps100.Wps100,
    client: each(hasAll, describesAs({ dataType: Option.none() }), describesAll, echoes(), common, raw, dismissed)
  },
  {
    name: "llnl",
    quirks: Quirk.llnl,
    protocol: Wps100.Wps100,
    client: each(hasAll, noDescription, echoes(), follows(), failsWell)
  },
  {
    name: "fiftyTwoNorth",
    quirks: Quirk.fiftyTwoNorth,
    protocol: Wps100.Wps100,
    client: each(hasAll, describes, describesAll, echoes(), follows(), downloads, raw)
  },
  {
    name: "usgs",
    quirks: Quirk.usgs,
    protocol: Wps100.Wps100,
    client: each(
      hasAll,
      describes,
      describesAll,
      // A prefix that is a part of `xmlns` is thought to be used.
      echoes({ xml: given.xml.replace("<a:doc", "<a:doc xmlns:ns=\"http://www.opengis.net/wps/1.0.0\"") }),
      follows(),
      downloads,
      raw
    )
  },
  { name: "pyWps3", quirks: Quirk.pyWps3, protocol: Wps100.Wps100, client: everything },
  { name: "zoo", quirks: Quirk.zoo, protocol: Wps100.Wps100, client: everything },
  { name: "ceda", quirks: Quirk.ceda, protocol: Wps100.Wps100, client: everything },
  { name: "gsky", quirks: Quirk.gsky, protocol: Wps100.Wps100, client: everything },
  {
    name: "finch",
    quirks: [...Quirk.pyWps, ...Quirk.finch],
    protocol: Wps100.Wps100,
    client: each(
      wrong((wps) => wps.capabilities)(malformed),
      describes,
      echoes({
        ...swapped,
        xml: declared.xml.replace("\"http://www.opengis.net/ows/1.1\"", "\"http://www.opengis.net/ows/1.1.0\"")
      }),
      common
    )
  },
  {
    name: "twitcher",
    quirks: Quirk.twitcher(secret),
    protocol: Wps100.Wps100,
    client: each(hasAll, describes, runFails({ _tag: "AccessDenied", status: 401 }), () =>
      Effect.provide(
        Effect.flatMap(client(), each(echoes(), follows(), failsWell, downloads)),
        BearerAuth.layer(secret)
      ))
  }
]

describe("servers", () => {
  for (const { client: program, name, protocol, quirks } of servers) {
    const language = "length" in protocol ? "WPS 2.0 or 1.0.0" : `WPS ${protocol.version}`
    it.scopedLive(`${name} in ${language}`, () =>
      Effect.flatMap(client({ protocol }), program).pipe(Effect.provide(reach(quirks))))
  }
})

describe("docs/quirks.md", () => {
  const text = readFileSync(fileURLToPath(new URL("../../../docs/quirks.md", import.meta.url)), "utf8")
  const isNamed = (name: string, after = "") => new RegExp(`\`(?:Quirk\\.)?${name}(?:\\([^\`]*)?\`${after}`).test(text)

  it("names everything that the module has", () => {
    deepStrictEqual(Object.keys(Quirk).filter((name) => !isNamed(name)), [])
  })

  it("marks what is in the list of a server", () => {
    const names = new Set(
      servers.flatMap(({ quirks }) => quirks.map(({ name }) => name === "tornStatus" ? "tornStatusEvery" : name))
    )
    deepStrictEqual([...names].filter((name) => !isNamed(name, "\\\\\\*")), [])
  })
})

describe("a quirk", () => {
  it.scopedLive("counts for each job by itself, and for each output", () =>
    Effect.gen(function*() {
      const wps = yield* client()
      const bodies = (address: string) => send(HttpClientRequest.get(address))
      for (const _ of [1, 2]) {
        const job = yield* wps.execute(gated({}))
        const location = Option.getOrThrow(Option.flatMap(job.reference, (one) => one.statusLocation))
        deepStrictEqual([(yield* bodies(location))[0], (yield* bodies(location))[0]], [404, 200])
      }
      for (const _ of [1, 2]) {
        const { result } = yield* wps.run(stored({}))
        deepStrictEqual([(yield* bodies(result.href))[0], (yield* bodies(result.href))[0]], [500, 200])
      }
    }).pipe(Effect.provide(reach([Quirk.slowStatus404(1), Quirk.html500("GetOutput", 1)]))))

  it.scopedLive("that answers by itself lets nothing be run", () =>
    Effect.gen(function*() {
      const wps = yield* client()
      const { runs } = yield* Gate
      includes(yield* Effect.flip(wps.run(echo(given))), { _tag: "ServerBusy" })
      includes(yield* Effect.flip(wps.run(echo(given))), { _tag: "ServerBusy" })
      assert.strictEqual(yield* Ref.get(runs), 0)
      yield* echoes()(wps)
      assert.strictEqual(yield* Ref.get(runs), 1)
    }).pipe(Effect.provide(reach([Quirk.busy("Execute", 2)]))))

  it.scopedLive("changes what those before it have made", () =>
    Effect.gen(function*() {
      const [status, body] = yield* send(HttpClientRequest.get(WpsTest.url))
      deepStrictEqual([status, body], [418, "twice"])
    }).pipe(Effect.provide(reach([
      Quirk.make("once", ({ response }) => Effect.map(response, HttpServerResponse.setStatus(417))),
      Quirk.make("twice", ({ response }) =>
        Effect.map(response, ({ status }) => HttpServerResponse.text("twice", { status: status + 1 })))
    ]))))

  it.scopedLive("of a document leaves outputs as they are, which may be documents themselves", () =>
    Effect.gen(function*() {
      const wps = yield* client()
      const capabilities = yield* send(HttpClientRequest.get(`${WpsTest.url}/outputs/capabilities.xml`))
      assert.notInclude(capabilities[1], "<!--")
      assert.strictEqual(yield* textOf(yield* wps.raw(echo(given), { output: "xml" })), given.xml)
    }).pipe(Effect.provide(reach([Quirk.commented, Quirk.utf16], {
      files: {
        "capabilities.xml": {
          contentType: "text/xml",
          content: new TextEncoder().encode("<wps:Capabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\"/>")
        }
      }
    }))))
})

/** A client that waits within these bounds. */
const bounded = (
  version: "1.0.0" | "2.0.0",
  poll: WpsClient.Options["poll"] = {},
  timeout: WpsClient.Options["timeout"] = "1 minute"
) => client({ protocol: protocols[version], timeout, poll })

/** Lets time pass until it is done. */
const passed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.flatMap(Effect.fork(effect), (fiber) =>
    TestClock.adjust("1 minute").pipe(
      Effect.zipRight(Fiber.poll(fiber)),
      Effect.repeat({ until: Option.isSome }),
      Effect.zipRight(Fiber.join(fiber))
    ))

describe("no answer", () => {
  for (const version of versions) {
    it.scopedLive(`closesConnection is an error of the transport in WPS ${version}, and nothing is run`, () =>
      Effect.gen(function*() {
        const wps = yield* client({ protocol: protocols[version] })
        const { runs } = yield* Gate
        const error = yield* Effect.flip(wps.run(echo(given)))
        includes(error, { _tag: "TransportError", operation: "Execute" })
        deepStrictEqual([yield* Ref.get(runs), yield* Effect.flatMap(Answers, Ref.get)], [0, []])
        yield* echoes()(wps)
      }).pipe(Effect.provide(reach([Quirk.closesConnection("Execute", 1)]))))

    it.scopedLive(`closesConnection for some status reads is waited out in WPS ${version}`, () =>
      Effect.gen(function*() {
        yield* follows()(yield* client({ protocol: protocols[version] }))
      }).pipe(Effect.provide(reach([Quirk.closesConnection("GetStatus", 3), Quirk.commented]))))

    it.scoped(`neverAnswers is waited for as long as an answer may take in WPS ${version}`, () =>
      Effect.gen(function*() {
        const wps = yield* bounded(version, {}, "30 seconds")
        includes(yield* passed(Effect.flip(wps.describe("echo"))), {
          _tag: "TransportError",
          operation: "DescribeProcess",
          reason: "no answer within 30 s"
        })
        yield* describes(wps)
      }).pipe(Effect.provide(reach([Quirk.neverAnswers("DescribeProcess", 1)]))))

    it.scoped(`neverAnswers for a status read is waited out, or ends with the job's deadline, in WPS ${version}`, () =>
      Effect.gen(function*() {
        const { open } = yield* Gate
        yield* Deferred.succeed(open, true)
        const patient = yield* bounded(version)
        deepStrictEqual(yield* passed(patient.run(gated({}), { mode: "async" })), { result: true })
        const hasty = yield* bounded(version, { deadline: "20 seconds" })
        includes(yield* passed(Effect.flip(hasty.run(gated({}), { mode: "async" }))), {
          _tag: "JobTimeout",
          kind: "deadline"
        })
      }).pipe(Effect.provide(reach([Quirk.neverAnswers("GetStatus", 2)]))))
  }
})

describe("jobs that are slow", () => {
  const opened = Effect.flatMap(Gate, ({ open }) => Deferred.succeed(open, true))

  for (const version of versions) {
    for (const [state, tag] of [["Accepted", "Accepted"], ["Started", "Running"]] as const) {
      it.scoped(`stuckJobs stay ${state} in WPS ${version}, and a client tells`, () =>
        Effect.gen(function*() {
          yield* opened
          const wps = yield* bounded(version, { stallTimeout: "3 minutes" })
          const job = yield* wps.execute(gated({}))
          includes(yield* passed(Effect.flip(job.result)), { _tag: "JobTimeout", kind: "stalled" })
          assert.strictEqual((yield* job.status)._tag, tag)
        }).pipe(Effect.provide(reach([Quirk.stuckJobs(state)]))))
    }

    it.scoped(`queuedFor some time, a job is accepted and then run, in WPS ${version}`, () =>
      Effect.gen(function*() {
        yield* opened
        const wps = yield* bounded(version, { schedule: Schedule.spaced("1 minute") })
        const job = yield* wps.execute(gated({}))
        const started = yield* Clock.currentTimeMillis
        const states = yield* passed(Stream.runCollect(Stream.map(job.changes, ({ _tag }) => _tag)))
        deepStrictEqual([...states], ["Accepted", "Succeeded"])
        assert.isAtLeast((yield* Clock.currentTimeMillis) - started, 600_000)
      }).pipe(Effect.provide(reach([Quirk.queuedFor("10 minutes")]))))
  }

  it.scoped("stuckJobs can be dismissed", () =>
    Effect.gen(function*() {
      const job = yield* Effect.flatMap(bounded("2.0.0"), (wps) => wps.execute(gated({})))
      yield* job.dismiss
      includes(yield* Effect.flip(job.result), { _tag: "JobDismissed" })
    }).pipe(Effect.provide(reach([Quirk.stuckJobs()]))))
})

describe("on a socket", () => {
  const served = (...quirks: ReadonlyArray<Quirk.Quirk>) =>
    Layer.orDie(WpsServer.layer(implementations, { quirks })).pipe(
      Layer.provideMerge(Layer.effect(Gate, Effect.all({ open: Deferred.make<boolean>(), runs: Ref.make(0) })))
    )

  const packed = (http: Layer.Layer<HttpClient.HttpClient>) =>
    Effect.provide([Layer.provideMerge(http, served(Quirk.gzipUnasked)), Auth.layerAnonymous])

  const readsPacked = Effect.gen(function*() {
    const { url } = yield* WpsServer.WpsServer
    const wps = yield* client({ url })
    deepStrictEqual(yield* wps.run(echo(given)), expected)
    const { result } = yield* wps.run(stored({}))
    assert.strictEqual(yield* textOf(yield* wps.download(result)), "größe")
  })

  it.scopedLive("gzipUnasked is read over a client that unpacks", () => packed(FetchHttpClient.layer)(readsPacked))

  it.scopedLive("gzipUnasked is read over one that does not", () =>
    Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const response = yield* HttpClient.get(`${url}?service=WPS&request=GetCapabilities`)
      const bytes = new Uint8Array(yield* response.arrayBuffer)
      deepStrictEqual([response.headers["content-encoding"], bytes[0], bytes[1]], ["gzip", 0x1f, 0x8b])
      yield* readsPacked
    }).pipe(packed(NodeHttpClient.layerUndici)))

  it.scopedLive("closesConnection ends the connection, and neverAnswers holds it", () =>
    Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const wps = yield* client({ url })
      const error = yield* Effect.flip(send(HttpClientRequest.get(`${url}?service=WPS&request=GetCapabilities`)))
      includes(error, { _tag: "RequestError", reason: "Transport" })
      deepStrictEqual(yield* wps.run(echo(given)), expected)
      includes(yield* Effect.flip(wps.capabilities), { _tag: "TransportError" })
      const hasty = yield* client({ url, timeout: "200 millis" })
      const late = yield* Effect.flip(hasty.describe("echo"))
      includes(late, { _tag: "TransportError", reason: "no answer within 0.2 s" })
    }).pipe(Effect.provide([
      Layer.provideMerge(
        NodeHttpClient.layerUndici,
        served(Quirk.closesConnection("GetCapabilities"), Quirk.neverAnswers("DescribeProcess"))
      ),
      Auth.layerAnonymous
    ])))

  it.scopedLive("what has no body or no type is sent so, and what comes in pieces is refused", () =>
    Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const wps = yield* client({ url })
      const job = yield* wps.execute(stored({}))
      const location = Option.getOrThrow(Option.flatMap(job.reference, (one) => one.statusLocation))
      const empty = yield* HttpClient.get(location)
      deepStrictEqual([empty.status, yield* empty.text], [200, ""])
      const { result } = yield* job.result
      const output = yield* HttpClient.get(result.href)
      deepStrictEqual([output.status, output.headers["content-type"], yield* output.text], [200, undefined, "größe"])
      deepStrictEqual((yield* send(HttpClientRequest.setBody(HttpClientRequest.post(url), pieces)))[0], 500)
    }).pipe(Effect.provide([
      Layer.provideMerge(
        NodeHttpClient.layerUndici,
        served(Quirk.emptyStatus, Quirk.noContentType, Quirk.refusesChunked)
      ),
      Auth.layerAnonymous
    ])))
})
