import * as ParseResult from "effect/ParseResult"

/** The message of a parse error in one line, without the tree around it. */
export const explain = (error: ParseResult.ParseError): string =>
  ParseResult.ArrayFormatter.formatErrorSync(error).map((issue) =>
    issue.path.length === 0 ? issue.message : `${issue.path.join(".")}: ${issue.message}`
  ).join("; ").slice(0, 500)
