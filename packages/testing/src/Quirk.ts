/**
 * How real servers depart from the standard. Give a node some of these quirks to test a program against such a server.
 *
 * Each quirk was seen at a server, or reported by its users. `pyWps`, `javaPs`, `geoServer`, `llnl` and the like are
 * lists of all the quirks of one server.
 *
 * The quirks are defined in `internal/quirks`, one file for each of the kinds below.
 *
 * @since 0.1.0
 */
import type { WpsProtocol } from "@effect-wps/wps"
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as quirk from "./internal/quirk.ts"

/**
 * An answer that a node is about to give.
 *
 * @since 0.1.0
 * @category models
 */
export interface Answer<out R = never> {
  /** The operation. A GET of a job's status document is a `GetStatus`, one of a stored output a `GetOutput`. */
  readonly operation: WpsProtocol.WpsRequest["_tag"] | "GetOutput"
  /** The number of this answer, from 1: among those of its operation, and for its job or output if it has one. */
  readonly count: number
  readonly request: HttpServerRequest.HttpServerRequest
  /** The document that was posted; empty for a GET. */
  readonly body: string
  /** Makes the answer. It runs the process too, so a quirk that does not use it runs nothing. */
  readonly response: Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

/**
 * What a node does otherwise, for the quirks that cannot be made by changing an answer.
 *
 * @since 0.1.0
 * @category models
 */
export interface Behaviour {
  /** Whether GetResult of a running job waits for its end instead of answering `ResultNotReady`. */
  readonly getResultWaits?: boolean | undefined
  /** Whether a dismissed job is kept, as a failed one. A job that has ended cannot be dismissed then. */
  readonly dismissedIsFailed?: boolean | undefined
  /** The version of all answers but capabilities, whichever version was asked for. */
  readonly answersIn?: "1.0.0" | undefined
  /** Whether answers have all outputs, even if only some were asked for. */
  readonly everyOutput?: boolean | undefined
  /** Whether a DescribeProcess of `ALL` gets no descriptions. */
  readonly emptyOfferings?: boolean | undefined
  /** Whether every Execute is run asynchronously and gives all outputs, whatever it asked for. */
  readonly alwaysAsync?: boolean | undefined
  /** Whether clients ask for jobs and dismiss them by the parameter `executionId`, in WPS 1.0.0. */
  readonly executionIds?: boolean | undefined
  /** Whether clients ask for the state of a job by an Execute of the process `GetStatus`, in WPS 1.0.0. */
  readonly statusByExecute?: boolean | undefined
  /** The path of a job's status document, below the node's path. It replaces the node's option of this name. */
  readonly statusPath?: `/${string}{id}${string}` | undefined
  /** The state in which every asynchronous job stays for ever. */
  readonly stuckJobs?: "Accepted" | "Started" | undefined
  /** How long an asynchronous job stays accepted before it starts. */
  readonly queuedFor?: Duration.DurationInput | undefined
  /** Whether job documents repeat the request, even if the client did not ask for that. */
  readonly alwaysLineage?: boolean | undefined
  /** Whether GetCapabilities is answered in the last version that the client accepts, and in 1.0.0 if it names none. */
  readonly lastVersionWins?: boolean | undefined
  /** Whether an Execute of WPS 2.0 is run synchronously, without its inputs, and gives all outputs. */
  readonly misreads200?: boolean | undefined
  /** Whether an Execute by GET gets outputs by value that it wants by reference. */
  readonly ignoresAsReference?: boolean | undefined
  /** Changes the parameter `DataInputs`, whose URL encoding is decoded already, before the node reads it. */
  readonly readsInputs?: ((dataInputs: string) => string) | undefined
  /** Whether descriptions have the inputs and outputs in another order than the process. */
  readonly otherOrder?: boolean | undefined
}

/**
 * One departure from the standard. A node can have several: the first in its list changes an answer first.
 *
 * @since 0.1.0
 * @category models
 */
export interface Quirk {
  readonly name: string
  readonly behaviour: Behaviour
  readonly change: <R>(answer: Answer<R>) => Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

/**
 * The operation that a quirk is for.
 *
 * @since 0.1.0
 * @category models
 */
export type Operation = Answer["operation"]

// -------------------------------------------------------------------------------------------------------- constructors

/**
 * A quirk of your own, which can give any answer.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 * import { HttpServerResponse } from "@effect/platform"
 * import { Effect } from "effect"
 *
 * const gone = Quirk.make("gone", ({ operation, response }) =>
 *   operation === "GetOutput" ? Effect.succeed(HttpServerResponse.empty({ status: 410 })) : response)
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [gone] })
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const make: (name: string, change: Quirk["change"], behaviour?: Behaviour) => Quirk = quirk.make

/**
 * A quirk that changes the text of the service's documents, but not stored outputs. `root` is the local name of the
 * document's root. The prefixes are `wps`, `ows` and `xlink`, so put this before the quirk `prefixes`.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const untitled = Quirk.rewrite("untitled", (text, root) =>
 *   root === "Capabilities" ? text.replace(/<ows:Title>.*?<\/ows:Title>/g, "") : text)
 * ```
 *
 * @since 0.1.0
 * @category constructors
 */
export const rewrite: (
  name: string,
  change: (text: string, root: string, answer: Answer<unknown>) => string
) => Quirk = quirk.rewrite

// ------------------------------------------------------------------------------------------------------------ failures

/**
 * What goes wrong: pages in the place of documents, errors, reports that say too little, connections that end.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.html500("GetStatus", 2)] })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.closesConnection("Execute", 1)] })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
 *
 * const Silent = WpsTest.layer([WpsNode.echo], { quirks: [Quirk.neverAnswers("GetStatus", 1)] })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.failureText("Process failed, please check server error log")
 * ```
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 * import { Redacted } from "effect"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.guardsExecute(Redacted.make("secret"))] })
 * ```
 */
export * from "./internal/quirks/failures.ts"

// ---------------------------------------------------------------------------------------------------------------- jobs

/**
 * What goes wrong with jobs: status documents that are cut or missing, wrong addresses, unknown states, queues.
 *
 * @example
 * ```ts
 * import { Quirk, WpsTest, WpsNode } from "@effect-wps/testing"
 *
 * const Torn = WpsTest.layer([WpsNode.echo], { quirks: [Quirk.tornStatus] })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsServer } from "@effect-wps/testing"
 *
 * const Server = WpsServer.layer([WpsNode.echo], { quirks: [Quirk.internalHost("http://10.0.0.7:8080")] })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
 *
 * const Stuck = WpsTest.layer([WpsNode.echo], {
 *   quirks: [Quirk.stuckJobs("Started")],
 *   client: { poll: { stallTimeout: "10 minutes" } }
 * })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.creationTimeAs("2011-10-04T16:54:23.148-05:00")
 * ```
 */
export * from "./internal/quirks/jobs.ts"

// -------------------------------------------------------------------------------------------------------------- values

/**
 * How the values of outputs are written, and how those of inputs are read.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.datatypesNamespace("https://www.w3.org/2001/XMLSchema-datatypes#")
 * ```
 */
export * from "./internal/quirks/values.ts"

// -------------------------------------------------------------------------------------------------------- descriptions

/**
 * What a service says of itself and of its processes, and in which version it answers.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.unboundedAs("9223372036854775807")
 * ```
 */
export * from "./internal/quirks/descriptions.ts"

// ----------------------------------------------------------------------------------------------------------- documents

/**
 * How documents are written, whatever they say: prefixes, namespaces, encodings, types.
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.prefixes({ wps: "ns0", ows: "ns1", xlink: "xlin" })
 * ```
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.owsNamespace("http://www.opengis.net/ows/1.1.0")
 * ```
 *
 * @example
 * ```ts
 * import { Quirk } from "@effect-wps/testing"
 *
 * const quirk = Quirk.servedAs("application/xml")
 * ```
 */
export * from "./internal/quirks/documents.ts"

// ------------------------------------------------------------------------------------------------------------- servers

/**
 * All the quirks of one server. docs/quirks.md has tables of them, with what the client does about each.
 *
 * @example
 * ```ts
 * import { Quirk, WpsNode, WpsTest } from "@effect-wps/testing"
 *
 * const PyWps = WpsTest.layer([WpsNode.echo], { quirks: Quirk.pyWps })
 * ```
 */
export * from "./internal/quirks/servers.ts"
