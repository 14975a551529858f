import { HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { Context, Effect, Layer } from "effect"
import * as PyWps from "../support/PyWps.ts"
import * as Venv from "../support/Venv.ts"

const getCapabilities = Effect.fnUntraced(function*(url: string) {
  const response = yield* HttpClient.get(url, { urlParams: { service: "WPS", request: "GetCapabilities" } })
  return { status: response.status, body: yield* response.text }
})

layer(Layer.merge(PyWps.layer, NodeHttpClient.layerUndici), { timeout: "5 minutes" })("the PyWPS server", (it) => {
  it.effect("answers GetCapabilities with the processes of the tests", () =>
    Effect.gen(function*() {
      const { url } = yield* PyWps.PyWps
      const { body, status } = yield* getCapabilities(url)
      assert.strictEqual(status, 200)
      for (const process of ["literals", "constrained", "json", "bbox", "multi", "stored", "wait", "fail"]) {
        assert.include(body, `<ows:Identifier>${process}</ows:Identifier>`)
      }
    }))
})

describe("its layer", () => {
  it.live("ends the server with its scope", () =>
    Effect.gen(function*() {
      const { url } = yield* Effect.scoped(Effect.map(Layer.build(PyWps.layer), Context.get(PyWps.PyWps)))
      const error = yield* Effect.flip(getCapabilities(url))
      assert.strictEqual(error._tag, "RequestError")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)), 300_000)

  it.effect("says what to install where there is no Python", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        Venv.python({ requirements: "none.txt", cache: "none" }, "python-that-is-not-there")
      )
      assert.strictEqual(error._tag, "PythonMissing")
      assert.include(error.message, "install Python 3.11 or newer")
    }).pipe(Effect.provide(NodeContext.layer)))
})
