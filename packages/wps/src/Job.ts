/**
 * A job on a server: its status, its changes, its result, and how to find it again.
 *
 * @since 0.1.0
 */
import type { AuthError } from "@effect-wps/auth/AuthError"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Stream from "effect/Stream"
import type { ExecuteResponse, JobStatus } from "./Execute.ts"
import type { WpsError } from "./WpsError.ts"

/**
 * What a client of the same service needs to find a job again, in another process or on another day: the address of its
 * status document (WPS 1.0.0), or its id (WPS 2.0). It is not a secret, but whoever has it and may read the service can
 * read the job.
 *
 * @example
 * ```ts
 * import { Job } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const save = Schema.encode(Schema.parseJson(Job.JobReference))
 * const load = Schema.decode(Schema.parseJson(Job.JobReference))
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export class JobReference extends Schema.Class<JobReference>("@effect-wps/wps/Job/JobReference")({
  /** The identifier of the process. */
  identifier: Schema.NonEmptyString,
  /** The address of the status document, as the server gave it, but absolute. */
  statusLocation: Schema.optionalWith(Schema.NonEmptyString, { as: "Option" }),
  /** The id by which WPS 2.0 asks for the status and the result. */
  jobId: Schema.optionalWith(Schema.NonEmptyString, { as: "Option" })
}) {}

/**
 * A job whose result is an `A`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job<out A> {
  readonly identifier: string
  /**
   * How to find the job again. None if the server gave neither an address nor an id, as for a job that was done at
   * once.
   */
  readonly reference: Option.Option<JobReference>
  /** The current status. The client asks the server for it, unless the job is known to be done. */
  readonly status: Effect.Effect<JobStatus, WpsError | AuthError>
  /**
   * The current status, then each change of it. The last element is the final status, even if that is a failure. If
   * several fibers read the changes or wait for the result, one of them asks the server at a time.
   */
  readonly changes: Stream.Stream<JobStatus, WpsError | AuthError>
  /** Waits for the result. */
  readonly result: Effect.Effect<A, WpsError | AuthError>
  /**
   * Waits for the server's last document about the job: the outputs as they were sent, the lineage if the request asked
   * for it, and how long the server keeps them (`expirationDate`).
   */
  readonly document: Effect.Effect<ExecuteResponse, WpsError | AuthError>
  /**
   * Ends the job and removes it from the server. Fibers that wait for it fail with `JobDismissed`. A job that the
   * server no longer knows counts as dismissed. Fails with `CannotDismiss` if the server cannot dismiss jobs. WPS 1.0.0
   * has no Dismiss; GeoServer's own one is used.
   */
  readonly dismiss: Effect.Effect<void, WpsError | AuthError>
}

/**
 * How to wait for a job.
 *
 * @since 0.1.0
 * @category models
 */
export interface PollOptions {
  /** The pauses between two status reads, unless the server says when to ask next. @default `defaultSchedule` */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** How long to wait in all, from the call on. A login and the fetching of outputs count. @default no bound */
  readonly deadline?: Duration.DurationInput | undefined
  /** How long to wait without any change of the status. @default no bound */
  readonly stallTimeout?: Duration.DurationInput | undefined
  /**
   * How many status reads in a row may go wrong (an empty or torn document, a 404, a 5xx, no answer) before the wait
   * fails with the error of the last one. The job may still run then, and can be waited for again. @default 10
   */
  readonly badReads?: number | undefined
  /**
   * How long the server may be away (no answer, a 5xx, too busy) while a job is followed, however many reads go wrong
   * in that time: a restart at night, a laptop that sleeps. @default "10 minutes", or nothing if `badReads` is given
   */
  readonly outage?: Duration.DurationInput | undefined
  /**
   * Whether to dismiss the job if the fiber that waits for its result is interrupted. If you follow the changes of a
   * job, start it with `WpsClient.executeScoped` to have it dismissed. @default false
   */
  readonly dismissOnInterrupt?: boolean | undefined
}

/**
 * Starts at 250 ms and grows by half each time, up to 15 seconds, with a jitter of 20 %.
 *
 * @since 0.1.0
 * @category schedules
 */
export const defaultSchedule: Schedule.Schedule<unknown> = Schedule.exponential("250 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("15 seconds")),
  Schedule.jittered
)
