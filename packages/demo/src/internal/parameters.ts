import type { Workflow } from "@effect-wps/cwt"
import { Either, Option } from "effect"
import { ComputeError } from "../ComputeError.ts"
import { parseNumber } from "./parseNumber.ts"

/** What an operation is told beside its inputs, each as the texts that it is sent as. */
export type Parameters = ReadonlyMap<string, ReadonlyArray<string>>

export const of = ({ parameters }: Pick<Workflow.Workflow<unknown>, "parameters">): Parameters =>
  new Map(parameters.map(({ name, values }) => [name, values.map(String).filter((value) => value !== "")]))

const invalid = (name: string, detail: string): Either.Either<never, ComputeError> =>
  Either.left(new ComputeError({ reason: "invalid-parameter", subject: name, detail }))

export const texts = (parameters: Parameters, name: string): ReadonlyArray<string> => parameters.get(name) ?? []

export const text = (
  parameters: Parameters,
  name: string
): Either.Either<string | undefined, ComputeError> => {
  const [first, ...rest] = texts(parameters, name)
  return rest.length > 0 ? invalid(name, `it is given ${rest.length + 1} values. Give one.`) : Either.right(first)
}

export const numbers = (
  parameters: Parameters,
  name: string
): Either.Either<ReadonlyArray<number>, ComputeError> =>
  Either.all(
    texts(parameters, name).map((value) =>
      Option.match(parseNumber(value), {
        onNone: () => invalid(name, `"${value}" is no number. Write it with digits, as 0.5 or 1e-3.`),
        onSome: Either.right
      })
    )
  )

export const number = (
  parameters: Parameters,
  name: string
): Either.Either<number | undefined, ComputeError> =>
  Either.flatMap(
    text(parameters, name),
    (one) => one === undefined ? Either.right(undefined) : Either.map(numbers(parameters, name), ([first]) => first)
  )

export const oneOf = <A extends string>(
  parameters: Parameters,
  name: string,
  literals: ReadonlyArray<A>
): Either.Either<A | undefined, ComputeError> =>
  Either.flatMap(text(parameters, name), (one) => {
    const found = literals.find((literal) => literal === one)
    return one === undefined || found !== undefined
      ? Either.right(found)
      : invalid(name, `"${one}" is not known. Give one of ${literals.join(", ")}.`)
  })

export const required = <A>(
  name: string,
  value: Either.Either<A | undefined, ComputeError>
): Either.Either<A, ComputeError> =>
  Either.flatMap(
    value,
    (found) => found === undefined ? invalid(name, "it is missing. Give one.") : Either.right(found)
  )
