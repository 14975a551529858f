/**
 * Every way in which authorizing a request can fail, one type for each thing that a caller would do differently.
 *
 * No error holds a token, a password, a header, a body or a URL's query.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

const from = "@effect-wps/auth/AuthError"

/**
 * There are no credentials to send: nothing configured, nothing stored, or the source of them failed.
 *
 * `Auth.firstOf` takes this for "ask the next one".
 *
 * @since 0.1.0
 * @category errors
 */
export class CredentialsUnavailable
  extends Schema.TaggedError<CredentialsUnavailable>(`${from}/CredentialsUnavailable`)(
    "CredentialsUnavailable",
    { scheme: Schema.String, reason: Schema.String }
  )
{
  override get message(): string {
    return `${this.scheme} has no credentials: ${this.reason}. Provide them, or provide another Auth layer.`
  }
}

/**
 * There are credentials, and they cannot be sent as they are: a token with a line break, a user name with a colon.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidCredentials extends Schema.TaggedError<InvalidCredentials>(`${from}/InvalidCredentials`)(
  "InvalidCredentials",
  { scheme: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `The credentials for ${this.scheme} cannot be sent: ${this.reason}. Correct them where they are configured.`
  }
}

/**
 * The function given to `CustomAuth` failed. Of its error only the name is kept.
 *
 * @since 0.1.0
 * @category errors
 */
export class CustomAuthFailed extends Schema.TaggedError<CustomAuthFailed>(`${from}/CustomAuthFailed`)(
  "CustomAuthFailed",
  { key: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `The custom authenticator "${this.key}" failed: ${this.reason}. Look into its apply function.`
  }
}

/**
 * The server sent the request elsewhere, and following would be unsafe. `from` and `to` are without their queries.
 *
 * @since 0.1.0
 * @category errors
 */
export class RedirectRefused extends Schema.TaggedError<RedirectRefused>(`${from}/RedirectRefused`)(
  "RedirectRefused",
  { from: Schema.String, to: Schema.String, status: Schema.Int, reason: Schema.String }
) {
  override get message(): string {
    return `${this.from} redirects (HTTP ${this.status}) to ${this.to}, which is not followed: ${this.reason}. ` +
      "If you trust the new address, use it instead of the old one."
  }
}

/**
 * The server kept redirecting. `url` is the last address that was asked, without its query.
 *
 * @since 0.1.0
 * @category errors
 */
export class TooManyRedirects extends Schema.TaggedError<TooManyRedirects>(`${from}/TooManyRedirects`)(
  "TooManyRedirects",
  { url: Schema.String, maxRedirects: Schema.Int }
) {
  override get message(): string {
    return `After ${this.maxRedirects} redirects ${this.url} redirects again. ` +
      "The server may send requests without the right credentials round in a circle: check the address and the login."
  }
}

/**
 * Not an origin that can be given credentials. `origin` is without user name, path and query.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidOrigin extends Schema.TaggedError<InvalidOrigin>(`${from}/InvalidOrigin`)(
  "InvalidOrigin",
  { origin: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `"${this.origin}" cannot be given credentials: ${this.reason}. ` +
      "Name scheme, host and port only, such as https://example.org."
  }
}

/**
 * What was being done to a `TokenStore`.
 *
 * @since 0.1.0
 * @category models
 */
export const StoreOperation = Schema.Literal("get", "modify", "clear")

/**
 * What was being done to a `TokenStore`.
 *
 * @since 0.1.0
 * @category models
 */
export type StoreOperation = typeof StoreOperation.Type

/**
 * The token store cannot be read or written.
 *
 * @since 0.1.0
 * @category errors
 */
export class TokenStoreError extends Schema.TaggedError<TokenStoreError>(`${from}/TokenStoreError`)(
  "TokenStoreError",
  { op: StoreOperation, reason: Schema.String }
) {
  override get message(): string {
    return `The token store failed (${this.op}): ${this.reason}. Check that it can be read and written.`
  }
}

/**
 * Everything with which authorizing a request can fail.
 *
 * @since 0.1.0
 * @category errors
 * @example
 * ```ts
 * import { AuthError } from "@effect-wps/auth"
 * import { Effect } from "effect"
 *
 * export const whatToDo = (error: AuthError.AuthError) =>
 *   error._tag === "CredentialsUnavailable" ? Effect.log("log in first") : Effect.log(error.message)
 * ```
 */
export const AuthError = Schema.Union(
  CredentialsUnavailable,
  InvalidCredentials,
  CustomAuthFailed,
  RedirectRefused,
  TooManyRedirects,
  InvalidOrigin,
  TokenStoreError
)

/**
 * Everything with which authorizing a request can fail.
 *
 * @since 0.1.0
 * @category errors
 */
export type AuthError = typeof AuthError.Type

/**
 * Whether a value is one of this package's errors.
 *
 * @since 0.1.0
 * @category guards
 * @example
 * ```ts
 * import { AuthError } from "@effect-wps/auth"
 * import assert from "node:assert"
 *
 * assert(AuthError.isAuthError(new AuthError.CredentialsUnavailable({ scheme: "BearerAuth", reason: "no token" })))
 * assert(!AuthError.isAuthError(new Error("no token")))
 * ```
 */
export const isAuthError: (u: unknown) => u is AuthError = Schema.is(AuthError)
