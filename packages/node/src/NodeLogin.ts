/**
 * Everything that a login needs on Node, in one layer.
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
 * A login at a terminal. It talks to the person there, waits for the browser's answer on a port of 127.0.0.1, and keeps
 * the tokens in the user's token file, so that the next program needs no login.
 *
 * It combines `TerminalLogin.layer`, `LoopbackServer.layer` and `NodeTokenStore.layerFile`, for programs that need no
 * others.
 *
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
 *
 * @since 0.1.0
 * @category layers
 */
export const layer: Layer.Layer<
  LoginUi.LoginUi | Loopback.Loopback | TokenStore.TokenStore,
  AuthError.TokenStoreError
> = Layer.mergeAll(
  LoopbackServer.layer,
  NodeTokenStore.layerFile(),
  TerminalLogin.layer().pipe(Layer.provide([NodeFileSystem.layer, NodeTerminal.layer]))
)
