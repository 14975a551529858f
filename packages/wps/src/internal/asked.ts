import type * as HttpClientError from "@effect/platform/HttpClientError"
import * as Option from "effect/Option"
import { bare } from "../Endpoint.ts"
import { type RequestName, TransportError, transportReason } from "../WpsError.ts"

/** What a request is about, for errors: the operation, and the process and the job if there is one. */
export interface Asked {
  readonly operation: RequestName
  readonly identifier: Option.Option<string>
  readonly jobId: Option.Option<string>
}

export const transportError = (asked: Asked, url: string) => (error: HttpClientError.HttpClientError): TransportError =>
  new TransportError({ operation: asked.operation, url: bare(url), reason: transportReason(error) })

export const asked = (operation: Asked["operation"], identifier?: string, jobId?: string): Asked => ({
  operation,
  identifier: Option.fromNullable(identifier),
  jobId: Option.fromNullable(jobId)
})
