/** Writes CDAT operations as calls of `Cdat`, if such a call expresses exactly what was sent. */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Cdat from "../Cdat.ts"
import * as Parameter from "../Parameter.ts"
import type { Any } from "./graph.ts"

/** Writes the sent values of a parameter in TypeScript, or returns nothing if it cannot. */
type Write = (values: ReadonlyArray<string>, literal: (value: string) => string) => string | undefined

const single =
  (write: (value: string, literal: (value: string) => string) => string | undefined): Write =>
  ([first, ...rest], literal) => first === undefined || rest.length > 0 ? undefined : write(first, literal)

const each =
  (write: (value: string, literal: (value: string) => string) => string | undefined): Write => (values, literal) => {
    const written = values.flatMap((value) => write(value, literal) ?? [])
    return written.length === values.length ? `[${written.join(", ")}]` : undefined
  }

const text = (value: string, literal: (value: string) => string): string | undefined =>
  value === "" ? undefined : literal(value)

/** Only a number that would be sent with the same characters again. */
const number = (value: string): string | undefined =>
  Number.isFinite(Number(value)) && String(Number(value)) === value ? value : undefined

const oneOf = <const A extends string>(...names: ReadonlyArray<A>): Write =>
  single((value, literal) => names.some((name) => name === value) ? literal(value) : undefined)

const comparison = single((value, literal) => /[<>]|[=!]=/.test(value) ? literal(value) : undefined)

/** An object has each key once and puts numbers first, and `__proto__` is not an ordinary key. */
const pairs: Write = (values, literal) => {
  const names = values.filter((_, index) => index % 2 === 0)
  const isKey = (name: string) => name !== "" && name !== "__proto__" && !/^\d+$/.test(name)
  return values.length % 2 === 0 && new Set(names).size === names.length && names.every(isKey)
    ? `{ ${names.map((name, index) => `${literal(name)}: ${literal(values[2 * index + 1] ?? "")}`).join(", ")} }`
    : undefined
}

const common = { variable: single(text), rename: pairs, fillna: single(number) }
const axes = { axes: each(text) }
const constant = { const: single(number) }

interface Declared {
  readonly identifier: string
  readonly minimumInputs?: number
  readonly parameters: Readonly<Record<string, Write>>
  readonly needed?: ReadonlyArray<string>
}

const declared: Readonly<Record<Exclude<keyof typeof Cdat, "workflow">, Declared>> = {
  abs: { identifier: "CDAT.abs", parameters: {} },
  add: { identifier: "CDAT.add", parameters: constant },
  aggregate: { identifier: "CDAT.aggregate", minimumInputs: 2, parameters: {} },
  count: { identifier: "CDAT.count", parameters: {} },
  divide: { identifier: "CDAT.divide", parameters: constant },
  exp: { identifier: "CDAT.exp", parameters: {} },
  filterMap: {
    identifier: "CDAT.filter_map",
    parameters: { cond: comparison, func: single(text), other: single(number) },
    needed: ["cond", "func"]
  },
  groupbyBins: { identifier: "CDAT.groupby_bins", parameters: { bins: each(number) }, needed: ["bins"] },
  log: { identifier: "CDAT.log", parameters: {} },
  max: { identifier: "CDAT.max", parameters: axes },
  mean: { identifier: "CDAT.mean", parameters: axes },
  merge: {
    identifier: "CDAT.merge",
    minimumInputs: 2,
    parameters: { compat: oneOf("broadcast_equals", "equals", "identical", "no_conflicts", "override") }
  },
  min: { identifier: "CDAT.min", parameters: axes },
  multiply: { identifier: "CDAT.multiply", parameters: constant },
  power: { identifier: "CDAT.power", parameters: constant },
  sqrt: { identifier: "CDAT.sqrt", parameters: {} },
  squeeze: { identifier: "CDAT.squeeze", parameters: {} },
  std: { identifier: "CDAT.std", parameters: axes },
  subset: { identifier: "CDAT.subset", parameters: { method: oneOf("backfill", "nearest", "pad") } },
  subtract: { identifier: "CDAT.subtract", parameters: constant },
  sum: { identifier: "CDAT.sum", parameters: axes },
  variance: { identifier: "CDAT.var", parameters: axes },
  where: {
    identifier: "CDAT.where",
    parameters: { cond: comparison, other: single(number) },
    needed: ["cond"]
  }
}

const byIdentifier = new Map(Object.entries(declared).map(([name, one]) => [one.identifier, { name, ...one }]))

/** A call of `Cdat`: the name of the function, and the fields for its parameters. */
export interface Call {
  readonly name: string
  readonly fields: ReadonlyArray<readonly [name: string, code: string]>
}

/** The call of `Cdat` for an operation, if the call can express all of it. */
export const callOf = (operation: Any, literal: (value: string) => string): Option.Option<Call> => {
  const known = byIdentifier.get(operation.identifier)
  if (known === undefined || operation.operands.length < (known.minimumInputs ?? 1)) return Option.none()
  const { name, needed = [], parameters } = known
  const writers = new Map(Object.entries({ ...common, ...parameters }))
  const fields = operation.parameters.flatMap((parameter) => {
    const sent = Parameter.isParameter(parameter)
      ? Either.getOrUndefined(Parameter.format(parameter))?.split("|")
      : undefined
    const code = sent === undefined ? undefined : writers.get(parameter.name)?.(sent, literal)
    return code === undefined ? [] : [[parameter.name, code] as const]
  })
  const names = new Set(fields.map(([name]) => name))
  return names.size === operation.parameters.length && needed.every((name) => names.has(name))
    ? Option.some({ name, fields })
    : Option.none()
}
