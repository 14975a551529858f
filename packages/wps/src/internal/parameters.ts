import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { OwsException } from "../Ows.ts"

/** Parameters by their names in lower case. The names are not case-sensitive. */
export type Known = ReadonlyMap<string, string>

export const known = (parameters: Iterable<readonly [string, string]>): Known =>
  new Map([...parameters].map(([name, value]) => [name.toLowerCase(), value]))

export const refuse = (code: string, locator: string, text: string): Either.Either<never, OwsException> =>
  Either.left(new OwsException({ code, locator: Option.some(locator), texts: [text] }))

export const optional = (known: Known, name: string): Option.Option<string> =>
  Option.filter(Option.fromNullable(known.get(name.toLowerCase())), (value) => value !== "")

const missing = (name: string): Either.Either<never, OwsException> =>
  refuse("MissingParameterValue", name, `The parameter ${name} is missing.`)

export const required = (known: Known, name: string): Either.Either<string, OwsException> =>
  Option.match(optional(known, name), { onNone: () => missing(name), onSome: Either.right })

export const list = (known: Known, name: string): ReadonlyArray<string> =>
  Option.match(optional(known, name), {
    onNone: () => [],
    onSome: (value) => value.split(",").map((one) => one.trim()).filter((one) => one !== "")
  })

export const requiredList = (known: Known, name: string): Either.Either<ReadonlyArray<string>, OwsException> => {
  const items = list(known, name)
  return items.length === 0 ? missing(name) : Either.right(items)
}

/** The operation of a request to a WPS, in lower case. */
export const operation = (known: Known): Either.Either<string, OwsException> =>
  Either.flatMap(required(known, "service"), (service) =>
    service.toUpperCase() === "WPS"
      ? Either.map(required(known, "request"), (request) => request.toLowerCase())
      : refuse("InvalidParameterValue", "service", "The service is not WPS."))

export const version = (known: Known, spoken: string): Either.Either<string, OwsException> =>
  Either.flatMap(required(known, "version"), (version) =>
    version === spoken
      ? Either.right(version)
      : refuse("InvalidParameterValue", "version", `The version is not ${spoken}.`))

export const unknownOperation = (known: Known): Either.Either<never, OwsException> =>
  refuse("OperationNotSupported", "request", `There is no operation ${known.get("request")}.`)
