import { Auth, LoginUi, Loopback, OAuth, TokenStore } from "@effect-wps/auth"
import { IdentityProvider } from "@effect-wps/testing"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Ref } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
import { networkInterfaces } from "node:os"
import * as LoopbackServer from "../src/LoopbackServer.ts"

const agent = new Http.Agent({ keepAlive: false, maxSockets: 50 })

const statusOf = (url: string | URL) =>
  Effect.async<number>((resume) => {
    const request = Http.get(url, { agent }, (response) => {
      response.resume().on("end", () => resume(Effect.succeed(response.statusCode ?? 0)))
    })
    request.on("error", () => resume(Effect.succeed(0)))
  })

/** A browser at the address to which a login sends it back: it fetches the page that is shown there, too. */
const comeBack = (back: URL) => Effect.zipRight(statusOf(back), statusOf(new URL("/finished", back)))

/** A program that logs in at the provider, with what a person's browser does. */
const program = (idp: IdentityProvider.Service, browse: (link: URL) => Effect.Effect<unknown, unknown>) =>
  Effect.gen(function*() {
    const person = Layer.succeed(LoginUi.LoginUi, {
      hasBrowser: Effect.succeed(true),
      showLink: (link) => Effect.asVoid(Effect.forkDaemon(browse(link))),
      showDeviceCode: () => Effect.void,
      askRedirect: Effect.never,
      askClientCredentials: () => Effect.never
    })
    const context = yield* Layer.build(
      OAuth.layerAuthorizationCode({ issuer: idp.issuer, clientId: "wps", redirectPort: 0 }).pipe(
        Layer.provide([person, LoopbackServer.layer, TokenStore.layerMemory, NodeHttpClient.layerUndici])
      )
    )
    const { authorize, refused } = yield* Effect.provide(Auth.Auth, context)
    return { refused, ask: authorize(HttpClientRequest.get("https://wps.test/wps")) }
  })

const requests = (idp: IdentityProvider.Service) =>
  Effect.map(
    idp.requests("token"),
    (all) =>
      all.map(({ grantType, status }) =>
        `${Option.getOrElse(grantType, () => "-")} ${Option.getOrElse(status, () => 0)}`
      )
  )

const answer = (sent: HttpClientRequest.HttpClientRequest) => ({ sent, token: sent.headers["authorization"] })

/** What a service says to a token that it does not take. */
const refusal = (sent: HttpClientRequest.HttpClientRequest) =>
  HttpClientResponse.fromWeb(sent, new Response("", { status: 401 }))

const listen = (port: number) =>
  Effect.flatMap(
    Loopback.Loopback,
    (loopback) =>
      loopback.listen({ ports: [port], path: "/callback", accept: (query) => query.get("state") === "ours" })
  ).pipe(
    Effect.provide(LoopbackServer.layer)
  )

const hasIpv6 = Object.values(networkInterfaces()).flat().some((one) => one?.address === "::1")

describe("attacks on a login", () => {
  it.scopedLive("a refresh that was answered with 503 after the provider rotated is not repeated, and ends in a login", () =>
    Effect.gen(function*() {
      const idp = yield* IdentityProvider.IdentityProvider
      const { ask, refused } = yield* program(idp, (link) => Effect.flatMap(idp.logIn(link), comeBack))
      const first = answer(yield* ask)
      const response = refusal(first.sent)
      yield* idp.failNext("token", { when: "after", respond: { status: 503, body: "<html>busy</html>" } })
      assert.strictEqual((yield* Effect.flip(refused(first.sent, response)))._tag, "ProviderError")
      deepStrictEqual(yield* requests(idp), ["authorization_code 200", "refresh_token 503"])
      assert.isTrue(yield* refused(first.sent, response))
      assert.notStrictEqual(answer(yield* ask).token, first.token)
      deepStrictEqual((yield* requests(idp)).slice(2), ["refresh_token 400", "authorization_code 200"])
    }).pipe(Effect.provide(IdentityProvider.layer())))

  it.scopedLive("a refresh whose answer is cut off is not repeated, and ends in a login", () =>
    Effect.gen(function*() {
      const idp = yield* IdentityProvider.IdentityProvider
      const { ask, refused } = yield* program(idp, (link) => Effect.flatMap(idp.logIn(link), comeBack))
      const first = answer(yield* ask)
      const response = refusal(first.sent)
      yield* idp.failNext("token", { when: "after", respond: "drop" })
      assert.strictEqual((yield* Effect.flip(refused(first.sent, response)))._tag, "ProviderUnreachable")
      assert.isTrue(yield* refused(first.sent, response))
      deepStrictEqual((yield* requests(idp)).slice(1), [
        "refresh_token 0",
        "refresh_token 400",
        "authorization_code 200"
      ])
    }).pipe(Effect.provide(IdentityProvider.layer())))

  it.scopedLive("an answer of an earlier login is none of the next, and its code is worth nothing", () =>
    Effect.gen(function*() {
      const idp = yield* IdentityProvider.IdentityProvider
      const earlier = yield* Ref.make(Option.none<URL>())
      const replayed = yield* Ref.make<ReadonlyArray<number>>([])
      const { ask, refused } = yield* program(idp, (link) =>
        Effect.gen(function*() {
          const back = yield* idp.logIn(link)
          const before = yield* Ref.getAndSet(earlier, Option.some(back))
          if (Option.isSome(before)) {
            const replay = new URL(before.value.search, back)
            const mixed = new URL(replay)
            mixed.searchParams.set("state", back.searchParams.get("state") ?? "")
            mixed.searchParams.set("code", before.value.searchParams.get("code") ?? "")
            for (const url of [replay, mixed]) {
              const status = yield* statusOf(url)
              yield* Ref.update(replayed, (all) => [...all, status])
            }
            yield* statusOf(new URL("/finished", back))
          } else yield* comeBack(back)
        }))
      const { sent } = answer(yield* ask)
      yield* idp.revokeAll
      const error = yield* Effect.flip(refused(sent, refusal(sent)))
      assert.include(error, { _tag: "ProviderError", operation: "code" })
      // The old answer is refused by the listener; the old code under the new state, by the provider.
      deepStrictEqual(yield* Ref.get(replayed), [400, 303])
      deepStrictEqual(yield* requests(idp), [
        "authorization_code 200",
        "refresh_token 400",
        "authorization_code 400"
      ])
    }).pipe(Effect.provide(IdentityProvider.layer())))

  it.scopedLive.skipIf(!hasIpv6)("who listens on the same port of [::1] gets nothing", () =>
    Effect.gen(function*() {
      const heard = { connections: 0 }
      const squat = (port: number) =>
        Effect.acquireRelease(
          Effect.async<Net.Server, Error>((resume) => {
            const server = Net.createServer((socket) => {
              heard.connections++
              socket.destroy()
            })
            server.on("error", (error) => resume(Effect.fail(error)))
            server.listen({ host: "::1", port, ipv6Only: true }, () => resume(Effect.succeed(server)))
          }),
          (server) => Effect.sync(() => server.close())
        )
      const squatter = yield* squat(0)
      const address = squatter.address()
      assert(typeof address === "object" && address !== null)
      const { callback, finish, redirectUri } = yield* listen(address.port)
      assert.strictEqual(redirectUri, `http://127.0.0.1:${address.port}/callback`)
      yield* Effect.fork(comeBack(new URL(`${redirectUri}?state=ours&code=1`)))
      assert.strictEqual((yield* callback).get("code"), "1")
      yield* finish({ _tag: "Success" })
      assert.strictEqual(heard.connections, 0)
    }))

  it.scopedLive("ten thousand strays do not end a login", () =>
    Effect.gen(function*() {
      const { callback, finish, redirectUri } = yield* listen(0)
      const { origin } = new URL(redirectUri)
      const strays = ["/callback?state=forged&code=x", "/favicon.ico", "/finished", "/callback?state=ours&state=ours"]
      const statuses = yield* Effect.forEach(
        Array.from({ length: 10_000 }, (_, index) => strays[index % strays.length] ?? ""),
        (stray) => statusOf(origin + stray),
        { concurrency: 50 }
      )
      deepStrictEqual(new Set(statuses), new Set([400, 404]))
      yield* Effect.fork(comeBack(new URL(`${redirectUri}?state=ours&code=1`)))
      assert.strictEqual((yield* callback).get("code"), "1")
      yield* finish({ _tag: "Success" })
    }))
})
