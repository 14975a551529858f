/**
 * A Chromium without a window, alive as long as the scope of its layer.
 */
import { FileSystem } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { Config, Context, Duration, Effect, Layer, Schema, type Scope } from "effect"
import { chromium, type Page as PlaywrightPage } from "playwright-core"

/** There is no browser to run. */
export class BrowserMissing extends Schema.TaggedError<BrowserMissing>()("BrowserMissing", {
  path: Schema.String
}) {
  override get message(): string {
    return `There is no Chromium at ${this.path}: install Debian's chromium, or name another one in CHROMIUM`
  }
}

/** The browser did not do, or did not come to show, what the test wanted. */
export class BrowserFailed extends Schema.TaggedError<BrowserFailed>()("BrowserFailed", {
  action: Schema.String,
  reason: Schema.String,
  shown: Schema.String
}) {
  override get message(): string {
    return `The browser did not ${this.action}: ${this.reason}\nThe page shows:\n${this.shown}`
  }
}

export interface Credentials {
  readonly username: string
  readonly password: string
}

/** A page. What waits for something gives up after 15 seconds. */
export interface Page {
  /** Goes to another address, with the cookies that it has. */
  readonly goTo: (url: string | URL) => Effect.Effect<void, BrowserFailed>
  /** Fills in Keycloak's login form and sends it. */
  readonly logIn: (credentials: Credentials) => Effect.Effect<void, BrowserFailed>
  /** Answers yes where Keycloak asks whether a client may have access. */
  readonly consent: Effect.Effect<void, BrowserFailed>
  /** Answers no there. */
  readonly deny: Effect.Effect<void, BrowserFailed>
  /** Types the code of a device and sends it. */
  readonly typeDeviceCode: (code: string) => Effect.Effect<void, BrowserFailed>
  readonly waitForText: (text: string) => Effect.Effect<void, BrowserFailed>
  readonly waitForUrl: (matches: (url: URL) => boolean) => Effect.Effect<void, BrowserFailed>
  /** What the address bar holds. */
  readonly url: Effect.Effect<URL>
  readonly text: Effect.Effect<string, BrowserFailed>
  readonly screenshot: (file: string) => Effect.Effect<void, BrowserFailed>
}

export class Browser extends Context.Tag("effect-wps/e2e/support/Browser")<Browser, {
  /** Opens a page that shares nothing with others: no cookies, so nobody is logged in. */
  readonly open: (url: string | URL) => Effect.Effect<Page, BrowserFailed, Scope.Scope>
}>() {}

const args = [
  "--headless",
  "--no-sandbox",
  "--disable-gpu",
  "--disable-quic",
  "--no-first-run",
  "--disable-background-networking",
  "--disable-component-update",
  "--disable-sync"
]

const timeout = Duration.toMillis("15 seconds")

const firstLine = (cause: unknown): string => String(cause).split("\n")[0] ?? ""

const makePage = (page: PlaywrightPage): Page => {
  const shown = Effect.promise(() => page.innerText("body", { timeout: 1000 }).catch(() => "nothing")).pipe(
    Effect.map((text) => `${page.url()}\n${text.slice(0, 1000)}`)
  )
  const act = <A>(action: string, run: (page: PlaywrightPage) => Promise<A>) =>
    Effect.tryPromise({ try: () => run(page), catch: firstLine }).pipe(
      Effect.catchAll((reason) => Effect.flatMap(shown, (shown) => new BrowserFailed({ action, reason, shown }))),
      Effect.withSpan(`Browser: ${action}`)
    )
  const click = (action: string, selector: string) => Effect.asVoid(act(action, () => page.click(selector)))

  return {
    goTo: (url) => Effect.asVoid(act("go to an address", () => page.goto(String(url)))),
    logIn: ({ password, username }) =>
      act("show a login form", () => page.fill("#username", username)).pipe(
        Effect.zipRight(act("take a password", () => page.fill("#password", password))),
        Effect.zipRight(click("log in", "#kc-login"))
      ),
    consent: click("agree", "button[name=accept]"),
    deny: click("deny", "button[name=cancel]"),
    typeDeviceCode: (code) =>
      act("take a code", () => page.fill("input[name=device_user_code]", code)).pipe(
        Effect.zipRight(click("send the code", "[type=submit]"))
      ),
    waitForText: (text) =>
      Effect.asVoid(act(`show "${text}"`, () => page.getByText(text).first().waitFor({ state: "visible" }))),
    waitForUrl: (matches) => act("come to the address", () => page.waitForURL(matches)),
    url: Effect.sync(() => new URL(page.url())),
    text: act("show a page", () => page.innerText("body")),
    screenshot: (path) => Effect.asVoid(act("make a screenshot", () => page.screenshot({ path, fullPage: true })))
  }
}

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const executablePath = yield* Config.string("CHROMIUM").pipe(Config.withDefault("/usr/bin/chromium"))
  if (!(yield* fs.exists(executablePath))) return yield* new BrowserMissing({ path: executablePath })

  // Without a folder named, each launch has a new, empty one for the user's data, which goes when the browser closes.
  const browser = yield* Effect.acquireRelease(
    Effect.tryPromise({
      try: () => chromium.launch({ executablePath, headless: true, args, timeout: 60_000 }),
      catch: (cause) => new BrowserFailed({ action: "start", reason: String(cause), shown: "nothing" })
    }),
    (browser) => Effect.promise(() => browser.close())
  )
  return Browser.of({
    open: Effect.fn("Browser.open")(function*(url: string | URL) {
      const context = yield* Effect.acquireRelease(
        Effect.promise(() => browser.newContext({ locale: "en" })),
        (context) => Effect.promise(() => context.close())
      )
      context.setDefaultTimeout(timeout)
      const page = makePage(yield* Effect.promise(() => context.newPage()))
      yield* page.goTo(url)
      return page
    })
  })
})

/** Starts the browser, and ends it with the scope. */
export const layer = Layer.scoped(Browser, make).pipe(Layer.provide(NodeContext.layer))
