import { XmlError } from "../XmlError.ts"
import type { XmlFragment } from "../XmlFragment.ts"
import type { XmlName } from "../XmlName.ts"
import { codePoint, escapeAttribute, escapeText, illegalCharacter } from "./characters.ts"
import { analyse, declaration, declare, topsOf } from "./fragment.ts"

const xmlNamespace = "http://www.w3.org/XML/1998/namespace"

const isPrefix = /^[A-Za-z_][\w.-]*$/

interface Mark {
  readonly body: string
  readonly isOpen: boolean
  readonly isBound: boolean
  readonly name: XmlName
}

/** Writes a document from start to end. The root declares the namespaces that are used. */
export class Writer {
  failure: XmlError | undefined = undefined
  private head = ""
  private body = ""
  private isOpen = false
  private readonly open: Array<string> = []
  private readonly prefixes = new Map<string, string>()
  private readonly uris = new Map<string, string>()

  fail(reason: XmlError["reason"], detail: string, suffix = ""): void {
    this.failure ??= new XmlError({ reason, detail, path: `/${this.open.join("/")}${suffix}`, line: 0, column: 0 })
  }

  start(name: XmlName): void {
    const qualified = this.qualify(name)
    if (this.open.length === 0) {
      this.head = `<${qualified}`
    } else {
      this.closeStart()
      this.body += `<${qualified}`
    }
    this.open.push(qualified)
    this.isOpen = true
  }

  end(): void {
    const qualified = this.open.pop()
    if (this.isOpen) this.body += "/>"
    else this.body += `</${qualified}>`
    this.isOpen = false
  }

  attribute(name: XmlName, value: string): void {
    const qualified = this.qualify(name)
    if (this.check(value, `/@${qualified}`)) this.body += ` ${qualified}="${escapeAttribute(value)}"`
  }

  text(value: string): void {
    if (!this.check(value) || value === "") return
    this.closeStart()
    this.body += escapeText(value)
  }

  fragment(fragment: XmlFragment): void {
    let tops = topsOf(fragment)
    if (tops === undefined) {
      if (!this.check(fragment.source)) return
      const analysis = analyse(fragment.source, fragment.namespaces)
      if (analysis.problem !== undefined) {
        return this.fail("malformed", `The embedded XML is not well-formed: ${analysis.problem.slice(0, 100)}`)
      }
      tops = analysis.tops
    }
    if (fragment.source === "") return
    this.closeStart()
    this.body += declare(fragment, tops, (prefix, uri) => this.uris.get(prefix) === uri)
  }

  /** Starts an element. `endUnlessEmpty` removes it again if nothing was written into it. */
  startTentatively(name: XmlName): Mark {
    const mark = { body: this.body, isOpen: this.isOpen, isBound: this.prefixes.has(name.uri), name }
    this.start(name)
    return mark
  }

  endUnlessEmpty(mark: Mark): void {
    const written = this.body.length - mark.body.length
    const tag = `${mark.isOpen ? ">" : ""}<${this.qualify(mark.name)}`
    if (written > tag.length) return this.end()
    this.open.pop()
    this.body = mark.body
    this.isOpen = mark.isOpen
    if (mark.isBound) return
    const prefix = this.prefixes.get(mark.name.uri)
    this.prefixes.delete(mark.name.uri)
    if (prefix !== undefined) this.uris.delete(prefix)
  }

  document(): string {
    let declarations = ""
    for (const [uri, prefix] of this.prefixes) declarations += declaration(prefix, uri)
    return `<?xml version="1.0" encoding="UTF-8"?>\n${this.head}${declarations}${this.body}`
  }

  private check(value: string, suffix = ""): boolean {
    // A caller without type checks must not write "undefined" into a document.
    if (typeof value !== "string") {
      this.fail("invalid-value", `The value is ${typeof value} and not a string`, suffix)
      return false
    }
    const character = illegalCharacter(value)
    if (character === undefined) return true
    this.fail("illegal-character", `The character ${codePoint(character)} cannot stand in XML`, suffix)
    return false
  }

  private closeStart(): void {
    if (this.isOpen) this.body += ">"
    this.isOpen = false
  }

  private qualify(name: XmlName): string {
    if (name.uri === "") return name.local
    if (name.uri === xmlNamespace) return `xml:${name.local}`
    return `${this.prefixes.get(name.uri) ?? this.bind(name)}:${name.local}`
  }

  private bind(name: XmlName): string {
    const preferred = isPrefix.test(name.prefix) && !/^xml/i.test(name.prefix) ? name.prefix : "ns"
    let prefix = preferred
    for (let n = 1; this.uris.has(prefix); n++) prefix = `${preferred}${n}`
    this.uris.set(prefix, name.uri)
    this.prefixes.set(name.uri, prefix)
    return prefix
  }
}
