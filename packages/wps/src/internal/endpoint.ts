import { bare } from "../Endpoint.ts"
import type { Parameter } from "../WpsProtocol.ts"

const own = new Set(["service", "request", "version"])

/** An address that a document holds, from the address of the document where it is relative. */
export const resolve = (href: string, document: string): string =>
  href === "" || URL.canParse(href) || !URL.canParse(href, document) ? href : new URL(href, document).href

/** Half a surrogate pair is no character; it goes as U+FFFD, as in any other text that is sent. */
const encode = (text: string): string =>
  encodeURIComponent(new TextDecoder("utf-8", { ignoreBOM: true }).decode(new TextEncoder().encode(text)))

/** A comma between items stands as it is, one within an item is escaped. */
const encodeValue = (value: Parameter[1]): string =>
  typeof value === "string" ? encode(value) : value.map(encode).join(",")

/** Parameters as they stand in an address. */
export const query = (parameters: ReadonlyArray<Parameter>): string =>
  parameters.map(([name, value]) => `${encode(name)}=${encodeValue(value)}`).join("&")

/**
 * Joins parameters to an address: those it has stay as they are written, but for the ones that every request sets
 * itself. Blanks become `%20`: not every server reads `+`.
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
