import { Auth } from "@effect-wps/auth"
import { Job, Operation, WpsClient } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { Effect, FastCheck, Layer, Option } from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { repair, rootOf } from "../src/internal/llnlRepair.ts"
import { document, layerNode, url, xml } from "./support/llnl.ts"

/** What a live node answered, which lies beside the checkout where there is any. */
const corpus = fileURLToPath(new URL("../../../../shared/corpus/ESGF+esgf-compute-wps/", import.meta.url))
const present = existsSync(corpus)
if (!present) console.log(`skipped: the corpus of real documents is not there (${corpus})`)

/** Whether a client without the layer can read a document. */
const isReadable = (text: string): Effect.Effect<boolean> =>
  WpsClient.attach(
    new Job.JobReference({ identifier: "CDAT.max", statusLocation: Option.some(url), jobId: Option.none() }),
    Operation.make({ identifier: "CDAT.max" }),
    { poll: { badReads: 0 } }
  ).pipe(
    Effect.match({
      onSuccess: () => true,
      onFailure: (error) => error._tag !== "UnexpectedResponse" || !/xml/.test(error.kind)
    }),
    Effect.provide(Layer.provide(WpsClient.layer({ url }), [Auth.layerAnonymous, layerNode(() => xml(text))])),
    Effect.orDie
  )

const abstract = (text: string): string =>
  repair(`<d xmlns:ows="u"><ows:Abstract>${text}</ows:Abstract></d>`)
    .replace(/^.*<ows:Abstract>|<\/ows:Abstract>.*$/gs, "")

const xmlText = FastCheck.string().map((text) => text.replace(/[&<>]/g, (one) => `&#${one.charCodeAt(0)};`))
const ascii = FastCheck.string({ unit: "grapheme-ascii" }).filter((text) => !/<[!?/]/.test(text))
const names = FastCheck.constantFrom("a", "b", "ows:Abstract", "Abstract", "w:ComplexData", "é")

/** Well-formed contents of an element, with everything in them that looks like what is repaired. */
const contents: FastCheck.Arbitrary<string> = FastCheck.letrec<{ contents: string }>((tie) => ({
  contents: FastCheck.array(
    FastCheck.oneof(
      { depthSize: "small", withCrossShrink: true },
      xmlText,
      FastCheck.constantFrom(
        "[",
        " {\"a\": 1}",
        "<!-- <ows:Abstract> & < </a> -->",
        "<![CDATA[</ows:Abstract> & <b> {]]>",
        "<?pi < & ?>",
        "&lt;",
        "&#38;",
        "&#x3c;",
        "<a/>",
        "<b c='>' d = \"&amp;[\" />",
        "]]",
        // After that no `>` may come at once.
        " >"
      ),
      FastCheck.tuple(names, tie("contents")).map(([name, inside]) => `<${name} e="1">${inside}</${name} >`)
    ),
    { maxLength: 6 }
  ).map((all) => all.join(""))
})).contents.filter((text) => !text.includes("]]>") || text.includes("<![CDATA["))

describe("repair", () => {
  it("[F4.3] escapes in an abstract what is neither a tag nor a reference", () => {
    assert.strictEqual(abstract("lon>180, lon<180, lon <= 3 & pr"), "lon>180, lon&lt;180, lon &lt;= 3 &amp; pr")
    assert.strictEqual(abstract("a<b and c>d"), "a&lt;b and c>d")
    assert.strictEqual(abstract("R&D &lt; &nbsp; &#60; &#x3C; &amp"), "R&amp;D &lt; &amp;nbsp; &#60; &#x3C; &amp;amp")
    assert.strictEqual(abstract("a[b[0]]>1"), "a[b[0]]&gt;1")
    assert.strictEqual(abstract("<"), "&lt;")
    assert.strictEqual(abstract("<!-- no end"), "&lt;!-- no end")
    assert.strictEqual(abstract("<!DOCTYPE x>"), "&lt;!DOCTYPE x>")
  })

  it("leaves a tag that has its counterpart, and escapes one that has none", () => {
    assert.strictEqual(abstract("<b>by</b> & more"), "<b>by</b> &amp; more")
    assert.strictEqual(abstract("<b>by</i> more</b>"), "<b>by&lt;/i> more</b>")
    assert.strictEqual(abstract("<b><i>by</b>"), "<b>&lt;i>by</b>")
    assert.strictEqual(abstract("<b>by"), "&lt;b>by")
    assert.strictEqual(abstract("<br/>"), "<br/>")
    assert.strictEqual(abstract("<a href=\"?b&c\">x</a>"), "&lt;a href=\"?b&amp;c\">x&lt;/a>")
  })

  it("[F4.5] escapes JSON, in whatever element it stands", () => {
    assert.strictEqual(
      repair(
        `<x:Data><x:ComplexData mimeType="a">\n [{"uri": "https://h/?x=1&y=2", "id": "<v>"}]\n</x:ComplexData></x:Data>`
      ),
      `<x:Data><x:ComplexData mimeType="a">\n [{"uri": "https://h/?x=1&amp;y=2", "id": "&lt;v>"}]\n</x:ComplexData></x:Data>`
    )
    assert.strictEqual(
      repair(`<ProcessSucceeded>{"u":"a&b"}</ProcessSucceeded>`),
      `<ProcessSucceeded>{"u":"a&amp;b"}</ProcessSucceeded>`
    )
  })

  it("knows an abstract by any prefix", () => {
    for (const name of ["Abstract", "ows:Abstract", "o-w.s:Abstract"]) {
      assert.strictEqual(repair(`<${name} xml:lang="en">1<2</${name}>`), `<${name} xml:lang="en">1&lt;2</${name}>`)
    }
  })

  it("touches nothing outside of these", () => {
    for (
      const text of [
        "<Title>1 < 2 & 3</Title>",
        "<a b='1&2'>&</a>",
        "<ows:AbstractX>&</ows:AbstractX>",
        "no XML & <",
        ""
      ]
    ) {
      assert.strictEqual(repair(text), text)
    }
    const doctype = `<!DOCTYPE d [<!ENTITY e "x">]><d><Abstract>&e; & <</Abstract></d>`
    assert.strictEqual(repair(doctype), doctype)
  })

  it.prop("a well-formed document comes out as it is", [contents], ([inside]) => {
    const whole = `<?xml version="1.0"?><!-- & --><d xmlns:ows="o" xmlns:w="w">${inside}</d>\n`
    assert.strictEqual(repair(whole), whole)
  })

  it.effect.prop("what stands in an abstract is read, whatever it is", [ascii], ([text]) =>
    Effect.gen(function*() {
      const repaired = repair(document({ abstract: `1<2 ${text}` }))
      assert.isTrue(yield* isReadable(repaired), repaired)
      assert.strictEqual(repair(repaired), repaired)
    }), { fastCheck: { numRuns: 30 } })

  const long = 400_000
  for (
    const [name, part] of [
      ["tags", "<a>"],
      ["tags that close nothing", "</b>"],
      ["tags without an end", "<a b='"],
      ["tags with blanks", "<a          "],
      ["comments without an end", "<!--"],
      ["sections without an end", "<![CDATA["],
      ["instructions without an end", "<?"],
      ["ampersands", "&"],
      ["references without an end", "&#1"],
      ["lists", "<a>   ["],
      ["abstracts", "<Abstract>"],
      ["brackets", "]"],
      ["blanks", " "],
      ["digits", "&#111"]
    ] as const
  ) {
    it(`takes time in proportion to the length: ${name}`, () => {
      const many = part.repeat(Math.ceil(long / part.length))
      for (
        const text of [`<Abstract>${many}</Abstract>`, many, `<Abstract>${"<a>".repeat(50_000)}${many}</c></Abstract>`]
      ) {
        assert.isAtLeast(repair(text).length, text.length)
      }
    })
  }

  it("finds the root of a document behind what may stand before it", () => {
    assert.strictEqual(rootOf(`\uFEFF<?xml version="1.0"?>\n<!-- <a> --> <wps:Capabilities a="1">`), "Capabilities")
    assert.strictEqual(rootOf("<ExecuteResponse/>"), "ExecuteResponse")
    assert.strictEqual(rootOf("<o-w.s:ExceptionReport "), "ExceptionReport")
    for (const none of ["", "text", "<!-- <a>", "<!DOCTYPE html><html>", "{}", "<<a>"]) {
      assert.strictEqual(rootOf(none), "")
    }
  })

  it.effect.skipIf(!present)(
    "[F4.3] every captured answer is read, the malformed ones too",
    () =>
      Effect.gen(function*() {
        const documents = ["live", "live-malformed"].flatMap((folder) =>
          readdirSync(corpus + folder).filter((name) => name.endsWith(".xml")).map((name) => `${folder}/${name}`)
        )
        for (const path of documents) {
          const text = readFileSync(corpus + path, "utf8")
          const isMalformed = path.startsWith("live-malformed/")
          assert.strictEqual(yield* isReadable(text), !isMalformed, path)
          assert.strictEqual(repair(text) === text, !isMalformed, path)
          assert.isTrue(yield* isReadable(repair(text)), path)
        }
        assert.isAbove(documents.length, 15)
      })
  )
})
