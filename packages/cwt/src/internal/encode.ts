import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import { CyclicWorkflow, type Fault, InvalidValue, InvalidWorkflow, NameClash, UnknownReference } from "../CwtError.ts"
import type { DataInputs } from "../DataInputs.ts"
import * as Domain from "../Domain.ts"
import * as Gridder from "../Gridder.ts"
import * as Mask from "../Mask.ts"
import * as Parameter from "../Parameter.ts"
import * as Variable from "../Variable.ts"
import * as equal from "./equal.ts"
import { explain } from "./explain.ts"
import { type Any, belowFirst, collect, isWorkflow } from "./graph.ts"
import { draw } from "./ids.ts"
import { unchecked } from "./made.ts"
import { short } from "./short.ts"

type Input = keyof DataInputs
type Item = Readonly<Record<string, unknown>>

const writeDomain = ParseResult.encodeUnknownEither(Domain.FromJson)
const writeVariable = ParseResult.encodeUnknownEither(Variable.FromJson)
const writeGridder = ParseResult.encodeUnknownEither(Gridder.FromJson)

/**
 * Encodes a workflow. It generates missing names here and not when a thing is made. So a program makes a variable
 * without an Effect, and a test with a seeded Random sees the same names every time. An object has one name, so a
 * variable or operation that is used twice is sent once.
 */
export const encode = (root: Any): Effect.Effect<DataInputs, InvalidWorkflow> =>
  Effect.gen(function*() {
    const { domains, operations, variables } = collect(root)
    const names = new Map<object, string>()
    const name = (thing: { readonly id: Option.Option<string> }) =>
      Effect.map(Option.match(thing.id, { onNone: () => draw, onSome: Effect.succeed }), (drawn) => {
        names.set(thing, drawn)
      })
    yield* Effect.forEach([...operations, ...variables, ...domains], name, { discard: true })
    yield* Effect.forEach([...domains].flatMap(({ mask }) => Option.toArray(Option.filter(mask, Mask.isMask))), name, {
      discard: true
    })

    const faults: Array<Fault> = []
    // Our constructors cannot make a cycle, but code that changes an operation's list can.
    belowFirst([root], ({ operands }) => operands.filter(isWorkflow), (cycle) => {
      const path = cycle.map(({ id, identifier }) => Option.getOrElse(id, () => identifier))
      faults.push(new CyclicWorkflow({ path: [...path, ...path.slice(0, 1)] }))
    })
    const idOf = (thing: object): string => names.get(thing) ?? ""
    const written = (
      input: Input,
      subject: string,
      item: Either.Either<Item, ParseResult.ParseIssue>
    ): ReadonlyArray<Item> => {
      if (Either.isRight(item)) return [item.right]
      faults.push(new InvalidValue({ input, subject, reason: explain(item.left) }))
      return []
    }

    const domainItems = [...domains].flatMap((domain) => {
      const named = new Domain.Domain({
        dimensions: domain.dimensions,
        mask: Option.map(domain.mask, (mask) =>
          Mask.isMask(mask)
            ? Mask.make({ uri: mask.uri, name: mask.name, operation: mask.operation, id: idOf(mask) })
            : mask),
        id: Option.some(idOf(domain))
      }, unchecked)
      return written("domain", `domain ${idOf(domain)}`, writeDomain(named)).map((item) => [domain, item] as const)
    })
    const domainNames = new Set([...domains].map(idOf))

    const variableItems = [...variables].flatMap((variable) => {
      const subject = `variable ${variable.name}`
      for (const domain of variable.domains) {
        if (typeof domain !== "string" && !Domain.isDomain(domain)) {
          faults.push(
            new InvalidValue({
              input: "variable",
              subject,
              reason: `a domain is ${described(domain)}; make it with Domain.make`
            })
          )
        } else if (typeof domain === "string" && !domainNames.has(domain)) {
          faults.push(new UnknownReference({ input: "variable", subject, name: domain, wanted: "domain" }))
        }
      }
      const named = new Variable.Variable({
        uri: variable.uri,
        name: variable.name,
        id: Option.some(idOf(variable)),
        // Faulty domains are reported already.
        domains: variable.domains.map((domain) => typeof domain === "string" ? domain : idOf(domain)).filter((name) =>
          domainNames.has(name) && name !== "" && !name.includes("|")
        ),
        mimeType: variable.mimeType
      }, unchecked)
      return written("variable", subject, writeVariable(named)).map((item) => [variable, item] as const)
    })
    const variableNames = new Set([...variables].map(idOf))

    const operationItems = [...operations].map((operation) => {
      const subject = `operation ${operation.identifier}`
      const refused = (reason: string) => {
        faults.push(new InvalidValue({ input: "operation", subject, reason }))
      }
      if (operation.identifier === "") refused("it names no process")
      if (idOf(operation) === "") refused("its id is empty; give one, or none")
      if (operation.operands.length < operation.minimumInputs) {
        const count = operation.operands.length
        refused(`it has ${count} ${count === 1 ? "input" : "inputs"} and takes at least ${operation.minimumInputs}`)
      }
      const input = operation.operands.flatMap((operand: unknown) => {
        if (Variable.isVariable(operand) || isWorkflow(operand)) return [idOf(operand)]
        refused(`an input is ${described(operand)}, where a variable or an operation is wanted`)
        return []
      })
      if (Option.exists(operation.domain, (domain: unknown) => !Domain.isDomain(domain))) {
        refused("its domain is none; make it with Domain.make")
      }
      const parameters = new Map<string, string>()
      for (const parameter of operation.parameters) {
        if (!Parameter.isParameter(parameter)) {
          refused(`a parameter is ${described(parameter)}; make it with Parameter.make`)
          continue
        }
        if (parameters.has(parameter.name)) refused(`it has two parameters ${short(parameter.name)}`)
        const text = Parameter.format(parameter)
        if (Either.isRight(text)) parameters.set(parameter.name, text.right)
        else refused(text.left.message)
      }
      const gridder = Option.toArray(operation.gridder).flatMap((gridder) => {
        if (!Gridder.isGridder(gridder)) {
          refused(`its gridder is ${described(gridder)}; make it with Gridder.make`)
          return []
        }
        const { grid } = gridder
        // The server looks up the name of a grid among both variables and domains.
        if (typeof grid === "string") {
          if (domainNames.has(grid) && variableNames.has(grid)) {
            faults.push(new NameClash({ input: "domain", name: grid }))
          }
          return written("operation", subject, writeGridder(gridder))
        }
        if ((Variable.isVariable(grid) ? domainNames : variableNames).has(idOf(grid))) {
          faults.push(new NameClash({ input: "domain", name: idOf(grid) }))
        }
        const named = Gridder.make({ tool: gridder.tool, method: gridder.method, grid: idOf(grid) })
        return written("operation", subject, writeGridder(named))
      })
      return [operation, {
        name: operation.identifier,
        result: idOf(operation),
        ...Option.match(operation.domain, { onNone: () => ({}), onSome: (domain) => ({ domain: idOf(domain) }) }),
        input,
        ...(gridder[0] === undefined ? {} : { gridder: gridder[0] }),
        ...Object.fromEntries(parameters)
      }] as const
    })

    const named = { domain: new Map<string, Item>(), operand: new Map<string, Item>() }
    /** Things with the same name must be equal, and are sent once. */
    const unique = (
      input: Input,
      taken: Map<string, Item>,
      items: ReadonlyArray<readonly [thing: object, item: Item]>
    ): ReadonlyArray<Item> =>
      items.filter(([thing, item]) => {
        const other = taken.get(idOf(thing))
        if (other === undefined) taken.set(idOf(thing), item)
        else if (!equal.deep(other, item)) faults.push(new NameClash({ input, name: idOf(thing) }))
        return other === undefined
      }).map(([, item]) => item)

    const inputs: DataInputs = {
      variable: unique("variable", named.operand, variableItems),
      domain: unique("domain", named.domain, domainItems),
      operation: unique("operation", named.operand, operationItems)
    }
    return Arr.isNonEmptyReadonlyArray(faults) ? yield* new InvalidWorkflow({ faults }) : inputs
  })

const described = (value: unknown): string =>
  value === null ? "null" : Array.isArray(value) ? "a list" : `of the type ${typeof value}`
