import * as Arr from "effect/Array"
import * as Equal from "effect/Equal"
import type * as Equivalence from "effect/Equivalence"
import * as Rec from "effect/Record"
import { structuralRegion } from "effect/Utils"

// Effect compares lists and records by reference. Ours are compared by their content.

export const lists: Equivalence.Equivalence<ReadonlyArray<unknown>> = Arr.getEquivalence(Equal.equivalence())

export const records: Equivalence.Equivalence<Readonly<Record<string, unknown>>> = Rec.getEquivalence(
  Equal.equivalence()
)

/** Compares nested lists and records by their content, at any depth. */
export const deep: Equivalence.Equivalence<unknown> = (left, right) => structuralRegion(() => Equal.equals(left, right))
