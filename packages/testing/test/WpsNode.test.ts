import { Auth, BearerAuth } from "@effect-wps/auth"
import { Quirk, WpsNode, WpsServer, WpsTest } from "@effect-wps/testing"
import { DataValue, Input, Operation, Output, Ows, Process, Wps100, WpsClient } from "@effect-wps/wps"
import { FetchHttpClient, HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Scope,
  Stream,
  TestClock
} from "effect"
import { includes } from "./support/includes.ts"

const echo = Process.make("echo", {
  title: "Echo",
  inputs: {
    text: Input.literal(Schema.String),
    bytes: Input.optional(Input.bytes("application/octet-stream")),
    box: Input.optional(Input.boundingBox("EPSG:4326")),
    json: Input.optional(Input.complex(Schema.Array(Schema.Number), "application/json"))
  },
  outputs: {
    text: Output.literal(Schema.String),
    bytes: Output.optional(Output.bytes("application/octet-stream")),
    box: Output.optional(Output.boundingBox("EPSG:4326")),
    json: Output.optional(Output.complex(Schema.Array(Schema.Number), "application/json"))
  }
})
const word = { result: Output.text("text/plain") }
const gated = Process.make("gated", { inputs: {}, outputs: word })
const files = Process.make("files", {
  inputs: { from: Input.literal(Schema.String) },
  outputs: { url: Output.literal(Schema.String) }
})
const wrong = (identifier: string) => Process.make(identifier, { inputs: {}, outputs: word })

class Broken extends Schema.TaggedError<Broken>()("Broken", { message: Schema.String }) {}

/** What opens the gated process, which says on its way that it runs. */
class Gate extends Context.Tag("@effect-wps/testing/test/WpsNode.test/Gate")<
  Gate,
  { readonly open: Deferred.Deferred<boolean>; readonly ended: Ref.Ref<number> }
>() {}

const layerGate = Layer.effect(
  Gate,
  Effect.all({ open: Deferred.make<boolean>(), ended: Ref.make(0) })
)

const implementations = [
  WpsNode.handle(echo, ({ bytes, box, json, text }) =>
    Effect.succeed({
      text,
      bytes: Option.fromNullable(bytes),
      box: Option.fromNullable(box),
      json: Option.fromNullable(json)
    })),
  WpsNode.handle(gated, (_, { pause, report }) =>
    Effect.gen(function*() {
      const { ended, open } = yield* Gate
      yield* report(42, "working & waiting")
      yield* Deferred.await(open).pipe(Effect.onInterrupt(() => Ref.update(ended, (times) => times + 1)))
      yield* pause(99, "nearly there")
      return { result: "opened" }
    })),
  WpsNode.handle(files, ({ from }, { load, store }) =>
    Effect.gen(function*() {
      const file = yield* load(from)
      if (Option.isNone(file)) return yield* new Broken({ message: `no file at ${from}` })
      return {
        url: yield* store("a b/ü.bin", { contentType: "image/png", content: file.value.content.slice().reverse() })
      }
    })),
  WpsNode.handle(wrong("fails"), () => new Broken({ message: "because" })),
  WpsNode.handle(
    wrong("refuses"),
    () =>
      Effect.fail(
        new Ows.OwsException({ code: "NotEnoughStorage", locator: Option.some("disk"), texts: ["full", "up"] })
      )
  ),
  WpsNode.handle(wrong("dies"), () => Effect.die(new Error("a bug"))),
  WpsNode.handle(wrong("throws"), (): Effect.Effect<never> => {
    // A handler may be anybody's code.
    // eslint-disable-next-line no-restricted-syntax
    throw new Error("a thrown bug")
  }),
  WpsNode.handle(wrong("unspeakable"), () => Effect.succeed({ result: "\u0000" }))
]

const options: WpsNode.Options = {
  title: "Node & <test>",
  files: { "in/a b.bin": { contentType: "application/x-netcdf", content: new Uint8Array([1, 2, 3, 0, 255]) } }
}

type Reached = HttpClient.HttpClient | WpsServer.WpsServer | Gate

const served = (options: WpsNode.Options) => Layer.orDie(WpsServer.layer(implementations, options))

/** The same node, reached in the ways there are. */
const transports: ReadonlyArray<readonly [name: string, (options: WpsNode.Options) => Layer.Layer<Reached>]> = [
  ["in memory", (options) =>
    Layer.merge(
      WpsTest.layerHttpClient(implementations, options),
      Layer.succeed(WpsServer.WpsServer, { url: WpsTest.url })
    ).pipe(Layer.provideMerge(layerGate))],
  ["on a socket, by undici", (options) =>
    Layer.merge(served(options), NodeHttpClient.layerUndici).pipe(
      Layer.provideMerge(layerGate)
    )],
  ["on a socket, by fetch", (options) =>
    Layer.merge(served(options), FetchHttpClient.layer).pipe(
      Layer.provideMerge(layerGate)
    )]
]

const client = (some?: Partial<WpsClient.Options>) =>
  Effect.flatMap(
    WpsServer.WpsServer,
    ({ url }) => WpsClient.make({ url, poll: { schedule: Schedule.spaced("5 millis") }, ...some })
  )

interface Answer {
  readonly status: number
  readonly contentType: string | undefined
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

/** Sends to an address below the node's origin, or to an absolute one. */
const send = (method: "GET" | "POST" | "PUT" | "DELETE" | "HEAD" | "OPTIONS", address: string, body?: string) =>
  Effect.gen(function*() {
    const { url } = yield* WpsServer.WpsServer
    const response = yield* HttpClient.execute(
      HttpClientRequest.make(method)(
        new URL(address, url).href,
        body === undefined ? {} : { body: HttpBody.text(body, "text/xml") }
      )
    )
    const answer: Answer = {
      status: response.status,
      contentType: response.headers["content-type"],
      headers: response.headers,
      body: yield* response.text
    }
    return answer
  })

const exceptionOf = ({ body, status }: Answer): string =>
  `${status} ${/exceptionCode="(.*?)"/.exec(body)?.[1]} ${/locator="(.*?)"/.exec(body)?.[1]}`

const ns = "xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\""

for (const [name, reach] of transports) {
  const test = <E>(title: string, program: Effect.Effect<void, E, Reached | Auth.Auth | Scope.Scope>) =>
    it.scopedLive(title, () =>
      program.pipe(
        Effect.provide([reach(options), Auth.layerAnonymous]),
        // Bugs in handlers are logged.
        Effect.provide(Logger.remove(Logger.defaultLogger))
      ))

  describe(`a node ${name}`, () => {
    test(
      "says what it has",
      Effect.gen(function*() {
        const { url } = yield* WpsServer.WpsServer
        const wps = yield* client()
        const { identification, operations, processes } = yield* wps.capabilities
        deepStrictEqual(Option.map(identification, (one) => one.titles), Option.some(["Node & <test>"]))
        deepStrictEqual(
          processes.map((one) => one.identifier),
          implementations.map((one) => one.process.identifier)
        )
        deepStrictEqual(
          operations.map((one) => [one.name, ...one.endpoints.map(({ href, method }) => `${method} ${href}`)]),
          [
            ["GetCapabilities", `GET ${url}`, `POST ${url}`],
            ["DescribeProcess", `GET ${url}`, `POST ${url}`],
            ["Execute", `GET ${url}`, `POST ${url}`]
          ]
        )
        deepStrictEqual((yield* wps.describe("echo")).inputs.map((one) => one.identifier), [
          "text",
          "bytes",
          "box",
          "json"
        ])
        assert.lengthOf(yield* wps.describeAll, implementations.length)
      })
    )

    test(
      "answers by POST as by GET",
      Effect.gen(function*() {
        const base = "/wps?service=WPS&request="
        includes(
          yield* send("POST", "/wps", `<wps:GetCapabilities ${ns} service="WPS"/>`),
          {
            status: 200,
            contentType: "text/xml; charset=utf-8",
            body: (yield* send("GET", `${base}GetCapabilities`)).body
          }
        )
        const described = yield* send("GET", `${base}DescribeProcess&version=1.0.0&Identifier=dies,echo`)
        const identifiers = "<ows:Identifier>dies</ows:Identifier><ows:Identifier>echo</ows:Identifier>"
        assert.strictEqual(
          (yield* send(
            "POST",
            "/wps",
            `<wps:DescribeProcess ${ns} service="WPS" version="1.0.0">${identifiers}</wps:DescribeProcess>`
          )).body,
          described.body
        )
        assert.strictEqual((yield* send("HEAD", `${base}GetCapabilities`)).status, 200)
      })
    )

    test(
      "takes parameter names in any case, and values as they are [A1.3]",
      Effect.gen(function*() {
        const plain = yield* send("GET", "/wps?service=WPS&request=DescribeProcess&version=1.0.0&Identifier=echo")
        const odd = yield* send("GET", "/wps?SERVICE=WPS&rEQUEST=DescribeProcess&Version=1.0.0&IDENTIFIER=echo")
        deepStrictEqual([odd.status, odd.body], [200, plain.body])
        const shouted = yield* send("GET", "/wps?service=WPS&request=DescribeProcess&version=1.0.0&Identifier=ECHO")
        assert.strictEqual(exceptionOf(shouted), "400 InvalidParameterValue identifier")
      })
    )

    test(
      "runs a process with every kind of value",
      Effect.gen(function*() {
        const wps = yield* client({ validate: "always" })
        const inputs = {
          text: "a <b> & \"c\"\r\n größe 🌍 ",
          bytes: Uint8Array.from({ length: 100_000 }, (_, index) => index % 256),
          box: DataValue.boundingBox([-90, -180], [90, 180.5], "EPSG:4326"),
          json: [1, 2.5, 1e-7]
        }
        deepStrictEqual(yield* wps.run(echo(inputs)), {
          text: inputs.text,
          bytes: Option.some(inputs.bytes),
          box: Option.some(inputs.box),
          json: Option.some(inputs.json)
        })
      })
    )

    test(
      "runs many at once, each for itself",
      Effect.gen(function*() {
        const wps = yield* client()
        const texts = Array.from({ length: 40 }, (_, index) => `number ${index}`)
        const all = yield* Effect.forEach(
          texts,
          (text, index) =>
            Effect.map(wps.run(echo({ text }), { mode: index % 2 === 0 ? "sync" : "async" }), (one) => one.text),
          {
            concurrency: "unbounded"
          }
        )
        deepStrictEqual(all, texts)
      })
    )

    test(
      "keeps a job, which says how far it is",
      Effect.gen(function*() {
        const { open } = yield* Gate
        const wps = yield* client()
        const job = yield* wps.execute(gated({}))
        const statuses = yield* Effect.fork(Stream.runCollect(job.changes))
        const running = yield* job.status.pipe(
          Effect.repeat({
            until: (status) =>
              status._tag === "Running" && status.percent._tag === "Some" && status.percent.value === 42
          })
        )
        assert.strictEqual(running.message, "working & waiting")
        yield* Deferred.succeed(open, true)
        deepStrictEqual(yield* job.result, { result: "opened" })
        assert.strictEqual([...yield* statuses].at(-1)?._tag, "Succeeded")
        const again = yield* wps.attach(Option.getOrThrow(job.reference), gated)
        deepStrictEqual(yield* again.result, { result: "opened" })
      })
    )

    const failures = [
      ["fails", "NoApplicableCode: because", "its own error by its message"],
      ["refuses", "NotEnoughStorage (disk): full up", "its own exception as it is"],
      ["dies", "a bug", "a defect"],
      ["throws", "a thrown bug", "a handler that throws before there is an effect"]
    ] as const
    for (const [identifier, says, what] of failures) {
      test(
        `a process that fails: ${what}`,
        Effect.gen(function*() {
          const wps = yield* client()
          for (const mode of ["sync", "async"] as const) {
            const error = yield* Effect.flip(wps.run(wrong(identifier)({}), { mode }))
            assert.strictEqual(error._tag, "ProcessFailed", mode)
            assert.include(error.message, says)
          }
          const raw = yield* Effect.flip(wps.raw(wrong(identifier)({})))
          includes(raw, { _tag: "ServiceException", status: 500 })
          assert.include(raw.message, says)
        })
      )
    }

    test(
      "says what it cannot write",
      Effect.gen(function*() {
        const wps = yield* client()
        const error = yield* Effect.flip(wps.run(wrong("unspeakable")({})))
        includes(error, { _tag: "ServiceException", status: 500 })
        assert.include(error.message, "U+0000")
      })
    )

    test(
      "serves its files, those that jobs keep, and outputs that are asked for by reference",
      Effect.gen(function*() {
        const { url } = yield* WpsServer.WpsServer
        const wps = yield* client()
        const bytesOf = (address: string) =>
          Effect.gen(function*() {
            const { contentLength, contentType, stream } = yield* wps.download(address)
            const bytes = yield* Stream.runFold(stream, new Array<number>(), (all, chunk) => [...all, ...chunk])
            return [Option.getOrUndefined(contentType), Option.getOrUndefined(contentLength), bytes] as const
          })
        const from = `${url}/outputs/in/a%20b.bin`
        deepStrictEqual(yield* bytesOf(from), ["application/x-netcdf", 5, [1, 2, 3, 0, 255]])
        const kept = yield* wps.run(files({ from }))
        assert.match(kept.url, /\/outputs\/[0-9a-f]{32}\/a%20b%2F%C3%BC\.bin$/)
        deepStrictEqual(yield* bytesOf(kept.url), ["image/png", 5, [255, 0, 3, 2, 1]])
        for (const missing of [`${url}/outputs/none`, `${url}/outputs/%E0%A4%A`, "http://elsewhere.example/a"]) {
          assert.include((yield* Effect.flip(wps.run(files({ from: missing })))).message, `no file at ${missing}`)
        }
        const stored = yield* wps.run(Operation.make({
          identifier: "echo",
          inputs: [["text", DataValue.literal("größe")]],
          outputs: [Operation.request("text", { asReference: true })]
        }))
        const reference = stored[0]?.data
        assert(reference?._tag === "Reference", "it is no reference")
        const [contentType, , bytes] = yield* bytesOf(reference.href)
        deepStrictEqual([contentType, new TextDecoder().decode(new Uint8Array(bytes))], [
          "text/plain; charset=utf-8",
          "größe"
        ])
      })
    )

    test(
      "has nothing anywhere else",
      Effect.gen(function*() {
        const paths = [
          "/",
          "/other",
          "/wpsx",
          "/wps/jobs/none",
          "/wps/jobs/",
          "/wps/outputs/none",
          "/wps/outputs/%E0%A4%A",
          "/wps/x"
        ]
        for (const path of paths) assert.strictEqual((yield* send("GET", path)).status, 404, path)
        assert.strictEqual((yield* send("POST", "/other", "<a/>")).status, 404)
        assert.strictEqual((yield* send("GET", "/wps/?service=WPS&request=GetCapabilities")).status, 200)
      })
    )

    test(
      "takes the methods that it takes, and says which",
      Effect.gen(function*() {
        for (const method of ["PUT", "DELETE", "OPTIONS"] as const) {
          const service = yield* send(method, "/wps")
          deepStrictEqual([service.status, service.headers["allow"]], [405, "GET, HEAD, POST"], method)
          const file = yield* send(method, "/wps/outputs/in/a%20b.bin")
          deepStrictEqual([file.status, file.headers["allow"]], [405, "GET, HEAD"], method)
        }
        assert.strictEqual((yield* send("POST", "/wps/outputs/in/a%20b.bin", "x")).status, 405)
        const head = yield* send("HEAD", "/wps/outputs/in/a%20b.bin")
        deepStrictEqual([head.status, head.body], [200, ""])
      })
    )

    test(
      "refuses malformed requests for what they are [A3.13] [D9]",
      Effect.gen(function*() {
        const gets = [
          ["", "400 MissingParameterValue service"],
          ["?service=WPS", "400 MissingParameterValue request"],
          ["?service=WFS&request=GetCapabilities", "400 InvalidParameterValue service"],
          ["?service=WPS&request=Dance", "501 OperationNotSupported request"],
          ["?service=WPS&request=Execute&version=1.0.0&Identifier=echo", "400 MissingParameterValue text"],
          ["?service=WPS&request=Execute&version=1.0.0", "400 MissingParameterValue identifier"],
          ["?service=WPS&request=Execute&version=2.0.0&Identifier=echo", "501 OperationNotSupported request"],
          ["?service=WPS&request=DescribeProcess&Identifier=echo", "400 MissingParameterValue version"],
          ["?service=WPS&request=DescribeProcess&version=3.0.0&Identifier=echo", "400 InvalidParameterValue version"],
          ["?service=WPS&request=GetCapabilities&version=3.0.0", "400 InvalidParameterValue version"],
          ["?service=WPS&request=DescribeProcess&version=2.0.0", "400 MissingParameterValue identifier"],
          ["?service=WPS&request=DescribeProcess&version=2.0.0&Identifier=,", "400 MissingParameterValue identifier"],
          ["?service=WPS&request=DescribeProcess&version=2.0.0&Identifier=none", "400 NoSuchProcess identifier"],
          ["?service=WPS&request=GetStatus&version=2.0.0", "400 MissingParameterValue JobID"],
          ["?service=WPS&request=GetStatus&version=2.0.0&jobid=none", "400 NoSuchJob none"],
          ["?service=WPS&request=GetStatus&version=1.0.0&jobid=none", "501 OperationNotSupported request"],
          ["?service=WPS&request=DescribeProcess&version=1.0.0", "400 MissingParameterValue identifier"],
          [
            "?service=WPS&request=DescribeProcess&version=1.0.0&Identifier=echo,none",
            "400 InvalidParameterValue identifier"
          ],
          [
            "?service=WPS&request=GetCapabilities&AcceptVersions=0.4.0,3.0.0",
            "400 VersionNegotiationFailed AcceptVersions"
          ]
        ] as const
        for (const [query, expected] of gets) {
          const answer = yield* send("GET", `/wps${query}`)
          assert.strictEqual(exceptionOf(answer), expected, query)
          assert.strictEqual(answer.contentType, "text/xml; charset=utf-8")
        }
        const execute = (inner: string, attributes = "service=\"WPS\" version=\"1.0.0\"") =>
          `<wps:Execute ${ns} ${attributes}>${inner}</wps:Execute>`
        const of = (process: string) => `<ows:Identifier>${process}</ows:Identifier>`
        const input = (inner: string) =>
          execute(`${of("echo")}<wps:DataInputs><wps:Input>${inner}</wps:Input></wps:DataInputs>`)
        const form = (inner: string) =>
          `<wps:DataInputs><wps:Input>${
            of("text")
          }<wps:Data><wps:LiteralData>1</wps:LiteralData></wps:Data></wps:Input></wps:DataInputs><wps:ResponseForm>${inner}</wps:ResponseForm>`
        const posts = [
          ["", "400 NoApplicableCode body"],
          ["not XML", "400 NoApplicableCode body"],
          [execute(of("echo")).slice(0, -5), "400 NoApplicableCode body"],
          [`<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]>${execute("&b;")}`, "400 NoApplicableCode body"],
          ["<a/>", "501 OperationNotSupported request"],
          [`<wps:DescribeProcess ${ns} service="WPS" version="1.0.0"/>`, "400 MissingParameterValue identifier"],
          [execute(of("echo"), "version=\"1.0.0\""), "400 MissingParameterValue service"],
          [execute(of("echo"), "service=\"WPS\""), "400 MissingParameterValue version"],
          [execute(of("echo"), "service=\"WPS\" version=\"9.0.0\""), "400 InvalidParameterValue version"],
          [execute(""), "400 MissingParameterValue Identifier"],
          [execute(of("none")), "400 InvalidParameterValue identifier"],
          [execute(of("echo")), "400 MissingParameterValue text"],
          [
            input(`${of("other")}<wps:Data><wps:LiteralData>1</wps:LiteralData></wps:Data>`),
            "400 InvalidParameterValue other"
          ],
          [
            input(
              `${
                of("text")
              }<wps:Data><wps:BoundingBoxData><ows:LowerCorner>1</ows:LowerCorner><ows:UpperCorner>2</ows:UpperCorner></wps:BoundingBoxData></wps:Data>`
            ),
            "400 InvalidParameterValue text"
          ],
          [
            input(
              `${
                of("json")
              }<wps:Reference xmlns:xlink="http://www.w3.org/1999/xlink" xlink:href="https://data.example.org/"/>`
            ),
            "400 InvalidParameterValue json"
          ],
          [
            execute(of("echo") + form(`<wps:RawDataOutput>${of("none")}</wps:RawDataOutput>`)),
            "400 InvalidParameterValue none"
          ],
          [
            execute(
              of("echo") + form(`<wps:ResponseDocument><wps:Output>${of("none")}</wps:Output></wps:ResponseDocument>`)
            ),
            "400 InvalidParameterValue none"
          ]
        ] as const
        for (const [body, expected] of posts) {
          assert.strictEqual(exceptionOf(yield* send("POST", "/wps", body)), expected, body)
        }
      })
    )

    const token = Redacted.make("s3cr3t")
    it.scopedLive("lets in who has the token, to everything, and nobody else to anything", () =>
      Effect.gen(function*() {
        for (
          const path of [
            "/wps?service=WPS&request=GetCapabilities",
            "/wps/jobs/1",
            "/wps/outputs/in/a%20b.bin",
            "/other"
          ]
        ) {
          const answer = yield* send("GET", path)
          deepStrictEqual(
            [answer.status, answer.headers["www-authenticate"]],
            [401, "Bearer realm=\"wps\""],
            path
          )
          assert.include(answer.body, "Authentication failed")
        }
        const run = (token: Redacted.Redacted) =>
          Effect.flatMap(client(), (wps) => wps.run(echo({ text: "in" }), { mode: "async" })).pipe(
            Effect.provide(BearerAuth.layer(token))
          )
        assert.strictEqual((yield* run(token)).text, "in")
        includes(yield* Effect.flip(run(Redacted.make("wrong"))), { _tag: "AccessDenied", status: 401 })
      }).pipe(Effect.provide([reach({ ...options, authorize: WpsNode.bearer(token) }), Auth.layerAnonymous])))

    it.scopedLive("answers at the path that it is given", () =>
      Effect.gen(function*() {
        const { url } = yield* WpsServer.WpsServer
        const wps = yield* client({ url: new URL("/", url).href })
        assert.strictEqual((yield* wps.run(echo({ text: "root" }), { mode: "async" })).text, "root")
      }).pipe(Effect.provide([reach({ ...options, path: "/" }), Auth.layerAnonymous])))

    it.live("ends the jobs that run when its layer ends", () =>
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(Layer.merge(reach(options), Auth.layerAnonymous), scope)
        const { ended } = Context.get(context, Gate)
        const job = yield* Effect.provide(Effect.flatMap(client(), (wps) => wps.execute(gated({}))), context).pipe(
          Scope.extend(scope)
        )
        yield* job.status.pipe(
          Effect.repeat({ until: (status) => status._tag === "Running" && status.message !== "The job has started" })
        )
        assert.strictEqual(yield* Ref.get(ended), 0)
        yield* Scope.close(scope, Exit.void)
        assert.strictEqual(yield* Ref.get(ended), 1)
      }))
  })
}

describe("a node that is told how jobs are named", () => {
  const seen: (states: Ref.Ref<ReadonlyArray<string>>) => NonNullable<WpsNode.Options["observe"]> =
    (states) => ({ jobId, outputs, status }, { identifier }) =>
      Ref.update(states, (all) => [
        ...all,
        `${identifier} ${Option.getOrElse(jobId, () => "")} ${status._tag} ${status.message} ${outputs.length}`
      ])

  it.scopedLive("names them so, puts their documents there, and tells of each of their states", () =>
    Effect.gen(function*() {
      const states = yield* Ref.make<ReadonlyArray<string>>([])
      const count = yield* Ref.make(0)
      const layer = WpsTest.layerHttpClient(implementations, {
        jobId: Effect.map(Ref.updateAndGet(count, (one) => one + 1), String),
        statusPath: "/status/of-{id}.xml",
        observe: seen(states)
      })
      yield* Effect.gen(function*() {
        const { open } = yield* Gate
        const wps = yield* WpsClient.make({
          url: WpsTest.url,
          protocol: Wps100.Wps100,
          poll: { schedule: Schedule.spaced("5 millis") }
        })
        const job = yield* wps.execute(gated({}))
        deepStrictEqual(
          Option.flatMap(job.reference, (one) => one.statusLocation),
          Option.some(`${WpsTest.url}/status/of-1.xml`)
        )
        yield* Deferred.succeed(open, true)
        deepStrictEqual(yield* job.result, { result: "opened" })
        deepStrictEqual(yield* wps.run(gated({}), { mode: "sync" }), { result: "opened" })
        includes(yield* Effect.flip(wps.run(wrong("fails")({}), { mode: "async" })), { _tag: "ProcessFailed" })
        for (const path of ["/status/of-9.xml", "/status/of-1", "/status/1.xml", "/jobs/1"]) {
          assert.strictEqual((yield* HttpClient.get(`${WpsTest.url}${path}`)).status, 404, path)
        }
        assert.strictEqual((yield* HttpClient.get(`${WpsTest.url}/status/of-1.xml`)).status, 200)
      }).pipe(Effect.provide(layer), Effect.provide([layerGate, Auth.layerAnonymous]))
      deepStrictEqual(yield* Ref.get(states), [
        "gated 1 Accepted The job is accepted 0",
        "gated 1 Running The job has started 0",
        "gated 1 Running working & waiting 0",
        "gated 1 Paused nearly there 0",
        "gated 1 Succeeded The job has succeeded 1",
        "fails 3 Accepted The job is accepted 0",
        "fails 3 Running The job has started 0",
        "fails 3 Failed NoApplicableCode: because 0"
      ])
    }))
})

describe("a node forgets", () => {
  const statusOf = (url: string) => Effect.map(HttpClient.get(url), ({ status }) => status)
  const keeps = Process.make("keeps", {
    inputs: {},
    outputs: { url: Output.literal(Schema.String), result: Output.reference(Output.text("text/plain")) }
  })
  const keeper = WpsNode.handle(keeps, (_, { store }) =>
    Effect.map(
      store("kept.txt", { contentType: "text/plain", content: new TextEncoder().encode("kept") }),
      (url) => ({ url, result: "result" })
    ))

  /** Runs it under the TestClock, and gives where the file and the output lie. */
  const run = (mode: "sync" | "async") =>
    Effect.gen(function*() {
      const wps = yield* WpsClient.make({ url: WpsTest.url })
      const fiber = yield* Effect.fork(wps.run(keeps({}), { mode }))
      yield* TestClock.adjust("10 seconds")
      const { result, url } = yield* Fiber.join(fiber)
      return [url, result.href]
    })

  for (const mode of ["sync", "async"] as const) {
    it.scoped(`what a job has stored, an hour after its end: ${mode}`, () =>
      Effect.gen(function*() {
        const ask = Effect.forEach(yield* run(mode), statusOf)
        deepStrictEqual(yield* ask, [200, 200])
        yield* TestClock.adjust("59 minutes")
        deepStrictEqual(yield* ask, [200, 200])
        yield* TestClock.adjust("2 minutes")
        deepStrictEqual(yield* ask, [404, 404])
      }).pipe(Effect.provide([WpsTest.layerHttpClient([keeper]), Auth.layerAnonymous])))

    it.scoped(`how often it was asked for what a job has stored: ${mode}`, () =>
      Effect.gen(function*() {
        const urls = yield* run(mode)
        const ask = Effect.forEach(urls, statusOf)
        deepStrictEqual(yield* ask, [500, 500])
        deepStrictEqual(yield* ask, [200, 200])
        yield* TestClock.adjust("2 hours")
        // What is not there is counted together.
        deepStrictEqual(yield* ask, [500, 404])
        deepStrictEqual(yield* run(mode), urls)
        deepStrictEqual(yield* ask, [500, 500])
      }).pipe(Effect.provide([
        WpsTest.layerHttpClient([keeper], {
          jobId: Effect.succeed("one"),
          quirks: [Quirk.html500("GetOutput", 1)]
        }),
        Auth.layerAnonymous
      ])))
  }
})

describe("a node tells", () => {
  it.scoped("the log of a bug in a handler, and of no failure", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const logger = Logger.make(({ cause, logLevel, message }) => {
        lines.push(`${logLevel.label} ${String(message)} ${Cause.pretty(cause)}`)
      })
      const wps = yield* WpsClient.make({ url: WpsTest.url })
      for (const identifier of ["throws", "dies", "fails", "refuses"]) {
        yield* Effect.flip(wps.run(wrong(identifier)({}), { mode: "sync" })).pipe(
          Effect.provide(Logger.replace(Logger.defaultLogger, logger))
        )
      }
      assert.lengthOf(lines, 2, lines.join("\n"))
      assert.match(
        lines[0] ?? "",
        /^ERROR The handler of throws has a bug Error: a thrown bug\n +at .*WpsNode\.test\.ts/
      )
      assert.match(lines[1] ?? "", /^ERROR The handler of dies has a bug Error: a bug\n/)
    }).pipe(
      Effect.provide([WpsTest.layerHttpClient(implementations), Auth.layerAnonymous]),
      Effect.provide(layerGate)
    ))

  it.scoped("which option it lacks for inputs by reference", () =>
    Effect.gen(function*() {
      const wps = yield* WpsClient.make({ url: WpsTest.url })
      const given = Operation.make({
        identifier: "echo",
        inputs: [["json", DataValue.reference("https://data.example.org/")]]
      })
      const error = yield* Effect.flip(wps.execute(given, { mode: "sync" }))
      assert.include(error.message, "This node takes no inputs by reference: it has no option `fetch`.")
    }).pipe(
      Effect.provide([WpsTest.layerHttpClient(implementations), Auth.layerAnonymous]),
      Effect.provide(layerGate)
    ))
})
