import { type Cdat, type Domain, Variable, Workflow } from "@effect-wps/cwt"
import { Ows } from "@effect-wps/wps"
import { Array as Arr, Effect, Either, Option } from "effect"
import type { ComputeError } from "../ComputeError.ts"
import type * as Field from "../Field.ts"
import { type Horizontal, parse, regrid } from "./horizontal.ts"
import {
  cut,
  methodOf,
  type Operation,
  operations,
  settle,
  traverse,
  ungrouped,
  type Value,
  workflowName
} from "./operations.ts"
import * as parameters from "./parameters.ts"

type Any = Workflow.Workflow<unknown>

/** What the node does for a run. */
export interface Node<R> {
  /** The part of a variable that a domain means. */
  readonly read: (
    variable: Variable.Variable,
    options: { readonly domain: Option.Option<Domain.Domain>; readonly method: Cdat.Method | undefined }
  ) => Effect.Effect<Field.Field, Ows.OwsException, R>
  /** `done` goes from 0 to 1. */
  readonly say: (done: number, message: string) => Effect.Effect<void>
}

/** What a run gives for one of its operations. */
export interface Result {
  readonly identifier: string
  readonly id: Option.Option<string>
  readonly fields: Value["fields"]
}

type Locator = "variable" | "domain" | "operation"

export const refuse = (code: string, locator: Locator, ...texts: ReadonlyArray<string>): Ows.OwsException =>
  new Ows.OwsException({ code, locator: Option.some(locator), texts })

export const invalid = (locator: Locator, ...texts: ReadonlyArray<string>): Ows.OwsException =>
  refuse("InvalidParameterValue", locator, ...texts)

const labelOf = ({ id, identifier }: Any): string =>
  Option.match(id, { onNone: () => identifier, onSome: (id) => `${identifier} (${id})` })

const within = (operation: Any, locator: Locator) => ({ message }: ComputeError): Ows.OwsException =>
  invalid(locator, `${labelOf(operation)}: ${message}`)

const isOperation = (operand: Workflow.Operand): operand is Any => Workflow.isWorkflow(operand)

/** Operations with all that are below them, each once, after those that it takes. No recursion: chains may be long. */
const ordered = (roots: ReadonlyArray<Any>): ReadonlySet<Any> => {
  const sorted = new Set<Any>()
  const stack = roots.map((operation) => ({ operation, isEntered: false }))
  for (let top = stack.pop(); top !== undefined; top = stack.pop()) {
    const { isEntered, operation } = top
    if (isEntered) sorted.add(operation)
    if (isEntered || sorted.has(operation)) continue
    stack.push({ operation, isEntered: true })
    for (const operand of operation.operands) {
      if (isOperation(operand) && !sorted.has(operand)) stack.push({ operation: operand, isEntered: false })
    }
  }
  return sorted
}

/** What is computed together: the outputs, and what holds for the operations below them if they say nothing else. */
interface Run {
  readonly outputs: ReadonlyArray<Workflow.Operand>
  readonly domain: Option.Option<Domain.Domain>
  readonly parameters: parameters.Parameters
}

const runsOf = (roots: ReadonlyArray<Any>): ReadonlyArray<Run> => {
  const [outputs, workflows] = Arr.partition(roots, ({ identifier }) => identifier === workflowName)
  return [
    ...(outputs.length === 0 ? [] : [{ outputs, domain: Option.none(), parameters: new Map() }]),
    ...workflows.map((one) => ({ outputs: one.operands, domain: one.domain, parameters: parameters.of(one) }))
  ]
}

/** An operation with all that it needs to be computed. */
interface Step {
  readonly workflow: Any
  readonly operation: Operation
  readonly operands: Arr.NonEmptyReadonlyArray<Workflow.Operand>
  readonly parameters: parameters.Parameters
  readonly method: Cdat.Method | undefined
  readonly grid: Option.Option<Horizontal>
}

const known = [workflowName, ...operations.keys()]
const knownParameters = new Set([...operations.values()].flatMap((operation) => operation.parameters))

/** Looks at what an operation asks for, before anything is read. */
const stepOf = (defaults: parameters.Parameters) => (one: Any): Either.Either<Step, Ows.OwsException> => {
  const label = labelOf(one)
  const refused = (text: string) => Either.left(invalid("operation", `${label}: ${text}`))
  return Either.gen(function*() {
    const operation = operations.get(one.identifier)
    if (operation === undefined) {
      return yield* refused(
        one.identifier === workflowName
          ? "it holds outputs and is no input. Take what it holds as inputs."
          : `the node has no such process. It has ${known.join(", ")}.`
      )
    }
    if (!Arr.isNonEmptyReadonlyArray(one.operands)) {
      return yield* Either.left(
        refuse("MissingParameterValue", "operation", `${label} has no input. Name a variable or an operation as one.`)
      )
    }
    const { maximumInputs, minimumInputs } = operation
    const { length } = one.operands
    if (length < minimumInputs || length > maximumInputs) {
      const wanted = length < minimumInputs ? minimumInputs : maximumInputs
      return yield* refused(
        `it takes ${
          minimumInputs === maximumInputs ? "" : `at ${length < minimumInputs ? "least" : "most"} `
        }${wanted} ` +
          `input${wanted === 1 ? "" : "s"} and has ${length}. ` +
          (length < minimumInputs ? "Add one." : "Put them together with CDAT.merge or CDAT.aggregate first.")
      )
    }
    const own = parameters.of(one)
    const unknown = [...own.keys()].find((name) => !operation.parameters.includes(name))
    if (unknown !== undefined) {
      return yield* refused(`it has no parameter ${unknown}. It has ${operation.parameters.join(", ")}.`)
    }
    const given = new Map([...[...defaults].filter(([name]) => operation.parameters.includes(name)), ...own])
    return {
      workflow: one,
      operation,
      operands: one.operands,
      parameters: given,
      grid: yield* gridOf(one),
      method: yield* Either.mapLeft(methodOf(operation, given), within(one, "operation"))
    }
  })
}

/** The grid to put the result on. */
const gridOf = (one: Any): Either.Either<Option.Option<Horizontal>, Ows.OwsException> =>
  Option.match(one.gridder, {
    onNone: () => Either.right(Option.none()),
    onSome: ({ grid, method }) =>
      method !== "linear"
        ? Either.left(
          invalid("operation", `${labelOf(one)}: this node regrids by the method linear, and not by ${method}.`)
        )
        : typeof grid !== "string"
        ? Either.left(
          invalid(
            "operation",
            `${labelOf(one)}: this node takes no grid from a domain or a variable. Name one such as uniform~2x2.`
          )
        )
        : Either.mapBoth(parse(grid), { onLeft: within(one, "operation"), onRight: Option.some })
  })

/** What is wrong with a workflow itself; it stands for what is wrong with what it holds. */
const checkWorkflow = (root: Any): Either.Either<void, Ows.OwsException> => {
  if (root.identifier !== workflowName) return Either.void
  if (root.operands.length === 0) {
    return Either.left(
      refuse("MissingParameterValue", "operation", `${labelOf(root)} holds nothing. Give it an input.`)
    )
  }
  if (Option.isSome(root.gridder)) {
    return Either.left(
      invalid("operation", `${labelOf(root)}: a gridder is that of one result. Give it to an operation that it holds.`)
    )
  }
  const unknown = root.parameters.find(({ name }) => !knownParameters.has(name))
  return unknown === undefined
    ? Either.void
    : Either.left(
      invalid(
        "operation",
        `${labelOf(root)}: no operation has a parameter ${unknown.name}. They have ${[...knownParameters].join(", ")}.`
      )
    )
}

const onGrid = (value: Value, grid: Option.Option<Horizontal>): Either.Either<Value, ComputeError> =>
  Option.match(grid, {
    onNone: () => Either.right(value),
    onSome: (grid) =>
      Either.map(traverse(value.fields, (field) => regrid(field, grid)), (fields) => ({ ...value, fields }))
  })

/** Computes what no other operation takes, or what a workflow holds: each operation once, after its inputs. */
export const evaluate = <R>(
  roots: ReadonlyArray<Any>,
  node: Node<R>
): Effect.Effect<ReadonlyArray<Result>, Ows.OwsException, R> =>
  Effect.gen(function*() {
    yield* Effect.forEach(roots, checkWorkflow, { discard: true })
    const runs = yield* Effect.forEach(runsOf(roots), (run) =>
      Effect.map(
        Effect.forEach(ordered(run.outputs.filter(isOperation)), stepOf(run.parameters)),
        (steps) => ({ ...run, steps })
      ))
    const isRead = (operand: Workflow.Operand) => Variable.isVariable(operand)
    const total = runs.reduce(
      (all, { outputs, steps }) =>
        steps.reduce(
          (sum, { operands }) => sum + 1 + operands.filter(isRead).length,
          all + outputs.filter(isRead).length
        ),
      0
    )
    let done = 0
    const say = (message: string) => Effect.suspend(() => node.say(done++ / total, message))

    const results = yield* Effect.forEach(runs, ({ domain: held, outputs, steps }) =>
      Effect.gen(function*() {
        const values = new Map<Any, Value>()
        const valueOf = (
          operand: Workflow.Operand,
          options: { readonly domain: Option.Option<Domain.Domain>; readonly method: Cdat.Method | undefined }
        ) => {
          const value = isOperation(operand) ? values.get(operand) : undefined
          if (value !== undefined) return Effect.succeed(value)
          return isOperation(operand)
            ? Effect.dieMessage(`${labelOf(operand)} is computed before it is used`)
            : say(`reading ${operand.uri.split("/").at(-1) ?? operand.uri}`).pipe(
              Effect.zipRight(node.read(operand, options)),
              Effect.map((field) => ungrouped([field]))
            )
        }
        const cutBy = (step: Step, domain: Option.Option<Domain.Domain>) => (value: Value) =>
          Option.match(domain, {
            onNone: () => Either.right(value),
            onSome: (domain) =>
              Option.isSome(value.groups)
                ? Either.left(
                  invalid("domain", `${labelOf(step.workflow)}: groups have no dimensions. Cut before they are made.`)
                )
                : Either.mapBoth(cut(value.fields, domain, step.method), {
                  onLeft: within(step.workflow, "domain"),
                  onRight: ungrouped
                })
          })

        for (const step of steps) {
          const { method, operands, operation, workflow } = step
          const nothing = { domain: Option.none(), method }
          // What an operation gave was cut when its inputs were read.
          const ofVariables = { domain: Option.orElse(workflow.domain, () => held), method }
          const inputs = yield* Effect.forEach(operands, (operand) =>
            operation.joinsFirst
              ? valueOf(operand, nothing)
              : isOperation(operand)
              ? Effect.flatMap(valueOf(operand, nothing), cutBy(step, workflow.domain))
              : valueOf(operand, ofVariables))
          yield* say(`computing ${workflow.identifier}`)
          const computed = yield* Either.mapLeft(
            operation.compute(inputs, step.parameters),
            within(workflow, "operation")
          )
          const part = operation.joinsFirst
            ? yield* cutBy(step, operands.some(isOperation) ? workflow.domain : ofVariables.domain)(computed)
            : computed
          values.set(workflow, yield* Either.mapLeft(onGrid(part, step.grid), within(workflow, "operation")))
        }
        return yield* Effect.forEach(outputs, (operand) =>
          Effect.gen(function*() {
            const value = yield* valueOf(operand, { domain: held, method: undefined })
            const fields = yield* Either.mapLeft(settle(value), ({ message }) => invalid("operation", message))
            return { identifier: isOperation(operand) ? operand.identifier : workflowName, id: operand.id, fields }
          }))
      }))
    return results.flat()
  })
