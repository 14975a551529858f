/**
 * NetCDF-4 files, as bytes in and bytes out.
 *
 * NetCDF-4 is HDF5 with rules for dimensions, which are read and written here; HDF5 itself is the one of h5wasm. Only
 * the root group is looked at.
 *
 * @see NetCDF-4 file format specification, CF conventions 1.8
 * @since 0.1.0
 */
import type { Cdat, Domain } from "@effect-wps/cwt"
import { Array as Arr, Context, Effect, Either, Layer, Option, Record, Schema } from "effect"
import * as h5wasm from "h5wasm"
import type { ComputeError } from "./ComputeError.ts"
import type * as Field from "./Field.ts"
import * as grid from "./internal/grid.ts"
import * as hdf5 from "./internal/hdf5.ts"
import * as Selection from "./Selection.ts"

/**
 * What went wrong:
 *
 * - `unreadable`: bytes that are no NetCDF-4 file, or a broken one
 * - `unknown-variable`: a variable that the file does not have
 * - `unsupported`: a variable that is not made of numbers
 * - `unwritable`: fields that cannot stand in one file
 * - `unavailable`: HDF5 could not be started
 *
 * @since 0.1.0
 * @category models
 */
export const Reason = Schema.Literal("unreadable", "unknown-variable", "unsupported", "unwritable", "unavailable")

/**
 * @since 0.1.0
 * @category models
 */
export type Reason = typeof Reason.Type

/**
 * A file that cannot be read or written. `detail` says what is wrong and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class NetCdfError extends Schema.TaggedError<NetCdfError>("@effect-wps/demo/NetCdf/NetCdfError")("NetCdfError", {
  reason: Reason,
  detail: Schema.String
}) {
  override get message(): string {
    return this.detail
  }
}

/**
 * What a file has.
 *
 * @since 0.1.0
 * @category models
 */
export interface Description {
  readonly attributes: Field.Attributes
  readonly variables: ReadonlyArray<Variable>
}

/**
 * A variable of a file, without its values. The type is named as HDF5's, such as `float32` or `int16`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Variable {
  readonly name: string
  readonly type: string
  readonly dimensions: ReadonlyArray<{ readonly name: string; readonly size: number }>
  readonly attributes: Field.Attributes
}

/**
 * Reads and writes NetCDF-4.
 *
 * @since 0.1.0
 * @category tags
 */
export class NetCdf extends Context.Tag("@effect-wps/demo/NetCdf")<NetCdf, NetCdf.Service>() {}

/**
 * @since 0.1.0
 * @category models
 */
export declare namespace NetCdf {
  /**
   * @since 0.1.0
   * @category models
   */
  export interface Service {
    /**
     * What the file has.
     */
    readonly describe: (bytes: Uint8Array) => Effect.Effect<Description, NetCdfError>
    /**
     * A variable with its coordinates, or the part of it that `domain` means: only that part is read and unpacked.
     *
     * `_FillValue` and `missing_value` become `NaN`, packed values (`scale_factor`, `add_offset`) are unpacked. Single
     * precision stays so, all other numbers become double. A dimension without coordinates gets 0, 1, 2 …. Attributes
     * that point to other variables of the file are left out.
     */
    readonly read: (bytes: Uint8Array, name: string, options?: {
      readonly domain?: Domain.Domain | undefined
      /** What a point among `values` is when no coordinate equals it. @default an error */
      readonly method?: Cdat.Method | undefined
    }) => Effect.Effect<Field.Field, NetCdfError | ComputeError>
    /**
     * One file of all the fields. Axes of one name are written once and have to be equal. Values are compressed, and
     * missing ones are written as the `_FillValue` 1e20. The same fields give the same bytes.
     */
    readonly write: (fields: Arr.NonEmptyReadonlyArray<Field.Field>, options?: {
      /** Attributes of the file, such as `title`. `Conventions` is written in any case. */
      readonly attributes?: Field.Attributes | undefined
    }) => Effect.Effect<Uint8Array, NetCdfError>
  }
}

const fillValue = 1e20

/** What HDF5 and the NetCDF library note for themselves. */
const bookkeeping: ReadonlySet<string> = new Set([
  "CLASS",
  "NAME",
  "REFERENCE_LIST",
  "DIMENSION_LIST",
  "DIMENSION_LABELS",
  "_NCProperties",
  "_Netcdf4Dimid",
  "_Netcdf4Coordinates",
  "_nc3_strict"
])

/** What is used up in reading the values, and what names other variables, which a field does not carry. */
const spent: ReadonlySet<string> = new Set([
  "_FillValue",
  "missing_value",
  "scale_factor",
  "add_offset",
  "bounds",
  "climatology",
  "coordinates",
  "ancillary_variables",
  "cell_measures",
  "grid_mapping",
  "formula_terms"
])

const numbers = (data: h5wasm.OutputData | null): Option.Option<Field.Values> => {
  if (data instanceof Float32Array || data instanceof Float64Array) return Option.some(data)
  if (typeof data === "number") return Option.some(Float64Array.of(data))
  if (data instanceof BigInt64Array || data instanceof BigUint64Array) {
    return Option.some(Float64Array.from(data, Number))
  }
  return ArrayBuffer.isView(data) ? Option.some(Float64Array.from(data)) : Option.none()
}

const isTexts = Arr.every((item: unknown): item is string => typeof item === "string")

const attributeOf = (value: h5wasm.OutputData | null): Option.Option<Field.Attribute> => {
  if (typeof value === "string" || typeof value === "number") return Option.some(value)
  if (typeof value === "bigint") return Option.some(Number(value))
  if (Array.isArray(value)) {
    return isTexts(value)
      ? Option.some(value[0] !== undefined && value.length === 1 ? value[0] : value)
      : Option.none()
  }
  return Option.map(numbers(value), (list) => {
    const [first, ...rest] = list
    return first !== undefined && rest.length === 0 ? first : Arr.fromIterable(list)
  })
}

const attributesOf = ({ attrs }: { readonly attrs: Record<string, h5wasm.Attribute> }): Field.Attributes =>
  Record.filterMap(attrs, (attribute, name) => bookkeeping.has(name) ? Option.none() : attributeOf(attribute.value))

const withoutSpent = (attributes: Field.Attributes): Field.Attributes =>
  Record.filter(attributes, (_, name) => !spent.has(name))

const typeNames: ReadonlyMap<string, string> = new Map([
  ["b", "int8"],
  ["h", "int16"],
  ["i", "int32"],
  ["q", "int64"],
  ["B", "uint8"],
  ["H", "uint16"],
  ["I", "uint32"],
  ["Q", "uint64"],
  ["f", "float32"],
  ["d", "float64"]
])

const numberType = ({ dtype, shape }: h5wasm.Dataset): Option.Option<string> =>
  Option.fromNullable(shape !== null && typeof dtype === "string" ? typeNames.get(dtype.slice(-1)) : undefined)

const typeOf = (dataset: h5wasm.Dataset): string =>
  Option.getOrElse(
    numberType(dataset),
    () => typeof dataset.dtype === "string" && /^[SA]/.test(dataset.dtype) ? "text" : "other"
  )

const dimensionOnly = "This is a netCDF dimension but not a netCDF variable"

const isDimensionOnly = (dataset: h5wasm.Dataset): boolean =>
  dataset.get_scale_name()?.startsWith(dimensionOnly) === true

const datasetAt = (file: h5wasm.File, path: string): Option.Option<h5wasm.Dataset> => {
  const entity = file.get(path)
  return entity instanceof h5wasm.Dataset ? Option.some(entity) : Option.none()
}

/** The dataset that holds a dimension's coordinates: the one attached, or for a coordinate variable itself. */
const scaleOf = (file: h5wasm.File, dataset: h5wasm.Dataset, index: number): Option.Option<h5wasm.Dataset> =>
  dataset.get_scale_name() === null
    ? Option.flatMap(Option.fromNullable(dataset.get_attached_scales(index)[0]), (path) => datasetAt(file, path))
    : Option.some(dataset)

const dimensionName = (scale: Option.Option<h5wasm.Dataset>, index: number): string =>
  Option.match(scale, { onNone: () => `dim_${index}`, onSome: ({ path }) => path.slice(path.lastIndexOf("/") + 1) })

const variableOf = (file: h5wasm.File, name: string, dataset: h5wasm.Dataset): Variable => ({
  name,
  type: typeOf(dataset),
  dimensions: (dataset.shape ?? []).map((size, index) => ({
    name: dimensionName(scaleOf(file, dataset, index), index),
    size
  })),
  attributes: attributesOf(dataset)
})

const datasets = (file: h5wasm.File): ReadonlyArray<readonly [name: string, dataset: h5wasm.Dataset]> =>
  file.keys().flatMap((name) =>
    Option.match(datasetAt(file, name), {
      onNone: () => [],
      onSome: (dataset) => isDimensionOnly(dataset) ? [] : [[name, dataset] as const]
    })
  )

const axesOf = (file: h5wasm.File, dataset: h5wasm.Dataset): ReadonlyArray<Field.Axis> =>
  (dataset.shape ?? []).map((size, index) => {
    const scale = scaleOf(file, dataset, index)
    const name = dimensionName(scale, index)
    return scale.pipe(
      Option.filter((scale) =>
        scale.shape?.length === 1 && Option.isSome(numberType(scale)) && !isDimensionOnly(scale)
      ),
      Option.flatMap((scale) =>
        Option.map(numbers(scale.value), (values) => ({
          name,
          values: Float64Array.from(values),
          attributes: withoutSpent(attributesOf(scale))
        }))
      ),
      Option.getOrElse(() => ({ name, values: Float64Array.from({ length: size }, (_, at) => at), attributes: {} }))
    )
  })

/** Ranges that HDF5 can read in one go: each as long as its steps stay the same. */
const runsOf = (indices: ReadonlyArray<number>): ReadonlyArray<ReadonlyArray<number>> =>
  indices.reduce<Array<Array<number>>>((runs, index) => {
    const run = runs.at(-1)
    const [first = 0, second] = run ?? []
    const last = run?.at(-1) ?? 0
    const continues = run !== undefined && index > last && (second === undefined || index - last === second - first)
    if (continues) run.push(index)
    else runs.push([index])
    return runs
  }, [])

const sliceOf = (run: ReadonlyArray<number>): [number, number, number] => {
  const [first = 0, second = first + 1] = run
  return [first, (run.at(-1) ?? first) + 1, second - first]
}

/** h5wasm gives one number without its type. */
const scalarOf = (dataset: h5wasm.Dataset): h5wasm.OutputData | null => {
  const { value } = dataset
  return typeof value === "number" && Option.contains(numberType(dataset), "float32") ? Float32Array.of(value) : value
}

const readPart = (dataset: h5wasm.Dataset, indices: ReadonlyArray<ReadonlyArray<number>>): Field.Values => {
  const read = (chosen: ReadonlyArray<ReadonlyArray<number>>): grid.Block => {
    const axis = chosen.length
    const next = indices[axis]
    if (next !== undefined) {
      const blocks = runsOf(next).map((run) => read([...chosen, run]))
      return blocks.length === 1 && blocks[0] !== undefined ? blocks[0] : {
        values: grid.concatenate(blocks, axis),
        shape: indices.map(({ length }, at) => at < axis ? chosen[at]?.length ?? 0 : length)
      }
    }
    const data = axis === 0 ? scalarOf(dataset) : dataset.slice(chosen.map(sliceOf))
    return {
      values: Option.getOrElse(numbers(data), () => new Float64Array()),
      shape: chosen.map(({ length }) => length)
    }
  }
  return read([]).values
}

const numbersIn = (attribute: Field.Attribute | undefined): ReadonlyArray<number> =>
  Arr.filter(Arr.ensure<Field.Attribute | undefined | number>(attribute), (item) => typeof item === "number")

const unpack = (values: Field.Values, attributes: Field.Attributes): Field.Values => {
  const missing = new Set([...numbersIn(attributes["_FillValue"]), ...numbersIn(attributes["missing_value"])])
  const [scale = 1] = numbersIn(attributes["scale_factor"])
  const [offset = 0] = numbersIn(attributes["add_offset"])
  const isPacked = "scale_factor" in attributes || "add_offset" in attributes
  const unpacked = isPacked ? Float64Array.from(values) : values
  return unpacked.map((value) => missing.has(value) ? NaN : isPacked ? value * scale + offset : value)
}

const isName = (name: string): boolean => /^[\p{L}\p{N}_][^/\p{Cc}]*(?<!\s)$/u.test(name)

const sameAxis = (left: Field.Axis, right: Field.Axis): boolean =>
  left.values.length === right.values.length && left.values.every((value, index) => value === right.values[index])

/** The axes of all the fields, each once, if the fields can stand in one file. */
const sharedAxes = (
  fields: ReadonlyArray<Field.Field>
): Either.Either<ReadonlyArray<Field.Axis>, NetCdfError> => {
  const axes = Arr.dedupeWith(
    fields.flatMap(({ axes }) => axes),
    (left, right) => left.name === right.name && sameAxis(left, right)
  )
  const names = [...axes, ...fields].map(({ name }) => name)
  const strange = names.find((name) => !isName(name))
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return strange !== undefined
    ? Either.left(
      new NetCdfError({
        reason: "unwritable",
        detail: `"${strange}" is no name in NetCDF. Begin with a letter and use no slash.`
      })
    )
    : twice !== undefined
    ? Either.left(
      new NetCdfError({
        reason: "unwritable",
        detail: `"${twice}" would be in the file twice, and not be the same. Rename one, or write two files.`
      })
    )
    : Either.right(axes)
}

const utf8 = new TextEncoder()

const writeAttributes = (object: Pick<h5wasm.Dataset, "create_attribute">, attributes: Field.Attributes): void =>
  Object.entries(attributes).forEach(([name, value]) => {
    if (bookkeeping.has(name)) return
    if (typeof value === "string") {
      // A text of fixed length is a `char` attribute, which every reader of NetCDF knows.
      object.create_attribute(name, value, null, `S${Math.max(utf8.encode(value).length, 1)}`)
    } else if (typeof value === "number") {
      object.create_attribute(name, Float64Array.of(value))
    } else if (isTexts(value)) {
      if (value.length > 0) object.create_attribute(name, [...value], null, "S")
    } else {
      object.create_attribute(name, Float64Array.from(value))
    }
  })

const writeField = (file: h5wasm.File, { attributes, axes, name, values }: Field.Field): void => {
  const shape = axes.map(({ values }) => values.length)
  const dataset = file.create_dataset({
    name,
    data: values.map((value) => Number.isNaN(value) ? fillValue : value),
    shape,
    track_order: true,
    ...(shape.length > 0 && values.length > 0
      ? {
        chunks: shape.map((size, index) => index < shape.length - 2 ? 1 : size),
        compression: "gzip",
        compression_opts: 4
      }
      : {})
  })
  axes.forEach((axis, index) => dataset.attach_scale(index, `/${axis.name}`))
  dataset.create_attribute(
    "_FillValue",
    values instanceof Float32Array ? Float32Array.of(fillValue) : Float64Array.of(fillValue)
  )
  writeAttributes(dataset, withoutSpent(attributes))
}

const unreadable = ({ reason }: hdf5.Hdf5Failure): NetCdfError =>
  new NetCdfError({
    reason: "unreadable",
    detail:
      `This is no NetCDF-4 file, or a broken one: ${reason}. Fetch it again; convert NetCDF-3 with "nccopy -k nc4".`
  })

const make: Effect.Effect<NetCdf.Service, NetCdfError> = Effect.gen(function*() {
  const { create, open, use } = yield* Effect.mapError(
    hdf5.make,
    ({ reason }) =>
      new NetCdfError({
        reason: "unavailable",
        detail: `HDF5 cannot be started: ${reason}. Check that WebAssembly is allowed.`
      })
  )

  const describe = Effect.fn("NetCdf.describe")(
    function*(bytes: Uint8Array) {
      const file = yield* open(bytes)
      return yield* use((): Description => ({
        attributes: attributesOf(file),
        variables: datasets(file).map(([name, dataset]) => variableOf(file, name, dataset))
      }))
    },
    Effect.scoped,
    Effect.mapError(unreadable)
  )

  const find = Effect.fnUntraced(function*(file: h5wasm.File, name: string) {
    const all = yield* Effect.mapError(use(() => datasets(file)), unreadable)
    const [, dataset] = yield* Either.fromOption(
      Arr.findFirst(all, ([candidate]) => candidate === name),
      () =>
        new NetCdfError({
          reason: "unknown-variable",
          detail: `The file has no variable "${name}". It has ${all.map(([candidate]) => candidate).join(", ")}.`
        })
    )
    const type = yield* Effect.mapError(use(() => numberType(dataset)), unreadable)
    return Option.isSome(type)
      ? dataset
      : yield* new NetCdfError({
        reason: "unsupported",
        detail: `The variable "${name}" is not numbers. Ask for another.`
      })
  })

  const read: NetCdf.Service["read"] = Effect.fn("NetCdf.read")(function*(bytes, name, options) {
    const file = yield* Effect.mapError(open(bytes), unreadable)
    const dataset = yield* find(file, name)
    const axes = yield* Effect.mapError(use(() => axesOf(file, dataset)), unreadable)
    const domain = options?.domain
    const selected = domain === undefined ? axes.map(Selection.whole) : yield* Selection.select(axes, domain, options)
    const [attributes, values] = yield* Effect.mapError(
      use(() => [attributesOf(dataset), readPart(dataset, selected.map(({ indices }) => indices))] as const),
      unreadable
    )
    return {
      name,
      axes: selected.map(({ axis }) => axis),
      values: unpack(values, attributes),
      attributes: withoutSpent(attributes)
    }
  }, Effect.scoped)

  const write: NetCdf.Service["write"] = Effect.fn("NetCdf.write")(function*(fields, options) {
    const axes = yield* sharedAxes(fields)
    return yield* Effect.mapError(
      create((file) => {
        writeAttributes(file, { Conventions: "CF-1.8", ...options?.attributes })
        axes.forEach(({ attributes, name, values }) => {
          const dataset = file.create_dataset({ name, data: values, track_order: true })
          dataset.make_scale(name)
          writeAttributes(dataset, withoutSpent(attributes))
        })
        fields.forEach((field) => writeField(file, field))
      }),
      ({ reason }) => new NetCdfError({ reason: "unwritable", detail: `The fields cannot be written: ${reason}.` })
    )
  })

  return { describe, read, write }
})

/**
 * NetCDF with the HDF5 of h5wasm, in memory: no file of the machine is touched.
 *
 * @example
 * ```ts
 * import { Domain } from "@effect-wps/cwt"
 * import { Compute, NetCdf, Sample } from "@effect-wps/demo"
 * import { Effect } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const netCdf = yield* NetCdf.NetCdf
 *   const file = yield* netCdf.write([Sample.temperature])
 *   const south = yield* netCdf.read(file, "tas", { domain: Domain.make({ lat: [-90, 0] }) })
 *   const mean = yield* Compute.mean(south, ["time"])
 *   return yield* netCdf.write([mean], { attributes: { title: "The south" } })
 * }).pipe(Effect.provide(NetCdf.layer))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<NetCdf, NetCdfError> = Layer.effect(NetCdf, make)
