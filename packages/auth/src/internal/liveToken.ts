import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
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
import * as SingleFlight from "./singleFlight.ts"

type Request = HttpClientRequest.HttpClientRequest

/** How tokens are obtained. */
export interface Grant {
  readonly key: ProfileKey
  /** Asks a person for what `obtain` needs. With `anew`, asks even if that is known already. */
  readonly prepare?: (anew: boolean) => Effect.Effect<void, AuthError>
  /** Gets tokens without old ones. If it asks a person, no lock of the store is held meanwhile. */
  readonly obtain: Effect.Effect<TokenSet, AuthError>
  readonly isInteractive: boolean
  /** What is stored beside the tokens that were obtained. */
  readonly credentials?: Effect.Effect<Option.Option<ClientCredentials>>
  readonly refresh: (refresh: Redacted.Redacted, scope: Option.Option<string>) => Effect.Effect<TokenSet, AuthError>
  /** Adds the token to a request. By default it goes into the `authorization` header, after its type. */
  readonly present?: (request: Request, tokens: TokenSet) => Effect.Effect<Request, AuthError>
  /** Whether a service that refused the request would accept the same token if it is presented again. */
  readonly challenged?: Auth.Service["refused"]
  /** None if the provider has no revocation endpoint. */
  readonly revoke: (token: Redacted.Redacted) => Effect.Effect<Option.Option<void>, AuthError>
}

const largestMargin = 30_000

/**
 * A token that is refused sooner than this was not refused for its age. If it has no refresh token, no person is asked
 * to log in again.
 */
const youngest = 60_000

/** Whether a token can still be sent. It must last for some time yet, which is less for a token with a short life. */
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

/** What came of looking into the store. */
type Found =
  | { readonly _tag: "Tokens"; readonly tokens: TokenSet }
  | { readonly _tag: "None"; readonly reason: "no-token" | "refresh-refused" }

const found = (tokens: TokenSet): Found => ({ _tag: "Tokens", tokens })

/** What all callers of one renewal get. `isLogin` says that it took a login. */
interface Got {
  readonly tokens: TokenSet
  readonly isLogin: boolean
}

/** Tokens that are not stored yet, and the stored ones that they replace. */
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
 * Has a valid token whenever a request needs one. All callers share one renewal, which runs in a fiber of the scope: an
 * interrupted caller takes nothing from the others, and no answer of the provider is lost. A token that another process
 * has renewed is found in the store. A failure is not kept.
 */
export const make = Effect.fnUntraced(function*(
  grant: Grant,
  store: TokenStore
): Effect.fn.Return<{ readonly auth: Auth.Service; readonly session: Session.Service }, never, Scope.Scope> {
  const current = yield* Ref.make(Option.none<TokenSet>())
  const unsaved = yield* Ref.make(Option.none<Unsaved>())
  const flight = yield* SingleFlight.make<Got, AuthError>()
  const {
    challenged = () => Effect.succeed(false),
    credentials = Effect.succeedNone,
    isInteractive,
    key,
    prepare = () => Effect.void,
    present = withHeader
  } = grant

  /**
   * Runs inside a modification of the store. A logout waits for that, so it finds these tokens, and they do not come
   * back after it.
   */
  const hold = (tokens: TokenSet, over: Option.Option<TokenSet>): Effect.Effect<void> =>
    Effect.zipRight(Ref.set(current, Option.some(tokens)), Ref.set(unsaved, Option.some({ tokens, over })))

  const saved = Ref.set(unsaved, Option.none())

  /** The stored tokens. If newer ones could not be stored, those, as long as nobody has stored others. */
  const latest = (stored: Option.Option<TokenSet>): Effect.Effect<Option.Option<TokenSet>> =>
    Effect.map(
      Ref.get(unsaved),
      (unsaved) =>
        Option.match(unsaved, {
          onNone: () => stored,
          onSome: ({ over, tokens }) => areSame(over, stored) ? Option.some(tokens) : stored
        })
    )

  /** If the refresh fails for another reason than a refusal, the old token is used while it is valid. */
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

  /**
   * The stored tokens if they are valid or can be refreshed. Otherwise new ones, unless a person must be asked for
   * them.
   */
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
        // This spends no token, and it may wait for code of the program.
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

  /** Asking a person can be interrupted. Keeping the answer cannot. */
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

  /** Tokens that could not be stored are still used by this program. */
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

  const renewed = (refused: Option.Option<string>): Effect.Effect<TokenSet, AuthError> =>
    Effect.map(flight.join(renewal(refused)), ({ tokens }) => tokens)

  /** Fails for an entry that cannot be opened, before a person logs in for it in vain. */
  const sealed = Effect.catchTag(
    store.get(key),
    "TokenStoreError",
    (error) => error.op === "unseal" ? Effect.fail(error) : Effect.void
  )

  /** Waits for a renewal that is under way. If that did not take a login, logs in. */
  const login: Effect.Effect<TokenSet, AuthError> = Effect.suspend(() =>
    Effect.flatMap(
      flight.current,
      Option.match({
        onNone: () =>
          Effect.flatMap(
            flight.join(sealed.pipe(Effect.zipRight(prepare(true)), Effect.zipRight(obtain("no-token")))),
            loggedIn
          ),
        onSome: (underWay) =>
          Effect.matchEffect(underWay, {
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
        // A negative age says nothing: the clock was put back.
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

  /** The key does not name a client that was registered on a page. The credentials do. */
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

  /** A logout keeps the DPoP key. It removes one that cannot be opened, because every login would fail with it. */
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
        // A provider that revokes a refresh token also revokes its access tokens.
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
