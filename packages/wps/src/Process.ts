/**
 * A process with its types: called with its inputs it gives an `Operation`, whose result type is inferred.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type * as Types from "effect/Types"
import type { DataValue } from "./DataValue.ts"
import type { DataInput, OutputData, OutputRequest } from "./Execute.ts"
import type * as Input from "./Input.ts"
import { entries, fromEntries, get, has, keys } from "./internal/record.ts"
import * as Operation from "./Operation.ts"
import type * as Output from "./Output.ts"
import { InputFault, InvalidInputs, InvalidOutput } from "./WpsError.ts"

/**
 * Inputs by their identifiers.
 *
 * @since 0.1.0
 * @category models
 */
export type Inputs = Readonly<Record<string, Input.Any>>

/**
 * Outputs by their identifiers.
 *
 * @since 0.1.0
 * @category models
 */
export type Outputs = Readonly<Record<string, Output.Any>>

type OptionalKeys<I extends Inputs> = {
  [K in keyof I]: I[K] extends { readonly isOptional: true } ? K : never
}[keyof I]

/**
 * What a caller gives: every input by its name, the optional ones if wanted.
 *
 * @since 0.1.0
 * @category models
 */
export type Given<I extends Inputs> = keyof I extends never ? { readonly [name: string]: never }
  : Types.Simplify<
    & { readonly [K in Exclude<keyof I, OptionalKeys<I>>]: Input.Given<I[K]> }
    & { readonly [K in OptionalKeys<I>]?: Input.Given<I[K]> }
  >

/**
 * What a server that runs the process reads.
 *
 * @since 0.1.0
 * @category models
 */
export type Values<I extends Inputs> = { readonly [K in keyof I]: Input.Value<I[K]> }

/**
 * What a run of the process gives.
 *
 * @since 0.1.0
 * @category models
 */
export type Results<O extends Outputs> = { readonly [K in keyof O]: Output.Value<O[K]> }

/**
 * What a server that runs the process writes the outputs from.
 *
 * @since 0.1.0
 * @category models
 */
export type Produced<O extends Outputs> = { readonly [K in keyof O]: Output.Produced<O[K]> }

/**
 * What any process says of itself.
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
 * A process. Call it with its inputs.
 *
 * @since 0.1.0
 * @category models
 */
export interface Process<I extends Inputs, O extends Outputs> extends Any, Operation.Outputs<Results<O>> {
  (given: Given<I>): Operation.Operation<Results<O>>
  readonly identifier: string
  readonly inputs: I
  readonly outputs: O
  /** Reads what a caller sent, references already fetched: every input, or every fault. */
  readonly decodeInputs: (
    inputs: ReadonlyArray<DataInput>
  ) => Either.Either<Values<I>, ReadonlyArray<InputFault>>
  /** Writes what a run gave. */
  readonly encodeOutputs: (
    produced: Produced<O>
  ) => Either.Either<ReadonlyArray<readonly [identifier: string, data: DataValue]>, InputFault>
}

/**
 * Declares a process, once, for callers and for servers that run it.
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
  const requests = outputs.map(([name, output]): OutputRequest => ({
    identifier: name,
    format: output.format,
    uom: output.uom,
    asReference: output.asReference
  }))

  const encodeInputs = (given: Given<I>): Either.Either<ReadonlyArray<DataInput>, InvalidInputs> => {
    const faults: Array<InputFault> = []
    const encoded: Array<DataInput> = []
    for (const name of keys(given)) {
      if (!Object.hasOwn(options.inputs, name)) {
        faults.push(new InputFault({ input: name, reason: `is no input of ${identifier}; it has ${names(inputs)}` }))
      }
    }
    for (const [name, input] of inputs) {
      if (!has(given, name)) {
        if (input.minOccurs > 0) faults.push(new InputFault({ input: name, reason: "is missing" }))
        continue
      }
      Either.match(input.encode(get(given, name)), {
        onLeft: (reason) => {
          faults.push(new InputFault({ input: name, reason }))
        },
        onRight: (occurrences) => {
          for (const data of occurrences) encoded.push({ identifier: name, data })
        }
      })
    }
    return faults.length === 0 ? Either.right(encoded) : Either.left(new InvalidInputs({ identifier, faults }))
  }

  const read = <E>(
    received: ReadonlyArray<OutputData>,
    reader: Operation.OutputReader<E>
  ): Effect.Effect<Results<O>, InvalidOutput | E> =>
    Effect.forEach(
      outputs,
      ([name, output]) =>
        output.decode(Option.fromNullable(received.find((one) => one.identifier === name)), reader).pipe(
          Effect.mapError((error) =>
            typeof error === "string" ? new InvalidOutput({ identifier, output: name, reason: error }) : error
          ),
          Effect.map((value) => [name, value] as const)
        )
    ).pipe(Effect.map(fromEntries<Results<O>>))

  const decodeInputs = (received: ReadonlyArray<DataInput>): Either.Either<Values<I>, ReadonlyArray<InputFault>> => {
    const faults: Array<InputFault> = []
    for (const { identifier: name } of received) {
      if (!Object.hasOwn(options.inputs, name)) faults.push(new InputFault({ input: name, reason: "is no input" }))
    }
    const values = inputs.map(([name, input]) => {
      const occurrences = received.filter((one) => one.identifier === name).map((one) => one.data)
      if (occurrences.length === 0 && input.minOccurs > 0) {
        faults.push(new InputFault({ input: name, reason: "is missing" }))
        return [name, undefined] as const
      }
      return [
        name,
        Either.getOrElse(input.decode(occurrences), (reason) => {
          faults.push(new InputFault({ input: name, reason }))
          return undefined
        })
      ] as const
    })
    return faults.length === 0 ? Either.right(fromEntries<Values<I>>(values)) : Either.left(faults)
  }

  const encodeOutputs: Process<I, O>["encodeOutputs"] = (produced) => {
    const encoded: Array<readonly [string, DataValue]> = []
    for (const [name, output] of outputs) {
      const result = output.encode(get(produced, name))
      if (Either.isLeft(result)) return Either.left(new InputFault({ input: name, reason: result.left }))
      if (Option.isSome(result.right)) encoded.push([name, result.right.value])
    }
    return Either.right(encoded)
  }

  const call = (given: Given<I>): Operation.Operation<Results<O>> =>
    Operation.fromParts({ identifier, inputs: Effect.suspend(() => encodeInputs(given)), outputs: requests, read })

  return Object.assign(call, {
    identifier,
    inputs: options.inputs,
    outputs: options.outputs,
    title: options.title ?? identifier,
    abstract: Option.fromNullable(options.abstract),
    version: Option.fromNullable(options.version),
    read,
    decodeInputs,
    encodeOutputs
  })
}

const names = (fields: ReadonlyArray<readonly [string, unknown]>): string =>
  fields.length === 0 ? "none" : fields.map(([name]) => name).join(", ")
