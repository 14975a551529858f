/** A request to execute a process: what is wrong with it, and its answer where it is run at once. */
import { type DataValue, Execute, type Ows } from "@effect-wps/wps"
import { JobStatus } from "@effect-wps/wps/Execute"
import type { WpsProtocol } from "@effect-wps/wps/WpsProtocol"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Implementation, JobContext } from "../WpsNode.ts"
import { describe } from "./describe.ts"
import type { Node } from "./node.ts"
import {
  codeOf,
  exception,
  exceptionOfFault,
  failed,
  rawOf,
  report,
  respond,
  status,
  unescaped
} from "./nodeAnswers.ts"
import { deliver, partsOf, resolve } from "./nodeData.ts"

type Produced = ReadonlyArray<readonly [identifier: string, data: DataValue.DataValue]>

/** A request that can be run. */
export interface Run<out R> {
  readonly id: string
  readonly protocol: WpsProtocol
  readonly request: Execute.ExecuteRequest
  /** The address of the service. */
  readonly base: string
  readonly implementation: Implementation<R>
  readonly asked: ReadonlyArray<Execute.OutputRequest>
  readonly isAsync: boolean
  /** Runs the process. Each state in between is told to `say`. */
  readonly produce: (
    say: (status: Execute.JobStatus) => Effect.Effect<void>
  ) => Effect.Effect<Produced, Ows.OwsException, R>
}

// ----------------------------------------------------------------------------------------------------------- preparing

const contextOf = (
  { memory }: Node<unknown>,
  id: string,
  base: string,
  say: (status: Execute.JobStatus) => Effect.Effect<void>
): JobContext => ({
  report: (percent, message) => say(JobStatus.Running({ message, percent: Option.some(percent) })),
  pause: (percent, message) => say(JobStatus.Paused({ message, percent: Option.some(percent) })),
  store: (name, file) =>
    Effect.as(memory.store(`${id}/${name}`, file), `${base}/outputs/${id}/${encodeURIComponent(name)}`),
  load: (url) => {
    const outputs = `${base}/outputs/`
    const path = url.startsWith(outputs) ? unescaped(url.slice(outputs.length)) : Option.none()
    return Option.match(path, { onNone: () => Effect.succeedNone, onSome: memory.file })
  }
})

/** How to run a request, or all that is wrong with it. */
export const prepare = Effect.fnUntraced(function*<R>(
  node: Node<R>,
  protocol: WpsProtocol,
  request: Execute.ExecuteRequest,
  base: string
): Effect.fn.Return<Run<R>, ReadonlyArray<Ows.OwsException>> {
  const { identifier, inputs, response } = request
  const implementation = node.implementations.get(identifier)
  if (implementation === undefined) {
    return yield* Effect.fail([
      exception(codeOf(protocol, "noSuchProcess"), "identifier", `There is no process ${identifier}.`)
    ])
  }
  const asked = response._tag === "Raw" ? [response.output] : response.outputs
  const unknown = asked.find((output) => !Object.hasOwn(implementation.process.outputs, output.identifier))
  if (unknown !== undefined) {
    return yield* Effect.fail([
      exception(codeOf(protocol, "noSuchOutput"), unknown.identifier, `There is no output ${unknown.identifier}.`)
    ])
  }
  if (response.mode === "async" && !implementation.async) {
    return yield* Effect.fail([
      exception(
        codeOf(protocol, "noSuchMode"),
        protocol.version === "2.0.0" ? "mode" : "storeExecuteResponse",
        "This process cannot be run asynchronously."
      )
    ])
  }
  if (asked.some((output) => output.asReference) && !implementation.async) {
    return yield* Effect.fail([
      exception(codeOf(protocol, "noStorage"), "storeExecuteResponse", "This process stores nothing.")
    ])
  }
  const resolved = yield* Effect.forEach(inputs, (input) => resolve(node, protocol, input), { concurrency: 4 }).pipe(
    Effect.mapError((one) => [one])
  )
  const run = yield* Either.mapLeft(implementation.run(resolved), (all) => all.map(exceptionOfFault(protocol)))
  const id = yield* node.jobId
  return {
    id,
    protocol,
    request,
    base,
    implementation,
    asked,
    isAsync: response.mode === "async" || (response.mode === "auto" && implementation.async),
    produce: (say) => run(contextOf(node, id, base, say))
  }
})

// ------------------------------------------------------------------------------------------------------------- running

/** The outputs of a run that were asked for. */
export const delivered = (
  node: Node<unknown>,
  { asked, base, id, protocol }: Run<unknown>,
  produced: Produced
): Effect.Effect<ReadonlyArray<Execute.OutputData>, Ows.OwsException> =>
  deliver(node, protocol, { base, place: id }, asked, partsOf(produced))

/** The document about a run in one of its states. */
export const document = (
  { base, implementation, request: { inputs, response } }: Run<unknown>,
  status: Execute.JobStatus,
  rest: Partial<Execute.ExecuteResponse>
): Execute.ExecuteResponse =>
  Execute.response(status, {
    process: Option.some(describe(implementation)),
    serviceInstance: Option.some(`${base}?service=WPS&request=GetCapabilities`),
    lineage: response._tag === "Document" && response.lineage
      ? Option.some({ inputs, outputs: response.outputs })
      : Option.none(),
    ...rest
  })

export const now: Effect.Effect<Option.Option<string>> = Effect.map(
  DateTime.now,
  (moment) => Option.some(DateTime.formatIso(moment))
)

/** The answer to a request whose client waits for the end. */
export const atOnce = Effect.fnUntraced(function*<R>(node: Node<R>, run: Run<R>) {
  const { id, protocol, request: { response } } = run
  const write = respond(protocol)
  const produced = run.produce(() => Effect.void)
  // What it has stored is kept for a time too.
  const ended = Effect.ensuring(node.memory.end(id))
  if (response._tag === "Raw") {
    const raw = Effect.flatMap(produced, (all) => rawOf(protocol, response.output, all))
    return Either.match(yield* Effect.either(ended(raw)), {
      onLeft: (one) => write(500, report([one])),
      onRight: ({ content, contentType }) => HttpServerResponse.uint8Array(content, { contentType })
    })
  }
  const outputs = yield* Effect.either(ended(Effect.flatMap(produced, (all) => delivered(node, run, all))))
  const creationTime = yield* now
  return Either.match(outputs, {
    onLeft: (one) =>
      // WPS 2.0 has no document for a job that failed at once.
      protocol.version === "2.0.0"
        ? write(500, report([one]))
        : write(200, { _tag: "ExecuteResponse", value: document(run, failed(one), { creationTime }) }),
    onRight: (outputs) =>
      write(200, { _tag: "ExecuteResponse", value: document(run, status.succeeded, { creationTime, outputs }) })
  })
})
