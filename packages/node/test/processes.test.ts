import { LoginUi, OAuth, Session } from "@effect-wps/auth"
import { IdentityProvider } from "@effect-wps/testing"
import { Command, FileSystem } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { afterAll, assert, beforeAll, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Duration, Effect, Layer, Option, Queue, Schedule, Stream } from "effect"
import { build } from "esbuild"
import { mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as LoopbackServer from "../src/LoopbackServer.ts"
import * as NodeTokenStore from "../src/NodeTokenStore.ts"

// Processes start in a tenth of the time from one file.
const bundleDirectory = mkdtempSync(join(tmpdir(), "effect-wps-"))
const bundle = join(bundleDirectory, "oauthProcess.mjs")

beforeAll(() =>
  build({
    entryPoints: [fileURLToPath(new URL("./support/oauthProcess.ts", import.meta.url))],
    outfile: bundle,
    bundle: true,
    platform: "node",
    format: "esm",
    conditions: ["@effect-wps/source"],
    external: ["@napi-rs/keyring"],
    // What is bundled of CommonJS asks for Node's modules.
    banner: { js: "import { createRequire } from \"node:module\"; const require = createRequire(import.meta.url);" }
  }).then(() => undefined)
)

afterAll(() => rmSync(bundleDirectory, { recursive: true }))

/** Another process, which says what token it has when it is asked. */
const start = Effect.fnUntraced(function*(issuer: string, path: string) {
  const asked = yield* Queue.unbounded<string>()
  const said = yield* Queue.unbounded<string>()
  const running = yield* Command.make(process.execPath, bundle, issuer, path).pipe(
    Command.stdin(Stream.encodeText(Stream.fromQueue(asked))),
    Command.stderr("inherit"),
    Command.start
  )
  yield* running.stdout.pipe(
    Stream.decodeText(),
    Stream.splitLines,
    Stream.runForEach((line) => Queue.offer(said, line)),
    Effect.forkScoped
  )
  assert.strictEqual(yield* Queue.take(said), "ready")
  return Effect.zipRight(Queue.offer(asked, "\n"), Queue.take(said))
})

/** The login of a person, in this process, that the others find in the file. */
const logIn = (idp: IdentityProvider.Service, path: string) => {
  const person = Layer.succeed(LoginUi.LoginUi, {
    hasBrowser: Effect.succeed(true),
    showLink: (link) => Effect.asVoid(Effect.forkDaemon(idp.visit(link))),
    showDeviceCode: () => Effect.void,
    askRedirect: Effect.never,
    askClientCredentials: () => Effect.never
  })
  return Session.login.pipe(
    Effect.provide(
      OAuth.layerAuthorizationCode({ issuer: idp.issuer, clientId: "wps", redirectPort: 0 }).pipe(
        Layer.provide([person, LoopbackServer.layer, NodeTokenStore.layerFile({ path }), NodeHttpClient.layerUndici])
      )
    )
  )
}

/** Of an access token, in seconds. */
const lifetime = 3

describe("processes that share a token file", () => {
  it.scopedLive(
    "eight refresh once at each expiry, and none spends the token of another",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const path = `${yield* fs.makeTempDirectoryScoped()}/effect-wps/tokens.json`
        const idp = yield* IdentityProvider.IdentityProvider
        const processes = yield* Effect.all(Array.from({ length: 8 }, () => start(idp.issuer, path)), {
          concurrency: "unbounded"
        })
        yield* logIn(idp, path)

        // They never cease to ask, until they have had three tokens.
        const [took, had] = yield* Effect.timed(Effect.all(
          processes.map((ask) =>
            Stream.repeatEffectWithSchedule(ask, Schedule.spaced("20 millis")).pipe(
              Stream.changes,
              Stream.take(3),
              Stream.runCollect,
              Effect.map(Chunk.toReadonlyArray)
            )
          ),
          { concurrency: "unbounded" }
        ))
        for (const tokens of had) assert.strictEqual(new Set(tokens.filter((one) => one.startsWith("Bearer "))).size, 3)

        // On a machine that starves them, some have the next ones: what holds is that each refresh succeeded, that each
        // gave a token which was the only one of its time, and that nobody held on to it beyond that.
        const [login, ...refreshes] = (yield* idp.requests("token")).map(({ grantType, status }) => [
          Option.getOrNull(grantType),
          Option.getOrNull(status)
        ])
        deepStrictEqual(login, ["authorization_code", 200])
        deepStrictEqual(refreshes, refreshes.map(() => ["refresh_token", 200]))
        const margin = 0.2
        assert.isAtMost(refreshes.length, Math.ceil(Duration.toSeconds(took) / (lifetime * (1 - margin))))
        assert.isAtMost(new Set(had.flat()).size, refreshes.length + 1)
        assert.isAtLeast(refreshes.length, 2)
      }).pipe(
        Effect.provide([NodeContext.layer, IdentityProvider.layer({ accessTokenLifetime: Duration.seconds(lifetime) })])
      )
  )
})
