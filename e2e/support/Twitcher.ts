/**
 * A Twitcher 0.11.3 in front of the PyWPS server, which lets a process be run only by who has a token of Keycloak. It is
 * alive as long as the scope of its layer.
 *
 * It checks tokens by the key of the realm `compute-cluster`, and asks nobody: a token that was revoked is taken until it
 * expires. What a service offers can be read by everybody, and status documents are PyWPS's own, on its own origin.
 */
import {
  FileSystem,
  HttpBody,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  Path,
  UrlParams
} from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Schema } from "effect"
import * as Keycloak from "./Keycloak.ts"
import { alice } from "./KeycloakRealms.ts"
import * as PyWps from "./PyWps.ts"
import * as Tool from "./Tool.ts"
import * as Venv from "./Venv.ts"

export class Twitcher extends Context.Tag("effect-wps/e2e/support/Twitcher")<Twitcher, {
  /** The WPS endpoint that it guards. */
  readonly url: string
}>() {}

const realm = "compute-cluster"

/**
 * Gives Alice the roles that everybody has who signs up: an imported user has none. They make her tokens be for `account`,
 * which Twitcher asks of a token.
 */
const giveRoles = Effect.fnUntraced(function*(client: HttpClient.HttpClient) {
  const { url } = yield* Keycloak.Keycloak
  const admin = { grant_type: "password", client_id: "admin-cli", username: "admin", password: "admin" }
  const { access_token } = yield* client.post(`${url}/realms/master/protocol/openid-connect/token`, {
    body: HttpBody.urlParams(UrlParams.fromInput(admin))
  }).pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ access_token: Schema.String }))))
  const asAdmin = HttpClient.mapRequest(client, (request) =>
    request.pipe(
      HttpClientRequest.prependUrl(`${url}/admin/realms/${realm}`),
      HttpClientRequest.bearerToken(access_token)
    ))
  const [{ id }] = yield* asAdmin.get("/users", { urlParams: { username: alice.username, exact: true } }).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Tuple(Schema.Struct({ id: Schema.String }))))
  )
  const role = yield* Effect.flatMap(asAdmin.get(`/roles/default-roles-${realm}`), (response) => response.json)
  yield* asAdmin.post(`/users/${id}/role-mappings/realm`, { body: yield* HttpBody.json([role]) })
})

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const { issuer } = yield* Keycloak.Keycloak
  const behind = yield* PyWps.PyWps
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.filterStatusOk
  )
  const here = (name: string) => path.fromFileUrl(new URL(name, import.meta.url))
  const cache = yield* here("../../.cache/e2e/twitcher")
  const python = yield* Venv.python({ cache, requirements: yield* here("../twitcher/requirements.txt") })
  const { public_key } = yield* client.get(issuer(realm)).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ public_key: Schema.String })))
  )
  yield* giveRoles(client)

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
    HttpClientRequest.bodyJson({ name: "pywps", url: behind.url, type: "wps", auth: "token" })
  )
  yield* client.execute(register)
  return Twitcher.of({ url: `${origin}/ows/proxy/pywps` })
})

/** Installs Twitcher at the first use, starts it in front of PyWPS, and kills it with the scope. */
export const layer = Layer.scoped(Twitcher, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
