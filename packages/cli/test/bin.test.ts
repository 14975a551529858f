import { Command } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Schema, Stream } from "effect"
import { readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))
const request = `variable=[{"uri":"u","id":"tas|v0"}];operation=[{"name":"CDAT.max","result":"m","input":["v0"]}]`

const readManifest = Schema.decode(Schema.parseJson(Schema.Struct({ version: Schema.String })))

/** The program as a process of its own. */
const wps = (args: ReadonlyArray<string>, typed = "") =>
  Effect.gen(function*() {
    const process = yield* Command.make("node", "--import", "tsx", "--conditions=@effect-wps/source", bin, ...args)
      .pipe(
        Command.stdin(Stream.encodeText(Stream.make(typed))),
        Command.start
      )
    const text = (stream: typeof process.stdout) => Stream.mkString(Stream.decodeText(stream))
    const [out, err, code] = yield* Effect.all([text(process.stdout), text(process.stderr), process.exitCode], {
      concurrency: "unbounded"
    })
    return { out, err, code: Number(code) }
  }).pipe(Effect.scoped, Effect.provide(NodeContext.layer))

describe("the program wps", () => {
  it.live("converts what is piped in, and ends with 0", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* wps(["convert", "--to", "datainputs"], request)
      assert.deepStrictEqual([code, err], [0, ""])
      assert.strictEqual(out, `[variable=[{"uri":"u","id":"tas|v0"}];domain=[];${request.split(";")[1] ?? ""}]\n`)
    }))

  it.live("says what failed once, on the standard error, and ends with 1", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* wps(["convert", "absent.xml"])
      assert.deepStrictEqual([code, out], [1, ""])
      assert.strictEqual(err, "absent.xml cannot be read: there is no such file or folder.\n")
    }))

  it.live("ends with 2 where the command line is wrong, and tells it without colours", () =>
    Effect.gen(function*() {
      const { code, err, out } = yield* wps(["convert", "--to", "pdf"])
      assert.strictEqual(code, 2)
      assert.include(out + err, "typescript, document")
      assert.notInclude(out + err, "\u001b")
    }))

  it.live("knows its version, and shows help without colours", () =>
    Effect.gen(function*() {
      const { version } = yield* readManifest(readFileSync(new URL("../package.json", import.meta.url), "utf8"))
      assert.strictEqual((yield* wps(["--version"])).out.trim(), version)
      const { code, out } = yield* wps(["convert", "--help"])
      assert.strictEqual(code, 0)
      assert.include(out, "--to typescript | document | json | datainputs | mermaid | dot | svg")
      assert.notInclude(out, "\u001b")
    }))
})
