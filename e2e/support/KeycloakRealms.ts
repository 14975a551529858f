/**
 * The realms that the Keycloak of the tests has, as Keycloak imports them.
 */

/** Who logs in, in either realm. Without e-mail and names Keycloak would stop the login to ask for them. */
export const alice = { username: "alice", password: "alice" } as const

const user = (realm: string) => ({
  username: alice.username,
  enabled: true,
  email: "alice@example.org",
  emailVerified: true,
  firstName: "Alice",
  lastName: "Liddell",
  credentials: [{ type: "password", value: alice.password, temporary: false }],
  // Those of everybody who signs up, which an imported user has not. They make her tokens be for `account`, which Twitcher
  // asks of a token.
  realmRoles: [`default-roles-${realm}`]
})

const client = (clientId: string, settings: Readonly<Record<string, unknown>>) => ({
  clientId,
  enabled: true,
  protocol: "openid-connect",
  publicClient: true,
  standardFlowEnabled: false,
  implicitFlowEnabled: false,
  directAccessGrantsEnabled: false,
  serviceAccountsEnabled: false,
  ...settings
})

const confidential = (clientId: string, settings: Readonly<Record<string, unknown>> = {}) =>
  client(clientId, { publicClient: false, secret: `${clientId}-secret`, serviceAccountsEnabled: true, ...settings })

const pkce = { "pkce.code.challenge.method": "S256" }

// Keycloak lets an address of 127.0.0.1 without a port stand for any port.
const anyPort = ["http://127.0.0.1", "http://127.0.0.1/callback"]

const clients = [
  client("wps", {
    standardFlowEnabled: true,
    redirectUris: ["http://127.0.0.1:8888", ...anyPort],
    attributes: pkce
  }),
  /** Asks whether the person agrees, so that they can say no. */
  client("wps-consent", {
    standardFlowEnabled: true,
    consentRequired: true,
    redirectUris: anyPort,
    attributes: pkce
  }),
  client("wps-par", {
    standardFlowEnabled: true,
    redirectUris: anyPort,
    attributes: { ...pkce, "require.pushed.authorization.requests": "true" }
  }),
  client("wps-dpop", {
    standardFlowEnabled: true,
    directAccessGrantsEnabled: true,
    redirectUris: anyPort,
    attributes: { ...pkce, "dpop.bound.access.tokens": "true" }
  }),
  client("wps-device", { attributes: { "oauth2.device.authorization.grant.enabled": "true" } }),
  confidential("wps-service"),
  confidential("wps-brief", { attributes: { "access.token.lifespan": "5" } }),
  confidential("wps-test", {
    directAccessGrantsEnabled: true,
    attributes: {
      "standard.token.exchange.enabled": "true",
      "standard.token.exchange.enableRefreshRequestedTokenType": "SAME_SESSION"
    }
  })
]

const realm = (name: string, settings: Readonly<Record<string, unknown>>) => ({
  realm: name,
  enabled: true,
  // Nothing here is served with TLS.
  sslRequired: "none",
  users: [user(name)],
  clients,
  ...settings
})

/** One realm with Keycloak's usual lifetimes, and one whose tokens expire while a test waits and which rotates them. */
export const realms = [
  realm("compute-cluster", { accessTokenLifespan: 300 }),
  realm("short", {
    accessTokenLifespan: 20,
    revokeRefreshToken: true,
    refreshTokenMaxReuse: 0,
    oauth2DevicePollingInterval: 1
  })
]
