import * as Headers from "@effect/platform/Headers"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import type { Service } from "../Auth.ts"
import type { AuthError } from "../AuthError.ts"
import * as Renewable from "./renewable.ts"

/** A scheme that sends one `Authorization` header. `source` gives its whole value. */
export const make = <R>(
  source: Effect.Effect<Redacted.Redacted, AuthError, R>
): Effect.Effect<Service, never, R | Scope.Scope> =>
  Effect.map(Renewable.make(source), (header) => ({
    authorize: (request) =>
      Effect.map(header.get, (value) => HttpClientRequest.setHeader(request, "authorization", Redacted.value(value))),
    refused: (sent) => {
      const isSent = (value: Redacted.Redacted): boolean =>
        Option.contains(Headers.get(sent.headers, "authorization"), Redacted.value(value))
      return Effect.map(header.renewIf(isSent), (value) => !isSent(value))
    }
  }))
