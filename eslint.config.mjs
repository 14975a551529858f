import * as effect from "@effect/eslint-plugin"
import tseslint from "typescript-eslint"
import { explainedAssertion } from "./scripts/eslint/explainedAssertion.mjs"

const sources = ["packages/*/src/**/*.ts"]
const examples = ["examples/*.ts", "examples/support/**/*.ts"]
const tests = ["packages/*/test/**/*.ts", "examples/test/**/*.ts"]
const tools = ["*.ts", "{bench,e2e,scripts}/**/*.ts", "packages/*/vitest.config.ts"]
const programs = ["packages/*/src/**/bin.ts"]

const restricted = {
  throw: { selector: "ThrowStatement", message: "Fail through Effect, with a tagged error." },
  run: {
    selector: "MemberExpression[object.name='Effect'][property.name=/^run(Promise|Sync|Fork|Callback)/]",
    message: "Only a program's bin.ts runs effects."
  },
  clock: {
    selector:
      "CallExpression[callee.object.name='Date'][callee.property.name='now'], NewExpression[callee.name='Date']",
    message: "Time comes from Clock or DateTime, so that TestClock governs it."
  },
  random: {
    selector: "MemberExpression[object.name='Math'][property.name='random']",
    message: "Chance comes from Random."
  },
  timers: {
    selector: "CallExpression[callee.name=/^(setTimeout|setInterval|setImmediate)$/]",
    message: "Waiting is Effect.sleep or a Schedule."
  },
  environment: {
    selector: "MemberExpression[object.name='process'][property.name='env']",
    message: "Settings come from Config."
  }
}

export default tseslint.config(
  { ignores: ["**/dist/", "**/node_modules/", ".cache/", "**/.venv/", "coverage/"] },
  { linterOptions: { reportUnusedDisableDirectives: "error" } },
  ...effect.configs.dprint,
  {
    files: ["**/*.{ts,mjs,cjs,js}"],
    rules: {
      "@effect/dprint": ["error", {
        config: {
          indentWidth: 2,
          lineWidth: 120,
          semiColons: "asi",
          quoteStyle: "alwaysDouble",
          trailingCommas: "never",
          operatorPosition: "maintain",
          "arrowFunction.useParentheses": "force"
        }
      }]
    }
  },
  {
    files: [...sources, ...examples, ...tests, ...tools],
    extends: [tseslint.configs.strictTypeChecked],
    languageOptions: { parserOptions: { projectService: true, tsconfigRootDir: import.meta.dirname } },
    rules: {
      "@typescript-eslint/array-type": ["error", { default: "generic", readonly: "generic" }],
      "@typescript-eslint/consistent-type-imports": ["error", { fixStyle: "inline-type-imports" }],
      "@typescript-eslint/no-import-type-side-effects": "error",
      // Types beside a value of the same name (`Auth.Service`) are how Effect groups them; erasableSyntaxOnly keeps
      // namespaces free of values.
      "@typescript-eslint/no-namespace": ["error", { allowDeclarations: true }],
      // `{}` is the type of "no inputs", and `interface X extends Y {}` names a type in error messages.
      "@typescript-eslint/no-empty-object-type": "off",
      // `() => callback()` in Effect.sync and in handlers is meant.
      "@typescript-eslint/no-confusing-void-expression": "off",
      // Numbers and booleans print in one way only.
      "@typescript-eslint/restrict-template-expressions": ["error", { allowNumber: true, allowBoolean: true }],
      // Services are records of functions that do not use `this`.
      "@typescript-eslint/unbound-method": "off",
      // `Effect<void>` and `Exit<void, E>` are arguments of generics, not unions with nothing.
      // Effect's functions take void as a type argument, which the rule knows in types only.
      "@typescript-eslint/no-invalid-void-type": "off",
      // `class X extends Context.Tag(...)<...>() {}` and Schema classes are made of nothing else.
      "@typescript-eslint/no-extraneous-class": "off",
      // `while (true)` inside a generator yields.
      "@typescript-eslint/no-unnecessary-condition": ["error", {
        allowConstantLoopConditions: "only-allowed-literals"
      }],
      // The `pipe` method of a Pipeable hands its `arguments` on.
      "prefer-rest-params": "off",
      // A type parameter used once documents the result: `Redacted.make<A>`, `Schema.Schema<A>`.
      "@typescript-eslint/no-unnecessary-type-parameters": "off",
      "@typescript-eslint/no-unused-vars": ["error", { argsIgnorePattern: "^_", varsIgnorePattern: "^_" }]
    }
  },
  {
    files: [...sources, ...examples, ...tests],
    plugins: { local: { rules: { "explained-assertion": explainedAssertion } } },
    rules: {
      "local/explained-assertion": "error",
      "no-restricted-syntax": ["error", restricted.throw, restricted.run]
    }
  },
  {
    // Tests play callers without types, and read what JSON and HTTP give them.
    files: tests,
    rules: {
      "@typescript-eslint/no-unsafe-argument": "off",
      "@typescript-eslint/no-unsafe-assignment": "off"
    }
  },
  {
    // What the sources do not do an example does not show.
    files: examples,
    linterOptions: { noInlineConfig: true },
    rules: { "no-console": "error", "no-restricted-syntax": ["error", ...Object.values(restricted)] }
  },
  {
    files: sources,
    linterOptions: { noInlineConfig: true },
    rules: {
      "no-console": "error",
      "no-restricted-syntax": ["error", ...Object.values(restricted)],
      "@effect/no-import-from-barrel-package": ["error", { packageNames: ["effect", "@effect/platform"] }],
      "@typescript-eslint/explicit-module-boundary-types": "error"
    }
  },
  {
    files: ["packages/*/src/internal/**/*.ts"],
    rules: {
      "local/explained-assertion": ["error", { allowWithReason: true }],
      "@typescript-eslint/explicit-module-boundary-types": "off"
    }
  },
  {
    files: ["packages/auth/src/internal/{dpop,oauthProtocol}.ts"],
    rules: {
      // It is marked as deprecated so that it stands out. Http is let through to this machine only, and a proof is made for
      // the service's address, whatever it is, without sending anything.
      "@typescript-eslint/no-deprecated": ["error", {
        allow: [{ from: "package", package: "oauth4webapi", name: "allowInsecureRequests" }]
      }]
    }
  },
  {
    files: ["packages/demo/src/**/*.ts"],
    rules: {
      // The demo is read as an example of what a user writes, and users import from the barrel.
      "@effect/no-import-from-barrel-package": "off",
      "@typescript-eslint/explicit-module-boundary-types": "off"
    }
  },
  {
    files: programs,
    rules: { "no-console": "off", "no-restricted-syntax": ["error", restricted.throw] }
  }
)
