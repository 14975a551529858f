import type { Outcome } from "@effect-wps/auth/Loopback"

const entities: Record<string, string> = { "&": "&amp;", "<": "&lt;", ">": "&gt;", "\"": "&quot;", "'": "&#39;" }

const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? character)

/** A page with one text. */
export const page = (text: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Login</title>
<style>body { font: 1.25rem/1.5 system-ui, sans-serif; max-width: 36rem; margin: 20vh auto 0; padding: 0 1rem }</style>
</head>
<body><p>${escape(text)}</p></body>
</html>
`

/** The outcome of a login, in words. */
export const outcomeText = (outcome: Outcome): string =>
  outcome._tag === "Success"
    ? "You are logged in. You can close this page."
    : `The login failed: ${outcome.reason}`

/**
 * The page is not stored, sends no referrer, runs no scripts, and cannot be framed. A connection closes after its
 * answer, so that none is open when the login ends.
 */
export const headers = {
  "Connection": "close",
  "Cache-Control": "no-store",
  "Content-Security-Policy":
    "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  "Content-Type": "text/html; charset=utf-8",
  "Referrer-Policy": "no-referrer",
  "X-Content-Type-Options": "nosniff",
  "X-Frame-Options": "DENY"
}
