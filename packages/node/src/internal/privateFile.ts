import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { randomUUID } from "node:crypto"
import { constants, type Stats } from "node:fs"
import { type FileHandle, open } from "node:fs/promises"
import { basename, dirname, join } from "node:path"
import { codeOf, fromPlatform, Refusal } from "./refusal.ts"

/** The id of this user. Windows has none, and its file modes say nothing. */
const self: Option.Option<number> = Option.map(Option.fromNullable(process.geteuid), (geteuid) => geteuid())

const others = 0o077
const othersWrite = 0o022

const octal = (mode: number) => (mode & 0o777).toString(8).padStart(3, "0")

const attempt = <A>(path: string, evaluate: () => Promise<A>): Effect.Effect<A, Refusal> =>
  Effect.tryPromise({
    try: evaluate,
    catch: (error) => new Refusal({ reason: `${path} cannot be read (${codeOf(error)}). Check who owns it` })
  })

const fileProblem = (path: string, stats: Stats) =>
  !stats.isFile()
    ? Option.some(`${path} is not a regular file. Delete it and log in again`)
    : Option.flatMap(self, (me) =>
      stats.uid !== me
        ? Option.some(
          `${path} belongs to another user (${stats.uid}). Delete it and log in again, or give another path`
        )
        : (stats.mode & others) !== 0
        ? Option.some(
          `others can read or write ${path} (mode ${octal(stats.mode)}). If nobody has, run: chmod 600 "${path}". ` +
            "Otherwise delete it and log in again"
        )
        : Option.none())

const refuse: (problem: Option.Option<string>) => Effect.Effect<void, Refusal> = Option.match({
  onNone: () => Effect.void,
  onSome: (reason) => new Refusal({ reason })
})

/**
 * Opens a file, or gives none if there is none. It does not follow a symbolic link, and does not wait for a pipe, whose
 * open would block. The checks look at the opened file itself.
 */
const openForReading = (path: string): Effect.Effect<Option.Option<FileHandle>, Refusal> =>
  Effect.tryPromise({
    try: () => open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK),
    catch: codeOf
  }).pipe(
    Effect.asSome,
    Effect.catchAll((code) =>
      code === "ENOENT"
        ? Effect.succeedNone
        : new Refusal({
          reason: code === "ELOOP" || code === "EMLINK"
            ? `${path} is a symbolic link. Delete it and log in again, or give the path that it leads to`
            : `${path} cannot be opened (${code}). Check who owns it, or give another path`
        })
    )
  )

/** The text of a file that only this user can read and write. */
export const read = (path: string): Effect.Effect<Option.Option<string>, Refusal> =>
  Effect.acquireUseRelease(
    openForReading(path),
    (opened) =>
      Effect.transposeMapOption(opened, (handle) =>
        attempt(path, () => handle.stat()).pipe(
          Effect.flatMap((stats) => refuse(fileProblem(path, stats))),
          Effect.zipRight(attempt(path, () => handle.readFile("utf8")))
        )),
    (opened) => Effect.ignore(Effect.transposeMapOption(opened, (handle) => attempt(path, () => handle.close())))
  )

/** Checks the directory, because anyone who can write in it can replace our file. */
export const checkDirectory = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const { mode, uid } = yield* Effect.mapError(fs.stat(directory), fromPlatform("Create it, or give another path"))
  const foreign = Option.isSome(self) && Option.exists(uid, (owner) => owner !== self.value && owner !== 0)
  return yield* refuse(
    foreign
      ? Option.some(`${directory} belongs to another user. Give a path in a directory of your own`)
      : Option.isSome(self) && (mode & othersWrite) !== 0
      ? Option.some(`others can write in ${directory} (mode ${octal(mode)}). Run: chmod go-w "${directory}"`)
      : Option.none()
  )
})

/** Creates the directory for this user alone, whatever the umask, or checks the existing one. */
export const ensureDirectory = Effect.fnUntraced(function*(directory: string) {
  const fs = yield* FileSystem.FileSystem
  const advice = fromPlatform("Make it possible to create it, or give another path")
  if (!(yield* Effect.mapError(fs.exists(directory), advice))) {
    yield* fs.makeDirectory(directory, { recursive: true, mode: 0o700 }).pipe(
      Effect.zipRight(fs.chmod(directory, 0o700)),
      Effect.mapError(advice)
    )
  }
  yield* checkDirectory(directory)
})

const temporaryOf = (path: string) => ({ prefix: `${basename(path)}.`, suffix: ".tmp" })

/**
 * Removes what a killed process left. Only one process writes at a time, so no other file with such a name is in use.
 */
const removeLeftovers = Effect.fnUntraced(function*(path: string) {
  const fs = yield* FileSystem.FileSystem
  const { prefix, suffix } = temporaryOf(path)
  const names = yield* fs.readDirectory(dirname(path))
  yield* Effect.forEach(
    names.filter((name) => name.startsWith(prefix) && name.endsWith(suffix)),
    (name) => fs.remove(join(dirname(path), name), { force: true }),
    { discard: true }
  )
})

/**
 * Replaces a file with a text, completely or not at all. The caller ensures that nobody else does so meanwhile.
 *
 * The mode is set again, because a umask removes bits.
 */
export const write = (path: string, text: string): Effect.Effect<void, Refusal, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { prefix, suffix } = temporaryOf(path)
    const temporary = join(dirname(path), `${prefix}${yield* Effect.sync(randomUUID)}${suffix}`)
    yield* removeLeftovers(path)
    yield* Effect.scoped(
      Effect.gen(function*() {
        const file = yield* fs.open(temporary, { flag: "wx", mode: 0o600 })
        yield* fs.chmod(temporary, 0o600)
        yield* file.writeAll(new TextEncoder().encode(text))
        yield* file.sync
      })
    ).pipe(
      Effect.zipRight(fs.rename(temporary, path)),
      Effect.onError(() => Effect.ignore(fs.remove(temporary, { force: true })))
    )
  }).pipe(
    Effect.mapError(
      fromPlatform("Make the directory writable for you, see that the disk is not full, or give another path")
    ),
    Effect.uninterruptible
  )
