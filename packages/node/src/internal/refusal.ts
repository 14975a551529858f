import type { PlatformError } from "@effect/platform/Error"
import * as Data from "effect/Data"
import * as Predicate from "effect/Predicate"

/** Why a store cannot be read or written, and what to do about it. It never contains anything from the store. */
export class Refusal extends Data.TaggedError("@effect-wps/node/Refusal")<{ readonly reason: string }> {}

/** An error of the file system names the path and the operation, but not the content. */
export const fromPlatform = (advice: string) => (error: PlatformError): Refusal =>
  new Refusal({ reason: `${error.message}. ${advice}` })

/** Node's code for the failure of a system call. */
export const codeOf = (error: unknown): string =>
  Predicate.hasProperty(error, "code") && Predicate.isString(error.code) ? error.code : "unknown error"
