import { DataValue, type Execute, Input, Operation, Output, Process, type ProcessDescription } from "@effect-wps/wps"
import { describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Encoding, Option, Schema } from "effect"
import { validate } from "../src/internal/validate.ts"

const number = Input.literal(Schema.Number)

const process = Process.make("mean", {
  inputs: {
    period: Input.repeated(
      Input.nested({
        from: Input.literal(Schema.Int, { range: { minimum: "1850" } }),
        to: Input.optional(Input.repeated(number, { max: 2 })),
        where: Input.optional(Input.nested({ box: Input.boundingBox("EPSG:4326") }))
      }),
      { max: 2 }
    )
  },
  outputs: {
    mean: Output.literal(Schema.Number),
    span: Output.nested({
      least: Output.literal(Schema.Number),
      where: Output.nested({ name: Output.literal(Schema.String) })
    })
  }
})

const every = { jobControlOptions: ["sync-execute", "async-execute"], outputTransmission: ["value", "reference"] }

const asked = (some?: Partial<Execute.ExecuteRequest>): Execute.ExecuteRequest => ({
  identifier: "mean",
  inputs: [{ identifier: "period", data: DataValue.nested(["from", DataValue.literal("1850")]) }],
  response: { _tag: "Document", outputs: [Operation.request("mean")], mode: "sync", lineage: false },
  language: Option.none(),
  ...some
})

const faults = (
  some?: Partial<Execute.ExecuteRequest>,
  description: Partial<ProcessDescription.ProcessDescription> = {}
): ReadonlyArray<string> =>
  validate({ ...Process.describe(process, every), ...description }, asked(some))
    .map(({ input, reason }) => `${input} ${reason}`)

describe("a request, before it is sent", () => {
  const given = (...periods: ReadonlyArray<DataValue.DataValue>) =>
    faults({ inputs: periods.map((data) => ({ identifier: "period", data })) })
  const from = ["from", DataValue.literal("1850")] as const

  it("may have inputs that are made of others [B4.7]", () => {
    const box = DataValue.boundingBox([1, 2], [3, 4], "EPSG:4326")
    deepStrictEqual(
      given(
        DataValue.nested(
          from,
          ["to", DataValue.literal("1")],
          ["to", DataValue.literal("2")],
          ["where", DataValue.nested(["box", box])]
        ),
        DataValue.nested(["from", DataValue.reference("https://example.org/from")])
      ),
      []
    )
    deepStrictEqual(given(DataValue.reference("https://example.org/period")), [])
  })

  it("is told all that is wrong inside them, in any depth [B4.7]", () => {
    deepStrictEqual(given(), ["period is missing"])
    deepStrictEqual(given(DataValue.literal("1850")), [
      "period is a literal, but the process takes a group of values"
    ])
    deepStrictEqual(given(DataValue.nested()), ["period from is missing"])
    deepStrictEqual(
      given(DataValue.nested(
        ["from", DataValue.literal("1")],
        ["x", DataValue.literal("1")],
        ...["1", "2", "3"].map((text) => ["to", DataValue.literal(text)] as const),
        ["where", DataValue.nested(["box", DataValue.boundingBox([1], [2], "urn:x")])]
      )),
      [
        "period x is no input of the process; it has from, to, where",
        "period from \"1\" is not allowed; allowed is [1850, …]",
        "period to is given 3 times, but at most 2 are taken",
        "period where box the reference system urn:x is not among those of the process: EPSG:4326"
      ]
    )
    deepStrictEqual(given(...[1, 2, 3].map(() => DataValue.nested(from))), [
      "period is given 3 times, but at most 2 are taken"
    ])
    deepStrictEqual(given(DataValue.nested(from), DataValue.nested()), ["period from is missing"])
    deepStrictEqual(
      faults({ inputs: [{ identifier: "n", data: DataValue.nested(from) }] }, {
        inputs: Process.describe(Process.make("n", { inputs: { n: number }, outputs: {} }), every).inputs
      }),
      ["n is a group of values, but the process takes a literal"]
    )
  })

  it("may ask for outputs inside others [B4.7]", () => {
    const asking = (...outputs: ReadonlyArray<Execute.OutputRequest>) =>
      faults({ response: { _tag: "Document", outputs, mode: "sync", lineage: false } })
    const within = (identifier: string, ...nested: ReadonlyArray<Execute.OutputRequest>) =>
      Operation.request(identifier, { nested })
    const where = within("where", Operation.request("name"))
    deepStrictEqual(asking(Operation.request("mean"), Operation.request("span")), [])
    deepStrictEqual(asking(within("span", Operation.request("least"), where)), [])
    deepStrictEqual(asking(Operation.request("other")), ["other is no output of the process; it has mean, span"])
    deepStrictEqual(asking(within("span", Operation.request("mean"))), [
      "mean is no output of the process; it has least, where"
    ])
    deepStrictEqual(asking(within("span", within("where", Operation.request("x")))), [
      "x is no output of the process; it has name"
    ])
    deepStrictEqual(
      faults({ response: { _tag: "Raw", output: Operation.request("other"), mode: "sync" } }),
      ["other is no output of the process; it has mean, span"]
    )
  })

  it("may ask for outputs in the formats that its process has [A3.7] [B3.4]", () => {
    const table = Process.make("mean", {
      inputs: {},
      outputs: { table: Output.text("text/csv"), free: Output.raw(), number: Output.literal(Schema.Number) }
    })
    const { outputs } = Process.describe(table, every)
    const asking = (identifier: string, format: DataValue.FormatInput, asReference = false) => {
      const output = Operation.request(identifier, { format: DataValue.format(format), asReference })
      return [
        { _tag: "Document" as const, outputs: [output], mode: "sync" as const, lineage: false },
        { _tag: "Raw" as const, output, mode: "sync" as const }
      ].map((response) => faults({ inputs: [], response }, { inputs: [], outputs }).join())
    }
    for (const type of ["text/csv", "Text/CSV; charset=utf-8"]) {
      for (const asReference of [true, false]) deepStrictEqual(asking("table", type, asReference), ["", ""])
    }
    deepStrictEqual(asking("free", "application/x-netcdf"), ["", ""])
    deepStrictEqual(asking("number", "text/plain"), ["", ""])
    const refused = "table the format application/json is not among those of the process: text/csv"
    deepStrictEqual(asking("table", "application/json"), [refused, refused])
    const other = "table the format text/csv;header=absent is not among those of the process: text/csv"
    deepStrictEqual(asking("table", "text/csv;header=absent"), [other, other])
  })

  it("may be run as its process can be [B4.7]", () => {
    const run = (mode: Execute.ExecuteMode, jobControlOptions: ReadonlyArray<string>) =>
      [
        faults({ response: { _tag: "Document", outputs: [], mode, lineage: false } }, { jobControlOptions }),
        faults({ response: { _tag: "Raw", output: Operation.request("mean"), mode } }, { jobControlOptions })
      ].map((all) => all.join())
    const twice = (reason: string) => [reason, reason]
    for (const mode of ["sync", "async", "auto"] as const) {
      deepStrictEqual(run(mode, []), twice(""))
      deepStrictEqual(run(mode, ["sync-execute", "async-execute", "dismiss"]), twice(""))
    }
    for (const only of ["sync-execute", "async-execute"]) deepStrictEqual(run("auto", [only]), twice(""))
    deepStrictEqual(
      run("async", ["sync-execute", "dismiss"]),
      twice("mode the process cannot be run asynchronously; run it with mode \"sync\"")
    )
    deepStrictEqual(
      run("sync", ["async-execute", "dismiss"]),
      twice("mode the process can be run asynchronously only; run it with mode \"async\"")
    )
  })

  it("may have its outputs as its process gives them [B4.7]", () => {
    const sent = (asReference: boolean, outputTransmission: ReadonlyArray<string>) =>
      faults(
        {
          response: {
            _tag: "Document",
            outputs: [Operation.request("mean", { asReference })],
            mode: "sync",
            lineage: false
          }
        },
        { outputTransmission }
      )
    for (const asReference of [true, false]) {
      deepStrictEqual(sent(asReference, []), [])
      deepStrictEqual(sent(asReference, ["value", "reference"]), [])
    }
    deepStrictEqual(sent(true, ["value"]), [
      "mean is asked for by reference, but the process stores nothing; ask for its value"
    ])
    deepStrictEqual(sent(false, ["reference"]), [
      "mean is asked for by value, but the process gives references only; ask for one"
    ])
    // Raw data is the value itself.
    deepStrictEqual(
      faults({ response: { _tag: "Raw", output: Operation.request("mean"), mode: "sync" } }, {
        outputTransmission: ["reference"]
      }),
      []
    )
  })

  it("need not give an input that must be there and has a default", () => {
    const described = (defaultValue: string | undefined) =>
      Process.describe(
        Process.make("n", {
          inputs: { n: defaultValue === undefined ? number : Input.literal(Schema.Number, { defaultValue }) },
          outputs: {}
        }),
        every
      ).inputs
    deepStrictEqual(faults({ inputs: [] }, { inputs: described("1") }), [])
    deepStrictEqual(faults({ inputs: [] }, { inputs: described(undefined) }), ["n is missing"])
  })

  it("counts the bytes of the value itself, whatever it is written as", () => {
    const { inputs } = Process.make("n", { inputs: { n: Input.text("text/plain") }, outputs: {} })
    const sized = (data: DataValue.DataValue) =>
      faults({ inputs: [{ identifier: "n", data }] }, {
        inputs: Process.describe(Process.make("n", { inputs, outputs: {} }), every).inputs.map((input) => ({
          ...input,
          data: { _tag: "Complex", defaultFormat: Option.none(), formats: [], maximumMegabytes: Option.some(1) }
        }))
      })
    const base64 = (size: number) =>
      DataValue.complexText(Encoding.encodeBase64(new Uint8Array(size)).replace(/.{76}/g, "$&\r\n"), {
        mimeType: "image/png",
        encoding: "base64"
      })
    const tooMuch = ["n has 1.2 MB, but at most 1 MB are taken; give it by reference"]
    deepStrictEqual(sized(DataValue.complexText("é".repeat(600_000), "text/plain")), tooMuch)
    deepStrictEqual(sized(DataValue.complexText("&".repeat(300_000), "text/plain")), [])
    deepStrictEqual(sized(DataValue.complexXml(`<a>${"é".repeat(600_000)}</a>`, "text/xml")), tooMuch)
    deepStrictEqual(sized(DataValue.complexXml(`<a>${"&amp;".repeat(250_000)}</a>`, "text/xml")).length, 1)
    deepStrictEqual(sized(base64(900_000)), [])
    deepStrictEqual(sized(base64(1_000_000)), [])
    deepStrictEqual(sized(base64(1_200_000)), tooMuch)
  })
})
