/**
 * The command `wps`.
 *
 * @since 0.1.0
 */
import type * as CliApp from "@effect/cli/CliApp"
import * as Command from "@effect/cli/Command"
import type * as ValidationError from "@effect/cli/ValidationError"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Convert from "./Convert.ts"
import type { StandardInput } from "./StandardInput.ts"

const Manifest = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** What the package says of itself; it is part of it. */
const version = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* path.fromFileUrl(new URL("../package.json", import.meta.url))
  return yield* Effect.flatMap(fs.readFileString(file), Schema.decode(Manifest))
}).pipe(Effect.map(({ version }) => version), Effect.orDie)

const command = Command.make("wps").pipe(
  Command.withDescription("Calls Web Processing Services, and reads what was sent to them."),
  Command.withSubcommands([Convert.command])
)

/**
 * Runs the command with its arguments, the first two of which are the program's, as `process.argv` has them. Help and the
 * faults of a command line are written to the console.
 *
 * @example
 * ```ts
 * import { Cli, StandardInput } from "@effect-wps/cli"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect } from "effect"
 *
 * const program = Cli.run(["node", "wps", "convert", "--help"]).pipe(
 *   Effect.provide([StandardInput.layer, NodeContext.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category commands
 */
export const run = (
  args: ReadonlyArray<string>
): Effect.Effect<
  void,
  Convert.ConvertError | ValidationError.ValidationError,
  CliApp.CliApp.Environment | StandardInput
> => Effect.flatMap(version, (version) => Command.run(command, { name: "wps", version })(args))
