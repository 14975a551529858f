import type * as Field from "../Field.ts"

export const product = (sizes: ReadonlyArray<number>): number => sizes.reduce((total, size) => total * size, 1)

export const ofSameType = (values: Field.Values, length: number): Field.Values =>
  values instanceof Float32Array ? new Float32Array(length) : new Float64Array(length)

/** The values at every combination of the indices, one list for each axis of `shape`. */
export const gather = (
  values: Field.Values,
  shape: ReadonlyArray<number>,
  indices: ReadonlyArray<ReadonlyArray<number>>
): Field.Values => {
  const gathered = ofSameType(values, product(indices.map(({ length }) => length)))
  let position = 0
  const walk = (axis: number, offset: number): void => {
    const size = shape[axis]
    if (size === undefined) {
      gathered[position++] = values[offset] ?? NaN
      return
    }
    for (const index of indices[axis] ?? []) walk(axis + 1, offset * size + index)
  }
  walk(0, 0)
  return gathered
}

export interface Block {
  readonly values: Field.Values
  readonly shape: ReadonlyArray<number>
}

/** Joins blocks, whose shapes differ along `axis` only. */
export const concatenate = (blocks: ReadonlyArray<Block>, axis: number): Field.Values => {
  const length = blocks.reduce((total, { values }) => total + values.length, 0)
  const joined = blocks.every(({ values }) => values instanceof Float32Array)
    ? new Float32Array(length)
    : new Float64Array(length)
  const rows = product(blocks[0]?.shape.slice(0, axis) ?? [])
  let position = 0
  for (let row = 0; row < rows; row++) {
    for (const { shape, values } of blocks) {
      const size = product(shape.slice(axis))
      joined.set(values.subarray(row * size, (row + 1) * size), position)
      position += size
    }
  }
  return joined
}

/** How far apart neighbours on each axis lie, the last axis varying fastest. */
export const strides = (shape: ReadonlyArray<number>): ReadonlyArray<number> =>
  shape.map((_, axis) => product(shape.slice(axis + 1)))

/** Where each point of a grid, in their order, lies by these strides. An axis with the stride 0 makes no difference. */
export const offsets = (shape: ReadonlyArray<number>, strides: ReadonlyArray<number>): Int32Array => {
  const all = new Int32Array(product(shape))
  let filled = 1
  shape.forEach((size, axis) => {
    const stride = strides[axis] ?? 0
    for (let from = filled - 1; from >= 0; from--) {
      const start = all[from] ?? 0
      for (let at = size - 1; at >= 0; at--) all[from * size + at] = start + at * stride
    }
    filled *= size
  })
  return all
}
