import { Xml, type XmlError } from "@effect-wps/xml"
import type * as Either from "effect/Either"
import type { WpsResponse } from "../WpsProtocol.ts"
import { serviceExceptionReport, serviceExceptionReportName } from "./owsDocuments.ts"
import * as wps100 from "./wps100Documents.ts"
import * as wps200 from "./wps200Documents.ts"

/** Every document that a server may answer with, in any version. The root element tells them apart. */
export const responses = Xml.documents({
  ...wps100.responses,
  ProcessDescription: [wps100.processDescriptionNames, wps100.processDescription],
  Capabilities200: wps200.responses.Capabilities,
  ProcessOfferings: wps200.responses.ProcessDescriptions,
  StatusInfo: wps200.responses.StatusInfo,
  Result: wps200.responses.Result,
  ServiceExceptionReport: [serviceExceptionReportName, serviceExceptionReport]
})

/** Maps a document of any version to the model. The report of an older OGC service becomes an exception report. */
export const toResponse = (document: Xml.Value<typeof responses>): WpsResponse => {
  switch (document._tag) {
    case "Capabilities200":
      return { _tag: "Capabilities", value: document.value }
    case "ProcessOfferings":
      return { _tag: "ProcessDescriptions", value: document.value }
    case "ProcessDescription":
      return { _tag: "ProcessDescriptions", value: [document.value] }
    case "ServiceExceptionReport":
      return { _tag: "ExceptionReport", value: document.value }
    default:
      return document
  }
}

export type Decoded = Either.Either<WpsResponse, XmlError.XmlError>
