import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array, Cause, Duration, Effect, Either, Exit, Fiber, Option, Ref, Supervisor, TestClock } from "effect"
import * as Deadlines from "../src/internal/deadlines.ts"

const limit = Duration.seconds(10)

const sleep = (seconds: number) => Effect.sleep(Duration.seconds(seconds))

/** What has come of an effect by the time it has had so many seconds. */
const after = <A, E>(seconds: number, effect: Effect.Effect<A, E>) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(effect)
    yield* TestClock.adjust(Duration.seconds(seconds))
    return yield* Effect.map(
      Fiber.poll(fiber),
      Option.map(Exit.match({
        onSuccess: (value): unknown => value,
        onFailure: (cause): unknown => Option.getOrElse(Cause.failureOption(cause), () => "defect")
      }))
    )
  })

describe("Deadlines", () => {
  it.scoped("what takes longer than its limit fails with what is said", () =>
    Effect.gen(function*() {
      const { counted, within } = yield* Deadlines.make
      const one = (seconds: number) => within(counted(Effect.as(sleep(seconds), "done")), limit, () => "late")
      deepStrictEqual(yield* after(9, one(20)), Option.none())
      deepStrictEqual(yield* after(10, one(20)), Option.some("late"))
      deepStrictEqual(yield* after(10, one(9)), Option.some("done"))
    }))

  it.scoped("what is not counted may take as long as it wants, before, between and after", () =>
    Effect.gen(function*() {
      const { counted, within } = yield* Deadlines.make
      const effect = sleep(60).pipe(
        Effect.zipRight(counted(sleep(9))),
        Effect.zipRight(sleep(60)),
        Effect.zipRight(Effect.either(counted(Effect.zipRight(sleep(9), Effect.fail("no"))))),
        Effect.zipLeft(sleep(60))
      )
      deepStrictEqual(yield* after(198, within(effect, limit, () => "late")), Option.some(Either.left("no")))
    }))

  it.scoped("without a limit, or outside, nothing is late", () =>
    Effect.gen(function*() {
      const { counted, within } = yield* Deadlines.make
      const long = counted(Effect.as(sleep(3600), "done"))
      deepStrictEqual(yield* after(3600, within(long, Duration.infinity, () => "late")), Option.some("done"))
      deepStrictEqual(yield* after(3600, long), Option.some("done"))
    }))

  it.scoped("of many that are under way those are late that are", () =>
    Effect.gen(function*() {
      const { counted, within } = yield* Deadlines.make
      const all = Effect.forEach(
        Array.range(1, 40),
        (seconds) =>
          Effect.zipRight(
            sleep(seconds % 7),
            Effect.either(within(counted(Effect.as(sleep(seconds), seconds)), limit, () => "late"))
          ),
        { concurrency: "unbounded" }
      )
      deepStrictEqual(
        yield* after(17, all),
        Option.some(Array.range(1, 40).map((seconds) => seconds < 10 ? Either.right(seconds) : Either.left("late")))
      )
    }))

  it.scoped("who is uninterruptible is not held for longer", () =>
    Effect.gen(function*() {
      const { counted, within } = yield* Deadlines.make
      const effect = Effect.uninterruptible(within(counted(Effect.never), limit, () => "late"))
      deepStrictEqual(yield* after(10, effect), Option.some("late"))
    }))

  it.scoped("who is interrupted waits until what was under way has ended", () =>
    Effect.gen(function*() {
      const { counted, within } = yield* Deadlines.make
      const ended = yield* Ref.make(false)
      const effect = within(
        counted(Effect.onInterrupt(Effect.never, () => Effect.zipRight(Effect.yieldNow(), Ref.set(ended, true)))),
        limit,
        () => "late"
      )
      const fiber = yield* Effect.fork(effect)
      yield* TestClock.adjust("1 second")
      const exit = yield* Fiber.interrupt(fiber)
      assert.isTrue(Exit.isInterrupted(exit))
      assert.isTrue(yield* Ref.get(ended))
    }))

  it.effect("nothing watches for longer than a second once nothing is under way", () =>
    Effect.gen(function*() {
      const supervisor = yield* Supervisor.track
      const fibers = Effect.map(supervisor.value, (all) => all.length)
      yield* Effect.gen(function*() {
        const { counted, within } = yield* Deadlines.make
        const one = within(counted(Effect.void), limit, () => "late")
        yield* Effect.zipRight(one, one)
        assert.isAbove(yield* fibers, 0)
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* fibers, 0)
        deepStrictEqual(yield* after(10, within(counted(Effect.never), limit, () => "late")), Option.some("late"))
      }).pipe(Effect.scoped, Effect.supervised(supervisor))
    }))
})
