/**
 * A Twitcher 0.11.3 in front of a WPS server, which lets a process be run only by who has a token of Keycloak. It is alive
 * as long as the scope of its layer.
 *
 * It checks tokens by the key of the realm `compute-cluster`, and asks nobody: a token that was revoked is taken until it
 * expires. What a service offers can be read by everybody, and status documents are the server's own, on its own origin.
 */
import { FileSystem, HttpClient, HttpClientRequest, HttpClientResponse, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Schema } from "effect"
import * as Keycloak from "./Keycloak.ts"
import * as Tool from "./Tool.ts"
import * as Venv from "./Venv.ts"

export class Twitcher extends Context.Tag("effect-wps/e2e/support/Twitcher")<Twitcher, {
  /** The WPS endpoint that it guards. */
  readonly url: string
}>() {}

const make = Effect.fnUntraced(function*<E, R>(name: string, behind: Effect.Effect<string, E, R>) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { issuer } = yield* Keycloak.Keycloak
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.filterStatusOk
  )
  const here = (name: string) => path.fromFileUrl(new URL(name, import.meta.url))
  const cache = yield* here("../../.cache/e2e/twitcher")
  const python = yield* Venv.python({ cache, requirements: yield* here("../twitcher/requirements.txt") })
  const { public_key } = yield* client.get(issuer("compute-cluster")).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ public_key: Schema.String })))
  )

  const port = yield* Tool.freePort
  const origin = `http://127.0.0.1:${port}`
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "twitcher-" })
  yield* Tool.server({
    name: "Twitcher",
    command: python,
    args: [yield* here("../twitcher/serve.py"), "--work", work, "--port", String(port), "--key", public_key],
    log: path.join(cache, "twitcher.log"),
    ready: client.get(origin),
    patience: Duration.seconds(60)
  })

  const register = yield* HttpClientRequest.post(`${origin}/services`).pipe(
    HttpClientRequest.basicAuth("registrar", "registrar"),
    HttpClientRequest.bodyJson({ name, url: yield* behind, type: "wps", auth: "token" })
  )
  yield* client.execute(register)
  return Twitcher.of({ url: `${origin}/ows/proxy/${name}` })
})

/**
 * Installs Twitcher at the first use, starts it in front of the WPS endpoint `behind`, which it calls `name`, and kills it
 * with the scope.
 */
export const layer = <E, R>(name: string, behind: Effect.Effect<string, E, R>) =>
  Layer.scoped(Twitcher, make(name, behind)).pipe(
    Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
  )
