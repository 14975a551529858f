import { Auth, OAuth, TokenStore } from "@effect-wps/auth"
import { UndiciClient } from "@effect-wps/node"
import { WpsNode } from "@effect-wps/testing"
import { Output, Process, WpsClient } from "@effect-wps/wps"
import {
  type HttpApp,
  type HttpClient,
  HttpClientRequest,
  HttpServerRequest,
  HttpServerResponse,
  UrlParams
} from "@effect/platform"
import { NodeHttpClient, NodeHttpServer, Undici } from "@effect/platform-node"
import { assert, describe, it, vi } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Cause,
  Deferred,
  Duration,
  Effect,
  FiberSet,
  Inspectable,
  Layer,
  Redacted,
  Ref,
  Schedule,
  Schema
} from "effect"
import { createServer } from "node:http"
import { createServer as createTlsServer } from "node:https"
import { connect, createServer as createTcpServer, type Socket } from "node:net"
import { inspect } from "node:util"
import { makeAuthority } from "./support/certificates.ts"

// --- certificates ----------------------------------------------------------------------------------------------------

const authority = makeAuthority("an authority of ours")
const server = authority.issue("server", { names: ["id.test", "wps.test"], ip: [127, 0, 0, 1] })
const certificate = authority.issue("nightly")

const { ca } = authority
const trusting = { ca }
const presenting = { ca, ...certificate }

interface Tls {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

// --- servers ---------------------------------------------------------------------------------------------------------

/** An https server on a free port of the loopback interface. With `wants` only who has a certificate of ours comes in. */
const serve = Effect.fnUntraced(function*(app: HttpApp.Default, wants: boolean) {
  const node = createTlsServer(wants ? { ...server, ca, requestCert: true, rejectUnauthorized: true } : server)
  const http = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: 0 })
  yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
  yield* http.serve(app)
  assert(http.address._tag === "TcpAddress")
  return http.address.port
})

interface Asked {
  readonly authorization: string | undefined
  readonly parameters: UrlParams.UrlParams
}

/** A provider whose issuer is the address at which it is asked. */
const makeProvider = Effect.fnUntraced(function*(wants: boolean) {
  const asked = yield* Ref.make<ReadonlyArray<Asked>>([])
  const app = Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const issuer = `https://${request.headers["host"]}`
    if (request.url === "/.well-known/openid-configuration") {
      return HttpServerResponse.unsafeJson({ issuer, token_endpoint: `${issuer}/token` })
    }
    const parameters = yield* request.urlParamsBody
    yield* Ref.update(asked, (all) => [...all, { authorization: request.headers["authorization"], parameters }])
    return HttpServerResponse.unsafeJson({ access_token: "token-secret", token_type: "Bearer", expires_in: 300 })
  })
  return { port: yield* serve(Effect.orDie(app), wants), asked: Ref.get(asked) }
})

const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })

/** A provider and a service that takes its tokens. */
const start = Effect.fnUntraced(function*(wants: { readonly certificate: boolean }) {
  const provider = yield* makeProvider(wants.certificate)
  const node = yield* WpsNode.make([WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))], {
    authorize: WpsNode.bearer(Redacted.make("token-secret"))
  })
  const port = yield* serve(node, wants.certificate)
  return {
    ports: { "id.test:443": provider.port, "wps.test:443": port },
    asked: provider.asked,
    issuer: `https://127.0.0.1:${provider.port}`,
    url: `https://127.0.0.1:${port}/wps`
  }
})

const basic = (userInfo: string): string => Buffer.from(userInfo).toString("base64")

/** A proxy that lets through who says `user:proxy-secret`, to hosts that nobody else can find. */
const makeProxy = Effect.fnUntraced(function*(ports: Readonly<Record<string, number>>) {
  const tunnels: Array<string> = []
  const sockets = new Set<Socket>()
  const allowed = `Basic ${basic("user:proxy-secret")}`
  const proxy = createServer()
  proxy.on("connection", (socket) => sockets.add(socket))
  proxy.on("connect", (request, socket: Socket) => {
    const target = request.url ?? ""
    tunnels.push(target)
    socket.on("error", () => socket.destroy())
    const refuse = (status: string) => void socket.end(`HTTP/1.1 ${status}\r\ncontent-length: 0\r\n\r\n`)
    const port = ports[target]
    if (request.headers["proxy-authorization"] !== allowed) return refuse("407 Proxy Authentication Required")
    if (port === undefined) return refuse("502 Bad Gateway")
    const to = connect(port, "127.0.0.1", () => {
      socket.write("HTTP/1.1 200 Connection Established\r\n\r\n")
      to.pipe(socket)
      socket.pipe(to)
    })
    sockets.add(to)
    to.on("error", () => socket.destroy())
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void proxy.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        proxy.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  const address = proxy.address()
  assert(typeof address === "object" && address !== null)
  return {
    address: (userInfo: string) => `http://${userInfo}@127.0.0.1:${address.port}`,
    tunnels: Effect.sync(() => [...tunnels])
  }
})

// --- clients ---------------------------------------------------------------------------------------------------------

const dispatcher = (make: () => Undici.Dispatcher) =>
  Layer.scoped(
    NodeHttpClient.Dispatcher,
    Effect.acquireRelease(Effect.sync(make), (dispatcher) => Effect.promise(() => dispatcher.destroy()))
  )

const overUndici = {
  "NodeHttpClient.layerUndiciWithoutDispatcher": NodeHttpClient.layerUndiciWithoutDispatcher,
  "UndiciClient.layerWithoutDispatcher": UndiciClient.layerWithoutDispatcher
}

const clients: Readonly<Record<string, (tls: Tls) => Layer.Layer<HttpClient.HttpClient>>> = {
  "NodeHttpClient.layerWithoutAgent": (tls) =>
    Layer.provide(NodeHttpClient.layerWithoutAgent, NodeHttpClient.makeAgentLayer(tls)),
  "NodeHttpClient.layerUndiciWithoutDispatcher": (tls) =>
    Layer.provide(
      NodeHttpClient.layerUndiciWithoutDispatcher,
      dispatcher(() => new Undici.Agent({ connect: { ...tls } }))
    ),
  "UndiciClient.layerWithoutDispatcher": (tls) =>
    Layer.provide(UndiciClient.layerWithoutDispatcher, dispatcher(() => new Undici.Agent({ connect: { ...tls } })))
}

const bySecret: OAuth.ClientAuthentication = { _tag: "ClientSecretPost", secret: Redacted.make("client-secret") }

/** Runs the process with a token of the provider. */
const runWithToken = (
  at: { readonly issuer: string; readonly url: string },
  authentication: OAuth.ClientAuthentication = bySecret
) => {
  const auth = OAuth.layerClientCredentials({ issuer: at.issuer, clientId: "nightly", authentication })
  return WpsClient.run(answer({})).pipe(
    Effect.provide(Layer.provide(WpsClient.layer({ url: at.url }), Layer.provide(auth, TokenStore.layerMemory)))
  )
}

const runAnonymously = (url: string) =>
  WpsClient.run(answer({})).pipe(Effect.provide(Layer.provide(WpsClient.layer({ url }), Auth.layerAnonymous)))

const secrets = [
  "client-secret",
  "token-secret",
  "proxy-secret",
  basic("user:proxy-secret"),
  basic("user:wrong-proxy-secret")
]

/** What an effect fails with, however it is printed, shows none of the secrets. */
const failure = Effect.fnUntraced(function*<A, E extends { readonly _tag: string }, R>(effect: Effect.Effect<A, E, R>) {
  const cause = yield* Effect.flip(Effect.sandbox(effect))
  assert(cause._tag === "Fail", Cause.pretty(cause))
  const shown = [
    Cause.pretty(cause),
    inspect(cause, { depth: 30, showHidden: true }),
    Inspectable.toStringUnknown(cause)
  ]
  for (const secret of secrets) assert.notInclude(shown.join("\n"), secret)
  return cause.error
})

const reasonOf = (error: { readonly _tag: string; readonly reason?: unknown }) => [error._tag, error.reason]

const unknownAuthority = "UNABLE_TO_VERIFY_LEAF_SIGNATURE"

describe.each(Object.entries(clients))("%s", (_name, client) => {
  it.scopedLive("an authority that nobody knows is refused, and told by its code", () =>
    Effect.gen(function*() {
      const servers = yield* start({ certificate: false })
      yield* Effect.gen(function*() {
        deepStrictEqual(reasonOf(yield* failure(runWithToken(servers))), ["ProviderUnreachable", unknownAuthority])
        deepStrictEqual(reasonOf(yield* failure(runAnonymously(servers.url))), ["TransportError", unknownAuthority])
      }).pipe(Effect.provide(client({})))
      deepStrictEqual(yield* servers.asked, [])
    }))

  it.scopedLive("the authority that is given holds for the provider and the service", () =>
    Effect.gen(function*() {
      const servers = yield* start({ certificate: false })
      const { value } = yield* Effect.provide(runWithToken(servers), client(trusting))
      assert.strictEqual(value, 42)
    }))

  it.scopedLive("a certificate for another host is refused", () =>
    Effect.gen(function*() {
      const { issuer, url } = yield* start({ certificate: false })
      const other = { issuer: issuer.replace("127.0.0.1", "localhost"), url: url.replace("127.0.0.1", "localhost") }
      yield* Effect.gen(function*() {
        const reason = "ERR_TLS_CERT_ALTNAME_INVALID"
        deepStrictEqual(reasonOf(yield* failure(runWithToken(other))), ["ProviderUnreachable", reason])
        deepStrictEqual(reasonOf(yield* failure(runAnonymously(other.url))), ["TransportError", reason])
      }).pipe(Effect.provide(client(trusting)))
    }))

  it.scopedLive("a client certificate is presented, and no secret is sent", () =>
    Effect.gen(function*() {
      const servers = yield* start({ certificate: true })
      const { value } = yield* Effect.provide(runWithToken(servers, { _tag: "Tls" }), client(presenting))
      assert.strictEqual(value, 42)
      const [asked, ...more] = yield* servers.asked
      assert.isUndefined(asked?.authorization)
      deepStrictEqual([...(asked?.parameters ?? UrlParams.empty)].sort(), [
        ["client_id", "nightly"],
        ["grant_type", "client_credentials"]
      ])
      assert.lengthOf(more, 0)
    }))

  const strangers = [
    ["no client certificate", trusting],
    ["one of another authority", { ca, ...makeAuthority("another authority").issue("nightly") }]
  ] as const

  for (const [name, tls] of strangers) {
    it.scopedLive(`with ${name} neither the provider nor the service is reached`, () =>
      Effect.gen(function*() {
        const servers = yield* start({ certificate: true })
        yield* Effect.gen(function*() {
          const [tag, reason] = reasonOf(yield* failure(runWithToken(servers, { _tag: "Tls" })))
          assert.strictEqual(tag, "ProviderUnreachable")
          // Which of them depends on what is read first, the alert or the end.
          assert.match(String(reason), /^(ERR_SSL_\w+|ECONNRESET|EPIPE|UND_ERR_SOCKET)$/)
          assert.strictEqual((yield* failure(runAnonymously(servers.url)))._tag, "TransportError")
        }).pipe(Effect.provide(client(tls)))
        deepStrictEqual(yield* servers.asked, [])
      }))
  }
})

// --- proxies ---------------------------------------------------------------------------------------------------------

/** Settings of the environment, which are those of the whole process. */
const withEnvironment = (settings: Readonly<Record<string, string>>) =>
  Effect.acquireRelease(
    Effect.sync(() => Object.entries(settings).forEach(([name, value]) => vi.stubEnv(name, value))),
    () => Effect.sync(() => vi.unstubAllEnvs())
  )

describe.sequential("a proxy that the environment names", () => {
  const hidden = { issuer: "https://id.test", url: "https://wps.test/wps" }

  for (const [name, layer] of Object.entries(overUndici)) {
    // The proxy is asked for a tunnel, in which `requestTls` holds; past it, `connect` does.
    const client = Layer.provide(
      layer,
      dispatcher(() => new Undici.EnvHttpProxyAgent({ connect: { ca }, requestTls: { ca } }))
    )

    it.scopedLive(`leads to the provider and the service: ${name}`, () =>
      Effect.gen(function*() {
        const { asked, ports } = yield* start({ certificate: false })
        const proxy = yield* makeProxy(ports)
        yield* withEnvironment({ https_proxy: proxy.address("user:proxy-secret"), no_proxy: "" })
        const { value } = yield* Effect.provide(runWithToken(hidden), client)
        assert.strictEqual(value, 42)
        deepStrictEqual([...new Set(yield* proxy.tunnels)], ["id.test:443", "wps.test:443"])
        assert.lengthOf(yield* asked, 1)
      }))

    it.scopedLive(`is left out where NO_PROXY says so: ${name}`, () =>
      Effect.gen(function*() {
        const servers = yield* start({ certificate: false })
        const proxy = yield* makeProxy(servers.ports)
        yield* withEnvironment({
          https_proxy: proxy.address("user:proxy-secret"),
          no_proxy: `example.org,${new URL(servers.url).host}`
        })
        const { value } = yield* Effect.provide(runWithToken({ issuer: hidden.issuer, url: servers.url }), client)
        assert.strictEqual(value, 42)
        deepStrictEqual([...new Set(yield* proxy.tunnels)], ["id.test:443"])
      }))

    const broken = [
      ["refuses its password", "user:wrong-proxy-secret", hidden],
      ["cannot reach the host", "user:proxy-secret", { issuer: "https://no.test", url: "https://no.test/wps" }]
    ] as const

    for (const [what, userInfo, at] of broken) {
      it.scopedLive(`and that ${what} is a typed error without the password: ${name}`, () =>
        Effect.gen(function*() {
          const { asked, ports } = yield* start({ certificate: false })
          const proxy = yield* makeProxy(ports)
          yield* withEnvironment({ https_proxy: proxy.address(userInfo), no_proxy: "" })
          yield* Effect.gen(function*() {
            assert.strictEqual((yield* failure(runWithToken(at)))._tag, "ProviderUnreachable")
            assert.strictEqual((yield* failure(runAnonymously(at.url)))._tag, "TransportError")
          }).pipe(Effect.provide(client))
          deepStrictEqual(yield* proxy.tunnels, [at.issuer, at.url].map((url) => `${new URL(url).hostname}:443`))
          deepStrictEqual(yield* asked, [])
        }))
    }
  }
})

// --- slowness --------------------------------------------------------------------------------------------------------

/** A provider that sends a byte of a response head every 50 ms, without end. */
const dripping = Effect.gen(function*() {
  const left = yield* Deferred.make<number>()
  const run = yield* FiberSet.makeRuntime()
  const sockets = new Set<Socket>()
  const node = createTcpServer((socket) => {
    let sent = 0
    const drip = Effect.sync(() => socket.write("HTTP/1.1 200 OK\r\nserver: "[sent++] ?? "x"))
    run(Effect.repeat(drip, { schedule: Schedule.spaced("50 millis"), while: () => !socket.destroyed }))
    sockets.add(socket.resume())
    socket.on("error", () => socket.destroy())
    socket.on("close", () => Deferred.unsafeDone(left, Effect.succeed(sent)))
  })
  yield* Effect.acquireRelease(
    Effect.async<void>((resume) => void node.listen(0, "127.0.0.1", () => resume(Effect.void))),
    () =>
      Effect.async<void>((resume) => {
        node.close(() => resume(Effect.void))
        for (const socket of sockets) socket.destroy()
      })
  )
  const address = node.address()
  assert(typeof address === "object" && address !== null)
  return { issuer: `http://127.0.0.1:${address.port}`, left: Deferred.await(left) }
})

describe("a provider whose headers come byte by byte", () => {
  const clients = {
    "NodeHttpClient.layer": NodeHttpClient.layer,
    "NodeHttpClient.layerUndici": NodeHttpClient.layerUndici,
    "UndiciClient.layer": UndiciClient.layer
  }

  for (const [name, client] of Object.entries(clients)) {
    it.scopedLive(`is left at the time limit, and its connection is closed: ${name}`, () =>
      Effect.gen(function*() {
        const { issuer, left } = yield* dripping
        const context = yield* Layer.build(
          OAuth.layerClientCredentials({ issuer, clientId: "nightly", authentication: bySecret, timeout: "600 millis" })
            .pipe(Layer.provide([TokenStore.layerMemory, client]))
        )
        const { authorize } = yield* Effect.provide(Auth.Auth, context)
        const asking = failure(authorize(HttpClientRequest.get("https://wps.test/wps")))
        const [took, error] = yield* Effect.timed(asking)
        deepStrictEqual(reasonOf(error), ["ProviderUnreachable", "no answer within 0.6 s"])
        assert.isAtLeast(Duration.toMillis(took), 550)
        // It was sending until then, so no idle time-out has ended this.
        assert.isAbove(yield* left, 2)
      }))
  }
})
