const integer = /^[+-]?\d+$/
const decimal = /^[+-]?(\d+\.?\d*|\.\d+)$/
export const double = /^([+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?|[+-]?INF|NaN)$/
const day = /^-?\d{4,}-\d\d-\d\d(Z|[+-]\d\d:\d\d)?$/
const time = /^\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/
const moment = /^-?\d{4,}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)?$/

const bits = (size: bigint): readonly [bigint, bigint] => [-(2n ** (size - 1n)), 2n ** (size - 1n) - 1n]
const unsigned = (size: bigint): readonly [bigint, bigint] => [0n, 2n ** size - 1n]

/** The bounds of the integer types of XML Schema. Undefined if the type has no bound at that end. */
export const integers: ReadonlyMap<string, readonly [bigint | undefined, bigint | undefined]> = new Map<
  string,
  readonly [bigint | undefined, bigint | undefined]
>([
  ["integer", [undefined, undefined]],
  ["long", bits(64n)],
  ["int", bits(32n)],
  ["short", bits(16n)],
  ["byte", bits(8n)],
  ["nonNegativeInteger", [0n, undefined]],
  ["positiveInteger", [1n, undefined]],
  ["nonPositiveInteger", [undefined, 0n]],
  ["negativeInteger", [undefined, -1n]],
  ["unsignedLong", unsigned(64n)],
  ["unsignedInt", unsigned(32n)],
  ["unsignedShort", unsigned(16n)],
  ["unsignedByte", unsigned(8n)]
])

/** Whether a text is valid for an XML Schema type. For an unknown type, every text is. */
export const isLexical = (text: string, type: string): boolean => {
  const bounds = integers.get(type)
  if (bounds !== undefined) {
    if (!integer.test(text)) return false
    const value = BigInt(text.replace("+", ""))
    return (bounds[0] === undefined || value >= bounds[0]) && (bounds[1] === undefined || value <= bounds[1])
  }
  switch (type) {
    case "decimal":
      return decimal.test(text)
    case "double":
    case "float":
      return double.test(text)
    case "boolean":
      return /^(true|false|1|0)$/i.test(text)
    case "date":
      return day.test(text)
    case "time":
      return time.test(text)
    // Servers that ask for a `dateTime` also take a date, and some use one in their examples.
    case "dateTime":
      return moment.test(text) || day.test(text)
    default:
      return true
  }
}
