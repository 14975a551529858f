/**
 * A WPS node on a real port of this machine.
 *
 * @since 0.1.0
 */
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { listen } from "./internal/listen.ts"
import * as WpsNode from "./WpsNode.ts"

/**
 * A node on a port.
 *
 * @since 0.1.0
 * @category tags
 */
export class WpsServer extends Context.Tag("@effect-wps/testing/WpsServer")<WpsServer, WpsServer.Service>() {}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace WpsServer {
  /**
   * Where the node answers, such as `http://127.0.0.1:40123/wps`.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly url: string
  }
}

/**
 * Starts a node on 127.0.0.1. The end of the layer closes it and its open connections. The message of a `ServeError`
 * says what is wrong with the port.
 *
 * @example
 * ```ts
 * import { WpsNode, WpsServer } from "@effect-wps/testing"
 * import { Output, Process } from "@effect-wps/wps"
 * import { Console, Effect, Schema } from "effect"
 *
 * const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
 *
 * const program = Effect.flatMap(WpsServer.WpsServer, ({ url }) => Console.log(`listening at ${url}`)).pipe(
 *   Effect.provide(WpsServer.layer([WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))]))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  implementations: ReadonlyArray<WpsNode.Implementation<R>>,
  options?: WpsNode.Options & {
    /** 0 takes a free port. @default 0 */
    readonly port?: number | undefined
  }
): Layer.Layer<WpsServer, HttpServerError.ServeError, R> =>
  Layer.scoped(
    WpsServer,
    Effect.flatMap(WpsNode.make(implementations, options), (app) => listen(app, options))
  )
