const reference = "(?:lt|gt|amp|quot|apos|#[0-9]+|#x[0-9a-fA-F]+);"
const entity = new RegExp(`&${reference}`, "y")
const stray = new RegExp(`&(?!${reference})|\\]\\]>`, "g")
const word = /[A-Za-z_:\u0080-\uffff][-.\w:\u0080-\uffff]*/y

/** Sections that are copied unchanged, by their start and end. */
const sections = [
  { start: "<!--", end: "-->" },
  { start: "<![CDATA[", end: "]]>" },
  { start: "<?", end: "?>" }
]

/** Escapes what text must not contain. */
const escapeText = (text: string): string => text.replace(stray, (found) => found === "&" ? "&amp;" : "]]&gt;")

const escapeTag = (tag: string): string => `&lt;${escapeText(tag.slice(1))}`

const endOf = (pattern: RegExp, text: string, at: number): number => {
  pattern.lastIndex = at
  return pattern.test(text) ? pattern.lastIndex : -1
}

const skipBlanks = (text: string, at: number): number => {
  let end = at
  while (/[ \t\r\n]/.test(text.charAt(end))) end++
  return end
}

const endOfValue = (text: string, at: number): number => {
  const quote = text.charAt(at)
  if (quote !== "\"" && quote !== "'") return -1
  for (let end = at + 1; end < text.length;) {
    const character = text.charAt(end)
    if (character === quote) return end + 1
    if (character === "<") return -1
    end = character === "&" ? endOf(entity, text, end) : end + 1
    if (end < 0) return -1
  }
  return -1
}

const endOfAttribute = (text: string, at: number): number => {
  const name = endOf(word, text, at)
  if (name < 0) return -1
  const equals = skipBlanks(text, name)
  return text.charAt(equals) === "=" ? endOfValue(text, skipBlanks(text, equals + 1)) : -1
}

interface Tag {
  readonly kind: "open" | "close" | "empty"
  readonly name: string
  readonly end: number
}

/** The tag that begins here, if it is one: a `<` may also be part of a sentence. A tag ends before the next `<`. */
const readTag = (text: string, at: number): Tag | undefined => {
  const closes = text.charAt(at + 1) === "/"
  const start = closes ? at + 2 : at + 1
  let end = endOf(word, text, start)
  if (end < 0) return undefined
  const name = text.slice(start, end)
  while (end >= 0) {
    const next = skipBlanks(text, end)
    const character = text.charAt(next)
    if (character === ">") return { kind: closes ? "close" : "open", name, end: next + 1 }
    if (character === "/" && !closes && text.charAt(next + 1) === ">") return { kind: "empty", name, end: next + 2 }
    end = closes || next === end ? -1 : endOfAttribute(text, next)
  }
  return undefined
}

const isJson = (text: string, at: number): boolean => /[[{]/.test(text.charAt(skipBlanks(text, at)))

/** An open element. */
interface Open {
  readonly name: string
  /** The index of its start tag in the pieces. */
  readonly piece: number
  /** Whether its content may be unescaped text. */
  readonly loose: boolean
}

/**
 * Escapes what a server has put unescaped into an `Abstract`, or into an element whose text is JSON: each `&` that
 * begins no reference, each `<` that begins no tag, and each tag without its counterpart. A well-formed document stays
 * as it is, and so does one with a DOCTYPE. The time is proportional to the length.
 */
export const repair = (text: string): string => {
  const pieces: Array<string> = []
  const open: Array<Open> = []
  /** The number of open elements by name, so that `leave` only looks for one that is open. */
  const named = new Map<string, number>()
  const unended = new Set<string>()
  let loose = 0

  const enter = (tag: Tag, source: string) => {
    const isLoose = /(?:^|:)Abstract$/.test(tag.name) || isJson(text, tag.end)
    open.push({ name: tag.name, piece: pieces.length, loose: isLoose })
    named.set(tag.name, (named.get(tag.name) ?? 0) + 1)
    if (isLoose) loose++
    pieces.push(source)
  }

  /** Closes the element. Elements that were opened inside it and not closed become text. */
  const leave = (name: string, source: string) => {
    for (let top = open.pop(); top !== undefined; top = open.pop()) {
      named.set(top.name, (named.get(top.name) ?? 1) - 1)
      if (top.loose) loose--
      if (top.name === name) break
      if (loose > 0) pieces[top.piece] = escapeTag(pieces[top.piece] ?? "")
    }
    pieces.push(source)
  }

  for (let at = 0; at < text.length;) {
    const next = text.indexOf("<", at)
    const end = next < 0 ? text.length : next
    pieces.push(loose > 0 ? escapeText(text.slice(at, end)) : text.slice(at, end))
    if (next < 0) break

    const section = sections.find(({ start }) => text.startsWith(start, next))
    if (section !== undefined) {
      const last = unended.has(section.end) ? -1 : text.indexOf(section.end, next + section.start.length)
      if (last < 0) unended.add(section.end)
      at = last < 0 ? next + 1 : last + section.end.length
      pieces.push(last < 0 && loose > 0 ? "&lt;" : text.slice(next, at))
      continue
    }
    if (loose === 0 && text.startsWith("<!", next)) return text

    const tag = readTag(text, next)
    at = tag === undefined ? next + 1 : tag.end
    const source = text.slice(next, at)
    if (tag === undefined) pieces.push(loose > 0 ? "&lt;" : source)
    else if (tag.kind === "empty") pieces.push(source)
    else if (tag.kind === "open") enter(tag, source)
    else if ((named.get(tag.name) ?? 0) > 0) leave(tag.name, source)
    else pieces.push(loose > 0 ? escapeTag(source) : source)
  }
  return pieces.join("")
}

/** The local name of the root element, read from the beginning of a document. */
export const rootOf = (text: string): string => {
  for (let at = text.startsWith("\uFEFF") ? 1 : 0;;) {
    at = skipBlanks(text, at)
    const section = sections.find(({ start }) => text.startsWith(start, at))
    if (section === undefined) return readName(text, at)
    const last = text.indexOf(section.end, at + section.start.length)
    if (last < 0) return ""
    at = last + section.end.length
  }
}

const readName = (text: string, at: number): string => {
  const end = text.charAt(at) === "<" ? endOf(word, text, at + 1) : -1
  return end < 0 ? "" : text.slice(at + 1, end).replace(/^.*:/, "")
}
