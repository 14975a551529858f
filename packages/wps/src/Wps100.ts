/**
 * WPS 1.0.0 as a protocol value.
 *
 * @see OGC 05-007r7
 * @since 0.1.0
 */
import { Xml, type XmlError } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as endpoint from "./internal/endpoint.ts"
import * as executeDocument from "./internal/executeDocument.ts"
import { decodeExecute, type Dialect, encodeExecute } from "./internal/executeKvp.ts"
import * as parameters from "./internal/parameters.ts"
import { requests, responses } from "./internal/wps100Documents.ts"
import { InputFault } from "./WpsError.ts"
import type { Parameter, WpsMessage, WpsProtocol, WpsRequest, WpsResponse } from "./WpsProtocol.ts"

const writeRequest = Xml.encode(Xml.documents(requests))
const writeResponse = Xml.encode(Xml.documents(responses))
const readRequest = Xml.decode(Xml.documents(requests))

const version = "1.0.0"

type Faults = ReadonlyArray<InputFault>
type ExecuteWpsRequest = Extract<WpsRequest, { _tag: "Execute" }>

const language = (value: Option.Option<string>): ReadonlyArray<Parameter> =>
  Option.match(value, { onNone: () => [], onSome: (tag) => [["language", tag]] })

const get = (...parameters: ReadonlyArray<Parameter>): Either.Either<WpsMessage> =>
  Either.right({ _tag: "Get", parameters })

const refuse = (input: string, reason: string): Either.Either<never, Faults> =>
  Either.left([new InputFault({ input, reason })])

/**
 * `storeExecuteResponse` and `lineage` are attributes of a ResponseDocument, which must name an output (§10.2.1 table
 * 51).
 */
const mustNameOutputs: WpsProtocol["mustNameOutputs"] = ({ lineage, mode }) => mode === "async" || lineage

const post = executeDocument.make((request) => writeRequest({ _tag: "Execute", value: { _tag: "Execute", request } }))

/** GetCapabilities and DescribeProcess use GET, which every server supports. */
const encodeRequest =
  (execute: (request: ExecuteWpsRequest) => Either.Either<WpsMessage, Faults>): WpsProtocol["encodeRequest"] =>
  (request) => {
    switch (request._tag) {
      case "GetCapabilities":
        return get(
          ["service", "WPS"],
          ["request", "GetCapabilities"],
          ...(request.acceptVersions.length === 0 ? [] : [["AcceptVersions", request.acceptVersions] as const]),
          ...language(request.language)
        )
      case "DescribeProcess":
        return get(
          ["service", "WPS"],
          ["request", "DescribeProcess"],
          ["version", version],
          ["Identifier", request.identifiers],
          ...language(request.language)
        )
      case "Execute":
        return execute(request)
      case "GetStatus":
      case "GetResult":
      case "Dismiss":
        return refuse(request._tag, "is no operation of WPS 1.0.0, whose jobs are asked for at their statusLocation")
    }
  }

const decodeParameters: WpsProtocol["decodeParameters"] = (sent) => {
  const known = parameters.known(sent)
  return Either.flatMap(parameters.operation(known), (operation): ReturnType<WpsProtocol["decodeParameters"]> => {
    switch (operation) {
      case "getcapabilities":
        return Either.right({
          _tag: "GetCapabilities",
          acceptVersions: parameters.list(known, "AcceptVersions"),
          language: parameters.optional(known, "language")
        })
      case "describeprocess":
        return Either.flatMap(
          parameters.version(known, version),
          () =>
            Either.map(parameters.requiredList(known, "identifier"), (identifiers): WpsRequest => ({
              _tag: "DescribeProcess",
              identifiers,
              language: parameters.optional(known, "language")
            }))
        )
      case "execute":
        return Either.flatMap(
          parameters.version(known, version),
          () => Either.map(decodeExecute(known), (request): WpsRequest => ({ _tag: "Execute", request }))
        )
      default:
        return parameters.unknownOperation(known)
    }
  })
}

/** WPS 1.0.0 has one document about a job. It also carries what WPS 2.0 says in `StatusInfo` and `Result`. */
const encodeResponse = (response: WpsResponse): Either.Either<string, XmlError.XmlError> =>
  writeResponse(
    response._tag === "StatusInfo" || response._tag === "Result"
      ? { _tag: "ExecuteResponse", value: response.value }
      : response
  )

const make = (
  execute: (request: ExecuteWpsRequest) => Either.Either<WpsMessage, Faults>
): WpsProtocol => ({
  version,
  mustNameOutputs,
  encodeRequest: encodeRequest(execute),
  decodeRequest: (body) => Either.map(readRequest(body), ({ value }) => value),
  decodeParameters,
  encodeResponse
})

/**
 * WPS 1.0.0: GetCapabilities and DescribeProcess by GET, Execute by POST of a document. Every server supports these.
 *
 * @example
 * ```ts
 * import { DataValue, Wps100 } from "@effect-wps/wps"
 * import { Either, Option } from "effect"
 *
 * const message = Wps100.Wps100.encodeRequest({
 *   _tag: "Execute",
 *   request: {
 *     identifier: "echo",
 *     inputs: [{ identifier: "message", data: DataValue.literal("hello") }],
 *     response: { _tag: "Document", outputs: [], mode: "sync", lineage: false },
 *     language: Option.none()
 *   }
 * })
 * if (Either.isRight(message) && message.right._tag === "Post") console.log(message.right.body)
 * ```
 *
 * @see OGC 05-007r7
 * @since 0.1.0
 * @category protocols
 */
export const Wps100: WpsProtocol = make(({ request }) => post(request))

/**
 * How an Execute by GET writes its inputs:
 *
 * - `strict`: values are percent-encoded before they are joined, as the standard requires (§10.2.2.1 rule 6)
 * - `single`: values are not percent-encoded before they are joined, for servers that decode only once, such as
 *   GeoServer; a value with a `;` or `@` is refused
 * - `esgf`: values are written as ESGF's compute nodes split them; a value with a `&`, `;` or `=` is refused
 *
 * @since 0.1.0
 * @category models
 */
export type KvpDialect = Dialect

/**
 * WPS 1.0.0 with Execute by GET. The client refuses what a query cannot carry, before it sends anything: a reference
 * with headers or a body, a value that the dialect cannot write, and an address of more than `maxLength` characters.
 *
 * The address holds the inputs, so servers and proxies may log them.
 *
 * @example
 * ```ts
 * import { Wps100, WpsClient } from "@effect-wps/wps"
 *
 * const Client = WpsClient.layer({
 *   url: "https://example.org/geoserver/ows",
 *   protocol: Wps100.byGet({ dialect: "single" })
 * })
 * ```
 *
 * @see OGC 05-007r7 §10.2.2
 * @since 0.1.0
 * @category protocols
 */
export const byGet = (options: {
  readonly dialect: KvpDialect
  /** In characters, without the service's own address. @default 8000 */
  readonly maxLength?: number | undefined
}): WpsProtocol => {
  const write = encodeExecute(options.dialect)
  const maxLength = options.maxLength ?? 8000
  return make(({ request }) =>
    Either.flatMap(write(request), (execute) => {
      const all: ReadonlyArray<Parameter> = [
        ["service", "WPS"],
        ["request", "Execute"],
        ["version", version],
        ...execute
      ]
      const { length } = endpoint.query(all)
      return length > maxLength
        ? refuse(
          "DataInputs",
          `makes an address of ${length} characters, and at most ${maxLength} are sent; use Wps100`
        )
        : get(...all)
    })
  )
}
