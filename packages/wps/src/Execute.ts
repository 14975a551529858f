/**
 * Running a process: the request and the answer.
 *
 * @see OGC 05-007r7 §10, OGC 14-065r2 §9.11
 * @since 0.1.0
 */
import * as Data from "effect/Data"
import type * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { ProcessSummary } from "./Capabilities.ts"
import type { DataPart, DataValue, Format } from "./DataValue.ts"
import type { OwsException } from "./Ows.ts"

/**
 * One occurrence of an input. An input that occurs several times is listed several times.
 *
 * @see OGC 05-007r7 §10.2.1 table 45
 * @since 0.1.0
 * @category models
 */
export type DataInput = DataPart

/**
 * A requested output, and how to send it.
 *
 * @see OGC 05-007r7 §10.2.1 tables 52, 53, OGC 14-065r2 §9.11
 * @since 0.1.0
 * @category models
 */
export interface OutputRequest {
  readonly identifier: string
  readonly format: Format
  readonly uom: Option.Option<string>
  /** Whether to store the output at a URL instead of sending it in the answer. */
  readonly asReference: boolean
  /** Which of the nested outputs to send (WPS 2.0). Empty means all of them. */
  readonly nested: ReadonlyArray<OutputRequest>
}

/**
 * What the answer is: a document about the job, or only the bytes of one output.
 *
 * @see OGC 05-007r7 §10.2.1 tables 50, 51
 * @since 0.1.0
 * @category models
 */
export type ResponseForm =
  | {
    readonly _tag: "Document"
    /** Empty means every output. */
    readonly outputs: ReadonlyArray<OutputRequest>
    readonly mode: ExecuteMode
    /** Whether the answer repeats the inputs and the requested outputs (WPS 1.0.0). WPS 2.0 has no lineage. */
    readonly lineage: boolean
  }
  | {
    readonly _tag: "Raw"
    readonly output: OutputRequest
    /** WPS 1.0.0 has `sync` only. */
    readonly mode: ExecuteMode
  }

/**
 * When the answer comes. `sync`: when the job is done. `async`: at once, with a way to ask for the status. `auto`: as
 * the server decides; WPS 1.0.0 does not have it.
 *
 * @see OGC 05-007r7 §10.2.1 table 51, OGC 14-065r2 §9.11
 * @since 0.1.0
 * @category models
 */
export type ExecuteMode = "sync" | "async" | "auto"

/**
 * A request to run a process.
 *
 * @see OGC 05-007r7 §10.2
 * @since 0.1.0
 * @category models
 */
export interface ExecuteRequest {
  readonly identifier: string
  readonly inputs: ReadonlyArray<DataInput>
  readonly response: ResponseForm
  readonly language: Option.Option<string>
}

/**
 * The status of a job. `Succeeded`, `Failed` and `Dismissed` are final. `Paused` is not, nor is a state of the server's
 * own. `percent` is 0 to 100, if the server says it.
 *
 * @see OGC 05-007r7 §10.3.1 table 57, OGC 14-065r2 §9.5
 * @since 0.1.0
 * @category models
 */
export type JobStatus = Data.TaggedEnum<{
  Accepted: { readonly message: string; readonly percent: Option.Option<number> }
  Running: { readonly message: string; readonly percent: Option.Option<number> }
  Paused: { readonly message: string; readonly percent: Option.Option<number> }
  Succeeded: { readonly message: string; readonly percent: Option.Option<number> }
  Failed: {
    readonly message: string
    readonly percent: Option.Option<number>
    readonly exceptions: ReadonlyArray<OwsException>
  }
  Dismissed: { readonly message: string; readonly percent: Option.Option<number> }
  /** A state of the server's own, such as `Suspended`. */
  Other: { readonly state: string; readonly message: string; readonly percent: Option.Option<number> }
}>

/**
 * Constructors of `JobStatus`, with `$is` and `$match`.
 *
 * @example
 * ```ts
 * import { Execute } from "@effect-wps/wps"
 *
 * const show = Execute.JobStatus.$match({
 *   Accepted: () => "queued",
 *   Running: (status) => status.message,
 *   Paused: () => "paused",
 *   Succeeded: () => "done",
 *   Failed: (status) => status.exceptions.join("; "),
 *   Dismissed: () => "dismissed",
 *   Other: (status) => status.state
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const JobStatus = Data.taggedEnum<JobStatus>()

/**
 * Makes a document about a job that holds only its status.
 *
 * @since 0.1.0
 * @category constructors
 */
export const response = (
  status: JobStatus,
  rest?: Partial<Omit<ExecuteResponse, "status">>
): ExecuteResponse => ({
  process: Option.none(),
  jobId: Option.none(),
  expirationDate: Option.none(),
  estimatedCompletion: Option.none(),
  nextPoll: Option.none(),
  creationTime: Option.none(),
  statusLocation: Option.none(),
  serviceInstance: Option.none(),
  language: Option.none(),
  outputs: [],
  lineage: Option.none(),
  ...rest,
  status
})

/**
 * Whether the status is final.
 *
 * @since 0.1.0
 * @category guards
 */
export const isTerminal = (status: JobStatus): boolean =>
  status._tag === "Succeeded" || status._tag === "Failed" || status._tag === "Dismissed"

/**
 * One output of a job. WPS 2.0 gives no titles.
 *
 * @see OGC 05-007r7 §10.3.1 table 56, OGC 14-065r2 §9.6
 * @since 0.1.0
 * @category models
 */
export interface OutputData {
  readonly identifier: string
  readonly title: Option.Option<string>
  readonly abstract: Option.Option<string>
  readonly data: DataValue
}

/**
 * The request as the server repeats it, if `lineage` was set. Parts that cannot be read are left out.
 *
 * @see OGC 05-007r7 §10.3.1 table 55
 * @since 0.1.0
 * @category models
 */
export interface Lineage {
  readonly inputs: ReadonlyArray<DataInput>
  readonly outputs: ReadonlyArray<OutputRequest>
}

/**
 * The document about a job: the answer to Execute, each later status, and the result.
 *
 * @see OGC 05-007r7 §10.3, OGC 14-065r2 §9.5, §9.6
 * @since 0.1.0
 * @category models
 */
export interface ExecuteResponse {
  readonly process: Option.Option<ProcessSummary>
  readonly status: JobStatus
  /** The id by which WPS 2.0 asks for the status and the result. */
  readonly jobId: Option.Option<string>
  /** When the server removes the job and its results (WPS 2.0). */
  readonly expirationDate: Option.Option<DateTime.Utc>
  /** When the server expects the job to be done (WPS 2.0). */
  readonly estimatedCompletion: Option.Option<DateTime.Utc>
  /** When the client should ask again (WPS 2.0). */
  readonly nextPoll: Option.Option<DateTime.Utc>
  /**
   * When the server wrote this status, as the server wrote it. Some servers leave it empty; some write local time and
   * call it UTC.
   */
  readonly creationTime: Option.Option<string>
  /** The address of the next status, if there is one. It may be relative to the document's URL. */
  readonly statusLocation: Option.Option<string>
  /** The service's address at which the request can be repeated. */
  readonly serviceInstance: Option.Option<string>
  readonly language: Option.Option<string>
  readonly outputs: ReadonlyArray<OutputData>
  readonly lineage: Option.Option<Lineage>
}
