import type * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Ref from "effect/Ref"
import type { Auth, Service } from "../Auth.ts"
import { type AuthError, CredentialsUnavailable } from "../AuthError.ts"
import { errorName } from "./errorName.ts"
import * as Renewable from "./renewable.ts"

type AnyAuth = Layer.Layer<Auth, unknown, unknown>

/** Builds the schemes in turn until one is built. Fails with all failures if none is, and at once with a defect. */
const anyBuilt = <E>(schemes: ReadonlyArray<Effect.Effect<Service, E>>): Effect.Effect<void, E> =>
  Effect.gen(function*() {
    let failures: Cause.Cause<E> = Cause.empty
    for (const scheme of schemes) {
      const built = yield* Effect.exit(scheme)
      if (built._tag === "Success") return
      if (Cause.isDie(built.cause) || Cause.isInterrupted(built.cause)) return yield* Effect.failCause(built.cause)
      failures = Cause.sequential(failures, built.cause)
    }
    return yield* Effect.failCause(failures)
  })

/** The answer of the first scheme that has credentials. */
const ask = <A, E>(
  schemes: ReadonlyArray<Effect.Effect<Service, E>>,
  question: (scheme: Service) => Effect.Effect<A, AuthError>
): Effect.Effect<A, AuthError> => {
  const from = (index: number, reasons: ReadonlyArray<string>): Effect.Effect<A, AuthError> => {
    const scheme = schemes[index]
    return scheme === undefined
      ? new CredentialsUnavailable({ scheme: "Auth.firstOf", reason: reasons.join("; ") })
      : Effect.matchEffect(scheme, {
        onFailure: (error) => from(index + 1, [...reasons, `layer ${index + 1} failed with ${errorName(error)}`]),
        onSuccess: (built) =>
          Effect.catchTag(
            question(built),
            "CredentialsUnavailable",
            (error) => from(index + 1, [...reasons, `${error.scheme}: ${error.reason}`])
          )
      })
  }
  return from(0, [])
}

const make = <E, R>(tag: typeof Auth, layers: ReadonlyArray<Layer.Layer<Auth, E, R>>): Layer.Layer<Auth, E, R> =>
  Layer.scoped(
    tag,
    Effect.gen(function*() {
      const scope = yield* Effect.scope
      const shared = yield* Layer.CurrentMemoMap
      const schemes = yield* Effect.forEach(layers, (layer) =>
        Effect.gen(function*() {
          // A memo map keeps a failure, so each further attempt has a new one.
          const memoMap = yield* Ref.make(Effect.succeed(shared))
          const build = Effect.flatMap(
            Effect.flatten(Ref.getAndSet(memoMap, Layer.makeMemoMap)),
            (memoMap) => Layer.buildWithMemoMap(layer, memoMap, scope)
          )
          return (yield* Renewable.make(Effect.map(build, Context.get(tag)))).get
        }))
      yield* anyBuilt(schemes)

      const senders = new WeakMap<HttpClientRequest.HttpClientRequest, Service>()
      return {
        authorize: (request) =>
          ask(schemes, (scheme) =>
            Effect.map(scheme.authorize(request), (sent) => {
              senders.set(sent, scheme)
              return sent
            })),
        refused: (sent, response) => {
          const sender = senders.get(sent)
          return sender === undefined
            // Code around this service has changed the request since. The scheme that would authorize it now is told.
            ? ask(schemes, (scheme) => Effect.zipRight(scheme.authorize(sent), scheme.refused(sent, response)))
            // A sender that has lost its credentials leaves the request to the next scheme.
            : Effect.catchTag(sender.refused(sent, response), "CredentialsUnavailable", () => Effect.succeed(true))
        }
      }
    })
  )

/** The tag is a parameter because the module that defines it imports this one. */
export const firstOf = (tag: typeof Auth) =>
<Layers extends ReadonlyArray<AnyAuth>>(
  ...layers: Layers
): Layer.Layer<Auth, Layer.Layer.Error<Layers[number]>, Layer.Layer.Context<Layers[number]>> =>
  make(
    tag,
    // Each layer has some of the errors and requirements of all. TypeScript does not see that an element of a tuple is
    // one of the tuple's elements.
    layers as ReadonlyArray<
      Layer.Layer<Auth, Layer.Layer.Error<Layers[number]>, Layer.Layer.Context<Layers[number]>>
    >
  )
