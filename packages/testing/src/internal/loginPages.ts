const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  "\"": "&quot;",
  "'": "&#39;"
}

/** Escapes text for an element or a quoted attribute. */
export const escape = (text: string): string => text.replace(/[&<>"']/g, (character) => entities[character] ?? "")

const page = (title: string, body: string): string =>
  `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(title)}</title>
<style>
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 22rem; margin: 3rem auto; padding: 0 1rem }
label, input, button { display: block; width: 100%; box-sizing: border-box; font: inherit }
input, button { margin: .25rem 0 1rem; padding: .5rem }
[role=alert] { color: #a00 }
</style>
</head>
<body>
<h1>${escape(title)}</h1>
${body}
</body>
</html>
`

// The Enter key presses the first button of a form.
const decisions = (allow: string): string =>
  `<button name="decision" value="allow">${allow}</button>
<button name="decision" value="deny" formnovalidate>Deny</button>`

const alert = (text: string | undefined): string => text === undefined ? "" : `<p role="alert">${escape(text)}</p>`

/** Asks for a user name and a password. Sending them allows what the client asks for. */
export const login = (client: string, scope: string, wrong?: string): string =>
  page(
    "Log in",
    `<p><strong>${escape(client)}</strong> asks for: ${escape(scope)}.</p>
${alert(wrong)}
<form method="post">
<label for="username">User name</label>
<input id="username" name="username" autocomplete="username" required autofocus>
<label for="password">Password</label>
<input id="password" name="password" type="password" autocomplete="current-password" required>
${decisions("Log in and allow")}
</form>`
  )

/** Asks a person who is logged in already whether they allow it. */
export const consent = (client: string, scope: string, user: string): string =>
  page(
    "Allow access",
    `<p><strong>${escape(client)}</strong> asks for: ${escape(scope)}. You are logged in as ${escape(user)}.</p>
<form method="post">
${decisions("Allow")}
</form>`
  )

/** `form` is the provider's HTML, with its CSRF token. */
export const askUserCode = (form: string, wrong?: string): string =>
  page(
    "Connect a device",
    `<p>Enter the code that the device shows.</p>
${alert(wrong)}
${form}
<button form="op.deviceInputForm">Continue</button>`
  )

/** `form` is the provider's HTML. */
export const confirmUserCode = (form: string, client: string, userCode: string): string =>
  page(
    "Connect a device",
    `<p><strong>${escape(client)}</strong> asks for access. Does the device show this code?</p>
<p><strong>${escape(userCode)}</strong></p>
${form}
<button form="op.deviceConfirmForm" autofocus>Yes, continue</button>
<button form="op.deviceConfirmForm" name="abort" value="yes">No, cancel</button>`
  )

/** `form` is the provider's HTML. */
export const logout = (form: string): string =>
  page(
    "Log out",
    `${form}
<button form="op.logoutForm" name="logout" value="yes" autofocus>Log out</button>
<button form="op.logoutForm">Stay logged in</button>`
  )

/** A page with a message and no form. */
export const notice = (title: string, text: string): string => page(title, `<p>${escape(text)}</p>`)
