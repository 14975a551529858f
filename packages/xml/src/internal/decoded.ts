import type { Content, Document } from "../Xml.ts"

/** A value as the type that its declaration reads to. */
// The reader has made the value by this very declaration, whose type is built up from its parts, but the reader itself
// holds values of all declarations as unknown.
export const decoded = <A>(_: Content<A> | Document<A>, value: unknown): A => value as A
