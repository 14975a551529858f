import { Auth, OAuth, type Session, TokenStore } from "@effect-wps/auth"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Fiber, Layer, Option, Redacted, Ref, TestClock } from "effect"
import { type Endpoint, issuer, json, makePerson, makeProvider, makeService, type Provider } from "./provider.ts"

const authorize = Effect.flatMap(Auth.Auth, (auth) =>
  Effect.map(
    auth.authorize(HttpClientRequest.get("https://wps.test/wps")),
    ({ headers }) => headers["authorization"] ?? ""
  ))

const confidential = {
  issuer,
  clientId: "nightly",
  authentication: { _tag: "ClientSecret", secret: Redacted.make("client-secret") }
} as const

const layerOf = (provider: Provider) =>
  Layer.merge(Layer.succeed(HttpClient.HttpClient, provider.client), TokenStore.layerMemory)

/** A layer's services, as long as the test's scope is open. */
const built = <E>(layer: Layer.Layer<Auth.Auth | Session.Session, E>) => Layer.build(layer)

const clientCredentials = (provider: Provider) =>
  built(OAuth.layerClientCredentials(confidential).pipe(Layer.provide(layerOf(provider))))

const codeOptions = { issuer, clientId: "wps" }

const withBrowser = Effect.fnUntraced(function*(
  provider: Provider,
  options: Partial<OAuth.AuthorizationCodeOptions> = {},
  browse: (link: URL) => Effect.Effect<URLSearchParams> = provider.authorize
) {
  const person = yield* makePerson(browse)
  const context = yield* built(
    OAuth.layerAuthorizationCode({ ...codeOptions, ...options }).pipe(
      Layer.provide([layerOf(provider), person.layer])
    )
  )
  return { person, context }
})

const many = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.forEach(Array.from({ length: 50 }), () => effect, { concurrency: "unbounded" })

describe("OAuth", () => {
  describe("tokens", () => {
    it.scoped("one token serves every request until it is about to expire", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ lifetime: 300 })
        const context = yield* clientCredentials(provider)
        for (let i = 0; i < 20; i++) assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        yield* TestClock.adjust("269 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
        deepStrictEqual(yield* provider.grants, ["client_credentials", "client_credentials"])
      }))

    it.scoped("the margin is a fifth of a short life, not 30 seconds", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ lifetime: 20 })
        const context = yield* clientCredentials(provider)
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("15 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
      }))

    it.scoped("a token without an end is kept", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({
          endpoints: { "/token": () => Effect.succeed(json({ access_token: "for-ever", token_type: "bearer" })) }
        })
        const context = yield* clientCredentials(provider)
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("900 days")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer for-ever")
        assert.lengthOf(yield* provider.grants, 1)
      }))

    it.scoped("50 fibers across the expiry make one request, and all have its token", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { context, person } = yield* withBrowser(provider)
        deepStrictEqual(new Set(yield* many(Effect.provide(authorize, context))), new Set(["Bearer access-1"]))
        assert.lengthOf(yield* person.links, 1)
        yield* TestClock.adjust("280 seconds")
        deepStrictEqual(new Set(yield* many(Effect.provide(authorize, context))), new Set(["Bearer access-2"]))
        deepStrictEqual(yield* provider.grants, ["authorization_code", "refresh_token"])
      }))

    it.scoped("an interrupted caller takes nothing from the others, and the rotated token is not lost", () =>
      Effect.gen(function*() {
        const isOpen = yield* Deferred.make<void>()
        const isAsked = yield* Deferred.make<void>()
        const provider = yield* makeProvider()
        const { context } = yield* withBrowser({
          ...provider,
          client: HttpClient.mapRequestEffect(provider.client, (request) =>
            Effect.gen(function*() {
              const isRefresh = request.body._tag === "Uint8Array" &&
                new TextDecoder().decode(request.body.body).includes("refresh_token=refresh-1")
              if (isRefresh) {
                yield* Deferred.succeed(isAsked, undefined)
                yield* Deferred.await(isOpen)
              }
              return request
            }))
        })
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("280 seconds")
        const first = yield* Effect.fork(Effect.provide(authorize, context))
        yield* Deferred.await(isAsked)
        const second = yield* Effect.fork(Effect.provide(authorize, context))
        yield* Fiber.interrupt(first)
        yield* Deferred.succeed(isOpen, undefined)
        assert.strictEqual(yield* Fiber.join(second), "Bearer access-2")
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-3")
        deepStrictEqual(yield* provider.grants, ["authorization_code", "refresh_token", "refresh_token"])
      }))

    it.scoped("the end of the scope waits for a refresh under way, whose token is stored", () =>
      Effect.gen(function*() {
        const isOpen = yield* Deferred.make<void>()
        const isAsked = yield* Deferred.make<void>()
        const provider = yield* makeProvider()
        const held: Endpoint = (call) =>
          call.parameters["grant_type"] === "refresh_token"
            ? Deferred.succeed(isAsked, undefined).pipe(
              Effect.zipRight(Deferred.await(isOpen)),
              Effect.zipRight(provider.token(call))
            )
            : provider.token(call)
        const slow = yield* makeProvider({ endpoints: { "/token": held } })
        const store = Context.get(yield* Layer.build(TokenStore.layerMemory), TokenStore.TokenStore)
        const person = yield* makePerson(provider.authorize)
        const layer = OAuth.layerAuthorizationCode(codeOptions).pipe(
          Layer.provide([
            Layer.succeed(HttpClient.HttpClient, slow.client),
            Layer.succeed(TokenStore.TokenStore, store),
            person.layer
          ])
        )
        yield* Effect.provide(authorize, layer)
        yield* TestClock.adjust("280 seconds")
        const fiber = yield* Effect.fork(Effect.provide(authorize, layer))
        yield* Deferred.await(isAsked)
        const end = yield* Effect.fork(Fiber.interrupt(fiber))
        yield* Effect.yieldNow()
        yield* Deferred.succeed(isOpen, undefined)
        yield* Fiber.join(end)
        const key = new TokenStore.ProfileKey({
          issuer,
          clientId: "wps",
          grant: "authorization_code",
          scope: "openid"
        })
        const tokens = Option.flatMap(yield* store.get(key), ({ tokens }) => tokens)
        deepStrictEqual(
          Option.map(Option.flatMap(tokens, ({ refresh }) => refresh), Redacted.value),
          Option.some("refresh-2")
        )
      }))

    it.scoped("a provider that does not rotate keeps its refresh token", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({ rotates: false })
        const { context, person } = yield* withBrowser(provider)
        for (let n = 1; n <= 4; n++) {
          assert.strictEqual(yield* Effect.provide(authorize, context), `Bearer access-${n}`)
          yield* TestClock.adjust("5 minutes")
        }
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("a failure is not kept", () =>
      Effect.gen(function*() {
        const broken = yield* Ref.make(true)
        const provider = yield* makeProvider()
        const flaky = yield* makeProvider({
          endpoints: {
            "/token": (call) =>
              Effect.flatMap(
                Ref.getAndSet(broken, false),
                (isBroken) =>
                  isBroken ? Effect.succeed(new Response("<html>busy</html>", { status: 503 })) : provider.token(call)
              )
          }
        })
        const context = yield* clientCredentials(flaky)
        const error = yield* Effect.flip(Effect.provide(authorize, context))
        assert.strictEqual(error._tag, "ProviderError")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        assert.lengthOf(yield* flaky.grants, 2)
      }))

    it.scoped("a failed refresh leaves a token that is good for some seconds more, and is asked for again", () =>
      Effect.gen(function*() {
        const broken = yield* Ref.make(true)
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            "/token": (call) =>
              Effect.flatMap(
                Ref.get(broken),
                (isBroken) =>
                  isBroken && call.parameters["grant_type"] === "refresh_token"
                    ? Effect.succeed(new Response("busy", { status: 503 }))
                    : inner.token(call)
              )
          }
        })
        const { context, person } = yield* withBrowser(provider, {}, inner.authorize)
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        yield* Ref.set(broken, false)
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
        yield* Ref.set(broken, true)
        yield* TestClock.adjust("301 seconds")
        assert.strictEqual((yield* Effect.flip(Effect.provide(authorize, context)))._tag, "ProviderError")
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("another process's token is taken from the store without asking", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const shared = yield* Layer.build(TokenStore.layerMemory)
        const person = yield* makePerson(provider.authorize)
        const layer = () =>
          OAuth.layerAuthorizationCode(codeOptions).pipe(Layer.provide([
            Layer.succeed(HttpClient.HttpClient, provider.client),
            Layer.succeedContext(shared),
            person.layer
          ]))
        const one = yield* built(layer())
        const other = yield* built(layer())
        assert.strictEqual(yield* Effect.provide(authorize, one), "Bearer access-1")
        assert.strictEqual(yield* Effect.provide(authorize, other), "Bearer access-1")
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, one), "Bearer access-2")
        assert.strictEqual(yield* Effect.provide(authorize, other), "Bearer access-2")
        deepStrictEqual(yield* provider.grants, ["authorization_code", "refresh_token"])
      }))
  })

  describe("refusals", () => {
    it.scoped("a revoked token: one refresh that fails, one login, and 50 answers", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { context, person } = yield* withBrowser(provider)
        const service = yield* makeService(Context.get(context, Auth.Auth), (token) => token === "access-2")
        yield* Effect.provide(authorize, context)
        yield* provider.revokeAll
        deepStrictEqual(new Set(yield* many(service.ask)), new Set([200]))
        assert.lengthOf(yield* person.links, 2)
        deepStrictEqual(yield* provider.grants, ["authorization_code", "refresh_token", "authorization_code"])
      }))

    it.scoped("a service that refuses every token is asked twice, not for ever", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const context = yield* clientCredentials(provider)
        const service = yield* makeService(Context.get(context, Auth.Auth), () => false)
        assert.strictEqual(yield* service.ask, 401)
        assert.lengthOf(yield* service.seen, 2)
      }))

    it.scoped("a token that the provider gives again as it was is not sent again", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({
          endpoints: { "/token": () => Effect.succeed(json({ access_token: "same", token_type: "bearer" })) }
        })
        const context = yield* clientCredentials(provider)
        const service = yield* makeService(Context.get(context, Auth.Auth), () => false)
        assert.strictEqual(yield* service.ask, 401)
        deepStrictEqual(yield* service.seen, ["same"])
        assert.lengthOf(yield* provider.grants, 2)
      }))

    it.scoped("nobody is asked to log in again for a fresh token that cannot be refreshed and is refused", () =>
      Effect.gen(function*() {
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            "/token": (call) =>
              Effect.flatMap(
                inner.token(call),
                (response) =>
                  Effect.promise(() =>
                    response.json().then((body: Record<string, unknown>) => json({ ...body, refresh_token: undefined }))
                  )
              )
          }
        })
        const { context, person } = yield* withBrowser(provider, {}, inner.authorize)
        const service = yield* makeService(Context.get(context, Auth.Auth), () => false)
        assert.strictEqual(yield* service.ask, 401)
        assert.lengthOf(yield* person.links, 1)
        yield* TestClock.adjust("2 minutes")
        assert.strictEqual(yield* service.ask, 401)
        assert.lengthOf(yield* person.links, 2)
      }))
  })
})
