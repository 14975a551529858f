/**
 * The client of a Web Processing Service: asks what it has, runs processes, follows jobs, fetches what they made.
 *
 * Everything that it sends goes through the `Auth` service to the origins that were named, and everything that can go
 * wrong is a typed error.
 *
 * @since 0.1.0
 */
import * as Auth from "@effect-wps/auth/Auth"
import type { AuthError } from "@effect-wps/auth/AuthError"
import * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as FiberRef from "effect/FiberRef"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Capabilities } from "./Capabilities.ts"
import type { Reference } from "./DataValue.ts"
import * as DataValue from "./DataValue.ts"
import type { ExecuteMode, ExecuteRequest, ExecuteResponse, OutputRequest, ResponseForm } from "./Execute.ts"
import * as Execute from "./Execute.ts"
import { type Asked, transportError } from "./internal/asked.ts"
import * as batched from "./internal/batched.ts"
import { concatenate } from "./internal/bytes.ts"
import * as endpoint from "./internal/endpoint.ts"
import { type Inside, inside } from "./internal/inside.ts"
import * as pollInternal from "./internal/poll.ts"
import { isJob, type JobDocument, receive } from "./internal/receive.ts"
import * as upload from "./internal/upload.ts"
import { validate } from "./internal/validate.ts"
import { defaultSchedule, type Job, JobReference, type PollOptions } from "./Job.ts"
import * as Operation from "./Operation.ts"
import type { ProcessDescription } from "./ProcessDescription.ts"
import * as Upload from "./Upload.ts"
import { Wps100 } from "./Wps100.ts"
import { Wps200 } from "./Wps200.ts"
import {
  CannotDismiss,
  CannotPoll,
  InputFault,
  InvalidInputs,
  InvalidOutput,
  InvalidUrl,
  JobDismissed,
  ProcessFailed,
  ProcessNotFound,
  TransportError,
  UnexpectedResponse,
  VersionNotSupported,
  type WpsError
} from "./WpsError.ts"
import type { WpsMessage, WpsProtocol, WpsRequest, WpsResponse } from "./WpsProtocol.ts"

/**
 * How a client is set up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** The service's address. Parameters of its own, such as `?map=/a.map`, are kept in every request. */
  readonly url: string
  /**
   * The version to speak, or those of which the service may choose, best first; it is asked for its capabilities then,
   * before anything else. @default `Wps100`
   */
  readonly protocol?: WpsProtocol | ReadonlyArray<WpsProtocol> | undefined
  /**
   * Origins beside the endpoint's own that may be sent the credentials, such as that of a server which keeps results.
   * A request to any other goes out without them.
   */
  readonly origins?: ReadonlyArray<string> | undefined
  /** The language of titles and messages (RFC 4646), where the service has several. */
  readonly language?: string | undefined
  /**
   * Whether inputs are held against the process's description before they are sent: `always` asks for the description,
   * `described` uses it where it is known already, `never` leaves it to the server. @default "described"
   */
  readonly validate?: "always" | "described" | "never" | undefined
  /** How jobs are waited for. */
  readonly poll?: PollOptions | undefined
  /**
   * Whether requests go to the address given, or each operation to the one that the service advertises for it. Behind a
   * proxy those are often wrong; one at an origin that was not named is refused with `InvalidUrl`. @default "given"
   */
  readonly operationUrls?: "given" | "advertised" | undefined
  /**
   * Changes the addresses that the service gives, of status documents, stored outputs and operations, before they are
   * asked: for a service that names an internal host. Credentials go with them by the address that comes out.
   */
  readonly rewriteUrl?: ((url: string) => string) | undefined
  /**
   * How long any answer may take but that of an Execute, which may run for hours; of a download, how long its next bytes
   * may. A login on the way is not counted. @default "1 minute"
   */
  readonly timeout?: Duration.DurationInput | undefined
  /** How long capabilities and descriptions are kept. @default "1 hour" */
  readonly timeToLive?: Duration.DurationInput | undefined
  /** Which answers mean that the credentials were refused. @default HTTP 401 */
  readonly refusal?: ((response: HttpClientResponse.HttpClientResponse) => Effect.Effect<boolean>) | undefined
  /** Changes the HTTP client below the credentials: a proxy's header, a rate limit. */
  readonly transformClient?: ((client: HttpClient.HttpClient) => HttpClient.HttpClient) | undefined
}

/**
 * How one run goes.
 *
 * @since 0.1.0
 * @category models
 */
export interface RunOptions {
  /** @default "async" for `execute`, "sync" for `run` */
  readonly mode?: ExecuteMode | undefined
  /** Whether the job's document repeats what was asked, in WPS 1.0.0. @default false */
  readonly lineage?: boolean | undefined
  /** How this job is waited for, in the place of the client's options. */
  readonly poll?: PollOptions | undefined
}

/**
 * How the bytes of one output are asked for.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawOptions {
  /** Which output, where there are several. */
  readonly output?: string | undefined
  /** WPS 1.0.0 has `sync` only. With another the job is waited for. @default "sync" */
  readonly mode?: ExecuteMode | undefined
  /** How the job is waited for, in the place of the client's options. */
  readonly poll?: PollOptions | undefined
}

/**
 * The bytes of an output as the server sends them, read once and as they come. The connection is held until the stream has
 * been run, to its end or not: run it.
 *
 * @since 0.1.0
 * @category models
 */
export interface RawData {
  readonly contentType: Option.Option<string>
  /** In bytes, where the server says it, and has not packed them. */
  readonly contentLength: Option.Option<number>
  readonly stream: Stream.Stream<Uint8Array, WpsError>
}

/**
 * Everything that asking a service can fail with.
 *
 * @since 0.1.0
 * @category errors
 */
export type Failure = WpsError | AuthError

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace WpsClient {
  /**
   * What a client does.
   *
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    readonly url: string
    readonly capabilities: Effect.Effect<Capabilities, Failure>
    readonly describe: (identifier: string) => Effect.Effect<ProcessDescription, Failure>
    readonly describeAll: Effect.Effect<ReadonlyArray<ProcessDescription>, Failure>
    readonly execute: <A>(operation: Operation.Operation<A>, options?: RunOptions) => Effect.Effect<Job<A>, Failure>
    readonly run: <A>(operation: Operation.Operation<A>, options?: RunOptions) => Effect.Effect<A, Failure>
    readonly raw: <A>(
      operation: Operation.Operation<A>,
      options?: RawOptions
    ) => Effect.Effect<RawData, Failure>
    readonly attach: <A>(
      reference: JobReference,
      outputs: Operation.Outputs<A>,
      options?: { readonly poll?: PollOptions | undefined }
    ) => Effect.Effect<Job<A>, Failure>
    readonly download: (reference: Reference | string) => Effect.Effect<RawData, Failure>
  }
}

/**
 * A client of one service.
 *
 * @since 0.1.0
 * @category tags
 */
export class WpsClient extends Context.Tag("@effect-wps/wps/WpsClient")<WpsClient, WpsClient.Service>() {}

const asked = (operation: Asked["operation"], identifier?: string, jobId?: string): Asked => ({
  operation,
  identifier: Option.fromNullable(identifier),
  jobId: Option.fromNullable(jobId)
})

const xmlType = "text/xml; charset=utf-8"

/** A request whose inputs may be sent as they are read. */
type GivenRequest = Omit<ExecuteRequest, "inputs"> & { readonly inputs: ReadonlyArray<Operation.GivenInput> }

type Sendable = WpsRequest | { readonly _tag: "Execute"; readonly request: GivenRequest }

const isPlain = (request: Sendable): request is WpsRequest =>
  request._tag !== "Execute" || !request.request.inputs.some(({ data }) => Upload.isUpload(data))

const xmlFirst = "text/xml, application/xml;q=0.9, */*;q=0.1"

/** GeoServer's jobs have an id in the address of their status, and can be dismissed by it. */
const geoServerDismiss = (location: URL): Option.Option<URL> => {
  const pairs = [...location.searchParams]
  const value = (name: string) => pairs.find(([one]) => one.toLowerCase() === name)?.[1]
  if (value("request")?.toLowerCase() !== "getexecutionstatus" || value("executionid") === undefined) {
    return Option.none()
  }
  const dismiss = new URL(location)
  dismiss.search = pairs.map(([name, one]) =>
    `${encodeURIComponent(name)}=${name.toLowerCase() === "request" ? "Dismiss" : encodeURIComponent(one)}`
  ).join("&")
  return Option.some(dismiss)
}

/** Whether a refused batch may hold processes that can be described. */
const isSpoilt = (error: Failure): boolean => error._tag === "ServiceException" || error._tag === "UnexpectedResponse"

/** A URL longer than this is refused by some servers; descriptions are asked for in batches that stay below it. */
const maxBatch = 40

/** A span without the stack of its caller, which would cost more than the rest of the client's bookkeeping. */
const span = (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withSpan(effect, name, { captureStackTrace: false })

/** An answer within its time; one without a limit costs no timer and no fiber. */
const within = <A, E, R, E2>(
  answer: Effect.Effect<A, E, R>,
  duration: Duration.Duration,
  onTimeout: () => E2
): Effect.Effect<A, E | E2, R> =>
  Duration.isFinite(duration) ? Effect.timeoutFail(answer, { duration, onTimeout }) : answer

/**
 * Makes a client. It belongs to the scope, which ends look-ups that are still under way.
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
  WpsClient.Service,
  InvalidUrl | AuthError,
  HttpClient.HttpClient | Auth.Auth | Scope.Scope
> {
  const base = yield* endpoint.parse(options.url)
  const baseUrl = endpoint.bare(options.url)
  const protocols = Arr.ensure(options.protocol ?? Wps100)
  const preferred = protocols[0] ?? Wps100
  const origins = [base.origin, ...(options.origins ?? [])]
  const rewrite = options.rewriteUrl ?? ((url: string) => url)
  const language = Option.fromNullable(options.language)
  const timeout = Duration.decode(options.timeout ?? "1 minute")
  const timeToLive = options.timeToLive ?? "1 hour"
  const plain = yield* HttpClient.HttpClient

  /** How long the request at hand may take; a login that comes before it may take longer, so it is not counted. */
  const patience = yield* FiberRef.make<Duration.Duration>(Duration.infinity)
  const timed = HttpClient.transform(
    options.transformClient?.(plain) ?? plain,
    (answer, request) =>
      Effect.flatMap(FiberRef.get(patience), (duration) =>
        within(
          answer,
          duration,
          () => new HttpClientError.RequestError({ request, reason: "Transport", cause: new Cause.TimeoutException() })
        ))
  )
  const authorized = yield* Auth.authorizeClient(timed, {
    auth: yield* Auth.Auth,
    origins,
    ...(options.refusal === undefined ? {} : { refusal: options.refusal })
  })

  const late = (what: Asked, url: string) =>
    new TransportError({
      operation: what.operation,
      url: endpoint.bare(url),
      reason: `no answer within ${Duration.toSeconds(timeout)} s`
    })

  /** Sends, and reads the answer; the limit holds for its head, and then for what is read of its body. */
  const exchange = <A>(
    what: Asked,
    request: HttpClientRequest.HttpClientRequest,
    read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, Failure>,
    limit: Duration.Duration
  ): Effect.Effect<A, Failure> =>
    (Duration.isFinite(limit)
      ? Effect.locally(authorized.execute(request), patience, limit)
      : authorized.execute(request)).pipe(
        Effect.mapError((error) =>
          error._tag !== "RequestError" && error._tag !== "ResponseError"
            ? error
            : Cause.isTimeoutException(error.cause)
            ? late(what, request.url)
            : transportError(what, request.url)(error)
        ),
        Effect.flatMap((response) => within(read(response), limit, () => late(what, request.url)))
      )

  const invalid = (what: Asked, faults: ReadonlyArray<InputFault>) =>
    new InvalidInputs({ identifier: Option.getOrElse(what.identifier, () => what.operation), faults })

  const encode = (
    what: Asked,
    protocol: WpsProtocol,
    request: WpsRequest
  ): Effect.Effect<WpsMessage, InvalidInputs> =>
    Either.match(protocol.encodeRequest(request), {
      onLeft: (faults) => Effect.fail(invalid(what, faults)),
      onRight: Effect.succeed
    })

  /** The message with the bytes of its uploads, which are read as it is sent. */
  const encodeUploads = (
    what: Asked,
    protocol: WpsProtocol,
    request: GivenRequest,
    broken: Ref.Ref<Option.Option<InputFault>>,
    attempt = 0
  ): Effect.Effect<HttpBody.HttpBody, InvalidInputs> => {
    const [inputs, uploads] = upload.place(request.inputs, attempt)
    return Effect.flatMap(
      encode(what, protocol, { _tag: "Execute", request: { ...request, inputs } }),
      (message) =>
        message._tag === "Get"
          ? Effect.fail(invalid(
            what,
            uploads.map(({ identifier }) =>
              new InputFault({ input: identifier, reason: "is sent as it is read, which goes by POST only" })
            )
          ))
          : Option.match(upload.split(message.body, uploads), {
            onNone: () => encodeUploads(what, protocol, request, broken, attempt + 1),
            onSome: (parts) => Effect.succeed(upload.body(parts, uploads, xmlType, broken))
          })
    )
  }

  const http = (operation: WpsRequest["_tag"], message: WpsMessage | HttpBody.HttpBody, accept: string) =>
    Effect.map(urlOf(operation, message._tag === "Get" ? "GET" : "POST"), (url) =>
      HttpClientRequest.setHeader(
        message._tag === "Get"
          ? HttpClientRequest.get(endpoint.withParameters(url, message.parameters))
          : message._tag === "Post"
          ? HttpClientRequest.bodyText(
            HttpClientRequest.post(endpoint.withParameters(url, [])),
            message.body,
            xmlType
          )
          : HttpClientRequest.setBody(HttpClientRequest.post(endpoint.withParameters(url, [])), message),
        "accept",
        accept
      ))

  /** Sends a request, and reads its answer. */
  const send = <A>(
    what: Asked,
    protocol: WpsProtocol,
    request: Sendable,
    options: {
      readonly accept: string
      readonly limit: Duration.Duration
      readonly read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, Failure>
    }
  ): Effect.Effect<A, Failure> => {
    const ask = (message: WpsMessage | HttpBody.HttpBody) =>
      Effect.flatMap(
        http(request._tag, message, options.accept),
        (encoded) => exchange(what, encoded, options.read, options.limit)
      )
    if (isPlain(request)) return Effect.flatMap(encode(what, protocol, request), ask)
    return Effect.flatMap(Ref.make(Option.none<InputFault>()), (broken) =>
      Effect.catchAll(
        Effect.flatMap(encodeUploads(what, protocol, request.request, broken), ask),
        (error) =>
          Effect.flatMap(Ref.get(broken), (fault) =>
            Effect.fail(Option.isSome(fault) ? invalid(what, [fault.value]) : error))
      ))
  }

  const ask = (
    what: Asked,
    protocol: WpsProtocol,
    request: Sendable
  ) =>
    send(what, protocol, request, {
      accept: xmlFirst,
      limit: request._tag === "Execute" ? Duration.infinity : timeout,
      read: (response) => receive(what, response)
    })

  const other = (what: Asked, document: WpsResponse["_tag"]) =>
    new UnexpectedResponse({
      operation: what.operation,
      url: baseUrl,
      status: 200,
      contentType: Option.none(),
      kind: "other-document",
      reason: `with a ${document} document`,
      excerpt: ""
    })

  // ------------------------------------------------------------------------------------------ capabilities, describe

  const capabilitiesOf = asked("GetCapabilities")
  const capabilities = yield* batched.make({
    maxBatch: 1,
    timeToLive,
    lookup: () =>
      ask(capabilitiesOf, preferred, {
        _tag: "GetCapabilities",
        acceptVersions: protocols.map((one) => one.version),
        language
      }).pipe(
        Effect.flatMap((document): Effect.Effect<Capabilities, Failure> =>
          document._tag === "Capabilities"
            ? Effect.succeed(document.value)
            : Effect.fail(other(capabilitiesOf, document._tag))
        ),
        Effect.exit,
        Effect.map((exit) => new Map([["", exit]]))
      )
  })

  /** The version that the service chose of those that may be spoken. */
  const negotiated: Effect.Effect<WpsProtocol, Failure> = protocols.length === 1
    ? Effect.succeed(preferred)
    : Effect.flatMap(capabilities.get(""), ({ version }) => {
      const offered = Option.getOrElse(version, () => "1.0.0")
      const chosen = protocols.find((one) => one.version === offered)
      return chosen === undefined
        ? Effect.fail(
          new VersionNotSupported({ url: baseUrl, offered, spoken: protocols.map((one) => one.version) })
        )
        : Effect.succeed(chosen)
    })

  /** A job that has an id was made by WPS 2.0, whatever was asked for. */
  const withIds = Effect.map(negotiated, (protocol) => protocol.version === Wps100.version ? Wps200 : protocol)

  const advertised = (operation: WpsRequest["_tag"], method: "GET" | "POST"): Effect.Effect<URL, Failure> =>
    Effect.flatMap(capabilities.get(""), ({ operations }) => {
      const endpoints = operations.filter((one) => one.name === operation).flatMap((one) => one.endpoints)
        .filter((one) => one.method === method && one.href !== "")
      // Of several some are for SOAP or for parameters in the body.
      const takesXml = ({ constraints }: (typeof endpoints)[number]) =>
        constraints.every(({ values }) => values.length === 0 || values.some((value) => /xml|kvp/i.test(value)))
      const found = endpoints.find(takesXml) ?? endpoints[0]
      return found === undefined ? Effect.succeed(base) : Effect.filterOrFail(
        endpoint.parse(rewrite(found.href), options.url),
        (url) => origins.some((origin) => origin === url.origin),
        (url) =>
          new InvalidUrl({
            url: endpoint.bare(url.href),
            reason: `the service advertises it for ${operation}, and its origin is not among those named; ` +
              `add it to \`origins\`, or leave \`operationUrls\` at "given"`
          })
      )
    })

  const urlOf = (operation: WpsRequest["_tag"], method: "GET" | "POST"): Effect.Effect<URL, Failure> =>
    options.operationUrls === "advertised" && operation !== "GetCapabilities"
      ? advertised(operation, method)
      : Effect.succeed(base)

  const requestDescriptions = (
    identifiers: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyArray<ProcessDescription>, Failure> => {
    const what = asked(
      "DescribeProcess",
      identifiers.length === 1 && identifiers[0] !== "ALL" ? identifiers[0] : undefined
    )
    return Effect.flatMap(
      Effect.flatMap(negotiated, (protocol) => ask(what, protocol, { _tag: "DescribeProcess", identifiers, language })),
      (document) =>
        document._tag === "ProcessDescriptions"
          ? Effect.succeed(document.value)
          : Effect.fail(other(what, document._tag))
    )
  }

  /** One process that is unknown or badly described spoils the answer for all, so they are asked for one by one. */
  const lookup = (
    identifiers: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyMap<string, Exit.Exit<ProcessDescription, Failure>>> =>
    Effect.flatMap(Effect.exit(requestDescriptions(identifiers)), (exit) => {
      if (identifiers.length > 1 && Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isSpoilt)) {
        return Effect.map(
          Effect.forEach(identifiers, (identifier) => lookup([identifier]), { concurrency: 8 }),
          (all) => new Map(all.flatMap((one) => [...one]))
        )
      }
      const found = Exit.map(exit, (all) => new Map(all.map((one) => [one.identifier, one])))
      return Effect.succeed(
        new Map(identifiers.map((identifier) => [
          identifier,
          Exit.flatMap(found, (all): Exit.Exit<ProcessDescription, Failure> => {
            const one = all.get(identifier)
            return one === undefined
              ? Exit.fail(new ProcessNotFound({ url: baseUrl, identifier }))
              : Exit.succeed(one)
          })
        ]))
      )
    })
  const descriptions = yield* batched.make({ lookup, timeToLive, maxBatch })

  const describeEach = Effect.flatMap(
    capabilities.get(""),
    ({ processes }) =>
      Effect.forEach(processes, ({ identifier }) => descriptions.get(identifier), { concurrency: "unbounded" })
  )

  // Not every server knows ALL: some refuse it, and javaPS answers it with no description at all.
  const describeAll = requestDescriptions(["ALL"]).pipe(
    Effect.catchIf((error) => error._tag === "ServiceException", () => Effect.succeed([])),
    Effect.flatMap((all) =>
      all.length === 0
        ? describeEach
        : Effect.as(descriptions.set(all.map((one) => [one.identifier, one])), all)
    )
  )

  // ---------------------------------------------------------------------------------------------------------- execute

  const check = Effect.fnUntraced(function*(request: GivenRequest) {
    if (options.validate === "never") return
    const known = options.validate === "always"
      ? Option.some(yield* descriptions.get(request.identifier))
      : yield* descriptions.peek(request.identifier)
    const faults = Option.match(known, { onNone: () => [], onSome: (description) => validate(description, request) })
    if (faults.length > 0) yield* new InvalidInputs({ identifier: request.identifier, faults })
  })

  /** A document that is stored, or that repeats what was asked, must name its outputs. */
  const everyOutput = (identifier: string): Effect.Effect<ReadonlyArray<OutputRequest>, Failure> =>
    Effect.map(
      descriptions.get(identifier),
      ({ outputs }) => outputs.map((output) => Operation.request(output.identifier))
    )

  const request = Effect.fnUntraced(function*(operation: Operation.Operation<unknown>, response: ResponseForm) {
    const inputs = yield* operation.inputs
    const request: GivenRequest = { identifier: operation.identifier, inputs, response, language }
    yield* check(request)
    return request
  })

  const submit = Effect.fnUntraced(function*(
    operation: Operation.Operation<unknown>,
    mode: ExecuteMode,
    lineage: boolean
  ): Effect.fn.Return<JobDocument, Failure> {
    const { identifier } = operation
    const what = asked("Execute", identifier)
    const protocol = yield* negotiated
    const form = { _tag: "Document", outputs: operation.outputs, mode, lineage } as const
    const outputs = operation.outputs.length === 0 && protocol.mustNameOutputs(form)
      ? yield* everyOutput(identifier)
      : operation.outputs
    const execute = yield* request(operation, { ...form, outputs })
    yield* Effect.annotateCurrentSpan({ "wps.process.id": identifier, "wps.mode": mode })
    const document = yield* ask(what, protocol, { _tag: "Execute", request: execute })
    return isJob(document) ? document : yield* other(what, document._tag)
  })

  // ------------------------------------------------------------------------------------------------------------- jobs

  const linked = (location: string): Either.Either<URL, InvalidUrl> => endpoint.parse(rewrite(location))

  /** Where the status document of a job is asked for. */
  const placeOf = (identifier: string, location: Option.Option<string>): Either.Either<URL, CannotPoll> =>
    Option.match(location, {
      onNone: () => Either.left(new CannotPoll({ identifier, reason: "the server gave no statusLocation" })),
      onSome: (location) =>
        Either.mapLeft(
          linked(location),
          ({ reason }) =>
            new CannotPoll({ identifier, reason: `its statusLocation is no address that can be asked: ${reason}` })
        )
    })

  /** How to find a job again, from what the server said of it. */
  const referenceOf = (
    identifier: string,
    { value: { jobId, statusLocation } }: JobDocument
  ): Either.Either<JobReference, CannotPoll> => {
    const reference = () => new JobReference({ identifier, statusLocation, jobId })
    return Option.isSome(jobId) ? Either.right(reference()) : Either.map(placeOf(identifier, statusLocation), reference)
  }

  const askJob = (
    operation: "GetStatus" | "GetResult" | "Dismiss",
    { identifier }: JobReference,
    jobId: string
  ): Effect.Effect<JobDocument, Failure> => {
    const what = asked(operation, identifier, jobId)
    return Effect.flatMap(withIds, (protocol) => ask(what, protocol, { _tag: operation, jobId })).pipe(
      Effect.flatMap((document) => isJob(document) ? Effect.succeed(document) : Effect.fail(other(what, document._tag)))
    )
  }

  const readDocument = (operation: "GetStatus" | "Dismiss", identifier: string, url: URL) => {
    const what = asked(operation, identifier)
    return exchange(
      what,
      HttpClientRequest.setHeader(HttpClientRequest.get(url.href), "accept", xmlFirst),
      (response) => receive(what, response),
      timeout
    ).pipe(
      Effect.flatMap((document) => isJob(document) ? Effect.succeed(document) : Effect.fail(other(what, document._tag)))
    )
  }

  /** WPS 2.0 says why a job failed in the place of its result only. */
  const explained = (reference: JobReference, jobId: string, document: JobDocument) =>
    document._tag === "StatusInfo" && document.value.status._tag === "Failed"
      ? Effect.catchAll(askJob("GetResult", reference, jobId), (error) =>
        Effect.succeed<JobDocument>({
          _tag: "StatusInfo",
          value: {
            ...document.value,
            status: Execute.JobStatus.Failed({
              message: error._tag === "ServiceException" ? error.exceptions.map(String).join("; ") : "",
              percent: document.value.status.percent,
              exceptions: error._tag === "ServiceException" ? error.exceptions : []
            })
          }
        }))
      : Effect.succeed(document)

  const readStatus = (reference: JobReference): Effect.Effect<JobDocument, Failure> =>
    Option.match(reference.jobId, {
      onSome: (jobId) =>
        Effect.flatMap(askJob("GetStatus", reference, jobId), (document) => explained(reference, jobId, document)),
      onNone: () =>
        Effect.flatMap(placeOf(reference.identifier, reference.statusLocation), (url) =>
          readDocument("GetStatus", reference.identifier, url))
    })

  /** What the job gave, which WPS 2.0 is asked for once it is known to be there. */
  const readOutputs = (
    reference: Either.Either<JobReference, CannotPoll>,
    { _tag, value }: JobDocument,
    poll: PollOptions
  ): Effect.Effect<ExecuteResponse, Failure> =>
    _tag !== "StatusInfo" || value.status._tag !== "Succeeded" || Option.isNone(value.jobId)
      ? Effect.succeed(value)
      : Effect.flatMap(reference, (found) => askJob("GetResult", found, Option.getOrElse(value.jobId, () => ""))).pipe(
        Effect.retry({
          schedule: poll.schedule ?? defaultSchedule,
          times: poll.badReads ?? 10,
          while: (error) =>
            pollInternal.isTransient(error) || (error._tag === "ServiceException" && error.code === "ResultNotReady")
        }),
        Effect.map((result) => ({
          ...result.value,
          jobId: value.jobId,
          expirationDate: Option.orElse(result.value.expirationDate, () => value.expirationDate)
        }))
      )

  const cannotDismiss = (identifier: string, reason: string) => Effect.fail(new CannotDismiss({ identifier, reason }))

  /** A job that the server has forgotten is as good as dismissed. */
  const dismissById = (reference: JobReference, jobId: string): Effect.Effect<void, Failure> =>
    Effect.flatMap(descriptions.peek(reference.identifier), (known) => {
      const control = Option.match(known, {
        onNone: (): ReadonlyArray<string> => [],
        onSome: (one) => one.jobControlOptions
      })
      return control.length > 0 && !control.includes("dismiss")
        ? cannotDismiss(reference.identifier, `the process has ${control.join(", ")} and no dismiss`)
        : askJob("Dismiss", reference, jobId).pipe(
          Effect.catchTag("JobNotFound", () => Effect.void),
          Effect.catchIf(
            (error) =>
              error._tag === "ServiceException" && /^(OperationNotSupported|OptionNotSupported)$/.test(error.code),
            (error) => cannotDismiss(reference.identifier, `the server says: ${error.message}`)
          ),
          Effect.asVoid
        )
    })

  const dismissAt = (identifier: string, location: string): Effect.Effect<void, Failure> =>
    Effect.flatMap(linked(location), (url) =>
      Option.match(geoServerDismiss(url), {
        onNone: () => cannotDismiss(identifier, "WPS 1.0.0 has no way to"),
        onSome: (dismiss) => Effect.asVoid(readDocument("Dismiss", identifier, dismiss))
      }))

  const follow = Effect.fnUntraced(function*<A>(
    outputs: Operation.Outputs<A>,
    first: JobDocument,
    reference: Either.Either<JobReference, CannotPoll>,
    run: PollOptions | undefined
  ): Effect.fn.Return<Job<A>, Failure> {
    const { identifier } = outputs
    const poll = { ...options.poll, ...run }
    if (!Execute.isTerminal(first.value.status) && Either.isLeft(reference)) return yield* reference.left
    const canEnd = Either.isRight(reference) && (Option.isSome(reference.right.jobId) ||
      Option.exists(
        reference.right.statusLocation,
        (location) => Option.exists(Either.getRight(linked(location)), (url) => Option.isSome(geoServerDismiss(url)))
      ))
    const dismissed: JobDocument = {
      _tag: "StatusInfo",
      value: Execute.response(Execute.JobStatus.Dismissed({ message: "", percent: Option.none() }), {
        jobId: first.value.jobId
      })
    }
    const isDismissing = yield* Ref.make(false)
    const read = Effect.flatMap(reference, readStatus)
    const poller = yield* pollInternal.make({
      identifier,
      first,
      read: canEnd
        ? Effect.flatMap(read, (document) =>
          // Some servers call a job failed while it is being dismissed.
          Effect.map(Ref.get(isDismissing), (isEnding) =>
            isEnding && document.value.status._tag === "Failed" ? dismissed : document))
        : read,
      poll,
      canEnd
    })
    // Whoever comes while the outputs are being fetched has them when they are there.
    const fetched = yield* Ref.make(Option.none<ExecuteResponse>())
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const fetch = (last: JobDocument) =>
      oneAtATime.withPermits(1)(Effect.flatMap(
        Ref.get(fetched),
        Option.match({
          onSome: Effect.succeed,
          onNone: () =>
            Effect.tap(readOutputs(reference, last, poll), (response) => Ref.set(fetched, Option.some(response)))
        })
      ))
    const dismiss = Either.match(reference, {
      onLeft: ({ reason }) => cannotDismiss(identifier, reason),
      onRight: (found) =>
        Option.isSome(found.jobId)
          ? dismissById(found, found.jobId.value)
          : dismissAt(identifier, Option.getOrElse(found.statusLocation, () => ""))
    }).pipe(
      (request) => Effect.zipRight(Ref.set(isDismissing, true), request),
      Effect.onError(() => Ref.set(isDismissing, false)),
      Effect.zipRight(poller.end(dismissed)),
      Effect.withSpan("WpsClient.dismiss", { captureStackTrace: false })
    )
    const document = Effect.flatMap(poller.last, fetch)
    const awaited = poll.dismissOnInterrupt === true
      ? Effect.onInterrupt(document, () => Effect.ignoreLogged(dismiss))
      : document
    return {
      identifier,
      reference: Either.getRight(reference),
      status: poller.status,
      changes: poller.changes,
      result: Effect.flatMap(awaited, (last) => readResult(identifier, outputs, last)),
      document: awaited,
      dismiss
    }
  })

  const reader: Operation.OutputReader<Failure> = {
    fetch: (reference) =>
      Effect.flatMap(download(reference), ({ stream }) => Effect.map(Stream.runCollect(stream), concatenate))
  }

  const readResult = <A>(
    identifier: string,
    outputs: Operation.Outputs<A>,
    { outputs: received, status }: ExecuteResponse
  ): Effect.Effect<A, Failure> =>
    status._tag === "Succeeded"
      ? outputs.read(received, reader)
      : status._tag === "Failed"
      ? Effect.fail(new ProcessFailed({ identifier, exceptions: status.exceptions }))
      : Effect.fail(new JobDismissed({ identifier }))

  const execute = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run?: RunOptions
  ): Effect.fn.Return<Job<A>, Failure> {
    const first = yield* submit(operation, run?.mode ?? "async", run?.lineage ?? false)
    return yield* follow(operation, first, referenceOf(operation.identifier, first), run?.poll)
  }, span("WpsClient.execute"))

  const run = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run?: RunOptions
  ): Effect.fn.Return<A, Failure> {
    const first = yield* submit(operation, run?.mode ?? "sync", run?.lineage ?? false)
    if (Execute.isTerminal(first.value.status) && first._tag !== "StatusInfo") {
      return yield* readResult(operation.identifier, operation, first.value)
    }
    const job = yield* follow(operation, first, referenceOf(operation.identifier, first), run?.poll)
    return yield* job.result
  }, span("WpsClient.run"))

  const attach = Effect.fnUntraced(function*<A>(
    reference: JobReference,
    outputs: Operation.Outputs<A>,
    run?: { readonly poll?: PollOptions | undefined }
  ): Effect.fn.Return<Job<A>, Failure> {
    const { badReads = 10, schedule = defaultSchedule } = { ...options.poll, ...run?.poll }
    const first = yield* Effect.retry(readStatus(reference), {
      schedule,
      times: badReads,
      while: pollInternal.isTransient
    })
    return yield* follow(outputs, first, Either.right(reference), run?.poll)
  }, span("WpsClient.attach"))

  // -------------------------------------------------------------------------------------------------------- raw bytes

  const rawData = (
    response: HttpClientResponse.HttpClientResponse,
    stream: Stream.Stream<Uint8Array, WpsError>
  ): RawData => ({
    contentType: Headers.get(response.headers, "content-type"),
    contentLength: Option.filterMap(Headers.get(response.headers, "content-length"), (length) =>
      // What is packed is longer when it has been unpacked.
      /^\d+$/.test(length) && Option.isNone(Headers.get(response.headers, "content-encoding"))
        ? Option.some(Number(length))
        : Option.none()),
    stream
  })

  const misplaced = (what: Asked, document: JobDocument): Effect.Effect<never, Failure> =>
    Effect.fail(other(what, document._tag))

  const download = Effect.fn("WpsClient.download")(function*(
    reference: Reference | string
  ): Effect.fn.Return<RawData, Failure> {
    const what = asked("GetOutput")
    const { href } = yield* linked(typeof reference === "string" ? reference : reference.href)
    const data = yield* exchange(
      what,
      HttpClientRequest.get(href),
      (response) =>
        Effect.flatMap(
          inside(what, response),
          (found) =>
            found._tag === "Bytes" ? Effect.succeed(rawData(response, found.stream)) : misplaced(what, found.document)
        ),
      timeout
    )
    return { ...data, stream: Stream.timeoutFail(data.stream, () => late(what, href), timeout) }
  })

  /** The bytes of the one output that came inside a document. */
  const embedded = (
    identifier: string,
    output: OutputRequest,
    { outputs, status }: ExecuteResponse
  ): Effect.Effect<RawData, Failure> => {
    const invalid = (reason: string) => new InvalidOutput({ identifier, output: output.identifier, reason })
    const found = outputs.find((one) => one.identifier === output.identifier)
    if (status._tag !== "Succeeded") {
      return readResult(identifier, { identifier, read: () => Effect.fail(invalid("it is not there")) }, {
        ...Execute.response(status)
      })
    }
    if (found === undefined) return Effect.fail(invalid("is missing"))
    if (found.data._tag === "Reference") return download(found.data)
    const contentType = found.data._tag === "ComplexData" ? found.data.format.mimeType : Option.some("text/plain")
    return Either.match(DataValue.toBytes(found.data), {
      onLeft: (reason) => Effect.fail(invalid(reason)),
      onRight: (bytes): Effect.Effect<RawData, Failure> =>
        Effect.succeed({ contentType, contentLength: Option.some(bytes.length), stream: Stream.succeed(bytes) })
    })
  }

  /** What came where raw data was asked for: that, or a job to wait for, whose raw data is asked for then. */
  const rawOf = (
    what: Asked,
    identifier: string,
    output: OutputRequest,
    poll: PollOptions | undefined,
    [response, found]: readonly [HttpClientResponse.HttpClientResponse, Inside]
  ): Effect.Effect<RawData, Failure> => {
    if (found._tag === "Bytes") return Effect.succeed(rawData(response, found.stream))
    const { document } = found
    if (document._tag !== "StatusInfo" || Option.isNone(document.value.jobId)) {
      return embedded(identifier, output, document.value)
    }
    const jobId = document.value.jobId.value
    const raw: Operation.Outputs<void> = { identifier, read: () => Effect.void }
    return Effect.gen(function*() {
      const reference = referenceOf(identifier, document)
      const job = yield* pollInternal.make({
        identifier,
        first: document,
        read: Effect.flatMap(reference, readStatus),
        poll: { ...options.poll, ...poll },
        canEnd: false
      })
      const last = yield* job.last
      yield* readResult(identifier, raw, last.value)
      if (last._tag !== "StatusInfo") return yield* embedded(identifier, output, last.value)
      const fetching = asked("GetResult", identifier, jobId)
      const answer = yield* bytesOf(fetching, yield* withIds, { _tag: "GetResult", jobId }, timeout)
      const [, found] = answer
      return yield* found._tag === "Document" && found.document._tag === "StatusInfo"
        ? misplaced(fetching, found.document)
        : rawOf(fetching, identifier, output, poll, answer)
    })
  }

  const bytesOf = (what: Asked, protocol: WpsProtocol, request: Sendable, limit: Duration.Duration) =>
    send(what, protocol, request, {
      accept: "*/*",
      limit,
      read: (response) => Effect.map(inside(what, response), (found) => [response, found] as const)
    })

  const raw = Effect.fnUntraced(function*<A>(
    operation: Operation.Operation<A>,
    run?: RawOptions
  ): Effect.fn.Return<RawData, Failure> {
    const { identifier } = operation
    const what = asked("Execute", identifier)
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
    const execute = yield* request(operation, { _tag: "Raw", output, mode: run?.mode ?? "sync" })
    const protocol = yield* negotiated
    const answer = yield* bytesOf(what, protocol, { _tag: "Execute", request: execute }, Duration.infinity)
    return yield* rawOf(what, identifier, output, run?.poll, answer)
  }, span("WpsClient.raw"))

  return {
    url: baseUrl,
    capabilities: Effect.withSpan(capabilities.get(""), "WpsClient.capabilities"),
    describe: Effect.fn("WpsClient.describe")(descriptions.get),
    describeAll: Effect.withSpan(describeAll, "WpsClient.describeAll"),
    execute,
    run,
    raw,
    attach,
    download
  }
})

/**
 * A client of the service at a URL, over whatever `HttpClient` and `Auth` are provided.
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
): Layer.Layer<WpsClient, InvalidUrl | AuthError, HttpClient.HttpClient | Auth.Auth> =>
  Layer.scoped(WpsClient, make(options))

/**
 * A client whose options come from the configuration.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Config } from "effect"
 *
 * const Client = WpsClient.layerConfig({ url: Config.string("WPS_URL") })
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerConfig = (
  options: Config.Config.Wrap<Options>
): Layer.Layer<WpsClient, InvalidUrl | AuthError | ConfigError.ConfigError, HttpClient.HttpClient | Auth.Auth> =>
  Layer.scoped(WpsClient, Effect.flatMap(Config.unwrap(options), make))

/**
 * What the service offers; asked for once and kept for `timeToLive`.
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
export const capabilities: Effect.Effect<Capabilities, Failure, WpsClient> = Effect.flatMap(
  WpsClient,
  (client) => client.capabilities
)

/**
 * What a process takes and gives. Descriptions asked for at the same time go in one request; each is kept for
 * `timeToLive`, and a failure is not kept.
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
export const describe = (identifier: string): Effect.Effect<ProcessDescription, Failure, WpsClient> =>
  Effect.flatMap(WpsClient, (client) => client.describe(identifier))

/**
 * What every process takes and gives.
 *
 * @see OGC 05-007r7 §9.2 (ALL)
 * @since 0.1.0
 * @category operations
 */
export const describeAll: Effect.Effect<ReadonlyArray<ProcessDescription>, Failure, WpsClient> = Effect.flatMap(
  WpsClient,
  (client) => client.describeAll
)

/**
 * Starts a process and gives its job. It is never sent twice: an Execute that may have arrived is not repeated.
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
 * Runs a process and gives the bytes of one output as they come, in bounded memory.
 *
 * @example
 * ```ts
 * import { Operation, WpsClient } from "@effect-wps/wps"
 * import { Effect, Stream } from "effect"
 *
 * const size = Effect.gen(function*() {
 *   const { stream } = yield* WpsClient.raw(Operation.make({ identifier: "image", outputs: ["png"] }))
 *   return yield* Stream.runFold(stream, 0, (bytes, chunk) => bytes + chunk.length)
 * })
 * ```
 *
 * @see OGC 05-007r7 §10.3.2
 * @since 0.1.0
 * @category operations
 */
export const raw = <A>(
  operation: Operation.Operation<A>,
  options?: RawOptions
): Effect.Effect<RawData, Failure, WpsClient> => Effect.flatMap(WpsClient, (client) => client.raw(operation, options))

/**
 * Finds a job again by its reference, with the process or operation that says what it gives.
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
 * The bytes behind a reference, as they come. The credentials go with the request only to the endpoint's origin and those
 * in `origins`.
 *
 * @example
 * ```ts
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect, Stream } from "effect"
 *
 * const text = Effect.gen(function*() {
 *   const { stream } = yield* WpsClient.download("https://example.org/outputs/1.csv")
 *   return yield* Stream.mkString(Stream.decodeText(stream))
 * })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const download = (reference: Reference | string): Effect.Effect<RawData, Failure, WpsClient> =>
  Effect.flatMap(WpsClient, (client) => client.download(reference))
