import { Xml, XmlName } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { Either, FastCheck } from "effect"
import { SaxesParser } from "saxes"

/** The parser's own namespaces, which are slower, and which ours must agree with. */
const judged = (source: string): { readonly isWellFormed: boolean; readonly root: string } => {
  const parser = new SaxesParser({ xmlns: true, position: false, defaultXMLVersion: "1.0", forceXMLVersion: true })
  let isWellFormed = true
  let root = ""
  parser.on("error", () => {
    isWellFormed = false
  })
  parser.on("opentag", (tag) => {
    if (root === "") root = `{${tag.uri}}${tag.local}`
  })
  parser.write(source).close()
  return { isWellFormed, root }
}

const read = Xml.decode(Xml.anyDocument)

const agrees = (source: string): void => {
  const { isWellFormed, root } = judged(source)
  const ours = read(source)
  assert.strictEqual(Either.isRight(ours), isWellFormed, source)
  if (Either.isRight(ours)) assert.strictEqual(`{${ours.right.uri}}${ours.right.local}`, root)
}

const xml = "http://www.w3.org/XML/1998/namespace"
const xmlns = "http://www.w3.org/2000/xmlns/"

const documents = [
  "<a/>",
  "<a xmlns=\"u\"/>",
  "<p:a xmlns:p=\"u\"/>",
  "<p:a xmlns:p=\" u \"/>",
  "<p:a/>",
  "<a p:b=\"\"/>",
  "<a xmlns:p=\"u\"><p:b/></a>",
  "<a><b xmlns:p=\"u\"/><p:b/></a>",
  "<a xmlns=\"u\"><b xmlns=\"\"/></a>",
  "<a xmlns:p=\"u\"><b xmlns:p=\"\"/></a>",
  "<a xmlns:p=\"\"/>",
  "<a xmlns:p=\"u\" xmlns:q=\"u\" p:b=\"\" q:b=\"\"/>",
  "<a xmlns:p=\"u\" xmlns:q=\"v\" p:b=\"\" q:b=\"\" b=\"\"/>",
  "<a xmlns=\"u\" xmlns:p=\"u\" p:b=\"\" b=\"\"/>",
  "<a b=\"\" b=\"\"/>",
  "<a xmlns=\"u\" xmlns=\"v\"/>",
  "<a xmlns:p=\"u\" xmlns:p=\"u\"/>",
  "<:a/>",
  "<a:/>",
  "<a:b:c xmlns:a=\"u\"/>",
  "<a :b=\"\"/>",
  "<a xmlns:=\"u\"/>",
  "<a xmlns:p:q=\"u\"/>",
  "<xmlns:a/>",
  "<xml:a/>",
  "<a xml:lang=\"en\"/>",
  "<a xmlns:b=\"u\" b:c=\"\"></a>",
  `<a xmlns:xml="${xml}"/>`,
  "<a xmlns:xml=\"u\"/>",
  `<a xmlns:p="${xml}"/>`,
  `<a xmlns="${xml}"/>`,
  `<a xmlns:xmlns="${xmlns}"/>`,
  "<a xmlns:xmlns=\"u\"/>",
  `<a xmlns:p="${xmlns}"/>`,
  `<a xmlns="${xmlns}"/>`,
  "<a xmlnsx=\"u\" xmlns-p=\"u\"/>",
  "<?p:q r?><a/>",
  "<?p r?><a/>",
  "<p:a xmlns:p=\"u\"></p:a>",
  "<p:a xmlns:p=\"u\" xmlns:q=\"u\"></q:a>",
  "<a xmlns:p=\"u\"><p:b xmlns:p=\"v\" p:c=\"\"/><p:b/></a>"
]

const some = (values: ReadonlyArray<string>) => FastCheck.constantFrom(...values)
const name = FastCheck.tuple(some(["", "", "p:", "q:", "xml:", "xmlns:"]), some(["a", "b", "xmlns"])).map((parts) =>
  parts.join("")
)
const attribute = FastCheck.tuple(
  FastCheck.oneof(name, some(["xmlns", "xmlns:p", "xmlns:q", "xmlns:xml"])),
  some(["", "u", "v", xml, xmlns])
).map(([name, value]) => ` ${name}="${value}"`)
const element = FastCheck.letrec<{ readonly element: string }>((tie) => ({
  element: FastCheck.tuple(
    name,
    FastCheck.array(attribute, { maxLength: 3 }),
    FastCheck.oneof({ maxDepth: 4 }, FastCheck.constant(""), FastCheck.array(tie("element"), { maxLength: 3 }))
  ).map(([name, attributes, inside]) =>
    `<${name}${attributes.join("")}>${Array.isArray(inside) ? inside.join("") : inside}</${name}>`
  )
})).element

describe("namespaces", () => {
  for (const source of documents) {
    it(`${source} is taken or refused as by the parser's own namespaces`, () => agrees(source))
  }

  it.prop("any nesting of declarations is", [element], ([source]) => agrees(source), {
    fastCheck: { numRuns: 2000 }
  })

  it("a name is resolved anew where its prefix stands for something else", () => {
    const u = XmlName.namespace("u", "p")
    const v = XmlName.namespace("v", "p")
    const document = Xml.document(
      XmlName.unqualified("a"),
      Xml.struct({ u: Xml.many(u("b"), Xml.text), v: Xml.many(v("b"), Xml.text) })
    )
    const source = "<a xmlns:p=\"u\"><p:b>1</p:b><p:b xmlns:p=\"v\">2</p:b><p:b>3</p:b></a>"
    assert.deepStrictEqual(Either.getOrThrow(Xml.decode(document)(source)), { u: ["1", "3"], v: ["2"] })
  })

  it("very many names cost no more than their text", () => {
    const names = Array.from({ length: 20_000 }, (_, i) => `<n${i} a${i}="1"/>`).join("")
    assert.isTrue(Either.isRight(read(`<a>${names}</a>`)))
  })
})
