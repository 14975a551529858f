/**
 * A typed process. A call with its inputs gives an `Operation`, whose result type is inferred.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { DataValue } from "./DataValue.ts"
import type { DataInput, OutputData } from "./Execute.ts"
import type * as Input from "./Input.ts"
import * as fields from "./internal/fields.ts"
import { entries } from "./internal/record.ts"
import * as Operation from "./Operation.ts"
import type * as Output from "./Output.ts"
import type { ProcessDescription } from "./ProcessDescription.ts"
import { type InputFault, InvalidInputs, InvalidOutput } from "./WpsError.ts"

/**
 * Inputs by their identifiers.
 *
 * @since 0.1.0
 * @category models
 */
export type Inputs = Input.Fields

/**
 * Outputs by their identifiers.
 *
 * @since 0.1.0
 * @category models
 */
export type Outputs = Output.Fields

/**
 * What a caller gives for the inputs, by their identifiers. Optional inputs may be left out.
 *
 * @since 0.1.0
 * @category models
 */
export type Given<I extends Inputs> = Input.FieldsGiven<I>

/**
 * What a server that runs the process reads from the inputs.
 *
 * @since 0.1.0
 * @category models
 */
export type Values<I extends Inputs> = Input.FieldsValue<I>

/**
 * The result of a run of the process.
 *
 * @since 0.1.0
 * @category models
 */
export type Results<O extends Outputs> = Output.FieldsValue<O>

/**
 * What a server that runs the process writes the outputs from.
 *
 * @since 0.1.0
 * @category models
 */
export type Produced<O extends Outputs> = Output.FieldsProduced<O>

/**
 * What every process has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Any {
  readonly identifier: string
  readonly inputs: Inputs
  readonly outputs: Outputs
  readonly title: string
  readonly abstract: Option.Option<string>
  readonly version: Option.Option<string>
}

/**
 * The arguments of a call: the inputs, or nothing if all of them may be left out.
 *
 * @since 0.1.0
 * @category models
 */
export type GivenArguments<I extends Inputs> = {} extends Given<I> ? [given?: Given<I>] : [given: Given<I>]

/**
 * A process. Call it with its inputs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Process<I extends Inputs, O extends Outputs> extends Any, Operation.Outputs<Results<O>> {
  (...given: GivenArguments<I>): Operation.Operation<Results<O>>
  readonly identifier: string
  readonly inputs: I
  readonly outputs: O
  /** Reads all the inputs that a caller sent, or gives every fault in them. References are already fetched. */
  readonly decodeInputs: (
    inputs: ReadonlyArray<DataInput>
  ) => Either.Either<Values<I>, ReadonlyArray<InputFault>>
  /** Writes the outputs of a run. */
  readonly encodeOutputs: (
    produced: Produced<O>
  ) => Either.Either<ReadonlyArray<readonly [identifier: string, data: DataValue]>, InputFault>
}

/**
 * Declares a process once, for callers and for servers that run it.
 *
 * @example
 * ```ts
 * import { Input, Output, Process, WpsClient } from "@effect-wps/wps"
 * import { Effect, Schema } from "effect"
 *
 * const GeoJson = Schema.Struct({ type: Schema.String, coordinates: Schema.Array(Schema.Unknown) })
 *
 * const buffer = Process.make("JTS:buffer", {
 *   inputs: {
 *     geom: Input.complex(GeoJson, "application/json"),
 *     distance: Input.literal(Schema.Number),
 *     quadrantSegments: Input.optional(Input.literal(Schema.Int))
 *   },
 *   outputs: { result: Output.complex(GeoJson, "application/json") }
 * })
 *
 * const program = Effect.gen(function*() {
 *   const { result } = yield* WpsClient.run(buffer({ geom: { type: "Point", coordinates: [0, 0] }, distance: 2 }))
 *   return result.coordinates
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <const I extends Inputs, const O extends Outputs>(
  identifier: string,
  options: {
    readonly inputs: I
    readonly outputs: O
    readonly title?: string | undefined
    readonly abstract?: string | undefined
    readonly version?: string | undefined
  }
): Process<I, O> => {
  const inputs = entries(options.inputs)
  const outputs = entries(options.outputs)
  const requests = fields.requestOutputs(outputs)

  const encodeInputs = (
    given: Given<I> | undefined
  ): Either.Either<ReadonlyArray<Operation.GivenInput>, InvalidInputs> =>
    Either.mapLeft(
      fields.encodeInputs(identifier, inputs, given),
      (faults) => new InvalidInputs({ identifier, faults })
    )

  const read = <E>(
    received: ReadonlyArray<OutputData>,
    reader: Operation.OutputReader<E>
  ): Effect.Effect<Results<O>, InvalidOutput | E> =>
    Effect.mapError(
      fields.decodeOutputs<Results<O>, E>(outputs, received, reader),
      (error) =>
        fields.isFault(error)
          ? new InvalidOutput({ identifier, output: error.input, reason: error.reason })
          : error
    )

  const call = (...[given]: GivenArguments<I>): Operation.Operation<Results<O>> =>
    Operation.fromParts({ identifier, inputs: Effect.suspend(() => encodeInputs(given)), outputs: requests, read })

  return Object.assign(call, {
    identifier,
    inputs: options.inputs,
    outputs: options.outputs,
    title: options.title ?? identifier,
    abstract: Option.fromNullable(options.abstract),
    version: Option.fromNullable(options.version),
    read,
    decodeInputs: (received: ReadonlyArray<DataInput>) => fields.decodeInputs<Values<I>>(inputs, received),
    encodeOutputs: (produced: Produced<O>) => fields.encodeOutputs(outputs, produced)
  })
}

/**
 * The description of a process, for a server that has it.
 *
 * @example
 * ```ts
 * import { Output, Process } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const now = Process.make("now", { inputs: {}, outputs: { time: Output.literal(Schema.Date) } })
 * const description = Process.describe(now, { jobControlOptions: ["sync-execute"], outputTransmission: ["value"] })
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const describe = (
  process: Any,
  options: Pick<ProcessDescription, "jobControlOptions" | "outputTransmission">
): ProcessDescription => ({
  identifier: process.identifier,
  title: Option.some(process.title),
  abstract: process.abstract,
  version: process.version,
  keywords: [],
  metadata: [],
  profiles: [],
  wsdl: Option.none(),
  ...options,
  inputs: fields.describeInputs(entries(process.inputs)),
  outputs: fields.describeOutputs(entries(process.outputs))
})
