/**
 * ESGF's CDAT operations. Each takes variables and other operations as inputs, and returns a variable.
 *
 * @since 0.1.0
 */
import type { Domain } from "./Domain.ts"
import type { Gridder } from "./Gridder.ts"
import type { Variable } from "./Variable.ts"
import * as Workflow from "./Workflow.ts"

/**
 * The options of every operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly inputs: ReadonlyArray<Workflow.Operand>
  /** The part of the inputs to work on. */
  readonly domain?: Domain | undefined
  /** The grid to put the result on. */
  readonly gridder?: Gridder | undefined
  /** The name of the operation in the request. Without one, a random name is generated when the workflow is encoded. */
  readonly id?: string | undefined
  /** The variable to work on, if the inputs have several. */
  readonly variable?: string | undefined
  /** New names for variables, by their current names. */
  readonly rename?: Readonly<Record<string, string>> | undefined
  /** The value that replaces missing values. */
  readonly fillna?: number | undefined
}

/**
 * The options of operations that work along axes.
 *
 * @since 0.1.0
 * @category models
 */
export interface AxesOptions extends Options {
  /** The names of the axes, such as `lat`. Without names, the operation works along all axes. */
  readonly axes?: ReadonlyArray<string> | undefined
}

/**
 * The options of operations that combine several variables, or a variable and a number.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConstantOptions extends Options {
  /** The number to use instead of a second variable. */
  readonly const?: number | undefined
}

/**
 * How to select a coordinate that is not on the axis: take the one below, the one above, or the closest.
 *
 * @since 0.1.0
 * @category models
 */
export type Method = "pad" | "backfill" | "nearest"

/**
 * A comparison of a variable or axis with a number or another variable: `lon>180`, `pr>=prw`.
 *
 * @since 0.1.0
 * @category models
 */
export type Condition = `${string}${">" | ">=" | "<" | "<=" | "==" | "!="}${string}`

/** An empty list means no names. If it were sent, the server would see one empty name. */
const unlessEmpty = (names: ReadonlyArray<string> | undefined): ReadonlyArray<string> | undefined =>
  names?.length === 0 ? undefined : names

const declare =
  <O extends Options & Pick<AxesOptions, "axes">>(identifier: string, minimumInputs = 1) =>
  (options: O): Workflow.Workflow<Variable> => {
    const { domain, gridder, id, inputs, ...parameters } = options
    return Workflow.make(identifier, {
      domain,
      gridder,
      id,
      inputs,
      minimumInputs,
      parameters: {
        ...parameters,
        axes: unlessEmpty(options.axes),
        rename: unlessEmpty(options.rename === undefined ? undefined : Object.entries(options.rename).flat())
      }
    })
  }

/**
 * Cuts a part out of each variable.
 *
 * @example
 * ```ts
 * import { Cdat, Domain, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const south = Cdat.subset({ inputs: [tas], domain: Domain.make({ lat: [-90, 0] }), method: "nearest" })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const subset: (options: Options & { readonly method?: Method | undefined }) => Workflow.Workflow<Variable> =
  declare("CDAT.subset")

/**
 * Joins a variable whose parts are in several files.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const files = ["1850", "1900", "1950"].map((year) =>
 *   Variable.make({ uri: `https://data.example.org/tas_${year}.nc`, name: "tas" })
 * )
 * const whole = Cdat.aggregate({ inputs: files })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const aggregate: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.aggregate", 2)

/**
 * Runs several operations as one job, with one output for each input. Its domain and parameters are the defaults of the
 * nested operations.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const both = Cdat.workflow({
 *   inputs: [Cdat.min({ inputs: [tas], axes: ["time"] }), Cdat.max({ inputs: [tas], axes: ["time"] })]
 * })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const workflow = (
  options: Options & { readonly parameters?: Workflow.Parameters | undefined }
): Workflow.Workflow<ReadonlyArray<Variable>> => {
  const { parameters, ...own } = options
  return Workflow.variables(Workflow.update(declare<Options>("CDAT.workflow")(own), { parameters }))
}

/**
 * The maximum of each variable along axes.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const max = Cdat.max({ inputs: [tas], axes: ["lat", "lon"] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const max: (options: AxesOptions) => Workflow.Workflow<Variable> = declare("CDAT.max")

/**
 * The minimum of each variable along axes.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const min = Cdat.min({ inputs: [tas], axes: ["lat", "lon"] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const min: (options: AxesOptions) => Workflow.Workflow<Variable> = declare("CDAT.min")

/**
 * The mean of each variable along axes.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const mean = Cdat.mean({ inputs: [tas], axes: ["lat", "lon"] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const mean: (options: AxesOptions) => Workflow.Workflow<Variable> = declare("CDAT.mean")

/**
 * The sum of each variable along axes.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const sum = Cdat.sum({ inputs: [tas], axes: ["lat", "lon"] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const sum: (options: AxesOptions) => Workflow.Workflow<Variable> = declare("CDAT.sum")

/**
 * The standard deviation of each variable along axes.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const std = Cdat.std({ inputs: [tas], axes: ["lat", "lon"] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const std: (options: AxesOptions) => Workflow.Workflow<Variable> = declare("CDAT.std")

/**
 * The sum of several variables, or of a variable and a number, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.add({ inputs: [tas], const: 2 })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const add: (options: ConstantOptions) => Workflow.Workflow<Variable> = declare("CDAT.add")

/**
 * The difference of several variables, or of a variable and a number, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.subtract({ inputs: [tas], const: 2 })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const subtract: (options: ConstantOptions) => Workflow.Workflow<Variable> = declare("CDAT.subtract")

/**
 * The product of several variables, or of a variable and a number, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.multiply({ inputs: [tas], const: 2 })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const multiply: (options: ConstantOptions) => Workflow.Workflow<Variable> = declare("CDAT.multiply")

/**
 * The quotient of several variables, or of a variable and a number, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.divide({ inputs: [tas], const: 2 })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const divide: (options: ConstantOptions) => Workflow.Workflow<Variable> = declare("CDAT.divide")

/**
 * A variable raised to a power, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.power({ inputs: [tas], const: 2 })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const power: (options: ConstantOptions) => Workflow.Workflow<Variable> = declare("CDAT.power")

/**
 * The absolute value, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.abs({ inputs: [tas] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const abs: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.abs")

/**
 * The exponential, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.exp({ inputs: [tas] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const exp: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.exp")

/**
 * The natural logarithm, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.log({ inputs: [tas] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const log: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.log")

/**
 * The square root, point by point.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.sqrt({ inputs: [tas] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const sqrt: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.sqrt")

/**
 * The number of values of each variable.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.count({ inputs: [tas] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const count: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.count")

/**
 * Drops the axes of length 1.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const result = Cdat.squeeze({ inputs: [tas] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const squeeze: (options: Options) => Workflow.Workflow<Variable> = declare("CDAT.squeeze")

/**
 * The variance of each variable along axes. The function is not called `var`, because that is a keyword.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const variance = Cdat.variance({ inputs: [tas], axes: ["time"] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const variance: (options: AxesOptions) => Workflow.Workflow<Variable> = declare("CDAT.var")

/**
 * Keeps the values for which a condition is true.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const pr = Variable.make({ uri: "https://data.example.org/pr.nc", name: "pr" })
 * const rain = Cdat.where({ inputs: [pr], cond: "pr>0.5", other: 0 })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const where: (
  options: Options & {
    readonly cond: Condition
    /** The value to use where the condition is not true. */
    readonly other?: number | undefined
  }
) => Workflow.Workflow<Variable> = declare("CDAT.where")

/**
 * Applies a function to the values for which a condition is true.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const pr = Variable.make({ uri: "https://data.example.org/pr.nc", name: "pr" })
 * const wet = Cdat.filterMap({ inputs: [pr], cond: "pr>0.5", func: "count" })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const filterMap: (
  options: Options & {
    readonly cond: Condition
    /** The name of the function. */
    readonly func: string
    /** The value to use where the condition is not true. */
    readonly other?: number | undefined
  }
) => Workflow.Workflow<Variable> = declare("CDAT.filter_map")

/**
 * Groups values into bins. If the input has several variables, `variable` names the one whose values decide.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const pr = Variable.make({ uri: "https://data.example.org/pr.nc", name: "pr" })
 * const binned = Cdat.groupbyBins({ inputs: [pr], variable: "pr", bins: [0, 0.5, 1, 2] })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const groupbyBins: (
  options: Options & {
    /** The edges of the bins, in order. */
    readonly bins: ReadonlyArray<number>
  }
) => Workflow.Workflow<Variable> = declare("CDAT.groupby_bins")

/**
 * Merges the variables of several inputs.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const pr = Variable.make({ uri: "https://data.example.org/pr.nc", name: "pr" })
 * const together = Cdat.merge({ inputs: [tas, pr], compat: "override" })
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const merge: (
  options: Options & {
    /** How to resolve contradictions between the inputs. */
    readonly compat?: "broadcast_equals" | "equals" | "identical" | "no_conflicts" | "override" | undefined
  }
) => Workflow.Workflow<Variable> = declare("CDAT.merge", 2)
