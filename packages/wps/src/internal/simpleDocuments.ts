import { Xml, XmlName } from "@effect-wps/xml"
import * as Option from "effect/Option"
import type * as DataValue from "../DataValue.ts"
import { none, ows11, ows20, schemaTypes, typeName } from "./owsDocuments.ts"

export const wpsNamespace = "http://www.opengis.net/wps/2.0"

/** The text of a literal is kept exactly: a server must not trim a string. */
export const literalValue: Xml.Content<DataValue.LiteralData> = Xml.map(
  Xml.struct({
    dataType: Xml.nonEmptyAttribute(none("dataType")),
    uom: Xml.nonEmptyAttribute(none("uom")),
    value: Xml.verbatimValue
  }),
  {
    decode: ({ dataType, uom, value }): DataValue.LiteralData => ({
      _tag: "LiteralData",
      value,
      dataType: Option.flatMap(dataType, (name) => typeName({ name, reference: Option.none() })),
      uom
    }),
    encode: ({ dataType, uom, value }) => ({
      dataType: Option.map(
        dataType,
        (name) => schemaTypes.has(name) ? `http://www.w3.org/2001/XMLSchema#${name}` : name
      ),
      uom,
      value
    })
  }
)

/** Writes a literal as a document of its own. WPS 1.0.0 has no such document. */
export const writeLiteral = Xml.encode(
  Xml.document([XmlName.namespace(wpsNamespace, "wps")("LiteralValue")], literalValue)
)

/** Writes a box as a document of its own. */
export const writeBox = {
  "1.0.0": Xml.encode(Xml.document(ows11.ows("BoundingBox"), ows11.boundingBox)),
  "2.0.0": Xml.encode(Xml.document(ows20.ows("BoundingBox"), ows20.boundingBox))
} as const
