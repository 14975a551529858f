import { Either, Option } from "effect"
import { ComputeError } from "../ComputeError.ts"
import { parseNumber } from "./parseNumber.ts"

const comparisons = {
  ">": (left: number, right: number) => left > right,
  ">=": (left: number, right: number) => left >= right,
  "<": (left: number, right: number) => left < right,
  "<=": (left: number, right: number) => left <= right,
  "==": (left: number, right: number) => left === right,
  "!=": (left: number, right: number) => left !== right
} as const

const isComparison = (text: string): text is keyof typeof comparisons => Object.hasOwn(comparisons, text)

export interface Condition {
  /** A variable or a dimension. */
  readonly left: string
  readonly holds: (left: number, right: number) => boolean
  readonly right: number | string
}

export const parse = (text: string): Either.Either<Condition, ComputeError> => {
  const [, left = "", comparison = "", right = ""] = /^([^<>=!]+)([<>=!]=|[<>])([^<>=!]+)$/.exec(text) ?? []
  return isComparison(comparison) && left.trim() !== "" && right.trim() !== ""
    ? Either.right({
      left: left.trim(),
      holds: comparisons[comparison],
      right: Option.getOrElse(parseNumber(right), () => right.trim())
    })
    : Either.left(
      new ComputeError({
        reason: "invalid-parameter",
        subject: "cond",
        detail: `"${text}" is no condition. Compare a variable or a dimension with a number or a variable, by one of ` +
          `${Object.keys(comparisons).join(" ")}: "tas>273.15", "lat<=0".`
      })
    )
}
