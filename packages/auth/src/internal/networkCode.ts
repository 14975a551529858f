import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"

/** A code such as `ECONNREFUSED`, and no text. */
const isCode = (value: unknown): value is string => Predicate.isString(value) && /^[A-Z][A-Z0-9_]{0,63}$/.test(value)

/** The code that the network or TLS gave, from an error or from what caused it. */
export const networkCode = (error: unknown, depth = 5): Option.Option<string> => {
  if (!Predicate.isObject(error) || depth === 0) return Option.none()
  return "code" in error && isCode(error.code)
    ? Option.some(error.code)
    : networkCode("cause" in error ? error.cause : undefined, depth - 1)
}
