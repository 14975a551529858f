import type * as AuthError from "@effect-wps/auth/AuthError"
import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

export const key = new TokenStore.ProfileKey({ issuer: "https://login.example.org", clientId: "wps", grant: "code" })

export const secret = "very-secret"
export const secretEntry = new TokenStore.Entry({ custom: Redacted.make({ n: 1, code: secret }) })

export const entry = (n: number, filler = "") => new TokenStore.Entry({ custom: Redacted.make({ n, filler }) })

export const count = (stored: Option.Option<TokenStore.Entry>): number =>
  Option.match(stored, { onNone: () => 0, onSome: ({ custom }) => Number(Redacted.value(custom)["n"]) })

export const put = (store: TokenStore.Service, of: TokenStore.ProfileKey, value: Option.Option<TokenStore.Entry>) =>
  store.modify(of, () => Effect.succeed([undefined, value]))

/** One more than before, after a moment in which others could come between. */
export const increment = (
  store: TokenStore.Service,
  of: TokenStore.ProfileKey,
  filler = ""
): Effect.Effect<number, AuthError.TokenStoreError> =>
  store.modify(
    of,
    (current) => Effect.as(Effect.yieldNow(), [count(current), Option.some(entry(count(current) + 1, filler))] as const)
  )
