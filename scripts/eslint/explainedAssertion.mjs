/**
 * A type assertion is forbidden; where casts are allowed at all (`allowWithReason`), each has its reason in a comment
 * directly above it or beside it. A doc comment describes the declaration, so it is no reason.
 */
const isReason = (comment) =>
  !comment.value.startsWith("*") && !/^\s*(eslint|@ts-)/.test(comment.value) &&
  comment.value.trim().split(/\s+/).length >= 3

/** @type {import("eslint").Rule.RuleModule} */
export const explainedAssertion = {
  meta: {
    type: "problem",
    schema: [{ type: "object", properties: { allowWithReason: { type: "boolean" } }, additionalProperties: false }],
    messages: {
      forbidden: "No type assertion here: decode with Schema, or narrow with a guard.",
      unexplained: "Say in a comment directly above or beside this assertion why the compiler cannot see it."
    }
  },
  create(context) {
    const allowWithReason = context.options[0]?.allowWithReason === true
    const isExplained = (node) =>
      context.sourceCode.getAllComments().some((comment) =>
        isReason(comment) && comment.loc.end.line >= node.loc.start.line - 1 &&
        comment.loc.start.line <= node.loc.end.line
      )
    const check = (node) => {
      const { typeAnnotation } = node
      if (typeAnnotation.type === "TSTypeReference" && typeAnnotation.typeName.name === "const") return
      if (!allowWithReason) context.report({ node, messageId: "forbidden" })
      else if (!isExplained(node)) context.report({ node, messageId: "unexplained" })
    }
    return { TSAsExpression: check, TSTypeAssertion: check }
  }
}
