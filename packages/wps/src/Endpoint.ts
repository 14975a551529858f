/**
 * The addresses of services.
 *
 * @since 0.1.0
 */
import * as Either from "effect/Either"
import { InvalidUrl } from "./WpsError.ts"

const strip = (url: URL): string => `${url.origin}${url.pathname}`

/**
 * An address as errors and spans may show it: without its query, its fragment and its user.
 *
 * @example
 * ```ts
 * import { Endpoint } from "@effect-wps/wps"
 *
 * console.log(Endpoint.bare("https://compute.example.org/wps?api_key=secret")) // https://compute.example.org/wps
 * ```
 *
 * @since 0.1.0
 * @category conversions
 */
export const bare = (url: string): string => URL.canParse(url) ? strip(new URL(url)) : "an address that cannot be read"

/** An address that cannot be parsed may hold a password anywhere before its last `@`. */
const shown = (url: string): string =>
  URL.canParse(url)
    ? new URL(url).origin === "null" ? new URL(url).protocol + "…" : bare(url)
    : url.includes("@")
    ? "…"
    : url.replace(/[?#].*$/s, "").slice(0, 200)

/**
 * Parses an absolute http or https address, or says why it is not one. A relative address is resolved against `base`.
 *
 * @example
 * ```ts
 * import { Endpoint } from "@effect-wps/wps"
 * import { Either } from "effect"
 *
 * console.log(Either.isLeft(Endpoint.parse("compute.example.org/wps"))) // true
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const parse = (url: string, base?: string): Either.Either<URL, InvalidUrl> => {
  const refuse = (reason: string) => Either.left(new InvalidUrl({ url: shown(url), reason }))
  if (!URL.canParse(url, base)) return refuse(url.trim() === "" ? "it is empty" : "it is no absolute address")
  const parsed = new URL(url, base)
  if (parsed.protocol !== "http:" && parsed.protocol !== "https:") {
    return refuse(`${parsed.protocol} is neither http nor https`)
  }
  if (parsed.username !== "" || parsed.password !== "") {
    return refuse("it holds a user name or password; provide an Auth layer such as BasicAuth.layer instead")
  }
  return Either.right(parsed)
}
