/**
 * WPS 2.0 as a protocol value.
 *
 * @see OGC 14-065r2
 * @since 0.1.0
 */
import { Xml, type XmlError } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as executeDocument from "./internal/executeDocument.ts"
import * as parameters from "./internal/parameters.ts"
import { requests, responses } from "./internal/wps200Documents.ts"
import type { Parameter, WpsMessage, WpsProtocol, WpsRequest, WpsResponse } from "./WpsProtocol.ts"

const writeRequest = Xml.encode(Xml.documents(requests))
const writeResponse = Xml.encode(Xml.documents(responses))
const readRequest = Xml.decode(Xml.documents(requests))

const version = "2.0.0"

const post = executeDocument.make((request) => writeRequest({ _tag: "Execute", value: { _tag: "Execute", request } }))

const optional = (name: string, value: Option.Option<string>): ReadonlyArray<Parameter> =>
  Option.match(value, { onNone: () => [], onSome: (text) => [[name, text]] })

const get = (request: WpsRequest["_tag"], ...parameters: ReadonlyArray<Parameter>): Either.Either<WpsMessage> =>
  Either.right({ _tag: "Get", parameters: [["service", "WPS"], ["request", request], ...parameters] })

/** The schema requires at least one output, although the text of the standard does not (§9.11 table 49). */
const mustNameOutputs = (): boolean => true

/** Execute uses POST, its only method. The other operations use GET. */
const encodeRequest: WpsProtocol["encodeRequest"] = (request) => {
  switch (request._tag) {
    case "GetCapabilities":
      return get(
        "GetCapabilities",
        ...(request.acceptVersions.length === 0 ? [] : [["AcceptVersions", request.acceptVersions] as const]),
        ...optional("AcceptLanguages", request.language)
      )
    case "DescribeProcess":
      return get(
        "DescribeProcess",
        ["version", version],
        ["Identifier", request.identifiers],
        ...optional("lang", request.language)
      )
    case "GetStatus":
    case "GetResult":
    case "Dismiss":
      return get(request._tag, ["version", version], ["JobID", request.jobId])
    case "Execute":
      return post(request.request)
  }
}

const job = (
  _tag: "GetStatus" | "GetResult" | "Dismiss",
  known: parameters.Known
): ReturnType<WpsProtocol["decodeParameters"]> =>
  Either.flatMap(
    parameters.version(known, version),
    () => Either.map(parameters.required(known, "JobID"), (jobId): WpsRequest => ({ _tag, jobId }))
  )

const decodeParameters: WpsProtocol["decodeParameters"] = (sent) => {
  const known = parameters.known(sent)
  return Either.flatMap(parameters.operation(known), (operation): ReturnType<WpsProtocol["decodeParameters"]> => {
    switch (operation) {
      case "getcapabilities":
        return Either.right({
          _tag: "GetCapabilities",
          acceptVersions: parameters.list(known, "AcceptVersions"),
          language: Option.fromNullable(parameters.list(known, "AcceptLanguages")[0])
        })
      case "describeprocess":
        return Either.flatMap(
          parameters.version(known, version),
          () =>
            Either.map(parameters.requiredList(known, "identifier"), (identifiers): WpsRequest => ({
              _tag: "DescribeProcess",
              identifiers,
              language: parameters.optional(known, "lang")
            }))
        )
      case "getstatus":
        return job("GetStatus", known)
      case "getresult":
        return job("GetResult", known)
      case "dismiss":
        return job("Dismiss", known)
      case "execute":
        return parameters.refuse("OperationNotSupported", "request", "Execute is taken by POST of a document only.")
      default:
        return parameters.unknownOperation(known)
    }
  })
}

/** WPS 1.0.0 has one document about a job. For a job that has succeeded it becomes a `Result`. */
const encodeResponse = (response: WpsResponse): Either.Either<string, XmlError.XmlError> =>
  writeResponse(
    response._tag === "ExecuteResponse"
      ? { _tag: response.value.status._tag === "Succeeded" ? "Result" : "StatusInfo", value: response.value }
      : response
  )

/**
 * WPS 2.0: Execute by POST of a document, every other operation by GET. The client follows a job by its id, fetches its
 * result when it is ready, and can dismiss it if its process supports that.
 *
 * The client refuses what WPS 2.0 lacks, before it sends anything: the headers of a reference, and lineage.
 *
 * @example
 * ```ts
 * import { Wps200, WpsClient } from "@effect-wps/wps"
 *
 * const Client = WpsClient.layer({ url: "https://example.org/wps", protocol: Wps200.Wps200 })
 * ```
 *
 * @see OGC 14-065r2
 * @since 0.1.0
 * @category protocols
 */
export const Wps200: WpsProtocol = {
  version,
  mustNameOutputs,
  encodeRequest,
  decodeRequest: (body) => Either.map(readRequest(body), ({ value }) => value),
  decodeParameters,
  encodeResponse
}
