import { Auth, AuthError, BasicAuth, BearerAuth, CustomAuth } from "@effect-wps/auth"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { Cause, Config, type ConfigError, Context, Data, Effect, Exit, Fiber, Layer, Redacted, Ref } from "effect"
import { assertConceals, liveConfig, recording } from "./support.ts"

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
const notBuiltYet: Effect.Effect<Auth.Service, NotBuilt> = new NotBuilt({ secret: "s3cret" })
const notBuilt: Layer.Layer<Auth.Auth, NotBuilt> = Layer.effect(Auth.Auth, notBuiltYet)
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
          assert.strictEqual(yield* header, "Bearer fresh")
        }).pipe(Effect.provide(
          Auth.firstOf(BearerAuth.layerEffect(Effect.map(Ref.get(token), Redacted.make)), bearer("fallback"))
        ))
      }))

    it.effect("tells the scheme that sent of a refusal, and no other", () =>
      Effect.gen(function*() {
        const asked = yield* Ref.make(0)
        const next = Effect.map(Ref.updateAndGet(asked, (n) => n + 1), (n) => Redacted.make(`token-${n}`))
        const untold = (scheme: Layer.Layer<Auth.Auth>) =>
          Layer.map(scheme, (context) => {
            const { authorize } = Context.get(context, Auth.Auth)
            return Context.make(Auth.Auth, { authorize, refused: () => Effect.dieMessage("it did not send") })
          })
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const sent = yield* auth.authorize(request)
          assert.strictEqual(sent.headers["authorization"], "Bearer token-1")
          assert.isTrue(yield* auth.refused(sent, unauthorized))
          assert.strictEqual(yield* header, "Bearer token-2")
          assert.strictEqual(yield* Ref.get(asked), 2)
        }).pipe(Effect.provide(
          Auth.firstOf(untold(none("first")), BearerAuth.layerEffect(next), untold(bearer("last")))
        ))
      }))

    it.effect("renews the credentials of a later scheme, and the request gets through", () =>
      Effect.gen(function*() {
        const asked = yield* Ref.make(0)
        const token = Effect.map(Ref.updateAndGet(asked, (n) => n + 1), (n) => Redacted.make(`token-${n}`))
        const { client, requests } = yield* recording(({ headers }) =>
          new Response(null, { status: headers["authorization"] === "Bearer token-2" ? 200 : 401 })
        )
        yield* Effect.gen(function*() {
          const authorized = yield* Auth.authorizeClient(client, {
            auth: yield* Auth.Auth,
            origins: ["https://example.org"]
          })
          assert.strictEqual((yield* authorized.execute(request)).status, 200)
          assert.lengthOf(yield* requests, 2)
        }).pipe(Effect.provide(
          Auth.firstOf(
            CustomAuth.layer({
              key: "none",
              apply: () => new AuthError.CredentialsUnavailable({ scheme: "mine", reason: "nobody is here" })
            }),
            BearerAuth.layerEffect(token)
          )
        ))
      }))

    it.effect("finds the scheme that sent a request which was changed since", () =>
      Effect.gen(function*() {
        const tokens = yield* Ref.make(["one", "two"])
        const next = Ref.modify(tokens, ([head = "", ...rest]) => [Redacted.make(head), rest])
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const sent = HttpClientRequest.setHeader(yield* auth.authorize(request), "x-project", "mine")
          assert.isTrue(yield* auth.refused(sent, unauthorized))
          assert.strictEqual(yield* header, "Bearer two")
        }).pipe(Effect.provide(Auth.firstOf(none("first"), BearerAuth.layerEffect(next))))
      }))

    it.effect("goes on to the next scheme when the one that sent has lost its credentials", () =>
      Effect.gen(function*() {
        const tokens = yield* Ref.make(["one", "two", ""])
        const next = Ref.modify(tokens, ([head = "", ...rest]) => [Redacted.make(head), rest])
        const fallback = Layer.succeed(
          Auth.Auth,
          Auth.make({ authorize: (request) => Effect.succeed(HttpClientRequest.bearerToken(request, "fallback")) })
        )
        yield* Effect.gen(function*() {
          const auth = yield* Auth.Auth
          const one = yield* auth.authorize(request)
          assert.isTrue(yield* auth.refused(one, unauthorized))
          const two = yield* auth.authorize(request)
          assert.strictEqual(two.headers["authorization"], "Bearer two")
          assert.isTrue(yield* auth.refused(two, unauthorized))
          assert.strictEqual(yield* header, "Bearer fallback")
        }).pipe(Effect.provide(Auth.firstOf(BearerAuth.layerEffect(next), fallback)))
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

    it.effect("builds a scheme again that could not be built, and keeps it then", () =>
      Effect.gen(function*() {
        const built = yield* Ref.make(0)
        const open = yield* Ref.make(0)
        const moment = Layer.unwrapScoped(
          Effect.acquireRelease(Ref.update(open, (n) => n + 1), () => Ref.update(open, (n) => n - 1)).pipe(
            Effect.zipRight(Ref.updateAndGet(built, (n) => n + 1)),
            Effect.flatMap((n) => n < 3 ? new NotBuilt({ secret: "s3cret" }) : Effect.succeed(bearer("back")))
          )
        )
        yield* Effect.gen(function*() {
          assert.strictEqual(yield* Ref.get(built), 1)
          assert.strictEqual(yield* header, "Bearer meanwhile")
          assert.strictEqual(yield* Ref.get(open), 0)
          assert.strictEqual(yield* header, "Bearer back")
          assert.strictEqual(yield* header, "Bearer back")
          assert.strictEqual(yield* Ref.get(built), 3)
          assert.strictEqual(yield* Ref.get(open), 1)
        }).pipe(Effect.provide(Auth.firstOf(moment, bearer("meanwhile"))))
        assert.strictEqual(yield* Ref.get(open), 0)
      }))

    it.effect("builds what schemes have in common once", () =>
      Effect.gen(function*() {
        const built = yield* Ref.make(0)
        const common = Layer.effect(Needed, Effect.as(Ref.update(built, (n) => n + 1), ""))
        const scheme = BearerAuth.layerEffect(Effect.map(Needed, (token) => Redacted.make(token)))
        const layer = Auth.firstOf(
          Layer.provide(scheme, common),
          Layer.provide(Layer.fresh(scheme), common),
          bearer("last")
        )
        assert.strictEqual(yield* Effect.provide(header, layer), "Bearer last")
        assert.strictEqual(yield* Ref.get(built), 1)
      }))

    for (
      const [what, broken] of [
        ["a defect", Effect.dieMessage("broken")],
        ["an interruption", Effect.interrupt],
        [
          "a defect beside a failure",
          Effect.zipRight(Effect.addFinalizer(() => Effect.dieMessage("broken")), notBuiltYet)
        ]
      ] as const
    ) {
      it.effect(`does not go on from ${what} in a layer`, () =>
        Effect.gen(function*() {
          const layer = Auth.firstOf(Layer.scoped(Auth.Auth, broken), bearer("last"))
          const exit = yield* Effect.exit(Effect.scoped(Layer.build(layer)))
          assert(Exit.isFailure(exit))
          assert(Cause.isDie(exit.cause) || Cause.isInterrupted(exit.cause))
        }))
    }

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
