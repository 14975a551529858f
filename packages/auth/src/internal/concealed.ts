import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { networkCode } from "./networkCode.ts"

/** The request as errors and spans may show it: no query, no headers, no body. */
export const bareRequest = (
  method: HttpClientRequest.HttpClientRequest["method"],
  url: URL
): HttpClientRequest.HttpClientRequest =>
  HttpClientRequest.setMethod(HttpClientRequest.get(url.origin + url.pathname), method)

/**
 * What an error may show of why a client failed: the network's code, or that the time was up. The client's own words
 * may hold the address, with a credential in its query.
 */
const bareReason = (
  { cause }: HttpClientError.HttpClientError
): { readonly cause?: unknown; readonly description?: string } =>
  Cause.isTimeoutException(cause)
    ? { cause: new Cause.TimeoutException() }
    : Option.match(networkCode(cause), {
      onNone: () => ({}),
      onSome: (code) => ({ cause: { code }, description: code })
    })

/** The error with another request in the place of the one that was sent. */
export const requestError = (
  error: HttpClientError.RequestError,
  request: HttpClientRequest.HttpClientRequest
): HttpClientError.RequestError =>
  new HttpClientError.RequestError({ request, reason: error.reason, ...bareReason(error) })

const readJson = Schema.decode(Schema.parseJson(Schema.Unknown))

/** The response to a request with credentials, which shows the request without them. */
export class ConcealedResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly #bare: HttpClientRequest.HttpClientRequest
  readonly #sent: HttpClientResponse.HttpClientResponse
  #buffer: ArrayBuffer | undefined = undefined

  constructor(
    sent: HttpClientResponse.HttpClientResponse,
    request: HttpClientRequest.HttpClientRequest,
    bare: HttpClientRequest.HttpClientRequest
  ) {
    super()
    this.#sent = sent
    this.request = request
    this.#bare = bare
  }

  error(error: HttpClientError.ResponseError): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({
      request: this.#bare,
      response: this,
      reason: error.reason,
      ...bareReason(error)
    })
  }

  #read<A>(effect: Effect.Effect<A, HttpClientError.ResponseError>): Effect.Effect<A, HttpClientError.ResponseError> {
    return Effect.mapError(effect, (error) => this.error(error))
  }

  get status(): number {
    return this.#sent.status
  }

  get headers(): Headers.Headers {
    return this.#sent.headers
  }

  get cookies(): Cookies.Cookies {
    return this.#sent.cookies
  }

  get remoteAddress(): Option.Option<string> {
    return this.#sent.remoteAddress
  }

  /**
   * The whole body, read once and kept. Reading the text, to see whether the answer is a refusal, does not use up the
   * body: it can still be read as JSON or as a stream.
   */
  get #whole(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Effect.suspend(() =>
      this.#buffer !== undefined
        ? Effect.succeed(this.#buffer)
        : Effect.map(this.#read(this.#sent.arrayBuffer), (buffer) => this.#buffer = buffer)
    )
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.flatMap(
      this.text,
      (text) => text === "" ? Effect.succeed(null) : Effect.mapError(readJson(text), () => this.#notJson())
    )
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.#whole, (buffer) => new TextDecoder().decode(buffer))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return this.#whole
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return this.#read(this.#sent.formData)
  }

  get stream(): Stream.Stream<Uint8Array, HttpClientError.ResponseError> {
    return Stream.suspend(() =>
      this.#buffer !== undefined
        ? Stream.succeed(new Uint8Array(this.#buffer))
        : Stream.mapError(this.#sent.stream, (error) => this.error(error))
    )
  }

  /** The decoder's own error would hold the body. */
  #notJson(): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({
      request: this.#bare,
      response: this,
      reason: "Decode",
      description: "the body is not JSON"
    })
  }

  toJSON(): unknown {
    return {
      _id: "@effect-wps/auth/HttpClientResponse",
      status: this.status,
      request: { method: this.#bare.method, url: this.#bare.url }
    }
  }
}
