/**
 * A WPS 1.0.0 server that computes nothing: every answer is made at the start. It is the same for every peer, so what
 * differs is the client.
 *
 *     POST /wps                                    an ExecuteResponse, finished, or accepted when `status="true"`
 *     GET  /wps?request=DescribeProcess            500 processes of 10 inputs
 *     GET  /wps?request=GetCapabilities            500 processes
 *     GET  /status/ID?...                          the 5th read says ProcessSucceeded
 *
 * Prints `ready URL` and ends at the end of its standard input.
 */
import { createServer, type ServerResponse } from "node:http"
import * as Documents from "./documents.ts"

const server = createServer((request, response) => {
  const target = new URL(request.url ?? "/", base)
  if (request.method === "POST") {
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
