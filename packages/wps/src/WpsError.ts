/**
 * Every error of a call to a service. There is one type for each case that a caller would handle differently.
 *
 * No error holds a request, a header or the query of a URL. An error holds at most a short excerpt of a body.
 *
 * @since 0.1.0
 */
import * as AuthError from "@effect-wps/auth/AuthError"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { JobReference } from "./Job.ts"
import { OwsException } from "./Ows.ts"

/**
 * The request that failed. `ListJobs`, `GetJob`, `GetHistory` and `DeleteJob` are not operations of WPS, but of ESGF's
 * job API.
 *
 * @since 0.1.0
 * @category models
 */
export const RequestName = Schema.Literal(
  "GetCapabilities",
  "DescribeProcess",
  "Execute",
  "GetStatus",
  "GetResult",
  "Dismiss",
  "GetOutput",
  "ListJobs",
  "GetJob",
  "GetHistory",
  "DeleteJob"
)

/**
 * The request that failed.
 *
 * @since 0.1.0
 * @category models
 */
export type RequestName = typeof RequestName.Type

const otherVersion =
  "The server does not speak the client's version of WPS: give the client another `protocol`, or both."

const hints: ReadonlyMap<string, string> = new Map([
  ["MissingParameterValue", "Give the input that it names."],
  ["InvalidParameterValue", "Correct the value that it names; WpsClient.describe shows what is allowed."],
  ["VersionNegotiationFailed", otherVersion],
  ["StorageNotSupported", "This process cannot be run asynchronously or store results: run it with mode \"sync\"."],
  ["FileSizeExceeded", "Send a smaller input, or give it by reference."],
  ["NotEnoughStorage", "The server's disk is full; try later."],
  [
    "OperationNotSupported",
    "The server does not have this operation, or not in this version: give the client another `protocol`, or both."
  ],
  ["NoSuchMode", "The process cannot be run in this mode; its jobControlOptions say in which it can."],
  ["NoSuchInput", "Leave the input out that it names; WpsClient.describe shows those that there are."],
  ["NoSuchOutput", "Ask for another output; WpsClient.describe shows those that there are."],
  [
    "DataNotAccessible",
    "The server cannot fetch an input that is given by reference; send its value, or check the address."
  ],
  ["SizeExceeded", "Send a smaller input, or give it by reference."],
  ["TooManyInputs", "Give the input that it names fewer times."],
  ["TooManyOutputs", "Ask for fewer outputs."],
  ["NoSuchFormat", "Use one of the formats that WpsClient.describe shows."],
  ["WrongInputData", "Correct the input that it names."]
])

/** The most faults that a message shows. The field holds all of them. */
const mostFaults = 20

/** Shortens a text for a message, because servers send whole stack traces. The fields hold the whole text. */
const short = (text: string): string => text.length > 1000 ? `${text.slice(0, 1000)}…` : text

/** Ends a server's text with exactly one full stop, for use in a message. */
const sentence = (text: string): string => `${short(text).replace(/[.\s]+$/, "")}.`

const said = (exceptions: ReadonlyArray<OwsException>): string => sentence(exceptions.map(String).join("; "))

/**
 * The client cannot call the address: it is not absolute, is not http or https, or contains a user name.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidUrl extends Schema.TaggedError<InvalidUrl>("@effect-wps/wps/WpsError/InvalidUrl")("InvalidUrl", {
  url: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `"${this.url}" cannot be called: ${this.reason}. Give an absolute address such as https://example.org/wps.`
  }
}

const stillRuns = "The job may still run: ask for its result again, or attach to its reference."

/** Says what to do if a request of this kind got no answer, or an unusable one. */
const transportHint = (operation: RequestName, reason: string): string =>
  /CERT|SSL|TLS|SELF_SIGNED|UNABLE_TO_(?:GET|VERIFY)/i.test(reason)
    ? "Check that the address is one for https, and have the certificate's authority trusted (NODE_EXTRA_CA_CERTS in Node)."
    : operation === "Execute"
    ? "It may have arrived: look whether the process runs before it is run again; then check the network and any proxy."
    : operation === "GetStatus" || operation === "GetResult"
    ? stillRuns
    : "Check the address, the network and any proxy."

/**
 * No answer came, or only part of one: no connection, a name that does not resolve, TLS refused, the connection cut.
 *
 * @since 0.1.0
 * @category errors
 */
export class TransportError extends Schema.TaggedError<TransportError>("@effect-wps/wps/WpsError/TransportError")(
  "TransportError",
  { operation: RequestName, url: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    // A part of a file may have arrived.
    const answer = this.operation === "GetOutput" ? "whole answer" : "answer"
    return `${this.operation} got no ${answer} from ${this.url} (${this.reason}). ${
      transportHint(this.operation, this.reason)
    }`
  }
}

/**
 * The server refused the credentials, or requires some (HTTP 401 or 403).
 *
 * @since 0.1.0
 * @category errors
 */
export class AccessDenied extends Schema.TaggedError<AccessDenied>("@effect-wps/wps/WpsError/AccessDenied")(
  "AccessDenied",
  { operation: RequestName, url: Schema.String, status: Schema.Int, reason: Schema.String }
) {
  override get message(): string {
    const why = this.reason === "" ? "" : ` It said: ${sentence(this.reason)}`
    const hint = this.status === 401
      ? "Provide an Auth layer with valid credentials, and name this origin in `origins` if it is not the endpoint's."
      : "The credentials are known but not allowed to do this; ask whoever runs the service."
    return `${this.url} refused ${this.operation} with HTTP ${this.status}.${why} ${hint}`
  }
}

/**
 * The answer is not a WPS document: HTML, cut or malformed XML, another document, nothing at all. If the request was
 * for JSON, the answer is not readable JSON.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnexpectedResponse
  extends Schema.TaggedError<UnexpectedResponse>("@effect-wps/wps/WpsError/UnexpectedResponse")(
    "UnexpectedResponse",
    {
      operation: RequestName,
      url: Schema.String,
      status: Schema.Int,
      contentType: Schema.optionalWith(Schema.String, { as: "Option" }),
      kind: Schema.Literal(
        "empty",
        "html",
        "not-xml",
        "malformed-xml",
        "unreadable-xml",
        "unreadable-json",
        "other-document",
        "http-status"
      ),
      reason: Schema.String,
      /** The start of the body, at most 500 characters. */
      excerpt: Schema.String
    }
  )
{
  override get message(): string {
    const hint = this.status === 413
      ? "Send smaller inputs, or give them by reference."
      : this.status === 408 || this.status === 502 || this.status === 504
      ? this.operation === "Execute"
        ? "A gateway did not wait for the end, and the process may run all the same: run it with mode \"async\"."
        : "A gateway did not wait for the answer: try again later."
      : this.status >= 500
      ? "The server itself failed: ask whoever runs it."
      : this.status === 404
      ? "Check the address: there may be no such thing at this service."
      : this.kind === "html" || this.kind === "other-document"
      ? "Check that the address is that of the WPS endpoint and that no login page or proxy stands before it."
      : this.kind === "not-xml" && Option.exists(this.contentType, (type) => /json/i.test(type))
      ? "It may be an OGC API – Processes, which is another protocol: check that the address is that of the WPS endpoint."
      : this.operation === "GetStatus" && this.kind === "malformed-xml"
      ? stillRuns
      : this.kind === "malformed-xml" || this.kind === "unreadable-xml"
      ? "The server's document is at fault; ask for the output by reference or raw, or tell whoever runs it."
      : this.kind === "unreadable-json"
      ? "Check that the address is that of the job API, and its version one that this client knows."
      : "Try again later, or ask whoever runs the server."
    return `${this.operation} at ${this.url} was answered with HTTP ${this.status} but ${this.reason}. ${hint}`
  }
}

/**
 * The service refused the request with an exception report, whatever the HTTP status.
 *
 * @see OGC 06-121r3 §8, OGC 05-007r7 table 38
 * @since 0.1.0
 * @category errors
 */
export class ServiceException
  extends Schema.TaggedError<ServiceException>("@effect-wps/wps/WpsError/ServiceException")("ServiceException", {
    operation: RequestName,
    url: Schema.String,
    status: Schema.Int,
    exceptions: Schema.Array(OwsException)
  })
{
  /** The code of the first exception, such as `InvalidParameterValue`. */
  get code(): string {
    return this.exceptions[0]?.code ?? "NoApplicableCode"
  }
  override get message(): string {
    const isVersion = Option.exists(
      Option.flatMap(Option.fromNullable(this.exceptions[0]), (one) => one.locator),
      (locator) => locator.toLowerCase() === "version"
    )
    const hint = isVersion
      ? otherVersion
      : hints.get(this.code) ?? "Ask whoever runs the service if this does not say enough."
    return `${this.url} refused ${this.operation}: ${said(this.exceptions)} ${hint}`
  }
}

/**
 * The server is too busy now (HTTP 429 or 503, or `ServerBusy`). This is the only refusal after which trying again is
 * right.
 *
 * @see OGC 14-065r2 §9.11 (ServerBusy)
 * @since 0.1.0
 * @category errors
 */
export class ServerBusy extends Schema.TaggedError<ServerBusy>("@effect-wps/wps/WpsError/ServerBusy")("ServerBusy", {
  operation: RequestName,
  url: Schema.String,
  status: Schema.Int,
  /** How long the server asks to wait, in seconds. */
  retryAfter: Schema.optionalWith(Schema.Number, { as: "Option" })
}) {
  override get message(): string {
    const wait = this.retryAfter._tag === "Some" ? ` It asks to wait ${this.retryAfter.value} s.` : ""
    return `${this.url} is too busy for ${this.operation}.${wait} Try again later.`
  }
}

/**
 * The service has no such process.
 *
 * @since 0.1.0
 * @category errors
 */
export class ProcessNotFound extends Schema.TaggedError<ProcessNotFound>("@effect-wps/wps/WpsError/ProcessNotFound")(
  "ProcessNotFound",
  { url: Schema.String, identifier: Schema.String }
) {
  override get message(): string {
    return `${this.url} has no process "${this.identifier}". Identifiers are case-sensitive; WpsClient.capabilities lists them.`
  }
}

/**
 * The service does not know the job. It has expired, was dismissed, or belongs to another service.
 *
 * @see OGC 14-065r2 §9.5 (NoSuchJob)
 * @since 0.1.0
 * @category errors
 */
export class JobNotFound extends Schema.TaggedError<JobNotFound>("@effect-wps/wps/WpsError/JobNotFound")(
  "JobNotFound",
  { operation: RequestName, url: Schema.String, jobId: Schema.String }
) {
  override get message(): string {
    const job = this.jobId === this.url ? "this job" : `the job "${this.jobId}"`
    return `${this.url} does not know ${job}: it has expired, was dismissed, or is another service's. ` +
      "Services keep jobs and their results for a time only; run the process again."
  }
}

/**
 * The service answers in a version that the client does not speak.
 *
 * @see OGC 06-121r9 §7.3.2 (version negotiation)
 * @since 0.1.0
 * @category errors
 */
export class VersionNotSupported
  extends Schema.TaggedError<VersionNotSupported>("@effect-wps/wps/WpsError/VersionNotSupported")(
    "VersionNotSupported",
    { url: Schema.String, offered: Schema.String, spoken: Schema.Array(Schema.String) }
  )
{
  override get message(): string {
    return `${this.url} speaks WPS ${this.offered}, and this client ${this.spoken.join(", ")}. ` +
      `Give the client another \`protocol\`.`
  }
}

/**
 * One fault in the inputs.
 *
 * @since 0.1.0
 * @category models
 */
export class InputFault extends Schema.Class<InputFault>("@effect-wps/wps/WpsError/InputFault")({
  input: Schema.String,
  reason: Schema.String
}) {}

/**
 * The inputs or the requested outputs do not fit the process. The error holds every fault, and nothing was sent.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidInputs extends Schema.TaggedError<InvalidInputs>("@effect-wps/wps/WpsError/InvalidInputs")(
  "InvalidInputs",
  { identifier: Schema.String, faults: Schema.Array(InputFault) }
) {
  override get message(): string {
    const told = this.faults.slice(0, mostFaults).map(({ input, reason }) => `${input}: ${short(reason)}`).join("; ")
    const others = this.faults.length - mostFaults
    return `${this.identifier} was not run: ${told}${others > 0 ? `; and ${others} more` : ""}.`
  }
}

/**
 * An output is missing, or is not what the operation declares.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidOutput extends Schema.TaggedError<InvalidOutput>("@effect-wps/wps/WpsError/InvalidOutput")(
  "InvalidOutput",
  { identifier: Schema.String, output: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `${this.identifier} gave an output "${this.output}" that cannot be read: ${this.reason}. ` +
      `Compare the process's declaration with WpsClient.describe.`
  }
}

/**
 * The job ran and failed.
 *
 * @see OGC 05-007r7 §10.3.1 table 57 (ProcessFailed)
 * @since 0.1.0
 * @category errors
 */
export class ProcessFailed extends Schema.TaggedError<ProcessFailed>("@effect-wps/wps/WpsError/ProcessFailed")(
  "ProcessFailed",
  { identifier: Schema.String, exceptions: Schema.Array(OwsException) }
) {
  override get message(): string {
    const why = this.exceptions.length === 0 ? "the server gave no reason." : said(this.exceptions)
    return `${this.identifier} failed on the server: ${why}`
  }
}

/**
 * The job was dismissed before it was done.
 *
 * @see OGC 14-065r2 §12
 * @since 0.1.0
 * @category errors
 */
export class JobDismissed extends Schema.TaggedError<JobDismissed>("@effect-wps/wps/WpsError/JobDismissed")(
  "JobDismissed",
  { identifier: Schema.String }
) {
  override get message(): string {
    return `The job of ${this.identifier} was dismissed before it was done. Run it again.`
  }
}

/**
 * The client cannot dismiss the job, because WPS 1.0.0 or this process does not support it.
 *
 * @see OGC 14-065r2 §12
 * @since 0.1.0
 * @category errors
 */
export class CannotDismiss extends Schema.TaggedError<CannotDismiss>("@effect-wps/wps/WpsError/CannotDismiss")(
  "CannotDismiss",
  { identifier: Schema.String, reason: Schema.String }
) {
  override get message(): string {
    return `The job of ${this.identifier} cannot be dismissed: ${this.reason}. Let it run, or ask whoever runs the server.`
  }
}

/**
 * The job is not done, and the server gave no way to ask for its status.
 *
 * @since 0.1.0
 * @category errors
 */
export class CannotPoll extends Schema.TaggedError<CannotPoll>("@effect-wps/wps/WpsError/CannotPoll")("CannotPoll", {
  identifier: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `The job of ${this.identifier} is not done, but its status cannot be asked for: ${this.reason}. ` +
      `Run it with mode "sync", or tell whoever runs the server.`
  }
}

/**
 * The wait ended before the job did: `deadline` has passed, or nothing has changed for `stallTimeout`. The job may
 * still be running, and its reference can be attached to later. The reference is redacted in logs, because the address
 * in it may have a query.
 *
 * @example
 * ```ts
 * import { Output, Process, WpsClient } from "@effect-wps/wps"
 * import { Effect, Option, Redacted, Schema } from "effect"
 *
 * const slow = Process.make("slow", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
 * const program = WpsClient.run(slow({}), { mode: "async", poll: { deadline: "1 hour" } }).pipe(
 *   Effect.catchTag("JobTimeout", ({ reference }) => Effect.succeed(Option.map(reference, Redacted.value)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class JobTimeout extends Schema.TaggedError<JobTimeout>("@effect-wps/wps/WpsError/JobTimeout")("JobTimeout", {
  identifier: Schema.String,
  kind: Schema.Literal("deadline", "stalled"),
  seconds: Schema.Number,
  lastStatus: Schema.String,
  /** How to find the job again. None if the server gave neither an address nor an id. */
  reference: Schema.optionalWith(Schema.Redacted(JobReference), { as: "Option" })
}) {
  override get message(): string {
    const what = this.kind === "deadline" ? "was not done after" : "has not changed for"
    return `The job of ${this.identifier} ${what} ${this.seconds} s; it was last ${this.lastStatus}. ` +
      (Option.isSome(this.reference) ? "Wait longer, or save its reference and attach to it later." : "Wait longer.")
  }
}

/**
 * The errors of any request: to describe a process, to fetch an output, to run a process.
 *
 * @since 0.1.0
 * @category errors
 */
export const RequestError = Schema.Union(
  InvalidUrl,
  TransportError,
  AccessDenied,
  UnexpectedResponse,
  ServiceException,
  ServerBusy,
  ProcessNotFound,
  JobNotFound,
  VersionNotSupported,
  InvalidInputs
)

/**
 * The errors of any request: to describe a process, to fetch an output, to run a process.
 *
 * @since 0.1.0
 * @category errors
 */
export type RequestError = typeof RequestError.Type

/**
 * The errors that only a run of a process can have, besides a `RequestError`.
 *
 * @since 0.1.0
 * @category errors
 */
export const JobError = Schema.Union(InvalidOutput, ProcessFailed, JobDismissed, CannotDismiss, CannotPoll, JobTimeout)

/**
 * The errors that only a run of a process can have, besides a `RequestError`.
 *
 * @since 0.1.0
 * @category errors
 */
export type JobError = typeof JobError.Type

/**
 * Every error of this package.
 *
 * @since 0.1.0
 * @category errors
 */
export const WpsError = Schema.Union(...RequestError.members, ...JobError.members)

/**
 * Every error of this package.
 *
 * @since 0.1.0
 * @category errors
 */
export type WpsError = RequestError | JobError

/**
 * Whether a value is one of this package's errors.
 *
 * @example
 * ```ts
 * import { WpsError } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const program = Effect.fail(new WpsError.ProcessNotFound({ url: "https://example.org/wps", identifier: "buffer" }))
 * const quiet = Effect.catchIf(program, WpsError.isWpsError, (error) => Effect.logWarning(error.message))
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isWpsError: (value: unknown) => value is WpsError = Schema.is(WpsError)

/**
 * Whether the same request may succeed the next time: no answer came, a document was read while the server wrote it,
 * the server is busy or starting. An Execute may still have arrived.
 *
 * @example
 * ```ts
 * import { WpsClient, WpsError } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const patient = Effect.retry(WpsClient.capabilities, { while: WpsError.isTransient, times: 3 })
 * ```
 *
 * @since 0.1.0
 * @category guards
 */
export const isTransient = (error: { readonly _tag: string }): boolean =>
  error._tag === "TransportError" || error._tag === "UnexpectedResponse" || error._tag === "ServerBusy"

/**
 * The start of a body as an error may show it: at most 500 characters, and no control characters. If a page shows the
 * request (as headers, as an address, as JSON or as a program's settings), its credentials and its query are left out.
 *
 * @example
 * ```ts
 * import { WpsError } from "@effect-wps/wps"
 *
 * console.log(WpsError.excerpt("<pre>Authorization: Bearer abcd</pre>")) // <pre>Authorization: Bearer …</pre>
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const excerpt = (body: string): string =>
  body.slice(0, 1000)
    .replace(/[\x00-\x08\x0b-\x1f\x7f]/g, "")
    .replace(/\b(bearer|basic|dpop|digest|negotiate)(?:\s|%20|\+)+[^\s<>"']+/gi, "$1 …")
    .replace(/(cookie|csrftoken)[\\"']*\s*(?:[:=]\s*[\\"']*|[\\"'])[^<>"'\r\n]+/gi, "$1 …")
    .replace(/\beyJ[\w-]+\.[\w.-]+/g, "…")
    .replace(/((?:https?:|\/)[^\s<>"'?]*\?)[^\s<>"']+/gi, "$1…")
    .replace(/((?:api[_-]?key|token|secret|password)[\\"']*\s*[:=]\s*[\\"']*)[^\s<>"'&,]+/gi, "$1…")
    .slice(0, 500)

/**
 * Why no answer came, as an error may show it: the network's code, such as `ECONNREFUSED`. The client's own message is
 * not used, because it may hold an address with its query.
 *
 * @example
 * ```ts
 * import { WpsError } from "@effect-wps/wps"
 * import { FetchHttpClient, HttpClient } from "@effect/platform"
 * import { Console, Effect } from "effect"
 *
 * const program = HttpClient.get("http://127.0.0.1:1/wps?api_key=secret").pipe(
 *   Effect.catchTag("RequestError", (error) => Console.log(WpsError.transportReason(error))), // ECONNREFUSED, or alike
 *   Effect.provide(FetchHttpClient.layer)
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const transportReason: (error: HttpClientError.HttpClientError) => string = AuthError.transportReason
