/** Shortens a text, because the author of a document may have written anything into it. */
export const short = (text: string, length = 200): string => text.length > length ? `${text.slice(0, length)}…` : text
