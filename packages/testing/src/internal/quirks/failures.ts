/** What goes wrong. */
import * as Headers from "@effect/platform/Headers"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type { Operation, Quirk } from "../../Quirk.ts"
import { instead, make, rewrite } from "../quirk.ts"
import { close, documentOf, isReport, isReportOf, page, report, retyped } from "../responses.ts"
import { declaration, declare, escape } from "../texts.ts"

const internalError = page(500, "Internal Server Error", "<p>The server met an internal error.</p>")

/** Refuses an Execute of WPS 2.0 whose document matches the pattern. */
const refusesBody = (name: string, pattern: RegExp): Quirk =>
  make(
    name,
    ({ body, operation, response }) =>
      operation === "Execute" && body.includes("http://www.opengis.net/wps/2.0") && pattern.test(body)
        ? Effect.succeed(report(400, "NoApplicableCode", ""))
        : response
  )

/**
 * HTTP 500 with an HTML page, like that of a web framework: `times` times, or always. No process is run. Each job and
 * each output is counted by itself.
 *
 * @since 0.1.0
 * @category failures
 */
export const html500 = (operation: Operation, times = Infinity): Quirk =>
  instead("html500", operation, times, internalError)

/**
 * HTTP 200 with a login page, which gateways show to a client without a session: `times` times, or always. No process
 * is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const loginPage = (operation: Operation, times = Infinity): Quirk =>
  instead(
    "loginPage",
    operation,
    times,
    page(200, "Log in", "<form method=\"post\" action=\"/login\"><input name=\"user\"></form>")
  )

/**
 * HTTP 503, like that of a server or proxy under load. `retryAfter` is in seconds; without it there is no
 * `Retry-After`. No process is run.
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
      ? page(503, "Service Unavailable", "")
      : HttpServerResponse.setHeader(
        page(503, "Service Unavailable", ""),
        "retry-after",
        String(retryAfter)
      )
  )

/**
 * HTTP 400 with a report `ServerBusy`, whose text stands in the Exception without an ExceptionText. PyWPS answers so
 * when its queue is full. No process is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const serverBusy = (operation: Operation, times = 1): Quirk =>
  instead(
    "serverBusy",
    operation,
    times,
    report(400, "ServerBusy", "Maximum number of processes in queue reached. Please try later.")
  )

/**
 * HTTP 400 with a report of this code for every request: the operation is broken. DescribeProcess is broken at LLNL's
 * server.
 *
 * @since 0.1.0
 * @category failures
 */
export const refuses = (operation: Operation, code: string, text: string): Quirk =>
  instead("refuses", operation, Infinity, report(400, code, text))

/**
 * HTTP 500 for a chunked request, which has no Content-Length (PyWPS). No process is run.
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
      Option.exists(documentOf(one), ({ root }) => root === "ExceptionReport")
        ? HttpServerResponse.setStatus(one, 200)
        : one)
)

/**
 * Exceptions with `NoApplicableCode` have no text, so a client does not learn why a process failed (javaPS).
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
 * Reports end with two more exceptions: the stack trace of the program, and an empty root cause (52°North).
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
 * Reports have neither a version nor exception codes (USGS).
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
 * The report of a failed process is a whole document, escaped as text in `ProcessFailed` (LLNL).
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
        `${start}${escape(declaration + declare(inner, "ows", "http://www.opengis.net/ows/1.1"))}`
    )
)

/**
 * The exception for an unknown job is `InvalidParameterValue` of `JobId`, not `NoSuchJob` (javaPS).
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
 * The connection is closed without an answer: `times` times, or always. PyWPS does so if a client wants an output raw
 * that it stores as a reference. No process is run. A client in memory gets a transport error too.
 *
 * @since 0.1.0
 * @category failures
 */
export const closesConnection = (operation: Operation, times = Infinity): Quirk =>
  make(
    "closesConnection",
    (answer) => answer.operation === operation && answer.count <= times ? close(answer.request) : answer.response
  )

/**
 * The request is accepted and never answered: `times` times, or always. PyWPS does so if its workers are deadlocked. No
 * process is run.
 *
 * @since 0.1.0
 * @category failures
 */
export const neverAnswers = (operation: Operation, times = Infinity): Quirk =>
  // The server's handlers cannot be interrupted, unless they say so.
  instead("neverAnswers", operation, times, Effect.interruptible(Effect.never))

/**
 * HTTP 400 with a report `FileSizeExceeded` if the Content-Length of a request is greater than this (PyWPS, by default
 * 3 MB). No process is run.
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
          report(400, "FileSizeExceeded", `File size for input exceeded. Maximum ${bytes} bytes.`)
        )
        : response
  )

/**
 * An Execute of WPS 2.0 is refused with `NoApplicableCode` if an input has no `mimeType` (javaPS in its default setup).
 *
 * @since 0.1.0
 * @category failures
 */
export const wantsMimeType: Quirk = refusesBody(
  "wantsMimeType",
  /<(?:[\w.-]+:)?Data(?=[\s>])(?![^<>]*\smimeType=)/
)

/**
 * An Execute of WPS 2.0 is refused with `NoApplicableCode` if it asks for an output without a `mimeType` (javaPS in its
 * default setup, for literals and boxes).
 *
 * @since 0.1.0
 * @category failures
 */
export const wantsOutputMimeType: Quirk = refusesBody(
  "wantsOutputMimeType",
  /<(?:[\w.-]+:)?Output(?=[\s>])(?![^<>]*\smimeType=)[^<>]*\sid=/
)

/**
 * An Execute of WPS 2.0 is refused with `NoApplicableCode` if a LiteralValue has a `<` or `&` (javaPS; it accepts them
 * in plain text).
 *
 * @since 0.1.0
 * @category failures
 */
export const refusesEscaped: Quirk = refusesBody(
  "refusesEscaped",
  /<(?:[\w.-]+:)?LiteralValue[^<>]*>[^<]*&(?:lt|amp);/
)

/** The output that a request wants raw, and whether the request is a query that names a format for it. */
const rawOutputOf = (
  { body, url }: { readonly body: string; readonly url: string }
): Option.Option<{ readonly identifier: string; readonly isTyped: boolean }> => {
  const query = [...new URLSearchParams(/\?(.*)$/s.exec(url)?.[1])]
    .find(([name]) => name.toLowerCase() === "rawdataoutput")?.[1]
  const document = /RawDataOutput[^]*?Identifier[^<>]*>\s*([^<]*?)\s*</.exec(body)?.[1]
  const sent = query ?? document
  return Option.map(Option.fromNullable(sent), (one) => ({
    identifier: one.replace(/[=@][^]*/, ""),
    isTyped: query !== undefined && one.includes("@")
  }))
}

/**
 * HTTP 500 with an HTML page if a client wants a raw output that does not exist, or names its type in a query (PyWPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const rawHtml500: Quirk = make(
  "rawHtml500",
  ({ body, operation, request, response }) =>
    operation !== "Execute" ? response : Option.match(rawOutputOf({ body, url: request.url }), {
      onNone: () => response,
      onSome: ({ identifier, isTyped }) =>
        isTyped ?
          Effect.succeed(internalError) :
          Effect.map(response, (one) => isReportOf(one, identifier) ? internalError : one)
    })
)

/**
 * If a process fails and its raw output was wanted, the report has HTTP 400, not 500 (PyWPS).
 *
 * @since 0.1.0
 * @category failures
 */
export const failuresIn400: Quirk = make(
  "failuresIn400",
  ({ response }) =>
    Effect.map(
      response,
      (one) => one.status === 500 && isReport(one) ? HttpServerResponse.setStatus(one, 400) : one
    )
)

/**
 * The report of a failed process always has this text: `Process failed, please check server error log` in PyWPS 4.8.
 *
 * @since 0.1.0
 * @category failures
 */
export const failureText = (text: string): Quirk =>
  rewrite("failureText", (document, root) =>
    root === "ExecuteResponse" && document.includes("<wps:ProcessFailed")
      ? document.replace(/(<ows:ExceptionText>)[^<]*/g, (_, start: string) => start + escape(text))
      : document)

/**
 * All elements of a report are in the namespace of WPS, such as `wps:Exception`, in WPS 1.0.0 (GSKY).
 *
 * @since 0.1.0
 * @category failures
 */
export const wpsReports: Quirk = rewrite(
  "wpsReports",
  (text, root) =>
    root === "ExceptionReport" || root === "ExecuteResponse"
      ? declare(
        text.replace(/(<\/?)ows:Exception(?=[\s/>RT])/g, "$1wps:Exception"),
        "wps",
        "http://www.opengis.net/wps/1.0.0"
      )
      : text
)

/**
 * The exception for an unknown process, input or output is `InvalidParameterValue`, not `NoSuchProcess` and the like,
 * in WPS 2.0 (javaPS).
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
 * An Execute without this bearer token gets HTTP 401 with a report and no `WWW-Authenticate`. All other operations are
 * open (Twitcher). `WpsNode.bearer` guards the whole node.
 *
 * @since 0.1.0
 * @category failures
 */
export const guardsExecute = (token: Redacted.Redacted): Quirk =>
  make("guardsExecute", ({ operation, request, response }) =>
    operation === "Execute" &&
      !Option.contains(Headers.get(request.headers, "authorization"), `Bearer ${Redacted.value(token)}`)
      ? Effect.succeed(
        report(401, "NoApplicableCode", "Access to service is forbidden.", "AccessForbidden")
      )
      : response)

/**
 * A raw output that is not XML, JSON or an image gets HTTP 401, with a valid token too: the proxy only lets through
 * types that it knows (Twitcher).
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
        ? report(401, "NoApplicableCode", `Content type is not allowed: ${type}.`, "AccessForbidden")
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
 * GetResult of a job whose output was wanted raw gets HTTP 200 of any type, with a report `NoApplicableCode`
 * (javaPS, which cannot write the output).
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
        one.status === 200 && Option.isNone(documentOf(one))
          ? retyped(
            report(200, "NoApplicableCode", "Could not find encoder for key 'GetResultResponse'."),
            "*/*"
          )
          : one)
)
