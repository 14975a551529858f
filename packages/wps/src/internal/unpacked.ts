import * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { isWpsError, TransportError, type WpsError } from "../WpsError.ts"
import { type Asked, transportError } from "./asked.ts"
import { bare } from "./endpoint.ts"

/** The bytes with which gzip begins, and XML does not. */
const isGzip = (bytes: Uint8Array): boolean => bytes[0] === 0x1f && bytes[1] === 0x8b

const mayBePacked = (response: HttpClientResponse.HttpClientResponse): boolean =>
  Option.exists(Headers.get(response.headers, "content-encoding"), (encoding) => /\bgzip\b/i.test(encoding))

/** Only what is said to be packed: an output may be such a file itself. */
const unpacked = (
  body: Stream.Stream<Uint8Array, WpsError>,
  onBroken: () => WpsError
): Stream.Stream<Uint8Array, WpsError> =>
  Stream.unwrapScoped(Effect.gen(function*() {
    const pull = yield* Stream.toPull(body)
    const start = yield* Effect.catchAll(
      pull,
      Option.match({ onNone: () => Effect.succeed(Chunk.empty<Uint8Array>()), onSome: Effect.fail })
    )
    const whole = Stream.concat(Stream.fromChunk(start), Stream.repeatEffectChunkOption(pull))
    return Option.exists(Chunk.head(start), isGzip)
      ? Stream.fromReadableStream<Uint8Array, WpsError>({
        evaluate: () =>
          Stream.toReadableStream(Stream.map(whole, (chunk) => new Uint8Array(chunk))).pipeThrough(
            new DecompressionStream("gzip")
          ),
        onError: (cause) => isWpsError(cause) ? cause : onBroken()
      })
      : whole
  }))

/**
 * The body as it was before it was packed: some servers pack without being asked. Some HTTP clients have unpacked it and
 * left the header, so the first bytes decide.
 */
export const bodyOf = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse
): Stream.Stream<Uint8Array, WpsError> => {
  const body = response.stream.pipe(
    // So says Fetch of a 204, which is an output of no bytes.
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
