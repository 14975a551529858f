/**
 * A Django OAuth Toolkit on loopback, alive as long as the scope of its layer, a person who uses its pages, and a program
 * that this person logs in with.
 */
import { Auth, type AuthError, LoginUi, type Loopback, type OAuth, Session, TokenStore } from "@effect-wps/auth"
import * as LoopbackServer from "@effect-wps/node/LoopbackServer"
import {
  Command,
  Cookies,
  FileSystem,
  HttpBody,
  HttpClient,
  HttpClientRequest,
  HttpClientResponse,
  Path,
  UrlParams
} from "@effect/platform"
import { NodeContext, NodeHttpClient } from "@effect/platform-node"
import {
  Clock,
  Context,
  Duration,
  Effect,
  Layer,
  Option,
  Queue,
  Redacted,
  Ref,
  Schema,
  TestClock,
  TestContext,
  TestServices
} from "effect"
import * as Tool from "./Tool.ts"
import * as Venv from "./Venv.ts"

/** The secret of `wps-service`, with what does not survive every encoding. */
export const serviceSecret = "wps service: 100%+é&/?"

export const alice = { username: "alice", password: "alice" } as const

/** A page of the site is not the one that it should be. */
export class UnexpectedPage extends Schema.TaggedError<UnexpectedPage>()("UnexpectedPage", {
  url: Schema.String,
  status: Schema.Number,
  html: Schema.String
}) {
  override get message(): string {
    return `${this.url} answered ${this.status}:\n${this.html.slice(0, 1000)}`
  }
}

/** What a browser shows. */
export interface Page {
  readonly url: URL
  readonly status: number
  readonly html: string
}

/** Somebody who is not logged in yet, with a browser that keeps cookies, follows redirects and runs no scripts. */
export interface Person {
  readonly open: (url: string | URL) => Effect.Effect<Page>
  /** Sends the form of a page, with what it holds already. */
  readonly send: (page: Page, fields: Readonly<Record<string, string>>) => Effect.Effect<Page>
  /** Opens a page of the site, and logs in where it asks for that. */
  readonly openAsAlice: (url: string | URL) => Effect.Effect<Page, UnexpectedPage>
}

export class Django extends Context.Tag("effect-wps/e2e/support/Django")<Django, {
  /** The address of the server, without a path. */
  readonly url: string
  readonly issuer: string
  readonly makePerson: Effect.Effect<Person>
}>() {}

const entities: Readonly<Record<string, string>> = { amp: "&", quot: "\"", "#x27": "'", lt: "<", gt: ">" }

const attribute = (tag: string, name: string): string =>
  (new RegExp(` ${name}="([^"]*)"`).exec(tag)?.[1] ?? "").replace(
    /&([#\w]+);/g,
    (_, name: string) => entities[name] ?? ""
  )

const hiddenFields = (html: string): Readonly<Record<string, string>> =>
  Object.fromEntries(
    (html.match(/<input type="hidden"[^>]*>/g) ?? []).map((tag) => [attribute(tag, "name"), attribute(tag, "value")])
  )

const person = (client: HttpClient.HttpClient): Effect.Effect<Person> =>
  Effect.gen(function*() {
    const browser = HttpClient.withCookiesRef(client, yield* Ref.make(Cookies.empty))

    const follow = (url: URL, request: HttpClientRequest.HttpClientRequest): Effect.Effect<Page> =>
      Effect.gen(function*() {
        const response = yield* browser.execute(request)
        const location = response.headers["location"]
        if (location !== undefined) {
          const to = new URL(location, url)
          return yield* follow(to, HttpClientRequest.get(to))
        }
        return { url, status: response.status, html: yield* response.text }
      }).pipe(Effect.orDie)

    const open: Person["open"] = (url) => follow(new URL(url), HttpClientRequest.get(url))
    const send: Person["send"] = ({ html, url }, fields) =>
      follow(
        url,
        HttpClientRequest.post(url, {
          body: HttpBody.urlParams(UrlParams.fromInput({ ...hiddenFields(html), ...fields }))
        })
      )
    const openAsAlice: Person["openAsAlice"] = Effect.fnUntraced(function*(address) {
      const first = yield* open(address)
      const page = first.url.pathname === "/accounts/login/" ? yield* send(first, alice) : first
      return yield* page.status === 200 && page.url.pathname !== "/accounts/login/"
        ? Effect.succeed(page)
        : new UnexpectedPage({ url: page.url.href, status: page.status, html: page.html })
    })
    return { open, send, openAsAlice }
  })

const here = (name: string) => Effect.flatMap(Path.Path, (path) => path.fromFileUrl(new URL(name, import.meta.url)))

const serve = <E, R>(name: string, python: Effect.Effect<string, E, R>) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const client = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, false)
    const command = yield* python
    const cache = yield* here("../../.cache/e2e")
    yield* fs.makeDirectory(cache, { recursive: true })

    const work = yield* fs.makeTempDirectoryScoped({ prefix: `${name}-` })
    const port = yield* Tool.freePort
    const url = `http://127.0.0.1:${port}`
    yield* Tool.server({
      name: "Django",
      command,
      args: [yield* here("../django/app.py"), "--work", work, "--port", String(port)],
      log: path.join(cache, `${name}.log`),
      ready: Effect.flatMap(client.get(`${url}/accounts/login/`), HttpClientResponse.filterStatusOk),
      patience: Duration.seconds(60)
    })
    return Django.of({ url, issuer: `${url}/o`, makePerson: person(client) })
  })

const pinned = Effect.all({
  cache: here("../../.cache/e2e"),
  requirements: here("../django/requirements.txt")
}).pipe(Effect.flatMap((options) => Venv.python(options)))

/** The Python that Debian's packages are for. */
const debian = Effect.gen(function*() {
  const python = "/usr/bin/python3"
  const install = "Debian's python3-django-oauth-toolkit, version 1.7"
  const missing = (found: Option.Option<string>) =>
    new Tool.ToolMissing({ tool: "python3-django-oauth-toolkit", found, install })
  const version = yield* Tool.run(
    install,
    Command.make(python, "-c", "import oauth2_provider; print(oauth2_provider.__version__)")
  ).pipe(Effect.catchTag("ToolFailed", () => missing(Option.none())))
  return yield* version.startsWith("1.7.") ? Effect.succeed(python) : missing(Option.some(version))
})

const services = [NodeContext.layer, NodeHttpClient.layerUndici] as const

/** Installs version 3.4.1 at the first use, starts it with a new database, and kills it with the scope. */
export const layer = Layer.scoped(Django, serve("django", pinned)).pipe(Layer.provide(services))

/** The same with the version 1.7 of Debian 12, which publishes less of itself, and less than the standards ask for. */
export const layerDebian = Layer.scoped(Django, serve("django-debian", debian)).pipe(Layer.provide(services))

/** All that a program has to know of a provider that publishes nothing. */
export const endpoints = (issuer: string): OAuth.Metadata => ({
  authorization_endpoint: `${issuer}/authorize/`,
  token_endpoint: `${issuer}/token/`,
  revocation_endpoint: `${issuer}/revoke_token/`,
  device_authorization_endpoint: `${issuer}/device-authorization/`
})

// ----------------------------------------------------------------------------------------- a program that is logged in

/** What a person who is shown a link or a code does with it. */
export interface Acts {
  readonly link?: (person: Person, link: URL) => Effect.Effect<unknown, UnexpectedPage>
  readonly code?: (person: Person, code: LoginUi.DeviceCode) => Effect.Effect<unknown, UnexpectedPage>
}

export const agree: NonNullable<Acts["link"]> = (person, link) =>
  Effect.flatMap(person.openAsAlice(link), (page) => person.send(page, { allow: "Authorize" }))

export const deny: NonNullable<Acts["link"]> = (person, link) =>
  Effect.flatMap(person.openAsAlice(link), (page) => person.send(page, {}))

export const typeCode =
  (action: "accept" | "deny"): NonNullable<Acts["code"]> => (person, { userCode, verificationUri }) =>
    person.openAsAlice(verificationUri).pipe(
      Effect.flatMap((page) => person.send(page, { user_code: userCode })),
      Effect.flatMap((page) => person.send(page, { action }))
    )

export type Scheme<E> = Layer.Layer<
  Auth.Auth | Session.Session,
  E,
  HttpClient.HttpClient | TokenStore.TokenStore | LoginUi.LoginUi | Loopback.Loopback
>

/** A store of which the test sees the tokens that are put into it. */
const makeStore = Effect.gen(function*() {
  const tokens = yield* Ref.make<ReadonlyArray<TokenStore.TokenSet>>([])
  const store = Context.get(yield* Layer.build(TokenStore.layerMemory), TokenStore.TokenStore)
  return {
    service: TokenStore.TokenStore.of({
      ...store,
      modify: (key, f) =>
        store.modify(
          key,
          (entry) =>
            Effect.tap(f(entry), ([, next]) =>
              Option.match(Option.flatMap(next, (entry) => entry.tokens), {
                onNone: () => Effect.void,
                onSome: (added) => Ref.update(tokens, (all) => all.includes(added) ? all : [...all, added])
              }))
        )
    }),
    /** All of them, the latest last. */
    tokens: Ref.get(tokens)
  }
})

/** A program's login, the person in front of it, and what it stores. */
export const start = Effect.fnUntraced(function*<E>(scheme: Scheme<E>, acts: Acts = {}) {
  const { makePerson } = yield* Django
  const person = yield* makePerson
  const links = yield* Queue.unbounded<URL>()
  const store = yield* makeStore
  const scope = yield* Effect.scope
  const act = (doing: Effect.Effect<unknown, UnexpectedPage> | undefined) =>
    Effect.asVoid(Effect.forkIn(Effect.orDie(doing ?? Effect.dieMessage("nobody is to be asked")), scope))
  const ui: LoginUi.Service = {
    hasBrowser: Effect.succeed(true),
    showLink: (link) => Effect.zipRight(Queue.offer(links, link), act(acts.link?.(person, link))),
    showDeviceCode: (code) => act(acts.code?.(person, code)),
    askRedirect: Effect.never,
    askClientCredentials: () => Effect.never
  }
  const context = yield* Layer.build(scheme.pipe(Layer.provide([
    Layer.succeed(LoginUi.LoginUi, ui),
    Layer.succeed(TokenStore.TokenStore, store.service),
    LoopbackServer.layer
  ])))
  return {
    links,
    tokens: store.tokens,
    auth: Context.get(context, Auth.Auth),
    session: Context.get(context, Session.Session)
  }
})

const Seen = Schema.Struct({ name: Schema.NullOr(Schema.String), client: Schema.String })

/** Whom the site takes the sender of a request for. */
export const whoIsSeen = Effect.fnUntraced(function*(auth: Auth.Service) {
  const { url } = yield* Django
  const client = yield* Auth.authorizeClient(yield* HttpClient.HttpClient, { auth, origins: [url] })
  return yield* Effect.flatMap(client.get(`${url}/whoami/`), HttpClientResponse.schemaBodyJson(Seen))
})

/** The tokens that were stored last. */
export const latest = (tokens: Effect.Effect<ReadonlyArray<TokenStore.TokenSet>>) =>
  Effect.map(tokens, (all) => Option.getOrThrow(Option.fromNullable(all.at(-1))))

/** What the site answers to a token. */
export const statusOf = Effect.fnUntraced(function*({ access }: TokenStore.TokenSet) {
  const { url } = yield* Django
  const response = yield* HttpClient.get(`${url}/whoami/`, {
    headers: { authorization: `Bearer ${Redacted.value(access)}` }
  })
  return response.status
})

/** What the site answers to a refresh token. */
export const refreshStatus = Effect.fnUntraced(function*({ refresh }: TokenStore.TokenSet) {
  const { issuer } = yield* Django
  const response = yield* HttpClient.post(`${issuer}/token/`, {
    body: HttpBody.urlParams(UrlParams.fromInput({
      grant_type: "refresh_token",
      client_id: "wps",
      refresh_token: Option.match(refresh, { onNone: () => "", onSome: Redacted.value })
    }))
  })
  return response.status
})

/** The program's clock is the test's, and starts where the site's is. */
export const withClock = <A, E, R>(test: Effect.Effect<A, E, R>) =>
  TestServices.provideLive(Clock.currentTimeMillis).pipe(
    Effect.flatMap(TestClock.setTime),
    Effect.zipRight(test),
    Effect.provide(TestContext.TestContext)
  )

export const reasonOf = (error: AuthError.AuthError) => "reason" in error ? [error._tag, error.reason] : [error._tag]
