import { Command, Cookies, HttpClient, HttpClientRequest } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { Deferred, Effect, Fiber, Option, Ref, Stream } from "effect"
import { existsSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { stripVTControlCharacters } from "node:util"

const bin = fileURLToPath(new URL("../src/bin.ts", import.meta.url))

/** Gives a program a terminal. That of BSD has other arguments. */
const hasScript = process.platform === "linux" && existsSync("/usr/bin/script")

/** What the program tells the person: the address to go to, and what to type there. */
const told = (screen: string) =>
  Option.map(
    Option.fromNullable(
      /In the browser, log in as (\S+) with the password (\S+)\.\s[^]*Log in at:\s+(http:\S+)\s/.exec(screen)
    ),
    ([, username = "", password = "", link = ""]) => ({ link, typed: { username, password } })
  )

/** `npm start -- --login` at a terminal of its own. */
const start = Effect.gen(function*() {
  const process = yield* Command.make(
    "script",
    "--quiet",
    "--return",
    "--command",
    "exec node --import tsx --conditions=@effect-wps/source \"$DEMO\" --login",
    "/dev/null"
  ).pipe(
    // Over SSH no browser is opened; that of the person comes to the listener all the same.
    Command.env({ DEMO: bin, SSH_CONNECTION: "127.0.0.1 50000 127.0.0.1 22" }),
    Command.start
  )
  const screen = yield* Ref.make("")
  const asked = yield* Deferred.make<Option.Option.Value<ReturnType<typeof told>>, string>()
  const reading = yield* process.stdout.pipe(
    Stream.decodeText(),
    Stream.runForEach((text) =>
      Ref.updateAndGet(screen, (all) => all + text).pipe(
        Effect.flatMap((all) =>
          Option.match(told(all), {
            onNone: () => Effect.void,
            onSome: (login) => Deferred.succeed(asked, login)
          })
        )
      )
    ),
    Effect.zipRight(Effect.flatMap(Ref.get(screen), (all) => Deferred.fail(asked, `no login was asked for:\n${all}`))),
    Effect.fork
  )
  const ended = Effect.zipRight(
    Fiber.join(reading),
    Effect.all({ code: process.exitCode, screen: Effect.map(Ref.get(screen), stripVTControlCharacters) })
  )
  return { asked: Deferred.await(asked), ended }
})

const attribute = (tag: string, name: string) => new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? ""

/** What is typed into the form of a page, and its first button, which the Enter key presses. */
const filledIn = (form: string, typed: Readonly<Record<string, string>>) => [
  ...Array.from(form.matchAll(/<input\b[^>]*>/g), ([tag]) => {
    const name = attribute(tag, "name")
    return [name, typed[name] ?? attribute(tag, "value")] as const
  }),
  ...Array.from(
    form.match(/<button\b[^>]*>/) ?? [],
    (tag) => [attribute(tag, "name"), attribute(tag, "value")] as const
  )
]

/** A browser with a person at it: goes where it is sent and fills forms in, until there is a page without one. */
const browse = Effect.fnUntraced(function*(link: string, typed: Readonly<Record<string, string>>) {
  const client = HttpClient.withCookiesRef(yield* HttpClient.HttpClient, yield* Ref.make(Cookies.empty))
  let url = new URL(link)
  let request = HttpClientRequest.get(url)
  for (let pages = 0; pages < 20; pages++) {
    const response = yield* client.execute(request)
    const text = yield* response.text
    const form = /<form\b[^>]*>[^]*<\/form>/.exec(text)?.[0]
    const { location } = response.headers
    if (location !== undefined) {
      url = new URL(location, url)
      request = HttpClientRequest.get(url)
    } else if (form !== undefined) {
      url = new URL(attribute(form, "action"), url)
      request = HttpClientRequest.bodyUrlParams(HttpClientRequest.post(url), filledIn(form, typed))
    } else return { url, status: response.status, text }
  }
  return yield* Effect.dieMessage("the login has no end")
})

describe("npm start -- --login", () => {
  it.scopedLive.skipIf(!hasScript)(
    "a person logs in with a browser, and the program draws its result",
    () =>
      Effect.gen(function*() {
        const { asked, ended } = yield* start
        const { link, typed } = yield* asked
        const last = yield* browse(link, typed)
        assert.strictEqual(last.status, 200)
        assert.include(last.text, "You are logged in. You can close this page.")
        assert.strictEqual(last.url.search, "")
        const { code, screen } = yield* ended
        assert.strictEqual(code, 0, screen)
        assert.include(screen, "It gave http://127.0.0.1:")
        assert.include(screen, "shape   18 × 72")
        // Two rows of the field are one of the picture.
        assert.lengthOf(screen.match(/^▀{72}\r$/gm) ?? [], 9, screen)
        assert.match(screen, /CDAT\.max succeeded/)
      }).pipe(Effect.provide([NodeContext.layer, NodeHttpClient.layerUndici]))
  )
})
