/**
 * What it costs to authorize a request with a token that is still good, beside setting a header by hand.
 *
 *     npm run bench:authorize
 *
 * The two take turns, and a ratio is taken between figures of the same round.
 */
import { Auth, OAuth, TokenStore } from "@effect-wps/auth"
import { HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeRuntime } from "@effect/platform-node"
import { Array, Console, Effect, Layer, Number, Redacted } from "effect"

const issuer = "https://login.example.org"

/** A provider that answers by itself. */
const provider = HttpClient.make((request, url) =>
  Effect.sync(() =>
    HttpClientResponse.fromWeb(
      request,
      Response.json(
        url.pathname === "/token"
          ? { access_token: "x".repeat(1200), token_type: "Bearer", expires_in: 86_400 }
          : { issuer, token_endpoint: `${issuer}/token` }
      )
    )
  )
)

const request = HttpClientRequest.get("https://example.org/wps")

const calls = 1000
const rounds = 200

/** Microseconds for each of the calls. */
const timed = <E, R>(call: Effect.Effect<unknown, E, R>) =>
  Effect.gen(function*() {
    const start = performance.now()
    for (let i = 0; i < calls; i++) yield* call
    return 1000 * (performance.now() - start) / calls
  })

const spread = (values: ReadonlyArray<number>): string => {
  const sorted = Array.sort(values, Number.Order)
  const at = (share: number) => (sorted[Math.floor(share * (sorted.length - 1))] ?? NaN).toFixed(2)
  return `${at(0.5)} [${at(0.05)}–${at(0.95)}]`
}

const program = Effect.gen(function*() {
  const auth = yield* Auth.Auth
  const header = `Bearer ${"x".repeat(1200)}`
  const bare = Effect.sync(() => HttpClientRequest.setHeader(request, "authorization", header))
  const ours = auth.authorize(request)
  yield* timed(ours)
  const measured = yield* Effect.forEach(Array.range(1, rounds), () => Effect.all([timed(bare), timed(ours)]))
  // The engine compiles what runs often in the first rounds.
  const settled = measured.slice(rounds / 4)
  yield* Console.log(
    `${settled.length} rounds of ${calls} calls, microseconds for each; median [5 % – 95 %]\n` +
      `  a header set by hand  ${spread(settled.map(([bare]) => bare))}\n` +
      `  authorize             ${spread(settled.map(([, ours]) => ours))}\n` +
      `  ratio                 ${spread(settled.map(([bare, ours]) => ours / bare))}`
  )
})

const auth = OAuth.layerClientCredentials({
  issuer,
  clientId: "bench",
  authentication: { _tag: "ClientSecret", secret: Redacted.make("secret") }
}).pipe(Layer.provide([Layer.succeed(HttpClient.HttpClient, provider), TokenStore.layerMemory]))

program.pipe(Effect.provide(auth), NodeRuntime.runMain)
