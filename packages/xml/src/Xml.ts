/**
 * Declarations that look like the schema of a document. One declaration both reads and writes the document.
 *
 * A `Content` describes the content of an element, a `Part` one field of a struct, and a `Document` a root element with
 * its content. Elements and attributes that the declaration does not name are skipped. Names match by namespace and
 * local name.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Equal from "effect/Equal"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { excerpt, quote, trim } from "./internal/characters.ts"
import { decoded } from "./internal/decoded.ts"
import { Reader } from "./internal/reader.ts"
import * as Shape from "./internal/shape.ts"
import { Writer } from "./internal/writer.ts"
import type { XmlError } from "./XmlError.ts"
import type { XmlFragment } from "./XmlFragment.ts"
import type { Names, XmlName } from "./XmlName.ts"

// ------------------------------------------------------------------------------------------------------------- models

/**
 * @since 0.1.0
 * @category symbols
 */
export const ContentTypeId: unique symbol = Symbol.for("@effect-wps/xml/Xml/Content")

/**
 * @since 0.1.0
 * @category symbols
 */
export const PartTypeId: unique symbol = Symbol.for("@effect-wps/xml/Xml/Part")

/**
 * @since 0.1.0
 * @category symbols
 */
export const DocumentTypeId: unique symbol = Symbol.for("@effect-wps/xml/Xml/Document")

/**
 * The content of an element, of any type.
 *
 * @since 0.1.0
 * @category models
 */
export interface AnyContent {
  readonly [ContentTypeId]: Shape.ContentNode
}

/**
 * The content of an element: its attributes, text and child elements.
 *
 * @since 0.1.0
 * @category models
 */
export interface Content<in out A> extends AnyContent {
  readonly [ContentTypeId]: Shape.ContentNode & { readonly _A: (_: A) => A }
}

/**
 * One field of a struct, of any type.
 *
 * @since 0.1.0
 * @category models
 */
export interface AnyPart {
  readonly [PartTypeId]: Shape.PartNode
}

/**
 * One field of a struct: a child element, several, an attribute, or the text.
 *
 * @since 0.1.0
 * @category models
 */
export interface Part<in out A> extends AnyPart {
  readonly [PartTypeId]: Shape.PartNode & { readonly _A: (_: A) => A }
}

/**
 * A root element and its content, or several alternatives that differ by their root.
 *
 * @since 0.1.0
 * @category models
 */
export interface Document<in out A> {
  readonly [DocumentTypeId]: {
    readonly _A: (_: A) => A
    readonly shape: () => Shape.Shape
    write(value: A, writer: Writer): void
  }
}

/**
 * The TypeScript type of a content, a part or a document.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const point = Xml.struct({ x: Xml.one(XmlName.unqualified("x"), Xml.text) })
 *
 * const origin: Xml.Value<typeof point> = { x: "0" }
 * ```
 *
 * @since 0.1.0
 * @category models
 */
export type Value<T> = T extends Content<infer A> ? A
  : T extends Part<infer A> ? A
  : T extends Document<infer A> ? A
  : never

/**
 * The parts of a struct, by field name.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fields {
  readonly [field: string]: AnyPart
}

/**
 * The TypeScript type of a struct.
 *
 * @since 0.1.0
 * @category models
 */
export type StructValue<F extends Fields> = { readonly [K in keyof F]: Value<F[K]> }

/**
 * The alternatives of a choice between elements, by their tags.
 *
 * @since 0.1.0
 * @category models
 */
export interface Cases {
  readonly [tag: string]: readonly [name: Names, content: AnyContent]
}

/**
 * The TypeScript type of a choice.
 *
 * @since 0.1.0
 * @category models
 */
export type CasesValue<C extends Cases> = {
  readonly [K in keyof C & string]: { readonly _tag: K; readonly value: Value<C[K][1]> }
}[keyof C & string]

/**
 * How to read a second element where the declaration has one. By default it is an error. With `"first"` it is skipped.
 *
 * @since 0.1.0
 * @category models
 */
export interface ElementOptions {
  readonly repeated?: "error" | "first" | undefined
}

const makeContent = <A>(
  node: { readonly shape: () => Shape.Shape; readonly write: (value: A, writer: Writer) => void }
): Content<A> => ({
  [ContentTypeId]: { ...node, _A: identity }
})

interface PartOf<A> {
  readonly install: (shape: Shape.Shape, slot: number, lenient: boolean) => void
  readonly finish: (raw: unknown, reader: Reader) => unknown
  readonly writeAttributes?: (value: A, writer: Writer) => void
  readonly writeChildren?: (value: A, writer: Writer) => void
}

const makePart = <A>(node: PartOf<A>): Part<A> => ({ [PartTypeId]: { ...node, _A: identity } })

const all = (names: Names): readonly [XmlName, ...Array<XmlName>] => "uri" in names ? [names] : names

// -------------------------------------------------------------------------------------------------------------- texts

const writeText = (value: string, writer: Writer): void => writer.text(value)

const textShape = Shape.make(Shape.Kind.Text)
const verbatimShape = Shape.make(Shape.Kind.Verbatim)
const emptyShape = Shape.make(Shape.Kind.Empty)
const fragmentShape = Shape.make(Shape.Kind.Fragment)

/**
 * The text of an element, without the white space around it. CDATA and references are resolved. Child elements and
 * their text are left out.
 *
 * @since 0.1.0
 * @category contents
 */
export const text: Content<string> = makeContent({ shape: () => textShape, write: writeText })

/**
 * The text of an element, with its white space.
 *
 * @since 0.1.0
 * @category contents
 */
export const verbatimText: Content<string> = makeContent({ shape: () => verbatimShape, write: writeText })

/**
 * No content. On reading, the content of the element is skipped. On writing, the element is empty.
 *
 * @since 0.1.0
 * @category contents
 */
export const empty: Content<void> = makeContent({ shape: () => emptyShape, write: () => {} })

/**
 * Any content, kept verbatim.
 *
 * @example
 * ```ts
 * import { Xml, XmlFragment, XmlName } from "@effect-wps/xml"
 *
 * const body = Xml.document(XmlName.unqualified("Body"), Xml.fragment)
 *
 * console.log(Xml.encode(body)(XmlFragment.fromXml("<a>1 &lt; 2</a>")))
 * ```
 *
 * @since 0.1.0
 * @category contents
 */
export const fragment: Content<XmlFragment> = makeContent({
  shape: () => fragmentShape,
  write: (value, writer) => writer.fragment(value)
})

interface Codec<A> {
  readonly decode: (source: string) => Either.Either<A, string>
  readonly encode: (value: A) => Either.Either<string, string>
}

const codec = <A, I extends string>(schema: Schema.Schema<A, I>): Codec<A> => {
  const decode = Schema.decodeUnknownEither(schema)
  const encode = Schema.encodeEither(schema)
  // Documents repeat values such as "0" and "true". The last conversion is kept if its value and its result are
  // immutable.
  return {
    decode: onceInARow((source) =>
      Either.mapLeft(decode(source), (error) => `${quote(source)} is refused: ${explain(error)}`)
    ),
    encode: onceInARow((value) => Either.mapLeft(encode(value), (error) => `The value is refused: ${explain(error)}`))
  }
}

const onceInARow = <A, B>(convert: (value: A) => Either.Either<B, string>): (value: A) => Either.Either<B, string> => {
  let last: { readonly value: A; readonly result: Either.Either<B, string> } | undefined
  return (value) => {
    if (last !== undefined && Object.is(last.value, value)) return last.result
    const result = convert(value)
    if (Either.isRight(result) && !Predicate.isObject(value) && !Predicate.isObject(result.right)) {
      last = { value, result }
    }
    return result
  }
}

const explain = (error: ParseResult.ParseError): string =>
  excerpt(ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "it does not fit its schema")

const codecText = <A>(convert: Codec<A>): Content<A> => {
  const shape = Shape.andThen(textShape, (value, reader) => {
    const result = convert.decode(String(value))
    return Either.isRight(result) ? result.right : reader.problem("invalid-value", result.left)
  })
  return makeContent({ shape: () => shape, write: writeCodec(convert) })
}

const writeCodec = <A>(convert: Codec<A>) => (value: A, writer: Writer): void => {
  const result = convert.encode(value)
  if (Either.isRight(result)) writer.text(result.right)
  else writer.fail("invalid-value", result.left)
}

/**
 * The trimmed text of an element, decoded and encoded with a schema. A text that the schema refuses is an
 * `invalid-value`.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Either, Schema } from "effect"
 *
 * const count = Xml.document(XmlName.unqualified("count"), Xml.textOf(Schema.NumberFromString))
 *
 * console.log(Either.getOrThrow(Xml.decode(count)("<count> 3 </count>"))) // 3
 * ```
 *
 * @since 0.1.0
 * @category contents
 */
export const textOf = <A, I extends string>(schema: Schema.Schema<A, I>): Content<A> => codecText(codec(schema))

// ------------------------------------------------------------------------------------------------------------ structs

/**
 * An element with parts. On reading, attributes and children may come in any order. On writing, they follow the order
 * of the fields. Whatever no part names is skipped.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const ows = XmlName.namespace("http://www.opengis.net/ows/1.1", "ows")
 * const none = XmlName.unqualified
 *
 * const report = Xml.document(
 *   ows("ExceptionReport"),
 *   Xml.struct({
 *     version: Xml.attribute(none("version")),
 *     exceptions: Xml.many(
 *       ows("Exception"),
 *       Xml.struct({
 *         code: Xml.attribute(none("exceptionCode")),
 *         locator: Xml.nonEmptyAttribute(none("locator")),
 *         texts: Xml.many(ows("ExceptionText"), Xml.text)
 *       })
 *     )
 *   })
 * )
 *
 * const read = Xml.decode(report)(
 *   `<o:ExceptionReport xmlns:o="http://www.opengis.net/ows/1.1" version="1.1.0">
 *     <o:Exception exceptionCode="NoApplicableCode"><o:ExceptionText>It broke</o:ExceptionText></o:Exception>
 *   </o:ExceptionReport>`
 * )
 *
 * console.log(Either.map(read, (value) => value.exceptions[0]?.texts)) // ["It broke"]
 * ```
 *
 * @since 0.1.0
 * @category contents
 */
export const struct = <const F extends Fields>(fields: F): Content<StructValue<F>> => {
  const names = Object.keys(fields)
  const parts = Object.values(fields).map((part) => part[PartTypeId])
  const attributes = names.flatMap((name, i) =>
    parts[i]?.writeAttributes === undefined ? [] : [{ name, part: parts[i] }]
  )
  const children = names.flatMap((name, i) => parts[i]?.writeChildren === undefined ? [] : [{ name, part: parts[i] }])
  let shape: Shape.Shape | undefined
  return makeContent<StructValue<F>>({
    shape: () => shape ??= Shape.struct(Shape.Kind.Struct, names, parts),
    write: (value: Readonly<Record<string, unknown>>, writer) => {
      for (const { name, part } of attributes) part.writeAttributes?.(value[name], writer)
      for (const { name, part } of children) part.writeChildren?.(value[name], writer)
    }
  })
}

/**
 * Converts the value of a content with functions that can fail. The message of a failure becomes an `invalid-value`.
 *
 * @example
 * ```ts
 * import { Xml } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const corner = Xml.transform(Xml.text, {
 *   decode: (source) => {
 *     const numbers = source.split(/\s+/).map(Number)
 *     return numbers.some(Number.isNaN) ? Either.left("A corner is numbers") : Either.right(numbers)
 *   },
 *   encode: (numbers: Array<number>) => numbers.length > 1 ? Either.right(numbers.join(" ")) : Either.left("Too few")
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const transform = <A, B>(content: Content<A>, options: {
  readonly decode: (value: A) => Either.Either<B, string>
  readonly encode: (value: B) => Either.Either<A, string>
}): Content<B> =>
  after(content, (value, reader) => {
    const result = options.decode(value)
    return Either.isRight(result) ? result.right : reader.problem("invalid-value", excerpt(result.left))
  }, (value: B, writer, node) => {
    const result = options.encode(value)
    if (Either.isRight(result)) node.write(result.right, writer)
    else writer.fail("invalid-value", excerpt(result.left))
  })

/**
 * Converts the value of a content with functions that cannot fail.
 *
 * @example
 * ```ts
 * import { Xml } from "@effect-wps/xml"
 *
 * const words = Xml.map(Xml.text, {
 *   decode: (source) => source.split(/\s+/),
 *   encode: (words: Array<string>) => words.join(" ")
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const map = <A, B>(
  content: Content<A>,
  options: { readonly decode: (value: A) => B; readonly encode: (value: B) => A }
): Content<B> => after(content, options.decode, (value: B, writer, node) => node.write(options.encode(value), writer))

const after = <A, B>(
  content: Content<A>,
  step: (value: A, reader: Reader) => unknown,
  write: (value: B, writer: Writer, node: Content<A>[typeof ContentTypeId]) => void
): Content<B> => {
  const node = content[ContentTypeId]
  let shape: Shape.Shape | undefined
  return makeContent({
    shape: () => shape ??= Shape.andThen(node.shape(), (value, reader) => step(decoded(content, value), reader)),
    write: (value: B, writer) => write(value, writer, node)
  })
}

/**
 * A content that is declared later, for elements that can contain themselves.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * interface Tree {
 *   readonly children: ReadonlyArray<Tree>
 * }
 *
 * const tree: Xml.Content<Tree> = Xml.struct({
 *   children: Xml.many(XmlName.unqualified("tree"), Xml.suspend(() => tree))
 * })
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const suspend = <A>(content: () => Content<A>): Content<A> =>
  makeContent({
    shape: () => content()[ContentTypeId].shape(),
    write: (value, writer) => content()[ContentTypeId].write(value, writer)
  })

// ------------------------------------------------------------------------------------------------------ child elements

interface Child {
  readonly names: Names
  readonly content: AnyContent
  readonly tag?: string
}

const install =
  (children: ReadonlyArray<Child>, kind: "one" | "many", options?: ElementOptions): PartOf<never>["install"] =>
  (shape, slot, lenient) => {
    for (const { content, names, tag } of children) {
      for (const name of all(names)) {
        const entry = Shape.entry(name, {
          slot,
          many: kind === "many",
          first: options?.repeated === "first",
          lenient,
          tag,
          content: content[ContentTypeId]
        })
        Shape.addChild(shape, name, entry)
      }
    }
  }

const writeElement = <A>(name: XmlName, content: Content<A>) => (value: A, writer: Writer): void => {
  writer.start(name)
  content[ContentTypeId].write(value, writer)
  writer.end()
}

const required = (what: string) => (raw: unknown, reader: Reader): unknown =>
  raw === Shape.absent ? reader.problem("missing", `${what} is missing`) : raw

const option = (raw: unknown): unknown => raw === Shape.absent ? Option.none() : Option.some(raw)

const none: ReadonlyArray<never> = []

const array = (raw: unknown): unknown => raw === Shape.absent ? none : raw

/**
 * A required child element that occurs once.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const ows11 = XmlName.namespace("http://www.opengis.net/ows/1.1", "ows")
 * const ows20 = XmlName.namespace("http://www.opengis.net/ows/2.0", "ows")
 *
 * const identifier = Xml.one([ows11("Identifier"), ows20("Identifier")], Xml.text, { repeated: "first" })
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const one = <A>(name: Names, content: Content<A>, options?: ElementOptions): Part<A> =>
  makePart({
    install: install([{ names: name, content }], "one", options),
    finish: required(Shape.label(all(name)[0])),
    writeChildren: writeElement(all(name)[0], content)
  })

/**
 * A child element that may be absent.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const title = Xml.optional(XmlName.unqualified("Title"), Xml.text)
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const optional = <A>(name: Names, content: Content<A>, options?: ElementOptions): Part<Option.Option<A>> => {
  const write = writeElement(all(name)[0], content)
  return makePart({
    install: install([{ names: name, content }], "one", options),
    finish: option,
    writeChildren: (value: Option.Option<A>, writer) => {
      if (Option.isSome(value)) write(value.value, writer)
    }
  })
}

/**
 * An optional child element with text. An empty one counts as absent. The first of several counts unless the options
 * say otherwise. An empty string is not written.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const encoding = Xml.optionalNonEmpty(XmlName.unqualified("Encoding"))
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const optionalNonEmpty = (name: Names, options?: ElementOptions): Part<Option.Option<string>> => {
  const write = writeElement(all(name)[0], text)
  return makePart({
    install: install([{ names: name, content: text }], "one", options ?? { repeated: "first" }),
    finish: nonEmpty,
    writeChildren: (value: Option.Option<string>, writer) => {
      if (Option.isSome(value) && value.value !== "") write(value.value, writer)
    }
  })
}

const nonEmpty = (raw: unknown): unknown => raw === Shape.absent || raw === "" ? Option.none() : Option.some(raw)

/**
 * A child element with a default value, which is used if the element is absent. It is always written.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const fees = Xml.withDefault(XmlName.unqualified("Fees"), Xml.text, "NONE")
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const withDefault = <A>(name: Names, content: Content<A>, value: A, options?: ElementOptions): Part<A> =>
  makePart({
    install: install([{ names: name, content }], "one", options),
    finish: (raw) => raw === Shape.absent ? value : raw,
    writeChildren: writeElement(all(name)[0], content)
  })

/**
 * A child element that occurs any number of times, in document order.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const keywords = Xml.many(XmlName.unqualified("Keyword"), Xml.text)
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const many = <A>(name: Names, content: Content<A>): Part<ReadonlyArray<A>> => {
  const write = writeElement(all(name)[0], content)
  return makePart({
    install: install([{ names: name, content }], "many"),
    finish: array,
    writeChildren: (value: ReadonlyArray<A>, writer) => {
      for (const item of value) write(item, writer)
    }
  })
}

/**
 * A child element with text that occurs any number of times. Empty elements are left out, and empty strings are not
 * written.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const phones = Xml.manyNonEmpty(XmlName.unqualified("Voice"))
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const manyNonEmpty = (name: Names): Part<ReadonlyArray<string>> => {
  const write = writeElement(all(name)[0], text)
  const isThere = (one: unknown): boolean => one !== ""
  return makePart({
    install: install([{ names: name, content: text }], "many"),
    finish: (raw) => Array.isArray(raw) ? raw.filter(isThere) : none,
    writeChildren: (value: ReadonlyArray<string>, writer) => {
      for (const item of value.filter(isThere)) write(item, writer)
    }
  })
}

const children = (cases: Cases): ReadonlyArray<Child> =>
  Object.entries(cases).map(([tag, [names, content]]) => ({ names, content, tag }))

interface Case {
  readonly _tag: string
  readonly value: unknown
}

const writeCase = (cases: Cases) => (choice: Case, writer: Writer): void => {
  const found = cases[choice._tag]
  if (found === undefined) return writer.fail("invalid-value", `${quote(choice._tag)} is no tag of the choice`)
  writer.start(all(found[0])[0])
  found[1][ContentTypeId].write(choice.value, writer)
  writer.end()
}

const oneOfLabels = (cases: Cases): string =>
  `One of ${Object.values(cases).map(([names]) => Shape.label(all(names)[0])).join(", ")}`

/**
 * Exactly one of several child elements.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Schema } from "effect"
 *
 * const none = XmlName.unqualified
 *
 * const shape = Xml.struct({
 *   geometry: Xml.oneOf({
 *     Circle: [none("circle"), Xml.struct({ radius: Xml.attribute(none("r"), Schema.NumberFromString) })],
 *     Empty: [none("empty"), Xml.empty]
 *   })
 * })
 *
 * const unit: Xml.Value<typeof shape> = { geometry: { _tag: "Circle", value: { radius: 1 } } }
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const oneOf = <const C extends Cases>(cases: C, options?: ElementOptions): Part<CasesValue<C>> => {
  const write = writeCase(cases)
  return makePart<CasesValue<C>>({
    install: install(children(cases), "one", options),
    finish: required(oneOfLabels(cases)),
    writeChildren: write
  })
}

/**
 * At most one of several child elements.
 *
 * @since 0.1.0
 * @category parts
 */
export const optionalOneOf = <const C extends Cases>(
  cases: C,
  options?: ElementOptions
): Part<Option.Option<CasesValue<C>>> => {
  const write = writeCase(cases)
  return makePart({
    install: install(children(cases), "one", options),
    finish: option,
    writeChildren: (value: Option.Option<CasesValue<C>>, writer) => {
      if (Option.isSome(value)) write(value.value, writer)
    }
  })
}

/**
 * Any number of child elements of several kinds, in document order.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const none = XmlName.unqualified
 *
 * const path = Xml.struct({ steps: Xml.manyOf({ Move: [none("m"), Xml.text], Line: [none("l"), Xml.text] }) })
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const manyOf = <const C extends Cases>(cases: C): Part<ReadonlyArray<CasesValue<C>>> => {
  const write = writeCase(cases)
  return makePart({
    install: install(children(cases), "many"),
    finish: array,
    writeChildren: (value: ReadonlyArray<CasesValue<C>>, writer) => {
      for (const item of value) write(item, writer)
    }
  })
}

const wrapped = <A>(
  name: Names,
  part: Part<A>,
  options: ElementOptions | undefined,
  writeChildren: (value: A, writer: Writer) => void
): Part<A> => {
  const inner = part[PartTypeId]
  let shape: Shape.Shape | undefined
  const content: AnyContent = {
    [ContentTypeId]: {
      shape: () => shape ??= Shape.struct(Shape.Kind.Within, [""], [inner]),
      write: () => {}
    }
  }
  return makePart({
    install: install([{ names: name, content }], "one", options),
    finish: (raw, reader) => raw === Shape.absent ? inner.finish(raw, reader) : raw,
    writeChildren
  })
}

/**
 * A part inside a wrapper element. If the wrapper is absent, the part is absent. The wrapper is always written.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const none = XmlName.unqualified
 *
 * const languages = Xml.within(none("Languages"), Xml.many(none("Language"), Xml.text))
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const within = <A>(name: Names, part: Part<A>, options?: ElementOptions): Part<A> => {
  const inner = part[PartTypeId]
  return wrapped(name, part, options, (value, writer) => {
    writer.start(all(name)[0])
    inner.writeAttributes?.(value, writer)
    inner.writeChildren?.(value, writer)
    writer.end()
  })
}

/**
 * A part inside a wrapper element. The wrapper is written only if the part writes something into it.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const none = XmlName.unqualified
 *
 * const inputs = Xml.withinOptional(none("DataInputs"), Xml.many(none("Input"), Xml.text))
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const withinOptional = <A>(name: Names, part: Part<A>, options?: ElementOptions): Part<A> => {
  const inner = part[PartTypeId]
  return wrapped(name, part, options, (value, writer) => {
    const mark = writer.startTentatively(all(name)[0])
    inner.writeAttributes?.(value, writer)
    inner.writeChildren?.(value, writer)
    writer.endUnlessEmpty(mark)
  })
}

// --------------------------------------------------------------------------------------------------------- attributes

const installAttribute = (names: Names): PartOf<never>["install"] => (shape, slot) => {
  for (const { local, uri } of all(names)) shape.attributes.push({ uri, local, slot })
}

const attributeLabel = (names: Names): string => `/@${Shape.label(all(names)[0])}`

const plain: Codec<string> = { decode: Either.right, encode: Either.right }

const readAttribute = <A>(names: Names, convert: Codec<A>) => (raw: unknown, reader: Reader): unknown => {
  const result = convert.decode(String(raw))
  return Either.isRight(result) ? result.right : reader.problem("invalid-value", result.left, attributeLabel(names))
}

const writeAttribute = <A>(
  names: Names,
  convert: Codec<A>,
  isLeftOut: (text: string, value: A) => boolean = () => false
) => {
  const name = all(names)[0]
  return (value: A, writer: Writer): void => {
    const result = convert.encode(value)
    if (Either.isLeft(result)) writer.fail("invalid-value", result.left, attributeLabel(names))
    else if (!isLeftOut(result.right, value)) writer.attribute(name, result.right)
  }
}

/**
 * A required attribute, as a string or decoded with a schema. If several of the accepted names are present, the one
 * that is declared first counts.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Schema } from "effect"
 *
 * const minOccurs = Xml.attribute(XmlName.unqualified("minOccurs"), Schema.NumberFromString)
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export function attribute(name: Names): Part<string>
export function attribute<A, I extends string>(name: Names, schema: Schema.Schema<A, I>): Part<A>
export function attribute<A, I extends string>(name: Names, schema?: Schema.Schema<A, I>): AnyPart {
  return schema === undefined ? attributeOf(name, plain) : attributeOf(name, codec(schema))
}

const attributeOf = <A>(name: Names, convert: Codec<A>): Part<A> => {
  const read = readAttribute(name, convert)
  return makePart({
    install: installAttribute(name),
    finish: (raw, reader) =>
      raw === Shape.absent
        ? reader.problem("missing", `The attribute ${Shape.label(all(name)[0])} is missing`, attributeLabel(name))
        : read(raw, reader),
    writeAttributes: writeAttribute(name, convert)
  })
}
/**
 * An attribute that may be absent.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const language = Xml.optionalAttribute(XmlName.unqualified("language"))
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export function optionalAttribute(name: Names): Part<Option.Option<string>>
export function optionalAttribute<A, I extends string>(name: Names, schema: Schema.Schema<A, I>): Part<Option.Option<A>>
export function optionalAttribute<A, I extends string>(name: Names, schema?: Schema.Schema<A, I>): AnyPart {
  return schema === undefined ? optionalAttributeOf(name, plain) : optionalAttributeOf(name, codec(schema))
}

const optionalAttributeOf = <A>(name: Names, convert: Codec<A>): Part<Option.Option<A>> => {
  const read = readAttribute(name, convert)
  const write = writeAttribute(name, convert)
  return makePart({
    install: installAttribute(name),
    finish: (raw, reader) => {
      if (raw === Shape.absent) return Option.none()
      const value = read(raw, reader)
      return value === Shape.failed ? value : Option.some(value)
    },
    writeAttributes: (value: Option.Option<A>, writer) => {
      if (Option.isSome(value)) write(value.value, writer)
    }
  })
}

/**
 * An optional attribute. An empty one counts as absent. An empty string is not written.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const encoding = Xml.nonEmptyAttribute(XmlName.unqualified("encoding"))
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const nonEmptyAttribute = (name: Names): Part<Option.Option<string>> => {
  const write = writeAttribute(name, plain, (text) => text === "")
  return makePart({
    install: installAttribute(name),
    finish: nonEmpty,
    writeAttributes: (value: Option.Option<string>, writer) => {
      if (Option.isSome(value)) write(value.value, writer)
    }
  })
}

/**
 * An attribute with a default value, which is used if the attribute is absent. It is always written, except a default
 * value whose text is empty.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Schema } from "effect"
 *
 * const method = Xml.attributeWithDefault(XmlName.unqualified("method"), "GET")
 * const minOccurs = Xml.attributeWithDefault(XmlName.unqualified("minOccurs"), 1, Schema.NumberFromString)
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export function attributeWithDefault(name: Names, value: string): Part<string>
export function attributeWithDefault<A, I extends string>(name: Names, value: A, schema: Schema.Schema<A, I>): Part<A>
export function attributeWithDefault<A, I extends string>(
  name: Names,
  ...rest: readonly [value: string] | readonly [value: A, schema: Schema.Schema<A, I>]
): AnyPart {
  return rest.length === 1
    ? attributeWithDefaultOf(name, rest[0], plain)
    : attributeWithDefaultOf(name, rest[0], codec(rest[1]))
}

const attributeWithDefaultOf = <A>(name: Names, byDefault: A, convert: Codec<A>): Part<A> => {
  const read = readAttribute(name, convert)
  return makePart({
    install: installAttribute(name),
    finish: (raw, reader) => raw === Shape.absent ? byDefault : read(raw, reader),
    writeAttributes: writeAttribute(name, convert, (text, value) => text === "" && Equal.equals(value, byDefault))
  })
}

/**
 * An attribute with a fixed value, such as `service="WPS"`. On reading, another value or a missing attribute is an
 * error. With `onRead: "ignore"` the attribute is not checked.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const service = Xml.literalAttribute(XmlName.unqualified("service"), "WPS")
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const literalAttribute = <const A extends string>(
  name: Names,
  value: A,
  options?: { readonly onRead?: "check" | "ignore" | undefined }
): Part<A> =>
  makePart<A>({
    install: installAttribute(name),
    finish: (raw, reader) =>
      raw === value || options?.onRead === "ignore"
        ? value
        : raw === Shape.absent
        ? reader.problem("missing", `The attribute ${Shape.label(all(name)[0])} is missing`, attributeLabel(name))
        : reader.problem("invalid-value", `${quote(String(raw))} is not ${quote(value)}`, attributeLabel(name)),
    writeAttributes: (_, writer) => writer.attribute(all(name)[0], value)
  })

// ------------------------------------------------------------------------------------------------- a struct's own text

const valuePart = <A>(convert: Codec<A>, before: (text: string) => string): Part<A> =>
  makePart({
    install: (shape, slot) => {
      shape.textSlot = slot
      shape.wantsText = true
    },
    finish: (raw, reader) => {
      const result = convert.decode(before(String(raw)))
      return Either.isRight(result) ? result.right : reader.problem("invalid-value", result.left)
    },
    writeChildren: writeCodec(convert)
  })

/**
 * The trimmed text of the struct's element. It is empty if there is no text. A struct can have one of `value`,
 * `verbatimValue` and `valueOf`.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const literal = Xml.struct({ uom: Xml.nonEmptyAttribute(XmlName.unqualified("uom")), value: Xml.value })
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const value: Part<string> = valuePart(plain, trim)

/**
 * The text of the struct's element, with its white space.
 *
 * @since 0.1.0
 * @category parts
 */
export const verbatimValue: Part<string> = valuePart(plain, identity)

/**
 * The trimmed text of the struct's element, decoded and encoded with a schema.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Schema } from "effect"
 *
 * const length = Xml.struct({
 *   uom: Xml.attribute(XmlName.unqualified("uom")),
 *   value: Xml.valueOf(Schema.NumberFromString)
 * })
 * ```
 *
 * @since 0.1.0
 * @category parts
 */
export const valueOf = <A, I extends string>(schema: Schema.Schema<A, I>): Part<A> => valuePart(codec(schema), trim)

/**
 * The whole content of the struct's element, for an element with attributes and any content. A struct with this part
 * does not read child elements into other parts.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const complexData = Xml.struct({
 *   mimeType: Xml.nonEmptyAttribute(XmlName.unqualified("mimeType")),
 *   content: Xml.content
 * })
 * ```
 *
 * @see OGC 05-007r7 §10.2.1 table 48 (`wps:ComplexData`)
 * @since 0.1.0
 * @category parts
 */
export const content: Part<XmlFragment> = makePart({
  install: (shape, slot) => {
    shape.contentSlot = slot
    shape.wantsText = true
  },
  finish: identity,
  writeChildren: (value: XmlFragment, writer) => writer.fragment(value)
})

// ------------------------------------------------------------------------------------------------------------ leniency

/**
 * A part that cannot fail the document. It is none if the element or attribute is absent, or does not fit the
 * declaration. XML that is not well-formed still fails.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Schema } from "effect"
 *
 * const percent = Xml.lenient(Xml.attribute(XmlName.unqualified("percentCompleted"), Schema.NumberFromString))
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const lenient = <A>(part: Part<A>): Part<Option.Option<A>> => {
  const inner = part[PartTypeId]
  return makePart({
    install: (shape, slot) => inner.install(shape, slot, true),
    finish: (raw, reader) => {
      if (raw === Shape.absent || raw === Shape.spoilt) return Option.none()
      const value = inner.finish(raw, reader)
      return value === Shape.failed ? Option.none() : Option.some(value)
    },
    writeAttributes: (value: Option.Option<A>, writer) => {
      if (Option.isSome(value)) inner.writeAttributes?.(value.value, writer)
    },
    writeChildren: (value: Option.Option<A>, writer) => {
      if (Option.isSome(value)) inner.writeChildren?.(value.value, writer)
    }
  })
}

// ----------------------------------------------------------------------------------------------------------- documents

const makeDocument = <A>(
  shape: (root: Shape.Shape) => void,
  write: (value: A, writer: Writer) => void
): Document<A> => {
  let made: Shape.Shape | undefined
  return {
    [DocumentTypeId]: {
      _A: identity,
      shape: () => {
        if (made !== undefined) return made
        made = { ...Shape.make(Shape.Kind.Struct), initial: [Shape.absent] }
        shape(made)
        return made
      },
      write
    }
  }
}

/**
 * A document with one root.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const none = XmlName.unqualified
 *
 * const note = Xml.document(none("note"), Xml.struct({ to: Xml.one(none("to"), Xml.text) }))
 * ```
 *
 * @since 0.1.0
 * @category documents
 */
export const document = <A>(name: Names, content: Content<A>): Document<A> =>
  makeDocument(
    (root) => install([{ names: name, content }], "one")(root, 0, false),
    writeElement(all(name)[0], content)
  )

/**
 * A document with one of several roots. The root decides the tag of the value.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const none = XmlName.unqualified
 *
 * const answers = Xml.documents({ Yes: [none("yes"), Xml.empty], No: [none("no"), Xml.text] })
 *
 * console.log(Either.map(Xml.decode(answers)("<no>too late</no>"), (answer) => answer._tag)) // "No"
 * ```
 *
 * @since 0.1.0
 * @category documents
 */
export const documents = <const C extends Cases>(cases: C): Document<CasesValue<C>> => {
  const write = writeCase(cases)
  return makeDocument<CasesValue<C>>((root) => install(children(cases), "one")(root, 0, false), write)
}

const anyShape = Shape.make(Shape.Kind.Any)

/**
 * Any document. It reads to the name of its root. Use it to check that a text is well-formed XML.
 *
 * @example
 * ```ts
 * import { Xml } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const isWellFormed = (source: string) => Either.isRight(Xml.decode(Xml.anyDocument)(source))
 * ```
 *
 * @since 0.1.0
 * @category documents
 */
export const anyDocument: Document<XmlName> = makeDocument(
  (root) => {
    root.any = Shape.entry({ uri: "", local: "*", prefix: "" }, {
      slot: 0,
      many: false,
      first: false,
      lenient: false,
      tag: undefined,
      content: { shape: () => anyShape, write: () => {} }
    })
  },
  (name: XmlName, writer) => {
    writer.start(name)
    writer.end()
  }
)

// ------------------------------------------------------------------------------------------------------------- reading

/**
 * The limits for a document, and its encoding if the transport names it.
 *
 * - `maxDepth`: how many elements may be open at once. The default is 128
 * - `maxBytes`: how large the document may be. The default is 500 MiB, which is also the maximum, because a text or
 *   fragment must fit into a string. A document that is a string is counted in UTF-16 code units
 * - `maxAttributes`: how many attributes an element may have. The default is 256
 * - `charset`: the encoding that the transport names, such as the charset of a Content-Type. It overrides the
 *   document's own declaration, but not a byte order mark (RFC 7303 §3)
 *
 * @since 0.1.0
 * @category models
 */
export interface DecodeOptions {
  readonly maxDepth?: number | undefined
  readonly maxBytes?: number | undefined
  readonly maxAttributes?: number | undefined
  readonly charset?: string | undefined
}

/**
 * Reads a document piece by piece. After the first failure, `failed` is true and further pieces are ignored. Bytes and
 * strings cannot be mixed.
 *
 * @since 0.1.0
 * @category models
 */
export interface Decoder<A> {
  readonly write: (chunk: Uint8Array | string) => void
  readonly end: () => Either.Either<A, XmlError>
  readonly failed: boolean
}

// A V8 string has at most 2^29 - 24 characters, and no encoding decodes to more characters than it has bytes.
const longest = 500 * 1024 * 1024

/**
 * Starts to read a document that arrives in pieces. The decoder keeps what it has read, never the whole source.
 *
 * Errors: every reason but `illegal-character`.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 *
 * const title = Xml.document(XmlName.unqualified("title"), Xml.text)
 *
 * const decoder = Xml.decoder(title)
 * decoder.write("<title>Buf")
 * decoder.write("fer</title>")
 * const result = decoder.end()
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decoder = <A>(document: Document<A>, options?: DecodeOptions): Decoder<A> => {
  const reader = new Reader(document[DocumentTypeId].shape(), {
    maxDepth: options?.maxDepth ?? 128,
    maxBytes: Math.min(options?.maxBytes ?? longest, longest),
    maxAttributes: options?.maxAttributes ?? 256,
    charset: options?.charset
  })
  return {
    write: (chunk) => reader.write(chunk),
    end: () => Either.map(reader.end(), (value) => decoded(document, value)),
    get failed() {
      return reader.failure !== undefined
    }
  }
}

/**
 * Reads a whole document. If it is a string, its encoding declaration is ignored.
 *
 * Errors: every reason but `illegal-character`.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Effect } from "effect"
 *
 * const title = Xml.document(XmlName.unqualified("title"), Xml.text)
 *
 * const program = Effect.gen(function*() {
 *   return yield* Xml.decode(title)("<title>Buffer</title>")
 * })
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decode =
  <A>(document: Document<A>, options?: DecodeOptions) => (source: string | Uint8Array): Either.Either<A, XmlError> => {
    const pushed = decoder(document, options)
    pushed.write(source)
    return pushed.end()
  }

/**
 * Reads a document from a stream of bytes, without holding the source. It stops reading the stream at the first
 * failure.
 *
 * Errors: those of the stream, and every reason but `illegal-character`.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Stream } from "effect"
 *
 * const title = Xml.document(XmlName.unqualified("title"), Xml.text)
 *
 * const program = Stream.make("<title>Buf", "fer</title>").pipe(Stream.encodeText, Xml.decodeStream(title))
 * ```
 *
 * @since 0.1.0
 * @category decoding
 */
export const decodeStream =
  <A>(document: Document<A>, options?: DecodeOptions) =>
  <E, R>(stream: Stream.Stream<Uint8Array, E, R>): Effect.Effect<A, E | XmlError, R> =>
    Effect.suspend(() => {
      const pushed = decoder(document, options)
      return stream.pipe(
        // Stream.runForEachWhile would hold the whole stream until its end.
        Stream.runFoldWhile(true, identity, (_, chunk) => {
          pushed.write(chunk)
          return !pushed.failed
        }),
        Effect.flatMap(() => pushed.end())
      )
    })

// ------------------------------------------------------------------------------------------------------------- writing

/**
 * Writes a document. Its XML declaration names UTF-8, and its root declares the namespaces of all declared names. Text
 * is escaped so that it reads back the same, line ends included.
 *
 * Errors: `illegal-character` for a character that XML 1.0 cannot carry, such as a lone surrogate; `invalid-value` for
 * a value that its schema refuses to encode; `malformed` for a fragment that is not well-formed.
 *
 * @example
 * ```ts
 * import { Xml, XmlName } from "@effect-wps/xml"
 * import { Either } from "effect"
 *
 * const title = Xml.document(XmlName.unqualified("title"), Xml.text)
 *
 * console.log(Either.getOrThrow(Xml.encode(title)("a < b")))
 * ```
 *
 * @since 0.1.0
 * @category encoding
 */
export const encode = <A>(document: Document<A>) => (value: A): Either.Either<string, XmlError> => {
  const writer = new Writer()
  document[DocumentTypeId].write(value, writer)
  return writer.failure === undefined ? Either.right(writer.document()) : Either.left(writer.failure)
}
