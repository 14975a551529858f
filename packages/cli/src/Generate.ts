/**
 * `wps generate`: declares the processes of a service in TypeScript.
 *
 * @since 0.1.0
 */
import { WpsDocument } from "@effect-wps/wps"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as CliError from "./CliError.ts"
import { read, write } from "./internal/files.ts"
import { processModule } from "./internal/processModule.ts"
import type { StandardInput } from "./StandardInput.ts"

/**
 * The document does not describe processes.
 *
 * @since 0.1.0
 * @category errors
 */
export class NoDescriptions extends Schema.TaggedError<NoDescriptions>("@effect-wps/cli/Generate/NoDescriptions")(
  "NoDescriptions",
  { reason: Schema.String }
) {
  override get message(): string {
    return `This is no description of processes: ${this.reason} Give the answer of the service to ` +
      "?service=WPS&version=1.0.0&request=DescribeProcess&identifier=… or, for WPS 2.0, the same with version=2.0.0."
  }
}

/**
 * The errors of the command.
 *
 * @since 0.1.0
 * @category errors
 */
export type GenerateError = CliError.NothingToRead | CliError.FileFailed | NoDescriptions

const descriptions = Effect.fnUntraced(function*(bytes: Uint8Array) {
  const document = yield* Effect.mapError(
    WpsDocument.decode(bytes),
    ({ message }) => new NoDescriptions({ reason: message })
  )
  switch (document._tag) {
    case "ProcessDescriptions":
      return document.value.length > 0
        ? document.value
        : yield* new NoDescriptions({ reason: "It describes none." })
    case "ExceptionReport":
      return yield* new NoDescriptions({
        reason: `The service refused: ${document.value.exceptions.map(String).join("; ")}.`
      })
    default:
      return yield* new NoDescriptions({ reason: `It is a document of ${document._tag}.` })
  }
})

/**
 * The command `wps generate`. It reads the answer of a service to DescribeProcess, of WPS 1.0.0 or 2.0, and writes a module
 * that declares each process with `Process.make`.
 *
 * @example
 * ```ts
 * import { Generate, StandardInput } from "@effect-wps/cli"
 * import { Command } from "@effect/cli"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect } from "effect"
 *
 * const generate = Command.run(Generate.command, { name: "generate", version: "1.0.0" })
 * const program = generate(["node", "generate", "describe.xml", "--output", "processes.ts"]).pipe(
 *   Effect.provide([StandardInput.layer, NodeContext.layer])
 * )
 * ```
 *
 * @since 0.1.0
 * @category commands
 */
export const command: Command.Command<
  "generate",
  FileSystem.FileSystem | StandardInput,
  GenerateError,
  { readonly source: string; readonly output: string }
> = Command.make("generate", {
  source: Args.text({ name: "source" }).pipe(
    Args.withDescription("The file: what a service answers to DescribeProcess. - is what comes in"),
    Args.withDefault("-")
  ),
  output: Options.text("output").pipe(
    Options.withAlias("o"),
    Options.withDescription("The file to write, over one that is there. - is what goes out"),
    Options.withDefault("-")
  )
}, ({ output, source }) =>
  Effect.flatMap(
    Effect.flatMap(read("generate", source), descriptions),
    (all) => write(output, processModule(all))
  )).pipe(
    Command.withDescription("The processes of a service as typed declarations in TypeScript. Nothing is sent.")
  )
