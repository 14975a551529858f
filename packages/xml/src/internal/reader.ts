import * as Either from "effect/Either"
import { XmlError } from "../XmlError.ts"
import type { XmlFragment } from "../XmlFragment.ts"
import { format } from "../XmlName.ts"
import * as Bytes from "./bytes.ts"
import { excerpt, trim } from "./characters.ts"
import { textOnly, type Top, withElements } from "./fragment.ts"
import { declaredIn, type Name, Parser } from "./parser.ts"
import { absent, type Entry, failed, Frame, Kind, make, type Shape, spoilt } from "./shape.ts"

export interface Limits {
  readonly maxDepth: number
  readonly maxBytes: number
  readonly maxAttributes: number
  readonly charset: string | undefined
}

/** The reader parses slices of this many characters, so that it stops soon after a failure. */
const sliceLength = 65536

const loneSurrogate = /[\ud800-\udbff][^\udc00-\udfff]/

/** Reads a document in one pass over the parser's events. Each open element that the declaration knows has a frame. */
export class Reader {
  failure: XmlError | undefined = undefined
  private trouble: XmlError | undefined = undefined
  private givenUpAt = -1
  private readonly limits: Limits
  private readonly parser = new Parser()
  private readonly root: Frame
  private frame: Frame
  /** How many open elements inside the frame the declaration does not know. */
  private skipped = 0
  private listening = false
  private size = 0
  private ended = false

  private charset: Bytes.Charset | undefined = undefined
  private pending: Uint8Array = new Uint8Array(0)
  private highSurrogate = false

  /** The offset of the current slice in the document, in characters. */
  private base = 0
  private fed = 0
  /** The current slice, the pieces of the current fragment, and where the fragment begins in the current slice. */
  private slice = ""
  private pieces: Array<string> | undefined = undefined
  private from = 0
  private tops: Array<Top> = []
  private topStart = 0
  private namespaces: XmlFragment["namespaces"] = []

  constructor(shape: Shape, limits: Limits) {
    this.limits = limits
    this.root = new Frame(undefined, rootEntry, shape)
    this.frame = this.root
    const { parser } = this
    parser.on("error", (error) => {
      // saxes emits `closetag` before it reports that the end tag does not match. Its error replaces a failure from
      // that event.
      if (this.givenUpAt === parser.position) this.failure = undefined
      this.fail("malformed", malformed(error.message))
    })
    parser.on("doctype", () => this.fail("doctype", "The document has a document type declaration"))
    parser.on("attribute", (attribute) => {
      if (parser.attribute(attribute) > limits.maxAttributes) {
        this.fail("limit", `An element has more than ${limits.maxAttributes} attributes`)
      }
    })
    this.listen(true)
    parser.on("opentag", (tag) => this.open(parser.enter(tag.name)))
    parser.on("closetag", (tag) => this.close(tag.isSelfClosing))
  }

  // ------------------------------------------------------------------------------------------------------------ input

  write(chunk: string | Uint8Array): void {
    if (this.failure !== undefined || this.ended) return
    this.size += chunk.length
    if (this.size > this.limits.maxBytes) {
      return this.fail("limit", `The document is larger than ${this.limits.maxBytes} bytes`)
    }
    if (typeof chunk === "string") this.writeText(chunk)
    else this.writeBytes(chunk, false)
  }

  end(): Either.Either<unknown, XmlError> {
    if (!this.ended) {
      if (this.failure === undefined) {
        if (this.charset !== undefined) this.writeBytes(new Uint8Array(0), true)
        else if (this.pending.length > 0) this.choose(this.pending, true)
      }
      this.parse(null)
      this.ended = true
    }
    return this.failure === undefined ? Either.right(this.root.slots[0]) : Either.left(this.failure)
  }

  private writeText(text: string): void {
    for (let i = 0; i < text.length && this.failure === undefined; i += sliceLength) {
      const slice = text.length <= sliceLength ? text : text.slice(i, i + sliceLength)
      // A string can have a lone surrogate, and the parser overlooks some. Decoded bytes cannot have one.
      const first = slice.charCodeAt(0)
      if (loneSurrogate.test(slice) || (this.highSurrogate && (first < 0xdc00 || first > 0xdfff))) {
        return this.fail("malformed", "The text has half of a surrogate pair")
      }
      const last = slice.charCodeAt(slice.length - 1)
      this.highSurrogate = last >= 0xd800 && last <= 0xdbff
      this.parse(slice)
    }
  }

  private writeBytes(bytes: Uint8Array, last: boolean): void {
    const { charset } = this
    if (charset === undefined) {
      const start = this.pending.length === 0 ? bytes : Bytes.concat(this.pending, bytes)
      // Copied, because the caller may reuse its buffer.
      if (Bytes.isEnough(start)) this.choose(start, last)
      else this.pending = new Uint8Array(start)
      return
    }
    for (let i = 0; (i < bytes.length || (last && i === 0)) && this.failure === undefined; i += sliceLength) {
      const decoded = charset.decode(bytes.subarray(i, i + sliceLength), last && i + sliceLength >= bytes.length)
      this.parse(Either.merge(decoded))
      if (Either.isLeft(decoded)) this.fail("encoding", `The bytes are not ${charset.name}`)
    }
  }

  private choose(bytes: Uint8Array, last: boolean): void {
    const charset = Bytes.charsetOf(bytes, this.limits.charset)
    if (Either.isLeft(charset)) return this.fail("encoding", charset.left)
    this.charset = charset.right
    this.pending = new Uint8Array(0)
    this.writeBytes(bytes, last)
  }

  private parse(slice: string | null): void {
    if (this.failure !== undefined || slice === "") return
    const { parser } = this
    this.base = this.fed
    this.slice = slice ?? ""
    this.from = 0
    this.fed += this.slice.length
    if (slice === null) parser.close()
    else parser.write(slice)
    if (this.pieces !== undefined) this.pieces.push(this.from === 0 ? this.slice : this.slice.slice(this.from))
    this.slice = ""
  }

  // ----------------------------------------------------------------------------------------------------------- events

  private open(name: Name): void {
    const { frame, parser } = this
    const { local, uri } = name
    if (parser.depth > this.limits.maxDepth) {
      this.fail("limit", `The document is more than ${this.limits.maxDepth} elements deep`)
    }
    if (this.failure !== undefined) return
    if (this.skipped > 0) {
      this.skipped++
      parser.forget()
      return
    }
    const entry = this.pieces === undefined ? find(frame, uri, local) : undefined
    if (entry === undefined || !this.admit(frame, entry)) {
      if (frame === this.root && entry === undefined) {
        const expected = frame.shape.children.flatMap(({ entries, local }) =>
          entries.slice(0, 1).map(({ uri }) => format({ uri, local }))
        )
        return this.fail(
          "unexpected-root",
          `The document is ${excerpt(format({ uri, local }))} and not ${expected.slice(0, 4).join(" or ")}`
        )
      }
      if (this.pieces !== undefined) {
        this.tops.push({ at: this.topStart, declared: parser.declared })
      }
      this.skipped++
      parser.forget()
      this.listen(false)
      return
    }
    const shape = entry.shape ??= entry.content.shape()
    const opened = new Frame(frame, entry, shape)
    this.frame = opened
    if (shape.attributes.length > 0) readAttributes(shape, opened.slots, parser.attributes)
    parser.forget()
    if (shape.kind === Kind.Fragment || shape.contentSlot >= 0) this.startFragment()
    if (shape.kind === Kind.Any) opened.slots[0] = name
  }

  /** Whether to read the element. One that occurs too often is skipped or fails. */
  private admit(frame: Frame, entry: Entry): boolean {
    const present = frame.slots[entry.slot]
    if (present === absent) return true
    if (present === spoilt || entry.first) return false
    if (entry.many) return true
    this.problem("repeated", `${entry.label} stands there more than once`, `/${entry.label}`)
    if (entry.lenient) frame.slots[entry.slot] = spoilt
    else this.giveUp(frame)
    return false
  }

  private close(isSelfClosing: boolean): void {
    if (this.failure !== undefined) return
    this.parser.leave()
    if (this.skipped > 0) {
      // The text of a fragment with elements is computed later, if at all.
      if (--this.skipped === 0 && (this.pieces === undefined || this.frame.shape.textSlot >= 0)) this.listen(true)
      return
    }
    const { frame } = this
    const { entry, parent, shape } = frame
    if (parent === undefined) return
    if (this.pieces !== undefined) {
      const fragment = this.endFragment(frame.text, isSelfClosing)
      frame.slots[Math.max(0, shape.contentSlot)] = fragment
    }
    let value = this.finish(frame, shape)
    if (value !== failed && shape.after !== undefined) value = shape.after(value, this)
    if (value === failed) {
      if (this.giveUp(frame) && --this.skipped === 0) this.listen(true)
      return
    }
    this.frame = parent
    if (entry.tag !== undefined) value = { _tag: entry.tag, value }
    const { slots } = parent
    if (entry.many) {
      const present = slots[entry.slot]
      if (Array.isArray(present)) present.push(value)
      else slots[entry.slot] = [value]
    } else {
      slots[entry.slot] = value
    }
  }

  private finish(frame: Frame, shape: Shape): unknown {
    switch (shape.kind) {
      case Kind.Text:
        return trim(frame.text)
      case Kind.Verbatim:
        return frame.text
      case Kind.Empty:
        return undefined
      case Kind.Fragment:
      case Kind.Any:
        return frame.slots[0]
      case Kind.Within:
      case Kind.Struct: {
        const { fields, parts } = shape
        const { slots } = frame
        if (shape.textSlot >= 0) slots[shape.textSlot] = frame.text
        const struct: Record<string, unknown> = {}
        for (let i = 0; i < parts.length; i++) {
          const value = parts[i]?.finish(slots[i], this)
          if (value === failed) return failed
          if (shape.kind === Kind.Within) return value
          struct[fields[i] ?? ""] = value
        }
        return struct
      }
    }
  }

  // -------------------------------------------------------------------------------------------------------- fragments

  private startFragment(): void {
    this.pieces = []
    this.tops = []
    this.from = this.parser.position - this.base
    this.namespaces = declaredIn(this.parser.bindings)
    const start = this.parser.position
    this.parser.on("opentagstart", () => {
      if (this.skipped === 0) this.topStart = this.parser.position - start - 1
    })
  }

  private endFragment(text: string, isSelfClosing: boolean): XmlFragment {
    const { namespaces, pieces = [], tops } = this
    pieces.push(this.slice.slice(this.from, this.parser.position - this.base))
    const whole = pieces.join("")
    const source = isSelfClosing ? "" : whole.slice(0, whole.lastIndexOf("</"))
    this.pieces = undefined
    this.tops = []
    this.parser.off("opentagstart")
    this.listen(true)
    return tops.length > 0 ? withElements(source, tops, namespaces) : textOnly(text, source, namespaces)
  }

  // ---------------------------------------------------------------------------------------------------------- failure

  /** Records what is wrong with the content. The caller returns the result, `failed`. */
  problem(reason: XmlError["reason"], detail: string, suffix = ""): typeof failed {
    this.trouble = this.error(reason, detail, suffix)
    return failed
  }

  /** Skips the rest of the nearest lenient part around `frame`. If there is none, fails the document. */
  private giveUp(frame: Frame): boolean {
    let levels = 1
    for (let one: Frame | undefined = frame; one !== undefined; one = one.parent) {
      if (one.entry.lenient && one.parent !== undefined) {
        one.parent.slots[one.entry.slot] = spoilt
        this.frame = one.parent
        this.skipped += levels
        this.pieces = undefined
        this.parser.off("opentagstart")
        this.listen(false)
        return true
      }
      levels++
    }
    this.stop(this.trouble ?? this.error("malformed", "The document cannot be read", ""))
    this.givenUpAt = this.parser.position
    return false
  }

  private fail(reason: XmlError["reason"], detail: string): void {
    if (this.failure === undefined) this.stop(this.error(reason, detail, ""))
  }

  private stop(error: XmlError): void {
    this.failure = error
    this.pieces = undefined
    for (const event of ["opentagstart", "attribute", "opentag", "closetag", "text", "cdata", "doctype"] as const) {
      this.parser.off(event)
    }
  }

  private error(reason: XmlError["reason"], detail: string, suffix: string): XmlError {
    const { column, line } = this.parser
    return new XmlError({ reason, detail, path: this.path() + suffix, line, column: Math.max(1, column) })
  }

  private path(): string {
    let path = ""
    for (let one = this.frame; one.parent !== undefined; one = one.parent) {
      const { entry, parent } = one
      const before = entry.many ? parent.slots[entry.slot] : undefined
      const index = entry.many && entry.tag === undefined ? `[${Array.isArray(before) ? before.length + 1 : 1}]` : ""
      path = `/${entry.label}${index}${path}`
    }
    return path === "" ? "/" : path
  }

  // ------------------------------------------------------------------------------------------------------------- text

  /** The parser collects text only if something listens for it. */
  private listen(on: boolean): void {
    if (on === this.listening) return
    this.listening = on
    if (on) {
      this.parser.on("text", this.onText)
      this.parser.on("cdata", this.onText)
    } else {
      this.parser.off("text")
      this.parser.off("cdata")
    }
  }

  private readonly onText = (text: string): void => {
    const { frame } = this
    if (frame.shape.wantsText) frame.text = frame.text === "" ? text : frame.text + text
  }
}

const rootEntry: Entry = {
  uri: "",
  label: "",
  slot: 0,
  many: false,
  first: false,
  lenient: false,
  tag: undefined,
  content: { shape: () => make(Kind.Empty), write: () => {} },
  shape: undefined
}

const find = (frame: Frame, uri: string, local: string): Entry | undefined => {
  const { any, children } = frame.shape
  for (let tried = 0, at = frame.last; tried < children.length; tried++, at = at + 1 === children.length ? 0 : at + 1) {
    const child = children[at]
    if (child === undefined || child.local !== local) continue
    for (const entry of child.entries) {
      if (entry.uri !== uri) continue
      frame.last = at
      return entry
    }
    return any
  }
  return any
}

const readAttributes = (shape: Shape, slots: Array<unknown>, attributes: Parser["attributes"]): void => {
  for (const { local, slot, uri } of shape.attributes) {
    if (slots[slot] !== absent) continue
    for (const attribute of attributes) {
      if (attribute.local === local && attribute.uri === uri) {
        slots[slot] = attribute.value
        break
      }
    }
  }
}

const malformed = (message: string): string => {
  const said = excerpt(message.replace(/\.$/, ""))
  return said.charAt(0).toUpperCase() + said.slice(1)
}
