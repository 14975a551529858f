import type { DataValue, ProcessDescription } from "@effect-wps/wps"
import * as Arr from "effect/Array"
import * as Option from "effect/Option"

// ----------------------------------------------------------------------------------------------------------- TypeScript

/** Characters that an editor does not show, takes for a line end, or uses to change the text direction. */
const unseen = /[\p{Cf}\p{Co}\p{Cn}\p{Cs}\p{Zl}\p{Zp}\u007F-\u009F]/gu

const escaped = (character: string): string =>
  character.split("").map((unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, "0")}`).join("")

/** Every JSON string is also a TypeScript string literal. */
const text = (value: string): string => JSON.stringify(value).replace(unseen, escaped)

const optionalText = (value: Option.Option<string>): string | undefined =>
  Option.getOrUndefined(Option.map(value, text))

/** A computed key is an ordinary field, also for `__proto__`. */
const key = (name: string): string =>
  name === "__proto__" ? `["__proto__"]` : /^[A-Za-z_$][\w$]*$/.test(name) ? name : text(name)

type Fields = ReadonlyArray<readonly [name: string, code: string | undefined, about?: ReadonlyArray<string>]>

const given = (fields: Fields): ReadonlyArray<string> =>
  fields.flatMap(([name, code]) => code === undefined ? [] : [`${key(name)}: ${code}`])

/** A record on one line. Without fields it is left out. */
const options = (fields: Fields): string | undefined => {
  const parts = given(fields)
  return parts.length === 0 ? undefined : `{ ${parts.join(", ")} }`
}

const call = (name: string, ...args: ReadonlyArray<string | undefined>): string =>
  `${name}(${args.filter((arg) => arg !== undefined).join(", ")})`

/** A text in lines of a comment, which are shorter than 120 characters if their words are. */
const wrapped = (paragraph: string): ReadonlyArray<string> =>
  paragraph.match(/\S.{0,110}(?=\s|$)|\S+/g)?.map((line) => line.trim()) ?? []

const comment = (paragraphs: ReadonlyArray<string>, indent: string): string => {
  const lines = paragraphs
    .map((one) => one.replace(/\s+/g, " ").replace(unseen, "").replaceAll("*/", "*\\/").trim())
    .filter((one) => one !== "")
  const text = lines.map((line) => wrapped(line).map((part) => `${indent} * ${part}`).join("\n")).join(
    `\n${indent} *\n`
  )
  return text === "" ? "" : `${indent}/**\n${text}\n${indent} */\n`
}

/** A record with a line for each field, under what is said about it. */
const block = (fields: Fields, indent: string): string => {
  const inner = `${indent}  `
  const parts = fields.flatMap(([name, code, about = []]) =>
    code === undefined ? [] : [`${comment(about, inner)}${inner}${key(name)}: ${code}`]
  )
  return parts.length === 0 ? "{}" : `{\n${parts.join(",\n")}\n${indent}}`
}

const namesOf = (code: string): ReadonlySet<string> =>
  new Set(code.replace(/"(?:[^"\\]|\\.)*"|\/\*\*[^]*?\*\//g, "").match(/\b(?:Input|Output|Process|Schema)(?=\.)/g))

// --------------------------------------------------------------------------------------------------------------- values

type Kind = "Input" | "Output"

const isInteger = (type: string): boolean =>
  /^(?:integer|int|long|short|byte|unsigned(?:Int|Long|Short|Byte)|(?:nonN|n)egativeInteger|(?:nonP|p)ositiveInteger)$/
    .test(type)

const isNumber = (type: string): boolean => isInteger(type) || /^(?:double|float|decimal)$/.test(type)

/** The schema of a type, and the type that `Literal.dataType` finds for that schema. */
const plainSchema = (type: string): readonly [schema: string, type: string] =>
  isInteger(type)
    ? ["Schema.Int", "integer"]
    : isNumber(type)
    ? ["Schema.Number", "double"]
    : type === "boolean"
    ? ["Schema.Boolean", "boolean"]
    : type === "dateTime"
    ? ["Schema.Date", "dateTime"]
    : ["Schema.String", "string"]

/** A list of values is a schema of its own if each value is written as TypeScript writes it. */
const schemaOf = (
  type: string,
  { allowed }: ProcessDescription.LiteralDescription
): readonly [schema: string, type: string] => {
  const plain = plainSchema(type)
  if (allowed._tag !== "AllowedValues" || allowed.values.length === 0 || allowed.ranges.length > 0) return plain
  return isNumber(type)
    ? allowed.values.every((value) => /^-?(?:0|[1-9]\d{0,8})(?:\.\d{0,5}[1-9])?$/.test(value) && value !== "-0")
      ? [call("Schema.Literal", ...allowed.values), "double"]
      : plain
    : plain[0] === "Schema.String"
    ? [call("Schema.Literal", ...allowed.values.map(text)), "string"]
    : plain
}

/** The one range of a description, if both of its bounds belong to it. The service checks other ranges. */
const rangeOf = ({ allowed }: ProcessDescription.LiteralDescription): string | undefined => {
  if (allowed._tag !== "AllowedValues" || allowed.values.length > 0 || allowed.ranges.length !== 1) return undefined
  const [range] = allowed.ranges
  return range === undefined || range.closure !== "closed" || Option.isSome(range.spacing)
    ? undefined
    : options([["minimum", optionalText(range.minimum)], ["maximum", optionalText(range.maximum)]])
}

const literal = (kind: Kind, described: ProcessDescription.LiteralDescription): string => {
  const type = Option.getOrElse(described.dataType, () => "string")
  const [schema, implied] = schemaOf(type, described)
  const uoms = [...new Set([...Option.toArray(described.defaultUom), ...described.uoms])].map(text)
  const isMeasure = uoms.length > 1
  const more = options([
    ["dataType", type === implied ? undefined : text(type)],
    ["uom", isMeasure ? undefined : uoms[0]],
    ...kind === "Output" ? [] : [
      ["range", rangeOf(described)] as const,
      ["defaultValue", optionalText(described.defaultValue)] as const
    ]
  ])
  return !isMeasure
    ? call(`${kind}.literal`, schema, more)
    : call(`${kind}.measure`, schema, `[${uoms.join(", ")}]`, kind === "Input" ? more : undefined)
}

const isText = ({ encoding }: DataValue.Format, type: string): boolean =>
  /^text\/|[/+](?:xml|json)\b|\/(?:gml|kml|wfs|svg)/i.test(type) &&
  !Option.exists(encoding, (one) => one.toLowerCase() === "base64")

const complex = (kind: Kind, { defaultFormat, formats }: ProcessDescription.ComplexDescription): string => {
  const format = Option.orElse(defaultFormat, () => Option.fromNullable(formats[0]))
  if (Option.isNone(format) || Option.isNone(format.value.mimeType)) {
    return kind === "Output" ? "Output.raw()" : `Input.bytes("application/octet-stream")`
  }
  const type = format.value.mimeType.value
  const asText = isText(format.value, type)
  const more = given([
    ["encoding", asText ? optionalText(format.value.encoding) : undefined],
    ["schema", optionalText(format.value.schema)]
  ])
  const written = more.length === 0 ? text(type) : `{ ${[`mimeType: ${text(type)}`, ...more].join(", ")} }`
  return !asText
    ? call(`${kind}.bytes`, written)
    : /[/+]json\b/i.test(type)
    ? call(`${kind}.complex`, "Schema.Unknown", written)
    : call(`${kind}.text`, written)
}

const value = (kind: Kind, described: ProcessDescription.DataDescription): string => {
  switch (described._tag) {
    case "Literal":
      return literal(kind, described)
    case "Complex":
      return complex(kind, described)
    case "BoundingBox":
      return call(
        `${kind}.boundingBox`,
        ...new Set([...Option.toArray(described.defaultCrs), ...described.crs].map(text))
      )
  }
}

interface Described {
  readonly identifier: string
  readonly title: Option.Option<string>
  readonly abstract: Option.Option<string>
}

/** A title that only repeats the identifier says nothing. */
const titleOf = ({ identifier, title }: Described): Option.Option<string> =>
  Option.filter(title, (one) => one !== identifier)

const aboutOf = (described: Described): ReadonlyArray<string> => [
  ...Option.toArray(titleOf(described)),
  ...Option.toArray(described.abstract)
]

/** An identifier that stands twice is one field. */
const distinct = <A extends Described>(all: ReadonlyArray<A>): ReadonlyArray<A> =>
  Arr.dedupeWith(all, (one, other) => one.identifier === other.identifier)

const inputs = (all: ReadonlyArray<ProcessDescription.InputDescription>, indent: string): string =>
  block(
    distinct(all).map((described) => {
      const { data, identifier, maxOccurs, minOccurs } = described
      const one = data._tag === "NestedInputs"
        ? call("Input.nested", inputs(data.inputs, `${indent}  `))
        : value("Input", data)
      const bounds = options([
        ["min", minOccurs > 1 ? String(minOccurs) : undefined],
        ["max", Number.isFinite(maxOccurs) ? String(maxOccurs) : undefined]
      ])
      const several = maxOccurs > 1 ? call("Input.repeated", one, bounds) : one
      return [identifier, minOccurs === 0 ? call("Input.optional", several) : several, aboutOf(described)] as const
    }),
    indent
  )

const outputs = (all: ReadonlyArray<ProcessDescription.OutputDescription>, indent: string): string =>
  block(
    distinct(all).map((described) => {
      const { data, identifier } = described
      const one = data._tag === "NestedOutputs"
        ? call("Output.nested", outputs(data.outputs, `${indent}  `))
        : value("Output", data)
      return [identifier, one, aboutOf(described)] as const
    }),
    indent
  )

// ------------------------------------------------------------------------------------------------------------ processes

const reserved: ReadonlySet<string> = new Set(
  ("arguments as async await break case catch class const continue debugger default delete do else enum eval export " +
    "extends false finally for from function get if implements import in instanceof interface let new null of package " +
    "private protected public return set static super switch this throw true try type typeof undefined var void while " +
    "with yield").split(" ")
)

/** `JTS:buffer` becomes `buffer`, and `org.n52.javaps.test.EchoProcess` becomes `echoProcess`. */
const nameOf = (identifier: string): string => {
  const last = identifier.split(/[:./#]+/).filter((part) => /[A-Za-z0-9]/.test(part)).at(-1) ?? ""
  const words = last.split(/[^A-Za-z0-9_$]+/).filter((word) => word !== "")
  const [first = "", ...others] = words
  const name = [
    first.slice(0, 1).toLowerCase() + first.slice(1),
    ...others.map((word) => word.slice(0, 1).toUpperCase() + word.slice(1))
  ].join("")
  return /^[A-Za-z_$]/.test(name) && !reserved.has(name)
    ? name
    : `process${name.slice(0, 1).toUpperCase()}${name.slice(1)}`
}

/** Each name once: a second `buffer` is `buffer2`. */
const unique = (names: ReadonlyArray<string>): ReadonlyArray<string> => {
  const taken = new Set<string>()
  return names.map((name) => {
    let free = name
    for (let at = 2; taken.has(free); at++) free = `${name}${at}`
    taken.add(free)
    return free
  })
}

/** A module in TypeScript that declares the processes. */
export const processModule = (descriptions: ReadonlyArray<ProcessDescription.ProcessDescription>): string => {
  const names = unique(descriptions.map(({ identifier }) => nameOf(identifier)))
  const declarations = descriptions.map((one, at) => {
    const declared = block([
      ["title", optionalText(titleOf(one))],
      ["version", optionalText(one.version)],
      ["inputs", inputs(one.inputs, "  ")],
      ["outputs", outputs(one.outputs, "  ")]
    ], "")
    return `${comment(aboutOf(one), "")}export const ${names[at] ?? ""} = Process.make(${
      text(one.identifier)
    }, ${declared})\n`
  })
  const used = namesOf(declarations.join("\n"))
  const modules = ["Input", "Output", "Process"].filter((name) => used.has(name))
  const imports = [
    ...modules.length === 0 ? [] : [`import { ${modules.join(", ")} } from "@effect-wps/wps"`],
    ...used.has("Schema") ? [`import { Schema } from "effect"`] : []
  ]
  return `${imports.join("\n")}\n\n${declarations.join("\n")}`
}
