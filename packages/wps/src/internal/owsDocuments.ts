import { Xml, XmlName } from "@effect-wps/xml"
import * as Option from "effect/Option"
import type * as OwsModel from "../Ows.ts"
import { OwsException } from "../Ows.ts"

/** A name as the schema has it first, then as servers write it. */
export type Names = readonly [XmlName.XmlName, ...Array<XmlName.XmlName>]

const ows11 = XmlName.namespace("http://www.opengis.net/ows/1.1", "ows")
const others = [
  XmlName.namespace("http://www.opengis.net/ows/2.0", "ows"),
  XmlName.namespace("http://www.opengis.net/ows", "ows"),
  // Finch
  XmlName.namespace("http://www.opengis.net/ows/1.1.0", "ows"),
  XmlName.unqualified
]

/** An OWS Common name: 1.1 as written by WPS 1.0.0, read in any version and, as some old servers have it, in none. */
export const ows = (local: string): Names => [ows11(local), ...others.map((other) => other(local))]

const xlinkName = XmlName.namespace("http://www.w3.org/1999/xlink", "xlink")

/** `xlink:href` and its kin; servers leave the namespace out. */
export const xlink = (local: string): Names => [xlinkName(local), XmlName.unqualified(local)]

export const xml = XmlName.namespace("http://www.w3.org/XML/1998/namespace", "xml")

export const none = XmlName.unqualified

const texts = (name: Names) => Xml.many(name, Xml.text)
const text = (name: Names) => Xml.optional(name, Xml.text, { repeated: "first" })

export const metadata: Xml.Content<OwsModel.Metadata> = Xml.struct({
  href: Xml.nonEmptyAttribute(xlink("href")),
  title: Xml.nonEmptyAttribute(xlink("title")),
  role: Xml.nonEmptyAttribute(xlink("role")),
  about: Xml.nonEmptyAttribute(none("about"))
})

/** Identifier, Title, Abstract and Metadata, which open every description. The first of a repeated one counts. */
export const described = {
  identifier: Xml.one(ows("Identifier"), Xml.text, { repeated: "first" }),
  title: text(ows("Title")),
  abstract: text(ows("Abstract")),
  metadata: Xml.many(ows("Metadata"), metadata)
}

const keywords = Xml.many(ows("Keywords"), Xml.struct({ words: texts(ows("Keyword")) }))

export const serviceIdentification: Xml.Content<OwsModel.ServiceIdentification> = Xml.map(
  Xml.struct({
    titles: texts(ows("Title")),
    abstracts: texts(ows("Abstract")),
    keywords,
    serviceType: text(ows("ServiceType")),
    serviceTypeVersions: texts(ows("ServiceTypeVersion")),
    profiles: texts(ows("Profile")),
    fees: text(ows("Fees")),
    accessConstraints: texts(ows("AccessConstraints"))
  }),
  {
    decode: (raw): OwsModel.ServiceIdentification => ({
      ...raw,
      keywords: raw.keywords.flatMap((group) => group.words)
    }),
    encode: (value) => ({ ...value, keywords: value.keywords.length === 0 ? [] : [{ words: value.keywords }] })
  }
)

const link = Xml.struct({ href: Xml.nonEmptyAttribute(xlink("href")) })

const href = {
  decode: (raw: Option.Option<{ readonly href: Option.Option<string> }>) => Option.flatMap(raw, (one) => one.href),
  encode: (value: Option.Option<string>) => Option.map(value, (one) => ({ href: Option.some(one) }))
}

const phone = Xml.struct({ phones: texts(ows("Voice")), faxes: texts(ows("Facsimile")) })

const address = Xml.struct({
  deliveryPoints: texts(ows("DeliveryPoint")),
  city: text(ows("City")),
  administrativeArea: text(ows("AdministrativeArea")),
  postalCode: text(ows("PostalCode")),
  country: text(ows("Country")),
  emails: texts(ows("ElectronicMailAddress"))
})

const contactInfo = Xml.struct({
  phone: Xml.optional(ows("Phone"), phone, { repeated: "first" }),
  address: Xml.optional(ows("Address"), address, { repeated: "first" }),
  onlineResource: Xml.optional(ows("OnlineResource"), link, { repeated: "first" }),
  hoursOfService: text(ows("HoursOfService")),
  contactInstructions: text(ows("ContactInstructions"))
})

const noAddress: Xml.Value<typeof address> = {
  deliveryPoints: [],
  city: Option.none(),
  administrativeArea: Option.none(),
  postalCode: Option.none(),
  country: Option.none(),
  emails: []
}

const contact: Xml.Content<OwsModel.ServiceContact> = Xml.map(
  Xml.struct({
    individualName: text(ows("IndividualName")),
    positionName: text(ows("PositionName")),
    info: Xml.optional(ows("ContactInfo"), contactInfo, { repeated: "first" }),
    role: text(ows("Role"))
  }),
  {
    decode: ({ individualName, info, positionName, role }): OwsModel.ServiceContact => ({
      individualName,
      positionName,
      role,
      ...Option.getOrElse(Option.flatMap(info, (one) => one.phone), () => ({ phones: [], faxes: [] })),
      ...Option.getOrElse(Option.flatMap(info, (one) => one.address), () => noAddress),
      onlineResource: href.decode(Option.flatMap(info, (one) => one.onlineResource)),
      hoursOfService: Option.flatMap(info, (one) => one.hoursOfService),
      contactInstructions: Option.flatMap(info, (one) => one.contactInstructions)
    }),
    encode: (value) => ({
      individualName: value.individualName,
      positionName: value.positionName,
      role: value.role,
      info: Option.some({
        phone: Option.some({ phones: value.phones, faxes: value.faxes }),
        address: Option.some(value),
        onlineResource: href.encode(value.onlineResource),
        hoursOfService: value.hoursOfService,
        contactInstructions: value.contactInstructions
      })
    })
  }
)

export const serviceProvider: Xml.Content<OwsModel.ServiceProvider> = Xml.map(
  Xml.struct({
    name: text(ows("ProviderName")),
    site: Xml.optional(ows("ProviderSite"), link, { repeated: "first" }),
    contact: Xml.optional(ows("ServiceContact"), contact, { repeated: "first" })
  }),
  {
    decode: (raw): OwsModel.ServiceProvider => ({ ...raw, site: href.decode(raw.site) }),
    encode: (value) => ({ ...value, site: href.encode(value.site) })
  }
)

const allowedValues = Xml.struct({ values: texts(ows("Value")) })

/** The schema wants it said that any value will do. */
const domain: Xml.Content<OwsModel.Domain> = Xml.map(
  Xml.struct({
    name: Xml.attributeWithDefault(none("name"), ""),
    possible: Xml.optionalOneOf({
      Allowed: [ows("AllowedValues"), allowedValues],
      Any: [ows("AnyValue"), Xml.empty]
    }, { repeated: "first" })
  }),
  {
    decode: ({ name, possible }): OwsModel.Domain => ({
      name,
      values: Option.match(possible, {
        onNone: () => [],
        onSome: (one) => one._tag === "Allowed" ? one.value.values : []
      })
    }),
    encode: ({ name, values }) => ({
      name,
      possible: Option.some(
        values.length === 0
          ? { _tag: "Any" as const, value: undefined }
          : { _tag: "Allowed" as const, value: { values } }
      )
    })
  }
)

const endpoint = Xml.struct({
  href: Xml.attributeWithDefault(xlink("href"), ""),
  constraints: Xml.many(ows("Constraint"), domain)
})

/** The HTTP element of an operation's DCP: its GET and POST addresses in the order of the document. */
const http = Xml.struct({
  endpoints: Xml.manyOf({ Get: [ows("Get"), endpoint], Post: [ows("Post"), endpoint] })
})

export const operation: Xml.Content<OwsModel.OperationMetadata> = Xml.map(
  Xml.struct({
    name: Xml.attributeWithDefault(none("name"), ""),
    dcps: Xml.many(ows("DCP"), Xml.struct({ http: Xml.optional(ows("HTTP"), http, { repeated: "first" }) })),
    parameters: Xml.many(ows("Parameter"), domain),
    constraints: Xml.many(ows("Constraint"), domain)
  }),
  {
    decode: ({ constraints, dcps, name, parameters }): OwsModel.OperationMetadata => ({
      name,
      parameters,
      constraints,
      endpoints: dcps.flatMap(({ http }) =>
        Option.match(http, {
          onNone: () => [],
          onSome: ({ endpoints }) =>
            endpoints.map(({ _tag, value }): OwsModel.Endpoint => ({
              method: _tag === "Get" ? "GET" : "POST",
              ...value
            }))
        })
      )
    }),
    encode: ({ constraints, endpoints, name, parameters }) => ({
      name,
      parameters,
      constraints,
      dcps: endpoints.length === 0 ? [] : [{
        http: Option.some({
          endpoints: endpoints.map(({ constraints, href, method }) => ({
            _tag: method === "GET" ? "Get" as const : "Post" as const,
            value: { href, constraints }
          }))
        })
      }]
    })
  }
)

export const wpsNamespace = "http://www.opengis.net/wps/1.0.0"
const wpsName = XmlName.namespace(wpsNamespace, "wps")

/** PyWPS writes the report of a failed process, and GSKY all of it, in the WPS namespace. */
const lenient = (local: string): Names => [...ows(local), wpsName(local)]

/** PyWPS puts a text straight into an Exception, without ExceptionText around it. */
const exception: Xml.Content<OwsException> = Xml.map(
  Xml.struct({
    code: Xml.attributeWithDefault(none("exceptionCode"), "NoApplicableCode"),
    locator: Xml.nonEmptyAttribute(none("locator")),
    texts: Xml.many(lenient("ExceptionText"), Xml.text),
    text: Xml.value
  }),
  {
    decode: ({ code, locator, text, texts }): OwsException =>
      new OwsException({
        code: code === "" ? "NoApplicableCode" : code,
        // PyWPS writes Python's None.
        locator: Option.filter(locator, (at) => at !== "None"),
        texts: [...texts, ...(text === "" ? [] : [text])].filter((one) => one !== "")
      }),
    encode: ({ code, locator, texts }) => ({ code, locator, texts, text: "" })
  }
)

export const exceptionReportName = lenient("ExceptionReport")

export const exceptionReport: Xml.Content<OwsModel.ExceptionReport> = Xml.map(
  Xml.struct({
    version: Xml.nonEmptyAttribute(none("version")),
    language: Xml.nonEmptyAttribute(xml("lang")),
    exceptions: Xml.many(lenient("Exception"), exception)
  }),
  {
    decode: (raw): OwsModel.ExceptionReport => raw,
    encode: (value) => ({ ...value, version: Option.orElseSome(value.version, () => "1.0.0") })
  }
)

const ogcName = XmlName.namespace("http://www.opengis.net/ogc", "ogc")

/** What older OGC services and the proxies before them answer with. */
export const serviceExceptionReportName: Names = [ogcName("ServiceExceptionReport"), none("ServiceExceptionReport")]

export const serviceExceptionReport: Xml.Content<OwsModel.ExceptionReport> = Xml.map(
  Xml.struct({
    version: Xml.nonEmptyAttribute(none("version")),
    exceptions: Xml.many(
      [ogcName("ServiceException"), none("ServiceException")],
      Xml.struct({
        code: Xml.attributeWithDefault(none("code"), "NoApplicableCode"),
        locator: Xml.nonEmptyAttribute(none("locator")),
        text: Xml.value
      })
    )
  }),
  {
    decode: ({ exceptions, version }): OwsModel.ExceptionReport => ({
      version,
      language: Option.none(),
      exceptions: exceptions.map(({ code, locator, text }) =>
        new OwsException({ code, locator, texts: text === "" ? [] : [text] })
      )
    }),
    encode: ({ exceptions, version }) => ({
      version,
      exceptions: exceptions.map(({ code, locator, texts }) => ({ code, locator, text: texts.join(" ") }))
    })
  }
)
