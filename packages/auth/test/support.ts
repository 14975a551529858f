import { HttpClient, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert } from "@effect/vitest"
import { Cause, ConfigProvider, Effect, Inspectable, Layer, Logger, Ref, Tracer } from "effect"
import { inspect } from "node:util"

/** A request as a server saw it. */
export interface Seen {
  readonly method: string
  readonly url: string
  readonly headers: Record<string, string>
  readonly body: string
}

export type Handler = (seen: Seen) => Response

export const redirect = (status: number, location: string): Response =>
  new Response("moved", { status, headers: { location } })

const textOf = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : `(${request.body._tag})`

/** A client that answers by itself and remembers what it was asked. */
export const recording = (handler: Handler) =>
  Effect.gen(function*() {
    const requests = yield* Ref.make<ReadonlyArray<Seen>>([])
    const client = HttpClient.make((request, url) => {
      const seen = { method: request.method, url: url.href, headers: { ...request.headers }, body: textOf(request) }
      return Effect.as(
        Ref.update(requests, (all) => [...all, seen]),
        HttpClientResponse.fromWeb(request, handler(seen))
      )
    })
    return { client, requests: Ref.get(requests) }
  })

/** A response whose body cannot be read to its end, and what became of it. */
export const endless = (status: number, headers: Record<string, string> = {}) => {
  const state = { cancelled: false }
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(new Uint8Array(16 * 1024)),
    cancel: () => {
      state.cancelled = true
    }
  })
  return { response: new Response(body, { status, headers }), state }
}

const asText = (value: unknown): string => {
  const seen = new Set<unknown>()
  return JSON.stringify(value, (_key, part: unknown) => {
    if (typeof part === "object" && part !== null) {
      if (seen.has(part)) return undefined
      seen.add(part)
    }
    return part
  })
}

/** However it is printed, none of the secrets is in it. */
export const assertConceals = (value: unknown, secrets: ReadonlyArray<string>): void => {
  const prints = [
    String(value),
    inspect(value, { depth: 30, showHidden: true, getters: true }),
    asText(value),
    Inspectable.toStringUnknown(value),
    ...(value instanceof Error ? [value.message, value.stack ?? "", Cause.pretty(Cause.fail(value))] : []),
    Cause.pretty(Cause.die(value))
  ]
  for (const print of prints) {
    for (const secret of secrets) assert.notInclude(print, secret)
  }
}

export interface RecordedSpan {
  readonly name: string
  readonly kind: string
  readonly attributes: Map<string, unknown>
  readonly ended: Array<unknown>
}

/** A tracer that keeps all that it is told. */
export const recordingTracer = () => {
  const spans: Array<RecordedSpan> = []
  const tracer = Tracer.make({
    span: (name, parent, context, links, startTime, kind) => {
      const attributes = new Map<string, unknown>()
      const ended: Array<unknown> = []
      spans.push({ name, kind, attributes, ended })
      return {
        _tag: "Span",
        name,
        parent,
        context,
        links,
        kind,
        attributes,
        spanId: `${spans.length}`.padStart(16, "0"),
        traceId: "0".repeat(31) + "1",
        sampled: true,
        status: { _tag: "Started", startTime },
        attribute: (key, value) => void attributes.set(key, value),
        event: (event, _time, all) => void attributes.set(`event:${event}`, all),
        addLinks: () => undefined,
        end: (_time, exit) => void ended.push(exit)
      }
    },
    context: (f) => f()
  })
  return { spans, tracer }
}

/** Everything that is logged, as the loggers of Effect print it. */
export const recordingLogger = () => {
  const lines: Array<string> = []
  const layer = Logger.replace(
    Logger.defaultLogger,
    Logger.make((options) => {
      lines.push(Logger.stringLogger.log(options), Logger.logfmtLogger.log(options), Logger.jsonLogger.log(options))
    })
  )
  return { layer, lines }
}

/** Settings that may change while the program runs, as the environment's may. */
export const liveConfig = (settings: ReadonlyMap<string, string>): Layer.Layer<never> => {
  const current = () => ConfigProvider.fromMap(new Map(settings))
  return Layer.setConfigProvider(
    ConfigProvider.make({
      load: (config) => Effect.suspend(() => current().load(config)),
      flattened: current().flattened
    })
  )
}
