import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

const algorithm = "AES-GCM"
const keyLength = 32
const ivLength = 12

const bytes = (text: string): Uint8Array<ArrayBuffer> => Uint8Array.from(new TextEncoder().encode(text))

const fromBase64 = (text: string): Option.Option<Uint8Array<ArrayBuffer>> =>
  Option.map(Either.getRight(Encoding.decodeBase64(text)), (decoded) => Uint8Array.from(decoded))

const encrypt = (key: CryptoKey, plain: string, context: string): Promise<string> => {
  const iv = globalThis.crypto.getRandomValues(new Uint8Array(ivLength))
  return globalThis.crypto.subtle
    .encrypt({ name: algorithm, iv, additionalData: bytes(context) }, key, bytes(plain))
    .then((sealed) => Encoding.encodeBase64(Uint8Array.from([...iv, ...new Uint8Array(sealed)])))
}

const decrypt = (key: CryptoKey, sealed: Uint8Array<ArrayBuffer>, context: string): Promise<string> =>
  globalThis.crypto.subtle
    .decrypt(
      { name: algorithm, iv: sealed.subarray(0, ivLength), additionalData: bytes(context) },
      key,
      sealed.subarray(ivLength)
    )
    .then((plain) => new TextDecoder().decode(plain))

/** None for a failure: the errors of WebCrypto are the same for every cause. */
const attempt = <A>(evaluate: () => Promise<A>): Effect.Effect<Option.Option<A>> =>
  Effect.option(Effect.tryPromise(evaluate))

/** Seals text under one key (NIST SP 800-38D). What was sealed in one context does not open in another. */
export interface AesGcm {
  readonly seal: (plain: string, context: string) => Effect.Effect<Option.Option<string>>
  readonly open: (sealed: string, context: string) => Effect.Effect<Option.Option<string>>
}

const make = (key: CryptoKey): AesGcm => ({
  seal: (plain, context) => attempt(() => encrypt(key, plain, context)),
  open: (text, context) =>
    Option.match(fromBase64(text), {
      onNone: () => Effect.succeedNone,
      onSome: (sealed) => attempt(() => decrypt(key, sealed, context))
    })
})

/** None for a key that is not 32 bytes in base64, and where there is no WebCrypto. */
export const fromKey = (key: Redacted.Redacted): Effect.Effect<Option.Option<AesGcm>> =>
  Option.match(Option.filter(fromBase64(Redacted.value(key)), ({ length }) => length === keyLength), {
    onNone: () => Effect.succeedNone,
    onSome: (raw) =>
      Effect.map(
        attempt(() => globalThis.crypto.subtle.importKey("raw", raw, algorithm, false, ["encrypt", "decrypt"])),
        Option.map(make)
      )
  })
