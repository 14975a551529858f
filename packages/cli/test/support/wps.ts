import { Cli, StandardInput } from "@effect-wps/cli"
import { assert } from "@effect/vitest"
import { Console, Effect, Either, Layer, Ref } from "effect"

/** What the command writes on the console, with this typed in; where there is nothing, a person sits before it. */
export const wps = (args: ReadonlyArray<string>, typed?: string) =>
  Effect.gen(function*() {
    const written = yield* Ref.make<ReadonlyArray<string>>([])
    const write = (...texts: ReadonlyArray<unknown>) => Ref.update(written, (all) => [...all, texts.join(" ")])
    const input = Layer.succeed(StandardInput.StandardInput, {
      isTerminal: typed === undefined,
      bytes: typed === undefined ? Effect.never : Effect.succeed(new TextEncoder().encode(typed))
    })
    const console = yield* Console.consoleWith(Effect.succeed)
    const end = yield* Cli.run(["node", "wps", ...args]).pipe(
      Effect.provide(input),
      Effect.withConsole({ ...console, log: write, error: write }),
      Effect.either
    )
    return { end, written: (yield* Ref.get(written)).join("\n") }
  })

export const refused = (args: ReadonlyArray<string>, typed?: string) =>
  Effect.map(wps(args, typed), ({ end, written }) => {
    assert.strictEqual(written, "")
    return Either.match(end, {
      onLeft: (error) => [error._tag, "message" in error ? error.message : ""] as const,
      onRight: () => ["", ""] as const
    })
  })
