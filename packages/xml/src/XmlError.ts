/**
 * The one error of reading and writing XML.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/**
 * What went wrong:
 *
 * - `malformed`: not well-formed XML, or not to the rules of namespaces
 * - `doctype`: a document type declaration, which is refused
 * - `encoding`: bytes that are not text in the encoding that they should be in, or an encoding that is not known
 * - `limit`: larger or deeper than the options allow
 * - `unexpected-root`: well-formed so far, but another document
 * - `missing`: an element or attribute that the declaration requires
 * - `repeated`: an element twice where the declaration has it once
 * - `invalid-value`: a text that its schema refuses
 * - `illegal-character`: on writing, a character that XML 1.0 cannot carry
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
 * A document that could not be read, or a value that could not be written.
 *
 * `path` leads to the element or attribute, such as `/wps:ExecuteResponse/Status/@creationTime`, in the prefixes of the
 * declaration. `line` and `column` count from 1, in characters, and stand at the last character that was read; they are
 * 0 on writing, where there is no document yet. No more than about 100 characters of the document are kept.
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
