/**
 * @since 0.1.0
 */
export * as Capabilities from "./Capabilities.ts"
/**
 * @since 0.1.0
 */
export * as DataValue from "./DataValue.ts"
/**
 * @since 0.1.0
 */
export * as Endpoint from "./Endpoint.ts"
/**
 * @since 0.1.0
 */
export * as Execute from "./Execute.ts"
/**
 * @since 0.1.0
 */
export * as Input from "./Input.ts"
/**
 * @since 0.1.0
 */
export * as Job from "./Job.ts"
/**
 * @since 0.1.0
 */
export * as Literal from "./Literal.ts"
/**
 * @since 0.1.0
 */
export * as Metalink from "./Metalink.ts"
/**
 * @since 0.1.0
 */
export * as Operation from "./Operation.ts"
/**
 * @since 0.1.0
 */
export * as Output from "./Output.ts"
/**
 * @since 0.1.0
 */
export * as Ows from "./Ows.ts"
/**
 * @since 0.1.0
 */
export * as Process from "./Process.ts"
/**
 * @since 0.1.0
 */
export * as ProcessDescription from "./ProcessDescription.ts"
/**
 * @since 0.1.0
 */
export * as Upload from "./Upload.ts"
/**
 * @since 0.1.0
 */
export * as Wps100 from "./Wps100.ts"
/**
 * @since 0.1.0
 */
export * as Wps200 from "./Wps200.ts"
/**
 * @since 0.1.0
 */
export * as WpsClient from "./WpsClient.ts"
/**
 * @since 0.1.0
 */
export * as WpsDocument from "./WpsDocument.ts"
/**
 * @since 0.1.0
 */
export * as WpsError from "./WpsError.ts"
/**
 * @since 0.1.0
 */
export * as WpsProtocol from "./WpsProtocol.ts"
