import * as ParseResult from "effect/ParseResult"

/** A schema's objections in one line, without the tree around them. */
export const explain = (issue: ParseResult.ParseIssue): string =>
  ParseResult.ArrayFormatter.formatIssueSync(issue).map(({ message, path }) =>
    path.length === 0 ? message : `${path.join(".")} ${message}`
  ).join(", ").slice(0, 500)
