/**
 * The processes that are measured, and what is made of their figures.
 */
// Each module by itself: a process that is measured imports this one too, and all of Effect would be 30 MB of its memory.
import * as Command from "@effect/platform/Command"
import * as Array from "effect/Array"
import * as Config from "effect/Config"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Order from "effect/Order"
import * as Queue from "effect/Queue"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

export class PeerFailed extends Data.TaggedError("PeerFailed")<{ readonly peer: string; readonly doing: string }> {
  override get message(): string {
    return `${this.peer} gave no answer to "${this.doing}": see what it wrote above`
  }
}

/** A process that answers each line with a line, killed with the scope. */
export const start = Effect.fnUntraced(function*(name: string, command: Command.Command) {
  const lines = yield* Queue.unbounded<string>()
  const answers = yield* Queue.unbounded<string>()
  const process = yield* Command.start(command.pipe(
    Command.stdin(Stream.encodeText(Stream.fromQueue(lines))),
    Command.stderr("inherit")
  ))
  yield* process.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Queue.offer(answers, line)),
    Effect.ensuring(Queue.shutdown(answers)),
    Effect.forkScoped
  )
  const ask = (line: string) => Queue.offer(lines, `${line}\n`)
  const answer = (doing: string) =>
    Queue.take(answers).pipe(
      Effect.timeout(Duration.minutes(1)),
      Effect.catchAllCause(() => new PeerFailed({ peer: name, doing }))
    )
  return { ask, answer }
})

/** The canned server, in a process of its own; gives its address. */
export const startServer = (script: string) =>
  start("the server", Command.make("node", script)).pipe(
    Effect.flatMap(({ answer }) => answer("start")),
    Effect.map((ready) => ready.replace(/^ready |\/wps$/g, ""))
  )

/** Runs a process to its end, and reads what it wrote. */
export const measure = <A>(schema: Schema.Schema<A, string>, peer: string, doing: string, command: Command.Command) =>
  Command.string(Command.stderr(command, "inherit")).pipe(
    Effect.timeout(Duration.minutes(2)),
    Effect.flatMap(Schema.decode(schema)),
    Effect.mapError(() => new PeerFailed({ peer, doing }))
  )

/** Names from the environment, parted by commas. */
export const list = (name: string, otherwise: ReadonlyArray<string>): Config.Config<ReadonlyArray<string>> =>
  Config.withDefault(Config.array(Config.nonEmptyString(), name), otherwise)

const median = (values: ReadonlyArray<number>): number => {
  const sorted = Array.sort(values, Order.number)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 0 ? ((sorted[middle - 1] ?? NaN) + upper) / 2 : upper
}

const figure = (value: number): string =>
  value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toFixed(2)

/** The median of the rounds, with the lowest and the highest. */
export const spread = (values: ReadonlyArray<number>, unit: string): string =>
  values.length === 0
    ? "–"
    : `${figure(median(values))}${unit} [${figure(Math.min(...values))}–${figure(Math.max(...values))}]`
