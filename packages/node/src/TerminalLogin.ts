/**
 * A login that talks to the person at a terminal.
 *
 * @since 0.1.0
 */
import * as LoginUi from "@effect-wps/auth/LoginUi"
import type * as FileSystem from "@effect/platform/FileSystem"
import type * as Terminal from "@effect/platform/Terminal"
import * as Layer from "effect/Layer"
import * as host from "./internal/host.ts"
import * as terminalLogin from "./internal/terminalLogin.ts"

/**
 * `openBrowser` is whether the link of a login is opened in the browser, where there is one: true. It is shown in any
 * case.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly openBrowser?: boolean | undefined
}

/**
 * Shows links and codes on the standard error, so that a result can be piped, and asks at the terminal. What is asked
 * fails with `LoginRequired` when the standard input or the standard error is no terminal.
 *
 * A browser is not expected over SSH (`SSH_CONNECTION`, `SSH_TTY`), in a container (`container`, `/.dockerenv`,
 * `/run/.containerenv`), and on Linux with none of `DISPLAY`, `WAYLAND_DISPLAY` and `BROWSER`. Links of http and https are
 * opened with `open`, `rundll32`, `BROWSER` or `xdg-open`; that it fails is not noticed.
 *
 * A secret is not shown while it is typed. Control characters in what a provider sent are not printed. Ctrl-c does what it
 * does elsewhere; ctrl-d, and three empty answers, fail with `LoginRequired`.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * ```ts
 * import { LoginUi } from "@effect-wps/auth"
 * import { TerminalLogin } from "@effect-wps/node"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 *
 * const show = Effect.flatMap(LoginUi.LoginUi, (ui) => ui.showLink(new URL("https://login.example.org/auth?client_id=wps")))
 *
 * await Effect.runPromise(show.pipe(
 *   Effect.provide(Layer.provide(TerminalLogin.layer({ openBrowser: false }), NodeContext.layer))
 * ))
 * ```
 */
export const layer = (
  options?: Options
): Layer.Layer<LoginUi.LoginUi, never, FileSystem.FileSystem | Terminal.Terminal> =>
  Layer.effect(LoginUi.LoginUi, terminalLogin.make(host.node, options))
