/**
 * `wps convert`: converts requests to ESGF's compute API to other forms.
 *
 * @since 0.1.0
 */
import { Convert, type CwtError, Workflow } from "@effect-wps/cwt"
import * as WorkflowSvg from "@effect-wps/cwt/WorkflowSvg"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as CliError from "./CliError.ts"
import { read, write } from "./internal/files.ts"
import type { StandardInput } from "./StandardInput.ts"

/**
 * The errors of the command.
 *
 * @since 0.1.0
 * @category errors
 */
export type ConvertError =
  | CliError.NothingToRead
  | CliError.FileFailed
  | CwtError.InvalidDataInputs
  | CwtError.InvalidWorkflow
  | WorkflowSvg.GraphvizUnavailable
  | WorkflowSvg.DrawingFailed

const forms = [...Convert.Form.literals, "svg"] as const

const help =
  "typescript: a program that makes the workflow and runs it. document: an Execute of WPS 1.0.0. json, datainputs: the " +
  "three inputs, in the other two forms that this command reads. mermaid, dot: the text of a drawing. svg: the drawing"

/**
 * The command `wps convert`. It reads any of these: an Execute document of WPS 1.0.0 or 2.0, the URL of an Execute
 * request, a job from LLNL's API, or the three inputs, as one JSON object or as in such a URL:
 * `[variable=[…];domain=[…];operation=[…]]`.
 *
 * @example
 * ```ts
 * import { Convert, StandardInput } from "@effect-wps/cli"
 * import { Command } from "@effect/cli"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 *
 * const typed = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];` +
 *   `operation=[{"name":"CDAT.max","input":["v0"]}]`
 *
 * const run = Command.run(Convert.command, { name: "convert", version: "1.0.0" })
 * const drawn = run(["node", "convert", "--to", "mermaid"]).pipe(
 *   Effect.provide([
 *     NodeContext.layer,
 *     Layer.succeed(StandardInput.StandardInput, {
 *       isTerminal: false,
 *       bytes: Effect.succeed(new TextEncoder().encode(typed))
 *     })
 *   ])
 * )
 * ```
 *
 * @since 0.1.0
 * @category commands
 */
export const command: Command.Command<
  "convert",
  FileSystem.FileSystem | StandardInput,
  ConvertError,
  {
    readonly source: string
    readonly to: (typeof forms)[number]
    readonly url: Option.Option<string>
    readonly output: string
  }
> = Command.make("convert", {
  source: Args.text({ name: "source" }).pipe(
    Args.withDescription(
      "The file: an Execute document, a JSON object, or [variable=[…];domain=[…];operation=[…]]. - is what comes in"
    ),
    Args.withDefault("-")
  ),
  to: Options.choice("to", forms).pipe(
    Options.withAlias("t"),
    Options.withDescription(help),
    Options.withDefault("typescript")
  ),
  url: Options.text("url").pipe(
    Options.withDescription("The WPS endpoint that the program in TypeScript asks"),
    Options.optional
  ),
  output: Options.text("output").pipe(
    Options.withAlias("o"),
    Options.withDescription("The file to write, over one that is there. - is what goes out"),
    Options.withDefault("-")
  )
}, ({ output, source, to, url }) =>
  Effect.gen(function*() {
    const bytes = yield* read("convert", source)
    const text = yield* to === "svg"
      ? Effect.flatMap(Either.flatMap(Convert.read(bytes), Workflow.decode), WorkflowSvg.toSvg)
      : Convert.convert(bytes, to, { url: Option.getOrUndefined(url) })
    yield* write(output, text)
  })).pipe(
    Command.withDescription("A request to ESGF's compute API as a program, as JSON, or as a picture. Nothing is sent.")
  )
