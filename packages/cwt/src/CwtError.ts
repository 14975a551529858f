/**
 * The errors of encoding and decoding workflows. Errors that a caller would handle differently have different types.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { short } from "./internal/short.ts"

const from = "@effect-wps/cwt/CwtError"

/**
 * A value that cannot be sent, or that a document must not have: a step of 0, an index that is not an integer, a
 * parameter with a bar in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidValue extends Schema.TaggedError<InvalidValue>(`${from}/InvalidValue`)("InvalidValue", {
  /** The one of the three data inputs that has the fault. */
  input: Schema.Literal("variable", "domain", "operation"),
  /** The owner of the value, such as `domain d0`. */
  subject: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${short(this.subject)}: ${short(this.reason, 600)}`
  }
}

/**
 * Two different things have the same name. Variables and operations share their names, and domains have their own.
 *
 * @since 0.1.0
 * @category errors
 */
export class NameClash extends Schema.TaggedError<NameClash>(`${from}/NameClash`)("NameClash", {
  input: Schema.Literal("variable", "domain", "operation"),
  name: Schema.String
}) {
  override get message(): string {
    return `two different things are called "${short(this.name)}"; give one of them another id, or none`
  }
}

/**
 * A reference to a name that nothing in the request has.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownReference
  extends Schema.TaggedError<UnknownReference>(`${from}/UnknownReference`)("UnknownReference", {
    input: Schema.Literal("variable", "domain", "operation"),
    /** The owner of the reference, such as `operation max`. */
    subject: Schema.String,
    name: Schema.String,
    wanted: Schema.Literal("domain", "variable or operation")
  })
{
  override get message(): string {
    return `${short(this.subject)} names the ${this.wanted} "${short(this.name)}", which the request does not have; ` +
      `add it, or correct the name`
  }
}

/**
 * Operations that depend on each other.
 *
 * @since 0.1.0
 * @category errors
 */
export class CyclicWorkflow extends Schema.TaggedError<CyclicWorkflow>(`${from}/CyclicWorkflow`)("CyclicWorkflow", {
  /** The names of the operations. Each is an input of the one before. The last is the same as the first. */
  path: Schema.Array(Schema.String)
}) {
  /** The one of the three data inputs that has the fault. */
  readonly input = "operation"
  override get message(): string {
    return `operations take each other's results: ${short(this.path.join(" ← "))}; take one of these inputs away`
  }
}

/**
 * One fault of a workflow.
 *
 * @since 0.1.0
 * @category errors
 */
export const Fault = Schema.Union(InvalidValue, NameClash, UnknownReference, CyclicWorkflow)

/**
 * One fault of a workflow.
 *
 * @since 0.1.0
 * @category errors
 */
export type Fault = typeof Fault.Type

/**
 * A workflow cannot be encoded, or the decoded inputs are not a valid workflow. The error lists every fault.
 *
 * @example
 * ```ts
 * import { Cdat, Variable, Workflow } from "@effect-wps/cwt"
 * import { Effect } from "effect"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "" })
 * const faults = Workflow.encode(Cdat.abs({ inputs: [tas] })).pipe(
 *   Effect.flip,
 *   Effect.map((error) => error.faults.map((fault) => fault.message))
 * )
 * ```
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidWorkflow extends Schema.TaggedError<InvalidWorkflow>(`${from}/InvalidWorkflow`)("InvalidWorkflow", {
  faults: Schema.NonEmptyArray(Fault)
}) {
  override get message(): string {
    const said = this.faults.slice(0, 20).map((fault) => fault.message).join("; ")
    return `The workflow is not valid: ${said}${
      this.faults.length > 20 ? `; and ${this.faults.length - 20} more` : ""
    }.`
  }
}

/**
 * A text or a document does not hold the three inputs `variable`, `domain` and `operation`.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidDataInputs
  extends Schema.TaggedError<InvalidDataInputs>(`${from}/InvalidDataInputs`)("InvalidDataInputs", {
    reason: Schema.String
  })
{
  override get message(): string {
    return `These are no data inputs: ${
      short(this.reason, 600).replace(/\.$/, "")
    }. They look like [variable=[…];domain=[…];operation=[…]].`
  }
}

/**
 * An operation does not have the parameter that was asked for.
 *
 * @since 0.1.0
 * @category errors
 */
export class MissingParameter
  extends Schema.TaggedError<MissingParameter>(`${from}/MissingParameter`)("MissingParameter", {
    identifier: Schema.String,
    parameter: Schema.String,
    given: Schema.Array(Schema.String)
  })
{
  override get message(): string {
    return `${short(this.identifier)} has no parameter "${short(this.parameter)}"; it was given ${
      this.given.length === 0 ? "none" : short(this.given.join(", "))
    }. Add it with Workflow.update.`
  }
}

/**
 * Every error of this package.
 *
 * @since 0.1.0
 * @category errors
 */
export const CwtError = Schema.Union(
  InvalidValue,
  NameClash,
  UnknownReference,
  CyclicWorkflow,
  InvalidWorkflow,
  InvalidDataInputs,
  MissingParameter
)

/**
 * Every error of this package.
 *
 * @since 0.1.0
 * @category errors
 */
export type CwtError = typeof CwtError.Type
