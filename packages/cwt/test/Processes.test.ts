import { Auth } from "@effect-wps/auth"
import { Processes } from "@effect-wps/cwt"
import { WpsNode, WpsTest } from "@effect-wps/testing"
import { type Capabilities, Execute, Output, Ows, Process, WpsClient } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Array as Arr, Effect, Either, FastCheck, Option, Schema } from "effect"

const process = (identifier: string, version?: string): Capabilities.ProcessSummary => ({
  identifier,
  title: Option.none(),
  abstract: Option.none(),
  version: Option.fromNullable(version),
  keywords: [],
  metadata: [],
  profiles: [],
  wsdl: Option.none(),
  jobControlOptions: [],
  outputTransmission: []
})

const shown = ({ identifier, version }: Capabilities.ProcessSummary): string =>
  Option.match(version, { onNone: () => identifier, onSome: (version) => `${identifier} ${version}` })

const grouped = (processes: ReadonlyArray<Capabilities.ProcessSummary>) =>
  [...Processes.group(processes)].map(([name, members]) => [name, members.map(shown)])

describe("Processes", () => {
  describe("group", () => {
    it("[F3.17] sorts by identifier, and groups by what stands before the dot", () => {
      const some = ["EDAS.sum", "CDAT.sum", "echo", "CDAT.abs", "Buffer"].map((identifier) => process(identifier))
      deepStrictEqual(grouped(some), [
        ["General", ["Buffer", "echo"]],
        ["CDAT", ["CDAT.abs", "CDAT.sum"]],
        ["EDAS", ["EDAS.sum"]]
      ])
      assert.strictEqual(some[0]?.identifier, "EDAS.sum")
    })

    it("[F3.17] of one process the newest version comes first, and one without a version last", () => {
      deepStrictEqual(grouped([process("A.a", "9"), process("A.a"), process("A.a", "10"), process("A.a", "10-rc1")]), [
        ["A", ["A.a 10", "A.a 10-rc1", "A.a 9", "A.a"]]
      ])
    })

    it("[F5.28] two dots, none before or after, or the name of a method are nothing special", () => {
      const odd = ["org.n52.Echo", "execute", "url", "constructor", "__proto__.toString", ".x", "y.", "toString.a.b"]
      const groups = Processes.group(odd.map((identifier) => process(identifier)))
      deepStrictEqual(
        [...groups].map(([name, members]) => [name, members.map(shown)] as const).sort(([a], [b]) => a < b ? -1 : 1),
        [
          ["General", [".x", "constructor", "execute", "url"]],
          ["__proto__", ["__proto__.toString"]],
          ["org", ["org.n52.Echo"]],
          ["toString", ["toString.a.b"]],
          ["y", ["y."]]
        ]
      )
      assert.isUndefined(groups.get("hasOwnProperty"))
    })

    it.effect("[F5.28] a client is made without a request, whatever the service calls its processes", () =>
      Effect.gen(function*() {
        const service = yield* WpsClient.WpsClient
        assert.typeOf(service.execute, "function")
        const { processes } = yield* WpsClient.capabilities
        deepStrictEqual([...Processes.group(processes).keys()], ["General", "org"])
        deepStrictEqual(yield* WpsClient.run(declared("org.n52.wps.execute")({})), { out: "ran" })
      }).pipe(Effect.provide([
        WpsTest.layer(
          ["org.n52.wps.execute", "execute", "describe"].map((identifier) =>
            WpsNode.handle(declared(identifier), () => Effect.succeed({ out: "ran" }))
          )
        ),
        Auth.layerAnonymous
      ])))
  })

  describe("matching", () => {
    const all = ["CDAT.sum", "CDAT.subset", "EDAS.CDAT.sum"].map((identifier) => process(identifier))
    const matched = (pattern: string) => Either.map(Processes.matching(all, pattern), (found) => found.map(shown))

    it("[F3.17] finds what begins so, in order, each alternative too", () => {
      deepStrictEqual(matched("CDAT"), Either.right(["CDAT.subset", "CDAT.sum"]))
      deepStrictEqual(matched("sum"), Either.right([]))
      deepStrictEqual(matched("x|sum"), Either.right([]))
      deepStrictEqual(matched(".*sum$"), Either.right(["CDAT.sum", "EDAS.CDAT.sum"]))
      deepStrictEqual(matched(""), Either.right(["CDAT.subset", "CDAT.sum", "EDAS.CDAT.sum"]))
    })

    it("[F3.17] a pattern that is none is a typed error", () => {
      const error = Either.getOrThrow(Either.flip(Processes.matching(all, "CDAT.(")))
      assert.strictEqual(error._tag, "InvalidPattern")
      assert.match(error.message, /^"CDAT\.\(" is no pattern: Invalid regular expression/)
      const long = Either.getOrThrow(Either.flip(Processes.matching(all, "(".repeat(10_000))))
      assert.isBelow(long.message.length, 600)
    })
  })

  describe("find", () => {
    const all = [process("a", "1.9"), process("a", "1.10"), process("a"), process("b"), process("a.b", "2")]
    const found = (identifier: string, version?: string) =>
      Either.match(Processes.find(all, identifier, version), { onLeft: ({ message }) => message, onRight: shown })

    it("[F3.17] [F5.29] [D5] gives the newest by number, or the version that is asked for", () => {
      assert.strictEqual(found("a"), "a 1.10")
      assert.strictEqual(found("a", "1.9"), "a 1.9")
      assert.strictEqual(found("b"), "b")
      assert.strictEqual(found("a.b"), "a.b 2")
    })

    it("[F3.17] says what there is where there is no such process or version", () => {
      assert.match(found("c"), /^There is no process "c"\. Identifiers are case-sensitive/)
      assert.match(found("a", "2"), /^There is no version 2 of "a", but 1\.10, 1\.9, without a version\./)
    })
  })

  describe("versionOrder", () => {
    it("[F5.29] compares numbers as numbers, and words before the version itself", () => {
      const inOrder = [
        "beta",
        "rc",
        "0.9",
        "1.0-beta",
        "1.0-rc2",
        "1.0-rc10",
        "1.0",
        "v1.1",
        "1.9",
        "1.10",
        "9",
        "10",
        "99999999999999999998",
        "99999999999999999999"
      ]
      deepStrictEqual(Arr.sort(Arr.reverse(inOrder), Processes.versionOrder), inOrder)
      for (const [left, right] of [["1", "1.0.0"], ["1.01", "1.1"], ["v2", "2"], ["1.0", "1_0"], ["", "0"]] as const) {
        assert.strictEqual(Processes.versionOrder(left, right), 0, `${left} ${right}`)
      }
    })

    const version = FastCheck.array(FastCheck.constantFrom("0", "1", "2", "10", "rc", "b", ".", "-"), { maxLength: 6 })
      .map((parts) => parts.join(""))
    it.prop("is an order", [version, version, version], ([a, b, c]) => {
      const compare = Processes.versionOrder
      assert.strictEqual(compare(a, b) + compare(b, a), 0)
      if (compare(a, b) <= 0 && compare(b, c) <= 0) assert.isAtMost(compare(a, c), 0)
    })
  })

  describe("statusText", () => {
    const running = { message: "", percent: Option.none<number>() }
    const { JobStatus } = Execute

    it("[F3.14] says where a job stands in one line", () => {
      deepStrictEqual(
        [
          JobStatus.Accepted({ ...running, message: "queued" }),
          JobStatus.Running({ message: "reading\n tas", percent: Option.some(37.5) }),
          JobStatus.Paused({ message: "waiting", percent: Option.some(0) }),
          JobStatus.Succeeded({ message: `[{"uri":"https://data.example.org/out.nc"}]`, percent: Option.some(100) }),
          JobStatus.Failed({ ...running, message: "no luck", exceptions: [] }),
          JobStatus.Failed({
            ...running,
            message: "no luck",
            exceptions: [Ows.noApplicableCode("first"), Ows.noApplicableCode("second\u001b[2J")]
          }),
          JobStatus.Dismissed(running),
          JobStatus.Other({ ...running, state: "Sus\u0007pended" }),
          JobStatus.Running({ ...running, message: "x".repeat(10_000) })
        ].map(Processes.statusText),
        [
          "Accepted: queued",
          "Running 37.5 %: reading tas",
          "Paused 0 %: waiting",
          "Succeeded",
          "Failed: no luck",
          "Failed: NoApplicableCode: first; NoApplicableCode: second [2J",
          "Dismissed",
          "Sus pended",
          `Running: ${"x".repeat(500)}…`
        ]
      )
    })
  })
})

const declared = (identifier: string) =>
  Process.make(identifier, { inputs: {}, outputs: { out: Output.literal(Schema.String) } })
