import { Auth, BearerAuth } from "@effect-wps/auth"
import {
  FetchHttpClient,
  HttpClient,
  HttpClientRequest,
  type HttpClientResponse,
  HttpServerRequest,
  HttpServerResponse
} from "@effect/platform"
import { NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, type Layer, Redacted, Ref, Stream } from "effect"
// @effect-diagnostics-next-line nodeBuiltinImport:off
import { createServer } from "node:http"

interface Seen {
  readonly method: string
  readonly path: string
  readonly authorization: string | undefined
  readonly cookie: string | undefined
  readonly traced: boolean
  readonly body: string
}

/** A server on a free port of the loopback interface that remembers what it was asked. */
const serve = (handler: (seen: Seen) => HttpServerResponse.HttpServerResponse) =>
  Effect.gen(function*() {
    const requests = yield* Ref.make<ReadonlyArray<Seen>>([])
    const server = yield* NodeHttpServer.make(() => createServer(), { host: "127.0.0.1", port: 0 })
    yield* server.serve(
      Effect.gen(function*() {
        const { headers, method, text, url } = yield* HttpServerRequest.HttpServerRequest
        const seen = {
          method,
          path: url,
          authorization: headers["authorization"],
          cookie: headers["cookie"],
          traced: headers["traceparent"] !== undefined,
          body: yield* text
        }
        yield* Ref.update(requests, (all) => [...all, seen])
        return handler(seen)
      })
    )
    assert(server.address._tag === "TcpAddress")
    return { origin: `http://127.0.0.1:${server.address.port}`, requests: Ref.get(requests) }
  })

/** The tokens token-1, token-2, … one each time that it is asked. */
const renewing = (tokens: Ref.Ref<number>) =>
  BearerAuth.layerEffect(Effect.map(Ref.updateAndGet(tokens, (n) => n + 1), (n) => Redacted.make(`token-${n}`)))

const moved = (status: number, location: string) => HttpServerResponse.text("moved", { status, headers: { location } })

const clients: Record<string, Layer.Layer<HttpClient.HttpClient>> = {
  FetchHttpClient: FetchHttpClient.layer,
  "NodeHttpClient.layerUndici": NodeHttpClient.layerUndici,
  "NodeHttpClient.layer": NodeHttpClient.layer
}

describe.each(Object.entries(clients))("over %s", (_name, layer) => {
  it.scoped("credentials and bodies stay with the origin that is named", () =>
    Effect.gen(function*() {
      const theirs = yield* serve(() => HttpServerResponse.text("theirs"))
      const ours = yield* serve(({ authorization, path }) => {
        const [, to = "", status = "302"] = path.split("/")
        return authorization !== "Bearer token-2"
          ? HttpServerResponse.text("who are you?", { status: 401 })
          : to === "out"
          ? moved(Number(status), `${theirs.origin}/data?a=b`)
          : to === "in"
          ? moved(Number(status), "/end")
          : HttpServerResponse.text("ours")
      })
      const tokens = yield* Ref.make(0)
      yield* Effect.gen(function*() {
        const client = yield* Auth.authorizeClient(yield* HttpClient.HttpClient, {
          auth: yield* Auth.Auth,
          origins: [ours.origin]
        })
        const send = (method: "GET" | "POST", path: string) => {
          const request = HttpClientRequest.make(method)(ours.origin + path, { headers: { cookie: "mine" } })
          return Effect.flatMap(
            client.execute(method === "POST" ? HttpClientRequest.bodyText(request, "<Execute/>") : request),
            (response) => response.text
          )
        }
        assert.strictEqual(yield* send("GET", "/out/302"), "theirs")
        assert.strictEqual(yield* send("GET", "/in/307"), "ours")
        assert.strictEqual(yield* send("POST", "/in/308"), "ours")
        assert.strictEqual(yield* send("POST", "/out/303"), "theirs")
        assert.strictEqual((yield* Effect.flip(send("POST", "/out/307")))._tag, "RedirectRefused")
        assert.strictEqual((yield* Effect.flip(send("POST", "/in/302")))._tag, "RedirectRefused")
        // One that is dropped again and again must not use up the connections.
        yield* Effect.forEach(Array.from({ length: 30 }), () => send("GET", "/in/302"))
      }).pipe(
        Effect.withSpan("test"),
        Effect.provide([renewing(tokens), layer])
      )
      deepStrictEqual(yield* theirs.requests, [
        { method: "GET", path: "/data?a=b", authorization: undefined, cookie: undefined, traced: false, body: "" },
        { method: "GET", path: "/data?a=b", authorization: undefined, cookie: undefined, traced: false, body: "" }
      ])
      const mine = { cookie: "mine", traced: true }
      deepStrictEqual((yield* ours.requests).slice(0, 6), [
        { ...mine, method: "GET", path: "/out/302", authorization: "Bearer token-1", body: "" },
        { ...mine, method: "GET", path: "/out/302", authorization: "Bearer token-2", body: "" },
        { ...mine, method: "GET", path: "/in/307", authorization: "Bearer token-2", body: "" },
        { ...mine, method: "GET", path: "/end", authorization: "Bearer token-2", body: "" },
        { ...mine, method: "POST", path: "/in/308", authorization: "Bearer token-2", body: "<Execute/>" },
        { ...mine, method: "POST", path: "/end", authorization: "Bearer token-2", body: "<Execute/>" }
      ])
    }))

  it.scoped("a refusal that is read from the body leaves the body to be read", () =>
    Effect.gen(function*() {
      const server = yield* serve(({ authorization }) => HttpServerResponse.text(authorization ?? "none"))
      const tokens = yield* Ref.make(0)
      yield* Effect.gen(function*() {
        const client = yield* Auth.authorizeClient(yield* HttpClient.HttpClient, {
          auth: yield* Auth.Auth,
          origins: [server.origin],
          refusal: (response) =>
            Effect.orElseSucceed(Effect.map(response.text, (text) => text.endsWith("-1")), () => false)
        })
        for (
          const read of [
            (response: HttpClientResponse.HttpClientResponse) => response.text,
            (response: HttpClientResponse.HttpClientResponse) =>
              Effect.map(response.arrayBuffer, (buffer) => new TextDecoder().decode(buffer)),
            (response: HttpClientResponse.HttpClientResponse) => Stream.mkString(Stream.decodeText(response.stream))
          ]
        ) {
          assert.strictEqual(yield* read(yield* client.get(server.origin)), "Bearer token-2")
        }
      }).pipe(
        Effect.provide([renewing(tokens), layer])
      )
    }))

  it.scoped("HEAD, and responses without a body, are followed and retried", () =>
    Effect.gen(function*() {
      const server = yield* serve(({ authorization, path }) =>
        authorization !== "Bearer token-2"
          ? HttpServerResponse.empty({ status: 401 })
          : path === "/from"
          ? HttpServerResponse.empty({ status: 302, headers: { location: "/end" } })
          : HttpServerResponse.empty({ status: 204 })
      )
      const tokens = yield* Ref.make(0)
      yield* Effect.gen(function*() {
        const client = yield* Auth.authorizeClient(yield* HttpClient.HttpClient, {
          auth: yield* Auth.Auth,
          origins: [server.origin]
        })
        assert.strictEqual((yield* client.head(`${server.origin}/from`)).status, 204)
        deepStrictEqual((yield* server.requests).map(({ method, path }) => `${method} ${path}`), [
          "HEAD /from",
          "HEAD /from",
          "HEAD /end"
        ])
      }).pipe(
        Effect.provide([renewing(tokens), layer])
      )
    }))
})
