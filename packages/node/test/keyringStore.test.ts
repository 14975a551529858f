import { TokenStore } from "@effect-wps/auth"
import { FileSystem } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import { Cause, type Duration, Effect, Fiber, Option, TestClock } from "effect"
import { setImmediate } from "node:timers/promises"
import { inspect } from "node:util"
import * as keyringStore from "../src/internal/keyringStore.ts"
import { nameOf } from "../src/internal/lockedStore.ts"
import { count, entry, increment, key, put, secret, secretEntry } from "./support/tokenStore.ts"

const fields = { issuer: key.issuer, clientId: key.clientId, grant: key.grant }
const otherKey = new TokenStore.ProfileKey({ ...fields, profile: "other" })

type Operation = "open" | "read" | "write" | "delete"

/** Errors of a keyring may tell what it holds. */
const refusing = () => Promise.reject(new Error(secret))

/** A locked keyring, while nobody is there to unlock it. */
const silent = () => new Promise(() => undefined)

/** A keyring of this process, in the place of the system's. `troubles` are had instead of what was asked for. */
const makeKeyring = () => {
  const items = new Map<string, string>()
  const asked: Array<string> = []
  const troubles = new Map<Operation, () => Promise<unknown>>()
  const ask = (operation: Operation, name: string) => {
    asked.push(`${operation} ${name}`)
    return troubles.get(operation)?.() ?? setImmediate()
  }
  const keyring: keyringStore.Keyring = {
    AsyncEntry: class {
      readonly name: string
      constructor(...[service, account, options]: ConstructorParameters<keyringStore.Keyring["AsyncEntry"]>) {
        this.name = `${service} ${account} in ${options.linux?.store}`
        // The constructor of the package throws where no keyring runs, as parsing the secret does.
        if (troubles.has("open")) JSON.parse(secret)
      }
      getPassword = () => ask("read", this.name).then(() => items.get(this.name) ?? null)
      setPassword = (password: string) => ask("write", this.name).then(() => void items.set(this.name, password))
      deleteCredential = () => ask("delete", this.name).then(() => items.delete(this.name))
    }
  }
  return { keyring, items, asked, troubles }
}

const nameIn = (service: string, of: TokenStore.ProfileKey) => `${service} ${nameOf(of)} in secret-service`

/** A keyring, and the store of a program. `open` is what other programs have. */
const setUp = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const directory = `${yield* fs.makeTempDirectoryScoped()}/effect-wps`
  const system = makeKeyring()
  const open = (service = "ours", timeout: Duration.DurationInput = "30 seconds") =>
    keyringStore.make(service, directory, timeout, Effect.succeed(system.keyring))
  return { ...system, fs, directory, open, store: yield* open() }
})

const assertConceals = (error: Error) =>
  assert.notInclude(
    error.message + inspect(error, { depth: 30, showHidden: true }) + Cause.pretty(Cause.fail(error)),
    secret
  )

/** What stands in the lock of another machine. */
const elsewhere = JSON.stringify({ pid: 1, host: "elsewhere", nonce: "n" })

describe("keyringStore", () => {
  it.scoped("gives what was stored, to the next program too, until it is cleared", () =>
    Effect.gen(function*() {
      const { items, open, store } = yield* setUp
      assertNone(yield* store.get(key))
      yield* put(store, key, Option.some(entry(7)))
      yield* put(store, otherKey, Option.some(entry(8)))
      const next = yield* open()
      assert.strictEqual(count(yield* next.get(new TokenStore.ProfileKey(fields))), 7)
      assert.strictEqual(count(yield* next.get(otherKey)), 8)
      yield* next.clear(key)
      assertNone(yield* store.get(key))
      assert.strictEqual(count(yield* store.get(otherKey)), 8)
      deepStrictEqual([...items.keys()], [nameIn("ours", otherKey)])
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scoped("has one item for each profile and service, whose name tells nothing and whose value is JSON", () =>
    Effect.gen(function*() {
      const { items, open, store } = yield* setUp
      const theirs = yield* open("theirs")
      yield* put(store, key, Option.some(secretEntry))
      assertNone(yield* theirs.get(key))
      yield* put(theirs, key, Option.some(entry(2, "")))
      deepStrictEqual([...items], [
        [nameIn("ours", key), `{"custom":{"n":1,"code":"${secret}"}}`],
        [nameIn("theirs", key), `{"custom":{"n":2,"filler":""}}`]
      ])
      // With another name for the same key, an upgrade would forget every login.
      assert.strictEqual(nameOf(key), "e62b8878c1d3962d18286acee7f604a7")
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scoped("tries the keyring with an item that it deletes, and asks for no more than is needed", () =>
    Effect.gen(function*() {
      const { asked, items, store } = yield* setUp
      const probe = /^(\w+) (ours probe [0-9a-f-]{36} in secret-service)$/
      const found = asked.splice(0).map((each) => probe.exec(each))
      deepStrictEqual(found.map((one) => one?.[1]), ["write", "read", "delete"])
      assert.strictEqual(new Set(found.map((one) => one?.[2])).size, 1)
      assert.strictEqual(items.size, 0)
      yield* put(store, key, Option.some(entry(1)))
      asked.splice(0)
      yield* put(store, key, Option.some(entry(1)))
      yield* store.clear(otherKey)
      deepStrictEqual(asked, [`read ${nameIn("ours", key)}`, `read ${nameIn("ours", otherKey)}`])
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scoped("modifies one key by one at a time, across two programs", () =>
    Effect.gen(function*() {
      const { directory, fs, open, store } = yield* setUp
      const second = yield* open()
      const before = yield* Effect.all(
        Array.from({ length: 30 }, (_, index) => increment(index % 2 === 0 ? store : second, key)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(before).size, 30)
      assert.strictEqual(count(yield* store.get(key)), 30)
      deepStrictEqual(yield* fs.readDirectory(directory), [])
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scoped("holds a file as the lock of one key while it is modified, and can be read meanwhile", () =>
    Effect.gen(function*() {
      const { directory, fs, store } = yield* setUp
      const files = yield* store.modify(key, (current) =>
        Effect.gen(function*() {
          assertNone(yield* store.get(key))
          yield* increment(store, otherKey)
          return [yield* Effect.orDie(fs.readDirectory(directory)), current] as const
        }))
      deepStrictEqual(files, [`keyring.${nameOf(key)}.lock`])
      assert.strictEqual(count(yield* store.get(otherKey)), 1)
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scopedLive("asks nothing while another process holds the lock, and waits no longer than it may", () =>
    Effect.gen(function*() {
      const { asked, directory, fs, open, store } = yield* setUp
      yield* increment(store, key)
      const hasty = yield* open("ours", "100 millis")
      const lockFile = `${directory}/keyring.${nameOf(key)}.lock`
      yield* fs.writeFileString(lockFile, elsewhere)
      asked.splice(0)
      assert.include((yield* Effect.flip(increment(hasty, key))).message, lockFile)
      deepStrictEqual(asked, [])
      yield* fs.remove(lockFile)
      assert.strictEqual(yield* increment(hasty, key), 1)
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  it.scoped("does not write over what changed under a lock that was lost", () =>
    Effect.gen(function*() {
      const { items, store } = yield* setUp
      yield* increment(store, key)
      const error = yield* Effect.flip(store.modify(key, () =>
        Effect.sync(() => {
          items.set(nameIn("ours", key), `{"custom":{"n":50}}`)
          return [undefined, Option.some(entry(2))] as const
        })))
      assert.include(error.message, "Try again")
      assert.strictEqual(count(yield* store.get(key)), 50)
    }).pipe(Effect.provide(NodeFileSystem.layer)))

  for (const text of ["", `{"custom":"${secret}`, `["${secret}"]`]) {
    it.scoped(`refuses a damaged item, ${text === "" ? "an empty one" : text}, and leaves it as it is`, () =>
      Effect.gen(function*() {
        const { items, store } = yield* setUp
        items.set(nameIn("ours", key), text)
        for (const each of [store.get(key), increment(store, key), store.clear(key)]) {
          const error = yield* Effect.flip(each)
          assert.include(error.message, "an item of the keyring is damaged. Delete it there and log in again")
          assertConceals(error)
        }
        deepStrictEqual([...items.values()], [text])
      }).pipe(Effect.provide(NodeFileSystem.layer)))
  }

  for (const operation of ["read", "write", "delete"] as const) {
    it.scoped(`tells that the keyring refused to ${operation}, and nothing of its error`, () =>
      Effect.gen(function*() {
        const { directory, fs, items, store, troubles } = yield* setUp
        yield* put(store, key, Option.some(secretEntry))
        const before = [...items]
        troubles.set(operation, refusing)
        const error = yield* Effect.flip(
          operation === "read" ? store.get(key) : operation === "write" ? increment(store, key) : store.clear(key)
        )
        assert.strictEqual(error._tag, "TokenStoreError")
        assert.include(error.message, `the keyring of the system refused to ${operation}. See that it runs`)
        assertConceals(error)
        deepStrictEqual([...items], before)
        deepStrictEqual(yield* fs.readDirectory(directory), [])
      }).pipe(Effect.provide(NodeFileSystem.layer)))
  }

  for (
    const [operation, detail] of [
      ["open", "cannot be reached"],
      ["write", "refused to write"],
      ["read", "refused to read"]
    ] as const
  ) {
    it.scoped(`does not start with a keyring that ${detail}, and leaves nothing there`, () =>
      Effect.gen(function*() {
        const { items, open, troubles } = yield* setUp
        troubles.set(operation, refusing)
        const error = yield* Effect.flip(open())
        deepStrictEqual([error._tag, error.reason], ["Unusable", "refused"])
        assert.include(error.detail, `the keyring of the system ${detail}`)
        assertConceals(error)
        assert.strictEqual(items.size, 0)
      }).pipe(Effect.provide(NodeFileSystem.layer)))
  }

  it.scoped("waits a minute for somebody to unlock the keyring", () =>
    Effect.gen(function*() {
      const { open, troubles } = yield* setUp
      troubles.set("write", silent)
      const opening = yield* Effect.fork(Effect.flip(open()))
      yield* TestClock.adjust("59 seconds")
      assertNone(yield* Fiber.poll(opening))
      yield* TestClock.adjust("1 seconds")
      const error = yield* Fiber.join(opening)
      deepStrictEqual([error.reason, error.detail], ["refused", "nobody unlocked the keyring of the system"])
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})
