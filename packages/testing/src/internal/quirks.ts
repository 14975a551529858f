import * as Headers from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { IncomingMessage } from "node:http"
import { python } from "./llnlJobs.ts"

/** A document of the service, as a quirk sees it. */
export interface Document {
  readonly text: string
  /** The root's local name. */
  readonly root: string
}

const roots: ReadonlySet<string> = new Set([
  "Capabilities",
  "ProcessDescriptions",
  "ProcessOfferings",
  "ExecuteResponse",
  "StatusInfo",
  "Result",
  "ExceptionReport"
])

const startOfRoot = /^\uFEFF?(?:<\?xml[^>]*\?>)?(?:\s|<!--[^]*?-->|<!DOCTYPE[^>]*>)*<(?:[\w.-]+:)?(\w+)/

export const bytesOf = (response: HttpServerResponse.HttpServerResponse): Option.Option<Uint8Array> =>
  response.body._tag === "Uint8Array" ? Option.some(response.body.body) : Option.none()

/** What an answer says, where it is a document of the service: an output may be any other text. */
export const documentOf = (response: HttpServerResponse.HttpServerResponse): Option.Option<Document> =>
  Option.filterMap(bytesOf(response), (bytes) => {
    const text = new TextDecoder().decode(bytes)
    const root = startOfRoot.exec(text)?.[1]
    return root !== undefined && roots.has(root) ? Option.some({ text, root }) : Option.none()
  })

export const isReport = (response: HttpServerResponse.HttpServerResponse): boolean =>
  Option.exists(documentOf(response), ({ root }) => root === "ExceptionReport")

/** Whether an answer is a report about what has this name. */
export const isReportOf = (response: HttpServerResponse.HttpServerResponse, name: string): boolean =>
  Option.exists(
    documentOf(response),
    ({ root, text }) => root === "ExceptionReport" && text.includes(` locator="${escape(name)}"`)
  )

/** The same answer with another body. Without a content type none is sent. */
export const withBytes = (
  response: HttpServerResponse.HttpServerResponse,
  bytes: Uint8Array,
  contentType = response.headers["content-type"]
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setBody(
    HttpServerResponse.empty({
      status: response.status,
      // The body says its length, but for an empty one.
      headers: Headers.set(Headers.remove(response.headers, "content-type"), "content-length", String(bytes.length))
    }),
    HttpBody.uint8Array(bytes, contentType ?? "")
  )

export const withText = (
  response: HttpServerResponse.HttpServerResponse,
  text: string
): HttpServerResponse.HttpServerResponse => withBytes(response, new TextEncoder().encode(text))

/** The same answer under another type. */
export const retyped = (
  response: HttpServerResponse.HttpServerResponse,
  contentType: string
): HttpServerResponse.HttpServerResponse =>
  Option.match(bytesOf(response), {
    onNone: () => response,
    onSome: (bytes) => withBytes(response, bytes, contentType)
  })

export const page = (
  status: number,
  title: string,
  body: string,
  contentType = "text/html; charset=utf-8"
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<!DOCTYPE html>\n<html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`,
    { status, contentType }
  )

/** No answer at all, which a client in memory knows by its identity. */
export const closed: HttpServerResponse.HttpServerResponse = HttpServerResponse.empty()

/** Nor that there will be one. */
export const unanswered: HttpServerResponse.HttpServerResponse = HttpServerResponse.empty()

/** Ends the connection over which a request came. */
export const close = (
  { source }: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.sync(() => {
    if (source instanceof IncomingMessage) source.socket.destroy()
    return closed
  })

export const declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/** A report with its text straight in the Exception, as PyWPS has it. */
export const report = (
  status: number,
  code: string,
  text: string,
  locator = ""
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `${declaration}<ows:ExceptionReport version="1.0.0" xmlns:ows="http://www.opengis.net/ows/1.1">` +
      `<ows:Exception exceptionCode="${escape(code)}"${locator === "" ? "" : ` locator="${escape(locator)}"`}>` +
      `${escape(text)}</ows:Exception></ows:ExceptionReport>`,
    { status, contentType: "text/xml; charset=utf-8" }
  )

const references: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: "\"", "#13": "\r" }

/** Of what the node's writer escapes. */
export const unescape = (text: string): string =>
  text.replace(/&(\w+|#13);/g, (whole, name: string) => references[name] ?? whole)

export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => one === "&" ? "&amp;" : one === "<" ? "&lt;" : one === ">" ? "&gt;" : "&quot;")

/** Changes the tags of a document, and nothing in its comments and CDATA sections. */
export const inTags = (text: string, change: (tag: string) => string): string =>
  text.replace(
    /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<[A-Za-z/](?:"[^"]*"|'[^']*'|[^<>"'])*>/g,
    (one) => one.startsWith("<!") ? one : change(one)
  )

/** Changes the names in a tag, and no values. */
export const inNames = (tag: string, change: (prefix: string, local: string) => string): string =>
  tag.replace(
    /"[^"]*"|'[^']*'|([\w.-]+):([\w.-]+)/g,
    (whole, prefix: string | undefined, local: string) => prefix === undefined ? whole : change(prefix, local)
  )

/** Declares a prefix on the root, unless it is declared there. */
export const declare = (text: string, prefix: string, uri: string): string =>
  text.includes(` xmlns:${prefix}=`)
    ? text
    : text.replace(/<[\w.-]+:\w+/, (start) => `${start} xmlns:${prefix}="${uri}"`)

const complexValue =
  /(<wps:(?:ComplexData|Data)(?:\s[^<>]*)?>)(<!\[CDATA\[[^]*?\]\]>|[^<]+)(?=<\/wps:(?:ComplexData|Data)>)/g

/** Changes complex values that are text. */
export const inTexts = (text: string, change: (value: string, start: string) => string): string =>
  text.replace(complexValue, (_, start: string, value: string) => `${start}${change(value, start)}`)

const embeddedXml =
  /(<wps:(?:ComplexData|Data)(?:\s[^<>]*)?>)(<(?!!\[CDATA|wps:(?:ComplexData|LiteralData|LiteralValue|BoundingBoxData)[\s>]|ows:BoundingBox[\s>])[^]*?)(?=<\/wps:(?:ComplexData|Data)>)/g

/** Changes complex values that are XML. */
export const inXml = (text: string, change: (xml: string) => string): string =>
  text.replace(embeddedXml, (_, start: string, xml: string) => `${start}${change(xml)}`)

const namespaces = {
  wps: "http://www.opengis.net/wps/1.0.0",
  ows: "http://www.opengis.net/ows/1.1",
  xlink: "http://www.w3.org/1999/xlink"
}

/** Declares the prefixes of WPS 1.0.0 on an embedded root, where they are not. */
export const redeclare = (xml: string): string =>
  xml.replace(/(<[\w.:-]+(?:\s+xmlns(?::[\w.-]+)?="[^"]*")*)([^<>]*)/, (tag, start: string, rest: string) =>
    start +
    Object.entries(namespaces).map(([prefix, uri]) =>
      tag.includes(` xmlns:${prefix}=`) ? "" : ` xmlns:${prefix}="${uri}"`
    ).join("") +
    rest)

/** Each element on a line of its own; of a text only what stands before its first reference is kept. */
export const reindent = (xml: string): string => {
  let depth = 0
  let wasText = false
  return xml.replace(/<(?:[^<>"']|"[^"]*"|'[^']*')*>|[^<]+/g, (piece) => {
    if (!piece.startsWith("<")) {
      wasText = piece.trim() !== ""
      return wasText ? piece.replace(/&[^]*/, "") : ""
    }
    const isEnd = piece.startsWith("</")
    if (isEnd) depth--
    const line = wasText ? "" : `\n${"  ".repeat(depth)}`
    if (!isEnd && /^<[\w]/.test(piece) && !piece.endsWith("/>")) depth++
    wasText = false
    return line + piece
  })
}

/** JSON as Python prints what it read of it. */
export const pythonJson = (json: string): string =>
  Option.match(readJson(json), { onNone: () => json, onSome: (value) => python(value, "repr") })

const readJson = Schema.decodeUnknownOption(Schema.parseJson())

/** A number as Python prints a float. */
const pythonFloat = (number: string): string => /^-?\d+$/.test(number) ? `${number}.0` : number

/** An address as Python prints the parts that it takes it apart into. */
const pythonUrl = (address: string): string => {
  const [, scheme = "", netloc = "", path = "", query = "", fragment = ""] =
    /^(?:([\w+.-]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/.exec(address) ?? []
  const parts = Object.entries({ scheme, netloc, path, params: "", query, fragment })
  return `ParseResult(${parts.map(([name, value]) => `${name}='${value}'`).join(", ")})`
}

/** What PyWPS reads of inputs by their characters, before it decodes their values: a part that does not fit is none. */
export const cutInputs = (dataInputs: string): string =>
  dataInputs.split(";").filter((part) => /^[^=@]+=[^=@]*(?:@[^=@]+=[^@]*)*$/.test(part)).join(";")

/** Inputs whose values keep the encoding that they have inside the query. */
export const asSent = (dataInputs: string): string => dataInputs.replace(/%(?=[\da-f]{2})/gi, "%25")

/** Which output a request wants raw, and whether it names a format for it in a query. */
export const rawOutputOf = (
  { body, url }: { readonly body: string; readonly url: string }
): Option.Option<{ readonly identifier: string; readonly isTyped: boolean }> => {
  const query = [...new URLSearchParams(/\?(.*)$/s.exec(url)?.[1])]
    .find(([name]) => name.toLowerCase() === "rawdataoutput")?.[1]
  const document = /RawDataOutput[^]*?Identifier[^<>]*>\s*([^<]*?)\s*</.exec(body)?.[1]
  const sent = query ?? document
  return Option.map(Option.fromNullable(sent), (one) => ({
    identifier: one.replace(/[=@][^]*/, ""),
    isTyped: query !== undefined && one.includes("@")
  }))
}

export const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

const sections = /<!\[CDATA\[([^]*?)\]\]>/g

/** XML whose CDATA sections are escaped texts, as a program writes it that has read it. */
export const withoutSections = (xml: string): string => xml.replace(sections, (_, text: string) => escape(text))

/** What stands in a value, whichever way it is written. */
export const plain = (value: string): string =>
  value.startsWith("<!") ? value.replace(sections, (_, text: string) => text) : unescape(value)

const literal = /(<wps:Literal(?:Data|Value)(?:\s[^<>]*?)?)(?:\/>|>([^<]*)(<\/wps:Literal(?:Data|Value)>))/g

/** Changes the texts of literals, empty ones too. */
export const inLiterals = (text: string, change: (value: string, start: string) => string): string =>
  text.replace(literal, (whole, start: string, value: string | undefined, end: string | undefined) => {
    const changed = change(unescape(value ?? ""), start)
    const name = start.slice(1).replace(/\s[^]*/, "")
    return changed === "" ? whole : `${start}>${escape(changed)}${end ?? `</${name}>`}`
  })

export const pythonLiteral = (value: string, start: string): string =>
  value === ""
    ? "None"
    : /dataType="[^"]*dateTime"/.test(start)
    ? value.replace(/^(\d+-\d+-\d+)T(\d+:\d+:\d+)(\.\d+)?Z$/, (_, date: string, time: string, rest = ".000") =>
      `${date} ${time}${/^\.0+$/.test(String(rest)) ? "" : String(rest).padEnd(7, "0")}+00:00`)
    : /dataType="[^"]*anyURI"/.test(start)
    ? pythonUrl(value)
    : value

const corner = (text: string, name: string): ReadonlyArray<string> =>
  new RegExp(`${name}Corner>([^<]*)`).exec(text)?.[1]?.trim().split(/\s+/).map(pythonFloat) ?? []

/** Raw output as PyWPS gives it, where it is a box, a number or XML. */
export const pythonRaw = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
  Option.match(Option.filter(bytesOf(response), () => response.status === 200), {
    onNone: () => response,
    onSome: (bytes) => {
      const text = new TextDecoder().decode(bytes)
      return startOfRoot.exec(text)?.[1] === "BoundingBox"
        ? withBytes(
          response,
          new TextEncoder().encode(`[${[...corner(text, "Lower"), ...corner(text, "Upper")].join(", ")}]`),
          "text/xml"
        )
        : /^text\/plain/.test(response.headers["content-type"] ?? "") && /^-?\d+(?:\.\d+)?$/.test(text)
        ? withBytes(response, bytes, "text/xml")
        : /xml/.test(response.headers["content-type"] ?? "") && Option.isNone(documentOf(response))
        ? withText(response, withoutSections(text))
        : response
    }
  })

export const withEmptyFormat = (tag: string): string =>
  /^<wps:(?:ComplexData|Reference)[\s/>]/.test(tag)
    ? ["encoding", "schema"].reduce(
      (tag, name) => tag.includes(` ${name}=`) ? tag : tag.replace(/\/?>$/, (end) => ` ${name}=""${end}`),
      tag
    )
    : tag

export const unescapeAbstracts = (text: string): string =>
  text.replace(
    /(<ows:Abstract(?: [^<>]*)?>)([^<]*)(?=<\/ows:Abstract>)/g,
    (_, start: string, abstract: string) => start + unescape(abstract)
  )

/** Capabilities of WPS 2.0 as PyWPS's template leaves them. */
export const placeholders = (text: string): string =>
  text.replace(/<wps:ProcessSummary[^]*?<\/wps:ProcessSummary>/g, (summary) =>
    summary
      .replace(/(<ows:Identifier>)[^<]*/, "$1process.identifier")
      .replace(/(<ows:Title>)[^<]*/, "$1process.title")
      .replace(/ jobControlOptions="[^"]*"/, " jobControlOptions=\"\""))
    .replace(
      /(?=<ows:OperationsMetadata>)/,
      text.includes("<wps:ProcessSummary")
        ? "<ows:ServiceProvider><ows:ProviderName>Provider</ows:ProviderName><ows:ServiceContact>" +
          "<ows:individualname>Doe, Jane</ows:individualname></ows:ServiceContact></ows:ServiceProvider>"
        : ""
    )

export const doubleDefaults = (text: string): string =>
  text
    .replace(/(<Supported>)(<Format>[^]*?<\/Format>)/g, "$1$2$2")
    .replace(/(<wps:Format [^<>]*?) default="true"\/>/g, "$&$1/>")
    .replace(/(<Supported>)(<ows:UOM>[^<]*<\/ows:UOM>)<ows:UOM>[^<]*<\/ows:UOM>/g, "$1$2$2")

/** The types of literals as GeoServer writes them. */
export const bareDataTypes = (text: string): string =>
  text
    .replace(/<ows:DataType[^<>]*>string<\/ows:DataType>/g, "")
    .replace(/<DataInputs>[^]*?<\/DataInputs>/g, (inputs) => inputs.replace(dataType, "<ows:DataType>xs:$1<"))
    .replace(/<ProcessOutputs>[^]*?<\/ProcessOutputs>/g, (outputs) => outputs.replace(dataType, "<ows:DataType>$1<"))

const dataType = /<ows:DataType[^<>]*>([^<]*)</g

/** The formats of complex data as WPS 0.4.0 has them. */
export const formerFormats = (text: string): string =>
  text.replace(
    /<(Complex(?:Data|Output))[^<>]*><Default>[^]*?<\/Default><Supported>([^]*?)<\/Supported>/g,
    (_, name: string, formats: string) =>
      `<${name} defaultFormat="${/<MimeType>([^<]*)/.exec(formats)?.[1] ?? ""}">` +
      formats.replace(/(<\/?)Format>/g, "$1SupportedComplexData>").replace(/(<\/?)MimeType>/g, "$1Format>")
  )

export const redeclareOws = (text: string): string => {
  const declared = / xmlns:ows="[^"]*"/.exec(text)?.[0] ?? ""
  return inTags(
    text.replace(declared, ""),
    (tag) => tag.includes(" xmlns:ows=") ? tag : tag.replace(/^<ows:[\w.-]+/, (start) => start + declared)
  )
}

/** The elements of the root's namespace without a prefix. */
export const unprefix = (text: string): string => {
  const prefix = /<([\w.-]+):\w/.exec(text)?.[1] ?? ""
  const uri = new RegExp(` xmlns:${prefix}="([^"]*)"`).exec(text)?.[1] ?? ""
  return inTags(
    text,
    (tag) => tag.replace(/^(<\/?)([\w.-]+):/, (start, open: string, one: string) => one === prefix ? open : start)
  )
    .replace(/<\w+/, (start) => `${start} xmlns="${uri}"`)
}

/** The operations of javaPS. */
export const crowdOperations = (text: string, jobs: number): string => {
  const values = (all: ReadonlyArray<string>) =>
    `<ows:AllowedValues>${all.map((one) => `<ows:Value>${one}</ows:Value>`).join("")}</ows:AllowedValues>`
  const types = values(["application/soap+xml", "application/xml", "text/xml"])
  const ids = values(Array.from({ length: jobs }, (_, index) => `00000000-0000-4000-8000-${index + 100_000_000_000}`))
  return text
    .replace(
      /<ows:Post( xlink:href="[^"]*")\/>/g,
      `<ows:Post$1><ows:Constraint name="Content-Type">${types}</ows:Constraint></ows:Post>`
    )
    .replace(
      /(<ows:Operation name="(?:GetStatus|GetResult|Dismiss)">[^]*?)(?=<\/ows:Operation>)/g,
      `$1<ows:Parameter name="JobId">${ids}</ows:Parameter>`
    )
}

/** The places of what a job has as GeoServer writes them, and how it tells that one was dismissed. */
export const byExecutionId = (text: string): string =>
  inTags(text, (tag) =>
    tag.startsWith("<wps:Reference")
      ? tag.replace(
        /( (?:xlink:)?href="[^"]*)\/outputs\/([^/"]*)\/([^"]*)/,
        `$1?service=WPS&amp;version=1.0.0&amp;request=GetExecutionResult&amp;executionId=$2&amp;outputId=$3&amp;mimetype=${
          encodeURIComponent(/ mimeType="([^"]*)"/.exec(tag)?.[1] ?? "")
        }`
      )
      : tag.replace(
        /( statusLocation="[^"]*)\/jobs\/([^"]*)/,
        "$1?service=WPS&amp;version=1.0.0&amp;request=GetExecutionStatus&amp;executionId=$2"
      )).replace("The job was dismissed.", "The process execution has been dismissed")

export const inCorners = (text: string, change: (numbers: ReadonlyArray<string>) => string): string =>
  text.replace(
    /(<ows:(?:Lower|Upper)Corner>)([^<]*)/g,
    (_, start: string, numbers: string) => `${start}${change(numbers.trim().split(/\s+/))}`
  )

/** Puts a comment after every tag that does not stand in a complex value. */
export const comment = (text: string): string =>
  text.replace(
    /<wps:ComplexData(?:\s[^<>]*)?(?<!\/)>[^]*?<\/wps:ComplexData>|<wps:Data\s[^<>]*(?<!\/)>(?!<(?:wps:LiteralValue|ows:BoundingBox)[\s>])[^]*?<\/wps:Data>|<[A-Za-z/](?:"[^"]*"|[^<>"])*>/g,
    (one) => `${one}<!-- so <it> is & was -->`
  )

export const utf16 = (text: string): Uint8Array => {
  const source = `\uFEFF${text.replace("UTF-8", "UTF-16")}`
  const bytes = new Uint8Array(2 * source.length)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < source.length; at++) view.setUint16(2 * at, source.charCodeAt(at), true)
  return bytes
}

export const latin1 = (text: string): Uint8Array =>
  Uint8Array.from(
    text.replace("UTF-8", "ISO-8859-1").replace(
      /[^\u0000-\u00ff]/gu,
      (character) => `&#${character.codePointAt(0) ?? 0};`
    ),
    (character) => character.charCodeAt(0)
  )

/** The operations' addresses as GeoServer writes them. */
export const operationUrls = (text: string): string =>
  text.replace(
    /<ows:Operation name="(\w+)">[^]*?<\/ows:Operation>/g,
    (operation, name: string) =>
      operation.replace(
        /(xlink:href="[^"?]*)(?=")/g,
        (_, href: string) => `${href}?service=wps&amp;request=${name}&amp;`
      )
  )
