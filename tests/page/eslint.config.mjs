/** What the page's scripts must not do; Stash serves them as they are, in one piece. */
import globals from "globals";

const SENTENCE = "Every text from Stash or Plex is text, never HTML.";

export default [
  {
    files: ["**/page/*.js"],
    languageOptions: { ecmaVersion: 2022, sourceType: "script", globals: { ...globals.browser, module: "writable" } },
    rules: {
      "consistent-return": "error",
      eqeqeq: "error",
      "no-console": "error",
      "no-shadow": "error",
      "no-undef": "error",
      "no-unused-vars": ["error", { argsIgnorePattern: "^_" }],
      "no-use-before-define": ["error", { functions: false, classes: false }],
      "no-var": "error",
      "prefer-const": "error",
      "no-restricted-properties": ["error", { property: "innerHTML", message: SENTENCE }, { property: "outerHTML", message: SENTENCE }],
      "no-restricted-syntax": ["error", { selector: "Property[key.name='dangerouslySetInnerHTML']", message: SENTENCE }],
      "no-eval": "error",
      "no-implied-eval": "error",
    },
  },
];
