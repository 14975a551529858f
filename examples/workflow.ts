/**
 * Operations that take what others give, sent as one request: the node keeps what lies between, and computes once what two
 * of them share.
 */
import { Cdat, Dimension, Domain, Processes, Workflow } from "@effect-wps/cwt"
import * as WorkflowSvg from "@effect-wps/cwt/WorkflowSvg"
import { Field, NetCdf } from "@effect-wps/demo"
import { WpsClient } from "@effect-wps/wps"
import { Array as Arr, Console, Effect, Option, Stream } from "effect"
import * as Output from "./support/Output.ts"
import * as Plot from "./support/Plot.ts"
import { Server } from "./support/Server.ts"

export const program = Effect.gen(function*() {
  const { tas } = yield* Server

  // One part, and two operations on it. Nothing is sent yet: these are values. The node calls a result by the id of the
  // operation and by its process, such as warmest-CDAT.max.
  const domain = Domain.make({ time: Dimension.at("1850"), lat: Dimension.northernHemisphere })
  const north = Cdat.subset({ inputs: [tas], domain, id: "north" })
  const warmest = Cdat.max({ inputs: [north], axes: ["lat"], id: "warmest" })
  const coldest = Cdat.min({ inputs: [north], axes: ["lat"], id: "coldest" })
  const workflow = Cdat.workflow({ inputs: [warmest, coldest] })

  // See what it is, before it is sent: as text that Markdown shows as a picture, and as a picture.
  yield* Output.write("workflow.mmd", Workflow.toMermaid(workflow))
  yield* Output.write("workflow-graph.svg", yield* WorkflowSvg.toSvg(workflow))

  // Run all of it as one job. It gives one variable for each input of the workflow.
  const job = yield* WpsClient.execute(workflow)
  yield* Stream.runForEach(job.changes, (status) => Console.log(Processes.statusText(status)))
  const outputs = yield* job.result

  // Download the results, and read two months of each.
  const { read } = yield* NetCdf.NetCdf
  const series = yield* Effect.forEach(outputs, (output, index) =>
    Effect.gen(function*() {
      const label = Option.getOrElse(output.id, () => `output ${index + 1}`)
      const file = yield* Output.download(output, `workflow-${index + 1}.nc`)
      yield* Console.log(`The shape of ${label} is ${Field.shape(yield* read(file, output.name)).join(" × ")}`)
      const month = (name: string, time: string) =>
        Effect.map(
          read(file, output.name, { domain: Domain.make({ time: Dimension.at(time) }) }),
          (field) => ({ label: `${label}, ${name}`, field })
        )
      return [yield* month("January", "1850-01"), yield* month("July", "1850-07")]
    }))

  const drawn = series.flat()
  if (Arr.isNonEmptyReadonlyArray(drawn)) {
    const title = "The warmest and the coldest of the northern latitudes, by longitude"
    yield* Output.write("workflow.svg", yield* Plot.lines({ title, legend: "Output and month", series: drawn }))
  }
})
