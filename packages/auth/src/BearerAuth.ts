/**
 * A bearer token (RFC 6750), from wherever you have it.
 *
 * @since 0.1.0
 */
import type * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Auth } from "./Auth.ts"
import { type AuthError, CredentialsUnavailable, InvalidCredentials, isAuthError } from "./AuthError.ts"
import { errorName } from "./internal/errorName.ts"
import * as HeaderAuth from "./internal/headerAuth.ts"
import { named } from "./internal/missingSetting.ts"

const scheme = "BearerAuth"

const unavailable = (reason: string): CredentialsUnavailable => new CredentialsUnavailable({ scheme, reason })

const toHeader = (token: Redacted.Redacted): Effect.Effect<Redacted.Redacted, AuthError> => {
  const value = Redacted.value(token)
  if (value === "") return unavailable("the token is empty")
  return /^[\x21-\x7e]+$/.test(value)
    ? Effect.succeed(Redacted.make(`Bearer ${value}`))
    : new InvalidCredentials({ scheme, reason: "a token is visible ASCII characters without blanks or line breaks" })
}

/**
 * Sends a token that you have: `Authorization: Bearer <token>` (RFC 6750 §2.1).
 *
 * The token is sent as it is. A token with blanks, line breaks or characters outside ASCII fails with
 * `InvalidCredentials`, an empty one with `CredentialsUnavailable`.
 *
 * @example
 * ```ts
 * import { Auth, BearerAuth } from "@effect-wps/auth"
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect, Redacted } from "effect"
 * import assert from "node:assert"
 *
 * const program = Effect.gen(function*() {
 *   const auth = yield* Auth.Auth
 *   const request = yield* auth.authorize(HttpClientRequest.get("https://example.org/wps"))
 *   assert.equal(request.headers["authorization"], "Bearer abcd")
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(BearerAuth.layer(Redacted.make("abcd")))))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (token: Redacted.Redacted): Layer.Layer<Auth> =>
  Layer.scoped(Auth, HeaderAuth.make(toHeader(token)))

/**
 * Sends a token from the configuration. A missing setting is a `ConfigError` when the layer is built, and then
 * `Auth.firstOf` goes on to the next layer.
 *
 * When the server refuses the token, the setting is read again. If the token has changed, the request is sent again.
 *
 * @example
 * ```ts
 * import { Auth, BearerAuth } from "@effect-wps/auth"
 * import { Config } from "effect"
 *
 * // Without WPS_TOKEN in the environment, requests are sent without credentials.
 * export const auth = Auth.firstOf(BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")), Auth.layerAnonymous)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (config: Config.Config<Redacted.Redacted>): Layer.Layer<Auth, ConfigError.ConfigError> =>
  Layer.scoped(
    Auth,
    Effect.gen(function*() {
      const provider = yield* Effect.configProviderWith(Effect.succeed)
      const token = provider.load(config)
      yield* Effect.mapError(token, named)
      return yield* HeaderAuth.make(
        token.pipe(
          Effect.mapError(() => unavailable("the setting that holds the token is no longer there")),
          Effect.flatMap(toHeader)
        )
      )
    })
  )

/**
 * Sends a token that an effect gives: read from a vault, asked of a person, fetched by a flow of your own.
 *
 * The effect runs when a request needs the token: once, however many requests wait for it. It runs in a fiber of the
 * layer, so interrupting a request does not interrupt it. Resources that it opens are released when it ends. The token
 * is kept until the server refuses it. A failure is not kept. Of your error only the name is shown, in
 * `CredentialsUnavailable`, unless it is an `AuthError` already.
 *
 * @example
 * ```ts
 * import { BearerAuth } from "@effect-wps/auth"
 * import { HttpClient } from "@effect/platform"
 * import { Effect, Redacted } from "effect"
 *
 * // An HttpClient is needed where the layer is provided.
 * export const auth = BearerAuth.layerEffect(
 *   HttpClient.get("https://vault.example.org/token").pipe(
 *     Effect.flatMap((response) => response.text),
 *     Effect.map((token) => Redacted.make(token.trim()))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerEffect = <E, R>(
  token: Effect.Effect<Redacted.Redacted, E, R>
): Layer.Layer<Auth, never, Exclude<R, Scope.Scope>> =>
  Layer.scoped(
    Auth,
    HeaderAuth.make(
      token.pipe(
        Effect.scoped,
        Effect.mapError((error) =>
          isAuthError(error) ? error : unavailable(`asking for the token failed with ${errorName(error)}`)
        ),
        Effect.flatMap(toHeader)
      )
    )
  )
