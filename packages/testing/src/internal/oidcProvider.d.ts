/**
 * The provider without the package's main module, which does nothing but print that it prefers a newer Node, for every
 * program that imports it. The types know the main module only.
 */
declare module "oidc-provider/lib/provider.js" {
  export { default as Provider } from "oidc-provider"
}
