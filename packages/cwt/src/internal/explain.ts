import * as Either from "effect/Either"
import * as ParseResult from "effect/ParseResult"

/**
 * A schema's errors in one line, without the tree around them. Formatting prints the value recursively, and a document
 * may be nested as deeply as it is long, so the stack may overflow.
 */
export const explain = (issue: ParseResult.ParseIssue): string =>
  Either.getOrElse(
    Either.try(() =>
      ParseResult.ArrayFormatter.formatIssueSync(issue).map(({ message, path }) =>
        path.length === 0 ? message : `${path.join(".")} ${message}`
      ).join(", ").slice(0, 500)
    ),
    () => "something in it is not as it should be, and is nested too deeply to be shown"
  )
