/**
 * Operations on variables and on the results of other operations, as one request that can be sent and run.
 *
 * @since 0.1.0
 */
import type { Operation } from "@effect-wps/wps"
import type * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { InvalidDataInputs, type InvalidWorkflow, MissingParameter } from "./CwtError.ts"
import type { DataInputs } from "./DataInputs.ts"
import type { Domain } from "./Domain.ts"
import type { Gridder } from "./Gridder.ts"
import * as decodeInternal from "./internal/decode.ts"
import * as draw from "./internal/draw.ts"
import * as encodeInternal from "./internal/encode.ts"
import * as graph from "./internal/graph.ts"
import { fromParts, partsOf } from "./internal/operation.ts"
import * as result from "./internal/result.ts"
import * as Parameter from "./Parameter.ts"
import type { Variable } from "./Variable.ts"

/**
 * Marks a workflow.
 *
 * @since 0.1.0
 * @category symbols
 */
export const TypeId = "~@effect-wps/cwt/Workflow"

/**
 * Marks a workflow.
 *
 * @since 0.1.0
 * @category symbols
 */
export type TypeId = typeof TypeId

/**
 * An input of an operation.
 *
 * @since 0.1.0
 * @category models
 */
export type Operand = Variable | Workflow<unknown>

/**
 * An operation with all its nested operations, as an immutable value. Give it to `WpsClient.execute` or
 * `WpsClient.run`, which send it to the process of its name, or to another operation as an input.
 *
 * A workflow identifies operations by reference: one operation that is an input of two others is sent and run once.
 *
 * @since 0.1.0
 * @category models
 */
export interface Workflow<out A> extends Operation.Operation<A> {
  readonly [TypeId]: TypeId
  /** The name of the operation in the request. Without one, a random name is generated when the workflow is encoded. */
  readonly id: Option.Option<string>
  readonly operands: ReadonlyArray<Operand>
  readonly domain: Option.Option<Domain>
  readonly gridder: Option.Option<Gridder>
  readonly parameters: ReadonlyArray<Parameter.Parameter>
  /** The minimum number of inputs of the process. */
  readonly minimumInputs: number
  /** A short form for logs. It shows nested operations by their names only. */
  readonly toJSON: () => unknown
  /** Decodes the JSON of the output. */
  readonly reader: (json: unknown) => Either.Either<A, string>
}

/**
 * Parameters by name, in the order in which they are sent. An `undefined` one is left out.
 *
 * @since 0.1.0
 * @category models
 */
export type Parameters =
  | ReadonlyArray<Parameter.Parameter>
  | Readonly<Record<string, Parameter.Value | ReadonlyArray<Parameter.Value> | undefined>>

/**
 * The options of an operation.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly inputs?: ReadonlyArray<Operand> | undefined
  readonly domain?: Domain | undefined
  readonly gridder?: Gridder | undefined
  readonly parameters?: Parameters | undefined
  /** The name of the operation in the request. Without one, a random name is generated when the workflow is encoded. */
  readonly id?: string | undefined
}

const isList = (parameters: Parameters): parameters is ReadonlyArray<Parameter.Parameter> => Array.isArray(parameters)

const isMany = (
  value: Parameter.Value | ReadonlyArray<Parameter.Value>
): value is ReadonlyArray<Parameter.Value> => Array.isArray(value)

const listed = (parameters: Parameters | undefined): ReadonlyArray<Parameter.Parameter> =>
  parameters === undefined
    ? []
    : isList(parameters)
    ? [...parameters]
    : Object.entries(parameters).flatMap(([name, value]) =>
      value === undefined ? [] : [isMany(value) ? Parameter.make(name, ...value) : Parameter.make(name, value)]
    )

const isOperands = (inputs: Operand | ReadonlyArray<Operand>): inputs is ReadonlyArray<Operand> => Array.isArray(inputs)

/** Copies the list. A caller without type checks may pass a single input. */
const operandsOf = (inputs: Operand | ReadonlyArray<Operand> | undefined): ReadonlyArray<Operand> =>
  inputs === undefined ? [] : isOperands(inputs) ? [...inputs] : [inputs]

/**
 * An operation by the name of its process. It returns one variable. `Cdat` has the known operations, with typed
 * parameters.
 *
 * @example
 * ```ts
 * import { Domain, Variable, Workflow } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const south = Workflow.make("CDAT.subset", { inputs: [tas], domain: Domain.make({ lat: [-90, 0] }) })
 * const anomaly = Workflow.make("EDAS.anomaly", { inputs: [south], parameters: { axes: ["lat", "lon"] } })
 *
 * const program = WpsClient.run(anomaly)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (
  identifier: string,
  options: Options & {
    /** The minimum number of inputs of the process. @default 0 */
    readonly minimumInputs?: number | undefined
  } = {}
): Workflow<Variable> =>
  fromParts({
    identifier,
    id: Option.fromNullable(options.id),
    operands: operandsOf(options.inputs),
    domain: Option.fromNullable(options.domain),
    gridder: Option.fromNullable(options.gridder),
    parameters: listed(options.parameters),
    minimumInputs: options.minimumInputs ?? 0
  }, result.variable)

/**
 * Whether a value is an operation of a workflow.
 *
 * @since 0.1.0
 * @category guards
 */
export const isWorkflow = (value: unknown): value is Workflow<unknown> => graph.isWorkflow(value)

/** A caller without type checks may pass anything. Encoding reports it. */
const nameOf = (parameter: Parameter.Parameter): string => Parameter.isParameter(parameter) ? parameter.name : ""

/** A parameter with a new value keeps its place, as a key in a Python dictionary does. */
const replaced = (
  before: ReadonlyArray<Parameter.Parameter>,
  given: ReadonlyArray<Parameter.Parameter>
): ReadonlyArray<Parameter.Parameter> => {
  const byName = new Map<string, Array<Parameter.Parameter>>()
  for (const parameter of given) {
    const same = byName.get(nameOf(parameter))
    if (same === undefined) byName.set(nameOf(parameter), [parameter])
    else same.push(parameter)
  }
  const kept = before.flatMap((parameter) => {
    const others = byName.get(nameOf(parameter))
    return others === undefined ? [parameter] : others.splice(0)
  })
  return [...kept, ...[...byName.values()].flat()]
}

/**
 * A changed copy of an operation. Inputs are added. A domain, gridder or id replaces the old one, and a parameter
 * replaces the one with the same name.
 *
 * @example
 * ```ts
 * import { Cdat, Domain, Variable, Workflow } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const mean = Cdat.mean({ inputs: [tas], axes: ["time"] })
 * const southernMean = Workflow.update(mean, { domain: Domain.make({ lat: [-90, 0] }) })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const update = <A>(self: Workflow<A>, options: Options): Workflow<A> => {
  return fromParts({
    ...partsOf(self),
    id: Option.orElse(Option.fromNullable(options.id), () => self.id),
    operands: [...self.operands, ...operandsOf(options.inputs)],
    domain: Option.orElse(Option.fromNullable(options.domain), () => self.domain),
    gridder: Option.orElse(Option.fromNullable(options.gridder), () => self.gridder),
    parameters: replaced(self.parameters, listed(options.parameters))
  }, self.reader)
}

/**
 * The same operation, but its output is read as any number of variables.
 *
 * @example
 * ```ts
 * import { Cdat, Variable, Workflow } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const parts = WpsClient.run(Workflow.variables(Cdat.subset({ inputs: [tas] })))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const variables = (self: Workflow<unknown>): Workflow<ReadonlyArray<Variable>> =>
  fromParts(partsOf(self), result.variables)

/**
 * The same operation, but its output is returned as JSON.
 *
 * @example
 * ```ts
 * import { Variable, Workflow } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const statistics = WpsClient.run(Workflow.json(Workflow.make("EDAS.statistics", { inputs: [tas] })))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const json = (self: Workflow<unknown>): Workflow<unknown> => fromParts(partsOf(self), result.anything)

/**
 * A parameter by its name.
 *
 * @example
 * ```ts
 * import { Cdat, Variable, Workflow } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const axes = Workflow.parameter(Cdat.mean({ inputs: [tas], axes: ["time"] }), "axes")
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const parameter = (
  self: Workflow<unknown>,
  name: string
): Either.Either<Parameter.Parameter, MissingParameter> =>
  Either.fromNullable(
    self.parameters.find((one) => nameOf(one) === name),
    () =>
      new MissingParameter({
        identifier: self.identifier,
        parameter: name,
        given: self.parameters.map(nameOf)
      })
  )

/**
 * Encodes a workflow: the variables, domains and operations of the graph, each once. The operation itself comes first.
 * `Random` generates the missing names.
 *
 * @example
 * ```ts
 * import { Cdat, Variable, Workflow } from "@effect-wps/cwt"
 * import { Effect } from "effect"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas", id: "v0" })
 * const program = Effect.map(
 *   Workflow.encode(Cdat.max({ inputs: [tas], axes: ["lat"], id: "max" })),
 *   ({ operation }) => operation // [{ name: "CDAT.max", result: "max", input: ["v0"], axes: "lat" }]
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const encode = (self: Workflow<unknown>): Effect.Effect<DataInputs, InvalidWorkflow> =>
  encodeInternal.encode(self)

/**
 * Decodes a graph. Its root is the only operation that is not an input of another.
 *
 * @example
 * ```ts
 * import { DataInputs, Workflow } from "@effect-wps/cwt"
 * import { Either } from "effect"
 *
 * const text = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];` +
 *   `operation=[{"name":"CDAT.max","input":["v0"]}]`
 * const diagram = DataInputs.parse(text).pipe(Either.flatMap(Workflow.decode), Either.map(Workflow.toMermaid))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const decode = (
  inputs: DataInputs
): Either.Either<Workflow<ReadonlyArray<Variable>>, InvalidWorkflow | InvalidDataInputs> =>
  Either.flatMap(decodeAll(inputs), ([root, ...others]) =>
    root !== undefined && others.length === 0
      ? Either.right(root)
      : Either.left(
        new InvalidDataInputs({
          reason: root === undefined
            ? "there is no operation"
            : `${others.length + 1} operations are no input of another, so there are ${
              others.length + 1
            } workflows; read them with Workflow.decodeAll`
        })
      ))

/**
 * Decodes all graphs. Each root is an operation that is not an input of another.
 *
 * @example
 * ```ts
 * import { DataInputs, Workflow } from "@effect-wps/cwt"
 * import { Either } from "effect"
 *
 * const text = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];` +
 *   `operation=[{"name":"CDAT.max","input":["v0"]}]`
 * const workflows = Either.flatMap(DataInputs.parse(text), Workflow.decodeAll)
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const decodeAll = (
  inputs: DataInputs
): Either.Either<ReadonlyArray<Workflow<ReadonlyArray<Variable>>>, InvalidWorkflow> => decodeInternal.decode(inputs)

/**
 * The graph as Mermaid text, from the variables to the operation itself.
 *
 * @example
 * ```ts
 * import { Cdat, Variable, Workflow } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const text = Workflow.toMermaid(Cdat.mean({ inputs: [tas], axes: ["time"] }))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toMermaid = (self: Workflow<unknown>): string => draw.toMermaid(self)

/**
 * The graph as DOT text, for Graphviz.
 *
 * @example
 * ```ts
 * import { Cdat, Variable, Workflow } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const text = Workflow.toDot(Cdat.mean({ inputs: [tas], axes: ["time"] }))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toDot = (self: Workflow<unknown>): string => draw.toDot(self)
