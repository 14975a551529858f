/**
 * `npm start`: runs a job on a compute node that wants a token. Without `--url` it starts a node of its own, with
 * `--login` behind an identity provider of its own; with `--serve` it does nothing but that.
 */
import { Auth, BearerAuth, OAuth, TokenStore } from "@effect-wps/auth"
import { Cdat, Dimension, Domain, Llnl, Processes, Variable } from "@effect-wps/cwt"
import { LoopbackServer, NodeLogin, TerminalLogin } from "@effect-wps/node"
import { IdentityProvider, LlnlNode, WpsNode, WpsServer } from "@effect-wps/testing"
import { type DataValue, type Execute, type Job, WpsClient } from "@effect-wps/wps"
import { Command, Options } from "@effect/cli"
import { HttpClient } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Array as Arr, Chunk, Config, Console, Duration, Effect, Layer, Option, Redacted, Schema, Stream } from "effect"
import * as ComputeNode from "./ComputeNode.ts"
import * as Field from "./Field.ts"
import * as NetCdf from "./NetCdf.ts"
import * as Picture from "./Picture.ts"

/** What is wrong with the command line, or with what the server gave. */
class DemoError extends Schema.TaggedError<DemoError>()("DemoError", { message: Schema.String }) {}

// --------------------------------------------------------------------------------------------------------------- output

const interactive = Effect.sync(() => process.stdout.isTTY)

const columns = 30

const bar = (percent: number): string => {
  const filled = Math.round(columns * percent / 100)
  return `[${"█".repeat(filled)}${"░".repeat(columns - filled)}] ${String(Math.round(percent)).padStart(3)} %`
}

const percentOf = (status: Execute.JobStatus): number =>
  status._tag === "Succeeded" ? 100 : Option.getOrElse(status.percent, () => 0)

/** ESGF's nodes say nothing when they accept a job, and all of its result when it has succeeded. */
const words = ({ _tag, message }: Execute.JobStatus): string =>
  message === "" || _tag === "Succeeded" ? _tag.toLowerCase() : message

/** One line that is drawn anew on a terminal, one line for each change elsewhere. */
const progress = (job: Job.Job<unknown>) =>
  Effect.flatMap(interactive, (tty) =>
    Stream.runForEach(job.changes, (status) => {
      const line = `  ${bar(percentOf(status))}  ${words(status)}`
      return tty
        ? Effect.sync(() => process.stdout.write(`\r\u001b[2K${line}`))
        : Console.log(line)
    }).pipe(Effect.ensuring(tty ? Console.log("") : Effect.void)))

const span = (axis: Field.Axis): string => {
  const first = Arr.head(Arr.fromIterable(axis.values))
  const last = Arr.last(Arr.fromIterable(axis.values))
  const show = Option.match({
    onNone: () => "nothing",
    onSome: (value: number) => String(Number(value.toPrecision(6)))
  })
  const { units } = axis.attributes
  return `${axis.name.padEnd(6)}${String(axis.values.length).padStart(5)}   ${show(first)} to ${show(last)}${
    typeof units === "string" ? ` ${units}` : ""
  }`
}

// -------------------------------------------------------------------------------------------------------------- program

/** At most ten: a service may have kept years of them. Of ESGF's nodes those as at LLNL have a list. */
const listJobs = Stream.runCollect(Stream.take(Llnl.jobs({ pageSize: 10 }), 10)).pipe(
  Effect.flatMap((jobs) =>
    Console.log(`\nThe service has kept ${jobs.length === 1 ? "your job" : "your jobs"}:\n`).pipe(
      Effect.zipRight(Effect.forEach(jobs, ({ elapsed, id, identifier, status }) => {
        const time = Option.match(elapsed, {
          onNone: () => "",
          onSome: (one) => `, ${Duration.toSeconds(one).toFixed(1)} s`
        })
        return Console.log(`  ${id}   ${identifier} ${status._tag.toLowerCase()}${time}`)
      }))
    )
  ),
  Effect.catchAll((error) =>
    Console.log(
      error._tag === "UnexpectedResponse" && error.status === 404
        ? "\nThe service keeps no list of jobs."
        : `\nThe service lists no jobs. ${error.message}`
    )
  )
)

/** The southern half of the first three months. */
const southernSummer = Domain.make({ lat: Dimension.southernHemisphere, time: Dimension.indices(0, 3) })

const program = (tas: Variable.Variable) =>
  Effect.gen(function*() {
    const { processes } = yield* WpsClient.capabilities
    yield* Effect.forEach(Processes.group(processes), ([group, members]) => {
      const names = members.map(({ identifier }) =>
        identifier.startsWith(`${group}.`) ? identifier.slice(group.length + 1) : identifier
      )
      return Console.log(`The service has ${group}: ${names.join(", ")}.`)
    })
    yield* Console.log(
      `\nThe greatest ${tas.name} of three months in the south, CDAT.max of CDAT.subset, as a job:`
    )

    const south = Cdat.subset({ inputs: [tas], domain: southernSummer })
    const job = yield* WpsClient.execute(Cdat.max({ inputs: [south], axes: ["time"] }))
    yield* progress(job)
    const greatest = yield* job.result

    const chunks = yield* Stream.runCollect(WpsClient.downloadStream(greatest.uri))
    const bytes = Buffer.concat(Chunk.toReadonlyArray(chunks))
    yield* Console.log(`\nIt gave ${greatest.uri} (${bytes.length} bytes of NetCDF-4):`)

    const files = yield* NetCdf.NetCdf
    const field = yield* files.read(bytes, greatest.name === "" ? tas.name : greatest.name)
    yield* Console.log(`\n  shape   ${Field.shape(field).join(" × ")}`)
    yield* Effect.forEach(field.axes, (axis) => Console.log(`  ${span(axis)}`))
    yield* Console.log(`\n${Picture.render(field, { colours: yield* interactive })}`)
    yield* listJobs
  })

const aim = `
Aim the same program at another node that has CDAT.max and CDAT.subset and reads NetCDF files:

  npm start -- --url https://compute.example.org/wps --token TOKEN --uri https://data.example.org/tas.nc

--token may be left out where the variable WPS_TOKEN holds it; a service that is open to everyone needs none. To log in
with a browser instead: --issuer https://compute.example.org/auth/realms/cluster --client-id wps.`

const client = <E, R>(url: string, auth: Layer.Layer<Auth.Auth, E, R>) => Layer.provide(Llnl.layer({ url }), auth)

const onNode = <E, R>(wants: string, auth: Layer.Layer<Auth.Auth, E, R>) =>
  Effect.gen(function*() {
    const { url } = yield* WpsServer.WpsServer
    yield* Console.log(`A compute node listens at ${url} and wants ${wants}.`)
    yield* program(ComputeNode.variables(url).tas).pipe(Effect.provide(client(url, auth)))
    yield* Console.log(aim)
  })

const pace = "400 millis"

const withToken = Effect.suspend(() => {
  const token = Redacted.make(crypto.randomUUID())
  return onNode("a bearer token", BearerAuth.layer(token)).pipe(
    Effect.provide(ComputeNode.layerLlnl({ user: LlnlNode.tokens({ you: token }), pace }))
  )
})

/** A login that is forgotten at the end. */
const loginOnce = Layer.mergeAll(LoopbackServer.layer, TerminalLogin.layer(), TokenStore.layerMemory)

const withLogin = Effect.gen(function*() {
  const { issuer, user, users } = yield* IdentityProvider.IdentityProvider
  for (const { password, username } of users) {
    yield* Console.log(`In the browser, log in as ${username} with the password ${Redacted.value(password)}.`)
  }
  yield* onNode(
    "a login",
    OAuth.layerAuthorizationCode({ issuer, clientId: "wps", redirectPort: [8888, 0] }).pipe(Layer.provide(loginOnce))
  ).pipe(Effect.provide(ComputeNode.layerLlnl({ user, pace })))
}).pipe(Effect.provide(IdentityProvider.layer()))

/** Inputs by reference are fetched by whatever address they name, so the node listens on this machine alone. */
const fetched = Effect.map(HttpClient.HttpClient, (http) => {
  const ok = HttpClient.filterStatusOk(http)
  return ({ href }: DataValue.Reference) =>
    Effect.scoped(Effect.flatMap(ok.get(href), (response) => response.arrayBuffer)).pipe(
      Effect.mapBoth({
        onFailure: () => `${href} cannot be fetched.`,
        onSuccess: (bytes) => new Uint8Array(bytes)
      })
    )
})

/** A node that stays, for whatever client there is. */
const serve = (port: number) =>
  Effect.gen(function*() {
    const fetch = yield* fetched
    const node = ComputeNode.layer({ pace, port, fetch, processes: [WpsNode.echo] })
    return yield* Effect.gen(function*() {
      const { url } = yield* WpsServer.WpsServer
      const { pr, tas } = ComputeNode.variables(url)
      yield* Console.log(
        `A compute node listens at ${url}, speaks WPS 1.0.0 and 2.0, and wants no login. Ctrl-C ends it.\n` +
          `Its files to compute over: ${tas.uri} (variable ${tas.name}), ${pr.uri} (variable ${pr.name})`
      )
      return yield* Effect.never
    }).pipe(Effect.provide(node))
  })

interface Other {
  readonly url: string
  readonly token: Option.Option<Redacted.Redacted>
  readonly issuer: Option.Option<string>
  readonly clientId: string
  readonly uri: Option.Option<string>
  readonly name: string
}

const other = (options: Other) =>
  Effect.gen(function*() {
    const uri = yield* Option.match(options.uri, {
      onNone: () =>
        new DemoError({ message: "Say with --uri which NetCDF file the service is to read; see npm start -- --help." }),
      onSome: Effect.succeed
    })
    const run = program(Variable.make({ uri, name: options.name }))
    if (Option.isSome(options.issuer)) {
      const auth = OAuth.layerAuthorizationCode({ issuer: options.issuer.value, clientId: options.clientId })
      return yield* Effect.provide(run, client(options.url, Layer.provide(auth, NodeLogin.layer)))
    }
    const auth = Option.match(options.token, {
      onNone: () => Auth.firstOf(BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")), Auth.layerAnonymous),
      onSome: BearerAuth.layer
    })
    return yield* Effect.provide(run, client(options.url, auth))
  })

const command = Command.make("npm start --", {
  url: Options.text("url").pipe(
    Options.withDescription("The WPS endpoint; without it the demo starts a node of its own"),
    Options.optional
  ),
  token: Options.redacted("token").pipe(
    Options.withDescription("The bearer token; the variable WPS_TOKEN is read without it"),
    Options.optional
  ),
  login: Options.boolean("login").pipe(
    Options.withDescription("Log in with a browser at an identity provider that the demo starts")
  ),
  serve: Options.boolean("serve").pipe(
    Options.withDescription("Only start the node, without a login, and keep it until Ctrl-C")
  ),
  port: Options.integer("port").pipe(
    Options.withDescription("The port of 127.0.0.1 for --serve; 0 takes a free one, and without it that is 8080"),
    Options.optional
  ),
  issuer: Options.text("issuer").pipe(
    Options.withDescription("The OAuth issuer to log in at with a browser, for --url"),
    Options.optional
  ),
  clientId: Options.text("client-id").pipe(
    Options.withDescription("The client that is registered there"),
    Options.withDefault("wps")
  ),
  uri: Options.text("uri").pipe(
    Options.withDescription("The NetCDF file that the service is to read"),
    Options.optional
  ),
  name: Options.text("name").pipe(
    Options.withDescription("The variable in the file"),
    Options.withDefault("tas")
  )
}, ({ login, port, serve: serves, url, ...options }) =>
  Effect.gen(function*() {
    if (Option.isSome(port) && !serves) {
      return yield* new DemoError({ message: `--port is for --serve: npm start -- --serve --port ${port.value}` })
    }
    yield* serves
      ? serve(Option.getOrElse(port, () => 8080))
      : Option.isSome(url)
      ? other({ url: url.value, ...options })
      : login
      ? withLogin
      : withToken
  }))

const run = Command.run(command, { name: "effect-wps demo", version: "0.0.0" })

Effect.suspend(() => run(process.argv)).pipe(
  // A mistake on the command line has been told already.
  Effect.tapError((error) =>
    error._tag === "InvalidValue" || !("message" in error) ? Effect.void : Console.error(error.message)
  ),
  Effect.provide([NetCdf.layer, NodeHttpClient.layerUndici, NodeContext.layer]),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
