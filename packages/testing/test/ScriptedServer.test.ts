import { Auth } from "@effect-wps/auth"
import { ScriptedServer } from "@effect-wps/testing"
import { Operation, WpsClient } from "@effect-wps/wps"
import { HttpBody, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Fiber, Layer, Stream, TestClock } from "effect"

const sent = Effect.flatMap(ScriptedServer.ScriptedServer, (server) => server.sent)

describe("ScriptedServer", () => {
  it.effect("answers as it is told to, whatever the address, and remembers what it was sent", () =>
    Effect.gen(function*() {
      const first = yield* HttpClient.get("https://a.example.org/x?y=%20z")
      assert.strictEqual(first.status, 200)
      assert.strictEqual(yield* first.text, "")
      const second = yield* HttpClient.execute(
        HttpClientRequest.post("http://b.example.org:8080/").pipe(
          HttpClientRequest.setHeader("X-Trace", "1"),
          HttpClientRequest.setBody(
            HttpBody.stream(Stream.make(new Uint8Array([0xc3]), new Uint8Array([0xa9])), "a/b", 2)
          )
        )
      )
      assert.strictEqual(second.status, 404)
      assert.strictEqual(second.headers["x-before"], "https://a.example.org/x?y=%20z")
      deepStrictEqual(new Uint8Array(yield* second.arrayBuffer), new Uint8Array([0, 255]))
      const [one, other, ...rest] = yield* sent
      assert.lengthOf(rest, 0)
      assert.deepInclude(one, { method: "GET", url: "https://a.example.org/x?y=%20z", body: "" })
      assert.deepInclude(other, { method: "POST", url: "http://b.example.org:8080/", body: "é" })
      assert.strictEqual(other?.headers["x-trace"], "1")
    }).pipe(Effect.provide(ScriptedServer.layer((_, before) =>
      before[0] === undefined
        ? {}
        : { status: 404, headers: { "x-before": before[0].url }, body: new Uint8Array([0, 255]) }
    ))))

  it.effect("cuts the connection, or never answers", () =>
    Effect.gen(function*() {
      const cut = yield* Effect.flip(HttpClient.post("https://example.org/"))
      assert.deepInclude(cut, { _tag: "RequestError", reason: "Transport" })
      const waiting = yield* Effect.fork(HttpClient.get("https://example.org/").pipe(Effect.timeoutOption("1 minute")))
      yield* TestClock.adjust("1 minute")
      assert.strictEqual((yield* Fiber.join(waiting))._tag, "None")
    }).pipe(Effect.provide(ScriptedServer.layer(({ method }) => method === "POST" ? "cut" : "never"))))

  it.effect("stands behind a client of a service", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.run(Operation.make({ identifier: "p", outputs: ["o"] })))
      assert.deepInclude(error, { _tag: "UnexpectedResponse", kind: "html" })
      const [execute] = yield* sent
      assert.include(execute?.body, "<ows:Identifier>p</ows:Identifier>")
    }).pipe(Effect.provide(
      WpsClient.layer({ url: "https://example.org/wps" }).pipe(
        Layer.provide(Auth.layerAnonymous),
        Layer.provideMerge(
          ScriptedServer.layer(() => ({
            headers: { "content-type": "text/html" },
            body: "<html>down for a day</html>"
          }))
        )
      )
    )))
})
