import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** A running effect, and the time in milliseconds at which it is late: `Infinity` while its time is not counted. */
interface Entry {
  readonly limit: number
  at: number
  isLate: boolean
  fiber: Option.Option<Fiber.Fiber<unknown, unknown>>
}

export interface Deadlines {
  /**
   * Interrupts an effect if a counted part of it takes longer than the limit, and fails with `onLate`. Without a limit,
   * runs the effect as it is.
   */
  readonly within: <A, E>(
    effect: Effect.Effect<A, E>,
    limit: Duration.Duration,
    onLate: () => E
  ) => Effect.Effect<A, E>
  /** Marks a part whose time counts, from the start of that part. */
  readonly counted: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** The longest pause between two checks, in milliseconds. The fiber stops at most this long after the last effect. */
const soon = 1000

/**
 * One fiber watches all running effects. `Effect.timeoutFail` starts two fibers and a timer for each effect, which is a
 * third of the cost of a small request. The fiber ends when no effect is left.
 */
export const make: Effect.Effect<Deadlines, never, Scope.Scope> = Effect.gen(function*() {
  const scope = yield* Effect.scope
  const current = yield* FiberRef.make(Option.none<Entry>())
  // Each request changes this set, and the watching fiber reads it.
  const entries = new Set<Entry>()
  let isWatched = false

  const watch: Effect.Effect<void> = Effect.flatMap(Effect.clock, (clock) => {
    const now = clock.unsafeCurrentTimeMillis()
    const late = [...entries].filter(({ at }) => at <= now)
    for (const entry of late) {
      entry.isLate = true
      entries.delete(entry)
    }
    isWatched = entries.size > 0
    const next = [...entries].reduce((soonest, { at }) => Math.min(soonest, at - now), soon)
    return Effect.zipRight(
      Effect.forEach(late, ({ fiber }) => Option.isSome(fiber) ? Fiber.interruptFork(fiber.value) : Effect.void, {
        discard: true
      }),
      isWatched ? Effect.zipRight(Effect.sleep(next), watch) : Effect.void
    )
  })

  const start = (entry: Entry) =>
    Effect.flatMap(Effect.clock, (clock) => {
      entry.at = clock.unsafeCurrentTimeMillis() + entry.limit
      if (isWatched) return Effect.void
      isWatched = true
      return Effect.asVoid(Effect.forkIn(watch, scope))
    })

  const counted = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    Effect.flatMap(
      FiberRef.get(current),
      Option.match({
        onNone: () => effect,
        onSome: (entry) => {
          const stop = <T>(value: T): T => {
            entry.at = Infinity
            return value
          }
          return Effect.zipRight(start(entry), Effect.mapBoth(effect, { onFailure: stop, onSuccess: stop }))
        }
      })
    )

  const within = <A, E>(
    effect: Effect.Effect<A, E>,
    limit: Duration.Duration,
    onLate: () => E
  ): Effect.Effect<A, E> =>
    !Duration.isFinite(limit) ? effect : Effect.uninterruptibleMask((restore) =>
      Effect.suspend(() => {
        const entry: Entry = {
          limit: Duration.toMillis(limit),
          at: Infinity,
          isLate: false,
          fiber: Option.none()
        }
        entries.add(entry)
        return Effect.fork(Effect.interruptible(Effect.locally(effect, current, Option.some(entry)))).pipe(
          Effect.flatMap((fiber) => {
            entry.fiber = Option.some(fiber)
            return Effect.onInterrupt(restore(Fiber.await(fiber)), () => {
              entries.delete(entry)
              return Fiber.interrupt(fiber)
            })
          }),
          Effect.flatMap((exit) => {
            entries.delete(entry)
            return entry.isLate && Exit.isInterrupted(exit) ? Effect.fail(onLate()) : exit
          })
        )
      })
    )

  return { within, counted }
})
