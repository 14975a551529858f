/**
 * A WPS 1.0.0 server that computes nothing: every answer is made at the start. It is the same for every peer, so what
 * differs is the client.
 *
 *     POST /wps                                    an ExecuteResponse, finished, or accepted when `status="true"`
 *     GET  /wps?request=DescribeProcess            500 processes of 10 inputs
 *     GET  /wps?request=GetCapabilities            500 processes
 *     GET  /status/ID?...                          the 5th read says ProcessSucceeded
 *     POST /gml/BYTES, GET /gml/BYTES              an ExecuteResponse with about so many bytes of GML in it
 *     POST /raw/BYTES, GET /raw/BYTES              so many bytes, of no type
 *     POST /sink                                   an ExecuteResponse that says how many bytes came
 *     POST /endless/1.0.0, POST /endless/2.0.0     a job that does not end, to be asked for by its statusLocation or JobID
 *     GET  /reads                                  how many times such jobs have been asked for
 *
 * Prints `ready URL` and ends at the end of its standard input.
 */
import { createServer, type ServerResponse } from "node:http"
import * as Documents from "./documents.ts"

const server = createServer((request, response) => {
  const target = new URL(request.url ?? "/", base)
  const [, route = "", argument = ""] = target.pathname.split("/")
  const other = routes[route]
  if (other !== undefined) {
    let length = 0
    request.on("data", (chunk: Buffer) => {
      length += chunk.length
    })
    request.on("end", () => other(response, { argument, length, target, isRead: request.method === "GET" }))
  } else if (request.method === "POST") {
    const chunks: Array<Buffer> = []
    request.on("data", (chunk: Buffer) => chunks.push(chunk))
    request.on("end", () => {
      const isAsync = Buffer.concat(chunks).includes(`status="true"`)
      send(response, isAsync ? Buffer.from(Documents.accepted(url, newStatusLocation())) : succeeded)
    })
  } else if (target.pathname.startsWith("/status/")) {
    send(response, Buffer.from(readStatus(target.pathname)))
  } else if (/DescribeProcess/i.test(target.search)) {
    send(response, descriptions)
  } else {
    send(response, capabilities)
  }
})

const send = (response: ServerResponse, body: Buffer): void => {
  response.writeHead(200, { "Content-Type": "text/xml; charset=utf-8", "Content-Length": body.length })
  response.end(body)
}

/** What is known of a request when its body has come, which nobody keeps. */
interface Received {
  readonly argument: string
  readonly length: number
  readonly target: URL
  readonly isRead: boolean
}

const routes: Readonly<Record<string, (response: ServerResponse, received: Received) => void>> = {
  gml: (response, { argument }) => {
    const features = gml.get(argument) ?? Buffer.from(Documents.features(url, Number(argument)))
    gml.set(argument, features)
    send(response, features)
  },
  raw: (response, { argument }) => {
    response.writeHead(200, { "Content-Type": "application/octet-stream", "Content-Length": argument })
    sendBytes(response, Number(argument))
  },
  sink: (response, { length }) => send(response, Buffer.from(Documents.received(url, length))),
  endless: (response, { argument, isRead, target }) => {
    if (isRead) endlessReads++
    const jobId = isRead ? target.searchParams.get("JobID") ?? argument : `job-${jobs++}`
    const place = `${base}/endless/${jobId}`
    const document = argument === "2.0.0"
      ? Documents.running(jobId)
      : isRead
      ? Documents.started(url, place, 20)
      : Documents.accepted(url, place)
    send(response, Buffer.from(document))
  },
  reads: (response) => send(response, Buffer.from(`${endlessReads}`))
}

/** No XML, and nothing that is the same all over. */
const piece = Buffer.alloc(256 * 1024).map((_, at) => (at * 31 + (at >> 8)) & 0xff)

const sendBytes = (response: ServerResponse, left: number): void => {
  while (left > 0) {
    const part = left < piece.length ? piece.subarray(0, left) : piece
    left -= part.length
    if (!response.write(part) && left > 0) {
      response.once("drain", () => sendBytes(response, left))
      return
    }
  }
  response.end()
}

const gml = new Map<string, Buffer>()
let endlessReads = 0

let base = "http://127.0.0.1"
let url = base
let jobs = 0
let succeeded = Buffer.alloc(0)
let capabilities = Buffer.alloc(0)
const descriptions = Buffer.from(Documents.descriptions(500, 10))
const reads = new Map<string, number>()

const newStatusLocation = (): string => `${base}/status/${jobs++}`

const readStatus = (path: string): string => {
  const read = (reads.get(path) ?? 0) + 1
  if (read < 5) {
    reads.set(path, read)
    return Documents.started(url, base + path, read * 20)
  }
  reads.delete(path)
  return Documents.succeeded(url, base + path)
}

server.keepAliveTimeout = 60_000
server.listen(0, "127.0.0.1", () => {
  const address = server.address()
  const port = address !== null && typeof address === "object" ? address.port : 0
  base = `http://127.0.0.1:${port}`
  url = `${base}/wps`
  succeeded = Buffer.from(Documents.succeeded(url))
  capabilities = Buffer.from(Documents.capabilities(url, 500))
  process.stdout.write(`ready ${url}\n`)
})

process.stdin.resume().on("end", () => process.exit())
