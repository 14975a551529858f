import { Auth, type AuthError, LoginUi, type Loopback, OAuth, Session, TokenStore } from "@effect-wps/auth"
import * as LoopbackServer from "@effect-wps/node/LoopbackServer"
import { HttpBody, HttpClient, HttpClientResponse, UrlParams } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import {
  Clock,
  Context,
  Effect,
  Inspectable,
  Layer,
  Option,
  Queue,
  Redacted,
  Ref,
  Schema,
  TestClock,
  TestContext,
  TestServices
} from "effect"
import { inspect } from "node:util"
import * as Django from "../support/Django.ts"

/** What a person who is shown a link or a code does with it. */
interface Acts {
  readonly link?: (person: Django.Person, link: URL) => Effect.Effect<unknown, Django.UnexpectedPage>
  readonly code?: (person: Django.Person, code: LoginUi.DeviceCode) => Effect.Effect<unknown, Django.UnexpectedPage>
}

const agree: NonNullable<Acts["link"]> = (person, link) =>
  Effect.flatMap(person.openAsAlice(link), (page) => person.send(page, { allow: "Authorize" }))

const deny: NonNullable<Acts["link"]> = (person, link) =>
  Effect.flatMap(person.openAsAlice(link), (page) => person.send(page, {}))

const typeCode = (action: "accept" | "deny"): NonNullable<Acts["code"]> => (person, { userCode, verificationUri }) =>
  person.openAsAlice(verificationUri).pipe(
    Effect.flatMap((page) => person.send(page, { user_code: userCode })),
    Effect.flatMap((page) => person.send(page, { action }))
  )

type Scheme<E> = Layer.Layer<
  Auth.Auth | Session.Session,
  E,
  HttpClient.HttpClient | TokenStore.TokenStore | LoginUi.LoginUi | Loopback.Loopback
>

/** A store of which the test sees the tokens that are put into it. */
const makeStore = Effect.gen(function*() {
  const tokens = yield* Ref.make<ReadonlyArray<TokenStore.TokenSet>>([])
  const store = Context.get(yield* Layer.build(TokenStore.layerMemory), TokenStore.TokenStore)
  return {
    service: TokenStore.TokenStore.of({
      ...store,
      modify: (key, f) =>
        store.modify(
          key,
          (entry) =>
            Effect.tap(f(entry), ([, next]) =>
              Option.match(Option.flatMap(next, (entry) => entry.tokens), {
                onNone: () => Effect.void,
                onSome: (added) => Ref.update(tokens, (all) => all.includes(added) ? all : [...all, added])
              }))
        )
    }),
    /** All of them, the latest last. */
    tokens: Ref.get(tokens)
  }
})

/** A program's login, the person in front of it, and what it stores. */
const start = Effect.fnUntraced(function*<E>(scheme: Scheme<E>, acts: Acts = {}) {
  const { makePerson } = yield* Django.Django
  const person = yield* makePerson
  const links = yield* Queue.unbounded<URL>()
  const store = yield* makeStore
  const scope = yield* Effect.scope
  const act = (doing: Effect.Effect<unknown, Django.UnexpectedPage> | undefined) =>
    Effect.asVoid(Effect.forkIn(Effect.orDie(doing ?? Effect.dieMessage("nobody is to be asked")), scope))
  const ui: LoginUi.Service = {
    hasBrowser: Effect.succeed(true),
    showLink: (link) => Effect.zipRight(Queue.offer(links, link), act(acts.link?.(person, link))),
    showDeviceCode: (code) => act(acts.code?.(person, code)),
    askRedirect: Effect.never,
    askClientCredentials: () => Effect.never
  }
  const context = yield* Layer.build(scheme.pipe(Layer.provide([
    Layer.succeed(LoginUi.LoginUi, ui),
    Layer.succeed(TokenStore.TokenStore, store.service),
    LoopbackServer.layer
  ])))
  return {
    links,
    tokens: store.tokens,
    auth: Context.get(context, Auth.Auth),
    session: Context.get(context, Session.Session)
  }
})

const Seen = Schema.Struct({ name: Schema.NullOr(Schema.String), client: Schema.String })

/** Whom the site takes the sender of a request for. */
const whoDjangoSees = Effect.fnUntraced(function*(auth: Auth.Service) {
  const { url } = yield* Django.Django
  const client = yield* Auth.authorizeClient(yield* HttpClient.HttpClient, { auth, origins: [url] })
  return yield* Effect.flatMap(client.get(`${url}/whoami/`), HttpClientResponse.schemaBodyJson(Seen))
})

/** What the site answers to a token. */
const statusOf = Effect.fnUntraced(function*({ access }: TokenStore.TokenSet) {
  const { url } = yield* Django.Django
  const response = yield* HttpClient.get(`${url}/whoami/`, {
    headers: { authorization: `Bearer ${Redacted.value(access)}` }
  })
  return response.status
})

const refreshStatus = Effect.fnUntraced(function*({ refresh }: TokenStore.TokenSet) {
  const { issuer } = yield* Django.Django
  const response = yield* HttpClient.post(`${issuer}/token/`, {
    body: HttpBody.urlParams(UrlParams.fromInput({
      grant_type: "refresh_token",
      client_id: "wps",
      refresh_token: Option.match(refresh, { onNone: () => "", onSome: Redacted.value })
    }))
  })
  return response.status
})

/** The program's clock is the test's, and starts where the site's is. */
const withClock = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  TestServices.provideLive(Clock.currentTimeMillis).pipe(
    Effect.flatMap(TestClock.setTime),
    Effect.zipRight(test),
    Effect.provide(TestContext.TestContext)
  )

const reasonOf = (error: AuthError.AuthError) => "reason" in error ? [error._tag, error.reason] : [error._tag]

const services = Layer.merge(Django.layer, NodeHttpClient.layerUndici)

layer(services, { timeout: "5 minutes", excludeTestServices: true })("a client of Django OAuth Toolkit", (it) => {
  // --------------------------------------------------------------------------------------------- client credentials

  const service = (authentication: OAuth.ClientAuthentication) =>
    Effect.map(
      Django.Django,
      ({ issuer }) => OAuth.layerClientCredentials({ issuer, clientId: "wps-service", authentication })
    )

  for (const _tag of ["ClientSecret", "ClientSecretPost"] as const) {
    it.scoped(`acts for itself with a client secret that has every character: ${_tag}`, () =>
      Effect.gen(function*() {
        const { auth } = yield* start(yield* service({ _tag, secret: Redacted.make(Django.serviceSecret) }))
        deepStrictEqual(yield* whoDjangoSees(auth), { name: null, client: "wps-service" })
      }))

    it.scoped(`says that a client secret is wrong, and not what it is: ${_tag}`, () =>
      Effect.gen(function*() {
        const { session } = yield* start(yield* service({ _tag, secret: Redacted.make("not-the-secret") }))
        const error = yield* Effect.flip(session.login)
        assert(error._tag === "ProviderError")
        deepStrictEqual([error.code, error.status], [Option.some("invalid_client"), Option.some(401)])
        assert.include(error.message, "Check the client id and the client secret.")
        assert.notInclude(inspect(error, { depth: 20 }) + Inspectable.toStringUnknown(error), "not-the-secret")
      }))
  }

  // ------------------------------------------------------------------------------------------------- with a browser

  /** All that a program has to know of a provider that publishes nothing. */
  const endpoints = (issuer: string): OAuth.Metadata => ({
    authorization_endpoint: `${issuer}/authorize/`,
    token_endpoint: `${issuer}/token/`,
    revocation_endpoint: `${issuer}/revoke_token/`,
    device_authorization_endpoint: `${issuer}/device-authorization/`
  })

  const withBrowser = (options: Partial<OAuth.AuthorizationCodeOptions> = {}) =>
    Effect.map(Django.Django, ({ issuer }) =>
      OAuth.layerAuthorizationCode({
        issuer,
        clientId: "wps",
        redirectPort: 0,
        scope: "openid compute",
        ...options
      }))

  const withoutDiscovery = Effect.flatMap(
    Django.Django,
    ({ issuer }) => withBrowser({ discovery: "none", metadata: endpoints(issuer) })
  )

  const asAlice = { name: "alice", client: "wps" }

  const found = [
    ["by OpenID Connect's discovery", withBrowser()],
    ["by the discovery of OAuth 2.0 (RFC 8414)", withBrowser({ discovery: "oauth2" })],
    ["by what the program knows", withoutDiscovery],
    ["without an ID token", withBrowser({ scope: "compute" })]
  ] as const

  for (const [how, scheme] of found) {
    it.scoped(`logs in with a browser at a provider that is found ${how}, with PKCE`, () =>
      Effect.gen(function*() {
        const { auth, links, session } = yield* start(yield* scheme, { link: agree })
        deepStrictEqual(yield* whoDjangoSees(auth), asAlice)
        const query = (yield* Queue.take(links)).searchParams
        assert.strictEqual(query.get("code_challenge_method"), "S256")
        assert.match(query.get("code_challenge") ?? "", /^[\w-]{43}$/)
        const { isRenewable, scope } = Option.getOrThrow(yield* session.whoami)
        deepStrictEqual([isRenewable, scope], [true, Option.fromNullable(query.get("scope"))])
      }))
  }

  it.scoped("would not be let in without PKCE", () =>
    Effect.gen(function*() {
      const { session } = yield* start(yield* withBrowser(), {
        link: (person, link) => {
          link.searchParams.delete("code_challenge")
          link.searchParams.delete("code_challenge_method")
          return Effect.flatMap(
            person.open(link),
            // The site asks who it is before it looks at the link.
            (page) => person.send(page, Django.alice)
          )
        }
      })
      const error = yield* Effect.flip(session.login)
      deepStrictEqual(reasonOf(error), ["LoginFailed", "refused"])
      assert.include(error.message, "Code challenge required")
    }))

  it.scoped("hears that the person said no", () =>
    Effect.gen(function*() {
      const { session } = yield* start(yield* withBrowser(), { link: deny })
      deepStrictEqual(reasonOf(yield* Effect.flip(session.login)), ["LoginFailed", "denied"])
    }))

  // ------------------------------------------------------------------------------------------------- what comes after

  it.scoped("refreshes a token before it expires, and keeps the refresh token that came with it", () =>
    withClock(Effect.gen(function*() {
      const { auth, links, tokens } = yield* start(yield* withoutDiscovery, { link: agree })
      for (let n = 0; n < 3; n++) {
        deepStrictEqual(yield* whoDjangoSees(auth), asAlice)
        yield* TestClock.adjust("285 seconds")
      }
      const refreshes = (yield* tokens).map(({ refresh }) => Option.map(refresh, Redacted.value))
      assert.lengthOf(refreshes, 3)
      assert.strictEqual(new Set(refreshes.map(Option.getOrThrow)).size, 3)
      assert.strictEqual(yield* Queue.size(links), 1)
    })))

  it.scoped("asks the person when its refresh token was spent by somebody else", () =>
    withClock(Effect.gen(function*() {
      const { auth, links, tokens } = yield* start(yield* withBrowser(), { link: agree })
      yield* whoDjangoSees(auth)
      assert.strictEqual(yield* Effect.flatMap(latest(tokens), refreshStatus), 200)
      yield* TestClock.adjust("285 seconds")
      deepStrictEqual(yield* whoDjangoSees(auth), asAlice)
      assert.strictEqual(yield* Queue.size(links), 2)
    })))

  it.scoped("logs out: the site, of which it knows where, takes its tokens no more", () =>
    Effect.gen(function*() {
      const { issuer } = yield* Django.Django
      const metadata = { revocation_endpoint: `${issuer}/revoke_token/` }
      const { auth, session, tokens } = yield* start(yield* withBrowser({ metadata }), { link: agree })
      yield* whoDjangoSees(auth)
      const held = yield* latest(tokens)
      assert.strictEqual(yield* statusOf(held), 200)
      yield* session.logout
      assertNone(yield* session.whoami)
      deepStrictEqual([yield* statusOf(held), yield* refreshStatus(held)], [403, 400])
    }))

  it.scoped("logs out: where it does not know where, its tokens are forgotten, and live on", () =>
    Effect.gen(function*() {
      const { auth, session, tokens } = yield* start(yield* withBrowser(), { link: agree })
      yield* whoDjangoSees(auth)
      yield* session.logout
      assertNone(yield* session.whoami)
      assert.strictEqual(yield* Effect.flatMap(latest(tokens), statusOf), 200)
    }))

  const latest = (tokens: Effect.Effect<ReadonlyArray<TokenStore.TokenSet>>) =>
    Effect.map(tokens, (all) => Option.getOrThrow(Option.fromNullable(all.at(-1))))

  // -------------------------------------------------------------------------------------------------------- a device

  const device = (more: (issuer: string) => Partial<OAuth.Options>) =>
    Effect.map(
      Django.Django,
      ({ issuer }) => OAuth.layerDevice({ issuer, clientId: "wps-device", scope: "compute", ...more(issuer) })
    )

  const override = device((issuer) => ({
    metadata: { device_authorization_endpoint: `${issuer}/device-authorization/` }
  }))
  const known = device((issuer) => ({ discovery: "none", metadata: endpoints(issuer) }))

  for (const [how, scheme] of [["besides its metadata", override], ["without its metadata", known]] as const) {
    it.scoped(`logs in by a code that is typed elsewhere, at a provider that is known ${how}`, () =>
      Effect.gen(function*() {
        const { auth } = yield* start(yield* scheme, { code: typeCode("accept") })
        deepStrictEqual(yield* whoDjangoSees(auth), { name: "alice", client: "wps-device" })
      }))
  }

  it.scoped("hears that the person said no to a device", () =>
    Effect.gen(function*() {
      const { session } = yield* start(yield* override, { code: typeCode("deny") })
      deepStrictEqual(reasonOf(yield* Effect.flip(session.login)), ["LoginFailed", "denied"])
    }))

  it.scoped("says what to do where the metadata do not say where a device begins", () =>
    Effect.gen(function*() {
      const { session } = yield* start(yield* device(() => ({})))
      const error = yield* Effect.flip(session.login)
      assert(error._tag === "ProviderError")
      assert.strictEqual(error.operation, "device-authorization")
      assert.include(error.message, "Give it in `metadata`")
    }))
})
