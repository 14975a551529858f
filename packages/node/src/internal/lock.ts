import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as GlobalValue from "effect/GlobalValue"
import * as HashMap from "effect/HashMap"
import * as MutableHashMap from "effect/MutableHashMap"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { randomUUID } from "node:crypto"
import { hostname } from "node:os"
import { codeOf, fromPlatform, Refusal } from "./refusal.ts"

const heartbeat = Duration.seconds(2)

/**
 * How many looks in a row a lock may stay unchanged if its holder's process cannot be checked. That takes about ten
 * seconds. Looks are counted, not time: after the machine has slept, a holder must get the chance to touch its lock.
 */
const silence = 110

/** The same for a lock without an owner. A holder writes its name at the moment it creates the lock. */
const namelessness = 15

const pauses = Schedule.exponential("5 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("100 millis")),
  Schedule.jittered
)

const Owner = Schema.parseJson(Schema.Struct({ pid: Schema.Int, host: Schema.String, nonce: Schema.String }))

/** A lock as it was seen: its text, and when it was touched. */
class Seen extends Data.Class<{ readonly text: string; readonly touched: number }> {}

type Watched = HashMap.HashMap<string, { readonly seen: Seen; readonly looks: number }>

class Busy extends Data.TaggedError("Busy")<{ readonly path: string }> {}

/** Whether a process is alive. A process of another user is alive too, but cannot be signalled. */
const alive = (pid: number): Effect.Effect<boolean> =>
  Effect.try({ try: () => process.kill(pid, 0), catch: codeOf }).pipe(
    Effect.catchAll((code) => Effect.succeed(code !== "ESRCH"))
  )

/**
 * Identifies where a process id is valid. Containers can share a host name and a directory, but not their process ids.
 */
const makeHost = Effect.fnUntraced(function*(fs: FileSystem.FileSystem) {
  const boot = yield* Effect.orElseSucceed(fs.readFileString("/proc/sys/kernel/random/boot_id"), () => "")
  const processes = yield* Effect.orElseSucceed(fs.readLink("/proc/self/ns/pid"), () => "")
  return [yield* Effect.sync(hostname), boot.trim(), processes].join(" ").trim()
})

const isReason = (reason: "AlreadyExists" | "NotFound") => (error: PlatformError): boolean =>
  error._tag === "SystemError" && error.reason === reason

const advice = fromPlatform("Make the directory writable for you, or give another path")

const semaphores = GlobalValue.globalValue(
  "@effect-wps/node/lock",
  () => MutableHashMap.empty<string, Effect.Semaphore>()
)

const semaphoreOf = (path: string): Effect.Effect<Effect.Semaphore> =>
  Effect.sync(() =>
    Option.getOrElse(MutableHashMap.get(semaphores, path), () => {
      const semaphore = Effect.unsafeMakeSemaphore(1)
      MutableHashMap.set(semaphores, path, semaphore)
      return semaphore
    })
  )

/** Holds the lock of a path until the scope ends. */
export type Lock = (path: string) => Effect.Effect<void, Refusal, Scope.Scope>

/**
 * Locks between processes. A lock is a file that exists while it is held. Callers in this process queue first.
 *
 * The holder touches the file while it holds it. A lock is stale if its process is gone, or if nobody has touched it
 * for a while under watch. The clocks of different machines are not compared. Whoever finds a stale lock takes a second
 * lock for the takeover, looks again, and removes the stale one. Its owner is gone and nobody else removes it, so the
 * removed lock is the one that was looked at. The lock of a takeover can become stale too, and is taken over in the
 * same way.
 */
export const make = Effect.fnUntraced(function*(timeout: Duration.DurationInput) {
  const fs = yield* FileSystem.FileSystem
  const host = yield* makeHost(fs)

  const create = (path: string, text: string): Effect.Effect<boolean, Refusal> =>
    fs.writeFileString(path, text, { flag: "wx", mode: 0o600 }).pipe(
      Effect.as(true),
      Effect.catchIf(isReason("AlreadyExists"), () => Effect.succeed(false)),
      Effect.mapError(advice),
      Effect.uninterruptible
    )

  const look = (path: string): Effect.Effect<Option.Option<Seen>, Refusal> =>
    Effect.all({ text: fs.readFileString(path), info: fs.stat(path) }).pipe(
      Effect.map(({ info, text }) =>
        new Seen({ text, touched: Option.match(info.mtime, { onNone: () => 0, onSome: (date) => date.getTime() }) })
      ),
      Effect.asSome,
      Effect.catchIf(isReason("NotFound"), () => Effect.succeedNone),
      Effect.mapError(advice)
    )

  const removeIf = (path: string, condition: (seen: Seen) => boolean): Effect.Effect<void, Refusal> =>
    Effect.flatMap(look(path), (seen) =>
      Option.exists(seen, condition)
        ? Effect.mapError(fs.remove(path, { force: true }), advice)
        : Effect.void)

  const isStale = Effect.fnUntraced(function*(path: string, seen: Seen, watched: Ref.Ref<Watched>) {
    const owner = Schema.decodeOption(Owner)(seen.text)
    if (Option.isSome(owner) && owner.value.host === host && !(yield* alive(owner.value.pid))) return true
    const looks = yield* Ref.modify(watched, (all) => {
      const before = Option.filter(HashMap.get(all, path), (before) => Equal.equals(before.seen, seen))
      const looks = Option.match(before, { onNone: () => 1, onSome: ({ looks }) => looks + 1 })
      return [looks, HashMap.set(all, path, { seen, looks })] as const
    })
    return looks > (Option.isSome(owner) ? silence : namelessness)
  })

  const acquire = (
    path: string,
    text: string,
    watched: Ref.Ref<Watched>
  ): Effect.Effect<void, Busy | Refusal> =>
    Effect.gen(function*() {
      if (yield* create(path, text)) return
      const seen = yield* look(path)
      if (Option.isSome(seen) && (yield* isStale(path, seen.value, watched))) {
        yield* takeOver(path, seen.value, text, watched)
      }
      return yield* new Busy({ path })
    })

  const takeOver = (path: string, stale: Seen, text: string, watched: Ref.Ref<Watched>) => {
    const guard = `${path}.stale`
    return Effect.acquireUseRelease(
      acquire(guard, text, watched),
      () => removeIf(path, (seen) => Equal.equals(seen, stale)),
      () => release(guard, text)
    )
  }

  const release = (path: string, text: string): Effect.Effect<void> =>
    Effect.ignore(removeIf(path, (seen) => seen.text === text))

  const touch = Effect.fnUntraced(function*(path: string, text: string) {
    const seen = yield* look(path)
    const now = yield* DateTime.nowAsDate
    if (Option.exists(seen, (mine) => mine.text === text)) yield* fs.utimes(path, now, now)
  })

  const timedOut = ({ path }: Busy) =>
    new Refusal({
      reason: `another process has held ${path} for ${Duration.format(timeout)}. Wait for its login to end, or end it`
    })

  const lock: Lock = Effect.fnUntraced(function*(path: string) {
    const semaphore = yield* semaphoreOf(path)
    yield* Effect.uninterruptibleMask((restore) =>
      Effect.zipRight(restore(semaphore.take(1)), Effect.addFinalizer(() => semaphore.release(1)))
    )
    const nonce = yield* Effect.sync(randomUUID)
    const text = yield* Effect.orDie(Schema.encode(Owner)({ pid: process.pid, host, nonce }))
    const watched = yield* Ref.make<Watched>(HashMap.empty())
    yield* Effect.acquireReleaseInterruptible(
      // The schedule limits the time, because a timeout cannot interrupt an uninterruptible caller.
      acquire(path, text, watched).pipe(
        Effect.retry({ schedule: Schedule.upTo(pauses, timeout), while: (error) => error._tag === "Busy" }),
        Effect.catchTag("Busy", timedOut)
      ),
      () => release(path, text)
    )
    yield* Effect.forkScoped(
      Effect.interruptible(Effect.schedule(Effect.ignore(touch(path, text)), Schedule.spaced(heartbeat)))
    )
  })
  return lock
})
