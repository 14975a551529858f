import type * as Field from "../Field.ts"

const product = (sizes: ReadonlyArray<number>): number => sizes.reduce((total, size) => total * size, 1)

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

/** Combines, along one axis, the values that are not missing. Where all are missing, so is the result. */
export const fold = (
  values: Float64Array,
  shape: ReadonlyArray<number>,
  axis: number,
  combine: (left: number, right: number) => number
): Float64Array => {
  const inner = product(shape.slice(axis + 1))
  const size = shape[axis] ?? 1
  const folded = new Float64Array(product(shape.slice(0, axis)) * inner).fill(NaN)
  values.forEach((value, position) => {
    const target = Math.floor(position / (inner * size)) * inner + position % inner
    const before = folded[target] ?? NaN
    if (!Number.isNaN(value)) folded[target] = Number.isNaN(before) ? value : combine(before, value)
  })
  return folded
}
