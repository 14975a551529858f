import type * as Headers from "@effect/platform/Headers"
import type * as HttpBody from "@effect/platform/HttpBody"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type * as HttpMethod from "@effect/platform/HttpMethod"
import type * as UrlParams from "@effect/platform/UrlParams"
import * as Option from "effect/Option"

/**
 * The request with some parts replaced. `headers` replace all headers, where `setHeaders` would add to them. `url` also
 * replaces the hash.
 */
export const replace = (
  request: HttpClientRequest.HttpClientRequest,
  parts: {
    readonly method?: HttpMethod.HttpMethod
    readonly url?: string
    readonly urlParams?: UrlParams.UrlParams
    readonly headers?: Headers.Headers
    readonly body?: HttpBody.HttpBody
  }
): HttpClientRequest.HttpClientRequest => {
  const replaced = HttpClientRequest.get("").pipe(
    HttpClientRequest.setMethod(parts.method ?? request.method),
    HttpClientRequest.setUrl(parts.url ?? request.url),
    HttpClientRequest.appendUrlParams(parts.urlParams ?? request.urlParams),
    HttpClientRequest.setBody(parts.body ?? request.body),
    // After the body, which sets headers of its own.
    HttpClientRequest.setHeaders(parts.headers ?? request.headers)
  )
  return parts.url === undefined && Option.isSome(request.hash)
    ? HttpClientRequest.setHash(replaced, request.hash.value)
    : replaced
}
