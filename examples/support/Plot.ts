/**
 * Plots of fields as SVG. Vega-Lite says what is drawn and Vega draws it, without a browser.
 */
import { Compute, Field } from "@effect-wps/demo"
import { Array as Arr, Effect, Schema } from "effect"
import * as Vega from "vega"
import * as VegaLite from "vega-lite"

/**
 * A plot that cannot be drawn.
 */
export class PlotError extends Schema.TaggedError<PlotError>()("PlotError", {
  title: Schema.String,
  reason: Schema.String
}) {
  override get message(): string {
    return `"${this.title}" cannot be drawn: ${this.reason}`
  }
}

/**
 * A field, and what a legend calls it.
 */
export interface Labelled {
  readonly label: string
  readonly field: Field.Field
}

/** What an axis or a variable is and in which units, as its file says. */
const nameOf = ({ attributes, name }: Pick<Field.Axis, "name" | "attributes">): string => {
  const { long_name, standard_name, units } = attributes
  const words = [long_name, standard_name, name].find((one) => typeof one === "string" && one !== "") ?? name
  return typeof units === "string" ? `${String(words)} (${units})` : String(words)
}

const misshapen = (title: string, field: Field.Field, wanted: string): PlotError =>
  new PlotError({
    title,
    reason:
      `${field.name} has the shape ${Field.shape(field).join(" × ") || "of one number"}, and ${wanted} should have ` +
      `more than one point. Take a subset of it, or reduce it along an axis.`
  })

const orNull = (value: number | undefined): number | null => value === undefined || Number.isNaN(value) ? null : value

/** From where to where each point of an axis reaches: half the way to its neighbours. */
const edgesOf = ({ values }: Field.Axis): ReadonlyArray<readonly [from: number, to: number]> =>
  Arr.fromIterable(values).map((value, index) => {
    const before = values[index - 1]
    const after = values[index + 1]
    const down = (value - (before ?? 2 * value - (after ?? value + 1))) / 2
    const up = ((after ?? 2 * value - (before ?? value - 1)) - value) / 2
    return [value - down, value + up]
  })

const draw = (title: string, spec: VegaLite.TopLevelSpec): Effect.Effect<string, PlotError> =>
  Effect.tryPromise({
    try: () => new Vega.View(Vega.parse(VegaLite.compile(spec).spec), { renderer: "none" }).toSVG(),
    catch: (error) => new PlotError({ title, reason: error instanceof Error ? error.message : String(error) })
  })

const look: VegaLite.Config = {
  background: "white",
  padding: 12,
  axis: { labelFontSize: 12, titleFontSize: 12, titleLimit: 0 },
  header: { labelFontSize: 13 },
  legend: { labelFontSize: 12, labelLimit: 0, titleFontSize: 12, titleLimit: 0 },
  title: { anchor: "start", fontSize: 15, subtitleFontSize: 12, subtitlePadding: 4, offset: 12 }
}

/**
 * A plane of colours for each field: the second of its axes to the right, the first upwards. All have one scale.
 */
export const heatmap = (options: {
  readonly title: string
  readonly panels: Arr.NonEmptyReadonlyArray<Labelled>
}): Effect.Effect<string, PlotError> =>
  Effect.gen(function*() {
    const { panels, title } = options
    const { field } = panels[0]
    const planes = yield* Effect.forEach(panels, ({ field, label }) =>
      Effect.gen(function*() {
        const { axes: [down, across, ...others], values } = Compute.squeeze(field)
        if (down === undefined || across === undefined || others.length > 0) {
          return yield* misshapen(title, field, "two of its axes")
        }
        return { label, values, rows: edgesOf(down), columns: edgesOf(across), down, across }
      }))
    const cells = planes.flatMap(({ columns, label, rows, values }) =>
      rows.flatMap(([south, north], row) =>
        columns.map(([west, east], column) => ({
          panel: label,
          west,
          east,
          south,
          north,
          value: orNull(values[row * columns.length + column])
        }))
      )
    )
    const [{ across, columns, down, rows }] = planes
    const hasGaps = cells.some(({ value }) => value === null)
    const width = Math.max(1, Math.floor(900 / panels.length / columns.length))
    const isMap = Field.isLatitude(down) && Field.isLongitude(across)
    const height = isMap ? width : Math.max(1, Math.floor(360 / rows.length))
    const svg = yield* draw(title, {
      title: { text: title, ...(hasGaps ? { subtitle: "Grey: no value" } : {}) },
      data: { values: cells },
      width: width * columns.length,
      height: height * rows.length,
      mark: "rect",
      encoding: {
        x: { field: "west", type: "quantitative", title: nameOf(across), scale: { nice: false, zero: false } },
        x2: { field: "east" },
        y: { field: "south", type: "quantitative", title: nameOf(down), scale: { nice: false, zero: false } },
        y2: { field: "north" },
        color: {
          field: "value",
          type: "quantitative",
          title: nameOf(field),
          scale: { scheme: "viridis", zero: false },
          legend: { orient: "bottom", gradientLength: 320 }
        },
        ...(panels.length > 1
          ? {
            facet: {
              field: "panel",
              type: "nominal",
              columns: panels.length,
              sort: panels.map(({ label }) => label),
              title: null
            }
          }
          : {})
      },
      config: { ...look, view: { fill: "#d9d9d9", stroke: null } }
    })
    // Without smoothed edges, which would show as seams between the cells.
    return svg.replace("<svg ", "<svg shape-rendering=\"crispEdges\" ")
  })

/**
 * A line for each field, along its only axis.
 */
export const lines = (options: {
  readonly title: string
  /** What the labels are. */
  readonly legend: string
  readonly series: Arr.NonEmptyReadonlyArray<Labelled>
}): Effect.Effect<string, PlotError> =>
  Effect.gen(function*() {
    const { legend, series, title } = options
    const { field } = series[0]
    const along = yield* Effect.forEach(series, ({ field, label }) =>
      Effect.gen(function*() {
        const { axes: [axis, ...others], values } = Compute.squeeze(field)
        if (axis === undefined || others.length > 0) return yield* misshapen(title, field, "one of its axes")
        return { axis, values, label }
      }))
    const [{ axis }] = along
    return yield* draw(title, {
      title,
      data: {
        values: along.flatMap(({ axis, label, values }) =>
          Arr.fromIterable(axis.values).map((x, index) => ({ x, value: orNull(values[index]), label }))
        )
      },
      width: 640,
      height: 320,
      mark: { type: "line", point: { size: 18 } },
      encoding: {
        x: { field: "x", type: "quantitative", title: nameOf(axis), scale: { nice: false, zero: false } },
        y: { field: "value", type: "quantitative", title: nameOf(field), scale: { zero: false } },
        color: { field: "label", type: "nominal", title: legend, sort: series.map(({ label }) => label) }
      },
      config: look
    })
  })
