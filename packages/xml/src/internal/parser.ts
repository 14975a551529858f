import { SaxesParser } from "saxes"

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"
const xmlnsNamespace = "http://www.w3.org/2000/xmlns/"

/** The namespace URIs by prefix. The empty prefix has the default namespace. */
export type Bindings = ReadonlyMap<string, string>

export const noBindings: Bindings = new Map([["xml", xmlNamespace], ["xmlns", xmlnsNamespace]])

export interface Name {
  readonly uri: string
  readonly local: string
  readonly prefix: string
}

export interface Attribute extends Name {
  readonly value: string
}

/** The scope of a set of namespace declarations. Documents repeat the same names, so each name is resolved once. */
interface Scope {
  readonly bindings: Bindings
  readonly elements: Map<string, Name>
  readonly attributes: Map<string, Name>
}

const scopeOf = (bindings: Bindings): Scope => ({ bindings, elements: new Map(), attributes: new Map() })

/** The prefixes in scope, without the predefined ones and without an empty default namespace. */
export const declaredIn = (bindings: Bindings): ReadonlyArray<readonly [prefix: string, uri: string]> =>
  [...bindings].filter(([prefix, uri]) => prefix !== "xml" && prefix !== "xmlns" && (prefix !== "" || uri !== ""))

/** The prefix that an attribute declares, if it declares one. For the default namespace it is the empty string. */
const declaredBy = (name: string): string | undefined =>
  name === "xmlns" ? "" : name.startsWith("xmlns:") ? name.slice(6) : undefined

const none: ReadonlyArray<string> = []

/**
 * saxes without its own namespace support, which looks a prefix up in every open element, so that it is quadratic in
 * depth, and makes three objects for each element. Here one map holds the bindings in scope. It is copied where an
 * element declares prefixes.
 *
 * @see Namespaces in XML 1.0 (Third Edition)
 */
export class Parser
  extends SaxesParser<{ xmlns: false; position: false; defaultXMLVersion: "1.0"; forceXMLVersion: true }>
{
  depth = 0
  /** The attributes of the last start tag, without the namespace declarations. */
  attributes: Array<Attribute> = []
  /** The prefixes that the last start tag declares. */
  declared: ReadonlyArray<string> = none
  private scope: Scope
  private readonly raw: Array<{ readonly name: string; readonly value: string }> = []
  private readonly outer: Array<Scope> = []
  private readonly declaredAt: Array<number> = []

  constructor(bindings: Bindings = noBindings) {
    super({ xmlns: false, position: false, defaultXMLVersion: "1.0", forceXMLVersion: true })
    this.scope = scopeOf(bindings)
    this.on("processinginstruction", ({ target }) => {
      if (target.includes(":")) this.fail(`malformed name: ${target}.`)
    })
  }

  get bindings(): Bindings {
    return this.scope.bindings
  }

  /** Call this for every `attribute` event. It returns the number of attributes in the start tag so far. */
  attribute(attribute: { readonly name: string; readonly value: string }): number {
    return this.raw.push(attribute)
  }

  /** Call this first for every `opentag` event. */
  enter(name: string): Name {
    this.depth++
    if (this.raw.length > 0) this.readAttributes()
    return this.scope.elements.get(name) ?? this.resolveElement(name)
  }

  /** Call this for every `closetag` event. */
  leave(): void {
    if (this.declaredAt.length > 0 && this.declaredAt[this.declaredAt.length - 1] === this.depth) {
      this.declaredAt.pop()
      this.scope = this.outer.pop() ?? this.scope
    }
    this.depth--
  }

  /** Call this when the attributes of a start tag have been read. */
  forget(): void {
    if (this.attributes.length > 0) this.attributes = []
    this.declared = none
  }

  private readAttributes(): void {
    const { raw } = this
    let bindings: Map<string, string> | undefined
    for (const { name, value } of raw) {
      const prefix = declaredBy(name)
      if (prefix === undefined) continue
      bindings ??= new Map(this.scope.bindings)
      const uri = value.trim()
      this.checkDeclaration(name, prefix, uri)
      bindings.set(prefix, uri)
      this.declared = [...this.declared, prefix]
    }
    if (bindings !== undefined) {
      this.outer.push(this.scope)
      this.declaredAt.push(this.depth)
      this.scope = scopeOf(bindings)
    }
    let prefixed = 0
    for (const { name, value } of raw) {
      if (declaredBy(name) !== undefined) continue
      const { local, prefix, uri } = this.scope.attributes.get(name) ?? this.resolveAttribute(name)
      if (prefix !== "") prefixed++
      this.attributes.push({ local, prefix, uri, value })
    }
    raw.length = 0
    if (prefixed > 1) this.checkTwice()
  }

  private resolveElement(name: string): Name {
    const { local, prefix } = this.split(name)
    if (prefix === "xmlns") this.fail("tags may not have \"xmlns\" as prefix.")
    return this.keep(this.scope.elements, name, { local, prefix, uri: this.lookUp(prefix) })
  }

  /** The default namespace does not apply to attributes. */
  private resolveAttribute(name: string): Name {
    const { local, prefix } = this.split(name)
    return this.keep(this.scope.attributes, name, { local, prefix, uri: prefix === "" ? "" : this.lookUp(prefix) })
  }

  /** Caps the number of kept names, because an attacker may use ever new ones. Real documents have some hundreds. */
  private keep(names: Map<string, Name>, name: string, resolved: Name): Name {
    if (names.size < 1000) names.set(name, resolved)
    return resolved
  }

  private lookUp(prefix: string): string {
    const uri = this.scope.bindings.get(prefix)
    if (prefix !== "" && (uri === undefined || uri === "")) {
      this.fail(`unbound namespace prefix: ${JSON.stringify(prefix)}.`)
    }
    return uri ?? ""
  }

  private split(name: string): { readonly prefix: string; readonly local: string } {
    const colon = name.indexOf(":")
    if (colon < 0) return { prefix: "", local: name }
    const prefix = name.slice(0, colon)
    const local = name.slice(colon + 1)
    if (prefix === "" || local === "" || local.includes(":")) this.fail(`malformed name: ${name}.`)
    return { prefix, local }
  }

  private checkDeclaration(name: string, prefix: string, uri: string): void {
    if (name !== "xmlns" && (prefix === "" || prefix.includes(":"))) this.fail(`malformed name: ${name}.`)
    if (prefix === "xml" ? uri !== xmlNamespace : uri === xmlNamespace) {
      this.fail(`the prefix xml, and no other, stands for ${xmlNamespace}.`)
    }
    if (prefix === "xmlns" || uri === xmlnsNamespace) {
      this.fail("the prefix xmlns may not be declared, nor what it stands for.")
    }
    if (prefix !== "" && uri === "") this.fail("invalid attempt to undefine prefix in XML 1.0")
  }

  private checkTwice(): void {
    const seen = new Set<string>()
    for (const { local, uri } of this.attributes) {
      const name = `{${uri}}${local}`
      if (seen.has(name)) this.fail(`duplicate attribute: ${name}.`)
      seen.add(name)
    }
  }
}
