import { OAuth } from "@effect-wps/auth"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Queue, Redacted, TestClock } from "effect"
import * as Django from "../support/Django.ts"

const asAlice = { name: "alice", client: "wps" }

const services = Layer.merge(Django.layerDebian, NodeHttpClient.layerUndici)

layer(services, { timeout: "2 minutes", excludeTestServices: true })("a client of Django OAuth Toolkit 1.7", (it) => {
  // Its metadata are where no standard looks for them, so a program says what it knows.
  const known = (issuer: string, metadata: OAuth.Metadata = Django.endpoints(issuer)) =>
    ({ issuer, discovery: "none", metadata }) as const

  const withBrowser = (options: (issuer: string) => OAuth.Provider & Partial<OAuth.AuthorizationCodeOptions> = known) =>
    Effect.map(
      Django.Django,
      ({ issuer }) =>
        OAuth.layerAuthorizationCode({ clientId: "wps", redirectPort: 0, scope: "openid compute", ...options(issuer) })
    )

  const service = (authentication: OAuth.ClientAuthentication) =>
    Effect.map(
      Django.Django,
      ({ issuer }) => OAuth.layerClientCredentials({ clientId: "wps-service", authentication, ...known(issuer) })
    )

  // ------------------------------------------------------------------------------------------------------- discovery

  const undiscovered = [
    ["OpenID Connect's, for which it leads elsewhere", "oidc", 301],
    ["that of OAuth 2.0 (RFC 8414), which it does not have", "oauth2", 404]
  ] as const

  for (const [what, discovery, status] of undiscovered) {
    it.scoped(`is not found by discovery: ${what}`, () =>
      Effect.gen(function*() {
        const { session } = yield* Django.start(yield* withBrowser((issuer) => ({ issuer, discovery })))
        const error = yield* Effect.flip(session.login)
        assert(error._tag === "ProviderError")
        deepStrictEqual([error.operation, error.status], ["discovery", Option.some(status)])
      }))
  }

  it.scoped("needs discovery also where every endpoint is given, unless that is turned off", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(
        yield* withBrowser((issuer) => ({ issuer, metadata: Django.endpoints(issuer) }))
      )
      const error = yield* Effect.flip(session.login)
      assert.strictEqual(error._tag === "ProviderError" ? error.operation : error._tag, "discovery")
    }))

  it.scoped("is content with its metadata, where it is said where they lie, and with what is said besides", () =>
    Effect.gen(function*() {
      const scheme = yield* withBrowser((issuer) => ({
        issuer,
        metadataUrl: `${issuer}/.well-known/openid-configuration/`,
        metadata: { revocation_endpoint: `${issuer}/revoke_token/` }
      }))
      const { auth, session, tokens } = yield* Django.start(scheme, { link: Django.agree })
      deepStrictEqual(yield* Django.whoIsSeen(auth), asAlice)
      const held = yield* Django.latest(tokens)
      yield* session.logout
      deepStrictEqual([yield* Django.statusOf(held), yield* Django.refreshStatus(held)], [403, 400])
    }))

  // --------------------------------------------------------------------------------------------- client credentials

  for (const _tag of ["ClientSecret", "ClientSecretPost"] as const) {
    it.scoped(`acts for itself with a client secret that has every character: ${_tag}`, () =>
      Effect.gen(function*() {
        const { auth } = yield* Django.start(yield* service({ _tag, secret: Redacted.make(Django.serviceSecret) }))
        deepStrictEqual(yield* Django.whoIsSeen(auth), { name: null, client: "wps-service" })
      }))

    it.scoped(`says that a client secret is wrong: ${_tag}`, () =>
      Effect.gen(function*() {
        const { session } = yield* Django.start(yield* service({ _tag, secret: Redacted.make("not-the-secret") }))
        const error = yield* Effect.flip(session.login)
        assert(error._tag === "ProviderError")
        deepStrictEqual([error.code, error.status], [Option.some("invalid_client"), Option.some(401)])
      }))
  }

  // ------------------------------------------------------------------------------------------------- with a browser

  for (const scope of ["openid compute", "compute"]) {
    it.scoped(`logs in with a browser, with PKCE though nothing says that it is taken: ${scope}`, () =>
      Effect.gen(function*() {
        const { auth, links, session } = yield* Django.start(
          yield* withBrowser((issuer) => ({ ...known(issuer), scope })),
          { link: Django.agree }
        )
        deepStrictEqual(yield* Django.whoIsSeen(auth), asAlice)
        const query = (yield* Queue.take(links)).searchParams
        assert.strictEqual(query.get("code_challenge_method"), "S256")
        assert.match(query.get("code_challenge") ?? "", /^[\w-]{43}$/)
        const identity = Option.getOrThrow(yield* session.whoami)
        deepStrictEqual([identity.isRenewable, identity.scope], [true, Option.some(scope)])
      }))
  }

  it.scoped("would not be let in without PKCE", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* withBrowser(), {
        link: (person, link) => {
          link.searchParams.delete("code_challenge")
          link.searchParams.delete("code_challenge_method")
          return Effect.flatMap(person.open(link), (page) => person.send(page, Django.alice))
        }
      })
      const error = yield* Effect.flip(session.login)
      deepStrictEqual(Django.reasonOf(error), ["LoginFailed", "refused"])
      assert.include(error.message, "Code challenge required")
    }))

  it.scoped("would not be let in with another's challenge", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* withBrowser(), {
        link: (person, link) => {
          link.searchParams.set("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
          return Django.agree(person, link)
        }
      })
      const error = yield* Effect.flip(session.login)
      assert(error._tag === "ProviderError")
      deepStrictEqual([error.operation, error.code], ["code", Option.some("invalid_grant")])
    }))

  it.scoped("hears that the person said no", () =>
    Effect.gen(function*() {
      const { session } = yield* Django.start(yield* withBrowser(), { link: Django.deny })
      deepStrictEqual(Django.reasonOf(yield* Effect.flip(session.login)), ["LoginFailed", "denied"])
    }))

  // ------------------------------------------------------------------------------------------------ what comes after

  it.scoped("refreshes a token before it expires, and keeps the refresh token that came with it", () =>
    Django.withClock(Effect.gen(function*() {
      const { auth, links, tokens } = yield* Django.start(yield* withBrowser(), { link: Django.agree })
      for (let n = 0; n < 3; n++) {
        deepStrictEqual(yield* Django.whoIsSeen(auth), asAlice)
        yield* TestClock.adjust("285 seconds")
      }
      const all = yield* tokens
      const refreshes = all.map(({ refresh }) => Option.getOrThrow(Option.map(refresh, Redacted.value)))
      deepStrictEqual([all.length, new Set(refreshes).size, yield* Queue.size(links)], [3, 3, 1])
      // The first one is spent.
      deepStrictEqual(yield* Effect.forEach(all.slice(0, 1), Django.refreshStatus), [400])
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
      const { auth, session, tokens } = yield* Django.start(yield* withBrowser(), { link: Django.agree })
      yield* Django.whoIsSeen(auth)
      const held = yield* Django.latest(tokens)
      assert.strictEqual(yield* Django.statusOf(held), 200)
      yield* session.logout
      assertNone(yield* session.whoami)
      deepStrictEqual([yield* Django.statusOf(held), yield* Django.refreshStatus(held)], [403, 400])
    }))

  it.scoped("logs out: where it does not know where, its tokens are forgotten, and live on", () =>
    Effect.gen(function*() {
      const withoutRevocation = (issuer: string) => {
        const { revocation_endpoint: _, ...metadata } = Django.endpoints(issuer)
        return known(issuer, metadata)
      }
      const { auth, session, tokens } = yield* Django.start(yield* withBrowser(withoutRevocation), {
        link: Django.agree
      })
      yield* Django.whoIsSeen(auth)
      yield* session.logout
      assertNone(yield* session.whoami)
      assert.strictEqual(yield* Effect.flatMap(Django.latest(tokens), Django.statusOf), 200)
    }))
})
