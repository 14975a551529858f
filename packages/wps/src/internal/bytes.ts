/** The total number of bytes. */
export const sizeOf = (chunks: Iterable<Uint8Array>): number => {
  let size = 0
  for (const chunk of chunks) size += chunk.length
  return size
}

/** Joins the chunks to one array. */
export const concatenate = (chunks: Iterable<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(sizeOf(chunks))
  let at = 0
  for (const chunk of chunks) {
    whole.set(chunk, at)
    at += chunk.length
  }
  return whole
}
