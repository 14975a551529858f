import { Auth, AuthError, BasicAuth, BearerAuth, CustomAuth } from "@effect-wps/auth"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Cause, Config, type ConfigError, Context, Data, Effect, Fiber, Layer, Redacted, Ref } from "effect"
import { assertConceals, liveConfig } from "./support.ts"

const request = HttpClientRequest.get("https://example.org/wps")
const unauthorized = HttpClientResponse.fromWeb(request, new Response(null, { status: 401 }))
const header = Effect.flatMap(Auth.Auth, (auth) => auth.authorize(request)).pipe(
  Effect.map(({ headers }) => headers["authorization"])
)

class NotBuilt extends Data.TaggedError("NotBuilt")<{ readonly secret: string }> {}
class Needed extends Context.Tag("@effect-wps/auth/test/Auth.test/Needed")<Needed, string>() {}

const none = (scheme: string) =>
  Layer.succeed(
    Auth.Auth,
    Auth.make({ authorize: () => new AuthError.CredentialsUnavailable({ scheme, reason: `${scheme} is empty` }) })
  )
const notBuilt: Layer.Layer<Auth.Auth, NotBuilt> = Layer.fail(new NotBuilt({ secret: "s3cret" }))
const bearer = (token: string) => BearerAuth.layer(Redacted.make(token))

/** A scheme that must not be touched. */
const forbidden = Layer.effect(Auth.Auth, Effect.dieMessage("a later scheme was built"))

describe("Auth", () => {
  it.effect("layerAnonymous sends requests as they are", () =>
    Effect.gen(function*() {
      const auth = yield* Auth.Auth
      assert.strictEqual(yield* auth.authorize(request), request)
      assert.isFalse(yield* auth.refused(request, unauthorized))
    }).pipe(Effect.provide(Auth.layerAnonymous)))

  it.effect("make keeps the refused that is given", () =>
    Effect.gen(function*() {
      const authorize = Effect.succeed<HttpClientRequest.HttpClientRequest>
      assert.isFalse(yield* Auth.make({ authorize }).refused(request, unauthorized))
      const auth = Auth.make({ authorize, refused: () => Effect.succeed(true) })
      assert.isTrue(yield* auth.refused(request, unauthorized))
    }))

  describe("firstOf", () => {
    it("has the errors and requirements of all", () => {
      const layer = Auth.firstOf(
        BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")),
        notBuilt,
        BearerAuth.layerEffect(Effect.map(Needed, (secret) => Redacted.make(secret)))
      )
      expectTypeOf(layer).toEqualTypeOf<Layer.Layer<Auth.Auth, ConfigError.ConfigError | NotBuilt, Needed>>()
      expectTypeOf(Auth.firstOf(bearer("a"))).toEqualTypeOf<Layer.Layer<Auth.Auth>>()
    })

    it.effect("takes the first and touches no other", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* header, "Bearer one")
        assert.strictEqual(yield* header, "Bearer one")
      }).pipe(Effect.provide(Auth.firstOf(bearer("one"), forbidden))))

    const settings = (entries: ReadonlyArray<[string, string]>) =>
      header.pipe(
        Effect.provide(
          Auth.firstOf(
            BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")),
            BasicAuth.layerConfig({ username: Config.string("USER"), password: Config.redacted("PASSWORD") }),
            bearer("last")
          ).pipe(Layer.provide(liveConfig(new Map(entries))))
        )
      )

    it.effect("goes on when a setting is missing or empty", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* settings([["WPS_TOKEN", "abcd"]]), "Bearer abcd")
        assert.strictEqual(yield* settings([["WPS_TOKEN", ""]]), "Bearer last")
        assert.strictEqual(
          yield* settings([["USER", "Aladdin"], ["PASSWORD", "open sesame"]]),
          "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ=="
        )
        assert.strictEqual(yield* settings([["USER", "Aladdin"]]), "Bearer last")
        assert.strictEqual(yield* settings([]), "Bearer last")
      }))

    it.effect("does not go on from credentials that are malformed", () =>
      Effect.gen(function*() {
        assert.instanceOf(yield* Effect.flip(header), AuthError.InvalidCredentials)
      }).pipe(Effect.provide(Auth.firstOf(bearer("line\nbreak"), forbidden))))

    it.effect("goes on from an empty scheme, and comes back when it has credentials", () =>
      Effect.gen(function*() {
        const token = yield* Ref.make("")
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const sent = yield* auth.authorize(request)
          assert.strictEqual(sent.headers["authorization"], "Bearer fallback")
          assert.isFalse(yield* auth.refused(sent, unauthorized))
          yield* Ref.set(token, "fresh")
          assert.isTrue(yield* auth.refused(sent, unauthorized))
          assert.strictEqual(yield* header, "Bearer fresh")
        }).pipe(Effect.provide(
          Auth.firstOf(BearerAuth.layerEffect(Effect.map(Ref.get(token), Redacted.make)), bearer("fallback"))
        ))
      }))

    it.effect("asks the scheme that sent about the refusal, and goes on when it has lost its credentials", () =>
      Effect.gen(function*() {
        const tokens = yield* Ref.make(["one", "two", ""])
        const next = Ref.modify(tokens, ([head = "", ...rest]) => [Redacted.make(head), rest])
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const one = yield* auth.authorize(request)
          assert.isTrue(yield* auth.refused(one, unauthorized))
          const two = yield* auth.authorize(request)
          assert.strictEqual(two.headers["authorization"], "Bearer two")
          assert.isTrue(yield* auth.refused(two, unauthorized))
          assert.strictEqual(yield* header, "Bearer fallback")
        }).pipe(Effect.provide(Auth.firstOf(BearerAuth.layerEffect(next), bearer("fallback"))))
      }))

    it.effect("builds a later scheme once, when it is needed, though its first caller is interrupted", () =>
      Effect.gen(function*() {
        const built = yield* Ref.make(0)
        const released = yield* Ref.make(0)
        const gate = yield* Effect.makeLatch()
        const late = Layer.unwrapScoped(
          Effect.acquireRelease(Ref.update(built, (n) => n + 1), () => Ref.update(released, (n) => n + 1)).pipe(
            Effect.zipRight(gate.await),
            Effect.as(bearer("late"))
          )
        )
        yield* Effect.gen(function*() {
          assert.strictEqual(yield* Ref.get(built), 0)
          const first = yield* Effect.fork(header)
          yield* Effect.yieldNow()
          const second = yield* Effect.fork(header)
          yield* Effect.yieldNow()
          yield* Fiber.interrupt(first)
          yield* gate.open
          assert.strictEqual(yield* Fiber.join(second), "Bearer late")
          assert.strictEqual(yield* header, "Bearer late")
          assert.strictEqual(yield* Ref.get(built), 1)
          assert.strictEqual(yield* Ref.get(released), 0)
        }).pipe(Effect.provide(Auth.firstOf(none("first"), late)))
        assert.strictEqual(yield* Ref.get(released), 1)
      }))

    it.effect("fails when none can be built, with what all failed with", () =>
      Effect.gen(function*() {
        const layer = Auth.firstOf(notBuilt, BearerAuth.layerConfig(Config.redacted("WPS_TOKEN"))).pipe(
          Layer.provide(liveConfig(new Map()))
        )
        const cause = yield* header.pipe(Effect.provide(layer), Effect.sandbox, Effect.flip)
        const failures = Array.from(Cause.failures(cause), String)
        assert.lengthOf(failures, 2)
        assert.include(failures[0], "NotBuilt")
        assert.include(failures[1], "WPS_TOKEN")
      }))

    it.effect("says for each why it has no credentials, and no secret", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(header)
        assert.instanceOf(error, AuthError.CredentialsUnavailable)
        assert.include(error.message, "one is empty")
        assert.include(error.message, "NotBuilt")
        assert.include(error.message, "three is empty")
        assertConceals(error, ["s3cret"])
      }).pipe(Effect.provide(Auth.firstOf(none("one"), notBuilt, none("three")))))

    it.effect("does not go on from a failure of another kind", () =>
      Effect.gen(function*() {
        assert.instanceOf(yield* Effect.flip(header), AuthError.CustomAuthFailed)
      }).pipe(Effect.provide(Auth.firstOf(
        CustomAuth.layer({ key: "mine", apply: () => new NotBuilt({ secret: "s3cret" }) }),
        forbidden
      ))))
  })
})
