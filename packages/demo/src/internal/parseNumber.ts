import { Option } from "effect"

const decimal = /^[+-]?(?:\d+\.?\d*|\.\d+)(?:e[+-]?\d+)?$/i

const infinities: ReadonlyMap<string, number> = new Map([
  ["inf", Infinity],
  ["+inf", Infinity],
  ["-inf", -Infinity]
])

/** A number as Python's `float` reads it, which has no hexadecimal ones and writes what is infinite as `inf`. */
export const parseNumber = (text: string): Option.Option<number> =>
  Option.fromNullable(infinities.get(text.trim().toLowerCase()) ?? (decimal.test(text.trim()) ? Number(text) : null))
