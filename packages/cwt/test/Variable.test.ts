import { Domain, Variable } from "@effect-wps/cwt"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { FastCheck, Option, Schema } from "effect"
import { refusal, untyped, write } from "./support/json.ts"

const { FromJson } = Variable
const read = Schema.decodeUnknownSync(FromJson)
const readOutput = Schema.decodeUnknownSync(Variable.FromOutput)

const optional = FastCheck.option(FastCheck.string({ minLength: 1 }), { nil: undefined })
const noBars = FastCheck.string({ minLength: 1 }).map((text) => text.replaceAll("|", "_"))

describe("Variable", () => {
  it("writes uri, id, domain and mime_type in this order", () => {
    const domain = Domain.make({ lat: [0, 90] }, { id: "d0" })
    assert.strictEqual(
      write(
        FromJson,
        Variable.make({ mimeType: "application/netcdf", domain, id: "tas1", name: "tas", uri: "file:///tas.nc" })
      ),
      `{"uri":"file:///tas.nc","id":"tas|tas1","domain":"d0","mime_type":"application/netcdf"}`
    )
    assert.strictEqual(
      write(FromJson, Variable.make({ uri: "u", name: "tas", id: "v0" })),
      `{"uri":"u","id":"tas|v0"}`
    )
  })

  it("joins several domains with bars, as EDAS takes them", () => {
    const two = Variable.make({ uri: "u", name: "tas", id: "v0", domain: [Domain.make({}, { id: "d0" }), "d1"] })
    assert.strictEqual(write(FromJson, two), `{"uri":"u","id":"tas|v0","domain":"d0|d1"}`)
    deepStrictEqual(read({ uri: "u", id: "tas|v0", domain: "d0|d1" }).domains, ["d0", "d1"])
  })

  it("reads what stands in a request, the domain by its name", () => {
    deepStrictEqual(
      read({ uri: "u", id: "tas|v0", domain: "d0", mime_type: "application/netcdf", result: "v1" }),
      Variable.make({ uri: "u", name: "tas", id: "v0", domain: "d0", mimeType: "application/netcdf" })
    )
  })

  it("reads what processes give: mime-type as well, a whole domain, no name", () => {
    const lat = { start: 0, end: 1, crs: "values" }
    deepStrictEqual(
      readOutput({ uri: "u", id: "tas|o", "mime-type": "application/netcdf", domain: { id: "d", lat } }),
      Variable.make({
        uri: "u",
        name: "tas",
        id: "o",
        mimeType: "application/netcdf",
        domain: Domain.make({ lat: [0, 1] }, { id: "d" })
      })
    )
    deepStrictEqual(readOutput({ uri: "u" }), Variable.make({ uri: "u", name: "" }))
  })

  it("[F5.7] what is missing is named by its own name", () => {
    assert.match(refusal(FromJson, { id: "tas|v0" }), /"uri"\]\s+└─ is missing/)
    assert.match(refusal(FromJson, { uri: "u" }), /id is missing/)
  })

  it("[F5.9] an id has one bar or none, and what follows the first bar is the name", () => {
    deepStrictEqual(read({ uri: "u", id: "tas" }), Variable.make({ uri: "u", name: "tas" }))
    deepStrictEqual(read({ uri: "u", id: "a|b|c" }), Variable.make({ uri: "u", name: "a", id: "b|c" }))
    assert.match(refusal(FromJson, { uri: "u", id: "|v0" }), /has no name of a variable/)
  })

  it("[F5.11] a variable without a name is refused, not sent as null", () => {
    const named: string = untyped("null")
    assert.match(write(FromJson, Variable.make({ uri: "u", name: named, id: "v0" })), /refused: .*it has no name/s)
    assert.match(write(FromJson, Variable.make({ uri: "u", name: "", id: "v0" })), /refused: .*it has no name/s)
    assert.match(write(FromJson, Variable.make({ uri: "u", name: "a|b", id: "v0" })), /refused: .*has a bar/s)
  })

  it("is not written alone without a name in the request", () => {
    deepStrictEqual(Variable.make({ uri: "u", name: "tas" }).id, Option.none())
    assert.match(write(FromJson, Variable.make({ uri: "u", name: "tas" })), /refused: .*has no id/s)
  })

  it("[F3.19] a THREDDS server has the file itself at another address", () => {
    const at = (uri: string) => Variable.fileServer(Variable.make({ uri, name: "tas" }))
    assert.strictEqual(
      at("https://h.example.org/thredds/dodsC/public/a%20b.nc"),
      "https://h.example.org/thredds/fileServer/public/a%20b.nc"
    )
    assert.strictEqual(at("http://h:8080/dodsC/a.nc?tas[0:1]&lat#x"), "http://h:8080/fileServer/a.nc")
    for (
      const other of [
        "https://h.example.org/thredds/fileServer/dodsC.nc?x=/dodsC/",
        "https://h.example.org/a.nc?x=1",
        "https://dodsC/a.nc",
        "file:///dodsC/a.nc",
        "/thredds/dodsC/a.nc",
        ""
      ]
    ) {
      assert.strictEqual(at(other), other)
    }
  })

  it.prop(
    "what was written is read again",
    [FastCheck.string(), noBars, FastCheck.string({ minLength: 1 }), FastCheck.array(noBars), optional],
    ([uri, name, id, domain, mimeType]) => {
      const variable = Variable.make({ uri, name, id, domain, mimeType })
      deepStrictEqual(read(Schema.encodeSync(FromJson)(variable)), variable)
    }
  )
})
