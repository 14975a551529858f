import * as Wps from "@effect-wps/wps"
import { Input, Output, Process, type ProcessDescription, Wps100, Wps200, WpsDocument } from "@effect-wps/wps"
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as EffectModules from "effect"
import { Effect, Either, Option, Schema } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { compileFunction } from "node:vm"
import ts from "typescript"
import { processModule } from "../src/internal/processModule.ts"
import { refused, wps } from "./support/wps.ts"

type Description = ProcessDescription.ProcessDescription

/** Documents of real servers, which lie beside the checkout where there are any. */
const corpus = fileURLToPath(new URL("../../../../shared/corpus/", import.meta.url))
const present = existsSync(corpus)
if (!present) console.log(`skipped: the corpus of real documents is not there (${corpus})`)

const every = { jobControlOptions: [], outputTransmission: [] }

/** What TypeScript has against modules, as they would stand in a project of a user's. */
const typeErrors = (modules: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = modules.map((_, at) => fileURLToPath(new URL(`./Module${at}.ts`, import.meta.url)))
  const sources = new Map(modules.map((module, at) => [names[at] ?? "", module]))
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    noUnusedLocals: true,
    exactOptionalPropertyTypes: true,
    allowImportingTsExtensions: true,
    types: [],
    lib: ["lib.es2023.d.ts", "lib.dom.d.ts", "lib.dom.iterable.d.ts"],
    target: ts.ScriptTarget.ES2022,
    module: ts.ModuleKind.NodeNext,
    moduleResolution: ts.ModuleResolutionKind.NodeNext,
    customConditions: ["@effect-wps/source"]
  }
  const host = ts.createCompilerHost(options)
  const { fileExists, readFile } = host
  host.fileExists = (name) => sources.has(name) || fileExists(name)
  host.readFile = (name) => sources.get(name) ?? readFile(name)
  const program = ts.createProgram(names, options, host)
  return names.flatMap((name) => {
    const file = program.getSourceFile(name)
    return [...program.getSyntacticDiagnostics(file), ...program.getSemanticDiagnostics(file)]
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n"))
  })
}

const isProcess = (value: unknown): value is Process.Any => typeof value === "function" && "inputs" in value

/** The processes that a module declares. */
const evaluate = (module: string): ReadonlyArray<Process.Any> => {
  const { outputText } = ts.transpileModule(module, {
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  })
  const exports: Record<string, unknown> = {}
  Reflect.apply(compileFunction(outputText, ["exports", "require"]), undefined, [
    exports,
    (name: string) => name === "effect" ? EffectModules : Wps
  ])
  return Object.values(exports).filter(isProcess)
}

const GeoJson = Schema.Struct({ type: Schema.String })

const everything = Process.make("org.example:every-thing", {
  title: "Every \"kind\" of value",
  abstract: "Ends a comment: */ and goes\u202e on.",
  version: "1.2.3",
  inputs: {
    count: Input.literal(Schema.Int, { range: { minimum: "1", maximum: "8" }, defaultValue: "3" }),
    level: Input.optional(Input.literal(Schema.Literal(1, 2.5))),
    method: Input.literal(Schema.Literal("nearest", "linear", "it's \"odd\"")),
    length: Input.measure(Schema.Number, ["m", "km"]),
    flag: Input.literal(Schema.Boolean),
    when: Input.literal(Schema.Date),
    day: Input.literal(Schema.String, { dataType: "date" }),
    many: Input.optional(Input.repeated(Input.literal(Schema.String), { max: 4 })),
    "odd name": Input.text({ mimeType: "text/xml", schema: "http://www.opengis.net/gml", encoding: "UTF-8" }),
    __proto__2: Input.complex(GeoJson, "application/geo+json"),
    file: Input.bytes("application/x-netcdf"),
    box: Input.boundingBox("EPSG:4326", "EPSG:3857"),
    group: Input.nested({ from: Input.literal(Schema.Int), to: Input.optional(Input.literal(Schema.Int)) })
  },
  outputs: {
    area: Output.literal(Schema.Number, { uom: "m2" }),
    log: Output.text("text/plain"),
    json: Output.complex(GeoJson, "application/json"),
    image: Output.bytes("image/png"),
    extent: Output.boundingBox("EPSG:4326"),
    span: Output.nested({
      least: Output.literal(Schema.Int),
      where: Output.nested({ name: Output.literal(Schema.String) })
    })
  }
})

const plain = Process.make("plain", { inputs: { text: Input.literal(Schema.String) }, outputs: { log: Output.raw() } })

/** What a description and the process that is generated from it have in common. */
const comparable = ({ identifier, inputs, outputs, version }: Description) => {
  const dataOf = (
    data: ProcessDescription.InputDescription["data"] | ProcessDescription.OutputDescription["data"],
    isInput: boolean
  ): unknown => {
    switch (data._tag) {
      case "NestedInputs":
        return data.inputs.map(inputOf)
      case "NestedOutputs":
        return data.outputs.map(outputOf)
      case "Literal": {
        const { allowed } = data
        const [range, ...others] = allowed._tag === "AllowedValues" ? allowed.ranges : []
        const hasRange = allowed._tag === "AllowedValues" && allowed.values.length === 0 && others.length === 0 &&
          range?.closure === "closed" && Option.isNone(range.spacing)
        return [
          data._tag,
          Option.getOrElse(data.dataType, () => "string"),
          new Set([...Option.toArray(data.defaultUom), ...data.uoms]),
          isInput ? data.defaultValue : undefined,
          isInput && hasRange ? range : undefined
        ]
      }
      case "Complex": {
        const format = Option.orElse(data.defaultFormat, () => Option.fromNullable(data.formats[0]))
        return [
          data._tag,
          Option.flatMap(format, ({ mimeType }) => mimeType),
          Option.flatMap(format, ({ schema }) => schema)
        ]
      }
      case "BoundingBox":
        return [data._tag, new Set([...Option.toArray(data.defaultCrs), ...data.crs])]
    }
  }
  const inputOf = (one: ProcessDescription.InputDescription): unknown => [
    one.identifier,
    one.minOccurs === 0 || one.maxOccurs > 1 ? one.minOccurs : 1,
    one.maxOccurs,
    dataOf(one.data, true)
  ]
  const outputOf = (one: ProcessDescription.OutputDescription): unknown => [one.identifier, dataOf(one.data, false)]
  return { identifier, version, inputs: inputs.map(inputOf), outputs: outputs.map(outputOf) }
}

const generated = (descriptions: ReadonlyArray<Description>): ReadonlyArray<unknown> =>
  evaluate(processModule(descriptions)).map((one) => comparable(Process.describe(one, every)))

describe("a module of processes", () => {
  it("declares what was described: each kind of value, in any depth", () => {
    const description = Process.describe(everything, every)
    const module = processModule([description])
    deepStrictEqual(typeErrors([module]), [])
    deepStrictEqual(generated([description]), [comparable(description)])
  })

  it("is as one would write it", () => {
    const buffer = Process.make("JTS:buffer", {
      title: "Buffers a geometry",
      inputs: {
        geom: Input.text("text/xml"),
        distance: Input.literal(Schema.Number, { uom: "m" }),
        quadrantSegments: Input.optional(Input.literal(Schema.Int))
      },
      outputs: { result: Output.complex(Schema.Unknown, "application/json") }
    })
    assert.strictEqual(
      processModule([Process.describe(buffer, every)]),
      `import { Input, Output, Process } from "@effect-wps/wps"
import { Schema } from "effect"

/**
 * Buffers a geometry
 */
export const buffer = Process.make("JTS:buffer", {
  title: "Buffers a geometry",
  inputs: {
    geom: Input.text("text/xml"),
    distance: Input.literal(Schema.Number, { uom: "m" }),
    quadrantSegments: Input.optional(Input.literal(Schema.Int))
  },
  outputs: {
    result: Output.complex(Schema.Unknown, "application/json")
  }
})
`
    )
  })

  it("has names that TypeScript takes, each once, whatever the processes are called", () => {
    const names = {
      "JTS:buffer": "buffer",
      "geo:buffer": "buffer2",
      buffer: "buffer3",
      "org.n52.javaps.test.EchoProcess": "echoProcess",
      delete: "processDelete",
      "2d": "process2d",
      "": "process",
      "…": "process2",
      "a-b c": "aBC"
    }
    const identifiers = ["2d", ...Object.keys(names).filter((name) => name !== "2d")]
    const descriptions = identifiers.map((identifier) =>
      Process.describe(Process.make(identifier, { inputs: {}, outputs: {} }), every)
    )
    const module = processModule(descriptions)
    deepStrictEqual(typeErrors([module]), [])
    deepStrictEqual(
      [...module.matchAll(/^export const (\S+) =/gm)].map(([, name]) => name),
      identifiers.map((identifier) => Object.entries(names).find(([name]) => name === identifier)?.[1])
    )
    deepStrictEqual(evaluate(module).map(({ identifier }) => identifier), identifiers)
  })

  it("says of each field what the service says", () => {
    const description = Process.describe(plain, every)
    const module = processModule([{
      ...description,
      inputs: description.inputs.flatMap((input) => [
        { ...input, title: Option.some("A text"), abstract: Option.some("Of any */ length") },
        input
      ])
    }])
    assert.include(
      module,
      `  inputs: {
    /**
     * A text
     *
     * Of any *\\/ length
     */
    text: Input.literal(Schema.String)
  },`
    )
    deepStrictEqual(typeErrors([module]), [])
  })

  it("wraps what is said of a process", () => {
    const abstract = `${"many words ".repeat(40)}${"x".repeat(200)} end`
    const [described] = [Process.describe(Process.make("p", { abstract, inputs: {}, outputs: {} }), every)]
    const module = processModule([described])
    const said = [...module.matchAll(/^ \* (.*)$/gm)].map(([, line = ""]) => line)
    assert.strictEqual(said.join(" "), abstract)
    assert.isTrue(said.every((line) => line.length <= 111 || !line.includes(" ")))
  })

  it("hides nothing from who reads it, and cannot be broken out of", () => {
    const hostile = "*/ process.exit(1) /*\u202e\u2028\u200b`${1}` \" ' \\"
    const process = Process.make(hostile, {
      title: hostile,
      abstract: hostile,
      inputs: {
        [hostile]: Input.literal(Schema.String, { defaultValue: hostile, uom: hostile }),
        __proto__: Input.text(hostile)
      },
      outputs: {}
    })
    const module = processModule([Process.describe(process, every)])
    assert.notMatch(module, /[\p{Cf}\p{Zl}\p{Zp}]/u)
    deepStrictEqual(typeErrors([module]), [])
    const [again] = evaluate(module)
    assert.strictEqual(again?.identifier, hostile)
    assert.strictEqual(again?.title, hostile)
  })

  it.skipIf(!present)("is type-correct and says the same for every description of a real server", () => {
    const files = readdirSync(corpus, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".xml"))
    const described = files.flatMap((name) => {
      const read = WpsDocument.decode(new Uint8Array(readFileSync(corpus + name)))
      return Either.isRight(read) && read.right._tag === "ProcessDescriptions"
        ? [[name, read.right.value] as const]
        : []
    })
    assert.isAbove(described.length, 20)
    deepStrictEqual(typeErrors(described.map(([, descriptions]) => processModule(descriptions))), [])
    for (const [name, descriptions] of described) {
      const distinct = descriptions.map((one) => ({
        ...one,
        // An identifier that stands twice is one field.
        inputs: [...new Map(one.inputs.map((input) => [input.identifier, input])).values()],
        outputs: [...new Map(one.outputs.map((output) => [output.identifier, output])).values()]
      }))
      deepStrictEqual(generated(distinct), distinct.map(comparable), name)
    }
  })
})

describe("wps generate", () => {
  const described = Effect.forEach([Wps100.Wps100, Wps200.Wps200], ({ encodeResponse, version }) =>
    Effect.map(
      encodeResponse({
        _tag: "ProcessDescriptions",
        // WPS 1.0.0 has no values inside others.
        value: [Process.describe(version === "1.0.0" ? plain : everything, every)]
      }),
      (document) => [version, document] as const
    ))

  it.effect("reads what a service of either version answers, and writes a module", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const folder = yield* fs.makeTempDirectoryScoped()
      for (const [version, document] of yield* described) {
        const { end, written } = yield* wps(["generate"], document)
        assert.isTrue(Either.isRight(end), version)
        deepStrictEqual(typeErrors([written]), [])
        deepStrictEqual(evaluate(written).map(({ identifier }) => identifier), [
          version === "1.0.0" ? "plain" : everything.identifier
        ])
        yield* fs.writeFileString(`${folder}/describe.xml`, document)
        yield* wps(["generate", `${folder}/describe.xml`, "--output", `${folder}/processes.ts`])
        assert.strictEqual(yield* fs.readFileString(`${folder}/processes.ts`), `${written}\n`)
      }
    }).pipe(Effect.scoped, Effect.provide(NodeContext.layer)))

  it.effect("says what to do where there are no descriptions", () =>
    Effect.gen(function*() {
      const advice = "request=DescribeProcess"
      const report =
        "<ows:ExceptionReport xmlns:ows=\"http://www.opengis.net/ows/1.1\"><ows:Exception exceptionCode=\"NoSuchProcess\"/></ows:ExceptionReport>"
      const capabilities = "<wps:Capabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\"/>"
      for (
        const [typed, reason] of [["{}", "no XML"], [report, "NoSuchProcess"], [capabilities, "Capabilities"]] as const
      ) {
        const [tag, message] = yield* refused(["generate"], typed)
        assert.strictEqual(tag, "NoDescriptions")
        assert.include(message, advice)
        if (reason !== "no XML") assert.include(message, reason)
      }
      deepStrictEqual(yield* refused(["generate"]), [
        "NothingToRead",
        "There is nothing to read. Name a file (wps generate request.xml), or send one in (wps generate < request.xml)."
      ])
    }).pipe(Effect.provide(NodeContext.layer)))
})
