import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

const hasZone = /(Z|[+-]\d\d:?\d\d)$/i
const midnight = /T24:00:00(?:\.0+)?/

/** Reads a `dateTime` of XML Schema. Midnight may be written as hour 24, and a time without a zone is taken as UTC. */
export const read = (text: string): Option.Option<DateTime.Utc> => {
  const zoned = hasZone.test(text) ? text : `${text}Z`
  const moment = Option.map(DateTime.make(zoned.replace(midnight, "T00:00:00")), DateTime.toUtc)
  return midnight.test(text) ? Option.map(moment, DateTime.add({ days: 1 })) : moment
}
