import { type CwtError, Workflow } from "@effect-wps/cwt"
import { Effect, Either, Schema } from "effect"

const toText = Schema.encodeSync(Schema.parseJson())

/** JSON to the letter: the order of the keys counts. */
export const text = (value: unknown): string => toText(value)

/** What a workflow sends, to the letter. */
export const sent = (workflow: Workflow.Workflow<unknown>): Effect.Effect<string, CwtError.InvalidWorkflow> =>
  Effect.map(Workflow.encode(workflow), text)

/** What a value is written as, or why it is not. */
export const write = <A, I>(schema: Schema.Schema<A, I>, value: A): string =>
  Either.match(Schema.encodeEither(schema)(value), { onLeft: (error) => `refused: ${error.message}`, onRight: text })

/** What is wrong with a text or document, or nothing. */
export const refusal = <A, I>(schema: Schema.Schema<A, I>, json: unknown): string =>
  Either.match(Schema.decodeUnknownEither(schema)(json), { onLeft: (error) => error.message, onRight: () => "" })

/** Everything that is wrong with a workflow. */
export const faults = (
  workflow: Workflow.Workflow<unknown>
): Effect.Effect<ReadonlyArray<string>, unknown> =>
  Effect.map(Effect.flip(Workflow.encode(workflow)), (error) => error.faults.map((fault) => fault.message))

/** What a caller without types gives. */
export const untyped = Schema.decodeUnknownSync(Schema.parseJson(Schema.Any))
