import { Auth, BearerAuth } from "@effect-wps/auth"
import { Cdat, DataInputs, Dimension, Domain, Gridder, Llnl, Variable, Workflow } from "@effect-wps/cwt"
import { Compute, type ComputeError, ComputeNode, Field, NetCdf, Sample } from "@effect-wps/demo"
import { LlnlNode, WpsNode, WpsServer, WpsTest } from "@effect-wps/testing"
import { DataValue, Operation, WpsClient } from "@effect-wps/wps"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array as Arr, Chunk, Effect, Either, Layer, Option, Redacted, Schedule, Stream } from "effect"

const token = Redacted.make("a-token")

/** The node in memory, with its files and its guard. */
const inMemory = Layer.unwrapEffect(
  Effect.map(
    ComputeNode.files,
    (files) => WpsTest.layer(ComputeNode.implementations(), { files, authorize: WpsNode.bearer(token) })
  )
).pipe(
  Layer.provideMerge(NetCdf.layer),
  Layer.merge(BearerAuth.layer(token))
)

const { pr, tas, tasByYear } = ComputeNode.variables(WpsTest.url)

/** The fields of the file that an operation made. */
const fieldsOf = (variable: Variable.Variable, ...names: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { stream } = yield* WpsClient.download(variable.uri)
    const bytes = Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(stream)))
    const { read } = yield* NetCdf.NetCdf
    return yield* Effect.forEach([variable.name, ...names], (name) => read(bytes, name))
  })

const compute = (workflow: Workflow.Workflow<Variable.Variable>) =>
  Effect.flatMap(WpsClient.run(workflow), (variable) => Effect.map(fieldsOf(variable), ([field]) => field))

const same = (field: Field.Field | undefined, expected: Either.Either<Field.Field, ComputeError.ComputeError>) => {
  assert.isDefined(field)
  const wanted = Either.getOrThrow(expected)
  deepStrictEqual(Field.shape(field), Field.shape(wanted))
  deepStrictEqual(
    field.axes.map(({ name, values }) => [name, [...values]]),
    wanted.axes.map(({ name, values }) => [name, [...values]])
  )
  const differing = field.values.findIndex((value, index) => !Object.is(value, wanted.values[index]))
  deepStrictEqual([differing, field.values[differing]], [-1, undefined], `should be ${wanted.values[differing]}`)
}

const south = Domain.make({ lat: [-90, 0] })
const southern = Compute.subset(Sample.temperature, south)
const warm = Domain.make({ lat: [-20, 20], lon: [0, 90] })

describe("ComputeNode", () => {
  it.scoped("cuts out a subset, and says what it gave", () =>
    Effect.gen(function*() {
      const variable = yield* WpsClient.run(Cdat.subset({ inputs: [tas], domain: south, id: "south" }))
      assert.strictEqual(variable.name, "tas")
      deepStrictEqual(variable.id, Variable.make({ uri: "", name: "", id: "south-CDAT.subset" }).id)
      assert.match(variable.uri, /^http:\/\/wps\.test\/wps\/outputs\/[^/]+\/subset\.nc$/)
      deepStrictEqual(variable.mimeType, Variable.make({ uri: "", name: "", mimeType: "application/netcdf" }).mimeType)
      same((yield* fieldsOf(variable))[0], southern)
    }).pipe(Effect.provide(inMemory)))

  for (const name of ["max", "min", "mean", "sum", "std", "variance"] as const) {
    it.scoped(`computes the ${name} over axes of a part`, () =>
      Effect.gen(function*() {
        same(
          yield* compute(Cdat[name]({ inputs: [tas], domain: south, axes: ["time", "lon"] })),
          Either.flatMap(southern, (part) => Compute[name](part, ["time", "lon"]))
        )
      }).pipe(Effect.provide(inMemory)))
  }

  it.scoped("joins files along time, and cuts the whole", () =>
    Effect.gen(function*() {
      const [first, second] = tasByYear
      same(yield* compute(Cdat.aggregate({ inputs: [second, first] })), Either.right(Sample.temperature))
      const domain = Domain.make({ time: Dimension.indices(6, 18), lat: [0, 10] })
      same(yield* compute(Cdat.aggregate({ inputs: tasByYear, domain })), Compute.subset(Sample.temperature, domain))
      const late = Domain.make({ time: ["1851-03", "1851-05"] })
      same(
        yield* compute(Cdat.mean({ inputs: [Cdat.aggregate({ inputs: tasByYear, domain: late })], axes: ["time"] })),
        Either.flatMap(Compute.subset(Sample.temperature, late), (part) => Compute.mean(part, ["time"]))
      )
    }).pipe(Effect.provide(inMemory)))

  it.scoped("computes operations of operations", () =>
    Effect.gen(function*() {
      const part = Cdat.subset({ inputs: [tas], domain: warm })
      const climate = Cdat.mean({ inputs: [part], axes: ["time"] })
      same(
        yield* compute(Cdat.max({ inputs: [Cdat.subtract({ inputs: [part, climate] })], axes: ["lat", "lon"] })),
        Either.gen(function*() {
          const cut = yield* Compute.subset(Sample.temperature, warm)
          // What one operation gives another is in the precision of the file.
          const mean = yield* Compute.mean(cut, ["time"])
          return yield* Compute.max(yield* Compute.subtract(cut, mean), ["lat", "lon"])
        })
      )
    }).pipe(Effect.provide(inMemory)))

  it.effect("computes once what several operations take, and says what it does", () =>
    Effect.gen(function*() {
      const served = yield* ComputeNode.files
      const [, ...operations] = ComputeNode.implementations()
      const subtract = operations.find(({ process }) => process.identifier === "CDAT.subtract")
      assert.isDefined(subtract)
      const part = Cdat.subset({ inputs: [tas], domain: warm })
      const climate = Cdat.mean({ inputs: [part], axes: ["time"] })
      const inputs = yield* DataInputs.toInputs(
        yield* Workflow.encode(Cdat.subtract({ inputs: [part, climate], fillna: 0 }))
      )
      const said: Array<readonly [number, string]> = []
      yield* Either.getOrThrow(subtract.run(inputs))({
        report: (percent, message) => Effect.sync(() => void said.push([percent, message])),
        pause: () => Effect.void,
        store: (name) => Effect.succeed(`https://compute.example.org/${name}`),
        load: (uri) => Effect.succeed(Option.fromNullable(served[uri.slice(`${WpsTest.url}/outputs/`.length)]))
      })
      deepStrictEqual(said, [
        [10, "reading tas.nc"],
        [28, "computing CDAT.subset"],
        [45, "computing CDAT.mean"],
        [63, "computing CDAT.subtract"],
        [80, "writing the result"]
      ])
    }).pipe(Effect.provide(NetCdf.layer)))

  it.effect("reads what ESGF's own client writes, and answers in its form", () =>
    Effect.gen(function*() {
      const json = (name: string, text: string) => [name, DataValue.complexText(text, "application/json")] as const
      const [output] = yield* WpsClient.run(Operation.make({
        identifier: "CDAT.workflow",
        inputs: [
          json("variable", `[{"uri": "${tas.uri}", "id": "tas|v0"}]`),
          json(
            "domain",
            `[{"id": "d0", "time": {"start": 10, "end": 20, "step": 1, "crs": "indices"},
               "lat": {"start": -90, "end": 0, "step": 1, "crs": "values"}, "mask": null}]`
          ),
          json(
            "operation",
            `[{"name": "CDAT.workflow", "result": "w", "input": ["most"], "domain": null},
              {"name": "CDAT.max", "result": "most", "input": ["part"], "axes": "lat|lon"},
              {"name": "CDAT.subset", "result": "part", "domain": "d0", "input": ["v0"]}]`
          )
        ]
      }))
      assert.isDefined(output)
      const text = yield* DataValue.toText(output.data)
      assert.match(
        text,
        /^\[\{"uri":"http:\/\/wps\.test\/wps\/outputs\/\w+\/max\.nc","id":"tas\|most-CDAT\.max","mime_type":"application\/netcdf"\}\]$/
      )
    }).pipe(Effect.provide(inMemory)))

  it.scoped("applies an operation's domain to the results that it takes, and a variable's to the variable", () =>
    Effect.gen(function*() {
      const year = Domain.make({ time: Dimension.indices(12, 24) })
      const months = Domain.make({ time: Dimension.indices(2, 5) })
      const second = Variable.make({ uri: tas.uri, name: "tas", domain: [year, south] })
      const expected = southern.pipe(
        Either.flatMap((part) => Compute.subset(part, year)),
        Either.flatMap((part) => Compute.subset(part, months))
      )
      same(yield* compute(Cdat.subset({ inputs: [second], domain: months })), expected)
      same(yield* compute(Cdat.subset({ inputs: [Cdat.abs({ inputs: [second] })], domain: months })), expected)
    }).pipe(Effect.provide(inMemory)))

  it.scoped("gives one output for each input of a workflow, with its domain and parameters as defaults", () =>
    Effect.gen(function*() {
      const months = Domain.make({ time: Dimension.indices(6, 12) })
      const workflow = Cdat.workflow({
        inputs: [
          Cdat.min({ inputs: [tas], id: "least" }),
          Cdat.max({ inputs: [Cdat.abs({ inputs: [tas] })], id: "most", axes: ["time", "lon"] }),
          Cdat.mean({ inputs: [tas], domain: south, id: "southern" })
        ],
        domain: months,
        parameters: { axes: ["time"] }
      })
      const [least, most, southernMean] = yield* WpsClient.run(workflow)
      assert.isDefined(least)
      assert.isDefined(most)
      assert.isDefined(southernMean)
      deepStrictEqual([least, most, southernMean].map(({ uri }) => uri.split("/").at(-1)), [
        "min-1.nc",
        "max-2.nc",
        "mean-3.nc"
      ])
      const half = Compute.subset(Sample.temperature, months)
      same((yield* fieldsOf(least))[0], Either.flatMap(half, (part) => Compute.min(part, ["time"])))
      same((yield* fieldsOf(most))[0], Either.flatMap(half, (part) => Compute.max(part, ["time", "lon"])))
      same((yield* fieldsOf(southernMean))[0], Either.flatMap(southern, (part) => Compute.mean(part, ["time"])))
    }).pipe(Effect.provide(inMemory)))

  it.scoped("computes point by point, with one number or another variable", () =>
    Effect.gen(function*() {
      const { precipitation: rain, temperature } = Sample
      same(yield* compute(Cdat.multiply({ inputs: [pr], const: 86_400 })), Compute.multiply(rain, 86_400))
      same(yield* compute(Cdat.subtract({ inputs: [tas], const: 273.15 })), Compute.subtract(temperature, 273.15))
      same(yield* compute(Cdat.divide({ inputs: [pr, tas] })), Compute.divide(rain, temperature))
      same(yield* compute(Cdat.add({ inputs: [tas, tas] })), Compute.multiply(temperature, 2))
      same(yield* compute(Cdat.power({ inputs: [tas], const: 2 })), Compute.power(temperature, 2))
      for (const name of ["abs", "exp", "log", "sqrt", "squeeze"] as const) {
        same(yield* compute(Cdat[name]({ inputs: [pr] })), Either.right(Compute[name](rain)))
      }
      same(yield* compute(Cdat.count({ inputs: [tas] })), Compute.count(temperature, []))
    }).pipe(Effect.provide(inMemory)))

  it.scoped("finds coordinates by a method", () =>
    Effect.gen(function*() {
      const near = Domain.make({ lat: Dimension.at(1) })
      for (const method of ["pad", "backfill", "nearest"] as const) {
        const expected = Compute.subset(Sample.temperature, near, { method })
        same(yield* compute(Cdat.subset({ inputs: [tas], domain: near, method })), expected)
        same(yield* compute(Cdat.subset({ inputs: [Cdat.abs({ inputs: [tas] })], domain: near, method })), expected)
      }
    }).pipe(Effect.provide(inMemory)))

  it.scoped("keeps and counts values by a condition", () =>
    Effect.gen(function*() {
      same(
        yield* compute(Cdat.where({ inputs: [tas], cond: "tas>290", other: 0 })),
        Compute.where(Sample.temperature, { cond: "tas>290", other: 0 })
      )
      const both = Cdat.merge({ inputs: [pr, tas] })
      same(
        yield* compute(Cdat.where({ inputs: [both], cond: "tas>290", variable: "pr" })),
        Compute.where(Sample.precipitation, { cond: "tas>290", among: [Sample.temperature] })
      )
      same(
        yield* compute(Cdat.filterMap({ inputs: [tas], cond: "lat>0", func: "count" })),
        Compute.filterMap(Sample.temperature, { cond: "lat>0", func: "count" })
      )
    }).pipe(Effect.provide(inMemory)))

  it.scoped("groups by bins: counts, or what is computed of the groups", () =>
    Effect.gen(function*() {
      const bins = [200, 273.15, 290, 400]
      const groups = { by: Sample.temperature, bins }
      const frosty = Sample.temperature.values.filter((value) => value > 200 && value <= 273.15).length
      const counts = yield* compute(Cdat.groupbyBins({ inputs: [tas], bins }))
      same(counts, Compute.groupbyBins(Sample.temperature, groups, "count"))
      assert.strictEqual(counts?.values[0], frosty)
      const both = Cdat.groupbyBins({ inputs: [Cdat.merge({ inputs: [pr, tas] })], variable: "tas", bins })
      const byWarmth = yield* WpsClient.run(Cdat.mean({ inputs: [both] }))
      const [rain, warmth] = yield* fieldsOf(byWarmth, "tas")
      same(rain, Compute.groupbyBins(Sample.precipitation, groups, "mean"))
      same(warmth, Compute.groupbyBins(Sample.temperature, groups, "mean"))
      same(
        yield* compute(Cdat.filterMap({ inputs: [both], cond: "lat>0", func: "max", variable: "pr" })),
        Compute.where(Sample.precipitation, { cond: "lat>0" }).pipe(
          Either.flatMap((north) => Compute.groupbyBins(north, groups, "max"))
        )
      )
    }).pipe(Effect.provide(inMemory)))

  it.scoped("puts a result on another grid", () =>
    Effect.gen(function*() {
      const months = Domain.make({ time: Dimension.indices(0, 2) })
      same(
        yield* compute(Cdat.subset({ inputs: [tas], domain: months, gridder: Gridder.T21 })),
        Either.flatMap(Compute.subset(Sample.temperature, months), (part) => Compute.regrid(part, "gaussian~32"))
      )
    }).pipe(Effect.provide(inMemory)))

  it.scoped("fills and renames", () =>
    Effect.gen(function*() {
      const variable = yield* WpsClient.run(
        Cdat.subset({ inputs: [tas], domain: south, fillna: 0, rename: { tas: "t", lat: "y" } })
      )
      assert.strictEqual(variable.name, "t")
      const [field] = yield* fieldsOf(variable)
      deepStrictEqual(field?.axes.map(({ name }) => name), ["time", "y", "lon"])
      assert.isFalse(field?.values.some(Number.isNaN))
    }).pipe(Effect.provide(inMemory)))
})

describe("ComputeNode refuses", () => {
  const failing = (workflow: Workflow.Workflow<unknown>) =>
    Effect.map(Effect.flip(WpsClient.run(workflow)), (error) => error.message)

  /** Inputs that no client of ours would write. */
  const sent = (identifier: string, inputs: DataInputs.DataInputs) =>
    Effect.gen(function*() {
      const written = yield* DataInputs.toInputs(inputs)
      const operation = Operation.make({
        identifier,
        inputs: written.map(({ data, identifier }) => [identifier, data] as const)
      })
      return (yield* Effect.flip(WpsClient.run(operation))).message
    })

  const variable = [{ uri: tas.uri, id: "tas|v" }]

  it.effect("what it does not have", () =>
    Effect.gen(function*() {
      assert.include(
        yield* failing(Cdat.max({ inputs: [Workflow.make("EDAS.anomaly", { inputs: [tas], id: "a" })] })),
        "EDAS.anomaly (a): the node has no such process. It has CDAT.workflow, CDAT.abs,"
      )
      const elsewhere = Variable.make({ uri: "https://elsewhere.example/tas.nc", name: "tas" })
      assert.include(
        yield* failing(Cdat.mean({ inputs: [elsewhere] })),
        "This node has no https://elsewhere.example/tas.nc. Ask another node, or name one of its own files, which lie " +
          "below its address: outputs/data/tas.nc, outputs/data/tas_1.nc, outputs/data/tas_2.nc, outputs/data/pr.nc."
      )
      assert.include(
        yield* failing(Cdat.mean({ inputs: [Variable.make({ uri: tas.uri, name: "huss" })] })),
        "The file has no variable \"huss\"."
      )
      assert.include(
        yield* failing(Cdat.mean({ inputs: [tas], axes: ["height"], id: "m" })),
        "CDAT.mean (m): height: no such dimension. Ask for one of time, lat, lon."
      )
      assert.include(
        yield* failing(Cdat.mean({ inputs: [tas], domain: Domain.make({ lat: [95, 99] }) })),
        "lat: no point"
      )
      const gridded = (options: Parameters<typeof Gridder.make>[0]) =>
        failing(Cdat.subset({ inputs: [tas], gridder: Gridder.make(options) }))
      assert.include(yield* gridded({ grid: "uniform~7x7" }), "gridder: the grid \"uniform~7x7\" is not known.")
      assert.include(yield* gridded({ method: "conservative" }), "this node regrids by the method linear")
      assert.include(yield* gridded({ grid: pr }), "takes no grid from a domain or a variable.")
      assert.include(
        yield* failing(Cdat.mean({ inputs: [tas], gridder: Gridder.U2 })),
        "gridder: tas has no latitude and longitude."
      )
      assert.include(
        yield* failing(Cdat.workflow({ inputs: [Cdat.abs({ inputs: [tas] })], gridder: Gridder.U2 })),
        "a gridder is that of one result."
      )
    }).pipe(Effect.provide(inMemory)))

  it.effect("workflows that cannot be", () =>
    Effect.gen(function*() {
      const of = (...operation: DataInputs.DataInputs["operation"]) =>
        sent("CDAT.max", { variable, domain: [], operation })
      const message = yield* of({ name: "CDAT.max", result: "m", input: ["w"], domain: "d" })
      assert.include(message, "InvalidParameterValue (operation)")
      assert.include(message, "operation m names the variable or operation \"w\", which the request does not have")
      assert.include(message, "operation m names the domain \"d\"")
      assert.include(
        yield* of(
          { name: "CDAT.max", result: "a", input: ["b"] },
          { name: "CDAT.min", result: "b", input: ["a"] }
        ),
        "operations take each other's results: a ← b ← a"
      )
      assert.include(yield* of(), "MissingParameterValue (operation): There is no operation. Send CDAT.max.")
      assert.include(
        yield* of({ name: "CDAT.min", input: ["v"] }),
        "CDAT.max is none of the operations that no other takes. Execute one of those: CDAT.min."
      )
      assert.include(
        yield* of({ name: "CDAT.max", input: [] }),
        "MissingParameterValue (operation): CDAT.max has no input"
      )
      assert.include(
        yield* of({ name: "CDAT.max", input: ["w"] }, { name: "CDAT.workflow", result: "w", input: ["v"] }),
        "CDAT.workflow (w): it holds outputs and is no input."
      )
      assert.include(
        yield* sent("CDAT.workflow", { variable, domain: [], operation: [{ name: "CDAT.workflow", input: [] }] }),
        "CDAT.workflow holds nothing."
      )
      assert.include(
        yield* Effect.map(
          Effect.flip(WpsClient.run(Operation.make({
            identifier: "CDAT.max",
            inputs: [["variable", DataValue.complexText("[]", "application/json")]]
          }))),
          (error) => error.message
        ),
        "MissingParameterValue"
      )
    }).pipe(Effect.provide(inMemory)))

  it.effect("parameters that mean nothing", () =>
    Effect.gen(function*() {
      const of = (identifier: string, parameters: Workflow.Parameters, ...inputs: ReadonlyArray<Workflow.Operand>) =>
        failing(Workflow.make(identifier, { inputs: inputs.length === 0 ? [tas] : inputs, parameters }))
      assert.include(
        yield* of("CDAT.max", { axis: "time" }),
        "it has no parameter axis. It has axes, variable, rename, fillna."
      )
      assert.include(yield* of("CDAT.where", { cond: "tas" }), "cond: \"tas\" is no condition.")
      assert.include(yield* of("CDAT.where", {}), "cond: it is missing. Give one.")
      assert.include(yield* of("CDAT.where", { cond: "pr>0" }), "pr: no such variable or dimension.")
      assert.include(yield* of("CDAT.filter_map", { cond: "tas>0", func: "median" }), "func: \"median\" is not known.")
      assert.include(yield* of("CDAT.add", {}), "const: it is missing, and there is one input.")
      assert.include(yield* of("CDAT.add", { const: 1 }, tas, tas), "const: it is given, and there are two inputs.")
      assert.include(yield* of("CDAT.add", { const: "two" }), "const: \"two\" is no number.")
      assert.include(yield* of("CDAT.add", { const: [1, 2] }), "const: it is given 2 values. Give one.")
      assert.include(yield* of("CDAT.add", {}, tas, pr), "its units are K, and those of pr kg m-2 s-1.")
      assert.include(yield* of("CDAT.subset", { method: "closest" }), "method: \"closest\" is not known.")
      assert.include(yield* of("CDAT.groupby_bins", { bins: [1] }), "bins: 1 are no bins.")
      assert.include(yield* of("CDAT.abs", { variable: "pr" }), "pr: the inputs have no such variable. They have tas.")
      assert.include(yield* of("CDAT.abs", { rename: ["tas"] }), "rename: tas are no pairs.")
      assert.include(yield* of("CDAT.abs", {}, tas, tas), "it takes 1 input and has 2.")
      assert.include(yield* of("CDAT.aggregate", {}), "it takes at least 2 inputs and has 1.")
      assert.include(yield* of("CDAT.aggregate", {}, tas, pr), "one variable is tas, another pr.")
      assert.include(yield* of("CDAT.merge", { compat: "any" }, tas, pr), "compat: \"any\" is not known.")
      const groups = Cdat.groupbyBins({ inputs: [tas], bins: [0, 1] })
      assert.include(yield* of("CDAT.abs", {}, groups), "tas: its values are grouped.")
      assert.include(yield* failing(Cdat.max({ inputs: [groups], domain: south })), "groups have no dimensions.")
      assert.include(
        yield* failing(Cdat.workflow({ inputs: [Cdat.abs({ inputs: [tas] })], parameters: { axis: "time" } })),
        "no operation has a parameter axis."
      )
    }).pipe(Effect.provide(inMemory)))
})

describe("ComputeNode as at LLNL", () => {
  const users = LlnlNode.tokens({ alice: token, bob: Redacted.make("another token") })
  const http = Layer.unwrapEffect(
    Effect.map(
      ComputeNode.files,
      (files) => LlnlNode.layerHttpClient(ComputeNode.implementations(), { files, user: users })
    )
  )
  const asAlice = Llnl.layer({ url: WpsTest.url, poll: { schedule: Schedule.spaced("5 millis") } }).pipe(
    Layer.provideMerge(Layer.merge(http, BearerAuth.layer(token))),
    Layer.provideMerge(NetCdf.layer)
  )

  // Every run is a job there, and computing takes a time that the TestClock does not know.
  it.scopedLive("computes workflows, and lists the jobs", () =>
    Effect.gen(function*() {
      // The abstract of this process has a "<", which this server's documents do not escape.
      same(
        yield* compute(Cdat.where({ inputs: [tas], cond: "tas<290" })),
        Compute.where(Sample.temperature, { cond: "tas<290" })
      )
      const outputs = yield* WpsClient.run(
        Cdat.workflow({ inputs: [Cdat.min({ inputs: [tas] }), Cdat.max({ inputs: [pr] })] })
      )
      assert.strictEqual(outputs.length, 2)
      const error = yield* Effect.flip(WpsClient.run(Cdat.max({ inputs: [tas], axes: ["height"] })))
      assert.include(error.message, "height: no such dimension. Ask for one of time, lat, lon.")
      const jobs = yield* Stream.runCollect(Llnl.jobs())
      deepStrictEqual(
        Chunk.toReadonlyArray(jobs).map(({ identifier, outputs, status }) => [identifier, status._tag, outputs.length]),
        [["CDAT.where", "Succeeded", 1], ["CDAT.workflow", "Succeeded", 2], ["CDAT.max", "Failed", 0]]
      )
    }).pipe(Effect.provide(asAlice)))
})

describe("ComputeNode on a port", () => {
  it.scoped("answers who has the token", () =>
    Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const identifiers = Effect.map(WpsClient.capabilities, ({ processes }) => processes.map((one) => one.identifier))
      const as = (auth: Layer.Layer<Auth.Auth>) =>
        Effect.provide(identifiers, Layer.provide(WpsClient.layer({ url }), [auth, NodeHttpClient.layerUndici]))
      const found = yield* as(BearerAuth.layer(token))
      assert.strictEqual(found.length, 24)
      assert.includeMembers(found, Arr.map(["workflow", "filter_map", "groupby_bins", "var"], (name) => `CDAT.${name}`))
      assert.strictEqual((yield* Effect.flip(as(Auth.layerAnonymous)))._tag, "AccessDenied")
    }).pipe(Effect.provide(Layer.provide(ComputeNode.layer({ authorize: WpsNode.bearer(token) }), NetCdf.layer))))

  it.scoped("speaks as LLNL's does", () =>
    Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const client = Layer.provide(Llnl.layer({ url }), [BearerAuth.layer(token), NodeHttpClient.layerUndici])
      const [lists, reads] = yield* Effect.provide(
        Effect.all([Stream.runCollect(Llnl.jobs()), WpsClient.capabilities]),
        client
      )
      assert.strictEqual(lists.length, 0)
      assert.strictEqual(reads.processes.length, 24)
    }).pipe(
      Effect.provide(
        Layer.provide(ComputeNode.layerLlnl({ user: LlnlNode.tokens({ alice: token }) }), NetCdf.layer)
      )
    ))
})
