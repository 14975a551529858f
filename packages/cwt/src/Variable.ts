/**
 * A variable in a file. Operations take variables as inputs and return variables.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import * as Hash from "effect/Hash"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as Domain from "./Domain.ts"
import * as equal from "./internal/equal.ts"
import * as ids from "./internal/ids.ts"
import { unchecked } from "./internal/made.ts"
import { short } from "./internal/short.ts"

/**
 * The variable `name` in the file at `uri`.
 *
 * A workflow identifies variables by reference: one variable that is used twice is sent once.
 *
 * @since 0.1.0
 * @category models
 */
export class Variable extends Schema.Class<Variable>("@effect-wps/cwt/Variable")({
  uri: Schema.String,
  /** The name of the variable in the file. */
  name: Schema.String,
  /** The name of the variable in the request. Without one, a random name is generated when the workflow is encoded. */
  id: Schema.OptionFromSelf(Schema.String),
  /**
   * The domains that the variable covers. A string is the name of a domain in the same request. EDAS accepts several
   * domains.
   */
  domains: Schema.Array(Schema.Union(Schema.typeSchema(Domain.Domain), Schema.String)),
  mimeType: Schema.OptionFromSelf(Schema.String)
}) {
  [Equal.symbol](that: unknown): boolean {
    return isVariable(that) && this.uri === that.uri && this.name === that.name && Equal.equals(this.id, that.id) &&
      Equal.equals(this.mimeType, that.mimeType) && equal.lists(this.domains, that.domains)
  }

  [Hash.symbol](): number {
    return Hash.cached(
      this,
      Hash.array([this.uri, this.name, this.id, this.mimeType, Hash.array(this.domains)])
    )
  }
}

/**
 * Makes a variable.
 *
 * @example
 * ```ts
 * import { Domain, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const south = Variable.make({
 *   uri: "https://data.example.org/pr.nc",
 *   name: "pr",
 *   domain: Domain.make({ lat: [-90, 0] })
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = (options: {
  readonly uri: string
  readonly name: string
  readonly id?: string | undefined
  readonly domain?: Domain.Domain | string | ReadonlyArray<Domain.Domain | string> | undefined
  readonly mimeType?: string | undefined
}): Variable =>
  new Variable({
    uri: options.uri,
    name: options.name,
    id: Option.fromNullable(options.id),
    domains: options.domain === undefined ? [] : isSeveral(options.domain) ? [...options.domain] : [options.domain],
    mimeType: Option.fromNullable(options.mimeType)
  }, unchecked)

const isSeveral = (
  domain: Domain.Domain | string | ReadonlyArray<Domain.Domain | string>
): domain is ReadonlyArray<Domain.Domain | string> => Array.isArray(domain)

/**
 * Whether a value is a variable.
 *
 * @since 0.1.0
 * @category guards
 */
export const isVariable: (value: unknown) => value is Variable = Schema.is(Schema.typeSchema(Variable))

/**
 * The address at which the whole file can be downloaded. A THREDDS server offers a file through OPeNDAP (`…/dodsC/…`)
 * and as a download (`…/fileServer/…`). Any other address is returned unchanged. An `Llnl.Output` is accepted too.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 * import { WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/thredds/dodsC/tas.nc", name: "tas" })
 * const file = WpsClient.run(Cdat.abs({ inputs: [tas] })).pipe(
 *   Effect.map((output) => WpsClient.downloadStream(Variable.fileServer(output)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category getters
 */
export const fileServer = ({ uri }: { readonly uri: string }): string =>
  uri.replace(/^(https?:\/\/[^?#]*?)\/dodsC\/([^?#]*).*$/s, "$1/fileServer/$2")

const optional = Schema.optional(Schema.NullOr(Schema.String))

/**
 * The JSON form of a variable. `id` is its name in the file, a bar, and its name in the request. The bar and the second
 * name may be absent. In an output, `domain` may be a whole domain, and the media type may be called `mime-type`.
 *
 * @since 0.1.0
 * @category schemas
 */
export const Json = Schema.Struct({
  uri: ids.required(Schema.String),
  id: Schema.optional(Schema.NullOr(Schema.String)),
  domain: Schema.optional(Schema.NullOr(Schema.Union(Schema.String, Domain.Json))),
  mime_type: optional,
  "mime-type": optional
})

/**
 * The JSON form of a variable.
 *
 * @since 0.1.0
 * @category schemas
 */
export type Json = typeof Json.Type

const readDomain = ParseResult.decodeUnknownEither(Domain.FromJson)

/** The names of a variable's domains. By now each domain must have one. */
const domainNames = (variable: Variable): Either.Either<ReadonlyArray<string>, string> =>
  Either.all(
    variable.domains.map((domain) =>
      Either.filterOrLeft(
        typeof domain === "string"
          ? Either.right(domain)
          : Either.fromOption(domain.id, () => "its domain has no id; give it one, or send it as part of a workflow"),
        (name) => name !== "" && !name.includes("|"),
        (name) => `the name "${short(name)}" of its domain is empty or has a bar, which parts names; give another`
      )
    )
  )

const decoder = (allowUnnamed: boolean): Schema.Schema<Variable, Json> =>
  Schema.transformOrFail(Json, Schema.typeSchema(Variable), {
    strict: true,
    decode: (json, _, ast) =>
      Either.gen(function*() {
        const { domain } = json
        const text = json.id ?? ""
        const { id, name } = allowUnnamed && (text === "" || text.startsWith("|"))
          ? { id: Option.liftPredicate(text.slice(1), (id) => id !== ""), name: "" }
          : yield* Either.mapLeft(
            typeof json.id === "string" ? ids.split(json.id) : Either.left("id is missing"),
            (reason) => new ParseResult.Type(ast, json, reason)
          )
        return new Variable({
          uri: json.uri,
          name,
          id,
          domains: typeof domain === "string"
            ? domain === "" ? [] : domain.split("|")
            : domain === undefined || domain === null
            ? []
            : [yield* Either.mapLeft(readDomain(domain), (issue) => new ParseResult.Pointer("domain", domain, issue))],
          mimeType: Option.fromNullable(json.mime_type ?? json["mime-type"])
        }, unchecked)
      }),
    encode: (variable, _, ast) =>
      Either.mapLeft(
        Either.gen(function*() {
          const domain = (yield* domainNames(variable)).join("|")
          return {
            uri: variable.uri,
            id: yield* ids.join(variable),
            ...(domain === "" ? {} : { domain }),
            ...Option.match(variable.mimeType, { onNone: () => ({}), onSome: (type) => ({ mime_type: type }) })
          }
        }),
        (reason) => new ParseResult.Type(ast, variable, reason)
      )
  })

/**
 * Decodes and encodes a variable. Encoding fails if the variable has no `id`.
 *
 * @example
 * ```ts
 * import { Variable } from "@effect-wps/cwt"
 * import { Schema } from "effect"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas", id: "v0" })
 * const json = Schema.encodeEither(Variable.FromJson)(tas)
 * // { uri: "https://data.example.org/tas.nc", id: "tas|v0" }
 * ```
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromJson: Schema.Schema<Variable, Json> = decoder(false)

/**
 * Decodes a variable from the output of a process. It may have no name at all.
 *
 * @since 0.1.0
 * @category schemas
 */
export const FromOutput: Schema.Schema<Variable, Json> = decoder(true)
