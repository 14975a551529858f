/**
 * How a login talks to the person: shows a link or a code, asks for what must be typed.
 *
 * It is a service because a terminal, a notebook and a window do this differently, and so that tests can play the
 * person. `@effect-wps/node` has one for the terminal.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import { LoginRequired } from "./AuthError.ts"
import type { ClientCredentials } from "./TokenStore.ts"

/**
 * A code to type at an address, on any device (RFC 8628 §3.3). `complete` is the same address with the code in it.
 *
 * @since 0.1.0
 * @category models
 */
export interface DeviceCode {
  readonly userCode: string
  readonly verificationUri: string
  readonly complete: Option.Option<string>
  readonly expiresAt: DateTime.Utc
}

/**
 * The operations of a user interface.
 *
 * `hasBrowser` says whether a browser can be expected to reach a loopback listener of this process. Over SSH and in a
 * container it cannot. Every login asks this before it sends anything to the provider. If no person is there at all,
 * `hasBrowser` fails with `LoginRequired`, and so does the login, whatever its flow is.
 *
 * `showLink` shows the address of a login, and opens it in a browser if there is one. It does not wait for the person.
 *
 * `showDeviceCode` shows a code, and does not wait either.
 *
 * `askRedirect` asks the person to paste the address at which the browser ended. This is for a browser that cannot
 * reach the listener. It may wait for ever, and is interrupted when the answer comes in another way.
 *
 * `askClientCredentials` shows where to register, and asks for the client ID and the secret that came of it. The secret
 * is not shown while it is typed. Both are given without blanks around them.
 *
 * Where nobody can see or type, these operations fail at once with `LoginRequired`, which ends the login.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly hasBrowser: Effect.Effect<boolean, LoginRequired>
  readonly showLink: (link: URL) => Effect.Effect<void, LoginRequired>
  readonly showDeviceCode: (code: DeviceCode) => Effect.Effect<void, LoginRequired>
  readonly askRedirect: Effect.Effect<string, LoginRequired>
  readonly askClientCredentials: (registration: URL) => Effect.Effect<ClientCredentials, LoginRequired>
}

/**
 * Talks to the person who logs in.
 *
 * @since 0.1.0
 * @category tags
 */
export class LoginUi extends Context.Tag("@effect-wps/auth/LoginUi")<LoginUi, Service>() {}

const absent = new LoginRequired({
  reason: "not-interactive",
  detail: "nobody can be asked here"
})

/**
 * No person is there: a login that needs one fails at once with `LoginRequired`, and nothing is sent to the provider.
 * This is for services and batch jobs, which use stored tokens and client credentials.
 *
 * @example
 * ```ts
 * import { LoginUi } from "@effect-wps/auth"
 * import { Effect } from "effect"
 * import assert from "node:assert"
 *
 * const ask = Effect.flatMap(LoginUi.LoginUi, (ui) => ui.askRedirect).pipe(Effect.flip, Effect.provide(LoginUi.layerNone))
 *
 * assert.equal((await Effect.runPromise(ask))._tag, "LoginRequired")
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerNone: Layer.Layer<LoginUi> = Layer.succeed(LoginUi, {
  hasBrowser: absent,
  showLink: () => absent,
  showDeviceCode: () => absent,
  askRedirect: absent,
  askClientCredentials: () => absent
})
