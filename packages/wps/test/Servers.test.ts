import {
  DataValue,
  Execute,
  Operation,
  type ProcessDescription,
  Wps100,
  Wps200,
  WpsClient,
  type WpsProtocol
} from "@effect-wps/wps"
import { Xml } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, Option } from "effect"
import { responses, toResponse } from "../src/internal/documents.ts"
import { validate } from "../src/internal/validate.ts"
import { layerAnonymous } from "./support/scripted.ts"

// What single servers were seen to write, each in as few words as it takes.

const { none, some } = Option

const wps = "xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\""
const former = "xmlns=\"http://www.opengeospatial.net/wps\" xmlns:ows=\"http://www.opengeospatial.net/ows\""
const wps200 = "xmlns:wps=\"http://www.opengis.net/wps/2.0\" xmlns:ows=\"http://www.opengis.net/ows/2.0\""

const decode = Xml.decode(responses)

const read = (document: string) => Either.map(decode(document), toResponse)

const failureOf = (document: string): string =>
  Either.match(read(document), { onLeft: ({ message }) => message, onRight: ({ _tag }) => `it is a ${_tag}` })

/** What a document says, where it is one of the kind. */
const reading = <A>(pick: (answer: WpsProtocol.WpsResponse) => A | undefined) => (document: string): A =>
  Either.match(read(document), {
    onLeft: ({ message }) => assert.fail(message),
    onRight: (answer) => pick(answer) ?? assert.fail(`it is a ${answer._tag}`)
  })

const readCapabilities = reading((answer) => answer._tag === "Capabilities" ? answer.value : undefined)
const readDescriptions = reading((answer) => answer._tag === "ProcessDescriptions" ? answer.value : undefined)
const readExecuteResponse = reading((answer) => answer._tag === "ExecuteResponse" ? answer.value : undefined)
const readResult = reading((answer) => answer._tag === "Result" ? answer.value : undefined)
const readReport = reading((answer) => answer._tag === "ExceptionReport" ? answer.value : undefined)

const run = (content: string, declarations = wps) =>
  readExecuteResponse(`<wps:ExecuteResponse ${declarations}>${content}</wps:ExecuteResponse>`)

const succeeded = "<wps:Status><wps:ProcessSucceeded/></wps:Status>"

const outputsOf = (outputs: string, status = succeeded) =>
  run(`${status}<wps:ProcessOutputs>${outputs}</wps:ProcessOutputs>`).outputs.map(({ data, identifier }) => [
    identifier,
    data._tag === "ComplexData" ? data.content.source : data
  ])

const describedIn = (inputs: string, element = "ProcessDescription"): ProcessDescription.ProcessDescription => {
  const [one] = readDescriptions(
    `<wps:ProcessDescriptions ${wps} xmlns:xlink="http://www.w3.org/1999/xlink"><${element}><ows:Identifier>p</ows:Identifier><DataInputs>${inputs}</DataInputs></${element}></wps:ProcessDescriptions>`
  )
  return one ?? assert.fail("no process is described")
}

const dataOf = (data: string) =>
  describedIn(`<Input minOccurs="1" maxOccurs="1"><ows:Identifier>i</ows:Identifier>${data}</Input>`).inputs[0]?.data

const format = (mimeType: string): DataValue.Format => DataValue.format(mimeType)

describe("WPS 0.4.0, as CEDA and the Met Office write it", () => {
  it("is read in its namespaces", () => {
    const { processes } = readCapabilities(
      `<Capabilities ${former} version="1.0.0"><ProcessOfferings><Process><ows:Identifier>a</ows:Identifier><ows:Title>A</ows:Title></Process></ProcessOfferings></Capabilities>`
    )
    deepStrictEqual(processes.map(({ identifier, title }) => [identifier, title]), [["a", some("A")]])
    for (const uri of ["http://www.opengeospatial.net/wps", "http://www.opengis.net/wps"]) {
      const descriptions = readDescriptions(
        `<ProcessDescriptions xmlns="${uri}" xmlns:ows="http://www.opengeospatial.net/ows"><ProcessDescription statusSupported="False"><ows:Identifier>a</ows:Identifier><DataInputs><Input><ows:Identifier>i</ows:Identifier><LiteralData/><MinimumOccurs>0</MinimumOccurs></Input></DataInputs></ProcessDescription></ProcessDescriptions>`
      )
      deepStrictEqual(
        descriptions.map(({ identifier, inputs }) => [identifier, inputs.map(({ minOccurs }) => minOccurs)]),
        [["a", [0]]]
      )
    }
    const report = readReport(
      `<ows:ExceptionReport xmlns:ows="http://www.opengeospatial.net/ows"><ows:Exception exceptionCode="c"><ows:ExceptionText>why</ows:ExceptionText></ows:Exception></ows:ExceptionReport>`
    )
    deepStrictEqual(report.exceptions.map(String), ["c: why"])
  })

  it("says what an input takes in its own way", () => {
    deepStrictEqual(
      dataOf(
        "<ComplexData defaultFormat=\"text/xml\" defaultSchema=\"NONE\"><SupportedComplexData><Format>text/xml</Format><Encoding>UTF-8</Encoding></SupportedComplexData><SupportedComplexData><Format>a/b</Format></SupportedComplexData></ComplexData>"
      ),
      {
        _tag: "Complex",
        defaultFormat: some(DataValue.format({ mimeType: "text/xml", schema: "NONE" })),
        formats: [DataValue.format({ mimeType: "text/xml", encoding: "UTF-8" }), format("a/b")],
        maximumMegabytes: none()
      }
    )
    const literal = dataOf(
      "<LiteralData><SupportedUOMs defaultUOM=\"m\"><UOM>m</UOM><UOM>km</UOM></SupportedUOMs></LiteralData>"
    )
    deepStrictEqual(
      literal?._tag === "Literal" && [literal.defaultUom, literal.uoms],
      [some("m"), ["m", "km"]]
    )
    deepStrictEqual(
      dataOf("<BoundingBoxData defaultCRS=\"EPSG:1\"><CRS>EPSG:1</CRS><CRS>EPSG:2</CRS></BoundingBoxData>"),
      {
        _tag: "BoundingBox",
        defaultCrs: some("EPSG:1"),
        crs: ["EPSG:1", "EPSG:2"]
      }
    )
  })

  it("has its values without a Data around them", () => {
    const { lineage, outputs } = run(
      "<Status><ProcessSucceeded/></Status><DataInputs><Input><ows:Identifier>i</ows:Identifier><LiteralValue uom=\"m\">3</LiteralValue></Input></DataInputs>" +
        "<ProcessOutputs><Output><ows:Identifier>o</ows:Identifier><ComplexValue format=\"text/xml\" schema=\"u\"><a/></ComplexValue></Output>" +
        "<Output><ows:Identifier>r</ows:Identifier><ComplexValueReference format=\"a/b\" ows:reference=\" https://example.org/r \"/></Output></ProcessOutputs>",
      `${former} xmlns:wps="http://www.opengeospatial.net/wps"`
    )
    deepStrictEqual(
      Option.map(lineage, ({ inputs }) => inputs),
      some([
        { identifier: "i", data: DataValue.literal("3", { uom: "m" }) }
      ])
    )
    const [document, reference] = outputs.map(({ data }) => data)
    deepStrictEqual(
      document?._tag === "ComplexData" && [document.format, document.content.source],
      [DataValue.format({ mimeType: "text/xml", schema: "u" }), "<a/>"]
    )
    deepStrictEqual(reference, DataValue.reference("https://example.org/r", { format: "a/b" }))
  })
})

describe("answers to Execute", () => {
  it("have a box straight in an output, in no namespace (PyWPS 4.0), or in its Data", () => {
    const corners = "crs=\"EPSG:4326\"><ows:LowerCorner>1 2</ows:LowerCorner><ows:UpperCorner>3 4</ows:UpperCorner>"
    const box = DataValue.boundingBox([1, 2], [3, 4], "EPSG:4326")
    deepStrictEqual(
      outputsOf(
        `<Output><ows:Identifier>a</ows:Identifier><ows:BoundingBox ${corners}</ows:BoundingBox></Output>` +
          `<wps:Output><ows:Identifier>b</ows:Identifier><wps:Data><ows:WGS84BoundingBox ${corners}</ows:WGS84BoundingBox></wps:Data></wps:Output>` +
          `<wps:Output><ows:Identifier>c</ows:Identifier><wps:Data><wps:BoundingBoxData ows:${corners}</wps:BoundingBoxData></wps:Data></wps:Output>`
      ),
      [["a", box], ["b", box], ["c", box]]
    )
  })

  it("do not say how a job stands (WPS.NET), or misspell it (EOxServer, Agriculture Canada, EDAS)", () => {
    const output =
      "<wps:Output><ows:Identifier>o</ows:Identifier><wps:Data><wps:LiteralData>1</wps:LiteralData></wps:Data></wps:Output>"
    const literal = ["o", DataValue.literal("1")]
    deepStrictEqual(outputsOf(output, ""), [literal])
    for (const name of ["ProcessSucceded", "ProcessSuceeded", "ProcessFinished"]) {
      const { status } = run(`<wps:Status><wps:${name}>done</wps:${name}></wps:Status>`)
      deepStrictEqual(status, Execute.JobStatus.Succeeded({ message: "done", percent: none() }), name)
    }
    const outputs = `<wps:ProcessOutputs>${output}</wps:ProcessOutputs>`
    assert.match(
      failureOf(`<wps:ExecuteResponse ${wps} statusLocation="https://example.org/1">${outputs}</wps:ExecuteResponse>`),
      /^wps:Status is missing/
    )
    for (const state of ["<wps:ProcessFailled>no</wps:ProcessFailled>", "<wps:ProcessQueued/>", "failed"]) {
      assert.match(
        failureOf(`<wps:ExecuteResponse ${wps}><wps:Status>${state}</wps:Status>${outputs}</wps:ExecuteResponse>`),
        /^wps:Status has none/
      )
    }
    for (const status of ["", "<wps:Status/>", "<wps:Status><wps:ProcessIsAllDone/></wps:Status>"]) {
      assert.match(
        failureOf(`<wps:ExecuteResponse ${wps}>${status}</wps:ExecuteResponse>`),
        /^wps:Status (is missing|has none)/
      )
    }
  })

  it("name an output at its value, and have several in one (EDAS)", () => {
    deepStrictEqual(
      outputsOf(
        "<wps:Output><wps:Data id=\"a\"><wps:LiteralData uom=\"K\">1 2</wps:LiteralData></wps:Data></wps:Output>" +
          "<wps:Output><wps:Reference id=\"b\" href=\"https://example.org/b\"/><wps:Reference id=\"c\" href=\" https://example.org/c\"/></wps:Output>" +
          "<wps:Output><ows:Identifier>d</ows:Identifier><wps:Data id=\"x\" href=\"result://d\"> </wps:Data></wps:Output>"
      ),
      [
        ["a", DataValue.literal("1 2", { uom: "K" })],
        ["b", DataValue.reference("https://example.org/b")],
        ["c", DataValue.reference("https://example.org/c")],
        ["d", DataValue.reference("result://d")]
      ]
    )
  })

  it("may have outputs that cannot be read as long as the job is not done, and no longer", () => {
    const outputs = "<wps:Output><ows:Identifier>o</ows:Identifier><wps:Data/></wps:Output><wps:Output/>" +
      "<Output><ows:Identifier>b</ows:Identifier><ows:BoundingBox><ows:LowerCorner>None</ows:LowerCorner></ows:BoundingBox></Output>"
    deepStrictEqual(outputsOf(outputs, "<wps:Status><wps:ProcessStarted/></wps:Status>"), [])
    assert.match(
      failureOf(
        `<wps:ExecuteResponse ${wps}>${succeeded}<wps:ProcessOutputs>${outputs}</wps:ProcessOutputs></wps:ExecuteResponse>`
      ),
      /^The output "o" has neither a value nor a reference that can be read/
    )
  })

  it("repeat of the inputs those that can be read", () => {
    const { lineage, statusLocation } = readExecuteResponse(
      `<wps:ExecuteResponse ${wps} statusLocation="https://example.org/12 "><wps:Status><wps:ProcessAccepted/></wps:Status><wps:DataInputs>` +
        "<wps:Input><ows:Identifier>a</ows:Identifier><wps:Data/></wps:Input><wps:Input/>" +
        "<wps:Input><ows:Identifier>b</ows:Identifier><wps:Data><wps:LiteralData>1</wps:LiteralData></wps:Data></wps:Input>" +
        "</wps:DataInputs></wps:ExecuteResponse>"
    )
    deepStrictEqual(
      Option.map(lineage, ({ inputs }) => inputs),
      some([{ identifier: "b", data: DataValue.literal("1") }])
    )
    deepStrictEqual(statusLocation, some("https://example.org/12"))
  })

  it("of WPS 2.0 name outputs in elements, and have several values of one (Honua, MAAP)", () => {
    const { jobId, outputs } = readResult(
      `<wps:Result ${wps200} jobID="j"><wps:Output><ows:Identifier>a</ows:Identifier><wps:Data>1</wps:Data></wps:Output>` +
        "<wps:Output id=\"b\"><wps:Data>2</wps:Data><wps:Data>3</wps:Data></wps:Output>" +
        "<wps:Output id=\"c\"><wps:Data><wps:LiteralData uom=\"m\">4</wps:LiteralData></wps:Data></wps:Output></wps:Result>"
    )
    deepStrictEqual(jobId, some("j"))
    deepStrictEqual(
      outputs.map(({ data, identifier }) => [identifier, data._tag === "ComplexData" ? data.content.text : data]),
      [["a", "1"], ["b", "2"], ["b", "3"], ["c", DataValue.literal("4", { uom: "m" })]]
    )
    assert.match(
      failureOf(`<wps:Result ${wps200}><wps:Output><wps:Data>1</wps:Data></wps:Output></wps:Result>`),
      /^The attribute id is missing/
    )
  })
})

describe("descriptions", () => {
  const complexOf = (content: string) => {
    const data = dataOf(`<ComplexData>${content}</ComplexData>`)
    return data?._tag === "Complex" ? [data.defaultFormat, data.formats] : data
  }
  const mime = (type: string, prefix = "") =>
    `<${prefix}Format><${prefix}MimeType>${type}</${prefix}MimeType></${prefix}Format>`

  it("have formats wherever servers put them", () => {
    const both = [some(format("a/b")), [format("a/b"), format("c/d")]]
    for (
      const content of [
        `<Default>${mime("a/b")}</Default><Supported>${mime("a/b")}${mime("c/d")}</Supported>`,
        `<ows:Default>${mime("a/b", "ows:")}</ows:Default><ows:Supported>${mime("a/b", "ows:")}${
          mime("c/d", "ows:")
        }</ows:Supported>`,
        `<Default>${mime("a/b")}</Default><Supported><Default>${mime("a/b")}</Default><Default>${
          mime("c/d")
        }</Default></Supported>`,
        `<Default>${mime("a/b")}${mime("c/d")}</Default>`,
        `<Default>${mime("a/b")}${mime("c/d")}</Default><Supported>${mime("a/b")}</Supported>`,
        `${mime("a/b", "ows:")}${mime("c/d", "ows:")}`
      ]
    ) deepStrictEqual(complexOf(content), both, content)
    deepStrictEqual(complexOf(`<Default>${mime("a/b")}</Default>`), [some(format("a/b")), [format("a/b")]])
    deepStrictEqual(complexOf(""), [none(), []])
  })

  it("have a value in a Range (Calvalus), a name in a link (WPS.NET), half of their own name (EOxServer)", () => {
    const literal = dataOf(
      "<LiteralData><ows:AllowedValues><wps:Range>one</wps:Range><ows:Range>from<ows:MinimumValue>1</ows:MinimumValue></ows:Range></ows:AllowedValues></LiteralData>"
    )
    deepStrictEqual(literal?._tag === "Literal" && literal.allowed, {
      _tag: "AllowedValues",
      values: ["one"],
      ranges: [{ minimum: some("1"), maximum: none(), spacing: none(), closure: "closed" }]
    })
    deepStrictEqual(
      dataOf(
        "<BoundingBoxData><Default><CRS xlink:href=\"EPSG:1\"/></Default><Supported><CRS xlink:href=\"EPSG:1\"/></Supported></BoundingBoxData>"
      ),
      { _tag: "BoundingBox", defaultCrs: some("EPSG:1"), crs: ["EPSG:1"] }
    )
    assert.strictEqual(describedIn("", "wps:Process").identifier, "p")
    const [alone] = readDescriptions(
      `<wps:ProcessDescription ${wps}><ows:Identifier>q</ows:Identifier></wps:ProcessDescription>`
    )
    assert.strictEqual(alone?.identifier, "q")
  })

  it("of WPS 2.0 have a type without a domain", () => {
    const [process] = readDescriptions(
      `<wps:ProcessOfferings ${wps200}><wps:ProcessOffering><wps:Process><ows:Identifier>p</ows:Identifier><wps:Input><ows:Identifier>i</ows:Identifier><wps:LiteralData><ows:DataType>double</ows:DataType></wps:LiteralData></wps:Input></wps:Process></wps:ProcessOffering></wps:ProcessOfferings>`
    )
    const data = process?.inputs[0]?.data
    deepStrictEqual(data?._tag === "Literal" && data.dataType, some("double"))
  })

  it("are not held against what they say themselves", () => {
    const described = describedIn(
      "<Input><ows:Identifier>area</ows:Identifier><LiteralData><ows:DataType>string</ows:DataType></LiteralData></Input>" +
        "<Input><ows:Identifier>area</ows:Identifier><BoundingBoxData><Default><CRS>EPSG:1</CRS></Default><Supported><CRS>EPSG:2</CRS></Supported></BoundingBoxData></Input>" +
        "<Input minOccurs=\"0\"><ows:Identifier>when</ows:Identifier><LiteralData><ows:DataType>dateTime</ows:DataType></LiteralData></Input>" +
        `<Input minOccurs="0"><ows:Identifier>file</ows:Identifier><ComplexData><Default>${
          mime("a/b")
        }</Default><Supported>${mime("c/d")}</Supported></ComplexData></Input>`
    )
    const faults = (...inputs: ReadonlyArray<readonly [identifier: string, data: DataValue.DataValue]>) =>
      validate(described, {
        identifier: "p",
        inputs: inputs.map(([identifier, data]) => ({ identifier, data })),
        response: { _tag: "Document", outputs: [], mode: "sync", lineage: false },
        language: none()
      }).map(({ input, reason }) => `${input} ${reason}`)
    const box = DataValue.boundingBox([1, 2], [3, 4], "EPSG:1")
    deepStrictEqual(faults(["area", DataValue.literal("here")]), [])
    deepStrictEqual(faults(["area", box]), [])
    deepStrictEqual(faults(["area", box], ["when", DataValue.literal("2015-01-01")]), [])
    deepStrictEqual(faults(["area", box], ["file", DataValue.complexText("x", "a/b")]), [])
    deepStrictEqual(faults(), ["area is missing"])
    deepStrictEqual(faults(["area", DataValue.complexText("x", "a/b")]), [
      "area is a complex value, but the process takes a literal"
    ])
  })
})

describe("what else servers and clients write", () => {
  it("what holds for every operation, and empty texts", () => {
    const document = (declarations: string, root: string) =>
      `<wps:${root} ${declarations}><ows:ServiceIdentification><ows:Title/><ows:Fees> </ows:Fees></ows:ServiceIdentification><ows:ServiceProvider><ows:ServiceContact><ows:ContactInfo><ows:Phone><ows:Voice/></ows:Phone></ows:ContactInfo></ows:ServiceContact></ows:ServiceProvider><ows:OperationsMetadata><ows:Parameter name="service"><ows:AllowedValues><ows:Value>WPS</ows:Value></ows:AllowedValues></ows:Parameter><ows:Constraint name="c"><ows:AnyValue/></ows:Constraint></ows:OperationsMetadata></wps:${root}>`
    for (const declarations of [wps, wps200]) {
      const { constraints, identification, parameters, provider } = readCapabilities(
        document(declarations, "Capabilities")
      )
      deepStrictEqual(parameters, [{ name: "service", values: ["WPS"] }])
      deepStrictEqual(constraints, [{ name: "c", values: [] }])
      deepStrictEqual(Option.map(identification, ({ fees, titles }) => [fees, titles]), some([none(), []]))
      deepStrictEqual(Option.flatMap(provider, ({ contact }) => Option.map(contact, ({ phones }) => phones)), some([]))
    }
  })

  it("the marks of a CDATA section as text (EDAS)", () => {
    const { exceptions } = readReport(
      `<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1"><ows:Exception><ows:ExceptionText>&lt;![CDATA[ why ]]&gt;</ows:ExceptionText></ows:Exception></ows:ExceptionReport>`
    )
    deepStrictEqual(exceptions.map(({ texts }) => texts), [["why"]])
  })

  it("requests with qualified flags, and references whose body makes them a POST", () => {
    const reference = (content: string, attributes = "") =>
      `<wps:Input><ows:Identifier>i</ows:Identifier><wps:Reference xlink:href="https://example.org/" ${attributes}>${content}</wps:Reference></wps:Input>`
    const body = "<wps:Body><q/></wps:Body>"
    const decoded = Wps100.Wps100.decodeRequest(
      `<wps:Execute ${wps} xmlns:xlink="http://www.w3.org/1999/xlink" service="WPS" version="1.0.0"><ows:Identifier>p</ows:Identifier><wps:DataInputs>${
        reference(body)
      }${reference("<wps:BodyReference xlink:href=\"https://example.org/q\"/>")}${reference(body, "method=\"GET\"")}${
        reference("")
      }</wps:DataInputs><wps:ResponseForm><wps:ResponseDocument wps:storeExecuteResponse="true" wps:status="true" wps:lineage="true"><wps:Output wps:asReference="true"><ows:Identifier>o</ows:Identifier></wps:Output></wps:ResponseDocument></wps:ResponseForm></wps:Execute>`
    )
    if (Either.isLeft(decoded) || decoded.right._tag !== "Execute") return assert.fail("it is no Execute")
    const { inputs, response } = decoded.right.request
    deepStrictEqual(
      inputs.map(({ data }) => data._tag === "Reference" ? data.method : data._tag),
      ["POST", "POST", "GET", "GET"]
    )
    deepStrictEqual(response, {
      _tag: "Document",
      outputs: [Operation.request("o", { asReference: true })],
      mode: "async",
      lineage: true
    })
  })

  it.effect("blanks before a declaration, as PHP does", () =>
    Effect.gen(function*() {
      const { processes } = yield* WpsClient.capabilities
      deepStrictEqual(processes.map(({ identifier }) => identifier), ["a"])
      assert.include((yield* Effect.flip(WpsClient.describe("a"))).message, "the body is no XML")
    }).pipe(Effect.provide(layerAnonymous(({ url }) => ({
      body: url.includes("GetCapabilities")
        ? `\r\n \n<?xml version="1.0"?><wps:Capabilities ${wps}><wps:ProcessOfferings><wps:Process><ows:Identifier>a</ows:Identifier></wps:Process></wps:ProcessOfferings></wps:Capabilities>`
        : "\n no <?xml version=\"1.0\"?>"
    })))))

  it("an input that stands alone in WPS 2.0 must be named", () => {
    assert.include(
      String(Option.getOrUndefined(Either.getLeft(Wps200.Wps200.decodeRequest(
        `<wps:Execute ${wps200} service="WPS" version="2.0.0" mode="sync" response="document"><ows:Identifier>p</ows:Identifier><wps:Input><wps:Data>1</wps:Data></wps:Input><wps:Output id="o"/></wps:Execute>`
      )))),
      "The attribute id is missing"
    )
  })
})
