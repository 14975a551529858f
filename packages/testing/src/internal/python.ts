/** How Python prints values. Servers that are written in Python send them so. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { python } from "./llnlJobs.ts"
import { bytesOf, documentOf, startOfRoot, withBytes, withText } from "./responses.ts"
import { withoutSections } from "./texts.ts"

const readJson = Schema.decodeUnknownOption(Schema.parseJson())

/** A JSON text as Python prints its value. */
export const json = (json: string): string =>
  Option.match(readJson(json), { onNone: () => json, onSome: (value) => python(value, "repr") })

/** A number as Python prints a float. */
const pythonFloat = (number: string): string => /^-?\d+$/.test(number) ? `${number}.0` : number

/** A URL as Python prints it once parsed. */
const pythonUrl = (address: string): string => {
  const [, scheme = "", netloc = "", path = "", query = "", fragment = ""] =
    /^(?:([\w+.-]+):)?(?:\/\/([^/?#]*))?([^?#]*)(?:\?([^#]*))?(?:#([^]*))?$/.exec(address) ?? []
  const parts = Object.entries({ scheme, netloc, path, params: "", query, fragment })
  return `ParseResult(${parts.map(([name, value]) => `${name}='${value}'`).join(", ")})`
}

export const literal = (value: string, start: string): string =>
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

/** A raw output as PyWPS sends it, if it is a box, a number or XML. */
export const raw = (response: HttpServerResponse.HttpServerResponse): HttpServerResponse.HttpServerResponse =>
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
