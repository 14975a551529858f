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
import type { Failure } from "../WpsClient.ts"
import { isTransient, JobTimeout } from "../WpsError.ts"
import type { JobDocument } from "./receive.ts"

/** The last known state of a job. `version` counts its updates. */
interface Snapshot {
  readonly document: JobDocument
  readonly version: number
  /** When the status last changed, in milliseconds. */
  readonly changedAt: number
  /** How many status reads have gone wrong since the last good one, and when the first of them did, in milliseconds. */
  readonly bad: number
  readonly badSince: number
  /** The earliest time for the next request to a busy server, in milliseconds. */
  readonly notBefore: number
}

export interface Poller {
  readonly status: Effect.Effect<JobStatus, Failure>
  readonly changes: Stream.Stream<JobStatus, Failure>
  /** Waits for the last document. */
  readonly last: Effect.Effect<JobDocument, Failure>
  /** Runs an effect after the end of the job, within the time left. After the deadline there is no limit. */
  readonly within: <A>(effect: Effect.Effect<A, Failure>) => Effect.Effect<A, Failure>
  /** Sets the final state, if there is none yet. */
  readonly end: (document: JobDocument) => Effect.Effect<void>
}

/** Whether the error means that the server is away. */
const isAway = (error: Failure): boolean =>
  error._tag === "TransportError" || error._tag === "ServerBusy" ||
  (error._tag === "UnexpectedResponse" && error.status >= 500)

/** How long to leave a busy server alone, in milliseconds. At most an hour, because some servers ask for years. */
const patience = (error: Failure): number =>
  error._tag === "ServerBusy"
    ? Math.min(anHour, 1000 * Option.getOrElse(error.retryAfter, () => 0))
    : 0

const anHour = 3_600_000

/** The shortest pause that a server may ask for, in milliseconds. For a shorter one the schedule is used. */
const soonest = 250

const statusOf = ({ document }: Snapshot): JobStatus => document.value.status

const describe = (status: JobStatus): string => {
  const state = status._tag === "Other" ? status.state : status._tag
  const percent = Option.match(status.percent, { onNone: () => "", onSome: (part) => `, ${part} %` })
  return `${state}${status.message === "" ? "" : ` ("${status.message}")`}${percent}`
}

/** The error for a bound that was reached. */
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
 * Follows a job. One of the fibers that want a newer state takes the turn and asks the server. The others wait for the
 * end of that turn. Then they find the newer state, fail with the same error, or take the next turn. So only one fiber
 * asks at a time, nothing runs unless somebody waits, and if the asking fiber is interrupted, another goes on.
 */
export const make = Effect.fnUntraced(function*(options: {
  readonly identifier: string
  readonly reference: Option.Option<JobReference>
  /** When the caller asked for the job, in milliseconds. */
  readonly since: number
  readonly first: JobDocument
  readonly read: Effect.Effect<JobDocument, Failure>
  readonly poll: PollOptions
  /** Maps the error of the last bad read, when the wait gives up. */
  readonly lost: (error: Failure) => Failure
  /** Whether `end` may be called. It wakes the waiting fibers. */
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

  /** The bound that is reached first, and the milliseconds left until then. */
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

  /** Stores an answer. Drops it if a newer one arrived meanwhile, unless it is final. */
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

  /** javaPS does not know a job for a moment while it ends. If the job stays unknown, it is gone. */
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

  /**
   * The next pause of the schedule. If the schedule has ended, it fails with the time waited so far, because there is
   * no bound to name.
   */
  const scheduled = (current: Snapshot): Effect.Effect<unknown, Failure> =>
    Effect.catchAll(
      driver.next(undefined),
      () => Effect.flatMap(Clock.currentTimeMillis, (now) => Effect.fail(reached("deadline", now - started, current)))
    )

  /** The time until the server wants to be asked again. At most an hour, because some servers' clocks are wrong. */
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
   * Pauses, and asks once. Returns without a new state if a bound is reached or the read goes wrong. A bound less than
   * a millisecond away counts as reached: a sleep may be too short for it, and the loop would not end.
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
      // The waiting fiber may be uninterruptible, and a race waits for its loser.
      return canEnd ? Effect.raceFirst(bounded, Effect.interruptible(Deferred.await(ended))) : bounded
    })

  /** Asks once for the current status. It retries bad reads as following the job does. */
  const once = read.pipe(
    Effect.retry({ schedule: poll.schedule ?? defaultSchedule, while: isTransient, times: badReads }),
    Effect.retry({
      schedule: poll.schedule ?? defaultSchedule,
      while: (error) => error._tag === "JobNotFound",
      times: Math.min(badReads, 3)
    }),
    Effect.mapError(lost)
  )

  /** Waits for a snapshot newer than the version seen. */
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
