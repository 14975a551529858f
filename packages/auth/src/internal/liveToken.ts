import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type * as Auth from "../Auth.ts"
import { type AuthError, LoginRequired } from "../AuthError.ts"
import type * as Session from "../Session.ts"
import {
  type ClientCredentials,
  Entry,
  type ProfileKey,
  type Service as TokenStore,
  type TokenSet
} from "../TokenStore.ts"

/** How tokens are had. */
export interface Grant {
  readonly key: ProfileKey
  /** Asks a person for what `obtain` needs; `anew` even for what is known already. */
  readonly prepare?: (anew: boolean) => Effect.Effect<void, AuthError>
  /** From nothing. Where it asks a person, no lock of the store is held meanwhile. */
  readonly obtain: Effect.Effect<TokenSet, AuthError>
  readonly isInteractive: boolean
  /** What is stored beside the tokens that were obtained. */
  readonly credentials?: Effect.Effect<Option.Option<ClientCredentials>>
  readonly refresh: (refresh: Redacted.Redacted, scope: Option.Option<string>) => Effect.Effect<TokenSet, AuthError>
  /** None where the provider has no place to revoke at. */
  readonly revoke: (token: Redacted.Redacted) => Effect.Effect<Option.Option<void>, AuthError>
}

const largestMargin = 30_000

/** A token without a refresh token that is refused this soon was not refused for its age, and nobody is asked again. */
const youngest = 60_000

/** Whether a token can still be sent: for some time, which is less for one that does not live long. */
const isFresh = ({ expiresAt, obtainedAt }: TokenSet, now: number): boolean =>
  Option.match(expiresAt, {
    onNone: () => true,
    onSome: (expiresAt) => {
      const end = DateTime.toEpochMillis(expiresAt)
      return now < end - Math.min(largestMargin, 0.2 * (end - DateTime.toEpochMillis(obtainedAt)))
    }
  })

const isExpired = ({ expiresAt }: TokenSet, now: number): boolean =>
  Option.exists(expiresAt, (expiresAt) => now >= DateTime.toEpochMillis(expiresAt))

const isSame = (tokens: TokenSet, access: string): boolean => Redacted.value(tokens.access) === access

const withTokens = (
  entry: Option.Option<Entry>,
  tokens: Option.Option<TokenSet>,
  credentials: Option.Option<ClientCredentials> = Option.none()
): Option.Option<Entry> =>
  Option.match(entry, {
    onNone: () => Option.map(tokens, (tokens) => new Entry({ tokens: Option.some(tokens), credentials })),
    onSome: (entry) =>
      Option.some(
        new Entry({ tokens, credentials: Option.orElse(credentials, () => entry.credentials), custom: entry.custom })
      )
  })

const header = ({ access, tokenType }: TokenSet): string =>
  `${tokenType.toLowerCase() === "bearer" ? "Bearer" : tokenType} ${Redacted.value(access)}`

/** What the store had for us. */
type Found =
  | { readonly _tag: "Tokens"; readonly tokens: TokenSet }
  | { readonly _tag: "None"; readonly reason: "no-token" | "refresh-refused" }

const found = (tokens: TokenSet): Found => ({ _tag: "Tokens", tokens })

/**
 * A token that is there when it is needed. It is renewed once, however many ask: by a fiber of the scope, which callers
 * join, so that one who is interrupted takes nothing from the others and no answer of the provider is lost. What another
 * process has renewed is found in the store. A failure is not kept.
 */
export const make = Effect.fnUntraced(function*(
  grant: Grant,
  store: TokenStore
): Effect.fn.Return<{ readonly auth: Auth.Service; readonly session: Session.Service }, never, Scope.Scope> {
  const scope = yield* Effect.scope
  const current = yield* Ref.make(Option.none<TokenSet>())
  const flight = yield* Ref.make(Option.none<Deferred.Deferred<TokenSet, AuthError>>())
  const { credentials = Effect.succeedNone, isInteractive, key, prepare = () => Effect.void } = grant

  /** A refresh that went wrong on the way leaves a token that is not refused, and good for a little longer. */
  const refresh = (tokens: TokenSet, token: Redacted.Redacted, refused: Option.Option<string>) =>
    grant.refresh(token, Option.none()).pipe(
      Effect.map(found),
      Effect.catchTags({
        ProviderError: (error): Effect.Effect<Found, AuthError> =>
          Option.contains(error.code, "invalid_grant")
            ? Effect.succeed({ _tag: "None", reason: "refresh-refused" })
            : stillGood(tokens, refused, error),
        ProviderUnreachable: (error) => stillGood(tokens, refused, error)
      })
    )

  const stillGood = (tokens: TokenSet, refused: Option.Option<string>, error: AuthError) =>
    Effect.flatMap(
      Clock.currentTimeMillis,
      (now) =>
        isExpired(tokens, now) || Option.exists(refused, (access) => isSame(tokens, access))
          ? Effect.fail(error)
          : Effect.succeed(found(tokens))
    )

  /** What is stored, if it is good, or can be refreshed; else, where nobody must be asked, what is obtained. */
  const fromStore = (refused: Option.Option<string>): Effect.Effect<Found, AuthError> =>
    store.modify(key, (entry) =>
      Effect.gen(function*() {
        const now = yield* Clock.currentTimeMillis
        const stored = Option.flatMap(entry, ({ tokens }) => tokens)
        const result: Found = yield* Option.match(stored, {
          onNone: (): Effect.Effect<Found, AuthError> => Effect.succeed({ _tag: "None", reason: "no-token" }),
          onSome: (tokens) =>
            isFresh(tokens, now) && !Option.exists(refused, (access) => isSame(tokens, access))
              ? Effect.succeed(found(tokens))
              : Option.match(tokens.refresh, {
                onNone: (): Effect.Effect<Found, AuthError> => Effect.succeed({ _tag: "None", reason: "no-token" }),
                onSome: (token) => refresh(tokens, token, refused)
              })
        })
        if (result._tag === "Tokens") return [result, withTokens(entry, Option.some(result.tokens))] as const
        if (isInteractive) return [result, withTokens(entry, Option.none())] as const
        const tokens = yield* grant.obtain
        return [found(tokens), withTokens(entry, Option.some(tokens), yield* credentials)] as const
      }))

  const keep = (tokens: TokenSet): Effect.Effect<TokenSet, AuthError> =>
    Effect.uninterruptible(
      Effect.as(
        store.modify(key, (entry) => Effect.succeed([undefined, withTokens(entry, Option.some(tokens))])),
        tokens
      )
    )

  /** A person is asked, which can be broken off; what they gave is kept, which cannot. */
  const obtain = (reason: "no-token" | "refresh-refused"): Effect.Effect<TokenSet, AuthError> =>
    Effect.uninterruptibleMask((restore) => Effect.flatMap(restore(grant.obtain), keep)).pipe(
      Effect.mapError((error) =>
        error._tag === "LoginRequired" && reason === "refresh-refused"
          ? new LoginRequired({
            reason,
            detail: `the stored login at ${key.issuer} is no longer accepted, and ${error.detail}`
          })
          : error
      )
    )

  const renewal = (refused: Option.Option<string>): Effect.Effect<TokenSet, AuthError> =>
    // The provider may have spent the old refresh token by the time it answers: its answer must be stored.
    Effect.zipRight(prepare(false), Effect.uninterruptible(fromStore(refused))).pipe(
      Effect.flatMap((result) => result._tag === "Tokens" ? Effect.succeed(result.tokens) : obtain(result.reason))
    )

  /** Joins the one who is asking, or asks. */
  const join = (evaluate: Effect.Effect<TokenSet, AuthError>): Effect.Effect<TokenSet, AuthError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const mine = yield* Deferred.make<TokenSet, AuthError>()
        const theirs = yield* Ref.modify(flight, (held) => [held, Option.orElseSome(held, () => mine)])
        if (Option.isSome(theirs)) return yield* restore(Deferred.await(theirs.value))
        yield* evaluate.pipe(
          Effect.tap((tokens) => Ref.set(current, Option.some(tokens))),
          Effect.interruptible,
          Effect.onExit((exit) => Effect.zipRight(Ref.set(flight, Option.none()), Deferred.done(mine, exit))),
          Effect.forkIn(scope)
        )
        return yield* restore(Deferred.await(mine))
      })
    )

  const token: Effect.Effect<TokenSet, AuthError> = Effect.flatMap(Ref.get(current), (held) =>
    Option.isNone(held)
      ? join(renewal(Option.none()))
      : Effect.flatMap(Clock.currentTimeMillis, (now) =>
        isFresh(held.value, now) ? Effect.succeed(held.value) : join(renewal(Option.none()))))

  const refused = Effect.fnUntraced(function*(access: string): Effect.fn.Return<boolean, AuthError> {
    const held = yield* Ref.get(current)
    if (Option.exists(held, (tokens) => !isSame(tokens, access))) return true
    const now = yield* Clock.currentTimeMillis
    const isHopeless = isInteractive &&
      Option.exists(
        held,
        ({ obtainedAt, refresh }) => Option.isNone(refresh) && now - DateTime.toEpochMillis(obtainedAt) < youngest
      )
    if (isHopeless) return false
    const renewed = yield* join(renewal(Option.some(access)))
    return !isSame(renewed, access)
  })

  const auth: Auth.Service = {
    authorize: (request) =>
      Effect.map(token, (tokens) => HttpClientRequest.setHeader(request, "authorization", header(tokens))),
    refused: (sent) => {
      const value = Headers.get(sent.headers, "authorization")
      const access = Option.map(value, (text) => text.slice(text.indexOf(" ") + 1))
      return Option.match(access, { onNone: () => Effect.succeed(false), onSome: refused })
    }
  }

  const identity = (tokens: TokenSet): Session.Identity => ({
    issuer: key.issuer,
    clientId: key.clientId,
    subject: tokens.subject,
    name: tokens.name,
    scope: tokens.scope,
    obtainedAt: tokens.obtainedAt,
    expiresAt: tokens.expiresAt,
    isRenewable: Option.isSome(tokens.refresh)
  })

  const forget = Effect.zipRight(
    Ref.set(current, Option.none()),
    store.modify(
      key,
      (entry) => Effect.succeed([Option.flatMap(entry, ({ tokens }) => tokens), withTokens(entry, Option.none())])
    )
  )

  const session: Session.Service = {
    login: Effect.map(join(Effect.zipRight(prepare(true), obtain("no-token"))), identity),
    logout: Effect.flatMap(
      forget,
      Option.match({
        onNone: () => Effect.void,
        // With its refresh token a provider revokes what came of it, the access token among them.
        onSome: ({ access, refresh }) => Effect.asVoid(grant.revoke(Option.getOrElse(refresh, () => access)))
      })
    ),
    whoami: Effect.map(store.get(key), (entry) => Option.map(Option.flatMap(entry, ({ tokens }) => tokens), identity))
  }

  return { auth, session }
})
