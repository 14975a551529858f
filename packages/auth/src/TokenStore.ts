/**
 * Where tokens are kept between requests: a service with one primitive, an exclusive read-modify-write.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as HashMap from "effect/HashMap"
import * as Layer from "effect/Layer"
import * as MutableRef from "effect/MutableRef"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { type StoreOperation, TokenStoreError } from "./AuthError.ts"
import * as aesGcm from "./internal/aesGcm.ts"
import { isEmpty, sealedOf } from "./internal/sealedEntry.ts"

/**
 * A JSON value.
 *
 * @since 0.1.0
 * @category models
 */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

/**
 * A JSON value: numbers are finite.
 *
 * @since 0.1.0
 * @category models
 */
export const Json: Schema.Schema<Json> = Schema.suspend(() =>
  Schema.Union(
    Schema.String,
    Schema.JsonNumber,
    Schema.Boolean,
    Schema.Null,
    Schema.Array(Json),
    Schema.Record({ key: Schema.String, value: Json })
  )
)

/**
 * What a custom scheme remembers: JSON values by name.
 *
 * @since 0.1.0
 * @category models
 */
export const Custom = Schema.Record({ key: Schema.String, value: Json })

/**
 * What a custom scheme remembers: JSON values by name.
 *
 * @since 0.1.0
 * @category models
 */
export type Custom = typeof Custom.Type

/**
 * Whose tokens they are. Two keys with equal fields are equal.
 *
 * `profile` tells apart several logins of one client at one issuer.
 *
 * @since 0.1.0
 * @category models
 */
export class ProfileKey extends Schema.Class<ProfileKey>("@effect-wps/auth/TokenStore/ProfileKey")({
  issuer: Schema.String,
  clientId: Schema.String,
  grant: Schema.String,
  scope: Schema.String.pipe(Schema.propertySignature, Schema.withConstructorDefault(() => "")),
  profile: Schema.String.pipe(Schema.propertySignature, Schema.withConstructorDefault(() => "default"))
}) {}

/**
 * The tokens that an identity provider gave (RFC 6749 §5.1). Without `expiresAt`, the provider did not say when they
 * expire. `subject` and `name` say whose they are, if the provider sent an ID token.
 *
 * @since 0.1.0
 * @category models
 */
export class TokenSet extends Schema.Class<TokenSet>("@effect-wps/auth/TokenStore/TokenSet")({
  access: Schema.Redacted(Schema.String),
  refresh: Schema.optionalWith(Schema.Redacted(Schema.String), { as: "Option" }).pipe(
    Schema.withConstructorDefault(() => Option.none())
  ),
  obtainedAt: Schema.DateTimeUtc,
  expiresAt: Schema.optionalWith(Schema.DateTimeUtc, { as: "Option" }).pipe(
    Schema.withConstructorDefault(() => Option.none())
  ),
  scope: Schema.optionalWith(Schema.String, { as: "Option" }).pipe(
    Schema.withConstructorDefault(() => Option.none())
  ),
  tokenType: Schema.String.pipe(Schema.propertySignature, Schema.withConstructorDefault(() => "Bearer")),
  subject: Schema.optionalWith(Schema.String, { as: "Option" }).pipe(
    Schema.withConstructorDefault(() => Option.none())
  ),
  name: Schema.optionalWith(Schema.String, { as: "Option" }).pipe(
    Schema.withConstructorDefault(() => Option.none())
  )
}) {}

/**
 * The ID and the secret of a confidential client (RFC 6749 §2.3.1).
 *
 * @since 0.1.0
 * @category models
 */
export class ClientCredentials
  extends Schema.Class<ClientCredentials>("@effect-wps/auth/TokenStore/ClientCredentials")({
    clientId: Schema.String,
    clientSecret: Schema.Redacted(Schema.String)
  })
{}

/**
 * What is kept under one key. What a custom scheme remembers is as secret as a token.
 *
 * The encoded form is plain JSON with the secrets in the clear. A store that writes it must protect it.
 *
 * @since 0.1.0
 * @category models
 */
export class Entry extends Schema.Class<Entry>("@effect-wps/auth/TokenStore/Entry")({
  tokens: Schema.optionalWith(TokenSet, { as: "Option" }).pipe(Schema.withConstructorDefault(() => Option.none())),
  credentials: Schema.optionalWith(ClientCredentials, { as: "Option" }).pipe(
    Schema.withConstructorDefault(() => Option.none())
  ),
  custom: Schema.Redacted(Custom).pipe(
    Schema.propertySignature,
    Schema.withConstructorDefault(() => Redacted.make({}))
  )
}) {}

/**
 * The operations of a token store.
 *
 * `modify` runs `f` with the current entry while nobody else modifies that key, and stores the entry that `f` returns
 * (`None` removes it). If `f` fails or is interrupted, the entry stays as it was. `f` must not modify the same key: it
 * would wait for itself.
 *
 * `get` does not wait for a running `modify`.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly get: (key: ProfileKey) => Effect.Effect<Option.Option<Entry>, TokenStoreError>
  readonly modify: <A, E, R>(
    key: ProfileKey,
    f: (current: Option.Option<Entry>) => Effect.Effect<readonly [A, Option.Option<Entry>], E, R>
  ) => Effect.Effect<A, E | TokenStoreError, R>
  readonly clear: (key: ProfileKey) => Effect.Effect<void, TokenStoreError>
}

/**
 * Where tokens are kept.
 *
 * @example
 * ```ts
 * import { TokenStore } from "@effect-wps/auth"
 * import { DateTime, Effect, Option, Redacted } from "effect"
 *
 * const key = new TokenStore.ProfileKey({ issuer: "https://login.example.org", clientId: "wps", grant: "code" })
 *
 * const remember = Effect.gen(function*() {
 *   const store = yield* TokenStore.TokenStore
 *   const obtainedAt = yield* DateTime.now
 *   const tokens = new TokenStore.TokenSet({ access: Redacted.make("abcd"), obtainedAt })
 *   const entry = new TokenStore.Entry({ tokens: Option.some(tokens) })
 *   yield* store.modify(key, () => Effect.succeed([undefined, Option.some(entry)]))
 *   return yield* store.get(key)
 * })
 *
 * await Effect.runPromise(remember.pipe(Effect.provide(TokenStore.layerMemory)))
 * ```
 *
 * @since 0.1.0
 * @category tags
 */
export class TokenStore extends Context.Tag("@effect-wps/auth/TokenStore")<TokenStore, Service>() {}

interface Cell {
  readonly entry: Ref.Ref<Option.Option<Entry>>
  readonly lock: Effect.Semaphore
}

const makeCell: Effect.Effect<Cell> = Effect.all({
  entry: Ref.make(Option.none<Entry>()),
  lock: Effect.makeSemaphore(1)
})

/**
 * A token store that lives as long as the layer does. Never fails.
 *
 * @example
 * ```ts
 * import { TokenStore } from "@effect-wps/auth"
 * import { Effect, Option } from "effect"
 * import assert from "node:assert"
 *
 * const key = new TokenStore.ProfileKey({ issuer: "https://login.example.org", clientId: "wps", grant: "code" })
 *
 * const program = Effect.flatMap(TokenStore.TokenStore, (store) => store.get(key)).pipe(
 *   Effect.provide(TokenStore.layerMemory)
 * )
 *
 * assert(Option.isNone(await Effect.runPromise(program)))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerMemory: Layer.Layer<TokenStore> = Layer.effect(
  TokenStore,
  Effect.gen(function*() {
    const cells = yield* SynchronizedRef.make(HashMap.empty<ProfileKey, Cell>())

    const cellOf = (key: ProfileKey): Effect.Effect<Cell> =>
      SynchronizedRef.modifyEffect(cells, (known) =>
        Option.match(HashMap.get(known, key), {
          onNone: () => Effect.map(makeCell, (cell) => [cell, HashMap.set(known, key, cell)] as const),
          onSome: (cell) => Effect.succeed([cell, known] as const)
        }))

    const modify: Service["modify"] = (key, f) =>
      Effect.flatMap(cellOf(key), ({ entry, lock }) =>
        // Once f has succeeded its entry is stored, even if the caller is interrupted at that moment: it may be a
        // refresh token that replaces one already spent.
        lock.withPermits(1)(Effect.uninterruptibleMask((restore) =>
          Ref.get(entry).pipe(
            Effect.flatMap((current) => restore(f(current))),
            Effect.flatMap(([result, next]) => Effect.as(Ref.set(entry, next), result))
          )
        )))

    return TokenStore.of({
      get: (key) => Effect.flatMap(cellOf(key), ({ entry }) => Ref.get(entry)),
      modify,
      clear: (key) => modify(key, () => Effect.succeed([undefined, Option.none()]))
    })
  })
)

const EntryJson = Schema.parseJson(Entry)
const KeyJson = Schema.parseJson(ProfileKey)

const orFail = <A>(value: Effect.Effect<Option.Option<A>>, op: StoreOperation, reason: string) =>
  Effect.flatMap(value, Option.match({ onNone: () => new TokenStoreError({ op, reason }), onSome: Effect.succeed }))

const makeSealed = Effect.fnUntraced(function*(key: Redacted.Redacted, inner: Service) {
  const cipher = yield* orFail(
    aesGcm.fromKey(key),
    "unseal",
    "the key to seal it with is not 32 bytes in base64, or there is no WebCrypto here. " +
      "Make a key with: openssl rand -base64 32"
  )
  const context = (profile: ProfileKey) => Effect.orDie(Schema.encode(KeyJson)(profile))

  const seal = Effect.fnUntraced(function*(profile: ProfileKey, entry: Entry) {
    const text = yield* Effect.option(Schema.encode(EntryJson)(entry))
    const sealed = Option.isSome(text)
      ? cipher.seal(text.value, yield* context(profile))
      : Effect.succeedNone
    return new Entry({
      custom: Redacted.make({ sealed: yield* orFail(sealed, "modify", "the entry cannot be encrypted") })
    })
  })

  const open = Effect.fnUntraced(function*(profile: ProfileKey, entry: Entry) {
    const sealed = yield* orFail(
      Effect.succeed(sealedOf(entry)),
      "unseal",
      "the stored entry is not sealed, or has something in the clear beside. Clear it, which is to log out, and log in again"
    )
    const text = yield* cipher.open(sealed, yield* context(profile))
    return yield* orFail(
      Effect.succeed(Option.flatMap(text, Schema.decodeOption(EntryJson))),
      "unseal",
      "the stored entry cannot be unsealed: it was sealed with another key or for another profile, or was changed. " +
        "Give the key that it was sealed with, or clear it, which is to log out, and log in again"
    )
  })

  /** A logout through the other store leaves an empty entry, which counts as none. */
  const openAny = (profile: ProfileKey, current: Option.Option<Entry>) =>
    Effect.transposeMapOption(Option.filter(current, (entry) => !isEmpty(entry)), (entry) => open(profile, entry))

  // Encrypting takes a moment, and an interruption in that moment would lose the result of f. So the modification has a
  // fiber of its own, which is not interrupted once f is done. The fiber is a daemon, because an interruption reaches
  // the children of a fiber at once.
  const modify: Service["modify"] = (profile, f) =>
    Effect.uninterruptibleMask((restore) =>
      Effect.gen(function*() {
        const done = MutableRef.make(false)
        const modifying = inner.modify(profile, (current) =>
          Effect.gen(function*() {
            const opened = yield* openAny(profile, current)
            const [result, next] = yield* f(opened)
            MutableRef.set(done, true)
            return [result, yield* Effect.transposeMapOption(next, (entry) => seal(profile, entry))] as const
          }))
        const running = yield* Effect.forkDaemon(restore(modifying))
        const leave = Effect.suspend(() => MutableRef.get(done) ? Fiber.await(running) : Fiber.interrupt(running))
        return yield* Effect.onInterrupt(restore(Fiber.join(running)), () => leave)
      })
    )

  return TokenStore.of({
    get: (profile) => Effect.flatMap(inner.get(profile), (current) => openAny(profile, current)),
    modify,
    clear: inner.clear
  })
})

/**
 * Seals the entries of another store, so that whoever reads its file, its memory dump or its backup gets no token.
 *
 * `key` is 32 random bytes in base64, as `openssl rand -base64 32` prints them. It is used as it is, so it cannot be a
 * password.
 *
 * An entry is encrypted with AES-256-GCM and a fresh IV each time, bound to its profile key, and stored in the other
 * store as an entry whose `custom` has only `sealed`: IV and ciphertext in base64. The profile keys are in the clear.
 *
 * The layer fails with `TokenStoreError` if `key` is not such a key. `get` and `modify` fail so if the entry was sealed
 * with another key or for another profile, was changed, or is not sealed. The layers that log in fail so if they find a
 * sealed entry in a store without this layer. `clear` removes such an entry.
 *
 * @example
 * ```ts
 * import { TokenStore } from "@effect-wps/auth"
 * import { Config, Effect, Layer } from "effect"
 *
 * // With NodeTokenStore.layerFile() of @effect-wps/node in the place of layerMemory: a sealed file.
 * export const store = Layer.unwrapEffect(
 *   Effect.map(Config.redacted("WPS_TOKEN_KEY"), (key) => TokenStore.layerMemory.pipe(TokenStore.sealed(key)))
 * )
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const sealed =
  (key: Redacted.Redacted) =>
  <E, R>(inner: Layer.Layer<TokenStore, E, R>): Layer.Layer<TokenStore, E | TokenStoreError, R> =>
    Layer.provide(Layer.effect(TokenStore, Effect.flatMap(TokenStore, (store) => makeSealed(key, store))), inner)
