import { Auth } from "@effect-wps/auth"
import { DataValue, Job, Operation, Upload, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { HttpClient } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  BigDecimal,
  Chunk,
  DateTime,
  Effect,
  Exit,
  FastCheck,
  Layer,
  Option,
  Ref,
  Schedule,
  Schema,
  Stream
} from "effect"
import * as Processes from "../support/Processes.ts"
import * as PyWps from "../support/PyWps.ts"

const poll = { schedule: Schedule.spaced("50 millis"), deadline: "20 seconds" } as const

const Client = Layer.unwrapEffect(
  Effect.map(PyWps.PyWps, ({ url }) => WpsClient.layer({ url, poll, validate: "never" }))
)

const services = Client.pipe(
  Layer.provideMerge(Layer.mergeAll(PyWps.layer, Auth.layerAnonymous, NodeHttpClient.layerUndici))
)

/** A client of its own, and the method and address of what it has sent. */
const watched = Effect.fnUntraced(function*(options: Partial<WpsClient.Options> = {}) {
  const { url } = yield* PyWps.PyWps
  const sent = yield* Ref.make<ReadonlyArray<string>>([])
  const client = yield* WpsClient.make({
    url,
    poll,
    ...options,
    transformClient: HttpClient.tapRequest((request) =>
      Ref.update(sent, (all) => [...all, `${request.method} ${request.url}`])
    )
  })
  return { client, sent: Ref.get(sent) }
})

const summaries = <A>(job: Job.Job<A>) =>
  Effect.map(
    Stream.runCollect(job.changes),
    (all) => Chunk.toReadonlyArray(all).map(({ _tag, message, percent }) => [_tag, message, Option.getOrNull(percent)])
  )

const bytesOf = ({ stream }: WpsClient.RawData) =>
  Effect.map(Stream.runCollect(stream), (chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)))

layer(services, { timeout: "5 minutes", excludeTestServices: true })("a client of PyWPS", (it) => {
  // -------------------------------------------------------------------------------------- capabilities, descriptions

  it.effect("reads what it offers, once", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* watched()
      const capabilities = yield* client.capabilities
      yield* client.capabilities
      deepStrictEqual(capabilities.version, Option.some("1.0.0"))
      deepStrictEqual(
        capabilities.operations.map(({ name }) => name),
        ["GetCapabilities", "DescribeProcess", "Execute"]
      )
      const multi = capabilities.processes.find(({ identifier }) => identifier === "multi")
      deepStrictEqual(multi?.title, Option.some("Every kind of output"))
      assert.lengthOf(yield* sent, 1)
    }).pipe(Effect.scoped))

  it.effect("reads the rules for literals", () =>
    Effect.gen(function*() {
      const { inputs, jobControlOptions } = yield* WpsClient.describe("constrained")
      const input = (name: string) => {
        const found = inputs.find(({ identifier }) => identifier === name)
        return found?.data._tag === "Literal"
          ? { ...found.data, occurs: [found.minOccurs, found.maxOccurs] }
          : undefined
      }
      const closures = ["closed", "open", "openClosed", "closedOpen"].map((name) => {
        const allowed = input(name)?.allowed
        return allowed?._tag === "AllowedValues" ? allowed.ranges.map(({ closure }) => closure) : []
      })
      const either = input("either")?.allowed
      assert.include(jobControlOptions, "async-execute")
      deepStrictEqual(input("colour")?.allowed, {
        _tag: "AllowedValues",
        values: ["red", "green", "blue"],
        ranges: []
      })
      deepStrictEqual(input("tag")?.occurs, [1, 3])
      deepStrictEqual(input("length")?.uoms, ["metre", "feet"])
      deepStrictEqual(input("length")?.defaultUom, Option.some("metre"))
      deepStrictEqual(input("length")?.defaultValue, Option.some("1.5"))
      deepStrictEqual(input("length")?.dataType, Option.some("double"))
      deepStrictEqual(closures, [["closed"], ["open"], ["open-closed"], ["closed-open"]])
      deepStrictEqual(either?._tag === "AllowedValues" ? [either.values, either.ranges.length] : [], [["0"], 1])
    }))

  it.effect("reads formats and boxes", () =>
    Effect.gen(function*() {
      const any = yield* WpsClient.describe("any")
      const data = any.inputs[0]?.data
      deepStrictEqual(
        data?._tag === "Complex" ? data.formats.map(({ mimeType }) => Option.getOrNull(mimeType)) : [],
        ["text/xml", "application/json", "text/plain", "text/csv", "application/octet-stream"]
      )
      deepStrictEqual(data?._tag === "Complex" ? data.maximumMegabytes : Option.none(), Option.some(20))
      const box = yield* WpsClient.describe("bbox")
      deepStrictEqual(box.inputs[0]?.data, {
        _tag: "BoundingBox",
        defaultCrs: Option.some("epsg:4326"),
        crs: ["epsg:4326", "epsg:3857"]
      })
    }))

  it.effect("asks for several descriptions in one request", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* watched()
      const names = ["xml", "json", "bbox", "wait"]
      const all = yield* Effect.forEach(names, client.describe, { concurrency: "unbounded" })
      deepStrictEqual(all.map(({ identifier }) => identifier), names)
      assert.lengthOf(yield* sent, 1)
    }).pipe(Effect.scoped))

  it.effect("tells the one unknown process apart from the others asked for with it", () =>
    Effect.gen(function*() {
      const { client } = yield* watched()
      const [xml, nowhere] = yield* Effect.all(
        [Effect.exit(client.describe("xml")), Effect.flip(client.describe("nowhere"))],
        { concurrency: "unbounded" }
      )
      assert.isTrue(Exit.isSuccess(xml))
      assert.strictEqual(nowhere._tag, "ProcessNotFound")
    }).pipe(Effect.scoped))

  it.effect("describes every process", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* watched()
      const { processes } = yield* client.capabilities
      const all = yield* client.describeAll
      yield* client.describe("xml")
      assert.sameMembers(all.map((one) => one.identifier), processes.map((one) => one.identifier))
      assert.lengthOf(yield* sent, 2)
    }).pipe(Effect.scoped))

  // ------------------------------------------------------------------------------------------------ values both ways

  it.effect("sends and reads every type of literal", () =>
    Effect.gen(function*() {
      const given = {
        string: " <a> & \"b\" ünïcödé 🌍 ]]> ",
        boolean: true,
        integer: -42,
        nonNegativeInteger: 0,
        positiveInteger: 7,
        float: 1.5,
        double: -1.25e-7,
        decimal: BigDecimal.unsafeFromString("12345678901234567890.125"),
        scale: 2,
        angle: 30,
        dateTime: DateTime.unsafeMake("2021-02-03T04:05:06Z"),
        date: "2021-02-03",
        time: "04:05:06",
        anyURI: new URL("http://example.org/a?b=c&d=e")
      }
      const read = yield* WpsClient.run(Processes.literals(given))
      const { anyURI, dateTime, decimal, ...rest } = given
      assert.deepInclude(read, rest)
      assert.strictEqual(read.anyURI.href, anyURI.href)
      assert.isTrue(DateTime.Equivalence(read.dateTime, dateTime))
      assert.isTrue(BigDecimal.equals(read.decimal, decimal))
    }))

  it.effect.prop(
    "brings any text there and back",
    {
      // PyWPS takes an empty text for none, and leaves line ends to XML, which reads them all as one.
      text: FastCheck.string({ minLength: 1, unit: "grapheme" }).filter((text) => !/[\p{Cc}\uFFFE\uFFFF]/u.test(text))
    },
    ({ text }) =>
      Effect.gen(function*() {
        const read = yield* WpsClient.run(Processes.string({ string: text }))
        assert.strictEqual(read.string, text)
      }),
    { fastCheck: { numRuns: 25 } }
  )

  it.effect("reads what PyWPS makes of a literal", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(Processes.pythonLiterals({
        string: "a",
        boolean: true,
        integer: 1,
        nonNegativeInteger: 1,
        positiveInteger: 1,
        float: 1,
        double: 1,
        decimal: BigDecimal.fromBigInt(1n),
        scale: 1,
        angle: 1,
        dateTime: DateTime.unsafeMake("2021-02-03T04:05:06Z"),
        date: "2021-02-03",
        time: "04:05:06",
        anyURI: new URL("http://example.org/")
      }))
      assert.isTrue(read.boolean)
      assert.strictEqual(read.dateTime, "2021-02-03 04:05:06+00:00")
      assert.include(read.anyURI, "ParseResult(")
    }))

  it.effect("sends units and repeated inputs", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(
        Processes.constrained({
          colour: "green",
          tag: ["a", "b", "c"],
          length: { value: 2.5, uom: "feet" },
          either: 15
        })
      )
      deepStrictEqual(read, {
        colour: "green",
        length: { value: 2.5, uom: "urn:ogc:def:uom:OGC:1.0:metre" },
        unit: "feet",
        tags: "a,b,c",
        numbers: "either:15"
      })
    }))

  it.effect("leaves the default to the server when an input is left out", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(Processes.constrained({ colour: "red", tag: ["a"] }))
      assert.strictEqual(read.length.value, 1.5)
    }))

  it.effect("sends and reads JSON", () =>
    Effect.gen(function*() {
      const value = { text: "ünïcödé \"quoted\"", list: [1, 2.5, null, true], nested: { a: [] } }
      const read = yield* WpsClient.run(Processes.json({ data: value }))
      deepStrictEqual(read.data, value)
      const point: typeof Processes.Point.Type = { type: "Point", coordinates: [5, 50.5] }
      const { data } = yield* WpsClient.run(Processes.geojson({ data: point }))
      deepStrictEqual(data, point)
    }))

  it.effect("sends and reads XML, text and CSV", () =>
    Effect.gen(function*() {
      const xml = yield* WpsClient.run(
        Processes.xml({ data: "<g:a xmlns:g='http://example.org/g' n='&lt;1'><g:b>x &amp; y</g:b></g:a>" })
      )
      const text = "line 1\n  <line> & 2\t☃"
      const plain = yield* WpsClient.run(Processes.plain({ data: text }))
      const csv = yield* WpsClient.run(Processes.csv({ data: "a,b\n\"x, y\",<2>\n" }))
      assert.match(xml.data, /^<g:a [^>]*n="&lt;1"[^>]*>\s*<g:b>x &amp; y<\/g:b>\s*<\/g:a>\s*$/)
      assert.include(xml.data, "http://example.org/g")
      assert.strictEqual(plain.data, text)
      assert.strictEqual(csv.data, "a,b\n\"x, y\",<2>\n")
    }))

  it.effect("sends and reads bytes", () =>
    Effect.gen(function*() {
      const data = Uint8Array.from({ length: 70_000 }, (_, index) => (index * index) % 251)
      const read = yield* WpsClient.run(Processes.binary({ data }))
      assert.strictEqual(read.size, data.length)
      deepStrictEqual(read.data, data)
    }))

  it.effect("sends and reads bounding boxes; PyWPS swaps the axes of EPSG:4326", () =>
    Effect.gen(function*() {
      const flat = yield* WpsClient.run(Processes.bbox({ box: DataValue.boundingBox([1, 2], [3.5, 4], "epsg:3857") }))
      deepStrictEqual([flat.box.lower, flat.box.upper], [[1, 2], [3.5, 4]])
      const round = yield* WpsClient.run(
        Processes.bbox({ box: DataValue.boundingBox([-10, 40], [20, 55.25], "epsg:4326") })
      )
      deepStrictEqual([round.box.lower, round.box.upper], [[40, -10], [55.25, 20]])
      deepStrictEqual(round.box.crs, Option.some("urn:ogc:def:crs:EPSG::4326"))
    }))

  it.effect("reads outputs of every kind from one answer", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(Processes.multi({ n: 3 }))
      assert.strictEqual(read.square, 9)
      deepStrictEqual(read.json, [0, 1, 2])
      assert.match(read.xml, /<n:numbers [^]*<n:n>2<\/n:n>/)
      assert.strictEqual(read.text, "0\n1\n2 <&> ünïcödé")
      assert.strictEqual(read.csv, "n,square\n0,0\n1,1\n2,4\n")
      assert.strictEqual(Buffer.from(read.netcdf).toString("latin1").slice(0, 4), "CDF\x01")
      assert.lengthOf(read.netcdf, 7)
      deepStrictEqual([read.box.lower, read.box.upper], [[0, 0], [3, 1]])
    }))

  it.effect("sends a file as it is read", () =>
    Effect.gen(function*() {
      const chunks = Array.from({ length: 100 }, (_, index) => new Uint8Array(7_001).fill(index))
      const read = yield* WpsClient.run(
        Processes.binary({ data: Upload.make({ size: 700_100, content: Stream.fromIterable(chunks) }) })
      )
      assert.strictEqual(read.size, 700_100)
      deepStrictEqual(read.data, new Uint8Array(chunks.flatMap((chunk) => [...chunk])))
    }))

  // ------------------------------------------------------------------------------------------------------ Execute by GET

  const byGet = watched({ protocol: Wps100.byGet({ dialect: "strict" }), validate: "never" })

  it.scoped.prop(
    "sends any text in an address",
    [FastCheck.string({ unit: "grapheme", maxLength: 200 }).filter((text) => text.trim() === text && text !== "")],
    ([text]) =>
      Effect.gen(function*() {
        const { client } = yield* byGet
        // PyWPS takes no control characters in XML, and makes one line break of each kind of it.
        const string = text.replace(/[\x00-\x1f\x7f-\x9f\ufffe\uffff]/g, "")
        assert.strictEqual((yield* client.run(Processes.string({ string: `;${string}` }))).string, `;${string}`)
      }),
    { fastCheck: { numRuns: 20 } }
  )

  it.scoped("runs, follows and refers by GET as by POST", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* byGet
      const value = { text: "a=1;b@c & <d> + 100 %25 é", list: [1, null] }
      deepStrictEqual((yield* client.run(Processes.plain({ data: "x;y=1@z & \n<line>" }))).data, "x;y=1@z & \n<line>")
      const json = yield* client.raw(Processes.json({ data: value }), { output: "data" })
      deepStrictEqual(yield* Schema.decode(Schema.parseJson())(String(yield* bytesOf(json))), value)
      const job = yield* client.execute(Processes.wait({ seconds: 0.4, steps: 2 }))
      assert.strictEqual((yield* job.result).steps, 2)
      const link = (yield* WpsClient.run(Processes.links({ size: 10 }))).text
      const again = yield* client.run(
        Processes.plain({ data: DataValue.reference(link.href, { format: "text/plain" }) })
      )
      assert.strictEqual(again.data, "stored <&> text")
      const box = yield* client.run(Processes.bbox({ box: DataValue.boundingBox([1, 2], [3.5, 4]) }))
      deepStrictEqual([box.box.lower, box.box.upper], [[1, 2], [3.5, 4]])
      assert.isFalse((yield* sent).some((request) => request.startsWith("POST")))
    }))

  it.scoped("and says before it sends what cannot be sent so", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* byGet
      const data = DataValue.reference("http://127.0.0.1:1/", { headers: { a: "b" } })
      const headers = yield* Effect.flip(client.run(Processes.plain({ data })))
      assert.strictEqual(headers._tag, "InvalidInputs")
      const long = yield* Effect.flip(client.run(Processes.plain({ data: "x".repeat(9_000) })))
      assert.include(long.message, "at most 8000 are sent")
      deepStrictEqual(yield* sent, [])
    }))

  // ------------------------------------------------------------------------------------------------------------ versions

  it.scoped("chooses the version that PyWPS speaks, of both", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* watched({ protocol: [Wps200.Wps200, Wps100.Wps100], validate: "never" })
      assert.strictEqual((yield* client.run(Processes.string({ string: "hello" }))).string, "hello")
      deepStrictEqual((yield* sent).map((request) => /AcceptVersions=[\d.,]*|^POST/.exec(request)?.[0]), [
        "AcceptVersions=2.0.0,1.0.0",
        "POST"
      ])
    }))

  it.effect("a job of PyWPS cannot be dismissed, which is said", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Processes.wait({ seconds: 0.1, steps: 1 }))
      assert.strictEqual((yield* Effect.flip(job.dismiss))._tag, "CannotDismiss")
      assert.strictEqual((yield* job.result).steps, 1)
    }))

  // ---------------------------------------------------------------------------------------- references and raw outputs

  it.effect("fetches outputs by reference", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(Processes.stored({ size: 100_000 }))
      assert.strictEqual(read.text, "stored <&> text")
      assert.lengthOf(read.bytes, 100_000)
    }))

  it.scoped("gives references as they are, to download or to give to another process", () =>
    Effect.gen(function*() {
      const read = yield* WpsClient.run(Processes.links({ size: 3_000_000 }))
      const bytes = yield* Effect.flatMap(WpsClient.download(read.bytes), bytesOf)
      assert.lengthOf(bytes, 3_000_000)
      deepStrictEqual(read.text.format.mimeType, Option.some("text/plain"))
      const again = yield* WpsClient.run(
        Processes.plain({ data: DataValue.reference(read.text.href, { format: "text/plain" }) })
      )
      assert.strictEqual(again.data, "stored <&> text")
    }))

  it.scoped("streams a raw output", () =>
    Effect.gen(function*() {
      const raw = yield* WpsClient.raw(Processes.bytes({ size: 5_000_000 }))
      deepStrictEqual(raw.contentType, Option.some("application/octet-stream"))
      deepStrictEqual(raw.contentLength, Option.some(5_000_000))
      const { bytes } = yield* WpsClient.run(Processes.bytes({ size: 100 }))
      const all = yield* bytesOf(raw)
      assert.lengthOf(all, 5_000_000)
      deepStrictEqual(new Uint8Array(all.subarray(0, 100)), bytes)
    }))

  it.scoped("streams one of several outputs raw, XML too", () =>
    Effect.gen(function*() {
      const square = yield* Effect.flatMap(WpsClient.raw(Processes.multi({ n: 4 }), { output: "square" }), bytesOf)
      const xml = yield* Effect.flatMap(WpsClient.raw(Processes.multi({ n: 4 }), { output: "xml" }), bytesOf)
      assert.strictEqual(square.toString(), "16")
      assert.include(xml.toString(), "http://example.org/n")
    }))

  // ------------------------------------------------------------------------------------------------------------- jobs

  it.effect("follows a job to its result", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Processes.wait({ seconds: 2, steps: 4 }))
      // Whoever waits for the result takes no state from whoever reads the changes.
      const [{ steps }, seen] = yield* Effect.all([job.result, summaries(job)], { concurrency: 2 })
      assert.strictEqual(steps, 4)
      deepStrictEqual(seen[0], ["Accepted", "PyWPS Process wait accepted", 0])
      deepStrictEqual(seen.filter(([, message]) => String(message).startsWith("step")), [
        ["Running", "step 1 of 4", 0],
        ["Running", "step 2 of 4", 25],
        ["Running", "step 3 of 4", 50],
        ["Running", "step 4 of 4", 75]
      ])
      assert.strictEqual(seen.at(-1)?.[0], "Succeeded")
      assert.strictEqual((yield* job.status)._tag, "Succeeded")
    }))

  it.effect("waits on through a pause", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Processes.wait({ seconds: 1.5, steps: 3, pause: true }))
      const seen = yield* summaries(job)
      assert.deepInclude(seen, ["Paused", "paused", 33])
      assert.strictEqual(seen.at(-1)?.[0], "Succeeded")
    }))

  it.effect("finds a job again by its saved reference", () =>
    Effect.gen(function*() {
      const { client } = yield* watched()
      const job = yield* client.execute(Processes.wait({ seconds: 0.5, steps: 2 }))
      const saved = yield* Schema.encode(Schema.parseJson(Job.JobReference))(yield* job.reference)
      const reference = yield* Schema.decode(Schema.parseJson(Job.JobReference))(saved)
      const found = yield* WpsClient.attach(reference, Processes.wait)
      deepStrictEqual(yield* found.result, { steps: 2 })
      const later = yield* WpsClient.attach(reference, Processes.wait)
      deepStrictEqual(yield* later.result, { steps: 2 })
    }).pipe(Effect.scoped))

  it.effect("gives a job that is done at once, with an empty statusLocation, no reference", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Processes.multi({ n: 2 }), { mode: "sync" })
      deepStrictEqual(job.reference, Option.none())
      assert.strictEqual((yield* job.result).square, 4)
    }))

  it.effect("has the lineage where it was wanted", () =>
    Effect.gen(function*() {
      const box = DataValue.boundingBox([1, 2], [3, 4], "epsg:3857")
      const job = yield* WpsClient.execute(Processes.bbox({ box }), { lineage: true })
      const text = yield* WpsClient.run(Processes.plain({ data: "a <b> & c" }), { lineage: true })
      deepStrictEqual((yield* job.result).box.upper, [3, 4])
      const lineage = Option.getOrThrow((yield* job.document).lineage)
      deepStrictEqual(lineage.inputs.map(({ data, identifier }) => [identifier, data._tag]), [[
        "box",
        "BoundingBoxData"
      ]])
      deepStrictEqual(lineage.outputs.map(({ identifier }) => identifier), ["box", "seen"])
      assert.strictEqual(text.data, "a <b> & c")
    }))

  it.effect("runs jobs side by side", () =>
    Effect.gen(function*() {
      const results = yield* Effect.forEach(
        [1, 2, 3, 4, 5, 6],
        (steps) => Effect.flatMap(WpsClient.execute(Processes.wait({ seconds: 0.3, steps })), (job) => job.result),
        { concurrency: "unbounded" }
      )
      deepStrictEqual(results.map(({ steps }) => steps), [1, 2, 3, 4, 5, 6])
    }))

  it.effect("reads on when status documents are empty or cut short", () =>
    Effect.gen(function*() {
      const { tornUrl } = yield* PyWps.PyWps
      const { client, sent } = yield* watched({ url: tornUrl })
      const job = yield* client.execute(Processes.wait({ seconds: 1, steps: 2 }))
      deepStrictEqual(yield* job.result, { steps: 2 })
      const reads = (yield* sent).filter((one) => one.startsWith("GET") && one.includes("/torn/outputs/"))
      assert.isAtLeast(reads.length, 3)
    }).pipe(Effect.scoped))

  it.effect("survives reading as fast as it can while PyWPS writes", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* watched({ poll: { schedule: Schedule.forever, deadline: "20 seconds" } })
      const job = yield* client.execute(Processes.wait({ seconds: 0.5, steps: 100 }))
      deepStrictEqual(yield* job.result, { steps: 100 })
      assert.isAtLeast((yield* sent).length, 20)
    }).pipe(Effect.scoped))

  // --------------------------------------------------------------------------------------------------------- failures

  it.effect("says why a process failed, sync or async", () =>
    Effect.gen(function*() {
      const sync = yield* Effect.flip(WpsClient.run(Processes.fail({ how: "process" })))
      const job = yield* WpsClient.execute(Processes.fail({ how: "process", seconds: 0.2 }))
      const async = yield* Effect.flip(job.result)
      for (const error of [sync, async]) {
        assert.strictEqual(error._tag, "ProcessFailed")
        assert.include(error.message, "Process error: told to fail")
      }
      const seen = yield* summaries(job)
      assert.strictEqual(seen.at(-1)?.[0], "Failed")
    }))

  it.scoped("says that a raw output failed", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.raw(Processes.fail({ how: "error" })))
      assert.strictEqual(error._tag, "ServiceException")
      assert.include(error.message, "please check server error log")
    }))

  it.effect("gives up on a job that has died", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Processes.fail({ how: "crash" }), {
        poll: { ...poll, stallTimeout: "1 second" }
      })
      const error = yield* Effect.flip(job.result)
      assert.strictEqual(error._tag, "JobTimeout")
      assert.include(error.message, "about to fail")
    }))

  it.effect("gives up at the deadline", () =>
    Effect.gen(function*() {
      const job = yield* WpsClient.execute(Processes.wait({ seconds: 3, steps: 30 }), {
        poll: { ...poll, deadline: "500 millis" }
      })
      const error = yield* Effect.flip(job.result)
      assert.strictEqual(error._tag === "JobTimeout" ? error.kind : error._tag, "deadline")
    }))

  it.effect("knows an unknown process", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.run(Processes.nowhere({})))
      assert.strictEqual(error._tag, "ProcessNotFound")
      assert.include(error.message, "\"nowhere\"")
    }))

  const withoutTag = Operation.make({
    identifier: "constrained",
    inputs: [["colour", DataValue.literal("red")]],
    outputs: ["colour"]
  })

  it.effect("reports the input that the server misses", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.run(withoutTag))
      assert.strictEqual(error._tag === "ServiceException" ? error.code : error._tag, "MissingParameterValue")
      assert.include(error.message, "tag")
    }))

  it.effect("reports a value that the server does not allow", () =>
    Effect.gen(function*() {
      for (const wrong of [{ colour: "pink" }, { colour: "red", open: 10 }]) {
        const error = yield* Effect.flip(WpsClient.run(Processes.constrained({ tag: ["a"], ...wrong })))
        assert.strictEqual(error._tag === "ServiceException" ? error.code : error._tag, "InvalidParameterValue")
      }
    }))

  it.effect("finds the same faults by the description, and sends nothing", () =>
    Effect.gen(function*() {
      const { client, sent } = yield* watched({ validate: "always" })
      const missing = yield* Effect.flip(client.run(withoutTag))
      const wrong = yield* Effect.flip(
        client.run(Processes.constrained({ colour: "pink", tag: ["a", "b", "c", "d"], open: 10 }))
      )
      const faults = [missing, wrong].map((error) =>
        error._tag === "InvalidInputs" ? error.faults.map(({ input }) => input) : error._tag
      )
      deepStrictEqual(faults, [["tag"], ["colour", "open", "tag"]])
      assert.isTrue((yield* sent).every((one) => one.startsWith("GET")))
    }).pipe(Effect.scoped))

  it.effect("reports that a process cannot be run asynchronously", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.execute(Processes.syncOnly({ seconds: 0.1 })))
      assert.strictEqual(error._tag === "ServiceException" ? error.code : error._tag, "StorageNotSupported")
      assert.include(error.message, "mode \"sync\"")
      deepStrictEqual(yield* WpsClient.run(Processes.syncOnly({ seconds: 0.1 })), { steps: 4 })
    }))

  it.scoped("refuses the malformed document that PyWPS makes of JSON with < or & in it", () =>
    Effect.gen(function*() {
      for (const text of ["a < b", "a & b"]) {
        const error = yield* Effect.flip(WpsClient.run(Processes.json({ data: { text } })))
        assert.strictEqual(error._tag === "UnexpectedResponse" ? error.kind : error._tag, "malformed-xml")
      }
      // The same output is whole where no XML stands round it.
      const raw = yield* WpsClient.raw(Processes.json({ data: { text: "a < b & c" } }), { output: "data" })
      assert.strictEqual((yield* bytesOf(raw)).toString().replaceAll(" ", ""), "{\"text\":\"a<b&c\"}")
    }))

  it.effect("reports an answer that is no document", () =>
    Effect.gen(function*() {
      const unknown = Operation.make({ identifier: "multi", outputs: ["nothing"] })
      const error = yield* Effect.flip(WpsClient.raw(unknown))
      assert.strictEqual(error._tag === "UnexpectedResponse" ? error.status : error._tag, 500)
      const { url } = yield* PyWps.PyWps
      const { client } = yield* watched({ url: `${url}/elsewhere` })
      const elsewhere = yield* Effect.flip(client.capabilities)
      assert.strictEqual(elsewhere._tag === "UnexpectedResponse" ? elsewhere.status : elsewhere._tag, 404)
    }).pipe(Effect.scoped))

  it.effect("reports a server that is not there", () =>
    Effect.gen(function*() {
      const { client } = yield* watched({ url: "http://127.0.0.1:1/wps" })
      const error = yield* Effect.flip(client.capabilities)
      assert.strictEqual(error._tag, "TransportError")
      assert.include(error.message, "ECONNREFUSED")
    }).pipe(Effect.scoped))
})
