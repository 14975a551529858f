import * as Arr from "effect/Array"
import * as Equal from "effect/Equal"
import type * as Equivalence from "effect/Equivalence"
import * as Rec from "effect/Record"
import { structuralRegion } from "effect/Utils"

// Effect tells lists and records apart by reference. What is in them says whether two of ours are the same.

export const lists: Equivalence.Equivalence<ReadonlyArray<unknown>> = Arr.getEquivalence(Equal.equivalence())

export const records: Equivalence.Equivalence<Readonly<Record<string, unknown>>> = Rec.getEquivalence(
  Equal.equivalence()
)

/** The same of lists and records in one another, however deep. */
export const deep: Equivalence.Equivalence<unknown> = (left, right) => structuralRegion(() => Equal.equals(left, right))
