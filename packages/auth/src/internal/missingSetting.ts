import * as ConfigError from "effect/ConfigError"

/** The names of the missing settings. A name is not a secret. */
export const missingSettings = (error: ConfigError.ConfigError): ReadonlyArray<string> => {
  switch (error._op) {
    case "MissingData":
      return [error.path.join(".")]
    case "And":
    case "Or":
      return [...missingSettings(error.left), ...missingSettings(error.right)]
    default:
      return []
  }
}

/** Names the missing settings in the message. Effect redacts the message of a redacted setting, with the name. */
export const named = (error: ConfigError.ConfigError): ConfigError.ConfigError =>
  ConfigError.isMissingDataOnly(error)
    ? ConfigError.MissingData(missingSettings(error).slice(0, 1), `Set ${missingSettings(error).join(" and ")}.`)
    : error
