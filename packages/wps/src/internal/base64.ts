const digits = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

const digit = (at: number): number => digits[at & 63] ?? 0

/**
 * Bytes as the letters of base64 (RFC 4648 §4). `Encoding.encodeBase64` joins single characters, many times slower for
 * large files.
 */
export const base64Letters = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3)).fill("=".charCodeAt(0))
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const bits = ((bytes[from] ?? 0) << 16) | ((bytes[from + 1] ?? 0) << 8) | (bytes[from + 2] ?? 0)
    text[to] = digit(bits >> 18)
    text[to + 1] = digit(bits >> 12)
    if (from + 1 < bytes.length) text[to + 2] = digit(bits >> 6)
    if (from + 2 < bytes.length) text[to + 3] = digit(bits)
  }
  return text
}

/** Bytes as base64. */
export const encodeBase64 = (bytes: Uint8Array): string => new TextDecoder().decode(base64Letters(bytes))
