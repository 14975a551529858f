/**
 * A WPS node made of typed processes and the effects that run them, as an `HttpApp`.
 *
 * It is for tests and demonstrations: jobs and outputs are kept in memory until the layer ends.
 *
 * @since 0.1.0
 */
import { type DataValue, type Execute, Input, Output, Ows, Process, Wps100, type WpsError } from "@effect-wps/wps"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Cause from "effect/Cause"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as node from "./internal/node.ts"
import { report, respond } from "./internal/nodeAnswers.ts"
import * as nodeRoutes from "./internal/nodeRoutes.ts"
import type { Quirk } from "./Quirk.ts"

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
 * What a process can do while it computes: report its progress, store files, and read the files of the node.
 *
 * @since 0.1.0
 * @category models
 */
export interface JobContext {
  /** `percent` is 0 to 99. */
  readonly report: (percent: number, message: string) => Effect.Effect<void>
  /** Like `report`, but the job is paused. */
  readonly pause: (percent: number, message: string) => Effect.Effect<void>
  /** Stores a file, and gives the URL at which the node serves it. */
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
 * How a node is set up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** @default "WPS node" */
  readonly title?: string | undefined
  /** The versions that it speaks; a request that names no version gets the first. @default ["1.0.0", "2.0.0"] */
  readonly versions?: ReadonlyArray<"1.0.0" | "2.0.0"> | undefined
  /** How it departs from the standard. @default it keeps to it */
  readonly quirks?: ReadonlyArray<Quirk> | undefined
  /** How long the node keeps a job and its stored outputs after the job's end. @default "1 hour" */
  readonly keepJobs?: Duration.DurationInput | undefined
  /** How long WPS 2.0 clients are told to wait before they ask again. @default they are not told */
  readonly nextPoll?: Duration.DurationInput | undefined
  /** The path of the service; the paths of jobs and outputs begin with it. @default "/wps" */
  readonly path?: `/${string}` | undefined
  /** Sees every request first, and refuses it by giving an answer. @default every request is let in */
  readonly authorize?:
    | ((
      request: HttpServerRequest.HttpServerRequest
    ) => Effect.Effect<Option.Option<HttpServerResponse.HttpServerResponse>>)
    | undefined
  /** Files that the node has from the start, by the path below `outputs/` at which it serves them. */
  readonly files?: Readonly<Record<string, File>> | undefined
  /** Fetches an input that is given by reference, or fails with the reason. @default every reference is refused */
  readonly fetch?: ((reference: DataValue.Reference) => Effect.Effect<Uint8Array, string>) | undefined
  /** Makes the id of a job. It is a segment of a path, so it has no slash. @default 128 random bits */
  readonly jobId?: Effect.Effect<string> | undefined
  /** The path of a job's status document, below `path`. @default "/jobs/{id}" */
  readonly statusPath?: `/${string}{id}${string}` | undefined
  /** Is called with each state of an asynchronous job, from accepted to its end, before clients can see the state. */
  readonly observe?:
    | ((state: Execute.ExecuteResponse, request: Execute.ExecuteRequest) => Effect.Effect<void>)
    | undefined
}

// -------------------------------------------------------------------------------------------------------- constructors

/**
 * Gives a process the effect that runs it. If the effect fails, the client gets an exception report: an `OwsException`
 * as it is, any other error by its message. A defect is logged too.
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
          // The client only gets the message of a bug. The log shows where it is.
          Effect.tapDefect((defects) => Effect.logError(`The handler of ${process.identifier} has a bug`, defects)),
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
 * Makes a node's `HttpApp`. The end of the scope ends the jobs that still run.
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
  return nodeRoutes.app(yield* node.make(implementations, options))
})

// --------------------------------------------------------------------------------------------------------- combinators

/**
 * Lets in requests with this bearer token, and answers 401 to all others (RFC 6750 §3).
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

// ----------------------------------------------------------------------------------------------------------- processes

/**
 * A process that gives its inputs back. All of them are optional. OGC's test suite for WPS 2.0 needs such a process
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
    // Without a duration the job has ended when its client hears of it: the test suite asks for the result at once.
    Effect.as(duration === undefined ? Effect.void : Effect.sleep(duration), {
      complexOutput: Option.fromNullable(complexInput),
      boundingBoxOutput: Option.fromNullable(boundingBoxInput),
      literalOutput: Option.fromNullable(literalInput)
    })
)
