import * as Predicate from "effect/Predicate"
import * as Domain from "../Domain.ts"
import { isGridder } from "../Gridder.ts"
import { isVariable, type Variable } from "../Variable.ts"
import type { Workflow } from "../Workflow.ts"

/** Any operation of a workflow. */
export type Any = Workflow<unknown>

export const typeId = "~@effect-wps/cwt/Workflow"

export const isWorkflow = (value: unknown): value is Any => Predicate.hasProperty(value, typeId)

/** Everything below an operation, each thing once, in the order in which it is sent. */
export interface Graph {
  readonly operations: ReadonlySet<Any>
  readonly variables: ReadonlySet<Variable>
  readonly domains: ReadonlySet<Domain.Domain>
}

/**
 * The root first, then depth first, of several inputs the last one first: the order of ESGF's own client. A stack and no
 * recursion, because workflows that programs build may be long chains.
 */
export const collect = (root: Any): Graph => {
  const operations = new Set<Any>()
  const variables = new Set<Variable>()
  const domains = new Set<Domain.Domain>()
  const stack = [root]
  for (let next = stack.pop(); next !== undefined; next = stack.pop()) {
    if (operations.has(next)) continue
    operations.add(next)
    for (const operand of next.operands) {
      if (isVariable(operand)) variables.add(operand)
      else if (isWorkflow(operand)) stack.push(operand)
    }
  }
  const add = (thing: unknown) => {
    if (isVariable(thing)) variables.add(thing)
    else if (Domain.isDomain(thing)) domains.add(thing)
  }
  for (const { domain } of operations) if (domain._tag === "Some") add(domain.value)
  for (const { gridder } of operations) {
    if (gridder._tag === "Some" && isGridder(gridder.value)) add(gridder.value.grid)
  }
  for (const variable of variables) variable.domains.forEach(add)
  return { operations, variables, domains }
}
