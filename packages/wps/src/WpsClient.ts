/**
 * The client of a Web Processing Service: asks what the service offers, runs processes, follows jobs, fetches their
 * outputs.
 *
 * Requests to the named origins are authorized by the `Auth` service. Every failure is a typed error.
 *
 * @since 0.1.0
 */
import type * as Auth from "@effect-wps/auth/Auth"
import type { AuthError, InvalidOrigin } from "@effect-wps/auth/AuthError"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Capabilities } from "./Capabilities.ts"
import type { Reference } from "./DataValue.ts"
import * as Execute from "./Execute.ts"
import type { ExecuteMode, OutputRequest, ResponseForm } from "./Execute.ts"
import { asked } from "./internal/asked.ts"
import { concatenate } from "./internal/bytes.ts"
import * as jobsInternal from "./internal/jobs.ts"
import * as raws from "./internal/rawData.ts"
import { isJob, type JobDocument } from "./internal/receive.ts"
import { fromEntries, get, keys } from "./internal/record.ts"
import * as serviceInternal from "./internal/service.ts"
import { span } from "./internal/span.ts"
import { validate, validateForm } from "./internal/validate.ts"
import type { Job, JobReference, PollOptions } from "./Job.ts"
import * as Operation from "./Operation.ts"
import type { ProcessDescription } from "./ProcessDescription.ts"
import { InputFault, InvalidInputs, type InvalidUrl, type RequestError, type WpsError } from "./WpsError.ts"
import type { WpsProtocol } from "./WpsProtocol.ts"

/**
 * How to set up a client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The service's address. Every request keeps the parameters that it has, such as `?map=/a.map`. */
  readonly url: string
  /**
   * The version to speak, or several of them, best first. With several, the client asks for the capabilities before
   * anything else, and the service chooses the version. @default `Wps100`
   */
  readonly protocol?: WpsProtocol | ReadonlyArray<WpsProtocol> | undefined
  /**
   * Origins that get the credentials besides the endpoint's own, such as that of a server that stores results. A
   * request to any other origin is sent without them.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /** The language of titles and messages (RFC 4646), if the service has several. */
  readonly language?: string | undefined
  /**
   * Whether the client checks inputs against the process's description before it sends them: `always` asks for the
   * description, `described` uses it if it is already known, `never` leaves the check to the server.
   * @default "described"
   */
  readonly validate?: "always" | "described" | "never" | undefined
  /** How to wait for jobs. */
  readonly poll?: PollOptions | undefined
  /**
   * Where requests go: to the `given` address, or each operation to the address that the service `advertised` for it.
   * Behind a proxy, advertised addresses are often wrong. One at an origin that was not named is refused with
   * `InvalidUrl`. @default "given"
   */
  readonly operationUrls?: "given" | "advertised" | undefined
  /**
   * Changes the addresses that the service gives (of status documents, stored outputs and operations) before the client
   * uses them, for a service that names an internal host. The changed address decides whether the request gets the
   * credentials.
   */
  readonly rewriteUrl?: ((url: string) => string) | undefined
  /**
   * How long an answer may take. An Execute has no such limit, because it may run for hours. For a download, it limits
   * the wait for the next bytes. The time of a login is not counted. @default "1 minute"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** How long capabilities and descriptions are cached. @default "1 hour" */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** Which responses mean that the server refused the credentials. @default HTTP 401 */
  readonly refusal?: ((response: HttpClientResponse.HttpClientResponse) => Effect.Effect<boolean>) | undefined
  /**
   * When to retry a request for capabilities, a description or a download that got no answer or an unusable one. An
   * Execute is never retried. `poll` says how jobs are followed. @default never
   */
  readonly retry?: Schedule.Schedule<unknown> | undefined
  /**
   * Changes the HTTP client below the credentials: a proxy's header, a rate limit. A client that repeats requests there
   * also repeats an Execute, and so runs its process twice.
   */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * Options of which each is given as it is, or by a `Config`: what a deployment decides.
 *
 * @since 0.1.0
 * @category models
 */
export type ConfigOptions<O> = { readonly [K in keyof O]: O[K] | Config.Config<Exclude<O[K], undefined>> }

/**
 * How to run one operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  /** @default "async" for `execute`, "sync" for `run` */
  readonly mode?: ExecuteMode | undefined
  /** Whether the job's document repeats the request's inputs and outputs (WPS 1.0.0). @default false */
  readonly lineage?: boolean | undefined
  /** How to wait for this job. It overrides the client's options. */
  readonly poll?: PollOptions | undefined
}

/**
 * How to ask for the bytes of one output.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawOptions {
  /** Which output, if there are several. */
  readonly output?: string | undefined
  /** WPS 1.0.0 has `sync` only. With any other mode the client waits for the job. @default "sync" */
  readonly mode?: ExecuteMode | undefined
  /** How to wait for the job. It overrides the client's options. */
  readonly poll?: PollOptions | undefined
}

/**
 * The bytes of an output as the server sends them. They can be read once. The connection is open until the stream ends
 * or is interrupted, or until the scope closes.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawData {
  readonly contentType: Option.Option<string>
  /** In bytes. None if the server does not name it, or has compressed the body. */
  readonly contentLength: Option.Option<number>
  readonly stream: Stream.Stream<Uint8Array, RequestError>
}

/**
 * The errors of a single request to a service.
 *
 * @since 0.1.0
 * @category errors
 */
export type RequestFailure = RequestError | AuthError

/**
 * The errors of a run of a process.
 *
 * @since 0.1.0
 * @category errors
 */
export type Failure = WpsError | AuthError

/**
 * The operations of a client.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly url: string
  readonly capabilities: Effect.Effect<Capabilities, RequestFailure>
  readonly describe: (identifier: string) => Effect.Effect<ProcessDescription, RequestFailure>
  readonly describeAll: Effect.Effect<ReadonlyArray<ProcessDescription>, RequestFailure>
  readonly execute: <A>(operation: Operation.Operation<A>, options?: RunOptions) => Effect.Effect<Job<A>, Failure>
  readonly executeScoped: <A>(
    operation: Operation.Operation<A>,
    options?: RunOptions
  ) => Effect.Effect<Job<A>, Failure, Scope.Scope>
  readonly run: <A>(operation: Operation.Operation<A>, options?: RunOptions) => Effect.Effect<A, Failure>
  readonly raw: <A>(
    operation: Operation.Operation<A>,
    options?: RawOptions
  ) => Effect.Effect<RawData, Failure, Scope.Scope>
  readonly attach: <A>(
    reference: JobReference,
    outputs: Operation.Outputs<A>,
    options?: { readonly poll?: PollOptions | undefined }
  ) => Effect.Effect<Job<A>, Failure>
  readonly download: (reference: Reference | string) => Effect.Effect<RawData, RequestFailure, Scope.Scope>
}

/**
 * A client of one service.
 *
 * @since 0.1.0
 * @category tags
 */
export class WpsClient extends Context.Tag("@effect-wps/wps/WpsClient")<WpsClient, Service>() {}

/**
 * Makes a client. It lives in the scope: closing the scope ends look-ups that are still running.
 *
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { WpsClient } from "@effect-wps/wps"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const titles = Effect.gen(function*() {
 *   const client = yield* WpsClient.make({ url: "https://example.org/wps" })
 *   const { processes } = yield* client.capabilities
 *   return processes.map((process) => process.title)
 * }).pipe(Effect.scoped, Effect.provide([FetchHttpClient.layer, Auth.layerAnonymous]))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<
  Service,
  InvalidUrl | InvalidOrigin,
  HttpClient.HttpClient | Auth.Auth | Scope.Scope
> {
  const service = yield* serviceInternal.make(options)
  const { ask, descriptions, other } = service
  const download = raws.download(service)
  const jobs = jobsInternal.make(service, {
    fetch: (reference) =>
      Effect.scoped(Effect.flatMap(
        download(reference),
        ({ contentType, stream }) =>
          Effect.map(Stream.runCollect(stream), (chunks) => ({ content: concatenate(chunks), contentType }))
      ))
  })
  const rawData = raws.make(service, jobs, download)
  const language = Option.fromNullable(options.language)
  const pollOf = (poll: PollOptions | undefined): PollOptions => ({ ...options.poll, ...poll })

  // ---------------------------------------------------------------------------------------------------------- execute

  /** The description to check a request against, if there is one. */
  const known = (identifier: string): Effect.Effect<Option.Option<ProcessDescription>, Failure> =>
    options.validate === "never"
      ? Effect.succeedNone
      : options.validate === "always"
      ? Effect.asSome(descriptions.get(identifier))
      : descriptions.peek(identifier)

  const check = Effect.fnUntraced(function*(
    description: Option.Option<ProcessDescription>,
    request: serviceInternal.GivenRequest
  ) {
    const faults = Option.match(description, { onNone: () => [], onSome: (one) => validate(one, request) })
    if (faults.length === 0) return
    const unwritable = service.unwritable(yield* service.protocol, request)
    yield* new InvalidInputs({ identifier: request.identifier, faults: [...faults, ...unwritable] })
  })

  /** Lists every output, for a document that is stored or has lineage: it must name its outputs. */
  const everyOutput = (identifier: string): Effect.Effect<ReadonlyArray<OutputRequest>, Failure> =>
    Effect.map(
      descriptions.get(identifier),
      ({ outputs }) => outputs.map((output) => Operation.request(output.identifier))
    )

  const request = Effect.fnUntraced(function*(operation: Operation.Operation<unknown>, response: ResponseForm) {
    const { identifier } = operation
    const description = yield* known(identifier)
    const inputs = yield* Effect.mapError(operation.inputs, ({ faults }) =>
      new InvalidInputs({
        identifier,
        faults: [
          ...faults,
          ...Option.match(description, { onNone: () => [], onSome: (one) => validateForm(one, { response }) })
        ]
      }))
    const request: serviceInternal.GivenRequest = { identifier, inputs, response, language }
    yield* check(description, request)
    return request
  })

  const submit = Effect.fnUntraced(function*(
    operation: Operation.Operation<unknown>,
    mode: ExecuteMode,
    lineage: boolean
  ): Effect.fn.Return<JobDocument, Failure> {
    const { identifier } = operation
    const what = asked("Execute", identifier)
    const protocol = yield* service.protocol
    const form = { _tag: "Document", outputs: operation.outputs, mode, lineage } as const
    const outputs = operation.outputs.length === 0 && protocol.mustNameOutputs(form)
      ? yield* everyOutput(identifier)
      : operation.outputs
    const execute = yield* request(operation, { ...form, outputs })
    yield* Effect.annotateCurrentSpan({ "wps.process.id": identifier, "wps.mode": mode })
    const document = yield* ask(what, protocol, { _tag: "Execute", request: execute })
    return isJob(document) ? document : yield* other(what, document._tag)
  })

  const execute = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run?: RunOptions
  ): Effect.fn.Return<Job<A>, Failure> {
    const poll = pollOf(run?.poll)
    const since = yield* Clock.currentTimeMillis
    const submitted = submit(operation, run?.mode ?? "async", run?.lineage ?? false)
    const first = yield* jobs.inTime({ identifier: operation.identifier, poll, since }, submitted)
    return yield* jobs.follow(operation, first, jobs.referenceOf(operation.identifier, first), poll, since)
  }, span("WpsClient.execute"))

  const run = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run?: RunOptions
  ): Effect.fn.Return<A, Failure> {
    const poll = pollOf(run?.poll)
    const since = yield* Clock.currentTimeMillis
    const submitted = submit(operation, run?.mode ?? "sync", run?.lineage ?? false)
    const asked = { identifier: operation.identifier, poll, since }
    const first = yield* jobs.inTime(asked, submitted)
    if (Execute.isTerminal(first.value.status) && first._tag !== "StatusInfo") {
      const last = Option.some(first.value.status)
      return yield* jobs.inTime({ ...asked, last }, jobs.readResult(operation.identifier, operation, first.value))
    }
    const reference = jobs.referenceOf(operation.identifier, first)
    const job = yield* jobs.follow(operation, first, reference, poll, since)
    return yield* job.result
  }, span("WpsClient.run"))

  const attach = Effect.fnUntraced(function*<A>(
    reference: JobReference,
    outputs: Operation.Outputs<A>,
    run?: { readonly poll?: PollOptions | undefined }
  ): Effect.fn.Return<Job<A>, Failure> {
    const poll = pollOf(run?.poll)
    const since = yield* Clock.currentTimeMillis
    return yield* jobs.follow(outputs, yield* jobs.find(reference, poll, since), Either.right(reference), poll, since)
  }, span("WpsClient.attach"))

  /** The request for the raw data of one output, and that output. */
  const rawRequest = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run: RawOptions | undefined
  ): Effect.fn.Return<readonly [serviceInternal.GivenRequest, OutputRequest], Failure> {
    const { identifier } = operation
    const outputs = operation.outputs.length === 0 ? yield* everyOutput(identifier) : operation.outputs
    const chosen = run?.output === undefined
      ? outputs.length === 1 ? outputs[0] : undefined
      : outputs.find((output) => output.identifier === run.output)
    if (chosen === undefined) {
      const names = outputs.map((output) => output.identifier).join(", ")
      return yield* new InvalidInputs({
        identifier,
        faults: [
          new InputFault({
            input: run?.output ?? "output",
            reason: run?.output === undefined
              ? `raw data is that of one output; name one of ${names}`
              : `is no output; there is ${names}`
          })
        ]
      })
    }
    const output = { ...chosen, asReference: false }
    return [yield* request(operation, { _tag: "Raw", output, mode: run?.mode ?? "sync" }), output]
  })

  const raw = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run?: RawOptions
  ): Effect.fn.Return<RawData, Failure, Scope.Scope> {
    const { identifier } = operation
    const asked = { identifier, poll: pollOf(run?.poll), since: yield* Clock.currentTimeMillis }
    const [execute, output] = yield* jobs.inTime(asked, rawRequest(operation, run))
    return yield* rawData(execute, output, asked)
  }, span("WpsClient.raw"))

  return {
    url: service.url,
    capabilities: span("WpsClient.capabilities")(service.capabilities),
    describe: (identifier) => span("WpsClient.describe")(descriptions.get(identifier)),
    describeAll: span("WpsClient.describeAll")(service.describeAll),
    execute,
    executeScoped: (operation, options) => jobs.scoped(execute(operation, options)),
    run,
    raw,
    attach,
    download
  }
})

/**
 * A client of the service at a URL. It uses the `HttpClient` and the `Auth` that are provided.
 *
 * @example
 * ```ts
 * import { BearerAuth } from "@effect-wps/auth"
 * import { WpsClient } from "@effect-wps/wps"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Layer, Redacted } from "effect"
 *
 * const Client = WpsClient.layer({ url: "https://example.org/wps" }).pipe(
 *   Layer.provide(BearerAuth.layer(Redacted.make("a token"))),
 *   Layer.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options
): Layer.Layer<WpsClient, InvalidUrl | InvalidOrigin, HttpClient.HttpClient | Auth.Auth> =>
  Layer.scoped(WpsClient, make(options))

/**
 * A client whose address comes from the configuration. Other settings that depend on the deployment may, too.
 *
 * @example
 * ```ts
 * import { Wps200, WpsClient } from "@effect-wps/wps"
 * import { Config } from "effect"
 *
 * const Client = WpsClient.layerConfig({ url: Config.string("WPS_URL"), protocol: Wps200.Wps200 })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: ConfigOptions<Options>
): Layer.Layer<WpsClient, InvalidUrl | InvalidOrigin | ConfigError.ConfigError, HttpClient.HttpClient | Auth.Auth> =>
  Layer.scoped(WpsClient, Effect.flatMap(unwrapOptions(options), make))

/**
 * Reads the options that the configuration gives. For layers that add options to those of a client.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Config } from "effect"
 *
 * interface Mine extends WpsClient.Options {
 *   readonly queue: string
 * }
 * const options = WpsClient.unwrapOptions<Mine>({ url: Config.string("WPS_URL"), queue: "long" })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const unwrapOptions = <O>(options: ConfigOptions<O>): Effect.Effect<O, ConfigError.ConfigError> =>
  Effect.map(
    Effect.forEach(keys(options), (name) => {
      const option: unknown = get(options, name)
      return Effect.map(Config.isConfig(option) ? option : Effect.succeed(option), (value) => [name, value] as const)
    }),
    fromEntries<O>
  )

/**
 * What the service offers. The client asks once, and caches the answer for `timeToLive`.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const identifiers = Effect.map(WpsClient.capabilities, ({ processes }) => processes.map((one) => one.identifier))
 * ```
 *
 * @see OGC 05-007r7 §8
 * @since 0.1.0
 * @category operations
 */
export const capabilities: Effect.Effect<Capabilities, RequestFailure, WpsClient> = Effect.flatMap(
  WpsClient,
  (client) => client.capabilities
)

/**
 * What a process takes and gives. Descriptions asked for at the same time share one request. Each is cached for
 * `timeToLive`; a failure is not cached.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const both = Effect.all([WpsClient.describe("buffer"), WpsClient.describe("clip")], { concurrency: "unbounded" })
 * ```
 *
 * @see OGC 05-007r7 §9
 * @since 0.1.0
 * @category operations
 */
export const describe = (identifier: string): Effect.Effect<ProcessDescription, RequestFailure, WpsClient> =>
  Effect.flatMap(WpsClient, (client) => client.describe(identifier))

/**
 * What every process takes and gives.
 *
 * @see OGC 05-007r7 §9.2 (ALL)
 * @since 0.1.0
 * @category operations
 */
export const describeAll: Effect.Effect<ReadonlyArray<ProcessDescription>, RequestFailure, WpsClient> = Effect.flatMap(
  WpsClient,
  (client) => client.describeAll
)

/**
 * Starts a process and gives its job. An Execute is never sent twice, because it may have arrived the first time.
 *
 * @example
 * ```ts
 * import { Operation, WpsClient } from "@effect-wps/wps"
 * import { Console, Effect, Stream } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const job = yield* WpsClient.execute(Operation.make({ identifier: "long", outputs: ["result"] }))
 *   yield* Stream.runForEach(job.changes, (status) => Console.log(status._tag, status.message))
 *   return yield* job.result
 * })
 * ```
 *
 * @see OGC 05-007r7 §10
 * @since 0.1.0
 * @category operations
 */
export const execute = <A>(
  operation: Operation.Operation<A>,
  options?: RunOptions
): Effect.Effect<Job<A>, Failure, WpsClient> =>
  Effect.flatMap(WpsClient, (client) => client.execute(operation, options))

/**
 * Starts a process and gives its job. If the scope closes before the job is done (by an interruption, a failure, or
 * because nobody needs the job any more), the job is dismissed. If the server cannot dismiss it, that is not an error.
 *
 * @example
 * ```ts
 * import { Execute, Operation, WpsClient } from "@effect-wps/wps"
 * import { Effect, Option, Stream } from "effect"
 *
 * const firstHalf = Effect.scoped(Effect.gen(function*() {
 *   const job = yield* WpsClient.executeScoped(Operation.make({ identifier: "long", outputs: ["result"] }))
 *   const isHalf = (status: Execute.JobStatus) => Option.exists(status.percent, (percent) => percent >= 50)
 *   return yield* Stream.runLast(Stream.takeUntil(job.changes, isHalf))
 * }))
 * ```
 *
 * @see OGC 14-065r2 §12 (Dismiss)
 * @since 0.1.0
 * @category operations
 */
export const executeScoped = <A>(
  operation: Operation.Operation<A>,
  options?: RunOptions
): Effect.Effect<Job<A>, Failure, WpsClient | Scope.Scope> =>
  Effect.flatMap(WpsClient, (client) => client.executeScoped(operation, options))

/**
 * Runs a process and gives its result.
 *
 * @example
 * ```ts
 * import { Input, Output, Process, WpsClient } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const hello = Process.make("hello", {
 *   inputs: { name: Input.literal(Schema.String) },
 *   outputs: { output: Output.literal(Schema.String) }
 * })
 * const program = WpsClient.run(hello({ name: "Ada" }))
 * ```
 *
 * @see OGC 05-007r7 §10
 * @since 0.1.0
 * @category operations
 */
export const run = <A>(operation: Operation.Operation<A>, options?: RunOptions): Effect.Effect<A, Failure, WpsClient> =>
  Effect.flatMap(WpsClient, (client) => client.run(operation, options))

/**
 * Runs a process and gives the bytes of one output as they arrive, in bounded memory, with their content type. The
 * scope holds the connection.
 *
 * @example
 * ```ts
 * import { Operation, WpsClient } from "@effect-wps/wps"
 * import { Effect, Stream } from "effect"
 *
 * const size = Effect.scoped(Effect.gen(function*() {
 *   const { contentType, stream } = yield* WpsClient.raw(Operation.make({ identifier: "image", outputs: ["png"] }))
 *   return [contentType, yield* Stream.runFold(stream, 0, (bytes, chunk) => bytes + chunk.length)]
 * }))
 * ```
 *
 * @see OGC 05-007r7 §10.3.2
 * @since 0.1.0
 * @category operations
 */
export const raw = <A>(
  operation: Operation.Operation<A>,
  options?: RawOptions
): Effect.Effect<RawData, Failure, WpsClient | Scope.Scope> =>
  Effect.flatMap(WpsClient, (client) => client.raw(operation, options))

/**
 * The bytes of one output. Each run of the stream runs the process.
 *
 * @example
 * ```ts
 * import { Operation, WpsClient } from "@effect-wps/wps"
 * import { FileSystem } from "@effect/platform"
 * import { Effect, Stream } from "effect"
 *
 * const save = Effect.flatMap(FileSystem.FileSystem, (fs) =>
 *   Stream.run(WpsClient.rawStream(Operation.make({ identifier: "image", outputs: ["png"] })), fs.sink("image.png")))
 * ```
 *
 * @see OGC 05-007r7 §10.3.2
 * @since 0.1.0
 * @category operations
 */
export const rawStream = <A>(
  operation: Operation.Operation<A>,
  options?: RawOptions
): Stream.Stream<Uint8Array, Failure, WpsClient> =>
  Stream.unwrapScoped(Effect.map(raw(operation, options), ({ stream }) => stream))

/**
 * Finds a job again by its reference. The process or operation says how to read its outputs.
 *
 * @example
 * ```ts
 * import { Job, Output, Process, WpsClient } from "@effect-wps/wps"
 * import { Effect, Schema } from "effect"
 *
 * const long = Process.make("long", { inputs: {}, outputs: { answer: Output.literal(Schema.Int) } })
 *
 * const resume = (saved: string) =>
 *   Effect.gen(function*() {
 *     const reference = yield* Schema.decode(Schema.parseJson(Job.JobReference))(saved)
 *     const job = yield* WpsClient.attach(reference, long)
 *     return yield* job.result
 *   })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const attach = <A>(
  reference: JobReference,
  outputs: Operation.Outputs<A>,
  options?: { readonly poll?: PollOptions | undefined }
): Effect.Effect<Job<A>, Failure, WpsClient> =>
  Effect.flatMap(WpsClient, (client) => client.attach(reference, outputs, options))

/**
 * The bytes that a reference leads to, as they arrive, with their content type. The scope holds the connection. Only
 * the endpoint's origin and those in `origins` get the credentials.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect, Stream } from "effect"
 *
 * const text = Effect.scoped(Effect.gen(function*() {
 *   const { contentLength, stream } = yield* WpsClient.download("https://example.org/outputs/1.csv")
 *   yield* Effect.logInfo("bytes to come", contentLength)
 *   return yield* Stream.mkString(Stream.decodeText(stream))
 * }))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const download = (
  reference: Reference | string
): Effect.Effect<RawData, RequestFailure, WpsClient | Scope.Scope> =>
  Effect.flatMap(WpsClient, (client) => client.download(reference))

/**
 * The bytes that a reference leads to. Each run of the stream sends the request, with credentials as `download` does.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Stream } from "effect"
 *
 * const text = Stream.mkString(Stream.decodeText(WpsClient.downloadStream("https://example.org/outputs/1.csv")))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const downloadStream = (reference: Reference | string): Stream.Stream<Uint8Array, RequestFailure, WpsClient> =>
  Stream.unwrapScoped(Effect.map(download(reference), ({ stream }) => stream))
