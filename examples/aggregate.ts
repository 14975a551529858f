/**
 * A variable that comes in several files, one for each span of time, is joined to one.
 */
import { Cdat, Dimension, Domain, Processes } from "@effect-wps/cwt"
import { Compute, Field, NetCdf } from "@effect-wps/demo"
import { WpsClient } from "@effect-wps/wps"
import { Console, Effect, Stream } from "effect"
import * as Output from "./support/Output.ts"
import * as Plot from "./support/Plot.ts"
import { Server } from "./support/Server.ts"

export const program = Effect.gen(function*() {
  // The files. In what order they are given does not matter: their times do.
  const { tasByYear } = yield* Server
  for (const { uri } of tasByYear) yield* Console.log(`Input ${uri}`)

  // Join them, as a job.
  const job = yield* WpsClient.execute(Cdat.aggregate({ inputs: tasByYear }))
  yield* Stream.runForEach(job.changes, (status) => Console.log(Processes.statusText(status)))
  const output = yield* job.result

  // Download the whole. It has the times of all files, one after the other.
  const file = yield* Output.download(output, "aggregate.nc")
  const { read } = yield* NetCdf.NetCdf
  yield* Console.log(`Its shape is ${Field.shape(yield* read(file, output.name)).join(" × ")}`)

  // Draw the mean around the earth at three latitudes, through the years. A latitude that is not on the grid is the nearest.
  const around = (latitude: number) =>
    Effect.gen(function*() {
      const domain = Domain.make({ lat: Dimension.at(latitude) })
      const circle = yield* read(file, output.name, { domain, method: "nearest" })
      return {
        label: `${Math.abs(latitude)}° ${latitude < 0 ? "S" : "N"}`,
        field: yield* Compute.mean(circle, ["lon"])
      }
    })
  const plot = yield* Plot.lines({
    title: "Mean around the earth at three latitudes, through all files",
    legend: "Nearest latitude",
    series: [yield* around(62.5), yield* around(2.5), yield* around(-62.5)]
  })
  yield* Output.write("aggregate.svg", plot)
})
