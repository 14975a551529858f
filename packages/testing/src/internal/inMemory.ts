import * as HttpApp from "@effect/platform/HttpApp"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Chunk from "effect/Chunk"
import type * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { closed, unanswered } from "./responses.ts"

const bytesOf = (body: HttpBody.HttpBody): Effect.Effect<Uint8Array<ArrayBuffer>, unknown> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(new Uint8Array(0))
    case "Uint8Array":
      return Effect.succeed(new Uint8Array(body.body))
    case "Stream":
      // Copied, because a Buffer can be a part of a larger one, whose bytes would come along.
      return Effect.map(
        Stream.runCollect(body.stream),
        (chunks) => new Uint8Array(Buffer.concat(Chunk.toReadonlyArray(chunks)))
      )
    default:
      return Effect.fail(`a body of kind ${body._tag} is not taken here`)
  }
}

/** The accessors of a body that is in memory. They use no promises. */
const inMemory = (bytes: Uint8Array<ArrayBuffer>) => ({
  arrayBuffer: { value: Effect.succeed(bytes.buffer) },
  text: { value: Effect.sync(() => new TextDecoder().decode(bytes)) },
  stream: { value: bytes.length === 0 ? Stream.empty : Stream.succeed(bytes) }
})

/**
 * A message whose body can be read without promises. The platform's own accessors use the promises of a web Request or
 * Response. A TestClock does not wait for those: it would pass all timeouts before the body is read.
 */
export const immediate = <A extends object>(message: A, bytes: Uint8Array<ArrayBuffer>): A =>
  // Object.create gives an object with the interface of its argument, but its type says `any`.
  Object.create(message, inMemory(bytes)) as A

/** The error that Node gives when a connection is closed. */
const hungUp = Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })

/** The app as an HttpClient. Each request runs in the caller's fiber, so it has the caller's clock and ends with it. */
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
      // The app's handler cannot be interrupted, but a client can, so it waits here.
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
