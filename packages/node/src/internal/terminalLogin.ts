import { LoginRequired } from "@effect-wps/auth/AuthError"
import type * as LoginUi from "@effect-wps/auth/LoginUi"
import { ClientCredentials } from "@effect-wps/auth/TokenStore"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Terminal from "@effect/platform/Terminal"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Browser from "./browser.ts"
import type * as Host from "./host.ts"
import * as Prompt from "./prompt.ts"

const setting = (name: string) => Effect.option(Config.nonEmptyString(name))

const anySetting = (...names: ReadonlyArray<string>): Effect.Effect<boolean> =>
  Effect.map(Effect.forEach(names, setting), (values) => values.some(Option.isSome))

const surroundings = Effect.fnUntraced(function*(platform: string) {
  const fs = yield* FileSystem.FileSystem
  const exists = (path: string) => Effect.orElseSucceed(fs.exists(path), () => false)
  const found: Browser.Surroundings = {
    platform,
    ssh: yield* anySetting("SSH_CONNECTION", "SSH_TTY"),
    // The variable of systemd-nspawn, Podman and others, and the marker files of Docker and Podman.
    container: (yield* anySetting("container")) ||
      (yield* exists("/.dockerenv")) ||
      (yield* exists("/run/.containerenv")),
    display: yield* anySetting("DISPLAY", "WAYLAND_DISPLAY"),
    browser: yield* setting("BROWSER")
  }
  return found
})

const notInteractive = new LoginRequired({
  reason: "not-interactive",
  detail: "something must be typed, and this is not run from a terminal"
})

const nothingTyped = (what: string) =>
  new LoginRequired({ reason: "no-token", detail: `${what} was asked for and not typed` })

export const make = Effect.fnUntraced(
  function*(host: Host.Host, options?: { readonly openBrowser?: boolean | undefined }) {
    const terminal = yield* Terminal.Terminal
    const around = yield* surroundings(host.platform)
    const hasBrowser = Browser.isReachable(around)
    const opens = hasBrowser && (options?.openBrowser ?? true)
    const oneAtATime = yield* Effect.makeSemaphore(1)

    const ask = <A>(questions: (lines: Prompt.Lines) => Effect.Effect<A, LoginRequired>) =>
      Effect.if(host.interactive, {
        onFalse: () => Effect.fail(notInteractive),
        onTrue: () =>
          Prompt.make(host).pipe(
            Effect.flatMap(questions),
            Effect.scoped,
            oneAtATime.withPermits(1),
            Effect.provideService(Terminal.Terminal, terminal)
          )
      })

    const ui: LoginUi.Service = {
      hasBrowser: Effect.succeed(hasBrowser),

      showLink: (link) =>
        Effect.zipRight(
          host.write(`Log in at:\n${Prompt.printable(link.href)}\n`),
          Effect.when(
            host.launch(Browser.opener(around, link.href)),
            () => opens && (link.protocol === "https:" || link.protocol === "http:")
          )
        ),

      showDeviceCode: ({ complete, userCode, verificationUri }) =>
        host.write(
          `Log in on any device at:\n${Prompt.printable(verificationUri)}\nand type the code:\n${
            Prompt.printable(userCode)
          }\n` + Option.match(complete, {
            onNone: () => "",
            onSome: (link) => `or use this address, which has the code in it:\n${Prompt.printable(link)}\n`
          })
        ),

      askRedirect: ask((lines) =>
        Effect.mapError(
          lines.line(
            "If the browser then shows an error, paste the address that it ended at, and press Enter:\n",
            "shown"
          ),
          () => nothingTyped("the address")
        )
      ),

      askClientCredentials: (registration) =>
        ask(Effect.fnUntraced(function*(lines) {
          yield* host.write(
            `A client ID and a secret are needed. Log in there with a browser to get them:\n${
              Prompt.printable(registration.href)
            }\n`
          )
          const clientId = yield* Effect.mapError(
            lines.line("Client ID: ", "shown"),
            () => nothingTyped("the client ID")
          )
          const clientSecret = yield* lines.line("Client secret (not shown): ", "hidden").pipe(
            Effect.mapBoth({ onFailure: () => nothingTyped("the client secret"), onSuccess: Redacted.make })
          )
          return new ClientCredentials({ clientId, clientSecret })
        }))
    }
    return ui
  }
)
