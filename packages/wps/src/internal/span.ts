import * as Effect from "effect/Effect"

/** A span without the stack trace of its caller, which would cost more than the rest of the client's bookkeeping. */
export const span = (name: string) => <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.withSpan(effect, name, { captureStackTrace: false })
