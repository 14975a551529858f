import type * as Undici from "@effect/platform-node/Undici"
import * as Chunk from "effect/Chunk"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import type { IncomingHttpHeaders } from "node:http"

export interface Head {
  readonly status: number
  readonly headers: IncomingHttpHeaders
}

/** How many bytes are read from the connection before a reader asks for them. */
const highWaterMark = 256 * 1024

const concatenate = (chunks: ReadonlyArray<Uint8Array>, length: number): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(length)
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}

class Aborted extends Data.TaggedError("Aborted") {
  override readonly message = "The request was aborted."
}

class AlreadyRead extends Data.TaggedError("AlreadyRead") {
  override readonly message = "The body has been read as a stream, which goes once. Read it as text or bytes instead."
}

class TooLong extends Data.TaggedError("TooLong")<{ readonly cause: unknown }> {
  override readonly message = "The body is too long to be held in one piece. Read it as a stream instead."
}

const wake = (waiting: Set<() => void>): void => {
  const woken = [...waiting]
  waiting.clear()
  for (const go of woken) go()
}

/**
 * A response as it arrives on a connection: the head, then the body. It holds little more of the body than the reader
 * asks for. The connection is released at the end of the body, and closed if the signal aborts before that.
 */
export class Incoming implements Undici.Dispatcher.DispatchHandler {
  readonly #signal: AbortSignal
  // Cleared after its call, because it leads to the response. Only if nothing here holds the response can it be
  // collected, and the connection be closed.
  #onHead: ((head: Either.Either<Head, unknown>) => void) | undefined
  #controller: Undici.Dispatcher.DispatchController | undefined = undefined
  #chunks: Array<Uint8Array> = []
  #held = 0
  #end: Either.Either<void, unknown> | undefined = undefined
  #readAs: "whole" | "stream" | undefined = undefined
  #whole: Uint8Array<ArrayBuffer> | undefined = undefined
  readonly #forMore = new Set<() => void>()
  readonly #forEnd = new Set<() => void>()

  constructor(signal: AbortSignal, onHead: (head: Either.Either<Head, unknown>) => void) {
    this.#signal = signal
    this.#onHead = onHead
    if (signal.aborted) this.abort()
    else signal.addEventListener("abort", this.abort)
  }

  /** Whether nothing more will arrive: the body is complete, or it failed, or the request was aborted. */
  get ended(): boolean {
    return this.#end !== undefined
  }

  /** Aborts the request, unless it has ended. */
  readonly abort = (): void => {
    if (this.#end !== undefined) return
    const cause = new Aborted()
    this.#chunks = []
    this.#finish(Either.left(cause))
    this.#controller?.abort(cause)
  }

  // ----------------------------------------------------------------------------------------------- from the connection

  onRequestStart(controller: Undici.Dispatcher.DispatchController): void {
    this.#controller = controller
    // The request was aborted while it waited for a connection.
    if (this.#end !== undefined) controller.abort(new Aborted())
  }

  onResponseStart(_: Undici.Dispatcher.DispatchController, status: number, headers: IncomingHttpHeaders): void {
    if (status >= 200) this.#head(Either.right({ status, headers }))
  }

  onResponseData(controller: Undici.Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#chunks.push(chunk)
    this.#held += chunk.length
    if (this.#held >= highWaterMark && this.#forEnd.size === 0) controller.pause()
    wake(this.#forMore)
  }

  onResponseEnd(): void {
    this.#finish(Either.void)
  }

  onResponseError(_: unknown, cause: unknown): void {
    this.#finish(Either.left(cause))
  }

  #head(head: Either.Either<Head, unknown>): void {
    const onHead = this.#onHead
    this.#onHead = undefined
    onHead?.(head)
  }

  #finish(end: Either.Either<void, unknown>): void {
    if (this.#end !== undefined) return
    this.#end = end
    // The signal may live as long as a program, and its listener would hold the body.
    this.#signal.removeEventListener("abort", this.abort)
    if (Either.isLeft(end)) this.#head(Either.left(end.left))
    wake(this.#forMore)
    wake(this.#forEnd)
  }

  // ----------------------------------------------------------------------------------------------------- to the reader

  #wait(waiting: Set<() => void>): Effect.Effect<void> {
    return Effect.async((resume) => {
      const go = () => resume(Effect.void)
      waiting.add(go)
      this.#controller?.resume()
      return Effect.sync(() => {
        waiting.delete(go)
      })
    })
  }

  #take(): Chunk.Chunk<Uint8Array> {
    const chunks = this.#chunks
    this.#chunks = []
    this.#held = 0
    // Resumes before the reader asks again, so that the reader seldom has to wait.
    this.#controller?.resume()
    return Chunk.unsafeFromArray(chunks)
  }

  get #next(): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<unknown>> {
    return Effect.suspend(() =>
      this.#chunks.length > 0
        ? Effect.succeed(this.#take())
        : this.#end === undefined
        ? Effect.zipRight(this.#wait(this.#forMore), this.#next)
        : Effect.fail(Either.getLeft(this.#end))
    )
  }

  /** The whole body. It can be read any number of times. */
  get whole(): Effect.Effect<Uint8Array<ArrayBuffer>, unknown> {
    return Effect.suspend(() => {
      if (this.#readAs === "stream") return Effect.fail(new AlreadyRead())
      this.#readAs = "whole"
      if (this.#whole !== undefined) return Effect.succeed(this.#whole)
      if (this.#end === undefined) return Effect.zipRight(this.#wait(this.#forEnd), this.whole)
      return Effect.zipRight(
        this.#end,
        Effect.try({ try: () => this.#concatenated(), catch: (cause) => new TooLong({ cause }) })
      )
    })
  }

  #concatenated(): Uint8Array<ArrayBuffer> {
    const whole = concatenate(this.#chunks, this.#held)
    this.#chunks = []
    return this.#whole = whole
  }

  /**
   * The body as it arrives, which can be read once. If the body was first read whole, the stream gives that, any number
   * of times.
   */
  get stream(): Stream.Stream<Uint8Array, unknown> {
    return Stream.suspend(() => {
      if (this.#readAs === "whole") return Stream.filter(Stream.fromEffect(this.whole), (bytes) => bytes.length > 0)
      if (this.#readAs === "stream") return Stream.fail(new AlreadyRead())
      this.#readAs = "stream"
      return Stream.repeatEffectChunkOption(this.#next)
    })
  }
}
