import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import { begin, BegunResponse, drain, toStream } from "./llnlBody.ts"
import { repair, rootOf } from "./llnlRepair.ts"

type Request = HttpClientRequest.HttpClientRequest
type Response = HttpClientResponse.HttpClientResponse
type Sent = Effect.Effect<Response, HttpClientError.HttpClientError>

const cookieName = "csrftoken"
const headerName = "x-csrftoken"

/**
 * Limits in bytes: to find the root element of a WPS document, to read a document that is repaired, and to read an
 * error page.
 */
const longestHead = 2048
const longestDocument = 8 * 1024 * 1024
const longestPage = 64 * 1024

const documents = new Set([
  "Capabilities",
  "ExceptionReport",
  "ExecuteResponse",
  "ProcessDescriptions",
  "ProcessOfferings",
  "Result",
  "StatusInfo"
])

const element = (name: string, inside: string): string =>
  `<(?:[\\w.-]+:)?${name}(?:\\s[^<>]*)?>\\s*${inside}</(?:[\\w.-]+:)?${name}\\s*>\\s*`

/** Matches a report with one exception and nothing else. The server refuses a token with such a report. */
const soleReport = new RegExp(
  `^\\uFEFF?(?:<\\?xml[^<>]*\\?>)?\\s*${
    element("ExceptionReport", element("Exception", element("ExceptionText", "([^<]*)")))
  }$`
)

/** The texts of such a report when its status is a success. */
const refusals: ReadonlySet<string> = new Set(["Access token is no longer valid", "Authentication failed"])

/** Python's error for a header that does not have two parts. It has many other causes. */
const unpacking = /^(?:Please copy[^:]*:\s*)?(?:not enough|too many) values to unpack \(expected 2\b/

const isTwoParts = (request: Request): boolean =>
  Option.match(Headers.get(request.headers, "authorization"), {
    onNone: () => true,
    onSome: (header) => header.split(" ").length === 2
  })

/**
 * Whether a report says that the token was refused. Other reports may begin with the same words, and come after the
 * server has done something.
 */
const isRefusal = (request: Request, text: string): boolean => {
  const said = text.length > longestHead ? undefined : soleReport.exec(text)?.[1]?.trim()
  return said !== undefined && (refusals.has(said) || unpacking.test(said) && !isTwoParts(request))
}

/**
 * Whether Django says, in any language, that its CSRF token is missing. Forms and scripts may contain such a token, and
 * WPS documents may mention one.
 */
const isForgery = (response: Response, text: string): boolean =>
  /html|json/i.test(typeOf(response)) && /\bCSRF\b/.test(
    text.replace(/<!--[^]*?(?:-->|$)|<(script|style)\b[^]*?(?:<\/\1|$)/gi, " ").replace(/<[^<>]*>/g, " ")
  )

const safeMethods: ReadonlySet<string> = new Set(["GET", "HEAD", "OPTIONS", "TRACE"])

const isReplayable = ({ body }: Request): boolean =>
  body._tag === "Empty" || body._tag === "Uint8Array" || body._tag === "Raw" && typeof body.body === "string"

const typeOf = (response: Response): string => Option.getOrElse(Headers.get(response.headers, "content-type"), () => "")

const withoutSlash = (path: string): string => path.replace(/\/+$/, "")

/** The token in a `cookie` header that other code has set. */
const ownToken = (request: Request): Option.Option<string> =>
  Option.flatMap(
    Headers.get(request.headers, "cookie"),
    (cookies) => Option.fromNullable(/(?:^|;)\s*csrftoken=([^;\s]*)/.exec(cookies)?.[1])
  )

const readText = Option.liftThrowable((bytes: Uint8Array) =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
)

/** What the client knows about Django's token: whether it has asked for one, and its value. */
interface Known {
  readonly asked: boolean
  readonly token: Option.Option<string>
}

const unknown: Known = { asked: false, token: Option.none() }

const isNewer = (now: Known, seen: Known): boolean =>
  now.asked && (!seen.asked || Option.isSome(now.token) && !Equal.equals(now.token, seen.token))

/** The addresses of the node, and the time limit for asking it. */
export interface Place {
  readonly endpoint: URL
  readonly api: URL
  readonly timeout: Duration.Duration
}

/**
 * A layer between the credentials and the network. It sends Django's token with unsafe requests, gives a refused token
 * the status 401, and repairs documents. Requests to other origins are sent unchanged. Each client has its own state.
 */
export const make = Effect.fnUntraced(function*(
  { api, endpoint, timeout }: Place
): Effect.fn.Return<(client: HttpClient.HttpClient) => HttpClient.HttpClient> {
  const known = yield* Ref.make(unknown)
  const oneAtATime = yield* Effect.makeSemaphore(1)

  const isEndpoint = (url: URL): boolean =>
    url.origin === endpoint.origin && withoutSlash(url.pathname) === withoutSlash(endpoint.pathname)

  const capabilitiesUrl = new URL(endpoint)
  for (const name of [...capabilitiesUrl.searchParams.keys()]) {
    if (/^(service|request)$/i.test(name)) capabilitiesUrl.searchParams.delete(name)
  }
  capabilitiesUrl.searchParams.append("service", "WPS")
  capabilitiesUrl.searchParams.append("request", "GetCapabilities")

  const remember = (response: Response): Effect.Effect<void> =>
    Option.match(Cookies.get(response.cookies, cookieName), {
      onNone: () => Effect.void,
      onSome: ({ valueEncoded }) =>
        Ref.set(
          known,
          /^[\w.~+/=-]{1,256}$/.test(valueEncoded) ? { asked: true, token: Option.some(valueEncoded) } : unknown
        )
    })

  const isJobDocument = (url: URL): boolean =>
    url.origin === api.origin && url.pathname.startsWith(`${withoutSlash(api.pathname)}/job/`) &&
    url.pathname.endsWith(".wps")

  return (client) => {
    const send = (request: Request): Sent => Effect.tap(client.execute(request), remember)

    // ---------------------------------------------------------------------------------------------- Django's token

    const capabilities = HttpClientRequest.setHeader(
      HttpClientRequest.get(capabilitiesUrl.href),
      "accept",
      "text/xml"
    )

    const askForToken = (headers: Headers.Headers): Effect.Effect<void, HttpClientError.HttpClientError> =>
      Effect.flatMap(send(HttpClientRequest.setHeaders(capabilities, headers)), drain)

    /**
     * Gets a token with GetCapabilities. That needs no credentials, unless a gateway in front of the server wants them.
     */
    const ask = (request: Request): Effect.Effect<Option.Option<string>, HttpClientError.HttpClientError> =>
      Effect.gen(function*() {
        yield* askForToken(Headers.empty)
        const credentials = Headers.remove(request.headers, [/^content-/, "accept", "transfer-encoding", "expect"])
        if (Option.isNone((yield* Ref.get(known)).token) && Object.keys(credentials).length > 0) {
          yield* askForToken(credentials)
        }
        const { token } = yield* Ref.updateAndGet(known, (now) => ({ ...now, asked: true }))
        return token
      })

    /** The token. Asks for a new one, unless another fiber has done so meanwhile. */
    const obtain = (request: Request, seen: Known) =>
      Effect.flatMap(Ref.get(known), (now) =>
        isNewer(now, seen)
          ? Effect.succeed(now.token)
          : Effect.zipRight(Ref.set(known, unknown), ask(request))).pipe(
          oneAtATime.withPermits(1),
          Effect.interruptible,
          // An Execute has no time limit, but this step of it has. The limit also holds for a fiber that waits for
          // another one's turn.
          Effect.timeoutFail({
            duration: timeout,
            onTimeout: () =>
              new HttpClientError.RequestError({
                request: capabilities,
                reason: "Transport",
                cause: { code: "ETIMEDOUT" }
              })
          })
        )

    const withToken = (request: Request, token: Option.Option<string>): Request => {
      const own = ownToken(request)
      return Option.match(Option.orElse(own, () => token), {
        onNone: () => request,
        onSome: (token) => {
          const cookies = Headers.get(request.headers, "cookie")
          const pair = `${cookieName}=${token}`
          return HttpClientRequest.setHeaders(request, {
            // Over https, Django compares the referer with the host.
            referer: endpoint.origin + endpoint.pathname,
            [headerName]: token,
            cookie: Option.match(cookies, {
              onNone: () => pair,
              onSome: (others) => Option.isSome(own) ? others : `${others}; ${pair}`
            })
          })
        }
      })
    }

    const sendUnsafe = (request: Request): Sent =>
      Effect.gen(function*() {
        const seen = yield* Ref.get(known)
        const isOwn = Option.isSome(ownToken(request))
        // Only a POST is worth an extra request. With a bearer token, the other methods need no CSRF token.
        const token = isOwn || seen.asked || request.method !== "POST" ? seen.token : yield* obtain(request, seen)
        const response = yield* send(withToken(request, token))
        if (response.status !== 403) return response
        const body = yield* begin(response.stream, longestPage)
        const refused = new BegunResponse(response, body)
        // The server has not processed such a request, so it can be sent again.
        const isUnseen = isForgery(response, new TextDecoder().decode(body.bytes))
        if (!isUnseen || isOwn || !isReplayable(request)) return refused
        const renewed = yield* Effect.onError(
          obtain(request, { asked: seen.asked || Option.isSome(token), token }),
          () => drain(refused)
        )
        if (Option.isNone(renewed)) return refused
        yield* drain(refused)
        return yield* send(withToken(request, renewed))
      }).pipe(Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, headerName]))

    // ------------------------------------------------------------------------------------- what the answers should be

    /** Reads a WPS document whole, to repair its text and its status. Any other body stays a stream. */
    const mend = (request: Request, url: URL, response: Response): Sent =>
      Effect.gen(function*() {
        const head = yield* begin(response.stream, longestHead)
        const root = rootOf(new TextDecoder().decode(head.bytes))
        if (!documents.has(root)) return new BegunResponse(response, head)
        const body = yield* begin(toStream(head), longestDocument)
        const text = Option.isNone(body.rest) ? readText(body.bytes) : Option.none()
        if (Option.isNone(text)) return new BegunResponse(response, body)
        const mended = repair(text.value)
        const bytes = mended === text.value ? body.bytes : new TextEncoder().encode(mended)
        const isRefused = root === "ExceptionReport" && response.status === 200 && isEndpoint(url) &&
          isRefusal(request, mended)
        return new BegunResponse(response, { ...body, bytes }, {
          status: isRefused ? 401 : response.status,
          headers: bytes === body.bytes
            ? response.headers
            : Headers.set(response.headers, "content-length", `${bytes.length}`)
        })
      })

    /**
     * The server crashes if somebody it does not know asks for a job's document. A request for the same job as JSON
     * tells this from other crashes.
     */
    const explain = (request: Request, url: URL, crashed: Response): Sent =>
      Effect.gen(function*() {
        const job = new URL(url)
        job.pathname = job.pathname.replace(/\.wps$/, "/")
        const told = yield* client.execute(request.pipe(
          HttpClientRequest.setUrl(job),
          HttpClientRequest.setHeader("accept", "application/json")
        )).pipe(
          // If the JSON cannot be fetched, the crash stays as it is.
          Effect.option,
          Effect.onInterrupt(() => drain(crashed))
        )
        if (Option.isNone(told)) return crashed
        const isRefused = told.value.status === 401
        yield* drain(isRefused ? crashed : told.value)
        return isRefused ? told.value : crashed
      })

    return HttpClient.makeWith<never, never, HttpClientError.HttpClientError, never>(
      Effect.flatMap((request) => {
        const address = HttpClientRequest.toUrl(request)
        if (Option.isNone(address)) return client.execute(request)
        const url = address.value
        const isOurs = url.origin === endpoint.origin
        if (!isOurs && url.origin !== api.origin) return client.execute(request)
        const sent = !isOurs
          ? client.execute(request)
          : safeMethods.has(request.method)
          ? send(request)
          : sendUnsafe(request)
        return Effect.flatMap(sent, (response) =>
          /[/+]xml\b/i.test(typeOf(response)) && request.method !== "HEAD"
            ? mend(request, url, response)
            : response.status === 500 && request.method === "GET" && isJobDocument(url) &&
                /html/i.test(typeOf(response))
            ? explain(request, url, response)
            : Effect.succeed(response))
      }),
      Effect.succeed
    )
  }
})
