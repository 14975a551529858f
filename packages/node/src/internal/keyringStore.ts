import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Napi from "@napi-rs/keyring"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { randomUUID } from "node:crypto"
import { join } from "node:path"
import * as Lock from "./lock.ts"
import * as lockedStore from "./lockedStore.ts"
import * as privateFile from "./privateFile.ts"
import { Refusal } from "./refusal.ts"

/** The part of the package that is used here, so that a test can provide its own. */
export interface Keyring {
  readonly AsyncEntry: new(
    service: string,
    account: string,
    options: Napi.EntryOptions
  ) => Pick<Napi.AsyncEntry, "getPassword" | "setPassword" | "deleteCredential">
}

export class Unusable extends Data.TaggedError("Unusable")<{
  readonly reason: "not-installed" | "refused"
  readonly detail: string
}> {}

/** The package is optional, so it is loaded only when a keyring is used. */
const loadPackage: Effect.Effect<Keyring, Unusable> = Effect.tryPromise({
  try: () => import("@napi-rs/keyring"),
  catch: () => new Unusable({ reason: "not-installed", detail: "the package @napi-rs/keyring cannot be loaded" })
})

/** How long a person has to unlock the keyring. */
const patience = "1 minute"

const EntryJson = Schema.parseJson(TokenStore.Entry)

interface Item {
  readonly get: Effect.Effect<Option.Option<string>, Refusal>
  readonly set: (value: string) => Effect.Effect<void, Refusal>
  readonly remove: Effect.Effect<void, Refusal>
}

// The errors of a keyring may contain what was written or read, so they are not shown.
const attempt = <A>(what: string, evaluate: (signal: AbortSignal) => Promise<A>): Effect.Effect<A, Refusal> =>
  Effect.tryPromise({
    try: evaluate,
    catch: () =>
      new Refusal({ reason: `the keyring of the system refused to ${what}. See that it runs and is unlocked` })
  })

/** On Linux the package would fall back to the keyring of the kernel, which does not keep items. */
const makeItem = ({ AsyncEntry }: Keyring, service: string, account: string): Effect.Effect<Item, Refusal> =>
  Effect.map(
    Effect.try({
      try: () => new AsyncEntry(service, account, { linux: { store: "secret-service" } }),
      catch: () => new Refusal({ reason: "the keyring of the system cannot be reached. See that it runs" })
    }),
    (entry) => ({
      get: Effect.map(attempt("read", (signal) => entry.getPassword(signal)), Option.fromNullable),
      set: (value) => attempt("write", (signal) => entry.setPassword(value, signal)),
      remove: attempt("delete", (signal) => entry.deleteCredential(signal))
    })
  )

/** Writes a test item. Writing unlocks a keyring, but reading a missing item does not. */
const probe = Effect.fnUntraced(function*(keyring: Keyring, service: string) {
  const account = yield* Effect.sync(randomUUID)
  const item = yield* makeItem(keyring, service, `probe ${account}`)
  yield* Effect.acquireUseRelease(item.set(account), () => item.get, () => Effect.ignore(item.remove))
})

export const make = Effect.fnUntraced(function*(
  service: string,
  directory: string,
  timeout: Duration.DurationInput,
  load: Effect.Effect<Keyring, Unusable> = loadPackage
) {
  const fs = yield* FileSystem.FileSystem
  const keyring = yield* load
  yield* probe(keyring, service).pipe(
    Effect.mapError(({ reason }) => new Unusable({ reason: "refused", detail: reason })),
    Effect.disconnect,
    Effect.timeoutFail({
      duration: patience,
      onTimeout: () => new Unusable({ reason: "refused", detail: "nobody unlocked the keyring of the system" })
    })
  )
  const lock = yield* Lock.make(timeout)

  const itemOf = (key: TokenStore.ProfileKey) => makeItem(keyring, service, lockedStore.nameOf(key))

  const read = ({ get }: Item) =>
    Effect.flatMap(get, (stored) =>
      Effect.transposeMapOption(stored, (text) =>
        Effect.mapError(
          Schema.decode(EntryJson)(text),
          () => new Refusal({ reason: "an item of the keyring is damaged. Delete it there and log in again" })
        )))

  return lockedStore.make({
    lock: (key) =>
      privateFile.ensureDirectory(directory).pipe(
        Effect.zipRight(lock(join(directory, `keyring.${lockedStore.nameOf(key)}.lock`))),
        Effect.provideService(FileSystem.FileSystem, fs)
      ),
    read: (key) => Effect.flatMap(itemOf(key), read),
    update: (key, change) =>
      Effect.gen(function*() {
        const item = yield* itemOf(key)
        const next = yield* change(yield* read(item))
        const text = yield* Effect.transposeMapOption(next, (entry) =>
          Effect.mapError(
            Schema.encode(EntryJson)(entry),
            () => new Refusal({ reason: "the entry is no JSON" })
          ))
        yield* Option.match(text, { onNone: () => item.remove, onSome: item.set })
      })
  })
})
