// Two pages, each at an address of its own; what they load lies under /viewer/ and never inside a page, because the
// pages' content security policy knows no inline scripts or styles.
import { resolve } from "node:path";
import { defineConfig } from "vite";

const page = (name) => resolve(import.meta.dirname, name, "index.html");

export default defineConfig({
  root: import.meta.dirname,
  base: "/viewer/",
  build: {
    outDir: "dist",
    emptyOutDir: true,
    target: "es2023",
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    rolldownOptions: { input: { live: page("live"), replay: page("replay") } },
  },
});
