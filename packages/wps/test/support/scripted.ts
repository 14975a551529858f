import { Auth, BearerAuth } from "@effect-wps/auth"
import { WpsClient } from "@effect-wps/wps"
import { HttpClient, HttpClientError, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Context, Effect, Layer, Redacted, Ref } from "effect"

/** One answer of a scripted server. */
export interface Answer {
  readonly status?: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array<ArrayBuffer>
}

/** What a scripted server was sent. */
export interface Sent {
  readonly method: string
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
}

export class Server extends Context.Tag("@effect-wps/wps/test/support/scripted/Server")<
  Server,
  { readonly sent: Effect.Effect<ReadonlyArray<Sent>> }
>() {}

const bodyOf = (request: HttpClientRequest.HttpClientRequest): string =>
  request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""

/**
 * A server that answers each request by a function of it and of how many came before it to the same path; `"cut"` ends
 * the connection.
 */
export const layerServer = (
  answer: (sent: Sent, before: number) => Answer | "cut" | "never"
): Layer.Layer<Server | HttpClient.HttpClient> =>
  Layer.effectContext(Effect.gen(function*() {
    const log = yield* Ref.make<ReadonlyArray<Sent>>([])
    const client = HttpClient.make((request, url) =>
      Effect.gen(function*() {
        const sent: Sent = {
          method: request.method,
          url: url.href,
          headers: { ...request.headers },
          body: bodyOf(request)
        }
        const path = url.origin + url.pathname
        const before = yield* Ref.modify(log, (all) => [
          all.filter((one) => new URL(one.url).origin + new URL(one.url).pathname === path).length,
          [...all, sent]
        ])
        const made = answer(sent, before)
        if (made === "never") return yield* Effect.never
        if (made === "cut") {
          return yield* new HttpClientError.RequestError({
            request,
            reason: "Transport",
            cause: Object.assign(new Error("socket hang up"), { code: "ECONNRESET" })
          })
        }
        return HttpClientResponse.fromWeb(
          request,
          new Response(made.body ?? "", {
            status: made.status ?? 200,
            headers: { "content-type": "text/xml; charset=utf-8", ...made.headers }
          })
        )
      })
    )
    return Context.make(Server, { sent: Ref.get(log) }).pipe(Context.add(HttpClient.HttpClient, client))
  }))

export const url = "https://example.org/wps"

export const secret = "s3cr3t-t0k3n"

/** A client with a bearer token, before a scripted server. */
export const layer = (
  answer: (sent: Sent, before: number) => Answer | "cut" | "never",
  options?: Partial<WpsClient.Options>
) =>
  WpsClient.layer({ url, ...options }).pipe(
    Layer.provide(BearerAuth.layer(Redacted.make(secret))),
    Layer.provideMerge(layerServer(answer))
  )

/** The same without credentials. */
export const layerAnonymous = (
  answer: (sent: Sent, before: number) => Answer | "cut" | "never",
  options?: Partial<WpsClient.Options>
) =>
  WpsClient.layer({ url, ...options }).pipe(
    Layer.provide(Auth.layerAnonymous),
    Layer.provideMerge(layerServer(answer))
  )
