import * as Either from "effect/Either"

const space = /\s/

/**
 * The end of the JSON array that begins at `from`. Brackets in strings do not count. Without an end, the text's length.
 */
const endOfArray = (text: string, from: number): number => {
  let depth = 0
  let inString = false
  for (let at = from; at < text.length; at++) {
    const character = text[at]
    if (inString) {
      if (character === "\\") at++
      else if (character === "\"") inString = false
    } else if (character === "\"") inString = true
    else if (character === "[" || character === "{") depth++
    else if (character === "]" || character === "}") {
      depth--
      if (depth === 0) return at + 1
    }
  }
  return text.length
}

/** Splits `[name=[…];name=[…]]` into its parts. It only counts brackets. A JSON parser checks the parts later. */
export const tokenize = (
  source: string
): Either.Either<ReadonlyArray<readonly [name: string, json: string]>, string> => {
  const trimmed = source.trim()
  const wrapped = trimmed.startsWith("[")
  if (wrapped && !trimmed.endsWith("]")) return Either.left("the last bracket is missing")
  const text = wrapped ? trimmed.slice(1, -1) : trimmed
  const parts: Array<readonly [string, string]> = []
  let at = 0
  const skip = () => {
    while (at < text.length && space.test(text[at] ?? "")) at++
  }
  for (skip(); at < text.length; skip()) {
    const equals = text.indexOf("=", at)
    if (equals < 0) return Either.left(`there is no = after "${text.slice(at, at + 50)}"`)
    const name = text.slice(at, equals).trim()
    at = equals + 1
    skip()
    if (text[at] !== "[") return Either.left(`"${name.slice(0, 50)}" is no array`)
    const end = endOfArray(text, at)
    parts.push([name, text.slice(at, end)])
    at = end
    skip()
    // EDAS separates them by commas.
    if (at < text.length && text[at] !== ";" && text[at] !== ",") {
      return Either.left(`a ; is missing after ${name.slice(0, 50)}`)
    }
    at++
  }
  return Either.right(parts)
}
