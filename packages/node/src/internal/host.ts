import * as Effect from "effect/Effect"
import { spawn } from "node:child_process"
import process from "node:process"
import type { Command } from "./browser.ts"

/** What a login at a terminal needs from its process, and no platform service provides. */
export interface Host {
  readonly platform: string
  /** Whether a person can type, and sees the questions. */
  readonly interactive: Effect.Effect<boolean>
  /** Writes where people read, and not to the output that other programs read. */
  readonly write: (text: string) => Effect.Effect<void>
  /** Does what ctrl-c does in a terminal that is not in raw mode. */
  readonly interrupt: Effect.Effect<void>
  /** Starts a program without waiting for it. */
  readonly launch: (command: Command) => Effect.Effect<void>
}

export const node: Host = {
  platform: process.platform,
  interactive: Effect.sync(() => process.stdin.isTTY && process.stderr.isTTY),
  write: (text) => Effect.sync(() => void process.stderr.write(text)),
  interrupt: Effect.sync(() => {
    // Windows has no signals: process.kill would end the process without calling the signal listeners.
    if (!process.emit("SIGINT", "SIGINT")) process.kill(process.pid, "SIGINT")
  }),
  // The processes of the CommandExecutor keep this one alive and end with it. This child may become the browser itself.
  launch: ([program, ...args]) =>
    Effect.ignore(Effect.try(() => {
      const child = spawn(program, args, { detached: true, stdio: "ignore", windowsHide: true })
      child.on("error", () => undefined)
      child.unref()
    }))
}
