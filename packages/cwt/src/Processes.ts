/**
 * Groups and searches the processes of a service, and finds the newest version of one. It also shows the status of a
 * job in one line.
 *
 * @since 0.1.0
 */
import { type Capabilities, Execute } from "@effect-wps/wps"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { short } from "./internal/short.ts"

const from = "@effect-wps/cwt/Processes"

/**
 * A pattern is not a valid regular expression.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidPattern extends Schema.TaggedError<InvalidPattern>(`${from}/InvalidPattern`)("InvalidPattern", {
  pattern: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `"${short(this.pattern)}" is no pattern: ${
      short(this.reason)
    }. Patterns are JavaScript's regular expressions.`
  }
}

/**
 * No process has this identifier, or none with this identifier has this version.
 *
 * @since 0.1.0
 * @category errors
 */
export class NoSuchProcess extends Schema.TaggedError<NoSuchProcess>(`${from}/NoSuchProcess`)("NoSuchProcess", {
  identifier: Schema.String,
  version: Schema.optionalWith(Schema.String, { as: "Option" }),
  /** The versions of the process that exist. */
  versions: Schema.Array(Schema.String)
}) {
  override get message(): string {
    const name = `"${short(this.identifier)}"`
    return this.versions.length === 0
      ? `There is no process ${name}. Identifiers are case-sensitive; Processes.group shows those that there are.`
      : `There is no version ${Option.getOrElse(this.version, () => "")} of ${name}, but ${
        short(this.versions.join(", "))
      }. Ask for one of these, or for none to have the newest.`
  }
}

// Replaces each missing part of a version, so that 1.0 equals 1.0.0.
const zero = "0"

const isNumber = (part: string): boolean => /^\d/.test(part)

/**
 * Compares numbers by value, however long they are. A word is older than any number, so 2.0.0-rc.1 comes before 2.0.0.
 */
const comparePart = (left: string, right: string): -1 | 0 | 1 => {
  if (isNumber(left) !== isNumber(right)) return isNumber(left) ? 1 : -1
  if (!isNumber(left)) return Order.string(left, right)
  const [a, b] = [left.replace(/^0+/, ""), right.replace(/^0+/, "")]
  return a.length === b.length ? Order.string(a, b) : Order.number(a.length, b.length)
}

const partsOf = (version: string): ReadonlyArray<string> =>
  version.replace(/^\s*v(?=\d)/i, "").match(/\d+|\p{L}+/gu) ?? []

/**
 * Orders versions from the oldest to the newest. Numbers are compared by value, so 10 is newer than 9. Words such as
 * `rc` come before the version itself.
 *
 * @example
 * ```ts
 * import { Processes } from "@effect-wps/cwt"
 * import { Array } from "effect"
 *
 * const versions = Array.sort(["1.10", "1.9", "1.10-rc2"], Processes.versionOrder) // 1.9, 1.10-rc2, 1.10
 * ```
 *
 * @since 0.1.0
 * @category orders
 */
export const versionOrder: Order.Order<string> = (left, right) => {
  const [a, b] = [partsOf(left), partsOf(right)]
  for (let at = 0; at < Math.max(a.length, b.length); at++) {
    const compared = comparePart(a[at] ?? zero, b[at] ?? zero)
    if (compared !== 0) return compared
  }
  return 0
}

/** Orders by identifier, and the versions of one process from new to old. A process without a version is the oldest. */
const order: Order.Order<Capabilities.ProcessSummary> = Order.combine(
  Order.mapInput(Order.string, ({ identifier }) => identifier),
  Order.mapInput(Order.reverse(Option.getOrder(versionOrder)), ({ version }) => version)
)

const sorted = (processes: ReadonlyArray<Capabilities.ProcessSummary>): ReadonlyArray<Capabilities.ProcessSummary> =>
  [...processes].sort(order)

/**
 * Groups the processes by the part of the identifier before the first dot. Processes without a dot are in `General`.
 * The processes are in the order of their identifiers.
 *
 * @example
 * ```ts
 * import { Processes } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const cdat = Effect.map(WpsClient.capabilities, ({ processes }) => Processes.group(processes).get("CDAT") ?? [])
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const group = (
  processes: ReadonlyArray<Capabilities.ProcessSummary>
): ReadonlyMap<string, ReadonlyArray<Capabilities.ProcessSummary>> => {
  const groups = new Map<string, Array<Capabilities.ProcessSummary>>()
  for (const process of sorted(processes)) {
    const name = /^([^.]+)\./s.exec(process.identifier)?.[1] ?? "General"
    const members = groups.get(name)
    if (members === undefined) groups.set(name, [process])
    else members.push(process)
  }
  return groups
}

/**
 * The processes whose identifiers start with a match of the pattern, in order.
 *
 * @example
 * ```ts
 * import { Processes } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const extremes = Effect.flatMap(
 *   WpsClient.capabilities,
 *   ({ processes }) => Processes.matching(processes, "CDAT\\.(min|max)$")
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const matching = (
  processes: ReadonlyArray<Capabilities.ProcessSummary>,
  pattern: string
): Either.Either<ReadonlyArray<Capabilities.ProcessSummary>, InvalidPattern> =>
  Either.map(
    Either.try({
      // With the sticky flag, the pattern matches only at the start.
      try: () => new RegExp(pattern, "y"),
      catch: (error) => new InvalidPattern({ pattern, reason: error instanceof Error ? error.message : String(error) })
    }),
    (begins) => sorted(processes).filter(({ identifier }) => identifier.search(begins) === 0)
  )

/**
 * The process with an identifier, in the given version or else in the newest.
 *
 * @example
 * ```ts
 * import { Processes } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const newest = Effect.flatMap(WpsClient.capabilities, ({ processes }) => Processes.find(processes, "CDAT.subset"))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const find = (
  processes: ReadonlyArray<Capabilities.ProcessSummary>,
  identifier: string,
  version?: string
): Either.Either<Capabilities.ProcessSummary, NoSuchProcess> => {
  const named = sorted(processes).filter((process) => process.identifier === identifier)
  return Either.fromNullable(
    version === undefined ? named[0] : named.find((process) => Option.contains(process.version, version)),
    () =>
      new NoSuchProcess({
        identifier,
        version: Option.fromNullable(version),
        versions: named.map((process) => Option.getOrElse(process.version, () => "without a version"))
      })
  )
}

/**
 * A server's message may contain line breaks, control characters, marks that change the text direction, and whole stack
 * traces.
 */
const oneLine = (text: string): string => {
  const line = text.slice(0, 2000).replace(/[\p{Cc}\p{Bidi_Control}\s]+/gu, " ").trim()
  return line.length > 500 ? `${line.slice(0, 500)}…` : line
}

const stated = (
  state: string,
  { message, percent }: Pick<Execute.JobStatus, "message" | "percent">
): string => {
  const words = oneLine(message)
  const done = Option.match(percent, { onNone: () => "", onSome: (number) => ` ${number} %` })
  return `${oneLine(state)}${done}${words === "" ? "" : `: ${words}`}`
}

/**
 * The status of a job in one line, for a log or a terminal.
 *
 * @example
 * ```ts
 * import { Cdat, Processes, Variable } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Console, Effect, Stream } from "effect"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 *
 * const program = Effect.gen(function*() {
 *   const job = yield* WpsClient.execute(Cdat.abs({ inputs: [tas] }))
 *   yield* Stream.runForEach(job.changes, (status) => Console.log(Processes.statusText(status)))
 *   return yield* job.result
 * })
 * // Running 40 %: reading tas
 * // Succeeded
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const statusText: (status: Execute.JobStatus) => string = Execute.JobStatus.$match({
  Accepted: (status) => stated("Accepted", status),
  Running: (status) => stated("Running", status),
  Paused: (status) => stated("Paused", status),
  // The message adds nothing, and at LLNL's node it is the whole output.
  Succeeded: () => "Succeeded",
  Failed: (status) =>
    stated("Failed", {
      percent: status.percent,
      message: status.exceptions.length === 0 ? status.message : status.exceptions.map(String).join("; ")
    }),
  Dismissed: (status) => stated("Dismissed", status),
  Other: (status) => stated(status.state, status)
})
