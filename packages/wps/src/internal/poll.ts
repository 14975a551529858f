import type { AuthError } from "@effect-wps/auth/AuthError"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import { isTerminal, type JobStatus } from "../Execute.ts"
import { defaultSchedule, type JobReference, type PollOptions } from "../Job.ts"
import { isTransient, JobTimeout, type WpsError } from "../WpsError.ts"
import type { JobDocument } from "./receive.ts"

type Failure = WpsError | AuthError

/** What is known of a job, and how many times that has been renewed. */
interface Snapshot {
  readonly document: JobDocument
  readonly version: number
  /** When the status last changed, in milliseconds. */
  readonly changedAt: number
  /** Bad status reads since the last good one, and when the first of them was, in milliseconds. */
  readonly bad: number
  readonly badSince: number
  /** When a busy server may be asked again, in milliseconds. */
  readonly notBefore: number
}

export interface Poller {
  readonly status: Effect.Effect<JobStatus, Failure>
  readonly changes: Stream.Stream<JobStatus, Failure>
  /** The last document, waited for. */
  readonly last: Effect.Effect<JobDocument, Failure>
  /** What is done once the job is done, within what the deadline leaves; who comes later than that may still try. */
  readonly within: <A>(effect: Effect.Effect<A, Failure>) => Effect.Effect<A, Failure>
  /** Puts an end to it that is known otherwise, unless it has come to one. */
  readonly end: (document: JobDocument) => Effect.Effect<void>
}

/** Whether the server is away, rather than answers something else. */
const isAway = (error: Failure): boolean =>
  error._tag === "TransportError" || error._tag === "ServerBusy" ||
  (error._tag === "UnexpectedResponse" && error.status >= 500)

/** Milliseconds that a busy server is left alone for, an hour at most: some ask for years. */
const patience = (error: Failure): number =>
  error._tag === "ServerBusy"
    ? Math.min(anHour, 1000 * Option.getOrElse(error.retryAfter, () => 0))
    : 0

const anHour = 3_600_000

/** A server that wants to be asked sooner is asked by the schedule, in milliseconds. */
const soonest = 250

const statusOf = ({ document }: Snapshot): JobStatus => document.value.status

const describe = (status: JobStatus): string => {
  const state = status._tag === "Other" ? status.state : status._tag
  const percent = Option.match(status.percent, { onNone: () => "", onSome: (part) => `, ${part} %` })
  return `${state}${status.message === "" ? "" : ` ("${status.message}")`}${percent}`
}

/** A bound that was reached. */
export const timeout = (options: {
  readonly identifier: string
  readonly kind: JobTimeout["kind"]
  readonly bound: Duration.DurationInput
  readonly last: Option.Option<JobStatus>
  readonly reference: Option.Option<JobReference>
}): JobTimeout =>
  new JobTimeout({
    identifier: options.identifier,
    kind: options.kind,
    seconds: Duration.toSeconds(options.bound),
    lastStatus: Option.match(options.last, { onNone: () => "asked for, without an answer", onSome: describe }),
    reference: Option.map(options.reference, Redacted.make)
  })

/**
 * Follows a job. Of those who want a newer state one takes the turn and asks the server; the others wait for the end of
 * its turn, and find the newer state there, or fail with what it failed with, or take the next. So one asks at a time,
 * nothing runs that nobody waits for, and when the one that asks is interrupted another goes on.
 */
export const make = Effect.fnUntraced(function*(options: {
  readonly identifier: string
  readonly reference: Option.Option<JobReference>
  /** When it was asked for, in milliseconds. */
  readonly since: number
  readonly first: JobDocument
  readonly read: Effect.Effect<JobDocument, Failure>
  readonly poll: PollOptions
  /** What is made of the bad read with which it gives up. */
  readonly lost: (error: Failure) => Failure
  /** Whether `end` will be called; those who wait are woken by it. */
  readonly canEnd: boolean
}): Effect.fn.Return<Poller> {
  const { canEnd, first, identifier, lost, poll, read, reference, since } = options
  const started = yield* Clock.currentTimeMillis
  const snapshot = yield* Ref.make<Snapshot>({
    document: first,
    version: 0,
    changedAt: started,
    bad: 0,
    badSince: 0,
    notBefore: 0
  })
  const ended = yield* Deferred.make<void>()
  const turn = yield* Ref.make(Option.none<Deferred.Deferred<void, Failure>>())
  const driver = yield* Schedule.driver(poll.schedule ?? defaultSchedule)
  const badReads = poll.badReads ?? 10
  const outage = Duration.toMillis(poll.outage ?? (poll.badReads === undefined ? "10 minutes" : 0))

  const reached = (kind: JobTimeout["kind"], bound: Duration.DurationInput, current: Snapshot) =>
    timeout({ identifier, kind, bound, last: Option.some(statusOf(current)), reference })

  /** The bound that comes first, and how many milliseconds are left until then. */
  const bound = (current: Snapshot, now: number) => {
    const bounds = [
      { kind: "deadline" as const, of: poll.deadline, since },
      { kind: "stalled" as const, of: poll.stallTimeout, since: current.changedAt }
    ].flatMap(({ kind, of, since }) =>
      of === undefined
        ? []
        : [{ left: since + Duration.toMillis(of) - now, error: reached(kind, of, current) }]
    )
    return Option.fromNullable(bounds.sort((one, other) => one.left - other.left)[0])
  }

  /** Keeps an answer. One that was overtaken by another is older than it may look, unless it is the end. */
  const renew = (asked: Snapshot, document: JobDocument): Effect.Effect<Snapshot> =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        Ref.updateAndGet(snapshot, (current) =>
          isTerminal(statusOf(current)) || (current.version !== asked.version && !isTerminal(document.value.status))
            ? current
            : {
              document,
              version: current.version + 1,
              changedAt: Equal.equals(statusOf(current), document.value.status) ? current.changedAt : now,
              bad: 0,
              badSince: 0,
              notBefore: 0
            })
    )

  /** javaPS does not know a job for a moment while it ends; one that stays unknown is gone. */
  const allowed = (error: Failure): number =>
    error._tag === "JobNotFound" ? Math.min(badReads, 3) : isTransient(error) ? badReads : 0

  const badRead = (error: Failure): Effect.Effect<void, Failure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      Effect.flatten(Ref.modify(snapshot, (current) => {
        const badSince = current.bad === 0 ? now : current.badSince
        const again = current.bad < allowed(error) || (isAway(error) && now - badSince < outage)
        return [
          again ? Effect.void : Effect.fail(lost(error)),
          { ...current, bad: again ? current.bad + 1 : 0, badSince, notBefore: now + patience(error) }
        ]
      })))

  /** The schedule's next pause. One that has come to its end has no bound of its own to name. */
  const scheduled = (current: Snapshot): Effect.Effect<unknown, Failure> =>
    Effect.catchAll(
      driver.next(undefined),
      () => Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(reached("deadline", now - started, current)))
    )

  /** Until the server wants to be asked again, an hour at most: some have a clock of their own. */
  const hinted = (current: Snapshot, now: number): Option.Option<number> =>
    Option.filter(
      Option.map(current.document.value.nextPoll, ({ epochMillis }) => Math.min(epochMillis - now, anHour)),
      (left) => left >= soonest
    )

  const pause = (current: Snapshot): Effect.Effect<void, Failure> =>
    (Option.isNone(current.document.value.nextPoll) ? scheduled(current) : Effect.flatMap(
      Clock.currentTimeMillis,
      (now) => Option.match(hinted(current, now), { onNone: () => scheduled(current), onSome: Effect.sleep })
    )).pipe(
      Effect.zipRight(Clock.currentTimeMillis),
      Effect.flatMap((now) => now < current.notBefore ? Effect.sleep(current.notBefore - now) : Effect.void)
    )

  /**
   * Waits for its time, and asks; comes back without an answer when a bound is reached, or after a bad read. A bound less
   * than a millisecond away is reached: what is left of it may be too short to be slept through, and would be waited for
   * without end.
   */
  const step = (current: Snapshot): Effect.Effect<void, Failure> =>
    Effect.flatMap(Clock.currentTimeMillis, (now) => {
      const next = Effect.zipRight(
        pause(current),
        Effect.matchEffect(read, { onFailure: badRead, onSuccess: (response) => renew(current, response) })
      )
      const bounded = Option.match(bound(current, now), {
        onNone: () => Effect.asVoid(next),
        onSome: ({ error, left }) =>
          left < 1 ? Effect.fail(error) : Effect.asVoid(Effect.timeoutOption(Effect.interruptible(next), left))
      })
      // Whoever waits may be uninterruptible, and a race waits for its loser.
      return canEnd ? Effect.raceFirst(bounded, Effect.interruptible(Deferred.await(ended))) : bounded
    })

  /** Asked once by whoever wants to know, and again where the read goes wrong, as it is while it is followed. */
  const once = read.pipe(
    Effect.retry({ schedule: poll.schedule ?? defaultSchedule, while: isTransient, times: badReads }),
    Effect.retry({
      schedule: poll.schedule ?? defaultSchedule,
      while: (error) => error._tag === "JobNotFound",
      times: Math.min(badReads, 3)
    }),
    Effect.mapError(lost)
  )

  /** A snapshot that is newer than the version seen. */
  const newer = (seen: number): Effect.Effect<Snapshot, Failure> => {
    const isNewer = (current: Snapshot): boolean => current.version > seen || isTerminal(statusOf(current))
    return Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const mine = yield* Deferred.make<void, Failure>()
        const theirs = yield* Ref.modify(turn, (held) => [held, Option.orElseSome(held, () => mine)])
        const current = yield* Ref.get(snapshot)
        if (Option.isNone(theirs)) {
          yield* (isNewer(current) ? Effect.void : restore(step(current))).pipe(Effect.onExit((exit) =>
            Effect.zipRight(
              Ref.set(turn, Option.none()),
              Exit.isInterrupted(exit) ? Deferred.succeed(mine, void 0) : Deferred.done(mine, exit)
            )
          ))
        } else if (!isNewer(current)) {
          yield* restore(Deferred.await(theirs.value))
        }
        const after = yield* Ref.get(snapshot)
        return isNewer(after) ? after : yield* restore(newer(seen))
      })
    )
  }

  const settled = (current: Snapshot): Effect.Effect<JobDocument, Failure> =>
    isTerminal(statusOf(current))
      ? Effect.succeed(current.document)
      : Effect.flatMap(newer(current.version), settled)

  const states = Stream.unfoldEffect(Option.none<Snapshot>(), (seen) => {
    if (Option.isNone(seen)) {
      return Effect.map(Ref.get(snapshot), (current) => Option.some([current, Option.some(current)] as const))
    }
    return isTerminal(statusOf(seen.value))
      ? Effect.succeedNone
      : Effect.map(newer(seen.value.version), (current) => Option.some([current, Option.some(current)] as const))
  })

  const within: Poller["within"] = (effect) => {
    const { deadline } = poll
    return deadline === undefined ? effect : Effect.flatMap(
      Effect.all([Ref.get(snapshot), Clock.currentTimeMillis]),
      ([current, now]) => {
        const left = since + Duration.toMillis(deadline) - now
        return left < 1 ? effect : Effect.timeoutFail(Effect.interruptible(effect), {
          duration: left,
          onTimeout: () => reached("deadline", deadline, current)
        })
      }
    )
  }

  return {
    status: Effect.flatMap(Ref.get(snapshot), (current) =>
      isTerminal(statusOf(current))
        ? Effect.succeed(statusOf(current))
        : Effect.map(Effect.flatMap(within(once), (document) => renew(current, document)), statusOf)),
    changes: Stream.changes(Stream.map(states, statusOf)),
    last: Effect.flatMap(Ref.get(snapshot), settled),
    within,
    end: (document) =>
      Ref.get(snapshot).pipe(
        Effect.flatMap((current) => renew(current, document)),
        Effect.zipRight(Deferred.succeed(ended, void 0)),
        Effect.asVoid
      )
  }
})
