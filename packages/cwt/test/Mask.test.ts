import { Domain, Mask } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck, Inspectable, Option, Schema } from "effect"
import { refusal, write } from "./support/json.ts"

const { FromJson } = Mask
const read = Schema.decodeUnknownSync(FromJson)
const mask = Mask.make({ uri: "file:///test.nc", name: "tas", operation: "var_data>0.5", id: "tas1" })

describe("Mask", () => {
  it("writes uri, id and operation in this order", () => {
    assert.strictEqual(
      write(FromJson, mask),
      `{"uri":"file:///test.nc","id":"tas|tas1","operation":"var_data>0.5"}`
    )
  })

  it("has no name unless it is given one, and is not written alone then", () => {
    const unnamed = Mask.make({ uri: "u", name: "tas", operation: "var_data>0.5" })
    deepStrictEqual(unnamed.id, Option.none())
    assert.match(write(FromJson, unnamed), /refused: .*has no id; give one, or send it as part of a workflow/s)
  })

  it("names what is missing", () => {
    assert.match(refusal(FromJson, { uri: "u", id: "tas" }), /"operation"\]\s+└─ is missing/)
  })

  it("[F5.5] an id without a bar is the variable's name", () => {
    deepStrictEqual(
      read({ uri: "u", id: "tas", operation: "var_data>0.5" }),
      Mask.make({ uri: "u", name: "tas", operation: "var_data>0.5" })
    )
  })

  it("[F5.6] a domain with a mask can be printed", () => {
    assert.include(Inspectable.format(Domain.make({ lat: [0, 1] }, { mask })), "var_data>0.5")
    assert.include(Inspectable.format(mask), "file:///test.nc")
  })

  it.prop(
    "what was written is read again",
    [FastCheck.string(), FastCheck.string({ minLength: 1 }), FastCheck.string(), FastCheck.string({ minLength: 1 })],
    ([uri, name, operation, id]) => {
      const one = Mask.make({ uri, name: name.replaceAll("|", "_"), operation, id })
      deepStrictEqual(read(Schema.encodeSync(FromJson)(one)), one)
    }
  )
})
