import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as oauth from "oauth4webapi"
import {
  type AuthError,
  InvalidCredentials,
  InvalidIssuer,
  ProviderError,
  type ProviderOperation,
  ProviderUnreachable,
  transportReason
} from "../AuthError.ts"
import type { Client as OAuthClient, ClientAuthentication, Metadata, Provider } from "../OAuth.ts"
import { TokenSet } from "../TokenStore.ts"
import { failure, notAccepted, secretsOf } from "./oauthFailure.ts"
import * as Renewable from "./renewable.ts"
import { step } from "./step.ts"

/**
 * Every message of OAuth. oauth4webapi writes and reads them; this module sends them over the HttpClient, and makes our
 * errors.
 */
export interface Protocol {
  readonly issuer: string
  readonly clientCredentials: (scope: string) => Effect.Effect<TokenSet, AuthError>
  readonly refresh: (token: Redacted.Redacted, scope: Option.Option<string>) => Effect.Effect<TokenSet, AuthError>
  readonly exchange: (
    subject: Redacted.Redacted,
    subjectType: string,
    parameters: Readonly<Record<string, string>>
  ) => Effect.Effect<TokenSet, AuthError>
  readonly authorization: (options: {
    readonly scope: string
    readonly redirectUri: string
    readonly state: string
    readonly parameters: Readonly<Record<string, string>>
    readonly pushed: boolean
  }) => Effect.Effect<Authorization, AuthError>
  readonly device: (scope: string) => Effect.Effect<DeviceAuthorization, AuthError>
  readonly poll: (deviceCode: Redacted.Redacted) => Effect.Effect<TokenSet, AuthError>
  /** Succeeds if the page where clients are registered answers, or redirects to a login. */
  readonly registration: (url: URL) => Effect.Effect<void, AuthError>
  /** None if the provider has no revocation endpoint. */
  readonly revoke: (token: Redacted.Redacted) => Effect.Effect<Option.Option<void>, AuthError>
}

/** A login that has begun: the address for the person, and what completes it with the answer. */
export interface Authorization {
  readonly url: URL
  readonly complete: (answer: URLSearchParams) => Effect.Effect<TokenSet, AuthError>
}

export interface DeviceAuthorization {
  readonly deviceCode: Redacted.Redacted
  readonly userCode: string
  readonly verificationUri: string
  readonly complete: Option.Option<string>
  readonly expiresIn: Duration.Duration
  readonly interval: Duration.Duration
}

/** How many bytes of an answer are read at most. A token has some kilobytes. */
const largestAnswer = 1024 * 1024

/** How many seconds two clocks may be apart. */
const clockTolerance = 30

/** In seconds. A longer lifetime is beyond the calendar, and counts as one without an end. */
const longest = 1000 * 365 * 24 * 60 * 60

class TooLarge extends Data.TaggedError("TooLarge") {}

const readBounded = (response: HttpClientResponse.HttpClientResponse) =>
  Stream.runFoldEffect(response.stream, new Uint8Array(0), (read, bytes) => {
    if (read.length + bytes.length > largestAnswer) return new TooLarge()
    const longer = new Uint8Array(read.length + bytes.length)
    longer.set(read)
    longer.set(bytes, read.length)
    return Effect.succeed(longer)
  }).pipe(
    // A web response may have no body.
    Effect.catchIf(
      (error) => error._tag === "ResponseError" && error.reason === "EmptyBody",
      () => Effect.succeed(new Uint8Array(0))
    )
  )

const withoutBody: ReadonlySet<number> = new Set([101, 204, 205, 304])

const isLoopback = ({ hostname }: URL): boolean =>
  hostname === "127.0.0.1" || hostname === "[::1]" || hostname === "localhost" || hostname.endsWith(".localhost")

export const parseIssuer = (issuer: string): Effect.Effect<URL, InvalidIssuer> => {
  if (!URL.canParse(issuer)) return new InvalidIssuer({ issuer: "(unreadable)", reason: "it is no absolute address" })
  const url = new URL(issuer)
  const refuse = (reason: string) => new InvalidIssuer({ issuer: url.origin + url.pathname, reason })
  if (url.username !== "" || url.password !== "") return refuse("it holds a user name")
  if (url.search !== "" || url.hash !== "") return refuse("it has a query or a fragment")
  return url.protocol === "https:" || (url.protocol === "http:" && isLoopback(url))
    ? Effect.succeed(url)
    : refuse("tokens are sent over https only, or over http on this machine")
}

const scoped = (scope: string): Record<string, string> => scope === "" ? {} : { scope }

const tokenExchange = "urn:ietf:params:oauth:grant-type:token-exchange"

/** How the client proves its identity, in a way that the provider accepts. */
const authenticate = (
  authentication: ClientAuthentication,
  as: oauth.AuthorizationServer
): Effect.Effect<oauth.ClientAuth, InvalidCredentials> =>
  Effect.try({
    try: () => clientAuth(authentication, as),
    catch: () =>
      new InvalidCredentials({
        scheme: "OAuth",
        reason: authentication._tag === "PrivateKeyJwt"
          ? "the key is no private key that signs, or its id is empty"
          : "the client secret is empty"
      })
  })

const clientAuth = (authentication: ClientAuthentication, as: oauth.AuthorizationServer): oauth.ClientAuth => {
  switch (authentication._tag) {
    case "None":
      return oauth.None()
    case "ClientSecret": {
      const supported = as.token_endpoint_auth_methods_supported ?? ["client_secret_basic"]
      const secret = Redacted.value(authentication.secret)
      return supported.includes("client_secret_post") && !supported.includes("client_secret_basic")
        ? oauth.ClientSecretPost(secret)
        : oauth.ClientSecretBasic(secret)
    }
    case "ClientSecretPost":
      return oauth.ClientSecretPost(Redacted.value(authentication.secret))
    case "PrivateKeyJwt":
      return oauth.PrivateKeyJwt(
        authentication.keyId === undefined
          ? authentication.key
          : { key: authentication.key, kid: authentication.keyId }
      )
    case "Tls":
      return oauth.TlsClientAuth()
  }
}

/** The requests for tokens. Each is sent with a proof, which binds the token to the key. */
const bound: ReadonlySet<ProviderOperation> = new Set([
  "pushed-authorization",
  "code",
  "refresh",
  "client-credentials",
  "device",
  "token-exchange"
])

interface SendOptions {
  readonly DPoP?: oauth.DPoPHandle
  readonly signal: AbortSignal
  readonly [oauth.allowInsecureRequests]: boolean
  readonly [oauth.customFetch]: (
    url: string,
    options: oauth.CustomFetchOptions<string, URLSearchParams | undefined>
  ) => Promise<Response>
}

export const make = Effect.fnUntraced(function*(
  provider: Provider,
  registration: Effect.Effect<OAuthClient, AuthError>,
  dpop: Option.Option<Effect.Effect<oauth.DPoPHandle, AuthError>> = Option.none()
): Effect.fn.Return<Protocol, InvalidIssuer, HttpClient.HttpClient | Scope.Scope> {
  const issuerUrl = yield* parseIssuer(provider.issuer)
  const metadataUrl = provider.metadataUrl === undefined ? undefined : yield* parseIssuer(provider.metadataUrl)
  const { issuer } = provider
  const timeout = Duration.decode(provider.timeout ?? "30 seconds")
  const runtime = yield* Effect.runtime()
  const http = yield* HttpClient.HttpClient

  /** One request, and its whole answer. It is never repeated: it may spend a code or a refresh token. */
  const send = (
    operation: ProviderOperation,
    url: string,
    options: oauth.CustomFetchOptions<string, URLSearchParams | undefined>
  ): Effect.Effect<Response, ProviderUnreachable> => {
    const request = HttpClientRequest.make(options.method === "POST" ? "POST" : "GET")(url, {
      headers: options.headers
    })
    const withBody = options.body === undefined
      ? request
      // This media type has no charset parameter, and some providers refuse one.
      : HttpClientRequest.bodyText(request, options.body.toString(), "application/x-www-form-urlencoded")
    return http.execute(withBody).pipe(
      Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
      // A client's own span would record the request, with the secret or the code in it.
      Effect.withTracerEnabled(false),
      Effect.flatMap((response) => Effect.map(readBounded(response), (body) => ({ response, body }))),
      Effect.mapError((error) => {
        const reason = error._tag === "TooLarge" ? "its answer is larger than 1 MiB" : transportReason(error)
        return new ProviderUnreachable({ operation, issuer, reason })
      }),
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: () =>
          new ProviderUnreachable({ operation, issuer, reason: `no answer within ${Duration.toSeconds(timeout)} s` })
      }),
      Effect.map(({ body, response }) => {
        const headers = new Headers(response.headers)
        // With a challenge, oauth4webapi would not read the body, which says what is wrong.
        headers.delete("www-authenticate")
        headers.delete("content-encoding")
        headers.delete("content-length")
        return new Response(withoutBody.has(response.status) ? null : body, {
          // A browser hides a redirect, and gives the status 0.
          status: response.status === 0 ? 302 : response.status,
          headers
        })
      })
    )
  }

  const proofs = (operation: ProviderOperation): Effect.Effect<{ readonly DPoP?: oauth.DPoPHandle }, AuthError> =>
    Option.isSome(dpop) && bound.has(operation) ? Effect.map(dpop.value, (DPoP) => ({ DPoP })) : Effect.succeed({})

  /** One message. oauth4webapi makes the request and reads the answer; we send it in between. */
  const message = <A>(
    operation: ProviderOperation,
    request: (options: SendOptions) => Promise<Response>,
    process: (response: Response) => Promise<A>
  ): Effect.Effect<A, AuthError> =>
    Effect.flatMap(proofs(operation), (proofs) => {
      let secrets: ReadonlyArray<string> = []
      const attempt = Effect.tryPromise({
        try: (signal) =>
          request({
            ...proofs,
            signal,
            [oauth.allowInsecureRequests]: isLoopback(issuerUrl),
            [oauth.customFetch]: (url, options) => {
              secrets = secretsOf(options)
              const address = operation === "discovery" ? metadataUrl?.href ?? url : url
              const sending = Runtime.runPromise(runtime)(Effect.either(send(operation, address, options)), { signal })
              return sending.then((sent) => Either.isRight(sent) ? sent.right : Promise.reject(sent.left))
            }
          }).then(process),
        catch: identity
      })
      // The proof lacked a nonce, which is known now. The request was refused before it spent anything (RFC 9449 §8).
      return Effect.mapError(
        Effect.catchIf(attempt, oauth.isDPoPNonceError, () => attempt),
        (cause) => failure(operation, issuer, secrets)(cause)
      )
    }).pipe(step(operation, issuer))

  const overrides: Metadata = provider.metadata ?? {}

  const discover: Effect.Effect<oauth.AuthorizationServer, AuthError> = Effect.map(
    message(
      "discovery",
      (options) =>
        oauth.discoveryRequest(issuerUrl, {
          ...options,
          algorithm: provider.discovery === "oauth2" ? "oauth2" : "oidc"
        }),
      (response) => oauth.processDiscoveryResponse(issuerUrl, response)
    ),
    (metadata) => ({ ...metadata, ...overrides })
  )

  const server = yield* Renewable.make(
    provider.discovery === "none" ? Effect.succeed({ ...overrides, issuer }) : discover
  )

  const ready = Effect.all({ as: server.get, registration, now: Clock.currentTimeMillis }).pipe(
    Effect.flatMap(({ as, now, registration }) =>
      Effect.map(authenticate(registration.authentication, as), (authentication) => ({
        as,
        authentication,
        client: {
          client_id: registration.clientId,
          // A provider may have endpoints of their own for clients with certificates (RFC 8705 §5).
          use_mtls_endpoint_aliases: registration.authentication._tag === "Tls",
          // The program's clock, which in a test is not the machine's.
          [oauth.clockSkew]: Math.round((now - DateTime.toEpochMillis(DateTime.unsafeNow())) / 1000),
          [oauth.clockTolerance]: clockTolerance
        } satisfies oauth.Client
      }))
    )
  )

  const endpoint = (as: oauth.AuthorizationServer): Effect.Effect<URL, AuthError> => {
    const text = as.authorization_endpoint
    const url = text !== undefined && URL.canParse(text) ? Option.some(new URL(text)) : Option.none()
    return Option.match(url, {
      onNone: () => Effect.fail(unusable(oauth.MISSING_SERVER_METADATA)),
      onSome: (url) =>
        url.protocol === "https:" || isLoopback(url)
          ? Effect.succeed(url)
          : Effect.fail(unusable(oauth.HTTP_REQUEST_FORBIDDEN))
    })
  }

  const unusable = (code: string): AuthError =>
    failure("authorization", issuer)(new oauth.OperationProcessingError("", { code }))

  const tokens = (answer: oauth.TokenEndpointResponse, previous?: Redacted.Redacted): Effect.Effect<TokenSet> =>
    Effect.map(DateTime.now, (now) => {
      const claims = oauth.getValidatedIdTokenClaims(answer)
      return new TokenSet({
        access: Redacted.make(answer.access_token),
        // A provider that does not rotate sends none, and the old one stays valid.
        refresh: Option.orElse(
          Option.map(Option.fromNullable(answer.refresh_token), (token) => Redacted.make(token)),
          () => Option.fromNullable(previous)
        ),
        obtainedAt: now,
        expiresAt: Option.map(
          // Some providers send 0 if they do not know the lifetime.
          Option.filter(Option.fromNullable(answer.expires_in), (seconds) => seconds > 0 && seconds < longest),
          (seconds) => DateTime.add(now, { seconds })
        ),
        scope: Option.fromNullable(answer.scope),
        tokenType: answer.token_type,
        subject: Option.fromNullable(claims?.sub),
        name: Option.fromNullable(
          typeof claims?.["preferred_username"] === "string" ? claims["preferred_username"] : undefined
        )
      })
    })

  const refresh: Protocol["refresh"] = (token, scope) =>
    Effect.flatMap(ready, ({ as, authentication, client }) =>
      message(
        "refresh",
        (options) =>
          oauth.refreshTokenGrantRequest(as, client, authentication, Redacted.value(token), {
            ...options,
            ...Option.match(scope, { onNone: () => ({}), onSome: (scope) => ({ additionalParameters: { scope } }) })
          }),
        (response) => oauth.processRefreshTokenResponse(as, client, response)
      )).pipe(Effect.flatMap((answer) => tokens(answer, token)))

  const clientCredentials: Protocol["clientCredentials"] = (scope) =>
    Effect.flatMap(ready, ({ as, authentication, client }) =>
      message(
        "client-credentials",
        (options) => oauth.clientCredentialsGrantRequest(as, client, authentication, scoped(scope), options),
        (response) => oauth.processClientCredentialsResponse(as, client, response)
      )).pipe(Effect.flatMap((answer) => tokens(answer)))

  const exchange: Protocol["exchange"] = (subject, subjectType, parameters) =>
    Effect.flatMap(ready, ({ as, authentication, client }) =>
      message(
        "token-exchange",
        (options) =>
          oauth.genericTokenEndpointRequest(as, client, authentication, tokenExchange, {
            ...parameters,
            subject_token: Redacted.value(subject),
            subject_token_type: subjectType
          }, options),
        (response) => oauth.processGenericTokenEndpointResponse(as, client, response)
      )).pipe(Effect.flatMap((answer) => tokens(answer)))

  const authorization: Protocol["authorization"] = Effect.fnUntraced(function*(options) {
    const { as, authentication, client } = yield* ready
    const verifier = Redacted.make(oauth.generateRandomCodeVerifier())
    const nonce = options.scope.split(" ").includes("openid") ? Option.some(oauth.generateRandomNonce()) : Option.none()
    const parameters: Record<string, string> = {
      ...options.parameters,
      response_type: "code",
      client_id: client.client_id,
      redirect_uri: options.redirectUri,
      state: options.state,
      code_challenge: yield* Effect.promise(() => oauth.calculatePKCECodeChallenge(Redacted.value(verifier))),
      code_challenge_method: "S256",
      ...(options.scope === "" ? {} : { scope: options.scope }),
      ...Option.match(nonce, { onNone: () => ({}), onSome: (nonce) => ({ nonce }) })
    }
    const sent = options.pushed || as.require_pushed_authorization_requests === true
      ? yield* Effect.map(
        message(
          "pushed-authorization",
          (options) => oauth.pushedAuthorizationRequest(as, client, authentication, parameters, options),
          (response) => oauth.processPushedAuthorizationResponse(as, client, response)
        ),
        ({ request_uri }) => ({ client_id: client.client_id, request_uri })
      )
      : parameters
    const url = yield* endpoint(as)
    for (const [name, value] of Object.entries(sent)) url.searchParams.set(name, value)

    const complete: Authorization["complete"] = (answer) =>
      Effect.try({
        try: () => oauth.validateAuthResponse(as, client, answer, options.state),
        catch: notAccepted(issuer)
      }).pipe(
        Effect.flatMap((checked) =>
          message(
            "code",
            (options_) =>
              oauth.authorizationCodeGrantRequest(
                as,
                client,
                authentication,
                checked,
                options.redirectUri,
                Redacted.value(verifier),
                options_
              ),
            (response) =>
              oauth.processAuthorizationCodeResponse(
                as,
                client,
                response,
                Option.match(nonce, {
                  onNone: () => ({}),
                  onSome: (expectedNonce) => ({ expectedNonce, requireIdToken: true })
                })
              )
          )
        ),
        Effect.flatMap((answer) => tokens(answer))
      )
    return { url, complete }
  })

  const device: Protocol["device"] = (scope) =>
    Effect.flatMap(ready, ({ as, authentication, client }) =>
      message(
        "device-authorization",
        (options) => oauth.deviceAuthorizationRequest(as, client, authentication, scoped(scope), options),
        (response) => oauth.processDeviceAuthorizationResponse(as, client, response)
      )).pipe(Effect.map((answer): DeviceAuthorization => ({
        deviceCode: Redacted.make(answer.device_code),
        userCode: answer.user_code,
        verificationUri: answer.verification_uri,
        complete: Option.fromNullable(answer.verification_uri_complete),
        expiresIn: Duration.seconds(Math.min(answer.expires_in, longest)),
        interval: Duration.seconds(Math.max(1, answer.interval ?? 5))
      })))

  const poll: Protocol["poll"] = (deviceCode) =>
    Effect.flatMap(ready, ({ as, authentication, client }) =>
      message(
        "device",
        (options) => oauth.deviceCodeGrantRequest(as, client, authentication, Redacted.value(deviceCode), options),
        (response) => oauth.processDeviceCodeResponse(as, client, response)
      )).pipe(Effect.flatMap((answer) => tokens(answer)))

  const revoke: Protocol["revoke"] = (token) =>
    Effect.flatMap(ready, ({ as, authentication, client }) =>
      as.revocation_endpoint === undefined
        ? Effect.succeedNone
        : Effect.asSome(message(
          "revocation",
          (options) => oauth.revocationRequest(as, client, authentication, Redacted.value(token), options),
          (response) => oauth.processRevocationResponse(response)
        )))

  const registrationPage: Protocol["registration"] = (url) =>
    Effect.flatMap(
      send("registration", url.href, { method: "GET", headers: {}, body: undefined, redirect: "manual" }),
      (
        { status }
      ) =>
        status < 400
          ? Effect.void
          : new ProviderError({
            operation: "registration",
            issuer: url.origin,
            code: Option.none(),
            status: Option.some(status),
            detail: `HTTP ${status}`,
            advice: "Check the base address of the compute node, or give a client id and a client secret."
          })
    )

  return {
    issuer,
    registration: registrationPage,
    clientCredentials,
    refresh,
    exchange,
    authorization,
    device,
    poll,
    revoke
  }
})
