/**
 * The standard input.
 *
 * @since 0.1.0
 */
import * as NodeStream from "@effect/platform-node/NodeStream"
import type { PlatformError } from "@effect/platform/Error"
import { SystemError } from "@effect/platform/Error"
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

/**
 * The standard input of a program.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Whether it is a terminal, where a person types. */
  readonly isTerminal: boolean
  /** The whole input. */
  readonly bytes: Effect.Effect<Uint8Array, PlatformError>
}

/**
 * The standard input. A test can provide its own.
 *
 * @example
 * ```ts
 * import { StandardInput } from "@effect-wps/cli"
 * import { Effect, Layer } from "effect"
 *
 * const Typed = Layer.succeed(StandardInput.StandardInput, {
 *   isTerminal: false,
 *   bytes: Effect.succeed(new TextEncoder().encode("variable=[];operation=[]"))
 * })
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class StandardInput extends Context.Tag("@effect-wps/cli/StandardInput")<StandardInput, Service>() {}

/**
 * The standard input of this process.
 *
 * @example
 * ```ts
 * import { Cli, StandardInput } from "@effect-wps/cli"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect } from "effect"
 *
 * const program = Cli.run(["node", "wps", "--version"]).pipe(
 *   Effect.provide([StandardInput.layer, NodeContext.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<StandardInput> = Layer.sync(StandardInput, () => ({
  isTerminal: process.stdin.isTTY,
  bytes: NodeStream.toUint8Array(() => process.stdin, {
    onFailure: (cause) =>
      new SystemError({ module: "Stream", method: "read", reason: "Unknown", pathOrDescriptor: "stdin", cause })
  })
}))
