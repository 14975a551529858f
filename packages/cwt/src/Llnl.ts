/**
 * ESGF's compute node at LLNL: a client that adapts to its server, and an API for the jobs that the node keeps.
 *
 * @since 0.1.0
 */
import * as Auth from "@effect-wps/auth/Auth"
import type { AuthError } from "@effect-wps/auth/AuthError"
import { Endpoint, Execute, Job as WpsJob, WpsClient, type WpsError } from "@effect-wps/wps"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashSet from "effect/HashSet"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { InvalidDataInputs } from "./CwtError.ts"
import * as DataInputs from "./DataInputs.ts"
import { explain } from "./internal/explain.ts"
import * as clientInternal from "./internal/llnlClient.ts"
import * as jobsInternal from "./internal/llnlJobs.ts"

/**
 * The options of a client for a node.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options extends WpsClient.Options {
  /** The whole URL of the node's own API. It gets credentials, as the endpoint does. @default `${url}/api` */
  readonly api?: string | undefined
}

/**
 * A file that a job has produced.
 *
 * @since 0.1.0
 * @category models
 */
export interface Output {
  readonly uri: string
  /** The size in megabytes. */
  readonly size: Option.Option<number>
}

/**
 * A job in the node's records.
 *
 * @since 0.1.0
 * @category models
 */
export class Job extends Data.Class<{
  readonly id: number
  /** The identifier of the process. */
  readonly identifier: string
  /** The status, without a message or a percentage. Those are in the history. */
  readonly status: Execute.JobStatus
  /** When the node accepted the job. None for a job that the node has not accepted yet. */
  readonly accepted: Option.Option<DateTime.Utc>
  /** How long the job took, or has taken so far. */
  readonly elapsed: Option.Option<Duration.Duration>
  readonly outputs: ReadonlyArray<Output>
  /** The ids of the status reports in the job's history. */
  readonly statusIds: ReadonlyArray<number>
  /** The data inputs of the job, as JSON. */
  readonly request: Option.Option<string>
  /** The reference with which `WpsClient.attach` follows the job. */
  readonly reference: WpsJob.JobReference
}> {
  /** The data inputs of the job. Each access decodes them. */
  get inputs(): Either.Either<DataInputs.DataInputs, InvalidDataInputs> {
    return Either.flatMap(
      Either.fromOption(this.request, () => new InvalidDataInputs({ reason: "the node has not kept them" })),
      (request) => Either.mapLeft(readInputs(request), ({ issue }) => new InvalidDataInputs({ reason: explain(issue) }))
    )
  }
}

const readInputs = Schema.decodeEither(DataInputs.FromJson)

/**
 * A message from a process at one time.
 *
 * @since 0.1.0
 * @category models
 */
export interface Message {
  readonly text: string
  readonly percent: Option.Option<number>
  readonly created: DateTime.Utc
}

/**
 * One state of a job, and the messages during it, in order of time.
 *
 * @since 0.1.0
 * @category models
 */
export interface StatusReport {
  readonly id: number
  /** The status, with the last message and its percentage. */
  readonly status: Execute.JobStatus
  readonly created: DateTime.Utc
  readonly messages: ReadonlyArray<Message>
}

/**
 * The options for listing jobs.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobsOptions {
  /** How many jobs to request at a time, at least 1. @default 50 */
  readonly pageSize?: number | undefined
}

/**
 * The operations of a node's own API.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  /** The URL of the API. */
  readonly url: string
  readonly jobs: (options?: JobsOptions) => Stream.Stream<Job, WpsClient.Failure>
  readonly job: (id: number) => Effect.Effect<Job, WpsClient.Failure>
  readonly history: (job: Job) => Effect.Effect<ReadonlyArray<StatusReport>, WpsClient.Failure>
  readonly remove: (job: Job | number) => Effect.Effect<void, WpsClient.Failure>
}

/**
 * The API of one node.
 *
 * @since 0.1.0
 * @category tags
 */
export class Llnl extends Context.Tag("@effect-wps/cwt/Llnl")<Llnl, Service>() {}

// ------------------------------------------------------------------------------------------------------- the addresses

const withoutSlash = (path: string): string => path.replace(/\/+$/, "")

const apiOf = (endpoint: URL, given: string | undefined): Either.Either<URL, WpsError.InvalidUrl> =>
  Either.map(given === undefined ? Either.right(new URL(endpoint)) : Endpoint.parse(given), (url) => {
    url.pathname = withoutSlash(url.pathname) + (given === undefined ? "/api" : "")
    if (given === undefined) url.search = ""
    url.hash = ""
    return url
  })

/**
 * The API's URL without a slash at the end. The path of a server's root always ends with one, so it is cut off here.
 */
const addressOf = (api: URL): string => api.origin + withoutSlash(api.pathname)

// ------------------------------------------------------------------------------------------------------- the documents

const statusOf = (
  state: Option.Option<string>,
  said: { readonly message: string; readonly percent: Option.Option<number> } = { message: "", percent: Option.none() }
): Execute.JobStatus => {
  const name = Option.getOrElse(state, () => "")
  switch (name) {
    case "ProcessAccepted":
      return Execute.JobStatus.Accepted(said)
    case "ProcessStarted":
      return Execute.JobStatus.Running(said)
    case "ProcessPaused":
      return Execute.JobStatus.Paused(said)
    case "ProcessSucceeded":
      return Execute.JobStatus.Succeeded(said)
    case "ProcessFailed":
      return Execute.JobStatus.Failed({ ...said, exceptions: [] })
    default:
      return Execute.JobStatus.Other({ ...said, state: name })
  }
}

const toJob = (api: URL, json: jobsInternal.Job): Job =>
  new Job({
    id: json.id,
    identifier: json.identifier,
    status: statusOf(json.status),
    accepted: json.accepted,
    elapsed: Option.flatMap(json.elapsed, jobsInternal.readElapsed),
    outputs: json.output.map(({ remote, size }) => ({ uri: remote, size })),
    statusIds: json.status_links.flatMap((link) => Option.toArray(jobsInternal.readStatusId(link))),
    request: json.datainputs,
    reference: new WpsJob.JobReference({
      identifier: json.identifier,
      statusLocation: Option.some(`${addressOf(api)}/job/${json.id}.wps`),
      jobId: Option.none()
    })
  })

const byTime = Order.mapInput(
  Order.tuple(Order.number, Order.number),
  (one: { readonly created: DateTime.Utc; readonly id: number }) => [one.created.epochMillis, one.id] as const
)

const toReport = ({ created_date, id, message, status }: jobsInternal.Status): StatusReport => {
  const messages = message
    .map((one) => ({
      id: one.id,
      text: Option.getOrElse(one.message, () => ""),
      percent: one.percent,
      created: one.created_date
    }))
    .sort(byTime)
    .map(({ created, percent, text }): Message => ({ text, percent, created }))
  const last = messages.at(-1)
  return {
    id,
    status: statusOf(status, last === undefined ? undefined : { message: last.text, percent: last.percent }),
    created: created_date,
    messages
  }
}

// --------------------------------------------------------------------------------------------------------- the service

const span =
  (name: string, attributes?: Record<string, unknown>) =>
  <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.withSpan(effect, name, { captureStackTrace: false, ...(attributes === undefined ? {} : { attributes }) })

const service = (api: URL, ask: jobsInternal.Api): Service => {
  const page = (limit: number, offset: number) =>
    ask.get({ operation: "ListJobs", jobId: Option.none() }, "/job/", jobsInternal.Page, {
      limit: `${limit}`,
      offset: `${offset}`
    }).pipe(
      Effect.tap(({ results: { jobs, length } }) =>
        jobs.length === length ? Effect.void : Effect.logWarning(
          `${length - jobs.length} of ${length} jobs that ${
            addressOf(api)
          }/job/ lists have no id or process that can be read, and are left out`
        )
      ),
      span("Llnl.jobs", { "llnl.offset": offset })
    )

  return {
    url: addressOf(api),
    jobs: (options) => {
      const { pageSize = 50 } = options ?? {}
      const limit = pageSize >= 1 ? Math.floor(pageSize) : 1
      return Stream.paginateChunkEffect(
        { offset: 0, seen: HashSet.empty<number>() },
        ({ offset, seen }) =>
          Effect.map(page(limit, offset), ({ next, results: { jobs, length } }) => {
            const fresh = [
              ...new Map(jobs.filter(({ id }) => !HashSet.has(seen, id)).map((one) => [one.id, one])).values()
            ]
            // Only the existence of the link counts, not its address. A page that brings nothing new is the last one.
            const more = Option.filter(next, (link) => link !== "" && fresh.length > 0)
            return [
              Chunk.fromIterable(fresh.map((json) => toJob(api, json))),
              Option.as(more, {
                offset: offset + length,
                // A union would go through all seen ids for each page.
                seen: HashSet.mutate(seen, (all) => fresh.forEach(({ id }) => HashSet.add(all, id)))
              })
            ] as const
          })
      )
    },
    job: (id) =>
      ask.get({ operation: "GetJob", jobId: Option.some(id) }, `/job/${id}/`, jobsInternal.Job).pipe(
        Effect.map((json) => toJob(api, json)),
        span("Llnl.job", { "llnl.job": id })
      ),
    history: ({ id, statusIds }) =>
      Effect.forEach(
        new Set(statusIds),
        (status) =>
          ask.get({ operation: "GetHistory", jobId: Option.some(id) }, `/status/${status}/`, jobsInternal.Status).pipe(
            Effect.map(Either.right),
            // A missing report does not fail the others.
            Effect.catchTag("JobNotFound", (error) => Effect.succeed(Either.left(error)))
          ),
        { concurrency: 4 }
      ).pipe(
        Effect.map(Arr.separate),
        Effect.flatMap(([[gone], reports]) =>
          gone !== undefined && reports.length === 0
            ? Effect.fail(gone)
            : Effect.succeed(reports.map(toReport).sort(byTime))
        ),
        span("Llnl.history", { "llnl.job": id })
      ),
    remove: (job) => {
      const id = typeof job === "number" ? job : job.id
      return ask.remove({ operation: "DeleteJob", jobId: Option.some(id) }, `/job/${id}/`).pipe(
        span("Llnl.remove", { "llnl.job": id })
      )
    }
  }
}

const make = Effect.fnUntraced(function*(
  { api: givenApi, ...options }: Options
): Effect.fn.Return<
  Context.Context<WpsClient.WpsClient | Llnl>,
  WpsError.InvalidUrl | AuthError,
  HttpClient.HttpClient | Auth.Auth | Scope.Scope
> {
  const endpoint = yield* Endpoint.parse(options.url)
  const api = yield* apiOf(endpoint, givenApi)
  const timeout = Duration.decode(options.timeout ?? "1 minute")
  const through = yield* clientInternal.make({ endpoint, api, timeout })
  const transformClient = (client: HttpClient.HttpClient) => through(options.transformClient?.(client) ?? client)

  const client = yield* WpsClient.make({
    ...options,
    transformClient,
    origins: [...(options.origins ?? []), api.origin]
  })
  const authorized = yield* Auth.authorizeClient(
    HttpClient.transform(
      transformClient(yield* HttpClient.HttpClient),
      (answer, request) =>
        // The limit also holds where interruption is off, such as in a finalizer.
        Effect.timeoutFail(Effect.interruptible(answer), {
          duration: timeout,
          onTimeout: () =>
            new HttpClientError.RequestError({ request, reason: "Transport", cause: new Cause.TimeoutException() })
        })
    ),
    {
      auth: yield* Auth.Auth,
      origins: [api.origin],
      ...(options.refusal === undefined ? {} : { refusal: options.refusal })
    }
  )
  return Context.make(WpsClient.WpsClient, client).pipe(
    Context.add(Llnl, service(api, jobsInternal.make(authorized, api, timeout)))
  )
})

/**
 * A client for the node at a URL, and the API for its jobs.
 *
 * The server deviates from WPS, and this `WpsClient` adapts to it:
 *
 * - It sends Django's CSRF token with each POST, to the endpoint's origin only.
 * - The server reports a refused access token in an answer with a success status, or by a crash. The client then renews
 *   the token as after a 401, and sends the request once more.
 * - It reads documents in which the server has left text unescaped.
 * - It needs no DescribeProcess, which the server does not have.
 *
 * @example
 * ```ts
 * import { BearerAuth } from "@effect-wps/auth"
 * import { Cdat, Llnl, Variable } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Console, Effect, Layer, Redacted, Stream } from "effect"
 *
 * const Node = Llnl.layer({ url: "https://compute.example.org/wps" }).pipe(
 *   Layer.provide(BearerAuth.layer(Redacted.make("token"))),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 *
 * const program = Effect.gen(function*() {
 *   const maximum = yield* WpsClient.run(Cdat.max({ inputs: [tas], axes: ["time"] }))
 *   yield* Console.log(maximum.uri)
 *   yield* Stream.runForEach(Llnl.jobs(), ({ id, status }) => Console.log(id, status._tag))
 * }).pipe(Effect.provide(Node))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<
  WpsClient.WpsClient | Llnl,
  WpsError.InvalidUrl | AuthError,
  HttpClient.HttpClient | Auth.Auth
> => Layer.scopedContext(make(options))

/**
 * A client for a node, with options from the configuration.
 *
 * @example
 * ```ts
 * import { Llnl } from "@effect-wps/cwt"
 * import { Config } from "effect"
 *
 * const Node = Llnl.layerConfig({ url: Config.string("WPS_URL") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: WpsClient.ConfigOptions<Options>
): Layer.Layer<
  WpsClient.WpsClient | Llnl,
  WpsError.InvalidUrl | AuthError | ConfigError.ConfigError,
  HttpClient.HttpClient | Auth.Auth
> => Layer.scopedContext(Effect.flatMap(WpsClient.unwrapOptions<Options>(options), make))

// ------------------------------------------------------------------------------------------------------ the operations

/**
 * The caller's jobs, each once. The stream requests pages as they are needed. The node promises no order. Removing jobs
 * while listing them shifts the pages that follow, so collect the list first. A job without a readable id or process is
 * left out, with a warning in the log.
 *
 * @example
 * ```ts
 * import { Llnl } from "@effect-wps/cwt"
 * import { Execute } from "@effect-wps/wps"
 * import { Effect, Stream } from "effect"
 *
 * const tidy = Stream.runCollect(Stream.filter(Llnl.jobs(), ({ status }) => Execute.isTerminal(status))).pipe(
 *   Effect.flatMap(Effect.forEach((job) => Llnl.remove(job), { discard: true }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const jobs = (options?: JobsOptions): Stream.Stream<Job, WpsClient.Failure, Llnl> =>
  Stream.unwrap(Effect.map(Llnl, (llnl) => llnl.jobs(options)))

/**
 * One job. Fails with `JobNotFound` if it does not exist, or belongs to somebody else.
 *
 * @example
 * ```ts
 * import { Llnl, Workflow } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const result = Effect.gen(function*() {
 *   const { identifier, reference } = yield* Llnl.job(42)
 *   const job = yield* WpsClient.attach(reference, Workflow.make(identifier, { inputs: [] }))
 *   return yield* job.result
 * })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const job = (id: number): Effect.Effect<Job, WpsClient.Failure, Llnl> =>
  Effect.flatMap(Llnl, (llnl) => llnl.job(id))

/**
 * The states of a job with all their messages, in order of time. A state that the node no longer knows is left out. If
 * the node knows none of them, the job is gone, and this fails with `JobNotFound`.
 *
 * @example
 * ```ts
 * import { Llnl } from "@effect-wps/cwt"
 * import { Effect } from "effect"
 *
 * const words = Llnl.job(42).pipe(
 *   Effect.flatMap(Llnl.history),
 *   Effect.map((reports) => reports.flatMap(({ messages }) => messages.map(({ text }) => text)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const history = (job: Job): Effect.Effect<ReadonlyArray<StatusReport>, WpsClient.Failure, Llnl> =>
  Effect.flatMap(Llnl, (llnl) => llnl.history(job))

/**
 * Removes a job from the node's records, and deletes its files. It does not stop the job: a running job goes on, and
 * nobody gets its result. Fails with `JobNotFound` if the job no longer exists.
 *
 * @example
 * ```ts
 * import { Llnl } from "@effect-wps/cwt"
 * import { Effect } from "effect"
 *
 * const removed = Llnl.remove(42).pipe(Effect.catchTag("JobNotFound", () => Effect.void))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const remove = (job: Job | number): Effect.Effect<void, WpsClient.Failure, Llnl> =>
  Effect.flatMap(Llnl, (llnl) => llnl.remove(job))
