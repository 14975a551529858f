/**
 * Converts requests to other forms: a program, JSON, a drawing. Nothing is run or sent.
 *
 * @since 0.1.0
 */
import { Wps100, Wps200 } from "@effect-wps/wps"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { InvalidDataInputs, type InvalidWorkflow } from "./CwtError.ts"
import * as DataInputs from "./DataInputs.ts"
import { explain } from "./internal/explain.ts"
import * as program from "./internal/program.ts"
import * as Workflow from "./Workflow.ts"

/**
 * The forms of a request. `document` is an Execute document of WPS 1.0.0 that asks for a job, as `WpsClient` sends it.
 *
 * @since 0.1.0
 * @category models
 */
export const Form = Schema.Literal("typescript", "document", "json", "datainputs", "mermaid", "dot")

/**
 * The forms of a request.
 *
 * @since 0.1.0
 * @category models
 */
export type Form = typeof Form.Type

const readJson = Schema.decodeUnknownEither(DataInputs.FromJson)
const writeJson = Schema.encodeEither(DataInputs.FromJson)

const readDocument = (document: string | Uint8Array): Either.Either<DataInputs.DataInputs, InvalidDataInputs> =>
  Either.orElse(Wps100.Wps100.decodeRequest(document), (error) =>
    // The error comes from the WPS version of the document.
    error.reason === "unexpected-root" ? Wps200.Wps200.decodeRequest(document) : Either.left(error)).pipe(
      Either.mapLeft((error) => new InvalidDataInputs({ reason: error.message })),
      Either.flatMap((request) =>
        request._tag === "Execute"
          ? DataInputs.fromInputs(request.request.inputs)
          : Either.left(new InvalidDataInputs({ reason: `the document is a ${request._tag} and no Execute` }))
      )
    )

const readJob = Schema.decodeUnknownOption(Schema.parseJson(Schema.Struct({ datainputs: Schema.String })))

/** Reads the three inputs, or a job of LLNL's API that contains them. */
const readObject = (text: string): Either.Either<DataInputs.DataInputs, InvalidDataInputs> =>
  Either.mapLeft(
    readJson(Option.match(readJob(text), { onNone: () => text, onSome: ({ datainputs }) => datainputs })),
    (error) => new InvalidDataInputs({ reason: explain(error.issue) })
  )

const unescape = (text: string): Either.Either<string, InvalidDataInputs> =>
  Either.try({
    try: () => decodeURIComponent(text),
    catch: () => new InvalidDataInputs({ reason: "their percent-encoding is broken" })
  })

/**
 * Reads the parameter `datainputs` of a URL, whose name is case-insensitive. A plus stays a plus, as for ESGF's
 * servers.
 */
const readAddress = (address: string): Either.Either<DataInputs.DataInputs, InvalidDataInputs> =>
  Either.fromNullable(
    /[?&]datainputs=([^&#]*)/i.exec(address)?.[1],
    () => new InvalidDataInputs({ reason: "the address has no parameter datainputs" })
  ).pipe(Either.flatMap(unescape), Either.flatMap(DataInputs.parse))

const readText = (source: string): Either.Either<DataInputs.DataInputs, InvalidDataInputs> => {
  const text = source.replace(/^\uFEFF/, "").trim()
  if (text.startsWith("<")) return readDocument(text)
  if (text.startsWith("{")) return readObject(text)
  if (/^https?:/i.test(text)) return readAddress(text)
  const inputs = text.replace(/^datainputs=/i, "")
  return /^\w+%3D|^%5B/i.test(inputs) ? Either.flatMap(unescape(inputs), DataInputs.parse) : DataInputs.parse(inputs)
}

const lessThan = 0x3c

/** UTF-16 is recognized by its byte order mark. */
const encodingOf = ([first, second]: Uint8Array): string =>
  first === 0xff && second === 0xfe ? "utf-16le" : first === 0xfe && second === 0xff ? "utf-16be" : "utf-8"

const readBytes = (source: Uint8Array): Either.Either<DataInputs.DataInputs, InvalidDataInputs> => {
  const start = source.indexOf(lessThan)
  // An XML document declares its own encoding.
  if (start >= 0 && new TextDecoder().decode(source.subarray(0, start)).trim() === "") {
    return readDocument(source.subarray(start))
  }
  const encoding = encodingOf(source)
  return Either.flatMap(
    Either.try({
      try: () => new TextDecoder(encoding, { fatal: true }).decode(source),
      catch: () => new InvalidDataInputs({ reason: `the text is no ${encoding.toUpperCase()}` })
    }),
    readText
  )
}

/**
 * Reads the three inputs from any of these: an Execute document, a JSON object, a job from LLNL's API, the URL of an
 * Execute request, or the inputs in such a URL: `[variable=[…];domain=[…];operation=[…]]`. Bytes are UTF-8, or UTF-16
 * with a byte order mark. An XML document may declare another encoding.
 *
 * @example
 * ```ts
 * import { Convert, Workflow } from "@effect-wps/cwt"
 * import { Either } from "effect"
 *
 * const source = `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];` +
 *   `operation=[{"name":"CDAT.max","input":["v0"]}]`
 * const drawing = Convert.read(source).pipe(Either.flatMap(Workflow.decode), Either.map(Workflow.toDot))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const read = (source: string | Uint8Array): Either.Either<DataInputs.DataInputs, InvalidDataInputs> =>
  typeof source === "string" ? readText(source) : readBytes(source)

/**
 * A program that makes the workflow and runs it, as a start for your own.
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
    /** The URL of the service. @default "https://compute.example.org/wps" */
    readonly url?: string | undefined
  }
): string => program.toTypeScript(self, options?.url ?? "https://compute.example.org/wps")

const writeDocument = (
  identifier: string,
  inputs: DataInputs.DataInputs
): Either.Either<string, InvalidDataInputs> =>
  Either.gen(function*() {
    const message = yield* Either.mapLeft(
      Wps100.Wps100.encodeRequest({
        _tag: "Execute",
        request: {
          identifier,
          inputs: yield* DataInputs.toInputs(inputs),
          response: { _tag: "Document", outputs: [], mode: "async", lineage: false },
          language: Option.none()
        }
      }),
      (faults) => new InvalidDataInputs({ reason: faults.map(({ input, reason }) => `${input}: ${reason}`).join("; ") })
    )
    return message._tag === "Post"
      ? message.body
      : yield* Either.left(new InvalidDataInputs({ reason: "WPS 1.0.0 does not send them as a document" }))
  })

/**
 * Reads the inputs as `read` does, and writes them in another form.
 *
 * @example
 * ```ts
 * import { Convert } from "@effect-wps/cwt"
 *
 * const diagram = Convert.convert(
 *   `variable=[{"uri":"https://data.example.org/tas.nc","id":"tas|v0"}];` +
 *     `operation=[{"name":"CDAT.max","input":["v0"]}]`,
 *   "mermaid"
 * )
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const convert = (
  source: string | Uint8Array,
  form: Form,
  options?: { readonly url?: string | undefined }
): Either.Either<string, InvalidDataInputs | InvalidWorkflow> =>
  Either.flatMap(read(source), (inputs): Either.Either<string, InvalidDataInputs | InvalidWorkflow> => {
    switch (form) {
      case "json":
        return Either.mapLeft(writeJson(inputs), (error) => new InvalidDataInputs({ reason: explain(error.issue) }))
      case "datainputs":
        return DataInputs.format(inputs)
      case "document":
        return Either.flatMap(Workflow.decode(inputs), ({ identifier }) => writeDocument(identifier, inputs))
      case "typescript":
        return Either.map(Workflow.decode(inputs), (workflow) => toTypeScript(workflow, options))
      case "mermaid":
        return Either.map(Workflow.decode(inputs), Workflow.toMermaid)
      case "dot":
        return Either.map(Workflow.decode(inputs), Workflow.toDot)
    }
  })
