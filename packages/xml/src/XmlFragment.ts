/**
 * Embedded XML, kept verbatim.
 *
 * @since 0.1.0
 */
import { escapeText, illegalCharacter } from "./internal/characters.ts"
import * as internal from "./internal/fragment.ts"

/**
 * The content of an element: text, child elements, or both.
 *
 * - `text`: the character data of all levels, not trimmed. CDATA and references are resolved, and markup is dropped
 * - `source`: everything between the start tag and the end tag, verbatim
 * - `elements`: the number of child elements at the top level. 0 means text only
 * - `namespaces`: the prefixes in scope at the element. `""` is the default namespace
 *
 * If a fragment has elements, its `text` is computed on first access.
 *
 * @see OGC 05-007r7 §10.2.1 table 48 (`wps:ComplexData`)
 * @since 0.1.0
 * @category models
 */
export interface XmlFragment {
  readonly text: string
  readonly source: string
  readonly elements: number
  readonly namespaces: ReadonlyArray<readonly [prefix: string, uri: string]>
}

/**
 * A fragment with this text only. Special characters are escaped.
 *
 * @example
 * ```ts
 * import { XmlFragment } from "@effect-wps/xml"
 *
 * console.log(XmlFragment.fromText("a < b").source) // a &lt; b
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromText = (text: string): XmlFragment =>
  illegalCharacter(text) === undefined
    ? internal.textOnly(text, escapeText(text), [])
    : { text, source: escapeText(text), elements: 0, namespaces: [] }

const prologue = /^\uFEFF?(?:\s*<\?xml\s[^>]*\?>\s*)?(?:\s*<!DOCTYPE\s[^[<>"']*(?:(?:"[^"]*"|'[^']*')[^[<>"']*)*>\s*)?/

/**
 * A fragment from XML source. An XML declaration is left out, and so is a document type declaration that declares
 * nothing. `namespaces` are the prefixes that the source uses but does not declare.
 *
 * `fromXml` checks nothing. `Xml.encode` refuses a source that is not well-formed or uses an undeclared prefix.
 *
 * @example
 * ```ts
 * import { XmlFragment } from "@effect-wps/xml"
 *
 * const point = XmlFragment.fromXml("<gml:Point/>", [["gml", "http://www.opengis.net/gml"]])
 *
 * console.log(XmlFragment.toXml(point)) // <gml:Point xmlns:gml="http://www.opengis.net/gml"/>
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromXml = (
  source: string,
  namespaces: ReadonlyArray<readonly [prefix: string, uri: string]> = []
): XmlFragment => internal.unread(source.replace(prologue, ""), namespaces)

/**
 * The fragment as XML that stands alone. The top elements declare the namespaces in scope that the source mentions.
 * White space around a single element is dropped.
 *
 * A fragment of text only is returned as its source, and so is one whose source is not well-formed.
 *
 * @example
 * ```ts
 * import { Xml, XmlFragment, XmlName } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const data = Xml.document(XmlName.unqualified("Data"), Xml.fragment)
 * const fragment = Xml.decode(data)("<Data xmlns:g='urn:g'> <g:a>1</g:a> </Data>")
 *
 * console.log(Either.map(fragment, XmlFragment.toXml)) // <g:a xmlns:g="urn:g">1</g:a>
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toXml = (self: XmlFragment): string => {
  const known = internal.topsOf(self)
  if (known !== undefined) return internal.standAlone(self, known)
  const { problem, tops } = internal.analyse(self.source, self.namespaces)
  return problem === undefined ? internal.standAlone(self, tops) : self.source
}
