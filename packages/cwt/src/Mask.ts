/**
 * A condition on another variable, which selects the points of a domain.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as ids from "./internal/ids.ts"
import { unchecked } from "./internal/made.ts"

/**
 * Selects the points where `operation` is true for the variable `name` in the file at `uri`. The operation can use
 * `mask_data`, `var_data`, constants and functions, such as `sin(var_data) > 0.5`.
 *
 * @since 0.1.0
 * @category models
 */
export class Mask extends Schema.Class<Mask>("@effect-wps/cwt/Mask")({
  uri: Schema.String,
  /** The name of the variable in the file. */
  name: Schema.String,
  operation: Schema.String,
  /** The name of the mask in the request. Without one, a random name is generated when the workflow is encoded. */
  id: Schema.OptionFromSelf(Schema.String)
}) {}

/**
 * Makes a mask.
 *
 * @example
 * ```ts
 * import { Domain, Mask } from "@effect-wps/cwt"
 *
 * const land = Mask.make({ uri: "https://data.example.org/sftlf.nc", name: "sftlf", operation: "mask_data > 0.5" })
 * const domain = Domain.make({ lat: [-90, 0] }, { mask: land })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly uri: string
  readonly name: string
  readonly operation: string
  readonly id?: string | undefined
}): Mask =>
  new Mask({
    uri: options.uri,
    name: options.name,
    operation: options.operation,
    id: Option.fromNullable(options.id)
  }, unchecked)

/**
 * Whether a value is a mask.
 *
 * @since 0.1.0
 * @category guards
 */
export const isMask: (value: unknown) => value is Mask = Schema.is(Schema.typeSchema(Mask))

/**
 * The JSON form of a mask. `id` is the variable's name in the file, a bar, and the mask's name in the request. The bar
 * and the second name may be absent.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json = Schema.Struct({
  uri: ids.required(Schema.String),
  id: ids.required(Schema.String),
  operation: ids.required(Schema.String)
})

/**
 * The JSON form of a mask.
 *
 * @since 0.1.0
 * @category schemas
 */
export type Json = typeof Json.Type

/**
 * Decodes and encodes a mask. Encoding fails if the mask has no `id`.
 *
 * @example
 * ```ts
 * import { Mask } from "@effect-wps/cwt"
 * import { Schema } from "effect"
 *
 * const mask = Schema.decodeEither(Mask.FromJson)({
 *   uri: "https://data.example.org/sftlf.nc",
 *   id: "sftlf|land",
 *   operation: "mask_data > 0.5"
 * })
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<Mask, Json> = Schema.transformOrFail(Json, Schema.typeSchema(Mask), {
  strict: true,
  decode: (json, _, ast) =>
    Either.mapBoth(ids.split(json.id), {
      onLeft: (reason) => new ParseResult.Type(ast, json, reason),
      onRight: ({ id, name }) => new Mask({ uri: json.uri, name, operation: json.operation, id }, unchecked)
    }),
  encode: (mask, _, ast) =>
    Either.mapBoth(ids.join(mask), {
      onLeft: (reason) => new ParseResult.Type(ast, mask, reason),
      onRight: (id) => ({ uri: mask.uri, id, operation: mask.operation })
    })
})
