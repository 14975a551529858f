/**
 * Every way in which authorizing a request can fail, one type for each thing that a caller would do differently.
 *
 * No error holds a token, a password, a header, a body or a URL's query.
 *
 * @since 0.1.0
 */
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { networkCode } from "./internal/networkCode.ts"

const from = "@effect-wps/auth/AuthError"

/**
 * There are no credentials to send: nothing configured, nothing stored, or the source of them failed.
 *
 * `Auth.firstOf` then asks the next scheme.
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
 * There are credentials, but they cannot be sent: a token with a line break, a user name with a colon.
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
      "If that is a login page, provide an Auth layer with credentials; if you trust the new address, use it instead."
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
 * The address that was given as an OAuth issuer cannot be used as one.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidIssuer extends Schema.TaggedError<InvalidIssuer>(`${from}/InvalidIssuer`)("InvalidIssuer", {
  issuer: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `"${this.issuer}" is no issuer that can be used: ${this.reason}. ` +
      "Give the https address that the provider publishes, such as https://example.org/realms/cluster."
  }
}

/**
 * Somebody must log in, and cannot be asked: there is no token (`no-token`), the one that was stored is no longer accepted
 * and cannot be renewed (`refresh-refused`), or what must be typed cannot be typed here (`not-interactive`).
 *
 * @since 0.1.0
 * @category errors
 */
export class LoginRequired extends Schema.TaggedError<LoginRequired>(`${from}/LoginRequired`)("LoginRequired", {
  reason: Schema.Literal("no-token", "refresh-refused", "not-interactive"),
  detail: Schema.String
}) {
  override get message(): string {
    return `A login is needed: ${this.detail}. Log in once where there is a terminal or a browser, or use a layer that ` +
      "needs no person, such as client credentials."
  }
}

/**
 * A login was begun and did not succeed: the person or the provider said no (`denied`), nobody came back in time
 * (`timeout`), the answer came from another provider than was asked (`wrong-issuer`), or what came back was not accepted
 * (`refused`).
 *
 * @since 0.1.0
 * @category errors
 */
export class LoginFailed extends Schema.TaggedError<LoginFailed>(`${from}/LoginFailed`)("LoginFailed", {
  reason: Schema.Literal("denied", "timeout", "wrong-issuer", "refused"),
  issuer: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `The login at ${this.issuer} failed: ${this.detail}. Log in again.`
  }
}

/**
 * What was asked of an OAuth provider.
 *
 * @since 0.1.0
 * @category models
 */
export const ProviderOperation = Schema.Literal(
  "discovery",
  "authorization",
  "pushed-authorization",
  "code",
  "refresh",
  "client-credentials",
  "device-authorization",
  "device",
  "token-exchange",
  "revocation",
  "registration"
)

/**
 * What was asked of an OAuth provider.
 *
 * @since 0.1.0
 * @category models
 */
export type ProviderOperation = typeof ProviderOperation.Type

/**
 * A provider answered with an OAuth error, whose code is in `code` (RFC 6749 §5.2), or with something that is not an
 * OAuth answer, such as a page.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProviderError extends Schema.TaggedError<ProviderError>(`${from}/ProviderError`)("ProviderError", {
  operation: ProviderOperation,
  issuer: Schema.String,
  code: Schema.OptionFromUndefinedOr(Schema.String),
  status: Schema.OptionFromUndefinedOr(Schema.Int),
  detail: Schema.String,
  advice: Schema.String
}) {
  override get message(): string {
    return `${this.issuer} answered the ${this.operation} request with ${this.detail}. ${this.advice}`
  }
}

/**
 * A provider did not answer.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProviderUnreachable
  extends Schema.TaggedError<ProviderUnreachable>(`${from}/ProviderUnreachable`)("ProviderUnreachable", {
    operation: ProviderOperation,
    issuer: Schema.String,
    reason: Schema.String
  })
{
  override get message(): string {
    return `${this.issuer} could not be asked (${this.operation}): ${this.reason}. ` +
      "Check the address, the network, and the proxy or certificate that it may need."
  }
}

/**
 * The program cannot listen on any of the ports for the answer of a login.
 *
 * @since 0.1.0
 * @category errors
 */
export class LoopbackUnavailable
  extends Schema.TaggedError<LoopbackUnavailable>(`${from}/LoopbackUnavailable`)("LoopbackUnavailable", {
    ports: Schema.Array(Schema.Int),
    reason: Schema.String
  })
{
  override get message(): string {
    return `The login cannot be waited for on 127.0.0.1, port ${this.ports.join(" or ")}: ${this.reason}. ` +
      "End what uses the port, name another in redirectPort that is registered with the provider, or log in by device code."
  }
}

/**
 * What was being done to a `TokenStore`.
 *
 * @since 0.1.0
 * @category models
 */
export const StoreOperation = Schema.Literal("get", "modify", "clear", "unseal")

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
    const advice = this.op === "unseal" ? "" : " Check that it can be read and written."
    return `The token store failed (${this.op}): ${this.reason}.${advice}`
  }
}

/**
 * Every error with which authorizing a request can fail.
 *
 * @example
 * ```ts
 * import { AuthError } from "@effect-wps/auth"
 * import { Effect } from "effect"
 *
 * export const whatToDo = (error: AuthError.AuthError) =>
 *   error._tag === "CredentialsUnavailable" ? Effect.log("log in first") : Effect.log(error.message)
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export const AuthError = Schema.Union(
  CredentialsUnavailable,
  InvalidCredentials,
  CustomAuthFailed,
  RedirectRefused,
  TooManyRedirects,
  InvalidOrigin,
  InvalidIssuer,
  LoginRequired,
  LoginFailed,
  ProviderError,
  ProviderUnreachable,
  LoopbackUnavailable,
  TokenStoreError
)

/**
 * Every error with which authorizing a request can fail.
 *
 * @since 0.1.0
 * @category errors
 */
export type AuthError = typeof AuthError.Type

/**
 * Whether a value is one of this package's errors.
 *
 * @example
 * ```ts
 * import { AuthError } from "@effect-wps/auth"
 * import assert from "node:assert"
 *
 * assert(AuthError.isAuthError(new AuthError.CredentialsUnavailable({ scheme: "BearerAuth", reason: "no token" })))
 * assert(!AuthError.isAuthError(new Error("no token")))
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isAuthError: (u: unknown) => u is AuthError = Schema.is(AuthError)

/**
 * Why an `HttpClient` got no answer, as an error may show it: the code that the network gave, such as `ECONNREFUSED`. The
 * client's own words may hold an address with its query.
 *
 * @example
 * ```ts
 * import { AuthError } from "@effect-wps/auth"
 * import { FetchHttpClient, HttpClient } from "@effect/platform"
 * import { Console, Effect } from "effect"
 *
 * const program = HttpClient.get("http://127.0.0.1:1/wps?api_key=secret").pipe(
 *   Effect.catchTag("RequestError", (error) => Console.log(AuthError.transportReason(error))), // ECONNREFUSED, or alike
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const transportReason = (error: HttpClientError.HttpClientError): string =>
  Option.getOrElse(
    networkCode(error.cause),
    () => error.reason === "Transport" ? "the connection failed" : error.reason
  )
