/**
 * Draws a workflow as SVG. It needs the package `@viz-js/viz`, which is Graphviz compiled to WebAssembly. The module
 * has its own path, `@effect-wps/cwt/WorkflowSvg`, so that programs that draw nothing need not install the package.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Workflow from "./Workflow.ts"

const from = "@effect-wps/cwt/WorkflowSvg"

/**
 * The package `@viz-js/viz` is not installed, or does not run here.
 *
 * @since 0.1.0
 * @category errors
 */
export class GraphvizUnavailable
  extends Schema.TaggedError<GraphvizUnavailable>(`${from}/GraphvizUnavailable`)("GraphvizUnavailable", {
    reason: Schema.String
  })
{
  override get message(): string {
    return `A picture needs the package @viz-js/viz, which cannot be loaded: ${this.reason}. Install it ` +
      `(npm install @viz-js/viz), or take the text of Workflow.toMermaid or Workflow.toDot, which needs no package.`
  }
}

/**
 * Graphviz could not draw the workflow.
 *
 * @since 0.1.0
 * @category errors
 */
export class DrawingFailed extends Schema.TaggedError<DrawingFailed>(`${from}/DrawingFailed`)("DrawingFailed", {
  reason: Schema.String
}) {
  override get message(): string {
    return `Graphviz cannot draw the workflow: ${this.reason}. Draw the text of Workflow.toDot with another program, or ` +
      `a part of the workflow.`
  }
}

const reasonOf = (error: unknown): string => (error instanceof Error ? error.message : String(error)).slice(0, 200)

/** If this font is missing, another one replaces it. If that is monospaced too, the text still fits the boxes. */
const nodeAttributes = { fontname: "Courier", fontsize: 11 }

const unavailable = (error: unknown): GraphvizUnavailable => new GraphvizUnavailable({ reason: reasonOf(error) })

const load = Effect.flatMap(
  Effect.tryPromise({ try: () => import("@viz-js/viz"), catch: unavailable }),
  ({ instance }) => Effect.tryPromise({ try: () => instance(), catch: unavailable })
)

/**
 * The graph as SVG, from the variables to the operation itself. The result is an `svg` element, for a file or for a web
 * page. Names and addresses become text in it, never markup.
 *
 * Graphviz runs synchronously and cannot be interrupted. Thousands of operations take it seconds.
 *
 * @example
 * ```ts
 * import { Cdat, Variable } from "@effect-wps/cwt"
 * import * as WorkflowSvg from "@effect-wps/cwt/WorkflowSvg"
 *
 * const tas = Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })
 * const picture = WorkflowSvg.toSvg(Cdat.mean({ inputs: [tas], axes: ["time"] }))
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const toSvg = (
  self: Workflow.Workflow<unknown>
): Effect.Effect<string, GraphvizUnavailable | DrawingFailed> =>
  Effect.flatMap(load, (graphviz) =>
    Effect.flatMap(
      Effect.try({
        try: () => graphviz.render(Workflow.toDot(self), { format: "svg", nodeAttributes }),
        catch: (error) => new DrawingFailed({ reason: reasonOf(error) })
      }),
      (result) =>
        result.status === "success"
          // Drops the document type declaration, which a page may not contain and which a program would fetch.
          ? Effect.succeed(result.output.slice(result.output.indexOf("<svg")))
          : new DrawingFailed({ reason: result.errors.map(({ message }) => message.trim()).join("; ").slice(0, 500) })
    ))
