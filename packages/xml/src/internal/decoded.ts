import type { Content, Document } from "../Xml.ts"

/** Gives a value the type of its declaration. */
// The reader made the value from this declaration, so the type is right. The reader itself handles the values of all
// declarations as `unknown`.
export const decoded = <A>(_: Content<A> | Document<A>, value: unknown): A => value as A
