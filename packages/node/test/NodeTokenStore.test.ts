import { TokenStore } from "@effect-wps/auth"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { assertNone, assertSome, deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Clock,
  ConfigProvider,
  Context,
  Deferred,
  Effect,
  Encoding,
  Exit,
  Fiber,
  Layer,
  Option,
  Redacted,
  Schedule,
  Schema,
  Stream,
  TestClock
} from "effect"
import { build } from "esbuild"
import { execFile } from "node:child_process"
import { chmodSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
import { dataDirectory } from "../src/internal/dataDirectory.ts"
import { nameOf } from "../src/internal/lockedStore.ts"
import * as NodeTokenStore from "../src/NodeTokenStore.ts"
import { count, entry, increment, key, put, secret, secretEntry } from "./support/tokenStore.ts"

const fields = { issuer: key.issuer, clientId: key.clientId, grant: key.grant }
const otherKey = new TokenStore.ProfileKey({ ...fields, profile: "other" })

const isWindows = process.platform === "win32"
const isRoot = process.geteuid?.() === 0
const nobody = 65534

/** The store of that file, as one more program would have it. */
const open = (path: string, options: NodeTokenStore.FileOptions = {}) =>
  Effect.map(Layer.build(NodeTokenStore.layerFile({ path, ...options })), Context.get(TokenStore.TokenStore))

/** A store in a directory that does not exist yet. */
const setUp = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const root = yield* fs.makeTempDirectoryScoped()
  const directory = `${root}/share/effect-wps`
  const path = `${directory}/tokens.json`
  return { fs, root, directory, path, lockFile: `${path}.${nameOf(key)}.lock`, store: yield* open(path) }
})

const modeOf = (fs: FileSystem.FileSystem, path: string) => Effect.map(fs.stat(path), ({ mode }) => mode & 0o777)

const assertConceals = (error: Error) => {
  for (const text of [error.message, error.stack ?? "", inspect(error, { depth: 30, showHidden: true })]) {
    assert.notInclude(text, secret)
  }
  assert.notInclude(JSON.stringify(error), secret)
  assert.notInclude(Cause.pretty(Cause.fail(error)), secret)
}

/** Neither read nor replaced, and the error says what to do. */
const assertRefused = (store: TokenStore.Service, advice: string) =>
  Effect.gen(function*() {
    const reading = yield* Effect.flip(store.get(key))
    const modifying = yield* Effect.flip(increment(store, key))
    const clearing = yield* Effect.flip(store.clear(key))
    assert.deepStrictEqual([reading.op, modifying.op, clearing.op], ["get", "modify", "clear"])
    for (const error of [reading, modifying, clearing]) {
      assert.strictEqual(error._tag, "TokenStoreError")
      assert.include(error.message, advice)
      assertConceals(error)
    }
  })

const sources = fileURLToPath(new URL("./support/tokenStoreProcess.ts", import.meta.url))
const fromSources = ["--import", "tsx", "--conditions=@effect-wps/source", sources]

// Processes start in a tenth of the time from one file. Where it is there are no packages.
const bundleDirectory = mkdtempSync(join(tmpdir(), "effect-wps-"))
const bundle = join(bundleDirectory, "tokenStoreProcess.mjs")

beforeAll(() => {
  // Another user runs it too.
  chmodSync(bundleDirectory, 0o755)
  return build({
    entryPoints: [sources],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@effect-wps/source"],
    external: ["@napi-rs/keyring"]
  }).then(() => undefined)
})

afterAll(() => rmSync(bundleDirectory, { recursive: true }))

/** Another process that is at its task. */
const start = Effect.fnUntraced(function*(...task: ReadonlyArray<string>) {
  const running = yield* Command.start(Command.make(process.execPath, bundle, ...task))
  const first = running.stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.runHead)
  assertSome(yield* first, "ready")
  return running
})

/** What another process says. */
const run = (options: { readonly uid?: number; readonly env?: NodeJS.ProcessEnv }, ...args: ReadonlyArray<string>) =>
  Effect.async<string>((resume) => {
    execFile(process.execPath, args, options, (_error, stdout, stderr) => resume(Effect.succeed(stdout + stderr)))
  })

describe("NodeTokenStore.layerFile", () => {
  it.scoped("gives what was stored, to the next program too, until it is cleared", () =>
    Effect.gen(function*() {
      const { path, store } = yield* setUp
      assertNone(yield* store.get(key))
      yield* put(store, key, Option.some(entry(7)))
      yield* put(store, otherKey, Option.some(entry(8)))
      const next = yield* open(path)
      assert.strictEqual(count(yield* next.get(new TokenStore.ProfileKey(fields))), 7)
      assert.strictEqual(count(yield* next.get(otherKey)), 8)
      yield* next.clear(key)
      assertNone(yield* store.get(key))
      assert.strictEqual(count(yield* store.get(otherKey)), 8)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("is JSON with a version, for this user alone, with nothing beside it", () =>
    Effect.gen(function*() {
      const { directory, fs, path, root, store } = yield* setUp
      yield* put(store, key, Option.some(secretEntry))
      const json = yield* Schema.decode(Schema.parseJson())(yield* fs.readFileString(path))
      assert.deepStrictEqual(json, {
        version: 1,
        entries: [{ key: { ...fields, scope: "", profile: "default" }, entry: { custom: { n: 1, code: secret } } }]
      })
      assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      if (isWindows) return
      assert.strictEqual(yield* modeOf(fs, path), 0o600)
      assert.strictEqual(yield* modeOf(fs, directory), 0o700)
      assert.strictEqual(yield* modeOf(fs, `${root}/share`), 0o700)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("does not make a directory to read, nor write what has not changed", () =>
    Effect.gen(function*() {
      const { directory, fs, path, store } = yield* setUp
      assertNone(yield* store.get(key))
      assert.isFalse(yield* fs.exists(directory))
      yield* put(store, key, Option.some(entry(1)))
      const before = yield* fs.stat(path)
      yield* put(store, key, Option.some(entry(1)))
      yield* store.clear(otherKey)
      deepStrictEqual((yield* fs.stat(path)).ino, before.ino)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("modifies one key by one at a time, across two layers of one process", () =>
    Effect.gen(function*() {
      const { directory, fs, path, store } = yield* setUp
      const second = yield* open(path)
      const before = yield* Effect.all(
        Array.from({ length: 60 }, (_, index) => increment(index % 2 === 0 ? store : second, key)),
        { concurrency: "unbounded" }
      )
      assert.strictEqual(new Set(before).size, 60)
      assert.strictEqual(count(yield* store.get(key)), 60)
      assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("loses nothing when many keys are modified at once", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp
      const keys = Array.from({ length: 10 }, (_, n) => new TokenStore.ProfileKey({ ...fields, profile: `${n}` }))
      yield* Effect.forEach(keys, (each) => Effect.replicateEffect(increment(store, each), 3), {
        concurrency: "unbounded"
      })
      const counts = yield* Effect.forEach(keys, (each) => Effect.map(store.get(each), count))
      assert.deepStrictEqual(counts, keys.map(() => 3))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("does not let one key wait for another, nor reading for modifying", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp
      const result = yield* store.modify(key, (current) =>
        Effect.gen(function*() {
          yield* increment(store, otherKey)
          assertNone(yield* store.get(key))
          return [count(yield* store.get(otherKey)), Option.some(entry(count(current) + 1))] as const
        }))
      assert.strictEqual(result, 1)
      assert.strictEqual(count(yield* store.get(key)), 1)
      assert.strictEqual(count(yield* store.get(otherKey)), 1)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("keeps the entry when a modification fails, dies or is interrupted, and lets the next one in", () =>
    Effect.gen(function*() {
      const { directory, fs, store } = yield* setUp
      yield* increment(store, key)
      type Step<E> = Effect.Effect<readonly [undefined, Option.Option<TokenStore.Entry>], E>
      const failing: Step<"no"> = Effect.fail("no")
      const dying: Step<never> = Effect.dieMessage("bug")
      assert.strictEqual(yield* Effect.flip(store.modify(key, () => failing)), "no")
      assert(Exit.isFailure(yield* Effect.exit(store.modify(key, () => dying))))
      const begun = yield* Deferred.make<void>()
      const running = yield* Effect.fork(
        store.modify(key, () => Effect.zipRight(Deferred.succeed(begun, undefined), Effect.never))
      )
      yield* Deferred.await(begun)
      const waiting = yield* Effect.fork(increment(store, key))
      const givenUp = yield* Effect.fork(increment(store, key))
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(givenUp)
      yield* Fiber.interrupt(running)
      assert.strictEqual(yield* Fiber.join(waiting), 1)
      assert.strictEqual(count(yield* store.get(key)), 2)
      assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("stores what a modification got, though its caller is interrupted at that moment", () =>
    Effect.gen(function*() {
      const { store } = yield* setUp
      const got = yield* Deferred.make<void>()
      const caller = yield* Effect.fork(
        store.modify(key, () => Effect.as(Deferred.succeed(got, undefined), [undefined, Option.some(entry(7))]))
      )
      yield* Deferred.await(got)
      yield* Fiber.interrupt(caller)
      assert.strictEqual(count(yield* store.get(key)), 7)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("does not write over what changed under a lock that was lost", () =>
    Effect.gen(function*() {
      const { fs, path, root, store } = yield* setUp
      const elsewhere = yield* open(`${root}/elsewhere/tokens.json`)
      yield* increment(store, key)
      yield* put(elsewhere, key, Option.some(entry(50)))
      const error = yield* Effect.flip(store.modify(key, () =>
        Effect.as(Effect.orDie(fs.rename(`${root}/elsewhere/tokens.json`, path)), [undefined, Option.some(entry(2))])))
      assert.include(error.message, "Try again")
      assert.strictEqual(count(yield* store.get(key)), 50)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("holds a sealed entry as any other", () =>
    Effect.gen(function*() {
      const { fs, path } = yield* setUp
      const sealing = TokenStore.sealed(Redacted.make(Encoding.encodeBase64(new Uint8Array(32))))
      const layer = sealing(NodeTokenStore.layerFile({ path }))
      const store = Context.get(yield* Layer.build(layer), TokenStore.TokenStore)
      yield* put(store, key, Option.some(secretEntry))
      assert.notInclude(yield* fs.readFileString(path), secret)
      assert.strictEqual(count(yield* store.get(key)), 1)
    }).pipe(Effect.provide(NodeContext.layer)))

  for (
    const [name, text, advice] of [
      ["is empty", "", "Delete it and log in again"],
      ["is not JSON", `{"version":1,"entries":"${secret}`, "Delete it and log in again"],
      ["is something else", `["${secret}"]`, "Delete it and log in again"],
      ["has an entry that is none", `{"version":1,"entries":[{"${secret}":1}]}`, "Delete it and log in again"],
      ["is of another version", `{"version":2,"tokens":"${secret}"}`, "has version 2"]
    ] as const
  ) {
    it.scoped(`refuses a file that ${name}, and leaves it as it is`, () =>
      Effect.gen(function*() {
        const { directory, fs, path, store } = yield* setUp
        yield* put(store, otherKey, Option.some(secretEntry))
        yield* fs.writeFileString(path, text)
        yield* assertRefused(store, advice)
        assert.strictEqual(yield* fs.readFileString(path), text)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      }).pipe(Effect.provide(NodeContext.layer)))
  }

  it.scoped("refuses a file that was cut anywhere", () =>
    Effect.gen(function*() {
      const { fs, path, store } = yield* setUp
      yield* put(store, key, Option.some(secretEntry))
      const whole = yield* fs.readFileString(path)
      yield* Effect.forEach(whole.split("").keys(), (length) =>
        Effect.gen(function*() {
          yield* fs.writeFileString(path, whole.slice(0, length))
          const error = yield* Effect.flip(store.get(key))
          assert.include(error.message, "Delete it")
          assertConceals(error)
        }))
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("refuses a directory in the place of the file", () =>
    Effect.gen(function*() {
      const { fs, path, store } = yield* setUp
      yield* put(store, key, Option.some(secretEntry))
      yield* fs.remove(path)
      yield* fs.makeDirectory(path)
      yield* Effect.flip(store.get(key))
      yield* Effect.flip(increment(store, key))
    }).pipe(Effect.provide(NodeContext.layer)))

  describe.skipIf(isWindows)("where files have modes", () => {
    for (const mode of [0o644, 0o640, 0o620, 0o602]) {
      it.scoped(`refuses a file of mode ${mode.toString(8)}`, () =>
        Effect.gen(function*() {
          const { fs, path, store } = yield* setUp
          yield* put(store, key, Option.some(secretEntry))
          yield* fs.chmod(path, mode)
          yield* assertRefused(store, `run: chmod 600 "${path}"`)
          yield* fs.chmod(path, 0o600)
          assert.strictEqual(count(yield* store.get(key)), 1)
        }).pipe(Effect.provide(NodeContext.layer)))
    }

    for (const mode of [0o777, 0o770, 0o702]) {
      it.scoped(`refuses a directory of mode ${mode.toString(8)}`, () =>
        Effect.gen(function*() {
          const { directory, fs, path, store } = yield* setUp
          yield* put(store, key, Option.some(secretEntry))
          yield* fs.chmod(directory, mode)
          yield* assertRefused(store, `Run: chmod go-w "${directory}"`)
          yield* fs.remove(path)
          yield* Effect.flip(put(store, key, Option.some(secretEntry)))
          assert.isFalse(yield* fs.exists(path))
        }).pipe(Effect.provide(NodeContext.layer)))
    }

    it.scoped("refuses a symbolic link, and one that leads nowhere", () =>
      Effect.gen(function*() {
        const { directory, fs, path, root, store } = yield* setUp
        yield* put(store, key, Option.some(secretEntry))
        yield* fs.rename(path, `${root}/real.json`)
        yield* fs.symlink(`${root}/real.json`, path)
        yield* assertRefused(store, "symbolic link")
        yield* fs.remove(`${root}/real.json`)
        yield* assertRefused(store, "symbolic link")
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("refuses a pipe without waiting for its other end", () =>
      Effect.gen(function*() {
        const { fs, path, store } = yield* setUp
        yield* put(store, key, Option.some(secretEntry))
        yield* fs.remove(path)
        yield* Command.exitCode(Command.make("mkfifo", "-m", "600", path))
        yield* assertRefused(store, "not a regular file")
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("leaves nothing behind in a directory that cannot be written, and says so", () =>
      Effect.gen(function*() {
        const { directory, fs, path, root, store } = yield* setUp
        yield* put(store, otherKey, Option.some(entry(1)))
        yield* fs.chmod(directory, 0o500)
        // The administrator may write everywhere, so another user tries.
        if (isRoot) {
          yield* Effect.forEach([root, `${root}/share`, directory, path], (each) => fs.chown(each, nobody, nobody))
        }
        const output = yield* run(isRoot ? { uid: nobody } : {}, bundle, "put", path)
        assert.include(output, "PermissionDenied")
        assert.include(output, "Make the directory writable")
        assert.notInclude(output, secret)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
        yield* fs.chmod(directory, 0o700)
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("leaves what was there, and nothing else, when the disk is full", () =>
      Effect.gen(function*() {
        const { directory, fs, path, store } = yield* setUp
        yield* increment(store, key)
        // No file may grow beyond 4096 bytes; the lock may be written, the tokens not.
        const small = Command.make("sh", "-c", `ulimit -f 8; exec "$@"`, "sh", process.execPath, bundle, "write", path)
        assert.include(yield* Command.string(small), "see that the disk is not full")
        assert.strictEqual(count(yield* store.get(key)), 1)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("is for this user alone under a umask of 0", () =>
      Effect.gen(function*() {
        const { directory, fs, path, store } = yield* setUp
        yield* run({}, bundle, "put", path)
        assert.strictEqual(count(yield* store.get(key)), 1)
        assert.strictEqual(yield* modeOf(fs, path), 0o600)
        assert.strictEqual(yield* modeOf(fs, directory), 0o700)
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scoped.skipIf(!isRoot)("refuses what belongs to another user", () =>
      Effect.gen(function*() {
        const { directory, fs, path, store } = yield* setUp
        yield* put(store, key, Option.some(secretEntry))
        yield* fs.chown(path, nobody, nobody)
        yield* assertRefused(store, "belongs to another user")
        yield* fs.chown(path, 0, 0)
        yield* fs.chown(directory, nobody, nobody)
        yield* assertRefused(store, "belongs to another user")
      }).pipe(Effect.provide(NodeContext.layer)))
  })

  describe("between processes", { concurrent: true }, () => {
    const elsewhere = (pid: number) => JSON.stringify({ pid, host: "elsewhere", nonce: "n" })

    it.scopedLive(
      "loses no increment of eight processes, which wait for one that is killed",
      () =>
        Effect.gen(function*() {
          const { directory, fs, path, store } = yield* setUp
          const holder = yield* start("hold", path)
          const counters = yield* Effect.all(Array.from({ length: 8 }, () => start("count", path, "10")), {
            concurrency: "unbounded"
          })
          assertNone(yield* store.get(key))
          yield* holder.kill("SIGKILL")
          const codes = yield* Effect.all(counters.map(({ exitCode }) => exitCode), { concurrency: "unbounded" })
          assert.deepStrictEqual(codes.map(Number), counters.map(() => 0))
          assert.strictEqual(count(yield* store.get(key)), 80)
          assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
        }).pipe(Effect.provide(NodeContext.layer))
    )

    it.scopedLive(
      "takes over at once from one that was killed in the middle of a modification",
      () =>
        Effect.gen(function*() {
          const { path, store } = yield* setUp
          const holder = yield* start("hold", path)
          const waiting = yield* Effect.fork(Effect.zipRight(increment(store, key), Clock.currentTimeMillis))
          const killed = yield* Effect.zipRight(holder.kill("SIGKILL"), Clock.currentTimeMillis)
          // It would be ten seconds if nothing were known of that process.
          assert.isBelow((yield* Fiber.join(waiting)) - killed, 8000)
          assert.strictEqual(count(yield* store.get(key)), 1)
        }).pipe(Effect.provide(NodeContext.layer))
    )

    it.scopedLive(
      "never shows half a file, though processes are killed while they write: 10,050 reads",
      () =>
        Effect.gen(function*() {
          const { directory, fs, path, store } = yield* setUp
          yield* increment(store, key)
          const round = Effect.gen(function*() {
            const writer = yield* start("write", path)
            const from = count(yield* store.get(key))
            const seen = Effect.replicateEffect(
              Effect.map(fs.readFileString(path), (text) => text.slice(0, 13) + text.slice(-3)),
              3300
            )
            // And for longer, where the writer is slow to get on.
            yield* Effect.repeat(
              Effect.zipRight(
                Effect.map(seen, (all) => assert.deepStrictEqual(new Set(all), new Set([`{"version":1,}]}`]))),
                store.get(key)
              ),
              { until: (token) => count(token) >= from + 2 }
            )
            yield* Effect.replicateEffect(store.get(key), 50)
            yield* writer.kill("SIGKILL")
            const written = count(yield* store.get(key))
            const before = yield* Clock.currentTimeMillis
            assert.strictEqual(yield* increment(store, key), written)
            assert.isBelow((yield* Clock.currentTimeMillis) - before, 8000)
          })
          yield* Effect.replicateEffect(round, 3)
          assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
        }).pipe(Effect.provide(NodeContext.layer))
    )

    it.scopedLive("removes what a process left that was killed while it wrote", () =>
      Effect.gen(function*() {
        const { directory, fs, path, store } = yield* setUp
        yield* increment(store, key)
        yield* fs.writeFileString(`${path}.left.tmp`, secret, { mode: 0o600 })
        yield* increment(store, key)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("waits no longer than it may, even if it cannot be interrupted", () =>
      Effect.gen(function*() {
        const { fs, lockFile, path, store } = yield* setUp
        yield* increment(store, otherKey)
        yield* fs.writeFileString(lockFile, elsewhere(1))
        const hasty = yield* open(path, { lockTimeout: "100 millis" })
        const error = yield* Effect.flip(Effect.uninterruptible(increment(hasty, key)))
        assert.include(error.message, lockFile)
        assert.include(error.message, "100ms")
        assert.strictEqual(yield* fs.readFileString(lockFile), elsewhere(1))
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("soon takes over a lock without an owner", () =>
      Effect.gen(function*() {
        const { fs, lockFile, path, store } = yield* setUp
        yield* increment(store, otherKey)
        yield* fs.writeFileString(lockFile, "")
        yield* fs.writeFileString(`${path}.lock`, "")
        assert.strictEqual(yield* increment(store, key), 0)
      }).pipe(Effect.provide(NodeContext.layer)))

    /** Lets time pass until the fiber is done; what it does with files takes real time. */
    const pass = (
      fiber: Fiber.RuntimeFiber<unknown, unknown>,
      fs: FileSystem.FileSystem,
      eachStep: Effect.Effect<void>
    ) =>
      Effect.gen(function*() {
        const before = yield* Clock.currentTimeMillis
        while (Option.isNone(yield* Fiber.poll(fiber))) {
          yield* TestClock.adjust("100 millis")
          yield* Effect.replicateEffect(fs.exists("/"), 5)
          yield* eachStep
        }
        return (yield* Clock.currentTimeMillis) - before
      })

    it.scoped("takes over a lock of another machine that nobody touches for ten seconds", () =>
      Effect.gen(function*() {
        const { directory, fs, lockFile, store } = yield* setUp
        yield* increment(store, otherKey)
        yield* fs.writeFileString(lockFile, elsewhere(1))
        const waiting = yield* Effect.fork(increment(store, key))
        assert.isAbove(yield* pass(waiting, fs, Effect.void), 9000)
        assert.strictEqual(yield* Fiber.join(waiting), 0)
        assert.deepStrictEqual(yield* fs.readDirectory(directory), ["tokens.json"])
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scoped("does not take over a lock that is touched", () =>
      Effect.gen(function*() {
        const { fs, lockFile, path } = yield* setUp
        const store = yield* open(path, { lockTimeout: "15 seconds" })
        yield* increment(store, otherKey)
        yield* fs.writeFileString(lockFile, elsewhere(1))
        const waiting = yield* Effect.fork(Effect.flip(increment(store, key)))
        const touch = Effect.flatMap(Clock.currentTimeMillis, (now) =>
          Effect.orDie(fs.utimes(lockFile, now / 1000, Math.floor(now / 5000))))
        assert.isAtLeast(yield* pass(waiting, fs, touch), 15_000)
        assert.include((yield* Fiber.join(waiting)).message, "15s")
      }).pipe(Effect.provide(NodeContext.layer)))

    it.scopedLive("touches its own lock while it works", () =>
      Effect.gen(function*() {
        const { fs, lockFile, store } = yield* setUp
        const touched = Effect.map(Effect.orDie(fs.stat(lockFile)), ({ mtime }) => Option.getOrThrow(mtime).getTime())
        const difference = yield* store.modify(key, (current) =>
          Effect.gen(function*() {
            const before = yield* touched
            yield* Effect.repeat(touched, {
              until: (now) => now >= before + 1500,
              schedule: Schedule.spaced("100 millis")
            })
            return [(yield* touched) - before, current] as const
          }))
        assert.isAtLeast(difference, 1500)
      }).pipe(Effect.provide(NodeContext.layer)))
  })

  describe("without a path", () => {
    const inSettings = (platform: NodeJS.Platform, settings: Record<string, string>) =>
      Effect.option(Effect.withConfigProvider(
        dataDirectory(platform),
        ConfigProvider.fromMap(new Map(Object.entries(settings)))
      ))

    it.effect("is where the platform keeps the data of users", () =>
      Effect.gen(function*() {
        const HOME = "/home/alice"
        assertSome(yield* inSettings("linux", { HOME, XDG_DATA_HOME: "/data" }), "/data/effect-wps")
        for (const XDG_DATA_HOME of ["", "relative"]) {
          assertSome(yield* inSettings("linux", { HOME, XDG_DATA_HOME }), "/home/alice/.local/share/effect-wps")
        }
        assertSome(yield* inSettings("freebsd", { HOME }), "/home/alice/.local/share/effect-wps")
        assertSome(yield* inSettings("darwin", { HOME }), "/home/alice/Library/Application Support/effect-wps")
        assertSome(yield* inSettings("win32", { LOCALAPPDATA: "C:\\Data" }), "C:\\Data\\effect-wps")
        assertNone(yield* inSettings("linux", { HOME: "relative" }))
        assertNone(yield* inSettings("win32", { HOME }))
      }))

    it.scoped("uses that file, and says what is missing where there is none", () =>
      Effect.gen(function*() {
        const { fs, root } = yield* setUp
        const layerIn = (settings: Map<string, string>) =>
          Layer.build(NodeTokenStore.layerFile()).pipe(
            Effect.map(Context.get(TokenStore.TokenStore)),
            Effect.withConfigProvider(ConfigProvider.fromMap(settings))
          )
        const settings = ["HOME", "XDG_DATA_HOME", "LOCALAPPDATA"].map((name) => [name, root] as const)
        const store = yield* layerIn(new Map(settings))
        yield* increment(store, key)
        const files = yield* fs.readDirectory(root, { recursive: true })
        assert(files.some((file) => file.replaceAll("\\", "/").endsWith("effect-wps/tokens.json")))
        const error = yield* Effect.flip(layerIn(new Map()))
        assert.strictEqual(error._tag, "TokenStoreError")
        assert.include(error.message, "give NodeTokenStore.layerFile a path")
      }).pipe(Effect.provide(NodeContext.layer)))
  })
})

describe("NodeTokenStore.layerKeyring", () => {
  it.scopedLive("says what to install where the package is missing, and what to use instead", () =>
    Effect.gen(function*() {
      const output = yield* run({}, bundle, "keyring")
      assert.include(output, "npm install @napi-rs/keyring")
      assert.include(output, "NodeTokenStore.layerFile")
    }))

  it.scopedLive.skipIf(process.platform !== "linux")(
    "does not start where no keyring runs, nor fall back to another",
    () =>
      Effect.gen(function*() {
        const { root } = yield* setUp
        const env = { PATH: "/usr/bin:/bin", HOME: root, DBUS_SESSION_BUS_ADDRESS: `unix:path=${root}/none` }
        const output = yield* run({ env }, ...fromSources, "keyring")
        assert.include(output, "Tokens cannot be kept in the keyring")
        assert.include(output, "NodeTokenStore.layerFile")
      }).pipe(Effect.provide(NodeContext.layer))
  )
})
