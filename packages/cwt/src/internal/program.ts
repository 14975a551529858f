import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Dimension from "../Dimension.ts"
import type * as Domain from "../Domain.ts"
import type * as Gridder from "../Gridder.ts"
import type * as Mask from "../Mask.ts"
import type * as Parameter from "../Parameter.ts"
import { isVariable, type Variable } from "../Variable.ts"
import { type Any, collect, isWorkflow } from "./graph.ts"

const toJson = Schema.encodeEither(Schema.parseJson())

/** JSON's texts are TypeScript's, whatever is in them. */
const literal = (value: string | number | boolean): string =>
  typeof value === "string" ? Either.getOrElse(toJson(value), () => "\"\"") : String(value)

/** `__proto__` is a field like any other when it is computed. */
const key = (name: string): string =>
  name === "__proto__" ? `["__proto__"]` : /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : literal(name)

type Fields = ReadonlyArray<readonly [name: string, code: string | undefined]>

const given = (fields: Fields): ReadonlyArray<string> =>
  fields.flatMap(([name, code]) => code === undefined ? [] : [`${key(name)}: ${code}`])

const record = (fields: Fields): string => {
  const parts = given(fields)
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`
}

/** A statement that ends with a record, on one line if it is not too long for it. */
const statement = (before: string, fields: Fields): string => {
  const line = `${before}${record(fields)})`
  return line.length <= 120 ? line : `${before}{\n${given(fields).map((part) => `  ${part}`).join(",\n")}\n})`
}

const list = (codes: ReadonlyArray<string>): string => `[${codes.join(", ")}]`

const optional = (text: Option.Option<string>): string | undefined => Option.getOrUndefined(Option.map(text, literal))

const dimension = ({ crs, end, start, step }: Dimension.Dimension): string => {
  const numbers = typeof start === "number" && typeof end === "number" && typeof step === "number"
  const texts = typeof start === "string" && typeof end === "string"
  return (crs === "values" || crs === "indices") && numbers || crs === "timestamps" && texts
    ? `Dimension.${crs}(${[start, end, ...(step === 1 ? [] : [step])].map(literal).join(", ")})`
    : `new Dimension.Dimension(${
      record([["start", literal(start)], ["end", literal(end)], ["step", literal(step)], ["crs", literal(crs)]])
    })`
}

const mask = ({ id, name, operation, uri }: Mask.Mask): string =>
  `Mask.make(${
    record([["uri", literal(uri)], ["name", literal(name)], ["operation", literal(operation)], ["id", optional(id)]])
  })`

const domain = (self: Domain.Domain): string => {
  const options = record([["id", optional(self.id)], ["mask", Option.getOrUndefined(Option.map(self.mask, mask))]])
  const dimensions = record(Object.entries(self.dimensions).map(([name, one]) => [name, dimension(one)] as const))
  return `Domain.make(${options === "{}" ? dimensions : `${dimensions}, ${options}`})`
}

const parameters = (all: ReadonlyArray<Parameter.Parameter>): string | undefined =>
  all.length === 0 ? undefined : record(all.map(({ name, values }) => {
    const [first, ...rest] = values.map(literal)
    return [name, first !== undefined && rest.length === 0 ? first : list(values.map(literal))] as const
  }))

/** What an operation needs stands before it. */
const inOrder = (root: Any): ReadonlySet<Any> => {
  const done = new Set<Any>()
  const enter = (operation: Any) => ({ operation, rest: operation.operands.values() })
  const path = [enter(root)]
  for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
    const next = top.rest.next()
    if (next.done === true) {
      done.add(top.operation)
      path.pop()
    } else if (isWorkflow(next.value) && !done.has(next.value)) path.push(enter(next.value))
  }
  return done
}

export const toTypeScript = (root: Any, url: string): string => {
  const { domains, variables } = collect(root)
  const operations = inOrder(root)
  const names = new Map<unknown, string>()
  const nameOf = (thing: unknown) => names.get(thing) ?? "undefined"
  for (const [kind, things] of [["domain", domains], ["variable", variables], ["operation", operations]] as const) {
    let count = 0
    for (const thing of things) names.set(thing, `${kind}${count++}`)
  }
  const referred = (one: Domain.Domain | Variable | string): string =>
    typeof one === "string" ? literal(one) : nameOf(one)
  const gridder = ({ grid, method, tool }: Gridder.Gridder): string =>
    `Gridder.make(${record([["tool", literal(tool)], ["method", literal(method)], ["grid", referred(grid)]])})`

  const statements = [
    ...[...domains].map((one) => `const ${nameOf(one)} = ${domain(one)}`),
    ...[...variables].map((one) =>
      statement(`const ${nameOf(one)} = Variable.make(`, [
        ["uri", literal(one.uri)],
        ["name", literal(one.name)],
        ["id", optional(one.id)],
        ["domain", one.domains.length === 0 ? undefined : list(one.domains.map(referred))],
        ["mimeType", optional(one.mimeType)]
      ])
    ),
    ...[...operations].map((one) =>
      statement(`const ${nameOf(one)} = Workflow.make(${literal(one.identifier)}, `, [
        ["id", optional(one.id)],
        ["inputs", list(one.operands.filter((input) => isVariable(input) || isWorkflow(input)).map(nameOf))],
        ["domain", Option.getOrUndefined(Option.map(one.domain, nameOf))],
        ["gridder", Option.getOrUndefined(Option.map(one.gridder, gridder))],
        ["parameters", parameters(one.parameters)]
      ])
    )
  ]
  const used = ["Dimension", "Domain", "Gridder", "Mask", "Variable", "Workflow"].filter((module) =>
    module === "Workflow" || statements.some((code) => calls(code, module))
  )
  return [
    `import { Auth } from "@effect-wps/auth"`,
    `import { ${used.join(", ")} } from "@effect-wps/cwt"`,
    `import { WpsClient } from "@effect-wps/wps"`,
    `import { FetchHttpClient } from "@effect/platform"`,
    `import { Effect, Layer } from "effect"`,
    "",
    ...statements,
    "",
    `export const program = WpsClient.run(Workflow.variables(${nameOf(root)}))`,
    "",
    `export const main = program.pipe(`,
    `  Effect.provide(`,
    `    Layer.provide(`,
    `      WpsClient.layer({ url: ${literal(url)} }),`,
    `      [FetchHttpClient.layer, Auth.layerAnonymous]`,
    `    )`,
    `  )`,
    `)`,
    ""
  ].join("\n")
}

/** Whether a statement uses a module, in its code and not in a text. */
const calls = (code: string, module: string): boolean => code.replace(/"(?:[^"\\]|\\.)*"/g, "").includes(`${module}.`)
