import { Xml, type XmlError, type XmlFragment } from "@effect-wps/xml"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect, Either, FastCheck as fc, Option, Schema } from "effect"
import { a, b, left, markup, none, plain, pushed, right } from "./support.ts"

const title = Xml.document(none("r"), Xml.text)

const utf16 = (text: string, littleEndian: boolean, mark = true): Uint8Array => {
  const marked = mark ? `\ufeff${text}` : text
  const bytes = new Uint8Array(2 * marked.length)
  const view = new DataView(bytes.buffer)
  for (let i = 0; i < marked.length; i++) view.setUint16(2 * i, marked.charCodeAt(i), littleEndian)
  return bytes
}

const latin1 = (text: string): Uint8Array => Uint8Array.from(text, (character) => character.charCodeAt(0))

const utf8 = (text: string): Uint8Array => new TextEncoder().encode(text)

describe("pieces", () => {
  const document = Xml.document(
    a("r"),
    Xml.struct({
      k: Xml.attribute(b("k")),
      texts: Xml.many(none("t"), Xml.verbatimText),
      data: Xml.one(a("data"), Xml.struct({ e: Xml.attribute(none("e")), content: Xml.content })),
      plain: Xml.one(a("plain"), Xml.fragment),
      lenient: Xml.lenient(Xml.one(none("n"), Xml.textOf(Schema.NumberFromString))),
      value: Xml.value
    })
  )
  const read = (value: Xml.Value<typeof document>) => ({
    ...value,
    data: plain(value.data.content),
    plain: plain(value.plain)
  })

  // Every construct, short, so that every way to cut it can be tried.
  const source = "<?xml version='1.0' encoding='utf-8'?>\r\n<!-- ] -->" +
    "<q:r xmlns:q='urn:a' xmlns:b=\"urn:b\" b:k='&#x1F600;\u{1f601}&amp;\r\n'>\u{1f602}" +
    "<t>a\r\nb\rc]]&gt;<![CDATA[<]]]]><![CDATA[>&]]>\u{1f603}&#13;\u20ac</t><t/><!---->" +
    "<q:data e=''>\r\n<x y='>' xmlns:b='urn:c'><b:z\r\n k='1' />\u{1f604}<![CDATA[</q:data>]]></x ><?p ?>&lt;</q:data>" +
    "<skipped xmlns='urn:s'><t>no</t></skipped><q:plain> \u00e9&#xe9; </q:plain><n>no<x/></n></q:r>\r\n<?p?>"

  const inScope: XmlFragment.XmlFragment["namespaces"] = [["q", "urn:a"], ["b", "urn:b"]]

  const expected = {
    k: "\u{1f600}\u{1f601}& ",
    texts: ["a\nb\nc]]><]]>&\u{1f603}\r\u20ac", ""],
    data: {
      elements: 1,
      namespaces: inScope,
      source: "\r\n<x y='>' xmlns:b='urn:c'><b:z\r\n k='1' />\u{1f604}<![CDATA[</q:data>]]></x ><?p ?>&lt;",
      text: "\n\u{1f604}</q:data><"
    },
    plain: {
      elements: 0,
      namespaces: inScope,
      source: " \u00e9&#xe9; ",
      text: " \u00e9\u00e9 "
    },
    lenient: Option.none(),
    value: "\u{1f602}"
  }

  const forms: ReadonlyArray<readonly [name: string, document: string | Uint8Array]> = [
    ["a string", source],
    ["UTF-8", utf8(source)],
    ["UTF-8 with a byte order mark", utf8(`\ufeff${source}`)],
    ["UTF-16LE with a byte order mark", utf16(source, true)],
    ["UTF-16BE with a byte order mark", utf16(source, false)]
  ]

  for (const [name, form] of forms) {
    it(`${name}, cut anywhere once`, () => {
      deepStrictEqual(read(right(Xml.decode(document)(form))), expected)
      for (let cut = 0; cut <= form.length; cut++) {
        deepStrictEqual(read(right(pushed(document, form, [cut]))), expected, `cut at ${cut}`)
      }
    })

    it(`${name}, in pieces of each length`, () => {
      for (let size = 1; size <= 40; size++) {
        const cuts = Array.from({ length: Math.floor(form.length / size) }, (_, i) => (i + 1) * size)
        deepStrictEqual(read(right(pushed(document, form, cuts))), expected, `pieces of ${size}`)
      }
    })
  }

  it("ISO-8859-1, in pieces of each length", () => {
    const bytes = latin1("<?xml version='1.0' encoding=\"ISO-8859-1\"?><r>Gr\u00fc\u00dfe \u0085\u00a0\u00ff</r>")
    for (let size = 1; size <= bytes.length; size++) {
      const cuts = Array.from({ length: Math.floor(bytes.length / size) }, (_, i) => (i + 1) * size)
      assert.strictEqual(right(pushed(title, bytes, cuts)), "Gr\u00fc\u00dfe \u0085\u00a0\u00ff")
    }
  })

  it("a string may be cut within a surrogate pair", () => {
    assert.strictEqual(right(pushed(title, "<r>\u{1f600}</r>", [4])), "\u{1f600}")
  })

  it("a caller may use its buffer again", () => {
    const decoder = Xml.decoder(title)
    const buffer = new Uint8Array(1)
    for (const byte of utf8("<?xml version='1.0'?><r>abc</r>")) {
      buffer[0] = byte
      decoder.write(buffer)
    }
    assert.strictEqual(right(decoder.end()), "abc")
  })

  it.effect.prop("embedded XML comes out to the letter", {
    inner: markup,
    cuts: fc.array(fc.nat(400), { maxLength: 6 })
  }, ({ cuts, inner }) =>
    Effect.sync(() => {
      const whole = `<r xmlns:x='urn:x'>${inner}</r>`
      const at = cuts.map((cut) => cut % whole.length).sort((one, other) => one - other)
      const document = Xml.document(none("r"), Xml.fragment)
      const fragment = right(pushed(document, whole, at))
      assert.strictEqual(fragment.source, inner)
      assert.strictEqual(right(pushed(document, utf8(whole), at)).source, inner)
      deepStrictEqual(fragment.namespaces, [["x", "urn:x"]])
    }))
})

describe("encodings", () => {
  const declared = (encoding: string) => `<?xml version="1.0" encoding="${encoding}"?><r>\u00e4</r>`
  const reads = (bytes: Uint8Array, options?: Xml.DecodeOptions) => right(Xml.decode(title, options)(bytes))
  const fails = (bytes: Uint8Array, options?: Xml.DecodeOptions) => left(Xml.decode(title, options)(bytes))

  it("UTF-8 where nothing is said [A8.3]", () => {
    assert.strictEqual(reads(utf8("<r>\u00e4</r>")), "\u00e4")
    assert.strictEqual(reads(utf8("<?xml version=\"1.0\"?><r>\u00e4</r>")), "\u00e4")
  })

  it("as declared [A8.3]", () => {
    for (const name of ["ISO-8859-1", "iso-8859-1", "latin1"]) {
      assert.strictEqual(reads(latin1(declared(name))), "\u00e4")
    }
    assert.strictEqual(reads(utf8(declared("UTF-8"))), "\u00e4")
    const cyrillic = Uint8Array.from([
      ...latin1("<?xml version='1.0' encoding='windows-1251' ?><r>"),
      0xff,
      ...latin1("</r>")
    ])
    assert.strictEqual(reads(cyrillic), "\u044f")
    assert.strictEqual(reads(utf8("<?xml version='1.0' encoding='US-ASCII'?><r>a</r>")), "a")
    assert.strictEqual(reads(utf16(declared("UTF-16"), true)), "\u00e4")
    assert.strictEqual(reads(utf16(declared("UTF-16"), true, false)), "\u00e4")
    assert.strictEqual(reads(utf16(declared("UTF-16"), false, false)), "\u00e4")
  })

  it("a byte order mark counts more than the transport, which counts more than the declaration", () => {
    assert.strictEqual(reads(utf8(`\ufeff${declared("ISO-8859-1")}`)), "\u00e4")
    assert.strictEqual(reads(utf16(declared("UTF-8"), true), { charset: "iso-8859-1" }), "\u00e4")
    assert.strictEqual(reads(latin1(declared("UTF-8")), { charset: "ISO-8859-1" }), "\u00e4")
    assert.strictEqual(reads(utf8(declared("UTF-16")), { charset: "utf-8" }), "\u00e4")
    assert.strictEqual(reads(utf16(declared("UTF-16"), false, false), { charset: "utf-16" }), "\u00e4")
  })

  it("of a string, no declaration counts, nor does a byte order mark", () => {
    assert.strictEqual(right(Xml.decode(title, { charset: "utf-16" })(declared("UTF-16"))), "\u00e4")
    assert.strictEqual(right(Xml.decode(title)(`\ufeff${declared("ascii")}`)), "\u00e4")
  })

  it("bytes that are none in the encoding are refused where they stand", () => {
    assert.deepInclude(fails(latin1("<r>\n a\u00e4</r>")), {
      reason: "encoding",
      detail: "The bytes are not utf-8",
      path: "/r",
      line: 2,
      column: 2
    })
    assert.strictEqual(fails(latin1("<r>a</r>\u00e4")).reason, "encoding")
    assert.strictEqual(fails(utf8("<r>\u00e4</r>").slice(0, 4)).reason, "encoding")
    assert.strictEqual(fails(utf8(declared("us-ascii"))).reason, "encoding")
    assert.strictEqual(fails(utf16("<r>\ud800</r>", true)).reason, "encoding")
    assert.strictEqual(fails(utf16("<r/>", true).slice(0, 9)).reason, "encoding")
    // A surrogate in UTF-8, and an overlong zero.
    assert.strictEqual(fails(Uint8Array.from([...utf8("<r>"), 0xed, 0xa0, 0x80, ...utf8("</r>")])).reason, "encoding")
    assert.strictEqual(fails(Uint8Array.from([...utf8("<r>"), 0xc0, 0x80, ...utf8("</r>")])).reason, "encoding")
  })

  it("encodings that are not known or not true are refused", () => {
    assert.deepInclude(fails(utf8(declared("klingon"))), {
      reason: "encoding",
      detail: "The encoding klingon is not known"
    })
    assert.strictEqual(fails(utf8("<r/>"), { charset: "klingon" }).reason, "encoding")
    assert.strictEqual(fails(utf8(declared("UTF-16"))).reason, "encoding")
    assert.strictEqual(fails(Uint8Array.of(0xff, 0xfe, 0, 0, 0x3c, 0, 0, 0)).reason, "encoding")
    assert.strictEqual(fails(Uint8Array.of(0, 0, 0xfe, 0xff, 0, 0, 0, 0x3c)).reason, "encoding")
  })
})

describe("what is not well-formed", () => {
  const broken: ReadonlyArray<readonly [name: string, source: string]> = [
    ["nothing", ""],
    ["white space only", " \n "],
    ["a comment only", "<!-- -->"],
    ["text only", "text"],
    ["text before the root", "a<r/>"],
    ["text after the root", "<r/>a"],
    ["a reference after the root", "<r/>&#32;"],
    ["CDATA after the root", "<r/><![CDATA[]]>"],
    ["two roots", "<r/><r/>"],
    ["an end tag after the root", "<r/></r>"],
    ["an unclosed root", "<r>"],
    ["an unclosed child", "<r><x></r>"],
    ["crossing tags", "<r><x><y></x></y></r>"],
    ["another end tag", "<r></x>"],
    ["an unclosed start tag", "<r"],
    ["an unclosed attribute", "<r k='"],
    ["an unclosed comment", "<r/><!-- "],
    ["an unclosed CDATA section", "<r><![CDATA["],
    ["an unclosed instruction", "<r/><?p"],
    ["an unclosed end tag", "<r></r"],
    ["a start tag within one", "<r><x <y/></r>"],
    ["an attribute twice", "<r k='1' k='2'/>"],
    ["an expanded attribute twice", "<r xmlns:a='urn:a' xmlns:b='urn:a' a:k='1' b:k='2'/>"],
    ["an attribute without a value", "<r k/>"],
    ["an attribute without quotes", "<r k=1/>"],
    ["no space between attributes", "<r k='1'l='2'/>"],
    ["< in an attribute", "<r k='<'/>"],
    ["an undeclared element prefix", "<r><a:x/></r>"],
    ["an undeclared attribute prefix", "<r a:k='1'/>"],
    ["a prefix after its scope", "<r><x xmlns:a='urn:a'/><a:x/></r>"],
    ["an undeclared prefix", "<r xmlns:a='urn:a'><x xmlns:a=''/></r>"],
    ["two colons", "<r xmlns:a='urn:a' a:b:c='1'/>"],
    ["no local name", "<r xmlns:a='urn:a'><a:/></r>"],
    ["the prefix xmlns declared", "<r xmlns:xmlns='urn:a'/>"],
    ["the prefix xml for another namespace", "<r xmlns:xml='urn:a'/>"],
    ["a bare ampersand", "<r>a & b</r>"],
    ["an ampersand at the end", "<r>&</r>"],
    ["an entity of its own", "<r>&nbsp;</r>"],
    ["an entity in an attribute", "<r k='&nbsp;'/>"],
    ["a reference to NUL", "<r>&#0;</r>"],
    ["a reference to a control character", "<r>&#x1;</r>"],
    ["a reference to a surrogate", "<r>&#xD800;</r>"],
    ["a reference beyond Unicode", "<r>&#x110000;</r>"],
    ["a reference that is no number", "<r>&#xg;</r>"],
    ["a control character", "<r>\u0001</r>"],
    ["NUL", "<r>\u0000</r>"],
    ["U+FFFF", "<r>\uffff</r>"],
    ["a lone high surrogate", "<r>\ud800a</r>"],
    ["a lone low surrogate", "<r>a\udc00</r>"],
    ["a lone surrogate in an attribute", "<r k='\ud800'/>"],
    ["a lone surrogate at the end", "<r/>\ud800"],
    ["]]> in text", "<r>]]></r>"],
    ["-- in a comment", "<r><!-- -- --></r>"],
    ["an XML declaration after white space", " <?xml version='1.0'?><r/>"],
    ["an XML declaration inside", "<r><?xml version='1.0'?></r>"],
    ["an XML declaration without a version", "<?xml encoding='utf-8'?><r/>"],
    ["an XML declaration that says more", "<?xml version='1.0' more='1'?><r/>"],
    ["an instruction without a target", "<r><? ?></r>"],
    ["a name that begins with a digit", "<r><1/></r>"],
    ["a space before a name", "<r>< x/></r>"],
    ["a slash within a tag", "<r><x / ></r>"],
    ["HTML", "<r><br></r>"],
    ["JSON", "{\"a\": 1}"]
  ]

  const outcome = <A>(result: Either.Either<A, XmlError.XmlError>) =>
    Either.match(result, { onLeft: (error): string => error.reason, onRight: () => "read" })

  const outcomes = (source: string) => {
    const cuts = Array.from({ length: source.length }, (_, i) => i)
    const both = <A>(document: Xml.Document<A>) => [
      outcome(Xml.decode(document)(source)),
      outcome(pushed(document, source, cuts))
    ]
    return [
      ...both(title),
      ...both(Xml.document(none("r"), Xml.fragment)),
      ...both(Xml.document(none("r"), Xml.struct({}))),
      ...both(Xml.anyDocument)
    ]
  }

  for (const [name, source] of broken) {
    it(name, () => deepStrictEqual(outcomes(source), Array.from({ length: 8 }, () => "malformed")))
  }

  it("says so rather than what the declaration lacks", () => {
    const document = Xml.document(
      none("r"),
      Xml.struct({ x: Xml.one(none("x"), Xml.struct({ y: Xml.one(none("y"), Xml.text) })) })
    )
    assert.strictEqual(left(Xml.decode(document)("<r><x></r>")).reason, "malformed")
    assert.strictEqual(left(Xml.decode(document)("<r><x></y></x></r>")).reason, "malformed")
    assert.strictEqual(left(Xml.decode(document)("<r><x></x></r>")).reason, "missing")
  })

  it("a later version of XML is read as 1.0", () => {
    assert.strictEqual(right(Xml.decode(title)("<?xml version='1.1'?><r>a\u0085b\u2028</r>")), "a\u0085b\u2028")
    assert.strictEqual(left(Xml.decode(title)("<?xml version='1.1'?><r>&#1;</r>")).reason, "malformed")
  })
})

describe("errors", () => {
  const document = Xml.document(
    a("r"),
    Xml.struct({
      x: Xml.many(
        none("x"),
        Xml.struct({
          y: Xml.one([a("y"), none("y")], Xml.textOf(Schema.NumberFromString)),
          k: Xml.optionalAttribute(b("k"), Schema.NumberFromString)
        })
      ),
      w: Xml.within(none("w"), Xml.optional(b("z"), Xml.struct({ k: Xml.attribute(none("k")) })))
    })
  )
  const fails = (inner: string) => left(Xml.decode(document)(`<p:r xmlns:p="urn:a" xmlns:q="urn:b">${inner}</p:r>`))

  it("lead to the element or attribute, by the prefixes of the declaration", () => {
    assert.strictEqual(fails("<x><y>1</y></x><x><p:y>no</p:y></x>").path, "/a:r/x[2]/a:y")
    assert.strictEqual(fails("<x><y>no</y></x>").path, "/a:r/x[1]/y")
    assert.strictEqual(fails("<x q:k='no'><y>1</y></x>").path, "/a:r/x[1]/@b:k")
    assert.strictEqual(fails("<w><q:z/></w>").path, "/a:r/w/b:z/@k")
    assert.strictEqual(fails("<w><u><q:z/><").path, "/a:r/w")
  })

  it("stand at the last character that was read, counting characters from 1", () => {
    const at = (inner: string) => {
      const { column, line } = fails(inner)
      return [line, column]
    }
    deepStrictEqual(at("\n<x>\n  <y>no</y></x>"), [3, 11])
    deepStrictEqual(at("\r\n\r<x>\u{1f600}</x>"), [3, 8])
    deepStrictEqual(at("\n&no;"), [2, 4])
    const unclosed = left(Xml.decode(document)("<p:r xmlns:p='urn:a'>\n <x>"))
    assert.deepInclude(unclosed, { line: 2, column: 4, path: "/a:r/x[1]" })
    assert.deepInclude(left(Xml.decode(document)("")), { line: 1, column: 1, path: "/" })
  })

  it("say it all in a message", () => {
    assert.strictEqual(
      fails("<x/>").message,
      "a:y is missing at /a:r/x[1] (line 1, column 41). Have whoever wrote the document add it, or declare it as optional."
    )
  })

  it("hold little of the document", () => {
    const long = "secret".repeat(1000)
    for (
      const inner of [
        `<x><y>${long}</y></x>`,
        `<x q:k="${long}"><y>1</y></x>`,
        `<x></${long}>`,
        `<${long}:x/>`,
        `<x ${long}="1" ${long}="1"/>`,
        `&${long};`
      ]
    ) {
      const { message } = fails(inner)
      assert.isBelow(message.length, 420, inner.slice(0, 10))
      assert.isBelow((message.match(/secret/g) ?? []).length, 30)
    }
    assert.isBelow(left(Xml.decode(document)(`<${long}/>`)).message.length, 400)
    const transformed = Xml.document(
      none("r"),
      Xml.transform(Xml.text, { decode: Either.left, encode: (it: string) => Either.right(it) })
    )
    assert.isBelow(left(Xml.decode(transformed)(`<r>${long}</r>`)).message.length, 300)
  })
})

describe("limits", () => {
  it("a document type declaration is refused [A8.2]", () => {
    for (
      const source of [
        "<!DOCTYPE r><r/>",
        "<!DOCTYPE r SYSTEM \"http://localhost/r.dtd\"><r/>",
        "<!DOCTYPE r [<!ENTITY x SYSTEM 'file:///etc/passwd'>]><r>&x;</r>",
        "<!DOCTYPE r [<!ENTITY % x SYSTEM 'http://localhost/x'> %x;]><r/>",
        `<!DOCTYPE r [<!ENTITY a "ha">${
          Array.from({ length: 30 }, (_, i) => `<!ENTITY a${i} "&a${i - 1};&a${i - 1};&a${i - 1};">`).join("")
        }]><r>&a29;</r>`
      ]
    ) {
      assert.deepInclude(left(Xml.decode(title)(source)), { reason: "doctype", path: "/" })
      const cuts = Array.from({ length: source.length }, (_, i) => i)
      assert.strictEqual(left(pushed(title, source, cuts)).reason, "doctype")
    }
  })

  it("depth, wherever it is [A8.4]", () => {
    const deep = (levels: number, name = "x") => `<${name}>`.repeat(levels) + `</${name}>`.repeat(levels)
    for (const content of [Xml.text, Xml.map(Xml.fragment, { decode: String, encode: () => assert.fail() })]) {
      const document = Xml.document(none("r"), content)
      assert.isTrue(Either.isRight(Xml.decode(document)(`<r>${deep(127)}</r>`)))
      assert.deepInclude(left(Xml.decode(document)(`<r>${deep(128)}</r>`)), { reason: "limit", path: "/r" })
      assert.strictEqual(left(Xml.decode(document, { maxDepth: 2 })(`<r>${deep(2)}</r>`)).reason, "limit")
    }
    interface Tree {
      readonly inner: Option.Option<Tree>
    }
    const tree: Xml.Content<Tree> = Xml.struct({ inner: Xml.optional(none("x"), Xml.suspend(() => tree)) })
    const document = Xml.document(none("x"), tree)
    assert.isTrue(Either.isRight(Xml.decode(document)(deep(128))))
    assert.strictEqual(left(Xml.decode(document)(deep(129))).reason, "limit")
    assert.strictEqual(left(Xml.decode(document)(deep(10_000))).reason, "limit")
  })

  it("100,000 levels are refused, and cost in proportion where they are allowed", () => {
    // Where the cost grows with the square of the depth, this takes minutes.
    const levels = 100_000
    for (const name of ["x", "p:x"]) {
      const source = `<r xmlns:p='urn:p'>${`<${name}>`.repeat(levels)}${`</${name}>`.repeat(levels)}</r>`
      assert.strictEqual(left(Xml.decode(title)(source)).reason, "limit")
      assert.isTrue(Either.isRight(Xml.decode(title, { maxDepth: levels + 1 })(source)))
    }
  })

  it("bytes [A8.4]", () => {
    const options = { maxBytes: 20 }
    assert.strictEqual(right(Xml.decode(title, options)("<r>0123456789abc</r>")), "0123456789abc")
    assert.strictEqual(left(Xml.decode(title, options)("<r>0123456789abcd</r>")).reason, "limit")
    assert.strictEqual(left(Xml.decode(title, options)(utf8("<r>\u20ac\u20ac\u20ac\u20ac\u20ac</r>"))).reason, "limit")
    assert.strictEqual(left(pushed(title, "<r>0123456789abcd</r>", [3, 10, 20], options)).reason, "limit")
  })

  it("attributes", () => {
    const many = (n: number) => `<r ${Array.from({ length: n }, (_, i) => `k${i}="${i}"`).join(" ")}>1</r>`
    assert.strictEqual(right(Xml.decode(title)(many(256))), "1")
    assert.strictEqual(left(Xml.decode(title)(many(257))).reason, "limit")
    assert.strictEqual(left(Xml.decode(title, { maxAttributes: 1 })("<r><x k='1' l='2'/></r>")).reason, "limit")
  })

  it("attributes that the prototypes of objects have are just attributes", () => {
    const names = ["__proto__", "constructor", "toString", "hasOwnProperty"] as const
    const document = Xml.document(
      none("r"),
      Xml.struct({ k: Xml.optionalAttribute(none("constructor")), e: Xml.optional(none("toString"), Xml.text) })
    )
    const absent = { k: Option.none(), e: Option.none() }
    deepStrictEqual(right(Xml.decode(document)("<r/>")), absent)
    const source = `<r ${names.map((name) => `${name}="1"`).join(" ")}>${
      names.map((name) => `<${name}/>`).join("")
    }</r>`
    deepStrictEqual(right(Xml.decode(document)(source)), { k: Option.some("1"), e: Option.some("") })
  })
})
