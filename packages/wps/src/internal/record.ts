/** The fields of a record whose keys are known only to the types, in the order in which they were written. */
export const entries = <V>(record: Readonly<Record<string, V>>): ReadonlyArray<readonly [string, V]> =>
  Object.entries(record)

/** Reads an own field only: every object inherits a `constructor` and a `toString`. */
const field = (record: unknown, name: string): unknown =>
  typeof record === "object" && record !== null && Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined

/** Whether a field has a value. */
export const has = (record: unknown, name: string): boolean => field(record, name) !== undefined

/** The value of a field. Its type fits the codec of the same name. */
export const get = (record: unknown, name: string): never =>
  // The mapped types of Process pair each value with its codec by name. TypeScript cannot follow this for a name that
  // it does not know. `never` fits every codec.
  field(record, name) as never

/** The names of a record's own fields. An untyped caller may pass something else. */
export const keys = (record: unknown): ReadonlyArray<string> =>
  typeof record === "object" && record !== null ? Object.keys(record) : []

/** Builds the record that a mapped type describes. The caller must give every key of that type. */
export const fromEntries = <A>(fields: Iterable<readonly [string, unknown]>): A =>
  // TypeScript cannot see that these are the keys of A.
  Object.fromEntries(fields) as A
