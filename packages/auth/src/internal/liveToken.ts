import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import type * as Scope from "effect/Scope"
import type * as Auth from "../Auth.ts"
import { type AuthError, LoginRequired, type TokenStoreError } from "../AuthError.ts"
import type * as Session from "../Session.ts"
import { type ClientCredentials, Entry, type ProfileKey, type Service as TokenStore, TokenSet } from "../TokenStore.ts"
import * as Dpop from "./dpop.ts"

type Request = HttpClientRequest.HttpClientRequest

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
  /** How a request carries the token; without it, in a header of the token's type. */
  readonly present?: (request: Request, tokens: TokenSet) => Effect.Effect<Request, AuthError>
  /** Whether a service that refused the request would take the same token if it were presented anew. */
  readonly challenged?: Auth.Service["refused"]
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

const withHeader = (request: Request, tokens: TokenSet): Effect.Effect<Request> =>
  Effect.succeed(HttpClientRequest.setHeader(request, "authorization", header(tokens)))

/** What the store had for us. */
type Found =
  | { readonly _tag: "Tokens"; readonly tokens: TokenSet }
  | { readonly _tag: "None"; readonly reason: "no-token" | "refresh-refused" }

const found = (tokens: TokenSet): Found => ({ _tag: "Tokens", tokens })

/** What those who ask together are given; `isLogin` where it was obtained anew. */
interface Got {
  readonly tokens: TokenSet
  readonly isLogin: boolean
}

/** Tokens that are on their way to the store, and those that they replace there. */
interface Unsaved {
  readonly tokens: TokenSet
  readonly over: Option.Option<TokenSet>
}

const tokensOf = (entry: Option.Option<Entry>): Option.Option<TokenSet> => Option.flatMap(entry, ({ tokens }) => tokens)

const areSame = Option.getEquivalence((one: TokenSet, other: TokenSet) => isSame(one, Redacted.value(other.access)))

/** What a provider does not repeat when it refreshes stays as it was (RFC 6749 §6, OpenID Connect Core §12.2). */
const continued = (before: TokenSet, after: TokenSet): TokenSet =>
  new TokenSet({
    access: after.access,
    refresh: after.refresh,
    obtainedAt: after.obtainedAt,
    expiresAt: after.expiresAt,
    tokenType: after.tokenType,
    scope: Option.orElse(after.scope, () => before.scope),
    subject: Option.orElse(after.subject, () => before.subject),
    name: Option.orElse(after.name, () => before.name)
  })

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
  const unsaved = yield* Ref.make(Option.none<Unsaved>())
  const flight = yield* Ref.make(Option.none<Deferred.Deferred<Got, AuthError>>())
  const {
    challenged = () => Effect.succeed(false),
    credentials = Effect.succeedNone,
    isInteractive,
    key,
    prepare = () => Effect.void,
    present = withHeader
  } = grant

  /** Within a modification of the store: so a logout, which waits for it, finds them and is not undone by them. */
  const hold = (tokens: TokenSet, over: Option.Option<TokenSet>): Effect.Effect<void> =>
    Effect.zipRight(Ref.set(current, Option.some(tokens)), Ref.set(unsaved, Option.some({ tokens, over })))

  const saved = Ref.set(unsaved, Option.none())

  /** What is stored; but what could not be stored in its place, as long as it is there. */
  const latest = (stored: Option.Option<TokenSet>): Effect.Effect<Option.Option<TokenSet>> =>
    Effect.map(
      Ref.get(unsaved),
      (unsaved) =>
        Option.match(unsaved, {
          onNone: () => stored,
          onSome: ({ over, tokens }) => areSame(over, stored) ? Option.some(tokens) : stored
        })
    )

  /** A refresh that went wrong on the way leaves a token that is not refused, and good for a little longer. */
  const refresh = (tokens: TokenSet, token: Redacted.Redacted, refused: Option.Option<string>) =>
    grant.refresh(token, Option.none()).pipe(
      Effect.map((renewed) => found(continued(tokens, renewed))),
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
        const stored = tokensOf(entry)
        const last = yield* latest(stored)
        const result: Found = yield* Option.match(last, {
          onNone: (): Effect.Effect<Found, AuthError> => Effect.succeed({ _tag: "None", reason: "no-token" }),
          onSome: (tokens) =>
            isFresh(tokens, now) && !Option.exists(refused, (access) => isSame(tokens, access))
              ? Effect.succeed(found(tokens))
              : Option.match(tokens.refresh, {
                onNone: (): Effect.Effect<Found, AuthError> => Effect.succeed({ _tag: "None", reason: "no-token" }),
                onSome: (token) => refresh(tokens, token, refused)
              })
        })
        if (result._tag === "Tokens") {
          yield* hold(result.tokens, stored)
          return [result, withTokens(entry, Option.some(result.tokens))] as const
        }
        if (isInteractive) return [result, withTokens(entry, Option.none())] as const
        // It spends nothing, and may take as long as the program's own code takes.
        const unlessGood = (error: AuthError) =>
          Option.match(last, {
            onNone: () => Effect.fail(error),
            onSome: (tokens) => Effect.as(stillGood(tokens, refused, error), tokens)
          })
        const tokens = yield* Effect.catchTags(Effect.interruptible(grant.obtain), {
          ProviderError: unlessGood,
          ProviderUnreachable: unlessGood
        })
        yield* hold(tokens, stored)
        return [found(tokens), withTokens(entry, Option.some(tokens), yield* credentials)] as const
      })).pipe(Effect.zipLeft(saved))

  const keep = (tokens: TokenSet): Effect.Effect<Got, AuthError> =>
    hold(tokens, Option.none()).pipe(
      Effect.zipRight(
        store.modify(key, (entry) =>
          Effect.map(
            Effect.zipRight(hold(tokens, tokensOf(entry)), credentials),
            (credentials) => [{ tokens, isLogin: true }, withTokens(entry, Option.some(tokens), credentials)]
          ))
      ),
      Effect.zipLeft(saved),
      Effect.uninterruptible
    )

  /** A person is asked, which can be broken off; what they gave is kept, which cannot. */
  const obtain = (reason: "no-token" | "refresh-refused"): Effect.Effect<Got, AuthError> =>
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

  /** What could not be stored is good all the same, for this program. */
  const withoutStore = (refused: Option.Option<string>, error: TokenStoreError): Effect.Effect<Got, AuthError> =>
    Effect.flatMap(
      Ref.get(current),
      Option.match({
        onNone: () => Effect.fail(error),
        onSome: (tokens) =>
          stillGood(tokens, refused, error).pipe(
            Effect.zipLeft(Effect.logWarning(error.message)),
            Effect.as({ tokens, isLogin: false })
          )
      })
    )

  const renewal = (refused: Option.Option<string>): Effect.Effect<Got, AuthError> =>
    // The provider may have spent the old refresh token by the time it answers: its answer must be stored.
    Effect.zipRight(prepare(false), Effect.uninterruptible(fromStore(refused))).pipe(
      Effect.flatMap((result) =>
        result._tag === "Tokens"
          ? Effect.succeed({ tokens: result.tokens, isLogin: false })
          : obtain(result.reason)
      ),
      Effect.catchTag("TokenStoreError", (error) => withoutStore(refused, error))
    )

  /** Joins the one who is asking, or asks. */
  const join = (evaluate: Effect.Effect<Got, AuthError>): Effect.Effect<Got, AuthError> =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const mine = yield* Deferred.make<Got, AuthError>()
        const theirs = yield* Ref.modify(flight, (held) => [held, Option.orElseSome(held, () => mine)])
        if (Option.isSome(theirs)) return yield* restore(Deferred.await(theirs.value))
        yield* evaluate.pipe(
          Effect.interruptible,
          Effect.onExit((exit) => Effect.zipRight(Ref.set(flight, Option.none()), Deferred.done(mine, exit))),
          Effect.forkIn(scope)
        )
        return yield* restore(Deferred.await(mine))
      })
    )

  const renewed = (refused: Option.Option<string>): Effect.Effect<TokenSet, AuthError> =>
    Effect.map(join(renewal(refused)), ({ tokens }) => tokens)

  /** Nobody logs in for an entry that cannot be opened, which is for them to see first. */
  const sealed = Effect.catchTag(
    store.get(key),
    "TokenStoreError",
    (error) => error.op === "unseal" ? Effect.fail(error) : Effect.void
  )

  /** A renewal that is under way is no login, unless it comes to one: its end is waited for. */
  const login: Effect.Effect<TokenSet, AuthError> = Effect.suspend(() =>
    Effect.flatMap(
      Ref.get(flight),
      Option.match({
        onNone: () =>
          Effect.flatMap(
            join(sealed.pipe(Effect.zipRight(prepare(true)), Effect.zipRight(obtain("no-token")))),
            loggedIn
          ),
        onSome: (underWay) =>
          Effect.matchEffect(Deferred.await(underWay), {
            onFailure: (error) => error._tag === "LoginFailed" ? Effect.fail(error) : login,
            onSuccess: loggedIn
          })
      })
    )
  )

  const loggedIn = ({ isLogin, tokens }: Got): Effect.Effect<TokenSet, AuthError> =>
    isLogin ? Effect.succeed(tokens) : login

  const token: Effect.Effect<TokenSet, AuthError> = Effect.flatMap(Ref.get(current), (held) =>
    Option.isNone(held)
      ? renewed(Option.none())
      : Effect.flatMap(Clock.currentTimeMillis, (now) =>
        isFresh(held.value, now) ? Effect.succeed(held.value) : renewed(Option.none())))

  const refused = Effect.fnUntraced(function*(access: string): Effect.fn.Return<boolean, AuthError> {
    const held = yield* Ref.get(current)
    if (Option.exists(held, (tokens) => !isSame(tokens, access))) return true
    const now = yield* Clock.currentTimeMillis
    const isHopeless = isInteractive &&
      Option.exists(held, ({ obtainedAt, refresh }) => {
        const age = now - DateTime.toEpochMillis(obtainedAt)
        // Of a token from the future nothing is known: the clock was put back.
        return Option.isNone(refresh) && age >= 0 && age < youngest
      })
    if (isHopeless) return false
    return !isSame(yield* renewed(Option.some(access)), access)
  })

  const refusedAs = Effect.fnUntraced(function*(
    sent: Request,
    response: HttpClientResponse
  ): Effect.fn.Return<boolean, AuthError> {
    if (yield* challenged(sent, response)) return true
    const value = Headers.get(sent.headers, "authorization")
    return Option.isNone(value) ? false : yield* refused(value.value.slice(value.value.indexOf(" ") + 1))
  })

  const auth: Auth.Service = {
    authorize: (request) => Effect.flatMap(token, (tokens) => present(request, tokens)),
    refused: refusedAs
  }

  /** A client that registers itself is no part of the key: its credentials say which it is. */
  const identity = (tokens: TokenSet, credentials: Option.Option<ClientCredentials>): Session.Identity => ({
    issuer: key.issuer,
    clientId: Option.match(credentials, { onNone: () => key.clientId, onSome: ({ clientId }) => clientId }),
    subject: tokens.subject,
    name: tokens.name,
    scope: tokens.scope,
    obtainedAt: tokens.obtainedAt,
    expiresAt: tokens.expiresAt,
    isRenewable: Option.isSome(tokens.refresh)
  })

  /** A logout leaves the key of the proofs, but one that cannot be opened, which would be in the way of every login. */
  const proofKey = Dpop.keyOf(key)

  const forget = Effect.zipRight(
    Ref.set(current, Option.none()),
    store.modify(key, (entry) =>
      Effect.map(
        Effect.zipLeft(latest(tokensOf(entry)), Effect.zipRight(Ref.set(current, Option.none()), saved)),
        (tokens) => [tokens, withTokens(entry, Option.none())]
      ))
  ).pipe(
    // What is sealed with another key cannot be revoked, and is forgotten all the same.
    Effect.catchTag(
      "TokenStoreError",
      (error) =>
        error.op === "unseal"
          ? Effect.zipRight(
            store.clear(key),
            Effect.map(Ref.getAndSet(unsaved, Option.none()), Option.map(({ tokens }) => tokens))
          )
          : Effect.fail(error)
    ),
    Effect.zipLeft(Effect.catchTag(
      store.get(proofKey),
      "TokenStoreError",
      (error) => error.op === "unseal" ? store.clear(proofKey) : Effect.void
    ))
  )

  const session: Session.Service = {
    login: Effect.zipWith(login, credentials, identity),
    logout: Effect.flatMap(
      forget,
      Option.match({
        onNone: () => Effect.void,
        // With its refresh token a provider revokes what came of it, the access token among them.
        onSome: ({ access, refresh }) => Effect.asVoid(grant.revoke(Option.getOrElse(refresh, () => access)))
      })
    ),
    whoami: Effect.flatMap(store.get(key), (entry) =>
      Effect.map(
        latest(tokensOf(entry)),
        Option.map((tokens) => identity(tokens, Option.flatMap(entry, ({ credentials }) => credentials)))
      ))
  }

  return { auth, session }
})
