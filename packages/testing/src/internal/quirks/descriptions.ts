/** What a service says of itself and its processes, and in which version. */
import * as Effect from "effect/Effect"
import type { Quirk } from "../../Quirk.ts"
import { behaves, make, rewrite } from "../quirk.ts"
import { report } from "../responses.ts"
import { escape, inTags, unescapeAbstracts } from "../texts.ts"

const isDescription = (root: string): boolean => root === "ProcessDescriptions" || root === "ProcessOfferings"

/**
 * No element of a description has a namespace, in WPS 1.0.0 (servers from the time of WPS 0.4.0).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const unqualifiedDescriptions: Quirk = rewrite(
  "unqualifiedDescriptions",
  (text, root) => root === "ProcessDescriptions" ? inTags(text, (tag) => tag.replace(/^(<\/?)wps:/, "$1")) : text
)

/**
 * `MinimumOccurs` and `MaximumOccurs` are elements, as in WPS 0.4.0, and not attributes, in WPS 1.0.0 (CEDA).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const occurrenceElements: Quirk = rewrite("occurrenceElements", (text, root) =>
  root === "ProcessDescriptions"
    ? text.replace(
      /(<Input) minOccurs="(\d+)" maxOccurs="(\d+)">/g,
      "$1><MinimumOccurs>$2</MinimumOccurs><MaximumOccurs>$3</MaximumOccurs>"
    )
    : text)

/**
 * The capabilities have the namespace of WPS before 1.0.0, in WPS 1.0.0 (CEDA).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const formerNamespace: Quirk = rewrite("formerNamespace", (text, root) =>
  root === "Capabilities"
    ? text.replace("\"http://www.opengis.net/wps/1.0.0\"", "\"http://www.opengeospatial.net/wps\"")
    : text)

/**
 * A process has its identifier twice (GSKY).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const doubledIdentifier: Quirk = rewrite(
  "doubledIdentifier",
  (text, root) =>
    root === "Capabilities" || root === "ExecuteResponse"
      ? text.replace(/(<wps:Process(?: [^<>]*)?>)(<ows:Identifier>[^<]*<\/ows:Identifier>)/g, "$1$2$2")
      : text
)

/**
 * All elements of a description are in the namespace of WPS. In the schemas some of them have none.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const qualifiedDescriptions: Quirk = rewrite("qualifiedDescriptions", (text, root) =>
  isDescription(root)
    ? inTags(text, (tag) => tag.replace(/^(<\/?)(?=[\w.-]+[\s/>])/, "$1wps:"))
    : text)

/**
 * `maxOccurs` is this number for an input without a maximum. GeoServer writes Java's greatest `long`, which a
 * JavaScript number cannot hold.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const unboundedAs = (count: string): Quirk =>
  rewrite(
    "unboundedAs",
    (text, root) =>
      isDescription(root)
        ? text.replace(/ maxOccurs="(?:2147483647|unbounded)"/g, () => ` maxOccurs="${escape(count)}"`)
        : text
  )

/**
 * A DescribeProcess of `ALL` gets no descriptions (javaPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const emptyOfferings: Quirk = behaves("emptyOfferings", { emptyOfferings: true })

/** Writes the URLs of operations as GeoServer does. */
const operationUrls = (text: string): string =>
  text.replace(
    /<ows:Operation name="(\w+)">[^]*?<\/ows:Operation>/g,
    (operation, name: string) =>
      operation.replace(
        /(xlink:href="[^"?]*)(?=")/g,
        (_, href: string) => `${href}?service=wps&amp;request=${name}&amp;`
      )
  )

/**
 * The URLs of operations have parameters already, with which a client must merge its own (GeoServer).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const queryInOperationUrls: Quirk = rewrite(
  "queryInOperationUrls",
  (text, root) => root === "Capabilities" ? operationUrls(text) : text
)

/**
 * All answers but capabilities are WPS 1.0.0, whichever version was asked for. The operations for jobs of WPS 2.0 are
 * refused (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const answersIn100: Quirk = make(
  "answersIn100",
  ({ operation, request, response }) =>
    operation === "GetResult" || operation === "Dismiss" ||
      (operation === "GetStatus" && !/\/jobs\/[^/?]+$/.test(request.url))
      ? Effect.succeed(report(400, "OperationNotSupported", `Unknown request ${operation}`))
      : response,
  { answersIn: "1.0.0" }
)

/**
 * Abstracts are not escaped in the capabilities, so a `<` or `&` in one makes them malformed (Finch).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const unescapedCapabilities: Quirk = rewrite(
  "unescapedCapabilities",
  (text, root) => root === "Capabilities" ? unescapeAbstracts(text) : text
)

/** Capabilities of WPS 2.0 as PyWPS writes them: the placeholders of its template are not filled in. */
const placeholders = (text: string): string =>
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

/**
 * In capabilities of WPS 2.0 the identifier of every process is `process.identifier` and its title `process.title`. It
 * has no modes. The elements of the contact are in lower case (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const placeholderProcesses: Quirk = rewrite(
  "placeholderProcesses",
  (text, root) => root === "Capabilities" ? placeholders(text) : text
)

/**
 * GetCapabilities is answered in the last version that the client accepts, and in 1.0.0 if it names none (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const lastVersionWins: Quirk = behaves("lastVersionWins", { lastVersionWins: true })

/**
 * An Execute of WPS 2.0 is run synchronously, without its inputs, and gives all outputs (PyWPS). See `answersIn100`.
 *
 * @since 0.1.0
 * @category descriptions
 */
export const misreads200: Quirk = behaves("misreads200", { misreads200: true })

/**
 * Literals that may have any value lack the `AnyValue` that the schema demands then (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const bareLiterals: Quirk = rewrite(
  "bareLiterals",
  (text, root) => isDescription(root) ? text.replaceAll("<ows:AnyValue/>", "") : text
)

/**
 * Processes have keywords in the capabilities, which the schema does not allow, in WPS 1.0.0 (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const processKeywords: Quirk = rewrite("processKeywords", (text, root) =>
  root === "Capabilities"
    ? text.replaceAll("</wps:Process>", "<ows:Keywords><ows:Keyword>echo</ows:Keyword></ows:Keywords></wps:Process>")
    : text)

/**
 * There is an empty Abstract where there is none to write (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const emptyAbstracts: Quirk = rewrite(
  "emptyAbstracts",
  (text) => text.replace(/<\/ows:Title>(?!<ows:Abstract)/g, "</ows:Title><ows:Abstract></ows:Abstract>")
)

const doubleDefaults = (text: string): string =>
  text
    .replace(/(<Supported>)(<Format>[^]*?<\/Format>)/g, "$1$2$2")
    .replace(/(<wps:Format [^<>]*?) default="true"\/>/g, "$&$1/>")
    .replace(/(<Supported>)(<ows:UOM>[^<]*<\/ows:UOM>)<ows:UOM>[^<]*<\/ows:UOM>/g, "$1$2$2")

/**
 * The default format is listed twice (javaPS). The default unit is too, and replaces the second unit (PyWPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const doubledDefaults: Quirk = rewrite(
  "doubledDefaults",
  (text, root) => isDescription(root) ? doubleDefaults(text) : text
)

const dataType = /<ows:DataType[^<>]*>([^<]*)</g

/** Writes the types of literals as GeoServer does. */
const withBareTypes = (text: string): string =>
  text
    .replace(/<ows:DataType[^<>]*>string<\/ows:DataType>/g, "")
    .replace(/<DataInputs>[^]*?<\/DataInputs>/g, (inputs) => inputs.replace(dataType, "<ows:DataType>xs:$1<"))
    .replace(/<ProcessOutputs>[^]*?<\/ProcessOutputs>/g, (outputs) => outputs.replace(dataType, "<ows:DataType>$1<"))

/**
 * The type of a number is `xs:double` for an input and `double` for an output, without a reference. A text has no type.
 * In WPS 1.0.0 (GeoServer).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const bareDataTypes: Quirk = rewrite(
  "bareDataTypes",
  (text, root) => root === "ProcessDescriptions" ? withBareTypes(text) : text
)

/** Writes the formats of complex data as in WPS 0.4.0. */
const formerFormats = (text: string): string =>
  text.replace(
    /<(Complex(?:Data|Output))[^<>]*><Default>[^]*?<\/Default><Supported>([^]*?)<\/Supported>/g,
    (_, name: string, formats: string) =>
      `<${name} defaultFormat="${/<MimeType>([^<]*)/.exec(formats)?.[1] ?? ""}">` +
      formats.replace(/(<\/?)Format>/g, "$1SupportedComplexData>").replace(/(<\/?)MimeType>/g, "$1Format>")
  )

/**
 * Each format of complex data is a `SupportedComplexData`, as in WPS 0.4.0, in WPS 1.0.0 (CEDA).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const supportedComplexData: Quirk = rewrite(
  "supportedComplexData",
  (text, root) => root === "ProcessDescriptions" ? formerFormats(text) : text
)

/**
 * Each allowed value is an `ows:AllowedValue`, but in the schema it is an `ows:Value` (servers that TerriaJS knows).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const allowedValueElements: Quirk = rewrite(
  "allowedValueElements",
  (text, root) => isDescription(root) ? text.replace(/(<\/?ows:)Value(?=>)/g, "$1AllowedValue") : text
)

/**
 * Descriptions have the inputs and outputs in another order than the process (javaPS).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const otherOrder: Quirk = behaves("otherOrder", { otherOrder: true })

/** Writes the operations as javaPS does. */
const crowdOperations = (text: string, jobs: number): string => {
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

/**
 * Operations list the content types that they accept, SOAP before XML, and the ids of this many jobs (javaPS, whose
 * capabilities grow with every job).
 *
 * @since 0.1.0
 * @category descriptions
 */
export const crowdedOperations = (jobs: number): Quirk =>
  rewrite(
    "crowdedOperations",
    (text, root) => root === "Capabilities" ? crowdOperations(text, jobs) : text
  )
