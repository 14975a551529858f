/**
 * The first steps: connect to a compute node, see what it can do, choose data and an operation, run it as a job, and look at
 * what came back.
 */
import { Cdat, Dimension, Domain, Llnl, Processes, type Variable } from "@effect-wps/cwt"
import { Field, NetCdf } from "@effect-wps/demo"
import { WpsClient } from "@effect-wps/wps"
import { Console, Effect, Layer, Option, Stream } from "effect"
import * as Output from "./support/Output.ts"
import * as Plot from "./support/Plot.ts"
import { Server } from "./support/Server.ts"

const steps = (tas: Variable.Variable) =>
  Effect.gen(function*() {
    // What can the node do? Its processes, grouped by what stands before the dot.
    const { processes } = yield* WpsClient.capabilities
    for (const [group, members] of Processes.group(processes)) {
      yield* Console.log(`${group}: ${members.map(({ identifier }) => identifier).join(", ")}`)
    }

    // Look for some by a pattern, and take one by its name.
    const extremes = yield* Processes.matching(processes, ".*\\.(min|max)$")
    yield* Console.log(`The extremes: ${extremes.map(({ identifier }) => identifier).join(", ")}`)
    const { abstract, identifier } = yield* Processes.find(processes, "CDAT.subset")
    yield* Console.log(`${identifier}: ${Option.getOrElse(abstract, () => "it says nothing of itself")}`)

    // The input is a variable in a file that the node can read; the domain says which part of it is meant: the southern
    // half, in the first 365 days that the file counts.
    const south = Cdat.subset({ inputs: [tas], domain: Domain.make({ lat: [-90, 0], time: [0, 365] }) })

    // Run it as a job, and follow the job to its end.
    const job = yield* WpsClient.execute(south)
    yield* Stream.runForEach(job.changes, (status) => Console.log(Processes.statusText(status)))
    const output = yield* job.result
    yield* Console.log(`The result is ${output.name} in ${output.uri}`)

    // Download the file, and read the variable from it.
    const file = yield* Output.download(output, "getting-started.nc")
    const { read } = yield* NetCdf.NetCdf
    yield* Console.log(`Its shape is ${Field.shape(yield* read(file, output.name)).join(" × ")}`)

    // Draw the first month; no more than that is read from the file.
    const field = yield* read(file, output.name, { domain: Domain.make({ time: Dimension.atIndex(0) }) })
    const title = "The first month, on the southern half"
    yield* Output.write("getting-started.svg", yield* Plot.heatmap({ title, panels: [{ label: title, field }] }))
  })

export const program = Effect.gen(function*() {
  // Where the node is, and who asks. The credentials are a layer: this one sends a token, others log in with a browser. They
  // go to this node and to nobody else.
  const { auth, tas, url } = yield* Server
  const client = Llnl.layer({ url }).pipe(Layer.provide(auth))

  yield* steps(tas).pipe(Effect.provide(client))
})
