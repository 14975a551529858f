import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberId from "effect/FiberId"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"

interface Entry<A, E> {
  readonly deferred: Deferred.Deferred<A, E>
  /** When the value expires, in milliseconds. None while the look-up is running. */
  readonly expires: Option.Option<number>
}

interface State<A, E> {
  readonly entries: HashMap.HashMap<string, Entry<A, E>>
  readonly waiting: ReadonlyArray<string>
}

export interface Batched<A, E> {
  readonly get: (key: string) => Effect.Effect<A, E>
  /** The cached value, if there is one. Does not look it up. */
  readonly peek: (key: string) => Effect.Effect<Option.Option<A>>
  /** Stores values that came with another answer, and gives them to the fibers that wait for these keys. */
  readonly set: (values: ReadonlyArray<readonly [key: string, value: A]>) => Effect.Effect<void>
}

/**
 * Looks keys up. Keys asked for at the same time share a batch, and each is looked up once, however many fibers ask. A
 * success is cached for `timeToLive`; a failure is not cached. The look-ups belong to the scope, so interrupting a
 * caller does not affect the others.
 */
export const make = Effect.fnUntraced(function*<A, E>(options: {
  readonly lookup: (keys: ReadonlyArray<string>) => Effect.Effect<ReadonlyMap<string, Exit.Exit<A, E>>>
  readonly timeToLive: Duration.DurationInput
  readonly maxBatch: number
}): Effect.fn.Return<Batched<A, E>, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const timeToLive = Duration.toMillis(options.timeToLive)
  const state = yield* Ref.make<State<A, E>>({ entries: HashMap.empty(), waiting: [] })

  /** Keeps a value that was set while the look-up ran. */
  const settle = (key: string, exit: Exit.Exit<A, E>) =>
    Effect.gen(function*() {
      const now = yield* Clock.currentTimeMillis
      const pending = Option.filter(HashMap.get((yield* Ref.get(state)).entries, key), ({ expires }) =>
        Option.isNone(expires))
      if (Option.isNone(pending)) {
        return
      }
      yield* Ref.update(state, (current) => ({
        ...current,
        entries: Exit.isSuccess(exit)
          ? HashMap.set(current.entries, key, { ...pending.value, expires: Option.some(now + timeToLive) })
          : HashMap.remove(current.entries, key)
      }))
      yield* Deferred.done(pending.value.deferred, exit)
    })

  const ask = (keys: ReadonlyArray<string>) =>
    Effect.suspend(() => options.lookup(keys)).pipe(
      Effect.interruptible,
      Effect.exit,
      Effect.flatMap((answers) =>
        Effect.forEach(
          keys,
          (key) => settle(key, Exit.flatMap(answers, (found) => found.get(key) ?? Exit.die(`no answer for ${key}`))),
          { discard: true }
        )
      )
    )

  const flush = Effect.gen(function*() {
    // Lets all fibers that are ready to run ask first.
    yield* Effect.yieldNow()
    const keys = yield* Ref.modify(state, (current) => [current.waiting, { ...current, waiting: [] }])
    yield* Effect.forEach(Arr.chunksOf(keys, options.maxBatch), (batch) => Effect.forkIn(ask(batch), scope), {
      discard: true
    })
  })

  const get = (key: string): Effect.Effect<A, E> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const fresh = yield* Deferred.make<A, E>()
        const { deferred, first } = yield* Ref.modify(state, (current) => {
          const known = HashMap.get(current.entries, key)
          return Option.isSome(known) && Option.getOrElse(known.value.expires, () => Infinity) > now
            ? [{ deferred: known.value.deferred, first: false }, current]
            : [{ deferred: fresh, first: current.waiting.length === 0 }, {
              entries: HashMap.set(current.entries, key, { deferred: fresh, expires: Option.none() }),
              waiting: [...current.waiting, key]
            }]
        })
        // Only the look-ups are interruptible: when the scope closes, the waiting fibers still get an exit.
        if (first) yield* Effect.forkIn(flush, scope)
        return yield* restore(Deferred.await(deferred))
      })
    )

  return {
    get,
    peek: (key) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const entry = HashMap.get((yield* Ref.get(state)).entries, key)
        return yield* Option.match(Option.filter(entry, (one) => Option.exists(one.expires, (at) => at > now)), {
          onNone: () => Effect.succeedNone,
          onSome: ({ deferred }) => Effect.option(Deferred.await(deferred))
        })
      }),
    set: (values) =>
      Effect.flatMap(Clock.currentTimeMillis, (now) =>
        Effect.flatMap(
          Ref.modify(state, (current) => {
            const expires = Option.some(now + timeToLive)
            const waited: Array<Effect.Effect<boolean>> = []
            const entries = HashMap.mutate(current.entries, (draft) => {
              for (const [key, value] of values) {
                const pending = Option.filter(HashMap.get(draft, key), (entry) => Option.isNone(entry.expires))
                if (Option.isSome(pending)) {
                  const { deferred } = pending.value
                  HashMap.set(draft, key, { deferred, expires })
                  waited.push(Deferred.succeed(deferred, value))
                } else {
                  const deferred = Deferred.unsafeMake<A, E>(FiberId.none)
                  Deferred.unsafeDone(deferred, Exit.succeed(value))
                  HashMap.set(draft, key, { deferred, expires })
                }
              }
            })
            return [waited, { ...current, entries }]
          }),
          (waited) => Effect.all(waited, { discard: true })
        ))
  }
})
