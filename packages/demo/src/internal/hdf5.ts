import { Data, Effect, Either, GlobalValue, MutableRef, type Scope } from "effect"
import * as h5wasm from "h5wasm"
import * as hdf5Times from "./hdf5Times.ts"

export class Hdf5Failure extends Data.TaggedError("Hdf5Failure")<{ readonly reason: string }> {}

export interface Hdf5 {
  /** The file is closed and its bytes are let go with the scope. */
  readonly open: (bytes: Uint8Array) => Effect.Effect<h5wasm.File, Hdf5Failure, Scope.Scope>
  /** The bytes of a new file. */
  readonly create: (build: (file: h5wasm.File) => void) => Effect.Effect<Uint8Array, Hdf5Failure>
  /** Runs calls to h5wasm, which are synchronous, and fails if HDF5 complained. */
  readonly use: <A>(calls: () => A) => Effect.Effect<A, Hdf5Failure>
}

/** h5wasm is one for the whole process, with one file system and one place for what HDF5 complains about. */
const shared = GlobalValue.globalValue("@effect-wps/demo/internal/hdf5", () => ({
  complaints: Array<string>(),
  files: MutableRef.make(0)
}))

interface Devices {
  readonly createDevice: (parent: string, name: string, input: null, output: (code: number) => void) => unknown
  readonly getStream: (fd: number) => FS.FSStream
}

/** Some calls of h5wasm ignore that HDF5 failed and go on with what happens to be in memory; HDF5 only prints it. */
const listen = (fs: FS.FileSystemType): void => {
  if (fs.analyzePath("/dev/complaints").exists) return
  // Emscripten documents these two functions; its types in h5wasm leave them out.
  const devices = fs as FS.FileSystemType & Devices
  devices.createDevice("/dev", "complaints", null, (code) => {
    shared.complaints.push(String.fromCharCode(code))
  })
  fs.close(devices.getStream(2))
  fs.open("/dev/complaints", "w")
}

/** The innermost of HDF5's stack of complaints. */
const reasonIn = (complaints: string): string =>
  complaints.split("\n").flatMap((line) => /\(\): (.+)/.exec(line)?.[1] ?? []).at(-1) ?? complaints.trim()

const use = <A>(calls: () => A): Effect.Effect<A, Hdf5Failure> =>
  Effect.suspend(() => {
    shared.complaints.length = 0
    const outcome = Either.try({ try: calls, catch: (cause) => cause instanceof Error ? cause.message : String(cause) })
    const complaints = shared.complaints.join("")
    return complaints === ""
      ? Either.mapLeft(outcome, (reason) => new Hdf5Failure({ reason }))
      : Either.left(new Hdf5Failure({ reason: reasonIn(complaints) }))
  })

const makePath = Effect.sync(() => `/${MutableRef.incrementAndGet(shared.files)}.nc`)

export const make: Effect.Effect<Hdf5, Hdf5Failure> = Effect.gen(function*() {
  const { FS: fs } = yield* Effect.tryPromise({
    try: () => h5wasm.ready,
    catch: (cause) => new Hdf5Failure({ reason: String(cause) })
  })
  yield* use(() => listen(fs))

  const path = Effect.acquireRelease(
    makePath,
    (path) => Effect.sync(() => fs.analyzePath(path).exists && fs.unlink(path))
  )

  const opened = (path: string, mode: "r" | "w") =>
    Effect.acquireRelease(
      use(() => new h5wasm.File(path, mode, { track_order: true })),
      (file) => Effect.ignore(use(() => file.close()))
    )

  return {
    use,
    open: (bytes) =>
      Effect.gen(function*() {
        const at = yield* path
        yield* use(() => fs.writeFile(at, bytes))
        return yield* opened(at, "r")
      }),
    create: (build) =>
      Effect.gen(function*() {
        const at = yield* path
        yield* Effect.scoped(Effect.flatMap(opened(at, "w"), (file) => use(() => build(file))))
        return hdf5Times.clear(yield* use(() => fs.readFile(at)))
      }).pipe(Effect.scoped)
  }
})
