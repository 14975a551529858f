/**
 * Compares the client with OWSLib and with bare undici and saxes, against one canned server, on this machine.
 *
 *     npm run bench
 *     ROUNDS=9 SECONDS=3 npm run bench
 *     PEERS=owslib-2-processes,effect-wps TASKS=execute/32,describe/1 npm run bench
 *
 * The client is compiled as it is published: run by tsx it would be slower, which names every function as it is made.
 * The peers take turns inside each round, so a slow minute of the machine hits all of them; a ratio is taken between
 * two figures of the same round, and the table shows the median of the rounds with the lowest and the highest.
 */
import { Command, Path } from "@effect/platform"
import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { Array, Config, Console, Duration, Effect, Option, Record, Schema } from "effect"
import * as Venv from "../e2e/support/Venv.ts"
import { list, PeerFailed, spread, start, startServer } from "./peers.ts"

interface Task {
  readonly name: string
  readonly callers: number
  readonly title: string
}

const tasks: ReadonlyArray<Task> = [
  { name: "execute", callers: 1, title: "synchronous Execute, 1 caller" },
  { name: "execute", callers: 32, title: "synchronous Execute, 32 callers" },
  { name: "job", callers: 1, title: "asynchronous job of 5 polls, 1 caller" },
  { name: "job", callers: 32, title: "asynchronous job of 5 polls, 32 callers" },
  { name: "describe", callers: 1, title: "description of 3.9 MB, 1 caller" }
]

const key = (task: Task): string => `${task.name}/${task.callers}`

/** How often a second, and how many milliseconds of processor time each took. */
interface Rate {
  readonly perSecond: number
  readonly cpu: number
}

const Measurement = Schema.parseJson(
  Schema.Struct({ count: Schema.Positive, seconds: Schema.Positive, cpu: Schema.Positive })
)

interface Peer {
  readonly name: string
  /** Runs a task over and over. */
  readonly measure: (task: Task, duration: Duration.Duration) => Effect.Effect<Rate, PeerFailed>
}

const startPeer = Effect.fnUntraced(function*(name: string, command: Command.Command) {
  const { answer, ask } = yield* start(name, command)
  yield* answer("start")
  return {
    name,
    measure: (task, duration) =>
      Effect.gen(function*() {
        const line = `${task.name} ${task.callers} ${Duration.toSeconds(duration)}`
        yield* ask(line)
        const { count, cpu, seconds } = yield* Effect.flatMap(answer(line), Schema.decode(Measurement)).pipe(
          Effect.mapError(() => new PeerFailed({ peer: name, doing: line }))
        )
        return { perSecond: count / seconds, cpu: 1000 * cpu / count }
      })
  } satisfies Peer
})

/** Over `UndiciClient.layer`; the other one is over the platform's `NodeHttpClient.layerUndici`. */
const ours = "effect-wps"
const oursOnPlatform = "effect-wps-platform"

/** JavaScript engines take some thousand runs to compile what runs often. */
const warmUp = Duration.seconds(3)

/** One task: what each peer did, and how many times as much ours does in a second, or with the same processor time. */
const rows = (task: Task, measured: Record<string, ReadonlyArray<Rate>>): ReadonlyArray<string> => [
  `\n${task.title}`,
  ...Object.entries(measured).map(([peer, rates]) => {
    const ratios = Option.match(Option.filter(Record.get(measured, ours), () => peer !== ours), {
      onNone: () => "",
      onSome: (own) => {
        const rate = spread(Array.zipWith(own, rates, (a, b) => a.perSecond / b.perSecond), " ×")
        const cpu = spread(Array.zipWith(own, rates, (a, b) => b.cpu / a.cpu), " ×")
        return `ours: ${rate}, for the processor time ${cpu}`
      }
    })
    const rate = spread(rates.map(({ perSecond }) => perSecond), " /s")
    const cpu = spread(rates.map(({ cpu }) => cpu), " ms")
    return `  ${peer.padEnd(21)}${rate.padEnd(26)}${cpu.padEnd(28)}${ratios}`.trimEnd()
  })
]

const settings = Config.all({
  rounds: Config.integer("ROUNDS").pipe(Config.withDefault(5)),
  seconds: Config.number("SECONDS").pipe(Config.withDefault(1.5)),
  peers: list("PEERS", ["owslib", "bare", oursOnPlatform, ours]),
  tasks: list("TASKS", tasks.map(key))
})

const program = Effect.gen(function*() {
  const { rounds, seconds, ...only } = yield* settings
  const path = yield* Path.Path
  const compiled = (name: string) => path.resolve(".cache/bench/js/bench", name)

  const python = yield* Venv.python({ requirements: "bench/requirements.txt", cache: ".cache/bench" })
  const url = `${yield* startServer(compiled("server.js"))}/wps`
  const commands: Record<string, Command.Command> = {
    owslib: Command.make(python, "bench/owslib.py", url),
    "owslib-2-processes": Command.make(python, "bench/owslib.py", url, "--processes", "2"),
    bare: Command.make("node", "bench/bare.mjs", url),
    [oursOnPlatform]: Command.make("node", compiled("client.js"), url, "platform"),
    [ours]: Command.make("node", compiled("client.js"), url)
  }
  const peers = yield* Effect.forEach(
    Object.entries(commands).filter(([name]) => only.peers.includes(name)),
    ([name, command]) => startPeer(name, command)
  )
  const chosen = tasks.filter((task) => only.tasks.includes(key(task)))

  yield* Console.log(
    `${rounds} rounds of ${seconds} s for each peer and task: how many a second, and processor time for one; median [lowest–highest]`
  )
  for (const task of chosen) {
    yield* Effect.forEach(peers, (peer) => peer.measure(task, warmUp), { discard: true })
    const measured = yield* Effect.forEach(
      Array.range(1, rounds),
      () => Effect.forEach(peers, (peer) => peer.measure(task, Duration.seconds(seconds)))
    )
    const byPeer = Record.fromEntries(
      peers.map((peer, index) => [peer.name, Array.filterMap(measured, Array.get(index))])
    )
    yield* Effect.forEach(rows(task, byPeer), (row) => Console.log(row), { discard: true })
  }
})

program.pipe(Effect.scoped, Effect.provide(NodeContext.layer), NodeRuntime.runMain)
