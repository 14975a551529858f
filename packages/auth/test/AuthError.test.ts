import { AuthError } from "@effect-wps/auth"
import { HttpClientError, HttpClientRequest } from "@effect/platform"
import { assert, describe, it } from "@effect/vitest"
import { Cause, Effect, Schema } from "effect"

const errors = [
  new AuthError.CredentialsUnavailable({ scheme: "BearerAuth", reason: "no token" }),
  new AuthError.InvalidCredentials({ scheme: "BasicAuth", reason: "a colon" }),
  new AuthError.CustomAuthFailed({ key: "code", reason: "it failed with NoCode" }),
  new AuthError.RedirectRefused({ from: "https://a.example/", to: "https://b.example/", status: 307, reason: "no" }),
  new AuthError.TooManyRedirects({ url: "https://a.example/", maxRedirects: 5 }),
  new AuthError.InvalidOrigin({ origin: "ftp://a.example", reason: "not http" }),
  new AuthError.TokenStoreError({ op: "modify", reason: "the disk is full" })
]

describe("AuthError", () => {
  for (const error of errors) {
    it.effect(`${error._tag} says what happened and what to do`, () =>
      Effect.gen(function*() {
        const fields = Object.entries(yield* Schema.encode(AuthError.AuthError)(error))
        for (const [name, value] of fields) {
          if (name !== "_tag") assert.include(error.message, String(value))
        }
        assert.match(error.message, /\. [A-Z].*\.$|: .*\. /)
        assert.include(Cause.pretty(Cause.fail(error)), error.message)
        assert(AuthError.isAuthError(error))
      }))
  }

  it.effect("survives being written and read", () =>
    Effect.forEach(errors, (error) =>
      Effect.gen(function*() {
        const read = yield* Schema.decode(AuthError.AuthError)(yield* Schema.encode(AuthError.AuthError)(error))
        assert.strictEqual(read.message, error.message)
        assert.strictEqual(read._tag, error._tag)
      })))

  it("knows its own from others", () => {
    assert(!AuthError.isAuthError(new Error("no")))
    assert(!AuthError.isAuthError({ _tag: "CredentialsUnavailable", scheme: "x", reason: "y" }))
    assert(!AuthError.isAuthError(undefined))
  })

  it("tells of a client's error the network's code, or else the reason", () => {
    const reasonOf = (reason: "Transport" | "InvalidUrl", cause?: unknown) =>
      AuthError.transportReason(
        new HttpClientError.RequestError({
          request: HttpClientRequest.get("https://a.example/?key=s3cret"),
          reason,
          cause,
          description: "no route to https://a.example/?key=s3cret"
        })
      )
    assert.strictEqual(
      reasonOf("Transport", new Error("fetch failed", { cause: { code: "ECONNRESET" } })),
      "ECONNRESET"
    )
    assert.strictEqual(reasonOf("Transport", new Error("s3cret")), "the connection failed")
    assert.strictEqual(reasonOf("Transport"), "the connection failed")
    assert.strictEqual(reasonOf("InvalidUrl"), "InvalidUrl")
  })
})
