import { DataValue, Input, type Operation, Output, Ows, Process, WpsError } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Either, Option, Schema } from "effect"
import { inputsOf } from "./support/inputs.ts"

const none = { title: Option.none(), abstract: Option.none() }

const reading = (content: Uint8Array): Operation.OutputReader => ({
  fetch: () => Effect.succeed({ content, contentType: Option.none() })
})
const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

const stored = (identifier: string) => ({ identifier, data: DataValue.reference("https://example.org/1"), ...none })

const faultsOf = (operation: Operation.Operation<unknown>) =>
  Effect.map(Effect.flip(operation.inputs), ({ faults }) => faults.map(({ input, reason }) => `${input} ${reason}`))

const epoch = DateTime.toDateUtc(DateTime.unsafeMake(0))

describe("outputs that a server stored unasked", () => {
  const process = Process.make("all", {
    inputs: {},
    outputs: {
      number: Output.literal(Schema.Number),
      text: Output.literal(Schema.String),
      length: Output.measure(Schema.Number, ["m", "km"]),
      bytes: Output.bytes("image/png"),
      json: Output.complex(Schema.Struct({ a: Schema.Number }), "application/json")
    }
  })

  it.effect("are read as if they stood in the document", () =>
    Effect.gen(function*() {
      const content = new Map([["number", "42\n"], ["text", "a b"], ["length", "1.5"], ["bytes", "\u0001é"], [
        "json",
        "\uFEFF{\"a\":1}"
      ]])
      const result = yield* process.read(
        [...content].map(([name]) => ({ ...stored(name), data: DataValue.reference(name) })),
        { fetch: ({ href }) => Effect.succeed({ content: utf8(content.get(href) ?? ""), contentType: Option.none() }) }
      )
      deepStrictEqual(result, {
        number: 42,
        text: "a b",
        length: { value: 1.5, uom: "m" },
        bytes: utf8("\u0001é"),
        json: { a: 1 }
      })
    }))

  it.effect("are read the same on a server that takes literals by reference", () =>
    Effect.gen(function*() {
      const take = Process.make("take", { inputs: { n: Input.literal(Schema.Int) }, outputs: {} })
      const data = DataValue.fetched(DataValue.reference("https://example.org/n"), utf8("7\n"))
      deepStrictEqual(take.decodeInputs([{ identifier: "n", data }]), Either.right({ n: 7 }))
    }))

  it.effect("take seconds, not minutes, for 50 MB", () =>
    Effect.gen(function*() {
      const big = Process.make("big", {
        inputs: { in: Input.bytes("image/png") },
        outputs: { out: Output.bytes("image/png") }
      })
      const content = new Uint8Array(50_000_000).fill(170)
      const [inputs] = yield* big({ in: content }).inputs
      assert.isDefined(inputs)
      const { out } = yield* big.read([stored("out")], reading(content))
      assert.strictEqual(out.length, content.length)
    }))
})

describe("optional outputs", () => {
  const process = Process.make("maybe", { inputs: {}, outputs: { n: Output.optional(Output.literal(Schema.Int)) } })

  it.effect("that are there and wrong are wrong, not left out", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        process.read([{ identifier: "n", data: DataValue.literal("one"), ...none }], reading(utf8("")))
      )
      assert.strictEqual(error._tag, "InvalidOutput")
      assert.include(error.message, "maybe gave an output \"n\" that cannot be read: \"one\" is not of type number")
    }))

  it.effect("fail as what fetches them does", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(process.read([stored("n")], { fetch: () => Effect.fail({ message: "cut" }) }))
      assert.strictEqual(error.message, "cut")
    }))
})

describe("literals and boxes as WPS 2.0 writes them", () => {
  const process = Process.make("two", {
    inputs: {},
    outputs: {
      length: Output.literal(Schema.Number, { uom: "meter" }),
      free: Output.literal(Schema.Number),
      measured: Output.measure(Schema.Number, ["km", "meter"]),
      text: Output.literal(Schema.String),
      box: Output.boundingBox()
    }
  })

  const decoded = (
    name: keyof typeof process.outputs,
    data: DataValue.DataValue,
    content: string
  ): Effect.Effect<unknown, string> =>
    process.outputs[name].decode([{ identifier: name, data, ...none }], reading(utf8(content)))

  /** What an output is read as from a value. */
  const readAs = (name: keyof typeof process.outputs, data: DataValue.DataValue) =>
    Effect.either(decoded(name, data, ""))

  /** And from what lies behind a reference. */
  const readStored = (name: keyof typeof process.outputs, content: string, format?: string) =>
    Effect.either(decoded(name, DataValue.reference("https://example.org/1", { format }), content))

  const plain = (text: string) => DataValue.complexText(text, "text/plain")
  const integer = "http://www.w3.org/2001/XMLSchema#integer"

  it.effect("a literal as text, and what may be said after it [B4.5]", () =>
    Effect.gen(function*() {
      const said = `70@datatype=${integer}@uom=meter`
      const meters = { value: 70, uom: "meter" }
      for (const text of [said, "70@uom=meter", `70@uom=meter@dataType=${integer}`, "\n 70@UOM= meter \n"]) {
        for (const read of [readAs("length", plain(text)), readStored("length", text, "text/plain; charset=utf-8")]) {
          deepStrictEqual(yield* read, Either.right(70), text)
        }
        deepStrictEqual(yield* readAs("measured", plain(text)), Either.right(meters), text)
        deepStrictEqual(yield* readStored("measured", text, "text/plain"), Either.right(meters), text)
        // Only plain text says something after the value.
        deepStrictEqual(yield* readStored("text", text, "text/csv"), Either.right(text))
      }
      deepStrictEqual(yield* readAs("free", plain(said)), Either.right(70))
      deepStrictEqual(yield* readAs("length", plain("70")), Either.right(70))
      deepStrictEqual(yield* readAs("measured", plain("70@uom=")), Either.right({ value: 70, uom: "km" }))
    }))

  it.effect("nothing else after it belongs to it [B4.5]", () =>
    Effect.gen(function*() {
      for (const text of ["", "ada@example.org", "a@b=c", "a@uom", "x@uom=m@y", "@", "a@datatype=x@"]) {
        deepStrictEqual(yield* readAs("text", plain(text)), Either.right(text))
        deepStrictEqual(yield* readAs("text", DataValue.literal(`${text}@uom=m`)), Either.right(`${text}@uom=m`))
      }
      deepStrictEqual(yield* readAs("text", plain("ada@example.org@datatype=string")), Either.right("ada@example.org"))
    }))

  it.effect("is cut in no more time than it takes to read it", () =>
    Effect.gen(function*() {
      const text = `${"@uom=m".repeat(300_000)}@`
      deepStrictEqual(yield* readAs("text", plain(text)), Either.right(text))
    }), 5000)

  it.effect("a literal in its element, which was stored and fetched [B4.9]", () =>
    Effect.gen(function*() {
      const element = (content: string) =>
        `<wps:LiteralValue xmlns:wps="http://www.opengis.net/wps/2.0" dataType="${integer}"${content}</wps:LiteralValue>`
      for (const start of ["", "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n", "\uFEFF"]) {
        deepStrictEqual(yield* readStored("length", start + element(" uom=\"meter\">70")), Either.right(70), start)
      }
      deepStrictEqual(
        yield* readStored("measured", element(" uom=\"meter\">70")),
        Either.right({ value: 70, uom: "meter" })
      )
      deepStrictEqual(yield* readStored("text", element("> a &lt; b@uom=m")), Either.right(" a < b@uom=m"))
      // It is torn, and nobody can tell what it was.
      assert.isTrue(Either.isLeft(yield* readStored("free", element(">70").slice(0, -3))))
    }))

  it.effect("a unit that is not the declared one is no number of the declared one", () =>
    Effect.gen(function*() {
      const reason = "has the unit \"km\" and not meter"
      const element = "<LiteralValue xmlns=\"http://www.opengis.net/wps/2.0\" uom=\"km\">70</LiteralValue>"
      deepStrictEqual(yield* readAs("length", DataValue.literal("70", { uom: "km" })), Either.left(reason))
      deepStrictEqual(yield* readAs("length", plain("70@uom=km")), Either.left(reason))
      deepStrictEqual(yield* readStored("length", element), Either.left(reason))
      deepStrictEqual(yield* readAs("free", DataValue.literal("70", { uom: "km" })), Either.right(70))
      const error = yield* Effect.flip(
        Process.make("one", { inputs: {}, outputs: { length: process.outputs.length } })
          .read([{ identifier: "length", data: plain("70@uom=km"), ...none }], reading(utf8("")))
      )
      assert.include(error.message, `one gave an output "length" that cannot be read: ${reason}`)
    }))

  it.effect("a box as text [B4.5]", () =>
    Effect.gen(function*() {
      const crs = "urn:ogc:def:crs:EPSG:6.6:4326"
      for (
        const [text, box] of [
          [`46,102,47,103,${crs},2`, DataValue.boundingBox([46, 102], [47, 103], crs)],
          [" 51.9, 7.0, 53.0, 8.0, EPSG:4326\n", DataValue.boundingBox([51.9, 7], [53, 8], "EPSG:4326")],
          ["-1e1,-INF,1,INF", DataValue.boundingBox([-10, -Infinity], [1, Infinity])],
          ["1,2,3,4,5,6,urn:x,3", DataValue.boundingBox([1, 2, 3], [4, 5, 6], "urn:x")]
        ] as const
      ) {
        deepStrictEqual(yield* readAs("box", plain(text)), Either.right(box), text)
        deepStrictEqual(yield* readAs("box", DataValue.literal(text)), Either.right(box), text)
        deepStrictEqual(yield* readStored("box", text), Either.right(box), text)
      }
      for (const text of ["", "EPSG:4326", "1,2,3", "1,2,3,EPSG:4326", "1,,3,4"]) {
        assert.match(String(Either.merge(yield* readAs("box", plain(text)))), /^is no bounding box; one is /, text)
      }
    }))

  it.effect("a box in its element, which was stored and fetched [B4.5]", () =>
    Effect.gen(function*() {
      const element =
        "<ows:BoundingBox xmlns:ows=\"http://www.opengis.net/ows/2.0\" crs=\"EPSG:4326\" dimension=\"2\">" +
        "<ows:LowerCorner>50.0 5.0</ows:LowerCorner><ows:UpperCorner>52.0 7.5</ows:UpperCorner></ows:BoundingBox>"
      deepStrictEqual(
        yield* readStored("box", `<?xml version="1.0"?>${element}`),
        Either.right(DataValue.boundingBox([50, 5], [52, 7.5], "EPSG:4326"))
      )
      assert.isTrue(Either.isLeft(yield* readStored("box", "<a/>")))
      assert.isTrue(
        Either.isLeft(
          yield* readStored("box", "<LiteralValue xmlns=\"http://www.opengis.net/wps/2.0\">1</LiteralValue>")
        )
      )
    }))
})

describe("values that are made of others", () => {
  const year = Input.literal(Schema.Int)
  const mean = Process.make("mean", {
    inputs: {
      period: Input.nested({
        from: year,
        to: Input.optional(year),
        skip: Input.optional(Input.repeated(year, { max: 2 })),
        where: Input.optional(Input.nested({ box: Input.boundingBox("EPSG:4326") }))
      })
    },
    outputs: {
      span: Output.nested({
        least: Output.literal(Schema.Number),
        most: Output.optional(Output.literal(Schema.Number)),
        where: Output.nested({ name: Output.literal(Schema.String), file: Output.text("text/csv") })
      })
    }
  })

  it.effect("go there and back as inputs [B4.2]", () =>
    Effect.gen(function*() {
      const box = DataValue.boundingBox([1, 2], [3, 4], "EPSG:4326")
      const period = { from: 1850, to: 2014, skip: [1900, 1901], where: { box } }
      const inputs = yield* inputsOf(mean({ period }))
      deepStrictEqual(inputs, [{
        identifier: "period",
        data: DataValue.nested(
          ["from", DataValue.literal("1850", { dataType: "integer" })],
          ["to", DataValue.literal("2014", { dataType: "integer" })],
          ["skip", DataValue.literal("1900", { dataType: "integer" })],
          ["skip", DataValue.literal("1901", { dataType: "integer" })],
          ["where", DataValue.nested(["box", box])]
        )
      }])
      deepStrictEqual(mean.decodeInputs(inputs), Either.right({ period }))
      const least = yield* inputsOf(mean({ period: { from: 1850 } }))
      deepStrictEqual(
        mean.decodeInputs(least),
        Either.right({ period: { from: 1850, to: undefined, skip: undefined, where: undefined } })
      )
    }))

  it.effect("as inputs take references inside, by which nothing is lost", () =>
    Effect.gen(function*() {
      const from = DataValue.reference("https://example.org/from")
      const [input] = yield* mean({ period: { from } }).inputs
      deepStrictEqual(input?.data, DataValue.nested(["from", from]))
    }))

  it.effect("say everything that is wrong inside them, and where", () =>
    Effect.gen(function*() {
      const faults = yield* faultsOf(
        mean({ period: { from: 1.5, skip: [1, 2, 3], where: { box: DataValue.boundingBox([1], []) } } })
      )
      assert.lengthOf(faults, 1)
      assert.match(faults[0] ?? "", /^period from: Expected an integer, actual 1.5/)
      assert.match(
        faults[0] ?? "",
        /; skip: is given 3 times, but at most 2 are taken; where: box: has 1 lower and 0 upper/
      )
      // What JavaScript may give.
      const untyped = (given: unknown) => faultsOf(Reflect.apply(mean, undefined, [given]))
      deepStrictEqual(yield* untyped({ period: { other: 1 } }), [
        "period other: is no input of the group; it has from, to, skip, where; from: is missing"
      ])
      deepStrictEqual(yield* untyped({ period: 1 }), ["period from: is missing"])
      const sent = (data: DataValue.DataValue) =>
        Either.mapLeft(mean.decodeInputs([{ identifier: "period", data }]), (all) => all.map(({ reason }) => reason))
      deepStrictEqual(sent(DataValue.literal("1850")), Either.left(["is not one group of values"]))
      deepStrictEqual(
        sent(DataValue.nested(["x", DataValue.literal("1")])),
        Either.left([
          "x: is no input; from: is missing"
        ])
      )
    }))

  it.effect("go there and back as outputs, what was stored fetched [B5.5]", () =>
    Effect.gen(function*() {
      const span = { least: 1, most: Option.some(2), where: { name: "a", file: "x,y" } }
      const produced = yield* mean.encodeOutputs({ span })
      const received = (outputs: typeof produced) =>
        outputs.map(([identifier, data]) => ({ identifier, data, ...none }))
      deepStrictEqual(yield* mean.read(received(produced), reading(utf8(""))), { span })
      const [[, data] = []] = yield* mean.encodeOutputs({ span: { ...span, most: Option.none() } })
      assert.deepEqual(
        data?._tag === "NestedData" ? data.parts.map(({ identifier }) => identifier) : [],
        ["least", "where"]
      )
      const elsewhere = DataValue.nested(
        ["least", DataValue.literal("1")],
        [
          "where",
          DataValue.nested(
            ["file", DataValue.reference("https://example.org/1")],
            ["name", DataValue.literal("a")]
          )
        ]
      )
      deepStrictEqual(
        yield* mean.read([{ identifier: "span", data: elsewhere, ...none }], reading(utf8("fetched"))),
        { span: { least: 1, most: Option.none(), where: { name: "a", file: "fetched" } } }
      )
    }))

  it.effect("are wrong as outputs where one of them is, and say which", () =>
    Effect.gen(function*() {
      const failing = (data: DataValue.DataValue) =>
        Effect.map(
          Effect.flip(mean.read([{ identifier: "span", data, ...none }], reading(utf8("")))),
          ({ output, reason }) => `${output} ${reason}`
        )
      assert.strictEqual(
        yield* failing(DataValue.literal("1")),
        "span is a literal where a group of values was expected"
      )
      assert.strictEqual(yield* failing(DataValue.nested()), "span least: is missing")
      assert.match(
        yield* failing(DataValue.nested(["least", DataValue.literal("x")])),
        /^span least: "x" is not of type number/
      )
      assert.strictEqual(
        yield* failing(DataValue.nested(["least", DataValue.literal("1")], ["where", DataValue.nested()])),
        "span where: name: is missing"
      )
    }))
})

describe("what a process says of itself", () => {
  const process = Process.make("everything", {
    title: "Everything",
    abstract: "All of it",
    version: "1.2.0",
    inputs: {
      count: Input.repeated(Input.literal(Schema.Int, { allowedValues: ["1", "2"] }), { min: 2, max: 3 }),
      length: Input.optional(Input.measure(Schema.Number, ["m", "km"])),
      group: Input.nested({
        box: Input.boundingBox("EPSG:4326", "urn:x"),
        more: Input.repeated(Input.bytes("image/png"))
      })
    },
    outputs: {
      json: Output.complex(Schema.Struct({}), "application/json"),
      group: Output.nested({ text: Output.optional(Output.literal(Schema.String)) })
    }
  })
  const options = { jobControlOptions: ["sync-execute", "dismiss"], outputTransmission: ["value"] }

  it("is a description with all of its inputs and outputs, whatever is inside them", () => {
    const { inputs, outputs, ...rest } = Process.describe(process, options)
    deepStrictEqual(rest, {
      identifier: "everything",
      title: Option.some("Everything"),
      abstract: Option.some("All of it"),
      version: Option.some("1.2.0"),
      keywords: [],
      metadata: [],
      profiles: [],
      wsdl: Option.none(),
      ...options
    })
    const inner = inputs.flatMap(({ data }) => data._tag === "NestedInputs" ? data.inputs : [])
    deepStrictEqual(
      [...inputs, ...inner].map((one) => [one.identifier, one.minOccurs, one.maxOccurs, one.data._tag]),
      [
        ["count", 2, 3, "Literal"],
        ["length", 0, 1, "Literal"],
        ["group", 1, 1, "NestedInputs"],
        ["box", 1, 1, "BoundingBox"],
        ["more", 1, Infinity, "Complex"]
      ]
    )
    deepStrictEqual(inner[0]?.data, {
      _tag: "BoundingBox",
      defaultCrs: Option.some("EPSG:4326"),
      crs: ["EPSG:4326", "urn:x"]
    })
    deepStrictEqual(
      outputs.map(({ data, identifier }) => [
        identifier,
        data._tag,
        data._tag === "NestedOutputs" ? data.outputs.map((one) => one.identifier) : []
      ]),
      [["json", "Complex", []], ["group", "NestedOutputs", ["text"]]]
    )
  })

  it("has its identifier for a title where it has none", () => {
    const bare = Process.describe(Process.make("bare", { inputs: {}, outputs: {} }), options)
    deepStrictEqual([bare.title, bare.abstract, bare.version, bare.inputs, bare.outputs], [
      Option.some("bare"),
      Option.none(),
      Option.none(),
      [],
      []
    ])
  })
})

describe("names", () => {
  const odd = Process.make("odd", {
    inputs: {
      constructor: Input.optional(Input.literal(Schema.String)),
      toString: Input.optional(Input.literal(Schema.String)),
      ["__proto__"]: Input.optional(Input.literal(Schema.String)),
      "a.b:c d": Input.optional(Input.literal(Schema.String))
    },
    outputs: {
      hasOwnProperty: Output.optional(Output.literal(Schema.String)),
      ["__proto__"]: Output.optional(Output.literal(Schema.String))
    }
  })

  it.effect("that every object has are left out where they are not given", () =>
    Effect.gen(function*() {
      // @effect-diagnostics-next-line preferSchemaOverJson:off -- an object literal has toString, for its type
      const empty: Process.Given<typeof odd.inputs> = JSON.parse("{}")
      deepStrictEqual(yield* odd(empty).inputs, [])
      const results = yield* odd.read([], reading(utf8("")))
      assert.isTrue(Object.hasOwn(results, "__proto__"))
      assert.isTrue(Option.isNone(results.hasOwnProperty))
    }))

  it.effect("carry their values there and back", () =>
    Effect.gen(function*() {
      const given = { constructor: "1", toString: "2", ["__proto__"]: "3", "a.b:c d": "4" }
      const inputs = yield* inputsOf(odd(given))
      deepStrictEqual(inputs.map((one) => one.identifier), ["constructor", "toString", "__proto__", "a.b:c d"])
      const values = Either.getOrThrow(odd.decodeInputs(inputs))
      deepStrictEqual(Object.entries(values), Object.entries(given))
    }))

  it("on a server too, where nothing was produced", () => {
    const produced = Object.assign(Object.create(null), { ["__proto__"]: Option.none() })
    assert.isTrue(!Either.isLeft(odd.encodeOutputs({ ...produced, hasOwnProperty: Option.some("x") })))
  })
})

describe("values that look like something else", () => {
  const Tagged = Schema.Struct({ _tag: Schema.Literal("Reference"), href: Schema.String })
  const tagged = Process.make("tagged", { inputs: { it: Input.complex(Tagged, "application/json") }, outputs: {} })

  it.effect("are themselves", () =>
    Effect.gen(function*() {
      const [input] = yield* inputsOf(tagged({ it: { _tag: "Reference", href: "chapter 1" } }))
      assert.strictEqual(input?.data._tag, "ComplexData")
    }))

  it.effect("and references are references", () =>
    Effect.gen(function*() {
      const reference = DataValue.reference("https://example.org/1", { headers: { a: "b" }, body: "<a/>" })
      const [input] = yield* tagged({ it: reference }).inputs
      assert.strictEqual(input?.data, reference)
      assert.isTrue(DataValue.isReference(reference))
      assert.isFalse(DataValue.isReference(null))
      assert.isFalse(DataValue.isReference(DataValue.literal("Reference")))
    }))
})

describe("schemas that change what they read", () => {
  const Settings = Schema.Struct({
    steps: Schema.optionalWith(Schema.Int, { default: () => 8 }),
    since: Schema.Date,
    size: Schema.optionalWith(Schema.NumberFromString, { as: "Option" })
  })
  const process = Process.make("settings", {
    inputs: { settings: Input.complex(Settings, "application/json") },
    outputs: { settings: Output.complex(Settings, "application/json") }
  })

  it.effect("do so on both sides", () =>
    Effect.gen(function*() {
      const settings = { steps: 8, since: epoch, size: Option.some(3) }
      const inputs = yield* inputsOf(process({ settings }))
      const [first] = inputs
      assert.strictEqual(
        first?.data._tag === "ComplexData" ? first.data.content.text : "",
        "{\"steps\":8,\"since\":\"1970-01-01T00:00:00.000Z\",\"size\":\"3\"}"
      )
      const { settings: read } = Either.getOrThrow(process.decodeInputs(inputs))
      assert.strictEqual(Option.getOrThrow(read.size), 3)
      const text = DataValue.complexText("{\"since\":\"1970-01-01T00:00:00Z\"}", "application/json")
      const result = yield* process.read([{ identifier: "settings", data: text, ...none }], reading(utf8("")))
      assert.strictEqual(result.settings.steps, 8)
      assert.isTrue(Option.isNone(result.settings.size))
    }))

  it.effect("bytes and text that are not JSON", () =>
    Effect.gen(function*() {
      const lines = Schema.transform(Schema.String, Schema.Array(Schema.String), {
        decode: (text) => text.split("\n"),
        encode: (all) => all.join("\n")
      })
      const size = Schema.transform(Schema.Uint8ArrayFromSelf, Schema.Number, {
        decode: (bytes) => bytes.length,
        encode: (length) => new Uint8Array(length)
      })
      const both = Process.make("both", {
        inputs: { lines: Input.complex(lines, "text/plain"), size: Input.complex(size, "image/png") },
        outputs: {}
      })
      const inputs = yield* inputsOf(both({ lines: ["a", "b"], size: 3 }))
      deepStrictEqual(Either.getOrThrow(both.decodeInputs(inputs)), { lines: ["a", "b"], size: 3 })
    }))
})

describe("faults", () => {
  const process = Process.make("buffer", {
    inputs: {
      distance: Input.literal(Schema.Number.pipe(Schema.positive())),
      method: Input.literal(Schema.Literal("nearest", "linear")),
      geom: Input.complex(Schema.Struct({ type: Schema.Literal("Point") }), "application/json"),
      xml: Input.text("application/gml+xml"),
      odd: Input.complex(Schema.Number, "text/plain"),
      many: Input.repeated(Input.literal(Schema.Int), { max: 2 })
    },
    outputs: {}
  })

  it.effect("say in plain words what is wrong with each input", () =>
    Effect.gen(function*() {
      const faults = yield* faultsOf(process({
        distance: -1,
        method: "linear",
        geom: { type: "Point" },
        xml: "not xml",
        odd: 1,
        many: [1, 2.5]
      }))
      deepStrictEqual(faults.map((fault) => fault.split(" ")[0]), ["distance", "xml", "odd", "many"])
      assert.strictEqual(faults[0], "distance Expected a positive number, actual -1")
      assert.match(faults[1] ?? "", /^xml is not well-formed XML: /)
      assert.match(
        faults[2] ?? "",
        /^odd has a schema that encodes to neither a string nor bytes, and text\/plain is not JSON/
      )
      assert.match(faults[3] ?? "", /^many Expected an integer, actual 2.5/)
    }))

  it.effect("of a caller without types do not die", () =>
    Effect.gen(function*() {
      // What JavaScript may give.
      const untyped = (given: unknown) => faultsOf(Reflect.apply(process, undefined, [given]))
      const good = { distance: 1, method: "linear", geom: { type: "Point" }, xml: "<a/>", odd: 1, many: [1] }
      for (const [name, value] of [["many", 1], ["many", null], ["geom", null], ["distance", null]] as const) {
        const faults = yield* untyped({ ...good, [name]: value })
        assert.isTrue(
          faults.some((fault) => fault.startsWith(`${name} `)),
          `${name} ${String(value)}: ${faults.join("; ")}`
        )
      }
      assert.isAtLeast((yield* untyped(undefined)).length, 6)
      assert.isAtLeast((yield* untyped("text")).length, 6)
    }))

  it("are one error with all of them in its message", () => {
    const error = new WpsError.InvalidInputs({
      identifier: "buffer",
      faults: [
        new WpsError.InputFault({ input: "a", reason: "is missing" }),
        new WpsError.InputFault({ input: "b", reason: "is missing" })
      ]
    })
    assert.strictEqual(error.message, "buffer was not run: a: is missing; b: is missing.")
  })
})

describe("messages stay short", () => {
  it("however much the server says", () => {
    const texts = Array.from({ length: 10_000 }, (_, n) => `line ${n} of a stack trace`)
    const exceptions = [new Ows.OwsException({ code: "NoApplicableCode", locator: Option.none(), texts })]
    const errors = [
      new WpsError.ServiceException({ operation: "Execute", url: "https://example.org/wps", status: 400, exceptions }),
      new WpsError.ProcessFailed({ identifier: "long", exceptions }),
      new WpsError.AccessDenied({
        operation: "Execute",
        url: "https://example.org/wps",
        status: 403,
        reason: texts.join("; ")
      })
    ]
    for (const error of errors) assert.isBelow(error.message.length, 2000, error._tag)
  })
})

describe("XML given as text", () => {
  it.effect("is embedded without what may stand only at the start of a document", () =>
    Effect.gen(function*() {
      const process = Process.make("xml", { inputs: { xml: Input.text("text/xml") }, outputs: {} })
      const source = (xml: string) =>
        Effect.map(
          inputsOf(process({ xml })),
          ([one]) => one?.data._tag === "ComplexData" ? one.data.content.source : ""
        )
      assert.strictEqual(yield* source("\uFEFF<a/>"), "<a/>")
      assert.strictEqual(yield* source("\uFEFF<?xml version=\"1.0\" encoding=\"UTF-16\"?>\n<a/>"), "<a/>")
      assert.strictEqual(
        yield* source("<?xml-stylesheet href=\"a.xsl\"?><a/>"),
        "<?xml-stylesheet href=\"a.xsl\"?><a/>"
      )
    }))
})

describe("types", () => {
  const nothing = Process.make("nothing", { inputs: {}, outputs: {} })
  const optional = Process.make("optional", { inputs: { n: Input.optional(Input.literal(Schema.Int)) }, outputs: {} })

  it.effect("of what is given", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* nothing({}).inputs, [])
      deepStrictEqual(yield* optional({}).inputs, [])
      deepStrictEqual(yield* optional({ n: undefined }).inputs, [])
      // @ts-expect-error there is no input m
      assert.lengthOf(yield* faultsOf(optional({ m: 1 })), 1)
      // @ts-expect-error there is no input at all
      assert.lengthOf(yield* faultsOf(nothing({ m: 1 })), 1)
    }))

  it("of what is made of them", () => {
    // An operation that gives more is one that gives less.
    const more: Operation.Operation<{ readonly a: number; readonly b: string }> = Process.make("p", {
      inputs: {},
      outputs: { a: Output.literal(Schema.Number), b: Output.literal(Schema.String) }
    })({})
    const less: Operation.Operation<{ readonly a: number }> = more
    assert.strictEqual(less.identifier, "p")
    const any: ReadonlyArray<Process.Any> = [nothing, optional]
    assert.lengthOf(any, 2)
  })
})
