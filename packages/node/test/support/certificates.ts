import { generateKeyPairSync, type KeyObject, randomBytes, sign } from "node:crypto"

/** A certificate and its key, as PEM. */
export interface Certificate {
  readonly cert: string
  readonly key: string
}

/** Who signs certificates. */
export interface Authority {
  readonly ca: string
  readonly issue: (name: string, hosts?: Hosts) => Certificate
}

interface Hosts {
  readonly names: ReadonlyArray<string>
  readonly ip: ReadonlyArray<number>
}

// Node signs, but writes no certificates (RFC 5280 §4.1): these are the few kinds of DER that one is made of.

const der = (tag: number, ...parts: ReadonlyArray<Uint8Array>): Buffer => {
  const body = Buffer.concat(parts)
  const length = body.length < 0x80
    ? [body.length]
    : body.length < 0x100
    ? [0x81, body.length]
    : [0x82, body.length >> 8, body.length & 0xff]
  return Buffer.concat([Buffer.from([tag, ...length]), body])
}

const sequence = (...parts: ReadonlyArray<Uint8Array>) => der(0x30, ...parts)
const bits = (bytes: Uint8Array, unused = 0) => der(0x03, Buffer.from([unused]), bytes)
const oid = (hex: string) => der(0x06, Buffer.from(hex, "hex"))
const text = (tag: number, value: string) => der(tag, Buffer.from(value))

const ecdsaWithSha256 = sequence(oid("2a8648ce3d040302"))
const yes = Buffer.from([0x01, 0x01, 0xff])
const nameOf = (name: string) => sequence(der(0x31, sequence(oid("550403"), text(0x0c, name))))
const extension = (id: string, isCritical: boolean, value: Uint8Array) =>
  sequence(oid(id), ...(isCritical ? [yes] : []), der(0x04, value))

const basicConstraints = (isAuthority: boolean) => extension("551d13", true, isAuthority ? sequence(yes) : sequence())
const keyUsage = (isAuthority: boolean) =>
  extension("551d0f", true, isAuthority ? bits(Buffer.from([0x06]), 1) : bits(Buffer.from([0x80]), 7))
const alternativeNames = ({ ip, names }: Hosts) =>
  extension("551d11", false, sequence(...names.map((name) => text(0x82, name)), der(0x87, Buffer.from(ip))))

const validity = sequence(text(0x17, "200101000000Z"), text(0x18, "99991231235959Z"))

const certificate = (
  subject: string,
  publicKey: KeyObject,
  issuer: { readonly name: string; readonly key: KeyObject },
  extensions: ReadonlyArray<Uint8Array>
): string => {
  const content = sequence(
    der(0xa0, Buffer.from([0x02, 0x01, 0x02])),
    der(0x02, Buffer.from([0x01]), randomBytes(8)),
    ecdsaWithSha256,
    nameOf(issuer.name),
    validity,
    nameOf(subject),
    publicKey.export({ type: "spki", format: "der" }),
    der(0xa3, sequence(...extensions))
  )
  const signed = sequence(content, ecdsaWithSha256, bits(sign("sha256", content, issuer.key)))
  return `-----BEGIN CERTIFICATE-----\n${signed.toString("base64")}\n-----END CERTIFICATE-----\n`
}

const keyPair = () => generateKeyPairSync("ec", { namedCurve: "P-256" })

/** A certificate authority that nobody knows, for one run of the tests. */
export const makeAuthority = (name: string): Authority => {
  const root = keyPair()
  const issuer = { name, key: root.privateKey }
  return {
    ca: certificate(name, root.publicKey, issuer, [basicConstraints(true), keyUsage(true)]),
    issue: (subject, hosts) => {
      const pair = keyPair()
      const extensions = [basicConstraints(false), keyUsage(false)]
      return {
        cert: certificate(
          subject,
          pair.publicKey,
          issuer,
          hosts === undefined ? extensions : [...extensions, alternativeNames(hosts)]
        ),
        key: pair.privateKey.export({ type: "pkcs8", format: "pem" }).toString()
      }
    }
  }
}
