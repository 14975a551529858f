import { Auth, AuthError, KeycloakAuth, LoginUi, Loopback, OAuth, Session, TokenStore } from "@effect-wps/auth"
import { FetchHttpClient, HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Context, Effect, Exit, Fiber, Layer, Option, Redacted, Ref, type Scope, TestClock } from "effect"
import {
  type Endpoint,
  idToken,
  issuer,
  json,
  makePerson,
  makeProvider,
  makeRecorder,
  type Provider,
  until
} from "./provider.ts"
import { assertConceals, endless } from "./support.ts"

const authorize = Effect.flatMap(Auth.Auth, (auth) =>
  Effect.map(
    auth.authorize(HttpClientRequest.get("https://wps.test/wps")),
    ({ headers }) => headers["authorization"] ?? ""
  ))

const layerOf = (provider: Provider) =>
  Layer.merge(Layer.succeed(HttpClient.HttpClient, provider.client), TokenStore.layerMemory)

const clientCredentials = (provider: Provider) =>
  OAuth.layerClientCredentials({
    issuer,
    clientId: "nightly",
    authentication: { _tag: "ClientSecret", secret: Redacted.make("client-secret") }
  }).pipe(Layer.provide(layerOf(provider)))

type Browse = (link: URL) => Effect.Effect<URLSearchParams>

const login = Effect.fnUntraced(function*(
  provider: Provider,
  options: Partial<OAuth.AuthorizationCodeOptions> = {},
  browse: Browse = provider.authorize,
  playing: Parameters<typeof makePerson>[1] = {}
) {
  const person = yield* makePerson(browse, playing)
  const { lines, record, spans } = makeRecorder(provider, person)
  const run = authorize.pipe(
    Effect.provide(
      OAuth.layerAuthorizationCode({ issuer, clientId: "wps", ...options }).pipe(
        Layer.provide([layerOf(provider), person.layer])
      )
    ),
    record
  )
  return { person, run, spans, lines }
})

/** Whether somebody sleeps until then, in seconds of the TestClock. */
const sleepsUntil = (seconds: number) => Effect.map(TestClock.sleeps(), Chunk.contains(seconds * 1000))

const deny = (answer: URLSearchParams) => {
  answer.delete("code")
  answer.set("error", "access_denied")
}

const failed = (run: Effect.Effect<unknown, AuthError.AuthError>) => Effect.flip(run)

/** What the person's browser brings, with some of it changed. */
const answering = (provider: Provider, change: (answer: URLSearchParams) => void): Browse => (link) =>
  Effect.tap(provider.authorize(link), (answer) => Effect.sync(() => change(answer)))

describe("logging in", () => {
  describe("with a browser", () => {
    it.effect("asks for a code with PKCE S256, state and nonce at the raw default address", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { person, run } = yield* login(provider)
        assert.strictEqual(yield* run, "Bearer access-1")
        const [link] = yield* person.links
        const query = Object.fromEntries(link?.searchParams ?? [])
        assert.strictEqual(`${link?.origin}${link?.pathname}`, `${issuer}/auth`)
        assert.include(query, {
          response_type: "code",
          client_id: "wps",
          redirect_uri: "http://127.0.0.1:8888",
          code_challenge_method: "S256",
          scope: "openid"
        })
        assert.match(query["state"] ?? "", /^[\w-]{43}$/)
        assert.match(query["nonce"] ?? "", /^[\w-]{43}$/)
        assert.match(query["code_challenge"] ?? "", /^[\w-]{43}$/)
        const [, exchange] = yield* provider.calls
        assert.include(exchange?.parameters, {
          grant_type: "authorization_code",
          code: "code-secret",
          redirect_uri: "http://127.0.0.1:8888",
          client_id: "wps"
        })
        assert.match(exchange?.parameters["code_verifier"] ?? "", /^[\w.~-]{43,128}$/)
        deepStrictEqual(yield* person.outcomes, [{ _tag: "Success" }])
      }))

    it.effect("port, path, scope and parameters are the caller's", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { person, run } = yield* login(provider, {
          redirectPort: [8000, 8001],
          redirectPath: "/callback",
          scope: "openid compute",
          parameters: { prompt: "login" }
        })
        yield* run
        assert.include(Object.fromEntries((yield* person.links)[0]?.searchParams ?? []), {
          redirect_uri: "http://127.0.0.1:8000/callback",
          scope: "openid compute",
          prompt: "login"
        })
      }))

    it.effect("parameters of the caller cannot replace those that protect the login", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { person, run } = yield* login(provider, {
          parameters: { state: "mine", code_challenge: "mine", nonce: "mine", redirect_uri: "https://evil.test" }
        })
        yield* run
        assert.notInclude((yield* person.links)[0]?.search, "mine")
        assert.notInclude((yield* person.links)[0]?.search, "evil")
      }))

    for (
      const [what, change] of [
        ["forged", (answer) => answer.set("state", "forged")],
        ["missing", (answer) => answer.delete("state")],
        ["doubled", (answer) => answer.append("state", answer.get("state") ?? "")]
      ] satisfies ReadonlyArray<readonly [string, (answer: URLSearchParams) => void]>
    ) {
      it.effect(`an answer whose state is ${what} is not taken for the login's, which times out with a hint`, () =>
        Effect.gen(function*() {
          const provider = yield* makeProvider()
          const { run } = yield* login(provider, {}, answering(provider, change))
          const fiber = yield* Effect.fork(failed(run))
          yield* until(sleepsUntil(300))
          yield* TestClock.adjust("5 minutes")
          const error = yield* Fiber.join(fiber)
          assert.include(error, { _tag: "LoginFailed", reason: "timeout" })
          assert.include(error.message, "http://127.0.0.1:8888")
          assert.lengthOf(yield* provider.grants, 0)
        }))
    }

    for (
      const [what, change] of [
        ["another", (answer) => answer.set("iss", "https://evil.test")],
        ["no", (answer) => answer.delete("iss")]
      ] satisfies ReadonlyArray<readonly [string, (answer: URLSearchParams) => void]>
    ) {
      it.effect(`an answer with ${what} issuer is refused, and no code is sent`, () =>
        Effect.gen(function*() {
          const provider = yield* makeProvider()
          const { person, run } = yield* login(provider, {}, answering(provider, change))
          assert.include(yield* failed(run), { _tag: "LoginFailed", reason: "wrong-issuer" })
          assert.lengthOf(yield* provider.grants, 0)
          assert.strictEqual((yield* person.outcomes)[0]?._tag, "Failure")
        }))
    }

    it.effect("a listener that takes any answer does not make a forged one good", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const person = yield* makePerson(provider.authorize)
        const careless = Layer.succeed(Loopback.Loopback, {
          listen: () =>
            Effect.succeed({
              redirectUri: "http://127.0.0.1:8888",
              callback: Effect.succeed(new URLSearchParams({ code: "code-secret", state: "forged", iss: issuer })),
              finish: () => Effect.void
            })
        })
        const run = authorize.pipe(Effect.provide(
          OAuth.layerAuthorizationCode({ issuer, clientId: "wps" }).pipe(
            Layer.provide(careless),
            Layer.provide([layerOf(provider), person.layer])
          )
        )).pipe(makeRecorder(provider, person).record)
        const error = yield* failed(run)
        assert.include(error, { _tag: "LoginFailed", reason: "refused" })
        assertConceals(error, ["code-secret", "forged"])
        assert.lengthOf(yield* provider.grants, 0)
      }))

    it.effect("a browser that was closed ends the login after its time, and the next request may begin another", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const isClosed = yield* Ref.make(true)
        const { person, run } = yield* login(
          provider,
          { loginTimeout: "1 minute" },
          (link) =>
            Effect.flatMap(
              Ref.getAndSet(isClosed, false),
              (isClosed) => isClosed ? Effect.succeed(new URLSearchParams()) : provider.authorize(link)
            )
        )
        const fiber = yield* Effect.fork(failed(run))
        yield* until(sleepsUntil(60))
        yield* TestClock.adjust("1 minute")
        assert.include(yield* Fiber.join(fiber), { _tag: "LoginFailed", reason: "timeout" })
        assert.strictEqual(yield* run, "Bearer access-1")
        assert.lengthOf(yield* person.links, 2)
      }))

    it.effect("an interface that waits for the browser's last page does not hold up the login", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { person, run } = yield* login(provider, {}, provider.authorize, { waits: true })
        assert.strictEqual(yield* run, "Bearer access-1")
        deepStrictEqual(yield* person.outcomes, [{ _tag: "Success" }])
      }))

    it.effect("a denial is told as one, in one harmless line", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { run } = yield* login(
          provider,
          {},
          answering(provider, (answer) => {
            deny(answer)
            answer.set("error_description", "no\n\u001b[31m<script>")
          })
        )
        const error = yield* failed(run)
        assert.include(error, { _tag: "LoginFailed", reason: "denied" })
        assert.notMatch(error.message, /[\n\u001b]/)
      }))

    it.effect("a code under another verifier is refused by the provider, and told to the person", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { person, run } = yield* login(
          provider,
          {},
          (link) =>
            Effect.flatMap(provider.authorize(link), (answer) => {
              const other = new URL(link)
              other.searchParams.set("code_challenge", "of-somebody-else")
              return Effect.as(provider.authorize(other), answer)
            })
        )
        const error = yield* failed(run)
        assert.include(error, { _tag: "ProviderError", operation: "code" })
        assert.strictEqual((yield* person.outcomes)[0]?._tag, "Failure")
      }))

    for (
      const [what, claims, expected] of [
        ["another nonce", { nonce: "other" }, /./],
        ["another audience", { aud: "other" }, /./],
        ["another issuer", { iss: "https://evil.test" }, /./],
        ["a time two hours ago", { iat: -7200, exp: -6900 }, /clock/]
      ] satisfies ReadonlyArray<readonly [string, Record<string, unknown>, RegExp]>
    ) {
      it.effect(`an ID token with ${what} is refused`, () =>
        Effect.gen(function*() {
          const inner = yield* makeProvider()
          const nonce = yield* Ref.make("")
          const forged: Endpoint = () =>
            Effect.flatMap(Ref.get(nonce), (nonce) =>
              inner.issue({
                id_token: idToken({ iss: issuer, aud: "wps", sub: "u1", iat: 0, exp: 300, ...{ nonce }, ...claims })
              }))
          const provider = yield* makeProvider({ endpoints: { "/token": forged } })
          const { run } = yield* login(provider, {}, (link) =>
            Effect.zipRight(Ref.set(nonce, link.searchParams.get("nonce") ?? ""), provider.authorize(link)))
          const error = yield* failed(run)
          assert.include(error, { _tag: "ProviderError", operation: "code" })
          assert.match(error.message, expected)
        }))
    }

    it.effect("a pushed request leaves nothing but its number in the link", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ metadata: { require_pushed_authorization_requests: true } })
        const { person, run } = yield* login(provider, {}, (link) =>
          Effect.gen(function*() {
            const pushed = (yield* provider.calls).find(({ path }) => path === "/par")
            const full = new URL(link)
            for (const [name, value] of Object.entries(pushed?.parameters ?? {})) full.searchParams.set(name, value)
            return yield* provider.authorize(full)
          }))
        assert.strictEqual(yield* run, "Bearer access-1")
        deepStrictEqual(Object.fromEntries((yield* person.links)[0]?.searchParams ?? []), {
          client_id: "wps",
          request_uri: "urn:par:1"
        })
      }))

    it.effect("where no browser reaches the listener, the address is pasted", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const answer = yield* Ref.make("")
        const typed = yield* Ref.make(0)
        const { person, run } = yield* login(
          provider,
          {},
          (link) =>
            Effect.flatMap(provider.authorize(link), (query) =>
              Effect.as(Ref.set(answer, ` http://127.0.0.1:8888/?${query.toString()}\n`), new URLSearchParams())),
          {
            hasBrowser: false,
            paste: Effect.flatMap(
              Ref.updateAndGet(typed, (n) =>
                n + 1),
              (n) =>
                n === 1
                  ? Effect.succeed("http://127.0.0.1:8888/?code=x&state=forged")
                  : Ref.get(answer)
            )
          }
        )
        assert.strictEqual(yield* run, "Bearer access-1")
        assert.strictEqual(yield* Ref.get(typed), 2)
        deepStrictEqual(yield* person.outcomes, [{ _tag: "Success" }])
      }))

    it.effect("what is pasted three times and is not the answer ends the login", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { run } = yield* login(provider, {}, () => Effect.succeed(new URLSearchParams()), {
          hasBrowser: false,
          paste: Effect.succeed("nonsense")
        })
        assert.include(yield* failed(run), { _tag: "LoginFailed", reason: "refused" })
      }))

    it.effect("over SSH with that fallback, a device code", () =>
      Effect.gen(function*() {
        const inner = yield* makeProvider()
        const { person, run } = yield* login(inner, { fallback: "device" }, () => Effect.never, { hasBrowser: false })
        const fiber = yield* Effect.fork(run)
        yield* until(sleepsUntil(5))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual(yield* Fiber.join(fiber), "Bearer access-1")
        assert.lengthOf(yield* person.links, 0)
      }))
  })

  describe("by device code", () => {
    const device = Effect.fnUntraced(function*(answers: ReadonlyArray<() => Response>) {
      const left = yield* Ref.make(answers)
      const inner = yield* makeProvider()
      const provider = yield* makeProvider({
        endpoints: {
          "/token": () =>
            Effect.flatMap(
              Ref.modify(left, ([first, ...rest]) => [Option.fromNullable(first), rest]),
              Option.match({ onNone: () => inner.issue(), onSome: (answer) => Effect.sync(answer) })
            )
        }
      })
      const person = yield* makePerson(() => Effect.never)
      const layer = OAuth.layerDevice({ issuer, clientId: "wps-device" }).pipe(
        Layer.provide([layerOf(provider), person.layer])
      )
      const { lines, record, spans } = makeRecorder(provider, person)
      const fiber = yield* Effect.fork(Effect.either(record(Effect.provide(authorize, layer))))
      yield* until(sleepsUntil(5))
      return { fiber, person, spans, lines, polls: Effect.map(provider.grants, (all) => all.length) }
    })

    const error = (code: string) => () => json({ error: code }, 400)

    it.effect("asks at the provider's pace, and slower when told so", () =>
      Effect.gen(function*() {
        const { fiber, person, polls } = yield* device([error("authorization_pending"), error("slow_down")])
        const [code] = yield* person.codes
        assert.include(code, { userCode: "ABCD-EFGH", verificationUri: `${issuer}/activate` })
        yield* TestClock.adjust("5 seconds")
        yield* until(sleepsUntil(10))
        assert.strictEqual(yield* polls, 1)
        yield* TestClock.adjust("5 seconds")
        yield* until(sleepsUntil(20))
        assert.strictEqual(yield* polls, 2)
        yield* TestClock.adjust("10 seconds")
        deepStrictEqual((yield* Fiber.join(fiber))._tag, "Right")
      }))

    it.effect("a provider that is busy for a moment is asked again, and later", () =>
      Effect.gen(function*() {
        const { fiber, polls } = yield* device([() => new Response("<html>busy</html>", { status: 503 })])
        yield* TestClock.adjust("5 seconds")
        yield* until(sleepsUntil(15))
        assert.strictEqual(yield* polls, 1)
        yield* TestClock.adjust("10 seconds")
        assert.strictEqual((yield* Fiber.join(fiber))._tag, "Right")
      }))

    it.effect("a denial and a code that was not typed in time are told apart", () =>
      Effect.gen(function*() {
        for (const [code, reason] of [["access_denied", "denied"], ["expired_token", "timeout"]] as const) {
          yield* TestClock.setTime(0)
          const { fiber, lines, spans } = yield* device([error(code)])
          yield* TestClock.adjust("5 seconds")
          const failure = yield* Effect.flip(yield* Fiber.join(fiber))
          assert.include(failure, { _tag: "LoginFailed", reason })
          const [whole] = spans
          assert.strictEqual(whole?.name, "OAuth.login")
          assert.strictEqual(whole?.attributes.get("oauth.grant"), "device_code")
          deepStrictEqual(whole?.ended, [Exit.fail(failure)])
          assert.include(lines.join("\n"), `OAuth login at ${issuer} failed: `)
        }
      }))

    it.effect("ends when the code has expired, whatever the provider says", () =>
      Effect.gen(function*() {
        const { fiber } = yield* device(Array.from({ length: 500 }, () => error("authorization_pending")))
        yield* TestClock.adjust("10 minutes")
        assert.include(yield* Effect.flip(yield* Fiber.join(fiber)), { _tag: "LoginFailed", reason: "timeout" })
      }))
  })

  describe("with a client of its own", () => {
    const registered = Effect.fnUntraced(function*(
      provider: Provider,
      options: {
        readonly clientId?: string
        readonly clientSecret?: Redacted.Redacted
        readonly keepUnverified?: boolean
      } = {}
    ): Effect.fn.Return<
      {
        readonly context: Context.Context<Auth.Auth | Session.Session>
        readonly store: TokenStore.Service
        readonly asked: Effect.Effect<ReadonlyArray<string>>
        readonly run: Effect.Effect<string, AuthError.AuthError>
        readonly spans: ReturnType<typeof makeRecorder>["spans"]
        readonly lines: ReadonlyArray<string>
      },
      AuthError.InvalidIssuer,
      Scope.Scope
    > {
      const person = yield* makePerson(() => Effect.never)
      const stores = yield* Layer.build(TokenStore.layerMemory)
      const { lines, record, spans } = makeRecorder(provider)
      const context = yield* Layer.build(
        KeycloakAuth.layerClientCredentials({
          url: "https://id.test/",
          realm: "cluster",
          baseUrl: "https://compute.test/",
          ...options
        }).pipe(Layer.provide([
          Layer.succeed(HttpClient.HttpClient, provider.client),
          Layer.succeedContext(stores),
          person.layer
        ]))
      )
      return {
        store: Context.get(stores, TokenStore.TokenStore),
        context,
        asked: person.asked,
        run: record(Effect.provide(authorize, context)),
        spans,
        lines
      }
    })

    const page = "https://compute.test/wps/auth/client_registration/"
    const key = new TokenStore.ProfileKey({ issuer, clientId: "", grant: "client_credentials" })
    const open: Record<string, Endpoint> = {
      [page]: () => Effect.succeed(new Response("", { status: 302, headers: { location: "/wps/auth/login" } }))
    }
    const basic = (id: string, secret: string) => `Basic ${Buffer.from(`${id}:${secret}`).toString("base64")}`

    it.scoped("shows the page, asks once, and keeps what the provider accepts", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ endpoints: open })
        const { asked, lines, run, spans, store } = yield* registered(provider)
        assert.strictEqual(yield* run, "Bearer access-1")
        deepStrictEqual(spans.map(({ name }) => name), [
          "OAuth.registration",
          "OAuth.answer",
          "OAuth.discovery",
          "OAuth.client-credentials"
        ])
        assert.include(lines.join("\n"), "OAuth registration at https://compute.test succeeded")
        yield* TestClock.adjust("1 hour")
        yield* run
        deepStrictEqual(yield* asked, [page])
        const calls = yield* provider.calls
        deepStrictEqual(calls.filter(({ path }) => path === "/token").map(({ authorization }) => authorization), [
          basic("typed", "typed%2Dsecret"),
          basic("typed", "typed%2Dsecret")
        ])
        const kept = Option.flatMap(yield* store.get(key), ({ credentials }) => credentials)
        assert.strictEqual(Option.getOrThrow(kept).clientId, "typed")
      }))

    for (const keepUnverified of [false, true]) {
      it.scoped(`what was typed and is refused is ${keepUnverified ? "kept if asked to" : "not kept, and asked for again"}`, () =>
        Effect.gen(function*() {
          const provider = yield* makeProvider({
            endpoints: {
              ...open,
              "/token": () => Effect.succeed(json({ error: "unauthorized_client", error_description: "Invalid" }, 401))
            }
          })
          const { asked, run, store } = yield* registered(provider, { keepUnverified })
          const error = yield* Effect.flip(run)
          assert.include(error, { _tag: "ProviderError" })
          assert.include(error.message, "client secret")
          const kept = Option.flatMap(yield* store.get(key), ({ credentials }) => credentials)
          assert.strictEqual(Option.isSome(kept), keepUnverified)
          yield* Effect.flip(run)
          assert.lengthOf(yield* asked, keepUnverified ? 1 : 2)
        }))
    }

    it.scoped("what the program gives wins over what is stored or typed", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ endpoints: open })
        const { context } = yield* registered(provider, { clientSecret: Redacted.make("given") })
        yield* Effect.provide(authorize, context)
        const calls = yield* provider.calls
        assert.strictEqual(calls.find(({ path }) => path === "/token")?.authorization, basic("typed", "given"))
        const both = yield* registered(provider, { clientId: "mine", clientSecret: Redacted.make("given") })
        yield* Effect.provide(authorize, both.context)
        deepStrictEqual(yield* both.asked, [])
        const kept = yield* both.store.get(
          new TokenStore.ProfileKey({ issuer, clientId: "mine", grant: "client_credentials" })
        )
        deepStrictEqual(Option.map(kept, ({ credentials }) => credentials), Option.some(Option.none()))
      }))

    it.scoped("what a login is typed anew takes the place of what is stored", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ endpoints: open })
        const { context, store } = yield* registered(provider)
        const old = new TokenStore.ClientCredentials({ clientId: "old", clientSecret: Redacted.make("old-secret") })
        const entry = new TokenStore.Entry({ credentials: Option.some(old) })
        yield* store.modify(key, () => Effect.succeed([undefined, Option.some(entry)]))
        yield* Context.get(context, Session.Session).login
        const kept = Option.flatMap(yield* store.get(key), ({ credentials }) => credentials)
        assert.strictEqual(Option.getOrThrow(kept).clientId, "typed")
      }))

    it.scoped("a page that is not there is told before anything is asked", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { asked, lines, run, spans } = yield* registered(provider)
        assert.include(yield* Effect.flip(run), { _tag: "ProviderError", operation: "registration" })
        deepStrictEqual(spans.map(({ name }) => name), ["OAuth.registration"])
        assert.include(lines.join("\n"), "OAuth registration at https://compute.test failed: ")
        deepStrictEqual(yield* asked, [])
      }))
  })

  describe("where nobody is there", () => {
    const listens: Loopback.Service = {
      listen: () =>
        Effect.succeed({
          redirectUri: "http://127.0.0.1:8888",
          callback: Effect.never,
          finish: () => Effect.void
        })
    }
    const taken: Loopback.Service = {
      listen: ({ ports }) => new AuthError.LoopbackUnavailable({ ports, reason: "all of them are in use" })
    }
    const withCode = (fallback: "device" | "paste" | "none", loopback = listens) =>
      OAuth.layerAuthorizationCode({ issuer, clientId: "wps", fallback }).pipe(
        Layer.provide(Layer.succeed(Loopback.Loopback, loopback))
      )
    const byDevice = OAuth.layerDevice({ issuer, clientId: "wps-device" })

    for (
      const [what, layer] of [
        ["the code flow that falls back to pasting", withCode("paste")],
        ["the code flow that falls back to a device code", withCode("device")],
        ["the code flow without a fallback", withCode("none")],
        ["the code flow that falls back to pasting, its port taken", withCode("paste", taken)],
        ["the code flow that falls back to a device code, its port taken", withCode("device", taken)],
        ["the code flow without a fallback, its port taken", withCode("none", taken)],
        ["a device code", byDevice],
        [
          "a client that registers",
          OAuth.layerRegisteredClient({ issuer, registration: "https://compute.test/register" })
        ]
      ] as const
    ) {
      it.effect(`${what} says so at once, and sends nothing`, () =>
        Effect.gen(function*() {
          const provider = yield* makeProvider()
          const run = authorize.pipe(Effect.provide(Layer.provide(layer, [layerOf(provider), LoginUi.layerNone])))
          const error = yield* failed(makeRecorder(provider).record(run))
          assert.include(error, { _tag: "LoginRequired", reason: "not-interactive" })
          assert.include(error.message, "Log in once where there is a terminal")
          assert.include(error.message, "client credentials")
          deepStrictEqual(yield* provider.calls, [])
        }))
    }

    it.effect("an interface that finds it out when it has to show something ends the login too", () =>
      Effect.gen(function*() {
        const nobody = Context.get(yield* Layer.build(LoginUi.layerNone), LoginUi.LoginUi)
        const late = Layer.succeed(LoginUi.LoginUi, { ...nobody, hasBrowser: Effect.succeed(false) })
        for (const layer of [byDevice, withCode("none"), withCode("paste"), withCode("device", taken)]) {
          const provider = yield* makeProvider()
          const run = authorize.pipe(Effect.provide(Layer.provide(layer, [layerOf(provider), late])))
          assert.strictEqual((yield* failed(run))._tag, "LoginRequired")
          assert.lengthOf(yield* provider.grants, 0)
        }
      }).pipe(Effect.scoped))
  })

  describe("a provider that misbehaves", () => {
    const answers: Record<string, () => Response> = {
      "a page": () => new Response("<html>token-secret</html>", { headers: { "content-type": "text/html" } }),
      "an error page": () => new Response("<html>token-secret</html>", { status: 500 }),
      "cut JSON": () =>
        new Response("{\"access_token\":\"token-secret\"", { headers: { "content-type": "application/json" } }),
      "no token": () => json({ token_type: "bearer", hint: "token-secret" }),
      "a foreign kind of token": () => json({ access_token: "token-secret", token_type: "mac" }),
      "a redirect": () => new Response(null, { status: 302, headers: { location: "https://evil.test/?token-secret" } }),
      "nothing": () => new Response(null, { status: 204 }),
      "a challenge": () => json({ error: "invalid_client", error_description: "bad" }, 401),
      "too much": () => new Response("x".repeat(2 * 1024 * 1024), { headers: { "content-type": "application/json" } })
    }
    for (const [what, answer] of Object.entries(answers)) {
      it.effect(`${what} in the place of a token is a typed error without secrets`, () =>
        Effect.gen(function*() {
          const provider = yield* makeProvider({ endpoints: { "/token": () => Effect.sync(answer) } })
          const error = yield* failed(Effect.provide(authorize, clientCredentials(provider)))
          assert.include(["ProviderError", "ProviderUnreachable"], error._tag)
          assert.match(error.message, /\. [A-Z][^.]*\.$/)
          assertConceals(error, ["token-secret", "client-secret"])
        }))
    }

    it.effect("no more of an answer is read than a token can take", () =>
      Effect.gen(function*() {
        const { response, state } = endless(200, { "content-type": "application/json" })
        const provider = yield* makeProvider({ endpoints: { "/token": () => Effect.succeed(response) } })
        assert.include(yield* failed(Effect.provide(authorize, clientCredentials(provider))), {
          _tag: "ProviderUnreachable",
          reason: "its answer is larger than 1 MiB"
        })
        assert.isTrue(state.cancelled)
      }))

    it.effect("an answer that never ends is given up after its time", () =>
      Effect.gen(function*() {
        const body = new ReadableStream<Uint8Array>({
          start: (controller) => controller.enqueue(new TextEncoder().encode("{\"access_token\":\"token-secret"))
        })
        const provider = yield* makeProvider({ endpoints: { "/token": () => Effect.succeed(new Response(body)) } })
        const fiber = yield* Effect.fork(failed(Effect.provide(authorize, clientCredentials(provider))))
        yield* until(Effect.map(provider.grants, (all) => all.length > 0))
        yield* TestClock.adjust("30 seconds")
        const error = yield* Fiber.join(fiber)
        assert.include(error, { _tag: "ProviderUnreachable", reason: "no answer within 30 s" })
        assertConceals(error, ["token-secret"])
      }))

    it.effect("a refused client is told by its code, even with a challenge beside it", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({
          endpoints: {
            "/token": () =>
              Effect.succeed(
                new Response(JSON.stringify({ error: "invalid_client" }), {
                  status: 401,
                  headers: { "content-type": "application/json", "www-authenticate": "Basic realm=\"x\"" }
                })
              )
          }
        })
        const error = yield* failed(Effect.provide(authorize, clientCredentials(provider)))
        deepStrictEqual(error._tag === "ProviderError" ? error.code : Option.none(), Option.some("invalid_client"))
      }))

    it.effect("metadata of another issuer are refused, and nothing is sent there", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({
          metadata: { issuer: "https://evil.test", token_endpoint: "https://evil.test/token" }
        })
        const error = yield* failed(Effect.provide(authorize, clientCredentials(provider)))
        assert.include(error, { _tag: "ProviderError", operation: "discovery" })
        deepStrictEqual((yield* provider.calls).map(({ path }) => path), ["/.well-known/openid-configuration"])
      }))

    it.effect("an http issuer is refused but on this machine", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        for (
          const [bad, ok] of [["http://id.test/realms/a", false], ["http://127.0.0.1:8080/realms/a", true]] as const
        ) {
          const built = yield* Effect.either(Effect.scoped(Layer.build(
            OAuth.layerClientCredentials({ issuer: bad, clientId: "a", authentication: { _tag: "None" } }).pipe(
              Layer.provide(layerOf(provider))
            )
          )))
          assert.strictEqual(built._tag, ok ? "Right" : "Left")
        }
      }))

    it.effect("fetch is told not to follow where a secret would be sent along", () =>
      Effect.gen(function*() {
        const modes: Array<RequestInit["redirect"]> = []
        const fetch: typeof globalThis.fetch = (_, init) => {
          modes.push(init?.redirect)
          const isToken = init?.method === "POST"
          return Promise.resolve(
            isToken
              ? new Response(null, { status: 307, headers: { location: "https://evil.test/token" } })
              : json({ issuer, token_endpoint: `${issuer}/token` })
          )
        }
        const layer = OAuth.layerClientCredentials({
          issuer,
          clientId: "nightly",
          authentication: { _tag: "ClientSecret", secret: Redacted.make("client-secret") }
        }).pipe(Layer.provide([
          Layer.provide(FetchHttpClient.layer, Layer.succeed(FetchHttpClient.Fetch, fetch)),
          TokenStore.layerMemory
        ]))
        assert.include(yield* failed(Effect.provide(authorize, layer)), {
          _tag: "ProviderError",
          operation: "client-credentials"
        })
        deepStrictEqual(modes, ["manual", "manual"])
      }))

    it.effect("an http page to log in at is refused, and not shown", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ metadata: { authorization_endpoint: "http://id.test/auth" } })
        const { person, run } = yield* login(provider)
        const error = yield* failed(run)
        assert.include(error, { _tag: "ProviderError", operation: "authorization" })
        assert.include(error.message, "https")
        deepStrictEqual(yield* person.links, [])
      }))

    it.effect("one that does not answer is given up after its time, and a connection that fails is told", () =>
      Effect.gen(function*() {
        const silent = yield* makeProvider({ endpoints: { "/token": () => Effect.never } })
        const fiber = yield* Effect.fork(failed(Effect.provide(authorize, clientCredentials(silent))))
        yield* until(Effect.map(silent.grants, (all) => all.length > 0))
        yield* TestClock.adjust("30 seconds")
        assert.include(yield* Fiber.join(fiber), { _tag: "ProviderUnreachable", reason: "no answer within 30 s" })

        const cut = HttpClient.make((request) =>
          new HttpClientError.RequestError({ request, reason: "Transport", cause: { code: "ECONNREFUSED" } })
        )
        const layer = OAuth.layerClientCredentials({ issuer, clientId: "a", authentication: { _tag: "None" } }).pipe(
          Layer.provide([Layer.succeed(HttpClient.HttpClient, cut), TokenStore.layerMemory])
        )
        assert.include(yield* failed(Effect.provide(authorize, layer)), {
          _tag: "ProviderUnreachable",
          reason: "ECONNREFUSED"
        })
      }))

    it.effect("metadata that it does not publish are given by the program", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const layer = OAuth.layerClientCredentials({
          issuer,
          clientId: "a",
          authentication: { _tag: "None" },
          discovery: "none",
          metadata: { token_endpoint: `${issuer}/token` }
        }).pipe(Layer.provide(layerOf(provider)))
        assert.strictEqual(yield* Effect.provide(authorize, layer), "Bearer access-1")
        deepStrictEqual((yield* provider.calls).map(({ path }) => path), ["/token"])
      }))
  })

  describe("a session", () => {
    it.scoped("logs in, tells who it is, and logs out at the provider", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const person = yield* makePerson(provider.authorize)
        const context = yield* Layer.build(
          KeycloakAuth.layerAuthorizationCode({ url: "https://id.test", realm: "cluster", clientId: "wps" }).pipe(
            Layer.provide([layerOf(provider), person.layer])
          )
        )
        const session = Context.get(context, Session.Session)
        assert.isTrue(Option.isNone(yield* session.whoami))
        const identity = yield* session.login
        deepStrictEqual(Option.some(identity), yield* session.whoami)
        assert.include(identity, { issuer, clientId: "wps", isRenewable: true })
        deepStrictEqual(identity.name, Option.some("alice"))
        deepStrictEqual(identity.subject, Option.some("u1"))
        assertConceals(identity, ["access-1", "refresh-1"])
        yield* session.logout
        assert.isTrue(Option.isNone(yield* session.whoami))
        const revoked = (yield* provider.calls).filter(({ path }) => path === "/revoke")
        deepStrictEqual(revoked.map(({ parameters }) => parameters["token"]), ["refresh-1"])
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
        assert.lengthOf(yield* person.links, 2)
      }))

    it.scoped("forgets even if the provider cannot be asked, and says so", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({
          endpoints: { "/revoke": () => Effect.succeed(new Response("", { status: 503 })) }
        })
        const person = yield* makePerson(provider.authorize)
        const context = yield* Layer.build(
          OAuth.layerAuthorizationCode({ issuer, clientId: "wps" }).pipe(
            Layer.provide([layerOf(provider), person.layer])
          )
        )
        const session = Context.get(context, Session.Session)
        yield* session.login
        assert.include(yield* Effect.flip(session.logout), { _tag: "ProviderError", operation: "revocation" })
        assert.isTrue(Option.isNone(yield* session.whoami))
      }))
  })

  it.scoped("what one had for a token is not given to another, whatever store they share", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({
        endpoints: {
          "/token": ({ parameters }) =>
            Effect.succeed(json({ access_token: `for-${parameters["subject_token"]}`, token_type: "bearer" }))
        }
      })
      const services = Layer.succeedContext(yield* Layer.build(layerOf(provider)))
      for (const who of ["alice", "bob"]) {
        const layer = OAuth.layerTokenExchange({
          issuer,
          clientId: "portal",
          subjectToken: Effect.succeed(Redacted.make(who))
        }).pipe(Layer.provide(services))
        assert.strictEqual(yield* Effect.provide(authorize, layer), `Bearer for-${who}`)
      }
    }))

  it.scoped("what the program opens to give a token for exchange ends when it has given it", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider()
      const opened = yield* Ref.make(0)
      const closed = yield* Ref.make(0)
      const context = yield* Layer.build(
        OAuth.layerTokenExchange({
          issuer,
          clientId: "portal",
          subjectToken: Effect.acquireRelease(
            Ref.update(opened, (n) => n + 1),
            () => Ref.update(closed, (n) => n + 1)
          ).pipe(Effect.as(Redacted.make("theirs")))
        }).pipe(Layer.provide(layerOf(provider)))
      )
      yield* Effect.provide(authorize, context)
      assert.strictEqual(yield* Ref.get(opened), 1)
      assert.strictEqual(yield* Ref.get(closed), 1)
    }))

  it.effect("a token is exchanged with what says whom it is for", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider()
      const layer = OAuth.layerTokenExchange({
        issuer,
        clientId: "portal",
        authentication: { _tag: "ClientSecretPost", secret: Redacted.make("s") },
        audience: "compute",
        subjectToken: Effect.succeed(Redacted.make("theirs"))
      }).pipe(Layer.provide(layerOf(provider)))
      assert.strictEqual(yield* Effect.provide(authorize, layer), "Bearer access-1")
      const [, call] = yield* provider.calls
      deepStrictEqual(call?.parameters, {
        grant_type: "urn:ietf:params:oauth:grant-type:token-exchange",
        subject_token: "theirs",
        subject_token_type: "urn:ietf:params:oauth:token-type:access_token",
        audience: "compute",
        client_id: "portal",
        client_secret: "s"
      })
    }))

  it.scoped("no secret is in a log, a span or an error of what comes after a login", () =>
    Effect.gen(function*() {
      const secrets = ["code-secret", "access-1", "access-2", "refresh-1", "refresh-2"]
      const provider = yield* makeProvider({
        endpoints: { "/revoke": () => Effect.succeed(new Response("refresh-2", { status: 503 })) }
      })
      const person = yield* makePerson(provider.authorize)
      const { lines, record, spans } = makeRecorder(provider, person)
      const context = yield* Layer.build(
        OAuth.layerAuthorizationCode({ issuer, clientId: "wps" }).pipe(
          Layer.provide([layerOf(provider), person.layer])
        )
      )
      const session = Context.get(context, Session.Session)
      const told = yield* Effect.gen(function*() {
        const identity = yield* session.login
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
        const whoami = yield* session.whoami
        return [identity, whoami, yield* Effect.exit(session.logout)]
      }).pipe(Effect.withSpan("program"), record)
      assert.include(spans.map(({ name }) => name), "OAuth.refresh")
      assert.include(lines.join("\n"), `OAuth revocation at ${issuer} failed`)
      assertConceals([told, context], secrets)
    }))

  describe("in traces and in the log", () => {
    type Recorded = Pick<ReturnType<typeof makeRecorder>, "lines" | "spans">

    const names = ({ spans }: Recorded) => spans.map(({ name }) => name)

    /** The steps that did not succeed. */
    const failures = ({ spans }: Recorded) =>
      spans.filter(({ ended }) => ended.some((exit) => Exit.isExit(exit) && Exit.isFailure(exit))).map(({ name }) =>
        name
      )

    const grantOf = ({ spans }: Recorded) =>
      spans.find(({ name }) => name === "OAuth.login")?.attributes.get("oauth.grant")

    const assertLogs = ({ lines }: Recorded, what: string) => assert.include(lines.join("\n"), `OAuth ${what}`)

    it.effect("each step of a login with a browser is seen, and no secret", () =>
      Effect.gen(function*() {
        const { run, ...recorded } = yield* login(yield* makeProvider())
        yield* run
        deepStrictEqual(names(recorded), [
          "OAuth.login",
          "OAuth.listen",
          "OAuth.discovery",
          "OAuth.answer",
          "OAuth.code"
        ])
        assert.strictEqual(grantOf(recorded), "authorization_code")
        deepStrictEqual(failures(recorded), [])
        for (const step of ["listen", "answer", "code", "login"]) assertLogs(recorded, `${step} at ${issuer} succeeded`)
      }))

    it.effect("a denial is the failure of the login, after the answer", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const denied = yield* login(provider, {}, answering(provider, deny))
        yield* failed(denied.run)
        deepStrictEqual(failures(denied), ["OAuth.login"])
        assertLogs(denied, `login at ${issuer} failed: `)
      }))

    it.effect("a browser that was closed is the failure of the answer", () =>
      Effect.gen(function*() {
        const closed = yield* login(yield* makeProvider(), {}, () => Effect.succeed(new URLSearchParams()))
        const fiber = yield* Effect.fork(failed(closed.run))
        yield* until(sleepsUntil(300))
        yield* TestClock.adjust("5 minutes")
        yield* Fiber.join(fiber)
        deepStrictEqual(failures(closed), ["OAuth.login", "OAuth.answer"])
        assertLogs(closed, `answer at ${issuer} failed: `)
      }))

    it.effect("a fallback is the same login by another grant", () =>
      Effect.gen(function*() {
        const { run, ...recorded } = yield* login(
          yield* makeProvider(),
          { fallback: "device" },
          () => Effect.never,
          { hasBrowser: false }
        )
        const fiber = yield* Effect.fork(run)
        yield* until(sleepsUntil(5))
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(fiber)
        assert.strictEqual(grantOf(recorded), "device_code")
        deepStrictEqual(names(recorded), [
          "OAuth.login",
          "OAuth.discovery",
          "OAuth.device-authorization",
          "OAuth.answer",
          "OAuth.device"
        ])
      }))
  })
})
