/**
 * The three inputs that every process takes, as JSON: variables, domains and operations.
 *
 * @since 0.1.0
 */
import { DataValue, type Execute } from "@effect-wps/wps"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { InvalidDataInputs } from "./CwtError.ts"
import { explain } from "./internal/explain.ts"
import { Item } from "./internal/item.ts"
import { tokenize } from "./internal/tokenize.ts"

const Items = Schema.Array(Item)

/**
 * The three inputs as they are sent. `Workflow.encode` writes them, and `Workflow.decode` reads the graph from them.
 *
 * @since 0.1.0
 * @category models
 */
export const DataInputs = Schema.Struct({
  variable: Items,
  domain: Schema.optionalWith(Items, { default: () => [] }),
  operation: Items
})

/**
 * The three inputs as they are sent.
 *
 * @since 0.1.0
 * @category models
 */
export type DataInputs = typeof DataInputs.Type

/**
 * The three inputs as one JSON object.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<DataInputs, string> = Schema.parseJson(DataInputs)

const names = ["variable", "domain", "operation"] as const

const writeItems = Schema.encodeEither(Schema.parseJson(Items))
const readItem = Schema.decodeUnknownEither(Schema.parseJson())
const read = Schema.decodeUnknownEither(DataInputs)

const refused = (reason: string): Either.Either<never, InvalidDataInputs> =>
  Either.left(new InvalidDataInputs({ reason }))

/** Collects the three inputs. Their names are case-insensitive, and each may occur once. */
const collect = (
  parts: ReadonlyArray<readonly [name: string, text: string]>
): Either.Either<DataInputs, InvalidDataInputs> =>
  Either.gen(function*() {
    const found = new Map<string, unknown>()
    for (const [written, text] of parts) {
      const name = names.find((known) => known === written.toLowerCase())
      if (name === undefined) return yield* refused(`"${written.slice(0, 50)}" is none of ${names.join(", ")}`)
      if (found.has(name)) return yield* refused(`${name} stands twice`)
      found.set(
        name,
        yield* Either.mapLeft(readItem(text), () => new InvalidDataInputs({ reason: `${name} is no JSON` }))
      )
    }
    return yield* Either.mapLeft(
      read(Object.fromEntries(found)),
      (error) => new InvalidDataInputs({ reason: explain(error.issue) })
    )
  })

/**
 * Parses the form that the inputs have in a URL: `[variable=[…];domain=[…];operation=[…]]`, with or without the outer
 * brackets. Values may contain `=` and `;`, as file addresses do. Decode any percent-encoding first.
 *
 * @example
 * ```ts
 * import { DataInputs } from "@effect-wps/cwt"
 *
 * const inputs = DataInputs.parse(
 *   `[variable=[{"uri":"https://data.example.org/a?b=c;d","id":"tas|v0"}];domain=[];` +
 *     `operation=[{"name":"CDAT.sum","input":["v0"]}]]`
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const parse = (text: string): Either.Either<DataInputs, InvalidDataInputs> =>
  Either.flatMap(Either.mapLeft(tokenize(text), (reason) => new InvalidDataInputs({ reason })), collect)

/**
 * Reads the inputs from an Execute request.
 *
 * @example
 * ```ts
 * import { DataInputs } from "@effect-wps/cwt"
 * import { DataValue } from "@effect-wps/wps"
 *
 * const json = (text: string) => DataValue.complexText(text, "application/json")
 * const inputs = DataInputs.fromInputs([
 *   { identifier: "variable", data: json(`[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}]`) },
 *   { identifier: "domain", data: json("[]") },
 *   { identifier: "operation", data: json(`[{"name":"CDAT.max","input":["v0"]}]`) }
 * ])
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const fromInputs = (
  inputs: ReadonlyArray<Execute.DataInput>
): Either.Either<DataInputs, InvalidDataInputs> =>
  Either.flatMap(
    Either.all(
      inputs.map(({ data, identifier }) =>
        Either.mapBoth(DataValue.toText(data), {
          onLeft: (reason) => new InvalidDataInputs({ reason: `${identifier} ${reason}` }),
          onRight: (text) => [identifier, text] as const
        })
      )
    ),
    collect
  )

/**
 * Characters that JSON leaves as they are, but that XML cannot carry. They occur only in strings, where an escape means
 * the same.
 */
const noXml = /[\uFFFE\uFFFF]/g

const escaped = (character: string): string => `\\u${character.charCodeAt(0).toString(16)}`

const texts = (
  self: DataInputs
): Either.Either<ReadonlyArray<readonly [name: string, json: string]>, InvalidDataInputs> =>
  Either.all(
    names.map((name) =>
      Either.mapBoth(writeItems(self[name]), {
        onLeft: () => new InvalidDataInputs({ reason: `${name} has a value that JSON cannot hold` }),
        onRight: (json) => [name, json.replace(noXml, escaped)] as const
      })
    )
  )

/**
 * The inputs of an Execute request, in the order in which ESGF's client sends them.
 *
 * @example
 * ```ts
 * import { DataInputs } from "@effect-wps/cwt"
 * import { Operation } from "@effect-wps/wps"
 * import { Either } from "effect"
 *
 * const text = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];` +
 *   `operation=[{"name":"CDAT.max","input":["v0"]}]`
 * const operation = DataInputs.parse(text).pipe(
 *   Either.flatMap(DataInputs.toInputs),
 *   Either.map((inputs) =>
 *     Operation.make({
 *       identifier: "CDAT.max",
 *       inputs: inputs.map(({ data, identifier }) => [identifier, data] as const)
 *     })
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toInputs = (self: DataInputs): Either.Either<ReadonlyArray<Execute.DataInput>, InvalidDataInputs> =>
  Either.map(
    texts(self),
    (parts) =>
      parts.map(([identifier, json]) => ({ identifier, data: DataValue.complexText(json, "application/json") }))
  )

/**
 * Writes the form that `parse` reads.
 *
 * @example
 * ```ts
 * import { Cdat, DataInputs, Variable, Workflow } from "@effect-wps/cwt"
 * import { Effect } from "effect"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const text = Effect.flatMap(Workflow.encode(Cdat.abs({ inputs: [tas] })), DataInputs.format)
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (self: DataInputs): Either.Either<string, InvalidDataInputs> =>
  Either.map(texts(self), (parts) => `[${parts.map(([name, json]) => `${name}=${json}`).join(";")}]`)
