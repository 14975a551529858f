import type { ProcessDescription } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { deepStrictEqual } from "@effect/vitest/utils"
import { Option } from "effect"
import { allowedFault } from "../src/internal/allowed.ts"

const range = (some: {
  readonly minimum?: string
  readonly maximum?: string
  readonly closure?: ProcessDescription.Range["closure"]
}): ProcessDescription.Range => ({
  minimum: Option.fromNullable(some.minimum),
  maximum: Option.fromNullable(some.maximum),
  spacing: Option.none(),
  closure: some.closure ?? "closed"
})

type Allowed = {
  readonly values?: ReadonlyArray<string>
  readonly ranges?: ReadonlyArray<ProcessDescription.Range>
}

/** Those of the texts that are allowed. */
const among = (type: string | undefined, { ranges = [], values = [] }: Allowed, texts: ReadonlyArray<string>) => {
  const faultOf = allowedFault({ _tag: "AllowedValues", values, ranges }, Option.fromNullable(type))
  return texts.filter((text) => Option.isNone(faultOf(text)))
}

describe("what is allowed", () => {
  it("is a text to the letter, unless its type says what it stands for", () => {
    const values = ["Landsat 8", "EPSG:4326", "model-1", "1.10", "16", ""]
    const others = ["Sentinel 8", "IGNF:4326", "other-1", "1.1", "0x10", "landsat 8", " "]
    deepStrictEqual(among("string", { values }, [...values, ...others]), values)
    deepStrictEqual(among("anyURI", { values }, [...values, ...others]), values)
    // Where nothing says the type, numbers are compared only if all that is allowed are.
    deepStrictEqual(among(undefined, { values }, [...values, ...others]), values)
    deepStrictEqual(among(undefined, { values: ["1.10", "16"] }, ["1.1", "16.0", "0x10", "a"]), ["1.1", "16.0"])
    deepStrictEqual(among("boolean", { values: ["true"] }, ["true", "1", "True", " true\n", "false", "0", "yes"]), [
      "true",
      "1",
      "True",
      " true\n"
    ])
  })

  it("is a number, exactly, however it is written", () => {
    deepStrictEqual(
      among("integer", { values: ["9007199254740993", "-0"] }, [
        "9007199254740993",
        "+9007199254740993",
        "9007199254740992",
        "0"
      ]),
      ["9007199254740993", "+9007199254740993", "0"]
    )
    const fraction = `1.${"0".repeat(30)}1`
    deepStrictEqual(
      among("decimal", { ranges: [range({ minimum: "0", maximum: "1" })] }, ["1", "1.0", fraction, "-0.1"]),
      [
        "1",
        "1.0"
      ]
    )
    deepStrictEqual(
      among("double", { ranges: [range({ minimum: "0", maximum: "INF" })] }, [
        "INF",
        "+INF",
        " INF\n",
        "1e400",
        "5e0",
        "-INF",
        "NaN",
        "soon"
      ]),
      ["INF", "+INF", " INF\n", "1e400", "5e0"]
    )
    deepStrictEqual(among("double", { values: ["INF", "1e3"] }, ["+INF", "1000", "1000.0", "NaN"]), [
      "+INF",
      "1000",
      "1000.0"
    ])
    const open = [
      range({ minimum: "0", maximum: "1", closure: "open" }),
      range({ minimum: "2", maximum: "3", closure: "open-closed" }),
      range({ minimum: "4", maximum: "5", closure: "closed-open" })
    ]
    deepStrictEqual(among("double", { ranges: open }, ["0", "0.5", "1", "2", "3", "4", "5"]), ["0.5", "3", "4"])
  })

  it("is a moment, in whatever zone, in that of UTC where none is named", () => {
    const ranges = [range({ minimum: "1850-01-01T00:00:00Z", maximum: "2020-01-31T12:00:00" })]
    deepStrictEqual(
      among("dateTime", { ranges }, [
        "1850-01-01T01:00:00+01:00",
        "1850-01-01T00:00:00+01:00",
        "2020-01-31T12:00:00Z",
        "2020-01-31T13:00:00.5+01:00",
        "1999-12-31"
      ]),
      ["1850-01-01T01:00:00+01:00", "2020-01-31T12:00:00Z", "1999-12-31"]
    )
    deepStrictEqual(
      among("date", { ranges: [range({ maximum: "2020-01-31" })] }, [
        "2020-01-31",
        "2021-05-05+02:00",
        "2020-01-31+02:00"
      ]),
      ["2020-01-31", "2020-01-31+02:00"]
    )
    deepStrictEqual(among("time", { ranges: [range({ maximum: "18:00:00" })] }, ["18:00:00", "23:00:00"]), ["18:00:00"])
    // The server stays the judge of what cannot be compared here.
    deepStrictEqual(among("dateTime", { ranges }, ["-0044-03-15T00:00:00Z"]), ["-0044-03-15T00:00:00Z"])
    deepStrictEqual(among("string", { ranges: [range({ minimum: "b" })] }, ["a"]), ["a"])
  })

  it("is anything where nothing is listed, and is told in short", () => {
    deepStrictEqual(among("integer", {}, ["1", "a"]), ["1", "a"])
    const values = Array.from({ length: 20 }, (_, at) => String(at))
    const told = allowedFault({ _tag: "AllowedValues", values, ranges: [] }, Option.some("string"))(
      `${"a".repeat(79)}🌍`
    )
    deepStrictEqual(
      told,
      Option.some(`"${"a".repeat(79)}" is not allowed; allowed is 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, …`)
    )
  })

  it("is looked up, and not looked for: thousands of texts among thousands", () => {
    const values = Array.from({ length: 5000 }, (_, at) => `${at}.5`)
    const texts = [...values.map((text) => `${text}0`), "x".repeat(1_000_000)]
    assert.lengthOf(among("double", { values }, texts), 5000)
    assert.lengthOf(among("string", { values }, texts), 0)
  })
})
