/**
 * A protocol version, as a value: pure functions between the version-free model and the messages on the wire.
 *
 * The version does not decide how an answer is read. The root element of the document does, because servers may answer
 * in another version than that of the request.
 *
 * @since 0.1.0
 */
import type { XmlError } from "@effect-wps/xml"
import type * as Either from "effect/Either"
import type * as Option from "effect/Option"
import type { Capabilities } from "./Capabilities.ts"
import type { ExecuteRequest, ExecuteResponse, ResponseForm } from "./Execute.ts"
import type { ExceptionReport, OwsException } from "./Ows.ts"
import type { ProcessDescription } from "./ProcessDescription.ts"
import type { InputFault } from "./WpsError.ts"

/**
 * A query parameter. Commas separate the items of a list; a comma within an item is escaped.
 *
 * @see OGC 06-121r3 §11.5.3
 * @since 0.1.0
 * @category models
 */
export type Parameter = readonly [name: string, value: string | ReadonlyArray<string>]

/**
 * A message to the server: query parameters by GET, or a document by POST.
 *
 * @since 0.1.0
 * @category models
 */
export type WpsMessage =
  | { readonly _tag: "Get"; readonly parameters: ReadonlyArray<Parameter> }
  | { readonly _tag: "Post"; readonly body: string }

/**
 * A request to a service.
 *
 * @since 0.1.0
 * @category models
 */
export type WpsRequest =
  | {
    readonly _tag: "GetCapabilities"
    /** The versions that the client speaks, best first. */
    readonly acceptVersions: ReadonlyArray<string>
    readonly language: Option.Option<string>
  }
  | {
    readonly _tag: "DescribeProcess"
    /** `ALL` means every process. */
    readonly identifiers: ReadonlyArray<string>
    readonly language: Option.Option<string>
  }
  | { readonly _tag: "Execute"; readonly request: ExecuteRequest }
  | { readonly _tag: "GetStatus" | "GetResult" | "Dismiss"; readonly jobId: string }

/**
 * An answer of a service. Three of them are about a job. `ExecuteResponse` (WPS 1.0.0) holds both the status and, at
 * the end, the outputs. WPS 2.0 has `StatusInfo` for the status and `Result` for the outputs.
 *
 * @since 0.1.0
 * @category models
 */
export type WpsResponse =
  | { readonly _tag: "Capabilities"; readonly value: Capabilities }
  | { readonly _tag: "ProcessDescriptions"; readonly value: ReadonlyArray<ProcessDescription> }
  | { readonly _tag: "ExecuteResponse"; readonly value: ExecuteResponse }
  | { readonly _tag: "StatusInfo"; readonly value: ExecuteResponse }
  | { readonly _tag: "Result"; readonly value: ExecuteResponse }
  | { readonly _tag: "ExceptionReport"; readonly value: ExceptionReport }

/**
 * A protocol version. A client uses `mustNameOutputs` and `encodeRequest`. A server that speaks the version uses the
 * other functions.
 *
 * @since 0.1.0
 * @category models
 */
export interface WpsProtocol {
  /** As documents write it: `1.0.0`. */
  readonly version: string
  /** Whether a request for every output must name each of them. The client then needs the description first. */
  readonly mustNameOutputs: (response: Extract<ResponseForm, { _tag: "Document" }>) => boolean
  /** Fails if the text cannot be written as XML, or if the version cannot express the request. */
  readonly encodeRequest: (request: WpsRequest) => Either.Either<WpsMessage, ReadonlyArray<InputFault>>
  /** Reads a document sent by POST. */
  readonly decodeRequest: (body: string | Uint8Array) => Either.Either<WpsRequest, XmlError.XmlError>
  /**
   * Reads the parameters sent by GET. Their names are not case-sensitive. Fails with the exception that the standard
   * requires.
   */
  readonly decodeParameters: (
    parameters: Iterable<readonly [string, string]>
  ) => Either.Either<WpsRequest, OwsException>
  readonly encodeResponse: (response: WpsResponse) => Either.Either<string, XmlError.XmlError>
}
