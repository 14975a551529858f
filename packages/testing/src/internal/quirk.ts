/** The constructors of quirks. */
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Answer, Behaviour, Operation, Quirk } from "../Quirk.ts"
import { documentOf, withText } from "./responses.ts"

export const make = (name: string, change: Quirk["change"], behaviour: Behaviour = {}): Quirk => ({
  name,
  behaviour,
  change
})

export const rewrite = (
  name: string,
  change: (text: string, root: string, answer: Answer<unknown>) => string
): Quirk =>
  make(
    name,
    (answer) =>
      answer.operation === "GetOutput" ?
        answer.response :
        Effect.map(answer.response, (response) =>
          Option.match(documentOf(response), {
            onNone: () => response,
            onSome: ({ root, text }) => {
              const changed = change(text, root, answer)
              return changed === text ? response : withText(response, changed)
            }
          }))
  )

/** Gives this response instead of the first `times` answers to an operation. */
export const instead = (
  name: string,
  operation: Operation,
  times: number,
  response: Effect.Effect<HttpServerResponse.HttpServerResponse>
): Quirk => make(name, (answer) => answer.operation === operation && answer.count <= times ? response : answer.response)

/** Changes what the node does, but not its answers. */
export const behaves = (name: string, behaviour: Behaviour): Quirk => make(name, ({ response }) => response, behaviour)
