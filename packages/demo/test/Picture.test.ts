import { Compute, type Field, Picture, Sample } from "@effect-wps/demo"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, FastCheck } from "effect"
import { axis } from "./support/fields.ts"

const lat = axis("lat", [-10, 10], { units: "degrees_north" })
const lon = axis("lon", [0, 1, 2, 3], { units: "degrees_east" })

const field: Field.Field = {
  name: "tas",
  axes: [lat, lon],
  values: Float64Array.of(0, 1, 2, 3, 4, NaN, 6, 8),
  attributes: { units: "K" }
}

const plain = (of: Field.Field, width?: number) => Picture.render(of, { colours: false, width }).split("\n")
const coloured = (of: Field.Field, width?: number) => Picture.render(of, { colours: true, width }).split("\n")

const escape = String.fromCharCode(27)
const withoutColours = (line: string) =>
  line.split(escape).map((part, index) => index === 0 ? part : part.slice(part.indexOf("m") + 1)).join("")

const lowest = "68;1;84"
const middle = "33;144;141"
const highest = "253;231;37"

describe("Picture", () => {
  it("shades from the lowest to the highest, north up, and leaves missing values blank", () => {
    const picture = plain({ ...field, values: Float64Array.of(0, 1, 2, 3, 4, NaN, 5, 8) }, 40)
    assert.strictEqual(picture.length, 11)
    assert.strictEqual(picture[0], "+".repeat(10) + " ".repeat(10) + "*".repeat(10) + "@".repeat(10))
    assert.strictEqual(picture[9], ".".repeat(10) + ":".repeat(10) + "-".repeat(10) + "=".repeat(10))
    assert.strictEqual(picture[10], "tas (K): 0 .:-=+*#%@ 8")
  })

  it("turns a field whose latitudes are on the other axis or go down", () => {
    const turned: Field.Field = { ...field, axes: [lon, lat], values: Float64Array.of(0, 4, 1, NaN, 2, 6, 3, 8) }
    deepStrictEqual(plain(turned), plain(field))
    const down: Field.Field = {
      ...field,
      axes: [axis("lat", [10, -10], lat.attributes), lon],
      values: Float64Array.of(4, NaN, 6, 8, 0, 1, 2, 3)
    }
    deepStrictEqual(plain(down), plain(field))
    assert.notDeepEqual(plain({ ...down, axes: [lat, lon] }), plain(field))
  })

  it("shows two values with each character in colours", () => {
    assert.strictEqual(
      coloured({ ...field, axes: [lat, axis("lon", [0, 1])], values: Float64Array.of(8, 4, 0, NaN) }, 2)[0],
      `${escape}[38;2;${lowest}m${escape}[48;2;${highest}m▀${escape}[0m${escape}[38;2;${middle}m▄${escape}[0m`
    )
    const [first, legend] = coloured({
      ...field,
      axes: [lat, axis("lon", [0, 1])],
      values: Float64Array.of(NaN, NaN, 0, NaN)
    }, 2)
    assert.strictEqual(first, `${escape}[38;2;${middle}m▀${escape}[0m `)
    assert.strictEqual(withoutColours(legend ?? ""), "tas (K): 0 ▀▀▀▀▀▀▀▀▀ 0")
  })

  it("says which part of more dimensions it shows", () => {
    const [legend] = plain(Sample.temperature).slice(-1)
    assert.include(legend, "tas (K), time 15.5 (1 of 24): 231.5 ")
    assert.strictEqual(plain(Sample.temperature).length, 19)
  })

  it.effect("shows a line, a number and nothing", () =>
    Effect.gen(function*() {
      const line: Field.Field = { ...field, axes: [lon], values: Float64Array.of(0, NaN, 4, 8) }
      deepStrictEqual(plain(line, 4), [". +@", "tas (K): 0 .:-=+*#%@ 8"])
      const number = yield* Compute.max(field, [])
      deepStrictEqual(plain(number, 4), ["++++", "tas (K): 8 +++++++++ 8"])
      const nothing: Field.Field = { name: "x", axes: [lon], values: new Float64Array(4).fill(NaN), attributes: {} }
      deepStrictEqual(plain(nothing), ["x: no values"])
      deepStrictEqual(coloured(nothing), ["x: no values"])
    }))

  it.effect.prop(
    "fits in 72 columns and 24 rows",
    [
      FastCheck.integer({ min: 1, max: 200 }),
      FastCheck.integer({ min: 1, max: 200 }),
      FastCheck.boolean(),
      FastCheck.integer({ min: 1, max: 100 })
    ],
    ([rows, columns, colours, width]) =>
      Effect.sync(() => {
        const along = (name: string, length: number) => axis(name, Array.from({ length }, (_, index) => index))
        const values = Float64Array.from({ length: rows * columns }, (_, index) => index % 7)
        const text = Picture.render(
          { name: "any", axes: [along("y", rows), along("x", columns)], values, attributes: {} },
          { colours, width }
        )
        const lines = text.split("\n").map(withoutColours)
        assert.isAtMost(lines.length, 24)
        for (const line of lines.slice(0, -1)) assert.strictEqual(line.length, Math.min(width, 72))
      }),
    { fastCheck: { numRuns: 30 } }
  )
})
