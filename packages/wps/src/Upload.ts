/**
 * Bytes that are sent as an input while they are read, such as a file that is larger than memory.
 *
 * @since 0.1.0
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Stream from "effect/Stream"
import * as DataValue from "./DataValue.ts"

/**
 * @since 0.1.0
 * @category symbols
 */
export const TypeId: unique symbol = Symbol.for("@effect-wps/wps/Upload")

/**
 * An input that is sent while it is read. Its size must be known, because servers want a length (PyWPS refuses a body
 * without one). It is sent as base64, inside the document.
 *
 * @since 0.1.0
 * @category models
 */
export interface Upload {
  readonly [TypeId]: typeof TypeId
  readonly format: DataValue.Format
  /** In bytes, before the base64 encoding. */
  readonly size: number
  /** It can be read only once, so a request whose credentials are refused is not sent again. */
  readonly content: Stream.Stream<Uint8Array, string>
}

/**
 * Whether the value of an input is an `Upload`.
 *
 * @since 0.1.0
 * @category guards
 */
export const isUpload = (value: unknown): value is Upload => Predicate.hasProperty(value, TypeId)

/**
 * Makes an input from a stream whose size is known. If the stream gives more or fewer bytes, or fails, the request
 * fails with `InvalidInputs`.
 *
 * @example
 * ```ts
 * import { Input, Process, Upload } from "@effect-wps/wps"
 * import { Stream } from "effect"
 *
 * const subset = Process.make("subset", { inputs: { file: Input.bytes("application/x-netcdf") }, outputs: {} })
 * const operation = subset({ file: Upload.make({ size: 3, content: Stream.make(new Uint8Array([1, 2, 3])) }) })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = <E>(options: {
  /** In bytes. */
  readonly size: number
  readonly content: Stream.Stream<Uint8Array, E>
  /** @default what the input declares */
  readonly format?: DataValue.FormatInput | undefined
}): Upload => ({
  [TypeId]: TypeId,
  format: options.format === undefined ? DataValue.anyFormat : DataValue.format(options.format),
  size: options.size,
  content: Stream.mapError(options.content, reasonOf)
})

const reasonOf = (error: unknown): string =>
  Predicate.hasProperty(error, "message") && Predicate.isString(error.message) ? error.message : String(error)

/** A multiple of three, so that base64 leaves no bytes over for the next chunk. */
const chunkSize = 192 * 1024

/**
 * Makes an input from a file, which is read while it is sent.
 *
 * @example
 * ```ts
 * import { Input, Process, Upload, WpsClient } from "@effect-wps/wps"
 * import { Effect } from "effect"
 *
 * const subset = Process.make("subset", { inputs: { file: Input.bytes("application/x-netcdf") }, outputs: {} })
 *
 * const program = Effect.gen(function*() {
 *   const file = yield* Upload.file("tas.nc")
 *   return yield* WpsClient.run(subset({ file }))
 * })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const file = (
  path: string,
  options?: { readonly format?: DataValue.FormatInput | undefined }
): Effect.Effect<Upload, PlatformError, FileSystem.FileSystem> =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const { size } = yield* fs.stat(path)
    return make({ size: Number(size), content: fs.stream(path, { chunkSize }), format: options?.format })
  })

/** @internal */
export const withFormat = (self: Upload, format: DataValue.Format): Upload => ({
  ...self,
  format: { ...(Option.isSome(self.format.mimeType) ? self.format : format), encoding: Option.some("base64") }
})
