import { Auth, OAuth, Session, TokenStore } from "@effect-wps/auth"
import { HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Effect, Fiber, Layer, Redacted, Schema, TestClock } from "effect"
import { type Call, issuer, json, makePerson, makeProvider, until } from "./provider.ts"

const now = 1_800_000_000

const authorize = (auth: Auth.Service) => auth.authorize(HttpClientRequest.get("https://wps.test/wps"))

const layerOf = (client: HttpClient.HttpClient) =>
  Layer.merge(Layer.succeed(HttpClient.HttpClient, client), TokenStore.layerMemory)

/** What the provider is sent for one token after another. */
const sentTimes = Effect.fnUntraced(function*(
  times: number,
  authentication: OAuth.ClientAuthentication,
  options: { readonly clientId?: string; readonly methods?: ReadonlyArray<string> } = {}
) {
  yield* TestClock.setTime(now * 1000)
  const provider = yield* makeProvider({
    metadata: options.methods === undefined ? {} : { token_endpoint_auth_methods_supported: options.methods }
  })
  const context = yield* Layer.build(
    OAuth.layerClientCredentials({ issuer, clientId: options.clientId ?? "nightly", authentication }).pipe(
      Layer.provide(layerOf(provider.client))
    )
  )
  for (let n = 0; n < times; n++) yield* Context.get(context, Session.Session).login
  return (yield* provider.calls).filter(({ path }) => path === "/token")
})

const sent = (authentication: OAuth.ClientAuthentication, options?: Parameters<typeof sentTimes>[2]) =>
  Effect.map(sentTimes(1, authentication, options), ([call]) => {
    assert(call !== undefined)
    return call
  })

const grant = { grant_type: "client_credentials" }

/** What a server reads in a Basic header (RFC 6749 §2.3.1): each half is encoded as a form's value is. */
const readBasic = ({ authorization }: Call): ReadonlyArray<string | null> => {
  const [scheme, encoded = ""] = authorization.split(" ")
  assert.strictEqual(scheme, "Basic")
  const halves = Buffer.from(encoded, "base64").toString("latin1").split(":")
  assert.lengthOf(halves, 2)
  return halves.map((half) => new URLSearchParams(`half=${half}`).get("half"))
}

const secret: OAuth.ClientAuthentication = { _tag: "ClientSecret", secret: Redacted.make("client-secret") }

describe("ClientSecret", () => {
  const choices = [
    ["both are taken", ["client_secret_post", "client_secret_basic"], "basic"],
    ["nothing is said of it (RFC 8414 §2)", undefined, "basic"],
    ["only Basic is taken", ["client_secret_basic", "none"], "basic"],
    ["only the body is taken", ["private_key_jwt", "client_secret_post"], "post"],
    ["neither is named", ["private_key_jwt"], "basic"]
  ] as const

  for (const [what, methods, place] of choices) {
    it.scoped(`goes as ${place === "basic" ? "Basic" : "a parameter"} where ${what}`, () =>
      Effect.gen(function*() {
        const call = yield* sent(secret, methods === undefined ? {} : { methods })
        if (place === "basic") {
          deepStrictEqual(readBasic(call), ["nightly", "client-secret"])
          deepStrictEqual(call.parameters, grant)
        } else {
          assert.strictEqual(call.authorization, "")
          deepStrictEqual(call.parameters, { ...grant, client_id: "nightly", client_secret: "client-secret" })
        }
      }))
  }

  const special = "a:b c+d%20e&f=g/h?ü€\"'()*~!-_."

  it.scoped("arrives whole with whatever characters it has, as Basic", () =>
    Effect.gen(function*() {
      const call = yield* sent({ _tag: "ClientSecret", secret: Redacted.make(special) }, { clientId: `id ${special}` })
      deepStrictEqual(readBasic(call), [`id ${special}`, special])
      const [, encoded = ""] = call.authorization.split(" ")
      assert.match(Buffer.from(encoded, "base64").toString("latin1"), /^[A-Za-z0-9%+]+:[A-Za-z0-9%+]+$/)
    }))

  it.scoped("arrives whole with whatever characters it has, as a parameter", () =>
    Effect.gen(function*() {
      const { parameters } = yield* sent({ _tag: "ClientSecretPost", secret: Redacted.make(special) })
      assert.strictEqual(parameters["client_secret"], special)
    }))
})

describe("ClientSecretPost", () => {
  it.scoped("goes as a parameter, whatever the provider prefers", () =>
    Effect.gen(function*() {
      const call = yield* sent({ _tag: "ClientSecretPost", secret: Redacted.make("client-secret") }, {
        methods: ["client_secret_basic"]
      })
      assert.strictEqual(call.authorization, "")
      deepStrictEqual(call.parameters, { ...grant, client_id: "nightly", client_secret: "client-secret" })
    }))
})

describe("None and Tls", () => {
  for (const authentication of [{ _tag: "None" }, { _tag: "Tls" }] as const) {
    it.scoped(`${authentication._tag} names the client, and sends no secret`, () =>
      Effect.gen(function*() {
        const call = yield* sent(authentication)
        assert.strictEqual(call.authorization, "")
        deepStrictEqual(call.parameters, { ...grant, client_id: "nightly" })
      }))
  }
})

it.scoped("Tls asks at the addresses for certificates, where the provider has some (RFC 8705 §5)", () =>
  Effect.gen(function*() {
    const alias = "https://mtls.id.test/token"
    const provider = yield* makeProvider({
      metadata: { mtls_endpoint_aliases: { token_endpoint: alias } },
      endpoints: {
        [alias]: () => Effect.succeed(json({ access_token: "bound", token_type: "Bearer", expires_in: 60 }))
      }
    })
    for (const authentication of [{ _tag: "Tls" }, secret] as const) {
      const context = yield* Layer.build(
        OAuth.layerClientCredentials({ issuer, clientId: "nightly", authentication }).pipe(
          Layer.provide(layerOf(provider.client))
        )
      )
      yield* Context.get(context, Session.Session).login
    }
    deepStrictEqual((yield* provider.calls).map(({ path }) => path).filter((path) => path.endsWith("/token")), [
      alias,
      "/token"
    ])
  }))

const Header = Schema.parseJson(Schema.Struct({ alg: Schema.String, kid: Schema.optional(Schema.String) }))
const Claims = Schema.parseJson(Schema.Struct({
  iss: Schema.String,
  sub: Schema.String,
  aud: Schema.String,
  jti: Schema.NonEmptyString,
  exp: Schema.Int,
  iat: Schema.Int
}))

const text = (part: string) => Buffer.from(part, "base64url").toString()

/** An assertion (RFC 7523 §2.2), and whether a key of the provider's finds it signed. */
const readAssertion = Effect.fnUntraced(
  function*(call: Call, key: CryptoKey, algorithm: AlgorithmIdentifier | EcdsaParams) {
    assert.strictEqual(call.authorization, "")
    assert.strictEqual(
      call.parameters["client_assertion_type"],
      "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
    )
    const [header = "", claims = "", signature = ""] = (call.parameters["client_assertion"] ?? "").split(".")
    return {
      header: yield* Schema.decode(Header)(text(header)),
      claims: yield* Schema.decode(Claims)(text(claims)),
      isSigned: yield* Effect.promise(() =>
        crypto.subtle.verify(
          algorithm,
          key,
          Buffer.from(signature, "base64url"),
          new TextEncoder().encode(`${header}.${claims}`)
        )
      )
    }
  }
)

const ecdsa = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" }
const rsa = {
  name: "RSASSA-PKCS1-v1_5",
  hash: "SHA-256",
  modulusLength: 2048,
  publicExponent: Uint8Array.of(1, 0, 1)
}
const usages = ["sign", "verify"] as const

describe("PrivateKeyJwt", () => {
  const kinds = [
    ["ES256", ecdsa, Effect.promise(() => crypto.subtle.generateKey(ecdsa, false, usages))],
    ["RS256", rsa, Effect.promise(() => crypto.subtle.generateKey(rsa, false, usages))]
  ] as const

  for (const [alg, algorithm, generate] of kinds) {
    it.scoped(`signs an assertion of who it is with ${alg}`, () =>
      Effect.gen(function*() {
        const { privateKey: key, publicKey } = yield* generate
        const call = yield* sent({ _tag: "PrivateKeyJwt", key, keyId: "key-1" })
        const { claims, header, isSigned } = yield* readAssertion(call, publicKey, algorithm)
        deepStrictEqual(header, { alg, kid: "key-1" })
        const { exp, iat, jti: _, ...names } = claims
        deepStrictEqual(names, { iss: "nightly", sub: "nightly", aud: issuer })
        // The clock of the program, not the machine's.
        assert.approximately(iat, now, 2)
        assert.isAbove(exp, now)
        assert.isAtMost(exp, now + 300)
        assert.isTrue(isSigned)
        deepStrictEqual(Object.keys(call.parameters).sort(), [
          "client_assertion",
          "client_assertion_type",
          "client_id",
          "grant_type"
        ])
      }))
  }

  it.scoped("names no key that it was not told the name of", () =>
    Effect.gen(function*() {
      const { privateKey: key, publicKey } = yield* kinds[0][2]
      const call = yield* sent({ _tag: "PrivateKeyJwt", key })
      deepStrictEqual((yield* readAssertion(call, publicKey, ecdsa)).header, { alg: "ES256" })
    }))

  it.scoped("is made anew for each request: none can be used twice", () =>
    Effect.gen(function*() {
      const { privateKey: key, publicKey } = yield* kinds[0][2]
      const calls = yield* sentTimes(3, { _tag: "PrivateKeyJwt", key })
      const read = yield* Effect.forEach(calls, (call) => readAssertion(call, publicKey, ecdsa))
      assert.strictEqual(new Set(read.map(({ claims }) => claims.jti)).size, 3)
      assert.isTrue(read.every(({ isSigned }) => isSigned))
    }))
})

describe("a client that is confidential", () => {
  it.scoped("proves who it is wherever it is asked: for a code, a refresh, a revocation, a device, ahead of a login", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(now * 1000)
      const provider = yield* makeProvider({ endpoints: { "/par": () => Effect.succeed(json({}, 500)) } })
      const person = yield* makePerson(provider.authorize)
      const options = { issuer, clientId: "wps", authentication: secret }
      const services = [layerOf(provider.client), person.layer] as const
      yield* Effect.gen(function*() {
        const auth = yield* Auth.Auth
        yield* authorize(auth)
        yield* TestClock.adjust("5 minutes")
        yield* authorize(auth)
        yield* Session.logout
      }).pipe(Effect.provide(Layer.provide(OAuth.layerAuthorizationCode(options), services)))
      yield* Effect.flip(Session.login).pipe(
        Effect.provide(Layer.provide(OAuth.layerAuthorizationCode({ ...options, pushed: true }), services))
      )
      yield* Effect.gen(function*() {
        const login = yield* Effect.fork(Session.login)
        yield* until(Effect.map(person.codes, (codes) => codes.length > 0))
        yield* TestClock.adjust("5 seconds")
        yield* Fiber.join(login)
      }).pipe(Effect.provide(Layer.provide(OAuth.layerDevice(options), services)))

      const calls = (yield* provider.calls).filter(({ path }) => !path.startsWith("/.well-known"))
      deepStrictEqual(calls.map(({ parameters, path }) => parameters["grant_type"] ?? path), [
        "authorization_code",
        "refresh_token",
        "/revoke",
        "/par",
        "/device",
        "urn:ietf:params:oauth:grant-type:device_code"
      ])
      for (const call of calls) deepStrictEqual(readBasic(call), ["wps", "client-secret"])
    }))
})

describe("what cannot be used", () => {
  const unusable: ReadonlyArray<readonly [string, Effect.Effect<OAuth.ClientAuthentication>]> = [
    ["an empty secret", Effect.succeed({ _tag: "ClientSecret", secret: Redacted.make("") })],
    ["an empty secret for the body", Effect.succeed({ _tag: "ClientSecretPost", secret: Redacted.make("") })],
    [
      "a public key",
      Effect.map(
        Effect.promise(() =>
          crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])
        ),
        ({ publicKey }) => ({ _tag: "PrivateKeyJwt", key: publicKey })
      )
    ],
    [
      "a key with an empty id",
      Effect.map(
        Effect.promise(() =>
          crypto.subtle.generateKey({ name: "ECDSA", namedCurve: "P-256" }, true, ["sign", "verify"])
        ),
        ({ privateKey }) => ({ _tag: "PrivateKeyJwt", key: privateKey, keyId: "" })
      )
    ]
  ]
  for (const [what, authentication] of unusable) {
    it.scoped(`${what} is a typed error`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(sent(yield* authentication))
        assert.include(error, { _tag: "InvalidCredentials", scheme: "OAuth" })
      }))
  }
})
