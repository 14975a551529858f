import * as Cookies from "@effect/platform/Cookies"
import * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { Head, Incoming } from "./incoming.ts"

const utf8 = new TextDecoder()

/** A response that reads its body from the connection on demand. */
export class UndiciResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  // A single cookie is a string. The types do not say so, but fromSetCookie accepts it.
  readonly #setCookie: ReadonlyArray<string>
  readonly #incoming: Incoming

  constructor(request: HttpClientRequest.HttpClientRequest, head: Head, incoming: Incoming) {
    super()
    this.request = request
    this.status = head.status
    this.headers = Headers.fromInput(head.headers)
    this.#setCookie = head.headers["set-cookie"] ?? []
    this.#incoming = incoming
  }

  get cookies(): Cookies.Cookies {
    return Cookies.fromSetCookie(this.#setCookie)
  }

  get remoteAddress(): Option.Option<string> {
    return Option.none()
  }

  readonly #failed = (cause: unknown): HttpClientError.ResponseError =>
    new HttpClientError.ResponseError({ request: this.request, response: this, reason: "Decode", cause })

  #whole<A>(read: (bytes: Uint8Array<ArrayBuffer>) => A): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.flatMap(
      Effect.mapError(this.#incoming.whole, this.#failed),
      (bytes) => Effect.try({ try: () => read(bytes), catch: this.#failed })
    )
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return this.#whole((bytes) => bytes.buffer)
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    // A body that is too long for a string fails as well.
    return this.#whole((bytes) => utf8.decode(bytes))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return this.#whole((bytes): unknown => {
      const text = utf8.decode(bytes)
      return text === "" ? null : JSON.parse(text)
    })
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return this.#whole((bytes) => UrlParams.fromInput(new URLSearchParams(utf8.decode(bytes))))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    const headers = { "content-type": this.headers["content-type"] ?? "" }
    return Effect.flatMap(
      this.#whole((bytes) => new Response(bytes, { headers })),
      (response) => Effect.tryPromise({ try: () => response.formData(), catch: this.#failed })
    )
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return this.#incoming.stream.pipe(
      Stream.mapError(this.#failed),
      Stream.ensuring(Effect.sync(this.#incoming.abort))
    )
  }

  // HttpIncomingMessage.inspect would read the body, and show it in logs.
  toJSON(): unknown {
    return {
      _id: "@effect/platform/HttpClientResponse",
      request: this.request.toJSON(),
      status: this.status,
      headers: Inspectable.redact(this.headers),
      remoteAddress: this.remoteAddress.toJSON()
    }
  }
}
