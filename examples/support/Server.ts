/**
 * The compute node that an example asks: one that is started for it, or another.
 */
import { Auth, BearerAuth } from "@effect-wps/auth"
import type { AuthError } from "@effect-wps/auth"
import { Llnl, Variable } from "@effect-wps/cwt"
import { ComputeNode, type NetCdf } from "@effect-wps/demo"
import { LlnlNode, WpsServer } from "@effect-wps/testing"
import type { WpsClient, WpsError } from "@effect-wps/wps"
import type { HttpClient, HttpServerError } from "@effect/platform"
import { Array as Arr, Config, type ConfigError, Context, type Duration, Effect, Layer, Option, Redacted } from "effect"

/**
 * Where the node is, who asks it, and the files that it reads.
 */
export class Server extends Context.Tag("@effect-wps/examples/support/Server")<Server, Server.Service>() {}

export declare namespace Server {
  export interface Service {
    /** The WPS endpoint. */
    readonly url: string
    readonly auth: Layer.Layer<Auth.Auth, ConfigError.ConfigError>
    /** The temperature near the surface, by month, on a grid of latitudes and longitudes. */
    readonly tas: Variable.Variable
    /** The same in parts, one file for each span of time. */
    readonly tasByYear: ReadonlyArray<Variable.Variable>
  }
}

/**
 * Starts a node that speaks as ESGF's does and computes over files of its own; it wants the token that it is asked with.
 */
export const layerEmbedded = (options?: {
  /** How long each step of a job lasts at least: small files are computed before anyone can look. */
  readonly pace?: Duration.DurationInput | undefined
}): Layer.Layer<Server, NetCdf.NetCdfError | HttpServerError.ServeError, NetCdf.NetCdf> => {
  const token = Redacted.make(crypto.randomUUID())
  const node = ComputeNode.layerLlnl({ user: LlnlNode.tokens({ newcomer: token }), pace: options?.pace })
  const server = Effect.map(WpsServer.WpsServer, ({ url }) => {
    const { tas, tasByYear } = ComputeNode.variables(url)
    return { url, auth: BearerAuth.layer(token), tas, tasByYear }
  })
  return Layer.provide(Layer.effect(Server, server), node)
}

/**
 * Another node, with the files that it is to read. The token is read from `WPS_TOKEN` where none is given; without either
 * it is asked without.
 */
export const layer = (options: {
  readonly url: string
  readonly token: Option.Option<Redacted.Redacted>
  readonly uris: Arr.NonEmptyReadonlyArray<string>
  /** The variable in the files. */
  readonly name: string
}): Layer.Layer<Server> => {
  const tasByYear = Arr.map(options.uris, (uri) => Variable.make({ uri, name: options.name }))
  return Layer.succeed(Server, {
    url: options.url,
    auth: Option.match(options.token, {
      onNone: () => Auth.firstOf(BearerAuth.layerConfig(Config.redacted("WPS_TOKEN")), Auth.layerAnonymous),
      onSome: BearerAuth.layer
    }),
    tas: tasByYear[0],
    tasByYear
  })
}

/**
 * The client of that node, as `getting-started.ts` makes it step by step.
 */
export const client: Layer.Layer<
  WpsClient.WpsClient | Llnl.Llnl,
  WpsError.InvalidUrl | AuthError.AuthError | ConfigError.ConfigError,
  Server | HttpClient.HttpClient
> = Layer.unwrapEffect(Effect.map(Server, ({ auth, url }) => Layer.provide(Llnl.layer({ url }), auth)))
