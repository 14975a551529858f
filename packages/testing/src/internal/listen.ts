import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServer from "@effect/platform/HttpServer"
import * as Effect from "effect/Effect"
import { createServer } from "node:http"

/** Serves a node's app on a port of this machine until the scope ends, and says where it answers. */
export const listen = Effect.fnUntraced(function*<R>(
  app: HttpApp.Default<never, R>,
  options: { readonly path?: string | undefined; readonly port?: number | undefined } = {}
) {
  const node = createServer()
  const server = yield* NodeHttpServer.make(() => node, { host: "127.0.0.1", port: options.port ?? 0 })
  // Added after the server, so run before it waits for its connections to end by themselves.
  yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
  yield* Effect.provideService(HttpServer.serveEffect(app), HttpServer.HttpServer, server)
  const address = server.address
  return { url: `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}${options.path ?? "/wps"}` }
})
