import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Deferred, Effect, Exit, Fiber, Option, Ref, Scope, TestClock } from "effect"
import { type Batched, make } from "../src/internal/batched.ts"

type Answers = ReadonlyMap<string, Exit.Exit<string, string>>

const echo = (keys: ReadonlyArray<string>): Answers =>
  new Map(keys.map((key) => [key, Exit.succeed(key.toUpperCase())]))

/** A scope of its own, to close in the middle of a test. */
const setup = (
  lookup: (keys: ReadonlyArray<string>, before: number) => Effect.Effect<Answers>,
  options?: { readonly maxBatch?: number }
) =>
  Effect.gen(function*() {
    const scope = yield* Scope.make()
    yield* Effect.addFinalizer(() => Scope.close(scope, Exit.void))
    const asked = yield* Ref.make<ReadonlyArray<ReadonlyArray<string>>>([])
    const batched = yield* make<string, string>({
      lookup: (keys) =>
        Effect.flatMap(Ref.getAndUpdate(asked, (all) => [...all, keys]), (all) => lookup(keys, all.length)),
      timeToLive: "1 minute",
      maxBatch: options?.maxBatch ?? 40
    }).pipe(Scope.extend(scope))
    return { asked: Ref.get(asked), batched, close: Scope.close(scope, Exit.void) }
  })

const getAll = ({ get }: Batched<string, string>, keys: ReadonlyArray<string>) =>
  Effect.forEach(keys, get, { concurrency: "unbounded" })

/** How a fiber ended, or that it hangs. */
const endOf = <A, E>(fiber: Fiber.Fiber<A, E>) =>
  Effect.map(TestClock.adjust("1 second").pipe(Effect.zipRight(Fiber.poll(fiber))), (exit) =>
    Option.match(exit, {
      onNone: () => "hangs",
      onSome: Exit.match({
        onFailure: (cause) => Cause.isInterruptedOnly(cause) ? "Interrupt" : cause._tag,
        onSuccess: String
      })
    }))

describe("batched look-ups", () => {
  it.scoped("ask in batches of a size, each key once", () =>
    Effect.gen(function*() {
      const { asked, batched } = yield* setup((keys) => Effect.succeed(echo(keys)), { maxBatch: 2 })
      deepStrictEqual(yield* getAll(batched, ["a", "b", "a", "c"]), ["A", "B", "A", "C"])
      deepStrictEqual(yield* asked, [["a", "b"], ["c"]])
    }))

  it.scoped("one failure is not the others', and is asked for again", () =>
    Effect.gen(function*() {
      const { asked, batched } = yield* setup((keys, before) =>
        Effect.succeed(new Map([...echo(keys), ...(before === 0 ? [["bad", Exit.fail("no")] as const] : [])]))
      )
      const [good, bad] = yield* Effect.all([batched.get("good"), Effect.either(batched.get("bad"))], {
        concurrency: "unbounded"
      })
      assert.strictEqual(good, "GOOD")
      assert.strictEqual(bad._tag, "Left")
      assert.strictEqual(yield* batched.get("bad"), "BAD")
      deepStrictEqual(yield* asked, [["good", "bad"], ["bad"]])
    }))

  it.scoped("die for all who wait when the look-up dies, and are asked for again", () =>
    Effect.gen(function*() {
      const { batched } = yield* setup((keys, before) => before === 0 ? Effect.die("boom") : Effect.succeed(echo(keys)))
      const first = yield* Effect.fork(batched.get("a"))
      const second = yield* Effect.fork(batched.get("a"))
      assert.strictEqual(yield* endOf(first), "Die")
      assert.strictEqual(yield* endOf(second), "Die")
      assert.strictEqual(yield* batched.get("a"), "A")
    }))

  it.scoped("die when a look-up throws", () =>
    Effect.gen(function*() {
      const { batched } = yield* setup(() => {
        assert.fail("boom")
      })
      assert.strictEqual(yield* endOf(yield* Effect.fork(batched.get("a"))), "Die")
    }))

  it.scoped("die where the answer leaves a key out", () =>
    Effect.gen(function*() {
      const { batched } = yield* setup(() => Effect.succeed(new Map()))
      assert.strictEqual(yield* endOf(yield* Effect.fork(batched.get("a"))), "Die")
    }))

  it.scoped("go on when all who wait are interrupted", () =>
    Effect.gen(function*() {
      const answer = yield* Deferred.make<Answers>()
      const { asked, batched } = yield* setup(() => Deferred.await(answer))
      const waiting = yield* Effect.forEach([1, 2, 3], () => Effect.fork(batched.get("a")))
      yield* TestClock.adjust("1 second")
      yield* Fiber.interruptAll(waiting)
      yield* Deferred.succeed(answer, echo(["a"]))
      assert.strictEqual(yield* batched.get("a"), "A")
      assert.lengthOf(yield* asked, 1)
    }))

  it.scoped("leave nobody waiting when a value is set in the meantime", () =>
    Effect.gen(function*() {
      const answer = yield* Deferred.make<Answers>()
      const { batched } = yield* setup(() => Deferred.await(answer))
      const waiting = yield* Effect.fork(batched.get("a"))
      yield* Effect.yieldNow().pipe(Effect.repeatN(5))
      yield* batched.set([["a", "set"]])
      assert.strictEqual(yield* endOf(waiting), "set")
      yield* Deferred.succeed(answer, new Map([["a", Exit.fail("too late")]]))
      yield* TestClock.adjust("1 second")
      assert.strictEqual(yield* batched.get("a"), "set")
    }))

  it.scoped("are asked for again from the moment at which they expire", () =>
    Effect.gen(function*() {
      const { asked, batched } = yield* setup((keys) => Effect.succeed(echo(keys)))
      yield* batched.get("a")
      yield* TestClock.adjust("59999 millis")
      assert.isTrue(Option.isSome(yield* batched.peek("a")))
      yield* batched.get("a")
      assert.lengthOf(yield* asked, 1)
      yield* TestClock.adjust("1 millis")
      assert.isTrue(Option.isNone(yield* batched.peek("a")))
      yield* getAll(batched, ["a", "a"])
      assert.lengthOf(yield* asked, 2)
    }))

  it.scoped("end with the scope, and so do those who wait", () =>
    Effect.gen(function*() {
      const { batched, close } = yield* setup(() => Effect.never)
      const before = yield* Effect.fork(batched.get("a"))
      yield* TestClock.adjust("1 second")
      // Its look-up has not begun when the scope ends.
      const during = yield* Effect.fork(batched.get("b"))
      yield* Effect.yieldNow()
      yield* close
      const after = yield* Effect.fork(batched.get("c"))
      const again = yield* Effect.fork(batched.get("c"))
      deepStrictEqual(yield* Effect.forEach([before, during, after, again], endOf), [
        "Interrupt",
        "Interrupt",
        "Interrupt",
        "Interrupt"
      ])
    }))

  it.scoped("can be ended though who asked cannot be interrupted", () =>
    Effect.gen(function*() {
      const { batched, close } = yield* setup(() => Effect.never)
      const waiting = yield* Effect.fork(Effect.uninterruptible(batched.get("a")))
      yield* TestClock.adjust("1 second")
      const closing = yield* Effect.fork(close)
      assert.strictEqual(yield* endOf(closing), "undefined")
      assert.strictEqual(yield* endOf(waiting), "Interrupt")
    }))
})
