import { Literal } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { DateTime, Either, FastCheck, Schema } from "effect"

const text = <A, I extends Literal.Encoded>(schema: Schema.Schema<A, I>, value: A, type?: string) =>
  Either.getOrElse(Literal.encode(schema, type)(value), (reason) => reason)
const value = <A, I extends Literal.Encoded>(schema: Schema.Schema<A, I>, source: string) =>
  Either.getOrElse(Literal.decode(schema)(source), (reason) => reason)

describe("Literal", () => {
  it("names the XML Schema type of a schema [A3.10]", () => {
    assert.strictEqual(Literal.dataType(Schema.String), "string")
    assert.strictEqual(Literal.dataType(Schema.Number), "double")
    assert.strictEqual(Literal.dataType(Schema.Int), "integer")
    assert.strictEqual(Literal.dataType(Schema.Int.pipe(Schema.positive())), "integer")
    assert.strictEqual(Literal.dataType(Schema.Boolean), "boolean")
    assert.strictEqual(Literal.dataType(Schema.Date), "dateTime")
    assert.strictEqual(Literal.dataType(Schema.DateTimeUtc), "dateTime")
    assert.strictEqual(Literal.dataType(Schema.BigInt), "string")
    assert.strictEqual(Literal.dataType(Schema.BigIntFromSelf), "integer")
    assert.strictEqual(Literal.dataType(Schema.Literal(1, 2)), "double")
    assert.strictEqual(Literal.dataType(Schema.Literal("a", "b")), "string")
  })

  it("writes XML Schema's lexical forms, not JavaScript's [A4.12]", () => {
    assert.strictEqual(text(Schema.Boolean, true), "true")
    assert.strictEqual(text(Schema.Number, Infinity), "INF")
    assert.strictEqual(text(Schema.Number, -Infinity), "-INF")
    assert.strictEqual(text(Schema.Number, NaN), "NaN")
    assert.strictEqual(text(Schema.Number, 1e21), "1e+21")
    assert.strictEqual(text(Schema.Number, 1e21, "decimal"), "1000000000000000000000")
    assert.strictEqual(text(Schema.Number, 1.5e-7, "decimal"), "0.00000015")
    assert.strictEqual(text(Schema.Number, -2.5e-10, "decimal"), "-0.00000000025")
    assert.strictEqual(text(Schema.Number, 1e21, "integer"), "1000000000000000000000")
    assert.strictEqual(text(Schema.Int, -0), "0")
    assert.strictEqual(text(Schema.BigIntFromSelf, 12345678901234567890n), "12345678901234567890")
    assert.strictEqual(text(Schema.Date, DateTime.toDateUtc(DateTime.unsafeMake(0))), "1970-01-01T00:00:00.000Z")
  })

  it("reads what servers write [A4.12]", () => {
    assert.strictEqual(value(Schema.Boolean, "True"), true)
    assert.strictEqual(value(Schema.Boolean, "0"), false)
    assert.strictEqual(value(Schema.Number, " 1.5e3 "), 1500)
    assert.strictEqual(value(Schema.Number, "-INF"), -Infinity)
    assert.isNaN(value(Schema.Number, "NaN"))
    assert.strictEqual(value(Schema.String, "  kept  "), "  kept  ")
    assert.strictEqual(value(Schema.Literal("a", 1), "1"), 1)
    assert.strictEqual(value(Schema.BigIntFromSelf, "9223372036854775807"), 9223372036854775807n)
  })

  it("says what is wrong", () => {
    assert.include(value(Schema.Number, "12 apples"), "12 apples")
    assert.include(value(Schema.Number, ""), "not of type number")
    assert.include(value(Schema.Boolean, "yes"), "not of type boolean")
    assert.include(value(Schema.Int, "1.5"), "integer")
    assert.include(text(Schema.Int, 1.5), "integer")
  })

  it.prop("reads back every number that it writes", [FastCheck.double()], ([number]) => {
    assert.isTrue(Object.is(value(Schema.Number, text(Schema.Number, number)), number))
  })

  it.prop(
    "reads back every number that it writes without an exponent",
    [FastCheck.double({ noDefaultInfinity: true, noNaN: true })],
    ([number]) => {
      const written = text(Schema.Number, number, "decimal")
      assert.notMatch(written, /e/i)
      assert.strictEqual(Number(written), number === 0 ? 0 : number)
    }
  )
})
