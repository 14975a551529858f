import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as oauth from "oauth4webapi"
import { type AuthError, LoginFailed, type LoginRequired } from "../AuthError.ts"
import type { Service as LoginUi } from "../LoginUi.ts"
import type { Outcome, Service as Loopback } from "../Loopback.ts"
import type { TokenSet } from "../TokenStore.ts"
import type { Protocol } from "./oauthProtocol.ts"
import { step } from "./step.ts"

/** How much longer to wait if the provider is asked too often (RFC 8628 §3.5). */
const slower = Duration.seconds(5)

/** Logs in by a code that is typed on another device (RFC 8628). */
export const device = (protocol: Protocol, ui: LoginUi, scope: string): Effect.Effect<TokenSet, AuthError> =>
  // This flow needs no browser, but `hasBrowser` also fails if no person is there.
  Effect.zipRight(ui.hasBrowser, byDevice(protocol, ui, scope)).pipe(
    step("login", protocol.issuer, { "oauth.grant": "device_code" })
  )

const byDevice = Effect.fnUntraced(function*(
  protocol: Protocol,
  ui: LoginUi,
  scope: string
): Effect.fn.Return<TokenSet, AuthError> {
  const { complete, deviceCode, expiresIn, interval, userCode, verificationUri } = yield* protocol.device(scope)
  const { issuer } = protocol
  const code = {
    userCode,
    verificationUri,
    complete,
    expiresAt: DateTime.addDuration(yield* DateTime.now, expiresIn)
  }
  const late = () => new LoginFailed({ issuer, reason: "timeout", detail: "the code was not entered in time" })
  return yield* ui.showDeviceCode(code).pipe(
    Effect.zipRight(
      Effect.timeoutFail(polling(protocol, deviceCode, interval, late), { duration: expiresIn, onTimeout: late })
    ),
    step("answer", issuer)
  )
})

const polling = (
  protocol: Protocol,
  deviceCode: Redacted.Redacted,
  interval: Duration.Duration,
  late: () => LoginFailed
): Effect.Effect<TokenSet, AuthError> => {
  const later = Effect.suspend(() => polling(protocol, deviceCode, Duration.times(interval, 2), late))
  return Effect.zipRight(Effect.sleep(interval), protocol.poll(deviceCode)).pipe(
    Effect.catchTags({
      ProviderError: (error) => {
        switch (Option.getOrUndefined(error.code)) {
          case "authorization_pending":
            return polling(protocol, deviceCode, interval, late)
          case "slow_down":
            return polling(protocol, deviceCode, Duration.sum(interval, slower), late)
          case "access_denied":
            return Effect.fail(
              new LoginFailed({
                issuer: protocol.issuer,
                reason: "denied",
                detail: "the provider said \"access_denied\""
              })
            )
          case "expired_token":
            return Effect.fail(late())
          default:
            return Option.exists(error.status, (status) => status >= 500) ? later : Effect.fail(error)
        }
      },
      ProviderUnreachable: () => later
    })
  )
}

export interface CodeOptions {
  readonly scope: string
  readonly ports: ReadonlyArray<number>
  readonly path: string
  readonly timeout: Duration.DurationInput
  readonly fallback: "device" | "paste" | "none"
  readonly parameters: Readonly<Record<string, string>>
  readonly pushed: boolean
}

const outcome = (error: AuthError): Outcome => ({ _tag: "Failure", reason: error.message })

/** The query of an address, or of the part of it that somebody pasted. */
const queryOf = (text: string): URLSearchParams =>
  new URLSearchParams(URL.canParse(text) ? new URL(text).search : text.slice(text.indexOf("?") + 1))

/** Asks for the address at which the browser ended, up to three times. */
const pasted = (
  ui: LoginUi,
  issuer: string,
  accept: (query: URLSearchParams) => boolean,
  left = 3
): Effect.Effect<URLSearchParams, LoginFailed | LoginRequired> =>
  Effect.flatMap(ui.askRedirect, (text) => {
    const query = queryOf(text.trim())
    return accept(query)
      ? Effect.succeed(query)
      : left > 1
      ? pasted(ui, issuer, accept, left - 1)
      : new LoginFailed({
        issuer,
        reason: "refused",
        detail: "what was pasted is not the address of this login's answer"
      })
  })

/** Logs in with a browser: authorization code with PKCE over the loopback (RFC 8252 §7.3, RFC 7636). */
export const authorizationCode = (
  protocol: Protocol,
  ui: LoginUi,
  loopback: Loopback,
  options: CodeOptions
): Effect.Effect<TokenSet, AuthError> => {
  const instead = Effect.zipRight(
    Effect.annotateCurrentSpan("oauth.grant", "device_code"),
    byDevice(protocol, ui, options.scope)
  )
  return Effect.gen(function*() {
    const { issuer } = protocol
    const hasBrowser = yield* ui.hasBrowser
    if (!hasBrowser && options.fallback === "device") return yield* instead

    const state = oauth.generateRandomState()
    const accept = (query: URLSearchParams) => {
      const states = query.getAll("state")
      return states.length === 1 && states[0] === state
    }
    const listener = yield* loopback.listen({ ports: options.ports, path: options.path, accept }).pipe(
      step("listen", issuer)
    )
    const { complete, url } = yield* protocol.authorization({
      scope: options.scope,
      redirectUri: listener.redirectUri,
      state,
      parameters: options.parameters,
      pushed: options.pushed
    })
    const answered = hasBrowser || options.fallback !== "paste"
      ? listener.callback
      : Effect.raceFirst(listener.callback, pasted(ui, issuer, accept))
    // A LoginUi may show the link until the browser's last page is shown, which comes only after the answer.
    const shown = Effect.zipRight(ui.showLink(url), Effect.never)
    const answer = yield* Effect.raceFirst(shown, answered).pipe(
      Effect.timeoutFail({
        duration: options.timeout,
        onTimeout: () =>
          new LoginFailed({
            issuer,
            reason: "timeout",
            detail:
              `nobody came back within ${Duration.toSeconds(options.timeout)} s (if the provider showed an error ` +
              `about the redirect address, register exactly ${listener.redirectUri} with it)`
          })
      }),
      step("answer", issuer)
    )
    return yield* Effect.tapBoth(complete(answer), {
      onFailure: (error) => listener.finish(outcome(error)),
      onSuccess: () => listener.finish({ _tag: "Success" })
    })
  }).pipe(
    Effect.scoped,
    Effect.catchTag(
      "LoopbackUnavailable",
      (error) => options.fallback === "device" ? instead : Effect.fail(error)
    ),
    step("login", protocol.issuer, { "oauth.grant": "authorization_code" })
  )
}
