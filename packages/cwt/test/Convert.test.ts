import { Cdat, Convert, DataInputs, Dimension, Domain, Gridder, Mask, Variable, Workflow } from "@effect-wps/cwt"
import { Wps100, Wps200, type WpsProtocol } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, Option } from "effect"

const plain = `[variable=[{"uri":"u?a=b;c","id":"tas|v0"}];` +
  `domain=[{"id":"d0","lat":{"start":-90,"end":0,"step":1,"crs":"values"}}];` +
  `operation=[{"name":"CDAT.max","result":"m","input":["s"],"axes":"lat|lon"},` +
  `{"name":"CDAT.subset","result":"s","domain":"d0","input":["v0"]}]]`
const inputs = Either.getOrThrow(DataInputs.parse(plain))

const document = ({ encodeRequest }: WpsProtocol.WpsProtocol): string => {
  const message = Either.getOrThrow(encodeRequest({
    _tag: "Execute",
    request: {
      identifier: "CDAT.max",
      inputs: Either.getOrThrow(DataInputs.toInputs(inputs)),
      response: { _tag: "Document", outputs: [], mode: "async", lineage: false },
      language: Option.none()
    }
  }))
  return message._tag === "Post" ? message.body : ""
}

const refused = (source: string, form: Convert.Form = "json"): string =>
  Either.match(Convert.convert(source, form), { onLeft: (error) => error.message, onRight: () => "" })

describe("Convert", () => {
  it("reads an Execute document of either version, JSON, and the form of addresses", () => {
    const json = Either.getOrThrow(Convert.convert(plain, "json"))
    for (
      const source of [plain, json, `\uFEFF ${json}`, document(Wps100.Wps100), ` ${document(Wps200.Wps200)}\n`]
    ) deepStrictEqual(Convert.read(source), Either.right(inputs))
    deepStrictEqual(Convert.convert(document(Wps100.Wps100), "datainputs"), Either.right(plain))
  })

  it("reads the address of an Execute, what is cut out of one, and a job of LLNL's", () => {
    const json = Either.getOrThrow(Convert.convert(plain, "json"))
    const encoded = encodeURIComponent(plain)
    for (
      const source of [
        `https://compute.example.org/wps?service=WPS&request=Execute&DataInputs=${encoded}&status=true`,
        `HTTP://compute.example.org/wps/?datainputs=${encoded}#x`,
        encoded,
        `datainputs=${encoded}`,
        `DataInputs=${plain}`,
        plain.replaceAll("];", "],"),
        JSON.stringify({ id: 1, identifier: "CDAT.max", status: "ProcessAccepted", datainputs: json })
      ]
    ) deepStrictEqual(Convert.read(source), Either.right(inputs), source)
    assert.match(refused("https://compute.example.org/wps?service=WPS"), /the address has no parameter datainputs/)
    assert.match(refused("https://compute.example.org/wps?datainputs=%E0%A4%A"), /percent-encoding is broken/)
  })

  it("reads bytes, in the encoding that they are in", () => {
    const bytes = (text: string) => new TextEncoder().encode(text)
    const utf16 = (text: string) => {
      const units = Uint16Array.from(`\uFEFF${text}`, (one) => one.charCodeAt(0))
      return new Uint8Array(units.buffer)
    }
    const swapped = (text: string) => utf16(text).map((_, at, all) => all[at ^ 1] ?? 0)
    for (const source of [plain, `\uFEFF\n ${plain}`, document(Wps100.Wps100), `\uFEFF \n${document(Wps200.Wps200)}`]) {
      deepStrictEqual(Convert.read(bytes(source)), Either.right(inputs))
    }
    for (const source of [plain, document(Wps100.Wps100)]) {
      deepStrictEqual(Convert.read(utf16(source)), Either.right(inputs))
      deepStrictEqual(Convert.read(swapped(source)), Either.right(inputs))
    }

    const latin1 = (text: string) => Uint8Array.from(text, (one) => one.charCodeAt(0))
    const accented = document(Wps100.Wps100).replace(/^<\?xml[^>]*>/, "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>")
      .replace("tas|v0", "t\u00e4s|v0")
    deepStrictEqual(
      Either.map(Convert.read(latin1(accented)), ({ variable }) => variable[0]?.["id"]),
      Either.right("t\u00e4s|v0")
    )
    deepStrictEqual(
      Either.flip(Convert.read(latin1(plain.replace("tas", "t\u00e4s")))).pipe(Either.map(({ reason }) => reason)),
      Either.right("the text is no UTF-8")
    )
  })

  it("writes the document that a client sends for a job", () => {
    deepStrictEqual(Convert.convert(plain, "document"), Either.right(document(Wps100.Wps100)))
    deepStrictEqual(
      Either.flatMap(Convert.convert(plain, "document"), Convert.read),
      Either.right(inputs)
    )
    assert.match(refused(plain.replace("CDAT.max", "\\u0000"), "document"), /^These are no data inputs: .*identifier/)
    assert.include(
      refused(`variable=[];operation=[{"name":"a","input":[]},{"name":"b","input":[]}]`, "document"),
      "2 workflows"
    )
  })

  it("draws", () => {
    const workflow = Either.getOrThrow(Workflow.decode(inputs))
    deepStrictEqual(Convert.convert(plain, "mermaid"), Either.right(Workflow.toMermaid(workflow)))
    deepStrictEqual(Convert.convert(plain, "dot"), Either.right(Workflow.toDot(workflow)))
  })

  it("[F5.44] writes a program, each thing on a line of its own, before what uses it", () => {
    deepStrictEqual(
      Convert.convert(plain, "typescript", { url: "https://compute.example.org/wps?a=\"b\"" }),
      Either.right(`import { Auth } from "@effect-wps/auth"
import { Cdat, Dimension, Domain, Variable } from "@effect-wps/cwt"
import { WpsClient } from "@effect-wps/wps"
import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Console, Effect, Layer } from "effect"

const domain0 = Domain.make({ lat: Dimension.values(-90, 0) }, { id: "d0" })
const variable0 = Variable.make({ uri: "u?a=b;c", name: "tas", id: "v0" })
const operation0 = Cdat.subset({ id: "s", inputs: [variable0], domain: domain0 })
const operation1 = Cdat.max({ id: "m", inputs: [operation0], axes: ["lat", "lon"] })

export const program = WpsClient.run(operation1)

program.pipe(
  Effect.flatMap(Console.log),
  Effect.provide(
    Layer.provide(
      WpsClient.layer({ url: "https://compute.example.org/wps?a=\\"b\\"" }),
      [NodeHttpClient.layerUndici, Auth.layerAnonymous]
    )
  ),
  NodeRuntime.runMain
)
`)
    )
  })

  it("[F5.44] a program has gridders, masks, and whatever names there are, and no code of a document's", () => {
    const below = Cdat.abs({ inputs: [Variable.make({ uri: "\"; evil() //\u2028\n`${x}`", name: "tas" })] })
    const root = Workflow.make("X.Mask.", {
      inputs: [Cdat.sqrt({ inputs: [below] }), below],
      gridder: Gridder.make({ grid: Domain.make({ ["lat itude"]: Dimension.timestamps("a", "b", "P1D") }) }),
      domain: Domain.make({ lat: new Dimension.Dimension({ start: 0, end: "x", step: 1, crs: "cells" }) }, {
        mask: Mask.make({ uri: "m", name: "land", operation: "var_data>0" })
      }),
      parameters: { ["__proto__"]: 1, none: [], all: [true, Infinity] }
    })
    const lines = Convert.toTypeScript(root).split("\n")
    deepStrictEqual(lines.slice(1, 2), [
      `import { Cdat, Dimension, Domain, Gridder, Mask, Variable, Workflow } from "@effect-wps/cwt"`
    ])
    deepStrictEqual(lines.slice(6, 18), [
      `const domain0 = Domain.make({ lat: new Dimension.Dimension({ start: 0, end: "x", step: 1, crs: "cells" }) }, ` +
      `{ mask: Mask.make({ uri: "m", name: "land", operation: "var_data>0" }) })`,
      `const domain1 = Domain.make({ "lat itude": Dimension.timestamps("a", "b", "P1D") })`,
      `const variable0 = Variable.make({ uri: "\\"; evil() //\\u2028\\n\`\${x}\`", name: "tas" })`,
      `const operation0 = Cdat.abs({ inputs: [variable0] })`,
      `const operation1 = Cdat.sqrt({ inputs: [operation0] })`,
      `const operation2 = Workflow.make("X.Mask.", {`,
      `  inputs: [operation1, operation0],`,
      `  domain: domain0,`,
      `  gridder: Gridder.make({ tool: "regrid2", method: "linear", grid: domain1 }),`,
      `  parameters: { ["__proto__"]: 1, none: [], all: [true, Infinity] }`,
      `})`,
      ""
    ])
  })

  it("says what cannot be read", () => {
    assert.match(refused("<a/>"), /^These are no data inputs: /)
    assert.match(refused("{\"variable\":1}"), /variable/)
    assert.match(refused("<"), /^These are no data inputs: /)
    assert.match(
      refused(
        `<DescribeProcess xmlns="http://www.opengis.net/wps/1.0.0" xmlns:ows="http://www.opengis.net/ows/1.1" ` +
          `service="WPS" version="1.0.0"><ows:Identifier>a</ows:Identifier></DescribeProcess>`
      ),
      /the document is a DescribeProcess and no Execute/
    )
    assert.match(refused("variable=[];operation=[]", "dot"), /there is no operation/)
    assert.match(
      refused(`variable=[];operation=[{"name":"A","input":["x"]}]`, "mermaid"),
      /names the variable or operation "x"/
    )
  })
})
