/** Documents as servers write them, for tests. */

export const executeResponse = (status: string, options?: {
  readonly statusLocation?: string
  readonly outputs?: string
}): string =>
  `<?xml version="1.0" encoding="UTF-8"?>
<wps:ExecuteResponse xmlns:wps="http://www.opengis.net/wps/1.0.0" xmlns:ows="http://www.opengis.net/ows/1.1"
  xmlns:xlink="http://www.w3.org/1999/xlink" service="WPS" version="1.0.0" xml:lang="en"
  serviceInstance="https://example.org/wps?"${
    options?.statusLocation === undefined ? "" : ` statusLocation="${options.statusLocation}"`
  }>
  <wps:Process wps:processVersion="1"><ows:Identifier>long</ows:Identifier><ows:Title>Long</ows:Title></wps:Process>
  <wps:Status creationTime="2026-01-02T03:04:05Z">${status}</wps:Status>
  ${options?.outputs === undefined ? "" : `<wps:ProcessOutputs>${options.outputs}</wps:ProcessOutputs>`}
</wps:ExecuteResponse>`

export const accepted = "<wps:ProcessAccepted>queued</wps:ProcessAccepted>"
export const started = (percent: number | string, message = "working") =>
  `<wps:ProcessStarted percentCompleted="${percent}">${message}</wps:ProcessStarted>`
export const paused = `<wps:ProcessPaused percentCompleted="40">paused</wps:ProcessPaused>`
export const succeeded = "<wps:ProcessSucceeded>done</wps:ProcessSucceeded>"

export const exceptionReport = (code: string, text: string, locator?: string): string =>
  `<ows:ExceptionReport xmlns:ows="http://www.opengis.net/ows/1.1" version="1.0.0"><ows:Exception exceptionCode="${code}"${
    locator === undefined ? "" : ` locator="${locator}"`
  }><ows:ExceptionText>${text}</ows:ExceptionText></ows:Exception></ows:ExceptionReport>`

export const failed = (content: string) => `<wps:ProcessFailed>${content}</wps:ProcessFailed>`

export const literalOutput = (identifier: string, value: string): string =>
  `<wps:Output><ows:Identifier>${identifier}</ows:Identifier><ows:Title>${identifier}</ows:Title><wps:Data><wps:LiteralData>${value}</wps:LiteralData></wps:Data></wps:Output>`

export const referenceOutput = (identifier: string, href: string): string =>
  `<wps:Output><ows:Identifier>${identifier}</ows:Identifier><ows:Title>${identifier}</ows:Title><wps:Reference href="${href}" mimeType="text/plain"/></wps:Output>`
