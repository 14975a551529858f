import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Schema from "effect/Schema"
import { short } from "./short.ts"

/** A required field. The error says that it is missing. */
export const required = <A, I>(schema: Schema.Schema<A, I>) =>
  Schema.propertySignature(schema).annotations({ missingMessage: () => "is missing" })

export interface Named {
  readonly name: string
  readonly id: Option.Option<string>
}

/** Splits `name|id`, or a name alone. A name has no bar, but an id may have one. */
export const split = (text: string): Either.Either<Named, string> => {
  const bar = text.indexOf("|")
  const name = bar < 0 ? text : text.slice(0, bar)
  const id = bar < 0 ? "" : text.slice(bar + 1)
  return name === ""
    ? Either.left(`the id "${short(text)}" has no name of a variable`)
    : Either.right({ name, id: id === "" ? Option.none() : Option.some(id) })
}

export const join = ({ id, name }: Named): Either.Either<string, string> =>
  typeof name !== "string" || name === ""
    ? Either.left("it has no name; give that of the variable in the file")
    : name.includes("|")
    ? Either.left(`the name "${short(name)}" has a bar, which parts names; give the variable's name in the file`)
    : Option.match(id, {
      onNone: () => Either.left("it has no id; give one, or send it as part of a workflow, which draws one"),
      onSome: (id) => id === "" ? Either.left("its id is empty; give one, or none") : Either.right(`${name}|${id}`)
    })

/** A random name of 64 bits, so that no two names in a workflow are the same. */
export const draw: Effect.Effect<string> = Effect.map(
  Effect.all([Random.nextIntBetween(0, 0x100000000), Random.nextIntBetween(0, 0x100000000)]),
  (halves) => halves.map((half) => half.toString(16).padStart(8, "0")).join("")
)
