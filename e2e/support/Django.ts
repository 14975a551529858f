/**
 * A Django OAuth Toolkit 3.4.1 on loopback, alive as long as the scope of its layer, and a person who uses its pages.
 */
import {
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
import { Context, Duration, Effect, Layer, Ref, Schema } from "effect"
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

const make = Effect.gen(function*() {
  const fs = yield* FileSystem.FileSystem
  const path = yield* Path.Path
  const client = HttpClient.withTracerPropagation(yield* HttpClient.HttpClient, false)
  const here = (name: string) => path.fromFileUrl(new URL(name, import.meta.url))
  const cache = yield* here("../../.cache/e2e")

  const python = yield* Venv.python({ cache, requirements: yield* here("../django/requirements.txt") })
  const work = yield* fs.makeTempDirectoryScoped({ prefix: "django-" })
  const port = yield* Tool.freePort
  const url = `http://127.0.0.1:${port}`
  yield* Tool.server({
    name: "Django",
    command: python,
    args: [yield* here("../django/app.py"), "--work", work, "--port", String(port)],
    log: path.join(cache, "django.log"),
    ready: Effect.flatMap(client.get(`${url}/accounts/login/`), HttpClientResponse.filterStatusOk),
    patience: Duration.seconds(60)
  })
  return Django.of({ url, issuer: `${url}/o`, makePerson: person(client) })
})

/** Installs Django OAuth Toolkit at the first use, starts it with a new database, and kills it with the scope. */
export const layer = Layer.scoped(Django, make).pipe(
  Layer.provide([NodeContext.layer, NodeHttpClient.layerUndici])
)
