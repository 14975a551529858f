import type { XmlName } from "../XmlName.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** A slot into which nothing has been read. */
export const absent: unique symbol = Symbol("absent")
/** A slot whose content could not be decoded, and need not be. */
export const spoilt: unique symbol = Symbol("spoilt")
/** What a step gives that has failed, after telling the reader why. */
export const failed: unique symbol = Symbol("failed")

/** What an element's content is gathered as, and what becomes of it at the end tag. */
export const Kind = { Text: 0, Verbatim: 1, Empty: 2, Fragment: 3, Struct: 4, Within: 5, Any: 6 } as const
export type Kind = typeof Kind[keyof typeof Kind]

export type After = (value: unknown, reader: Reader) => unknown

/**
 * A declaration of content, as the reader and the writer use it. Functions are declared as methods here and in
 * `PartNode`, so that one that takes a particular type can stand where `unknown` is said: the reader and the writer hand
 * each only what it made itself, which the types of `Content` and `Part` see to.
 */
export interface ContentNode {
  shape(): Shape
  write(value: unknown, writer: Writer): void
}

/** A declaration of a part of a struct. */
export interface PartNode {
  install(shape: Shape, slot: number, lenient: boolean): void
  finish(raw: unknown, reader: Reader): unknown
  writeAttributes?(value: unknown, writer: Writer): void
  writeChildren?(value: unknown, writer: Writer): void
}

/** A child element that a declaration knows. */
export interface Entry {
  readonly uri: string
  readonly label: string
  readonly slot: number
  readonly many: boolean
  /** Of several, the first counts and the others are skipped. */
  readonly first: boolean
  readonly lenient: boolean
  readonly tag: string | undefined
  readonly content: ContentNode
  /** `content.shape()`, once it has been needed: a declaration may be recursive. */
  shape: Shape | undefined
}

export interface AttributeEntry {
  readonly uri: string
  readonly local: string
  readonly slot: number
}

/** What a declaration comes down to for the reader. */
export interface Shape {
  readonly kind: Kind
  /** In the order of the declaration, which documents mostly follow. */
  readonly children: Array<{ readonly local: string; readonly entries: Array<Entry> }>
  readonly attributes: Array<AttributeEntry>
  readonly fields: Array<string>
  readonly parts: Array<PartNode>
  readonly initial: Array<unknown>
  wantsText: boolean
  textSlot: number
  contentSlot: number
  /** Takes any child, for the documents that may have any root. */
  any: Entry | undefined
  readonly after: After | undefined
}

export const make = (kind: Kind): Shape => ({
  kind,
  children: [],
  attributes: [],
  fields: [],
  parts: [],
  // A fragment and a name are kept in the one slot.
  initial: kind === Kind.Fragment || kind === Kind.Any ? [absent] : [],
  wantsText: kind === Kind.Text || kind === Kind.Verbatim || kind === Kind.Fragment,
  textSlot: -1,
  contentSlot: -1,
  any: undefined,
  after: undefined
})

export const struct = (kind: Kind, fields: Array<string>, parts: Array<PartNode>): Shape => {
  const shape = { ...make(kind), fields, parts, initial: parts.map(() => absent) }
  parts.forEach((part, slot) => part.install(shape, slot, false))
  return shape
}

/** A shape whose value is changed by one more step. */
export const andThen = (shape: Shape, step: After): Shape => {
  const { after } = shape
  return {
    ...shape,
    after: after === undefined ? step : (value, reader) => {
      const before = after(value, reader)
      return before === failed ? failed : step(before, reader)
    }
  }
}

export const entry = (name: XmlName, options: Omit<Entry, "uri" | "label" | "shape">): Entry => ({
  ...options,
  uri: name.uri,
  label: label(name),
  shape: undefined
})

/** Of two parts that accept the same name, the first has it. */
export const addChild = (shape: Shape, name: XmlName, added: Entry): void => {
  const same = shape.children.find(({ local }) => local === name.local)
  if (same === undefined) shape.children.push({ local: name.local, entries: [added] })
  else if (!same.entries.some((one) => one.uri === name.uri)) same.entries.push(added)
}

export const label = (name: XmlName): string =>
  name.uri === "" || name.prefix === "" ? name.local : `${name.prefix}:${name.local}`

/** An element that is being read. */
export class Frame {
  readonly parent: Frame | undefined
  readonly entry: Entry
  readonly shape: Shape
  readonly slots: Array<unknown>
  /** Which of the children stood there last: the next is mostly the same or the one after it. */
  last = 0
  text = ""

  constructor(parent: Frame | undefined, entry: Entry, shape: Shape) {
    this.parent = parent
    this.entry = entry
    this.shape = shape
    this.slots = shape.initial.length === 0 ? noSlots : shape.initial.slice()
  }
}

const noSlots: Array<unknown> = []
