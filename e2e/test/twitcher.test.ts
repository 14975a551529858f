import { Auth, BearerAuth, KeycloakAuth, LoginUi, TokenStore } from "@effect-wps/auth"
import * as LoopbackServer from "@effect-wps/node/LoopbackServer"
import { WpsClient } from "@effect-wps/wps"
import { HttpClientRequest } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Redacted, Ref, Schedule, Scope } from "effect"
import * as Browser from "../support/Browser.ts"
import * as Emu from "../support/Emu.ts"
import * as Keycloak from "../support/Keycloak.ts"
import { alice } from "../support/KeycloakRealms.ts"
import * as Processes from "../support/Processes.ts"
import * as PyWps from "../support/PyWps.ts"
import * as Twitcher from "../support/Twitcher.ts"
import * as Wire from "../support/Wire.ts"

const services = Layer.mergeAll(Keycloak.layer, Browser.layer, NodeHttpClient.layerUndici)

const inFrontOfPyWps = Twitcher.layer("pywps", Effect.map(PyWps.PyWps, ({ url }) => url)).pipe(
  Layer.provideMerge(PyWps.layer)
)

const inFrontOfEmu = Twitcher.layer("emu", Effect.map(Emu.Emu, ({ url }) => url)).pipe(Layer.provideMerge(Emu.layer))

const poll = { schedule: Schedule.spaced("100 millis"), deadline: "20 seconds" } as const

/** The client of a program that logs in with `auth`. */
const clientWith = <E, R>(auth: Layer.Layer<Auth.Auth, E, R>) =>
  Layer.unwrapEffect(
    Effect.map(Twitcher.Twitcher, ({ url }) => WpsClient.layer({ url, poll, validate: "never" }))
  ).pipe(Layer.provideMerge(auth))

const realm = Effect.map(Keycloak.Keycloak, ({ url }): KeycloakAuth.Realm => ({ url, realm: "compute-cluster" }))

const service = Layer.unwrapEffect(Effect.map(realm, (realm) =>
  KeycloakAuth.layerClientCredentials({
    ...realm,
    clientId: "wps-service",
    clientSecret: Redacted.make("wps-service-secret")
  }))).pipe(Layer.provide(TokenStore.layerMemory))

/** Alice, who logs in with a browser when she is shown a link, and counts the links. */
const person = Effect.gen(function*() {
  const { open } = yield* Browser.Browser
  const scope = yield* Effect.scope
  const links = yield* Ref.make(0)
  const ui = LoginUi.LoginUi.of({
    hasBrowser: Effect.succeed(true),
    // The browser waits for the page that the login shows at its end, so the login must not wait for the browser.
    showLink: (link) =>
      Effect.zipRight(Ref.update(links, (n) => n + 1), open(link)).pipe(
        Effect.flatMap((page) => page.logIn(alice)),
        Effect.provideService(Scope.Scope, scope),
        Effect.forkIn(scope)
      ),
    showDeviceCode: () => Effect.never,
    askRedirect: Effect.never,
    askClientCredentials: () => Effect.never
  })
  const auth = Layer.unwrapEffect(
    Effect.map(realm, (realm) => KeycloakAuth.layerAuthorizationCode({ ...realm, clientId: "wps", redirectPort: 0 }))
  ).pipe(
    Layer.provide([TokenStore.layerMemory, LoopbackServer.layer, Layer.succeed(LoginUi.LoginUi, ui)])
  )
  return { auth, links: Ref.get(links) }
})

const isTokenRequest = ({ method, path }: Wire.Exchange): boolean => method === "POST" && path.endsWith("/token")

/** How often the client called the process that Twitcher guards, and with which end. */
const executed = (wire: ReadonlyArray<Wire.Exchange>): ReadonlyArray<number> =>
  wire.filter(({ method, path }) => method === "POST" && path.startsWith("/ows/")).map(({ status }) => status)

/** The token that is sent to an address. */
const tokenFor = Effect.fnUntraced(function*(url: string) {
  const { headers } = yield* (yield* Auth.Auth).authorize(HttpClientRequest.get(url))
  return (headers["authorization"] ?? "").slice("Bearer ".length)
})

/** Each call of Twitcher had the token, and no request to the server behind it, which keeps the status of jobs, had any. */
const assertTokenStays = (wire: ReadonlyArray<Wire.Exchange>, where: {
  readonly token: string
  readonly guarded: string
  readonly calls: number
  readonly behind: string
}) => {
  const to = (address: string) => wire.filter(({ origin }) => origin === new URL(address).origin)
  const reads = to(where.behind)
  assert.isAbove(where.token.length, 100)
  deepStrictEqual(
    to(where.guarded).map((exchange) => Wire.holds(exchange, where.token)),
    Array.from({ length: where.calls }, () => true)
  )
  assert.isAbove(reads.length, 2)
  assert.isFalse(reads.some((exchange) => Wire.holds(exchange, where.token) || Wire.holds(exchange, "Bearer")))
}

const data = { who: "alice", n: [1, 2] }

layer(services, { timeout: "10 minutes", excludeTestServices: true })("a client behind Twitcher", (it) => {
  it.layer(inFrontOfPyWps, { timeout: "5 minutes" })("of PyWPS", (it) => {
    it.effect("runs a process for a program that acts for itself, and asks for one token", () =>
      Effect.gen(function*() {
        const wire = yield* Wire.record
        yield* Effect.gen(function*() {
          deepStrictEqual((yield* WpsClient.run(Processes.json({ data }))).data, data)
          deepStrictEqual((yield* WpsClient.run(Processes.json({ data: [] }))).data, [])
        }).pipe(Effect.provide(clientWith(service)))
        assert.lengthOf((yield* wire).filter(isTokenRequest), 1)
      }).pipe(Effect.scoped))

    it.effect("runs a process for a person, who logs in once with a browser", () =>
      Effect.gen(function*() {
        const { auth, links } = yield* person
        yield* Effect.gen(function*() {
          deepStrictEqual((yield* WpsClient.run(Processes.json({ data }))).data, data)
          deepStrictEqual((yield* WpsClient.run(Processes.json({ data: [] }))).data, [])
        }).pipe(Effect.provide(clientWith(auth)))
        assert.strictEqual(yield* links, 1)
      }).pipe(Effect.scoped))

    const strangers = [
      ["without credentials", Auth.layerAnonymous],
      ["with a token that is none", BearerAuth.layer(Redacted.make("not-a-token"))]
    ] as const

    for (const [title, auth] of strangers) {
      it.effect(`may read what there is, and run nothing, ${title}`, () =>
        Effect.gen(function*() {
          const { url } = yield* Twitcher.Twitcher
          const { processes } = yield* WpsClient.capabilities
          assert.include(processes.map(({ identifier }) => identifier), "json")
          assert.strictEqual((yield* WpsClient.describe("json")).identifier, "json")
          const error = yield* Effect.flip(WpsClient.run(Processes.json({ data })))
          assert(error._tag === "AccessDenied")
          deepStrictEqual([error.operation, error.url, error.status], ["Execute", url, 401])
          assert.include(error.message, "Access to service is forbidden. Provide an Auth layer with valid credentials")
          assert.notInclude(error.message, "not-a-token")
        }).pipe(Effect.provide(clientWith(auth))))
    }

    it.effect("follows a job to the server behind, and sends no token there", () =>
      Effect.gen(function*() {
        const behind = yield* PyWps.PyWps
        const { url } = yield* Twitcher.Twitcher
        const wire = yield* Wire.record
        const token = yield* Effect.gen(function*() {
          const job = yield* WpsClient.execute(Processes.wait({ seconds: 1, steps: 4 }))
          assert.strictEqual(
            new URL(Option.getOrThrow(Option.flatMap(job.reference, (one) => one.statusLocation))).origin,
            new URL(behind.url).origin
          )
          deepStrictEqual(yield* job.result, { steps: 4 })
          return yield* tokenFor(url)
        }).pipe(Effect.provide(clientWith(service)))
        assertTokenStays(yield* wire, { token, guarded: url, calls: 1, behind: behind.url })
      }).pipe(Effect.scoped))

    // Twitcher answers an output of a type that it does not know with 401, after the process has run.

    const raw = WpsClient.raw(Processes.plain({ data: "some text" }), { output: "data" })

    const saysWhy = Effect.fnUntraced(function*(error: WpsClient.Failure) {
      const { url } = yield* Twitcher.Twitcher
      assert(error._tag === "AccessDenied")
      deepStrictEqual([error.operation, error.url, error.status], ["Execute", url, 401])
      assert.include(error.message, "It said: ")
      assert.include(error.message, "Content type is not allowed: text/plain")
    })

    it.effect("says why a raw output is refused to a program, after one more try with a new token", () =>
      Effect.gen(function*() {
        const wire = yield* Wire.record
        yield* Effect.flip(raw).pipe(Effect.flatMap(saysWhy), Effect.provide(clientWith(service)))
        deepStrictEqual(executed(yield* wire), [401, 401])
        assert.lengthOf((yield* wire).filter(isTokenRequest), 2)
      }).pipe(Effect.scoped))

    it.effect("says why a raw output is refused to a person, and does not ask for another login", () =>
      Effect.gen(function*() {
        const wire = yield* Wire.record
        const { auth, links } = yield* person
        yield* Effect.flip(raw).pipe(Effect.flatMap(saysWhy), Effect.provide(clientWith(auth)))
        deepStrictEqual(executed(yield* wire), [401, 401])
        assert.strictEqual(yield* links, 1)
      }).pipe(Effect.scoped))
  })

  it.layer(inFrontOfEmu, { timeout: "5 minutes" })("of Emu", (it) => {
    /** Runs one process and follows one job, as whoever `auth` logs in, and sends a token to nobody but Twitcher. */
    const useEmu = <E, R>(auth: Layer.Layer<Auth.Auth, E, R>) =>
      Effect.gen(function*() {
        const behind = yield* Emu.Emu
        const { url } = yield* Twitcher.Twitcher
        const wire = yield* Wire.record
        const token = yield* Effect.gen(function*() {
          deepStrictEqual(yield* WpsClient.run(Emu.hello({ name: "Alice" })), { output: "Hello Alice" })
          const job = yield* WpsClient.execute(Emu.sleep({ delay: 0.2 }))
          assert.strictEqual(
            new URL(Option.getOrThrow(Option.flatMap(job.reference, (one) => one.statusLocation))).origin,
            new URL(behind.url).origin
          )
          deepStrictEqual(yield* job.result, { sleep_output: "done sleeping" })
          return yield* tokenFor(url)
        }).pipe(Effect.provide(clientWith(auth)))
        assertTokenStays(yield* wire, { token, guarded: url, calls: 2, behind: behind.url })
      }).pipe(Effect.scoped)

    it.effect("lets in a program that acts for itself", () => useEmu(service))

    it.effect("lets in a person, who logs in once with a browser", () =>
      Effect.gen(function*() {
        const { auth, links } = yield* person
        yield* useEmu(auth)
        assert.strictEqual(yield* links, 1)
      }).pipe(Effect.scoped))

    it.effect("runs nothing for a stranger", () =>
      Effect.gen(function*() {
        const { processes } = yield* WpsClient.capabilities
        assert.include(processes.map(({ identifier }) => identifier), "hello")
        const error = yield* Effect.flip(WpsClient.run(Emu.hello({ name: "Alice" })))
        assert.strictEqual(error._tag, "AccessDenied")
      }).pipe(Effect.provide(clientWith(Auth.layerAnonymous))))
  })
})
