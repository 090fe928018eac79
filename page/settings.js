/** The section Settings: all of them, in groups, each written back at once. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.parts) return;
	const { t, h, Card, Notice, Button, useAsked, all, notice, muted, card, useLasting } = page.parts;
	const { pure, store } = page;
	const React = root.PluginApi.React;

	function Settings() {
		const declared = useAsked(store.declared, []);
		const first = useAsked(store.settings, []);
		const tags = useAsked(store.tagNames, []);
		const { seen } = store.useLook("overview", { jobs: true });
		const [values, setValues] = useLasting(/** @type {any} */ (null));
		if (!declared || !first) return h("p", null, t("loading"));
		if (declared.error || first.error) return notice("danger", declared.error || first.error);
		const now = values || first.value;
		return all(
			seen && seen.faults.map(fault => h(Notice, { key: fault, kind: "danger" }, fault)),
			pure.grouped(declared.value.settings).map(group =>
				h(
					Card,
					{ key: group.name, title: t(`settings.group.${group.name}`), id: `plexsync-${group.name}` },
					group.settings.map(setting =>
						h(Setting, {
							key: setting.name,
							setting,
							value: now[setting.name],
							saved: setValues,
							tags: (tags && tags.value) || null,
						}),
					),
				),
			),
			card(t("settings.group.others"), h(ToastSwitch)),
		);
	}

	/** One setting with its explanation; it says when it was saved. @param {any} props */
	function Setting({ setting, value, saved, tags }) {
		const [said, setSaid] = useLasting("");
		const id = `plexsync-setting-${setting.name}`;
		const save = async changed => {
			setSaid("");
			try {
				saved(await store.configure({ [setting.name]: changed }));
				setSaid(t("settings.saved"));
				return true;
			} catch (error) {
				setSaid(t("settings.failed", { why: store.said(error) }));
				return false;
			}
		};
		const props = { id, setting, value, save, tags, describedBy: `${id}-about` };
		const kind =
			setting.name === "plex_token"
				? Token
				: setting.type === "BOOLEAN"
					? Switch
					: pure.TAG_LISTS.includes(setting.name)
						? TagList
						: setting.name === "plex_libraries"
							? LibraryList
							: Line;
		return h(
			"div",
			{ className: "plexsync-setting" },
			h(
				"div",
				{ className: "plexsync-setting-name" },
				h("label", { htmlFor: id }, setting.display_name || setting.name),
				h("p", { id: `${id}-about`, className: "text-muted" }, setting.description),
			),
			h(
				"div",
				{ className: "plexsync-setting-value" },
				h(kind, props),
				h("div", { role: "status", className: "plexsync-saved" }, said),
			),
		);
	}

	/**
	 * What a person sees of a setting: their choice at once, though it is saved a moment later. What is stored meanwhile,
	 * of an earlier choice, does not take it back; a save that fails does.
	 */
	function useChoice(stored) {
		const [chosen, setChosen] = useLasting(stored);
		const saving = React.useRef(0);
		React.useEffect(() => {
			if (saving.current === 0) setChosen(stored);
		}, [stored]);
		const choose = async (next, save) => {
			setChosen(next);
			saving.current += 1;
			const done = await save(next);
			saving.current -= 1;
			if (done === false) setChosen(stored);
		};
		return [chosen, choose];
	}

	function Switch({ id, value, save, describedBy }) {
		const [on, choose] = useChoice(Boolean(value));
		const onChange = event => choose(event.target.checked, save);
		return h("input", { id, type: "checkbox", checked: on, "aria-describedby": describedBy, onChange });
	}

	function Line({ id, setting, value, save, describedBy }) {
		const stored = value === undefined || value === null ? "" : String(value);
		const [text, setText] = useLasting(stored);
		React.useEffect(() => setText(stored), [stored]);
		const number = setting.type === "NUMBER";
		const send = () => save(number ? (text.trim() === "" || !Number.isFinite(Number(text)) ? "" : Number(text)) : text);
		return h(
			"form",
			{ className: "plexsync-line", onSubmit: event => (event.preventDefault(), send()) },
			h("input", {
				id,
				className: "form-control text-input",
				type: number ? "number" : "text",
				step: "any",
				value: text,
				"aria-describedby": describedBy,
				onChange: event => setText(event.target.value),
			}),
			h(Button, { type: "submit", size: "sm", variant: "primary", disabled: text === stored }, t("settings.save")),
			/_template$/.test(setting.name) && text.trim() && h(Example, { template: text }),
		);
	}

	/** A template with a real scene, as the worker would write it. @param {{template: string}} props */
	function Example({ template }) {
		const [found, setFound] = useLasting(/** @type {any} */ (null));
		React.useEffect(() => {
			let there = true;
			const timer = setTimeout(
				() =>
					store.ask("template", { text: template }, 20).then(
						answer => there && setFound(answer),
						() => undefined,
					),
				700,
			);
			return () => {
				there = false;
				clearTimeout(timer);
			};
		}, [template]);
		if (!found) return null;
		if (found.error) return notice("warning", found.error);
		return h(
			"p",
			{ className: "text-muted plexsync-example" },
			t("settings.example", { scene: found.scene, text: found.text }),
		);
	}

	/** Never shows what is set. @param {any} props */
	function Token({ id, value, save, describedBy }) {
		const [text, setText] = useLasting("");
		return h(
			"form",
			{
				className: "plexsync-line",
				autoComplete: "off",
				onSubmit: event => (event.preventDefault(), save(text.trim()).then(() => setText(""))),
			},
			h("input", {
				id,
				className: "form-control text-input",
				type: "password",
				autoComplete: "new-password",
				value: text,
				placeholder: value ? "••••••••" : "",
				"aria-describedby": describedBy,
				onChange: event => setText(event.target.value),
			}),
			h(Button, { type: "submit", size: "sm", variant: "primary", disabled: !text.trim() }, t("settings.save")),
			muted(t(value ? "settings.token.set" : "settings.token.unset")),
		);
	}

	/** Libraries as Plex has them; typed only while it does not tell. @param {any} props */
	function LibraryList(props) {
		const plex = useAsked(() => store.ask("libraries", {}, 60), []);
		if (!plex) return all(h(Line, props), muted(t("setup.asking")));
		const why = plex.error || (plex.value ? plex.value.error : t("setup.late"));
		if (why) return all(h(Line, props), notice("warning", t("settings.libraries.failed", { why })));
		return h(
			"div",
			{ id: props.id, role: "group", "aria-describedby": props.describedBy },
			h(LibraryChoice, { ...props, libraries: plex.value.libraries }),
		);
	}

	/** Ticks libraries; those that are chosen and not there are marked. @param {any} props */
	function LibraryChoice({ libraries, value, save }) {
		const [joined, choose] = useChoice(pure.joined(pure.names(value)));
		const chosen = pure.names(joined);
		const movies = libraries.filter(one => one.type === "movie");
		const titles = movies.map(one => one.title);
		const missing = pure.unknown(chosen, titles);
		const other = title => one => pure.nameKey(one) !== pure.nameKey(title);
		const has = title => !chosen.every(other(title));
		const toggle = title => choose(pure.joined(has(title) ? chosen.filter(other(title)) : [...chosen, title]), save);
		return all(
			muted(t("setup.libraries.hint")),
			[...movies, ...missing.map(title => ({ key: `missing ${title}`, title, locations: [] }))].map(one =>
				h(
					"label",
					{ key: one.key, className: "plexsync-library" },
					h("input", { type: "checkbox", checked: has(one.title), onChange: () => toggle(one.title) }),
					" ",
					one.title,
					h("span", { className: "text-muted" }, ` ${one.locations.join(", ")}`),
				),
			),
			missing.length > 0 &&
				h("p", { className: "text-warning" }, t("settings.libraries.missing", { names: missing.join(", ") })),
		);
	}

	/** Tags by name: chosen from Stash's, and marked where Stash has none of that name. @param {any} props */
	function TagList({ id, value, save, tags, describedBy }) {
		const [joined, choose] = useChoice(pure.joined(pure.names(value)));
		const list = pure.names(joined);
		const [text, setText] = useLasting("");
		const missing = tags ? pure.unknown(list, tags) : [];
		const add = () => {
			const name = text.trim();
			if (name && !list.some(one => pure.nameKey(one) === pure.nameKey(name)))
				choose(pure.joined([...list, name]), save);
			setText("");
		};
		return h(
			"div",
			null,
			h(
				"ul",
				{ className: "plexsync-tags" },
				list.map(name =>
					h(
						"li",
						{
							key: name,
							className: `tag-item badge badge-secondary ${missing.includes(name) ? "plexsync-missing" : ""}`,
						},
						missing.includes(name) ? `⚠ ${name}` : name,
						h(
							"button",
							{
								type: "button",
								className: "plexsync-remove",
								"aria-label": t("settings.remove", { name }),
								onClick: () => choose(pure.joined(list.filter(one => one !== name)), save),
							},
							"×",
						),
					),
				),
			),
			h(
				"form",
				{ className: "plexsync-line", onSubmit: event => (event.preventDefault(), add()) },
				h("input", {
					id,
					className: "form-control text-input",
					list: `${id}-tags`,
					value: text,
					placeholder: t("settings.add"),
					"aria-describedby": describedBy,
					onChange: event => setText(event.target.value),
				}),
				h(
					"datalist",
					{ id: `${id}-tags` },
					text &&
						(tags || [])
							.filter(one => pure.nameKey(one).includes(pure.nameKey(text)))
							.slice(0, 50)
							.map(one => h("option", { key: one, value: one })),
				),
				h(Button, { type: "submit", size: "sm", variant: "primary", disabled: !text.trim() }, t("settings.add")),
			),
			missing.length > 0 && h("p", { className: "text-warning" }, t("settings.unknown", { names: missing.join(", ") })),
		);
	}

	function ToastSwitch() {
		const [on, setOn] = useLasting(page.toast ? page.toast.isOn() : false);
		return h(
			"label",
			null,
			h("input", {
				type: "checkbox",
				checked: on,
				onChange: event => (page.toast.turn(event.target.checked), setOn(event.target.checked)),
			}),
			" ",
			t("settings.toast"),
		);
	}

	page.settings = { Settings, LibraryChoice };
})(/** @type {any} */ (globalThis));
