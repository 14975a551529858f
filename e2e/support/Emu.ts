/**
 * Emu 1.0.0, the demonstration service of birdhouse on PyWPS 4.6, on loopback and alive as long as the scope of its layer.
 */
import { Input, Output, Process } from "@effect-wps/wps"
import { FileSystem, HttpClient, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Schema } from "effect"
import * as Tool from "./Tool.ts"
import * as Venv from "./Venv.ts"

export class Emu extends Context.Tag("effect-wps/e2e/support/Emu")<Emu, {
  /** The WPS endpoint. */
  readonly url: string
}>() {}

export const hello = Process.make("hello", {
  inputs: { name: Input.literal(Schema.String) },
  outputs: { output: Output.literal(Schema.String) }
})

/** Sleeps five times, for so many seconds. */
export const sleep = Process.make("sleep", {
  inputs: { delay: Input.optional(Input.literal(Schema.Number, { dataType: "float" })) },
  outputs: { sleep_output: Output.literal(Schema.String) }
})

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.filterStatusOk
  )
  const here = (name: string) => path.fromFileUrl(new URL(name, import.meta.url))
  const cache = yield* here("../../.cache/e2e/emu")
  const python = yield* Venv.python({ cache, requirements: yield* here("../emu/requirements.txt") })

  const port = yield* Tool.freePort
  const url = `http://127.0.0.1:${port}/wps`
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "emu-" })
  yield* Tool.server({
    name: "Emu",
    command: python,
    args: [yield* here("../emu/serve.py"), "--work", work, "--port", String(port)],
    log: path.join(cache, "emu.log"),
    ready: client.get(url, { urlParams: { service: "WPS", request: "GetCapabilities" } }).pipe(
      Effect.flatMap((response) => response.text)
    ),
    patience: Duration.seconds(60)
  })
  return Emu.of({ url })
})

/** Installs Emu at the first use, starts the server, and kills it and its jobs with the scope. */
export const layer = Layer.scoped(Emu, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
