import type { Capabilities, Input, Output, ProcessDescription } from "@effect-wps/wps"
import * as Option from "effect/Option"
import type { Implementation } from "../WpsNode.ts"

const inputOf = ([identifier, input]: readonly [string, Input.Any]): ProcessDescription.InputDescription => ({
  identifier,
  title: Option.some(identifier),
  abstract: Option.none(),
  metadata: [],
  minOccurs: input.minOccurs,
  maxOccurs: input.maxOccurs,
  data: input.data
})

const outputOf = ([identifier, output]: readonly [string, Output.Any]): ProcessDescription.OutputDescription => ({
  identifier,
  title: Option.some(identifier),
  abstract: Option.none(),
  metadata: [],
  data: output.data
})

/** What a node says of a process that it has. */
export const describe = ({ async, process }: Implementation<unknown>): ProcessDescription.ProcessDescription => ({
  identifier: process.identifier,
  title: Option.some(process.title),
  abstract: process.abstract,
  version: process.version,
  metadata: [],
  profiles: [],
  wsdl: Option.none(),
  jobControlOptions: async ? ["sync-execute", "async-execute"] : ["sync-execute"],
  outputTransmission: async ? ["value", "reference"] : ["value"],
  inputs: Object.entries(process.inputs).map(inputOf),
  outputs: Object.entries(process.outputs).map(outputOf)
})

/** What a node says of itself. */
export const capabilities = (
  title: string,
  base: string,
  processes: ReadonlyArray<Capabilities.ProcessSummary>
): Capabilities.Capabilities => ({
  version: Option.some("1.0.0"),
  updateSequence: Option.none(),
  language: Option.none(),
  identification: Option.some({
    titles: [title],
    abstracts: [],
    keywords: [],
    serviceType: Option.some("WPS"),
    serviceTypeVersions: ["1.0.0"],
    profiles: [],
    fees: Option.none(),
    accessConstraints: []
  }),
  provider: Option.none(),
  operations: [
    { name: "GetCapabilities", methods: ["GET", "POST"] as const },
    { name: "DescribeProcess", methods: ["GET", "POST"] as const },
    { name: "Execute", methods: ["POST"] as const }
  ].map(({ methods, name }) => ({
    name,
    endpoints: methods.map((method) => ({ method, href: base, constraints: [] })),
    parameters: [],
    constraints: []
  })),
  processes,
  defaultLanguage: Option.none(),
  languages: [],
  wsdl: Option.none()
})
