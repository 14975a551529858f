import { Cdat, Domain, Variable, Workflow } from "@effect-wps/cwt"
import * as WorkflowSvg from "@effect-wps/cwt/WorkflowSvg"
import { assert, describe, it, vi } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Effect } from "effect"

const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
const south = Domain.make({ lat: [-90, 0] })

/** What a reader of the picture sees: the text of its labels. */
const labels = (svg: string): ReadonlyArray<string> =>
  [...svg.matchAll(/<text [^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) =>
    text.replace(/&(?:#(\d+)|(\w+));/g, (_, code: string | undefined, name: string) =>
      code === undefined
        ? { amp: "&", lt: "<", gt: ">", quot: "\"", apos: "'" }[name] ?? `?${name}?`
        : String.fromCodePoint(Number(code)))
  )

/** Without what stands between the tags, in which every `>` is escaped. */
const tags = (svg: string): string => [...svg.matchAll(/<[^>]*>/g)].join("")

const elements = (svg: string): ReadonlySet<string> =>
  new Set([...svg.matchAll(/<([\w:]+)/g)].map(([, name = ""]) => name))

describe("WorkflowSvg", () => {
  it.effect("draws each variable and operation once, and what goes from one to the other", () =>
    Effect.gen(function*() {
      const part = Cdat.subset({ inputs: [tas], domain: south })
      const svg = yield* WorkflowSvg.toSvg(
        Cdat.subtract({ inputs: [Cdat.max({ inputs: [part] }), Cdat.min({ inputs: [part] })] })
      )
      assert.match(svg, /^<svg [\s\S]*<\/svg>\n$/)
      deepStrictEqual([...labels(svg)].sort(), [
        "CDAT.max",
        "CDAT.min",
        "CDAT.subset",
        "CDAT.subtract",
        "https://data.example.org/tas.nc",
        "lat -90 to 0",
        "tas"
      ])
      assert.lengthOf([...svg.matchAll(/class="node"/g)], 5)
      assert.lengthOf([...svg.matchAll(/class="edge"/g)], 5)
    }))

  it.effect("[F5.37] names and addresses are text, whatever they hold", () =>
    Effect.gen(function*() {
      const hostile = [
        `</text></svg><script>alert(1)</script>`,
        `"]; evil [label="x", URL="javascript:alert(1)"]; a -> b; //`,
        `\\" , label=<<b>x</b>> \\`,
        `<img src=x onerror='alert(1)'>`,
        `\\N \\G \\L \\E`,
        `&lt;script&gt; &copy; &#60;b&#62; &amp;amp; &nothing; &`,
        `-->]]><!-- <![CDATA[ <?php ?>`,
        `tas 🌍 é 漢`
      ]
      for (const uri of hostile) {
        const workflow = Cdat.abs({ inputs: [Variable.make({ uri, name: "tas" })] })
        const svg = yield* WorkflowSvg.toSvg(workflow)
        deepStrictEqual([...labels(svg)].sort(), ["CDAT.abs", "tas", uri].sort())
        deepStrictEqual([...elements(svg)].sort(), ["g", "path", "polygon", "svg", "text", "title"])
        assert.notMatch(tags(svg), /\son\w+=|href|<!DOCTYPE|<\?|CDATA/)
      }
      const operation = Workflow.make(hostile[0] ?? "", { inputs: [tas], parameters: { "<b>": "</svg>" } })
      const svg = yield* WorkflowSvg.toSvg(operation)
      assert.include(labels(svg), hostile[0])
      assert.include(labels(svg), "<b> </svg>")
      assert.notInclude([...elements(svg)], "script")
    }))

  it.effect("characters that XML does not have are replaced, and end no text", () =>
    Effect.gen(function*() {
      const odd = Variable.make({ uri: "a\u0000b\u0001c\u001bd\ufffee\ud800f\ng", name: "tas" })
      const svg = yield* WorkflowSvg.toSvg(Cdat.abs({ inputs: [odd] }))
      assert.include(labels(svg), "a\ufffdb\ufffdc\ufffdd\ufffde\ufffdf g")
    }))

  it.effect("a chain of a few hundred operations", () =>
    Effect.gen(function*() {
      let chain = Cdat.abs({ inputs: [tas] })
      for (let length = 1; length < 300; length++) chain = Cdat.abs({ inputs: [chain] })
      const svg = yield* WorkflowSvg.toSvg(chain)
      assert.lengthOf([...svg.matchAll(/class="node"/g)], 301)
    }))

  it.effect("without the package it is a typed error that says what to install", () =>
    Effect.gen(function*() {
      yield* Effect.acquireRelease(
        Effect.sync(() =>
          vi.doMock("@viz-js/viz", () => Promise.reject(new Error("Cannot find package '@viz-js/viz'")))
        ),
        () => Effect.sync(() => vi.doUnmock("@viz-js/viz"))
      )
      const error = yield* Effect.flip(WorkflowSvg.toSvg(Cdat.abs({ inputs: [tas] })))
      assert.strictEqual(error._tag, "GraphvizUnavailable")
      assert.include(error.message, "npm install @viz-js/viz")
      assert.include(error.message, "Workflow.toMermaid")
    }).pipe(Effect.scoped))
})
