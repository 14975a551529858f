import * as Either from "effect/Either"
import * as Option from "effect/Option"

/** Decodes bytes piece by piece. On bytes that are invalid in the encoding, it fails with the text before them. */
export interface Charset {
  readonly name: string
  readonly decode: (bytes: Uint8Array, last: boolean) => Either.Either<string, string>
}

/** An encoding declaration must end within this many bytes. */
const declarationLength = 1024

const pieceLength = 8192

const characters = (bytes: Uint8Array): string => {
  let text = ""
  for (let i = 0; i < bytes.length; i += pieceLength) {
    text += String.fromCharCode(...bytes.subarray(i, i + pieceLength))
  }
  return text
}

// TextDecoder would read ISO-8859-1 and US-ASCII as windows-1252.
const latin1: Charset = { name: "ISO-8859-1", decode: (bytes) => Either.right(characters(bytes)) }

const ascii: Charset = {
  name: "US-ASCII",
  decode: (bytes) => {
    const at = bytes.findIndex((byte) => byte > 0x7f)
    return at < 0 ? Either.right(characters(bytes)) : Either.left(characters(bytes.subarray(0, at)))
  }
}

const own = new Map<string, Charset>([
  ...["iso-8859-1", "iso8859-1", "iso_8859-1", "latin1", "latin-1", "l1", "cp819", "ibm819"].map((name) =>
    [name, latin1] as const
  ),
  ...["us-ascii", "ascii", "ansi_x3.4-1968", "iso646-us"].map((name) => [name, ascii] as const)
])

const textDecoder = (name: string): Option.Option<Charset> =>
  Option.map(
    Option.liftThrowable(() => new TextDecoder(name, { fatal: true }))(),
    (decoder) => ({
      name,
      decode: (bytes, last) =>
        Either.try({
          try: () => decoder.decode(bytes, { stream: !last }),
          // The text before the invalid bytes tells where they are.
          catch: () => new TextDecoder(name).decode(bytes).split("\ufffd", 1)[0] ?? ""
        })
    })
  )

/** How many bytes at the end belong to a UTF-8 character that is not complete yet. */
const unfinished = (bytes: Uint8Array): number => {
  for (let back = 1; back <= Math.min(3, bytes.length); back++) {
    const byte = bytes[bytes.length - back] ?? 0
    if ((byte & 0xc0) === 0x80) continue
    const length = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : byte >= 0xc0 ? 2 : 1
    return length > back ? back : 0
  }
  return 0
}

/**
 * Without `stream: true` a decoder keeps no state between calls, so one is enough. With it, decoding would be much
 * slower.
 */
const utf8Decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true })

const utf8 = (): Charset => {
  let kept = new Uint8Array(0)
  let atStart = true
  return {
    name: "utf-8",
    decode: (more, last) => {
      const bytes = kept.length === 0 ? more : concat(kept, more)
      const end = bytes.length - (last ? 0 : unfinished(bytes))
      kept = new Uint8Array(bytes.subarray(end))
      return Either.try({
        try: () => {
          const text = utf8Decoder.decode(bytes.subarray(0, end))
          const marked = atStart && text.startsWith("\ufeff")
          atStart = atStart && text === ""
          return marked ? text.slice(1) : text
        },
        // The text before the invalid bytes tells where they are.
        catch: () => new TextDecoder().decode(bytes).split("\ufffd", 1)[0] ?? ""
      })
    }
  }
}

export const concat = (left: Uint8Array, right: Uint8Array): Uint8Array<ArrayBuffer> => {
  const both = new Uint8Array(left.length + right.length)
  both.set(left)
  both.set(right, left.length)
  return both
}

const find = (name: string): Option.Option<Charset> => {
  const lower = name.trim().toLowerCase()
  if (lower === "utf-8" || lower === "utf8") return Option.some(utf8())
  return Option.orElse(Option.fromNullable(own.get(lower)), () => textDecoder(lower))
}

const bom = (bytes: Uint8Array): string | undefined =>
  bytes[0] === 0xff && bytes[1] === 0xfe && bytes[2] === 0 && bytes[3] === 0
    ? "utf-32"
    : bytes[0] === 0 && bytes[1] === 0 && bytes[2] === 0xfe && bytes[3] === 0xff
    ? "utf-32"
    : bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf
    ? "utf-8"
    : bytes[0] === 0xff && bytes[1] === 0xfe
    ? "utf-16le"
    : bytes[0] === 0xfe && bytes[1] === 0xff
    ? "utf-16be"
    : undefined

/**
 * Detects UTF-16 without a byte order mark. A document starts with `<` or white space, which has a zero byte in UTF-16.
 */
const wide = (bytes: Uint8Array): string | undefined =>
  bytes[0] === 0 && bytes[1] !== 0 && bytes[1] !== undefined
    ? "utf-16be"
    : bytes[1] === 0 && bytes[0] !== 0 && (bytes[2] !== 0 || bytes[3] !== 0)
    ? "utf-16le"
    : undefined

/** The bytes up to the first `>`, which ends an XML declaration. */
const start = (bytes: Uint8Array): Uint8Array =>
  bytes.subarray(0, Math.min(declarationLength, bytes.indexOf(0x3e) + 1 || declarationLength))

const declared = (head: string): string | undefined =>
  /^<\?xml\s[^>]*?\sencoding\s*=\s*["']([^"'>]*)["']/.exec(head)?.[1]

/** Whether these first bytes are enough to detect the encoding. */
export const isEnough = (bytes: Uint8Array): boolean => {
  if (bytes.length >= declarationLength) return true
  if (bytes.length < 5) return false
  return characters(bytes.subarray(0, 5)) !== "<?xml" || bytes.includes(0x3e)
}

/**
 * The encoding of a document. The first of these that is there decides: the byte order mark, the charset of the
 * transport, the pattern of the bytes, the document's declaration. Otherwise it is UTF-8.
 *
 * @see XML 1.0 §4.3.3, appendix F; RFC 7303 §3
 */
export const charsetOf = (bytes: Uint8Array, transport: string | undefined): Either.Either<Charset, string> => {
  const mark = bom(bytes)
  const shown = wide(bytes)
  const named = transport ?? declared(characters(start(bytes)))
  const isWide = named !== undefined && /^\s*utf-?16\s*$/i.test(named)
  if (mark === undefined && transport === undefined && shown === undefined && isWide) {
    return Either.left("The document declares UTF-16, which its bytes are not")
  }
  const name = mark ?? (transport === undefined || isWide ? shown ?? named : named) ?? "utf-8"
  return Either.fromOption(find(name), () => `The encoding ${name.slice(0, 40)} is not known`)
}
