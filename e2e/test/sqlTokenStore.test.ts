import { TokenStore } from "@effect-wps/auth"
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Statement } from "@effect/sql"
import { PgClient } from "@effect/sql-pg"
import { assert, layer } from "@effect/vitest"
import { assertNone, assertSome, deepStrictEqual } from "@effect/vitest/utils"
import {
  Array,
  Cause,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Stream,
  Tracer
} from "effect"
import { build } from "esbuild"
import { inspect } from "node:util"
import * as Postgres from "../support/Postgres.ts"
import { count, entry, increment, key, keyOf, open, otherKey, secret } from "../support/sqlTokenStore.ts"
import * as Tool from "../support/Tool.ts"

/** Programs of other machines, as one file: they start in a tenth of the time. */
class Program
  extends Context.Tag("effect-wps/e2e/test/sqlTokenStore.test/Program")<Program, { readonly file: string }>()
{}

const program = Layer.scoped(
  Program,
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const file = path.join(yield* fs.makeTempDirectoryScoped(), "program.cjs")
    yield* Effect.promise(() =>
      build({
        entryPoints: [new URL("../support/sqlTokenStoreProcess.ts", import.meta.url).pathname],
        outfile: file,
        bundle: true,
        platform: "node",
        format: "cjs",
        logLevel: "error",
        conditions: ["@effect-wps/source"],
        external: ["pg-native"]
      })
    )
    return { file }
  })
)

/** Another process that is at its task. */
const start = Effect.fnUntraced(function*(database: Postgres.Database, ...task: ReadonlyArray<string>) {
  const { file } = yield* Program
  const running = yield* Command.make(process.execPath, file, ...task).pipe(
    Command.env({ DATABASE_URL: Postgres.urlOf(database) }),
    Command.stderr("inherit"),
    Command.start
  )
  assertSome(yield* running.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead), "ready")
  return running
})

const emptyDatabase = Effect.flatMap(Postgres.Postgres, ({ database }) => database)

/** A store in a database that had nothing, and a client of somebody else to look at it. */
const setUp = Effect.gen(function*() {
  const database = yield* emptyDatabase
  const sql = yield* Postgres.connect(database)
  const store = yield* open(yield* Postgres.connect(database))
  return { database, sql, store }
})

const put = (store: TokenStore.Service, n: number) =>
  store.modify(key, () => Effect.succeed([undefined, Option.some(entry(n))]))

/** Ends the connection of whoever holds a lock. */
const terminateHolder = (sql: Postgres.Pg) =>
  Effect.asVoid(Effect.orDie(sql`SELECT pg_terminate_backend(pid) FROM pg_locks
    WHERE locktype = 'advisory' AND granted AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`))

const assertConceals = (error: Error, ...secrets: ReadonlyArray<string>) => {
  for (
    const text of [
      error.message,
      error.stack ?? "",
      inspect(error, { depth: 30, showHidden: true }),
      JSON.stringify(error),
      Cause.pretty(Cause.fail(error))
    ]
  ) {
    for (const each of secrets) assert.notInclude(text, each)
  }
}

const services = Layer.mergeAll(Postgres.layer, program).pipe(Layer.provideMerge(NodeContext.layer))

layer(services, { timeout: "1 minute", excludeTestServices: true })("SqlTokenStore on PostgreSQL", (it) => {
  it.scoped("gives what was stored, to the next program too, until it is cleared", () =>
    Effect.gen(function*() {
      const { database, sql, store } = yield* setUp
      assertNone(yield* store.get(key))
      yield* put(store, 7)
      yield* increment(store, otherKey)
      const next = yield* open(yield* Postgres.connect(database))
      assert.strictEqual(count(yield* next.get(key)), 7)
      assert.strictEqual(yield* increment(next, key), 7)
      yield* next.clear(key)
      assertNone(yield* store.get(key))
      assert.strictEqual(count(yield* store.get(otherKey)), 1)
      deepStrictEqual(yield* sql`SELECT profile, entry FROM effect_wps_tokens`, [{
        profile: `{"issuer":"https://login.example.org","clientId":"wps","grant":"code","scope":"","profile":"other"}`,
        entry: `{"custom":{"n":1,"code":"${secret}"}}`
      }])
    }))

  it.scoped("keeps any text", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp
      const odd = keyOf("'; \u0000 \ud800 ü \"")
      const text = "'; DROP TABLE effect_wps_tokens; -- \u0000 \ud800 $1 ü"
      const stored = Option.some(new TokenStore.Entry({ custom: Redacted.make({ text }) }))
      yield* store.modify(odd, () => Effect.succeed([undefined, stored]))
      deepStrictEqual(yield* store.get(odd), stored)
    }))

  it.scoped("creates its table once, though several start at once", () =>
    Effect.gen(function*() {
      const round = Effect.gen(function*() {
        const database = yield* emptyDatabase
        const clients = yield* Effect.all(Array.replicate(Postgres.connect(database), 6))
        const stores = yield* Effect.forEach(clients, (sql) => open(sql), { concurrency: "unbounded" })
        yield* Effect.forEach(stores, (store) => increment(store, key), { concurrency: "unbounded" })
        assert.strictEqual(count(yield* Array.headNonEmpty(stores).get(key)), 6)
      })
      yield* Effect.replicateEffect(Effect.scoped(round), 5)
    }))

  it.scoped("keeps to the table that it was given, which may be there already", () =>
    Effect.gen(function*() {
      const { database, sql, store } = yield* setUp
      yield* sql`CREATE SCHEMA login`
      const table = `login.my "tokens"`
      yield* put(yield* open(sql, { table }), 3)
      deepStrictEqual(yield* sql`SELECT count(*)::int AS n FROM login."my ""tokens"""`, [{ n: 1 }])
      assertNone(yield* store.get(key))

      const role = `${database.database}_reader`
      yield* sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD 'reader'`
      const reader = yield* Postgres.connect({ ...database, username: role, password: Redacted.make("reader") })
      const error = yield* Effect.flip(open(reader, { table: "another" }))
      assert(error._tag === "TokenStoreError")
      assert.include(error.message, "42501")
      yield* sql`GRANT SELECT, INSERT, UPDATE, DELETE ON effect_wps_tokens TO ${sql(role)}`
      assert.strictEqual(yield* increment(yield* open(reader), key), 0)
    }))

  it.scoped("refuses what is not an entry, shows nothing of it, and can clear it", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* setUp
      yield* put(store, 1)
      for (const text of ["", `{"custom":"${secret}"}`, secret]) {
        yield* sql`UPDATE effect_wps_tokens SET entry = ${text}`
        const errors = yield* Effect.all([Effect.flip(store.get(key)), Effect.flip(increment(store, key))])
        deepStrictEqual(errors.map(({ op }) => op), ["get", "modify"])
        for (const error of errors) {
          assert.include(error.message, "Clear it")
          assertConceals(error, secret)
        }
      }
      yield* store.clear(key)
      assertNone(yield* store.get(key))
    }))

  it.scoped("modifies one key by one at a time, across clients, fibers and keys", () =>
    Effect.gen(function*() {
      const { database, store } = yield* setUp
      const stores = [store, yield* open(yield* Postgres.connect(database))]
      const tasks = stores.flatMap((each) => [key, otherKey].map((of) => increment(each, of)))
      yield* Effect.all(tasks.map((task) => Effect.replicateEffect(task, 15, { concurrency: "unbounded" })), {
        concurrency: "unbounded"
      })
      deepStrictEqual([count(yield* store.get(key)), count(yield* store.get(otherKey))], [30, 30])
    }))

  it.scoped("does so whatever transactions the database makes by default", () =>
    Effect.gen(function*() {
      const database = yield* emptyDatabase
      const sql = yield* Postgres.connect(database)
      yield* sql`ALTER DATABASE ${sql(database.database)} SET default_transaction_isolation = 'serializable'`
      yield* open(sql)
      yield* sql`ALTER DATABASE ${sql(database.database)} SET default_transaction_read_only = on`
      const clients = yield* Effect.replicateEffect(Postgres.connect(database), 4)
      const stores = yield* Effect.forEach(clients, (sql) => open(sql))
      yield* Effect.forEach(stores, (store) => Effect.replicateEffect(increment(store, key), 5), {
        concurrency: "unbounded"
      })
      assert.strictEqual(count(yield* open(sql).pipe(Effect.flatMap((store) => store.get(key)))), 20)
    }))

  it.scoped(
    "loses no increment of eight processes, which wait for one that is killed and stores nothing",
    () =>
      Effect.gen(function*() {
        const { database, store } = yield* setUp
        const holder = yield* start(database, "hold")
        const counters = yield* Effect.all(Array.replicate(start(database, "count", "10"), 8), {
          concurrency: "unbounded"
        })
        assertNone(yield* store.get(key))
        yield* holder.kill("SIGKILL")
        const codes = yield* Effect.all(counters.map(({ exitCode }) => exitCode), { concurrency: "unbounded" })
        deepStrictEqual(codes.map(Number), counters.map(() => 0))
        assert.strictEqual(count(yield* store.get(key)), 80)
      })
  )

  it.scoped("stores what f got though the connection was ended in it, if nobody changed the entry", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* setUp
      yield* put(store, 1)
      yield* store.modify(key, () => Effect.as(terminateHolder(sql), [undefined, Option.some(entry(2))]))
      assert.strictEqual(count(yield* store.get(key)), 2)
    }))

  it.scoped("lets others in when the connection is ended, and then does not write over what they stored", () =>
    Effect.gen(function*() {
      const { database, sql, store } = yield* setUp
      const other = yield* open(yield* Postgres.connect(database))
      const error = yield* Effect.flip(store.modify(key, () =>
        terminateHolder(sql).pipe(
          Effect.zipRight(Effect.orDie(put(other, 50))),
          Effect.as([undefined, Option.some(entry(2))] as const)
        )))
      assert.include(error.message, "Try again")
      assertConceals(error, secret)
      assert.strictEqual(count(yield* store.get(key)), 50)
    }))

  it.scoped("keeps the entry when f fails, dies or is interrupted, and lets the next one in", () =>
    Effect.gen(function*() {
      const { database, store } = yield* setUp
      const other = yield* open(yield* Postgres.connect(database))
      yield* put(store, 1)
      assert.strictEqual(yield* Effect.flip(store.modify(key, () => Effect.fail("no"))), "no")
      assert(Exit.isFailure(yield* Effect.exit(store.modify(key, () => Effect.dieMessage("bug")))))
      const begun = yield* Deferred.make<void>()
      const running = yield* Effect.fork(
        store.modify(key, () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
      )
      yield* Deferred.await(begun)
      const waiting = yield* Effect.fork(increment(other, key))
      const givenUp = yield* Effect.fork(increment(other, key))
      assert.strictEqual(count(yield* other.get(key)), 1)
      yield* Fiber.interrupt(givenUp)
      yield* Fiber.interrupt(running)
      assert.strictEqual(yield* Fiber.join(waiting), 1)
      assert.strictEqual(count(yield* store.get(key)), 2)
    }))

  it.scoped("stores what f got, though its caller is interrupted at that moment", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp
      const got = yield* Deferred.make<void>()
      const caller = yield* Effect.fork(
        store.modify(key, () => Effect.as(Deferred.succeed(got, undefined), [undefined, Option.some(entry(7))]))
      )
      yield* Deferred.await(got)
      yield* Fiber.interrupt(caller)
      assert.strictEqual(count(yield* store.get(key)), 7)
    }))

  it.scoped("waits no longer than it may for another process, even if it cannot be interrupted", () =>
    Effect.gen(function*() {
      const { database, store } = yield* setUp
      const hasty = yield* open(yield* Postgres.connect(database), { lockTimeout: "300 millis" })
      const error = yield* store.modify(
        key,
        (current) =>
          Effect.map(Effect.uninterruptible(Effect.flip(increment(hasty, key))), (error) => [error, current] as const)
      )
      assert.strictEqual(error._tag, "TokenStoreError")
      assert.include(error.message, "300ms")
      assert.strictEqual(yield* increment(hasty, key), 0)
    }))

  it.scoped("waits no longer than it may for a connection, and gives back the one that comes later", () =>
    Effect.gen(function*() {
      const { database } = yield* setUp
      const store = yield* open(yield* Postgres.connect({ ...database, maxConnections: 1 }), {
        lockTimeout: "300 millis"
      })
      const errors = yield* store.modify(
        key,
        () =>
          Effect.all([Effect.flip(store.get(key)), Effect.uninterruptible(Effect.flip(increment(store, otherKey)))])
            .pipe(
              Effect.map((errors) => [errors, Option.some(entry(1))] as const)
            )
      )
      for (const error of errors) assert.include(error.message, "more connections")
      assert.strictEqual(yield* increment(store, key), 1)
      assert.strictEqual(yield* increment(store, otherKey), 0)
    }))

  it.scoped("keeps its lock however long f takes, and whatever the database does with idle transactions", () =>
    Effect.gen(function*() {
      const database = yield* emptyDatabase
      const sql = yield* Postgres.connect(database)
      yield* sql`ALTER DATABASE ${sql(database.database)} SET idle_in_transaction_session_timeout = '100ms'`
      const store = yield* open(yield* Postgres.connect(database))
      const hasty = yield* open(yield* Postgres.connect(database), { lockTimeout: "100 millis" })
      const error = yield* store.modify(key, () =>
        Effect.orDie(sql`SELECT pg_sleep(0.4)`).pipe(
          Effect.zipRight(Effect.flip(put(hasty, 5))),
          Effect.map((error) => [error, Option.some(entry(1))] as const)
        ))
      assert.include(error.message, "another process has held")
      assert.strictEqual(count(yield* store.get(key)), 1)
    }))

  it.scoped("is part of no transaction of the caller, nor what f does part of its own", () =>
    Effect.gen(function*() {
      const { database, store: reader } = yield* setUp
      const sql = yield* Postgres.connect(database)
      const store = yield* open(sql)
      yield* sql`CREATE TABLE mine (n int)`
      yield* Effect.flip(sql.withTransaction(Effect.zipRight(put(store, 7), Effect.fail("rolled back"))))
      assert.strictEqual(count(yield* reader.get(key)), 7)
      yield* Effect.flip(store.modify(key, () => Effect.zipRight(sql`INSERT INTO mine VALUES (1)`, Effect.fail("no"))))
      deepStrictEqual(yield* sql`SELECT n FROM mine`, [{ n: 1 }])
    }))

  it.scoped("gives back each connection as it got it", () =>
    Effect.gen(function*() {
      const { database, sql: observer } = yield* setUp
      const sql = yield* Postgres.connect({ ...database, maxConnections: 2, applicationName: "observed" })
      const store = yield* open(sql)
      yield* increment(store, key)
      yield* store.get(key)
      yield* Effect.flip(store.modify(key, () => Effect.fail("no")))
      deepStrictEqual(
        yield* observer`SELECT DISTINCT state FROM pg_stat_activity WHERE application_name = 'observed'`,
        [{ state: "idle" }]
      )
      deepStrictEqual(
        yield* observer`SELECT 1 FROM pg_locks WHERE locktype = 'advisory'
        AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`,
        []
      )
      const setting = (sql: Postgres.Pg) => sql`SELECT current_setting('tcp_keepalives_idle') AS idle`
      deepStrictEqual(yield* setting(sql), yield* setting(observer))
    }))

  it.scoped("says which error the database gave, and no password, when it cannot be used", () =>
    Effect.gen(function*() {
      const database = yield* emptyDatabase
      const wrong = "wrong-password"
      const refused = yield* Effect.flip(
        Layer.build(PgClient.layer({ ...database, password: Redacted.make(wrong) }))
      )
      assert.strictEqual(refused._tag, "SqlError")
      assertConceals(refused, wrong)

      const role = `${database.database}_gone`
      const sql = yield* Postgres.connect(database)
      yield* open(sql)
      yield* sql`CREATE ROLE ${sql(role)} LOGIN PASSWORD ${sql.literal(`'${wrong}'`)}`
      const store = yield* open(
        yield* Postgres.connect({ ...database, username: role, password: Redacted.make(wrong) })
      )
      yield* sql`ALTER ROLE ${sql(role)} PASSWORD 'another'`
      yield* sql`SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE usename = ${role}`
      // The first may be given the connection that was ended.
      yield* Effect.exit(store.get(key))
      const errors = yield* Effect.all([
        Effect.flip(store.get(key)),
        Effect.flip(increment(store, key)),
        Effect.flip(store.clear(key))
      ])
      deepStrictEqual(errors.map(({ _tag, op }) => [_tag, op]), [
        ["TokenStoreError", "get"],
        ["TokenStoreError", "modify"],
        ["TokenStoreError", "clear"]
      ])
      for (const error of errors) {
        assert.include(error.message, "28P01")
        assertConceals(error, wrong, secret)
      }
    }))

  it.scoped("says so when nothing listens any more", () =>
    Effect.gen(function*() {
      const port = yield* Effect.scoped(Tool.freePort)
      const database = yield* emptyDatabase
      const error = yield* Effect.flip(Layer.build(PgClient.layer({ ...database, port })))
      assert.strictEqual(error._tag, "SqlError")
      assertConceals(error, Redacted.value(database.password))
    }))

  it.scoped("shows no secret to a tracer, a transformer of statements or a logger", () =>
    Effect.gen(function*() {
      const { sql, store } = yield* setUp
      const seen: Array<unknown> = []
      const tracer = Tracer.make({
        span: (name, parent, context, links, startTime, kind) => {
          seen.push(name)
          return {
            _tag: "Span",
            name,
            parent,
            context,
            links,
            kind,
            attributes: new Map(),
            spanId: "1",
            traceId: "1",
            sampled: true,
            status: { _tag: "Started", startTime },
            attribute: (key, value) => void seen.push(key, value),
            event: (event, _time, attributes) => void seen.push(event, attributes),
            addLinks: () => undefined,
            end: (_time, exit) => void seen.push(exit)
          }
        },
        context: (f) => f()
      })
      const logger = Logger.make(({ annotations, cause, message }) => void seen.push(message, cause, [...annotations]))
      const observed = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
        effect.pipe(
          Statement.withTransformer((statement) =>
            Effect.as(Effect.sync(() => seen.push(statement.compile())), statement)
          ),
          Effect.withSpan("caller"),
          Effect.provide([
            Layer.setTracer(tracer),
            Logger.replace(Logger.defaultLogger, logger),
            Logger.minimumLogLevel(LogLevel.All)
          ])
        )
      yield* observed(Effect.gen(function*() {
        yield* increment(store, key)
        yield* store.modify(key, () => Effect.as(terminateHolder(sql), [undefined, Option.some(entry(2))]))
        yield* store.get(key)
        yield* open(sql, { table: "another" })
        yield* sql`SELECT ${"a parameter"}`
        yield* store.clear(key)
      }))
      const text = inspect(seen, { depth: 30, showHidden: true, maxArrayLength: null })
      for (const control of ["caller", "sql.execute", "a parameter"]) assert.include(text, control)
      assert.notInclude(text, secret)
      assert.notInclude(text, "effect_wps_tokens")
    }))
})
