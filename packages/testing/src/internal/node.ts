import { type DataValue, type Execute, type ProcessDescription, Wps100, Wps200 } from "@effect-wps/wps"
import type { WpsProtocol } from "@effect-wps/wps/WpsProtocol"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import type * as Scope from "effect/Scope"
import type { Behaviour, Quirk } from "../Quirk.ts"
import type { Implementation, Options } from "../WpsNode.ts"
import { describe } from "./describe.ts"
import * as nodeMemory from "./nodeMemory.ts"

export const protocols = { "1.0.0": Wps100.Wps100, "2.0.0": Wps200.Wps200 } as const

/** A node's options with their defaults, and what it has. */
export interface Node<out R> {
  readonly title: string
  /** The path of the service, without a slash at its end. */
  readonly root: string
  /** The versions that it speaks; a request that names none gets the first. */
  readonly spoken: ReadonlyArray<WpsProtocol>
  readonly first: WpsProtocol
  readonly implementations: ReadonlyMap<string, Implementation<R>>
  readonly descriptions: ReadonlyArray<ProcessDescription.ProcessDescription>
  readonly quirks: ReadonlyArray<Quirk>
  /** What the quirks say together. */
  readonly behaviour: Behaviour
  readonly memory: nodeMemory.NodeMemory
  /** Jobs that run asynchronously end with it. */
  readonly scope: Scope.Scope
  readonly jobId: Effect.Effect<string>
  /** What stands before and behind a job's id in the path of its status document, below the root. */
  readonly statusPath: readonly [before: string, behind: string]
  readonly nextPoll: Option.Option<Duration.Duration>
  readonly authorize: NonNullable<Options["authorize"]>
  readonly fetch: (reference: DataValue.Reference) => Effect.Effect<Uint8Array, string>
  readonly observe: (state: Execute.ExecuteResponse, request: Execute.ExecuteRequest) => Effect.Effect<void>
}

const randomId = Effect.map(
  Effect.all(Array.from({ length: 4 }, () => Random.nextIntBetween(0, 0x100000000))),
  (parts) => parts.map((part) => part.toString(16).padStart(8, "0")).join("")
)

export const make = Effect.fnUntraced(function*<R>(
  implementations: ReadonlyArray<Implementation<R>>,
  options: Options
): Effect.fn.Return<Node<R>, never, Scope.Scope> {
  const quirks = options.quirks ?? []
  const behaviour = quirks.reduce<Behaviour>((all, quirk) => ({ ...all, ...quirk.behaviour }), {})
  const spoken = (options.versions ?? ["1.0.0", "2.0.0"]).map((version) => protocols[version])
  const [before = "", behind = ""] = (behaviour.statusPath ?? options.statusPath ?? "/jobs/{id}").split("{id}")
  return {
    title: options.title ?? "WPS node",
    root: (options.path ?? "/wps").replace(/\/+$/, ""),
    spoken,
    first: spoken[0] ?? Wps100.Wps100,
    implementations: new Map(implementations.map((one) => [one.process.identifier, one])),
    descriptions: implementations.map(describe),
    quirks,
    behaviour,
    memory: yield* nodeMemory.make(options.files ?? {}, Duration.decode(options.keepJobs ?? "1 hour")),
    scope: yield* Effect.scope,
    jobId: options.jobId ?? randomId,
    statusPath: [before, behind],
    nextPoll: Option.map(Option.fromNullable(options.nextPoll), Duration.decode),
    authorize: options.authorize ?? (() => Effect.succeedNone),
    fetch: options.fetch ??
      (() => Effect.fail("This node takes no inputs by reference: it has no option `fetch`.")),
    observe: options.observe ?? (() => Effect.void)
  }
})
