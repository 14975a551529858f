/**
 * Token stores that outlive a program and are shared by the processes of a user: a file, and the keyring of the system.
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
 * The keyring cannot be used: its package is missing (`not-installed`), or there is none, it is locked, or it said no
 * (`refused`).
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
 * `path` is the file, `tokens.json` in the directory for the data of this user unless you say otherwise:
 * `$XDG_DATA_HOME/effect-wps` or `~/.local/share/effect-wps`, `~/Library/Application Support/effect-wps` on macOS,
 * `%LOCALAPPDATA%\effect-wps` on Windows.
 *
 * `lockTimeout` is how long to wait while another process modifies the same entry, 30 seconds unless you say otherwise.
 * Fibers of this process wait as long as it takes.
 *
 * @since 0.1.0
 * @category models
 */
export interface FileOptions {
  readonly path?: string | undefined
  readonly lockTimeout?: Duration.DurationInput | undefined
}

/**
 * `service` is the name under which the keyring lists the items, `effect-wps` unless you say otherwise.
 *
 * `lockTimeout` is as for the file.
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
 * Keeps tokens in one file of JSON, in the clear, that only this user can read (mode 0600). With `TokenStore.sealed` it
 * is encrypted.
 *
 * The file is replaced whole, so a reader never waits and never sees half of it. Between processes a modification holds
 * a lock, `tokens.json.<key>.lock`; that of a process that was killed is taken over. The file must be on a file system
 * on which creating a file exclusively is atomic.
 *
 * The directory is made with mode 0700 when something is first stored. Each operation fails with `TokenStoreError`, which
 * says what to do, when the file is a symbolic link, not a regular file, another user's, open to others, damaged or of an
 * unknown version, or when others can write in its directory. On Windows who can read it is the directory's to say.
 *
 * The layer fails when no `path` is given and there is no home directory.
 *
 * @since 0.1.0
 * @category layers
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
 * Keeps tokens in the keyring of the system: the Keychain of macOS, the Credential Manager of Windows, the Secret Service
 * of a Linux desktop. It needs the package `@napi-rs/keyring`.
 *
 * Each profile is one item. The locks between processes are files in the directory of `layerFile`, without secrets.
 *
 * The layer writes and deletes an item to see that it can, which may make the system ask the person to unlock the
 * keyring, and fails with `KeyringUnavailable` otherwise. There is no silent fallback to a file. Windows takes items of
 * up to 2560 bytes, which large tokens exceed.
 *
 * @since 0.1.0
 * @category layers
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
