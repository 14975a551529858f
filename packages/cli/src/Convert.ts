/**
 * `wps convert`: what was sent to ESGF's compute API, in other forms.
 *
 * @since 0.1.0
 */
import { Convert, type CwtError, Workflow } from "@effect-wps/cwt"
import * as WorkflowSvg from "@effect-wps/cwt/WorkflowSvg"
import * as Args from "@effect/cli/Args"
import * as Command from "@effect/cli/Command"
import * as Options from "@effect/cli/Options"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { StandardInput } from "./StandardInput.ts"

/**
 * There is nothing to convert.
 *
 * @since 0.1.0
 * @category errors
 */
export class NothingToRead extends Schema.TaggedError<NothingToRead>("@effect-wps/cli/Convert/NothingToRead")(
  "NothingToRead",
  {}
) {
  override get message(): string {
    return "There is nothing to convert. Name a file (wps convert request.xml), or send one in (wps convert < request.xml)."
  }
}

/**
 * A file cannot be read or written.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileFailed extends Schema.TaggedError<FileFailed>("@effect-wps/cli/Convert/FileFailed")("FileFailed", {
  /** As it was given; `-` is the standard input. */
  path: Schema.String,
  operation: Schema.Literal("read", "written"),
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path === "-" ? "What came in" : this.path} cannot be ${this.operation}: ${this.reason}.`
  }
}

/**
 * What can go wrong.
 *
 * @since 0.1.0
 * @category errors
 */
export type ConvertError =
  | NothingToRead
  | FileFailed
  | CwtError.InvalidDataInputs
  | CwtError.InvalidWorkflow
  | WorkflowSvg.GraphvizUnavailable
  | WorkflowSvg.DrawingFailed

const reasons: Readonly<Record<string, string>> = {
  NotFound: "there is no such file or folder",
  PermissionDenied: "you are not allowed to"
}

const failed = (path: string, operation: FileFailed["operation"]) => (error: PlatformError): FileFailed =>
  new FileFailed({
    path,
    operation,
    reason: error._tag === "SystemError" ? reasons[error.reason] ?? error.message : error.message
  })

const read = (
  path: string
): Effect.Effect<Uint8Array, NothingToRead | FileFailed, FileSystem.FileSystem | StandardInput> =>
  Effect.gen(function*() {
    const input = yield* StandardInput
    if (path === "-" && input.isTerminal) return yield* new NothingToRead()
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(path === "-" ? input.bytes : fs.readFile(path), failed(path, "read"))
    return bytes.length === 0 ? yield* new NothingToRead() : bytes
  })

const write = (path: string, text: string): Effect.Effect<void, FileFailed, FileSystem.FileSystem> =>
  path === "-" ? Console.log(text.replace(/\n$/, "")) : Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.mapError(fs.writeFileString(path, text.endsWith("\n") ? text : `${text}\n`), failed(path, "written"))
  )

const forms = [...Convert.Form.literals, "svg"] as const

/** What each form is for. */
const help =
  "typescript: a program that makes the workflow and runs it. document: an Execute of WPS 1.0.0. json, datainputs: the " +
  "three inputs, in the other two forms that this command reads. mermaid, dot: the text of a drawing. svg: the drawing"

/**
 * The command. It reads an Execute document of WPS 1.0.0 or 2.0, the address of an Execute, the three inputs as they stand
 * in one, `[variable=[…];domain=[…];operation=[…]]`, or as one JSON object, and a job as LLNL's API shows it.
 *
 * @example
 * ```ts
 * import { Convert, StandardInput } from "@effect-wps/cli"
 * import { Command } from "@effect/cli"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 *
 * const typed = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];operation=[{"name":"CDAT.max","input":["v0"]}]`
 *
 * const drawn = Command.run(Convert.command, { name: "convert", version: "1.0.0" })(["node", "convert", "--to", "mermaid"]).pipe(
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
    const bytes = yield* read(source)
    const text = yield* to === "svg"
      ? Effect.flatMap(Either.flatMap(Convert.read(bytes), Workflow.decode), WorkflowSvg.toSvg)
      : Convert.convert(bytes, to, { url: Option.getOrUndefined(url) })
    yield* write(output, text)
  })).pipe(
    Command.withDescription("A request to ESGF's compute API as a program, as JSON, or as a picture. Nothing is sent.")
  )
