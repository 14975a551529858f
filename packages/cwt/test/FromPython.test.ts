import { Auth, BearerAuth, CustomAuth } from "@effect-wps/auth"
import { Cdat, DataInputs, Domain, Processes, Variable, Workflow } from "@effect-wps/cwt"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Execute, Output, Process, Wps100, WpsClient, type WpsProtocol } from "@effect-wps/wps"
import { Headers, HttpClient, HttpClientRequest, HttpClientResponse, UrlParams } from "@effect/platform"
import { assert, describe, expectTypeOf, it, vi } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { ConfigProvider, Effect, Either, Layer, Logger, Option, Redacted, Schema } from "effect"
import { text } from "./support/json.ts"

interface Sent {
  readonly method: string
  readonly url: URL
  readonly headers: Headers.Headers
  readonly body: string
}

const url = "https://compute.example.org/wps"

const answer = Either.getOrThrow(Wps100.Wps100.encodeResponse({
  _tag: "ExecuteResponse",
  value: Execute.response(Execute.JobStatus.Succeeded({ message: "", percent: Option.none() }), {
    outputs: [{
      identifier: "output",
      title: Option.none(),
      abstract: Option.none(),
      data: DataValue.complexText(`[{"uri":"https://data.example.org/out.nc","id":"tas|out"}]`, "application/json")
    }]
  })
}))

/** A service that answers every Execute, offers a cookie, and keeps what it was sent. */
const service = () => {
  const sent: Array<Sent> = []
  const client = HttpClient.make((request, url) =>
    Effect.sync(() => {
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      sent.push({ method: request.method, url, headers: request.headers, body })
      return HttpClientResponse.fromWeb(
        request,
        new Response(answer, {
          headers: { "content-type": "text/xml; charset=utf-8", "set-cookie": "session=s3cr3t; Path=/" }
        })
      )
    })
  )
  return { sent, layer: Layer.succeed(HttpClient.HttpClient, client) }
}

const client = (
  http: Layer.Layer<HttpClient.HttpClient>,
  auth: Layer.Layer<Auth.Auth>,
  options: Partial<WpsClient.Options> = {}
) => WpsClient.layer({ url, ...options }).pipe(Layer.provide([http, auth]))

const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas", id: "v0" })
const subset = Cdat.subset({
  id: "s",
  inputs: [tas],
  domain: Domain.make({ lat: [-90, 0] }, { id: "d0" }),
  method: "nearest"
})

/** A document that was sent, and the three inputs in it. */
const read = (body: string) =>
  Either.gen(function*() {
    const request = yield* Wps100.Wps100.decodeRequest(body)
    if (request._tag !== "Execute") return yield* Either.left(`a ${request._tag}`)
    return { response: request.request.response, inputs: yield* DataInputs.fromInputs(request.request.inputs) }
  }).pipe(Either.getOrThrow)

const plain = Process.make("plain", { inputs: {}, outputs: { out: Output.literal(Schema.String) } })

describe("what ESGF's Python client does wrong", () => {
  it.effect("[F5.27] a call is one request, and clients share no credentials, headers or cookies", () =>
    Effect.gen(function*() {
      const { layer, sent } = service()
      const run = WpsClient.run(subset)
      const ada = client(layer, BearerAuth.layer(Redacted.make("ada")))
      const anonymous = client(layer, Auth.layerAnonymous)
      yield* Effect.all([run, run]).pipe(Effect.provide(ada))
      yield* run.pipe(Effect.provide(anonymous))
      deepStrictEqual(
        sent.map(({ headers, method }) => [method, Option.getOrNull(Headers.get(headers, "authorization"))]),
        [["POST", "Bearer ada"], ["POST", "Bearer ada"], ["POST", null]]
      )
      assert.isTrue(sent.every(({ headers }) => Option.isNone(Headers.get(headers, "cookie"))))
    }))

  it.effect("[F5.27] [F5.45] importing changes nothing of the program that imports", () =>
    Effect.gen(function*() {
      const state = () => ({
        // Symbols are vitest's own, whose modules are loaded again too.
        globals: Object.getOwnPropertyNames(globalThis).map((key) => [key, Reflect.get(globalThis, key)] as const),
        listeners: process.eventNames().map((name) => [name, process.listenerCount(name)] as const)
      })
      const before = state()
      vi.resetModules()
      const again = yield* Effect.promise(() => import("@effect-wps/cwt"))
      assert.notStrictEqual(again.Variable.make, Variable.make)
      const after = state()
      deepStrictEqual(after.listeners, before.listeners)
      deepStrictEqual(after.globals.map(([key]) => key), before.globals.map(([key]) => key))
      for (const [index, [key, value]] of before.globals.entries()) {
        assert.isTrue(Object.is(after.globals[index]?.[1], value), key)
      }
    }))

  it("[F5.31] a client without an Auth, or with something else in its place, does not compile", () => {
    const unauthorized = WpsClient.layer({ url }).pipe(Layer.provide(service().layer))
    expectTypeOf<Layer.Layer.Context<typeof unauthorized>>().toEqualTypeOf<Auth.Auth>()
    // @ts-expect-error a token is no Auth
    Layer.provide(unauthorized, "abcd")
    // @ts-expect-error nor is it an option
    WpsClient.layer({ url, auth: "abcd" })
  })

  it.effect("[F5.31] no variable of the environment makes the client talk", () =>
    Effect.gen(function*() {
      const lines: Array<unknown> = []
      const { layer } = service()
      yield* WpsClient.run(subset).pipe(
        Effect.provide(client(layer, BearerAuth.layer(Redacted.make("ada")))),
        Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["WPS_LOG", "1"], ["WPS_LOG_LEVEL", "debug"]]))),
        Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void lines.push(message))))
      )
      deepStrictEqual(lines, [])
    }))

  it.effect("[F5.32] what authenticates goes with a POST too, in the query as well, and into no other request", () =>
    Effect.gen(function*() {
      const { layer, sent } = service()
      const given = { "x-project": "cmip6" }
      const transformClient = HttpClient.mapRequest(HttpClientRequest.setHeaders(given))
      const keyed = CustomAuth.layer({
        key: "key",
        apply: ({ headers, query, store }) =>
          Effect.succeed({
            headers: Headers.set(headers, "x-key", "k"),
            query: UrlParams.set(query, "api_key", "k"),
            store
          })
      })
      yield* WpsClient.run(subset).pipe(Effect.provide(client(layer, keyed, { transformClient })))
      yield* WpsClient.run(subset).pipe(Effect.provide(client(layer, Auth.layerAnonymous, { transformClient })))
      deepStrictEqual(
        sent.map(({ headers, method, url }) => [method, url.search, headers["x-key"], headers["x-project"]]),
        [["POST", "?api_key=k", "k", "cmip6"], ["POST", "", undefined, "cmip6"]]
      )
      deepStrictEqual(given, { "x-project": "cmip6" })
    }))

  it.effect("[F2.4] [F5.33] how the answer comes is asked of the service, and is no parameter of the operation", () =>
    Effect.gen(function*() {
      const { layer, sent } = service()
      yield* Effect.all([
        WpsClient.execute(subset),
        WpsClient.run(subset),
        WpsClient.run(Workflow.update(subset, { parameters: { status: "any", lineage: "x" } }), { mode: "async" })
      ]).pipe(Effect.provide(client(layer, Auth.layerAnonymous)))
      const documents = sent.map(({ body }) => read(body))
      deepStrictEqual(
        documents.map(({ response }) => [response._tag, response.mode]),
        [["Document", "async"], ["Document", "sync"], ["Document", "async"]]
      )
      assert.match(sent[0]?.body ?? "", /storeExecuteResponse="true"[^>]* status="true"|status="true"[^>]* storeExec/)
      const operations = documents.map(({ inputs }) => text(inputs.operation))
      const operation = `{"name":"CDAT.subset","result":"s","domain":"d0","input":["v0"],"method":"nearest"`
      deepStrictEqual(operations, [
        `[${operation}}]`,
        `[${operation}}]`,
        `[${operation},"status":"any","lineage":"x"}]`
      ])
    }))

  it.effect("[F5.35] an Execute goes by GET, and what a query cannot carry is refused before it", () =>
    Effect.gen(function*() {
      const { layer, sent } = service()
      const protocol: WpsProtocol.WpsProtocol = Wps100.byGet({ dialect: "esgf" })
      const byGet = client(layer, Auth.layerAnonymous, { protocol })
      const { uri } = yield* WpsClient.run(subset).pipe(Effect.provide(byGet))
      assert.strictEqual(uri, "https://data.example.org/out.nc")
      assert.lengthOf(sent, 1)
      assert.strictEqual(sent[0]?.method, "GET")
      const written = sent[0]?.url.searchParams
      assert.strictEqual(written?.get("Identifier"), "CDAT.subset")
      deepStrictEqual(
        DataInputs.parse(written?.get("DataInputs") ?? ""),
        Either.right(yield* Workflow.encode(subset))
      )
      const keyed = Variable.make({ uri: "https://data.example.org/tas.nc?a=b", name: "tas" })
      const error = yield* WpsClient.run(Cdat.abs({ inputs: [keyed] })).pipe(Effect.flip, Effect.provide(byGet))
      assert.strictEqual(error._tag, "InvalidInputs")
      assert.lengthOf(sent, 1)
    }))

  it.effect("[F5.37] a process without an abstract is a process", () =>
    Effect.gen(function*() {
      const { processes } = yield* WpsClient.capabilities
      deepStrictEqual(processes.map(({ abstract, identifier }) => [identifier, abstract]), [["plain", Option.none()]])
      deepStrictEqual([...Processes.group(processes).keys()], ["General"])
    }).pipe(Effect.provide([
      WpsTest.layer([WpsNode.handle(plain, () => Effect.succeed({ out: "" }))]),
      Auth.layerAnonymous
    ])))
})
