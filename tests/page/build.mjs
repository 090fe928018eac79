/** Bundles the host page. The page itself is never bundled: it is served as Stash serves it. */
import { build } from "esbuild";

await build({
  entryPoints: ["host/host.js"],
  bundle: true,
  outfile: "build/host.js",
  format: "iife",
  target: "es2022",
  define: { "process.env.NODE_ENV": '"development"', "globalThis.__DEV__": "true" },
  logLevel: "warning",
});
