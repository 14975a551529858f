/**
 * A login that lasts: begin it, look at it, end it. The `Auth` service beside it sends its tokens.
 *
 * The layers of `OAuth` and `KeycloakAuth` provide it together with `Auth`.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type { AuthError } from "./AuthError.ts"

/**
 * Who is logged in, and until when. It holds no token.
 *
 * `subject` and `name` come from the provider's ID token, if it sent one. Without `expiresAt`, the provider did not say
 * how long the token is valid. If `isRenewable`, a new token is obtained without another login.
 *
 * @since 0.1.0
 * @category models
 */
export interface Identity {
  readonly issuer: string
  readonly clientId: string
  readonly subject: Option.Option<string>
  readonly name: Option.Option<string>
  readonly scope: Option.Option<string>
  readonly obtainedAt: DateTime.Utc
  readonly expiresAt: Option.Option<DateTime.Utc>
  readonly isRenewable: boolean
}

/**
 * The operations of a login.
 *
 * `login` logs in, even if there is a token already.
 *
 * `logout` forgets the tokens, and then asks the provider to revoke them (RFC 7009), if it can do that. If the provider
 * cannot be reached, `logout` fails, and the tokens are forgotten all the same.
 *
 * `whoami` reads from the store who is logged in.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly login: Effect.Effect<Identity, AuthError>
  readonly logout: Effect.Effect<void, AuthError>
  readonly whoami: Effect.Effect<Option.Option<Identity>, AuthError>
}

/**
 * A login that lasts.
 *
 * @since 0.1.0
 * @category tags
 */
export class Session extends Context.Tag("@effect-wps/auth/Session")<Session, Service>() {}

/**
 * Logs in, even if there is a token already.
 *
 * @example
 * ```ts
 * import { Session } from "@effect-wps/auth"
 * import { Effect, Option } from "effect"
 *
 * export const greet = Effect.flatMap(Session.login, ({ name, subject }) =>
 *   Effect.log(`Logged in as ${Option.getOrElse(Option.orElse(name, () => subject), () => "somebody")}`))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const login: Effect.Effect<Identity, AuthError, Session> = Effect.flatMap(Session, (session) => session.login)

/**
 * Forgets the tokens, and asks the provider to revoke them (RFC 7009).
 *
 * @example
 * ```ts
 * import { Session } from "@effect-wps/auth"
 * import { Effect } from "effect"
 *
 * export const leave = Effect.zipRight(Session.logout, Effect.log("Logged out"))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const logout: Effect.Effect<void, AuthError, Session> = Effect.flatMap(Session, (session) => session.logout)

/**
 * Who is logged in, as the store says. None if nobody is.
 *
 * @example
 * ```ts
 * import { Session } from "@effect-wps/auth"
 * import { Effect, Option } from "effect"
 *
 * export const tell = Effect.flatMap(Session.whoami, Option.match({
 *   onNone: () => Effect.log("Nobody is logged in"),
 *   onSome: (identity) => Effect.log(identity)
 * }))
 * ```
 *
 * @since 0.1.0
 * @category operations
 */
export const whoami: Effect.Effect<Option.Option<Identity>, AuthError, Session> = Effect.flatMap(
  Session,
  (session) => session.whoami
)
