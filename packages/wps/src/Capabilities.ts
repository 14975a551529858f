/**
 * What a service offers: the answer to GetCapabilities of any version.
 *
 * @see OGC 05-007r7 §8.3, OGC 14-065r2 §9.8
 * @since 0.1.0
 */
import type * as Option from "effect/Option"
import type { Domain, Metadata, OperationMetadata, ServiceIdentification, ServiceProvider } from "./Ows.ts"

/**
 * A process as the list of processes shows it.
 *
 * @see OGC 05-007r7 §8.3 table 11 (ProcessBrief), OGC 14-065r2 §9.7 (ProcessSummary)
 * @since 0.1.0
 * @category models
 */
export interface ProcessSummary {
  readonly identifier: string
  readonly title: Option.Option<string>
  readonly abstract: Option.Option<string>
  readonly version: Option.Option<string>
  /** Not in WPS 1.0.0. */
  readonly keywords: ReadonlyArray<string>
  readonly metadata: ReadonlyArray<Metadata>
  readonly profiles: ReadonlyArray<string>
  readonly wsdl: Option.Option<string>
  /**
   * How a job may run: `sync-execute`, `async-execute`, `dismiss`, or a value of the server's own. Empty if the server
   * does not say it, as in the capabilities of WPS 1.0.0. Descriptions of WPS 1.0.0 say it as `storeSupported` and
   * `statusSupported`; if both are true, that is `async-execute`.
   */
  readonly jobControlOptions: ReadonlyArray<string>
  /** How outputs may be sent: `value`, `reference`. Descriptions of WPS 1.0.0 say it as `storeSupported`. */
  readonly outputTransmission: ReadonlyArray<string>
}

/**
 * A service's capabilities. Servers leave out parts of them, so every part is optional, except the list of processes.
 *
 * @see OGC 05-007r7 §8.3, OGC 14-065r2 §9.8
 * @since 0.1.0
 * @category models
 */
export interface Capabilities {
  /** The version of the document, such as `1.0.0`. */
  readonly version: Option.Option<string>
  readonly updateSequence: Option.Option<string>
  readonly language: Option.Option<string>
  readonly identification: Option.Option<ServiceIdentification>
  readonly provider: Option.Option<ServiceProvider>
  readonly operations: ReadonlyArray<OperationMetadata>
  /** These apply to every operation. */
  readonly parameters: ReadonlyArray<Domain>
  readonly constraints: ReadonlyArray<Domain>
  readonly processes: ReadonlyArray<ProcessSummary>
  readonly defaultLanguage: Option.Option<string>
  readonly languages: ReadonlyArray<string>
  readonly wsdl: Option.Option<string>
}
