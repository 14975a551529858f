import { DataValue, type Execute, type Operation, WpsError } from "@effect-wps/wps"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Variable from "../Variable.ts"
import { explain } from "./explain.ts"

/** Decodes the JSON of an output, or gives the reason why it cannot. */
export type Reader<A> = (json: unknown) => Either.Either<A, string>

const readVariables = Schema.decodeUnknownEither(Schema.Array(Variable.FromOutput))
const parse = Schema.decodeUnknownEither(Schema.parseJson())

/** Servers send a list, even for one variable. The API's contract has a single variable. */
export const variables: Reader<ReadonlyArray<Variable.Variable>> = (json) =>
  Either.mapLeft(
    readVariables(Predicate.hasProperty(json, "uri") ? [json] : json),
    (error) => `is not made of variables (${explain(error.issue)}); read it with Workflow.json`
  )

export const variable: Reader<Variable.Variable> = (json) =>
  Either.flatMap(variables(json), ([first, ...rest]) =>
    first === undefined || rest.length > 0
      ? Either.left(
        `has ${first === undefined ? 0 : rest.length + 1} variables and not one; read it with Workflow.variables`
      )
      : Either.right(first))

export const anything: Reader<unknown> = Either.right

/**
 * Reads the output that the contract calls `output`, or the only one. It may be in the answer or stored at an address.
 */
export const read = <A, E>(
  identifier: string,
  reader: Reader<A>,
  outputs: ReadonlyArray<Execute.OutputData>,
  { fetch }: Operation.OutputReader<E>
): Effect.Effect<A, WpsError.InvalidOutput | E> =>
  Effect.gen(function*() {
    const refused = (reason: string) => new WpsError.InvalidOutput({ identifier, output: "output", reason })
    const output = outputs.find((one) => one.identifier === "output") ?? (outputs.length === 1 ? outputs[0] : undefined)
    if (output === undefined) return yield* refused("is missing")
    const { data } = output
    const inline = data._tag === "Reference"
      ? yield* Effect.map(fetch(data), ({ content, contentType }) => DataValue.fetched(data, content, contentType))
      : data
    const text = yield* Either.mapLeft(DataValue.toText(inline), refused)
    const json = yield* Either.mapLeft(parse(text), () => refused("is no JSON"))
    return yield* Either.mapLeft(reader(json), refused)
  })
