import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { TokenStoreError } from "../AuthError.ts"
import type { Entry, Service } from "../TokenStore.ts"

const Sealed = Schema.Struct({ sealed: Schema.Uint8ArrayFromBase64 })

const decode = Schema.decodeUnknownOption(Sealed, { onExcessProperty: "error" })

/** The length of an IV and a tag. A shorter value was set by a custom scheme, and is not sealed. */
const shortest = 28

/** The sealed text of an entry. None if the entry holds anything in the clear. */
export const sealedOf = ({ credentials, custom, tokens }: Entry): Option.Option<string> =>
  Option.isSome(tokens) || Option.isSome(credentials)
    ? Option.none()
    : Option.filterMap(
      decode(Redacted.value(custom)),
      ({ sealed }) => sealed.length >= shortest ? Option.some(Encoding.encodeBase64(sealed)) : Option.none()
    )

/** Whether an entry is empty, as a logout leaves it. */
export const isEmpty = ({ credentials, custom, tokens }: Entry): boolean =>
  Option.isNone(tokens) && Option.isNone(credentials) && Record.isEmptyRecord(Redacted.value(custom))

/**
 * Fails for a sealed entry. It would otherwise look like an empty one, and secrets would be written beside the sealed
 * text.
 */
const opened = (entry: Option.Option<Entry>): Effect.Effect<Option.Option<Entry>, TokenStoreError> =>
  Option.isSome(Option.flatMap(entry, sealedOf))
    ? new TokenStoreError({
      op: "unseal",
      reason:
        "the stored entry is sealed. Provide the store through TokenStore.sealed with the key that it was sealed " +
        "with, or clear it, which is to log out, and log in again"
    })
    : Effect.succeed(entry)

/** The store for a user that cannot open sealed entries. */
export const unsealed = (store: Service): Service => ({
  get: (key) => Effect.flatMap(store.get(key), opened),
  modify: (key, f) => store.modify(key, (current) => Effect.flatMap(opened(current), f)),
  clear: store.clear
})
