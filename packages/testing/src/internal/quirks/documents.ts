/** How documents are written, whatever they say. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { gzipSync } from "node:zlib"
import type { Quirk } from "../../Quirk.ts"
import { make, rewrite } from "../quirk.ts"
import { bytesOf, documentOf, retyped, withBytes } from "../responses.ts"
import { escape, inTags } from "../texts.ts"

/** Changes the names in a tag, but not the values of attributes. */
const inNames = (tag: string, change: (prefix: string, local: string) => string): string =>
  tag.replace(
    /"[^"]*"|'[^']*'|([\w.-]+):([\w.-]+)/g,
    (whole, prefix: string | undefined, local: string) => prefix === undefined ? whole : change(prefix, local)
  )

/**
 * Documents have other prefixes: `ns0` in PyWPS 3, `xlin` in 52°North. Put it after other quirks that change documents,
 * because those look for the usual prefixes.
 *
 * @since 0.1.0
 * @category documents
 */
export const prefixes = (
  names: { readonly wps?: string | undefined; readonly ows?: string | undefined; readonly xlink?: string | undefined }
): Quirk => {
  const renamed = new Map<string, string | undefined>(Object.entries(names))
  const nameOf = (prefix: string) => renamed.get(prefix) ?? prefix
  return rewrite(
    "prefixes",
    (text) =>
      inTags(
        text,
        (tag) =>
          inNames(tag, (prefix, local) => prefix === "xmlns" ? `xmlns:${nameOf(local)}` : `${nameOf(prefix)}:${local}`)
      )
  )
}

/**
 * OWS Common has another namespace: `http://www.opengis.net/ows/1.1.0` in Finch, `http://www.opengeospatial.net/ows` in
 * CEDA.
 *
 * @since 0.1.0
 * @category documents
 */
export const owsNamespace = (uri: string): Quirk =>
  rewrite(
    "owsNamespace",
    (text) => inTags(text, (tag) => tag.replace(/ xmlns:ows="[^"]*"/, () => ` xmlns:ows="${escape(uri)}"`))
  )

/**
 * Job documents have neither `service` nor `version`, in WPS 1.0.0 (USGS).
 *
 * @since 0.1.0
 * @category documents
 */
export const bareRoots: Quirk = rewrite(
  "bareRoots",
  (text, root) => root === "ExecuteResponse" ? text.replace(" service=\"WPS\" version=\"1.0.0\"", "") : text
)

/**
 * Job documents use the prefix `ows` and do not declare it, so they are malformed, in WPS 1.0.0 (a document of USGS
 * that somebody kept).
 *
 * @since 0.1.0
 * @category documents
 */
export const undeclaredOws: Quirk = rewrite(
  "undeclaredOws",
  (text, root) => root === "ExecuteResponse" ? text.replace(/ xmlns:ows="[^"]*"/, "") : text
)

const redeclareOws = (text: string): string => {
  const declared = / xmlns:ows="[^"]*"/.exec(text)?.[0] ?? ""
  return inTags(
    text.replace(declared, ""),
    (tag) => tag.includes(" xmlns:ows=") ? tag : tag.replace(/^<ows:[\w.-]+/, (start) => start + declared)
  )
}

/**
 * Each element of OWS Common declares the prefix again (PyWPS 3, USGS).
 *
 * @since 0.1.0
 * @category documents
 */
export const redeclaredOws: Quirk = rewrite("redeclaredOws", redeclareOws)

/** Writes the elements of the root's namespace without a prefix. */
const unprefix = (text: string): string => {
  const prefix = /<([\w.-]+):\w/.exec(text)?.[1] ?? ""
  const uri = new RegExp(` xmlns:${prefix}="([^"]*)"`).exec(text)?.[1] ?? ""
  return inTags(
    text,
    (tag) => tag.replace(/^(<\/?)([\w.-]+):/, (start, open: string, one: string) => one === prefix ? open : start)
  )
    .replace(/<\w+/, (start) => `${start} xmlns="${uri}"`)
}

/**
 * The elements of the root's namespace have no prefix. So the elements of a description get that namespace too, which
 * have none in the schema of WPS 1.0.0 (Twitcher, deegree).
 *
 * @since 0.1.0
 * @category documents
 */
export const unprefixed: Quirk = rewrite("unprefixed", unprefix)

/**
 * Documents have a `schemaLocation`, which is a relative URL (PyWPS).
 *
 * @since 0.1.0
 * @category documents
 */
export const schemaLocation: Quirk = rewrite(
  "schemaLocation",
  (text) =>
    text.replace(
      /<wps:\w+/,
      (start) =>
        `${start} xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" ` +
        "xsi:schemaLocation=\"http://www.opengis.net/wps/1.0.0 ../wpsAll.xsd\""
    )
)

/**
 * Documents have this content type: `text/xml` without a charset in PyWPS, `application/xml` in javaPS.
 *
 * @since 0.1.0
 * @category documents
 */
export const servedAs = (contentType: string): Quirk =>
  make(
    "servedAs",
    ({ response }) => Effect.map(response, (one) => Option.isSome(documentOf(one)) ? retyped(one, contentType) : one)
  )

/** Puts a comment after every tag outside of complex values. */
const comment = (text: string): string =>
  text.replace(
    /<wps:ComplexData(?:\s[^<>]*)?(?<!\/)>[^]*?<\/wps:ComplexData>|<wps:Data\s[^<>]*(?<!\/)>(?!<(?:wps:LiteralValue|ows:BoundingBox)[\s>])[^]*?<\/wps:Data>|<[A-Za-z/](?:"[^"]*"|[^<>"])*>/g,
    (one) => `${one}<!-- so <it> is & was -->`
  )

/**
 * There is a comment after every tag outside of complex values (52°North's samples, PyWPS).
 *
 * @since 0.1.0
 * @category documents
 */
export const commented: Quirk = rewrite("commented", comment)

/**
 * Documents have a document type declaration, which secure parsers refuse.
 *
 * @since 0.1.0
 * @category documents
 */
export const withDoctype: Quirk = rewrite(
  "withDoctype",
  (text) => text.replace(/^(<\?xml[^>]*\?>\s*)(?=<([\w.:-]+))/, "$1<!DOCTYPE $2>\n")
)

const encoded = (name: string, contentType: string, encode: (text: string) => Uint8Array): Quirk =>
  make(name, ({ operation, response }) =>
    operation === "GetOutput"
      ? response
      : Effect.map(response, (one) =>
        Option.match(documentOf(one), {
          onNone: () => one,
          onSome: ({ text }) => withBytes(one, encode(text), contentType)
        })))

const inUtf16 = (text: string): Uint8Array => {
  const source = `\uFEFF${text.replace("UTF-8", "UTF-16")}`
  const bytes = new Uint8Array(2 * source.length)
  const view = new DataView(bytes.buffer)
  for (let at = 0; at < source.length; at++) view.setUint16(2 * at, source.charCodeAt(at), true)
  return bytes
}

/**
 * Documents are in UTF-16, with a byte order mark. Put it last.
 *
 * @since 0.1.0
 * @category documents
 */
export const utf16: Quirk = encoded("utf16", "text/xml; charset=utf-16", inUtf16)

const inLatin1 = (text: string): Uint8Array =>
  Uint8Array.from(
    text.replace("UTF-8", "ISO-8859-1").replace(
      /[^\u0000-\u00ff]/gu,
      (character) => `&#${character.codePointAt(0) ?? 0};`
    ),
    (character) => character.charCodeAt(0)
  )

/**
 * Documents are in ISO-8859-1. Their XML declaration says so, but the Content-Type does not. Put it last.
 *
 * @since 0.1.0
 * @category documents
 */
export const latin1: Quirk = encoded("latin1", "application/xml", inLatin1)

/**
 * Every answer is compressed with gzip, even if the client does not accept that. Put it last. A client must be on a
 * socket and decompress: `fetch` does, `WpsTest` does not.
 *
 * @since 0.1.0
 * @category documents
 */
export const gzipUnasked: Quirk = make(
  "gzipUnasked",
  ({ response }) =>
    Effect.map(response, (one) =>
      Option.match(bytesOf(one), {
        onNone: () => one,
        onSome: (bytes) => HttpServerResponse.setHeader(withBytes(one, gzipSync(bytes)), "content-encoding", "gzip")
      }))
)
