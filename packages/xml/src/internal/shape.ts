import type { XmlName } from "../XmlName.ts"
import type { Reader } from "./reader.ts"
import type { Writer } from "./writer.ts"

/** Marks a slot into which nothing has been read. */
export const absent: unique symbol = Symbol("absent")
/** Marks the slot of a lenient part whose content could not be decoded. */
export const spoilt: unique symbol = Symbol("spoilt")
/** The result of a step that has failed. The reader knows the reason. */
export const failed: unique symbol = Symbol("failed")

/** How the content of an element is collected, and what it becomes at the end tag. */
export const Kind = { Text: 0, Verbatim: 1, Empty: 2, Fragment: 3, Struct: 4, Within: 5, Any: 6 } as const
export type Kind = typeof Kind[keyof typeof Kind]

export type After = (value: unknown, reader: Reader) => unknown

/**
 * A declaration of content, as the reader and the writer use it. Here and in `PartNode` the functions are declared as
 * methods, so that TypeScript accepts a function of a particular type where the signature says `unknown`. This is safe:
 * the types of `Content` and `Part` ensure that each function gets only values of its own declaration.
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
  /** If the element occurs several times, the first counts and the others are skipped. */
  readonly first: boolean
  readonly lenient: boolean
  readonly tag: string | undefined
  readonly content: ContentNode
  /** The result of `content.shape()`. It is set on first use, because a declaration may be recursive. */
  shape: Shape | undefined
}

export interface AttributeEntry {
  readonly uri: string
  readonly local: string
  readonly slot: number
}

/** A declaration in the form that the reader uses. */
export interface Shape {
  readonly kind: Kind
  /** In the order of the declaration, which most documents follow. */
  readonly children: Array<{ readonly local: string; readonly entries: Array<Entry> }>
  readonly attributes: Array<AttributeEntry>
  readonly fields: Array<string>
  readonly parts: Array<PartNode>
  readonly initial: Array<unknown>
  wantsText: boolean
  textSlot: number
  contentSlot: number
  /** Accepts any child, for documents that may have any root. */
  any: Entry | undefined
  readonly after: After | undefined
}

export const make = (kind: Kind): Shape => ({
  kind,
  children: [],
  attributes: [],
  fields: [],
  parts: [],
  // A fragment or a name is kept in a single slot.
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

/** A shape that converts its value with one more step. */
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

/** If two parts accept the same name, the first gets the element. */
export const addChild = (shape: Shape, name: XmlName, added: Entry): void => {
  const same = shape.children.find(({ local }) => local === name.local)
  if (same === undefined) shape.children.push({ local: name.local, entries: [added] })
  else if (!same.entries.some((one) => one.uri === name.uri)) same.entries.push(added)
}

export const label = (name: XmlName): string =>
  name.uri === "" || name.prefix === "" ? name.local : `${name.prefix}:${name.local}`

/** An open element. */
export class Frame {
  readonly parent: Frame | undefined
  readonly entry: Entry
  readonly shape: Shape
  readonly slots: Array<unknown>
  /** The index of the child that matched last. The next element usually matches the same child or the one after it. */
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
