/**
 * @since 0.1.0
 */
export * as Auth from "./Auth.ts"

/**
 * @since 0.1.0
 */
export * as AuthError from "./AuthError.ts"

/**
 * @since 0.1.0
 */
export * as BasicAuth from "./BasicAuth.ts"

/**
 * @since 0.1.0
 */
export * as BearerAuth from "./BearerAuth.ts"

/**
 * @since 0.1.0
 */
export * as CustomAuth from "./CustomAuth.ts"

/**
 * @since 0.1.0
 */
export * as KeycloakAuth from "./KeycloakAuth.ts"

/**
 * @since 0.1.0
 */
export * as LoginUi from "./LoginUi.ts"

/**
 * @since 0.1.0
 */
export * as Loopback from "./Loopback.ts"

/**
 * @since 0.1.0
 */
export * as OAuth from "./OAuth.ts"

/**
 * @since 0.1.0
 */
export * as Session from "./Session.ts"

/**
 * @since 0.1.0
 */
export * as TokenStore from "./TokenStore.ts"
