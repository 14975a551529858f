import * as AuthError from "@effect-wps/auth/AuthError"
import * as TokenStore from "@effect-wps/auth/TokenStore"
import type * as SqlClient from "@effect/sql/SqlClient"
import type * as SqlError from "@effect/sql/SqlError"
import * as Statement from "@effect/sql/Statement"
import * as Data from "effect/Data"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as RcMap from "effect/RcMap"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Str from "effect/String"
import { createHash } from "node:crypto"
import { nameOf } from "./lockedStore.ts"
import { codeOf, Refusal } from "./refusal.ts"

const pauses = Schedule.exponential("5 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("100 millis")),
  Schedule.jittered
)

/** The stored entry. The column is not jsonb, which cannot hold U+0000 or lone surrogates. */
type Text = Option.Option<string>

const EntryJson = Schema.parseJson(TokenStore.Entry)
const KeyJson = Schema.parseJson(TokenStore.ProfileKey)
const Texts = Schema.Array(Schema.Tuple(Schema.String))
const Answer = Schema.Tuple(Schema.Tuple(Schema.Boolean))

const same = Option.getEquivalence(Str.Equivalence)

class Busy extends Data.TaggedError("Busy") {}

/**
 * Shows only a SQLSTATE, or Node's code of a connection error. The rest of the error may contain a row or a password.
 */
const fromSql = ({ cause }: SqlError.SqlError): Refusal => {
  const code = codeOf(cause)
  return new Refusal({
    reason: `the database did not do what it was asked (${/^\w{1,40}$/.test(code) ? code : "unknown error"}). ` +
      "See that it can be reached, and that its user may create, read and write the table"
  })
}

const foreign = () => new Refusal({ reason: "the table is not one of this store. Give another name for it" })

// The decoder's own error would show what it read.
const decode = (text: Text): Effect.Effect<Option.Option<TokenStore.Entry>, Refusal> =>
  Effect.transposeMapOption(text, (text) =>
    Effect.mapError(
      Schema.decode(EntryJson)(text),
      () => new Refusal({ reason: "the stored entry is damaged. Clear it, which is to log out, and log in again" })
    ))

const encode = (entry: Option.Option<TokenStore.Entry>): Effect.Effect<Text, Refusal> =>
  Effect.transposeMapOption(entry, (entry) =>
    Effect.mapError(
      Schema.encode(EntryJson)(entry),
      () =>
        new Refusal({ reason: "the entry is no JSON. Look for what is not finite in what a custom scheme remembers" })
    ))

const failing = (op: AuthError.StoreOperation) =>
  Effect.mapError(({ reason }: Refusal) => new AuthError.TokenStoreError({ op, reason }))

type Run = (statement: string, ...parameters: ReadonlyArray<string>) => Effect.Effect<unknown, Refusal>

/** A transaction that holds a lock. `end` rolls back what is not committed, and releases the connection. */
interface Transaction {
  readonly run: Run
  readonly commit: Effect.Effect<void, Refusal>
  readonly end: Effect.Effect<void>
}

// The transaction is idle while it waits for a token provider, and a server must not end it for that. The keep-alives
// detect a machine that vanished after half a minute, not after the two hours of the system.
const lockStatement = `SELECT pg_try_advisory_xact_lock($1::bigint) FROM (SELECT
  set_config('idle_in_transaction_session_timeout', '0', true),
  set_config('tcp_keepalives_idle', '15', true),
  set_config('tcp_keepalives_interval', '5', true),
  set_config('tcp_keepalives_count', '3', true) OFFSET 0) AS settings`

/**
 * A modification is a transaction on its own connection that holds an advisory lock. The lock is polled: a statement
 * that waits for it would hold a connection. To give up such a statement means to cancel what the connection does,
 * which may be something else by then. A modification does not join a caller's transaction, because a rollback would
 * bring back a spent refresh token.
 *
 * Statements go directly to the connection, because the client's spans and transformers would see the parameters.
 */
export const make = Effect.fnUntraced(function*(
  sql: SqlClient.SqlClient,
  name: string,
  timeout: Duration.DurationInput
) {
  const table = Statement.defaultEscape("\"")(name)
  const turns = yield* RcMap.make({ lookup: (_: TokenStore.ProfileKey) => Effect.makeSemaphore(1) })

  /** Fibers of this process queue, so that only one of them polls. */
  const turn = (key: TokenStore.ProfileKey): Effect.Effect<void, never, Scope.Scope> =>
    Effect.flatMap(
      RcMap.get(turns, key),
      (semaphore) =>
        Effect.uninterruptibleMask((restore) =>
          Effect.zipRight(restore(semaphore.take(1)), Effect.addFinalizer(() => semaphore.release(1)))
        )
    )

  const late = new Refusal({
    reason: `the database did not answer for ${Duration.format(timeout)}. ` +
      "See that it can be reached, and that there are more connections than entries that are modified at once"
  })

  /**
   * Stops waiting after the time limit, even in an uninterruptible region. `self` goes on, and cleans up after itself.
   */
  const bounded = <A>(self: Effect.Effect<A, SqlError.SqlError>): Effect.Effect<A, Refusal> =>
    Effect.gen(function*() {
      const answer = yield* Deferred.make<A, Refusal>()
      const timer = yield* Effect.forkDaemon(
        Effect.interruptible(Effect.delay(Deferred.fail(answer, late), timeout))
      )
      yield* self.pipe(
        Effect.mapError(fromSql),
        Effect.intoDeferred(answer),
        Effect.zipRight(Fiber.interrupt(timer)),
        Effect.uninterruptible,
        Effect.forkDaemon
      )
      return yield* Deferred.await(answer)
    })

  const connect = Effect.gen(function*() {
    // The connection is released after it has answered, however long that takes.
    const scope = yield* Effect.acquireRelease(
      Scope.make(),
      (scope) => Effect.ignore(bounded(Scope.close(scope, Exit.void)))
    )
    const connection = yield* bounded(Scope.extend(sql.reserve, scope))
    // Statements are sent one after another, even if nobody waits for an earlier answer any more.
    const alone = yield* Effect.makeSemaphore(1)
    const send = (statement: string, parameters: ReadonlyArray<string>) =>
      alone.withPermits(1)(connection.executeValues(statement, parameters))
    const run: Run = (statement, ...parameters) => bounded(send(statement, parameters))
    return { run, send, scope }
  })

  const begin = Effect.gen(function*() {
    const { run, scope, send } = yield* connect
    const open = MutableRef.make(true)
    yield* Scope.addFinalizer(
      scope,
      Effect.suspend(() => MutableRef.get(open) ? Effect.ignore(send("ROLLBACK", [])) : Effect.void)
    )
    // With this isolation level, later statements see what was committed before the lock was acquired.
    yield* run("BEGIN ISOLATION LEVEL READ COMMITTED READ WRITE")
    return {
      run,
      commit: Effect.map(run("COMMIT"), () => void MutableRef.set(open, false))
    }
  })

  const attempt = Effect.fnUntraced(function*(id: string) {
    const scope = yield* Effect.flatMap(Effect.scope, (scope) => Scope.fork(scope, ExecutionStrategy.sequential))
    const end = Scope.close(scope, Exit.void)
    const { commit, run } = yield* Scope.extend(begin, scope)
    const number = createHash("sha256").update(`${table} ${id}`).digest().readBigInt64BE()
    const rows = yield* run(lockStatement, number.toString())
    const [[locked]] = yield* Effect.orDie(Schema.decodeUnknown(Answer)(rows))
    if (locked) return { run, commit, end }
    yield* end
    return yield* new Busy()
  })

  const timedOut = new Refusal({
    reason: `another process has held the lock of the entry for ${Duration.format(timeout)}. ` +
      "Wait for its login to end, or end it"
  })

  const lock = (id: string): Effect.Effect<Transaction, Refusal, Scope.Scope> =>
    attempt(id).pipe(
      // The schedule limits the time, because a timeout cannot interrupt an uninterruptible caller.
      Effect.retry({ schedule: Schedule.upTo(pauses, timeout), while: (error) => error._tag === "Busy" }),
      Effect.catchTag("Busy", () => timedOut)
    )

  const read = (run: Run, id: string): Effect.Effect<Text, Refusal> =>
    run(`SELECT entry FROM ${table} WHERE id = $1`, id).pipe(
      Effect.flatMap((rows) => Effect.mapError(Schema.decodeUnknown(Texts)(rows), foreign)),
      Effect.map(([row]) => Option.map(Option.fromNullable(row), ([text]) => text))
    )

  const write = (transaction: Transaction, key: TokenStore.ProfileKey, next: Text) =>
    Option.match(next, {
      onNone: () => transaction.run(`DELETE FROM ${table} WHERE id = $1`, nameOf(key)),
      onSome: (text) =>
        Effect.flatMap(Effect.orDie(Schema.encode(KeyJson)(key)), (profile) =>
          transaction.run(
            `INSERT INTO ${table} (id, profile, entry) VALUES ($1, $2, $3)
              ON CONFLICT (id) DO UPDATE SET profile = EXCLUDED.profile, entry = EXCLUDED.entry`,
            nameOf(key),
            profile,
            text
          ))
    }).pipe(Effect.zipRight(transaction.commit))

  /** After the connection and its lock were lost, the currently stored entry decides. */
  const writeAgain = Effect.fnUntraced(function*(key: TokenStore.ProfileKey, before: Text, next: Text) {
    const transaction = yield* lock(nameOf(key))
    const current = yield* read(transaction.run, nameOf(key))
    if (same(current, next)) return
    if (!same(current, before)) {
      return yield* new Refusal({ reason: "another process changed the entry in the meantime. Try again" })
    }
    yield* write(transaction, key, next)
  }, Effect.scoped)

  const store = (transaction: Transaction, key: TokenStore.ProfileKey, before: Text, next: Text) =>
    same(before, next) ? Effect.void : write(transaction, key, next).pipe(
      Effect.catchAll(() => Effect.zipRight(transaction.end, writeAgain(key, before, next)))
    )

  const change = <A, E, R>(
    op: AuthError.StoreOperation,
    key: TokenStore.ProfileKey,
    /** Interruptible only inside `restore`: tokens from a provider are stored even if the caller is interrupted. */
    f: (
      current: Text,
      restore: <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>
    ) => Effect.Effect<readonly [A, Text], E, R>
  ): Effect.Effect<A, E | AuthError.TokenStoreError, R> =>
    // Not `Effect.scoped`, which would also provide the scope that `f` may require.
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) =>
        Effect.zipRight(turn(key), failing(op)(lock(nameOf(key)))).pipe(
          Scope.extend(scope),
          Effect.flatMap((transaction) =>
            Effect.uninterruptibleMask((restore) =>
              Effect.gen(function*() {
                const current = yield* failing(op)(read(transaction.run, nameOf(key)))
                const [result, next] = yield* f(current, restore)
                yield* failing(op)(store(transaction, key, current, next))
                return result
              })
            )
          )
        ),
      (scope) => Scope.close(scope, Exit.void)
    )

  const exists = Effect.gen(function*() {
    const { run } = yield* connect
    const rows = yield* run("SELECT to_regclass($1) IS NOT NULL", table)
    const [[found]] = yield* Effect.orDie(Schema.decodeUnknown(Answer)(rows))
    return found
  })

  // A user who may not create tables can use an existing one. Two users that create a table at once could both fail in
  // spite of IF NOT EXISTS, so the lock is taken. Under the lock, to_regclass may not see a table that was committed
  // just before.
  const create = Effect.gen(function*() {
    if (yield* Effect.scoped(exists)) return
    const { commit, run } = yield* lock("")
    yield* run(`CREATE TABLE IF NOT EXISTS ${table} (id text PRIMARY KEY, profile text NOT NULL, entry text NOT NULL)`)
    yield* commit
  })

  yield* failing("get")(Effect.scoped(create))

  const modify: TokenStore.Service["modify"] = (key, f) =>
    change("modify", key, (current, restore) =>
      Effect.gen(function*() {
        const before = yield* failing("modify")(decode(current))
        const [result, next] = yield* restore(f(before))
        return [result, yield* failing("modify")(encode(next))] as const
      }))

  return TokenStore.TokenStore.of({
    get: (key) =>
      connect.pipe(
        Effect.flatMap(({ run }) => read(run, nameOf(key))),
        Effect.scoped,
        Effect.flatMap(decode),
        failing("get")
      ),
    modify,
    clear: (key) => change("clear", key, () => Effect.succeed([undefined, Option.none()]))
  })
})
