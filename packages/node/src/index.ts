/**
 * @since 0.1.0
 */
export * as LoopbackServer from "./LoopbackServer.ts"

/**
 * @since 0.1.0
 */
export * as NodeLogin from "./NodeLogin.ts"

/**
 * @since 0.1.0
 */
export * as NodeTokenStore from "./NodeTokenStore.ts"

/**
 * @since 0.1.0
 */
export * as SqlTokenStore from "./SqlTokenStore.ts"

/**
 * @since 0.1.0
 */
export * as TerminalLogin from "./TerminalLogin.ts"

/**
 * @since 0.1.0
 */
export * as UndiciClient from "./UndiciClient.ts"
