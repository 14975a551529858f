import * as Option from "effect/Option"

/** What decides whether there is a browser, and how it is opened. */
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

/** BROWSER is a list divided by colons; in each, words and perhaps `%s` for the address (as xdg-open reads it). */
const ofBrowser = (browser: string, url: string): Command => {
  const [program = "", ...words] = (browser.split(":")[0] ?? "").trim().split(/\s+/)
  return words.some((word) => word.includes("%s"))
    ? [program, ...words.map((word) => word.replaceAll("%s", () => url))]
    : [program, ...words, url]
}

/** How the person's browser is told to open an address, without a shell that would read the address as a command. */
export const opener = ({ browser, platform }: Surroundings, url: string): Command =>
  platform === "darwin"
    ? ["open", url]
    : platform === "win32"
    ? ["rundll32", "url.dll,FileProtocolHandler", url]
    : Option.match(browser, { onNone: () => ["xdg-open", url], onSome: (browser) => ofBrowser(browser, url) })
