import { Cdat, DataInputs, Variable, Workflow } from "@effect-wps/cwt"
import { Wps100 } from "@effect-wps/wps"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Effect, Either, Option } from "effect"
import { refused, wps } from "./support/wps.ts"

const tas = Variable.make({ uri: "https://data.example.org/tas.nc?a=b;c", name: "tas", id: "v0" })
const workflow = Cdat.max({
  inputs: [Cdat.subset({ inputs: [tas], id: "south" })],
  axes: ["lat", "lon"],
  id: "greatest"
})

const inputs = Workflow.encode(workflow)
const address = Effect.flatMap(inputs, DataInputs.format)

/** An Execute document, in the encoding that it says. */
const document = Effect.gen(function*() {
  const message = yield* Wps100.Wps100.encodeRequest({
    _tag: "Execute",
    request: {
      identifier: "CDAT.max",
      inputs: yield* Effect.flatMap(inputs, DataInputs.toInputs),
      response: { _tag: "Document", outputs: [], mode: "async", lineage: false },
      language: Option.none()
    }
  })
  return message._tag === "Post" ? message.body : ""
})

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) => fs.makeTempDirectoryScoped())

const inFolder = (name: string) => Effect.zipWith(folder, Path.Path, (directory, path) => path.join(directory, name))

describe("wps convert", () => {
  it.scoped("writes a program of what comes in, for the endpoint that is named", () =>
    Effect.gen(function*() {
      const { written } = yield* wps(["convert", "--url", "https://node.example.org/wps"], yield* address)
      assert.include(written, `Cdat.max({ id: "greatest"`)
      assert.include(written, `WpsClient.layer({ url: "https://node.example.org/wps" })`)
      assert.strictEqual(
        written,
        (yield* wps(["convert", "-t", "typescript", "--url", "https://node.example.org/wps", "-"], yield* address))
          .written
      )
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("reads a document from a file, and writes each of the forms", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* inFolder("request.xml")
      yield* fs.writeFileString(file, yield* document)
      const as = (form: string) => Effect.map(wps(["convert", "--to", form, file]), ({ written }) => written)

      assert.strictEqual(yield* as("datainputs"), yield* address)
      assert.deepStrictEqual(yield* DataInputs.parse(yield* address), yield* inputs)
      for (const form of ["json", "document"]) {
        const again = yield* wps(["convert", "--to", "datainputs"], yield* as(form))
        assert.strictEqual(again.written, yield* address)
      }
      assert.strictEqual(yield* as("mermaid"), Workflow.toMermaid(workflow).trimEnd())
      assert.strictEqual(yield* as("dot"), Workflow.toDot(workflow).trimEnd())
      const svg = yield* as("svg")
      assert.match(svg, /^<svg [\s\S]*<\/svg>$/)
      assert.include(svg, "CDAT.subset")
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("writes into a file, over what is there, and nothing on the console", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const file = yield* inFolder("request.txt")
      yield* fs.writeFileString(file, "something longer than what will stand there".repeat(100))
      const { end, written } = yield* wps(["convert", "--to", "datainputs", "-o", file], yield* address)
      assert.isTrue(Either.isRight(end))
      assert.strictEqual(written, "")
      assert.strictEqual(yield* fs.readFileString(file), `${yield* address}\n`)
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("says what to do where there is nothing to read", () =>
    Effect.gen(function*() {
      const nothing = [
        "NothingToRead",
        "There is nothing to read. Name a file (wps convert request.xml), or send one in (wps convert < request.xml)."
      ] as const
      assert.deepStrictEqual(yield* refused(["convert"]), nothing)
      assert.deepStrictEqual(yield* refused(["convert"], ""), nothing)
      assert.deepStrictEqual(yield* refused(["convert", "absent.xml"]), [
        "FileFailed",
        "absent.xml cannot be read: there is no such file or folder."
      ])
    }).pipe(Effect.provide(NodeContext.layer)))

  it.scoped("says what is wrong with what it reads, and writes nothing", () =>
    Effect.gen(function*() {
      const file = yield* inFolder("out.svg")
      const [tag, message] = yield* refused(["convert", "-t", "svg", "-o", file], "variable=[];operation=[{}]")
      assert.strictEqual(tag, "InvalidWorkflow")
      assert.include(message, "name")
      assert.isFalse(yield* Effect.flatMap(FileSystem.FileSystem, (fs) => fs.exists(file)))
      assert.strictEqual((yield* refused(["convert"], "<a/>"))[0], "InvalidDataInputs")
      assert.strictEqual((yield* refused(["convert"], "\u0000"))[0], "InvalidDataInputs")
      const [unwritten, reason] = yield* refused(["convert", "-o", `${file}/a/b`], yield* address)
      assert.strictEqual(unwritten, "FileFailed")
      assert.include(reason, "cannot be written: there is no such file or folder")
    }).pipe(Effect.provide(NodeContext.layer)))
})
