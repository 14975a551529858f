import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Schema from "effect/Schema"
import { CyclicWorkflow, type Fault, InvalidValue, InvalidWorkflow, NameClash, UnknownReference } from "../CwtError.ts"
import type { DataInputs } from "../DataInputs.ts"
import * as Domain from "../Domain.ts"
import * as Gridder from "../Gridder.ts"
import * as Parameter from "../Parameter.ts"
import * as Variable from "../Variable.ts"
import type { Workflow } from "../Workflow.ts"
import * as equal from "./equal.ts"
import { explain } from "./explain.ts"
import { type Any, belowFirst } from "./graph.ts"
import { unchecked } from "./made.ts"
import { fromParts } from "./operation.ts"
import { variables as readVariables } from "./result.ts"

type Item = Readonly<Record<string, unknown>>

const Operation = Schema.Struct({
  name: Schema.NonEmptyString,
  result: Schema.optional(Schema.NullOr(Schema.String)),
  domain: Schema.optional(Schema.NullOr(Schema.String)),
  input: Schema.Array(Schema.String),
  gridder: Schema.optional(Schema.NullOr(Gridder.FromJson))
})

const readDomain = Schema.decodeUnknownEither(Domain.FromJson)
const readVariable = Schema.decodeUnknownEither(Variable.FromJson)
const readOperation = Schema.decodeUnknownEither(Operation)
const isValue = Schema.is(Parameter.Value)
const areValues = Schema.is(Schema.Array(Parameter.Value))

const label = (item: Item, name: unknown, index: number): string =>
  typeof name === "string" ? name : `number ${index + 1}`

/**
 * The parameters are the fields that an operation does not have itself. Python writes `null` for a parameter without a
 * value.
 */
const parametersOf = (item: Item): Either.Either<ReadonlyArray<Parameter.Parameter>, string> =>
  Either.all(
    Object.entries(item).filter(([name, value]) => !Object.hasOwn(Operation.fields, name) && value !== null).map((
      [name, value]
    ) =>
      typeof value === "string"
        ? Either.right(Parameter.parse(name, value))
        : isValue(value)
        ? Either.right(Parameter.make(name, value))
        : areValues(value)
        ? Either.right(Parameter.make(name, ...value))
        : Either.left(`the parameter ${name} is no text, number, true, false, or a list of them`)
    )
  )

interface Pending {
  readonly subject: string
  readonly item: typeof Operation.Type
  readonly parameters: ReadonlyArray<Parameter.Parameter>
}

/** An empty name counts as no name. */
const resultOf = ({ result }: typeof Operation.Type): string | undefined =>
  result === "" ? undefined : result ?? undefined

const content = ({ item, parameters }: Pending) => ({
  name: item.name,
  domain: item.domain ?? null,
  input: item.input,
  gridder: item.gridder ?? null,
  parameters: Arr.sortWith(parameters, ({ name }) => name, Order.string)
})

/** Decodes the operations that are not an input of another, in the order of the request, with all nested operations. */
export const decode = (
  inputs: DataInputs
): Either.Either<ReadonlyArray<Workflow<ReadonlyArray<Variable.Variable>>>, InvalidWorkflow> => {
  const faults: Array<Fault> = []
  const named = { domain: new Map<string, unknown>(), operand: new Map<string, unknown>() }

  /** Whether a name is new. The same thing may occur twice, with its fields in any order. */
  const isNew = (input: keyof DataInputs, taken: Map<string, unknown>, name: string, thing: unknown): boolean => {
    const other = taken.get(name)
    if (other === undefined) taken.set(name, thing)
    else if (!equal.deep(other, thing)) faults.push(new NameClash({ input, name }))
    return other === undefined
  }

  const domains = new Map<string, Domain.Domain>()
  inputs.domain.forEach((item, index) => {
    const subject = `domain ${label(item, item["id"], index)}`
    const domain = readDomain(item)
    if (Either.isLeft(domain)) {
      faults.push(new InvalidValue({ input: "domain", subject, reason: explain(domain.left.issue) }))
    } else if (Option.isNone(domain.right.id)) {
      faults.push(new InvalidValue({ input: "domain", subject, reason: "id is missing" }))
    } else if (isNew("domain", named.domain, domain.right.id.value, domain.right)) {
      domains.set(domain.right.id.value, domain.right)
    }
  })
  /**
   * Includes the domains that could not be read. They are reported already, so a reference to one is not another fault.
   */
  const knownDomains = new Set(inputs.domain.map(({ id }) => id))

  const domainOf = (
    input: "variable" | "operation",
    subject: string,
    name: string
  ): Option.Option<Domain.Domain> => {
    if (!knownDomains.has(name)) faults.push(new UnknownReference({ input, subject, name, wanted: "domain" }))
    return Option.fromNullable(domains.get(name))
  }

  const variables = new Map<string, Variable.Variable>()
  const knownOperands = new Set<string>()
  inputs.variable.forEach((item, index) => {
    const subject = `variable ${label(item, item["id"], index)}`
    const read = readVariable(item)
    if (Either.isLeft(read)) {
      faults.push(new InvalidValue({ input: "variable", subject, reason: explain(read.left.issue) }))
      return
    }
    // If the id of a variable has no bar, other parts of the request refer to it by its name in the file.
    const name = Option.getOrElse(read.right.id, () => read.right.name)
    knownOperands.add(name)
    if (!isNew("variable", named.operand, name, read.right)) return
    const found = read.right.domains.flatMap((domain) =>
      typeof domain === "string" ? Option.toArray(domainOf("variable", subject, domain)) : [domain]
    )
    variables.set(
      name,
      new Variable.Variable({
        uri: read.right.uri,
        name: read.right.name,
        id: read.right.id,
        domains: found,
        mimeType: read.right.mimeType
      }, unchecked)
    )
  })

  const pending: Array<Pending> = []
  const byResult = new Map<string, Pending>()
  inputs.operation.forEach((item, index) => {
    const subject = `operation ${label(item, item["result"] ?? item["name"], index)}`
    const read = readOperation(item)
    const parameters = parametersOf(item)
    if (typeof item["result"] === "string" && item["result"] !== "") knownOperands.add(item["result"])
    if (Either.isLeft(read)) {
      faults.push(new InvalidValue({ input: "operation", subject, reason: explain(read.left.issue) }))
    } else if (Either.isLeft(parameters)) {
      faults.push(new InvalidValue({ input: "operation", subject, reason: parameters.left }))
    } else {
      const one = { subject, item: read.right, parameters: parameters.right }
      const result = resultOf(one.item)
      if (result === undefined) pending.push(one)
      else if (isNew("operation", named.operand, result, content(one))) {
        pending.push(one)
        byResult.set(result, one)
      }
    }
  })
  for (const { item, subject } of pending) {
    for (const name of item.input) {
      if (!knownOperands.has(name)) {
        faults.push(new UnknownReference({ input: "operation", subject, name, wanted: "variable or operation" }))
      }
    }
  }

  const gridOf = (gridder: Gridder.Gridder): Gridder.Gridder => {
    const { grid } = gridder
    if (typeof grid !== "string") return gridder
    const domain = domains.get(grid)
    const variable = variables.get(grid)
    if (domain !== undefined && variable !== undefined) faults.push(new NameClash({ input: "domain", name: grid }))
    return Gridder.make({ tool: gridder.tool, method: gridder.method, grid: domain ?? variable ?? grid })
  }

  const built = new Map<Pending, Workflow<ReadonlyArray<Variable.Variable>>>()
  const taken = new Set<Any>()
  const build = (one: Pending) => {
    const { item, parameters, subject } = one
    const operands = item.input.flatMap((name) => {
      const operation = byResult.get(name)
      const operand = operation === undefined ? variables.get(name) : built.get(operation)
      return operand === undefined ? [] : [operand]
    })
    for (const operand of operands) if (!Variable.isVariable(operand)) taken.add(operand)
    built.set(
      one,
      fromParts({
        identifier: item.name,
        id: Option.fromNullable(resultOf(item)),
        operands,
        domain: Option.flatMap(
          Option.filter(Option.fromNullable(item.domain), (name) => name !== ""),
          (name) => domainOf("operation", subject, name)
        ),
        gridder: Option.map(Option.fromNullable(item.gridder), gridOf),
        parameters,
        minimumInputs: 0
      }, readVariables)
    )
  }

  const operationsBelow = ({ item }: Pending) =>
    item.input.flatMap((name) => Option.toArray(Option.fromNullable(byResult.get(name))))
  for (
    const one of belowFirst(pending, operationsBelow, (cycle) => {
      const path = cycle.map(({ item }) => item.result ?? item.name)
      faults.push(new CyclicWorkflow({ path: [...path, ...path.slice(0, 1)] }))
    })
  ) build(one)

  const roots = [...built.values()].filter((operation) => !taken.has(operation))
  return Arr.isNonEmptyReadonlyArray(faults)
    ? Either.left(new InvalidWorkflow({ faults }))
    : Either.right(roots)
}
