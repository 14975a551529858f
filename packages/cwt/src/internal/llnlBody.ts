import type * as Cookies from "@effect/platform/Cookies"
import type * as Headers from "@effect/platform/Headers"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as HttpIncomingMessage from "@effect/platform/HttpIncomingMessage"
import * as UrlParams from "@effect/platform/UrlParams"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"

type Bytes = Uint8Array<ArrayBuffer>
type Body = Stream.Stream<Uint8Array, HttpClientError.ResponseError>

/** A body whose beginning has been read. */
export interface Begun {
  readonly bytes: Bytes
  /** The unread rest. None if the whole body has been read. */
  readonly rest: Option.Option<Body>
  /** Releases the unread rest. */
  readonly close: Effect.Effect<void>
}

const concatenate = (pieces: ReadonlyArray<Uint8Array>): Bytes => {
  const whole = new Uint8Array(pieces.reduce((size, piece) => size + piece.length, 0))
  pieces.reduce((at, piece) => {
    whole.set(piece, at)
    return at + piece.length
  }, 0)
  return whole
}

/** Reads a body to its end, or until it is longer than `limit` bytes. */
export const begin = (body: Body, limit: number): Effect.Effect<Begun, HttpClientError.ResponseError> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const close = Scope.close(scope, Exit.void)
      const pull = yield* Scope.extend(Stream.toPull(body), scope)
      const pieces: Array<Uint8Array> = []
      let size = 0
      const isWhole: Effect.Effect<boolean, HttpClientError.ResponseError> = Effect.suspend(() =>
        size > limit ? Effect.succeed(false) : Effect.matchEffect(pull, {
          onFailure: (end) => {
            // The fetch client reports a missing body as this error.
            const error = Option.filter(end, ({ reason }) => reason !== "EmptyBody")
            return Option.isSome(error) ? Effect.fail(error.value) : Effect.succeed(true)
          },
          onSuccess: (more) => {
            for (const piece of more) {
              pieces.push(piece)
              size += piece.length
            }
            return isWhole
          }
        })
      )
      const whole = yield* Effect.onExit(
        restore(isWhole),
        (exit) => Exit.isSuccess(exit) && !exit.value ? Effect.void : close
      )
      return {
        bytes: concatenate(pieces),
        rest: whole ? Option.none() : Option.some(Stream.repeatEffectChunkOption(pull)),
        close
      }
    })
  )

/** The whole body as a stream again. A consumer that stops early releases the rest. */
export const toStream = ({ bytes, close, rest }: Begun): Body => {
  const start = bytes.length === 0 ? Stream.empty : Stream.succeed(bytes)
  return Option.match(rest, {
    onNone: () => start,
    onSome: (more) => Stream.ensuring(Stream.concat(start, more), close)
  })
}

const largestDrained = 64 * 1024

/** Reads and drops a body, so that the connection can be used again. A long body is not read to its end. */
export const drain = ({ stream }: { readonly stream: Body }): Effect.Effect<void> =>
  stream.pipe(
    Stream.mapAccum(0, (read, piece) => [read + piece.length, read + piece.length]),
    Stream.takeUntil((read) => read > largestDrained),
    Stream.runDrain,
    // Where this runs as a finalizer, the limit would not hold otherwise.
    Effect.interruptible,
    Effect.timeoutOption("1 second"),
    Effect.catchAllCause(() => Effect.void)
  )

const readJson = Schema.decode(Schema.parseJson())

/** A response whose body has been read in part. Its status and headers may differ from those that the server sent. */
export class BegunResponse extends Inspectable.Class implements HttpClientResponse.HttpClientResponse {
  readonly [HttpClientResponse.TypeId]: HttpClientResponse.TypeId = HttpClientResponse.TypeId
  readonly [HttpIncomingMessage.TypeId]: HttpIncomingMessage.TypeId = HttpIncomingMessage.TypeId
  readonly request: HttpClientRequest.HttpClientRequest
  readonly status: number
  readonly headers: Headers.Headers
  readonly #sent: HttpClientResponse.HttpClientResponse
  readonly #body: Begun

  constructor(
    sent: HttpClientResponse.HttpClientResponse,
    body: Begun,
    head: { readonly status?: number; readonly headers?: Headers.Headers } = {}
  ) {
    super()
    this.#sent = sent
    this.#body = body
    this.request = sent.request
    this.status = head.status ?? sent.status
    this.headers = head.headers ?? sent.headers
  }

  get cookies(): Cookies.Cookies {
    return this.#sent.cookies
  }

  get remoteAddress(): Option.Option<string> {
    return this.#sent.remoteAddress
  }

  get stream(): Body {
    return toStream(this.#body)
  }

  get arrayBuffer(): Effect.Effect<ArrayBuffer, HttpClientError.ResponseError> {
    return Option.isNone(this.#body.rest)
      ? Effect.succeed(this.#body.bytes.buffer)
      : Effect.map(Stream.runCollect(this.stream), (pieces) => concatenate(Chunk.toReadonlyArray(pieces)).buffer)
  }

  get text(): Effect.Effect<string, HttpClientError.ResponseError> {
    return Effect.map(this.arrayBuffer, (buffer) => new TextDecoder().decode(buffer))
  }

  get json(): Effect.Effect<unknown, HttpClientError.ResponseError> {
    return Effect.flatMap(this.text, (text) => Effect.mapError(readJson(text), () => this.#unreadable("not JSON")))
  }

  get urlParamsBody(): Effect.Effect<UrlParams.UrlParams, HttpClientError.ResponseError> {
    return Effect.map(this.text, (text) => UrlParams.fromInput(new URLSearchParams(text)))
  }

  get formData(): Effect.Effect<FormData, HttpClientError.ResponseError> {
    return Effect.fail(this.#unreadable("no form"))
  }

  #unreadable(what: string): HttpClientError.ResponseError {
    return new HttpClientError.ResponseError({
      request: this.request,
      response: this,
      reason: "Decode",
      description: `the body is ${what}`
    })
  }

  toJSON(): unknown {
    return { _id: "@effect-wps/cwt/HttpClientResponse", status: this.status }
  }
}
