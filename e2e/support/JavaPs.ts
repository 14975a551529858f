/**
 * A 52°North javaPS 1.1.1 on loopback, alive as long as the scope of its layer. It is a server of WPS 2.0.
 *
 * What it is made of comes from Maven Central. It is built at the first use, and again when `e2e/javaps` was changed.
 */
import { Command, FileSystem, HttpBody, HttpClient, HttpClientResponse, Path } from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import { Config, Context, Duration, Effect, Hash, Layer, Option, Schema } from "effect"
import { checkJava } from "./Keycloak.ts"
import * as Tool from "./Tool.ts"

export class JavaPs extends Context.Tag("effect-wps/e2e/support/JavaPs")<JavaPs, {
  /** The WPS endpoint. */
  readonly url: string
}>() {}

const install = { javac: "a Java development kit, 17 or newer", mvn: "Maven" }

/** The program of `JAVA_HOME`, which Maven uses too, or the one that is found by its name. */
const jdk = (program: string) =>
  Effect.gen(function*() {
    const path = yield* Path.Path
    return Option.match(yield* Config.option(Config.nonEmptyString("JAVA_HOME")), {
      onNone: () => program,
      onSome: (home) => path.join(home, "bin", program)
    })
  })

/** What stands in the files of a folder, and where. */
const sources = Effect.fnUntraced(function*(folder: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const names = (yield* fs.readDirectory(folder, { recursive: true })).sort()
  return yield* Effect.forEach(names, (name) =>
    Effect.gen(function*() {
      const file = path.join(folder, name)
      const { type } = yield* fs.stat(file)
      return type === "File" ? [name, yield* fs.readFileString(file)] : [name]
    }))
})

/** The folder with the server and what runs it. */
const build = Effect.fn("JavaPs.build")(function*(source: string, cache: string) {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const content = yield* Schema.encode(Schema.parseJson(Schema.Unknown))(yield* sources(source))
  const place = path.join(cache, `built-${(Hash.string(content) >>> 0).toString(16)}`)
  yield* Tool.once(place, (draft) =>
    Effect.gen(function*() {
      yield* Tool.run(install.javac, Command.make(yield* jdk("javac"), "-version"))
      const work = yield* fs.makeTempDirectoryScoped({ prefix: "javaps-build-" })
      yield* fs.copy(source, work, { overwrite: true })
      yield* Tool.run(
        install.mvn,
        Command.make(
          "mvn",
          "--batch-mode",
          "--quiet",
          "--strict-checksums",
          `-Dmaven.repo.local=${path.join(cache, "maven")}`,
          "--file",
          path.join(work, "pom.xml"),
          "package"
        )
      )
      for (const name of ["javaps.war", "jetty-runner.jar"]) {
        yield* fs.copyFile(path.join(work, "target", name), path.join(draft, name))
      }
    }).pipe(Effect.scoped))
  return place
})

const configuration = (url: string, work: string) => ({
  settings: {
    "service.serviceURL": { type: "uri", value: url },
    "serviceProvider.name": { type: "string", value: "effect-wps" },
    "serviceIdentification.title": { type: "multilingual", value: { en: "javaPS" } },
    "serviceIdentification.abstract": { type: "multilingual", value: { en: "A server that tests start" } },
    "serviceIdentification.serviceType": { type: "string", value: "WPS" },
    // By itself it says 200 to every fault.
    "misc.httpResponseCodeUseInKvpAndPoxBinding": { type: "boolean", value: true },
    "misc.baseDirectory": { type: "file", value: `${work}/results/` }
  }
})

const execute = `<wps:Execute xmlns:wps="http://www.opengis.net/wps/2.0" xmlns:ows="http://www.opengis.net/ows/2.0"
    service="WPS" version="2.0.0" mode="async" response="document"><ows:Identifier>echo</ows:Identifier>
  <wps:Output id="literal"/></wps:Execute>`

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, false)
  const here = (name: string) => path.fromFileUrl(new URL(name, import.meta.url))
  const cache = yield* here("../../.cache/e2e/javaps")
  yield* checkJava()
  const built = yield* build(yield* here("../javaps"), cache)

  const port = yield* Tool.freePort
  const url = `http://127.0.0.1:${port}/javaps/service`
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "javaps-" })
  yield* fs.makeDirectory(path.join(work, "results"))
  yield* fs.writeFileString(
    path.join(work, "configuration.json"),
    yield* Schema.encode(Schema.parseJson(Schema.Unknown))(configuration(url, work))
  )
  yield* Tool.server({
    name: "javaPS",
    command: yield* jdk("java"),
    args: [
      // A server that lives for a minute starts sooner without the optimizing compiler.
      "-XX:TieredStopAtLevel=1",
      "-Xmx256m",
      `-Djava.io.tmpdir=${work}`,
      `-Djavaps.configuration=${work}`,
      "-jar",
      path.join(built, "jetty-runner.jar"),
      "--host",
      "127.0.0.1",
      "--port",
      String(port),
      "--path",
      "/javaps",
      path.join(built, "javaps.war")
    ],
    log: path.join(cache, "javaps.log"),
    ready: Effect.flatMap(
      client.get(url, { urlParams: { service: "WPS", request: "GetCapabilities" } }),
      HttpClientResponse.filterStatusOk
    ),
    patience: Duration.seconds(120)
  })
  // Of two that come at once, and are the first, one is answered with an empty body.
  yield* Effect.flatMap(client.post(url, { body: HttpBody.text(execute, "text/xml") }), (response) => response.text)
  return JavaPs.of({ url })
})

/** Builds javaPS at the first use, starts it with nothing in its memory, and kills it and its jobs with the scope. */
export const layer = Layer.scoped(JavaPs, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
