/**
 * From what was sent to other forms of it: a program, JSON, a drawing. Nothing here is run or sent.
 *
 * @since 0.1.0
 */
import { Wps100, Wps200 } from "@effect-wps/wps"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { InvalidDataInputs, type InvalidWorkflow } from "./CwtError.ts"
import * as DataInputs from "./DataInputs.ts"
import { explain } from "./internal/explain.ts"
import * as program from "./internal/program.ts"
import * as Workflow from "./Workflow.ts"

/**
 * The forms that there are.
 *
 * @since 0.1.0
 * @category models
 */
export const Form = Schema.Literal("typescript", "json", "datainputs", "mermaid", "dot")

/**
 * The forms that there are.
 *
 * @since 0.1.0
 * @category models
 */
export type Form = typeof Form.Type

const readJson = Schema.decodeUnknownEither(DataInputs.FromJson)
const writeJson = Schema.encodeEither(DataInputs.FromJson)

const readDocument = (document: string): Either.Either<DataInputs.DataInputs, InvalidDataInputs> =>
  Either.orElse(Wps100.Wps100.decodeRequest(document), () => Wps200.Wps200.decodeRequest(document)).pipe(
    Either.mapLeft((error) => new InvalidDataInputs({ reason: error.message })),
    Either.flatMap((request) =>
      request._tag === "Execute"
        ? DataInputs.fromInputs(request.request.inputs)
        : Either.left(new InvalidDataInputs({ reason: `the document is a ${request._tag} and no Execute` }))
    )
  )

/**
 * Reads the three inputs from whatever holds them: an Execute document, a JSON object, or
 * `[variable=[…];domain=[…];operation=[…]]`.
 *
 * @example
 * ```ts
 * import { Convert, Workflow } from "@effect-wps/cwt"
 * import { Either } from "effect"
 *
 * const source = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];operation=[{"name":"CDAT.max","input":["v0"]}]`
 * const drawing = Convert.read(source).pipe(Either.flatMap(Workflow.decode), Either.map(Workflow.toDot))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const read = (source: string): Either.Either<DataInputs.DataInputs, InvalidDataInputs> => {
  const text = source.replace(/^\uFEFF/, "").trim()
  return text.startsWith("<")
    ? readDocument(text)
    : text.startsWith("{")
    ? Either.mapLeft(readJson(text), (error) => new InvalidDataInputs({ reason: explain(error.issue) }))
    : DataInputs.parse(text)
}

/**
 * A program that makes the workflow and runs it, to begin one's own with.
 *
 * @example
 * ```ts
 * import { Cdat, Convert, Variable } from "@effect-wps/cwt"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const text = Convert.toTypeScript(Cdat.mean({ inputs: [tas], axes: ["time"] }), {
 *   url: "https://compute.example.org/wps"
 * })
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toTypeScript = (
  self: Workflow.Workflow<unknown>,
  options?: {
    /** The service to run it at. @default "https://compute.example.org/wps" */
    readonly url?: string | undefined
  }
): string => program.toTypeScript(self, options?.url ?? "https://compute.example.org/wps")

/**
 * One form of the inputs from another: what `read` reads, in the form that is wanted.
 *
 * @example
 * ```ts
 * import { Convert } from "@effect-wps/cwt"
 *
 * const diagram = Convert.convert(
 *   `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];operation=[{"name":"CDAT.max","input":["v0"]}]`,
 *   "mermaid"
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const convert = (
  source: string,
  form: Form,
  options?: { readonly url?: string | undefined }
): Either.Either<string, InvalidDataInputs | InvalidWorkflow> =>
  Either.flatMap(read(source), (inputs): Either.Either<string, InvalidDataInputs | InvalidWorkflow> => {
    switch (form) {
      case "json":
        return Either.mapLeft(writeJson(inputs), (error) => new InvalidDataInputs({ reason: explain(error.issue) }))
      case "datainputs":
        return DataInputs.format(inputs)
      case "typescript":
        return Either.map(Workflow.decode(inputs), (workflow) => toTypeScript(workflow, options))
      case "mermaid":
        return Either.map(Workflow.decode(inputs), Workflow.toMermaid)
      case "dot":
        return Either.map(Workflow.decode(inputs), Workflow.toDot)
    }
  })
