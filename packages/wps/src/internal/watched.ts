import type * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** So many pieces are read before somebody asks for them. */
const ahead = 16

/** How long nothing may come, and what it is called when it has been longer. */
export interface Watch<E> {
  readonly limit: Duration.Duration
  readonly onLate: () => E
}

/**
 * What a pull gives, until nothing comes for too long. One fiber looks at the clock now and then, where
 * `Stream.timeoutFail` starts two, and a timer, for each piece.
 */
export const watched = <A, E>(
  pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>>,
  { limit, onLate }: Watch<E>
): Stream.Stream<A, E> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const clock = yield* Effect.clock
    const pieces = yield* Mailbox.make<A, E>(ahead)
    const millis = Duration.toMillis(limit)
    // When the wait for a piece began; none while what has come waits to be taken. Changed for each piece, and read by the
    // other fiber only.
    let since = Option.none<number>()
    const read: Effect.Effect<unknown> = Effect.suspend(() => {
      since = Option.some(clock.unsafeCurrentTimeMillis())
      return Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => pieces.end, onSome: (error) => pieces.fail(error) }),
        onSuccess: (more) => {
          since = Option.none()
          return Effect.zipRight(pieces.offerAll(more), read)
        }
      })
    })
    const watch: Effect.Effect<unknown> = Effect.suspend(() => {
      const left = Option.match(since, {
        onNone: () => millis,
        onSome: (began) => began + millis - clock.unsafeCurrentTimeMillis()
      })
      return left <= 0 ? pieces.fail(onLate()) : Effect.zipRight(Effect.sleep(left), watch)
    })
    yield* Effect.forkScoped(Effect.onError(read, (cause) => pieces.failCause(cause)))
    yield* Effect.forkScoped(watch)
    return Mailbox.toStream(pieces)
  }))
