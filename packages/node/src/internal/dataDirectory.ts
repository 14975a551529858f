import * as Config from "effect/Config"
import { posix, win32 } from "node:path"

const absolute = (name: string) =>
  Config.string(name).pipe(Config.validate({ message: "is not an absolute path", validation: posix.isAbsolute }))

/**
 * The platform's directory for a user's program data (XDG Base Directory Specification). Relative paths are ignored.
 */
export const dataDirectory = (platform: NodeJS.Platform): Config.Config<string> => {
  switch (platform) {
    case "win32":
      return Config.map(Config.nonEmptyString("LOCALAPPDATA"), (root) => win32.join(root, "effect-wps"))
    case "darwin":
      return Config.map(absolute("HOME"), (home) => posix.join(home, "Library", "Application Support", "effect-wps"))
    default:
      return absolute("XDG_DATA_HOME").pipe(
        Config.orElse(() => Config.map(absolute("HOME"), (home) => posix.join(home, ".local", "share"))),
        Config.map((root) => posix.join(root, "effect-wps"))
      )
  }
}
