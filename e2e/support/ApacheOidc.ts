/**
 * An Apache with mod_auth_openidc in front of the PyWPS server, alive as long as the scope of its layer.
 *
 * It is a resource server of OAuth 2.0: of each token it asks the realm `compute-cluster` of Keycloak whether it is still
 * good (RFC 7662), and keeps no answer. It guards everything: the endpoint, and the status documents and outputs, whose
 * addresses it rewrites to its own.
 */
import { FileSystem, HttpClient, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Context, Duration, Effect, Layer, Option, Schema } from "effect"
import * as Keycloak from "./Keycloak.ts"
import * as PyWps from "./PyWps.ts"
import * as Tool from "./Tool.ts"

export class ApacheOidc extends Context.Tag("effect-wps/e2e/support/ApacheOidc")<ApacheOidc, {
  /** The WPS endpoint that it guards. */
  readonly url: string
}>() {}

// Where Debian's packages put them.
const apache = "/usr/sbin/apache2"
const modules = "/usr/lib/apache2/modules"

const loaded = [
  "mpm_event",
  "authn_core",
  "authz_core",
  "authz_user",
  "auth_openidc",
  "filter",
  "headers",
  "proxy",
  "proxy_http",
  "substitute"
]

const configuration = (options: {
  readonly port: number
  readonly work: string
  readonly metadata: string
  readonly behind: string
}) => {
  const origin = `http://127.0.0.1:${options.port}`
  return `
ServerRoot "${options.work}"
ServerName 127.0.0.1
Listen 127.0.0.1:${options.port}
PidFile apache.pid
ErrorLog /dev/stderr
LogLevel warn
${loaded.map((name) => `LoadModule ${name}_module ${modules}/mod_${name}.so`).join("\n")}

# Of root's, who alone has a choice. Its workers write nothing.
User www-data
Group www-data
StartServers 1
# Semaphores of the system would stay behind when it is killed.
Mutex pthread

# The address of an introspection endpoint must be https, but not that of the metadata which name it.
OIDCOAuthServerMetadataURL ${options.metadata}
OIDCOAuthClientID wps-service
OIDCOAuthClientSecret wps-service-secret
OIDCOAuthRemoteUserClaim sub
# Each time anew.
OIDCOAuthTokenIntrospectionInterval -1
OIDCCacheEncrypt On
OIDCCryptoPassphrase only-for-tests

<Location />
  AuthType oauth20
  Require valid-user
  ProxyPass ${options.behind}/
  # The token is for this server, and for none behind it.
  RequestHeader unset Authorization
  SetOutputFilter SUBSTITUTE
  Substitute "s|${options.behind}/|${origin}/|n"
</Location>
`
}

/** Answers that it refuses: then it is there. */
export class NotGuarded extends Schema.TaggedError<NotGuarded>()("NotGuarded", { status: Schema.Number }) {
  override get message(): string {
    return `Apache answered a request without a token with HTTP ${this.status}`
  }
}

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = (yield* HttpClient.HttpClient).pipe(HttpClient.withTracerPropagation(false))
  const { issuer } = yield* Keycloak.Keycloak
  const behind = new URL((yield* PyWps.PyWps).url)
  for (const file of [apache, path.join(modules, "mod_auth_openidc.so")]) {
    if (!(yield* fs.exists(file))) {
      return yield* new Tool.ToolMissing({
        tool: file,
        found: Option.none(),
        install: "Debian's apache2-bin and libapache2-mod-auth-openidc"
      })
    }
  }

  const cache = yield* path.fromFileUrl(new URL("../../.cache/e2e", import.meta.url))
  const port = yield* Tool.freePort
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "apache-" })
  const file = path.join(work, "apache.conf")
  const metadata = `${issuer("compute-cluster")}/.well-known/openid-configuration`
  yield* fs.writeFileString(file, configuration({ port, work, metadata, behind: behind.origin }))

  const url = `http://127.0.0.1:${port}${behind.pathname}`
  yield* Tool.server({
    name: "Apache",
    command: apache,
    args: ["-f", file, "-D", "FOREGROUND"],
    log: path.join(cache, "apache.log"),
    ready: Effect.flatMap(
      client.get(url),
      ({ status }) => status === 401 ? Effect.void : new NotGuarded({ status })
    ),
    patience: Duration.seconds(30)
  })
  return ApacheOidc.of({ url })
})

/** Starts Apache in front of PyWPS, and kills it with the scope. */
export const layer = Layer.scoped(ApacheOidc, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
