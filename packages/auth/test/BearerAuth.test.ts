import { Auth, AuthError, BearerAuth } from "@effect-wps/auth"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Config, ConfigError, Data, Deferred, Effect, Exit, Fiber, Layer, Redacted, Ref, TestClock } from "effect"
import { assertConceals, liveConfig } from "./support.ts"

const request = HttpClientRequest.get("https://example.org/wps")
const unauthorized = HttpClientResponse.fromWeb(request, new Response(null, { status: 401 }))
const authorize = Effect.flatMap(Auth.Auth, (auth) => auth.authorize(request))
const headerWith = <E>(layer: Layer.Layer<Auth.Auth, E>) =>
  authorize.pipe(Effect.map((request) => request.headers["authorization"]), Effect.provide(layer))

/** A source that counts how often it is asked: its tokens are token-1, token-2, … */
const counting = (during: Effect.Effect<void> = Effect.void) =>
  Effect.map(Ref.make(0), (asked) => ({
    asked: Ref.get(asked),
    token: Ref.updateAndGet(asked, (n) => n + 1).pipe(
      Effect.zipLeft(during),
      Effect.map((n) => Redacted.make(`token-${n}`))
    )
  }))

class VaultSealed extends Data.TaggedError("VaultSealed")<{ readonly answer: string }> {}

describe("BearerAuth", () => {
  describe("layer", () => {
    it.effect("sends the token as it is", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* headerWith(BearerAuth.layer(Redacted.make("a.b-c_~+/=="))), "Bearer a.b-c_~+/==")
      }))

    for (
      const token of ["abcd efgh", "abcd\n", " abcd", "abcd\r\nX-Admin: 1", "abcd\u0000", "abcd\u00e9", "abcd\u2028"]
    ) {
      it.effect(`refuses ${JSON.stringify(token)}, and does not repeat it`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(headerWith(BearerAuth.layer(Redacted.make(token))))
          assert.instanceOf(error, AuthError.InvalidCredentials)
          assertConceals(error, ["abcd"])
        }))
    }

    it.effect("takes an empty token for none", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(headerWith(BearerAuth.layer(Redacted.make(""))))
        assert.instanceOf(error, AuthError.CredentialsUnavailable)
      }))

    it.effect("has no other credentials after a refusal, but knows when other ones were sent", () =>
      Effect.gen(function*() {
        const auth = yield* Auth.Auth
        assert.isFalse(yield* auth.refused(yield* auth.authorize(request), unauthorized))
        assert.isTrue(yield* auth.refused(HttpClientRequest.bearerToken(request, "old"), unauthorized))
        assert.isTrue(yield* auth.refused(request, unauthorized))
      }).pipe(Effect.provide(BearerAuth.layer(Redacted.make("abcd")))))

    it.effect("shows the token nowhere", () =>
      Effect.gen(function*() {
        const auth = yield* Auth.Auth
        yield* auth.authorize(request)
        assertConceals(auth, ["sec-ret"])
      }).pipe(Effect.provide(BearerAuth.layer(Redacted.make("sec-ret")))))
  })

  describe("layerConfig", () => {
    const layer = (settings: Map<string, string>) =>
      BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")).pipe(
        Layer.provide(liveConfig(settings))
      )

    it.effect("fails when built without the setting", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(headerWith(layer(new Map())))
        assert(ConfigError.isConfigError(error))
        assert(ConfigError.isMissingDataOnly(error))
        assert.include(error.message, "Set WPS_TOKEN.")
      }))

    it.effect("reads the setting again after a refusal, not before", () =>
      Effect.gen(function*() {
        const settings = new Map([["WPS_TOKEN", "one"]])
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const sent = yield* auth.authorize(request)
          settings.set("WPS_TOKEN", "two")
          assert.strictEqual((yield* auth.authorize(request)).headers["authorization"], "Bearer one")
          assert.isTrue(yield* auth.refused(sent, unauthorized))
          assert.strictEqual((yield* auth.authorize(request)).headers["authorization"], "Bearer two")
          settings.delete("WPS_TOKEN")
          const error = yield* Effect.flip(auth.refused(yield* auth.authorize(request), unauthorized))
          assert.instanceOf(error, AuthError.CredentialsUnavailable)
        }).pipe(Effect.provide(layer(settings)))
      }))
  })

  describe("layerEffect", () => {
    it.effect("does not ask before the first request, and once for fifty at a time", () =>
      Effect.gen(function*() {
        const source = yield* counting(Effect.sleep("1 second"))
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          assert.strictEqual(yield* source.asked, 0)
          const callers = yield* Effect.fork(
            Effect.all(Array.from({ length: 50 }, () => auth.authorize(request)), { concurrency: "unbounded" })
          )
          yield* TestClock.adjust("1 second")
          const sent = yield* Fiber.join(callers)
          deepStrictEqual([...new Set(sent.map(({ headers }) => headers["authorization"]))], ["Bearer token-1"])
          yield* auth.authorize(request)
          assert.strictEqual(yield* source.asked, 1)
        }).pipe(Effect.provide(BearerAuth.layerEffect(source.token)))
      }))

    it.effect("loses nothing when the caller that came first is interrupted", () =>
      Effect.gen(function*() {
        const source = yield* counting(Effect.sleep("1 second"))
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const first = yield* Effect.fork(auth.authorize(request))
          yield* Effect.yieldNow()
          const second = yield* Effect.fork(auth.authorize(request))
          yield* Effect.yieldNow()
          assert(Exit.isInterrupted(yield* Fiber.interrupt(first)))
          yield* TestClock.adjust("1 second")
          assert.strictEqual((yield* Fiber.join(second)).headers["authorization"], "Bearer token-1")
          assert.strictEqual(yield* source.asked, 1)
        }).pipe(Effect.provide(BearerAuth.layerEffect(source.token)))
      }))

    it.effect("lets a caller that waits for another's question be interrupted", () =>
      Effect.gen(function*() {
        const auth = yield* Auth.Auth
        yield* Effect.fork(auth.authorize(request))
        yield* Effect.yieldNow()
        const second = yield* Effect.fork(auth.authorize(request))
        yield* Effect.yieldNow()
        assert(Exit.isInterrupted(yield* Fiber.interrupt(second)))
      }).pipe(Effect.provide(BearerAuth.layerEffect(Effect.never))))

    it.effect("keeps what arrives after all callers were interrupted", () =>
      Effect.gen(function*() {
        const source = yield* counting(Effect.sleep("1 second"))
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const only = yield* Effect.fork(auth.authorize(request))
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(only)
          yield* TestClock.adjust("1 second")
          assert.strictEqual((yield* auth.authorize(request)).headers["authorization"], "Bearer token-1")
        }).pipe(Effect.provide(BearerAuth.layerEffect(source.token)))
      }))

    it.effect("asks once for fifty refusals of one token", () =>
      Effect.gen(function*() {
        const source = yield* counting(Effect.sleep("1 second"))
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const first = yield* Effect.fork(auth.authorize(request))
          yield* TestClock.adjust("1 second")
          const sent = yield* Fiber.join(first)
          const refusals = yield* Effect.fork(
            Effect.all(Array.from({ length: 50 }, () => auth.refused(sent, unauthorized)), { concurrency: "unbounded" })
          )
          yield* TestClock.adjust("1 second")
          deepStrictEqual(yield* Fiber.join(refusals), Array.from({ length: 50 }, () => true))
          // One that comes late was sent with the old token: the new one is not given up for it.
          assert.isTrue(yield* auth.refused(sent, unauthorized))
          assert.strictEqual((yield* auth.authorize(request)).headers["authorization"], "Bearer token-2")
          assert.strictEqual(yield* source.asked, 2)
        }).pipe(Effect.provide(BearerAuth.layerEffect(source.token)))
      }))

    it.effect("says no when the source gives the same token again", () =>
      Effect.gen(function*() {
        const auth = yield* Auth.Auth
        assert.isFalse(yield* auth.refused(yield* auth.authorize(request), unauthorized))
      }).pipe(Effect.provide(BearerAuth.layerEffect(Effect.succeed(Redacted.make("always"))))))

    it.effect("ends with the question what the question opened", () =>
      Effect.gen(function*() {
        const source = yield* counting()
        const open = yield* Ref.make(0)
        const connection = Effect.acquireRelease(
          Ref.updateAndGet(open, (n) => n + 1),
          () => Ref.update(open, (n) => n - 1)
        )
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          for (let n = 0; n < 3; n++) {
            assert.isTrue(yield* auth.refused(yield* auth.authorize(request), unauthorized))
            assert.strictEqual(yield* Ref.get(open), 0)
          }
          assert.strictEqual(yield* source.asked, 4)
        }).pipe(Effect.provide(BearerAuth.layerEffect(Effect.zipRight(connection, source.token))))
      }))

    it.effect("forgets a failure, and tells only its name", () =>
      Effect.gen(function*() {
        const answers = yield* Ref.make(["", "late"])
        const source = Ref.modify(answers, ([head = "", ...rest]) => [head, rest]).pipe(
          Effect.flatMap((answer) =>
            answer === "" ? new VaultSealed({ answer: "s3cret" }) : Effect.succeed(Redacted.make(answer))
          )
        )
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const error = yield* Effect.flip(auth.authorize(request))
          assert.instanceOf(error, AuthError.CredentialsUnavailable)
          assert.include(error.message, "VaultSealed")
          assertConceals(error, ["s3cret"])
          assert.strictEqual((yield* auth.authorize(request)).headers["authorization"], "Bearer late")
        }).pipe(Effect.provide(BearerAuth.layerEffect(source)))
      }))

    it.effect("gives a failure to all who wait, and an AuthError as it is", () =>
      Effect.gen(function*() {
        const gate = yield* Deferred.make<never, AuthError.AuthError>()
        const auth = yield* Effect.map(
          Layer.build(BearerAuth.layerEffect(Deferred.await(gate))),
          (context) => Auth.Auth.pipe(Effect.provide(context))
        ).pipe(Effect.flatten)
        const callers = yield* Effect.fork(
          Effect.all(Array.from({ length: 3 }, () => Effect.flip(auth.authorize(request))), { concurrency: 3 })
        )
        yield* Effect.yieldNow()
        const failure = new AuthError.TokenStoreError({ op: "get", reason: "locked" })
        yield* Deferred.fail(gate, failure)
        for (const error of yield* Fiber.join(callers)) assert.strictEqual(error, failure)
      }).pipe(Effect.scoped))

    it.effect("stops asking when its scope ends", () =>
      Effect.gen(function*() {
        const interrupted = yield* Effect.makeLatch()
        const source = Effect.never.pipe(Effect.onInterrupt(() => interrupted.open))
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          yield* Effect.fork(auth.authorize(request))
          yield* Effect.yieldNow()
          yield* Effect.yieldNow()
        }).pipe(Effect.provide(BearerAuth.layerEffect(source)))
        yield* interrupted.await
      }))

    it.effect("interrupts who asks after its scope has ended", () =>
      Effect.gen(function*() {
        const auth = yield* Effect.provide(Auth.Auth, BearerAuth.layerEffect(Effect.never))
        assert(Exit.isInterrupted(yield* Effect.exit(auth.authorize(request))))
      }))

    it.effect("takes its requirements where it is provided", () =>
      Effect.gen(function*() {
        class Vault extends Effect.Tag("@effect-wps/auth/test/BearerAuth.test/Vault")<Vault, string>() {}
        const layer = BearerAuth.layerEffect(Effect.map(Vault, (secret) => Redacted.make(secret)))
        assert.strictEqual(yield* headerWith(Layer.provide(layer, Layer.succeed(Vault, "abcd"))), "Bearer abcd")
      }))
  })
})
