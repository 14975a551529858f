import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as FiberRef from "effect/FiberRef"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** Something that is under way, and when it will be late, in milliseconds; never while its time does not count. */
interface Entry {
  readonly limit: number
  at: number
  isLate: boolean
  fiber: Option.Option<Fiber.Fiber<unknown, unknown>>
}

export interface Deadlines {
  /** Ends an effect of which a counted part takes longer than the limit; one without a limit runs as it is. */
  readonly within: <A, E>(
    effect: Effect.Effect<A, E>,
    limit: Duration.Duration,
    onLate: () => E
  ) => Effect.Effect<A, E>
  /** A part whose time counts, from its own start on. */
  readonly counted: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
}

/** It is looked at least this often whether something is late, in milliseconds, and nothing is left running for longer. */
const soon = 1000

/**
 * One fiber looks after all that is under way, where `Effect.timeoutFail` starts two and a timer for each: for a small
 * request that is a third of its cost. It ends when there is nothing to look after.
 */
export const make: Effect.Effect<Deadlines, never, Scope.Scope> = Effect.gen(function*() {
  const scope = yield* Effect.scope
  const current = yield* FiberRef.make(Option.none<Entry>())
  // Changed at every request, by whoever makes it, and read by the fiber that watches.
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
