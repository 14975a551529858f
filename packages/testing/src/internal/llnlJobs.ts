/**
 * Jobs as LLNL's server keeps them, and as its job API shows them: a job has states, and a state has messages. Jobs,
 * states and messages each have their own ids, from 1.
 */
import { DataValue, type Execute } from "@effect-wps/wps"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type { File, Implementation } from "../WpsNode.ts"

const names = {
  Accepted: "ProcessAccepted",
  Running: "ProcessStarted",
  Paused: "ProcessPaused",
  Succeeded: "ProcessSucceeded",
  Failed: "ProcessFailed",
  Dismissed: "ProcessFailed",
  Other: "ProcessStarted"
} as const

interface Message {
  readonly id: number
  readonly text: string
  readonly percent: number
  readonly created: DateTime.Utc
}

interface Status {
  readonly id: number
  readonly name: (typeof names)[keyof typeof names]
  readonly messages: ReadonlyArray<Message>
  readonly created: DateTime.Utc
}

interface Output {
  readonly id: number
  readonly remote: string
  readonly bytes: number
}

export interface Job {
  readonly id: number
  /** None if the node lets in everyone. */
  readonly user: Option.Option<string>
  readonly identifier: string
  /** What was sent, read as JSON. */
  readonly inputs: Readonly<Record<string, unknown>>
  readonly accepted: DateTime.Utc
  readonly expires: Option.Option<DateTime.Utc>
  readonly statuses: ReadonlyArray<Status>
  readonly outputs: ReadonlyArray<Output>
}

interface State {
  readonly jobs: ReadonlyArray<Job>
  /** The sizes of the node's files, by the path of their URL. */
  readonly bytes: HashMap.HashMap<string, number>
  readonly lastJob: number
  readonly lastStatus: number
  readonly lastMessage: number
  readonly lastOutput: number
}

/** The user of the current request. The fiber of a job inherits it. */
export class Caller extends Context.Reference<Caller>()("@effect-wps/testing/internal/llnlJobs/Caller", {
  defaultValue: (): Option.Option<string> => Option.none()
}) {}

// ----------------------------------------------------------------------------------------------------------- recording

const decodeJson = Schema.decodeUnknownOption(Schema.parseJson())

/** An input as the server reads it: as JSON. */
export const jsonOf = (data: DataValue.DataValue): Option.Option<unknown> =>
  Option.flatMap(Either.getRight(DataValue.toText(data)), decodeJson)

const deepest = 900

/** Whether a value is nested so deeply that Python's recursion limit would stop the server. */
export const isTooDeep = (value: unknown): boolean => {
  let level: ReadonlyArray<unknown> = [value]
  for (let depth = 0; depth < deepest && level.length > 0; depth++) {
    level = level.flatMap((one): ReadonlyArray<unknown> =>
      Array.isArray(one) ? one : Predicate.isRecord(one) ? Object.values(one) : []
    )
  }
  return level.length > 0
}

const textOf = (outputs: ReadonlyArray<Execute.OutputData>): string =>
  Option.getOrElse(
    Option.flatMap(Arr.head(outputs), ({ data }) => Either.getRight(DataValue.toText(data))),
    () => ""
  )

/** The URLs in an output, which is one variable or a list of variables. */
const remotesOf = (text: string): ReadonlyArray<string> =>
  Option.match(decodeJson(text), {
    onNone: () => [],
    onSome: (output) =>
      (Array.isArray(output) ? output : [output]).flatMap((one: unknown) =>
        Predicate.hasProperty(one, "uri") && Predicate.isString(one.uri) ? [one.uri] : []
      )
  })

const pathOf = (url: string): string => url.replace(/^\w+:\/\/[^/]*/, "")

/** The message of a state. Accepted and started have none: their messages come from the node, not from the process. */
const saidOf = (
  { outputs, status }: Execute.ExecuteResponse,
  before: Status["name"] | undefined
): Option.Option<Pick<Message, "text" | "percent">> => {
  switch (status._tag) {
    case "Accepted":
      return Option.none()
    case "Succeeded":
      return Option.some({ text: textOf(outputs), percent: 100 })
    case "Failed":
      return Option.some({ text: status.exceptions.flatMap(({ texts }) => texts).join("\n"), percent: 0 })
    default:
      return before === "ProcessAccepted"
        ? Option.none()
        : Option.some({ text: status.message, percent: Option.getOrElse(status.percent, () => 0) })
  }
}

const told = (
  state: State,
  document: Execute.ExecuteResponse,
  request: Execute.ExecuteRequest,
  user: Option.Option<string>,
  now: DateTime.Utc
): State => {
  const id = Number(Option.getOrElse(document.jobId, () => "0"))
  const known = state.jobs.find((job) => job.id === id)
  // A job that was deleted runs on, but is not recorded again.
  if (known === undefined && document.status._tag !== "Accepted") return state
  const job: Job = known ?? {
    id,
    user,
    identifier: request.identifier,
    inputs: Object.fromEntries(
      request.inputs.map(({ data, identifier }) => [identifier, Option.getOrNull(jsonOf(data))])
    ),
    accepted: now,
    expires: Option.none(),
    statuses: [],
    outputs: []
  }
  const name = names[document.status._tag]
  const last = job.statuses.at(-1)
  const said = saidOf(document, last?.name)
  const messages = Option.match(said, {
    onNone: () => [],
    onSome: (one): ReadonlyArray<Message> => [{ ...one, id: state.lastMessage + 1, created: now }]
  })
  const isNew = last?.name !== name
  const statuses = last === undefined || isNew
    ? [...job.statuses, { id: state.lastStatus + 1, name, messages, created: now }]
    : [...job.statuses.slice(0, -1), { ...last, messages: [...last.messages, ...messages] }]
  const outputs = remotesOf(textOf(document.outputs)).map((remote, index) => ({
    id: state.lastOutput + 1 + index,
    remote,
    bytes: Option.getOrElse(HashMap.get(state.bytes, pathOf(remote)), () => 0)
  }))
  const changed: Job = { ...job, statuses, outputs, expires: document.expirationDate }
  return {
    ...state,
    jobs: known === undefined ? [...state.jobs, changed] : state.jobs.map((one) => one === known ? changed : one),
    lastStatus: state.lastStatus + (isNew ? 1 : 0),
    lastMessage: state.lastMessage + messages.length,
    lastOutput: state.lastOutput + outputs.length
  }
}

/** The jobs of a node with this path and these files. */
export const make = Effect.fnUntraced(function*(root: string, files: Readonly<Record<string, File>>) {
  const state = yield* Ref.make<State>({
    jobs: [],
    bytes: HashMap.fromIterable(
      Object.entries(files).map(([key, { content }]) =>
        [`${root}/outputs/${key.split("/").map(encodeURIComponent).join("/")}`, content.length] as const
      )
    ),
    lastJob: 0,
    lastStatus: 0,
    lastMessage: 0,
    lastOutput: 0
  })

  /** The state, without the jobs that have expired. */
  const current = Effect.flatMap(DateTime.now, (now) =>
    Ref.updateAndGet(state, (one) => ({
      ...one,
      jobs: one.jobs.filter(({ expires }) => Option.isNone(expires) || DateTime.greaterThan(expires.value, now))
    })))
  const all = Effect.map(current, ({ jobs }) => jobs)

  const isOf = (user: Option.Option<string>) => (job: Job) => Equal.equals(job.user, user)

  return {
    nextId: Ref.modify(state, (one) => [String(one.lastJob + 1), { ...one, lastJob: one.lastJob + 1 }]),

    observe: (document: Execute.ExecuteResponse, request: Execute.ExecuteRequest) =>
      Effect.flatMap(
        Effect.all([Caller, DateTime.now]),
        ([user, now]) => Ref.update(state, (one) => told(one, document, request, user, now))
      ),

    /** The same process; the sizes of the files that it stores are recorded. */
    measured: <R>(implementation: Implementation<R>): Implementation<R> => ({
      ...implementation,
      async: true,
      run: (inputs) =>
        Either.map(implementation.run(inputs), (run) => (context) =>
          run({
            ...context,
            store: (name, file) =>
              Effect.tap(context.store(name, file), (url) =>
                Ref.update(state, (one) => ({
                  ...one,
                  bytes: HashMap.set(one.bytes, pathOf(url), file.content.length)
                })))
          }))
    }),

    of: (user: Option.Option<string>) => Effect.map(all, (jobs) => jobs.filter(isOf(user))),

    find: (id: number) => Effect.map(all, (jobs) => Option.fromNullable(jobs.find((job) => job.id === id))),

    findOf: (user: Option.Option<string>, id: number) =>
      Effect.map(all, (jobs) => Option.fromNullable(jobs.find((job) => job.id === id && isOf(user)(job)))),

    /** A state of any user's job. */
    findStatus: (id: number) =>
      Effect.map(all, (jobs) =>
        Arr.findFirst(jobs, (job) =>
          Option.map(
            Arr.findFirst(job.statuses, (status) => status.id === id),
            (status) => ({ job, status })
          ))),

    /** Whether a job of this id was deleted or has expired. */
    isGone: (id: number) =>
      Effect.map(current, ({ jobs, lastJob }) => id <= lastJob && !jobs.some((job) => job.id === id)),

    remove: (id: number) =>
      Ref.update(state, (one) => ({
        ...one,
        jobs: one.jobs.filter((job) => job.id !== id),
        bytes: HashMap.filter(one.bytes, (_, path) => !path.startsWith(`${root}/outputs/${id}/`))
      }))
  }
})

export type Jobs = Effect.Effect.Success<ReturnType<typeof make>>

// ------------------------------------------------------------------------------------------------------------- showing

const pacific = DateTime.zoneMakeOffset(-8 * 60 * 60 * 1000)

/** A moment as Python's isoformat writes it, in the time zone of California's winter. */
const isoformat = (moment: DateTime.Utc): string =>
  DateTime.formatIsoOffset(DateTime.setZone(moment, pacific)).replace(
    /\.(\d{3})/,
    (_, millis: string) => millis === "000" ? "" : `.${millis}000`
  )

const two = (value: number): string => String(value).padStart(2, "0")

/** A duration such as `00:00:02.450140` or `3 00:00:02`, with days. */
export const duration = (millis: number): string => {
  const seconds = Math.floor(millis / 1000)
  const days = Math.floor(seconds / 86400)
  const fraction = millis % 1000
  return `${days === 0 ? "" : `${days} `}${two(Math.floor(seconds / 3600) % 24)}:${
    two(Math.floor(seconds / 60) % 60)
  }:${two(seconds % 60)}${fraction === 0 ? "" : `.${String(fraction).padStart(3, "0")}000`}`
}

const quoted = (text: string): string => {
  const quote = text.includes("'") && !text.includes("\"") ? "\"" : "'"
  const inner = JSON.stringify(text).slice(1, -1).replaceAll("\\\"", "\"")
  return `${quote}${quote === "'" ? inner.replaceAll("'", "\\'") : inner}${quote}`
}

/** How Python writes a value: as JSON, and with `repr`. */
const styles = {
  json: { null: "null", true: "true", false: "false", text: (text: string) => JSON.stringify(text) },
  repr: { null: "None", true: "True", false: "False", text: quoted }
} as const

export const python = (value: unknown, as: keyof typeof styles): string => {
  const style = styles[as]
  if (Array.isArray(value)) return `[${value.map((one: unknown) => python(one, as)).join(", ")}]`
  if (Predicate.isRecord(value)) {
    return `{${Object.entries(value).map(([key, one]) => `${style.text(key)}: ${python(one, as)}`).join(", ")}}`
  }
  return Predicate.isString(value)
    ? style.text(value)
    : Predicate.isBoolean(value)
    ? style[value ? "true" : "false"]
    : Predicate.isNumber(value)
    ? String(value)
    : style.null
}

/** The last state of a job. */
export const lastOf = (job: Job): Option.Option<Status> => Arr.last(job.statuses)

/** Megabytes with four decimals, as text. */
const sizeOf = (bytes: number): string => (bytes / 1_000_000).toFixed(4)

/** `api` is the wrong address of the API that the server puts in links. `suffix` follows the ids in links. */
export const showJob = (job: Job, api: string, suffix: string) => ({
  url: `${api}/job/${job.id}${suffix}`,
  id: job.id,
  identifier: job.identifier,
  status: Option.getOrNull(Option.map(lastOf(job), ({ name }) => name)),
  status_links: job.statuses.map(({ id }) => `${api}/status/${id}${suffix}`),
  elapsed: Option.getOrNull(
    Option.map(lastOf(job), ({ created }) => duration(created.epochMillis - job.accepted.epochMillis))
  ),
  output: job.outputs.map(({ bytes, id, remote }) => ({ id, remote, size: sizeOf(bytes) })),
  accepted: isoformat(job.accepted),
  datainputs: python(job.inputs, "json")
})

export const showStatus = (status: Status, job: Job) => ({
  id: status.id,
  status: status.name,
  message: status.messages.map(({ created, id, percent, text }) => ({
    id,
    message: text,
    percent,
    created_date: isoformat(created),
    status: status.id
  })),
  created_date: isoformat(status.created),
  updated_date: isoformat(status.created),
  job: job.id
})

const natural = (text: string | null): number | undefined =>
  text !== null && /^\s*\+?\d+\s*$/.test(text) ? Number(text) : undefined

/** A page of a list. A limit that is missing, 0 or no number is the default; any number is allowed. */
export const showPage = (
  jobs: ReadonlyArray<Job>,
  asked: { readonly origin: string; readonly url: URL; readonly api: string; readonly pageSize: number }
) => {
  const { api, origin, pageSize, url } = asked
  const limit = natural(url.searchParams.get("limit")) || pageSize
  const offset = natural(url.searchParams.get("offset")) ?? 0
  const link = (at: number): string => {
    const query = new URLSearchParams(url.searchParams)
    query.set("limit", String(limit))
    if (at <= 0) query.delete("offset")
    else query.set("offset", String(at))
    query.sort()
    return `${origin}${url.pathname}?${query.toString()}`
  }
  return {
    count: jobs.length,
    next: offset + limit >= jobs.length ? null : link(offset + limit),
    previous: offset === 0 ? null : link(offset - limit),
    results: jobs.slice(offset, offset + limit).map((job) => showJob(job, api, "/"))
  }
}
