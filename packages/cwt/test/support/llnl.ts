import { BearerAuth } from "@effect-wps/auth"
import { Cdat, Llnl, Variable } from "@effect-wps/cwt"
import { ScriptedServer } from "@effect-wps/testing"
import { Effect, Layer, Redacted, Ref, Schedule } from "effect"

export type Answer = Exclude<ScriptedServer.Answer, string>

export type Script = ScriptedServer.Script

export type Sent = ScriptedServer.Sent

export const { ScriptedServer: Node, layer: layerNode } = ScriptedServer

export const sent = Effect.flatMap(Node, (node) => node.sent)

/** What was sent, in short: the method, the path, and the query. */
export const lines = Effect.map(
  sent,
  (all) => all.map(({ method, url }) => `${method} ${url.replace("https://example.org", "")}`)
)

export const url = "https://example.org/wps"

/** Tokens in the order in which they are given out: another one each time the last is refused. */
export const tokens = ["t0k3n-1", "t0k3n-2", "t0k3n-3"]

export const rotating = Layer.unwrapEffect(Effect.map(
  Ref.make(0),
  (count) =>
    BearerAuth.layerEffect(
      Effect.map(Ref.getAndUpdate(count, (n) => n + 1), (n) => Redacted.make(tokens[n] ?? "t0k3n"))
    )
))

/** A client of a scripted node, whose jobs are asked for without pauses. */
export const layer = (script: Script, options?: Partial<Llnl.Options>) =>
  Llnl.layer({ url, poll: { schedule: Schedule.forever, badReads: 3 }, ...options }).pipe(
    Layer.provide(rotating),
    Layer.provideMerge(layerNode(script))
  )

// ---------------------------------------------------------------------------------------------------------- documents

export const xml = (body: string, headers?: Readonly<Record<string, string>>): Answer => ({
  headers: { "content-type": "text/xml", ...headers },
  body
})

export const json = (value: unknown, status = 200, headers?: Readonly<Record<string, string>>): Answer => ({
  status,
  headers: { "content-type": "application/json", ...headers },
  body: JSON.stringify(value)
})

export const html = (status: number, body: string): Answer => ({
  status,
  headers: { "content-type": "text/html" },
  body: `<!doctype html><html lang="en"><body>${body}</body></html>`
})

export const csrfPage = html(403, "<p>CSRF verification failed. Request aborted.</p>")
export const crash = html(500, "<h1>Server Error (500)</h1>")

export const report = (text: string): Answer =>
  xml(
    `<?xml version="1.0"?><ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="1.0.0">` +
      `<ows:Exception exceptionCode="NoApplicableCode"><ows:ExceptionText>${text}</ows:ExceptionText></ows:Exception>` +
      `</ows:ExceptionReport>`
  )

export const refusedToken = report("Access token is no longer valid")

export const notAuthenticated = json({ detail: "Authentication credentials were not provided." }, 401, {
  "www-authenticate": "Basic realm=\"api\""
})

export const notFound = json({ detail: "Not found." }, 404)

export const setCookie = (token: string) => ({ "set-cookie": `csrftoken=${token}; Path=/; SameSite=Lax` })

/** A document about a job, `abstract` and `result` as they stand. */
export const document = (options: {
  readonly id?: number
  readonly status?: string
  readonly location?: string
  readonly abstract?: string
  readonly result?: string
}): string => {
  const { abstract = "Computes.", id = 1, location = `${url}/api/job/${id}.wps`, result } = options
  const status = options.status ??
    (result === undefined
      ? "<wps:ProcessAccepted></wps:ProcessAccepted>"
      : `<wps:ProcessSucceeded>done</wps:ProcessSucceeded>`)
  const outputs = result === undefined
    ? ""
    : `<wps:ProcessOutputs><wps:Output><ows:Identifier>output</ows:Identifier><ows:Title>output</ows:Title><wps:Data>` +
      `<wps:ComplexData mimeType="application/json">\n  ${result}\n</wps:ComplexData></wps:Data></wps:Output></wps:ProcessOutputs>`
  return `<?xml version="1.0" encoding="UTF-8"?>\n<wps:ExecuteResponse xmlns:wps="http://www.opengis.net/wps/1.0.0" ` +
    `xmlns:ows="http://www.opengis.net/ows/1.1" service="WPS" version="1.0.0" xml:lang="en-CA" ` +
    `serviceInstance="${url}" statusLocation="${location}"><wps:Process wps:processVersion="devel">` +
    `<ows:Identifier>CDAT.max</ows:Identifier><ows:Title>CDAT.max</ows:Title><ows:Abstract>${abstract}</ows:Abstract>` +
    `</wps:Process><wps:Status creationTime="">${status}</wps:Status>${outputs}</wps:ExecuteResponse>`
}

export const capabilities = `<?xml version="1.0" encoding="UTF-8"?>
<wps:Capabilities service="WPS" version="1.0.0" xml:lang="en-CA" xmlns:wps="http://www.opengis.net/wps/1.0.0"
  xmlns:ows="http://www.opengis.net/ows/1.1" xmlns:xlink="http://www.w3.org/1999/xlink">
<ows:ServiceIdentification><ows:Title>node</ows:Title><ows:ServiceType>WPS</ows:ServiceType>
<ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion></ows:ServiceIdentification>
<ows:ServiceProvider><ows:ProviderName>node</ows:ProviderName><ows:ServiceContact/></ows:ServiceProvider>
<ows:OperationsMetadata><ows:Operation name="Execute"><ows:DCP><ows:HTTP><ows:Get xlink:href="${url}"/></ows:HTTP></ows:DCP>
</ows:Operation></ows:OperationsMetadata>
<wps:ProcessOfferings><wps:Process wps:processVersion="devel"><ows:Identifier>CDAT.max</ows:Identifier>
<ows:Title>CDAT.max</ows:Title></wps:Process></wps:ProcessOfferings>
<wps:Languages><wps:Default><ows:Language>en-CA</ows:Language></wps:Default><wps:Supported><ows:Language>en-CA</ows:Language>
</wps:Supported></wps:Languages></wps:Capabilities>`

/** A job as the API lists it, its links as wrong as they are. */
export const listed = (id: number, more?: Readonly<Record<string, unknown>>) => ({
  url: `http://internal.example.org/wpsapi/job/${id}/`,
  id,
  identifier: "CDAT.max",
  status: "ProcessAccepted",
  status_links: [`http://internal.example.org/wpsapi/status/${id}/`],
  elapsed: null,
  output: [],
  accepted: "2026-11-23T06:06:51.851268-08:00",
  datainputs: `{"variable": [], "domain": [], "operation": []}`,
  ...more
})

export const page = (results: ReadonlyArray<unknown>, next: string | null = null, count = 25): Answer =>
  json({ count, next, previous: null, results })

// ------------------------------------------------------------------------------------------------------ what is asked

export const maximum = Cdat.max({
  inputs: [Variable.make({ uri: "https://data.example.org/tas.nc", name: "tas" })],
  axes: ["time"]
})

export const output = `[{"uri": "https://data.example.org/thredds/dodsC/a.nc", "id": "tas|max"}]`

export const pathOf = (one: Sent): string => new URL(one.url).pathname
export const isPost = (one: Sent): boolean => one.method === "POST"
export const isPoll = (one: Sent): boolean => one.url.endsWith(".wps")
export const tokenOf = (one: Sent | undefined): string | undefined => one?.headers["authorization"]

/** A node whose job is done when it is first asked for; what is given here is asked first. */
export const node =
  (first: (sent: Sent, before: ReadonlyArray<Sent>) => Answer | "cut" | "never" | undefined): Script => (one, before) =>
    first(one, before) ??
      (isPoll(one)
        ? xml(document({ result: output }))
        : isPost(one)
        ? xml(document({}), setCookie("c00kie"))
        : pathOf(one) === "/wps"
        ? xml(capabilities, setCookie("c00kie"))
        : html(404, "Not Found"))
