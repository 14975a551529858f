import type { XmlError } from "@effect-wps/xml"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { DataPart } from "../DataValue.ts"
import type { ExecuteRequest, ResponseForm } from "../Execute.ts"
import * as Operation from "../Operation.ts"
import { InputFault } from "../WpsError.ts"
import type { WpsMessage } from "../WpsProtocol.ts"

type Write = (request: ExecuteRequest) => Either.Either<string, XmlError.XmlError>

const output = Operation.request("output")

/** A request that any version can write. */
const nothing: ExecuteRequest = {
  identifier: "process",
  inputs: [],
  response: { _tag: "Document", outputs: [output], mode: "sync", lineage: false },
  language: Option.none()
}

const reasonOf = ({ detail, reason }: XmlError.XmlError): string =>
  reason === "illegal-character" ? `${detail}; leave it out, or send the value as base64` : detail

/** Writes each input alone, and each part of a nested input, to find every fault. */
const inputFaults = (write: Write, input: DataPart): ReadonlyArray<InputFault> =>
  Either.match(write({ ...nothing, inputs: [input] }), {
    onLeft: (error) => {
      const { data, identifier } = input
      const parts = data._tag === "NestedData" ? data.parts.flatMap((part) => inputFaults(write, part)) : []
      const whole = reasonOf(error)
      return [
        // A fault of a part is also a fault of the whole. It is reported once.
        ...parts.some(({ reason }) => reason.endsWith(whole)) ? [] : [whole],
        ...parts.map(({ input, reason }) => `${input}: ${reason}`)
      ].map((reason) => new InputFault({ input: identifier, reason }))
    },
    onRight: () => []
  })

/** The response form without the requested outputs. */
const formOf = (response: ResponseForm): ResponseForm =>
  response._tag === "Raw" ? { ...response, output } : { ...response, outputs: [output] }

/** Writes an Execute as a document. Left: everything in it that the version, or XML, cannot express. */
export const make = (write: Write) => (request: ExecuteRequest): Either.Either<WpsMessage, ReadonlyArray<InputFault>> =>
  Either.mapBoth(write(request), {
    onLeft: (error) => {
      const { identifier, inputs, language, response } = request
      const fault = (input: string, alone: Partial<ExecuteRequest>): ReadonlyArray<InputFault> =>
        Either.match(write({ ...nothing, ...alone }), {
          onLeft: ({ detail }) => [new InputFault({ input, reason: detail })],
          onRight: () => []
        })
      const outputs = response._tag === "Raw" ? [response.output] : response.outputs
      const faults = [
        ...fault("identifier", { identifier }),
        ...fault("language", { language }),
        ...fault("response", { response: formOf(response) }),
        ...outputs.flatMap((one) =>
          fault(one.identifier, { response: { _tag: "Document", outputs: [one], mode: "sync", lineage: false } })
        ),
        ...inputs.flatMap((input) => inputFaults(write, input))
      ]
      // No part is faulty alone, so the whole request is.
      return faults.length > 0 ? faults : [new InputFault({ input: "request", reason: reasonOf(error) })]
    },
    onRight: (body): WpsMessage => ({ _tag: "Post", body })
  })
