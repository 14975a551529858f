import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import type { AllowedValues, Range } from "../ProcessDescription.ts"

export const list = (values: ReadonlyArray<string>): string =>
  values.length > 12 ? `${values.slice(0, 12).join(", ")}, …` : values.join(", ")

/** As XML Schema writes it. */
const numberOf = (text: string): number => Number(text.replace("INF", "Infinity"))

/** Numbers are compared as numbers, moments as moments, the rest as text; nothing where the two cannot be compared. */
const compare = (one: string, other: string): Option.Option<number> => {
  const numbers = [numberOf(one), numberOf(other)] as const
  if (one.trim() !== "" && other.trim() !== "" && numbers.every((value) => !Number.isNaN(value))) {
    return Option.some(numbers[0] - numbers[1])
  }
  return Option.zipWith(DateTime.make(one), DateTime.make(other), (left, right) => left.epochMillis - right.epochMillis)
}

const within = (value: string, range: Range): boolean => {
  const below = Option.flatMap(range.minimum, (minimum) => compare(value, minimum))
  const above = Option.flatMap(range.maximum, (maximum) => compare(value, maximum))
  const openBelow = range.closure === "open" || range.closure === "open-closed"
  const openAbove = range.closure === "open" || range.closure === "closed-open"
  return Option.getOrElse(Option.map(below, (sign) => openBelow ? sign > 0 : sign >= 0), () => true) &&
    Option.getOrElse(Option.map(above, (sign) => openAbove ? sign < 0 : sign <= 0), () => true)
}

const showRange = ({ closure, maximum, minimum }: Range): string => {
  const left = closure === "open" || closure === "open-closed" ? "(" : "["
  const right = closure === "open" || closure === "closed-open" ? ")" : "]"
  return `${left}${Option.getOrElse(minimum, () => "…")}, ${Option.getOrElse(maximum, () => "…")}${right}`
}

const isAllowed = (value: string, allowed: AllowedValues): boolean =>
  allowed._tag !== "AllowedValues" || (allowed.values.length === 0 && allowed.ranges.length === 0) ||
  allowed.values.some((one) => one === value || Option.contains(compare(one, value), 0)) ||
  allowed.ranges.some((range) => within(value, range))

const showAllowed = (allowed: AllowedValues): string =>
  allowed._tag === "AllowedValues" ? list([...allowed.values, ...allowed.ranges.map(showRange)]) : "anything"

/** Why a literal's text is none of those that are allowed. */
export const allowedFault = (value: string, allowed: AllowedValues): Option.Option<string> =>
  isAllowed(value, allowed)
    ? Option.none()
    : Option.some(`"${value.slice(0, 80)}" is not allowed; allowed is ${showAllowed(allowed)}`)
