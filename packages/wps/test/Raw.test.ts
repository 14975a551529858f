import { Auth } from "@effect-wps/auth"
import { DataValue, Operation, WpsClient } from "@effect-wps/wps"
import { HttpClient, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Fiber, Layer, Option, Stream, TestClock } from "effect"
import * as documents from "./support/documents.ts"
import { held } from "./support/memory.ts"
import { url } from "./support/scripted.ts"

const utf8 = (text: string): Uint8Array<ArrayBuffer> => new TextEncoder().encode(text)
const utf16 = (text: string): Uint8Array<ArrayBuffer> =>
  new Uint8Array([0xff, 0xfe, ...Array.from(text).flatMap((one) => [one.charCodeAt(0), 0])])

interface Body {
  readonly chunks: Iterable<Uint8Array>
  /** What comes after the chunks. @default its end */
  readonly then?: "nothing" | "cut"
}

/** A server with one body, which it sends as it is asked for it; and what became of it. */
const sending = (
  body: Body | "none",
  init?: { readonly status?: number; readonly headers?: Record<string, string> }
) => {
  const state = { sent: 0, cancelled: false }
  const { chunks: all, then } = body === "none" ? { chunks: [], then: undefined } : body
  const chunks = all[Symbol.iterator]()
  const stream = body === "none" ? null : new ReadableStream<Uint8Array>({
    pull: (controller) => {
      const { done, value } = chunks.next()
      if (done !== true) {
        state.sent += value.length
        return controller.enqueue(value)
      }
      if (then === "cut") return controller.error(new Error("cut"))
      if (then === "nothing") return new Promise<void>(() => undefined)
      return controller.close()
    },
    cancel: () => {
      state.cancelled = true
    }
  }, { highWaterMark: 0 })
  const client = HttpClient.make((request) =>
    Effect.succeed(HttpClientResponse.fromWeb(request, new Response(stream, init)))
  )
  return {
    state,
    layer: WpsClient.layer({ url, timeout: "10 seconds" }).pipe(
      Layer.provide([Layer.succeed(HttpClient.HttpClient, client), Auth.layerAnonymous])
    )
  }
}

const raw = WpsClient.raw(Operation.make({ identifier: "long", outputs: ["out"] }))
const download = WpsClient.download("https://example.org/outputs/1")
const both = [["raw", raw], ["download", download]] as const

const bytesOf = (stream: Stream.Stream<Uint8Array, WpsClient.Failure>) =>
  Effect.map(Stream.runCollect(stream), (chunks) => Chunk.toReadonlyArray(chunks).flatMap((bytes) => [...bytes]))

const report = documents.exceptionReport("NoApplicableCode", "it is gone")
const declared = `<?xml version="1.0"?>\n<!-- a comment -->\n${report}`

describe.each(both)("%s", (name, fetch) => {
  const gives = (body: ReadonlyArray<Uint8Array>, headers: Record<string, string> = {}) =>
    Effect.gen(function*() {
      const { layer, state } = sending({ chunks: body }, { headers })
      const bytes = yield* Effect.flatMap(fetch, ({ stream }) => bytesOf(stream)).pipe(Effect.provide(layer))
      deepStrictEqual(bytes, body.flatMap((chunk) => [...chunk]))
      return state
    })

  const refuses = (body: ReadonlyArray<Uint8Array>, headers: Record<string, string> = {}, status = 200) =>
    Effect.gen(function*() {
      const { layer } = sending({ chunks: body }, { headers, status })
      return yield* Effect.flip(Effect.provide(fetch, layer))
    })

  const xml = { "content-type": "text/xml" }

  it.scoped("gives the bytes to the letter, whatever they are", () =>
    Effect.gen(function*() {
      yield* gives([])
      yield* gives([new Uint8Array([0x89, 0x50, 0x4e, 0x47, 0, 255])], { "content-type": "image/png" })
      yield* gives([new Uint8Array(0), utf8("<"), utf8("a/>")], xml)
      yield* gives([utf8("\uFEFF<?xml version=\"1.0\"?><ExceptionReporter/>")], xml)
      yield* gives([utf8("<!-- <ows:ExceptionReport/> --><a><ows:ExceptionReport/></a>")], xml)
      yield* gives([utf8("<!-- never closed <ows:ExceptionReport/>")], xml)
      yield* gives([utf16("<a/>")], xml)
      yield* gives([utf8("1,2\n3,4")], { "content-type": "text/plain" })
    }))

  it.scoped("gives nothing where there is nothing", () =>
    Effect.gen(function*() {
      const { layer } = sending("none", { status: 204 })
      deepStrictEqual(
        yield* Effect.flatMap(fetch, ({ stream }) => bytesOf(stream)).pipe(Effect.provide(layer)),
        []
      )
    }))

  for (
    const [what, body, headers] of [
      ["in one piece", [utf8(declared)], xml],
      ["in two pieces", [utf8(declared.slice(0, 22)), utf8(declared.slice(22))], xml],
      ["byte by byte", [...utf8(declared)].map((byte) => new Uint8Array([byte])), xml],
      ["after a byte order mark", [utf8(`\uFEFF${report}`)], xml],
      ["in UTF-16", [utf16(declared)], { "content-type": "text/xml; charset=utf-16" }],
      ["called text", [utf8(report)], { "content-type": "text/plain" }],
      ["called bytes", [utf8(report)], { "content-type": "application/octet-stream" }],
      ["called an image", [utf8(declared)], { "content-type": "image/png" }],
      ["called nothing", [utf8(report)], {}]
    ] as const
  ) {
    it.scoped(`fails with an exception report ${what}`, () =>
      Effect.gen(function*() {
        const error = yield* refuses(body, headers)
        assert.strictEqual(error._tag, "ServiceException")
        assert.include(error.message, "it is gone")
      }))
  }

  it.scoped("says that a report is cut rather than giving it for the output", () =>
    Effect.gen(function*() {
      const error = yield* refuses([utf8(report.slice(0, -10))], xml)
      assert.deepInclude(error, { _tag: "UnexpectedResponse", kind: "malformed-xml" })
    }))

  it.scoped("fails where there is no output: redirects that lead nowhere, errors", () =>
    Effect.gen(function*() {
      for (const status of [300, 305, 404, 500]) {
        const { layer } = sending({ chunks: [] }, { status })
        assert.deepInclude(yield* Effect.flip(Effect.provide(fetch, layer)), {
          _tag: "UnexpectedResponse",
          kind: "empty"
        })
      }
    }))

  it.scoped("is not kept busy by a hostile start", () =>
    gives([utf8("<??>".repeat(1000)), utf8(`${"<!---->".repeat(500)}<`)], xml))

  it.scoped("reads no more than it needs to know that it is no report", () =>
    Effect.gen(function*() {
      const { layer, state } = sending({ chunks: Array.from({ length: 1000 }, () => new Uint8Array(1024).fill(1)) })
      yield* Effect.provide(fetch, layer)
      assert.isAtMost(state.sent, 2048)
    }))

  it.scoped("streams a gigabyte in bounded memory", () =>
    Effect.gen(function*() {
      const { layer, state } = sending({
        chunks: (function*() {
          for (let n = 0; n < 1024; n++) yield new Uint8Array(1 << 20)
        })()
      })
      const before = held()
      const size = yield* Effect.flatMap(fetch, ({ stream }) =>
        Stream.runFold(stream, 0, (read, bytes) => {
          const size = read + bytes.length
          assert.isBelow(state.sent - size, 4 << 20)
          if (size % (1 << 28) === 0) assert.isBelow(held() - before, 64 << 20)
          return size
        })).pipe(Effect.provide(layer))
      assert.strictEqual(size, 1 << 30)
    }))

  it.scoped("lets go of the connection when the stream is dropped", () =>
    Effect.gen(function*() {
      for (const take of [0, 1, 2, 5]) {
        const { layer, state } = sending({ chunks: Array.from({ length: 100 }, () => utf8("<a>")) }, { headers: xml })
        yield* Effect.flatMap(fetch, ({ stream }) => Stream.runDrain(Stream.take(stream, take))).pipe(
          Effect.provide(layer)
        )
        assert.isTrue(take === 0 || state.cancelled, `${take}`)
      }
    }))

  it.scoped("lets go of it when who reads is interrupted", () =>
    Effect.gen(function*() {
      const { layer, state } = sending({ chunks: [utf8("<a>")], then: "nothing" }, { headers: xml })
      const reading = yield* Effect.fork(
        Effect.flatMap(fetch, ({ stream }) => Stream.runDrain(stream)).pipe(Effect.provide(layer))
      )
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* Fiber.interrupt(reading)
      assert.isTrue(state.cancelled)
    }))

  it.effect("lets go of it with its scope, though nobody reads", () =>
    Effect.gen(function*() {
      const { layer, state } = sending({ chunks: [utf8("<a>")], then: "nothing" }, { headers: xml })
      yield* Effect.gen(function*() {
        const { stream } = yield* Effect.scoped(Effect.tap(fetch, () => assert.isFalse(state.cancelled)))
        assert.isTrue(state.cancelled)
        const error = yield* Effect.flip(Stream.runDrain(stream))
        assert.include(error.message, "its bytes can be read no more: their scope has ended")
      }).pipe(Effect.provide(layer))
    }))

  it.scoped("fails with a body that is cut", () =>
    Effect.gen(function*() {
      const { layer } = sending({ chunks: [utf8("1,2"), utf8("3")], then: "cut" }, {
        headers: { "content-type": "text/csv" }
      })
      const error = yield* Effect.flatMap(fetch, ({ stream }) => Stream.runDrain(stream)).pipe(
        Effect.provide(layer),
        Effect.flip
      )
      assert.strictEqual(error._tag, "TransportError")
    }))

  it.scoped("is read once: a second time fails, and does not give a part", () =>
    Effect.gen(function*() {
      const { layer } = sending({ chunks: [utf8("<a>"), utf8("</a>")] }, { headers: xml })
      const again = yield* Effect.flatMap(fetch, ({ stream }) =>
        Effect.zipRight(Stream.runDrain(stream), Effect.either(bytesOf(stream)))).pipe(Effect.provide(layer))
      assert.strictEqual(again._tag, "Left")
    }))

  it.scoped("is no page to log in at, where something else was asked for", () =>
    Effect.gen(function*() {
      const page = "<h1>Log in</h1>"
      const html = { "content-type": "text/html; charset=utf-8" }
      const wanting = (mimeType: string | undefined) =>
        mimeType === undefined
          ? fetch
          : name === "raw"
          ? WpsClient.raw(
            Operation.make({
              identifier: "long",
              outputs: [Operation.request("out", { format: DataValue.format(mimeType) })]
            })
          )
          : WpsClient.download(DataValue.reference("https://example.org/outputs/1", { format: mimeType }))
      const read = (mimeType: string | undefined, body: string, headers = html) =>
        Effect.flatMap(wanting(mimeType), ({ stream }) => Stream.mkString(Stream.decodeText(stream))).pipe(
          Effect.catchTag("UnexpectedResponse", ({ kind }) => Effect.succeed(kind)),
          Effect.provide(sending({ chunks: [utf8(body)] }, { headers }).layer)
        )
      assert.strictEqual(yield* read("application/x-netcdf", page), "html")
      assert.strictEqual(yield* read("text/csv", `\n${page}`), "html")
      for (const free of [undefined, "text/html", "application/xhtml+xml", "*/*"]) {
        assert.strictEqual(yield* read(free, page), page)
      }
      assert.strictEqual(yield* read("text/xml", `<!DOCTYPE html>${page}`), "html")
      // Some servers call everything HTML.
      assert.strictEqual(yield* read("text/xml; subtype=gml/3.1.1", "<gml:Point/>"), "<gml:Point/>")
      assert.strictEqual(yield* read("text/csv", "1,2"), "1,2")
      assert.strictEqual(yield* read("text/plain", page, { "content-type": "text/plain" }), page)
    }))

  it.scoped("says how long it is only where it can be known", () =>
    Effect.gen(function*() {
      const lengthOf = (headers: Record<string, string>) =>
        Effect.map(
          Effect.provide(fetch, sending({ chunks: [utf8("12")] }, { headers }).layer),
          ({ contentLength }) => Option.getOrElse(contentLength, () => "unknown")
        )
      assert.strictEqual(yield* lengthOf({ "content-length": "2" }), 2)
      assert.strictEqual(yield* lengthOf({}), "unknown")
      assert.strictEqual(yield* lengthOf({ "content-length": "two" }), "unknown")
      assert.strictEqual(yield* lengthOf({ "content-length": "" }), "unknown")
      assert.strictEqual(yield* lengthOf({ "content-length": "-2" }), "unknown")
      // Its length is that of what was packed.
      assert.strictEqual(yield* lengthOf({ "content-length": "2", "content-encoding": "gzip" }), "unknown")
    }))
})

describe("a body that stalls", () => {
  const tagAfter = (
    effect: Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient>,
    body: Body,
    headers?: Record<string, string>
  ) =>
    Effect.gen(function*() {
      const fiber = yield* Effect.fork(
        effect.pipe(
          Effect.provide(sending(body, headers === undefined ? {} : { headers }).layer),
          Effect.match({ onFailure: (error) => error._tag, onSuccess: () => "Success" })
        )
      )
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      yield* TestClock.adjust("11 seconds")
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      return Option.match(yield* Fiber.poll(fiber), {
        onNone: () => "hangs",
        onSome: (exit) => exit._tag === "Success" ? exit.value : "?"
      })
    })

  it.effect("ends a download", () =>
    Effect.gen(function*() {
      const drained = Effect.scoped(Effect.flatMap(download, ({ stream }) => Stream.runDrain(stream)))
      assert.strictEqual(yield* tagAfter(drained, { chunks: [], then: "nothing" }), "TransportError")
      assert.strictEqual(yield* tagAfter(drained, { chunks: [utf8("1,2\n")], then: "nothing" }), "TransportError")
    }))

  it.effect("ends the reading of a document", () =>
    Effect.gen(function*() {
      const cut = {
        chunks: [utf8("<wps:Capabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\">")],
        then: "nothing" as const
      }
      assert.strictEqual(yield* tagAfter(WpsClient.capabilities, cut), "TransportError")
    }))
})
