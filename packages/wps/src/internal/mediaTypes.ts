import * as Option from "effect/Option"

/** A media type without its parameters, in lower case (RFC 9110 §8.3.1). */
export const essenceOf = (type: string): string => type.split(";")[0]?.trim().toLowerCase() ?? ""

/** The charset that a media type names. */
export const charsetOf = (type: Option.Option<string>): Option.Option<string> =>
  Option.flatMapNullable(type, (one) => /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(one)?.[1])
