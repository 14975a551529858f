/**
 * XML inside XML, kept to the letter.
 *
 * @since 0.1.0
 */
import { escapeText, illegalCharacter } from "./internal/characters.ts"
import * as internal from "./internal/fragment.ts"

/**
 * What stands between two tags: text, elements, or both.
 *
 * - `text`: all character data of it, CDATA and references resolved, markup dropped, not trimmed
 * - `source`: what was between the start and the end tag, character by character
 * - `elements`: how many child elements are at its top; 0 is text only
 * - `namespaces`: the prefixes in scope where it stands, `""` being the default namespace
 *
 * `text` of a fragment with elements is gathered when it is first asked for.
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
 * A fragment that is this text, whatever characters it has.
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
 * A fragment from its source. An XML declaration, and a document type declaration that declares nothing, are left out.
 * `namespaces` are prefixes that the source uses and does not declare itself.
 *
 * Nothing is checked here: `Xml.encode` refuses a source that is not well-formed or uses an undeclared prefix.
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
 * The fragment as XML that means the same on its own: the namespaces in scope that its source mentions are declared on
 * the elements at its top, and the white space around a single element is dropped.
 *
 * A fragment of text only, and one whose source is not well-formed, comes back as its source.
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
