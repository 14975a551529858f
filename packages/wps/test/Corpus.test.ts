import { Wps100, Wps200 } from "@effect-wps/wps"
import { HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, Option } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { receive } from "../src/internal/receive.ts"

/** Documents of real servers, which lie beside the checkout where there are any. */
const corpus = fileURLToPath(new URL("../../../../shared/corpus/", import.meta.url))
const present = existsSync(corpus)
if (!present) console.log(`skipped: the corpus of real documents is not there (${corpus})`)

interface Exchange {
  readonly status: number
  readonly headers: Record<string, string>
  readonly body: Uint8Array<ArrayBuffer>
}

const outcome = ({ body, headers, status }: Exchange) =>
  receive(
    { operation: "Execute", identifier: Option.some("process"), jobId: Option.none() },
    HttpClientResponse.fromWeb(
      HttpClientRequest.get("https://example.org/wps"),
      new Response([101, 204, 205, 304].includes(status) ? null : body, { status, headers })
    )
  ).pipe(
    Effect.match({
      onSuccess: (document) =>
        document._tag === "ExecuteResponse" || document._tag === "StatusInfo"
          ? `${document._tag} ${document.value.status._tag}`
          : document._tag,
      onFailure: (error) => error._tag === "UnexpectedResponse" ? `UnexpectedResponse ${error.kind}` : error._tag
    }),
    Effect.timeout("10 seconds")
  )

/** A message as it went over the wire: its head and its body. */
const parseHttp = (bytes: Buffer): Exchange => {
  const at = bytes.indexOf("\r\n\r\n")
  const end = at >= 0 ? at : bytes.indexOf("\n\n")
  const [first = "", ...lines] = bytes.subarray(0, end).toString("latin1").split(/\r?\n/)
  const headers = Object.fromEntries(
    lines.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()])
      .filter(([name]) => name !== "transfer-encoding" && name !== "content-length")
  )
  return { status: Number(first.split(" ")[1]), headers, body: new Uint8Array(bytes.subarray(end + (at >= 0 ? 4 : 2))) }
}

const list = (folder: string, end: string): ReadonlyArray<string> =>
  present ? readdirSync(corpus + folder).filter((name) => name.endsWith(end)).map((name) => `${folder}/${name}`) : []

const index = present
  ? readFileSync(corpus + "INDEX.tsv", "utf8").trim().split("\n").slice(1).map((line) => line.split("\t")).map((
    columns
  ) => ({
    path: columns[0] ?? "",
    kind: columns[2] ?? "",
    namespace: columns[3] ?? "",
    status: columns[4] ?? "",
    wellFormed: columns[7] === "yes"
  }))
  : []

const refusals = ["ServiceException", "ProcessNotFound", "ServerBusy"]

const xml = (path: string): Exchange => ({
  status: 200,
  headers: { "content-type": "text/xml" },
  body: new Uint8Array(readFileSync(corpus + path))
})

describe.skipIf(!present)("documents of real servers", () => {
  const answers = index.filter(({ kind }) =>
    ["Capabilities", "ProcessDescriptions", "ExecuteResponse", "ExceptionReport"].includes(kind)
  )
  for (const { kind, path, wellFormed } of answers) {
    it.effect(`${kind} ${path}`, () =>
      Effect.gen(function*() {
        const got = yield* outcome(xml(path))
        // A template with its placeholders is no document; what it is read as is of no matter.
        if (path.includes("/templates/")) {
          return assert.match(got, /^(UnexpectedResponse|ServiceException|ExecuteResponse|Capabilities|Process)/)
        }
        if (!wellFormed) {
          return assert.strictEqual(got, "UnexpectedResponse malformed-xml")
        }
        if (kind === "ExceptionReport") return assert.include(refusals, got)
        return assert.strictEqual(got.split(" ")[0], kind)
      }))
  }

  for (
    const { kind, path, status } of index.filter(({ kind, namespace }) =>
      /^(Result|StatusInfo|ProcessOfferings)$/.test(kind) && /2\.0/.test(namespace)
    )
  ) {
    it.effect(`a document of WPS 2.0, ${path}`, () =>
      Effect.gen(function*() {
        const expected = kind === "ProcessOfferings"
          ? "ProcessDescriptions"
          : kind === "StatusInfo"
          ? `StatusInfo ${status}`
          : kind
        assert.strictEqual(yield* outcome(xml(path)), expected)
      }))
  }

  for (
    const { kind, path, wellFormed } of index.filter(({ kind, namespace }) =>
      /^(Execute|DescribeProcess|GetCapabilities)$/.test(kind) && /wps\/1\.0\.0/.test(namespace)
    )
  ) {
    it(`request ${path}`, () => {
      const request = Wps100.Wps100.decodeRequest(new Uint8Array(readFileSync(corpus + path)))
      assert.strictEqual(Either.isRight(request), wellFormed, String(Either.getLeft(request)))
      if (Either.isRight(request)) assert.strictEqual(request.right._tag, kind)
    })
  }

  for (
    const { kind, path, wellFormed } of index.filter(({ kind, namespace }) =>
      /^(Execute|DescribeProcess|GetCapabilities|GetStatus|GetResult|Dismiss)$/.test(kind) &&
      namespace.includes("/wps/2.0")
    )
  ) {
    it(`request of WPS 2.0, ${path}`, () => {
      const document = readFileSync(corpus + path)
      const request = Wps200.Wps200.decodeRequest(new Uint8Array(document))
      // Some lack on purpose what every request must say.
      const said = (attribute: string) =>
        new RegExp(`<(?:\\w+:)?${kind}(?=\\s)[^>]*\\s${attribute}`).test(document.toString("utf8"))
      const service = said("service=\"WPS\"")
      const version = kind === "GetCapabilities" || said("version=\"2.0.0\"")
      if (Either.isRight(request)) {
        assert.isTrue(wellFormed && service && version)
        assert.strictEqual(request.right._tag, kind)
      } else {
        assert.match(request.left.path, !service ? /@service$/ : !version ? /@version$/ : /^malformed$/)
      }
    })
  }

  const sent = list("javaps-1.1.1", ".request")
  it(`every one of ${sent.length} captured requests is read or refused for what it is`, () => {
    const read = new Map<string, number>()
    for (const path of sent) {
      const text = readFileSync(corpus + path, "utf8")
      const [, method, address = ""] = /^(GET|POST) (\S+)/.exec(text) ?? []
      const { pathname, searchParams } = new URL(address)
      if (pathname !== "/javaps/service") continue
      const request = method === "GET"
        ? Either.mapLeft(Wps200.Wps200.decodeParameters(searchParams), (fault) => `${fault.code} ${String(fault)}`)
        : Either.mapLeft(
          Wps200.Wps200.decodeRequest(text.slice(text.indexOf("\n\n") + 2)),
          (error) => `${error.reason} ${error.message}`
        )
      if (Either.isRight(request)) {
        read.set(request.right._tag, (read.get(request.right._tag) ?? 0) + 1)
      }
      const expected = /raw-two-outputs/.test(path)
        ? /^invalid-value .*raw data is that of one output, and 2 are asked for/
        : /malformed/.test(path)
        ? /^(malformed|truncated) /
        : /soap/.test(path)
        ? /^unexpected-root /
        : /wrong-service|version-1/.test(path)
        ? /^InvalidParameterValue .*(service|version)/
        : /^read$/
      assert.match(Either.match(request, { onLeft: (reason) => reason, onRight: () => "read" }), expected, path)
    }
    assert.isAbove(read.get("Execute") ?? 0, 30)
    deepStrictEqual([...read.keys()].sort(), [
      "DescribeProcess",
      "Dismiss",
      "Execute",
      "GetCapabilities",
      "GetResult",
      "GetStatus"
    ])
  })

  const captured = [
    ...list("pywps-4.5.2", ".response.http"),
    ...list("pywps-4.8.1-as-2.0", ".response"),
    ...list("javaps-1.1.1", ".response")
  ]
  it.effect(`every one of ${captured.length} captured answers is read or refused for what it is`, () =>
    Effect.gen(function*() {
      const outcomes = new Map<string, number>()
      for (const path of captured) {
        const exchange = parseHttp(readFileSync(corpus + path))
        const got = yield* outcome(exchange)
        outcomes.set(got, (outcomes.get(got) ?? 0) + 1)
        const body = new TextDecoder().decode(exchange.body)
        const root = body.match(/^(?:\s*<\?[^>]*>|\s*<!--[^]*?-->)*\s*<(?:[\w.-]+:)?(\w+)/)?.[1] ?? ""
        const report = /ExceptionReport/.test(root)
        if (exchange.status === 200 && root === "ExecuteResponse" && !got.startsWith("ExecuteResponse")) {
          // Some of PyWPS's outputs make their documents malformed.
          assert.strictEqual(got, "UnexpectedResponse malformed-xml", path)
        } else if (exchange.status === 200 && /^(Result|StatusInfo)$/.test(root)) {
          const state = /<wps:Status>(\w+)</.exec(body)?.[1]
          assert.strictEqual(got, root === "Result" ? root : `${root} ${state}`, path)
        } else if (report && body.includes("</")) {
          assert.include([...refusals, "AccessDenied"], got, path)
        } else if (/html/i.test(root)) {
          assert.include(["UnexpectedResponse html", "AccessDenied", "ServerBusy"], got, path)
        } else if (body.trim() === "") {
          assert.include(["UnexpectedResponse empty", "AccessDenied"], got, path)
        }
      }
      assert.isAbove(outcomes.get("ExecuteResponse Succeeded") ?? 0, 20)
      assert.isAbove(outcomes.get("ServiceException") ?? 0, 20)
      assert.isAbove(outcomes.get("Result") ?? 0, 15)
      assert.isAtLeast(outcomes.get("StatusInfo Succeeded") ?? 0, 4)
      assert.isAtLeast(outcomes.get("StatusInfo Failed") ?? 0, 4)
    }))
})
