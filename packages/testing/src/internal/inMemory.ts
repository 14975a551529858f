import * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { closed, unanswered } from "./quirks.ts"

const bytesOf = (body: HttpBody.HttpBody): Effect.Effect<Uint8Array<ArrayBuffer>, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(new Uint8Array(0))
    case "Uint8Array":
      return Effect.succeed(new Uint8Array(body.body))
    case "Stream":
      return Stream.runFold(body.stream, new Uint8Array(0), (whole, chunk) => {
        const longer = new Uint8Array(whole.length + chunk.length)
        longer.set(whole)
        longer.set(chunk, whole.length)
        return longer
      })
    default:
      return Effect.fail(`a body of kind ${body._tag} is not taken here`)
  }
}

/** The body of a message as the platform's interface has it, without the promises of a web body behind it. */
const inMemory = (bytes: Uint8Array<ArrayBuffer>) => ({
  arrayBuffer: { value: Effect.succeed(bytes.buffer) },
  text: { value: Effect.sync(() => new TextDecoder().decode(bytes)) },
  stream: { value: bytes.length === 0 ? Stream.empty : Stream.succeed(bytes) }
})

/**
 * A message whose body is read at once. A web Request or Response answers in promises; a TestClock that is adjusted would
 * be at its end before they are kept, so what the platform made of them is given other accessors for the body.
 */
export const immediate = <A extends object>(message: A, bytes: Uint8Array<ArrayBuffer>): A =>
  // Object.create gives back its argument's interface, which the library types do not say.
  Object.create(message, inMemory(bytes)) as A

/** What Node says of a connection that was closed. */
const hungUp = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })

/** The app as an HttpClient: each request runs in the fiber of its caller, so on its clock, and ends with it. */
export const httpClient = <R>(app: HttpApp.Default<never, R>, context: Context.Context<R>): HttpClient.HttpClient =>
  HttpClient.make((request, url) =>
    Effect.gen(function*() {
      const sent = yield* bytesOf(request.body)
      const web = new Request(url, {
        method: request.method,
        headers: { ...request.headers, host: url.host, "x-forwarded-proto": url.protocol.slice(0, -1) }
      })
      const reply = yield* Deferred.make<HttpServerResponse.HttpServerResponse>()
      yield* HttpApp.toHandled(app, (_, response) =>
        Effect.asVoid(Deferred.succeed(reply, HttpApp.unsafeEjectStreamScope(response)))).pipe(
          Effect.provideService(
            HttpServerRequest.HttpServerRequest,
            immediate(HttpServerRequest.fromWeb(web), sent)
          ),
          Effect.provide(context)
        )
      const response = yield* Deferred.await(reply)
      if (response === closed) {
        return yield* Effect.fail(hungUp)
      }
      // Here, where it can be interrupted just where a client on a socket can.
      if (response === unanswered) {
        return yield* Effect.never
      }
      const received = request.method === "HEAD" ? new Uint8Array(0) : yield* bytesOf(response.body)
      const head = HttpServerResponse.toWeb(response, { withoutBody: true, runtime: yield* Effect.runtime() })
      return immediate(HttpClientResponse.fromWeb(request, head), received)
    }).pipe(
      Effect.mapError((cause) =>
        new HttpClientError.RequestError({ request, reason: "Transport", cause })
      )
    )
  )
