import * as ConfigError from "effect/ConfigError"
import * as Predicate from "effect/Predicate"
import { missingSettings } from "./missingSetting.ts"

const configError = (error: ConfigError.ConfigError): string => {
  const missing = missingSettings(error)
  return missing.length === 0 ? "ConfigError" : `ConfigError (${missing.join(", ")} missing)`
}

/** What may be shown of somebody else's error: its name. Its message and fields may hold secrets. */
export const errorName = (error: unknown): string =>
  ConfigError.isConfigError(error)
    ? configError(error)
    : Predicate.hasProperty(error, "_tag") && Predicate.isString(error._tag)
    ? error._tag
    : Predicate.isError(error)
    ? error.name
    : "an error without a name"
