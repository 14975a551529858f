/**
 * A server whose answers the test writes, and which records its requests: for documents that no node writes, and for
 * services that are not WPS.
 *
 * @since 0.1.0
 */
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import { httpClient } from "./internal/inMemory.ts"
import { closed, unanswered } from "./internal/responses.ts"

/**
 * One answer. `"cut"` closes the connection without an answer, and `"never"` leaves the client waiting.
 *
 * @since 0.1.0
 * @category models
 */
export type Answer = "cut" | "never" | {
  /** @default 200 */
  readonly status?: number | undefined
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** @default nothing */
  readonly body?: string | Uint8Array | undefined
}

/**
 * A request that came to the server.
 *
 * @since 0.1.0
 * @category models
 */
export interface Sent {
  readonly method: string
  /** Absolute. */
  readonly url: string
  /** The names are in lower case. */
  readonly headers: Readonly<Record<string, string>>
  /** In UTF-8. */
  readonly body: string
}

/**
 * Gives the answer to a request; `before` are the earlier requests.
 *
 * @since 0.1.0
 * @category models
 */
export type Script = (sent: Sent, before: ReadonlyArray<Sent>) => Answer

/**
 * A server whose answers are written by hand.
 *
 * @since 0.1.0
 * @category tags
 */
export class ScriptedServer
  extends Context.Tag("@effect-wps/testing/ScriptedServer")<ScriptedServer, ScriptedServer.Service>()
{}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace ScriptedServer {
  /**
   * All requests so far, in order.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly sent: Effect.Effect<ReadonlyArray<Sent>>
  }
}

const respond = (answer: Answer): HttpServerResponse.HttpServerResponse =>
  answer === "cut" ? closed : answer === "never" ? unanswered : typeof answer.body === "string"
    ? HttpServerResponse.uint8Array(new TextEncoder().encode(answer.body), answer)
    : answer.body === undefined
    ? HttpServerResponse.empty({ ...answer, status: answer.status ?? 200 })
    : HttpServerResponse.uint8Array(answer.body, answer)

/**
 * An `HttpClient` that gets the answers of the script to all its requests, whatever their addresses. Requests run in
 * the caller's fiber.
 *
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { ScriptedServer } from "@effect-wps/testing"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect, Layer } from "effect"
 *
 * const Busy = ScriptedServer.layer((_, before) => ({ status: 503, headers: { "retry-after": `${before.length + 1}` } }))
 *
 * const test = Effect.gen(function*() {
 *   const error = yield* Effect.flip(WpsClient.capabilities)
 *   const { sent } = yield* ScriptedServer.ScriptedServer
 *   return [error._tag, (yield* sent).length]
 * }).pipe(
 *   Effect.provide(WpsClient.layer({ url: "https://example.org/wps" }).pipe(
 *     Layer.provide(Auth.layerAnonymous),
 *     Layer.provideMerge(Busy)
 *   ))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (script: Script): Layer.Layer<ScriptedServer | HttpClient.HttpClient> =>
  Layer.effectContext(Effect.gen(function*() {
    const log = yield* Ref.make<ReadonlyArray<Sent>>([])
    const app = Effect.gen(function*() {
      const request = yield* HttpServerRequest.HttpServerRequest
      const { "x-forwarded-proto": _, host: _host, ...headers } = request.headers
      const sent = {
        method: request.method,
        url: request.originalUrl,
        headers,
        body: yield* Effect.orDie(request.text)
      }
      const before = yield* Ref.getAndUpdate(log, (all) => [...all, sent])
      return respond(script(sent, before))
    })
    return Context.make(ScriptedServer, { sent: Ref.get(log) }).pipe(
      Context.add(HttpClient.HttpClient, httpClient(app, Context.empty()))
    )
  }))
