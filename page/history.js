/** The section History: what was written to Plex, by run, with what stood there before; and taking it back. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.overview) return;
	const { t, h, Do, Button, Change, To, ago, all, buttons, card, muted, useAsked } = page.parts;
	const { store } = page;
	const React = root.PluginApi.React;

	/** @param {any} question @returns {any} the answer to exactly this question, null until it is there */
	function useHistory(question) {
		const tag = JSON.stringify(question);
		const { seen, now } = store.useLook("history", { ...question, tag });
		return seen && seen.tag === tag ? { ...seen, now } : null;
	}

	function History() {
		const [run, setRun] = React.useState(0);
		const seen = useHistory(run ? { run } : {});
		if (!seen) return h("p", null, t("loading"));
		const chosen = seen.runs.find(one => one.id === run);
		const name = one => one.name || t(`cause.${one.cause}`);
		const line = one =>
			t("history.run", {
				id: one.id,
				why: name(one),
				when: ago(one.at, seen.now),
				count: one.entries.toLocaleString(),
			});
		if (!seen.runs.length) return card(t("section.history"), h("p", null, t("history.none")));
		return all(
			card(
				t("section.history"),
				h(
					"ul",
					{ className: "plexsync-list" },
					seen.runs.map(one =>
						h(
							"li",
							{ key: one.id },
							h(Button, { variant: "link", size: "sm", onClick: () => setRun(one.id) }, line(one)),
						),
					),
				),
			),
			card(
				chosen ? line(chosen) : t("history.newest"),
				chosen &&
					buttons(
						h(
							Do,
							{ run: () => store.act("undo", undefined, { run }), sure: t("sure.undo"), variant: "danger" },
							t("action.undo"),
						),
						h(Button, { size: "sm", variant: "secondary", onClick: () => setRun(0) }, t("history.all")),
					),
				h(Entries, { entries: seen.entries, now: seen.now, named: true }),
			),
		);
	}

	/** Writes, newest first. `named`: with a link to their scenes. */
	function Entries({ entries, now, named }) {
		const ids = named ? [...new Set(entries.map(one => one.scene).filter(Boolean))] : [];
		const found = useAsked(() => store.scenes(ids), [ids.join()]);
		const titleOf = id => page.overview.titleOf(found && found.value && found.value.get(id), id);
		return h(
			"ol",
			{ className: "plexsync-entries" },
			entries.map(one =>
				h(
					"li",
					{ key: one.id },
					h(
						"div",
						null,
						named && one.scene ? h(To, { to: `/scenes/${one.scene}` }, titleOf(one.scene)) : named && one.title,
						" ",
						h("span", { className: "text-muted" }, `${t(`cause.${one.cause}`)}, ${ago(one.at, now)}`),
						!["answered", "confirmed"].includes(one.state) &&
							h("strong", { className: "text-warning" }, ` ${t(`became.${one.state}`)}`),
					),
					one.text && h("p", null, one.text),
					one.fields.map(field => h(Field, { key: field.label, field })),
				),
			),
		);
	}

	function Field({ field }) {
		const { label, before, after, added, removed } = field;
		return h(
			"div",
			{ className: "plexsync-field" },
			h("h5", null, label),
			before !== undefined &&
				before !== after &&
				h(Change, { before, after, labels: [t("tab.before"), t("tab.written.label")] }),
			before !== undefined && before === after && muted(t("history.locked")),
			added && added.length > 0 && h("p", null, `${t("history.added")}: `, h("ins", null, added.join(", "))),
			removed && removed.length > 0 && h("p", null, `${t("history.removed")}: `, h("del", null, removed.join(", "))),
		);
	}

	/** What was written for one scene. @param {{id: number}} props */
	function OfScene({ id }) {
		const seen = useHistory({ scene: id });
		if (!seen || !seen.entries.length) return null;
		return h(
			"details",
			null,
			h("summary", null, t("history.scene")),
			h(Entries, { entries: seen.entries, now: seen.now, named: false }),
		);
	}

	page.history = { History, OfScene, Field };
})(/** @type {any} */ (globalThis));
