/** What LLNL's server writes: pages, reports, capabilities, and documents about jobs out of a template. */
import { type Capabilities, Wps100 } from "@effect-wps/wps"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Quirk from "../Quirk.ts"
import type { Implementation } from "../WpsNode.ts"
import { capabilities as capabilitiesOf, describe } from "./describe.ts"
import { type Job, type Jobs, lastOf, python } from "./llnlJobs.ts"
import * as responses from "./responses.ts"
import * as texts from "./texts.ts"

const page = (status: number, title: string, text: string): HttpServerResponse.HttpServerResponse =>
  responses.page(status, title, `<p>${text}</p>`, "text/html")

export const notFound = page(404, "Not Found", "Nothing is at this address.")

export const crashed = page(500, "Server Error (500)", "")

export const forgery = page(403, "403 Forbidden", "The request has no CSRF token, or another than its cookie.")

/** The same document with the content type that the server gives it. */
export const typed = (contentType: string) => (response: HttpServerResponse.HttpServerResponse) =>
  Option.match(Option.filter(responses.bytesOf(response), () => Option.isSome(responses.documentOf(response))), {
    onNone: () => response,
    onSome: (bytes) => responses.withBytes(response, bytes, contentType)
  })

export const json = (status: number, value: unknown): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(JSON.stringify(value), { status, contentType: "application/json" })

export const refusal = (status: number, detail: string): HttpServerResponse.HttpServerResponse =>
  json(status, { detail })

export const unauthenticated = (detail: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setHeader(refusal(401, detail), "www-authenticate", "Basic realm=\"api\"")

/** Escapes text as Python does: quotes too. */
const escape = (text: string): string => texts.escape(text).replaceAll("&quot;", "&#34;").replaceAll("'", "&#39;")

/** A report, with HTTP 200 like everything at the endpoint. */
export const report = (code: string, text: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `${texts.declaration}<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="1.0.0" xml:lang="en-CA">` +
      `<ows:Exception exceptionCode="${escape(code)}"><ows:ExceptionText>${escape(text)}</ows:ExceptionText>` +
      "</ows:Exception></ows:ExceptionReport>",
    { contentType: "text/xml" }
  )

/** A report of an error that the server did not foresee. */
export const unforeseen = (text: string): HttpServerResponse.HttpServerResponse =>
  report("NoApplicableCode", `Please copy the error and report on Github: ${text}`)

/** Stands for an empty text, for which nothing would be written. It is removed from the document afterwards. */
const blank = "\uE000"
const nothing = Option.some(blank)

/** The server's provider. Its settings are empty, but the elements are written. */
const provider: Capabilities.Capabilities["provider"] = Option.some({
  name: nothing,
  site: Option.some(""),
  contact: Option.some({
    individualName: nothing,
    positionName: nothing,
    role: Option.none(),
    phones: [blank],
    faxes: ["NONE"],
    deliveryPoints: [blank],
    city: nothing,
    administrativeArea: nothing,
    postalCode: nothing,
    country: nothing,
    emails: [blank],
    onlineResource: Option.none(),
    hoursOfService: Option.none(),
    contactInstructions: Option.none()
  })
})

export const capabilities = (
  title: string,
  base: string,
  implementations: ReadonlyArray<Implementation<unknown>>
): HttpServerResponse.HttpServerResponse => {
  const common = capabilitiesOf(title, base, "1.0.0", implementations.map(describe))
  const value: Capabilities.Capabilities = {
    ...common,
    updateSequence: Option.some("1"),
    language: Option.some("en-CA"),
    defaultLanguage: Option.some("en-CA"),
    identification: Option.map(common.identification, (one) => ({
      ...one,
      abstracts: [title],
      keywords: ["WPS", "Compute"],
      fees: Option.some("NONE"),
      accessConstraints: ["NONE"]
    })),
    provider
  }
  return Either.match(Wps100.Wps100.encodeResponse({ _tag: "Capabilities", value }), {
    onLeft: (error) => unforeseen(error.message),
    onRight: (text) => HttpServerResponse.text(text.replaceAll(blank, ""), { contentType: "text/xml" })
  })
}

// ------------------------------------------------------------------------------------------------- documents about jobs

/** Puts each output on a line of its own. After `unescapedJson` the ends of outputs could not be found. */
const padded: Quirk.Quirk = Quirk.rewrite(
  "padded",
  (text, root) =>
    root === "ExecuteResponse"
      ? texts.inTexts(text, (value) => `\n          ${value.trim()}\n        `)
      : text
)

/** Removes the locators from reports. */
const noLocator: Quirk.Quirk = Quirk.rewrite(
  "noLocator",
  (text, root) => root === "ExceptionReport" ? text.replace(/ locator="[^"]*"/g, "") : text
)

const titled = (identifier: string): string =>
  `<ows:Identifier>${escape(identifier)}</ows:Identifier><ows:Title>${escape(identifier)}</ows:Title>`

/** The inputs of the request, as Python's `repr` writes them, and the outputs. */
const echo = ({ inputs }: Job, outputs: ReadonlyArray<string>): string => {
  const sent = Object.entries(inputs).map(([identifier, value]) =>
    `<wps:Input>${titled(identifier)}<wps:Data><wps:ComplexData mimeType="application/json">${
      escape(python(value, "repr"))
    }</wps:ComplexData></wps:Data></wps:Input>`
  )
  const defined = outputs.map((one) => `<wps:Output mimeType="application/json">${titled(one)}</wps:Output>`)
  return `<wps:DataInputs>${sent.join("")}</wps:DataInputs><wps:OutputDefinitions>${
    defined.join("")
  }</wps:OutputDefinitions>`
}

/** The last message of the last state. A job that is accepted or has only started has none. */
const messageOf = (job: Job): string =>
  Option.match(lastOf(job), { onNone: () => "", onSome: ({ messages }) => messages.at(-1)?.text ?? "" })

const asJob = (text: string, job: Job, outputs: ReadonlyArray<string>): string =>
  text.replace(
    /(<wps:(Process(?:Accepted|Started|Paused|Succeeded))(?: [^<>/]*)?)(?:\/>|>[^<]*<\/wps:\2>)/,
    (_, start: string, name: string) => `${start}>${escape(messageOf(job))}</wps:${name}>`
  )
    .replace("</wps:Status>", (end) => end + echo(job, outputs))
    .replace(/( serviceInstance="[^"?]*)[^"]*/, "$1")
    .replace(/( xml:lang=")[^"]*/, "$1en-CA")

/** How a job's documents differ from those of a node with `Quirk.llnl`. */
const templated = (jobs: Jobs, outputs: ReadonlyMap<string, ReadonlyArray<string>>): Quirk.Quirk =>
  Quirk.make("templated", ({ operation, response }) =>
    operation === "GetOutput" ?
      response :
      Effect.flatMap(response, (one) =>
        Option.match(responses.documentOf(one), {
          onNone: () => Effect.succeed(one),
          onSome: ({ text }) =>
            Effect.map(
              jobs.find(Number(/ statusLocation="[^"]*?(\d+)\.wps"/.exec(text)?.[1])),
              Option.match({
                onNone: () => one,
                onSome: (job) => responses.withText(one, asJob(text, job, outputs.get(job.identifier) ?? []))
              })
            )
        })))

export const quirks = (
  jobs: Jobs,
  implementations: ReadonlyArray<Implementation<unknown>>
): ReadonlyArray<Quirk.Quirk> => [
  padded,
  noLocator,
  // The template adds the lineage itself.
  ...Quirk.llnl.filter((one) => one !== Quirk.alwaysLineage && one !== Quirk.pythonLineage),
  templated(
    jobs,
    new Map(implementations.map(({ process }) => [process.identifier, Object.keys(process.outputs)]))
  )
]
