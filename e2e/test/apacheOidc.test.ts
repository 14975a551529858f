import { Auth, KeycloakAuth, TokenStore } from "@effect-wps/auth"
import { WpsClient } from "@effect-wps/wps"
import { HttpBody, HttpClient, HttpClientRequest, UrlParams } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Redacted, Schedule, Stream } from "effect"
import * as ApacheOidc from "../support/ApacheOidc.ts"
import * as Keycloak from "../support/Keycloak.ts"
import * as Processes from "../support/Processes.ts"
import * as PyWps from "../support/PyWps.ts"
import * as Wire from "../support/Wire.ts"

const services = ApacheOidc.layer.pipe(
  Layer.provideMerge(Layer.mergeAll(Keycloak.layer, PyWps.layer)),
  Layer.merge(NodeHttpClient.layerUndici)
)

const poll = { schedule: Schedule.spaced("200 millis"), deadline: "25 seconds" } as const

/** The client of a program that logs in with `auth`. */
const clientWith = <E, R>(auth: Layer.Layer<Auth.Auth, E, R>) =>
  Layer.unwrapEffect(
    Effect.map(ApacheOidc.ApacheOidc, ({ url }) => WpsClient.layer({ url, poll, validate: "never" }))
  ).pipe(Layer.provideMerge(auth))

/** A program that acts for itself. */
const program = (clientId: string) =>
  Layer.unwrapEffect(Effect.map(Keycloak.Keycloak, ({ url }) =>
    KeycloakAuth.layerClientCredentials({
      url,
      realm: "compute-cluster",
      clientId,
      clientSecret: Redacted.make(`${clientId}-secret`)
    }))).pipe(Layer.provide(TokenStore.layerMemory))

const originOf = Effect.map(ApacheOidc.ApacheOidc, ({ url }) => new URL(url).origin)

/** The token that the program has now. */
const token = Effect.gen(function*() {
  const auth = yield* Auth.Auth
  const { url } = yield* ApacheOidc.ApacheOidc
  const { headers } = yield* auth.authorize(HttpClientRequest.get(url))
  return (headers["authorization"] ?? "").slice("Bearer ".length)
})

/** Has a token of a client revoked (RFC 7009). */
const revoke = Effect.fnUntraced(function*(clientId: string, token: string) {
  const { issuer } = yield* Keycloak.Keycloak
  const fields = { client_id: clientId, client_secret: `${clientId}-secret`, token, token_type_hint: "access_token" }
  const response = yield* HttpClient.post(`${issuer("compute-cluster")}/protocol/openid-connect/revoke`, {
    body: HttpBody.urlParams(UrlParams.fromInput(fields))
  })
  assert.strictEqual(response.status, 200)
})

const data = { who: "a program", n: [1, 2] }

layer(services, { timeout: "10 minutes", excludeTestServices: true })("a client of PyWPS behind Apache", (it) => {
  /** What was sent to Apache and answered, and how many tokens were asked for. */
  const seen = Effect.fnUntraced(function*(wire: Effect.Effect<ReadonlyArray<Wire.Exchange>>) {
    const origin = yield* originOf
    const { url } = yield* Keycloak.Keycloak
    const all = yield* wire
    const there = all.filter((exchange) => exchange.origin === origin)
    return {
      reads: there.filter(({ method }) => method === "GET"),
      refused: there.filter(({ status }) => status === 401).length,
      elsewhere: all.filter((exchange) => exchange.origin !== origin && exchange.origin !== url).length,
      tokens: all.filter(({ method, origin, path }) => method === "POST" && origin === url && path.endsWith("/token"))
        .length
    }
  })

  it.scoped("runs a process, also for its raw output", () =>
    Effect.gen(function*() {
      deepStrictEqual((yield* WpsClient.run(Processes.json({ data }))).data, data)
      const { contentType, stream } = yield* WpsClient.raw(Processes.plain({ data: "some <&> text" }), {
        output: "data"
      })
      assert.match(Option.getOrElse(contentType, () => ""), /^text\/plain/)
      assert.strictEqual(yield* Stream.mkString(Stream.decodeText(stream)), "some <&> text")
    }).pipe(Effect.provide(clientWith(program("wps-service")))))

  it.effect("says what is wrong without credentials, which not even what there is can be read without", () =>
    Effect.gen(function*() {
      const { url } = yield* ApacheOidc.ApacheOidc
      const asked: ReadonlyArray<Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient>> = [
        WpsClient.capabilities,
        WpsClient.run(Processes.json({ data }))
      ]
      for (const ask of asked) {
        const error = yield* Effect.flip(ask)
        assert(error._tag === "AccessDenied")
        deepStrictEqual([error.url, error.status], [url, 401])
        assert.include(error.message, "Provide an Auth layer with valid credentials")
      }
    }).pipe(Effect.provide(clientWith(Auth.layerAnonymous))))

  it.effect("follows a job by a status document that wants a token too, and fetches its outputs", () =>
    Effect.gen(function*() {
      const wire = yield* Wire.record
      yield* Effect.gen(function*() {
        const job = yield* WpsClient.execute(Processes.wait({ seconds: 1, steps: 4 }))
        const statusLocation = Option.getOrThrow(Option.flatMap(job.reference, (one) => one.statusLocation))
        assert.strictEqual(new URL(statusLocation).origin, yield* originOf)
        const withoutToken = yield* HttpClient.get(statusLocation)
        assert.strictEqual(withoutToken.status, 401)
        deepStrictEqual(yield* job.result, { steps: 4 })

        const stored = yield* (yield* WpsClient.execute(Processes.stored({ size: 2000 }))).result
        assert.strictEqual(stored.text, "stored <&> text")
        assert.lengthOf(stored.bytes, 2000)
      }).pipe(Effect.provide(clientWith(program("wps-service"))))
      const { elsewhere, refused, tokens } = yield* seen(wire)
      deepStrictEqual({ elsewhere, refused, tokens }, { elsewhere: 0, refused: 1, tokens: 1 })
    }).pipe(Effect.scoped))

  it.effect("renews a token that expires while it polls", () =>
    Effect.gen(function*() {
      const wire = yield* Wire.record
      yield* Effect.gen(function*() {
        const job = yield* WpsClient.execute(Processes.wait({ seconds: 11, steps: 11 }))
        const first = yield* token
        deepStrictEqual(yield* job.result, { steps: 11 })
        assert.isFalse((yield* token) === first)
        assert.isFalse((yield* seen(wire)).reads.every((exchange) => Wire.holds(exchange, first)))
      }).pipe(Effect.provide(clientWith(program("wps-brief"))))
      // A token is good for 5 s, of which the last one is left alone. Keycloak counts whole seconds, and may end it before.
      const { refused, tokens } = yield* seen(wire)
      assert.isAtLeast(tokens, 3)
      assert.isAtMost(tokens, 6)
      assert.isBelow(refused, tokens)
    }).pipe(Effect.scoped))

  it.effect("gets another token when the one that it has is revoked while it polls", () =>
    Effect.gen(function*() {
      const wire = yield* Wire.record
      yield* Effect.gen(function*() {
        const job = yield* WpsClient.execute(Processes.wait({ seconds: 3, steps: 6 }))
        const first = yield* token
        yield* Stream.runHead(Stream.filter(job.changes, ({ _tag }) => _tag === "Running"))
        yield* revoke("wps-service", first)
        deepStrictEqual(yield* job.result, { steps: 6 })
        assert.isFalse((yield* token) === first)
      }).pipe(Effect.provide(clientWith(program("wps-service"))))
      const { refused, tokens } = yield* seen(wire)
      deepStrictEqual({ refused, tokens }, { refused: 1, tokens: 2 })
    }).pipe(Effect.scoped))
})
