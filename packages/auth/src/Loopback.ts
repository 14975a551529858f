/**
 * A listener on this machine, to which the browser brings the answer of a login. It listens only while the login lasts.
 *
 * It is a service because not every runtime can listen (`@effect-wps/node` does it for Node), and so that tests can
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
 * `accept` looks at the query of a request to that path, and says whether the request belongs to this login. If not,
 * the request is refused and the listener goes on: a stray or forged request does not end a login.
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
 * A listener. It ends with its scope.
 *
 * `redirectUri` is the exact address to register and to send: `http://127.0.0.1:8888`, then the path. No slash is added
 * at its end, because providers compare strings.
 *
 * `callback` waits for the first request that is accepted, and gives its query.
 *
 * `finish` shows the person how the login ended, on a page whose address holds no code. If no browser waits for the
 * page, it does nothing.
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
