/**
 * The user interface of a login at a terminal.
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
 * `openBrowser` says whether to open the link of a login in the browser, if there is one. The default is true. The link
 * is shown in any case.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  readonly openBrowser?: boolean | undefined
}

/**
 * Shows links and codes on the standard error, so that a result can be piped, and asks questions at the terminal. A
 * question fails with `LoginRequired` if the standard input or the standard error is not a terminal.
 *
 * No browser is expected over SSH (`SSH_CONNECTION`, `SSH_TTY`), in a container (`container`, `/.dockerenv`,
 * `/run/.containerenv`), or on Linux with none of `DISPLAY`, `WAYLAND_DISPLAY` and `BROWSER`. Links with http and https
 * are opened with `open`, `rundll32`, `BROWSER` or `xdg-open`. A failure of that program is not noticed.
 *
 * A secret is not shown while it is typed. Control characters from a provider are not printed. Ctrl-c works as
 * elsewhere. Ctrl-d fails with `LoginRequired`, and so do three empty answers.
 *
 * @example
 * ```ts
 * import { LoginUi } from "@effect-wps/auth"
 * import { TerminalLogin } from "@effect-wps/node"
 * import { NodeContext } from "@effect/platform-node"
 * import { Effect, Layer } from "effect"
 *
 * const link = new URL("https://login.example.org/auth?client_id=wps")
 * const show = Effect.flatMap(LoginUi.LoginUi, (ui) => ui.showLink(link))
 *
 * await Effect.runPromise(show.pipe(
 *   Effect.provide(Layer.provide(TerminalLogin.layer({ openBrowser: false }), NodeContext.layer))
 * ))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options?: Options
): Layer.Layer<LoginUi.LoginUi, never, FileSystem.FileSystem | Terminal.Terminal> =>
  Layer.effect(LoginUi.LoginUi, terminalLogin.make(host.node, options))
