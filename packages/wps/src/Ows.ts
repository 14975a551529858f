/**
 * What OWS Common documents say about a service: who runs it, what it offers, and why it refused a request.
 *
 * @see OGC 06-121r3 (OWS Common 1.1.0), OGC 06-121r9 (OWS Common 2.0)
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/**
 * A link to more information about a process, an input or a service (`ows:Metadata`, an `xlink:simple`).
 *
 * @see OGC 06-121r3 §10.6.2
 * @since 0.1.0
 * @category models
 */
export interface Metadata {
  readonly href: Option.Option<string>
  readonly title: Option.Option<string>
  readonly role: Option.Option<string>
  readonly about: Option.Option<string>
}

/**
 * What the service is: titles, keywords and terms of use. A multilingual service repeats the texts.
 *
 * @see OGC 06-121r3 §7.4.4
 * @since 0.1.0
 * @category models
 */
export interface ServiceIdentification {
  readonly titles: ReadonlyArray<string>
  readonly abstracts: ReadonlyArray<string>
  readonly keywords: ReadonlyArray<string>
  readonly serviceType: Option.Option<string>
  readonly serviceTypeVersions: ReadonlyArray<string>
  readonly profiles: ReadonlyArray<string>
  readonly fees: Option.Option<string>
  readonly accessConstraints: ReadonlyArray<string>
}

/**
 * Who runs the service. Servers leave out most of this, so each field is optional.
 *
 * @see OGC 06-121r3 §7.4.5
 * @since 0.1.0
 * @category models
 */
export interface ServiceProvider {
  readonly name: Option.Option<string>
  readonly site: Option.Option<string>
  readonly contact: Option.Option<ServiceContact>
}

/**
 * Whom to contact about the service.
 *
 * @see OGC 06-121r3 §7.4.5
 * @since 0.1.0
 * @category models
 */
export interface ServiceContact {
  readonly individualName: Option.Option<string>
  readonly positionName: Option.Option<string>
  readonly role: Option.Option<string>
  readonly phones: ReadonlyArray<string>
  readonly faxes: ReadonlyArray<string>
  readonly deliveryPoints: ReadonlyArray<string>
  readonly city: Option.Option<string>
  readonly administrativeArea: Option.Option<string>
  readonly postalCode: Option.Option<string>
  readonly country: Option.Option<string>
  readonly emails: ReadonlyArray<string>
  readonly onlineResource: Option.Option<string>
  readonly hoursOfService: Option.Option<string>
  readonly contactInstructions: Option.Option<string>
}

/**
 * A named constraint or parameter of an operation or of the whole service (`ows:Constraint`, `ows:Parameter`).
 *
 * @see OGC 06-121r3 §7.4.6
 * @since 0.1.0
 * @category models
 */
export interface Domain {
  readonly name: string
  readonly values: ReadonlyArray<string>
}

/**
 * A URL at which an operation answers, and its HTTP method.
 *
 * @see OGC 06-121r3 §7.4.6
 * @since 0.1.0
 * @category models
 */
export interface Endpoint {
  readonly method: "GET" | "POST"
  readonly href: string
  readonly constraints: ReadonlyArray<Domain>
}

/**
 * An operation that the service advertises, such as `Execute`.
 *
 * @see OGC 06-121r3 §7.4.6
 * @since 0.1.0
 * @category models
 */
export interface OperationMetadata {
  readonly name: string
  readonly endpoints: ReadonlyArray<Endpoint>
  readonly parameters: ReadonlyArray<Domain>
  readonly constraints: ReadonlyArray<Domain>
}

/**
 * One exception of an exception report. `code` is an open set: the standard defines `MissingParameterValue`,
 * `InvalidParameterValue`, `NoApplicableCode`, `ServerBusy`, …, and servers send codes of their own.
 *
 * @see OGC 06-121r3 §8, OGC 05-007r7 table 38
 * @since 0.1.0
 * @category models
 */
export class OwsException extends Schema.Class<OwsException>("@effect-wps/wps/Ows/OwsException")({
  code: Schema.String,
  locator: Schema.optionalWith(Schema.String, { as: "Option" }),
  texts: Schema.Array(Schema.String)
}) {
  /** The code, the locator and the texts, in one line. */
  override toString(): string {
    const at = this.locator._tag === "Some" ? ` (${this.locator.value})` : ""
    return this.texts.length === 0 ? `${this.code}${at}` : `${this.code}${at}: ${this.texts.join(" ")}`
  }
}

/**
 * Makes an exception of which only the text is known.
 *
 * @see OGC 06-121r3 §8.3 table 27
 * @since 0.1.0
 * @category constructors
 */
export const noApplicableCode = (text: string): OwsException =>
  new OwsException({ code: "NoApplicableCode", locator: Option.none(), texts: [text] })

/**
 * The document with which a service refuses a request: every exception with every text, in the order sent.
 *
 * @see OGC 06-121r3 §8.5
 * @since 0.1.0
 * @category models
 */
export interface ExceptionReport {
  readonly version: Option.Option<string>
  readonly language: Option.Option<string>
  readonly exceptions: ReadonlyArray<OwsException>
}
