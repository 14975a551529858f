/** Jobs that run asynchronously: how they are started, and what is answered about them. */
import { Execute, Ows } from "@effect-wps/wps"
import { JobStatus } from "@effect-wps/wps/Execute"
import type { WpsProtocol } from "@effect-wps/wps/WpsProtocol"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import type { File } from "../WpsNode.ts"
import type { Node } from "./node.ts"
import { exception, failed, rawOf, report, respond, status } from "./nodeAnswers.ts"
import { delivered, document, now, type Run } from "./nodeRun.ts"

/** Says when to ask again, counted from this answer. */
const withNextPoll = (
  { nextPoll }: Node<unknown>,
  document: Execute.ExecuteResponse
): Effect.Effect<Execute.ExecuteResponse> =>
  Option.isNone(nextPoll) || Execute.isTerminal(document.status)
    ? Effect.succeed(document)
    : Effect.map(DateTime.now, (moment) => ({
      ...document,
      nextPoll: Option.some(DateTime.addDuration(moment, nextPoll.value))
    }))

/** Starts a job, and answers that it is accepted. */
export const start = Effect.fnUntraced(function*<R>(node: Node<R>, run: Run<R>) {
  const { behaviour, memory, observe, scope, statusPath: [before, behind] } = node
  const { base, id, protocol, request } = run
  const { response } = request
  const place = { statusLocation: Option.some(`${base}${before}${id}${behind}`), jobId: Option.some(id) }

  const become = (document: Execute.ExecuteResponse, raw: Option.Option<File>) =>
    Effect.zipRight(observe(document, request), memory.change(id, (job) => ({ ...job, raw, document })))
  const say = (value: Execute.JobStatus) =>
    Effect.flatMap(now, (creationTime) => become(document(run, value, { ...place, creationTime }), Option.none()))
  const end = (value: Execute.JobStatus, outputs: ReadonlyArray<Execute.OutputData>, raw: Option.Option<File>) =>
    Effect.flatMap(
      Effect.all([now, memory.end(id)]),
      ([creationTime, expires]) =>
        become(document(run, value, { ...place, creationTime, expirationDate: Option.some(expires), outputs }), raw)
    )

  const done = yield* Deferred.make<void>()
  const accepted = document(run, status.accepted, { ...place, creationTime: yield* now })
  yield* observe(accepted, request)
  yield* memory.add(id, { document: accepted, raw: Option.none(), fiber: Option.none(), done })
  const queued = behaviour.queuedFor === undefined ? Effect.void : Effect.sleep(behaviour.queuedFor)
  const started = behaviour.stuckJobs === "Accepted" ? Effect.never : Effect.zipRight(queued, say(status.started))
  const fiber = yield* started.pipe(
    Effect.zipRight(behaviour.stuckJobs === "Started" ? Effect.never : run.produce(say)),
    Effect.flatMap((produced) =>
      response._tag === "Raw"
        ? Effect.flatMap(
          rawOf(protocol, response.output, produced),
          (file) => end(status.succeeded, [], Option.some(file))
        )
        : Effect.flatMap(
          delivered(node, run, produced),
          (outputs) => end(status.succeeded, outputs, Option.none())
        )
    ),
    Effect.catchAll((one) => end(failed(one), [], Option.none())),
    // Also where it is dismissed, for those who wait for its result.
    Effect.ensuring(Deferred.succeed(done, void 0)),
    // The server's handlers cannot be interrupted; a job can, by the end of the layer.
    Effect.interruptible,
    Effect.forkIn(scope)
  )
  yield* memory.change(id, (job) => ({ ...job, fiber: Option.some(fiber) }))
  const value = yield* withNextPoll(node, accepted)
  return respond(protocol)(200, { _tag: protocol.version === "2.0.0" ? "StatusInfo" : "ExecuteResponse", value })
})

/** What is answered about a job by its id. */
export const about = Effect.fnUntraced(function*(
  node: Node<unknown>,
  protocol: WpsProtocol,
  operation: "GetStatus" | "GetResult" | "Dismiss",
  id: string
) {
  const { behaviour, memory } = node
  const write = respond(protocol)
  const job = Option.getOrUndefined(yield* memory.job(id))
  if (job === undefined) return write(400, report([exception("NoSuchJob", id, `There is no job ${id}.`)]))
  switch (operation) {
    case "GetStatus":
      return write(200, { _tag: "StatusInfo", value: yield* withNextPoll(node, job.document) })
    case "GetResult": {
      if (behaviour.getResultWaits === true) yield* Deferred.await(job.done)
      const { document, raw } = Option.getOrElse(yield* memory.job(id), () => job)
      if (!Execute.isTerminal(document.status)) {
        return write(400, report([exception("ResultNotReady", id, `The job ${id} is not done.`)]))
      }
      return document.status._tag === "Failed"
        ? write(500, report(document.status.exceptions))
        : Option.match(raw, {
          onNone: () => write(200, { _tag: "Result", value: document }),
          onSome: ({ content, contentType }) => HttpServerResponse.uint8Array(content, { contentType })
        })
    }
    case "Dismiss": {
      if (behaviour.dismissedIsFailed === true && Execute.isTerminal(job.document.status)) {
        return write(400, report([exception("InvalidParameterValue", "JobId", `The job ${id} is done.`)]))
      }
      yield* Option.match(job.fiber, { onNone: () => Effect.void, onSome: Fiber.interrupt })
      if (behaviour.dismissedIsFailed === true) {
        const value = { ...job.document, status: failed(Ows.noApplicableCode("The job was dismissed.")) }
        yield* memory.change(id, (job) => ({ ...job, document: value }))
        yield* memory.end(id)
        return write(200, { _tag: "StatusInfo", value })
      }
      yield* memory.forget(id)
      const status = JobStatus.Dismissed({ message: "", percent: Option.none() })
      return write(200, { _tag: "StatusInfo", value: { ...job.document, status } })
    }
  }
})
