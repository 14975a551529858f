/** The inputs that a node fetches, and the outputs that it stores. */
import { DataValue, type Execute, Ows } from "@effect-wps/wps"
import type { WpsProtocol } from "@effect-wps/wps/WpsProtocol"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Node } from "./node.ts"
import { bytesOf, codeOf, exception, inFormat } from "./nodeAnswers.ts"

/** An input whose references are fetched, also those inside nested inputs. */
export const resolve = (
  node: Node<unknown>,
  protocol: WpsProtocol,
  { data, identifier }: Execute.DataInput
): Effect.Effect<Execute.DataInput, Ows.OwsException> => {
  switch (data._tag) {
    case "NestedData":
      return Effect.map(
        Effect.forEach(data.parts, (part) => resolve(node, protocol, part)),
        (parts) => ({ identifier, data: { _tag: "NestedData", parts } })
      )
    case "Reference":
      return Effect.mapBoth(node.fetch(data), {
        onFailure: (reason) => exception(codeOf(protocol, "notAccessible"), identifier, reason),
        onSuccess: (content) => ({ identifier, data: DataValue.fetched(data, content) })
      })
    default:
      return Effect.succeed({ identifier, data })
  }
}

export const partsOf = (
  produced: ReadonlyArray<readonly [identifier: string, data: DataValue.DataValue]>
): ReadonlyArray<DataValue.DataPart> => produced.map(([identifier, data]) => ({ identifier, data }))

/**
 * The outputs that were asked for. Each is in the answer, or stored at `place` with a reference in the answer. The same
 * holds for the parts of nested outputs.
 */
export const deliver = (
  node: Node<unknown>,
  protocol: WpsProtocol,
  { base, place }: { readonly base: string; readonly place: string },
  asked: ReadonlyArray<Execute.OutputRequest>,
  produced: ReadonlyArray<DataValue.DataPart>
): Effect.Effect<ReadonlyArray<Execute.OutputData>, Ows.OwsException> => {
  const requestOf = (name: string) => asked.find((output) => output.identifier === name)
  const wanted = asked.length === 0 || node.behaviour.everyOutput === true
    ? produced
    : produced.filter(({ identifier }) => requestOf(identifier) !== undefined)
  return Effect.forEach(wanted, ({ data, identifier }, at) =>
    Effect.gen(function*() {
      const common = { identifier, title: Option.none(), abstract: Option.none() }
      const request = requestOf(identifier)
      if (request === undefined) return { ...common, data }
      const before = wanted.slice(0, at).filter((one) => one.identifier === identifier).length
      const key = before === 0 ? `${place}/${identifier}` : `${place}/${identifier}/${before + 1}`
      if (data._tag === "NestedData") {
        const parts = yield* deliver(node, protocol, { base, place: key }, request.nested, data.parts)
        return { ...common, data: { _tag: "NestedData" as const, parts } }
      }
      if (!request.asReference) return { ...common, data: inFormat(data, request) }
      const stored = yield* Effect.mapError(bytesOf(protocol, data), Ows.noApplicableCode)
      yield* node.memory.store(key, stored)
      const href = `${base}/outputs/${key.split("/").map(encodeURIComponent).join("/")}`
      return { ...common, data: DataValue.reference(href, { format: stored.contentType }) }
    }))
}
