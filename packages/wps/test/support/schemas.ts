import { Array, Effect } from "effect"
import { existsSync, readFileSync } from "node:fs"
import { fileURLToPath } from "node:url"
import { validateXML, type XMLFileInfo } from "xmllint-wasm"

/** The OGC's schemas, which lie beside the checkout where there are any. */
const folder = fileURLToPath(new URL("../../../../../shared/xsd/", import.meta.url))

export const present = existsSync(folder)
if (!present) console.log(`skipped: the schemas of the OGC are not there (${folder})`)

/** Where a schema of that address lies in the folder; the addresses of xml.xsd and xlink.xsd have changed over time. */
const places: ReadonlyArray<readonly [start: string, path: string]> = [
  ["http://schemas.opengis.net/", "ogc/"],
  ["http://www.w3.org/2001/xml.xsd", "w3c/2001/xml.xsd"],
  ["http://www.w3.org/2009/01/xml.xsd", "w3c/2001/xml.xsd"],
  ["http://www.w3.org/1999/xlink.xsd", "w3c/1999/xlink.xsd"]
]

const pathOf = (address: string): string => {
  const place = places.find(([start]) => address.startsWith(start))
  return place === undefined ? address : place[1] + address.slice(place[0].length)
}

const nameOf = (path: string): string => path.replaceAll("/", "_")

/** A schema and all that it leads to, each as a file of the validator's, which has no folders and no network. */
const load = (address: string): ReadonlyArray<XMLFileInfo> => {
  const files = new Map<string, XMLFileInfo>()
  const add = (address: string): string => {
    const path = pathOf(address)
    const fileName = nameOf(path)
    if (!files.has(path)) {
      files.set(path, { fileName, contents: "" })
      const contents = readFileSync(folder + path, "utf8").replace(
        /schemaLocation="([^"]*)"/g,
        (_, location: string) => `schemaLocation="${add(new URL(location, address).href)}"`
      )
      files.set(path, { fileName, contents })
    }
    return fileName
  }
  add(address)
  return [...files.values()]
}

const loaded = new Map<string, ReadonlyArray<XMLFileInfo>>()

const schemas = (address: string): ReadonlyArray<XMLFileInfo> => {
  const files = loaded.get(address) ?? load(address)
  loaded.set(address, files)
  return files
}

/** A report is in the namespace of OWS Common alone, which is that of one version of WPS only. */
const isLater = (document: string): boolean =>
  /["']http:\/\/www\.opengis\.net\/(?:wps|ows)\/2\.0["']/.test(/^(?:<\?[^>]*>\s*)?<[^>]*>/.exec(document)?.[0] ?? "")

const objectionsOf = (address: string, documents: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> =>
  Effect.promise(() => {
    const [schema, ...preload] = schemas(address)
    return validateXML({
      xml: documents.map((contents, index) => ({ fileName: `${index}.xml`, contents })),
      schema: schema === undefined ? [] : [schema],
      preload
    })
  }).pipe(Effect.map(({ errors }) => {
    const found = new Map<string, string>()
    for (const { loc, message, rawMessage } of errors) {
      if (rawMessage.endsWith(" fails to validate") || found.has(message)) continue
      found.set(message, documents[Number.parseInt(loc?.fileName ?? "", 10)]?.slice(0, 3000) ?? rawMessage)
    }
    return [...found].map((both) => both.join("\n"))
  }))

/**
 * What the schemas of WPS 1.0.0 or 2.0, whichever a document is of, object to: each objection once, with the start of a
 * document it is about.
 */
export const objections = (documents: ReadonlyArray<string>): Effect.Effect<ReadonlyArray<string>> => {
  const [earlier, later] = Array.partition(documents, isLater)
  return Effect.map(
    Effect.all([
      earlier.length === 0
        ? Effect.succeed([])
        : objectionsOf("http://schemas.opengis.net/wps/1.0.0/wpsAll.xsd", earlier),
      later.length === 0 ? Effect.succeed([]) : objectionsOf("http://schemas.opengis.net/wps/2.0/wps.xsd", later)
    ]),
    Array.flatten
  )
}
