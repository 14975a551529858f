import { TokenStore } from "@effect-wps/auth"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Effect, Exit, Fiber, Option, Redacted, Schema, TestClock } from "effect"
import { assertConceals } from "./support.ts"

const fields = { issuer: "https://login.example.org", clientId: "wps", grant: "code" }
const keyA = new TokenStore.ProfileKey(fields)
const keyB = new TokenStore.ProfileKey({ ...fields, profile: "other" })

const entry = (n: number) => new TokenStore.Entry({ custom: Redacted.make({ n }) })

const count = (current: Option.Option<TokenStore.Entry>): number =>
  Option.match(current, { onNone: () => 0, onSome: ({ custom }) => Number(Redacted.value(custom)["n"]) })

const increment = (store: TokenStore.Service, key: TokenStore.ProfileKey, during: Effect.Effect<void> = Effect.void) =>
  store.modify(key, (current) => Effect.as(during, [count(current), Option.some(entry(count(current) + 1))] as const))

const withStore = <A, E>(f: (store: TokenStore.Service) => Effect.Effect<A, E>) =>
  Effect.flatMap(TokenStore.TokenStore, f).pipe(Effect.provide(TokenStore.layerMemory))

describe("TokenStore", () => {
  it.effect("gives what was stored under an equal key, until it is cleared", () =>
    withStore((store) =>
      Effect.gen(function*() {
        assert(Option.isNone(yield* store.get(keyA)))
        assert.strictEqual(yield* store.modify(keyA, () => Effect.succeed(["done", Option.some(entry(7))])), "done")
        assert.strictEqual(count(yield* store.get(new TokenStore.ProfileKey(fields))), 7)
        assert(Option.isNone(yield* store.get(keyB)))
        yield* store.clear(keyA)
        assert(Option.isNone(yield* store.get(keyA)))
      })
    ))

  it.effect("removes the entry for which None is given back", () =>
    withStore((store) =>
      Effect.gen(function*() {
        yield* increment(store, keyA)
        yield* store.modify(keyA, () => Effect.succeed([undefined, Option.none()]))
        assert(Option.isNone(yield* store.get(keyA)))
      })
    ))

  it.effect("modifies one key by one at a time: a hundred increments make a hundred", () =>
    withStore((store) =>
      Effect.gen(function*() {
        const before = yield* Effect.all(
          Array.from({ length: 100 }, () => increment(store, keyA, Effect.yieldNow())),
          { concurrency: "unbounded" }
        )
        assert.strictEqual(new Set(before).size, 100)
        assert.strictEqual(count(yield* store.get(keyA)), 100)
      })
    ))

  it.effect("does not let one key wait for another, nor reading for modifying", () =>
    withStore((store) =>
      Effect.gen(function*() {
        const gate = yield* Effect.makeLatch()
        const slow = yield* Effect.fork(increment(store, keyA, gate.await))
        yield* Effect.yieldNow()
        yield* increment(store, keyB)
        assert.strictEqual(count(yield* store.get(keyB)), 1)
        assert(Option.isNone(yield* store.get(keyA)))
        yield* gate.open
        yield* Fiber.join(slow)
        assert.strictEqual(count(yield* store.get(keyA)), 1)
      })
    ))

  it.effect("clears only after a running modification", () =>
    withStore((store) =>
      Effect.gen(function*() {
        const gate = yield* Effect.makeLatch()
        const slow = yield* Effect.fork(increment(store, keyA, gate.await))
        yield* Effect.yieldNow()
        const clearing = yield* Effect.fork(store.clear(keyA))
        yield* Effect.yieldNow()
        yield* gate.open
        yield* Fiber.join(slow)
        yield* Fiber.join(clearing)
        assert(Option.isNone(yield* store.get(keyA)))
      })
    ))

  it.effect("keeps the entry when a modification fails, dies or is interrupted, and lets the next one in", () =>
    withStore((store) =>
      Effect.gen(function*() {
        yield* increment(store, keyA)
        type Step<E> = Effect.Effect<readonly [undefined, Option.Option<TokenStore.Entry>], E>
        const failing: Step<"no"> = Effect.fail("no")
        const dying: Step<never> = Effect.dieMessage("bug")
        assert.strictEqual(yield* Effect.flip(store.modify(keyA, () => failing)), "no")
        assert(Exit.isFailure(yield* Effect.exit(store.modify(keyA, () => dying))))
        const running = yield* Effect.fork(increment(store, keyA, Effect.never))
        yield* Effect.yieldNow()
        const waiting = yield* Effect.fork(increment(store, keyA))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(running)
        assert.strictEqual(yield* Fiber.join(waiting), 1)
        assert.strictEqual(count(yield* store.get(keyA)), 2)
      })
    ))

  it.effect("lets a waiter be interrupted", () =>
    withStore((store) =>
      Effect.gen(function*() {
        const gate = yield* Effect.makeLatch()
        const running = yield* Effect.fork(increment(store, keyA, gate.await))
        yield* Effect.yieldNow()
        const waiting = yield* Effect.fork(increment(store, keyA))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(waiting)
        yield* gate.open
        yield* Fiber.join(running)
        assert.strictEqual(count(yield* store.get(keyA)), 1)
      })
    ))

  it.effect("stores what an uninterruptible modification got, though its caller was interrupted meanwhile", () =>
    withStore((store) =>
      Effect.gen(function*() {
        const caller = yield* Effect.fork(Effect.uninterruptible(increment(store, keyA, Effect.sleep("1 second"))))
        yield* Effect.yieldNow()
        const interrupting = yield* Effect.fork(Fiber.interrupt(caller))
        yield* TestClock.adjust("1 second")
        yield* Fiber.join(interrupting)
        assert.strictEqual(count(yield* store.get(keyA)), 1)
      })
    ))

  it.effect("writes an entry as JSON and reads it again, and prints none of its secrets", () =>
    Effect.gen(function*() {
      const now = yield* DateTime.now
      const full = new TokenStore.Entry({
        tokens: Option.some(
          new TokenStore.TokenSet({
            access: Redacted.make("access-secret"),
            refresh: Option.some(Redacted.make("refresh-secret")),
            obtainedAt: now,
            expiresAt: Option.some(DateTime.add(now, { minutes: 5 })),
            scope: Option.some("openid")
          })
        ),
        credentials: Option.some(
          new TokenStore.ClientCredentials({ clientId: "wps", clientSecret: Redacted.make("client-secret") })
        ),
        custom: Redacted.make({ code: "custom-secret", list: [1, null, { deep: true }] })
      })
      const json = Schema.parseJson(TokenStore.Entry)
      const text = yield* Schema.encode(json)(full)
      for (const secret of ["access-secret", "refresh-secret", "client-secret", "custom-secret"]) {
        assert.include(text, secret)
      }
      const read = yield* Schema.decode(json)(text)
      assert.strictEqual(yield* Schema.encode(json)(read), text)
      assert(Schema.is(TokenStore.Entry)(read))
      assertConceals(full, ["access-secret", "refresh-secret", "client-secret", "custom-secret"])
    }))

  it.effect.prop("reads back whatever it wrote", [TokenStore.Entry], ([written]) =>
    Effect.gen(function*() {
      const json = Schema.parseJson(TokenStore.Entry)
      const text = yield* Schema.encode(json)(written)
      assert.strictEqual(yield* Schema.encode(json)(yield* Schema.decode(json)(text)), text)
    }), { fastCheck: { numRuns: 50 } })
})
