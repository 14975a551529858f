import {
  DataValue,
  Execute,
  Input,
  Operation,
  Output,
  Ows,
  Process,
  type ProcessDescription,
  Wps100,
  WpsClient,
  type WpsProtocol
} from "@effect-wps/wps"
import { Xml, XmlFragment } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, Fiber, Option, Schedule, Schema, Stream, TestClock } from "effect"
import { responses, toResponse } from "../src/internal/documents.ts"
import { validate } from "../src/internal/validate.ts"
import { requests } from "../src/internal/wps100Documents.ts"
import * as documents from "./support/documents.ts"
import { includes } from "./support/includes.ts"
import { inputsOf } from "./support/inputs.ts"
import { type Answer, layer, type Sent, Server } from "./support/scripted.ts"

// -------------------------------------------------------------------------------------------------------------- helpers

const some = Option.some
const none = Option.none()

/** What a client sends, to a server that always answers the same. */
const sending = <A, E>(
  program: Effect.Effect<A, E, WpsClient.WpsClient>,
  options?: Partial<WpsClient.Options>,
  answer: (sent: Sent, before: number) => Answer = () => ({ body: "" })
) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.exit(program))
    yield* TestClock.adjust("1 hour")
    yield* Fiber.join(fiber)
    return yield* Effect.flatMap(Server, ({ sent }) => sent)
  }).pipe(Effect.provide(layer(answer, options)))

/** What a program makes of answers. */
const answered = <A, E>(
  program: Effect.Effect<A, E, WpsClient.WpsClient>,
  answer: (sent: Sent, before: number) => Answer
) =>
  Effect.gen(function*() {
    const fiber = yield* Effect.fork(Effect.either(program))
    yield* TestClock.adjust("1 hour")
    return yield* Fiber.join(fiber)
  }).pipe(Effect.provide(layer(answer, { poll: { schedule: Schedule.spaced("1 second"), badReads: 2 } })))

const leftOf = <A, E>(either: Either.Either<A, E>): E | undefined => Option.getOrUndefined(Either.getLeft(either))

const parametersOf = (url: string | undefined) => [...new URL(url ?? "").searchParams]

const executeRequest = (
  some: Partial<Execute.ExecuteRequest>
): Extract<WpsProtocol.WpsRequest, { _tag: "Execute" }> => ({
  _tag: "Execute",
  request: {
    identifier: "echo",
    inputs: [],
    response: { _tag: "Document", outputs: [], mode: "sync", lineage: false },
    language: none,
    ...some
  }
})

/** The document of an Execute request below its root's start tag, or why there is none. */
const written = (some: Partial<Execute.ExecuteRequest>): string =>
  Either.match(Wps100.Wps100.encodeRequest(executeRequest(some)), {
    onLeft: (faults) => faults.map(({ input, reason }) => `${input}: ${reason}`).join("; "),
    onRight: (message) => message._tag === "Get" ? "a GET" : message.body.replace(/^.*\n<wps:Execute[^>]*>/, "")
  })

const input = (data: DataValue.DataValue): string =>
  written({ inputs: [{ identifier: "i", data }] })
    .replace(/^.*<wps:Input><ows:Identifier>i<\/ows:Identifier>/s, "").replace(/<\/wps:Input>.*$/s, "")

const readAnswer = Xml.decode(responses)
const decode = (document: string | Uint8Array) => Either.map(readAnswer(document), toResponse)

const reading =
  <A>(pick: (response: WpsProtocol.WpsResponse) => A | undefined) =>
  (document: string | Uint8Array): Effect.Effect<A> =>
    Either.match(decode(document), {
      onLeft: (error) => Effect.dieMessage(error.message),
      onRight: (response) => {
        const picked = pick(response)
        return picked === undefined ? Effect.dieMessage(response._tag) : Effect.succeed(picked)
      }
    })

const readCapabilities = reading((one) => one._tag === "Capabilities" ? one.value : undefined)
const readDescriptions = reading((one) => one._tag === "ProcessDescriptions" ? one.value : undefined)
const readResponse = reading((one) => one._tag === "ExecuteResponse" ? one.value : undefined)
const readReport = reading((one) => one._tag === "ExceptionReport" ? one.value : undefined)

const namespaces = "xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\" " +
  "xmlns:xlink=\"http://www.w3.org/1999/xlink\""

const capabilities = (content: string, attributes = "service=\"WPS\" version=\"1.0.0\" xml:lang=\"en\"") =>
  `<wps:Capabilities ${namespaces} ${attributes}>${content}</wps:Capabilities>`

const offering = (content: string, attributes = "wps:processVersion=\"1.1\"") =>
  capabilities(`<wps:ProcessOfferings><wps:Process ${attributes}>${content}</wps:Process></wps:ProcessOfferings>`)

const title = "<ows:Identifier>echo</ows:Identifier><ows:Title>Echo</ows:Title>"

const descriptions = (inner: string, attributes = "") =>
  `<wps:ProcessDescriptions ${namespaces} service="WPS" version="1.0.0" xml:lang="en">
    <ProcessDescription wps:processVersion="2" ${attributes}>${title}${inner}</ProcessDescription>
  </wps:ProcessDescriptions>`

/** The description of one input, from its XML. */
const described = (data: string, occurs = "minOccurs=\"1\" maxOccurs=\"1\"") =>
  Effect.map(
    readDescriptions(
      descriptions(`<DataInputs><Input ${occurs}>${title}${data}</Input></DataInputs><ProcessOutputs/>`)
    ),
    (all) => {
      const found = all[0]?.inputs[0]
      assert(found !== undefined, "there is no input")
      return found
    }
  )

const describedAs = <T extends ProcessDescription.DataDescription["_tag"]>(tag: T, data: string) =>
  Effect.map(described(data), (found) => {
    assert.strictEqual(found.data._tag, tag)
    return found.data
  })

const anyLiteral = {
  _tag: "Literal",
  dataType: none,
  defaultUom: none,
  uoms: [],
  allowed: { _tag: "AnyValue" },
  defaultValue: none
} as const

const response = (status: string, outputs = "", extra = "") =>
  documents.executeResponse(status, { outputs }).replace("<wps:ProcessOutputs>", `${extra}<wps:ProcessOutputs>`)

const output = (data: string) =>
  `<wps:Output><ows:Identifier>out</ows:Identifier><ows:Title>Out</ows:Title>${data}</wps:Output>`

const outputOf = (data: string) =>
  Effect.map(readResponse(response(documents.succeeded, output(data))), ({ outputs }) => {
    const found = outputs[0]?.data
    assert(found !== undefined, "there is no output")
    return found
  })

const statusOf = (status: string) => Effect.map(readResponse(response(status)), (one) => one.status)

const report = (
  content: string,
  attributes = "version=\"1.0.0\"",
  prefix = "ows",
  uri = "http://www.opengis.net/ows/1.1"
) => `<${prefix}:ExceptionReport xmlns:${prefix}="${uri}" ${attributes}>${content}</${prefix}:ExceptionReport>`

const exceptionsOf = (document: string) => Effect.map(readReport(document), ({ exceptions }) => exceptions)

const exception = (code: string, locator: Option.Option<string>, ...texts: ReadonlyArray<string>) =>
  new Ows.OwsException({ code, locator, texts })

// ---------------------------------------------------------------------------------------------------------------- A.1

describe("requests and their parameters", () => {
  it.effect("every request says service=WPS, and all but GetCapabilities version=1.0.0 [A1.1] [A1.2]", () =>
    Effect.gen(function*() {
      const get = yield* sending(Effect.zipRight(Effect.exit(WpsClient.capabilities), WpsClient.describe("echo")))
      deepStrictEqual(get.map(({ url }) => parametersOf(url).slice(0, 3)), [
        [["service", "WPS"], ["request", "GetCapabilities"], ["AcceptVersions", "1.0.0"]],
        [["service", "WPS"], ["request", "DescribeProcess"], ["version", "1.0.0"]]
      ])
      assert.notInclude(get[0]?.url.toLowerCase(), "&version=")
      const [execute] = yield* sending(WpsClient.run(Operation.make({ identifier: "echo" })))
      assert.match(execute?.body ?? "", /<wps:Execute [^>]*service="WPS" version="1.0.0">/)
      const read = Xml.decode(Xml.documents(requests))
      for (
        const wrong of ["service=\"WFS\" version=\"1.0.0\"", "service=\"WPS\" version=\"2.0.0\"", "service=\"WPS\""]
      ) {
        const refused = read(`<wps:Execute ${namespaces} ${wrong}><ows:Identifier>echo</ows:Identifier></wps:Execute>`)
        assert.match(leftOf(refused)?.path ?? "", /@(service|version)$/)
      }
    }))

  it("parameter names have no case, and values have [A1.3]", () => {
    const read = (query: string) => Wps100.Wps100.decodeParameters(new URLSearchParams(query))
    deepStrictEqual(
      read("SERVICE=WPS&Request=DescribeProcess&VERSION=1.0.0&identifier=Echo,ECHO&LANGUAGE=en-CA"),
      Either.right({ _tag: "DescribeProcess", identifiers: ["Echo", "ECHO"], language: some("en-CA") })
    )
    deepStrictEqual(
      read("service=WPS&request=GetCapabilities&acceptVERSIONS=2.0.0,%201.0.0"),
      Either.right({ _tag: "GetCapabilities", acceptVersions: ["2.0.0", "1.0.0"], language: none })
    )
  })

  it.effect("GetCapabilities and DescribeProcess go by GET, Execute by POST of a document [A1.4]", () =>
    Effect.gen(function*() {
      const echo = Operation.make({ identifier: "echo" })
      const sent = yield* sending(
        Effect.all([Effect.exit(WpsClient.capabilities), Effect.exit(WpsClient.describe("echo")), WpsClient.run(echo)])
      )
      deepStrictEqual(sent.map(({ body, method }) => [method, body === ""]), [["GET", true], ["GET", true], [
        "POST",
        false
      ]])
      // What is in the document is not in the address as well.
      assert.strictEqual(sent[2]?.url, "https://example.org/wps")
    }))

  it.effect("parameters are joined to any address, and its own survive [A1.5] [A1.8]", () =>
    Effect.gen(function*() {
      const joined = (url: string) =>
        Effect.map(sending(WpsClient.describe("a b"), { url }), ([sent]) =>
          sent?.url.replace("service=WPS&request=DescribeProcess&version=1.0.0&Identifier=a%20b", "…"))
      const cases = [
        ["https://example.org/wps", "https://example.org/wps?…"],
        ["https://example.org/wps?", "https://example.org/wps?…"],
        ["https://example.org/wps?&", "https://example.org/wps?…"],
        ["https://example.org/wps?map=/x.map", "https://example.org/wps?map=/x.map&…"],
        ["https://example.org/wps?map=/x.map&", "https://example.org/wps?map=/x.map&…"],
        ["https://example.org/wps?Service=wps&REQUEST=GetCapabilities&a=b+c", "https://example.org/wps?a=b+c&…"],
        ["https://example.org/wps?identifier=other&version=2.0.0", "https://example.org/wps?…"],
        ["https://example.org/wps#part", "https://example.org/wps?…"]
      ] as const
      for (const [url, expected] of cases) {
        assert.strictEqual(yield* joined(url), expected)
      }
      const [posted] = yield* sending(WpsClient.run(Operation.make({ identifier: "echo" })), {
        url: "https://example.org/wps?map=/x.map&request=GetCapabilities"
      })
      assert.strictEqual(posted?.url, "https://example.org/wps?map=/x.map")
    }))

  it.effect("a document is text/xml in UTF-8, and says so [A1.7]", () =>
    Effect.gen(function*() {
      const [sent] = yield* sending(
        WpsClient.run(Operation.make({ identifier: "echo", inputs: [["i", DataValue.literal("größe 🌍")]] }))
      )
      assert.strictEqual(sent?.headers["content-type"], "text/xml; charset=utf-8")
      assert.match(sent?.body ?? "", /^<\?xml version="1.0" encoding="UTF-8"\?>\n<wps:Execute/)
      // The scripted server reads UTF-8.
      assert.include(sent?.body, "größe 🌍")
    }))
})

// ---------------------------------------------------------------------------------------------------------------- A.2

describe("GetCapabilities", () => {
  it.effect("asks in parameters, versions and language with it [A2.1] [D8]", () =>
    Effect.gen(function*() {
      const [sent] = yield* sending(WpsClient.capabilities, { language: "en-CA" })
      assert.strictEqual(
        sent?.url,
        "https://example.org/wps?service=WPS&request=GetCapabilities&AcceptVersions=1.0.0&language=en-CA"
      )
      deepStrictEqual(
        Wps100.Wps100.encodeRequest({ _tag: "GetCapabilities", acceptVersions: ["2.0.0", "1.0.0"], language: none }),
        Either.right({
          _tag: "Get",
          parameters: [["service", "WPS"], ["request", "GetCapabilities"], ["AcceptVersions", ["2.0.0", "1.0.0"]]]
        })
      )
    }))

  it("asks in a document, AcceptVersions being WPS's and Version OWS's [A2.2]", () => {
    const document = Xml.encode(Xml.documents(requests))({
      _tag: "GetCapabilities",
      value: { _tag: "GetCapabilities", acceptVersions: ["2.0.0", "1.0.0"], language: some("en") }
    })
    assert.match(
      Either.getOrElse(document, (error) => error.message),
      /<wps:GetCapabilities [^>]*service="WPS" language="en"><wps:AcceptVersions><ows:Version>2.0.0<\/ows:Version><ows:Version>1.0.0<\/ows:Version><\/wps:AcceptVersions><\/wps:GetCapabilities>/
    )
  })

  it.effect("reads the attributes and every part of the document [A2.3] [A2.4] [A2.6]", () =>
    Effect.gen(function*() {
      const read = yield* readCapabilities(capabilities(
        `<ows:ServiceIdentification><ows:Title>T</ows:Title></ows:ServiceIdentification>
        <ows:ServiceProvider><ows:ProviderName>P</ows:ProviderName></ows:ServiceProvider>
        <ows:OperationsMetadata><ows:Operation name="Execute"/></ows:OperationsMetadata>
        <wps:ProcessOfferings><wps:Process wps:processVersion="1">${title}</wps:Process></wps:ProcessOfferings>
        <wps:Languages><wps:Default><ows:Language>en-CA</ows:Language></wps:Default><wps:Supported>
          <ows:Language>en-CA</ows:Language><ows:Language>fr-CA</ows:Language></wps:Supported></wps:Languages>
        <wps:WSDL xlink:href="https://example.org/wsdl"/>`,
        "service=\"WPS\" version=\"1.0.0\" xml:lang=\"en-CA\" updateSequence=\"7\""
      ))
      includes(read, {
        version: some("1.0.0"),
        updateSequence: some("7"),
        language: some("en-CA"),
        defaultLanguage: some("en-CA"),
        languages: ["en-CA", "fr-CA"],
        wsdl: some("https://example.org/wsdl")
      })
      deepStrictEqual(Option.map(read.identification, (one) => one.titles), some(["T"]))
      deepStrictEqual(Option.map(read.provider, (one) => one.name), some(some("P")))
      deepStrictEqual(read.operations.map((one) => one.name), ["Execute"])
      deepStrictEqual(read.processes.map((one) => one.identifier), ["echo"])
    }))

  it.effect("reads a process, its metadata and its version [A2.5] [A2.7]", () =>
    Effect.gen(function*() {
      const { processes } = yield* readCapabilities(offering(
        `${title}<ows:Abstract>Says it again</ows:Abstract>
        <ows:Metadata xlink:href="https://example.org/1" xlink:title="One" xlink:role="urn:r" about="urn:a"/><ows:Metadata/>
        <wps:Profile>urn:p:1</wps:Profile><wps:Profile>urn:p:2</wps:Profile><wps:WSDL xlink:href="https://example.org/w"/>`
      ))
      deepStrictEqual(processes, [{
        identifier: "echo",
        title: some("Echo"),
        abstract: some("Says it again"),
        version: some("1.1"),
        keywords: [],
        jobControlOptions: [],
        outputTransmission: [],
        metadata: [
          { href: some("https://example.org/1"), title: some("One"), role: some("urn:r"), about: some("urn:a") },
          { href: none, title: none, role: none, about: none }
        ],
        profiles: ["urn:p:1", "urn:p:2"],
        wsdl: some("https://example.org/w")
      }])
    }))

  it.effect("bears what servers leave out or write twice [A2.8]", () =>
    Effect.gen(function*() {
      const versions = (attributes: string) =>
        Effect.map(readCapabilities(offering(title, attributes)), (one) => one.processes[0]?.version)
      deepStrictEqual(yield* versions("processVersion=\"3\""), some("3"))
      deepStrictEqual(yield* versions(""), none)
      deepStrictEqual(yield* versions("wps:processVersion=\"None\""), none)
      const bare = yield* readCapabilities(capabilities("", ""))
      deepStrictEqual([bare.processes, bare.languages, bare.language], [[], [], none])
      deepStrictEqual((yield* readCapabilities(capabilities("<wps:ProcessOfferings/>"))).processes, [])
      const twice = yield* readCapabilities(offering(`${title}<ows:Identifier>other</ows:Identifier>`))
      deepStrictEqual(twice.processes.map((one) => one.identifier), ["echo"])
      const same = yield* readCapabilities(capabilities(
        `<wps:ProcessOfferings><wps:Process wps:processVersion="1">${title}</wps:Process><wps:Process wps:processVersion="2">${title}</wps:Process></wps:ProcessOfferings>`
      ))
      deepStrictEqual(same.processes.map((one) => [one.identifier, one.version]), [["echo", some("1")], [
        "echo",
        some("2")
      ]])
    }))

  it.effect("finds its parts in the namespace of the other standard, too [A2.8] [D1] [D2]", () =>
    Effect.gen(function*() {
      const processes = "<ows:ProcessOfferings><wps:Process>" + title + "</wps:Process></ows:ProcessOfferings>"
      const elsewhere = yield* readCapabilities(capabilities(processes))
      deepStrictEqual(elsewhere.processes.map((one) => one.identifier), ["echo"])
      const about = "<ows:ServiceIdentification><ows:Title>T</ows:Title><ows:ServiceType>WPS</ows:ServiceType>" +
        "<ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion><ows:Fees>none</ows:Fees></ows:ServiceIdentification>" +
        "<ows:ServiceProvider><ows:ProviderName>P</ows:ProviderName><ows:ServiceContact><ows:ContactInfo><ows:Address>" +
        "<ows:City>C</ows:City></ows:Address></ows:ContactInfo></ows:ServiceContact></ows:ServiceProvider>"
      const usual = yield* readCapabilities(capabilities(about))
      assert.isTrue(Option.isSome(usual.identification) && Option.isSome(usual.provider))
      deepStrictEqual(yield* readCapabilities(capabilities(about.replaceAll("ows:", "wps:"))), usual)
    }))

  it.effect("goes by the root of what came, whatever was asked for [A2.9] [D4]", () =>
    Effect.gen(function*() {
      const reading = (body: string) => answered(WpsClient.capabilities, () => ({ body }))
      const of = (body: string) => Effect.map(reading(body), leftOf)
      const later = yield* reading(
        "<wps:Capabilities xmlns:wps=\"http://www.opengis.net/wps/2.0\" service=\"WPS\" version=\"2.0.0\">" +
          "<wps:Contents><wps:ProcessSummary xmlns:ows=\"http://www.opengis.net/ows/2.0\" jobControlOptions=\"dismiss\">" +
          "<ows:Title>Echo</ows:Title><ows:Identifier>echo</ows:Identifier></wps:ProcessSummary></wps:Contents>" +
          "</wps:Capabilities>"
      )
      deepStrictEqual(
        Either.map(later, ({ processes, version }) => [version, ...processes.map((one) => one.identifier)]),
        Either.right([some("2.0.0"), "echo"])
      )
      const unknown = yield* of("<wps:Capabilities xmlns:wps=\"http://www.opengis.net/wps/3.0\" service=\"WPS\"/>")
      includes(unknown, { _tag: "UnexpectedResponse", kind: "other-document" })
      assert.include(unknown?.message, "http://www.opengis.net/wps/3.0")
      const other = yield* of(descriptions("<ProcessOutputs/>"))
      includes(other, { _tag: "UnexpectedResponse", kind: "other-document" })
      const refused = yield* of(documents.exceptionReport("VersionNegotiationFailed", "2.0.0 only"))
      assert.strictEqual(refused?._tag, "ServiceException")
      assert.include(refused?.message, "does not speak the client's version of WPS")
    }))
})

// ---------------------------------------------------------------------------------------------------------------- A.3

describe("DescribeProcess", () => {
  it.effect("asks in parameters; commas stand between identifiers, not within [A3.1]", () =>
    Effect.gen(function*() {
      const describing = Effect.forEach(["a", "b,c", "d&e"], WpsClient.describe, { concurrency: "unbounded" })
      const [sent] = yield* sending(describing, { language: "fr" })
      assert.strictEqual(
        sent?.url,
        "https://example.org/wps?service=WPS&request=DescribeProcess&version=1.0.0&Identifier=a,b%2Cc,d%26e&language=fr"
      )
      const [all] = yield* sending(WpsClient.describeAll)
      assert.include(all?.url, "&Identifier=ALL")
    }))

  it("asks in a document [A3.2]", () => {
    const document = Xml.encode(Xml.documents(requests))({
      _tag: "DescribeProcess",
      value: { _tag: "DescribeProcess", identifiers: ["a", "b"], language: some("fr") }
    })
    assert.match(
      Either.getOrElse(document, (error) => error.message),
      /<wps:DescribeProcess [^>]*service="WPS" version="1.0.0" language="fr"><ows:Identifier>a<\/ows:Identifier><ows:Identifier>b<\/ows:Identifier><\/wps:DescribeProcess>/
    )
  })

  it.effect("reads local elements in no namespace, in WPS's, and below a root without one [A3.3]", () =>
    Effect.gen(function*() {
      const inner =
        `<DataInputs><Input minOccurs="1" maxOccurs="1">${title}<LiteralData><AnyValue/></LiteralData></Input></DataInputs>
        <ProcessOutputs><Output>${title}<ComplexOutput><Default><Format><MimeType>a/b</MimeType></Format></Default></ComplexOutput></Output></ProcessOutputs>`
      const plain = descriptions(inner)
      const local =
        /(<\/?)(ProcessDescription|DataInputs|Input|LiteralData|ProcessOutputs|Output|ComplexOutput|Default|Format|MimeType)(?=[ >])/g
      const qualified = plain.replace(local, "$1wps:$2")
      const rootless = plain.replaceAll("wps:ProcessDescriptions", "ProcessDescriptions")
      const [first, ...others] = yield* Effect.forEach([plain, qualified, rootless], readDescriptions)
      deepStrictEqual(first?.map(({ inputs, outputs }) => [inputs[0]?.data._tag, outputs[0]?.data._tag]), [
        ["Literal", "Complex"]
      ])
      for (const other of others) deepStrictEqual(other, first)
    }))

  it.effect("matches descriptions by identifier, and misses those that are not there [A3.4]", () =>
    Effect.gen(function*() {
      const describe = (identifier: string) => Effect.either(WpsClient.describe(identifier))
      const both = descriptions("<ProcessOutputs/>").replace(
        "</wps:ProcessDescriptions>",
        "<ProcessDescription><ows:Identifier>b</ows:Identifier></ProcessDescription></wps:ProcessDescriptions>"
      )
      const found = yield* answered(
        Effect.forEach(["b", "missing", "echo"], describe, { concurrency: "unbounded" }),
        () => ({ body: both })
      )
      deepStrictEqual(
        Either.map(
          found,
          (all) => all.map(Either.match({ onLeft: (error) => error._tag, onRight: (one) => one.identifier }))
        ),
        Either.right(["b", "ProcessNotFound", "echo"])
      )
    }))

  it.effect("reads whether a process stores and says its status [A3.5]", () =>
    Effect.gen(function*() {
      const able = (attributes: string) =>
        Effect.map(readDescriptions(descriptions("<ProcessOutputs/>", attributes)), ([one]) => [
          one?.jobControlOptions.includes("async-execute"),
          one?.outputTransmission.includes("reference")
        ])
      deepStrictEqual(yield* able("storeSupported=\"true\" statusSupported=\"true\""), [true, true])
      deepStrictEqual(yield* able("storeSupported=\"True\" statusSupported=\"1\""), [true, true])
      deepStrictEqual(yield* able("storeSupported=\"true\""), [false, true])
      deepStrictEqual(yield* able("storeSupported=\"False\" statusSupported=\"0\""), [false, false])
      deepStrictEqual(yield* able(""), [false, false])
      const [one] = yield* readDescriptions(descriptions("<ProcessOutputs/>"))
      deepStrictEqual([one?.version, one?.inputs], [some("2"), []])
    }))

  it.effect("reads how often an input may be given, however it is written [A3.6]", () =>
    Effect.gen(function*() {
      const occurs = (attributes: string, elements = "") =>
        Effect.map(described(`${elements}<LiteralData/>`, attributes), (one) => [one.minOccurs, one.maxOccurs])
      const cases = [
        ["minOccurs=\"0\" maxOccurs=\"3\"", 0, 3],
        ["minOccurs=\"0\" maxOccurs=\"unbounded\"", 0, Infinity],
        ["minOccurs=\"0\" maxOccurs=\"2147483647\"", 0, Infinity],
        ["minOccurs=\"0\" maxOccurs=\"9223372036854775807\"", 0, Infinity],
        ["minOccurs=\"0\" maxOccurs=\"0\"", 0, 1],
        ["minOccurs=\"2\" maxOccurs=\"0\"", 2, 2],
        ["minOccurs=\"\" maxOccurs=\"\"", 1, 1],
        ["minOccurs=\"1\" maxOccurs=\"-1\"", 1, 1],
        ["", 1, 1]
      ] as const
      for (const [attributes, min, max] of cases) {
        deepStrictEqual(yield* occurs(attributes), [min, max], attributes)
      }
      const older = "<MinimumOccurs>0</MinimumOccurs><MaximumOccurs>4</MaximumOccurs>"
      deepStrictEqual(yield* occurs("", older), [0, 4])
    }))

  it.effect("reads the formats of a complex value [A3.7]", () =>
    Effect.gen(function*() {
      const format = (inner: string) => `<Format>${inner}</Format>`
      const gml = "<MimeType>text/xml</MimeType><Encoding>UTF-8</Encoding><Schema>urn:gml</Schema>"
      deepStrictEqual(
        yield* describedAs(
          "Complex",
          `<ComplexData maximumMegabytes="12"><Default>${format(gml)}</Default><Supported>${format(gml)}${
            format("<MimeType>application/json</MimeType><Encoding/>")
          }</Supported></ComplexData>`
        ),
        {
          _tag: "Complex",
          defaultFormat: some({ mimeType: some("text/xml"), encoding: some("UTF-8"), schema: some("urn:gml") }),
          formats: [
            { mimeType: some("text/xml"), encoding: some("UTF-8"), schema: some("urn:gml") },
            DataValue.format("application/json")
          ],
          maximumMegabytes: some(12)
        }
      )
      const odd = yield* describedAs("Complex", "<ComplexData maximumMegabytes=\"lots\"/>")
      deepStrictEqual(odd, { _tag: "Complex", defaultFormat: none, formats: [], maximumMegabytes: none })
    }))

  it.effect("reads what a literal may be [A3.8]", () =>
    Effect.gen(function*() {
      deepStrictEqual(yield* describedAs("Literal", "<LiteralData/>"), anyLiteral)
      deepStrictEqual(yield* describedAs("Literal", "<LiteralData><ows:AnyValue/></LiteralData>"), anyLiteral)
      deepStrictEqual(
        yield* describedAs(
          "Literal",
          `<LiteralData><ows:DataType ows:reference="http://www.w3.org/TR/xmlschema-2/#double">double</ows:DataType>
            <UOMs><Default><ows:UOM>m</ows:UOM></Default><Supported><ows:UOM>m</ows:UOM><ows:UOM>km</ows:UOM></Supported></UOMs>
            <ValuesReference ows:reference="https://example.org/values" valuesForm="urn:f"/>
            <DefaultValue>1.5</DefaultValue></LiteralData>`
        ),
        {
          _tag: "Literal",
          dataType: some("double"),
          defaultUom: some("m"),
          uoms: ["m", "km"],
          allowed: { _tag: "ValuesReference", href: "https://example.org/values" },
          defaultValue: some("1.5")
        }
      )
    }))

  it.effect("reads a default value in the namespace of OWS Common, too [A3.8]", () =>
    Effect.gen(function*() {
      for (const name of ["DefaultValue", "wps:DefaultValue", "ows:DefaultValue"]) {
        deepStrictEqual(
          yield* describedAs("Literal", `<LiteralData><${name}>7</${name}></LiteralData>`),
          { ...anyLiteral, defaultValue: some("7") }
        )
      }
    }))

  it.effect("reads allowed values and ranges, open ones too [A3.9]", () =>
    Effect.gen(function*() {
      const range = (attributes: string, min = "<ows:MinimumValue>1</ows:MinimumValue>") =>
        `<ows:Range${attributes}>${min}<ows:MaximumValue>9</ows:MaximumValue></ows:Range>`
      const read = yield* describedAs(
        "Literal",
        `<LiteralData><ows:AllowedValues><ows:Value>a</ows:Value>${range("")}<ows:Value>b</ows:Value>${
          range(" ows:rangeClosure=\"open\"")
        }${range(" rangeClosure=\"open-closed\"")}${range(" ows:rangeClosure=\"closed-open\"", "")}
        <ows:Range><ows:MinimumValue>0</ows:MinimumValue><ows:Spacing>0.5</ows:Spacing></ows:Range></ows:AllowedValues></LiteralData>`
      )
      const bounds = { minimum: some("1"), maximum: some("9"), spacing: none }
      deepStrictEqual(read._tag === "Literal" && read.allowed, {
        _tag: "AllowedValues",
        values: ["a", "b"],
        ranges: [
          { ...bounds, closure: "closed" },
          { ...bounds, closure: "open" },
          { ...bounds, closure: "open-closed" },
          { ...bounds, minimum: none, closure: "closed-open" },
          { minimum: some("0"), maximum: none, spacing: some("0.5"), closure: "closed" }
        ]
      })
    }))

  it.effect("finds the data type's name in its reference or text [A3.10]", () =>
    Effect.gen(function*() {
      const type = (reference: string, text: string) =>
        Effect.map(
          describedAs("Literal", `<LiteralData><ows:DataType${reference}>${text}</ows:DataType></LiteralData>`),
          (read) => read._tag === "Literal" ? Option.getOrUndefined(read.dataType) : undefined
        )
      assert.strictEqual(yield* type(" ows:reference=\"//www.w3.org/TR/xmlschema-2/#integer\"", ""), "integer")
      assert.strictEqual(yield* type(" ows:reference=\"xs:integer\"", "Integer number"), "integer")
      assert.strictEqual(yield* type("", "xs:integer"), "integer")
      assert.strictEqual(yield* type("", " double "), "double")
      assert.strictEqual(yield* type(" ows:reference=\"urn:x:Odd\"", "Odd type"), "Odd type")
      assert.strictEqual(yield* type("", ""), undefined)
    }))

  it.effect("reads reference systems, and the three kinds of output [A3.11]", () =>
    Effect.gen(function*() {
      const systems =
        "<Default><CRS>EPSG:4326</CRS></Default><Supported><CRS>EPSG:4326</CRS><CRS>EPSG:3857</CRS></Supported>"
      const box = { _tag: "BoundingBox", defaultCrs: some("EPSG:4326"), crs: ["EPSG:4326", "EPSG:3857"] } as const
      deepStrictEqual(yield* describedAs("BoundingBox", `<BoundingBoxData>${systems}</BoundingBoxData>`), box)
      const kinds = [
        `<BoundingBoxOutput>${systems}</BoundingBoxOutput>`,
        "<LiteralOutput><ows:DataType>xs:int</ows:DataType><UOMs><Default><ows:UOM>m</ows:UOM></Default><Supported><ows:UOM>m</ows:UOM></Supported></UOMs></LiteralOutput>",
        "<ComplexOutput><Default><Format><MimeType>a/b</MimeType></Format></Default><Supported><Format><MimeType>a/b</MimeType></Format></Supported></ComplexOutput>"
      ].map((kind) => `<Output>${title}${kind}</Output>`)
      const [one] = yield* readDescriptions(descriptions(`<ProcessOutputs>${kinds.join("")}</ProcessOutputs>`))
      deepStrictEqual(one?.outputs.map(({ data }) => data), [
        box,
        { ...anyLiteral, dataType: some("int"), defaultUom: some("m"), uoms: ["m"] },
        {
          _tag: "Complex",
          defaultFormat: some(DataValue.format("a/b")),
          formats: [DataValue.format("a/b")],
          maximumMegabytes: none
        }
      ])
    }))

  it.effect("wants an input that must occur and has no default, which some servers give all the same [A3.12]", () =>
    Effect.gen(function*() {
      const faults = (minOccurs: number, literal: string) =>
        Effect.map(
          readDescriptions(descriptions(
            `<DataInputs><Input minOccurs="${minOccurs}" maxOccurs="1">${title}<LiteralData>${literal}</LiteralData></Input></DataInputs><ProcessOutputs/>`
          )),
          ([one]) => one === undefined ? [] : validate(one, executeRequest({}).request).map((fault) => fault.reason)
        )
      deepStrictEqual(yield* faults(1, ""), ["is missing"])
      deepStrictEqual(yield* faults(1, "<DefaultValue>1</DefaultValue>"), [])
      deepStrictEqual(yield* faults(0, ""), [])
      deepStrictEqual(yield* faults(0, "<DefaultValue>1</DefaultValue>"), [])
    }))

  it.effect("gives the exception that came in the place of a description [A3.13]", () =>
    Effect.gen(function*() {
      const of = (code: string, locator: string) =>
        Effect.map(
          answered(WpsClient.describe("echo"), () => ({ body: documents.exceptionReport(code, "why", locator) })),
          leftOf
        )
      includes(yield* of("MissingParameterValue", "version"), {
        _tag: "ServiceException",
        exceptions: [exception("MissingParameterValue", some("version"), "why")]
      })
      includes(yield* of("InvalidParameterValue", "identifier"), {
        _tag: "ProcessNotFound",
        identifier: "echo"
      })
      includes(yield* of("NoApplicableCode", "x"), { _tag: "ServiceException", operation: "DescribeProcess" })
    }))
})

// ---------------------------------------------------------------------------------------------------------------- A.4

describe("Execute", () => {
  it("has its parts in order, and no DataInputs where there are none [A4.1] [A4.6]", () => {
    assert.strictEqual(written({}), "<ows:Identifier>echo</ows:Identifier></wps:Execute>")
    const whole = written({
      inputs: [{ identifier: "i", data: DataValue.literal("1") }],
      response: { _tag: "Document", outputs: [Operation.request("o")], mode: "sync", lineage: false }
    })
    assert.match(
      whole,
      /^<ows:Identifier>echo<\/ows:Identifier><wps:DataInputs>.*<\/wps:DataInputs><wps:ResponseForm>.*<\/wps:ResponseForm><\/wps:Execute>$/
    )
    const message = Wps100.Wps100.encodeRequest(executeRequest({ language: some("fr") }))
    assert.match(Either.isRight(message) && message.right._tag === "Post" ? message.right.body : "", / language="fr">/)
  })

  it("repeats an input that is given several times, in order [A4.2]", () => {
    const one = (value: string) =>
      `<wps:Input><ows:Identifier>i</ows:Identifier><wps:Data><wps:LiteralData>${value}</wps:LiteralData></wps:Data></wps:Input>`
    assert.include(
      written({ inputs: ["3", "1", "2"].map((value) => ({ identifier: "i", data: DataValue.literal(value) })) }),
      `<wps:DataInputs>${one("3")}${one("1")}${one("2")}</wps:DataInputs>`
    )
  })

  it("writes the three kinds of value [A4.3]", () => {
    assert.strictEqual(
      input(DataValue.literal("35", { dataType: "integer", uom: "m" })),
      "<wps:Data><wps:LiteralData dataType=\"integer\" uom=\"m\">35</wps:LiteralData></wps:Data>"
    )
    assert.strictEqual(
      input(DataValue.complexText("a,b", { mimeType: "text/csv", encoding: "UTF-8", schema: "urn:s" })),
      "<wps:Data><wps:ComplexData mimeType=\"text/csv\" encoding=\"UTF-8\" schema=\"urn:s\">a,b</wps:ComplexData></wps:Data>"
    )
    assert.strictEqual(
      input(DataValue.boundingBox([-1.5, 1e-7], [Infinity, 4], "EPSG:4326")),
      "<wps:Data><wps:BoundingBoxData crs=\"EPSG:4326\" dimensions=\"2\"><ows:LowerCorner>-1.5 1e-7</ows:LowerCorner>" +
        "<ows:UpperCorner>INF 4</ows:UpperCorner></wps:BoundingBoxData></wps:Data>"
    )
  })

  it("writes references with their method, headers and body [A4.4]", () => {
    const href = "https://data.example.org/a?b=1&c=2"
    const escaped = "xlink:href=\"https://data.example.org/a?b=1&amp;c=2\""
    assert.strictEqual(input(DataValue.reference(href)), `<wps:Reference ${escaped}/>`)
    assert.strictEqual(
      input(DataValue.reference(href, { format: "text/csv", headers: { Accept: "text/csv", Empty: "" } })),
      `<wps:Reference mimeType="text/csv" ${escaped}><wps:Header key="Accept" value="text/csv"/><wps:Header key="Empty" value=""/></wps:Reference>`
    )
    assert.strictEqual(
      input(DataValue.reference(href, { body: "<q:Query xmlns:q=\"urn:q\"/>" })),
      `<wps:Reference ${escaped} method="POST"><wps:Body><q:Query xmlns:q="urn:q"/></wps:Body></wps:Reference>`
    )
    assert.strictEqual(
      input(DataValue.reference(href, { bodyReference: "https://example.org/body.xml" })),
      `<wps:Reference ${escaped} method="POST"><wps:BodyReference xlink:href="https://example.org/body.xml"/></wps:Reference>`
    )
  })

  it.effect("asks for outputs by name, every one where the answer is stored [A4.5]", () =>
    Effect.gen(function*() {
      const form = (response: Execute.ResponseForm) => written({ response }).replace(/^.*<wps:ResponseForm>/, "")
      const outputs = [
        Operation.request("a", { asReference: true, format: DataValue.format("text/csv") }),
        Operation.request("b", { uom: some("m") })
      ]
      assert.strictEqual(
        form({ _tag: "Document", outputs, mode: "async", lineage: true }),
        "<wps:ResponseDocument storeExecuteResponse=\"true\" lineage=\"true\" status=\"true\">" +
          "<wps:Output mimeType=\"text/csv\" asReference=\"true\"><ows:Identifier>a</ows:Identifier></wps:Output>" +
          "<wps:Output uom=\"m\" asReference=\"false\"><ows:Identifier>b</ows:Identifier></wps:Output>" +
          "</wps:ResponseDocument></wps:ResponseForm></wps:Execute>"
      )
      const unnamed = (mode: Execute.ExecuteMode, lineage: boolean) =>
        Wps100.Wps100.mustNameOutputs({ _tag: "Document", outputs: [], mode, lineage })
      deepStrictEqual(
        [unnamed("async", false), unnamed("sync", true), unnamed("async", true), unnamed("sync", false)],
        [true, true, true, false]
      )
      // A process that has none cannot have one named.
      assert.strictEqual(
        form({ _tag: "Document", outputs: [], mode: "async", lineage: false }),
        "<wps:ResponseDocument storeExecuteResponse=\"true\" lineage=\"false\" status=\"true\"/>" +
          "</wps:ResponseForm></wps:Execute>"
      )

      const sent = yield* sending(WpsClient.execute(Operation.make({ identifier: "echo" })), {}, () => ({
        body: descriptions(
          `<ProcessOutputs>${
            ["x", "y"].map((name) => `<Output><ows:Identifier>${name}</ows:Identifier></Output>`).join("")
          }</ProcessOutputs>`,
          "storeSupported=\"true\" statusSupported=\"true\""
        )
      }))
      deepStrictEqual(sent.map((one) => one.method), ["GET", "POST"])
      deepStrictEqual(
        [...(sent[1]?.body ?? "").matchAll(/<wps:Output [^>]*><ows:Identifier>(.)/g)].map((one) => one[1]),
        [
          "x",
          "y"
        ]
      )
    }))

  it.effect("asks for status and storage together, and only where the process has them [A4.7]", () =>
    Effect.gen(function*() {
      const both = written({
        response: { _tag: "Document", outputs: [Operation.request("o")], mode: "async", lineage: false }
      })
      assert.match(both, /storeExecuteResponse="true".* status="true"/)
      const faults = (attributes: string, mode: Execute.ExecuteMode, asReference: boolean) =>
        Effect.map(
          readDescriptions(
            descriptions(
              `<ProcessOutputs><Output><ows:Identifier>o</ows:Identifier></Output></ProcessOutputs>`,
              attributes
            )
          ),
          ([one]) =>
            one === undefined ? [] : validate(
              one,
              executeRequest({
                response: { _tag: "Document", outputs: [Operation.request("o", { asReference })], mode, lineage: false }
              }).request
            ).map((fault) => fault.input)
        )
      deepStrictEqual(yield* faults("", "sync", false), [])
      deepStrictEqual(yield* faults("", "async", true), ["o", "mode"])
      deepStrictEqual(yield* faults("storeSupported=\"true\"", "async", true), ["mode"])
      deepStrictEqual(yield* faults("storeSupported=\"true\" statusSupported=\"true\"", "async", true), [])
    }))

  it.effect("asks for one raw output, with nothing about storage [A4.8]", () =>
    Effect.gen(function*() {
      const raw = yield* sending(
        Stream.runDrain(WpsClient.rawStream(Operation.make({
          identifier: "echo",
          outputs: [Operation.request("o", { format: DataValue.format("image/png"), asReference: true })]
        })))
      )
      assert.include(
        raw[0]?.body,
        "<wps:ResponseForm><wps:RawDataOutput mimeType=\"image/png\"><ows:Identifier>o</ows:Identifier></wps:RawDataOutput></wps:ResponseForm>"
      )
    }))

  it("escapes what XML would take for its own, and refuses what it cannot carry [A4.9]", () => {
    const back = (data: DataValue.DataValue) =>
      Option.getOrThrow(
        Either.getRight(
          Either.flatMap(
            Wps100.Wps100.encodeRequest(executeRequest({ inputs: [{ identifier: "i", data }] })),
            (message) => Wps100.Wps100.decodeRequest(message._tag === "Post" ? message.body : "")
          )
        )
      )
    for (const text of ["{\"a\":\"<&>\"}", "a]]>b", "🌍\r\n\ttab", "  kept  ", "&amp;"]) {
      const literal = back(DataValue.literal(text, { uom: "\"'\t\n&<" }))
      deepStrictEqual(
        literal._tag === "Execute" && literal.request.inputs[0]?.data,
        DataValue.literal(text, { uom: "\"'\t\n&<" })
      )
      const complex = back(DataValue.complexText(text, "text/plain"))
      const data = complex._tag === "Execute" ? complex.request.inputs[0]?.data : undefined
      assert.strictEqual(data?._tag === "ComplexData" ? data.content.text : "", text)
      assert.notInclude(written({ inputs: [{ identifier: "i", data: DataValue.literal(text) }] }), "]]>")
    }
    for (const text of ["\u0000", "\u001b", "\ufffe", "\ud800"]) {
      assert.include(input(DataValue.literal(text)), "cannot stand in XML")
      assert.include(input(DataValue.complexText(text, "text/plain")), "cannot stand in XML")
    }
  })

  it("tells all that it cannot write at once, by the input that it is in", () => {
    assert.strictEqual(
      written({
        inputs: [
          { identifier: "text", data: DataValue.literal("\u0000") },
          { identifier: "good", data: DataValue.literal("good") },
          { identifier: "period", data: DataValue.nested(["from", DataValue.literal("1850")]) },
          { identifier: "group", data: DataValue.nested(["a", DataValue.literal("\u0000")]) },
          { identifier: "file", data: DataValue.complexText("\ud800", "text/plain") }
        ],
        response: {
          _tag: "Document",
          outputs: [
            Operation.request("one"),
            Operation.request("two", { nested: [Operation.request("inner")] }),
            Operation.request("three", { uom: Option.some("\u0001") })
          ],
          mode: "auto",
          lineage: false
        }
      }),
      [
        "response: WPS 1.0.0 has no mode \"auto\"; choose \"sync\" or \"async\"",
        "two: WPS 1.0.0 has no outputs that are made of others",
        "three: The character U+0001 cannot stand in XML",
        "text: The character U+0000 cannot stand in XML; leave it out, or send the value as base64",
        "period: WPS 1.0.0 has no values that are made of others",
        "group: WPS 1.0.0 has no values that are made of others",
        "group: a: The character U+0000 cannot stand in XML; leave it out, or send the value as base64",
        "file: The character U+D800 cannot stand in XML; leave it out, or send the value as base64"
      ].join("; ")
    )
  })

  it.effect("embeds XML as a tree without its prologue, and bytes as base64 [A4.10]", () =>
    Effect.gen(function*() {
      const process = Process.make("p", {
        inputs: {
          xml: Input.text("text/xml"),
          packed: Input.text({ mimeType: "text/xml", encoding: "base64" }),
          bytes: Input.bytes("image/png")
        },
        outputs: { o: Output.literal(Schema.String) }
      })
      const inputs = yield* inputsOf(process({
        xml: "<?xml version=\"1.0\" encoding=\"ISO-8859-1\"?>\n<g:a xmlns:g=\"urn:g\"><g:b/></g:a>",
        packed: "<a/>",
        bytes: new Uint8Array([0, 255])
      }))
      const document = written({ inputs })
      assert.include(
        document,
        "<wps:ComplexData mimeType=\"text/xml\"><g:a xmlns:g=\"urn:g\"><g:b/></g:a></wps:ComplexData>"
      )
      assert.include(document, "<wps:ComplexData mimeType=\"text/xml\" encoding=\"base64\">PGEvPg==</wps:ComplexData>")
      assert.include(document, "<wps:ComplexData mimeType=\"image/png\" encoding=\"base64\">AP8=</wps:ComplexData>")
      const borrowed = XmlFragment.fromXml("<g:a/>", [["g", "urn:g"]])
      assert.include(
        input({ ...DataValue.complexText("", "text/xml"), content: borrowed }),
        "<g:a xmlns:g=\"urn:g\"/>"
      )
    }))

  it("writes no empty attribute, nor JavaScript's words for nothing [A4.11]", () => {
    const document = input(DataValue.complexText("a", { mimeType: "text/plain", encoding: "", schema: "" })) +
      input(DataValue.literal("a", { dataType: "", uom: undefined })) +
      input(DataValue.boundingBox([1], [2], "")) + input(DataValue.reference("https://example.org/"))
    assert.notMatch(document, /=""|undefined|null/)
  })
})

// ---------------------------------------------------------------------------------------------------------------- A.6

describe("ExecuteResponse", () => {
  it.effect("reads the attributes and every part of the document [A6.1] [A6.11]", () =>
    Effect.gen(function*() {
      const read = yield* readResponse(
        response(
          documents.succeeded,
          documents.literalOutput("out", "1"),
          `<wps:DataInputs><wps:Input><ows:Identifier>i</ows:Identifier><ows:Title>I</ows:Title><wps:Data><wps:LiteralData>3</wps:LiteralData></wps:Data></wps:Input></wps:DataInputs>
           <wps:OutputDefinitions><wps:Output asReference="true" uom="m"><ows:Identifier>out</ows:Identifier></wps:Output></wps:OutputDefinitions>`
        ).replace("serviceInstance=", "statusLocation=\"https://example.org/1\" serviceInstance=")
      )
      includes(read, {
        status: Execute.JobStatus.Succeeded({ message: "done", percent: none }),
        creationTime: some("2026-01-02T03:04:05Z"),
        statusLocation: some("https://example.org/1"),
        serviceInstance: some("https://example.org/wps?"),
        language: some("en"),
        lineage: some({
          inputs: [{ identifier: "i", data: DataValue.literal("3") }],
          outputs: [Operation.request("out", { asReference: true, uom: some("m") })]
        })
      })
      deepStrictEqual(
        Option.map(read.process, (one) => [one.identifier, one.version]),
        some(["long", some("1")])
      )
      deepStrictEqual(read.outputs.map((one) => one.identifier), ["out"])
      deepStrictEqual((yield* readResponse(response(documents.succeeded))).lineage, none)
    }))

  it.effect("a lineage that cannot be read does not spoil the rest [A6.11]", () =>
    Effect.gen(function*() {
      const { lineage, outputs } = yield* readResponse(response(
        documents.succeeded,
        documents.literalOutput("out", "1"),
        `<wps:DataInputs><wps:Input><ows:Identifier>i</ows:Identifier><wps:Data>{'a': <b/>}</wps:Data></wps:Input></wps:DataInputs>
         <wps:OutputDefinitions><wps:Output><ows:Identifier>out</ows:Identifier></wps:Output></wps:OutputDefinitions>`
      ))
      deepStrictEqual(lineage, some({ inputs: [], outputs: [Operation.request("out")] }))
      assert.lengthOf(outputs, 1)
    }))

  it.effect("reads each status [A6.2]", () =>
    Effect.gen(function*() {
      const { Accepted, Failed, Paused, Running, Succeeded } = Execute.JobStatus
      deepStrictEqual(yield* statusOf(documents.accepted), Accepted({ message: "queued", percent: none }))
      deepStrictEqual(yield* statusOf(documents.started(7)), Running({ message: "working", percent: some(7) }))
      deepStrictEqual(yield* statusOf("<wps:ProcessStarted/>"), Running({ message: "", percent: none }))
      deepStrictEqual(yield* statusOf(documents.paused), Paused({ message: "paused", percent: some(40) }))
      deepStrictEqual(yield* statusOf(documents.succeeded), Succeeded({ message: "done", percent: none }))
      deepStrictEqual(
        yield* statusOf(documents.failed(documents.exceptionReport("NoApplicableCode", "why"))),
        Failed({ message: "NoApplicableCode: why", percent: none, exceptions: [Ows.noApplicableCode("why")] })
      )
    }))

  it.effect("a job is followed until it has succeeded or failed, and not only until it pauses [A6.3]", () =>
    Effect.gen(function*() {
      const follow = (last: string) =>
        Effect.map(
          answered(
            Effect.flatMap(WpsClient.execute(Operation.make({ identifier: "long", outputs: ["out"] })), (job) =>
              Stream.runCollect(job.changes)),
            ({ method }, before) => ({
              body: documents.executeResponse(
                method === "POST"
                  ? documents.accepted
                  : [documents.started(1), documents.paused, documents.started(50), last][before] ?? "",
                method === "POST" ? { statusLocation: "/status/1" } : {}
              )
            })
          ),
          Either.map((all) =>
            [...all].map((one) => one._tag)
          )
        )
      const until = ["Accepted", "Running", "Paused", "Running"] as const
      deepStrictEqual(yield* follow(documents.succeeded), Either.right([...until, "Succeeded"]))
      deepStrictEqual(yield* follow(documents.failed("")), Either.right([...until, "Failed"]))
    }))

  it.effect("its status is asked for by a plain GET, as often as the schedule and the server say [A6.4]", () =>
    Effect.gen(function*() {
      const statusLocation = "https://example.org/status.xml?id=1&amp;a=%20b"
      const times: Array<number> = []
      const job = yield* WpsClient.execute(Operation.make({ identifier: "long", outputs: ["out"] }), {
        poll: { schedule: Schedule.spaced("10 seconds") }
      }).pipe(Effect.provide(layer(({ method }, before) => {
        if (method === "POST") return { body: documents.executeResponse(documents.accepted, { statusLocation }) }
        times.push(before)
        return before === 0
          ? { status: 404, body: "not yet" }
          : before === 1
          ? { status: 503, headers: { "retry-after": "60" } }
          : before < 5
          ? { body: documents.executeResponse(documents.started(Math.min(before, 3))) }
          : { body: documents.executeResponse(documents.succeeded) }
      })))
      const changes = yield* Effect.fork(Stream.runCollect(job.changes))
      yield* TestClock.adjust("25 seconds")
      assert.lengthOf(times, 2)
      yield* TestClock.adjust("50 seconds")
      assert.lengthOf(times, 2)
      yield* TestClock.adjust("1 minute")
      // Two of the three answers that it runs say the same.
      deepStrictEqual(
        [...yield* Fiber.join(changes)].map((one) => `${one._tag} ${Option.getOrElse(one.percent, () => "")}`),
        ["Accepted ", "Running 2", "Running 3", "Succeeded "]
      )
      assert.lengthOf(times, 6)
      deepStrictEqual(
        Option.flatMap(job.reference, (one) => one.statusLocation),
        some("https://example.org/status.xml?id=1&a=%20b")
      )
    }))

  it.effect("addresses are relative to the document that they stand in [A6.6]", () =>
    Effect.gen(function*() {
      const fetched = Process.make("long", {
        inputs: {},
        outputs: { near: Output.reference(Output.text("text/plain")), far: Output.reference(Output.text("text/plain")) }
      })
      const result = yield* answered(WpsClient.run(fetched({}), { mode: "async" }), ({ method }) => ({
        body: method === "POST"
          ? documents.executeResponse(documents.accepted, { statusLocation: "jobs/7/status.xml" })
          : documents.executeResponse(documents.succeeded, {
            outputs: documents.referenceOutput("near", "out/1.txt") +
              documents.referenceOutput("far", "http://elsewhere.example/2.txt?a=%20b")
          })
      }))
      deepStrictEqual(
        Either.map(result, ({ far, near }) => [near.href, far.href]),
        Either.right(["https://example.org/jobs/7/out/1.txt", "http://elsewhere.example/2.txt?a=%20b"])
      )
    }))

  it.effect("an output's reference has an href in XLink's namespace or in none [A6.7]", () =>
    Effect.gen(function*() {
      const expected = { ...DataValue.reference("https://example.org/1?a&b"), format: DataValue.format("text/csv") }
      for (const name of ["href", "xlink:href"]) {
        deepStrictEqual(
          yield* outputOf(`<wps:Reference ${name}="https://example.org/1?a&amp;b" mimeType="text/csv" encoding=""/>`),
          expected
        )
      }
    }))

  it.effect("keeps complex data to the letter [A6.8]", () =>
    Effect.gen(function*() {
      const content = (inner: string, attributes = "") =>
        Effect.flatMap(
          outputOf(`<wps:Data><wps:ComplexData${attributes}>${inner}</wps:ComplexData></wps:Data>`),
          DataValue.toText
        )
      assert.strictEqual(yield* content(" a<![CDATA[<b>&]]>&amp;c\n"), " a<b>&&c\n")
      assert.strictEqual(
        yield* content("\n <ows:a><wps:b k=\"1\">x</wps:b><!-- c --></ows:a> \n"),
        "<ows:a xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" xmlns:ows=\"http://www.opengis.net/ows/1.1\">" +
          "<wps:b k=\"1\">x</wps:b><!-- c --></ows:a>"
      )
      for (const encoding of ["base64", "Base64", "BASE64"]) {
        assert.strictEqual(yield* content("\n aGVs\n bG8= \n", ` encoding="${encoding}"`), "hello")
      }
    }))

  it.effect("reads a literal that is made of elements as the complex value that it is [A6.8]", () =>
    Effect.gen(function*() {
      const grid = "\n<grid xmlns=\"urn:grid\"><side unit=\"m\">12</side></grid>\n"
      const data = yield* outputOf(`<wps:Data><wps:LiteralData>${grid}</wps:LiteralData></wps:Data>`)
      assert(data._tag === "ComplexData")
      deepStrictEqual([data.content.source, data.format], [grid, DataValue.anyFormat])
      for (const text of [" 1 ", "a <!-- b -->c", "<![CDATA[<grid/>]]>", "&lt;grid/&gt;", ""]) {
        const literal = yield* outputOf(
          `<wps:Data><wps:LiteralData dataType="string" uom="m">${text}</wps:LiteralData></wps:Data>`
        )
        includes(literal, { _tag: "LiteralData", dataType: some("string"), uom: some("m") })
      }
    }))

  it.effect("reads boxes between any white space [A6.9]", () =>
    Effect.gen(function*() {
      const box = (lower: string, upper: string, attributes = "") =>
        outputOf(
          `<wps:Data><wps:BoundingBoxData${attributes}><ows:LowerCorner>${lower}</ows:LowerCorner><ows:UpperCorner>${upper}</ows:UpperCorner></wps:BoundingBoxData></wps:Data>`
        )
      deepStrictEqual(
        yield* box(" -180.0  -90.0 ", "\n180\t+9E1\n", " crs=\"EPSG:4326\" dimensions=\"2\""),
        DataValue.boundingBox([-180, -90], [180, 90], "EPSG:4326")
      )
      deepStrictEqual(yield* box("-INF", "INF", " crs=\"None\""), DataValue.boundingBox([-Infinity], [Infinity]))
      const wrong = response(
        documents.succeeded,
        output(
          "<wps:Data><wps:BoundingBoxData><ows:LowerCorner>1 north</ows:LowerCorner><ows:UpperCorner>2 3</ows:UpperCorner></wps:BoundingBoxData></wps:Data>"
        )
      )
      includes(leftOf(decode(wrong)), { reason: "invalid-value" })
    }))

  it.effect("bears how servers write it [A6.10]", () =>
    Effect.gen(function*() {
      const percent = (status: string) => Effect.map(statusOf(status), (one) => one.percent)
      deepStrictEqual(yield* percent(documents.started("55.5")), some(55.5))
      deepStrictEqual(yield* percent(documents.started("100")), some(100))
      deepStrictEqual(yield* percent(documents.started("250")), some(100))
      deepStrictEqual(yield* percent(documents.started("half")), none)
      deepStrictEqual(
        yield* percent("<wps:ProcessAccepted percentCompleted=\"0\">q</wps:ProcessAccepted>"),
        some(0)
      )
      const plain = response(documents.succeeded)
      const timeless = yield* readResponse(plain.replace(/creationTime="[^"]*"/, "creationTime=\"\""))
      deepStrictEqual(timeless.creationTime, none)
      const nameless = yield* readResponse(plain.replace(" wps:processVersion=\"1\"", ""))
      deepStrictEqual(Option.map(nameless.process, (one) => one.version), some(none))
      const doubled = yield* readResponse(plain.replace("wps?\"", "wps?a=1&amp;amp;b=2\""))
      deepStrictEqual(doubled.serviceInstance, some("https://example.org/wps?a=1&amp;b=2"))
      assert.strictEqual(
        (yield* readResponse(response(documents.succeeded, "", "<x:extra xmlns:x=\"urn:x\"/>"))).status._tag,
        "Succeeded"
      )
      deepStrictEqual(
        yield* outputOf(
          "<wps:Data><wps:ComplexData mimeType=\"a/b\" encoding=\"\" schema=\"\">x</wps:ComplexData></wps:Data>"
        ).pipe(
          Effect.map((data) => data._tag === "ComplexData" ? data.format : data)
        ),
        DataValue.format("a/b")
      )
      const inner = documents.exceptionReport("Odd", "out of {memory}")
      const failures = [
        inner,
        inner.replaceAll("ows:", "wps:").replace("xmlns:wps=\"http://www.opengis.net/ows/1.1\"", ""),
        inner.replaceAll("ows:", "").replace("xmlns:ows=\"http://www.opengis.net/ows/1.1\"", "xmlns=\"\""),
        inner.replaceAll("<", "&lt;"),
        `<![CDATA[${inner}]]>`
      ]
      for (const failure of failures) {
        const status = yield* statusOf(documents.failed(failure))
        deepStrictEqual(status._tag === "Failed" && status.exceptions, [
          exception("Odd", none, "out of {memory}")
        ], failure)
      }
    }))

  it.effect("without a status, says by what it has how far the job is [A6.2] [A6.10]", () =>
    Effect.gen(function*() {
      const silent = (attributes: string, content: string) =>
        `<wps:ExecuteResponse ${namespaces} ${attributes}>${content}</wps:ExecuteResponse>`
      const place = "statusLocation=\"https://example.org/jobs/7\""
      const outputs = `<wps:ProcessOutputs>${
        output("<wps:Data><wps:LiteralData>1</wps:LiteralData></wps:Data>")
      }</wps:ProcessOutputs>`
      const accepted = yield* readResponse(silent(place, ""))
      assert.strictEqual(accepted.status._tag, "Accepted")
      deepStrictEqual(accepted.statusLocation, some("https://example.org/jobs/7"))
      assert.strictEqual((yield* readResponse(silent("", outputs))).status._tag, "Succeeded")
      for (const unclear of [silent("", ""), silent("statusLocation=\"\"", ""), silent(place, outputs)]) {
        includes(leftOf(decode(unclear)), { _tag: "XmlError", reason: "invalid-value" })
      }
      assert.isTrue(Either.isLeft(decode(silent(place, "<wps:Status/>"))))
    }))

  it.effect("reads an identifier that lacks a letter [A6.10]", () =>
    Effect.gen(function*() {
      const value = output("<wps:Reference href=\"https://example.org/r\" mimeType=\"image/tiff\"/>")
      const read = yield* readResponse(
        response(documents.succeeded, value).replaceAll("ows:Identifier", "ows:Identifer")
      )
      deepStrictEqual(read, yield* readResponse(response(documents.succeeded, value)))
      deepStrictEqual([read.outputs[0]?.identifier, Option.isSome(read.process)], ["out", true])
    }))

  it.effect("has the process in the place of WPS 0.4.0 [A6.10]", () =>
    Effect.gen(function*() {
      const former = (content: string) =>
        `<ExecuteResponse xmlns="http://www.opengeospatial.net/wps" xmlns:ows="http://www.opengeospatial.net/ows"
          version="0.4.0">${content}<Status><ProcessStarted percentCompleted="40"/></Status></ExecuteResponse>`
      const processOf = (content: string) => Effect.map(readResponse(former(content)), ({ process }) => process)
      includes(Option.getOrThrow(yield* processOf("<ows:Identifier>buffer</ows:Identifier>")), {
        identifier: "buffer",
        title: none,
        version: none
      })
      includes(
        Option.getOrThrow(yield* processOf(`<ows:Identifier>buffer</ows:Identifier><Process>${title}</Process>`)),
        { identifier: "echo", title: some("Echo") }
      )
      deepStrictEqual(yield* processOf(""), none)
    }))

  it.effect("an exception report, in whatever HTTP status, and a page that is none, are told apart [A6.12] [D9]", () =>
    Effect.gen(function*() {
      const run = (answer: Answer) =>
        Effect.map(answered(WpsClient.run(Operation.make({ identifier: "echo" })), () => answer), leftOf)
      const body = documents.exceptionReport("NoApplicableCode", "why")
      for (const status of [200, 400, 404, 500, 501]) {
        includes(yield* run({ status, body }), { _tag: "ServiceException", status, code: "NoApplicableCode" })
      }
      const pages = [
        [
          { status: 500, headers: { "content-type": "text/html" }, body: "<html><body>oops" },
          "html",
          "<html><body>oops"
        ],
        [{ status: 502, headers: { "content-type": "text/plain" }, body: "oops" }, "not-xml", "oops"],
        [{ status: 500, body: "" }, "empty", ""],
        [{ status: 404, body: documents.executeResponse(documents.succeeded) }, "http-status", "<?xml"]
      ] as const
      for (const [answer, kind, excerpt] of pages) {
        const error = yield* run(answer)
        includes(error, {
          _tag: "UnexpectedResponse",
          status: answer.status,
          kind,
          url: "https://example.org/wps"
        })
        assert.isTrue(error?._tag === "UnexpectedResponse" && error.excerpt.startsWith(excerpt))
      }
    }))
})

// ---------------------------------------------------------------------------------------------------------------- A.7

describe("exception reports", () => {
  it.effect("keep every exception and every text, in order [A7.1]", () =>
    Effect.gen(function*() {
      const read = yield* readReport(report(
        `<ows:Exception exceptionCode="A" locator="x"><ows:ExceptionText>1</ows:ExceptionText><ows:ExceptionText>2</ows:ExceptionText></ows:Exception>
         <ows:Exception exceptionCode="B"/>`,
        "version=\"1.1.0\" xml:lang=\"fr\""
      ))
      deepStrictEqual(read, {
        version: some("1.1.0"),
        language: some("fr"),
        exceptions: [exception("A", some("x"), "1", "2"), exception("B", none)]
      })
    }))

  it.effect("may have any code [A7.2]", () =>
    Effect.gen(function*() {
      for (
        const code of [
          "MissingParameterValue",
          "VersionNegotiationFailed",
          "InvalidUpdateSequence",
          "OperationNotSupported",
          "NotEnoughStorage",
          "FileSizeExceeded",
          "StorageNotSupported",
          "JAVA_StackTrace"
        ]
      ) {
        const error = yield* Effect.map(
          answered(
            WpsClient.run(Operation.make({ identifier: "echo" })),
            () => ({ body: documents.exceptionReport(code, "x") })
          ),
          leftOf
        )
        includes(error, { _tag: "ServiceException", code })
      }
    }))

  it.effect("are read as servers write them, in any version of OWS Common [A7.3] [D10]", () =>
    Effect.gen(function*() {
      const inner =
        "<o:Exception exceptionCode=\"A\" locator=\"x\"><o:ExceptionText>why</o:ExceptionText></o:Exception>"
      const versions = [
        "http://www.opengis.net/ows",
        "http://www.opengis.net/ows/1.1",
        "http://www.opengis.net/ows/2.0"
      ]
      for (const uri of versions) {
        deepStrictEqual(
          yield* exceptionsOf(report(inner, "", "o", uri)),
          [exception("A", some("x"), "why")],
          uri
        )
      }
      deepStrictEqual(
        yield* exceptionsOf(`<ExceptionReport>${inner.replaceAll("o:", "")}</ExceptionReport>`),
        [exception("A", some("x"), "why")]
      )
      const one = (source: string) => exceptionsOf(report(source))
      deepStrictEqual(yield* one("<ows:Exception/>"), [exception("NoApplicableCode", none)])
      deepStrictEqual(
        yield* one("<ows:Exception exceptionCode=\"ServerBusy\" locator=\"None\"> no room </ows:Exception>"),
        [exception("ServerBusy", none, "no room")]
      )
      deepStrictEqual(
        yield* exceptionsOf(
          "<ServiceExceptionReport xmlns=\"http://www.opengis.net/ogc\" version=\"1.2.0\"><ServiceException code=\"C\" locator=\"l\"> a <![CDATA[<b>]]></ServiceException></ServiceExceptionReport>"
        ),
        [exception("C", some("l"), "a <b>")]
      )
    }))

  it.effect("say to try again only where that is right, and nothing tries an Execute again by itself [A7.4]", () =>
    Effect.gen(function*() {
      const run = (answer: Answer) =>
        Effect.gen(function*() {
          const fiber = yield* Effect.fork(Effect.flip(WpsClient.run(Operation.make({ identifier: "echo" }))))
          yield* TestClock.adjust("1 hour")
          const { _tag } = yield* Fiber.join(fiber)
          return [_tag, (yield* Effect.flatMap(Server, ({ sent }) => sent)).length] as const
        }).pipe(Effect.provide(layer(() => answer)))
      deepStrictEqual(yield* run({ body: documents.exceptionReport("ServerBusy", "later") }), ["ServerBusy", 1])
      deepStrictEqual(yield* run({ status: 503, body: "<html/>" }), ["ServerBusy", 1])
      deepStrictEqual(yield* run({ status: 429, body: "" }), ["ServerBusy", 1])
      deepStrictEqual(yield* run({ status: 500, body: "<html/>" }), ["UnexpectedResponse", 1])
      deepStrictEqual(yield* run({ body: documents.exceptionReport("NotEnoughStorage", "") }), [
        "ServiceException",
        1
      ])
    }))

  it.effect("are shown to the letter [A7.5]", () =>
    Effect.gen(function*() {
      const text = "{0} %s ${x} $& \\1 {missing}"
      const error = yield* Effect.map(
        answered(WpsClient.run(Operation.make({ identifier: "{echo}" })), () => ({
          body: documents.executeResponse(
            documents.failed(documents.exceptionReport("Odd", text.replace("&", "&amp;")))
          )
        })),
        leftOf
      )
      assert.strictEqual(error?.message, `{echo} failed on the server: Odd: ${text}.`)
    }))
})

// ---------------------------------------------------------------------------------------------------------------- A.8

describe("XML", () => {
  const plain = response(documents.started(5), documents.literalOutput("größe", "é"))

  it.effect("is matched by namespace and local name, never by prefix [A8.1]", () =>
    Effect.gen(function*() {
      const expected = yield* readResponse(plain)
      const renamed = plain.replaceAll("wps:", "ns0:").replaceAll("ows:", "wps:").replace(
        "xmlns:wps=\"http://www.opengis.net/wps",
        "xmlns:ns0=\"http://www.opengis.net/wps"
      )
        .replace("xmlns:ows=", "xmlns:wps=")
      deepStrictEqual(yield* readResponse(renamed), expected)
      const unprefixed = plain.replaceAll("<wps:", "<").replaceAll("</wps:", "</").replace(
        "xmlns:wps=",
        "xmlns:w=\"http://www.opengis.net/wps/1.0.0\" xmlns="
      )
        .replace("wps:processVersion", "w:processVersion")
      deepStrictEqual(yield* readResponse(unprefixed), expected)
      includes(leftOf(decode(plain.replace("wps/1.0.0\"", "wps/9.9.9\""))), { reason: "unexpected-root" })
    }))

  it.effect("is read in the encoding that it has [A8.3]", () =>
    Effect.gen(function*() {
      const expected = yield* readResponse(plain)
      const [, ...body] = plain.split("\n")
      const declared = (encoding: string) => [`<?xml version="1.0" encoding="${encoding}"?>`, ...body].join("\n")
      const utf16 = (text: string, littleEndian: boolean) => {
        const bytes = new DataView(new ArrayBuffer(2 + 2 * text.length))
        bytes.setUint16(0, 0xfeff, littleEndian)
        for (let i = 0; i < text.length; i++) bytes.setUint16(2 + 2 * i, text.charCodeAt(i), littleEndian)
        return new Uint8Array(bytes.buffer)
      }
      const encodings = [
        new TextEncoder().encode(plain),
        new TextEncoder().encode(`\ufeff${plain}`),
        new TextEncoder().encode(body.join("\n")),
        Uint8Array.from(declared("ISO-8859-1"), (one) => one.charCodeAt(0)),
        utf16(declared("UTF-16"), true),
        utf16(declared("UTF-16"), false)
      ]
      for (const bytes of encodings) deepStrictEqual(yield* readResponse(bytes), expected)
    }))

  it.effect("is refused where it is too deep [A8.4]", () =>
    Effect.gen(function*() {
      const deep = (levels: number) =>
        response(
          documents.succeeded,
          output(
            `<wps:Data><wps:ComplexData>${"<a>".repeat(levels)}${"</a>".repeat(levels)}</wps:ComplexData></wps:Data>`
          )
        )
      assert.strictEqual((yield* readResponse(deep(100))).outputs.length, 1)
      includes(leftOf(decode(deep(200))), { reason: "limit" })
    }))
})

// ------------------------------------------------------------------------------------------------------------------ D

describe("OWS Common", () => {
  it.effect("reads who the service is and who runs it [D1] [D2]", () =>
    Effect.gen(function*() {
      const { identification, provider } = yield* readCapabilities(capabilities(
        `<ows:ServiceIdentification><ows:Title>T</ows:Title><ows:Title xml:lang="fr">U</ows:Title><ows:Abstract>A</ows:Abstract>
          <ows:Keywords><ows:Keyword>k1</ows:Keyword><ows:Keyword>k2</ows:Keyword></ows:Keywords><ows:Keywords><ows:Keyword>k3</ows:Keyword></ows:Keywords>
          <ows:ServiceType codeSpace="urn:ogc">WPS</ows:ServiceType><ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion>
          <ows:ServiceTypeVersion>2.0.0</ows:ServiceTypeVersion><ows:Profile>urn:p</ows:Profile><ows:Fees>NONE</ows:Fees>
          <ows:AccessConstraints>a</ows:AccessConstraints><ows:AccessConstraints>b</ows:AccessConstraints></ows:ServiceIdentification>
        <ows:ServiceProvider><ows:ProviderName>P</ows:ProviderName><ows:ProviderSite xlink:href="https://example.org/p"/>
          <ows:ServiceContact><ows:IndividualName>Ada</ows:IndividualName><ows:PositionName>Chief</ows:PositionName><ows:ContactInfo>
            <ows:Phone><ows:Voice>1</ows:Voice><ows:Voice>2</ows:Voice><ows:Facsimile>3</ows:Facsimile></ows:Phone>
            <ows:Address><ows:DeliveryPoint>d1</ows:DeliveryPoint><ows:DeliveryPoint>d2</ows:DeliveryPoint><ows:City>c</ows:City>
              <ows:AdministrativeArea>a</ows:AdministrativeArea><ows:PostalCode>p</ows:PostalCode><ows:Country>C</ows:Country>
              <ows:ElectronicMailAddress>m@example.org</ows:ElectronicMailAddress></ows:Address>
            <ows:OnlineResource xlink:href="https://example.org/o"/><ows:HoursOfService>h</ows:HoursOfService>
            <ows:ContactInstructions>i</ows:ContactInstructions></ows:ContactInfo><ows:Role>r</ows:Role></ows:ServiceContact></ows:ServiceProvider>`
      ))
      deepStrictEqual(
        identification,
        some({
          titles: ["T", "U"],
          abstracts: ["A"],
          keywords: ["k1", "k2", "k3"],
          serviceType: some("WPS"),
          serviceTypeVersions: ["1.0.0", "2.0.0"],
          profiles: ["urn:p"],
          fees: some("NONE"),
          accessConstraints: ["a", "b"]
        })
      )
      deepStrictEqual(
        provider,
        some({
          name: some("P"),
          site: some("https://example.org/p"),
          contact: some({
            individualName: some("Ada"),
            positionName: some("Chief"),
            role: some("r"),
            phones: ["1", "2"],
            faxes: ["3"],
            deliveryPoints: ["d1", "d2"],
            city: some("c"),
            administrativeArea: some("a"),
            postalCode: some("p"),
            country: some("C"),
            emails: ["m@example.org"],
            onlineResource: some("https://example.org/o"),
            hoursOfService: some("h"),
            contactInstructions: some("i")
          })
        })
      )
      const empty = yield* readCapabilities(
        capabilities("<ows:ServiceIdentification/><ows:ServiceProvider><ows:ServiceContact/></ows:ServiceProvider>")
      )
      deepStrictEqual(Option.map(empty.identification, (one) => one.titles), some([]))
      deepStrictEqual(Option.flatMap(empty.provider, (one) => one.name), none)
    }))

  it.effect("reads operations with their addresses, and what each is for [D3]", () =>
    Effect.gen(function*() {
      const domain = (kind: string, name: string, value: string) =>
        `<ows:${kind} name="${name}"><ows:AllowedValues><ows:Value>${value}</ows:Value></ows:AllowedValues></ows:${kind}>`
      const { operations } = yield* readCapabilities(capabilities(
        `<ows:OperationsMetadata><ows:Operation name="Execute"><ows:DCP><ows:HTTP><ows:Get xlink:href="https://example.org/get?"/>
          <ows:Post xlink:href="https://example.org/soap">${domain("Constraint", "PostEncoding", "SOAP")}</ows:Post>
          <ows:Post xlink:href="https://example.org/xml">${
          domain("Constraint", "PostEncoding", "XML")
        }</ows:Post></ows:HTTP></ows:DCP>
          ${
          domain("Parameter", "store", "true")
        }<ows:Constraint name="any"><ows:AnyValue/></ows:Constraint></ows:Operation>
          <ows:ExtendedCapabilities><x/></ows:ExtendedCapabilities></ows:OperationsMetadata>`
      ))
      const encoding = (value: string) => [{ name: "PostEncoding", values: [value] }]
      deepStrictEqual(operations, [{
        name: "Execute",
        endpoints: [
          { method: "GET", href: "https://example.org/get?", constraints: [] },
          { method: "POST", href: "https://example.org/soap", constraints: encoding("SOAP") },
          { method: "POST", href: "https://example.org/xml", constraints: encoding("XML") }
        ],
        parameters: [{ name: "store", values: ["true"] }],
        constraints: [{ name: "any", values: [] }]
      }])
    }))

  it.effect("reads a document with any of its parts left out [D6] [D7]", () =>
    Effect.gen(function*() {
      const unchanged = yield* readCapabilities(capabilities("", "version=\"1.0.0\" updateSequence=\"2026-01-02\""))
      includes(unchanged, {
        version: some("1.0.0"),
        updateSequence: some("2026-01-02"),
        identification: none,
        provider: none,
        operations: [],
        processes: []
      })
      const languages = yield* readCapabilities(
        capabilities("<wps:Languages><wps:Default><ows:Language>en</ows:Language></wps:Default></wps:Languages>")
      )
      deepStrictEqual([languages.defaultLanguage, languages.languages], [some("en"), []])
    }))

  it.effect("says what a SOAP fault is [D11]", () =>
    Effect.gen(function*() {
      const fault =
        "<s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\"><s:Body><s:Fault/></s:Body></s:Envelope>"
      const error = leftOf(yield* answered(WpsClient.capabilities, () => ({ status: 500, body: fault })))
      includes(error, { _tag: "UnexpectedResponse", kind: "other-document", status: 500 })
      assert.include(error?.message, "soap-envelope")
    }))
})
