/** The section From Plex: what came back to Stash, out of what, whether Plex is heard; and taking it back. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.overview) return;
	const { t, h, Do, Button, Change, To, ago, spanned, all, buttons, card, muted, notice, useAsked, useLasting } =
		page.parts;
	const { store } = page;

	/** What comes back, and the setting that lets it. */
	const SETTINGS = { play: "plays_from_plex", position: "resume_from_plex", rating: "ratings_from_plex" };
	const KINDS = Object.keys(SETTINGS);

	/** Entries at first, and with each press of the button more. */
	const SIZE = 50;

	function Returns() {
		const [kind, setKind] = useLasting("");
		const [size, setSize] = useLasting(SIZE);
		const settings = useAsked(store.settings, []);
		const seen = store.useAnswer("returns", { size, ...(kind && { kind }) });
		if (!seen) return h("p", null, t("loading"));
		return all(
			card(
				t("section.returns"),
				muted(t("returns.about")),
				settings && h(Kinds, { settings: settings.value || {}, seen }),
			),
			card(
				t("returns.newest"),
				buttons(
					["", ...KINDS].map(one =>
						h(
							Button,
							{
								key: one,
								size: "sm",
								variant: one === kind ? "primary" : "secondary",
								"aria-pressed": one === kind,
								onClick: () => setKind(one),
							},
							one ? t(`returns.many.${one}`, { count: seen.counts[one].toLocaleString() }) : t("returns.all"),
						),
					),
				),
				seen.under_way > 0 && notice("info", t("returns.under_way", { count: seen.under_way.toLocaleString() })),
				seen.entries.length ? h(Entries, { seen, named: true }) : h("p", null, t("returns.none")),
				seen.entries.length >= size &&
					buttons(h(Button, { size: "sm", onClick: () => setSize(size + SIZE) }, t("returns.more"))),
			),
		);
	}

	/** What is on, what is off and how to change that, and whether Plex tells what is played. */
	function Kinds({ settings, seen }) {
		const { since, silent } = seen.heard;
		const hears = settings[SETTINGS.play] || settings[SETTINGS.position];
		return all(
			h(
				"ul",
				{ className: "plexsync-list" },
				KINDS.map(kind => {
					const on = Boolean(settings[SETTINGS[kind]]);
					return h(
						"li",
						{ key: kind },
						`${on ? "✓" : "–"} ${t(`returns.kind.${kind}`)}: ${t(on ? "returns.on" : "returns.off")}`,
					);
				}),
			),
			h(To, { to: page.overview.link("settings") }, t("returns.switch")),
			hears &&
				(since
					? notice("success", t("returns.heard", { span: spanned(seen.now - since) }))
					: notice(silent ? "warning" : "info", silent ? t("returns.silent", { why: silent }) : t("returns.unheard"))),
		);
	}

	/** Entries, newest first. `named`: with a link to their scenes. */
	function Entries({ seen, named }) {
		const ids = named ? [...new Set(seen.entries.map(one => one.scene))] : [];
		const found = useAsked(() => store.scenes(ids), [ids.join()]);
		return h(
			"ol",
			{ className: "plexsync-entries" },
			seen.entries.map(one =>
				h(
					"li",
					{ key: one.id },
					h(
						"div",
						null,
						named &&
							h(
								To,
								{ to: `/scenes/${one.scene}` },
								page.overview.titleOf(found && found.value && found.value.get(one.scene), one.scene),
							),
						" ",
						h(
							"span",
							{ className: "text-muted" },
							`${t(`returns.kind.${one.kind}`)}, ${ago(one.at, seen.now)}, ${seenBy(one)}`,
						),
						one.state !== "done" && h("strong", null, ` ${t(`returned.${one.state}`)}`),
					),
					h(What, { one }),
					one.state === "done" &&
						buttons(
							h(
								Do,
								{
									run: () => store.act("take_back", undefined, { entry: one.id }),
									sure: t("sure.take_back"),
									label: t("returns.take_back.label", { id: one.scene }),
								},
								t("action.take_back"),
							),
						),
				),
			),
		);
	}

	function seenBy(one) {
		return one.kind === "rating" ? t("returns.by.stars") : t(`returns.by.${one.seen_by || "list"}`);
	}

	/** What one entry changed. */
	function What({ one }) {
		const { before, after, wanted } = one;
		const done = Object.keys(after).length > 0;
		if (one.kind === "play")
			return h("p", null, t("returns.played.at", { when: new Date(1000 * one.moment).toLocaleString() }));
		if (one.kind === "rating")
			return all(
				h(Change, {
					before: done ? before.rating100 : wanted.from,
					after: done ? after.rating100 : wanted.rating100,
					labels: [t("returns.in.stash"), t("returns.in.plex")],
				}),
				Boolean(wanted.both) && muted(t(done ? "returns.plex.counts" : "returns.stash.counts")),
			);
		const goes = done ? after : wanted;
		const played = done ? (after.play_duration || 0) - (before.play_duration || 0) : wanted.play_duration;
		return all(
			goes.resume_time !== undefined &&
				h("p", null, t("returns.resumes", { before: clock(before.resume_time), after: clock(goes.resume_time) })),
			played > 0 && h("p", null, t("returns.played", { span: spanned(played) })),
		);
	}

	/** Seconds as a player shows them. @param {number | null | undefined} seconds */
	function clock(seconds) {
		const whole = Math.round(seconds || 0);
		const two = number => String(number).padStart(2, "0");
		const hours = whole >= 3600 ? `${Math.floor(whole / 3600)}:` : "";
		return `${hours}${two(Math.floor((whole % 3600) / 60))}:${two(whole % 60)}`;
	}

	/** What came back for one scene. @param {{id: number}} props */
	function OfScene({ id }) {
		const seen = store.useAnswer("returns", { scene: id });
		if (!seen || !seen.entries.length) return null;
		return h(
			"details",
			null,
			h("summary", null, t("returns.scene", { count: seen.entries.length.toLocaleString() })),
			h(Entries, { seen, named: false }),
		);
	}

	page.returns = { Returns, OfScene };
})(/** @type {any} */ (globalThis));
