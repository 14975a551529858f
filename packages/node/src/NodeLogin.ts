/**
 * All that a login needs on Node, in one layer.
 *
 * @since 0.1.0
 */
import type { AuthError, LoginUi, Loopback, TokenStore } from "@effect-wps/auth"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import * as Layer from "effect/Layer"
import * as LoopbackServer from "./LoopbackServer.ts"
import * as NodeTokenStore from "./NodeTokenStore.ts"
import * as TerminalLogin from "./TerminalLogin.ts"

/**
 * A login in a terminal: the person is talked to there, the answer of a browser is waited for on a port of 127.0.0.1, and
 * what was obtained is kept in the user's token file, so that the next program needs no login.
 *
 * It is `TerminalLogin.layer`, `LoopbackServer.layer` and `NodeTokenStore.layerFile`, for programs that need no other.
 *
 * @since 0.1.0
 * @category layers
 * @example
 * ```ts
 * import { KeycloakAuth } from "@effect-wps/auth"
 * import { NodeLogin } from "@effect-wps/node"
 * import { NodeHttpClient } from "@effect/platform-node"
 * import { Layer } from "effect"
 *
 * export const auth = KeycloakAuth.layerAuthorizationCode({
 *   url: "https://compute.node/auth",
 *   realm: "compute-cluster",
 *   clientId: "wps"
 * }).pipe(Layer.provide([NodeLogin.layer, NodeHttpClient.layerUndici]))
 * ```
 */
export const layer: Layer.Layer<
  LoginUi.LoginUi | Loopback.Loopback | TokenStore.TokenStore,
  AuthError.TokenStoreError
> = Layer.mergeAll(
  LoopbackServer.layer,
  NodeTokenStore.layerFile(),
  TerminalLogin.layer().pipe(Layer.provide([NodeFileSystem.layer, NodeTerminal.layer]))
)
