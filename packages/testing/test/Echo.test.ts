import { Auth } from "@effect-wps/auth"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Operation, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { HttpBody, HttpClient } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Stream } from "effect"

// What OGC's suites for servers (ets-wps20, ets-wps10) ask of the process that they are given, and of the service around it.

const identifier = "org.n52.javaps.test.EchoProcess"
const ns = "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\""

const vehicle = "https://data.example.org/vehicle.txt"

const layer = (client?: Omit<WpsClient.Options, "url">) =>
  Effect.provide([
    WpsTest.layer([WpsNode.echo], {
      client,
      fetch: ({ href }) => href === vehicle ? Effect.succeed(new TextEncoder().encode("a bus")) : Effect.fail("gone")
    }),
    Auth.layerAnonymous
  ])

const get = (query: string) => Effect.flatMap(HttpClient.get(`${WpsTest.url}?${query}`), answerOf)

const post = (body: string) =>
  Effect.flatMap(HttpClient.post(WpsTest.url, { body: HttpBody.text(body, "application/xml") }), answerOf)

const answerOf = (response: { readonly status: number; readonly text: Effect.Effect<string, unknown> }) =>
  Effect.map(response.text, (body) => ({ status: response.status, body }))

const execute = (inputs: string, output: string, attributes: string) =>
  post(
    `<wps:Execute ${ns} xmlns:xlink="http://www.w3.org/1999/xlink" service="WPS" version="2.0.0" ${attributes}><ows:Identifier>${identifier}</ows:Identifier>${inputs}<wps:Output id="${output}Output" transmission="value"/></wps:Execute>`
  )

const literal =
  "<wps:Input id=\"literalInput\"><wps:Data><wps:LiteralValue>hello</wps:LiteralValue></wps:Data></wps:Input>"

describe("the echo process", () => {
  it.effect("has each kind of value, and a string as its last literal", () =>
    Effect.gen(function*() {
      const { inputs, jobControlOptions, outputs } = yield* WpsClient.describe(identifier)
      deepStrictEqual(inputs.map((one) => [one.identifier, one.minOccurs, one.data._tag]), [
        ["complexInput", 0, "Complex"],
        ["boundingBoxInput", 0, "BoundingBox"],
        ["duration", 0, "Literal"],
        ["literalInput", 0, "Literal"]
      ])
      deepStrictEqual(outputs.map((one) => one.data._tag), ["Complex", "BoundingBox", "Literal"])
      deepStrictEqual(jobControlOptions, ["sync-execute", "async-execute", "dismiss"])
      const { body } = yield* get(`Service=WPS&Version=2.0.0&Request=DescribeProcess&Identifier=${identifier}`)
      assert.match(body, /<ows:DataType [^>]*>string<\/ows:DataType>(?![^]*<wps:Input)/)
    }).pipe(layer({ protocol: Wps200.Wps200 })))

  it.effect("gives one input back alone, however it is asked", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* execute(literal, "literal", "mode=\"sync\" response=\"raw\""), {
        status: 200,
        body: "hello"
      })
      const complex = "<wps:Input id=\"complexInput\"><wps:Data><testElement>hi</testElement></wps:Data></wps:Input>"
      deepStrictEqual(yield* execute(complex, "complex", "mode=\"sync\" response=\"raw\""), {
        status: 200,
        body: "<testElement>hi</testElement>"
      })
      const elsewhere =
        `<wps:Input id="literalInput"><wps:Reference mimeType="text/plain" xlink:href="${vehicle}"/></wps:Input>`
      assert.include((yield* execute(elsewhere, "literal", "mode=\"sync\" response=\"document\"")).body, "a bus")
      for (const mode of ["async", "auto"]) {
        for (const response of ["document", "raw"]) {
          const { body, status } = yield* execute(literal, "literal", `mode="${mode}" response="${response}"`)
          assert.strictEqual(status, 200)
          assert.match(body, /<wps:StatusInfo .*<wps:JobID>\w+<\/wps:JobID><wps:Status>/)
        }
      }
    }).pipe(layer()))

  it.effect("comes back typed in both versions, by value and by reference", () =>
    Effect.gen(function*() {
      const box = DataValue.boundingBox([1, 2], [3, 4.5], "http://www.opengis.net/def/crs/EPSG/0/4326")
      for (const protocol of [Wps100.Wps100, Wps200.Wps200, Wps100.byGet({ dialect: "strict" })]) {
        const program = Effect.gen(function*() {
          const outputs = yield* WpsClient.run(Operation.make({
            identifier,
            inputs: [
              ["literalInput", DataValue.literal("a = b; c@d & <e> + 100 % é")],
              ["boundingBoxInput", box]
            ],
            outputs: ["boundingBoxOutput", Operation.request("literalOutput", { asReference: true })]
          }))
          const stored = outputs.find((one) => one.identifier === "literalOutput")?.data
          assert(stored?._tag === "Reference")
          const { stream } = yield* WpsClient.download(stored)
          deepStrictEqual(
            [
              outputs.find((one) => one.identifier === "boundingBoxOutput")?.data,
              yield* Stream.mkString(Stream.decodeText(stream))
            ],
            [box, "a = b; c@d & <e> + 100 % é"]
          )
        })
        yield* program.pipe(layer({ protocol }))
      }
    }))

  it.effect("stands in a service that negotiates, and refuses what it must", () =>
    Effect.gen(function*() {
      const statuses = [
        ["service=wps&request=GetCapabilities", 200, "1.0.0"],
        ["service=wps&request=GetCapabilities&aCcepTVersioNS=1.0.0", 200, "1.0.0"],
        ["SERVICE=WPS&VERSION=2.0.0&REQUEST=GetCapabilities", 200, "2.0.0"],
        ["service=WPS&version=2.0.0&request=GetCapabilities", 200, "2.0.0"],
        ["service=WPS&request=GetCapabilities&AcceptVersions=3.0.0,2.0.0,1.0.0", 200, "2.0.0"],
        ["service=WPS&request=GetCapabilities&AcceptVersions=3.0.0", 400, "VersionNegotiationFailed"],
        ["service=WPS&request=GetCapabilities&AcceptVersions=0.0.1", 400, "VersionNegotiationFailed"],
        ["service=WMS&version=2.0.0&request=GetCapabilities", 400, "InvalidParameterValue"],
        ["service=WPS&version=3.0.0&request=GetCapabilities", 400, "InvalidParameterValue"]
      ] as const
      for (const [query, status, says] of statuses) {
        const answer = yield* get(query)
        assert.strictEqual(answer.status, status, query)
        assert.include(answer.body, status === 200 ? `<ows:ServiceTypeVersion>${says}<` : `exceptionCode="${says}"`)
      }
      const wrongCase = yield* post(
        "<wps:getcapabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" service=\"WPS\"/>"
      )
      assert.include(wrongCase.body, "<ows:ExceptionReport")
      const all = yield* get("service=WPS&version=2.0.0&request=DescribeProcess&identifier=ALL")
      assert.strictEqual(all.body.split("<wps:Process>").length, 2)
    }).pipe(layer()))
})
