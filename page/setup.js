/** The section Setup: address and token, libraries, paths, then the first scenes. Each step saves before it is checked. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.settings) return;
	const { t, h, Notice, Do, Button, useAsked, all, notice, muted, card, buttons, useLasting } = page.parts;
	const { store } = page;
	const React = root.PluginApi.React;

	const TOKEN_HELP = "https://support.plex.tv/articles/204059436-finding-an-authentication-token-x-plex-token/";

	function Setup() {
		const first = useAsked(store.settings, []);
		const { seen } = store.useLook("overview", { jobs: true });
		const [values, setValues] = useLasting(/** @type {any} */ (null));
		const [asking, setAsking] = useLasting(false);
		const [late, setLate] = useLasting(false);
		const [plex, setPlex] = useLasting(/** @type {any} */ (null));
		const [list, setList] = useLasting(/** @type {any} */ (null));
		const check = async () => {
			setAsking(true);
			setLate(false);
			try {
				const [libraries, checklist] = await Promise.all([
					store.ask("libraries", {}, 300),
					store.ask("checklist", {}, 300),
				]);
				setPlex(libraries);
				setList(checklist);
				setLate(!libraries && !checklist);
			} catch (error) {
				setPlex({ error: store.said(error) });
			}
			setAsking(false);
		};
		const known = first && first.value;
		const ready = Boolean(known && known.plex_url && known.plex_token);
		React.useEffect(() => void (ready && check()), [ready]);
		if (!first) return h("p", null, t("loading"));
		if (first.error) return notice("danger", first.error);
		const now = values || first.value;
		const save = async changed => {
			setValues(await store.configure(changed));
			await check();
		};
		const installing = seen && seen.worker.installing;
		return all(
			h("p", null, t("setup.intro")),
			card(t("setup.connect"), h(Connect, { now, save, asking })),
			asking &&
				notice(
					"info",
					installing ? `${t("setup.installing")} ${t("worker.installing", installing)}` : t("setup.asking"),
				),
			seen && seen.worker.failed && notice("danger", t("worker.failed", { why: seen.worker.failed })),
			late && notice("warning", t("setup.late")),
			plex && plex.error && notice("danger", plex.error),
			plex && plex.libraries && card(t("setup.libraries"), h(Libraries, { plex, now, save })),
			list && card(t("setup.check"), h(Checklist, { list, save, check })),
			plex &&
				plex.libraries &&
				card(
					t("setup.go"),
					buttons(
						h(
							Do,
							{ variant: "primary", run: () => store.task("Sync All Scenes").then(() => page.go("overview")) },
							t("setup.sync"),
						),
						h(Do, { run: () => store.task("Preview").then(() => page.go("preview")) }, t("setup.preview")),
					),
					muted(t("setup.later")),
				),
			card(t("report.title"), h(Report, { list })),
		);
	}

	/** The lines of Check Setup as its task prints them. @param {any} list */
	function said(list) {
		if (!list || list.error) return list ? [list.error] : [];
		const marks = { right: "✓", wrong: "✗", hint: "!", note: "→" };
		const line = one => `${marks[/** @type {"right"} */ (one.kind)] || "→"} ${one.text} ${one.remedy}`;
		return [...list.lines.map(line), ...(list.path_map ? [`→ ${list.path_map}`] : []), list.next];
	}

	/** One text, saved by the browser; what Check Setup says goes along. @param {any} props */
	function Report({ list }) {
		const [mask, setMask] = useLasting(true);
		const save = async () => {
			const checked = said(list);
			const { name, text } = await store.operate({ operation: "report", mask, checked });
			const link = document.createElement("a");
			link.href = URL.createObjectURL(new Blob([text], { type: "text/plain" }));
			link.download = name;
			link.click();
			URL.revokeObjectURL(link.href);
		};
		return all(
			muted(t("report.about")),
			h(
				"label",
				null,
				h("input", { type: "checkbox", checked: mask, onChange: event => setMask(event.target.checked) }),
				" ",
				t("report.mask"),
			),
			buttons(h(Do, { run: save }, t("report.save"))),
		);
	}

	/** Both values in one form: one button saves them and has them checked. @param {any} props */
	function Connect({ now, save, asking }) {
		const [url, setUrl] = useLasting(now.plex_url || "");
		const [token, setToken] = useLasting("");
		const send = event => {
			event.preventDefault();
			save({ plex_url: url.trim(), ...(token.trim() && { plex_token: token.trim() }) }).then(() => setToken(""));
		};
		return h(
			"form",
			{ className: "plexsync-connect", autoComplete: "off", onSubmit: send },
			h("label", { htmlFor: "plexsync-url" }, t("setup.address")),
			h("input", {
				id: "plexsync-url",
				className: "form-control text-input",
				type: "text",
				inputMode: "url",
				value: url,
				placeholder: "http://192.168.1.10:32400",
				"aria-describedby": "plexsync-url-about",
				onChange: event => setUrl(event.target.value),
			}),
			h("p", { id: "plexsync-url-about", className: "text-muted" }, t("setup.address.hint")),
			h("label", { htmlFor: "plexsync-token" }, t("setup.token")),
			h("input", {
				id: "plexsync-token",
				className: "form-control text-input",
				type: "password",
				autoComplete: "new-password",
				value: token,
				placeholder: now.plex_token ? "••••••••" : "",
				"aria-describedby": "plexsync-token-about",
				onChange: event => setToken(event.target.value),
			}),
			h(
				"p",
				{ id: "plexsync-token-about", className: "text-muted" },
				now.plex_token ? t("settings.token.set") : t("setup.token.hint"),
				" ",
				h("a", { href: TOKEN_HELP, target: "_blank", rel: "noopener noreferrer" }, t("setup.token.how")),
			),
			h(
				Button,
				{ type: "submit", variant: "primary", disabled: asking || !url.trim() || !(token.trim() || now.plex_token) },
				t("setup.save"),
			),
		);
	}

	function Libraries({ plex, now, save }) {
		const { LibraryChoice } = page.settings;
		return all(
			notice("success", t("setup.server", plex)),
			h(LibraryChoice, {
				libraries: plex.libraries,
				value: now.plex_libraries,
				save: value => save({ plex_libraries: value }),
			}),
		);
	}

	function Checklist({ list, save, check }) {
		if (list.error) return notice("danger", list.error);
		const kinds = { right: "success", wrong: "danger", hint: "warning", note: "info" };
		return all(
			list.path_map &&
				h(
					"div",
					{ className: "plexsync-map" },
					h("p", null, t("setup.map")),
					h("code", null, list.path_map),
					" ",
					h(Do, { variant: "primary", run: () => save({ path_map: list.path_map }) }, t("setup.use")),
				),
			list.lines.map((line, at) =>
				h(
					Notice,
					{ key: at, kind: kinds[/** @type {"right"} */ (line.kind)] || "info" },
					line.text,
					line.remedy && h("strong", null, " ", line.remedy),
				),
			),
			h("p", { role: "status" }, list.next),
			buttons(h(Do, { run: check }, t("setup.again"))),
		);
	}

	page.setup = { Setup };
})(/** @type {any} */ (globalThis));
