import { Xml, type XmlError } from "@effect-wps/xml"
import * as Headers from "@effect/platform/Headers"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { DataValue } from "../DataValue.ts"
import { bare } from "../Endpoint.ts"
import type { OwsException } from "../Ows.ts"
import type { RequestError } from "../WpsError.ts"
import {
  AccessDenied,
  excerpt as excerptOf,
  JobNotFound,
  ProcessNotFound,
  ServerBusy,
  ServiceException,
  UnexpectedResponse
} from "../WpsError.ts"
import type { WpsResponse } from "../WpsProtocol.ts"
import { type Asked, transportError } from "./asked.ts"
import { concatenate } from "./bytes.ts"
import { type Decoded, responses, toResponse } from "./documents.ts"
import { resolve } from "./endpoint.ts"
import { charsetOf } from "./mediaTypes.ts"
import { bodyOf } from "./unpacked.ts"

/** A body of at most this many bytes is read at once. A larger one, or one of unknown length, is streamed. */
const wholeBody = 1 << 20

/** An error keeps this many bytes of the body. */
const longestHead = 1000

const headerOf = (response: HttpClientResponse.HttpClientResponse, name: string): Option.Option<string> =>
  Option.filter(Headers.get(response.headers, name), (value) => value !== "")

/** The `Retry-After` header in seconds. A date is ignored, because it would need the server's clock. */
const retryAfterOf = (response: HttpClientResponse.HttpClientResponse): Option.Option<number> =>
  Option.filter(
    Option.map(headerOf(response, "retry-after"), Number),
    (seconds) => Number.isFinite(seconds) && seconds >= 0
  )

interface Body {
  readonly decoded: Decoded
  readonly size: number
  /** Computed only for an error. */
  readonly excerpt: () => string
}

/** PHP programs and the like often write an empty line first, but an XML declaration must be at the very start. */
const withoutBlanks = (bytes: Uint8Array): Uint8Array => {
  const at = bytes.findIndex((byte) => byte !== 0x20 && byte !== 0x09 && byte !== 0x0a && byte !== 0x0d)
  return bytes[at] === 0x3c ? bytes.subarray(at) : bytes
}

const readBody = (
  response: HttpClientResponse.HttpClientResponse,
  contentType: Option.Option<string>,
  source: Option.Option<Stream.Stream<Uint8Array, RequestError>>,
  asked: Asked
): Effect.Effect<Body, RequestError> =>
  Effect.suspend(() => {
    const decoder = Xml.decoder(responses, { charset: Option.getOrUndefined(charsetOf(contentType)) })
    let size = 0
    let head = new Uint8Array(0)
    const take = (chunk: Uint8Array) => {
      if (head.length < longestHead) head = concatenate([head, chunk.subarray(0, longestHead)])
      decoder.write(size === 0 ? withoutBlanks(chunk) : chunk)
      size += chunk.length
    }
    // A compressed body may be far longer than its length says.
    const length = Option.isSome(headerOf(response, "content-encoding"))
      ? Option.none()
      : Option.map(headerOf(response, "content-length"), Number)
    const read = Option.isNone(source) && Option.exists(length, (bytes) => bytes <= wholeBody)
      ? Effect.mapBoth(response.arrayBuffer, {
        onSuccess: (buffer) => take(new Uint8Array(buffer)),
        onFailure: transportError(asked, response.request.url)
      })
      // Stream.runForEachWhile would hold the whole body until its end.
      : Stream.runFoldWhile(Option.getOrElse(source, () => bodyOf(asked, response)), true, identity, (_, chunk) => {
        take(chunk)
        return !decoder.failed
      })
    return Effect.map(read, () => ({
      decoded: Either.map(decoder.end(), toResponse),
      size,
      excerpt: () => excerptOf(new TextDecoder().decode(head))
    }))
  })

export type Answer = Exclude<WpsResponse, { _tag: "ExceptionReport" }>

const isAnswer = (document: WpsResponse): document is Answer => document._tag !== "ExceptionReport"

/** A document about a job, in any version. */
export type JobDocument = Extract<WpsResponse, { _tag: "ExecuteResponse" | "StatusInfo" | "Result" }>

export const isJob = (document: WpsResponse): document is JobDocument =>
  document._tag === "ExecuteResponse" || document._tag === "StatusInfo" || document._tag === "Result"

/** Reads an answer by its own root element, whatever the request and the HTTP status are. */
export const receive = Effect.fnUntraced(function*(
  asked: Asked,
  response: HttpClientResponse.HttpClientResponse,
  source?: Stream.Stream<Uint8Array, RequestError>
): Effect.fn.Return<Answer, RequestError> {
  const { operation } = asked
  const { status } = response
  const contentType = headerOf(response, "content-type")
  const body = yield* readBody(
    response,
    contentType,
    Option.fromNullable(source),
    asked
  )
  if (Either.isRight(body.decoded) && isAnswer(body.decoded.right) && status < 400) {
    const answer = located(body.decoded.right, response)
    return isJob(answer) && Option.isSome(answer.value.nextPoll)
      ? timed(answer, response, yield* Clock.currentTimeMillis)
      : answer
  }

  const url = bare(response.request.url)
  const unexpected = (kind: UnexpectedResponse["kind"], reason: string) =>
    new UnexpectedResponse({ operation, url, status, contentType, kind, reason, excerpt: body.excerpt() })

  const report = Option.flatMap(
    Either.getRight(body.decoded),
    (document) => isAnswer(document) ? Option.none() : Option.some(document.value.exceptions)
  )
  if (status === 401 || status === 403) {
    const reason = Option.match(report, { onNone: () => "", onSome: (all) => all.map(String).join("; ") })
    return yield* new AccessDenied({ operation, url, status, reason })
  }
  if (status === 429 || status === 503 || Option.exists(report, (all) => all[0]?.code === "ServerBusy")) {
    return yield* new ServerBusy({ operation, url, status, retryAfter: retryAfterOf(response) })
  }
  if (Option.isSome(report)) return yield* refusal(asked, url, status, report.value)
  if (Either.isLeft(body.decoded)) return yield* misread(body, body.decoded.left, contentType, unexpected)
  const document = body.decoded.right
  if (isJob(document) && document.value.status._tag === "Failed") {
    return located(document, response)
  }
  return yield* unexpected("http-status", `with a ${document._tag} document, which does not go with that status`)
})

/**
 * Translates the time of the next request to the clock of this machine, if the server tells the time of its own clock.
 */
const timed = (answer: JobDocument, response: HttpClientResponse.HttpClientResponse, now: number): JobDocument => {
  // DateTime reads only ISO 8601.
  const theirs = Option.flatMap(headerOf(response, "date"), (date) => DateTime.make(Date.parse(date)))
  return {
    _tag: answer._tag,
    value: {
      ...answer.value,
      nextPoll: Option.map(answer.value.nextPoll, (moment) =>
        Option.match(theirs, {
          onNone: () => moment,
          onSome: ({ epochMillis }) => DateTime.add(moment, { millis: now - epochMillis })
        }))
    }
  }
}

/** Resolves the relative addresses of a document against its own address. */
const located = (answer: Answer, response: HttpClientResponse.HttpClientResponse): Answer => {
  if (!isJob(answer)) return answer
  const { outputs, statusLocation } = answer.value
  if (Option.isNone(statusLocation) && !outputs.some(({ data }) => isElsewhere(data))) return answer
  const url = bare(response.request.url)
  return {
    _tag: answer._tag,
    value: {
      ...answer.value,
      statusLocation: Option.map(statusLocation, (location) => resolve(location, url)),
      outputs: outputs.map((output) => ({ ...output, data: placed(output.data, url) }))
    }
  }
}

const isElsewhere = (data: DataValue): boolean => data._tag === "Reference" || data._tag === "NestedData"

const placed = (data: DataValue, document: string): DataValue =>
  data._tag === "Reference"
    ? { ...data, href: resolve(data.href, document) }
    : data._tag === "NestedData"
    ? { ...data, parts: data.parts.map((part) => ({ ...part, data: placed(part.data, document) })) }
    : data

const refusal = (asked: Asked, url: string, status: number, exceptions: ReadonlyArray<OwsException>): RequestError => {
  const first = exceptions[0]
  /** Servers use the standard's code, or name the parameter that is wrong. */
  const isUnknown = (code: string, parameter: string) =>
    first !== undefined && (first.code === code ||
      (first.code === "InvalidParameterValue" && Option.exists(first.locator, (at) => at.toLowerCase() === parameter)))
  return Option.isSome(asked.jobId) && isUnknown("NoSuchJob", "jobid")
    ? new JobNotFound({ operation: asked.operation, url, jobId: asked.jobId.value })
    : Option.isSome(asked.identifier) && isUnknown("NoSuchProcess", "identifier")
    ? new ProcessNotFound({ url, identifier: asked.identifier.value })
    : new ServiceException({ operation: asked.operation, url, status, exceptions })
}

/** The title of a server's error page says what went wrong. */
const titleOf = (page: string): string => {
  const title = /<title[^>]*>\s*([^<]*)/i.exec(page)?.[1]?.trim().slice(0, 100) ?? ""
  return title === "" ? "" : `, "${title}"`
}

const misread = (
  body: Body,
  error: XmlError.XmlError,
  contentType: Option.Option<string>,
  unexpected: (kind: UnexpectedResponse["kind"], reason: string) => UnexpectedResponse
): UnexpectedResponse => {
  const excerpt = body.excerpt()
  const why = error.message.replace(/\.$/, "")
  return body.size === 0 || excerpt.trim() === ""
    ? unexpected("empty", "the body is empty")
    : /^\s*<(!doctype\s+html|html)\b/i.test(excerpt) || Option.exists(contentType, (type) => /html/i.test(type))
    ? unexpected("html", `the body is an HTML page${titleOf(excerpt)}`)
    : !/^[\s\uFEFF\uFFFD]*</.test(excerpt)
    ? unexpected(
      "not-xml",
      `the body is ${Option.exists(contentType, (type) => /json/i.test(type)) ? "JSON" : "no XML"}`
    )
    : error.reason === "unexpected-root"
    ? unexpected("other-document", `the body is another document: ${why}`)
    : error.reason === "missing" || error.reason === "repeated" || error.reason === "invalid-value"
    ? unexpected("unreadable-xml", `the document cannot be read: ${why}`)
    : unexpected("malformed-xml", `the document is malformed or cut: ${why}`)
}
