/**
 * An OpenID Connect provider on a real port of this machine, to test and to show logins with.
 *
 * It has the authorization code flow with PKCE, refresh tokens that rotate, the device flow, client credentials, pushed
 * requests, DPoP, revocation and introspection. Do not use it in production: it keeps everything in memory, until the
 * layer ends.
 *
 * **Its clock is the machine's.** A TestClock does not make its tokens expire: give a short `accessTokenLifetime`, or
 * use `revokeAccessTokens`.
 *
 * @since 0.1.0
 */
import * as NodeHttpClient from "@effect/platform-node/NodeHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as HttpServerError from "@effect/platform/HttpServerError"
import * as Context from "effect/Context"
import type * as DateTime from "effect/DateTime"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as playBrowser from "./internal/playBrowser.ts"
import * as WpsNode from "./WpsNode.ts"

/**
 * A way to get tokens.
 *
 * @since 0.1.0
 * @category models
 */
export type Grant = "authorization_code" | "refresh_token" | "client_credentials" | "device_code"

/**
 * A registered client. A client without a secret is public.
 *
 * `redirectUris` are compared as strings. If all of them are `http://127.0.0.1…`, `http://[::1]…` or
 * `http://localhost…` their port is not compared (RFC 8252 §7.3).
 *
 * @since 0.1.0
 * @category models
 */
export interface Client {
  readonly clientId: string
  readonly clientSecret?: Redacted.Redacted | undefined
  readonly grants: ReadonlyArray<Grant>
  readonly redirectUris?: ReadonlyArray<string> | undefined
}

/**
 * A person who can log in.
 *
 * @since 0.1.0
 * @category models
 */
export interface User {
  readonly username: string
  readonly password: Redacted.Redacted
}

/**
 * How a provider is set up.
 *
 * @since 0.1.0
 * @category models
 */
export interface Options {
  /** 0 takes a free port. @default 0 */
  readonly port?: number | undefined
  /** Where below the origin the issuer is, without a slash at its end: `/auth/realms/compute-cluster`. @default "" */
  readonly path?: "" | `/${string}` | undefined
  /** @default `defaultClients` */
  readonly clients?: ReadonlyArray<Client> | undefined
  /** @default `defaultUsers` */
  readonly users?: ReadonlyArray<User> | undefined
  /** Scopes that can be asked for beside `openid`, `profile` and `offline_access`. @default none */
  readonly scopes?: ReadonlyArray<string> | undefined
  /** Whole seconds, at least one. @default "5 minutes" */
  readonly accessTokenLifetime?: Duration.DurationInput | undefined
  /**
   * Whether a refresh token can be used once only. A second use revokes all tokens of its login (RFC 9700 §4.14.2).
   *
   * @default true
   */
  readonly rotateRefreshTokens?: boolean | undefined
  /** Seconds that a device is told to wait between two polls (RFC 8628 §3.2). It is not enforced. @default 5 */
  readonly devicePollInterval?: number | undefined
}

/**
 * Who logs in, and whether they allow what the client asks for. The default name is that of the first user, and the
 * default password that of the user.
 *
 * @since 0.1.0
 * @category models
 */
export interface Person {
  readonly username?: string | undefined
  readonly password?: Redacted.Redacted | undefined
  /** @default "allow" */
  readonly decision?: "allow" | "deny" | undefined
}

/**
 * What an access token stands for. `subject` is the user; a token of client credentials has none. The scopes in `scope`
 * are separated by spaces.
 *
 * @since 0.1.0
 * @category models
 */
export interface Claims {
  readonly clientId: string
  readonly subject: Option.Option<string>
  readonly scope: string
  readonly tokenType: "Bearer" | "DPoP"
  readonly expiresAt: DateTime.Utc
}

/**
 * The endpoints for programs. The pages for people are not among them.
 *
 * @since 0.1.0
 * @category models
 */
export type Endpoint =
  | "authorization"
  | "token"
  | "deviceAuthorization"
  | "introspection"
  | "revocation"
  | "pushedAuthorization"
  | "userinfo"
  | "jwks"
  | "discovery"

/**
 * A request to an endpoint. `status` is that of the answer; a connection that was dropped has none. `grantType` and
 * `clientId` are there if the provider has processed the request.
 *
 * @since 0.1.0
 * @category models
 */
export interface Seen {
  readonly endpoint: Endpoint
  readonly status: Option.Option<number>
  readonly grantType: Option.Option<string>
  readonly clientId: Option.Option<string>
}

/**
 * What goes wrong with one request.
 *
 * With `"before"` the provider has not processed the request. With `"after"` it has: a code or a refresh token is used
 * up, but the caller does not get the new tokens.
 *
 * @since 0.1.0
 * @category models
 */
export interface Fault {
  /** @default "before" */
  readonly when?: "before" | "after" | undefined
  /** How long the answer is delayed, by the machine's clock. @default 0 */
  readonly delay?: Duration.DurationInput | undefined
  /** `"drop"` closes the connection without an answer. @default the provider's own answer */
  readonly respond?:
    | "drop"
    | {
      readonly status: number
      readonly headers?: Readonly<Record<string, string>> | undefined
      readonly body?: string | undefined
    }
    | undefined
}

/**
 * A simulated login has failed.
 *
 * - `wrong-input`: a form was shown again, because of a wrong user name, password or code.
 * - `unexpected-page`: an unexpected page came; `detail` has its status and title, such as `invalid_client`.
 * - `unreachable`: no answer came.
 *
 * @since 0.1.0
 * @category errors
 */
export class LogInFailed extends Schema.TaggedError<LogInFailed>("@effect-wps/testing/IdentityProvider/LogInFailed")(
  "LogInFailed",
  { reason: Schema.Literal("wrong-input", "unexpected-page", "unreachable"), detail: Schema.String }
) {
  override get message(): string {
    return `The login did not come to its end (${this.reason}): ${this.detail}.`
  }
}

/**
 * A running provider.
 *
 * **For a program.** `issuer` is what a client needs to know. `clients` and `users` are the registered ones.
 *
 * **For a person.** `logIn` does what a person with a browser does at the address of an authorization request. It gives
 * the address to which the browser is sent back, with a code or an error in the query, and does not open it. `visit`
 * opens that address too, and gives the answer of the listener there. `approveDevice` does what a person does with the
 * code of a device. Each call is a new browser without cookies.
 *
 * **For a service.** `verify` says what an access token stands for; it gives none if the token is unknown, expired or
 * revoked. `bearer` is for `WpsNode.Options.authorize`, and `user` for `LlnlNode.Options.user`. `user` gives the name
 * of the user. For a client's own token it gives the name of the client if a user has that name, else
 * `service-account-` and the client's name. Both refuse a token that is bound to a key (DPoP), because they do not
 * check proofs.
 *
 * **For a test.** `revokeAll` forgets all tokens, codes and sessions. `revokeAccessTokens` keeps the refresh tokens.
 * `requests` gives the requests to an endpoint, in the order of their answers. `failNext` makes the next request to an
 * endpoint fail; call it several times for several requests.
 *
 * @since 0.1.0
 * @category models
 */
export interface Service {
  readonly issuer: string
  readonly clients: ReadonlyArray<Client>
  readonly users: ReadonlyArray<User>
  readonly logIn: (url: string | URL, person?: Person) => Effect.Effect<URL, LogInFailed>
  readonly visit: (
    url: string | URL,
    person?: Person
  ) => Effect.Effect<{ readonly status: number; readonly text: string }, LogInFailed>
  readonly approveDevice: (userCode: string, person?: Person) => Effect.Effect<void, LogInFailed>
  readonly verify: (accessToken: Redacted.Redacted) => Effect.Effect<Option.Option<Claims>>
  readonly bearer: NonNullable<WpsNode.Options["authorize"]>
  readonly user: (accessToken: Redacted.Redacted) => Effect.Effect<Option.Option<string>>
  readonly revokeAll: Effect.Effect<void>
  readonly revokeAccessTokens: Effect.Effect<void>
  readonly requests: (endpoint: Endpoint) => Effect.Effect<ReadonlyArray<Seen>>
  readonly failNext: (endpoint: Endpoint, fault: Fault) => Effect.Effect<void>
}

/**
 * The running provider.
 *
 * @since 0.1.0
 * @category tags
 */
export class IdentityProvider
  extends Context.Tag("@effect-wps/testing/IdentityProvider")<IdentityProvider, Service>()
{}

/**
 * A public client `wps`, with which people log in, and a confidential client `wps-service` with the secret
 * `wps-service-secret`, for client credentials.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultClients: ReadonlyArray<Client> = [
  {
    clientId: "wps",
    grants: ["authorization_code", "refresh_token", "device_code"],
    redirectUris: ["http://127.0.0.1:8888", "http://127.0.0.1:8888/", "http://127.0.0.1:8888/callback"]
  },
  {
    clientId: "wps-service",
    clientSecret: Redacted.make("wps-service-secret"),
    grants: ["client_credentials"]
  }
]

/**
 * The user `alice` with the password `alice`.
 *
 * @since 0.1.0
 * @category constants
 */
export const defaultUsers: ReadonlyArray<User> = [{ username: "alice", password: Redacted.make("alice") }]

/**
 * Starts a provider on 127.0.0.1. The end of the layer closes it and its open connections.
 *
 * All clients must use PKCE with S256. A client that logs people in must ask for a scope, at least `openid`. Access
 * tokens are opaque; ID tokens are signed with ES256. A person logs in on a page of this provider, which needs no
 * script.
 *
 * @example
 * ```ts
 * import { IdentityProvider, WpsNode, WpsServer } from "@effect-wps/testing"
 * import { Output, Process } from "@effect-wps/wps"
 * import { Console, Effect, Layer, Schema } from "effect"
 *
 * const answer = Process.make("answer", { inputs: {}, outputs: { value: Output.literal(Schema.Int) } })
 *
 * // A node that lets in who has logged in at this provider.
 * const Guarded = Layer.unwrapEffect(Effect.map(IdentityProvider.IdentityProvider, ({ bearer }) =>
 *   WpsServer.layer([WpsNode.handle(answer, () => Effect.succeed({ value: 42 }))], { authorize: bearer })
 * ))
 *
 * const program = Effect.gen(function*() {
 *   const { issuer } = yield* IdentityProvider.IdentityProvider
 *   const { url } = yield* WpsServer.WpsServer
 *   yield* Console.log(`log in at ${issuer} to use ${url}`)
 * })
 *
 * await Effect.runPromise(program.pipe(
 *   Effect.provide(Guarded.pipe(Layer.provideMerge(IdentityProvider.layer({ accessTokenLifetime: "1 minute" }))))
 * ))
 * ```
 *
 * @see RFC 6749, RFC 7636, RFC 8628, RFC 7009, RFC 7662, RFC 9126, RFC 9207, RFC 9449
 * @since 0.1.0
 * @category layers
 */
export const layer = (options: Options = {}): Layer.Layer<IdentityProvider, HttpServerError.ServeError> =>
  Layer.scoped(
    IdentityProvider,
    Effect.gen(function*() {
      const clients = options.clients ?? defaultClients
      const users = options.users ?? defaultUsers
      // Loaded here, so that programs that only use a WPS node do not load it.
      const oidcServer = yield* Effect.promise(() => import("./internal/oidcServer.ts"))
      const { origin, ...server } = yield* oidcServer.make({
        port: options.port ?? 0,
        path: options.path ?? "",
        clients,
        users,
        scopes: options.scopes ?? [],
        accessTokenLifetime: options.accessTokenLifetime ?? "5 minutes",
        rotateRefreshTokens: options.rotateRefreshTokens ?? true,
        devicePollInterval: options.devicePollInterval ?? 5
      })
      const client = yield* HttpClient.HttpClient

      const play = (at: string, start: string | URL, person: Person | undefined, userCode: string) => {
        const username = person?.username ?? users[0]?.username ?? ""
        const password = person?.password ?? users.find((user) => user.username === username)?.password
        return Effect.mapError(
          playBrowser.play(client, at, start, {
            username,
            password: password ?? Redacted.make(""),
            decision: person?.decision ?? "allow",
            userCode
          }),
          (stuck) => new LogInFailed(stuck)
        )
      }

      const unexpected = (end: playBrowser.End) =>
        new LogInFailed({ reason: "unexpected-page", detail: playBrowser.describe(end) })

      const logIn: Service["logIn"] = (url, person) =>
        Effect.flatMap(
          play(origin, url, person, ""),
          (end) => end._tag === "Elsewhere" ? Effect.succeed(end.url) : unexpected(end)
        )

      const visit: Service["visit"] = (url, person) =>
        logIn(url, person).pipe(
          Effect.flatMap((back) => play(back.origin, back, person, "")),
          Effect.flatMap((end) => end._tag === "Page" ? Effect.succeed(end) : unexpected(end))
        )

      const approveDevice: Service["approveDevice"] = (userCode, person) =>
        Effect.flatMap(play(origin, `${server.issuer}/device`, person, userCode), (end) =>
          end._tag === "Page" && end.status === 200 ? Effect.void : unexpected(end)).pipe(
            // After a refusal the provider shows the form for the code again.
            Effect.catchIf(
              ({ reason }) =>
                reason === "wrong-input" && person?.decision === "deny",
              () => Effect.void
            )
          )

      const bearer: Service["bearer"] = (request) => {
        const sent = Option.getOrElse(Headers.get(request.headers, "authorization"), () => "")
        return server.verify(Redacted.make(/^Bearer +(\S+)$/i.exec(sent)?.[1] ?? "")).pipe(
          Effect.map(Option.exists(({ tokenType }) => tokenType === "Bearer")),
          // `WpsNode.bearer` of some other token writes the refusal.
          Effect.flatMap((good) => good ? Effect.succeedNone : WpsNode.bearer(Redacted.make(`not ${sent}`))(request))
        )
      }

      const isUser = (name: string) => users.some(({ username }) => username === name)

      const user: Service["user"] = (accessToken) =>
        Effect.map(server.verify(accessToken), (claims) =>
          Option.map(
            Option.filter(claims, ({ tokenType }) => tokenType === "Bearer"),
            ({ clientId, subject }) =>
              isUser(clientId) ? clientId : Option.getOrElse(subject, () => `service-account-${clientId}`)
          ))

      return { ...server, clients, users, logIn, visit, approveDevice, bearer, user }
    })
  ).pipe(Layer.provide(NodeHttpClient.layerUndici))
