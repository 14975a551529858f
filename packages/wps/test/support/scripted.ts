import { Auth, BearerAuth } from "@effect-wps/auth"
import { ScriptedServer } from "@effect-wps/testing"
import { WpsClient } from "@effect-wps/wps"
import type { HttpClient } from "@effect/platform"
import { Layer, Redacted } from "effect"

export type Answer = Exclude<ScriptedServer.Answer, string>

export type Sent = ScriptedServer.Sent

export const Server = ScriptedServer.ScriptedServer

const pathOf = ({ url }: Sent): string => url.replace(/[?#].*$/, "")

/** A server that answers each request by a function of it and of how many came before it to the same path. */
export const layerServer = (
  answer: (sent: Sent, before: number) => ScriptedServer.Answer
): Layer.Layer<ScriptedServer.ScriptedServer | HttpClient.HttpClient> =>
  ScriptedServer.layer((sent, before) => {
    const made = answer(sent, before.filter((one) => pathOf(one) === pathOf(sent)).length)
    return typeof made === "string"
      ? made
      : { ...made, headers: { "content-type": "text/xml; charset=utf-8", ...made.headers } }
  })

export const url = "https://example.org/wps"

export const secret = "s3cr3t-t0k3n"

/** A client with a bearer token, before a scripted server. */
export const layer = (
  answer: (sent: Sent, before: number) => ScriptedServer.Answer,
  options?: Partial<WpsClient.Options>
) =>
  WpsClient.layer({ url, ...options }).pipe(
    Layer.provide(BearerAuth.layer(Redacted.make(secret))),
    Layer.provideMerge(layerServer(answer))
  )

/** The same without credentials. */
export const layerAnonymous = (
  answer: (sent: Sent, before: number) => ScriptedServer.Answer,
  options?: Partial<WpsClient.Options>
) =>
  WpsClient.layer({ url, ...options }).pipe(
    Layer.provide(Auth.layerAnonymous),
    Layer.provideMerge(layerServer(answer))
  )
