import { Endpoint } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { Either } from "effect"

describe("Endpoint", () => {
  it("an absolute http address is one, and a relative one of another", () => {
    for (const url of ["https://example.org/wps?a=b", "http://127.0.0.1:8080", "HTTPS://EXAMPLE.org"]) {
      assert.strictEqual(Either.getOrThrow(Endpoint.parse(url)).href, new URL(url).href)
    }
    const relative = Endpoint.parse("../status/1", "https://example.org/wps/jobs/")
    assert.strictEqual(Either.getOrThrow(relative).href, "https://example.org/wps/status/1")
  })

  it("what is none says why, without what may be secret in it", () => {
    const refused = (url: string): string =>
      Either.match(Endpoint.parse(url), { onLeft: ({ message }) => message, onRight: () => "" })
    assert.match(refused(" "), /it is empty/)
    assert.match(refused("example.org/wps"), /^"example\.org\/wps" cannot be called: it is no absolute address\. Give /)
    assert.match(refused("ftp://example.org/s3cret?a"), /ftp: is neither http nor https/)
    for (
      const url of [
        "https://alice:s3cret@example.org/wps",
        "https://s3cret@example.org/wps?key=s3cret",
        "https://alice:s3cret/@h:99999",
        "alice:s3cret@example.org",
        "//alice:s3cret@example.org:99999/",
        "example.org/wps?api_key=s3cret",
        "mailto:s3cret@example.org"
      ]
    ) {
      assert.notStrictEqual(refused(url), "", url)
      assert.notInclude(refused(url), "s3cret", url)
    }
  })

  it("bare is an address without its query, fragment and user", () => {
    assert.strictEqual(Endpoint.bare("https://alice:s3cret@example.org/wps?a=b#c"), "https://example.org/wps")
    assert.strictEqual(Endpoint.bare("no address?a=s3cret"), "an address that cannot be read")
  })
})
