import { Auth } from "@effect-wps/auth"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Metalink, Output, Process, WpsClient } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { assertNone, deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, FastCheck as fc, Option } from "effect"

const filesOf = (xml: string) => Either.getOrThrow(Metalink.decode(xml))

describe("Metalink", () => {
  it("of version 4: addresses by their priority, hashes, sizes [RFC 5854]", () => {
    deepStrictEqual(
      filesOf(`<?xml version="1.0"?>
<metalink xmlns="urn:ietf:params:xml:ns:metalink"><published>2026-01-01T00:00:00Z</published>
  <file name="a b.nc"><size>12</size><hash type="sha-256">ab</hash>
    <url priority="2">https://two.example.org/a</url><url location="de" priority="1">https://one.example.org/a</url>
    <metaurl mediatype="torrent">https://example.org/a.torrent</metaurl></file>
  <file name="none"><size>large</size></file></metalink>`),
      [
        {
          name: "a b.nc",
          size: Option.some(12),
          mediaType: Option.some("torrent"),
          urls: ["https://one.example.org/a", "https://two.example.org/a", "https://example.org/a.torrent"],
          hashes: [["sha-256", "ab"]]
        },
        { name: "none", size: Option.none(), mediaType: Option.none(), urls: [], hashes: [] }
      ]
    )
  })

  it("of version 3: addresses by their preference", () => {
    deepStrictEqual(
      filesOf(`<metalink version="3.0" xmlns="http://www.metalinker.org/"><files><file name="a">
        <verification><hash type="md5">cd</hash></verification>
        <resources><url preference="10">https://two.example.org/a</url><url preference="90">https://one.example.org/a</url></resources>
      </file></files></metalink>`),
      [{
        name: "a",
        size: Option.none(),
        mediaType: Option.none(),
        urls: ["https://one.example.org/a", "https://two.example.org/a"],
        hashes: [["md5", "cd"]]
      }]
    )
  })

  it("as PyWPS writes it: the file in the place of another metalink", () => {
    const [file] = filesOf(
      "<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"a.txt\"><metaurl mediatype=\"text/plain\">http://h/a.txt</metaurl><publisher name=\"None\" url=\"http://h/wps\"/></file></metalink>"
    )
    assert(file !== undefined)
    deepStrictEqual(
      Metalink.toReference(file),
      Option.some(DataValue.reference("http://h/a.txt", { format: "text/plain" }))
    )
    assertNone(Metalink.toReference({ ...file, urls: [] }))
  })

  it("what is none says so", () => {
    assert.include(Either.getOrThrow(Either.flip(Metalink.decode("<html/>"))), "is no metalink")
    assert.include(Either.getOrThrow(Either.flip(Metalink.decode("text"))), "is no metalink")
  })

  it("what is written is read", () => {
    const word = fc.stringMatching(/^[a-z&<ö ]{1,8}$/).map((text) => text.trim()).filter((text) => text !== "")
    const file: fc.Arbitrary<Metalink.File> = fc.record({
      name: word,
      size: fc.option(fc.nat()).map(Option.fromNullable),
      mediaType: fc.constant(Option.some("text/csv")),
      urls: fc.array(fc.webUrl(), { minLength: 1, maxLength: 3 }),
      hashes: fc.array(fc.tuple(word, word).map(([type, value]) => [type, value] as const), { maxLength: 2 })
    })
    fc.assert(fc.property(fc.array(file, { maxLength: 3 }), (files) => {
      deepStrictEqual(filesOf(Either.getOrThrow(Metalink.encode(files))), files)
    }))
  })

  const produced = Process.make("produced", {
    inputs: {},
    outputs: { files: Output.metalink(), json: Output.raw("application/json"), bytes: Output.raw() }
  })

  const node = WpsTest.layer([
    WpsNode.handle(produced, () =>
      Effect.succeed({
        files: [{ name: "a", size: Option.some(1), mediaType: Option.none(), urls: ["https://h/a"], hashes: [] }],
        json: { bytes: new TextEncoder().encode("[1]"), format: DataValue.format("application/json") },
        bytes: { bytes: new Uint8Array([0, 255]), format: DataValue.format("image/png") }
      }))
  ])

  it.effect("comes as an output, as do bytes of whatever kind", () =>
    Effect.gen(function*() {
      const { bytes, files, json } = yield* WpsClient.run(produced({}))
      deepStrictEqual(files.map(({ urls }) => urls), [["https://h/a"]])
      deepStrictEqual([new TextDecoder().decode(json.bytes), json.format], [
        "[1]",
        DataValue.format("application/json")
      ])
      deepStrictEqual([[...bytes.bytes], bytes.format], [[0, 255], DataValue.format("image/png")])
    }).pipe(Effect.provide([node, Auth.layerAnonymous])))
})
