import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Auth, Service } from "../Auth.ts"
import { type AuthError, CredentialsUnavailable } from "../AuthError.ts"
import { errorName } from "./errorName.ts"
import * as Renewable from "./renewable.ts"

type AnyAuth = Layer.Layer<Auth, unknown, unknown>

/** Builds the schemes in turn until one is built; fails with everything if none is. */
const anyBuilt = <E>(schemes: ReadonlyArray<Effect.Effect<Service, E>>): Effect.Effect<void, E> =>
  Effect.gen(function*() {
    let failures: Cause.Cause<E> = Cause.empty
    for (const scheme of schemes) {
      const built = yield* Effect.exit(scheme)
      if (built._tag === "Success") return
      failures = Cause.sequential(failures, built.cause)
    }
    return yield* Effect.failCause(failures)
  })

/** What the first scheme that has credentials answers. */
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
      const memoMap = yield* Layer.CurrentMemoMap
      const schemes = yield* Effect.forEach(layers, (layer) =>
        Effect.map(
          Renewable.make(Effect.map(Layer.buildWithMemoMap(layer, memoMap, scope), Context.get(tag))),
          ({ get }) => get
        ))
      yield* anyBuilt(schemes)
      return {
        authorize: (request) => ask(schemes, (scheme) => scheme.authorize(request)),
        refused: (sent, response) => ask(schemes, (scheme) => scheme.refused(sent, response))
      }
    })
  )

/** The tag is given, since the module that has it imports this one. */
export const firstOf = (tag: typeof Auth) =>
<Layers extends ReadonlyArray<AnyAuth>>(
  ...layers: Layers
): Layer.Layer<Auth, Layer.Layer.Error<Layers[number]>, Layer.Layer.Context<Layers[number]>> =>
  make(
    tag,
    // A layer is one of the errors and requirements of all: TypeScript does not see that each element of a tuple is one
    // of the tuple's elements.
    layers as ReadonlyArray<
      Layer.Layer<Auth, Layer.Layer.Error<Layers[number]>, Layer.Layer.Context<Layers[number]>>
    >
  )
