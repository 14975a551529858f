/**
 * Schema classes throw when they are constructed from what does not fit. Ours are looked at when they are written: what
 * does not fit is a typed fault there, together with all others, and a value can be made without an Effect.
 */
export const unchecked = { disableValidation: true } as const
