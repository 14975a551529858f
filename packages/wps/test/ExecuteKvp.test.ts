import { DataValue, type Execute, type Ows } from "@effect-wps/wps"
import { XmlFragment } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Either, FastCheck as fc, Option } from "effect"
import { withParameters } from "../src/internal/endpoint.ts"
import { decodeExecute, type Dialect, encodeExecute } from "../src/internal/executeKvp.ts"

// -------------------------------------------------------------------------------------------------------------- helpers

const some = Option.some
const none = Option.none()

const everything: Execute.ResponseForm = { _tag: "Document", outputs: [], mode: "sync", lineage: false }

const execute = (rest: Partial<Execute.ExecuteRequest>): Execute.ExecuteRequest => ({
  identifier: "echo",
  inputs: [],
  response: everything,
  language: none,
  ...rest
})

const inputs = (...all: ReadonlyArray<readonly [string, DataValue.DataValue]>): Execute.ExecuteRequest =>
  execute({ inputs: all.map(([identifier, data]) => ({ identifier, data })) })

const output = (identifier: string, rest?: Partial<Execute.OutputRequest>): Execute.OutputRequest => ({
  identifier,
  format: DataValue.anyFormat,
  uom: none,
  asReference: false,
  nested: [],
  ...rest
})

/** The query that the parameters become, or what the dialect cannot carry. */
const query = (dialect: Dialect, request: Execute.ExecuteRequest): string =>
  Either.match(encodeExecute(dialect)(request), {
    onLeft: (faults) => faults.map((fault) => `! ${fault.input}: ${fault.reason}`).join("\n"),
    onRight: (parameters) => withParameters(new URL("https://example.org/wps"), parameters).replace(/^.*?\?/, "")
  })

/** A parameter as a server has it once the query is decoded. */
const parameter = (dialect: Dialect, request: Execute.ExecuteRequest, name = "DataInputs"): string => {
  const text = query(dialect, request)
  return text.startsWith("!") ? text : new URLSearchParams(text).get(name) ?? "absent"
}

const read = (text: string) =>
  decodeExecute(new Map([...new URLSearchParams(text)].map(([name, value]) => [name.toLowerCase(), value])))

/** What is read from the inputs, the rest being as it must be. */
const readInputs = (dataInputs: string): ReadonlyArray<Execute.DataInput> | Ows.OwsException =>
  Either.match(decodeExecute(new Map([["identifier", "echo"], ["datainputs", dataInputs]])), {
    onLeft: (exception) => exception,
    onRight: (request) => {
      assert.strictEqual(request.identifier, "echo")
      deepStrictEqual(request.response, everything)
      return request.inputs
    }
  })

const exception = (code: string, locator: string) => (result: Either.Either<unknown, Ows.OwsException>) => {
  assert(Either.isLeft(result), "nothing was refused")
  deepStrictEqual([result.left.code, result.left.locator], [code, some(locator)])
  assert.notDeepEqual(result.left.texts, [])
}

const complex = (text: string, format: Partial<DataValue.Format>): DataValue.ComplexData => ({
  _tag: "ComplexData",
  format: { ...DataValue.anyFormat, ...format },
  content: XmlFragment.fromText(text)
})

// --------------------------------------------------------------------------------------------------------------- strict

describe("Execute in parameters, as the standard has it", () => {
  it("`;` between inputs, `=` before the value, `@name=` before each attribute [A5.1]", () => {
    assert.strictEqual(
      parameter(
        "strict",
        inputs(
          ["in1", DataValue.literal("v1")],
          ["in2", DataValue.complexText("v2", { mimeType: "text/csv", encoding: "UTF-8", schema: "urn:s" })],
          ["in1", DataValue.literal("")]
        )
      ),
      "in1=v1;in2=v2@mimeType=text%2Fcsv@encoding=UTF-8@schema=urn%3As;in1="
    )
    assert.strictEqual(parameter("strict", execute({})), "absent")
  })

  it("writes literals, boxes and references [A5.2]", () => {
    const of = (data: DataValue.DataValue) => parameter("strict", inputs(["i", data]))
    assert.strictEqual(
      of(DataValue.literal("35", { dataType: "xs:integer", uom: "meter" })),
      "i=35@datatype=xs%3Ainteger@uom=meter"
    )
    // Commas stand between the items and are encoded in one.
    assert.strictEqual(
      of(DataValue.boundingBox([46, 102], [47, 103], "urn:ogc:def:crs:EPSG:6.6:4326")),
      "i=46,102,47,103,urn%3Aogc%3Adef%3Acrs%3AEPSG%3A6.6%3A4326,2"
    )
    assert.strictEqual(
      of(DataValue.boundingBox([-1e-7, 2, 3], [4, 5, 6], "urn:a,b")),
      "i=-1e-7,2,3,4,5,6,urn%3Aa%2Cb,3"
    )
    assert.strictEqual(of(DataValue.boundingBox([0], [Infinity])), "i=0,INF")
    assert.strictEqual(
      of(DataValue.reference("https://example.org/a?b=1", { format: "text/xml" })),
      "i=@xlink:href=https%3A%2F%2Fexample.org%2Fa%3Fb%3D1@mimeType=text%2Fxml"
    )
  })

  it("writes XML as its source, and base64 as it stands [A5.1]", () => {
    const of = (data: DataValue.DataValue) => decodeURIComponent(parameter("strict", inputs(["i", data])))
    assert.strictEqual(
      of({
        ...DataValue.complexXml("", "text/xml"),
        content: XmlFragment.fromXml("<g:P/>", [["g", "urn:g"]])
      }),
      "i=<g:P xmlns:g=\"urn:g\"/>@mimeType=text/xml"
    )
    assert.strictEqual(of(DataValue.complexText("<a/>", "text/xml")), "i=<a/>@mimeType=text/xml")
    assert.strictEqual(
      of(DataValue.complexText("aGk+\n", { mimeType: "image/tiff", encoding: "base64" })),
      "i=aGk+\n@mimeType=image/tiff@encoding=base64"
    )
  })

  it("encodes values twice, and a request within one once more per level [A5.3]", () => {
    assert.strictEqual(
      query("strict", inputs(["message", DataValue.literal("a;b@c=d&e <f> +é😀")])),
      "Identifier=echo&DataInputs=message%3Da%253Bb%2540c%253Dd%2526e%2520%253Cf%253E%2520%252B%25C3%25A9%25F0%259F%2598%2580"
    )
    const inner = `https://example.org/wps?${query("strict", inputs(["m", DataValue.literal("a;b")]))}`
    const outer = query("strict", inputs(["i", DataValue.reference(inner)]))
    assert.include(inner, "a%253Bb")
    assert.include(outer, "a%2525253Bb")
    deepStrictEqual(
      Either.map(read(outer), (request) => request.inputs),
      Either.right([
        { identifier: "i", data: DataValue.reference(inner) }
      ])
    )
  })

  it("leaves identifiers readable but for what would cut them [A5.1] [A5.3]", () => {
    assert.strictEqual(
      parameter("strict", inputs(["JTS:buffer", DataValue.literal("1")], ["[a;b=c@d%]", DataValue.literal("2")])),
      "JTS:buffer=1;%5Ba%3Bb%3Dc%40d%25%5D=2"
    )
  })

  it("names outputs, `=` before the first `@` [A5.7]", () => {
    const csv = DataValue.format("text/csv")
    assert.strictEqual(
      query(
        "strict",
        execute({
          response: {
            _tag: "Document",
            outputs: [output("Out1", { asReference: true, format: csv, uom: some("m") }), output("Out2")],
            mode: "async",
            lineage: true
          },
          language: some("fr")
        })
      ),
      "Identifier=echo&ResponseDocument=Out1%3D%40asReference%3Dtrue%40mimeType%3Dtext%252Fcsv%40uom%3Dm%3BOut2" +
        "&storeExecuteResponse=true&lineage=true&status=true&language=fr"
    )
    const raw = execute({ response: { _tag: "Raw", output: output("Out1", { format: csv }), mode: "sync" } })
    assert.strictEqual(query("strict", raw), "Identifier=echo&RawDataOutput=Out1%3D%40mimeType%3Dtext%252Fcsv")
    assert.strictEqual(query("strict", execute({})), "Identifier=echo")
    // Which outputs there are is for the client to find out.
    const stored = execute({ response: { ...everything, mode: "async" } })
    assert.strictEqual(query("strict", stored), "Identifier=echo&storeExecuteResponse=true&status=true")
  })

  it("says all that parameters cannot carry [A5.2] [A5.6]", () => {
    const posted = DataValue.reference("https://example.org/", { headers: { a: "b" }, body: "<q/>" })
    for (const dialect of ["strict", "single"] as const) {
      const faults = query(dialect, {
        ...inputs(
          ["posted", posted],
          ["bodied", DataValue.reference("https://example.org/", { bodyReference: "https://example.org/body" })],
          ["nowhere", DataValue.reference("")],
          ["nested", DataValue.nested(["a", DataValue.literal("1")])],
          ["half", DataValue.literal("\ud800")],
          ["", DataValue.literal("x")]
        ),
        response: { ...everything, mode: "auto" },
        language: some("\udc00")
      })
      deepStrictEqual(faults.split("\n").map((line) => /^! (\w*): (.*?)(?:[,;]|$)/.exec(line)?.slice(1)), [
        ["posted", "is a reference with headers"],
        ["posted", "is a reference that is fetched by POST"],
        ["bodied", "is a reference that is fetched by POST"],
        ["nowhere", "is a reference without an address"],
        ["nested", "is a group of values"],
        ["half", "its value has half a surrogate pair"],
        ["", "has no identifier"],
        ["mode", "\"auto\" is not in WPS 1.0.0"],
        ["language", "its value has half a surrogate pair"]
      ])
    }
    const raw = (mode: Execute.ExecuteMode, one: Partial<Execute.OutputRequest>) =>
      query("strict", execute({ response: { _tag: "Raw", output: output("o", one), mode } }))
    assert.include(raw("sync", { asReference: true }), "! o: is wanted raw")
    assert.include(raw("async", {}), "! mode: \"async\" is not for raw output")
    assert.include(raw("auto", {}), "! mode: \"auto\"")
    assert.include(raw("sync", { nested: [output("p")] }), "! o: names outputs inside it")
    assert.include(raw("sync", { identifier: "" }), "has no identifier")
    assert.include(query("strict", execute({ identifier: "" })), "! Identifier: is empty")
  })
})

// --------------------------------------------------------------------------------------------------------------- single

describe("Execute in parameters that are encoded once", () => {
  it("writes what GeoServer reads [A5.6]", () => {
    assert.strictEqual(
      parameter(
        "single",
        inputs(
          ["a", DataValue.literal("1=100%", { dataType: "xs:string", uom: "m" })],
          ["b", complex("x&y", { mimeType: some("text/csv"), encoding: some("UTF-8"), schema: some("urn:s") })],
          ["c", DataValue.reference("https://example.org/?a=%20b&c", { format: "text/xml" })],
          // Six items would be a box in three dimensions.
          ["d", DataValue.boundingBox([46, 102], [47, 103], "EPSG:4326")]
        )
      ),
      "a=1=100%@datatype=xs:string@uom=m;b=x&y@mimetype=text/csv@encoding=UTF-8@schema=urn:s;" +
        "c=@xlink:href=https://example.org/?a=%20b&c@mimetype=text/xml;d=46,102,47,103,EPSG:4326"
    )
    const raw: Execute.ResponseForm = {
      _tag: "Raw",
      output: output("o", { format: DataValue.format("a/b") }),
      mode: "sync"
    }
    assert.strictEqual(parameter("single", execute({ response: raw }), "RawDataOutput"), "o=@mimetype=a/b")
    assert.strictEqual(
      parameter(
        "single",
        execute({ response: { ...everything, outputs: [output("o", { asReference: true })] } }),
        "ResponseDocument"
      ),
      "o=@asReference=true"
    )
  })

  it("refuses what would be cut, every fault at once [A5.5] [A5.6]", () => {
    const faults = query("single", {
      ...inputs(
        ["a", DataValue.literal("1;2")],
        ["b", DataValue.literal("me@example.org", { uom: "x;y" })],
        ["c=d", DataValue.literal("3")],
        ["[e", DataValue.literal("4")],
        ["f", DataValue.reference("https://example.org/a;b")],
        ["g", DataValue.boundingBox([0], [1], "urn:a,b")]
      ),
      response: { ...everything, outputs: [output("o", { format: DataValue.format("text/plain; charset=utf-8") })] }
    })
    deepStrictEqual(faults.split("\n").map((line) => /^! (.*) has (".*"), where .* POST$/.exec(line)?.slice(1)), [
      ["a: its value", "\";\""],
      ["b: its value", "\"@\""],
      ["b: its uom", "\";\""],
      ["c=d: its identifier", "\"=\""],
      ["[e: its identifier", "\"[\""],
      ["f: its xlink:href", "\";\""],
      ["g: its CRS", "\",\""],
      ["o: its mimetype", "\";\""]
    ])
  })
})

// ----------------------------------------------------------------------------------------------------------------- ESGF

const json = (text: string) => DataValue.complexText(text, "application/json")

describe("Execute in parameters for ESGF's compute node", () => {
  it("writes JSON as it stands, without attributes [F1.8] [F4.2] [F5.34]", () => {
    const variable = "[{\"uri\":\"file:///a b%20c+d.nc\",\"id\":\"tas|v0\"}]"
    const operation = "[{\"cond\":\"x > 1 and y@z\"}]"
    const request = {
      ...inputs(["variable", json(variable)], ["domain", json("[]\n")], ["operation", json(operation)]),
      identifier: "CDAT.subset"
    }
    assert.strictEqual(parameter("esgf", request), `variable=${variable};domain=[];operation=${operation}`)
    assert.match(query("esgf", request), /^Identifier=CDAT\.subset&DataInputs=variable%3D%5B%7B/)
    // No blank becomes a `+`, which the node does not decode.
    assert.notInclude(query("esgf", request), "+")
    deepStrictEqual(
      Either.map(read(query("esgf", request)), (one) => one.inputs),
      Either.right([
        { identifier: "variable", data: DataValue.literal(variable) },
        { identifier: "domain", data: DataValue.literal("[]") },
        { identifier: "operation", data: DataValue.literal(operation) }
      ])
    )
  })

  it("refuses what the node would cut, and says to use POST [F4.2]", () => {
    const refused = (data: DataValue.DataValue) => query("esgf", inputs(["variable", data]))
    for (const cut of ["&", ";", "="]) {
      assert.match(refused(json(`[{"uri":"http://h/a?b${cut}c"}]`)), /^! variable: its value has "[&;=]".* by POST$/)
    }
    for (
      const other of [
        json("[1"),
        json("\"text\""),
        DataValue.complexText("[]", "text/plain"),
        DataValue.complexText("[]", { mimeType: "application/json", encoding: "base64" }),
        DataValue.complexText("[]", { mimeType: "application/json", schema: "urn:s" }),
        DataValue.literal("[]"),
        DataValue.boundingBox([0], [1]),
        DataValue.reference("https://example.org/")
      ]
    ) {
      assert.match(refused(other), /^! variable: is .*takes (JSON|those); send the request by POST$/)
    }
    assert.include(query("esgf", inputs(["a", json("[]")], ["a", json("[]")])), "! a: is given more than once")
    assert.include(query("esgf", inputs(["a=b", json("[]")])), "! a=b: its identifier has \"=\"")
    assert.include(query("esgf", execute({ identifier: "a\nb" })), "! Identifier: its value has \"\n\"")
    assert.include(query("esgf", execute({ language: some("datainputs=") })), "! language: its value has \"=\"")
  })
})

// ----------------------------------------------------------------------------------------------------------------- read

describe("Execute read from parameters", () => {
  it("tells values apart by their attributes [A5.1] [A5.2]", () => {
    deepStrictEqual(
      readInputs(
        "a=35@datatype=xs:integer@uom=meter;b=x@mimeType=text/csv;c=x@encoding=base64;d=x@schema=urn:s;" +
          "e=@xlink:href=http%3A%2F%2Fexample.org%2F%3Fa%3Db@mimeType=text/xml;f=46,102,47,103;a=36@colour=red"
      ),
      [
        { identifier: "a", data: DataValue.literal("35", { dataType: "xs:integer", uom: "meter" }) },
        { identifier: "b", data: complex("x", { mimeType: some("text/csv") }) },
        { identifier: "c", data: complex("x", { encoding: some("base64") }) },
        { identifier: "d", data: complex("x", { schema: some("urn:s") }) },
        { identifier: "e", data: DataValue.reference("http://example.org/?a=b", { format: "text/xml" }) },
        { identifier: "f", data: DataValue.literal("46,102,47,103") },
        { identifier: "a", data: DataValue.literal("36") }
      ]
    )
    deepStrictEqual(readInputs(""), [])
  })

  it("reads attribute names in any case, href with its prefix or without [A1.3] [A5.6]", () => {
    deepStrictEqual(
      readInputs("a=1@MIMETYPE=a/b@Schema=;b=@href=http://h/?x=y;c@XLINK:HREF=http://h/;d=1@dataType=t"),
      [
        { identifier: "a", data: complex("1", { mimeType: some("a/b") }) },
        { identifier: "b", data: DataValue.reference("http://h/?x=y") },
        { identifier: "c", data: DataValue.reference("http://h/") },
        { identifier: "d", data: DataValue.literal("1", { dataType: "t" }) }
      ]
    )
  })

  it("reads values that were encoded once, and what only looks encoded [A5.3] [A5.5]", () => {
    const value = (text: string) => readInputs(`i=${text}`)
    const literal = (text: string) => [{ identifier: "i", data: DataValue.literal(text) }]
    deepStrictEqual(value("a%3Bb%40c%3Dd"), literal("a;b@c=d"))
    deepStrictEqual(value("x=y"), literal("x=y"))
    deepStrictEqual(value("me@example.org"), literal("me@example.org"))
    deepStrictEqual(value("100% %zz %4 %C3 %c3%a9"), literal("100% %zz %4 %C3 é"))
    deepStrictEqual(value("a+b c"), literal("a+b c"))
    deepStrictEqual(readInputs("%69%3D=1;;j=2;"), [
      { identifier: "i=", data: DataValue.literal("1") },
      { identifier: "j", data: DataValue.literal("2") }
    ])
  })

  it("takes JSON as it stands [F1.8] [F4.2]", () => {
    const value = "[{\"a\":\"]\\\";@b=c%20\"}]"
    deepStrictEqual(readInputs(`i=${value};j={}@mimetype=application/json;k=[1;l=[2]`), [
      { identifier: "i", data: DataValue.literal(value) },
      { identifier: "j", data: complex("{}", { mimeType: some("application/json") }) },
      { identifier: "k", data: DataValue.literal("[1") },
      { identifier: "l", data: DataValue.literal("[2]") }
    ])
    // Once something only looked like JSON, nothing after it is taken for some.
    deepStrictEqual(readInputs("i=[1;j=[\"%41\"]"), [
      { identifier: "i", data: DataValue.literal("[1") },
      { identifier: "j", data: DataValue.literal("[\"A\"]") }
    ])
    deepStrictEqual(readInputs("i=[a%3Bb]x;j=[\"%41\"]"), [
      { identifier: "i", data: DataValue.literal("[a;b]x") },
      { identifier: "j", data: DataValue.literal("[\"A\"]") }
    ])
  })

  it("takes off brackets around all inputs [A5.4]", () => {
    deepStrictEqual(readInputs("[Polygon=@xlink:href=http%3A%2F%2Fexample.org;Distance=400]"), [
      { identifier: "Polygon", data: DataValue.reference("http://example.org") },
      { identifier: "Distance", data: DataValue.literal("400") }
    ])
    deepStrictEqual(readInputs("[]"), [])
    deepStrictEqual(readInputs("[variable=[1];domain=[2]]"), [
      { identifier: "variable", data: DataValue.literal("[1]") },
      { identifier: "domain", data: DataValue.literal("[2]") }
    ])
    deepStrictEqual(readInputs("a=[1]"), [{ identifier: "a", data: DataValue.literal("[1]") }])
  })

  it("reads what is to come back [A5.7]", () => {
    const form = (text: string) => Either.map(read(`identifier=echo&${text}`), (request) => request.response)
    deepStrictEqual(form("language=fr"), Either.right(everything))
    deepStrictEqual(form("ResponseDocument=&RawDataOutput=&status=&lineage=False"), Either.right(everything))
    const outputs = [output("a", { asReference: true, format: DataValue.format("a/b"), uom: some("m") }), output("b")]
    for (
      const 
        of of["a%3D%40asReference%3Dtrue%40mimeType%3Da/b%40uom%3Dm;b", "a@ASREFERENCE=1@mimetype=a%252Fb@uom=m;b="]
    ) {
      deepStrictEqual(
        form(`responseDOCUMENT=${of}&storeExecuteResponse=TRUE&status=true&lineage=1`),
        Either.right({ _tag: "Document", outputs, mode: "async", lineage: true })
      )
    }
    // Stored and not asked for its status, it is answered when it is done.
    deepStrictEqual(form("storeExecuteResponse=true"), Either.right(everything))
    deepStrictEqual(
      form("RawDataOutput=a%3D%40mimeType%3Da/b%40asReference%3Dtrue"),
      Either.right({ _tag: "Raw", output: output("a", { format: DataValue.format("a/b") }), mode: "sync" })
    )
    deepStrictEqual(
      Either.map(read("identifier=echo&language=fr"), (request) => request.language),
      Either.right(some("fr"))
    )
  })

  it("refuses as the standard wants, and says where [A5.7]", () => {
    const invalid = (locator: string, text: string) =>
      exception("InvalidParameterValue", locator)(read(`identifier=echo&${text}`))
    exception("MissingParameterValue", "identifier")(read("DataInputs=a=1"))
    exception("MissingParameterValue", "identifier")(read("identifier="))
    invalid("status", "status=true")
    invalid("status", "status=true&storeExecuteResponse=false")
    invalid("status", "status=yes")
    invalid("lineage", "lineage=2")
    invalid("storeExecuteResponse", "storeExecuteResponse=maybe")
    invalid("DataInputs", "DataInputs=a")
    invalid("DataInputs", "DataInputs=a@mimeType=a/b")
    invalid("DataInputs", "DataInputs=%3D1")
    invalid("ResponseDocument", "ResponseDocument=a@asReference=perhaps")
    invalid("ResponseDocument", "ResponseDocument=%3D@mimeType=a")
    invalid("RawDataOutput", "RawDataOutput=a;b")
    invalid("RawDataOutput", "RawDataOutput=a&ResponseDocument=b")
    invalid("RawDataOutput", "RawDataOutput=a&lineage=true")
    invalid("RawDataOutput", "RawDataOutput=a&storeExecuteResponse=true&status=true")
  })
})

// ----------------------------------------------------------------------------------------------------------- properties

interface Texts {
  readonly text: fc.Arbitrary<string>
  readonly name: fc.Arbitrary<string>
}

const texts = (...special: ReadonlyArray<string>): Texts => {
  const piece = fc.oneof(fc.constantFrom(...special), fc.string({ unit: "grapheme", minLength: 1, maxLength: 3 }))
  const text = fc.array(piece, { maxLength: 6 }).map((all) => all.join(""))
  // A byte order mark at the start of a parameter does not reach the query.
  return { text, name: text.map((one) => one.replace(/^\ufeff+/, "")).filter((one) => one !== "") }
}

const harmless = ["%", "+", "#", ",", "[", "]", "{", "\"", "\\", "/", "?", ":", " ", "\t", "'", "<", "%zz", "\0"]
const every = texts(...harmless, ";", "=", "@", "&", "\n", "%41", "%C3", "@a=", "\ufeff", "datainputs=")
const uncut = texts(...harmless, "&", "\n", "%41")
const unjoined = texts(...harmless)

const option = (of: fc.Arbitrary<string>) => fc.option(of, { nil: undefined }).map(Option.fromNullable)

const formats = ({ name }: Texts): fc.Arbitrary<DataValue.Format> =>
  fc.record({ mimeType: option(name), encoding: option(name), schema: option(name) })

const box = ({ name }: Texts): fc.Arbitrary<DataValue.DataValue> =>
  fc.tuple(fc.array(fc.tuple(fc.integer(), fc.double()), { minLength: 1, maxLength: 3 }), option(name)).map(
    ([pairs, crs]) =>
      DataValue.boundingBox(pairs.map(([one]) => one), pairs.map(([, other]) => other), Option.getOrUndefined(crs))
  )

const unboxed = (of: Texts): fc.Arbitrary<DataValue.DataValue> =>
  fc.oneof(
    fc.record({
      _tag: fc.constant("LiteralData" as const),
      value: of.text,
      dataType: option(of.name),
      uom: option(of.name)
    }),
    fc.tuple(of.text, formats(of)).map(([value, format]) => complex(value, format)),
    fc.tuple(of.name, formats(of)).map(([href, format]) => ({ ...DataValue.reference(href), format }))
  )

const jsonData = ({ text }: Texts): fc.Arbitrary<DataValue.DataValue> => {
  const member = fc.oneof(text, fc.double({ noDefaultInfinity: true, noNaN: true }), fc.boolean(), fc.array(text))
  return fc.oneof(fc.array(member), fc.dictionary(text, member)).map((value) => json(JSON.stringify(value)))
}

const request = (of: Texts, data: fc.Arbitrary<DataValue.DataValue>): fc.Arbitrary<Execute.ExecuteRequest> => {
  const one: fc.Arbitrary<Execute.OutputRequest> = fc.record({
    identifier: of.name,
    format: formats(of),
    uom: option(of.name),
    asReference: fc.boolean(),
    nested: fc.constant([])
  })
  const response: fc.Arbitrary<Execute.ResponseForm> = fc.oneof(
    fc.record({
      _tag: fc.constant("Document" as const),
      outputs: fc.array(one, { maxLength: 3 }),
      mode: fc.constantFrom("sync" as const, "async" as const),
      lineage: fc.boolean()
    }),
    one.map((raw): Execute.ResponseForm => ({ _tag: "Raw", output: { ...raw, asReference: false }, mode: "sync" }))
  )
  return fc.record({
    identifier: of.name,
    inputs: fc.array(fc.record({ identifier: of.name, data }), { maxLength: 4 }),
    response,
    language: option(of.name)
  })
}

/** What of a value is left in parameters. */
const flat = (data: DataValue.DataValue): DataValue.DataValue => {
  if (data._tag === "BoundingBoxData") {
    const crs = Option.match(data.crs, { onNone: () => [], onSome: (crs) => [crs, String(data.lower.length)] })
    const coordinates = [...data.lower, ...data.upper].map((one) =>
      Object.is(one, -0) ? "-0" : String(one).replace("Infinity", "INF")
    )
    return DataValue.literal([...coordinates, ...crs].join(","))
  }
  return data._tag === "ComplexData" && !Object.values(data.format).some(Option.isSome)
    ? DataValue.literal(data.content.text)
    : data
}

const flattened = (request: Execute.ExecuteRequest): Execute.ExecuteRequest => ({
  ...request,
  inputs: request.inputs.map(({ data, identifier }) => ({ identifier, data: flat(data) }))
})

describe("Execute through parameters and back", () => {
  it.prop(
    "strict carries everything, without brackets [A5.3] [A5.4] [A5.5]",
    [request(every, fc.oneof(unboxed(every), box(every)))],
    ([sent]) => {
      const encoded = query("strict", sent)
      deepStrictEqual(read(encoded), Either.right(flattened(sent)))
      assert.notMatch(new URLSearchParams(encoded).get("DataInputs") ?? "", /[[\]]/)
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "single faults or arrives whole where values are decoded once [A5.6]",
    [request(every, unboxed(every)), request(uncut, unboxed(uncut))],
    (all) => {
      for (const sent of all) {
        const encoded = query("single", sent)
        if (encoded.startsWith("!")) continue
        deepStrictEqual(
          geoServer(new URLSearchParams(encoded).get("DataInputs") ?? ""),
          sent.inputs.map(({ data, identifier }) => [
            identifier,
            data._tag === "LiteralData" ? data.value : data._tag === "ComplexData" ? data.content.text : "",
            new Map(attributesOf(data))
          ])
        )
        // Nor do we read another value, unless it looks encoded.
        if (!/%[\da-f]{2}/i.test(JSON.stringify(sent))) deepStrictEqual(read(encoded), Either.right(flattened(sent)))
      }
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop(
    "esgf faults or arrives whole at the node and here [F1.8] [F4.2]",
    [request(every, jsonData(every)), request(unjoined, jsonData(unjoined))],
    (all) => {
      for (const sent of all) {
        const encoded = query("esgf", sent)
        if (encoded.startsWith("!")) continue
        const values = sent.inputs.map(({ data, identifier }) =>
          [identifier, Either.getOrElse(DataValue.toText(data), (reason) => reason)] as const
        )
        if (sent.inputs.length > 0) deepStrictEqual(computeNode(`service=WPS&${encoded}`), new Map(values))
        const literals = values.map(([identifier, value]) => ({ identifier, data: DataValue.literal(value) }))
        // Nor do we read anything else, unless a name looks encoded.
        if (!literals.some(({ identifier }) => /%[\da-f]{2}/i.test(identifier))) {
          deepStrictEqual(Either.map(read(encoded), (one) => one.inputs), Either.right(literals))
        }
      }
    },
    { fastCheck: { numRuns: 300 } }
  )

  it.prop("reads or refuses any text [A5.1]", [every.text, every.text, every.text], ([dataInputs, outputs, status]) => {
    const result = decodeExecute(
      new Map([["identifier", "echo"], ["datainputs", dataInputs], ["responsedocument", outputs], ["status", status]])
    )
    assert.isTrue(Either.isRight(result) || result.left.code === "InvalidParameterValue")
  })
})

const attributesOf = (data: DataValue.DataValue): ReadonlyArray<readonly [string, string]> => {
  const all = data._tag === "LiteralData"
    ? { datatype: data.dataType, uom: data.uom }
    : data._tag === "ComplexData" || data._tag === "Reference"
    ? {
      ...data._tag === "Reference" ? { "xlink:href": some(data.href) } : {},
      mimetype: data.format.mimeType,
      encoding: data.format.encoding,
      schema: data.format.schema
    }
    : {}
  return Object.entries(all).flatMap(([key, value]) => Option.isSome(value) ? [[key, value.value] as const] : [])
}

/** How GeoServer reads inputs: it cuts at `;`, at the first `=`, at `@`, and decodes nothing more. */
const geoServer = (dataInputs: string) =>
  dataInputs === "" ? [] : dataInputs.split(";").map((one) => {
    const [value = "", ...attributes] = one.slice(one.indexOf("=") + 1).split("@")
    return [
      one.slice(0, one.indexOf("=")),
      value,
      new Map(attributes.map((attribute) => {
        const at = attribute.indexOf("=")
        return [attribute.slice(0, at), attribute.slice(at + 1)] as const
      }))
    ]
  })

/** How ESGF's compute node reads inputs: it decodes the query before it cuts, and wants one `=` in each. */
const computeNode = (encoded: string) => {
  const found = /^[^\n]*datainputs=([^&]*)/i.exec(decodeURIComponent(encoded))
  return new Map(
    (found?.[1] ?? "").split(";").map((one) => {
      const [identifier = "", value = "", ...more] = one.split("=")
      assert.strictEqual(more.length, 0)
      JSON.parse(value)
      return [identifier, value] as const
    })
  )
}
