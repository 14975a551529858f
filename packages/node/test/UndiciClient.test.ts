import { UndiciClient } from "@effect-wps/node"
import {
  Cookies,
  HttpBody,
  HttpClient,
  type HttpClientError,
  HttpClientRequest,
  type HttpClientResponse,
  UrlParams
} from "@effect/platform"
import { NodeHttpClient, Undici } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  Context,
  Deferred,
  Effect,
  Exit,
  Fiber,
  Inspectable,
  Layer,
  Logger,
  Option,
  Schema,
  Scope,
  Stream,
  Tracer
} from "effect"
import { createHash } from "node:crypto"
import { createServer, type IncomingMessage, type RequestListener } from "node:http"
import { createServer as createTcpServer, type Server, type Socket } from "node:net"
import { Readable } from "node:stream"
import { inspect } from "node:util"
import { setFlagsFromString } from "node:v8"
import { runInNewContext } from "node:vm"

// --- servers ---------------------------------------------------------------------------------------------------------

/** A server on a free port of the loopback interface, which counts its connections. */
const listen = (server: Server) =>
  Effect.gen(function*() {
    const sockets = new Set<Socket>()
    const state = { url: "", port: 0, opened: 0, sockets }
    server.on("connection", (socket) => {
      state.opened++
      sockets.add(socket)
      socket.on("close", () => sockets.delete(socket))
      socket.on("error", () => {})
    })
    yield* Effect.acquireRelease(
      Effect.async<void>((resume) => {
        server.listen(0, "127.0.0.1", () => resume(Effect.void))
      }),
      () =>
        Effect.async<void>((resume) => {
          server.close(() => resume(Effect.void))
          for (const socket of sockets) socket.destroy()
        })
    )
    const address = server.address()
    assert(typeof address === "object" && address !== null)
    state.port = address.port
    state.url = `http://127.0.0.1:${address.port}`
    return state
  })

const serve = (listener: RequestListener) => Effect.suspend(() => listen(createServer(listener)))

/** A server that answers each connection with these bytes, and then ends or resets it, or leaves it open. */
const serveRaw = (answer: string, then: "end" | "reset" | "open" = "open") =>
  listen(createTcpServer((socket) => {
    socket.once("data", () => {
      socket.write(answer, "latin1", () => {
        if (then === "end") socket.end()
        if (then === "reset") socket.resetAndDestroy()
      })
    })
  }))

const bodyOf = (request: IncomingMessage): Promise<string> =>
  request.toArray().then((chunks) => Buffer.concat(chunks).toString())

const echo = serve((request, response) => {
  void bodyOf(request).then((body) => {
    const { "content-length": length, "content-type": type, "transfer-encoding": encoding } = request.headers
    response.end(JSON.stringify({ method: request.method, url: request.url, length, type, encoding, body }))
  }, () => response.destroy())
})

/** What a server sees of one request: that it has begun, and that its connection has been closed before its answer. */
const watched = (answer: RequestListener) =>
  Effect.gen(function*() {
    const begun = yield* Deferred.make<void>()
    const closed = yield* Deferred.make<void>()
    const server = yield* serve((request, response) => {
      response.on("close", () => Deferred.unsafeDone(closed, Effect.void))
      answer(request, response)
      Deferred.unsafeDone(begun, Effect.void)
    })
    return { ...server, begun: Deferred.await(begun), closed: Deferred.await(closed) }
  })

/** One turn of the event loop, in which what has come to a socket is read. */
const turn = Effect.async<void>((resume) => {
  setImmediate(() => resume(Effect.void))
})

const until = (condition: () => boolean, meanwhile: Effect.Effect<void> = turn): Effect.Effect<void> =>
  Effect.suspend(() => condition() ? Effect.void : Effect.zipRight(meanwhile, until(condition, meanwhile)))

/** Collects garbage, and lets the event loop tell of what was collected. */
setFlagsFromString("--expose-gc")
const collect = turn.pipe(
  Effect.zipRight(Effect.sync(runInNewContext("gc"))),
  Effect.zipRight(Effect.repeatN(turn, 20))
)

/** Sends the head and a part of the body, and no more. */
const partly: RequestListener = (_, response) => {
  response.writeHead(200, { "content-type": "text/plain" })
  response.write("part")
}

const Echo = Schema.Struct({ body: Schema.String, length: Schema.String, type: Schema.String })

/** What is logged. */
const logOf = (effect: Effect.Effect<void>) =>
  Effect.suspend(() => {
    const lines: Array<string> = []
    const logger = Logger.map(Logger.jsonLogger, (line) => {
      lines.push(line)
    })
    return Effect.provide(effect, Logger.replace(Logger.defaultLogger, logger)).pipe(
      Effect.map(() => lines.join("\n"))
    )
  })

// --- clients ---------------------------------------------------------------------------------------------------------

const ours = {
  name: "UndiciClient",
  layer: UndiciClient.layer,
  layerWithoutDispatcher: UndiciClient.layerWithoutDispatcher,
  make: UndiciClient.make
}
const theirs = {
  name: "NodeHttpClient.layerUndici",
  layer: NodeHttpClient.layerUndici,
  layerWithoutDispatcher: NodeHttpClient.layerUndiciWithoutDispatcher,
  make: NodeHttpClient.makeUndici
}

const over = (dispatcher: Undici.Dispatcher) => Layer.succeed(NodeHttpClient.Dispatcher, dispatcher)

const send = (request: HttpClientRequest.HttpClientRequest) =>
  Effect.flatMap(HttpClient.execute(request), (response) => response.json)

const text = (url: string) => Effect.flatMap(HttpClient.get(url), (response) => response.text)

const bytesOf = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(Stream.runCollect(response.stream), (chunks) => Buffer.concat(Chunk.toReadonlyArray(chunks)).toString())

const failure = <A, R>(effect: Effect.Effect<A, HttpClientError.HttpClientError, R>) =>
  effect.pipe(
    Effect.flip,
    Effect.map((error) => `${error._tag} ${error.reason}`)
  )

const unread = (response: HttpClientResponse.HttpClientResponse) => response.status

describe.each([ours, theirs])("$name", ({ layer, layerWithoutDispatcher, make }) => {
  describe("responses", () => {
    it.scopedLive("head and body", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((_, response) => {
          response.writeHead(201, {
            "content-type": "application/json",
            "x-many": ["a", "b"],
            "X-Case": "é"
          })
          response.end(`{"a":[1,"ü"]}`)
        })
        const get = HttpClient.get(url)
        const head = yield* get
        assert.strictEqual(head.status, 201)
        assert.strictEqual(head.headers["content-type"], "application/json")
        assert.strictEqual(head.headers["x-many"], "a, b")
        assert.strictEqual(head.headers["x-case"], "é")
        assert.strictEqual(head.request.url, url)
        deepStrictEqual(head.remoteAddress, Option.none())
        assert.strictEqual(yield* head.text, `{"a":[1,"ü"]}`)
        assert.strictEqual(yield* head.text, `{"a":[1,"ü"]}`)
        assert.deepStrictEqual(yield* head.json, { a: [1, "ü"] })
        assert.deepStrictEqual(
          Buffer.from(yield* Effect.flatMap(get, (_) => _.arrayBuffer)).toString(),
          `{"a":[1,"ü"]}`
        )
        assert.strictEqual(yield* Effect.flatMap(get, bytesOf), `{"a":[1,"ü"]}`)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("cookies: none, one, several", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => {
          const all = ["a=1; Path=/; HttpOnly", "b=2; Secure"].slice(0, Number(request.url?.slice(1)))
          if (all.length > 0) response.setHeader("set-cookie", all)
          response.end()
        })
        const cookies = (path: string) =>
          Effect.map(HttpClient.get(url + path), (response) => Cookies.toCookieHeader(response.cookies))
        assert.strictEqual(yield* cookies("/0"), "")
        assert.strictEqual(yield* cookies("/1"), "a=1")
        assert.strictEqual(yield* cookies("/2"), "a=1; b=2")
      }).pipe(Effect.provide(layer)))

    it.scopedLive("form and JSON that is none", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => response.end(request.url === "/form" ? "a=1&b=%20" : "{"))
        const form = yield* Effect.flatMap(HttpClient.get(`${url}/form`), (_) => _.urlParamsBody)
        deepStrictEqual(UrlParams.getFirst(form, "b"), Option.some(" "))
        assert.strictEqual(yield* failure(send(HttpClientRequest.get(url))), "ResponseError Decode")
      }).pipe(Effect.provide(layer)))

    it.scopedLive("without a body: 200, 204, 304 and HEAD", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => {
          response.writeHead(Number(request.url?.slice(1)))
          response.end(request.method === "HEAD" ? "not sent" : undefined)
        })
        for (const [method, status] of [["GET", 200], ["GET", 204], ["GET", 304], ["HEAD", 200]] as const) {
          const get = HttpClient.execute(HttpClientRequest.make(method)(`${url}/${status}`))
          const response = yield* get
          assert.strictEqual(response.status, status)
          assert.strictEqual(yield* response.text, "")
          assert.strictEqual(yield* response.json, null)
          assert.strictEqual((yield* Effect.flatMap(get, (_) => _.arrayBuffer)).byteLength, 0)
          assert.strictEqual(yield* Effect.flatMap(get, bytesOf), "")
        }
      }).pipe(Effect.provide(layer)))

    it.scopedLive("informational responses are passed over", () =>
      Effect.gen(function*() {
        const { url } = yield* serveRaw(
          "HTTP/1.1 102 Processing\r\nx-a: 1\r\n\r\nHTTP/1.1 103 Early Hints\r\nlink: </a>\r\n\r\n" +
            "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok"
        )
        const response = yield* HttpClient.get(url)
        assert.strictEqual(response.status, 200)
        assert.isUndefined(response.headers["link"])
        assert.strictEqual(yield* response.text, "ok")
      }).pipe(Effect.provide(layer)))

    it.scopedLive("UTF-8 with a byte order mark, and what is not UTF-8", () =>
      Effect.gen(function*() {
        const bodies = [
          [0xef, 0xbb, 0xbf, 0x61],
          [0xef, 0xbb, 0xbf, 0xef, 0xbb, 0xbf],
          [0x61, 0xff, 0x62],
          [0xe2, 0x82],
          [0xf0, 0x9f, 0x98, 0x41, 0xc0, 0x80, 0xed, 0xa0, 0x80]
        ]
        const { url } = yield* serve((request, response) =>
          response.end(Uint8Array.from(bodies[Number(request.url?.slice(1))] ?? []))
        )
        const texts = yield* Effect.forEach(bodies, (_, i) => text(`${url}/${i}`))
        assert.deepStrictEqual(texts, ["a", "\ufeff", "a\ufffdb", "\ufffd", "\ufffdA\ufffd\ufffd\ufffd\ufffd\ufffd"])
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a body that is read while it comes", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => {
          response.flushHeaders()
          request.on("close", () => {})
          setImmediate(() => {
            response.write("a".repeat(100_000))
            setImmediate(() => response.end("b"))
          })
        })
        const whole = "a".repeat(100_000) + "b"
        assert.strictEqual(yield* text(url), whole)
        assert.strictEqual(yield* Effect.flatMap(HttpClient.get(url), bytesOf), whole)
        // Somebody waits until all that fits has come, and then reads.
        const response = yield* HttpClient.get(url)
        yield* Effect.repeatN(turn, 50)
        assert.strictEqual(yield* response.text, whole)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a body goes once as a stream", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((_, response) => response.end("once"))
        const response = yield* HttpClient.get(url)
        assert.strictEqual(yield* bytesOf(response), "once")
        assert.strictEqual(yield* failure(response.text), "ResponseError Decode")
        assert.strictEqual(yield* failure(response.arrayBuffer), "ResponseError Decode")
        const partlyRead = yield* HttpClient.get(url)
        yield* Stream.runDrain(Stream.take(partlyRead.stream, 1))
        assert.strictEqual(yield* failure(partlyRead.text), "ResponseError Decode")
      }).pipe(Effect.provide(layer)))

    it.scopedLive("two callers read one body", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((_, response) => {
          response.write("a")
          setImmediate(() => response.end("b"))
        })
        const response = yield* HttpClient.get(url)
        const both = Effect.all([response.text, response.text, response.json.pipe(Effect.flip)], {
          concurrency: "unbounded"
        })
        const [one, two] = yield* both
        assert.deepStrictEqual([one, two], ["ab", "ab"])
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a fast server is slowed down by a slow reader, and nothing is lost", () =>
      Effect.gen(function*() {
        const piece = Buffer.alloc(64 * 1024)
        const pieces = 768
        const sent = createHash("sha256")
        let written = 0
        const { url } = yield* serve((_, response) => {
          const more = () => {
            while (written < pieces) {
              piece.fill(written++ % 251)
              sent.update(piece)
              if (!response.write(Buffer.from(piece))) return void response.once("drain", more)
            }
            response.end()
          }
          more()
        })
        const got = createHash("sha256")
        let read = 0
        let ahead = 0
        const response = yield* HttpClient.get(url)
        yield* Stream.runForEach(response.stream, (bytes) => {
          got.update(bytes)
          read += bytes.length
          ahead = Math.max(ahead, written * piece.length - read)
          return Effect.repeatN(turn, 2)
        })
        assert.strictEqual(read, pieces * piece.length)
        assert.strictEqual(got.digest("hex"), sent.digest("hex"))
        // What the system holds in its sockets, and little more; the body has 48 MiB.
        assert.isBelow(ahead, 16 * 1024 * 1024)
      }).pipe(Effect.provide(layer)))
  })

  describe("requests", () => {
    it.scopedLive("address and headers", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => {
          response.end(JSON.stringify([request.url, request.headers["x-a"], request.headers.authorization]))
        })
        const request = HttpClientRequest.get(`${url}/a%20b?c=d`, { urlParams: { e: "ü &" }, headers: { "X-A": "1" } })
        assert.deepStrictEqual(yield* send(request), ["/a%20b?c=d&e=%C3%BC+%26", "1", null])
        assert.deepStrictEqual(yield* send(HttpClientRequest.get(url.replace("//", "//user:password@"))), [
          "/",
          null,
          null
        ])
      }).pipe(Effect.provide(layer)))

    it.scopedLive("bodies", () =>
      Effect.gen(function*() {
        const { url } = yield* echo
        const bytes = new TextEncoder().encode("bü")
        const stream = Stream.make(bytes, bytes).pipe(Stream.tap(() => turn))
        const post = (body: HttpBody.HttpBody, headers: Record<string, string> = {}) =>
          send(HttpClientRequest.setBody(HttpClientRequest.post(url, { headers }), body))
        const seen = { method: "POST", url: "/" }
        assert.deepStrictEqual(yield* post(HttpBody.empty), { ...seen, length: "0", body: "" })
        assert.deepStrictEqual(yield* post(HttpBody.text("tü", "text/xml")), {
          ...seen,
          length: "3",
          type: "text/xml",
          body: "tü"
        })
        assert.deepStrictEqual(yield* post(HttpBody.uint8Array(bytes.subarray(1))), {
          ...seen,
          length: "2",
          type: "application/octet-stream",
          body: "ü"
        })
        assert.deepStrictEqual(yield* post(HttpBody.stream(stream, "text/plain")), {
          ...seen,
          encoding: "chunked",
          type: "text/plain",
          body: "bübü"
        })
        assert.deepStrictEqual(yield* post(HttpBody.stream(stream, "text/plain", 6)), {
          ...seen,
          length: "6",
          type: "text/plain",
          body: "bübü"
        })
        assert.deepStrictEqual(yield* post(HttpBody.raw("rü")), { ...seen, length: "3", body: "rü" })
        assert.deepStrictEqual(yield* post(HttpBody.raw(Readable.from(["a", "b"]))), {
          ...seen,
          encoding: "chunked",
          body: "ab"
        })
        assert.deepStrictEqual(yield* send(HttpClientRequest.del(url)), { ...seen, method: "DELETE", body: "" })
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a large body that is a stream", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => {
          let length = 0
          request.on("data", (bytes: Buffer) => {
            length += bytes.length
          })
          request.on("end", () => response.end(`${length}`))
        })
        const body = Stream.repeatValue(new Uint8Array(64 * 1024)).pipe(Stream.take(200))
        const request = HttpClientRequest.post(url, { body: HttpBody.stream(body) })
        assert.strictEqual(yield* send(request), 200 * 64 * 1024)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("options of undici", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((request, response) => response.end(request.headers.connection))
        const reset = Layer.succeed(NodeHttpClient.UndiciRequestOptions, { path: "/", method: "PUT", reset: true })
        assert.strictEqual(yield* text(url), "keep-alive")
        assert.strictEqual(yield* Effect.provide(text(url), reset), "close")
        assert.strictEqual(yield* Effect.provide(text(url), Layer.provide(layer, reset)), "close")
        const upgrade = { path: "/", method: "GET", upgrade: "websocket" }
        const upgraded = Effect.provideService(text(url), NodeHttpClient.UndiciRequestOptions, upgrade)
        assert.include(
          ["RequestError Transport", "keep-alive"],
          yield* Effect.catchAll(upgraded, (error) => Effect.succeed(`${error._tag} ${error.reason}`))
        )
      }).pipe(Effect.provide(layer)))
  })

  describe("failures", () => {
    it.scopedLive("before the head", () =>
      Effect.gen(function*() {
        const server = yield* echo
        const reset = yield* serveRaw("", "reset")
        const closed = yield* serveRaw("", "end")
        const cut = yield* serveRaw("HTTP/1.1 200 OK\r\ncontent-le", "end")
        const nonsense = yield* serveRaw("SSH-2.0-OpenSSH\r\n")
        const scope = yield* Scope.make()
        const gone = yield* Scope.extend(echo, scope)
        yield* Scope.close(scope, Exit.void)
        const post = (body: HttpBody.HttpBody, headers: Record<string, string> = {}) =>
          HttpClientRequest.setHeaders(HttpClientRequest.setBody(HttpClientRequest.post(server.url), body), headers)
        const requests = {
          refused: HttpClientRequest.get(gone.url),
          reset: HttpClientRequest.get(reset.url),
          closed: HttpClientRequest.get(closed.url),
          cut: HttpClientRequest.get(cut.url),
          nonsense: HttpClientRequest.get(nonsense.url),
          tls: HttpClientRequest.get(server.url.replace("http:", "https:")),
          scheme: HttpClientRequest.get("ftp://127.0.0.1/"),
          opaque: HttpClientRequest.get("urn:a:b"),
          header: HttpClientRequest.get(server.url, { headers: { "x-a": "a\nb" } }),
          headerName: HttpClientRequest.get(server.url, { headers: { "x a": "a" } }),
          bodyRefused: post(HttpBody.raw(42)),
          streamFailed: post(HttpBody.stream(Stream.concat(Stream.make(new Uint8Array(1)), Stream.fail("no more")))),
          streamFailedAtOnce: post(HttpBody.stream(Stream.fail("nothing"))),
          streamDied: post(HttpBody.stream(Stream.die(new Error("bug")))),
          streamShort: post(HttpBody.stream(Stream.make(new Uint8Array(1)), "a/b", 2)),
          streamLong: post(HttpBody.stream(Stream.make(new Uint8Array(3)), "a/b", 2)),
          lengthWrong: post(HttpBody.text("abc"), { "content-length": "2" }),
          rawFailed: post(HttpBody.raw(
            new Readable({
              read() {
                this.destroy(new Error("raw"))
              }
            })
          ))
        }
        for (const [name, request] of Object.entries(requests)) {
          assert.strictEqual(yield* failure(send(request)), "RequestError Transport", name)
        }
        assert.strictEqual(yield* failure(text("no address")), "RequestError InvalidUrl")
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a name that is not found", () =>
      Effect.gen(function*() {
        const dispatcher = new Undici.Agent({
          connect: {
            lookup: (name, _, found) => found(Object.assign(new Error(`ENOTFOUND ${name}`), { code: "ENOTFOUND" }), [])
          }
        })
        const get = Effect.provide(text("http://nowhere.invalid/"), layerWithoutDispatcher)
        assert.strictEqual(yield* failure(Effect.provide(get, over(dispatcher))), "RequestError Transport")
      }))

    it.scopedLive("after the head", () =>
      Effect.gen(function*() {
        const head = "HTTP/1.1 200 OK\r\ncontent-type: text/plain\r\n"
        const servers = {
          reset: yield* serveRaw(`${head}content-length: 9\r\n\r\npart`, "reset"),
          short: yield* serveRaw(`${head}content-length: 9\r\n\r\npart`, "end"),
          chunk: yield* serveRaw(`${head}transfer-encoding: chunked\r\n\r\n4\r\npart\r\nzz\r\n`),
          unfinished: yield* serveRaw(`${head}transfer-encoding: chunked\r\n\r\n4\r\npart\r\n`, "end")
        }
        for (const [name, { url }] of Object.entries(servers)) {
          const get = HttpClient.get(url)
          const read = {
            text: Effect.flatMap(get, (_) => Effect.asVoid(_.text)),
            json: Effect.flatMap(get, (_) => Effect.asVoid(_.json)),
            arrayBuffer: Effect.flatMap(get, (_) => Effect.asVoid(_.arrayBuffer)),
            stream: Effect.flatMap(get, (_) => Stream.runDrain(_.stream))
          }
          for (const [how, effect] of Object.entries(read)) {
            assert.match(yield* failure(effect), /^ResponseError Decode$|^RequestError Transport$/, `${name} ${how}`)
          }
        }
        // Here the head is read before the rest comes.
        const later = yield* serve((request, response) => {
          response.writeHead(200, { "content-length": 9 })
          response.write("part")
          request.on("close", () => {})
          setImmediate(() => setImmediate(() => request.socket.resetAndDestroy()))
        })
        const response = HttpClient.get(later.url)
        assert.strictEqual(yield* failure(Effect.flatMap(response, (_) => _.text)), "ResponseError Decode")
        assert.strictEqual(yield* failure(Effect.flatMap(response, (_) => _.arrayBuffer)), "ResponseError Decode")
        assert.strictEqual(
          yield* failure(Effect.flatMap(response, (_) => Stream.runDrain(_.stream))),
          "ResponseError Decode"
        )
        // It fails again, and not otherwise, when it is asked again.
        const again = yield* response
        assert.strictEqual(yield* failure(again.text), "ResponseError Decode")
        assert.strictEqual(yield* failure(again.text), "ResponseError Decode")
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a server that answers before it has the whole body", () =>
      Effect.gen(function*() {
        const ended = yield* Deferred.make<void>()
        const { url } = yield* serve((_, response) => {
          response.writeHead(413, { connection: "close" }).end("too large")
        })
        const body = Stream.repeatValue(new Uint8Array(1024)).pipe(
          Stream.tap(() => turn),
          Stream.ensuring(Deferred.succeed(ended, undefined))
        )
        const request = HttpClientRequest.post(url, { body: HttpBody.stream(body) })
        const response = yield* HttpClient.execute(request)
        assert.strictEqual(response.status, 413)
        assert.strictEqual(yield* response.text, "too large")
        yield* Deferred.await(ended)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("nothing secret is in an error", () =>
      Effect.gen(function*() {
        const headers = { authorization: "Bearer s3cret\n" }
        const error = yield* Effect.flip(HttpClient.get("http://127.0.0.1/", { headers }))
        assert.notInclude(error.message, "s3cret")
        assert(error._tag === "RequestError")
        assert.notInclude(inspect(error.cause, { depth: 9 }), "s3cret")
      }).pipe(Effect.provide(layer)))
  })

  describe("ending", () => {
    it.scopedLive("interrupted before the head", () =>
      Effect.gen(function*() {
        const server = yield* watched(() => {})
        const fiber = yield* Effect.fork(HttpClient.get(server.url))
        yield* server.begun
        yield* Fiber.interrupt(fiber)
        yield* server.closed
      }).pipe(Effect.provide(layer)))

    it.scopedLive("interrupted while a body is sent", () =>
      Effect.gen(function*() {
        const server = yield* watched(() => {})
        const ended = yield* Deferred.make<void>()
        const body = Stream.concat(Stream.make(new Uint8Array(1)), Stream.never).pipe(
          Stream.ensuring(Deferred.succeed(ended, undefined))
        )
        const request = HttpClientRequest.post(server.url, { body: HttpBody.stream(body) })
        const fiber = yield* Effect.fork(HttpClient.execute(request))
        yield* server.begun
        yield* Fiber.interrupt(fiber)
        yield* server.closed
        yield* Deferred.await(ended)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("interrupted in the body", () =>
      Effect.gen(function*() {
        for (
          const read of [
            (_: HttpClientResponse.HttpClientResponse) => Effect.asVoid(_.text),
            (_: HttpClientResponse.HttpClientResponse) => Effect.asVoid(_.arrayBuffer),
            (_: HttpClientResponse.HttpClientResponse) => Stream.runDrain(_.stream)
          ]
        ) {
          const server = yield* watched(partly)
          const response = yield* HttpClient.get(server.url)
          const fiber = yield* Effect.fork(read(response))
          yield* Effect.repeatN(turn, 5)
          yield* Fiber.interrupt(fiber)
          yield* server.closed
        }
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a stream that is left before its end", () =>
      Effect.gen(function*() {
        const client = yield* HttpClient.HttpClient
        for (const each of [client, HttpClient.withScope(client)]) {
          const server = yield* watched(partly)
          const response = yield* each.get(server.url)
          yield* Stream.runDrain(Stream.take(response.stream, 1))
          yield* server.closed
        }
      }).pipe(Effect.provide(layer)))

    it.scopedLive("withScope: the response lives as long as the scope", () =>
      Effect.gen(function*() {
        const server = yield* watched(partly)
        const client = HttpClient.withScope(yield* HttpClient.HttpClient)
        const scope = yield* Scope.make()
        const response = yield* Scope.extend(client.get(server.url), scope)
        assert.strictEqual(unread(response), 200)
        assert.strictEqual(server.sockets.size, 1)
        yield* Scope.close(scope, Exit.void)
        yield* server.closed
        assert.strictEqual(yield* failure(response.text), "ResponseError Decode")
        // And so does the request.
        const waiting = yield* watched(() => {})
        const scope2 = yield* Scope.make()
        const fiber = yield* Effect.fork(Effect.flip(Scope.extend(client.get(waiting.url), scope2)))
        yield* waiting.begun
        yield* Scope.close(scope2, Exit.void)
        assert.strictEqual((yield* Fiber.join(fiber)).reason, "Transport")
        yield* waiting.closed
      }).pipe(Effect.provide(layer)))

    it.scopedLive("interrupted while it waits for a connection", () =>
      Effect.gen(function*() {
        const seen: Array<string | undefined> = []
        const held = yield* Deferred.make<() => void>()
        const server = yield* serve((request, response) => {
          seen.push(request.url)
          if (request.url === "/first") Deferred.unsafeDone(held, Effect.succeed(() => response.end("first")))
          else response.end("other")
        })
        const dispatcher = yield* Effect.acquireRelease(
          Effect.sync(() => new Undici.Agent({ connections: 1 })),
          (agent) => Effect.promise(() => agent.destroy())
        )
        const client = make(dispatcher)
        const ended = yield* Deferred.make<void>()
        const first = yield* Effect.fork(Effect.flatMap(client.get(`${server.url}/first`), (_) => _.text))
        const finish = yield* Deferred.await(held)
        const second = yield* Effect.fork(client.post(`${server.url}/second`, {
          body: HttpBody.stream(Stream.ensuring(Stream.never, Deferred.succeed(ended, undefined)))
        }))
        const third = yield* Effect.fork(client.get(`${server.url}/third`))
        const last = yield* Effect.fork(Effect.flatMap(client.get(`${server.url}/last`), (_) => _.text))
        yield* Effect.repeatN(turn, 5)
        yield* Fiber.interruptAll([second, third])
        finish()
        assert.strictEqual(yield* Fiber.join(first), "first")
        assert.strictEqual(yield* Fiber.join(last), "other")
        assert.deepStrictEqual(seen, ["/first", "/last"])
      }))

    it.scopedLive("a response that nobody keeps is ended when it is collected", () =>
      Effect.gen(function*() {
        const get = (url: string) => HttpClient.get(url)
        const asked = {
          "by a fiber that lives on": (url: string) => Effect.zipRight(Effect.map(get(url), unread), Effect.never),
          "by a fiber whose result it was": get
        }
        for (const ask of Object.values(asked)) {
          const server = yield* watched(partly)
          yield* Effect.asVoid(Effect.forkDaemon(ask(server.url)))
          yield* server.begun
          yield* Effect.race(server.closed, Effect.forever(collect))
        }
      }).pipe(Effect.provide(layer)))

    it.scopedLive("a scope that lives on does not keep what was read", () =>
      Effect.gen(function*() {
        const { url } = yield* serve((_, response) => response.end("x".repeat(1000)))
        const client = HttpClient.withScope(yield* HttpClient.HttpClient)
        const body = yield* client.get(url).pipe(
          Effect.flatMap((response) => response.arrayBuffer),
          Effect.map((buffer) => new WeakRef(buffer))
        )
        yield* until(() => body.deref() === undefined, collect)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("one after another use one connection, also when nobody reads what fits", () =>
      Effect.gen(function*() {
        const server = yield* serve((request, response) => {
          request.resume()
          response.end("x".repeat(1000))
        })
        const get = HttpClient.get(server.url)
        const ways = [
          Effect.flatMap(get, (_) => _.text),
          Effect.flatMap(get, (_) => _.arrayBuffer),
          Effect.flatMap(get, (_) => Stream.runDrain(_.stream)),
          Effect.flatMap(HttpClient.post(server.url, { body: HttpBody.text("a") }), (_) => _.text),
          get
        ]
        for (const way of [...ways, ...ways]) {
          yield* way
          // undici takes a connection anew in a later turn.
          yield* Effect.repeatN(turn, 20)
        }
        assert.strictEqual(server.opened, 1)
      }).pipe(Effect.provide(layer)))

    it.scopedLive("two hundred at once", () =>
      Effect.gen(function*() {
        const server = yield* serve((request, response) => response.end(request.url?.repeat(1000)))
        const answers = yield* Effect.forEach(
          Array.from({ length: 200 }, (_, i) => `/${i}`),
          (path) => Effect.map(text(server.url + path), (answer) => answer === path.repeat(1000)),
          { concurrency: "unbounded" }
        )
        assert.isTrue(answers.every((right) => right))
      }).pipe(Effect.provide(layer)))

    it.scopedLive("the layer's end closes its connections", () =>
      Effect.gen(function*() {
        const server = yield* serve((request, response) => {
          if (request.url === "/") response.end("idle")
          else partly(request, response)
        })
        const scope = yield* Scope.make()
        const client = Context.get(yield* Layer.buildWithScope(layer, scope), HttpClient.HttpClient)
        const response = yield* client.get(`${server.url}/busy`)
        yield* Effect.flatMap(client.get(server.url), (_) => _.text)
        assert.strictEqual(server.sockets.size, 2)
        yield* Scope.close(scope, Exit.void)
        yield* until(() => server.sockets.size === 0)
        assert.strictEqual(yield* failure(response.text), "ResponseError Decode")
        assert.strictEqual(yield* failure(client.get(server.url)), "RequestError Transport")
      }))
  })

  it.scopedLive("spans and trace headers", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => {
        response.setHeader("x-traced", String(request.headers["traceparent"] !== undefined))
        response.end()
      })
      const spans: Array<[name: string, kind: string, attributes: Record<string, unknown>]> = []
      const tracer = Tracer.make({
        context: (f) => f(),
        span: (name, parent, context, links, start, kind) => {
          const attributes: Record<string, unknown> = {}
          spans.push([name, kind, attributes])
          return {
            _tag: "Span",
            name,
            parent,
            context,
            links,
            kind,
            spanId: "b7ad6b7169203331",
            traceId: "0af7651916cd43dd8448eb211c80319c",
            sampled: true,
            status: { _tag: "Started", startTime: start },
            attributes: new Map(),
            attribute: (key, value) => {
              attributes[key] = value
            },
            addLinks: () => {},
            end: () => {},
            event: () => {}
          }
        }
      })
      const get = HttpClient.get(`${url}/a?b=c`, { headers: { authorization: "s3cret" } })
      const traced = yield* Effect.withTracer(get, tracer)
      assert.strictEqual(traced.headers["x-traced"], "true")
      assert.strictEqual((yield* Effect.withTracerEnabled(get, false)).headers["x-traced"], "false")
      assert.strictEqual(spans.length, 1)
      const [name, kind, attributes] = spans[0] ?? []
      assert.deepStrictEqual([name, kind], ["http.client GET", "client"])
      assert.include(attributes, {
        "http.request.method": "GET",
        "http.response.status_code": 200,
        "http.response.header.x-traced": "true",
        "url.path": "/a"
      })
      assert.notInclude(inspect(spans, { depth: 9 }), "s3cret")
    }).pipe(Effect.provide(layer)))
})

describe("what UndiciClient does otherwise", () => {
  it.scopedLive("forms are sent", () =>
    Effect.gen(function*() {
      const { url } = yield* echo
      const form = new FormData()
      form.append("a", "ü")
      form.append("a", "2")
      form.append("file", new File(["hello"], "x.txt", { type: "text/plain" }))
      const answer = yield* send(HttpClientRequest.bodyFormData(HttpClientRequest.post(url), form))
      const { body, length, type } = yield* Schema.decodeUnknown(Echo)(answer)
      assert.strictEqual(length, `${Buffer.byteLength(body)}`)
      const received = yield* Effect.promise(() => new Response(body, { headers: { "content-type": type } }).formData())
      assert.deepStrictEqual(received.getAll("a"), ["ü", "2"])
      const file = received.get("file")
      assert(file instanceof File)
      assert.deepStrictEqual([file.name, file.type], ["x.txt", "text/plain"])
      assert.strictEqual(yield* Effect.promise(() => file.text()), "hello")
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("forms are read", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => {
        if (request.url === "/form") response.setHeader("content-type", "multipart/form-data; boundary=x")
        response.end(`--x\r\ncontent-disposition: form-data; name="a"\r\n\r\n1\r\n--x--\r\n`)
      })
      const form = (path: string) => Effect.flatMap(HttpClient.get(url + path), (response) => response.formData)
      assert.strictEqual((yield* form("/form")).get("a"), "1")
      assert.strictEqual(yield* failure(form("/")), "ResponseError Decode")
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("a body that was read whole can be read again in every way", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((request, response) => response.end(request.url === "/" ? "" : `"again"`))
      for (const [path, body] of [["/", ""], ["/a", `"again"`]] as const) {
        const response = yield* HttpClient.get(url + path)
        assert.strictEqual(yield* response.text, body)
        assert.strictEqual(yield* bytesOf(response), body)
        assert.strictEqual(Buffer.from(yield* response.arrayBuffer).toString(), body)
        assert.strictEqual(yield* bytesOf(response), body)
        assert.strictEqual(yield* response.json, body === "" ? null : "again")
      }
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("a stream that was read is an error the second time, not an empty body", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((_, response) => response.end("once"))
      const response = yield* HttpClient.get(url)
      yield* bytesOf(response)
      assert.strictEqual(yield* failure(bytesOf(response)), "ResponseError Decode")
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("a read that was interrupted is an error the second time, not a wait", () =>
    Effect.gen(function*() {
      const { closed, url } = yield* watched(partly)
      const response = yield* HttpClient.get(url)
      const fiber = yield* Effect.fork(response.text)
      yield* Effect.repeatN(turn, 5)
      yield* Fiber.interrupt(fiber)
      yield* closed
      assert.strictEqual(yield* failure(response.text), "ResponseError Decode")
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("a request of a scope that is interrupted ends at once, not with the scope", () =>
    Effect.gen(function*() {
      const { begun, closed, url } = yield* watched(() => {})
      const fiber = yield* Effect.fork(HttpClient.withScope(yield* HttpClient.HttpClient).get(url))
      yield* begun
      yield* Fiber.interrupt(fiber)
      yield* closed
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("one of two readers is interrupted", () =>
    Effect.gen(function*() {
      const finish = yield* Deferred.make<() => void>()
      const { url } = yield* serve((request, response) => {
        partly(request, response)
        Deferred.unsafeDone(finish, Effect.succeed(() => response.end("ly")))
      })
      const client = HttpClient.withScope(yield* HttpClient.HttpClient)
      const response = yield* client.get(url)
      const one = yield* Effect.fork(response.text)
      const two = yield* Effect.fork(response.text)
      yield* Effect.repeatN(turn, 5)
      yield* Fiber.interrupt(two)
      const end = yield* Deferred.await(finish)
      end()
      assert.strictEqual(yield* Fiber.join(one), "partly")
    }).pipe(Effect.provide(UndiciClient.layer)))

  it.scopedLive("a scope that is closed ends a request that waits for a connection, and its body", () =>
    Effect.gen(function*() {
      const begun = yield* Deferred.make<void>()
      const { url } = yield* serve(() => Deferred.unsafeDone(begun, Effect.void))
      const dispatcher = yield* Effect.acquireRelease(
        Effect.sync(() => new Undici.Agent({ connections: 1 })),
        (agent) => Effect.promise(() => agent.destroy())
      )
      const client = UndiciClient.make(dispatcher)
      yield* Effect.fork(client.get(url))
      yield* Deferred.await(begun)
      const scope = yield* Scope.make()
      const body = new Readable({ read: () => {} })
      const waiting = yield* HttpClient.withScope(client).post(url, { body: HttpBody.raw(body) }).pipe(
        Scope.extend(scope),
        failure,
        Effect.fork
      )
      yield* Effect.repeatN(turn, 5)
      yield* Scope.close(scope, Exit.void)
      assert.strictEqual(yield* Fiber.join(waiting), "RequestError Transport")
      assert.isTrue(body.destroyed)
      assert.strictEqual(
        yield* failure(Scope.extend(HttpClient.withScope(client).get(url), scope)),
        "RequestError Transport"
      )
    }))

  it.scopedLive("a dispatcher that throws is a failure, and a body that is not sent is ended", () =>
    Effect.gen(function*() {
      const proxy = Layer.provide(
        UndiciClient.layerWithoutDispatcher,
        over(new Undici.ProxyAgent("http://127.0.0.1:9"))
      )
      const body = new Readable({ read: () => {} })
      const post = HttpClient.post("http://127.0.0.1:9/", {
        body: HttpBody.raw(body),
        headers: { "proxy-authorization": "a" }
      })
      assert.strictEqual(yield* failure(Effect.provide(post, proxy)), "RequestError Transport")
      assert.isTrue(body.destroyed)
      body.emit("error", new Error("later"))
    }))

  it.scopedLive("a dispatcher leaves the headers of the request as they are", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((_, response) => response.end("proxied"))
      const proxy = new Undici.ProxyAgent({ uri: url, proxyTunnel: false })
      yield* Effect.addFinalizer(() => Effect.promise(() => proxy.destroy()))
      const request = HttpClientRequest.get("http://example.invalid/", { headers: { a: "b" } })
      const response = yield* UndiciClient.make(proxy).execute(request)
      assert.strictEqual(yield* response.text, "proxied")
      assert.deepStrictEqual(Object.keys(request.headers), ["a"])
    }))

  it.scopedLive("a response that is shown reads nothing and shows no body", () =>
    Effect.gen(function*() {
      const { url } = yield* serve((_, response) => {
        response.writeHead(200, { "content-type": "application/json", "set-cookie": "s3cret" })
        response.end(`{"access_token":"s3cret"}`)
      })
      const response = yield* HttpClient.get(url, { headers: { authorization: "s3cret" } })
      const shown = Effect.map(
        Effect.context<never>(),
        () => `${Inspectable.toStringUnknown(response)} ${inspect(response)}`
      )
      assert.include(yield* shown, "200")
      assert.deepStrictEqual(yield* response.json, { access_token: "s3cret" })
      assert.notInclude(yield* shown, "access_token")
      const logged = yield* logOf(Effect.log(response))
      assert.include(logged, "application/json")
      assert.notInclude(logged, "s3cret")
    }).pipe(Effect.provide(UndiciClient.layer)))
})
