/**
 * The parameters of an operation, besides its inputs: axes, a constant, a condition.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Schema from "effect/Schema"
import { InvalidValue } from "./CwtError.ts"
import * as equal from "./internal/equal.ts"
import { unchecked } from "./internal/made.ts"
import { short } from "./internal/short.ts"

/**
 * One value of a parameter.
 *
 * @since 0.1.0
 * @category models
 */
export const Value = Schema.Union(Schema.String, Schema.Number, Schema.Boolean)

/**
 * One value of a parameter.
 *
 * @since 0.1.0
 * @category models
 */
export type Value = typeof Value.Type

/**
 * A parameter and its values, in order.
 *
 * @since 0.1.0
 * @category models
 */
export class Parameter extends Schema.Class<Parameter>("@effect-wps/cwt/Parameter")({
  name: Schema.String,
  values: Schema.Array(Value)
}) {
  [Equal.symbol](that: unknown): boolean {
    return isParameter(that) && this.name === that.name && equal.lists(this.values, that.values)
  }

  [Hash.symbol](): number {
    return Hash.cached(this, Hash.combine(Hash.string(this.name))(Hash.array(this.values)))
  }
}

/**
 * Makes a parameter.
 *
 * @example
 * ```ts
 * import { Parameter } from "@effect-wps/cwt"
 *
 * const axes = Parameter.make("axes", "lat", "lon")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (name: string, ...values: ReadonlyArray<Value>): Parameter =>
  new Parameter({ name, values }, unchecked)

/**
 * Whether a value is a parameter.
 *
 * @since 0.1.0
 * @category guards
 */
export const isParameter: (value: unknown) => value is Parameter = Schema.is(Schema.typeSchema(Parameter))

/** The server is written in Python, whose `float` reads `nan` and `inf`. JSON cannot express these numbers. */
const write = (value: Value): string =>
  typeof value !== "number" || Number.isFinite(value)
    ? String(value)
    : Number.isNaN(value)
    ? "nan"
    : value > 0
    ? "inf"
    : "-inf"

/** The other fields of an operation in JSON. */
const reserved: ReadonlyArray<string> = ["name", "result", "input", "domain", "gridder"]

const isValue = Schema.is(Value)

/**
 * The values as one text, separated by bars. Fails if a value contains a bar, or if the name means something else in
 * JSON.
 *
 * @example
 * ```ts
 * import { Parameter } from "@effect-wps/cwt"
 *
 * const text = Parameter.format(Parameter.make("bins", "t", "month", "ave", 2, Infinity)) // t|month|ave|2|inf
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (self: Parameter): Either.Either<string, InvalidValue> => {
  const refused = (reason: string): Either.Either<string, InvalidValue> =>
    Either.left(new InvalidValue({ input: "operation", subject: `parameter ${short(self.name)}`, reason }))
  if (reserved.includes(self.name) || self.name === "") {
    return refused(`no parameter can be called "${self.name}"; ${reserved.join(", ")} mean something else there`)
  }
  const wrong = self.values.filter((value) => !isValue(value) || write(value).includes("|"))
  return wrong.length === 0
    ? Either.right(self.values.map(write).join("|"))
    : refused(
      isValue(wrong[0])
        ? `the value "${short(write(wrong[0]))}" has a bar, which parts values; give its parts as values of their own`
        : "a value is a text, a number, true or false"
    )
}

/**
 * Parses the values from one text. All of them become strings.
 *
 * @example
 * ```ts
 * import { Parameter } from "@effect-wps/cwt"
 *
 * const axes = Parameter.parse("axes", "lat|lon")
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const parse = (name: string, text: string): Parameter => make(name, ...text.split("|"))
