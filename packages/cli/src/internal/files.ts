import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import { FileFailed, NothingToRead } from "../CliError.ts"
import { StandardInput } from "../StandardInput.ts"

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

/** The bytes of a file, or of the standard input for `-`. */
export const read = (
  command: string,
  path: string
): Effect.Effect<Uint8Array, NothingToRead | FileFailed, FileSystem.FileSystem | StandardInput> =>
  Effect.gen(function*() {
    const input = yield* StandardInput
    if (path === "-" && input.isTerminal) return yield* new NothingToRead({ command })
    const fs = yield* FileSystem.FileSystem
    const bytes = yield* Effect.mapError(path === "-" ? input.bytes : fs.readFile(path), failed(path, "read"))
    return bytes.length === 0 ? yield* new NothingToRead({ command }) : bytes
  })

/** Writes a text to a file, or to the console for `-`. */
export const write = (path: string, text: string): Effect.Effect<void, FileFailed, FileSystem.FileSystem> =>
  path === "-" ? Console.log(text.replace(/\n$/, "")) : Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.mapError(fs.writeFileString(path, text.endsWith("\n") ? text : `${text}\n`), failed(path, "written"))
  )
