/**
 * A PostgreSQL server on loopback, alive as long as the scope of its layer, and empty databases of it.
 *
 * It is Debian's (`postgresql`), or the one whose programs are in the folder that POSTGRES_BIN names.
 */
import { Command, FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Config, Context, Duration, Effect, Layer, Option, Redacted, type Scope } from "effect"
import * as Crypto from "node:crypto"
import process from "node:process"
import * as Tool from "./Tool.ts"

const username = "keeper"
const password = "password-of-the-database"

export interface Database {
  readonly host: string
  readonly port: number
  readonly username: string
  readonly password: Redacted.Redacted
  readonly database: string
}

export type Pg = PgClient.PgClient

export class Postgres extends Context.Tag("effect-wps/e2e/support/Postgres")<Postgres, {
  /** A database that nobody else uses, and where nothing is. */
  readonly database: Effect.Effect<Database>
}>() {}

/** A client with a pool of connections of its own, as another program would have it. */
export const connect = (config: PgClient.PgClientConfig): Effect.Effect<Pg, never, Scope.Scope> =>
  Effect.map(Effect.orDie(Layer.build(PgClient.layer(config))), Context.get(PgClient.PgClient))

export const urlOf = (database: Database): string =>
  `postgres://${database.username}:${
    Redacted.value(database.password)
  }@${database.host}:${database.port}/${database.database}`

const install = "PostgreSQL (Debian's postgresql)"

/** The newest of those that Debian keeps side by side, which are not where programs are looked for. */
const programs = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const root = "/usr/lib/postgresql"
  const versions = yield* Effect.orElseSucceed(fs.readDirectory(root), () => [])
  const newest = versions.map(Number).filter(Number.isFinite).sort((a, b) => b - a)[0]
  return yield* newest === undefined
    ? new Tool.ToolMissing({ tool: "initdb", found: Option.none(), install })
    : Effect.succeed(path.join(root, String(newest), "bin"))
})

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const bin = yield* Effect.flatMap(
    Config.option(Config.string("POSTGRES_BIN")),
    Option.match({
      onNone: () => programs,
      onSome: Effect.succeed
    })
  )
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "postgres-" })
  const data = path.join(work, "data")
  const passwordFile = path.join(work, "password")
  yield* fs.writeFileString(passwordFile, password)

  // PostgreSQL does not run as the administrator.
  const isRoot = process.geteuid?.() === 0
  const as: ReadonlyArray<string> = isRoot ? ["setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups"] : []
  if (isRoot) yield* Tool.run(install, Command.make("chown", "-R", "postgres", work))
  const line = (program: string, ...args: ReadonlyArray<string>): readonly [string, ...Array<string>] => {
    const [first = "", ...rest] = [...as, path.join(bin, program), ...args]
    return [first, ...rest]
  }

  yield* Tool.run(
    install,
    Command.make(...line(
      "initdb",
      `--pgdata=${data}`,
      `--username=${username}`,
      `--pwfile=${passwordFile}`,
      "--auth=scram-sha-256",
      "--encoding=UTF8",
      "--no-locale",
      "--no-sync"
    ))
  )
  const port = yield* Tool.freePort
  const [command, ...args] = line("postgres", "-D", data, "-h", "127.0.0.1", "-p", `${port}`, "-k", "", "-F")
  yield* Tool.server({
    name: "PostgreSQL",
    command,
    args,
    log: path.join(work, "postgres.log"),
    ready: Tool.run(install, Command.make(...line("pg_isready", "-h", "127.0.0.1", "-p", `${port}`))),
    patience: Duration.seconds(30)
  })
  // A server that is killed leaves memory behind that belongs to no process.
  yield* Effect.addFinalizer(() =>
    Effect.ignore(Tool.run(install, Command.make(...line("pg_ctl", "stop", "-D", data, "-m", "immediate"))))
  )

  const server = { host: "127.0.0.1", port, username, password: Redacted.make(password) }
  const sql = yield* connect({ ...server, database: "postgres" })
  return Postgres.of({
    database: Effect.gen(function*() {
      const database = `test_${yield* Effect.sync(() => Crypto.randomBytes(8).toString("hex"))}`
      yield* sql`CREATE DATABASE ${sql(database)}`
      return { ...server, database }
    }).pipe(Effect.orDie)
  })
})

/** Starts the server with an empty folder of data, and ends it with the scope. */
export const layer = Layer.scoped(Postgres, make).pipe(Layer.provide(NodeContext.layer))
