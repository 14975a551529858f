import * as Auth from "@effect-wps/auth/Auth"
import type { InvalidOrigin } from "@effect-wps/auth/AuthError"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Arr from "effect/Array"
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type { Capabilities } from "../Capabilities.ts"
import * as Endpoint from "../Endpoint.ts"
import type { ExecuteRequest } from "../Execute.ts"
import type * as Operation from "../Operation.ts"
import type { ProcessDescription } from "../ProcessDescription.ts"
import * as Upload from "../Upload.ts"
import { Wps100 } from "../Wps100.ts"
import { Wps200 } from "../Wps200.ts"
import type { Options, RequestFailure } from "../WpsClient.ts"
import {
  InputFault,
  InvalidInputs,
  InvalidUrl,
  isTransient,
  ProcessNotFound,
  TransportError,
  transportReason,
  UnexpectedResponse,
  VersionNotSupported
} from "../WpsError.ts"
import type { WpsMessage, WpsProtocol, WpsRequest, WpsResponse } from "../WpsProtocol.ts"
import { type Asked, asked } from "./asked.ts"
import * as batched from "./batched.ts"
import * as deadlinesInternal from "./deadlines.ts"
import * as endpoint from "./endpoint.ts"
import { type Answer, receive } from "./receive.ts"
import * as upload from "./upload.ts"

const xmlType = "text/xml; charset=utf-8"

/** An Execute whose inputs may be uploads, which are sent while they are read. */
export type GivenRequest = Omit<ExecuteRequest, "inputs"> & { readonly inputs: ReadonlyArray<Operation.GivenInput> }

export type Sendable = WpsRequest | { readonly _tag: "Execute"; readonly request: GivenRequest }

const isPlain = (request: Sendable): request is WpsRequest =>
  request._tag !== "Execute" || !request.request.inputs.some(({ data }) => Upload.isUpload(data))

export const xmlFirst = "text/xml, application/xml;q=0.9, */*;q=0.1"

/** Whether a refused batch may hold processes that can be described alone. */
const isSpoilt = (error: RequestFailure): boolean =>
  error._tag === "ServiceException" || error._tag === "UnexpectedResponse"

/** The most identifiers in one DescribeProcess. Some servers refuse longer URLs. */
const maxBatch = 40

/** `2.0` of `2.0.2`: corrections of the standard's text do not change the documents. */
const release = (version: string): string => version.trim().split(".").slice(0, 2).join(".")

/** How to send a request and read its answer. */
export interface Sending<A> {
  readonly accept: string
  /** How long the head of the answer may take, and then the part of the body that is read. */
  readonly limit: Duration.Duration
  readonly read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, RequestFailure>
}

/** One service: how to ask it, and what is known about it. */
export interface Service {
  readonly url: string
  readonly timeout: Duration.Duration
  /** The version to speak. */
  readonly protocol: Effect.Effect<WpsProtocol, RequestFailure>
  /** The version in which to ask for a job by its id. */
  readonly byId: Effect.Effect<WpsProtocol, RequestFailure>
  readonly capabilities: Effect.Effect<Capabilities, RequestFailure>
  readonly descriptions: batched.Batched<ProcessDescription, RequestFailure>
  readonly describeAll: Effect.Effect<ReadonlyArray<ProcessDescription>, RequestFailure>
  /** The address to use for one that the service gave. */
  readonly linked: (location: string) => Either.Either<URL, InvalidUrl>
  readonly exchange: <A>(
    what: Asked,
    request: HttpClientRequest.HttpClientRequest,
    read: Sending<A>["read"],
    limit: Duration.Duration
  ) => Effect.Effect<A, RequestFailure>
  readonly send: <A>(
    what: Asked,
    protocol: WpsProtocol,
    request: Sendable,
    options: Sending<A>
  ) => Effect.Effect<A, RequestFailure>
  readonly ask: (what: Asked, protocol: WpsProtocol, request: Sendable) => Effect.Effect<Answer, RequestFailure>
  /** The parts of a request that a protocol cannot write. */
  readonly unwritable: (protocol: WpsProtocol, request: GivenRequest) => ReadonlyArray<InputFault>
  /** Retries a request as the client's options say. It is never used for an Execute. */
  readonly retried: <A, R>(question: Effect.Effect<A, RequestFailure, R>) => Effect.Effect<A, RequestFailure, R>
  readonly late: (what: Asked, url: string) => TransportError
  /** The error for a document of another kind than the request asks for. */
  readonly other: (what: Asked, document: WpsResponse["_tag"]) => UnexpectedResponse
}

/** The scope owns the look-ups that are running. */
export const make = Effect.fnUntraced(function*(
  options: Options
): Effect.fn.Return<Service, InvalidUrl | InvalidOrigin, HttpClient.HttpClient | Auth.Auth | Scope.Scope> {
  const base = yield* Endpoint.parse(options.url)
  const baseUrl = Endpoint.bare(options.url)
  const protocols = Arr.ensure(options.protocol ?? Wps100)
  const preferred = protocols[0] ?? Wps100
  const postUrl = endpoint.withParameters(base, [])
  const origins = [base.origin, ...(options.origins ?? [])]
  const rewrite = options.rewriteUrl ?? ((url: string) => url)
  const language = Option.fromNullable(options.language)
  const timeout = Duration.decode(options.timeout ?? "1 minute")
  const timeToLive = options.timeToLive ?? "1 hour"
  const plain = yield* HttpClient.HttpClient

  // A login before a request may take longer, so its time is not counted.
  const deadlines = yield* deadlinesInternal.make
  // The waits of the caller's own client, such as a rate limit, are not counted either.
  const counted = HttpClient.transform(plain, deadlines.counted)
  const timed = options.transformClient?.(counted) ?? counted
  const authorized = yield* Auth.authorizeClient(timed, {
    auth: yield* Auth.Auth,
    origins,
    ...(options.refusal === undefined ? {} : { refusal: options.refusal })
  })

  /** Services behind proxies may name a host that cannot be reached. The error then points to `rewriteUrl`. */
  const told = (reason: string, url: string) =>
    Option.exists(Either.getRight(Endpoint.parse(url)), ({ origin }) => origin !== base.origin)
      ? `${reason}; this is not the service's host: it may be one that the service named, which \`rewriteUrl\` can change`
      : reason

  const unanswered = (what: Asked, url: string, reason: string) =>
    new TransportError({ operation: what.operation, url: Endpoint.bare(url), reason: told(reason, url) })

  const late = (what: Asked, url: string) => unanswered(what, url, `no answer within ${Duration.toSeconds(timeout)} s`)

  /**
   * Sends a request and reads its answer. The limit applies to the head, and then again to the part of the body that is
   * read.
   */
  const exchange = <A>(
    what: Asked,
    request: HttpClientRequest.HttpClientRequest,
    read: (response: HttpClientResponse.HttpClientResponse) => Effect.Effect<A, RequestFailure>,
    limit: Duration.Duration
  ): Effect.Effect<A, RequestFailure> =>
    deadlines.within(
      authorized.execute(request).pipe(
        Effect.mapError((error) =>
          error._tag === "RequestError" || error._tag === "ResponseError"
            ? unanswered(what, request.url, transportReason(error))
            : error
        ),
        Effect.flatMap((response) => deadlines.counted(read(response)))
      ),
      limit,
      () => late(what, request.url)
    )

  const invalid = (what: Asked, faults: ReadonlyArray<InputFault>) =>
    new InvalidInputs({ identifier: Option.getOrElse(what.identifier, () => what.operation), faults })

  const encode = (
    what: Asked,
    protocol: WpsProtocol,
    request: WpsRequest
  ): Effect.Effect<WpsMessage, InvalidInputs> =>
    Either.match(protocol.encodeRequest(request), {
      onLeft: (faults) => Effect.fail(invalid(what, faults)),
      onRight: Effect.succeed
    })

  const unwritable = (protocol: WpsProtocol, request: GivenRequest): ReadonlyArray<InputFault> => {
    const [inputs] = upload.place(request.inputs, 0)
    const encoded = protocol.encodeRequest({ _tag: "Execute", request: { ...request, inputs } })
    return Either.isLeft(encoded) ? encoded.left : []
  }

  /** The message with its uploads, whose bytes are read while they are sent. */
  const encodeUploads = (
    what: Asked,
    protocol: WpsProtocol,
    request: GivenRequest,
    broken: Ref.Ref<Option.Option<InputFault>>,
    ended: Deferred.Deferred<void>,
    attempt = 0
  ): Effect.Effect<HttpBody.HttpBody, InvalidInputs> => {
    const [inputs, uploads] = upload.place(request.inputs, attempt)
    return Effect.flatMap(
      encode(what, protocol, { _tag: "Execute", request: { ...request, inputs } }),
      (message) =>
        message._tag === "Get"
          ? Effect.fail(invalid(
            what,
            uploads.map(({ identifier }) =>
              new InputFault({ input: identifier, reason: "is sent as it is read, which goes by POST only" })
            )
          ))
          : Option.match(upload.split(message.body, uploads), {
            onNone: () =>
              attempt < 9
                ? encodeUploads(what, protocol, request, broken, ended, attempt + 1)
                : Effect.fail(invalid(
                  what,
                  uploads.map(({ identifier }) =>
                    new InputFault({ input: identifier, reason: "is not written by this protocol as it stands" })
                  )
                )),
            onSome: (parts) => Effect.succeed(upload.body(parts, uploads, xmlType, broken, ended))
          })
    )
  }

  const http = (operation: WpsRequest["_tag"], message: WpsMessage | HttpBody.HttpBody, accept: string) =>
    Effect.map(urlOf(operation, message._tag === "Get" ? "GET" : "POST"), (url) => {
      if (message._tag === "Get") {
        const request = HttpClientRequest.get(endpoint.withParameters(url, message.parameters))
        return HttpClientRequest.setHeader(request, "accept", accept)
      }
      const request = HttpClientRequest.post(url === base ? postUrl : endpoint.withParameters(url, []))
      return HttpClientRequest.setHeader(
        message._tag === "Post"
          ? HttpClientRequest.bodyText(request, message.body, xmlType)
          : HttpClientRequest.setBody(request, message),
        "accept",
        accept
      )
    })

  const send = <A>(
    what: Asked,
    protocol: WpsProtocol,
    request: Sendable,
    options: Sending<A>
  ): Effect.Effect<A, RequestFailure> => {
    const ask = (message: WpsMessage | HttpBody.HttpBody) =>
      Effect.flatMap(
        http(request._tag, message, options.accept),
        (encoded) => exchange(what, encoded, options.read, options.limit)
      )
    if (isPlain(request)) return Effect.flatMap(encode(what, protocol, request), ask)
    return Effect.gen(function*() {
      const broken = yield* Ref.make(Option.none<InputFault>())
      const ended = yield* Deferred.make<void>()
      return yield* Effect.flatMap(encodeUploads(what, protocol, request.request, broken, ended), ask).pipe(
        Effect.catchAll((error) =>
          Effect.flatMap(
            Ref.get(broken),
            (fault) => Effect.fail(Option.isSome(fault) ? invalid(what, [fault.value]) : error)
          )
        ),
        Effect.ensuring(Deferred.succeed(ended, void 0))
      )
    })
  }

  const ask = (
    what: Asked,
    protocol: WpsProtocol,
    request: Sendable
  ) =>
    send(what, protocol, request, {
      accept: xmlFirst,
      limit: request._tag === "Execute" ? Duration.infinity : timeout,
      read: (response) => receive(what, response)
    })

  const other = (what: Asked, document: WpsResponse["_tag"]) =>
    new UnexpectedResponse({
      operation: what.operation,
      url: baseUrl,
      status: 200,
      contentType: Option.none(),
      kind: "other-document",
      reason: `with a ${document} document`,
      excerpt: ""
    })

  const { retry } = options
  const retried: Service["retried"] = (question) =>
    retry === undefined ? question : Effect.retry(question, { schedule: retry, while: isTransient })

  // ------------------------------------------------------------------------------------------ capabilities, describe

  /** Runs a request once for all callers, and caches its answer for `timeToLive`. */
  const kept = <A>(
    asking: Effect.Effect<A, RequestFailure>
  ): Effect.Effect<Effect.Effect<A, RequestFailure>, never, Scope.Scope> =>
    Effect.map(
      batched.make<A, RequestFailure>({
        maxBatch: 1,
        timeToLive,
        lookup: () => Effect.map(Effect.exit(asking), (exit) => new Map([["", exit]]))
      }),
      ({ get }) => get("")
    )

  const capabilitiesOf = asked("GetCapabilities")
  const capabilities = yield* kept(Effect.flatMap(
    retried(ask(capabilitiesOf, preferred, {
      _tag: "GetCapabilities",
      acceptVersions: protocols.map((one) => one.version),
      language
    })),
    (document) =>
      document._tag === "Capabilities"
        ? Effect.succeed(document.value)
        : Effect.fail(other(capabilitiesOf, document._tag))
  ))

  /** The version that the service chose from those of the client. */
  const negotiated: Effect.Effect<WpsProtocol, RequestFailure> = protocols.length === 1
    ? Effect.succeed(preferred)
    : Effect.flatMap(capabilities, ({ version }) => {
      const offered = Option.getOrElse(version, () => "1.0.0")
      const chosen = protocols.find((one) => release(one.version) === release(offered))
      return chosen === undefined
        ? Effect.fail(
          new VersionNotSupported({ url: baseUrl, offered, spoken: protocols.map((one) => one.version) })
        )
        : Effect.succeed(chosen)
    })

  /** A job with an id comes from WPS 2.0, even if 1.0.0 is spoken. */
  const withIds = Effect.map(negotiated, (protocol) => protocol.version === Wps100.version ? Wps200 : protocol)

  const advertised = (operation: WpsRequest["_tag"], method: "GET" | "POST"): Effect.Effect<URL, RequestFailure> =>
    Effect.flatMap(capabilities, ({ operations }) => {
      const endpoints = operations.filter((one) => one.name === operation).flatMap((one) => one.endpoints)
        .filter((one) => one.method === method && one.href !== "")
      // Of several addresses, some are for SOAP or for parameters in the body.
      const takesXml = ({ constraints }: (typeof endpoints)[number]) =>
        constraints.every(({ values }) => values.length === 0 || values.some((value) => /xml|kvp/i.test(value)))
      const found = endpoints.find(takesXml) ?? endpoints[0]
      return found === undefined ? Effect.succeed(base) : Effect.filterOrFail(
        Endpoint.parse(rewrite(found.href), options.url),
        (url) => origins.some((origin) => new URL(origin).origin === url.origin),
        (url) =>
          new InvalidUrl({
            url: Endpoint.bare(url.href),
            reason: `the service advertises it for ${operation}, and its origin is not among those named; ` +
              `add it to \`origins\`, or leave \`operationUrls\` at "given"`
          })
      )
    })

  const urlOf = (operation: WpsRequest["_tag"], method: "GET" | "POST"): Effect.Effect<URL, RequestFailure> =>
    options.operationUrls === "advertised" && operation !== "GetCapabilities"
      ? advertised(operation, method)
      : Effect.succeed(base)

  // Otherwise a service with many processes would get all the requests at once.
  const descriptionsAtOnce = yield* Effect.makeSemaphore(8)

  const requestDescriptions = (
    identifiers: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyArray<ProcessDescription>, RequestFailure> => {
    const what = asked(
      "DescribeProcess",
      identifiers.length === 1 && identifiers[0] !== "ALL" ? identifiers[0] : undefined
    )
    return Effect.flatMap(
      Effect.flatMap(
        negotiated,
        (protocol) =>
          retried(
            descriptionsAtOnce.withPermits(1)(ask(what, protocol, { _tag: "DescribeProcess", identifiers, language }))
          )
      ),
      (document) =>
        document._tag === "ProcessDescriptions"
          ? Effect.succeed(document.value)
          : Effect.fail(other(what, document._tag))
    )
  }

  /**
   * One process that is unknown or badly described makes the server refuse the whole batch. Then each is asked for
   * alone.
   */
  const lookup = (
    identifiers: ReadonlyArray<string>
  ): Effect.Effect<ReadonlyMap<string, Exit.Exit<ProcessDescription, RequestFailure>>> =>
    Effect.flatMap(Effect.exit(requestDescriptions(identifiers)), (exit) => {
      if (identifiers.length > 1 && Exit.isFailure(exit) && Option.exists(Cause.failureOption(exit.cause), isSpoilt)) {
        return Effect.map(
          Effect.forEach(identifiers, (identifier) => lookup([identifier]), { concurrency: "unbounded" }),
          (all) => new Map(all.flatMap((one) => [...one]))
        )
      }
      const found = Exit.map(exit, (all) => new Map(all.map((one) => [one.identifier, one])))
      return Effect.succeed(
        new Map(identifiers.map((identifier) => [
          identifier,
          Exit.flatMap(found, (all): Exit.Exit<ProcessDescription, RequestFailure> => {
            const one = all.get(identifier)
            return one === undefined
              ? Exit.fail(new ProcessNotFound({ url: baseUrl, identifier }))
              : Exit.succeed(one)
          })
        ]))
      )
    })
  const descriptions = yield* batched.make({ lookup, timeToLive, maxBatch })

  const describeEach = Effect.flatMap(
    capabilities,
    ({ processes }) =>
      Effect.forEach(processes, ({ identifier }) => descriptions.get(identifier), { concurrency: "unbounded" })
  )

  // Not every server supports ALL. Some refuse it, and javaPS answers without any description.
  const describeAll = yield* kept(
    requestDescriptions(["ALL"]).pipe(
      Effect.catchIf((error) => error._tag === "ServiceException", () => Effect.succeed([])),
      Effect.flatMap((all) =>
        all.length === 0
          ? describeEach
          : Effect.as(descriptions.set(all.map((one) => [one.identifier, one])), all)
      )
    )
  )

  const linked = (location: string): Either.Either<URL, InvalidUrl> => Endpoint.parse(rewrite(location))

  return {
    url: baseUrl,
    timeout,
    protocol: negotiated,
    byId: withIds,
    capabilities,
    descriptions,
    describeAll,
    linked,
    exchange,
    send,
    ask,
    unwritable,
    retried,
    late,
    other
  }
})
