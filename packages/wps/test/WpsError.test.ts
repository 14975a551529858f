import { WpsError } from "@effect-wps/wps"
import { assert, describe, it } from "@effect/vitest"
import { Option, Schema } from "effect"

describe("WpsError", () => {
  it("JSON that cannot be read says where to look", () => {
    const error = new WpsError.UnexpectedResponse({
      operation: "ListJobs",
      url: "https://example.org/wps/api/job/",
      status: 200,
      contentType: Option.some("application/json"),
      kind: "unreadable-json",
      reason: "the JSON cannot be read: results is missing",
      excerpt: "{}"
    })
    assert.strictEqual(
      error.message,
      "ListJobs at https://example.org/wps/api/job/ was answered with HTTP 200 but the JSON cannot be read: results is " +
        "missing. Check that the address is that of the job API, and its version one that this client knows."
    )
  })

  it("of many faults the message has the first, and the field all", () => {
    const faults = Array.from(
      { length: 1000 },
      (_, at) => new WpsError.InputFault({ input: `i${at}`, reason: "is no" })
    )
    const error = new WpsError.InvalidInputs({ identifier: "p", faults })
    assert.match(error.message, /^p was not run: i0: is no; .*; i19: is no; and 980 more\.$/)
    assert.lengthOf(error.faults, 1000)
    const one = new WpsError.InvalidInputs({ identifier: "p", faults: faults.slice(0, 1) })
    assert.strictEqual(one.message, "p was not run: i0: is no.")
  })

  it("an excerpt shows no credentials, however a page shows the request", () => {
    for (
      const page of [
        "Authorization: Bearer s3cret",
        "Authorization: Basic%20s3cret",
        "Authorization=DPoP+s3cret",
        "Cookie: a=b; c=s3cret",
        `"HTTP_COOKIE": "sessionid=s3cret"`,
        `{\\"cookie\\": \\"s3cret\\"}`,
        "X-CSRFToken: s3cret",
        "csrftoken='s3cret'",
        "token eyJhbGciOiJub25lIn0.s3cret.s3cret"
      ]
    ) assert.notInclude(WpsError.excerpt(`<pre>${page}</pre>`), "s3cret", page)
    assert.strictEqual(
      WpsError.excerpt("<pre>Bearer abcd</pre> of the cookie jar"),
      "<pre>Bearer …</pre> of the cookie jar"
    )
    assert.strictEqual(WpsError.excerpt("a\u0000\u001b[2Jb"), "a[2Jb")
    assert.lengthOf(WpsError.excerpt("x".repeat(10_000)), 500)
  })

  it("each error is written and read again, whatever was asked", () => {
    for (const operation of WpsError.RequestName.literals) {
      const error = new WpsError.JobNotFound({ operation, url: "https://example.org/wps", jobId: "1" })
      const again = Schema.decodeSync(WpsError.WpsError)(Schema.encodeSync(WpsError.WpsError)(error))
      assert.strictEqual(again.message, error.message)
      assert.isTrue(WpsError.isWpsError(again))
    }
  })

  it("says what to do where no answer came", () => {
    const cut = (operation: WpsError.RequestName, reason = "ECONNRESET") =>
      new WpsError.TransportError({ operation, url: "https://example.org/wps", reason }).message
    assert.match(cut("Execute"), /^Execute got no answer from .* \(ECONNRESET\)\. It may have arrived/)
    assert.match(cut("GetStatus"), /The job may still run: ask for its result again, or attach to its reference\.$/)
    assert.match(cut("GetOutput"), /^GetOutput got no whole answer/)
    assert.match(cut("GetCapabilities"), /Check the address, the network and any proxy\.$/)
    for (const code of ["DEPTH_ZERO_SELF_SIGNED_CERT", "ERR_SSL_WRONG_VERSION_NUMBER", "CERT_HAS_EXPIRED"]) {
      assert.match(cut("Execute", code), /have the certificate's authority trusted/)
    }
  })

  it("says what to do by the status, and by what came", () => {
    const answered = (status: number, some: Partial<typeof WpsError.UnexpectedResponse.Type> = {}) =>
      new WpsError.UnexpectedResponse({
        operation: some.operation ?? "Execute",
        url: "https://example.org/wps",
        status,
        contentType: some.contentType ?? Option.some("text/html"),
        kind: some.kind ?? "html",
        reason: "the body is an HTML page",
        excerpt: ""
      }).message
    assert.match(answered(200), /no login page or proxy stands before it\.$/)
    assert.match(answered(404), /there may be no such thing at this service\.$/)
    assert.match(answered(413), /Send smaller inputs, or give them by reference\.$/)
    assert.match(answered(500), /The server itself failed: ask whoever runs it\.$/)
    assert.match(answered(504), /run it with mode "async"\.$/)
    assert.match(answered(504, { operation: "GetCapabilities" }), /try again later\.$/)
    assert.match(
      answered(200, { kind: "not-xml", contentType: Option.some("application/json") }),
      /It may be an OGC API – Processes, which is another protocol/
    )
    assert.match(answered(200, { kind: "malformed-xml", operation: "GetStatus" }), /The job may still run/)
    assert.match(answered(200, { kind: "malformed-xml" }), /ask for the output by reference or raw/)
  })
})
