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

const bodyOf = (body: HttpBody.HttpBody): Effect.Effect<BodyInit | undefined> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(undefined)
    case "FormData":
      return Effect.succeed(body.formData)
    case "Stream":
      return Stream.toReadableStreamEffect(body.stream)
    case "Uint8Array":
      return Effect.succeed(new Uint8Array(body.body))
    case "Raw":
      // A raw body is whatever the caller's platform takes; here that is what a web Request takes.
      return Effect.succeed(body.body as BodyInit)
  }
}

/** The app as an HttpClient: each request runs in the fiber of its caller, so on its clock, and ends with it. */
export const httpClient = <R>(app: HttpApp.Default<never, R>, context: Context.Context<R>): HttpClient.HttpClient =>
  HttpClient.make((request, url, signal) =>
    Effect.gen(function*() {
      const body = yield* bodyOf(request.body)
      const web = new Request(url, {
        method: request.method,
        headers: request.headers,
        signal,
        redirect: "manual",
        // Node wants half for a streamed body; the type does not know it.
        ...(body === undefined ? {} : { body, duplex: "half" } as RequestInit)
      })
      const reply = yield* Deferred.make<HttpServerResponse.HttpServerResponse>()
      const handled = HttpApp.toHandled(app, (_, response) =>
        Effect.asVoid(Deferred.succeed(reply, HttpApp.unsafeEjectStreamScope(response))))
      yield* handled.pipe(
        Effect.provideService(HttpServerRequest.HttpServerRequest, HttpServerRequest.fromWeb(web)),
        Effect.provide(context)
      )
      const response = yield* Deferred.await(reply)
      const runtime = yield* Effect.runtime<never>()
      return HttpClientResponse.fromWeb(
        request,
        HttpServerResponse.toWeb(response, { withoutBody: request.method === "HEAD", runtime })
      )
    }).pipe(Effect.mapError((cause) => new HttpClientError.RequestError({ request, reason: "Transport", cause }))))
