import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { DataPart, DataValue } from "../DataValue.ts"
import type { OutputData, OutputRequest } from "../Execute.ts"
import type * as Input from "../Input.ts"
import type { GivenInput, OutputReader } from "../Operation.ts"
import type * as Output from "../Output.ts"
import type { InputDescription, OutputDescription } from "../ProcessDescription.ts"
import { InputFault } from "../WpsError.ts"
import { fromEntries, get, has, keys } from "./record.ts"

/** The inputs or outputs of a process, or of a nested input or output, by their names. */
export type Fields<A> = ReadonlyArray<readonly [name: string, field: A]>

const names = (fields: Fields<unknown>): string =>
  fields.length === 0 ? "none" : fields.map(([name]) => name).join(", ")

const described = (identifier: string) => ({
  identifier,
  title: Option.some(identifier),
  abstract: Option.none(),
  keywords: [],
  metadata: []
})

export const describeInputs = (inputs: Fields<Input.Any>): ReadonlyArray<InputDescription> =>
  inputs.map(([name, { data, maxOccurs, minOccurs }]) => ({ ...described(name), minOccurs, maxOccurs, data }))

export const describeOutputs = (outputs: Fields<Output.Any>): ReadonlyArray<OutputDescription> =>
  outputs.map(([name, { data }]) => ({ ...described(name), data }))

/** The output requests for a process's outputs. */
export const requestOutputs = (outputs: Fields<Output.Any>): ReadonlyArray<OutputRequest> =>
  outputs.map(([identifier, { asReference, format, nested, uom }]) => ({
    identifier,
    format,
    uom,
    asReference,
    nested
  }))

/** Encodes what a caller gave, or gives every fault in it. */
export const encodeInputs = (
  owner: string,
  inputs: Fields<Input.Any>,
  given: unknown
): Either.Either<ReadonlyArray<GivenInput>, ReadonlyArray<InputFault>> => {
  const faults: Array<InputFault> = []
  const encoded: Array<GivenInput> = []
  for (const name of keys(given)) {
    if (!inputs.some(([known]) => known === name)) {
      faults.push(new InputFault({ input: name, reason: `is no input of ${owner}; it has ${names(inputs)}` }))
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
  return faults.length === 0 ? Either.right(encoded) : Either.left(faults)
}

/** Decodes what was sent to a server, or gives every fault in it. References are already fetched. */
export const decodeInputs = <A>(
  inputs: Fields<Input.Any>,
  received: ReadonlyArray<DataPart>
): Either.Either<A, ReadonlyArray<InputFault>> => {
  const faults: Array<InputFault> = []
  for (const { identifier } of received) {
    if (!inputs.some(([name]) => name === identifier)) {
      faults.push(new InputFault({ input: identifier, reason: "is no input" }))
    }
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
  return faults.length === 0 ? Either.right(fromEntries<A>(values)) : Either.left(faults)
}

/** Reads the outputs of a run. A fault names the output. */
export const decodeOutputs = <A, E>(
  outputs: Fields<Output.Any>,
  received: ReadonlyArray<OutputData>,
  reader: OutputReader<E>
): Effect.Effect<A, InputFault | E> =>
  Effect.forEach(
    outputs,
    ([name, output]) =>
      output.decode(received.filter((one) => one.identifier === name), reader).pipe(
        Effect.mapError((error) => typeof error === "string" ? new InputFault({ input: name, reason: error }) : error),
        Effect.map((value) => [name, value] as const)
      )
  ).pipe(Effect.map(fromEntries<A>))

/** Writes the outputs of a run, for a server. */
export const encodeOutputs = (
  outputs: Fields<Output.Any>,
  produced: unknown
): Either.Either<ReadonlyArray<readonly [identifier: string, data: DataValue]>, InputFault> => {
  const encoded: Array<readonly [string, DataValue]> = []
  for (const [name, output] of outputs) {
    const result = output.encode(get(produced, name))
    if (Either.isLeft(result)) return Either.left(new InputFault({ input: name, reason: result.left }))
    for (const data of result.right) encoded.push([name, data])
  }
  return Either.right(encoded)
}

export const isFault = Schema.is(InputFault)

/** Joins faults to one reason, for refusing a nested value. */
export const said = (faults: ReadonlyArray<InputFault>): string =>
  faults.map(({ input, reason }) => `${input}: ${reason}`).join("; ")
