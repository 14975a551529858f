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

/** A document of WPS begins with its root element, and is not longer than this. */
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

/** A report of one exception and nothing else, which is how the server refuses a token. */
const soleReport = new RegExp(
  `^\\uFEFF?(?:<\\?xml[^<>]*\\?>)?\\s*${
    element("ExceptionReport", element("Exception", element("ExceptionText", "([^<]*)")))
  }$`
)

/** What it says then, in an answer that is a success by its status. */
const refusals: ReadonlySet<string> = new Set(["Access token is no longer valid", "Authentication failed"])

/** What Python says of a header that has not two parts, and of much else. */
const unpacking = /^(?:Please copy[^:]*:\s*)?(?:not enough|too many) values to unpack \(expected 2\b/

const isTwoParts = (request: Request): boolean =>
  Option.match(Headers.get(request.headers, "authorization"), {
    onNone: () => true,
    onSome: (header) => header.split(" ").length === 2
  })

/** Whether a report says that the token was refused. Other reports may begin so, and come after something was done. */
const isRefusal = (request: Request, text: string): boolean => {
  const said = text.length > longestHead ? undefined : soleReport.exec(text)?.[1]?.trim()
  return said !== undefined && (refusals.has(said) || unpacking.test(said) && !isTwoParts(request))
}

/**
 * Whether Django says, in whatever language, that its token is missing. Forms and scripts may hold such a token, and
 * documents of WPS may speak of one.
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

/** The token in a `cookie` header that somebody else has set. */
const ownToken = (request: Request): Option.Option<string> =>
  Option.flatMap(
    Headers.get(request.headers, "cookie"),
    (cookies) => Option.fromNullable(/(?:^|;)\s*csrftoken=([^;\s]*)/.exec(cookies)?.[1])
  )

const readText = Option.liftThrowable((bytes: Uint8Array) =>
  new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes)
)

/** What is known of Django's token: whether it was asked for, and which it is. */
interface Known {
  readonly asked: boolean
  readonly token: Option.Option<string>
}

const unknown: Known = { asked: false, token: Option.none() }

const isNewer = (now: Known, seen: Known): boolean =>
  now.asked && (!seen.asked || Option.isSome(now.token) && !Equal.equals(now.token, seen.token))

/** Where the node is. */
export interface Place {
  readonly endpoint: URL
  readonly api: URL
  readonly timeout: Duration.Duration
}

/**
 * What stands between the credentials and the network: it sends Django's token with what changes something, gives a
 * refused token the status that it should have, and repairs documents. Other origins are asked as they would be without it.
 * What it remembers is its own.
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

    /** Capabilities are for everybody, unless something stands before the server that wants to know who asks. */
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

    /** The token, asked for unless somebody has done so since. */
    const obtain = (request: Request, seen: Known) =>
      Effect.flatMap(Ref.get(known), (now) =>
        isNewer(now, seen)
          ? Effect.succeed(now.token)
          : Effect.zipRight(Ref.set(known, unknown), ask(request))).pipe(
          oneAtATime.withPermits(1),
          Effect.interruptible,
          // Execute, on whose way this is, has no limit; who waits for others that ask has this one all the same.
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
            // Django compares it with the host over https.
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
        // Only a POST is worth a request of its own: bearers need no token for the others.
        const token = isOwn || seen.asked || request.method !== "POST" ? seen.token : yield* obtain(request, seen)
        const response = yield* send(withToken(request, token))
        if (response.status !== 403) return response
        const body = yield* begin(response.stream, longestPage)
        const refused = new BegunResponse(response, body)
        // Such a request was not looked at any further, so it may go out again.
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

    /** Reads a document of WPS whole, to mend its text and its status; anything else is left to be read as it comes. */
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

    /** A job's document for whom the server does not know ends in a crash; the same job as JSON tells the two apart. */
    const explain = (request: Request, url: URL, crashed: Response): Sent =>
      Effect.gen(function*() {
        const job = new URL(url)
        job.pathname = job.pathname.replace(/\.wps$/, "/")
        const told = yield* client.execute(request.pipe(
          HttpClientRequest.setUrl(job),
          HttpClientRequest.setHeader("accept", "application/json")
        )).pipe(
          // What cannot be had explains nothing.
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
