/**
 * HDF5 stamps each object with the time at which it was written, which h5wasm cannot be told to leave out. Here the
 * stamps are set to zero, so that the same field gives the same bytes.
 *
 * Layout: HDF5 File Format Specification 3.0 §IV.A.1.b, "Version 2 Data Object Header Prefix". Checksum: Bob Jenkins'
 * lookup3, `hashlittle` with the initial value 0 (public domain).
 */

const signature = [0x4f, 0x48, 0x44, 0x52]
const timesStored = 0x20
const phaseChangeStored = 0x10

const rotate = (value: number, bits: number): number => (value << bits) | (value >>> (32 - bits))

const checksum = (bytes: Uint8Array): number => {
  let a = (0xdeadbeef + bytes.length) | 0
  let b = a
  let c = a
  const word = (at: number): number =>
    (bytes[at] ?? 0) | (bytes[at + 1] ?? 0) << 8 | (bytes[at + 2] ?? 0) << 16 | (bytes[at + 3] ?? 0) << 24
  if (bytes.length === 0) return c >>> 0
  let at = 0
  for (; bytes.length - at > 12; at += 12) {
    a = (a + word(at)) | 0
    b = (b + word(at + 4)) | 0
    c = (c + word(at + 8)) | 0
    a = (a - c) ^ rotate(c, 4)
    c = (c + b) | 0
    b = (b - a) ^ rotate(a, 6)
    a = (a + c) | 0
    c = (c - b) ^ rotate(b, 8)
    b = (b + a) | 0
    a = (a - c) ^ rotate(c, 16)
    c = (c + b) | 0
    b = (b - a) ^ rotate(a, 19)
    a = (a + c) | 0
    c = (c - b) ^ rotate(b, 4)
    b = (b + a) | 0
  }
  a = (a + word(at)) | 0
  b = (b + word(at + 4)) | 0
  c = (c + word(at + 8)) | 0
  c = (c ^ b) - rotate(b, 14)
  a = (a ^ c) - rotate(c, 11)
  b = (b ^ a) - rotate(a, 25)
  c = (c ^ b) - rotate(b, 16)
  a = (a ^ c) - rotate(c, 4)
  b = (b ^ a) - rotate(a, 14)
  c = (c ^ b) - rotate(b, 24)
  return c >>> 0
}

/** The same file with all times zero. */
export const clear = (file: Uint8Array): Uint8Array => {
  const cleared = file.slice()
  const view = new DataView(cleared.buffer)
  for (let at = cleared.indexOf(0x4f); at !== -1; at = cleared.indexOf(0x4f, at + 1)) {
    const flags = cleared[at + 5] ?? 0
    if (
      !signature.every((byte, index) => cleared[at + index] === byte) || cleared[at + 4] !== 2 ||
      (flags & timesStored) === 0
    ) continue
    const sizeBytes = 1 << (flags & 3)
    const sizeAt = at + 22 + ((flags & phaseChangeStored) === 0 ? 0 : 4)
    const messages = cleared.subarray(sizeAt, sizeAt + sizeBytes).reduceRight((size, byte) => size * 256 + byte, 0)
    const end = sizeAt + sizeBytes + messages
    // Compressed values may look like a header by chance, but not with its checksum.
    if (end + 4 > cleared.length || view.getUint32(end, true) !== checksum(cleared.subarray(at, end))) continue
    cleared.fill(0, at + 6, at + 22)
    view.setUint32(end, checksum(cleared.subarray(at, end)), true)
  }
  return cleared
}
