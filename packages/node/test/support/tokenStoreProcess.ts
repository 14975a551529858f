/** What another process does with a store: `tokenStoreProcess.ts <task> <path of the file> [<times>]`. */
import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as NodeTokenStore from "../../src/NodeTokenStore.ts"
import { increment, key, put, secret, secretEntry } from "./tokenStore.ts"

const [task = "", path = "", times = "0"] = process.argv.slice(2)

// What is private must not depend on it.
process.umask(0)

type Task = (store: TokenStore.Service) => Effect.Effect<unknown, { readonly message: string }>

const tasks: Record<string, Task> = {
  count: (store) => Effect.zipRight(Console.log("ready"), Effect.replicateEffect(increment(store, key), Number(times))),
  hold: (store) => store.modify(key, () => Effect.zipRight(Console.log("ready"), Effect.never)),
  write: (store) => Effect.zipRight(Console.log("ready"), Effect.forever(increment(store, key, "x".repeat(100_000)))),
  put: (store) => put(store, key, Option.some(secretEntry)),
  keyring: (store) =>
    Effect.gen(function*() {
      yield* Effect.all(Array.from({ length: 20 }, () => increment(store, key)), { concurrency: "unbounded" })
      yield* Effect.flatMap(store.get(key), (stored) => Console.log(Option.map(stored, ({ custom }) => custom)))
      yield* put(store, key, Option.some(secretEntry))
      yield* Console.log(JSON.stringify(yield* store.get(key)).includes(secret) ? "leaked" : "stored")
      yield* store.clear(key)
      yield* Effect.flatMap(store.get(key), Console.log)
    })
}

const layer = task === "keyring" ? NodeTokenStore.layerKeyring() : NodeTokenStore.layerFile({ path })

NodeRuntime.runMain(
  Effect.flatMap(TokenStore.TokenStore, (store) => tasks[task]?.(store) ?? Console.log("no such task")).pipe(
    Effect.provide(layer),
    Effect.catchAll(({ message }) => Console.log(message))
  )
)
