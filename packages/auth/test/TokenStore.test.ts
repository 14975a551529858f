import { TokenStore } from "@effect-wps/auth"
import { assert, describe, it } from "@effect/vitest"
import {
  DateTime,
  Deferred,
  Effect,
  Either,
  Encoding,
  Exit,
  FastCheck,
  Fiber,
  Layer,
  Option,
  Redacted,
  Schema,
  TestClock
} from "effect"
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

describe("TokenStore.sealed", () => {
  const keyOf = (byte: number) => Redacted.make(Encoding.encodeBase64(new Uint8Array(32).fill(byte)))
  const secrets = ["access-secret", Redacted.value(keyOf(1)), Redacted.value(keyOf(2))]
  const secretEntry = new TokenStore.Entry({ custom: Redacted.make({ n: 1, code: "access-secret" }) })

  /** The sealed store, and the one below it. */
  const withSealed = <A, E>(
    f: (sealed: TokenStore.Service, inner: TokenStore.Service) => Effect.Effect<A, E>,
    key = keyOf(1)
  ) =>
    withStore((inner) => {
      const layer = Layer.succeed(TokenStore.TokenStore, inner).pipe(TokenStore.sealed(key))
      return Effect.flatMap(TokenStore.TokenStore, (sealed) => f(sealed, inner)).pipe(Effect.provide(layer))
    })

  const put = (store: TokenStore.Service, key: TokenStore.ProfileKey, value: Option.Option<TokenStore.Entry>) =>
    store.modify(key, () => Effect.succeed([undefined, value]))

  const sealedText = (value: Option.Option<TokenStore.Entry>) => {
    const sealed = Redacted.value(Option.getOrThrow(value).custom)["sealed"]
    return typeof sealed === "string" ? sealed : ""
  }

  const assertUnreadable = (store: TokenStore.Service, key: TokenStore.ProfileKey) =>
    Effect.gen(function*() {
      const reading = yield* Effect.flip(store.get(key))
      const modifying = yield* Effect.flip(increment(store, key))
      assert.deepStrictEqual([reading.op, modifying.op], ["unseal", "unseal"])
      for (const error of [reading, modifying]) {
        assert.strictEqual(error._tag, "TokenStoreError")
        assert.include(error.message, "log in again")
        assertConceals(error, secrets)
      }
      yield* store.clear(key)
      assert(Option.isNone(yield* store.get(key)))
    })

  it.effect.prop(
    "gives back whatever was put in, and the store below has none of it",
    [TokenStore.Entry],
    ([written]) =>
      withSealed((sealed, inner) =>
        Effect.gen(function*() {
          const json = Schema.parseJson(TokenStore.Entry)
          yield* put(sealed, keyA, Option.some(written))
          const read = Option.getOrThrow(yield* sealed.get(keyA))
          assert.strictEqual(yield* Schema.encode(json)(read), yield* Schema.encode(json)(written))
          const below = Option.getOrThrow(yield* inner.get(keyA))
          assert(Option.isNone(below.tokens) && Option.isNone(below.credentials))
          assert.deepStrictEqual(Object.keys(Redacted.value(below.custom)), ["sealed"])
          yield* put(sealed, keyA, Option.none())
          assert(Option.isNone(yield* inner.get(keyA)))
        })
      ),
    { fastCheck: { numRuns: 50 } }
  )

  it.effect("seals the same entry differently each time", () =>
    withSealed((sealed, inner) =>
      Effect.gen(function*() {
        const texts = yield* Effect.forEach(
          Array.from({ length: 20 }),
          () => Effect.zipRight(put(sealed, keyA, Option.some(secretEntry)), Effect.map(inner.get(keyA), sealedText))
        )
        assert.strictEqual(new Set(texts.map((text) => text.slice(0, 16))).size, 20)
        assert.strictEqual(new Set(texts.map((text) => text.slice(16))).size, 20)
      })
    ))

  it.effect("refuses what was sealed with another key", () =>
    withSealed((sealed, inner) =>
      Effect.gen(function*() {
        yield* put(sealed, keyA, Option.some(secretEntry))
        const layer = Layer.succeed(TokenStore.TokenStore, inner).pipe(TokenStore.sealed(keyOf(2)))
        yield* Effect.flatMap(TokenStore.TokenStore, (other) => assertUnreadable(other, keyA)).pipe(
          Effect.provide(layer)
        )
      })
    ))

  it.effect("refuses what was sealed for another profile", () =>
    withSealed((sealed, inner) =>
      Effect.gen(function*() {
        yield* put(sealed, keyA, Option.some(secretEntry))
        yield* put(inner, keyB, yield* inner.get(keyA))
        assert.strictEqual(count(yield* sealed.get(keyA)), 1)
        yield* assertUnreadable(sealed, keyB)
      })
    ))

  it.effect("refuses what is not sealed", () =>
    withSealed((sealed, inner) =>
      Effect.zipRight(put(inner, keyA, Option.some(secretEntry)), assertUnreadable(sealed, keyA))
    ))

  it.effect("refuses what is sealed and has something in the clear beside", () =>
    withSealed((sealed, inner) =>
      Effect.gen(function*() {
        yield* put(sealed, keyA, Option.some(secretEntry))
        const { custom } = Option.getOrThrow(yield* inner.get(keyA))
        const credentials = new TokenStore.ClientCredentials({ clientId: "a", clientSecret: Redacted.make("b") })
        yield* put(inner, keyA, Option.some(new TokenStore.Entry({ credentials: Option.some(credentials), custom })))
        yield* assertUnreadable(sealed, keyA)
      })
    ))

  it.effect.prop(
    "refuses what was changed, wherever and however",
    [FastCheck.nat(), FastCheck.integer({ min: 1, max: 255 }), FastCheck.boolean()],
    ([where, flip, cut]) =>
      withSealed((sealed, inner) =>
        Effect.gen(function*() {
          yield* put(sealed, keyA, Option.some(secretEntry))
          const bytes = Either.getOrThrow(Encoding.decodeBase64(sealedText(yield* inner.get(keyA))))
          const at = where % bytes.length
          const changed = cut ? bytes.subarray(0, at) : bytes.map((byte, index) => index === at ? byte ^ flip : byte)
          const custom = Redacted.make({ sealed: Encoding.encodeBase64(changed) })
          yield* put(inner, keyA, Option.some(new TokenStore.Entry({ custom })))
          yield* assertUnreadable(sealed, keyA)
        })
      ),
    { fastCheck: { numRuns: 100 } }
  )

  it.effect("does not start with a key that is none, and says how to make one", () =>
    Effect.forEach(
      ["", "password", Encoding.encodeBase64(new Uint8Array(16)), "?".repeat(44)],
      (text) =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(withSealed(() => Effect.void, Redacted.make(text)))
          assert.include(error.message, "openssl rand -base64 32")
          if (text !== "") assertConceals(error, [text])
        })
    ))

  it.effect("modifies by one at a time, and keeps the entry when a modification fails", () =>
    withSealed((sealed) =>
      Effect.gen(function*() {
        yield* Effect.all(Array.from({ length: 20 }, () => increment(sealed, keyA, Effect.yieldNow())), {
          concurrency: "unbounded"
        })
        const failing: Effect.Effect<readonly [void, Option.Option<TokenStore.Entry>], "no"> = Effect.fail("no")
        assert.strictEqual(yield* Effect.flip(sealed.modify(keyA, () => failing)), "no")
        assert.strictEqual(count(yield* sealed.get(keyA)), 20)
      })
    ))

  it.effect("stores what a modification got, though its caller is interrupted while it is being encrypted", () =>
    withSealed((sealed) =>
      Effect.gen(function*() {
        const got = yield* Deferred.make<void>()
        const caller = yield* Effect.fork(
          sealed.modify(keyA, () => Effect.as(Deferred.succeed(got, undefined), [undefined, Option.some(entry(7))]))
        )
        yield* Deferred.await(got)
        yield* Fiber.interrupt(caller)
        assert(Exit.isInterrupted(yield* Fiber.await(caller)))
        assert.strictEqual(count(yield* sealed.get(keyA)), 7)
      })
    ))

  it.effect("lets who waits and who modifies be interrupted", () =>
    withSealed((sealed) =>
      Effect.gen(function*() {
        const running = yield* Effect.fork(increment(sealed, keyA, Effect.never))
        yield* Effect.yieldNow()
        const waiting = yield* Effect.fork(increment(sealed, keyA))
        yield* Effect.yieldNow()
        yield* Fiber.interrupt(waiting)
        yield* Fiber.interrupt(running)
        assert.strictEqual(yield* increment(sealed, keyA), 0)
      })
    ))
})
