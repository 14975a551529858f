/**
 * The listener on Node that receives the answer of a login from the browser.
 *
 * @since 0.1.0
 */
import { LoopbackUnavailable } from "@effect-wps/auth/AuthError"
import * as Loopback from "@effect-wps/auth/Loopback"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as FiberSet from "effect/FiberSet"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Http from "node:http"
import { headers, outcomeText, page } from "./internal/loopbackPage.ts"

interface Answer {
  readonly status: number
  readonly text: string
  readonly headers?: Record<string, string>
}

/** Completes when the answer has been sent, or the browser has closed the connection. */
const send = (response: Http.ServerResponse, answer: Answer): Effect.Effect<void> =>
  Effect.async((resume) => {
    if (response.destroyed) return resume(Effect.void)
    response.once("close", () => resume(Effect.void))
    response.writeHead(answer.status, { ...headers, ...answer.headers }).end(page(answer.text))
  })

const close = (server: Http.Server): Effect.Effect<void> =>
  Effect.async((resume) => {
    server.close(() => resume(Effect.void))
    // Browsers keep sockets open on which they never send a request.
    server.closeAllConnections()
  })

const whyNot: Record<string, string> = {
  EADDRINUSE: "is in use",
  EACCES: "may be used by administrators only",
  ERR_SOCKET_BAD_PORT: "is not a port number"
}

const bind = (port: number): Effect.Effect<Http.Server, string, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.async<Http.Server, string>((resume) => {
      const fail = (error: NodeJS.ErrnoException) => {
        const code = error.code ?? error.name
        return resume(Effect.fail(`${port} ${whyNot[code] ?? "cannot be used"} (${code})`))
      }
      if (!Number.isInteger(port) || port < 0 || port > 65535) {
        return fail({ name: "RangeError", message: "", code: "ERR_SOCKET_BAD_PORT" })
      }
      // Requests without a Host header are answered below, with the headers of every answer.
      const server = Http.createServer({ requireHostHeader: false })
      // This listener stays. Without it, a connection that later fails to be accepted would end the process.
      server.on("error", fail)
      // An address instead of a name: `localhost` may be ::1, where another program may listen on the same port.
      server.listen({ host: "127.0.0.1", port, exclusive: true }, () => resume(Effect.succeed(server)))
    }),
    close
  )

const portOf = (server: Http.Server, asked: number): number => {
  const address = server.address()
  return typeof address === "object" && address !== null ? address.port : asked
}

/** Adds a missing slash. Without it, the path would continue the port number. */
const redirectUriOf = (port: number, path: string): string =>
  `http://127.0.0.1:${port}${path === "" || path.startsWith("/") ? path : `/${path}`}`

const namesOnce = (query: URLSearchParams): boolean => {
  const names = Array.from(query.keys())
  return new Set(names).size === names.length
}

const listen: Loopback.Service["listen"] = Effect.fnUntraced(function*({ accept, path, ports }) {
  const callback = yield* Deferred.make<URLSearchParams>()
  const outcome = yield* Deferred.make<Loopback.Outcome>()
  const shown = yield* Deferred.make<void>()
  const run = yield* FiberSet.makeRuntime()

  const { port, server } = yield* Effect.validateFirst(
    ports,
    (asked) => Effect.map(bind(asked), (server) => ({ server, port: portOf(server, asked) }))
  ).pipe(
    Effect.mapError((reasons) =>
      new LoopbackUnavailable({
        // The error's `ports` are integers. The reason names the others.
        ports: ports.filter(Number.isSafeInteger),
        reason: reasons.length === 0 ? "no port is named" : reasons.join(", ")
      })
    )
  )
  const redirectUri = redirectUriOf(port, path)
  const { host, pathname } = new URL(redirectUri)
  const finished = pathname === "/finished" ? "/login-finished" : "/finished"

  const answerCallback = (query: URLSearchParams): Effect.Effect<Answer> =>
    namesOnce(query) && accept(query)
      ? Effect.map(Deferred.succeed(callback, query), (first) =>
        first
          // The page is at another address, so that no code stays in the address bar and the history.
          ? { status: 303, text: "The login goes on.", headers: { Location: finished } }
          : { status: 409, text: "This login was already answered. You can close this page." })
      : Effect.succeed({ status: 400, text: "This does not belong to the login that is waited for here." })

  const answerFinished = Effect.map(
    Deferred.await(outcome),
    (ended): Answer => ({ status: 200, text: outcomeText(ended) })
  )

  const respond = Effect.fnUntraced(function*(request: Http.IncomingMessage, response: Http.ServerResponse) {
    const [target = "", ...query] = (request.url ?? "").split("?")
    // A page that uses DNS rebinding to reach 127.0.0.1 sends its own host name. Two Host headers are refused as well.
    if (request.headersDistinct["host"]?.join() !== host) {
      return yield* send(response, { status: 400, text: "This address is not served here." })
    }
    if (target !== pathname && !(target === finished && (yield* Deferred.isDone(callback)))) {
      return yield* send(response, { status: 404, text: "There is nothing here." })
    }
    if (request.method !== "GET") {
      return yield* send(response, { status: 405, text: "This can only be read.", headers: { Allow: "GET" } })
    }
    if (target === pathname) {
      return yield* send(response, yield* answerCallback(new URLSearchParams(query.join("?"))))
    }
    yield* send(response, yield* answerFinished)
    yield* Deferred.succeed(shown, undefined)
  })

  server.on("request", (request, response) => {
    run(respond(request, response))
  })

  // Before the server closes, the browser has some time to fetch the page that says how the login ended.
  yield* Effect.addFinalizer(() =>
    Deferred.succeed(outcome, { _tag: "Failure", reason: "it was ended before it was complete." }).pipe(
      Effect.zipRight(Deferred.isDone(callback)),
      // A finalizer is not interruptible, but a timeout needs to interrupt.
      Effect.tap((answered) =>
        answered
          ? Effect.timeoutOption(Effect.interruptible(Deferred.await(shown)), "2 seconds")
          : Effect.void
      )
    )
  )

  return {
    redirectUri,
    callback: Deferred.await(callback),
    finish: (ended) => Effect.asVoid(Deferred.succeed(outcome, ended))
  }
})

/**
 * Listens with `node:http` on 127.0.0.1, for one login.
 *
 * It accepts only a GET of the path, at the listener's own address, with each parameter once and a query that `accept`
 * accepts. It refuses everything else, without any effect. It redirects the accepted request to a page without a code
 * in its address, which waits for `finish`. When the scope closes, the browser has two seconds to fetch that page.
 *
 * A path that does not begin with a slash gets one.
 *
 * No part of a query is logged, traced or shown.
 *
 * @example
 * ```ts
 * import { Loopback } from "@effect-wps/auth"
 * import { LoopbackServer } from "@effect-wps/node"
 * import { Effect } from "effect"
 * import assert from "node:assert"
 *
 * const login = Effect.gen(function*() {
 *   const loopback = yield* Loopback.Loopback
 *   const listener = yield* loopback.listen({
 *     ports: [0],
 *     path: "/callback",
 *     accept: (query) => query.get("state") === "abcd"
 *   })
 *   const browser = yield* Effect.fork(
 *     Effect.promise(async () => (await fetch(`${listener.redirectUri}?state=abcd&code=1234`)).text())
 *   )
 *   const query = yield* listener.callback
 *   yield* listener.finish({ _tag: "Success" })
 *   assert((yield* browser).includes("You are logged in"))
 *   return query.get("code")
 * })
 *
 * const code = login.pipe(Effect.scoped, Effect.provide(LoopbackServer.layer))
 *
 * assert.equal(await Effect.runPromise(code), "1234")
 * ```
 *
 * @see RFC 8252 §7.3, §8.3
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<Loopback.Loopback> = Layer.succeed(Loopback.Loopback, { listen })
