import { Auth, LoginUi, Loopback, TokenStore } from "@effect-wps/auth"
import { HttpClient, type HttpClientRequest, HttpClientResponse } from "@effect/platform"
import { Cause, Clock, Deferred, Effect, Exit, Layer, Logger, LogLevel, Option, Redacted, Ref } from "effect"
import { assertConceals, recordingLogger, recordingTracer } from "./support.ts"

export const issuer = "https://id.test/realms/cluster"

/** What came to the provider's endpoints. */
export interface Call {
  readonly path: string
  readonly parameters: Readonly<Record<string, string>>
  readonly authorization: string
  readonly dpop: string
  readonly contentType: string
}

type Answer = Effect.Effect<Response>
export type Endpoint = (call: Call) => Answer

export const json = (body: unknown, status = 200): Response =>
  new Response(JSON.stringify(body), { status, headers: { "content-type": "application/json" } })

const encode = (value: unknown): string => Buffer.from(JSON.stringify(value)).toString("base64url")

export const idToken = (claims: Record<string, unknown>): string =>
  `${encode({ alg: "RS256", typ: "JWT" })}.${encode(claims)}.c2lnbmF0dXJl`

const metadata = {
  issuer,
  authorization_endpoint: `${issuer}/auth`,
  token_endpoint: `${issuer}/token`,
  device_authorization_endpoint: `${issuer}/device`,
  revocation_endpoint: `${issuer}/revoke`,
  pushed_authorization_request_endpoint: `${issuer}/par`,
  response_types_supported: ["code"],
  authorization_response_iss_parameter_supported: true
}

/**
 * A provider that is a function: tokens are numbered, refresh tokens are spent by use. A test puts another function in the
 * place of an endpoint.
 */
export const makeProvider = (options: {
  readonly lifetime?: number
  readonly rotates?: boolean
  readonly metadata?: Record<string, unknown>
  readonly endpoints?: Readonly<Record<string, Endpoint>>
} = {}) =>
  Effect.gen(function*() {
    const calls = yield* Ref.make<ReadonlyArray<Call>>([])
    const count = yield* Ref.make(0)
    const live = yield* Ref.make<ReadonlySet<string>>(new Set())
    const challenge = yield* Ref.make(Option.none<{ readonly challenge: string; readonly nonce: string }>())
    const lifetime = options.lifetime ?? 300
    const rotates = options.rotates ?? true

    const issue = (extra: Record<string, unknown> = {}): Answer =>
      Effect.gen(function*() {
        const n = yield* Ref.updateAndGet(count, (n) => n + 1)
        yield* Ref.update(live, (tokens) => new Set([...tokens, `refresh-${n}`]))
        return json({
          access_token: `access-${n}`,
          token_type: "Bearer",
          expires_in: lifetime,
          ...(rotates || n === 1 ? { refresh_token: `refresh-${n}` } : {}),
          ...extra
        })
      })

    const withIdToken = Effect.gen(function*() {
      const now = Math.floor((yield* Clock.currentTimeMillis) / 1000)
      const nonce = Option.getOrUndefined(Option.map(yield* Ref.get(challenge), ({ nonce }) => nonce))
      return idToken({
        iss: issuer,
        aud: "wps",
        sub: "u1",
        preferred_username: "alice",
        iat: now,
        exp: now + 300,
        nonce
      })
    })

    const token: Endpoint = ({ parameters }) => {
      switch (parameters["grant_type"]) {
        case "client_credentials":
          return issue({ refresh_token: undefined })
        case "authorization_code":
          return Effect.gen(function*() {
            const digest = yield* Effect.promise(() =>
              crypto.subtle.digest("SHA-256", new TextEncoder().encode(parameters["code_verifier"] ?? ""))
            )
            const given = Buffer.from(digest).toString("base64url")
            return Option.exists(yield* Ref.get(challenge), ({ challenge }) => challenge === given)
              ? yield* issue({ id_token: yield* withIdToken })
              : json({ error: "invalid_grant", error_description: "PKCE verification failed" }, 400)
          })
        case "refresh_token":
          return Effect.gen(function*() {
            const spent = parameters["refresh_token"] ?? ""
            if (!(yield* Ref.get(live)).has(spent)) return json({ error: "invalid_grant" }, 400)
            if (rotates) yield* Ref.update(live, (tokens) => new Set([...tokens].filter((one) => one !== spent)))
            return yield* issue()
          })
        default:
          return issue()
      }
    }

    const discovery: Endpoint = () => Effect.succeed(json({ ...metadata, ...options.metadata }))

    const endpoints: Record<string, Endpoint> = {
      "/.well-known/openid-configuration": discovery,
      "/token": token,
      "/revoke": () => Effect.as(Ref.set(live, new Set()), new Response(null, { status: 200 })),
      "/device": () =>
        Effect.succeed(json({
          device_code: "device-secret",
          user_code: "ABCD-EFGH",
          verification_uri: `${issuer}/activate`,
          expires_in: 600,
          interval: 5
        })),
      "/par": () => Effect.succeed(json({ request_uri: "urn:par:1", expires_in: 60 }, 201)),
      ...options.endpoints
    }

    const answer = (request: HttpClientRequest.HttpClientRequest, url: URL): Answer => {
      const path = url.href.startsWith(issuer) ? url.pathname.slice(new URL(issuer).pathname.length) : url.href
      const body = request.body._tag === "Uint8Array" ? new TextDecoder().decode(request.body.body) : ""
      const call: Call = {
        path,
        parameters: Object.fromEntries(new URLSearchParams(body)),
        authorization: request.headers["authorization"] ?? "",
        dpop: request.headers["dpop"] ?? "",
        contentType: request.headers["content-type"] ?? ""
      }
      const endpoint = endpoints[path]
      return Effect.zipRight(
        Ref.update(calls, (all) => [...all, call]),
        endpoint === undefined ? Effect.succeed(new Response("no such page", { status: 404 })) : endpoint(call)
      )
    }

    /** The browser's part: what the person's login brings back. */
    const authorize = (link: URL): Effect.Effect<URLSearchParams> =>
      Effect.gen(function*() {
        const query = link.searchParams
        yield* Ref.set(
          challenge,
          Option.some({ challenge: query.get("code_challenge") ?? "", nonce: query.get("nonce") ?? "" })
        )
        return new URLSearchParams({ code: "code-secret", state: query.get("state") ?? "", iss: issuer })
      })

    return {
      client: HttpClient.make((request, url) =>
        Effect.map(answer(request, url), (response) => HttpClientResponse.fromWeb(request, response))
      ),
      calls: Ref.get(calls),
      grants: Effect.map(
        Ref.get(calls),
        (all) => all.filter(({ path }) => path === "/token").map(({ parameters }) => parameters["grant_type"])
      ),
      revokeAll: Ref.set(live, new Set<string>()),
      discovery,
      issue,
      token,
      authorize
    }
  })

/** Waits for what happens in promises, which no TestClock drives. */
export const until = (condition: Effect.Effect<boolean>): Effect.Effect<void> =>
  Effect.flatMap(condition, (isTrue) =>
    isTrue
      ? Effect.void
      : Effect.zipRight(Effect.promise(() => new Promise((resolve) => setImmediate(resolve))), until(condition)))

export type Provider = Effect.Effect.Success<ReturnType<typeof makeProvider>>

export type Person = Effect.Effect.Success<ReturnType<typeof makePerson>>

/** A person with a browser: each link is followed, and the answer of `browse` is what comes back to the listener. */
export const makePerson = (
  browse: (link: URL) => Effect.Effect<URLSearchParams>,
  options: { readonly hasBrowser?: boolean; readonly paste?: Effect.Effect<string>; readonly waits?: boolean } = {}
) =>
  Effect.gen(function*() {
    const links = yield* Ref.make<ReadonlyArray<URL>>([])
    const codes = yield* Ref.make<ReadonlyArray<LoginUi.DeviceCode>>([])
    const outcomes = yield* Ref.make<ReadonlyArray<Loopback.Outcome>>([])
    const asked = yield* Ref.make<ReadonlyArray<string>>([])
    const back = yield* Ref.make(Option.none<Deferred.Deferred<URLSearchParams>>())
    const accepts = yield* Ref.make<(query: URLSearchParams) => boolean>(() => true)

    const ui: LoginUi.Service = {
      hasBrowser: Effect.succeed(options.hasBrowser ?? true),
      showLink: (link) =>
        Effect.gen(function*() {
          yield* Ref.update(links, (all) => [...all, link])
          const query = yield* browse(link)
          const accept = yield* Ref.get(accepts)
          const waiting = yield* Ref.get(back)
          if (accept(query) && Option.isSome(waiting)) yield* Deferred.succeed(waiting.value, query)
          if (options.waits === true) return yield* Effect.never
        }),
      showDeviceCode: (code) => Ref.update(codes, (all) => [...all, code]),
      askRedirect: options.paste ?? Effect.never,
      askClientCredentials: (page) =>
        Effect.as(
          Ref.update(asked, (all) => [...all, page.href]),
          new TokenStore.ClientCredentials({ clientId: "typed", clientSecret: Redacted.make("typed-secret") })
        )
    }

    const loopback: Loopback.Service = {
      listen: ({ accept, path, ports }) =>
        Effect.gen(function*() {
          const callback = yield* Deferred.make<URLSearchParams>()
          yield* Ref.set(back, Option.some(callback))
          yield* Ref.set(accepts, accept)
          return {
            redirectUri: `http://127.0.0.1:${ports[0] ?? 0}${path}`,
            callback: Deferred.await(callback),
            finish: (outcome) => Ref.update(outcomes, (all) => [...all, outcome])
          }
        })
    }

    return {
      layer: Layer.merge(Layer.succeed(LoginUi.LoginUi, ui), Layer.succeed(Loopback.Loopback, loopback)),
      links: Ref.get(links),
      codes: Ref.get(codes),
      outcomes: Ref.get(outcomes),
      asked: Ref.get(asked)
    }
  })

/** What this provider, its person and the tests' clients give out. */
const given = [
  "code-secret",
  "device-secret",
  "ABCD-EFGH",
  "client-secret",
  "typed-secret",
  ...["access", "refresh"].flatMap((kind) => Array.from({ length: 5 }, (_, n) => `${kind}-${n + 1}`))
]

const ofLinks = ["state", "nonce", "code_challenge"]
const ofCalls = [...ofLinks, "code", "code_verifier", "device_code", "refresh_token", "token", "client_secret"]

/** Whatever is run, and however it ends: no secret of a login is in a log, a span or an error of it. */
export const makeRecorder = (provider: Pick<Provider, "calls">, person?: Pick<Person, "links">) => {
  const { spans, tracer } = recordingTracer()
  const { layer, lines } = recordingLogger()
  let checked = -1
  const checkConcealed = (failure: Option.Option<Cause.Cause<unknown>>) =>
    Effect.gen(function*() {
      const links = person === undefined ? [] : yield* person.links
      const calls = yield* provider.calls
      const made = [
        ...links.flatMap(({ searchParams }) => ofLinks.map((name) => searchParams.get(name) ?? "")),
        ...calls.flatMap(({ parameters }) => ofCalls.map((name) => parameters[name] ?? ""))
      ]
      const errors = Option.match(failure, { onNone: () => [], onSome: (cause) => [cause, ...Cause.failures(cause)] })
      // Of many that wait for one login, the first looks at what all of them have recorded.
      const recorded = checked === lines.length ? [] : [spans, lines]
      checked = lines.length
      for (const shown of [...recorded, ...errors]) {
        assertConceals(shown, [...given, ...made.filter((secret) => secret !== "")])
      }
    })
  const record = <A, E, R>(run: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
    run.pipe(
      Effect.withTracer(tracer),
      Logger.withMinimumLogLevel(LogLevel.All),
      Effect.provide(layer),
      Effect.onExit((exit) => checkConcealed(Exit.causeOption(exit)))
    )
  return { lines, record, spans }
}

/** A service that refuses all tokens but those that `accepts` holds. */
export const makeService = (auth: Auth.Service, accepts: (token: string) => boolean) =>
  Effect.gen(function*() {
    const seen = yield* Ref.make<ReadonlyArray<string>>([])
    const client = HttpClient.make((request) => {
      const token = (request.headers["authorization"] ?? "").replace(/^Bearer /, "")
      return Effect.as(
        Ref.update(seen, (all) => [...all, token]),
        HttpClientResponse.fromWeb(request, new Response("", { status: accepts(token) ? 200 : 401 }))
      )
    })
    const authorized = yield* Auth.authorizeClient(client, { auth, origins: ["https://wps.test"] })
    return {
      ask: Effect.map(authorized.get("https://wps.test/wps"), ({ status }) => status),
      seen: Ref.get(seen)
    }
  })
