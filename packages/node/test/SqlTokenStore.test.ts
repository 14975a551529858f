import { TokenStore } from "@effect-wps/auth"
import { Reactivity } from "@effect/experimental"
import { SqlClient, SqlError, Statement } from "@effect/sql"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Context, Deferred, Effect, Fiber, Layer, Option, Redacted, Ref, TestClock } from "effect"
import { inspect } from "node:util"
import * as SqlTokenStore from "../src/SqlTokenStore.ts"
import { count, entry, increment, key, put, secret, secretEntry } from "./support/tokenStore.ts"

type Rows = ReadonlyArray<ReadonlyArray<unknown>>
type Answer = Effect.Effect<Rows, SqlError.SqlError>

const begin = "BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE"

/** The statements of a store by their first words, and what a database that has its table answers. */
const usual: Record<string, Answer> = {
  "SELECT to_regclass": Effect.succeed([[true]]),
  [begin]: Effect.succeed([]),
  "SELECT pg_try_advisory_xact_lock": Effect.succeed([[true]]),
  "SELECT entry": Effect.succeed([]),
  "INSERT": Effect.succeed([]),
  "DELETE": Effect.succeed([]),
  "CREATE TABLE IF NOT EXISTS": Effect.succeed([]),
  "COMMIT": Effect.succeed([]),
  "ROLLBACK": Effect.succeed([])
}

/** A client whose database answers as it is told, and what happened: connections by number, and statements. */
const scripted = Effect.fnUntraced(function*(
  script: Record<string, Answer> | ((connection: number) => Record<string, Answer>) = {},
  dialect: Statement.Dialect = "pg",
  connecting: Effect.Effect<void, SqlError.SqlError> = Effect.void
) {
  const events = yield* Ref.make<ReadonlyArray<string>>([])
  const connections = yield* Ref.make(0)
  const happened = (event: string) => Ref.update(events, (all) => [...all, event])

  const connect = Effect.gen(function*() {
    const number = yield* Ref.updateAndGet(connections, (n) => n + 1)
    const answers = { ...usual, ...(typeof script === "function" ? script(number) : script) }
    const execute = (statement: string): Answer =>
      Effect.suspend(() => {
        const words = Object.keys(answers).find((words) => statement.startsWith(words)) ?? statement
        return Effect.zipRight(happened(`${number} ${words}`), answers[words] ?? Effect.dieMessage(statement))
      })
    return {
      number,
      connection: {
        executeValues: execute,
        execute: Effect.dieMessage,
        executeRaw: Effect.dieMessage,
        executeStream: Effect.dieMessage,
        executeUnprepared: Effect.dieMessage
      }
    }
  })
  const client = yield* SqlClient.make({
    acquirer: Effect.acquireRelease(
      Effect.zipRight(connecting, connect),
      ({ number }) => happened(`${number} given back`)
    ).pipe(Effect.map(({ connection }) => connection)),
    compiler: Statement.makeCompiler({
      dialect,
      placeholder: () => "?",
      onIdentifier: (name) => name,
      onRecordUpdate: () => ["", []],
      onCustom: () => ["", []]
    }),
    spanAttributes: []
  }).pipe(Effect.provide(Reactivity.layer))
  return { client, events: Ref.getAndSet(events, []) }
})

const open = (client: SqlClient.SqlClient, options: SqlTokenStore.Options = {}) =>
  SqlTokenStore.layer(options).pipe(
    Layer.provide(Layer.succeed(SqlClient.SqlClient, client)),
    Layer.build,
    Effect.map(Context.get(TokenStore.TokenStore))
  )

/** A store whose layer is built, so that what happened begins with what is done to it. */
const setUp = Effect.fnUntraced(function*(...script: Parameters<typeof scripted>) {
  const { client, events } = yield* scripted(...script)
  const store = yield* open(client)
  yield* events
  return { events, store }
})

const failure = (cause: unknown): Answer => Effect.fail(new SqlError.SqlError({ cause, message: secret }))

/** As PostgreSQL refuses a row, which it shows. */
const refused = failure(Object.assign(new Error(secret), { code: "23514", detail: `Failing row: ${secret}` }))

const gone = failure(Object.assign(new Error(secret), { code: "57P01" }))

const assertConceals = (error: Error) => {
  const texts = [
    error.message,
    error.stack ?? "",
    inspect(error, { depth: 30, showHidden: true }),
    JSON.stringify(error),
    Cause.pretty(Cause.fail(error))
  ]
  for (const text of texts) assert.notInclude(text, secret)
}

const text = (n: number) => Effect.succeed([[`{"custom":{"n":${n},"filler":""}}`]])

const transaction = (connection: number, ...statements: ReadonlyArray<string>) =>
  [begin, "SELECT pg_try_advisory_xact_lock", ...statements, "given back"].map((each) => `${connection} ${each}`)

describe("SqlTokenStore", () => {
  for (const dialect of ["sqlite", "mysql", "mssql", "clickhouse"] as const) {
    it.scoped(`does not take ${dialect}, says what to use instead, and asks it nothing`, () =>
      Effect.gen(function*() {
        const { client, events } = yield* scripted({}, dialect)
        const error = yield* Effect.flip(open(client))
        assert(error._tag === "UnsupportedDialect")
        assert.strictEqual(error.dialect, dialect)
        assert.include(error.message, "NodeTokenStore.layerFile")
        deepStrictEqual(yield* events, [])
      }))
  }

  it.scoped("creates its table under a lock when it is missing, and only then", () =>
    Effect.gen(function*() {
      const missing = yield* scripted({ "SELECT to_regclass": Effect.succeed([[false]]) })
      yield* open(missing.client)
      deepStrictEqual(yield* missing.events, [
        "1 SELECT to_regclass",
        "1 given back",
        ...transaction(2, "CREATE TABLE IF NOT EXISTS", "COMMIT")
      ])
      const there = yield* scripted()
      yield* open(there.client)
      deepStrictEqual(yield* there.events, ["1 SELECT to_regclass", "1 given back"])
    }))

  it.scoped("reads after it has the lock, and commits what it writes", () =>
    Effect.gen(function*() {
      const { events, store } = yield* setUp({ "SELECT entry": text(4) })
      assert.strictEqual(yield* increment(store, key), 4)
      deepStrictEqual(yield* events, transaction(2, "SELECT entry", "INSERT", "COMMIT"))
      yield* store.clear(key)
      deepStrictEqual(yield* events, transaction(3, "SELECT entry", "DELETE", "COMMIT"))
      assert.strictEqual(count(yield* store.get(key)), 4)
      deepStrictEqual(yield* events, ["4 SELECT entry", "4 given back"])
    }))

  it.scoped("does not write what has not changed", () =>
    Effect.gen(function*() {
      const { events, store } = yield* setUp({ "SELECT entry": text(4) })
      yield* put(store, key, Option.some(entry(4)))
      deepStrictEqual(yield* events, transaction(2, "SELECT entry", "ROLLBACK"))
    }))

  it.scoped("writes nothing when there is no JSON for the entry", () =>
    Effect.gen(function*() {
      const { events, store } = yield* setUp()
      // As a scheme does that changes what it remembers in its place.
      const notJson = new TokenStore.Entry({ custom: Redacted.make({ code: secret, n: Number.NaN }) }, true)
      const error = yield* Effect.flip(put(store, key, Option.some(notJson)))
      assert.strictEqual(error.op, "modify")
      assert.include(error.message, "not finite")
      assertConceals(error)
      deepStrictEqual(yield* events, transaction(2, "SELECT entry", "ROLLBACK"))
    }))

  for (
    const [name, answer] of [
      ["is not JSON", Effect.succeed([[secret]])],
      ["is something else", Effect.succeed([[`{"custom":"${secret}"}`]])]
    ] as const
  ) {
    it.scoped(`refuses an entry that ${name}, shows nothing of it, and can clear it`, () =>
      Effect.gen(function*() {
        const { events, store } = yield* setUp({ "SELECT entry": answer })
        const errors = [yield* Effect.flip(store.get(key)), yield* Effect.flip(increment(store, key))]
        deepStrictEqual(errors.map(({ op }) => op), ["get", "modify"])
        for (const error of errors) {
          assert.include(error.message, "Clear it")
          assertConceals(error)
        }
        yield* events
        yield* store.clear(key)
        deepStrictEqual(yield* events, transaction(4, "SELECT entry", "DELETE", "COMMIT"))
      }))
  }

  it.scoped("refuses a table of somebody else", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp({ "SELECT entry": Effect.succeed([[{ code: secret }]]) })
      const error = yield* Effect.flip(store.get(key))
      assert.include(error.message, "Give another name")
      assertConceals(error)
    }))

  it.scoped("says the code of an error of the database, and nothing else of it", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp({ "SELECT entry": refused })
      const errors = [
        yield* Effect.flip(store.get(key)),
        yield* Effect.flip(increment(store, key)),
        yield* Effect.flip(store.clear(key))
      ]
      deepStrictEqual(errors.map(({ _tag, op }) => `${_tag} ${op}`), [
        "TokenStoreError get",
        "TokenStoreError modify",
        "TokenStoreError clear"
      ])
      for (const error of errors) {
        assert.include(error.message, "23514")
        assertConceals(error)
      }
      for (const cause of [undefined, secret, new Error(secret), { code: `${secret} ` }, { code: [secret] }]) {
        const { client } = yield* scripted({ "SELECT to_regclass": failure(cause) })
        const error = yield* Effect.flip(open(client))
        assert.strictEqual(error._tag, "TokenStoreError")
        assert.include(error.message, "unknown error")
        assertConceals(error)
      }
    }))

  it.scoped("says so when there is no connection", () =>
    Effect.gen(function*() {
      const { client } = yield* scripted({}, "pg", Effect.asVoid(failure({ code: "ECONNREFUSED" })))
      const error = yield* Effect.flip(open(client))
      assert.strictEqual(error._tag, "TokenStoreError")
      assert.include(error.message, "ECONNREFUSED")
      assertConceals(error)
    }))

  describe("when writing fails", () => {
    const losing = (statement: string, current: Answer) => (connection: number): Record<string, Answer> =>
      connection === 2
        ? { "SELECT entry": text(1), [statement]: gone, "ROLLBACK": gone }
        : { "SELECT entry": current }

    it.scoped("writes over a new connection, under a new lock, if the entry is as it was", () =>
      Effect.gen(function*() {
        const { events, store } = yield* setUp(losing("INSERT", text(1)))
        assert.strictEqual(yield* increment(store, key), 1)
        deepStrictEqual(yield* events, [
          ...transaction(2, "SELECT entry", "INSERT", "ROLLBACK"),
          ...transaction(3, "SELECT entry", "INSERT", "COMMIT")
        ])
      }))

    it.scoped("takes it for written if it is there, though nobody said that it was committed", () =>
      Effect.gen(function*() {
        const { events, store } = yield* setUp(losing("COMMIT", text(2)))
        assert.strictEqual(yield* increment(store, key), 1)
        deepStrictEqual(yield* events, [
          ...transaction(2, "SELECT entry", "INSERT", "COMMIT", "ROLLBACK"),
          ...transaction(3, "SELECT entry", "ROLLBACK")
        ])
      }))

    it.scoped("does not write over what another process has stored", () =>
      Effect.gen(function*() {
        const { events, store } = yield* setUp(losing("INSERT", text(50)))
        const error = yield* Effect.flip(increment(store, key))
        assert.include(error.message, "Try again")
        deepStrictEqual((yield* events).slice(-2), ["3 ROLLBACK", "3 given back"])
      }))

    it.scoped("tries that once, and says why it failed", () =>
      Effect.gen(function*() {
        const { events, store } = yield* setUp({ "INSERT": refused })
        const error = yield* Effect.flip(put(store, key, Option.some(secretEntry)))
        assert.include(error.message, "23514")
        assertConceals(error)
        deepStrictEqual(yield* events, [
          ...transaction(2, "SELECT entry", "INSERT", "ROLLBACK"),
          ...transaction(3, "SELECT entry", "INSERT", "ROLLBACK")
        ])
      }))
  })

  describe("waits no longer than it may, even if it cannot be interrupted,", () => {
    /** Lets those go on who are left behind. */
    const others = Effect.repeatN(Effect.yieldNow(), 50)

    it.scoped("for the lock of another process, and keeps no connection meanwhile", () =>
      Effect.gen(function*() {
        const { client, events } = yield* scripted({ "SELECT pg_try_advisory_xact_lock": Effect.succeed([[false]]) })
        const store = yield* open(client, { lockTimeout: "3 seconds" })
        yield* events
        const running = yield* Effect.fork(Effect.uninterruptible(Effect.flip(increment(store, key))))
        yield* TestClock.adjust("2900 millis")
        assertNone(yield* Fiber.poll(running))
        yield* TestClock.adjust("300 millis")
        assert.include((yield* Fiber.join(running)).message, "another process has held the lock of the entry for 3s")
        const all = yield* events
        const begun = all.filter((event) => event.endsWith(begin))
        deepStrictEqual(all, begun.flatMap((_, index) => transaction(index + 2, "ROLLBACK")))
        assert.isAbove(begun.length, 20)
        assert.isBelow(begun.length, 60)
      }))

    it.scoped("for a connection, and gives back the one that comes later", () =>
      Effect.gen(function*() {
        const wait = yield* Ref.make<Effect.Effect<void>>(Effect.void)
        const { events, store } = yield* setUp({}, "pg", Effect.flatten(Ref.get(wait)))
        const later = yield* Deferred.make<void>()
        yield* Ref.set(wait, Deferred.await(later))
        const running = yield* Effect.fork(Effect.uninterruptible(Effect.flip(increment(store, key))))
        yield* TestClock.adjust("30 seconds")
        assert.include((yield* Fiber.join(running)).message, "more connections")
        yield* Deferred.succeed(later, undefined)
        yield* others
        deepStrictEqual(yield* events, ["2 given back"])
      }))

    it.scoped("for an answer, and gives the connection back when it has come, rolled back", () =>
      Effect.gen(function*() {
        const later = yield* Deferred.make<Rows>()
        const { events, store } = yield* setUp({ "SELECT entry": Deferred.await(later) })
        const running = yield* Effect.fork(Effect.uninterruptible(Effect.flip(increment(store, key))))
        yield* TestClock.adjust("60 seconds")
        assert.include((yield* Fiber.join(running)).message, "did not answer for 30s")
        const unanswered = [`2 ${begin}`, "2 SELECT pg_try_advisory_xact_lock", "2 SELECT entry"]
        deepStrictEqual(yield* events, unanswered)
        yield* Deferred.succeed(later, [])
        yield* others
        deepStrictEqual(yield* events, ["2 ROLLBACK", "2 given back"])
      }))
  })
})
