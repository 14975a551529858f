/** What a node answers about itself and its processes. */
import type { ProcessDescription } from "@effect-wps/wps"
import type { WpsProtocol } from "@effect-wps/wps/WpsProtocol"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Arr from "effect/Array"
import { capabilities } from "./describe.ts"
import { type Node, protocols } from "./node.ts"
import { codeOf, exception, report, respond } from "./nodeAnswers.ts"

/** WPS 1.0.0 cannot describe nested inputs and outputs. */
const describable = (
  { descriptions }: Node<unknown>,
  { version }: WpsProtocol
): ReadonlyArray<ProcessDescription.ProcessDescription> =>
  version === "2.0.0"
    ? descriptions
    : descriptions.filter(({ inputs, outputs }) =>
      ![...inputs, ...outputs].some(({ data }) => data._tag === "NestedInputs" || data._tag === "NestedOutputs")
    )

/** The answer to DescribeProcess. */
export const describeProcesses = (
  node: Node<unknown>,
  protocol: WpsProtocol,
  identifiers: ReadonlyArray<string>
): HttpServerResponse.HttpServerResponse => {
  const { behaviour } = node
  const refuse = (code: string, text: string) => respond(protocol)(400, report([exception(code, "identifier", text)]))
  if (identifiers.length === 0) return refuse("MissingParameterValue", "No process is named.")
  const known = describable(node, protocol)
  const all = identifiers.some((one) => one.toUpperCase() === "ALL")
  const unknown = identifiers.find((one) => !known.some(({ identifier }) => identifier === one))
  const ordered = behaviour.otherOrder !== true ? known : known.map((one) => ({
    ...one,
    inputs: Arr.reverse(one.inputs),
    outputs: Arr.reverse(one.outputs)
  }))
  return all || unknown === undefined
    ? respond(protocol)(200, {
      _tag: "ProcessDescriptions",
      value: !all
        ? ordered.filter((one) => identifiers.includes(one.identifier))
        : behaviour.emptyOfferings === true
        ? []
        : ordered
    })
    : refuse(codeOf(protocol, "noSuchProcess"), `There is no process ${unknown}.`)
}

/** The answer to GetCapabilities, in the first version that the client accepts, or else the one in which it asked. */
export const describeNode = (
  node: Node<unknown>,
  protocol: WpsProtocol,
  acceptVersions: ReadonlyArray<string>,
  base: string
): HttpServerResponse.HttpServerResponse => {
  const { behaviour, spoken, title } = node
  const accepted = acceptVersions.flatMap((one) => spoken.filter(({ version }) => version === one))
  const unasked = behaviour.lastVersionWins === true ? protocols["1.0.0"] : protocol
  const chosen = acceptVersions.length === 0 ? unasked : accepted.at(behaviour.lastVersionWins === true ? -1 : 0)
  return chosen === undefined
    ? respond(protocol)(
      400,
      report([
        exception(
          "VersionNegotiationFailed",
          "AcceptVersions",
          `This node speaks ${spoken.map(({ version }) => version).join(" and ")}.`
        )
      ])
    )
    : respond(chosen)(200, {
      _tag: "Capabilities",
      value: capabilities(title, base, chosen.version, describable(node, chosen))
    })
}
