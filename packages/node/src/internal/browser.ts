import * as Option from "effect/Option"

/** What decides whether there is a browser, and how to open it. */
export interface Surroundings {
  readonly platform: string
  readonly ssh: boolean
  readonly container: boolean
  readonly display: boolean
  readonly browser: Option.Option<string>
}

/** Whether a browser of this machine can reach a listener of this process. */
export const isReachable = ({ browser, container, display, platform, ssh }: Surroundings): boolean =>
  !ssh && !container && (platform === "darwin" || platform === "win32" || display || Option.isSome(browser))

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: ReadonlyArray<string>]

/**
 * BROWSER is a list of commands separated by colons, and the first is used. A command may contain `%s` for the address,
 * as for xdg-open.
 */
const ofBrowser = (browser: string, url: string): Command => {
  const [program = "", ...words] = (browser.split(":")[0] ?? "").trim().split(/\s+/)
  return words.some((word) => word.includes("%s"))
    ? [program, ...words.map((word) => word.replaceAll("%s", () => url))]
    : [program, ...words, url]
}

/**
 * The command that opens an address in the person's browser. It uses no shell, which would read the address as a
 * command.
 */
export const opener = ({ browser, platform }: Surroundings, url: string): Command =>
  platform === "darwin"
    ? ["open", url]
    : platform === "win32"
    ? ["rundll32", "url.dll,FileProtocolHandler", url]
    : Option.match(browser, { onNone: () => ["xdg-open", url], onSome: (browser) => ofBrowser(browser, url) })
