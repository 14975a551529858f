import { DataInputs } from "@effect-wps/cwt"
import { DataValue, Wps100 } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck, Option } from "effect"
import { text } from "./support/json.ts"

const parse = (source: string) => Either.getOrThrow(DataInputs.parse(source))
const refused = (source: string): string =>
  Either.match(DataInputs.parse(source), { onLeft: (error) => error.message, onRight: () => "" })

const inputs: DataInputs.DataInputs = {
  variable: [{ uri: "https://data.example.org/a.nc?x=1;y=[2]", id: "tas|v0" }],
  domain: [{ id: "d0", lat: { start: -90, end: 0, step: 1, crs: "values" } }],
  operation: [{ name: "CDAT.where", result: "w", domain: "d0", input: ["v0"], cond: "x >= 1 and \"y\" ; z" }]
}

const items = FastCheck.array(FastCheck.dictionary(
  FastCheck.string().filter((key) => key !== "__proto__"),
  FastCheck.jsonValue()
))

describe("DataInputs", () => {
  it("reads the three inputs, with the outer brackets and without, in any order and case", () => {
    const plain = `variable=[{"uri":"u","id":"tas|v0"}];domain=[];operation=[{"name":"CDAT.sum","input":["v0"]}]`
    deepStrictEqual(parse(`[${plain}]`), parse(plain))
    deepStrictEqual(
      parse(` Operation = [{"name":"CDAT.sum","input":["v0"]}] ;\n Variable = [{"uri":"u","id":"tas|v0"}] ; `),
      parse(plain)
    )
  })

  it("[F5.30] values may hold = and ; and brackets, and outer brackets may be missing", () => {
    const written = Either.getOrThrow(DataInputs.format(inputs))
    assert.match(written, /^\[variable=\[.*\];domain=\[.*\];operation=\[.*\]\]$/)
    deepStrictEqual(parse(written), inputs)
    deepStrictEqual(parse(written.slice(1, -1)), inputs)
  })

  it("[F5.34] spaces inside values stay", () => {
    deepStrictEqual(
      parse(`variable=[{"uri":"/a b.nc","id":"x"}];operation=[{"name":"w","input":[],"cond":"x > 1 and y"}]`),
      {
        variable: [{ uri: "/a b.nc", id: "x" }],
        domain: [],
        operation: [{ name: "w", input: [], cond: "x > 1 and y" }]
      }
    )
  })

  it("says what is wrong", () => {
    assert.match(refused("variable=[];operation=[];variable=[]"), /variable stands twice/)
    assert.match(refused("variable=[];operation=[];extra=[]"), /"extra" is none of variable, domain, operation/)
    assert.match(refused("variable=[];domain=[]"), /operation/)
    assert.match(refused("variable={};operation=[]"), /"variable" is no array/)
    assert.match(refused("variable=[1];operation=[]"), /variable\.0 Expected/)
    assert.match(refused("variable=[{]};operation=[]"), /is no JSON/)
    assert.match(refused("[variable=[];operation=["), /the last bracket is missing/)
    assert.match(refused("variable"), /there is no = after "variable"/)
    assert.match(refused("variable=[] operation=[]"), /a ; is missing after variable/)
    assert.match(refused("variable=[\"];operation=[]"), /is no JSON/)
  })

  it("stands in an Execute request as three JSON inputs, in this order", () => {
    const sent = Either.getOrThrow(DataInputs.toInputs(inputs))
    deepStrictEqual(
      sent,
      (["variable", "domain", "operation"] as const).map((identifier) => ({
        identifier,
        data: DataValue.complexText(text(inputs[identifier]), "application/json")
      }))
    )
    const message = Either.getOrThrow(Wps100.Wps100.encodeRequest({
      _tag: "Execute",
      request: {
        identifier: "CDAT.where",
        inputs: sent,
        response: { _tag: "Document", outputs: [], mode: "async", lineage: false },
        language: Option.none()
      }
    }))
    const request = Either.getOrThrow(Wps100.Wps100.decodeRequest(message._tag === "Post" ? message.body : ""))
    deepStrictEqual(
      DataInputs.fromInputs(request._tag === "Execute" ? request.request.inputs : []),
      Either.right(inputs)
    )
  })

  it.prop("what was written is read again", [items, items, items], ([variable, domain, operation]) => {
    const written = Either.getOrThrow(DataInputs.format({ variable, domain, operation }))
    assert.strictEqual(text(parse(written)), text({ variable, domain, operation }))
  })
})
