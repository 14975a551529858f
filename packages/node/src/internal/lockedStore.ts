import * as AuthError from "@effect-wps/auth/AuthError"
import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import { Refusal } from "./refusal.ts"

type Stored = Option.Option<TokenStore.Entry>

/**
 * The backend of a store that several processes use. One at a time holds `lock` for a key. `update` changes the entry
 * of a key in one step.
 */
export interface Backend {
  readonly lock: (key: TokenStore.ProfileKey) => Effect.Effect<void, Refusal, Scope.Scope>
  readonly read: (key: TokenStore.ProfileKey) => Effect.Effect<Stored, Refusal>
  readonly update: (
    key: TokenStore.ProfileKey,
    change: (current: Stored) => Effect.Effect<Stored, Refusal>
  ) => Effect.Effect<void, Refusal>
}

const encodeKey = Schema.encodeSync(Schema.parseJson(TokenStore.ProfileKey))

/** A short name for a key, which is also valid as a file name. */
export const nameOf = (key: TokenStore.ProfileKey): string =>
  createHash("sha256").update(encodeKey(key)).digest("hex").slice(0, 32)

const same = Option.getEquivalence(Schema.equivalence(TokenStore.Entry))

const failing = (op: AuthError.StoreOperation) =>
  Effect.mapError(({ reason }: Refusal) => new AuthError.TokenStoreError({ op, reason }))

export const make = (backend: Backend): TokenStore.Service => {
  /**
   * A holder that does not touch its lock for long, such as a stopped process, loses it. Then the currently stored
   * entry decides.
   */
  const store = (key: TokenStore.ProfileKey, before: Stored, next: Stored) =>
    same(before, next) ? Effect.void : backend.update(key, (current) =>
      same(before, current)
        ? Effect.succeed(next)
        : new Refusal({ reason: "another process changed the entry in the meantime. Try again" }))

  const change = (op: AuthError.StoreOperation): TokenStore.Service["modify"] => (key, f) =>
    // Not `Effect.scoped`, which would also provide the scope that `f` may require.
    Effect.acquireUseRelease(
      Scope.make(),
      (scope) =>
        backend.lock(key).pipe(
          Scope.extend(scope),
          failing(op),
          Effect.zipRight(Effect.uninterruptibleMask((restore) =>
            Effect.gen(function*() {
              const current = yield* failing(op)(backend.read(key))
              const [result, next] = yield* restore(f(current))
              yield* failing(op)(store(key, current, next))
              return result
            })
          ))
        ),
      (scope) => Scope.close(scope, Exit.void)
    )

  return {
    get: (key) => failing("get")(backend.read(key)),
    modify: change("modify"),
    clear: (key) => change("clear")(key, () => Effect.succeed([undefined, Option.none()]))
  }
}
