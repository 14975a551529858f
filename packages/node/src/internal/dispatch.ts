import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Undici from "@effect/platform-node/Undici"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { constVoid } from "effect/Function"
import { Readable } from "node:stream"
import { Incoming } from "./incoming.ts"
import { UndiciResponse } from "./undiciResponse.ts"

type Body = Exclude<Undici.Dispatcher.DispatchOptions["body"], undefined>

/** undici accepts only its own FormData class, not the global one. */
const formOf = (form: FormData): Undici.FormData => {
  const copy = new Undici.FormData()
  form.forEach((value, name) => {
    copy.append(name, value)
  })
  return copy
}

const bodyOf = (body: HttpBody.HttpBody): Effect.Effect<Body> => {
  switch (body._tag) {
    case "Empty":
      return Effect.succeed(null)
    case "Stream":
      return NodeStream.toReadable(body.stream)
    case "FormData":
      return Effect.succeed(formOf(body.formData))
    case "Uint8Array":
      return Effect.succeed(body.body)
    case "Raw":
      // The maker of a raw body must know that this client accepts it. undici refuses any other.
      return Effect.succeed(body.body as Body)
  }
}

const send = (
  dispatcher: Undici.Dispatcher,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  signal: AbortSignal,
  options: Partial<Undici.Dispatcher.DispatchOptions>,
  body: Body
): Effect.Effect<UndiciResponse, HttpClientError.RequestError> =>
  Effect.async((resume) => {
    // undici handles the errors of a body, and ends it, only while it sends it.
    if (body instanceof Readable) body.on("error", constVoid)
    const incoming: Incoming = new Incoming(
      signal,
      Either.match({
        onLeft: (cause) => {
          if (body instanceof Readable) body.destroy()
          resume(new HttpClientError.RequestError({ request, reason: "Transport", cause }))
        },
        onRight: (head) => resume(Effect.succeed(new UndiciResponse(request, head, incoming)))
      })
    )
    if (incoming.ended) return
    try {
      dispatcher.dispatch({
        ...options,
        method: request.method,
        origin: url.origin,
        path: url.pathname + url.search,
        // Copied, because a ProxyAgent adds to these headers.
        headers: { ...request.headers },
        body,
        // The caller limits the time, with Effect.timeout.
        headersTimeout: 0,
        bodyTimeout: 0,
        upgrade: null
      }, incoming)
    } catch (cause) {
      incoming.onResponseError(undefined, cause)
    }
    return Effect.sync(incoming.abort)
  })

/** Sends a request. The signal ends a response that nobody has read to its end. */
export const dispatch = (
  dispatcher: Undici.Dispatcher,
  request: HttpClientRequest.HttpClientRequest,
  url: URL,
  signal: AbortSignal,
  options: Partial<Undici.Dispatcher.DispatchOptions>
): Effect.Effect<UndiciResponse, HttpClientError.RequestError> =>
  Effect.flatMap(bodyOf(request.body), (body) => send(dispatcher, request, url, signal, options, body))
