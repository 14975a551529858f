/**
 * Reading a generated DescribeProcess answer (500 processes of 10 inputs, 4.7 MB), against the parser alone, which
 * counts its events. The two take turns, and the ratio of each pair is taken, so that what else the machine does cancels out.
 *
 *     npx tsx --conditions=@effect-wps/source bench/xml.ts
 */
import { Xml, XmlName } from "@effect-wps/xml"
import { Either, Option, Schema } from "effect"
import { SaxesParser } from "saxes"

const none = XmlName.unqualified
const wps = XmlName.namespace("http://www.opengis.net/wps/1.0.0", "wps")
const ows = XmlName.namespace("http://www.opengis.net/ows/1.1", "ows")
const xlink = XmlName.namespace("http://www.w3.org/1999/xlink", "xlink")

const described = {
  identifier: Xml.one(ows("Identifier"), Xml.text),
  title: Xml.optional(ows("Title"), Xml.text),
  abstract: Xml.optional(ows("Abstract"), Xml.text),
  metadata: Xml.many(ows("Metadata"), Xml.struct({ title: Xml.optionalAttribute(xlink("title")) }))
}
const format = Xml.struct({
  mimeType: Xml.one(none("MimeType"), Xml.text),
  encoding: Xml.optional(none("Encoding"), Xml.text),
  schema: Xml.optional(none("Schema"), Xml.text)
})
const complex = Xml.struct({
  default: Xml.within(none("Default"), Xml.one(none("Format"), format)),
  supported: Xml.within(none("Supported"), Xml.many(none("Format"), format))
})
const literal = Xml.struct({
  dataType: Xml.optional(
    ows("DataType"),
    Xml.struct({ reference: Xml.optionalAttribute(ows("reference")), name: Xml.value })
  ),
  values: Xml.within(ows("AllowedValues"), Xml.many(ows("Value"), Xml.text)),
  default: Xml.optional(none("DefaultValue"), Xml.text)
})
const flag = (name: string) => Xml.attributeWithDefault(none(name), false, Schema.BooleanFromString)
const count = (name: string) => Xml.attribute(none(name), Schema.NumberFromString)
const descriptions = Xml.document(
  wps("ProcessDescriptions"),
  Xml.struct({
    version: Xml.attribute(none("version")),
    processes: Xml.many(
      none("ProcessDescription"),
      Xml.struct({
        version: Xml.optionalAttribute(wps("processVersion")),
        storeSupported: flag("storeSupported"),
        statusSupported: flag("statusSupported"),
        ...described,
        inputs: Xml.within(
          none("DataInputs"),
          Xml.many(
            none("Input"),
            Xml.struct({
              minOccurs: count("minOccurs"),
              maxOccurs: count("maxOccurs"),
              ...described,
              data: Xml.oneOf({ Literal: [none("LiteralData"), literal], Complex: [none("ComplexData"), complex] })
            })
          )
        ),
        outputs: Xml.within(
          none("ProcessOutputs"),
          Xml.many(
            none("Output"),
            Xml.struct({ ...described, data: Xml.oneOf({ Complex: [none("ComplexOutput"), complex] }) })
          )
        )
      })
    )
  })
)

const formatOf = (mimeType: string) => ({
  mimeType,
  encoding: Option.none(),
  schema: Option.some("http://schemas.opengis.net/gml/3.1.1/base/gml.xsd")
})
const data = {
  default: formatOf("text/xml"),
  supported: ["text/xml", "application/json", "application/x-netcdf"].map(formatOf)
}
const base = (name: string, words: number) => ({
  identifier: name,
  title: Option.some(`Title of ${name}`),
  abstract: Option.some(`In & out: ${"what is meant by it, ".repeat(words)}`.trim()),
  metadata: []
})
const value: Xml.Value<typeof descriptions> = {
  version: "1.0.0",
  processes: Array.from({ length: 500 }, (_, p) => ({
    version: Option.some("1.0"),
    storeSupported: true,
    statusSupported: true,
    ...base(`process_${p}`, 9),
    inputs: Array.from({ length: 10 }, (_, i) => ({
      minOccurs: 0,
      maxOccurs: 1,
      ...base(`input_${i}`, 2),
      data: i % 4 === 0
        ? { _tag: "Complex" as const, value: data }
        : {
          _tag: "Literal" as const,
          value: {
            dataType: Option.some({
              reference: Option.some("http://www.w3.org/TR/xmlschema-2/#double"),
              name: "double"
            }),
            values: ["one", "two", "three", "four"],
            default: Option.some("one")
          }
        }
    })),
    outputs: [{ ...base("output", 2), data: { _tag: "Complex" as const, value: data } }]
  }))
}

const write = Xml.encode(descriptions)
// Documents come indented.
let depth = 0
const source = Either.getOrThrow(write(value)).replace(
  /<(\/?)[A-Za-z][^>]*?(\/?)>/g,
  (tag, close: string, empty: string, at: number, whole: string) => {
    if (close !== "") depth--
    const indented = close !== "" && whole[at - 1] !== ">" ? tag : `\n${"  ".repeat(depth)}${tag}`
    if (close === "" && empty === "") depth++
    return indented
  }
)
const bytes = new TextEncoder().encode(source)

const bare = (position: boolean) => () => {
  const parser = new SaxesParser({ xmlns: true, position })
  let events = 0
  const event = () => {
    events++
  }
  parser.on("opentag", event)
  parser.on("text", event)
  parser.on("closetag", event)
  for (let i = 0; i < source.length; i += 65536) parser.write(source.slice(i, i + 65536))
  parser.close()
  return events
}
const read = Xml.decode(descriptions)
const same = JSON.stringify(Either.getOrThrow(read(source))) === JSON.stringify(value)

const alone = bare(true)
const subjects: Record<string, () => unknown> = {
  "bare, no position": bare(false),
  "decode": () => Either.getOrThrow(read(source)),
  "decode bytes": () => Either.getOrThrow(read(bytes)),
  "well-formed": () => Either.getOrThrow(Xml.decode(Xml.anyDocument)(source)),
  "encode": () => Either.getOrThrow(write(value))
}
const rounds = Number(process.argv[2] ?? 25)
const time = (run: () => unknown): number => {
  const from = process.hrtime.bigint()
  run()
  return Number(process.hrtime.bigint() - from) / 1e6
}
const median = (numbers: ReadonlyArray<number>) => [...numbers].sort((a, b) => a - b)[numbers.length >> 1] ?? NaN

for (const run of [alone, ...Object.values(subjects)]) for (let i = 0; i < 5; i++) run()
const bares: Array<number> = []
const times = Object.keys(subjects).map(() => ({ own: Array<number>(), ratio: Array<number>() }))
for (let round = 0; round < rounds; round++) {
  Object.values(subjects).forEach((run, i) => {
    // The one that goes first clears away what the last left, so they change places.
    const early = round % 2 === 0 ? time(alone) : 0
    const own = time(run)
    const reference = round % 2 === 0 ? early : time(alone)
    bares.push(reference)
    times[i]?.own.push(own)
    times[i]?.ratio.push(own / reference)
  })
}
console.log(`${(bytes.length / 1e6).toFixed(1)} MB, reads back equal: ${same}, medians of ${rounds} rounds`)
const print = (name: string, own: ReadonlyArray<number>, ratio: number) =>
  console.log(`${name.padEnd(20)} ${median(own).toFixed(1).padStart(7)} ms   ${ratio.toFixed(2)} x bare`)
print("bare", bares, 1)
Object.keys(subjects).forEach((name, i) => print(name, times[i]?.own ?? [], median(times[i]?.ratio ?? [])))
