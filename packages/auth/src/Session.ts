/**
 * A login that lasts: begun, looked at and ended, beside the `Auth` service that it feeds.
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
 * `subject` and `name` come from the provider's ID token, where it gave one. Without `expiresAt` the provider did not say
 * how long the token is good; where `isRenewable`, a new one is had without a login.
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
 * `login` logs in, whether or not there is a token already.
 *
 * `logout` has the provider revoke the tokens (RFC 7009), where it can, and forgets them. They are forgotten even if the
 * provider cannot be asked, in which case it fails afterwards.
 *
 * `whoami` tells who is logged in, from what is stored.
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
 * Logs in, whether or not there is a token already.
 *
 * @since 0.1.0
 * @category operations
 * @example
 * ```ts
 * import { Session } from "@effect-wps/auth"
 * import { Effect, Option } from "effect"
 *
 * export const greet = Effect.flatMap(Session.login, ({ name, subject }) =>
 *   Effect.log(`Logged in as ${Option.getOrElse(Option.orElse(name, () => subject), () => "somebody")}`))
 * ```
 */
export const login: Effect.Effect<Identity, AuthError, Session> = Effect.flatMap(Session, (session) => session.login)

/**
 * Has the tokens revoked (RFC 7009) and forgets them.
 *
 * @since 0.1.0
 * @category operations
 * @example
 * ```ts
 * import { Session } from "@effect-wps/auth"
 * import { Effect } from "effect"
 *
 * export const leave = Effect.zipRight(Session.logout, Effect.log("Logged out"))
 * ```
 */
export const logout: Effect.Effect<void, AuthError, Session> = Effect.flatMap(Session, (session) => session.logout)

/**
 * Who is logged in, from what is stored; none if nobody is.
 *
 * @since 0.1.0
 * @category operations
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
 */
export const whoami: Effect.Effect<Option.Option<Identity>, AuthError, Session> = Effect.flatMap(
  Session,
  (session) => session.whoami
)
