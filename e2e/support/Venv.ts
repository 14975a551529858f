/**
 * A Python virtual environment with pinned packages, made once and kept.
 */
import { Command, FileSystem, Path } from "@effect/platform"
import { Effect, Hash, Option, Schema } from "effect"
import { finish } from "./Tool.ts"

/** No Python that can be used answers to `command`. */
export class PythonMissing extends Schema.TaggedError<PythonMissing>()("PythonMissing", {
  command: Schema.String,
  required: Schema.String,
  found: Schema.OptionFromSelf(Schema.String)
}) {
  override get message(): string {
    const found = Option.match(this.found, {
      onNone: () => `"${this.command}" cannot be run`,
      onSome: (found) => `"${this.command}" is ${found}`
    })
    return `${found}: install Python ${this.required} or newer, with its venv module`
  }
}

/** The virtual environment could not be made, or its packages could not be installed. */
export class VenvFailed extends Schema.TaggedError<VenvFailed>()("VenvFailed", {
  step: Schema.String,
  exitCode: Schema.Number,
  output: Schema.String
}) {
  override get message(): string {
    return `"${this.step}" ended with code ${this.exitCode}; its last output was:\n${this.output}`
  }
}

export interface Options {
  /** The requirements file, each line pinned with `==`. */
  readonly requirements: string
  /** The folder that keeps the environments, one for each content of the file. */
  readonly cache: string
}

const required = "3.11"

const isOldEnough = (version: string): boolean => {
  const [major = 0, minor = 0] = version.split(".").map(Number)
  return major === 3 && minor >= 11
}

const step = Effect.fnUntraced(function*(command: string, ...args: ReadonlyArray<string>) {
  const { exitCode, output } = yield* finish(Command.make(command, ...args))
  if (exitCode !== 0) {
    return yield* new VenvFailed({ step: [command, ...args].join(" "), exitCode, output: output.slice(-2000) })
  }
})

const pythonVersion = Effect.fnUntraced(function*(command: string) {
  const { output } = yield* finish(Command.make(command, "-c", "import platform; print(platform.python_version())"))
    .pipe(
      Effect.mapError(() => new PythonMissing({ command, required, found: Option.none() }))
    )
  return yield* isOldEnough(output)
    ? Effect.succeed(output)
    : new PythonMissing({ command, required, found: Option.some(output) })
})

/**
 * Gives the path of a Python that has the packages of `requirements`. The first call for a content of that file makes
 * the environment; a call that was cut short leaves no environment that a later one would take for whole.
 */
export const python = Effect.fn("Venv.python")(function*(options: Options, command: string = "python3") {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const version = yield* pythonVersion(command)
  const content = yield* fs.readFileString(options.requirements)
  const key = `${version}-${(Hash.string(content) >>> 0).toString(16)}`
  const folder = path.join(options.cache, `venv-${key}`)
  const executable = path.join(folder, "bin", "python")
  const done = path.join(folder, "installed")
  if (!(yield* fs.exists(done))) {
    yield* fs.remove(folder, { recursive: true, force: true })
    yield* fs.makeDirectory(options.cache, { recursive: true })
    yield* step(command, "-m", "venv", folder)
    yield* step(
      executable,
      "-m",
      "pip",
      "install",
      "--disable-pip-version-check",
      "--no-deps",
      "-r",
      options.requirements
    )
    yield* fs.writeFileString(done, content)
  }
  return executable
})
