/**
 * Programs of this machine that the servers of the tests need: run to their end, or kept running as a server.
 */
import { Command, FileSystem } from "@effect/platform"
import { Duration, Effect, Option, Schedule, Schema, Stream } from "effect"
import * as Net from "node:net"

/** A program is not there, or is too old. */
export class ToolMissing extends Schema.TaggedError<ToolMissing>()("ToolMissing", {
  tool: Schema.String,
  found: Schema.OptionFromSelf(Schema.String),
  install: Schema.String
}) {
  override get message(): string {
    const found = Option.match(this.found, {
      onNone: () => `"${this.tool}" cannot be run`,
      onSome: (found) => `"${this.tool}" is version ${found}`
    })
    return `${found}: install ${this.install}`
  }
}

/** A program ended as it should not. */
export class ToolFailed extends Schema.TaggedError<ToolFailed>()("ToolFailed", {
  command: Schema.String,
  exitCode: Schema.Number,
  output: Schema.String
}) {
  override get message(): string {
    return `"${this.command}" ended with code ${this.exitCode}; its last output was:\n${this.output}`
  }
}

/** A server ended, or said nothing, before it answered a request. */
export class ServerNotReady extends Schema.TaggedError<ServerNotReady>()("ServerNotReady", {
  name: Schema.String,
  reason: Schema.String,
  log: Schema.String,
  output: Schema.String
}) {
  override get message(): string {
    return `${this.name} did not get ready (${this.reason}); the end of its output, which is in ${this.log}:\n${this.output}`
  }
}

interface Ran {
  readonly exitCode: number
  readonly output: string
}

/** Runs a program to its end, and gives what it printed however it ended. */
export const finish = (command: Command.Command) =>
  Effect.scoped(Effect.gen(function*() {
    const process = yield* Command.start(command)
    const text = Stream.merge(process.stdout, process.stderr).pipe(Stream.decodeText(), Stream.mkString)
    const [exitCode, output] = yield* Effect.all([process.exitCode, text], { concurrency: 2 })
    return { exitCode, output: output.trim() } satisfies Ran
  }))

/** Runs a program that must be there and must succeed, and gives what it printed. */
export const run = Effect.fn("Tool.run")(function*(install: string, command: Command.Command) {
  const [{ args, command: tool }] = Command.flatten(command)
  const { exitCode, output } = yield* finish(command).pipe(
    Effect.catchTag("SystemError", () => new ToolMissing({ tool, found: Option.none(), install }))
  )
  return yield* exitCode === 0
    ? Effect.succeed(output)
    : new ToolFailed({ command: [tool, ...args].join(" "), exitCode, output: output.slice(-3000) })
})

/** Makes what is not there in a folder beside its place, and moves it there only when it is whole. */
export const once = Effect.fnUntraced(function*<A, E, R>(
  place: string,
  make: (draft: string) => Effect.Effect<A, E, R>
) {
  const fs = yield* FileSystem.FileSystem
  if (yield* fs.exists(place)) return
  const draft = `${place}.draft`
  yield* fs.remove(draft, { recursive: true, force: true })
  yield* fs.makeDirectory(draft, { recursive: true })
  yield* make(draft)
  yield* fs.rename(draft, place)
})

/** A port of 127.0.0.1 cannot be had. */
export class PortUnavailable extends Schema.TaggedError<PortUnavailable>()("PortUnavailable", {
  port: Schema.Number,
  reason: Schema.String
}) {
  override get message(): string {
    return `Port ${this.port} of 127.0.0.1 cannot be had: ${this.reason}`
  }
}

const listen = (port: number) =>
  Effect.async<number, PortUnavailable>((resume) => {
    const server = Net.createServer()
    const fail = (reason: string) => new PortUnavailable({ port, reason })
    server.once("error", (error) => resume(fail(error.message)))
    server.listen(port, "127.0.0.1", () => {
      const address = server.address()
      server.close(() =>
        resume(
          typeof address === "object" && address !== null
            ? Effect.succeed(address.port)
            : fail("it was not given")
        )
      )
    })
  })

/** A port of 127.0.0.1 that nobody uses. Its scope ends when whoever was given it has left it. */
export const freePort = Effect.acquireRelease(
  listen(0),
  (port) =>
    listen(port).pipe(
      Effect.retry(Schedule.spaced(Duration.millis(50)).pipe(Schedule.upTo(Duration.seconds(10)))),
      Effect.ignore
    )
)

// The shell leads a process group of its own. It ends the whole group at once when it is told to end, and when its input
// ends, which is how it learns that the tests were killed.
const supervisor = `
log=$1; shift
exec 3<&0 >"$log" 2>&1
"$@" </dev/null 3<&- & server=$!
{ cat <&3 >/dev/null; kill -KILL 0; } &
trap 'kill -KILL 0' TERM
wait "$server"
`

export interface ServerOptions<E, R> {
  readonly name: string
  readonly command: string
  readonly args: ReadonlyArray<string>
  readonly env?: Readonly<Record<string, string>>
  /** The file that gets its output. */
  readonly log: string
  /** Succeeds once the server answers; is tried again and again until then. */
  readonly ready: Effect.Effect<unknown, E, R>
  readonly patience: Duration.DurationInput
}

/** Starts a server, waits until it is ready, and kills it with all its processes when the scope ends. */
export const server = Effect.fn("Tool.server")(function*<E, R>(options: ServerOptions<E, R>) {
  const fs = yield* FileSystem.FileSystem
  const notReady = Effect.fnUntraced(function*(reason: string) {
    const output = yield* fs.readFileString(options.log).pipe(Effect.orElseSucceed(() => ""))
    return yield* new ServerNotReady({
      name: options.name,
      reason,
      log: options.log,
      output: output.trim().split("\n").slice(-40).join("\n")
    })
  })
  const process = yield* Command.make("sh", "-c", supervisor, "sh", options.log, options.command, ...options.args).pipe(
    Command.env(options.env ?? {}),
    Command.start
  )
  const ended = Effect.exit(process.exitCode).pipe(
    Effect.flatMap((exit) => notReady(exit._tag === "Success" ? `it ended with code ${exit.value}` : "it was killed"))
  )
  yield* options.ready.pipe(
    Effect.retry(Schedule.spaced(Duration.millis(200))),
    Effect.timeout(options.patience),
    Effect.catchAll(() => notReady(`no answer in ${Duration.format(options.patience)}`)),
    Effect.raceFirst(ended)
  )
})
