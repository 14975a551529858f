import * as ConfigError from "effect/ConfigError"
import * as Predicate from "effect/Predicate"

/** What may be shown of somebody else's error: its name. Its message and fields may hold secrets. */
export const errorName = (error: unknown): string =>
  ConfigError.isConfigError(error)
    ? "ConfigError"
    : Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag)
    ? error._tag
    : Predicate.isError(error)
    ? error.name
    : "an error without a name"
