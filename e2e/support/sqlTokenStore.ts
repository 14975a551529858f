/** What the tests of the store in a database, and the processes that they start, do with it. */
import { type AuthError, TokenStore } from "@effect-wps/auth"
import * as SqlTokenStore from "@effect-wps/node/SqlTokenStore"
import { SqlClient } from "@effect/sql"
import { Context, Effect, Layer, Option, Redacted } from "effect"

export const keyOf = (profile: string) =>
  new TokenStore.ProfileKey({ issuer: "https://login.example.org", clientId: "wps", grant: "code", profile })

export const key = keyOf("default")
export const otherKey = keyOf("other")

export const secret = "very-secret"

export const entry = (n: number) => new TokenStore.Entry({ custom: Redacted.make({ n, code: secret }) })

export const count = (stored: Option.Option<TokenStore.Entry>): number =>
  Option.match(stored, { onNone: () => 0, onSome: ({ custom }) => Number(Redacted.value(custom)["n"]) })

/** One more than before, after a moment in which others could come between. Gives what was before. */
export const increment = (
  store: TokenStore.Service,
  of: TokenStore.ProfileKey
): Effect.Effect<number, AuthError.TokenStoreError> =>
  store.modify(
    of,
    (current) => Effect.as(Effect.yieldNow(), [count(current), Option.some(entry(count(current) + 1))] as const)
  )

export const open = (sql: SqlClient.SqlClient, options: SqlTokenStore.Options = {}) =>
  SqlTokenStore.layer(options).pipe(
    Layer.provide(Layer.succeed(SqlClient.SqlClient, sql)),
    Layer.build,
    Effect.map(Context.get(TokenStore.TokenStore))
  )
