import * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { bare } from "../Endpoint.ts"
import type { RequestError } from "../WpsError.ts"
import { TransportError, UnexpectedResponse } from "../WpsError.ts"
import type { Asked } from "./asked.ts"
import { concatenate, sizeOf } from "./bytes.ts"
import { essenceOf } from "./mediaTypes.ts"
import { isJob, type JobDocument, receive } from "./receive.ts"
import { bodyOf } from "./unpacked.ts"
import { type Watch, watched } from "./watched.ts"

/** The answer to a request for the bytes of an output: those bytes, or a document about the job. */
export type Inside =
  | { readonly _tag: "Bytes"; readonly stream: Stream.Stream<Uint8Array, RequestError> }
  | { readonly _tag: "Document"; readonly document: JobDocument }

/**
 * Reads a document that came in place of the bytes. An exception report, or a document that does not belong here, is an
 * error.
 */
const document = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  body?: Stream.Stream<Uint8Array, RequestError>
): Effect.Effect<Inside, RequestError> =>
  Effect.flatMap(receive(asked, response, body), (document): Effect.Effect<Inside, RequestError> =>
    isJob(document)
      ? Effect.succeed({ _tag: "Document", document })
      : Effect.fail(
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
/** An output may have a root element of the same name, so the namespace of WPS 2.0 is required. */
const jobTag = /<(?:[\w.-]+:)?(?:StatusInfo|Result)\s[^<]*["']http:\/\/www\.opengis\.net\/wps\/2\.0["'][^<]*>/y
const partOfTag = /(?:<[\w:.-]*|<(?:[\w.-]+:)?(?:StatusInfo|Result)\s[^<>]*|<\?[^]*|<!-?|<!--[^]*)?$/y

/** Whether a text begins with a document of the service, with any prefix. None if the text is too short to tell. */
const beginsDocument = (text: string): Option.Option<boolean> => {
  let at = 0
  const matches = (pattern: RegExp): boolean => {
    pattern.lastIndex = at
    return pattern.test(text)
  }
  while (matches(beforeRoot)) at = beforeRoot.lastIndex
  return matches(reportTag) || matches(jobTag)
    ? Option.some(true)
    : matches(partOfTag)
    ? Option.none()
    : Option.some(false)
}

/**
 * Whether an HTML page came in place of another type, such as a login page or a proxy's error. Some servers label
 * everything as HTML, so the text counts too: it must begin as HTML if XML was wanted, and with any tag otherwise.
 */
const isPage = (text: string, contentType: Option.Option<string>, wanted: Option.Option<string>): boolean =>
  Option.exists(contentType, (type) => essenceOf(type) === "text/html") &&
  Option.exists(
    wanted,
    (type) =>
      !/html|\*/.test(type) &&
      (/xml|gml|kml|svg/i.test(type) ? /^[\s\uFEFF]*<(?:!doctype html|html)[\s>]/i : /^[\s\uFEFF]*</).test(text)
  )

/** The root element must start within this many bytes. */
const longestStart = 65_536

/** Reduces UTF-16 to its ASCII characters, which is all that the patterns look for. */
const startOf = (chunks: Chunk.Chunk<Uint8Array>): string =>
  new TextDecoder().decode(concatenate(chunks).subarray(0, longestStart)).replace(/[\0\uFFFD]/g, "")

/**
 * The bytes of an output. An output may itself be XML, so only an exception report counts as a refusal (OGC 05-007r7
 * §10.3.2), and only a WPS 2.0 document counts as an answer about the job (OGC 14-065r2 §9.11), whatever content type
 * it has. A page is refused if `wanted` names another type. The scope holds the connection until the bytes have been
 * read.
 */
export const inside = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  scope: Scope.Scope,
  options: { readonly wanted: Option.Option<string>; readonly watch?: Watch<RequestError> | undefined }
): Effect.Effect<Inside, RequestError> =>
  response.status < 200 || response.status >= 300 ? document(asked, response) : bytes(asked, response, scope, options)

const bytes = (
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  outer: Scope.Scope,
  { wanted, watch }: Parameters<typeof inside>[3]
): Effect.Effect<Inside, RequestError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.fork(outer, ExecutionStrategy.sequential)
      const close = Scope.close(scope, Exit.void)
      const why = yield* Ref.make(Option.none<string>())
      const pull = yield* Scope.extend(Stream.toPull(bodyOf(asked, response)), scope)
      yield* Scope.addFinalizer(
        scope,
        Ref.update(why, Option.orElse(() => Option.some("its bytes can be read no more: their scope has ended")))
      )
      const contentType = Headers.get(response.headers, "content-type")
      const look = (
        seen: Chunk.Chunk<Uint8Array>
      ): Effect.Effect<readonly [start: Chunk.Chunk<Uint8Array>, isDocument: boolean], RequestError> => {
        const text = startOf(seen)
        const begins = beginsDocument(text)
        const found = [seen, Option.contains(begins, true) || isPage(text, contentType, wanted)] as const
        return Option.isSome(begins) || sizeOf(seen) >= longestStart
          ? Effect.succeed(found)
          : Effect.matchEffect(pull, {
            onFailure: Option.match({ onNone: () => Effect.succeed(found), onSome: Effect.fail }),
            onSuccess: (more) => look(Chunk.appendAll(seen, more))
          })
      }
      const taken = Option.some("its bytes come once and have been taken")
      return yield* restore(
        Effect.flatMap(look(Chunk.empty()), ([start, isDocument]): Effect.Effect<Inside, RequestError> => {
          const whole = Stream.unwrap(Effect.map(
            Ref.getAndUpdate(why, Option.orElse(() => taken)),
            Option.match({
              onSome: (reason): Stream.Stream<Uint8Array, RequestError> =>
                Stream.fail(
                  new TransportError({ operation: asked.operation, url: bare(response.request.url), reason })
                ),
              onNone: () =>
                Stream.fromChunk(start).pipe(
                  Stream.concat(watch === undefined ? Stream.repeatEffectChunkOption(pull) : watched(pull, watch)),
                  Stream.ensuring(close)
                )
            })
          ))
          return isDocument
            ? document(asked, response, whole)
            : Effect.succeed({ _tag: "Bytes", stream: whole })
        })
      ).pipe(Effect.onError(() => close))
    })
  )
