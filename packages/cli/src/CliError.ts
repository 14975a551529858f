/**
 * The errors that the commands share.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * A command has nothing to read.
 *
 * @since 0.1.0
 * @category errors
 */
export class NothingToRead extends Schema.TaggedError<NothingToRead>("@effect-wps/cli/CliError/NothingToRead")(
  "NothingToRead",
  { command: Schema.String }
) {
  override get message(): string {
    return `There is nothing to read. Name a file (wps ${this.command} request.xml), or send one in ` +
      `(wps ${this.command} < request.xml).`
  }
}

/**
 * A file cannot be read or written.
 *
 * @since 0.1.0
 * @category errors
 */
export class FileFailed extends Schema.TaggedError<FileFailed>("@effect-wps/cli/CliError/FileFailed")("FileFailed", {
  /** The path as it was given. `-` is the standard input. */
  path: Schema.String,
  operation: Schema.Literal("read", "written"),
  reason: Schema.String
}) {
  override get message(): string {
    return `${this.path === "-" ? "What came in" : this.path} cannot be ${this.operation}: ${this.reason}.`
  }
}
