import { Auth } from "@effect-wps/auth"
import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
import { DataValue, Input, Operation, Output, Process, Wps100, Wps200, WpsClient } from "@effect-wps/wps"
import { Headers, HttpBody, HttpClient, type HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Option, Stream } from "effect"

// What OGC's suites for servers (ets-wps20, ets-wps10) ask of the process that they are given, and of the service around it.

const identifier = "org.n52.javaps.test.EchoProcess"
const ns = "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\""

const vehicle = "https://data.example.org/vehicle.txt"

const layer = (client?: Omit<WpsClient.Options, "url">, quirks?: ReadonlyArray<Quirk.Quirk>) =>
  Effect.provide([
    WpsTest.layer([WpsNode.echo], {
      client,
      quirks,
      fetch: ({ href }) => href === vehicle ? Effect.succeed(new TextEncoder().encode("a bus")) : Effect.fail("gone")
    }),
    Auth.layerAnonymous
  ])

const get = (query: string) => Effect.flatMap(HttpClient.get(`${WpsTest.url}?${query}`), answerOf)

const post = (body: string) =>
  Effect.flatMap(HttpClient.post(WpsTest.url, { body: HttpBody.text(body, "application/xml") }), answerOf)

const answerOf = (response: HttpClientResponse.HttpClientResponse) =>
  Effect.map(response.text, (body) => ({
    status: response.status,
    contentType: Option.getOrUndefined(Headers.get(response.headers, "content-type")),
    body
  }))

const execute = (inputs: string, output: string, attributes: string, format = "") =>
  post(
    `<wps:Execute ${ns} xmlns:xlink="http://www.w3.org/1999/xlink" service="WPS" version="2.0.0" ${attributes}><ows:Identifier>${identifier}</ows:Identifier>${inputs}<wps:Output id="${output}Output" transmission="value"${format}/></wps:Execute>`
  )

const literal =
  "<wps:Input id=\"literalInput\"><wps:Data><wps:LiteralValue>hello</wps:LiteralValue></wps:Data></wps:Input>"

const box =
  "<wps:Input id=\"boundingBoxInput\"><wps:Data><ows:BoundingBox crs=\"http://www.opengis.net/def/crs/EPSG/0/4326\"><ows:LowerCorner>1 2</ows:LowerCorner><ows:UpperCorner>3 4.5</ows:UpperCorner></ows:BoundingBox></wps:Data></wps:Input>"

const declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

const rawHello = {
  status: 200,
  contentType: "text/xml; charset=utf-8",
  body: declaration +
    "<wps:LiteralValue xmlns:wps=\"http://www.opengis.net/wps/2.0\" dataType=\"http://www.w3.org/2001/XMLSchema#string\">hello</wps:LiteralValue>"
}

const plainHello = { status: 200, contentType: "text/plain; charset=utf-8", body: "hello" }

const rawBox = (version: string) => ({
  status: 200,
  contentType: "text/xml; charset=utf-8",
  body: declaration +
    `<ows:BoundingBox xmlns:ows="http://www.opengis.net/ows/${version}" crs="http://www.opengis.net/def/crs/EPSG/0/4326" dimensions="2"><ows:LowerCorner>1 2</ows:LowerCorner><ows:UpperCorner>3 4.5</ows:UpperCorner></ows:BoundingBox>`
})

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
      deepStrictEqual(yield* execute(literal, "literal", "mode=\"sync\" response=\"raw\""), rawHello)
      const complex = "<wps:Input id=\"complexInput\"><wps:Data><testElement>hi</testElement></wps:Data></wps:Input>"
      deepStrictEqual(yield* execute(complex, "complex", "mode=\"sync\" response=\"raw\""), {
        status: 200,
        contentType: "text/xml",
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

  it.effect("gives a literal raw as XML, or as text where that is asked for", () =>
    Effect.gen(function*() {
      const plain = " mimeType=\"text/plain\""
      deepStrictEqual(yield* execute(literal, "literal", "mode=\"sync\" response=\"raw\"", plain), plainHello)
      const resultOf = (format?: string) =>
        Effect.gen(function*() {
          const { body } = yield* execute(literal, "literal", "mode=\"async\" response=\"raw\"", format)
          const jobId = /<wps:JobID>(\w+)</.exec(body)?.[1]
          return yield* get(`service=WPS&version=2.0.0&request=GetResult&JobID=${jobId}`)
        })
      deepStrictEqual(yield* resultOf(), rawHello)
      deepStrictEqual(yield* resultOf(plain), plainHello)
      const escaped = yield* execute(literal.replace("hello", "a &lt; b"), "literal", "mode=\"sync\" response=\"raw\"")
      assert.include(escaped.body, ">a &lt; b</wps:LiteralValue>")
      deepStrictEqual(
        yield* get(
          `service=WPS&version=1.0.0&request=Execute&identifier=${identifier}&datainputs=literalInput=hello&rawdataoutput=literalOutput`
        ),
        plainHello
      )
    }).pipe(layer(undefined, [Quirk.getResultWaits])))

  it.effect("gives a box raw as XML of the version", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* execute(box, "boundingBox", "mode=\"sync\" response=\"raw\""), rawBox("2.0"))
      deepStrictEqual(
        yield* get(
          `service=WPS&version=1.0.0&request=Execute&identifier=${identifier}&datainputs=boundingBoxInput=1,2,3,4.5,http%253A%252F%252Fwww.opengis.net%252Fdef%252Fcrs%252FEPSG%252F0%252F4326&rawdataoutput=boundingBoxOutput`
        ),
        rawBox("1.1")
      )
    }).pipe(layer()))

  it.scoped("gives a box by reference, and as bytes, in both versions", () =>
    Effect.gen(function*() {
      const given = DataValue.boundingBox([1, 2], [3, 4.5], "http://www.opengis.net/def/crs/EPSG/0/4326")
      const kinds = Process.make(identifier, {
        inputs: { boundingBoxInput: Input.boundingBox() },
        outputs: { boundingBoxOutput: Output.raw() }
      })
      const stored = Process.make(identifier, {
        inputs: kinds.inputs,
        outputs: { boundingBoxOutput: Output.reference(Output.boundingBox()) }
      })
      for (const protocol of [Wps100.Wps100, Wps200.Wps200]) {
        yield* Effect.gen(function*() {
          const { boundingBoxOutput: reference } = yield* WpsClient.run(stored({ boundingBoxInput: given }))
          const { contentType, stream } = yield* WpsClient.download(reference)
          const text = yield* Stream.mkString(Stream.decodeText(stream))
          deepStrictEqual(contentType, Option.some("text/xml; charset=utf-8"))
          assert.strictEqual(text, rawBox(protocol === Wps100.Wps100 ? "1.1" : "2.0").body)
          // It is read as what it was.
          deepStrictEqual(
            yield* Output.boundingBox().decode(
              [{
                identifier: "boundingBoxOutput",
                title: Option.none(),
                abstract: Option.none(),
                data: DataValue.fetched(reference, new TextEncoder().encode(text))
              }],
              { fetch: () => Effect.fail("it is there") }
            ),
            given
          )
          const { boundingBoxOutput: raw } = yield* WpsClient.run(kinds({ boundingBoxInput: given }))
          deepStrictEqual([new TextDecoder().decode(raw.bytes), raw.format], [
            rawBox("2.0").body,
            DataValue.format("text/xml")
          ])
        }).pipe(layer({ protocol, validate: "never" }))
      }
    }))

  it.scoped("comes back typed in both versions, by value and by reference", () =>
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
