import { CwtError } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Schema } from "effect"

const long = "x".repeat(10_000)
const invalid = new CwtError.InvalidValue({
  input: "domain",
  subject: "domain d0",
  reason: "a step of 0 leads nowhere"
})
const clash = new CwtError.NameClash({ input: "variable", name: "v0" })

describe("CwtError", () => {
  it("says what is wrong and what to do, every fault at once", () => {
    assert.strictEqual(
      new CwtError.InvalidWorkflow({ faults: [invalid, clash] }).message,
      "The workflow is not valid: domain d0: a step of 0 leads nowhere; " +
        "two different things are called \"v0\"; give one of them another id, or none."
    )
    assert.strictEqual(
      new CwtError.MissingParameter({ identifier: "CDAT.max", parameter: "axes", given: [] }).message,
      "CDAT.max has no parameter \"axes\"; it was given none. Add it with Workflow.update."
    )
  })

  it("keeps names short that a document made long", () => {
    for (
      const error of [
        new CwtError.NameClash({ input: "variable", name: long }),
        new CwtError.UnknownReference({ input: "operation", subject: long, name: long, wanted: "domain" }),
        new CwtError.CyclicWorkflow({ path: [long] })
      ]
    ) assert.isBelow(error.message.length, 600)
  })

  it("can be saved and read again", () => {
    const error = new CwtError.InvalidWorkflow({ faults: [invalid, new CwtError.CyclicWorkflow({ path: ["a", "a"] })] })
    const again = Schema.decodeUnknownSync(CwtError.CwtError)(Schema.encodeSync(CwtError.CwtError)(error))
    assert.strictEqual(again.message, error.message)
    deepStrictEqual(again._tag, "InvalidWorkflow")
  })
})
