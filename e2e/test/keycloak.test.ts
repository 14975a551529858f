import {
  Command,
  FileSystem,
  HttpBody,
  HttpClient,
  HttpClientResponse,
  HttpServerRequest,
  HttpServerResponse,
  Path,
  UrlParams
} from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeHttpServer } from "@effect/platform-node"
import { assert, describe, it, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array, ConfigProvider, Context, Deferred, Effect, Layer, Schema } from "effect"
import * as Crypto from "node:crypto"
import { createServer } from "node:http"
import * as Browser from "../support/Browser.ts"
import * as Keycloak from "../support/Keycloak.ts"
import { alice } from "../support/KeycloakRealms.ts"
import * as Tool from "../support/Tool.ts"

const realms = ["compute-cluster", "short"] as const

const Metadata = Schema.Struct({
  issuer: Schema.String,
  authorization_endpoint: Schema.String,
  token_endpoint: Schema.String,
  device_authorization_endpoint: Schema.String,
  pushed_authorization_request_endpoint: Schema.String,
  code_challenge_methods_supported: Schema.Array(Schema.String)
})

const Tokens = Schema.Struct({
  access_token: Schema.String,
  refresh_token: Schema.optional(Schema.String),
  expires_in: Schema.Number
})
const Refused = Schema.Struct({ error: Schema.String, error_description: Schema.optional(Schema.String) })
const Device = Schema.Struct({
  device_code: Schema.String,
  user_code: Schema.String,
  verification_uri: Schema.String,
  interval: Schema.Number
})

type Fields = Readonly<Record<string, string>>

const metadataOf = Effect.fnUntraced(function*(realm: Keycloak.Realm) {
  const { issuer } = yield* Keycloak.Keycloak
  const response = yield* HttpClient.get(`${issuer(realm)}/.well-known/openid-configuration`)
  return yield* HttpClientResponse.schemaBodyJson(Metadata)(response)
})

const post = (url: string, fields: Fields) =>
  HttpClient.post(url, { body: HttpBody.urlParams(UrlParams.fromInput(fields)) })

const askToken = Effect.fnUntraced(function*(realm: Keycloak.Realm, fields: Fields) {
  const { token_endpoint } = yield* metadataOf(realm)
  return yield* post(token_endpoint, fields)
})

const token = (realm: Keycloak.Realm, fields: Fields) =>
  Effect.flatMap(askToken(realm, fields), HttpClientResponse.schemaBodyJson(Tokens))

const refusal = Effect.fnUntraced(function*(realm: Keycloak.Realm, fields: Fields) {
  const response = yield* askToken(realm, fields)
  const { error, error_description } = yield* HttpClientResponse.schemaBodyJson(Refused)(response)
  return { status: response.status, error, description: error_description ?? "" }
})

/** Waits on a free port for a browser that comes back, and keeps what it brought. */
const listener = Effect.gen(function*() {
  const came = yield* Deferred.make<URLSearchParams>()
  const server = yield* NodeHttpServer.make(() => createServer(), { port: 0, host: "127.0.0.1" })
  yield* server.serve(Effect.gen(function*() {
    const { url } = yield* HttpServerRequest.HttpServerRequest
    const { searchParams } = new URL(url, "http://127.0.0.1")
    if (searchParams.has("state")) yield* Deferred.succeed(came, searchParams)
    return HttpServerResponse.text("You are back.")
  }))
  assert(server.address._tag === "TcpAddress")
  return { redirectUri: `http://127.0.0.1:${server.address.port}`, came: Deferred.await(came) }
})

/** A request for a code, with what proves later that the same party redeems it. */
const codeRequest = Effect.fnUntraced(function*(realm: Keycloak.Realm, fields: Fields) {
  const url = new URL((yield* metadataOf(realm)).authorization_endpoint)
  const verifier = Crypto.randomBytes(32).toString("base64url")
  const all = {
    client_id: "wps",
    response_type: "code",
    scope: "openid",
    state: Crypto.randomUUID(),
    code_challenge_method: "S256",
    code_challenge: Crypto.createHash("sha256").update(verifier).digest("base64url"),
    ...fields
  }
  for (const [name, value] of Object.entries(all)) url.searchParams.set(name, value)
  return { url, state: all.state, verifier }
})

/** Keycloak counts from the second in which it answers, which may be later than the token. */
const isAbout = (seconds: number, lifetime: number) => {
  assert.isAtMost(seconds, lifetime)
  assert.isAtLeast(seconds, lifetime - 2)
}

const service = { grant_type: "client_credentials", client_id: "wps-service", client_secret: "wps-service-secret" }

const open = (url: string | URL) => Effect.flatMap(Browser.Browser, (browser) => browser.open(url))

const client = Layer.effect(
  HttpClient.HttpClient,
  Effect.map(HttpClient.HttpClient, HttpClient.withTracerPropagation(false))
).pipe(Layer.provide(NodeHttpClient.layerUndici))

const services = Layer.mergeAll(Keycloak.layer, Browser.layer, client)

layer(services, { timeout: "10 minutes", excludeTestServices: true })("the Keycloak server", (it) => {
  it.effect("describes both realms", () =>
    Effect.gen(function*() {
      const { issuer } = yield* Keycloak.Keycloak
      for (const realm of realms) {
        const metadata = yield* metadataOf(realm)
        assert.strictEqual(metadata.issuer, issuer(realm))
        assert.include(metadata.code_challenge_methods_supported, "S256")
      }
    }))

  it.effect("gives each realm's tokens its lifetime", () =>
    Effect.gen(function*() {
      const lifetimes = yield* Effect.forEach(realms, (realm) => token(realm, service))
      const brief = yield* token("short", {
        grant_type: "client_credentials",
        client_id: "wps-brief",
        client_secret: "wps-brief-secret"
      })
      for (const [{ expires_in }, lifetime] of Array.zip([...lifetimes, brief], [300, 20, 5])) {
        isAbout(expires_in, lifetime)
      }
    }))

  it.effect("refuses a wrong secret", () =>
    Effect.gen(function*() {
      const { error, status } = yield* refusal("compute-cluster", { ...service, client_secret: "wrong" })
      deepStrictEqual([status, error], [401, "unauthorized_client"])
    }))

  it.effect("logs Alice in, and gives a code that is good once", () =>
    Effect.gen(function*() {
      const { came, redirectUri } = yield* listener
      const { state, url, verifier } = yield* codeRequest("compute-cluster", { redirect_uri: redirectUri })
      const page = yield* open(url)
      yield* page.logIn(alice)
      yield* page.waitForText("You are back.")
      const query = yield* came
      const { issuer } = yield* Keycloak.Keycloak
      deepStrictEqual([query.get("state"), query.get("iss")], [state, issuer("compute-cluster")])

      const redeem = {
        grant_type: "authorization_code",
        client_id: "wps",
        code: query.get("code") ?? "",
        redirect_uri: redirectUri,
        code_verifier: verifier
      }
      assert.isDefined((yield* token("compute-cluster", redeem)).refresh_token)
      assert.strictEqual((yield* refusal("compute-cluster", redeem)).error, "invalid_grant")
    }).pipe(Effect.scoped))

  it.effect("refuses a wrong password", () =>
    Effect.gen(function*() {
      const { redirectUri } = yield* listener
      const page = yield* open((yield* codeRequest("compute-cluster", { redirect_uri: redirectUri })).url)
      yield* page.logIn({ ...alice, password: "wrong" })
      yield* page.waitForText("Invalid username or password.")
    }).pipe(Effect.scoped))

  it.effect("shows an error, and sends nobody back, for an address that is not registered", () =>
    Effect.gen(function*() {
      const { redirectUri } = yield* listener
      const page = yield* open((yield* codeRequest("compute-cluster", { redirect_uri: `${redirectUri}/wrong` })).url)
      yield* page.waitForText("Invalid parameter: redirect_uri")
    }).pipe(Effect.scoped))

  it.effect("tells the program when Alice does not agree", () =>
    Effect.gen(function*() {
      const { came, redirectUri } = yield* listener
      const fields = { client_id: "wps-consent", redirect_uri: redirectUri }
      const page = yield* open((yield* codeRequest("compute-cluster", fields)).url)
      yield* page.logIn(alice)
      yield* page.deny
      yield* page.waitForText("You are back.")
      assert.strictEqual((yield* came).get("error"), "access_denied")
    }).pipe(Effect.scoped))

  it.effect("wants the requests of one client pushed", () =>
    Effect.gen(function*() {
      const { came, redirectUri } = yield* listener
      const fields = { client_id: "wps-par", redirect_uri: redirectUri }
      const { url } = yield* codeRequest("compute-cluster", fields)
      yield* open(url)
      assert.strictEqual((yield* came).get("error"), "invalid_request")

      const { authorization_endpoint, pushed_authorization_request_endpoint } = yield* metadataOf("compute-cluster")
      const pushed = yield* post(pushed_authorization_request_endpoint, Object.fromEntries(url.searchParams)).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ request_uri: Schema.String })))
      )
      const query = new URLSearchParams({ client_id: "wps-par", request_uri: pushed.request_uri })
      const page = yield* open(`${authorization_endpoint}?${query}`)
      yield* page.logIn(alice)
      yield* page.waitForText("You are back.")
    }).pipe(Effect.scoped))

  it.effect("logs a device in", () =>
    Effect.gen(function*() {
      const { device_authorization_endpoint } = yield* metadataOf("short")
      const device = yield* post(device_authorization_endpoint, { client_id: "wps-device", scope: "openid" }).pipe(
        Effect.flatMap(HttpClientResponse.schemaBodyJson(Device))
      )
      const poll = {
        grant_type: "urn:ietf:params:oauth:grant-type:device_code",
        client_id: "wps-device",
        device_code: device.device_code
      }
      assert.strictEqual(device.interval, 1)
      assert.strictEqual((yield* refusal("short", poll)).error, "authorization_pending")
      const page = yield* open(device.verification_uri)
      yield* page.typeDeviceCode(device.user_code)
      yield* page.logIn(alice)
      yield* page.consent
      yield* page.waitForText("go back to your device")
      isAbout((yield* token("short", poll)).expires_in, 20)
    }).pipe(Effect.scoped))

  const login = { grant_type: "password", client_id: "wps-test", client_secret: "wps-test-secret", ...alice }
  const refresh = (refresh_token = "") => ({
    grant_type: "refresh_token",
    client_id: "wps-test",
    client_secret: "wps-test-secret",
    refresh_token
  })

  it.effect("ends a session whose spent refresh token comes again, in the realm that rotates them", () =>
    Effect.gen(function*() {
      const { refresh_token } = yield* token("short", login)
      const rotated = yield* token("short", refresh(refresh_token))
      assert.notStrictEqual(rotated.refresh_token, refresh_token)
      const again = yield* refusal("short", refresh(refresh_token))
      deepStrictEqual([again.status, again.error], [400, "invalid_grant"])
      assert.include(again.description, "reuse")
      assert.strictEqual((yield* refusal("short", refresh(rotated.refresh_token))).error, "invalid_grant")

      const other = yield* token("compute-cluster", login)
      yield* token("compute-cluster", refresh(other.refresh_token))
      yield* token("compute-cluster", refresh(other.refresh_token))
    }))

  it.effect("exchanges a token for another", () =>
    Effect.gen(function*() {
      const { access_token } = yield* token("compute-cluster", login)
      const exchanged = yield* token("compute-cluster", {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        client_id: "wps-test",
        client_secret: "wps-test-secret",
        subject_token: access_token,
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token"
      })
      assert.notStrictEqual(exchanged.access_token, access_token)
    }))

  it.effect("wants a proof of possession from one client", () =>
    Effect.gen(function*() {
      const { error, description } = yield* refusal("compute-cluster", {
        grant_type: "password",
        client_id: "wps-dpop",
        ...alice
      })
      deepStrictEqual([error, description], ["invalid_request", "DPoP proof is missing"])
    }))

  it.effect("ends everybody's sessions when the administrator says so", () =>
    Effect.gen(function*() {
      const { endSessions } = yield* Keycloak.Keycloak
      const { refresh_token } = yield* token("compute-cluster", login)
      yield* endSessions("compute-cluster")
      assert.strictEqual((yield* refusal("compute-cluster", refresh(refresh_token))).error, "invalid_grant")
    }))

  it.effect("photographs its login page", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* Path.Path
      const file = path.join(yield* fs.makeTempDirectoryScoped(), "login.png")
      const { redirectUri } = yield* listener
      const page = yield* open((yield* codeRequest("short", { redirect_uri: redirectUri })).url)
      yield* page.screenshot(file)
      assert.isAbove(Number((yield* fs.stat(file)).size), 1000)
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))
})

describe("its layer", () => {
  it.live("ends the server with its scope", () =>
    Effect.gen(function*() {
      const { url } = yield* Effect.scoped(Effect.map(Layer.build(Keycloak.layer), Context.get(Keycloak.Keycloak)))
      const error = yield* Effect.flip(HttpClient.get(url))
      assert.strictEqual(error._tag, "RequestError")
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)), 600_000)

  it.effect("says what to install where there is no Java", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Keycloak.checkJava("/nowhere"))
      assert.strictEqual(error._tag, "ToolMissing")
      assert.include(error.message, "install a Java runtime, 17 or newer")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.effect("says which program is missing", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Tool.run("Maven", Command.make("program-that-is-not-there")))
      assert.strictEqual(error.message, "\"program-that-is-not-there\" cannot be run: install Maven")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.live("shows what a server said that does not get ready", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const log = yield* fs.makeTempFileScoped()
      const start = (script: string) =>
        Tool.server({
          name: "It",
          command: "sh",
          args: ["-c", script],
          log,
          ready: Effect.fail("not yet"),
          patience: "1 second"
        })
      const ended = yield* Effect.flip(start("echo out of memory; exit 3"))
      const silent = yield* Effect.flip(start("echo busy; sleep 60"))
      assert.include(ended.message, "ended with code 3")
      assert.include(ended.message, "out of memory")
      assert.include(silent.message, "no answer in 1s")
      assert.include(silent.message, "busy")
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("says where it looked for a browser", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Layer.launch(Browser.layer))
      assert.include(error.message, "/nowhere/chromium")
    }).pipe(
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["CHROMIUM", "/nowhere/chromium"]])))
    ))
})
