import * as HttpBody from "@effect/platform/HttpBody"
import type * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Stream from "effect/Stream"
import * as DataValue from "../DataValue.ts"
import type { DataInput } from "../Execute.ts"
import type { GivenInput } from "../Operation.ts"
import * as Upload from "../Upload.ts"
import { InputFault } from "../WpsError.ts"
import { base64Letters } from "./base64.ts"
import { concatenate } from "./bytes.ts"

/** An upload, and the marker for it in the document. */
interface Placed {
  readonly identifier: string
  readonly upload: Upload.Upload
  readonly marker: string
}

/** The inputs, with a marker in place of each upload. No document contains a marker by accident. */
export const place = (
  given: ReadonlyArray<GivenInput>,
  attempt: number
): readonly [inputs: ReadonlyArray<DataInput>, uploads: ReadonlyArray<Placed>] => {
  const uploads: Array<Placed> = []
  const inputs = given.map(({ data, identifier }, at): DataInput => {
    if (!Upload.isUpload(data)) return { identifier, data }
    const marker = `\uE057upload-${at}-${attempt}\uE057`
    uploads.push({ identifier, upload: data, marker })
    return { identifier, data: { ...DataValue.complexText(marker, ""), format: data.format } }
  })
  return [inputs, uploads]
}

/** The text before, between and after the uploads. None if another input contains a marker on purpose. */
export const split = (body: string, uploads: ReadonlyArray<Placed>): Option.Option<ReadonlyArray<string>> => {
  const parts: Array<string> = []
  let from = 0
  for (const { marker } of uploads) {
    const at = body.indexOf(marker)
    if (at < from || body.lastIndexOf(marker) !== at) return Option.none()
    parts.push(body.slice(from, at))
    from = at + marker.length
  }
  return Option.some([...parts, body.slice(from)])
}

const utf8 = new TextEncoder()

const encodedLength = (size: number): number => 4 * Math.ceil(size / 3)

interface Progress {
  readonly read: number
  /** Bytes that do not fill a group of three yet. */
  readonly rest: Uint8Array
}

/** The upload as base64. Fails if its size is not the one announced to the server. */
const encoded = ({ identifier, upload }: Placed): Stream.Stream<Uint8Array, InputFault> => {
  const fault = (reason: string) => new InputFault({ input: identifier, reason })
  const start: Progress = { read: 0, rest: new Uint8Array(0) }
  return upload.content.pipe(
    Stream.mapError((reason) => fault(`cannot be read: ${reason}`)),
    Stream.map(Option.some),
    Stream.concat(Stream.succeed(Option.none<Uint8Array>())),
    Stream.mapAccumEffect(
      start,
      ({ read, rest }, chunk): Effect.Effect<readonly [Progress, Uint8Array], InputFault> => {
        if (Option.isNone(chunk)) {
          return read === upload.size
            ? Effect.succeed([start, base64Letters(rest)])
            : Effect.fail(fault(`has ${read} bytes and not the ${upload.size} that were announced`))
        }
        const total = read + chunk.value.length
        if (total > upload.size) return Effect.fail(fault(`has more than the ${upload.size} bytes that were announced`))
        const bytes = rest.length === 0 ? chunk.value : concatenate([rest, chunk.value])
        const whole = bytes.length - bytes.length % 3
        return Effect.succeed([
          { read: total, rest: new Uint8Array(bytes.subarray(whole)) },
          base64Letters(bytes.subarray(0, whole))
        ])
      }
    )
  )
}

/**
 * A body that is read while it is sent. The reason of a read error is kept in `broken`, because HTTP clients do not
 * pass it on.
 */
export const body = (
  parts: ReadonlyArray<string>,
  uploads: ReadonlyArray<Placed>,
  contentType: string,
  broken: Ref.Ref<Option.Option<InputFault>>,
  ended: Deferred.Deferred<void>
): HttpBody.Stream => {
  const texts = parts.map((part) => utf8.encode(part))
  const length = texts.reduce((sum, text) => sum + text.length, 0) +
    uploads.reduce((sum, { upload }) => sum + encodedLength(upload.size), 0)
  const streams = texts.flatMap((text, at) => {
    const placed = uploads[at]
    return placed === undefined ? [Stream.succeed(text)] : [Stream.succeed(text), encoded(placed)]
  })
  const whole = streams.reduce<Stream.Stream<Uint8Array, InputFault>>(
    (all, one) => Stream.concat(all, one),
    Stream.empty
  )
  return HttpBody.stream(
    // Fetch does not cancel a body that it is reading. So the end of the request interrupts the stream, which closes
    // the file.
    Stream.tapError(whole, (fault) => Ref.set(broken, Option.some(fault))).pipe(Stream.interruptWhenDeferred(ended)),
    contentType,
    length
  )
}
