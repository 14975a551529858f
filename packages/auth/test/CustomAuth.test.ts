import { Auth, AuthError, CustomAuth, TokenStore } from "@effect-wps/auth"
import { Headers, HttpClientRequest, HttpClientResponse, UrlParams } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Context, Data, Effect, Fiber, Layer, Option, Redacted } from "effect"
import { assertConceals } from "./support.ts"

const request = HttpClientRequest.post("https://example.org/wps?map=/a.map", { urlParams: { a: "1" } }).pipe(
  HttpClientRequest.bodyText("<Execute/>", "text/xml"),
  HttpClientRequest.setHash("frag")
)

class NoCode extends Data.TaggedError("NoCode")<{ readonly code: string }> {}

/** Counts its runs in the store, and sends the count. */
const counter = (key: string, during: Effect.Effect<void> = Effect.void): CustomAuth.Options<never, never> => ({
  key,
  apply: ({ headers, query, store }) => {
    const runs = Number(store["runs"] ?? 0) + 1
    return Effect.as(during, { headers: Headers.set(headers, "X-Run", String(runs)), query, store: { runs } })
  }
})

const runOf = (auth: Auth.Service) => Effect.map(auth.authorize(request), ({ headers }) => Number(headers["x-run"]))

describe("CustomAuth", () => {
  it.effect("changes headers and query, and nothing else", () =>
    Effect.gen(function*() {
      const auth = yield* Auth.Auth
      const sent = yield* auth.authorize(HttpClientRequest.setHeader(request, "x-old", "1"))
      deepStrictEqual({ ...sent.headers }, {
        "content-type": "text/xml",
        "content-length": "10",
        token: "1234"
      })
      deepStrictEqual(sent.urlParams, [["a", "1"], ["apikey", "k"]])
      assert.strictEqual(sent.url, request.url)
      assert.strictEqual(sent.method, "POST")
      assert.strictEqual(sent.body, request.body)
      deepStrictEqual(sent.hash, Option.some("frag"))
    }).pipe(Effect.provide(CustomAuth.layer({
      key: "code",
      apply: ({ headers, query, store }) =>
        Effect.succeed({
          headers: Headers.remove(Headers.set(headers, "TOKEN", "1234"), "x-old"),
          query: UrlParams.append(query, "apikey", "k"),
          store
        })
    }))))

  it.effect("remembers from call to call, and loses nothing to concurrent ones", () =>
    Effect.gen(function*() {
      const auth = yield* Auth.Auth
      const runs = yield* Effect.all(Array.from({ length: 50 }, () => runOf(auth)), { concurrency: "unbounded" })
      assert.strictEqual(new Set(runs).size, 50)
      assert.strictEqual(yield* runOf(auth), 51)
    }).pipe(Effect.provide(CustomAuth.layer(counter("runs", Effect.yieldNow())))))

  it.effect("keeps the store under its key in the TokenStore, beside what is there", () =>
    Effect.gen(function*() {
      const store = yield* TokenStore.TokenStore
      const key = CustomAuth.profileKey("one")
      const credentials = Option.some(
        new TokenStore.ClientCredentials({ clientId: "c", clientSecret: Redacted.make("s") })
      )
      yield* store.modify(key, () => Effect.succeed([undefined, Option.some(new TokenStore.Entry({ credentials }))]))
      const build = (key: string) =>
        Effect.map(Layer.build(CustomAuth.layerWithoutTokenStore(counter(key))), Context.get(Auth.Auth))
      const one = yield* build("one")
      const same = yield* build("one")
      const two = yield* build("two")
      assert.strictEqual(yield* runOf(one), 1)
      assert.strictEqual(yield* runOf(same), 2)
      assert.strictEqual(yield* runOf(two), 1)
      const entry = yield* Effect.flatten(store.get(key))
      deepStrictEqual(Redacted.value(entry.custom), { runs: 2 })
      deepStrictEqual(entry.credentials, credentials)
      yield* store.clear(key)
      assert.strictEqual(yield* runOf(one), 1)
    }).pipe(Effect.scoped, Effect.provide(TokenStore.layerMemory)))

  it.effect("shares nothing between two layers with stores of their own", () =>
    Effect.gen(function*() {
      const build = Effect.map(Layer.build(CustomAuth.layer(counter("one"))), Context.get(Auth.Auth))
      assert.strictEqual(yield* runOf(yield* build), 1)
      assert.strictEqual(yield* runOf(yield* build), 1)
    }).pipe(Effect.scoped))

  it.effect("keeps the store as it was when a run fails or is interrupted", () =>
    Effect.gen(function*() {
      const mode: { current: "fine" | "fail" | "hang" } = { current: "fine" }
      yield* Effect.gen(function*() {
        const auth = yield* Auth.Auth
        assert.strictEqual(yield* runOf(auth), 1)
        mode.current = "fail"
        const error = yield* Effect.flip(runOf(auth))
        assert.instanceOf(error, AuthError.CustomAuthFailed)
        assert.strictEqual(error.key, "runs")
        assert.include(error.message, "NoCode")
        assertConceals(error, ["s3cret"])
        mode.current = "hang"
        const hanging = yield* Effect.fork(runOf(auth))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(hanging)
        mode.current = "fine"
        assert.strictEqual(yield* runOf(auth), 2)
      }).pipe(Effect.provide(CustomAuth.layer({
        key: "runs",
        apply: (draft) =>
          mode.current === "fail"
            ? new NoCode({ code: "s3cret" })
            : counter("runs", mode.current === "hang" ? Effect.never : Effect.void).apply(draft)
      })))
    }))

  it.effect("passes an AuthError on", () =>
    Effect.gen(function*() {
      const auth = yield* Auth.Auth
      assert.instanceOf(yield* Effect.flip(auth.authorize(request)), AuthError.CredentialsUnavailable)
    }).pipe(Effect.provide(CustomAuth.layer({
      key: "none",
      apply: () => new AuthError.CredentialsUnavailable({ scheme: "mine", reason: "nobody is here" })
    }))))

  it.effect("refuses a store that could not be written, without repeating it", () =>
    Effect.gen(function*() {
      const auth = yield* Auth.Auth
      const error = yield* Effect.flip(auth.authorize(request))
      assert.instanceOf(error, AuthError.CustomAuthFailed)
      assertConceals(error, ["s3cret"])
    }).pipe(Effect.provide(CustomAuth.layer({
      key: "bad",
      apply: ({ headers, query }) => Effect.succeed({ headers, query, store: { code: "s3cret", n: Number.NaN } })
    }))))

  it.effect("has nothing newer after a refusal", () =>
    Effect.gen(function*() {
      const auth = yield* Auth.Auth
      const response = HttpClientResponse.fromWeb(request, new Response(null, { status: 401 }))
      assert.isFalse(yield* auth.refused(yield* auth.authorize(request), response))
      assert.strictEqual(yield* runOf(auth), 2)
    }).pipe(Effect.provide(CustomAuth.layer(counter("runs")))))
})
