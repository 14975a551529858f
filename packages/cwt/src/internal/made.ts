/**
 * Schema classes throw if they are constructed from invalid values. Ours are checked when they are encoded. An invalid
 * value is then a typed fault, reported together with all others, and a program can make a value without an Effect.
 */
export const unchecked = { disableValidation: true } as const
