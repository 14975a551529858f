import * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { WpsError } from "../WpsError.ts"
import { UnexpectedResponse } from "../WpsError.ts"
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

/** Whether a document's first element is an exception report, whatever namespace and prefix it is in. */
const isReport = (head: string): boolean =>
  /^[\s\uFEFF]*(?:<\?[^]*?\?>\s*|<!--[^]*?-->\s*)*<(?:[\w.-]+:)?(?:Service)?ExceptionReport[\s/>]/.test(head)

/**
 * The bytes of a raw output. An output may itself be XML, so of what is sent as XML only an exception report is taken for
 * a refusal (OGC 05-007r7 §10.3.2).
 */
export const refusedInside = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse
): Effect.Effect<Stream.Stream<Uint8Array, WpsError>, WpsError> => {
  const body = Stream.mapError(response.stream, transportError(asked, response.request.url))
  const contentType = Option.getOrElse(Headers.get(response.headers, "content-type"), () => "xml")
  if (!/xml|text\/plain/i.test(contentType)) return Effect.succeed(body)
  return Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const pull = yield* Scope.extend(Stream.toPull(body), scope)
      const rest = Stream.ensuring(Stream.repeatEffectChunkOption(pull), Scope.close(scope, Exit.void))
      const first = yield* restore(Effect.either(pull)).pipe(
        Effect.onInterrupt(() => Scope.close(scope, Exit.void))
      )
      if (first._tag === "Left") {
        yield* Scope.close(scope, Exit.void)
        return yield* Option.match(first.left, { onNone: () => Effect.succeed(Stream.empty), onSome: Effect.fail })
      }
      const whole = Stream.concat(Stream.fromChunk(first.right), rest)
      const head = Chunk.head(first.right)
      return Option.exists(head, (bytes) => isReport(new TextDecoder().decode(bytes.subarray(0, 4096))))
        ? yield* restore(refused(asked, response, whole))
        : whole
    })
  )
}

/** One array out of many. */
export const concatenate = (chunks: Iterable<Uint8Array>): Uint8Array => {
  const all = [...chunks]
  const whole = new Uint8Array(all.reduce((size, chunk) => size + chunk.length, 0))
  let at = 0
  for (const chunk of all) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
