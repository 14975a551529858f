import { type Capabilities, Process, type ProcessDescription } from "@effect-wps/wps"
import * as Option from "effect/Option"
import type { Implementation } from "../WpsNode.ts"

/** The description of one of the node's processes. */
export const describe = ({ async, process }: Implementation<unknown>): ProcessDescription.ProcessDescription =>
  Process.describe(process, {
    jobControlOptions: async ? ["sync-execute", "async-execute", "dismiss"] : ["sync-execute"],
    outputTransmission: async ? ["value", "reference"] : ["value"]
  })

const operationsOf = (version: string) => [
  { name: "GetCapabilities", methods: ["GET", "POST"] as const },
  { name: "DescribeProcess", methods: ["GET", "POST"] as const },
  ...version === "2.0.0"
    ? [
      { name: "Execute", methods: ["POST"] as const },
      { name: "GetStatus", methods: ["GET", "POST"] as const },
      { name: "GetResult", methods: ["GET", "POST"] as const },
      { name: "Dismiss", methods: ["GET", "POST"] as const }
    ]
    : [{ name: "Execute", methods: ["GET", "POST"] as const }]
]

/** The capabilities of a node, in one of its versions. */
export const capabilities = (
  title: string,
  base: string,
  version: string,
  processes: ReadonlyArray<Capabilities.ProcessSummary>
): Capabilities.Capabilities => ({
  version: Option.some(version),
  updateSequence: Option.none(),
  language: Option.none(),
  identification: Option.some({
    titles: [title],
    abstracts: [],
    keywords: [],
    serviceType: Option.some("WPS"),
    serviceTypeVersions: [version],
    profiles: [],
    fees: Option.none(),
    accessConstraints: []
  }),
  provider: Option.none(),
  operations: operationsOf(version).map(({ methods, name }) => ({
    name,
    endpoints: methods.map((method) => ({ method, href: base, constraints: [] })),
    parameters: [],
    constraints: []
  })),
  parameters: [],
  constraints: [],
  processes,
  defaultLanguage: Option.none(),
  languages: [],
  wsdl: Option.none()
})
