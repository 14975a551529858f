/**
 * Every way in which a workflow cannot be written or read, one type for each thing that a caller would do differently.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"
import { short } from "./internal/short.ts"

const from = "@effect-wps/cwt/CwtError"

/**
 * A value that cannot be sent, or that a document should not have: a step of 0, an index that is no whole number, a
 * parameter with a bar in it.
 *
 * @since 0.1.0
 * @category errors
 */
export class InvalidValue extends Schema.TaggedError<InvalidValue>(`${from}/InvalidValue`)("InvalidValue", {
  /** Which of the three inputs it is in. */
  input: Schema.Literal("variable", "domain", "operation"),
  /** What has the value, such as `domain d0`. */
  subject: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `${short(this.subject)}: ${short(this.reason, 600)}`
  }
}

/**
 * Two different things have the same name. Variables and operations share their names, domains have their own.
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
 * A name that nothing in the request has.
 *
 * @since 0.1.0
 * @category errors
 */
export class UnknownReference
  extends Schema.TaggedError<UnknownReference>(`${from}/UnknownReference`)("UnknownReference", {
    input: Schema.Literal("variable", "domain", "operation"),
    /** What names it, such as `operation max`. */
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
 * Operations that wait for one another.
 *
 * @since 0.1.0
 * @category errors
 */
export class CyclicWorkflow extends Schema.TaggedError<CyclicWorkflow>(`${from}/CyclicWorkflow`)("CyclicWorkflow", {
  /** The names of the operations, each an input of the one before, the last the same as the first. */
  path: Schema.Array(Schema.String)
}) {
  /** Which of the three inputs it is in. */
  readonly input = "operation"
  override get message(): string {
    return `operations take each other's results: ${short(this.path.join(" ← "))}; take one of these inputs away`
  }
}

/**
 * One thing that is wrong with a workflow.
 *
 * @since 0.1.0
 * @category errors
 */
export const Fault = Schema.Union(InvalidValue, NameClash, UnknownReference, CyclicWorkflow)

/**
 * One thing that is wrong with a workflow.
 *
 * @since 0.1.0
 * @category errors
 */
export type Fault = typeof Fault.Type

/**
 * The workflow cannot be sent, or what was read is none: every fault at once.
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
 * An operation was not given a parameter that is asked of it.
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
