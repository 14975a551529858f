import * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { bare } from "../Endpoint.ts"
import { RequestError, TransportError } from "../WpsError.ts"
import { type Asked, transportError } from "./asked.ts"
import { concatenate, sizeOf } from "./bytes.ts"

const isRequestError = Schema.is(RequestError)

/** The first bytes of gzip. XML cannot begin with them. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const mayBePacked = (response: HttpClientResponse.HttpClientResponse): boolean =>
  Option.exists(Headers.get(response.headers, "content-encoding"), (encoding) => /\bgzip\b/i.test(encoding))

/** Used only if the header says gzip, because an output may itself be a gzip file. */
const unpacked = (
  body: Stream.Stream<Uint8Array, RequestError>,
  onBroken: () => RequestError
): Stream.Stream<Uint8Array, RequestError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const pull = yield* Stream.toPull(body)
    // The first two bytes may come one by one.
    const look = (seen: Chunk.Chunk<Uint8Array>): Effect.Effect<Chunk.Chunk<Uint8Array>, RequestError> =>
      sizeOf(seen) >= 2 ? Effect.succeed(seen) : Effect.matchEffect(pull, {
        onFailure: Option.match({ onNone: () => Effect.succeed(seen), onSome: Effect.fail }),
        onSuccess: (more) => look(Chunk.appendAll(seen, more))
      })
    const start = yield* look(Chunk.empty())
    const whole = Stream.concat(Stream.fromChunk(start), Stream.repeatEffectChunkOption(pull))
    return isGzip(concatenate(start))
      ? Stream.fromReadableStream<Uint8Array, RequestError>({
        evaluate: () =>
          Stream.toReadableStream(Stream.map(whole, (chunk) => new Uint8Array(chunk))).pipeThrough(
            new DecompressionStream("gzip")
          ),
        onError: (cause) => isRequestError(cause) ? cause : onBroken()
      })
      : whole
  }))

/**
 * The decompressed body. Some servers compress without being asked. Some HTTP clients decompress the body but keep the
 * header, so the first bytes decide.
 */
export const bodyOf = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse
): Stream.Stream<Uint8Array, RequestError> => {
  const body = response.stream.pipe(
    // Fetch reports a 204 like this. It is an output of no bytes.
    Stream.catchSome((error) => error.reason === "EmptyBody" ? Option.some(Stream.empty) : Option.none()),
    Stream.mapError(transportError(asked, response.request.url))
  )
  return mayBePacked(response)
    ? unpacked(body, () =>
      new TransportError({
        operation: asked.operation,
        url: bare(response.request.url),
        reason: "what it packed cannot be unpacked"
      }))
    : body
}
