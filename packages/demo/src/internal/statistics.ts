import { Schema } from "effect"
import type * as Field from "../Field.ts"

export const Statistic = Schema.Literal("max", "min", "sum", "mean", "std", "var", "count")

export type Statistic = typeof Statistic.Type

type Numbers = Float64Array | Field.Values

const collect = (
  values: Numbers,
  targets: Int32Array,
  size: number,
  initial: number,
  combine: (before: number, value: number) => number
): Float64Array => {
  const collected = new Float64Array(size).fill(initial)
  values.forEach((value, position) => {
    const target = targets[position] ?? -1
    if (target >= 0 && !Number.isNaN(value)) collected[target] = combine(collected[target] ?? NaN, value)
  })
  return collected
}

const add = (left: number, right: number): number => left + right

/**
 * One number for each of `size` targets, out of the values that `targets` sends there; a target below 0 is none. Missing
 * values are left out; where all are missing, so is the result, and the count is 0.
 */
export const compute = (statistic: Statistic, values: Numbers, targets: Int32Array, size: number): Float64Array => {
  const counts = collect(values, targets, size, 0, (count) => count + 1)
  const orMissing = (numbers: Float64Array) => numbers.map((number, target) => counts[target] === 0 ? NaN : number)
  const mean = (numbers: Numbers) =>
    orMissing(collect(numbers, targets, size, 0, add).map((total, target) => total / (counts[target] ?? 0)))
  const variance = () => {
    const means = mean(values)
    return mean(Float64Array.from(values, (value, position) => (value - (means[targets[position] ?? -1] ?? NaN)) ** 2))
  }
  switch (statistic) {
    case "count":
      return counts
    case "max":
      return orMissing(collect(values, targets, size, -Infinity, Math.max))
    case "min":
      return orMissing(collect(values, targets, size, Infinity, Math.min))
    case "sum":
      return orMissing(collect(values, targets, size, 0, add))
    case "mean":
      return mean(values)
    case "var":
      return variance()
    case "std":
      return variance().map(Math.sqrt)
  }
}
