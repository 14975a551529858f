/**
 * A version of the protocol, as a value: pure functions between the version-free model and what goes over the wire.
 *
 * How an answer is read does not depend on it: the document's root decides, because servers answer in another version
 * than they were asked in.
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
 * A query parameter. The items of a list are separated by commas, which a comma within an item is not.
 *
 * @see OGC 06-121r3 §11.5.3
 * @since 0.1.0
 * @category models
 */
export type Parameter = readonly [name: string, value: string | ReadonlyArray<string>]

/**
 * What goes to the server: query parameters by GET, or a document by POST.
 *
 * @since 0.1.0
 * @category models
 */
export type WpsMessage =
  | { readonly _tag: "Get"; readonly parameters: ReadonlyArray<Parameter> }
  | { readonly _tag: "Post"; readonly body: string }

/**
 * What is asked of a service.
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
    /** `ALL` asks for every process. */
    readonly identifiers: ReadonlyArray<string>
    readonly language: Option.Option<string>
  }
  | { readonly _tag: "Execute"; readonly request: ExecuteRequest }
  | { readonly _tag: "GetStatus" | "GetResult" | "Dismiss"; readonly jobId: string }

/**
 * What a service answers. Of the three about a job `ExecuteResponse` is that of WPS 1.0.0, which has both where it stands
 * and, at its end, what it gave; WPS 2.0 says the one as `StatusInfo` and the other as `Result`.
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
 * A protocol version. A client uses `mustNameOutputs` and `encodeRequest`; a server that speaks the version uses the other
 * three.
 *
 * @since 0.1.0
 * @category models
 */
export interface WpsProtocol {
  /** As it stands in documents: `1.0.0`. */
  readonly version: string
  /** Whether a request for every output must name them, so that the description has to be asked for first. */
  readonly mustNameOutputs: (response: Extract<ResponseForm, { _tag: "Document" }>) => boolean
  /** Fails on text that XML cannot carry, and on what the version has no way to ask for. */
  readonly encodeRequest: (request: WpsRequest) => Either.Either<WpsMessage, ReadonlyArray<InputFault>>
  /** Reads a document sent by POST. */
  readonly decodeRequest: (body: string | Uint8Array) => Either.Either<WpsRequest, XmlError.XmlError>
  /** Reads the parameters sent by GET, whose names have no case; fails as the standard wants. */
  readonly decodeParameters: (
    parameters: Iterable<readonly [string, string]>
  ) => Either.Either<WpsRequest, OwsException>
  readonly encodeResponse: (response: WpsResponse) => Either.Either<string, XmlError.XmlError>
}
