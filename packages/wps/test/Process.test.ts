import { DataValue, Input, type Literal, Operation, Output, Process, WpsError } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Either, Option, Schema } from "effect"
import { inputsOf } from "./support/inputs.ts"

const Point = Schema.Struct({ type: Schema.Literal("Point"), coordinates: Schema.Tuple(Schema.Number, Schema.Number) })

const buffer = Process.make("JTS:buffer", {
  inputs: {
    geom: Input.complex(Point, "application/json"),
    distance: Input.literal(Schema.Number),
    quadrantSegments: Input.optional(Input.literal(Schema.Int))
  },
  outputs: { result: Output.complex(Point, "application/json") }
})
const geom = { type: "Point", coordinates: [1, 2] } as const

const everything = Process.make("everything", {
  inputs: {
    text: Input.text("text/plain"),
    xml: Input.text("text/xml"),
    bytes: Input.bytes("image/png"),
    box: Input.boundingBox("EPSG:4326", "EPSG:3857"),
    length: Input.measure(Schema.Number, ["m", "km"]),
    many: Input.repeated(Input.literal(Schema.Int), { min: 2, max: 3 }),
    when: Input.literal(Schema.Date)
  },
  outputs: {
    length: Output.measure(Schema.Number, ["m", "km"]),
    log: Output.optional(Output.text("text/plain")),
    file: Output.reference(Output.bytes("image/png"))
  }
})
const given = {
  text: "a < b",
  xml: "<?xml version=\"1.0\"?><a/>",
  bytes: new Uint8Array([0, 255]),
  box: DataValue.boundingBox([1, 2], [3, 4]),
  length: { value: 3, uom: "km" },
  many: [1, 2],
  when: DateTime.toDateUtc(DateTime.unsafeMake(0))
}

/** What a caller gets from a text that is no date. */
const notADate = DateTime.toDateUtc({ ...DateTime.unsafeMake(0), epochMillis: NaN })

const isInvalidInputs = Schema.is(WpsError.InvalidInputs)

const faults = (error: unknown): ReadonlyArray<string> =>
  isInvalidInputs(error)
    ? error.faults.map(({ input, reason }) => `${input} ${reason}`)
    : ["no InvalidInputs"]

describe("Process", () => {
  it("infers what it takes and gives", () => {
    const operation: Operation.Operation<{ readonly result: typeof Point.Type }> = buffer({ geom, distance: 2 })
    assert.strictEqual(operation.identifier, "JTS:buffer")
    // @ts-expect-error distance is missing
    buffer({ geom })
    // @ts-expect-error distance is a number
    buffer({ geom, distance: "2" })
    // @ts-expect-error there is no input segments
    buffer({ geom, distance: 2, segments: 8 })
    const maybe = Process.make("maybe", { inputs: { n: Input.optional(Input.literal(Schema.Int)) }, outputs: {} })
    const none = Process.make("none", { inputs: {}, outputs: {} })
    deepStrictEqual([maybe().identifier, maybe({}).identifier, none().identifier, none({}).identifier], [
      "maybe",
      "maybe",
      "none",
      "none"
    ])
    // @ts-expect-error there are inputs to give
    buffer()
    // @ts-expect-error nobody could tell which occurrences belong together
    Input.repeated(Input.repeated(Input.literal(Schema.Int)))
    // @ts-expect-error an occurrence that is left out is none
    Input.repeated(Input.optional(Input.literal(Schema.Int)))
    // @ts-expect-error the result is a Point
    const wrong: Operation.Operation<{ readonly result: string }> = operation
    assert.strictEqual(wrong.identifier, "JTS:buffer")
  })

  it.effect("is changed in what it gives, and is one pipe", () =>
    Effect.gen(function*() {
      const outputs = [{
        identifier: "result",
        data: DataValue.complexText(`{"type":"Point","coordinates":[1,2]}`, "application/json"),
        title: Option.none(),
        abstract: Option.none()
      }]
      const reader = { fetch: () => Effect.fail("nothing is fetched") }
      const longitude = buffer({ geom, distance: 2 }).pipe(Operation.map(({ result }) => result.coordinates[0]))
      const same = Operation.mapEffect(longitude, (value) => Effect.succeed(value * 2))
      assert.strictEqual(yield* longitude.read(outputs, reader), 1)
      assert.strictEqual(yield* same.read(outputs, reader), 2)
      assert.strictEqual(same.identifier, "JTS:buffer")
    }))

  it("describes what a schema lists", () => {
    const Method = { Nearest: "nearest", Linear: "linear" } as const
    const allowed = <A, I extends Literal.Encoded>(schema: Schema.Schema<A, I>, options?: Input.LiteralOptions) => {
      const { data } = Input.literal(schema, options)
      return data._tag === "Literal" && data.allowed._tag === "AllowedValues" ? data.allowed.values : []
    }
    deepStrictEqual(allowed(Schema.Literal("nearest", "linear")), ["nearest", "linear"])
    deepStrictEqual(allowed(Schema.Enums(Method)), ["nearest", "linear"])
    deepStrictEqual(allowed(Schema.Literal(1, 2.5)), ["1", "2.5"])
    deepStrictEqual(allowed(Schema.Literal("a", "b"), { allowedValues: ["a"] }), ["a"])
    deepStrictEqual(allowed(Schema.String), [])
    deepStrictEqual(allowed(Schema.Union(Schema.Literal("a"), Schema.String)), [])
  })

  it.effect("has the default of an input that is left out, on a server", () =>
    Effect.gen(function*() {
      const zoom = Process.make("zoom", {
        inputs: { factor: Input.optional(Input.literal(Schema.Int, { defaultValue: "3" })) },
        outputs: {}
      })
      deepStrictEqual(zoom.decodeInputs(yield* inputsOf(zoom())), Either.right({ factor: 3 }))
      deepStrictEqual(zoom.decodeInputs(yield* inputsOf(zoom({ factor: 4 }))), Either.right({ factor: 4 }))
    }))

  it.effect("refuses a reference that a server could not follow", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(buffer({ geom: DataValue.reference("tas.nc"), distance: 2 }).inputs)
      deepStrictEqual(faults(error), [
        "geom refers to \"tas.nc\", which is no absolute address; send a file of this machine with Upload"
      ])
    }))

  it.effect("encodes every kind of input", () =>
    Effect.gen(function*() {
      const inputs = yield* everything(given).inputs
      const of = (name: string) => inputs.filter((one) => one.identifier === name).map((one) => one.data)
      deepStrictEqual(inputs.map((one) => one.identifier), [
        "text",
        "xml",
        "bytes",
        "box",
        "length",
        "many",
        "many",
        "when"
      ])
      deepStrictEqual(of("text"), [DataValue.complexText("a < b", "text/plain")])
      deepStrictEqual(of("xml"), [DataValue.complexXml("<a/>", "text/xml")])
      deepStrictEqual(of("bytes"), [
        DataValue.complexText("AP8=", { mimeType: "image/png", encoding: "base64" })
      ])
      deepStrictEqual(of("box"), [DataValue.boundingBox([1, 2], [3, 4], "EPSG:4326")])
      deepStrictEqual(of("length"), [DataValue.literal("3", { dataType: "double", uom: "km" })])
      deepStrictEqual(of("when"), [DataValue.literal("1970-01-01T00:00:00.000Z", { dataType: "dateTime" })])
    }))

  it.effect("takes a reference for any input, and for one of several", () =>
    Effect.gen(function*() {
      const reference = DataValue.reference("https://data.example.org/a.json", { format: "application/json" })
      const one = yield* buffer({ geom: reference, distance: reference }).inputs
      deepStrictEqual(one.map(({ data }) => data), [reference, reference])
      const several = yield* everything({ ...given, many: [1, reference] }).inputs
      deepStrictEqual(several.filter((input) => input.identifier === "many")[1]?.data, reference)
    }))

  it.effect("says everything that is wrong with the inputs at once", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(
        everything({
          ...given,
          xml: "<a><b></a>",
          box: DataValue.boundingBox([1], [3, 4]),
          length: { value: 3, uom: "mile" },
          many: [1],
          when: notADate
        }).inputs
      )
      const all = faults(error)
      assert.lengthOf(all, 5)
      assert.match(all[0] ?? "", /^xml is not well-formed XML/)
      assert.match(all[1] ?? "", /^box has 1 lower and 2 upper/)
      assert.match(all[2] ?? "", /^length has the unit "mile"/)
      assert.match(all[3] ?? "", /^many is given 1 times, but at least 2/)
      assert.match(all[4] ?? "", /^when /)
    }))

  it.effect("takes of a literal what its declaration allows, on a server too", () =>
    Effect.gen(function*() {
      const process = Process.make("zoom", {
        inputs: {
          factor: Input.literal(Schema.Number, { range: { minimum: "-2.5", maximum: "8" } }),
          method: Input.literal(Schema.String, { allowedValues: ["nearest", "linear"] }),
          since: Input.literal(Schema.Date, { range: { minimum: "1850-01-01T00:00:00Z" } }),
          depth: Input.measure(Schema.Number, ["m"], { range: { minimum: "0" } })
        },
        outputs: {}
      })
      const at = (iso: string) => DateTime.toDateUtc(DateTime.unsafeMake(iso))
      const good = {
        factor: -2.5,
        method: "linear",
        since: at("1850-01-01T01:00:00+01:00"),
        depth: { value: 0, uom: "m" }
      }
      const written = yield* process(good).inputs
      assert.lengthOf(written, 4)
      const bad = {
        factor: Infinity,
        method: "cubic",
        since: at("1849-12-31T23:59:59Z"),
        depth: { value: -1, uom: "m" }
      }
      const told = [
        "factor \"INF\" is not allowed; allowed is [-2.5, 8]",
        "method \"cubic\" is not allowed; allowed is nearest, linear",
        "since \"1849-12-31T23:59:59.000Z\" is not allowed; allowed is [1850-01-01T00:00:00Z, …]",
        "depth \"-1\" is not allowed; allowed is [0, …]"
      ]
      deepStrictEqual(faults(yield* Effect.flip(process(bad).inputs)), told)
      const received = [["factor", "INF"], ["method", "cubic"], ["since", "1849-12-31T23:59:59.000Z"], ["depth", "-1"]]
        .map(([identifier = "", text = ""]) => ({ identifier, data: DataValue.literal(text) }))
      deepStrictEqual(
        Either.mapLeft(process.decodeInputs(received), (all) => all.map(({ input, reason }) => `${input} ${reason}`)),
        Either.left(told)
      )
    }))

  it("reads what is allowed however it is written, and holds a measure to it in its first unit", () => {
    const read = <A, B>(input: Input.Input<A, B>, ...all: ReadonlyArray<readonly [text: string, uom?: string]>) =>
      all.map(([text, uom]) => Either.getOrElse(input.decode([DataValue.literal(text, { uom })]), () => "refused"))
    deepStrictEqual(
      read(Input.literal(Schema.Boolean, { allowedValues: ["true"] }), ["True"], ["1"], [" true\n"], ["0"]),
      [true, true, true, "refused"]
    )
    deepStrictEqual(
      read(Input.literal(Schema.Trim, { allowedValues: ["nearest"] }), [" nearest\n"], ["linear"]),
      ["nearest", "refused"]
    )
    const length = Input.measure(Schema.Number, ["m", "km"], { range: { minimum: "100", maximum: "1000" } })
    deepStrictEqual(read(length, ["0.5", "km"], ["100"], ["99", "m"]), [
      { value: 0.5, uom: "km" },
      { value: 100, uom: "m" },
      "refused"
    ])
    assert.isTrue(Either.isRight(length.encode({ value: 0.5, uom: "km" })))
    assert.isTrue(Either.isLeft(length.encode({ value: 0.5, uom: "m" })))
  })

  it.effect("names missing and extra inputs of a caller without types", () =>
    Effect.gen(function*() {
      const untyped: { readonly geom: typeof geom; readonly distance: number } = Object.assign(
        Object.create(null),
        { geom, segments: 8 }
      )
      const all = faults(yield* Effect.flip(buffer(untyped).inputs))
      deepStrictEqual(all, [
        "segments is no input of JTS:buffer; it has geom, distance, quadrantSegments",
        "distance is missing"
      ])
    }))

  it.effect("reads on a server what a client wrote", () =>
    Effect.gen(function*() {
      const inputs = yield* inputsOf(everything(given))
      deepStrictEqual(
        everything.decodeInputs(inputs),
        Either.right({ ...given, xml: "<a/>", box: DataValue.boundingBox([1, 2], [3, 4], "EPSG:4326") })
      )
    }))

  it.effect("reads outputs by their declarations", () =>
    Effect.gen(function*() {
      const nothing = { title: Option.none(), abstract: Option.none() }
      const file = DataValue.reference("https://example.org/1.png")
      const result = yield* everything.read([
        { identifier: "length", data: DataValue.literal("3", { uom: "km" }), ...nothing },
        { identifier: "file", data: file, ...nothing }
      ], { fetch: () => Effect.die("nothing is fetched") })
      deepStrictEqual(result, { length: { value: 3, uom: "km" }, log: Option.none(), file })
    }))

  it.effect("fetches an output that a server stored unasked", () =>
    Effect.gen(function*() {
      const result = yield* buffer.read([{
        identifier: "result",
        data: DataValue.reference("https://example.org/1.json", { format: "application/json" }),
        title: Option.none(),
        abstract: Option.none()
      }], {
        fetch: () =>
          Effect.succeed({ content: new TextEncoder().encode(JSON.stringify(geom)), contentType: Option.none() })
      })
      deepStrictEqual(result, { result: geom })
    }))

  it.effect("names the output that is missing or wrong", () =>
    Effect.gen(function*() {
      const reader = { fetch: () => Effect.die("nothing is fetched") }
      const missing = yield* Effect.flip(buffer.read([], reader))
      deepStrictEqual(
        missing,
        new WpsError.InvalidOutput({ identifier: "JTS:buffer", output: "result", reason: "is missing" })
      )
      const wrong = yield* Effect.flip(buffer.read([{
        identifier: "result",
        data: DataValue.complexText("{\"type\":\"Line\"}", "application/json"),
        title: Option.none(),
        abstract: Option.none()
      }], reader))
      assert.match(wrong.message, /JTS:buffer gave an output "result" that cannot be read: .*Point/)
    }))
})

describe("outputs that come several times", () => {
  const split = Process.make("split", {
    inputs: {},
    outputs: {
      parts: Output.repeated(Output.text("text/csv")),
      files: Output.repeated(Output.reference(Output.text("text/csv")))
    }
  })
  const reader = { fetch: () => Effect.fail("nothing is fetched") }
  const output = (identifier: string, data: DataValue.DataValue) => ({
    identifier,
    data,
    title: Option.none(),
    abstract: Option.none()
  })
  const file = (name: string) => DataValue.reference(`https://data.example.org/${name}.csv`)
  const text = (content: string) => DataValue.complexText(content, "text/csv")

  it.effect("are read in order, as references too, and may be none", () =>
    Effect.gen(function*() {
      const several = [
        output("parts", text("a")),
        output("files", file("a")),
        output("parts", text("b")),
        output("files", file("b"))
      ]
      deepStrictEqual(yield* split.read(several, reader), { parts: ["a", "b"], files: [file("a"), file("b")] })
      deepStrictEqual(yield* split.read([], reader), { parts: [], files: [] })
    }))

  it("are written by who runs the process", () => {
    deepStrictEqual(
      split.encodeOutputs({ parts: ["a", "b"], files: [] }),
      Either.right([["parts", text("a")], ["parts", text("b")]])
    )
  })

  it.effect("are not silently lost where one was expected", () =>
    Effect.gen(function*() {
      const several = [output("result", text("a")), output("result", text("b"))]
      for (const one of [Output.text("text/csv"), Output.optional(Output.text("text/csv")), Output.raw()]) {
        const { read } = Process.make("single", { inputs: {}, outputs: { result: one } })
        const error = yield* Effect.flip(read(several, reader))
        assert.include(String(error), "comes 2 times; Output.repeated reads them all")
      }
    }))
})
