const letters = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")

const letter = (at: number): number => letters[at & 63] ?? 0

/** The two characters for each value of twelve bits, as one number in the byte order of this machine. */
const pairs = new Uint16Array(4096)
new Uint8Array(pairs.buffer).forEach((_, at, all) => {
  all[at] = letter(at % 2 === 0 ? at >> 7 : at >> 1)
})

const pair = (bits: number): number => pairs[bits] ?? 0

const padding = "=".charCodeAt(0)

/**
 * Bytes as the characters of base64 (RFC 4648 §4). `Encoding.encodeBase64` joins single characters, which is many times
 * slower for large files.
 */
export const base64Letters = (bytes: Uint8Array): Uint8Array<ArrayBuffer> => {
  const text = new Uint8Array(4 * Math.ceil(bytes.length / 3))
  const inPairs = new Uint16Array(text.buffer)
  const whole = bytes.length - bytes.length % 3
  let to = 0
  for (let from = 0; from < whole; from += 3) {
    const second = bytes[from + 1] ?? 0
    inPairs[to++] = pair(((bytes[from] ?? 0) << 4) | (second >> 4))
    inPairs[to++] = pair(((second & 15) << 8) | (bytes[from + 2] ?? 0))
  }
  if (whole < bytes.length) {
    const bits = ((bytes[whole] ?? 0) << 16) | ((bytes[whole + 1] ?? 0) << 8)
    const isOne = whole + 1 === bytes.length
    text.set([letter(bits >> 18), letter(bits >> 12), isOne ? padding : letter(bits >> 6), padding], 2 * to)
  }
  return text
}

/** Bytes as base64. */
export const encodeBase64 = (bytes: Uint8Array): string => new TextDecoder().decode(base64Letters(bytes))
