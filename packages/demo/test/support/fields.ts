import type { Field } from "@effect-wps/demo"
import { deepStrictEqual } from "@effect/vitest/utils"

export const axis = (name: string, values: ReadonlyArray<number>, attributes: Field.Attributes = {}): Field.Axis => ({
  name,
  values: Float64Array.from(values),
  attributes
})

/** As `deepStrictEqual`, but of many values that differ it shows one: the difference of 60 000 takes minutes to print. */
export const sameField = (actual: Field.Field, expected: Field.Field): void => {
  const described = ({ values, ...rest }: Field.Field) => ({
    ...rest,
    type: values.constructor.name,
    length: values.length
  })
  deepStrictEqual(described(actual), described(expected))
  const at = actual.values.findIndex((value, index) => !Object.is(value, expected.values[index]))
  deepStrictEqual([at, actual.values[at]], [-1, undefined], `should be ${String(expected.values[at])}`)
}
