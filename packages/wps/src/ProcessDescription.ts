/**
 * What a process takes and gives: the answer to DescribeProcess of any version.
 *
 * @see OGC 05-007r7 §9.3, OGC 14-065r2 §9.10
 * @since 0.1.0
 */
import type * as Option from "effect/Option"
import type { ProcessSummary } from "./Capabilities.ts"
import type { Format } from "./DataValue.ts"
import type { Metadata } from "./Ows.ts"

/**
 * A process with its inputs and outputs.
 *
 * @see OGC 05-007r7 §9.3 table 20
 * @since 0.1.0
 * @category models
 */
export interface ProcessDescription extends ProcessSummary {
  readonly inputs: ReadonlyArray<InputDescription>
  readonly outputs: ReadonlyArray<OutputDescription>
}

/**
 * What the descriptions of inputs and outputs have in common.
 *
 * @since 0.1.0
 * @category models
 */
export interface Described {
  readonly identifier: string
  readonly title: Option.Option<string>
  readonly abstract: Option.Option<string>
  /** Not in WPS 1.0.0. */
  readonly keywords: ReadonlyArray<string>
  readonly metadata: ReadonlyArray<Metadata>
}

/**
 * One input: how often it may or must occur, and its kind.
 *
 * @see OGC 05-007r7 §9.3.1 table 21
 * @since 0.1.0
 * @category models
 */
export interface InputDescription extends Described {
  /** 0 means that the input is optional. */
  readonly minOccurs: number
  /** `Infinity` if the server sets no bound. */
  readonly maxOccurs: number
  readonly data: DataDescription | NestedInputs
}

/**
 * One output and its kind.
 *
 * @see OGC 05-007r7 §9.3.2 table 34
 * @since 0.1.0
 * @category models
 */
export interface OutputDescription extends Described {
  readonly data: DataDescription | NestedOutputs
}

/**
 * A nested input: a group of inputs. WPS 1.0.0 does not have them.
 *
 * @see OGC 14-065r2 §9.10
 * @since 0.1.0
 * @category models
 */
export interface NestedInputs {
  readonly _tag: "NestedInputs"
  readonly inputs: ReadonlyArray<InputDescription>
}

/**
 * A nested output: a group of outputs. WPS 1.0.0 does not have them.
 *
 * @see OGC 14-065r2 §9.10
 * @since 0.1.0
 * @category models
 */
export interface NestedOutputs {
  readonly _tag: "NestedOutputs"
  readonly outputs: ReadonlyArray<OutputDescription>
}

/**
 * The kind of an input or output.
 *
 * @since 0.1.0
 * @category models
 */
export type DataDescription = LiteralDescription | ComplexDescription | BoundingBoxDescription

/**
 * A number, a word, a date, …: a value that fits in one string. WPS 2.0 may give several domains. The type and the
 * default value then come from the default domain, and a value is allowed if any domain allows it.
 *
 * @see OGC 05-007r7 §9.3.1 table 26, OGC 14-065r2 §7.3.2 (LiteralDataDomain)
 * @since 0.1.0
 * @category models
 */
export interface LiteralDescription {
  readonly _tag: "Literal"
  /**
   * The local name of the XML Schema type, such as `double`. If it is not such a type, it is kept as the server wrote
   * it.
   */
  readonly dataType: Option.Option<string>
  readonly allowed: AllowedValues
  readonly defaultUom: Option.Option<string>
  /** The units that the server takes. Empty if the value has no unit. */
  readonly uoms: ReadonlyArray<string>
  /** The server uses this value if the input is left out. */
  readonly defaultValue: Option.Option<string>
}

/**
 * Which values a literal may have.
 *
 * @see OGC 05-007r7 §9.3.1 table 29
 * @since 0.1.0
 * @category models
 */
export type AllowedValues =
  | { readonly _tag: "AnyValue" }
  | { readonly _tag: "AllowedValues"; readonly values: ReadonlyArray<string>; readonly ranges: ReadonlyArray<Range> }
  | { readonly _tag: "ValuesReference"; readonly href: string }

/**
 * A range of allowed values. It is open-ended if a bound is absent. `closure` says which bounds are included.
 *
 * @see OGC 06-121r3 §10.8 (`ows:Range`)
 * @since 0.1.0
 * @category models
 */
export interface Range {
  readonly minimum: Option.Option<string>
  readonly maximum: Option.Option<string>
  readonly spacing: Option.Option<string>
  readonly closure: "closed" | "open" | "open-closed" | "closed-open"
}

/**
 * A document or file, in one of several formats.
 *
 * @see OGC 05-007r7 §9.3.1 table 23
 * @since 0.1.0
 * @category models
 */
export interface ComplexDescription {
  readonly _tag: "Complex"
  readonly defaultFormat: Option.Option<Format>
  readonly formats: ReadonlyArray<Format>
  /** The largest input that the server takes, in megabytes (10⁶ bytes), in any of the formats. */
  readonly maximumMegabytes: Option.Option<number>
}

/**
 * A box in a coordinate reference system.
 *
 * @see OGC 05-007r7 §9.3.1 table 33
 * @since 0.1.0
 * @category models
 */
export interface BoundingBoxDescription {
  readonly _tag: "BoundingBox"
  readonly defaultCrs: Option.Option<string>
  readonly crs: ReadonlyArray<string>
}
