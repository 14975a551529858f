import { Xml, type XmlError, XmlFragment, XmlName } from "@effect-wps/xml"
import { assert } from "@effect/vitest"
import { Either, FastCheck as fc, Option } from "effect"

export const none = XmlName.unqualified
export const a = XmlName.namespace("urn:a", "a")
export const b = XmlName.namespace("urn:b", "b")

export const right = <A>(result: Either.Either<A, XmlError.XmlError>): A => {
  if (Either.isLeft(result)) return assert.fail(result.left.message)
  return result.right
}

export const left = <A>(result: Either.Either<A, XmlError.XmlError>): XmlError.XmlError => {
  if (Either.isRight(result)) return assert.fail(`read ${JSON.stringify(result.right)}`)
  return result.left
}

/** Reads what stands in `<r …>…</r>`. */
export const readIn = <A>(content: Xml.Content<A>, inner: string, attributes = "") =>
  right(Xml.decode(Xml.document(none("r"), content))(`<r ${attributes}>${inner}</r>`))

export const failIn = <A>(content: Xml.Content<A>, inner: string, attributes = "") =>
  left(Xml.decode(Xml.document(none("r"), content))(`<r ${attributes}>${inner}</r>`))

/** Pushes a document in pieces, cut before each of the indices. */
export const pushed = <A>(
  document: Xml.Document<A>,
  source: string | Uint8Array,
  cuts: ReadonlyArray<number>,
  options?: Xml.DecodeOptions
) => {
  const decoder = Xml.decoder(document, options)
  let from = 0
  for (const cut of [...cuts, source.length]) {
    decoder.write(source.slice(from, cut))
    from = cut
  }
  return decoder.end()
}

/** What can be compared of a fragment. */
export const plain = ({ elements, namespaces, source, text }: XmlFragment.XmlFragment) => ({
  elements,
  namespaces,
  source,
  text
})

/** Characters that XML 1.0 can carry, those that give trouble more often. */
export const character: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    ..."&,<,>,\",',\t,\n,\r, ,]".split(","),
    "]]>",
    "\r\n",
    "<!--",
    "<![CDATA[",
    "&amp;",
    "\u00e9",
    "\u0085",
    "\u2028",
    "\u{1f600}",
    "\ufffd"
  ),
  fc.integer({ min: 0x20, max: 0xd7ff }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0xe000, max: 0xfffd }).map((code) => String.fromCodePoint(code)),
  fc.integer({ min: 0x10000, max: 0x10ffff }).map((code) => String.fromCodePoint(code))
)

export const text: fc.Arbitrary<string> = fc.array(character, { maxLength: 12 }).map((all) => all.join(""))

export const trimmed: fc.Arbitrary<string> = text.map((one) => one.replace(/^[ \t\r\n]+|[ \t\r\n]+$/g, ""))

export const option = <A>(value: fc.Arbitrary<A>): fc.Arbitrary<Option.Option<A>> =>
  fc.option(value, { nil: undefined }).map(Option.fromNullable)

/** Balanced XML with text, CDATA, comments, attributes and namespaces that are its own. */
export const markup: fc.Arbitrary<string> = fc.letrec<{ node: string; element: string }>((tie) => ({
  node: fc.oneof(
    { depthSize: "small" },
    trimmed.map((one) => XmlFragment.fromText(one).source),
    fc.constantFrom("<!-- & < -->", "<?pi a?>", "<![CDATA[<a>&]] ]]>", "\r\n  ", "&#x1F600;&#13;", "&lt;a/&gt;"),
    tie("element")
  ),
  element: fc.tuple(
    fc.constantFrom("p", "x:p", "q"),
    fc.constantFrom("", " k='>'", " xmlns='urn:d'", "\n xmlns:y=\"urn:y\" y:k=\"/>\""),
    fc.array(tie("node"), { maxLength: 3 })
  ).map(([name, attributes, inner]) =>
    inner.length === 0 ? `<${name}${attributes}/>` : `<${name}${attributes}>${inner.join("")}</${name} >`
  )
})).node
