import { type DataValue, type Operation, Upload } from "@effect-wps/wps"
import { Effect } from "effect"

/** The values of an operation of which nothing is sent as it is read. */
export const inputsOf = <A>(operation: Operation.Operation<A>) =>
  Effect.map(
    operation.inputs,
    (all) =>
      all.flatMap(({ data, identifier }): ReadonlyArray<DataValue.DataPart> =>
        Upload.isUpload(data) ? [] : [{ identifier, data }]
      )
  )
