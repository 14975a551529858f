import { Auth, BearerAuth } from "@effect-wps/auth"
import { LlnlNode, WpsNode, WpsServer } from "@effect-wps/testing"
import * as IdentityProvider from "@effect-wps/testing/IdentityProvider"
import { Output, Process, WpsClient } from "@effect-wps/wps"
import { Cookies, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Clock,
  Context,
  Duration,
  Effect,
  Exit,
  HashMap,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Scope,
  Tracer
} from "effect"
import { execFile } from "node:child_process"
import { createHash, generateKeyPairSync, randomUUID, sign } from "node:crypto"
import { createServer } from "node:http"
import { connect } from "node:net"
import { inspect } from "node:util"
import { includes } from "./support/includes.ts"

const redirectUri = "http://127.0.0.1:8888"
const verifier = "a-verifier-that-is-long-enough-for-the-forty-three-of-RFC-7636"
const challenge = createHash("sha256").update(verifier).digest("base64url")
const deviceGrant = "urn:ietf:params:oauth:grant-type:device_code"
const service = { authorization: `Basic ${Buffer.from("wps-service:wps-service-secret").toString("base64")}` }

/** What a provider answers when all is well. */
interface Body {
  readonly access_token: string
  readonly refresh_token: string
  readonly id_token: string
  readonly token_type: string
  readonly expires_in: number
  readonly device_code: string
  readonly user_code: string
  readonly verification_uri: string
  readonly interval: number
  readonly request_uri: string
  readonly active: boolean
  readonly keys: ReadonlyArray<{ readonly d?: string }>
}

const bodyOf = (text: string): Body => {
  const body: Body = JSON.parse(text === "" ? "{}" : text)
  return body
}

/** What a provider answers, or why there was no answer. */
const ask = (url: string, form?: Record<string, string>, headers: Record<string, string> = {}) =>
  HttpClient.execute(
    form === undefined
      ? HttpClientRequest.get(url)
      : HttpClientRequest.post(url).pipe(HttpClientRequest.bodyUrlParams(form), HttpClientRequest.setHeaders(headers))
  ).pipe(
    Effect.flatMap((response) => Effect.map(response.text, (text) => ({ status: response.status, body: bodyOf(text) })))
  )

const authorization = (issuer: string, changes: Record<string, string> = {}) =>
  `${issuer}/auth?${new URLSearchParams(
    Object.entries({
      client_id: "wps",
      response_type: "code",
      redirect_uri: redirectUri,
      scope: "openid",
      state: "a state",
      code_challenge: challenge,
      code_challenge_method: "S256",
      ...changes
    }).filter(([, value]) => value !== "")
  )}`

const redeem = (issuer: string, back: URL, changes: Record<string, string> = {}) =>
  ask(`${issuer}/token`, {
    grant_type: "authorization_code",
    client_id: "wps",
    code: back.searchParams.get("code") ?? "",
    redirect_uri: redirectUri,
    code_verifier: verifier,
    ...changes
  })

const refresh = (issuer: string, token: string) =>
  ask(`${issuer}/token`, { grant_type: "refresh_token", client_id: "wps", refresh_token: token })

const clientCredentials = (issuer: string, headers: Record<string, string> = service) =>
  ask(`${issuer}/token`, { grant_type: "client_credentials" }, headers)

/** What comes back for some bytes on a connection until it ends. */
const exchange = (url: string, sent: string) =>
  Effect.async<string>((resume) => {
    let received = ""
    const socket = connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(sent))
    socket.setEncoding("utf8").on("data", (text: string) => {
      received += text
    })
    socket.on("error", () => {}).on("close", () => resume(Effect.succeed(received)))
    return Effect.sync(() => socket.destroy())
  })

/** The tokens of someone who has logged in. */
const logIn = (idp: IdentityProvider.Service) =>
  Effect.gen(function*() {
    const { body } = yield* redeem(idp.issuer, yield* idp.logIn(authorization(idp.issuer)))
    return { access: body.access_token, refresh: body.refresh_token }
  })

const isKnown = (idp: IdentityProvider.Service, token: string) =>
  Effect.map(idp.verify(Redacted.make(token)), Option.isSome)

const test = (
  name: string,
  run: (idp: IdentityProvider.Service) => Effect.Effect<void, unknown, HttpClient.HttpClient | Scope.Scope>,
  options?: IdentityProvider.Options
) =>
  it.scopedLive(
    name,
    () =>
      Effect.flatMap(IdentityProvider.IdentityProvider, run).pipe(
        Effect.provide([IdentityProvider.layer(options), NodeHttpClient.layerUndici])
      )
  )

describe("IdentityProvider", () => {
  test("says what it can do", (idp) =>
    Effect.gen(function*() {
      assert.match(idp.issuer, /^http:\/\/127\.0\.0\.1:\d+$/)
      const { body, status } = yield* ask(`${idp.issuer}/.well-known/openid-configuration`)
      assert.strictEqual(status, 200)
      includes(body, {
        issuer: idp.issuer,
        token_endpoint: `${idp.issuer}/token`,
        code_challenge_methods_supported: ["S256"],
        authorization_response_iss_parameter_supported: true,
        device_authorization_endpoint: `${idp.issuer}/device/auth`,
        pushed_authorization_request_endpoint: `${idp.issuer}/request`,
        revocation_endpoint: `${idp.issuer}/token/revocation`,
        introspection_endpoint: `${idp.issuer}/token/introspection`,
        id_token_signing_alg_values_supported: ["ES256"]
      })
      const keys = yield* ask(`${idp.issuer}/jwks`)
      assert.strictEqual(keys.body.keys.length, 1)
      assert.isUndefined(keys.body.keys[0]?.d)
    }))

  test("gives a confidential client its own token, and nobody else", (idp) =>
    Effect.gen(function*() {
      const good = yield* clientCredentials(idp.issuer)
      assert.strictEqual(good.status, 200)
      includes(good.body, { token_type: "Bearer", expires_in: 300 })
      const claims = Option.getOrThrow(yield* idp.verify(Redacted.make(good.body.access_token)))
      includes(claims, { clientId: "wps-service", subject: Option.none(), tokenType: "Bearer" })

      const bad = yield* clientCredentials(idp.issuer, {
        authorization: `Basic ${Buffer.from("wps-service:guess").toString("base64")}`
      })
      assert.strictEqual(bad.status, 401)
      includes(bad.body, { error: "invalid_client" })
      const open = yield* ask(`${idp.issuer}/token`, { grant_type: "client_credentials", client_id: "wps" })
      assert.strictEqual(open.status, 400)
    }))

  test("logs a person in for a code, which PKCE and one use protect", (idp) =>
    Effect.gen(function*() {
      const back = yield* idp.logIn(authorization(idp.issuer))
      assert.strictEqual(`${back.origin}${back.pathname}`, `${redirectUri}/`)
      assert.strictEqual(back.searchParams.get("state"), "a state")
      assert.strictEqual(back.searchParams.get("iss"), idp.issuer)
      includes((yield* redeem(idp.issuer, back, { code_verifier: verifier.toUpperCase() })).body, {
        error: "invalid_grant"
      })

      const again = yield* idp.logIn(authorization(idp.issuer))
      const { body, status } = yield* redeem(idp.issuer, again)
      assert.strictEqual(status, 200)
      assert.isString(body.id_token)
      assert.isString(body.refresh_token)
      includes(Option.getOrThrow(yield* idp.verify(Redacted.make(body.access_token))), {
        clientId: "wps",
        subject: Option.some("alice"),
        scope: "openid"
      })
      includes((yield* redeem(idp.issuer, again)).body, { error: "invalid_grant" })
      assert.isFalse(yield* isKnown(idp, body.access_token))
    }))

  test("refuses an authorization request without PKCE or with a plain challenge", (idp) =>
    Effect.gen(function*() {
      const without = yield* idp.logIn(
        authorization(idp.issuer, { code_challenge: "", code_challenge_method: "" })
      )
      assert.strictEqual(without.searchParams.get("error"), "invalid_request")
      assert.isFalse(without.searchParams.has("code"))
      const plain = yield* idp.logIn(authorization(idp.issuer, { code_challenge_method: "plain" }))
      assert.strictEqual(plain.searchParams.get("error"), "invalid_request")
    }))

  test("sends a browser back to any port of this machine, and to no other address", (idp) =>
    Effect.gen(function*() {
      const other = "http://127.0.0.1:40000/callback"
      const back = yield* idp.logIn(authorization(idp.issuer, { redirect_uri: other }))
      assert.strictEqual(`${back.origin}${back.pathname}`, other)
      for (
        const refused of ["http://127.0.0.1:8888/other", "https://evil.example/callback", "http://127.0.0.1.evil.net"]
      ) {
        const failure = yield* Effect.flip(idp.logIn(authorization(idp.issuer, { redirect_uri: refused })))
        includes(failure, { _tag: "LogInFailed", reason: "unexpected-page" })
        assert.include(failure.message, "invalid_redirect_uri")
      }
    }))

  test("tells apart a wrong password, a refusal and an address that is not its own", (idp) =>
    Effect.gen(function*() {
      const password = Redacted.make("guess")
      const wrong = yield* Effect.flip(idp.logIn(authorization(idp.issuer), { password }))
      includes(wrong, { _tag: "LogInFailed", reason: "wrong-input" })
      assert.notInclude(inspect(wrong, { depth: 9 }), "guess")
      const nobody = yield* Effect.flip(idp.logIn(authorization(idp.issuer), { username: "bob" }))
      includes(nobody, { reason: "wrong-input" })
      const denied = yield* idp.logIn(authorization(idp.issuer), { decision: "deny" })
      assert.strictEqual(denied.searchParams.get("error"), "access_denied")
      assert.strictEqual(denied.searchParams.get("state"), "a state")
      includes(yield* Effect.flip(idp.logIn("https://elsewhere.example/auth")), { reason: "unexpected-page" })
      includes(yield* Effect.flip(idp.logIn("no address")), { reason: "unexpected-page" })
    }))

  test("brings the answer to the listener that waits for it", (idp) =>
    Effect.gen(function*() {
      const asked: Array<string> = []
      const listener = yield* Effect.acquireRelease(
        Effect.async<ReturnType<typeof createServer>>((resume) => {
          const server = createServer((request, response) => {
            asked.push(request.url ?? "")
            if (request.url?.includes("code=") === true) response.writeHead(303, { location: "/done" })
            response.end("you can close this page")
          })
          server.listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
        }),
        (server) =>
          Effect.sync(() => {
            server.close()
            server.closeAllConnections()
          })
      )
      const address = listener.address()
      const port = typeof address === "object" ? address?.port : 0
      const page = yield* idp.visit(authorization(idp.issuer, { redirect_uri: `http://127.0.0.1:${port}/callback` }))
      includes(page, { status: 200, text: "you can close this page" })
      assert.match(asked[0] ?? "", /^\/callback\?code=/)
      assert.strictEqual(asked[1], "/done")
    }))

  test("has pages that a person can use twice, and that escape what clients say", (idp) =>
    Effect.gen(function*() {
      const cookies = yield* Ref.make(Cookies.empty)
      const browser = (yield* HttpClient.HttpClient).pipe(HttpClient.withCookiesRef(cookies))
      /** Follows redirects to the next page of the provider, or to where it sends the browser. */
      const open = (
        request: HttpClientRequest.HttpClientRequest
      ): Effect.Effect<{ url: string; html: string }, unknown> =>
        Effect.flatMap(browser.execute(request), (response) => {
          const to = response.headers["location"]
          if (to === undefined) return Effect.map(response.text, (html) => ({ url: request.url, html }))
          const next = new URL(to, request.url).href
          return next.startsWith(idp.issuer)
            ? open(HttpClientRequest.get(next))
            : Effect.succeed({ url: next, html: "" })
        })
      const press = (url: string, form: Record<string, string>) =>
        open(HttpClientRequest.bodyUrlParams(HttpClientRequest.post(url), form))
      const begin = authorization(idp.issuer, { client_id: "<i>tool</i>" })

      const asks = yield* open(HttpClientRequest.get(begin))
      assert.include(asks.html, "&lt;i&gt;tool&lt;/i&gt;")
      assert.notInclude(asks.html, "<i>")
      assert.notMatch(asks.html, /https?:|<script/)
      const wrong = yield* press(asks.url, { username: "\"><b>", password: "x", decision: "allow" })
      assert.include(wrong.html, "The user name or the password is wrong.")
      assert.notInclude(wrong.html, "<b>")
      const back = yield* press(asks.url, { username: "alice", password: "alice", decision: "allow" })
      assert.include(back.url, "code=")

      const known = yield* open(HttpClientRequest.get(begin))
      assert.include(known.html, "You are logged in as alice")
      assert.include((yield* press(known.url, { decision: "allow" })).url, "code=")
      const late = yield* press(known.url, { decision: "allow" })
      assert.include(late.html, "This login has ended.")
      // Without the cookie of the browser that began, the address of a login is good for nothing.
      yield* Ref.set(cookies, Cookies.empty)
      assert.include((yield* open(HttpClientRequest.get(asks.url))).html, "This login has ended.")
    }), {
    clients: [{ clientId: "<i>tool</i>", grants: ["authorization_code"], redirectUris: [redirectUri] }]
  })

  test("changes the refresh token at each use, and a second use ends the login", (idp) =>
    Effect.gen(function*() {
      const first = yield* logIn(idp)
      const { body: second, status } = yield* refresh(idp.issuer, first.refresh)
      assert.strictEqual(status, 200)
      assert.notStrictEqual(second.refresh_token, first.refresh)
      const stranger = yield* logIn(idp)

      includes((yield* refresh(idp.issuer, first.refresh)).body, { error: "invalid_grant" })
      includes((yield* refresh(idp.issuer, second.refresh_token)).body, { error: "invalid_grant" })
      assert.isFalse(yield* isKnown(idp, second.access_token))
      assert.isTrue(yield* isKnown(idp, stranger.access))
    }))

  test("answers one of two who use the same refresh token at once", (idp) =>
    Effect.gen(function*() {
      const token = yield* logIn(idp)
      const form = new URLSearchParams({ grant_type: "refresh_token", client_id: "wps", refresh_token: token.refresh })
      const request = [
        "POST /token HTTP/1.1",
        "host: 127.0.0.1",
        "content-type: application/x-www-form-urlencoded",
        `content-length: ${form.toString().length}`
      ].join("\r\n")
      // Both come to the server in one piece, which no client does.
      const answers = yield* exchange(
        idp.issuer,
        `${request}\r\n\r\n${form}${request}\r\nconnection: close\r\n\r\n${form}`
      )
      assert.deepStrictEqual(Array.from(answers.matchAll(/HTTP\/1\.1 \d+/g), ([line]) => line).sort(), [
        "HTTP/1.1 200",
        "HTTP/1.1 400"
      ])
      deepStrictEqual(
        (yield* idp.requests("token")).map(({ grantType, status }) => [grantType, status]),
        [
          [Option.some("authorization_code"), Option.some(200)],
          [Option.some("refresh_token"), Option.some(200)],
          [Option.some("refresh_token"), Option.some(400)]
        ]
      )
    }))

  test("keeps the refresh token where it is told to", (idp) =>
    Effect.gen(function*() {
      const token = yield* logIn(idp)
      assert.strictEqual((yield* refresh(idp.issuer, token.refresh)).body.refresh_token, token.refresh)
      assert.strictEqual((yield* refresh(idp.issuer, token.refresh)).status, 200)
    }), { rotateRefreshTokens: false })

  test("connects a device that a person approves, and not one that they refuse", (idp) =>
    Effect.gen(function*() {
      const begin = Effect.map(
        ask(`${idp.issuer}/device/auth`, { client_id: "wps", scope: "openid" }),
        ({ body }) => ({ ...body, poll: { grant_type: deviceGrant, client_id: "wps", device_code: body.device_code } })
      )
      const device = yield* begin
      assert.strictEqual(device.interval, 1)
      assert.strictEqual(device.verification_uri, `${idp.issuer}/device`)
      includes((yield* ask(`${idp.issuer}/token`, device.poll)).body, { error: "authorization_pending" })
      includes(yield* Effect.flip(idp.approveDevice("WRNG-CODE")), { reason: "wrong-input" })
      yield* idp.approveDevice(device.user_code)
      const { body } = yield* ask(`${idp.issuer}/token`, device.poll)
      includes(Option.getOrThrow(yield* idp.verify(Redacted.make(body.access_token))), {
        subject: Option.some("alice")
      })
      assert.isString(body.refresh_token)

      const refused = yield* begin
      yield* idp.approveDevice(refused.user_code, { decision: "deny" })
      includes((yield* ask(`${idp.issuer}/token`, refused.poll)).body, { error: "access_denied" })
    }), { devicePollInterval: 1 })

  test("revokes what it is asked to revoke, and introspects for who may know", (idp) =>
    Effect.gen(function*() {
      const token = yield* logIn(idp)
      const introspect = Effect.map(
        ask(`${idp.issuer}/token/introspection`, { token: token.access }, service),
        ({ body }) => body.active
      )
      assert.isTrue(yield* introspect)
      const revoked = yield* ask(`${idp.issuer}/token/revocation`, { token: token.refresh, client_id: "wps" })
      assert.strictEqual(revoked.status, 200)
      includes((yield* refresh(idp.issuer, token.refresh)).body, { error: "invalid_grant" })
      assert.isFalse(yield* introspect)
      assert.isFalse(yield* isKnown(idp, token.access))
    }))

  test("revokes all, or access tokens alone, for a test", (idp) =>
    Effect.gen(function*() {
      const token = yield* logIn(idp)
      yield* idp.revokeAccessTokens
      assert.isFalse(yield* isKnown(idp, token.access))
      const { body } = yield* refresh(idp.issuer, token.refresh)
      assert.isTrue(yield* isKnown(idp, body.access_token))
      yield* idp.revokeAll
      assert.isFalse(yield* isKnown(idp, body.access_token))
      includes((yield* refresh(idp.issuer, body.refresh_token)).body, { error: "invalid_grant" })
    }))

  test("lets a token expire", (idp) =>
    Effect.gen(function*() {
      const { body } = yield* clientCredentials(idp.issuer)
      assert.strictEqual(body.expires_in, 3)
      assert.isTrue(yield* isKnown(idp, body.access_token))
      yield* Effect.repeat(isKnown(idp, body.access_token), {
        until: (known) => !known,
        schedule: Schedule.spaced("100 millis")
      })
    }), { accessTokenLifetime: "3 seconds" })

  test("takes pushed requests", (idp) =>
    Effect.gen(function*() {
      const { body, status } = yield* ask(
        `${idp.issuer}/request`,
        Object.fromEntries(new URL(authorization(idp.issuer)).searchParams)
      )
      assert.strictEqual(status, 201)
      const back = yield* idp.logIn(
        `${idp.issuer}/auth?${new URLSearchParams({ client_id: "wps", request_uri: body.request_uri })}`
      )
      assert.strictEqual((yield* redeem(idp.issuer, back)).status, 200)
    }))

  test("has an issuer below its origin where it is told to", (idp) =>
    Effect.gen(function*() {
      assert.match(idp.issuer, /^http:\/\/127\.0\.0\.1:\d+\/auth\/realms\/compute$/)
      const { body } = yield* ask(`${idp.issuer}/.well-known/openid-configuration`)
      includes(body, { issuer: idp.issuer, token_endpoint: `${idp.issuer}/token` })
      const token = yield* logIn(idp)
      assert.isTrue(yield* isKnown(idp, token.access))
      const device = yield* ask(`${idp.issuer}/device/auth`, { client_id: "wps", scope: "openid" })
      yield* idp.approveDevice(device.body.user_code)
      const outside = yield* HttpClient.get(`${new URL(idp.issuer).origin}/jwks`)
      assert.strictEqual(outside.status, 404)
    }), { path: "/auth/realms/compute" })

  describe("failNext", () => {
    test("answers instead of the provider, once", (idp) =>
      Effect.gen(function*() {
        yield* idp.failNext("token", { respond: { status: 503, headers: { "retry-after": "1" }, body: "{}" } })
        assert.strictEqual((yield* ask(`${idp.issuer}/jwks`)).status, 200)
        assert.strictEqual((yield* clientCredentials(idp.issuer)).status, 503)
        assert.strictEqual((yield* clientCredentials(idp.issuer)).status, 200)
        deepStrictEqual(yield* idp.requests("token"), [
          { endpoint: "token", status: Option.some(503), grantType: Option.none(), clientId: Option.none() },
          {
            endpoint: "token",
            status: Option.some(200),
            grantType: Option.some("client_credentials"),
            clientId: Option.some("wps-service")
          }
        ])
      }))

    test("spends the refresh token whose answer is lost", (idp) =>
      Effect.gen(function*() {
        const before = yield* logIn(idp)
        yield* idp.failNext("token", { when: "before", respond: { status: 503 } })
        yield* idp.failNext("token", { when: "after", respond: { status: 503 } })
        assert.strictEqual((yield* refresh(idp.issuer, before.refresh)).status, 503)
        const lost = yield* refresh(idp.issuer, before.refresh)
        assert.deepStrictEqual([lost.status, Object.keys(lost.body)], [503, []])
        includes((yield* refresh(idp.issuer, before.refresh)).body, { error: "invalid_grant" })
      }))

    test("drops the connection, before or after", (idp) =>
      Effect.gen(function*() {
        const token = yield* logIn(idp)
        yield* idp.failNext("token", { respond: "drop" })
        yield* Effect.flip(refresh(idp.issuer, token.refresh))
        yield* idp.failNext("token", { when: "after", respond: "drop" })
        yield* Effect.flip(refresh(idp.issuer, token.refresh))
        includes((yield* refresh(idp.issuer, token.refresh)).body, { error: "invalid_grant" })
        deepStrictEqual((yield* idp.requests("token")).map(({ status }) => status), [
          Option.some(200),
          Option.none(),
          Option.none(),
          Option.some(400)
        ])
      }))

    test("is slow", (idp) =>
      Effect.gen(function*() {
        yield* idp.failNext("discovery", { delay: "300 millis" })
        const [passed, { status }] = yield* Effect.timed(ask(`${idp.issuer}/.well-known/openid-configuration`))
        assert.strictEqual(status, 200)
        assert.isAtLeast(Duration.toMillis(passed), 290)
      }))
  })

  describe("user", () => {
    const known = (idp: IdentityProvider.Service, token: string) => idp.user(Redacted.make(token))

    test("is who has logged in, until the token is revoked", (idp) =>
      Effect.gen(function*() {
        const token = yield* logIn(idp)
        deepStrictEqual(yield* known(idp, token.access), Option.some("alice"))
        deepStrictEqual(yield* known(idp, token.refresh), Option.none())
        deepStrictEqual(yield* known(idp, ""), Option.none())
        yield* idp.revokeAll
        deepStrictEqual(yield* known(idp, token.access), Option.none())
      }))

    test("guards the jobs of a LlnlNode", (idp) =>
      Effect.gen(function*() {
        const { url } = yield* WpsServer.WpsServer
        const token = yield* logIn(idp)
        const jobs = Effect.map(
          HttpClient.get(`${url}/api/job/`, { headers: { authorization: `Bearer ${token.access}` } }),
          ({ status }) => status
        )
        assert.strictEqual(yield* jobs, 200)
        yield* idp.revokeAccessTokens
        assert.strictEqual(yield* jobs, 401)
      }).pipe(Effect.provide(LlnlNode.layerServer([], { user: idp.user }))))

    test("of a client's own token is the user of its name, or its service account", (idp) =>
      Effect.gen(function*() {
        const own = yield* clientCredentials(idp.issuer)
        deepStrictEqual(yield* known(idp, own.body.access_token), Option.some("service-account-wps-service"))
        const authorization = `Basic ${Buffer.from("alice:secret").toString("base64")}`
        const named = yield* clientCredentials(idp.issuer, { authorization })
        deepStrictEqual(yield* known(idp, named.body.access_token), Option.some("alice"))
      }), {
      clients: [
        ...IdentityProvider.defaultClients,
        { clientId: "alice", clientSecret: Redacted.make("secret"), grants: ["client_credentials"] }
      ]
    })
  })

  describe("bearer", () => {
    const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
    const node = (idp: IdentityProvider.Service) =>
      WpsServer.layer([WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))], { authorize: idp.bearer })
    const statusOf = (url: string, authorization?: string) =>
      HttpClient.get(`${url}?service=WPS&request=GetCapabilities`, {
        headers: authorization === undefined ? {} : { authorization }
      })

    test("guards a node until the token is revoked", (idp) =>
      Effect.gen(function*() {
        const { url } = yield* WpsServer.WpsServer
        const token = yield* logIn(idp)
        const run = (auth: Layer.Layer<Auth.Auth>) =>
          Effect.flatMap(WpsClient.make({ url }), (wps) => wps.run(answer({}))).pipe(
            Effect.scoped,
            Effect.provide([NodeHttpClient.layerUndici, auth])
          )
        const authorized = BearerAuth.layer(Redacted.make(token.access))

        const anonymous = yield* statusOf(url)
        assert.strictEqual(anonymous.status, 401)
        assert.strictEqual(anonymous.headers["www-authenticate"], "Bearer realm=\"wps\"")
        assert.isTrue(Exit.isFailure(yield* Effect.exit(run(Auth.layerAnonymous))))
        deepStrictEqual(yield* run(authorized), { value: 42 })
        yield* idp.revokeAll
        const revoked = yield* statusOf(url, `Bearer ${token.access}`)
        assert.strictEqual(revoked.status, 401)
        assert.include(revoked.headers["www-authenticate"] ?? "", "error=\"invalid_token\"")
        assert.isTrue(Exit.isFailure(yield* Effect.exit(run(authorized))))
      }).pipe(Effect.provide(node(idp))))

    test("lets nothing else in: no other scheme, no refresh token, no token that is bound to a key", (idp) =>
      Effect.gen(function*() {
        const { url } = yield* WpsServer.WpsServer
        const token = yield* logIn(idp)
        const { privateKey, publicKey } = generateKeyPairSync("ec", { namedCurve: "P-256" })
        const { crv, kty, x, y } = publicKey.export({ format: "jwk" })
        const part = (value: unknown) => Buffer.from(JSON.stringify(value)).toString("base64url")
        const claims = {
          jti: randomUUID(),
          htm: "POST",
          htu: `${idp.issuer}/token`,
          iat: Math.floor((yield* Clock.currentTimeMillis) / 1000)
        }
        const signed = `${part({ typ: "dpop+jwt", alg: "ES256", jwk: { crv, kty, x, y } })}.${part(claims)}`
        const proof = sign("sha256", Buffer.from(signed), { key: privateKey, dsaEncoding: "ieee-p1363" })
        const bound = yield* clientCredentials(idp.issuer, {
          ...service,
          dpop: `${signed}.${proof.toString("base64url")}`
        })
        assert.strictEqual(bound.body.token_type, "DPoP")

        const refused = [
          `Basic ${Buffer.from("alice:alice").toString("base64")}`,
          "Bearer",
          `Bearer ${token.refresh}`,
          `Bearer ${token.access} more`,
          `DPoP ${token.access}`,
          `Bearer ${bound.body.access_token}`
        ]
        for (const sent of refused) assert.strictEqual((yield* statusOf(url, sent)).status, 401, sent.slice(0, 12))
        assert.strictEqual((yield* statusOf(url, `bearer ${token.access}`)).status, 200)
      }).pipe(Effect.provide(node(idp))))
  })

  it.live("ends at once, with a connection that is idle and a request that waits", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const context = yield* Layer.buildWithScope(IdentityProvider.layer(), scope)
      const idp = Context.get(context, IdentityProvider.IdentityProvider)
      const closed = yield* Effect.forkDaemon(exchange(idp.issuer, ""))
      yield* idp.failNext("jwks", { delay: "1 hour" })
      const waiting = yield* Effect.forkDaemon(Effect.flip(ask(`${idp.issuer}/jwks`)))
      yield* idp.logIn(authorization(idp.issuer))
      const [passed] = yield* Effect.timed(Scope.close(scope, Exit.void))
      // Node itself ends a connection on which nothing is asked after a minute.
      assert.isBelow(Duration.toMillis(passed), 20_000)
      yield* closed
      yield* waiting
      yield* Effect.flip(ask(`${idp.issuer}/jwks`))
    }).pipe(Effect.provide(NodeHttpClient.layerUndici)))

  it.effect("goes by the clock of the machine, where the program's stands still", () =>
    Effect.gen(function*() {
      const idp = yield* IdentityProvider.IdentityProvider
      yield* idp.failNext("token", { delay: "20 millis" })
      const token = yield* logIn(idp)
      assert.isTrue(yield* isKnown(idp, token.access))
    }).pipe(Effect.provide([IdentityProvider.layer(), NodeHttpClient.layerUndici])))

  it.live("fails where its port is taken", () =>
    Effect.gen(function*() {
      const { issuer } = yield* IdentityProvider.IdentityProvider
      const port = Number(new URL(issuer).port)
      const failure = yield* Effect.flip(Effect.scoped(Layer.build(IdentityProvider.layer({ port }))))
      assert.strictEqual(failure._tag, "ServeError")
    }).pipe(Effect.provide(IdentityProvider.layer())))

  it.live("logs and traces no secret", () =>
    Effect.gen(function*() {
      const told: Array<unknown> = []
      const collect = Logger.make(({ annotations, cause, message }) => {
        told.push(message, cause, HashMap.toEntries(annotations))
      })
      const tracer = Tracer.make({
        span: (name, parent, context, links, startTime, kind) => {
          told.push(name)
          return {
            _tag: "Span",
            name,
            spanId: name,
            traceId: "trace",
            parent,
            context,
            links,
            kind,
            sampled: true,
            attributes: new Map(),
            status: { _tag: "Started", startTime },
            addLinks: () => {},
            attribute: (key, value) => void told.push(key, value),
            end: (_, exit) => void told.push(Exit.isFailure(exit) ? exit.cause : undefined),
            event: (event, _, attributes) => void told.push(event, attributes)
          }
        },
        context: (run) => run()
      })
      const secrets = yield* Effect.gen(function*() {
        const idp = yield* IdentityProvider.IdentityProvider
        yield* Effect.logInfo("begins")
        const back = yield* idp.logIn(authorization(idp.issuer)).pipe(Effect.withSpan("login"))
        const { body } = yield* redeem(idp.issuer, back)
        yield* Effect.ignore(idp.logIn(authorization(idp.issuer), { password: Redacted.make("a-wrong-guess") }))
        yield* clientCredentials(idp.issuer)
        told.push(idp)
        return [
          back.searchParams.get("code"),
          body.access_token,
          body.refresh_token,
          "a-wrong-guess",
          "wps-service-secret"
        ]
      }).pipe(
        Effect.provide(
          Layer.merge(IdentityProvider.layer(), NodeHttpClient.layerUndici).pipe(
            Layer.provideMerge(Logger.replace(Logger.defaultLogger, collect))
          )
        ),
        Logger.withMinimumLogLevel(LogLevel.All),
        Effect.withTracer(tracer)
      )
      const text = inspect(told, { depth: 12, maxArrayLength: null, maxStringLength: null })
      assert.include(text, "begins")
      assert.include(text, "login")
      for (const secret of secrets) assert.notInclude(text, String(secret))
    }))

  it.live("prints nothing", () =>
    Effect.gen(function*() {
      const program = `
        import * as IdentityProvider from "@effect-wps/testing/IdentityProvider"
        import { Effect } from "effect"
        await Effect.runPromise(Effect.provide(
          Effect.flatMap(IdentityProvider.IdentityProvider, (idp) => Effect.gen(function*() {
            yield* idp.failNext("jwks", { respond: "drop" })
            yield* Effect.promise(() => fetch(idp.issuer + "/jwks").catch(() => {}))
            yield* Effect.promise(() => fetch(idp.issuer + "/token", { method: "POST" }))
            yield* Effect.ignore(idp.logIn(idp.issuer + "/auth"))
            yield* Effect.ignore(idp.approveDevice("ABCD-EFGH"))
            yield* idp.failNext("jwks", { delay: "1 hour" })
            yield* Effect.forkDaemon(Effect.promise(() => fetch(idp.issuer + "/jwks").catch(() => {})))
            yield* Effect.ignore(idp.logIn(idp.issuer + "/auth"))
          })),
          IdentityProvider.layer()
        ))
        console.log("done")`
      const printed = yield* Effect.async<{ stdout: string; stderr: string }, Error>((resume) => {
        execFile(
          process.execPath,
          ["--conditions=@effect-wps/source", "--import", "tsx", "--input-type=module", "-e", program],
          { cwd: import.meta.dirname },
          (error, stdout, stderr) => resume(error === null ? Effect.succeed({ stdout, stderr }) : Effect.fail(error))
        )
      })
      assert.deepStrictEqual(printed, { stdout: "done\n", stderr: "" })
    }))
})
