import * as Option from "effect/Option"
import type * as Dimension from "../Dimension.ts"
import type * as Domain from "../Domain.ts"
import * as Variable from "../Variable.ts"
import { type Any, collect, isWorkflow } from "./graph.ts"

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

const domainLines = (domain: Domain.Domain): ReadonlyArray<string> => [
  ...Object.entries(domain.dimensions).map(range),
  ...Option.toArray(Option.map(domain.mask, (mask) => `where ${mask.operation}`))
]

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
          ...Option.toArray(Option.map(operation.gridder, ({ grid }) => `grid ${gridName(grid)}`)),
          ...operation.parameters.map(({ name, values }) => `${name} ${values.join(", ")}`)
        ]
      })),
      ...[...variables].map((variable): Node => ({
        key: keyOf(variable),
        kind: "variable",
        lines: [
          variable.name,
          variable.uri,
          ...variable.domains.flatMap((domain) => typeof domain === "string" ? [domain] : domainLines(domain))
        ]
      }))
    ],
    edges: [...operations].flatMap((operation) =>
      operation.operands.filter((operand) => Variable.isVariable(operand) || isWorkflow(operand)).map((
        operand
      ) => [keyOf(operand), keyOf(operation)] as const)
    )
  }
}

/** Mermaid's own entities; its labels may hold HTML otherwise, and the names come from whoever wrote the workflow. */
const mermaidText = (line: string): string =>
  line.replace(/[^\p{L}\p{N} .,:/_()+*=-]/gu, (character) => `#${character.codePointAt(0) ?? 0};`)

export const toMermaid = (root: Any): string => {
  const { edges, nodes } = draw(root)
  return [
    "flowchart LR",
    ...nodes.map(({ key, kind, lines }) => {
      const text = `"${lines.map(mermaidText).join("<br/>")}"`
      return `  ${key}${kind === "variable" ? `[(${text})]` : `[${text}]`}`
    }),
    ...edges.map(([from, to]) => `  ${from} --> ${to}`)
  ].join("\n") + "\n"
}

const dotText = (line: string): string => line.replace(/[\\"]/g, "\\$&").replace(/\r?\n|\r/g, " ")

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
