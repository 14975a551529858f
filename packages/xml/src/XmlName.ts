/**
 * Names of elements and attributes: a namespace URI and a local name.
 *
 * @see Namespaces in XML 1.0 (third edition) §2
 * @since 0.1.0
 */

/**
 * An expanded name. `uri` and `local` identify it. `prefix` is only the preferred prefix on writing. An empty `uri`
 * means no namespace.
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
 * A name, or several alternatives. The first is written. On reading, all are accepted.
 *
 * @since 0.1.0
 * @category models
 */
export type Names = XmlName | readonly [XmlName, ...Array<XmlName>]

/**
 * Makes names in one namespace.
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
 * A name without a namespace, as most attributes have it.
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
 * Whether two names have the same namespace and local name. The prefix does not count.
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
 * A name as `{uri}local`, or as `local` if it has no namespace.
 *
 * @since 0.1.0
 * @category conversions
 */
export const format = (self: { readonly uri: string; readonly local: string }): string =>
  self.uri === "" ? self.local : `{${self.uri}}${self.local}`
