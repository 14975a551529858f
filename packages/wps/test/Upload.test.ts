import { Auth, BearerAuth } from "@effect-wps/auth"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Input, Output, Process, Upload, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { FileSystem, HttpClient, HttpClientError } from "@effect/platform"
import { NodeFileSystem } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Layer, Redacted, Ref, Schema, Stream } from "effect"

const file = Process.make("file", {
  inputs: {
    label: Input.optional(Input.literal(Schema.String)),
    first: Input.bytes("application/x-netcdf"),
    second: Input.optional(Input.text("text/csv"))
  },
  outputs: { sizes: Output.literal(Schema.String) }
})

class Gone extends Schema.TaggedError<Gone>()("Gone", { message: Schema.String }) {}

const implementation = WpsNode.handle(
  file,
  ({ first, label, second }) => Effect.succeed({ sizes: [label, first.join(","), second].join("|") })
)

const group = Process.make("group", {
  inputs: { inside: Input.nested({ file: Input.bytes("text/plain") }) },
  outputs: {}
})

const client = (options?: Omit<WpsClient.Options, "url">) =>
  Effect.provide([WpsTest.layer([implementation], { client: options }), Auth.layerAnonymous])

const chunks = (...sizes: ReadonlyArray<number>) =>
  Stream.fromIterable(sizes.map((size, at) => new Uint8Array(size).fill(at + 1)))

describe("Upload", () => {
  for (const protocol of [Wps100.Wps100, Wps200.Wps200]) {
    it.effect(`goes inside the document, whatever its chunks: ${protocol.version}`, () =>
      Effect.gen(function*() {
        for (const sizes of [[], [1], [2], [3], [1, 1, 1, 1], [2, 0, 5, 1], [4, 4]]) {
          const size = sizes.reduce((sum, one) => sum + one, 0)
          const { sizes: read } = yield* WpsClient.run(file({
            label: "a & <b>",
            first: Upload.make({ size, content: chunks(...sizes) }),
            second: Upload.make({ size: 4, content: Stream.make(new TextEncoder().encode("ö,1")) })
          }))
          const bytes = sizes.flatMap((one, at) => Array.from({ length: one }, () => at + 1))
          assert.strictEqual(read, `a & <b>|${bytes.join(",")}|ö,1`)
        }
      }).pipe(client({ protocol })))
  }

  it.effect("is sent with a length, and read as it is sent", () =>
    Effect.gen(function*() {
      const pulled = yield* Ref.make(0)
      const seen = yield* Ref.make<ReadonlyArray<unknown>>([])
      const watched = HttpClient.make((request) =>
        Effect.gen(function*() {
          const { body } = request
          const before = yield* Ref.get(pulled)
          const sent = body._tag === "Stream"
            ? yield* Stream.runFold(Stream.orDie(body.stream), 0, (sum, chunk) => sum + chunk.length)
            : -1
          yield* Ref.set(seen, [body._tag, body.contentLength === sent, before, yield* Ref.get(pulled)])
          return yield* new HttpClientError.RequestError({ request, reason: "Transport" })
        })
      )
      const layer = WpsClient.layer({ url: WpsTest.url }).pipe(
        Layer.provide([Layer.succeed(HttpClient.HttpClient, watched), Auth.layerAnonymous])
      )
      const content = Stream.tap(chunks(100, 1000, 7), () => Ref.update(pulled, (count) => count + 1))
      const error = yield* Effect.flip(WpsClient.run(file({ first: Upload.make({ size: 1107, content }) }))).pipe(
        Effect.provide(layer)
      )
      assert.strictEqual(error._tag, "TransportError")
      deepStrictEqual(yield* Ref.get(seen), ["Stream", true, 0, 3])
    }))

  const broken: ReadonlyArray<readonly [string, Upload.Upload, string]> = [
    ["longer than announced", Upload.make({ size: 5, content: chunks(3, 3) }), "has more than the 5 bytes"],
    ["shorter than announced", Upload.make({ size: 7, content: chunks(3, 3) }), "has 6 bytes and not the 7"],
    [
      "that fails",
      Upload.make({ size: 9, content: Stream.concat(chunks(3), Stream.fail(new Gone({ message: "disk gone" }))) }),
      "cannot be read: disk gone"
    ]
  ]
  for (const [what, first, reason] of broken) {
    it.effect(`a stream ${what} is the input's fault`, () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.run(file({ first })))
        assert.strictEqual(error._tag, "InvalidInputs")
        assert.include(error.message, `first: ${reason}`)
      }).pipe(client()))
  }

  it.effect("is read once, also where the credentials are refused", () =>
    Effect.gen(function*() {
      const reads = yield* Ref.make(0)
      const content = Stream.unwrap(Effect.as(Ref.update(reads, (count) => count + 1), chunks(3)))
      const error = yield* Effect.flip(WpsClient.run(file({ first: Upload.make({ size: 3, content }) })))
      assert.strictEqual(error._tag, "AccessDenied")
      assert.strictEqual(yield* Ref.get(reads), 1)
    }).pipe(Effect.provide([
      WpsTest.layer([implementation], { authorize: WpsNode.bearer(Redacted.make("good")) }),
      BearerAuth.layer(Redacted.make("bad"))
    ])))

  it.effect("finds its place whatever the other inputs say", () =>
    Effect.gen(function*() {
      const label = "\uE057upload-1-0\uE057"
      const { sizes } = yield* WpsClient.run(file({ label, first: Upload.make({ size: 2, content: chunks(2) }) }))
      assert.strictEqual(sizes, `${label}|1,1|`)
    }).pipe(client()))

  it.effect("is held against the process's description by its size and format", () =>
    Effect.gen(function*() {
      const large = yield* Effect.flip(
        WpsClient.run(file({ first: Upload.make({ size: 3e6, content: chunks(), format: "image/png" }) }))
      )
      assert.strictEqual(large._tag, "InvalidInputs")
      assert.include(large.message, "image/png")
    }).pipe(client({ validate: "always" })))

  it.effect("goes neither by GET nor inside a group, which is said before anything is read", () =>
    Effect.gen(function*() {
      const content = Stream.die("read")
      const byGet = yield* Effect.flip(WpsClient.run(file({ first: Upload.make({ size: 1, content }) }))).pipe(
        client({ protocol: Wps100.byGet({ dialect: "strict" }) })
      )
      assert.include(byGet.message, "by POST only")
      const inside = yield* Effect.flip(group({ inside: { file: Upload.make({ size: 1, content }) } }).inputs)
      assert.include(inside.message, "a reference")
    }))

  it.scoped("from a file", () =>
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      const path = yield* fs.makeTempFileScoped()
      yield* fs.writeFile(path, new Uint8Array([1, 2, 3, 4, 5]))
      const upload = yield* Upload.file(path, { format: "application/x-netcdf" })
      deepStrictEqual([upload.size, upload.format], [5, DataValue.format("application/x-netcdf")])
      const { sizes } = yield* WpsClient.run(file({ first: upload })).pipe(client())
      assert.strictEqual(sizes, "|1,2,3,4,5|")
      assert.strictEqual((yield* Effect.flip(Upload.file(`${path}/none`)))._tag, "SystemError")
    }).pipe(Effect.provide(NodeFileSystem.layer)))
})
