import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Equal from "effect/Equal"
import * as FiberSet from "effect/FiberSet"
import * as HashMap from "effect/HashMap"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import * as Record from "effect/Record"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"
import { generateKeyPair } from "node:crypto"
import { createServer } from "node:http"
import type {
  AccessToken,
  AdapterFactory,
  AdapterPayload,
  ClientCredentials,
  ClientMetadata,
  Configuration,
  JWK,
  KoaContextWithOIDC
} from "oidc-provider"
import { Provider } from "oidc-provider/lib/provider.js"
import type { Claims, Client, Endpoint, Fault, Grant, Options, Seen, User } from "../IdentityProvider.ts"
import { open } from "./listen.ts"
import * as pages from "./loginPages.ts"

/** The options with their defaults. */
export interface Settings extends Required<{ readonly [K in keyof Options]: Exclude<Options[K], undefined> }> {}

type Middleware = Parameters<Provider["use"]>[0]
type Context = Parameters<Middleware>[0]

const paths = {
  authorization: "/auth",
  token: "/token",
  deviceAuthorization: "/device/auth",
  introspection: "/token/introspection",
  revocation: "/token/revocation",
  pushedAuthorization: "/request",
  userinfo: "/me",
  jwks: "/jwks",
  discovery: "/.well-known/openid-configuration"
} satisfies { readonly [E in Endpoint]: string }

const endpoints = new Map(Record.toEntries(paths).map(([name, path]) => [path, name]))

const interactions = "/interaction/"

const grantTypes: { readonly [G in Grant]: string } = {
  authorization_code: "authorization_code",
  refresh_token: "refresh_token",
  client_credentials: "client_credentials",
  device_code: "urn:ietf:params:oauth:grant-type:device_code"
}

// ---------------------------------------------------------------------------------------------------------------- storage

/** Everything that the provider remembers, by the name of its model. The provider itself ignores what has expired. */
const makeStorage = () => {
  const models = new Map<string, Map<string, AdapterPayload>>()
  const adapter: AdapterFactory = (name) => {
    const model = models.get(name) ?? new Map<string, AdapterPayload>()
    models.set(name, model)
    const find = (belongs: (payload: AdapterPayload) => boolean) =>
      Promise.resolve(Array.from(model.values()).find(belongs))
    return {
      upsert: (id, payload) => Promise.resolve(void model.set(id, payload)),
      find: (id) => Promise.resolve(model.get(id)),
      findByUid: (uid) => find((payload) => payload.uid === uid),
      findByUserCode: (userCode) => find((payload) => payload.userCode === userCode),
      consume: (id) => {
        const payload = model.get(id)
        if (payload !== undefined) model.set(id, { ...payload, consumed: true })
        return Promise.resolve()
      },
      destroy: (id) => Promise.resolve(void model.delete(id)),
      revokeByGrantId: (grantId) => {
        for (const [id, payload] of model) if (payload.grantId === grantId) model.delete(id)
        return Promise.resolve()
      }
    }
  }
  const clear = (...names: ReadonlyArray<string>) =>
    Effect.sync(() => models.forEach((model, name) => names.length === 0 || names.includes(name) ? model.clear() : {}))
  return { adapter, clear }
}

// ---------------------------------------------------------------------------------------------------------- configuration

const makeKey = Effect.async<JWK>((resume) =>
  generateKeyPair("ec", { namedCurve: "P-256" }, (error, _, privateKey) =>
    resume(
      error === null
        ? Effect.succeed({ ...privateKey.export({ format: "jwk" }), use: "sig", alg: "ES256" })
        : Effect.die(error)
    ))
)

const isLoopback = (uri: string): boolean => /^http:\/\/(127\.0\.0\.1|\[::1\]|localhost)(:\d+)?(\/|$)/.test(uri)

const metadataOf = (client: Client): ClientMetadata => ({
  client_id: client.clientId,
  ...(client.clientSecret === undefined
    ? { token_endpoint_auth_method: "none" }
    : { client_secret: Redacted.value(client.clientSecret), token_endpoint_auth_method: "client_secret_basic" }),
  // A redirect to this machine may then have any port (RFC 8252 §7.3).
  application_type: (client.redirectUris ?? []).every(isLoopback) ? "native" : "web",
  redirect_uris: client.redirectUris ?? [],
  grant_types: client.grants.map((grant) => grantTypes[grant]),
  response_types: client.grants.includes("authorization_code") ? ["code"] : []
})

const show = (context: Pick<Context, "status" | "type" | "body" | "set">, status: number, html: string): void => {
  context.status = status
  context.type = "html"
  // Without form-action: browsers apply it to the redirect at the end of a login too, and block that.
  context.set("content-security-policy", "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'")
  context.set("cache-control", "no-store")
  context.body = html
}

const nameOf = (client: { readonly clientName?: string | undefined; readonly clientId: string }): string =>
  client.clientName ?? client.clientId

/** The configuration. It replaces all defaults of the provider that print a notice when they are used. */
const configure = (
  settings: Settings,
  adapter: AdapterFactory,
  key: JWK
): Configuration => {
  const lifetime = Math.max(1, Math.round(Duration.toSeconds(settings.accessTokenLifetime)))
  const hour = 60 * 60
  const day = 24 * hour
  const { discovery: _, ...routes } = paths
  return {
    adapter,
    jwks: { keys: [key] },
    clients: settings.clients.map(metadataOf),
    clientDefaults: { id_token_signed_response_alg: "ES256" },
    clientAuthMethods: ["client_secret_basic", "client_secret_post", "none"],
    clientBasedCORS: () => false,
    claims: { openid: ["sub"], profile: ["preferred_username"] },
    scopes: ["openid", "offline_access", ...settings.scopes],
    responseTypes: ["code"],
    pkce: { required: () => true },
    routes: {
      ...routes,
      device_authorization: routes.deviceAuthorization,
      pushed_authorization_request: routes.pushedAuthorization
    },
    rotateRefreshToken: settings.rotateRefreshTokens,
    issueRefreshToken: (_, client) => Promise.resolve(client.grantTypeAllowed("refresh_token")),
    expiresWithSession: () => Promise.resolve(false),
    findAccount: (_, sub) =>
      settings.users.some(({ username }) => username === sub)
        ? { accountId: sub, claims: () => ({ sub, preferred_username: sub }) }
        : undefined,
    interactions: { url: (_, { uid }) => Promise.resolve(`${settings.path}${interactions}${uid}`) },
    renderError: (context, { error, error_description }) =>
      show(context, context.status, pages.notice(error, error_description ?? "")),
    ttl: {
      AccessToken: lifetime,
      ClientCredentials: lifetime,
      AuthorizationCode: 60,
      DeviceCode: 600,
      IdToken: hour,
      Interaction: hour,
      RefreshToken: 14 * day,
      Grant: 14 * day,
      Session: 14 * day
    },
    features: {
      devInteractions: { enabled: false },
      clientCredentials: { enabled: true },
      introspection: {
        enabled: true,
        allowedPolicy: (_, client, token) =>
          Promise.resolve(client.clientAuthMethod !== "none" || token.clientId === client.clientId)
      },
      revocation: {
        enabled: true,
        allowedPolicy: (_, client, token) => Promise.resolve(token.clientId === client.clientId)
      },
      resourceIndicators: { enabled: false },
      rpInitiatedLogout: {
        enabled: true,
        logoutSource: (context, form) => show(context, 200, pages.logout(form)),
        postLogoutSuccessSource: (context) => show(context, 200, pages.notice("Logged out", "You can close this page."))
      },
      deviceFlow: {
        enabled: true,
        userCodeInputSource: (context, form, _, error) =>
          show(
            context,
            context.status,
            pages.askUserCode(form, error === undefined ? undefined : "That code is not valid, or it was refused.")
          ),
        userCodeConfirmSource: (context, form, client, _, userCode) =>
          show(context, 200, pages.confirmUserCode(form, nameOf(client), userCode)),
        successSource: (context) =>
          show(context, 200, pages.notice("Connected", "The device has access now. You can close this page."))
      }
    }
  }
}

// ------------------------------------------------------------------------------------------------------------------ server

/** Starts the provider. It ends with the scope. */
export const make = Effect.fnUntraced(function*(settings: Settings) {
  const { adapter, clear } = makeStorage()
  const node = createServer()
  const { origin } = yield* open(node, settings.port)
  const provider = new Provider(`${origin}${settings.path}`, configure(settings, adapter, yield* makeKey))
  const fibers = yield* FiberSet.make()
  const run = yield* FiberSet.runtimePromise(fibers)()
  const fork = yield* FiberSet.runtime(fibers)()

  const seen = yield* Ref.make<ReadonlyArray<Seen>>([])
  const faults = yield* Ref.make(HashMap.empty<Endpoint, ReadonlyArray<Fault>>())
  const oneAtATime = yield* Effect.makeSemaphore(1)

  // ------------------------------------------------------------------------------------------------------------- the login

  const userOf = (form: URLSearchParams): User | undefined =>
    settings.users.find((user) =>
      user.username === form.get("username") &&
      Equal.equals(user.password, Redacted.make(form.get("password")))
    )

  const decided = Effect.fnUntraced(function*(context: Context, accountId: string, clientId: string, scope: string) {
    const grant = new provider.Grant({ accountId, clientId })
    grant.addOIDCScope(scope)
    const grantId = yield* Effect.promise(() => grant.save())
    yield* leave(context, { login: { accountId }, consent: { grantId } })
  })

  const leave = (context: Context, result: Parameters<Provider["interactionResult"]>[2]) =>
    Effect.map(
      Effect.promise(() =>
        provider.interactionResult(context.req, context.res, result, { mergeWithLastSubmission: false })
      ),
      (to) => {
        context.status = 303
        context.redirect(to)
      }
    )

  const logIn = Effect.fnUntraced(function*(context: Context) {
    const { params, prompt, session } = yield* Effect.tryPromise(() =>
      provider.interactionDetails(context.req, context.res)
    )
    const clientId = String(params["client_id"])
    const scope = typeof params["scope"] === "string" ? params["scope"] : "openid"
    const known = prompt.name === "login" ? undefined : session?.accountId
    const ask = (status: number, wrong?: string) =>
      show(
        context,
        status,
        known === undefined ? pages.login(clientId, scope, wrong) : pages.consent(clientId, scope, known)
      )
    if (context.method !== "POST") return ask(200)
    const form = new URLSearchParams(
      yield* NodeStream.toString(() => context.req, { onFailure: () => "unreadable" as const, maxBytes: 10_000 })
    )
    if (form.get("decision") !== "allow") {
      return yield* leave(context, { error: "access_denied", error_description: "The person did not allow it." })
    }
    const accountId = known ?? userOf(form)?.username
    return accountId === undefined
      ? ask(403, "The user name or the password is wrong.")
      : yield* decided(context, accountId, clientId, scope)
  }, (effect, context) =>
    Effect.catchAll(
      effect,
      () =>
        Effect.sync(() =>
          show(context, 400, pages.notice("Too late", "This login has ended. Begin again where you came from."))
        )
    ))

  // ------------------------------------------------------------------------------------------------------------- the faults

  const takeFault = (endpoint: Endpoint): Effect.Effect<Fault | undefined> =>
    Ref.modify(faults, (waiting) => {
      const [first, ...rest] = Option.getOrElse(HashMap.get(waiting, endpoint), () => [])
      return [first, HashMap.set(waiting, endpoint, rest)] as const
    })

  const failing = Effect.fnUntraced(function*(context: Context, answer: Effect.Effect<void>, fault: Fault) {
    const after = fault.when === "after"
    if (after) yield* answer
    // The provider uses the machine's clock, even if the program has a TestClock.
    yield* Effect.withClock(Effect.sleep(fault.delay ?? 0), Clock.make())
    if (fault.respond === undefined) return after ? undefined : yield* answer
    if (fault.respond === "drop") {
      context.respond = false
      return
    }
    context.body = fault.respond.body ?? ""
    context.status = fault.respond.status
    context.set({ ...fault.respond.headers })
  })

  // ---------------------------------------------------------------------------------------------------------- the requests

  const record = (endpoint: Endpoint, context: Context) => {
    // Missing if the provider did not process the request. Koa's types do not have it.
    const oidc = context["oidc"] as Partial<KoaContextWithOIDC["oidc"]> | undefined
    const grantType = oidc?.params?.["grant_type"]
    return Ref.update(seen, (before) => [...before, {
      endpoint,
      status: context.respond === false ? Option.none() : Option.some(context.status),
      grantType: Option.liftPredicate(grantType, Predicate.isString),
      clientId: Option.map(Option.fromNullable(oidc?.client), (client) => client.clientId)
    }])
  }

  const answer = (endpoint: Endpoint, context: Context, next: Effect.Effect<void>): Effect.Effect<void> => {
    switch (endpoint) {
      case "token":
        // The provider looks up a refresh token and marks it as used in two steps. Two requests at the same time could
        // both succeed with one token.
        return oneAtATime.withPermits(1)(next)
      case "deviceAuthorization":
        return Effect.map(next, () => {
          if (context.status === 200 && Predicate.isRecord(context.body)) {
            context.body = { ...context.body, interval: settings.devicePollInterval }
          }
        })
      default:
        return next
    }
  }

  const serve = Effect.fnUntraced(function*(context: Context, next: Effect.Effect<void>) {
    if (!context.path.startsWith(`${settings.path}/`)) return
    context["mountPath"] = settings.path
    context.path = context.path.slice(settings.path.length)
    if (context.path.startsWith(interactions)) return yield* logIn(context)
    const endpoint = endpoints.get(context.path)
    if (endpoint === undefined) return yield* next
    const fault = yield* takeFault(endpoint)
    const answered = answer(endpoint, context, next)
    yield* fault === undefined ? answered : failing(context, answered, fault)
    yield* record(endpoint, context)
    if (context.respond === false) context.req.socket.destroy()
  })

  provider.use((context, next) => run(serve(context, Effect.promise<void>(next))))
  // Koa prints errors itself, and a request that still waits at the end of the scope is one.
  provider.silent = true
  provider.on("server_error", (context, error) => {
    fork(Effect.logDebug(`The identity provider failed at ${context.path}: ${error.name}: ${error.message}`))
  })
  const handle = provider.callback()
  node.on("request", (request, response) => void handle(request, response))

  // ---------------------------------------------------------------------------------------------------------- the controls

  const claimsOf = (token: AccessToken | ClientCredentials): Claims => ({
    clientId: token.clientId ?? "",
    subject: Option.fromNullable("accountId" in token ? token.accountId : undefined),
    scope: token.scope ?? "",
    tokenType: token.tokenType === "DPoP" ? "DPoP" : "Bearer",
    expiresAt: DateTime.unsafeMake((token.exp ?? 0) * 1000)
  })

  return {
    origin,
    issuer: provider.issuer,
    verify: (token: Redacted.Redacted): Effect.Effect<Option.Option<Claims>> =>
      Effect.promise(() =>
        Promise.all([
          provider.AccessToken.find(Redacted.value(token)),
          provider.ClientCredentials.find(Redacted.value(token))
        ])
      ).pipe(
        Effect.map(([ofPerson, ofClient]) => Option.fromNullable(ofPerson ?? ofClient)),
        Effect.map(Option.filter(({ isValid }) => isValid)),
        Effect.map(Option.map(claimsOf))
      ),
    revokeAll: clear(),
    revokeAccessTokens: clear("AccessToken", "ClientCredentials"),
    requests: (endpoint: Endpoint): Effect.Effect<ReadonlyArray<Seen>> =>
      Effect.map(Ref.get(seen), (all) => all.filter((one) => one.endpoint === endpoint)),
    failNext: (endpoint: Endpoint, fault: Fault): Effect.Effect<void> =>
      Ref.update(
        faults,
        HashMap.modifyAt(endpoint, (waiting) => Option.some([...Option.getOrElse(waiting, () => []), fault]))
      )
  }
})
