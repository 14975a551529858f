/**
 * The part of a variable to work on: ranges on some of its dimensions, and a mask.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Dimension from "./Dimension.ts"
import * as equal from "./internal/equal.ts"
import { Item } from "./internal/item.ts"
import { unchecked } from "./internal/made.ts"
import { short } from "./internal/short.ts"
import * as Mask from "./Mask.ts"

/**
 * Ranges by the name of their dimension. A dimension without a range is used whole.
 *
 * A workflow identifies domains by reference: one domain that is used twice is sent once.
 *
 * @since 0.1.0
 * @category models
 */
export class Domain extends Schema.Class<Domain>("@effect-wps/cwt/Domain")({
  dimensions: Schema.Record({ key: Schema.String, value: Schema.typeSchema(Dimension.Dimension) }),
  mask: Schema.OptionFromSelf(Schema.typeSchema(Mask.Mask)),
  /** The name of the domain in the request. Without one, a random name is generated when the workflow is encoded. */
  id: Schema.OptionFromSelf(Schema.String)
}) {
  [Equal.symbol](that: unknown): boolean {
    return isDomain(that) && Equal.equals(this.id, that.id) && Equal.equals(this.mask, that.mask) &&
      equal.records(this.dimensions, that.dimensions)
  }

  [Hash.symbol](): number {
    return Hash.cached(this, Hash.array([this.id, this.mask, Hash.structure(this.dimensions)]))
  }
}

/**
 * The dimensions of a domain. In JSON, `id` and `mask` are next to them, so no dimension can have one of these names.
 *
 * @since 0.1.0
 * @category models
 */
export type Dimensions = { readonly [name: string]: Dimension.DimensionInput } & {
  readonly id?: never
  readonly mask?: never
}

/**
 * Makes a domain.
 *
 * @example
 * ```ts
 * import { Dimension, Domain } from "@effect-wps/cwt"
 *
 * const domain = Domain.make({
 *   lat: [-90, 0],
 *   lon: [0, 360, 2],
 *   time: Dimension.indices(0, 2000)
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  dimensions: Dimensions,
  options?: { readonly id?: string | undefined; readonly mask?: Mask.Mask | undefined }
): Domain =>
  new Domain({
    dimensions: Object.fromEntries(
      Object.entries<Dimension.DimensionInput>(dimensions).map(([name, input]) => [name, Dimension.fromInput(input)])
    ),
    mask: Option.fromNullable(options?.mask),
    id: Option.fromNullable(options?.id)
  }, unchecked)

/**
 * Whether a value is a domain.
 *
 * @since 0.1.0
 * @category guards
 */
export const isDomain: (value: unknown) => value is Domain = Schema.is(Schema.typeSchema(Domain))

/**
 * The first dimension that has one of the names, in the order in which the dimensions were given.
 *
 * @example
 * ```ts
 * import { Domain } from "@effect-wps/cwt"
 *
 * const latitude = Domain.get(Domain.make({ lat: [-90, 0] }), "lat", "latitude")
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const get = (self: Domain, ...names: ReadonlyArray<string>): Option.Option<Dimension.Dimension> =>
  Option.fromNullable(Object.entries(self.dimensions).find(([name]) => names.includes(name))?.[1])

/**
 * The JSON form of a domain: `id`, the dimensions, and `mask`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json: Schema.Schema<{ readonly [name: string]: unknown }> = Item

/**
 * The JSON form of a domain: `id`, the dimensions, and `mask`.
 *
 * @since 0.1.0
 * @category schemas
 */
export type Json = typeof Json.Type

const Head = Schema.Struct({
  id: Schema.optional(Schema.NullOr(Schema.String)),
  mask: Schema.optional(Schema.NullOr(Mask.FromJson))
})

const readHead = ParseResult.decodeUnknownEither(Head)
const readDimension = ParseResult.decodeUnknownEither(Dimension.FromJson)
const writeDimension = ParseResult.encodeUnknownEither(Dimension.FromJson)
const writeMask = ParseResult.encodeUnknownEither(Mask.FromJson)

const under = (name: string, actual: unknown) => (issue: ParseResult.ParseIssue): ParseResult.ParseIssue =>
  new ParseResult.Pointer(name, actual, issue)

/**
 * Decodes and encodes a domain. Encoding fails if the domain has no `id`.
 *
 * @example
 * ```ts
 * import { Domain } from "@effect-wps/cwt"
 * import { Schema } from "effect"
 *
 * const json = Schema.encodeEither(Domain.FromJson)(Domain.make({ lat: [-90, 0] }, { id: "south" }))
 * // { id: "south", lat: { start: -90, end: 0, step: 1, crs: "values" } }
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<Domain, Json> = Schema.transformOrFail(Json, Schema.typeSchema(Domain), {
  strict: true,
  decode: (json) =>
    Either.gen(function*() {
      const { id, mask, ...rest } = json
      const head = yield* readHead({ id, mask })
      const dimensions = yield* Either.all(
        Object.entries(rest).map(([name, value]) =>
          Either.mapBoth(readDimension(value), {
            onLeft: under(name, value),
            onRight: (dimension) => [name, dimension] as const
          })
        )
      )
      return new Domain({
        dimensions: Object.fromEntries(dimensions),
        mask: Option.fromNullable(head.mask),
        id: Option.fromNullable(head.id)
      }, unchecked)
    }),
  encode: (domain, _, ast) =>
    Either.gen(function*() {
      const refused = (reason: string) => Either.left(new ParseResult.Type(ast, domain, reason))
      const id = Option.getOrElse(domain.id, () => "")
      if (Option.isNone(domain.id)) {
        return yield* refused("it has no id; give one, or send it as part of a workflow, which draws one")
      }
      if (id === "" || id.includes("|")) {
        return yield* refused(`its id "${short(id)}" is empty or has a bar, which parts names; give another, or none`)
      }
      const dimensions: Array<readonly [string, unknown]> = []
      for (const [name, dimension] of Object.entries(domain.dimensions)) {
        if (name === "id" || name === "mask") {
          return yield* refused(`no dimension can be called "${name}", which means something else there`)
        }
        if (name === "") return yield* refused("a dimension has no name; give that of the axis in the file")
        dimensions.push([name, yield* Either.mapLeft(writeDimension(dimension), under(name, dimension))])
      }
      const mask = Option.isSome(domain.mask)
        ? [["mask", yield* Either.mapLeft(writeMask(domain.mask.value), under("mask", domain.mask.value))] as const]
        : []
      return Object.fromEntries([["id", id], ...dimensions, ...mask])
    })
})
