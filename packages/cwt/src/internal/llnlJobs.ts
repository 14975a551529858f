import type { AuthError } from "@effect-wps/auth/AuthError"
import { Endpoint, WpsError } from "@effect-wps/wps"
import * as Headers from "@effect/platform/Headers"
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { explain } from "./explain.ts"
import { begin, drain, toStream } from "./llnlBody.ts"

type Failure = WpsError.WpsError | AuthError
type Request = HttpClientRequest.HttpClientRequest

const largestBody = 32 * 1024 * 1024

// ---------------------------------------------------------------------------------------------------------- documents

/** An optional field. It is none if it is missing or unreadable, because a bad date must not make a job unreadable. */
const optional = <A, I>(schema: Schema.Schema<A, I>) => {
  const read = Schema.decodeUnknownOption(schema)
  return Schema.optionalToRequired(Schema.Unknown, Schema.OptionFromSelf(Schema.typeSchema(schema)), {
    decode: Option.flatMap((value) => read(value)),
    encode: (value): Option.Option<unknown> => value
  })
}

/** The readable values of a list. */
const several = <A, I>(schema: Schema.Schema<A, I>) => {
  const read = Schema.decodeUnknownOption(schema)
  return Schema.optionalToRequired(Schema.Unknown, Schema.Array(Schema.typeSchema(schema)), {
    decode: Option.match({
      onNone: () => [],
      onSome: (all) => Array.isArray(all) ? all.flatMap((one: unknown) => Option.toArray(read(one))) : []
    }),
    encode: (all): Option.Option<unknown> => Option.some(all)
  })
}

const Moment = Schema.DateTimeUtc

/** Some servers write numbers as text. */
const Id = Schema.Union(
  Schema.Int,
  Schema.compose(Schema.String.pipe(Schema.pattern(/^\d{1,15}$/)), Schema.NumberFromString)
).pipe(Schema.nonNegative())

/** The server writes decimals as text, to keep their precision. */
const Size = Schema.Union(
  Schema.Number,
  Schema.compose(Schema.String.pipe(Schema.pattern(/^\d+(?:\.\d*)?$/)), Schema.NumberFromString)
).pipe(Schema.finite(), Schema.nonNegative())

const Output = Schema.Struct({ remote: Schema.String, size: optional(Size) })

export const Job = Schema.Struct({
  id: Id,
  identifier: Schema.NonEmptyString,
  status: optional(Schema.String),
  status_links: several(Schema.String),
  elapsed: optional(Schema.String),
  output: several(Output),
  accepted: optional(Moment),
  datainputs: optional(Schema.String)
})

export type Job = typeof Job.Type

const readJob = ParseResult.decodeUnknownEither(Job)

/** A list of jobs: the readable ones, and the number of all. A list that has jobs, but no readable one, is refused. */
const Results = Schema.transformOrFail(
  Schema.Array(Schema.Unknown),
  Schema.Struct({ jobs: Schema.Array(Schema.typeSchema(Job)), length: Schema.Number }),
  {
    strict: true,
    decode: (all) => {
      const [unreadable, jobs] = Arr.separate(all.map((one) => readJob(one)))
      const issue = unreadable[0]
      return issue !== undefined && jobs.length === 0
        ? ParseResult.fail(issue)
        : ParseResult.succeed({ jobs, length: all.length })
    },
    encode: ({ jobs }) => ParseResult.succeed(jobs)
  }
)

export const Page = Schema.Struct({ next: optional(Schema.String), results: Results })

export type Page = typeof Page.Type

const Message = Schema.Struct({
  id: Schema.Int,
  message: optional(Schema.String),
  percent: optional(Schema.Number),
  created_date: Moment
})

export const Status = Schema.Struct({
  id: Schema.Int,
  status: optional(Schema.String),
  message: several(Message),
  created_date: Moment
})

export type Status = typeof Status.Type

/** Django writes `1 00:00:02.450140`. Python writes `1 day, 0:00:02.450140`. */
export const readElapsed = (text: string): Option.Option<Duration.Duration> => {
  const parts = /^(?:(\d+)(?: days?,)? )?(\d{1,2}):(\d{2}):(\d{2})(?:\.(\d{1,6}))?$/.exec(text.trim())
  if (parts === null) return Option.none()
  const [, days = "0", hours = "0", minutes = "0", seconds = "0", fraction = ""] = parts
  return Option.some(Duration.sum(
    Duration.seconds(((Number(days) * 24 + Number(hours)) * 60 + Number(minutes)) * 60 + Number(seconds)),
    Duration.micros(BigInt(fraction.padEnd(6, "0")))
  ))
}

/** The id in a link to a status. The rest of the link is not trusted. */
export const readStatusId = (link: string): Option.Option<number> =>
  Option.map(
    // Always matches to the end, so that the regular expression does not try each `?`.
    Option.fromNullable(/\/status\/(\d{1,15})(?:\/|\.\w+)?(?:[?#][^]*)?$/.exec(link)?.[1]),
    Number
  )

// -------------------------------------------------------------------------------------------------------------- asking

export interface Asked {
  readonly operation: WpsError.RequestName
  /** If it is set, a 404 means that this job does not exist. */
  readonly jobId: Option.Option<number>
}

const Detail = Schema.parseJson(Schema.Struct({ detail: Schema.String }))
const readDetail = Schema.decodeUnknownOption(Detail)

const retryAfter = (response: HttpClientResponse.HttpClientResponse): Option.Option<number> =>
  Option.filter(
    Option.map(Headers.get(response.headers, "retry-after"), Number),
    (seconds) => Number.isFinite(seconds) && seconds >= 0
  )

export interface Api {
  /** Reads the JSON at a path below the API's URL. */
  readonly get: <A, I>(
    what: Asked,
    path: string,
    schema: Schema.Schema<A, I>,
    query?: Readonly<Record<string, string>>
  ) => Effect.Effect<A, Failure>
  readonly remove: (what: Asked, path: string) => Effect.Effect<void, Failure>
}

/** `client` adds the credentials and limits the time. */
export const make = (
  client: HttpClient.HttpClient.With<HttpClientError.HttpClientError | AuthError>,
  api: URL,
  timeout: Duration.Duration
): Api => {
  const addressOf = (path: string, query: Readonly<Record<string, string>> = {}): string => {
    const url = new URL(api)
    url.pathname = url.pathname.replace(/\/+$/, "") + path
    for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value)
    return url.href
  }

  const transportError = (what: Asked, url: string) => (error: HttpClientError.HttpClientError) =>
    Cause.isTimeoutException(error.cause) ? late(what, url) : new WpsError.TransportError({
      operation: what.operation,
      url: Endpoint.bare(url),
      reason: WpsError.transportReason(error)
    })

  const late = (what: Asked, url: string) =>
    new WpsError.TransportError({
      operation: what.operation,
      url: Endpoint.bare(url),
      reason: `no answer within ${Duration.toSeconds(timeout)} s`
    })

  const readText = (what: Asked, url: string, response: HttpClientResponse.HttpClientResponse) =>
    begin(response.stream, largestBody).pipe(
      Effect.tap((begun) => Option.isSome(begun.rest) ? drain({ stream: toStream(begun) }) : Effect.void),
      Effect.map(({ bytes, rest }) =>
        Option.isSome(rest) ? Option.none() : Option.some(new TextDecoder().decode(bytes))
      ),
      Effect.interruptible,
      Effect.timeoutFail({ duration: timeout, onTimeout: () => late(what, url) }),
      Effect.catchTag("ResponseError", (error) => Effect.fail(transportError(what, url)(error)))
    )

  /** Decodes an answer, or turns an unexpected one into an error. */
  const judge = <A, E>(
    what: Asked,
    url: string,
    response: HttpClientResponse.HttpClientResponse,
    body: Option.Option<string>,
    read: (text: string) => Effect.Effect<A, E>,
    explainError: (error: E) => string
  ): Effect.Effect<A, WpsError.WpsError> => {
    const { operation } = what
    const { status } = response
    const contentType = Headers.get(response.headers, "content-type")
    const place = Endpoint.bare(url)
    const text = Option.getOrElse(body, () => "")
    const unexpected = (kind: WpsError.UnexpectedResponse["kind"], reason: string) =>
      new WpsError.UnexpectedResponse({
        operation,
        url: place,
        status,
        contentType,
        kind,
        reason,
        excerpt: WpsError.excerpt(text)
      })
    const detail = Option.map(readDetail(text), (said) => WpsError.excerpt(said.detail))

    if (status === 401 || status === 403) {
      return new WpsError.AccessDenied({ operation, url: place, status, reason: Option.getOrElse(detail, () => "") })
    }
    if (status === 429 || status === 503) {
      return new WpsError.ServerBusy({ operation, url: place, status, retryAfter: retryAfter(response) })
    }
    // An HTML page means that the address does not exist. JSON means that the job does not exist.
    if (status === 404 && Option.isSome(what.jobId) && Option.isSome(detail)) {
      return new WpsError.JobNotFound({ operation, url: place, jobId: `${what.jobId.value}` })
    }
    if (Option.isNone(body)) {
      return unexpected("unreadable-json", `the body is longer than ${largestBody / 1024 / 1024} MiB`)
    }
    const isPage = Option.exists(contentType, (type) => /html/i.test(type))
    if (what.operation === "DeleteJob" && response.request.method !== "DELETE") {
      return unexpected("other-document", "the answer is that of another address, where it was sent on to")
    }
    if (status >= 200 && status < 300) {
      return Effect.mapError(read(text), (error) =>
        isPage
          ? unexpected("html", "the body is an HTML page")
          : text.trim() === ""
          ? unexpected("empty", "the body is empty")
          : unexpected("unreadable-json", `the JSON cannot be read: ${WpsError.excerpt(explainError(error))}`))
    }
    return isPage
      ? unexpected("html", "the body is an HTML page")
      : text.trim() === ""
      ? unexpected("empty", "the body is empty")
      : unexpected(
        "http-status",
        Option.match(detail, { onNone: () => "without a reason", onSome: (said) => `it says "${said}"` })
      )
  }

  const exchange = <A, E>(
    what: Asked,
    request: Request,
    read: (text: string) => Effect.Effect<A, E>,
    explainError: (error: E) => string
  ): Effect.Effect<A, Failure> =>
    client.execute(HttpClientRequest.setHeader(request, "accept", "application/json")).pipe(
      Effect.mapError((error) =>
        error._tag === "RequestError" || error._tag === "ResponseError"
          ? transportError(what, request.url)(error)
          : error
      ),
      Effect.flatMap((response) =>
        Effect.flatMap(
          readText(what, request.url, response),
          (body) => judge(what, request.url, response, body, read, explainError)
        )
      )
    )

  return {
    get: (what, path, schema, query) =>
      exchange(
        what,
        HttpClientRequest.get(addressOf(path, query)),
        Schema.decode(Schema.parseJson(schema)),
        (error) => explain(error.issue)
      ),
    remove: (what, path) =>
      exchange(
        what,
        HttpClientRequest.del(addressOf(path)),
        // A login page has a success status too.
        (text) => text.trim().startsWith("<") ? Effect.fail("it is a page") : Effect.void,
        identity
      )
  }
}
