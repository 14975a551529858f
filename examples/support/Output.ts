/**
 * The folder that an example writes to.
 */
import { Variable } from "@effect-wps/cwt"
import { WpsClient } from "@effect-wps/wps"
import { FileSystem, Path } from "@effect/platform"
import { Console, Context, Effect, Layer, Stream } from "effect"

/**
 * The folder; it is there.
 */
export class Output extends Context.Tag("@effect-wps/examples/support/Output")<Output, Output.Service>() {}

export declare namespace Output {
  export interface Service {
    readonly directory: string
  }
}

export const layer = (directory: string) =>
  Layer.effect(
    Output,
    Effect.gen(function*() {
      const fs = yield* FileSystem.FileSystem
      yield* fs.makeDirectory(directory, { recursive: true })
      return { directory }
    })
  )

const pathOf = (name: string) =>
  Effect.gen(function*() {
    const { directory } = yield* Output
    const path = yield* Path.Path
    return path.join(directory, name)
  })

/**
 * Downloads the file of a variable, as it comes, into the folder, and gives its bytes.
 */
export const download = (variable: Variable.Variable, name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* pathOf(name)
    yield* Stream.run(WpsClient.downloadStream(Variable.fileServer(variable)), fs.sink(file))
    yield* Console.log(`Wrote ${file}`)
    return yield* fs.readFile(file)
  })

/**
 * Writes a text into the folder.
 */
export const write = (name: string, text: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    const file = yield* pathOf(name)
    yield* fs.writeFileString(file, text)
    yield* Console.log(`Wrote ${file}`)
  })

/**
 * Reads what was written.
 */
export const read = (name: string) =>
  Effect.gen(function*() {
    const fs = yield* FileSystem.FileSystem
    return yield* fs.readFileString(yield* pathOf(name))
  })
