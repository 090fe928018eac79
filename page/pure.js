/**
 * What the page decides without a browser: wording, grouping, paging, comparing. Runs in Node, too.
 */
(function (root) {
	"use strict";

	/** States of scenes that have a list, in the order of the page. */
	const STATES = ["waiting", "parked", "kept", "held", "not_shown", "refused", "left_out"];

	/** What can be done with the scenes of a state. */
	const ACTIONS = {
		waiting: ["sync"],
		parked: ["retry", "forget", "sync"],
		kept: ["overwrite", "give_back"],
		held: ["release"],
		not_shown: ["sync", "give_back"],
		refused: ["sync"],
		left_out: ["sync"],
	};

	/** Actions that make sense for all scenes of a state at once; "sync" only for those that wait. */
	const FOR_ALL = { waiting: ["sync"], parked: ["retry", "forget"], kept: ["overwrite"], held: ["release"] };

	/** Settings by group: keys, or beginnings of keys that end with an underscore. */
	const GROUPS = [
		["server", ["plex_url", "plex_token", "plex_libraries", "path_map", "plex_", "reconcile_"]],
		["scenes", ["only_organized", "only_with_", "only_rated", "only_tags", "never_", "only_paths"]],
		["fields", ["skip_", "only_tags_named", "tags_as_labels", "content_rating", "sync_background"]],
		["templates", ["title_template", "sort_title_", "summary_", "tagline_"]],
		["collections", ["collection_"]],
		["returns", ["plays_", "resume_", "ratings_", "marked_", "accounts_"]],
		["edits", ["only_look", "keep_", "mirror_", "give_back_", "journal_"]],
	];

	/** Settings that hold names of tags, which are chosen rather than typed. */
	const TAG_LISTS = ["only_tags", "never_tags", "only_tags_named", "skip_tags_named", "collection_tags"];

	function fits(key, entry) {
		return key === entry || (entry.endsWith("_") && key.startsWith(entry));
	}

	/**
	 * Settings as Stash declares them, in groups; the longest entry wins, and what no group knows comes last.
	 * @param {{name: string}[]} settings
	 */
	function grouped(settings) {
		const groups = [...GROUPS, ["others", []]].map(([name, entries]) => ({
			name: /** @type {string} */ (name),
			settings: /** @type {{name: string}[]} */ ([]),
			entries: /** @type {string[]} */ (entries),
		}));
		/** @param {{entries: string[]}} group @param {string} key */
		const best = (group, key) =>
			group.entries.filter(entry => fits(key, entry)).sort((a, b) => b.length - a.length)[0] || "";
		for (const setting of settings) {
			const lengths = groups.map(group => best(group, setting.name).length);
			const most = Math.max(...lengths);
			groups[most ? lengths.indexOf(most) : groups.length - 1].settings.push(setting);
		}
		for (const group of groups) {
			/** @param {{name: string}} one */
			const place = one => group.entries.indexOf(best(group, one.name));
			group.settings.sort((a, b) => place(a) - place(b));
		}
		return groups.filter(group => group.settings.length).map(group => ({ name: group.name, settings: group.settings }));
	}

	/**
	 * A list in one line, as the settings hold it: by semicolons if there is one, else by commas.
	 * @param {unknown} text
	 */
	function names(text) {
		const value = typeof text === "string" ? text : "";
		return value
			.split(value.includes(";") ? ";" : ",")
			.map(one => one.trim())
			.filter(Boolean);
	}

	/** The same list as one line. @param {string[]} list */
	function joined(list) {
		return list.some(one => one.includes(",")) ? list.join("; ") + (list.length === 1 ? ";" : "") : list.join(", ");
	}

	/** One key for names: composed, white space folded, case folded. @param {string} name */
	function nameKey(name) {
		return name.normalize("NFC").replace(/\s+/g, " ").trim().toLowerCase();
	}

	/** Names that are none of those known. @param {string[]} list @param {string[]} known */
	function unknown(list, known) {
		const keys = new Set(known.map(nameKey));
		return list.filter(one => !keys.has(nameKey(one)));
	}

	/**
	 * Seconds as a span: the number and its unit, the largest of which there are two.
	 * @param {number} seconds
	 * @returns {{count: number, unit: "second" | "minute" | "hour" | "day"}}
	 */
	function span(seconds) {
		/** @type {[number, "day" | "hour" | "minute"][]} */
		const sizes = [
			[86400, "day"],
			[3600, "hour"],
			[60, "minute"],
		];
		const long = Math.abs(seconds);
		for (const [size, unit] of sizes) if (long >= 2 * size) return { count: Math.round(long / size), unit };
		return { count: Math.round(long), unit: "second" };
	}

	/**
	 * Seconds left of something that is so far after so many seconds; null while nobody can tell.
	 * @param {number | null | undefined} share @param {number} passed
	 */
	function left(share, passed) {
		return share && share > 0.02 && share <= 1 && passed > 2 ? (passed / share) * (1 - share) : null;
	}

	function pages(total, size) {
		return Math.max(1, Math.ceil(total / size));
	}

	/** A page that exists. @param {number} page @param {number} total @param {number} size */
	function within(page, total, size) {
		return Math.min(Math.max(0, page), pages(total, size) - 1);
	}

	/** What a person can act on: that is what the badge counts. @param {any} overview */
	function badge(overview) {
		if (!overview) return 0;
		const counts = overview.counts || {};
		return (
			(counts.parked || 0) +
			(overview.faults || []).length +
			(overview.paused && !(overview.faults || []).length ? 1 : 0)
		);
	}

	/**
	 * Whether an error of an operation means that Stash has no such plugin any more, or that it is switched off: Stash
	 * says so of the second, and falls over its own feet at the first.
	 * @param {string} error
	 */
	function isGone(error) {
		return /is disabled|nil pointer|not found/i.test(error);
	}

	/**
	 * Whether a server answers, as it was noted last.
	 * @param {{silent: string, since: number | null}} light
	 * @returns {"yes" | "no" | "unknown"}
	 */
	function light({ silent, since }) {
		return silent ? "no" : since ? "yes" : "unknown";
	}

	/**
	 * The scenes that a saved GraphQL operation changed; empty when it changed none.
	 * @param {string | undefined} operation @param {any} variables
	 * @returns {number[]}
	 */
	function savedScenes(operation, variables) {
		const input = (variables && variables.input) || {};
		/** @type {unknown[]} */
		const ids =
			operation === "SceneUpdate"
				? [input.id]
				: operation === "ScenesUpdate"
					? (Array.isArray(input) ? input : []).map(one => one.id)
					: operation === "BulkSceneUpdate"
						? input.ids || []
						: [];
		return ids.map(Number).filter(id => Number.isInteger(id) && id > 0);
	}

	/**
	 * What became of a saved scene, by what the worker says of it; null while it is under way.
	 * @param {any} scene  the operation's answer @param {number} since  when it was saved, by Stash's machine
	 * @returns {{kind: "written" | "right" | "left_out" | "parked" | "waits" | "held" | "looked", why: string} | null}
	 */
	function became(scene, since) {
		if (!scene) return null;
		const outcome = scene.outcome || {};
		if (scene.only_look) return { kind: "looked", why: "" };
		if (scene.all_held) return { kind: "held", why: scene.all_held };
		if (scene.held && scene.held.whole) return { kind: "held", why: scene.held.reason };
		if (scene.parked && scene.parked.since >= since) return { kind: "parked", why: scene.parked.reason };
		if (scene.waiting) return scene.waiting.reason ? { kind: "waits", why: scene.waiting.reason } : null;
		if (!(outcome.checked >= since)) return null;
		if (outcome.left_out) return { kind: "left_out", why: outcome.left_out };
		return outcome.written_at >= since ? { kind: "written", why: outcome.written } : { kind: "right", why: "" };
	}

	/**
	 * Words of two texts, each marked as the same, gone or new (by the longest common subsequence of words).
	 * @param {string} before @param {string} after
	 * @returns {{kind: "same" | "gone" | "new", text: string}[]}
	 */
	function wordDiff(before, after) {
		const a = before.match(/\s+|[^\s]+/g) || [];
		const b = after.match(/\s+|[^\s]+/g) || [];
		if (a.length * b.length > 250000)
			return [
				{ kind: "gone", text: before },
				{ kind: "new", text: after },
			];
		const rows = Array.from({ length: a.length + 1 }, () => new Uint16Array(b.length + 1));
		for (let i = a.length - 1; i >= 0; i--)
			for (let j = b.length - 1; j >= 0; j--)
				rows[i][j] = a[i] === b[j] ? rows[i + 1][j + 1] + 1 : Math.max(rows[i + 1][j], rows[i][j + 1]);
		/** @type {{kind: "same" | "gone" | "new", text: string}[]} */
		const found = [];
		const add = (kind, text) => {
			const last = found[found.length - 1];
			if (last && last.kind === kind) last.text += text;
			else found.push({ kind, text });
		};
		let i = 0;
		let j = 0;
		while (i < a.length || j < b.length) {
			if (i < a.length && j < b.length && a[i] === b[j]) {
				add("same", a[i++]);
				j++;
			} else if (i < a.length && (j === b.length || rows[i + 1][j] >= rows[i][j + 1])) add("gone", a[i++]);
			else add("new", b[j++]);
		}
		return found;
	}

	/** A value of a field as text. @param {unknown} value */
	function shown(value) {
		return Array.isArray(value) ? value.join(", ") : value === null || value === undefined ? "" : String(value);
	}

	/**
	 * What a plan would change of an item, one row for each field, as History has them.
	 * @param {any} changes texts: [before, after] by field; tags: names that come (+) and go (-); pictures by place
	 * @param {Record<string, string>} labels
	 */
	function planned(changes, labels) {
		const { texts = {}, tags = {}, pictures = {} } = changes || {};
		const label = name => labels[name] || name;
		const called = list => (list || []).map(one => (Array.isArray(one) ? one[0] : one));
		return [
			...Object.entries(texts).map(([name, [before, after]]) => ({ label: label(name), before, after })),
			...Object.entries(tags).map(([name, one]) => ({
				label: label(name),
				added: called(one["+"]),
				removed: called(one["-"]),
			})),
			...Object.keys(pictures).map(name => ({ label: label(name) })),
		];
	}

	/** The last part of a path of either kind. @param {string} path */
	function basename(path) {
		return path.split(/[/\\]/).pop() || path;
	}

	/**
	 * Where Plex's own page shows an item; no token in it.
	 * @param {string} address @param {string} server @param {string} item
	 */
	function openInPlex(address, server, item) {
		if (!/^https?:\/\//i.test(address)) return null;
		const key = encodeURIComponent(`/library/metadata/${item}`);
		return `${address.replace(/\/+$/, "")}/web/index.html#!/server/${encodeURIComponent(server)}/details?key=${key}`;
	}

	/** Bytes in words. @param {number | null | undefined} size */
	function bytes(size) {
		if (!size) return "";
		const units = ["B", "KB", "MB", "GB", "TB"];
		const power = Math.min(units.length - 1, Math.floor(Math.log(size) / Math.log(1000)));
		return `${(size / 1000 ** power).toFixed(power > 1 ? 1 : 0)} ${units[power]}`;
	}

	const pure = {
    STATES, ACTIONS, FOR_ALL, TAG_LISTS,
    grouped, names, joined, nameKey, unknown, span, left, pages, within, badge, light, isGone, savedScenes, became, wordDiff, shown, planned,
    basename, openInPlex, bytes,
  }; // prettier-ignore
	if (typeof module === "object" && module) module.exports = pure;
	root.PlexSyncPage = Object.assign(root.PlexSyncPage || {}, { pure });
})(/** @type {any} */ (typeof globalThis === "object" ? globalThis : this));
