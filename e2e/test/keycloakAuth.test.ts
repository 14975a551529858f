import { Auth, AuthError, KeycloakAuth, LoginUi, type Loopback, OAuth, Session, TokenStore } from "@effect-wps/auth"
import * as LoopbackServer from "@effect-wps/node/LoopbackServer"
import { HttpBody, HttpClient, HttpClientRequest, HttpClientResponse, UrlParams } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import {
  Clock,
  Context,
  Effect,
  Fiber,
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
import * as Browser from "../support/Browser.ts"
import * as Keycloak from "../support/Keycloak.ts"
import { alice } from "../support/KeycloakRealms.ts"

const services = Layer.mergeAll(Keycloak.layer, Browser.layer, NodeHttpClient.layerUndici)

const realm = (name: Keycloak.Realm) =>
  Effect.map(Keycloak.Keycloak, ({ url }): KeycloakAuth.Realm => ({ url, realm: name }))

/** A store of which tests can see, and put back, what is in it. */
const makeStore = Effect.gen(function*() {
  const keys = yield* Ref.make<ReadonlyArray<TokenStore.ProfileKey>>([])
  const store = Context.get(yield* Layer.build(TokenStore.layerMemory), TokenStore.TokenStore)
  const seen = (key: TokenStore.ProfileKey) => Ref.update(keys, (all) => [...all, key])
  const service = TokenStore.TokenStore.of({
    ...store,
    modify: (key, f) => Effect.zipRight(seen(key), store.modify(key, f))
  })
  const key = Effect.map(Ref.get(keys), (all) => Option.getOrThrow(Option.fromNullable(all[0])))
  const entry = Effect.flatMap(key, store.get)
  return {
    service,
    entry,
    refreshToken: Effect.map(entry, (entry) =>
      entry.pipe(
        Option.flatMap(({ tokens }) => tokens),
        Option.flatMap(({ refresh }) => refresh),
        Option.map(Redacted.value)
      )),
    put: (entry: Option.Option<TokenStore.Entry>) =>
      Effect.flatMap(key, (key) => store.modify(key, () => Effect.succeed([undefined, entry])))
  }
})

type Store = Effect.Effect.Success<typeof makeStore>

interface Shown {
  readonly links: Queue.Queue<URL>
  readonly codes: Queue.Queue<LoginUi.DeviceCode>
}

const makeShown = Effect.all({ links: Queue.unbounded<URL>(), codes: Queue.unbounded<LoginUi.DeviceCode>() })

/** Somebody at this machine, who does with links and codes what the test does. */
const somebody = ({ codes, links }: Shown): LoginUi.Service => ({
  hasBrowser: Effect.succeed(true),
  showLink: (link) => Queue.offer(links, link),
  showDeviceCode: (code) => Queue.offer(codes, code),
  askRedirect: Effect.never,
  askClientCredentials: () => Effect.never
})

type Scheme<E> = Layer.Layer<
  Auth.Auth | Session.Session,
  E,
  HttpClient.HttpClient | TokenStore.TokenStore | LoginUi.LoginUi | Loopback.Loopback
>

/** A program's login, what it shows, and what it has stored. */
const start = Effect.fnUntraced(function*<E>(scheme: Scheme<E>, store?: Store, ui?: LoginUi.Service) {
  const shown = yield* makeShown
  const kept = store ?? (yield* makeStore)
  const context = yield* Layer.build(scheme.pipe(Layer.provide([
    Layer.succeed(LoginUi.LoginUi, ui ?? somebody(shown)),
    Layer.succeed(TokenStore.TokenStore, kept.service),
    LoopbackServer.layer
  ])))
  return {
    ...shown,
    auth: Context.get(context, Auth.Auth),
    session: Context.get(context, Session.Session),
    store: kept
  }
})

/** What comes to be shown. A login that ends before shows nothing, and the test does not wait for it. */
const next = <A, B, E>(queue: Queue.Queue<A>, login: Fiber.Fiber<B, E>) =>
  Effect.raceFirst(Queue.take(queue), Effect.zipRight(Fiber.join(login), Effect.dieMessage("nothing was shown")))

/** Logs in, with a browser that does `act` at the link. */
const logInWith = Effect.fnUntraced(function*<A, E, R>(
  { links }: Shown,
  login: Effect.Effect<A, E, R>,
  act: (page: Browser.Page) => Effect.Effect<void, Browser.BrowserFailed>
) {
  const fiber = yield* Effect.fork(login)
  const page = yield* open(yield* next(links, fiber))
  yield* act(page)
  return { page, login: fiber }
})

const open = (url: string | URL) => Effect.flatMap(Browser.Browser, (browser) => browser.open(url))

const asAlice = (page: Browser.Page) =>
  Effect.zipRight(page.logIn(alice), page.waitForText("You are logged in. You can close this page."))

const userinfo = (name: Keycloak.Realm) =>
  Effect.map(Keycloak.Keycloak, ({ issuer }) => `${issuer(name)}/protocol/openid-connect/userinfo`)

/** Whom Keycloak takes the sender of a request for. */
const whoKeycloakSees = Effect.fnUntraced(function*(name: Keycloak.Realm, auth: Auth.Service) {
  const { url } = yield* Keycloak.Keycloak
  const client = yield* Auth.authorizeClient(yield* HttpClient.HttpClient, { auth, origins: [url] })
  const response = yield* client.get(yield* userinfo(name))
  const { preferred_username } = yield* HttpClientResponse.schemaBodyJson(
    Schema.Struct({ preferred_username: Schema.String })
  )(response)
  return preferred_username
})

/** What Keycloak says to a refresh token. */
const refreshStatus = Effect.fnUntraced(function*(name: Keycloak.Realm, clientId: string, refreshToken: string) {
  const { issuer } = yield* Keycloak.Keycloak
  const response = yield* HttpClient.post(`${issuer(name)}/protocol/openid-connect/token`, {
    body: HttpBody.urlParams(
      UrlParams.fromInput({ grant_type: "refresh_token", client_id: clientId, refresh_token: refreshToken })
    )
  })
  return response.status
})

const password = Effect.fnUntraced(function*(name: Keycloak.Realm) {
  const { issuer } = yield* Keycloak.Keycloak
  const fields = { grant_type: "password", client_id: "wps-test", client_secret: "wps-test-secret", ...alice }
  const { access_token } = yield* HttpClient.post(`${issuer(name)}/protocol/openid-connect/token`, {
    body: HttpBody.urlParams(UrlParams.fromInput(fields))
  }).pipe(Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ access_token: Schema.String }))))
  return Redacted.make(access_token)
})

/** The program's clock is the test's, and starts where Keycloak's is. */
const withClock = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  TestServices.provideLive(Clock.currentTimeMillis).pipe(
    Effect.flatMap(TestClock.setTime),
    Effect.zipRight(test),
    Effect.provide(TestContext.TestContext)
  )

layer(services, { timeout: "10 minutes", excludeTestServices: true })("a client of Keycloak", (it) => {
  // --------------------------------------------------------------------------------------------- client credentials

  const service = Effect.fnUntraced(function*(secret: string) {
    return KeycloakAuth.layerClientCredentials({
      ...(yield* realm("compute-cluster")),
      clientId: "wps-service",
      clientSecret: Redacted.make(secret),
      scope: "openid"
    })
  })

  it.effect("acts for itself with a client secret", () =>
    Effect.gen(function*() {
      const { auth } = yield* start(yield* service("wps-service-secret"))
      assert.strictEqual(yield* whoKeycloakSees("compute-cluster", auth), "service-account-wps-service")
    }).pipe(Effect.scoped))

  it.effect("says that a client secret is wrong, and not what it is", () =>
    Effect.gen(function*() {
      const { session } = yield* start(yield* service("not-the-secret"))
      const error = yield* Effect.flip(session.login)
      assert(error._tag === "ProviderError")
      deepStrictEqual([error.code, error.status], [Option.some("unauthorized_client"), Option.some(401)])
      assert.include(error.message, "Check the client id, the client secret")
      assert.notInclude(Inspectable.toStringUnknown(error) + String(error.stack), "not-the-secret")
    }).pipe(Effect.scoped))

  // ------------------------------------------------------------------------------------------------- with a browser

  const redirects = [
    ["port 8888", {}],
    ["any port", { redirectPort: 0 }],
    ["any port and a path", { redirectPort: 0, redirectPath: "/callback" }]
  ] as const

  const comesBack = Effect.fnUntraced(function*(options: Partial<OAuth.AuthorizationCodeOptions>) {
    const program = yield* start(
      KeycloakAuth.layerAuthorizationCode({ ...(yield* realm("compute-cluster")), clientId: "wps", ...options })
    )
    const { login, page } = yield* logInWith(program, program.session.login, asAlice)
    const { name } = yield* login
    const address = yield* page.url
    deepStrictEqual([name, address.search, address.hash], [Option.some("alice"), "", ""])
    assert.strictEqual(yield* whoKeycloakSees("compute-cluster", program.auth), "alice")
    return address
  })

  for (const [title, options] of redirects) {
    it.effect(`logs in with a browser that comes back to ${title}`, () => Effect.scoped(comesBack(options)))
  }

  it.effect("logs in with a browser that comes back to the second port when the first is taken", () =>
    Effect.gen(function*() {
      const { url } = yield* Keycloak.Keycloak
      const taken = Number(new URL(url).port)
      assert.strictEqual((yield* comesBack({ redirectPort: [taken, 8888] })).port, "8888")
    }).pipe(Effect.scoped))

  it.effect("logs in at the first request that needs it, once for many", () =>
    Effect.gen(function*() {
      const program = yield* start(
        KeycloakAuth.layerAuthorizationCode({
          ...(yield* realm("compute-cluster")),
          clientId: "wps",
          redirectPort: 0
        })
      )
      const requests = Effect.all(Array.from({ length: 5 }, () => whoKeycloakSees("compute-cluster", program.auth)), {
        concurrency: "unbounded"
      })
      const { login } = yield* logInWith(program, requests, asAlice)
      deepStrictEqual(yield* login, Array.from({ length: 5 }, () => "alice"))
      assert.strictEqual(yield* Queue.size(program.links), 0)
    }).pipe(Effect.scoped))

  it.effect("pushes its request where the client must", () =>
    Effect.gen(function*() {
      const program = yield* start(
        KeycloakAuth.layerAuthorizationCode({
          ...(yield* realm("compute-cluster")),
          clientId: "wps-par",
          redirectPort: 0,
          pushed: true
        })
      )
      const { login } = yield* logInWith(program, program.session.login, asAlice)
      deepStrictEqual((yield* login).name, Option.some("alice"))
    }).pipe(Effect.scoped))

  it.effect("binds its token to a key, of which each request has a proof", () =>
    Effect.gen(function*() {
      const program = yield* start(
        KeycloakAuth.layerAuthorizationCode({
          ...(yield* realm("compute-cluster")),
          clientId: "wps",
          redirectPort: 0,
          dpop: true
        })
      )
      const { login } = yield* logInWith(program, program.session.login, asAlice)
      yield* login
      assert.strictEqual(yield* whoKeycloakSees("compute-cluster", program.auth), "alice")
      const { headers } = yield* program.auth.authorize(HttpClientRequest.get(yield* userinfo("compute-cluster")))
      const [scheme, token] = (headers["authorization"] ?? "").split(" ")
      assert.strictEqual(scheme, "DPoP")
      const asBearer = yield* HttpClient.get(yield* userinfo("compute-cluster"), {
        headers: { authorization: `Bearer ${token}` }
      })
      assert.strictEqual(asBearer.status, 401)
    }).pipe(Effect.scoped))

  it.effect("says so, there and here, when the person does not agree", () =>
    Effect.gen(function*() {
      const program = yield* start(
        KeycloakAuth.layerAuthorizationCode({
          ...(yield* realm("compute-cluster")),
          clientId: "wps-consent",
          redirectPort: 0
        })
      )
      const { login, page } = yield* logInWith(
        program,
        Effect.flip(program.session.login),
        (page) => Effect.all([page.logIn(alice), page.deny, page.waitForText("The login failed")], { discard: true })
      )
      const error = yield* login
      assert.strictEqual(error._tag === "LoginFailed" ? error.reason : error._tag, "denied")
      assert.strictEqual((yield* page.url).search, "")
    }).pipe(Effect.scoped))

  it.effect("names the address to register when Keycloak does not take it and nobody comes back", () =>
    withClock(Effect.gen(function*() {
      const program = yield* start(
        KeycloakAuth.layerAuthorizationCode({
          ...(yield* realm("compute-cluster")),
          clientId: "wps",
          redirectPort: 0,
          redirectPath: "/wrong"
        })
      )
      const { login, page } = yield* logInWith(
        program,
        Effect.flip(program.session.login),
        (page) => page.waitForText("Invalid parameter: redirect_uri")
      )
      yield* TestClock.adjust("5 minutes")
      const error = yield* login
      const redirectUri = (yield* page.url).searchParams.get("redirect_uri")
      assert.strictEqual(error._tag === "LoginFailed" ? error.reason : error._tag, "timeout")
      assert.include(error.message, `register exactly ${redirectUri} with it`)
    })).pipe(Effect.scoped))

  // -------------------------------------------------------------------------------------------------------- a device

  const device = Effect.map(
    realm("short"),
    (realm) => KeycloakAuth.layerDevice({ ...realm, clientId: "wps-device" })
  )

  it.effect("logs in by a code that is typed elsewhere", () =>
    Effect.gen(function*() {
      const { auth, codes, session } = yield* start(yield* device)
      const login = yield* Effect.fork(session.login)
      const { userCode, verificationUri } = yield* next(codes, login)
      const page = yield* open(verificationUri)
      yield* page.typeDeviceCode(userCode)
      yield* page.logIn(alice)
      yield* page.consent
      yield* page.waitForText("go back to your device")
      deepStrictEqual((yield* login).name, Option.some("alice"))
      assert.strictEqual(yield* whoKeycloakSees("short", auth), "alice")
    }).pipe(Effect.scoped))

  it.effect("hears that the person said no to a device", () =>
    Effect.gen(function*() {
      const { codes, session } = yield* start(yield* device)
      const login = yield* Effect.fork(Effect.flip(session.login))
      const { complete } = yield* next(codes, login)
      const page = yield* open(Option.getOrThrow(complete))
      yield* page.logIn(alice)
      yield* page.deny
      const error = yield* login
      assert.strictEqual(error._tag === "LoginFailed" ? error.reason : error._tag, "denied")
    }).pipe(Effect.scoped))

  // ------------------------------------------------------------------------------------------------- what comes after

  const browserLogin = (name: Keycloak.Realm) =>
    Effect.map(
      realm(name),
      (realm) => KeycloakAuth.layerAuthorizationCode({ ...realm, clientId: "wps", redirectPort: 0 })
    )

  /** A program in which Alice has logged in. */
  const loggedIn = Effect.fnUntraced(function*(name: Keycloak.Realm) {
    const program = yield* start(yield* browserLogin(name))
    const { login } = yield* logInWith(program, program.session.login, asAlice)
    yield* login
    return program
  })

  it.effect("refreshes a token shortly before it expires, and keeps the refresh token that came with it", () =>
    withClock(Effect.gen(function*() {
      const { auth, store } = yield* loggedIn("short")
      const first = yield* store.refreshToken
      assert.strictEqual(yield* whoKeycloakSees("short", auth), "alice")
      // The token is good for 20 s, of which the last fifth is left alone.
      yield* TestClock.adjust("15 seconds")
      assert.strictEqual(yield* whoKeycloakSees("short", auth), "alice")
      deepStrictEqual(yield* store.refreshToken, first)
      yield* TestClock.adjust("2 seconds")
      assert.strictEqual(yield* whoKeycloakSees("short", auth), "alice")
      const second = yield* store.refreshToken
      assert.notDeepEqual(second, first)
      yield* TestClock.adjust("17 seconds")
      assert.strictEqual(yield* whoKeycloakSees("short", auth), "alice")
      assert.notDeepEqual(yield* store.refreshToken, second)
    })).pipe(Effect.scoped))

  it.effect("asks for a login when its refresh token was spent by somebody else", () =>
    withClock(Effect.gen(function*() {
      const { auth, store } = yield* loggedIn("short")
      const spent = yield* store.entry
      yield* TestClock.adjust("17 seconds")
      yield* whoKeycloakSees("short", auth)

      yield* store.put(spent)
      const ui = Context.get(yield* Layer.build(LoginUi.layerNone), LoginUi.LoginUi)
      const other = yield* start(yield* browserLogin("short"), store, ui)
      const error = yield* Effect.flip(whoKeycloakSees("short", other.auth))
      assert.strictEqual(
        AuthError.isAuthError(error) && error._tag === "LoginRequired" ? error.reason : error._tag,
        "refresh-refused"
      )
    })).pipe(Effect.scoped))

  it.effect("logs in again when the administrator has ended the session", () =>
    Effect.gen(function*() {
      const program = yield* loggedIn("compute-cluster")
      yield* (yield* Keycloak.Keycloak).endSessions("compute-cluster")
      const { login } = yield* logInWith(program, whoKeycloakSees("compute-cluster", program.auth), asAlice)
      assert.strictEqual(yield* login, "alice")
    }).pipe(Effect.scoped))

  it.effect("logs out: nothing is stored, and Keycloak takes the refresh token no more", () =>
    Effect.gen(function*() {
      const { session, store } = yield* loggedIn("compute-cluster")
      const refreshToken = Option.getOrThrow(yield* store.refreshToken)
      assert.strictEqual(yield* refreshStatus("compute-cluster", "wps", refreshToken), 200)
      yield* session.logout
      assertNone(yield* session.whoami)
      assertNone(yield* store.refreshToken)
      assert.strictEqual(yield* refreshStatus("compute-cluster", "wps", refreshToken), 400)
    }).pipe(Effect.scoped))

  it.effect("exchanges a token that it has", () =>
    Effect.gen(function*() {
      const { issuer } = yield* Keycloak.Keycloak
      const keycloak = yield* Effect.context<Keycloak.Keycloak | HttpClient.HttpClient>()
      const { auth } = yield* start(OAuth.layerTokenExchange({
        issuer: issuer("compute-cluster"),
        clientId: "wps-test",
        authentication: { _tag: "ClientSecret", secret: Redacted.make("wps-test-secret") },
        subjectToken: password("compute-cluster").pipe(Effect.provide(keycloak)),
        scope: "openid"
      }))
      assert.strictEqual(yield* whoKeycloakSees("compute-cluster", auth), "alice")
    }).pipe(Effect.scoped))
})
