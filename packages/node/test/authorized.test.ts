import { Auth, BearerAuth } from "@effect-wps/auth"
import { UndiciClient } from "@effect-wps/node"
import { HttpClient, HttpClientRequest, HttpServerRequest, HttpServerResponse } from "@effect/platform"
import { NodeHttpServer } from "@effect/platform-node"
import { assert, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Effect, Inspectable, Redacted, Ref } from "effect"
import { createServer } from "node:http"
import { inspect } from "node:util"

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
const renewing = Effect.map(
  Ref.make(0),
  (count) =>
    BearerAuth.layerEffect(Effect.map(Ref.updateAndGet(count, (n) => n + 1), (n) => Redacted.make(`token-${n}`)))
)

const authorized = (origin: string) =>
  Effect.gen(function*() {
    return yield* Auth.authorizeClient(yield* HttpClient.HttpClient, { auth: yield* Auth.Auth, origins: [origin] })
  })

const moved = (location: string, status: number) => HttpServerResponse.text("moved", { status, headers: { location } })

it.scopedLive("credentials and bodies stay with the origin that is named", () =>
  Effect.gen(function*() {
    const theirs = yield* serve(() => HttpServerResponse.text("theirs"))
    const ours = yield* serve(({ authorization, path }) => {
      const [, to = "", status = "302"] = path.split("/")
      return authorization !== "Bearer token-2"
        ? HttpServerResponse.text("who are you?", { status: 401 })
        : to === "out"
        ? moved(`${theirs.origin}/data?a=b`, Number(status))
        : to === "in"
        ? moved("/end", Number(status))
        : HttpServerResponse.text("ours")
    })
    const tokens = yield* renewing
    yield* Effect.gen(function*() {
      const client = yield* authorized(ours.origin)
      const send = (method: "GET" | "POST", path: string) => {
        const request = HttpClientRequest.make(method)(ours.origin + path, { headers: { cookie: "mine" } })
        return Effect.flatMap(
          client.execute(method === "POST" ? HttpClientRequest.bodyText(request, "<Execute/>") : request),
          (response) => response.text
        )
      }
      assert.strictEqual(yield* send("GET", "/out/302"), "theirs")
      assert.strictEqual(yield* send("POST", "/in/308"), "ours")
      assert.strictEqual(yield* send("POST", "/out/303"), "theirs")
      assert.strictEqual((yield* Effect.flip(send("POST", "/out/307")))._tag, "RedirectRefused")
      // One that is dropped again and again must not use up the connections.
      yield* Effect.forEach(Array.from({ length: 30 }), () => send("GET", "/in/302"))
    }).pipe(Effect.withSpan("test"), Effect.provide([tokens, UndiciClient.layer]))
    const get = {
      method: "GET",
      path: "/data?a=b",
      authorization: undefined,
      cookie: undefined,
      traced: false,
      body: ""
    }
    deepStrictEqual(yield* theirs.requests, [get, get])
    const mine = { cookie: "mine", traced: true, authorization: "Bearer token-2" }
    deepStrictEqual((yield* ours.requests).slice(0, 4), [
      { ...mine, method: "GET", path: "/out/302", authorization: "Bearer token-1", body: "" },
      { ...mine, method: "GET", path: "/out/302", body: "" },
      { ...mine, method: "POST", path: "/in/308", body: "<Execute/>" },
      { ...mine, method: "POST", path: "/end", body: "<Execute/>" }
    ])
  }))

it.scopedLive("errors and responses show no credentials, query or body", () =>
  Effect.gen(function*() {
    const cut = yield* Effect.acquireRelease(
      Effect.async<{ readonly origin: string; readonly close: () => void }>((resume) => {
        const server = createServer((request, response) => {
          if (request.url?.startsWith("/head")) return void request.socket.resetAndDestroy()
          response.writeHead(200, { "content-type": "text/plain", "content-length": 99 })
          response.write("token-body", () => request.socket.resetAndDestroy())
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          assert(typeof address === "object" && address !== null)
          resume(Effect.succeed({ origin: `http://127.0.0.1:${address.port}`, close: () => server.close() }))
        })
      }),
      ({ close }) => Effect.sync(close)
    )
    const tokens = yield* renewing
    yield* Effect.gen(function*() {
      const client = yield* authorized(cut.origin)
      for (const path of ["/head?key=token-query", "/body?key=token-query"]) {
        const cause = yield* client.get(cut.origin + path).pipe(
          Effect.flatMap((response) => response.text),
          Effect.sandbox,
          Effect.flip
        )
        const shown = [Cause.pretty(cause), inspect(cause, { depth: 20 }), Inspectable.toStringUnknown(cause)].join(
          "\n"
        )
        assert.include(shown, cut.origin)
        assert.notInclude(shown, "token-")
      }
    }).pipe(Effect.provide([tokens, UndiciClient.layer]))
  }))
