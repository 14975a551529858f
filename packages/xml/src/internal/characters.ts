/** XML has fewer white space characters than JavaScript. */
const isSpace = (code: number): boolean => code === 0x20 || code === 0x0a || code === 0x0d || code === 0x09

export const trim = (source: string): string => {
  let end = source.length
  let start = 0
  while (start < end && isSpace(source.charCodeAt(start))) start++
  while (end > start && isSpace(source.charCodeAt(end - 1))) end--
  return start === 0 && end === source.length ? source : source.slice(start, end)
}

// Characters that must be escaped or may be illegal. Text without any of them is copied as it is.
const suspectText = /[\u0000-\u0008\u000b-\u001f&<>\ud800-\udfff\ufffe\uffff]/
const suspectAttribute = /[\u0000-\u001f&<"\ud800-\udfff\ufffe\uffff]/
const illegal = /[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\u{10000}-\u{10ffff}]/u

/** The first character that XML 1.0 cannot carry. Lone surrogates count too. */
export const illegalCharacter = (source: string): string | undefined =>
  suspectText.test(source) ? illegal.exec(source)?.[0] : undefined

const textReference = (character: string): string =>
  character === "&" ? "&amp;" : character === "<" ? "&lt;" : character === ">" ? "&gt;" : "&#13;"

/** Also escapes `>`, because text must not contain `]]>`, and CR, because a reader would turn it into LF. */
export const escapeText = (source: string): string =>
  suspectText.test(source) ? source.replace(/[&<>\r]/g, textReference) : source

const attributeReference = (character: string): string =>
  character === "&"
    ? "&amp;"
    : character === "<"
    ? "&lt;"
    : character === "\""
    ? "&quot;"
    : `&#${character.charCodeAt(0)};`

/** Also escapes white space, because a reader would turn it into spaces. */
export const escapeAttribute = (source: string): string =>
  suspectAttribute.test(source) ? source.replace(/[&<"\t\n\r]/g, attributeReference) : source

/** Shortens a text of the document for an error. */
export const excerpt = (source: string, length = 80): string => {
  const short = source.length <= length ? source : `${source.slice(0, length)}…`
  return short.replace(/\s+/g, " ")
}

export const quote = (source: string): string => `"${excerpt(source, 40)}"`

export const codePoint = (character: string): string =>
  `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, "0")}`
