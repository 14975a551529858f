import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import process from "node:process"
import type { Command } from "./browser.ts"

/** What a login at a terminal needs of the process that it runs in, and no platform service has. */
export interface Host {
  readonly platform: string
  /** Whether somebody types, and sees what is asked. */
  readonly interactive: Effect.Effect<boolean>
  /** Writes where people read, which is not where programs read. */
  readonly write: (text: string) => Effect.Effect<void>
  /** What ctrl-c does when a terminal is not in raw mode. */
  readonly interrupt: Effect.Effect<void>
  /** Starts a program and forgets it. */
  readonly launch: (command: Command) => Effect.Effect<void>
}

export const node: Host = {
  platform: process.platform,
  interactive: Effect.sync(() => process.stdin.isTTY && process.stderr.isTTY),
  write: (text) => Effect.sync(() => void process.stderr.write(text)),
  interrupt: Effect.sync(() => {
    // Windows has no signals: process.kill would end the process without asking those who listen.
    if (!process.emit("SIGINT", "SIGINT")) process.kill(process.pid, "SIGINT")
  }),
  // Not the CommandExecutor: its processes keep this one alive, and are ended with it. An opener may be the browser.
  launch: ([program, ...args]) =>
    Effect.ignore(Effect.try(() => {
      const child = spawn(program, args, { detached: true, stdio: "ignore", windowsHide: true })
      child.on("error", () => undefined)
      child.unref()
    }))
}
