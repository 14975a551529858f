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

/** Whoever calls without types may give anything, and sees it left out here. */
const domainLines = (domain: Domain.Domain): ReadonlyArray<string> =>
  Domain.isDomain(domain)
    ? [
      ...Object.entries(domain.dimensions).map(range),
      ...Option.toArray(Option.map(domain.mask, (mask) => `where ${mask.operation}`))
    ]
    : []

/** A picture shows the whole address of a file, and not a whole file that somebody wrote into a name. */
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
 * Mermaid's own entities; its labels may hold HTML otherwise, and the names come from whoever wrote the workflow. Some
 * words mean something to Mermaid even as entities: formulas are in `$$`, icons begin with `fa:fa-`, its own marks for
 * entities are two ligatures, and it takes the last semicolon from lines with `style` or `classDef`.
 */
const mermaidText = (line: string): string =>
  line.replaceAll("ﬂ", "fl").replace(/\$(?=\$)|:(?=fa-)/g, "$&\u200B")
    .replace(/[^\p{L}\p{N} .,:/_()+*=-]|s(?=tyle)|c(?=lassDef)/gu, (character) => `#${character.codePointAt(0) ?? 0};`)

export const toMermaid = (root: Any): string => {
  const { edges, nodes } = draw(root)
  return [
    "flowchart LR",
    ...nodes.map(({ key, kind, lines }) => {
      // A label of nothing would break the whole drawing.
      const text = `"${lines.map(mermaidText).join("<br/>") || " "}"`
      return `  ${key}${kind === "variable" ? `[(${text})]` : `[${text}]`}`
    }),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`)
  ].join("\n") + "\n"
}

/** A NUL ends the text for Graphviz; what else XML does not have would spoil the picture. */
const noXml = /[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu

/** Graphviz reads entities in labels, so an ampersand that somebody wrote is made one. */
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
