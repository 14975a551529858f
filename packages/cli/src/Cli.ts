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
import * as Generate from "./Generate.ts"
import type { StandardInput } from "./StandardInput.ts"

const Manifest = Schema.parseJson(Schema.Struct({ version: Schema.String }))

/** The version of this package, from its own package.json. */
const version = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const file = yield* path.fromFileUrl(new URL("../package.json", import.meta.url))
  return yield* Effect.flatMap(fs.readFileString(file), Schema.decode(Manifest))
}).pipe(Effect.map(({ version }) => version), Effect.orDie)

const command = Command.make("wps").pipe(
  Command.withDescription("Reads what Web Processing Services say, and what was sent to them."),
  Command.withSubcommands([Convert.command, Generate.command])
)

/**
 * Runs the command. The first two arguments are the program's, as in `process.argv`. Help and command line errors are
 * written to the console.
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
  Convert.ConvertError | Generate.GenerateError | ValidationError.ValidationError,
  CliApp.CliApp.Environment | StandardInput
> => Effect.flatMap(version, (version) => Command.run(command, { name: "wps", version })(args))
