import { Auth, CustomAuth } from "@effect-wps/auth"
import { DataValue, Operation, Wps100, Wps200, WpsClient, type WpsProtocol } from "@effect-wps/wps"
import { Headers, UrlParams } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Option, Stream } from "effect"
import { type Answer, layerServer, type Sent, Server, url } from "./support/scripted.ts"

/** A client of a server that answers so. */
const client = (
  answer: (sent: Sent) => Answer,
  options?: Partial<WpsClient.Options>,
  auth = Auth.layerAnonymous
) =>
  Effect.provide(
    WpsClient.layer({ url, ...options }).pipe(Layer.provide(auth), Layer.provideMerge(layerServer(answer)))
  )

const requests = Effect.flatMap(Server, ({ sent }) => sent)

const ns100 = "xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\""
const ns200 = "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\""

const succeeded = {
  body:
    `<wps:ExecuteResponse ${ns100}><wps:Process><ows:Identifier>echo</ows:Identifier></wps:Process><wps:Status creationTime="2026-01-01T00:00:00Z"><wps:ProcessSucceeded/></wps:Status></wps:ExecuteResponse>`
}

const echo = (text: string) =>
  Operation.make({ identifier: "echo", inputs: [["text", DataValue.literal(text)]], outputs: ["out"] })

describe("Execute in WPS 1.0.0", () => {
  it.effect("goes by POST, and by GET only where that is wanted [A5.8]", () =>
    Effect.gen(function*() {
      const methods = (options: Partial<WpsClient.Options>) =>
        Effect.gen(function*() {
          yield* WpsClient.run(echo("a"))
          return (yield* requests).map(({ method }) => method)
        }).pipe(client(() => succeeded, options))
      deepStrictEqual(yield* methods({}), ["POST"])
      for (const dialect of ["strict", "single"] as const) {
        deepStrictEqual(yield* methods({ protocol: Wps100.byGet({ dialect }) }), ["GET"])
      }
    }))

  it.effect("sends no address that is longer than it may be [A5.8]", () =>
    Effect.gen(function*() {
      const protocol = (maxLength?: number) => Wps100.byGet({ dialect: "strict", maxLength })
      const ask = (text: string, maxLength?: number) =>
        Effect.gen(function*() {
          const answer = yield* Effect.either(WpsClient.run(echo(text)))
          const queries = (yield* requests).map((one) => new URL(one.url).search.length - 1)
          return [answer._tag === "Left" ? answer.left.message : "ran", ...queries] as const
        }).pipe(client(() => succeeded, { protocol: protocol(maxLength) }))
      const [, length = 0] = yield* ask("a")
      deepStrictEqual(yield* ask("a", length), ["ran", length])
      const [message, ...sent] = yield* ask("a", length - 1)
      assert.include(message, `makes an address of ${length} characters, and at most ${length - 1} are sent`)
      deepStrictEqual(sent, [])
      assert.include((yield* ask("a".repeat(8000)))[0], "at most 8000")
    }))
})

describe("what a service says of itself", () => {
  it.effect("has the conformance classes that it names [B6.4]", () =>
    Effect.gen(function*() {
      const { identification } = yield* WpsClient.capabilities
      deepStrictEqual(
        Option.map(identification, ({ profiles }) => profiles),
        Option.some(["http://www.opengis.net/spec/WPS/2.0/conf/service/profile/basic-wps", "urn:of:its:own"])
      )
    }).pipe(client(() => ({
      body:
        `<wps:Capabilities ${ns200} service="WPS" version="2.0.0"><ows:ServiceIdentification><ows:ServiceType>WPS</ows:ServiceType><ows:ServiceTypeVersion>2.0.0</ows:ServiceTypeVersion><ows:Profile>http://www.opengis.net/spec/WPS/2.0/conf/service/profile/basic-wps</ows:Profile><ows:Profile>urn:of:its:own</ows:Profile></ows:ServiceIdentification><wps:Contents/></wps:Capabilities>`
    }), { protocol: Wps200.Wps200 })))

  it.effect("is asked for in a language, by the name that it has in each version [D8]", () =>
    Effect.gen(function*() {
      const asked = (protocol: WpsProtocol.WpsProtocol) =>
        Effect.gen(function*() {
          yield* Effect.exit(WpsClient.capabilities)
          yield* Effect.exit(WpsClient.describe("p"))
          return (yield* requests).map((one) =>
            [...new URL(one.url).searchParams].filter(([name]) => /lang/i.test(name)).join(" ")
          )
        }).pipe(client(() => ({ body: "" }), { language: "fr-CA", protocol }))
      deepStrictEqual(yield* asked(Wps100.Wps100), ["language,fr-CA", "language,fr-CA"])
      deepStrictEqual(yield* asked(Wps200.Wps200), ["AcceptLanguages,fr-CA", "lang,fr-CA"])
    }))

  it.effect("has the first of several texts", () =>
    Effect.gen(function*() {
      const { processes } = yield* WpsClient.capabilities
      deepStrictEqual(processes.map(({ title }) => title), [Option.some("Tampon")])
    }).pipe(client(() => ({
      body:
        `<wps:Capabilities ${ns200} service="WPS" version="2.0.0"><wps:Contents><wps:ProcessSummary jobControlOptions="sync-execute"><ows:Title xml:lang="fr">Tampon</ows:Title><ows:Title xml:lang="en">Buffer</ows:Title><ows:Identifier>buffer</ows:Identifier></wps:ProcessSummary></wps:Contents></wps:Capabilities>`
    }), { language: "en", protocol: Wps200.Wps200 })))
})

describe("credentials", () => {
  it.scoped("in a header and in the query go to the service, and to no other origin [D12]", () =>
    Effect.gen(function*() {
      for (const address of ["https://example.org/out/1", "https://elsewhere.example/out/1"]) {
        yield* Effect.flatMap(WpsClient.download(address), ({ stream }) => Stream.runDrain(stream))
      }
      deepStrictEqual((yield* requests).map(({ headers, url }) => [url, headers["x-key"]]), [
        ["https://example.org/out/1?api_key=s3cr3t", "s3cr3t"],
        ["https://elsewhere.example/out/1", undefined]
      ])
    }).pipe(client(
      () => ({ body: "bytes" }),
      {},
      CustomAuth.layer({
        key: "key",
        apply: ({ headers, query, store }) =>
          Effect.succeed({
            headers: Headers.set(headers, "x-key", "s3cr3t"),
            query: UrlParams.set(query, "api_key", "s3cr3t"),
            store
          })
      })
    )))
})
