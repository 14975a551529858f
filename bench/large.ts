/**
 * Large answers and large inputs, with OWSLib and bare undici beside, against one canned server on this machine: how fast,
 * and how much memory at the most.
 *
 *     npm run bench:large
 *     ROUNDS=9 npm run bench:large
 *     TASKS=gml,upload GML_MB=10 UPLOAD_MB=50 npm run bench:large
 *
 * Each measurement is a process of its own, which does the task with a twentieth of the bytes, so that what runs often is
 * compiled, and then once for the clock. The peers take turns inside each round, and a ratio is taken between two figures
 * of the same round; a first measurement is not counted, for which the server makes its answer.
 *
 *     node large.js peer TASK PEER URL SMALL LARGE     one such process; answers a line of JSON
 */
// Each module by itself: all of Effect and its platform would be 30 MB of memory in every process that is measured.
import * as Auth from "@effect-wps/auth/Auth"
import * as UndiciClient from "@effect-wps/node/UndiciClient"
import * as Input from "@effect-wps/wps/Input"
import * as Operation from "@effect-wps/wps/Operation"
import * as Output from "@effect-wps/wps/Output"
import * as Process from "@effect-wps/wps/Process"
import * as Upload from "@effect-wps/wps/Upload"
import * as WpsClient from "@effect-wps/wps/WpsClient"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Undici from "@effect/platform-node/Undici"
import * as Command from "@effect/platform/Command"
import * as FileSystem from "@effect/platform/FileSystem"
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Path from "@effect/platform/Path"
import * as Array from "effect/Array"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Record from "effect/Record"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { createReadStream, statSync } from "node:fs"
import { Readable, Transform } from "node:stream"
import { list, measure, spread, startServer } from "./peers.ts"

// ---------------------------------------------------------------------------------------------------- one measurement

class Wrong extends Data.TaggedError("Wrong")<{ readonly answer: unknown }> {
  override get message(): string {
    return `The answer is wrong: ${String(this.answer)}`
  }
}

/** The number of bytes in an answer, or the file that is sent. */
type Size = string

/** Does a task once, and gives the bytes that it was about. */
type Run = (url: string, size: Size) => Effect.Effect<number, unknown, FileSystem.FileSystem>

const check = (found: number, expected: number): Effect.Effect<number, Wrong> =>
  found === expected ? Effect.succeed(found) : Effect.fail(new Wrong({ answer: found }))

const layers = { own: UndiciClient.layer, platform: NodeHttpClient.layerUndici }

const client = (over: Layer.Layer<HttpClient.HttpClient>, url: string) =>
  WpsClient.layer({ url }).pipe(Layer.provide(Auth.layerAnonymous), Layer.provide(over))

// The features

/** The size is a wish: the features are whole, and what stands before them is not counted. */
const isWhole = (xml: string, size: Size): Effect.Effect<number, Wrong> =>
  xml.length >= Number(size) && xml.trimEnd().endsWith("</gml:FeatureCollection>")
    ? Effect.succeed(xml.length)
    : Effect.fail(new Wrong({ answer: `${xml.length} characters` }))

const features = (over: Layer.Layer<HttpClient.HttpClient>): Run => (url, size) =>
  WpsClient.run(Operation.make({ identifier: "add", outputs: ["result"] })).pipe(
    Effect.flatMap(([output]) => isWhole(output?.data._tag === "ComplexData" ? output.data.content.source : "", size)),
    Effect.provide(client(over, `${url}/gml/${size}`))
  )

const add = Process.make("add", { inputs: {}, outputs: { result: Output.text("text/xml; subtype=gml/3.1.1") } })

const text = (over: Layer.Layer<HttpClient.HttpClient>): Run => (url, size) =>
  WpsClient.run(add({})).pipe(
    Effect.flatMap(({ result }) => isWhole(result, size)),
    Effect.provide(client(over, `${url}/gml/${size}`))
  )

// Bytes as they come

const lengthOf = <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Effect.Effect<number, E, R> =>
  Stream.runFold(stream, 0, (sum, bytes) => sum + bytes.length)

const raw = (over: Layer.Layer<HttpClient.HttpClient>): Run => (url, size) =>
  lengthOf(WpsClient.rawStream(Operation.make({ identifier: "add", outputs: ["result"] }))).pipe(
    Effect.flatMap((length) => check(length, Number(size))),
    Effect.provide(client(over, `${url}/raw/${size}`))
  )

const download = (over: Layer.Layer<HttpClient.HttpClient>): Run => (url, size) =>
  lengthOf(WpsClient.downloadStream(`${url}/raw/${size}`)).pipe(
    Effect.flatMap((length) => check(length, Number(size))),
    Effect.provide(client(over, url))
  )

/** Everything that comes of a Node stream, by its events, which cost least. */
const drained = (body: Readable): Effect.Effect<number, unknown> =>
  Effect.async((resume) => {
    let length = 0
    body.on("data", (chunk: Uint8Array) => {
      length += chunk.length
    })
    body.on("end", () => resume(Effect.succeed(length)))
    body.on("error", (error) => resume(Effect.fail(error)))
  })

const bareRaw: Run = (url, size) =>
  Effect.tryPromise(() => Undici.request(`${url}/raw/${size}`)).pipe(
    Effect.flatMap(({ body }) => drained(body)),
    Effect.flatMap((length) => check(length, Number(size)))
  )

// A file that is sent

const lettersOf = (file: string): number => 4 * Math.ceil(statSync(file).size / 3)

const store = Process.make("store", {
  inputs: { file: Input.bytes("application/octet-stream") },
  outputs: { received: Output.literal(Schema.Int) }
})

const upload = (over: Layer.Layer<HttpClient.HttpClient>): Run => (url, file) =>
  Upload.file(file).pipe(
    Effect.flatMap((file) => WpsClient.run(store({ file }))),
    Effect.flatMap(({ received }) =>
      // Around the letters there is the document.
      received > lettersOf(file) && received < lettersOf(file) + 2000
        ? Effect.succeed(lettersOf(file))
        : new Wrong({ answer: received })
    ),
    Effect.provide(client(over, `${url}/sink`))
  )

const sent = (url: string, body: Readable, length: number): Effect.Effect<number, unknown> =>
  Effect.tryPromise(() =>
    Undici.request(`${url}/sink`, {
      method: "POST",
      body,
      headers: { "content-type": "text/xml; charset=utf-8", "content-length": `${length}` }
    }).then(({ body }) => body.text())
  ).pipe(Effect.flatMap((answer) => check(Number(/>(\d+)</.exec(answer)?.[1]), length)))

const letters = Buffer.alloc(64 * 1024, "QUJD")

/** Letters that are there already. */
const bareUpload: Run = (url, file) => {
  const length = lettersOf(file)
  let left = length
  const body = new Readable({
    read() {
      const part = left < letters.length ? letters.subarray(0, left) : letters
      left -= part.length
      this.push(part.length === 0 ? null : part)
    }
  })
  return sent(url, body, length)
}

/** The file, read and written as base64 by Node, in pieces that are groups of three bytes. */
const bareFile: Run = (url, file) => {
  const asLetters = new Transform({
    transform(bytes: Buffer, _, done) {
      done(null, Buffer.from(bytes.toString("base64"), "latin1"))
    }
  })
  return sent(url, createReadStream(file, { highWaterMark: 3 * 64 * 1024 }).pipe(asLetters), lettersOf(file))
}

const runs: Readonly<Record<string, Readonly<Record<string, Run>>>> = {
  gml: {
    "effect-wps": features(layers.own),
    "effect-wps-platform": features(layers.platform),
    "effect-wps-text": text(layers.own)
  },
  raw: {
    bare: bareRaw,
    "effect-wps-raw": raw(layers.own),
    "effect-wps-raw-platform": raw(layers.platform),
    "effect-wps-download": download(layers.own),
    "effect-wps-download-platform": download(layers.platform)
  },
  upload: {
    bare: bareUpload,
    "bare-file": bareFile,
    "effect-wps": upload(layers.own),
    "effect-wps-platform": upload(layers.platform)
  }
}

const Measurement = Schema.parseJson(Schema.Struct({
  /** Of what the task is about. */
  megabytes: Schema.Positive,
  seconds: Schema.Positive,
  cpu: Schema.Positive,
  /** Megabytes that were resident at the most, all that came before the clock ran included. */
  peak: Schema.Positive
}))

type Measurement = typeof Measurement.Type

const measureHere = Effect.fnUntraced(
  function*(task: string, peer: string, url: string, small: Size, large: Size) {
    const run: Run = runs[task]?.[peer] ?? (() => new Wrong({ answer: `${task} ${peer}` }))
    yield* run(url, small)
    const before = process.cpuUsage()
    const start = performance.now()
    const bytes = yield* run(url, large)
    const seconds = (performance.now() - start) / 1000
    const { system, user } = process.cpuUsage(before)
    const peak = process.resourceUsage().maxRSS * 1024 / 1e6
    yield* Console.log(
      yield* Schema.encode(Measurement)({
        megabytes: bytes / 1e6,
        seconds,
        cpu: (user + system) / 1e6,
        peak
      })
    )
  }
)

/** The same with OWSLib: an Execute, or the status document of a job that is done. It reads both whole. */
const owslib = `
import json, logging, resource, sys, time
from owslib.wps import SYNC, WebProcessingService, WPSExecution
logging.disable(logging.CRITICAL)
peer, url, small, large = sys.argv[1:]

def run(size):
    address = f"{url}/gml/{size}"
    if peer == "owslib":
        execution = WebProcessingService(address, skip_caps=True).execute("add", [], output=[("result", False)], mode=SYNC)
    else:
        execution = WPSExecution(url=address)
        execution.checkStatus(url=address, sleepSecs=0)
    xml = execution.processOutputs[0].data[0]
    if len(xml) < int(size) or not xml.rstrip().endswith(b"</gml:FeatureCollection>"):
        raise ValueError(len(xml))
    return len(xml)

run(small)
start, cpu = time.perf_counter(), time.process_time()
size = run(large)
seconds, cpu = time.perf_counter() - start, time.process_time() - cpu
peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024 / 1e6
print(json.dumps({"megabytes": size / 1e6, "seconds": seconds, "cpu": cpu, "peak": peak}))
`

// --------------------------------------------------------------------------------------------------------- all of them

interface Task {
  readonly name: string
  readonly title: string
  readonly megabytes: number
  /** Whom the others are measured by, and the others. */
  readonly reference: string
  readonly peers: ReadonlyArray<string>
}

/**
 * The most that a process was resident is kept when it becomes another program, and Node starts a program in a copy of
 * itself: a shell in between has a small one.
 */
const apart = (command: string, ...args: ReadonlyArray<string>): Command.Command =>
  Command.make("sh", "-c", `"$0" "$@"; exit $?`, command, ...args).pipe(Command.stderr("inherit"))

const rate = ({ megabytes, seconds }: Measurement): number => megabytes / seconds

const rows = (task: Task, measured: Record<string, ReadonlyArray<Measurement>>): ReadonlyArray<string> => {
  const reference = measured[task.reference] ?? []
  return [
    `\n${task.title}`,
    ...Object.entries(measured).map(([peer, all]) => {
      const ratio = spread(Array.zipWith(all, reference, (a, b) => rate(a) / rate(b)), " ×")
      const speed = spread(all.map(rate), " MB/s")
      const cpu = spread(all.map(({ cpu }) => cpu), " s")
      const peak = spread(all.map(({ peak }) => peak), " MB")
      return `  ${peer.padEnd(30)}${speed.padEnd(26)}${cpu.padEnd(22)}${peak.padEnd(22)}${
        peer === task.reference || reference.length === 0 ? "" : `${task.reference}: ${ratio}`
      }`.trimEnd()
    })
  ]
}

const size = (name: string, otherwise: number): Config.Config<number> =>
  Config.withDefault(Config.number(name), otherwise)

const settings = Config.all({
  rounds: Config.withDefault(Config.integer("ROUNDS"), 5),
  tasks: list("TASKS", ["gml", "raw", "upload"]),
  peers: list("PEERS", []),
  gml: size("GML_MB", 52),
  raw: size("RAW_MB", 1000),
  upload: size("UPLOAD_MB", 500)
})

/** A file of no text, of a size that is no multiple of three. */
const madeFile = Effect.fnUntraced(function*(megabytes: number) {
  const fs = yield* FileSystem.FileSystem
  const file = yield* fs.makeTempFileScoped({ prefix: "effect-wps-bench-" })
  const piece = Uint8Array.from({ length: 1_000_000 }, (_, at) => (at * 31 + (at >> 8)) & 0xff)
  const last = piece.subarray(0, 1)
  const pieces = Stream.concat(Stream.take(Stream.repeatValue(piece), Math.ceil(megabytes)), Stream.succeed(last))
  yield* Stream.run(pieces, fs.sink(file))
  return file
})

const program = Effect.gen(function*() {
  const { peers, rounds, ...chosen } = yield* settings
  const path = yield* Path.Path
  const compiled = (name: string) => path.resolve(".cache/bench/js/bench", name)

  const Venv = yield* Effect.promise(() => import("../e2e/support/Venv.ts"))
  const python = yield* Venv.python({ requirements: "bench/requirements.txt", cache: ".cache/bench" })
  const url = yield* startServer(compiled("server.js"))
  const tasks: ReadonlyArray<Task> = [
    {
      name: "gml",
      title: `an answer with ${chosen.gml} MB of GML in it, read`,
      megabytes: chosen.gml,
      reference: "owslib",
      peers: ["owslib", "owslib-checkstatus", ...Record.keys(runs["gml"] ?? {})]
    },
    {
      name: "raw",
      title: `${chosen.raw} MB of output, thrown away as they come`,
      megabytes: chosen.raw,
      reference: "bare",
      peers: Record.keys(runs["raw"] ?? {})
    },
    {
      name: "upload",
      title: `a file of ${chosen.upload} MB, sent as base64 (megabytes of that)`,
      megabytes: chosen.upload,
      reference: "bare",
      peers: Record.keys(runs["upload"] ?? {})
    }
  ]

  yield* Console.log(
    `${rounds} rounds: speed, processor time, and memory at the most; median [lowest–highest], and the speed as a multiple`
  )
  yield* Effect.forEach(
    tasks.filter(({ name }) => chosen.tasks.includes(name)),
    (task) =>
      Effect.scoped(Effect.gen(function*() {
        const sizes = [task.megabytes / 20, task.megabytes]
        const [small = "", large = ""] = task.name === "upload"
          ? yield* Effect.forEach(sizes, madeFile)
          : sizes.map((megabytes) => `${Math.round(1e6 * megabytes)}`)
        const measureOne = (peer: string) =>
          Effect.map(
            measure(
              Measurement,
              peer,
              task.name,
              peer.startsWith("owslib")
                ? apart(python, "-c", owslib, peer, url, small, large)
                : apart("node", compiled("large.js"), "peer", task.name, peer, url, small, large)
            ),
            (measurement) => [peer, measurement] as const
          )
        const chosenPeers = task.peers.filter((peer) => peers.length === 0 || peers.includes(peer))
        yield* Effect.forEach(Array.take(chosenPeers, 1), measureOne)
        const measured = yield* Effect.replicateEffect(Effect.forEach(chosenPeers, measureOne), rounds)
        const byPeer = Record.map(Array.groupBy(measured.flat(), ([peer]) => peer), (all) => all.map(([, one]) => one))
        yield* Effect.forEach(rows(task, byPeer), (row) => Console.log(row), { discard: true })
      })),
    { discard: true }
  )
})

const [, , role, task = "", peer = "", url = "", small = "", large = ""] = process.argv
const main = role === "peer" ? measureHere(task, peer, url, small, large) : program
main.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
