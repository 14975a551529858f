import {
  DataValue,
  Execute,
  Operation,
  type ProcessDescription,
  Wps100,
  Wps200,
  type WpsProtocol
} from "@effect-wps/wps"
import { Xml } from "@effect-wps/xml"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { DateTime, Effect, Either, Option, Stream } from "effect"
import type { Asked } from "../src/internal/asked.ts"
import { inside } from "../src/internal/inside.ts"
import * as moments from "../src/internal/moments.ts"
import { receive } from "../src/internal/receive.ts"
import { requests } from "../src/internal/wps200Documents.ts"
import { includes } from "./support/includes.ts"

// -------------------------------------------------------------------------------------------------------------- helpers

const some = Option.some
const none = Option.none()
const { Wps200: protocol } = Wps200

const namespaces = "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\" " +
  "xmlns:xlink=\"http://www.w3.org/1999/xlink\""

const leftOf = <A, E>(either: Either.Either<A, E>): E | undefined => Option.getOrUndefined(Either.getLeft(either))

/** A document without its declarations, which say the same in each. */
const bare = (document: string): string => document.replace(/^<\?xml[^>]*\?>\s*/, "").replace(/ xmlns:\w+="[^"]*"/g, "")

const executeRequest = (
  some: Partial<Execute.ExecuteRequest>
): Extract<WpsProtocol.WpsRequest, { _tag: "Execute" }> => ({
  _tag: "Execute",
  request: {
    identifier: "echo",
    inputs: [],
    response: { _tag: "Document", outputs: [Operation.request("o")], mode: "sync", lineage: false },
    language: none,
    ...some
  }
})

/** What is sent to run a process, or why nothing is. */
const written = (some: Partial<Execute.ExecuteRequest>): string =>
  Either.match(protocol.encodeRequest(executeRequest(some)), {
    onLeft: (faults) => faults.map(({ input, reason }) => `${input}: ${reason}`).join("; "),
    onRight: (message) => message._tag === "Get" ? "a GET" : bare(message.body)
  })

/** The content of the one input that has this value. */
const input = (data: DataValue.DataValue): string =>
  written({ inputs: [{ identifier: "i", data }] })
    .replace(/^.*?<wps:Input id="i">/s, "").replace(/<\/wps:Input><wps:Output .*$/s, "")

/** The inputs of an Execute with this content. */
const readInputs = (content: string): Either.Either<ReadonlyArray<DataValue.DataPart>, string> =>
  Either.mapBoth(
    protocol.decodeRequest(
      `<wps:Execute ${namespaces} service="WPS" version="2.0.0" mode="sync" response="document"><ows:Identifier>echo</ows:Identifier>${content}<wps:Output id="o"/></wps:Execute>`
    ),
    {
      onLeft: (error) => `${error.path}: ${error.message}`,
      onRight: (request) => request._tag === "Execute" ? request.request.inputs : []
    }
  )

const readInput = (content: string): Either.Either<DataValue.DataValue | undefined, string> =>
  Either.map(readInputs(`<wps:Input id="i">${content}</wps:Input>`), ([one]) => one?.data)

const url = "https://example.org/wps"

const about: Asked = { operation: "Execute", identifier: none, jobId: none }

const responding = (body: string | null, init?: ResponseInit) =>
  HttpClientResponse.fromWeb(HttpClientRequest.get(url), new Response(body, init))

const read = (body: string, init?: ResponseInit, asked: Partial<Asked> = {}) =>
  receive({ ...about, ...asked }, responding(body, init))

const reading = <A>(pick: (answer: WpsProtocol.WpsResponse) => A | undefined) => (body: string): Effect.Effect<A> =>
  read(body).pipe(
    Effect.orDie,
    Effect.flatMap((answer) => {
      const picked = pick(answer)
      return picked === undefined ? Effect.dieMessage(answer._tag) : Effect.succeed(picked)
    })
  )

const readCapabilities = reading((one) => one._tag === "Capabilities" ? one.value : undefined)
const readDescriptions = reading((one) => one._tag === "ProcessDescriptions" ? one.value : undefined)
const readStatusInfo = reading((one) => one._tag === "StatusInfo" ? one.value : undefined)
const readResult = reading((one) => one._tag === "Result" ? one.value : undefined)

const statusInfo = (content: string) =>
  `<wps:StatusInfo ${namespaces}><wps:JobID>job-1</wps:JobID>${content}</wps:StatusInfo>`

const result = (content: string) => `<wps:Result ${namespaces}>${content}</wps:Result>`

const report = (exceptions: string) =>
  `<ows:ExceptionReport ${namespaces} version="2.0.0">${exceptions}</ows:ExceptionReport>`

/** The one output of a Result with this content. */
const readOutput = (content: string) =>
  Effect.map(readResult(result(`<wps:Output id="o">${content}</wps:Output>`)), ({ outputs }) => outputs[0]?.data)

const offerings = (content: string, attributes = "jobControlOptions=\"sync-execute\"") =>
  `<wps:ProcessOfferings ${namespaces}><wps:ProcessOffering ${attributes}>${content}</wps:ProcessOffering></wps:ProcessOfferings>`

const title = "<ows:Title>Echo</ows:Title><ows:Identifier>echo</ows:Identifier>"

const describedAs = (kind: string) =>
  Effect.map(
    readDescriptions(offerings(
      `<wps:Process>${title}<wps:Input>${title}${kind}</wps:Input><wps:Output>${title}${kind}</wps:Output></wps:Process>`
    )),
    ([one]) => {
      deepStrictEqual<unknown>(one?.inputs[0]?.data, one?.outputs[0]?.data)
      return one?.inputs[0]?.data
    }
  )

const millis = (moment: Option.Option<DateTime.Utc>) => Option.map(moment, ({ epochMillis }) => epochMillis)
const at = (moment: string) => some(DateTime.unsafeMake(moment).epochMillis)

// ---------------------------------------------------------------------------------------------------------------- B.1

describe("requests and their parameters", () => {
  const write = Xml.encode(Xml.documents(requests))

  it("every document says service=WPS, and all but GetCapabilities version=2.0.0 [B1.1]", () => {
    const documents = [
      write({ _tag: "DescribeProcess", value: { _tag: "DescribeProcess", identifiers: ["a"], language: none } }),
      write({ _tag: "GetStatus", value: { _tag: "GetStatus", jobId: "1" } }),
      write({ _tag: "GetResult", value: { _tag: "GetResult", jobId: "1" } }),
      write({ _tag: "Dismiss", value: { _tag: "Dismiss", jobId: "1" } }),
      write({ _tag: "Execute", value: executeRequest({}) })
    ].map(Either.getOrThrow)
    for (const document of documents) assert.match(bare(document), /^<wps:\w+ service="WPS" version="2.0.0"/)
    const capabilities = write({
      _tag: "GetCapabilities",
      value: { _tag: "GetCapabilities", acceptVersions: [], language: none }
    })
    assert.strictEqual(bare(Either.getOrThrow(capabilities)), "<wps:GetCapabilities service=\"WPS\"/>")
  })

  it("what does not is refused, whichever it is [B1.1]", () => {
    const names = ["DescribeProcess", "GetStatus", "GetResult", "Dismiss", "Execute"]
    for (const name of names) {
      for (const wrong of ["version=\"2.0.0\"", "service=\"WFS\" version=\"2.0.0\""]) {
        assert.match(leftOf(protocol.decodeRequest(`<wps:${name} ${namespaces} ${wrong}/>`))?.path ?? "", /@service$/)
      }
      for (const wrong of ["service=\"WPS\"", "service=\"WPS\" version=\"1.0.0\""]) {
        assert.match(leftOf(protocol.decodeRequest(`<wps:${name} ${namespaces} ${wrong}/>`))?.path ?? "", /@version$/)
      }
    }
    assert.match(leftOf(protocol.decodeRequest(`<wps:GetCapabilities ${namespaces}/>`))?.path ?? "", /@service$/)
    assert.strictEqual(leftOf(protocol.decodeRequest(`<wps:Other ${namespaces}/>`))?.reason, "unexpected-root")
    assert.strictEqual(
      leftOf(protocol.decodeRequest("<wps:GetStatus xmlns:wps=\"http://www.opengis.net/wps/1.0.0\"/>"))?.reason,
      "unexpected-root"
    )
  })

  it("an extension is passed over [B1.1]", () => {
    deepStrictEqual(
      protocol.decodeRequest(
        `<wps:GetStatus ${namespaces} service="WPS" version="2.0.0"><wps:Extension><a><wps:JobID>2</wps:JobID></a></wps:Extension><wps:JobID> 1 </wps:JobID></wps:GetStatus>`
      ),
      Either.right({ _tag: "GetStatus", jobId: "1" })
    )
  })

  it("all but Execute go as parameters by GET [B1.2] [B2.1] [B3.1] [B5.1]", () => {
    const parameters = (request: WpsProtocol.WpsRequest) =>
      Either.map(protocol.encodeRequest(request), (message) => message._tag === "Get" ? message.parameters : "a POST")
    deepStrictEqual(
      parameters({ _tag: "GetCapabilities", acceptVersions: [], language: none }),
      Either.right([["service", "WPS"], ["request", "GetCapabilities"]])
    )
    deepStrictEqual(
      parameters({ _tag: "GetCapabilities", acceptVersions: ["2.0.0", "1.0.0"], language: some("en") }),
      Either.right([
        ["service", "WPS"],
        ["request", "GetCapabilities"],
        ["AcceptVersions", ["2.0.0", "1.0.0"]],
        ["AcceptLanguages", "en"]
      ])
    )
    deepStrictEqual(
      parameters({ _tag: "DescribeProcess", identifiers: ["a,b", "ALL"], language: some("de-CH") }),
      Either.right([
        ["service", "WPS"],
        ["request", "DescribeProcess"],
        ["version", "2.0.0"],
        ["Identifier", ["a,b", "ALL"]],
        ["lang", "de-CH"]
      ])
    )
    for (const _tag of ["GetStatus", "GetResult", "Dismiss"] as const) {
      deepStrictEqual(
        parameters({ _tag, jobId: "a b&c" }),
        Either.right([["service", "WPS"], ["request", _tag], ["version", "2.0.0"], ["JobID", "a b&c"]])
      )
    }
    deepStrictEqual(parameters(executeRequest({})), Either.right("a POST"))
  })

  const decode = (query: string) => protocol.decodeParameters(new URLSearchParams(query))

  it("their names have no case, nor has the operation's [B1.2]", () => {
    deepStrictEqual(
      decode("SERVICE=wps&REQUEST=getcapabilities&acceptversions=2.0.0,%201.0.0&ACCEPTLANGUAGES=en-CA,fr"),
      Either.right({ _tag: "GetCapabilities", acceptVersions: ["2.0.0", "1.0.0"], language: some("en-CA") })
    )
    deepStrictEqual(
      decode("Service=WPS&Request=DESCRIBEPROCESS&Version=2.0.0&IDENTIFIER=Echo,ECHO&Lang=en"),
      Either.right({ _tag: "DescribeProcess", identifiers: ["Echo", "ECHO"], language: some("en") })
    )
    for (
      const [query, _tag] of [
        ["service=WPS&version=2.0.0&request=getstatus&jobid=A1", "GetStatus"],
        ["service=WPS&version=2.0.0&request=GetResult&JOBID=A1", "GetResult"],
        ["service=WPS&version=2.0.0&request=DISMISS&jobId=A1", "Dismiss"]
      ] as const
    ) deepStrictEqual(decode(query), Either.right({ _tag, jobId: "A1" }))
  })

  it("what is missing or wrong is refused as the standard has it [B1.2] [B6.2]", () => {
    const refused = (query: string) => {
      const fault = leftOf(decode(query))
      return `${fault?.code} ${Option.getOrElse(fault?.locator ?? none, () => "")}`
    }
    deepStrictEqual(
      [
        "request=GetStatus",
        "service=WFS&request=GetStatus",
        "service=WPS",
        "service=WPS&request=GetStatus&jobid=1",
        "service=WPS&request=GetStatus&version=1.0.0&jobid=1",
        "service=WPS&request=GetStatus&version=2.0.0",
        "service=WPS&request=GetResult&version=2.0.0&jobid=",
        "service=WPS&request=DescribeProcess&version=2.0.0",
        "service=WPS&request=Execute&version=2.0.0&identifier=echo",
        "service=WPS&request=Transaction"
      ].map(refused),
      [
        "MissingParameterValue service",
        "InvalidParameterValue service",
        "MissingParameterValue request",
        "MissingParameterValue version",
        "InvalidParameterValue version",
        "MissingParameterValue JobID",
        "MissingParameterValue JobID",
        "MissingParameterValue identifier",
        "OperationNotSupported request",
        "OperationNotSupported request"
      ]
    )
  })

  it("GetCapabilities as a document, its parts in OWS's namespace [B2.1]", () => {
    const value = { _tag: "GetCapabilities", acceptVersions: ["2.0.0", "1.0.0"], language: some("fr") } as const
    const document = Either.getOrThrow(write({ _tag: "GetCapabilities", value }))
    assert.strictEqual(
      bare(document),
      "<wps:GetCapabilities service=\"WPS\"><ows:AcceptVersions><ows:Version>2.0.0</ows:Version><ows:Version>1.0.0" +
        "</ows:Version></ows:AcceptVersions><ows:AcceptLanguages><ows:Language>fr</ows:Language></ows:AcceptLanguages>" +
        "</wps:GetCapabilities>"
    )
    deepStrictEqual(protocol.decodeRequest(document), Either.right(value))
    deepStrictEqual(
      protocol.decodeRequest(
        `<wps:GetCapabilities ${namespaces} service="WPS" updateSequence="7"><ows:Sections><ows:Section>Contents</ows:Section></ows:Sections><ows:AcceptFormats><ows:OutputFormat>text/xml</ows:OutputFormat></ows:AcceptFormats></wps:GetCapabilities>`
      ),
      Either.right({ _tag: "GetCapabilities", acceptVersions: [], language: none })
    )
  })

  it("DescribeProcess as a document [B3.1]", () => {
    const value = { _tag: "DescribeProcess", identifiers: ["ALL", "a & b"], language: some("de") } as const
    const document = Either.getOrThrow(write({ _tag: "DescribeProcess", value }))
    assert.strictEqual(
      bare(document),
      "<wps:DescribeProcess service=\"WPS\" version=\"2.0.0\" xml:lang=\"de\"><ows:Identifier>ALL</ows:Identifier>" +
        "<ows:Identifier>a &amp; b</ows:Identifier></wps:DescribeProcess>"
    )
    deepStrictEqual(protocol.decodeRequest(document), Either.right(value))
  })

  it("what is asked of a job as a document [B5.1]", () => {
    for (const _tag of ["GetStatus", "GetResult", "Dismiss"] as const) {
      const document = `<wps:${_tag} service="WPS" version="2.0.0"><wps:JobID>a-1</wps:JobID></wps:${_tag}>`
      deepStrictEqual(
        protocol.decodeRequest(document.replace(" ", ` ${namespaces} `)),
        Either.right({ _tag, jobId: "a-1" })
      )
      assert.match(
        leftOf(protocol.decodeRequest(document.replace(" ", ` ${namespaces} `).replaceAll("JobID", "Job")))?.message ??
          "",
        /JobID/
      )
    }
    assert.strictEqual(
      bare(Either.getOrThrow(write({ _tag: "Dismiss", value: { _tag: "Dismiss", jobId: "a<1" } }))),
      "<wps:Dismiss service=\"WPS\" version=\"2.0.0\"><wps:JobID>a&lt;1</wps:JobID></wps:Dismiss>"
    )
  })
})

// ---------------------------------------------------------------------------------------------------------------- B.2

describe("Capabilities", () => {
  const capabilities = (content: string, attributes = "service=\"WPS\" version=\"2.0.0\" updateSequence=\"7\"") =>
    `<wps:Capabilities ${namespaces} ${attributes}>${content}</wps:Capabilities>`

  it.effect("reads every part, whatever their order [B2.2] [B1.3] [D1] [D2] [D3]", () =>
    Effect.gen(function*() {
      const value = yield* readCapabilities(capabilities(
        `<wps:Contents><wps:ProcessSummary jobControlOptions="sync-execute"><ows:Identifier>a</ows:Identifier><ows:Title>A</ows:Title></wps:ProcessSummary></wps:Contents>
        <ows:Languages><ows:Language>en</ows:Language><ows:Language>fr</ows:Language></ows:Languages>
        <ows:OperationsMetadata><ows:Operation name="Dismiss"><ows:DCP><ows:HTTP><ows:Get xlink:href="https://example.org/g?"/><ows:Post xlink:href="https://example.org/p"/></ows:HTTP></ows:DCP></ows:Operation></ows:OperationsMetadata>
        <ows:ServiceProvider><ows:ProviderName>P</ows:ProviderName></ows:ServiceProvider>
        <ows:ServiceIdentification><ows:Title xml:lang="en">T</ows:Title><ows:Keywords><ows:Keyword>k</ows:Keyword></ows:Keywords><ows:ServiceTypeVersion>2.0.0</ows:ServiceTypeVersion></ows:ServiceIdentification>
        <wps:Extension><a/></wps:Extension>`
      ))
      includes(value, {
        version: some("2.0.0"),
        updateSequence: some("7"),
        defaultLanguage: some("en"),
        languages: ["en", "fr"],
        wsdl: none
      })
      deepStrictEqual(Option.map(value.identification, (one) => [one.titles, one.keywords]), some([["T"], ["k"]]))
      deepStrictEqual(Option.flatMap(value.provider, (one) => one.name), some("P"))
      deepStrictEqual(value.operations, [{
        name: "Dismiss",
        endpoints: [
          { method: "GET", href: "https://example.org/g?", constraints: [] },
          { method: "POST", href: "https://example.org/p", constraints: [] }
        ],
        parameters: [],
        constraints: []
      }])
      deepStrictEqual(value.processes.map(({ identifier, title }) => [identifier, title]), [["a", some("A")]])
    }))

  it.effect("bears a document with any of its parts left out [B2.2] [D6] [D7]", () =>
    Effect.gen(function*() {
      for (const content of ["", "<wps:Contents/>", "<ows:Languages/><ows:OperationsMetadata/>"]) {
        const value = yield* readCapabilities(capabilities(content, ""))
        deepStrictEqual([value.processes, value.languages, value.operations], [[], [], []])
        deepStrictEqual([value.identification, value.provider, value.updateSequence], [none, none, none])
        deepStrictEqual(value.version, some("2.0.0"))
      }
    }))

  it.effect("reads a process and how it may be run [B2.3] [B1.3]", () =>
    Effect.gen(function*() {
      const { processes } = yield* readCapabilities(capabilities(
        `<wps:Contents><wps:ProcessSummary processVersion="1.2.0" processModel="native"
          jobControlOptions=" sync-execute
            async-execute dismiss own " outputTransmission="value reference">
          <ows:Title>Echo</ows:Title><ows:Abstract>Says it</ows:Abstract>
          <ows:Keywords><ows:Keyword>a</ows:Keyword><ows:Keyword>b</ows:Keyword></ows:Keywords>
          <ows:Keywords><ows:Keyword>c</ows:Keyword></ows:Keywords>
          <ows:Identifier codeSpace="urn:x">echo</ows:Identifier>
          <ows:Metadata xlink:href="https://example.org/1" xlink:role="urn:r"/>
        </wps:ProcessSummary><wps:ProcessSummary>${title}</wps:ProcessSummary></wps:Contents>`
      ))
      deepStrictEqual(processes[0], {
        identifier: "echo",
        title: some("Echo"),
        abstract: some("Says it"),
        version: some("1.2.0"),
        keywords: ["a", "b", "c"],
        metadata: [{ href: some("https://example.org/1"), title: none, role: some("urn:r"), about: none }],
        profiles: [],
        wsdl: none,
        jobControlOptions: ["sync-execute", "async-execute", "dismiss", "own"],
        outputTransmission: ["value", "reference"]
      })
      includes(processes[1], { version: none, jobControlOptions: [], outputTransmission: [] })
    }))
})

// ---------------------------------------------------------------------------------------------------------------- B.3

describe("ProcessOfferings", () => {
  it.effect("reads a process, its inputs and its outputs in order [B3.2] [B2.3]", () =>
    Effect.gen(function*() {
      const [one, ...others] = yield* readDescriptions(offerings(
        `<wps:Process xml:lang="en">${title}
          <wps:Input><ows:Title>B</ows:Title><ows:Identifier>b</ows:Identifier><wps:ComplexData><wps:Format mimeType="a/b"/></wps:ComplexData></wps:Input>
          <wps:Input minOccurs="0"><ows:Keywords><ows:Keyword>k</ows:Keyword></ows:Keywords><ows:Identifier>a</ows:Identifier><wps:ComplexData><wps:Format mimeType="a/b"/></wps:ComplexData></wps:Input>
          <wps:Output><ows:Title>O</ows:Title><ows:Identifier>o</ows:Identifier><wps:ComplexData><wps:Format mimeType="a/b"/></wps:ComplexData></wps:Output>
        </wps:Process>`,
        "processVersion=\"3\" jobControlOptions=\"async-execute\" outputTransmission=\"reference\""
      ))
      assert.lengthOf(others, 0)
      includes(one, {
        identifier: "echo",
        title: some("Echo"),
        version: some("3"),
        jobControlOptions: ["async-execute"],
        outputTransmission: ["reference"]
      })
      deepStrictEqual(
        one?.inputs.map(({ identifier, keywords, minOccurs, title }) => [identifier, title, minOccurs, keywords]),
        [["b", some("B"), 1, []], ["a", none, 0, ["k"]]]
      )
      deepStrictEqual(one?.outputs.map(({ identifier, title }) => [identifier, title]), [["o", some("O")]])
    }))

  it.effect("leaves out what is described in another model [B3.2]", () =>
    Effect.gen(function*() {
      const sensor = "<s:PhysicalProcess xmlns:s=\"urn:sensorml\"><s:identifier>x</s:identifier></s:PhysicalProcess>"
      deepStrictEqual(yield* readDescriptions(offerings(sensor, "processModel=\"SensorML\"")), [])
      deepStrictEqual(yield* readDescriptions(`<wps:ProcessOfferings ${namespaces}/>`), [])
    }))

  it.effect("reads how often an input may be given [B3.3]", () =>
    Effect.gen(function*() {
      const occurs = (attributes: string) =>
        Effect.map(
          readDescriptions(
            offerings(`<wps:Process>${title}<wps:Input ${attributes}>${title}</wps:Input></wps:Process>`)
          ),
          ([one]) => [one?.inputs[0]?.minOccurs, one?.inputs[0]?.maxOccurs]
        )
      deepStrictEqual(yield* occurs(""), [1, 1])
      deepStrictEqual(yield* occurs("minOccurs=\"0\""), [0, 1])
      deepStrictEqual(yield* occurs("minOccurs=\"2\" maxOccurs=\"unbounded\""), [2, Infinity])
      deepStrictEqual(yield* occurs("maxOccurs=\"2147483647\""), [1, Infinity])
      deepStrictEqual(yield* occurs("minOccurs=\"3\""), [3, 3])
      deepStrictEqual(yield* occurs("minOccurs=\"x\" maxOccurs=\"-1\""), [1, 1])
    }))

  it.effect("reads what is made of others, in any depth [B3.3]", () =>
    Effect.gen(function*() {
      const data = "<wps:ComplexData><wps:Format/></wps:ComplexData>"
      const nested = (kind: string) =>
        `<wps:${kind}><ows:Identifier>a</ows:Identifier><wps:${kind}><ows:Identifier>b</ows:Identifier>${data}</wps:${kind}><wps:${kind}><ows:Identifier>c</ows:Identifier><wps:${kind}><ows:Identifier>d</ows:Identifier>${data}</wps:${kind}></wps:${kind}></wps:${kind}>`
      const [one] = yield* readDescriptions(
        offerings(`<wps:Process>${title}${nested("Input")}${nested("Output")}</wps:Process>`)
      )
      const inputs = (all: ReadonlyArray<ProcessDescription.InputDescription>): ReadonlyArray<string> =>
        all.flatMap(({ data, identifier }) =>
          data._tag === "NestedInputs" ? inputs(data.inputs).map((inner) => `${identifier}/${inner}`) : [identifier]
        )
      const outputs = (all: ReadonlyArray<ProcessDescription.OutputDescription>): ReadonlyArray<string> =>
        all.flatMap(({ data, identifier }) =>
          data._tag === "NestedOutputs" ? outputs(data.outputs).map((inner) => `${identifier}/${inner}`) : [identifier]
        )
      deepStrictEqual(inputs(one?.inputs ?? []), ["a/b", "a/c/d"])
      deepStrictEqual(outputs(one?.outputs ?? []), ["a/b", "a/c/d"])
    }))

  it.effect("reads formats, of which the first is the default where none is said to be [B3.4]", () =>
    Effect.gen(function*() {
      const formats = "<wps:Format mimeType=\"text/xml\" encoding=\"UTF-8\" schema=\"urn:s\" maximumMegabytes=\"5\"/>"
      const xml = { mimeType: some("text/xml"), encoding: some("UTF-8"), schema: some("urn:s") }
      const json = DataValue.format("application/json")
      deepStrictEqual(yield* describedAs(`<wps:ComplexData>${formats}<x:any xmlns:x="urn:x"/></wps:ComplexData>`), {
        _tag: "Complex",
        defaultFormat: some(xml),
        formats: [xml],
        maximumMegabytes: some(5)
      })
      for (const flag of ["true", "1", " TRUE "]) {
        includes(
          yield* describedAs(
            `<wps:ComplexData>${formats}<wps:Format mimeType="application/json" default="${flag}"/></wps:ComplexData>`
          ),
          // A format without a limit has none.
          { defaultFormat: some(json), formats: [xml, json], maximumMegabytes: none }
        )
      }
      includes(
        yield* describedAs(
          `<wps:ComplexData>${formats}<wps:Format mimeType="application/json" default="false" maximumMegabytes="x"/></wps:ComplexData>`
        ),
        { defaultFormat: some(xml), maximumMegabytes: none }
      )
      includes(yield* describedAs("<wps:ComplexData/>"), { defaultFormat: none, formats: [] })
    }))

  it.effect("reads literals, their domain in no namespace or in WPS's [B3.5]", () =>
    Effect.gen(function*() {
      const domain = `<LiteralDataDomain default="true">
          <ows:AllowedValues><ows:Value>1</ows:Value><ows:Range ows:rangeClosure="open"><ows:MinimumValue>-INF</ows:MinimumValue></ows:Range></ows:AllowedValues>
          <ows:DataType ows:reference="http://www.w3.org/2001/XMLSchema#double">Double</ows:DataType>
          <ows:UOM>m</ows:UOM><ows:DefaultValue>1</ows:DefaultValue></LiteralDataDomain>`
      const literal = (content: string) =>
        describedAs(`<wps:LiteralData><wps:Format mimeType="text/plain"/>${content}</wps:LiteralData>`)
      const expected = {
        _tag: "Literal",
        dataType: some("double"),
        allowed: {
          _tag: "AllowedValues",
          values: ["1"],
          ranges: [{ minimum: some("-INF"), maximum: none, spacing: none, closure: "open" }]
        },
        defaultUom: some("m"),
        uoms: ["m"],
        defaultValue: some("1")
      }
      deepStrictEqual<unknown>(yield* literal(domain), expected)
      deepStrictEqual<unknown>(
        yield* literal(domain.replaceAll("LiteralDataDomain", "wps:LiteralDataDomain")),
        expected
      )
    }))

  it.effect("reads several domains: what any of them allows, and the default's type, unit and value [B3.5]", () =>
    Effect.gen(function*() {
      const domain = (attributes: string, allowed: string, uom: string, value: string) =>
        `<LiteralDataDomain ${attributes}>${allowed}<ows:DataType>integer</ows:DataType><ows:UOM>${uom}</ows:UOM><ows:DefaultValue>${value}</ows:DefaultValue></LiteralDataDomain>`
      const values = (...all: ReadonlyArray<string>) =>
        `<ows:AllowedValues>${all.map((one) => `<ows:Value>${one}</ows:Value>`).join("")}</ows:AllowedValues>`
      const literal = (...domains: ReadonlyArray<string>) =>
        describedAs(`<wps:LiteralData>${domains.join("")}</wps:LiteralData>`)
      includes(yield* literal(domain("", values("1"), "m", "1"), domain("default=\"true\"", values("2"), "km", "2")), {
        allowed: { _tag: "AllowedValues", values: ["1", "2"], ranges: [] },
        dataType: some("integer"),
        defaultUom: some("km"),
        uoms: ["m", "km"],
        defaultValue: some("2")
      })
      includes(yield* literal(domain("", values("1", "2"), "m", "1"), domain("", values("1", "2"), "km", "1")), {
        allowed: { _tag: "AllowedValues", values: ["1", "2"], ranges: [] },
        defaultUom: some("m")
      })
      includes(yield* literal(domain("", values("1"), "m", "1"), domain("", "<ows:AnyValue/>", "km", "1")), {
        allowed: { _tag: "AnyValue" }
      })
      includes(
        yield* literal("<LiteralDataDomain><ows:ValuesReference ows:reference=\"urn:v\"/></LiteralDataDomain>"),
        {
          allowed: { _tag: "ValuesReference", href: "urn:v" },
          dataType: none,
          uoms: []
        }
      )
      includes(yield* literal(), { allowed: { _tag: "AnyValue" }, dataType: none, defaultValue: none })
    }))

  it.effect("reads boxes and their reference systems [B3.6]", () =>
    Effect.gen(function*() {
      const box = (content: string) =>
        describedAs(`<wps:BoundingBoxData><wps:Format mimeType="text/xml"/>${content}</wps:BoundingBoxData>`)
      const crs = "<wps:SupportedCRS>EPSG:4326</wps:SupportedCRS>"
      deepStrictEqual(yield* box(`${crs}<wps:SupportedCRS default="true"> urn:x </wps:SupportedCRS>`), {
        _tag: "BoundingBox",
        defaultCrs: some("urn:x"),
        crs: ["EPSG:4326", "urn:x"]
      })
      includes(yield* box(crs), { defaultCrs: some("EPSG:4326") })
      includes(yield* box("<wps:SupportedCRS/>"), { defaultCrs: none, crs: [] })
    }))

  it("are written as the schema wants them, the first format, unit and reference system the default [B3.4] [B3.5] [B3.6]", () => {
    const described = (identifier: string) => ({ identifier, title: none, abstract: none, keywords: [], metadata: [] })
    const describing = (
      inputs: ReadonlyArray<ProcessDescription.InputDescription["data"]>,
      some?: Partial<ProcessDescription.ProcessDescription>
    ) =>
      bare(Either.getOrThrow(protocol.encodeResponse({
        _tag: "ProcessDescriptions",
        value: [{
          ...{ ...described("p"), version: none, profiles: [], wsdl: none },
          ...{ jobControlOptions: [], outputTransmission: [] },
          ...{ inputs: inputs.map((data) => ({ ...described("i"), minOccurs: 1, maxOccurs: Infinity, data })) },
          outputs: [],
          ...some
        }]
      })))
    const both = "<wps:Format mimeType=\"text/xml\" default=\"true\"/><wps:Format mimeType=\"text/plain\"/>"
    const literal: ProcessDescription.LiteralDescription = {
      _tag: "Literal",
      dataType: some("double"),
      allowed: { _tag: "AnyValue" },
      defaultUom: some("km"),
      uoms: ["m", "km"],
      defaultValue: none
    }
    const domain = (attributes: string, uom: string) =>
      `<LiteralDataDomain${attributes}><ows:AnyValue/><ows:DataType ows:reference="http://www.w3.org/2001/XMLSchema#double">double</ows:DataType><ows:UOM>${uom}</ows:UOM></LiteralDataDomain>`
    assert.strictEqual(
      describing([
        literal,
        { _tag: "NestedInputs", inputs: [{ ...described("n"), minOccurs: 0, maxOccurs: 1, data: literal }] }
      ]),
      "<wps:ProcessOfferings><wps:ProcessOffering jobControlOptions=\"sync-execute\" outputTransmission=\"value\">" +
        "<wps:Process><ows:Title>p</ows:Title><ows:Identifier>p</ows:Identifier>" +
        "<wps:Input minOccurs=\"1\" maxOccurs=\"unbounded\"><ows:Title>i</ows:Title><ows:Identifier>i</ows:Identifier>" +
        `<wps:LiteralData>${both}${domain(" default=\"true\"", "km")}${domain("", "m")}</wps:LiteralData></wps:Input>` +
        "<wps:Input minOccurs=\"1\" maxOccurs=\"unbounded\"><ows:Title>i</ows:Title><ows:Identifier>i</ows:Identifier>" +
        "<wps:Input minOccurs=\"0\" maxOccurs=\"1\"><ows:Title>n</ows:Title><ows:Identifier>n</ows:Identifier>" +
        `<wps:LiteralData>${both}${domain(" default=\"true\"", "km")}${domain("", "m")}</wps:LiteralData>` +
        "</wps:Input></wps:Input></wps:Process></wps:ProcessOffering></wps:ProcessOfferings>"
    )
    const [xml, json] = [DataValue.format("text/xml"), DataValue.format("application/json")]
    assert.include(
      describing([{ _tag: "Complex", defaultFormat: some(json), formats: [xml, json], maximumMegabytes: some(5) }]),
      "<wps:ComplexData><wps:Format mimeType=\"application/json\" maximumMegabytes=\"5\" default=\"true\"/>" +
        "<wps:Format mimeType=\"text/xml\" maximumMegabytes=\"5\"/></wps:ComplexData>"
    )
    assert.include(
      describing([{ _tag: "BoundingBox", defaultCrs: some("urn:b"), crs: ["urn:a", "urn:b"] }]),
      `<wps:BoundingBoxData>${both}<wps:SupportedCRS default="true">urn:b</wps:SupportedCRS>` +
        "<wps:SupportedCRS>urn:a</wps:SupportedCRS></wps:BoundingBoxData>"
    )
    assert.include(
      describing([], {
        version: some("1.0.0"),
        keywords: ["a", "b"],
        jobControlOptions: ["async-execute", "dismiss"],
        outputTransmission: ["value", "reference"]
      }),
      "<wps:ProcessOffering jobControlOptions=\"async-execute dismiss\" outputTransmission=\"value reference\" " +
        "processVersion=\"1.0.0\"><wps:Process><ows:Title>p</ows:Title><ows:Keywords><ows:Keyword>a</ows:Keyword>" +
        "<ows:Keyword>b</ows:Keyword></ows:Keywords><ows:Identifier>p</ows:Identifier></wps:Process>"
    )
  })

  it.effect("leaves out inputs and outputs that have no name, in any depth [B3.2] [B3.3]", () =>
    Effect.gen(function*() {
      const [one] = yield* readDescriptions(offerings(
        `<wps:Process>${title}<wps:Input minOccurs="1"/><wps:Input>${title}<wps:Input/><wps:Input>${title}</wps:Input>` +
          `</wps:Input><wps:Output/><wps:Output>${title}<wps:Output>${title}</wps:Output><wps:Output/></wps:Output>` +
          "</wps:Process>"
      ))
      assert(one !== undefined)
      const [input] = one.inputs
      const [output] = one.outputs
      deepStrictEqual([one.identifier, one.inputs.length, one.outputs.length], ["echo", 1, 1])
      assert.strictEqual(input?.data._tag === "NestedInputs" && input.data.inputs.length, 1)
      assert.strictEqual(output?.data._tag === "NestedOutputs" && output.data.outputs.length, 1)
    }))

  it.effect("takes what it is not told for anything [B3.3]", () =>
    Effect.gen(function*() {
      includes(yield* describedAs(""), { _tag: "Literal", dataType: none, allowed: { _tag: "AnyValue" } })
    }))
})

// ---------------------------------------------------------------------------------------------------------------- B.4

describe("Execute", () => {
  it("says its mode and what it wants to have back [B4.1]", () => {
    assert.strictEqual(
      written({
        inputs: [{ identifier: "i", data: DataValue.literal("1") }],
        response: { _tag: "Document", outputs: [Operation.request("o")], mode: "auto", lineage: false }
      }),
      "<wps:Execute service=\"WPS\" version=\"2.0.0\" mode=\"auto\" response=\"document\"><ows:Identifier>echo" +
        "</ows:Identifier><wps:Input id=\"i\"><wps:Data mimeType=\"text/xml\"><wps:LiteralValue>1</wps:LiteralValue>" +
        "</wps:Data></wps:Input><wps:Output id=\"o\" transmission=\"value\"/></wps:Execute>"
    )
    assert.match(
      written({ response: { _tag: "Raw", output: Operation.request("o"), mode: "async" } }),
      /mode="async" response="raw">.*<wps:Output id="o" transmission="value"\/><\/wps:Execute>$/
    )
  })

  it("must say both, in the words of the standard [B4.1]", () => {
    const execute = (attributes: string) =>
      protocol.decodeRequest(
        `<wps:Execute ${namespaces} service="WPS" version="2.0.0" ${attributes}><ows:Identifier>echo</ows:Identifier><wps:Output id="o"/></wps:Execute>`
      )
    for (
      const [attributes, path] of [
        ["mode=\"sync\"", /@response$/],
        ["response=\"raw\"", /@mode$/],
        ["mode=\"later\" response=\"raw\"", /@mode$/],
        ["mode=\"sync\" response=\"both\"", /@response$/]
      ] as const
    ) assert.match(leftOf(execute(attributes))?.path ?? "", path)
    for (const mode of ["sync", "async", "auto"] as const) {
      deepStrictEqual(
        Either.map(execute(`mode="${mode}" response="raw"`), (one) => one._tag === "Execute" && one.request.response),
        Either.right<Execute.ResponseForm>({ _tag: "Raw", output: Operation.request("o"), mode })
      )
    }
  })

  it("names its outputs where the process has any, and is read without one [B4.1]", () => {
    const response = { _tag: "Document", outputs: [], mode: "sync", lineage: false } as const
    assert.isTrue(protocol.mustNameOutputs(response))
    const message = Either.getOrThrow(protocol.encodeRequest(executeRequest({ response })))
    deepStrictEqual(
      message._tag === "Post" ? protocol.decodeRequest(message.body) : message,
      Either.right(executeRequest({ response }))
    )
  })

  it("asks for outputs in a format, by value or by reference [B4.3]", () => {
    const outputs = [
      Operation.request("a", {
        format: DataValue.format({ mimeType: "text/csv", encoding: "UTF-8", schema: "urn:s" }),
        asReference: true
      }),
      Operation.request("b")
    ]
    assert.include(
      written({ response: { _tag: "Document", outputs, mode: "sync", lineage: false } }),
      "<wps:Output mimeType=\"text/csv\" encoding=\"UTF-8\" schema=\"urn:s\" id=\"a\" transmission=\"reference\"/>" +
        "<wps:Output id=\"b\" transmission=\"value\"/></wps:Execute>"
    )
  })

  it("asks for each output inside another by itself, which the schema wants [B4.3] [O2]", () => {
    const nested = (...all: ReadonlyArray<string>) => all.map((one) => Operation.request(one))
    const outputs = [
      Operation.request("o", { nested: [...nested("a"), Operation.request("g", { nested: nested("b", "c") })] }),
      Operation.request("p")
    ]
    const response = { _tag: "Document", outputs, mode: "sync", lineage: false } as const
    const outer = (inner: string) => `<wps:Output id="o">${inner}</wps:Output>`
    const leaf = (name: string) => `<wps:Output id="${name}" transmission="value"/>`
    assert.include(
      written({ response }),
      outer(leaf("a")) + outer(`<wps:Output id="g">${leaf("b")}</wps:Output>`) +
        outer(`<wps:Output id="g">${leaf("c")}</wps:Output>`) + leaf("p") + "</wps:Execute>"
    )
    const message = Either.getOrThrow(protocol.encodeRequest(executeRequest({ response })))
    deepStrictEqual(
      message._tag === "Post" ? protocol.decodeRequest(message.body) : message,
      Either.right(executeRequest({ response }))
    )
  })

  it("has raw data of one output, and of one inside another [B4.1] [B4.7]", () => {
    const raw = (...names: ReadonlyArray<string>) =>
      written({
        response: {
          _tag: "Raw",
          output: Operation.request("o", { nested: names.map((one) => Operation.request(one)) }),
          mode: "sync"
        }
      })
    assert.include(
      raw("a"),
      "<wps:Output id=\"o\"><wps:Output id=\"a\" transmission=\"value\"/></wps:Output></wps:Execute>"
    )
    assert.match(raw("a", "b"), /raw data is that of one output, and 2 are asked for/)
    const execute = (outputs: string) =>
      protocol.decodeRequest(
        `<wps:Execute ${namespaces} service="WPS" version="2.0.0" mode="sync" response="raw"><ows:Identifier>echo</ows:Identifier>${outputs}</wps:Execute>`
      )
    assert.match(leftOf(execute(""))?.message ?? "", /raw data is that of one output, and 0 are asked for/)
    assert.match(
      leftOf(execute("<wps:Output id=\"a\"/><wps:Output id=\"b\"/>"))?.message ?? "",
      /raw data is that of one output, and 2 are asked for/
    )
  })

  it("has no lineage, and says so [B4.1]", () => {
    assert.match(
      written({
        response: { _tag: "Document", outputs: [Operation.request("o")], mode: "sync", lineage: true }
      }),
      /WPS 2\.0 has no lineage/
    )
  })

  it("writes values as data [B4.2] [B4.4] [B4.5]", () => {
    assert.strictEqual(
      input(DataValue.literal(" a < b\n", { dataType: "string", uom: "urn:uom" })),
      "<wps:Data mimeType=\"text/xml\"><wps:LiteralValue dataType=\"http://www.w3.org/2001/XMLSchema#string\" " +
        "uom=\"urn:uom\"> a &lt; b\n</wps:LiteralValue></wps:Data>"
    )
    assert.strictEqual(
      input(DataValue.literal("1", { dataType: "urn:own" })),
      "<wps:Data mimeType=\"text/xml\"><wps:LiteralValue dataType=\"urn:own\">1</wps:LiteralValue></wps:Data>"
    )
    // javaPS cannot read a LiteralValue with a reference to a character in it.
    assert.strictEqual(
      input(DataValue.literal("a < b & c", { dataType: "string" })),
      "<wps:Data mimeType=\"text/plain\">a &lt; b &amp; c</wps:Data>"
    )
    for (const other of [DataValue.literal("a@b & c"), DataValue.literal("<", { uom: "m" }), DataValue.literal(">")]) {
      assert.match(input(other), /^<wps:Data mimeType="text\/xml"><wps:LiteralValue/)
    }
    assert.strictEqual(
      input(DataValue.boundingBox([51.9, 7], [53, 8], "EPSG:4326")),
      "<wps:Data mimeType=\"text/xml\"><ows:BoundingBox crs=\"EPSG:4326\" dimensions=\"2\"><ows:LowerCorner>51.9 7" +
        "</ows:LowerCorner><ows:UpperCorner>53 8</ows:UpperCorner></ows:BoundingBox></wps:Data>"
    )
    assert.strictEqual(
      input(DataValue.complexText("a,b\n<&", { mimeType: "text/csv", encoding: "UTF-8", schema: "urn:s" })),
      "<wps:Data mimeType=\"text/csv\" encoding=\"UTF-8\" schema=\"urn:s\">a,b\n&lt;&amp;</wps:Data>"
    )
    assert.strictEqual(
      input(DataValue.complexXml("<?xml version=\"1.0\"?><a><b/> <!-- c --></a>", "text/xml")),
      "<wps:Data mimeType=\"text/xml\"><a><b/> <!-- c --></a></wps:Data>"
    )
  })

  it("writes references, by POST where there is a body [B4.4]", () => {
    assert.strictEqual(
      input(DataValue.reference("https://example.org/?a&b", { format: "text/csv" })),
      "<wps:Reference mimeType=\"text/csv\" xlink:href=\"https://example.org/?a&amp;b\"/>"
    )
    assert.strictEqual(
      input(DataValue.reference("https://example.org/", { body: "<q/>" })),
      "<wps:Reference xlink:href=\"https://example.org/\"><wps:Body><q/></wps:Body></wps:Reference>"
    )
    assert.strictEqual(
      input(DataValue.reference("https://example.org/", { bodyReference: "https://example.org/q" })),
      "<wps:Reference xlink:href=\"https://example.org/\"><wps:BodyReference xlink:href=\"https://example.org/q\"/>" +
        "</wps:Reference>"
    )
  })

  it("refuses what a reference has in WPS 1.0.0 only [B4.4]", () => {
    const reference = DataValue.reference("https://example.org/", { headers: { Accept: "a/b" } })
    assert.strictEqual(
      input(reference),
      "i: WPS 2.0 has no headers for a reference; give an address that needs none"
    )
    assert.strictEqual(
      input({ ...DataValue.reference("https://example.org/"), method: "POST" }),
      "i: WPS 2.0 has no POST without a body for a reference"
    )
    assert.match(
      input(DataValue.nested(["a", DataValue.nested(["b", reference])])),
      /^i: a: b: WPS 2\.0 has no headers for a reference/
    )
  })

  it("tells all that it cannot write at once, by the input that it is in [B4.7]", () => {
    const headers = { headers: { Accept: "a/b" } }
    assert.strictEqual(
      written({
        identifier: "ec\u0001ho",
        inputs: [
          { identifier: "text", data: DataValue.literal("\u0000") },
          { identifier: "good", data: DataValue.literal("good") },
          {
            identifier: "period",
            data: DataValue.nested(
              ["from", DataValue.reference("https://example.org/", headers)],
              ["to", DataValue.literal("2014")],
              ["name", DataValue.complexText("\uffff", "text/plain")]
            )
          },
          { identifier: "none", data: DataValue.nested() }
        ]
      }),
      [
        "identifier: The character U+0001 cannot stand in XML",
        "text: The character U+0000 cannot stand in XML; leave it out, or send the value as base64",
        "period: from: WPS 2.0 has no headers for a reference; give an address that needs none",
        "period: name: The character U+FFFF cannot stand in XML; leave it out, or send the value as base64",
        "none: The input \"none\" is made of others, and there is none"
      ].join("; ")
    )
  })

  it("writes values that are made of others, in any depth and number [B4.2]", () => {
    const period = DataValue.nested(
      ["from", DataValue.complexText("1850", "text/plain")],
      ["to", DataValue.reference("https://example.org/to")],
      ["to", DataValue.nested(["year", DataValue.complexText("2014", "text/plain")])]
    )
    assert.strictEqual(
      input(period),
      "<wps:Input id=\"from\"><wps:Data mimeType=\"text/plain\">1850</wps:Data></wps:Input>" +
        "<wps:Input id=\"to\"><wps:Reference xlink:href=\"https://example.org/to\"/></wps:Input>" +
        "<wps:Input id=\"to\"><wps:Input id=\"year\"><wps:Data mimeType=\"text/plain\">2014</wps:Data></wps:Input></wps:Input>"
    )
    deepStrictEqual(
      Either.map(
        readInput(input(period)),
        (one) => one?._tag === "NestedData" && one.parts.map(({ identifier }) => identifier)
      ),
      Either.right(["from", "to", "to"])
    )
    assert.match(input(DataValue.nested()), /The input "i" is made of others, and there is none/)
    assert.match(
      leftOf(readInput("")) ?? "",
      /The input "i" has neither a value nor a reference/
    )
  })

  it("reads data in the forms that clients write [B4.4] [B4.5] [B4.6]", () => {
    const complex = (content: string, attributes = "") => readInput(`<wps:Data ${attributes}>${content}</wps:Data>`)
    for (
      const literal of [
        "<wps:LiteralValue dataType=\"https://www.w3.org/2001/XMLSchema-datatypes#double\" uom=\"m\">0.05</wps:LiteralValue>",
        "\n  <wps:LiteralValue dataType=\"xs:double\" uom=\"m\">0.05</wps:LiteralValue>\n",
        "<LiteralValue xmlns=\"http://www.opengis.net/wps/2.0\" dataType=\"double\" uom=\"m\">0.05</LiteralValue>",
        "<![CDATA[<w:LiteralValue xmlns:w=\"http://www.opengis.net/wps/2.0\" dataType=\"double\" uom=\"m\">0.05</w:LiteralValue>]]>",
        "&lt;?xml version=\"1.0\"?&gt;\n&lt;LiteralValue xmlns='http://www.opengis.net/wps/2.0' dataType='double' uom='m'&gt;0.05&lt;/LiteralValue&gt;"
      ]
    ) {
      deepStrictEqual(
        complex(literal, "mimeType=\"text/xml\""),
        Either.right(DataValue.literal("0.05", { dataType: "double", uom: "m" })),
        literal
      )
    }
    for (
      const box of [
        "<ows:BoundingBox crs=\"EPSG:4326\" dimension=\"2\"><ows:LowerCorner>-180.0000  -90</ows:LowerCorner>\n<ows:UpperCorner> 180 9.0E1 </ows:UpperCorner></ows:BoundingBox>",
        "<![CDATA[<o:BoundingBox xmlns:o=\"http://www.opengis.net/ows/2.0\" crs=\"EPSG:4326\"><o:LowerCorner>-180 -90</o:LowerCorner><o:UpperCorner>180 90</o:UpperCorner></o:BoundingBox>]]>",
        "<o:BoundingBox xmlns:o=\"http://www.opengis.net/ows/1.1\" crs=\"EPSG:4326\"><o:LowerCorner>-180 -90</o:LowerCorner><o:UpperCorner>180 90</o:UpperCorner></o:BoundingBox>"
      ]
    ) {
      deepStrictEqual(complex(box), Either.right(DataValue.boundingBox([-180, -90], [180, 90], "EPSG:4326")), box)
    }
    const text = (data: Either.Either<DataValue.DataValue | undefined, string>) =>
      Either.flatMap(data, (one) => one?._tag === "ComplexData" ? DataValue.toText(one) : Either.left(`${one?._tag}`))
    deepStrictEqual(text(complex("70@uom=meter", "mimeType=\"text/plain\"")), Either.right("70@uom=meter"))
    deepStrictEqual(text(complex("bare")), Either.right("bare"))
    deepStrictEqual(text(complex("<![CDATA[{\"a\":\"<x>\"}]]>", "encoding=\"raw\"")), Either.right("{\"a\":\"<x>\"}"))
    deepStrictEqual(text(complex("aGVs\nbG8=", "encoding=\"Base64\"")), Either.right("hello"))
    deepStrictEqual(
      text(complex("<a:b xmlns:a=\"urn:a\"><wps:LiteralValue>1</wps:LiteralValue></a:b>")),
      Either.right(
        "<a:b xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:a=\"urn:a\"><wps:LiteralValue>1</wps:LiteralValue></a:b>"
      )
    )
  })

  it("finds them behind what may stand before them, however much that is [B4.5]", () => {
    const literal = "<wps:LiteralValue>1</wps:LiteralValue>"
    const read = (content: string) => Either.map(readInput(`<wps:Data>${content}</wps:Data>`), (one) => one?._tag)
    for (const before of ["", " \n ", "<!-- a --> <?b c?>", "<!-- a -->".repeat(1000), " ".repeat(100_000)]) {
      deepStrictEqual(read(before + literal), Either.right("LiteralData" as const))
      deepStrictEqual(read(`${before}<a/>`), Either.right("ComplexData" as const))
      deepStrictEqual(read(`<![CDATA[${before}<a/>]]>`), Either.right("ComplexData" as const))
    }
  })

  it("keeps as they are what only look like a literal or a box [B4.5]", () => {
    for (
      const other of [
        "<wps:LiteralValue>1</wps:LiteralValue><wps:LiteralValue>2</wps:LiteralValue>",
        "<x:LiteralValue xmlns:x=\"urn:x\">1</x:LiteralValue>",
        "<x:BoundingBox xmlns:x=\"urn:x\"/>",
        "<ows:BoundingBox/>",
        "<![CDATA[<wps:LiteralValue>1]]>",
        "<![CDATA[<!DOCTYPE a><wps:LiteralValue/>]]>",
        "<wps:LiteralValues/>"
      ]
    ) {
      deepStrictEqual(
        Either.map(readInput(`<wps:Data>${other}</wps:Data>`), (one) => one?._tag),
        Either.right("ComplexData" as const),
        other
      )
    }
    deepStrictEqual(
      Either.map(readInput("<wps:Data encoding=\"base64\">PHdwcz4=</wps:Data>"), (one) => one?._tag),
      Either.right("ComplexData" as const)
    )
  })

  it("reads references: a body makes them a POST [B4.4]", () => {
    deepStrictEqual(
      readInput("<wps:Reference mimeType=\"text/xml\" schema=\"urn:s\" xlink:href=\"https://example.org/a\"/>"),
      Either.right<DataValue.DataValue>({
        ...DataValue.reference("https://example.org/a"),
        format: { mimeType: some("text/xml"), encoding: none, schema: some("urn:s") }
      })
    )
    const posted = Either.getOrThrow(
      readInput("<wps:Reference xlink:href=\"urn:a\"><wps:Body>\n<q a=\"1\">x</q></wps:Body></wps:Reference>")
    )
    includes(posted, { _tag: "Reference", method: "POST", bodyReference: none })
    includes(
      Either.getOrThrow(readInput(
        "<wps:Reference xlink:href=\"urn:a\"><wps:BodyReference xlink:href=\"urn:b\"/></wps:Reference>"
      )),
      { method: "POST", bodyReference: some("urn:b"), body: none }
    )
  })

  it("keeps the order of inputs that are given several times [B4.2]", () => {
    const one = (text: string) => `<wps:Input id="i"><wps:Data>${text}</wps:Data></wps:Input>`
    deepStrictEqual(
      Either.map(readInputs(one("1") + one("2") + one("1")), (all) => all.map(({ data }) => DataValue.toText(data))),
      Either.right(["1", "2", "1"].map((text) => Either.right(text)))
    )
  })
})

describe("answers to Execute", () => {
  const is = (body: string | null, init?: ResponseInit) =>
    Effect.flatMap(
      Effect.flatMap(Effect.scope, (scope) => inside(about, responding(body, init), scope, { wanted: none })),
      (found) =>
        found._tag === "Bytes"
          ? Effect.map(Stream.mkString(Stream.decodeText(found.stream)), (text) => `bytes: ${text}`)
          : Effect.succeed(found.document._tag)
    ).pipe(
      Effect.merge,
      Effect.map((one) => typeof one === "string" ? one : one._tag)
    )

  it.scoped("are what their root says, whatever was asked for and whatever type they have [B4.8] [B4.10] [B5.6]", () =>
    Effect.gen(function*() {
      const running = statusInfo("<wps:Status>Running</wps:Status>")
      for (const type of ["text/xml", "*/*", "application/octet-stream"]) {
        const init = { headers: { "content-type": type } }
        assert.strictEqual(yield* is(running, init), "StatusInfo")
        assert.strictEqual(yield* is(`<?xml version="1.0"?>\n<!-- x -->${result("")}`, init), "Result")
        assert.strictEqual(yield* is(report("<ows:Exception exceptionCode=\"NoSuchJob\"/>"), init), "ServiceException")
      }
      for (
        const bytes of [
          "<wps:LiteralValue xmlns:wps=\"http://www.opengis.net/wps/2.0\">1</wps:LiteralValue>",
          "<Result xmlns=\"urn:own\"><a/></Result>",
          "<StatusInfo/>",
          "héllo",
          ""
        ]
      ) assert.strictEqual(yield* is(bytes), `bytes: ${bytes}`)
      assert.strictEqual(yield* is(null, { status: 204 }), "bytes: ")
    }))
})

// ---------------------------------------------------------------------------------------------------------------- B.5

describe("StatusInfo", () => {
  it.effect("reads the states of the standard, in any case [B5.2] [B6.5]", () =>
    Effect.gen(function*() {
      const state = (status: string) =>
        Effect.map(readStatusInfo(statusInfo(`<wps:Status>${status}</wps:Status>`)), (one) => one.status)
      const terminal = {
        Accepted: false,
        Running: false,
        Paused: false,
        Succeeded: true,
        Failed: true,
        Dismissed: true
      }
      for (const [name, isTerminal] of Object.entries(terminal)) {
        for (const written of [name, name.toLowerCase(), name.toUpperCase(), ` ${name}\n`]) {
          const read = yield* state(written)
          assert.strictEqual(read._tag, name)
          assert.strictEqual(Execute.isTerminal(read), isTerminal)
        }
      }
    }))

  it.effect("keeps a state of the server's own, which is no end [B5.4]", () =>
    Effect.gen(function*() {
      for (const state of ["Suspended", "SUCCEEDING", "in progress", ""]) {
        const { status } = yield* readStatusInfo(statusInfo(`<wps:Status>${state}</wps:Status>`))
        deepStrictEqual(status, Execute.JobStatus.Other({ state, message: "", percent: none }))
        assert.isFalse(Execute.isTerminal(status))
      }
    }))

  it.effect("reads how far it is [B5.2]", () =>
    Effect.gen(function*() {
      const percent = (content: string) =>
        Effect.map(
          readStatusInfo(statusInfo(`<wps:Status>Running</wps:Status>${content}`)),
          (one) => one.status.percent
        )
      deepStrictEqual(yield* percent(""), none)
      for (
        const [written, read] of [
          ["0", some(0)],
          [" 55\n", some(55)],
          ["33.3", some(33.3)],
          ["100", some(100)],
          ["101", some(100)],
          ["-1", some(0)],
          ["NaN", none],
          ["half", none],
          ["", none]
        ] as const
      ) {
        deepStrictEqual(
          yield* percent(`<wps:PercentCompleted>${written}</wps:PercentCompleted>`),
          read,
          written
        )
      }
    }))

  it.effect("reads when it is done, forgotten, and wants to be asked again [B5.2] [B5.3]", () =>
    Effect.gen(function*() {
      const value = yield* readStatusInfo(statusInfo(
        `<wps:Status>Running</wps:Status><wps:ExpirationDate>2018-10-19T15:55:19.264+02:00</wps:ExpirationDate>
        <wps:EstimatedCompletion >2014-12-24T24:00:00Z</wps:EstimatedCompletion>
        <wps:NextPoll> 2026-11-23T22:39:47.449633211Z </wps:NextPoll>`
      ))
      deepStrictEqual(value.jobId, some("job-1"))
      deepStrictEqual(millis(value.expirationDate), at("2018-10-19T13:55:19.264Z"))
      deepStrictEqual(millis(value.estimatedCompletion), at("2014-12-25T00:00:00Z"))
      deepStrictEqual(millis(value.nextPoll), at("2026-11-23T22:39:47.449Z"))
    }))

  it.effect("the next poll is by the clock of this machine, not by the server's [B5.3]", () =>
    Effect.gen(function*() {
      const body = statusInfo("<wps:Status>Running</wps:Status><wps:NextPoll>2030-01-01T00:00:30Z</wps:NextPoll>")
      const answer = yield* read(body, { headers: { date: "Tue, 01 Jan 2030 00:00:00 GMT" } })
      // The test's clock is at the epoch.
      deepStrictEqual(answer._tag === "StatusInfo" ? millis(answer.value.nextPoll) : none, some(30_000))
    }))

  it.effect("bears moments that cannot be read, and a job without one [B5.2]", () =>
    Effect.gen(function*() {
      const value = yield* readStatusInfo(statusInfo(
        "<wps:Status>Running</wps:Status><wps:ExpirationDate/><wps:NextPoll>soon</wps:NextPoll>"
      ))
      deepStrictEqual([value.expirationDate, value.estimatedCompletion, value.nextPoll], [none, none, none])
    }))

  it.effect("wants a job and a state [B5.2]", () =>
    Effect.gen(function*() {
      for (const content of ["<wps:JobID>1</wps:JobID>", "<wps:Status>Running</wps:Status>"]) {
        includes(yield* Effect.flip(read(`<wps:StatusInfo ${namespaces}>${content}</wps:StatusInfo>`)), {
          _tag: "UnexpectedResponse",
          kind: "unreadable-xml"
        })
      }
    }))

  it("is what a server writes of a job that is not done, and of one that went wrong [B5.2] [B5.8]", () => {
    const state = (status: Execute.JobStatus, rest?: Partial<Execute.ExecuteResponse>) =>
      bare(Either.getOrThrow(protocol.encodeResponse({
        _tag: "ExecuteResponse",
        value: Execute.response(status, { jobId: some("1"), ...rest })
      })))
    const { Accepted, Dismissed, Failed, Other, Running, Succeeded } = Execute.JobStatus
    const common = { message: "m", percent: none }
    assert.strictEqual(
      state(Running({ message: "m", percent: some(33.9) }), {
        expirationDate: some(DateTime.unsafeMake("2030-01-01T00:00:00Z")),
        nextPoll: some(DateTime.unsafeMake("2029-01-01T00:00:00Z"))
      }),
      "<wps:StatusInfo><wps:JobID>1</wps:JobID><wps:Status>Running</wps:Status>" +
        "<wps:ExpirationDate>2030-01-01T00:00:00.000Z</wps:ExpirationDate>" +
        "<wps:NextPoll>2029-01-01T00:00:00.000Z</wps:NextPoll><wps:PercentCompleted>33</wps:PercentCompleted>" +
        "</wps:StatusInfo>"
    )
    for (
      const [status, written] of [
        [Accepted(common), "Accepted"],
        [Dismissed(common), "Dismissed"],
        [Failed({ ...common, exceptions: [] }), "Failed"],
        [Other({ ...common, state: "Suspended" }), "Suspended"]
      ] as const
    ) assert.include(state(status), `<wps:Status>${written}</wps:Status>`)
    assert.notInclude(state(Running({ message: "", percent: some(NaN) })), "PercentCompleted")
    assert.match(state(Succeeded(common)), /^<wps:Result><wps:JobID>1<\/wps:JobID>/)
  })

  it("is one document in WPS 1.0.0, its states those of 1.0.0 [B6.5]", () => {
    const { Accepted, Succeeded } = Execute.JobStatus
    const common = { message: "m", percent: none }
    const document = (_tag: "StatusInfo" | "Result", status: Execute.JobStatus) =>
      Either.getOrThrow(Wps100.Wps100.encodeResponse({ _tag, value: Execute.response(status) }))
    assert.include(document("StatusInfo", Accepted(common)), "<wps:ProcessAccepted>m</wps:ProcessAccepted>")
    assert.include(document("Result", Succeeded(common)), "<wps:ProcessSucceeded>m</wps:ProcessSucceeded>")
  })
})

describe("moments", () => {
  it("are read as XML Schema writes them, and as servers do [B5.2] [B5.3]", () => {
    for (
      const [text, moment] of [
        ["2014-12-24T16:00:00Z", "2014-12-24T16:00:00Z"],
        ["2014-12-24T24:00:00Z", "2014-12-25T00:00:00Z"],
        ["2014-12-31T24:00:00.000", "2015-01-01T00:00:00Z"],
        ["2014-12-24T24:00:00+02:00", "2014-12-24T22:00:00Z"],
        ["2018-10-19T15:55:19.264+02:00", "2018-10-19T13:55:19.264Z"],
        ["2018-10-19T15:55:19-0330", "2018-10-19T19:25:19Z"],
        ["2026-11-23T22:39:47.449633211Z", "2026-11-23T22:39:47.449Z"],
        ["2026-11-23T22:39:47.4496332", "2026-11-23T22:39:47.449Z"],
        ["2026-11-23T22:39:47", "2026-11-23T22:39:47Z"],
        ["2026-11-23", "2026-11-23T00:00:00Z"]
      ] as const
    ) deepStrictEqual(millis(moments.read(text)), at(moment), text)
  })

  it("that are none are none", () => {
    for (const text of ["", "soon", "2026-13-01T00:00:00Z", "2026-11-23T25:00:00Z", "None"]) {
      deepStrictEqual(moments.read(text), none, text)
    }
  })
})

describe("Result", () => {
  it.effect("reads outputs as 52°North writes them [B5.5] [B4.5]", () =>
    Effect.gen(function*() {
      const value = yield* readResult(result(
        `<wps:JobID>6f59</wps:JobID><wps:ExpirationDate>2018-10-19T15:55:19.264+02:00</wps:ExpirationDate>
        <wps:Output id="c"><wps:Data mimeType="application/dbase"><![CDATA[{"test":"json"}]]></wps:Data></wps:Output>
        <wps:Output id="l"><wps:Data>
          <wps:LiteralValue>0.05</wps:LiteralValue>
        </wps:Data></wps:Output>
        <wps:Output id="b"><wps:Data>
          <ows:BoundingBox crs="EPSG:4328" dimensions="2"><ows:LowerCorner>-180.0 -90.0</ows:LowerCorner><ows:UpperCorner>180.0 90.0</ows:UpperCorner></ows:BoundingBox>
        </wps:Data></wps:Output>
        <wps:Output id="r"><wps:Reference href="https://example.org/1" mimeType="application/x-zipped-shp"/></wps:Output>`
      ))
      includes(value, { jobId: some("6f59") })
      deepStrictEqual(millis(value.expirationDate), at("2018-10-19T13:55:19.264Z"))
      assert.strictEqual(value.status._tag, "Succeeded")
      const [c, l, b, r] = value.outputs
      deepStrictEqual(value.outputs.map(({ identifier }) => identifier), ["c", "l", "b", "r"])
      deepStrictEqual(c === undefined ? undefined : DataValue.toText(c.data), Either.right("{\"test\":\"json\"}"))
      deepStrictEqual(l, { identifier: "l", title: none, abstract: none, data: DataValue.literal("0.05") })
      deepStrictEqual(b?.data, DataValue.boundingBox([-180, -90], [180, 90], "EPSG:4328"))
      deepStrictEqual(r?.data, DataValue.reference("https://example.org/1", { format: "application/x-zipped-shp" }))
    }))

  it.effect("reads outputs as javaPS writes them: a literal and a box are text [B5.5] [B4.5]", () =>
    Effect.gen(function*() {
      deepStrictEqual(
        yield* readOutput(
          "\n    <wps:Data encoding=\"UTF-8\"><![CDATA[<wps:LiteralValue xmlns:wps=\"http://www.opengis.net/wps/2.0\" dataType=\"https://www.w3.org/2001/XMLSchema-datatypes#string\">h&amp;llo</wps:LiteralValue>]]></wps:Data>\n"
        ),
        DataValue.literal("h&llo", { dataType: "string" })
      )
      deepStrictEqual(
        yield* readOutput(
          "<wps:Data encoding=\"UTF-8\"><![CDATA[<ows:BoundingBox xmlns:ows=\"http://www.opengis.net/ows/2.0\" crs=\"http://www.opengis.net/def/crs/EPSG/0/4326\" dimension=\"2\"><ows:LowerCorner>50.0 5.0</ows:LowerCorner><ows:UpperCorner>52.0 7.5</ows:UpperCorner></ows:BoundingBox>]]></wps:Data>"
        ),
        DataValue.boundingBox([50, 5], [52, 7.5], "http://www.opengis.net/def/crs/EPSG/0/4326")
      )
      const text = (content: string) =>
        Effect.map(readOutput(content), (data) => data === undefined ? Either.left("none") : DataValue.toText(data))
      deepStrictEqual(
        yield* text("<wps:Data mimeType=\"text/plain\" encoding=\"UTF-8\"><![CDATA[a < b & c]]></wps:Data>"),
        Either.right("a < b & c")
      )
      deepStrictEqual(
        yield* text("<wps:Data mimeType=\"text/plain\" encoding=\"base64\">aGVsbG8gYmFzZTY0</wps:Data>"),
        Either.right("hello base64")
      )
      deepStrictEqual(
        yield* text("<wps:Data mimeType=\"text/xml\" encoding=\"UTF-8\">\n  <a:d xmlns:a=\"urn:a\"/>\n</wps:Data>"),
        Either.right("<a:d xmlns:a=\"urn:a\"/>")
      )
      deepStrictEqual(
        yield* readOutput("<wps:Reference xlink:href=\"results/1\"/>"),
        DataValue.reference("https://example.org/results/1")
      )
    }))

  it.effect("needs no job, no date, and no output [B5.5]", () =>
    Effect.gen(function*() {
      includes(yield* readResult(result("")), { jobId: none, expirationDate: none, outputs: [] })
      includes(yield* Effect.flip(read(result("<wps:Output id=\"o\"/>"))), {
        _tag: "UnexpectedResponse",
        kind: "unreadable-xml"
      })
    }))

  it.effect("says by its state, where it has one, that the job goes on [B5.4] [B5.5]", () =>
    Effect.gen(function*() {
      const stateOf = (content: string) =>
        Effect.map(
          readResult(result(`<wps:JobID>7</wps:JobID>${content}`)),
          ({ jobId, status }) => [status._tag, jobId]
        )
      for (const state of ["Accepted", "Running", "Succeeded", "Failed"]) {
        deepStrictEqual(yield* stateOf(`<wps:Status>${state}</wps:Status>`), [state, some("7")])
      }
      deepStrictEqual(yield* stateOf("<wps:Status/>"), ["Succeeded", some("7")])
      deepStrictEqual(yield* stateOf(""), ["Succeeded", some("7")])
    }))

  it.effect("gathers outputs that are made of others, which come one by one [B5.5] [O2]", () =>
    Effect.gen(function*() {
      const data = (text: string) =>
        `<wps:Data mimeType="text/xml"><wps:LiteralValue>${text}</wps:LiteralValue></wps:Data>`
      const one = (path: ReadonlyArray<string>, text: string): string =>
        path.reduceRight((inner, id) => `<wps:Output id="${id}">${inner}</wps:Output>`, data(text))
      const expected = DataValue.nested(
        ["a", DataValue.literal("1")],
        ["g", DataValue.nested(["b", DataValue.literal("2")], ["c", DataValue.literal("3")])],
        ["a", DataValue.literal("4")]
      )
      const document = result(
        one(["o", "a"], "1") + one(["o", "g", "b"], "2") + one(["x"], "5") + one(["o", "g", "c"], "3") +
          one(["o", "a"], "4")
      )
      const value = yield* readResult(document)
      deepStrictEqual(value.outputs.map(({ data, identifier }) => [identifier, data]), [
        ["o", expected],
        ["x", DataValue.literal("5")]
      ])
      // Whoever puts several into one is understood too.
      const several = yield* readResult(result(
        `<wps:Output id="o">${one(["a"], "1")}<wps:Output id="g">${one(["b"], "2")}${one(["c"], "3")}</wps:Output>${
          one(["a"], "4")
        }</wps:Output>`
      ))
      deepStrictEqual(several.outputs[0]?.data, expected)
      const again = yield* protocol.encodeResponse({ _tag: "Result", value })
      assert.strictEqual(
        bare(again),
        bare(result(
          one(["o", "a"], "1") + one(["o", "g", "b"], "2") + one(["o", "g", "c"], "3") + one(["o", "a"], "4") +
            one(["x"], "5")
        ))
      )
    }))

  it.effect("has the addresses of what lies elsewhere, also inside others [A6.6]", () =>
    Effect.gen(function*() {
      deepStrictEqual(
        yield* readOutput("<wps:Output id=\"a\"><wps:Reference xlink:href=\"/r/1\"/></wps:Output>"),
        DataValue.nested(["a", DataValue.reference("https://example.org/r/1")])
      )
    }))
})

// ---------------------------------------------------------------------------------------------------------------- B.6

describe("exceptions", () => {
  const asked: Partial<Asked> = { identifier: some("echo"), jobId: some("job-1") }

  const exception = (code: string, locator?: string, text = "") =>
    report(
      `<ows:Exception exceptionCode="${code}"${
        locator === undefined ? "" : ` locator="${locator}"`
      }>${text}</ows:Exception>`
    )

  const refusal = (body: string, status: number, asking = asked) => Effect.flip(read(body, { status }, asking))

  it.effect("say that there is no such process, as the standard does and as servers do [B6.1]", () =>
    Effect.gen(function*() {
      for (const body of [exception("NoSuchProcess", "echo"), exception("InvalidParameterValue", "Identifier")]) {
        includes(yield* refusal(body, 400), { _tag: "ProcessNotFound", identifier: "echo" })
      }
    }))

  it.effect("say that there is no such job [B6.3]", () =>
    Effect.gen(function*() {
      for (const body of [exception("NoSuchJob", "job-1"), exception("InvalidParameterValue", "JobId")]) {
        for (const status of [200, 400, 404]) {
          includes(yield* refusal(body, status), { _tag: "JobNotFound", jobId: "job-1" })
        }
      }
      // Nothing was asked about a job.
      includes(yield* refusal(exception("NoSuchJob"), 400, {}), { _tag: "ServiceException", code: "NoSuchJob" })
    }))

  it.effect("keep the code, the locator and the text of every other [B6.2] [B6.3] [D10]", () =>
    Effect.gen(function*() {
      const codes = [
        "NoSuchMode",
        "NoSuchInput",
        "NoSuchOutput",
        "DataNotAccessible",
        "SizeExceeded",
        "TooManyInputs",
        "TooManyOutputs",
        "StorageNotSupported",
        "NoSuchFormat",
        "WrongInputData",
        "InternalServerError",
        "ResultNotReady",
        "CodeOfItsOwn"
      ]
      for (const code of codes) {
        const error = yield* refusal(exception(code, "a", "<ows:ExceptionText>{why}</ows:ExceptionText>"), 400)
        assert.strictEqual(error._tag, "ServiceException", code)
        if (error._tag === "ServiceException") {
          assert.strictEqual(error.code, code)
          includes(error.exceptions[0], { code, locator: some("a"), texts: ["{why}"] })
        }
      }
      includes(yield* refusal(exception("ServerBusy"), 503), { _tag: "ServerBusy" })
      includes(yield* refusal(exception("ServerBusy"), 200), { _tag: "ServerBusy" })
    }))

  it.effect("are exceptions with HTTP 200 and without a text too, as javaPS has them [B6.2] [B5.7]", () =>
    Effect.gen(function*() {
      const error = yield* refusal(report("<ows:Exception exceptionCode=\"NoApplicableCode\"/>"), 200)
      assert.strictEqual(error._tag, "ServiceException")
      if (error._tag === "ServiceException") {
        includes(error, { code: "NoApplicableCode", status: 200 })
        deepStrictEqual(error.exceptions.map(({ locator, texts }) => [locator, texts]), [[none, []]])
        assert.include(error.message, "NoApplicableCode")
      }
    }))

  it("are written in OWS Common 2.0 [D10]", () => {
    assert.match(
      Either.getOrThrow(protocol.encodeResponse({
        _tag: "ExceptionReport",
        value: { version: none, language: none, exceptions: [] }
      })),
      /<ows:ExceptionReport xmlns:ows="http:\/\/www\.opengis\.net\/ows\/2\.0"[^>]* version="2\.0\.0"\/>/
    )
  })
})
