/** What the page decides without a browser. */
import assert from "node:assert/strict";
import { test } from "node:test";
import { createRequire } from "node:module";

const require = createRequire(import.meta.url);
const pure = require("../../page/pure.js");
const words = require("../../page/words.js");

test("settings stand in their group, the important ones first, and none is lost", () => {
  const names = ["only_tags", "only_tags_named", "plex_read_timeout", "plex_url", "path_map", "skip_date", "new_one"];
  const groups = pure.grouped(names.map(name => ({ name })));
  const found = Object.fromEntries(groups.map(group => [group.name, group.settings.map(one => one.name)]));
  assert.deepEqual(found, {
    server: ["plex_url", "path_map", "plex_read_timeout"],
    scenes: ["only_tags"],
    fields: ["skip_date", "only_tags_named"],
    others: ["new_one"],
  });
});

test("lists in one line are read and written as the worker reads them", () => {
  assert.deepEqual(pure.names("Beach, Outdoor ,"), ["Beach", "Outdoor"]);
  assert.deepEqual(pure.names("One, two; Three"), ["One, two", "Three"]);
  assert.deepEqual(pure.names(undefined), []);
  for (const list of [["a"], ["a", "b"], ["a, b"], ["a, b", "c"], []]) assert.deepEqual(pure.names(pure.joined(list)), list);
  assert.deepEqual(pure.unknown(["BEACH", "No"], ["Beach "]), ["No"]);
});

test("spans are said in the largest unit of which there are two", () => {
  assert.deepEqual(pure.span(1), { count: 1, unit: "second" });
  assert.deepEqual(pure.span(119), { count: 119, unit: "second" });
  assert.deepEqual(pure.span(121), { count: 2, unit: "minute" });
  assert.deepEqual(pure.span(86400 * 3), { count: 3, unit: "day" });
});

test("the time left is not guessed too early", () => {
  assert.equal(pure.left(0.01, 100), null);
  assert.equal(pure.left(null, 100), null);
  assert.equal(pure.left(0.5, 100), 100);
});

test("pages exist", () => {
  assert.equal(pure.pages(0, 25), 1);
  assert.equal(pure.pages(26, 25), 2);
  assert.equal(pure.within(9, 26, 25), 1);
  assert.equal(pure.within(-1, 26, 25), 0);
});

test("the badge counts what a person can act on, and nothing twice", () => {
  assert.equal(pure.badge(undefined), 0);
  assert.equal(pure.badge({ counts: { parked: 2, waiting: 9 }, faults: ["one"], paused: "one" }), 3);
  assert.equal(pure.badge({ counts: {}, faults: [], paused: "why" }), 1);
});

test("saved scenes are known by the operation", () => {
  assert.deepEqual(pure.savedScenes("SceneUpdate", { input: { id: "7" } }), [7]);
  assert.deepEqual(pure.savedScenes("ScenesUpdate", { input: [{ id: "7" }, { id: "8" }] }), [7, 8]);
  assert.deepEqual(pure.savedScenes("BulkSceneUpdate", { input: { ids: ["1", "2"] } }), [1, 2]);
  assert.deepEqual(pure.savedScenes("TagUpdate", { input: { id: "7" } }), []);
  assert.deepEqual(pure.savedScenes(undefined, undefined), []);
});

test("a plugin that is gone or off is told from one that fails", () => {
  const nil = "Internal system error. Error <runtime error: invalid memory address or nil pointer dereference>";
  assert.ok(pure.isGone(nil) && pure.isGone("plugin PlexSync is disabled"));
  assert.ok(!pure.isGone("PlexSync's data cannot be read just now (locked).") && !pure.isGone(""));
});

test("a light is green only when somebody asked and got an answer", () => {
  assert.equal(pure.light({ silent: "", since: 5 }), "yes");
  assert.equal(pure.light({ silent: "It is off.", since: 5 }), "no");
  assert.equal(pure.light({ silent: "", since: null }), "unknown");
});

test("what became of a save is not said before it is known", () => {
  const done = { checked: 10, written: "title", written_at: 10 };
  assert.equal(pure.became({ outcome: null }, 5), null);
  assert.equal(pure.became({ waiting: { reason: "" }, outcome: done }, 5), null);
  assert.equal(pure.became({ outcome: { ...done, checked: 4 } }, 5), null);
  assert.deepEqual(pure.became({ outcome: done }, 5), { kind: "written", why: "title" });
  assert.deepEqual(pure.became({ outcome: { ...done, written_at: 1 } }, 5), { kind: "right", why: "" });
  assert.deepEqual(pure.became({ waiting: { reason: "later" } }, 5), { kind: "waits", why: "later" });
  assert.deepEqual(pure.became({ parked: { since: 6, reason: "two" } }, 5), { kind: "parked", why: "two" });
  const waits = { waiting: { reason: "" } };
  assert.deepEqual(pure.became({ ...waits, all_held: "All of it." }, 5), { kind: "held", why: "All of it." });
  assert.deepEqual(pure.became({ ...waits, held: { whole: 1, reason: "by you" } }, 5), { kind: "held", why: "by you" });
  assert.equal(pure.became({ ...waits, held: { whole: 0, reason: "a field" } }, 5), null);
  assert.deepEqual(pure.became({ ...waits, only_look: true }, 5), { kind: "looked", why: "" });
});

test("words that changed are told apart, and both sides can be put together again", () => {
  const found = pure.wordDiff("Boats come home at dusk.", "Boats went home at dawn.");
  assert.deepEqual(found.filter(one => one.kind === "new").map(one => one.text), ["went", "dawn."]);
  const side = kind => found.filter(one => one.kind === "same" || one.kind === kind).map(one => one.text).join("");
  assert.equal(side("gone"), "Boats come home at dusk.");
  assert.equal(side("new"), "Boats went home at dawn.");
  assert.deepEqual(pure.wordDiff("", ""), []);
  const long = "word ".repeat(2000);
  assert.equal(pure.wordDiff(long, `${long}x`).length, 2);
});

test("a link to Plex has no token and no other scheme", () => {
  assert.equal(
    pure.openInPlex("http://plex:32400/", "abc", "7"),
    "http://plex:32400/web/index.html#!/server/abc/details?key=%2Flibrary%2Fmetadata%2F7",
  );
  assert.equal(pure.openInPlex("javascript:alert(1)", "abc", "7"), null);
});

test("a sentence takes what is put into it as it is, once", () => {
  assert.equal(words.say("paused", { why: "{count} & <b>" }), "Paused: {count} & <b>");
  assert.equal(words.say("no such key"), "no such key");
  assert.equal(words.say("paused", {}), "Paused: {why}");
});

test("a plan reads as history does", () => {
  const changes = { texts: { title: ["a", "b"] }, tags: { genre: { "+": ["Beach"], "-": [["Sea", "", ""]] } }, pictures: { poster: [null, ""] } };
  assert.deepEqual(pure.planned(changes, { genre: "tags" }), [
    { label: "title", before: "a", after: "b" },
    { label: "tags", added: ["Beach"], removed: ["Sea"] },
    { label: "poster" },
  ]);
  assert.deepEqual(pure.planned(undefined, {}), []);
});
