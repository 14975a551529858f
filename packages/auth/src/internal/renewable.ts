import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import * as SingleFlight from "./singleFlight.ts"

/** A value that is asked for when it is first needed, and kept until it is stale. */
export interface Renewable<A, E> {
  readonly get: Effect.Effect<A, E>
  /** The value, asked for again if the one that is kept is stale. */
  readonly renewIf: (isStale: (value: A) => boolean) => Effect.Effect<A, E>
}

/** The value is asked for once, however many need it. A failure is given to those who wait, and is not kept. */
export const make = <A, E, R>(
  evaluate: Effect.Effect<A, E, R>
): Effect.Effect<Renewable<A, E>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const context = yield* Effect.context<R>()
    const flight = yield* SingleFlight.make<A, E>()
    const known = yield* Ref.make(Option.none<A>())

    const ask = evaluate.pipe(
      Effect.provide(context),
      Effect.tap((value) => Ref.set(known, Option.some(value)))
    )
    const knownOr = (otherwise: Effect.Effect<A, E>): Effect.Effect<A, E> =>
      Effect.flatMap(Ref.get(known), Option.match({ onNone: () => otherwise, onSome: Effect.succeed }))

    // An evaluation may end between the first look and the join, so the second looks again.
    const get = knownOr(flight.join(knownOr(ask)))

    return {
      get,
      renewIf: (isStale) => Effect.zipRight(Ref.update(known, Option.filter((value) => !isStale(value))), get)
    }
  })
