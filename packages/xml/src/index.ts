/**
 * @since 0.1.0
 */
export * as Xml from "./Xml.ts"

/**
 * @since 0.1.0
 */
export * as XmlError from "./XmlError.ts"

/**
 * @since 0.1.0
 */
export * as XmlFragment from "./XmlFragment.ts"

/**
 * @since 0.1.0
 */
export * as XmlName from "./XmlName.ts"
