/**
 * The jobs that ESGF's node at LLNL keeps: start some, leave, find them again, see what they said, and delete them.
 */
import { Cdat, Llnl, Processes, Workflow } from "@effect-wps/cwt"
import { NetCdf } from "@effect-wps/demo"
import { Job, WpsClient } from "@effect-wps/wps"
import { Array as Arr, Chunk, Console, DateTime, Duration, Effect, Equal, Option, Schema, Stream } from "effect"
import * as Output from "./support/Output.ts"
import * as Plot from "./support/Plot.ts"
import { Server } from "./support/Server.ts"

/** References as a text that can be kept in a file or a database. */
const References = Schema.parseJson(Schema.Array(Job.JobReference))

const line = ({ accepted, elapsed, id, identifier, status }: Llnl.Job): string =>
  [
    String(id).padStart(4),
    identifier.padEnd(12),
    Processes.statusText(status).padEnd(12),
    Option.match(accepted, { onNone: () => "not yet accepted", onSome: DateTime.formatIso }),
    Option.match(elapsed, { onNone: () => "", onSome: Duration.format })
  ].join("  ")

export const program = Effect.gen(function*() {
  const { tas } = yield* Server

  // Start three jobs, and keep their references: all that is needed to find them again.
  const operations = [Cdat.max, Cdat.mean, Cdat.min].map((operation) =>
    operation({ inputs: [tas], axes: ["time", "lon"] })
  )
  const started = yield* Effect.forEach(
    operations,
    (operation) => Effect.flatMap(WpsClient.execute(operation), ({ reference }) => reference)
  )
  yield* Output.write("llnl-jobs.json", yield* Schema.encode(References)(started))

  // Another program on another day: it reads the references, and goes on with the jobs. What a job gives is said again, here
  // that it is a variable.
  const references = yield* Schema.decode(References)(yield* Output.read("llnl-jobs.json"))
  const { read } = yield* NetCdf.NetCdf
  const profiles = yield* Effect.forEach(references, (reference) =>
    Effect.gen(function*() {
      const job = yield* WpsClient.attach(reference, Workflow.make(reference.identifier))
      yield* Stream.runForEach(job.changes, (status) =>
        Console.log(`${reference.identifier}: ${Processes.statusText(status)}`))
      const output = yield* job.result
      const file = yield* Output.download(output, `llnl-jobs-${reference.identifier}.nc`)
      return { label: reference.identifier, field: yield* read(file, output.name) }
    }))
  if (Arr.isNonEmptyReadonlyArray(profiles)) {
    const title = "Each latitude over all times and longitudes"
    yield* Output.write("llnl-jobs.svg", yield* Plot.lines({ title, legend: "Operation", series: profiles }))
  }

  // All jobs that the node keeps for you, as a stream: the next page is asked for when the last has been looked at.
  yield* Console.log("The node keeps these jobs:")
  const ours = yield* Llnl.jobs({ pageSize: 2 }).pipe(
    Stream.tap((job) => Console.log(line(job))),
    Stream.filter(({ reference }) => references.some((one) => Equal.equals(one, reference))),
    Stream.runCollect
  )

  // One of them, by its number, and all that was said while it ran.
  const { id } = yield* Chunk.head(ours)
  const job = yield* Llnl.job(id)
  yield* Console.log(`Job ${id} made ${job.outputs.map(({ uri }) => uri).join(", ")}, and said:`)
  for (const { created, messages, status } of yield* Llnl.history(job)) {
    yield* Console.log(`  ${DateTime.formatIso(created)}  ${status._tag}`)
    for (const { created, percent, text } of messages) {
      const done = Option.match(percent, { onNone: () => "", onSome: (number) => ` ${number} %` })
      yield* Console.log(`    ${DateTime.formatIso(created)} ${done}  ${text}`)
    }
  }

  // Delete the three, with their files; jobs of yours from before stay.
  yield* Effect.forEach(ours, (job) => Effect.zipRight(Llnl.remove(job), Console.log(`Deleted job ${job.id}`)))
  yield* Llnl.job(id).pipe(
    Effect.zipRight(Console.log(`Job ${id} is still there`)),
    Effect.catchTag("JobNotFound", (error) => Console.log(error.message))
  )
})
