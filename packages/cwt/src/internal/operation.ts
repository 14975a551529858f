import { Operation, WpsError } from "@effect-wps/wps"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { pipeArguments } from "effect/Pipeable"
import * as DataInputs from "../DataInputs.ts"
import type { Workflow } from "../Workflow.ts"
import { encode } from "./encode.ts"
import { isWorkflow, typeId } from "./graph.ts"
import { read, type Reader } from "./result.ts"

/** The data of an operation, without the functions that the client uses. */
export type Parts = Pick<
  Workflow<unknown>,
  "identifier" | "id" | "operands" | "domain" | "gridder" | "parameters" | "minimumInputs"
>

export const partsOf = (self: Parts): Parts => ({
  identifier: self.identifier,
  id: self.id,
  operands: self.operands,
  domain: self.domain,
  gridder: self.gridder,
  parameters: self.parameters,
  minimumInputs: self.minimumInputs
})

export const fromParts = <A>(parts: Parts, reader: Reader<A>): Workflow<A> => {
  const self: Workflow<A> = {
    ...parts,
    [typeId]: typeId,
    reader,
    inputs: Effect.suspend(() => inputs(self)),
    // To ask for all outputs, the client needs a description to name them, and compute nodes have none that works.
    outputs: [Operation.request("output")],
    read: (outputs, fetcher) => read(parts.identifier, reader, outputs, fetcher),
    // Printing the operands in full would print a nested operation once for each path to it.
    toJSON: () => ({
      _id: typeId,
      identifier: parts.identifier,
      id: Option.getOrNull(parts.id),
      operands: parts.operands.map((operand) => isWorkflow(operand) ? operand.identifier : operand),
      domain: Option.getOrNull(parts.domain),
      gridder: Option.getOrNull(parts.gridder),
      parameters: parts.parameters
    }),
    pipe() {
      return pipeArguments(this, arguments)
    }
  }
  return self
}

const inputs = <A>(self: Workflow<A>) =>
  Effect.mapError(
    Effect.flatMap(encode(self), DataInputs.toInputs),
    (error) =>
      new WpsError.InvalidInputs({
        identifier: self.identifier,
        faults: error._tag === "InvalidDataInputs"
          ? [new WpsError.InputFault({ input: "operation", reason: error.reason })]
          : error.faults.map((fault) => new WpsError.InputFault({ input: fault.input, reason: fault.message }))
      })
  )
