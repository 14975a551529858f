import * as Headers from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Option from "effect/Option"

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

export const declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

/** A report with its text straight in the Exception, as PyWPS has it. */
export const report = (status: number, code: string, text: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `${declaration}<ows:ExceptionReport version="1.0.0" xmlns:ows="http://www.opengis.net/ows/1.1">` +
      `<ows:Exception exceptionCode="${escape(code)}">${escape(text)}</ows:Exception></ows:ExceptionReport>`,
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

export const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

const sections = /<!\[CDATA\[([^]*?)\]\]>/g

/** What stands in a value, whichever way it is written. */
export const plain = (value: string): string =>
  value.startsWith("<!") ? value.replace(sections, (_, text: string) => text) : unescape(value)

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
