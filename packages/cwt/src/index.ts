/**
 * @since 0.1.0
 */
export * as Cdat from "./Cdat.ts"
/**
 * @since 0.1.0
 */
export * as Convert from "./Convert.ts"
/**
 * @since 0.1.0
 */
export * as CwtError from "./CwtError.ts"
/**
 * @since 0.1.0
 */
export * as DataInputs from "./DataInputs.ts"
/**
 * @since 0.1.0
 */
export * as Dimension from "./Dimension.ts"
/**
 * @since 0.1.0
 */
export * as Domain from "./Domain.ts"
/**
 * @since 0.1.0
 */
export * as Gridder from "./Gridder.ts"
/**
 * @since 0.1.0
 */
export * as Llnl from "./Llnl.ts"
/**
 * @since 0.1.0
 */
export * as Mask from "./Mask.ts"
/**
 * @since 0.1.0
 */
export * as Parameter from "./Parameter.ts"
/**
 * @since 0.1.0
 */
export * as Processes from "./Processes.ts"
/**
 * @since 0.1.0
 */
export * as Variable from "./Variable.ts"
/**
 * @since 0.1.0
 */
export * as Workflow from "./Workflow.ts"
