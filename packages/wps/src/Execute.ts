/**
 * Running a process: what is asked, and what came back.
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
 * One occurrence of an input. An input that is given several times stands several times.
 *
 * @see OGC 05-007r7 §10.2.1 table 45
 * @since 0.1.0
 * @category models
 */
export type DataInput = DataPart

/**
 * An output that is asked for, and how.
 *
 * @see OGC 05-007r7 §10.2.1 tables 52, 53, OGC 14-065r2 §9.11
 * @since 0.1.0
 * @category models
 */
export interface OutputRequest {
  readonly identifier: string
  readonly format: Format
  readonly uom: Option.Option<string>
  /** Whether to store the output at a URL instead of sending it inside the answer. */
  readonly asReference: boolean
  /** Which of the outputs inside it are wanted, in WPS 2.0; empty is all of them. */
  readonly nested: ReadonlyArray<OutputRequest>
}

/**
 * What is to come back: a document about the job, or the bytes of one output alone.
 *
 * @see OGC 05-007r7 §10.2.1 tables 50, 51
 * @since 0.1.0
 * @category models
 */
export type ResponseForm =
  | {
    readonly _tag: "Document"
    /** Empty asks for every output. */
    readonly outputs: ReadonlyArray<OutputRequest>
    readonly mode: ExecuteMode
    /** Whether the answer repeats the inputs and the outputs asked for, in WPS 1.0.0; in 2.0 none does. */
    readonly lineage: boolean
  }
  | {
    readonly _tag: "Raw"
    readonly output: OutputRequest
    /** WPS 1.0.0 has `sync` only. */
    readonly mode: ExecuteMode
  }

/**
 * When the answer comes: `sync` once the job is done, `async` at once, with a way to ask for its status, and `auto` as the
 * server likes, which WPS 1.0.0 does not have.
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
 * Where a job stands. `Succeeded`, `Failed` and `Dismissed` are its end; `Paused` is not, nor is a state that only this
 * server has. `percent` is 0 to 100, where the server says it.
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
 * A document about a job that says nothing but where it stands.
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
 * Whether the job has come to its end.
 *
 * @since 0.1.0
 * @category guards
 */
export const isTerminal = (status: JobStatus): boolean =>
  status._tag === "Succeeded" || status._tag === "Failed" || status._tag === "Dismissed"

/**
 * One output that came back. WPS 2.0 gives no titles.
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
 * What the server says it was asked, where `lineage` was wanted. A part that cannot be read is left out.
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
 * The document about a job: the answer to Execute, each of its later states, and its result.
 *
 * @see OGC 05-007r7 §10.3, OGC 14-065r2 §9.5, §9.6
 * @since 0.1.0
 * @category models
 */
export interface ExecuteResponse {
  readonly process: Option.Option<ProcessSummary>
  readonly status: JobStatus
  /** By which WPS 2.0 asks for its status and its result. */
  readonly jobId: Option.Option<string>
  /** When the server forgets the job and its results (WPS 2.0). */
  readonly expirationDate: Option.Option<DateTime.Utc>
  /** When the server thinks that the job is done (WPS 2.0). */
  readonly estimatedCompletion: Option.Option<DateTime.Utc>
  /** When the server wants to be asked again (WPS 2.0). */
  readonly nextPoll: Option.Option<DateTime.Utc>
  /** When the server wrote this state, as it wrote it: some leave it empty, some write local time and call it UTC. */
  readonly creationTime: Option.Option<string>
  /** Where to ask for the next state; absent where there is none. May be relative to the document's URL. */
  readonly statusLocation: Option.Option<string>
  /** The service's own address for repeating the request. */
  readonly serviceInstance: Option.Option<string>
  readonly language: Option.Option<string>
  readonly outputs: ReadonlyArray<OutputData>
  readonly lineage: Option.Option<Lineage>
}
