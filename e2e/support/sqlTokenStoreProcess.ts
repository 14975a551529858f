/** What another process does with a store in a database: `sqlTokenStoreProcess.ts <task> [<times>]`. */
import { NodeRuntime } from "@effect/platform-node"
import { PgClient } from "@effect/sql-pg"
import { Config, Console, Effect } from "effect"
import { increment, key, open } from "./sqlTokenStore.ts"

const [task, times] = process.argv.slice(2)

const program = Effect.gen(function*() {
  const store = yield* open(yield* PgClient.PgClient)
  if (task === "hold") yield* store.modify(key, () => Effect.zipRight(Console.log("ready"), Effect.never))
  yield* Console.log("ready")
  yield* Effect.replicateEffect(increment(store, key), Number(times))
})

NodeRuntime.runMain(
  Effect.scoped(program).pipe(Effect.provide(PgClient.layerConfig({ url: Config.redacted("DATABASE_URL") })))
)
