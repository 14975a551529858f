/**
 * How real servers stray from the standard, to be switched on in a node, so that programs can be tested against them.
 *
 * Each is what a server was seen to do, or what its users have told of it. `pyWps`, `javaPs`, `geoServer`, `llnl` and the
 * like are the ones of one server.
 *
 * @since 0.1.0
 */
import type { WpsProtocol } from "@effect-wps/wps"
import * as Headers from "@effect/platform/Headers"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { gzipSync } from "node:zlib"
import * as internal from "./internal/quirks.ts"

/**
 * An answer that a node is about to give.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer<out R = never> {
  /** What was asked; a status document by its address is `GetStatus` too, a stored output `GetOutput`. */
  readonly operation: WpsProtocol.WpsRequest["_tag"] | "GetOutput"
  /** Which answer of that operation it is, from 1; of those about one job or output, where it is about one. */
  readonly count: number
  readonly request: HttpServerRequest.HttpServerRequest
  /** The document that was posted; of another request it is empty. */
  readonly body: string
  /** Makes it: a process is run by this, so not at all where it is left out. */
  readonly response: Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

/**
 * What a node does otherwise than the standard wants, where it is not only said otherwise.
 *
 * @since 0.1.0
 * @category models
 */
export interface Behaviour {
  /** Whether GetResult of a running job waits for its end instead of answering `ResultNotReady`. */
  readonly getResultWaits?: boolean | undefined
  /** Whether a dismissed job is called Failed, and is not forgotten; one that is done cannot be dismissed. */
  readonly dismissedIsFailed?: boolean | undefined
  /** The version in which everything but capabilities is answered, whatever was asked. */
  readonly answersIn?: "1.0.0" | undefined
  /** Whether every output is given, whichever were asked for. */
  readonly everyOutput?: boolean | undefined
  /** Whether there are no descriptions for who asks for those of `ALL` processes. */
  readonly emptyOfferings?: boolean | undefined
  /** Whether every process is run asynchronously with all its outputs, whatever was asked for. */
  readonly alwaysAsync?: boolean | undefined
  /** Whether jobs are asked for and dismissed by their `executionId`, in WPS 1.0.0. */
  readonly executionIds?: boolean | undefined
  /** Whether jobs are asked for by an Execute of `GetStatus`, in WPS 1.0.0. */
  readonly statusByExecute?: boolean | undefined
  /** Where the status document of the job `{id}` lies below the node's path, in the place of its own. */
  readonly statusPath?: `/${string}{id}${string}` | undefined
  /** The state in which every job that runs asynchronously stays. */
  readonly stuckJobs?: "Accepted" | "Started" | undefined
  /** How long a job is accepted before it is run. */
  readonly queuedFor?: Duration.DurationInput | undefined
  /** Whether job documents repeat what was asked, whether that was wanted or not. */
  readonly alwaysLineage?: boolean | undefined
  /** Whether of the versions that a client accepts the last is taken, and WPS 1.0.0 where it names none. */
  readonly lastVersionWins?: boolean | undefined
  /** Whether an Execute of WPS 2.0 is run at once, without its inputs and for every output. */
  readonly misreads200?: boolean | undefined
  /** Whether outputs that a query asks for by reference are given by value. */
  readonly ignoresAsReference?: boolean | undefined
  /** What is read of the parameter `DataInputs`, after the query's own encoding has been undone. */
  readonly readsInputs?: ((dataInputs: string) => string) | undefined
  /** Whether inputs and outputs are described in another order than they were declared in. */
  readonly otherOrder?: boolean | undefined
}

/**
 * One way to stray. Give a node as many as are wanted: answers are changed by the first one first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quirk {
  readonly name: string
  readonly behaviour: Behaviour
  readonly change: <R>(answer: Answer<R>) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

/**
 * An operation that goes wrong.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation = Answer["operation"]

// -------------------------------------------------------------------------------------------------------- constructors

/**
 * A quirk of your own, which gives whatever answer it likes.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 * import { HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const gone = Quirk.make("gone", ({ operation, response }) =>
 *   operation === "GetOutput" ? Effect.succeed(HttpServerResponse.empty({ status: 410 })) : response)
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [gone] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (name: string, change: Quirk["change"], behaviour: Behaviour = {}): Quirk => ({
  name,
  behaviour,
  change
})

/**
 * A quirk that changes the text of the service's documents, which have the prefixes `wps`, `ows` and `xlink`, unless
 * `prefixes` comes before it. `root` is the local name of the document's root; outputs are left as they are.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const untitled = Quirk.rewrite("untitled", (text, root) =>
 *   root === "Capabilities" ? text.replace(/<ows:Title>.*?<\/ows:Title>/g, "") : text)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const rewrite = (
  name: string,
  change: (text: string, root: string, answer: Answer<unknown>) => string
): Quirk =>
  make(
    name,
    (answer) =>
      answer.operation === "GetOutput" ?
        answer.response :
        Effect.map(answer.response, (response) =>
          Option.match(internal.documentOf(response), {
            onNone: () => response,
            onSome: ({ root, text }) => {
              const changed = change(text, root, answer)
              return changed === text ? response : internal.withText(response, changed)
            }
          }))
  )

/** Gives this in the place of the first so many answers to an operation. An answer is an effect that gives itself. */
const instead = (
  name: string,
  operation: Operation,
  times: number,
  response: Effect.Effect<HttpServerResponse.HttpServerResponse>
): Quirk => make(name, (answer) => answer.operation === operation && answer.count <= times ? response : answer.response)

/** Refuses an Execute whose document has this in it. */
const refusesBody = (name: string, pattern: RegExp): Quirk =>
  make(
    name,
    ({ body, operation, response }) =>
      operation === "Execute" && body.includes("http://www.opengis.net/wps/2.0") && pattern.test(body)
        ? Effect.succeed(internal.report(400, "NoApplicableCode", ""))
        : response
  )

const internalError = internal.page(500, "Internal Server Error", "<p>The server met an internal error.</p>")

const behaves = (name: string, behaviour: Behaviour): Quirk => make(name, ({ response }) => response, behaviour)

const isAnswer = (root: string): boolean => root === "ExecuteResponse" || root === "Result"
const isDescription = (root: string): boolean => root === "ProcessDescriptions" || root === "ProcessOfferings"

// ------------------------------------------------------------------------------------------------------------ failures

/**
 * HTTP 500 with an HTML page, as web frameworks give it: `times` times, or always. Nothing is run. Counted for each job
 * or output.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.html500("GetStatus", 2)] })
 * ```
 *
 * @since 0.1.0
 * @category failures
 */
export const html500 = (operation: Operation, times = Infinity): Quirk =>
  instead("html500", operation, times, internalError)

/**
 * HTTP 200 with a page to log in at, as gateways give it to who has no session: `times` times, or always. Nothing is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const loginPage = (operation: Operation, times = Infinity): Quirk =>
  instead(
    "loginPage",
    operation,
    times,
    internal.page(200, "Log in", "<form method=\"post\" action=\"/login\"><input name=\"user\"></form>")
  )

/**
 * HTTP 503, with `Retry-After` in seconds where one is given, as a server or the proxy before it gives it under load.
 * Nothing is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const busy = (operation: Operation, times = 1, retryAfter?: number): Quirk =>
  instead(
    "busy",
    operation,
    times,
    retryAfter === undefined
      ? internal.page(503, "Service Unavailable", "")
      : HttpServerResponse.setHeader(
        internal.page(503, "Service Unavailable", ""),
        "retry-after",
        String(retryAfter)
      )
  )

/**
 * HTTP 400 with a report that says `ServerBusy`, its text straight in the Exception, as PyWPS gives it when its queue is
 * full. Nothing is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const serverBusy = (operation: Operation, times = 1): Quirk =>
  instead(
    "serverBusy",
    operation,
    times,
    internal.report(400, "ServerBusy", "Maximum number of processes in queue reached. Please try later.")
  )

/**
 * HTTP 400 with a report of this code, whatever is asked: an operation that is broken. LLNL's server has no
 * DescribeProcess that works.
 *
 * @since 0.1.0
 * @category failures
 */
export const refuses = (operation: Operation, code: string, text: string): Quirk =>
  instead("refuses", operation, Infinity, internal.report(400, code, text))

/**
 * HTTP 500 for what is sent in pieces, without a Content-Length (PyWPS). Nothing is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const refusesChunked: Quirk = make(
  "refusesChunked",
  ({ request, response }) =>
    request.method === "POST" && Option.isNone(Headers.get(request.headers, "content-length"))
      ? Effect.succeed(internalError)
      : response
)

/**
 * Exception reports come with HTTP 200 (LLNL, javaPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const reportsIn200: Quirk = make(
  "reportsIn200",
  ({ response }) =>
    Effect.map(response, (one) =>
      Option.exists(internal.documentOf(one), ({ root }) => root === "ExceptionReport")
        ? HttpServerResponse.setStatus(one, 200)
        : one)
)

/**
 * Exceptions with `NoApplicableCode` say nothing more: what a process failed with is not told (javaPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const silentReports: Quirk = rewrite("silentReports", (text) =>
  text.replace(
    /(<ows:Exception exceptionCode="NoApplicableCode"[^>]*?)(?<!\/)>[^]*?<\/ows:Exception>/g,
    "$1/>"
  ))

/**
 * Behind what was wrong a report has the stack of the program, and a root cause that is empty (52°North).
 *
 * @since 0.1.0
 * @category failures
 */
export const javaStackTrace: Quirk = rewrite("javaStackTrace", (text) =>
  text.replaceAll(
    "</ows:ExceptionReport>",
    `<ows:Exception exceptionCode="JAVA_StackTrace"><ows:ExceptionText>org.example.Process.run:42</ows:ExceptionText>` +
      `</ows:Exception><ows:Exception exceptionCode="JAVA_RootCause"/></ows:ExceptionReport>`
  ))

/**
 * Reports say neither their version nor a code (USGS).
 *
 * @since 0.1.0
 * @category failures
 */
export const bareReports: Quirk = rewrite("bareReports", (text) =>
  text.replace(
    /<ows:Exception(?:Report)?(?= )[^<>]*>/g,
    (tag) => tag.replace(/ (?:version|exceptionCode)="[^"]*"/g, "")
  ))

/**
 * The report of a failed process is a `wps:ExceptionReport` and has the locator `None` (PyWPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const wpsExceptionReport: Quirk = rewrite("wpsExceptionReport", (text, root) =>
  root === "ExecuteResponse"
    ? text.replace(/(<\/?)ows:ExceptionReport/g, "$1wps:ExceptionReport")
      .replace(/(<ows:Exception exceptionCode="[^"]*")(?=\/?>)/g, "$1 locator=\"None\"")
    : text)

/**
 * The report of a failed process is a document of its own, as text in `ProcessFailed` (LLNL).
 *
 * @since 0.1.0
 * @category failures
 */
export const escapedReport: Quirk = rewrite(
  "escapedReport",
  (text) =>
    text.replace(
      /(<wps:ProcessFailed>)([^]*)(?=<\/wps:ProcessFailed>)/,
      (_, start: string, inner: string) =>
        `${start}${
          internal.escape(internal.declaration + internal.declare(inner, "ows", "http://www.opengis.net/ows/1.1"))
        }`
    )
)

/**
 * A job that is not known is an `InvalidParameterValue` of `JobId`, and no `NoSuchJob` (javaPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const invalidJobId: Quirk = rewrite("invalidJobId", (text) =>
  text.replace(
    /exceptionCode="NoSuchJob"(?: locator="[^"]*")?/g,
    "exceptionCode=\"InvalidParameterValue\" locator=\"JobId\""
  ))

/**
 * The connection is closed with no answer at all (PyWPS, where raw output is wanted of what is kept by reference):
 * `times` times, or always. Nothing is run. A client in memory sees it as an error of the transport too.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.closesConnection("Execute", 1)] })
 * ```
 *
 * @since 0.1.0
 * @category failures
 */
export const closesConnection = (operation: Operation, times = Infinity): Quirk =>
  make(
    "closesConnection",
    (answer) =>
      answer.operation === operation && answer.count <= times ? internal.close(answer.request) : answer.response
  )

/**
 * The request is taken and never answered, as by the workers of PyWPS that have locked each other out: `times` times,
 * or always. Nothing is run.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
 *
 * const Silent = WpsTest.layer([WpsNode.echo], { quirks: [Quirk.neverAnswers("GetStatus", 1)] })
 * ```
 *
 * @since 0.1.0
 * @category failures
 */
export const neverAnswers = (operation: Operation, times = Infinity): Quirk =>
  // The server's handlers cannot be interrupted, unless they say so.
  instead("neverAnswers", operation, times, Effect.interruptible(Effect.never))

/**
 * HTTP 400 with a report that says `FileSizeExceeded` for a body of more bytes than these, by its Content-Length
 * (PyWPS, by default 3 MB). Nothing is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const tooLarge = (bytes: number): Quirk =>
  make(
    "tooLarge",
    ({ request, response }) =>
      Option.exists(Headers.get(request.headers, "content-length"), (length) => Number(length) > bytes)
        ? Effect.succeed(
          internal.report(400, "FileSizeExceeded", `File size for input exceeded. Maximum ${bytes} bytes.`)
        )
        : response
  )

/**
 * An Execute of WPS 2.0 with a value that names no type is refused with `NoApplicableCode` (javaPS as it comes).
 *
 * @since 0.1.0
 * @category failures
 */
export const wantsMimeType: Quirk = refusesBody(
  "wantsMimeType",
  /<(?:[\w.-]+:)?Data(?=[\s>])(?![^<>]*\smimeType=)/
)

/**
 * An Execute of WPS 2.0 that asks for an output without naming a type is refused with `NoApplicableCode` (javaPS as it
 * comes, for literals and boxes).
 *
 * @since 0.1.0
 * @category failures
 */
export const wantsOutputMimeType: Quirk = refusesBody(
  "wantsOutputMimeType",
  /<(?:[\w.-]+:)?Output(?=[\s>])(?![^<>]*\smimeType=)[^<>]*\sid=/
)

/**
 * An Execute of WPS 2.0 that has a `<` or `&` in a LiteralValue is refused with `NoApplicableCode` (javaPS, which
 * takes the same as plain text).
 *
 * @since 0.1.0
 * @category failures
 */
export const refusesEscaped: Quirk = refusesBody(
  "refusesEscaped",
  /<(?:[\w.-]+:)?LiteralValue[^<>]*>[^<]*&(?:lt|amp);/
)

/**
 * HTTP 500 with an HTML page where raw output is wanted that there is not, or by a query that names its type (PyWPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const rawHtml500: Quirk = make(
  "rawHtml500",
  ({ body, operation, request, response }) =>
    operation !== "Execute" ? response : Option.match(internal.rawOutputOf({ body, url: request.url }), {
      onNone: () => response,
      onSome: ({ identifier, isTyped }) =>
        isTyped ?
          Effect.succeed(internalError) :
          Effect.map(response, (one) => internal.isReportOf(one, identifier) ? internalError : one)
    })
)

/**
 * A process that fails where its raw output is waited for is a report with HTTP 400, and not 500 (PyWPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const failuresIn400: Quirk = make(
  "failuresIn400",
  ({ response }) =>
    Effect.map(
      response,
      (one) => one.status === 500 && internal.isReport(one) ? HttpServerResponse.setStatus(one, 400) : one
    )
)

/**
 * Whatever a process fails with, this is the only text that is told of it: `Process failed, please check server error
 * log` in PyWPS 4.8.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.failureText("Process failed, please check server error log")
 * ```
 *
 * @since 0.1.0
 * @category failures
 */
export const failureText = (text: string): Quirk =>
  rewrite("failureText", (document, root) =>
    root === "ExecuteResponse" && document.includes("<wps:ProcessFailed")
      ? document.replace(/(<ows:ExceptionText>)[^<]*/g, (_, start: string) => start + internal.escape(text))
      : document)

/**
 * A report is wholly in the namespace of WPS: `wps:ExceptionReport` with `wps:Exception` in it, in WPS 1.0.0 (GSKY).
 *
 * @since 0.1.0
 * @category failures
 */
export const wpsReports: Quirk = rewrite(
  "wpsReports",
  (text, root) =>
    root === "ExceptionReport" || root === "ExecuteResponse"
      ? internal.declare(
        text.replace(/(<\/?)ows:Exception(?=[\s/>RT])/g, "$1wps:Exception"),
        "wps",
        "http://www.opengis.net/wps/1.0.0"
      )
      : text
)

/**
 * A process, input or output that is not known is an `InvalidParameterValue` in WPS 2.0 too, and no `NoSuchProcess`
 * and the like (javaPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const invalidParameters: Quirk = rewrite("invalidParameters", (text) =>
  text.replace(
    /exceptionCode="NoSuch(Process|Input|Output)"(?: locator="[^"]*")?/g,
    (_, what: string) => `exceptionCode="InvalidParameterValue" locator="${what === "Process" ? "Identifier" : what}"`
  ))

/**
 * An Execute without this bearer token is HTTP 401 with a report and no `WWW-Authenticate`; whatever else is asked is
 * open (Twitcher). `WpsNode.bearer` guards all of a node.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 * import { Redacted } from "effect"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.guardsExecute(Redacted.make("secret"))] })
 * ```
 *
 * @since 0.1.0
 * @category failures
 */
export const guardsExecute = (token: Redacted.Redacted): Quirk =>
  make("guardsExecute", ({ operation, request, response }) =>
    operation === "Execute" &&
      !Option.contains(Headers.get(request.headers, "authorization"), `Bearer ${Redacted.value(token)}`)
      ? Effect.succeed(
        internal.report(401, "NoApplicableCode", "Access to service is forbidden.", "AccessForbidden")
      )
      : response)

/**
 * Raw output that is no XML, JSON or image is HTTP 401, whoever asks: a proxy lets through the types that it knows
 * (Twitcher).
 *
 * @since 0.1.0
 * @category failures
 */
export const rawTypes401: Quirk = make(
  "rawTypes401",
  ({ operation, response }) =>
    operation !== "Execute" ? response : Effect.map(response, (one) => {
      const type = one.headers["content-type"] ?? ""
      return one.status === 200 && !/xml|json|^image\//.test(type)
        ? internal.report(401, "NoApplicableCode", `Content type is not allowed: ${type}.`, "AccessForbidden")
        : one
    })
)

/**
 * HTTP 405 for HEAD (PyWPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const noHead: Quirk = make(
  "noHead",
  ({ request, response }) =>
    request.method === "HEAD"
      ? Effect.succeed(HttpServerResponse.empty({ status: 405, headers: { allow: "GET, POST" } }))
      : response
)

/**
 * GetResult of a job that was asked for raw data is HTTP 200 of any type, with a report that says `NoApplicableCode`
 * (javaPS, which does not know how to write it).
 *
 * @since 0.1.0
 * @category failures
 */
export const asyncRawReport: Quirk = make(
  "asyncRawReport",
  ({ operation, response }) =>
    operation !== "GetResult" ?
      response :
      Effect.map(response, (one) =>
        one.status === 200 && Option.isNone(internal.documentOf(one))
          ? internal.retyped(
            internal.report(200, "NoApplicableCode", "Could not find encoder for key 'GetResultResponse'."),
            "*/*"
          )
          : one)
)

// ---------------------------------------------------------------------------------------------------------------- jobs

const statusEvery = (name: string, every: number, kept: (length: number) => number): Quirk =>
  make(name, ({ count, operation, response }) =>
    operation === "GetStatus" && (count - 1) % every === 0
      ? Effect.map(response, (one) =>
        Option.match(Option.filter(internal.bytesOf(one), () => one.status === 200), {
          onNone: () => one,
          onSome: (bytes) => internal.withBytes(one, bytes.subarray(0, kept(bytes.length)))
        }))
      : response)

/**
 * The first status document of a job and then each so many is cut in the middle, with HTTP 200: it is read while it is
 * being written in place (PyWPS, where 667 reads of 27 252 were cut or empty).
 *
 * @since 0.1.0
 * @category jobs
 */
export const tornStatusEvery = (every: number): Quirk =>
  statusEvery("tornStatus", every, (length) => Math.floor(length / 2))

/**
 * Every second status document is cut in the middle, the first one first. See `tornStatusEvery`.
 *
 * @example
 * ```ts
 * import { Quirk, WpsTest, WpsNode } from "@effect-wps/testing"
 *
 * const Torn = WpsTest.layer([WpsNode.echo], { quirks: [Quirk.tornStatus] })
 * ```
 *
 * @since 0.1.0
 * @category jobs
 */
export const tornStatus: Quirk = tornStatusEvery(2)

/**
 * The first status document of a job and then each so many is empty, with HTTP 200 (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStatusEvery = (every: number): Quirk => statusEvery("emptyStatus", every, () => 0)

/**
 * Every second status document is empty, the first one first. See `emptyStatusEvery`.
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStatus: Quirk = emptyStatusEvery(2)

/**
 * HTTP 404 for the first so many status reads of each job: its document is not there yet (servers that keep them as
 * files).
 *
 * @since 0.1.0
 * @category jobs
 */
export const slowStatus404 = (times = 1): Quirk =>
  instead("slowStatus404", "GetStatus", times, internal.page(404, "Not Found", ""))

/**
 * An answer that has no place for its status says `statusLocation=""` (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStatusLocation: Quirk = rewrite(
  "emptyStatusLocation",
  (text, root) =>
    root === "ExecuteResponse" && !text.includes(" statusLocation=")
      ? text.replace("<wps:ExecuteResponse", "<wps:ExecuteResponse statusLocation=\"\"")
      : text
)

/**
 * No document says where a job's status is found, so that one which is not done cannot be followed.
 *
 * @since 0.1.0
 * @category jobs
 */
export const noStatusLocation: Quirk = rewrite(
  "noStatusLocation",
  (text, root) => root === "ExecuteResponse" ? text.replace(/ statusLocation="[^"]*"/, "") : text
)

/**
 * Only the first document of a job says where its status is found (GeoServer, 52°North).
 *
 * @since 0.1.0
 * @category jobs
 */
export const forgetsStatusLocation: Quirk = rewrite(
  "forgetsStatusLocation",
  (text, root, { operation }) =>
    root === "ExecuteResponse" && operation === "GetStatus" ? text.replace(/ statusLocation="[^"]*"/, "") : text
)

/**
 * The place of a job's status is a path, without the origin.
 *
 * @since 0.1.0
 * @category jobs
 */
export const relativeStatusLocation: Quirk = rewrite(
  "relativeStatusLocation",
  (text) => text.replace(/( statusLocation=")\w+:\/\/[^/"]*/, "$1")
)

/**
 * Every address that the service gives is at another origin, which clients cannot reach: a server that does not know its
 * name outside (javaPS as it comes, anything behind Twitcher or an ingress).
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.internalHost("http://10.0.0.7:8080")] })
 * ```
 *
 * @since 0.1.0
 * @category jobs
 */
export const internalHost = (origin: string): Quirk =>
  rewrite("internalHost", (text, _, { request }) =>
    Option.match(HttpServerRequest.toURL(request), {
      onNone: () => text,
      onSome: (url) => internal.inTags(text, (tag) => tag.replaceAll(`="${url.origin}/`, `="${origin}/`))
    }))

/**
 * The place of a job's status is a request with its `executionId`, as is that of what it stored, and with another it can
 * be dismissed, in WPS 1.0.0 (GeoServer).
 *
 * @since 0.1.0
 * @category jobs
 */
export const executionIds: Quirk = {
  ...rewrite("executionIds", internal.byExecutionId),
  behaviour: { executionIds: true }
}

/**
 * The place of a job's status is an Execute of another process, whose raw output is the status, in WPS 1.0.0 (ZOO).
 *
 * @since 0.1.0
 * @category jobs
 */
export const statusByExecute: Quirk = {
  ...rewrite("statusByExecute", (text) =>
    text.replace(
      /( statusLocation="[^"]*)\/jobs\/([^"]*)/,
      "$1?request=Execute&amp;service=WPS&amp;version=1.0.0&amp;Identifier=GetStatus&amp;DataInputs=sid=$2" +
        "&amp;RawDataOutput=Result"
    )),
  behaviour: { statusByExecute: true }
}

/**
 * The ampersands in `serviceInstance` are escaped twice (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const doubleEscapedServiceInstance: Quirk = rewrite(
  "doubleEscapedServiceInstance",
  (text) => text.replace(/ serviceInstance="[^"]*"/, (one) => one.replaceAll("&amp;", "&amp;amp;"))
)

/**
 * A job that is accepted says how far it is, for which the schema has no place (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const percentOnAccepted: Quirk = rewrite(
  "percentOnAccepted",
  (text) => text.replace("<wps:ProcessAccepted", "<wps:ProcessAccepted percentCompleted=\"0\"")
)

/**
 * Percentages have a fraction: `37.0` (LLNL).
 *
 * @since 0.1.0
 * @category jobs
 */
export const percentAsFloat: Quirk = rewrite(
  "percentAsFloat",
  (text) => text.replace(/( percentCompleted="\d+)(?=")|(<wps:PercentCompleted>\d+)(?=<)/g, "$&.0")
)

/**
 * `creationTime` is empty (LLNL).
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyCreationTime: Quirk = rewrite(
  "emptyCreationTime",
  (text) => text.replace(/ creationTime="[^"]*"/, " creationTime=\"\"")
)

/**
 * A job that runs is in a state of the server's own, in WPS 2.0.
 *
 * @since 0.1.0
 * @category jobs
 */
export const unknownState = (name: string): Quirk =>
  rewrite(
    "unknownState",
    (text, root) =>
      root === "StatusInfo"
        ? text.replace(/(<wps:Status>)Running/, (_, start: string) => start + internal.escape(name))
        : text
  )

/**
 * States are written in small letters, in WPS 2.0.
 *
 * @since 0.1.0
 * @category jobs
 */
export const lowerCaseStates: Quirk = rewrite(
  "lowerCaseStates",
  (text, root) =>
    root === "StatusInfo"
      ? text.replace(/<wps:Status>(\w+)/, (_, state: string) => `<wps:Status>${state.toLowerCase()}`)
      : text
)

/**
 * GetResult of a job that runs waits for its end (javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const getResultWaits: Quirk = behaves("getResultWaits", { getResultWaits: true })

/**
 * A job that was dismissed has failed, and is still known; one that is done cannot be dismissed (javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const dismissedIsFailed: Quirk = behaves("dismissedIsFailed", { dismissedIsFailed: true })

/**
 * Every process is run asynchronously with all its outputs, whatever was asked for (LLNL).
 *
 * @since 0.1.0
 * @category jobs
 */
export const alwaysAsync: Quirk = behaves("alwaysAsync", { alwaysAsync: true })

/**
 * No job comes to its end: it stays accepted, or started, for ever (PyWPS where its database is locked, ESGF where
 * nothing takes the job up). It can be dismissed.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
 *
 * const Stuck = WpsTest.layer([WpsNode.echo], {
 *   quirks: [Quirk.stuckJobs("Started")],
 *   client: { poll: { stallTimeout: "10 minutes" } }
 * })
 * ```
 *
 * @since 0.1.0
 * @category jobs
 */
export const stuckJobs = (state: "Accepted" | "Started" = "Accepted"): Quirk =>
  behaves("stuckJobs", { stuckJobs: state })

/**
 * A job is accepted for so long before it is run: it stands in a queue (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const queuedFor = (duration: Duration.DurationInput): Quirk => behaves("queuedFor", { queuedFor: duration })

/**
 * One status read of each job, this one from 1, does not know the job (javaPS, for a moment, while a job ends), in WPS
 * 2.0.
 *
 * @since 0.1.0
 * @category jobs
 */
export const losesJobAt = (count: number): Quirk =>
  make("losesJobAt", (answer) =>
    answer.operation === "GetStatus" && answer.count === count
      ? Effect.succeed(internal.report(400, "NoSuchJob", "There is no such job."))
      : answer.response)

/**
 * The place of a job's status is a request with its id to another path, in WPS 1.0.0 (52°North, USGS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const resultServlet: Quirk = behaves("resultServlet", { statusPath: "/RetrieveResultServlet?id={id}" })

/**
 * A job that runs does not say how far it is (USGS, javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const noPercent: Quirk = rewrite(
  "noPercent",
  (text) => text.replace(/ percentCompleted="[^"]*"|<wps:PercentCompleted>[^<]*<\/wps:PercentCompleted>/g, "")
)

/**
 * A job that runs says nothing: neither how far it is nor a text, in WPS 1.0.0 (USGS, GSKY).
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStarted: Quirk = rewrite(
  "emptyStarted",
  (text) => text.replace(/<wps:ProcessStarted[^<>]*>[^<]*<\/wps:ProcessStarted>/, "<wps:ProcessStarted/>")
)

/**
 * `creationTime` is this text, in WPS 1.0.0: `2011-10-04T16:54:23.148-05:00` has an offset (USGS), others have
 * microseconds, or no fraction.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.creationTimeAs("2011-10-04T16:54:23.148-05:00")
 * ```
 *
 * @since 0.1.0
 * @category jobs
 */
export const creationTimeAs = (time: string): Quirk =>
  rewrite(
    "creationTimeAs",
    (text) => text.replace(/ creationTime="[^"]*"/, () => ` creationTime="${internal.escape(time)}"`)
  )

/**
 * Moments have nine digits of a second, in WPS 2.0 (javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const nanoseconds: Quirk = rewrite(
  "nanoseconds",
  (text) => text.replace(/(<wps:(?:ExpirationDate|NextPoll|EstimatedCompletion)>[^<]*\.\d{3})Z/g, "$1566599Z")
)

/**
 * Documents about jobs repeat what was asked, whether that was wanted or not, in WPS 1.0.0 (LLNL).
 *
 * @since 0.1.0
 * @category jobs
 */
export const alwaysLineage: Quirk = behaves("alwaysLineage", { alwaysLineage: true })

// -------------------------------------------------------------------------------------------------------------- values

/**
 * JSON stands unescaped in its element, so that a `<` or `&` in it makes the document malformed (PyWPS, LLNL).
 *
 * @since 0.1.0
 * @category values
 */
export const unescapedJson: Quirk = rewrite("unescapedJson", (text, root) =>
  isAnswer(root)
    ? internal.inTexts(text, (value, start) => /mimeType="[^"]*json/.test(start) ? internal.plain(value) : value)
    : text)

/**
 * The abstract of a process stands unescaped in the documents about its jobs, so that a `<` or `&` in it makes them
 * malformed (LLNL, where `CDAT.where` says `<=`).
 *
 * @since 0.1.0
 * @category values
 */
export const unescapedAbstract: Quirk = rewrite(
  "unescapedAbstract",
  (text, root) => root === "ExecuteResponse" ? internal.unescapeAbstracts(text) : text
)

/**
 * Complex values that are text stand in CDATA sections (PyWPS, javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const cdataText: Quirk = rewrite(
  "cdataText",
  (text, root) => isAnswer(root) ? internal.inTexts(text, (value) => internal.cdata(internal.plain(value))) : text
)

/**
 * Literals and boxes are documents of their own in CDATA sections, in WPS 2.0 (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const cdataValues: Quirk = rewrite("cdataValues", (text, root) =>
  root === "Result"
    ? text.replace(
      /<wps:Data [^<>]*>(<(?:wps:LiteralValue|ows:BoundingBox)[^]*?)(?=<\/wps:Data>)/g,
      (_, value: string) => {
        const prefix = value.slice(1, 4)
        return `<wps:Data encoding="UTF-8">${
          internal.cdata(internal.declare(value, prefix, `http://www.opengis.net/${prefix}/2.0`))
        }`
      }
    )
    : text)

/**
 * Flags, and literals of type boolean, are `True` and `False` (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const pythonBooleans: Quirk = rewrite(
  "pythonBooleans",
  (text) =>
    internal.inTags(text, (tag) => tag.replace(/="(?:true|false)"/g, python))
      .replace(
        /(<wps:Literal(?:Data|Value) dataType="[^"]*boolean"[^>]*>)(true|false)/g,
        (_, start: string, value) => start + python(String(value))
      )
)

const python = (text: string): string => text.replace("true", "True").replace("false", "False")

/**
 * What is absent is `None`: the version of a process, the locator of an exception, the reference system of a box (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const pythonNone: Quirk = rewrite(
  "pythonNone",
  (text) =>
    text.replace(/ wps:processVersion="1"/g, " wps:processVersion=\"None\"")
      .replace(/(<ows:Exception exceptionCode="[^"]*")(?=\/?>)/g, "$1 locator=\"None\"")
      .replace(/(<(?:wps:BoundingBoxData|ows:BoundingBox))(?= dimensions=)/g, "$1 crs=\"None\"")
)

/**
 * The axes of boxes are swapped, and their reference system is a URN (PyWPS): `-10 40` comes back as `40 -10`.
 *
 * @since 0.1.0
 * @category values
 */
export const swappedAxes: Quirk = rewrite("swappedAxes", (text, root) =>
  isAnswer(root)
    ? internal.inCorners(text, ([x, y, ...rest]) => [y, x, ...rest].filter((one) => one !== undefined).join(" "))
      .replace(/ crs="EPSG:(\d+)"/gi, " crs=\"urn:ogc:def:crs:EPSG::$1\"")
    : text)

/**
 * There are blanks around the numbers of corners (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const paddedCorners: Quirk = rewrite(
  "paddedCorners",
  (text) => internal.inCorners(text, (numbers) => numbers.map((one) => ` ${one} `).join(""))
)

/**
 * A reference to an output has an `xlink:href`, which is an `href` in the schema of WPS 1.0.0 (many servers).
 *
 * @since 0.1.0
 * @category values
 */
export const xlinkOutputs: Quirk = rewrite(
  "xlinkOutputs",
  (text, root) =>
    root === "ExecuteResponse" && / href="/.test(text)
      ? internal.declare(
        internal.inTags(text, (tag) => tag.startsWith("<wps:Reference") ? tag.replace(" href=", " xlink:href=") : tag),
        "xlink",
        "http://www.w3.org/1999/xlink"
      )
      : text
)

/**
 * Links have an `href`, which is an `xlink:href` in the schemas of WPS 2.0 and of capabilities (old servers).
 *
 * @since 0.1.0
 * @category values
 */
export const plainHref: Quirk = rewrite(
  "plainHref",
  (text) => internal.inTags(text, (tag) => tag.replace(" xlink:href=", " href="))
)

/**
 * Outputs do not say which type they have (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const noMimeType: Quirk = rewrite(
  "noMimeType",
  (text, root) => isAnswer(root) ? internal.inTags(text, (tag) => tag.replace(/ mimeType="[^"]*"/, "")) : text
)

/** An answer that is an output's bytes. */
const typed = (name: string, operations: ReadonlyArray<Operation>, contentType: string): Quirk =>
  make(name, ({ operation, response }) =>
    operations.includes(operation)
      ? Effect.map(response, (one) =>
        one.status === 200 && (operation === "GetOutput" || Option.isNone(internal.documentOf(one)))
          ? internal.retyped(one, contentType)
          : one)
      : response)

/**
 * Stored outputs come without a Content-Type (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const noContentType: Quirk = typed("noContentType", ["GetOutput"], "")

/**
 * The Content-Type of raw outputs is any at all (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const anyContentType: Quirk = typed("anyContentType", ["Execute", "GetResult"], "*/*")

/**
 * Every output is given, whichever were asked for (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const everyOutput: Quirk = behaves("everyOutput", { everyOutput: true })

/**
 * What is absent of a format is empty: `encoding=""`, `schema=""`, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const emptyFormats: Quirk = rewrite(
  "emptyFormats",
  (text, root) => root === "ExecuteResponse" ? internal.inTags(text, internal.withEmptyFormat) : text
)

/**
 * Literals are as Python prints them: `2021-02-03 04:05:06+00:00` for a dateTime, `ParseResult(scheme='http', …)` for
 * an anyURI, `None` for an empty one (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const pythonLiterals: Quirk = rewrite(
  "pythonLiterals",
  (text, root) => isAnswer(root) ? internal.inLiterals(text, internal.pythonLiteral) : text
)

/**
 * What is repeated of JSON that was sent is what Python prints of it, in WPS 1.0.0 (LLNL): `[{'uri': 'a.nc'}]`. See
 * `alwaysLineage`.
 *
 * @since 0.1.0
 * @category values
 */
export const pythonLineage: Quirk = rewrite(
  "pythonLineage",
  (text) =>
    text.replace(
      /<wps:DataInputs>[^]*?<\/wps:DataInputs>/,
      (inputs) =>
        internal.inTexts(inputs, (value, start) =>
          /mimeType="[^"]*json/.test(start) ? internal.escape(internal.pythonJson(internal.plain(value))) : value)
    )
)

/**
 * Embedded XML is written anew: its root declares `wps`, `ows` and `xlink` too, its CDATA sections are escaped, and a line
 * feed comes after it, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const redeclaredXml: Quirk = rewrite(
  "redeclaredXml",
  (text, root) =>
    root === "ExecuteResponse"
      ? internal.inXml(text, (xml) => `${internal.redeclare(internal.withoutSections(xml))}\n`)
      : text
)

/**
 * Embedded XML is written anew: each element on a line of its own, and of a text only what stands before its first
 * `&lt;` or `&amp;`, in WPS 2.0 (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const reindentedXml: Quirk = rewrite(
  "reindentedXml",
  (text, root) => root === "Result" ? internal.inXml(text, (xml) => `${internal.reindent(xml)}\n`) : text
)

/**
 * Complex values that are XML stand in CDATA sections (PyWPS, for metalinks).
 *
 * @since 0.1.0
 * @category values
 */
export const cdataXml: Quirk = rewrite(
  "cdataXml",
  (text, root) => isAnswer(root) ? internal.inXml(text, internal.cdata) : text
)

/**
 * A box says its `dimension`, which is `dimensions` in the schema (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const boxDimension: Quirk = rewrite(
  "boxDimension",
  (text, root) =>
    isAnswer(root)
      ? internal.inTags(text, (tag) => /BoundingBox/.test(tag) ? tag.replace(" dimensions=", " dimension=") : tag)
      : text
)

/**
 * The type of a literal is an address of this namespace: `https://www.w3.org/2001/XMLSchema-datatypes#` in javaPS, in
 * WPS 2.0.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.datatypesNamespace("https://www.w3.org/2001/XMLSchema-datatypes#")
 * ```
 *
 * @since 0.1.0
 * @category values
 */
export const datatypesNamespace = (uri: string): Quirk =>
  rewrite("datatypesNamespace", (text) =>
    internal.inTags(
      text,
      (tag) => tag.replace(/"http:\/\/www\.w3\.org\/2001\/XMLSchema#/, () => `"${internal.escape(uri)}`)
    ))

/**
 * Raw output is what Python prints: a box is `[-10.0, 40.0, 20.0, 55.25]`, and that and a number are called `text/xml`;
 * XML has lost its CDATA sections (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const pythonRaw: Quirk = make(
  "pythonRaw",
  ({ operation, response }) => operation === "Execute" ? Effect.map(response, internal.pythonRaw) : response
)

/**
 * Raw output is a file to be kept: it has a `Content-Disposition` (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const attachments: Quirk = make(
  "attachments",
  ({ operation, response }) =>
    operation !== "Execute" ?
      response :
      Effect.map(response, (one) =>
        one.status === 200 && Option.isNone(internal.documentOf(one))
          ? HttpServerResponse.setHeader(one, "content-disposition", "attachment; filename=\"output.txt\"")
          : one)
)

/**
 * Outputs that a query asks for by reference are given by value, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const ignoresAsReference: Quirk = behaves("ignoresAsReference", { ignoresAsReference: true })

/**
 * Inputs in a query are cut at their `;`, `@` and `=` before their values are decoded, and what does not fit is none:
 * of `a;b@c=d` that was encoded once `a` is left (PyWPS), in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category values
 */
export const cutsInputs: Quirk = behaves("cutsInputs", { readsInputs: internal.cutInputs })

/**
 * Inputs in a query are decoded once: one that was encoded as the standard wants it, twice, keeps the encoding
 * (GeoServer), in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category values
 */
export const decodesOnce: Quirk = behaves("decodesOnce", { readsInputs: internal.asSent })

// -------------------------------------------------------------------------------------------------------- descriptions

/**
 * No element of a description is in a namespace (servers of the time of WPS 0.4.0), in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const unqualifiedDescriptions: Quirk = rewrite(
  "unqualifiedDescriptions",
  (text, root) =>
    root === "ProcessDescriptions" ? internal.inTags(text, (tag) => tag.replace(/^(<\/?)wps:/, "$1")) : text
)

/**
 * How often an input may be given is said by elements, as in WPS 0.4.0 (CEDA), in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const occurrenceElements: Quirk = rewrite("occurrenceElements", (text, root) =>
  root === "ProcessDescriptions"
    ? text.replace(
      /(<Input) minOccurs="(\d+)" maxOccurs="(\d+)">/g,
      "$1><MinimumOccurs>$2</MinimumOccurs><MaximumOccurs>$3</MaximumOccurs>"
    )
    : text)

/**
 * The capabilities are in the namespace that WPS had before 1.0.0 (CEDA), in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const formerNamespace: Quirk = rewrite("formerNamespace", (text, root) =>
  root === "Capabilities"
    ? text.replace("\"http://www.opengis.net/wps/1.0.0\"", "\"http://www.opengeospatial.net/wps\"")
    : text)

/**
 * A process has its identifier twice (GSKY).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const doubledIdentifier: Quirk = rewrite(
  "doubledIdentifier",
  (text, root) =>
    root === "Capabilities" || root === "ExecuteResponse"
      ? text.replace(/(<wps:Process(?: [^<>]*)?>)(<ows:Identifier>[^<]*<\/ows:Identifier>)/g, "$1$2$2")
      : text
)

/**
 * Every element of a description is in the namespace of WPS, of which the schemas leave some in none.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const qualifiedDescriptions: Quirk = rewrite("qualifiedDescriptions", (text, root) =>
  isDescription(root)
    ? internal.inTags(text, (tag) => tag.replace(/^(<\/?)(?=[\w.-]+[\s/>])/, "$1wps:"))
    : text)

/**
 * An input that may be given without bound says this number: Java's greatest `long` in GeoServer, beyond what a
 * JavaScript number holds.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.unboundedAs("9223372036854775807")
 * ```
 *
 * @since 0.1.0
 * @category descriptions
 */
export const unboundedAs = (count: string): Quirk =>
  rewrite(
    "unboundedAs",
    (text, root) =>
      isDescription(root)
        ? text.replace(/ maxOccurs="(?:2147483647|unbounded)"/g, () => ` maxOccurs="${internal.escape(count)}"`)
        : text
  )

/**
 * There are no descriptions for who asks for those of `ALL` processes (javaPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const emptyOfferings: Quirk = behaves("emptyOfferings", { emptyOfferings: true })

/**
 * The addresses of the operations have the parameters of a request in them, so that others must be merged with them
 * (GeoServer).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const queryInOperationUrls: Quirk = rewrite(
  "queryInOperationUrls",
  (text, root) => root === "Capabilities" ? internal.operationUrls(text) : text
)

/**
 * Everything but capabilities is answered in WPS 1.0.0, whatever was asked, and what there is about jobs in WPS 2.0 is
 * refused (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const answersIn100: Quirk = make(
  "answersIn100",
  ({ operation, request, response }) =>
    operation === "GetResult" || operation === "Dismiss" ||
      (operation === "GetStatus" && !/\/jobs\/[^/?]+$/.test(request.url))
      ? Effect.succeed(internal.report(400, "OperationNotSupported", `Unknown request ${operation}`))
      : response,
  { answersIn: "1.0.0" }
)

/**
 * The abstracts of the processes stand unescaped in the capabilities, so that a `<` or `&` in one makes them malformed
 * (Finch).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const unescapedCapabilities: Quirk = rewrite(
  "unescapedCapabilities",
  (text, root) => root === "Capabilities" ? internal.unescapeAbstracts(text) : text
)

/**
 * In capabilities of WPS 2.0 every process is `process.identifier`, called `process.title`, and has no modes; the
 * contact's names are elements in small letters (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const placeholderProcesses: Quirk = rewrite(
  "placeholderProcesses",
  (text, root) => root === "Capabilities" ? internal.placeholders(text) : text
)

/**
 * Of the versions that a client accepts the last is taken, and WPS 1.0.0 where it names none (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const lastVersionWins: Quirk = behaves("lastVersionWins", { lastVersionWins: true })

/**
 * An Execute of WPS 2.0 is run at once, without its inputs and for every output (PyWPS). See `answersIn100`.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const misreads200: Quirk = behaves("misreads200", { misreads200: true })

/**
 * A literal says nothing of the values that it may have, where the schema wants at least that it may have any (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const bareLiterals: Quirk = rewrite(
  "bareLiterals",
  (text, root) => isDescription(root) ? text.replaceAll("<ows:AnyValue/>", "") : text
)

/**
 * Processes have keywords in the capabilities, for which the schema has no place, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const processKeywords: Quirk = rewrite("processKeywords", (text, root) =>
  root === "Capabilities"
    ? text.replaceAll("</wps:Process>", "<ows:Keywords><ows:Keyword>echo</ows:Keyword></ows:Keywords></wps:Process>")
    : text)

/**
 * Abstracts that there are not are empty (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const emptyAbstracts: Quirk = rewrite(
  "emptyAbstracts",
  (text) => text.replace(/<\/ows:Title>(?!<ows:Abstract)/g, "</ows:Title><ows:Abstract></ows:Abstract>")
)

/**
 * The default format is listed twice (javaPS), and the default unit in the place of the second one (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const doubledDefaults: Quirk = rewrite(
  "doubledDefaults",
  (text, root) => isDescription(root) ? internal.doubleDefaults(text) : text
)

/**
 * The type of a number is `xs:double` for an input and `double` for an output, without an address, and a text has
 * none, in WPS 1.0.0 (GeoServer).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const bareDataTypes: Quirk = rewrite(
  "bareDataTypes",
  (text, root) => root === "ProcessDescriptions" ? internal.bareDataTypes(text) : text
)

/**
 * The formats of complex data are each a `SupportedComplexData`, as in WPS 0.4.0 (CEDA), in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const supportedComplexData: Quirk = rewrite(
  "supportedComplexData",
  (text, root) => root === "ProcessDescriptions" ? internal.formerFormats(text) : text
)

/**
 * The values that are allowed are each an `ows:AllowedValue`, which is an `ows:Value` in the schema (servers that
 * TerriaJS meets).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const allowedValueElements: Quirk = rewrite(
  "allowedValueElements",
  (text, root) => isDescription(root) ? text.replace(/(<\/?ows:)Value(?=>)/g, "$1AllowedValue") : text
)

/**
 * Inputs and outputs are described in another order than they were declared in (javaPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const otherOrder: Quirk = behaves("otherOrder", { otherOrder: true })

/**
 * Operations say which types they take, SOAP before XML, and name the ids of so many jobs (javaPS, whose capabilities
 * grow with every job).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const crowdedOperations = (jobs: number): Quirk =>
  rewrite(
    "crowdedOperations",
    (text, root) => root === "Capabilities" ? internal.crowdOperations(text, jobs) : text
  )

// ----------------------------------------------------------------------------------------------------------- documents

/**
 * Other prefixes than the usual ones: `ns0` in PyWPS 3, `xlin` in 52°North. Put it behind those that change documents,
 * which look for the usual ones.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.prefixes({ wps: "ns0", ows: "ns1", xlink: "xlin" })
 * ```
 *
 * @since 0.1.0
 * @category documents
 */
export const prefixes = (
  names: { readonly wps?: string | undefined; readonly ows?: string | undefined; readonly xlink?: string | undefined }
): Quirk => {
  const renamed = new Map<string, string | undefined>(Object.entries(names))
  const nameOf = (prefix: string) => renamed.get(prefix) ?? prefix
  return rewrite(
    "prefixes",
    (text) =>
      internal.inTags(
        text,
        (tag) =>
          internal.inNames(tag, (prefix, local) =>
            prefix === "xmlns" ? `xmlns:${nameOf(local)}` : `${nameOf(prefix)}:${local}`)
      )
  )
}

/**
 * OWS Common is in another namespace: `http://www.opengis.net/ows/1.1.0` in Finch, `http://www.opengeospatial.net/ows` in
 * CEDA.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.owsNamespace("http://www.opengis.net/ows/1.1.0")
 * ```
 *
 * @since 0.1.0
 * @category documents
 */
export const owsNamespace = (uri: string): Quirk =>
  rewrite(
    "owsNamespace",
    (text) =>
      internal.inTags(text, (tag) => tag.replace(/ xmlns:ows="[^"]*"/, () => ` xmlns:ows="${internal.escape(uri)}"`))
  )

/**
 * Documents about jobs have neither `service` nor `version`, in WPS 1.0.0 (USGS).
 *
 * @since 0.1.0
 * @category documents
 */
export const bareRoots: Quirk = rewrite(
  "bareRoots",
  (text, root) => root === "ExecuteResponse" ? text.replace(" service=\"WPS\" version=\"1.0.0\"", "") : text
)

/**
 * Documents about jobs use the prefix `ows` and do not declare it, in WPS 1.0.0, so that nobody can read them (USGS,
 * in a document that somebody kept).
 *
 * @since 0.1.0
 * @category documents
 */
export const undeclaredOws: Quirk = rewrite(
  "undeclaredOws",
  (text, root) => root === "ExecuteResponse" ? text.replace(/ xmlns:ows="[^"]*"/, "") : text
)

/**
 * Each element of OWS Common declares its prefix by itself (PyWPS 3, USGS).
 *
 * @since 0.1.0
 * @category documents
 */
export const redeclaredOws: Quirk = rewrite("redeclaredOws", internal.redeclareOws)

/**
 * The elements of WPS, and of OWS Common in a report, have no prefix, and neither have those of a description, which are
 * in no namespace in the schema of WPS 1.0.0 (Twitcher, deegree).
 *
 * @since 0.1.0
 * @category documents
 */
export const unprefixed: Quirk = rewrite("unprefixed", internal.unprefix)

/**
 * Documents say where their schema lies, and that is a relative address (PyWPS).
 *
 * @since 0.1.0
 * @category documents
 */
export const schemaLocation: Quirk = rewrite(
  "schemaLocation",
  (text) =>
    text.replace(
      /<wps:\w+/,
      (start) =>
        `${start} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
        "xsi:schemaLocation=\"http://www.opengis.net/wps/1.0.0 ../wpsAll.xsd\""
    )
)

/**
 * Documents have this type: `text/xml` without a charset in PyWPS, `application/xml` in javaPS.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.servedAs("application/xml")
 * ```
 *
 * @since 0.1.0
 * @category documents
 */
export const servedAs = (contentType: string): Quirk =>
  make(
    "servedAs",
    ({ response }) =>
      Effect.map(response, (one) => Option.isSome(internal.documentOf(one)) ? internal.retyped(one, contentType) : one)
  )

/**
 * There are comments after all tags but those in complex values (52°North's samples, PyWPS).
 *
 * @since 0.1.0
 * @category documents
 */
export const commented: Quirk = rewrite("commented", internal.comment)

/**
 * Documents have a document type declaration, which careful readers refuse.
 *
 * @since 0.1.0
 * @category documents
 */
export const withDoctype: Quirk = rewrite(
  "withDoctype",
  (text) => text.replace(/^(<\?xml[^>]*\?>\s*)(?=<([\w.:-]+))/, "$1<!DOCTYPE $2>\n")
)

const encoded = (name: string, contentType: string, encode: (text: string) => Uint8Array): Quirk =>
  make(name, ({ operation, response }) =>
    operation === "GetOutput"
      ? response
      : Effect.map(response, (one) =>
        Option.match(internal.documentOf(one), {
          onNone: () => one,
          onSome: ({ text }) => internal.withBytes(one, encode(text), contentType)
        })))

/**
 * Documents are in UTF-16, with a byte order mark. Put it last.
 *
 * @since 0.1.0
 * @category documents
 */
export const utf16: Quirk = encoded("utf16", "text/xml; charset=utf-16", internal.utf16)

/**
 * Documents are in ISO-8859-1, which only they themselves say. Put it last.
 *
 * @since 0.1.0
 * @category documents
 */
export const latin1: Quirk = encoded("latin1", "application/xml", internal.latin1)

/**
 * Every answer is packed by gzip, whether the client takes that or not. Put it last. Only a client on a socket that
 * unpacks can read them: `fetch` does, `WpsTest` does not.
 *
 * @since 0.1.0
 * @category documents
 */
export const gzipUnasked: Quirk = make(
  "gzipUnasked",
  ({ response }) =>
    Effect.map(response, (one) =>
      Option.match(internal.bytesOf(one), {
        onNone: () => one,
        onSome: (bytes) =>
          HttpServerResponse.setHeader(internal.withBytes(one, gzipSync(bytes)), "content-encoding", "gzip")
      }))
)

// ------------------------------------------------------------------------------------------------------------- servers

/**
 * What PyWPS 4 does.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
 *
 * const PyWps = WpsTest.layer([WpsNode.echo], { quirks: Quirk.pyWps })
 * ```
 *
 * @since 0.1.0
 * @category servers
 */
export const pyWps: ReadonlyArray<Quirk> = [
  lastVersionWins,
  placeholderProcesses,
  misreads200,
  answersIn100,
  everyOutput,
  ignoresAsReference,
  cutsInputs,
  refusesChunked,
  tooLarge(3_145_728),
  rawHtml500,
  failuresIn400,
  noHead,
  wpsExceptionReport,
  emptyStatusLocation,
  doubleEscapedServiceInstance,
  percentOnAccepted,
  pythonBooleans,
  pythonNone,
  pythonLiterals,
  pythonRaw,
  attachments,
  swappedAxes,
  paddedCorners,
  cdataText,
  unescapedJson,
  redeclaredXml,
  emptyFormats,
  emptyAbstracts,
  bareLiterals,
  processKeywords,
  doubledDefaults,
  schemaLocation,
  servedAs("text/xml"),
  tornStatusEvery(40)
]

/**
 * How PyWPS 3 writes its documents.
 *
 * @since 0.1.0
 * @category servers
 */
export const pyWps3: ReadonlyArray<Quirk> = [redeclaredOws, prefixes({ wps: "ns0" })]

/**
 * What 52°North's javaPS does, but for what it has for lack of a format handler (`wantsMimeType`,
 * `wantsOutputMimeType`). It speaks WPS 2.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const javaPs: ReadonlyArray<Quirk> = [
  getResultWaits,
  dismissedIsFailed,
  emptyOfferings,
  otherOrder,
  asyncRawReport,
  refusesEscaped,
  silentReports,
  invalidJobId,
  invalidParameters,
  noPercent,
  nanoseconds,
  crowdedOperations(20),
  doubledDefaults,
  datatypesNamespace("https://www.w3.org/2001/XMLSchema-datatypes#"),
  boxDimension,
  reindentedXml,
  cdataText,
  cdataValues,
  servedAs("application/xml"),
  anyContentType,
  noContentType,
  reportsIn200
]

/**
 * What GeoServer does.
 *
 * @since 0.1.0
 * @category servers
 */
export const geoServer: ReadonlyArray<Quirk> = [
  executionIds,
  forgetsStatusLocation,
  decodesOnce,
  unboundedAs("9223372036854775807"),
  bareDataTypes,
  queryInOperationUrls
]

/**
 * What the compute node of LLNL's ESGF does. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const llnl: ReadonlyArray<Quirk> = [
  alwaysAsync,
  alwaysLineage,
  refuses("DescribeProcess", "NoApplicableCode", "local variable 'response' referenced before assignment"),
  escapedReport,
  emptyCreationTime,
  percentAsFloat,
  unescapedJson,
  pythonLineage,
  unescapedAbstract,
  reportsIn200
]

/**
 * What 52°North's server for WPS 1.0.0 does.
 *
 * @since 0.1.0
 * @category servers
 */
export const fiftyTwoNorth: ReadonlyArray<Quirk> = [
  resultServlet,
  forgetsStatusLocation,
  javaStackTrace,
  prefixes({ xlink: "xlin" })
]

/**
 * What the Geo Data Portal of the USGS does, which was made of 52°North's server. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const usgs: ReadonlyArray<Quirk> = [
  resultServlet,
  creationTimeAs("2011-10-04T16:54:23.148-05:00"),
  emptyStarted,
  bareReports,
  bareRoots,
  redeclaredOws,
  prefixes({ wps: "ns", ows: "ns1" })
]

/**
 * What ZOO does. It speaks WPS 1.0.0 here.
 *
 * @since 0.1.0
 * @category servers
 */
export const zoo: ReadonlyArray<Quirk> = [statusByExecute]

/**
 * What CEDA's server does, which has kept much of WPS 0.4.0. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const ceda: ReadonlyArray<Quirk> = [
  formerNamespace,
  occurrenceElements,
  supportedComplexData,
  pythonBooleans,
  unqualifiedDescriptions,
  owsNamespace("http://www.opengeospatial.net/ows")
]

/**
 * What GSKY does. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const gsky: ReadonlyArray<Quirk> = [doubledIdentifier, emptyStarted, wpsReports]

/**
 * What Finch does, which is made of PyWPS: put it behind `pyWps`.
 *
 * @since 0.1.0
 * @category servers
 */
export const finch: ReadonlyArray<Quirk> = [
  unescapedCapabilities,
  owsNamespace("http://www.opengis.net/ows/1.1.0")
]

/**
 * What Twitcher does, as a proxy before any of these. It guards Execute by this token.
 *
 * @since 0.1.0
 * @category servers
 */
export const twitcher = (token: Redacted.Redacted): ReadonlyArray<Quirk> => [rawTypes401, guardsExecute(token)]
