/**
 * Documents of services, read without a client: from a file, a test, a mail.
 *
 * @since 0.1.0
 */
import { Xml, type XmlError } from "@effect-wps/xml"
import * as Either from "effect/Either"
import { responses, toResponse } from "./internal/documents.ts"
import type { WpsResponse } from "./WpsProtocol.ts"

const read = Xml.decode(responses)

/**
 * Reads any document that a service may answer with, in the encoding that it names. The root element says which document
 * it is, and of which version.
 *
 * @example
 * ```ts
 * import { WpsDocument } from "@effect-wps/wps"
 * import { Either } from "effect"
 *
 * const report = WpsDocument.decode(
 *   `<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="1.1.0">
 *      <ows:Exception exceptionCode="NoApplicableCode"/>
 *    </ows:ExceptionReport>`
 * )
 * Either.map(report, ({ _tag }) => _tag) // Right("ExceptionReport")
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode = (document: string | Uint8Array): Either.Either<WpsResponse, XmlError.XmlError> =>
  Either.map(read(document), toResponse)
