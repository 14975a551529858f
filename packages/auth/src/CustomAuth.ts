/**
 * A scheme of your own: a function that sets headers and query parameters, and remembers what it needs to.
 *
 * @since 0.1.0
 */
import type * as Headers from "@effect/platform/Headers"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { Auth } from "./Auth.ts"
import { CustomAuthFailed, isAuthError } from "./AuthError.ts"
import * as clientRequest from "./internal/clientRequest.ts"
import { errorName } from "./internal/errorName.ts"
import { unsealed } from "./internal/sealedEntry.ts"
import * as TokenStore from "./TokenStore.ts"

/**
 * What the function receives, and returns changed.
 *
 * `headers` are those of the request. `query` are the parameters that the request holds apart from its URL; parameters
 * that are already in the URL are not among them. `store` is what the function returned the last time, and empty at
 * first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Draft {
  readonly headers: Headers.Headers
  readonly query: UrlParams.UrlParams
  readonly store: TokenStore.Custom
}

/**
 * `key` is the name under which `store` is kept. Two schemes with the same key and the same `TokenStore` share it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options<E, R> {
  readonly key: string
  readonly apply: (draft: Draft) => Effect.Effect<Draft, E, R>
}

/**
 * The key under which a scheme's `store` is in the `TokenStore`, to read it there or to clear it.
 *
 * @example
 * ```ts
 * import { CustomAuth, TokenStore } from "@effect-wps/auth"
 * import { Effect } from "effect"
 *
 * export const forget = Effect.flatMap(TokenStore.TokenStore, (store) => store.clear(CustomAuth.profileKey("code")))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const profileKey = (key: string): TokenStore.ProfileKey =>
  new TokenStore.ProfileKey({ issuer: "", clientId: key, grant: "custom" })

const isCustom = Schema.is(TokenStore.Custom)

/**
 * Like {@link layer}, with the store kept in the `TokenStore` that is provided.
 *
 * @example
 * ```ts
 * import { CustomAuth, TokenStore } from "@effect-wps/auth"
 * import { UrlParams } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * export const auth = CustomAuth.layerWithoutTokenStore({
 *   key: "apikey",
 *   apply: ({ headers, query, store }) =>
 *     Effect.succeed({ headers, query: UrlParams.set(query, "apikey", "abcd"), store })
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithoutTokenStore = <E, R>(
  options: Options<E, R>
): Layer.Layer<Auth, never, R | TokenStore.TokenStore> =>
  Layer.effect(
    Auth,
    Effect.gen(function*() {
      const tokenStore = unsealed(yield* TokenStore.TokenStore)
      const context = yield* Effect.context<R>()
      const key = profileKey(options.key)
      const failed = (reason: string): CustomAuthFailed => new CustomAuthFailed({ key: options.key, reason })

      return Auth.of({
        authorize: (request) =>
          tokenStore.modify(key, (current) => {
            const { credentials, custom, tokens } = Option.getOrElse(current, () => new TokenStore.Entry({}))
            return options.apply({
              headers: request.headers,
              query: request.urlParams,
              store: Redacted.value(custom)
            }).pipe(
              Effect.provide(context),
              Effect.mapError((error) => isAuthError(error) ? error : failed(`it failed with ${errorName(error)}`)),
              Effect.filterOrFail(
                ({ store }) => isCustom(store),
                () => failed("it gave back a store that is not made of JSON values")
              ),
              Effect.map(({ headers, query, store }) => [
                clientRequest.replace(request, { headers, urlParams: query }),
                Option.some(new TokenStore.Entry({ tokens, credentials, custom: Redacted.make(store) }))
              ])
            )
          }),
        // The function runs for each request, so it has nothing newer.
        refused: () => Effect.succeed(false)
      })
    })
  )

/**
 * Authorizes requests by a function, which runs before every request.
 *
 * The function receives the `store` that it returned the last time. The store lives as long as the layer. The function
 * runs for one request at a time, so that no change of the store is lost: do slow work once, and remember its result.
 * What the function sets in `headers` and `query` counts as a credential: it is kept out of logs and spans, and sent to
 * the named origins only.
 *
 * Of your error only the name is shown, in `CustomAuthFailed`. An `AuthError` is passed on as it is, so
 * `CredentialsUnavailable` makes `Auth.firstOf` go on to the next layer. A failed run leaves the store as it was.
 *
 * @example
 * ```ts
 * import { Auth, CustomAuth } from "@effect-wps/auth"
 * import { Headers, HttpClientRequest } from "@effect/platform"
 * import { Effect } from "effect"
 * import assert from "node:assert"
 *
 * const askForCode = Effect.succeed("1234")
 *
 * export const auth = CustomAuth.layer({
 *   key: "code",
 *   apply: Effect.fn(function*({ headers, query, store }) {
 *     const code = typeof store["code"] === "string" ? store["code"] : yield* askForCode
 *     return { headers: Headers.set(headers, "TOKEN", code), query, store: { code } }
 *   })
 * })
 *
 * const program = Effect.gen(function*() {
 *   const { authorize } = yield* Auth.Auth
 *   const request = yield* authorize(HttpClientRequest.get("https://example.org/wps"))
 *   assert.equal(request.headers["token"], "1234")
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(auth)))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <E, R>(options: Options<E, R>): Layer.Layer<Auth, never, Exclude<R, TokenStore.TokenStore>> =>
  Layer.provide(layerWithoutTokenStore(options), Layer.fresh(TokenStore.layerMemory))
