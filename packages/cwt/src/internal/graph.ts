import * as Predicate from "effect/Predicate"
import * as Domain from "../Domain.ts"
import { isGridder } from "../Gridder.ts"
import { isVariable, type Variable } from "../Variable.ts"
import type { Workflow } from "../Workflow.ts"

/** Any operation of a workflow. */
export type Any = Workflow<unknown>

export const typeId = "~@effect-wps/cwt/Workflow"

export const isWorkflow = (value: unknown): value is Any => Predicate.hasProperty(value, typeId)

/** An operation and everything below it, each once, in the order in which it is sent. */
export interface Graph {
  readonly operations: ReadonlySet<Any>
  readonly variables: ReadonlySet<Variable>
  readonly domains: ReadonlySet<Domain.Domain>
}

/**
 * Starts with the root and goes depth first, into the last input first, as ESGF's own client does. It uses a stack
 * instead of recursion, because workflows that programs build may be long chains.
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

interface Step<A> {
  readonly one: A
  readonly rest: Iterator<A>
  /**
   * From this index of the path up to this step, no step is in a reported cycle. If this step is in one itself, it is
   * the next index.
   */
  clean: number
}

/**
 * Visits depth first. Each item comes once, after everything below it. Cycles are reported, but not one that shares an
 * item with an earlier one: there are as many of those as there are paths through them.
 */
export const belowFirst = <A>(
  roots: Iterable<A>,
  below: (one: A) => Iterable<A>,
  onCycle: (cycle: ReadonlyArray<A>) => void
): ReadonlySet<A> => {
  const done = new Set<A>()
  const path: Array<Step<A>> = []
  const places = new Map<A, number>()
  const enter = (one: A) => {
    places.set(one, path.length)
    path.push({ one, rest: below(one)[Symbol.iterator](), clean: path.at(-1)?.clean ?? 0 })
  }
  for (const root of roots) {
    if (!done.has(root)) enter(root)
    for (let top = path.at(-1); top !== undefined; top = path.at(-1)) {
      const next = top.rest.next()
      if (next.done === true) {
        done.add(top.one)
        places.delete(top.one)
        path.pop()
        continue
      }
      if (done.has(next.value)) continue
      const place = places.get(next.value)
      if (place === undefined) enter(next.value)
      else if (top.clean <= place) {
        const cycle = path.slice(place)
        cycle.forEach((step, index) => {
          step.clean = place + index + 1
        })
        onCycle(cycle.map(({ one }) => one))
      }
    }
  }
  return done
}
