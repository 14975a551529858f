import { deepStrictEqual } from "@effect/vitest/utils"
import { Predicate } from "effect"

/** That a value has these properties, whatever else it has. Unlike chai's, it tells an empty Option from a full one. */
export const includes = (actual: unknown, expected: Readonly<Record<string, unknown>>): void =>
  deepStrictEqual(
    Object.fromEntries(
      Object.keys(expected).map((name) => [name, Predicate.hasProperty(actual, name) ? actual[name] : undefined])
    ),
    expected
  )
