/**
 * Literal values as text, in the lexical forms of XML Schema. They differ from JavaScript's.
 *
 * @see W3C XML Schema Part 2, OGC 05-007r7 §9.3.1 table 26
 * @since 0.1.0
 */
import * as BigDecimal from "effect/BigDecimal"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as AST from "effect/SchemaAST"
import { start } from "./internal/allowed.ts"
import { explain } from "./internal/explain.ts"

/**
 * The types to which a literal's schema may encode.
 *
 * @since 0.1.0
 * @category models
 */
export type Encoded = string | number | boolean | bigint

type Kind = "string" | "number" | "boolean" | "bigint"

const kinds = (ast: AST.AST): ReadonlyArray<Kind> => {
  switch (ast._tag) {
    case "NumberKeyword":
      return ["number"]
    case "BooleanKeyword":
      return ["boolean"]
    case "BigIntKeyword":
      return ["bigint"]
    case "Literal":
      return typeof ast.literal === "number"
        ? ["number"]
        : typeof ast.literal === "boolean"
        ? ["boolean"]
        : typeof ast.literal === "bigint"
        ? ["bigint"]
        : ["string"]
    case "Enums":
      return ast.enums.some(([, value]) => typeof value === "number") ? ["number", "string"] : ["string"]
    case "Union":
      return [...new Set(ast.types.flatMap(kinds))]
    case "Refinement":
      return kinds(ast.from)
    case "Transformation":
      return kinds(ast.from)
    case "Suspend":
      return kinds(ast.f())
    default:
      return ["string"]
  }
}

const isInteger = (ast: AST.AST): boolean =>
  ast._tag === "Refinement" &&
  (Option.exists(AST.getJSONSchemaAnnotation(ast), (json) => "type" in json && json.type === "integer") ||
    isInteger(ast.from))

const dateTypes: ReadonlySet<string> = new Set([
  "Date",
  "DateFromSelf",
  "DateTimeUtc",
  "DateTimeZoned",
  "ValidDateFromSelf"
])

const named = (ast: AST.AST): Option.Option<string> =>
  Option.orElse(AST.getIdentifierAnnotation(ast), () => ast._tag === "Refinement" ? named(ast.from) : Option.none())

/**
 * The XML Schema type for the values of a schema: `integer` for `Schema.Int`, `double` for other numbers, `boolean`,
 * `dateTime` for the date schemas, `string` for all others.
 *
 * @example
 * ```ts
 * import { Literal } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * Literal.dataType(Schema.Int) // "integer"
 * Literal.dataType(Schema.Literal("nearest", "linear")) // "string"
 * ```
 *
 * @see W3C XML Schema Part 2 §3
 * @since 0.1.0
 * @category getters
 */
export const dataType = <A, I extends Encoded>(schema: Schema.Schema<A, I>): string => {
  if (Option.exists(named(schema.ast), (name) => dateTypes.has(name))) return "dateTime"
  if (isInteger(schema.ast)) return "integer"
  const all = kinds(schema.ast)
  return all.length !== 1
    ? "string"
    : all[0] === "number"
    ? "double"
    : all[0] === "bigint"
    ? "integer"
    : all[0] === "boolean"
    ? "boolean"
    : "string"
}

/**
 * Writes a value in the lexical form of its type: `true`, `INF`, `NaN`, an `integer` or `decimal` without an exponent.
 *
 * @see W3C XML Schema Part 2 §3.2
 * @since 0.1.0
 * @category conversions
 */
export const format = (value: Encoded, type: string): string => {
  if (typeof value !== "number") return String(value)
  if (Number.isNaN(value)) return "NaN"
  if (!Number.isFinite(value)) return value > 0 ? "INF" : "-INF"
  if (Object.is(value, -0)) return type === "double" || type === "float" ? "-0" : "0"
  const text = String(value)
  if (!/e/i.test(text) || type === "double" || type === "float") return text
  // JavaScript writes the number with an exponent. BigDecimal gives its digits.
  return Option.match(BigDecimal.fromString(text), { onNone: () => text, onSome: plain })
}

const plain = (decimal: BigDecimal.BigDecimal): string => {
  const { scale, value } = decimal
  const digits = (value < 0n ? -value : value).toString()
  const sign = value < 0n ? "-" : ""
  return scale <= 0
    ? `${sign}${digits}${"0".repeat(-scale)}`
    : `${sign}${digits.padStart(scale + 1, "0").replace(new RegExp(`(\\d{${scale}})$`), ".$1")}`
}

const parseKind = (text: string, kind: Kind): Option.Option<Encoded> => {
  const trimmed = text.trim()
  switch (kind) {
    case "string":
      return Option.some(text)
    case "boolean":
      return /^(true|1)$/i.test(trimmed)
        ? Option.some(true)
        : /^(false|0)$/i.test(trimmed)
        ? Option.some(false)
        : Option.none()
    case "bigint":
      return /^[+-]?\d+$/.test(trimmed) ? Option.some(BigInt(trimmed.replace("+", ""))) : Option.none()
    case "number":
      return trimmed === "INF" || trimmed === "+INF"
        ? Option.some(Infinity)
        : trimmed === "-INF"
        ? Option.some(-Infinity)
        : trimmed === "NaN"
        ? Option.some(NaN)
        : /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(trimmed)
        ? Option.some(Number(trimmed))
        : Option.none()
  }
}

/**
 * Reads the text of a literal by a schema. `True`, `1` and the like are booleans; numbers may be `INF` and `NaN`.
 *
 * @example
 * ```ts
 * import { Literal } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * Literal.decode(Schema.Boolean)("True") // Either.right(true)
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const decode = <A, I extends Encoded>(
  schema: Schema.Schema<A, I>
): (text: string) => Either.Either<A, string> => {
  const candidates = kinds(schema.ast)
  const read = Schema.decodeUnknownEither(schema)
  return (text) => {
    let reason = `"${start(text)}" is not of type ${candidates.join(" or ")}`
    for (const kind of candidates) {
      const encoded = parseKind(text, kind)
      if (Option.isNone(encoded)) continue
      const result = read(encoded.value)
      if (Either.isRight(result)) return Either.right(result.right)
      reason = explain(result.left)
    }
    return Either.left(reason)
  }
}

/**
 * Writes a value as text, by a schema.
 *
 * @example
 * ```ts
 * import { Literal } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * Literal.encode(Schema.Number)(Infinity) // Either.right("INF")
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const encode = <A, I extends Encoded>(
  schema: Schema.Schema<A, I>,
  type: string = dataType(schema)
): (value: A) => Either.Either<string, string> => {
  const write = Schema.encodeEither(schema)
  return (value) => Either.mapBoth(write(value), { onLeft: explain, onRight: (encoded) => format(encoded, type) })
}
