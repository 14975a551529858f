import { Command, HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"
import { createServer } from "node:net"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))

/** `npm start --` with these arguments. It ends with the scope. */
const start = (...args: ReadonlyArray<string>) =>
  Command.start(
    Command.make(process.execPath, "--import", "tsx", "--conditions=@effect-wps/source", bin, ...args)
  )

/** What a run prints to the end, and how it ends. */
const ended = (...args: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { exitCode, stderr, stdout } = yield* start(...args)
    const textOf = (stream: typeof stdout) => Stream.mkString(Stream.decodeText(stream))
    const [code, out, error] = yield* Effect.all([exitCode, textOf(stdout), textOf(stderr)], { concurrency: 3 })
    return { code: Number(code), out, error }
  })

const takenPort = Effect.acquireRelease(
  Effect.async<{ readonly port: number; readonly close: () => void }>((resume) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const address = server.address()
      const port = typeof address === "object" ? address?.port ?? 0 : 0
      resume(Effect.succeed({ port, close: () => server.close() }))
    })
  }),
  ({ close }) => Effect.sync(close)
)

describe("npm start --", () => {
  it.scopedLive("--serve says where a file is to compute over", () =>
    Effect.gen(function*() {
      const { stdout } = yield* start("--serve", "--port", "0")
      const lines = yield* stdout.pipe(Stream.decodeText(), Stream.splitLines, Stream.take(2), Stream.runCollect)
      const [listens = "", files = ""] = lines
      const url = /listens at (http:\S+\/wps),/.exec(listens)?.[1] ?? "none"
      assert.include(files, ` ${url}/outputs/data/tas.nc (variable tas),`)
      const response = yield* HttpClient.get(`${url}/outputs/data/tas.nc`)
      assert.strictEqual(response.status, 200)
    }).pipe(Effect.provide([NodeContext.layer, NodeHttpClient.layerUndici])))

  it.scopedLive("--serve says that a port is in use", () =>
    Effect.gen(function*() {
      const { port } = yield* takenPort
      const { code, error } = yield* ended("--serve", "--port", String(port))
      assert.strictEqual(code, 1)
      assert.include(error, `The port ${port} is in use. Take another one,`)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scopedLive("--port without --serve is refused", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* ended("--port", "8080"), {
        code: 1,
        out: "",
        error: "--port is for --serve: npm start -- --serve --port 8080\n"
      })
    }).pipe(Effect.provide(NodeContext.layer)))
})
