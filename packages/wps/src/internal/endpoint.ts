import { bare } from "../Endpoint.ts"
import type { Parameter } from "../WpsProtocol.ts"

const own = new Set(["service", "request", "version"])

/** Resolves an address in a document against the address of the document. */
export const resolve = (href: string, document: string): string =>
  href === "" || URL.canParse(href) || !URL.canParse(href, document) ? href : new URL(href, document).href

/** Half a surrogate pair is not a character. It becomes U+FFFD, as in any other text that is sent. */
const encode = (text: string): string =>
  encodeURIComponent(new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text)))

/** A comma that separates items is not escaped; one within an item is. */
const encodeValue = (value: Parameter[1]): string =>
  typeof value === "string" ? encode(value) : value.map(encode).join(",")

/** Parameters as a query string. */
export const query = (parameters: ReadonlyArray<Parameter>): string =>
  parameters.map(([name, value]) => `${encode(name)}=${encodeValue(value)}`).join("&")

/**
 * Adds parameters to an address. The address keeps its own parameters as they are written, except those that every
 * request sets itself. Blanks become `%20`, because not every server reads `+`.
 */
export const withParameters = (base: URL, parameters: ReadonlyArray<Parameter>): string => {
  const set = new Set([...own, ...parameters.map(([name]) => name.toLowerCase())])
  const kept = base.search.slice(1).split("&").filter((pair) => {
    const name = pair.split("=")[0] ?? ""
    return pair !== "" && !set.has(name.toLowerCase())
  })
  const all = [...kept, ...(parameters.length === 0 ? [] : [query(parameters)])].join("&")
  return all === "" ? bare(base.href) : `${bare(base.href)}?${all}`
}
