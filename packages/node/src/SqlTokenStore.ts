/**
 * A token store in a PostgreSQL database, for programs that run on many machines.
 *
 * @since 0.1.0
 */
import type * as AuthError from "@effect-wps/auth/AuthError"
import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as SqlClient from "@effect/sql/SqlClient"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as sqlStore from "./internal/sqlStore.ts"

/**
 * A database of this kind cannot keep tokens, because it has no suitable lock.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnsupportedDialect
  extends Schema.TaggedError<UnsupportedDialect>("@effect-wps/node/SqlTokenStore/UnsupportedDialect")(
    "UnsupportedDialect",
    { dialect: Schema.Literal("sqlite", "mysql", "mssql", "clickhouse") }
  )
{
  override get message(): string {
    return `Tokens cannot be kept in a database of the dialect "${this.dialect}". Use PostgreSQL, or for the programs ` +
      "of one machine a file, with NodeTokenStore.layerFile."
  }
}

/**
 * `table` is the name of the table. The default is `effect_wps_tokens`. A dot separates a schema from the table.
 *
 * `lockTimeout` is how long to wait while another process modifies the same entry, and for each answer of the database.
 * The default is 30 seconds. Fibers that use the same layer wait for each other without a limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly table?: string | undefined
  readonly lockTimeout?: Duration.DurationInput | undefined
}

/**
 * Keeps tokens in a table of a PostgreSQL database. Any number of machines can share it. One at a time modifies an
 * entry, under an advisory lock that ends with the connection of its holder. A database that only speaks PostgreSQL's
 * protocol must support its advisory locks (`pg_try_advisory_xact_lock`).
 *
 * The layer creates the table if it is missing. If the database user may not do that, create it yourself:
 * `CREATE TABLE effect_wps_tokens (id text PRIMARY KEY, profile text NOT NULL, entry text NOT NULL)`.
 *
 * A modification holds one connection from the pool while it runs. It never joins a transaction of yours, because a
 * rollback would bring back a refresh token that is already spent. If the connection is lost meanwhile, the entry is
 * stored over a new one, unless another process has changed it.
 *
 * Tokens are unencrypted in the table, in its backups, and in the log of a server that logs statements with their
 * parameters. `TokenStore.sealed` encrypts them before they are stored.
 *
 * The layer fails with `UnsupportedDialect` for any other database. The programs of one machine can share a file
 * instead (`NodeTokenStore.layerFile`). SQLite would lock the whole database, and its one connection, until the token
 * provider answers.
 *
 * @example
 * ```ts no-run it needs a database
 * import { TokenStore } from "@effect-wps/auth"
 * import { SqlTokenStore } from "@effect-wps/node"
 * import { PgClient } from "@effect/sql-pg"
 * import { Config, Effect, Layer } from "effect"
 *
 * // Entries are encrypted before the database sees them.
 * export const store = Layer.unwrapEffect(
 *   Effect.map(Config.redacted("WPS_TOKEN_KEY"), (key) => SqlTokenStore.layer().pipe(TokenStore.sealed(key)))
 * ).pipe(Layer.provide(PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options = {}
): Layer.Layer<TokenStore.TokenStore, UnsupportedDialect | AuthError.TokenStoreError, SqlClient.SqlClient> =>
  Layer.scoped(
    TokenStore.TokenStore,
    Effect.gen(function*() {
      const sql = yield* SqlClient.SqlClient
      const dialect = sql.onDialect({
        pg: () => "pg" as const,
        sqlite: () => "sqlite" as const,
        mysql: () => "mysql" as const,
        mssql: () => "mssql" as const,
        clickhouse: () => "clickhouse" as const
      })
      if (dialect !== "pg") return yield* new UnsupportedDialect({ dialect })
      return yield* sqlStore.make(sql, options.table ?? "effect_wps_tokens", options.lockTimeout ?? "30 seconds")
    })
  )
