/**
 * How real servers stray from the standard, to be switched on in a node, so that programs can be tested against them.
 *
 * Each is what a server was seen to do, or what its users have told of it. `pyWps`, `javaPs`, `geoServer` and `llnl` are
 * the ones of one server.
 *
 * @since 0.1.0
 */
import type { WpsProtocol } from "@effect-wps/wps"
import * as Headers from "@effect/platform/Headers"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
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
  /** Whether a dismissed job is called Failed, and is not forgotten. */
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

/** Gives this answer in the place of the first so many to an operation. */
const instead = (
  name: string,
  operation: Operation,
  times: number,
  response: HttpServerResponse.HttpServerResponse
): Quirk =>
  make(
    name,
    (answer) => answer.operation === operation && answer.count <= times ? Effect.succeed(response) : answer.response
  )

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
  instead(
    "html500",
    operation,
    times,
    internal.page(500, "Internal Server Error", "<p>The server met an internal error.</p>")
  )

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
      ? Effect.succeed(internal.page(500, "Internal Server Error", "<p>The server met an internal error.</p>"))
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
 * The place of a job's status is a request with its `executionId`, and with another it can be dismissed, in WPS 1.0.0
 * (GeoServer).
 *
 * @since 0.1.0
 * @category jobs
 */
export const executionIds: Quirk = {
  ...rewrite("executionIds", (text) =>
    text.replace(
      /( statusLocation="[^"]*)\/jobs\/([^"]*)/,
      "$1?service=WPS&amp;version=1.0.0&amp;request=GetExecutionStatus&amp;executionId=$2"
    )),
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
 * A job that was dismissed has failed, and is still known (javaPS).
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
export const unescapedAbstract: Quirk = rewrite("unescapedAbstract", (text, root) =>
  root === "ExecuteResponse"
    ? text.replace(
      /(<ows:Abstract(?: [^<>]*)?>)([^<]*)(?=<\/ows:Abstract>)/g,
      (_, start: string, abstract: string) => start + internal.unescape(abstract)
    )
    : text)

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
          ? Option.match(internal.bytesOf(one), {
            onNone: () =>
              one,
            onSome: (bytes) => internal.withBytes(one, bytes, contentType)
          })
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
 * OWS Common is in another namespace: `http://www.opengis.net/ows/1.1.0` in Finch.
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
  answersIn100,
  everyOutput,
  refusesChunked,
  wpsExceptionReport,
  emptyStatusLocation,
  doubleEscapedServiceInstance,
  percentOnAccepted,
  pythonBooleans,
  pythonNone,
  swappedAxes,
  paddedCorners,
  cdataText,
  unescapedJson,
  tornStatusEvery(40)
]

/**
 * What 52°North's javaPS does. It speaks WPS 2.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const javaPs: ReadonlyArray<Quirk> = [
  getResultWaits,
  dismissedIsFailed,
  emptyOfferings,
  silentReports,
  invalidJobId,
  cdataText,
  cdataValues,
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
  unboundedAs("9223372036854775807"),
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
  refuses("DescribeProcess", "NoApplicableCode", "local variable 'response' referenced before assignment"),
  escapedReport,
  emptyCreationTime,
  percentAsFloat,
  unescapedJson,
  unescapedAbstract,
  reportsIn200
]
