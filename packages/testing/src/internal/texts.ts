/** Functions that change the text of a document as the node writes it. */
export const declaration = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"

const references: Readonly<Record<string, string>> = { lt: "<", gt: ">", amp: "&", quot: "\"", "#13": "\r" }

/** Undoes the escapes that the node's writer makes. */
export const unescape = (text: string): string =>
  text.replace(/&(\w+|#13);/g, (whole, name: string) => references[name] ?? whole)

export const escape = (text: string): string =>
  text.replace(/[&<>"]/g, (one) => one === "&" ? "&amp;" : one === "<" ? "&lt;" : one === ">" ? "&gt;" : "&quot;")

/** Changes the tags of a document, but not its comments and CDATA sections. */
export const inTags = (text: string, change: (tag: string) => string): string =>
  text.replace(
    /<!--[^]*?-->|<!\[CDATA\[[^]*?\]\]>|<[A-Za-z/](?:"[^"]*"|'[^']*'|[^<>"'])*>/g,
    (one) => one.startsWith("<!") ? one : change(one)
  )

/** Declares a prefix on the root, unless the text declares it already. */
export const declare = (text: string, prefix: string, uri: string): string =>
  text.includes(` xmlns:${prefix}=`)
    ? text
    : text.replace(/<[\w.-]+:\w+/, (start) => `${start} xmlns:${prefix}="${uri}"`)

const complexValue =
  /(<wps:(?:ComplexData|Data)(?:\s[^<>]*)?>)(<!\[CDATA\[[^]*?\]\]>|[^<]+)(?=<\/wps:(?:ComplexData|Data)>)/g

/** Changes the complex values that are text, not XML. */
export const inTexts = (text: string, change: (value: string, start: string) => string): string =>
  text.replace(complexValue, (_, start: string, value: string) => `${start}${change(value, start)}`)

export const unescapeAbstracts = (text: string): string =>
  text.replace(
    /(<ows:Abstract(?: [^<>]*)?>)([^<]*)(?=<\/ows:Abstract>)/g,
    (_, start: string, abstract: string) => start + unescape(abstract)
  )

const sections = /<!\[CDATA\[([^]*?)\]\]>/g

/** Writes CDATA sections as escaped text, like a program that parses XML and writes it again. */
export const withoutSections = (xml: string): string => xml.replace(sections, (_, text: string) => escape(text))

/** The text of a value that is escaped or in a CDATA section. */
export const plain = (value: string): string =>
  value.startsWith("<!") ? value.replace(sections, (_, text: string) => text) : unescape(value)
