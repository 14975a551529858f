import { Auth, BearerAuth, CustomAuth } from "@effect-wps/auth"
import { Llnl } from "@effect-wps/cwt"
import { Job, Operation, WpsClient } from "@effect-wps/wps"
import { Headers, UrlParams } from "@effect/platform"
import { NodeHttpClient } from "@effect/platform-node"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  Deferred,
  Effect,
  Exit,
  FastCheck,
  Fiber,
  Layer,
  Logger,
  MutableRef,
  Option,
  Redacted,
  Schedule,
  Stream,
  TestClock
} from "effect"
import { createServer, type ServerResponse } from "node:http"
import { inspect } from "node:util"
import { repair } from "../src/internal/llnlRepair.ts"
import {
  type Answer,
  capabilities,
  crash,
  csrfPage,
  document,
  html,
  isPoll,
  isPost,
  json,
  layer,
  layerNode,
  listed,
  maximum,
  node,
  notAuthenticated,
  notFound,
  output,
  page,
  pathOf,
  refusedToken,
  report,
  type Script,
  type Sent,
  sent,
  setCookie,
  tokenOf,
  tokens,
  url,
  xml
} from "./support/llnl.ts"

const own = "https://example.org"
const isForeign = (one: Sent): boolean => new URL(one.url).origin !== own

/** What a request holds that is for the node's eyes only. */
const secrets = [...tokens, "c00kie", "s3cret"]
const leaksIn = (one: Sent): ReadonlyArray<string> =>
  secrets.filter((secret) => [one.url, one.body, ...Object.values(one.headers)].some((text) => text.includes(secret)))

const shown = (...values: ReadonlyArray<unknown>): string =>
  values.map((one) => `${String(one)} ${inspect(one, { depth: 20, showHidden: true, getters: true })}`).join("\n")

const posts = Effect.map(sent, (all) => all.filter(isPost))

const redirect = (status: number, location: string): Answer => ({ status, headers: { location } })

/** Addresses that are not the node's origin, though some look like it. */
const elsewhere = [
  "https://evil.example.net/wps/api/job/1.wps",
  "https://example.org.evil.net/wps/api/job/1.wps",
  "https://example.org@evil.example.net/wps/api/job/1.wps",
  "https://example.org:443@evil.example.net/wps/api/job/1.wps",
  "https://evil.example.net#@example.org/wps/api/job/1.wps",
  "https://example.org:8443/wps/api/job/1.wps",
  "http://example.org/wps/api/job/1.wps",
  "http://example.org:443/wps/api/job/1.wps",
  "https://example.org./wps/api/job/1.wps",
  "https://sub.example.org/wps/api/job/1.wps",
  "https://xn--exmple-4nf.org/wps/api/job/1.wps",
  "https://127.0.0.1/wps/api/job/1.wps",
  "https://[::1]/wps/api/job/1.wps"
]

/** The node's own origin, spelt otherwise. */
const spellings = [
  "https://EXAMPLE.org/wps/api/job/1.wps",
  "https://example.org:443/wps/api/job/1.wps",
  "https://exampl\u00ad\u200be.org/wps/api/job/1.wps",
  "https://\uff45xample.org/wps/api/job/1.wps",
  "https://example\u3002org/wps/api/job/1.wps"
]

describe("[F5.46] another origin", () => {
  const toOther = (all: ReadonlyArray<Sent>) => {
    const foreign = all.filter(isForeign)
    deepStrictEqual(foreign.flatMap(leaksIn), [])
    for (const { headers } of foreign) {
      for (const name of ["authorization", "cookie", "x-csrftoken", "referer"]) assert.notProperty(headers, name)
    }
    return foreign.length
  }

  for (
    const location of [
      ...elsewhere,
      "https://ex\u0430mple.org/wps/api/job/1.wps",
      "https://example\u3002org.evil.net/wps/api/job/1.wps"
    ]
  ) {
    it.effect(`is given nothing where a status is said to be at ${location}`, () =>
      Effect.gen(function*() {
        const exit = yield* Effect.exit(WpsClient.run(maximum))
        yield* Effect.exit(WpsClient.execute(maximum))
        const all = yield* sent
        // An address with a user name in it is not asked at all.
        assert.strictEqual(toOther(all) > 0, new URL(location).username === "")
        assert.strictEqual(Exit.isSuccess(exit), new URL(location).username === "")
        // What it sets is not kept.
        assert.isFalse(all.some((one) => Object.values(one.headers).some((value) => value.includes("evil-cookie"))))
      }).pipe(Effect.provide(layer(node((one) =>
        isForeign(one)
          ? xml(document({ result: output }), setCookie("evil-cookie"))
          : isPost(one)
          ? xml(document({ location }))
          : undefined
      )))))
  }

  for (const location of spellings) {
    it.effect(`the node's own address, written as ${location}, is no other`, () =>
      Effect.gen(function*() {
        yield* WpsClient.run(maximum)
        const poll = (yield* sent).at(-1)
        assert.strictEqual(poll?.url, "https://example.org/wps/api/job/1.wps")
        assert.strictEqual(tokenOf(poll), `Bearer ${tokens[0]}`)
      }).pipe(Effect.provide(layer(node((one) => isPost(one) ? xml(document({ location })) : undefined)))))
  }

  it.effect("an address with a user name in it is not polled", () =>
    Effect.gen(function*() {
      for (
        const location of ["https://u:p@example.org/wps/api/job/1.wps", "javascript:alert(1)", "file:///etc/passwd"]
      ) {
        const error = yield* Effect.flip(WpsClient.execute(maximum)).pipe(
          Effect.provide(layer(node((one) => isPost(one) ? xml(document({ location })) : undefined)))
        )
        assert.strictEqual(error._tag, "CannotPoll")
      }
    }))

  const everything: Readonly<
    Record<string, Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient | Llnl.Llnl>>
  > = {
    run: WpsClient.run(maximum),
    capabilities: WpsClient.capabilities,
    jobs: Stream.runDrain(Llnl.jobs()),
    job: Llnl.job(1),
    remove: Llnl.remove(1),
    history: Llnl.history(
      new Llnl.Job({
        id: 1,
        identifier: "p",
        status: { _tag: "Succeeded", message: "", percent: Option.none() },
        accepted: Option.none(),
        elapsed: Option.none(),
        outputs: [],
        statusIds: [1],
        request: Option.none(),
        reference: new Job.JobReference({ identifier: "p", statusLocation: Option.none(), jobId: Option.none() })
      })
    ),
    attach: WpsClient.attach(
      new Job.JobReference({
        identifier: "p",
        statusLocation: Option.some(`${url}/api/job/1.wps`),
        jobId: Option.none()
      }),
      maximum
    ),
    download: Stream.runDrain(WpsClient.downloadStream(`${own}/out.nc`))
  }
  for (const [name, program] of Object.entries(everything)) {
    it.effect(`is given nothing where ${name} is sent on to it`, () =>
      Effect.gen(function*() {
        for (const status of [301, 302, 303, 307, 308]) {
          for (const location of [...elsewhere, "//evil.example.net/x", "\\\\evil.example.net\\x"]) {
            const all = yield* Effect.zipRight(Effect.exit(program), sent).pipe(
              Effect.provide(layer((one) =>
                isForeign(one)
                  ? xml(document({ result: output }), setCookie("evil-cookie"))
                  : name === "run" && !isPost(one)
                  ? xml(capabilities, setCookie("c00kie"))
                  : { ...redirect(status, location), headers: { location, ...setCookie("c00kie") } }
              ))
            )
            const foreign = toOther(all)
            // From https nothing is sent on to http, and nothing that changes something anywhere but as a GET.
            const goes = !location.startsWith("http:") && (status === 303 || name !== "run" && name !== "remove")
            assert.strictEqual(foreign > 0, goes, `${status} ${location}`)
          }
        }
      }))
  }

  it.effect("is given nothing where it is sent to by a redirect of a request for Django's token", () =>
    Effect.gen(function*() {
      yield* WpsClient.execute(maximum)
      assert.strictEqual(toOther(yield* sent), 0)
    }).pipe(
      Effect.provide(layer(node((one) => isPost(one) ? undefined : redirect(302, "https://evil.example.net/wps"))))
    ))

  it.effect("the API's own is given the token, and no cookie of the endpoint's", () =>
    Effect.gen(function*() {
      yield* WpsClient.execute(maximum)
      yield* Llnl.remove(1)
      const removal = (yield* sent).at(-1)
      assert.strictEqual(removal?.url, "https://api.example.net/job/1/")
      assert.strictEqual(tokenOf(removal), `Bearer ${tokens[0]}`)
      assert.notProperty(removal?.headers, "cookie")
      assert.notProperty(removal?.headers, "x-csrftoken")
    }).pipe(Effect.provide(layer(node((one) => one.method === "DELETE" ? { status: 204 } : undefined), {
      api: "https://api.example.net/"
    }))))

  it.effect("the API's own sets no cookie that goes to the endpoint", () =>
    Effect.gen(function*() {
      yield* Stream.runDrain(Llnl.jobs())
      yield* WpsClient.execute(maximum)
      assert.strictEqual((yield* posts)[0]?.headers["x-csrftoken"], "c00kie")
    }).pipe(
      Effect.provide(
        layer(
          node((one) =>
            isForeign(one) ? { ...page([]), headers: { ...page([]).headers, ...setCookie("evil") } } : undefined
          ),
          { api: "https://api.example.net/" }
        )
      )
    ))
})

describe("an Execute that may have been accepted is not sent again", () => {
  const bodyOf = (answer: Answer): string => typeof answer.body === "string" ? answer.body : ""
  const reports = (inside: string): Answer =>
    xml(bodyOf(report("")).replace(/<ows:Exception .*<\/ows:Exception>/, inside))
  const exception = (text: string) =>
    `<ows:Exception exceptionCode="NoApplicableCode"><ows:ExceptionText>${text}</ows:ExceptionText></ows:Exception>`

  const answers: Readonly<Record<string, Answer | "cut">> = {
    "a page with a form that holds such a token": html(
      403,
      `<p>Not for you</p><form><input type="hidden" name="csrfmiddlewaretoken" value="CSRF"></form>`
    ),
    "a page with a script that knows such a token": html(403, "<script>var csrfToken = 'CSRF'</script><p>No</p>"),
    "a page with a comment about it": html(403, "<!-- CSRF --><p>No</p>"),
    "JSON that has one beside another reason": json({ detail: "You may not.", csrf_token: "abc" }, 403),
    "a report with the word in it": { ...report("CSRF verification failed. Request aborted."), status: 403 },
    "a job's document with the word in it": {
      ...xml(document({ abstract: "CSRF verification failed. Request aborted." })),
      status: 403
    },
    "another status with the word in it": html(400, "CSRF verification failed. Request aborted."),
    "a crash with the word in it": html(500, "CSRF verification failed. Request aborted."),
    "a cut connection": "cut",
    "a crash": crash,
    "a busy server": html(503, "busy"),
    "a report that goes on": report("Authentication failed at https://mirror.example.org: 403"),
    "a report that goes on, too": report("Access token is no longer valid for https://mirror.example.org"),
    "a report about something else as well": reports(
      exception("Authentication failed") + exception("the job was accepted")
    ),
    "a report with such a comment": reports(
      `<!-- ${exception("Authentication failed")} -->${exception("the job was accepted")}`
    ),
    "a report with such a section": reports(
      exception(`<![CDATA[${exception("Authentication failed")}]]> the job was accepted`)
    ),
    "a failure of Python that is not about the header": report(
      "Please copy the error and report on Github: not enough values to unpack (expected 2, got 1)"
    ),
    "another failure of Python": report(
      "Please copy the error and report on Github: too many values to unpack (expected 2)"
    ),
    "a job's document with the words in its abstract": xml(document({ abstract: "Authentication failed" })),
    "a job that failed with the words": xml(document({
      status: `<wps:ProcessFailed><ows:ExceptionReport>${
        exception("Authentication failed")
      }</ows:ExceptionReport></wps:ProcessFailed>`
    })),
    "a job that failed with the words, escaped": xml(document({
      status: `<wps:ProcessFailed>${exception("Authentication failed").replaceAll("<", "&lt;")}</wps:ProcessFailed>`
    })),
    "the words alone": { headers: { "content-type": "text/xml" }, body: "Authentication failed" },
    "nothing": xml("")
  }
  for (const [name, answer] of Object.entries(answers)) {
    it.effect(name, () =>
      Effect.gen(function*() {
        yield* Effect.exit(WpsClient.execute(maximum))
        assert.strictEqual((yield* posts).length, 1)
      }).pipe(Effect.provide(layer(node((one) => isPost(one) ? answer : undefined)))))
  }

  it.effect("while what Django says of its token is understood, as a page and as JSON", () =>
    Effect.gen(function*() {
      for (
        const refusal of [
          csrfPage,
          html(403, "<h1>Prohibido</h1><p>Verificaci\u00f3n CSRF fallida. Solicitud abortada.</p>"),
          json({ detail: "CSRF Failed: CSRF token missing or incorrect." }, 403)
        ]
      ) {
        const all = yield* Effect.zipRight(WpsClient.execute(maximum), posts).pipe(
          Effect.provide(layer(node((one, before) => isPost(one) && !before.some(isPost) ? refusal : undefined)))
        )
        assert.strictEqual(all.length, 2)
      }
    }))

  it.effect("and what it says of a header that is none is a refusal", () =>
    Effect.gen(function*() {
      for (const header of ["t0k3n", "Bearer a b"]) {
        const error = yield* Effect.flip(WpsClient.execute(maximum)).pipe(
          Effect.provide(
            Llnl.layer({ url }).pipe(
              Layer.provide(CustomAuth.layer({
                key: "header",
                apply: ({ headers, query, store }) =>
                  Effect.succeed({ headers: Headers.set(headers, "authorization", header), query, store })
              })),
              Layer.provideMerge(layerNode(node((one) =>
                isPost(one)
                  ? report(
                    "Please copy the error and report on Github: not enough values to unpack (expected 2, got 1)"
                  )
                  : undefined
              )))
            )
          )
        )
        assert.strictEqual(error._tag, "AccessDenied")
      }
    }))

  it.scoped("an output that is a report of a refusal is none", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.download(`${own}/out.xml`))
      assert.strictEqual(error._tag, "ServiceException")
      assert.strictEqual((yield* sent).length, 1)
    }).pipe(Effect.provide(layer(() => refusedToken))))
})

describe("a refusal at the API's origin", () => {
  it.effect("is none, though the path is the endpoint's", () =>
    Effect.gen(function*() {
      const reference = new Job.JobReference({
        identifier: "p",
        statusLocation: Option.some("https://api.example.net/wps"),
        jobId: Option.none()
      })
      const error = yield* Effect.flip(WpsClient.attach(reference, maximum))
      assert.strictEqual(error._tag, "ServiceException")
      assert.strictEqual((yield* sent).length, 1)
    }).pipe(Effect.provide(layer(() => refusedToken, { api: "https://api.example.net/api" }))))
})

describe("without end", () => {
  const fifty = Effect.forEach(Array.from({ length: 50 }), () => Effect.fork(Effect.exit(WpsClient.execute(maximum))))

  it.effect("a request for Django's token that is given up does not hold up those who wait for it", () =>
    Effect.gen(function*() {
      const [first, ...others] = yield* fifty
      assert.isDefined(first)
      yield* Effect.repeat(Effect.yieldNow(), { until: () => Effect.map(sent, (all) => all.length > 0) })
      yield* Fiber.interrupt(first)
      const exits = yield* Effect.forEach(others, Fiber.join)
      assert.isTrue(exits.every(Exit.isSuccess))
      const all = yield* sent
      assert.strictEqual(all.filter(({ method }) => method === "GET").length, 2)
      assert.strictEqual(all.filter(isPost).length, 49)
    }).pipe(Effect.provide(layer(node((one, before) => !isPost(one) && before.length === 0 ? "never" : undefined)))))

  it.effect("nobody waits for it longer than the limit, however many wait", () =>
    Effect.gen(function*() {
      const fibers = yield* fifty
      yield* TestClock.adjust("1 minute")
      const ended = yield* Effect.forEach(fibers, Fiber.poll)
      assert.isTrue(ended.every(Option.isSome))
      assert.strictEqual((yield* posts).length, 0)
      // And who comes later asks anew.
      const before = (yield* sent).length
      yield* Effect.fork(WpsClient.execute(maximum))
      yield* TestClock.adjust("1 second")
      assert.strictEqual((yield* sent).length, before + 1)
    }).pipe(Effect.provide(layer(() => "never", { timeout: "1 minute" }))))

  it.effect("the limit holds for who cannot be interrupted, as in a finalizer", () =>
    Effect.gen(function*() {
      const fibers = yield* Effect.forEach(
        [Llnl.remove(1), Llnl.job(1), WpsClient.execute(maximum)],
        (program: Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient | Llnl.Llnl>) =>
          Effect.fork(Effect.uninterruptible(Effect.flip(program)))
      )
      yield* TestClock.adjust("1 minute")
      const ended = yield* Effect.forEach(fibers, Fiber.poll)
      assert.isTrue(ended.every(Option.isSome))
    }).pipe(Effect.provide(layer(() => "never"))), 3000)

  it.effect("a token that is refused for ever is sent twice by each, whoever else sends it", () =>
    Effect.gen(function*() {
      const exits = yield* Effect.flatMap(fifty, Effect.forEach((fiber) => Fiber.join(fiber)))
      assert.isTrue(exits.every(Exit.isFailure))
      assert.strictEqual((yield* posts).length, 100)
    }).pipe(Effect.provide(layer(node((one) => isPost(one) ? csrfPage : undefined)))))

  it.effect("a cookie that changes with each answer goes with each request as it was last given", () =>
    Effect.gen(function*() {
      const exits = yield* Effect.flatMap(fifty, Effect.forEach((fiber) => Fiber.join(fiber)))
      assert.isTrue(exits.every(Exit.isSuccess))
      for (const { headers } of yield* posts) {
        assert.strictEqual(headers["cookie"], `csrftoken=${headers["x-csrftoken"]}`)
      }
      assert.strictEqual((yield* posts).length, 50)
    }).pipe(Effect.provide(layer((one, before) => ({
      ...xml(isPost(one) ? document({}) : capabilities, setCookie(`t${before.length}`))
    })))))

  it.effect("a cookie that only the next request may bring is followed once, and then it is a refusal", () =>
    Effect.gen(function*() {
      const exits = yield* Effect.flatMap(fifty, Effect.forEach((fiber) => Fiber.join(fiber)))
      assert.isTrue(exits.some(Exit.isSuccess))
      assert.isAtMost((yield* posts).length, 100)
    }).pipe(Effect.provide(layer((one, before) =>
      isPost(one) && one.headers["x-csrftoken"] !== `t${before.length - 1}`
        ? { ...csrfPage, headers: { ...csrfPage.headers, ...setCookie(`t${before.length}`) } }
        : xml(isPost(one) ? document({}) : capabilities, setCookie(`t${before.length}`))
    ))))

  it.effect("a cookie that cannot be sent is none", () =>
    Effect.gen(function*() {
      for (const cookie of ["", "a b", "\"q\"", "a,b", "\u00e9", "%E0%A4%A", "x".repeat(5000), "a=b; csrftoken"]) {
        const all = yield* Effect.zipRight(Effect.exit(WpsClient.execute(maximum)), posts).pipe(
          Effect.provide(layer((one) => xml(isPost(one) ? document({}) : capabilities, setCookie(cookie))))
        )
        assert.strictEqual(all.length, 1, cookie)
        const name = all[0]?.headers["x-csrftoken"]
        assert.isTrue(name === undefined || /^[\w.~+/=-]{1,256}$/.test(name), `${name}`)
      }
    }))

  it.effect("a token that is refused for ever is renewed once, at the endpoint, the API and a job's document", () =>
    Effect.gen(function*() {
      const asked: ReadonlyArray<
        readonly [Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient | Llnl.Llnl>, Answer]
      > = [
        [WpsClient.execute(maximum), refusedToken],
        [WpsClient.capabilities, refusedToken],
        [Llnl.job(1), notAuthenticated],
        [Stream.runDrain(Llnl.jobs()), notAuthenticated]
      ]
      for (const [program, answer] of asked) {
        const [exit, all] = yield* Effect.zip(Effect.exit(program), sent).pipe(Effect.provide(layer(() => answer)))
        assert.isTrue(Exit.isFailure(exit))
        assert.isAtMost(new Set(all.map(tokenOf).filter((token) => token !== undefined)).size, 2)
      }
    }))

  it.effect("pages without end are asked for as they are wanted", () =>
    Effect.gen(function*() {
      const jobs = yield* Stream.runCollect(Stream.take(Llnl.jobs({ pageSize: 1 }), 1000))
      assert.strictEqual(jobs.length, 1000)
      assert.strictEqual((yield* sent).length, 1000)
    }).pipe(Effect.provide(layer((_, before) => page([listed(before.length)], "more")))))
})

describe("a job's document that cannot be had", () => {
  it.effect("is asked for as JSON, and a refusal of that renews the token once and sends once more", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.run(maximum))
      assert.strictEqual(error._tag, "AccessDenied")
      deepStrictEqual((yield* sent).slice(2).map((one) => [pathOf(one), tokenOf(one)]), [
        ["/wps/api/job/1.wps", `Bearer ${tokens[0]}`],
        ["/wps/api/job/1/", `Bearer ${tokens[0]}`],
        ["/wps/api/job/1.wps", `Bearer ${tokens[1]}`],
        ["/wps/api/job/1/", `Bearer ${tokens[1]}`]
      ])
    }).pipe(
      Effect.provide(
        layer(node((one) => isPoll(one) ? crash : pathOf(one) === "/wps/api/job/1/" ? notAuthenticated : undefined))
      )
    ))

  for (const [name, answer] of [["crashes too", crash], ["is cut", "cut"], ["is not found", notFound]] as const) {
    it.effect(`is waited for where the JSON ${name}`, () =>
      Effect.gen(function*() {
        yield* WpsClient.run(maximum)
        assert.isTrue((yield* sent).filter(isPoll).every((one) => tokenOf(one) === `Bearer ${tokens[0]}`))
      }).pipe(Effect.provide(layer(node((one, before) =>
        isPoll(one) && before.filter(isPoll).length < 2
          ? crash
          : pathOf(one) === "/wps/api/job/1/"
          ? answer
          : undefined
      )))))
  }

  it.effect("is asked for with the credentials that the document was, once each", () =>
    Effect.gen(function*() {
      yield* Effect.exit(WpsClient.run(maximum))
      deepStrictEqual((yield* sent).slice(2, 4).map((one) => [one.url, one.headers["x-key"]]), [
        [`${url}/api/job/1.wps?a=b&key=s3cret`, "s3cret"],
        [`${url}/api/job/1/?a=b&key=s3cret`, "s3cret"]
      ])
    }).pipe(Effect.provide(
      Llnl.layer({ url, poll: { schedule: Schedule.forever, badReads: 0 } }).pipe(
        Layer.provide(CustomAuth.layer({
          key: "key",
          apply: ({ headers, store }) =>
            Effect.succeed({
              headers: Headers.set(headers, "x-key", "s3cret"),
              query: UrlParams.fromInput({ key: "s3cret" }),
              store
            })
        })),
        Layer.provideMerge(layerNode(node((one) =>
          isPost(one)
            ? xml(document({ location: `${url}/api/job/1.wps?a=b` }))
            : pathOf(one).startsWith("/wps/api/job/")
            ? crash
            : undefined
        )))
      )
    )))

  it.effect("is told of in words of its own where the JSON is cut", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(WpsClient.run(maximum))
      assert.strictEqual(error._tag, "UnexpectedResponse")
      assert.include(error.message, "HTTP 500")
    }).pipe(
      Effect.provide(layer(node((one) => isPoll(one) ? crash : pathOf(one) === "/wps/api/job/1/" ? "cut" : undefined)))
    ))
})

describe("what the API may say", () => {
  const list = (...results: ReadonlyArray<unknown>) =>
    Effect.either(Stream.runCollect(Llnl.jobs())).pipe(
      Effect.provide(layer((_, before) => before.length === 0 ? page(results) : page([]))),
      Effect.map((either) =>
        either._tag === "Right" ? Chunk.toReadonlyArray(either.right).map(({ id }) => id) : either.left._tag
      )
    )

  it.effect("a job with values that cannot be read keeps those that can, and its place in the list", () =>
    Effect.gen(function*() {
      for (
        const more of [
          { accepted: "soon" },
          { accepted: "2026-13-45T99:99:99Z" },
          { accepted: 5 },
          { elapsed: 7 },
          { elapsed: "9".repeat(400) + " 00:00:00" },
          { output: [{ id: 1, remote: "https://h/a.nc", size: "NaN" }] },
          { output: [{ id: 1, remote: "https://h/a.nc", size: "large" }] },
          { output: [{ id: 1, remote: "https://h/a.nc", size: {} }] },
          { output: [{ id: 1, remote: "https://h/a.nc", size: "-Infinity" }] },
          { output: [{ id: 1, remote: null }] },
          { output: "none" },
          { status_links: [1, null, "x"] },
          { status_links: {} },
          { status: 5 },
          { datainputs: { variable: [] } },
          { url: 5 }
        ]
      ) {
        deepStrictEqual(yield* list(listed(1), listed(2, more), listed(3)), [1, 2, 3], Object.keys(more).join())
      }
    }))

  it.effect("a size that is no number of megabytes is none", () =>
    Effect.gen(function*() {
      const sizes = yield* Effect.map(Llnl.job(1), ({ outputs }) => outputs.map(({ size }) => Option.getOrNull(size)))
      deepStrictEqual(sizes, [12.5, 3, null, null, null, null, null])
    }).pipe(Effect.provide(layer(() =>
      json(listed(1, {
        output: ["12.5000", 3, "NaN", "Infinity", "-1", "", "1e400"].map((size, id) => ({ id, remote: "u", size }))
      }))
    ))))

  it.effect("an id is a natural number, though it may come as text; what has none is left out, and that is logged", () =>
    Effect.gen(function*() {
      const logged: Array<unknown> = []
      const results = [
        listed(1),
        listed(2, { id: "2" }),
        listed(3, { id: -3 }),
        listed(4, { id: 1e300 }),
        listed(5, { id: "../../admin" }),
        listed(6, { id: 1.5 }),
        listed(7, { id: null }),
        listed(8, { identifier: null }),
        null,
        "text",
        [],
        listed(1),
        listed(9)
      ]
      const ids = yield* list(...results).pipe(
        Effect.provide(Logger.replace(Logger.defaultLogger, Logger.make(({ message }) => void logged.push(message))))
      )
      deepStrictEqual(ids, [1, 2, 9])
      assert.include(inspect(logged), "9 of 13")
    }))

  it.effect("a page of which nothing can be read is another API's", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* list({ jobID: "a" }, { jobID: "b" }), "UnexpectedResponse")
    }))

  it.effect("what was left out counts where the next page begins", () =>
    Effect.gen(function*() {
      yield* Stream.runDrain(Llnl.jobs())
      assert.strictEqual((yield* sent)[1]?.url, `${url}/api/job/?limit=50&offset=3`)
    }).pipe(
      Effect.provide(layer((_, before) => before.length === 0 ? page([listed(1), {}, listed(2)], "more") : page([])))
    ))

  it.effect("history leaves out the reports that there are no more, and is JobNotFound where there is none", () =>
    Effect.gen(function*() {
      const links = [1, 2, 3].map((id) => `http://h/wpsapi/status/${id}/`)
      const at = "2026-11-23T06:06:10.5-08:00"
      const history = (there: ReadonlyArray<number>) =>
        Effect.flatMap(Llnl.job(1), Llnl.history).pipe(
          Effect.provide(layer((one) => {
            const id = Number(/status\/(\d+)/.exec(one.url)?.[1])
            return Number.isNaN(id)
              ? json(listed(1, { status_links: links }))
              : there.includes(id)
              ? json({ id, status: "ProcessStarted", message: [], created_date: at })
              : notFound
          }))
        )
      deepStrictEqual((yield* history([1, 3])).map(({ id }) => id), [1, 3])
      assert.strictEqual((yield* Effect.flip(history([])))._tag, "JobNotFound")
    }))

  it.effect("other failures of a report are the history's", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip(Effect.flatMap(Llnl.job(1), Llnl.history))
      assert.strictEqual(error._tag, "UnexpectedResponse")
    }).pipe(Effect.provide(layer((one) => one.url.includes("/status/") ? html(500, "no") : json(listed(1))))))

  it.effect("a job is removed only if the node says so, and not if a login page does", () =>
    Effect.gen(function*() {
      const remove = (script: Script) => Effect.exit(Llnl.remove(1)).pipe(Effect.provide(layer(script)))
      assert.isTrue(Exit.isFailure(yield* remove(() => html(200, "Log in"))))
      assert.isTrue(
        Exit.isFailure(
          yield* remove((one) => one.method === "DELETE" ? redirect(303, "/login") : html(200, "Log in"))
        )
      )
      assert.isTrue(
        Exit.isFailure(
          yield* remove((one) => one.method === "DELETE" ? redirect(303, "https://evil.example.net/") : { status: 204 })
        )
      )
      assert.isTrue(Exit.isSuccess(yield* remove(() => ({ status: 204 }))))
      assert.isTrue(Exit.isSuccess(yield* remove(() => json({}, 202))))
    }))

  it.effect(
    "a link that is long takes no longer than it should",
    () =>
      Effect.gen(function*() {
        deepStrictEqual((yield* Llnl.job(1)).statusIds, [1])
      }).pipe(Effect.provide(layer(() => json(listed(1, { status_links: [`${"/status/1?".repeat(200_000)}\n`] }))))),
    4000
  )
})

describe("secrets", () => {
  it.effect("an address that cannot be called is told without what is secret in it", () =>
    Effect.gen(function*() {
      for (
        const one of [
          "alice:s3cret@example.org/wps",
          "https://u:a@s3cret@example.org:99999/wps",
          "https://u:s3cret/@example.org:99999/wps",
          "https://u:s3cret#@example.org:99999/wps",
          "https://example.org:99999/wps?key=s3cret@x",
          "https://example.org:99999/wps#s3cret",
          "data:s3cret",
          "x:/s3cret"
        ]
      ) {
        for (const options of [{ url: one }, { api: one }]) {
          const error = yield* Effect.flip(
            Effect.provide(WpsClient.WpsClient, layer(node(() => undefined), options))
          )
          assert.strictEqual(error._tag, "InvalidUrl")
          assert.notInclude(shown(error, error.message), "s3cret", one)
        }
      }
    }))

  it.effect("a page that shows what it was sent is told without", () =>
    Effect.gen(function*() {
      const jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhbGljZSJ9.c2VjcmV0LXNpZ25hdHVyZQ"
      for (
        const text of [
          "Authorization: Bearer s3cret",
          "HTTP_AUTHORIZATION 'Bearer s3cret'",
          "Authorization=Bearer%20s3cret",
          "{\"Authorization\": \"Bearer s3cret\"}",
          "Cookie: a=1; csrftoken=s3cret; b=2",
          "{\"Cookie\": \"csrftoken=s3cret\"}",
          "HTTP_COOKIE 'wps_sessionid=s3cret; csrftoken=s3cret'",
          "X-CSRFToken: s3cret",
          "HTTP_X_CSRFTOKEN 's3cret'",
          "{\"x-csrftoken\": \"s3cret\"}",
          `the token ${jwt} is not known`
        ]
      ) {
        for (const status of [200, 401, 404, 405, 500]) {
          for (const answer of [html(status, text), json({ detail: text }, status), { status, body: text }]) {
            const error = yield* Effect.flip(Effect.provide(Llnl.job(1), layer(() => answer)))
            const all = shown(error, error.message)
            assert.notInclude(all, "s3cret", text)
            assert.notInclude(all, jwt, text)
          }
        }
      }
    }))
})

describe("on sockets", () => {
  /** A server on a port of its own, whose answers are what is written to them. */
  const listening = (answer: (asked: string, response: ServerResponse) => void) =>
    Effect.acquireRelease(
      Effect.async<{ readonly url: string; readonly close: Effect.Effect<void> }>((resume) => {
        const server = createServer((request, response) => {
          request.resume()
          request.on("end", () => answer(`${request.method} ${request.url}`, response))
        })
        server.listen(0, "127.0.0.1", () => {
          const address = server.address()
          const port = address !== null && typeof address === "object" ? address.port : 0
          resume(Effect.succeed({
            url: `http://127.0.0.1:${port}/wps`,
            close: Effect.async<void>((done) => {
              server.closeAllConnections()
              server.close(() => done(Effect.void))
            })
          }))
        })
      }),
      ({ close }) => close
    )

  const client = (at: string, options: Partial<Llnl.Options> = {}) =>
    Llnl.layer({ url: at, poll: { schedule: Schedule.forever, badReads: 2 }, ...options }).pipe(
      Layer.provide([BearerAuth.layer(Redacted.make("t0k3n")), NodeHttpClient.layerUndici])
    )

  const begins: Readonly<Record<string, (response: ServerResponse) => void>> = {
    "a document's beginning": (response) => {
      response.writeHead(200, { "content-type": "text/xml" })
      response.write(document({}).slice(0, 300))
    },
    "half a document": (response) => {
      response.writeHead(200, { "content-type": "text/xml" })
      response.write(document({ abstract: "a".repeat(10_000) }).slice(0, 9000))
    },
    "half a page about CSRF": (response) => {
      response.writeHead(403, { "content-type": "text/html" })
      response.write("<p>CSRF verification failed")
    },
    "half a list": (response) => {
      response.writeHead(200, { "content-type": "application/json" })
      response.write("{\"count\": 1, \"results\": [")
    },
    "a crash's beginning": (response) => {
      response.writeHead(500, { "content-type": "text/html" })
      response.write("<h1>Server")
    }
  }
  for (const [name, begin] of Object.entries(begins)) {
    it.scopedLive(`who gives up while ${name} is all there is leaves no connection`, () =>
      Effect.gen(function*() {
        const begun = yield* Deferred.make<void>()
        const closed = yield* Deferred.make<void>()
        const done = (deferred: Deferred.Deferred<void>) => () => Deferred.unsafeDone(deferred, Effect.void)
        const { url } = yield* listening((asked, response) => {
          if (asked.startsWith("GET /wps?")) {
            response.writeHead(200, { "content-type": "text/xml", ...setCookie("c00kie") })
            response.end(capabilities)
          } else {
            response.on("close", done(closed))
            begin(response)
            response.write(" ", done(begun))
          }
        })
        const program: Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient | Llnl.Llnl> =
          name.includes("list")
            ? Stream.runDrain(Llnl.jobs())
            : name.includes("crash")
            ? WpsClient.attach(
              new Job.JobReference({
                identifier: "p",
                statusLocation: Option.some(`${url}/api/job/1.wps`),
                jobId: Option.none()
              }),
              Operation.make({ identifier: "p" })
            )
            : WpsClient.execute(maximum)
        yield* Effect.gen(function*() {
          const fiber = yield* Effect.fork(program)
          yield* Deferred.await(begun)
          yield* Fiber.interrupt(fiber)
          yield* Deferred.await(closed)
        }).pipe(Effect.provide(client(url)))
      }))
  }

  it.scopedLive("a node that never ends its answer to the request for Django's token holds up no Execute", () =>
    Effect.gen(function*() {
      const { url } = yield* listening((asked, response) => {
        response.writeHead(200, { "content-type": "text/xml", ...setCookie("c00kie") })
        if (asked.startsWith("GET")) response.write(capabilities.slice(0, 200))
        else response.end(document({ result: output }))
      })
      yield* Effect.provide(WpsClient.execute(maximum), client(url))
    }))

  it.scopedLive("who gives up while a crash is being explained leaves no connection", () =>
    Effect.gen(function*() {
      const asked = yield* Deferred.make<void>()
      const closed = yield* Deferred.make<void>()
      const { url } = yield* listening((request, response) => {
        if (request.endsWith("/1/")) return Deferred.unsafeDone(asked, Effect.void)
        response.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        response.writeHead(500, { "content-type": "text/html" })
        response.write("<h1>Server")
      })
      const reference = new Job.JobReference({
        identifier: "p",
        statusLocation: Option.some(`${url}/api/job/1.wps`),
        jobId: Option.none()
      })
      yield* Effect.gen(function*() {
        const fiber = yield* Effect.fork(WpsClient.attach(reference, Operation.make({ identifier: "p" })))
        yield* Deferred.await(asked)
        yield* Fiber.interrupt(fiber)
        yield* Deferred.await(closed)
      }).pipe(Effect.provide(client(url)))
    }))

  it.scopedLive("who waits in vain for another token of Django's leaves none either", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const isFirst = MutableRef.make(true)
      const { url } = yield* listening((request, response) => {
        if (request.startsWith("GET")) {
          if (!MutableRef.getAndSet(isFirst, false)) return
          response.writeHead(200, { "content-type": "text/xml", ...setCookie("c00kie") })
          return void response.end(capabilities)
        }
        response.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        response.writeHead(403, { "content-type": "text/html" })
        response.write("<p>CSRF verification failed.</p>")
        const more = () => {
          while (!response.destroyed && response.write(" ".repeat(100_000)));
        }
        response.on("drain", more)
        more()
      })
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.execute(maximum))
        assert.include(error.message, "ETIMEDOUT")
        yield* Deferred.await(closed)
      }).pipe(Effect.provide(client(url, { timeout: "500 millis" })))
    }))

  it.scopedLive("the limit holds for an answer's body as well, for who cannot be interrupted", () =>
    Effect.gen(function*() {
      const { url } = yield* listening((_, response) => {
        response.writeHead(200, { "content-type": "application/json" })
        response.write("{")
      })
      const error = yield* Effect.flip(Effect.uninterruptible(Llnl.job(1))).pipe(
        Effect.provide(client(url, { timeout: "300 millis" }))
      )
      assert.include(error.message, "no answer within 0.3 s")
    }))

  it.scopedLive("a list without end is read no further than its limit, and let go", () =>
    Effect.gen(function*() {
      const closed = yield* Deferred.make<void>()
      const { url } = yield* listening((_, response) => {
        response.on("close", () => Deferred.unsafeDone(closed, Effect.void))
        response.writeHead(200, { "content-type": "application/json" })
        const more = () => {
          while (!response.destroyed && response.write(" ".repeat(1_000_000)));
        }
        response.on("drain", more)
        more()
      })
      yield* Effect.gen(function*() {
        const error = yield* Effect.flip(Stream.runDrain(Llnl.jobs()))
        assert.include(error.message, "longer than 32 MiB")
        yield* Deferred.await(closed)
      }).pipe(Effect.provide(client(url)))
    }))

  it.scopedLive("answers that are dropped give their connections back", () =>
    Effect.gen(function*() {
      const open = new Set<ServerResponse>()
      const { url } = yield* listening((asked, response) => {
        open.add(response)
        response.on("close", () => void open.delete(response))
        if (asked.startsWith("GET /wps?")) {
          response.writeHead(200, { "content-type": "text/xml", ...setCookie("c00kie") })
          response.end(capabilities)
        } else {
          response.writeHead(403, { "content-type": "text/html" })
          response.write("<p>CSRF verification failed.</p>")
          // It goes on for as long as it is read, and longer.
          const more = () => {
            while (!response.destroyed && response.write(" ".repeat(100_000)));
          }
          response.on("drain", more)
          more()
        }
      })
      yield* Effect.gen(function*() {
        yield* Effect.forEach(
          Array.from({ length: 20 }),
          () => Effect.exit(WpsClient.execute(maximum)),
          { concurrency: 10 }
        )
        yield* Effect.repeat(Effect.yieldNow(), {
          until: () => open.size === 0,
          schedule: Schedule.spaced("10 millis")
        })
      }).pipe(Effect.provide(client(url)))
    }))
})

describe("the API's address", () => {
  for (
    const [given, expected] of [
      [undefined, "https://example.org/wps/api"],
      ["https://example.org/other/api", "https://example.org/other/api"],
      ["https://example.org/other/api///", "https://example.org/other/api"],
      ["https://example.org/", "https://example.org"],
      ["HTTPS://Example.ORG:443/a/../b/", "https://example.org/b"],
      ["https://example.org/api?k=s3cret#f", "https://example.org/api"]
    ] as const
  ) {
    it.effect(`${given} is ${expected}`, () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* Llnl.Llnl).url, expected)
        yield* Effect.exit(Llnl.job(1))
        assert.strictEqual((yield* sent)[0]?.url.replace("?k=s3cret", ""), `${expected}/job/1/`)
      }).pipe(Effect.provide(layer(() => notFound, { api: given }))))
  }

  it.effect("a relative one and an empty one are none", () =>
    Effect.gen(function*() {
      for (const api of ["", " ", "/api", "api", "//example.org/api"]) {
        const error = yield* Effect.flip(Effect.provide(Llnl.Llnl, layer(() => notFound, { api })))
        assert.strictEqual(error._tag, "InvalidUrl", api)
      }
    }))
})

describe("repair", () => {
  const isReadable = (text: string) =>
    Effect.gen(function*() {
      const job = yield* WpsClient.attach(
        new Job.JobReference({ identifier: "p", statusLocation: Option.some(url), jobId: Option.none() }),
        Operation.make({ identifier: "p" }),
        { poll: { badReads: 0 } }
      )
      const { process } = yield* job.document
      return Option.getOrUndefined(Option.flatMap(process, ({ abstract }) => abstract))
    }).pipe(
      Effect.provide(Layer.provide(WpsClient.layer({ url }), [Auth.layerAnonymous, layerNode(() => xml(text))]))
    )

  // What cannot be taken for the end of an element or for a reference.
  const texts = FastCheck.array(
    FastCheck.oneof(
      FastCheck.constantFrom(
        "<",
        ">",
        "&",
        "]]>",
        "<a ",
        "<a b='c'>",
        "a<b",
        "<!",
        "<?",
        "&#x",
        "& ",
        "\"",
        "'",
        "<ows:x>",
        "<-"
      ),
      FastCheck.string({ unit: "grapheme-ascii", maxLength: 5 }).map((text) => text.replace(/[/;]/g, "").trim())
    ),
    { minLength: 1, maxLength: 12 }
  ).map((parts) => parts.join("").trim()).filter((text) => text !== "" && !/<!--|<!\[CDATA\[|\?>/.test(text))

  it.effect.prop("what stands in an abstract is read as it stands there", [texts], ([text]) =>
    Effect.gen(function*() {
      const read = yield* isReadable(repair(document({ abstract: text, result: output })))
      assert.strictEqual(read?.trim(), text)
    }), { fastCheck: { numRuns: 200 } })

  const parts = [
    "<Abstract>",
    "<ows:Abstract><a ",
    "<a ",
    "<a b=\"",
    "&",
    "&#",
    "<!--",
    "<![CDATA[",
    "<?",
    "]]>",
    "</a>",
    "<a>{"
  ]
  for (const part of [...parts, ...parts.map((one) => `<Abstract>${one}</b>`)]) {
    it(`a megabyte of ${part} takes no longer than it should`, () => {
      const many = part.repeat(Math.ceil(1_000_000 / part.length))
      for (const text of [many, `<Abstract>${many}</Abstract>`, `<a>{${many}}</a>`]) {
        assert.isAtLeast(repair(text).length, text.length)
      }
    })
  }
})
