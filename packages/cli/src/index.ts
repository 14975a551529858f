/**
 * @since 0.1.0
 */
export * as Cli from "./Cli.ts"
/**
 * @since 0.1.0
 */
export * as CliError from "./CliError.ts"
/**
 * @since 0.1.0
 */
export * as Convert from "./Convert.ts"
/**
 * @since 0.1.0
 */
export * as Generate from "./Generate.ts"
/**
 * @since 0.1.0
 */
export * as StandardInput from "./StandardInput.ts"
