/** A program that is logged in by what it finds in a file: for each line that it is sent, it says which token it would use. */
import { Auth, LoginUi, OAuth } from "@effect-wps/auth"
import { FetchHttpClient, HttpClientRequest } from "@effect/platform"
import { NodeRuntime, NodeStream } from "@effect/platform-node"
import { Console, Effect, Layer, Stream } from "effect"
import * as LoopbackServer from "../../src/LoopbackServer.ts"
import * as NodeTokenStore from "../../src/NodeTokenStore.ts"

const [issuer = "", path = ""] = process.argv.slice(2)

const auth = OAuth.layerAuthorizationCode({ issuer, clientId: "wps" }).pipe(
  Layer.provide([FetchHttpClient.layer, LoginUi.layerNone, LoopbackServer.layer, NodeTokenStore.layerFile({ path })])
)

const say = Effect.gen(function*() {
  const { authorize } = yield* Auth.Auth
  const { headers } = yield* authorize(HttpClientRequest.get("https://wps.test"))
  yield* Console.log(headers["authorization"])
}).pipe(Effect.catchAll(({ message }) => Console.log(message)))

NodeRuntime.runMain(
  Effect.zipRight(
    Console.log("ready"),
    NodeStream.stdin.pipe(Stream.decodeText(), Stream.splitLines, Stream.runForEach(() => say))
  ).pipe(Effect.provide(auth))
)
