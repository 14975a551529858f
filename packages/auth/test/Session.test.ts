import { Auth, type AuthError, CustomAuth, KeycloakAuth, LoginUi, OAuth, Session, TokenStore } from "@effect-wps/auth"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Encoding, Layer, Option, Redacted, Ref } from "effect"
import { type Endpoint, issuer, json, makeProvider, type Provider } from "./provider.ts"

const authorize = Effect.flatMap(Auth.Auth, (auth) => auth.authorize(HttpClientRequest.get("https://wps.test/wps")))

const page = "https://compute.test/wps/auth/client_registration/"
const open: Record<string, Endpoint> = { [page]: () => Effect.succeed(new Response("", { status: 302 })) }

const idOf = ({ authorization }: { readonly authorization: string }): string =>
  Buffer.from(authorization.replace("Basic ", ""), "base64").toString().split(":")[0] ?? ""

/** A program that runs with a registered client: what it finds in the store is all that it knows of others. */
const program = Effect.fnUntraced(function*(provider: Provider, store: TokenStore.Service, typed: string) {
  const asked = yield* Ref.make(0)
  const ui = Layer.succeed(LoginUi.LoginUi, {
    hasBrowser: Effect.succeed(false),
    showLink: () => Effect.void,
    showDeviceCode: () => Effect.void,
    askRedirect: Effect.never,
    askClientCredentials: () =>
      Effect.as(
        Ref.update(asked, (n) => n + 1),
        new TokenStore.ClientCredentials({ clientId: typed, clientSecret: Redacted.make("typed-secret") })
      )
  })
  const context = yield* Layer.build(
    KeycloakAuth.layerClientCredentials({
      url: "https://id.test/",
      realm: "cluster",
      baseUrl: "https://compute.test/"
    }).pipe(Layer.provide([
      Layer.succeed(HttpClient.HttpClient, provider.client),
      Layer.succeed(TokenStore.TokenStore, store),
      ui
    ]))
  )
  return {
    authorize: Effect.provide(authorize, context),
    session: Context.get(context, Session.Session),
    asked: Ref.get(asked)
  }
})

const memory = Effect.map(Layer.build(TokenStore.layerMemory), (context) => Context.get(context, TokenStore.TokenStore))

describe("a session of a registered client", () => {
  it.scoped("is known to the next program, which logs out without having asked for anything", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({ endpoints: open })
      const store = yield* memory
      const first = yield* program(provider, store, "typed")
      assert.strictEqual((yield* first.session.login).clientId, "typed")

      const next = yield* program(provider, store, "another")
      const found = Option.map(yield* next.session.whoami, ({ clientId }) => clientId)
      deepStrictEqual(found, Option.some("typed"))
      yield* next.session.logout
      const revocations = (yield* provider.calls).filter(({ path }) => path === "/revoke")
      deepStrictEqual(revocations.map(idOf), ["typed"])
      deepStrictEqual(yield* next.session.whoami, Option.none())
      assert.strictEqual(yield* next.asked, 0)
    }))

  it.scoped("whose secret is no longer accepted is asked for another", () =>
    Effect.gen(function*() {
      const accepted = yield* Ref.make("old")
      const provider = yield* makeProvider({
        endpoints: {
          ...open,
          "/token": (call) =>
            Effect.map(Ref.get(accepted), (id) =>
              idOf(call) === id
                ? json({ access_token: `token of ${id}`, token_type: "Bearer", expires_in: 60 })
                : json({ error: "invalid_client" }, 401))
        }
      })
      const store = yield* memory
      yield* (yield* program(provider, store, "old")).session.login
      yield* Ref.set(accepted, "new")

      const next = yield* program(provider, store, "new")
      yield* (yield* program(provider, store, "new")).session.logout
      assert.include(yield* Effect.flip(next.authorize), { _tag: "ProviderError" })
      assert.strictEqual((yield* next.authorize).headers["authorization"], "Bearer token of new")
      assert.strictEqual(yield* next.asked, 1)
    }))
})

const sealedWith = (byte: number) =>
  TokenStore.sealed(Redacted.make(Encoding.encodeBase64(new Uint8Array(32).fill(byte))))

describe("a session whose entry cannot be read", () => {
  const under = (
    provider: Provider,
    store: Layer.Layer<TokenStore.TokenStore, AuthError.TokenStoreError>,
    options?: { readonly dpop: boolean }
  ) =>
    Effect.map(
      Layer.build(
        OAuth.layerClientCredentials({
          issuer,
          clientId: "nightly",
          authentication: { _tag: "ClientSecret", secret: Redacted.make("client-secret") },
          ...options
        }).pipe(Layer.provide(store), Layer.provide(Layer.succeed(HttpClient.HttpClient, provider.client)))
      ),
      Context.get(Session.Session)
    )

  type Store = Layer.Layer<TokenStore.TokenStore, AuthError.TokenStoreError>
  const reopened: ReadonlyArray<readonly [what: string, reopen: (inner: Store) => Store]> = [
    ["another key", sealedWith(2)],
    ["none", (inner) => inner]
  ]

  for (const [what, reopen] of reopened) {
    it.scoped(`because it is sealed and opened with ${what}, writes nothing and is ended by a logout`, () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const store = yield* memory
        const inner = Layer.succeed(TokenStore.TokenStore, store)
        yield* (yield* under(provider, sealedWith(1)(inner))).login
        const session = yield* under(provider, reopen(inner))
        const calls = (yield* provider.calls).length
        assert.include(yield* Effect.flip(session.whoami), { _tag: "TokenStoreError", op: "unseal" })
        assert.include(yield* Effect.flip(session.login), { _tag: "TokenStoreError", op: "unseal" })
        assert.lengthOf(yield* provider.calls, calls)
        yield* (yield* under(provider, sealedWith(1)(inner))).login
        yield* session.logout
        deepStrictEqual(yield* session.whoami, Option.none())
        assert.strictEqual((yield* session.login).clientId, "nightly")
      }))
  }

  for (const [what, reopen] of reopened) {
    it.scoped(`because the key of its proofs is sealed and opened with ${what}, is ended by a logout`, () =>
      Effect.gen(function*() {
        const provider = yield* makeProvider()
        const inner = Layer.succeed(TokenStore.TokenStore, yield* memory)
        yield* (yield* under(provider, sealedWith(1)(inner), { dpop: true })).login
        const session = yield* under(provider, reopen(inner), { dpop: true })
        assert.include(yield* Effect.flip(session.login), { _tag: "TokenStoreError", op: "unseal" })
        yield* session.logout
        assert.strictEqual((yield* session.login).clientId, "nightly")
      }))
  }

  it.scoped("is another than one that a logout has left with nothing in it", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider()
      const inner = Layer.succeed(TokenStore.TokenStore, yield* memory)
      const plain = yield* under(provider, inner)
      yield* plain.login
      yield* plain.logout
      assert.strictEqual((yield* (yield* under(provider, sealedWith(1)(inner))).login).clientId, "nightly")
    }))

  it.scoped("is another than what a scheme of one's own remembers", () =>
    Effect.gen(function*() {
      const remembering: CustomAuth.Options<never, never> = {
        key: "code",
        apply: ({ headers, query, store }) =>
          Effect.succeed({ headers, query, store: { sealed: `${Object.keys(store).length}` } })
      }
      const inner = Layer.succeed(TokenStore.TokenStore, yield* memory)
      const twice = Effect.zipRight(authorize, authorize)
      yield* Effect.provide(
        twice,
        CustomAuth.layerWithoutTokenStore({ ...remembering, key: "a" }).pipe(Layer.provide(inner))
      )
      yield* Effect.provide(
        twice,
        CustomAuth.layerWithoutTokenStore({ ...remembering, key: "b" }).pipe(Layer.provide(sealedWith(1)(inner)))
      )
    }))

  it.scoped("because it is sealed, is not taken for an empty one by a scheme of one's own", () =>
    Effect.gen(function*() {
      const inner = Layer.succeed(TokenStore.TokenStore, yield* memory)
      const under = (store: Layer.Layer<TokenStore.TokenStore, AuthError.TokenStoreError>) =>
        Effect.provide(
          authorize,
          CustomAuth.layerWithoutTokenStore({
            key: "code",
            apply: ({ headers, query, store }) => Effect.succeed({ headers, query, store: { ...store, code: "c0de" } })
          }).pipe(Layer.provide(store))
        )
      yield* under(sealedWith(1)(inner))
      assert.include(yield* Effect.flip(under(inner)), { _tag: "TokenStoreError", op: "unseal" })
      yield* under(sealedWith(1)(inner))
    }))
})
