import { Auth } from "@effect-wps/auth"
import { WpsNode, WpsTest } from "@effect-wps/testing"
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
  Wps200,
  WpsClient,
  type WpsProtocol
} from "@effect-wps/wps"
import { Xml } from "@effect-wps/xml"
import { HttpBody, HttpClient, HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, FastCheck as fc, Layer, Option, Redacted, Ref, Schema, Stream, TestClock } from "effect"
import { receive } from "../src/internal/receive.ts"
import { requests } from "../src/internal/wps100Documents.ts"
import { requests as requests200 } from "../src/internal/wps200Documents.ts"
import * as arbitraries from "./support/arbitraries.ts"
import { includes } from "./support/includes.ts"
import { objections, present } from "./support/schemas.ts"

const writeRequest = Xml.encode(Xml.documents(requests))
/** A request as the document that goes, or could go, by POST. */
const documentOf = (request: WpsProtocol.WpsRequest): Either.Either<string, unknown> => {
  switch (request._tag) {
    case "GetCapabilities":
      return writeRequest({ _tag: "GetCapabilities", value: request })
    case "DescribeProcess":
      return writeRequest({ _tag: "DescribeProcess", value: request })
    default:
      return Either.map(Wps100.Wps100.encodeRequest(request), (message) => message._tag === "Post" ? message.body : "")
  }
}

const writeRequest200 = Xml.encode(Xml.documents(requests200))
/** The same in WPS 2.0. */
const documentOf200 = (request: WpsProtocol.WpsRequest): Either.Either<string, unknown> => {
  switch (request._tag) {
    case "GetCapabilities":
      return writeRequest200({ _tag: "GetCapabilities", value: request })
    case "DescribeProcess":
      return writeRequest200({ _tag: "DescribeProcess", value: request })
    case "Execute":
      return Either.map(Wps200.Wps200.encodeRequest(request), (message) => message._tag === "Post" ? message.body : "")
    default: {
      const { _tag, jobId } = request
      return writeRequest200(
        _tag === "GetStatus"
          ? { _tag, value: { _tag, jobId } }
          : _tag === "GetResult"
          ? { _tag, value: { _tag, jobId } }
          : { _tag: "Dismiss", value: { _tag: "Dismiss", jobId } }
      )
    }
  }
}

const response: fc.Arbitrary<WpsProtocol.WpsResponse> = fc.oneof(
  arbitraries.capabilities.map((value) => ({ _tag: "Capabilities" as const, value })),
  arbitraries.descriptions.map((value) => ({ _tag: "ProcessDescriptions" as const, value })),
  arbitraries.executeResponse.map((value) => ({ _tag: "ExecuteResponse" as const, value })),
  arbitraries.exceptionReport.map((value) => ({ _tag: "ExceptionReport" as const, value }))
)

const read = (body: string) =>
  receive(
    { operation: "Execute", identifier: Option.none(), jobId: Option.none() },
    HttpClientResponse.fromWeb(HttpClientRequest.get("https://example.org/wps"), new Response(body))
  )

describe("what is written reads back the same", () => {
  it.effect.prop("every request", { request: arbitraries.request }, ({ request }) =>
    Effect.gen(function*() {
      const again = yield* Wps100.Wps100.decodeRequest(yield* documentOf(request))
      deepStrictEqual(arbitraries.comparable(again), arbitraries.comparable(request))
    }))

  it.effect.prop("every answer", { response }, ({ response }) =>
    Effect.gen(function*() {
      const again = yield* Effect.either(read(yield* Wps100.Wps100.encodeResponse(response)))
      if (response._tag === "ExceptionReport") {
        includes(Either.isLeft(again) ? again.left : again.right, {
          _tag: "ServiceException",
          exceptions: response.value.exceptions
        })
      } else {
        deepStrictEqual(
          arbitraries.comparable(Either.getOrElse(again, (error) => error.message)),
          arbitraries.comparable(response)
        )
      }
    }))

  it.effect.prop(
    "every request of WPS 2.0",
    { request: arbitraries.any200.request },
    ({ request }) =>
      Effect.gen(function*() {
        const again = yield* Wps200.Wps200.decodeRequest(yield* documentOf200(request))
        deepStrictEqual(arbitraries.comparable(again), arbitraries.comparable(request))
      })
  )

  it.effect.prop(
    "every answer of WPS 2.0",
    { response: arbitraries.any200.answer },
    ({ response }) =>
      Effect.gen(function*() {
        const again = yield* Effect.either(read(yield* Wps200.Wps200.encodeResponse(response)))
        if (response._tag === "ExceptionReport") {
          includes(Either.isLeft(again) ? again.left : again.right, {
            _tag: "ServiceException",
            exceptions: response.value.exceptions
          })
        } else {
          deepStrictEqual(
            arbitraries.comparable(Either.getOrElse(again, (error) => error.message)),
            arbitraries.comparable(response)
          )
        }
      })
  )
})

/** A process with every kind of input and output. */
const everything = Process.make("every:thing", {
  title: "Everything",
  abstract: "Takes & gives <everything>",
  version: "1.2.3",
  inputs: {
    text: Input.literal(Schema.String, { allowedValues: ["a < b", "c"], defaultValue: "c" }),
    count: Input.repeated(Input.literal(Schema.Int, { range: { minimum: "0", maximum: "10" } }), { min: 2 }),
    flag: Input.optional(Input.literal(Schema.Boolean)),
    when: Input.optional(Input.literal(Schema.Date)),
    width: Input.literal(Schema.Number, { uom: "m" }),
    length: Input.measure(Schema.Number, ["m", "km"]),
    anything: Input.optional(Input.literal(Schema.String, { allowedValues: [] })),
    json: Input.complex(Schema.Struct({ a: Schema.Number }), "application/json"),
    xml: Input.text({ mimeType: "text/xml", schema: "http://schemas.opengis.net/gml/3.1.1/base/gml.xsd" }),
    bytes: Input.bytes("image/png"),
    far: Input.text("text/plain"),
    box: Input.boundingBox("EPSG:4326", "urn:ogc:def:crs:EPSG::3857"),
    anyBox: Input.optional(Input.boundingBox())
  },
  outputs: {
    text: Output.literal(Schema.String),
    width: Output.literal(Schema.Number, { uom: "m" }),
    length: Output.measure(Schema.Number, ["m", "km"]),
    json: Output.complex(Schema.Struct({ a: Schema.Number }), "application/json"),
    xml: Output.text("text/xml"),
    bytes: Output.bytes("image/png"),
    box: Output.boundingBox("EPSG:4326"),
    anyBox: Output.optional(Output.boundingBox())
  }
})

const stages = Process.make("stages", { inputs: {}, outputs: { result: Output.literal(Schema.String) } })
const broken = Process.make("broken", { inputs: {}, outputs: { result: Output.literal(Schema.String) } })

const period = { from: 1850, to: Option.some(2014) }

/** A process whose inputs and outputs are made of others. */
const groups = Process.make("groups", {
  inputs: { period: Input.nested({ from: Input.literal(Schema.Int), to: Input.optional(Input.literal(Schema.Int)) }) },
  outputs: {
    period: Output.nested({ from: Output.literal(Schema.Int), to: Output.optional(Output.literal(Schema.Int)) })
  }
})

const grouping = WpsNode.handle(groups, () => Effect.succeed({ period }))

const node = [
  WpsNode.handle(
    everything,
    ({ anyBox, box, bytes, json, length, text, width, xml }) =>
      Effect.succeed({ text, width, length, json, xml, bytes, box, anyBox: Option.fromNullable(anyBox) })
  ),
  WpsNode.handle(stages, (_, { pause, report }) =>
    Effect.gen(function*() {
      yield* report(33.3, "a third & more")
      yield* Effect.sleep("10 seconds")
      yield* pause(150, "waiting <here>")
      yield* Effect.sleep("10 seconds")
      return { result: "done" }
    })),
  WpsNode.handle(broken, () =>
    Effect.fail(
      new Ows.OwsException({ code: "OfItsOwn", locator: Option.some("a \"b\""), texts: ["one", "two & {three}"] })
    ), { async: false })
]

const given = {
  text: "a < b",
  count: [1, 2, 3],
  width: 1e21,
  length: { value: -Infinity, uom: "km" },
  json: { a: 1e-7 },
  xml: "<?xml version=\"1.0\"?>\n<g:Point xmlns:g=\"http://www.opengis.net/gml\"><g:pos>1 2</g:pos></g:Point>",
  bytes: new Uint8Array([0, 1, 254, 255]),
  far: DataValue.reference("https://data.example.org/a?b&c", {
    format: "text/plain",
    headers: { Accept: "text/plain", Empty: "" },
    body: "<query/>"
  }),
  box: DataValue.boundingBox([-90, -180], [90, 1e-7]),
  anyBox: DataValue.boundingBox([1, 2, 3], [4, 5, 6])
}

/** Nobody is let in to the process that is refused. */
const authorize: WpsNode.Options["authorize"] = (request) =>
  request.url.includes("refused=1") ? WpsNode.bearer(Redacted.make("secret"))(request) : Effect.succeedNone

/** What goes to a node and comes back, as XML, while a program runs. */
const recorded = <E>(
  program: Effect.Effect<void, E, WpsClient.WpsClient | HttpClient.HttpClient>,
  options?: { readonly client: Partial<WpsClient.Options>; readonly more: ReadonlyArray<typeof grouping> }
) =>
  Effect.gen(function*() {
    const log = yield* Ref.make<ReadonlyArray<string>>([])
    const record = (document: string) => Ref.update(log, (all) => [...all, document])
    const recording = Effect.map(HttpClient.HttpClient, (client) =>
      client.pipe(
        HttpClient.tapRequest(({ body }) =>
          body._tag === "Uint8Array" ? record(new TextDecoder().decode(body.body)) : Effect.void
        ),
        HttpClient.tap((response) =>
          response.headers["content-type"]?.startsWith("text/xml") === true
            ? Effect.flatMap(response.text, record)
            : Effect.void
        )
      ))
    const layer = WpsClient.layer({ url: WpsTest.url, validate: "never", ...options?.client }).pipe(
      Layer.provideMerge(Layer.effect(HttpClient.HttpClient, recording)),
      Layer.provide([
        Auth.layerAnonymous,
        WpsTest.layerHttpClient([...node, ...options?.more ?? []], {
          authorize,
          fetch: () => Effect.succeed(new TextEncoder().encode("far"))
        })
      ])
    )
    yield* Effect.provide(program, layer)
    return yield* Ref.get(log)
  })

describe.skipIf(!present)("the schemas of the OGC", () => {
  it.effect("refuse what is wrong", () =>
    Effect.gen(function*() {
      const right = "<wps:GetCapabilities xmlns:wps=\"http://www.opengis.net/wps/1.0.0\" service=\"WPS\"/>"
      const wrong = [right.replace("WPS\"", "WFS\""), "<a/>", "<a"]
      const found = yield* objections([right, ...wrong])
      for (const one of wrong) assert.isTrue(found.some((objection) => objection.endsWith(one)), one)
      assert.isFalse(found.some((objection) => objection.endsWith(right)))
      const later = right.replace("1.0.0", "2.0")
      assert.lengthOf(yield* objections([later]), 0)
      assert.lengthOf(yield* objections([later, later.replace("WPS\"", "WFS\"")]), 1)
    }))

  it.effect("accept every request that is written [A8.5]", () =>
    Effect.gen(function*() {
      const documents = yield* Effect.forEach(fc.sample(arbitraries.request, 300), documentOf)
      deepStrictEqual(yield* objections(documents), [])
    }))

  it.effect("accept every answer that is written", () =>
    Effect.gen(function*() {
      const documents = yield* Effect.forEach(fc.sample(response, 300), Wps100.Wps100.encodeResponse)
      deepStrictEqual(yield* objections(documents), [])
    }))

  it.effect("accept every request of WPS 2.0 that is written [A8.5]", () =>
    Effect.gen(function*() {
      const documents = yield* Effect.forEach(fc.sample(arbitraries.valid200.request, 300), documentOf200)
      deepStrictEqual(yield* objections(documents), [])
    }))

  it.effect("accept every answer of WPS 2.0 that is written", () =>
    Effect.gen(function*() {
      const documents = yield* Effect.forEach(
        fc.sample(arbitraries.valid200.answer, 300),
        Wps200.Wps200.encodeResponse
      )
      deepStrictEqual(yield* objections(documents), [])
    }))

  it.effect("accept what is written of values that lack what they require", () =>
    Effect.gen(function*() {
      const none = Option.none()
      const summary = {
        ...{ identifier: "a", title: none, abstract: none, version: none },
        ...{ keywords: [], metadata: [], profiles: [], wsdl: none, jobControlOptions: [], outputTransmission: [] }
      }
      const described = { identifier: "b", title: none, abstract: none, keywords: [], metadata: [] }
      const empty = Option.some("")
      const blank = { ...described, title: empty, abstract: empty, keywords: [""] }
      const literal: ProcessDescription.LiteralDescription = {
        ...{ _tag: "Literal", dataType: none, defaultUom: none, uoms: [], defaultValue: none },
        allowed: { _tag: "AllowedValues", values: [], ranges: [] }
      }
      const answers: ReadonlyArray<WpsProtocol.WpsResponse> = [
        {
          _tag: "Capabilities",
          value: {
            ...{
              version: none,
              updateSequence: none,
              language: none,
              identification: none,
              provider: none,
              wsdl: none
            },
            ...{
              operations: [],
              parameters: [],
              constraints: [],
              processes: [summary],
              defaultLanguage: none,
              languages: []
            }
          }
        },
        {
          _tag: "ProcessDescriptions",
          value: [{
            ...summary,
            inputs: [{ ...described, minOccurs: 0, maxOccurs: Infinity, data: literal }],
            outputs: [{ ...described, data: literal }]
          }, {
            ...{ ...summary, ...blank },
            inputs: [{ ...blank, minOccurs: 1, maxOccurs: 1, data: literal }],
            outputs: [{ ...blank, data: literal }]
          }]
        },
        {
          _tag: "ExecuteResponse",
          value: Execute.response(Execute.JobStatus.Running({ message: "", percent: Option.some(99.9) }), {
            process: Option.some(summary),
            creationTime: Option.some("2026-01-02T03:04:05Z"),
            serviceInstance: Option.some("https://example.org/"),
            outputs: [
              { identifier: "o", title: none, abstract: none, data: DataValue.literal("") },
              { identifier: "p", title: empty, abstract: empty, data: DataValue.literal("") }
            ]
          })
        },
        {
          _tag: "ExceptionReport",
          value: { version: none, language: none, exceptions: [Ows.noApplicableCode("")] }
        }
      ]
      for (const { encodeResponse } of [Wps100.Wps100, Wps200.Wps200]) {
        deepStrictEqual(yield* objections(yield* Effect.forEach(answers, encodeResponse)), [])
      }
    }))

  it.effect("accept what a client and a node say to each other", () =>
    Effect.gen(function*() {
      const documents = yield* recorded(Effect.gen(function*() {
        yield* WpsClient.capabilities
        yield* WpsClient.describeAll
        yield* WpsClient.describe("every:thing")
        yield* WpsClient.run(everything(given), { lineage: true })
        yield* WpsClient.run(
          Operation.make({
            identifier: "every:thing",
            inputs: yield* Effect.map(
              everything(given).inputs,
              (all) => all.map(({ data, identifier }) => [identifier, data] as const)
            ),
            outputs: [
              Operation.request("xml", { asReference: true }),
              Operation.request("width", { uom: Option.some("m") })
            ]
          }),
          { lineage: true }
        )
        yield* Stream.runDrain(WpsClient.rawStream(everything(given), { output: "bytes" }))
        const job = yield* WpsClient.execute(stages({}))
        const step = Effect.zipRight(job.status, TestClock.adjust("10 seconds"))
        yield* TestClock.adjust("1 second")
        yield* Effect.replicateEffect(step, 3)
        yield* Effect.flip(WpsClient.run(broken({})))
        yield* Effect.flip(Stream.runDrain(WpsClient.rawStream(broken({}))))
        yield* Effect.flip(WpsClient.execute(broken({})))
        yield* Effect.flip(WpsClient.run(Operation.make({ identifier: "nothing" })))
        yield* Effect.flip(WpsClient.run(Operation.make({ identifier: "every:thing" })))
        const http = yield* HttpClient.HttpClient
        for (const query of ["", "?service=WPS", "?service=WFS", "?service=WPS&request=Execute", "?refused=1"]) {
          yield* http.get(WpsTest.url + query)
        }
        yield* http.get(`${WpsTest.url}?service=WPS&request=GetCapabilities&AcceptVersions=3.0.0`)
        const posts = yield* Effect.forEach(
          [
            { _tag: "GetCapabilities", acceptVersions: ["1.0.0"], language: Option.none() },
            { _tag: "DescribeProcess", identifiers: ["stages", "broken"], language: Option.some("en") },
            { _tag: "DescribeProcess", identifiers: ["nothing"], language: Option.none() }
          ] satisfies ReadonlyArray<WpsProtocol.WpsRequest>,
          documentOf
        )
        for (const body of [...posts, "<a/>"]) {
          yield* http.post(WpsTest.url, { body: HttpBody.text(body, "text/xml") })
        }
      }))
      deepStrictEqual(yield* objections(documents.filter((one) => one !== "<a/>")), [])
      const said = documents.join("\n")
      for (
        const part of [
          ...["Accepted", "Started", "Paused", "Succeeded", "Failed"].map((status) => `<wps:Process${status}`),
          "<wps:Capabilities",
          "<wps:ProcessDescriptions",
          "<wps:DataInputs>",
          "<wps:OutputDefinitions>",
          "<wps:Reference mimeType=\"text/xml\" href=",
          "<wps:Header key=\"Empty\" value=\"\"/>",
          "<wps:Body><query/></wps:Body>",
          "<wps:BoundingBoxData",
          "<wps:RawDataOutput",
          "storeExecuteResponse=\"true\"",
          "<CRS/>",
          "exceptionCode=\"VersionNegotiationFailed\"",
          "exceptionCode=\"StorageNotSupported\"",
          "Authentication failed"
        ]
      ) assert.include(said, part)
    }))
  it.effect("accept what a client and a node say to each other in WPS 2.0 [A8.5]", () =>
    Effect.gen(function*() {
      const far = DataValue.reference("https://data.example.org/a?b&c", { format: "text/plain", body: "<query/>" })
      const all = everything({ ...given, far })
      const documents = yield* recorded(
        Effect.gen(function*() {
          yield* WpsClient.capabilities
          yield* WpsClient.describeAll
          yield* WpsClient.describe("every:thing")
          yield* WpsClient.run(all)
          yield* WpsClient.run(groups({ period: { from: 1850, to: 2014 } }))
          yield* WpsClient.run(
            Operation.make({
              identifier: "every:thing",
              inputs: yield* Effect.map(
                all.inputs,
                (inputs) => inputs.map(({ data, identifier }) => [identifier, data] as const)
              ),
              outputs: [Operation.request("xml", { asReference: true }), Operation.request("width")]
            })
          )
          yield* Stream.runDrain(WpsClient.rawStream(all, { output: "bytes" }))
          const job = yield* WpsClient.execute(stages({}))
          const step = Effect.zipRight(job.status, TestClock.adjust("10 seconds"))
          yield* TestClock.adjust("1 second")
          yield* Effect.replicateEffect(step, 3)
          yield* job.result
          const dismissed = yield* WpsClient.execute(stages({}))
          yield* dismissed.dismiss
          yield* Effect.flip(WpsClient.run(broken({})))
          yield* Effect.flip(Stream.runDrain(WpsClient.rawStream(broken({}))))
          yield* Effect.flip(WpsClient.execute(broken({})))
          yield* Effect.flip(WpsClient.run(Operation.make({ identifier: "nothing" })))
          yield* Effect.flip(WpsClient.run(Operation.make({ identifier: "every:thing" })))
          const http = yield* HttpClient.HttpClient
          for (
            const query of [
              "service=WPS&request=GetCapabilities&AcceptVersions=2.0.0&Sections=Contents",
              "service=WPS&version=2.0.0&request=Execute",
              "service=WPS&version=2.0.0&request=GetStatus",
              "service=WPS&version=2.0.0&request=GetResult&jobid=nothing"
            ]
          ) yield* http.get(`${WpsTest.url}?${query}`)
          const posts = yield* Effect.forEach(
            [
              { _tag: "GetCapabilities", acceptVersions: ["2.0.0"], language: Option.none() },
              { _tag: "DescribeProcess", identifiers: ["stages", "groups"], language: Option.some("en") },
              { _tag: "DescribeProcess", identifiers: ["nothing"], language: Option.none() },
              { _tag: "GetStatus", jobId: "nothing" },
              { _tag: "GetResult", jobId: "nothing" },
              { _tag: "Dismiss", jobId: "nothing" }
            ] satisfies ReadonlyArray<WpsProtocol.WpsRequest>,
            documentOf200
          )
          for (const body of posts) yield* http.post(WpsTest.url, { body: HttpBody.text(body, "text/xml") })
        }),
        { client: { protocol: Wps200.Wps200 }, more: [grouping] }
      )
      deepStrictEqual(yield* objections(documents), [])
      const said = documents.join("\n")
      deepStrictEqual(
        [
          ...["Accepted", "Running", "Paused", "Succeeded", "Dismissed"].map((state) => `<wps:Status>${state}<`),
          "<wps:Contents>",
          "<wps:ProcessOfferings",
          "<LiteralDataDomain default=\"true\">",
          "mode=\"async\" response=\"document\"",
          "mode=\"sync\" response=\"raw\"",
          "<wps:Input id=\"period\"><wps:Input id=\"from\">",
          "<wps:Output id=\"period\"><wps:Output id=\"from\">",
          "<wps:LiteralValue",
          "<ows:BoundingBox",
          "<wps:Body><query/></wps:Body>",
          "<wps:Reference mimeType=\"text/xml\" xlink:href=",
          "transmission=\"reference\"",
          "exceptionCode=\"NoSuchProcess\"",
          "exceptionCode=\"NoSuchJob\"",
          "exceptionCode=\"NoSuchMode\"",
          "exceptionCode=\"OfItsOwn\""
        ].filter((part) => !said.includes(part)),
        []
      )
      assert.notInclude(said, "http://www.opengis.net/wps/1.0.0")
    }))
})
