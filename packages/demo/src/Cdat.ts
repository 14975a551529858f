/**
 * ESGF's CDAT operations as processes: each takes variables, domains and operations as JSON, and gives variables.
 *
 * @since 0.1.0
 */
import { Input, type Operation, Output, Process } from "@effect-wps/wps"
import { Schema } from "effect"
import type * as Domain from "./Domain.ts"

/**
 * A variable in a file: `id` is its name in the file, a bar, and its name in the request.
 *
 * @since 0.1.0
 * @category models
 */
export const Variable = Schema.Struct({
  uri: Schema.String,
  id: Schema.String,
  domain: Schema.optional(Schema.String),
  mime_type: Schema.optional(Schema.String)
})

/**
 * A variable in a file.
 *
 * @since 0.1.0
 * @category models
 */
export type Variable = typeof Variable.Type

const Dimension = Schema.Struct({
  start: Schema.Union(Schema.Number, Schema.String),
  end: Schema.Union(Schema.Number, Schema.String),
  step: Schema.optionalWith(Schema.Number, { default: () => 1 }),
  crs: Schema.Literal("values", "indices", "timestamps")
})

/** A domain's `id` stands among its dimensions. */
const NamedDomain = Schema.Record({ key: Schema.String, value: Schema.Union(Schema.String, Dimension) })

/**
 * What is to be done: `input` names variables, `domain` a domain, and `axes` are joined by bars.
 *
 * @since 0.1.0
 * @category models
 */
export const OperationJson = Schema.Struct({
  name: Schema.String,
  result: Schema.optional(Schema.String),
  domain: Schema.optional(Schema.String),
  input: Schema.Array(Schema.String),
  axes: Schema.optional(Schema.String)
})

const json = "application/json"

const declare = (identifier: string, abstract: string) =>
  Process.make(identifier, {
    title: identifier,
    abstract,
    version: "1.0",
    inputs: {
      variable: Input.complex(Schema.Array(Variable), json),
      domain: Input.complex(Schema.Array(NamedDomain), json),
      operation: Input.complex(Schema.Array(OperationJson), json)
    },
    outputs: { output: Output.complex(Schema.Array(Variable), json) }
  })

/**
 * The operations that the node has, by what they do.
 *
 * @since 0.1.0
 * @category processes
 */
export const processes = {
  subset: declare("CDAT.subset", "Cuts a part out of a variable."),
  max: declare("CDAT.max", "The largest values over the axes."),
  min: declare("CDAT.min", "The smallest values over the axes."),
  mean: declare("CDAT.mean", "The mean over the axes, each value counting the same."),
  sum: declare("CDAT.sum", "The sum over the axes."),
  aggregate: declare("CDAT.aggregate", "Joins the parts of a variable along time.")
} as const

/**
 * The name of an operation.
 *
 * @since 0.1.0
 * @category models
 */
export type Name = keyof typeof processes

/**
 * A run of an operation.
 *
 * @example
 * ```ts
 * import { Cdat } from "@effect-wps/demo"
 *
 * const operation = Cdat.operation("mean", {
 *   variables: [{ uri: "https://data.example.org/tas.nc", id: "tas|tas" }],
 *   domain: { lat: { start: -90, end: 0, crs: "values" } },
 *   axes: ["time"]
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const operation = (name: Name, options: {
  readonly variables: ReadonlyArray<Variable>
  readonly domain?: Domain.Domain | undefined
  readonly axes?: ReadonlyArray<string> | undefined
}): Operation.Operation<{ readonly output: ReadonlyArray<Variable> }> =>
  processes[name]({
    variable: options.variables,
    domain: options.domain === undefined
      ? []
      : [{ id: "d0", ...mapValues(options.domain) }],
    operation: [{
      name: processes[name].identifier,
      result: "result",
      ...(options.domain === undefined ? {} : { domain: "d0" }),
      input: options.variables.map(({ id }) => id.split("|").at(-1) ?? id),
      ...(options.axes === undefined ? {} : { axes: options.axes.join("|") })
    }]
  })

const mapValues = (domain: Domain.Domain): Readonly<Record<string, typeof Dimension.Type>> =>
  Object.fromEntries(
    Object.entries(domain).map(([name, dimension]) => [name, { ...dimension, step: dimension.step ?? 1 }])
  )
