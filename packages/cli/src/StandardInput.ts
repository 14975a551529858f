/**
 * What comes in from the shell.
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
 * What comes in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** Whether it is a person at a keyboard. */
  readonly isTerminal: boolean
  /** All of it. */
  readonly bytes: Effect.Effect<Uint8Array, PlatformError>
}

/**
 * What comes in from the shell. A test gives it what it likes.
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
 * The process's own.
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
