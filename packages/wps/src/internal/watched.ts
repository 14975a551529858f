import type * as Chunk from "effect/Chunk"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Mailbox from "effect/Mailbox"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"

/** How many chunks to read ahead. */
const ahead = 16

/** How long to wait for the next chunk, and the error when it takes longer. */
export interface Watch<E> {
  readonly limit: Duration.Duration
  readonly onLate: () => E
}

/**
 * Streams the chunks of a pull, and fails if none comes for too long. One fiber checks the clock now and then.
 * `Stream.timeoutFail` starts two fibers and a timer for each chunk.
 */
export const watched = <A, E>(
  pull: Effect.Effect<Chunk.Chunk<A>, Option.Option<E>>,
  { limit, onLate }: Watch<E>
): Stream.Stream<A, E> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const clock = yield* Effect.clock
    const pieces = yield* Mailbox.make<A, E>(ahead)
    const millis = Duration.toMillis(limit)
    // When the wait for a chunk began. None while a chunk that has come waits to be taken. Only the reading fiber
    // changes it; the other fiber only reads it.
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
