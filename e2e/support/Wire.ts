/**
 * What this process sends over HTTP, as undici tells it: below every client of ours, whatever they say of themselves.
 */
import { Effect, Option, Schema } from "effect"
import * as DiagnosticsChannel from "node:diagnostics_channel"

/** A request that was answered. */
export interface Exchange {
  readonly method: string
  readonly origin: string
  /** With the query. */
  readonly path: string
  /** Names and values in turn. */
  readonly headers: ReadonlyArray<string>
  readonly status: number
}

const Answered = Schema.Struct({
  request: Schema.Struct({
    method: Schema.String,
    origin: Schema.Union(Schema.String, Schema.URLFromSelf),
    path: Schema.String,
    headers: Schema.Array(Schema.String)
  }),
  response: Schema.Struct({ statusCode: Schema.Number })
})

const channel = "undici:request:headers"

/** Records until the scope ends, and gives what was recorded so far. */
export const record = Effect.gen(function*() {
  const exchanges: Array<Exchange> = []
  const listen = (message: unknown) => {
    const { request, response } = Option.getOrThrow(Schema.decodeUnknownOption(Answered)(message))
    const { headers, method, origin, path } = request
    exchanges.push({ method, origin: new URL(origin).origin, path, headers, status: response.statusCode })
  }
  yield* Effect.acquireRelease(
    Effect.sync(() => DiagnosticsChannel.subscribe(channel, listen)),
    () => Effect.sync(() => DiagnosticsChannel.unsubscribe(channel, listen))
  )
  return Effect.sync((): ReadonlyArray<Exchange> => [...exchanges])
})

/** Whether a word, such as a token, stands in the address or in a header of a request. */
export const holds = ({ headers, path }: Exchange, word: string): boolean =>
  [path, ...headers].some((text) => text.includes(word))
