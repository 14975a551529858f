/**
 * An ESGF-like compute node: CDAT workflows really computed over NetCDF files, behind a login.
 *
 * @since 0.1.0
 */
import { DataInputs, Domain, Variable, Workflow } from "@effect-wps/cwt"
import { LlnlNode, WpsNode, WpsServer } from "@effect-wps/testing"
import { Input, Output, type Ows, Process } from "@effect-wps/wps"
import type { HttpServerError } from "@effect/platform"
import { Array as Arr, type Duration, Effect, Layer, Option, Record, Schema } from "effect"
import * as Compute from "./Compute.ts"
import type * as Field from "./Field.ts"
import * as evaluate from "./internal/evaluate.ts"
import * as operations from "./internal/operations.ts"
import * as NetCdf from "./NetCdf.ts"
import * as Sample from "./Sample.ts"

/** The content type of a NetCDF-4 file. */
const netcdf = "application/netcdf"

const json = "application/json"

const title = "A small compute node"

const items = DataInputs.DataInputs.fields.variable

const declare = (identifier: string, abstract: string) =>
  Process.make(identifier, {
    title: identifier,
    abstract,
    version: "1.0",
    inputs: {
      variable: Input.complex(items, json),
      domain: Input.complex(items, json),
      operation: Input.complex(items, json)
    },
    outputs: { output: Output.complex(Schema.Array(Variable.FromJson), json) }
  })

/** What every operation can be told. */
const common =
  "variable names the variable that is meant where the input has several; fillna takes the place of missing " +
  "values; rename gives names in pairs, the old and the new. A gridder of the method linear puts the result on a grid " +
  "such as uniform~2x2 or gaussian~32; others are refused."

const processes = [
  declare(operations.workflowName, operations.workflowAbstract),
  ...Arr.map(
    [...operations.operations],
    ([identifier, { abstract, parameters }]) =>
      declare(identifier, parameters.includes("rename") ? `${abstract} ${common}` : abstract)
  )
]

/** The graphs of what was sent, if the process is one of those that it starts with. */
const rootsOf = (
  identifier: string,
  inputs: DataInputs.DataInputs
): Effect.Effect<ReadonlyArray<Workflow.Workflow<unknown>>, Ows.OwsException> =>
  Effect.gen(function*() {
    const roots = yield* Effect.mapError(
      Workflow.decodeAll(inputs),
      ({ faults }) => evaluate.invalid(faults[0].input, ...faults.map(({ message }) => `${message}.`))
    )
    if (roots.length === 0) {
      return yield* Effect.fail(
        evaluate.refuse("MissingParameterValue", "operation", `There is no operation. Send ${identifier}.`)
      )
    }
    if (identifier !== operations.workflowName && !roots.some((root) => root.identifier === identifier)) {
      const names = Arr.dedupe(roots.map((root) => root.identifier)).join(", ")
      return yield* Effect.fail(evaluate.invalid(
        "operation",
        `${identifier} is none of the operations that no other takes. Execute one of those: ${names}.`
      ))
    }
    return roots
  })

const unreadable = (error: { readonly _tag: string; readonly message: string }): Ows.OwsException =>
  evaluate.invalid(error._tag === "ComputeError" ? "domain" : "variable", error.message)

/** The node's own files, by their path below `outputs/`. */
const samples: Readonly<Record<string, Field.Field>> = {
  "data/tas.nc": Sample.temperature,
  "data/tas_1.nc": Sample.temperatureByYear[0],
  "data/tas_2.nc": Sample.temperatureByYear[1],
  "data/pr.nc": Sample.precipitation
}

/** Reads a variable of the node's own files, and of it the part that its domains and the one asked for mean together. */
const reader =
  ({ load }: Pick<WpsNode.JobContext, "load">): evaluate.Node<NetCdf.NetCdf>["read"] => (variable, options) =>
    Effect.gen(function*() {
      const { read } = yield* NetCdf.NetCdf
      const file = yield* load(variable.uri)
      if (Option.isNone(file)) {
        return yield* Effect.fail(evaluate.invalid(
          "variable",
          `This node has no ${variable.uri}. Ask another node, or name one of its own files, which lie below its ` +
            `address: ${Object.keys(samples).map((path) => `outputs/${path}`).join(", ")}.`
        ))
      }
      const { method } = options
      const [first, ...others] = [...variable.domains.filter(Domain.isDomain), ...Option.toArray(options.domain)]
      // Only the part that the first domain means is read from the file.
      const part = yield* Effect.mapError(
        read(file.value.content, variable.name, { domain: first, method }),
        unreadable
      )
      return yield* Effect.mapError(
        Effect.reduce(others, part, (field, domain) => Compute.subset(field, domain, { method })),
        unreadable
      )
    })

/** `max.nc`, or of several `max-2.nc`. */
const fileName = (identifier: string, index: number, { length }: ReadonlyArray<unknown>): string =>
  `${identifier.replace(/^.*\./, "")}${length > 1 ? `-${index + 1}` : ""}.nc`

const implement = (process: (typeof processes)[number], pace: Duration.DurationInput) =>
  WpsNode.handle(process, (inputs, { load, report, store }) =>
    Effect.gen(function*() {
      const { write } = yield* NetCdf.NetCdf
      const say = (percent: number, message: string) => Effect.zipRight(report(percent, message), Effect.sleep(pace))
      const results = yield* evaluate.evaluate(yield* rootsOf(process.identifier, inputs), {
        read: reader({ load }),
        say: (done, message) => say(10 + Math.round(70 * done), message)
      })
      yield* say(80, results.length === 1 ? "writing the result" : "writing the results")
      const output = yield* Effect.forEach(results, ({ fields, id, identifier }, index) =>
        Effect.gen(function*() {
          const content = yield* write(fields)
          return Variable.make({
            uri: yield* store(fileName(identifier, index, results), { content, contentType: netcdf }),
            name: fields[0].name,
            id: Option.match(id, { onNone: () => identifier, onSome: (id) => `${id}-${identifier}` }),
            mimeType: netcdf
          })
        }))
      return { output }
    }))

/**
 * The node's processes. `pace` is how long each of a job's steps lasts at least: a small file is computed before anyone
 * can look.
 *
 * @since 0.1.0
 * @category constructors
 */
export const implementations = (
  pace: Duration.DurationInput = 0
): ReadonlyArray<WpsNode.Implementation<NetCdf.NetCdf>> => processes.map((process) => implement(process, pace))

/**
 * The node's files, by their path below `outputs/`: two years of made-up monthly temperatures, whole and by year, and as
 * many of precipitation.
 *
 * @since 0.1.0
 * @category constructors
 */
export const files: Effect.Effect<
  Readonly<Record<string, WpsNode.File>>,
  NetCdf.NetCdfError,
  NetCdf.NetCdf
> = Effect.gen(function*() {
  const { write } = yield* NetCdf.NetCdf
  const file = (field: Field.Field) => Effect.map(write([field]), (content) => ({ content, contentType: netcdf }))
  return yield* Effect.all(Record.map(samples, file))
})

/**
 * What those files hold, at a node with this address.
 *
 * @example
 * ```ts
 * import { Cdat } from "@effect-wps/cwt"
 * import { ComputeNode } from "@effect-wps/demo"
 *
 * const { pr, tasByYear } = ComputeNode.variables("http://127.0.0.1:8080/wps")
 * const whole = Cdat.aggregate({ inputs: tasByYear })
 * const wettest = Cdat.max({ inputs: [pr], axes: ["time"] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const variables = (url: string): {
  readonly tas: Variable.Variable
  /** 1850 and 1851. */
  readonly tasByYear: readonly [Variable.Variable, Variable.Variable]
  readonly pr: Variable.Variable
} => {
  const variable = (name: string, file: string) => Variable.make({ uri: `${url}/outputs/data/${file}`, name })
  return {
    tas: variable("tas", "tas.nc"),
    tasByYear: [variable("tas", "tas_1.nc"), variable("tas", "tas_2.nc")],
    pr: variable("pr", "pr.nc")
  }
}

/**
 * How the node is started.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** How long each of a job's steps lasts at least. @default 0 */
  readonly pace?: Duration.DurationInput | undefined
  /** @default a free one */
  readonly port?: number | undefined
}

/**
 * Starts the node on 127.0.0.1, on a free port unless one is given. Where there is `authorize`, only who it knows is let in.
 *
 * @example
 * ```ts
 * import { Auth } from "@effect-wps/auth"
 * import { Cdat } from "@effect-wps/cwt"
 * import { ComputeNode, NetCdf } from "@effect-wps/demo"
 * import { WpsServer } from "@effect-wps/testing"
 * import { WpsClient } from "@effect-wps/wps"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Layer } from "effect"
 *
 * const program = Effect.gen(function*() {
 *   const { url } = yield* WpsServer.WpsServer
 *   const { tas } = ComputeNode.variables(url)
 *   return yield* WpsClient.run(Cdat.mean({ inputs: [tas], axes: ["time"] })).pipe(
 *     Effect.provide(Layer.provide(WpsClient.layer({ url }), [FetchHttpClient.layer, Auth.layerAnonymous]))
 *   )
 * }).pipe(Effect.provide(Layer.provide(ComputeNode.layer(), NetCdf.layer)))
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Options & Pick<WpsNode.Options, "authorize" | "fetch"> & {
    /** Processes beside the node's own. */
    readonly processes?: ReadonlyArray<WpsNode.Implementation> | undefined
  } = {}
): Layer.Layer<WpsServer.WpsServer, NetCdf.NetCdfError | HttpServerError.ServeError, NetCdf.NetCdf> =>
  Layer.unwrapEffect(
    Effect.map(files, (files) =>
      WpsServer.layer([...implementations(options.pace), ...options.processes ?? []], {
        title,
        authorize: options.authorize,
        fetch: options.fetch,
        port: options.port,
        files
      }))
  )

/**
 * Starts the node as LLNL's speaks: WPS 1.0.0, jobs only, an API that lists them, and each user sees their own. Where there
 * is no `user`, everyone is let in. `Llnl.layer` is a client of it.
 *
 * @example
 * ```ts
 * import { BearerAuth } from "@effect-wps/auth"
 * import { Cdat, Llnl } from "@effect-wps/cwt"
 * import { ComputeNode, NetCdf } from "@effect-wps/demo"
 * import { LlnlNode, WpsServer } from "@effect-wps/testing"
 * import { WpsClient } from "@effect-wps/wps"
 * import { FetchHttpClient } from "@effect/platform"
 * import { Effect, Layer, Redacted, Stream } from "effect"
 *
 * const token = Redacted.make("a token")
 *
 * const jobs = Effect.gen(function*() {
 *   const { url } = yield* WpsServer.WpsServer
 *   const { tas } = ComputeNode.variables(url)
 *   return yield* WpsClient.run(Cdat.mean({ inputs: [tas], axes: ["time"] })).pipe(
 *     Effect.zipRight(Stream.runCollect(Llnl.jobs())),
 *     Effect.provide(Layer.provide(Llnl.layer({ url }), [FetchHttpClient.layer, BearerAuth.layer(token)]))
 *   )
 * }).pipe(
 *   Effect.provide(Layer.provide(ComputeNode.layerLlnl({ user: LlnlNode.tokens({ alice: token }) }), NetCdf.layer))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerLlnl = (
  options: Options & Pick<LlnlNode.Options, "user"> = {}
): Layer.Layer<WpsServer.WpsServer, NetCdf.NetCdfError | HttpServerError.ServeError, NetCdf.NetCdf> =>
  Layer.unwrapEffect(
    Effect.map(
      files,
      (files) =>
        LlnlNode.layerServer(implementations(options.pace), { title, user: options.user, port: options.port, files })
    )
  )
