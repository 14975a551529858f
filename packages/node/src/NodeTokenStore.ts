/**
 * Token stores that outlive a program, and that the processes of a user share: a file, and the keyring of the system.
 *
 * @since 0.1.0
 */
import * as AuthError from "@effect-wps/auth/AuthError"
import * as TokenStore from "@effect-wps/auth/TokenStore"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import { join, resolve } from "node:path"
import { dataDirectory } from "./internal/dataDirectory.ts"
import * as fileStore from "./internal/fileStore.ts"
import * as keyringStore from "./internal/keyringStore.ts"

/**
 * The keyring cannot be used. With `not-installed`, its package is missing. With `refused`, there is no keyring, or it
 * is locked, or it refused.
 *
 * @since 0.1.0
 * @category errors
 */
export class KeyringUnavailable
  extends Schema.TaggedError<KeyringUnavailable>("@effect-wps/node/NodeTokenStore/KeyringUnavailable")(
    "KeyringUnavailable",
    { reason: Schema.Literal("not-installed", "refused"), detail: Schema.String }
  )
{
  override get message(): string {
    return `Tokens cannot be kept in the keyring: ${this.detail}. ` +
      (this.reason === "not-installed"
        ? "Install it (npm install @napi-rs/keyring)"
        : "See that there is one and that it is unlocked") +
      ", or keep them in a file that only you can read, with NodeTokenStore.layerFile."
  }
}

/**
 * `path` is the file. The default is `tokens.json` in the directory for the user's data: `$XDG_DATA_HOME/effect-wps` or
 * `~/.local/share/effect-wps`, `~/Library/Application Support/effect-wps` on macOS, `%LOCALAPPDATA%\effect-wps` on
 * Windows.
 *
 * `lockTimeout` is how long to wait while another process modifies the same entry. The default is 30 seconds. Fibers of
 * this process wait for each other without a limit.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileOptions {
  readonly path?: string | undefined
  readonly lockTimeout?: Duration.DurationInput | undefined
}

/**
 * `service` is the name under which the keyring lists the items. The default is `effect-wps`.
 *
 * `lockTimeout` is the same as for the file.
 *
 * @since 0.1.0
 * @category models
 */
export interface KeyringOptions {
  readonly service?: string | undefined
  readonly lockTimeout?: Duration.DurationInput | undefined
}

const defaultTimeout: Duration.DurationInput = "30 seconds"

const userDirectory = Effect.suspend(() => dataDirectory(process.platform)).pipe(
  Effect.mapError(() =>
    new AuthError.TokenStoreError({
      op: "get",
      reason: "there is no home directory in the settings (HOME, XDG_DATA_HOME or LOCALAPPDATA). " +
        "Set it, or give NodeTokenStore.layerFile a path"
    })
  )
)

/**
 * Keeps tokens unencrypted in one JSON file that only this user can read (mode 0600). `TokenStore.sealed` encrypts the
 * entries.
 *
 * Each write replaces the whole file, so a reader never waits and never sees half of it. Between processes, a
 * modification holds a lock, `tokens.json.<key>.lock`. The lock of a killed process is taken over. The file must be on
 * a file system on which creating a file exclusively is atomic.
 *
 * The first write creates the directory with mode 0700. Each operation fails with `TokenStoreError`, which says what to
 * do, if the file is a symbolic link, is not a regular file, belongs to another user, is open to others, is damaged, or
 * has an unknown version, or if others can write in its directory. On Windows, the directory decides who can read the
 * file.
 *
 * The layer fails if no `path` is given and there is no home directory.
 *
 * @example
 * ```ts
 * import { TokenStore } from "@effect-wps/auth"
 * import { NodeTokenStore } from "@effect-wps/node"
 * import { Config, Effect, Layer } from "effect"
 *
 * export const file = NodeTokenStore.layerFile()
 *
 * export const sealedFile = Layer.unwrapEffect(
 *   Effect.map(Config.redacted("WPS_TOKEN_KEY"), (key) => TokenStore.sealed(key)(NodeTokenStore.layerFile()))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerFile = (
  options: FileOptions = {}
): Layer.Layer<TokenStore.TokenStore, AuthError.TokenStoreError> =>
  Layer.effect(
    TokenStore.TokenStore,
    Effect.gen(function*() {
      const path = options.path ?? join(yield* userDirectory, "tokens.json")
      return yield* fileStore.make(resolve(path), options.lockTimeout ?? defaultTimeout)
    })
  ).pipe(Layer.provide(NodeFileSystem.layer))

/**
 * Keeps tokens in the keyring of the system: the Keychain of macOS, the Credential Manager of Windows, or the Secret
 * Service of a Linux desktop. It needs the package `@napi-rs/keyring`.
 *
 * Each profile is one item. The locks between processes are files in the default directory of `layerFile`, and contain
 * no secrets.
 *
 * The layer first writes and deletes an item as a test. The system may then ask the person to unlock the keyring. If
 * the test fails, the layer fails with `KeyringUnavailable`. It does not fall back to a file silently. Windows accepts
 * items of up to 2560 bytes, which large tokens exceed.
 *
 * @example
 * ```ts
 * import { NodeTokenStore } from "@effect-wps/node"
 * import { Effect, Layer } from "effect"
 *
 * // A file where there is no keyring, because this program says so.
 * export const store = NodeTokenStore.layerKeyring().pipe(
 *   Layer.catchAll((error) =>
 *     Layer.unwrapEffect(Effect.as(Effect.logWarning(error.message), NodeTokenStore.layerFile()))
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerKeyring = (
  options: KeyringOptions = {}
): Layer.Layer<TokenStore.TokenStore, KeyringUnavailable | AuthError.TokenStoreError> =>
  Layer.effect(
    TokenStore.TokenStore,
    Effect.gen(function*() {
      const directory = yield* userDirectory
      const timeout = options.lockTimeout ?? defaultTimeout
      return yield* keyringStore.make(options.service ?? "effect-wps", directory, timeout).pipe(
        Effect.catchTag("Unusable", ({ detail, reason }) => new KeyringUnavailable({ detail, reason }))
      )
    })
  ).pipe(Layer.provide(NodeFileSystem.layer))
