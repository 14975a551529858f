/**
 * How a login talks to the person: shows a link or a code, asks for what must be typed.
 *
 * A service, because a terminal, a notebook and a window do it differently, and so that tests can play the person.
 * `@effect-wps/node` has one for the terminal.
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
 * A code to type at an address, on any device (RFC 8628 §3.3). `complete` is the address that has the code in it already.
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
 * `hasBrowser`: whether a browser on this machine can be expected to reach a loopback listener of this process. It is not
 * so over SSH and in a container. Every login asks for it before anything is sent to the provider, and where nobody is
 * there at all it fails with `LoginRequired`: so does the login then, whatever its flow is.
 *
 * `showLink` shows the address of a login, and opens it in a browser where there is one. It does not wait for the person.
 *
 * `showDeviceCode` shows a code, and does not wait either.
 *
 * `askRedirect` asks for the address that the browser ended at, for those whose browser cannot reach the listener: it is
 * pasted. It may wait for ever, and is interrupted when the answer has come in another way.
 *
 * `askClientCredentials` asks for a client ID and a secret, which is not shown while it is typed, after showing where to
 * register for them. Both are without blanks around them.
 *
 * What must be seen or typed fails at once with `LoginRequired` where nobody can see or type it, which ends the login.
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
 * Nobody is there: a login that needs a person fails at once with `LoginRequired`, and nothing is sent to the provider. For
 * services and batch jobs, which live on what is stored and on client credentials.
 *
 * @since 0.1.0
 * @category layers
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
 */
export const layerNone: Layer.Layer<LoginUi> = Layer.succeed(LoginUi, {
  hasBrowser: absent,
  showLink: () => absent,
  showDeviceCode: () => absent,
  askRedirect: absent,
  askClientCredentials: () => absent
})
