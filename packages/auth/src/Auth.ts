/**
 * What a program that calls services needs to log in: a service that authorizes requests.
 *
 * Each scheme (`BearerAuth`, `BasicAuth`, `CustomAuth`, …) is a layer that provides it.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { AuthError, InvalidOrigin } from "./AuthError.ts"
import * as authorized from "./internal/authorizedClient.ts"
import * as first from "./internal/firstOf.ts"

/**
 * The operations of a scheme.
 *
 * `authorize` adds credentials to a request, as headers or query parameters; it does not change where the request goes.
 *
 * `refused` is told that the server refused a request, as it was sent. It answers whether `authorize` would now give
 * other credentials, so that sending once more makes sense.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly authorize: (
    request: HttpClientRequest.HttpClientRequest
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, AuthError>
  readonly refused: (
    sent: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse.HttpClientResponse
  ) => Effect.Effect<boolean, AuthError>
}

/**
 * Authorizes requests.
 *
 * @example
 * ```ts
 * import { Auth, BearerAuth } from "@effect-wps/auth"
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect, Redacted } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const auth = yield* Auth.Auth
 *   return yield* auth.authorize(HttpClientRequest.get("https://example.org/wps"))
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(BearerAuth.layer(Redacted.make("abcd")))))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class Auth extends Context.Tag("@effect-wps/auth/Auth")<Auth, Service>() {}

/**
 * A scheme made of `authorize` alone. Without a `refused`, a request that the server refuses is not sent again.
 *
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * export const auth = Layer.succeed(
 *   Auth.Auth,
 *   Auth.make({ authorize: (request) => Effect.succeed(HttpClientRequest.setHeader(request, "x-api-key", "abcd")) })
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (service: Pick<Service, "authorize"> & Partial<Service>): Service => ({
  refused: () => Effect.succeed(false),
  ...service
})

/**
 * Sends requests as they are, without credentials.
 *
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { HttpClientRequest } from "@effect/platform"
 * import { Effect } from "effect"
 * import assert from "node:assert"
 *
 * const request = HttpClientRequest.get("https://example.org/wps")
 *
 * const program = Effect.flatMap(Auth.Auth, (auth) => auth.authorize(request)).pipe(
 *   Effect.provide(Auth.layerAnonymous)
 * )
 *
 * assert.equal(await Effect.runPromise(program), request)
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerAnonymous: Layer.Layer<Auth> = Layer.succeed(Auth, make({ authorize: Effect.succeed }))

/**
 * The first of several schemes that has credentials.
 *
 * Each request asks them in turn. A scheme that cannot be built, or that fails with `CredentialsUnavailable`, is passed
 * over; any other failure ends the search. A later scheme is neither built nor asked while an earlier one has
 * credentials, so a login prompt that comes last is shown only when it is needed. If the server refuses a request, only
 * the scheme that authorized it is told.
 *
 * Building the layer builds one scheme after another until one succeeds. If none does, the layer fails with all their
 * errors. A defect is not passed over. A scheme that could not be built is built again for the next request, together
 * with the layers that it needs, so a keyring or a network that was away for a moment costs no restart. If no scheme has
 * credentials, a request fails with `CredentialsUnavailable`, which says why for each.
 *
 * @example
 * ```ts
 * import { Auth, BasicAuth, BearerAuth } from "@effect-wps/auth"
 * import { Config } from "effect"
 *
 * export const auth = Auth.firstOf(
 *   BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")),
 *   BasicAuth.layerConfig({ username: Config.string("WPS_USERNAME"), password: Config.redacted("WPS_PASSWORD") }),
 *   Auth.layerAnonymous
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const firstOf: <
  Layers extends readonly [Layer.Layer<Auth, unknown, unknown>, ...ReadonlyArray<Layer.Layer<Auth, unknown, unknown>>]
>(
  ...layers: Layers
) => Layer.Layer<Auth, Layer.Layer.Error<Layers[number]>, Layer.Layer.Context<Layers[number]>> = first.firstOf(Auth)

/**
 * `origins` are the origins that get credentials, each as scheme, host and port: `https://example.org`.
 *
 * `refusal` says whether a response means that the server refused the credentials. By default a status of 401 means so.
 * If `refusal` reads the body, it must read `response.text`, which can be read again.
 *
 * `maxRedirects` is how many redirects are followed for one request. The default is 5.
 *
 * @since 0.1.0
 * @category models
 */
export interface AuthorizeClientOptions {
  readonly auth: Service
  readonly origins: ReadonlyArray<string>
  readonly refusal?: ((response: HttpClientResponse.HttpClientResponse) => Effect.Effect<boolean>) | undefined
  readonly maxRedirects?: number | undefined
}

/**
 * A client that sends credentials to the origins you name, and nowhere else.
 *
 * **Origins.** A request to a named origin is authorized. Any other goes out without `authorization`, `cookie`,
 * `proxy-authorization`, the headers of `Headers.currentRedactedNames`, what the scheme is known to add, and trace
 * headers. Origins are compared as URLs, never as text. A user name in a URL is not sent.
 *
 * **Redirects** (RFC 9110 §15.4) are followed here, hop by hop under the same rule. GET and HEAD are followed to any
 * http or https address; 303 becomes GET. A body is sent again only for 307 and 308, to a named origin, and if it is
 * not a stream. Any other redirect, and one from https to http, fails with `RedirectRefused`.
 *
 * **Refusals.** If the server refuses the credentials and the scheme then has other ones, the request is sent once
 * more, unless its body is a stream.
 *
 * **Secrets.** Spans, errors and the responses' `request` hold no credentials, and spans and errors hold no query. Of
 * the client's own errors only the reason and the network's code, such as `ECONNREFUSED`, are kept. Each hop has one
 * client span, which replaces the client's own.
 *
 * The client that you give must not follow redirects by itself. The Node clients do not. `FetchHttpClient` is told not
 * to by a `FetchHttpClient.RequestInit`, which replaces one that the client was built with, and adds to one in the
 * context of the call. The client must not change the address of a request: prepend a base URL outside of this client,
 * not inside.
 *
 * Fails with `InvalidOrigin` if an entry of `origins` is not an origin.
 *
 * @example
 * ```ts
 * import { Auth, BearerAuth } from "@effect-wps/auth"
 * import { HttpClient, HttpClientResponse } from "@effect/platform"
 * import { Effect, Redacted } from "effect"
 * import assert from "node:assert"
 *
 * // A client that answers by itself whether it was given a token.
 * const echo = HttpClient.make((request) =>
 *   Effect.succeed(HttpClientResponse.fromWeb(request, new Response(request.headers["authorization"] ?? "none")))
 * )
 *
 * const program = Effect.gen(function*() {
 *   const client = yield* Auth.authorizeClient(echo, { auth: yield* Auth.Auth, origins: ["https://example.org"] })
 *   const ours = yield* client.get("https://example.org/wps")
 *   assert.equal(yield* ours.text, "Bearer abcd")
 *   const theirs = yield* client.get("https://example.org.evil.net/wps")
 *   assert.equal(yield* theirs.text, "none")
 * })
 *
 * await Effect.runPromise(program.pipe(Effect.provide(BearerAuth.layer(Redacted.make("abcd")))))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const authorizeClient: (
  client: HttpClient.HttpClient,
  options: AuthorizeClientOptions
) => Effect.Effect<HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError>, InvalidOrigin> =
  authorized.make
