import { Operation, WpsClient } from "@effect-wps/wps"
import { it } from "@effect/vitest"
import { Effect } from "effect"
import * as documents from "./support/documents.ts"
import { layer } from "./support/scripted.ts"
const long = Operation.make({ identifier: "long", outputs: ["out"] })
it.live("memory", () => Effect.gen(function*() {
  const gc = (globalThis as any).gc as undefined | (() => void)
  const client = yield* WpsClient.WpsClient
  const go = (n: number) => Effect.forEach(Array.from({ length: n }), () => Effect.flatMap(client.execute(long), (job) => job.result), { discard: true, concurrency: 50 })
  yield* go(200)
  gc?.(); const before = process.memoryUsage().heapUsed
  for (let i = 0; i < 5; i++) { yield* go(2000); gc?.(); console.log(i, gc !== undefined, ((process.memoryUsage().heapUsed - before) / 1e6).toFixed(1), "MB") }
}).pipe(Effect.provide(layer((sent) => sent.method === "POST" ? { body: documents.executeResponse(documents.accepted, { statusLocation: "/1" }) } : { body: documents.executeResponse(documents.succeeded, { outputs: documents.literalOutput("out", "x".repeat(10000)) }) }, { poll: { deadline: "1 hour" } }))), 120000)
