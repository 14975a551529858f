import { DataValue, Input, type Operation, Output, Ows, Process, WpsError } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Either, Option, Schema } from "effect"

const none = { title: Option.none(), abstract: Option.none() }

const reading = (content: Uint8Array): Operation.OutputReader => ({ fetch: () => Effect.succeed(content) })
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
        { fetch: ({ href }) => Effect.succeed(utf8(content.get(href) ?? "")) }
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
    }), 20_000)
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
      const inputs = yield* odd(given).inputs
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
      const [input] = yield* tagged({ it: { _tag: "Reference", href: "chapter 1" } }).inputs
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
      const inputs = yield* process({ settings }).inputs
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
      const inputs = yield* both({ lines: ["a", "b"], size: 3 }).inputs
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
        Effect.map(process({ xml }).inputs, ([one]) => one?.data._tag === "ComplexData" ? one.data.content.source : "")
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
