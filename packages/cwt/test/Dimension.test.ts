import { CwtError, Dimension } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck, Schema } from "effect"
import { refusal, untyped, write } from "./support/json.ts"

const { FromJson } = Dimension
const read = Schema.decodeUnknownSync(FromJson)

const finite = FastCheck.double({ noNaN: true, noDefaultInfinity: true }).filter((number) => !Object.is(number, -0))
const step = finite.filter((number) => number !== 0)
const dimension = FastCheck.oneof(
  FastCheck.tuple(finite, finite, step).map(([start, end, step]) => Dimension.values(start, end, step)),
  FastCheck.tuple(FastCheck.maxSafeInteger(), FastCheck.maxSafeInteger(), FastCheck.integer({ min: 1 })).map((
    [start, end, step]
  ) => Dimension.indices(start, end, step)),
  FastCheck.tuple(FastCheck.string(), FastCheck.string(), FastCheck.oneof(step, FastCheck.constant("P1D"))).map((
    [start, end, step]
  ) => Dimension.timestamps(start, end, step))
)

describe("Dimension", () => {
  it("writes start, end, step and crs in this order", () => {
    assert.strictEqual(
      write(FromJson, Dimension.indices(10, 20)),
      `{"start":10,"end":20,"step":1,"crs":"indices"}`
    )
    assert.strictEqual(
      write(FromJson, Dimension.values(-90, 0, 0.5)),
      `{"start":-90,"end":0,"step":0.5,"crs":"values"}`
    )
    assert.strictEqual(
      write(FromJson, Dimension.timestamps("1980", "1990")),
      `{"start":"1980","end":"1990","step":1,"crs":"timestamps"}`
    )
  })

  it("keeps the order of start and end, which means the direction of the axis", () => {
    assert.strictEqual(write(FromJson, Dimension.values(90, -90)), `{"start":90,"end":-90,"step":1,"crs":"values"}`)
  })

  it("makes points", () => {
    deepStrictEqual(Dimension.at(45), Dimension.values(45, 45))
    deepStrictEqual(Dimension.at("1980-01-01"), Dimension.timestamps("1980-01-01", "1980-01-01"))
    deepStrictEqual(Dimension.atIndex(3), Dimension.indices(3, 3))
  })

  it("tells values from timestamps by what is given, the third being the step", () => {
    deepStrictEqual(Dimension.fromInput([0, 90]), Dimension.values(0, 90))
    deepStrictEqual(Dimension.fromInput(["1980", "1990"]), Dimension.timestamps("1980", "1990"))
    deepStrictEqual(Dimension.fromInput([0, 90, 2]), Dimension.values(0, 90, 2))
    const made = Dimension.indices(0, 12)
    assert.strictEqual(Dimension.fromInput(made), made)
    // @ts-expect-error a number and a text make no range
    assert.match(write(FromJson, Dimension.fromInput([0, "90"])), /refused: .*"90" is a text, and values are numbers/s)
    // @ts-expect-error one bound is no range
    assert.match(write(FromJson, Dimension.fromInput([0])), /refused: .*end/s)
  })

  it("has the presets of latitude", () => {
    deepStrictEqual(
      [
        Dimension.northernHemisphere,
        Dimension.southernHemisphere,
        Dimension.tropics,
        Dimension.arctic,
        Dimension.antarctic
      ].map(({ end, start }) => [start, end]),
      [[0, 90], [-90, 0], [-23.4, 23.4], [66.6, 90], [-90, -66.6]]
    )
  })

  it("reads numbers that are written as text, by the crs", () => {
    deepStrictEqual(read({ start: "1", end: "10", crs: "indices" }), Dimension.indices(1, 10))
    deepStrictEqual(read({ start: "-1.5", end: "1e2", step: "0.5", crs: "values" }), Dimension.values(-1.5, 100, 0.5))
    deepStrictEqual(read({ start: "1980", end: "1990", crs: "timestamps" }), Dimension.timestamps("1980", "1990"))
  })

  it("keeps a crs that it does not know, and refuses to make numbers by it", () => {
    const json = { start: "a", end: 2, step: 1, crs: "cells" }
    assert.strictEqual(write(FromJson, read(json)), `{"start":"a","end":2,"step":1,"crs":"cells"}`)
    const refused = Either.flip(Dimension.coerce("cells", 2)).pipe(Either.getOrThrow)
    assert.instanceOf(refused, CwtError.InvalidValue)
    assert.match(refused.message, /"cells" is none of values, indices, timestamps/)
  })

  it("[F5.1] the third of a tuple is the step, whether a fourth follows or not", () => {
    deepStrictEqual(Dimension.fromInput([0, 90, 2]), Dimension.values(0, 90, 2))
    deepStrictEqual(Dimension.fromInput(untyped("[0, 90, 2, 5]")), Dimension.values(0, 90, 2))
  })

  it("[F5.3] true and false are no numbers", () => {
    // @ts-expect-error a bound is a number or a text
    assert.match(write(FromJson, Dimension.values(true, false)), /refused: .*"true" is no number/s)
    assert.match(refusal(FromJson, { start: true, end: 1, crs: "indices" }), /neither a finite number nor a text/)
  })

  it("[F5.7] what is missing is named, and what is no number is no other error", () => {
    assert.match(refusal(FromJson, { end: 1, crs: "values" }), /"start"\]\s+└─ is missing/)
    assert.match(refusal(FromJson, { start: null, end: 1, crs: "values" }), /neither a finite number nor a text/)
    assert.match(refusal(FromJson, { start: [], end: 1, crs: "values" }), /neither a finite number nor a text/)
    assert.match(refusal(FromJson, { start: "x", end: 1, crs: "values" }), /"x" is no number, and values are numbers/)
    assert.match(refusal(FromJson, { start: "", end: 1, crs: "values" }), /"" is no number/)
  })

  it("[F5.7] an index with a fraction is refused and not cut off", () => {
    assert.match(write(FromJson, Dimension.indices(0, 3.9)), /refused: .*3\.9 is no whole number/s)
    assert.match(refusal(FromJson, { start: 0, end: "3.9", crs: "indices" }), /3\.9 is no whole number/)
  })

  it("[F5.7] NaN and Infinity, which JSON does not have, are refused", () => {
    assert.match(write(FromJson, Dimension.values(NaN, 1)), /refused/)
    assert.match(write(FromJson, Dimension.values(0, Infinity)), /refused/)
    assert.match(write(FromJson, Dimension.values(0, 1, NaN)), /refused/)
  })

  it("[F5.7] a step of times may be a duration", () => {
    const days = Dimension.timestamps("1980", "1990", "P1D")
    assert.strictEqual(write(FromJson, days), `{"start":"1980","end":"1990","step":"P1D","crs":"timestamps"}`)
    deepStrictEqual(read({ start: "1980", end: "1990", step: "P1D", crs: "timestamps" }), days)
  })

  it("refuses a step of 0", () => {
    assert.match(write(FromJson, Dimension.values(0, 1, 0)), /refused: .*a step of 0 leads nowhere/s)
  })

  it("[F5.8] a crs compares with anything", () => {
    assert.isFalse(Schema.is(Dimension.Crs)(undefined))
    assert.isFalse(Schema.is(Dimension.Crs)(3))
    assert.isTrue(Schema.is(Dimension.Crs)("values"))
  })

  it.prop("what was written is read again", [dimension], ([dimension]) => {
    deepStrictEqual(read(Schema.encodeSync(FromJson)(dimension)), dimension)
  })
})
