import * as BigDecimal from "effect/BigDecimal"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import type { AllowedValues, Range } from "../ProcessDescription.ts"
import { double, integers, isLexical } from "./lexical.ts"

export const list = (values: ReadonlyArray<string>): string =>
  values.length > 12 ? `${values.slice(0, 12).join(", ")}, …` : values.join(", ")

/** The start of a text. It does not cut a surrogate pair. */
export const start = (text: string): string => text.slice(0, 80).replace(/[\ud800-\udbff]$/, "")

/** Maps texts of a type to values, so that different texts can be equal, or lie in a range. */
interface Scale {
  readonly read: (text: string) => Option.Option<Place>
  /** If true, a text without a value on this scale is in no range. If false, that is not known. */
  readonly isTotal: boolean
}

/** Infinity cannot be a BigDecimal, so it is a number. */
type Place = BigDecimal.BigDecimal | number

const toNumber = (place: Place): number => typeof place === "number" ? place : BigDecimal.unsafeToNumber(place)

const order: Order.Order<Place> = (one, other) =>
  typeof one === "number" || typeof other === "number"
    ? Order.number(toNumber(one), toNumber(other))
    : BigDecimal.Order(one, other)

const keyOf = (place: Place): string =>
  typeof place === "number" ? String(place) : BigDecimal.format(BigDecimal.normalize(place))

/** Exact, except for numbers with an absurdly large exponent. */
const numbers: Scale = {
  isTotal: true,
  read: (source) => {
    const text = source.trim()
    if (text.length > 400 || !double.test(text) || text === "NaN") return Option.none()
    const value = Number(text.replace("INF", "Infinity"))
    return Number.isFinite(value) && !/e[+-]?\d{4,}$/i.test(text)
      ? BigDecimal.fromString(text.replace(/^\+/, ""))
      : Option.some(value)
  }
}

const zone = /(?:Z|[+-]\d\d:\d\d)$/

/** A time without a zone is taken as UTC. */
const moments = (type: string): Scale => ({
  isTotal: false,
  read: (source) => {
    const text = source.trim()
    const isDay = isLexical(text, "date")
    if (!isLexical(text, type) && !(type === "dateTime" && isDay)) return Option.none()
    const offset = zone.exec(text)?.[0] ?? ""
    const local = offset === "" ? text : text.slice(0, -offset.length)
    const whole = isDay ? `${local}T00:00:00` : type === "time" ? `1970-01-01T${local}` : local
    return Option.map(DateTime.make(whole + (offset === "" ? "Z" : offset)), ({ epochMillis }) => epochMillis)
  }
})

const truths: Scale = {
  isTotal: true,
  read: (text) =>
    isLexical(text.trim(), "boolean") ? Option.some(/^(true|1)$/i.test(text.trim()) ? 1 : 0) : Option.none()
}

const scales: ReadonlyMap<string, Scale> = new Map([
  ...[...integers.keys(), "decimal", "double", "float"].map((type) => [type, numbers] as const),
  ...["dateTime", "date", "time"].map((type) => [type, moments(type)] as const),
  ["boolean", truths]
])

/** Guesses the scale if the type is not known: numbers, date-times or dates, if all texts are that. */
const guessed = (texts: ReadonlyArray<string>): Option.Option<Scale> =>
  texts.length === 0 ? Option.none() : Option.map(
    Option.fromNullable(
      [numbers, moments("dateTime"), moments("date")].find(({ read }) =>
        texts.every((text) => Option.isSome(read(text)))
      )
    ),
    ({ read }) => ({ read, isTotal: false })
  )

const bounds = ({ maximum, minimum }: Range): ReadonlyArray<string> => [
  ...Option.toArray(minimum),
  ...Option.toArray(maximum)
]

const within = ({ read }: Scale, { closure, maximum, minimum }: Range): (place: Place) => boolean => {
  const least = Option.flatMap(minimum, read)
  const most = Option.flatMap(maximum, read)
  const openBelow = closure === "open" || closure === "open-closed"
  const openAbove = closure === "open" || closure === "closed-open"
  const isAbove = openBelow ? Order.greaterThan(order) : Order.greaterThanOrEqualTo(order)
  const isBelow = openAbove ? Order.lessThan(order) : Order.lessThanOrEqualTo(order)
  return (place) =>
    Option.match(least, { onNone: () => true, onSome: (bound) => isAbove(place, bound) }) &&
    Option.match(most, { onNone: () => true, onSome: (bound) => isBelow(place, bound) })
}

const showRange = ({ closure, maximum, minimum }: Range): string => {
  const left = closure === "open" || closure === "open-closed" ? "(" : "["
  const right = closure === "open" || closure === "closed-open" ? ")" : "]"
  return `${left}${Option.getOrElse(minimum, () => "…")}, ${Option.getOrElse(maximum, () => "…")}${right}`
}

/**
 * Says why a literal's text is not allowed. Two texts are equal if they have the same value in the type. If a text
 * cannot be compared with a range, the check is left to the server.
 */
export const allowedFault = (
  allowed: AllowedValues,
  type: Option.Option<string>
): (text: string) => Option.Option<string> => {
  if (allowed._tag !== "AllowedValues" || allowed.values.length + allowed.ranges.length === 0) {
    return () => Option.none()
  }
  const { ranges, values } = allowed
  const ofType = Option.flatMap(type, (name) => Option.fromNullable(scales.get(name)))
  const ofValues = Option.isSome(type) ? ofType : guessed(values)
  const ofRanges = Option.orElse(ofType, () => guessed(ranges.flatMap(bounds)))
  const texts = new Set(values)
  const keys = new Set(
    values.flatMap((text) => Option.toArray(Option.flatMap(ofValues, ({ read }) => Option.map(read(text), keyOf))))
  )
  const isValue = (text: string) =>
    texts.has(text) ||
    Option.exists(Option.flatMap(ofValues, ({ read }) => read(text)), (place) => keys.has(keyOf(place)))
  const inRanges = Option.match(ofRanges, {
    onNone: () => () => ranges.length > 0,
    onSome: (scale) => {
      const all = ranges.map((range) => within(scale, range))
      return (text: string) =>
        Option.match(scale.read(text), {
          onNone: () => ranges.length > 0 && !scale.isTotal,
          onSome: (place) => all.some((isWithin) => isWithin(place))
        })
    }
  })
  const shown = list([...values, ...ranges.map(showRange)])
  return (text) =>
    isValue(text) || inRanges(text)
      ? Option.none()
      : Option.some(`"${start(text)}" is not allowed; allowed is ${shown}`)
}
