import { type SaxesAttributeNS, SaxesParser } from "saxes"

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/"

export type Scope = ReadonlyMap<string, string>

export const noScope: Scope = new Map([["xml", xmlNamespace], ["xmlns", xmlnsNamespace]])

const isDeclaration = (attribute: SaxesAttributeNS): boolean =>
  attribute.prefix === "xmlns" || attribute.name === "xmlns"

const prefixOf = (declaration: SaxesAttributeNS): string => declaration.prefix === "xmlns" ? declaration.local : ""

const none: ReadonlyArray<string> = []

/** The prefixes of a scope, without those that every document has. */
export const bindings = (scope: Scope): ReadonlyArray<readonly [prefix: string, uri: string]> =>
  [...scope].filter(([prefix, uri]) => prefix !== "xml" && prefix !== "xmlns" && (prefix !== "" || uri !== ""))

/**
 * saxes looks a prefix up in every open element, which makes it quadratic in depth. The bindings in scope are kept here
 * in one map, copied where an element declares some, so that a prefix costs the same at every depth.
 */
export class Parser
  extends SaxesParser<{ xmlns: true; position: false; defaultXMLVersion: "1.0"; forceXMLVersion: true }>
{
  scope: Scope
  depth = 0
  /** Attributes of the start tag that is being read, or was read last. */
  readonly attributes: Array<SaxesAttributeNS> = []
  private own: Map<string, string> | undefined = undefined
  private readonly outer: Array<Scope> = []
  private readonly declaredAt: Array<number> = []

  constructor(scope: Scope = noScope) {
    super({ xmlns: true, position: false, defaultXMLVersion: "1.0", forceXMLVersion: true })
    this.scope = scope
  }

  override resolve(prefix: string): string | undefined {
    return (this.own ?? this.scope).get(prefix)
  }

  /** To be called for every attribute event. */
  attribute(attribute: SaxesAttributeNS): void {
    this.attributes.push(attribute)
    if (!isDeclaration(attribute)) return
    this.own ??= new Map(this.scope)
    this.own.set(prefixOf(attribute), attribute.value.trim())
  }

  /** The prefixes that the start tag declares. */
  declared(): ReadonlyArray<string> {
    return this.attributes.length === 0 ? none : this.attributes.filter(isDeclaration).map(prefixOf)
  }

  /** To be called first for every opentag event. */
  enter(): void {
    this.depth++
    if (this.own === undefined) return
    this.outer.push(this.scope)
    this.declaredAt.push(this.depth)
    this.scope = this.own
    this.own = undefined
  }

  /** To be called last for every closetag event. */
  leave(): void {
    if (this.declaredAt.length > 0 && this.declaredAt[this.declaredAt.length - 1] === this.depth) {
      this.declaredAt.pop()
      this.scope = this.outer.pop() ?? noScope
    }
    this.depth--
  }
}
