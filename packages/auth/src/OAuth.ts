/**
 * Logging in at an OAuth 2.0 or OpenID Connect provider.
 *
 * Each flow is a layer of `Auth` and `Session`. Tokens are kept in the `TokenStore`. They are refreshed before they
 * expire, and when a server refuses one. Requests that need a new token at the same time share one refresh.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { Auth } from "./Auth.ts"
import { CredentialsUnavailable, type InvalidIssuer, isAuthError } from "./AuthError.ts"
import * as Dpop from "./internal/dpop.ts"
import { errorName } from "./internal/errorName.ts"
import * as liveToken from "./internal/liveToken.ts"
import * as logins from "./internal/logins.ts"
import * as oauthProtocol from "./internal/oauthProtocol.ts"
import * as registeredClient from "./internal/registeredClient.ts"
import { unsealed } from "./internal/sealedEntry.ts"
import { LoginUi } from "./LoginUi.ts"
import { defaultTimeout, Loopback } from "./Loopback.ts"
import { Session } from "./Session.ts"
import { layerMemory, ProfileKey, TokenStore } from "./TokenStore.ts"

/**
 * The metadata of a provider (RFC 8414 §2), as far as they are used here. Give what your provider does not publish.
 *
 * @since 0.1.0
 * @category models
 */
export interface Metadata {
  readonly authorization_endpoint?: string
  readonly token_endpoint?: string
  readonly device_authorization_endpoint?: string
  readonly revocation_endpoint?: string
  readonly pushed_authorization_request_endpoint?: string
  readonly require_pushed_authorization_requests?: boolean
  readonly authorization_response_iss_parameter_supported?: boolean
}

/**
 * A provider.
 *
 * `issuer` is its address, exactly as the provider publishes it. The metadata are read at the address that OpenID
 * Connect defines, at that of RFC 8414 with `discovery: "oauth2"`, or at `metadataUrl`. Values of `metadata` replace
 * those that were read; with `discovery: "none"` nothing is read. `timeout` is how long one answer may take. The
 * default is 30 seconds.
 *
 * @since 0.1.0
 * @category models
 */
export interface Provider {
  readonly issuer: string
  readonly metadata?: Metadata | undefined
  readonly discovery?: "oidc" | "oauth2" | "none" | undefined
  readonly metadataUrl?: string | undefined
  readonly timeout?: Duration.DurationInput | undefined
}

/**
 * How a client proves its identity (RFC 6749 §2.3, RFC 7523 §2.2, RFC 8705 §2).
 *
 * `None` is for public clients, which cannot keep a secret. `ClientSecret` sends the secret in the way that the
 * provider accepts, `ClientSecretPost` always in the body. `PrivateKeyJwt` signs an assertion with a key that WebCrypto
 * imported or made. `Tls` relies on the certificate that the `HttpClient` presents.
 *
 * @example
 * ```ts
 * import type { OAuth } from "@effect-wps/auth"
 *
 * const ecdsa = { name: "ECDSA", namedCurve: "P-256" }
 * const { privateKey: key } = await crypto.subtle.generateKey(ecdsa, false, ["sign", "verify"])
 *
 * export const authentication: OAuth.ClientAuthentication = { _tag: "PrivateKeyJwt", key, keyId: "nightly-1" }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type ClientAuthentication =
  | { readonly _tag: "None" }
  | { readonly _tag: "ClientSecret"; readonly secret: Redacted.Redacted }
  | { readonly _tag: "ClientSecretPost"; readonly secret: Redacted.Redacted }
  | { readonly _tag: "PrivateKeyJwt"; readonly key: CryptoKey; readonly keyId?: string | undefined }
  | { readonly _tag: "Tls" }

/**
 * A client, as it is registered with a provider.
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  readonly clientId: string
  readonly authentication: ClientAuthentication
}

/**
 * What all flows have in common.
 *
 * `scope` holds the scopes to ask for, separated by blanks. `profile` tells apart several logins of one client at one
 * issuer.
 *
 * `dpop` asks for tokens that are bound to a key (RFC 9449): whoever steals one cannot use it. The key is kept in the
 * store, and each request is sent with a proof. A provider that does not support this gives a bearer token.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends Provider {
  readonly clientId: string
  /** @default a public client */
  readonly authentication?: ClientAuthentication | undefined
  readonly scope?: string | undefined
  readonly profile?: string | undefined
  readonly dpop?: boolean | undefined
}

/**
 * The options of a login with a browser.
 *
 * The redirect address is `http://127.0.0.1:8888`, with no path and no slash. `redirectPort` names another port, several
 * that are tried in turn, or 0 for any free one; `redirectPath` a path. Register the same address with the provider.
 *
 * `loginTimeout` is how long the person may take. The default is 5 minutes.
 *
 * `fallback` is what to do if no browser can reach the listener, as over SSH or in a container. `paste`, the default,
 * shows the link and asks for the address at which the browser ends. `device` logs in by a device code, and does so too
 * if no port is free. `none` waits for the browser all the same.
 *
 * `parameters` are added to the authorization request, such as `{ prompt: "login" }`. `pushed` sends that request to
 * the provider before the link is shown (RFC 9126). If the provider requires this, it is done in any case.
 *
 * The default `scope` is `openid`.
 *
 * @since 0.1.0
 * @category models
 */
export interface AuthorizationCodeOptions extends Options {
  readonly redirectPort?: number | ReadonlyArray<number> | undefined
  readonly redirectPath?: string | undefined
  readonly loginTimeout?: Duration.DurationInput | undefined
  readonly fallback?: "device" | "paste" | "none" | undefined
  readonly parameters?: Readonly<Record<string, string>> | undefined
  readonly pushed?: boolean | undefined
}

/** The services that use the tokens of a grant. */
const fromGrant = Effect.fnUntraced(function*(
  grant: liveToken.Grant
): Effect.fn.Return<Context.Context<Auth | Session>, never, TokenStore | Scope.Scope> {
  const { auth, session } = yield* liveToken.make(grant, unsealed(yield* TokenStore))
  return Context.make(Auth, auth).pipe(Context.add(Session, session))
})

const keyOf = (options: Options, grant: string, scope: string): ProfileKey =>
  new ProfileKey({
    issuer: options.issuer,
    clientId: options.clientId,
    grant,
    scope,
    ...(options.profile === undefined ? {} : { profile: options.profile })
  })

/** The messages to the provider, and the parts of a grant that all flows have in common. */
const clientOf = Effect.fnUntraced(function*(
  options: Options,
  grant: string,
  scope: string
): Effect.fn.Return<
  { readonly protocol: oauthProtocol.Protocol; readonly common: Omit<liveToken.Grant, "obtain" | "isInteractive"> },
  InvalidIssuer,
  HttpClient.HttpClient | TokenStore | Scope.Scope
> {
  const key = keyOf(options, grant, scope)
  const dpop = options.dpop === true ? Option.some(yield* Dpop.make(key, unsealed(yield* TokenStore))) : Option.none()
  const protocol = yield* oauthProtocol.make(
    options,
    Effect.succeed({ clientId: options.clientId, authentication: options.authentication ?? { _tag: "None" } }),
    Option.map(dpop, ({ handle }) => handle)
  )
  const { refresh, revoke } = protocol
  return {
    protocol,
    common: {
      key,
      refresh,
      revoke,
      ...Option.match(dpop, {
        onNone: () => ({}),
        onSome: ({ challenged, present }) => ({ challenged, present })
      })
    }
  }
})

/**
 * Logs in with a browser: authorization code with PKCE (RFC 6749 §4.1, RFC 7636 with S256, RFC 8252 §7.3).
 *
 * The first request that needs a token starts the login, unless the store has one. State, nonce, issuer (RFC 9207) and ID
 * token are checked.
 *
 * @example
 * ```ts
 * import { OAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer } from "effect"
 *
 * export const auth = OAuth.layerAuthorizationCode({
 *   issuer: "https://login.example.org",
 *   clientId: "wps",
 *   redirectPort: [8888, 8889]
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAuthorizationCode = (
  options: AuthorizationCodeOptions
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi | Loopback> =>
  Layer.scopedContext(Effect.gen(function*() {
    const ui = yield* LoginUi
    const loopback = yield* Loopback
    const scope = options.scope ?? "openid"
    const { common, protocol } = yield* clientOf(options, "authorization_code", scope)
    const { redirectPort = 8888 } = options
    return yield* fromGrant({
      ...common,
      isInteractive: true,
      obtain: logins.authorizationCode(protocol, ui, loopback, {
        scope,
        ports: typeof redirectPort === "number" ? [redirectPort] : redirectPort,
        path: options.redirectPath ?? "",
        timeout: options.loginTimeout ?? defaultTimeout,
        fallback: options.fallback ?? "paste",
        parameters: options.parameters ?? {},
        pushed: options.pushed ?? false
      })
    })
  }))

/**
 * Logs in by a code that is typed on another device (RFC 8628), for hosts without a browser.
 *
 * The default `scope` is `openid`.
 *
 * @example
 * ```ts
 * import { OAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer } from "effect"
 *
 * export const auth = OAuth.layerDevice({ issuer: "https://login.example.org", clientId: "wps-device" }).pipe(
 *   Layer.provide(TokenStore.layerMemory)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDevice = (
  options: Options
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi> =>
  Layer.scopedContext(Effect.gen(function*() {
    const ui = yield* LoginUi
    const scope = options.scope ?? "openid"
    const { common, protocol } = yield* clientOf(options, "device_code", scope)
    return yield* fromGrant({
      ...common,
      isInteractive: true,
      obtain: logins.device(protocol, ui, scope)
    })
  }))

/**
 * Logs in a program that acts for itself (RFC 6749 §4.4). No person is needed.
 *
 * @example
 * ```ts
 * import { OAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer, Redacted } from "effect"
 *
 * export const auth = OAuth.layerClientCredentials({
 *   issuer: "https://login.example.org",
 *   clientId: "nightly",
 *   authentication: { _tag: "ClientSecret", secret: Redacted.make("…") }
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerClientCredentials = (
  options: Options & { readonly authentication: ClientAuthentication }
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore> =>
  Layer.scopedContext(Effect.gen(function*() {
    const scope = options.scope ?? ""
    const { common, protocol } = yield* clientOf(options, "client_credentials", scope)
    return yield* fromGrant({
      ...common,
      isInteractive: false,
      obtain: protocol.clientCredentials(scope)
    })
  }))

/**
 * A client that a person registers on a page first.
 *
 * `registration` is the address of the page. `clientId` and `clientSecret` are used if you give them. A missing one is
 * read from the store. If it is not there, the page is shown and a person is asked.
 *
 * What the person typed is stored when the provider has accepted it. With `keepUnverified`, it is stored before that.
 *
 * @since 0.1.0
 * @category models
 */
export interface RegisteredClientOptions extends Provider {
  readonly registration: string
  readonly clientId?: string | undefined
  readonly clientSecret?: Redacted.Redacted | undefined
  readonly scope?: string | undefined
  readonly profile?: string | undefined
  readonly keepUnverified?: boolean | undefined
}

/**
 * Logs in a program that acts for itself, with the client ID and secret that a person got on a registration page.
 *
 * The person is asked for them once; then they are in the store. `Session.login` asks again.
 *
 * @example
 * ```ts
 * import { OAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer } from "effect"
 *
 * export const auth = OAuth.layerRegisteredClient({
 *   issuer: "https://login.example.org",
 *   registration: "https://example.org/register"
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerRegisteredClient = (
  options: RegisteredClientOptions
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi> =>
  Layer.scopedContext(Effect.gen(function*() {
    const ui = yield* LoginUi
    const store = unsealed(yield* TokenStore)
    const page = yield* oauthProtocol.parseIssuer(options.registration)
    const scope = options.scope ?? ""
    const key = keyOf({ ...options, clientId: options.clientId ?? "" }, "client_credentials", scope)
    const client = yield* registeredClient.make({ ...options, key, page, ui, store })
    const protocol = yield* oauthProtocol.make(options, client.registration)
    return yield* fromGrant({
      key,
      isInteractive: false,
      prepare: client.prepare(protocol),
      credentials: client.credentials,
      refresh: protocol.refresh,
      revoke: protocol.revoke,
      obtain: client.verified(protocol.clientCredentials(scope))
    })
  }))

/**
 * Exchanges a token that the program has for one that the service accepts (RFC 8693).
 *
 * `subjectToken` runs whenever a new token is needed; resources that it opens are released when it ends. `audience` and
 * `resource` name the service that the new token is for. The new token is kept in memory, for this layer alone: in a
 * store, somebody else might find it.
 *
 * @example
 * ```ts
 * import { OAuth } from "@effect-wps/auth"
 * import { Config, Redacted } from "effect"
 *
 * export const auth = OAuth.layerTokenExchange({
 *   issuer: "https://login.example.org",
 *   clientId: "portal",
 *   authentication: { _tag: "ClientSecret", secret: Redacted.make("…") },
 *   audience: "compute",
 *   subjectToken: Config.redacted("USER_TOKEN")
 * })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerTokenExchange = <E, R>(
  options: Options & {
    readonly subjectToken: Effect.Effect<Redacted.Redacted, E, R>
    readonly subjectTokenType?: string | undefined
    readonly audience?: string | undefined
    readonly resource?: string | undefined
  }
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | Exclude<R, Scope.Scope>> =>
  Layer.scopedContext(Effect.gen(function*() {
    const context = yield* Effect.context<Exclude<R, Scope.Scope>>()
    const scope = options.scope ?? ""
    const grant = `token_exchange:${options.audience ?? ""}:${options.resource ?? ""}`
    const { common, protocol } = yield* clientOf(options, grant, scope)
    return yield* fromGrant({
      ...common,
      isInteractive: false,
      obtain: options.subjectToken.pipe(
        Effect.scoped,
        Effect.provide(context),
        Effect.mapError((error) =>
          isAuthError(error) ? error : new CredentialsUnavailable({
            scheme: "OAuth",
            reason: `asking for the token to exchange failed with ${errorName(error)}`
          })
        ),
        Effect.flatMap((token) =>
          protocol.exchange(token, options.subjectTokenType ?? accessTokenType, {
            ...(scope === "" ? {} : { scope }),
            ...(options.audience === undefined ? {} : { audience: options.audience }),
            ...(options.resource === undefined ? {} : { resource: options.resource })
          })
        )
      )
    })
  })).pipe(Layer.provide(Layer.fresh(layerMemory)))

const accessTokenType = "urn:ietf:params:oauth:token-type:access_token"
