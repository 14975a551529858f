import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as oauth from "oauth4webapi"
import { type AuthError, TokenStoreError } from "../AuthError.ts"
import { Entry, ProfileKey, type Service as TokenStore, type TokenSet } from "../TokenStore.ts"
import * as Renewable from "./renewable.ts"

/** Tokens that are valid only together with a proof made with their key (RFC 9449). */
export interface Dpop {
  readonly handle: Effect.Effect<oauth.DPoPHandle, AuthError>
  /** The request with its token, and a proof for its method and address. */
  readonly present: (
    request: HttpClientRequest.HttpClientRequest,
    tokens: TokenSet
  ) => Effect.Effect<HttpClientRequest.HttpClientRequest, AuthError>
  /** Whether the service asks for a nonce in the proof. The next proof then has it. */
  readonly challenged: (
    sent: HttpClientRequest.HttpClientRequest,
    response: HttpClientResponse.HttpClientResponse
  ) => Effect.Effect<boolean, AuthError>
}

const algorithm = { name: "ECDSA", namedCurve: "P-256" } as const

/** An EC key as RFC 7518 §6.2 writes it. */
const PrivateKey = Schema.Struct({
  kty: Schema.Literal("EC"),
  crv: Schema.Literal("P-256"),
  x: Schema.String,
  y: Schema.String,
  d: Schema.String
})
type PrivateKey = typeof PrivateKey.Type

const generate: Effect.Effect<PrivateKey> = Effect.promise(() =>
  crypto.subtle.generateKey(algorithm, true, ["sign", "verify"]).then(({ privateKey }) =>
    crypto.subtle.exportKey("jwk", privateKey)
  )
).pipe(Effect.flatMap(Schema.decodeUnknown(PrivateKey)), Effect.orDie)

const keyPair = ({ d, ...jwk }: PrivateKey): Effect.Effect<oauth.CryptoKeyPair> =>
  Effect.promise(() =>
    Promise.all([
      crypto.subtle.importKey("jwk", { ...jwk, d }, algorithm, false, ["sign"]),
      crypto.subtle.importKey("jwk", jwk, algorithm, true, ["verify"])
    ]).then(([privateKey, publicKey]) => ({ privateKey, publicKey }))
  )

/** The profile key under which the DPoP key is stored. */
export const keyOf = (key: ProfileKey): ProfileKey => new ProfileKey({ ...fieldsOf(key), grant: `${key.grant}#dpop` })

/**
 * The key is made once and kept in the store, in an entry of its own. Whoever shares the tokens shares the key, and a
 * login or a logout does not change it.
 */
export const make = Effect.fnUntraced(function*(
  key: ProfileKey,
  store: TokenStore
): Effect.fn.Return<Dpop, never, Scope.Scope> {
  const ownKey = keyOf(key)

  const stored = store.modify(ownKey, (entry) =>
    Option.match(entry, {
      onNone: () =>
        Effect.map(generate, (jwk) => [jwk, Option.some(new Entry({ custom: Redacted.make({ dpop: jwk }) }))] as const),
      onSome: ({ custom }) =>
        Schema.decodeUnknown(PrivateKey)(Redacted.value(custom)["dpop"]).pipe(
          Effect.mapBoth({
            onFailure: () =>
              new TokenStoreError({
                op: "modify",
                reason: "the stored DPoP key is damaged. Delete it and log in again"
              }),
            onSuccess: (jwk) => [jwk, entry] as const
          })
        )
    }))

  const { get: handle } = yield* Renewable.make(
    Effect.all({ pair: Effect.flatMap(stored, keyPair), now: Clock.currentTimeMillis }).pipe(
      Effect.map(({ now, pair }) => {
        const skew = Math.round((now - DateTime.toEpochMillis(DateTime.unsafeNow())) / 1000)
        return oauth.DPoP({ [oauth.clockSkew]: skew }, pair)
      })
    )
  )

  /**
   * oauth4webapi makes proofs only for requests that it sends itself. So its `fetch` is replaced by one that sends
   * nothing, and keeps the headers.
   */
  const prove = (request: HttpClientRequest.HttpClientRequest, access: string, answer: globalThis.Headers) =>
    Effect.flatMap(handle, (DPoP) =>
      Effect.promise(() => {
        let headers: Readonly<Record<string, string>> = {}
        const url = Option.getOrThrow(HttpClientRequest.toUrl(request))
        return oauth.protectedResourceRequest(access, request.method, url, new globalThis.Headers(), null, {
          DPoP,
          [oauth.allowInsecureRequests]: true,
          [oauth.customFetch]: (_, options) => {
            headers = options.headers
            return Promise.resolve(new Response(null, { status: 204, headers: answer }))
          }
        }).then(() => headers)
      }))

  return {
    handle,
    present: (request, { access, tokenType }) =>
      tokenType.toLowerCase() === "dpop"
        ? Effect.map(
          prove(request, Redacted.value(access), new globalThis.Headers()),
          (headers) => HttpClientRequest.setHeaders(request, headers)
        )
        // A provider that does not support DPoP gives a bearer token.
        : Effect.succeed(HttpClientRequest.bearerToken(request, access)),
    challenged: (sent, response) =>
      Option.match(Option.all([Headers.get(response.headers, "dpop-nonce"), Headers.get(sent.headers, "dpop")]), {
        onNone: () => Effect.succeed(false),
        onSome: ([nonce]) =>
          Effect.as(
            prove(sent, "none", new globalThis.Headers({ "dpop-nonce": nonce })),
            Option.exists(
              Headers.get(response.headers, "www-authenticate"),
              (challenge) => challenge.includes("use_dpop_nonce")
            )
          )
      })
  }
})

const fieldsOf = ({ clientId, grant, issuer, profile, scope }: ProfileKey) => ({
  clientId,
  grant,
  issuer,
  profile,
  scope
})
