import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * An object of JSON as it is. `Schema.Record` would copy it, and lose a field that is called `__proto__`: what it holds
 * would stand in the prototype of the copy, where it passes for fields that nobody gave.
 */
export const Item = Schema.declare(
  (value: unknown): value is { readonly [name: string]: unknown } => Predicate.isReadonlyRecord(value),
  {
    identifier: "an object",
    jsonSchema: { type: "object" },
    arbitrary: () => (fc) => fc.dictionary(fc.string(), fc.jsonValue())
  }
)
