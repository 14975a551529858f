import { type Cdat, Domain } from "@effect-wps/cwt"
import { Array as Arr, Either, Option, Record } from "effect"
import * as Compute from "../Compute.ts"
import { ComputeError } from "../ComputeError.ts"
import * as Field from "../Field.ts"
import * as parameters from "./parameters.ts"

type Fields = Arr.NonEmptyReadonlyArray<Field.Field>

/** What an operation takes and gives: the variables of one file. */
export interface Value {
  readonly fields: Fields
  /** How their values are grouped, until something is computed of the groups. */
  readonly groups: Option.Option<Compute.Groups>
}

/** An operation of the node. */
export interface Operation {
  readonly abstract: string
  readonly minimumInputs: number
  readonly maximumInputs: number
  readonly parameters: ReadonlyArray<string>
  /** Whether its domain is of what its inputs make together. */
  readonly joinsFirst: boolean
  readonly compute: (
    inputs: Arr.NonEmptyReadonlyArray<Value>,
    given: parameters.Parameters
  ) => Either.Either<Value, ComputeError>
}

const failed = (reason: ComputeError["reason"], subject: string, detail: string): Either.Either<never, ComputeError> =>
  Either.left(new ComputeError({ reason, subject, detail }))

export const ungrouped = (fields: Fields): Value => ({ fields, groups: Option.none() })

export const traverse = <A, B>(
  items: Arr.NonEmptyReadonlyArray<A>,
  f: (item: A) => Either.Either<B, ComputeError>
): Either.Either<Arr.NonEmptyArray<B>, ComputeError> =>
  Either.gen(function*() {
    const [first, ...rest] = items
    return [yield* f(first), ...yield* Either.all(rest.map(f))]
  })

const fieldsOf = ({ fields, groups }: Value): Either.Either<Fields, ComputeError> =>
  Option.match(groups, {
    onNone: () => Either.right(fields),
    onSome: ({ by }) =>
      failed(
        "unsupported",
        by.name,
        "its values are grouped. Take CDAT.max, min, sum, mean, std, var, count or filter_map of the groups first."
      )
  })

const isMeant = (
  fields: Fields,
  variable: string | undefined
): Either.Either<(field: Field.Field) => boolean, ComputeError> =>
  variable === undefined || fields.some(({ name }) => name === variable)
    ? Either.right(({ name }) => variable === undefined || name === variable)
    : failed(
      "unknown-variable",
      variable,
      `the inputs have no such variable. They have ${fields.map(({ name }) => name).join(", ")}.`
    )

/** The variable that is meant, or all of them. */
const chosen = (fields: Fields, variable: string | undefined): Either.Either<Fields, ComputeError> =>
  Either.flatMap(isMeant(fields, variable), (isMeant) => {
    const kept = fields.filter(isMeant)
    return Arr.isNonEmptyReadonlyArray(kept) ? Either.right(kept) : Either.right(fields)
  })

/** What is computed of one variable takes its place among the others. */
const each = (
  fields: Fields,
  variable: string | undefined,
  f: (field: Field.Field) => Either.Either<Field.Field, ComputeError>
): Either.Either<Fields, ComputeError> =>
  Either.flatMap(
    isMeant(fields, variable),
    (isMeant) => traverse(fields, (field) => isMeant(field) ? f(field) : Either.right(field))
  )

const common = ["variable", "rename", "fillna"]

const renamed = (fields: Fields, names: ReadonlyArray<string>): Either.Either<Fields, ComputeError> => {
  const pairs = Arr.chunksOf(names, 2).map(([from, to]) => [from, to] as const)
  const whole = pairs.flatMap(([from, to]) => to === undefined ? [] : [[from, to] as const])
  return whole.length === pairs.length
    ? names.length === 0 ? Either.right(fields) : Compute.rename(fields, whole)
    : failed("invalid-parameter", "rename", `${names.join(", ")} are no pairs. Give each old name and its new one.`)
}

const declare = (
  abstract: string,
  options: {
    readonly inputs?: readonly [minimum: number, maximum: number]
    readonly parameters?: ReadonlyArray<string>
    readonly joinsFirst?: boolean
  },
  compute: (
    inputs: Arr.NonEmptyReadonlyArray<Value>,
    variable: string | undefined,
    given: parameters.Parameters
  ) => Either.Either<Fields, ComputeError>
): Operation => ({
  abstract,
  minimumInputs: options.inputs?.[0] ?? 1,
  maximumInputs: options.inputs?.[1] ?? 1,
  parameters: [...options.parameters ?? [], ...common],
  joinsFirst: options.joinsFirst ?? false,
  compute: (inputs, given) =>
    Either.gen(function*() {
      const variable = yield* parameters.text(given, "variable")
      const fillna = yield* parameters.number(given, "fillna")
      const computed = yield* compute(inputs, variable, given)
      const filled = fillna === undefined
        ? computed
        // What the variable was called it is still called here.
        : yield* each(computed, variable, (field) => Either.right(Compute.fillna(field, fillna)))
      return ungrouped(yield* renamed(filled, parameters.texts(given, "rename")))
    })
})

const pointwise = (abstract: string, f: (field: Field.Field) => Field.Field): Operation =>
  declare(
    abstract,
    {},
    ([input], variable) =>
      Either.flatMap(fieldsOf(input), (fields) => each(fields, variable, (field) => Either.right(f(field))))
  )

const reduction = (abstract: string, statistic: Compute.Statistic): Operation =>
  declare(abstract, { parameters: ["axes"] }, ([{ fields, groups }], variable, given) =>
    Option.match(groups, {
      onNone: () =>
        each(fields, variable, (field) => Compute.reductions[statistic](field, parameters.texts(given, "axes"))),
      onSome: (groups) =>
        Either.flatMap(
          chosen(fields, variable),
          (fields) => traverse(fields, (field) => Compute.groupbyBins(field, groups, statistic))
        )
    }))

const arithmetic = (
  abstract: string,
  f: (left: Field.Field, right: Compute.Operand) => Either.Either<Field.Field, ComputeError>
): Operation =>
  declare(
    `${abstract} Takes two inputs, or one and the parameter const.`,
    { inputs: [1, 2], parameters: ["const"] },
    (inputs, variable, given) =>
      Either.gen(function*() {
        const constant = yield* parameters.number(given, "const")
        const [left, right] = inputs
        const fields = yield* fieldsOf(left)
        if (constant !== undefined && right === undefined) {
          return yield* each(fields, variable, (field) => f(field, constant))
        }
        if (constant !== undefined || right === undefined) {
          return yield* failed(
            "invalid-parameter",
            "const",
            constant === undefined
              ? "it is missing, and there is one input. Give a second input, or a number as const."
              : "it is given, and there are two inputs. Give either of them."
          )
        }
        const others = yield* chosen(yield* fieldsOf(right), variable)
        return yield* each(fields, variable, (field) => {
          // Two variables need no name to find each other.
          const other = others.length === 1 ? others[0] : others.find(({ name }) => name === field.name)
          return other === undefined
            ? failed(
              "mismatch",
              field.name,
              `the second input has no such variable, but ${others.map(({ name }) => name).join(", ")}. Say with ` +
                "variable which one is meant."
            )
            : f(field, other)
        })
      })
  )

/** Each variable along the dimensions that it has; every dimension has to be one of theirs. */
export const cut = (
  fields: Fields,
  domain: Domain.Domain,
  method?: Cdat.Method
): Either.Either<Fields, ComputeError> => {
  const has = ({ axes }: Field.Field, name: string) => Either.isRight(Field.axisIndex(axes, name))
  return traverse(fields, (field) => {
    const dimensions = Record.filter(
      domain.dimensions,
      (_, name) => has(field, name) || !fields.some((other) => has(other, name))
    )
    const { id, mask } = domain
    return Compute.subset(field, new Domain.Domain({ id, mask, dimensions }, { disableValidation: true }), { method })
  })
}

const methods = ["pad", "backfill", "nearest"] as const satisfies ReadonlyArray<Cdat.Method>

/** How an operation finds coordinates that are not on the axis, if its process can be told. */
export const methodOf = (
  operation: Operation,
  given: parameters.Parameters
): Either.Either<Cdat.Method | undefined, ComputeError> =>
  operation.parameters.includes("method") ? parameters.oneOf(given, "method", methods) : Either.right(undefined)

const filterOf = (fields: Fields, given: parameters.Parameters) =>
  Either.gen(function*() {
    return {
      cond: yield* parameters.required("cond", parameters.text(given, "cond")),
      other: yield* parameters.number(given, "other"),
      among: fields
    }
  })

const conditions = "A condition compares a variable or a dimension with a number, a variable or a dimension, as in " +
  "\"pr>=0.00002\" or \"lat<0\", by one of > >= < <= == !=."

const groupbyBins: Operation = {
  abstract:
    "Groups values by the bins in which those of a variable or a dimension lie, the one that variable names. Each " +
    "bin is open at its lower edge and closed at its upper one. An operation that reduces, or filter_map, computes of " +
    "each group; without one the result is the number of values in each.",
  minimumInputs: 1,
  maximumInputs: 1,
  parameters: ["variable", "bins"],
  joinsFirst: false,
  compute: ([input], given) =>
    Either.gen(function*() {
      const fields = yield* fieldsOf(input)
      const name = yield* parameters.text(given, "variable")
      const [first, ...rest] = fields
      if (name === undefined && rest.length > 0) {
        return yield* failed(
          "invalid-parameter",
          "variable",
          `it is missing. Say by which of ${fields.map(({ name }) => name).join(", ")} the values are grouped.`
        )
      }
      const by = name === undefined ? first : yield* Compute.named(name, fields)
      const bins = yield* parameters.numbers(given, "bins")
      // Bins that are none are refused here, and not where the groups are used.
      yield* Compute.groupbyBins(by, { by, bins }, "count")
      return { fields, groups: Option.some({ by, bins }) }
    })
}

const merge = declare(
  "Puts the variables of its inputs together; the result is a file of all of them. compat says what is done where two " +
    `have one name: ${Compute.Compat.literals.join(", ")}.`,
  { inputs: [2, Infinity], parameters: ["compat"] },
  (inputs, variable, given) =>
    Either.gen(function*() {
      const compat = yield* parameters.oneOf(given, "compat", Compute.Compat.literals)
      const fields = yield* traverse(inputs, fieldsOf)
      return yield* chosen(yield* Compute.merge(Arr.flatten(fields), { compat }), variable)
    })
)

/**
 * The node's operations by their identifiers. Those that ESGF's nodes have work on the variables of a file, one after the
 * other, or on the one that `variable` names.
 */
export const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  [
    "CDAT.abs",
    pointwise("The absolute value, point by point.", Compute.abs)
  ],
  [
    "CDAT.add",
    arithmetic("The sum, point by point.", Compute.add)
  ],
  [
    "CDAT.aggregate",
    declare(
      "Joins the parts of a variable that several files hold along time, in the order of their times. Its domain is that " +
        "of the whole.",
      { inputs: [2, Infinity], joinsFirst: true },
      (inputs, variable) =>
        Either.gen(function*() {
          const parts = yield* traverse(inputs, fieldsOf)
          const first = yield* chosen(Arr.headNonEmpty(parts), variable)
          return yield* traverse(first, ({ name }) =>
            Either.flatMap(
              traverse(parts, (fields) =>
                // One variable under two names is told to whoever gave it.
                Either.right(fields.find((field) => field.name === name) ?? Arr.headNonEmpty(fields))),
              Compute.aggregate
            ))
        })
    )
  ],
  ["CDAT.count", reduction("How many values are not missing, along the axes or all of them.", "count")],
  ["CDAT.divide", arithmetic("The quotient, point by point.", Compute.divide)],
  ["CDAT.exp", pointwise("The exponential, point by point.", Compute.exp)],
  [
    "CDAT.filter_map",
    declare(
      `One number out of the values for which cond is true, other standing in place of the others. func is one of ${
        Compute.Statistic.literals.join(", ")
      }. ${conditions}`,
      { parameters: ["cond", "func", "other"] },
      ([{ fields, groups }], variable, given) =>
        Either.gen(function*() {
          const filter = yield* filterOf(fields, given)
          const func = yield* parameters.required(
            "func",
            parameters.oneOf(given, "func", Compute.Statistic.literals)
          )
          if (Option.isNone(groups)) {
            return yield* each(fields, variable, (field) => Compute.filterMap(field, { ...filter, func }))
          }
          return yield* traverse(yield* chosen(fields, variable), (field) =>
            Either.flatMap(
              Compute.where(field, filter),
              (kept) => Compute.groupbyBins(kept, groups.value, func)
            ))
        })
    )
  ],
  ["CDAT.groupby_bins", groupbyBins],
  ["CDAT.log", pointwise("The natural logarithm, point by point.", Compute.log)],
  ["CDAT.max", reduction("The largest values along the axes, or of all.", "max")],
  [
    "CDAT.mean",
    reduction("The mean along the axes, or of all, each value counting the same.", "mean")
  ],
  ["CDAT.merge", merge],
  ["CDAT.min", reduction("The smallest values along the axes, or of all.", "min")],
  ["CDAT.multiply", arithmetic("The product, point by point.", Compute.multiply)],
  ["CDAT.power", arithmetic("A power, point by point.", Compute.power)],
  ["CDAT.sqrt", pointwise("The square root, point by point.", Compute.sqrt)],
  ["CDAT.squeeze", pointwise("The same without the axes of length 1.", Compute.squeeze)],
  ["CDAT.std", reduction("The standard deviation along the axes, or of all.", "std")],
  [
    "CDAT.subset",
    declare(
      "The part that the domain means. method says which coordinate is taken where none equals a single value that is " +
        "asked for: pad, backfill or nearest.",
      { parameters: ["method"] },
      ([input], variable) => Either.flatMap(fieldsOf(input), (fields) => chosen(fields, variable))
    )
  ],
  ["CDAT.subtract", arithmetic("The difference, point by point.", Compute.subtract)],
  ["CDAT.sum", reduction("The sum along the axes, or of all.", "sum")],
  ["CDAT.var", reduction("The variance along the axes, or of all.", "var")],
  [
    "CDAT.where",
    declare(
      `The values for which cond is true; the others are missing, or other stands in their place. ${conditions}`,
      { parameters: ["cond", "other"] },
      ([input], variable, given) =>
        Either.gen(function*() {
          const fields = yield* fieldsOf(input)
          const filter = yield* filterOf(fields, given)
          return yield* each(fields, variable, (field) => Compute.where(field, filter))
        })
    )
  ]
])

/** The variables that are given for a value: of groups of which nothing was computed, how many values each has. */
export const settle = ({ fields, groups }: Value): Either.Either<Fields, ComputeError> =>
  Option.match(groups, {
    onNone: () => Either.right(fields),
    onSome: (groups) => traverse(fields, (field) => Compute.groupbyBins(field, groups, "count"))
  })

/** The operation that holds others: each of its inputs is an output. */
export const workflowName = "CDAT.workflow"

export const workflowAbstract =
  "Several outputs of one run, one for each input. Its domain is that of the variables of " +
  "the operations below that have none, and its parameters are theirs where they can be told and are not."
