/**
 * WPS 1.0.0, as a value.
 *
 * @see OGC 05-007r7
 * @since 0.1.0
 */
import { Xml, XmlError } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { ExecuteRequest } from "./Execute.ts"
import { requests, responses } from "./internal/wps100Documents.ts"
import { OwsException } from "./Ows.ts"
import type { Parameter, WpsMessage, WpsProtocol, WpsRequest } from "./WpsProtocol.ts"

const writeRequest = Xml.encode(requests)
const writeResponse = Xml.encode(responses)
const readRequest = Xml.decode(requests)

const language = (value: Option.Option<string>): ReadonlyArray<Parameter> =>
  Option.match(value, { onNone: () => [], onSome: (tag) => [["language", tag]] })

const get = (...parameters: ReadonlyArray<Parameter>): Either.Either<WpsMessage> =>
  Either.right({ _tag: "Get", parameters })

const post = (request: WpsRequest & { _tag: "Execute" }): Either.Either<WpsMessage, XmlError.XmlError> =>
  Either.map(writeRequest({ _tag: "Execute", value: request }), (body) => ({ _tag: "Post", body }))

/** What is said of a ResponseDocument is said in one, and one must name an output (§10.2.1 table 51). */
const lacksOutputs = ({ response }: ExecuteRequest): boolean =>
  response._tag === "Document" && response.outputs.length === 0 && (response.mode === "async" || response.lineage)

const noOutputs = new XmlError.XmlError({
  reason: "missing",
  detail: "A response that is to be stored or to have a lineage must name its outputs",
  path: "/wps:Execute/wps:ResponseForm/wps:ResponseDocument/wps:Output",
  line: 0,
  column: 0
})

/** GetCapabilities and DescribeProcess go by GET, which every server has; Execute by POST, which every server has. */
const encodeRequest: WpsProtocol["encodeRequest"] = (request) => {
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
        ["version", "1.0.0"],
        ["Identifier", request.identifiers],
        ...language(request.language)
      )
    case "Execute":
      return lacksOutputs(request.request) ? Either.left(noOutputs) : post(request)
  }
}

const refuse = (code: string, locator: string, text: string): Either.Either<never, OwsException> =>
  Either.left(new OwsException({ code, locator: Option.some(locator), texts: [text] }))

const list = (value: string | undefined): ReadonlyArray<string> =>
  value === undefined ? [] : value.split(",").map((one) => one.trim()).filter((one) => one !== "")

const decodeParameters: WpsProtocol["decodeParameters"] = (parameters) => {
  const known = new Map([...parameters].map(([name, value]) => [name.toLowerCase(), value]))
  const service = known.get("service")
  if (service === undefined) return refuse("MissingParameterValue", "service", "The parameter service is missing.")
  if (service.toUpperCase() !== "WPS") return refuse("InvalidParameterValue", "service", "The service is not WPS.")
  const request = known.get("request")
  if (request === undefined) return refuse("MissingParameterValue", "request", "The parameter request is missing.")
  switch (request.toLowerCase()) {
    case "getcapabilities":
      return Either.right<WpsRequest>({
        _tag: "GetCapabilities",
        acceptVersions: list(known.get("acceptversions")),
        language: Option.fromNullable(known.get("language"))
      })
    case "describeprocess": {
      const version = known.get("version")
      if (version === undefined) return refuse("MissingParameterValue", "version", "The parameter version is missing.")
      if (version !== "1.0.0") return refuse("InvalidParameterValue", "version", "The version is not 1.0.0.")
      const identifiers = list(known.get("identifier"))
      return identifiers.length === 0
        ? refuse("MissingParameterValue", "identifier", "The parameter Identifier is missing.")
        : Either.right<WpsRequest>({
          _tag: "DescribeProcess",
          identifiers,
          language: Option.fromNullable(known.get("language"))
        })
    }
    case "execute":
      return refuse("OperationNotSupported", "request", "Execute is taken by POST of an XML document only.")
    default:
      return refuse("OperationNotSupported", "request", `There is no operation ${request}.`)
  }
}

/**
 * WPS 1.0.0: GetCapabilities and DescribeProcess by GET, Execute by POST of a document.
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
export const Wps100: WpsProtocol = {
  version: "1.0.0",
  encodeRequest,
  decodeRequest: (body) => Either.map(readRequest(body), ({ value }) => value),
  decodeParameters,
  encodeResponse: writeResponse
}
