import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"

/** A value that is asked for when it is first needed and kept until it is stale. */
export interface Renewable<A, E> {
  readonly get: Effect.Effect<A, E>
  /** The value, asked for again if the one that is kept is stale. */
  readonly renewIf: (isStale: (value: A) => boolean) => Effect.Effect<A, E>
}

type State<A, E> =
  | { readonly _tag: "Unknown" }
  | { readonly _tag: "Asking"; readonly answer: Deferred.Deferred<A, E> }
  | { readonly _tag: "Known"; readonly value: A }

/**
 * One evaluation however many ask, in a fiber of the scope: callers join it, so interrupting one of them, even the
 * first, loses nothing for the others. A failure is given to those who were waiting and then forgotten.
 */
export const make = <A, E, R>(
  evaluate: Effect.Effect<A, E, R>
): Effect.Effect<Renewable<A, E>, never, R | Scope.Scope> =>
  Effect.gen(function*() {
    const scope = yield* Effect.scope
    const context = yield* Effect.context<R>()
    const state = yield* Ref.make<State<A, E>>({ _tag: "Unknown" })

    const ask = (answer: Deferred.Deferred<A, E>): Effect.Effect<void> =>
      evaluate.pipe(
        Effect.provide(context),
        Effect.interruptible,
        Effect.onExit((exit) =>
          Effect.zipRight(
            Ref.set(state, Exit.isSuccess(exit) ? { _tag: "Known", value: exit.value } : { _tag: "Unknown" }),
            Deferred.done(answer, exit)
          )
        ),
        Effect.forkIn(scope),
        Effect.asVoid
      )

    const get: Effect.Effect<A, E> = Effect.uninterruptibleMask((restore) =>
      Effect.flatMap(Deferred.make<A, E>(), (answer) =>
        Effect.flatten(Ref.modify(state, (current): readonly [Effect.Effect<A, E>, State<A, E>] => {
          switch (current._tag) {
            case "Known":
              return [Effect.succeed(current.value), current]
            case "Asking":
              return [restore(Deferred.await(current.answer)), current]
            case "Unknown":
              return [Effect.zipRight(ask(answer), restore(Deferred.await(answer))), { _tag: "Asking", answer }]
          }
        })))
    )

    return {
      get,
      renewIf: (isStale) =>
        Effect.zipRight(
          Ref.update(state, (current): State<A, E> =>
            current._tag === "Known" && isStale(current.value) ? { _tag: "Unknown" } : current),
          get
        )
    }
  })
