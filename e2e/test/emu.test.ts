import { Auth } from "@effect-wps/auth"
import { DataValue, Input, type Job, type Operation, Output, Process, WpsClient } from "@effect-wps/wps"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, DateTime, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import * as Emu from "../support/Emu.ts"

const poll = { schedule: Schedule.spaced("50 millis"), deadline: "20 seconds" } as const

const Client = Layer.unwrapEffect(
  Effect.map(Emu.Emu, ({ url }) => WpsClient.layer({ url, poll, validate: "never" }))
)

const services = Client.pipe(
  Layer.provideMerge(Layer.mergeAll(Emu.layer, Auth.layerAnonymous, NodeHttpClient.layerUndici))
)

/** A client of its own. */
const clientWith = Effect.fnUntraced(function*(options: Partial<WpsClient.Options>) {
  const { url } = yield* Emu.Emu
  return yield* WpsClient.make({ url, poll, ...options })
})

const summaries = <A>(job: Job.Job<A>) =>
  Effect.map(
    Stream.runCollect(job.changes),
    (all) => Chunk.toReadonlyArray(all).map(({ _tag, message, percent }) => [_tag, message, Option.getOrNull(percent)])
  )

const textOf = ({ stream }: WpsClient.RawData) => Stream.mkString(Stream.decodeText(stream))

// ------------------------------------------------------------------------------------------------ the processes of Emu

const offered = [
  "bbox",
  "binaryoperatorfornumbers",
  "chomsky",
  "dummyprocess",
  "esgf_demo",
  "geodata",
  "hello",
  "inout",
  "multiple_outputs",
  "nap",
  "ncmeta",
  "ncml",
  "non.py-id",
  "output_formats",
  "pandas",
  "poly_centroid",
  "show_defaults",
  "show_error",
  "simple_dry_run",
  "sleep",
  "translation",
  "ultimate_question",
  "wordcounter"
]

const float = Input.literal(Schema.Number, { dataType: "float" })
const integer = Input.literal(Schema.Int)
const string = Input.literal(Schema.String)
const netcdf = "application/x-netcdf"

const binaryOperator = Process.make("binaryoperatorfornumbers", {
  inputs: {
    inputa: Input.optional(float),
    inputb: Input.optional(float),
    operator: Input.optional(string)
  },
  outputs: { output: Output.literal(Schema.Number) }
})

const bbox = Process.make("bbox", {
  inputs: { bbox: Input.boundingBox("epsg:4326", "epsg:3035") },
  outputs: { bbox: Output.boundingBox("epsg:4326") }
})

const inout = Process.make("inout", {
  inputs: {
    string,
    int: integer,
    float: Input.repeated(float, { min: 0, max: 5 }),
    boolean: Input.literal(Schema.Boolean),
    angle: Input.literal(Schema.Number, { dataType: "angle" }),
    time: Input.literal(Schema.String, { dataType: "time" }),
    date: Input.literal(Schema.String, { dataType: "date" }),
    datetime: Input.literal(Schema.DateTimeUtc),
    string_choice: Input.literal(Schema.Literal("rock", "paper", "scissor")),
    string_multiple_choice: Input.repeated(string, { min: 0, max: 2 }),
    int_range: integer,
    any_value: string,
    ref_value: string,
    text: Input.optional(Input.text("text/plain")),
    dataset: Input.optional(Input.bytes(netcdf))
  },
  outputs: {
    string: Output.literal(Schema.String),
    int: Output.literal(Schema.Int),
    float: Output.literal(Schema.Number),
    boolean: Output.literal(Schema.Boolean),
    angle: Output.literal(Schema.Number),
    time: Output.literal(Schema.String),
    date: Output.literal(Schema.String),
    datetime: Output.literal(Schema.DateTimeUtc),
    string_choice: Output.literal(Schema.Literal("rock", "paper", "scissor")),
    string_multiple_choice: Output.literal(Schema.String),
    int_range: Output.literal(Schema.Int),
    any_value: Output.literal(Schema.String),
    ref_value: Output.literal(Schema.String),
    text: Output.text("text/plain"),
    dataset: Output.bytes(netcdf),
    bbox: Output.boundingBox("epsg:4326")
  }
})

const dummy = Process.make("dummyprocess", {
  inputs: { input1: integer, input2: integer },
  outputs: { output1: Output.literal(Schema.Int), output2: Output.literal(Schema.Int) }
})

const nap = Process.make("nap", {
  inputs: { delay: float },
  outputs: { output: Output.literal(Schema.String) }
})

const ultimateQuestion = Process.make("ultimate_question", {
  inputs: {},
  outputs: { answer: Output.literal(Schema.NumberFromString) }
})

const wordCounter = Process.make("wordcounter", {
  inputs: { text: Input.text("text/plain") },
  outputs: { output: Output.complex(Schema.Array(Schema.Tuple(Schema.Int, Schema.String)), "application/json") }
})

/** What `inout` says of a data set that it was not given, from among its outputs: Emu sends all of them whatever is asked. */
const noDataset = Process.make("inout", {
  inputs: {},
  outputs: { dataset: Output.reference(Output.text("text/plain")) }
})

const chomsky = Process.make("chomsky", {
  inputs: { times: integer },
  outputs: { output: Output.reference(Output.text("text/plain")) }
})

const multipleOutputs = Process.make("multiple_outputs", {
  inputs: { count: integer },
  outputs: {
    output: Output.reference(Output.text("application/metalink+xml; version=3.0")),
    output_meta4: Output.reference(Output.text("application/metalink+xml; version=4.0"))
  }
})

const outputFormats = Process.make("output_formats", {
  inputs: {},
  outputs: {
    netcdf: Output.bytes(netcdf),
    json: Output.complex(Schema.Struct({ testing: Schema.Array(Schema.Int) }), "application/json")
  }
})

const otherFormats = Process.make("output_formats", {
  inputs: {},
  outputs: { netcdf: Output.bytes("application/zip"), json: Output.bytes("application/zip") }
})

const nonPyId = Process.make("non.py-id", {
  inputs: { "input 1": integer, "input-2": Input.complex(Schema.Unknown, "application/json") },
  outputs: {
    "output.1": Output.literal(Schema.Number),
    "output 2": Output.complex(Schema.Unknown, "application/json")
  }
})

const showError = Process.make("show_error", {
  inputs: { message: string, nice: Input.optional(Input.literal(Schema.Boolean)) },
  outputs: {}
})

const simpleDryRun = Process.make("simple_dry_run", {
  inputs: { dry_run: Input.optional(Input.literal(Schema.Boolean)), count: Input.optional(integer) },
  outputs: { output: Output.literal(Schema.String) }
})

const showDefaults = Process.make("show_defaults", {
  inputs: { string_0: Input.optional(string), string_3: Input.optional(string) },
  outputs: {
    output: Output.complex(Schema.Record({ key: Schema.String, value: Schema.String }), "application/json")
  }
})

const translation = Process.make("translation", {
  inputs: { input1: integer },
  outputs: { output1: Output.literal(Schema.Int) }
})

const polyCentroid = Process.make("poly_centroid", {
  inputs: { wkt: Input.optional(string), xml: Input.optional(Input.text("application/gml+xml")) },
  outputs: { output: Output.literal(Schema.String) }
})

const pandas = Process.make("pandas", {
  inputs: { csv: Input.text("text/csv") },
  outputs: { output: Output.reference(Output.text("application/json")) }
})

const geodata = Process.make("geodata", {
  inputs: { shape: Input.optional(Input.complex(Schema.Unknown, "application/geo+json")) },
  outputs: {
    raster: Output.bytes("image/tiff; subtype=geotiff"),
    vector: Output.complex(Schema.Struct({ type: Schema.String }), "application/geo+json")
  }
})

const ncml = Process.make("ncml", {
  inputs: {},
  outputs: { d1: Output.reference(Output.bytes(netcdf)), ncml: Output.text("application/x-ogc-dods") }
})

const ncmeta = Process.make("ncmeta", {
  inputs: { dataset: Input.bytes(netcdf) },
  outputs: { output: Output.text("text/plain") }
})

const nowhere = Process.make("nowhere", { inputs: {}, outputs: { nothing: Output.literal(Schema.String) } })

layer(services, { timeout: "5 minutes", excludeTestServices: true })("a client of Emu", (it) => {
  // -------------------------------------------------------------------------------------- capabilities, descriptions

  it.effect("reads what it offers", () =>
    Effect.gen(function*() {
      const { operations, processes, version } = yield* WpsClient.capabilities
      deepStrictEqual(version, Option.some("1.0.0"))
      deepStrictEqual(operations.map(({ name }) => name), ["GetCapabilities", "DescribeProcess", "Execute"])
      deepStrictEqual(processes.map(({ identifier }) => identifier).sort(), offered)
      assert.isTrue(processes.every(({ title }) => Option.exists(title, (text) => text !== "")))
    }))

  it.effect("describes every process", () =>
    Effect.gen(function*() {
      const all = yield* WpsClient.describeAll
      deepStrictEqual(all.map(({ identifier }) => identifier).sort(), offered)
      deepStrictEqual(
        all.filter(({ jobControlOptions }) => !jobControlOptions.includes("async-execute")).map((one) =>
          one.identifier
        ),
        ["nap"]
      )
      // WPS 1.0.0 wants an output of every process.
      deepStrictEqual(all.filter(({ outputs }) => outputs.length === 0).map((one) => one.identifier), ["show_error"])
    }))

  it.effect("reads the rules of every kind of input", () =>
    Effect.gen(function*() {
      const { inputs } = yield* WpsClient.describe("inout")
      const rules = Object.fromEntries(inputs.map(({ data, identifier, maxOccurs, minOccurs }) => [identifier, {
        data,
        occurs: [minOccurs, maxOccurs]
      }]))
      const literals = inputs.flatMap(({ data, identifier }) =>
        data._tag === "Literal" ? [[identifier, Option.getOrNull(data.dataType), data.allowed._tag]] : []
      )
      deepStrictEqual(literals, [
        ["string", "string", "AnyValue"],
        ["int", "integer", "AllowedValues"],
        ["float", "float", "AnyValue"],
        ["boolean", "boolean", "AnyValue"],
        ["angle", "angle", "AnyValue"],
        ["time", "time", "AnyValue"],
        ["date", "date", "AnyValue"],
        ["datetime", "dateTime", "AnyValue"],
        ["string_choice", "string", "AllowedValues"],
        ["string_multiple_choice", "string", "AllowedValues"],
        ["int_range", "integer", "AllowedValues"],
        ["any_value", "string", "AnyValue"],
        ["ref_value", "string", "ValuesReference"]
      ])
      deepStrictEqual(rules["float"]?.occurs, [0, 5])
      const range = rules["int_range"]?.data
      deepStrictEqual(
        range?._tag === "Literal" && range.allowed._tag === "AllowedValues"
          ? range.allowed.ranges.map(({ maximum, minimum, spacing }) =>
            [minimum, maximum, spacing].map(Option.getOrNull)
          )
          : [],
        [["1", "10", null], ["100", "200", "10"]]
      )
      const dataset = rules["dataset"]?.data
      deepStrictEqual(
        dataset?._tag === "Complex" ? dataset.formats : [],
        [DataValue.format({ mimeType: netcdf, encoding: "base64" })]
      )
    }))

  it.effect("reads and runs a process in the languages that it has", () =>
    Effect.gen(function*() {
      const titles = [
        ["en-US", "Translated process", "Input1 number", "Output1 add 1 result"],
        ["fr-CA", "Processus traduit", "Entrée #1", "Sortie #1"],
        ["de-DE", "Mehrsprachiger Prozess", "Eingabe #1", "Ausgabe #1"]
      ] as const
      for (const [language, ...expected] of titles) {
        const client = yield* clientWith({ language })
        const { processes } = yield* client.capabilities
        const { inputs, title } = yield* client.describe("translation")
        const job = yield* client.execute(translation({ input1: 41 }), { mode: "sync" })
        const { language: spoken, outputs } = yield* job.document
        deepStrictEqual(processes.find(({ identifier }) => identifier === "translation")?.title, title)
        deepStrictEqual([title, inputs[0]?.title, outputs[0]?.title].map((text) => text && Option.getOrNull(text)), [
          ...expected
        ])
        deepStrictEqual(spoken, Option.some(language))
        deepStrictEqual(yield* job.result, { output1: 42 })
      }
    }).pipe(Effect.scoped))

  it.effect("reports a language that it has not", () =>
    Effect.gen(function*() {
      const client = yield* clientWith({ language: "nl-NL" })
      const error = yield* Effect.flip(client.describe("translation"))
      assert.strictEqual(error._tag === "ServiceException" ? error.code : error._tag, "InvalidParameterValue")
    }).pipe(Effect.scoped))

  // ------------------------------------------------------------------------------------------------ values both ways

  it.effect("says hello", () =>
    Effect.gen(function*() {
      for (const name of ["Ada", "<b> & \"ünïcödé\" 🌍 ]]>"]) {
        deepStrictEqual(yield* WpsClient.run(Emu.hello({ name })), { output: `Hello ${name}` })
      }
    }))

  it.effect("calculates, and uses the server's defaults for what is left out", () =>
    Effect.gen(function*() {
      const product = yield* WpsClient.run(binaryOperator({ inputa: 7, inputb: 6, operator: "multiply" }))
      deepStrictEqual(product, { output: 42 })
      deepStrictEqual(yield* WpsClient.run(binaryOperator({})), { output: 5 })
      const { output } = yield* WpsClient.run(showDefaults({ string_3: "given" }))
      deepStrictEqual(output, { string0: "no value", string1: "one", string2: "two", string3: "given" })
    }))

  it.effect("leaves out an input that has a default, also where it knows the description", () =>
    Effect.gen(function*() {
      // Emu says of each of the three that it must be given, and what it is when it is not.
      const client = yield* clientWith({ validate: "always" })
      deepStrictEqual(yield* client.run(binaryOperator({ inputa: 4 })), { output: 7 })
    }).pipe(Effect.scoped))

  it.effect("sends and reads bounding boxes", () =>
    Effect.gen(function*() {
      // Emu swaps the axes of both systems, and names them by their URN.
      for (const code of [4326, 3035]) {
        const read = yield* WpsClient.run(bbox({ bbox: DataValue.boundingBox([0, 10], [20.5, 30], `epsg:${code}`) }))
        deepStrictEqual(read.bbox, DataValue.boundingBox([10, 0], [30, 20.5], `urn:ogc:def:crs:EPSG::${code}`))
      }
    }))

  it.effect("sends and reads every type of literal, a text and a data set", () =>
    Effect.gen(function*() {
      const { netcdf: dataset } = yield* WpsClient.run(outputFormats({}))
      const datetime = DateTime.unsafeMake("2021-02-03T04:05:06Z")
      const same = {
        string: " <a> & ünïcödé 🌍 ",
        int: 11,
        boolean: false,
        angle: 359.5,
        time: "23:59:58",
        date: "2024-02-29",
        string_choice: "paper",
        int_range: 150,
        any_value: "anything",
        ref_value: "anywhere",
        text: "line 1\n  <line> & 2\t☃",
        dataset
      } as const
      const read = yield* WpsClient.run(
        inout({ ...same, datetime, float: [0.5, 1.25, -3], string_multiple_choice: ["sitting duck", "flying goose"] })
      )
      const { bbox: box, datetime: then, ...rest } = read
      deepStrictEqual(rest, { ...same, float: -1.25, string_multiple_choice: "sitting duck, flying goose" })
      assert.isTrue(DateTime.Equivalence(then, datetime))
      deepStrictEqual(box, DataValue.boundingBox([0, 0], [10, 10], "epsg:4326"))
    }))

  it.effect("adds one and takes one away", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(dummy({ input1: 41, input2: 0 }))
      deepStrictEqual(read, { output1: 42, output2: -1 })
    }))

  it.effect("sends and reads identifiers with dots and blanks", () =>
    Effect.gen(function*() {
      const value = { text: "ünïcödé", list: [1, null] }
      const read = yield* WpsClient.run(nonPyId({ "input 1": 1, "input-2": value }))
      deepStrictEqual(read, { "output.1": 2, "output 2": value })
      const { identifier, inputs, outputs } = yield* WpsClient.describe("non.py-id")
      deepStrictEqual(
        [identifier, ...[...inputs, ...outputs].map((one) => one.identifier)],
        ["non.py-id", "input 1", "input-2", "output.1", "output 2"]
      )
    }))

  it.effect("finds the middle of a polygon, as WKT and as GML", () =>
    Effect.gen(function*() {
      const wkt = yield* WpsClient.run(polyCentroid({ wkt: "POLYGON ((0 0, 4 0, 4 2, 0 2))" }))
      const xml = "<g:Polygon xmlns:g=\"http://www.opengis.net/gml\"><g:outerBoundaryIs><g:LinearRing>" +
        "<g:coordinates>0,0 4,0 4,2 0,2</g:coordinates></g:LinearRing></g:outerBoundaryIs></g:Polygon>"
      const gml = yield* WpsClient.run(polyCentroid({ xml: `<a>${xml}</a>` }))
      deepStrictEqual([wkt.output, gml.output], ["2.00000,1.00000", "2.00000,1.00000"])
    }))

  it.scoped("sends a table", () =>
    Effect.gen(function*() {
      // By reference: inside the answer the JSON would break the XML.
      const { output } = yield* WpsClient.run(pandas({ csv: "name,size\n\"a, <b> & c\",1.5\nd,2\n" }))
      const json = yield* Effect.flatMap(WpsClient.download(output), textOf)
      assert.strictEqual(json, "[{\"name\":\"a, <b> & c\",\"size\":1.5},{\"name\":\"d\",\"size\":2.0}]")
    }))

  // ---------------------------------------------------------------------------------- references, formats, raw outputs

  it.effect("gives an output by reference to another process", () =>
    Effect.gen(function*() {
      const { dataset } = yield* WpsClient.run(noDataset({}))
      const { output } = yield* WpsClient.run(wordCounter({ text: dataset }))
      deepStrictEqual(output.map(([, word]) => word).sort(), ["a", "didn", "file", "have", "netcdf", "request", "t"])
      assert.isTrue(output.every(([count]) => count === 1))
    }))

  it.effect("says that an input which must be a reference was none", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.run(wordCounter({ text: "one two" })))
      assert.strictEqual(error._tag, "ProcessFailed")
    }))

  it.scoped("downloads an output", () =>
    Effect.gen(function*() {
      const { output } = yield* WpsClient.run(chomsky({ times: 3 }))
      const data = yield* WpsClient.download(output)
      const text = yield* textOf(data)
      assert.isTrue(Option.exists(data.contentType, (type) => type.startsWith("text/plain")))
      assert.match(text.replaceAll("\n", " "), /^[A-Z].+\.$/)
      assert.isAbove(text.length, 100)
    }))

  it.scoped("fetches lists of files, and the files that they name", () =>
    Effect.gen(function*() {
      const { output, output_meta4 } = yield* WpsClient.run(multipleOutputs({ count: 3 }))
      const lists = yield* Effect.forEach(
        [output, output_meta4],
        (list) => Effect.flatMap(WpsClient.download(list), textOf)
      )
      const namespaces = lists.map((list) => / xmlns="([^"]+)"/.exec(list)?.[1])
      deepStrictEqual(namespaces, ["http://www.metalinker.org/", "urn:ietf:params:xml:ns:metalink"])
      for (const list of lists) {
        const addresses = [...list.matchAll(/url [^>]*>(http:[^<]+)</g)].map(([, address = ""]) => address)
        const files = yield* Effect.forEach(
          addresses,
          (address) => Effect.flatMap(WpsClient.download(address), textOf)
        )
        deepStrictEqual(files, ["output: 0", "output: 1", "output: 2"])
      }
    }))

  it.effect("reads an output inside the answer and one beside it, in the format asked for", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(outputFormats({}))
      const packed = yield* WpsClient.run(otherFormats({}))
      const magic = (bytes: Uint8Array) => Buffer.from(bytes.subarray(0, 4)).toString("latin1")
      deepStrictEqual(read.json, { testing: [1, 2] })
      deepStrictEqual([read.netcdf, packed.netcdf, packed.json].map(magic), ["\x89HDF", "PK\x03\x04", "PK\x03\x04"])
    }))

  it.effect("fetches rasters, vectors and data sets", () =>
    Effect.gen(function*() {
      const { raster, vector } = yield* WpsClient.run(geodata({}))
      deepStrictEqual(Buffer.from(raster.subarray(0, 2)).toString("latin1"), "II")
      assert.strictEqual(vector.type, "FeatureCollection")
      const aggregated = yield* WpsClient.run(ncml({}))
      assert.include(aggregated.ncml, "http://www.unidata.ucar.edu/namespaces/netcdf/ncml-2.2")
      const { output } = yield* WpsClient.run(
        ncmeta({ dataset: DataValue.reference(aggregated.d1.href, { format: netcdf }) })
      )
      assert.include(output, `URL: ${aggregated.d1.href}`)
    }))

  it.scoped("reads a raw output", () =>
    Effect.gen(function*() {
      const raw = yield* WpsClient.raw(Emu.hello({ name: "Ada" }))
      deepStrictEqual(raw.contentType, Option.some("text/plain; charset=utf-8"))
      assert.strictEqual(yield* textOf(raw), "Hello Ada")
    }))

  // ------------------------------------------------------------------------------------------------------------- jobs

  it.effect("follows a job to its result", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Emu.sleep({ delay: 0.4 }))
      const [result, seen] = yield* Effect.all([job.result, summaries(job)], { concurrency: 2 })
      deepStrictEqual(result, { sleep_output: "done sleeping" })
      deepStrictEqual(seen[0], ["Accepted", "PyWPS Process sleep accepted", 0])
      deepStrictEqual(
        seen.filter(([, message]) => message === "PyWPS Process started. Waiting..."),
        [0, 20, 40, 60, 80].map((percent) => ["Running", "PyWPS Process started. Waiting...", percent])
      )
      assert.strictEqual(seen.at(-1)?.[0], "Succeeded")
    }))

  it.effect("answers the ultimate question, at once and as a job that thinks", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* WpsClient.run(ultimateQuestion({})), { answer: 42 })
      const job = yield* WpsClient.execute(ultimateQuestion({}))
      const [result, seen] = yield* Effect.all([job.result, summaries(job)], { concurrency: 2 })
      deepStrictEqual(result, { answer: 42 })
      assert.isTrue(seen.some(([, message]) => message === "Thinking..."))
    }))

  it.effect("is told that a process cannot be run as a job, or knows it by the description", () =>
    Effect.gen(function*() {
      const told = yield* Effect.flip(WpsClient.execute(nap({ delay: 0.01 })))
      assert.strictEqual(told._tag === "ServiceException" ? told.code : told._tag, "StorageNotSupported")
      assert.include(told.message, "Process does not support the storing of the execute response")
      assert.include(told.message, "mode \"sync\"")
      const client = yield* clientWith({ validate: "always" })
      const known = yield* Effect.flip(client.execute(nap({ delay: 0.01 })))
      assert.strictEqual(known._tag, "InvalidInputs")
      assert.include(known.message, "mode \"sync\"")
      deepStrictEqual(yield* client.run(nap({ delay: 0.01 })), { output: "done sleeping" })
    }).pipe(Effect.scoped))

  // --------------------------------------------------------------------------------------------------------- failures

  const failures = [
    [
      "divides by zero",
      binaryOperator({ inputa: 1, inputb: 0, operator: "divide" }),
      "Process failed, please check server error log"
    ],
    ["fails with a message", showError({ message: "boom" }), "Process error: boom"],
    [
      "fails without a message",
      showError({ message: "boom", nice: false }),
      "Process failed, please check server error log"
    ],
    [
      "is only tried",
      simpleDryRun({ dry_run: true, count: 3 }),
      "Process error: You have submitted a job in dry-run mode"
    ],
    ["would do too much", simpleDryRun({ count: 12 }), "Process error: You have exceeded the storage limit"]
  ] as const

  for (const [title, operation, reason] of failures) {
    it.effect(`says why a process failed that ${title}`, () =>
      Effect.gen(function*() {
        const run: Operation.Operation<unknown> = operation
        const sync = yield* Effect.flip(WpsClient.run(run))
        // What makes nothing has a test of its own.
        const async = operation.outputs.length === 0
          ? []
          : [yield* Effect.flip(WpsClient.run(run, { mode: "async" }))]
        for (const error of [sync, ...async]) {
          assert(error._tag === "ProcessFailed")
          deepStrictEqual(error.exceptions.map(({ texts }) => texts), [[reason]])
          assert.include(error.message, reason)
        }
      }))
  }

  it.effect("follows a job that makes nothing to its failure", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(showError({ message: "boom" }))
      const error = yield* Effect.flip(job.result)
      assert.strictEqual(error._tag, "ProcessFailed")
      assert.include(error.message, "Process error: boom")
    }))

  it.scoped("knows an unknown process", () =>
    Effect.gen(function*() {
      const errors = yield* Effect.all([
        Effect.flip(WpsClient.run(nowhere({}))),
        Effect.flip(WpsClient.execute(nowhere({}))),
        Effect.flip(WpsClient.raw(nowhere({}))),
        Effect.flip(WpsClient.describe("nowhere"))
      ])
      deepStrictEqual(errors.map(({ _tag }) => _tag), errors.map(() => "ProcessNotFound"))
    }))

  const wrong = [
    ["operator", binaryOperator({ inputa: 1, inputb: 2, operator: "power" })],
    ["count", multipleOutputs({ count: 11 })]
  ] as const

  for (const [input, operation] of wrong) {
    it.effect(`reports a value of ${input} that is not allowed, before it is sent if it can`, () =>
      Effect.gen(function*() {
        const run: Operation.Operation<unknown> = operation
        const told = yield* Effect.flip(WpsClient.run(run))
        assert.strictEqual(told._tag === "ServiceException" ? told.code : told._tag, "InvalidParameterValue")
        const client = yield* clientWith({})
        yield* client.describe(operation.identifier)
        const known = yield* Effect.flip(client.run(run))
        deepStrictEqual(known._tag === "InvalidInputs" ? known.faults.map((fault) => fault.input) : known._tag, [input])
      }).pipe(Effect.scoped))
  }
})
