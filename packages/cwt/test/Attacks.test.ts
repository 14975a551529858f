import * as Auth from "@effect-wps/auth"
import * as Cwt from "@effect-wps/cwt"
import {
  Cdat,
  Convert,
  CwtError,
  DataInputs,
  Dimension,
  Domain,
  Gridder,
  Mask,
  Parameter,
  Processes,
  Variable,
  Workflow
} from "@effect-wps/cwt"
import * as WorkflowSvg from "@effect-wps/cwt/WorkflowSvg"
import * as Wps from "@effect-wps/wps"
import { Wps100, Wps200, type WpsProtocol } from "@effect-wps/wps"
import * as Platform from "@effect/platform"
import { assert, describe, expectTypeOf, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import * as EffectModules from "effect"
import { Arbitrary, Effect, Either, Equal, FastCheck, Hash, Inspectable, Option, Schema } from "effect"
import { fileURLToPath } from "node:url"
import { compileFunction } from "node:vm"
import ts from "typescript"
import { faults, refusal, sent, text, untyped, write } from "./support/json.ts"

/** What a caller without types calls. */
const typeless = Schema.decodeUnknownSync(Schema.Any)

const v0 = Variable.make({ uri: "u", name: "tas", id: "v0" })
const v1 = Variable.make({ uri: "u1", name: "pr", id: "v1" })

/** What names and addresses may hold when somebody means ill, or only writes another language. */
const hostile: ReadonlyArray<string> = [
  `"`,
  "'",
  "`${process.exit(1)}`",
  "\\",
  "\\\"; evil() //",
  "a\nb\r\nc",
  "\u2028\u2029\u0085",
  "*/ evil() /*",
  "// x",
  "</script><script>alert(1)</script>",
  "__proto__",
  "constructor",
  "toString",
  "class",
  "await",
  "undefined",
  "operation0",
  "Workflow.make(",
  "\nexport const program = evil()",
  "a b",
  "a-b",
  "a²",
  "½",
  "\u2e2f",
  "名前",
  "\u{1D4B3}",
  "10",
  "01",
  "",
  "\u0000\u0001\u001b[2J",
  "\ud800",
  "\udc00\ud800",
  "\ufffe\uffff\ufeff",
  "\u202Egnp.exe\u200b",
  "]]>",
  "<![CDATA[",
  "&lt;&amp;&#0;",
  "%%{init: {}}%%",
  "{{x}}",
  "[variable=[]]",
  "a=b;c&d+e%20",
  "$$x$$"
]
const filled = hostile.filter((one) => one !== "")
const noBar = (one: string): string => one.replaceAll("|", "_")

const textOf = FastCheck.oneof(
  FastCheck.constantFrom(...hostile),
  FastCheck.string({ unit: "binary" }),
  FastCheck.array(FastCheck.integer({ min: 0, max: 0xffff })).map((units) => String.fromCharCode(...units))
)
const filledText = textOf.filter((one) => one !== "")
const nameText = filledText.map(noBar)
const finite = FastCheck.oneof(
  FastCheck.double({ noNaN: true, noDefaultInfinity: true }),
  FastCheck.constantFrom(-0, 1e21, 1e-7, Number.MAX_SAFE_INTEGER + 2, Number.MIN_VALUE, -Number.MAX_VALUE)
)
const step = finite.filter((number) => number !== 0)

const dimension = FastCheck.oneof(
  FastCheck.tuple(finite, finite, step).map(([start, end, step]) => Dimension.values(start, end, step)),
  FastCheck.tuple(FastCheck.maxSafeInteger(), FastCheck.maxSafeInteger(), FastCheck.integer({ max: -1 })).map((
    [start, end, step]
  ) => Dimension.indices(start, end, step)),
  FastCheck.tuple(textOf, textOf, FastCheck.oneof(step, textOf)).map(([start, end, step]) =>
    Dimension.timestamps(start, end, step)
  ),
  FastCheck.tuple(textOf, finite, step, textOf).filter(([, , , crs]) => !Schema.is(Dimension.Crs)(crs)).map((
    [start, end, step, crs]
  ) => new Dimension.Dimension({ start, end, step, crs }))
)
const dimensions = FastCheck.dictionary(
  filledText.filter((name) => name !== "id" && name !== "mask"),
  dimension,
  { maxKeys: 3 }
)
const mask = FastCheck.record({ uri: textOf, name: nameText, operation: textOf, id: filledText }).map(Mask.make)
const parameter = FastCheck.oneof(textOf.map(noBar), FastCheck.double(), FastCheck.boolean())
const parameters = FastCheck.dictionary(
  filledText.filter((name) => !["name", "result", "input", "domain", "gridder"].includes(name)),
  FastCheck.oneof(parameter, FastCheck.array(parameter, { maxLength: 3 })),
  { maxKeys: 3 }
)

/** Any workflow that can be sent: its names are told apart by a number, and otherwise are what they like. */
const workflows = FastCheck.record({
  domains: FastCheck.array(
    FastCheck.record({ dimensions, mask: FastCheck.option(mask, { nil: undefined }), id: nameText }),
    { maxLength: 3 }
  ),
  variables: FastCheck.array(
    FastCheck.record({
      uri: textOf,
      name: nameText,
      id: textOf,
      domains: FastCheck.array(FastCheck.nat(), { maxLength: 2 }),
      mimeType: FastCheck.option(textOf, { nil: undefined })
    }),
    { minLength: 1, maxLength: 4 }
  ),
  operations: FastCheck.array(
    FastCheck.record({
      identifier: filledText,
      id: textOf,
      inputs: FastCheck.array(FastCheck.nat(), { maxLength: 4 }),
      domain: FastCheck.option(FastCheck.nat(), { nil: undefined }),
      grid: FastCheck.option(FastCheck.oneof(FastCheck.nat(), textOf.map((grid) => `T${grid}`)), { nil: undefined }),
      parameters
    }),
    { minLength: 1, maxLength: 6 }
  )
}).map(({ domains, operations, variables }) => {
  const areas = domains.map(({ dimensions, id, mask }, index) =>
    Domain.make(dimensions, { id: `${id}-d${index}`, mask })
  )
  const pick = <A>(from: ReadonlyArray<A>, index: number): A | undefined => from[index % from.length]
  const things: Array<Workflow.Operand> = variables.map(({ domains, id, mimeType, name, uri }, index) =>
    Variable.make({
      uri,
      name,
      id: `${id}-v${index}`,
      domain: domains.flatMap((domain) => pick(areas, domain) ?? []),
      mimeType
    })
  )
  const grids = [...areas, ...things.filter(Variable.isVariable)]
  let root = Workflow.make("root", { inputs: things })
  for (const [index, { domain, grid, id, identifier, inputs, parameters }] of operations.entries()) {
    root = Workflow.make(identifier, {
      id: `${id}-o${index}`,
      inputs: inputs.flatMap((input) => pick(things, input) ?? []),
      domain: domain === undefined ? undefined : pick(areas, domain),
      gridder: grid === undefined
        ? undefined
        : Gridder.make({ grid: typeof grid === "string" ? grid : pick(grids, grid) }),
      parameters
    })
    things.push(root)
  }
  return root
})

const modules: Record<string, unknown> = {
  "@effect-wps/auth": Auth,
  "@effect-wps/cwt": Cwt,
  "@effect-wps/wps": Wps,
  "@effect/platform": Platform,
  effect: EffectModules
}

/** The workflow that a program makes, by running the program as far as that. */
const evaluate = (program: string): Workflow.Workflow<unknown> => {
  const end = program.lastIndexOf("\nexport const program = ")
  const root = /run\((?:Workflow\.variables\()?(\w+)\)/.exec(program.slice(end))?.[1] ?? ""
  const { diagnostics, outputText } = ts.transpileModule(`${program.slice(0, end)}\nexport const root = ${root}\n`, {
    reportDiagnostics: true,
    compilerOptions: { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 }
  })
  deepStrictEqual(diagnostics?.map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, "\n")), [])
  const exports: { root?: unknown } = {}
  Reflect.apply(compileFunction(outputText, ["exports", "require"]), undefined, [
    exports,
    (name: string) => modules[name]
  ])
  assert.isTrue(Workflow.isWorkflow(exports.root))
  return Workflow.isWorkflow(exports.root) ? exports.root : Workflow.make("nothing")
}

/** What TypeScript has against some programs, as they would stand in a project of a user's. */
const typeErrors = (programs: ReadonlyArray<string>): ReadonlyArray<string> => {
  const names = programs.map((_, index) => fileURLToPath(new URL(`./Program${index}.ts`, import.meta.url)))
  const sources = new Map(programs.map((program, index) => [names[index] ?? "", program]))
  const options: ts.CompilerOptions = {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
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
  const { fileExists, getSourceFile, readFile } = host
  host.fileExists = (name) => sources.has(name) || fileExists(name)
  host.readFile = (name) => sources.get(name) ?? readFile(name)
  host.getSourceFile = (name, language, ...rest) => {
    const source = sources.get(name)
    return source === undefined
      ? getSourceFile(name, language, ...rest)
      : ts.createSourceFile(name, source, language)
  }
  const checked = ts.createProgram(names, options, host)
  return names.flatMap((name) => {
    const file = checked.getSourceFile(name)
    return file === undefined
      ? [`${name} is not there`]
      : [...checked.getSyntacticDiagnostics(file), ...checked.getSemanticDiagnostics(file)].map(({ messageText }) =>
        ts.flattenDiagnosticMessageText(messageText, "\n")
      )
  })
}

/** One workflow with each of the hostile texts wherever a text can be. */
const everywhere = (one: string): Workflow.Workflow<unknown> => {
  const domain = Domain.make({
    [one]: [0, 1],
    [`${one}x`]: Dimension.timestamps(one, one, one),
    [`${one}y`]: new Dimension.Dimension({ start: 1980, end: 1990, step: 1, crs: "timestamps" }),
    [`${one}z`]: new Dimension.Dimension({ start: 0, end: one, step: 2, crs: `${one}c` })
  }, {
    id: noBar(one),
    mask: Mask.make({ uri: one, name: noBar(one), operation: one, id: one })
  })
  const variable = Variable.make({ uri: one, name: noBar(one), id: `${one}v`, domain, mimeType: one })
  const below = Workflow.make(one, { id: one, inputs: [variable], domain, parameters: { [one]: noBar(one) } })
  return Workflow.make(one, {
    id: `${one}o`,
    inputs: [below, variable],
    gridder: Gridder.make({ tool: one, method: one, grid: variable }),
    parameters: { [one]: [noBar(one), -0, 1e21, NaN, -Infinity, true] }
  })
}

describe("programs", () => {
  for (const one of filled) {
    it.effect(`give back what they were made of, names being ${JSON.stringify(one)}`, () =>
      Effect.gen(function*() {
        const workflow = everywhere(one)
        assert.strictEqual(yield* sent(evaluate(Convert.toTypeScript(workflow))), yield* sent(workflow))
      }))
  }

  it.effect.prop("give back any workflow", [workflows], ([workflow]) =>
    Effect.gen(function*() {
      assert.strictEqual(yield* sent(evaluate(Convert.toTypeScript(workflow))), yield* sent(workflow))
    }))

  it("are type-correct, whatever the names", () => {
    const url = hostile.join("")
    deepStrictEqual(
      typeErrors([
        ...filled.map((one) => Convert.toTypeScript(everywhere(one), { url })),
        Convert.toTypeScript(Workflow.make("none", { parameters: { none: [] } }))
      ]),
      []
    )
  }, 120_000)

  const cdat = [
    ...[
      "abs",
      "add",
      "aggregate",
      "count",
      "divide",
      "exp",
      "filter_map",
      "groupby_bins",
      "log",
      "max",
      "mean",
      "merge"
    ],
    ...["min", "multiply", "power", "sqrt", "squeeze", "std", "subset", "subtract", "sum", "var", "where", "workflow"]
  ].map((name) => `CDAT.${name}`)

  /** Parameters that `Cdat` has, and some that it cannot say. */
  const wishes: ReadonlyArray<Record<string, Parameter.Value | ReadonlyArray<Parameter.Value>>> = [
    {},
    { axes: ["lat", "lon"] },
    { axes: "time", rename: ["a", "b", "c d", "e"], variable: "tas" },
    { const: 2.5, fillna: "-3" },
    { const: "3.0" },
    { cond: "tas>=pr" },
    { other: 0, cond: "tas>273.15", func: "mean" },
    { func: "max", cond: "lat==0" },
    { cond: "no comparison", func: "max" },
    { bins: [0, 1.5, "2"] },
    { bins: ["t", "month", "ave", "year"] },
    { method: "nearest" },
    { method: "cubic" },
    { compat: "override" },
    { compat: ["override", "equals"] },
    { rename: ["a", "b", "a", "c"] },
    { rename: ["__proto__", "b"] },
    { rename: ["1", "b", "0", "c"] },
    { rename: ["odd"] },
    { variable: "", axes: [] },
    { axes: [""], fillna: Infinity },
    { axes: [1, true], fillna: NaN }
  ]
  const hostileWishes = hostile.filter((one) => !one.includes("|")).map((one) => ({
    axes: [one],
    variable: one,
    rename: [one, one]
  }))

  it.effect(
    "say CDAT's operations with Cdat where it says exactly the same, and type-correct",
    () =>
      Effect.gen(function*() {
        const two = ["a", "b"].map((name) => Variable.make({ uri: name, name, id: name }))
        const make = (identifier: string, inputs: ReadonlyArray<Variable.Variable>, parameters: Workflow.Parameters) =>
          Workflow.make(identifier, {
            id: "x",
            inputs,
            domain: Domain.make({ lat: [0, 1] }, { id: "d" }),
            gridder: Gridder.T42,
            parameters
          })
        const all = [
          ...cdat.flatMap((identifier) => wishes.map((parameters) => make(identifier, two, parameters))),
          ...cdat.flatMap((identifier) => [two.slice(0, 1), []].map((inputs) => make(identifier, inputs, {}))),
          ...hostileWishes.map((parameters) => make("CDAT.max", two, parameters))
        ]
        const programs = all.map((one) => Convert.toTypeScript(one))
        yield* Effect.forEach(all, (workflow, index) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* sent(evaluate(programs[index] ?? "")), yield* sent(workflow))
          }))
        const typed = programs.filter((program) => program.includes(" = Cdat."))
        for (const name of Object.keys(Cdat)) {
          assert.isTrue(typed.some((program) => program.includes(` = Cdat.${name}(`)), name)
        }
        assert.isBelow(typed.length, programs.length)
        deepStrictEqual(typeErrors(typed), [])
      }),
    120_000
  )

  it("of an operation are short, and its result is what the operation gives", () => {
    const tas = Variable.make({ uri: "u", name: "tas" })
    const south = Cdat.subset({ inputs: [tas], domain: Domain.make({ lat: [-90, 0] }), method: "nearest" })
    const lines = Convert.toTypeScript(Cdat.where({ inputs: [south], cond: "tas>273.15", other: -1 })).split("\n")
    deepStrictEqual([lines[1], ...lines.slice(6, 12)], [
      `import { Cdat, Dimension, Domain, Variable } from "@effect-wps/cwt"`,
      `const domain0 = Domain.make({ lat: Dimension.values(-90, 0) })`,
      `const variable0 = Variable.make({ uri: "u", name: "tas" })`,
      `const operation0 = Cdat.subset({ inputs: [variable0], domain: domain0, method: "nearest" })`,
      `const operation1 = Cdat.where({ inputs: [operation0], cond: "tas>273.15", other: -1 })`,
      "",
      `export const program = WpsClient.run(operation1)`
    ])
  })

  it("hide nothing from who reads them", () => {
    const program = Convert.toTypeScript(everywhere("\u202Egnp.exe\u200b\u2028\u2029\u0085\u{E0041}\ufeff"))
    assert.notMatch(program, /[\p{Cf}\p{Zl}\p{Zp}\u007F-\u009F]/u)
    assert.notInclude(program, "\ud800")
  })

  it("are written from texts of any length", () => {
    const long = Variable.make({ uri: "\\\"".repeat(3_000_000), name: "tas" })
    assert.isAbove(Convert.toTypeScript(Cdat.abs({ inputs: [long] })).length, 12_000_000)
  })

  it("import what they use, and not what is only named in a text", () => {
    const used = (workflow: Workflow.Workflow<unknown>) => Convert.toTypeScript(workflow).split("\n")[1]
    assert.strictEqual(used(Workflow.make("Domain.Mask.")), `import { Workflow } from "@effect-wps/cwt"`)
    assert.strictEqual(
      used(Workflow.make("X", { domain: Domain.make({}) })),
      `import { Domain, Workflow } from "@effect-wps/cwt"`
    )
  })
})

const document = (protocol: WpsProtocol.WpsProtocol, inputs: DataInputs.DataInputs, identifier = "X") =>
  Either.flatMap(
    DataInputs.toInputs(inputs),
    (given): Either.Either<WpsProtocol.WpsMessage, unknown> =>
      protocol.encodeRequest({
        _tag: "Execute",
        request: {
          identifier,
          inputs: given,
          response: { _tag: "Document", outputs: [], mode: "async", lineage: false },
          language: Option.none()
        }
      })
  )

describe("round trips", () => {
  it.effect.prop("encode, decode, encode", [workflows], ([workflow]) =>
    Effect.gen(function*() {
      const encoded = yield* Workflow.encode(workflow)
      assert.strictEqual(yield* sent(yield* Workflow.decode(encoded)), text(encoded))
    }))

  it.effect.prop("encode, the form of addresses, parse", [workflows], ([workflow]) =>
    Effect.gen(function*() {
      const encoded = yield* Workflow.encode(workflow)
      const written = yield* DataInputs.format(encoded)
      assert.strictEqual(text(yield* DataInputs.parse(written)), text(encoded))
      assert.strictEqual(text(yield* DataInputs.parse(written.slice(1, -1))), text(encoded))
      assert.strictEqual(text(yield* Convert.read(yield* Convert.convert(written, "json"))), text(encoded))
    }))

  it.effect.prop(
    "encode, an Execute document of either version, read",
    [workflows],
    ([workflow]) =>
      Effect.gen(function*() {
        const encoded = yield* Workflow.encode(workflow)
        for (const protocol of [Wps100.Wps100, Wps200.Wps200]) {
          const message = yield* document(protocol, encoded)
          assert.strictEqual(text(yield* Convert.read(message._tag === "Post" ? message.body : "")), text(encoded))
        }
      })
  )

  it.effect.prop(
    "encode, a query of ESGF's, parse: the same, or refused before it is sent",
    [workflows],
    ([workflow]) =>
      Effect.gen(function*() {
        const encoded = yield* Workflow.encode(workflow)
        const message = document(Wps100.byGet({ dialect: "esgf" }), encoded)
        const query = Either.isRight(message) && message.right._tag === "Get"
          ? String(message.right.parameters.find(([name]) => name === "DataInputs")?.[1])
          : undefined
        const carried = !/[&=;]/.test(text(encoded))
        assert.isTrue(query !== undefined || !carried)
        if (query !== undefined) assert.strictEqual(text(yield* DataInputs.parse(query)), text(encoded))
      })
  )

  it("a process whose name XML cannot carry is refused, and no broken document", () => {
    const inputs = { variable: [], domain: [], operation: [] }
    assert.isTrue(Either.isLeft(document(Wps100.Wps100, inputs, "a\u0000b")))
    assert.isTrue(Either.isLeft(document(Wps200.Wps200, inputs, "a\ufffeb")))
  })
})

describe("drawings", () => {
  const drawn = (one: string) => everywhere(one)

  it("Mermaid: a line is a node or an edge, and a label never ends itself", () => {
    for (const one of hostile) {
      const [first, ...lines] = Workflow.toMermaid(drawn(one)).trimEnd().split("\n")
      assert.strictEqual(first, "flowchart LR")
      assert.lengthOf(lines, 6)
      for (const line of lines) {
        assert.match(
          line,
          /^ {2}(?:operation\d\["(?:[\p{L}\p{N} .,:/_()+*=-]|#\d+;|<br\/>)+"\]|variable\d\[\("(?:[\p{L}\p{N} .,:/_()+*=-]|#\d+;|<br\/>)+"\)\]|\w+ --> \w+)$/u
        )
      }
    }
  })

  it("Mermaid: no label is empty, which would break the whole", () => {
    assert.include(Workflow.toMermaid(Workflow.make("")), `operation0[" "]`)
  })

  it("Mermaid: no formula, icon, style, or mark for an entity is made of a text", () => {
    const line = (one: string) => Workflow.toMermaid(Workflow.make(one)).split("\n")[1] ?? ""
    assert.include(line("$$x$$"), "#36;#8203;#36;")
    assert.include(line("fa:fa-car"), "fa:#8203;fa-car")
    assert.notMatch(line("style x:#fff"), /style/)
    assert.notMatch(line("classDef x fill:#fff"), /classDef/)
    assert.notInclude(line("ﬂ°60¶ß"), "ﬂ")
  })

  it("DOT: a line is a node or an edge, and a label never ends itself", () => {
    for (const one of hostile) {
      const lines = Workflow.toDot(drawn(one)).trimEnd().split("\n")
      deepStrictEqual([lines[0], lines[1], lines.at(-1)], ["digraph workflow {", "  rankdir=LR;", "}"])
      assert.lengthOf(lines, 9)
      for (const line of lines.slice(2, -1)) {
        assert.match(line, /^ {2}(?:\w+ \[shape=(?:box|cylinder), label="(?:[^"\\]|\\["\\n])*"\]|\w+ -> \w+);$/)
      }
    }
  })

  it("DOT: entities are what somebody wrote, and characters that XML does not have are replaced", () => {
    const label = (one: string) => /label="(.*)"/.exec(Workflow.toDot(Workflow.make(one)))?.[1]
    assert.strictEqual(label("&lt;b&gt;"), "&amp;lt;b&amp;gt;")
    assert.strictEqual(label("a\u0000\u0008\ud800\ufffe"), "a\ufffd\ufffd\ufffd\ufffd")
    assert.strictEqual(label("\\N\\"), "\\\\N\\\\")
  })

  it.effect("SVG: the names are text", () =>
    Effect.gen(function*() {
      const svg = yield* WorkflowSvg.toSvg(everywhere("<script>&lt;\"]; x [URL=\"javascript:1\""))
      assert.notMatch(svg, /<script|<a |href=/)
      assert.include(svg, "&amp;lt;")
    }))

  it("a name of a megabyte is cut off", () => {
    const long = Cdat.mean({ inputs: [v0], axes: Array.from({ length: 100_000 }, (_, index) => `axis${index}`) })
    const longer = Workflow.make("x".repeat(1_000_000), { inputs: [long] })
    assert.isBelow(Workflow.toMermaid(longer).length, 3000)
    assert.isBelow(Workflow.toDot(longer).length, 3000)
  })

  it("what a caller without types gave is left out, and is no crash", () => {
    const odd = Workflow.make("X", {
      inputs: [Variable.make({ uri: "u", name: "tas", domain: untyped("[3]") }), untyped("null")],
      domain: untyped("\"d0\""),
      gridder: untyped("\"T85\""),
      parameters: untyped("[null]")
    })
    assert.include(Workflow.toMermaid(odd), `operation0["X"]`)
    assert.include(Workflow.toDot(odd), `label="X"`)
    assert.include(Convert.toTypeScript(odd), `Workflow.make("X"`)
    const updated = Workflow.update(odd, { parameters: untyped("[null, 1]") })
    assert.isTrue(Either.isLeft(Workflow.parameter(updated, "axes")))
  })
})

/** All that can be asked of a workflow. */
const everything = (workflow: Workflow.Workflow<unknown>) =>
  Effect.gen(function*() {
    const encoded = yield* Workflow.encode(workflow)
    const again = yield* Workflow.decode(encoded)
    assert.strictEqual(yield* sent(again), text(encoded))
    const inputs = yield* workflow.inputs
    deepStrictEqual(inputs.map(({ identifier }) => identifier), ["variable", "domain", "operation"])
    assert.isAbove(Workflow.toMermaid(workflow).length, 0)
    assert.isAbove(Workflow.toDot(workflow).length, 0)
    assert.isAbove(Convert.toTypeScript(workflow).length, 0)
    return encoded
  })

describe("graphs", () => {
  it.effect("a chain of 10 000 operations", () =>
    Effect.gen(function*() {
      let chain = Cdat.abs({ inputs: [v0] })
      for (let length = 1; length < 10_000; length++) chain = Cdat.abs({ inputs: [chain] })
      assert.lengthOf((yield* everything(chain)).operation, 10_000)
    }))

  it.effect("an operation of 10 000 inputs, and one of 20 000 parameters", () =>
    Effect.gen(function*() {
      const inputs = Array.from({ length: 10_000 }, (_, index) => Variable.make({ uri: `u${index}`, name: "tas" }))
      const parameters = Array.from({ length: 20_000 }, (_, index) => Parameter.make(`p${index}`, index))
      const wide = Workflow.update(Cdat.aggregate({ inputs }), { parameters })
      const { operation, variable } = yield* everything(wide)
      assert.lengthOf(variable, 10_000)
      assert.lengthOf(Object.keys(operation[0] ?? {}), 20_003)
    }))

  it.effect("diamonds of 30 levels are 31 operations, also when they are printed", () =>
    Effect.gen(function*() {
      let diamond = Cdat.abs({ inputs: [v0] })
      for (let level = 0; level < 30; level++) diamond = Cdat.add({ inputs: [diamond, diamond] })
      assert.lengthOf((yield* everything(diamond)).operation, 31)
      assert.isBelow(text(diamond).length, 500)
      assert.include(Inspectable.toStringUnknown(diamond), "CDAT.add")
    }))

  it.effect("[F5.25] a cycle that somebody makes by changing a list is refused, and drawn", () =>
    Effect.gen(function*() {
      const inner = Cdat.abs({ inputs: [v0], id: "inner" })
      const outer = Cdat.sqrt({ inputs: [inner], id: "outer" })
      Reflect.apply(Array.prototype.push, inner.operands, [outer])
      deepStrictEqual(yield* faults(outer), [
        "operations take each other's results: outer ← inner ← outer; take one of these inputs away"
      ])
      assert.include(Workflow.toMermaid(outer), "operation0 --> operation1")
      assert.include(Convert.toTypeScript(outer), "const operation1")
    }))

  it("[F5.25] cycles are found in a time that grows with the document, and told of once each", () => {
    const length = 5000
    const operation = Array.from({ length }, (_, index) => ({
      name: "A",
      result: `r${index}`,
      input: index < length - 1 ? [`r${length - 2 - index}`, `r${index + 1}`] : ["r0"]
    }))
    const error = Either.getOrThrow(Either.flip(Workflow.decode({ variable: [], domain: [], operation })))
    assert.isBelow(error.message.length, 5000)
    const members = error._tag === "InvalidWorkflow"
      ? error.faults.flatMap((fault) => fault._tag === "CyclicWorkflow" ? fault.path.slice(1) : [])
      : []
    assert.isAbove(members.length, 0)
    assert.lengthOf(new Set(members), members.length)
  })

  it("[F5.25] cycles that have nothing in common are all told of", () => {
    const cyclic = (...pairs: ReadonlyArray<readonly [string, ReadonlyArray<string>]>) =>
      Either.match(
        Workflow.decode({
          variable: [],
          domain: [],
          operation: pairs.map(([result, input]) => ({ name: "A", result, input }))
        }),
        {
          onLeft: (error) =>
            error._tag === "InvalidWorkflow"
              ? error.faults.map((fault) => fault._tag === "CyclicWorkflow" ? fault.path.join(" ") : fault._tag)
              : [error._tag],
          onRight: () => []
        }
      )
    deepStrictEqual(cyclic(["a", ["b", "a"]], ["b", ["c"]], ["c", ["b"]]), ["b c b", "a a"])
    deepStrictEqual(cyclic(["a", ["b"]], ["b", ["a"]], ["c", ["c"]]), ["a b a", "c c"])
    deepStrictEqual(cyclic(["a", ["b"]], ["b", ["a", "c"]], ["c", ["c"]]), ["a b a", "c c"])
    deepStrictEqual(cyclic(["a", ["b", "c"]], ["b", ["d"]], ["c", ["d"]], ["d", []]), [])
  })
})

const nested = `${"[".repeat(500_000)}${"]".repeat(500_000)}`

describe("hostile documents", () => {
  const problem = (source: string): string =>
    Either.match(Either.flatMap(Convert.read(source), Workflow.decode), {
      onLeft: (error) => error.message,
      onRight: () => "nothing"
    })
  const variable = `variable=[{"uri":"u","id":"tas|v"}]`

  it("a field called __proto__ is a field: nothing is lost, and it gives no others", () => {
    const source = `${variable};domain=[];operation=[{"name":"A","input":["v"],"__proto__":"x"}]`
    assert.strictEqual(Either.getOrThrow(Convert.convert(source, "datainputs")), `[${source}]`)
    const { operation } = Either.getOrThrow(
      DataInputs.parse(`variable=[];operation=[{"name":"A","__proto__":{"input":["v"],"result":"r"}}]`)
    )
    assert.isUndefined(operation[0]?.["input"])
    assert.match(
      problem(`${variable};operation=[{"name":"A","__proto__":{"input":["v"],"result":"r"}}]`),
      /input is missing|__proto__/
    )
    assert.isFalse(Object.hasOwn(Object.prototype, "result"))
  })

  it.effect("a dimension and a parameter called __proto__ are sent", () =>
    Effect.gen(function*() {
      const domain = Domain.make({ ["__proto__"]: [0, 1], lat: [0, 1] }, { id: "d" })
      const workflow = Workflow.make("X", { id: "x", domain, parameters: { ["__proto__"]: 1, constructor: 2 } })
      const encoded = yield* Workflow.encode(workflow)
      assert.match(text(encoded.domain), /"__proto__":\{"start":0/)
      assert.match(text(encoded.operation), /"__proto__":"1","constructor":"2"/)
      assert.match(yield* DataInputs.format(encoded), /"__proto__":\{"start":0.*"__proto__":"1"/)
    }))

  it("what is nested as deeply as it is long is refused, not a stack that overflows", () => {
    for (
      const source of [
        "[".repeat(1_000_000),
        `variable=${"[".repeat(1_000_000)}`,
        `variable=${nested};operation=[]`,
        `variable=[${nested}];operation=[]`,
        `variable=[{"uri":${nested},"id":"a|b"}];operation=[{"name":"A","input":["b"]}]`,
        `variable=[{"uri":"u","id":"a|b","domain":{"lat":${nested}}}];operation=[{"name":"A","input":["b"]}]`,
        `variable=[];domain=[{"id":"d","lat":${nested}}];operation=[{"name":"A","input":[]}]`,
        `variable=[];domain=[{"id":"d","mask":${nested}}];operation=[{"name":"A","input":[]}]`,
        `variable=[];operation=[{"name":"A","input":[],"gridder":${nested}}]`,
        `variable=[];operation=[{"name":"A","input":${nested}}]`,
        `variable=[];operation=[{"name":"A","input":[],"x":${nested}}]`,
        `{"variable":${nested},"operation":[]}`
      ]
    ) {
      const said = problem(source)
      assert.match(said, /^(?:These are no data inputs|The workflow is not valid): /)
      assert.isBelow(said.length, 1000)
    }
  })

  it("what is nested too deeply to be written is refused", () => {
    for (const form of ["json", "datainputs"] as const) {
      const written = Convert.convert(`{"variable":[],"operation":[{"x":${nested}}]}`, form)
      assert.isBelow(Either.match(written, { onLeft: (error) => error.message.length, onRight: () => Infinity }), 1000)
    }
  })

  it.effect("an output that is nested deeply is refused", () =>
    Effect.gen(function*() {
      const output = {
        identifier: "output",
        title: Option.none(),
        abstract: Option.none(),
        data: Wps.DataValue.complexText(nested, "application/json")
      }
      const read = Cdat.abs({ inputs: [v0] }).read([output], {
        fetch: () => Effect.succeed({ content: new Uint8Array(), contentType: Option.none() })
      })
      assert.match((yield* Effect.flip(read)).message, /is not made of variables/)
    }))

  it("two things with one name are told apart by all that counts, and by nothing else", () => {
    const two = (left: string, right: string) => problem(`${variable};operation=[${left},${right}]`)
    assert.match(
      problem(
        `variable=[{"uri":"a","id":"t|v","x":${nested}},{"uri":"b","id":"t|v","x":${nested}}];operation=[{"name":"A","input":["v"]}]`
      ),
      /two different things are called "v"/
    )
    assert.strictEqual(
      problem(
        `variable=[{"uri":"u","id":"tas|v"},{"id":"tas|v","uri":"u"}];` +
          `domain=[{"id":"d","lat":{"start":0,"end":1,"crs":"values"}},{"lat":{"crs":"values","end":1,"start":0,"step":1},"id":"d"}];` +
          `operation=[{"name":"A","input":["v"],"domain":"d"}]`
      ),
      "nothing"
    )
    assert.strictEqual(
      two(
        `{"name":"A","result":"r","input":["v"],"p":"1","q":"2"}`,
        `{"result":"r","q":"2","p":"1","domain":null,"name":"A","input":["v"]}`
      ),
      "nothing"
    )
    assert.match(
      problem(
        `variable=[{"uri":"u","id":"tas|v","domain":"d"},{"uri":"u","id":"tas|v"}];domain=[{"id":"d"}];` +
          `operation=[{"name":"A","input":["v"]}]`
      ),
      /two different things are called "v"/
    )
    for (const other of [`"p":"2"`, `"p":"1","q":1`, `"p":"1","gridder":{"tool":"t","method":"m","grid":"g"}`]) {
      assert.match(
        two(`{"name":"A","result":"r","input":["v"],"p":"1"}`, `{"name":"A","result":"r","input":["v"],${other}}`),
        /two different things are called "r"/
      )
    }
  })

  it("an output may have a name in the request alone", () => {
    const read = Schema.decodeUnknownSync(Variable.FromOutput)
    deepStrictEqual(read({ uri: "u", id: "|x" }), Variable.make({ uri: "u", name: "", id: "x" }))
    deepStrictEqual(read({ uri: "u", id: "|" }), Variable.make({ uri: "u", name: "" }))
    assert.match(refusal(Variable.FromJson, { uri: "u", id: "|x" }), /has no name of a variable/)
  })

  it.effect("an empty name of a result or of a domain is none", () =>
    Effect.gen(function*() {
      const workflow = yield* Either.flatMap(
        DataInputs.parse(`${variable};operation=[{"name":"A","result":"","domain":"","input":["v"]}]`),
        Workflow.decode
      )
      deepStrictEqual([workflow.id, workflow.domain], [Option.none(), Option.none()])
      assert.match(String((yield* Workflow.encode(workflow)).operation[0]?.["result"]), /^[0-9a-f]{16}$/)
      assert.match(problem(`variable=[];operation=[{"name":"A","result":"","input":[""]}]`), /names the variable or/)
    }))

  it("what is wrong with a document is said by the version that it is of", () => {
    const names = `xmlns:wps="http://www.opengis.net/wps/1.0.0" xmlns:ows="http://www.opengis.net/ows/1.1"`
    assert.match(
      problem(`<wps:Execute ${names} service="WPS" version="1.0.0"><wps:DataInputs/></wps:Execute>`),
      /Identifier/
    )
    assert.match(
      problem(`<wps:Execute xmlns:wps="http://www.opengis.net/wps/2.0" service="WPS" version="2.0.0"/>`),
      /mode is missing/
    )
  })

  it("a server's words do not turn the order of a line", () => {
    const status = Wps.Execute.JobStatus.Accepted({ message: "a\u202Egnp\u2066.exe", percent: Option.none() })
    assert.strictEqual(Processes.statusText(status), "Accepted: a gnp .exe")
  })

  it("messages are short, whatever a document holds", () => {
    const long = "x|".repeat(1_000_000)
    const errors = [
      problem(`variable=[{"uri":"u","id":"|${long}"}];operation=[{"name":"A","input":["${long}"],"domain":"${long}"}]`),
      problem(`variable=[];domain=[{"id":"d","lat":{"start":"${long}","end":1,"crs":"values"}}];operation=[]`),
      problem(`${long}=[]`),
      problem(
        `variable=[];operation=[{"name":"A","input":${text(Array.from({ length: 10_000 }, (_, at) => `n${at}`))}}]`
      ),
      Either.match(Parameter.format(Parameter.make(long, long)), {
        onLeft: ({ message }) => message,
        onRight: () => ""
      }),
      Either.match(Dimension.coerce(long, 1), { onLeft: ({ message }) => message, onRight: () => "" }),
      new CwtError.MissingParameter({ identifier: long, parameter: long, given: [long] }).message
    ]
    for (const error of errors) assert.isTrue(error.length > 20 && error.length < 10_000, `${error.length}`)
  })
})

describe("numbers and texts", () => {
  it("a text of many digits is no number at once", () => {
    const digits = "1".repeat(1_000_000)
    assert.isTrue(Either.isLeft(Dimension.coerce("values", `${digits}x`)))
    assert.isTrue(Either.isLeft(Dimension.coerce("values", `${" ".repeat(1_000_000)}x`)))
    deepStrictEqual(Dimension.coerce("values", " 1. "), Either.right(1))
    deepStrictEqual(Dimension.coerce("values", "-.5E-1"), Either.right(-0.05))
    for (const none of ["", ".", "1.e", "0x10", "1_000", "Infinity", "NaN", "1n", "١", `1${digits}`]) {
      assert.isTrue(Either.isLeft(Dimension.coerce("values", none)), none)
    }
  })

  it("an index beyond what a number can count is refused as such", () => {
    const reason = (value: number | string) =>
      Either.match(Dimension.coerce("indices", value), { onLeft: (error) => error.reason, onRight: () => "" })
    assert.match(reason(Number.MAX_SAFE_INTEGER + 2), /too great for a position/)
    assert.match(reason("9007199254740993"), /too great for a position/)
    assert.match(reason(0.5), /no whole number/)
  })

  it("extreme numbers are written as JSON has them, and read again", () => {
    for (const number of [1e21, 1e-7, Number.MAX_VALUE, Number.MIN_VALUE, Number.MAX_SAFE_INTEGER + 2, -1e300]) {
      const dimension = Dimension.values(number, -number, number)
      const json = write(Dimension.FromJson, dimension)
      assert.strictEqual(json, `{"start":${number},"end":${-number},"step":${number},"crs":"values"}`)
      deepStrictEqual(Schema.decodeUnknownSync(Schema.parseJson(Dimension.FromJson))(json), dimension)
    }
    deepStrictEqual(Parameter.format(Parameter.make("p", -0, 1e21, 1e-7)), Either.right("0|1e+21|1e-7"))
  })

  it("what is no number is refused and not made one, whatever it is", () => {
    const values: (start: unknown, end: unknown) => Dimension.Dimension = typeless(Dimension.values)
    for (const odd of [[5], 5n, Symbol("five"), new Map(), null, undefined, {}, true, NaN, Infinity]) {
      assert.match(write(Dimension.FromJson, values(odd, 1)), /^refused: /)
      assert.match(write(Dimension.FromJson, values(0, odd)), /^refused: /)
    }
  })

  it("steps: negative ones are kept, none are refused, however they are written", () => {
    assert.match(write(Dimension.FromJson, Dimension.values(90, -90, -2)), /"step":-2/)
    assert.match(write(Dimension.FromJson, Dimension.values(0, 1, -0)), /^refused: .*step of 0/s)
    for (const step of [0, "0", "-0.0", "0e5"]) {
      assert.match(refusal(Dimension.FromJson, { start: 0, end: 1, step, crs: "values" }), /a step of 0/)
    }
  })

  it("a value that is missing in a list is refused", () => {
    const make: (name: string, ...values: ReadonlyArray<unknown>) => Parameter.Parameter = typeless(Parameter.make)
    for (const values of [[undefined], ["lat", undefined], [null], [[]], [5n], [Symbol("s")]]) {
      assert.isTrue(Either.isLeft(Parameter.format(make("axes", ...values))))
    }
  })

  it("names of domains that cannot be told apart again are refused", () => {
    const named = (...domain: ReadonlyArray<string>) =>
      write(Variable.FromJson, Variable.make({ uri: "u", name: "tas", id: "v", domain }))
    assert.match(named("a|b"), /^refused: .*has a bar/s)
    assert.match(named(""), /^refused: .*is empty/s)
    assert.match(named("a", "b"), /"domain":"a\|b"/)
    const unnamed = Domain.make({ "": [0, 1] }, { id: "d" })
    assert.match(write(Domain.FromJson, unnamed), /^refused: .*a dimension has no name/s)
  })
})

describe("values", () => {
  const make = {
    dimension: () => Dimension.values(0, 1),
    mask: () => Mask.make({ uri: "u", name: "n", operation: "o", id: "m" }),
    parameter: () => Parameter.make("axes", "lat", "lon"),
    domain: () => Domain.make({ lat: [0, 1], lon: [0, 360] }, { id: "d", mask: make.mask() }),
    variable: () => Variable.make({ uri: "u", name: "n", id: "v", domain: ["d", make.domain()], mimeType: "x/y" }),
    gridder: () => Gridder.make({ grid: make.variable() })
  }

  it("are equal, and have one hash, when all that they hold is", () => {
    for (const [kind, one] of Object.entries(make)) {
      assert.isTrue(Equal.equals<unknown, unknown>(one(), one()), kind)
      assert.strictEqual(Hash.hash(one()), Hash.hash(one()), kind)
    }
    assert.isTrue(Equal.equals(Domain.make({ a: [0, 1], b: [0, 2] }), Domain.make({ b: [0, 2], a: [0, 1] })))
  })

  it("differ when anything does", () => {
    const all: ReadonlyArray<unknown> = [
      Dimension.values(0, 1),
      Dimension.values(0, 1, 2),
      Dimension.indices(0, 1),
      Parameter.make("a"),
      Parameter.make("a", "b"),
      Parameter.make("a", "b", "c"),
      Parameter.make("a", "c", "b"),
      Parameter.make("a", 1),
      Parameter.make("a", "1"),
      Domain.make({}),
      Domain.make({}, { id: "d" }),
      Domain.make({ lat: [0, 1] }),
      Domain.make({ lat: [0, 2] }),
      Domain.make({ lon: [0, 1] }),
      Domain.make({ lat: [0, 1], lon: [0, 1] }),
      Domain.make({ lat: [0, 1] }, { mask: make.mask() }),
      Variable.make({ uri: "u", name: "n" }),
      Variable.make({ uri: "u", name: "m" }),
      Variable.make({ uri: "w", name: "n" }),
      Variable.make({ uri: "u", name: "n", id: "n" }),
      Variable.make({ uri: "u", name: "n", mimeType: "n" }),
      Variable.make({ uri: "u", name: "n", domain: "d" }),
      Variable.make({ uri: "u", name: "n", domain: ["d", "e"] }),
      Variable.make({ uri: "u", name: "n", domain: Domain.make({}, { id: "d" }) }),
      Gridder.make(),
      Gridder.make({ grid: v0 }),
      Gridder.make({ grid: v1 }),
      undefined,
      null,
      "d"
    ]
    for (const [index, left] of all.entries()) {
      for (const [at, right] of all.entries()) assert.strictEqual(Equal.equals(left, right), index === at)
    }
  })

  it("of each class go through its schema", () => {
    const through = <A, I>(schema: Schema.Schema<A, I>) =>
      FastCheck.assert(
        FastCheck.property(Arbitrary.make(schema), (one) => {
          const again = Schema.decodeSync(schema)(Schema.encodeSync(schema)(one))
          assert.strictEqual(Inspectable.format(again), Inspectable.format(one))
        })
      )
    through(Dimension.Dimension)
    through(Domain.Domain)
    through(Mask.Mask)
    through(Gridder.Gridder)
    through(Parameter.Parameter)
    through(Variable.Variable)
    through(DataInputs.DataInputs)
  })

  it("do not follow the lists that they were made of", () => {
    const domains = [make.domain()]
    const variable = Variable.make({ uri: "u", name: "n", domain: domains })
    domains.push(make.domain())
    assert.lengthOf(variable.domains, 1)
    const parameters = [Parameter.make("a", 1)]
    const operation = Workflow.make("X", { parameters })
    const updated = Workflow.update(Workflow.make("X"), { parameters })
    parameters.push(Parameter.make("b", 1))
    assert.lengthOf(operation.parameters, 1)
    assert.lengthOf(updated.parameters, 1)
    const ranges: { lat: readonly [number, number] } = { lat: [0, 1] }
    const domain = Domain.make(ranges)
    ranges.lat = [2, 3]
    deepStrictEqual(domain.dimensions["lat"], Dimension.values(0, 1))
  })
})

describe("update", () => {
  const names = (workflow: Workflow.Workflow<unknown>) =>
    workflow.parameters.map(({ name, values }) => `${name}=${values.join("|")}`)

  it("[F2.2] [F3.12] a parameter that is given again keeps its place, and others come after", () => {
    const before = Workflow.make("X", { parameters: { a: 1, b: 2, c: 3 } })
    deepStrictEqual(names(Workflow.update(before, { parameters: { d: 4, b: ["x", "y"] } })), [
      "a=1",
      "b=x|y",
      "c=3",
      "d=4"
    ])
    deepStrictEqual(names(before), ["a=1", "b=2", "c=3"])
  })

  it.effect("one that is given twice is a fault, and not the last of both", () =>
    Effect.gen(function*() {
      const twice = Workflow.update(Workflow.make("X", { parameters: { a: 1, b: 2 } }), {
        parameters: [Parameter.make("a", 3), Parameter.make("a", 4)]
      })
      deepStrictEqual(names(twice), ["a=3", "a=4", "b=2"])
      deepStrictEqual(yield* faults(twice), ["operation X: it has two parameters a"])
      deepStrictEqual(names(Workflow.update(twice, { parameters: { a: 5 } })), ["a=5", "b=2"])
    }))

  it("keeps what is not given, and how the output is read", () => {
    const domain = Domain.make({ lat: [0, 1] })
    const before = Cdat.workflow({ inputs: [v0], domain, gridder: Gridder.U1, id: "w", fillna: 1 })
    const after = Workflow.update(before, { domain: undefined, parameters: { axes: undefined } })
    deepStrictEqual(
      [after.id, after.domain, after.gridder, names(after), after.minimumInputs],
      [before.id, before.domain, before.gridder, ["fillna=1"], 1]
    )
    assert.strictEqual(after.reader, before.reader)
  })
})

describe("encode", () => {
  it.effect("[F2.1] [F2.2] [F2.3] every field in its order, to the byte", () =>
    Effect.gen(function*() {
      const mask = Mask.make({ uri: "m", name: "land", operation: "var_data>0.5", id: "m0" })
      const dA = Domain.make({ z: Dimension.indices(0, 1), a: [90, -90, -0.5] }, { id: "dA", mask })
      const dB = Domain.make({ time: ["1980", "1990", "P1M"] }, { id: "dB" })
      const first = Variable.make({ uri: "u1", name: "tas", id: "v1", domain: dB, mimeType: "application/netcdf" })
      const second = Variable.make({ uri: "u2", name: "pr", id: "v2" })
      const a = Workflow.make("A", { id: "A", inputs: [first], parameters: { z: 1, a: ["x", 2] } })
      const b = Workflow.make("B", { id: "B", inputs: [second, first], domain: dA, gridder: Gridder.T21 })
      assert.strictEqual(
        yield* sent(Workflow.make("W", { id: "W", inputs: [a, b] })),
        `{"variable":[{"uri":"u2","id":"pr|v2"},` +
          `{"uri":"u1","id":"tas|v1","domain":"dB","mime_type":"application/netcdf"}],` +
          `"domain":[{"id":"dA","z":{"start":0,"end":1,"step":1,"crs":"indices"},` +
          `"a":{"start":90,"end":-90,"step":-0.5,"crs":"values"},` +
          `"mask":{"uri":"m","id":"land|m0","operation":"var_data>0.5"}},` +
          `{"id":"dB","time":{"start":"1980","end":"1990","step":"P1M","crs":"timestamps"}}],` +
          `"operation":[{"name":"W","result":"W","input":["A","B"]},` +
          `{"name":"B","result":"B","domain":"dA","input":["v2","v1"],` +
          `"gridder":{"tool":"regrid2","method":"linear","grid":"gaussian~32"}},` +
          `{"name":"A","result":"A","input":["v1"],"z":"1","a":"x|2"}]}`
      )
    }))

  it.effect("the same domain, made twice in another order, is one", () =>
    Effect.gen(function*() {
      const [left, right] = [
        Domain.make({ lat: [0, 1], lon: [0, 1] }, { id: "d" }),
        Domain.make({ lon: [0, 1], lat: [0, 1] }, { id: "d" })
      ]
      const both = Cdat.add({
        inputs: [Cdat.subset({ inputs: [v0], domain: left }), Cdat.subset({ inputs: [v1], domain: right })]
      })
      assert.lengthOf((yield* Workflow.encode(both)).domain, 1)
    }))

  it.effect("a grid's name that both a domain and a variable have is refused", () =>
    Effect.gen(function*() {
      const domain = Domain.make({ lat: [0, 1] }, { id: "v0" })
      const ambiguous = Workflow.make("X", { inputs: [v0], domain, gridder: Gridder.make({ grid: "v0" }) })
      deepStrictEqual(yield* faults(ambiguous), [
        "two different things are called \"v0\"; give one of them another id, or none"
      ])
    }))
})

describe("Cdat", () => {
  const inputs = [v0]

  it.effect("no axes and no names are not sent as one empty name", () =>
    Effect.gen(function*() {
      for (const operation of [Cdat.mean({ inputs, axes: [], rename: {} }), Cdat.mean({ inputs, axes: undefined })]) {
        deepStrictEqual((yield* Workflow.encode(operation)).operation.map(Object.keys), [["name", "result", "input"]])
      }
    }))

  it("[F4.7] refuses, when it is compiled, what the process does not take", () => {
    // @ts-expect-error inputs are wanted
    Cdat.abs({})
    // @ts-expect-error and are a list
    Cdat.abs({ inputs: v0 })
    // @ts-expect-error a domain is no variable
    Cdat.abs({ inputs: [Domain.make({})] })
    // @ts-expect-error nor are axes what it works along
    Cdat.abs({ inputs, axes: ["lat"] })
    // @ts-expect-error nor does it take a constant
    Cdat.sqrt({ inputs, const: 2 })
    // @ts-expect-error axes are a list
    Cdat.max({ inputs, axes: "lat" })
    // @ts-expect-error and are names
    Cdat.max({ inputs, axes: [0] })
    // @ts-expect-error a constant is a number
    Cdat.add({ inputs, const: "2" })
    // @ts-expect-error there is no such parameter
    Cdat.subset({ inputs, methods: "nearest" })
    // @ts-expect-error a domain is made with Domain.make
    Cdat.subset({ inputs, domain: { lat: [0, 1] } })
    // @ts-expect-error a gridder is made with Gridder.make
    Cdat.subset({ inputs, gridder: "T85" })
    // @ts-expect-error a condition is wanted
    Cdat.where({ inputs })
    // @ts-expect-error with a comparison
    Cdat.where({ inputs, cond: "lon=180" })
    // @ts-expect-error what stands elsewhere is a number
    Cdat.where({ inputs, cond: "lon>180", other: "0" })
    // @ts-expect-error a function is wanted
    Cdat.filterMap({ inputs, cond: "lon>180" })
    // @ts-expect-error a condition too
    Cdat.filterMap({ inputs, func: "count" })
    // @ts-expect-error bins are wanted
    Cdat.groupbyBins({ inputs })
    // @ts-expect-error and are numbers
    Cdat.groupbyBins({ inputs, bins: ["0", "1"] })
    // @ts-expect-error there is no such way
    Cdat.merge({ inputs, compat: "left" })
    // @ts-expect-error new names are given by the old
    Cdat.abs({ inputs, rename: ["tas", "t"] })
    // @ts-expect-error what is filled in is a number
    Cdat.abs({ inputs, fillna: "0" })
    // @ts-expect-error variables are named
    Cdat.abs({ inputs, variable: 0 })
    // @ts-expect-error a workflow's parameters are values
    Cdat.workflow({ inputs, parameters: { axes: { lat: true } } })
    expectTypeOf(Cdat.max({ inputs })).toEqualTypeOf<Workflow.Workflow<Variable.Variable>>()
    expectTypeOf(Cdat.workflow({ inputs })).toEqualTypeOf<Workflow.Workflow<ReadonlyArray<Variable.Variable>>>()
  })
})
