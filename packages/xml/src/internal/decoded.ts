import type { Content, Document } from "../Xml.ts"

/**
 * A value as the type that its declaration reads to. The cast is sound because the reader has made the value by that
 * very declaration, whose type is built up from its parts; the reader itself holds them all as unknown.
 */
export const decoded = <A>(_: Content<A> | Document<A>, value: unknown): A => value as A
