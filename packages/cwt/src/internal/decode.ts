import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { CyclicWorkflow, type Fault, InvalidValue, InvalidWorkflow, NameClash, UnknownReference } from "../CwtError.ts"
import type { DataInputs } from "../DataInputs.ts"
import * as Domain from "../Domain.ts"
import * as Gridder from "../Gridder.ts"
import * as Parameter from "../Parameter.ts"
import * as Variable from "../Variable.ts"
import type { Workflow } from "../Workflow.ts"
import { explain } from "./explain.ts"
import type { Any } from "./graph.ts"
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
const toText = Schema.encodeEither(Schema.parseJson())

const label = (item: Item, name: unknown, index: number): string =>
  typeof name === "string" ? name : `number ${index + 1}`

/** What stands beside an operation's fields. `null` is Python's way not to give one. */
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

/** The operations that no other takes, in the order in which they stand, with all that is below them. */
export const decode = (
  inputs: DataInputs
): Either.Either<ReadonlyArray<Workflow<ReadonlyArray<Variable.Variable>>>, InvalidWorkflow> => {
  const faults: Array<Fault> = []
  const texts = { domain: new Map<string, string>(), operand: new Map<string, string>() }

  /** Whether a name is new; the same thing may stand twice. */
  const isNew = (input: keyof DataInputs, taken: Map<string, string>, name: string, item: Item): boolean => {
    const text = Either.getOrElse(toText(item), () => "")
    const other = taken.get(name)
    if (other !== undefined && other !== text) faults.push(new NameClash({ input, name }))
    taken.set(name, text)
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
    } else if (isNew("domain", texts.domain, domain.right.id.value, item)) {
      domains.set(domain.right.id.value, domain.right)
    }
  })
  /** A domain that could not be read was named already; whoever refers to it is not at fault. */
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
    // A variable without a bar in its id is known by its name in the file.
    const name = Option.getOrElse(read.right.id, () => read.right.name)
    knownOperands.add(name)
    if (!isNew("variable", texts.operand, name, item)) return
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

  interface Pending {
    readonly subject: string
    readonly item: typeof Operation.Type
    readonly parameters: ReadonlyArray<Parameter.Parameter>
  }
  const pending: Array<Pending> = []
  const byResult = new Map<string, Pending>()
  inputs.operation.forEach((item, index) => {
    const subject = `operation ${label(item, item["result"] ?? item["name"], index)}`
    const read = readOperation(item)
    const parameters = parametersOf(item)
    if (typeof item["result"] === "string") knownOperands.add(item["result"])
    if (Either.isLeft(read)) {
      faults.push(new InvalidValue({ input: "operation", subject, reason: explain(read.left.issue) }))
    } else if (Either.isLeft(parameters)) {
      faults.push(new InvalidValue({ input: "operation", subject, reason: parameters.left }))
    } else {
      const one = { subject, item: read.right, parameters: parameters.right }
      const result = read.right.result ?? undefined
      if (result === undefined) pending.push(one)
      else if (isNew("operation", texts.operand, result, item)) {
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
        id: Option.fromNullable(item.result),
        operands,
        domain: Option.flatMap(
          Option.fromNullable(item.domain),
          (name) => domainOf("operation", subject, name)
        ),
        gridder: Option.map(Option.fromNullable(item.gridder), gridOf),
        parameters,
        minimumInputs: 0
      }, readVariables)
    )
  }

  // Depth first, without recursion: an operation is built when its inputs are. One that is met on the way to itself is in
  // a cycle.
  const cyclic = new Set<Pending>()
  for (const first of pending) {
    if (built.has(first)) continue
    const path: Array<{ readonly one: Pending; readonly rest: Iterator<string> }> = []
    const onPath = new Set<Pending>()
    const enter = (one: Pending) => {
      path.push({ one, rest: one.item.input.values() })
      onPath.add(one)
    }
    enter(first)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next()
      if (next.done === true) {
        build(top.one)
        onPath.delete(top.one)
        path.pop()
        continue
      }
      const below = byResult.get(next.value)
      if (below === undefined || built.has(below)) continue
      if (!onPath.has(below)) {
        enter(below)
        continue
      }
      if (!cyclic.has(below)) {
        const cycle = path.slice(path.findIndex(({ one }) => one === below)).map(({ one }) => one)
        for (const one of cycle) cyclic.add(one)
        faults.push(new CyclicWorkflow({ path: [...cycle.map(({ item }) => item.result ?? item.name), next.value] }))
      }
    }
  }

  const roots = [...built.values()].filter((operation) => !taken.has(operation))
  return Arr.isNonEmptyReadonlyArray(faults)
    ? Either.left(new InvalidWorkflow({ faults }))
    : Either.right(roots)
}
