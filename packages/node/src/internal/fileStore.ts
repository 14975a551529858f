import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { dirname } from "node:path"
import * as Lock from "./lock.ts"
import * as lockedStore from "./lockedStore.ts"
import * as privateFile from "./privateFile.ts"
import { Refusal } from "./refusal.ts"

const version = 1

const Versioned = Schema.parseJson(Schema.Struct({ version: Schema.Number }))

const Contents = Schema.parseJson(Schema.Struct({
  version: Schema.Literal(version),
  entries: Schema.Array(Schema.Struct({ key: TokenStore.ProfileKey, entry: TokenStore.Entry }))
}))

type Entries = (typeof Contents.Type)["entries"]

// The decoder's own error would show what it read.
const decode = Effect.fnUntraced(function*(path: string, text: string) {
  const damaged = new Refusal({ reason: `${path} is damaged. Delete it and log in again` })
  const header = yield* Effect.mapError(Schema.decode(Versioned)(text), () => damaged)
  if (header.version !== version) {
    return yield* new Refusal({
      reason: `${path} has version ${header.version}, and this program knows ${version}. ` +
        "Use a newer program, give another path, or delete it and log in again"
    })
  }
  const { entries } = yield* Effect.mapError(Schema.decode(Contents)(text), () => damaged)
  return entries
})

const encode = (entries: Entries): Effect.Effect<string, Refusal> =>
  Effect.mapError(
    Schema.encode(Contents)({ version, entries }),
    () => new Refusal({ reason: "the entry is no JSON. Look for what is not finite in what a custom scheme remembers" })
  )

const find = (entries: Entries, key: TokenStore.ProfileKey) =>
  Option.map(Option.fromNullable(entries.find((each) => Equal.equals(each.key, key))), ({ entry }) => entry)

export const make = Effect.fnUntraced(function*(path: string, timeout: Duration.DurationInput) {
  const fs = yield* FileSystem.FileSystem
  const lock = yield* Lock.make(timeout)
  const directory = dirname(path)

  const read: Effect.Effect<Entries, Refusal> = Effect.flatMap(
    privateFile.read(path),
    Option.match({
      onNone: () => Effect.succeed([]),
      onSome: (text) => Effect.zipRight(privateFile.checkDirectory(directory), decode(path, text))
    })
  ).pipe(Effect.provideService(FileSystem.FileSystem, fs))

  return lockedStore.make({
    lock: (key) =>
      privateFile.ensureDirectory(directory).pipe(
        Effect.zipRight(lock(`${path}.${lockedStore.nameOf(key)}.lock`)),
        Effect.provideService(FileSystem.FileSystem, fs)
      ),
    read: (key) => Effect.map(read, (entries) => find(entries, key)),
    update: (key, change) =>
      Effect.gen(function*() {
        yield* lock(`${path}.lock`)
        const entries = yield* read
        const next = yield* change(find(entries, key))
        const rest = entries.filter((each) => !Equal.equals(each.key, key))
        const all = Option.match(next, { onNone: () => rest, onSome: (entry) => [...rest, { key, entry }] })
        yield* privateFile.write(path, yield* encode(all))
      }).pipe(Effect.scoped, Effect.provideService(FileSystem.FileSystem, fs))
  })
})
