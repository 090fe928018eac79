/** The section History: what was written to Plex, by run, with what stood there before; and taking it back. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.overview) return;
	const { t, h, Do, Button, Change, To, ago, all, buttons, card, muted, notice, useAsked, useLasting } = page.parts;
	const { store } = page;

	function History() {
		const [run, setRun] = useLasting(0);
		const seen = store.useAnswer("history", run ? { run } : {});
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
				chosen && buttons(h(Button, { size: "sm", variant: "secondary", onClick: () => setRun(0) }, t("history.all"))),
				chosen && h(Undo, { key: run, run }),
				h(Entries, { entries: seen.entries, now: seen.now, named: true }),
			),
		);
	}

	/** Taking a run back, in two steps: first what that would do and what it would leave. @param {{run: number}} props */
	function Undo({ run }) {
		const [found, setFound] = useLasting(/** @type {any} */ (null));
		const [sent, setSent] = useLasting(false);
		const look = async () => setFound((await store.ask("undo", { run }, 60)) || { error: t("setup.late") });
		const back = () => store.act("undo", undefined, { run }).then(() => (setFound(null), setSent(true)));
		if (!found)
			return all(
				h(Do, { run: look, variant: "danger", busy: t("tab.comparing") }, t("action.undo")),
				sent && h("p", { role: "status", className: "text-success" }, t("action.sent")),
			);
		return h(
			"div",
			{ className: "plexsync-undo", role: "group", "aria-label": t("action.undo") },
			found.error ? notice("warning", found.error) : h(Foreseen, { found }),
			buttons(
				(found.back > 0 || (found.returned || []).length > 0) &&
					h(Do, { run: back, variant: "danger", autoFocus: true }, t("yes")),
				h(Button, { size: "sm", variant: "secondary", onClick: () => setFound(null) }, t("no")),
			),
		);
	}

	/** What an undo would take back, and what it would leave and why. */
	function Foreseen({ found }) {
		const named = one => [one.title || t("scenes.scene", { id: one.scene }), one.fields.join(", ")].filter(Boolean);
		return all(
			found.back > 0
				? h("p", null, h("strong", null, t("undo.back", { count: found.back.toLocaleString() })), " ", t("undo.held"))
				: found.returned.length === 0 && h("p", null, t("undo.none")),
			found.returned.length > 0 &&
				h(
					"p",
					null,
					t("undo.returned"),
					" ",
					found.returned.map(one => t(`returns.many.${one.kind}`, { count: one.count.toLocaleString() })).join(", "),
				),
			h(
				"ul",
				null,
				found.fields.map(one => h("li", { key: one.label }, `${one.label}: ${one.count.toLocaleString()}`)),
			),
			found.left.map(one =>
				h(
					"div",
					{ key: one.why },
					h("p", null, t(`undo.left.${one.why}`, { count: one.count.toLocaleString() })),
					h(
						"ul",
						null,
						one.examples.map((example, at) =>
							h(
								"li",
								{ key: at },
								example.scene ? h(To, { to: `/scenes/${example.scene}` }, named(example)[0]) : named(example)[0],
								example.fields.length > 0 && `: ${named(example)[1]}`,
							),
						),
						one.count > one.examples.length && h("li", null, "…"),
					),
				),
			),
			found.looked_at < found.items &&
				notice(
					"info",
					t("undo.partly", { seen: found.looked_at.toLocaleString(), items: found.items.toLocaleString() }),
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

	function Field({ field, after: name = t("tab.written.label") }) {
		const { label, before, after, added, removed } = field;
		return h(
			"div",
			{ className: "plexsync-field" },
			h("h5", null, label),
			before !== undefined && before !== after && h(Change, { before, after, labels: [t("tab.before"), name] }),
			before !== undefined && before === after && muted(t("history.locked")),
			added && added.length > 0 && h("p", null, `${t("history.added")}: `, h("ins", null, added.join(", "))),
			removed && removed.length > 0 && h("p", null, `${t("history.removed")}: `, h("del", null, removed.join(", "))),
		);
	}

	/** What was written for one scene. @param {{id: number}} props */
	function OfScene({ id }) {
		const seen = store.useAnswer("history", { scene: id });
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
