import { Auth } from "@effect-wps/auth"
import {
  Cdat,
  CwtError,
  DataInputs,
  Dimension,
  Domain,
  Gridder,
  Mask,
  Parameter,
  Variable,
  Workflow
} from "@effect-wps/cwt"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Input, Output, Ows, Process, WpsClient } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, FastCheck, Fiber, Option, Random, Schema, TestClock } from "effect"
import { faults, sent, text, untyped } from "./support/json.ts"

const v0 = Variable.make({ uri: "u", name: "tas", id: "v0" })
const v1 = Variable.make({ uri: "u1", name: "tas", id: "v1" })
const v2 = Variable.make({ uri: "u2", name: "tas", id: "v2" })
const d0 = Domain.make({ time: Dimension.indices(10, 20), lat: [-90, 0] }, { id: "d0" })

/** The golden example: a workflow of the maximum of a subset. */
const whole = Cdat.workflow({
  id: "p_w",
  inputs: [
    Cdat.max({
      id: "p_max",
      axes: ["lat", "lon"],
      inputs: [Cdat.subset({ id: "p_sub", inputs: [v0], domain: d0 })]
    })
  ]
})
const golden = `{"variable":[{"uri":"u","id":"tas|v0"}],` +
  `"domain":[{"id":"d0","time":{"start":10,"end":20,"step":1,"crs":"indices"},` +
  `"lat":{"start":-90,"end":0,"step":1,"crs":"values"}}],` +
  `"operation":[{"name":"CDAT.workflow","result":"p_w","input":["p_max"]},` +
  `{"name":"CDAT.max","result":"p_max","input":["p_sub"],"axes":"lat|lon"},` +
  `{"name":"CDAT.subset","result":"p_sub","domain":"d0","input":["v0"]}]}`

const decoded = (source: string) => Either.flatMap(DataInputs.parse(source), Workflow.decode)
const problems = (source: string): ReadonlyArray<string> =>
  Either.match(decoded(source), {
    onLeft: (error) =>
      error._tag === "InvalidWorkflow"
        ? error.faults.map((fault) => `${fault._tag} ${fault.message}`)
        : [error.message],
    onRight: () => []
  })
const order = (workflow: Workflow.Workflow<unknown>) =>
  Effect.map(Workflow.encode(workflow), ({ operation, variable }) => ({
    operations: operation.map((one) => one["result"]),
    variables: variable.map((one) => one["id"])
  }))

describe("Workflow", () => {
  describe("encode", () => {
    it.effect("[F2.1] the whole graph, to the letter", () =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sent(whole), golden)
      }))

    it.effect("[F2.2] an operation's fields: name, result, domain, input, gridder, parameters as given", () =>
      Effect.gen(function*() {
        const operation = Workflow.make("X", {
          parameters: { zeta: 1, alpha: ["a", "b"], none: undefined },
          gridder: Gridder.make(),
          inputs: [v0],
          domain: d0,
          id: "x"
        })
        assert.strictEqual(
          text((yield* Workflow.encode(operation)).operation),
          `[{"name":"X","result":"x","domain":"d0","input":["v0"],` +
            `"gridder":{"tool":"regrid2","method":"linear","grid":"T85"},"zeta":"1","alpha":"a|b"}]`
        )
      }))

    it.effect("[F2.3] the root first, then depth first, of several inputs the last one first", () =>
      Effect.gen(function*() {
        const a = Workflow.make("A", { id: "A", inputs: [v1] })
        const b = Workflow.make("B", { id: "B", inputs: [v2] })
        deepStrictEqual(yield* order(Workflow.make("W", { id: "W", inputs: [a, b] })), {
          operations: ["W", "B", "A"],
          variables: ["tas|v2", "tas|v1"]
        })
      }))

    it.effect("[F2.3] the root's domain first, then those of the operations in their order", () =>
      Effect.gen(function*() {
        const domain = (id: string) => Domain.make({ lat: [0, 1] }, { id })
        const a = Workflow.make("A", { inputs: [v1], domain: domain("dA") })
        const b = Workflow.make("B", { inputs: [v2], domain: domain("dB") })
        const root = Workflow.make("W", { inputs: [a, b], domain: domain("dW") })
        deepStrictEqual((yield* Workflow.encode(root)).domain.map(({ id }) => id), ["dW", "dB", "dA"])
      }))

    it.effect("[F3.1] names that are not given are 64 bits of Random, the same thing having one", () =>
      Effect.gen(function*() {
        const tas = Variable.make({ uri: "u", name: "tas", domain: Domain.make({ lat: [0, 1] }) })
        const mask = Mask.make({ uri: "m", name: "land", operation: "var_data>0" })
        const part = Cdat.subset({ inputs: [tas], domain: Domain.make({ lat: [0, 1] }, { mask }) })
        const root = Cdat.add({ inputs: [part, part, tas] })
        const seeded = (seed: string) => Workflow.encode(root).pipe(Effect.withRandom(Random.make(seed)))
        const once = yield* seeded("seed")
        assert.strictEqual(text(once), text(yield* seeded("seed")))
        assert.notStrictEqual(
          text(once),
          text(yield* seeded("another"))
        )
        const [variable] = once.variable
        const [first, second] = once.operation
        assert.match(String(variable?.["id"]), /^tas\|[0-9a-f]{16}$/)
        assert.match(text(once.domain), /"id":"land\|[0-9a-f]{16}"/)
        const name = String(variable?.["id"]).slice("tas|".length)
        deepStrictEqual(first?.["input"], [second?.["result"], second?.["result"], name])
        deepStrictEqual(second?.["input"], [name])
        assert.lengthOf(once.variable, 1)
        assert.lengthOf(once.domain, 2)
        assert.strictEqual(variable?.["domain"], once.domain[1]?.["id"])
      }))

    it.effect("[F3.13] a diamond shares its nodes", () =>
      Effect.gen(function*() {
        const bottom = Workflow.make("S", { id: "S", inputs: [v0] })
        const left = Workflow.make("L", { id: "L", inputs: [bottom, v1] })
        const right = Workflow.make("R", { id: "R", inputs: [bottom] })
        deepStrictEqual(yield* order(Workflow.make("T", { id: "T", inputs: [left, right] })), {
          operations: ["T", "R", "S", "L"],
          variables: ["tas|v0", "tas|v1"]
        })
      }))

    it.effect("a chain of 20 000 operations, and a ladder with 2^200 ways through it", () =>
      Effect.gen(function*() {
        let chain = Cdat.abs({ inputs: [v0] })
        for (let length = 1; length < 20_000; length++) chain = Cdat.abs({ inputs: [chain] })
        const long = yield* Workflow.encode(chain)
        assert.lengthOf(long.operation, 20_000)
        assert.strictEqual(yield* sent(Either.getOrThrow(Workflow.decode(long))), text(long))
        let ladder = Cdat.abs({ inputs: [v0] })
        for (let length = 0; length < 200; length++) ladder = Cdat.add({ inputs: [ladder, ladder] })
        assert.lengthOf((yield* Workflow.encode(ladder)).operation, 201)
      }))

    it.effect("[F3.10] takes variables and operations only, and names what else it was given", () =>
      Effect.gen(function*() {
        const inputs: ReadonlyArray<Workflow.Operand> = untyped(`["tas", null, [1]]`)
        deepStrictEqual(yield* faults(Workflow.make("X", { inputs })), [
          "operation X: an input is of the type string, where a variable or an operation is wanted",
          "operation X: an input is null, where a variable or an operation is wanted",
          "operation X: an input is a list, where a variable or an operation is wanted"
        ])
      }))

    it.effect("whatever a caller without types gives is a fault and no crash", () =>
      Effect.gen(function*() {
        const odd = Workflow.make("X", {
          inputs: [Variable.make({ uri: "u", name: "tas", id: "v", domain: untyped("[3]") })],
          domain: untyped("\"d0\""),
          gridder: untyped("\"T85\""),
          parameters: untyped("[null]")
        })
        deepStrictEqual(yield* faults(odd), [
          "variable tas: a domain is of the type number; make it with Domain.make",
          "operation X: its domain is none; make it with Domain.make",
          "operation X: a parameter is null; make it with Parameter.make",
          "operation X: its gridder is of the type string; make it with Gridder.make"
        ])
        const masked = Domain.make({ lat: [0, 1] }, { id: "d", mask: untyped("\"land\"") })
        assert.match((yield* faults(Cdat.abs({ inputs: [v0], domain: masked })))[0] ?? "", /^domain d: mask /)
      }))

    it.effect("says everything that is wrong at once, as InvalidInputs when it is run", () =>
      Effect.gen(function*() {
        const wrong = Cdat.where({
          id: "",
          inputs: [Variable.make({ uri: "u", name: "" })],
          domain: Domain.make({ lat: Dimension.indices(0, 0.5) }, { id: "d" }),
          cond: "a|b>c"
        })
        assert.lengthOf(yield* faults(wrong), 4)
        const error = yield* Effect.flip(wrong.inputs)
        deepStrictEqual(error.faults.map(({ input }) => input), ["domain", "variable", "operation", "operation"])
        assert.match(error.message, /^CDAT\.where was not run: domain: domain d: lat 0\.5 is no whole number/)
      }))

    it.effect("[F5.12] a variable's own domain and a gridder's grid are sent along", () =>
      Effect.gen(function*() {
        const own = Domain.make({ lat: [0, 1] }, { id: "own" })
        const grid = Domain.make({ lat: [0, 90, 2] }, { id: "grid" })
        const like = Variable.make({ uri: "g", name: "pr", id: "like", domain: Domain.make({}, { id: "likes" }) })
        const root = Cdat.add({
          inputs: [
            Cdat.subset({ inputs: [Variable.make({ uri: "u", name: "tas", id: "v", domain: own })], domain: d0 }),
            Cdat.subset({ inputs: [v0], gridder: Gridder.make({ grid: like }) })
          ],
          gridder: Gridder.make({ grid })
        })
        const { domain, operation, variable } = yield* Workflow.encode(root)
        deepStrictEqual(domain.map(({ id }) => id), ["d0", "grid", "own", "likes"])
        deepStrictEqual(variable.map(({ domain, id }) => [id, domain]), [
          ["tas|v0", undefined],
          ["tas|v", "own"],
          ["pr|like", "likes"]
        ])
        deepStrictEqual(operation.map(({ gridder }) => gridder), [
          { tool: "regrid2", method: "linear", grid: "grid" },
          { tool: "regrid2", method: "linear", grid: "like" },
          undefined
        ])
      }))

    it.effect("[F5.10] a variable's domain may be named, if the request has it", () =>
      Effect.gen(function*() {
        const named = Variable.make({ uri: "u", name: "tas", id: "v", domain: "d0" })
        assert.strictEqual((yield* Workflow.encode(Cdat.subset({ inputs: [named], domain: d0 }))).variable.length, 1)
        deepStrictEqual(yield* faults(Cdat.subset({ inputs: [named] })), [
          "variable tas names the domain \"d0\", which the request does not have; add it, or correct the name"
        ])
      }))

    it.effect("[F5.13] different things with one name are refused, equal ones are one", () =>
      Effect.gen(function*() {
        const clash = (name: string) =>
          `two different things are called "${name}"; give one of them another id, or none`
        const other = Domain.make({ lat: [0, 1] }, { id: "d0" })
        const two = (left: Domain.Domain, right: Domain.Domain) =>
          Cdat.add({
            inputs: [Cdat.subset({ inputs: [v0], domain: left }), Cdat.subset({ inputs: [v1], domain: right })]
          })
        deepStrictEqual(yield* faults(two(d0, other)), [clash("d0")])
        assert.lengthOf(
          (yield* Workflow.encode(two(other, Domain.make({ lat: [0, 1] }, { id: "d0" })))).domain,
          1
        )
        const double = Variable.make({ uri: "other", name: "tas", id: "v0" })
        deepStrictEqual(yield* faults(Cdat.add({ inputs: [v0, double] })), [clash("v0")])
        deepStrictEqual(yield* faults(Cdat.abs({ inputs: [v0], id: "v0" })), [clash("v0")])
        deepStrictEqual(yield* faults(Cdat.abs({ inputs: [Cdat.sqrt({ inputs: [v0], id: "x" })], id: "x" })), [
          clash("x")
        ])
        const grid = Domain.make({ lat: [0, 1] }, { id: "v0" })
        deepStrictEqual(yield* faults(Cdat.abs({ inputs: [v0], gridder: Gridder.make({ grid }) })), [clash("v0")])
      }))

    it.effect("[F5.15] a parameter called like a field is refused, and so is one that is given twice", () =>
      Effect.gen(function*() {
        const twice = [Parameter.make("axes", "lat"), Parameter.make("axes", "lon")]
        assert.match(
          (yield* faults(Workflow.make("X", { inputs: [v0], parameters: { result: "y" } })))[0] ?? "",
          /no parameter can be called "result"/
        )
        deepStrictEqual(yield* faults(Workflow.make("X", { inputs: [v0], parameters: twice })), [
          "operation X: it has two parameters axes"
        ])
      }))

    it.effect("[F5.16] a caller's list of inputs is neither changed nor followed", () =>
      Effect.gen(function*() {
        const inputs: Array<Workflow.Operand> = [v0]
        const operation = Workflow.make("X", { inputs, id: "x" })
        Workflow.update(operation, { inputs: [v1] })
        assert.lengthOf(inputs, 1)
        inputs.push(v2)
        deepStrictEqual((yield* order(operation)).variables, ["tas|v0"])
      }))

    it.effect("[F5.21] a single input without a list is one input", () =>
      Effect.gen(function*() {
        // @ts-expect-error inputs are a list
        deepStrictEqual((yield* order(Workflow.make("X", { inputs: v0 }))).variables, ["tas|v0"])
      }))

    it.effect("[F5.22] a gridder is a gridder and parameters keep their values, however they are given", () =>
      Effect.gen(function*() {
        const updated = Workflow.update(Workflow.make("X", { inputs: [v0], id: "x" }), {
          gridder: Gridder.T42,
          parameters: [Parameter.make("axes", "lat", "lon")]
        })
        assert.strictEqual(
          text((yield* Workflow.encode(updated)).operation),
          `[{"name":"X","result":"x","input":["v0"],` +
            `"gridder":{"tool":"regrid2","method":"linear","grid":"gaussian~64"},"axes":"lat|lon"}]`
        )
      }))

    it.effect("[F5.23] two runs of one process have names of their own", () =>
      Effect.gen(function*() {
        const base = Workflow.make("X", { parameters: { a: 1 } })
        const root = Workflow.make("W", {
          id: "W",
          inputs: [Workflow.update(base, { inputs: [v1] }), Workflow.update(base, { inputs: [v2] })]
        })
        const { operation, variable } = yield* Workflow.encode(root)
        assert.lengthOf(new Set(operation.map(({ result }) => result)), 3)
        assert.lengthOf(variable, 2)
      }))
  })

  describe("update and parameter", () => {
    it("[F3.9] [F3.12] gives a new operation: inputs and parameters are added, the domain is another", () => {
      const before = Workflow.make("X", { inputs: [v0], domain: d0, parameters: { a: 1, b: 2 } })
      const other = Domain.make({ lat: [0, 1] })
      const after = Workflow.update(before, { inputs: [v1], domain: other, parameters: { a: 3, c: ["x", "y"] } })
      deepStrictEqual(after.operands, [v0, v1])
      deepStrictEqual(after.domain, Option.some(other))
      deepStrictEqual(after.parameters, [
        Parameter.make("a", 3),
        Parameter.make("b", 2),
        Parameter.make("c", "x", "y")
      ])
      deepStrictEqual(before.operands, [v0])
      deepStrictEqual(before.domain, Option.some(d0))
      deepStrictEqual(before.parameters, [Parameter.make("a", 1), Parameter.make("b", 2)])
    })

    it("[F3.11] a parameter is found by its name, and one that is missing is an error", () => {
      const operation = Workflow.make("X", { parameters: { a: 1 } })
      deepStrictEqual(Workflow.parameter(operation, "a"), Either.right(Parameter.make("a", 1)))
      deepStrictEqual(
        Either.flip(Workflow.parameter(operation, "b")).pipe(Either.getOrThrow).message,
        "X has no parameter \"b\"; it was given a. Add it with Workflow.update."
      )
    })
  })

  describe("decode", () => {
    it.effect("[F2.6] reads what stands in an address, and lets pass what it does not know", () =>
      Effect.gen(function*() {
        const workflow = yield* decoded(
          `[variable=[{"id": "tas|tas", "uri": "file:///tas.nc?a=b;c", "result":"v0"}];` +
            `domain=[{"id": "test", "lat": {"start": 0, "end": 1, "crs": "values"}}];` +
            `operation=[{"name":"CDAT.subset","input":["tas"],"domain":"test","result":"subset"}]]`
        )
        assert.strictEqual(workflow.identifier, "CDAT.subset")
        assert.strictEqual(
          yield* sent(workflow),
          `{"variable":[{"uri":"file:///tas.nc?a=b;c","id":"tas|tas"}],` +
            `"domain":[{"id":"test","lat":{"start":0,"end":1,"step":1,"crs":"values"}}],` +
            `"operation":[{"name":"CDAT.subset","result":"subset","domain":"test","input":["tas"]}]}`
        )
      }))

    it.effect("[F2.7] the golden graph is read and written unchanged", () =>
      Effect.gen(function*() {
        const inputs = yield* Schema.decodeUnknown(DataInputs.FromJson)(golden)
        assert.strictEqual(yield* sent(yield* Workflow.decode(inputs)), golden)
      }))

    it.effect("gridders find their grids, and what is used twice is one", () =>
      Effect.gen(function*() {
        const workflow = yield* decoded(
          `variable=[{"uri":"u","id":"tas|v","domain":"d0|d1"}];` +
            `domain=[{"id":"d0"},{"id":"d1"}];` +
            `operation=[{"name":"W","input":["a","a"],"gridder":{"tool":"t","method":"m","grid":"d1"}},` +
            `{"name":"A","result":"a","input":["v"],"gridder":{"tool":"t","method":"m","grid":"T85"}}]`
        )
        const [left, right] = workflow.operands
        assert.strictEqual(left, right)
        deepStrictEqual(
          Option.map(workflow.gridder, ({ grid }) => grid),
          Option.some(Domain.make({}, { id: "d1" }))
        )
        const { domain, operation, variable } = yield* Workflow.encode(workflow)
        deepStrictEqual(domain.map(({ id }) => id), ["d1", "d0"])
        assert.strictEqual(variable[0]?.["domain"], "d0|d1")
        assert.lengthOf(operation, 2)
      }))

    it("several workflows in one request are read each for itself", () => {
      const source =
        `variable=[{"uri":"u","id":"tas|v"}];operation=[{"name":"A","input":["v"]},{"name":"B","input":["v"]}]`
      assert.match(problems(source)[0] ?? "", /2 operations are no input of another/)
      deepStrictEqual(
        DataInputs.parse(source).pipe(
          Either.flatMap(Workflow.decodeAll),
          Either.map((roots) => roots.map(({ identifier }) => identifier))
        ),
        Either.right(["A", "B"])
      )
      assert.match(problems("variable=[];operation=[]")[0] ?? "", /there is no operation/)
    })

    it("[F5.9] a variable without a bar is known by its name in the file", () => {
      deepStrictEqual(problems(`variable=[{"uri":"u","id":"tas"}];operation=[{"name":"A","input":["tas"]}]`), [])
    })

    it("[F5.13] names that are given twice are refused, unless it is the same thing", () => {
      deepStrictEqual(
        problems(
          `variable=[{"uri":"u","id":"tas|v"},{"uri":"w","id":"tas|v"}];domain=[{"id":"d"},{"id":"d"}];` +
            `operation=[{"name":"A","result":"v","input":["v"]}]`
        ).map((fault) => fault.split(" ")[0]),
        ["NameClash", "NameClash"]
      )
    })

    it("[F5.17] result may be missing, and parameters may be numbers, booleans and lists", () => {
      const workflow = Either.getOrThrow(decoded(
        `variable=[{"uri":"u","id":"tas|v"}];` +
          `operation=[{"name":"A","input":["v"],"n":3,"b":true,"l":["x",1],"s":"p|q","z":null,"domain":null}]`
      ))
      deepStrictEqual(workflow.id, Option.none())
      deepStrictEqual(workflow.parameters, [
        Parameter.make("n", 3),
        Parameter.make("b", true),
        Parameter.make("l", "x", 1),
        Parameter.make("s", "p", "q")
      ])
      assert.match(
        problems(`variable=[];operation=[{"name":"A","input":[],"o":{}}]`)[0] ?? "",
        /the parameter o is no text, number, true, false, or a list of them/
      )
    })

    it("[F5.25] cycles and names that nothing has are refused", () => {
      deepStrictEqual(
        problems(
          `variable=[];operation=[{"name":"W","result":"w","input":["a"]},{"name":"A","result":"a","input":["b"]},` +
            `{"name":"B","result":"b","input":["a"]}]`
        ),
        ["CyclicWorkflow operations take each other's results: a ← b ← a; take one of these inputs away"]
      )
      assert.match(
        problems(`variable=[];operation=[{"name":"A","result":"a","input":["a"]}]`)[0] ?? "",
        /^CyclicWorkflow .*a ← a;/
      )
      deepStrictEqual(
        problems(
          `variable=[{"uri":"u","id":"tas|v","domain":"e"}];operation=[{"name":"A","result":"a","input":["x"],"domain":"d"}]`
        ),
        [
          "UnknownReference variable tas|v names the domain \"e\", which the request does not have; add it, or correct the name",
          "UnknownReference operation a names the variable or operation \"x\", which the request does not have; " +
          "add it, or correct the name",
          "UnknownReference operation a names the domain \"d\", which the request does not have; add it, or correct the name"
        ]
      )
    })

    it("what is malformed is named with what has it", () => {
      deepStrictEqual(
        problems(
          `variable=[{"uri":"u"}];domain=[{"id":"d","lat":{"start":0}},{"lat":{}}];operation=[{"result":"x","input":"v"}]`
        ).map((fault) => fault.slice(0, 40)),
        [
          "InvalidValue domain d: lat.end is missin",
          "InvalidValue domain number 2: lat.start ",
          "InvalidValue variable number 1: id is mi",
          "InvalidValue operation x: name is missin"
        ]
      )
    })

    const graphs = FastCheck.array(
      FastCheck.record({
        inputs: FastCheck.array(FastCheck.nat(), { minLength: 1, maxLength: 4 }),
        domain: FastCheck.option(FastCheck.nat(2), { nil: undefined }),
        axes: FastCheck.array(FastCheck.constantFrom("lat", "lon", "time"), { minLength: 1, maxLength: 3 })
      }),
      { minLength: 1, maxLength: 12 }
    )
    it.effect.prop("what was encoded is decoded to the same graph", [graphs], ([graph]) =>
      Effect.gen(function*() {
        const domains = [d0, Domain.make({ lon: [0, 1] }), Domain.make({ time: ["1980", "1990", "P1D"] })]
        const things: Array<Workflow.Operand> = [v0, v1, Variable.make({ uri: "u", name: "pr", domain: domains[1] })]
        let root = Cdat.abs({ inputs: [v0] })
        for (const { axes, domain, inputs } of graph) {
          root = Cdat.max({
            inputs: inputs.flatMap((index) => things[index % things.length] ?? []),
            domain: domain === undefined ? undefined : domains[domain],
            axes
          })
          things.push(root)
        }
        const encoded = yield* Workflow.encode(root)
        assert.strictEqual(yield* sent(yield* Workflow.decode(encoded)), text(encoded))
      }))
  })

  describe("drawings", () => {
    const drawn = Cdat.max({
      axes: ["lat"],
      inputs: [Cdat.subset({ inputs: [Variable.make({ uri: "a\"b].nc", name: "tas" })], domain: d0 })]
    })

    it("Mermaid, with labels that cannot end themselves", () => {
      assert.strictEqual(
        Workflow.toMermaid(drawn),
        `flowchart LR
  operation0["CDAT.max<br/>axes lat"]
  operation1["CDAT.subset<br/>time 10 to 20 (indices)<br/>lat -90 to 0"]
  variable0[("tas<br/>a#34;b#93;.nc")]
  operation1 --> operation0
  variable0 --> operation1
`
      )
    })

    it("DOT, with labels that cannot end themselves", () => {
      assert.strictEqual(
        Workflow.toDot(drawn),
        `digraph workflow {
  rankdir=LR;
  operation0 [shape=box, label="CDAT.max\\naxes lat"];
  operation1 [shape=box, label="CDAT.subset\\ntime 10 to 20 (indices)\\nlat -90 to 0"];
  variable0 [shape=cylinder, label="tas\\na\\"b].nc"];
  operation1 -> operation0;
  variable0 -> operation1;
}
`
      )
    })
  })

  describe("run", () => {
    const Item = Schema.Record({ key: Schema.String, value: Schema.Unknown })
    const json = Input.complex(Schema.Array(Item), "application/json")
    const inputs = { variable: json, domain: json, operation: json }
    const declare = (identifier: string) =>
      Process.make(identifier, { inputs, outputs: { output: Output.complex(Schema.Unknown, "application/json") } })
    const received: Array<unknown> = []
    const Node = WpsTest.layer([
      WpsNode.handle(declare("CDAT.subset"), (given) => {
        received.push(given)
        return Effect.succeed({
          output: given.variable.map(({ id, uri }) => ({
            uri: `${String(uri)}.out`,
            id: `${String(id)}-out`,
            mime_type: "application/netcdf"
          }))
        })
      }),
      WpsNode.handle(
        declare("CDAT.max"),
        (_, { pause }) =>
          pause(40, "waiting for a worker").pipe(
            Effect.zipRight(Effect.sleep("10 seconds")),
            Effect.zipRight(
              Effect.fail(
                new Ows.OwsException({ code: "NoApplicableCode", locator: Option.none(), texts: ["no {axes}"] })
              )
            )
          )
      ),
      WpsNode.handle(declare("CDAT.sum"), () => Effect.never),
      WpsNode.handle(
        declare("CDAT.workflow"),
        (given) => Effect.succeed({ output: given.domain.length > 0 ? { rows: 3 } : given.variable })
      )
    ])
    const client = Effect.provide([Node, Auth.layerAnonymous])

    it.effect("[F2.4] [F3.16] against a node: the three inputs go out, and a variable comes back", () =>
      Effect.gen(function*() {
        const operation = Cdat.subset({ inputs: [v0], domain: d0, id: "s", method: "nearest" })
        const job = yield* WpsClient.execute(operation)
        const waiting = yield* Effect.fork(job.result)
        yield* TestClock.adjust("1 minute")
        const variable: Variable.Variable = yield* Fiber.join(waiting)
        deepStrictEqual(
          variable,
          Variable.make({ uri: "u.out", name: "tas", id: "v0-out", mimeType: "application/netcdf" })
        )
        deepStrictEqual(received, [yield* Workflow.encode(operation)])
        deepStrictEqual(
          (yield* operation.inputs).map(({ identifier }) => identifier),
          ["variable", "domain", "operation"]
        )
      }).pipe(client))

    it.effect("several outputs, and one that is no variable", () =>
      Effect.gen(function*() {
        const several = Cdat.workflow({ inputs: [Cdat.abs({ inputs: [v1] }), Cdat.abs({ inputs: [v2] })] })
        const found: ReadonlyArray<Variable.Variable> = yield* WpsClient.run(several)
        deepStrictEqual(found.map(({ uri }) => uri), ["u2", "u1"])
        const table = Cdat.workflow({ inputs: [Cdat.abs({ inputs: [v1] })], domain: d0 })
        const refused = yield* Effect.flip(WpsClient.run(table))
        assert.match(refused.message, /is not made of variables .*; read it with Workflow\.json/)
        deepStrictEqual(yield* WpsClient.run(Workflow.json(table)), { rows: 3 })
      }).pipe(client))

    it.effect("[F5.18] [F5.36] a paused job is waited for, and a failure is a typed error with the server's words", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(Cdat.max({ inputs: [v0] }))
        const waiting = yield* Effect.fork(Effect.flip(job.result))
        yield* TestClock.adjust("5 seconds")
        assert.strictEqual((yield* job.status)._tag, "Paused")
        yield* TestClock.adjust("1 minute")
        const error = yield* Fiber.join(waiting)
        assert.strictEqual(error._tag, "ProcessFailed")
        assert.include(error.message, "no {axes}")
        const unknown = yield* Effect.flip(WpsClient.run(Cdat.min({ inputs: [v0] })))
        assert.strictEqual(unknown._tag, "ProcessNotFound")
      }).pipe(client))

    it.effect("[F5.24] the wait ends when its time has passed, however long the pauses are", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(Cdat.sum({ inputs: [v0] }), { poll: { deadline: "30 seconds" } })
        const waiting = yield* Effect.fork(Effect.flip(job.result))
        yield* TestClock.adjust("31 seconds")
        const error = yield* Fiber.join(waiting)
        assert.strictEqual(error._tag === "JobTimeout" ? error.seconds : error._tag, 30)
      }).pipe(client))

    it("[F5.20] an operation needs neither a client nor a description", () => {
      assert.strictEqual(Workflow.make("EDAS.anything").identifier, "EDAS.anything")
    })

    const readAs = <A>(workflow: Workflow.Workflow<A>, ...outputs: ReadonlyArray<DataValue.DataValue>) =>
      workflow.read(
        outputs.map((data, index) => ({
          identifier: `out${index}`,
          title: Option.none(),
          abstract: Option.none(),
          data
        })),
        {
          fetch: () =>
            Effect.succeed({
              content: new TextEncoder().encode(`{"uri":"fetched","id":"tas|x"}`),
              contentType: Option.none()
            })
        }
      )
    const said = (json: string) => DataValue.complexText(json, "application/json")
    const one = Cdat.abs({ inputs: [v0] })

    it.effect("reads a stored output in the charset that it was served in", () =>
      Effect.gen(function*() {
        const { name } = yield* one.read(
          [{
            identifier: "output",
            title: Option.none(),
            abstract: Option.none(),
            data: DataValue.reference("https://data.example.org/o.json")
          }],
          {
            fetch: () =>
              Effect.succeed({
                content: Buffer.from(`{"uri":"x","id":"été|x"}`, "latin1"),
                contentType: Option.some("application/json; charset=ISO-8859-1")
              })
          }
        )
        assert.strictEqual(name, "été")
      }))

    it.effect("[F5.19] whatever stands in the output is read or refused, never a crash", () =>
      Effect.gen(function*() {
        const reason = (...outputs: ReadonlyArray<DataValue.DataValue>) =>
          Effect.map(Effect.flip(readAs(one, ...outputs)), (error) => error.reason)
        deepStrictEqual(
          yield* readAs(one, said(` [{"uri":"x","id":"tas|x"}]\n`)),
          Variable.make({
            uri: "x",
            name: "tas",
            id: "x"
          })
        )
        assert.strictEqual((yield* readAs(one, DataValue.literal(`{"uri":"x"}`))).uri, "x")
        assert.strictEqual((yield* readAs(one, DataValue.reference("https://data.example.org/o.json"))).uri, "fetched")
        assert.strictEqual(yield* reason(), "is missing")
        assert.strictEqual(yield* reason(said("not JSON")), "is no JSON")
        assert.match(yield* reason(said("[]")), /has 0 variables and not one; read it with Workflow\.variables/)
        assert.match(yield* reason(said(`[{"uri":"a"},{"uri":"b"}]`)), /has 2 variables/)
        assert.match(yield* reason(said(`"a text about uri"`)), /is not made of variables/)
        deepStrictEqual(yield* readAs(Workflow.variables(one), said("[]")), [])
      }))
  })

  it("[F5.26] errors print what a server or document says as it stands", () => {
    const error = new CwtError.InvalidDataInputs({ reason: "{} {0} %s {key}" })
    assert.include(error.message, "{} {0} %s {key}")
  })
})
