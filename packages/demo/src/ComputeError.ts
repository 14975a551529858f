/**
 * The one error of the computations.
 *
 * @since 0.1.0
 */
import { Schema } from "effect"

/**
 * What went wrong:
 *
 * - `unknown-dimension`: a dimension or an axis that the variable does not have
 * - `invalid-range`: a start, end or step that means nothing: not finite, not whole, not a date, the wrong way round
 * - `empty-selection`: a range in which the variable has no point
 * - `not-time`: timestamps asked of a dimension whose units are not a time that can be read
 * - `mismatch`: variables that do not belong together, or values that do not fill their axes
 * - `unknown-variable`: a variable that is not among those that are computed over
 * - `invalid-parameter`: a parameter that means nothing: no condition, no number, bins that do not rise
 * - `unsupported`: what ESGF's API has and these computations do not
 *
 * @since 0.1.0
 * @category models
 */
export const Reason = Schema.Literal(
  "unknown-dimension",
  "invalid-range",
  "empty-selection",
  "not-time",
  "mismatch",
  "unknown-variable",
  "invalid-parameter",
  "unsupported"
)

/**
 * @since 0.1.0
 * @category models
 */
export type Reason = typeof Reason.Type

/**
 * What was asked cannot be computed. `subject` is the dimension or the variable that it is about; `detail` says what is
 * wrong and what to do.
 *
 * @since 0.1.0
 * @category errors
 */
export class ComputeError extends Schema.TaggedError<ComputeError>("@effect-wps/demo/ComputeError")("ComputeError", {
  reason: Reason,
  subject: Schema.String,
  detail: Schema.String
}) {
  override get message(): string {
    return `${this.subject}: ${this.detail}`
  }
}
