/**
 * Logging in at a Keycloak realm: the flows of `OAuth`, with the issuer that a realm has.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Auth } from "./Auth.ts"
import type { InvalidIssuer } from "./AuthError.ts"
import type { LoginUi } from "./LoginUi.ts"
import type { Loopback } from "./Loopback.ts"
import * as OAuth from "./OAuth.ts"
import type { Session } from "./Session.ts"
import type { TokenStore } from "./TokenStore.ts"

/**
 * A realm. `url` is the address of Keycloak, with its path if it has one, such as `https://compute.node/auth`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Realm {
  readonly url: string
  readonly realm: string
}

/**
 * The issuer of a realm.
 *
 * @example
 * ```ts
 * import { KeycloakAuth } from "@effect-wps/auth"
 * import assert from "node:assert"
 *
 * assert.equal(
 *   KeycloakAuth.issuer({ url: "https://compute.node/auth/", realm: "compute-cluster" }),
 *   "https://compute.node/auth/realms/compute-cluster"
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const issuer = ({ realm, url }: Realm): string =>
  `${url.replace(/\/+$/, "")}/realms/${encodeURIComponent(realm)}`

/**
 * Logs in with a browser at a Keycloak realm: authorization code with PKCE.
 *
 * The client is a public one. Its valid redirect URI is exactly `http://127.0.0.1:8888`, unless the options name
 * another port or path. To use any free port, register `http://127.0.0.1` (no port), and set `redirectPort: 0`.
 *
 * @example
 * ```ts
 * import { KeycloakAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer } from "effect"
 *
 * export const auth = KeycloakAuth.layerAuthorizationCode({
 *   url: "https://compute.node/auth",
 *   realm: "compute-cluster",
 *   clientId: "wps"
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAuthorizationCode = (
  options: Realm & Omit<OAuth.AuthorizationCodeOptions, "issuer">
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi | Loopback> =>
  OAuth.layerAuthorizationCode({ ...options, issuer: issuer(options) })

/**
 * Logs in by a code that is typed on another device. The client must have "OAuth 2.0 Device Authorization Grant" on.
 *
 * @example
 * ```ts
 * import { KeycloakAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer } from "effect"
 *
 * export const auth = KeycloakAuth.layerDevice({
 *   url: "https://compute.node/auth",
 *   realm: "compute-cluster",
 *   clientId: "wps-device"
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerDevice = (
  options: Realm & Omit<OAuth.Options, "issuer">
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi> =>
  OAuth.layerDevice({ ...options, issuer: issuer(options) })

/**
 * A program that acts for itself, with its own client ID and client secret.
 *
 * @since 0.1.0
 * @category models
 */
export interface ClientCredentialsOptions extends Realm, Omit<OAuth.Provider, "issuer"> {
  readonly clientId: string
  readonly clientSecret: Redacted.Redacted
  readonly scope?: string | undefined
  readonly profile?: string | undefined
  readonly dpop?: boolean | undefined
}

/**
 * A program that acts for itself, and whose client a person registers at the compute node under `baseUrl`: the person
 * opens a page there, and types the client ID and the client secret that the page shows.
 *
 * @since 0.1.0
 * @category models
 */
export interface RegistrationOptions extends Realm, Omit<OAuth.RegisteredClientOptions, "issuer" | "registration"> {
  readonly baseUrl: string
  /** @default "/wps/auth/client_registration/" */
  readonly registrationPath?: string | undefined
}

/**
 * Logs in a program that acts for itself, at a Keycloak realm.
 *
 * With `clientId` and `clientSecret` nobody is asked. With `baseUrl`, a missing one is read from the store. If it is
 * not there, the node's registration page is shown, and a person is asked once. The answer is stored when Keycloak has
 * accepted it.
 *
 * @example
 * ```ts
 * import { KeycloakAuth, TokenStore } from "@effect-wps/auth"
 * import { Layer } from "effect"
 *
 * export const auth = KeycloakAuth.layerClientCredentials({
 *   url: "https://compute.node/auth",
 *   realm: "compute-cluster",
 *   baseUrl: "https://compute.node"
 * }).pipe(Layer.provide(TokenStore.layerMemory))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export function layerClientCredentials(
  options: ClientCredentialsOptions
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore>
export function layerClientCredentials(
  options: RegistrationOptions
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi>
export function layerClientCredentials(
  options: ClientCredentialsOptions | RegistrationOptions
): Layer.Layer<Auth | Session, InvalidIssuer, HttpClient.HttpClient | TokenStore | LoginUi> {
  return "baseUrl" in options
    ? OAuth.layerRegisteredClient({
      ...options,
      issuer: issuer(options),
      registration: `${options.baseUrl.replace(/\/+$/, "")}${
        options.registrationPath ?? "/wps/auth/client_registration/"
      }`
    })
    : OAuth.layerClientCredentials({
      ...options,
      issuer: issuer(options),
      authentication: { _tag: "ClientSecret", secret: options.clientSecret }
    })
}
