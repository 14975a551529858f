import { Dimension, Domain, Mask } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck, Option, Schema } from "effect"
import { refusal, untyped, write } from "./support/json.ts"

const { FromJson } = Domain
const read = Schema.decodeUnknownSync(FromJson)
const mask = Mask.make({ uri: "u", name: "tas", operation: "var_data>0.5", id: "m" })

const name = FastCheck.string({ minLength: 1 }).filter((name) => !["id", "mask", "__proto__"].includes(name))
const id = FastCheck.string({ minLength: 1 }).map((id) => id.replaceAll("|", "_"))

describe("Domain", () => {
  it("writes its id, the dimensions as they were given, and its mask", () => {
    assert.strictEqual(
      write(FromJson, Domain.make({ time: Dimension.indices(10, 20), lat: [-90, 0] }, { id: "d0", mask })),
      `{"id":"d0","time":{"start":10,"end":20,"step":1,"crs":"indices"},` +
        `"lat":{"start":-90,"end":0,"step":1,"crs":"values"},` +
        `"mask":{"uri":"u","id":"tas|m","operation":"var_data>0.5"}}`
    )
    assert.strictEqual(
      write(FromJson, Domain.make({ lat: [0, 90] }, { id: "d0" })),
      `{"id":"d0","lat":{"start":0,"end":90,"step":1,"crs":"values"}}`
    )
  })

  it("takes ranges as tuples or dimensions, and nothing else", () => {
    const domain = Domain.make({ lat: [-90, 0], lon: [0, 360, 2], time: ["1980", "1990", "P1M"] }, { id: "d" })
    deepStrictEqual(domain.dimensions, {
      lat: Dimension.values(-90, 0),
      lon: Dimension.values(0, 360, 2),
      time: Dimension.timestamps("1980", "1990", "P1M")
    })
    // @ts-expect-error one bound is no range
    assert.match(write(FromJson, Domain.make({ lat: [1] }, { id: "d" })), /refused: .*"lat"/s)
    const typeless: Domain.Dimensions = untyped(`{"lat":"all"}`)
    assert.match(write(FromJson, Domain.make(typeless, { id: "d" })), /refused: .*"lat"/s)
  })

  it("finds the first dimension that has one of the names, in the order of the dimensions", () => {
    const domain = Domain.make({ time: Dimension.indices(0, 1), latitude: [0, 1], lat: [2, 3] })
    deepStrictEqual(Domain.get(domain, "lat", "latitude"), Option.some(Dimension.values(0, 1)))
    deepStrictEqual(Domain.get(domain, "lon", "toString"), Option.none())
  })

  it("says where a dimension is at fault", () => {
    assert.match(
      write(FromJson, Domain.make({ lat: Dimension.indices(0, 1.5) }, { id: "d" })),
      /"lat"\].*1\.5 is no whole number/s
    )
    assert.match(refusal(FromJson, { id: "d", lat: { start: 0, end: 1 } }), /"lat"\].*"crs"\]\s+└─ is missing/s)
  })

  it("[F5.2] a malformed mask is an error, not no mask", () => {
    const lat = { start: 0, end: 1, crs: "values" }
    assert.match(refusal(FromJson, { id: "d", lat, mask: { uri: "u" } }), /"mask"\]/)
    assert.match(refusal(FromJson, { id: "d", lat, mask: "land" }), /"mask"\]/)
    deepStrictEqual(read({ id: "d", lat, mask: null }).mask, Option.none())
  })

  it("[F5.4] no dimension can be called id or mask", () => {
    const refused = /refused: .*no dimension can be called "(id|mask)", which means something else there/s
    // @ts-expect-error id is not the name of a dimension
    assert.match(write(FromJson, Domain.make({ id: [0, 1] }, { id: "d" })), refused)
    // @ts-expect-error mask is not the name of a dimension
    assert.match(write(FromJson, Domain.make({ mask: [0, 1] }, { id: "d" })), refused)
  })

  it("[F5.7] what is missing is named by its own name", () => {
    assert.match(refusal(FromJson, { id: "d", lat: { end: 1, crs: "values" } }), /"lat"\].*"start"\]\s+└─ is missing/s)
  })

  it("refuses an id that is empty or has a bar", () => {
    assert.match(write(FromJson, Domain.make({}, { id: "" })), /refused/)
    assert.match(write(FromJson, Domain.make({}, { id: "a|b" })), /refused/)
    assert.match(write(FromJson, Domain.make({})), /refused: .*has no id/s)
  })

  it.prop(
    "what was written is read again",
    [id, FastCheck.dictionary(name, FastCheck.tuple(FastCheck.integer(), FastCheck.integer())), FastCheck.boolean()],
    ([id, dimensions, masked]) => {
      const domain = Domain.make({ ...dimensions }, { id, mask: masked ? mask : undefined })
      const again = read(Schema.encodeSync(FromJson)(domain))
      deepStrictEqual({ ...again.dimensions }, { ...domain.dimensions })
      deepStrictEqual([again.id, again.mask], [domain.id, domain.mask])
    }
  )
})
