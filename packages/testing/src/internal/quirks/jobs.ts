/** What goes wrong with jobs. */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Quirk } from "../../Quirk.ts"
import { behaves, instead, make, rewrite } from "../quirk.ts"
import { bytesOf, page, report, withBytes } from "../responses.ts"
import { escape, inTags } from "../texts.ts"

const statusEvery = (name: string, every: number, kept: (length: number) => number): Quirk =>
  make(name, ({ count, operation, response }) =>
    operation === "GetStatus" && (count - 1) % every === 0
      ? Effect.map(response, (one) =>
        Option.match(Option.filter(bytesOf(one), () => one.status === 200), {
          onNone: () => one,
          onSome: (bytes) => withBytes(one, bytes.subarray(0, kept(bytes.length)))
        }))
      : response)

/**
 * With HTTP 200, the first status document of a job is cut in the middle, and then one in every so many: the server
 * sends a file while it rewrites it (PyWPS, where 667 of 27 252 reads were cut or empty).
 *
 * @since 0.1.0
 * @category jobs
 */
export const tornStatusEvery = (every: number): Quirk =>
  statusEvery("tornStatus", every, (length) => Math.floor(length / 2))

/**
 * The first status document of a job is cut in the middle, then the third, and so on. See `tornStatusEvery`.
 *
 * @since 0.1.0
 * @category jobs
 */
export const tornStatus: Quirk = tornStatusEvery(2)

/**
 * With HTTP 200, the first status document of a job is empty, and then one in every so many (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStatusEvery = (every: number): Quirk => statusEvery("emptyStatus", every, () => 0)

/**
 * The first status document of a job is empty, then the third, and so on. See `emptyStatusEvery`.
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStatus: Quirk = emptyStatusEvery(2)

/**
 * HTTP 404 for the first status reads of each job: its document does not exist yet (servers that keep them as files).
 *
 * @since 0.1.0
 * @category jobs
 */
export const slowStatus404 = (times = 1): Quirk =>
  instead("slowStatus404", "GetStatus", times, page(404, "Not Found", ""))

/**
 * An answer without a status document has `statusLocation=""` (PyWPS).
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
 * No document has a `statusLocation`, so a client cannot follow a job.
 *
 * @since 0.1.0
 * @category jobs
 */
export const noStatusLocation: Quirk = rewrite(
  "noStatusLocation",
  (text, root) => root === "ExecuteResponse" ? text.replace(/ statusLocation="[^"]*"/, "") : text
)

/**
 * Only the first document of a job has a `statusLocation` (GeoServer, 52°North).
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
 * The `statusLocation` is a path without an origin.
 *
 * @since 0.1.0
 * @category jobs
 */
export const relativeStatusLocation: Quirk = rewrite(
  "relativeStatusLocation",
  (text) => text.replace(/( statusLocation=")\w+:\/\/[^/"]*/, "$1")
)

/**
 * All URLs in documents are at another origin, which clients cannot reach: the server does not know its public name
 * (javaPS in its default setup, any server behind Twitcher or an ingress).
 *
 * @since 0.1.0
 * @category jobs
 */
export const internalHost = (origin: string): Quirk =>
  rewrite("internalHost", (text, _, { request }) =>
    Option.match(HttpServerRequest.toURL(request), {
      onNone: () => text,
      onSome: (url) => inTags(text, (tag) => tag.replaceAll(`="${url.origin}/`, `="${origin}/`))
    }))

/** Writes the URLs of outputs and status documents as GeoServer does, and its message for a dismissed job. */
const byExecutionId = (text: string): string =>
  inTags(text, (tag) =>
    tag.startsWith("<wps:Reference")
      ? tag.replace(
        /( (?:xlink:)?href="[^"]*)\/outputs\/([^/"]*)\/([^"]*)/,
        `$1?service=WPS&amp;version=1.0.0&amp;request=GetExecutionResult&amp;executionId=$2&amp;outputId=$3&amp;mimetype=${
          encodeURIComponent(/ mimeType="([^"]*)"/.exec(tag)?.[1] ?? "")
        }`
      )
      : tag.replace(
        /( statusLocation="[^"]*)\/jobs\/([^"]*)/,
        "$1?service=WPS&amp;version=1.0.0&amp;request=GetExecutionStatus&amp;executionId=$2"
      )).replace("The job was dismissed.", "The process execution has been dismissed")

/**
 * The URLs of a job's status and outputs are requests with its `executionId`. Another such request dismisses it. In WPS
 * 1.0.0 (GeoServer).
 *
 * @since 0.1.0
 * @category jobs
 */
export const executionIds: Quirk = {
  ...rewrite("executionIds", byExecutionId),
  behaviour: { executionIds: true }
}

/**
 * The `statusLocation` is an Execute of the process `GetStatus`, whose raw output is the status, in WPS 1.0.0 (ZOO).
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
 * `ProcessAccepted` has a `percentCompleted`, which the schema does not allow (PyWPS).
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
 * A running job is in a state that WPS 2.0 does not have.
 *
 * @since 0.1.0
 * @category jobs
 */
export const unknownState = (name: string): Quirk =>
  rewrite(
    "unknownState",
    (text, root) =>
      root === "StatusInfo"
        ? text.replace(/(<wps:Status>)Running/, (_, start: string) => start + escape(name))
        : text
  )

/**
 * States are in lower case, in WPS 2.0.
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
 * GetResult of a running job waits for the end of the job (javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const getResultWaits: Quirk = behaves("getResultWaits", { getResultWaits: true })

/**
 * A dismissed job is kept, as a failed one. A job that has ended cannot be dismissed (javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const dismissedIsFailed: Quirk = behaves("dismissedIsFailed", { dismissedIsFailed: true })

/**
 * Every Execute is run asynchronously and gives all outputs, whatever it asked for (LLNL).
 *
 * @since 0.1.0
 * @category jobs
 */
export const alwaysAsync: Quirk = behaves("alwaysAsync", { alwaysAsync: true })

/**
 * Jobs stay accepted, or started, for ever (PyWPS if its database is locked, ESGF if no worker takes the job). They can
 * be dismissed.
 *
 * @since 0.1.0
 * @category jobs
 */
export const stuckJobs = (state: "Accepted" | "Started" = "Accepted"): Quirk =>
  behaves("stuckJobs", { stuckJobs: state })

/**
 * A job waits in a queue this long: it is accepted, and then starts (PyWPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const queuedFor = (duration: Duration.DurationInput): Quirk => behaves("queuedFor", { queuedFor: duration })

/**
 * The status read of this number, from 1, says that the job does not exist, in WPS 2.0 (javaPS, for a moment while a
 * job ends).
 *
 * @since 0.1.0
 * @category jobs
 */
export const losesJobAt = (count: number): Quirk =>
  make("losesJobAt", (answer) =>
    answer.operation === "GetStatus" && answer.count === count
      ? Effect.succeed(report(400, "NoSuchJob", "There is no such job."))
      : answer.response)

/**
 * The `statusLocation` is another path with the job's id in the query, in WPS 1.0.0 (52°North, USGS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const resultServlet: Quirk = behaves("resultServlet", { statusPath: "/RetrieveResultServlet?id={id}" })

/**
 * Running jobs have no percentage (USGS, javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const noPercent: Quirk = rewrite(
  "noPercent",
  (text) => text.replace(/ percentCompleted="[^"]*"|<wps:PercentCompleted>[^<]*<\/wps:PercentCompleted>/g, "")
)

/**
 * Running jobs have neither a percentage nor a message, in WPS 1.0.0 (USGS, GSKY).
 *
 * @since 0.1.0
 * @category jobs
 */
export const emptyStarted: Quirk = rewrite(
  "emptyStarted",
  (text) => text.replace(/<wps:ProcessStarted[^<>]*>[^<]*<\/wps:ProcessStarted>/, "<wps:ProcessStarted/>")
)

/**
 * `creationTime` is this text, in WPS 1.0.0. That of USGS has an offset: `2011-10-04T16:54:23.148-05:00`. Other servers
 * write microseconds, or no fraction.
 *
 * @since 0.1.0
 * @category jobs
 */
export const creationTimeAs = (time: string): Quirk =>
  rewrite(
    "creationTimeAs",
    (text) => text.replace(/ creationTime="[^"]*"/, () => ` creationTime="${escape(time)}"`)
  )

/**
 * Times have nine digits after the seconds, in WPS 2.0 (javaPS).
 *
 * @since 0.1.0
 * @category jobs
 */
export const nanoseconds: Quirk = rewrite(
  "nanoseconds",
  (text) => text.replace(/(<wps:(?:ExpirationDate|NextPoll|EstimatedCompletion)>[^<]*\.\d{3})Z/g, "$1566599Z")
)

/**
 * Job documents repeat the request, even if the client did not ask for that, in WPS 1.0.0 (LLNL).
 *
 * @since 0.1.0
 * @category jobs
 */
export const alwaysLineage: Quirk = behaves("alwaysLineage", { alwaysLineage: true })
