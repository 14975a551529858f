import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import type { AuthError } from "@effect-wps/auth/AuthError"
import { type ExecuteResponse, isTerminal, type JobStatus } from "../Execute.ts"
import { defaultSchedule, type PollOptions } from "../Job.ts"
import { JobTimeout, ServerBusy, TransportError, UnexpectedResponse, type WpsError } from "../WpsError.ts"

type Failure = WpsError | AuthError

/** What is known of a job, and how many times that has been renewed. */
interface Snapshot {
  readonly response: ExecuteResponse
  readonly version: number
  /** When the status last changed, in milliseconds. */
  readonly changedAt: number
  /** Bad status reads since the last good one. */
  readonly bad: number
}

export interface Poller {
  readonly status: Effect.Effect<JobStatus, Failure>
  readonly changes: Stream.Stream<JobStatus, Failure>
  /** The last document, waited for. */
  readonly last: Effect.Effect<ExecuteResponse, Failure>
}

/** What may be different the next time: a document caught while it is being written, a server on its way up. */
const isTransient = (error: Failure): boolean =>
  error instanceof TransportError || error instanceof UnexpectedResponse || error instanceof ServerBusy

const describe = (status: JobStatus): string => `${status._tag}${status.message === "" ? "" : ` ("${status.message}")`}`

/**
 * Follows a job. Of those who want a newer state one takes the turn and asks the server; the others wait for the end of
 * its turn, find the newer state there, or take the next. So one asks at a time, nothing runs that nobody waits for, and
 * when the one that asks is interrupted another goes on.
 */
export const make = Effect.fnUntraced(function*(options: {
  readonly identifier: string
  readonly first: ExecuteResponse
  readonly read: Effect.Effect<ExecuteResponse, Failure>
  readonly poll: PollOptions
}): Effect.fn.Return<Poller> {
  const { first, identifier, poll, read } = options
  const started = yield* Clock.currentTimeMillis
  const snapshot = yield* Ref.make<Snapshot>({ response: first, version: 0, changedAt: started, bad: 0 })
  const turn = yield* Ref.make(Option.none<Deferred.Deferred<void>>())
  const driver = yield* Schedule.driver(poll.schedule ?? defaultSchedule)
  const badReads = poll.badReads ?? 10

  const timeout = (kind: "deadline" | "stalled", bound: Duration.DurationInput, status: JobStatus) =>
    new JobTimeout({ identifier, kind, seconds: Duration.toSeconds(bound), lastStatus: describe(status) })

  /** The bound that comes first, and how many milliseconds are left until then. */
  const bound = (current: Snapshot, now: number) => {
    const bounds = [
      { kind: "deadline" as const, of: poll.deadline, since: started },
      { kind: "stalled" as const, of: poll.stallTimeout, since: current.changedAt }
    ].flatMap(({ kind, of, since }) =>
      of === undefined
        ? []
        : [{ left: since + Duration.toMillis(of) - now, error: timeout(kind, of, current.response.status) }])
    return Option.fromNullable(bounds.sort((one, other) => one.left - other.left)[0])
  }

  const renew = (response: ExecuteResponse) =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Ref.updateAndGet(snapshot, (current) => ({
        response,
        version: current.version + 1,
        changedAt: Equal.equals(current.response.status, response.status) ? current.changedAt : now,
        bad: 0
      })))

  const attempt = (current: Snapshot): Effect.Effect<Snapshot, Failure> =>
    Effect.flatMap(Effect.either(read), Either.match({
      onRight: renew,
      onLeft: (error) =>
        isTransient(error) && current.bad < badReads
          ? Effect.andThen(
            error instanceof ServerBusy && Option.isSome(error.retryAfter)
              ? Effect.sleep(Duration.seconds(error.retryAfter.value))
              : Effect.void,
            Ref.updateAndGet(snapshot, (one) => ({ ...one, bad: one.bad + 1 }))
          )
          : Effect.fail(error)
    }))

  /** Waits for its time, and asks. */
  const step = (current: Snapshot): Effect.Effect<unknown, Failure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const pause = driver.next(undefined).pipe(
        // A schedule that has come to its end has no bound of its own to name.
        Effect.mapError(() => timeout("deadline", Duration.millis(now - started), current.response.status))
      )
      const next = Effect.andThen(pause, attempt(current))
      return Option.match(bound(current, now), {
        onNone: () => next,
        onSome: ({ error, left }) =>
          left <= 0 ? Effect.fail(error) : Effect.timeoutFail(next, { duration: left, onTimeout: () => error })
      })
    })

  /** A snapshot that is newer than the version seen. */
  const newer = (seen: number): Effect.Effect<Snapshot, Failure> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Deferred.make<void>(), (mine) =>
        Effect.flatten(Effect.zipWith(
          Ref.get(snapshot),
          Ref.modify(turn, (theirs) => [theirs, Option.orElseSome(theirs, () => mine)]),
          (current, theirs) => {
            const end = Effect.zipRight(Ref.set(turn, Option.none()), Deferred.succeed(mine, void 0))
            if (current.version > seen || isTerminal(current.response.status)) {
              return Effect.as(Option.isNone(theirs) ? end : Effect.void, current)
            }
            return Option.match(theirs, {
              onNone: () => Effect.ensuring(restore(step(current)), end),
              onSome: (deferred) => restore(Deferred.await(deferred))
            }).pipe(Effect.andThen(Effect.suspend(() => restore(newer(seen)))))
          }
        ))))

  const settled = (current: Snapshot): Effect.Effect<ExecuteResponse, Failure> =>
    isTerminal(current.response.status)
      ? Effect.succeed(current.response)
      : Effect.flatMap(newer(current.version), settled)

  const states = Stream.unfoldEffect(Option.none<Snapshot>(), (seen) => {
    if (Option.isNone(seen)) {
      return Effect.map(Ref.get(snapshot), (current) => Option.some([current, Option.some(current)] as const))
    }
    return isTerminal(seen.value.response.status)
      ? Effect.succeedNone
      : Effect.map(newer(seen.value.version), (current) => Option.some([current, Option.some(current)] as const))
  })

  return {
    status: Effect.flatMap(Ref.get(snapshot), (current) =>
      isTerminal(current.response.status)
        ? Effect.succeed(current.response.status)
        : Effect.map(Effect.flatMap(read, renew), ({ response }) => response.status)),
    changes: Stream.changes(Stream.map(states, ({ response }) => response.status)),
    last: Effect.flatMap(Ref.get(snapshot), settled)
  }
})
