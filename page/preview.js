/** The section Preview: what the task of that name found, scene by scene; nothing of it is written. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.history) return;
	const { t, h, Do, Button, To, ago, all, buttons, card, muted, notice, useAsked, useLasting } = page.parts;
	const { pure, store } = page;

	function Preview() {
		const [starts, setStarts] = useLasting([0]);
		const [field, setField] = useLasting("");
		const { seen: overview } = store.useLook("overview", { jobs: true });
		const from = starts[starts.length - 1];
		const { seen, now, jobs } = store.useLook("preview", { from, ...(field && { field }) });
		if (!seen) return h("p", null, t("loading"));
		const { summary } = seen;
		const running = jobs.some(job => job.description.includes("Preview"));
		const choose = name => (setField(name), setStarts([0]));
		return all(
			overview && overview.only_look && notice("warning", t("preview.only_look")),
			card(
				t("section.preview"),
				muted(t("preview.about")),
				buttons(h(Do, { variant: "primary", run: () => store.task("Preview").then(store.look) }, t("preview.run"))),
				running && notice("info", t("preview.running")),
				!summary && h("p", null, t("preview.none")),
				summary && h(Counts, { summary, now, field, choose }),
			),
			summary && card(t("preview.scenes"), h(Plans, { rows: seen.rows, labels: labelsOf(summary) })),
			summary &&
				buttons(
					h(
						Button,
						{
							size: "sm",
							variant: "secondary",
							disabled: starts.length < 2,
							onClick: () => setStarts(starts.slice(0, -1)),
						},
						t("scenes.previous"),
					),
					h(
						Button,
						{
							size: "sm",
							variant: "secondary",
							disabled: !seen.next,
							onClick: () => setStarts([...starts, seen.next]),
						},
						t("scenes.next"),
					),
				),
		);
	}

	function labelsOf(summary) {
		return Object.fromEntries(summary.fields.map(one => [one.name, one.label]));
	}

	function Counts({ summary, now, field, choose }) {
		return all(
			muted(t("preview.made", { when: ago(summary.at, now) })),
			h(
				"ul",
				{ className: "plexsync-list" },
				Object.entries(summary.ended)
					.filter(([, count]) => count)
					.map(([ended, count]) => h("li", { key: ended }, `${Number(count).toLocaleString()}: ${ended}`)),
			),
			summary.edited > 0 && notice("warning", t("preview.edited", { count: summary.edited })),
			summary.fields.length > 0 &&
				buttons(
					[{ name: "", label: t("preview.all") }, ...summary.fields].map(one =>
						h(
							Button,
							{
								key: one.name,
								size: "sm",
								variant: one.name === field ? "primary" : "secondary",
								"aria-pressed": one.name === field,
								onClick: () => choose(one.name),
							},
							one.scenes ? `${one.label} ${one.scenes.toLocaleString()}` : one.label,
						),
					),
				),
		);
	}

	function Plans({ rows, labels }) {
		const written = rows.filter(row => (row.items || []).some(item => item.changes));
		const ids = written.map(row => row.scene);
		const found = useAsked(() => store.scenes(ids), [ids.join()]);
		if (!written.length) return h("p", null, t("preview.nothing"));
		return h(
			"ol",
			{ className: "plexsync-entries" },
			written.map(row =>
				h(
					"li",
					{ key: row.scene },
					h(
						To,
						{ to: `/scenes/${row.scene}` },
						page.overview.titleOf(found && found.value && found.value.get(row.scene), row.scene),
					),
					row.items.map(item =>
						pure
							.planned(item.changes, labels)
							.map(one =>
								h(page.history.Field, { key: `${item.item} ${one.label}`, field: one, after: t("preview.after") }),
							),
					),
				),
			),
		);
	}

	page.preview = { Preview };
})(/** @type {any} */ (globalThis));
