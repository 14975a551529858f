/**
 * A part of a variable, by its times, latitudes and longitudes: what is sent over the net is what is wanted.
 */
import { Cdat, Dimension, Domain, Processes } from "@effect-wps/cwt"
import { Field, NetCdf } from "@effect-wps/demo"
import { WpsClient } from "@effect-wps/wps"
import { Console, Effect, Stream } from "effect"
import * as Output from "./support/Output.ts"
import * as Plot from "./support/Plot.ts"
import { Server } from "./support/Server.ts"

export const program = Effect.gen(function*() {
  const { tas } = yield* Server

  // Texts are times, as far as they are to be told: these are three whole months. Numbers are coordinates of the grid.
  const domain = Domain.make({ time: ["1850-06", "1850-08"], lat: [0, 90], lon: [180, 360] })

  // Cut it out, as a job.
  const job = yield* WpsClient.execute(Cdat.subset({ inputs: [tas], domain }))
  yield* Stream.runForEach(job.changes, (status) => Console.log(Processes.statusText(status)))
  const output = yield* job.result

  // Download it: three months on a quarter of the earth.
  const file = yield* Output.download(output, "subset.nc")
  const { read } = yield* NetCdf.NetCdf
  yield* Console.log(`Its shape is ${Field.shape(yield* read(file, output.name)).join(" × ")}`)

  // Draw one map for each month.
  const month = (label: string, time: string) =>
    Effect.map(
      read(file, output.name, { domain: Domain.make({ time: Dimension.at(time) }) }),
      (field) => ({ label, field })
    )
  const plot = yield* Plot.heatmap({
    title: "The summer of 1850 in the north-western quarter",
    panels: [
      yield* month("June 1850", "1850-06"),
      yield* month("July 1850", "1850-07"),
      yield* month("August 1850", "1850-08")
    ]
  })
  yield* Output.write("subset.svg", plot)
})
