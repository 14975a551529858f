/**
 * A node like the compute node of LLNL's ESGF: WPS 1.0.0 with that server's quirks, its CSRF tokens, jobs that only
 * their user sees, and its API that lists jobs.
 *
 * It is for tests and demonstrations: jobs and outputs are kept in memory until the layer ends.
 *
 * @since 0.1.0
 */
import { DataValue, type Execute, Wps100 } from "@effect-wps/wps"
import * as Headers from "@effect/platform/Headers"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { httpClient, immediate } from "./internal/inMemory.ts"
import { listen } from "./internal/listen.ts"
import * as documents from "./internal/llnlDocuments.ts"
import * as internal from "./internal/llnlJobs.ts"
import * as WpsNode from "./WpsNode.ts"
import { WpsServer } from "./WpsServer.ts"

/**
 * How a node is set up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** @default "WPS Server" */
  readonly title?: string | undefined
  /** The path of the service; the paths of its API and its outputs begin with it. @default "/wps" */
  readonly path?: `/${string}` | undefined
  /** Files that the node has from the start, by the path below `outputs/` at which it serves them, to everyone. */
  readonly files?: Readonly<Record<string, WpsNode.File>> | undefined
  /** How long the node keeps a job and its stored outputs after the job's end. @default "1 hour" */
  readonly keepJobs?: WpsNode.Options["keepJobs"]
  /** How many jobs the API lists if the request has no limit. @default 50 */
  readonly pageSize?: number | undefined
  /** Whether a POST to the service needs the cookie `csrftoken` and the same value as `X-CSRFToken`. @default true */
  readonly csrf?: boolean | undefined
  /** The user whose token it is, or none if it is not valid. @default everyone is let in, and sees all jobs */
  readonly user?: ((token: Redacted.Redacted) => Effect.Effect<Option.Option<string>>) | undefined
}

/**
 * The users by name, each with a token that is always valid.
 *
 * @example
 * ```ts
 * import { LlnlNode } from "@effect-wps/testing"
 * import { Redacted } from "effect"
 *
 * const options: LlnlNode.Options = {
 *   user: LlnlNode.tokens({ alice: Redacted.make("first secret"), bob: Redacted.make("second secret") })
 * }
 * ```
 *
 * @since 0.1.0
 * @category combinators
 */
export const tokens = (users: Readonly<Record<string, Redacted.Redacted>>): NonNullable<Options["user"]> => {
  const all = Object.entries(users).map(([user, token]) => [Redacted.value(token), user] as const)
  return (token) =>
    Effect.sync(() =>
      Option.map(
        Option.fromNullable(all.find(([one]) => one === Redacted.value(token))),
        ([, user]) => user
      )
    )
}

/** The one who makes a request. */
type Asker = Data.TaggedEnum<{
  /** A user; none if the node lets in everyone. */
  Known: { readonly user: Option.Option<string> }
  Anonymous: {}
  Outdated: { readonly isBasic: boolean }
  /** The header does not have two parts, and the server fails to split it. */
  Malformed: { readonly reason: string }
}>
const Asker = Data.taggedEnum<Asker>()

const askerOf = (
  request: HttpServerRequest.HttpServerRequest,
  user: Options["user"]
): Effect.Effect<Asker> => {
  if (user === undefined) return Effect.succeed(Asker.Known({ user: Option.none() }))
  return Option.match(Headers.get(request.headers, "authorization"), {
    onNone: () => Effect.succeed(Asker.Anonymous()),
    onSome: (header) => {
      const [scheme = "", token, ...rest] = header.split(" ")
      if (token === undefined) {
        return Effect.succeed(Asker.Malformed({ reason: "not enough values to unpack (expected 2, got 1)" }))
      }
      if (rest.length > 0) {
        return Effect.succeed(Asker.Malformed({ reason: "too many values to unpack (expected 2)" }))
      }
      return Effect.map(
        user(Redacted.make(token)),
        Option.match({
          onNone: () => Asker.Outdated({ isBasic: scheme.toLowerCase() === "basic" }),
          onSome: (name) => Asker.Known({ user: Option.some(name) })
        })
      )
    }
  })
}

/** The types of the API: JSON, and XML for the status document of one job. */
type Form = "json" | "xml"

/** The type that the client accepts: JSON before XML, and a type that it names before one that it takes as any. */
const acceptedForm = (request: HttpServerRequest.HttpServerRequest): Option.Option<Form> => {
  const types = Option.getOrElse(Headers.get(request.headers, "accept"), () => "*/*")
    .split(",")
    .map((one) => one.split(";")[0]?.trim() ?? "")
  return types.includes("application/json")
    ? Option.some("json")
    : types.includes("application/xml")
    ? Option.some("xml")
    : types.includes("application/*") || types.includes("*/*")
    ? Option.some("json")
    : Option.none()
}

const safeMethods = ["GET", "HEAD", "OPTIONS", "TRACE"]

const letters = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz"

/** The form of Django's tokens. The server ignores a cookie of another form. */
const isCsrfToken = (text: string): boolean => /^(?:[0-9A-Za-z]{32}|[0-9A-Za-z]{64})$/.test(text)

const makeCsrfToken = Effect.map(
  Effect.all(Array.from({ length: 64 }, () => Random.nextIntBetween(0, letters.length))),
  (indices) => indices.map((index) => letters.charAt(index)).join("")
)

/** Sets the client's own cookie again, or a new one, for a year. */
const withCsrfToken = (request: HttpServerRequest.HttpServerRequest) =>
(
  response: HttpServerResponse.HttpServerResponse
): Effect.Effect<HttpServerResponse.HttpServerResponse> =>
  Effect.gen(function*() {
    const sent = request.cookies["csrftoken"] ?? ""
    const token = isCsrfToken(sent) ? sent : yield* makeCsrfToken
    const expires = DateTime.toDateUtc(DateTime.add(yield* DateTime.now, { weeks: 52 })).toUTCString()
    return HttpServerResponse.setHeader(
      response,
      "set-cookie",
      `csrftoken=${token}; expires=${expires}; Max-Age=31449600; Path=/; SameSite=Lax`
    )
  })

const isForged = (request: HttpServerRequest.HttpServerRequest): boolean => {
  const cookie = request.cookies["csrftoken"] ?? ""
  const header = Option.getOrElse(Headers.get(request.headers, "x-csrftoken"), () => "")
  return !safeMethods.includes(request.method) && !(isCsrfToken(cookie) && cookie === header)
}

const decode = Option.liftThrowable(decodeURIComponent)

/** Adds the `Allow` header of the API. Pages do not have it, because the API does not make them. */
const allowing = (methods: string) => (response: HttpServerResponse.HttpServerResponse) =>
  response.headers["content-type"] === "text/html"
    ? response
    : HttpServerResponse.setHeader(response, "allow", methods)

const notAllowed = (method: string): HttpServerResponse.HttpServerResponse =>
  documents.refusal(405, `Method "${method}" not allowed.`)

/** What the API says of itself. */
const optionsOf = (name: string): HttpServerResponse.HttpServerResponse =>
  documents.json(200, {
    name,
    description: "",
    renders: ["application/json", "application/xml"],
    parses: ["application/json", "application/x-www-form-urlencoded", "multipart/form-data"]
  })

/**
 * Makes a node's `HttpApp`. Jobs belong to the scope.
 *
 * **The service.** Every answer has HTTP 200. So have the reports about a token that is missing or not valid, a process
 * that does not exist, or a missing input. Anyone may ask for the capabilities. DescribeProcess is broken. Execute is
 * asynchronous, and its inputs are JSON. A POST needs the cookie `csrftoken` and the same value in `X-CSRFToken`;
 * without them it gets HTTP 403. In a GET no value may contain `=`, `;` or `&`.
 *
 * **Jobs.** `api/job/{id}.wps` is a job's status document: HTTP 500 without a valid token, 404 for another user's job.
 * If the abstract of a process has a `<` or `&`, the documents of its jobs are malformed. `api/job/` lists the jobs,
 * with `limit` and `offset`. `api/job/{id}/` is one of them; DELETE deletes it, but its process runs on.
 * `api/status/{id}/` is one state of a job, with the messages that were reported during that state. The links to both
 * are as wrong as the server's: they lack the slash between the service's path and `api`, always say `http`, and are
 * not found here.
 *
 * **Other paths.** `auth/client_registration/` redirects to a login page that does not exist. `api/ping` says "pong".
 *
 * @example
 * ```ts
 * import { LlnlNode, WpsNode } from "@effect-wps/testing"
 * import { Input, Output, Process } from "@effect-wps/wps"
 * import { HttpServer } from "@effect/platform"
 * import { Effect, Layer, Schema } from "effect"
 *
 * const json = Input.complex(Schema.Array(Schema.Unknown), "application/json")
 * const subset = Process.make("CDAT.subset", {
 *   inputs: { variable: json, domain: json, operation: json },
 *   outputs: { output: Output.complex(Schema.Array(Schema.Unknown), "application/json") }
 * })
 *
 * const Server = Layer.unwrapScoped(
 *   Effect.map(
 *     LlnlNode.make([WpsNode.handle(subset, ({ variable }) => Effect.succeed({ output: variable }))]),
 *     HttpServer.serve()
 *   )
 * )
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make = Effect.fnUntraced(function*<R = never>(
  implementations: ReadonlyArray<WpsNode.Implementation<R>>,
  options: Options = {}
): Effect.fn.Return<HttpApp.Default<never, R>, never, Scope.Scope> {
  const root = (options.path ?? "/wps").replace(/\/+$/, "")
  const title = options.title ?? "WPS Server"
  const files = options.files ?? {}
  const jobs = yield* internal.make(root, files)
  const known = new Map(implementations.map((one) => [one.process.identifier, one.process]))

  // This node runs the processes and serves the jobs and outputs. The code below decides who may see them.
  const node = yield* WpsNode.make(implementations.map(jobs.measured), {
    title,
    path: options.path,
    files,
    keepJobs: options.keepJobs,
    versions: ["1.0.0"],
    quirks: documents.quirks(jobs, implementations),
    jobId: jobs.nextId,
    statusPath: "/api/job/{id}.wps",
    observe: jobs.observe
  })

  // ------------------------------------------------------------------------------------------------------- the service

  /** Refuses, in the words of LLNL's server, what the node below would refuse in other words or not at all. */
  const faultOf = ({ identifier, inputs }: Execute.ExecuteRequest) => {
    const process = known.get(identifier)
    if (process === undefined) {
      return documents.report("NoApplicableCode", `Process "${identifier}" does not exist`)
    }
    const given = inputs.filter(({ data }) => Either.isRight(DataValue.toText(data)))
    const missing = Object.entries(process.inputs).filter(([name, { minOccurs }]) =>
      minOccurs > 0 && !given.some((one) => one.identifier === name)
    )
    if (missing.length > 0) {
      return documents.report("MissingParameterValue", missing.map(([name]) => name).join(","))
    }
    const values = given.map(({ data }) => internal.jsonOf(data))
    return values.some(Option.isNone)
      ? documents.unforeseen("Expecting value: line 1 column 1 (char 0)")
      : values.some(Option.exists(internal.isTooDeep))
      ? documents.unforeseen("maximum recursion depth exceeded while decoding a JSON array from a unicode string")
      : undefined
  }

  const execute = (request: HttpServerRequest.HttpServerRequest, asked: Execute.ExecuteRequest) =>
    Effect.flatMap(
      askerOf(request, options.user),
      Asker.$match({
        Anonymous: () => Effect.succeed(documents.report("NoApplicableCode", "Authentication failed")),
        Outdated: () => Effect.succeed(documents.report("NoApplicableCode", "Access token is no longer valid")),
        Malformed: ({ reason }) => Effect.succeed(documents.unforeseen(reason)),
        Known: ({ user }) => {
          const fault = faultOf(asked)
          return fault === undefined
            ? node.pipe(
              Effect.provideService(HttpServerRequest.HttpServerRequest, request),
              Effect.provideService(internal.Caller, user)
            )
            : Effect.succeed(fault)
        }
      })
    )

  const asked = (request: HttpServerRequest.HttpServerRequest, url: URL) => {
    const value = (name: string) => [...url.searchParams].find(([one]) => one.toLowerCase() === name)?.[1]
    const missing = ["service", "request"].find((name) => value(name) === undefined)
    if (missing !== undefined) return Effect.succeed(documents.report("MissingParameterValue", missing))
    switch (value("request")?.toLowerCase()) {
      case "getcapabilities":
        return Effect.succeed(documents.capabilities(title, `${url.origin}${root}`, implementations))
      case "describeprocess":
        return Effect.succeed(
          documents.unforeseen("cannot access local variable 'response' where it is not associated with a value")
        )
      case "execute":
        // The server splits the query at each of these characters, even inside a value.
        if (value("datainputs")?.split(";").some((one) => one.includes("&") || one.split("=").length !== 2) === true) {
          return Effect.succeed(documents.report("NoApplicableCode", "Failed to parse DataInputs param"))
        }
        return Either.match(Wps100.Wps100.decodeParameters(url.searchParams), {
          onLeft: ({ code, texts }) => Effect.succeed(documents.report(code, texts.join("\n"))),
          onRight: (one) =>
            one._tag === "Execute"
              ? execute(request, one.request)
              : Effect.succeed(documents.unforeseen("not an Execute"))
        })
      default:
        return Effect.succeed(documents.report("NoApplicableCode", `Operation "${value("request")}" not supported`))
    }
  }

  const posted = (request: HttpServerRequest.HttpServerRequest) =>
    Effect.flatMap(
      Effect.option(request.arrayBuffer),
      Option.match({
        onNone: () => Effect.succeed(documents.report("NoApplicableCode", "Error parsing WPS document")),
        onSome: (buffer) => {
          const body = new Uint8Array(buffer)
          return Either.match(Wps100.Wps100.decodeRequest(body), {
            onLeft: () => Effect.succeed(documents.report("NoApplicableCode", "Error parsing WPS document")),
            onRight: (one) =>
              one._tag === "Execute"
                // The body of a request on a socket is read once.
                ? execute(immediate(request, body), one.request)
                : Effect.succeed(
                  documents.report("NoApplicableCode", `${one._tag} POST request is not supported`)
                )
          })
        }
      })
    )

  const service = (request: HttpServerRequest.HttpServerRequest, url: URL) => {
    if (options.csrf !== false && isForged(request)) return Effect.succeed(documents.forgery)
    const response = request.method === "POST"
      ? posted(request)
      // A HEAD would run the process.
      : request.method === "GET"
      ? asked(request, url)
      : Effect.succeed(HttpServerResponse.empty({ status: 405, headers: { allow: "GET, POST" } }))
    return Effect.flatMap(Effect.map(response, documents.typed("text/xml")), withCsrfToken(request))
  }

  // -------------------------------------------------------------------------------------------------------- the job API

  /** A job's status document. Without a valid token the server crashes: it fails to write the report about that. */
  const statusDocument = (request: HttpServerRequest.HttpServerRequest, id: number) =>
    Effect.flatMap(askerOf(request, options.user), (asker) =>
      asker._tag !== "Known"
        ? Effect.succeed(documents.crashed)
        : Effect.flatMap(
          jobs.findOf(asker.user, id),
          Option.match({
            onNone: () => Effect.succeed(documents.notFound),
            onSome: () =>
              Effect.map(
                Effect.provideService(
                  node,
                  HttpServerRequest.HttpServerRequest,
                  request.modify({ url: `${root}/api/job/${id}.wps` })
                ),
                (response) =>
                  response.status === 200
                    ? documents.typed("application/xml; charset=utf-8")(response)
                    : documents.notFound
              )
          })
        ))

  const noSuch = documents.refusal(404, "Not found.")

  const list = (user: Option.Option<string>, url: URL, api: string, origin: string) =>
    Effect.map(
      jobs.of(user),
      (all) => documents.json(200, internal.showPage(all, { api, origin, url, pageSize: options.pageSize ?? 50 }))
    )

  const detail = (user: Option.Option<string>, id: number, show: (job: internal.Job) => unknown) =>
    Effect.map(
      jobs.findOf(user, id),
      Option.match({ onNone: () => noSuch, onSome: (job) => documents.json(200, show(job)) })
    )

  const remove = (user: Option.Option<string>, id: number) =>
    Effect.flatMap(
      jobs.findOf(user, id),
      Option.match({
        onNone: () => Effect.succeed(noSuch),
        onSome: () => Effect.as(jobs.remove(id), HttpServerResponse.empty({ status: 204 }))
      })
    )

  /** Everybody who is let in sees the states of all jobs. */
  const statusOf = (id: number) =>
    Effect.map(
      jobs.findStatus(id),
      Option.match({
        onNone: () => noSuch,
        onSome: ({ job, status }) => documents.json(200, internal.showStatus(status, job))
      })
    )

  /** The list's address has no `id`. `suffix` is what follows the id. */
  interface Resource {
    readonly kind: "job" | "status"
    readonly id: number | undefined
    readonly suffix: string
  }

  const api = (
    request: HttpServerRequest.HttpServerRequest,
    url: URL,
    { id, kind, suffix }: Resource
  ): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> => {
    const allowed = kind === "job" && id !== undefined ? "GET, DELETE, HEAD, OPTIONS" : "GET, HEAD, OPTIONS"
    const form = suffix === ".wps"
      ? Option.some("xml" as const)
      : suffix === ".json"
      ? Option.some("json" as const)
      : acceptedForm(request)
    const { method } = request
    const isRead = method === "GET" || method === "HEAD"
    if (Option.isNone(form)) {
      return Effect.succeed(
        allowing(allowed)(documents.refusal(406, "Could not satisfy the request Accept header."))
      )
    }
    if (form.value === "xml" && (isRead || kind === "status" || id === undefined)) {
      return kind === "job" && id !== undefined
        ? Effect.map(statusDocument(request, id), allowing(allowed))
        : Effect.succeed(documents.crashed)
    }
    const origin = `http://${url.host}`
    const links = `${origin}${root}api`
    return Effect.flatMap(
      askerOf(request, options.user),
      Asker.$match({
        Anonymous: () => Effect.succeed(documents.unauthenticated("Authentication credentials were not provided.")),
        Outdated: ({ isBasic }) =>
          Effect.succeed(
            documents.unauthenticated(isBasic ? "Invalid username/password." : "Access token is no longer valid")
          ),
        Malformed: () => Effect.succeed(documents.crashed),
        Known: ({ user }): Effect.Effect<HttpServerResponse.HttpServerResponse> => {
          if (method === "OPTIONS") {
            return Effect.succeed(
              optionsOf(kind === "status" ? "Status Instance" : id === undefined ? "Job List" : "Job Instance")
            )
          }
          if (kind === "job" && id !== undefined && method === "DELETE") return remove(user, id)
          if (!isRead) return Effect.succeed(notAllowed(method))
          return kind === "status"
            ? statusOf(id ?? NaN)
            : id === undefined
            ? list(user, url, links, origin)
            : detail(user, id, (job) => internal.showJob(job, links, suffix))
        }
      })
    ).pipe(Effect.map(allowing(allowed)))
  }

  // ------------------------------------------------------------------------------------------------------- dispatching

  const resourceOf = (below: string): Resource | undefined => {
    if (below === "/api/job/") return { kind: "job", id: undefined, suffix: "/" }
    const [, kind, id, suffix = "/"] = /^\/api\/(job|status)\/([^/.]+)(\/|\.json|\.wps)$/.exec(below) ?? []
    return kind === undefined
      ? undefined
      : { kind: kind === "job" ? "job" : "status", id: /^\d+$/.test(id ?? "") ? Number(id) : NaN, suffix }
  }

  const output = (below: string) =>
    Option.match(decode(below), {
      // Decoded, because the node below finds the file under any encoding of its name.
      onSome: (name) =>
        Effect.flatMap(
          jobs.isGone(Number(/^\/outputs\/(\d+)\//.exec(name)?.[1])),
          (isGone) =>
            isGone
              ? Effect.succeed(documents.notFound)
              : Effect.map(node, (response) => response.status === 200 ? response : documents.notFound)
        ),
      onNone: () => Effect.succeed(documents.notFound)
    })

  return Effect.gen(function*() {
    const request = yield* HttpServerRequest.HttpServerRequest
    const url = Option.getOrUndefined(HttpServerRequest.toURL(request))
    if (url === undefined) return HttpServerResponse.empty({ status: 400 })
    const below = url.pathname.startsWith(root) ? url.pathname.slice(root.length) : undefined
    if (below === undefined) return documents.notFound
    if (below === "" || below === "/") return yield* service(request, url)
    const resource = resourceOf(below)
    if (resource !== undefined) return yield* api(request, url, resource)
    if (below.startsWith("/outputs/")) return yield* output(below)
    switch (below) {
      case "/api/ping":
        return HttpServerResponse.text("pong", { contentType: "text/html; charset=utf-8" })
      case "/auth/client_registration/":
        return HttpServerResponse.text("", {
          status: 302,
          contentType: "text/html; charset=utf-8",
          headers: { location: `${root}/auth/login?next=${root}/auth/client_registration/` }
        })
      default:
        return documents.notFound
    }
  })
})

/**
 * An `HttpClient` that reaches the node and nothing else. No port is opened: requests run in the caller's fiber, so the
 * TestClock drives the node. The node is at `WpsTest.url`, unless it has another path.
 *
 * @example
 * ```ts
 * import { LlnlNode, WpsTest } from "@effect-wps/testing"
 * import { HttpClient } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const program = Effect.flatMap(HttpClient.get(`${WpsTest.url}/api/ping`), ({ text }) => text).pipe(
 *   Effect.provide(LlnlNode.layerHttpClient([]))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerHttpClient = <R = never>(
  implementations: ReadonlyArray<WpsNode.Implementation<R>>,
  options?: Options
): Layer.Layer<HttpClient.HttpClient, never, R> =>
  Layer.scoped(
    HttpClient.HttpClient,
    Effect.gen(function*() {
      const context = yield* Effect.context<R>()
      return httpClient(yield* make(implementations, options), context)
    })
  )

/**
 * Starts a node on 127.0.0.1. The end of the layer closes it and its open connections.
 *
 * @example
 * ```ts
 * import { IdentityProvider, LlnlNode, WpsServer } from "@effect-wps/testing"
 * import { Console, Effect, Layer } from "effect"
 *
 * // A node that lets in who has logged in at this provider.
 * const Guarded = Layer.unwrapEffect(Effect.map(
 *   IdentityProvider.IdentityProvider,
 *   ({ user }) => LlnlNode.layerServer([], { user })
 * ))
 *
 * const program = Effect.flatMap(WpsServer.WpsServer, ({ url }) => Console.log(`listening at ${url}`)).pipe(
 *   Effect.provide(Guarded.pipe(Layer.provide(IdentityProvider.layer())))
 * )
 * ```
 *
 * @since 0.1.0
 * @category layers
 */
export const layerServer = <R = never>(
  implementations: ReadonlyArray<WpsNode.Implementation<R>>,
  options?: Options & {
    /** 0 takes a free port. @default 0 */
    readonly port?: number | undefined
  }
): Layer.Layer<WpsServer, HttpServerError.ServeError, R> =>
  Layer.scoped(WpsServer, Effect.flatMap(make(implementations, options), (app) => listen(app, options)))
