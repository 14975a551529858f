import { Loopback } from "@effect-wps/auth"
import { assert, describe, it } from "@effect/vitest"
import { Chunk, Deferred, Effect, Exit, Fiber, Logger, Option, Scope, TestClock, Tracer } from "effect"
import * as Http from "node:http"
import * as Net from "node:net"
// By its file: this is about the module alone.
import * as LoopbackServer from "../src/LoopbackServer.ts"

const code = "the-code-that-nobody-may-see"
const real = `state=ours&code=${code}`

const listen = (options?: Partial<Loopback.ListenOptions>) =>
  Effect.flatMap(Loopback.Loopback, (loopback) =>
    loopback.listen({
      ports: [0],
      path: "/callback",
      accept: (query) => query.get("state") === "ours",
      ...options
    })).pipe(Effect.provide(LoopbackServer.layer))

interface Answer {
  readonly status: number
  readonly headers: Http.IncomingHttpHeaders
  readonly body: string
}

const ask = (url: string, options?: Http.RequestOptions) =>
  Effect.async<Answer, Error>((resume) => {
    const request = Http.request(url, { agent: false, ...options }, (response) => {
      let body = ""
      response.setEncoding("utf8")
      response.on("data", (chunk: string) => {
        body += chunk
      })
      response.on("end", () =>
        resume(Effect.succeed({ status: response.statusCode ?? 0, headers: response.headers, body })))
    })
    request.on("error", (error) =>
      resume(Effect.fail(error)))
    request.end()
    return Effect.sync(() => request.destroy())
  })

/** What is answered to bytes that no client would send. */
const say = (url: string, text: string) =>
  Effect.async<string, Error>((resume) => {
    let all = ""
    const socket = Net.connect(Number(new URL(url).port), "127.0.0.1", () => socket.write(text))
    socket.on("data", (chunk) => {
      all += String(chunk)
    })
    socket.on("error", (error) => resume(Effect.fail(error)))
    socket.on("close", () => resume(Effect.succeed(all)))
  })

/** A browser's socket on which nothing is ever asked. */
const idleSocket = (url: string) =>
  Effect.acquireRelease(
    Effect.async<Net.Socket>((resume) => {
      const socket = Net.connect(Number(new URL(url).port), "127.0.0.1", () => resume(Effect.succeed(socket)))
      socket.on("error", () => undefined)
    }),
    (socket) => Effect.sync(() => socket.destroy())
  )

/** Follows the redirect as a browser does. */
const browse = Effect.fnUntraced(function*(url: string) {
  const first = yield* ask(url)
  assert.strictEqual(first.status, 303)
  const landed = new URL(first.headers.location ?? "", url)
  return { first, landed, last: yield* ask(landed.href) }
})

/** Until a fiber waits for the TestClock, which nothing here moves by itself: what waits in vain never ends. */
const someoneSleeps = Effect.repeat(Effect.zipRight(Effect.yieldNow(), TestClock.sleeps()), { until: Chunk.isNonEmpty })

const origin = (redirectUri: string) => new URL(redirectUri).origin

/** Holds a port, and gives its number. */
const held = Effect.map(
  Effect.acquireRelease(
    Effect.async<Net.Server>((resume) => {
      const server = Net.createServer().listen(0, "127.0.0.1", () => resume(Effect.succeed(server)))
    }),
    (server) => Effect.sync(() => server.close())
  ),
  (server) => {
    const address = server.address()
    assert(typeof address === "object" && address !== null)
    return address.port
  }
)

const assertGuarded = ({ body, headers }: Answer) => {
  assert.strictEqual(headers["connection"], "close")
  assert.strictEqual(headers["cache-control"], "no-store")
  assert.strictEqual(headers["referrer-policy"], "no-referrer")
  assert.match(String(headers["content-security-policy"]), /^default-src 'none'; style-src 'unsafe-inline'; /)
  assert.strictEqual(headers["x-content-type-options"], "nosniff")
  assert.strictEqual(headers["x-frame-options"], "DENY")
  assert.notInclude(body, code)
}

describe("LoopbackServer", () => {
  it.scopedLive("gives the query, and tells the person on a page without a code in its address", () =>
    Effect.gen(function*() {
      const listener = yield* listen()
      assert.match(listener.redirectUri, /^http:\/\/127\.0\.0\.1:\d+\/callback$/)
      const browser = yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      assert.strictEqual((yield* listener.callback).get("code"), code)
      yield* listener.finish({ _tag: "Success" })
      const { first, landed, last } = yield* Fiber.join(browser)
      assert.strictEqual(landed.href, `${origin(listener.redirectUri)}/finished`)
      assert.strictEqual(last.status, 200)
      assert.include(last.body, "You are logged in. You can close this page.")
      assertGuarded(first)
      assertGuarded(last)
    }))

  it.scopedLive("adds no slash to an empty path, and answers the slash that the browser adds", () =>
    Effect.gen(function*() {
      const listener = yield* listen({ path: "" })
      assert.match(listener.redirectUri, /^http:\/\/127\.0\.0\.1:\d+$/)
      yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      assert.strictEqual((yield* listener.callback).get("code"), code)
      yield* listener.finish({ _tag: "Success" })
    }))

  for (const path of ["callback", ":80/callback", "@evil.example/callback", "0/callback"]) {
    it.scopedLive(`puts a slash before the path ${path}, and answers there`, () =>
      Effect.gen(function*() {
        const { callback, finish, redirectUri } = yield* listen({ path })
        const { hostname, pathname } = new URL(redirectUri)
        assert.deepStrictEqual([hostname, pathname], ["127.0.0.1", `/${path}`])
        yield* Effect.fork(browse(`${redirectUri}?${real}`))
        assert.strictEqual((yield* callback).get("code"), code)
        yield* finish({ _tag: "Success" })
      }))
  }

  it.scopedLive("has another page for the end when the path is that of the page", () =>
    Effect.gen(function*() {
      const listener = yield* listen({ path: "/finished" })
      const browser = yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      yield* listener.callback
      yield* listener.finish({ _tag: "Success" })
      const { landed, last } = yield* Fiber.join(browser)
      assert.strictEqual(landed.pathname, "/login-finished")
      assert.include(last.body, "You are logged in")
    }))

  it.scopedLive("passes over all that is not the answer, and then takes the answer", () =>
    Effect.gen(function*() {
      const listener = yield* listen()
      const { redirectUri } = listener
      const at = origin(redirectUri)
      const { host, port } = new URL(redirectUri)
      const statusOf = (url: string, options?: Http.RequestOptions) =>
        Effect.map(ask(url, options), (answer) => {
          assertGuarded(answer)
          return answer.status
        })
      const right = `${redirectUri}?${real}`

      assert.strictEqual(yield* statusOf(`${at}/favicon.ico`), 404)
      assert.strictEqual(yield* statusOf(`${at}/?${real}`), 404)
      assert.strictEqual(yield* statusOf(`${at}/callback/?${real}`), 404)
      assert.strictEqual(yield* statusOf(`${at}/finished`), 404)
      for (const method of ["POST", "HEAD", "PUT", "OPTIONS"]) {
        assert.strictEqual(yield* statusOf(right, { method }), 405, method)
      }
      for (const foreign of ["evil.example", `evil.example:${port}`, `localhost:${port}`, "127.0.0.1", `${host}.`]) {
        assert.strictEqual(yield* statusOf(right, { headers: { host: foreign } }), 400, foreign)
      }
      assert.match(yield* say(redirectUri, `GET /callback?${real} HTTP/1.0\r\n\r\n`), /^HTTP\/1.1 400 /)
      assert.match(
        yield* say(redirectUri, `GET /callback?${real} HTTP/1.1\r\nHost: ${host}\r\nHost: evil.example\r\n\r\n`),
        /^HTTP\/1.1 400 /
      )
      assert.match(
        yield* say(redirectUri, `GET ${right} HTTP/1.1\r\nHost: ${host}\r\n\r\n`),
        /^HTTP\/1.1 404 /
      )
      assert.strictEqual(yield* statusOf(redirectUri), 400)
      assert.strictEqual(yield* statusOf(`${redirectUri}?state=forged&code=${code}`), 400)
      assert.strictEqual(yield* statusOf(`${right}&state=ours`), 400)
      assert.strictEqual(yield* statusOf(`${redirectUri}?state=forged&${real}`), 400)
      assert.strictEqual(yield* statusOf(`${right}&code=other`), 400)

      const waiting = yield* Effect.fork(listener.callback)
      yield* Effect.yieldNow()
      assert.isNull(waiting.unsafePoll())
      yield* Effect.fork(browse(right))
      assert.strictEqual((yield* Fiber.join(waiting)).get("code"), code)
      yield* listener.finish({ _tag: "Success" })
    }))

  it.scopedLive("counts the first answer only", () =>
    Effect.gen(function*() {
      const listener = yield* listen()
      const browser = yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      yield* listener.callback
      const second = yield* ask(`${listener.redirectUri}?state=ours&code=second`)
      assert.strictEqual(second.status, 409)
      assert.include(second.body, "This login was already answered.")
      assertGuarded(second)
      assert.strictEqual((yield* listener.callback).get("code"), code)
      yield* listener.finish({ _tag: "Success" })
      yield* Fiber.join(browser)
    }))

  it.scopedLive("takes the answer after a thousand strays", () =>
    Effect.gen(function*() {
      const listener = yield* listen()
      const strays = ["/callback?state=forged", "/favicon.ico", "/finished", "/callback?state=ours&state=ours"]
      yield* Effect.forEach(
        Array.from({ length: 1000 }, (_, index) => strays[index % strays.length] ?? ""),
        (stray) => ask(origin(listener.redirectUri) + stray),
        { concurrency: 20, discard: true }
      )
      yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      assert.strictEqual((yield* listener.callback).get("code"), code)
      yield* listener.finish({ _tag: "Success" })
    }))

  it.scopedLive("says why a login failed, as text", () =>
    Effect.gen(function*() {
      const listener = yield* listen()
      const browser = yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      yield* listener.callback
      yield* listener.finish({ _tag: "Failure", reason: "<script>alert('x')</script> & \"more\"" })
      const { last } = yield* Fiber.join(browser)
      assert.include(
        last.body,
        "The login failed: &lt;script&gt;alert(&#39;x&#39;)&lt;/script&gt; &amp; &quot;more&quot;"
      )
      assert.notInclude(last.body, "<script")
    }))

  it.live("says that the login failed when it ends without an outcome", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const listener = yield* Scope.extend(listen(), scope)
      const browser = yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
      yield* listener.callback
      yield* Scope.close(scope, Exit.void)
      assert.include((yield* Fiber.join(browser)).last.body, "The login failed: it was ended before it was complete.")
    }))

  it.effect("waits at its end for a browser that is slow to fetch the last page, and no longer", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const listener = yield* Scope.extend(listen(), scope)
      yield* ask(`${listener.redirectUri}?${real}`)
      yield* listener.finish({ _tag: "Success" })
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* someoneSleeps
      const last = yield* ask(`${origin(listener.redirectUri)}/finished`)
      assert.include(last.body, "You are logged in")
      yield* Fiber.join(closing)
    }))

  it.effect("ends after two seconds when the browser never fetches the last page", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const listener = yield* Scope.extend(listen(), scope)
      yield* ask(`${listener.redirectUri}?${real}`)
      yield* listener.finish({ _tag: "Success" })
      const closing = yield* Effect.fork(Scope.close(scope, Exit.void))
      yield* someoneSleeps
      yield* TestClock.adjust("1999 millis")
      assert.deepStrictEqual(yield* Fiber.poll(closing), Option.none())
      yield* TestClock.adjust("1 millis")
      yield* Fiber.join(closing)
    }))

  it.scoped("does not wait for an idle socket, and is gone afterwards", () =>
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const { redirectUri } = yield* Scope.extend(listen(), scope)
      yield* idleSocket(redirectUri)
      yield* Scope.close(scope, Exit.void)
      assert.match(String(yield* Effect.flip(ask(redirectUri))), /ECONNREFUSED/)
    }))

  it.effect("frees the port when the login is interrupted", () =>
    Effect.gen(function*() {
      const address = yield* Deferred.make<string>()
      const login = yield* Effect.fork(Effect.scoped(Effect.flatMap(listen(), (listener) =>
        Effect.zipRight(Deferred.succeed(address, listener.redirectUri), listener.callback))))
      const redirectUri = yield* Deferred.await(address)
      yield* Fiber.interrupt(login)
      assert.match(String(yield* Effect.flip(ask(redirectUri))), /ECONNREFUSED/)
    }))

  it.live("gives the last page when the login is interrupted after the answer, and frees the port", () =>
    Effect.gen(function*() {
      const address = yield* Deferred.make<string>()
      const answered = yield* Deferred.make<void>()
      const login = yield* Effect.fork(Effect.scoped(Effect.gen(function*() {
        const listener = yield* listen()
        yield* Deferred.succeed(address, listener.redirectUri)
        yield* listener.callback
        yield* Deferred.succeed(answered, undefined)
        return yield* Effect.never
      })))
      const redirectUri = yield* Deferred.await(address)
      yield* ask(`${redirectUri}?${real}`)
      yield* Deferred.await(answered)
      const interrupting = yield* Effect.fork(Fiber.interrupt(login))
      assert.include((yield* ask(`${origin(redirectUri)}/finished`)).body, "The login failed: it was ended")
      yield* Fiber.join(interrupting)
      assert.match(String(yield* Effect.flip(ask(redirectUri))), /ECONNREFUSED/)
    }))

  it.scopedLive("takes the next port when one is taken", () =>
    Effect.gen(function*() {
      const taken = yield* held
      const { redirectUri } = yield* listen({ ports: [taken, 0] })
      assert.notStrictEqual(new URL(redirectUri).port, String(taken))
      assert.strictEqual((yield* ask(redirectUri)).status, 400)
    }))

  it.scopedLive("fails with all ports and reasons when none can be had", () =>
    Effect.gen(function*() {
      const taken = yield* held
      const error = yield* Effect.flip(listen({ ports: [taken, 70000] }))
      assert.strictEqual(error._tag, "LoopbackUnavailable")
      assert.deepStrictEqual(error.ports, [taken, 70000])
      assert.strictEqual(
        error.reason,
        `${taken} is in use (EADDRINUSE), 70000 is not a port number (ERR_SOCKET_BAD_PORT)`
      )
      assert.strictEqual((yield* Effect.flip(listen({ ports: [] }))).reason, "no port is named")
    }))

  it.scopedLive("passes over what is no port number, and says so when nothing else is left", () =>
    Effect.gen(function*() {
      const wrong = [1.5, NaN, Infinity, -1, 65_536, 1e300]
      const error = yield* Effect.flip(listen({ ports: wrong }))
      assert.strictEqual(error._tag, "LoopbackUnavailable")
      for (const port of wrong) assert.include(error.message, `${port} is not a port number`)
      assert.deepStrictEqual(error.ports, [-1, 65_536])
      const { redirectUri } = yield* listen({ ports: [...wrong, 0] })
      assert.strictEqual((yield* ask(redirectUri)).status, 400)
    }))

  it.scopedLive("logs and traces nothing of a query", () =>
    Effect.gen(function*() {
      const lines: Array<string> = []
      const spans: Array<Tracer.Span> = []
      const native = yield* Effect.tracer
      const tracer = Tracer.make({
        context: native.context,
        span: (...args) => {
          const span = native.span(...args)
          spans.push(span)
          return span
        }
      })
      const logger = Logger.replace(
        Logger.defaultLogger,
        Logger.make((options) => void lines.push(Logger.jsonLogger.log(options)))
      )
      yield* Effect.gen(function*() {
        const listener = yield* listen()
        yield* ask(`${listener.redirectUri}?state=forged&code=${code}`)
        const browser = yield* Effect.fork(browse(`${listener.redirectUri}?${real}`))
        yield* listener.callback
        yield* Effect.log("called back")
        yield* listener.finish({ _tag: "Success" })
        yield* Fiber.join(browser)
      }).pipe(Effect.scoped, Effect.withSpan("login"), Effect.withTracer(tracer), Effect.provide(logger))
      assert.deepStrictEqual(spans.map(({ name }) => name), ["login"])
      assert.lengthOf(lines, 1)
      assert.notInclude(
        lines.join() + spans.flatMap(({ attributes }) => [...attributes].flat().map(String)).join(),
        code
      )
    }))
})
