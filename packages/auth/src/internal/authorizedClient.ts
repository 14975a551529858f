import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpTraceContext from "@effect/platform/HttpTraceContext"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as FiberRef from "effect/FiberRef"
import * as HashSet from "effect/HashSet"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as Tracer from "effect/Tracer"
import type { AuthorizeClientOptions } from "../Auth.ts"
import { type AuthError, InvalidCredentials, InvalidOrigin, RedirectRefused, TooManyRedirects } from "../AuthError.ts"
import * as clientRequest from "./clientRequest.ts"
import { bareRequest, ConcealedResponse, requestError } from "./concealed.ts"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse
type Failure = HttpClientError.HttpClientError | AuthError
type Pair = readonly [name: string, value: string]

const isHttp = (url: URL): boolean => url.protocol === "http:" || url.protocol === "https:"

const parse = (text: string, base?: URL): Option.Option<URL> => Option.liftThrowable(() => new URL(text, base))()

const bare = (url: URL): string => url.origin + url.pathname

const parseOrigin = (text: string): Either.Either<string, InvalidOrigin> =>
  Option.match(parse(text), {
    onNone: () => Either.left(new InvalidOrigin({ origin: "(unreadable)", reason: "it is not an absolute URL" })),
    onSome: (url) => {
      const refuse = (reason: string) =>
        Either.left(new InvalidOrigin({ origin: `${url.protocol}//${url.host}`, reason }))
      return !isHttp(url)
        ? refuse("it is neither http nor https")
        : url.username !== "" || url.password !== ""
        ? refuse("it holds a user name")
        : url.pathname !== "/" || url.search !== "" || url.hash !== ""
        ? refuse("it goes beyond the origin, and credentials are given to whole origins")
        : Either.right(url.origin)
    }
  })

// --- credentials -----------------------------------------------------------------------------------------------------

/** What a scheme adds to requests: the names of headers, and query parameters. */
interface Added {
  readonly headers: HashSet.HashSet<string>
  readonly query: ReadonlyArray<Redacted.Redacted<Pair>>
}

const added = (plain: Request, plainUrl: URL, sent: Request, sentUrl: URL): Added => ({
  headers: HashSet.fromIterable(
    Object.keys(sent.headers).filter((name) => sent.headers[name] !== plain.headers[name])
  ),
  query: sentUrl.search === plainUrl.search ? [] : Array.from(sentUrl.searchParams)
    .filter(([name, value]) => !plainUrl.searchParams.getAll(name).includes(value))
    .map((pair) => Redacted.make(pair))
})

/** Where a request goes. The scheme may have changed its address since the address was parsed as `url`. */
const addressOf = (request: Request, before: Request, url: URL): Option.Option<URL> =>
  request.url === before.url && request.urlParams === before.urlParams
    ? Option.some(url)
    : HttpClientRequest.toUrl(request)

const isIn = (query: Added["query"]) => ([name, value]: Pair): boolean =>
  query.some((pair) => {
    const [secretName, secretValue] = Redacted.value(pair)
    return secretName === name && secretValue === value
  })

/** The URL without some query parameters. The others keep their spelling. */
const withoutQuery = (url: URL, query: Added["query"]): string => {
  const isSecret = isIn(query)
  const kept = url.search.slice(1).split("&").filter((part) => !Array.from(new URLSearchParams(part)).some(isSecret))
  const search = kept.join("&")
  return bare(url) + (search === "" ? "" : `?${search}`)
}

/** A URL's user name is a credential as well: some clients send it, and others repeat it in their errors. */
const withoutUser = (request: Request, url: URL): Request =>
  url.username === "" && url.password === ""
    ? request
    : Option.match(parse(request.url), {
      onNone: () => request,
      onSome: (own) => {
        own.username = ""
        own.password = ""
        return clientRequest.replace(request, { url: own.href })
      }
    })

const traceHeaders = ["traceparent", "tracestate", "baggage", "b3", /^x-b3-/]

const ownHeaders = ["authorization", "proxy-authorization", "cookie"]

/** Whether clients refuse a header's value. Some of them repeat it in the error. */
const isUnsendable = (value: string): boolean => /[^\t\x20-\x7e\x80-\xff]/.test(value)

// --- bodies ----------------------------------------------------------------------------------------------------------

const isReplayable = (body: HttpBody.HttpBody): boolean =>
  body._tag === "Raw"
    ? typeof body.body === "string" || ArrayBuffer.isView(body.body) || body.body instanceof ArrayBuffer
    : body._tag !== "Stream"

const largestDrained = 64 * 1024

/** Ends a response that nobody will read: a short body is read, so that the connection can be used again. */
const release = (response: Response): Effect.Effect<void> =>
  response.stream.pipe(
    Stream.mapAccum(0, (read, bytes) => [read + bytes.length, read + bytes.length]),
    Stream.takeUntil((read) => read > largestDrained),
    Stream.runDrain,
    // Where this runs as a finalizer, the limit would not hold otherwise.
    Effect.interruptible,
    Effect.timeoutOption("1 second"),
    // It may have been read already, or have no body.
    Effect.catchAllCause(() => Effect.void)
  )

const bodyHeaders = [/^content-/, "transfer-encoding", "expect"]

const asGet = (request: Request): Request =>
  clientRequest.replace(request, {
    method: request.method === "HEAD" ? "HEAD" : "GET",
    body: HttpBody.empty,
    headers: Headers.remove(request.headers, bodyHeaders)
  })

// --- redirects -------------------------------------------------------------------------------------------------------

const redirects: ReadonlySet<number> = new Set([301, 302, 303, 307, 308])

/** A browser that must not follow a redirect answers so, and hides where it leads. */
const isOpaqueRedirect = (response: Response): boolean => response.status === 0

const redirected = (
  request: Request,
  from: URL,
  response: Response,
  isNamed: (url: URL) => boolean
): Option.Option<Either.Either<readonly [request: Request, to: URL], RedirectRefused>> => {
  const { status } = response
  const refuse = (to: string, reason: string) =>
    Option.some(Either.left(new RedirectRefused({ from: bare(from), to, status, reason })))

  if (isOpaqueRedirect(response)) return refuse("(hidden)", "a browser does not tell where it leads")
  if (!redirects.has(status)) return Option.none()
  const location = Headers.get(response.headers, "location")
  if (Option.isNone(location)) return Option.none()

  const target = parse(location.value, from)
  if (Option.isNone(target)) return refuse("(unreadable)", "the address cannot be read")
  const to = target.value
  if (!isHttp(to)) return refuse(to.protocol, "it is neither http nor https")
  if (from.protocol === "https:" && to.protocol === "http:") return refuse(bare(to), "it leads from https to http")

  const follow = (next: Request) => Option.some(Either.right([next, to] as const))
  const isSafe = (request.method === "GET" || request.method === "HEAD") && request.body._tag === "Empty"
  if (isSafe) return follow(request)
  if (status === 303) return follow(asGet(request))
  if (status === 301 || status === 302) {
    return refuse(bare(to), `a ${request.method} request may not become another by redirect`)
  }
  if (!isNamed(to)) return refuse(bare(to), `a ${request.method} request would go to an origin that was not named`)
  if (!isReplayable(request.body)) return refuse(bare(to), "the request's body is a stream, which is sent only once")
  return follow(request)
}

// --- sending ---------------------------------------------------------------------------------------------------------

/** Fetch follows redirects by itself unless it is told not to. */
const withoutFollowing = <R>(context: Context.Context<R>): Context.Context<R | FetchHttpClient.RequestInit> =>
  Context.add(context, FetchHttpClient.RequestInit, {
    ...Option.getOrUndefined(Context.getOption(context, FetchHttpClient.RequestInit)),
    redirect: "manual"
  })

const isRedacted = (names: ReadonlyArray<string | RegExp>, header: string): boolean =>
  names.some((name) => typeof name === "string" ? name.toLowerCase() === header : name.test(header))

/** Runs with the headers of the scheme redacted wherever a request is shown. */
const redacting = <A, E, R>(
  effect: Effect.Effect<A, E, R>,
  names: ReadonlyArray<string | RegExp>,
  headers: HashSet.HashSet<string>
): Effect.Effect<A, E, R> =>
  HashSet.every(headers, (header) => isRedacted(names, header))
    ? effect
    : Effect.locally(effect, Headers.currentRedactedNames, [...names, ...headers])

/**
 * Sends one request under one client span. The client's own span is off, because it would record the query and send
 * trace headers to any origin. `told` is the request as errors and spans may show it. Every request comes through here,
 * so this is written as one step of the runtime.
 */
const transmit = (
  client: HttpClient.HttpClient,
  options: {
    readonly request: Request
    readonly told: Request
    readonly url: URL
    readonly propagate: boolean
    readonly secretHeaders: HashSet.HashSet<string>
    readonly conceal: (response: Response) => ConcealedResponse
  }
): Effect.Effect<Response, HttpClientError.HttpClientError> =>
  Effect.withFiberRuntime((fiber) => {
    const { conceal, propagate, request, secretHeaders, told, url } = options
    const send = (request: Request, span: Option.Option<Tracer.Span>) =>
      client.execute(request).pipe(
        Effect.mapBoth({
          onFailure: (error) =>
            error._tag === "RequestError" ? requestError(error, told) : conceal(error.response).error(error),
          onSuccess: (response) => {
            if (Option.isSome(span)) span.value.attribute("http.response.status_code", response.status)
            return conceal(response)
          }
        }),
        Effect.mapInputContext((context: Context.Context<never>) =>
          Option.match(span, {
            onNone: () => withoutFollowing(context),
            onSome: (span) => Context.add(withoutFollowing(context), Tracer.ParentSpan, span)
          })
        ),
        Effect.withTracerEnabled(false)
      )

    const isTraced = fiber.getFiberRef(FiberRef.currentTracerEnabled) &&
      !fiber.getFiberRef(HttpClient.currentTracerDisabledWhen)(told)
    const sent = !isTraced ? send(request, Option.none()) : Effect.useSpan(
      Context.get(fiber.currentContext, HttpClient.SpanNameGenerator)(told),
      {
        kind: "client",
        captureStackTrace: false,
        attributes: {
          "http.request.method": request.method,
          "server.address": url.origin,
          ...(url.port === "" ? {} : { "server.port": Number(url.port) }),
          "url.path": url.pathname,
          "url.scheme": url.protocol.slice(0, -1)
        }
      },
      (span) =>
        send(
          propagate && fiber.getFiberRef(HttpClient.currentTracerPropagation)
            ? HttpClientRequest.setHeaders(request, HttpTraceContext.toHeaders(span))
            : request,
          Option.some(span)
        )
    )
    return redacting(sent, fiber.getFiberRef(Headers.currentRedactedNames), secretHeaders)
  })

/** A request with its credentials, and the query parameters that the scheme added. */
interface Authorized {
  readonly request: Request
  readonly query: Added["query"]
}

/** A response, and whether the request has been sent once more for it. */
interface Sent {
  readonly response: Response
  readonly retried: boolean
  /**
   * The query parameters that the scheme added on the way here. A redirect may repeat them, even if other requests got
   * newer ones since.
   */
  readonly query: Added["query"]
}

interface Hop extends Omit<Sent, "response"> {
  readonly request: Request
  readonly url: URL
  readonly followed: number
}

export const make: (
  client: HttpClient.HttpClient,
  options: AuthorizeClientOptions
) => Effect.Effect<HttpClient.HttpClient.With<Failure>, InvalidOrigin> = Effect.fnUntraced(function*(client, options) {
  const origins = new Set(yield* Effect.forEach(options.origins, parseOrigin))
  const isNamed = (url: URL): boolean => origins.has(url.origin)
  const isRefusal = options.refusal ?? ((response: Response) => Effect.succeed(response.status === 401))
  const maxRedirects = options.maxRedirects ?? 5

  /** The names of all the headers the scheme has added so far, and the query parameters it added last. */
  const secrets = yield* Ref.make<Added>({ headers: HashSet.empty(), query: [] })

  /** Sends one request. `plain` is the request that the response shows. */
  const send = (request: Request, plain: Request, url: URL): Effect.Effect<Response, HttpClientError.HttpClientError> =>
    Effect.flatMap(Ref.get(secrets), ({ headers }) => {
      const told = bareRequest(plain.method, url)
      return transmit(client, {
        request,
        told,
        url,
        propagate: isNamed(url),
        secretHeaders: headers,
        conceal: (response) => new ConcealedResponse(response, plain, told)
      })
    })

  /** The request with the scheme's credentials, if it may be sent so. */
  const admit = (plain: Request, url: URL, request: Request): Effect.Effect<Authorized, AuthError> => {
    const sentUrl = addressOf(request, plain, url)
    if (Option.isNone(sentUrl) || sentUrl.value.origin !== url.origin) {
      return new InvalidOrigin({
        origin: Option.match(sentUrl, { onNone: () => "(unreadable)", onSome: ({ origin }) => origin }),
        reason: "an Auth service may not send a request elsewhere"
      })
    }
    const { headers, query } = added(plain, url, request, sentUrl.value)
    const unsendable = Array.from(headers).find((name) => isUnsendable(request.headers[name] ?? ""))
    if (unsendable !== undefined) {
      return new InvalidCredentials({
        scheme: "Auth",
        reason: `the value of the header "${unsendable}" holds a line break or another character that cannot be sent`
      })
    }
    return Effect.as(
      Ref.update(secrets, (known) =>
        HashSet.size(headers) === 0 && query.length === 0 && known.query.length === 0
          ? known
          : { headers: HashSet.union(known.headers, headers), query }),
      { request, query }
    )
  }

  const authorize = (plain: Request, url: URL): Effect.Effect<Authorized, AuthError> =>
    Effect.flatMap(options.auth.authorize(plain), (request) => admit(plain, url, request))

  const withoutCredentials = Effect.fnUntraced(
    function*({ query: own, request: plain, url }: Hop): Effect.fn.Return<Request> {
      const redacted = yield* FiberRef.get(Headers.currentRedactedNames)
      const { headers, query } = yield* Ref.get(secrets)
      return clientRequest.replace(plain, {
        url: withoutQuery(url, [...own, ...query]),
        urlParams: UrlParams.empty,
        headers: Headers.remove(plain.headers, [...ownHeaders, ...redacted, ...headers, ...traceHeaders])
      })
    }
  )

  /** Sends once more if there are other credentials than those that were refused. */
  const sendAgain = Effect.fnUntraced(function*(
    { query: before, request: plain, url }: Hop,
    { query, request }: Authorized,
    response: Response
  ): Effect.fn.Return<Sent, Failure> {
    const own = [...before, ...query]
    // The scheme is told even if this request cannot be sent again, so that the next one has better credentials.
    const renewed = yield* Effect.onError(options.auth.refused(request, response), () => release(response))
    if (!renewed || !isReplayable(plain.body)) return { response, retried: false, query: own }
    yield* release(response)
    const again = yield* authorize(plain, url)
    return { response: yield* send(again.request, plain, url), retried: true, query: [...own, ...again.query] }
  })

  /** Sends to a named origin, once more if the credentials were refused and there are others. */
  const sendAuthorized = (hop: Hop): Effect.Effect<Sent, Failure> =>
    Effect.flatMap(
      authorize(hop.request, hop.url),
      (authorized) =>
        Effect.flatMap(send(authorized.request, hop.request, hop.url), (response): Effect.Effect<Sent, Failure> => {
          const { retried } = hop
          const sent = { response, retried, query: [...hop.query, ...authorized.query] }
          return retried
            ? Effect.succeed(sent)
            : Effect.flatMap(
              isRefusal(response),
              (isRefused) => isRefused ? sendAgain(hop, authorized, response) : Effect.succeed(sent)
            )
        })
    )

  const sendPlain = Effect.fnUntraced(function*(hop: Hop): Effect.fn.Return<Sent, Failure> {
    const plain = yield* withoutCredentials(hop)
    return { response: yield* send(plain, plain, hop.url), retried: hop.retried, query: hop.query }
  })

  const redirect = Effect.fnUntraced(function*(
    hop: Hop,
    { query: own, response, retried }: Sent,
    next: Either.Either<readonly [request: Request, to: URL], RedirectRefused>
  ): Effect.fn.Return<Response, Failure> {
    yield* release(response)
    if (hop.followed >= maxRedirects) return yield* new TooManyRedirects({ url: bare(hop.url), maxRedirects })
    const [request, to] = yield* next
    const { query } = yield* Ref.get(secrets)
    const url = withoutQuery(to, [...own, ...query])
    return yield* follow({
      request: clientRequest.replace(request, {
        url,
        urlParams: UrlParams.empty,
        headers: Headers.remove(request.headers, "host")
      }),
      url: new URL(url),
      followed: hop.followed + 1,
      retried,
      query: own
    })
  })

  const follow = (hop: Hop): Effect.Effect<Response, Failure> =>
    Effect.flatMap(
      isNamed(hop.url) ? sendAuthorized(hop) : sendPlain(hop),
      (sent) =>
        Option.match(redirected(hop.request, hop.url, sent.response, isNamed), {
          onNone: () => Effect.succeed(sent.response),
          onSome: (next) => redirect(hop, sent, next)
        })
    )

  return HttpClient.makeWith<never, never, Failure, never>(
    Effect.flatMap((request) =>
      Option.match(Option.filter(HttpClientRequest.toUrl(request), isHttp), {
        onNone: () =>
          new HttpClientError.RequestError({
            request: HttpClientRequest.setMethod(HttpClientRequest.get(""), request.method),
            reason: "InvalidUrl",
            description: "the address is not an absolute http or https URL"
          }),
        onSome: (url) => follow({ request: withoutUser(request, url), url, followed: 0, retried: false, query: [] })
      })
    ),
    Effect.succeed
  )
})
