import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Option from "effect/Option"
import * as Predicate from "effect/Predicate"
import { type Operation, TransportError } from "../WpsError.ts"
import { bare } from "./endpoint.ts"

/** What is being asked, for the errors: the operation, and the process and the job where there is one. */
export interface Asked {
  readonly operation: Operation
  readonly identifier: Option.Option<string>
  readonly jobId: Option.Option<string>
}

/** The transport's own account may hold an address with its query: only what is known to be harmless is kept. */
export const transportError = (asked: Asked, url: string) => (error: HttpClientError.HttpClientError): TransportError =>
  new TransportError({ operation: asked.operation, url: bare(url), reason: reasonOf(error) })

const reasonOf = (error: HttpClientError.HttpClientError): string => {
  const codes: Array<string> = []
  for (let cause: unknown = error.cause, depth = 0; Predicate.isObject(cause) && depth < 5; depth++) {
    if (Predicate.hasProperty(cause, "code") && Predicate.isString(cause.code)) codes.push(cause.code)
    cause = Predicate.hasProperty(cause, "cause") ? cause.cause : undefined
  }
  return codes[0] ?? (error.reason === "Transport" ? "the connection failed" : error.reason)
}

export const asked = (operation: Asked["operation"], identifier?: string, jobId?: string): Asked => ({
  operation,
  identifier: Option.fromNullable(identifier),
  jobId: Option.fromNullable(jobId)
})
