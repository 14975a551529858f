/**
 * A Keycloak 26.4.0 on loopback, alive as long as the scope of its layer.
 *
 * It comes from Maven Central, and is unpacked, built and given its realms at the first use only. What is kept for later
 * uses is moved to its place when it is whole; each server has a copy of the database to itself.
 */
import {
  Command,
  FileSystem,
  HttpBody,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  Path,
  UrlParams
} from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Context, Duration, Effect, Hash, Layer, Option, Schema, Stream } from "effect"
import * as Crypto from "node:crypto"
import { realms } from "./KeycloakRealms.ts"
import * as Tool from "./Tool.ts"

const version = "26.4.0"
const sha256 = "1b6a11a2726ac8a8dc9c91d5fafe989a75ce4f1622d7f7b45c21d5bc16629c0a"

/** What was downloaded is not the Keycloak that these tests are for. */
export class WrongDistribution extends Schema.TaggedError<WrongDistribution>()("WrongDistribution", {
  file: Schema.String,
  found: Schema.String
}) {
  override get message(): string {
    return `${this.file} has the SHA-256 ${this.found}, and should have ${sha256}`
  }
}

/** `compute-cluster` has tokens of 300 s; `short` has tokens of 20 s, and a refresh token there is good for one use. */
export type Realm = "compute-cluster" | "short"

export class Keycloak extends Context.Tag("effect-wps/e2e/support/Keycloak")<Keycloak, {
  /** The address of the server, without a path. */
  readonly url: string
  readonly issuer: (realm: Realm) => string
  /** Logs everybody out of a realm, as its administrator can: no token that was given before is taken any more. */
  readonly endSessions: (realm: Realm) => Effect.Effect<void>
}>() {}

const install = {
  java: "a Java runtime, 17 or newer",
  mvn: "Maven",
  unzip: "unzip"
}

/** Looks for Java where `kc.sh` will. */
export const checkJava = Effect.fn("Keycloak.checkJava")(function*(home?: string) {
  const command = Command.make("sh", "-c", "\"${JAVA_HOME:+$JAVA_HOME/bin/}java\" -version")
  const output = yield* Tool.run(install.java, home === undefined ? command : Command.env(command, { JAVA_HOME: home }))
    .pipe(
      Effect.catchTag(
        "ToolFailed",
        () => new Tool.ToolMissing({ tool: "java", found: Option.none(), install: install.java })
      )
    )
  const found = /version "(\d+)/.exec(output)?.[1]
  if (Number(found) >= 17) return
  return yield* new Tool.ToolMissing({ tool: "java", found: Option.fromNullable(found), install: install.java })
})

const checksum = Effect.fnUntraced(function*(file: string) {
  const fs = yield* FileSystem.FileSystem
  const hash = Crypto.createHash("sha256")
  yield* Stream.runForEach(fs.stream(file, { chunkSize: 1 << 20 }), (chunk) => Effect.sync(() => hash.update(chunk)))
  return hash.digest("hex")
})

/** The distribution, downloaded unless it is there and whole. */
export const download = Effect.fn("Keycloak.download")(function*(cache: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const repository = path.join(cache, "maven")
  const folder = path.join(repository, "org", "keycloak", "keycloak-quarkus-dist", version)
  const file = path.join(folder, `keycloak-quarkus-dist-${version}.zip`)
  if ((yield* Effect.option(checksum(file))).pipe(Option.contains(sha256))) return file
  // Maven would keep a file that is not whole.
  yield* fs.remove(folder, { recursive: true, force: true })
  yield* Tool.run(
    install.mvn,
    Command.make(
      "mvn",
      "--batch-mode",
      "--quiet",
      "--strict-checksums",
      "org.apache.maven.plugins:maven-dependency-plugin:3.8.1:get",
      `-Dartifact=org.keycloak:keycloak-quarkus-dist:${version}:zip`,
      "-Dtransitive=false",
      `-Dmaven.repo.local=${repository}`
    )
  )
  const found = yield* checksum(file)
  return yield* found === sha256 ? Effect.succeed(file) : new WrongDistribution({ file, found })
})

const database = "keycloakdb"
const databaseOption = (folder: string) => `--db-url=jdbc:h2:file:${folder}/${database};NON_KEYWORDS=VALUE`

// A server that lives for a minute starts sooner without the optimizing compiler.
const env = { JAVA_OPTS_APPEND: "-XX:TieredStopAtLevel=1" }
const admin = { username: "admin", password: "admin" }

const prepare = Effect.fnUntraced(function*(cache: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const kc = (folder: string) => path.join(folder, `keycloak-${version}`, "bin", "kc.sh")
  const built = path.join(cache, `built-${version}`)
  yield* fs.makeDirectory(cache, { recursive: true })
  yield* checkJava()
  yield* Tool.once(built, (draft) =>
    Effect.gen(function*() {
      yield* Tool.run(install.unzip, Command.make("unzip", "-q", yield* download(cache), "-d", draft))
      yield* Tool.run(
        install.java,
        Command.make(kc(draft), "build", "--db=dev-file", "--health-enabled=false", "--metrics-enabled=false")
      )
    }))

  const content = yield* Schema.encode(Schema.parseJson(Schema.Unknown))(realms)
  const data = path.join(cache, `realms-${(Hash.string(content) >>> 0).toString(16)}`)
  yield* Tool.once(data, (draft) =>
    Effect.gen(function*() {
      const file = path.join(draft, "realms.json")
      yield* fs.writeFileString(file, content)
      yield* Command.make(kc(built), "import", "--optimized", "--file", file, databaseOption(draft)).pipe(
        Command.env({
          ...env,
          KC_BOOTSTRAP_ADMIN_USERNAME: admin.username,
          KC_BOOTSTRAP_ADMIN_PASSWORD: admin.password
        }),
        (command) => Tool.run(install.java, command)
      )
    }))
  return { kc: kc(built), database: path.join(data, `${database}.mv.db`) }
})

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = (yield* HttpClient.HttpClient).pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.filterStatusOk
  )
  const cache = yield* path.fromFileUrl(new URL("../../.cache/e2e/keycloak", import.meta.url))
  const prepared = yield* prepare(cache)

  const port = yield* Tool.freePort
  const url = `http://127.0.0.1:${port}`
  const issuer = (realm: string) => `${url}/realms/${realm}`
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "keycloak-" })
  yield* fs.copyFile(prepared.database, path.join(work, `${database}.mv.db`))
  yield* Tool.server({
    name: "Keycloak",
    command: prepared.kc,
    args: [
      "start",
      "--optimized",
      databaseOption(work),
      "--cache=local",
      "--http-enabled=true",
      "--http-host=127.0.0.1",
      `--http-port=${port}`,
      `--hostname=${url}`
    ],
    env,
    log: path.join(cache, "keycloak.log"),
    ready: client.get(`${issuer("short")}/.well-known/openid-configuration`),
    patience: Duration.seconds(120)
  })

  const adminToken = client.post(`${issuer("master")}/protocol/openid-connect/token`, {
    body: HttpBody.urlParams(UrlParams.fromInput({ grant_type: "password", client_id: "admin-cli", ...admin }))
  }).pipe(
    Effect.flatMap(HttpClientResponse.schemaBodyJson(Schema.Struct({ access_token: Schema.String })))
  )
  return Keycloak.of({
    url,
    issuer,
    endSessions: (realm) =>
      adminToken.pipe(
        Effect.flatMap(({ access_token }) =>
          client.execute(
            HttpClientRequest.post(`${url}/admin/realms/${realm}/logout-all`).pipe(
              HttpClientRequest.bearerToken(access_token)
            )
          )
        ),
        Effect.asVoid,
        Effect.orDie
      )
  })
})

/** Installs Keycloak at the first use, starts it with its realms as they were imported, and kills it with the scope. */
export const layer = Layer.scoped(Keycloak, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
