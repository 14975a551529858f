/**
 * How to put a variable onto another grid.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Domain from "./Domain.ts"
import * as ids from "./internal/ids.ts"
import { unchecked } from "./internal/made.ts"
import * as Variable from "./Variable.ts"

/**
 * Regrids with `tool`, by `method`, onto `grid`. The grid is a name, such as `gaussian~32` or `uniform~1x1`, or a
 * domain or variable that has the grid. A domain or variable is sent along.
 *
 * @since 0.1.0
 * @category models
 */
export class Gridder extends Schema.Class<Gridder>("@effect-wps/cwt/Gridder")({
  tool: Schema.String,
  method: Schema.String,
  grid: Schema.Union(Schema.String, Schema.typeSchema(Domain.Domain), Schema.typeSchema(Variable.Variable))
}) {}

/**
 * Makes a gridder.
 *
 * @example
 * ```ts
 * import { Gridder, Variable } from "@effect-wps/cwt"
 *
 * const onto = Gridder.make({ grid: "uniform~.5x.5", method: "conservative" })
 * const like = Gridder.make({ grid: Variable.make({ uri: "https://data.example.org/pr.nc", name: "pr" }) })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options?: {
  /** @default "regrid2" */
  readonly tool?: string | undefined
  /** @default "linear" */
  readonly method?: string | undefined
  /** @default "T85" */
  readonly grid?: string | Domain.Domain | Variable.Variable | undefined
}): Gridder =>
  new Gridder({
    tool: options?.tool ?? "regrid2",
    method: options?.method ?? "linear",
    grid: options?.grid ?? "T85"
  }, unchecked)

/**
 * Whether a value is a gridder.
 *
 * @since 0.1.0
 * @category guards
 */
export const isGridder: (value: unknown) => value is Gridder = Schema.is(Schema.typeSchema(Gridder))

/**
 * The Gaussian grid of truncation 21: 32 latitudes.
 *
 * @since 0.1.0
 * @category constants
 */
export const T21: Gridder = make({ grid: "gaussian~32" })

/**
 * The Gaussian grid of truncation 42: 64 latitudes.
 *
 * @example
 * ```ts
 * import { Cdat, Gridder, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const regridded = Cdat.subset({ inputs: [tas], gridder: Gridder.T42 })
 * ```
 *
 * @since 0.1.0
 * @category constants
 */
export const T42: Gridder = make({ grid: "gaussian~64" })

/**
 * The Gaussian grid of truncation 63: 96 latitudes.
 *
 * @since 0.1.0
 * @category constants
 */
export const T63: Gridder = make({ grid: "gaussian~96" })

/**
 * A grid of a quarter of a degree.
 *
 * @since 0.1.0
 * @category constants
 */
export const UQuart: Gridder = make({ grid: "uniform~.25x.25" })

/**
 * A grid of half a degree.
 *
 * @since 0.1.0
 * @category constants
 */
export const UHalf: Gridder = make({ grid: "uniform~.5x.5" })

/**
 * A grid of one degree.
 *
 * @since 0.1.0
 * @category constants
 */
export const U1: Gridder = make({ grid: "uniform~1x1" })

/**
 * A grid of two degrees.
 *
 * @since 0.1.0
 * @category constants
 */
export const U2: Gridder = make({ grid: "uniform~2x2" })

/**
 * The JSON form of a gridder. `grid` is the name of a grid, or the name of a domain or variable in the same request.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json = Schema.Struct({
  tool: ids.required(Schema.String),
  method: ids.required(Schema.String),
  grid: ids.required(Schema.String)
})

/**
 * The JSON form of a gridder.
 *
 * @since 0.1.0
 * @category schemas
 */
export type Json = typeof Json.Type

/**
 * Decodes and encodes a gridder. Encoding fails if its domain or variable has no `id`.
 *
 * @example
 * ```ts
 * import { Gridder } from "@effect-wps/cwt"
 * import { Schema } from "effect"
 *
 * const json = Schema.encodeEither(Gridder.FromJson)(Gridder.T42)
 * // { tool: "regrid2", method: "linear", grid: "gaussian~64" }
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<Gridder, Json> = Schema.transformOrFail(Json, Schema.typeSchema(Gridder), {
  strict: true,
  decode: (json) => ParseResult.succeed(new Gridder(json, unchecked)),
  encode: ({ grid, method, tool }, _, ast) =>
    Either.mapBoth(
      typeof grid === "string"
        ? Either.right(grid)
        : Either.fromOption(
          grid.id,
          () => new ParseResult.Type(ast, grid, "its grid has no id; give it one, or send it as part of a workflow")
        ),
      { onLeft: (issue) => issue, onRight: (name) => ({ tool, method, grid: name }) }
    )
})
