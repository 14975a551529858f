import { DataValue, type Execute, Ows, type WpsError } from "@effect-wps/wps"
import { JobStatus } from "@effect-wps/wps/Execute"
import type { WpsProtocol, WpsResponse } from "@effect-wps/wps/WpsProtocol"
import type { XmlError } from "@effect-wps/xml"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { File } from "../WpsNode.ts"

/** Reports quote clients, who can send any characters. Those that XML does not allow are replaced. */
const writable = (text: string): string =>
  text.replace(/[^\t\n\r -\uD7FF\uE000-\uFFFD\u{10000}-\u{10FFFF}]/gu, "\uFFFD")

export const report = (exceptions: ReadonlyArray<Ows.OwsException>): WpsResponse => ({
  _tag: "ExceptionReport",
  value: {
    version: Option.none(),
    language: Option.none(),
    exceptions: exceptions.map(({ code, locator, texts }) =>
      new Ows.OwsException({
        code: writable(code),
        locator: Option.map(locator, writable),
        texts: texts.map(writable)
      })
    )
  }
})

const contentType = "text/xml; charset=utf-8"

/** Writes an answer. If its text has characters that XML does not allow, a report says so instead. */
export const respond =
  (protocol: WpsProtocol) => (status: number, response: WpsResponse): HttpServerResponse.HttpServerResponse =>
    Either.match(protocol.encodeResponse(response), {
      onLeft: (error) =>
        HttpServerResponse.text(
          Either.getOrElse(protocol.encodeResponse(report([Ows.noApplicableCode(error.message)])), () => ""),
          { status: 500, contentType }
        ),
      onRight: (body) => HttpServerResponse.text(body, { status, contentType })
    })

export const exception = (code: string, locator: string, text: string): Ows.OwsException =>
  new Ows.OwsException({ code, locator: Option.some(locator), texts: [text] })

/** The exception codes of each version (OGC 05-007r7 §10.4, OGC 14-065r2 table 51). */
const codes = {
  noSuchProcess: { "1.0.0": "InvalidParameterValue", "2.0.0": "NoSuchProcess" },
  noSuchInput: { "1.0.0": "InvalidParameterValue", "2.0.0": "NoSuchInput" },
  noSuchOutput: { "1.0.0": "InvalidParameterValue", "2.0.0": "NoSuchOutput" },
  noSuchMode: { "1.0.0": "StorageNotSupported", "2.0.0": "NoSuchMode" },
  noStorage: { "1.0.0": "StorageNotSupported", "2.0.0": "StorageNotSupported" },
  notAccessible: { "1.0.0": "InvalidParameterValue", "2.0.0": "DataNotAccessible" },
  wrongInput: { "1.0.0": "InvalidParameterValue", "2.0.0": "WrongInputData" }
} as const

export const codeOf = (protocol: WpsProtocol, reason: keyof typeof codes): string =>
  codes[reason][protocol.version === "2.0.0" ? "2.0.0" : "1.0.0"]

export const unescaped = Option.liftThrowable(decodeURIComponent)

export const notFound = HttpServerResponse.text("There is nothing here.", { status: 404 })

export const notAllowed = (allowed: string): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.empty({ status: 405, headers: { allow: allowed } })

/** The status and the exception with which a node refuses a document that it cannot read. */
export const faultOf = (error: XmlError.XmlError): readonly [status: number, exception: Ows.OwsException] => {
  switch (error.reason) {
    case "unexpected-root":
      return [501, exception("OperationNotSupported", "request", error.message)]
    case "missing": {
      const locator = /([\w.-]+) is missing/.exec(error.detail)?.[1] ?? error.path
      return [400, exception("MissingParameterValue", locator, error.message)]
    }
    case "invalid-value":
    case "repeated":
      return [400, exception("InvalidParameterValue", /[\w.-]*$/.exec(error.path)?.[0] ?? error.path, error.message)]
    default:
      return [400, exception("NoApplicableCode", "body", error.message)]
  }
}

const file = (text: Either.Either<string, string>, contentType: string): Either.Either<File, string> =>
  Either.map(text, (text) => ({ content: new TextEncoder().encode(text), contentType }))

/** The bytes and the type of an output that is stored. */
export const bytesOf = (protocol: WpsProtocol, data: DataValue.DataValue): Either.Either<File, string> =>
  data._tag === "BoundingBoxData"
    ? file(DataValue.toXml(data, protocol.version === "2.0.0" ? "2.0.0" : "1.0.0"), contentType)
    : data._tag === "ComplexData"
    ? Either.map(DataValue.toBytes(data), (content) => ({
      content,
      contentType: Option.getOrElse(data.format.mimeType, () => "application/octet-stream")
    }))
    : file(DataValue.toText(data), "text/plain; charset=utf-8")

/** The same for a raw output. A literal is XML by default in WPS 2.0 (OGC 14-065r2 §7.3.1). */
const answerOf = (
  protocol: WpsProtocol,
  data: DataValue.DataValue,
  { format }: Execute.OutputRequest
): Either.Either<File, string> =>
  data._tag === "LiteralData" && protocol.version === "2.0.0" && !Option.contains(format.mimeType, "text/plain")
    ? file(DataValue.toXml(data), contentType)
    : bytesOf(protocol, data)

/** A literal in the format that the client asked for: XML or plain text, in WPS 2.0. */
export const inFormat = (data: DataValue.DataValue, { format }: Execute.OutputRequest): DataValue.DataValue =>
  data._tag === "LiteralData" && Option.contains(format.mimeType, "text/plain")
    ? DataValue.complexText(data.value, "text/plain")
    : data

export const exceptionOfFault = (protocol: WpsProtocol) => ({ input, reason }: WpsError.InputFault) =>
  exception(
    reason === "is missing"
      ? "MissingParameterValue"
      : codeOf(protocol, reason === "is no input" ? "noSuchInput" : "wrongInput"),
    input,
    `The input ${input} ${reason}.`
  )

/** The bytes of the output that is wanted raw. */
export const rawOf = (
  protocol: WpsProtocol,
  request: Execute.OutputRequest,
  produced: ReadonlyArray<readonly [string, DataValue.DataValue]>
): Either.Either<File, Ows.OwsException> => {
  const { identifier } = request
  const data = produced.find(([name]) => name === identifier)?.[1]
  return data === undefined
    ? Either.left(exception("NoApplicableCode", identifier, "The output was not made."))
    : Either.mapLeft(
      answerOf(protocol, data, request),
      (reason) => exception("NoApplicableCode", identifier, `The output ${reason}.`)
    )
}

/** The states of a job that do not come from its process. */
export const status = {
  accepted: JobStatus.Accepted({ message: "The job is accepted", percent: Option.none() }),
  started: JobStatus.Running({ message: "The job has started", percent: Option.some(0) }),
  succeeded: JobStatus.Succeeded({ message: "The job has succeeded", percent: Option.none() })
}

export const failed = (exception: Ows.OwsException): Execute.JobStatus =>
  JobStatus.Failed({ message: String(exception), percent: Option.none(), exceptions: [exception] })
