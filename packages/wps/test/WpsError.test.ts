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

  it("each error is written and read again, whatever was asked", () => {
    for (const operation of WpsError.Operation.literals) {
      const error = new WpsError.JobNotFound({ operation, url: "https://example.org/wps", jobId: "1" })
      const again = Schema.decodeSync(WpsError.WpsError)(Schema.encodeSync(WpsError.WpsError)(error))
      assert.strictEqual(again.message, error.message)
      assert.isTrue(WpsError.isWpsError(again))
    }
  })
})
