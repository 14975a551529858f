import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as HttpServerError from "@effect/platform/HttpServerError"
import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import { createServer, type Server } from "node:http"

/** The platform's error, whose message is empty, with one that says which port it is about and what to do. */
class PortError extends HttpServerError.ServeError {
  readonly port: number

  constructor(port: number, cause: unknown) {
    super({ cause })
    this.port = port
  }

  override get message(): string {
    const { cause, port } = this
    const code = Predicate.hasProperty(cause, "code") ? String(cause.code) : String(cause)
    return code === "EADDRINUSE"
      ? `The port ${port} is in use. Take another one, or 0 for one that is free, or end what listens there.`
      : `The port ${port} cannot be opened (${code}). Take another one, or 0 for one that is free.`
  }
}

/** Opens a port of this machine for a server until the scope ends, and gives its origin. */
export const open = Effect.fnUntraced(function*(
  node: Server,
  port: number
): Effect.fn.Return<
  { readonly server: HttpServer.HttpServer; readonly origin: string },
  HttpServerError.ServeError,
  Scope.Scope
> {
  const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port }).pipe(
    Effect.mapError(({ cause }) => new PortError(port, cause)),
    // Node throws where the number is no port.
    Effect.catchAllDefect((cause) => new PortError(port, cause))
  )
  // Added after the server, so run before it waits for its connections to end by themselves.
  yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
  const { address } = server
  return { server, origin: `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}` }
})

/** Serves a node's app on a port of this machine until the scope ends, and says where it answers. */
export const listen = Effect.fnUntraced(function*<R>(
  app: HttpApp.Default<never, R>,
  options: { readonly path?: string | undefined; readonly port?: number | undefined } = {}
) {
  const { origin, server } = yield* open(createServer(), options.port ?? 0)
  yield* Effect.provideService(HttpServer.serveEffect(app), HttpServer.HttpServer, server)
  return { url: `${origin}${options.path ?? "/wps"}` }
})
