/**
 * A user name and a password (RFC 7617).
 *
 * @since 0.1.0
 */
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { Auth } from "./Auth.ts"
import { type AuthError, CredentialsUnavailable, InvalidCredentials } from "./AuthError.ts"
import * as HeaderAuth from "./internal/headerAuth.ts"
import { named } from "./internal/missingSetting.ts"

/**
 * A user name, which cannot hold a colon, and a password.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly username: string
  readonly password: Redacted.Redacted
}

const scheme = "BasicAuth"

const toHeader = ({ password, username }: Options): Effect.Effect<Redacted.Redacted, AuthError> => {
  const pair = `${username}:${Redacted.value(password)}`
  if (username === "") return new CredentialsUnavailable({ scheme, reason: "the user name is empty" })
  if (username.includes(":")) return new InvalidCredentials({ scheme, reason: "a user name cannot hold a colon" })
  return /\p{Cc}/u.test(pair)
    ? new InvalidCredentials({
      scheme,
      reason: "the user name or the password holds a line break or another control character"
    })
    : Effect.succeed(Redacted.make(`Basic ${Encoding.encodeBase64(pair.normalize("NFC"))}`))
}

/**
 * Sends a user name and a password: `Authorization: Basic …`, in UTF-8 and Unicode's composed form (RFC 7617 §2.1).
 *
 * A user name with a colon, or a control character in either, fails with `InvalidCredentials`; an empty user name with
 * `CredentialsUnavailable`.
 *
 * @example
 * ```ts
 * import { Auth, BasicAuth } from "@effect-wps/auth"
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect, Redacted } from "effect"
 * import assert from "node:assert"
 *
 * const program = Effect.gen(function*() {
 *   const auth = yield* Auth.Auth
 *   const request = yield* auth.authorize(HttpClientRequest.get("https://example.org/wps"))
 *   assert.equal(request.headers["authorization"], "Basic QWxhZGRpbjpvcGVuIHNlc2FtZQ==")
 * })
 *
 * await Effect.runPromise(program.pipe(
 *   Effect.provide(BasicAuth.layer({ username: "Aladdin", password: Redacted.make("open sesame") }))
 * ))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options): Layer.Layer<Auth> => Layer.scoped(Auth, HeaderAuth.make(toHeader(options)))

/**
 * Sends a user name and a password from the configuration. A missing setting is a `ConfigError` when the layer is
 * built.
 *
 * When the server refuses them, they are read again. If they have changed, the request is sent again.
 *
 * @example
 * ```ts
 * import { BasicAuth } from "@effect-wps/auth"
 * import { Config } from "effect"
 *
 * export const auth = BasicAuth.layerConfig({
 *   username: Config.string("WPS_USERNAME"),
 *   password: Config.redacted("WPS_PASSWORD")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (options: Config.Config.Wrap<Options>): Layer.Layer<Auth, ConfigError.ConfigError> =>
  Layer.scoped(
    Auth,
    Effect.gen(function*() {
      const provider = yield* Effect.configProviderWith(Effect.succeed)
      const credentials = provider.load(Config.unwrap(options))
      yield* Effect.mapError(credentials, named)
      return yield* HeaderAuth.make(
        credentials.pipe(
          Effect.mapError(() =>
            new CredentialsUnavailable({ scheme, reason: "the settings that hold them are no longer there" })
          ),
          Effect.flatMap(toHeader)
        )
      )
    })
  )
