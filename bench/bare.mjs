/**
 * The tasks of the benchmark with nothing but undici.request and saxes: what any client on this stack is measured by.
 *
 *     node bare.mjs URL
 *
 * Reads lines `TASK CALLERS SECONDS` and answers each with a line of JSON, {"count": ..., "seconds": ..., "cpu": ...}.
 */
import { createInterface } from "node:readline"
import { SaxesParser } from "saxes"
import { Agent, request } from "undici"

const url = process.argv[2]
const dispatcher = new Agent({ connections: 64 })

const escape = (text) => text.replace(/[&<>]/g, (char) => (char === "&" ? "&amp;" : char === "<" ? "&lt;" : "&gt;"))

const input = (identifier, value) =>
  `<wps:Input><ows:Identifier>${identifier}</ows:Identifier><wps:Data><wps:LiteralData>${escape(value)}` +
  `</wps:LiteralData></wps:Data></wps:Input>`

const executeRequest = (inputs, isAsync) =>
  `<?xml version="1.0" encoding="UTF-8"?><wps:Execute xmlns:wps="http://www.opengis.net/wps/1.0.0" ` +
  `xmlns:ows="http://www.opengis.net/ows/1.1" service="WPS" version="1.0.0"><ows:Identifier>add</ows:Identifier>` +
  `<wps:DataInputs>${inputs.map(([name, value]) => input(name, value)).join("")}</wps:DataInputs><wps:ResponseForm>` +
  `<wps:ResponseDocument storeExecuteResponse="${isAsync}" status="${isAsync}">` +
  `<wps:Output><ows:Identifier>sum</ows:Identifier></wps:Output>` +
  `<wps:Output><ows:Identifier>note</ows:Identifier></wps:Output>` +
  `</wps:ResponseDocument></wps:ResponseForm></wps:Execute>`

const send = async (target, options) => {
  const { body, statusCode } = await request(target, { dispatcher, ...options })
  const text = await body.text()
  if (statusCode !== 200) throw new Error(String(statusCode))
  return text
}

const post = (body) => send(url, { method: "POST", body, headers: { "content-type": "text/xml; charset=utf-8" } })

const parse = (text, open, close) => {
  const parser = new SaxesParser({ xmlns: true })
  let content = ""
  parser.on("error", (error) => {
    throw error
  })
  parser.on("opentag", (tag) => {
    content = ""
    open(tag)
  })
  parser.on("text", (chunk) => {
    content += chunk
  })
  parser.on("closetag", (tag) => {
    close(tag, content)
    content = ""
  })
  parser.write(text).close()
}

const readExecuteResponse = (text) => {
  const response = { statusLocation: undefined, status: undefined, outputs: {} }
  let identifier
  parse(text, (tag) => {
    if (tag.local === "ExecuteResponse") response.statusLocation = tag.attributes.statusLocation?.value
  }, (tag, content) => {
    if (tag.local === "Identifier") identifier = content
    else if (tag.local === "LiteralData") response.outputs[identifier] = content
    else if (tag.local.startsWith("Process") && tag.local !== "Process" && tag.local !== "ProcessOutputs") {
      response.status = tag.local
    }
  })
  return response
}

const readDescriptions = (text) => {
  const processes = []
  let process
  let put
  let data
  let format
  parse(text, (tag) => {
    switch (tag.local) {
      case "ProcessDescription":
        process = { version: tag.attributes["wps:processVersion"]?.value, inputs: [], outputs: [] }
        put = process
        processes.push(process)
        break
      case "Input":
        put = { minOccurs: Number(tag.attributes.minOccurs.value), maxOccurs: Number(tag.attributes.maxOccurs.value) }
        process.inputs.push(put)
        break
      case "Output":
        put = {}
        process.outputs.push(put)
        break
      case "LiteralData":
      case "ComplexData":
      case "ComplexOutput":
      case "BoundingBoxData":
        data = { kind: tag.local, formats: [], values: [], units: [], crs: [] }
        put.data = data
        break
      case "Format":
        format = {}
        data.formats.push(format)
    }
  }, (tag, content) => {
    switch (tag.local) {
      case "Identifier":
        put.identifier = content
        break
      case "Title":
        put.title = content
        break
      case "Abstract":
        put.abstract = content
        break
      case "DataType":
        data.type = content
        break
      case "Value":
      case "MinimumValue":
      case "MaximumValue":
        data.values.push(content)
        break
      case "UOM":
        data.units.push(content)
        break
      case "CRS":
        data.crs.push(content)
        break
      case "DefaultValue":
        data.default = content
        break
      case "MimeType":
        format.mimeType = content
        break
      case "Encoding":
        format.encoding = content
        break
      case "Schema":
        format.schema = content
    }
  })
  return processes
}

const inputs = [["a", "40.5"], ["b", "2"], ["label", "a < b & c"]]

const check = ({ outputs }) => {
  if (Number(outputs.sum) !== 42.5 || outputs.note !== "a < b & c") throw new Error(JSON.stringify(outputs))
}

const tasks = {
  execute: async () => check(readExecuteResponse(await post(executeRequest(inputs, false)))),
  job: async () => {
    let response = readExecuteResponse(await post(executeRequest(inputs, true)))
    while (response.status !== "ProcessSucceeded") {
      response = readExecuteResponse(await send(response.statusLocation, {}))
    }
    check(response)
  },
  describe: async () => {
    const processes = readDescriptions(
      await send(`${url}?service=WPS&version=1.0.0&request=DescribeProcess&Identifier=ALL`, {})
    )
    if (processes.length !== 500 || processes[499].inputs.length !== 10) throw new Error(String(processes.length))
  }
}

const measure = async (task, callers, seconds) => {
  const start = performance.now()
  const before = process.cpuUsage()
  let count = 0
  const call = async () => {
    while (performance.now() - start < seconds * 1000) {
      await task()
      count++
    }
  }
  await Promise.all(Array.from({ length: callers }, call))
  const { system, user } = process.cpuUsage(before)
  return { count, seconds: (performance.now() - start) / 1000, cpu: (user + system) / 1e6 }
}

process.stdout.write("ready\n")
for await (const line of createInterface({ input: process.stdin })) {
  const [task, callers, seconds] = line.split(" ")
  process.stdout.write(JSON.stringify(await measure(tasks[task], Number(callers), Number(seconds))) + "\n")
}
process.exit()
