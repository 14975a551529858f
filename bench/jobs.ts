/**
 * A thousand jobs that are waited for together: what each holds of memory, and the processor time of a status read, with
 * OWSLib and bare undici and saxes beside, against one canned server on this machine.
 *
 *     npm run bench:jobs
 *     ROUNDS=2 JOBS=100 SECONDS=2 npm run bench:jobs
 *     PEERS=effect-wps,effect-wps-platform npm run bench:jobs
 *
 * Each measurement is a process of its own. It waits for some jobs before, so that what runs often is compiled; lets go of
 * them; takes its memory after a collection; starts the jobs, lets them be asked for for some time, and takes its
 * memory again. The jobs never end, and each is asked for once a second, give or take a fifth. The peers take turns inside
 * each round, and a ratio is taken between two figures of the same round.
 *
 *     node --expose-gc jobs.js peer PEER URL JOBS SECONDS     one such process; answers a line of JSON
 */
import { Auth } from "@effect-wps/auth"
import { UndiciClient } from "@effect-wps/node"
import { Operation, Wps100, Wps200, WpsClient, type WpsProtocol } from "@effect-wps/wps"
import { Command, type HttpClient, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime, Undici } from "@effect/platform-node"
import {
  Array,
  Config,
  Console,
  Context,
  Data,
  Duration,
  Effect,
  Exit,
  Layer,
  Record,
  Schedule,
  Schema,
  Scope
} from "effect"
import { setTimeout } from "node:timers/promises"
import { SaxesParser } from "saxes"
import * as Venv from "../e2e/support/Venv.ts"
import { list, measure, spread, startServer } from "./peers.ts"

// ---------------------------------------------------------------------------------------------------- one measurement

class Wrong extends Data.TaggedError("Wrong")<{ readonly answer: unknown }> {
  override get message(): string {
    return `The answer is wrong: ${String(this.answer)}`
  }
}

/** Starts jobs, and waits for them until the scope is closed. */
type Wait = (url: string, jobs: number) => Effect.Effect<void, unknown, Scope.Scope>

/** So many requests are under way at once while the jobs are started. */
const starting = 32

const ours = (protocol: WpsProtocol.WpsProtocol, over: Layer.Layer<HttpClient.HttpClient>): Wait => (url, count) =>
  Effect.gen(function*() {
    const layer = WpsClient.layer({
      url: `${url}/endless/${protocol.version}`,
      protocol,
      poll: { schedule: Schedule.jittered(Schedule.spaced("1 second")) }
    })
    const context = yield* Layer.build(layer.pipe(Layer.provide(Auth.layerAnonymous), Layer.provide(over)))
    const client = Context.get(context, WpsClient.WpsClient)
    const operation = Operation.make({ identifier: "add", outputs: ["sum"] })
    const jobs = yield* Effect.forEach(Array.range(1, count), () => client.execute(operation), {
      concurrency: starting
    })
    yield* Effect.forEach(jobs, (job) => Effect.forkScoped(job.result), { discard: true })
  })

/** What the status document says, and where it is to be found. */
const read = (text: string): { readonly location: string; readonly status: string } => {
  const parser = new SaxesParser({ xmlns: true })
  const found = { location: "", status: "" }
  parser.on("opentag", (tag) => {
    if (tag.local === "ExecuteResponse") found.location = tag.attributes["statusLocation"]?.value ?? ""
    else if (/^Process(Accepted|Started|Succeeded|Failed)$/.test(tag.local)) found.status = tag.local
  })
  parser.write(text).close()
  return found
}

const bareJob = async (url: string, signal: AbortSignal, dispatcher: Undici.Dispatcher): Promise<void> => {
  const body = `<wps:Execute xmlns:wps="http://www.opengis.net/wps/1.0.0" service="WPS" version="1.0.0"/>`
  const { body: answer } = await Undici.request(`${url}/endless/1.0.0`, { method: "POST", body, dispatcher })
  const first = read(await answer.text())
  let { status } = first
  while (!signal.aborted && (status === "ProcessAccepted" || status === "ProcessStarted")) {
    await setTimeout(800 + 400 * ((performance.now() * 7919) % 1))
    const { body } = await Undici.request(first.location, { dispatcher })
    status = read(await body.text()).status
  }
}

const bare: Wait = (url, count) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const controller = new AbortController()
      const dispatcher = new Undici.Agent()
      const jobs = Array.makeBy(count, () => bareJob(url, controller.signal, dispatcher))
      return { controller, dispatcher, jobs }
    }),
    ({ controller, dispatcher, jobs }) =>
      Effect.promise(async () => {
        controller.abort()
        await Promise.all(jobs)
        await dispatcher.close()
      })
  )

const peers: Readonly<Record<string, Wait>> = {
  bare,
  "effect-wps": ours(Wps100.Wps100, UndiciClient.layer),
  "effect-wps-2.0": ours(Wps200.Wps200, UndiciClient.layer),
  "effect-wps-platform": ours(Wps100.Wps100, NodeHttpClient.layerUndici),
  "effect-wps-2.0-platform": ours(Wps200.Wps200, NodeHttpClient.layerUndici)
}

const Measurement = Schema.parseJson(Schema.Struct({
  /** Milliseconds of processor time for each status read. */
  cpu: Schema.Positive,
  /** Status reads a second. */
  reads: Schema.Positive,
  /** Kilobytes for each job; OWSLib's objects are not counted apart. */
  heap: Schema.NullOr(Schema.Number),
  resident: Schema.Number
}))

type Measurement = typeof Measurement.Type

/** What is held after a collection; the second one takes what the first has finalized, and nothing runs after it. */
const memory = Effect.sync(() => globalThis.gc?.()).pipe(
  Effect.zipRight(Effect.sleep("50 millis")),
  Effect.zipRight(Effect.sync(() => {
    globalThis.gc?.()
    return process.memoryUsage()
  }))
)

/** How many times the server has been asked for the jobs. */
const readsOf = (url: string) =>
  Effect.tryPromise(() => Undici.request(`${url}/reads`).then(({ body }) => body.text())).pipe(Effect.map(Number))

const measureHere = Effect.fnUntraced(function*(peer: string, url: string, jobs: number, seconds: number) {
  if (globalThis.gc === undefined) return yield* new Wrong({ answer: "no --expose-gc" })
  const wait: Wait = peers[peer] ?? (() => new Wrong({ answer: peer }))
  yield* Effect.scoped(Effect.zipRight(wait(url, Math.min(jobs, 200)), Effect.sleep("1500 millis")))
  const before = yield* memory
  const scope = yield* Scope.make()
  yield* Scope.extend(wait(url, jobs), scope)
  // Each has been asked for once.
  yield* Effect.sleep("1500 millis")

  const reads = yield* readsOf(url)
  const cpu = process.cpuUsage()
  const start = performance.now()
  yield* Effect.sleep(Duration.seconds(seconds))
  const { system, user } = process.cpuUsage(cpu)
  const elapsed = (performance.now() - start) / 1000
  const read = (yield* readsOf(url)) - reads

  const after = yield* memory
  yield* Console.log(
    yield* Schema.encode(Measurement)({
      cpu: (user + system) / 1000 / read,
      reads: read / elapsed,
      heap: (after.heapUsed - before.heapUsed) / 1000 / jobs,
      resident: (after.rss - before.rss) / 1000 / jobs
    })
  )
  yield* Scope.close(scope, Exit.void)
})

/** The same with OWSLib, a thread for each job; of a quarter of them, as one process cannot ask so often for all. */
const owslib = `
import gc, json, logging, os, random, sys, threading, time, urllib.request
from owslib.wps import ASYNC, WebProcessingService
logging.disable(logging.CRITICAL)
url, jobs, seconds = sys.argv[1], int(sys.argv[2]), float(sys.argv[3])

def wait(execution):
    while not execution.isComplete():
        execution.checkStatus(sleepSecs=random.uniform(0.8, 1.2))

def start():
    wps = WebProcessingService(f"{url}/endless/1.0.0", skip_caps=True)
    executions = [wps.execute("add", [], output=[("sum", False)], mode=ASYNC) for _ in range(jobs)]
    threads = [threading.Thread(target=wait, args=(execution,)) for execution in executions]
    for thread in threads:
        thread.start()

def resident():
    gc.collect()
    with open("/proc/self/statm") as statm:
        return int(statm.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")

def reads():
    return int(urllib.request.urlopen(f"{url}/reads").read())

before = resident()
start()
time.sleep(1.5)
read, cpu, began = reads(), time.process_time(), time.perf_counter()
time.sleep(seconds)
cpu, elapsed, read = time.process_time() - cpu, time.perf_counter() - began, reads() - read
after = resident()
print(json.dumps({"cpu": 1000 * cpu / read, "reads": read / elapsed, "heap": None, "resident": (after - before) / 1000 / jobs}), flush=True)
# The threads sleep, and nobody waits for them.
os._exit(0)
`

// --------------------------------------------------------------------------------------------------------- all of them

const rows = (measured: Record<string, ReadonlyArray<Measurement>>): ReadonlyArray<string> =>
  Object.entries(measured).map(([peer, all]) => {
    const ratios = ["owslib", "bare"].flatMap((reference) => {
      const others = measured[reference]
      return others === undefined || reference === peer
        ? []
        : [`${reference}: ${spread(Array.zipWith(all, others, (a, b) => a.cpu / b.cpu), " ×")}`]
    })
    const cpu = spread(all.map(({ cpu }) => cpu), " ms")
    const reads = spread(all.map(({ reads }) => reads), " /s")
    const heap = spread(all.flatMap(({ heap }) => heap === null ? [] : [heap]), " kB")
    const resident = spread(all.map(({ resident }) => resident), " kB")
    return `  ${peer.padEnd(25)}${heap.padEnd(22)}${resident.padEnd(22)}${reads.padEnd(20)}${cpu.padEnd(24)}${
      ratios.join(", ")
    }`.trimEnd()
  })

const settings = Config.all({
  rounds: Config.withDefault(Config.integer("ROUNDS"), 5),
  jobs: Config.withDefault(Config.integer("JOBS"), 1000),
  seconds: Config.withDefault(Config.number("SECONDS"), 2),
  peers: list("PEERS", ["owslib", "bare", "effect-wps", "effect-wps-2.0"])
})

const program = Effect.gen(function*() {
  const { jobs, peers, rounds, seconds } = yield* settings
  const path = yield* Path.Path
  const compiled = (name: string) => path.resolve(".cache/bench/js/bench", name)

  const python = yield* Venv.python({ requirements: "bench/requirements.txt", cache: ".cache/bench" })
  const url = yield* startServer(compiled("server.js"))
  const measured = yield* Effect.replicateEffect(
    Effect.forEach(peers, (peer) =>
      Effect.map(
        measure(
          Measurement,
          peer,
          "wait",
          peer === "owslib"
            ? Command.make(python, "-c", owslib, url, `${Math.ceil(jobs / 4)}`, `${seconds}`)
            : Command.make("node", "--expose-gc", compiled("jobs.js"), "peer", peer, url, `${jobs}`, `${seconds}`)
        ),
        (measurement) => [peer, measurement] as const
      )),
    rounds
  )
  yield* Console.log(
    `${rounds} rounds of ${seconds} s, ${jobs} jobs: for each job the heap and the resident memory; status reads a second, ` +
      `and processor time for each; median [lowest–highest], and the processor time as a multiple`
  )
  const byPeer = Record.map(Array.groupBy(measured.flat(), ([peer]) => peer), (all) => all.map(([, one]) => one))
  yield* Effect.forEach(rows(byPeer), (row) => Console.log(row), { discard: true })
})

const [, , role, peer = "", url = "", jobs = "", seconds = ""] = process.argv
const main = role === "peer" ? measureHere(peer, url, Number(jobs), Number(seconds)) : program
main.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
