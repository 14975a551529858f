/** The fields of a record whose keys are known to the types only, in the order in which they were written. */
export const entries = <V>(record: Readonly<Record<string, V>>): ReadonlyArray<readonly [string, V]> =>
  Object.entries(record)

/** Its own field: every object has a `constructor` and a `toString` that nobody gave. */
const field = (record: unknown, name: string): unknown =>
  typeof record === "object" && record !== null && Object.hasOwn(record, name) ? Reflect.get(record, name) : undefined

/** Whether a field has a value. */
export const has = (record: unknown, name: string): boolean => field(record, name) !== undefined

/** One field's value, as the codec takes it that stands under the same name. */
export const get = (record: unknown, name: string): never =>
  // The mapped types of Process pair each value with its codec by name; TypeScript cannot follow a name that it does not
  // know, and never fits every codec.
  field(record, name) as never

/** The names of a record's own fields; whoever calls without types may give something else. */
export const keys = (record: unknown): ReadonlyArray<string> =>
  typeof record === "object" && record !== null ? Object.keys(record) : []

/** Builds the record that a mapped type describes; its caller goes through every key of that type. */
export const fromEntries = <A>(fields: Iterable<readonly [string, unknown]>): A =>
  // TypeScript cannot see that the keys gone through are those of A.
  Object.fromEntries(fields) as A
