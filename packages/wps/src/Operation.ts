/**
 * One run of a process, as a plain value: the process, its inputs, and how its outputs are read.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import { dual } from "effect/Function"
import * as Option from "effect/Option"
import { type Pipeable, pipeArguments } from "effect/Pipeable"
import { anyFormat, type DataValue, type Reference } from "./DataValue.ts"
import type { OutputData, OutputRequest } from "./Execute.ts"
import type { Upload } from "./Upload.ts"
import { type InvalidInputs, InvalidOutput } from "./WpsError.ts"

/**
 * The bytes that a reference leads to, and their content type.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fetched {
  readonly content: Uint8Array
  /** As the transport names it: `text/csv; charset=ISO-8859-1`. */
  readonly contentType: Option.Option<string>
}

/**
 * What the reading of outputs may need from the client: a way to fetch references.
 *
 * @since 0.1.0
 * @category models
 */
export interface OutputReader<E = never> {
  readonly fetch: (reference: Reference) => Effect.Effect<Fetched, E>
}

/**
 * Reads a job's outputs. Both a `Process` and an `Operation` do this; `WpsClient.attach` takes either.
 *
 * @since 0.1.0
 * @category models
 */
export interface Outputs<out A> {
  readonly identifier: string
  readonly read: <E>(
    outputs: ReadonlyArray<OutputData>,
    reader: OutputReader<E>
  ) => Effect.Effect<A, InvalidOutput | E>
}

/**
 * One occurrence of an input: its value, or an `Upload`, which is sent while it is read.
 *
 * @since 0.1.0
 * @category models
 */
export interface GivenInput {
  readonly identifier: string
  readonly data: DataValue | Upload
}

/**
 * A run of a process whose result is an `A`. Pass it to `WpsClient.execute`, `WpsClient.run` or `WpsClient.raw`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Operation<out A> extends Outputs<A>, Pipeable {
  /** Gives the encoded inputs, or fails with every fault in them. */
  readonly inputs: Effect.Effect<ReadonlyArray<GivenInput>, InvalidInputs>
  /** Empty means every output. */
  readonly outputs: ReadonlyArray<OutputRequest>
}

/**
 * Makes an operation from its parts, for processes that are known only at run time. `Process.make` is the typed way.
 *
 * @example
 * ```ts
 * import { DataValue, Operation, WpsClient } from "@effect-wps/wps"
 *
 * const echo = Operation.make({
 *   identifier: "echo",
 *   inputs: [["message", DataValue.literal("hello")]]
 * })
 * const outputs = WpsClient.run(echo)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly identifier: string
  readonly inputs?: ReadonlyArray<readonly [identifier: string, data: DataValue | Upload]> | undefined
  readonly outputs?: ReadonlyArray<string | OutputRequest> | undefined
}): Operation<ReadonlyArray<OutputData>> => {
  const { identifier } = options
  const requests = (options.outputs ?? []).map((output) => typeof output === "string" ? request(output) : output)
  /** WPS 2.0 has no way to ask for a unit, so the unit of the answer is compared with the one that was wanted. */
  const inAnother = ({ data, identifier }: OutputData): boolean =>
    data._tag === "LiteralData" && Option.isSome(data.uom) &&
    requests.some((one) =>
      one.identifier === identifier && Option.isSome(one.uom) && !Option.contains(data.uom, one.uom.value)
    )
  return fromParts({
    identifier,
    inputs: Effect.succeed((options.inputs ?? []).map(([identifier, data]) => ({ identifier, data }))),
    outputs: requests,
    read: (outputs) =>
      Option.match(Option.fromNullable(outputs.find(inAnother)), {
        onNone: () => Effect.succeed(outputs),
        onSome: ({ identifier: output }) =>
          Effect.fail(new InvalidOutput({ identifier, output, reason: "has another unit than was asked for" }))
      })
  })
}

/**
 * Asks for an output by its identifier, in the server's default format.
 *
 * @since 0.1.0
 * @category constructors
 */
export const request = (identifier: string, options?: Partial<Omit<OutputRequest, "identifier">>): OutputRequest => ({
  identifier,
  format: options?.format ?? anyFormat,
  uom: options?.uom ?? Option.none(),
  asReference: options?.asReference ?? false,
  nested: options?.nested ?? []
})

/**
 * Makes an operation from all its parts.
 *
 * @since 0.1.0
 * @category constructors
 */
export const fromParts = <A>(parts: Omit<Operation<A>, "pipe">): Operation<A> => ({
  ...parts,
  pipe() {
    return pipeArguments(this, arguments)
  }
})

/**
 * Changes the result of an operation.
 *
 * @example
 * ```ts
 * import { Operation, Output, Process } from "@effect-wps/wps"
 * import { Schema } from "effect"
 *
 * const now = Process.make("now", { inputs: {}, outputs: { time: Output.literal(Schema.Date) } })
 * const year = now().pipe(Operation.map(({ time }) => time.getUTCFullYear()))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const map: {
  <A, B>(f: (value: A) => B): (self: Operation<A>) => Operation<B>
  <A, B>(self: Operation<A>, f: (value: A) => B): Operation<B>
} = dual(
  2,
  <A, B>(self: Operation<A>, f: (value: A) => B): Operation<B> => mapEffect(self, (value) => Effect.succeed(f(value)))
)

/**
 * Changes the result of an operation with an effect, which may fail with `InvalidOutput`.
 *
 * @example
 * ```ts
 * import { Operation, Output, Process } from "@effect-wps/wps"
 * import { Effect, Schema } from "effect"
 *
 * const now = Process.make("now", { inputs: {}, outputs: { time: Output.literal(Schema.Date) } })
 * const year = now().pipe(Operation.mapEffect(({ time }) => Effect.succeed(time.getUTCFullYear())))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const mapEffect: {
  <A, B>(f: (value: A) => Effect.Effect<B, InvalidOutput>): (self: Operation<A>) => Operation<B>
  <A, B>(self: Operation<A>, f: (value: A) => Effect.Effect<B, InvalidOutput>): Operation<B>
} = dual(2, <A, B>(self: Operation<A>, f: (value: A) => Effect.Effect<B, InvalidOutput>): Operation<B> =>
  fromParts({
    identifier: self.identifier,
    inputs: self.inputs,
    outputs: self.outputs,
    read: <E>(outputs: ReadonlyArray<OutputData>, reader: OutputReader<E>): Effect.Effect<B, InvalidOutput | E> =>
      Effect.flatMap(self.read(outputs, reader), f)
  }))
