/**
 * An `HttpClient` for many small requests: undici's dispatcher with little in between.
 *
 * To a caller it is `NodeHttpClient.layerUndici`: the same connections, errors, interruption, spans and streams. It
 * differs inside: a body is taken from the connection as it comes, with no Node stream for each response. Take it where
 * a program makes many requests with short answers, as one that polls jobs does. With few requests or long bodies you
 * will see no difference.
 *
 * What it does better on the way:
 *
 * - A body that was read as text or bytes can be read again, in any way. Read a second time after a stream it fails with
 *   a `ResponseError`, where the other gives an empty stream.
 * - A form (`HttpBody.formData`) is sent; `layerUndici` refuses the global `FormData`. A form is read as well.
 * - A response in a log or in an error shows no body. The body of an answer with a token is a secret.
 * - A hash in a URL stays here.
 *
 * Of `NodeHttpClient.UndiciRequestOptions` it heeds what a dispatcher knows. `onInfo`, `responseHeaders` and
 * `highWaterMark` are of `Dispatcher.request`, which it does not use.
 *
 * @since 0.1.0
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import type * as Undici from "@effect/platform-node/Undici"
import * as HttpClient from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { dispatch } from "./internal/dispatch.ts"

/**
 * A client over a dispatcher that you have. Closing the dispatcher is yours to do.
 *
 * Redirects are not followed, and there is no limit to how long an answer may take: see `HttpClient.followRedirects` and
 * `Effect.timeout`. What undici reports before the head of a response is there is a `RequestError` with the reason
 * `Transport`, and after it a `ResponseError` with the reason `Decode`.
 *
 * @since 0.1.0
 * @category constructors
 * @example
 * ```ts
 * import { UndiciClient } from "@effect-wps/node"
 * import { Undici } from "@effect/platform-node"
 * import { Effect } from "effect"
 * import assert from "node:assert"
 *
 * // undici's own mock answers in place of a server.
 * const dispatcher = new Undici.MockAgent()
 * dispatcher.disableNetConnect()
 * dispatcher.get("https://example.org").intercept({ path: "/wps" }).reply(200, "hello")
 *
 * const program = Effect.flatMap(
 *   UndiciClient.make(dispatcher).get("https://example.org/wps"),
 *   (response) => response.text
 * )
 *
 * assert.equal(await Effect.runPromise(program), "hello")
 * ```
 */
export const make = (dispatcher: Undici.Dispatcher): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal, fiber) => {
    const options = Context.getOption(fiber.currentContext, NodeHttpClient.UndiciRequestOptions)
    return dispatch(dispatcher, request, url, signal, Option.getOrElse(options, () => ({})))
  })

/**
 * The client over the dispatcher in the context, such as one with a proxy, a certificate authority of its own, or a
 * limit on connections.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * ```ts
 * import { UndiciClient } from "@effect-wps/node"
 * import { NodeHttpClient, Undici } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 *
 * // At most four connections to each origin; the others wait.
 * const dispatcher = Layer.scoped(
 *   NodeHttpClient.Dispatcher,
 *   Effect.acquireRelease(
 *     Effect.sync(() => new Undici.Agent({ connections: 4 })),
 *     (agent) => Effect.promise(() => agent.destroy())
 *   )
 * )
 *
 * export const client = Layer.provide(UndiciClient.layerWithoutDispatcher, dispatcher)
 * ```
 */
export const layerWithoutDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> = HttpClient
  .layerMergedContext(Effect.map(NodeHttpClient.Dispatcher, make))

/**
 * The client with connections of its own, which are closed when the layer ends. It stands where
 * `NodeHttpClient.layerUndici` stands.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { UndiciClient } from "@effect-wps/node"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Layer } from "effect"
 *
 * export const client = WpsClient.layer({ url: "https://example.org/wps" }).pipe(
 *   Layer.provide(Auth.layerAnonymous),
 *   Layer.provide(UndiciClient.layer)
 * )
 * ```
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.provide(
  layerWithoutDispatcher,
  NodeHttpClient.dispatcherLayer
)
