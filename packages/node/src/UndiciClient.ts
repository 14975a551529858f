/**
 * An `HttpClient` for many small requests. It uses undici's dispatcher with little overhead.
 *
 * To a caller it behaves like `NodeHttpClient.layerUndici`: the same connections, errors, interruption, spans and
 * streams. Inside, it reads a body directly from the connection, without a Node stream for each response. Use it if a
 * program makes many requests with short answers, for example to poll jobs. With few requests or long bodies you will
 * see no difference.
 *
 * It also improves on `layerUndici`:
 *
 * - A body that was read as text or bytes can be read again, in any form. After it was read as a stream, a second read
 *   fails with a `ResponseError`, where `layerUndici` gives an empty stream.
 * - It sends a form (`HttpBody.formData`), where `layerUndici` refuses the global `FormData`. It also reads a form.
 * - A log or an error does not show the body of a response, because the body of an answer with a token is secret.
 * - It does not send the hash of a URL.
 *
 * Of `NodeHttpClient.UndiciRequestOptions` it uses the options that a dispatcher knows. `onInfo`, `responseHeaders` and
 * `highWaterMark` belong to `Dispatcher.request`, which it does not use.
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
 * A client over your own dispatcher. You close the dispatcher yourself.
 *
 * It does not follow redirects, and it does not limit the time of an answer: see `HttpClient.followRedirects` and
 * `Effect.timeout`. An error of undici before the head of a response is a `RequestError` with the reason `Transport`. A
 * later one is a `ResponseError` with the reason `Decode`.
 *
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
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (dispatcher: Undici.Dispatcher): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal, fiber) => {
    const options = Context.getOption(fiber.currentContext, NodeHttpClient.UndiciRequestOptions)
    return dispatch(dispatcher, request, url, signal, Option.getOrElse(options, () => ({})))
  })

/**
 * A client over the dispatcher in the context, such as one with a proxy, its own certificate authority, or a limit on
 * connections.
 *
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
 *
 * @since 0.1.0
 * @category layers
 */
export const layerWithoutDispatcher: Layer.Layer<HttpClient.HttpClient, never, NodeHttpClient.Dispatcher> = HttpClient
  .layerMergedContext(Effect.map(NodeHttpClient.Dispatcher, make))

/**
 * A client with its own connections, which are closed when the layer ends. It can replace `NodeHttpClient.layerUndici`.
 *
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
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<HttpClient.HttpClient> = Layer.provide(
  layerWithoutDispatcher,
  NodeHttpClient.dispatcherLayer
)
