/** The section Overview: what the worker does, counts, what to correct, what was done last. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.parts) return;
	const { t, h, Notice, To, Do, spanned, ago, all, notice, muted, card, buttons } = page.parts;
	const { pure, store } = page;
	const React = root.PluginApi.React;

	const COUNTED = ["in_step", ...pure.STATES];

	function link(section, more) {
		return `/plugins/plexsync?${new URLSearchParams({ section, ...more })}`;
	}

	function Worker({ worker }) {
		if (worker.installing) return notice("info", t("worker.installing", worker.installing));
		if (worker.failed) return notice("danger", t("worker.failed", { why: worker.failed }));
		return notice(worker.running ? "success" : "info", t(worker.running ? "worker.runs" : "worker.sleeps"));
	}

	/** Whether Plex and Stash answer the worker: a mark, words, since when, and why not. */
	function Lights({ seen, now }) {
		const awake = seen.worker.running;
		const names = { plex: "Plex", stash: "Stash" };
		React.useEffect(() => {
			if (!awake) return undefined;
			// The answer stands among what is looked at all the time.
			const ask = () => document.visibilityState === "visible" && store.wonder("links");
			ask();
			const timer = setInterval(ask, 60000);
			return () => clearInterval(timer);
		}, [awake]);
		const lights = h(
			"ul",
			{ className: "plexsync-lights" },
			["plex", "stash"].map(server => {
				const { silent, since } = seen[server];
				const state = pure.light(seen[server]);
				return h(
					"li",
					{ key: server, className: `plexsync-light-${state}` },
					h("span", { className: "plexsync-mark", "aria-hidden": true }, { yes: "✓", no: "✗", unknown: "?" }[state]),
					" ",
					awake ? t(`light.${state}`, { server: names[server] }) : t(`asleep.${state}`, { server: names[server] }),
					since && now - since >= 2 ? ` (${t("light.for", { span: spanned(now - since) })})` : "",
					silent ? `: ${silent}` : "",
				);
			}),
		);
		return h("div", { role: "status" }, lights);
	}

	function Tasks({ jobs }) {
		return jobs.map(job => {
			const passed = job.startTime ? (Date.now() - Date.parse(job.startTime)) / 1000 : 0;
			const rest = pure.left(job.progress, passed);
			const percent = Math.round(100 * Math.max(0, job.progress || 0));
			const says =
				job.status === "READY"
					? t("task.queued")
					: rest
						? t("task.left", { percent, left: spanned(rest) })
						: t("task.percent", { percent });
			return h(
				"div",
				{ key: job.id, className: "plexsync-task" },
				h("div", null, job.description.replace(/^Running plugin task: /, ""), " – ", says),
				h("progress", { max: 100, value: percent, "aria-label": job.description }),
				h(Do, { run: () => store.stop(job.id) }, t("task.stop")),
			);
		});
	}

	function Overview() {
		const { seen, now, jobs, error } = store.useLook("overview", { jobs: true });
		if (!seen) return error ? null : h("p", null, t("loading"));
		const due = seen.next_comparison ? seen.next_comparison - now : null;
		/** What a light does not say already. @param {string} text */
		const apart = text => text !== seen.plex.silent && text !== seen.stash.silent;
		const fresh = !seen.counts.in_step && !seen.runs.length && !seen.counts.waiting && !seen.counts.parked;
		return all(
			card(
				t("section.overview"),
				h(Worker, { worker: seen.worker }),
				h(Lights, { seen, now }),
				h(Tasks, { jobs }),
				seen.faults.filter(apart).map(fault => h(Notice, { key: fault, kind: "danger" }, fault)),
				seen.paused &&
					!seen.faults.includes(seen.paused) &&
					apart(seen.paused) &&
					notice("danger", t("paused", { why: seen.paused })),
				["all_held", "session", "waited_for"].map(
					fact => seen[fact] && apart(seen[fact]) && h(Notice, { key: fact, kind: "warning" }, seen[fact]),
				),
				seen.guard && notice("warning", seen.guard),
				fresh && notice("info", t("never.worked"), " ", h(To, { to: link("setup") }, t("go.setup"))),
				h(
					"ul",
					{ className: "plexsync-counts" },
					COUNTED.filter(state => seen.counts[state] || ["in_step", "waiting", "parked"].includes(state)).map(state => {
						const inside = [
							h("strong", { key: "n" }, seen.counts[state].toLocaleString()),
							h("span", { key: "w" }, t(`state.${state}`)),
						];
						return h(
							"li",
							{ key: state, title: t(`about.${state}`) },
							state === "in_step" ? h("div", null, inside) : h(To, { to: link("scenes", { state }) }, inside),
						);
					}),
				),
				h(Returned, { returned: seen.returned || {} }),
				due !== null && muted(due > 1 ? t("next.comparison", { span: spanned(due) }) : t("next.soon")),
			),
			card(
				t("tasks.title"),
				buttons(
					h(Do, { run: () => store.task("Reconcile Library") }, t("task.compare")),
					h(Do, { run: () => store.task("Sync All Scenes") }, t("task.sync")),
				),
			),
			seen.written.length > 0 && card(t("written.title"), h(Written, { written: seen.written, now })),
			seen.runs.length > 0 &&
				card(
					t("runs.title"),
					h(
						"ul",
						{ className: "plexsync-list" },
						seen.runs.map(run =>
							h(
								"li",
								{ key: run.ended + run.name },
								h("strong", null, run.name),
								", ",
								ago(run.ended, now),
								": ",
								run.summary,
							),
						),
					),
				),
		);
	}

	function Written({ written, now }) {
		const ids = written.map(one => one.scene);
		const found = page.parts.useAsked(() => store.scenes(ids), [ids.join()]);
		return h(
			"ul",
			{ className: "plexsync-list" },
			written.map(one =>
				h(
					"li",
					{ key: one.scene },
					h(To, { to: `/scenes/${one.scene}` }, titleOf(found && found.value && found.value.get(one.scene), one.scene)),
					": ",
					one.what,
					", ",
					ago(one.at, now),
				),
			),
		);
	}

	/** How much came back from Plex, with the way there. */
	function Returned({ returned }) {
		const kinds = Object.keys(returned).filter(kind => returned[kind]);
		if (!kinds.length) return null;
		const many = kinds.map(kind => t(`returns.many.${kind}`, { count: returned[kind].toLocaleString() }));
		return h("p", null, h(To, { to: link("returns") }, t("returns.came", { many: many.join(", ") })));
	}

	function titleOf(scene, id) {
		if (!scene) return t("scenes.scene", { id });
		return scene.title || (scene.files[0] && pure.basename(scene.files[0].path)) || t("scenes.scene", { id });
	}

	page.overview = { Overview, titleOf, link };
})(/** @type {any} */ (globalThis));
