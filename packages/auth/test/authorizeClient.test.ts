import { Auth, AuthError, BearerAuth, CustomAuth } from "@effect-wps/auth"
import {
  FetchHttpClient,
  Headers,
  HttpClient,
  HttpClientError,
  HttpClientRequest,
  HttpClientResponse,
  UrlParams
} from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Cause, Deferred, Effect, Exit, FastCheck, Fiber, Layer, Redacted, Ref, Stream, TestClock } from "effect"
import {
  assertConceals,
  endless,
  type Handler,
  recording,
  recordingLogger,
  recordingTracer,
  redirect,
  type Seen
} from "./support.ts"

const home = "https://example.org"
const other = "https://other.example"
const ok = (): Response => new Response("fine")

interface Options extends Partial<Omit<Auth.AuthorizeClientOptions, "auth">> {
  readonly auth?: Layer.Layer<Auth.Auth>
}

/** A client that authorizes for `home`, over one that answers by itself. */
const setup = (handler: Handler, { auth = BearerAuth.layer(Redacted.make("t0ken")), ...options }: Options = {}) =>
  Effect.gen(function*() {
    const { client, requests } = yield* recording(handler)
    const service = yield* Effect.flatMap(Layer.build(auth), (context) => Auth.Auth.pipe(Effect.provide(context)))
    const authorized = yield* Auth.authorizeClient(client, { origins: [home], ...options, auth: service })
    return { client: authorized, requests }
  })

const post = (url: string) => HttpClientRequest.post(url).pipe(HttpClientRequest.bodyText("<Execute/>", "text/xml"))

const authorizationOf = (seen: Seen | undefined) => seen?.headers["authorization"]

/** A source of tokens: token-1, token-2, … each time it is asked. */
const renewing = Effect.map(Ref.make(0), (asked) => ({
  asked: Ref.get(asked),
  layer: BearerAuth.layerEffect(Effect.map(Ref.updateAndGet(asked, (n) => n + 1), (n) => Redacted.make(`token-${n}`)))
}))

const accepting = (token: string): Handler => (seen) =>
  authorizationOf(seen) === `Bearer ${token}` ? ok() : new Response("who are you?", { status: 401 })

describe("authorizeClient", () => {
  describe("origins", () => {
    it.effect("authorizes the named origin however it is written", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(ok)
        for (const url of [`${home}/wps`, "https://EXAMPLE.org:443/wps?a=b", "HTTPS://example.org", `${home}/wps#x`]) {
          yield* client.get(url)
        }
        deepStrictEqual((yield* requests).map(authorizationOf), Array.from({ length: 4 }, () => "Bearer t0ken"))
      }).pipe(Effect.scoped))

    for (
      const url of [
        "https://example.org.evil.net/",
        "https://evil.net/https://example.org",
        "https://example.org@evil.net/",
        "https://example.org:444/",
        "http://example.org/",
        "https://www.example.org/",
        "https://evil.net/?https://example.org",
        "https://evil.net/#https://example.org",
        "https://evil.net\\@example.org/",
        "https://example.org%2eevil.net/"
      ]
    ) {
      it.effect(`gives nothing to ${url}`, () =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(ok)
          yield* client.get(url)
          deepStrictEqual((yield* requests).map(authorizationOf), [undefined])
        }).pipe(Effect.scoped))
    }

    const address = FastCheck.tuple(
      FastCheck.constantFrom("https://", "http://", "HTTPS://"),
      FastCheck.constantFrom("", "", "example.org@", "user:example.org@"),
      FastCheck.constantFrom("example.org", "EXAMPLE.ORG", "e%78ample.org", "example.org.", "xexample.org", "evil.net"),
      FastCheck.constantFrom("", "", ":443", ":0443", ":80", ":8443"),
      FastCheck.constantFrom("", "/", "/wps?a=b", "?@example.org", "#@example.org", "\\@example.org")
    ).map((parts) => parts.join(""))

    it.effect.prop(
      "gives credentials exactly to the origin that is named",
      [address],
      ([url]) =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(ok)
          yield* client.get(url)
          deepStrictEqual((yield* requests).map(authorizationOf), [
            new URL(url).origin === home ? "Bearer t0ken" : undefined
          ])
        }).pipe(Effect.scoped),
      { fastCheck: { numRuns: 50 } }
    )

    it.effect("takes from a request to another origin whatever is a credential", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(ok, {
          auth: CustomAuth.layer({
            key: "code",
            apply: ({ headers, query, store }) =>
              Effect.succeed({
                headers: Headers.set(headers, "Token", "c0de"),
                query: UrlParams.set(query, "apikey", "k3y"),
                store
              })
          })
        })
        yield* client.get(`${home}/wps`)
        const mine = {
          authorization: "Bearer mine",
          "proxy-authorization": "Basic mine",
          cookie: "session=mine",
          "x-api-key": "mine",
          token: "mine",
          traceparent: "00-1-2-01",
          "x-b3-traceid": "1",
          accept: "text/xml"
        }
        yield* client.get(`${other}/data?apikey=k3y&b=%20c~d&apikey=theirs`, { headers: mine, urlParams: { e: "f" } })
        const [first, second] = yield* requests
        assert.strictEqual(first?.url, `${home}/wps?apikey=k3y`)
        assert.strictEqual(first?.headers["token"], "c0de")
        deepStrictEqual(second?.headers, { accept: "text/xml" })
        deepStrictEqual(Array.from(new URL(second?.url ?? "").searchParams), [
          ["b", " c~d"],
          ["apikey", "theirs"],
          ["e", "f"]
        ])
      }).pipe(Effect.scoped))

    it.effect("remembers every header that the scheme has added", () =>
      Effect.gen(function*() {
        const names = yield* Ref.make(["X-One", "X-Two"])
        const { client, requests } = yield* setup(ok, {
          auth: CustomAuth.layer({
            key: "names",
            apply: ({ headers, query, store }) =>
              Effect.map(Ref.modify(names, ([head = "X-Three", ...rest]) => [head, rest]), (name) => ({
                headers: Headers.set(headers, name, "c0de"),
                query,
                store
              }))
          })
        })
        yield* client.get(home)
        yield* client.get(home)
        yield* client.get(other, { headers: { "x-one": "c0de", "x-two": "c0de", "x-four": "mine" } })
        deepStrictEqual((yield* requests).at(-1)?.headers, { "x-four": "mine" })
      }).pipe(Effect.scoped))

    it.effect("knows a query parameter that the scheme put into the URL itself", () =>
      Effect.gen(function*() {
        const auth = Layer.succeed(
          Auth.Auth,
          Auth.make({
            authorize: (request) => Effect.succeed(HttpClientRequest.updateUrl(request, (url) => `${url}&apikey=k3y`))
          })
        )
        const { client, requests } = yield* setup(
          ({ url }) => url.startsWith(home) ? redirect(302, other + new URL(url).search) : ok(),
          { auth }
        )
        yield* client.get(`${home}/wps?a=b`)
        deepStrictEqual((yield* requests).map(({ url }) => url), [
          `${home}/wps?a=b&apikey=k3y`,
          `${other}/?a=b`
        ])
      }).pipe(Effect.scoped))

    it.effect("leaves the spelling of a query alone", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(ok)
        const signed = `${other}/x.nc?X-Sig=a%2Fb%20c+d~e;f&wsdl`
        yield* client.get(signed)
        deepStrictEqual((yield* requests).map(({ url }) => url), [signed])
      }).pipe(Effect.scoped))

    for (
      const origin of [
        "example.org",
        "",
        "*",
        "ftp://example.org",
        "null",
        "https://user:s3cret@example.org",
        "https://example.org/wps",
        "https://example.org?key=s3cret",
        "https://example.org/#a",
        "file:///etc/passwd"
      ]
    ) {
      it.effect(`refuses the origin "${origin}"`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(setup(ok, { origins: [home, origin] }))
          assert.instanceOf(error, AuthError.InvalidOrigin)
          assertConceals(error, ["s3cret"])
        }).pipe(Effect.scoped))
    }

    for (
      const url of ["/wps", "", "example.org/wps?key=s3cret", "file:///s3cret", "data:text/plain,s3cret", "http://"]
    ) {
      it.effect(`fails for the address "${url}"`, () =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(ok)
          const error = yield* Effect.flip(client.get(url))
          assert.instanceOf(error, HttpClientError.RequestError)
          assert.strictEqual(error.reason, "InvalidUrl")
          assertConceals(error, ["s3cret"])
          assert.lengthOf(yield* requests, 0)
        }).pipe(Effect.scoped))
    }

    it.effect("sends no user name of a URL", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(({ url }) =>
          url.endsWith("/a") ? redirect(302, "https://user:s3cret@example.org/b") : ok()
        )
        yield* client.get("https://user:s3cret@example.org/a")
        yield* client.get("https://user:s3cret@other.example/?x=1")
        yield* client.get("https://user:s3cret@example.org/c", { urlParams: { y: "1" } })
        deepStrictEqual((yield* requests).map(({ url }) => url), [
          `${home}/a`,
          `${home}/b`,
          `${other}/?x=1`,
          `${home}/c?y=1`
        ])
      }).pipe(Effect.scoped))

    it.effect("does not let an Auth service send a request elsewhere", () =>
      Effect.gen(function*() {
        const auth = Layer.succeed(
          Auth.Auth,
          Auth.make({
            authorize: (request) => Effect.succeed(HttpClientRequest.setUrl(request, `${other}/?key=s3cret`))
          })
        )
        const { client, requests } = yield* setup(ok, { auth })
        const error = yield* Effect.flip(client.get(`${home}/wps`))
        assert.instanceOf(error, AuthError.InvalidOrigin)
        assertConceals(error, ["s3cret"])
        assert.lengthOf(yield* requests, 0)
      }).pipe(Effect.scoped))

    it.effect("refuses header values that clients would repeat in their errors", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(ok, {
          auth: CustomAuth.layer({
            key: "code",
            apply: ({ headers, query, store }) =>
              Effect.succeed({ headers: Headers.set(headers, "Token", "s3cret\r\nX: 1"), query, store })
          })
        })
        const error = yield* Effect.flip(client.get(`${home}/wps`))
        assert.instanceOf(error, AuthError.InvalidCredentials)
        assert.include(error.message, "token")
        assertConceals(error, ["s3cret"])
        assert.lengthOf(yield* requests, 0)
      }).pipe(Effect.scoped))

    it.effect("fails with what the scheme fails with, and sends nothing", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(ok, { auth: BearerAuth.layer(Redacted.make("")) })
        assert.instanceOf(yield* Effect.flip(client.get(`${home}/wps`)), AuthError.CredentialsUnavailable)
        assert.lengthOf(yield* requests, 0)
        yield* client.get(other)
        assert.lengthOf(yield* requests, 1)
      }).pipe(Effect.scoped))
  })

  describe("redirects", () => {
    /** Every path of `home` and `other` leads to the address after `to=`, with the status after `status=`. */
    const leading: Handler = ({ url }) => {
      const { searchParams } = new URL(url)
      const to = searchParams.get("to")
      return to === null ? ok() : redirect(Number(searchParams.get("status") ?? 302), to)
    }
    const via = (to: string, status = 302, from = `${home}/from`) =>
      `${from}?status=${status}&to=${encodeURIComponent(to)}`

    for (const status of [301, 302, 303, 307, 308]) {
      for (const method of ["GET", "HEAD"] as const) {
        it.effect(`${status} ${method} is followed, with credentials for named origins only`, () =>
          Effect.gen(function*() {
            const { client, requests } = yield* setup(leading)
            const start = via(via(via(`${home}/end`, status), status, `${other}/x`), status)
            const response = yield* client.execute(HttpClientRequest.make(method)(start))
            assert.strictEqual(response.status, 200)
            deepStrictEqual(
              (yield* requests).map((seen) => [seen.method, bareUrl(seen.url), authorizationOf(seen)]),
              [
                [method, `${home}/from`, "Bearer t0ken"],
                [method, `${other}/x`, undefined],
                [method, `${home}/from`, "Bearer t0ken"],
                [method, `${home}/end`, "Bearer t0ken"]
              ]
            )
          }).pipe(Effect.scoped))
      }

      it.effect(`${status} POST to the same origin`, () =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(leading)
          const result = yield* Effect.either(client.execute(post(via("/end?a=b", status))))
          const last = (yield* requests).at(-1)
          if (status === 301 || status === 302) {
            assert(result._tag === "Left")
            assert.instanceOf(result.left, AuthError.RedirectRefused)
            const { from, status: code, to } = result.left
            deepStrictEqual([from, to, code], [`${home}/from`, `${home}/end`, status])
            assert.lengthOf(yield* requests, 1)
            return
          }
          assert(result._tag === "Right")
          assert.strictEqual(last?.url, `${home}/end?a=b`)
          assert.strictEqual(authorizationOf(last), "Bearer t0ken")
          assert.strictEqual(last?.method, status === 303 ? "GET" : "POST")
          assert.strictEqual(last?.body, status === 303 ? "(Empty)" : "<Execute/>")
          assert.strictEqual(last?.headers["content-type"], status === 303 ? undefined : "text/xml")
          assert.strictEqual(last?.headers["content-length"], status === 303 ? undefined : "10")
        }).pipe(Effect.scoped))

      it.effect(`${status} POST to another origin`, () =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(leading)
          const result = yield* Effect.either(client.execute(post(via(`${other}/end?key=s3cret`, status))))
          if (status === 303) {
            assert(result._tag === "Right")
            const last = (yield* requests).at(-1)
            deepStrictEqual([last?.method, last?.body, authorizationOf(last)], ["GET", "(Empty)", undefined])
            return
          }
          assert(result._tag === "Left")
          assert.instanceOf(result.left, AuthError.RedirectRefused)
          assert.include(result.left.message, `${other}/end`)
          assertConceals(result.left, ["s3cret", "t0ken"])
          assert.lengthOf(yield* requests, 1)
        }).pipe(Effect.scoped))
    }

    it.effect("does not repeat DELETE at another origin, though it has no body", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(leading)
        assert.instanceOf(yield* Effect.flip(client.del(via(`${other}/end`, 307))), AuthError.RedirectRefused)
        yield* client.del(via(`${home}/end`, 307))
        deepStrictEqual((yield* requests).map(({ method, url }) => [method, bareUrl(url)]), [
          ["DELETE", `${home}/from`],
          ["DELETE", `${home}/from`],
          ["DELETE", `${home}/end`]
        ])
      }).pipe(Effect.scoped))

    it.effect("does not send a stream twice", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(leading)
        const request = HttpClientRequest.post(via("/end", 307)).pipe(
          HttpClientRequest.bodyStream(Stream.make(new Uint8Array(1)))
        )
        const error = yield* Effect.flip(client.execute(request))
        assert.instanceOf(error, AuthError.RedirectRefused)
        assert.include(error.message, "stream")
        assert.lengthOf(yield* requests, 1)
      }).pipe(Effect.scoped))

    it.effect("goes from http to https, and not back", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(leading, { origins: [home, "http://example.org"] })
        yield* client.get(via(`${home}/end`, 302, "http://example.org/from"))
        const error = yield* Effect.flip(client.get(via("http://example.org/end")))
        assert.instanceOf(error, AuthError.RedirectRefused)
        assert.include(error.message, "https to http")
        assert.instanceOf(
          yield* Effect.flip(client.get(via("http://third.example/", 302, `${other}/from`))),
          AuthError.RedirectRefused
        )
        assert.lengthOf(yield* requests, 4)
      }).pipe(Effect.scoped))

    for (
      const to of ["file:///etc/passwd", "javascript:s3cret", "data:text/html,s3cret", "ftp://example.org/", "http://["]
    ) {
      it.effect(`does not follow to ${to}`, () =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(leading)
          const error = yield* Effect.flip(client.get(via(to)))
          assert.instanceOf(error, AuthError.RedirectRefused)
          assertConceals(error, ["s3cret"])
          assert.lengthOf(yield* requests, 1)
        }).pipe(Effect.scoped))
    }

    for (
      const [location, expected] of [
        ["end", `${home}/a/end`],
        ["../end?x=1", `${home}/end?x=1`],
        ["//other.example/end", `${other}/end`],
        ["?x=1", `${home}/a/from?x=1`],
        ["/end#frag", `${home}/end`],
        ["/end?d=%20a+b~c", `${home}/end?d=%20a+b~c`]
      ] as const
    ) {
      it.effect(`resolves the location "${location}"`, () =>
        Effect.gen(function*() {
          const { client, requests } = yield* setup(({ url }) =>
            url === `${home}/a/from?s=1` ? redirect(302, location) : ok()
          )
          yield* client.get(`${home}/a/from?s=1`)
          assert.strictEqual((yield* requests).at(-1)?.url, expected)
        }).pipe(Effect.scoped))
    }

    it.effect("does not carry the host of one origin to another", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(leading)
        yield* client.get(via(`${other}/end`), { headers: { host: "example.org" } })
        deepStrictEqual((yield* requests).map(({ headers }) => headers["host"]), ["example.org", undefined])
      }).pipe(Effect.scoped))

    it.effect("ends a circle", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(() => redirect(302, "/?key=s3cret"))
        const error = yield* Effect.flip(client.get(`${home}/`))
        assert.instanceOf(error, AuthError.TooManyRedirects)
        assert.strictEqual(error.maxRedirects, 5)
        assertConceals(error, ["s3cret"])
        assert.lengthOf(yield* requests, 6)
      }).pipe(Effect.scoped))

    it.effect("follows as many as allowed, and none if told so", () =>
      Effect.gen(function*() {
        const two = yield* setup(leading, { maxRedirects: 2 })
        yield* two.client.get(via(via("/end")))
        assert.instanceOf(yield* Effect.flip(two.client.get(via(via(via("/end"))))), AuthError.TooManyRedirects)
        const never = yield* setup(leading, { maxRedirects: 0 })
        assert.instanceOf(yield* Effect.flip(never.client.get(via("/end"))), AuthError.TooManyRedirects)
      }).pipe(Effect.scoped))

    it.effect("hands on a redirect without a location, and 300 and 304 as they are", () =>
      Effect.gen(function*() {
        for (const status of [300, 302, 304]) {
          const location = status === 302 ? {} : { location: "/elsewhere" }
          const { client, requests } = yield* setup(() => new Response(null, { status, headers: location }))
          assert.strictEqual((yield* client.get(`${home}/wps`)).status, status)
          assert.lengthOf(yield* requests, 1)
        }
      }).pipe(Effect.scoped))

    it.effect("does not carry on a credential that the server repeats in the location", () =>
      Effect.gen(function*() {
        const auth = CustomAuth.layer({
          key: "key",
          apply: ({ headers, query, store }) =>
            Effect.succeed({ headers, query: UrlParams.append(query, "apikey", "k3 y"), store })
        })
        const { client, requests } = yield* setup(({ url }) => {
          const { pathname, search } = new URL(url)
          return pathname === "/from"
            ? redirect(302, `/next${search}&page=2`)
            : pathname === "/next"
            ? redirect(302, `${other}/end${search}&page=3`)
            : ok()
        }, { auth })
        yield* client.get(`${home}/from`)
        deepStrictEqual((yield* requests).map(({ url }) => url), [
          `${home}/from?apikey=k3+y`,
          `${home}/next?page=2&apikey=k3+y`,
          `${other}/end?page=2&page=3`
        ])
      }).pipe(Effect.scoped))

    it.effect("nor one that others have got a newer one for meanwhile", () =>
      Effect.gen(function*() {
        const keys = yield* Ref.make(0)
        const auth = CustomAuth.layer({
          key: "key",
          apply: ({ headers, query, store }) =>
            Effect.map(
              Ref.updateAndGet(keys, (n) => n + 1),
              (n) => ({ headers, query: UrlParams.append(query, "apikey", `k${n}`), store })
            )
        })
        const [arrived, answered] = yield* Effect.all([Effect.makeLatch(), Effect.makeLatch()])
        const sent = yield* Ref.make<ReadonlyArray<string>>([])
        const slow = HttpClient.make((request, url) =>
          Effect.gen(function*() {
            yield* Ref.update(sent, (all) => [...all, url.href])
            if (url.pathname !== "/from") return HttpClientResponse.fromWeb(request, ok())
            yield* arrived.open
            yield* answered.await
            return HttpClientResponse.fromWeb(request, redirect(302, `${other}/end${url.search}&page=2`))
          })
        )
        const service = yield* Effect.flatMap(Layer.build(auth), (context) => Auth.Auth.pipe(Effect.provide(context)))
        const client = yield* Auth.authorizeClient(slow, { origins: [home], auth: service })
        const first = yield* Effect.fork(client.get(`${home}/from`))
        yield* arrived.await
        yield* client.get(`${home}/meanwhile`)
        yield* answered.open
        yield* Fiber.join(first)
        deepStrictEqual(yield* Ref.get(sent), [
          `${home}/from?apikey=k1`,
          `${home}/meanwhile?apikey=k2`,
          `${other}/end?page=2`
        ])
      }).pipe(Effect.scoped))

    it.effect("ends the body of every response that it follows or refuses", () =>
      Effect.gen(function*() {
        const bodies: Array<{ cancelled: boolean }> = []
        const { client } = yield* setup(({ url }) => {
          if (url.endsWith("/end")) return ok()
          const { response, state } = endless(302, { location: url.endsWith("/a") ? "/end" : "ftp://x/" })
          bodies.push(state)
          return response
        })
        yield* client.get(`${home}/a`)
        yield* Effect.flip(client.get(`${home}/b`))
        deepStrictEqual(bodies, [{ cancelled: true }, { cancelled: true }])
      }).pipe(Effect.scoped))

    it.effect("says so when a browser hides where a redirect leads", () =>
      Effect.gen(function*() {
        const client = HttpClient.make((request) =>
          Effect.succeed(HttpClientResponse.fromWeb(request, Response.error()))
        )
        const auth = Auth.make({ authorize: Effect.succeed })
        const authorized = yield* Auth.authorizeClient(client, { auth, origins: [home] })
        assert.instanceOf(yield* Effect.flip(authorized.get(home)), AuthError.RedirectRefused)
      }))

    it.effect("tells fetch not to follow, and keeps the rest of its RequestInit", () =>
      Effect.gen(function*() {
        const init = yield* Deferred.make<RequestInit | undefined>()
        const fetch: typeof globalThis.fetch = (_url, given) => {
          Deferred.unsafeDone(init, Effect.succeed(given))
          return Promise.resolve(ok())
        }
        const client = yield* Effect.provide(HttpClient.HttpClient, FetchHttpClient.layer)
        const auth = Auth.make({ authorize: Effect.succeed })
        const authorized = yield* Auth.authorizeClient(client, { auth, origins: [home] })
        yield* authorized.get(home).pipe(
          Effect.provideService(FetchHttpClient.Fetch, fetch),
          Effect.provideService(FetchHttpClient.RequestInit, { credentials: "include" })
        )
        assert.deepInclude(yield* Deferred.await(init), { redirect: "manual", credentials: "include" })
      }))
  })

  describe("refusals", () => {
    it.effect("are answered once with the credentials that came since", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { client, requests } = yield* setup(accepting("token-2"), { auth: source.layer })
        const response = yield* client.execute(post(`${home}/wps`))
        assert.strictEqual(yield* response.text, "fine")
        deepStrictEqual((yield* requests).map((seen) => [authorizationOf(seen), seen.body]), [
          ["Bearer token-1", "<Execute/>"],
          ["Bearer token-2", "<Execute/>"]
        ])
        yield* client.get(`${home}/wps`)
        assert.strictEqual(yield* source.asked, 2)
      }).pipe(Effect.scoped))

    it.effect("are answered never more than once", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { client, requests } = yield* setup(accepting("none"), { auth: source.layer })
        const response = yield* client.get(`${home}/wps`)
        assert.strictEqual(response.status, 401)
        assert.strictEqual(yield* response.text, "who are you?")
        assert.lengthOf(yield* requests, 2)
      }).pipe(Effect.scoped))

    it.effect("are answered once for a whole chain of redirects", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { client, requests } = yield* setup((seen) =>
          seen.url.endsWith("/from") && authorizationOf(seen) === "Bearer token-2"
            ? redirect(302, "/end")
            : new Response(null, { status: 401 }), { auth: source.layer })
        assert.strictEqual((yield* client.get(`${home}/from`)).status, 401)
        deepStrictEqual(
          (yield* requests).map(({ url }) =>
            bareUrl(url)
          ),
          [
            `${home}/from`,
            `${home}/from`,
            `${home}/end`
          ]
        )
      }).pipe(Effect.scoped))

    it.effect("are handed on, body and all, when there are no other credentials", () =>
      Effect.gen(function*() {
        const { client, requests } = yield* setup(accepting("none"))
        assert.strictEqual(yield* (yield* client.get(`${home}/wps`)).text, "who are you?")
        assert.lengthOf(yield* requests, 1)
      }).pipe(Effect.scoped))

    it.effect("of a stream are not answered, but the next request has other credentials", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { client, requests } = yield* setup(accepting("token-2"), { auth: source.layer })
        const stream = HttpClientRequest.bodyStream(
          HttpClientRequest.post(`${home}/wps`),
          Stream.make(new Uint8Array(1))
        )
        assert.strictEqual((yield* client.execute(stream)).status, 401)
        assert.lengthOf(yield* requests, 1)
        assert.strictEqual((yield* client.execute(stream)).status, 200)
      }).pipe(Effect.scoped))

    it.effect("of other origins are none of the scheme's business", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { client, requests } = yield* setup(accepting("none"), { auth: source.layer })
        assert.strictEqual((yield* client.get(other)).status, 401)
        assert.lengthOf(yield* requests, 1)
        assert.strictEqual(yield* source.asked, 0)
      }).pipe(Effect.scoped))

    it.effect("are what the program says they are, by the body too", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const refusal = (response: HttpClientResponse.HttpClientResponse) =>
          Effect.match(response.text, { onFailure: () => false, onSuccess: (text) => text.includes("InvalidToken") })
        const report: Handler = (seen) =>
          authorizationOf(seen) === "Bearer token-1"
            ? new Response("<ows:Exception exceptionCode=\"InvalidToken\"/>")
            : new Response("<Capabilities/>", { status: 401 })
        const { client, requests } = yield* setup(report, { auth: source.layer, refusal })
        assert.strictEqual(yield* (yield* client.get(`${home}/wps`)).text, "<Capabilities/>")
        assert.lengthOf(yield* requests, 2)
        assert.strictEqual(yield* (yield* client.get(`${home}/wps`)).text, "<Capabilities/>")
      }).pipe(Effect.scoped))

    it.effect("by fifty at a time renew the credentials once, and all get through", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { client } = yield* setup(accepting("token-2"), { auth: source.layer })
        const responses = yield* Effect.all(
          Array.from({ length: 50 }, () => client.get(`${home}/wps`)),
          { concurrency: "unbounded" }
        )
        deepStrictEqual([...new Set(responses.map(({ status }) => status))], [200])
        assert.strictEqual(yield* source.asked, 2)
      }).pipe(Effect.scoped))

    it.effect("end the body of the response that is not handed on", () =>
      Effect.gen(function*() {
        const source = yield* renewing
        const { response, state } = endless(401)
        const { client } = yield* setup((seen) => authorizationOf(seen) === "Bearer token-1" ? response : ok(), {
          auth: source.layer
        })
        yield* client.get(`${home}/wps`)
        assert.isTrue(state.cancelled)
      }).pipe(Effect.scoped))

    it.effect("end the body when renewing fails or is interrupted", () =>
      Effect.gen(function*() {
        const failure = new AuthError.CredentialsUnavailable({ scheme: "test", reason: "logged out" })
        const refusing = (refused: Effect.Effect<boolean, AuthError.AuthError>) =>
          Effect.gen(function*() {
            const { response, state } = endless(401)
            const auth = Layer.succeed(Auth.Auth, { authorize: Effect.succeed, refused: () => refused })
            const { client } = yield* setup(() => response, { auth })
            return { client, state }
          })
        const failing = yield* refusing(failure)
        assert.strictEqual(yield* Effect.flip(failing.client.get(home)), failure)
        assert.isTrue(failing.state.cancelled)

        const asked = yield* Effect.makeLatch()
        const hanging = yield* refusing(Effect.zipRight(asked.open, Effect.never))
        const caller = yield* Effect.fork(hanging.client.get(home))
        yield* asked.await
        assert(Exit.isInterrupted(yield* Fiber.interrupt(caller)))
        assert.isTrue(hanging.state.cancelled)
      }).pipe(Effect.scoped))

    it.effect("wait no longer than a second for a body that stalls, though renewing fails", () =>
      Effect.gen(function*() {
        const failure = new AuthError.CredentialsUnavailable({ scheme: "test", reason: "logged out" })
        const read = yield* Effect.makeLatch()
        const stalled = new Response(
          new ReadableStream({
            pull: () => {
              read.unsafeOpen()
              return new Promise(() => {})
            }
          }),
          { status: 401 }
        )
        const auth = Layer.succeed(Auth.Auth, { authorize: Effect.succeed, refused: () => failure })
        const { client } = yield* setup(() => stalled, { auth })
        const caller = yield* Effect.fork(Effect.flip(client.get(home)))
        yield* read.await
        yield* TestClock.adjust("1 second")
        assert.strictEqual(yield* Fiber.join(caller), failure)
      }).pipe(Effect.scoped))
  })

  it.effect("passes an interruption on to the client", () =>
    Effect.gen(function*() {
      const started = yield* Effect.makeLatch()
      const aborted = yield* Effect.makeLatch()
      const client = HttpClient.make((_request, _url, signal) => {
        signal.addEventListener("abort", () => aborted.unsafeOpen())
        return Effect.zipRight(started.open, Effect.never)
      })
      const auth = Auth.make({ authorize: Effect.succeed })
      const authorized = yield* Auth.authorizeClient(client, { auth, origins: [home] })
      const caller = yield* Effect.fork(authorized.get(home))
      yield* started.await
      yield* Fiber.interrupt(caller)
      yield* aborted.await
    }))

  describe("secrets", () => {
    const secrets = ["t0ken", "c0de", "k3y"]
    const both = Layer.effect(
      Auth.Auth,
      Effect.gen(function*() {
        const bearer = yield* Auth.Auth
        return Auth.make({
          authorize: (request) =>
            Effect.map(bearer.authorize(request), (authorized) =>
              authorized.pipe(
                HttpClientRequest.setHeader("X-Code", "c0de"),
                HttpClientRequest.appendUrlParam("apikey", "k3y")
              ))
        })
      })
    ).pipe(Layer.provide(BearerAuth.layer(Redacted.make("t0ken"))))

    it.effect("are in no span, and neither is a query", () =>
      Effect.gen(function*() {
        const { spans, tracer } = recordingTracer()
        const { client, requests } = yield* setup(
          ({ url }) => url.includes("/from") ? redirect(302, `${other}/end?sig=sign4ture`) : ok(),
          { auth: both }
        )
        yield* client.get(`${home}/from?mine=qu3ry`).pipe(Effect.withSpan("outer"), Effect.withTracer(tracer))
        assert.include((yield* requests)[0]?.url, "k3y")
        deepStrictEqual(spans.map(({ kind, name }) => [name, kind]), [
          ["outer", "internal"],
          ["http.client GET", "client"],
          ["http.client GET", "client"]
        ])
        deepStrictEqual(Object.fromEntries(spans[1]?.attributes ?? []), {
          "http.request.method": "GET",
          "server.address": home,
          "url.path": "/from",
          "url.scheme": "https",
          "http.response.status_code": 302
        })
        for (const span of spans) {
          assert.lengthOf(span.ended, 1)
          assertConceals([span.name, Object.fromEntries(span.attributes)], [...secrets, "qu3ry", "sign4ture"])
          assertConceals(span.ended, secrets)
        }
      }).pipe(Effect.scoped))

    it.effect("trace headers go to named origins only", () =>
      Effect.gen(function*() {
        const { spans, tracer } = recordingTracer()
        const { client, requests } = yield* setup(({ url }) =>
          url.includes("/from") ? redirect(302, `${other}/end`) : ok()
        )
        yield* client.get(`${home}/from`).pipe(Effect.withTracer(tracer))
        yield* client.get(`${home}/untraced`).pipe(
          Effect.locally(HttpClient.currentTracerPropagation, false),
          Effect.withTracer(tracer)
        )
        yield* client.get(`${home}/disabled`).pipe(Effect.withTracerEnabled(false), Effect.withTracer(tracer))
        yield* HttpClient.withTracerDisabledWhen(client, () => true).get(`${home}/disabled`).pipe(
          Effect.withTracer(tracer)
        )
        deepStrictEqual((yield* requests).map(({ headers }) => headers["traceparent"] !== undefined), [
          true,
          false,
          false,
          false,
          false
        ])
        assert.lengthOf(spans, 3)
      }).pipe(Effect.scoped))

    it.effect("are in no log, though the client logs its requests", () =>
      Effect.gen(function*() {
        const { layer, lines } = recordingLogger()
        const { client, requests } = yield* recording(ok)
        const logging = client.pipe(HttpClient.tapRequest((request) => Effect.log("sending", request.headers)))
        const auth = yield* Effect.flatMap(Layer.build(both), (context) => Auth.Auth.pipe(Effect.provide(context)))
        const authorized = yield* Auth.authorizeClient(logging, { auth, origins: [home] })
        yield* Effect.gen(function*() {
          const response = yield* authorized.get(home)
          yield* Effect.log("got", response, response.request)
        }).pipe(Effect.provide(layer))
        assert.strictEqual((yield* requests)[0]?.headers["x-code"], "c0de")
        assert.include(lines.join("\n"), "sending")
        assert.include(lines.join("\n"), "<redacted>")
        for (const secret of secrets) assert.notInclude(lines.join("\n"), secret)
      }).pipe(Effect.scoped))

    it.effect("are in no response, which still reads as any other", () =>
      Effect.gen(function*() {
        const { client } = yield* setup(
          () => new Response("{\"a\":1}", { status: 201, headers: { "set-cookie": "a=b", "x-head": "er" } }),
          { auth: both }
        )
        const get = client.get(`${home}/wps?mine=qu3ry`)
        const response = yield* get
        assertConceals(response, [...secrets, "qu3ry"])
        assertConceals(response.request, secrets)
        assert.strictEqual(response.request.url, `${home}/wps?mine=qu3ry`)
        assert.strictEqual(response.status, 201)
        assert.strictEqual(response.headers["x-head"], "er")
        assert.strictEqual(response.cookies.cookies["a"]?.value, "b")
        assert.strictEqual(response.remoteAddress._tag, "None")
        deepStrictEqual(yield* response.json, { a: 1 })
        assert.strictEqual(yield* (yield* get).text, "{\"a\":1}")
        assert.strictEqual((yield* (yield* get).arrayBuffer).byteLength, 7)
        assert.lengthOf(yield* Stream.runCollect((yield* get).stream), 1)
        assert.lengthOf(yield* (yield* get).urlParamsBody, 1)
        const ok = yield* HttpClientResponse.filterStatusOk(response)
        assert.strictEqual(ok, response)
      }).pipe(Effect.scoped))

    it.effect("are in no error of the client or of a body", () =>
      Effect.gen(function*() {
        const auth = yield* Effect.flatMap(Layer.build(both), (context) => Auth.Auth.pipe(Effect.provide(context)))
        const failing = (reason: "Transport" | "StatusCode") =>
          HttpClient.make((request) =>
            reason === "Transport"
              ? new HttpClientError.RequestError({ request, reason, description: "no route", cause: new Error("cut") })
              : new HttpClientError.ResponseError({
                request,
                reason,
                response: HttpClientResponse.fromWeb(request, new Response(null, { status: 500 }))
              })
          )
        for (const reason of ["Transport", "StatusCode"] as const) {
          const client = yield* Auth.authorizeClient(failing(reason), { auth, origins: [home] })
          const error = yield* Effect.flip(client.get(`${home}/wps?mine=qu3ry`))
          assert(HttpClientError.isHttpClientError(error))
          assert.strictEqual(error.reason, reason)
          assert.include(error.message, `${home}/wps`)
          assertConceals(error, [...secrets, "qu3ry"])
        }
        const { client } = yield* setup(() => new Response("<html>"), { auth: both })
        const error = yield* Effect.flip(
          Effect.flatMap(client.get(`${home}/wps?mine=qu3ry`), (response) => Effect.asVoid(response.json))
        )
        assert(HttpClientError.isHttpClientError(error))
        assert.strictEqual(error.reason, "Decode")
        assertConceals(error, [...secrets, "qu3ry"])
      }).pipe(Effect.scoped))

    /** What a client may say of an address, in its own words and in what caused them. */
    const words = (url: string) => ({
      description: `connect ECONNREFUSED for ${url}`,
      cause: new TypeError(`fetch of ${url} failed`, {
        cause: Object.assign(new Error(`no route to ${url}`), { code: "ECONNREFUSED", url })
      })
    })

    it.effect("are in no error of a client that repeats the address, of which the network's code is kept", () =>
      Effect.gen(function*() {
        const auth = yield* Effect.flatMap(Layer.build(both), (context) => Auth.Auth.pipe(Effect.provide(context)))
        const { spans, tracer } = recordingTracer()
        const failing = HttpClient.make((request, url) =>
          new HttpClientError.RequestError({ request, reason: "Transport", ...words(url.href) })
        )
        const client = yield* Auth.authorizeClient(failing, { auth, origins: [home] })
        const error = yield* client.get(`${home}/wps?mine=qu3ry`).pipe(
          Effect.withSpan("outer"),
          Effect.withTracer(tracer),
          Effect.flip
        )
        assert(error._tag === "RequestError")
        assert.strictEqual(error.message, `Transport: ECONNREFUSED (GET ${home}/wps)`)
        assert.strictEqual(AuthError.transportReason(error), "ECONNREFUSED")
        assertConceals(error, [...secrets, "qu3ry"])
        assert.lengthOf(spans, 2)
        for (const { ended } of spans) assertConceals(ended, [...secrets, "qu3ry"])
      }).pipe(Effect.scoped))

    it.effect("are in no error of a body that repeats the address", () =>
      Effect.gen(function*() {
        const auth = yield* Effect.flatMap(Layer.build(both), (context) => Auth.Auth.pipe(Effect.provide(context)))
        const tearing = HttpClient.make((request, url) => {
          const torn = Object.assign(new Error(`read of ${url.href} failed`), { code: "ECONNRESET" })
          const body = new ReadableStream<Uint8Array>({ pull: (controller) => controller.error(torn) })
          return Effect.succeed(HttpClientResponse.fromWeb(request, new Response(body)))
        })
        const client = yield* Auth.authorizeClient(tearing, { auth, origins: [home] })
        for (
          const read of [
            (response: HttpClientResponse.HttpClientResponse) => Effect.asVoid(response.text),
            (response: HttpClientResponse.HttpClientResponse) => Stream.runDrain(response.stream)
          ]
        ) {
          const error = yield* Effect.flip(Effect.flatMap(client.get(`${home}/wps?mine=qu3ry`), read))
          assert(error._tag === "ResponseError")
          assert.strictEqual(error.message, `Decode: ECONNRESET (200 GET ${home}/wps)`)
          assertConceals(error, [...secrets, "qu3ry"])
        }
      }).pipe(Effect.scoped))

    it.effect("are in no code, and that the time was up is kept", () =>
      Effect.gen(function*() {
        const auth = yield* Effect.flatMap(Layer.build(both), (context) => Auth.Auth.pipe(Effect.provide(context)))
        const failWith = (causeOf: (url: URL) => unknown) =>
          Auth.authorizeClient(
            HttpClient.make((request, url) =>
              new HttpClientError.RequestError({ request, reason: "Transport", cause: causeOf(url) })
            ),
            { auth, origins: [home] }
          ).pipe(Effect.flatMap((client) => Effect.flip(client.get(`${home}/wps`))))

        const text = yield* failWith(({ href }) => ({ code: href }))
        assert.strictEqual(text.message, `Transport error (GET ${home}/wps)`)
        assertConceals(text, secrets)
        const late = yield* failWith(({ href }) => new Cause.TimeoutException(href))
        assert(late._tag === "RequestError")
        assert(Cause.isTimeoutException(late.cause))
        assertConceals(late, secrets)
      }).pipe(Effect.scoped))
  })
})

const bareUrl = (url: string): string => new URL(url).origin + new URL(url).pathname
