import { Cdat, Domain, Gridder, Variable, Workflow } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { faults, text } from "./support/json.ts"

const tas = Variable.make({ uri: "u", name: "tas", id: "v0" })
const pr = Variable.make({ uri: "p", name: "pr", id: "v1" })
const inputs = [tas]

const operations: ReadonlyArray<readonly [Workflow.Workflow<unknown>, string]> = [
  [Cdat.workflow({ inputs, parameters: { axes: ["lat", "lon"] } }), `CDAT.workflow {"axes":"lat|lon"}`],
  [Cdat.subset({ inputs, method: "nearest" }), `CDAT.subset {"method":"nearest"}`],
  [Cdat.aggregate({ inputs: [tas, pr] }), "CDAT.aggregate {}"],
  [Cdat.max({ inputs, axes: ["lat", "lon"] }), `CDAT.max {"axes":"lat|lon"}`],
  [Cdat.min({ inputs, axes: ["lat"] }), `CDAT.min {"axes":"lat"}`],
  [Cdat.mean({ inputs, axes: ["lat"] }), `CDAT.mean {"axes":"lat"}`],
  [Cdat.sum({ inputs, axes: ["lat"] }), `CDAT.sum {"axes":"lat"}`],
  [Cdat.std({ inputs, axes: ["lat"] }), `CDAT.std {"axes":"lat"}`],
  [Cdat.variance({ inputs, axes: ["lat"] }), `CDAT.var {"axes":"lat"}`],
  [Cdat.abs({ inputs, fillna: 0 }), `CDAT.abs {"fillna":"0"}`],
  [Cdat.exp({ inputs, variable: "tas" }), `CDAT.exp {"variable":"tas"}`],
  [Cdat.log({ inputs, rename: { tas: "t", pr: "p" } }), `CDAT.log {"rename":"tas|t|pr|p"}`],
  [Cdat.sqrt({ inputs }), "CDAT.sqrt {}"],
  [Cdat.count({ inputs }), "CDAT.count {}"],
  [Cdat.squeeze({ inputs }), "CDAT.squeeze {}"],
  [Cdat.add({ inputs: [tas, pr] }), "CDAT.add {}"],
  [Cdat.subtract({ inputs, const: 273.15 }), `CDAT.subtract {"const":"273.15"}`],
  [Cdat.multiply({ inputs, const: -1 }), `CDAT.multiply {"const":"-1"}`],
  [Cdat.divide({ inputs, const: Infinity }), `CDAT.divide {"const":"inf"}`],
  [Cdat.power({ inputs, const: 2 }), `CDAT.power {"const":"2"}`],
  [Cdat.where({ inputs, cond: "lon>180", other: 0 }), `CDAT.where {"cond":"lon>180","other":"0"}`],
  [
    Cdat.filterMap({ inputs, func: "count", cond: "pr>=prw" }),
    `CDAT.filter_map {"func":"count","cond":"pr>=prw"}`
  ],
  [Cdat.groupbyBins({ inputs, bins: [0, 0.5, 1] }), `CDAT.groupby_bins {"bins":"0|0.5|1"}`],
  [Cdat.merge({ inputs: [tas, pr], compat: "override" }), `CDAT.merge {"compat":"override"}`]
]

describe("Cdat", () => {
  it.effect("has every operation of the compute node, with its parameters as they are sent", () =>
    Effect.gen(function*() {
      const sent = yield* Effect.forEach(
        operations,
        ([operation]) =>
          Effect.map(Workflow.encode(operation), (encoded) => {
            const { input: _input, name, result: _result, ...parameters } = encoded.operation[0] ?? {}
            return `${String(name)} ${text(parameters)}`
          })
      )
      deepStrictEqual(sent, operations.map(([, expected]) => expected))
      assert.lengthOf(new Set(operations.map(([{ identifier }]) => identifier)), 24)
    }))

  it.effect("keeps parameters in the order in which they are given, fields first", () =>
    Effect.gen(function*() {
      const operation = Cdat.max({
        fillna: 0,
        rename: { tas: "t" },
        axes: ["lat"],
        gridder: Gridder.U1,
        domain: Domain.make({ lat: [0, 1] }, { id: "d" }),
        id: "m",
        inputs
      })
      assert.strictEqual(
        text((yield* Workflow.encode(operation)).operation),
        `[{"name":"CDAT.max","result":"m","domain":"d","input":["v0"],` +
          `"gridder":{"tool":"regrid2","method":"linear","grid":"uniform~1x1"},` +
          `"fillna":"0","rename":"tas|t","axes":"lat"}]`
      )
    }))

  it.effect("wants as many inputs as the process takes", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* faults(Cdat.aggregate({ inputs })), [
        "operation CDAT.aggregate: it has 1 input and takes at least 2"
      ])
      deepStrictEqual(yield* faults(Cdat.max({ inputs: [] })), [
        "operation CDAT.max: it has 0 inputs and takes at least 1"
      ])
    }))

  it("types what each takes and gives", () => {
    const one: Workflow.Workflow<Variable.Variable> = Cdat.max({ inputs: [Cdat.subset({ inputs })], axes: ["lat"] })
    const many: Workflow.Workflow<ReadonlyArray<Variable.Variable>> = Cdat.workflow({ inputs: [one] })
    assert.isTrue(Workflow.isWorkflow(one) && Workflow.isWorkflow(many))
    assert.isFalse(Workflow.isWorkflow(tas))
    // @ts-expect-error a condition has a comparison
    Cdat.where({ inputs, cond: "lon" })
    // @ts-expect-error there is no such method
    Cdat.subset({ inputs, method: "closest" })
    // @ts-expect-error a subset has no axes
    Cdat.subset({ inputs, axes: ["lat"] })
    // @ts-expect-error inputs are variables and operations
    Cdat.max({ inputs: ["tas"] })
  })
})
