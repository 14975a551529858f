const whereProgramsRun = "^packages/([^/]+/test/|[^/]+/vitest\\.config\\.ts|(node|testing|cli|demo)/)"

/**
 * The direction of imports: `cli, demo → cwt, node, testing → wps → auth, xml`, and node only where a program runs.
 *
 * @type {import("dependency-cruiser").IConfiguration}
 */
module.exports = {
  forbidden: [
    {
      name: "no-cycles",
      comment: "What a module runs needs no module that needs it. Types may go round: they are gone when it runs.",
      severity: "error",
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } }
    },
    {
      name: "xml-stands-alone",
      comment: "xml knows nothing of its siblings.",
      severity: "error",
      from: { path: "^packages/xml/src/" },
      to: { path: "^packages/(?!xml/)" }
    },
    {
      name: "auth-stands-alone",
      comment: "auth knows nothing of its siblings.",
      severity: "error",
      from: { path: "^packages/auth/src/" },
      to: { path: "^packages/(?!auth/)" }
    },
    {
      name: "wps-knows-only-the-auth-tag",
      comment: "wps imports xml, and of auth the tag and its errors (modules Auth and AuthError), not the barrel.",
      severity: "error",
      from: { path: "^packages/wps/src/" },
      to: { path: "^packages/", pathNot: "^packages/(wps/src/|xml/src/|auth/src/(Auth|AuthError)\\.ts$)" }
    },
    {
      name: "cwt-knows-wps-and-the-auth-tag",
      comment: "cwt imports wps, and of auth what wps does.",
      severity: "error",
      from: { path: "^packages/cwt/src/" },
      to: { path: "^packages/", pathNot: "^packages/(cwt/src/|wps/src/|auth/src/(Auth|AuthError)\\.ts$)" }
    },
    {
      name: "node-knows-auth",
      comment: "node implements the services of auth.",
      severity: "error",
      from: { path: "^packages/node/src/" },
      to: { path: "^packages/(?!(node|auth)/)" }
    },
    {
      name: "testing-knows-the-libraries",
      comment: "testing imports wps, auth and xml.",
      severity: "error",
      from: { path: "^packages/testing/src/" },
      to: { path: "^packages/(?!(testing|wps|auth|xml)/)" }
    },
    {
      name: "nothing-imports-the-demo",
      comment: "Nothing but the examples, which run on its node.",
      severity: "error",
      from: { pathNot: "^(packages/demo|examples)/" },
      to: { path: "^packages/demo/" }
    },
    {
      name: "nothing-imports-the-cli",
      severity: "error",
      from: { pathNot: "^packages/cli/" },
      to: { path: "^packages/cli/" }
    },
    {
      name: "nothing-imports-the-examples",
      severity: "error",
      from: { pathNot: "^examples/" },
      to: { path: "^examples/" }
    },
    {
      name: "internal-is-internal",
      comment: "What is in src/internal is its package's own business.",
      severity: "error",
      from: { path: "^(?:packages/([^/]+)|e2e|bench|scripts|examples)/" },
      to: { path: "^packages/[^/]+/src/internal/", pathNot: "^packages/$1/" }
    },
    {
      name: "sources-do-not-import-tests",
      severity: "error",
      from: { path: "^packages/[^/]+/src/" },
      to: { path: "(^packages/[^/]+/test/|^(e2e|bench|scripts)/|node_modules/(vitest|@effect/vitest)/)" }
    },
    {
      name: "node-only-where-programs-run",
      comment: "xml, auth, wps and cwt run in a browser too: no Node core module and no @effect/platform-node.",
      severity: "error",
      from: { path: "^packages/", pathNot: whereProgramsRun },
      to: { dependencyTypes: ["core"] }
    },
    {
      name: "platform-node-only-where-programs-run",
      severity: "error",
      from: { path: "^packages/", pathNot: whereProgramsRun },
      to: { path: "(^|/)(@effect/platform-(node|node-shared|bun)|undici)/" }
    },
    {
      name: "no-unresolved",
      comment: "An import that resolves to nothing hides from every other rule.",
      severity: "error",
      from: { path: "^(packages|examples)/" },
      to: { couldNotResolve: true }
    },
    {
      name: "declared-dependencies",
      comment: "What a package's sources import stands in its own package.json, not only in the root's.",
      severity: "error",
      from: { path: "^(packages/[^/]+/src/|examples/[^/]+\\.ts$|examples/support/)", pathNot: "vitest\\.config\\.ts$" },
      to: { dependencyTypes: ["npm-dev", "npm-no-pkg", "npm-unknown"], dependencyTypesNot: ["npm-peer"] }
    }
  ],
  options: {
    tsConfig: { fileName: "tsconfig.base.json" },
    tsPreCompilationDeps: true,
    combinedDependencies: false,
    doNotFollow: { path: "node_modules" },
    exclude: { path: "^packages/[^/]+/dist/" },
    enhancedResolveOptions: {
      exportsFields: ["exports"],
      conditionNames: ["@effect-wps/source", "import", "types", "default"]
    }
  }
}
