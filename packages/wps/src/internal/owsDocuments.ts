import { Xml, XmlName } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as DataValue from "../DataValue.ts"
import * as Literal from "../Literal.ts"
import type * as OwsModel from "../Ows.ts"
import { OwsException } from "../Ows.ts"
import type * as Description from "../ProcessDescription.ts"

/** The names of an element: first the schema's, then those that servers use. */
export type Names = readonly [XmlName.XmlName, ...Array<XmlName.XmlName>]

const namespaces = {
  "1.1": XmlName.namespace("http://www.opengis.net/ows/1.1", "ows"),
  "2.0": XmlName.namespace("http://www.opengis.net/ows/2.0", "ows")
} as const

const others = [
  XmlName.namespace("http://www.opengis.net/ows", "ows"),
  // WPS 0.4.0, CEDA
  XmlName.namespace("http://www.opengeospatial.net/ows", "ows"),
  // Finch
  XmlName.namespace("http://www.opengis.net/ows/1.1.0", "ows"),
  XmlName.unqualified
]

/**
 * The OWS Common names of a version. They are read in the namespace of any version, and without one, as some old
 * servers write them.
 */
const owsNames = (version: keyof typeof namespaces) => (local: string): Names => [
  namespaces[version](local),
  namespaces[version === "1.1" ? "2.0" : "1.1"](local),
  ...others.map((other) => other(local))
]

const xlinkName = XmlName.namespace("http://www.w3.org/1999/xlink", "xlink")

/** `xlink:href` and the like. Servers leave out the namespace. */
export const xlink = (local: string): Names => [xlinkName(local), XmlName.unqualified(local)]

export const xml = XmlName.namespace("http://www.w3.org/XML/1998/namespace", "xml")

export const none = XmlName.unqualified

export const wpsNamespace = "http://www.opengis.net/wps/1.0.0"
const wpsName = XmlName.namespace(wpsNamespace, "wps")

/** The schemas require a title. */
export const titled = (
  { identifier, title }: { readonly identifier: string; readonly title: Option.Option<string> }
): Option.Option<string> => Option.orElseSome(Option.filter(title, (text) => text !== ""), () => identifier)

/** The names of XML Schema's built-in types. */
export const schemaTypes = new Set(
  ("string normalizedString token boolean decimal integer nonPositiveInteger negativeInteger long int short byte " +
    "nonNegativeInteger unsignedLong unsignedInt unsignedShort unsignedByte positiveInteger float double duration " +
    "dateTime time date anyURI base64Binary hexBinary QName").split(" ")
)

/** The local name of the type, from the end of the reference or from the text, whichever names an XML Schema type. */
export const typeName = (
  { name, reference }: { readonly name: string; readonly reference: Option.Option<string> }
): Option.Option<string> => {
  const tail = localName(Option.getOrElse(reference, () => ""))
  if (schemaTypes.has(tail)) return Option.some(tail)
  const text = localName(name)
  if (schemaTypes.has(text)) return Option.some(text)
  return name === "" ? reference : Option.some(name)
}

const localName = (name: string): string =>
  name.slice(Math.max(name.lastIndexOf("#"), name.lastIndexOf(":"), name.lastIndexOf("/")) + 1).trim()

/** EDAS also escapes the delimiters of a CDATA section. */
const unmarked = (text: string): string => /^<!\[CDATA\[([^]*)\]\]>$/.exec(text)?.[1]?.trim() ?? text

const readNumber = Literal.decode(Schema.Number)

/** The corners are numbers as XML Schema writes them, separated by any white space. */
const corner: Xml.Content<ReadonlyArray<number>> = Xml.transform(Xml.text, {
  decode: (source): Either.Either<ReadonlyArray<number>, string> =>
    Either.all(source.split(/[\s,]+/).filter((one) => one !== "").map(readNumber)),
  encode: (numbers) => Either.right(numbers.map((one) => Literal.format(one, "double")).join(" "))
})

const documentsOf = (version: keyof typeof namespaces) => {
  const ows = owsNames(version)

  /**
   * These servers use the WPS namespace here: PyWPS for the report of a failed process, GSKY for the whole report,
   * Calvalus for the service's identification.
   */
  const lenient = (local: string): Names => [...ows(local), wpsName(local)]

  const texts = Xml.manyNonEmpty
  const text = Xml.optionalNonEmpty

  const metadata: Xml.Content<OwsModel.Metadata> = Xml.struct({
    href: Xml.nonEmptyAttribute(xlink("href")),
    title: Xml.nonEmptyAttribute(xlink("title")),
    role: Xml.nonEmptyAttribute(xlink("role")),
    about: Xml.nonEmptyAttribute(none("about"))
  })

  const keywords = Xml.many(ows("Keywords"), Xml.struct({ words: texts(ows("Keyword")) }))

  /** Keywords come in groups. The grouping is dropped. */
  const words = {
    read: (groups: ReadonlyArray<{ readonly words: ReadonlyArray<string> }>): ReadonlyArray<string> =>
      groups.flatMap((group) => group.words),
    write: (words: ReadonlyArray<string>) => words.some((one) => one !== "") ? [{ words }] : []
  }

  /** WS4GEE misspells the name. */
  const identifierNames: Names = [...ows("Identifier"), ...ows("Identifer")]

  /** Identifier, Title, Abstract and Metadata, which begin every description. If one is repeated, the first is used. */
  const described = {
    identifier: Xml.one(identifierNames, Xml.text, { repeated: "first" }),
    title: text(ows("Title")),
    abstract: text(ows("Abstract")),
    metadata: Xml.many(ows("Metadata"), metadata)
  }

  const serviceIdentification: Xml.Content<OwsModel.ServiceIdentification> = Xml.map(
    Xml.struct({
      titles: texts(lenient("Title")),
      abstracts: texts(lenient("Abstract")),
      keywords,
      serviceType: text(lenient("ServiceType")),
      serviceTypeVersions: texts(lenient("ServiceTypeVersion")),
      profiles: texts(lenient("Profile")),
      fees: text(lenient("Fees")),
      accessConstraints: texts(lenient("AccessConstraints"))
    }),
    {
      decode: (raw): OwsModel.ServiceIdentification => ({
        ...raw,
        keywords: words.read(raw.keywords)
      }),
      encode: (value) => ({ ...value, keywords: words.write(value.keywords) })
    }
  )

  const link = Xml.struct({ href: Xml.nonEmptyAttribute(xlink("href")) })

  const href = {
    decode: (raw: Option.Option<{ readonly href: Option.Option<string> }>) => Option.flatMap(raw, (one) => one.href),
    encode: (value: Option.Option<string>) => Option.map(value, (one) => ({ href: Option.some(one) }))
  }

  const phone = Xml.struct({ phones: texts(lenient("Voice")), faxes: texts(lenient("Facsimile")) })

  const address = Xml.struct({
    deliveryPoints: texts(lenient("DeliveryPoint")),
    city: text(lenient("City")),
    administrativeArea: text(lenient("AdministrativeArea")),
    postalCode: text(lenient("PostalCode")),
    country: text(lenient("Country")),
    emails: texts(lenient("ElectronicMailAddress"))
  })

  const contactInfo = Xml.struct({
    phone: Xml.optional(lenient("Phone"), phone, { repeated: "first" }),
    address: Xml.optional(lenient("Address"), address, { repeated: "first" }),
    onlineResource: Xml.optional(lenient("OnlineResource"), link, { repeated: "first" }),
    hoursOfService: text(lenient("HoursOfService")),
    contactInstructions: text(lenient("ContactInstructions"))
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
      individualName: text(lenient("IndividualName")),
      positionName: text(lenient("PositionName")),
      info: Xml.optional(lenient("ContactInfo"), contactInfo, { repeated: "first" }),
      role: text(lenient("Role"))
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

  const serviceProvider: Xml.Content<OwsModel.ServiceProvider> = Xml.map(
    Xml.struct({
      // The schema requires one, which may be empty.
      name: Xml.optional(lenient("ProviderName"), Xml.text, { repeated: "first" }),
      site: Xml.optional(lenient("ProviderSite"), link, { repeated: "first" }),
      contact: Xml.optional(lenient("ServiceContact"), contact, { repeated: "first" })
    }),
    {
      decode: (raw): OwsModel.ServiceProvider => ({
        ...raw,
        name: Option.filter(raw.name, (name) => name !== ""),
        site: href.decode(raw.site)
      }),
      encode: (value) => ({ ...value, site: href.encode(value.site) })
    }
  )

  const domainValues = Xml.struct({ values: texts(ows("Value")) })

  /** The schema requires an `AnyValue` if any value is allowed. */
  const domain: Xml.Content<OwsModel.Domain> = Xml.map(
    Xml.struct({
      name: Xml.attributeWithDefault(none("name"), ""),
      possible: Xml.optionalOneOf({
        Allowed: [ows("AllowedValues"), domainValues],
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
          values.some((one) => one !== "")
            ? { _tag: "Allowed" as const, value: { values } }
            : { _tag: "Any" as const, value: undefined }
        )
      })
    }
  )

  const endpoint = Xml.struct({
    href: Xml.attributeWithDefault(xlink("href"), ""),
    constraints: Xml.many(ows("Constraint"), domain)
  })

  /** The HTTP element of an operation's DCP: its GET and POST addresses, in document order. */
  const http = Xml.struct({
    endpoints: Xml.manyOf({ Get: [ows("Get"), endpoint], Post: [ows("Post"), endpoint] })
  })

  const operation: Xml.Content<OwsModel.OperationMetadata> = Xml.map(
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

  const metadataOfOperations = Xml.struct({
    operations: Xml.many(ows("Operation"), operation),
    parameters: Xml.many(ows("Parameter"), domain),
    constraints: Xml.many(ows("Constraint"), domain)
  })

  /** OperationsMetadata. Its parts become parts of the capabilities. They are empty if it is absent. */
  const operations = {
    part: Xml.optional(ows("OperationsMetadata"), metadataOfOperations, { repeated: "first" }),
    read: Option.getOrElse((): Xml.Value<typeof metadataOfOperations> => ({
      operations: [],
      parameters: [],
      constraints: []
    })),
    write: (all: Xml.Value<typeof metadataOfOperations>) =>
      Option.liftPredicate(
        all,
        ({ constraints, operations, parameters }) => [...operations, ...parameters, ...constraints].length > 0
      )
  }

  /** Calvalus puts a single value into the range. */
  const rangeContent: Xml.Content<{ readonly range: Description.Range; readonly value: string }> = Xml.map(
    Xml.struct({
      value: Xml.value,
      closure: Xml.nonEmptyAttribute(ows("rangeClosure")),
      minimum: Xml.optionalNonEmpty(ows("MinimumValue")),
      maximum: Xml.optionalNonEmpty(ows("MaximumValue")),
      spacing: Xml.optionalNonEmpty(ows("Spacing"))
    }),
    {
      decode: ({ closure, maximum, minimum, spacing, value }) => ({
        value,
        range: {
          minimum,
          maximum,
          spacing,
          closure: Option.getOrElse(
            Option.filter(closure, (one) => one === "open" || one === "open-closed" || one === "closed-open"),
            () => "closed" as const
          )
        }
      }),
      encode: ({ range: { closure, ...rest }, value }) => ({
        ...rest,
        value,
        closure: closure === "closed" ? Option.none() : Option.some(closure)
      })
    }
  )

  const isValue = ({ range, value }: Xml.Value<typeof rangeContent>): boolean =>
    value !== "" && Option.isNone(range.minimum) && Option.isNone(range.maximum)

  /** `ows:Value`. Some servers write `ows:AllowedValue`, or use a namespace of WPS. */
  type Allowed = { readonly values: ReadonlyArray<string>; readonly ranges: ReadonlyArray<Description.Range> }
  const allowedValues: Xml.Content<Allowed> = Xml.map(
    Xml.struct({
      values: Xml.many([...ows("Value"), ...ows("AllowedValue"), wpsName("Value")], Xml.text),
      ranges: Xml.many([...ows("Range"), wpsName("Range")], rangeContent)
    }),
    {
      decode: ({ ranges, values }): Allowed => ({
        values: [...values, ...ranges.filter(isValue).map(({ value }) => value)],
        ranges: ranges.filter((one) => !isValue(one)).map(({ range }) => range)
      }),
      encode: ({ ranges, values }) => ({ values, ranges: ranges.map((range) => ({ range, value: "" })) })
    }
  )

  const dataType = Xml.struct({ reference: Xml.nonEmptyAttribute(ows("reference")), name: Xml.value })

  const boundingBox: Xml.Content<DataValue.BoundingBoxData> = Xml.map(
    Xml.struct({
      crs: Xml.nonEmptyAttribute([none("crs"), ...ows("crs")]),
      dimensions: Xml.nonEmptyAttribute(none("dimensions")),
      lower: Xml.one(ows("LowerCorner"), corner),
      upper: Xml.one(ows("UpperCorner"), corner)
    }),
    {
      decode: ({ crs, lower, upper }): DataValue.BoundingBoxData => ({
        _tag: "BoundingBoxData" as const,
        lower,
        upper,
        // PyWPS writes Python's `None`.
        crs: Option.filter(crs, (name) => name !== "None")
      }),
      encode: ({ crs, lower, upper }) => ({
        crs,
        dimensions: Option.some(String(lower.length)),
        lower,
        upper
      })
    }
  )

  /** PyWPS puts the text directly into an Exception, without an ExceptionText. */
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
          // PyWPS writes Python's `None`.
          locator: Option.filter(locator, (at) => at !== "None"),
          texts: [...texts, text].map(unmarked).filter((one) => one !== "")
        }),
      encode: ({ code, locator, texts }) => ({ code, locator, texts, text: "" })
    }
  )

  const exceptionReport: Xml.Content<OwsModel.ExceptionReport> = Xml.map(
    Xml.struct({
      version: Xml.nonEmptyAttribute(none("version")),
      language: Xml.nonEmptyAttribute(xml("lang")),
      exceptions: Xml.many(lenient("Exception"), exception)
    }),
    {
      decode: (raw): OwsModel.ExceptionReport => raw,
      encode: (value) => ({
        ...value,
        version: Option.orElseSome(value.version, () => version === "1.1" ? "1.0.0" : "2.0.0")
      })
    }
  )

  return {
    ows,
    metadata,
    keywords,
    words,
    identifierNames,
    described,
    serviceIdentificationName: lenient("ServiceIdentification"),
    serviceIdentification,
    serviceProviderName: lenient("ServiceProvider"),
    serviceProvider,
    operations,
    allowedValues,
    dataType,
    boundingBox,
    exceptionReportName: lenient("ExceptionReport"),
    exceptionReport
  }
}

/** OWS Common 1.1, which WPS 1.0.0 uses. */
export const ows11 = documentsOf("1.1")

/** OWS Common 2.0, which WPS 2.0 uses. */
export const ows20 = documentsOf("2.0")

const ogcName = XmlName.namespace("http://www.opengis.net/ogc", "ogc")

/** The error report of older OGC services, and of proxies in front of them. */
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
