/**
 * A WPS node inside the test: no port is opened, and its time is the TestClock's.
 *
 * @since 0.1.0
 */
import * as Auth from "@effect-wps/auth/Auth"
import { WpsClient } from "@effect-wps/wps"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientError from "@effect/platform/HttpClientError"
import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { httpClient } from "./internal/inMemory.ts"
import * as WpsNode from "./WpsNode.ts"

const origin = "http://wps.test"

/**
 * Where the node answers.
 *
 * @since 0.1.0
 * @category constants
 */
export const url = `${origin}/wps`

/** The error that Node gives for a host where nothing listens. */
const notHere = (request: HttpClientRequest.HttpClientRequest) =>
  new HttpClientError.RequestError({
    request,
    reason: "Transport",
    cause: Object.assign(new Error("connect ECONNREFUSED"), { code: "ECONNREFUSED" })
  })

/**
 * An `HttpClient` that reaches the node and nothing else. Requests run in the caller's fiber. Put any client and any
 * `Auth` on top of it.
 *
 * @example
 * ```ts
 * import { BearerAuth } from "@effect-wps/auth"
 * import { WpsNode, WpsTest } from "@effect-wps/testing"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Layer, Redacted } from "effect"
 *
 * const token = Redacted.make("secret")
 * const Client = WpsClient.layer({ url: WpsTest.url }).pipe(
 *   Layer.provide(BearerAuth.layer(token)),
 *   Layer.provide(WpsTest.layerHttpClient([], { authorize: WpsNode.bearer(token) }))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = <R = never>(
  implementations: ReadonlyArray<WpsNode.Implementation<R>>,
  options?: WpsNode.Options
): Layer.Layer<HttpClient.HttpClient, never, R> =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const context = yield* Effect.context<R>()
      return HttpClient.mapRequestEffect(
        httpClient(yield* WpsNode.make(implementations, options), context),
        (request) => request.url.startsWith(`${origin}/`) ? Effect.succeed(request) : Effect.fail(notHere(request))
      )
    })
  )

/** Uses the `Auth` of the program that calls, at each call. A program without one is anonymous. */
const layerCallersAuth: Layer.Layer<Auth.Auth> = Layer.succeed(Auth.Auth, {
  authorize: (request) =>
    Effect.flatMap(
      Effect.serviceOption(Auth.Auth),
      Option.match({ onNone: () => Effect.succeed(request), onSome: (auth) => auth.authorize(request) })
    ),
  refused: (request, response) =>
    Effect.flatMap(
      Effect.serviceOption(Auth.Auth),
      Option.match({ onNone: () => Effect.succeed(false), onSome: (auth) => auth.refused(request, response) })
    )
})

/**
 * A `WpsClient` of a node with these processes, and its `HttpClient`. Provide the `Auth` of the program under test
 * beside it; without one the program is anonymous.
 *
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { WpsNode, WpsTest } from "@effect-wps/testing"
 * import { Output, Process, WpsClient } from "@effect-wps/wps"
 * import { Effect, Schema } from "effect"
 *
 * const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
 *
 * const program = Effect.map(WpsClient.run(answer({})), ({ value }) => value)
 *
 * const test = program.pipe(
 *   Effect.provide([
 *     WpsTest.layer([WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))]),
 *     Auth.layerAnonymous
 *   ])
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = <R = never>(
  implementations: ReadonlyArray<WpsNode.Implementation<R>>,
  options?: WpsNode.Options & { readonly client?: Omit<WpsClient.Options, "url"> | undefined }
): Layer.Layer<WpsClient.WpsClient | HttpClient.HttpClient, never, R> =>
  Layer.orDie(WpsClient.layer({ ...options?.client, url: `${origin}${options?.path ?? "/wps"}` })).pipe(
    Layer.provide(layerCallersAuth),
    Layer.provideMerge(layerHttpClient(implementations, options))
  )
