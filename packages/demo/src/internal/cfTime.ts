import { Either, Option } from "effect"

const dayLength = 86_400_000

const unitMilliseconds: ReadonlyMap<string, number> = new Map([
  ...["days", "day", "d"].map((name) => [name, dayLength] as const),
  ...["hours", "hour", "hrs", "hr", "h"].map((name) => [name, 3_600_000] as const),
  ...["minutes", "minute", "mins", "min"].map((name) => [name, 60_000] as const),
  ...["seconds", "second", "secs", "sec", "s"].map((name) => [name, 1000] as const),
  ...["milliseconds", "millisecond", "msecs", "msec", "ms"].map((name) => [name, 1] as const)
])

interface YearMonthDay {
  readonly year: number
  readonly month: number
  readonly day: number
}

interface Calendar {
  readonly monthLength: (year: number, month: number) => number
  /** Days from an origin that the calendar chooses. */
  readonly dayNumber: (date: YearMonthDay) => number
}

const monthLengths = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]

const byLeapYears = (isLeap: (year: number) => boolean, leapDaysBefore: (year: number) => number): Calendar => {
  const monthLength = (year: number, month: number) =>
    (monthLengths[month - 1] ?? 0) + (month === 2 && isLeap(year) ? 1 : 0)
  return {
    monthLength,
    dayNumber: ({ day, month, year }) =>
      monthLengths.slice(0, month - 1).reduce((days, _, index) => days + monthLength(year, index + 1), 0) +
      365 * year + leapDaysBefore(year) + day - 1
  }
}

const noLeap = byLeapYears(() => false, () => 0)
const allLeap = byLeapYears(() => true, (year) => year)
const gregorian = byLeapYears(
  (year) => year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0),
  (year) => Math.floor((year - 1) / 4) - Math.floor((year - 1) / 100) + Math.floor((year - 1) / 400)
)
// Two days less, so that 4 October 1582 here is the day before 15 October 1582 there.
const julian = byLeapYears((year) => year % 4 === 0, (year) => Math.floor((year - 1) / 4) - 2)
const days360: Calendar = {
  monthLength: () => 30,
  dayNumber: ({ day, month, year }) => 360 * year + 30 * (month - 1) + day - 1
}
const isJulian = ({ day, month, year }: YearMonthDay) => 10_000 * year + 100 * month + day < 1582_10_15
const mixed: Calendar = {
  monthLength: (year, month) => (isJulian({ year, month, day: 15 }) ? julian : gregorian).monthLength(year, month),
  dayNumber: (date) => (isJulian(date) ? julian : gregorian).dayNumber(date)
}

const calendars: ReadonlyMap<string, Calendar> = new Map([
  ["standard", mixed],
  ["gregorian", mixed],
  ["proleptic_gregorian", gregorian],
  ["julian", julian],
  ["noleap", noLeap],
  ["365_day", noLeap],
  ["all_leap", allLeap],
  ["366_day", allLeap],
  ["360_day", days360]
])

/** From the first moment of a period to the first moment after it, in milliseconds since the axis' reference. */
export interface Period {
  readonly from: number
  readonly until: number
}

/** Times of an axis, such as `days since 1850-01-01` in the calendar `noleap`. Failures say what cannot be read. */
export interface CfTime {
  readonly milliseconds: (value: number) => number
  readonly period: (text: string) => Either.Either<Period, string>
}

interface Parts extends YearMonthDay {
  readonly milliseconds: number
}

const check = (calendar: Calendar, parts: Parts, text: string): Either.Either<number, string> =>
  parts.month >= 1 && parts.month <= 12 && parts.day >= 1 &&
    parts.day <= calendar.monthLength(parts.year, parts.month) &&
    !(calendar === mixed && parts.year === 1582 && parts.month === 10 && parts.day > 4 && parts.day < 15)
    ? Either.right(calendar.dayNumber(parts) * dayLength + parts.milliseconds)
    : Either.left(`"${text}" is no date of its calendar`)

const clock = (hour: string | undefined, minute: string | undefined, second: string | undefined) =>
  Number(hour ?? 0) * 3_600_000 + Number(minute ?? 0) * 60_000 + Number(second ?? 0) * 1000

const zone = (text: string | undefined): number => {
  const [, sign, hour, minute] = /^([+-]?)(\d{1,2}):?(\d{2})?$/.exec(text ?? "") ?? []
  return (sign === "-" ? -1 : 1) * clock(hour, minute, undefined)
}

const reference =
  /^(\d+)-(\d{1,2})-(\d{1,2})(?:[T\s]+(\d{1,2}):(\d{1,2})(?::(\d{1,2}(?:\.\d*)?))?)?\s*(?:UTC|GMT|Z|([+-]?\d{1,2}(?::?\d{2})?))?$/i

const timestamp =
  /^(\d{4,})(?:-(\d{2})(?:-(\d{2})(?:[T ]([01]\d|2[0-3])(?::([0-5]\d)(?::([0-5]\d(?:\.\d+)?))?)?(?:Z|([+-]\d{2}:?\d{2}))?)?)?)?$/

const periodOf = (calendar: Calendar, text: string): Either.Either<Period, string> => {
  const match = timestamp.exec(text)
  if (match === null) {
    return Either.left(`"${text}" is no date: write it as 1850, 1850-01, 1850-01-31 or 1850-01-31T12:00`)
  }
  const [, year = "", month, date, hour, minute, second, offset] = match
  const first = {
    year: Number(year),
    month: Number(month ?? 1),
    day: Number(date ?? 1),
    milliseconds: Math.round(clock(hour, minute, second)) - zone(offset)
  }
  const next = month === undefined
    ? { ...first, year: first.year + 1 }
    : date === undefined
    ? { ...first, year: first.year + Math.floor(first.month / 12), month: first.month % 12 + 1 }
    : undefined
  const length = hour === undefined
    ? dayLength
    : minute === undefined
    ? 3_600_000
    : second === undefined
    ? 60_000
    : 1000
  return Either.map(check(calendar, first, text), (from) => ({
    from,
    until: next === undefined
      ? from + (second?.includes(".") === true ? 1 : length)
      : calendar.dayNumber(next) * dayLength + next.milliseconds
  }))
}

export const parse = (units: string, calendar: string): Either.Either<CfTime, string> =>
  Either.gen(function*() {
    const rules = yield* Either.fromNullable(
      calendars.get(calendar.toLowerCase()),
      () => `the calendar "${calendar}" is not known`
    )
    const [, unit = "", since = ""] = /^\s*(\w+)\s+since\s+(.*?)\s*$/i.exec(units) ?? []
    const scale = yield* Either.fromNullable(
      unitMilliseconds.get(unit.toLowerCase()),
      () => `"${units}" does not count days, hours, minutes or seconds`
    )
    const [, year, month, date, hour, minute, second, offset] = yield* Option.match(
      Option.fromNullable(reference.exec(since)),
      { onNone: () => Either.left(`"${units}" does not count from a date`), onSome: Either.right }
    )
    const origin = yield* check(rules, {
      year: Number(year),
      month: Number(month),
      day: Number(date),
      milliseconds: Math.round(clock(hour, minute, second)) - zone(offset)
    }, since)
    return {
      milliseconds: (value) => Math.round(value * scale),
      period: (text) =>
        Either.map(periodOf(rules, text), ({ from, until }) => ({ from: from - origin, until: until - origin }))
    }
  })
