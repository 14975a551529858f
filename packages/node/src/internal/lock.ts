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
 * For how many looks in a row a lock may stay as it is, if its holder cannot be looked for: about ten seconds of them.
 * Looks are counted, not time: after a sleep of the machine a holder has to get its chance to touch its lock.
 */
const silence = 110

/** The same for a lock without an owner: a holder writes its name in the moment in which it creates the lock. */
const namelessness = 15

const pauses = Schedule.exponential("5 millis", 1.5).pipe(
  Schedule.union(Schedule.spaced("100 millis")),
  Schedule.jittered
)

const Owner = Schema.parseJson(Schema.Struct({ pid: Schema.Int, host: Schema.String, nonce: Schema.String }))

/** A lock as it was seen: what stands in it, and when it was touched. */
class Seen extends Data.Class<{ readonly text: string; readonly touched: number }> {}

type Watched = HashMap.HashMap<string, { readonly seen: Seen; readonly looks: number }>

class Busy extends Data.TaggedError("Busy")<{ readonly path: string }> {}

/** A process of another user cannot be signalled, and is alive. */
const alive = (pid: number): Effect.Effect<boolean> =>
  Effect.try({ try: () => process.kill(pid, 0), catch: codeOf }).pipe(
    Effect.catchAll((code) => Effect.succeed(code !== "ESRCH"))
  )

/** Containers can share a host name and a directory, and not the numbers of their processes. */
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

/** Holds the lock of that path until the scope ends. */
export type Lock = (path: string) => Effect.Effect<void, Refusal, Scope.Scope>

/**
 * Locks between processes: a file that exists while it is held. Callers of this process queue before that.
 *
 * The holder touches the file while it holds it. A lock is stale when its process is gone, or when nobody touched it for
 * a while in which it was watched; clocks of different machines are not compared. Who finds a stale lock takes the lock
 * of taking it over, looks again, and removes it. The owner is gone and nobody else removes it, so what is removed is
 * what was looked at. A lock of taking over can itself become stale, and is taken over in the same way.
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
      // The time is the schedule's to keep: an uninterruptible caller could not be timed out otherwise.
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
