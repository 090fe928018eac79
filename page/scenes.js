/** The section Scenes: those of one state, with picture, reason and what can be done. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.overview) return;
	const { t, h, To, Do, Button, ago, spanned, useAsked, all, muted, card, buttons, useLasting } = page.parts;
	const { pure, store } = page;
	const React = root.PluginApi.React;
	const SIZE = 25;

	function Scenes({ state, choose }) {
		const chosen = pure.STATES.includes(state) ? state : "waiting";
		return h(Listed, { key: chosen, state: chosen, choose });
	}

	function Listed({ state, choose }) {
		const [at, setAt] = useLasting(0);
		const [reason, setReason] = useLasting("");
		const [text, setText] = useLasting("");
		const [among, setAmong] = useLasting(/** @type {number[] | null} */ (null));
		const [picked, setPicked] = useLasting(/** @type {Set<number>} */ (new Set()));
		const [said, setSaid] = useLasting("");
		React.useEffect(() => {
			if (!text.trim()) {
				setAmong(null);
				return undefined;
			}
			let there = true;
			const timer = setTimeout(() => store.search(text.trim()).then(ids => there && (setAmong(ids), setAt(0))), 300);
			return () => {
				there = false;
				clearTimeout(timer);
			};
		}, [text]);
		const question = { state, page: at, size: SIZE, ...(reason && { reason }), ...(among && { among }) };
		const { seen: overview, error } = store.useLook("overview", { jobs: true });
		const fits = store.useAnswer("scenes", question);
		const counts = (overview && overview.counts) || {};
		const rows = fits ? fits.rows : [];
		const ids = rows.map(row => row.scene);
		React.useEffect(() => {
			if (fits && pure.within(at, fits.total, SIZE) !== at) setAt(pure.within(at, fits.total, SIZE));
		});
		const run = async (action, scenes) => {
			await store.act(action, scenes);
			setPicked(new Set());
			setSaid(t("action.sent"));
		};
		return card(
			t("section.scenes"),
			h(
				"div",
				{ className: "plexsync-states", role: "group", "aria-label": t("section.scenes") },
				pure.STATES.filter(one => counts[one] || one === state || ["waiting", "parked"].includes(one)).map(one =>
					h(
						Button,
						{
							key: one,
							size: "sm",
							variant: one === state ? "primary" : "secondary",
							"aria-pressed": one === state,
							onClick: () => choose(one),
						},
						`${t(`state.${one}`)} ${(counts[one] || 0).toLocaleString()}`,
					),
				),
			),
			muted(t(`about.${state}`)),
			h(Filter, {
				text,
				setText,
				reason,
				setReason: one => (setReason(one), setAt(0)),
				reasons: fits ? fits.reasons : [],
			}),
			h(Actions, { state, ids: ids.filter(id => picked.has(id)), total: counts[state] || 0, run }),
			said && h("p", { role: "status", className: "text-success" }, said),
			!fits && !error && h("p", null, t("loading")),
			fits &&
				!rows.length &&
				h("p", null, reason || among ? t("scenes.none.filter") : t("scenes.none", { state: t(`state.${state}`) })),
			rows.length > 0 && h(Rows, { rows, now: fits.now, picked, setPicked, state, run }),
			fits && fits.total > SIZE && h(Pages, { at, total: fits.total, setAt }),
		);
	}

	function Filter({ text, setText, reason, setReason, reasons }) {
		const named = reasons.filter(one => one.reason);
		return h(
			"div",
			{ className: "plexsync-filter" },
			h("input", {
				className: "form-control text-input",
				type: "search",
				value: text,
				placeholder: t("scenes.filter"),
				"aria-label": t("scenes.filter"),
				onChange: event => setText(event.target.value),
			}),
			(named.length > 1 || reason) &&
				h(
					"select",
					{
						className: "form-control input-control",
						value: reason,
						"aria-label": t("scenes.reasons"),
						onChange: event => setReason(event.target.value),
					},
					h("option", { value: "" }, t("scenes.reasons")),
					named.map(one =>
						h("option", { key: one.reason, value: one.reason }, `${one.reason} (${one.count.toLocaleString()})`),
					),
				),
		);
	}

	function Actions({ state, ids, total, run }) {
		const some = pure.ACTIONS[state] || [];
		const whole = total ? pure.FOR_ALL[state] || [] : [];
		if (!some.length) return null;
		const sure = action => (["forget", "overwrite", "give_back"].includes(action) ? t(`sure.${action}`) : "");
		return buttons(
			ids.length > 0 &&
				all(
					h("span", null, t("scenes.selected", { count: ids.length })),
					some.map(action =>
						h(
							Do,
							{ key: action, run: () => run(action, ids), sure: sure(action), variant: "primary" },
							t(`action.${action}`),
						),
					),
				),
			ids.length === 0 &&
				whole.map(action =>
					h(Do, { key: action, run: () => run(action, "all"), sure: sure(action) }, t(`all.${action}`)),
				),
		);
	}

	function Rows({ rows, now, picked, setPicked, state, run }) {
		const ids = rows.map(row => row.scene);
		const found = useAsked(() => store.scenes(ids), [ids.join()]);
		const known = (found && found.value) || new Map();
		const every = ids.every(id => picked.has(id));
		const first = (pure.ACTIONS[state] || [])[0];
		const toggle = id => {
			const next = new Set(picked);
			if (!next.delete(id)) next.add(id);
			setPicked(next);
		};
		return all(
			first &&
				h(
					"label",
					{ className: "plexsync-all" },
					h("input", { type: "checkbox", checked: every, onChange: () => setPicked(every ? new Set() : new Set(ids)) }),
					" ",
					t("scenes.select.page"),
				),
			h(
				"ul",
				{ className: "plexsync-rows" },
				rows.map(row => {
					const scene = known.get(row.scene);
					const gone = found && found.value && !scene;
					return h(
						"li",
						{ key: row.scene },
						first &&
							h("input", {
								type: "checkbox",
								checked: picked.has(row.scene),
								"aria-label": t("scenes.select", { id: row.scene }),
								onChange: () => toggle(row.scene),
							}),
						h(
							"div",
							{ className: "plexsync-thumb" },
							scene && scene.paths.screenshot && h("img", { src: scene.paths.screenshot, alt: "", loading: "lazy" }),
						),
						h(
							"div",
							{ className: "plexsync-what" },
							gone
								? t("scenes.gone", { id: row.scene })
								: h(To, { to: `/scenes/${row.scene}` }, page.overview.titleOf(scene, row.scene)),
							h("div", null, row.reason || (state === "waiting" ? t("scenes.turn") : "")),
							h(
								"div",
								{ className: "text-muted" },
								[
									row.since ? t("scenes.since", { when: ago(row.since, now) }) : "",
									row.due > now + 1 ? t("scenes.due", { span: spanned(row.due - now) }) : "",
								]
									.filter(Boolean)
									.join(", "),
							),
						),
						first &&
							h(
								Do,
								{
									run: () => run(first, [row.scene]),
									sure: first === "overwrite" ? t("sure.overwrite") : "",
									label: `${t(`action.${first}`)}: ${t("scenes.scene", { id: row.scene })}`,
								},
								t(`action.${first}`),
							),
					);
				}),
			),
		);
	}

	function Pages({ at, total, setAt }) {
		const last = pure.pages(total, SIZE) - 1;
		return h(
			"nav",
			{ className: "plexsync-pages", "aria-label": t("scenes.page", { page: at + 1, pages: last + 1, total }) },
			h(
				Button,
				{ size: "sm", variant: "secondary", disabled: at === 0, onClick: () => setAt(at - 1) },
				t("scenes.previous"),
			),
			h(
				"span",
				null,
				t("scenes.page", {
					page: (at + 1).toLocaleString(),
					pages: (last + 1).toLocaleString(),
					total: total.toLocaleString(),
				}),
			),
			h(
				Button,
				{ size: "sm", variant: "secondary", disabled: at === last, onClick: () => setAt(at + 1) },
				t("scenes.next"),
			),
		);
	}

	page.scenes = { Scenes };
})(/** @type {any} */ (globalThis));
