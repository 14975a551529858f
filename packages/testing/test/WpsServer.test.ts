import { Auth } from "@effect-wps/auth"
import { IdentityProvider, WpsNode, WpsServer } from "@effect-wps/testing"
import { Output, Process, WpsClient } from "@effect-wps/wps"
import type { HttpServerError } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Exit, Layer, Schema, Scope } from "effect"
import { connect } from "node:net"
import { includes } from "./support/includes.ts"

const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
const implementations = [WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))]

/** What comes back for some bytes on a connection until it ends, or why it could not be made. */
const exchange = (url: string, sent: string) =>
  Effect.async<string, string>((resume) => {
    const { hostname, port } = new URL(url)
    let received = ""
    const socket = connect(Number(port), hostname, () => socket.write(sent))
    socket.setEncoding("utf8").on("data", (text: string) => {
      received += text
    })
    socket.on("error", (error) => resume(Effect.fail("code" in error ? String(error.code) : error.message)))
    socket.on("close", () => resume(Effect.succeed(received)))
    return Effect.sync(() => socket.destroy())
  })

const open = <R>(layer: Layer.Layer<WpsServer.WpsServer, unknown, R>) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    const context = yield* Layer.buildWithScope(layer, scope)
    return { url: Context.get(context, WpsServer.WpsServer).url, close: Scope.close(scope, Exit.void) }
  })

describe("WpsServer", () => {
  it.live("listens on this machine alone until its layer ends", () =>
    Effect.gen(function*() {
      const { close, url } = yield* open(WpsServer.layer(implementations))
      assert.match(url, /^http:\/\/127\.0\.0\.1:\d+\/wps$/)
      const run = Effect.flatMap(WpsClient.make({ url }), (wps) => wps.run(answer({}))).pipe(
        Effect.scoped,
        Effect.provide([NodeHttpClient.layerUndici, Auth.layerAnonymous])
      )
      deepStrictEqual(yield* run, { value: 42 })
      yield* close
      assert.strictEqual(yield* Effect.flip(exchange(url, "")), "ECONNREFUSED")
      includes(yield* Effect.flip(run), { _tag: "TransportError", reason: "ECONNREFUSED" })
    }))

  it.live(
    "ends with the connections that are open, idle ones and those that wait for an answer",
    () =>
      Effect.gen(function*() {
        const arrived = yield* Deferred.make<boolean>()
        const { close, url } = yield* open(WpsServer.layer(implementations, {
          authorize: () => Effect.zipRight(Deferred.succeed(arrived, true), Effect.never)
        }))
        const idle = yield* Effect.fork(Effect.either(exchange(url, "")))
        const waiting = yield* Effect.fork(Effect.either(exchange(url, "GET /wps HTTP/1.1\r\nHost: a\r\n\r\n")))
        yield* Deferred.await(arrived)
        yield* close
        yield* idle
        yield* waiting
        assert.strictEqual(yield* Effect.flip(exchange(url, "")), "ECONNREFUSED")
      }),
    20_000
  )

  it.live("takes the port that it is given, and fails where that is taken", () =>
    Effect.gen(function*() {
      const { close, url } = yield* open(WpsServer.layer(implementations))
      const port = Number(new URL(url).port)
      const failing = (port: number) =>
        Effect.forEach(
          [Layer.build(WpsServer.layer(implementations, { port })), Layer.build(IdentityProvider.layer({ port }))],
          (built: Effect.Effect<unknown, HttpServerError.ServeError, Scope.Scope>) =>
            Effect.map(Effect.flip(Effect.scoped(built)), (error) => `${error._tag}: ${error.message}`)
        )
      const inUse =
        `ServeError: The port ${port} is in use. Take another one, or 0 for one that is free, or end what ` +
        "listens there."
      deepStrictEqual(yield* failing(port), [inUse, inUse])
      const impossible =
        "ServeError: The port 99999 cannot be opened (ERR_SOCKET_BAD_PORT). Take another one, or 0 for " +
        "one that is free."
      deepStrictEqual(yield* failing(99_999), [impossible, impossible])
      yield* close
      const again = yield* open(WpsServer.layer(implementations, { port, path: "/other" }))
      assert.strictEqual(again.url, `http://127.0.0.1:${port}/other`)
      yield* again.close
    }))

  it.live("answers what is no proper HTTP with a refusal, and goes on", () =>
    Effect.gen(function*() {
      const { close, url } = yield* open(WpsServer.layer(implementations))
      const status = (request: string) => Effect.map(exchange(url, request), (text) => text.split(" ")[1])
      const query = "/wps?service=WPS&request=GetCapabilities"
      assert.strictEqual(yield* status("nonsense\r\n\r\n"), "400")
      assert.strictEqual(yield* status(`GET ${query} HTTP/1.1\r\nHost: a b\r\nConnection: close\r\n\r\n`), "400")
      assert.strictEqual(yield* status(`GET //[ HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`), "400")
      assert.strictEqual(yield* status(`GET ${query} HTTP/1.0\r\n\r\n`), "200")
      assert.strictEqual(yield* status(`GET ${query} HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`), "200")
      yield* close
    }))
})
