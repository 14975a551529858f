/**
 * The error of reading and writing XML.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * The kinds of failure:
 *
 * - `malformed`: the text is not well-formed XML, or breaks the rules of namespaces
 * - `doctype`: the document has a document type declaration, which is refused
 * - `encoding`: the bytes are invalid in their encoding, or the encoding is not known
 * - `limit`: the document is larger or deeper, or an element has more attributes, than the options allow
 * - `unexpected-root`: the root element is not the declared one
 * - `missing`: a required element or attribute is absent
 * - `repeated`: an element occurs more than once where the declaration allows one
 * - `invalid-value`: the declaration refuses a text on reading, or a value on writing
 * - `illegal-character`: on writing, a text has a character that XML 1.0 cannot carry
 *
 * @since 0.1.0
 * @category models
 */
export const Reason = Schema.Literal(
  "malformed",
  "doctype",
  "encoding",
  "limit",
  "unexpected-root",
  "missing",
  "repeated",
  "invalid-value",
  "illegal-character"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Reason = typeof Reason.Type

const advice: Record<Reason, string> = {
  malformed: "The XML is broken: have whoever wrote it mend it",
  doctype: "Remove the document type declaration, which is refused because entities can hide in it",
  encoding: "Send UTF-8, or name the true encoding",
  limit: "Raise the limit in the options if the document is to be trusted",
  "unexpected-root": "Check that the address answers with the document that was asked for",
  missing: "Have whoever wrote the document add it, or declare it as optional",
  repeated: "Have whoever wrote the document leave one, or declare it as many or as the first that counts",
  "invalid-value": "Have the value corrected, or accept it in the schema",
  "illegal-character": "Remove the character, or send the value as base64"
}

/**
 * A document could not be read, or a value could not be written.
 *
 * `path` points to the element or attribute, such as `/wps:ExecuteResponse/Status/@creationTime`, with the prefixes of
 * the declaration. `line` and `column` give the position of the last character that was read. Both start at 1, and
 * columns count characters. On writing there is no document yet, so both are 0. An error holds no more than about 100
 * characters of the document.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const title = Xml.document(XmlName.unqualified("title"), Xml.text)
 *
 * console.log(Either.mapLeft(Xml.decode(title)("<title>"), (error) => error.message))
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class XmlError extends Schema.TaggedError<XmlError>("@effect-wps/xml/XmlError")("XmlError", {
  reason: Reason,
  detail: Schema.String,
  path: Schema.String,
  line: Schema.Int,
  column: Schema.Int
}) {
  override get message(): string {
    const position = this.line === 0 ? "" : ` (line ${this.line}, column ${this.column})`
    return `${this.detail} at ${this.path}${position}. ${advice[this.reason]}.`
  }
}
