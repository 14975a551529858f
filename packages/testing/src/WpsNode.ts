/**
 * A WPS node made of typed processes and the effects that run them, as an `HttpApp`.
 *
 * It is for tests and demonstrations: jobs and outputs are kept in memory until the layer ends.
 *
 * @since 0.1.0
 */
import { DataValue, Execute, Input, Output, Ows, Process, Wps100, Wps200, type WpsError } from "@effect-wps/wps"
import { JobStatus } from "@effect-wps/wps/Execute"
import type { WpsProtocol, WpsRequest } from "@effect-wps/wps/WpsProtocol"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { capabilities, describe } from "./internal/describe.ts"
import {
  bytesOf,
  codeOf,
  exception,
  exceptionOfFault,
  failed,
  faultOf,
  inFormat,
  notAllowed,
  notFound,
  rawOf,
  report,
  respond,
  status,
  unescaped
} from "./internal/nodeAnswers.ts"
import * as nodeMemory from "./internal/nodeMemory.ts"
import type { Answer, Behaviour, Quirk } from "./Quirk.ts"

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
  /** The versions that it speaks; who says nothing of one is answered in the first. @default ["1.0.0", "2.0.0"] */
  readonly versions?: ReadonlyArray<"1.0.0" | "2.0.0"> | undefined
  /** How it strays from the standard. @default not at all */
  readonly quirks?: ReadonlyArray<Quirk> | undefined
  /** How long a job and what it gave are kept after its end. @default "1 hour" */
  readonly keepJobs?: Duration.DurationInput | undefined
  /** How long WPS 2.0 clients are asked to wait until they ask again. @default nothing is said */
  readonly nextPoll?: Duration.DurationInput | undefined
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
  /** Makes the id of a job, which is one path segment. @default 128 random bits */
  readonly jobId?: Effect.Effect<string> | undefined
  /** Where the status document of the job `{id}` lies below `path`. @default "/jobs/{id}" */
  readonly statusPath?: `/${string}{id}${string}` | undefined
  /** Is told of a job that runs asynchronously: that it is accepted and then each of its states, before clients are. */
  readonly observe?:
    | ((state: Execute.ExecuteResponse, request: Execute.ExecuteRequest) => Effect.Effect<void>)
    | undefined
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
  respond(Wps100.Wps100)(
    401,
    report([Ows.noApplicableCode(sent ? "Access token is no longer valid" : "Authentication failed")])
  ).pipe(
    HttpServerResponse.setHeader("www-authenticate", `Bearer realm="wps"${sent ? ", error=\"invalid_token\"" : ""}`)
  )

/**
 * A process that gives each of its inputs back, all of which may be left out, as OGC's test suite for WPS 2.0 wants one
 * (`ECHO_PROCESS_ID`).
 *
 * @example
 * ```ts
 * import { WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo])
 * ```
 *
 * @since 0.1.0
 * @category processes
 */
export const echo: Implementation = handle(
  Process.make("org.n52.javaps.test.EchoProcess", {
    title: "Echo",
    abstract: "Gives each input back",
    inputs: {
      complexInput: Input.optional(Input.text("text/xml")),
      boundingBoxInput: Input.optional(Input.boundingBox("http://www.opengis.net/def/crs/EPSG/0/4326")),
      /** In milliseconds. */
      duration: Input.optional(Input.literal(Schema.Int)),
      literalInput: Input.optional(Input.literal(Schema.String))
    },
    outputs: {
      complexOutput: Output.optional(Output.text("text/xml")),
      boundingBoxOutput: Output.optional(Output.boundingBox("http://www.opengis.net/def/crs/EPSG/0/4326")),
      literalOutput: Output.optional(Output.literal(Schema.String))
    }
  }),
  ({ boundingBoxInput, complexInput, duration, literalInput }) =>
    // One that is not to take its time is done when its client is told of it, and may be asked for its result at once.
    Effect.as(duration === undefined ? Effect.void : Effect.sleep(duration), {
      complexOutput: Option.fromNullable(complexInput),
      boundingBoxOutput: Option.fromNullable(boundingBoxInput),
      literalOutput: Option.fromNullable(literalInput)
    })
)

const protocols = { "1.0.0": Wps100.Wps100, "2.0.0": Wps200.Wps200 } as const

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
  const versions = options.versions ?? ["1.0.0", "2.0.0"]
  const first = protocols[versions[0] ?? "1.0.0"]
  const quirks = options.quirks ?? []
  const behaviour = quirks.reduce<Behaviour>((all, quirk) => ({ ...all, ...quirk.behaviour }), {})
  const keepJobs = Duration.decode(options.keepJobs ?? "1 hour")
  const memory = yield* nodeMemory.make(options.files ?? {})
  const byIdentifier = new Map(implementations.map((one) => [one.process.identifier, one]))
  const descriptions = implementations.map(describe)

  const now = Effect.map(DateTime.now, (moment) => Option.some(DateTime.formatIso(moment)))
  const jobId = options.jobId ?? Effect.map(
    Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 0x100000000))),
    (parts) => parts.map((part) => part.toString(16).padStart(8, "0")).join("")
  )
  const [beforeId = "", afterId = ""] = (behaviour.statusPath ?? options.statusPath ?? "/jobs/{id}").split("{id}")
  const observe = options.observe ?? (() => Effect.void)

  // ------------------------------------------------------------------------------------------------------------ Execute

  /** Parts of what is made of others are fetched too. */
  const resolve = (
    protocol: WpsProtocol,
    { data, identifier }: Execute.DataInput
  ): Effect.Effect<Execute.DataInput, Ows.OwsException> =>
    data._tag === "NestedData"
      ? Effect.map(
        Effect.forEach(data.parts, (part) => resolve(protocol, part)),
        (parts) => ({ identifier, data: { _tag: "NestedData", parts } })
      )
      : data._tag !== "Reference"
      ? Effect.succeed({ identifier, data })
      : (options.fetch?.(data) ?? Effect.fail("This node takes no inputs by reference.")).pipe(
        Effect.mapBoth({
          onFailure: (reason) => exception(codeOf(protocol, "notAccessible"), identifier, reason),
          onSuccess: (content) => ({ identifier, data: DataValue.fetched(data, content) })
        })
      )

  const partsOf = (produced: ReadonlyArray<readonly [string, DataValue.DataValue]>) =>
    produced.map(([identifier, data]) => ({ identifier, data }))

  /** The outputs that were asked for, each in the answer or stored; what is inside others is asked for likewise. */
  const deliver = (
    protocol: WpsProtocol,
    place: string,
    base: string,
    asked: ReadonlyArray<Execute.OutputRequest>,
    produced: ReadonlyArray<DataValue.DataPart>
  ): Effect.Effect<ReadonlyArray<Execute.OutputData>, Ows.OwsException> => {
    const requestOf = (name: string) => asked.find((output) => output.identifier === name)
    const wanted = asked.length === 0 || behaviour.everyOutput === true
      ? produced
      : produced.filter(({ identifier }) => requestOf(identifier) !== undefined)
    return Effect.forEach(wanted, ({ data, identifier }, at) =>
      Effect.gen(function*() {
        const common = { identifier, title: Option.none(), abstract: Option.none() }
        const request = requestOf(identifier)
        if (request === undefined) return { ...common, data }
        const before = wanted.slice(0, at).filter((one) => one.identifier === identifier).length
        const key = before === 0 ? `${place}/${identifier}` : `${place}/${identifier}/${before + 1}`
        if (data._tag === "NestedData") {
          const parts = yield* deliver(protocol, key, base, request.nested, data.parts)
          return { ...common, data: { _tag: "NestedData" as const, parts } }
        }
        if (!request.asReference) return { ...common, data: inFormat(data, request) }
        const stored = yield* Effect.mapError(bytesOf(protocol, data), Ows.noApplicableCode)
        yield* memory.store(key, stored)
        const href = `${base}/outputs/${key.split("/").map(encodeURIComponent).join("/")}`
        return { ...common, data: DataValue.reference(href, { format: stored.contentType }) }
      }))
  }

  /** The file at a path as it stands in an address. */
  const fileAt = (path: string): Effect.Effect<Option.Option<File>> =>
    Option.match(unescaped(path), { onNone: () => Effect.succeedNone, onSome: memory.file })

  const contextOf = (
    id: string,
    base: string,
    say: (status: Execute.JobStatus) => Effect.Effect<void>
  ): JobContext => ({
    report: (percent, message) => say(JobStatus.Running({ message, percent: Option.some(percent) })),
    pause: (percent, message) => say(JobStatus.Paused({ message, percent: Option.some(percent) })),
    store: (name, file) =>
      Effect.as(memory.store(`${id}/${name}`, file), `${base}/outputs/${id}/${encodeURIComponent(name)}`),
    load: (url) =>
      url.startsWith(`${base}/outputs/`) ? fileAt(url.slice(`${base}/outputs/`.length)) : Effect.succeedNone
  })

  interface Prepared {
    readonly implementation: Implementation<R>
    readonly asked: ReadonlyArray<Execute.OutputRequest>
    readonly run: Either.Either.Right<ReturnType<Implementation<R>["run"]>>
  }

  /** What is wrong with a request, or how to run it. */
  const prepare = Effect.fnUntraced(function*(
    protocol: WpsProtocol,
    { identifier, inputs, response }: Execute.ExecuteRequest
  ): Effect.fn.Return<Prepared, ReadonlyArray<Ows.OwsException>> {
    const implementation = byIdentifier.get(identifier)
    if (implementation === undefined) {
      return yield* Effect.fail([
        exception(codeOf(protocol, "noSuchProcess"), "identifier", `There is no process ${identifier}.`)
      ])
    }
    const asked = response._tag === "Raw" ? [response.output] : response.outputs
    const unknown = asked.find((output) => !Object.hasOwn(implementation.process.outputs, output.identifier))
    if (unknown !== undefined) {
      return yield* Effect.fail([
        exception(codeOf(protocol, "noSuchOutput"), unknown.identifier, `There is no output ${unknown.identifier}.`)
      ])
    }
    if (response.mode === "async" && !implementation.async) {
      return yield* Effect.fail([
        exception(
          codeOf(protocol, "noSuchMode"),
          protocol.version === "2.0.0" ? "mode" : "storeExecuteResponse",
          "This process cannot be run asynchronously."
        )
      ])
    }
    if (asked.some((output) => output.asReference) && !implementation.async) {
      return yield* Effect.fail([
        exception(codeOf(protocol, "noStorage"), "storeExecuteResponse", "This process stores nothing.")
      ])
    }
    const resolved = yield* Effect.forEach(inputs, (input) => resolve(protocol, input), { concurrency: 4 }).pipe(
      Effect.mapError((one) => [one])
    )
    const run = yield* Either.mapLeft(implementation.run(resolved), (all) => all.map(exceptionOfFault(protocol)))
    return { implementation, asked, run }
  })

  /** When to ask again, counted from this answer. */
  const withNextPoll = (document: Execute.ExecuteResponse): Effect.Effect<Execute.ExecuteResponse> => {
    const { nextPoll } = options
    return nextPoll === undefined || Execute.isTerminal(document.status)
      ? Effect.succeed(document)
      : Effect.map(DateTime.now, (moment) => ({
        ...document,
        nextPoll: Option.some(DateTime.addDuration(moment, nextPoll))
      }))
  }

  const execute = Effect.fnUntraced(function*(
    protocol: WpsProtocol,
    request: Execute.ExecuteRequest,
    base: string
  ) {
    const write = respond(protocol)
    const prepared = yield* Effect.either(prepare(protocol, request))
    if (Either.isLeft(prepared)) return write(400, report(prepared.left))
    const { asked, implementation, run } = prepared.right
    const { response: form } = request
    const id = yield* jobId
    const silent = run(contextOf(id, base, () => Effect.void))

    /** A job's document with what is the same in all its states. */
    const document = (status: Execute.JobStatus, rest: Partial<Execute.ExecuteResponse>): Execute.ExecuteResponse =>
      Execute.response(status, {
        process: Option.some(describe(implementation)),
        serviceInstance: Option.some(`${base}?service=WPS&request=GetCapabilities`),
        lineage: form._tag === "Document" && form.lineage
          ? Option.some({ inputs: request.inputs, outputs: form.outputs })
          : Option.none(),
        ...rest
      })

    const isAsync = form.mode === "async" || (form.mode === "auto" && implementation.async)
    if (!isAsync) {
      const produced = yield* Effect.either(silent)
      if (form._tag === "Raw") {
        return Either.match(Either.flatMap(produced, (all) => rawOf(protocol, form.output, all)), {
          onLeft: (one) => write(500, report([one])),
          onRight: ({ content, contentType }) => HttpServerResponse.uint8Array(content, { contentType })
        })
      }
      const outputs = yield* Effect.either(
        Effect.flatMap(produced, (all) => deliver(protocol, id, base, asked, partsOf(all)))
      )
      const creationTime = yield* now
      // WPS 2.0 has no document for a job that failed at once.
      return Either.match(outputs, {
        onLeft: (one) =>
          protocol.version === "2.0.0"
            ? write(500, report([one]))
            : write(200, { _tag: "ExecuteResponse", value: document(failed(one), { creationTime }) }),
        onRight: (outputs) =>
          write(200, { _tag: "ExecuteResponse", value: document(status.succeeded, { creationTime, outputs }) })
      })
    }

    const place = { statusLocation: Option.some(`${base}${beforeId}${id}${afterId}`), jobId: Option.some(id) }
    const become = (document: Execute.ExecuteResponse, raw: Option.Option<File>) =>
      Effect.zipRight(observe(document, request), memory.change(id, (job) => ({ ...job, raw, document })))
    const say = (value: Execute.JobStatus) =>
      Effect.flatMap(now, (creationTime) => become(document(value, { ...place, creationTime }), Option.none()))
    const end = (value: Execute.JobStatus, outputs: ReadonlyArray<Execute.OutputData>, raw: Option.Option<File>) =>
      Effect.flatMap(DateTime.now, (moment) =>
        become(
          document(value, {
            ...place,
            creationTime: Option.some(DateTime.formatIso(moment)),
            expirationDate: Option.some(DateTime.addDuration(moment, keepJobs)),
            outputs
          }),
          raw
        ))

    const done = yield* Deferred.make<void>()
    const accepted = document(status.accepted, { ...place, creationTime: yield* now })
    yield* observe(accepted, request)
    yield* memory.add(id, { document: accepted, raw: Option.none(), fiber: Option.none(), done })
    const queued = behaviour.queuedFor === undefined ? Effect.void : Effect.sleep(behaviour.queuedFor)
    const started = behaviour.stuckJobs === "Accepted" ? Effect.never : Effect.zipRight(queued, say(status.started))
    const fiber = yield* started.pipe(
      Effect.zipRight(behaviour.stuckJobs === "Started" ? Effect.never : run(contextOf(id, base, say))),
      Effect.flatMap((produced) =>
        form._tag === "Raw"
          ? Effect.flatMap(
            rawOf(protocol, form.output, produced),
            (file) => end(status.succeeded, [], Option.some(file))
          )
          : Effect.flatMap(
            deliver(protocol, id, base, asked, partsOf(produced)),
            (outputs) => end(status.succeeded, outputs, Option.none())
          )
      ),
      Effect.catchAll((one) => end(failed(one), [], Option.none())),
      // Also where it is dismissed, for those who wait for its result.
      Effect.ensuring(Deferred.succeed(done, void 0)),
      // The server's handlers cannot be interrupted; a job can, by the end of the layer.
      Effect.interruptible,
      Effect.forkIn(scope)
    )
    yield* memory.change(id, (job) => ({ ...job, fiber: Option.some(fiber) }))
    const value = yield* withNextPoll(accepted)
    return write(200, { _tag: protocol.version === "2.0.0" ? "StatusInfo" : "ExecuteResponse", value })
  })

  // ------------------------------------------------------------------------------------------------------ jobs by their id

  const aboutJob = Effect.fnUntraced(function*(
    protocol: WpsProtocol,
    operation: "GetStatus" | "GetResult" | "Dismiss",
    id: string
  ) {
    const write = respond(protocol)
    const job = Option.getOrUndefined(yield* memory.job(id))
    if (job === undefined) return write(400, report([exception("NoSuchJob", id, `There is no job ${id}.`)]))
    switch (operation) {
      case "GetStatus":
        return write(200, { _tag: "StatusInfo", value: yield* withNextPoll(job.document) })
      case "GetResult": {
        if (behaviour.getResultWaits === true) yield* Deferred.await(job.done)
        const { document, raw } = Option.getOrElse(yield* memory.job(id), () => job)
        if (!Execute.isTerminal(document.status)) {
          return write(400, report([exception("ResultNotReady", id, `The job ${id} is not done.`)]))
        }
        return document.status._tag === "Failed"
          ? write(500, report(document.status.exceptions))
          : Option.match(raw, {
            onNone: () => write(200, { _tag: "Result", value: document }),
            onSome: ({ content, contentType }) => HttpServerResponse.uint8Array(content, { contentType })
          })
      }
      case "Dismiss": {
        if (behaviour.dismissedIsFailed === true && Execute.isTerminal(job.document.status)) {
          return write(400, report([exception("InvalidParameterValue", "JobId", `The job ${id} is done.`)]))
        }
        yield* Option.match(job.fiber, { onNone: () => Effect.void, onSome: Fiber.interrupt })
        if (behaviour.dismissedIsFailed === true) {
          const value = { ...job.document, status: failed(Ows.noApplicableCode("The job was dismissed.")) }
          yield* memory.change(id, (job) => ({ ...job, document: value }))
          return write(200, { _tag: "StatusInfo", value })
        }
        yield* memory.forget(id)
        const status = JobStatus.Dismissed({ message: "", percent: Option.none() })
        return write(200, { _tag: "StatusInfo", value: { ...job.document, status } })
      }
    }
  })

  // --------------------------------------------------------------------------------------------------------- dispatching

  /** WPS 1.0.0 cannot describe what is made of others. */
  const describable = ({ version }: WpsProtocol) =>
    version === "2.0.0"
      ? descriptions
      : descriptions.filter(({ inputs, outputs }) =>
        ![...inputs, ...outputs].some(({ data }) => data._tag === "NestedInputs" || data._tag === "NestedOutputs")
      )

  const describeProcesses = (protocol: WpsProtocol, identifiers: ReadonlyArray<string>) => {
    const refuse = (code: string, text: string) => respond(protocol)(400, report([exception(code, "identifier", text)]))
    if (identifiers.length === 0) return refuse("MissingParameterValue", "No process is named.")
    const known = describable(protocol)
    const all = identifiers.some((one) => one.toUpperCase() === "ALL")
    const unknown = identifiers.find((one) => !known.some(({ identifier }) => identifier === one))
    const ordered = behaviour.otherOrder !== true ? known : known.map((one) => ({
      ...one,
      inputs: Arr.reverse(one.inputs),
      outputs: Arr.reverse(one.outputs)
    }))
    return all || unknown === undefined
      ? respond(protocol)(200, {
        _tag: "ProcessDescriptions",
        value: !all
          ? ordered.filter((one) => identifiers.includes(one.identifier))
          : behaviour.emptyOfferings === true
          ? []
          : ordered
      })
      : refuse(codeOf(protocol, "noSuchProcess"), `There is no process ${unknown}.`)
  }

  /** The first of the versions that a client accepts and the node has, or the one in which it asked. */
  const describeNode = (protocol: WpsProtocol, acceptVersions: ReadonlyArray<string>, base: string) => {
    const known = acceptVersions.flatMap((one) => versions.filter((version) => version === one))
    const accepted = known.at(behaviour.lastVersionWins === true ? -1 : 0)
    const unasked = behaviour.lastVersionWins === true ? Wps100.Wps100 : protocol
    const chosen = acceptVersions.length === 0 ? unasked : accepted === undefined ? undefined : protocols[accepted]
    return chosen === undefined
      ? respond(protocol)(
        400,
        report([
          exception("VersionNegotiationFailed", "AcceptVersions", `This node speaks ${versions.join(" and ")}.`)
        ])
      )
      : respond(chosen)(200, {
        _tag: "Capabilities",
        value: capabilities(options.title ?? "WPS node", base, chosen.version, describable(chosen))
      })
  }

  /** What is asked, about which job or output, and the answer that is still to be made. */
  type Answered = readonly [
    operation: Answer["operation"],
    about: string,
    response: Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
  ]

  const aboutOf = (request: WpsRequest): string => "jobId" in request ? request.jobId : ""

  /** Every output, whatever else was asked for. */
  const everyOutput = { _tag: "Document", outputs: [], mode: "sync", lineage: false } as const

  const understood = (spoken: WpsProtocol, { inputs, response, ...rest }: Execute.ExecuteRequest) => {
    const isMisread = behaviour.misreads200 === true && spoken.version === "2.0.0"
    const form: Execute.ResponseForm = isMisread
      ? everyOutput
      : behaviour.alwaysAsync === true
      ? { ...everyOutput, mode: "async" }
      : response
    return {
      ...rest,
      inputs: isMisread ? [] : inputs,
      response: form._tag === "Document" && behaviour.alwaysLineage === true ? { ...form, lineage: true } : form
    }
  }

  const answer = (
    spoken: WpsProtocol,
    request: WpsRequest,
    base: string
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> => {
    const protocol = behaviour.answersIn === undefined ? spoken : protocols[behaviour.answersIn]
    switch (request._tag) {
      case "GetCapabilities":
        return Effect.succeed(describeNode(spoken, request.acceptVersions, base))
      case "DescribeProcess":
        return Effect.succeed(describeProcesses(protocol, request.identifiers))
      case "Execute":
        return execute(protocol, understood(spoken, request.request), base)
      default:
        return aboutJob(protocol, request._tag, request.jobId)
    }
  }

  const refused = (protocol: WpsProtocol, status: number, exception: Ows.OwsException): Answered => [
    "Execute",
    "",
    Effect.succeed(respond(protocol)(status, report([exception])))
  ]

  const spoken = versions.map((version) => protocols[version])

  /** The root's namespace says in which version a document is. */
  const posted = (body: Uint8Array, base: string): Answered => {
    const attempts = spoken.map((protocol) => ({ protocol, decoded: protocol.decodeRequest(body) }))
    const { decoded, protocol } = attempts.find(({ decoded }) =>
      Either.isRight(decoded) || decoded.left.reason !== "unexpected-root"
    ) ?? { protocol: first, decoded: first.decodeRequest(body) }
    return Either.match(decoded, {
      onLeft: (error) => refused(protocol, ...faultOf(error)),
      onRight: (one): Answered => [one._tag, aboutOf(one), answer(protocol, one, base)]
    })
  }

  const unreadable = refused(first, 400, exception("NoApplicableCode", "body", "The body could not be read."))

  /** What the node reads of the parameters of a request. */
  const heard = (parameters: URLSearchParams): URLSearchParams => {
    const read = behaviour.readsInputs
    return read === undefined ? parameters : new URLSearchParams(
      [...parameters].map(([name, value]) => [name, name.toLowerCase() === "datainputs" ? read(value) : value])
    )
  }

  const withoutReferences = (request: WpsRequest): WpsRequest =>
    request._tag !== "Execute" || request.request.response._tag === "Raw" ? request : {
      ...request,
      request: {
        ...request.request,
        response: {
          ...request.request.response,
          outputs: request.request.response.outputs.map((output) => ({ ...output, asReference: false }))
        }
      }
    }

  /** The version that is named, or the first; GetCapabilities has no version, but some clients name one. */
  const asked = (parameters: URLSearchParams, base: string): Answered => {
    const value = (name: string) => [...parameters].find(([one]) => one.toLowerCase() === name)?.[1]
    const executionId = behaviour.executionIds === true ? value("executionid") : undefined
    const sid = behaviour.statusByExecute === true && value("identifier") === "GetStatus"
      ? /^sid=(.*)$/.exec(value("datainputs") ?? "")?.[1]
      : undefined
    if (sid !== undefined) return found(`${beforeId}${sid}${afterId}`)
    if (executionId !== undefined) {
      switch (value("request")?.toLowerCase()) {
        case "dismiss":
          return ["Dismiss", executionId, aboutJob(Wps100.Wps100, "Dismiss", executionId)]
        case "getexecutionresult":
          return found(`/outputs/${encodeURIComponent(executionId)}/${encodeURIComponent(value("outputid") ?? "")}`)
        default:
          return found(`${beforeId}${executionId}${afterId}`)
      }
    }
    const version = value("version")
    const protocol = spoken.find((one) => one.version === version)
    if (version !== undefined && protocol === undefined) {
      const text = `The version is none of ${versions.join(", ")}.`
      return refused(first, 400, exception("InvalidParameterValue", "version", text))
    }
    const chosen = protocol ?? first
    return Either.match(chosen.decodeParameters(heard(parameters)), {
      onLeft: (one) => refused(chosen, one.code === "OperationNotSupported" ? 501 : 400, one),
      onRight: (one): Answered => {
        const request = behaviour.ignoresAsReference === true ? withoutReferences(one) : one
        return [one._tag, aboutOf(one), answer(chosen, request, base)]
      }
    })
  }

  const found = (below: string): Answered => {
    if (below.startsWith(beforeId) && below.endsWith(afterId)) {
      const id = below.slice(beforeId.length, below.length - afterId.length)
      return [
        "GetStatus",
        id,
        Effect.map(
          memory.job(id),
          Option.match({
            onNone: () => notFound,
            onSome: ({ document }) => respond(Wps100.Wps100)(200, { _tag: "ExecuteResponse", value: document })
          })
        )
      ]
    }
    return [
      "GetOutput",
      below,
      Effect.map(
        below.startsWith("/outputs/") ? fileAt(below.slice("/outputs/".length)) : Effect.succeedNone,
        Option.match({
          onNone: () => notFound,
          onSome: ({ content, contentType }) => HttpServerResponse.uint8Array(content, { contentType })
        })
      )
    ]
  }

  const strange =
    (request: HttpServerRequest.HttpServerRequest, body: Uint8Array = new Uint8Array(0)) =>
    ([operation, about, response]: Answered): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
      quirks.length === 0
        ? response
        : Effect.flatMap(
          memory.count(`${operation} ${about}`),
          (count) => {
            const asked = { operation, count, request, body: new TextDecoder().decode(body) }
            return quirks.reduce((response, quirk) => quirk.change({ ...asked, response }), response)
          }
        )

  return Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const refusal = yield* options.authorize?.(request) ?? Effect.succeedNone
    if (Option.isSome(refusal)) return refusal.value
    const url = Option.getOrUndefined(HttpServerRequest.toURL(request))
    if (url === undefined) {
      return yield* refused(
        first,
        400,
        exception("NoApplicableCode", "host", "The address asked for cannot be read.")
      )[2]
    }
    if (!url.pathname.startsWith(root)) return notFound
    const base = `${url.origin}${root}`
    const below = url.pathname.slice(root.length)
    const reads = request.method === "GET" || request.method === "HEAD"
    if (below !== "" && below !== "/") {
      return below.startsWith("/") && !reads
        ? notAllowed("GET, HEAD")
        : yield* strange(request)(found(beforeId.includes("?") ? `${below}${url.search}` : below))
    }
    if (request.method === "POST") {
      return yield* Effect.matchEffect(request.arrayBuffer, {
        onFailure: () => strange(request)(unreadable),
        onSuccess: (buffer) => {
          const body = new Uint8Array(buffer)
          return strange(request, body)(posted(body, base))
        }
      })
    }
    if (!reads) return notAllowed("GET, HEAD, POST")
    return yield* strange(request)(asked(url.searchParams, base))
  })
})
