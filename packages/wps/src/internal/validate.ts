import * as Option from "effect/Option"
import { type ComplexData, type DataValue, type Format, isBase64, kindOf } from "../DataValue.ts"
import type { ExecuteRequest, OutputRequest } from "../Execute.ts"
import type { GivenInput } from "../Operation.ts"
import type {
  BoundingBoxDescription,
  ComplexDescription,
  DataDescription,
  InputDescription,
  LiteralDescription,
  NestedInputs,
  OutputDescription,
  ProcessDescription
} from "../ProcessDescription.ts"
import * as Upload from "../Upload.ts"
import { InputFault } from "../WpsError.ts"
import { allowedFault, list, start } from "./allowed.ts"
import { isLexical } from "./lexical.ts"

// -------------------------------------------------------------------------------------------------------------- values

/** Gives the faults of one value of an input. */
type Check = (data: DataValue) => ReadonlyArray<string>

const literal = (described: LiteralDescription): Check => {
  const type = Option.getOrElse(described.dataType, () => "string")
  const forbidden = allowedFault(described.allowed, described.dataType)
  const units = orDefault(described.uoms, described.defaultUom)
  // The allowed values are in the default unit.
  const isDefault = Option.match({ onNone: () => true, onSome: (uom: string) => uom === (units[0] ?? uom) })
  return (data) => {
    if (data._tag !== "LiteralData") return [`is ${kindOf(data)}, but the process takes a literal`]
    return [
      ...!isLexical(data.value.trim(), type)
        ? [`"${start(data.value)}" is no ${type}`]
        : isDefault(data.uom)
        ? Option.toArray(forbidden(data.value))
        : [],
      ...Option.match(data.uom, {
        onNone: () => [],
        onSome: (uom) =>
          units.length === 0 || units.includes(uom)
            ? []
            : [`the unit "${uom}" is not taken; taken is ${list(described.uoms)}`]
      })
    ]
  }
}

/** A charset parameter does not change the type. */
const typeOf = ({ mimeType }: Format): Option.Option<string> =>
  Option.map(mimeType, (type) => type.toLowerCase().replace(/\s/g, "").replace(/;charset=[^;]*/, ""))

const sameFormat = (asked: Format, offered: Format): boolean => {
  const [one, other] = [typeOf(asked), typeOf(offered)]
  return Option.isNone(one) || Option.isNone(other) || one.value === other.value
}

const showFormats = (formats: ReadonlyArray<Format>): string =>
  list([...new Set(formats.map((format) => Option.getOrElse(format.mimeType, () => "any")))])

/** The process also takes its default, even if the description does not list it. */
const orDefault = <A>(all: ReadonlyArray<A>, byDefault: Option.Option<A>): ReadonlyArray<A> =>
  all.length === 0 ? all : [...Option.toArray(byDefault), ...all]

const format = (asked: Format, described: ComplexDescription): ReadonlyArray<string> =>
  described.formats.length === 0 ||
    orDefault(described.formats, described.defaultFormat).some((offered) => sameFormat(asked, offered))
    ? []
    : [
      `the format ${Option.getOrElse(asked.mimeType, () => "")} is not among those of the process: ${
        showFormats(described.formats)
      }`
    ]

const complex = (data: DataValue, described: ComplexDescription): ReadonlyArray<string> => {
  if (data._tag === "Reference") return format(data.format, described)
  if (data._tag !== "ComplexData") return [`is ${kindOf(data)}, but the process takes a complex value`]
  return [...format(data.format, described), ...size(() => bytesOf(data), described)]
}

/** The size of the value itself: the bytes behind base64, unescaped text, and XML as it is, both in UTF-8. */
const bytesOf = ({ content, format }: ComplexData): number =>
  isBase64(format)
    ? Math.floor(content.text.replace(/[\s=]+/g, "").length * 3 / 4)
    : new TextEncoder().encode(content.elements > 0 ? content.source : content.text).length

const size = (bytes: () => number, { maximumMegabytes }: ComplexDescription): ReadonlyArray<string> =>
  Option.match(maximumMegabytes, {
    onNone: () => [],
    onSome: (most) => {
      const megabytes = bytes() / 1e6
      return megabytes > most
        ? [`has ${megabytes.toFixed(1)} MB, but at most ${most} MB are taken; give it by reference`]
        : []
    }
  })

/** The size of an upload is checked when it is read. */
const upload = (data: Upload.Upload, described: InputDescription["data"]): ReadonlyArray<string> =>
  described._tag === "Complex"
    ? [...format(data.format, described), ...size(() => data.size, described)]
    : ["is a file, but the process takes none"]

const box = (data: DataValue, described: BoundingBoxDescription): ReadonlyArray<string> =>
  data._tag !== "BoundingBoxData"
    ? [`is ${kindOf(data)}, but the process takes a bounding box`]
    : Option.match(data.crs, {
      onNone: () => [],
      onSome: (crs) =>
        described.crs.length === 0 ||
          orDefault(described.crs, described.defaultCrs).some((one) => one.toLowerCase() === crs.toLowerCase())
          ? []
          : [`the reference system ${crs} is not among those of the process: ${list(described.crs)}`]
    })

const nested = (data: DataValue, described: NestedInputs): ReadonlyArray<string> =>
  data._tag === "NestedData"
    ? inputsOf(described.inputs, data.parts).map(({ input, reason }) => `${input} ${reason}`)
    : [`is ${kindOf(data)}, but the process takes a group of values`]

const byValue = (described: DataDescription | NestedInputs): Check => {
  switch (described._tag) {
    case "NestedInputs":
      return (data) => nested(data, described)
    case "Literal":
      return literal(described)
    case "Complex":
      return (data) => complex(data, described)
    case "BoundingBox":
      return (data) => box(data, described)
  }
}

const value = (described: DataDescription | NestedInputs): Check => {
  const check = byValue(described)
  return (data) => data._tag === "Reference" && described._tag !== "Complex" ? [] : check(data)
}

// ------------------------------------------------------------------------------------------------------------- requests

/** Some servers require an input although they have a default for it. */
const hasDefault = ({ data }: InputDescription): boolean => data._tag === "Literal" && Option.isSome(data.defaultValue)

const count = (described: InputDescription, times: number): ReadonlyArray<string> =>
  times === 0 && described.minOccurs > 0
    ? hasDefault(described) ? [] : ["is missing"]
    : times > 0 && times < described.minOccurs
    ? [`is given ${times} times, but at least ${described.minOccurs} are needed`]
    : times > described.maxOccurs
    ? [`is given ${times} times, but at most ${described.maxOccurs} are taken`]
    : []

const occurrences = (described: InputDescription, given: ReadonlyArray<GivenInput>): ReadonlyArray<string> => {
  const check = value(described.data)
  return [
    ...count(described, given.length),
    ...given.flatMap(({ data }) => Upload.isUpload(data) ? upload(data, described.data) : check(data))
  ]
}

const byIdentifier = <A extends { readonly identifier: string }>(
  all: ReadonlyArray<A>
): ReadonlyMap<string, ReadonlyArray<A>> => {
  const groups = new Map<string, Array<A>>()
  for (const one of all) {
    const group = groups.get(one.identifier)
    if (group === undefined) groups.set(one.identifier, [one])
    else group.push(one)
  }
  return groups
}

const fault = (input: string) => (reason: string) => new InputFault({ input, reason })

/** The faults of the inputs. For a nested input, the reason of a fault may name the part by its whole path. */
const inputsOf = (
  described: ReadonlyArray<InputDescription>,
  given: ReadonlyArray<GivenInput>
): ReadonlyArray<InputFault> => {
  const known = byIdentifier(described)
  const names = [...known.keys()]
  const byName = byIdentifier(given)
  return [
    ...given.filter(({ identifier }) => !known.has(identifier)).map(({ identifier }) =>
      fault(identifier)(`is no input of the process; it has ${names.length === 0 ? "none" : list(names)}`)
    ),
    ...[...known].flatMap(([name, ways]) => {
      const faults = ways.map((input) => occurrences(input, byName.get(name) ?? []))
      // If the description has an identifier twice, these are two ways to give one input.
      return faults.some((one) => one.length === 0) ? [] : (faults[0] ?? []).map(fault(name))
    })
  ]
}

const outputsOf = (
  described: ReadonlyArray<OutputDescription>,
  asked: ReadonlyArray<OutputRequest>
): ReadonlyArray<InputFault> => {
  const names = described.map((output) => output.identifier)
  return asked.flatMap((request) => {
    const { identifier, nested } = request
    const found = described.find((output) => output.identifier === identifier)
    if (found === undefined) {
      return [fault(identifier)(`is no output of the process; it has ${names.length === 0 ? "none" : list(names)}`)]
    }
    const { data } = found
    return [
      ...data._tag === "Complex" ? format(request.format, data).map(fault(identifier)) : [],
      ...outputsOf(data._tag === "NestedOutputs" ? data.outputs : [], nested)
    ]
  })
}

/** Checks the mode against the description. If the description does not list any mode, the server decides. */
const modeOf = (
  { jobControlOptions }: ProcessDescription,
  { response: { mode } }: Pick<ExecuteRequest, "response">
): ReadonlyArray<InputFault> => {
  const can = (one: string) => jobControlOptions.length === 0 || jobControlOptions.includes(one)
  return mode === "async" && !can("async-execute")
    ? [fault("mode")("the process cannot be run asynchronously; run it with mode \"sync\"")]
    : mode === "sync" && !can("sync-execute") && can("async-execute")
    ? [fault("mode")("the process can be run asynchronously only; run it with mode \"async\"")]
    : []
}

const leavesOf = (request: OutputRequest): ReadonlyArray<OutputRequest> =>
  request.nested.length === 0 ? [request] : request.nested.flatMap(leavesOf)

const transmissionOf = (
  { outputTransmission }: ProcessDescription,
  asked: ReadonlyArray<OutputRequest>
): ReadonlyArray<InputFault> => {
  const can = (one: string) => outputTransmission.length === 0 || outputTransmission.includes(one)
  const leaves = asked.flatMap(leavesOf)
  return [
    ...leaves.filter((output) => output.asReference && !can("reference")).map((output) =>
      fault(output.identifier)("is asked for by reference, but the process stores nothing; ask for its value")
    ),
    ...leaves.filter((output) => !output.asReference && !can("value")).map((output) =>
      fault(output.identifier)("is asked for by value, but the process gives references only; ask for one")
    )
  ]
}

/** Checks the mode and the requested outputs against the process's description. */
export const validateForm = (
  description: ProcessDescription,
  request: Pick<ExecuteRequest, "response">
): ReadonlyArray<InputFault> => {
  const { response } = request
  return [
    ...outputsOf(description.outputs, response._tag === "Raw" ? [response.output] : response.outputs),
    // Raw data is always by value.
    ...response._tag === "Document" ? transmissionOf(description, response.outputs) : [],
    ...modeOf(description, request)
  ]
}

/** Checks a whole request against the process's description. */
export const validate = (
  description: ProcessDescription,
  request: Omit<ExecuteRequest, "inputs"> & { readonly inputs: ReadonlyArray<GivenInput> }
): ReadonlyArray<InputFault> => [...inputsOf(description.inputs, request.inputs), ...validateForm(description, request)]
