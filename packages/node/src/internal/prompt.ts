import * as Terminal from "@effect/platform/Terminal"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Host from "./host.ts"

/** Removes the characters that a terminal would obey or show differently: controls, formats, line separators. */
export const printable = (text: string): string => text.replace(/[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]/gu, "")

/** Why nothing was typed. */
export type Nothing = "empty" | "ended"

/** Reads lines that a person types. */
export interface Lines {
  readonly line: (question: string, echo: "shown" | "hidden") => Effect.Effect<string, Nothing>
}

type Edit =
  | { readonly _tag: "Insert"; readonly text: string }
  | { readonly _tag: "Erase"; readonly count: number }
  | { readonly _tag: "Enter" | "Interrupt" | "End" }

const editOf = ({ input, key }: Terminal.UserInput, length: number): Edit => {
  if (key.ctrl && key.name === "c") return { _tag: "Interrupt" }
  if (key.ctrl && key.name === "d") return { _tag: "End" }
  if (key.ctrl && key.name === "u") return { _tag: "Erase", count: length }
  if (key.name === "return" || key.name === "enter") return { _tag: "Enter" }
  if (key.name === "backspace") return { _tag: "Erase", count: Math.min(1, length) }
  return { _tag: "Insert", text: printable(Option.getOrElse(input, () => "")) }
}

/**
 * Reads key by key. The terminal's own line mode would show what is typed, and cuts a line at one or four thousand
 * characters. An address with a code in it may be longer.
 *
 * The keys are read as long as the scope is open, so that pasted text with a line break answers two questions.
 */
export const make = Effect.fnUntraced(function*(host: Host.Host) {
  const terminal = yield* Terminal.Terminal
  const keys = yield* terminal.readInput

  const type = Effect.fnUntraced(function*(echo: "shown" | "hidden") {
    const show = (text: string) => echo === "shown" ? host.write(text) : Effect.void
    let typed: ReadonlyArray<string> = []
    while (true) {
      const edit = editOf(
        yield* Effect.mapError(keys.take, (): Nothing => "ended"),
        typed.length
      )
      switch (edit._tag) {
        case "Insert":
          typed = edit.text === "" ? typed : [...typed, edit.text]
          yield* show(edit.text)
          break
        case "Erase":
          typed = typed.slice(0, typed.length - edit.count)
          yield* show("\b \b".repeat(edit.count))
          break
        case "Enter":
          return typed.join("").trim()
        case "End":
          return yield* Effect.fail<Nothing>("ended")
        case "Interrupt":
          yield* host.interrupt
          return yield* Effect.never
      }
    }
  })

  const line: Lines["line"] = (question, echo) =>
    host.write(question).pipe(
      Effect.zipRight(type(echo)),
      // Also after an interruption, so that the next output of the program begins on a new line.
      Effect.ensuring(host.write("\n")),
      Effect.filterOrFail((text) => text !== "", (): Nothing => "empty"),
      Effect.retry({ times: 2, while: (nothing) => nothing === "empty" })
    )

  return { line }
})
