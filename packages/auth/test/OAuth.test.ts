import { Auth, AuthError, OAuth, Session, TokenStore } from "@effect-wps/auth"
import { HttpClient, HttpClientError, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Deferred, Effect, Exit, Fiber, Layer, Option, Redacted, Ref, Scope, TestClock } from "effect"
import {
  type Endpoint,
  issuer,
  json,
  makePerson,
  makeProvider,
  makeRecorder,
  makeService,
  type Person,
  type Provider,
  until
} from "./provider.ts"
import { assertConceals } from "./support.ts"

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

/** A layer's services, as long as the test's scope is open: none of their secrets is in a log, a span or an error. */
const built = Effect.fnUntraced(function*<E>(
  layer: Layer.Layer<Auth.Auth | Session.Session, E>,
  provider: Pick<Provider, "calls">,
  person?: Person
) {
  const context = yield* Layer.build(layer)
  const auth = Context.get(context, Auth.Auth)
  const session = Context.get(context, Session.Session)
  const { record, spans } = makeRecorder(provider, person)
  const recorded = Context.make(Auth.Auth, {
    authorize: (request) => record(auth.authorize(request)),
    refused: (sent, response) => record(auth.refused(sent, response))
  }).pipe(
    Context.add(Session.Session, {
      login: record(session.login),
      logout: record(session.logout),
      whoami: record(session.whoami)
    })
  )
  return { context: recorded, spans }
})

const clientCredentials = (provider: Provider, options: Partial<OAuth.Provider> = {}) =>
  Effect.map(
    built(
      OAuth.layerClientCredentials({ ...confidential, ...options }).pipe(Layer.provide(layerOf(provider))),
      provider
    ),
    ({ context }) => context
  )

const codeOptions = { issuer, clientId: "wps" }

const withBrowser = Effect.fnUntraced(function*(
  provider: Provider,
  options: Partial<OAuth.AuthorizationCodeOptions> = {},
  browse: (link: URL) => Effect.Effect<URLSearchParams> = provider.authorize
) {
  const person = yield* makePerson(browse)
  const { context, spans } = yield* built(
    OAuth.layerAuthorizationCode({ ...codeOptions, ...options }).pipe(
      Layer.provide([layerOf(provider), person.layer])
    ),
    provider,
    person
  )
  return { person, context, spans }
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

    it.scoped("a provider that is down for a while does not end a token that is still good", () =>
      Effect.gen(function*() {
        const isDown = yield* Ref.make(false)
        const provider = yield* makeProvider()
        const context = yield* clientCredentials({
          ...provider,
          client: HttpClient.transform(
            provider.client,
            (answer, request) =>
              Effect.flatMap(Ref.get(isDown), (isDown) =>
                isDown
                  ? new HttpClientError.RequestError({ request, reason: "Transport", cause: { code: "ECONNREFUSED" } })
                  : answer)
          )
        })
        yield* Effect.provide(authorize, context)
        yield* Ref.set(isDown, true)
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Effect.flip(Effect.provide(authorize, context)))._tag, "ProviderUnreachable")
      }))

    it.scoped("nor does one that is too busy", () =>
      Effect.gen(function*() {
        const isBusy = yield* Ref.make(false)
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            "/token": (call) =>
              Effect.flatMap(Ref.get(isBusy), (isBusy) =>
                isBusy ? Effect.succeed(new Response("busy", { status: 503 })) : inner.token(call))
          }
        })
        const context = yield* clientCredentials(provider)
        yield* Effect.provide(authorize, context)
        yield* Ref.set(isBusy, true)
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Effect.flip(Effect.provide(authorize, context)))._tag, "ProviderError")
      }))

    it.scoped("metadata are read where they are said to lie, and an error says how", () =>
      Effect.gen(function*() {
        const elsewhere = "/elsewhere/metadata"
        const standard = "/.well-known/openid-configuration"
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            [standard]: () => Effect.succeed(new Response(null, { status: 301, headers: { location: elsewhere } })),
            [elsewhere]: inner.discovery
          }
        })
        const error = yield* Effect.flip(Effect.provide(authorize, yield* clientCredentials(provider)))
        assert.include(error.message, "HTTP 301")
        assert.include(error.message, "`metadataUrl`")
        const told = yield* clientCredentials(provider, { metadataUrl: `${issuer}${elsewhere}` })
        assert.strictEqual(yield* Effect.provide(authorize, told), "Bearer access-1")
        deepStrictEqual((yield* provider.calls).map(({ path }) => path), [standard, elsewhere, "/token"])
      }))

    it.scoped("metadata are not asked for over http", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const error = yield* Effect.flip(clientCredentials(provider, { metadataUrl: "http://id.test/metadata" }))
        assert.strictEqual(error._tag, "InvalidIssuer")
      }))

    it.scoped("a token is asked for with the type of a form, to the letter", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        yield* Effect.provide(authorize, yield* clientCredentials(provider))
        const [, call] = yield* provider.calls
        assert.strictEqual(call?.contentType, "application/x-www-form-urlencoded")
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
        const { context: one } = yield* built(layer(), provider, person)
        const { context: other } = yield* built(layer(), provider, person)
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
        const { context, person, spans } = yield* withBrowser(provider)
        const service = yield* makeService(Context.get(context, Auth.Auth), (token) => token === "access-2")
        yield* Effect.provide(authorize, context)
        yield* provider.revokeAll
        deepStrictEqual(new Set(yield* many(service.ask)), new Set([200]))
        const logins = spans.filter(({ name }) => name === "OAuth.refresh" || name === "OAuth.login")
        deepStrictEqual(logins.map(({ name }) => name), ["OAuth.login", "OAuth.refresh", "OAuth.login"])
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

  describe("what goes wrong in between", () => {
    /** A provider whose refresh waits to be let through, and a login at it. */
    const withSlowRefresh = Effect.gen(function*() {
      const isOpen = yield* Deferred.make<void>()
      const isAsked = yield* Deferred.make<void>()
      const inner = yield* makeProvider()
      const provider = yield* makeProvider({
        endpoints: {
          "/token": (call) =>
            call.parameters["grant_type"] === "refresh_token"
              ? Deferred.succeed(isAsked, undefined).pipe(
                Effect.zipRight(Deferred.await(isOpen)),
                Effect.zipRight(inner.token(call))
              )
              : inner.token(call)
        }
      })
      const { context, person } = yield* withBrowser(provider, {}, inner.authorize)
      yield* Effect.provide(authorize, context)
      yield* TestClock.adjust("280 seconds")
      const renewal = yield* Effect.fork(Effect.provide(authorize, context))
      yield* Deferred.await(isAsked)
      const session = Context.get(context, Session.Session)
      return { context, person, provider, renewal, session, open: Deferred.succeed(isOpen, undefined) }
    })

    it.scoped("a logout during a refresh is not undone by it", () =>
      Effect.gen(function*() {
        const { context, open, person, provider, renewal, session } = yield* withSlowRefresh
        const logout = yield* Effect.fork(session.logout)
        yield* Effect.yieldNow()
        yield* open
        yield* Fiber.join(logout)
        assert.strictEqual(yield* Fiber.join(renewal), "Bearer access-2")
        const revoked = (yield* provider.calls).filter(({ path }) => path === "/revoke")
        deepStrictEqual(revoked.map(({ parameters }) => parameters["token"]), ["refresh-2"])
        deepStrictEqual(yield* session.whoami, Option.none())
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-3")
        assert.lengthOf(yield* person.links, 2)
      }))

    it.scoped("a login during a refresh is one", () =>
      Effect.gen(function*() {
        const { context, open, person, renewal, session } = yield* withSlowRefresh
        const login = yield* Effect.fork(session.login)
        yield* Effect.yieldNow()
        yield* open
        yield* Fiber.join(login)
        assert.strictEqual(yield* Fiber.join(renewal), "Bearer access-2")
        assert.lengthOf(yield* person.links, 2)
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-3")
      }))

    it.scoped("requests that wait for a login, and a login, are one login", () =>
      Effect.gen(function*() {
        const isOpen = yield* Deferred.make<void>()
        const provider = yield* makeProvider()
        const { context, person } = yield* withBrowser(
          provider,
          {},
          (link) => Effect.zipRight(Deferred.await(isOpen), provider.authorize(link))
        )
        const waiting = yield* Effect.fork(many(Effect.provide(authorize, context)))
        yield* until(Effect.map(person.links, (links) => links.length > 0))
        const login = yield* Effect.fork(Context.get(context, Session.Session).login)
        yield* Effect.yieldNow()
        yield* Deferred.succeed(isOpen, undefined)
        yield* Fiber.join(login)
        deepStrictEqual(new Set(yield* Fiber.join(waiting)), new Set(["Bearer access-1"]))
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("the login goes on for the others when the one who began it is interrupted", () =>
      Effect.gen(function*() {
        const isOpen = yield* Deferred.make<void>()
        const provider = yield* makeProvider()
        const { context, person } = yield* withBrowser(
          provider,
          {},
          (link) => Effect.zipRight(Deferred.await(isOpen), provider.authorize(link))
        )
        const first = yield* Effect.fork(Effect.provide(authorize, context))
        yield* until(Effect.map(person.links, (links) => links.length > 0))
        const second = yield* Effect.fork(Effect.provide(authorize, context))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(first)
        yield* Deferred.succeed(isOpen, undefined)
        assert.strictEqual(yield* Fiber.join(second), "Bearer access-1")
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("a denied login is one denial for all who wait, and the next request asks again", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { context, person } = yield* withBrowser(
          provider,
          {},
          (link) =>
            Effect.map(provider.authorize(link), (answer) => {
              answer.delete("code")
              answer.set("error", "access_denied")
              return answer
            })
        )
        const denied = Effect.map(Effect.flip(Effect.provide(authorize, context)), ({ _tag }) => _tag)
        deepStrictEqual(new Set(yield* many(denied)), new Set(["LoginFailed"]))
        assert.lengthOf(yield* person.links, 1)
        yield* denied
        assert.lengthOf(yield* person.links, 2)
      }))

    it.scoped("a denied login does not lead to the next scheme", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const person = yield* makePerson((link) =>
          Effect.map(provider.authorize(link), (answer) => {
            answer.delete("code")
            answer.set("error", "access_denied")
            return answer
          })
        )
        const layer = Auth.firstOf(
          OAuth.layerAuthorizationCode(codeOptions).pipe(Layer.provide([layerOf(provider), person.layer])),
          Auth.layerAnonymous
        )
        assert.strictEqual((yield* Effect.flip(Effect.provide(authorize, layer)))._tag, "LoginFailed")
      }))

    it.scoped("the end of the scope ends a login that waits, at once", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const person = yield* makePerson(() => Effect.never)
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          OAuth.layerAuthorizationCode(codeOptions).pipe(Layer.provide([layerOf(provider), person.layer])),
          scope
        )
        const caller = yield* Effect.fork(Effect.provide(authorize, context))
        yield* until(Effect.map(person.links, (links) => links.length > 0))
        yield* Scope.close(scope, Exit.void)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.await(caller)))
      }))

    it.scoped("the end of the scope waits for a login that was answered to be stored", () =>
      Effect.gen(function*() {
        const isOpen = yield* Deferred.make<void>()
        const isAsked = yield* Deferred.make<void>()
        const inner = Context.get(yield* Layer.build(TokenStore.layerMemory), TokenStore.TokenStore)
        const modify: TokenStore.Service["modify"] = (key, f) =>
          Deferred.succeed(isAsked, undefined).pipe(
            Effect.zipRight(Deferred.await(isOpen)),
            Effect.zipRight(inner.modify(key, f))
          )
        const provider = yield* makeProvider()
        const person = yield* makePerson(provider.authorize)
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          OAuth.layerAuthorizationCode(codeOptions).pipe(Layer.provide([
            Layer.succeed(HttpClient.HttpClient, provider.client),
            Layer.succeed(TokenStore.TokenStore, { ...inner, modify }),
            person.layer
          ])),
          scope
        )
        const session = Context.get(context, Session.Session)
        yield* Effect.fork(session.login)
        yield* Deferred.await(isAsked)
        const end = yield* Effect.fork(Scope.close(scope, Exit.void))
        // So that the end has come to the login before the store goes on.
        yield* Effect.repeatN(Effect.yieldNow(), 100)
        yield* Deferred.succeed(isOpen, undefined)
        yield* Fiber.join(end)
        const key = new TokenStore.ProfileKey({ issuer, clientId: "wps", grant: "authorization_code", scope: "openid" })
        assert.isTrue(Option.isSome(yield* inner.get(key)))
      }))

    it.scoped("the end of the scope does not wait for the program's own code to give a token", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const isAsked = yield* Deferred.make<void>()
        const scope = yield* Scope.make()
        const context = yield* Layer.buildWithScope(
          OAuth.layerTokenExchange({
            ...codeOptions,
            subjectToken: Effect.zipRight(Deferred.succeed(isAsked, undefined), Effect.never)
          }).pipe(Layer.provide(layerOf(provider))),
          scope
        )
        const caller = yield* Effect.fork(Effect.provide(authorize, context))
        yield* Deferred.await(isAsked)
        yield* Scope.close(scope, Exit.void)
        assert.isTrue(Exit.isInterrupted(yield* Fiber.await(caller)))
      }))

    it.scoped("a discovery that failed is made again", () =>
      Effect.gen(function*() {
        const broken = yield* Ref.make(true)
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            "/.well-known/openid-configuration": () =>
              Effect.map(
                Ref.getAndSet(broken, false),
                (isBroken) =>
                  isBroken
                    ? new Response("busy", { status: 503 })
                    : json({ issuer, token_endpoint: `${issuer}/token`, response_types_supported: ["code"] })
              ),
            "/token": inner.token
          }
        })
        const context = yield* clientCredentials(provider)
        const error = yield* Effect.flip(Effect.provide(authorize, context))
        assert.include(error, { _tag: "ProviderError", operation: "discovery" })
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-1")
      }))

    it.scoped("who is logged in is known after a refresh that does not say so again", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const { context } = yield* withBrowser(provider)
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
        const identity = yield* Context.get(context, Session.Session).whoami
        deepStrictEqual(Option.flatMap(identity, ({ name }) => name), Option.some("alice"))
        deepStrictEqual(Option.flatMap(identity, ({ subject }) => subject), Option.some("u1"))
      }))

    it.scoped("a token that no header can hold is a typed error that does not repeat it", () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider({
          endpoints: { "/token": () => Effect.succeed(json({ access_token: "line\nbreak", token_type: "bearer" })) }
        })
        const context = yield* clientCredentials(provider)
        const service = yield* makeService(Context.get(context, Auth.Auth), () => true)
        const error = yield* Effect.flip(service.ask)
        assert.strictEqual(error._tag, "InvalidCredentials")
        assertConceals(error, ["break\""])
        deepStrictEqual(yield* service.seen, [])
      }))

    it.scoped("what a provider repeats of our secrets is not told", () =>
      Effect.gen(function*() {
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            "/token": (call) =>
              call.parameters["grant_type"] === "refresh_token"
                ? Effect.succeed(json({
                  error: "invalid_request",
                  error_description: `Invalid refresh token: ${call.parameters["refresh_token"]}`
                }, 400))
                : inner.token(call)
          }
        })
        const { context } = yield* withBrowser(provider, {}, inner.authorize)
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("400 seconds")
        const error = yield* Effect.flip(Effect.provide(authorize, context))
        assert.include(error.message, "Invalid refresh token: <redacted>")
        assertConceals(error, ["refresh-1"])

        const careless = yield* makeProvider({
          endpoints: {
            "/token": () =>
              Effect.succeed(json({ error: "invalid_client", error_description: "client-secret is not it" }, 401))
          }
        })
        const refused = yield* Effect.flip(Effect.provide(authorize, yield* clientCredentials(careless)))
        assert.include(refused.message, "(<redacted> is not it)")
        assertConceals(refused, ["client-secret"])
      }))
  })

  describe("lifetimes and clocks", () => {
    for (
      const [what, lifetime, isKept] of [
        ["of nothing", 0, true],
        ["that is absent", undefined, true],
        ["beyond the calendar", 1e300, true],
        ["in a string", "300", false]
      ] as const
    ) {
      it.scoped(`a lifetime ${what} ${isKept ? "does not end" : "ends"}`, () =>
        Effect.gen(function*() {
          const inner = yield* makeProvider()
          const provider = yield* makeProvider({
            endpoints: { "/token": () => inner.issue({ expires_in: lifetime, refresh_token: undefined }) }
          })
          const { context, person } = yield* withBrowser(provider, { scope: "" }, inner.authorize)
          yield* Effect.provide(authorize, context)
          yield* Effect.provide(authorize, context)
          yield* TestClock.adjust("1 hour")
          yield* Effect.provide(authorize, context)
          assert.lengthOf(yield* person.links, isKept ? 1 : 2)
        }))
    }

    it.scoped("a lifetime that is negative is no answer of OAuth", () =>
      Effect.gen(function*() {
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({ endpoints: { "/token": () => inner.issue({ expires_in: -1 }) } })
        const context = yield* clientCredentials(provider)
        assert.strictEqual((yield* Effect.flip(Effect.provide(authorize, context)))._tag, "ProviderError")
      }))

    it.scoped("a refresh token that is said to last 0 seconds is used", () =>
      Effect.gen(function*() {
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: {
            "/token": (call) =>
              call.parameters["grant_type"] === "refresh_token"
                ? inner.token(call)
                : inner.issue({ refresh_expires_in: 0 })
          }
        })
        const { context, person } = yield* withBrowser(provider, { scope: "" }, inner.authorize)
        yield* Effect.provide(authorize, context)
        yield* TestClock.adjust("2 hours")
        assert.strictEqual(yield* Effect.provide(authorize, context), "Bearer access-2")
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("a clock that was put back by two hours: a refused token is refreshed all the same", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(7_200_000)
        const provider = yield* makeProvider()
        const { context, person } = yield* withBrowser(provider)
        const service = yield* makeService(Context.get(context, Auth.Auth), (token) => token === "access-2")
        yield* Effect.provide(authorize, context)
        yield* TestClock.setTime(0)
        assert.strictEqual(yield* service.ask, 200)
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("a clock that was put back by two hours: one that cannot be refreshed leads to a login", () =>
      Effect.gen(function*() {
        yield* TestClock.setTime(7_200_000)
        const inner = yield* makeProvider()
        const provider = yield* makeProvider({
          endpoints: { "/token": () => inner.issue({ refresh_token: undefined }) }
        })
        const { context, person } = yield* withBrowser(provider, { scope: "" }, inner.authorize)
        const service = yield* makeService(Context.get(context, Auth.Auth), (token) => token === "access-2")
        yield* Effect.provide(authorize, context)
        yield* TestClock.setTime(0)
        assert.strictEqual(yield* service.ask, 200)
        assert.lengthOf(yield* person.links, 2)
      }))
  })

  describe("a store that fails", () => {
    const failing = Effect.fnUntraced(function*() {
      const inner = Context.get(yield* Layer.build(TokenStore.layerMemory), TokenStore.TokenStore)
      const cannot = yield* Ref.make<"nothing" | "read" | "write">("nothing")
      const error = (op: AuthError.StoreOperation) => new AuthError.TokenStoreError({ op, reason: "no space" })
      const modify: TokenStore.Service["modify"] = (key, f) =>
        Effect.flatMap(
          Ref.get(cannot),
          (what) =>
            what === "read" ?
              error("modify") :
              inner.modify(
                key,
                (current) => what === "write" ? Effect.zipRight(f(current), error("modify")) : f(current)
              )
        )
      const store: TokenStore.Service = {
        get: (key) => Effect.flatMap(Ref.get(cannot), (what) => what === "read" ? error("get") : inner.get(key)),
        modify,
        clear: inner.clear
      }
      const provider = yield* makeProvider()
      const person = yield* makePerson(provider.authorize)
      const { context } = yield* built(
        OAuth.layerAuthorizationCode(codeOptions).pipe(Layer.provide([
          Layer.succeed(HttpClient.HttpClient, provider.client),
          Layer.succeed(TokenStore.TokenStore, store),
          person.layer
        ])),
        provider,
        person
      )
      const session = Context.get(context, Session.Session)
      return { cannot, person, provider, session, ask: Effect.provide(authorize, context) }
    })

    it.scoped("after a refresh: the new token serves this program, and its refresh token is not lost", () =>
      Effect.gen(function*() {
        const { ask, cannot, person, provider } = yield* failing()
        yield* ask
        yield* Ref.set(cannot, "write")
        for (let n = 2; n <= 4; n++) {
          yield* TestClock.adjust("280 seconds")
          assert.strictEqual(yield* ask, `Bearer access-${n}`)
        }
        yield* Ref.set(cannot, "nothing")
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* ask, "Bearer access-5")
        assert.lengthOf(yield* person.links, 1)
        deepStrictEqual((yield* provider.grants).slice(1), Array.from({ length: 4 }, () => "refresh_token"))
      }))

    it.scoped("after a login: the person is not asked again, and who called for the login is told", () =>
      Effect.gen(function*() {
        const { ask, cannot, person, session } = yield* failing()
        yield* Ref.set(cannot, "write")
        assert.strictEqual((yield* Effect.flip(session.login))._tag, "TokenStoreError")
        assert.strictEqual(yield* ask, "Bearer access-1")
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* ask, "Bearer access-2")
        assert.lengthOf(yield* person.links, 1)
      }))

    it.scoped("before a refresh: nothing is spent, and the token is used up to its end", () =>
      Effect.gen(function*() {
        const { ask, cannot, provider } = yield* failing()
        yield* ask
        yield* Ref.set(cannot, "read")
        yield* TestClock.adjust("280 seconds")
        assert.strictEqual(yield* ask, "Bearer access-1")
        yield* TestClock.adjust("20 seconds")
        assert.strictEqual((yield* Effect.flip(ask))._tag, "TokenStoreError")
        assert.lengthOf(yield* provider.grants, 1)
        yield* Ref.set(cannot, "nothing")
        assert.strictEqual(yield* ask, "Bearer access-2")
      }))

    it.scoped("a logout that cannot be stored fails; one that can revokes what could not be stored", () =>
      Effect.gen(function*() {
        const { ask, cannot, provider, session } = yield* failing()
        yield* ask
        yield* Ref.set(cannot, "write")
        yield* TestClock.adjust("280 seconds")
        yield* ask
        yield* Ref.set(cannot, "read")
        assert.strictEqual((yield* Effect.flip(session.logout))._tag, "TokenStoreError")
        yield* Ref.set(cannot, "nothing")
        yield* session.logout
        const revoked = (yield* provider.calls).filter(({ path }) => path === "/revoke")
        deepStrictEqual(revoked.map(({ parameters }) => parameters["token"]), ["refresh-2"])
        deepStrictEqual(yield* session.whoami, Option.none())
      }))
  })

  it.scoped("a logout of another process is known when the token has to be renewed", () =>
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
      const { context: one } = yield* built(layer(), provider, person)
      const { context: other } = yield* built(layer(), provider, person)
      yield* Effect.provide(authorize, one)
      yield* Context.get(other, Session.Session).logout
      assert.strictEqual(yield* Effect.provide(authorize, one), "Bearer access-1")
      yield* TestClock.adjust("280 seconds")
      assert.strictEqual(yield* Effect.provide(authorize, one), "Bearer access-2")
      deepStrictEqual(yield* provider.grants, ["authorization_code", "authorization_code"])
      assert.lengthOf(yield* person.links, 2)
    }))
})
