/** The fields of a record whose keys are known to the types only, in the order in which they were written. */
export const entries = <V>(record: Readonly<Record<string, V>>): ReadonlyArray<readonly [string, V]> =>
  Object.entries(record)

/**
 * One field's value. The result is `never`, which fits the codec that stands under the same name: the mapped types of
 * `Process` pair each value with its codec by that name, and TypeScript cannot follow a name that it does not know.
 */
export const get = (record: unknown, name: string): never =>
  (typeof record === "object" && record !== null ? Reflect.get(record, name) : undefined) as never

/** The names of a record's own fields; whoever calls without types may give something else. */
export const keys = (record: unknown): ReadonlyArray<string> =>
  typeof record === "object" && record !== null ? Object.keys(record) : []

/** Builds the record that a mapped type describes; its caller goes through every key of that type. */
export const fromEntries = <A>(fields: Iterable<readonly [string, unknown]>): A =>
  // TypeScript cannot see that the keys gone through are those of A.
  Object.fromEntries(fields) as A
