import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import type { AuthError } from "../AuthError.ts"

/** A step of a login, or a message to the provider, in traces and in the log. */
export const step =
  (name: string, issuer: string, attributes: Readonly<Record<string, string>> = {}) =>
  <A, E extends AuthError, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    effect.pipe(
      // A span records the result, which is a code, a secret or a token.
      Effect.map((result) => Redacted.make(result)),
      Effect.tapBoth({
        onFailure: (error) => Effect.logDebug(`OAuth ${name} at ${issuer} failed: ${error.message}`),
        onSuccess: () => Effect.logDebug(`OAuth ${name} at ${issuer} succeeded`)
      }),
      Effect.withSpan(`OAuth.${name}`, {
        attributes: { "oauth.issuer": issuer, ...attributes },
        captureStackTrace: false
      }),
      Effect.map(Redacted.value)
    )
