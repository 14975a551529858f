import { Auth, OAuth, Session, TokenStore } from "@effect-wps/auth"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Layer, Option, Redacted, Ref, Schema } from "effect"
import { type Endpoint, issuer, json, makeProvider, type Provider } from "./provider.ts"
import { assertConceals } from "./support.ts"

const Proof = Schema.Struct({
  header: Schema.Struct({
    typ: Schema.Literal("dpop+jwt"),
    alg: Schema.Literal("ES256"),
    jwk: Schema.Struct({ kty: Schema.String, crv: Schema.String, x: Schema.String, y: Schema.String })
  }),
  claims: Schema.Struct({
    htm: Schema.String,
    htu: Schema.String,
    jti: Schema.String,
    iat: Schema.Number,
    ath: Schema.optional(Schema.String),
    nonce: Schema.optional(Schema.String)
  })
})

const part = (text: string): unknown => JSON.parse(Buffer.from(text, "base64url").toString())

/** A proof that is well made and well signed. */
const read = Effect.fnUntraced(function*(jwt: string) {
  const [header = "", claims = "", signature = ""] = jwt.split(".")
  const proof = yield* Schema.decodeUnknown(Proof, { onExcessProperty: "error" })({
    header: part(header),
    claims: part(claims)
  })
  const algorithm = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
  const isSigned = yield* Effect.promise(() =>
    crypto.subtle.importKey("jwk", proof.header.jwk, algorithm, true, ["verify"]).then((key) =>
      crypto.subtle.verify(
        algorithm,
        key,
        Buffer.from(signature, "base64url"),
        new TextEncoder().encode(`${header}.${claims}`)
      )
    )
  )
  assert.isTrue(isSigned)
  return proof
})

const hash = (text: string): Effect.Effect<string> =>
  Effect.map(
    Effect.promise(() => crypto.subtle.digest("SHA-256", new TextEncoder().encode(text))),
    (digest) => Buffer.from(digest).toString("base64url")
  )

const bound: Endpoint = () =>
  Effect.succeed(json({ access_token: "bound-secret", token_type: "DPoP", expires_in: 300 }))

const layer = (provider: Provider, store: Layer.Layer<TokenStore.TokenStore> = TokenStore.layerMemory) =>
  OAuth.layerClientCredentials({
    issuer,
    clientId: "nightly",
    authentication: { _tag: "ClientSecret", secret: Redacted.make("client-secret") },
    dpop: true
  }).pipe(Layer.provide([Layer.succeed(HttpClient.HttpClient, provider.client), store]))

const request = HttpClientRequest.post("https://wps.test/wps?map=/a.map")

const authorized = Effect.flatMap(Auth.Auth, (auth) => auth.authorize(request))

describe("DPoP", () => {
  it.scoped("binds the token to a key, and proves it for each request", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({ endpoints: { "/token": bound } })
      const context = yield* Layer.build(layer(provider))
      const one = yield* Effect.provide(authorized, context)
      const other = yield* Effect.provide(authorized, context)

      const [, call] = yield* provider.calls
      const atProvider = yield* read(call?.dpop ?? "")
      assert.include(atProvider.claims, { htm: "POST", htu: `${issuer}/token` })
      assert.isUndefined(atProvider.claims.ath)

      assert.strictEqual(one.headers["authorization"], "DPoP bound-secret")
      const atService = yield* read(one.headers["dpop"] ?? "")
      assert.include(atService.claims, {
        htm: "POST",
        htu: "https://wps.test/wps",
        ath: yield* hash("bound-secret")
      })
      deepStrictEqual(atService.header.jwk, atProvider.header.jwk)
      const again = yield* read(other.headers["dpop"] ?? "")
      assert.notStrictEqual(again.claims.jti, atService.claims.jti)
      assert.lengthOf(yield* provider.grants, 1)
    }))

  it.scoped("has one key for all who share a store, whoever came first, and after a logout", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({ endpoints: { "/token": bound } })
      const store = Layer.succeedContext(yield* Layer.build(TokenStore.layerMemory))
      const contexts = yield* Effect.all([Layer.build(layer(provider, store)), Layer.build(layer(provider, store))])
      const requests = yield* Effect.forEach(contexts, (context) => Effect.provide(authorized, context), {
        concurrency: "unbounded"
      })
      yield* Effect.forEach(contexts, (context) => Context.get(context, Session.Session).logout)
      const later = yield* Effect.provide(authorized, yield* Layer.build(layer(provider, store)))
      const keys = yield* Effect.forEach(
        [...requests, later],
        ({ headers }) => Effect.map(read(headers["dpop"] ?? ""), ({ header }) => header.jwk.x)
      )
      assert.strictEqual(new Set(keys).size, 1)
      assert.lengthOf(keys, 3)
    }))

  it.scoped("puts the provider's nonce into the proof, and asks once more", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({
        endpoints: {
          "/token": (call) =>
            Effect.flatMap(Effect.orDie(read(call.dpop)), ({ claims }) =>
              claims.nonce === "n1"
                ? bound(call)
                : Effect.succeed(
                  new Response(JSON.stringify({ error: "use_dpop_nonce" }), {
                    status: 400,
                    headers: { "content-type": "application/json", "dpop-nonce": "n1" }
                  })
                ))
        }
      })
      const context = yield* Layer.build(layer(provider))
      assert.strictEqual((yield* Effect.provide(authorized, context)).headers["authorization"], "DPoP bound-secret")
      assert.lengthOf(yield* provider.grants, 2)
    }))

  it.scoped("puts the service's nonce into the proof, and sends once more with the same token", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({ endpoints: { "/token": bound } })
      const context = yield* Layer.build(layer(provider))
      const seen = yield* Ref.make<ReadonlyArray<string | undefined>>([])
      const service = HttpClient.make((request) =>
        Effect.gen(function*() {
          const { claims } = yield* Effect.orDie(read(request.headers["dpop"] ?? ""))
          yield* Ref.update(seen, (all) => [...all, claims.nonce])
          return HttpClientResponse.fromWeb(
            request,
            claims.nonce === "n2" ? new Response("") : new Response("", {
              status: 401,
              headers: { "dpop-nonce": "n2", "www-authenticate": "DPoP error=\"use_dpop_nonce\"" }
            })
          )
        })
      )
      const client = yield* Auth.authorizeClient(service, {
        auth: Context.get(context, Auth.Auth),
        origins: ["https://wps.test"]
      })
      assert.strictEqual((yield* client.execute(request)).status, 200)
      assert.strictEqual((yield* client.execute(request)).status, 200)
      deepStrictEqual(yield* Ref.get(seen), [undefined, "n2", "n2"])
      assert.lengthOf(yield* provider.grants, 1)
    }))

  it.scoped("a provider that does not know it gives a bearer token", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider()
      const { headers } = yield* Effect.provide(authorized, yield* Layer.build(layer(provider)))
      assert.strictEqual(headers["authorization"], "Bearer access-1")
      assert.isUndefined(headers["dpop"])
    }))

  it.scoped("a damaged key is a typed error, which does not show it", () =>
    Effect.gen(function*() {
      const provider = yield* makeProvider({ endpoints: { "/token": bound } })
      const store = yield* Layer.build(TokenStore.layerMemory)
      yield* Context.get(store, TokenStore.TokenStore).modify(
        new TokenStore.ProfileKey({ issuer, clientId: "nightly", grant: "client_credentials#dpop" }),
        () =>
          Effect.succeed([
            undefined,
            Option.some(new TokenStore.Entry({ custom: Redacted.make({ dpop: { d: "private-secret" } }) }))
          ])
      )
      const context = yield* Layer.build(layer(provider, Layer.succeedContext(store)))
      const error = yield* Effect.flip(Effect.provide(authorized, context))
      assert.strictEqual(error._tag, "TokenStoreError")
      assertConceals(error, ["private-secret"])
    }))
})
