/**
 * Metalink documents, with which a process gives a number of files that it does not know beforehand.
 *
 * @see RFC 5854
 * @since 0.1.0
 */
import { Xml, XmlName } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as DataValue from "./DataValue.ts"

/**
 * One file and its addresses. It is the same file at each of them.
 *
 * @see RFC 5854 §4.1.2
 * @since 0.1.0
 * @category models
 */
export interface File {
  readonly name: string
  /** In bytes. */
  readonly size: Option.Option<number>
  readonly mediaType: Option.Option<string>
  /** Best first. */
  readonly urls: ReadonlyArray<string>
  /** Pairs of the algorithm's name, such as `sha-256`, and the hash in hexadecimal. */
  readonly hashes: ReadonlyArray<readonly [algorithm: string, value: string]>
}

const metalink4 = XmlName.namespace("urn:ietf:params:xml:ns:metalink", "")
const metalink3 = XmlName.namespace("http://www.metalinker.org/", "")
const none = XmlName.unqualified

const names = (local: string) => [metalink4(local), metalink3(local), none(local)] as const

/** Removes parts of the name that lead out of the folder in which the file is saved (RFC 5854 §4.1.2.1). */
const safe = (name: string): string =>
  name.split(/[\\/]/).filter((part) => part !== "" && part !== "." && part !== "..").join("/")

const priorityOf = Option.getOrElse(() => 999_999)

const Finite = Schema.compose(Schema.NumberFromString, Schema.Finite)

/** Version 4 has a priority, and 1 is the best. Version 3 has a preference, and 100 is the best. */
const url = Xml.struct({
  mediaType: Xml.nonEmptyAttribute(none("mediatype")),
  priority: Xml.lenient(Xml.attribute(none("priority"), Finite)),
  preference: Xml.lenient(Xml.attribute(none("preference"), Finite)),
  address: Xml.value
})

const hash = Xml.struct({ type: Xml.attributeWithDefault(none("type"), ""), value: Xml.value })

const addresses = {
  urls: Xml.many(names("url"), url),
  // In the standard a `metaurl` leads to another metalink. PyWPS puts the addresses of its files there.
  metaurls: Xml.many(names("metaurl"), url)
}

const file: Xml.Content<File> = Xml.map(
  Xml.struct({
    name: Xml.attributeWithDefault(none("name"), ""),
    size: Xml.lenient(
      Xml.one(names("size"), Xml.textOf(Schema.compose(Schema.NumberFromString, Schema.NonNegativeInt)))
    ),
    hashes: Xml.many(names("hash"), hash),
    ...addresses,
    // Version 3 wraps these in elements of their own.
    verification: Xml.optional(names("verification"), Xml.struct({ hashes: Xml.many(names("hash"), hash) })),
    resources: Xml.optional(names("resources"), Xml.struct(addresses))
  }),
  {
    decode: ({ hashes, metaurls, name, resources, size, urls, verification }): File => {
      const inside = Option.getOrElse(resources, () => ({ urls: [], metaurls: [] }))
      const all = [...urls, ...inside.urls, ...metaurls, ...inside.metaurls]
      return {
        name: safe(name),
        size,
        mediaType: Option.firstSomeOf(all.map((one) => one.mediaType)),
        urls: [...all].sort((one, other) =>
          priorityOf(one.priority) - priorityOf(other.priority) ||
          Option.getOrElse(other.preference, () => 0) - Option.getOrElse(one.preference, () => 0)
        ).map(({ address }) => address),
        hashes: [...hashes, ...Option.match(verification, { onNone: () => [], onSome: (one) => one.hashes })].map((
          { type, value }
        ) => [type, value])
      }
    },
    encode: ({ hashes, mediaType, name, size, urls }) => ({
      name,
      size,
      hashes: hashes.map(([type, value]) => ({ type, value })),
      urls: urls.map((address, at) => ({
        mediaType,
        address,
        priority: Option.some(at + 1),
        preference: Option.none()
      })),
      metaurls: [],
      verification: Option.none(),
      resources: Option.none()
    })
  }
)

/** Version 3 wraps the files in one more element. */
const document = Xml.document(
  names("metalink"),
  Xml.map(
    Xml.struct({
      files: Xml.many(names("file"), file),
      inside: Xml.optional(names("files"), Xml.struct({ files: Xml.many(names("file"), file) }))
    }),
    {
      decode: (
        { files, inside }
      ): ReadonlyArray<File> => [...files, ...Option.match(inside, { onNone: () => [], onSome: (one) => one.files })],
      encode: (files) => ({ files, inside: Option.none() })
    }
  )
)

const read = Xml.decode(document)
const write = Xml.encode(document)

/**
 * Reads a document of version 3 or 4, or says why it is not one.
 *
 * @example
 * ```ts
 * import { Metalink } from "@effect-wps/wps"
 * import { Either } from "effect"
 *
 * const files = Metalink.decode(
 *   "<metalink xmlns=\"urn:ietf:params:xml:ns:metalink\"><file name=\"a.nc\"><url>https://example.org/a.nc</url></file></metalink>"
 * )
 * console.log(Either.map(files, (all) => all.map(({ urls }) => urls[0]))) // Right: https://example.org/a.nc
 * ```
 *
 * @see RFC 5854 §4
 * @since 0.1.0
 * @category conversions
 */
export const decode = (xml: string): Either.Either<ReadonlyArray<File>, string> =>
  Either.mapLeft(read(xml), (error) => `is no metalink: ${error.message}`)

/**
 * Writes a document of version 4.
 *
 * @see RFC 5854 §4
 * @since 0.1.0
 * @category conversions
 */
export const encode = (files: ReadonlyArray<File>): Either.Either<string, string> =>
  Either.mapLeft(write(files), (error) => error.message)

/**
 * A reference to the file, for `WpsClient.download` or for an input. None if the file has no address.
 *
 * @since 0.1.0
 * @category conversions
 */
export const toReference = ({ mediaType, urls }: File): Option.Option<DataValue.Reference> =>
  Option.map(
    Option.fromNullable(urls[0]),
    (href) =>
      DataValue.reference(href, Option.match(mediaType, { onNone: () => ({}), onSome: (format) => ({ format }) }))
  )
