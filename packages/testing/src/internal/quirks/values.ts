/** How values are written. */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Operation, Quirk } from "../../Quirk.ts"
import * as python from "../python.ts"
import { behaves, make, rewrite } from "../quirk.ts"
import { documentOf, retyped } from "../responses.ts"
import { declare, escape, inTags, inTexts, plain, unescape, unescapeAbstracts, withoutSections } from "../texts.ts"

const isAnswer = (root: string): boolean => root === "ExecuteResponse" || root === "Result"

/**
 * JSON is not escaped, so a `<` or `&` in it makes the document malformed (PyWPS, LLNL).
 *
 * @since 0.1.0
 * @category values
 */
export const unescapedJson: Quirk = rewrite("unescapedJson", (text, root) =>
  isAnswer(root)
    ? inTexts(text, (value, start) => /mimeType="[^"]*json/.test(start) ? plain(value) : value)
    : text)

/**
 * The abstract of a process is not escaped in job documents, so a `<` or `&` in it makes them malformed (LLNL, where
 * that of `CDAT.where` has a `<=`).
 *
 * @since 0.1.0
 * @category values
 */
export const unescapedAbstract: Quirk = rewrite(
  "unescapedAbstract",
  (text, root) => root === "ExecuteResponse" ? unescapeAbstracts(text) : text
)

const cdata = (text: string): string => `<![CDATA[${text.replaceAll("]]>", "]]]]><![CDATA[>")}]]>`

/**
 * Complex values that are text are in CDATA sections (PyWPS, javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const cdataText: Quirk = rewrite(
  "cdataText",
  (text, root) => isAnswer(root) ? inTexts(text, (value) => cdata(plain(value))) : text
)

/**
 * Literals and boxes are whole documents in CDATA sections, in WPS 2.0 (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const cdataValues: Quirk = rewrite("cdataValues", (text, root) =>
  root === "Result"
    ? text.replace(
      /<wps:Data [^<>]*>(<(?:wps:LiteralValue|ows:BoundingBox)[^]*?)(?=<\/wps:Data>)/g,
      (_, value: string) => {
        const prefix = value.slice(1, 4)
        return `<wps:Data encoding="UTF-8">${cdata(declare(value, prefix, `http://www.opengis.net/${prefix}/2.0`))}`
      }
    )
    : text)

/**
 * Attributes and literals of type boolean are `True` or `False` (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const pythonBooleans: Quirk = rewrite(
  "pythonBooleans",
  (text) =>
    inTags(text, (tag) => tag.replace(/="(?:true|false)"/g, capitalized))
      .replace(
        /(<wps:Literal(?:Data|Value) dataType="[^"]*boolean"[^>]*>)(true|false)/g,
        (_, start: string, value) => start + capitalized(String(value))
      )
)

const capitalized = (text: string): string => text.replace("true", "True").replace("false", "False")

/**
 * The version of a process, the locator of an exception and the CRS of a box are `None` if there are none (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const pythonNone: Quirk = rewrite(
  "pythonNone",
  (text) =>
    text.replace(/ wps:processVersion="1"/g, " wps:processVersion=\"None\"")
      .replace(/(<ows:Exception exceptionCode="[^"]*")(?=\/?>)/g, "$1 locator=\"None\"")
      .replace(/(<(?:wps:BoundingBoxData|ows:BoundingBox))(?= dimensions=)/g, "$1 crs=\"None\"")
)

const inCorners = (text: string, change: (numbers: ReadonlyArray<string>) => string): string =>
  text.replace(
    /(<ows:(?:Lower|Upper)Corner>)([^<]*)/g,
    (_, start: string, numbers: string) => `${start}${change(numbers.trim().split(/\s+/))}`
  )

/**
 * The axes of boxes are swapped, and their CRS is a URN (PyWPS): `-10 40` comes back as `40 -10`.
 *
 * @since 0.1.0
 * @category values
 */
export const swappedAxes: Quirk = rewrite("swappedAxes", (text, root) =>
  isAnswer(root)
    ? inCorners(text, ([x, y, ...rest]) => [y, x, ...rest].filter((one) => one !== undefined).join(" "))
      .replace(/ crs="EPSG:(\d+)"/gi, " crs=\"urn:ogc:def:crs:EPSG::$1\"")
    : text)

/**
 * There are spaces around the numbers in the corners of boxes (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const paddedCorners: Quirk = rewrite(
  "paddedCorners",
  (text) => inCorners(text, (numbers) => numbers.map((one) => ` ${one} `).join(""))
)

/**
 * References to outputs have an `xlink:href`, but in the schema of WPS 1.0.0 it is an `href` (many servers).
 *
 * @since 0.1.0
 * @category values
 */
export const xlinkOutputs: Quirk = rewrite(
  "xlinkOutputs",
  (text, root) =>
    root === "ExecuteResponse" && / href="/.test(text)
      ? declare(
        inTags(text, (tag) => tag.startsWith("<wps:Reference") ? tag.replace(" href=", " xlink:href=") : tag),
        "xlink",
        "http://www.w3.org/1999/xlink"
      )
      : text
)

/**
 * Links have an `href`, but in the schemas of WPS 2.0 and of capabilities it is an `xlink:href` (old servers).
 *
 * @since 0.1.0
 * @category values
 */
export const plainHref: Quirk = rewrite(
  "plainHref",
  (text) => inTags(text, (tag) => tag.replace(" xlink:href=", " href="))
)

/**
 * Outputs have no `mimeType` (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const noMimeType: Quirk = rewrite(
  "noMimeType",
  (text, root) => isAnswer(root) ? inTags(text, (tag) => tag.replace(/ mimeType="[^"]*"/, "")) : text
)

/** Changes the content type of outputs that are sent as bytes. */
const typed = (name: string, operations: ReadonlyArray<Operation>, contentType: string): Quirk =>
  make(name, ({ operation, response }) =>
    operations.includes(operation)
      ? Effect.map(response, (one) =>
        one.status === 200 && (operation === "GetOutput" || Option.isNone(documentOf(one)))
          ? retyped(one, contentType)
          : one)
      : response)

/**
 * Stored outputs come without a Content-Type (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const noContentType: Quirk = typed("noContentType", ["GetOutput"], "")

/**
 * The Content-Type of raw outputs stands for any type (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const anyContentType: Quirk = typed("anyContentType", ["Execute", "GetResult"], "*/*")

/**
 * Answers have all outputs, even if only some were asked for (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const everyOutput: Quirk = behaves("everyOutput", { everyOutput: true })

const withEmptyFormat = (tag: string): string =>
  /^<wps:(?:ComplexData|Reference)[\s/>]/.test(tag)
    ? ["encoding", "schema"].reduce(
      (tag, name) => tag.includes(` ${name}=`) ? tag : tag.replace(/\/?>$/, (end) => ` ${name}=""${end}`),
      tag
    )
    : tag

/**
 * Formats have `encoding=""` and `schema=""` if there are none, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const emptyFormats: Quirk = rewrite(
  "emptyFormats",
  (text, root) => root === "ExecuteResponse" ? inTags(text, withEmptyFormat) : text
)

const literal = /(<wps:Literal(?:Data|Value)(?:\s[^<>]*?)?)(?:\/>|>([^<]*)(<\/wps:Literal(?:Data|Value)>))/g

/** Changes the texts of literals, also empty ones. */
const inLiterals = (text: string, change: (value: string, start: string) => string): string =>
  text.replace(literal, (whole, start: string, value: string | undefined, end: string | undefined) => {
    const changed = change(unescape(value ?? ""), start)
    const name = start.slice(1).replace(/\s[^]*/, "")
    return changed === "" ? whole : `${start}>${escape(changed)}${end ?? `</${name}>`}`
  })

/**
 * Literals are as Python prints them (PyWPS): a dateTime is `2021-02-03 04:05:06+00:00`, an anyURI
 * `ParseResult(scheme='http', …)`, an empty literal `None`.
 *
 * @since 0.1.0
 * @category values
 */
export const pythonLiterals: Quirk = rewrite(
  "pythonLiterals",
  (text, root) => isAnswer(root) ? inLiterals(text, python.literal) : text
)

/**
 * JSON inputs in the lineage are as Python prints them, in WPS 1.0.0 (LLNL): `[{'uri': 'a.nc'}]`. See `alwaysLineage`.
 *
 * @since 0.1.0
 * @category values
 */
export const pythonLineage: Quirk = rewrite(
  "pythonLineage",
  (text) =>
    text.replace(
      /<wps:DataInputs>[^]*?<\/wps:DataInputs>/,
      (inputs) =>
        inTexts(inputs, (value, start) => /mimeType="[^"]*json/.test(start) ? escape(python.json(plain(value))) : value)
    )
)

const embeddedXml =
  /(<wps:(?:ComplexData|Data)(?:\s[^<>]*)?>)(<(?!!\[CDATA|wps:(?:ComplexData|LiteralData|LiteralValue|BoundingBoxData)[\s>]|ows:BoundingBox[\s>])[^]*?)(?=<\/wps:(?:ComplexData|Data)>)/g

/** Changes the complex values that are XML. */
const inXml = (text: string, change: (xml: string) => string): string =>
  text.replace(embeddedXml, (_, start: string, xml: string) => `${start}${change(xml)}`)

const namespaces = {
  wps: "http://www.opengis.net/wps/1.0.0",
  ows: "http://www.opengis.net/ows/1.1",
  xlink: "http://www.w3.org/1999/xlink"
}

/** Declares the prefixes of WPS 1.0.0 on the root of an embedded document, unless it has them. */
const redeclare = (xml: string): string =>
  xml.replace(/(<[\w.:-]+(?:\s+xmlns(?::[\w.-]+)?="[^"]*")*)([^<>]*)/, (tag, start: string, rest: string) =>
    start +
    Object.entries(namespaces).map(([prefix, uri]) =>
      tag.includes(` xmlns:${prefix}=`) ? "" : ` xmlns:${prefix}="${uri}"`
    ).join("") +
    rest)

/**
 * The server parses embedded XML and writes it again, in WPS 1.0.0 (PyWPS): the root declares `wps`, `ows` and `xlink`
 * too, CDATA sections become escaped text, and a line feed follows.
 *
 * @since 0.1.0
 * @category values
 */
export const redeclaredXml: Quirk = rewrite(
  "redeclaredXml",
  (text, root) =>
    root === "ExecuteResponse"
      ? inXml(text, (xml) => `${redeclare(withoutSections(xml))}\n`)
      : text
)

/** Puts each element on a line of its own, and cuts texts before their first entity such as `&lt;`. */
const reindent = (xml: string): string => {
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

/**
 * The server parses embedded XML and writes it again, in WPS 2.0 (javaPS): each element is on a line of its own, and
 * texts end before their first `&lt;` or `&amp;`.
 *
 * @since 0.1.0
 * @category values
 */
export const reindentedXml: Quirk = rewrite(
  "reindentedXml",
  (text, root) => root === "Result" ? inXml(text, (xml) => `${reindent(xml)}\n`) : text
)

/**
 * Complex values that are XML are in CDATA sections (PyWPS, for metalinks).
 *
 * @since 0.1.0
 * @category values
 */
export const cdataXml: Quirk = rewrite(
  "cdataXml",
  (text, root) => isAnswer(root) ? inXml(text, cdata) : text
)

/**
 * Boxes have a `dimension`, but in the schema it is `dimensions` (javaPS).
 *
 * @since 0.1.0
 * @category values
 */
export const boxDimension: Quirk = rewrite(
  "boxDimension",
  (text, root) =>
    isAnswer(root)
      ? inTags(text, (tag) => /BoundingBox/.test(tag) ? tag.replace(" dimensions=", " dimension=") : tag)
      : text
)

/**
 * The types of literals begin with this, in WPS 2.0: `https://www.w3.org/2001/XMLSchema-datatypes#` in javaPS.
 *
 * @since 0.1.0
 * @category values
 */
export const datatypesNamespace = (uri: string): Quirk =>
  rewrite("datatypesNamespace", (text) =>
    inTags(
      text,
      (tag) => tag.replace(/"http:\/\/www\.w3\.org\/2001\/XMLSchema#/, () => `"${escape(uri)}`)
    ))

/**
 * Raw outputs are as Python prints them (PyWPS): a box is `[-10.0, 40.0, 20.0, 55.25]`. Boxes and numbers have the type
 * `text/xml`. CDATA sections in XML become escaped text.
 *
 * @since 0.1.0
 * @category values
 */
export const pythonRaw: Quirk = make(
  "pythonRaw",
  ({ operation, response }) => operation === "Execute" ? Effect.map(response, python.raw) : response
)

/**
 * Raw outputs have a `Content-Disposition`, so that browsers save them (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const attachments: Quirk = make(
  "attachments",
  ({ operation, response }) =>
    operation !== "Execute" ?
      response :
      Effect.map(response, (one) =>
        one.status === 200 && Option.isNone(documentOf(one))
          ? HttpServerResponse.setHeader(one, "content-disposition", "attachment; filename=\"output.txt\"")
          : one)
)

/**
 * An Execute by GET gets outputs by value that it wants by reference, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category values
 */
export const ignoresAsReference: Quirk = behaves("ignoresAsReference", { ignoresAsReference: true })

/** The inputs that PyWPS finds. It splits them before it decodes their values, and drops parts of another form. */
const cutInputs = (dataInputs: string): string =>
  dataInputs.split(";").filter((part) => /^[^=@]+=[^=@]*(?:@[^=@]+=[^@]*)*$/.test(part)).join(";")

/**
 * Inputs in a query are split at `;`, `@` and `=` before their values are decoded, and parts of another form are
 * dropped, in WPS 1.0.0 (PyWPS). Of the value `a;b@c=d`, encoded once, `a` is left.
 *
 * @since 0.1.0
 * @category values
 */
export const cutsInputs: Quirk = behaves("cutsInputs", { readsInputs: cutInputs })

/** Inputs whose values stay encoded. */
const asSent = (dataInputs: string): string => dataInputs.replace(/%(?=[\da-f]{2})/gi, "%25")

/**
 * Inputs in a query are decoded once, in WPS 1.0.0 (GeoServer). A value that is encoded twice, as the standard demands,
 * stays encoded once.
 *
 * @since 0.1.0
 * @category values
 */
export const decodesOnce: Quirk = behaves("decodesOnce", { readsInputs: asSent })
