import * as Headers from "@effect/platform/Headers"
import * as HttpBody from "@effect/platform/HttpBody"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { IncomingMessage } from "node:http"
import { declaration, escape } from "./texts.ts"

/** A document of the service, as a quirk sees it. */
export interface Document {
  readonly text: string
  /** The root's local name. */
  readonly root: string
}

const roots: ReadonlySet<string> = new Set([
  "Capabilities",
  "ProcessDescriptions",
  "ProcessOfferings",
  "ExecuteResponse",
  "StatusInfo",
  "Result",
  "ExceptionReport"
])

export const startOfRoot = /^\uFEFF?(?:<\?xml[^>]*\?>)?(?:\s|<!--[^]*?-->|<!DOCTYPE[^>]*>)*<(?:[\w.-]+:)?(\w+)/

export const bytesOf = (response: HttpServerResponse.HttpServerResponse): Option.Option<Uint8Array> =>
  response.body._tag === "Uint8Array" ? Option.some(response.body.body) : Option.none()

/** The document in an answer. None if it is something else, such as an output. */
export const documentOf = (response: HttpServerResponse.HttpServerResponse): Option.Option<Document> =>
  Option.filterMap(bytesOf(response), (bytes) => {
    const text = new TextDecoder().decode(bytes)
    const root = startOfRoot.exec(text)?.[1]
    return root !== undefined && roots.has(root) ? Option.some({ text, root }) : Option.none()
  })

export const isReport = (response: HttpServerResponse.HttpServerResponse): boolean =>
  Option.exists(documentOf(response), ({ root }) => root === "ExceptionReport")

/** Whether an answer is a report whose locator is this name. */
export const isReportOf = (response: HttpServerResponse.HttpServerResponse, name: string): boolean =>
  Option.exists(
    documentOf(response),
    ({ root, text }) => root === "ExceptionReport" && text.includes(` locator="${escape(name)}"`)
  )

/** The same answer with another body. An empty content type sends none. */
export const withBytes = (
  response: HttpServerResponse.HttpServerResponse,
  bytes: Uint8Array,
  contentType = response.headers["content-type"]
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.setBody(
    HttpServerResponse.empty({
      status: response.status,
      // The platform sends no length for an empty body.
      headers: Headers.set(Headers.remove(response.headers, "content-type"), "content-length", String(bytes.length))
    }),
    HttpBody.uint8Array(bytes, contentType ?? "")
  )

export const withText = (
  response: HttpServerResponse.HttpServerResponse,
  text: string
): HttpServerResponse.HttpServerResponse => withBytes(response, new TextEncoder().encode(text))

/** The same answer with another content type. */
export const retyped = (
  response: HttpServerResponse.HttpServerResponse,
  contentType: string
): HttpServerResponse.HttpServerResponse =>
  Option.match(bytesOf(response), {
    onNone: () => response,
    onSome: (bytes) => withBytes(response, bytes, contentType)
  })

export const page = (
  status: number,
  title: string,
  body: string,
  contentType = "text/html; charset=utf-8"
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `<!DOCTYPE html>\n<html lang="en"><head><title>${title}</title></head><body><h1>${title}</h1>${body}</body></html>`,
    { status, contentType }
  )

/** Stands for a connection that is closed without an answer. A client in memory compares with this object. */
export const closed: HttpServerResponse.HttpServerResponse = HttpServerResponse.empty()

/** Stands for a request that is never answered, in the same way. */
export const unanswered: HttpServerResponse.HttpServerResponse = HttpServerResponse.empty()

/** Ends the connection over which a request came. */
export const close = (
  { source }: HttpServerRequest.HttpServerRequest
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.sync(() => {
    if (source instanceof IncomingMessage) source.socket.destroy()
    return closed
  })

/** A report as PyWPS writes it: the text stands in the Exception, without an ExceptionText. */
export const report = (
  status: number,
  code: string,
  text: string,
  locator = ""
): HttpServerResponse.HttpServerResponse =>
  HttpServerResponse.text(
    `${declaration}<ows:ExceptionReport version="1.0.0" xmlns:ows="http://www.opengis.net/ows/1.1">` +
      `<ows:Exception exceptionCode="${escape(code)}"${locator === "" ? "" : ` locator="${escape(locator)}"`}>` +
      `${escape(text)}</ows:Exception></ows:ExceptionReport>`,
    { status, contentType: "text/xml; charset=utf-8" }
  )
