import * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { WpsError } from "../WpsError.ts"
import { TransportError, UnexpectedResponse } from "../WpsError.ts"
import { concatenate, sizeOf } from "./bytes.ts"
import { bare } from "./endpoint.ts"
import { type Asked, receive, transportError } from "./receive.ts"

/** Why an answer that should have been bytes was refused; a WPS document that is no refusal is none either. */
export const refused = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  body?: Stream.Stream<Uint8Array, WpsError>
): Effect.Effect<never, WpsError> =>
  Effect.flatMap(receive(asked, response, body), (document) =>
    Effect.fail(
      new UnexpectedResponse({
        operation: asked.operation,
        url: bare(response.request.url),
        status: response.status,
        contentType: Headers.get(response.headers, "content-type"),
        kind: "http-status",
        reason: `with a ${document._tag} document in the place of the output`,
        excerpt: ""
      })
    ))

const beforeRoot = /[\s\uFEFF]+|<\?[^]*?\?>|<!--[^]*?-->/y
const reportTag = /<(?:[\w.-]+:)?(?:Service)?ExceptionReport[\s/>]/y
const partOfTag = /(?:<[\w:.-]*|<\?[^]*|<!-?|<!--[^]*)?$/y

/** Whether a text begins with an exception report, in whatever namespace and prefix; none where it ends too soon. */
const beginsReport = (text: string): Option.Option<boolean> => {
  let at = 0
  const matches = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    return pattern.test(text)
  }
  while (matches(beforeRoot)) at = beforeRoot.lastIndex
  return matches(reportTag) ? Option.some(true) : matches(partOfTag) ? Option.none() : Option.some(false)
}

/** A report's root comes before that many bytes. */
const longestStart = 4096

/** Of UTF-16 this leaves what is ASCII, which is all that is looked for. */
const startOf = (chunks: Chunk.Chunk<Uint8Array>): string =>
  new TextDecoder().decode(concatenate(chunks).subarray(0, longestStart)).replace(/[\0\uFFFD]/g, "")

/**
 * The bytes of an output. An output may itself be XML, so only an exception report is taken for a refusal (OGC 05-007r7
 * §10.3.2), whatever type the server gives it.
 */
export const refusedInside = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Stream.Stream<Uint8Array, WpsError>, WpsError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const close = Scope.close(scope, Exit.void)
      const pull = yield* response.stream.pipe(
        // So says Fetch of a 204, which is an output of no bytes.
        Stream.catchSome((error) => error.reason === "EmptyBody" ? Option.some(Stream.empty) : Option.none()),
        Stream.mapError(transportError(asked, response.request.url)),
        Stream.toPull,
        Scope.extend(scope)
      )
      const look = (
        seen: Chunk.Chunk<Uint8Array>
      ): Effect.Effect<readonly [start: Chunk.Chunk<Uint8Array>, isReport: boolean], WpsError> => {
        const report = beginsReport(startOf(seen))
        return Option.isSome(report) || sizeOf(seen) >= longestStart
          ? Effect.succeed([seen, Option.contains(report, true)])
          : Effect.matchEffect(pull, {
            onFailure: Option.match({ onNone: () => Effect.succeed([seen, false] as const), onSome: Effect.fail }),
            onSuccess: (more) => look(Chunk.appendAll(seen, more))
          })
      }
      const isTaken = yield* Ref.make(false)
      return yield* restore(Effect.flatMap(look(Chunk.empty()), ([start, isReport]) => {
        const whole = Effect.if(Ref.getAndSet(isTaken, true), {
          onTrue: () =>
            new TransportError({
              operation: asked.operation,
              url: bare(response.request.url),
              reason: "its bytes come once and have been taken"
            }),
          onFalse: () =>
            Effect.succeed(
              Stream.fromChunk(start).pipe(
                Stream.concat(Stream.repeatEffectChunkOption(pull)),
                Stream.ensuring(close)
              )
            )
        }).pipe(Stream.unwrap)
        return isReport ? refused(asked, response, whole) : Effect.succeed(whole)
      })).pipe(Effect.onError(() => close))
    })
  )
