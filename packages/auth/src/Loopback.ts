/**
 * Where the browser brings the answer of a login: a listener on this machine, for as long as the login takes.
 *
 * A service, because only a runtime that can listen has one (`@effect-wps/node` has it for Node), and so that tests can
 * play the browser.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { LoopbackUnavailable } from "./AuthError.ts"

/**
 * What to listen for.
 *
 * `ports` are tried in turn; 0 is any free one. `path` is empty or begins with a slash.
 *
 * `accept` tells whether a request that came to the path belongs to this login, by its query. One that does not is
 * refused, and the listener goes on: a stray or forged request does not end a login.
 *
 * @since 0.1.0
 * @category models
 */
export interface ListenOptions {
  readonly ports: ReadonlyArray<number>
  readonly path: string
  readonly accept: (query: URLSearchParams) => boolean
}

/**
 * How a login ended, for the page that the person sees.
 *
 * @since 0.1.0
 * @category models
 */
export type Outcome =
  | { readonly _tag: "Success" }
  | { readonly _tag: "Failure"; readonly reason: string }

/**
 * A listener, as long as its scope is open.
 *
 * `redirectUri` is what to register and to send, to the letter: `http://127.0.0.1:8888`, then the path. It does not end in
 * a slash that the path does not have: providers compare strings.
 *
 * `callback` waits for the request that was accepted, and gives its query. Only the first one counts.
 *
 * `finish` tells the person how the login ended, on a page whose address holds no code. When nobody waits for it, nothing
 * happens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Listener {
  readonly redirectUri: string
  readonly callback: Effect.Effect<URLSearchParams>
  readonly finish: (outcome: Outcome) => Effect.Effect<void>
}

/**
 * The operations of a loopback.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly listen: (options: ListenOptions) => Effect.Effect<Listener, LoopbackUnavailable, Scope.Scope>
}

/**
 * Listens on this machine for the answer of a login.
 *
 * @see RFC 8252 §7.3
 * @since 0.1.0
 * @category tags
 */
export class Loopback extends Context.Tag("@effect-wps/auth/Loopback")<Loopback, Service>() {}

/**
 * How long a login with a browser may take, unless its options say otherwise.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultTimeout: Duration.DurationInput = "5 minutes"
