import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"

/**
 * A JSON object as it is. `Schema.Record` would copy it, and lose a field called `__proto__`: its value would become
 * the prototype of the copy, where its fields pass for fields of the object.
 */
export const Item = Schema.declare(
  (value: unknown): value is { readonly [name: string]: unknown } => Predicate.isReadonlyRecord(value),
  {
    identifier: "an object",
    jsonSchema: { type: "object" },
    arbitrary: () => (fc) => fc.dictionary(fc.string(), fc.jsonValue())
  }
)
