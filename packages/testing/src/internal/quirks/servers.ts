/** Lists of all the quirks of one server. */
import type * as Redacted from "effect/Redacted"
import type { Quirk } from "../../Quirk.ts"
import * as descriptions from "./descriptions.ts"
import * as documents from "./documents.ts"
import * as failures from "./failures.ts"
import * as jobs from "./jobs.ts"
import * as values from "./values.ts"

/**
 * What PyWPS 4 does.
 *
 * @since 0.1.0
 * @category servers
 */
export const pyWps: ReadonlyArray<Quirk> = [
  descriptions.lastVersionWins,
  descriptions.placeholderProcesses,
  descriptions.misreads200,
  descriptions.answersIn100,
  values.everyOutput,
  values.ignoresAsReference,
  values.cutsInputs,
  failures.refusesChunked,
  failures.tooLarge(3_145_728),
  failures.rawHtml500,
  failures.failuresIn400,
  failures.noHead,
  failures.wpsExceptionReport,
  jobs.emptyStatusLocation,
  jobs.doubleEscapedServiceInstance,
  jobs.percentOnAccepted,
  values.pythonBooleans,
  values.pythonNone,
  values.pythonLiterals,
  values.pythonRaw,
  values.attachments,
  values.swappedAxes,
  values.paddedCorners,
  values.cdataText,
  values.unescapedJson,
  values.redeclaredXml,
  values.emptyFormats,
  descriptions.emptyAbstracts,
  descriptions.bareLiterals,
  descriptions.processKeywords,
  descriptions.doubledDefaults,
  documents.schemaLocation,
  documents.servedAs("text/xml"),
  jobs.tornStatusEvery(40)
]

/**
 * How PyWPS 3 writes its documents.
 *
 * @since 0.1.0
 * @category servers
 */
export const pyWps3: ReadonlyArray<Quirk> = [documents.redeclaredOws, documents.prefixes({ wps: "ns0" })]

/**
 * What 52°North's javaPS does. It speaks WPS 2.0 only. `wantsMimeType` and `wantsOutputMimeType` are not in the list:
 * they come from a format handler that its default setup lacks.
 *
 * @since 0.1.0
 * @category servers
 */
export const javaPs: ReadonlyArray<Quirk> = [
  jobs.getResultWaits,
  jobs.dismissedIsFailed,
  descriptions.emptyOfferings,
  descriptions.otherOrder,
  failures.asyncRawReport,
  failures.refusesEscaped,
  failures.silentReports,
  failures.invalidJobId,
  failures.invalidParameters,
  jobs.noPercent,
  jobs.nanoseconds,
  descriptions.crowdedOperations(20),
  descriptions.doubledDefaults,
  values.datatypesNamespace("https://www.w3.org/2001/XMLSchema-datatypes#"),
  values.boxDimension,
  values.reindentedXml,
  values.cdataText,
  values.cdataValues,
  documents.servedAs("application/xml"),
  values.anyContentType,
  values.noContentType,
  failures.reportsIn200
]

/**
 * What GeoServer does.
 *
 * @since 0.1.0
 * @category servers
 */
export const geoServer: ReadonlyArray<Quirk> = [
  jobs.executionIds,
  jobs.forgetsStatusLocation,
  values.decodesOnce,
  descriptions.unboundedAs("9223372036854775807"),
  descriptions.bareDataTypes,
  descriptions.queryInOperationUrls
]

/**
 * What the compute node of LLNL's ESGF does. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const llnl: ReadonlyArray<Quirk> = [
  jobs.alwaysAsync,
  jobs.alwaysLineage,
  failures.refuses("DescribeProcess", "NoApplicableCode", "local variable 'response' referenced before assignment"),
  failures.escapedReport,
  jobs.emptyCreationTime,
  jobs.percentAsFloat,
  values.unescapedJson,
  values.pythonLineage,
  values.unescapedAbstract,
  failures.reportsIn200
]

/**
 * What 52°North's server for WPS 1.0.0 does.
 *
 * @since 0.1.0
 * @category servers
 */
export const fiftyTwoNorth: ReadonlyArray<Quirk> = [
  jobs.resultServlet,
  jobs.forgetsStatusLocation,
  failures.javaStackTrace,
  documents.prefixes({ xlink: "xlin" })
]

/**
 * What the Geo Data Portal of the USGS does, which is based on 52°North's server. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const usgs: ReadonlyArray<Quirk> = [
  jobs.resultServlet,
  jobs.creationTimeAs("2011-10-04T16:54:23.148-05:00"),
  jobs.emptyStarted,
  failures.bareReports,
  documents.bareRoots,
  documents.redeclaredOws,
  documents.prefixes({ wps: "ns", ows: "ns1" })
]

/**
 * What ZOO does in WPS 1.0.0.
 *
 * @since 0.1.0
 * @category servers
 */
export const zoo: ReadonlyArray<Quirk> = [jobs.statusByExecute]

/**
 * What CEDA's server does. It speaks WPS 1.0.0 only, with much of WPS 0.4.0.
 *
 * @since 0.1.0
 * @category servers
 */
export const ceda: ReadonlyArray<Quirk> = [
  descriptions.formerNamespace,
  descriptions.occurrenceElements,
  descriptions.supportedComplexData,
  values.pythonBooleans,
  descriptions.unqualifiedDescriptions,
  documents.owsNamespace("http://www.opengeospatial.net/ows")
]

/**
 * What GSKY does. It speaks WPS 1.0.0 only.
 *
 * @since 0.1.0
 * @category servers
 */
export const gsky: ReadonlyArray<Quirk> = [descriptions.doubledIdentifier, jobs.emptyStarted, failures.wpsReports]

/**
 * What Finch does beside the quirks of PyWPS, on which it is based: put it after `pyWps`.
 *
 * @since 0.1.0
 * @category servers
 */
export const finch: ReadonlyArray<Quirk> = [
  descriptions.unescapedCapabilities,
  documents.owsNamespace("http://www.opengis.net/ows/1.1.0")
]

/**
 * What Twitcher does as a proxy in front of any server. It guards Execute with this token.
 *
 * @since 0.1.0
 * @category servers
 */
export const twitcher = (
  token: Redacted.Redacted
): ReadonlyArray<Quirk> => [failures.rawTypes401, failures.guardsExecute(token)]
