import { Domain, Gridder, Variable } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck, Schema } from "effect"
import { refusal, write } from "./support/json.ts"

const { FromJson } = Gridder
const read = Schema.decodeUnknownSync(FromJson)

describe("Gridder", () => {
  it("is regrid2, linear, T85 unless told otherwise, and is written in this order", () => {
    assert.strictEqual(write(FromJson, Gridder.make()), `{"tool":"regrid2","method":"linear","grid":"T85"}`)
    assert.strictEqual(
      write(FromJson, Gridder.make({ grid: "uniform~.5x.5", method: "conservative", tool: "esmf" })),
      `{"tool":"esmf","method":"conservative","grid":"uniform~.5x.5"}`
    )
  })

  it("names a grid that is a domain or a variable", () => {
    const domain = Domain.make({ lat: [0, 90] }, { id: "d0" })
    const variable = Variable.make({ uri: "u", name: "pr", id: "v0" })
    assert.strictEqual(
      write(FromJson, Gridder.make({ grid: domain })),
      `{"tool":"regrid2","method":"linear","grid":"d0"}`
    )
    assert.strictEqual(
      write(FromJson, Gridder.make({ grid: variable })),
      `{"tool":"regrid2","method":"linear","grid":"v0"}`
    )
    assert.match(
      write(FromJson, Gridder.make({ grid: Variable.make({ uri: "u", name: "pr" }) })),
      /refused: .*its grid has no id/s
    )
  })

  it("has the presets", () => {
    deepStrictEqual(
      [Gridder.T21, Gridder.T42, Gridder.T63, Gridder.UQuart, Gridder.UHalf, Gridder.U1, Gridder.U2].map(({ grid }) =>
        grid
      ),
      [
        "gaussian~32",
        "gaussian~64",
        "gaussian~96",
        "uniform~.25x.25",
        "uniform~.5x.5",
        "uniform~1x1",
        "uniform~2x2"
      ]
    )
  })

  it("[F5.7] what is missing is named by its own name", () => {
    assert.match(refusal(FromJson, { tool: "regrid2", method: "linear" }), /"grid"\]\s+└─ is missing/)
  })

  it.prop(
    "what was written is read again",
    [FastCheck.string(), FastCheck.string(), FastCheck.string()],
    ([tool, method, grid]) => {
      const gridder = Gridder.make({ tool, method, grid })
      deepStrictEqual(read(Schema.encodeSync(FromJson)(gridder)), gridder)
    }
  )
})
