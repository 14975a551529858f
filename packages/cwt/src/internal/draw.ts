import * as Option from "effect/Option"
import type * as Dimension from "../Dimension.ts"
import * as Domain from "../Domain.ts"
import { isGridder } from "../Gridder.ts"
import { isParameter } from "../Parameter.ts"
import * as Variable from "../Variable.ts"
import { type Any, collect, isWorkflow } from "./graph.ts"
import { short } from "./short.ts"

interface Node {
  readonly key: string
  readonly kind: "variable" | "operation"
  readonly lines: ReadonlyArray<string>
}

interface Drawing {
  readonly nodes: ReadonlyArray<Node>
  readonly edges: ReadonlyArray<readonly [from: string, to: string]>
}

const range = ([name, { crs, end, start, step }]: readonly [string, Dimension.Dimension]): string =>
  `${name} ${start === end ? start : `${start} to ${end}`}${step === 1 ? "" : ` by ${step}`}${
    crs === "values" ? "" : ` (${crs})`
  }`

/** A caller without type checks may pass anything. What is not a domain is left out. */
const domainLines = (domain: Domain.Domain): ReadonlyArray<string> =>
  Domain.isDomain(domain)
    ? [
      ...Object.entries(domain.dimensions).map(range),
      ...Option.toArray(Option.map(domain.mask, (mask) => `where ${mask.operation}`))
    ]
    : []

/** Long enough for the whole address of a file, but not for a name that contains a whole file. */
const shown = (line: string): string => short(line, 500)

const gridName = (grid: string | Domain.Domain | Variable.Variable): string =>
  typeof grid === "string" ? grid : Variable.isVariable(grid) ? grid.name : Object.keys(grid.dimensions).join(", ")

const draw = (root: Any): Drawing => {
  const { operations, variables } = collect(root)
  const keys = new Map<object, string>()
  for (const operation of operations) keys.set(operation, `operation${keys.size}`)
  for (const variable of variables) keys.set(variable, `variable${keys.size - operations.size}`)
  const keyOf = (thing: object) => keys.get(thing) ?? ""
  return {
    nodes: [
      ...[...operations].map((operation): Node => ({
        key: keyOf(operation),
        kind: "operation",
        lines: [
          operation.identifier,
          ...Option.match(operation.domain, { onNone: () => [], onSome: domainLines }),
          ...Option.toArray(Option.filter(operation.gridder, isGridder)).map(({ grid }) => `grid ${gridName(grid)}`),
          ...operation.parameters.filter(isParameter).map(({ name, values }) => `${name} ${values.join(", ")}`)
        ].map(shown)
      })),
      ...[...variables].map((variable): Node => ({
        key: keyOf(variable),
        kind: "variable",
        lines: [
          variable.name,
          variable.uri,
          ...variable.domains.flatMap((domain) => typeof domain === "string" ? [domain] : domainLines(domain))
        ].map(shown)
      }))
    ],
    edges: [...operations].flatMap((operation) =>
      operation.operands.filter((operand) => Variable.isVariable(operand) || isWorkflow(operand)).map((
        operand
      ) => [keyOf(operand), keyOf(operation)] as const)
    )
  }
}

/**
 * Escapes text with Mermaid's own entities. A label could contain HTML otherwise, and the names come from the author of
 * the workflow. Mermaid interprets some words even as entities: formulas are in `$$`, icons begin with `fa:fa-`, its
 * own marks for entities are two ligatures, and it removes the last semicolon from lines with `style` or `classDef`.
 */
const mermaidText = (line: string): string =>
  line.replaceAll("ﬂ", "fl").replace(/\$(?=\$)|:(?=fa-)/g, "$&\u200B")
    .replace(/[^\p{L}\p{N} .,:/_()+*=-]|s(?=tyle)|c(?=lassDef)/gu, (character) => `#${character.codePointAt(0) ?? 0};`)

export const toMermaid = (root: Any): string => {
  const { edges, nodes } = draw(root)
  return [
    "flowchart LR",
    ...nodes.map(({ key, kind, lines }) => {
      // An empty label would break the whole drawing.
      const text = `"${lines.map(mermaidText).join("<br/>") || " "}"`
      return `  ${key}${kind === "variable" ? `[(${text})]` : `[${text}]`}`
    }),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`)
  ].join("\n") + "\n"
}

/** Graphviz ends a text at a NUL. The other characters are not allowed in XML, so they would break the SVG. */
const noXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** Graphviz resolves entities in labels, so a literal ampersand must become one. */
const dotText = (line: string): string =>
  line.replace(/[\\"]/g, "\\$&").replace(/\r?\n|\r/g, " ").replace(noXml, "\u{FFFD}").replaceAll("&", "&amp;")

export const toDot = (root: Any): string => {
  const { edges, nodes } = draw(root)
  return [
    "digraph workflow {",
    "  rankdir=LR;",
    ...nodes.map(({ key, kind, lines }) =>
      `  ${key} [shape=${kind === "variable" ? "cylinder" : "box"}, label="${lines.map(dotText).join("\\n")}"];`
    ),
    ...edges.map(([from, to]) => `  ${from} -> ${to};`),
    "}"
  ].join("\n") + "\n"
}
