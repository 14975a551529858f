import { LoginUi } from "@effect-wps/auth"
import { FileSystem, Terminal } from "@effect/platform"
import { NodeContext } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import {
  Config,
  ConfigProvider,
  DateTime,
  Deferred,
  Effect,
  Fiber,
  Layer,
  Mailbox,
  Option,
  Redacted,
  Schedule
} from "effect"
import { spawn, spawnSync } from "node:child_process"
import { fileURLToPath } from "node:url"
import type * as Browser from "../src/internal/browser.ts"
import * as Host from "../src/internal/host.ts"
import * as terminalLogin from "../src/internal/terminalLogin.ts"

interface Setup {
  readonly platform?: string
  readonly interactive?: boolean
  readonly env?: Record<string, string>
  readonly files?: ReadonlyArray<string>
  readonly openBrowser?: boolean
}

const key = (name: string, ctrl = false) => ({ name, ctrl, meta: false, shift: false })

const typedKey = (character: string): Terminal.UserInput =>
  character === "\n"
    ? { input: Option.some("\r"), key: key("return") }
    : character === "\b"
    ? { input: Option.some("\x7f"), key: key("backspace") }
    : character === "←"
    ? { input: Option.none(), key: key("left") }
    : character < "\x1b"
    ? { input: Option.some(character), key: key(String.fromCharCode(character.charCodeAt(0) + 96), true) }
    : { input: Option.some(character), key: key(character) }

/** A terminal, what is around it, and what became of both. */
const start = Effect.fnUntraced(function*(setup: Setup = {}) {
  let screen = ""
  let reading = 0
  let interrupts = 0
  const launched: Array<Browser.Command> = []
  const keys = yield* Mailbox.make<Terminal.UserInput>()
  const asked = yield* Deferred.make<void>()

  const terminal = Terminal.Terminal.of({
    columns: Effect.succeed(80),
    rows: Effect.succeed(24),
    // Of the standard output, which is piped.
    isTTY: Effect.succeed(false),
    readInput: Effect.acquireRelease(
      Effect.sync(() => {
        reading++
        return keys
      }).pipe(Effect.tap(Deferred.succeed(asked, undefined))),
      () => Effect.sync(() => reading--)
    ),
    readLine: Effect.never,
    display: () => Effect.dieMessage("the standard output is for results")
  })
  const host: Host.Host = {
    platform: setup.platform ?? "linux",
    interactive: Effect.succeed(setup.interactive ?? true),
    write: (text) =>
      Effect.sync(() => {
        screen += text
      }),
    interrupt: Effect.sync(() => {
      interrupts++
    }),
    launch: (command) => Effect.sync(() => void launched.push(command))
  }
  const files = FileSystem.layerNoop({ exists: (path) => Effect.succeed(setup.files?.includes(path) ?? false) })
  const options = setup.openBrowser === undefined ? undefined : { openBrowser: setup.openBrowser }
  const ui = yield* Effect.flatMap(LoginUi.LoginUi, Effect.succeed).pipe(
    Effect.provide(Layer.effect(LoginUi.LoginUi, terminalLogin.make(host, options))),
    Effect.provide([Layer.succeed(Terminal.Terminal, terminal), files]),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(setup.env ?? {}))))
  )
  return {
    ui,
    launched,
    asked: Deferred.await(asked),
    screen: () => screen,
    reading: () => reading,
    interrupts: () => interrupts,
    type: (text: string) => keys.offerAll(Array.from(text, typedKey))
  }
})

const registration = new URL("https://node.example.org/oauth2/register?next=wps")
const desktop = { DISPLAY: ":0" }

describe("hasBrowser", () => {
  const cases: ReadonlyArray<readonly [string, Setup, boolean]> = [
    ["a desktop of X", { env: desktop }, true],
    ["a desktop of Wayland", { env: { WAYLAND_DISPLAY: "wayland-0" } }, true],
    ["Linux without a display", {}, false],
    ["Linux with an empty DISPLAY", { env: { DISPLAY: "" } }, false],
    ["Linux with BROWSER", { env: { BROWSER: "lynx" } }, true],
    ["macOS", { platform: "darwin" }, true],
    ["Windows", { platform: "win32" }, true],
    ["SSH", { env: { ...desktop, SSH_CONNECTION: "::1 1 ::1 22" } }, false],
    ["SSH with a terminal", { env: { ...desktop, SSH_TTY: "/dev/pts/0" } }, false],
    ["SSH to macOS", { platform: "darwin", env: { SSH_TTY: "/dev/ttys0" } }, false],
    ["Docker", { env: desktop, files: ["/.dockerenv"] }, false],
    ["Podman", { env: desktop, files: ["/run/.containerenv"] }, false],
    ["a container that says so", { env: { ...desktop, container: "oci" } }, false]
  ]
  for (const [name, setup, expected] of cases) {
    it.effect(`${name}: ${expected}`, () =>
      Effect.gen(function*() {
        const { ui } = yield* start(setup)
        assert.strictEqual(yield* ui.hasBrowser, expected)
      }))
  }
})

describe("showLink", () => {
  const link = new URL(`https://login.example.org/auth?client_id=wps&scope=openid&state=${"x".repeat(500)}`)
  const cases: ReadonlyArray<readonly [string, Setup, Browser.Command]> = [
    ["Linux", { env: desktop }, ["xdg-open", link.href]],
    ["macOS", { platform: "darwin", env: { BROWSER: "lynx" } }, ["open", link.href]],
    ["Windows", { platform: "win32" }, ["rundll32", "url.dll,FileProtocolHandler", link.href]],
    ["BROWSER", { env: { BROWSER: "firefox" } }, ["firefox", link.href]],
    ["BROWSER with words", { env: { BROWSER: "firefox -new-tab:w3m" } }, ["firefox", "-new-tab", link.href]],
    ["BROWSER with a place", { env: { BROWSER: "b --url=%s --x" } }, ["b", `--url=${link.href}`, "--x"]]
  ]
  for (const [name, setup, command] of cases) {
    it.effect(`${name}: the whole link on one line, and as one argument`, () =>
      Effect.gen(function*() {
        const { launched, screen, ui } = yield* start(setup)
        yield* ui.showLink(link)
        assert.strictEqual(screen(), `Log in at:\n${link.href}\n`)
        assert.deepStrictEqual(launched, [command])
      }))
  }

  it.effect("opens nothing where there is no browser, when it is told not to, and for other schemes", () =>
    Effect.gen(function*() {
      const headless = yield* start()
      yield* headless.ui.showLink(link)
      const told = yield* start({ env: desktop, openBrowser: false })
      yield* told.ui.showLink(link)
      const odd = yield* start({ env: desktop })
      yield* odd.ui.showLink(new URL("file:///etc/passwd"))
      yield* odd.ui.showLink(new URL("javascript:alert(1)"))
      for (const { launched, screen } of [headless, told, odd]) {
        assert.isEmpty(launched)
        assert.include(screen(), "Log in at:\n")
      }
    }))
})

describe("showDeviceCode", () => {
  it.effect("prints the address, the code and the complete link, and nothing that a terminal would obey", () =>
    Effect.gen(function*() {
      const { screen, ui } = yield* start()
      const code = {
        userCode: "WDJB\x1b[2J\x07-MJHT\x9b31m\u202e",
        verificationUri: "https://login.example.org/device\r\nhttps://evil.example",
        complete: Option.none(),
        expiresAt: DateTime.unsafeMake(0)
      }
      yield* ui.showDeviceCode(code)
      const first =
        "Log in on any device at:\nhttps://login.example.org/devicehttps://evil.example\nand type the code:\nWDJB[2J-MJHT31m\n"
      assert.strictEqual(screen(), first)
      yield* ui.showDeviceCode({ ...code, complete: Option.some("https://login.example.org/device?c=\x1b]8;;x") })
      assert.strictEqual(
        screen(),
        `${first}${first}or use this address, which has the code in it:\nhttps://login.example.org/device?c=]8;;x\n`
      )
    }))
})

describe("askRedirect", () => {
  const address = "http://127.0.0.1:8888/?state=ours&code=1234"

  it.effect("gives what is pasted, without blanks around it", () =>
    Effect.gen(function*() {
      const { reading, screen, type, ui } = yield* start()
      yield* type(`  ${address} \n`)
      assert.strictEqual(yield* ui.askRedirect, address)
      assert.strictEqual(screen().split("\n")[1], `  ${address} `)
      assert.strictEqual(reading(), 0)
    }))

  it.effect("gives the terminal back when it is interrupted, at the beginning of a line", () =>
    Effect.gen(function*() {
      const { asked, reading, screen, type, ui } = yield* start()
      const asking = yield* Effect.fork(ui.askRedirect)
      yield* asked
      assert.strictEqual(reading(), 1)
      yield* type("http://127")
      while (!screen().endsWith("http://127")) yield* Effect.yieldNow()
      yield* Fiber.interrupt(asking)
      assert.strictEqual(reading(), 0)
      assert.isTrue(screen().endsWith("\n"))
    }))

  it.effect("fails at once where nobody can type", () =>
    Effect.gen(function*() {
      const { reading, screen, ui } = yield* start({ interactive: false })
      for (
        const error of [yield* Effect.flip(ui.askRedirect), yield* Effect.flip(ui.askClientCredentials(registration))]
      ) {
        assert.strictEqual(error._tag, "LoginRequired")
        assert.strictEqual(error.reason, "not-interactive")
      }
      assert.strictEqual(screen(), "")
      assert.strictEqual(reading(), 0)
    }))

  it.effect("one question at a time", () =>
    Effect.gen(function*() {
      const { asked, screen, type, ui } = yield* start()
      const first = yield* Effect.fork(ui.askRedirect)
      yield* asked
      const second = yield* Effect.fork(ui.askClientCredentials(registration))
      yield* Effect.yieldNow()
      assert.notInclude(screen(), "Client ID")
      yield* type(`${address}\n`)
      assert.strictEqual(yield* Fiber.join(first), address)
      yield* type("wps\nsecret\n")
      assert.strictEqual((yield* Fiber.join(second)).clientId, "wps")
    }))
})

describe("askClientCredentials", () => {
  it.effect("shows where to register, asks for both, and does not show the secret", () =>
    Effect.gen(function*() {
      const { screen, type, ui } = yield* start()
      yield* type(" wps \n  s3cr€t \n")
      const { clientId, clientSecret } = yield* ui.askClientCredentials(registration)
      assert.strictEqual(clientId, "wps")
      assert.strictEqual(Redacted.value(clientSecret), "s3cr€t")
      assert.strictEqual(
        screen(),
        `A client ID and a secret are needed. Log in there with a browser to get them:\n${registration.href}\n` +
          "Client ID:  wps \nClient secret (not shown): \n"
      )
    }))

  it.effect("lets what was typed be corrected", () =>
    Effect.gen(function*() {
      const { screen, type, ui } = yield* start()
      // Backspace beyond the beginning, an arrow, ctrl-u, a tabulator, a character of two code units.
      yield* type("\b\bwpx😀\b\b←s\n")
      yield* type("wrong\x15se\tcrf\b\bret\b\bet\n")
      const { clientId, clientSecret } = yield* ui.askClientCredentials(registration)
      assert.strictEqual(clientId, "wps")
      assert.strictEqual(Redacted.value(clientSecret), "secret")
      assert.include(screen(), "Client ID: wpx😀\b \b\b \bs\n")
    }))

  it.effect("asks again for an empty answer, three times in all", () =>
    Effect.gen(function*() {
      const { screen, type, ui } = yield* start()
      yield* type("\n  \nwps\n\nsecret\n")
      assert.strictEqual((yield* ui.askClientCredentials(registration)).clientId, "wps")
      yield* type("wps\n\n\n\n")
      const error = yield* Effect.flip(ui.askClientCredentials(registration))
      assert.strictEqual(error.reason, "no-token")
      assert.include(error.message, "the client secret was asked for and not typed")
      assert.lengthOf(screen().match(/Client ID: /g) ?? [], 4)
      assert.lengthOf(screen().match(/Client secret/g) ?? [], 5)
    }))

  it.effect("ends with ctrl-d", () =>
    Effect.gen(function*() {
      const { type, ui } = yield* start()
      yield* type("wps\x04")
      assert.strictEqual((yield* Effect.flip(ui.askClientCredentials(registration)))._tag, "LoginRequired")
    }))

  it.effect("leaves ctrl-c to the process", () =>
    Effect.gen(function*() {
      const { interrupts, reading, type, ui } = yield* start()
      const asking = yield* Effect.fork(ui.askClientCredentials(registration))
      yield* type("wps\nsec\x03ret\n")
      while (interrupts() === 0) yield* Effect.yieldNow()
      assert.isNull(asking.unsafePoll())
      yield* Fiber.interrupt(asking)
      assert.strictEqual(interrupts(), 1)
      assert.strictEqual(reading(), 0)
    }))
})

const fixture = fileURLToPath(new URL("fixtures/terminalLogin.ts", import.meta.url))
const node = ["--conditions=@effect-wps/source", "--import", "tsx", fixture]

/** Runs a program with a pseudo-terminal of its own, and types each text when the screen shows what it waits for. */
const conversation = `
import os, pty, sys, signal, threading
pid, fd = pty.fork()
if pid == 0:
    os.execvp(sys.argv[1], sys.argv[1:-1])
signal.alarm(40)
steps = [step.split("=>") for step in sys.argv[-1].split(";")]
screen = ""
while True:
    try:
        data = os.read(fd, 4096)
    except OSError:
        break
    if not data:
        break
    screen += data.decode()
    if steps and steps[0][0] in screen:
        text = steps.pop(0)[1].encode().decode("unicode_escape").encode()
        # Beside the reading: both sides would wait for each other when their buffers are full.
        threading.Thread(target=os.write, args=(fd, text), daemon=True).start()
sys.stdout.write(screen)
status = os.waitpid(pid, 0)[1]
sys.stdout.write("\\nended: %s" % (os.WTERMSIG(status) if os.WIFSIGNALED(status) else "exit %d" % os.WEXITSTATUS(status)))
`

const hasPython = spawnSync("python3", ["-c", "import pty"]).status === 0

const talk = (steps: string, what: string) =>
  Effect.async<string>((resume) => {
    const child = spawn("python3", ["-c", conversation, process.execPath, ...node, what, steps])
    let out = ""
    child.stdout.on("data", (chunk) => {
      out += String(chunk)
    })
    child.stderr.on("data", (chunk) => {
      out += String(chunk)
    })
    child.on("close", () => resume(Effect.succeed(out)))
  })

describe.runIf(hasPython)("at a pseudo-terminal", () => {
  it.live("shows the ID and not the secret", () =>
    Effect.gen(function*() {
      const screen = yield* talk("Client ID: =>wps\\r;(not shown): =>hush-hush\\x7f\\x7fsh\\r", "credentials")
      assert.include(screen, "Client ID: wps\r\n")
      assert.include(screen, "Client secret (not shown): \r\n")
      assert.include(screen, "got wps, a secret of 9 characters")
      assert.notInclude(screen, "hush")
      assert.include(screen, "ended: exit 0")
    }))

  it.live("ctrl-c interrupts the program", () =>
    Effect.gen(function*() {
      const screen = yield* talk("Client ID: =>wps\\x03", "credentials")
      assert.include(screen, "Client ID: wps\r\ninterrupted\r\n")
      // As runMain ends a program that a signal interrupted.
      assert.include(screen, "ended: exit 0")
    }))

  it.live("takes an address that is longer than a line of the terminal may be", () =>
    Effect.gen(function*() {
      const address = `http://127.0.0.1:8888/?code=${"c".repeat(6000)}`
      assert.include(yield* talk(`press Enter:=>${address}\\r`, "redirect"), `got ${address.length} characters`)
    }))
})

describe("the host", () => {
  it.scopedLive.skipIf(process.platform !== "linux")(
    "starts the opener beside the program, with the link as one argument",
    () =>
      Effect.gen(function*() {
        const fs = yield* FileSystem.FileSystem
        const folder = yield* fs.makeTempDirectoryScoped()
        const opener = `${folder}/opener`
        // It tells what it was given, says something, and does not end before it is told to.
        yield* fs.writeFileString(
          opener,
          `#!/bin/sh\nprintf '%s|' "$#" "$1" > ${folder}/new && mv ${folder}/new ${folder}/given\necho noise; echo noise >&2\n` +
            `while [ -d ${folder} ] && [ ! -e ${folder}/end ]; do sleep 0.1; done\n: > ${folder}/ended\n`,
          { mode: 0o700 }
        )
        const appears = (name: string) =>
          fs.exists(`${folder}/${name}`).pipe(
            Effect.repeat({ until: (there) => there, schedule: Schedule.spaced("50 millis") })
          )
        const env = { PATH: yield* Config.string("PATH"), DISPLAY: ":0", BROWSER: opener }
        const ran = yield* Effect.sync(() =>
          spawnSync(process.execPath, [...node, "link"], { env, encoding: "utf8", timeout: 60_000 })
        )
        assert.strictEqual(ran.status, 0, ran.stderr)
        yield* appears("given")
        // The program has ended, and what it started has not.
        assert.isFalse(yield* fs.exists(`${folder}/ended`))
        const link = "https://login.example.org/auth?a=$(touch%20x)&b=;%27%22"
        assert.strictEqual(yield* fs.readFileString(`${folder}/given`), `1|${link}|`)
        assert.strictEqual(ran.stdout, "")
        assert.strictEqual(ran.stderr, `Log in at:\n${link}\n`)
        yield* fs.writeFileString(`${folder}/end`, "")
        yield* appears("ended")
      }).pipe(Effect.provide(NodeContext.layer))
  )

  it.live("ignores that there is no opener", () =>
    Effect.gen(function*() {
      yield* Host.node.launch(["no-such-program-anywhere", "https://example.org"])
      yield* Host.node.launch(["", "https://example.org"])
    }))

  it.live("is not interactive when the standard input is piped", () =>
    Effect.gen(function*() {
      const ran = yield* Effect.sync(() =>
        spawnSync(process.execPath, [...node, "credentials"], {
          input: "wps\nsecret\n",
          encoding: "utf8",
          timeout: 60_000
        })
      )
      assert.include(ran.stdout, "not-interactive")
      assert.strictEqual(ran.stderr, "")
    }))
})
