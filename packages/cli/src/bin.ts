#!/usr/bin/env node
/**
 * The program `wps`. Its exit code is 0 for success, 2 for a wrong command line, 130 for an interruption, and 1 for any
 * other failure, which is written to the standard error.
 *
 * @since 0.1.0
 */
import * as ValidationError from "@effect/cli/ValidationError"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Cause from "effect/Cause"
import * as Config from "effect/Config"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import { stripVTControlCharacters } from "node:util"
import * as Cli from "./Cli.ts"
import * as StandardInput from "./StandardInput.ts"

/** Prints colours only to a terminal, and only if `NO_COLOR` is not set. */
const console = Effect.gen(function*() {
  const wanted = Option.isNone(yield* Config.option(Config.nonEmptyString("NO_COLOR")))
  const shown = (stream: NodeJS.WriteStream) => (text: unknown) =>
    stream.isTTY && wanted ? text : stripVTControlCharacters(String(text))
  return yield* Console.consoleWith((console) =>
    Effect.succeed<Console.Console>({
      ...console,
      log: (...args) => console.log(...args.map(shown(process.stdout))),
      error: (...args) => console.error(...args.map(shown(process.stderr)))
    })
  )
})

const codeOf = <E>(exit: Exit.Exit<unknown, E>): number =>
  Exit.isSuccess(exit)
    ? 0
    : Cause.isInterruptedOnly(exit.cause)
    ? 130
    : Option.exists(Cause.failureOption(exit.cause), ValidationError.isValidationError)
    ? 2
    : 1

Effect.flatMap(console, (console) =>
  Effect.suspend(() => Cli.run(process.argv)).pipe(
    Effect.tapErrorCause((cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => Cause.isInterruptedOnly(cause) ? Effect.void : Console.error(Cause.pretty(cause)),
        // The command has already reported a wrong command line.
        onSome: (error) => ValidationError.isValidationError(error) ? Effect.void : Console.error(error.message)
      })
    ),
    Effect.withConsole(console)
  )).pipe(
    Effect.provide([StandardInput.layer, NodeContext.layer]),
    NodeRuntime.runMain({ disableErrorReporting: true, teardown: (exit, onExit) => onExit(codeOf(exit)) })
  )
