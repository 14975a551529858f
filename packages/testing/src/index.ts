/**
 * @since 0.1.0
 */
export * as IdentityProvider from "./IdentityProvider.ts"
/**
 * @since 0.1.0
 */
export * as LlnlNode from "./LlnlNode.ts"
/**
 * @since 0.1.0
 */
export * as Quirk from "./Quirk.ts"
/**
 * @since 0.1.0
 */
export * as ScriptedServer from "./ScriptedServer.ts"
/**
 * @since 0.1.0
 */
export * as WpsNode from "./WpsNode.ts"
/**
 * @since 0.1.0
 */
export * as WpsServer from "./WpsServer.ts"
/**
 * @since 0.1.0
 */
export * as WpsTest from "./WpsTest.ts"
