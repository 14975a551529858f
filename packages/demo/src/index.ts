/**
 * @since 0.1.0
 */
export * as Compute from "./Compute.ts"
/**
 * @since 0.1.0
 */
export * as ComputeError from "./ComputeError.ts"
/**
 * @since 0.1.0
 */
export * as ComputeNode from "./ComputeNode.ts"
/**
 * @since 0.1.0
 */
export * as Field from "./Field.ts"
/**
 * @since 0.1.0
 */
export * as NetCdf from "./NetCdf.ts"
/**
 * @since 0.1.0
 */
export * as Picture from "./Picture.ts"
/**
 * @since 0.1.0
 */
export * as Sample from "./Sample.ts"
/**
 * @since 0.1.0
 */
export * as Selection from "./Selection.ts"
