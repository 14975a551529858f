import { Xml, XmlFragment, XmlName } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"
import { a, b, left, markup, none, plain, right, text } from "./support.ts"

const data = Xml.document(a("data"), Xml.struct({ content: Xml.content }))

/** The fragment that stands in `<q:data …>…</q:data>`. */
const within = (inner: string, attributes = "") =>
  right(Xml.decode(data)(`<q:data xmlns:q="urn:a" ${attributes}>${inner}</q:data>`)).content

interface Node {
  readonly nodes: ReadonlyArray<{ readonly _tag: string; readonly value: Node }>
  readonly text: string
}

const names = ["p", "q"].flatMap((local) => [none(local), a(local), b(local), XmlName.namespace("urn:d", "d")(local)])

const node: Xml.Content<Node> = Xml.struct({
  nodes: Xml.manyOf(
    Object.fromEntries(
      names.map((name) => [XmlName.format(name), [name, Xml.suspend((): Xml.Content<Node> => node)] as const])
    )
  ),
  text: Xml.verbatimValue
})

/** The elements in `<r …>…</r>` by their expanded names, with their texts: what the source means there. */
const meaning = (source: string, scope = "") =>
  right(Xml.decode(Xml.document([none("r"), a("r")], node))(`<r ${scope}>${source}</r>`)).nodes

describe("reading", () => {
  it("keeps the source and the namespaces in scope", () => {
    const fragment = within("<x/>\n<p:y/>", "xmlns='urn:d' xmlns:p='urn:p'")
    deepStrictEqual(plain(fragment), {
      elements: 2,
      namespaces: [["q", "urn:a"], ["", "urn:d"], ["p", "urn:p"]],
      source: "<x/>\n<p:y/>",
      text: "\n"
    })
  })

  it("an inner declaration hides an outer one, and an undeclared default is none", () => {
    const document = Xml.document(none("r"), Xml.struct({ x: Xml.one(none("x"), Xml.fragment) }))
    const { x } = right(Xml.decode(document)("<r xmlns:p='urn:1'><x xmlns:p='urn:2' xmlns=''>1</x></r>"))
    deepStrictEqual(x.namespaces, [["p", "urn:2"]])
  })

  it("text only: nothing is trimmed, CDATA and references are resolved", () => {
    deepStrictEqual(plain(within(" a<![CDATA[<b>]]>&amp;\r\n<!-- c -->")), {
      elements: 0,
      namespaces: [["q", "urn:a"]],
      source: " a<![CDATA[<b>]]>&amp;\r\n<!-- c -->",
      text: " a<b>&\n"
    })
    deepStrictEqual(plain(within("")), { elements: 0, namespaces: [["q", "urn:a"]], source: "", text: "" })
    const empty = right(Xml.decode(data)("<data xmlns='urn:a'/>")).content
    deepStrictEqual(plain(empty), { elements: 0, namespaces: [["", "urn:a"]], source: "", text: "" })
  })

  it("the text of elements is gathered through all levels", () => {
    const fragment = within("1<x>2<y>3</y>4</x>5<![CDATA[6]]>&#55;")
    assert.strictEqual(fragment.text, "1234567")
    assert.strictEqual({ ...fragment }.text, "1234567")
  })

  it("several in a document, and what looks like an end", () => {
    const document = Xml.document(none("r"), Xml.struct({ x: Xml.many(none("x"), Xml.fragment) }))
    const source = "<r><x><x>1</x></x><x/><x><!--</x>--></x ><x><![CDATA[</x>]]></x\n><x k='</x>'>2</x></r>"
    assert.strictEqual(left(Xml.decode(document)(source)).reason, "malformed")
    const { x } = right(Xml.decode(document)(source.replace(" k='</x>'", " k='/x>'")))
    deepStrictEqual(x.map(({ source }) => source), ["<x>1</x>", "", "<!--</x>-->", "<![CDATA[</x>]]>", "2"])
  })

  it("text is read again after it", () => {
    const document = Xml.document(
      none("r"),
      Xml.struct({ x: Xml.one(none("x"), Xml.fragment), y: Xml.one(none("y"), Xml.text), value: Xml.value })
    )
    const { value, y } = right(Xml.decode(document)("<r>1<x>2<z>3</z></x>4<y>5</y>6</r>"))
    deepStrictEqual({ value, y }, { value: "146", y: "5" })
  })

  it("comes out of many slices to the letter", () => {
    const part = "<g:pos srsName='urn:ogc:def:crs:EPSG::4326'>1.25 2.5</g:pos>\n"
    const inner = part.repeat(Math.ceil(8_000_000 / part.length))
    const fragment = within(inner, "xmlns:g='urn:g'")
    assert.strictEqual(fragment.source, inner)
    assert.strictEqual(fragment.elements, inner.length / part.length)
  })
})

describe("on its own", () => {
  it("declares what it mentions of the scope", () => {
    assert.strictEqual(
      XmlFragment.toXml(within("\n <p:x>1</p:x> ", "xmlns:p='urn:p' xmlns:unused='urn:u'")),
      "<p:x xmlns:p=\"urn:p\">1</p:x>"
    )
    assert.strictEqual(
      XmlFragment.toXml(within("<x t='p:y'/>", "xmlns='urn:&amp;d' xmlns:p='urn:\"p'")),
      "<x xmlns=\"urn:&amp;d\" xmlns:p=\"urn:&quot;p\" t='p:y'/>"
    )
  })

  it("leaves alone what is declared inside", () => {
    const inner = "<p:x xmlns:p='urn:2' xmlns=''><y/></p:x><p:x><y xmlns:p='urn:3'/></p:x>"
    assert.strictEqual(
      XmlFragment.toXml(within(inner, "xmlns='urn:d' xmlns:p='urn:1'")),
      "<p:x xmlns:p='urn:2' xmlns=''><y/></p:x><p:x xmlns=\"urn:d\" xmlns:p=\"urn:1\"><y xmlns:p='urn:3'/></p:x>"
    )
  })

  it("puts declarations after the name, whatever follows it", () => {
    for (
      const inner of [
        "<p:x>1</p:x>",
        "<p:x />",
        "<p:x/>",
        "<p:x\nk='1'/>",
        "<p:x\r\nk='1'></p:x>",
        "<!-- <p:x> --><p:x/>"
      ]
    ) {
      const alone = XmlFragment.toXml(within(inner, "xmlns:p='urn:b'"))
      assert.strictEqual(alone.replace(" xmlns:p=\"urn:b\"", ""), inner)
      deepStrictEqual(right(Xml.decode(Xml.anyDocument)(alone)).uri, "urn:b")
    }
  })

  it("of several elements or of text, nothing is dropped", () => {
    assert.strictEqual(XmlFragment.toXml(within(" <x/> <y/> ")), " <x/> <y/> ")
    assert.strictEqual(XmlFragment.toXml(within(" a &lt; b ")), " a &lt; b ")
  })

  it("what is not well-formed comes back as it is", () => {
    assert.strictEqual(XmlFragment.toXml(XmlFragment.fromXml("<a>")), "<a>")
  })

  it.effect.prop("means the same", { inner: markup }, ({ inner }) =>
    Effect.sync(() => {
      const fragment = within(inner, "xmlns:x='urn:b' xmlns='urn:a'")
      const there = meaning(inner, "xmlns:x='urn:b' xmlns='urn:a'")
      assert.strictEqual(there.length, fragment.elements)
      deepStrictEqual(meaning(XmlFragment.toXml(fragment)), there)
      deepStrictEqual(meaning(XmlFragment.toXml({ ...fragment })), there)
    }))
})

describe("made", () => {
  it.effect.prop("from text: has that text", { value: text }, ({ value }) =>
    Effect.sync(() => {
      const fragment = XmlFragment.fromText(value)
      assert.strictEqual(fragment.text, value)
      assert.strictEqual(fragment.elements, 0)
      assert.strictEqual(within(fragment.source).text, value)
    }))

  it("from XML: without its declaration, and a document type that declares nothing", () => {
    const made = (source: string) => plain(XmlFragment.fromXml(source))
    const expected = { elements: 1, namespaces: [], source: "<a>1</a>", text: "1" }
    deepStrictEqual(made("<a>1</a>"), expected)
    deepStrictEqual(made("\ufeff<?xml version='1.0' encoding='utf-8'?>\n<a>1</a>"), expected)
    deepStrictEqual(
      made("<?xml version='1.0'?>\n<!DOCTYPE a PUBLIC \"-//x>\" 'http://x/[y]'>\n<a>1</a>"),
      expected
    )
    deepStrictEqual(made("<a/><?xml-stylesheet ?><b>&lt;</b>"), {
      elements: 2,
      namespaces: [],
      source: "<a/><?xml-stylesheet ?><b>&lt;</b>",
      text: "<"
    })
    assert.strictEqual(made(" a ").source, " a ")
    assert.strictEqual(made("<?xml-stylesheet href='x'?><a/>").source, "<?xml-stylesheet href='x'?><a/>")
  })
})

describe("writing", () => {
  const write = (fragment: XmlFragment.XmlFragment) =>
    right(Xml.encode(data)({ content: fragment })).replace(/^<\?xml[^>]*\?>\n/, "")

  it("puts the source where it goes, with what it needs", () => {
    assert.strictEqual(write(XmlFragment.fromXml("<x>1</x>")), "<a:data xmlns:a=\"urn:a\"><x>1</x></a:data>")
    assert.strictEqual(
      write(XmlFragment.fromXml("<p:x/><y/>", [["p", "urn:p"], ["", "urn:d"], ["u", "urn:u"]])),
      "<a:data xmlns:a=\"urn:a\"><p:x xmlns:p=\"urn:p\" xmlns=\"urn:d\"/><y xmlns:p=\"urn:p\" xmlns=\"urn:d\"/></a:data>"
    )
    assert.strictEqual(write(XmlFragment.fromText("<x>")), "<a:data xmlns:a=\"urn:a\">&lt;x&gt;</a:data>")
    assert.strictEqual(write(XmlFragment.fromText("")), "<a:data xmlns:a=\"urn:a\"/>")
  })

  it("declares again what is in scope only if it means something else", () => {
    assert.strictEqual(
      write(XmlFragment.fromXml("<a:x/>", [["a", "urn:a"]])),
      "<a:data xmlns:a=\"urn:a\"><a:x/></a:data>"
    )
    assert.strictEqual(
      write(XmlFragment.fromXml("<a:x/>", [["a", "urn:other"]])),
      "<a:data xmlns:a=\"urn:a\"><a:x xmlns:a=\"urn:other\"/></a:data>"
    )
  })

  it("what was read is written so that it means the same, whatever prefixes were around it", () => {
    const fragment = within("<q:x><p:y k='q:z'/></q:x>", "xmlns:p='urn:b'")
    const written = write(fragment)
    assert.strictEqual(
      written,
      "<a:data xmlns:a=\"urn:a\"><q:x xmlns:q=\"urn:a\" xmlns:p=\"urn:b\"><p:y k='q:z'/></q:x></a:data>"
    )
    assert.strictEqual(write({ ...fragment }), written)
  })

  it("refuses what is not well-formed", () => {
    for (
      const source of [
        "<x>",
        "</x>",
        "<x></y>",
        "</a:data><a:data>",
        "</_><_>",
        "<p:x/>",
        "<x p:k='1'/>",
        "&nbsp;",
        "a & b",
        "]]>",
        "<x/>]]>",
        "<!DOCTYPE x [<!ENTITY e 'e'>]><x>&e;</x>",
        "<x/><?xml version='1.0'?>",
        "<!-- ",
        "<![CDATA["
      ]
    ) {
      const error = left(Xml.encode(data)({ content: XmlFragment.fromXml(source) }))
      assert.deepInclude(error, { reason: "malformed", path: "/a:data" }, source)
    }
  })

  it("refuses characters that XML cannot carry", () => {
    for (
      const fragment of [
        XmlFragment.fromText("a\u0000"),
        XmlFragment.fromText("\ud800"),
        XmlFragment.fromXml("<x>\u0001</x>")
      ]
    ) {
      assert.strictEqual(left(Xml.encode(data)({ content: fragment })).reason, "illegal-character")
    }
  })

  it("believes only the source", () => {
    const lying: XmlFragment.XmlFragment = { text: "x", source: "<x>", elements: 0, namespaces: [] }
    assert.strictEqual(left(Xml.encode(data)({ content: lying })).reason, "malformed")
  })

  it.effect.prop("what is embedded reads back the same", { inner: markup }, ({ inner }) =>
    Effect.sync(() => {
      const fragment = within(inner, "xmlns:x='urn:b'")
      const again = right(Xml.decode(data)(right(Xml.encode(data)({ content: fragment })))).content
      assert.strictEqual(again.text, fragment.text)
      assert.strictEqual(again.elements, fragment.elements)
      assert.strictEqual(again.source.replaceAll(" xmlns:x=\"urn:b\"", ""), inner)
    }))
})
