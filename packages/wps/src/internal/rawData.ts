import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as DataValue from "../DataValue.ts"
import type { ExecuteResponse, OutputRequest } from "../Execute.ts"
import * as Execute from "../Execute.ts"
import type { PollOptions } from "../Job.ts"
import type * as Operation from "../Operation.ts"
import type { Failure, RawData, RequestFailure } from "../WpsClient.ts"
import { InvalidOutput, type RequestError } from "../WpsError.ts"
import type { WpsProtocol } from "../WpsProtocol.ts"
import { type Asked, asked } from "./asked.ts"
import { type Inside, inside } from "./inside.ts"
import type { Jobs } from "./jobs.ts"
import type { GivenRequest, Sendable, Service } from "./service.ts"
import { span } from "./span.ts"

type Response = HttpClientResponse.HttpClientResponse

const rawData = (response: Response, stream: Stream.Stream<Uint8Array, RequestError>): RawData => ({
  contentType: Headers.get(response.headers, "content-type"),
  contentLength: Option.filterMap(Headers.get(response.headers, "content-length"), (length) =>
    // A compressed body is longer after decompression.
    /^\d+$/.test(length) && Option.isNone(Headers.get(response.headers, "content-encoding"))
      ? Option.some(Number(length))
      : Option.none()),
  stream
})

export type Download = (reference: DataValue.Reference | string) => Effect.Effect<RawData, RequestFailure, Scope.Scope>

/** Fetches what the server stored. */
export const download = ({ exchange, late, linked, other, retried, timeout }: Service): Download =>
  Effect.fnUntraced(
    function*(reference: DataValue.Reference | string): Effect.fn.Return<RawData, RequestFailure, Scope.Scope> {
      const what = asked("GetOutput")
      const scope = yield* Effect.scope
      const { href } = yield* linked(typeof reference === "string" ? reference : reference.href)
      const options = {
        wanted: typeof reference === "string" ? Option.none() : reference.format.mimeType,
        watch: { limit: timeout, onLate: () => late(what, href) }
      }
      return yield* retried(exchange(
        what,
        HttpClientRequest.get(href),
        (response) =>
          Effect.flatMap(
            inside(what, response, scope, options),
            (found): Effect.Effect<RawData, RequestFailure> =>
              found._tag === "Bytes"
                ? Effect.succeed(rawData(response, found.stream))
                : Effect.fail(other(what, found.document._tag))
          ),
        timeout
      ))
    },
    span("WpsClient.download")
  )

/** Which process to wait for, how, and since when. */
interface Wanted {
  readonly identifier: string
  readonly poll: PollOptions
  /** In milliseconds. */
  readonly since: number
}

/** Runs a process for the bytes of one output. */
export const make = (
  { byId, late, other, protocol, send, timeout }: Service,
  { dismissing, follow, inTime, readResult, referenceOf, untilThere }: Jobs,
  fetch: Download
) => {
  const bytesOf = (
    what: Asked,
    protocol: WpsProtocol,
    request: Sendable,
    { format }: OutputRequest,
    limit: Duration.Duration
  ) =>
    Effect.flatMap(Effect.scope, (scope) =>
      send(what, protocol, request, {
        accept: "*/*",
        limit,
        read: (response) => {
          const watch = { limit, onLate: () => late(what, response.request.url) }
          return Effect.map(
            inside(what, response, scope, {
              wanted: format.mimeType,
              watch: Duration.isFinite(limit) ? watch : undefined
            }),
            (found) => [response, found] as const
          )
        }
      }))

  /** The bytes of one output that came inside a document. */
  const embedded = (
    identifier: string,
    output: OutputRequest,
    response: ExecuteResponse
  ): Effect.Effect<RawData, Failure, Scope.Scope> => {
    const invalid = (reason: string) => new InvalidOutput({ identifier, output: output.identifier, reason })
    const bytes: Operation.Outputs<RawData> = {
      identifier,
      read: (outputs) => {
        const data = outputs.find((one) => one.identifier === output.identifier)?.data
        return data === undefined
          ? Effect.fail(invalid("is missing"))
          : Either.match(DataValue.toBytes(data), {
            onLeft: (reason) => Effect.fail(invalid(reason)),
            onRight: (bytes): Effect.Effect<RawData> =>
              Effect.succeed({
                contentType: data._tag === "ComplexData"
                  ? data.format.mimeType
                  : Option.some(data._tag === "BoundingBoxData" ? "text/xml" : "text/plain"),
                contentLength: Option.some(bytes.length),
                stream: Stream.succeed(bytes)
              })
          })
      }
    }
    const found = response.outputs.find((one) => one.identifier === output.identifier)
    return found?.data._tag === "Reference" ? fetch(found.data) : readResult(identifier, bytes, response)
  }

  /** Gives the raw data of an answer. If the answer is a job, waits for it, and then asks for its raw data. */
  const rawOf = (
    wanted: Wanted,
    output: OutputRequest,
    [response, found]: readonly [Response, Inside]
  ): Effect.Effect<RawData, Failure, Scope.Scope> => {
    const { identifier, poll, since } = wanted
    if (found._tag === "Bytes") return Effect.succeed(rawData(response, found.stream))
    const { document } = found
    if (document._tag !== "StatusInfo") return embedded(identifier, output, document.value)
    const reference = referenceOf(identifier, document)
    if (Either.isLeft(reference)) return Effect.fail(reference.left)
    const jobId = Option.getOrElse(document.value.jobId, () => "")
    const what = asked("GetResult", identifier, jobId)
    const nothing: Operation.Outputs<void> = { identifier, read: () => Effect.void }
    return Effect.gen(function*() {
      const job = yield* follow(nothing, document, reference, poll, since)
      const last = yield* dismissing(Stream.runLast(job.changes), job.dismiss, poll)
      yield* Option.match(last, {
        onNone: () => Effect.void,
        onSome: (status) => readResult(identifier, nothing, Execute.response(status))
      })
      const result = Effect.filterOrFail(
        bytesOf(what, yield* byId, { _tag: "GetResult", jobId }, output, timeout),
        ([, result]) => result._tag !== "Document" || result.document._tag !== "StatusInfo",
        () => other(what, "StatusInfo")
      )
      const answer = yield* inTime({ ...wanted, reference: job.reference, last }, untilThere(result, poll))
      return yield* rawOf(wanted, output, answer)
    })
  }

  return (
    request: GivenRequest,
    output: OutputRequest,
    wanted: Wanted
  ): Effect.Effect<RawData, Failure, Scope.Scope> => {
    const answered = Effect.flatMap(
      protocol,
      (protocol) =>
        bytesOf(asked("Execute", request.identifier), protocol, { _tag: "Execute", request }, output, Duration.infinity)
    )
    return Effect.flatMap(inTime(wanted, answered), (answer) => rawOf(wanted, output, answer))
  }
}
