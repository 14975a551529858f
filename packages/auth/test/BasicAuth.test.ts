import { Auth, AuthError, BasicAuth } from "@effect-wps/auth"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Config, ConfigError, Effect, Encoding, FastCheck, Layer, Redacted } from "effect"
import { assertConceals, liveConfig } from "./support.ts"

const request = HttpClientRequest.get("https://example.org/wps")
const unauthorized = HttpClientResponse.fromWeb(request, new Response(null, { status: 401 }))
const authorize = Effect.flatMap(Auth.Auth, (auth) => auth.authorize(request))

const headerOf = (username: string, password: string) =>
  authorize.pipe(
    Effect.map((request) => request.headers["authorization"]),
    Effect.provide(BasicAuth.layer({ username, password: Redacted.make(password) }))
  )

describe("BasicAuth", () => {
  it.effect("sends the RFC's own example", () =>
    Effect.gen(function*() {
      // RFC 7617 §2
      assert.strictEqual(yield* headerOf("Aladdin", "open sesame"), "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
      // RFC 7617 §2.1, UTF-8
      assert.strictEqual(yield* headerOf("test", "123£"), "Basic dGVzdDoxMjPCow==")
    }))

  it.effect("composes characters, so that one password is one", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* headerOf("zoe\u0308", "x"), yield* headerOf("zo\u00eb", "x"))
    }))

  const printable = FastCheck.string({ unit: "grapheme", minLength: 1 })
    .filter((text) => !/\p{Cc}/u.test(text))

  it.effect.prop("can be read as it was written", [printable, printable], ([name, password]) =>
    Effect.gen(function*() {
      const username = name.replaceAll(":", "_")
      const header = yield* headerOf(username, password)
      assert(header !== undefined && header.startsWith("Basic "))
      assert.strictEqual(
        yield* Encoding.decodeBase64String(header.slice("Basic ".length)),
        `${username}:${password}`.normalize("NFC")
      )
    }), { fastCheck: { numRuns: 50 } })

  it.effect("refuses what cannot be sent, and does not repeat it", () =>
    Effect.gen(function*() {
      for (
        const [username, password] of [["us:er", "s3cret"], ["user", "s3cret\r\nX: y"], ["user\n", "s3cret"]] as const
      ) {
        const error = yield* Effect.flip(headerOf(username, password))
        assert.instanceOf(error, AuthError.InvalidCredentials)
        assertConceals(error, ["s3cret"])
      }
      assert.instanceOf(yield* Effect.flip(headerOf("", "s3cret")), AuthError.CredentialsUnavailable)
    }))

  it.effect("reads the configuration, and again after a refusal", () =>
    Effect.gen(function*() {
      const settings = new Map([["USER", "alice"], ["PASSWORD", "one"]])
      const layer = BasicAuth.layerConfig({ username: Config.string("USER"), password: Config.redacted("PASSWORD") })
      yield* Effect.gen(function*() {
        const auth = yield* Auth.Auth
        const sent = yield* auth.authorize(request)
        assert.strictEqual(sent.headers["authorization"], `Basic ${Encoding.encodeBase64("alice:one")}`)
        settings.set("PASSWORD", "two")
        deepStrictEqual(yield* auth.authorize(request), sent)
        assert.isTrue(yield* auth.refused(sent, unauthorized))
        const next = yield* auth.authorize(request)
        assert.strictEqual(next.headers["authorization"], `Basic ${Encoding.encodeBase64("alice:two")}`)
        assert.isFalse(yield* auth.refused(next, unauthorized))
      }).pipe(Effect.provide(layer.pipe(Layer.provide(liveConfig(settings)))))

      const missing = yield* authorize.pipe(
        Effect.provide(layer.pipe(Layer.provide(liveConfig(new Map())))),
        Effect.flip
      )
      assert(ConfigError.isConfigError(missing))
      assert(ConfigError.isMissingDataOnly(missing))
      assert.strictEqual(missing.message, "Set USER and PASSWORD.")
    }))
})
