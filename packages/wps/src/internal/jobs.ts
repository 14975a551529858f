import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Fiber from "effect/Fiber"
import * as Number from "effect/Number"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { ExecuteResponse } from "../Execute.ts"
import * as Execute from "../Execute.ts"
import { defaultSchedule, type Job, JobReference, type PollOptions } from "../Job.ts"
import type * as Operation from "../Operation.ts"
import type { Failure } from "../WpsClient.ts"
import {
  CannotDismiss,
  CannotPoll,
  isTransient,
  JobDismissed,
  JobNotFound,
  ProcessFailed,
  type UnexpectedResponse
} from "../WpsError.ts"
import { asked } from "./asked.ts"
import * as pollInternal from "./poll.ts"
import { isJob, type JobDocument, receive } from "./receive.ts"
import { type Service, xmlFirst } from "./service.ts"
import { span } from "./span.ts"

/** The status address of a GeoServer job holds an id, by which the job can be dismissed. */
const geoServerDismiss = (location: URL): Option.Option<URL> => {
  const pairs = [...location.searchParams]
  const value = (name: string) => pairs.find(([one]) => one.toLowerCase() === name)?.[1]
  if (value("request")?.toLowerCase() !== "getexecutionstatus" || value("executionid") === undefined) {
    return Option.none()
  }
  const dismiss = new URL(location)
  dismiss.search = pairs.map(([name, one]) =>
    `${encodeURIComponent(name)}=${name.toLowerCase() === "request" ? "Dismiss" : encodeURIComponent(one)}`
  ).join("&")
  return Option.some(dismiss)
}

/** WPS 1.0.0 has no other way to say that the server no longer knows a job. */
const isGone = (error: Failure): error is UnexpectedResponse =>
  error._tag === "UnexpectedResponse" && (error.status === 404 || error.status === 410)

const hasAnswered = (error: Failure): boolean => error._tag !== "TransportError" && error._tag !== "ServerBusy"

/** What to wait for. */
export interface Awaited {
  readonly identifier: string
  readonly poll: PollOptions
  /** When the wait began, in milliseconds. */
  readonly since: number
  readonly reference?: Option.Option<JobReference>
  /** The last known status of the job. */
  readonly last?: Option.Option<Execute.JobStatus>
}

/** The jobs of one service. */
export interface Jobs {
  readonly referenceOf: (identifier: string, document: JobDocument) => Either.Either<JobReference, CannotPoll>
  /** The first status of a job that is found again by its reference. */
  readonly find: (reference: JobReference, poll: PollOptions, since: number) => Effect.Effect<JobDocument, Failure>
  readonly readResult: <A>(
    identifier: string,
    outputs: Operation.Outputs<A>,
    response: ExecuteResponse
  ) => Effect.Effect<A, Failure>
  /** Retries the request for a result until it is ready. */
  readonly untilThere: <A, R>(result: Effect.Effect<A, Failure, R>, poll: PollOptions) => Effect.Effect<A, Failure, R>
  /** Runs a request other than a status read within the time left before the deadline. */
  readonly inTime: <A, R>(asked: Awaited, effect: Effect.Effect<A, Failure, R>) => Effect.Effect<A, Failure, R>
  /** `since` is when the caller asked for the job, in milliseconds. */
  readonly follow: <A>(
    outputs: Operation.Outputs<A>,
    first: JobDocument,
    reference: Either.Either<JobReference, CannotPoll>,
    poll: PollOptions,
    since: number
  ) => Effect.Effect<Job<A>, Failure>
  /** Dismisses the job if the waiting fiber is interrupted, if the options say so. */
  readonly dismissing: <A>(
    wait: Effect.Effect<A, Failure>,
    dismiss: Effect.Effect<void, Failure>,
    poll: PollOptions
  ) => Effect.Effect<A, Failure>
  /** Starts a job, and dismisses it when the scope closes, unless it is done. */
  readonly scoped: <A>(start: Effect.Effect<Job<A>, Failure>) => Effect.Effect<Job<A>, Failure, Scope.Scope>
}

export const make = (
  { ask, byId, descriptions, exchange, linked, other, timeout }: Service,
  reader: Operation.OutputReader<Failure>
): Jobs => {
  /** The address of a job's status document. */
  const placeOf = (identifier: string, location: Option.Option<string>): Either.Either<URL, CannotPoll> =>
    Option.match(location, {
      onNone: () => Either.left(new CannotPoll({ identifier, reason: "the server gave no statusLocation" })),
      onSome: (location) =>
        Either.mapLeft(
          linked(location),
          ({ reason }) =>
            new CannotPoll({ identifier, reason: `its statusLocation is no address that can be asked: ${reason}` })
        )
    })

  /** How to find the job again, from the document about it. */
  const referenceOf = (
    identifier: string,
    { value: { jobId, statusLocation } }: JobDocument
  ): Either.Either<JobReference, CannotPoll> => {
    const reference = () => new JobReference({ identifier, statusLocation, jobId })
    return Option.isSome(jobId) ? Either.right(reference()) : Either.map(placeOf(identifier, statusLocation), reference)
  }

  const askJob = (
    operation: "GetStatus" | "GetResult" | "Dismiss",
    { identifier }: JobReference,
    jobId: string
  ): Effect.Effect<JobDocument, Failure> => {
    const what = asked(operation, identifier, jobId)
    return Effect.flatMap(byId, (protocol) => ask(what, protocol, { _tag: operation, jobId })).pipe(
      Effect.flatMap((document) => isJob(document) ? Effect.succeed(document) : Effect.fail(other(what, document._tag)))
    )
  }

  const readDocument = (operation: "GetStatus" | "Dismiss", identifier: string, url: URL, jobId?: string) => {
    const what = asked(operation, identifier, jobId)
    return exchange(
      what,
      HttpClientRequest.setHeader(HttpClientRequest.get(url.href), "accept", xmlFirst),
      (response) => receive(what, response),
      timeout
    ).pipe(
      Effect.flatMap((document) => isJob(document) ? Effect.succeed(document) : Effect.fail(other(what, document._tag)))
    )
  }

  /** Asks for the result. A document that only gives the status is not an answer to that. */
  const askResult = (reference: JobReference, jobId: string): Effect.Effect<JobDocument, Failure> =>
    Effect.filterOrFail(
      askJob("GetResult", reference, jobId),
      ({ _tag, value: { status } }) =>
        Execute.isTerminal(status) && !(_tag === "StatusInfo" && status._tag === "Succeeded"),
      ({ _tag }) => other(asked("GetResult", reference.identifier, jobId), _tag)
    )

  /**
   * In WPS 2.0, only the answer to GetResult says why a job failed. If that answer gives no reason, the failure has
   * none. The job has failed in any case.
   */
  const explained = (reference: JobReference, jobId: string, document: JobDocument) =>
    document._tag === "StatusInfo" && document.value.status._tag === "Failed"
      ? askResult(reference, jobId).pipe(
        Effect.map((result) => result.value.status._tag === "Failed" ? result : document),
        Effect.catchIf(hasAnswered, (error) =>
          Effect.succeed<JobDocument>({
            _tag: "StatusInfo",
            value: {
              ...document.value,
              status: Execute.JobStatus.Failed({
                message: error._tag === "ServiceException" ? error.exceptions.map(String).join("; ") : "",
                percent: document.value.status.percent,
                exceptions: error._tag === "ServiceException" ? error.exceptions : []
              })
            }
          }))
      )
      : Effect.succeed(document)

  const readStatus = (reference: JobReference): Effect.Effect<JobDocument, Failure> =>
    Option.match(reference.jobId, {
      onSome: (jobId) =>
        Effect.flatMap(askJob("GetStatus", reference, jobId), (document) => explained(reference, jobId, document)),
      onNone: () =>
        Effect.flatMap(placeOf(reference.identifier, reference.statusLocation), (url) =>
          readDocument("GetStatus", reference.identifier, url))
    })

  const inTime: Jobs["inTime"] = (asked, effect) => {
    const { identifier, last = Option.none(), poll: { deadline }, reference = Option.none(), since } = asked
    return deadline === undefined ? effect : Effect.flatMap(Clock.currentTimeMillis, (now) =>
      // The waiting fiber may be uninterruptible, and the time-out waits for the effect that it interrupts.
      Effect.timeoutFail(Effect.interruptible(effect), {
        duration: Math.max(0, since + Duration.toMillis(deadline) - now),
        onTimeout: () => pollInternal.timeout({ identifier, kind: "deadline", bound: deadline, last, reference })
      }))
  }

  /** A status document that is still missing after the retries means that the server no longer knows the job. */
  const lost = (reference: Option.Option<JobReference>) => (error: Failure): Failure =>
    isGone(error)
      ? new JobNotFound({
        operation: error.operation,
        url: error.url,
        jobId: Option.getOrElse(Option.flatMap(reference, ({ jobId }) => jobId), () => error.url)
      })
      : error

  /** The document may not be there yet, so a missing one is retried, but only a few times. */
  const find = (
    reference: JobReference,
    poll: PollOptions,
    since: number
  ): Effect.Effect<JobDocument, Failure> => {
    const { badReads = 10, schedule = defaultSchedule } = poll
    const found: Effect.Effect<JobDocument, Failure> = readStatus(reference).pipe(
      Effect.retry({ schedule, times: Math.min(badReads, 2), while: isGone }),
      Effect.retry({ schedule, times: badReads, while: (error) => isTransient(error) && !isGone(error) }),
      Effect.mapError(lost(Option.some(reference)))
    )
    return inTime({ identifier: reference.identifier, poll, since, reference: Option.some(reference) }, found)
  }

  const untilThere: Jobs["untilThere"] = (result, poll) =>
    Effect.retry(result, {
      schedule: poll.schedule ?? defaultSchedule,
      times: poll.badReads ?? 10,
      while: (error) => isTransient(error) || (error._tag === "ServiceException" && error.code === "ResultNotReady")
    })

  /**
   * Dismisses in a separate fiber. A finalizer cannot be interrupted, so a time-out would have no effect in it. The
   * limit includes a login, which nobody waits for any more.
   */
  const apart = (dismiss: Effect.Effect<void, Failure>): Effect.Effect<unknown> =>
    Effect.ignoreLogged(Effect.timeout(dismiss, timeout)).pipe(
      Effect.interruptible,
      Effect.forkDaemon,
      Effect.flatMap(Fiber.await)
    )

  const dismissing: Jobs["dismissing"] = (wait, dismiss, poll) =>
    poll.dismissOnInterrupt !== true ? wait : Effect.onInterrupt(wait, () => apart(dismiss))

  /** The outputs of the job. WPS 2.0 is asked for them once the job has succeeded. */
  const readOutputs = (
    reference: Either.Either<JobReference, CannotPoll>,
    { _tag, value }: JobDocument,
    poll: PollOptions
  ): Effect.Effect<ExecuteResponse, Failure> =>
    _tag !== "StatusInfo" || value.status._tag !== "Succeeded"
      ? Effect.succeed(value)
      : Effect.flatMap(reference, (found) =>
        Option.match(Option.orElse(value.jobId, () => found.jobId), {
          onNone: () =>
            Effect.fail(new CannotPoll({ identifier: found.identifier, reason: "the server gave no JobID" })),
          onSome: (jobId) => askResult(found, jobId)
        })).pipe(
          (result) => untilThere(result, poll),
          Effect.map((result) => ({
            ...result.value,
            jobId: value.jobId,
            expirationDate: Option.orElse(result.value.expirationDate, () => value.expirationDate)
          }))
        )

  const cannotDismiss = (identifier: string, reason: string) => Effect.fail(new CannotDismiss({ identifier, reason }))

  /** A job that the server no longer knows counts as dismissed. */
  const dismissById = (reference: JobReference, jobId: string): Effect.Effect<void, Failure> =>
    Effect.flatMap(descriptions.peek(reference.identifier), (known) => {
      const control = Option.match(known, {
        onNone: (): ReadonlyArray<string> => [],
        onSome: (one) => one.jobControlOptions
      })
      return control.length > 0 && !control.includes("dismiss")
        ? cannotDismiss(reference.identifier, `the process has ${control.join(", ")} and no dismiss`)
        : askJob("Dismiss", reference, jobId).pipe(
          Effect.catchTag("JobNotFound", () => Effect.void),
          Effect.catchIf(
            (error) =>
              error._tag === "ServiceException" && /^(OperationNotSupported|OptionNotSupported)$/.test(error.code),
            (error) => cannotDismiss(reference.identifier, `the server says: ${error.message}`)
          ),
          Effect.asVoid
        )
    })

  const dismissAt = (identifier: string, location: string): Effect.Effect<void, Failure> =>
    Effect.flatMap(linked(location), (url) =>
      Option.match(geoServerDismiss(url), {
        onNone: (): Effect.Effect<void, Failure> => cannotDismiss(identifier, "WPS 1.0.0 has no way to"),
        onSome: (dismiss) =>
          readDocument("Dismiss", identifier, dismiss, dismiss.searchParams.get("executionId") ?? "").pipe(
            Effect.catchTag("JobNotFound", () => Effect.void),
            Effect.asVoid
          )
      }))

  const follow = Effect.fnUntraced(function*<A>(
    outputs: Operation.Outputs<A>,
    first: JobDocument,
    reference: Either.Either<JobReference, CannotPoll>,
    poll: PollOptions,
    since: number
  ): Effect.fn.Return<Job<A>, Failure> {
    const { identifier } = outputs
    if (!Execute.isTerminal(first.value.status) && Either.isLeft(reference)) return yield* reference.left
    const canEnd = Either.isRight(reference) && (Option.isSome(reference.right.jobId) ||
      Option.exists(
        reference.right.statusLocation,
        (location) => Option.exists(Either.getRight(linked(location)), (url) => Option.isSome(geoServerDismiss(url)))
      ))
    const dismissed: JobDocument = {
      _tag: "StatusInfo",
      value: Execute.response(Execute.JobStatus.Dismissed({ message: "", percent: Option.none() }), {
        jobId: first.value.jobId
      })
    }
    const dismisses = yield* Ref.make(0)
    const read = Effect.flatMap(reference, readStatus)
    const poller = yield* pollInternal.make({
      identifier,
      reference: Either.getRight(reference),
      since,
      first,
      read: canEnd
        ? Effect.flatMap(read, (document) =>
          // Some servers report a job as failed while they dismiss it.
          Effect.map(Ref.get(dismisses), (count) =>
            count > 0 && document.value.status._tag === "Failed" ? dismissed : document))
        : read,
      poll,
      lost: lost(Either.getRight(reference)),
      canEnd
    })
    // Callers that come while the outputs are being fetched wait, and then share them.
    const fetched = yield* Ref.make(Option.none<ExecuteResponse>())
    const oneAtATime = yield* Effect.makeSemaphore(1)
    const fetch = (last: JobDocument) =>
      oneAtATime.withPermits(1)(Effect.flatMap(
        Ref.get(fetched),
        Option.match({
          onSome: Effect.succeed,
          onNone: () =>
            Effect.tap(readOutputs(reference, last, poll), (response) => Ref.set(fetched, Option.some(response)))
        })
      ))
    const dismiss = Either.match(reference, {
      onLeft: ({ reason }) => cannotDismiss(identifier, reason),
      onRight: (found) =>
        Option.isSome(found.jobId)
          ? dismissById(found, found.jobId.value)
          : dismissAt(identifier, Option.getOrElse(found.statusLocation, () => ""))
    }).pipe(
      (request) =>
        // Once the server has dismissed the job, it is final here too, even if the fiber is interrupted in between.
        Effect.uninterruptibleMask((restore) =>
          Ref.update(dismisses, Number.increment).pipe(
            Effect.zipRight(restore(request)),
            Effect.onError(() => Ref.update(dismisses, Number.decrement)),
            Effect.zipRight(poller.end(dismissed))
          )
        ),
      span("WpsClient.dismiss")
    )
    const awaited = dismissing(
      Effect.flatMap(poller.last, (last) => poller.within(fetch(last))),
      dismiss,
      poll
    )
    return {
      identifier,
      reference: Either.getRight(reference),
      status: poller.status,
      changes: poller.changes,
      result: Effect.flatMap(awaited, (last) => poller.within(readResult(identifier, outputs, last))),
      document: awaited,
      dismiss
    }
  })

  const readResult = <A>(
    identifier: string,
    outputs: Operation.Outputs<A>,
    { outputs: received, status }: ExecuteResponse
  ): Effect.Effect<A, Failure> =>
    status._tag === "Succeeded"
      ? outputs.read(received, reader)
      : status._tag === "Failed"
      ? Effect.fail(new ProcessFailed({ identifier, exceptions: status.exceptions }))
      : Effect.fail(new JobDismissed({ identifier }))

  const scoped: Jobs["scoped"] = (start) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.tap(restore(start), ({ dismiss, status }) =>
        // Dismissing a job that is done would delete its outputs.
        Effect.addFinalizer(() =>
          apart(Effect.flatMap(status, (current) => Execute.isTerminal(current) ? Effect.void : dismiss))
        ))
    )

  return { referenceOf, find, readResult, untilThere, inTime, dismissing, follow, scoped }
}
