import { OAuth } from "@effect-wps/auth"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Inspectable, Layer, Option, Queue, Redacted, TestClock } from "effect"
import { inspect } from "node:util"
import * as Django from "../support/Django.ts"

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
        const { auth } = yield* Django.start(yield* service({ _tag, secret: Redacted.make(Django.serviceSecret) }))
        deepStrictEqual(yield* Django.whoIsSeen(auth), { name: null, client: "wps-service" })
      }))

    it.scoped(`says that a client secret is wrong, and not what it is: ${_tag}`, () =>
      Effect.gen(function*() {
        const { session } = yield* Django.start(yield* service({ _tag, secret: Redacted.make("not-the-secret") }))
        const error = yield* Effect.flip(session.login)
        assert(error._tag === "ProviderError")
        deepStrictEqual([error.code, error.status], [Option.some("invalid_client"), Option.some(401)])
        assert.include(error.message, "Check the client id and the client secret")
        assert.notInclude(inspect(error, { depth: 20 }) + Inspectable.toStringUnknown(error), "not-the-secret")
      }))
  }

  // ------------------------------------------------------------------------------------------------- with a browser

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
    ({ issuer }) => withBrowser({ discovery: "none", metadata: Django.endpoints(issuer) })
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
        const { auth, links, session } = yield* Django.start(yield* scheme, { link: Django.agree })
        deepStrictEqual(yield* Django.whoIsSeen(auth), asAlice)
        const query = (yield* Queue.take(links)).searchParams
        assert.strictEqual(query.get("code_challenge_method"), "S256")
        assert.match(query.get("code_challenge") ?? "", /^[\w-]{43}$/)
        const { isRenewable, scope } = Option.getOrThrow(yield* session.whoami)
        deepStrictEqual([isRenewable, scope], [true, Option.fromNullable(query.get("scope"))])
      }))
  }

  it.scoped("would not be let in without PKCE", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* withBrowser(), {
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
      deepStrictEqual(Django.reasonOf(error), ["LoginFailed", "refused"])
      assert.include(error.message, "Code challenge required")
    }))

  it.scoped("hears that the person said no", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* withBrowser(), { link: Django.deny })
      deepStrictEqual(Django.reasonOf(yield* Effect.flip(session.login)), ["LoginFailed", "denied"])
    }))

  // ------------------------------------------------------------------------------------------------- what comes after

  it.scoped("refreshes a token before it expires, and keeps the refresh token that came with it", () =>
    Django.withClock(Effect.gen(function*() {
      const { auth, links, tokens } = yield* Django.start(yield* withoutDiscovery, { link: Django.agree })
      for (let n = 0; n < 3; n++) {
        deepStrictEqual(yield* Django.whoIsSeen(auth), asAlice)
        yield* TestClock.adjust("285 seconds")
      }
      const refreshes = (yield* tokens).map(({ refresh }) => Option.map(refresh, Redacted.value))
      assert.lengthOf(refreshes, 3)
      assert.strictEqual(new Set(refreshes.map(Option.getOrThrow)).size, 3)
      assert.strictEqual(yield* Queue.size(links), 1)
    })))

  it.scoped("asks the person when its refresh token was spent by somebody else", () =>
    Django.withClock(Effect.gen(function*() {
      const { auth, links, tokens } = yield* Django.start(yield* withBrowser(), { link: Django.agree })
      yield* Django.whoIsSeen(auth)
      assert.strictEqual(yield* Effect.flatMap(Django.latest(tokens), Django.refreshStatus), 200)
      yield* TestClock.adjust("285 seconds")
      deepStrictEqual(yield* Django.whoIsSeen(auth), asAlice)
      assert.strictEqual(yield* Queue.size(links), 2)
    })))

  it.scoped("logs out: the site, of which it knows where, takes its tokens no more", () =>
    Effect.gen(function*() {
      const { issuer } = yield* Django.Django
      const metadata = { revocation_endpoint: `${issuer}/revoke_token/` }
      const { auth, session, tokens } = yield* Django.start(yield* withBrowser({ metadata }), { link: Django.agree })
      yield* Django.whoIsSeen(auth)
      const held = yield* Django.latest(tokens)
      assert.strictEqual(yield* Django.statusOf(held), 200)
      yield* session.logout
      assertNone(yield* session.whoami)
      deepStrictEqual([yield* Django.statusOf(held), yield* Django.refreshStatus(held)], [403, 400])
    }))

  it.scoped("logs out: where it does not know where, its tokens are forgotten, and live on", () =>
    Effect.gen(function*() {
      const { auth, session, tokens } = yield* Django.start(yield* withBrowser(), { link: Django.agree })
      yield* Django.whoIsSeen(auth)
      yield* session.logout
      assertNone(yield* session.whoami)
      assert.strictEqual(yield* Effect.flatMap(Django.latest(tokens), Django.statusOf), 200)
    }))

  // -------------------------------------------------------------------------------------------------------- a device

  const device = (more: (issuer: string) => Partial<OAuth.Options>) =>
    Effect.map(
      Django.Django,
      ({ issuer }) => OAuth.layerDevice({ issuer, clientId: "wps-device", scope: "compute", ...more(issuer) })
    )

  const override = device((issuer) => ({
    metadata: { device_authorization_endpoint: `${issuer}/device-authorization/` }
  }))
  const known = device((issuer) => ({ discovery: "none", metadata: Django.endpoints(issuer) }))

  for (const [how, scheme] of [["besides its metadata", override], ["without its metadata", known]] as const) {
    it.scoped(`logs in by a code that is typed elsewhere, at a provider that is known ${how}`, () =>
      Effect.gen(function*() {
        const { auth } = yield* Django.start(yield* scheme, { code: Django.typeCode("accept") })
        deepStrictEqual(yield* Django.whoIsSeen(auth), { name: "alice", client: "wps-device" })
      }))
  }

  it.scoped("hears that the person said no to a device", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* override, { code: Django.typeCode("deny") })
      deepStrictEqual(Django.reasonOf(yield* Effect.flip(session.login)), ["LoginFailed", "denied"])
    }))

  it.scoped("says what to do where the metadata do not say where a device begins", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* device(() => ({})))
      const error = yield* Effect.flip(session.login)
      assert(error._tag === "ProviderError")
      assert.strictEqual(error.operation, "device-authorization")
      assert.include(error.message, "Give it in `metadata`")
    }))
})
