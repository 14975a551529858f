import * as Either from "effect/Either"
import { constVoid } from "effect/Function"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Dimension from "../Dimension.ts"
import type * as Domain from "../Domain.ts"
import type * as Gridder from "../Gridder.ts"
import { isMask, type Mask } from "../Mask.ts"
import { isParameter, type Parameter } from "../Parameter.ts"
import { isVariable, type Variable } from "../Variable.ts"
import * as cdat from "./cdatProgram.ts"
import { type Any, belowFirst, collect, isWorkflow } from "./graph.ts"

const toJson = Schema.encodeEither(Schema.parseJson())

/** Characters that an editor does not show, takes for a line end, or uses to change the text direction. */
const unseen = /[\p{Cf}\p{Co}\p{Cn}\p{Zl}\p{Zp}\u007F-\u009F]/gu

const escaped = (character: string): string =>
  character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/** Every JSON string is also a TypeScript string literal. */
const literal = (value: string | number | boolean): string =>
  typeof value === "string"
    ? Either.getOrElse(toJson(value), () => "\"\"").replace(unseen, escaped)
    : String(value)

/**
 * `__proto__` is an ordinary field only as a computed key. Versions of the language differ in the letters that a name
 * may have, so only ASCII names go without quotes.
 */
const key = (name: string): string =>
  name === "__proto__" ? `["__proto__"]` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : literal(name)

type Fields = ReadonlyArray<readonly [name: string, code: string | undefined]>

const given = (fields: Fields): ReadonlyArray<string> =>
  fields.flatMap(([name, code]) => code === undefined ? [] : [`${key(name)}: ${code}`])

const record = (fields: Fields): string => {
  const parts = given(fields)
  return parts.length === 0 ? "{}" : `{ ${parts.join(", ")} }`
}

/** A statement that ends with a record, on one line if it is short enough. */
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

const mask = ({ id, name, operation, uri }: Mask): string =>
  `Mask.make(${
    record([["uri", literal(uri)], ["name", literal(name)], ["operation", literal(operation)], ["id", optional(id)]])
  })`

const domain = (self: Domain.Domain): string => {
  const options = record([["id", optional(self.id)], [
    "mask",
    Option.getOrUndefined(Option.map(Option.filter(self.mask, isMask), mask))
  ]])
  const dimensions = record(Object.entries(self.dimensions).map(([name, one]) => [name, dimension(one)] as const))
  return `Domain.make(${options === "{}" ? dimensions : `${dimensions}, ${options}`})`
}

const parameters = (all: ReadonlyArray<Parameter>): string | undefined =>
  all.length === 0 ? undefined : record(
    all.filter(isParameter).map(({ name, values }) => {
      const [first, ...rest] = values.map(literal)
      return [name, first !== undefined && rest.length === 0 ? first : list(values.map(literal))] as const
    })
  )

interface Call {
  /** The code before the record. */
  readonly start: string
  /** The fields that only this kind of operation has. */
  readonly fields: Fields
}

/** A call of the typed operation if it expresses exactly what was sent. Otherwise a call by name. */
const callOf = (one: Any): Call => {
  const untyped: Fields = [["parameters", parameters(one.parameters)]]
  return one.identifier === "CDAT.workflow" && one.operands.length > 0
    ? { start: "Cdat.workflow(", fields: untyped }
    : Option.match(cdat.callOf(one, literal), {
      onNone: () => ({ start: `Workflow.make(${literal(one.identifier)}, `, fields: untyped }),
      onSome: ({ fields, name }) => ({ start: `Cdat.${name}(`, fields })
    })
}

/** Each operation comes after the operations that it needs. */
const inOrder = (root: Any): ReadonlySet<Any> =>
  belowFirst([root], ({ operands }) => operands.filter(isWorkflow), constVoid)

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
    ...[...operations].map((one) => {
      const { fields, start } = callOf(one)
      return statement(`const ${nameOf(one)} = ${start}`, [
        ["id", optional(one.id)],
        ["inputs", list(one.operands.filter((input) => isVariable(input) || isWorkflow(input)).map(nameOf))],
        ["domain", Option.getOrUndefined(Option.map(one.domain, nameOf))],
        ["gridder", Option.getOrUndefined(Option.map(one.gridder, gridder))],
        ...fields
      ])
    })
  ]
  const isTyped = (one: Any) => callOf(one).start.startsWith("Cdat.")
  const used = [
    ...[...operations].some(isTyped) ? ["Cdat"] : [],
    ...[...domains].some(({ dimensions }) => Object.keys(dimensions).length > 0) ? ["Dimension"] : [],
    ...domains.size > 0 ? ["Domain"] : [],
    ...[...operations].some((one) => Option.isSome(one.gridder)) ? ["Gridder"] : [],
    ...[...domains].some((one) => Option.isSome(one.mask)) ? ["Mask"] : [],
    ...variables.size > 0 ? ["Variable"] : [],
    ...[...operations].every(isTyped) ? [] : ["Workflow"]
  ]
  return [
    `import { Auth } from "@effect-wps/auth"`,
    `import { ${used.join(", ")} } from "@effect-wps/cwt"`,
    `import { WpsClient } from "@effect-wps/wps"`,
    `import { NodeHttpClient, NodeRuntime } from "@effect/platform-node"`,
    `import { Console, Effect, Layer } from "effect"`,
    "",
    ...statements,
    "",
    `export const program = WpsClient.run(${isTyped(root) ? nameOf(root) : `Workflow.variables(${nameOf(root)})`})`,
    "",
    `program.pipe(`,
    `  Effect.flatMap(Console.log),`,
    `  Effect.provide(`,
    `    Layer.provide(`,
    `      WpsClient.layer({ url: ${literal(url)} }),`,
    `      [NodeHttpClient.layerUndici, Auth.layerAnonymous]`,
    `    )`,
    `  ),`,
    `  NodeRuntime.runMain`,
    `)`,
    ""
  ].join("\n")
}
