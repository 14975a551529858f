/**
 * Names of elements and attributes: a namespace URI and a local name.
 *
 * @see Namespaces in XML 1.0 (third edition) §2
 * @since 0.1.0
 */

/**
 * An expanded name. Only `uri` and `local` say what is meant; `prefix` is the one that is preferred when writing.
 * An empty `uri` is no namespace.
 *
 * @see Namespaces in XML 1.0 §2.1
 * @since 0.1.0
 * @category models
 */
export interface XmlName {
  readonly uri: string
  readonly local: string
  readonly prefix: string
}

/**
 * A name, or several of which the first is written and all are accepted on reading.
 *
 * @since 0.1.0
 * @category models
 */
export type Names = XmlName | readonly [XmlName, ...Array<XmlName>]

/**
 * Names of one namespace.
 *
 * @example
 * ```ts
 * import { XmlName } from "@effect-wps/xml"
 *
 * const ows = XmlName.namespace("http://www.opengis.net/ows/1.1", "ows")
 *
 * const identifier = ows("Identifier")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const namespace = (uri: string, prefix: string) => (local: string): XmlName => ({ uri, local, prefix })

/**
 * A name in no namespace, as most attributes have it.
 *
 * @example
 * ```ts
 * import { XmlName } from "@effect-wps/xml"
 *
 * const mimeType = XmlName.unqualified("mimeType")
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const unqualified: (local: string) => XmlName = namespace("", "")

/**
 * Whether two names mean the same: the prefix does not count.
 *
 * @example
 * ```ts
 * import { XmlName } from "@effect-wps/xml"
 *
 * const gml = XmlName.namespace("http://www.opengis.net/gml", "gml")
 * const other = XmlName.namespace("http://www.opengis.net/gml", "g")
 *
 * console.log(XmlName.equals(gml("Point"), other("Point"))) // true
 * ```
 *
 * @since 0.1.0
 * @category predicates
 */
export const equals = (self: XmlName, that: XmlName): boolean => self.uri === that.uri && self.local === that.local

/**
 * A name as `{uri}local`, or `local` alone where there is no namespace.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (self: { readonly uri: string; readonly local: string }): string =>
  self.uri === "" ? self.local : `{${self.uri}}${self.local}`
