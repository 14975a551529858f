/**
 * A WPS node made of typed processes and the effects that run them, as an `HttpApp`.
 *
 * It is for tests and demonstrations: jobs and outputs are kept in memory until the layer ends.
 *
 * @since 0.1.0
 */
import type { Process } from "@effect-wps/wps"
import { DataValue, type Execute, Ows, Wps100, type WpsError } from "@effect-wps/wps"
import { JobStatus } from "@effect-wps/wps/Execute"
import type { WpsRequest, WpsResponse } from "@effect-wps/wps/WpsProtocol"
import type { XmlError } from "@effect-wps/xml"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { capabilities, describe } from "./internal/describe.ts"

/**
 * A file that a node serves.
 *
 * @since 0.1.0
 * @category models
 */
export interface File {
  readonly contentType: string
  readonly content: Uint8Array
}

/**
 * What a process may do beside computing: say how far it is, keep files and read the files that the node has.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobContext {
  /** `percent` is 0 to 99. */
  readonly report: (percent: number, message: string) => Effect.Effect<void>
  /** The same, but the job is paused. */
  readonly pause: (percent: number, message: string) => Effect.Effect<void>
  /** Keeps a file and gives the URL at which the node serves it. */
  readonly store: (name: string, file: File) => Effect.Effect<string>
  /** The file that the node serves at a URL. */
  readonly load: (url: string) => Effect.Effect<Option.Option<File>>
}

/**
 * A process that a node has, with the effect that runs it.
 *
 * @since 0.1.0
 * @category models
 */
export interface Implementation<out R = never> {
  readonly process: Process.Any
  /** Whether clients may run it asynchronously and have outputs stored. */
  readonly async: boolean
  readonly run: (
    inputs: ReadonlyArray<Execute.DataInput>
  ) => Either.Either<
    (
      context: JobContext
    ) => Effect.Effect<ReadonlyArray<readonly [identifier: string, data: DataValue.DataValue]>, Ows.OwsException, R>,
    ReadonlyArray<WpsError.InputFault>
  >
}

/**
 * Gives a process the effect that runs it. Whatever it fails with becomes the job's exception report: an `OwsException`
 * as it is, any other error by its message.
 *
 * @example
 * ```ts
 * import { WpsNode } from "@effect-wps/testing"
 * import { Input, Output, Process } from "@effect-wps/wps"
 * import { Effect, Schema } from "effect"
 *
 * const double = Process.make("double", {
 *   inputs: { value: Input.literal(Schema.Number) },
 *   outputs: { result: Output.literal(Schema.Number) }
 * })
 * const implementation = WpsNode.handle(double, ({ value }, { report }) =>
 *   Effect.as(report(50, "half way"), { result: value * 2 }))
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const handle = <I extends Process.Inputs, O extends Process.Outputs, E, R>(
  process: Process.Process<I, O>,
  handler: (inputs: Process.Values<I>, context: JobContext) => Effect.Effect<Process.Produced<O>, E, R>,
  options?: {
    /** Whether clients may run it asynchronously and have outputs stored. @default true */
    readonly async?: boolean | undefined
  }
): Implementation<R> => ({
  process,
  async: options?.async ?? true,
  run: (inputs) =>
    Either.map(
      process.decodeInputs(inputs),
      (values) => (context) =>
        Effect.suspend(() => handler(values, context)).pipe(
          Effect.catchAllCause((cause) => Effect.fail(exceptionOf(cause))),
          Effect.flatMap((produced) =>
            Either.mapLeft(
              process.encodeOutputs(produced),
              ({ input, reason }) => Ows.noApplicableCode(`The output ${input} ${reason}`)
            )
          )
        )
    )
})

const isOwsException = Schema.is(Ows.OwsException)

const exceptionOf = (cause: Cause.Cause<unknown>): Ows.OwsException => {
  const error = Cause.squash(cause)
  return isOwsException(error)
    ? error
    : Ows.noApplicableCode(
      Predicate.hasProperty(error, "message") && Predicate.isString(error.message) && error.message !== ""
        ? error.message
        : Predicate.hasProperty(error, "_tag")
        ? String(error._tag)
        : String(error)
    )
}

/**
 * How a node is set up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** @default "WPS node" */
  readonly title?: string | undefined
  /** Where the service answers; jobs and outputs lie below. @default "/wps" */
  readonly path?: `/${string}` | undefined
  /** Looks at every request first: an answer is a refusal. @default every request is let in */
  readonly authorize?:
    | ((
      request: HttpServerRequest.HttpServerRequest
    ) => Effect.Effect<Option.Option<HttpServerResponse.HttpServerResponse>>)
    | undefined
  /** Files that the node has from the start, by the path below `outputs/` at which it serves them. */
  readonly files?: Readonly<Record<string, File>> | undefined
  /** Fetches the inputs that are given by reference, or says why it will not. @default every reference is refused */
  readonly fetch?: ((reference: DataValue.Reference) => Effect.Effect<Uint8Array, string>) | undefined
}

/**
 * Lets in only who sends this bearer token, and answers 401 to everyone else (RFC 6750 §3).
 *
 * @example
 * ```ts
 * import { WpsNode } from "@effect-wps/testing"
 * import { Redacted } from "effect"
 *
 * const options: WpsNode.Options = { authorize: WpsNode.bearer(Redacted.make("secret")) }
 * ```
 *
 * @see RFC 6750 §3
 * @since 0.1.0
 * @category combinators
 */
export const bearer = (token: Redacted.Redacted): NonNullable<Options["authorize"]> => (request) =>
  Effect.sync(() => {
    const sent = Option.getOrElse(Headers.get(request.headers, "authorization"), () => "")
    return sent === `Bearer ${Redacted.value(token)}` ? Option.none() : Option.some(unauthorized(sent !== ""))
  })

const unauthorized = (sent: boolean): HttpServerResponse.HttpServerResponse =>
  respond(401, report([Ows.noApplicableCode(sent ? "Access token is no longer valid" : "Authentication failed")])).pipe(
    HttpServerResponse.setHeader("www-authenticate", `Bearer realm="wps"${sent ? ", error=\"invalid_token\"" : ""}`)
  )

interface State {
  readonly jobs: HashMap.HashMap<string, Execute.ExecuteResponse>
  readonly outputs: HashMap.HashMap<string, File>
}

const report = (exceptions: ReadonlyArray<Ows.OwsException>): WpsResponse => ({
  _tag: "ExceptionReport",
  value: { version: Option.some("1.0.0"), language: Option.none(), exceptions }
})

/** A document that cannot be written says so; the node's processes are typed, so it is text that XML cannot carry. */
const respond = (status: number, response: WpsResponse): HttpServerResponse.HttpServerResponse =>
  Either.match(Wps100.Wps100.encodeResponse(response), {
    onLeft: (error) =>
      HttpServerResponse.text(
        Either.getOrElse(Wps100.Wps100.encodeResponse(report([Ows.noApplicableCode(error.message)])), () => ""),
        { status: 500, contentType: "text/xml; charset=utf-8" }
      ),
    onRight: (body) => HttpServerResponse.text(body, { status, contentType: "text/xml; charset=utf-8" })
  })

const refuse = (status: number, code: string, locator: string, text: string): HttpServerResponse.HttpServerResponse =>
  respond(status, report([new Ows.OwsException({ code, locator: Option.some(locator), texts: [text] })]))

const unescaped = Option.liftThrowable(decodeURIComponent)

const notFound = HttpServerResponse.text("There is nothing here.", { status: 404 })

const notAllowed = (allowed: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ status: 405, headers: { allow: allowed } })

/** What is wrong with a document that was sent, as the standard wants it said. */
const refuseDocument = (error: XmlError.XmlError): HttpServerResponse.HttpServerResponse => {
  switch (error.reason) {
    case "unexpected-root":
      return refuse(501, "OperationNotSupported", "request", error.message)
    case "missing":
      return refuse(
        400,
        "MissingParameterValue",
        /([\w.-]+) is missing/.exec(error.detail)?.[1] ?? error.path,
        error.message
      )
    case "invalid-value":
    case "repeated":
      return refuse(400, "InvalidParameterValue", /[\w.-]*$/.exec(error.path)?.[0] ?? error.path, error.message)
    default:
      return refuse(400, "NoApplicableCode", "body", error.message)
  }
}

/** A DataValue as the bytes that a client gets for it. */
const bytesOf = (data: DataValue.DataValue): Either.Either<File, string> =>
  Either.map(DataValue.toBytes(data), (content) => ({
    content,
    contentType: data._tag === "ComplexData"
      ? Option.getOrElse(data.format.mimeType, () => "application/octet-stream")
      : "text/plain; charset=utf-8"
  }))

/**
 * Makes a node's `HttpApp`. Jobs that run asynchronously belong to the scope.
 *
 * @example
 * ```ts
 * import { WpsNode } from "@effect-wps/testing"
 * import { Output, Process } from "@effect-wps/wps"
 * import { HttpServer } from "@effect/platform"
 * import { Effect, Layer, Schema } from "effect"
 *
 * const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
 *
 * const Server = Layer.unwrapScoped(
 *   Effect.map(WpsNode.make([WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))]), HttpServer.serve())
 * )
 * ```
 *
 * @see OGC 05-007r7
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function*<R = never>(
  implementations: ReadonlyArray<Implementation<R>>,
  options: Options = {}
): Effect.fn.Return<HttpApp.Default<never, R>, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const root = (options.path ?? "/wps").replace(/\/+$/, "")
  const state = yield* Ref.make<State>({
    jobs: HashMap.empty(),
    outputs: HashMap.fromIterable(Object.entries(options.files ?? {}))
  })
  const byIdentifier = new Map(implementations.map((one) => [one.process.identifier, one]))
  const descriptions = implementations.map(describe)

  const now = Effect.map(DateTime.now, (moment) => Option.some(DateTime.formatIso(moment)))
  const identifier = Effect.map(
    Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 0x100000000))),
    (parts) => parts.map((part) => part.toString(16).padStart(8, "0")).join("")
  )

  // ------------------------------------------------------------------------------------------------------------ Execute

  const resolve = Effect.fnUntraced(function*(input: Execute.DataInput) {
    const { data } = input
    if (data._tag !== "Reference") return input
    const unreachable = (reason: string) =>
      new Ows.OwsException({ code: "InvalidParameterValue", locator: Option.some(input.identifier), texts: [reason] })
    const content = yield* Effect.mapError(
      options.fetch?.(data) ?? Effect.fail("This node takes no inputs by reference."),
      unreachable
    )
    return { identifier: input.identifier, data: DataValue.fetched(data, content) }
  })

  const exceptionOfFault = ({ input, reason }: WpsError.InputFault) =>
    new Ows.OwsException({
      code: reason === "is missing" ? "MissingParameterValue" : "InvalidParameterValue",
      locator: Option.some(input),
      texts: [`The input ${input} ${reason}.`]
    })

  const store = (key: string, file: File) =>
    Ref.update(state, (current) => ({ ...current, outputs: HashMap.set(current.outputs, key, file) }))

  /** The outputs that were asked for, each in the answer or stored. */
  const deliver = Effect.fnUntraced(function*(
    job: string,
    base: string,
    asked: ReadonlyArray<Execute.OutputRequest>,
    produced: ReadonlyArray<readonly [string, DataValue.DataValue]>
  ) {
    const wanted = asked.length === 0
      ? produced
      : produced.filter(([name]) => asked.some((output) => output.identifier === name))
    return yield* Effect.forEach(wanted, ([name, data]) =>
      Effect.gen(function*() {
        const common = { identifier: name, title: Option.none(), abstract: Option.none() }
        if (!asked.some((output) => output.identifier === name && output.asReference)) return { ...common, data }
        const stored = yield* Effect.mapError(bytesOf(data), Ows.noApplicableCode)
        yield* store(`${job}/${name}`, stored)
        return {
          ...common,
          data: DataValue.reference(`${base}/outputs/${job}/${encodeURIComponent(name)}`, {
            format: stored.contentType
          })
        }
      }))
  })

  const executed = (
    implementation: Implementation<R>,
    request: Execute.ExecuteRequest,
    base: string
  ): Omit<Execute.ExecuteResponse, "status" | "creationTime"> => ({
    process: Option.some(describe(implementation)),
    statusLocation: Option.none(),
    serviceInstance: Option.some(`${base}?service=WPS&request=GetCapabilities`),
    language: Option.none(),
    outputs: [],
    lineage: request.response._tag === "Document" && request.response.lineage
      ? Option.some({ inputs: request.inputs, outputs: request.response.outputs })
      : Option.none()
  })

  const status = {
    accepted: JobStatus.Accepted({ message: "The job is accepted", percent: Option.none() }),
    started: JobStatus.Running({ message: "The job has started", percent: Option.some(0) }),
    succeeded: JobStatus.Succeeded({ message: "The job has succeeded", percent: Option.none() })
  }

  const contextOf = (
    job: string,
    base: string,
    say: (status: Execute.JobStatus) => Effect.Effect<void>
  ): JobContext => ({
    report: (percent, message) => say(JobStatus.Running({ message, percent: Option.some(percent) })),
    pause: (percent, message) => say(JobStatus.Paused({ message, percent: Option.some(percent) })),
    store: (name, file) =>
      Effect.as(store(`${job}/${name}`, file), `${base}/outputs/${job}/${encodeURIComponent(name)}`),
    load: (url) =>
      Effect.map(Ref.get(state), ({ outputs }) =>
        url.startsWith(`${base}/outputs/`)
          ? Option.flatMap(unescaped(url.slice(`${base}/outputs/`.length)), (key) => HashMap.get(outputs, key))
          : Option.none())
  })

  const finish = Effect.fnUntraced(function*(
    job: string,
    base: string,
    response: Omit<Execute.ExecuteResponse, "status" | "creationTime">,
    asked: ReadonlyArray<Execute.OutputRequest>,
    run: Effect.Effect<ReadonlyArray<readonly [string, DataValue.DataValue]>, Ows.OwsException, R>
  ) {
    const result = yield* Effect.either(Effect.flatMap(run, (produced) => deliver(job, base, asked, produced)))
    const creationTime = yield* now
    return Either.match(result, {
      onLeft: (exception): Execute.ExecuteResponse => ({
        ...response,
        creationTime,
        status: JobStatus.Failed({ message: String(exception), percent: Option.none(), exceptions: [exception] })
      }),
      onRight: (outputs): Execute.ExecuteResponse => ({ ...response, creationTime, status: status.succeeded, outputs })
    })
  })

  const execute = Effect.fnUntraced(function*(request: Execute.ExecuteRequest, base: string) {
    const implementation = byIdentifier.get(request.identifier)
    if (implementation === undefined) {
      return refuse(400, "InvalidParameterValue", "identifier", `There is no process ${request.identifier}.`)
    }
    const asked = request.response._tag === "Raw" ? [request.response.output] : request.response.outputs
    const unknown = asked.find((output) => !Object.hasOwn(implementation.process.outputs, output.identifier))
    if (unknown !== undefined) {
      return refuse(400, "InvalidParameterValue", unknown.identifier, `There is no output ${unknown.identifier}.`)
    }
    const stores = request.response._tag === "Document" &&
      (request.response.mode === "async" || asked.some((output) => output.asReference))
    if (stores && !implementation.async) {
      return refuse(400, "StorageNotSupported", "storeExecuteResponse", "This process stores nothing.")
    }
    const resolved = yield* Effect.either(Effect.forEach(request.inputs, resolve, { concurrency: 4 }))
    if (Either.isLeft(resolved)) return respond(400, report([resolved.left]))
    const prepared = implementation.run(resolved.right)
    if (Either.isLeft(prepared)) return respond(400, report(prepared.left.map(exceptionOfFault)))
    const run = prepared.right

    const job = yield* identifier
    const silent = contextOf(job, base, () => Effect.void)
    if (request.response._tag === "Raw") {
      const { output } = request.response
      const result = yield* Effect.either(run(silent))
      if (Either.isLeft(result)) return respond(500, report([result.left]))
      const data = result.right.find(([name]) => name === output.identifier)?.[1]
      if (data === undefined) return refuse(500, "NoApplicableCode", output.identifier, "The output was not made.")
      return Either.match(bytesOf(data), {
        onLeft: (reason) => refuse(400, "InvalidParameterValue", output.identifier, `The output ${reason}.`),
        onRight: ({ content, contentType }) => HttpServerResponse.uint8Array(content, { contentType })
      })
    }

    const response = executed(implementation, request, base)
    if (request.response.mode === "sync") {
      return respond(200, { _tag: "ExecuteResponse", value: yield* finish(job, base, response, asked, run(silent)) })
    }

    const located = { ...response, statusLocation: Option.some(`${base}/jobs/${job}`) }
    const become = (value: Execute.ExecuteResponse) =>
      Ref.update(state, (current) => ({ ...current, jobs: HashMap.set(current.jobs, job, value) }))
    const say = (value: Execute.JobStatus) =>
      Effect.flatMap(now, (creationTime) => become({ ...located, creationTime, status: value }))
    const first: Execute.ExecuteResponse = { ...located, creationTime: yield* now, status: status.accepted }
    yield* become(first)
    yield* say(status.started).pipe(
      Effect.andThen(finish(job, base, located, asked, run(contextOf(job, base, say)))),
      Effect.flatMap(become),
      // The server's handlers cannot be interrupted; a job can, by the end of the layer.
      Effect.interruptible,
      Effect.forkIn(scope)
    )
    return respond(200, { _tag: "ExecuteResponse", value: first })
  })

  // --------------------------------------------------------------------------------------------------------- dispatching

  const answer = (
    request: WpsRequest,
    base: string
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> => {
    switch (request._tag) {
      case "GetCapabilities": {
        const { acceptVersions } = request
        return Effect.succeed(
          acceptVersions.length === 0 || acceptVersions.includes("1.0.0")
            ? respond(200, {
              _tag: "Capabilities",
              value: capabilities(options.title ?? "WPS node", base, descriptions)
            })
            : refuse(400, "VersionNegotiationFailed", "AcceptVersions", "This node speaks 1.0.0.")
        )
      }
      case "DescribeProcess": {
        const all = request.identifiers.some((one) => one.toUpperCase() === "ALL")
        const unknown = request.identifiers.find((one) => !byIdentifier.has(one))
        return Effect.succeed(
          all
            ? respond(200, { _tag: "ProcessDescriptions", value: descriptions })
            : unknown === undefined
            ? respond(200, {
              _tag: "ProcessDescriptions",
              value: descriptions.filter((one) => request.identifiers.includes(one.identifier))
            })
            : refuse(400, "InvalidParameterValue", "identifier", `There is no process ${unknown}.`)
        )
      }
      case "Execute":
        return execute(request.request, base)
    }
  }

  const posted = (request: HttpServerRequest.HttpServerRequest, base: string) =>
    Effect.matchEffect(request.arrayBuffer, {
      onFailure: () => Effect.succeed(refuse(400, "NoApplicableCode", "body", "The body could not be read.")),
      onSuccess: (body) =>
        Either.match(Wps100.Wps100.decodeRequest(new Uint8Array(body)), {
          onLeft: (error) => Effect.succeed(refuseDocument(error)),
          onRight: (decoded) => answer(decoded, base)
        })
    })

  const found = (below: string): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
    Effect.map(Ref.get(state), ({ jobs, outputs }) => {
      const job = below.startsWith("/jobs/") ? HashMap.get(jobs, below.slice(6)) : Option.none()
      const output = below.startsWith("/outputs/")
        ? Option.flatMap(unescaped(below.slice(9)), (key) => HashMap.get(outputs, key))
        : Option.none()
      return Option.isSome(job)
        ? respond(200, { _tag: "ExecuteResponse", value: job.value })
        : Option.isSome(output)
        ? HttpServerResponse.uint8Array(output.value.content, { contentType: output.value.contentType })
        : notFound
    })

  return Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refusal = yield* options.authorize?.(request) ?? Effect.succeedNone
    if (Option.isSome(refusal)) return refusal.value
    const url = Option.getOrUndefined(HttpServerRequest.toURL(request))
    if (url === undefined) return refuse(400, "NoApplicableCode", "host", "The address asked for cannot be read.")
    if (!url.pathname.startsWith(root)) return notFound
    const base = `${url.origin}${root}`
    const below = url.pathname.slice(root.length)
    const reads = request.method === "GET" || request.method === "HEAD"
    if (below !== "" && below !== "/") {
      return below.startsWith("/") && !reads ? notAllowed("GET, HEAD") : yield* found(below)
    }
    if (request.method === "POST") return yield* posted(request, base)
    if (!reads) return notAllowed("GET, HEAD, POST")
    return yield* Either.match(Wps100.Wps100.decodeParameters(url.searchParams), {
      onLeft: (exception) =>
        Effect.succeed(respond(exception.code === "OperationNotSupported" ? 501 : 400, report([exception]))),
      onRight: (decoded) => answer(decoded, base)
    })
  })
})
