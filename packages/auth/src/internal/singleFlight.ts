import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"

/** One evaluation at a time, however many ask for one. */
export interface SingleFlight<A, E> {
  /** Waits for the evaluation that is under way, or starts this one. */
  readonly join: (evaluate: Effect.Effect<A, E>) => Effect.Effect<A, E>
  /** The result of the evaluation that is under way, to wait for. */
  readonly current: Effect.Effect<Option.Option<Effect.Effect<A, E>>>
}

/**
 * The evaluation runs in a fiber of the scope, and callers wait for it. So an interrupted caller, even the first one,
 * takes nothing from the others.
 */
export const make = <A, E>(): Effect.Effect<SingleFlight<A, E>, never, Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const flight = yield* Ref.make(Option.none<Deferred.Deferred<A, E>>())

    const join = (evaluate: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.uninterruptibleMask((restore) =>
        Effect.gen(function*() {
          const mine = yield* Deferred.make<A, E>()
          const theirs = yield* Ref.modify(flight, (held) => [held, Option.orElseSome(held, () => mine)])
          if (Option.isSome(theirs)) return yield* restore(Deferred.await(theirs.value))
          yield* evaluate.pipe(
            Effect.interruptible,
            Effect.onExit((exit) => Effect.zipRight(Ref.set(flight, Option.none()), Deferred.done(mine, exit))),
            Effect.forkIn(scope)
          )
          return yield* restore(Deferred.await(mine))
        })
      )

    return { join, current: Effect.map(Ref.get(flight), Option.map(Deferred.await)) }
  })
