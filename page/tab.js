/** The tab "Plex" of a scene: what became of it, its items in Plex, what differs. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.history) return;
	const { t, h, Do, Change, ago, useAsked, all, notice, muted, buttons, useLasting } = page.parts;
	const { pure, store } = page;

	function SceneTab({ id }) {
		const { seen, now, error } = store.useLook("scene", { id });
		const settings = useAsked(store.settings, []);
		if (error && !seen) return notice("danger", t("error.operation", { why: error }));
		if (!seen || seen.id !== id) return h("p", null, t("loading"));
		const address = (settings && settings.value && settings.value.plex_url) || "";
		const kept = Boolean(seen.outcome && seen.outcome.kept);
		return h(
			"div",
			{ className: "plexsync-tab" },
			h(State, { seen, now }),
			buttons(
				h(Do, { variant: "primary", run: () => store.act("sync", [id]) }, t("action.sync")),
				kept && h(Do, { run: () => store.act("overwrite", [id]), sure: t("sure.overwrite") }, t("action.overwrite")),
				seen.held
					? h(Do, { run: () => store.act("release", [id]) }, t("action.release"))
					: h(Do, { run: () => store.act("hold", [id]) }, t("action.hold")),
				!seen.held &&
					seen.items.length > 0 &&
					h(Do, { run: () => store.act("give_back", [id]), sure: t("sure.give_back") }, t("action.give_back")),
				seen.parked && h(Do, { run: () => store.act("forget", [id]), sure: t("sure.forget") }, t("action.forget")),
			),
			seen.items.length > 0 && h(Posters, { key: `posters ${id}`, id }),
			h(Comparison, { key: id, id }),
			h(page.returns.OfScene, { id }),
			h(page.history.OfScene, { id }),
			seen.items.map(item => h(Item, { key: item.server + item.item, item, address })),
		);
	}

	function State({ seen, now }) {
		const { waiting, parked, outcome } = seen;
		const done = outcome || {};
		return all(
			waiting && notice("info", waiting.reason ? t("tab.waiting", { why: waiting.reason }) : t("tab.turn")),
			seen.all_held && notice("warning", seen.all_held),
			seen.only_look && notice("warning", t("preview.only_look")),
			seen.held && notice("info", t("tab.held", { when: ago(seen.held.since, now), why: seen.held.reason })),
			parked && notice("warning", t("tab.parked", { when: ago(parked.since, now), why: parked.reason })),
			done.left_out && notice("info", t("tab.left_out", { why: done.left_out })),
			done.kept && notice("info", t("tab.kept", { what: done.kept })),
			done.not_shown && notice("warning", t("tab.not_shown", { what: done.not_shown })),
			done.refused && notice("warning", t("tab.refused", { why: done.refused })),
			outcome &&
				!waiting &&
				!parked &&
				!done.left_out &&
				!done.not_shown &&
				notice("success", t("tab.step", { when: ago(done.checked, now) })),
			done.written_at && muted(t("tab.written", { when: ago(done.written_at, now), what: done.written })),
			!outcome && !waiting && !parked && notice("info", t("tab.none")),
		);
	}

	/** Stash's cover beside the posters that Plex shows, which the worker fetches. @param {{id: number}} props */
	function Posters({ id }) {
		const scene = useAsked(() => store.scenes([id]).then(found => found.get(id)), [id]);
		const plex = useAsked(() => store.ask("posters", { scene: id }, 30), [id]);
		const cover = scene && scene.value && scene.value.paths.screenshot;
		const items = (plex && plex.value && plex.value.items) || [];
		const failed = plex && (plex.error || (plex.value ? plex.value.error : t("setup.late")));
		const figure = (key, src, text) =>
			h(
				"figure",
				{ key, className: "plexsync-poster" },
				src
					? h("img", { src, alt: text })
					: h("div", { className: "plexsync-no-poster text-muted" }, t("tab.no.poster")),
				h("figcaption", { className: "text-muted" }, text),
			);
		return all(
			h(
				"div",
				{ className: "plexsync-posters" },
				figure("stash", cover, t("tab.cover")),
				items.map(one => figure(one.item, one.poster, t("tab.poster", { title: one.title }))),
			),
			!plex && h("p", { role: "status", className: "text-muted" }, t("tab.poster.asked")),
			failed && muted(t("tab.poster.failed", { why: failed })),
		);
	}

	/** What the worker sees in Plex just now. @param {{id: number}} props */
	function Comparison({ id }) {
		const [found, setFound] = useLasting(/** @type {any} */ (null));
		const [asking, setAsking] = useLasting(false);
		const ask = async () => {
			setAsking(true);
			try {
				setFound((await store.ask("compare", { scene: id }, 60)) || { error: t("setup.late") });
			} finally {
				setAsking(false);
			}
		};
		return all(
			h(Do, { run: ask }, t("tab.compare")),
			asking && h("p", { role: "status" }, t("tab.comparing")),
			found && !asking && h(Compared, { found }),
		);
	}

	function Compared({ found }) {
		return h(
			"div",
			{ className: "plexsync-compared" },
			found.error && notice("warning", found.error),
			found.left_out && notice("info", t("tab.left_out", { why: found.left_out })),
			(found.candidates || []).length > 0 && h("p", null, t("tab.candidates")),
			(found.candidates || []).map(one => h("p", { key: one, className: "plexsync-path" }, one)),
			(found.items || []).map(item =>
				h(
					"section",
					{ key: item.item },
					h("h4", null, `${item.title} – ${item.library}`),
					item.proofs.map(proof =>
						h(
							"p",
							{ key: proof.plex, className: "plexsync-path" },
							t(`tab.match.${proof.by}`, proof),
							proof.size ? ` (${pure.bytes(proof.size)})` : "",
						),
					),
					item.fields.length === 0
						? notice("success", t("tab.same"))
						: item.fields.map(field =>
								h(
									"div",
									{ key: field.label, className: "plexsync-field" },
									h(
										"h5",
										null,
										field.label,
										field.kept && h("span", { className: "badge badge-secondary" }, t("tab.kept.mark")),
									),
									h(Change, { before: field.plex, after: field.stash, labels: [t("tab.in.plex"), t("tab.in.stash")] }),
								),
							),
				),
			),
		);
	}

	/** What is remembered of an item. @param {any} props */
	function Item({ item, address }) {
		const open = pure.openInPlex(address, item.server, item.item);
		return h(
			"section",
			{ className: "plexsync-item" },
			h(
				"h4",
				null,
				t("tab.item", { item: item.item }),
				" ",
				open &&
					h(
						"a",
						{ href: open, target: "_blank", rel: "noopener noreferrer", className: "btn btn-secondary btn-sm" },
						t("tab.open"),
					),
			),
			item.files.length > 0 &&
				all(
					muted(t("tab.files")),
					item.files.map(file =>
						h(
							"p",
							{ key: file.path, className: "plexsync-path" },
							file.path,
							file.size ? ` (${pure.bytes(file.size)})` : "",
						),
					),
				),
			item.fields.length > 0 &&
				h(
					"details",
					null,
					h("summary", null, t("tab.fields")),
					item.fields
						.filter(field => typeof field.written !== "boolean")
						.map(field =>
							h(
								"div",
								{ key: field.name, className: "plexsync-field" },
								h("h5", null, field.label),
								h(Change, {
									before: field.before,
									after: field.written,
									labels: [t("tab.before"), t("tab.written.label")],
								}),
							),
						),
				),
		);
	}

	page.tab = { SceneTab };
})(/** @type {any} */ (globalThis));
