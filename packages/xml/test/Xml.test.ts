import { Xml, XmlFragment, XmlName } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Chunk, Effect, Either, FastCheck as fc, Option, Schema, Stream } from "effect"
import { a, b, failIn, left, none, option, plain, readIn, right, text, trimmed } from "./support.ts"

const write = <A>(content: Xml.Content<A>, value: NoInfer<A>): string =>
  right(Xml.encode(Xml.document(none("r"), content))(value)).replace(/^<\?xml[^>]*\?>\n/, "")

describe("names", () => {
  const point = Xml.document(a("Point"), Xml.struct({ x: Xml.one(a("x"), Xml.text), k: Xml.attribute(b("k")) }))

  it("are matched by URI and local name, whatever the prefix [A8.1]", () => {
    for (
      const source of [
        "<a:Point xmlns:a='urn:a' xmlns:b='urn:b' b:k='1'><a:x>2</a:x></a:Point>",
        "<b:Point xmlns:b='urn:a' xmlns:a='urn:b' a:k='1'><b:x>2</b:x></b:Point>",
        "<Point xmlns='urn:a' xmlns:q='urn:b' q:k='1'><x>2</x></Point>",
        "<Point xmlns='urn:a'  xmlns:q='urn:b' q:k='1'><q:x xmlns:q='urn:a'>2</q:x></Point>",
        "<Point xmlns='urn:a' xmlns:q='urn:b' q:k='1'><x xmlns='urn:other'>3</x><x>2</x></Point>"
      ]
    ) deepStrictEqual(right(Xml.decode(point)(source)), { x: "2", k: "1" })
  })

  it("do not match in another namespace or in none", () => {
    const attribute = left(Xml.decode(point)("<Point xmlns='urn:a' k='1'><x>2</x></Point>"))
    assert.deepInclude(attribute, { reason: "missing", path: "/a:Point/@b:k" })
    const element = left(Xml.decode(point)("<p:Point xmlns:p='urn:a' xmlns:b='urn:b' b:k='1'><x>2</x></p:Point>"))
    assert.deepInclude(element, { reason: "missing", path: "/a:Point" })
    assert.strictEqual(left(Xml.decode(point)("<Point/>")).reason, "unexpected-root")
  })

  it("undeclare the default namespace", () => {
    const outer = Xml.document(a("r"), Xml.struct({ x: Xml.one(none("x"), Xml.text) }))
    deepStrictEqual(right(Xml.decode(outer)("<r xmlns='urn:a'><x>1</x><x xmlns=''>2</x></r>")), { x: "2" })
  })

  it("end with the element that declares them", () => {
    const content = Xml.struct({ x: Xml.many(a("x"), Xml.text) })
    const source = "<p xmlns='urn:a'><x>no</x></p><x>no</x><q:x xmlns:q='urn:a'>yes</q:x><x xmlns='urn:a'>yes</x>"
    deepStrictEqual(readIn(content, source), { x: ["yes", "yes"] })
    assert.strictEqual(failIn(content, "<q:x xmlns:q='urn:a'/><q:x/>").reason, "malformed")
  })

  it("are accepted as declared, and the first is written", () => {
    const names: XmlName.Names = [a("x"), b("x"), none("y")]
    const content = Xml.struct({ x: Xml.one(names, Xml.text), k: Xml.attribute([none("k"), b("k")]) })
    const namespaces = "xmlns:a='urn:a' xmlns:b='urn:b'"
    for (const x of ["<a:x>1</a:x>", "<b:x>1</b:x>", "<y>1</y>"]) {
      deepStrictEqual(readIn(content, x, `${namespaces} b:k='2'`), { x: "1", k: "2" })
    }
    assert.strictEqual(readIn(content, "<y>1</y>", `${namespaces} b:k='3' k='2'`).k, "2")
    assert.strictEqual(write(content, { x: "1", k: "2" }), "<r xmlns:a=\"urn:a\" k=\"2\"><a:x>1</a:x></r>")
  })

  it("are found in any order, and what is not declared is skipped", () => {
    const content = Xml.struct({ x: Xml.one(none("x"), Xml.text), y: Xml.one(none("y"), Xml.text) })
    const source = "<z><x>no</x></z>t<y>1<x>no</x>2</y><?x no?><z/><x>3</x><z k='v'>no<!-- x --></z>"
    deepStrictEqual(readIn(content, source, "k='no'"), { x: "3", y: "12" })
  })

  it("are equal without their prefixes", () => {
    assert.isTrue(XmlName.equals(a("x"), XmlName.namespace("urn:a", "other")("x")))
    assert.isFalse(XmlName.equals(a("x"), b("x")))
    assert.strictEqual(XmlName.format(a("x")), "{urn:a}x")
    assert.strictEqual(XmlName.format(none("x")), "x")
  })
})

describe("texts", () => {
  it("are trimmed of XML's white space alone", () => {
    assert.strictEqual(readIn(Xml.text, " \t\r\n\u00a0a b\u2003\n"), "\u00a0a b\u2003")
    assert.strictEqual(readIn(Xml.text, "   "), "")
    assert.strictEqual(readIn(Xml.text, ""), "")
  })

  it("are kept as they stand where declared so", () => {
    assert.strictEqual(readIn(Xml.verbatimText, " \ta\r\nb\rc\n "), " \ta\nb\nc\n ")
    assert.strictEqual(readIn(Xml.verbatimText, "&#13;&#xA;&#9; "), "\r\n\t ")
  })

  it("are put together from CDATA, references and pieces", () => {
    const source = "a<![CDATA[<b>&amp;]]]]><![CDATA[>]]>&amp;&lt;&gt;&quot;&apos;<!-- c -->d<?e f?>&#x1F600;<x>g</x>h"
    assert.strictEqual(readIn(Xml.text, source), "a<b>&amp;]]>&<>\"'d\u{1f600}h")
  })

  it("go through a schema", () => {
    const content = Xml.textOf(Schema.NumberFromString)
    assert.strictEqual(readIn(content, " 3 "), 3)
    assert.strictEqual(write(content, 3), "<r>3</r>")
    const error = failIn(content, "three")
    assert.strictEqual(error.reason, "invalid-value")
    assert.match(error.message, /"three" is refused: .+ at \/r \(line 1, column \d+\)/)
    const schema = Schema.NonEmptyTrimmedString
    const refused = left(
      Xml.encode(Xml.document(none("r"), Xml.struct({ x: Xml.one(none("x"), Xml.textOf(schema)) })))({ x: "" })
    )
    assert.deepInclude(refused, { reason: "invalid-value", path: "/r/x", line: 0, column: 0 })
  })

  it("are decoded one by one", () => {
    const content = Xml.struct({ x: Xml.many(none("x"), Xml.textOf(Schema.NumberFromString)) })
    deepStrictEqual(readIn(content, "<x>1</x><x>1</x><x>2</x><x>1</x>"), { x: [1, 1, 2, 1] })
  })

  it("go through a schema of some strings only", () => {
    const content = Xml.struct({
      k: Xml.attribute(none("k"), Schema.Literal("a", "b")),
      x: Xml.one(none("x"), Xml.textOf(Schema.BooleanFromString))
    })
    deepStrictEqual(readIn(content, "<x>true</x>", "k='a'"), { k: "a" as const, x: true })
    assert.strictEqual(write(content, { k: "b", x: false }), "<r k=\"b\"><x>false</x></r>")
    assert.deepInclude(failIn(content, "<x>true</x>", "k='c'"), { reason: "invalid-value", path: "/r/@k" })
  })

  it("are each decoded to an object of their own", () => {
    const content = Xml.struct({ x: Xml.many(none("x"), Xml.textOf(Schema.DateFromString)) })
    const [one, other] = readIn(content, "<x>2020-01-01</x><x>2020-01-01</x>").x
    deepStrictEqual(one, other)
    assert.notStrictEqual(one, other)
  })

  it("can be nothing", () => {
    assert.isUndefined(readIn(Xml.empty, "a<b/>"))
    deepStrictEqual(readIn(Xml.struct({ x: Xml.one(none("x"), Xml.empty) }), "<x/>"), { x: undefined })
    assert.strictEqual(write(Xml.empty, undefined), "<r/>")
  })
})

describe("elements", () => {
  const x = none("x")

  it("one: must stand there once", () => {
    const content = Xml.struct({ x: Xml.one(x, Xml.text) })
    deepStrictEqual(readIn(content, "<x>1</x>"), { x: "1" })
    assert.deepInclude(failIn(content, "<y/>"), { reason: "missing", path: "/r", detail: "x is missing" })
    assert.deepInclude(failIn(content, "<x/>\n<x/>"), { reason: "repeated", path: "/r/x", line: 2, column: 4 })
  })

  it("one: the first counts where declared so", () => {
    const content = Xml.struct({ x: Xml.one(x, Xml.textOf(Schema.NumberFromString), { repeated: "first" }) })
    deepStrictEqual(readIn(content, "<x>1</x><x>no number</x>"), { x: 1 })
  })

  it("optional: may be absent", () => {
    const content = Xml.struct({ x: Xml.optional(x, Xml.text), y: Xml.optional(none("y"), Xml.text) })
    deepStrictEqual(readIn(content, "<x></x>"), { x: Option.some(""), y: Option.none() })
    assert.strictEqual(write(content, { x: Option.none(), y: Option.some("") }), "<r><y/></r>")
    assert.strictEqual(failIn(content, "<x/><x/>").reason, "repeated")
  })

  it("optionalNonEmpty: is absent where empty", () => {
    const content = Xml.struct({ x: Xml.optionalNonEmpty(x), y: Xml.optionalNonEmpty(none("y")) })
    deepStrictEqual(readIn(content, "<x> </x><y>1</y><y>2</y>"), { x: Option.none(), y: Option.some("1") })
    assert.strictEqual(write(content, { x: Option.some(""), y: Option.some("1") }), "<r><y>1</y></r>")
  })

  it("withDefault: has a value where absent", () => {
    const content = Xml.struct({ x: Xml.withDefault(x, Xml.text, "d") })
    deepStrictEqual(readIn(content, ""), { x: "d" })
    deepStrictEqual(readIn(content, "<x/>"), { x: "" })
    assert.strictEqual(write(content, { x: "d" }), "<r><x>d</x></r>")
  })

  it("many: as often as they stand there", () => {
    const content = Xml.struct({ x: Xml.many(x, Xml.text) })
    deepStrictEqual(readIn(content, ""), { x: [] })
    deepStrictEqual(readIn(content, "<x>1</x><y/><x>2</x>"), { x: ["1", "2"] })
    assert.strictEqual(write(content, { x: ["1", "2"] }), "<r><x>1</x><x>2</x></r>")
  })

  const cases = { X: [x, Xml.text], Y: [[none("y"), none("z")], Xml.textOf(Schema.NumberFromString)] } as const

  it("oneOf: exactly one of several", () => {
    const content = Xml.struct({ choice: Xml.oneOf(cases) })
    deepStrictEqual(readIn(content, "<z>1</z>"), { choice: { _tag: "Y", value: 1 } })
    assert.strictEqual(write(content, { choice: { _tag: "Y", value: 1 } }), "<r><y>1</y></r>")
    assert.deepInclude(failIn(content, ""), { reason: "missing", detail: "One of x, y is missing" })
    assert.strictEqual(failIn(content, "<x/><z>1</z>").reason, "repeated")
  })

  it("optionalOneOf: at most one of several", () => {
    const content = Xml.struct({ choice: Xml.optionalOneOf(cases) })
    deepStrictEqual(readIn(content, ""), { choice: Option.none() })
    deepStrictEqual(readIn(content, "<x>1</x>"), { choice: Option.some({ _tag: "X" as const, value: "1" }) })
    assert.strictEqual(write(content, { choice: Option.none() }), "<r/>")
    assert.strictEqual(failIn(content, "<x/><x/>").reason, "repeated")
  })

  it("manyOf: in the order of the document", () => {
    const content = Xml.struct({ choices: Xml.manyOf(cases) })
    const value = { choices: [{ _tag: "Y", value: 1 }, { _tag: "X", value: "2" }, { _tag: "Y", value: 3 }] } as const
    deepStrictEqual(readIn(content, "<z>1</z><x>2</x><y>3</y>"), value)
    assert.strictEqual(write(content, value), "<r><y>1</y><x>2</x><y>3</y></r>")
  })

  it("within: the part stands in a wrapper", () => {
    const content = Xml.struct({
      x: Xml.within(none("w"), Xml.many(x, Xml.text)),
      k: Xml.within([none("v"), none("u")], Xml.within(none("v"), Xml.optionalAttribute(none("k"))))
    })
    deepStrictEqual(readIn(content, ""), { x: [], k: Option.none() })
    deepStrictEqual(readIn(content, "<w><x>1</x></w><x>2</x><u><v k='1'/></u>"), {
      x: ["1"],
      k: Option.some("1")
    })
    assert.strictEqual(write(content, { x: [], k: Option.some("1") }), "<r><w/><v><v k=\"1\"/></v></r>")
    assert.strictEqual(failIn(content, "<w/><w/>").reason, "repeated")
  })

  it("within: what the wrapper lacks is missing in it, and where it is absent, outside", () => {
    const content = Xml.struct({ x: Xml.within(none("w"), Xml.one(x, Xml.text)) })
    assert.deepInclude(failIn(content, "<w></w>"), { reason: "missing", path: "/r/w" })
    assert.deepInclude(failIn(content, ""), { reason: "missing", path: "/r" })
    deepStrictEqual(readIn(content, "<w><x/></w>"), { x: "" })
  })

  it("withinOptional: the wrapper is left out around nothing", () => {
    const content = Xml.struct({
      x: Xml.withinOptional(a("w"), Xml.withinOptional(b("v"), Xml.many(x, Xml.text))),
      y: Xml.withinOptional(a("u"), Xml.optionalAttribute(none("k")))
    })
    assert.strictEqual(write(content, { x: [], y: Option.none() }), "<r/>")
    const written = write(content, { x: ["1"], y: Option.some("2") })
    assert.strictEqual(
      written,
      "<r xmlns:a=\"urn:a\" xmlns:b=\"urn:b\"><a:w><b:v><x>1</x></b:v></a:w><a:u k=\"2\"/></r>"
    )
    deepStrictEqual(readIn(content, "<a:w xmlns:a='urn:a'/>"), { x: [], y: Option.none() })
  })

  it("suspend: an element can hold itself", () => {
    interface Tree {
      readonly name: string
      readonly trees: ReadonlyArray<Tree>
    }
    const tree: Xml.Content<Tree> = Xml.map(
      Xml.struct({ name: Xml.attribute(none("n")), trees: Xml.many(none("t"), Xml.suspend(() => tree)) }),
      { decode: (raw) => raw, encode: (value) => value }
    )
    const value: Tree = {
      name: "1",
      trees: [{ name: "2", trees: [{ name: "3", trees: [] }] }, { name: "4", trees: [] }]
    }
    const source = "<t n=\"2\"><t n=\"3\"/></t><t n=\"4\"/>"
    deepStrictEqual(readIn(tree, source, "n='1'"), value)
    assert.strictEqual(write(tree, value), `<r n="1">${source}</r>`)
    assert.deepInclude(failIn(tree, "<t n='2'><t n='3'/><t/></t>", "n='1'"), { path: "/r/t[1]/t[2]/@n" })
  })

  it("transform: what it refuses is an invalid value", () => {
    const content = Xml.map(
      Xml.transform(Xml.struct({ x: Xml.one(x, Xml.text) }), {
        decode: ({ x }) => x === "no" ? Either.left("Not this one") : Either.right(x),
        encode: (x: string) => x === "no" ? Either.left("Not that one") : Either.right({ x })
      }),
      { decode: (x) => [x], encode: ([x]: ReadonlyArray<string>) => x ?? "" }
    )
    deepStrictEqual(readIn(content, "<x>yes</x>"), ["yes"])
    assert.strictEqual(write(content, ["yes"]), "<r><x>yes</x></r>")
    assert.deepInclude(left(Xml.encode(Xml.document(none("r"), content))(["no"])), {
      reason: "invalid-value",
      detail: "Not that one",
      path: "/r"
    })
    assert.deepInclude(failIn(content, "<x>no</x>"), { reason: "invalid-value", detail: "Not this one", path: "/r" })
  })
})

describe("attributes", () => {
  const k = none("k")

  it("attribute: must stand there, empty or not", () => {
    const content = Xml.struct({ k: Xml.attribute(k) })
    deepStrictEqual(readIn(content, "", "k=''"), { k: "" })
    assert.deepInclude(failIn(content, ""), { reason: "missing", path: "/r/@k" })
    assert.strictEqual(write(content, { k: "" }), "<r k=\"\"/>")
  })

  it("attribute: goes through a schema", () => {
    const content = Xml.struct({ k: Xml.attribute(k, Schema.NumberFromString) })
    deepStrictEqual(readIn(content, "", "k='1'"), { k: 1 })
    assert.deepInclude(failIn(content, "", "k='one'"), { reason: "invalid-value", path: "/r/@k" })
    const refused = Xml.struct({ k: Xml.attribute(k, Schema.NonEmptyString) })
    assert.deepInclude(left(Xml.encode(Xml.document(none("r"), refused))({ k: "" })), {
      reason: "invalid-value",
      path: "/r/@k"
    })
  })

  it("optionalAttribute, nonEmptyAttribute, attributeWithDefault", () => {
    const content = Xml.struct({
      o: Xml.optionalAttribute(none("o")),
      n: Xml.nonEmptyAttribute(none("n")),
      i: Xml.optionalAttribute(none("i"), Schema.NumberFromString),
      d: Xml.attributeWithDefault(none("d"), "d"),
      e: Xml.attributeWithDefault(none("e"), 1, Schema.NumberFromString),
      f: Xml.attributeWithDefault(none("f"), "")
    })
    const absent = { o: Option.none(), n: Option.none(), i: Option.none(), d: "d", e: 1, f: "" }
    deepStrictEqual(readIn(content, ""), absent)
    assert.strictEqual(write(content, absent), "<r d=\"d\" e=\"1\"/>")
    deepStrictEqual(readIn(content, "", "o='' n='' i='2' d='' e='3' f='x'"), {
      o: Option.some(""),
      n: Option.none(),
      i: Option.some(2),
      d: "",
      e: 3,
      f: "x"
    })
    const empty = { o: Option.some(""), n: Option.some(""), i: Option.some(2), d: "", e: 3, f: "x" }
    assert.strictEqual(write(content, empty), "<r o=\"\" i=\"2\" d=\"\" e=\"3\" f=\"x\"/>")
    assert.deepInclude(failIn(content, "", "i='x'"), { reason: "invalid-value", path: "/r/@i" })
    assert.deepInclude(failIn(content, "", "e='x'"), { reason: "invalid-value", path: "/r/@e" })
  })

  it("literalAttribute: is checked or ignored on reading, and always written", () => {
    const checked = Xml.struct({ service: Xml.literalAttribute(none("service"), "WPS") })
    deepStrictEqual(readIn(checked, "", "service='WPS'"), { service: "WPS" })
    assert.deepInclude(failIn(checked, "", "service='WFS'"), { reason: "invalid-value", path: "/r/@service" })
    assert.deepInclude(failIn(checked, ""), { reason: "missing", path: "/r/@service" })
    const ignored = Xml.struct({ service: Xml.literalAttribute(none("service"), "WPS", { onRead: "ignore" }) })
    deepStrictEqual(readIn(ignored, "", "service='WFS'"), { service: "WPS" })
    deepStrictEqual(readIn(ignored, ""), { service: "WPS" })
    assert.strictEqual(write(ignored, { service: "WPS" }), "<r service=\"WPS\"/>")
  })

  it("xml:lang needs no declaration", () => {
    const lang = XmlName.namespace("http://www.w3.org/XML/1998/namespace", "xml")("lang")
    const content = Xml.struct({ lang: Xml.attribute(lang) })
    deepStrictEqual(readIn(content, "", "xml:lang='en'"), { lang: "en" })
    assert.strictEqual(write(content, { lang: "en" }), "<r xml:lang=\"en\"/>")
  })

  it("white space in values is as XML 1.0 §3.3.3 has it", () => {
    deepStrictEqual(readIn(Xml.struct({ k: Xml.attribute(k) }), "", "k='a\tb\nc\r\nd&#9;&#10;&#13;e'"), {
      k: "a b c d\t\n\re"
    })
  })
})

describe("own text and content", () => {
  it("value, verbatimValue, valueOf", () => {
    const k = { k: Xml.optionalAttribute(none("k")), x: Xml.optional(none("x"), Xml.text) }
    const value = Xml.struct({ ...k, value: Xml.value })
    deepStrictEqual(readIn(value, " a<x>1</x>b ", "k='2'"), {
      k: Option.some("2"),
      x: Option.some("1"),
      value: "ab"
    })
    assert.strictEqual(write(value, { k: Option.some("2"), x: Option.none(), value: "a" }), "<r k=\"2\">a</r>")
    deepStrictEqual(readIn(Xml.struct({ value: Xml.verbatimValue }), " a "), { value: " a " })
    deepStrictEqual(readIn(Xml.struct({ value: Xml.valueOf(Schema.NumberFromString) }), " 1 "), { value: 1 })
    assert.deepInclude(failIn(Xml.struct({ value: Xml.valueOf(Schema.NumberFromString) }), "x"), {
      reason: "invalid-value",
      path: "/r"
    })
    deepStrictEqual(readIn(value, ""), { k: Option.none(), x: Option.none(), value: "" })
  })

  it("content stands beside attributes", () => {
    const data = Xml.struct({ mimeType: Xml.nonEmptyAttribute(none("mimeType")), content: Xml.content })
    const read = readIn(data, " <x k='1'>2</x>&amp; ", "mimeType='text/xml'")
    deepStrictEqual(plain(read.content), {
      elements: 1,
      namespaces: [],
      source: " <x k='1'>2</x>&amp; ",
      text: " 2& "
    })
    assert.strictEqual(write(data, read), "<r mimeType=\"text/xml\"> <x k='1'>2</x>&amp; </r>")
  })

  it("content and value are of the same text", () => {
    const both = Xml.struct({ value: Xml.value, content: Xml.content })
    const read = readIn(both, "1<x>2</x>3<x/>4")
    deepStrictEqual([read.value, read.content.text], ["134", "1234"])
  })

  it("an element in content is not read into another part", () => {
    const both = Xml.struct({ x: Xml.optional(none("x"), Xml.fragment), content: Xml.content })
    const read = readIn(both, "<x><x>1</x></x>2")
    assert.isTrue(Option.isNone(read.x))
    assert.strictEqual(read.content.source, "<x><x>1</x></x>2")
  })
})

describe("lenient", () => {
  const number = Xml.textOf(Schema.NumberFromString)
  const content = Xml.struct({
    n: Xml.lenient(
      Xml.one(none("n"), Xml.struct({ x: Xml.one(none("x"), number), y: Xml.optional(none("y"), Xml.text) }))
    ),
    all: Xml.lenient(Xml.within(none("all"), Xml.many(none("x"), number))),
    k: Xml.lenient(Xml.attribute(none("k"), Schema.NumberFromString)),
    data: Xml.lenient(Xml.one(none("data"), Xml.struct({ k: Xml.attribute(none("k")), content: Xml.content }))),
    after: Xml.one(none("after"), Xml.text)
  })
  const nothing = { n: Option.none(), all: Option.none(), k: Option.none(), data: Option.none(), after: "1" }

  it("reads what fits", () => {
    const read = readIn(content, "<n><x>1</x></n><all><x>2</x></all><after>1</after>", "k='3'")
    deepStrictEqual(read, {
      ...nothing,
      n: Option.some({ x: 1, y: Option.none() }),
      all: Option.some([2]),
      k: Option.some(3)
    })
    deepStrictEqual(readIn(content, "<all/><after>1</after>"), { ...nothing, all: Option.some([]) })
  })

  it("gives none for what is absent or does not fit", () => {
    deepStrictEqual(readIn(content, "<after>1</after>"), nothing)
    for (
      const broken of [
        "<n><x>one</x><y>2</y></n>",
        "<n><z><x>1</x></z></n>",
        "<n><x>1</x><x><z/>2</x><z>3</z></n>",
        "<n><x>1</x><z/></n><n/>",
        "<all><x>1</x><x>two<z>2</z></x><x>3</x></all>",
        "<all><x>1</x></all><all><x>1</x></all>",
        "<data><after>2</after>3</data>"
      ]
    ) {
      deepStrictEqual(readIn(content, `${broken}<after>1</after>`, "k='x'"), nothing, broken)
      deepStrictEqual(readIn(content, `<after>1</after>${broken}`, "k='x'"), nothing, broken)
    }
  })

  it("still fails for what is not well-formed", () => {
    for (const broken of ["<n><x>one</x><y></n>", "<n><x>one</x>&no;</n>", "<all><x>two</x><x k='1' k='2'/></all>"]) {
      assert.strictEqual(failIn(content, `${broken}<after>1</after>`).reason, "malformed", broken)
    }
  })

  it("of many, one that does not fit spoils all", () => {
    const many = Xml.struct({ x: Xml.lenient(Xml.many(none("x"), number)), y: Xml.many(none("y"), Xml.text) })
    deepStrictEqual(readIn(many, "<x>1</x><x>no</x><y>1</y><x>2</x><x>3</x>"), { x: Option.none(), y: ["1"] })
    deepStrictEqual(readIn(many, "<x>1</x><x>2</x>"), { x: Option.some([1, 2]), y: [] })
  })

  it("does not catch what is around it", () => {
    assert.deepInclude(failIn(content, "<n><x>one</x></n>"), { reason: "missing", path: "/r" })
  })

  it("is written where it is some", () => {
    const fields = Xml.struct({
      x: Xml.lenient(Xml.within(none("w"), Xml.many(none("x"), Xml.text))),
      k: Xml.lenient(Xml.attribute(none("k")))
    })
    assert.strictEqual(write(fields, { x: Option.none(), k: Option.none() }), "<r/>")
    assert.strictEqual(write(fields, { x: Option.some([]), k: Option.some("1") }), "<r k=\"1\"><w/></r>")
  })
})

describe("functions of the caller", () => {
  it("that throw are not taken for a fault of the document", () => {
    const broken = Xml.map(Xml.text, { decode: () => assert.fail("mine"), encode: () => "" })
    assert.throws(() => Xml.decode(Xml.document(none("r"), broken))("<r/>"), "mine")
  })
})

describe("documents", () => {
  const answers = Xml.documents({ Yes: [[a("yes"), none("yes")], Xml.text], No: [a("no"), Xml.empty] })

  it("are told apart by their root", () => {
    deepStrictEqual(right(Xml.decode(answers)("<yes>1</yes>")), { _tag: "Yes", value: "1" })
    deepStrictEqual(right(Xml.decode(answers)("<no xmlns='urn:a'/>")), { _tag: "No", value: undefined })
    assert.strictEqual(
      right(Xml.encode(answers)({ _tag: "Yes", value: "1" })),
      "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<a:yes xmlns:a=\"urn:a\">1</a:yes>"
    )
  })

  it("another root says which it is", () => {
    const error = left(Xml.decode(answers)("<p:html xmlns:p='urn:b'>"))
    assert.deepInclude(error, { reason: "unexpected-root", path: "/", line: 1 })
    assert.strictEqual(error.detail, "The document is {urn:b}html and not {urn:a}yes or {urn:a}no")
  })

  it("any document reads to the name of its root", () => {
    deepStrictEqual(right(Xml.decode(Xml.anyDocument)("<p:x xmlns:p='urn:a'><y/>z</p:x>")), {
      uri: "urn:a",
      local: "x",
      prefix: "p"
    })
    assert.strictEqual(left(Xml.decode(Xml.anyDocument)("<x><y></x>")).reason, "malformed")
    assert.match(right(Xml.encode(Xml.anyDocument)(a("x"))), /<a:x xmlns:a="urn:a"\/>$/)
  })

  it.effect("come from streams of bytes", () =>
    Effect.gen(function*() {
      const source = Stream.make("<yes>Gr\u00fc", "\u00df", "e</yes>").pipe(Stream.encodeText, Stream.rechunk(1))
      deepStrictEqual(yield* Xml.decodeStream(answers)(source), { _tag: "Yes", value: "Gr\u00fc\u00dfe" })
      deepStrictEqual(yield* Xml.decodeStream(answers)(source), { _tag: "Yes", value: "Gr\u00fc\u00dfe" })
      const error = yield* Effect.flip(Xml.decodeStream(answers)(Stream.fail("down" as const)))
      assert.strictEqual(error, "down")
    }))

  it.effect("leave a stream at the first failure", () =>
    Effect.gen(function*() {
      const pulled: Array<string> = []
      const source = Stream.make("<yes>", "&no;", "</yes>", "x").pipe(
        Stream.rechunk(1),
        Stream.tap((piece) => Effect.sync(() => pulled.push(piece))),
        Stream.encodeText
      )
      const error = yield* Effect.flip(Xml.decodeStream(answers)(source))
      assert.deepInclude(error, { _tag: "XmlError", reason: "malformed" })
      deepStrictEqual(pulled, ["<yes>", "&no;"])
    }))

  it("a decoder says when it has failed, ignores the rest, and ends as often as asked", () => {
    const decoder = Xml.decoder(answers)
    decoder.write("<yes>")
    assert.isFalse(decoder.failed)
    decoder.write("</no>")
    assert.isTrue(decoder.failed)
    decoder.write("<yes>")
    assert.strictEqual(left(decoder.end()).reason, "malformed")
    assert.strictEqual(left(decoder.end()).reason, "malformed")
    const good = Xml.decoder(answers)
    good.write("<yes/>")
    deepStrictEqual(good.end(), good.end())
  })
})

describe("writing", () => {
  const content = Xml.struct({ k: Xml.optionalAttribute(none("k")), x: Xml.many(none("x"), Xml.verbatimText) })

  it("escapes what has to be", () => {
    const written = write(content, { k: Option.some("&<>\"'\t\n\r\u{1f600}"), x: ["&<>]]>\"'\t\n\r\u{1f600}"] })
    assert.strictEqual(
      written,
      "<r k=\"&amp;&lt;>&quot;'&#9;&#10;&#13;\u{1f600}\"><x>&amp;&lt;&gt;]]&gt;\"'\t\n&#13;\u{1f600}</x></r>"
    )
  })

  it("refuses what XML cannot carry", () => {
    for (
      const character of [
        "\u0000",
        "\u0008",
        "\u000b",
        "\u001f",
        "\ufffe",
        "\uffff",
        "\ud800",
        "a\udc00",
        "\ud800\ud800\udc00"
      ]
    ) {
      const inText = left(Xml.encode(Xml.document(none("r"), content))({ k: Option.none(), x: ["", `a${character}b`] }))
      assert.deepInclude(inText, { reason: "illegal-character", path: "/r/x" })
      const inAttribute = left(Xml.encode(Xml.document(none("r"), content))({ k: Option.some(character), x: [] }))
      assert.deepInclude(inAttribute, { reason: "illegal-character", path: "/r/@k" })
    }
    assert.match(
      left(Xml.encode(Xml.document(none("r"), Xml.text))("\u0000")).message,
      /^The character U\+0000 cannot stand in XML at \/r\. Remove/
    )
  })

  it("chooses prefixes that do not clash", () => {
    const names = [
      a("x"),
      XmlName.namespace("urn:c", "a")("x"),
      XmlName.namespace("urn:d", "a")("x"),
      XmlName.namespace("urn:e", "")("x"),
      XmlName.namespace("urn:f", "xml")("x"),
      XmlName.namespace("urn:g", "1 b")("x")
    ] as const
    const all = Xml.struct({
      x: Xml.many(names[0], Xml.text),
      y: Xml.many(names[1], Xml.text),
      z: Xml.many(names[2], Xml.text),
      u: Xml.many(names[3], Xml.text),
      v: Xml.many(names[4], Xml.text),
      w: Xml.many(names[5], Xml.text)
    })
    const value = { x: ["1"], y: ["2"], z: ["3"], u: ["4"], v: ["5"], w: ["6"] }
    const document = Xml.document(none("r"), all)
    const written = right(Xml.encode(document)(value))
    deepStrictEqual(right(Xml.decode(document)(written)), value)
    assert.include(written, "<r xmlns:a=\"urn:a\" xmlns:a1=\"urn:c\" xmlns:a2=\"urn:d\" xmlns:ns=\"urn:e\"")
  })

  it("escapes namespaces", () => {
    const name = XmlName.namespace("urn:\"&<", "p")("r")
    const document = Xml.document(name, Xml.text)
    assert.strictEqual(right(Xml.decode(document)(right(Xml.encode(document)("1")))), "1")
  })
})

describe("what is written reads back equal", () => {
  const parts = Xml.struct({
    attribute: Xml.attribute(none("attribute")),
    qualified: Xml.attribute(a("attribute")),
    number: Xml.attribute(none("number"), Schema.NumberFromString),
    optionalAttribute: Xml.optionalAttribute(b("optional")),
    withDefault: Xml.attributeWithDefault(none("default"), "d"),
    literal: Xml.literalAttribute(none("literal"), "l"),
    one: Xml.one(none("one"), Xml.text),
    verbatim: Xml.one(a("verbatim"), Xml.verbatimText),
    optional: Xml.optional(b("optional"), Xml.verbatimText),
    many: Xml.many(none("many"), Xml.struct({ k: Xml.optionalAttribute(none("k")), value: Xml.verbatimValue })),
    choice: Xml.oneOf({
      A: [a("choice"), Xml.verbatimText],
      B: [b("choice"), Xml.struct({ x: Xml.many(none("x"), Xml.text) })]
    }),
    choices: Xml.manyOf({ C: [none("c"), Xml.text], D: [none("d"), Xml.textOf(Schema.NumberFromString)] }),
    maybe: Xml.optionalOneOf({ E: [none("e"), Xml.verbatimText], F: [none("f"), Xml.empty] }),
    wrapped: Xml.within(none("wrapped"), Xml.many(none("item"), Xml.verbatimText)),
    perhaps: Xml.withinOptional(a("perhaps"), Xml.optional(none("item"), Xml.verbatimText)),
    lenient: Xml.lenient(Xml.one(none("lenient"), Xml.verbatimText)),
    value: Xml.value
  })
  const document = Xml.document(a("root"), parts)
  const arbitrary: fc.Arbitrary<Xml.Value<typeof parts>> = fc.record({
    attribute: text,
    qualified: text,
    number: fc.double({ noNaN: true }).map((one) => one === 0 ? 0 : one),
    optionalAttribute: option(text),
    withDefault: text,
    literal: fc.constant("l" as const),
    one: trimmed,
    verbatim: text,
    optional: option(text),
    many: fc.array(fc.record({ k: option(text), value: text }), { maxLength: 3 }),
    choice: fc.oneof(
      text.map((value) => ({ _tag: "A" as const, value })),
      fc.array(trimmed, { maxLength: 3 }).map((x) => ({ _tag: "B" as const, value: { x } }))
    ),
    choices: fc.array(
      fc.oneof(
        trimmed.map((value) => ({ _tag: "C" as const, value })),
        fc.integer().map((value) => ({ _tag: "D" as const, value }))
      ),
      { maxLength: 4 }
    ),
    maybe: option(
      fc.oneof(
        text.map((value) => ({ _tag: "E" as const, value })),
        fc.constant({ _tag: "F" as const, value: undefined })
      )
    ),
    wrapped: fc.array(text, { maxLength: 3 }),
    perhaps: option(text),
    lenient: option(text),
    value: trimmed
  })

  it.effect.prop("for every kind of part", { value: arbitrary }, ({ value }) =>
    Effect.gen(function*() {
      const written = yield* Xml.encode(document)(value)
      deepStrictEqual(yield* Xml.decode(document)(written), value)
      const bytes = new TextEncoder().encode(written)
      deepStrictEqual(yield* Xml.decode(document)(bytes), value)
    }))

  it.effect.prop(
    "in pieces of any length",
    { value: arbitrary, size: fc.integer({ min: 1, max: 50 }) },
    ({ size, value }) =>
      Effect.gen(function*() {
        const bytes = new TextEncoder().encode(yield* Xml.encode(document)(value))
        const stream = Stream.fromChunk(Chunk.unsafeFromArray(Array.from(
          { length: Math.ceil(bytes.length / size) },
          (_, i) => bytes.slice(i * size, (i + 1) * size)
        )))
        deepStrictEqual(yield* Xml.decodeStream(document)(stream), value)
      })
  )

  it.effect.prop("for a text that is embedded", { value: text }, ({ value }) =>
    Effect.gen(function*() {
      const data = Xml.document(none("data"), Xml.fragment)
      const read = yield* Xml.decode(data)(yield* Xml.encode(data)(XmlFragment.fromText(value)))
      assert.strictEqual(read.text, value)
      assert.strictEqual(read.elements, 0)
    }))
})
