/**
 * ESGF's CDAT operations. Each takes variables and other operations, and gives a variable.
 *
 * @since 0.1.0
 */
import type { Domain } from "./Domain.ts"
import type { Gridder } from "./Gridder.ts"
import type { Variable } from "./Variable.ts"
import * as Workflow from "./Workflow.ts"

/**
 * What every operation takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly inputs: ReadonlyArray<Workflow.Operand>
  /** Which part of the inputs is meant. */
  readonly domain?: Domain | undefined
  /** The grid to put the result on. */
  readonly gridder?: Gridder | undefined
  /** Its name in the request; one is drawn when it is written if it has none. */
  readonly id?: string | undefined
  /** Which variable of the inputs is meant, where they have several. */
  readonly variable?: string | undefined
  /** New names of variables, by those that they have. */
  readonly rename?: Readonly<Record<string, string>> | undefined
  /** What missing values are taken for. */
  readonly fillna?: number | undefined
}

/**
 * What operations take that work along axes.
 *
 * @since 0.1.0
 * @category models
 */
export interface AxesOptions extends Options {
  /** The names of the axes, such as `lat`. Without any it is over all of them. */
  readonly axes?: ReadonlyArray<string> | undefined
}

/**
 * What operations take that combine several variables, or one with a number.
 *
 * @since 0.1.0
 * @category models
 */
export interface ConstantOptions extends Options {
  /** The number that stands for the second variable. */
  readonly const?: number | undefined
}

/**
 * How coordinates are found that are not on the axis: the one below, the one above, or the closest.
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

/** No names are no wish. A list of none would be sent as one empty name. */
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
 * Joins the parts of a variable that several files hold.
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
 * Several outputs of one run, one for each input. Its domain and parameters are the defaults of the operations below.
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
 * The greatest of each variable along axes.
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
 * The least of each variable along axes.
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
 * The sum of variables, or of one and a number, point by point.
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
 * The difference of variables, or of one and a number, point by point.
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
 * The product of variables, or of one and a number, point by point.
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
 * The quotient of variables, or of one and a number, point by point.
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
 * How many values each variable has.
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
 * The variance of each variable along axes. `var` is a word of the language.
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
    /** What stands where the condition is not true. */
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
    /** What stands where the condition is not true. */
    readonly other?: number | undefined
  }
) => Workflow.Workflow<Variable> = declare("CDAT.filter_map")

/**
 * Groups the values of a variable into bins. `variable` says by which variable's values, where the input has several.
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
 * Puts the variables of several inputs together.
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
    /** What is done where inputs contradict each other. */
    readonly compat?: "broadcast_equals" | "equals" | "identical" | "no_conflicts" | "override" | undefined
  }
) => Workflow.Workflow<Variable> = declare("CDAT.merge", 2)
