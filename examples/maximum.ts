/**
 * The greatest value along an axis, which goes away: from time, latitude and longitude to time and longitude.
 */
import { Cdat, Processes } from "@effect-wps/cwt"
import { Field, NetCdf } from "@effect-wps/demo"
import { WpsClient } from "@effect-wps/wps"
import { Console, Effect, Stream } from "effect"
import * as Output from "./support/Output.ts"
import * as Plot from "./support/Plot.ts"
import { Server } from "./support/Server.ts"

export const program = Effect.gen(function*() {
  const { tas } = yield* Server

  // The greatest of all latitudes, for each time and longitude.
  const job = yield* WpsClient.execute(Cdat.max({ inputs: [tas], axes: ["lat"] }))
  yield* Stream.runForEach(job.changes, (status) => Console.log(Processes.statusText(status)))
  const output = yield* job.result

  const file = yield* Output.download(output, "maximum.nc")
  const { read } = yield* NetCdf.NetCdf
  const field = yield* read(file, output.name)
  yield* Console.log(`Its shape is ${Field.shape(field).join(" × ")}`)

  // The axes that are left are those of the plot.
  const title = "The greatest of all latitudes, by time and longitude"
  yield* Output.write("maximum.svg", yield* Plot.heatmap({ title, panels: [{ label: title, field }] }))
})
