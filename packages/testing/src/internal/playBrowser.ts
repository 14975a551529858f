import * as Cookies from "@effect/platform/Cookies"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpClientResponse from "@effect/platform/HttpClientResponse"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Ref from "effect/Ref"

/** What the person at the browser types and presses. */
export interface Person {
  readonly username: string
  readonly password: Redacted.Redacted
  readonly decision: "allow" | "deny"
  readonly userCode: string
}

/** Where the browser stops: before a redirect to another origin, or on a page without a form. */
export type End =
  | { readonly _tag: "Elsewhere"; readonly url: URL }
  | { readonly _tag: "Page"; readonly status: number; readonly text: string }

/** Why the browser cannot go on. */
export interface Stuck {
  readonly reason: "wrong-input" | "unexpected-page" | "unreachable"
  readonly detail: string
}

const stuck = (reason: Stuck["reason"], detail: string): Effect.Effect<never, Stuck> => Effect.fail({ reason, detail })

interface Form {
  readonly action: string
  readonly fields: ReadonlyArray<readonly [name: string, value: string]>
}

const characters: Readonly<Record<string, string>> = {
  "&amp;": "&",
  "&lt;": "<",
  "&gt;": ">",
  "&quot;": "\"",
  "&#39;": "'"
}

const unescape = (html: string): string =>
  html.replace(/&(?:amp|lt|gt|quot|#39);/g, (entity) => characters[entity] ?? "")

const attribute = (tag: string, name: string): string =>
  unescape(new RegExp(`\\s${name}="([^"]*)"`).exec(tag)?.[1] ?? "")

/** The form of a page. It reads the HTML of our provider only. */
const formOf = (html: string): Form | undefined => {
  const found = /<form\b([^>]*)>([\s\S]*?)<\/form>/.exec(html)
  return found === null ? undefined : {
    action: attribute(found[1] ?? "", "action"),
    fields: Array.from(
      found[2]?.matchAll(/<input\b[^>]*>/g) ?? [],
      ([tag]) => [attribute(tag, "name"), attribute(tag, "value")] as const
    )
  }
}

const filledBy = ({ fields }: Form, person: Person): URLSearchParams => {
  const typed: Readonly<Record<string, string>> = {
    username: person.username,
    password: Redacted.value(person.password),
    user_code: person.userCode
  }
  return new URLSearchParams([
    // A form ignores a field that it does not have.
    ["decision", person.decision],
    ...fields.map(([name, value]) => [name, value === "" ? typed[name] ?? "" : value])
  ])
}

/** The title of a page. The provider's error pages have the error code there, and no secret. */
const titleOf = (html: string): string => unescape(/<title>([^<]*)<\/title>/.exec(html)?.[1] ?? "no title")

/** Where the browser stopped, without the query, for an error message. */
export const describe = (end: End): string =>
  end._tag === "Page" ? `status ${end.status}, "${titleOf(end.text)}"` : `a redirect to ${end.url.origin}`

const redirects = [301, 302, 303, 307, 308]

/** A login needs about ten requests. */
const maxRequests = 30

/**
 * Does what a person does with a browser, from `start` on: follows redirects and fills in forms. It begins without
 * cookies, and sends requests to `origin` only.
 */
export const play = Effect.fnUntraced(function*(
  client: HttpClient.HttpClient,
  origin: string,
  start: string | URL,
  person: Person
): Effect.fn.Return<End, Stuck> {
  const cookies = yield* Ref.make(Cookies.empty)
  const browser = client.pipe(
    HttpClient.withCookiesRef(cookies),
    // A span would record the URLs of the login, which contain its code and state.
    HttpClient.withTracerDisabledWhen(() => true),
    HttpClient.mapRequest(HttpClientRequest.setHeader("accept", "text/html"))
  )
  const send = (request: HttpClientRequest.HttpClientRequest) =>
    browser.execute(request).pipe(
      Effect.flatMap((response) => Effect.map(response.text, (text) => ({ response, text }))),
      Effect.mapError((error): Stuck => ({ reason: "unreachable", detail: error.reason })),
      Effect.scoped
    )
  const whereTo = ({ headers, status }: HttpClientResponse.HttpClientResponse): string | undefined =>
    redirects.includes(status) ? headers["location"] : undefined

  const step = (
    request: HttpClientRequest.HttpClientRequest,
    url: URL,
    filled: ReadonlyArray<string>,
    left: number
  ): Effect.Effect<End, Stuck> =>
    Effect.gen(function*() {
      if (left === 0) return yield* stuck("unexpected-page", `no end after ${maxRequests} requests`)
      const { response, text } = yield* send(request)
      const location = whereTo(response)
      if (location !== undefined) {
        const next = new URL(location, url)
        return next.origin === origin
          ? yield* step(HttpClientRequest.get(next), next, filled, left - 1)
          : { _tag: "Elsewhere", url: next }
      }
      const form = formOf(text)
      if (form === undefined) return { _tag: "Page", status: response.status, text }
      const kind = form.fields.map(([name]) => name).join(" ")
      // The provider shows a form again if the input was wrong.
      if (filled.includes(kind)) return yield* stuck("wrong-input", `"${titleOf(text)}" was shown again`)
      const action = new URL(form.action, url)
      if (action.origin !== origin) return yield* stuck("unexpected-page", `a form that goes to ${action.origin}`)
      return yield* step(
        HttpClientRequest.post(action).pipe(HttpClientRequest.bodyUrlParams(filledBy(form, person))),
        action,
        [...filled, kind],
        left - 1
      )
    })

  const first = URL.canParse(start) ? new URL(start) : undefined
  return first?.origin === origin
    ? yield* step(HttpClientRequest.get(first), first, [], maxRequests)
    : yield* stuck("unexpected-page", `it begins at an address that is not of ${origin}`)
})
