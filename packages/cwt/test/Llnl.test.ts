import { Auth, CustomAuth } from "@effect-wps/auth"
import { Llnl, Variable, Workflow } from "@effect-wps/cwt"
import { LlnlNode, WpsNode, WpsTest } from "@effect-wps/testing"
import { Execute, Input, Output, Process, WpsClient } from "@effect-wps/wps"
import { Headers, HttpClient, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import {
  Chunk,
  Config,
  ConfigProvider,
  DateTime,
  Duration,
  Effect,
  Either,
  Fiber,
  FiberRef,
  Layer,
  Logger,
  LogLevel,
  Option,
  Redacted,
  Ref,
  Schedule,
  Schema,
  Stream,
  TestClock,
  Tracer
} from "effect"
import { existsSync, readdirSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { inspect } from "node:util"
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
  lines,
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
  rotating,
  type Script,
  sent,
  setCookie,
  tokenOf,
  tokens,
  url,
  xml
} from "./support/llnl.ts"

/** What a live node answered, which lies beside the checkout where there is any. */
const corpus = fileURLToPath(new URL("../../../../shared/corpus/ESGF+esgf-compute-wps/", import.meta.url))
const present = existsSync(corpus)
if (!present) console.log(`skipped: the corpus of real documents is not there (${corpus})`)

const bearer = (n: number): string => `Bearer ${tokens[n]}`

const usual = node(() => undefined)

describe("Llnl", () => {
  describe("Django's token", () => {
    it.effect("[F3.18][F5.27] a POST takes one with the capabilities first, which are asked for without credentials or body", () =>
      Effect.gen(function*() {
        yield* WpsClient.execute(maximum)
        const [first, second] = yield* sent
        assert.isDefined(first)
        assert.isDefined(second)
        assert.strictEqual(first.method, "GET")
        assert.strictEqual(first.url, `${url}?service=WPS&request=GetCapabilities`)
        assert.strictEqual(tokenOf(first), undefined)
        assert.strictEqual(first.body, "")
        assert.strictEqual(second.method, "POST")
        assert.strictEqual(second.headers["cookie"], "csrftoken=c00kie")
        assert.strictEqual(second.headers["x-csrftoken"], "c00kie")
        assert.strictEqual(second.headers["referer"], url)
        assert.strictEqual(tokenOf(second), bearer(0))
      }).pipe(Effect.provide(layer(usual))))

    it.effect("[F5.27] the token that any answer brought is sent, and nothing more is asked for it", () =>
      Effect.gen(function*() {
        yield* WpsClient.capabilities
        yield* WpsClient.execute(maximum)
        yield* WpsClient.execute(maximum)
        deepStrictEqual((yield* sent).map((one) => [one.method, one.headers["x-csrftoken"], one.headers["cookie"]]), [
          ["GET", undefined, undefined],
          ["POST", "t0", "csrftoken=t0"],
          ["POST", "t1", "csrftoken=t1"]
        ])
      }).pipe(Effect.provide(layer(node((one, before) =>
        one.method === "GET"
          ? xml(capabilities, setCookie(`t${before.length}`))
          : xml(document({}), setCookie(`t${before.length}`))
      )))))

    it.effect("requests that begin at the same time ask once", () =>
      Effect.gen(function*() {
        yield* Effect.all([WpsClient.execute(maximum), WpsClient.execute(maximum), WpsClient.execute(maximum)], {
          concurrency: "unbounded"
        })
        assert.strictEqual((yield* sent).filter(({ method }) => method === "GET").length, 1)
      }).pipe(Effect.provide(layer(usual))))

    it.effect("a page that says CSRF means that nothing was done: a new token, and once more", () =>
      Effect.gen(function*() {
        yield* WpsClient.execute(maximum)
        deepStrictEqual((yield* sent).map((one) => [one.method, one.headers["x-csrftoken"]]), [
          ["GET", undefined],
          ["POST", "t0"],
          ["GET", undefined],
          ["POST", "t2"]
        ])
        const [, first, , again] = yield* sent
        assert.strictEqual(first?.body, again?.body)
      }).pipe(Effect.provide(layer(node((one, before) =>
        one.method === "GET"
          ? xml(capabilities, setCookie(`t${before.length}`))
          : before.some(isPost)
          ? undefined
          : csrfPage
      )))))

    it.effect("and not a third time", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.execute(maximum))
        assert.strictEqual(error._tag, "AccessDenied")
        assert.strictEqual((yield* sent).filter(isPost).length, 2)
      }).pipe(Effect.provide(layer(node((one) => isPost(one) ? csrfPage : undefined)))))

    it.effect("another refusal is no reason to send again", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.execute(maximum))
        assert.strictEqual(error._tag, "AccessDenied")
        assert.strictEqual((yield* sent).filter(isPost).length, 1)
      }).pipe(Effect.provide(layer(node((one) => isPost(one) ? html(403, "Forbidden") : undefined)))))

    it.effect("a server that has none is asked once", () =>
      Effect.gen(function*() {
        yield* WpsClient.execute(maximum)
        yield* WpsClient.execute(maximum)
        deepStrictEqual((yield* sent).map(({ method }) => method), ["GET", "GET", "POST", "POST"])
        assert.isFalse((yield* sent).some(({ headers }) => "x-csrftoken" in headers || "cookie" in headers))
      }).pipe(
        Effect.provide(layer((one) => isPost(one) ? xml(document({})) : xml(capabilities)))
      ))

    it.effect("who wants to know who asks for the capabilities is told", () =>
      Effect.gen(function*() {
        yield* WpsClient.execute(maximum)
        deepStrictEqual((yield* sent).map((one) => [one.method, tokenOf(one), one.headers["x-csrftoken"]]), [
          ["GET", undefined, undefined],
          ["GET", bearer(0), undefined],
          ["POST", bearer(0), "c00kie"]
        ])
        assert.notProperty((yield* sent)[1]?.headers, "content-type")
      }).pipe(
        Effect.provide(layer(node((one) => tokenOf(one) === undefined ? { status: 401 } : undefined)))
      ))

    it.effect("goes beside a cookie that the scheme has set, and gives way to the scheme's own", () =>
      Effect.gen(function*() {
        const posts = (cookie: string) =>
          Effect.gen(function*() {
            yield* WpsClient.execute(maximum)
            return (yield* sent).map((one) => [one.method, one.headers["cookie"], one.headers["x-csrftoken"]])
          }).pipe(Effect.provide(
            Llnl.layer({ url }).pipe(
              Layer.provide(CustomAuth.layer({
                key: "session",
                apply: ({ headers, query, store }) =>
                  Effect.succeed({ headers: Headers.set(headers, "cookie", cookie), query, store })
              })),
              Layer.provideMerge(layerNode(usual))
            )
          ))
        deepStrictEqual(yield* posts("wps_sessionid=1"), [
          ["GET", undefined, undefined],
          ["POST", "wps_sessionid=1; csrftoken=c00kie", "c00kie"]
        ])
        deepStrictEqual(yield* posts("wps_sessionid=1; csrftoken=own"), [
          ["POST", "wps_sessionid=1; csrftoken=own", "own"]
        ])
      }))

    it.effect("is a layer's own", () =>
      Effect.gen(function*() {
        yield* Effect.zipRight(WpsClient.capabilities, WpsClient.execute(maximum)).pipe(Effect.provide(layer(usual)))
        const other = yield* Effect.zipRight(WpsClient.execute(maximum), lines).pipe(Effect.provide(layer(usual)))
        deepStrictEqual(other, ["GET /wps?service=WPS&request=GetCapabilities", "POST /wps"])
      }))

    it.effect("the node's API is sent it where it is known, and it is asked for where it is missed", () =>
      Effect.gen(function*() {
        yield* Llnl.remove(1)
        const all = yield* sent
        deepStrictEqual(all.map((one) => [one.method, pathOf(one), one.headers["x-csrftoken"]]), [
          ["DELETE", "/wps/api/job/1/", undefined],
          ["GET", "/wps", undefined],
          ["DELETE", "/wps/api/job/1/", "c00kie"]
        ])
        yield* Llnl.remove(2)
        assert.strictEqual((yield* sent).at(-1)?.headers["x-csrftoken"], "c00kie")
      }).pipe(Effect.provide(layer(node((one) =>
        one.method !== "DELETE"
          ? undefined
          : "x-csrftoken" in one.headers
          ? { status: 204 }
          : json({ detail: "CSRF Failed: CSRF token missing or incorrect." }, 403)
      )))))

    it.effect("who waits for it waits no longer than the time limit, though an Execute may take for ever", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(WpsClient.execute(maximum)))
        yield* TestClock.adjust("10 seconds")
        const error = yield* Fiber.join(fiber)
        assert.include(error.message, "Execute got no answer from https://example.org/wps (ETIMEDOUT)")
        assert.strictEqual((yield* sent).filter(isPost).length, 0)
      }).pipe(Effect.provide(layer((one) => isPost(one) ? xml(document({})) : "never", { timeout: "10 seconds" }))))

    it.effect("a transformClient of one's own sees each request, and a new header is sent", () =>
      Effect.gen(function*() {
        yield* WpsClient.execute(maximum)
        yield* Stream.runDrain(Llnl.jobs())
        deepStrictEqual((yield* sent).map(({ headers }) => headers["x-own"]), ["1", "1", "1"])
      }).pipe(Effect.provide(layer(node((one) => pathOf(one) === "/wps/api/job/" ? page([]) : undefined), {
        transformClient: HttpClient.mapRequest(HttpClientRequest.setHeader("x-own", "1"))
      }))))

    it.effect("and Django's token is among what it is not shown", () =>
      Effect.gen(function*() {
        const shown = yield* Ref.make<ReadonlyArray<string>>([])
        const show = ({ headers }: HttpClientRequest.HttpClientRequest) =>
          Effect.flatMap(FiberRef.get(Headers.currentRedactedNames), (names) =>
            Ref.update(shown, (all) => [...all, inspect(Headers.redact(headers, names))]))
        yield* WpsClient.execute(maximum).pipe(
          Effect.provide(layer(usual, { transformClient: HttpClient.tapRequest(show) }))
        )
        const [, post = ""] = yield* Ref.get(shown)
        assert.include(post, "x-csrftoken")
        assert.notInclude(post, "c00kie")
      }))
  })

  describe("a token that is refused", () => {
    for (
      const [name, text] of [
        ["is no longer valid", "Access token is no longer valid"],
        ["is not accepted", "Authentication failed"]
      ] as const
    ) {
      it.effect(`[F4.3] in an answer with status 200, because it ${name}, is renewed and the request sent once more`, () =>
        Effect.gen(function*() {
          const variable = yield* WpsClient.run(maximum)
          assert.strictEqual(variable.name, "tas")
          deepStrictEqual((yield* sent).filter(isPost).map(tokenOf), [bearer(0), bearer(1)])
        }).pipe(
          Effect.provide(layer(node((one, before) => isPost(one) && !before.some(isPost) ? report(text) : undefined)))
        ))

      it.effect(`and refused again it is AccessDenied with the server's words: it ${name}`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(WpsClient.execute(maximum))
          assert.strictEqual(error._tag, "AccessDenied")
          assert.include(error.message, text)
          assert.strictEqual((yield* sent).filter(isPost).length, 2)
        }).pipe(Effect.provide(layer(node((one) => isPost(one) ? report(text) : undefined)))))
    }

    it.effect("what the endpoint says otherwise is no such refusal", () =>
      Effect.gen(function*() {
        for (const text of ["Process \"X\" does not exist", "reading failed: Authentication failed at the mirror"]) {
          const error = yield* Effect.flip(WpsClient.execute(maximum)).pipe(
            Effect.provide(layer(node((one) => isPost(one) ? report(text) : undefined)))
          )
          assert.strictEqual(error._tag, "ServiceException")
        }
      }))

    it.effect("the same words elsewhere at the origin are none either", () =>
      Effect.gen(function*() {
        const { reference } = yield* WpsClient.execute(maximum)
        const error = yield* Effect.flip(WpsClient.attach(Option.getOrThrow(reference), maximum))
        assert.strictEqual(error._tag, "ServiceException")
      }).pipe(Effect.provide(layer(node((one) => isPoll(one) ? refusedToken : undefined)))))

    it.effect("a crash while a job is asked for is explained by the API: a token that has run out is renewed", () =>
      Effect.gen(function*() {
        yield* WpsClient.run(maximum)
        deepStrictEqual((yield* sent).slice(2).map((one) => [pathOf(one), tokenOf(one)]), [
          ["/wps/api/job/1.wps", bearer(0)],
          ["/wps/api/job/1/", bearer(0)],
          ["/wps/api/job/1.wps", bearer(1)]
        ])
      }).pipe(Effect.provide(layer(node((one) =>
        tokenOf(one) !== bearer(0) || !pathOf(one).startsWith("/wps/api/")
          ? undefined
          : isPoll(one)
          ? crash
          : notAuthenticated
      )))))

    it.effect("a crash that is one is waited out, and no token is renewed for it", () =>
      Effect.gen(function*() {
        yield* WpsClient.run(maximum)
        const polls = (yield* sent).filter(isPoll)
        deepStrictEqual(polls.map(tokenOf), [bearer(0), bearer(0), bearer(0)])
      }).pipe(Effect.provide(layer(node((one, before) =>
        isPoll(one) && before.filter(isPoll).length < 2
          ? crash
          : pathOf(one) === "/wps/api/job/1/"
          ? json(listed(1))
          : undefined
      )))))

    it.effect("a crash without end is told for what it is", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.run(maximum))
        assert.strictEqual(error._tag, "UnexpectedResponse")
        assert.include(error.message, "HTTP 500")
      }).pipe(Effect.provide(layer(node((one) => pathOf(one).startsWith("/wps/api/") ? crash : undefined)))))

    it.effect("[F3.19] at the API it is renewed as well, whatever scheme the answer names", () =>
      Effect.gen(function*() {
        assert.strictEqual((yield* Llnl.job(1)).id, 1)
        deepStrictEqual((yield* sent).map(tokenOf), [bearer(0), bearer(1)])
      }).pipe(
        Effect.provide(layer((one) => tokenOf(one) === bearer(1) ? json(listed(1)) : notAuthenticated))
      ))

    it.effect("a refusal of one's own is heeded", () =>
      Effect.gen(function*() {
        yield* Llnl.job(1)
        deepStrictEqual((yield* sent).map(tokenOf), [bearer(0), bearer(1)])
      }).pipe(
        Effect.provide(
          layer((one) => tokenOf(one) === bearer(1) ? json(listed(1)) : json({}, 418), {
            refusal: ({ status }) => Effect.succeed(status === 418)
          })
        )
      ))
  })

  describe("documents", () => {
    it.effect("[F4.3] an abstract with unescaped signs, at Execute and at each status", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(maximum)
        const { process } = yield* job.document
        deepStrictEqual(
          Option.flatMap(process, ({ abstract }) => abstract),
          Option.some("Comparisons: >, >=, <, <=, lon<180 & more")
        )
      }).pipe(Effect.provide(layer(node((one) => {
        const abstract = "Comparisons: >, >=, <, <=, lon<180 & more"
        return isPost(one)
          ? xml(document({ abstract }))
          : isPoll(one)
          ? xml(document({ abstract, result: output }), { "content-type": "application/xml; charset=utf-8" })
          : undefined
      })))))

    it.effect("[F4.5] an address with an ampersand in the result, which is a list", () =>
      Effect.gen(function*() {
        const variable = yield* WpsClient.run(maximum)
        assert.strictEqual(variable.uri, "https://h/a.nc?x=1&y=<2>")
        assert.strictEqual(variable.name, "tas")
      }).pipe(Effect.provide(layer(node((one) =>
        isPoll(one) ? xml(document({ result: `[{"uri": "https://h/a.nc?x=1&y=<2>", "id": "tas|max"}]` })) : undefined
      )))))

    it.effect("another origin's are read as they are", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(WpsClient.run(maximum))
        assert.strictEqual(error._tag, "UnexpectedResponse")
      }).pipe(Effect.provide(layer(node((one) =>
        isPost(one)
          ? xml(document({ location: "https://other.example.net/wps/api/job/1.wps" }))
          : isPoll(one)
          ? xml(document({ abstract: "1 < 2", result: output }))
          : undefined
      )))))

    it.scoped("an output that is XML is left as it comes", () =>
      Effect.gen(function*() {
        const { stream } = yield* WpsClient.download("https://example.org/out.xml")
        assert.strictEqual(yield* Stream.mkString(Stream.decodeText(stream)), `<a><Abstract>1 < 2</Abstract></a>`)
      }).pipe(Effect.provide(layer(() => xml(`<a><Abstract>1 < 2</Abstract></a>`)))))

    it.effect("a long one is read to its end", () =>
      Effect.gen(function*() {
        const abstract = "1 < 2; ".repeat(20_000)
        const job = yield* WpsClient.execute(maximum).pipe(
          Effect.provide(layer(node((one) => isPost(one) ? xml(document({ abstract, result: output })) : undefined)))
        )
        const { process } = yield* job.document
        deepStrictEqual(Option.flatMap(process, (one) => one.abstract), Option.some(abstract.trim()))
      }))

    it.effect("[F4.1][F4.3][F4.4] run sends the three inputs, waits for its job though it is asynchronous, and describes nothing", () =>
      Effect.gen(function*() {
        const variable = yield* WpsClient.run(maximum)
        assert.strictEqual(variable.uri, "https://data.example.org/thredds/dodsC/a.nc")
        assert.strictEqual(Variable.fileServer(variable), "https://data.example.org/thredds/fileServer/a.nc")
        deepStrictEqual(yield* lines, [
          "GET /wps?service=WPS&request=GetCapabilities",
          "POST /wps",
          "GET /wps/api/job/1.wps",
          "GET /wps/api/job/1.wps"
        ])
        const inputs = [...((yield* sent)[1]?.body ?? "").matchAll(/<ows:Identifier>(\w+)<\/ows:Identifier>/g)]
        deepStrictEqual(inputs.map(([, name]) => name), ["variable", "domain", "operation", "output"])
      }).pipe(Effect.provide(layer(node((one, before) =>
        isPoll(one) && !before.some(isPoll)
          ? xml(document({ status: `<wps:ProcessStarted percentCompleted="37.0">Reading</wps:ProcessStarted>` }))
          : undefined
      )))))
  })

  describe("jobs", () => {
    /** A node with jobs of these ids, in pages as it is asked for. */
    const holding =
      (ids: ReadonlyArray<number>, next = "https://evil.example.net/wps/api/job/?limit=1"): Script => (one) => {
        const { pathname, searchParams } = new URL(one.url)
        const offset = Number(searchParams.get("offset"))
        const end = offset + Number(searchParams.get("limit"))
        return pathname === "/wps/api/job/"
          ? page(ids.slice(offset, end).map((id) => listed(id)), end < ids.length ? next : null, ids.length)
          : notFound
      }

    const idsOf = (options?: Llnl.JobsOptions) =>
      Effect.map(Stream.runCollect(Llnl.jobs(options)), (all) => Chunk.toReadonlyArray(all).map(({ id }) => id))

    it.effect("[F3.19][F5.43] come in pages, of which the addresses are the client's own", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* idsOf({ pageSize: 3 }), [1, 2, 3, 4, 5, 6, 7, 8])
        deepStrictEqual(yield* lines, [
          "GET /wps/api/job/?limit=3&offset=0",
          "GET /wps/api/job/?limit=3&offset=3",
          "GET /wps/api/job/?limit=3&offset=6"
        ])
        assert.isTrue((yield* sent).every((one) => tokenOf(one) === bearer(0)))
      }).pipe(Effect.provide(layer(holding([1, 2, 3, 4, 5, 6, 7, 8])))))

    it.effect("are asked for as they are wanted", () =>
      Effect.gen(function*() {
        const two = yield* Stream.runCollect(Stream.take(Llnl.jobs({ pageSize: 2 }), 2))
        assert.strictEqual(two.length, 2)
        deepStrictEqual(yield* lines, ["GET /wps/api/job/?limit=2&offset=0"])
      }).pipe(Effect.provide(layer(holding([1, 2, 3, 4, 5, 6])))))

    it.effect("50 at a time, and one at least", () =>
      Effect.gen(function*() {
        yield* idsOf()
        yield* idsOf({ pageSize: 0 })
        deepStrictEqual(yield* lines, ["GET /wps/api/job/?limit=50&offset=0", "GET /wps/api/job/?limit=1&offset=0"])
      }).pipe(Effect.provide(layer(holding([1])))))

    it.effect("come once each, whatever order the node keeps", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* idsOf({ pageSize: 3 }), [3, 1, 2, 5, 4])
      }).pipe(Effect.provide(layer(holding([3, 1, 3, 2, 1, 5, 4])))))

    it.effect("[F5.43] end with a page that is empty, or brings nothing new, whatever it says of the next", () =>
      Effect.gen(function*() {
        const empty = layer((_, before) => page(before.length === 0 ? [listed(1), listed(2)] : [], "https://x/"))
        deepStrictEqual(yield* Effect.provide(idsOf(), empty), [1, 2])
        const same = layer(() => page([listed(1), listed(2)], "https://x/"))
        deepStrictEqual(yield* Effect.provide(Effect.zip(idsOf(), lines), same), [
          [1, 2],
          ["GET /wps/api/job/?limit=50&offset=0", "GET /wps/api/job/?limit=50&offset=2"]
        ])
      }))

    it.effect("a node that gives less than it is asked for is asked for the rest", () =>
      Effect.gen(function*() {
        deepStrictEqual(yield* idsOf({ pageSize: 100 }), [1, 2, 3])
      }).pipe(Effect.provide(layer((one) => {
        const offset = Number(new URL(one.url).searchParams.get("offset"))
        return page([listed(offset + 1)], offset < 2 ? "more" : null)
      }))))

    it.effect("[F3.19] are typed", () =>
      Effect.gen(function*() {
        const job = yield* Llnl.job(7)
        assert.strictEqual(job.id, 7)
        assert.strictEqual(job.identifier, "CDAT.max")
        assert.strictEqual(job.status._tag, "Succeeded")
        deepStrictEqual(
          Option.map(job.accepted, DateTime.formatIso),
          Option.some("2026-11-23T14:06:51.851Z")
        )
        deepStrictEqual(Option.map(job.elapsed, Duration.toMillis), Option.some(86_402_450.14))
        deepStrictEqual(job.outputs, [
          { uri: "https://data.example.org/a.nc", size: Option.some(12.5) },
          { uri: "https://data.example.org/b.nc", size: Option.none() }
        ])
        deepStrictEqual(job.statusIds, [1, 14, 15])
        deepStrictEqual(
          Either.map(job.inputs, ({ operation, variable }) => [variable, operation]),
          Either.right([[{ uri: "file:///a.nc", id: "tas|v0" }], [{ name: "CDAT.max", input: ["v0"] }]])
        )
        assert.strictEqual(
          Option.getOrNull(job.reference.statusLocation),
          "https://example.org/wps/api/job/7.wps"
        )
        deepStrictEqual(yield* lines, ["GET /wps/api/job/7/"])
      }).pipe(Effect.provide(layer(() =>
        json(listed(7, {
          status: "ProcessSucceeded",
          elapsed: "1 00:00:02.450140",
          output: [{ id: 1, remote: "https://data.example.org/a.nc", size: "12.5000" }, {
            id: 2,
            remote: "https://data.example.org/b.nc",
            size: null
          }],
          status_links: [
            "http://h/wpsapi/status/1/",
            "http://h/wpsapi/status/14.json",
            "https://evil.example.net/wps/api/status/15/",
            "https://evil.example.net/?/status/x"
          ],
          datainputs:
            `{"variable": [{"uri": "file:///a.nc", "id": "tas|v0"}], "domain": [], "operation": [{"name": "CDAT.max", "input": ["v0"]}]}`
        }))
      ))))

    it.effect("what a node does not say, or says in a new way, spoils nothing", () =>
      Effect.gen(function*() {
        const [first, second] = Chunk.toReadonlyArray(yield* Stream.runCollect(Llnl.jobs()))
        assert.isDefined(first)
        assert.isDefined(second)
        deepStrictEqual(
          first.status,
          Execute.JobStatus.Other({ state: "ProcessQueued", message: "", percent: Option.none() })
        )
        deepStrictEqual(first.elapsed, Option.none())
        assert.isTrue(Either.isLeft(first.inputs))
        deepStrictEqual(second.accepted, Option.none())
        deepStrictEqual(
          second.inputs.pipe(Either.flip, Either.map(({ reason }) => reason)),
          Either.right("the node has not kept them")
        )
        deepStrictEqual([second.outputs, second.statusIds], [[], []])
      }).pipe(Effect.provide(layer(() =>
        page([
          listed(1, { status: "ProcessQueued", elapsed: "soon", datainputs: "{", more: 1 }),
          { id: 2, identifier: "CDAT.sum" }
        ])
      ))))

    it.effect("elapsed, as Django and Python write it", () =>
      Effect.gen(function*() {
        const times = yield* Effect.map(
          Stream.runCollect(Llnl.jobs()),
          (all) =>
            Chunk.toReadonlyArray(all).map(({ elapsed }) => Option.getOrNull(Option.map(elapsed, Duration.toMillis)))
        )
        deepStrictEqual(times, [0.046, 3_723_000, 86_400_000, 172_800_500, null, null])
      }).pipe(Effect.provide(layer(() =>
        page(
          ["00:00:00.000046", "1:02:03", "1 00:00:00", "2 days, 0:00:00.5", "-1 00:00:00", "No elapsed"]
            .map((elapsed, id) => listed(id, { elapsed }))
        )
      ))))

    it.effect("[F3.19] history: every report of a job with what was said, in the order of time", () =>
      Effect.gen(function*() {
        const reports = yield* Effect.flatMap(Llnl.job(1), Llnl.history)
        deepStrictEqual(reports.map(({ id, status }) => [id, status._tag, status.message]), [
          [9, "Accepted", ""],
          [3, "Running", "second"],
          [5, "Failed", "Traceback <boom>"]
        ])
        deepStrictEqual(reports[1]?.messages.map(({ percent, text }) => [text, Option.getOrNull(percent)]), [
          ["first", 10.5],
          ["second", 37]
        ])
        deepStrictEqual(reports[1]?.status.percent, Option.some(37))
        deepStrictEqual([...(yield* lines)].sort(), [
          "GET /wps/api/job/1/",
          "GET /wps/api/status/3/",
          "GET /wps/api/status/5/",
          "GET /wps/api/status/9/"
        ])
        assert.isTrue((yield* sent).every((one) => tokenOf(one) === bearer(0)))
      }).pipe(Effect.provide(layer((one) => {
        const at = (second: number) => `2026-11-23T06:06:${second}.5-08:00`
        const status = (id: number, status: string, second: number, message: ReadonlyArray<unknown>) =>
          json({ id, status, message, created_date: at(second), updated_date: at(second), job: 1 })
        switch (pathOf(one)) {
          case "/wps/api/job/1/":
            return json(listed(1, {
              status_links: [3, 5, 9, 3].map((id) => `https://evil.example.net/wpsapi/status/${id}/`)
            }))
          case "/wps/api/status/9/":
            return status(9, "ProcessAccepted", 10, [])
          case "/wps/api/status/3/":
            return status(3, "ProcessStarted", 11, [
              { id: 2, message: "second", percent: 37, created_date: at(13), status: 3 },
              { id: 1, message: "first", percent: 10.5, created_date: at(12), status: 3 }
            ])
          case "/wps/api/status/5/":
            return status(5, "ProcessFailed", 14, [
              { id: 4, message: "Traceback <boom>", percent: 0, created_date: at(14), status: 5 }
            ])
          default:
            return notFound
        }
      }))))

    it.effect("[F3.19] remove deletes, by the address with a slash; again it is JobNotFound", () =>
      Effect.gen(function*() {
        const job = yield* Llnl.job(4)
        yield* Llnl.remove(job)
        const error = yield* Effect.flip(Llnl.remove(4))
        assert.strictEqual(error._tag, "JobNotFound")
        assert.include(error.message, "\"4\"")
        deepStrictEqual(yield* lines, ["GET /wps/api/job/4/", "DELETE /wps/api/job/4/", "DELETE /wps/api/job/4/"])
      }).pipe(
        Effect.provide(
          layer((one, before) =>
            one.method === "GET" ? json(listed(4)) : before.length < 2 ? { status: 204 } : notFound
          )
        )
      ))

    it.effect("[F5.46] a job goes on from its reference, at the configured address", () =>
      Effect.gen(function*() {
        const [job] = Chunk.toReadonlyArray(yield* Stream.runCollect(Llnl.jobs()))
        assert.isDefined(job)
        const again = yield* WpsClient.attach(job.reference, Workflow.make(job.identifier))
        assert.strictEqual((yield* again.result).uri, "https://data.example.org/thredds/dodsC/a.nc")
        assert.strictEqual((yield* lines).at(-1), "GET /wps/api/job/11.wps")
      }).pipe(Effect.provide(layer(node((one) => pathOf(one) === "/wps/api/job/" ? page([listed(11)]) : undefined)))))

    it.effect("[F5.43] the API may be elsewhere, and has credentials there and the job's document too", () =>
      Effect.gen(function*() {
        const [job] = Chunk.toReadonlyArray(yield* Stream.runCollect(Llnl.jobs()))
        assert.isDefined(job)
        yield* WpsClient.attach(job.reference, maximum)
        deepStrictEqual((yield* sent).map((one) => [one.url, tokenOf(one), one.headers["cookie"]]), [
          ["https://api.example.net/v2/job/?k=1&limit=50&offset=0", bearer(0), undefined],
          ["https://api.example.net/v2/job/1.wps", bearer(0), undefined]
        ])
      }).pipe(Effect.provide(layer((one) => isPoll(one) ? xml(document({ result: output })) : page([listed(1)]), {
        api: "https://api.example.net/v2/?k=1"
      }))))

    it.effect("by default it is below the endpoint, with a slash or without, whatever its query is", () =>
      Effect.gen(function*() {
        for (
          const one of [
            "https://example.org/deep/wps/",
            "https://example.org/deep/wps",
            "https://example.org/deep/wps?a=b"
          ]
        ) {
          const api = yield* Effect.map(Llnl.Llnl, (llnl) => llnl.url).pipe(Effect.provide(layer(usual, { url: one })))
          assert.strictEqual(api, "https://example.org/deep/wps/api")
        }
      }))

    for (
      const [name, answer, tag, text] of [
        ["401", notAuthenticated, "AccessDenied", "Authentication credentials were not provided."],
        ["403", json({ detail: "No." }, 403), "AccessDenied", "No."],
        ["503", json({}, 503, { "retry-after": "7" }), "ServerBusy", "wait 7 s"],
        ["404 as JSON", notFound, "JobNotFound", "does not know the job \"1\""],
        ["404 as a page", html(404, "Not Found"), "UnexpectedResponse", "HTML page"],
        ["405", json({ detail: "Method \"GET\" not allowed." }, 405), "UnexpectedResponse", "not allowed"],
        ["a login page", html(200, "Log in"), "UnexpectedResponse", "login page"],
        ["nothing", { headers: { "content-type": "application/json" } }, "UnexpectedResponse", "empty"],
        ["broken JSON", { body: "{\"id\":" }, "UnexpectedResponse", "job API"],
        ["other JSON", json({ id: "x" }), "UnexpectedResponse", "id "],
        ["a cut connection", "cut", "TransportError", "ECONNRESET"]
      ] as const
    ) {
      it.effect(`${name} is ${tag}`, () =>
        Effect.gen(function*() {
          const error = yield* Effect.flip(Llnl.job(1))
          assert.strictEqual(error._tag, tag)
          assert.include(error.message, text)
        }).pipe(Effect.provide(layer(() => answer))))
    }

    it.effect("an answer that does not come is not waited for beyond the limit", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(Effect.flip(Llnl.job(1)))
        yield* TestClock.adjust("1 minute")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(
          error.message.split(". ")[0],
          "GetJob got no answer from https://example.org/wps/api/job/1/ (no answer within 60 s)"
        )
      }).pipe(Effect.provide(layer(() => "never"))))

    it.effect("an answer without end is not read to it", () =>
      Effect.gen(function*() {
        const error = yield* Effect.flip(Llnl.job(1))
        assert.strictEqual(error._tag, "UnexpectedResponse")
        assert.include(error.message, "longer than 32 MiB")
      }).pipe(Effect.provide(layer(() => ({ body: new Uint8Array(33 * 1024 * 1024).fill(32) })))))
  })

  describe("[F5.46] another origin", () => {
    it.effect("that a job's document is said to be at has neither credentials nor cookies, and its cookies are not kept", () =>
      Effect.gen(function*() {
        yield* WpsClient.run(maximum)
        yield* WpsClient.execute(maximum)
        const all = yield* sent
        const foreign = all.filter((one) => !one.url.startsWith("https://example.org/"))
        assert.isAbove(foreign.length, 0)
        for (const { headers } of foreign) {
          for (const name of ["authorization", "cookie", "x-csrftoken", "referer"]) assert.notProperty(headers, name)
        }
        assert.strictEqual(all.filter(isPost).at(-1)?.headers["x-csrftoken"], "c00kie")
      }).pipe(Effect.provide(layer((one) =>
        isPoll(one)
          ? xml(document({ result: output }), setCookie("evil"))
          : isPost(one)
          ? xml(document({ location: "https://evil.example.net/wps/api/job/1.wps" }))
          : xml(capabilities, setCookie("c00kie"))
      ))))

    it.effect("to which a request is sent on has none either", () =>
      Effect.gen(function*() {
        yield* Stream.runDrain(Llnl.jobs())
        const foreign = (yield* sent).at(-1)
        assert.strictEqual(foreign?.url, "https://evil.example.net/jobs")
        assert.isUndefined(tokenOf(foreign))
        const error = yield* Effect.flip(Llnl.remove(1))
        assert.strictEqual(error._tag, "RedirectRefused")
      }).pipe(Effect.provide(layer((one) =>
        one.url.startsWith("https://evil.example.net")
          ? page([])
          : { status: one.method === "GET" ? 302 : 307, headers: { location: "https://evil.example.net/jobs" } }
      ))))
  })

  it.effect("an address that cannot be called is InvalidUrl, without what is secret in it", () =>
    Effect.gen(function*() {
      for (
        const options of [
          { url: "wps?key=s3cret" },
          { url: "ftp://example.org/?key=s3cret" },
          { url: "https://u:s3cret@example.org/wps" },
          { api: "/wps/api?key=s3cret" },
          { api: "https://u:s3cret@example.org/wps" }
        ]
      ) {
        const error = yield* Effect.flip(Effect.provide(WpsClient.WpsClient, layer(usual, options)))
        assert.strictEqual(error._tag, "InvalidUrl")
        assert.notInclude(inspect(error), "s3cret")
      }
    }))

  it.effect("its options come from the configuration", () =>
    Effect.gen(function*() {
      assert.strictEqual((yield* Llnl.Llnl).url, "https://example.org/api")
    }).pipe(
      Effect.provide(
        Llnl.layerConfig({ url: Config.string("WPS_URL"), api: Config.string("API_URL"), timeout: "1 minute" }).pipe(
          Layer.provide([Auth.layerAnonymous, layerNode(usual)])
        )
      ),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map([["WPS_URL", url], ["API_URL", "https://example.org/api/"]]))
      )
    ))

  it.effect("shows no secret in an error, a span or a log", () =>
    Effect.gen(function*() {
      const shown: Array<unknown> = []
      const tracer = Tracer.make({
        span: (name, parent, context, links, _startTime, kind) => {
          const attributes = new Map<string, unknown>()
          shown.push(name, attributes)
          return {
            _tag: "Span",
            name,
            parent,
            context,
            links,
            kind,
            attributes,
            spanId: `${shown.length}`.padStart(16, "0"),
            traceId: "f".repeat(32),
            sampled: true,
            status: { _tag: "Started", startTime: 0n },
            attribute: (key, value) => void attributes.set(key, value),
            event: (_name, _time, all) => void shown.push(all),
            addLinks: () => undefined,
            end: (_time, exit) => void shown.push(exit)
          }
        },
        context: (f) => f()
      })
      const logs = Logger.make((options) =>
        void shown.push(Logger.logfmtLogger.log(options), Logger.jsonLogger.log(options))
      )
      const programs: ReadonlyArray<Effect.Effect<unknown, WpsClient.Failure, WpsClient.WpsClient | Llnl.Llnl>> = [
        WpsClient.run(maximum),
        Stream.runDrain(Llnl.jobs()),
        Llnl.job(1),
        Effect.flatMap(Llnl.job(1), Llnl.history),
        Llnl.remove(1)
      ]
      const scripts: ReadonlyArray<Script> = [
        usual,
        (one) => isPost(one) ? csrfPage : xml(capabilities, setCookie("c00kie")),
        () => notAuthenticated,
        () => refusedToken,
        () => crash,
        () => "cut",
        (one) => html(500, `You sent Authorization: ${tokenOf(one)} and Cookie: ${one.headers["cookie"]}`),
        (one) => json({ detail: `Authorization: ${tokenOf(one)}` }, 405)
      ]
      for (const script of scripts) {
        for (const program of programs) {
          const exit = yield* Effect.exit(Effect.tapErrorCause(program, Effect.logError)).pipe(
            Effect.provide(layer(script, { url: `${url}?own=s3cret` })),
            Effect.provide([
              Layer.setTracer(tracer),
              Logger.replace(Logger.defaultLogger, logs),
              Logger.minimumLogLevel(LogLevel.All)
            ])
          )
          shown.push(exit)
        }
      }
      assert.isAbove(shown.length, 100)
      const all = shown.map((one) => `${String(one)} ${inspect(one, { depth: 20, showHidden: true })}`).join("\n")
      for (const secret of [...tokens, "c00kie", "s3cret"]) assert.notInclude(all, secret)
    }))

  describe("a node in memory", () => {
    const parts = Input.complex(Schema.Array(Schema.Unknown), "application/json")
    const process = Process.make("CDAT.max", {
      abstract: "Comparisons: <, <=",
      inputs: { variable: parts, domain: parts, operation: parts },
      outputs: { output: Output.complex(Schema.Array(Schema.Unknown), "application/json") }
    })
    const answer = [{ uri: "https://data.example.org/thredds/dodsC/a.nc?x=1&y=2", id: "tas|max" }]
    const node = Llnl.layer({ url: WpsTest.url, poll: { schedule: Schedule.spaced("1 second") } }).pipe(
      Layer.provide([
        rotating,
        LlnlNode.layerHttpClient([WpsNode.handle(process, () => Effect.succeed({ output: answer }))], {
          user: LlnlNode.tokens({ alice: Redacted.make(tokens[1] ?? "") })
        })
      ])
    )

    it.effect("[F3.18][F3.19][F4.3] executes, follows, lists, tells and deletes, with a token that is refused at first", () =>
      Effect.gen(function*() {
        const fiber = yield* Effect.fork(WpsClient.run(maximum))
        yield* TestClock.adjust("1 minute")
        const variable = yield* Fiber.join(fiber)
        assert.strictEqual(variable.uri, answer[0]?.uri)
        yield* Effect.flatMap(
          Effect.fork(WpsClient.run(maximum)),
          (again) => Effect.zipRight(TestClock.adjust("1 minute"), Fiber.join(again))
        )

        const [first, second] = Chunk.toReadonlyArray(yield* Stream.runCollect(Llnl.jobs({ pageSize: 1 })))
        assert.isDefined(first)
        assert.isDefined(second)
        assert.strictEqual(first.identifier, "CDAT.max")
        assert.strictEqual(first.status._tag, "Succeeded")
        assert.isTrue(Either.isRight(first.inputs))

        const history = yield* Llnl.history(first)
        assert.strictEqual(history[0]?.status._tag, "Accepted")
        assert.strictEqual(history.at(-1)?.status._tag, "Succeeded")

        const job = yield* WpsClient.attach(first.reference, maximum)
        assert.strictEqual((yield* job.result).uri, variable.uri)

        yield* Llnl.remove(first)
        assert.strictEqual((yield* Effect.flip(Llnl.job(first.id)))._tag, "JobNotFound")
        assert.strictEqual((yield* Effect.flip(Llnl.remove(first)))._tag, "JobNotFound")
        deepStrictEqual(
          Chunk.toReadonlyArray(yield* Stream.runCollect(Llnl.jobs())).map(({ id }) => id),
          [second.id]
        )
      }).pipe(Effect.provide(node)))
  })

  describe.skipIf(!present)("the answers of a live node", () => {
    const captured = (name: string): Answer => {
      const folder = `${corpus}live/`
      const file = readdirSync(folder).find((one) => one.startsWith(name) && !one.endsWith(".http")) ?? name
      const head = readFileSync(`${folder}${file}.http`, "utf8").trim().split(/\r?\n\r?\n/)[1] ?? ""
      const [first = "", ...rest] = head.split(/\r?\n/)
      const headers = Object.fromEntries(
        rest.map((line) => [line.slice(0, line.indexOf(":")).toLowerCase(), line.slice(line.indexOf(":") + 1).trim()])
      )
      return { status: Number(first.split(" ")[0]), headers, body: new Uint8Array(readFileSync(folder + file)) }
    }

    it.effect("[F3.19] three pages of jobs, the last of which is empty", () =>
      Effect.gen(function*() {
        const jobs = Chunk.toReadonlyArray(yield* Stream.runCollect(Llnl.jobs({ pageSize: 10 })))
        deepStrictEqual(jobs.map(({ id }) => id), [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13])
        assert.isTrue(jobs.every(({ accepted, inputs }) => Option.isSome(accepted) && Either.isRight(inputs)))
      }).pipe(Effect.provide(layer((one) =>
        captured({ "0": "14-", "10": "15-" }[new URL(one.url).searchParams.get("offset") ?? ""] ?? "18-")
      ))))

    it.effect("[F3.19] a job, its history, and its end", () =>
      Effect.gen(function*() {
        const job = yield* Llnl.job(1)
        deepStrictEqual(job.outputs, [{ uri: "https://host/a.nc", size: Option.some(12.5) }])
        const history = yield* Llnl.history(job)
        deepStrictEqual(history.map(({ id, status }) => [id, status._tag]), [
          [1, "Accepted"],
          [15, "Succeeded"],
          [15, "Succeeded"]
        ])
        yield* Llnl.remove(job)
        assert.strictEqual((yield* Effect.flip(Llnl.remove(job)))._tag, "JobNotFound")
      }).pipe(Effect.provide(layer((one, before) =>
        captured(
          one.method === "DELETE"
            ? before.some(({ method }) => method === "DELETE") ? "37-" : "36-"
            : pathOf(one).includes("/status/")
            ? pathOf(one).endsWith("/1/") ? "25-" : "31-"
            : "30-"
        )
      ))))

    it.effect("[F4.3][F3.18] a refused token at Execute, a CSRF page, and then a job", () =>
      Effect.gen(function*() {
        const job = yield* WpsClient.execute(maximum)
        assert.strictEqual(job.identifier, "CDAT.max")
        deepStrictEqual((yield* sent).filter(isPost).map(tokenOf), [bearer(0), bearer(1), bearer(1)])
      }).pipe(Effect.provide(layer((one, before) =>
        captured(one.method === "GET" ? "45-" : ["47-", "03-"][before.filter(isPost).length] ?? "48-")
      ))))
  })
})
