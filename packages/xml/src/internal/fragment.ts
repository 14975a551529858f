import type { XmlFragment } from "../XmlFragment.ts"
import { escapeAttribute, trim } from "./characters.ts"
import { noBindings, Parser } from "./parser.ts"

/** A child element at the top level of a fragment. */
export interface Top {
  /** The offset at which namespace declarations can be inserted: right after the name in the start tag. */
  readonly at: number
  /** The prefixes that the element itself declares. */
  readonly declared: ReadonlyArray<string>
}

export interface Analysis {
  readonly tops: ReadonlyArray<Top>
  readonly text: string
  readonly problem: string | undefined
}

/** The top elements of fragments that are known to be well-formed, so that they are not parsed again. */
const known = new WeakMap<XmlFragment, ReadonlyArray<Top>>()

export const topsOf = (fragment: XmlFragment): ReadonlyArray<Top> | undefined => known.get(fragment)

const wrapper = "<_>"

const sliceLength = 65536

/** Parses a fragment as the content of an element. */
export const analyse = (
  source: string,
  namespaces: ReadonlyArray<readonly [prefix: string, uri: string]>
): Analysis => {
  const parser = new Parser(new Map([...noBindings, ...namespaces]))
  const tops: Array<Top> = []
  let text = ""
  let problem: string | undefined
  let at = 0
  const append = (piece: string) => {
    text += piece
  }
  parser.on("error", (error) => {
    problem ??= error.message
  })
  parser.on("opentagstart", () => {
    at = parser.position - wrapper.length - 1
  })
  parser.on("attribute", (attribute) => parser.attribute(attribute))
  parser.on("opentag", (tag) => {
    parser.enter(tag.name)
    if (parser.depth === 2) {
      tops.push({ at, declared: parser.declared })
    }
    parser.forget()
  })
  parser.on("closetag", () => parser.leave())
  parser.on("text", append)
  parser.on("cdata", append)
  parser.write(wrapper)
  for (let i = 0; i < source.length && problem === undefined; i += sliceLength) {
    parser.write(source.slice(i, i + sliceLength))
  }
  if (problem === undefined) {
    parser.write("</_>")
    parser.close()
  }
  return { tops, text, problem }
}

/** A fragment with child elements that the reader has found to be well-formed. Its text is computed on first access. */
export const withElements = (
  source: string,
  tops: ReadonlyArray<Top>,
  namespaces: XmlFragment["namespaces"]
): XmlFragment => {
  let text: string | undefined
  const fragment: XmlFragment = {
    get text() {
      return text ??= analyse(source, namespaces).text
    },
    source,
    elements: tops.length,
    namespaces
  }
  known.set(fragment, tops)
  return fragment
}

/** A fragment of text only, whose source is well-formed. */
export const textOnly = (text: string, source: string, namespaces: XmlFragment["namespaces"]): XmlFragment => {
  // Equal strings can be two copies in memory, so one is used for both.
  const fragment: XmlFragment = { text, source: source === text ? text : source, elements: 0, namespaces }
  known.set(fragment, [])
  return fragment
}

/** A fragment whose source has not been parsed yet. */
export const unread = (source: string, namespaces: XmlFragment["namespaces"]): XmlFragment => {
  let analysis: Analysis | undefined
  const read = () => analysis ??= analyse(source, namespaces)
  return {
    get text() {
      return read().text
    },
    source,
    get elements() {
      return read().tops.length
    },
    namespaces
  }
}

/**
 * Declares the namespaces that the source uses on its top elements, except those that the element itself or its new
 * place declares already.
 */
export const declare = (
  fragment: XmlFragment,
  tops: ReadonlyArray<Top>,
  inScope: (prefix: string, uri: string) => boolean
): string => {
  const { source } = fragment
  // A value can use a prefix, such as that of xsi:type, so any occurrence counts as a use.
  const used = fragment.namespaces.filter(([prefix, uri]) =>
    !inScope(prefix, uri) && (prefix === "" ? uri !== "" : source.includes(`${prefix}:`))
  )
  if (used.length === 0) return source
  const pieces: Array<string> = []
  let from = 0
  for (const top of tops) {
    pieces.push(source.slice(from, top.at))
    for (const [prefix, uri] of used) {
      if (!top.declared.includes(prefix)) pieces.push(declaration(prefix, uri))
    }
    from = top.at
  }
  pieces.push(source.slice(from))
  return pieces.join("")
}

export const standAlone = (fragment: XmlFragment, tops: ReadonlyArray<Top>): string => {
  const source = declare(fragment, tops, () => false)
  return tops.length === 1 ? trim(source) : source
}

export const declaration = (prefix: string, uri: string): string =>
  ` ${prefix === "" ? "xmlns" : `xmlns:${prefix}`}="${escapeAttribute(uri)}"`
