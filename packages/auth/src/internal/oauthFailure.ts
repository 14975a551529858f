import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as oauth from "oauth4webapi"
import {
  type AuthError,
  LoginFailed,
  ProviderError,
  type ProviderOperation,
  ProviderUnreachable
} from "../AuthError.ts"

/**
 * Text of a provider as an error may show it: one line of 200 characters at most, without the secrets that it repeats.
 */
const told = (text: string, secrets: ReadonlyArray<string> = []): string =>
  secrets.reduce((text, secret) => text.replaceAll(secret, "<redacted>"), text)
    .replace(/[^\x20-\x7e\u00a0-\uffff]+/g, " ").trim().slice(0, 200)

const secretParameters = [
  "code",
  "code_verifier",
  "refresh_token",
  "device_code",
  "token",
  "subject_token",
  "client_secret",
  "client_assertion"
]

interface Sent {
  readonly headers: Readonly<Record<string, string>>
  readonly body: URLSearchParams | undefined
}

/** The secret in a Basic header, which is form-encoded (RFC 6749 §2.3.1). */
const basicSecret = (header = ""): ReadonlyArray<string> =>
  Either.match(Encoding.decodeBase64String(header.replace(/^Basic /, "")), {
    onLeft: () => [],
    onRight: (pair) => new URLSearchParams(`secret=${pair.slice(pair.indexOf(":") + 1)}`).getAll("secret")
  })

/** The secrets of a request. Some providers repeat them in an error: "Invalid refresh token: …". */
export const secretsOf = ({ body, headers }: Sent): ReadonlyArray<string> =>
  secretParameters.flatMap((name) => body?.getAll(name) ?? [])
    .concat(basicSecret(headers["authorization"]))
    .filter((secret) => secret !== "")

const checkClient =
  "Check the client id and the client secret, or the key in its place: which one the provider knows, and " +
  "this machine's clock."

const advice: Readonly<Record<string, string>> = {
  invalid_client: checkClient,
  unauthorized_client: "Check the client id, the client secret, and whether the client may use this flow.",
  invalid_grant: "What was presented has expired, was used before, or was revoked: log in again.",
  invalid_dpop_proof:
    "Set the clock of this machine, or the provider's: a proof says when it was made, and is taken for a short time.",
  invalid_scope: "Ask for a scope that the provider has.",
  access_denied: "The person or the provider said no: log in again, and allow it.",
  expired_token: "The code was not entered in time: begin again.",
  unsupported_grant_type: "The provider does not have this flow: use another layer."
}

const processing: Readonly<Record<string, readonly [detail: string, advice: string]>> = {
  [oauth.JWT_TIMESTAMP_CHECK]: [
    "a token that is not valid at the time of this machine's clock",
    "Set the clock of this machine, or the provider's: they are more than 30 s apart."
  ],
  [oauth.JSON_ATTRIBUTE_COMPARISON]: [
    "the name of another issuer",
    "Use the issuer to the letter as the provider's metadata has it."
  ],
  [oauth.RESPONSE_IS_NOT_JSON]: ["something that is not JSON", "Check that the address is that of an OAuth provider."],
  [oauth.PARSE_ERROR]: ["JSON that cannot be read", "Check that the address is that of an OAuth provider."],
  [oauth.MISSING_SERVER_METADATA]: [
    "metadata that lack the address of this endpoint",
    "Give it in `metadata`, or use another flow."
  ],
  [oauth.HTTP_REQUEST_FORBIDDEN]: [
    "an http address for one of its endpoints",
    "The provider must be asked to publish https addresses."
  ]
}

const isUnreachable = Schema.is(ProviderUnreachable)

/** oauth4webapi's errors carry bodies and parameters in their cause: only what is known to be harmless is kept. */
export const failure = (operation: ProviderOperation, issuer: string, secrets: ReadonlyArray<string> = []) =>
(
  cause: unknown
): AuthError => {
  if (isUnreachable(cause)) return cause
  const make = (detail: string, hint: string, code?: string, status?: number) =>
    new ProviderError({
      operation,
      issuer,
      code: Option.fromNullable(code),
      status: Option.fromNullable(status),
      detail,
      advice: hint
    })
  if (cause instanceof oauth.ResponseBodyError) {
    const said = cause.error_description === undefined ? "" : ` (${told(cause.error_description, secrets)})`
    const code = told(cause.error, secrets)
    return make(
      `"${code}"${said}, HTTP ${cause.status}`,
      advice[code] ?? "Check how the client is registered with the provider.",
      code,
      cause.status
    )
  }
  if (cause instanceof oauth.WWWAuthenticateChallengeError) {
    return make(
      `HTTP ${cause.status} and a challenge`,
      checkClient,
      undefined,
      cause.status
    )
  }
  const code = cause instanceof oauth.OperationProcessingError ? cause.code : undefined
  const [detail, hint] = (code === undefined ? undefined : processing[code]) ??
    ["something that is no answer of OAuth", "Check that the address is that of an OAuth provider."]
  // The cause may be the answer itself. Only its status is kept.
  const status = cause instanceof oauth.OperationProcessingError && cause.cause instanceof Response
    ? cause.cause.status
    : undefined
  const isElsewhere = operation === "discovery" && status !== undefined && status !== 200
  return make(
    status === undefined || status === 200 ? detail : `${detail}, HTTP ${status}`,
    isElsewhere
      ? "Check the issuer, and the realm in it. If they are right, its metadata are elsewhere: give their address as " +
        "`metadataUrl`, or what they say as `metadata` with `discovery: \"none\"`."
      : hint,
    undefined,
    status
  )
}

/** Why the answer that the browser brought is not accepted. */
export const notAccepted = (issuer: string) => (cause: unknown): LoginFailed => {
  if (cause instanceof oauth.AuthorizationResponseError) {
    const code = told(cause.error)
    const said = cause.error_description === undefined ? "" : ` (${told(cause.error_description)})`
    return new LoginFailed({
      issuer,
      reason: code === "access_denied" ? "denied" : "refused",
      detail: `the provider said "${code}"${said}`
    })
  }
  const isIssuer = cause instanceof oauth.OperationProcessingError && cause.message.includes("\"iss\"")
  return isIssuer
    ? new LoginFailed({
      issuer,
      reason: "wrong-issuer",
      detail: "the answer does not say that it comes from this provider"
    })
    : new LoginFailed({ issuer, reason: "refused", detail: "the browser brought an answer that is none of OAuth" })
}
