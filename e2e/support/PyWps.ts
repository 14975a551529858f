/**
 * A PyWPS 4.8.1 server on loopback, alive as long as the scope of its layer.
 */
import { Command, FileSystem, HttpClient, HttpClientResponse, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Option, Schedule, Schema, Stream } from "effect"
import * as Venv from "./Venv.ts"

/** The server ended, or said nothing, before it answered a request. */
export class PyWpsNotReady extends Schema.TaggedError<PyWpsNotReady>()("PyWpsNotReady", {
  output: Schema.String
}) {
  override get message(): string {
    return `The PyWPS server did not get ready; it said:\n${this.output}`
  }
}

export class PyWps extends Context.Tag("effect-wps/e2e/support/PyWps")<PyWps, {
  /** The WPS endpoint. */
  readonly url: string
  /** The same endpoint, whose jobs have status documents that are empty or cut short on two reads of three. */
  readonly tornUrl: string
  /** What the server has logged so far. */
  readonly log: Effect.Effect<string>
}>() {}

const readyLine = /^ready (http:\S+)$/

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = (yield* HttpClient.HttpClient).pipe(HttpClient.withTracerPropagation(false))
  const here = (name: string) => path.fromFileUrl(new URL(name, import.meta.url))
  const cache = yield* here("../../.cache/e2e")
  const app = yield* here("../pywps/app.py")

  const python = yield* Venv.python({ cache, requirements: yield* here("../pywps/requirements.txt") })
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "pywps-" })
  const log = fs.readFileString(path.join(work, "pywps.log")).pipe(Effect.orElseSucceed(() => ""))

  const server = yield* Command.start(Command.make(python, app, "--work", work, "--until-eof"))
  const notReady = Effect.gen(function*() {
    const said = yield* server.stderr.pipe(
      Stream.decodeText(),
      Stream.interruptAfter(Duration.seconds(1)),
      Stream.mkString,
      Effect.orElseSucceed(() => "")
    )
    return yield* new PyWpsNotReady({ output: said + (yield* log) })
  })

  const url = yield* server.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.filterMap((line) => Option.fromNullable(readyLine.exec(line)?.[1])),
    Stream.runHead,
    Effect.timeout(Duration.seconds(60)),
    Effect.flatten,
    Effect.catchAll(() => notReady)
  )
  yield* client.get(url, { urlParams: { service: "WPS", request: "GetCapabilities" } }).pipe(
    Effect.flatMap(HttpClientResponse.filterStatusOk),
    Effect.flatMap((response) => response.text),
    Effect.retry(Schedule.spaced(Duration.millis(100)).pipe(Schedule.upTo(Duration.seconds(20)))),
    Effect.catchAll(() => notReady)
  )
  return { url, tornUrl: `${url}/torn`, log }
})

/** Installs PyWPS at the first use, starts the server, and ends it and its jobs with the scope. */
export const layer = Layer.scoped(PyWps, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
