/**
 * A workflow as a picture. It needs the package `@viz-js/viz`, which is Graphviz as WebAssembly, and is imported by its own
 * path, `@effect-wps/cwt/WorkflowSvg`, so that whoever draws nothing installs nothing.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Workflow from "./Workflow.ts"

const from = "@effect-wps/cwt/WorkflowSvg"

/**
 * The package that draws is not there, or does not run here.
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

/** Where the font is missing another takes its place; those whose characters are all of one width fit the boxes then too. */
const nodeAttributes = { fontname: "Courier", fontsize: 11 }

const unavailable = (error: unknown): GraphvizUnavailable => new GraphvizUnavailable({ reason: reasonOf(error) })

const load = Effect.flatMap(
  Effect.tryPromise({ try: () => import("@viz-js/viz"), catch: unavailable }),
  ({ instance }) => Effect.tryPromise({ try: () => instance(), catch: unavailable })
)

/**
 * The graph as SVG, from the variables to the operation itself: an `svg` element to write to a file or to put into a page.
 * Whatever stands in names and addresses is text in it, never markup.
 *
 * Graphviz draws at once and is not interrupted; thousands of operations take it seconds.
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
          // Without the document type before it, which a page may not have and a program would fetch.
          ? Effect.succeed(result.output.slice(result.output.indexOf("<svg")))
          : new DrawingFailed({ reason: result.errors.map(({ message }) => message.trim()).join("; ").slice(0, 500) })
    ))
