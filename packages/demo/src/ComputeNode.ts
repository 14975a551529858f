/**
 * An ESGF-like compute node: the CDAT operations really computed over NetCDF files, behind a login.
 *
 * @since 0.1.0
 */
import { WpsNode, WpsServer } from "@effect-wps/testing"
import { Ows, type Process } from "@effect-wps/wps"
import type { HttpServerError } from "@effect/platform"
import { Array as Arr, type Duration, Effect, Either, Layer, Option, Predicate } from "effect"
import * as Cdat from "./Cdat.ts"
import * as Compute from "./Compute.ts"
import type { ComputeError } from "./ComputeError.ts"
import type * as Domain from "./Domain.ts"
import type * as Field from "./Field.ts"
import * as NetCdf from "./NetCdf.ts"
import * as Sample from "./Sample.ts"

/** The content type of a NetCDF-4 file. */
const netcdf = "application/netcdf"

const refuse = (code: string, locator: string, text: string) =>
  new Ows.OwsException({ code, locator: Option.some(locator), texts: [text] })

type Inputs = Process.Values<typeof Cdat.processes.subset.inputs>

/** The operation that the process is to do, of those in the request. */
const operationOf = (identifier: string, { operation }: Inputs) =>
  Option.match(Option.fromNullable(operation.find(({ name }) => name === identifier)), {
    onNone: () => Effect.fail(refuse("InvalidParameterValue", "operation", `None of the operations is ${identifier}.`)),
    onSome: Effect.succeed
  })

const domainOf = (name: string | undefined, { domain }: Inputs): Effect.Effect<Domain.Domain, Ows.OwsException> => {
  if (name === undefined) return Effect.succeed({})
  const found = domain.find(({ id }) => id === name)
  return found === undefined
    ? Effect.fail(refuse("InvalidParameterValue", "domain", `There is no domain ${name}.`))
    : Effect.succeed(
      Object.fromEntries(
        Object.entries(found).flatMap(([key, value]) => Predicate.isString(value) ? [] : [[key, value]])
      )
    )
}

/** A variable's name in its file and its name in the request; one without a bar has the same for both. */
const namesOf = ({ id }: Cdat.Variable): { readonly inFile: string; readonly inRequest: string } => {
  const [inFile = id, inRequest = id] = id.split("|")
  return { inFile, inRequest }
}

const variablesOf = (names: ReadonlyArray<string>, { variable }: Inputs) =>
  Effect.forEach(
    names,
    (name) =>
      Option.match(Option.fromNullable(variable.find((one) => namesOf(one).inRequest === name)), {
        onNone: () => Effect.fail(refuse("InvalidParameterValue", "variable", `There is no variable ${name}.`)),
        onSome: Effect.succeed
      })
  )

type Compute = (
  fields: Arr.NonEmptyReadonlyArray<Field.Field>,
  axes: ReadonlyArray<string>
) => Either.Either<Field.Field, ComputeError>

const reduce = (f: typeof Compute.mean): Compute => ([field], axes) => f(field, axes)

const computations: Readonly<Record<Cdat.Name, Compute>> = {
  // Only the part that the domain means has been read.
  subset: ([field]) => Either.right(field),
  max: reduce(Compute.max),
  min: reduce(Compute.min),
  mean: reduce(Compute.mean),
  sum: reduce(Compute.sum),
  aggregate: (fields) => Compute.aggregate(fields)
}

const implement = (name: Cdat.Name, pace: Duration.DurationInput) => {
  const process = Cdat.processes[name]
  return WpsNode.handle(process, (inputs, { load, report, store }) =>
    Effect.gen(function*() {
      const files = yield* NetCdf.NetCdf
      const say = (percent: number, message: string) => Effect.zipRight(report(percent, message), Effect.sleep(pace))
      const operation = yield* operationOf(process.identifier, inputs)
      const domain = yield* domainOf(operation.domain, inputs)
      const variables = yield* variablesOf(operation.input, inputs)
      if (!Arr.isNonEmptyReadonlyArray(variables)) {
        return yield* Effect.fail(refuse("MissingParameterValue", "variable", "The operation has no input."))
      }
      const fields = yield* Effect.forEach(variables, (variable, index) =>
        Effect.gen(function*() {
          yield* say(10 + Math.round(50 * index / variables.length), `reading ${variable.uri.split("/").at(-1)}`)
          const file = yield* load(variable.uri)
          if (Option.isNone(file)) {
            return yield* Effect.fail(
              refuse(
                "InvalidParameterValue",
                "variable",
                `This node has no ${variable.uri}; it computes over its own files.`
              )
            )
          }
          return yield* files.read(file.value.content, namesOf(variable).inFile, { domain })
        }))
      yield* say(60, `computing ${process.identifier}`)
      if (!Arr.isNonEmptyReadonlyArray(fields)) return yield* Effect.dieMessage("as many fields as variables")
      const axes = operation.axes === undefined ? [] : operation.axes.split("|")
      const result = yield* computations[name](fields, axes)
      yield* say(80, "writing the result")
      const content = yield* files.write([result])
      const uri = yield* store(`${name}.nc`, { content, contentType: netcdf })
      return { output: [{ uri, id: `${result.name}|${name}`, mime_type: netcdf }] }
    }))
}

/**
 * The node's processes. `pace` is how long each of a job's steps lasts at least: a small file is computed before anyone
 * can look.
 *
 * @since 0.1.0
 * @category constructors
 */
export const implementations = (
  pace: Duration.DurationInput = 0
): ReadonlyArray<WpsNode.Implementation<NetCdf.NetCdf>> =>
  Object.keys(Cdat.processes).filter(isName).map((name) => implement(name, pace))

const isName = (name: string): name is Cdat.Name => Object.hasOwn(Cdat.processes, name)

/**
 * The node's files, by their path below `outputs/`: two years of made-up monthly temperatures, whole and by year.
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
  return {
    "data/tas.nc": yield* file(Sample.temperature),
    "data/tas_1.nc": yield* file(Sample.temperatureByYear[0]),
    "data/tas_2.nc": yield* file(Sample.temperatureByYear[1])
  }
})

/**
 * Starts the node on 127.0.0.1, on a free port unless one is given. Where there is `authorize`, only who it knows is let in.
 *
 * @since 0.1.0
 * @category layers
 */
export const layer = (
  options: Pick<WpsNode.Options, "authorize" | "fetch"> & {
    readonly pace?: Duration.DurationInput | undefined
    readonly port?: number | undefined
    /** Processes beside the node's own. */
    readonly processes?: ReadonlyArray<WpsNode.Implementation> | undefined
  }
): Layer.Layer<WpsServer.WpsServer, NetCdf.NetCdfError | HttpServerError.ServeError, NetCdf.NetCdf> =>
  Layer.unwrapEffect(
    Effect.map(files, (files) =>
      WpsServer.layer([...implementations(options.pace), ...options.processes ?? []], {
        title: "A small compute node",
        authorize: options.authorize,
        fetch: options.fetch,
        port: options.port,
        files
      }))
  )
