import type { XmlError } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { DataPart } from "../DataValue.ts"
import type { ExecuteRequest } from "../Execute.ts"
import * as Operation from "../Operation.ts"
import { InputFault } from "../WpsError.ts"
import type { WpsMessage } from "../WpsProtocol.ts"

type Write = (request: ExecuteRequest) => Either.Either<string, XmlError.XmlError>

const reasonOf = ({ detail, reason }: XmlError.XmlError): string =>
  reason === "illegal-character" ? `${detail}; leave it out, or send the value as base64` : detail

/** The element or attribute at which a path ends. */
const lastOf = (path: string): string => path.replace(/^.*[/:@]/, "")

/** What any version can say. */
const nothing: ExecuteRequest = {
  identifier: "process",
  inputs: [],
  response: { _tag: "Document", outputs: [Operation.request("output")], mode: "sync", lineage: false },
  language: Option.none()
}

/** Each input is written alone, and of one that is made of others each part, so that all that is wrong is told. */
const faultsOf = (write: Write, input: DataPart): ReadonlyArray<InputFault> =>
  Either.match(write({ ...nothing, inputs: [input] }), {
    onLeft: (error) => {
      const { data, identifier } = input
      const parts = data._tag === "NestedData" ? data.parts.flatMap((part) => faultsOf(write, part)) : []
      return parts.length === 0
        ? [new InputFault({ input: identifier, reason: reasonOf(error) })]
        : parts.map((part) => new InputFault({ input: identifier, reason: `${part.input}: ${part.reason}` }))
    },
    onRight: () => []
  })

/** An Execute as a document. Left: everything in it that the version, or XML, has no way to write. */
export const make = (write: Write) => (request: ExecuteRequest): Either.Either<WpsMessage, ReadonlyArray<InputFault>> =>
  Either.mapBoth(write(request), {
    onLeft: (error) => {
      const inputs = request.inputs.flatMap((input) => faultsOf(write, input))
      const others = Either.match(write({ ...request, inputs: [] }), {
        onLeft: (other) => [other],
        // What is wrong with none of the inputs alone is wrong with them together.
        onRight: () => inputs.length === 0 ? [error] : []
      })
      return [...others.map(({ detail, path }) => new InputFault({ input: lastOf(path), reason: detail })), ...inputs]
    },
    onRight: (body): WpsMessage => ({ _tag: "Post", body })
  })
