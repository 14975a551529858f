/**
 * A job on a server: where it stands, how it changes, what it gives, and how to find it again.
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
 * All that is needed to find a job again, in another process or on another day, with a client of the same service: the
 * address of its status document (WPS 1.0.0), or its id (WPS 2.0). It is no secret, but whoever has it and the right to
 * read the service can read the job.
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
  /** The process that runs. */
  identifier: Schema.NonEmptyString,
  /** Where its status is asked for, as the server said it; absolute. */
  statusLocation: Schema.optionalWith(Schema.NonEmptyString, { as: "Option" }),
  /** By which its status and its result are asked for. */
  jobId: Schema.optionalWith(Schema.NonEmptyString, { as: "Option" })
}) {}

/**
 * A job that gives an `A`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Job<out A> {
  readonly identifier: string
  /** How to find it again; none where the server gave no place to ask, as for a job that was done at once. */
  readonly reference: Option.Option<JobReference>
  /** Where it stands now, asked of the server unless it is known to be done. */
  readonly status: Effect.Effect<JobStatus, WpsError | AuthError>
  /**
   * Where it stands, and then each change until its end, which is the last element, a failure too. However many read
   * it, or wait for the result, the server is asked by one of them at a time.
   */
  readonly changes: Stream.Stream<JobStatus, WpsError | AuthError>
  /** What it gives, waited for. */
  readonly result: Effect.Effect<A, WpsError | AuthError>
  /**
   * The server's last document about it, waited for: the outputs as they were sent, the lineage if it was wanted, and how
   * long the server keeps them (`expirationDate`).
   */
  readonly document: Effect.Effect<ExecuteResponse, WpsError | AuthError>
  /**
   * Ends it and lets the server forget it; whoever waits for it is told `JobDismissed`. One that the server has forgotten
   * already is dismissed. Fails with `CannotDismiss` where the server has no way to: WPS 1.0.0 has none, but GeoServer.
   */
  readonly dismiss: Effect.Effect<void, WpsError | AuthError>
}

/**
 * How a job is waited for.
 *
 * @since 0.1.0
 * @category models
 */
export interface PollOptions {
  /** The pauses between two status reads, where the server says nothing of when to ask. @default `defaultSchedule` */
  readonly schedule?: Schedule.Schedule<unknown> | undefined
  /** How long to wait in all, from the call on, a login and the fetching of outputs among it. @default no bound */
  readonly deadline?: Duration.DurationInput | undefined
  /** How long to wait without any change. @default no bound */
  readonly stallTimeout?: Duration.DurationInput | undefined
  /**
   * How many status reads in a row may go wrong (an empty or torn document, a 404, a 5xx, no answer) before the wait
   * fails with what went wrong last; the job may still run then, and can be waited for again. @default 10
   */
  readonly badReads?: number | undefined
  /**
   * How long the server may be away (no answer, a 5xx, too busy) while a job is followed, however many reads go wrong
   * meanwhile: a night's restart, a laptop that sleeps. @default "10 minutes", or nothing where `badReads` is given
   */
  readonly outage?: Duration.DurationInput | undefined
  /**
   * Whether a job is dismissed when whoever waits for its result is interrupted. To dismiss one whose changes are followed,
   * start it with `WpsClient.executeScoped`. @default false
   */
  readonly dismissOnInterrupt?: boolean | undefined
}

/**
 * A quarter of a second, then half as long again each time up to 15 seconds, give or take a fifth.
 *
 * @since 0.1.0
 * @category schedules
 */
export const defaultSchedule: Schedule.Schedule<unknown> = Schedule.exponential("250 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("15 seconds")),
  Schedule.jittered
)
