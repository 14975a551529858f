import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { type AuthError, LoginRequired } from "../AuthError.ts"
import type { Service as LoginUi } from "../LoginUi.ts"
import type { Client } from "../OAuth.ts"
import { ClientCredentials, Entry, type ProfileKey, type Service as TokenStore } from "../TokenStore.ts"
import type { Protocol } from "./oauthProtocol.ts"
import { step } from "./step.ts"

export interface RegisteredClient {
  readonly registration: Effect.Effect<Client, AuthError>
  readonly prepare: (protocol: Protocol) => (anew: boolean) => Effect.Effect<void, AuthError>
  readonly credentials: Effect.Effect<Option.Option<ClientCredentials>>
  /** Forgets what was typed when the provider does not accept it, so that it is asked for again. */
  readonly verified: <A>(call: Effect.Effect<A, AuthError>) => Effect.Effect<A, AuthError>
}

const isRejection = (error: AuthError): boolean =>
  error._tag === "ProviderError" &&
  Option.exists(error.code, (code) => code === "invalid_client" || code === "unauthorized_client")

/**
 * The client ID and secret: those that the program gave, or else those in the store, or else those that a person types.
 */
export const make = Effect.fnUntraced(function*(options: {
  readonly clientId?: string | undefined
  readonly clientSecret?: Redacted.Redacted | undefined
  readonly keepUnverified?: boolean | undefined
  readonly key: ProfileKey
  readonly page: URL
  readonly ui: LoginUi
  readonly store: TokenStore
}): Effect.fn.Return<RegisteredClient> {
  const { clientId, clientSecret, key, page, store, ui } = options
  const isGiven = clientId !== undefined && clientSecret !== undefined
  /** Stored credentials that the provider refused. They are not tried again: a person is asked. */
  const rejected = yield* Ref.make(Option.none<ClientCredentials>())
  const known = yield* Ref.make(
    clientId === undefined || clientSecret === undefined
      ? Option.none<ClientCredentials>()
      : Option.some(new ClientCredentials({ clientId, clientSecret }))
  )

  /** What the program gave replaces what is stored or typed. */
  const completed = (other: ClientCredentials): ClientCredentials =>
    new ClientCredentials({
      clientId: clientId ?? other.clientId,
      clientSecret: clientSecret ?? other.clientSecret
    })

  const stored = Effect.map(
    store.get(key),
    (entry) => Option.map(Option.flatMap(entry, ({ credentials }) => credentials), completed)
  )

  const keep = (credentials: ClientCredentials) =>
    store.modify(key, (entry) =>
      Effect.succeed([
        undefined,
        Option.some(
          new Entry({
            ...Option.match(entry, { onNone: () => ({}), onSome: ({ custom, tokens }) => ({ custom, tokens }) }),
            credentials: Option.some(credentials)
          })
        )
      ]))

  const ask = (protocol: Protocol): Effect.Effect<ClientCredentials, AuthError> =>
    // If no person is there, the page is not fetched either.
    Effect.zipRight(ui.hasBrowser, step("registration", page.origin)(protocol.registration(page))).pipe(
      Effect.zipRight(step("answer", protocol.issuer)(ui.askClientCredentials(page))),
      Effect.map(completed),
      Effect.tap((typed) => options.keepUnverified === true ? keep(typed) : Effect.void)
    )

  return {
    // A process that only logs out has asked for no token before, so nothing is known yet.
    registration: Effect.flatMap(
      Effect.flatMap(Ref.get(known), Option.match({ onNone: () => stored, onSome: Effect.succeedSome })),
      Option.match({
        onNone: (): Effect.Effect<Client, AuthError> =>
          new LoginRequired({ reason: "no-token", detail: "the client ID and the client secret are not known" }),
        onSome: ({ clientId, clientSecret }) =>
          Effect.succeed({ clientId, authentication: { _tag: "ClientSecret", secret: clientSecret } })
      })
    ),
    prepare: (protocol) => (anew) =>
      Effect.gen(function*() {
        if (isGiven || (!anew && Option.isSome(yield* Ref.get(known)))) return
        const refused = yield* Ref.get(rejected)
        const found = anew
          ? Option.none()
          : Option.filter(yield* stored, (one) => !Equal.equals(Option.some(one), refused))
        yield* Ref.set(known, Option.some(Option.isSome(found) ? found.value : yield* ask(protocol)))
      }),
    // What the program gave is not stored.
    credentials: isGiven ? Effect.succeedNone : Ref.get(known),
    verified: (call) =>
      Effect.tapError(call, (error) =>
        isRejection(error) && (clientId === undefined || clientSecret === undefined)
          ? Effect.flatMap(Ref.getAndSet(known, Option.none()), (refused) =>
            options.keepUnverified === true ? Effect.void : Ref.set(rejected, refused))
          : Effect.void)
  }
})
