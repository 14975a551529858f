/** Which request gets which answer. */
import type { Execute, Ows } from "@effect-wps/wps"
import type { WpsProtocol, WpsRequest } from "@effect-wps/wps/WpsProtocol"
import type * as HttpApp from "@effect/platform/HttpApp"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Answer } from "../Quirk.ts"
import type { File } from "../WpsNode.ts"
import { type Node, protocols } from "./node.ts"
import { exception, faultOf, notAllowed, notFound, report, respond, unescaped } from "./nodeAnswers.ts"
import { describeNode, describeProcesses } from "./nodeDescriptions.ts"
import * as nodeJobs from "./nodeJobs.ts"
import { atOnce, prepare } from "./nodeRun.ts"

/** An answer that is still to be made: of which operation, and about which job or output. */
interface Route<out R> {
  readonly operation: Answer["operation"]
  readonly about: string
  readonly response: Effect.Effect<HttpServerResponse.HttpServerResponse, never, R>
}

const refused = (protocol: WpsProtocol, status: number, exception: Ows.OwsException): Route<never> => ({
  operation: "Execute",
  about: "",
  response: Effect.succeed(respond(protocol)(status, report([exception])))
})

// ---------------------------------------------------------------------------------------------------------- operations

/** Every output, whatever else was asked for. */
const everyOutput = { _tag: "Document", outputs: [], mode: "sync", lineage: false } as const

/** What the node makes of a request to execute a process. */
const understood = (
  { behaviour }: Node<unknown>,
  spoken: WpsProtocol,
  { inputs, response, ...rest }: Execute.ExecuteRequest
): Execute.ExecuteRequest => {
  const isMisread = behaviour.misreads200 === true && spoken.version === "2.0.0"
  const form: Execute.ResponseForm = isMisread
    ? everyOutput
    : behaviour.alwaysAsync === true
    ? { ...everyOutput, mode: "async" }
    : response
  return {
    ...rest,
    inputs: isMisread ? [] : inputs,
    response: form._tag === "Document" && behaviour.alwaysLineage === true ? { ...form, lineage: true } : form
  }
}

const execute = <R>(node: Node<R>, protocol: WpsProtocol, request: Execute.ExecuteRequest, base: string) =>
  Effect.matchEffect(prepare(node, protocol, request, base), {
    onFailure: (wrong) => Effect.succeed(respond(protocol)(400, report(wrong))),
    onSuccess: (run) => run.isAsync ? nodeJobs.start(node, run) : atOnce(node, run)
  })

/** The answer to a request that could be read. */
const answered = <R>(node: Node<R>, spoken: WpsProtocol, request: WpsRequest, base: string): Route<R> => {
  const { answersIn } = node.behaviour
  const protocol = answersIn === undefined ? spoken : protocols[answersIn]
  const operation = request._tag
  switch (request._tag) {
    case "GetCapabilities":
      return {
        operation,
        about: "",
        response: Effect.succeed(describeNode(node, spoken, request.acceptVersions, base))
      }
    case "DescribeProcess":
      return { operation, about: "", response: Effect.succeed(describeProcesses(node, protocol, request.identifiers)) }
    case "Execute":
      return {
        operation,
        about: "",
        response: execute(node, protocol, understood(node, spoken, request.request), base)
      }
    default:
      return {
        operation,
        about: request.jobId,
        response: nodeJobs.about(node, protocol, request._tag, request.jobId)
      }
  }
}

// -------------------------------------------------------------------------------------------------------------- routes

const fileResponse = Option.match({
  onNone: () => notFound,
  onSome: ({ content, contentType }: File) => HttpServerResponse.uint8Array(content, { contentType })
})

/** What lies below the service: the status documents of jobs, and outputs. */
const found = ({ memory, statusPath: [before, behind] }: Node<unknown>, below: string): Route<never> => {
  if (below.startsWith(before) && below.endsWith(behind)) {
    const id = below.slice(before.length, below.length - behind.length)
    return {
      operation: "GetStatus",
      about: id,
      response: Effect.map(
        memory.job(id),
        Option.match({
          onNone: () => notFound,
          onSome: ({ document }) => respond(protocols["1.0.0"])(200, { _tag: "ExecuteResponse", value: document })
        })
      )
    }
  }
  const path = below.startsWith("/outputs/") ? unescaped(below.slice("/outputs/".length)) : Option.none()
  return {
    operation: "GetOutput",
    about: Option.getOrElse(path, () => ""),
    response: Effect.map(
      Option.match(path, { onNone: () => Effect.succeedNone, onSome: memory.file }),
      fileResponse
    )
  }
}

/** A document that was posted. The root's namespace says in which version it is. */
const posted = <R>(node: Node<R>, body: Uint8Array, base: string): Route<R> => {
  const attempts = node.spoken.map((protocol) => ({ protocol, decoded: protocol.decodeRequest(body) }))
  const { decoded, protocol } =
    attempts.find(({ decoded }) => Either.isRight(decoded) || decoded.left.reason !== "unexpected-root") ??
      { protocol: node.first, decoded: node.first.decodeRequest(body) }
  return Either.match(decoded, {
    onLeft: (error): Route<R> => refused(protocol, ...faultOf(error)),
    onRight: (one) => answered(node, protocol, one, base)
  })
}

const valueOf = (parameters: URLSearchParams, name: string): string | undefined =>
  [...parameters].find(([one]) => one.toLowerCase() === name)?.[1]

/** A request by GET in which a quirk of the node finds the name of a job, in WPS 1.0.0. */
const askedByQuirk = (node: Node<unknown>, parameters: URLSearchParams): Route<never> | undefined => {
  const { behaviour, statusPath: [before, behind] } = node
  const value = (name: string) => valueOf(parameters, name)
  if (behaviour.statusByExecute === true && value("identifier") === "GetStatus") {
    const sid = /^sid=(.*)$/.exec(value("datainputs") ?? "")?.[1]
    if (sid !== undefined) return found(node, `${before}${sid}${behind}`)
  }
  const id = behaviour.executionIds === true ? value("executionid") : undefined
  if (id === undefined) return undefined
  switch (value("request")?.toLowerCase()) {
    case "dismiss":
      return { operation: "Dismiss", about: id, response: nodeJobs.about(node, protocols["1.0.0"], "Dismiss", id) }
    case "getexecutionresult":
      return found(node, `/outputs/${encodeURIComponent(id)}/${encodeURIComponent(value("outputid") ?? "")}`)
    default:
      return found(node, `${before}${id}${behind}`)
  }
}

/** What the node reads of the parameters of a request. */
const heard = ({ behaviour: { readsInputs } }: Node<unknown>, parameters: URLSearchParams): URLSearchParams =>
  readsInputs === undefined ? parameters : new URLSearchParams(
    [...parameters].map(([name, value]) => [name, name.toLowerCase() === "datainputs" ? readsInputs(value) : value])
  )

const withoutReferences = (request: WpsRequest): WpsRequest =>
  request._tag !== "Execute" || request.request.response._tag === "Raw" ? request : {
    ...request,
    request: {
      ...request.request,
      response: {
        ...request.request.response,
        outputs: request.request.response.outputs.map((output) => ({ ...output, asReference: false }))
      }
    }
  }

/** A request by GET. GetCapabilities has no parameter for a version, but some clients name one. */
const asked = <R>(node: Node<R>, parameters: URLSearchParams, base: string): Route<R> => {
  const byQuirk = askedByQuirk(node, parameters)
  if (byQuirk !== undefined) return byQuirk
  const version = valueOf(parameters, "version")
  const named = node.spoken.find((one) => one.version === version)
  if (version !== undefined && named === undefined) {
    const text = `The version is none of ${node.spoken.map((one) => one.version).join(", ")}.`
    return refused(node.first, 400, exception("InvalidParameterValue", "version", text))
  }
  const protocol = named ?? node.first
  return Either.match(protocol.decodeParameters(heard(node, parameters)), {
    onLeft: (one): Route<R> => refused(protocol, one.code === "OperationNotSupported" ? 501 : 400, one),
    onRight: (one) =>
      answered(node, protocol, node.behaviour.ignoresAsReference === true ? withoutReferences(one) : one, base)
  })
}

// ----------------------------------------------------------------------------------------------------------------- app

/** The answer of a route, as the node's quirks change it. */
const changed = <R>(
  { memory, quirks }: Node<R>,
  { about, operation, response }: Route<R>,
  request: HttpServerRequest.HttpServerRequest,
  body: Uint8Array = new Uint8Array(0)
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  quirks.length === 0
    ? response
    : Effect.flatMap(memory.count(operation, about), (count) => {
      const answer = { operation, count, request, body: new TextDecoder().decode(body) }
      return quirks.reduce((response, quirk) => quirk.change({ ...answer, response }), response)
    })

/** The app of a node. */
export const app = <R>(node: Node<R>): HttpApp.Default<never, R> =>
  Effect.gen(function*() {
    const { first, root, statusPath: [beforeId] } = node
    const request = yield* HttpServerRequest.HttpServerRequest
    const refusal = yield* node.authorize(request)
    if (Option.isSome(refusal)) return refusal.value
    const url = Option.getOrUndefined(HttpServerRequest.toURL(request))
    if (url === undefined) {
      return yield* refused(first, 400, exception("NoApplicableCode", "host", "The address asked for cannot be read."))
        .response
    }
    if (!url.pathname.startsWith(root)) return notFound
    const base = `${url.origin}${root}`
    const below = url.pathname.slice(root.length)
    const reads = request.method === "GET" || request.method === "HEAD"
    if (below !== "" && below !== "/") {
      return below.startsWith("/") && !reads
        ? notAllowed("GET, HEAD")
        : yield* changed(node, found(node, beforeId.includes("?") ? `${below}${url.search}` : below), request)
    }
    if (request.method === "POST") {
      return yield* Effect.matchEffect(request.arrayBuffer, {
        onFailure: () => {
          const unreadable = exception("NoApplicableCode", "body", "The body could not be read.")
          return changed(node, refused(first, 400, unreadable), request)
        },
        onSuccess: (buffer) => {
          const body = new Uint8Array(buffer)
          return changed(node, posted(node, body, base), request, body)
        }
      })
    }
    if (!reads) return notAllowed("GET, HEAD, POST")
    return yield* changed(node, asked(node, url.searchParams, base), request)
  })
