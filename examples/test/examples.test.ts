import { type Field, NetCdf, Sample } from "@effect-wps/demo"
import { Xml } from "@effect-wps/xml"
import { FileSystem, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { assert, layer } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array as Arr, Console, Effect, Layer } from "effect"
import * as Aggregate from "../aggregate.ts"
import * as GettingStarted from "../getting-started.ts"
import * as LlnlJobs from "../llnl-jobs.ts"
import * as Maximum from "../maximum.ts"
import * as Subset from "../subset.ts"
import * as Output from "../support/Output.ts"
import * as Server from "../support/Server.ts"
import * as Workflow from "../workflow.ts"

// ------------------------------------------------------------------------------------------ what is true, by plain loops

const months = Arr.range(0, 23)
const rows = Arr.range(0, 35)
const columns = Arr.range(0, 71)

const { values } = Sample.temperature
const latitude = (row: number) => -87.5 + 5 * row
const longitude = (column: number) => 2.5 + 5 * column
const value = (month: number, row: number, column: number) => values[(month * 36 + row) * 72 + column] ?? NaN

const northern = rows.filter((row) => latitude(row) > 0)
const southern = rows.filter((row) => latitude(row) < 0)
const western = columns.filter((column) => longitude(column) > 180)

/** The values of these points, the columns fastest. */
const block = (months: ReadonlyArray<number>, rows: ReadonlyArray<number>, columns: ReadonlyArray<number>) =>
  months.flatMap((month) => rows.flatMap((row) => columns.map((column) => value(month, row, column))))

const known = (numbers: ReadonlyArray<number>) => numbers.filter((number) => !Number.isNaN(number))
const greatest = (numbers: ReadonlyArray<number>) => Math.max(...known(numbers))
const least = (numbers: ReadonlyArray<number>) => Math.min(...known(numbers))
const mean = (numbers: ReadonlyArray<number>) =>
  known(numbers).reduce((sum, number) => sum + number, 0) / known(numbers).length

// ----------------------------------------------------------------------------------------------------------- what is made

const output = Layer.unwrapScoped(
  Effect.flatMap(
    FileSystem.FileSystem,
    (fs) => Effect.map(fs.makeTempDirectoryScoped({ prefix: "effect-wps-examples-" }), Output.layer)
  )
)

const live = Layer.merge(Server.client, output).pipe(
  Layer.provideMerge(Server.layerEmbedded()),
  Layer.provideMerge(Layer.mergeAll(NetCdf.layer, NodeHttpClient.layerUndici, NodeContext.layer))
)

/** Runs an example and gives what it printed. */
const printed = <A, E, R>(program: Effect.Effect<A, E, R>) => {
  const lines: Array<string> = []
  return Console.consoleWith((console) =>
    Effect.withConsole(program, {
      ...console,
      log: (line: unknown) => Effect.sync(() => lines.push(String(line)))
    })
  ).pipe(Effect.as(lines))
}

const field = (file: string, name = "tas") =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const { directory } = yield* Output.Output
    const { read } = yield* NetCdf.NetCdf
    return yield* read(yield* fs.readFile(path.join(directory, file)), name)
  })

const coordinates = ({ axes }: Field.Field) => axes.map(({ name, values }) => [name, [...values]])

const close = (actual: ReadonlyArray<number>, expected: ReadonlyArray<number>, tolerance = 0) => {
  assert.strictEqual(actual.length, expected.length)
  const wrong = actual.findIndex((one, index) => {
    const other = expected[index] ?? Infinity
    return !Object.is(one, other) && !(Math.abs(one - other) <= tolerance)
  })
  assert.strictEqual(wrong, -1, `number ${wrong} is ${actual[wrong]} and should be ${expected[wrong]}`)
}

/** The texts of a plot, and the values of its marks in the order in which they are drawn. */
const drawn = (file: string, mark: "rect" | "point") =>
  Effect.gen(function*() {
    const svg = yield* Output.read(file)
    deepStrictEqual(yield* Xml.decode(Xml.anyDocument)(svg), {
      uri: "http://www.w3.org/2000/svg",
      local: "svg",
      prefix: ""
    })
    const marks = [...svg.matchAll(/<path aria-label="([^"]*)" role="graphics-symbol" aria-roledescription="(\w+)/g)]
    return {
      texts: [...svg.matchAll(/<text[^>]*>([^<]*)<\/text>/g)].map(([, text = ""]) => text),
      values: marks.filter(([, , kind]) => kind === mark).map(([, label = ""]) =>
        Number(/Near-Surface Air Temperature \(K\): ([-\d.e]+)/.exec(label)?.[1])
      )
    }
  })

const kelvin = "Near-Surface Air Temperature (K)"

layer(live, { excludeTestServices: true })("examples", (it) => {
  it.effect("getting-started", () =>
    Effect.gen(function*() {
      const lines = yield* printed(GettingStarted.program)
      assert.include(lines, "The extremes: CDAT.max, CDAT.min")
      assert.isTrue(lines.some((line) => line.startsWith("CDAT: ") && line.includes("CDAT.workflow")))
      assert.include(lines, "Its shape is 12 × 18 × 72")

      const result = yield* field("getting-started.nc")
      deepStrictEqual(coordinates(result).slice(1), [["lat", southern.map(latitude)], ["lon", columns.map(longitude)]])
      close([...result.values], block(Arr.range(0, 11), southern, columns))

      const { texts, values } = yield* drawn("getting-started.svg", "rect")
      close(values, known(block([0], southern, columns)), 1e-6)
      for (const text of [kelvin, "latitude (degrees_north)", "longitude (degrees_east)", "Grey: no value"]) {
        assert.include(texts, text)
      }
    }))

  it.effect("aggregate", () =>
    Effect.gen(function*() {
      const lines = yield* printed(Aggregate.program)
      assert.include(lines, "Its shape is 24 × 36 × 72")

      const result = yield* field("aggregate.nc")
      deepStrictEqual(coordinates(result), coordinates(Sample.temperature))
      close([...result.values], [...values])

      const { texts, values: points } = yield* drawn("aggregate.svg", "point")
      const circles = [30, 18, 5].map((row) => months.map((month) => mean(block([month], [row], columns))))
      close(points, circles.flat(), 1e-4)
      for (const text of [kelvin, "time (days since 1850-01-01)", "62.5° N", "2.5° N", "62.5° S"]) {
        assert.include(texts, text)
      }
    }))

  it.effect("subset", () =>
    Effect.gen(function*() {
      const lines = yield* printed(Subset.program)
      assert.include(lines, "Its shape is 3 × 18 × 36")

      const result = yield* field("subset.nc")
      deepStrictEqual(coordinates(result), [
        ["time", [166, 196.5, 227.5]],
        ["lat", northern.map(latitude)],
        ["lon", western.map(longitude)]
      ])
      close([...result.values], block([5, 6, 7], northern, western))

      const { texts, values } = yield* drawn("subset.svg", "rect")
      close(values, known(block([5, 6, 7], northern, western)), 1e-6)
      for (const text of [kelvin, "June 1850", "July 1850", "August 1850"]) assert.include(texts, text)
    }))

  it.effect("maximum", () =>
    Effect.gen(function*() {
      const lines = yield* printed(Maximum.program)
      assert.include(lines, "Its shape is 24 × 72")

      const expected = months.flatMap((month) => columns.map((column) => greatest(block([month], rows, [column]))))
      close([...(yield* field("maximum.nc")).values], expected)
      const { texts, values } = yield* drawn("maximum.svg", "rect")
      close(values, expected, 1e-6)
      assert.notInclude(texts, "Grey: no value")
    }))

  it.effect("workflow", () =>
    Effect.gen(function*() {
      const lines = yield* printed(Workflow.program)
      assert.include(lines, "The shape of warmest-CDAT.max is 12 × 72")
      assert.include(lines, "The shape of coldest-CDAT.min is 12 × 72")

      const reduced = (reduce: (numbers: ReadonlyArray<number>) => number, months: ReadonlyArray<number>) =>
        months.flatMap((month) => columns.map((column) => reduce(block([month], northern, [column]))))
      close([...(yield* field("workflow-1.nc")).values], reduced(greatest, Arr.range(0, 11)))
      close([...(yield* field("workflow-2.nc")).values], reduced(least, Arr.range(0, 11)))

      const { texts, values } = yield* drawn("workflow.svg", "point")
      close(values, [...reduced(greatest, [0, 6]), ...reduced(least, [0, 6])], 1e-6)
      assert.include(texts, "coldest-CDAT.min, July")

      assert.match(yield* Output.read("workflow.mmd"), /CDAT\.workflow/)
      const graph = yield* drawn("workflow-graph.svg", "point")
      for (const name of ["CDAT.subset", "CDAT.max", "CDAT.min", "CDAT.workflow"]) {
        assert.isTrue(graph.texts.some((text) => text.includes(name)), name)
      }
    }))

  it.effect("llnl-jobs", () =>
    Effect.gen(function*() {
      const lines = yield* printed(LlnlJobs.program)
      const deleted = lines.filter((line) => line.startsWith("Deleted job "))
      assert.strictEqual(deleted.length, 3)
      assert.isTrue(lines.some((line) => /^ {4}\S+ {2}10 % {2}\S/.test(line)), lines.join("\n"))

      const profile = (reduce: (numbers: ReadonlyArray<number>) => number) =>
        rows.map((row) => reduce(block(months, [row], columns)))
      close([...(yield* field("llnl-jobs-CDAT.max.nc")).values], profile(greatest))
      close([...(yield* field("llnl-jobs-CDAT.mean.nc")).values], profile(mean), 1e-4)
      close([...(yield* field("llnl-jobs-CDAT.min.nc")).values], profile(least))

      const { values } = yield* drawn("llnl-jobs.svg", "point")
      close(values, [...profile(greatest), ...profile(mean), ...profile(least)], 1e-4)
    }))
})
