/**
 * What the benchmark server answers: WPS 1.0.0 documents, the same on every run.
 */
const namespaces = [
  `xmlns:wps="http://www.opengis.net/wps/1.0.0"`,
  `xmlns:ows="http://www.opengis.net/ows/1.1"`,
  `xmlns:xlink="http://www.w3.org/1999/xlink"`
].join(" ")

const declaration = `<?xml version="1.0" encoding="UTF-8"?>`

const many = (count: number, make: (index: number) => string): string =>
  Array.from({ length: count }, (_, index) => make(index)).join("\n")

const named = (identifier: string, title: string): string =>
  `<ows:Identifier>${identifier}</ows:Identifier>
        <ows:Title>${title}</ows:Title>
        <ows:Abstract>${title}: read &amp; thrown away.</ows:Abstract>`

const dataType = (name: string): string =>
  `<ows:DataType ows:reference="http://www.w3.org/TR/xmlschema-2/#${name}">${name}</ows:DataType>`

const format = (mimeType: string): string =>
  `<Format>
              <MimeType>${mimeType}</MimeType>
              <Schema>http://schemas.example.org/${mimeType}.xsd</Schema>
            </Format>`

const formats = `<Default>
            ${format("application/json")}
          </Default>
          <Supported>
            ${format("application/json")}
            ${format("text/xml; subtype=gml/3.1.1")}
          </Supported>`

const kinds: ReadonlyArray<string> = [
  `<LiteralData>
          ${dataType("string")}
          <ows:AllowedValues>
            <ows:Value>mean</ows:Value>
            <ows:Value>minimum</ows:Value>
            <ows:Value>maximum</ows:Value>
            <ows:Value>variance</ows:Value>
          </ows:AllowedValues>
          <DefaultValue>mean</DefaultValue>
        </LiteralData>`,
  `<LiteralData>
          ${dataType("integer")}
          <ows:AllowedValues>
            <ows:Range ows:rangeClosure="closed">
              <ows:MinimumValue>1</ows:MinimumValue>
              <ows:MaximumValue>1000</ows:MaximumValue>
            </ows:Range>
          </ows:AllowedValues>
        </LiteralData>`,
  `<LiteralData>
          ${dataType("double")}
          <UOMs>
            <Default><ows:UOM ows:reference="urn:ogc:def:uom:OGC:1.0:metre">metre</ows:UOM></Default>
            <Supported>
              <ows:UOM ows:reference="urn:ogc:def:uom:OGC:1.0:metre">metre</ows:UOM>
              <ows:UOM ows:reference="urn:ogc:def:uom:OGC:1.0:feet">feet</ows:UOM>
            </Supported>
          </UOMs>
          <ows:AnyValue/>
        </LiteralData>`,
  `<ComplexData maximumMegabytes="10">
          ${formats}
        </ComplexData>`,
  `<BoundingBoxData>
          <Default><CRS>EPSG:4326</CRS></Default>
          <Supported>
            <CRS>EPSG:4326</CRS>
            <CRS>EPSG:3857</CRS>
          </Supported>
        </BoundingBoxData>`
]

const input = (process: number) => (index: number): string =>
  `      <Input minOccurs="${index === 0 ? 1 : 0}" maxOccurs="${index + 1}">
        ${named(`input-${index}`, `Input ${index} of process ${process}`)}
        ${kinds[index % kinds.length] ?? ""}
      </Input>`

/** 3.9 MB for 500 processes of 10 inputs. */
export const descriptions = (processes: number, inputs: number): string =>
  `${declaration}
<wps:ProcessDescriptions ${namespaces} service="WPS" version="1.0.0" xml:lang="en">
${
    many(processes, (process) =>
      `  <ProcessDescription wps:processVersion="1.${process}" storeSupported="true" statusSupported="true">
    ${named(`process-${process}`, `Process ${process}`)}
    <DataInputs>
${many(inputs, input(process))}
    </DataInputs>
    <ProcessOutputs>
      <Output>
        ${named("result", "The result")}
        <ComplexOutput>
          ${formats}
        </ComplexOutput>
      </Output>
    </ProcessOutputs>
  </ProcessDescription>`)
  }
</wps:ProcessDescriptions>`

export const capabilities = (url: string, processes: number): string =>
  `${declaration}
<wps:Capabilities ${namespaces} service="WPS" version="1.0.0" xml:lang="en">
  <ows:ServiceIdentification>
    <ows:Title>Benchmark</ows:Title>
    <ows:ServiceType>WPS</ows:ServiceType>
    <ows:ServiceTypeVersion>1.0.0</ows:ServiceTypeVersion>
  </ows:ServiceIdentification>
  <ows:OperationsMetadata>
${
    ["GetCapabilities", "DescribeProcess", "Execute"].map((operation) =>
      `    <ows:Operation name="${operation}">
      <ows:DCP><ows:HTTP><ows:Get xlink:href="${url}"/><ows:Post xlink:href="${url}"/></ows:HTTP></ows:DCP>
    </ows:Operation>`
    ).join("\n")
  }
  </ows:OperationsMetadata>
  <wps:ProcessOfferings>
${
    many(processes, (process) =>
      `    <wps:Process wps:processVersion="1.${process}">
    ${named(`process-${process}`, `Process ${process}`)}
    </wps:Process>`)
  }
  </wps:ProcessOfferings>
  <wps:Languages>
    <wps:Default><ows:Language>en</ows:Language></wps:Default>
    <wps:Supported><ows:Language>en</ows:Language></wps:Supported>
  </wps:Languages>
</wps:Capabilities>`

const executeResponse = (url: string, statusLocation: string, status: string, outputs: string): string =>
  `${declaration}
<wps:ExecuteResponse ${namespaces} service="WPS" version="1.0.0" xml:lang="en" serviceInstance="${url}"${statusLocation}>
  <wps:Process wps:processVersion="1.0">
    <ows:Identifier>add</ows:Identifier>
    <ows:Title>Adds</ows:Title>
    <ows:Abstract>Adds two numbers</ows:Abstract>
  </wps:Process>
  <wps:Status creationTime="2026-01-01T00:00:00Z">
    ${status}
  </wps:Status>${outputs}
</wps:ExecuteResponse>`

const location = (href: string): string => ` statusLocation="${href}"`

/** The answer to a synchronous Execute when `statusLocation` is left out. */
export const succeeded = (url: string, statusLocation?: string): string =>
  executeResponse(
    url,
    statusLocation === undefined ? "" : location(statusLocation),
    "<wps:ProcessSucceeded>Process add finished</wps:ProcessSucceeded>",
    `
  <wps:ProcessOutputs>
    <wps:Output>
      <ows:Identifier>sum</ows:Identifier>
      <ows:Title>The sum</ows:Title>
      <wps:Data>
        <wps:LiteralData dataType="double">42.5</wps:LiteralData>
      </wps:Data>
    </wps:Output>
    <wps:Output>
      <ows:Identifier>note</ows:Identifier>
      <ows:Title>A note</ows:Title>
      <wps:Data>
        <wps:LiteralData dataType="string">a &lt; b &amp; c</wps:LiteralData>
      </wps:Data>
    </wps:Output>
  </wps:ProcessOutputs>`
  )

export const accepted = (url: string, statusLocation: string): string =>
  executeResponse(url, location(statusLocation), "<wps:ProcessAccepted>Process add accepted</wps:ProcessAccepted>", "")

export const started = (url: string, statusLocation: string, percent: number): string =>
  executeResponse(
    url,
    location(statusLocation),
    `<wps:ProcessStarted percentCompleted="${percent}">Process add started</wps:ProcessStarted>`,
    ""
  )

const namespaces2 = namespaces.replaceAll("/1.0.0", "/2.0").replaceAll("/ows/1.1", "/ows/2.0")

/** A job of WPS 2.0 that runs. */
export const running = (jobId: string): string =>
  `${declaration}
<wps:StatusInfo ${namespaces2}>
  <wps:JobID>${jobId}</wps:JobID>
  <wps:Status>Running</wps:Status>
  <wps:PercentCompleted>20</wps:PercentCompleted>
</wps:StatusInfo>`

const coordinates = (index: number): string => {
  const around = [[0, 0], [0, 1], [1, 1], [1, 0], [0, 0]]
  return around.map(([x = 0, y = 0]) => `${(7 + x / 8 + index / 9e5).toFixed(6)} ${(46 + y / 8).toFixed(6)}`).join(" ")
}

/** 751 bytes, as GeoServer writes them. */
const feature = (index: number): string => {
  const id = String(index).padStart(7, "0")
  return `
        <gml:featureMember>
          <topp:catchments gml:id="catchments.${id}">
            <topp:name>Catchment &amp; river ${id}</topp:name>
            <topp:area>${(index % 1000 + 100.5).toFixed(3)}</topp:area>
            <topp:the_geom>
              <gml:Polygon srsName="urn:x-ogc:def:crs:EPSG:4326" srsDimension="2">
                <gml:exterior>
                  <gml:LinearRing>
                    <gml:posList>${coordinates(index)}</gml:posList>
                  </gml:LinearRing>
                </gml:exterior>
              </gml:Polygon>
            </topp:the_geom>
          </topp:catchments>
        </gml:featureMember>`
}

/** The answer to a synchronous Execute with about so many bytes of GML in it. */
export const features = (url: string, bytes: number): string =>
  executeResponse(
    url,
    "",
    "<wps:ProcessSucceeded>Process add finished</wps:ProcessSucceeded>",
    `
  <wps:ProcessOutputs>
    <wps:Output>
      <ows:Identifier>result</ows:Identifier>
      <ows:Title>The catchments</ows:Title>
      <wps:Data>
        <wps:ComplexData mimeType="text/xml; subtype=gml/3.1.1">
      <gml:FeatureCollection xmlns:gml="http://www.opengis.net/gml" xmlns:topp="http://www.openplans.org/topp">${
      many(Math.ceil(bytes / feature(0).length), feature)
    }
      </gml:FeatureCollection>
        </wps:ComplexData>
      </wps:Data>
    </wps:Output>
  </wps:ProcessOutputs>`
  )

/** Says how many bytes came with the request. */
export const received = (url: string, bytes: number): string =>
  executeResponse(
    url,
    "",
    "<wps:ProcessSucceeded>Process add finished</wps:ProcessSucceeded>",
    `
  <wps:ProcessOutputs>
    <wps:Output>
      <ows:Identifier>received</ows:Identifier>
      <ows:Title>Bytes that came</ows:Title>
      <wps:Data>
        <wps:LiteralData dataType="integer">${bytes}</wps:LiteralData>
      </wps:Data>
    </wps:Output>
  </wps:ProcessOutputs>`
  )
