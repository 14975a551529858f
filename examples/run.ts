/**
 * `npm run example -- <name>`: runs one of the examples, on a compute node that is started for it or on another.
 */
import { NetCdf } from "@effect-wps/demo"
import { Command, Options } from "@effect/cli"
import { Path } from "@effect/platform"
import { NodeContext, NodeHttpClient, NodeRuntime } from "@effect/platform-node"
import { Array as Arr, Console, Effect, Layer, Option, Schema } from "effect"
import * as Aggregate from "./aggregate.ts"
import * as GettingStarted from "./getting-started.ts"
import * as LlnlJobs from "./llnl-jobs.ts"
import * as Maximum from "./maximum.ts"
import * as Subset from "./subset.ts"
import * as Output from "./support/Output.ts"
import * as Server from "./support/Server.ts"
import * as Workflow from "./workflow.ts"

/** What is wrong with the command line. */
class UsageError extends Schema.TaggedError<UsageError>()("UsageError", { message: Schema.String }) {}

const options = {
  url: Options.text("url").pipe(
    Options.withDescription("The WPS endpoint of another node; without it one is started"),
    Options.optional
  ),
  token: Options.redacted("token").pipe(
    Options.withDescription("The bearer token for that node; without it the variable WPS_TOKEN is read"),
    Options.optional
  ),
  uri: Options.text("uri").pipe(
    Options.withDescription("A NetCDF file that the node at --url is to read; again for each further part in time"),
    Options.repeated
  ),
  name: Options.text("name").pipe(
    Options.withDescription("The variable in the files; tas where nothing is said"),
    Options.optional
  )
}

const output = Layer.unwrapEffect(
  Effect.map(
    Effect.flatMap(Path.Path, (path) => path.fromFileUrl(new URL("output", import.meta.url))),
    Output.layer
  )
)

/** What every example may ask for. */
type Services =
  | Layer.Layer.Success<typeof Server.client>
  | Layer.Layer.Success<typeof NodeHttpClient.layerUndici>
  | NodeContext.NodeContext
  | NetCdf.NetCdf
  | Output.Output
  | Server.Server

const example = <E>(
  name: string,
  description: string,
  program: Effect.Effect<void, E, Services>
) =>
  Command.make(name, options, ({ name, token, uri, url }) =>
    Effect.gen(function*() {
      if (Option.isNone(url)) {
        // Whoever names a file would take the result for its own.
        return Option.isSome(token) || Option.isSome(name) || uri.length > 0
          ? yield* new UsageError({
            message:
              "--uri, --name and --token are for another node: say with --url which. Without them one is started, " +
              "which has files of its own."
          })
          : Server.layerEmbedded({ pace: "200 millis" })
      }
      if (!Arr.isNonEmptyReadonlyArray(uri)) {
        return yield* new UsageError({ message: "Say with --uri which NetCDF file the node at --url is to read." })
      }
      return Server.layer({ url: url.value, token, uris: uri, name: Option.getOrElse(name, () => "tas") })
    }).pipe(
      Effect.flatMap((server) =>
        Effect.provide(program, Layer.provideMerge(Layer.merge(Server.client, output), server))
      )
    )).pipe(Command.withDescription(description))

const command = Command.make("npm run example --").pipe(
  Command.withDescription("ESGF's compute API step by step. What an example makes is in examples/output."),
  Command.withSubcommands([
    example("getting-started", "Connect, look around, run a job, look at the result", GettingStarted.program),
    example("aggregate", "Join the files of a variable", Aggregate.program),
    example("subset", "Cut out a part by times and coordinates", Subset.program),
    example("maximum", "Reduce a variable along an axis", Maximum.program),
    example("workflow", "Run operations on operations as one job", Workflow.program),
    example("llnl-jobs", "Find jobs again, read their history, delete them", LlnlJobs.program)
  ])
)

const run = Command.run(command, { name: "effect-wps examples", version: "0.0.0" })

Effect.suspend(() => run(process.argv)).pipe(
  // A mistake on the command line has been told already.
  Effect.tapError((error) =>
    error._tag === "InvalidValue" || !("message" in error) ? Effect.void : Console.error(error.message)
  ),
  Effect.tapErrorTag(
    "AccessDenied",
    () => Console.error("Here the credentials are --token, or the variable WPS_TOKEN.")
  ),
  Effect.tapErrorTag("UnexpectedResponse", ({ operation, status }) =>
    operation === "ListJobs" && status === 404
      ? Console.error("Not every node lists its jobs as LLNL's does. The other examples need no list.")
      : Effect.void),
  Effect.provide([NetCdf.layer, NodeHttpClient.layerUndici, NodeContext.layer]),
  NodeRuntime.runMain({ disableErrorReporting: true })
)
