import { Parameter } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, Equal, FastCheck } from "effect"
import { untyped } from "./support/json.ts"

const format = (parameter: Parameter.Parameter): string =>
  Either.match(Parameter.format(parameter), { onLeft: (error) => `refused: ${error.message}`, onRight: (text) => text })

describe("Parameter", () => {
  it("joins its values with bars, in order", () => {
    assert.strictEqual(format(Parameter.make("bins", "t", "month", "ave", "year")), "t|month|ave|year")
    deepStrictEqual(Parameter.parse("axes", "lat|lon"), Parameter.make("axes", "lat", "lon"))
  })

  it("writes numbers as JSON does, and as Python reads those that JSON does not have", () => {
    assert.strictEqual(format(Parameter.make("test", "data", 3, 2.5, Infinity)), "data|3|2.5|inf")
    assert.strictEqual(format(Parameter.make("test", -Infinity, NaN)), "-inf|nan")
  })

  it("[F5.14] a value with a bar is refused, comparing with anything works, and words are not Python's", () => {
    assert.match(format(Parameter.make("cond", "a|b")), /refused: .*"a\|b" has a bar/)
    assert.isFalse(Equal.equals(Parameter.make("axes", "lat"), undefined))
    assert.strictEqual(format(Parameter.make("flag", true, false)), "true|false")
    const nothing: string = untyped("null")
    assert.match(format(Parameter.make("axes", nothing)), /refused: .*a value is a text, a number, true or false/)
  })

  it("[F5.15] a parameter cannot take the place of a field", () => {
    for (const name of ["name", "result", "input", "domain", "gridder"]) {
      assert.match(format(Parameter.make(name, "x")), /refused: .*no parameter can be called/)
    }
  })

  it.prop("what was written is read again", [FastCheck.array(FastCheck.string(), { minLength: 1 })], ([values]) => {
    const parameter = Parameter.make("p", ...values.map((value) => value.replaceAll("|", "_")))
    deepStrictEqual(Parameter.parse("p", format(parameter)), parameter)
  })
})
