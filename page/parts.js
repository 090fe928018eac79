/**
 * Small pieces that every section uses. Nothing here makes HTML of a text.
 */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	const api = root.PluginApi;
	if (!page.store) return;
	const React = api.React;
	const h = React.createElement;
	const { pure, words } = page;
	const { Button, Badge } = api.libraries.Bootstrap;

	function t(key, values) {
		return words.say(key, values, document.documentElement.lang);
	}

	/** A throw in a component of ours must not take Stash's page with it: each has one of these around it. */
	class Boundary extends React.Component {
		constructor(props) {
			super(props);
			this.state = { error: null };
		}
		static getDerivedStateFromError(error) {
			return { error };
		}
		render() {
			const error = /** @type {any} */ (this).state.error;
			const props = /** @type {any} */ (this).props;
			if (!error) return props.children;
			return props.quiet
				? null
				: h("p", { className: "plexsync-broken", role: "alert" }, t("broken", { why: page.store.said(error) }));
		}
	}

	/** A component with its own boundary. @param {any} component @param {boolean} [quiet] */
	function safe(component, quiet) {
		return function Safe(props) {
			return h(Boundary, { quiet }, h(component, props));
		};
	}

	/** Seconds in words. @param {number} seconds */
	function spanned(seconds) {
		const { count, unit } = pure.span(seconds);
		return t(`span.${unit}`, { count: count.toLocaleString() });
	}

	/** When something was, by Stash's clock. @param {number} at @param {number} now */
	function ago(at, now) {
		return now - at < 2 ? t("just.now") : t("ago", { span: spanned(now - at) });
	}

	function Card({ title, children, id }) {
		return h(
			"section",
			{ className: "card plexsync-card", id },
			h("h3", { className: "plexsync-card-title" }, title),
			children,
		);
	}

	/** A line that stands out without a colour alone. @param {{kind: "danger" | "warning" | "success" | "info", children?: any}} props */
	function Notice({ kind, children }) {
		const mark = { danger: "✗", warning: "!", success: "✓", info: "→" }[kind];
		return h(
			"div",
			{ className: `plexsync-notice plexsync-${kind}`, role: kind === "danger" ? "alert" : "status" },
			h("span", { className: `plexsync-mark text-${kind}`, "aria-hidden": true }, mark),
			h("div", { className: "plexsync-notice-text" }, children),
		);
	}

	/** Where a link within Stash leads, whatever its base is. @param {{to: string, children?: any, className?: string}} props */
	function To(props) {
		return h(api.libraries.ReactRouterDOM.Link, props);
	}

	/** Something that is asked for once, and what came of it. @param {() => Promise<any>} ask @param {any[]} on */
	function useAsked(ask, on) {
		const [found, setFound] = React.useState(/** @type {any} */ (null));
		React.useEffect(() => {
			let there = true;
			ask().then(
				value => there && setFound({ value }),
				error => there && setFound({ error: page.store.said(error) }),
			);
			return () => {
				there = false;
			};
		}, on);
		return found;
	}

	/**
	 * As React's useState, but what comes in after the component is gone is let go: somebody went to another section while
	 * something was saved.
	 * @template T @param {T} initial @returns {[T, (next: T | ((was: T) => T)) => void]}
	 */
	function useLasting(initial) {
		const [value, set] = React.useState(initial);
		const there = React.useRef(true);
		React.useLayoutEffect(() => () => void (there.current = false), []); // at once, as no other effect ends
		return [value, next => void (there.current && set(next))];
	}

	/** A button that runs something, is off meanwhile, and says what failed. @param {any} props */
	function Do({ run, children, variant, sure, label, busy, autoFocus }) {
		const [doing, setDoing] = useLasting(false);
		const [asked, setAsked] = useLasting(false);
		const [failed, setFailed] = useLasting("");
		const go = async () => {
			setAsked(false);
			setDoing(true);
			setFailed("");
			try {
				await run();
			} catch (error) {
				setFailed(page.store.said(error));
			}
			setDoing(false);
		};
		if (asked)
			return h(
				"span",
				{ className: "plexsync-sure", role: "group", "aria-label": sure },
				h("span", null, sure, " "),
				h(Button, { size: "sm", variant: "danger", onClick: go, autoFocus: true }, t("yes")),
				h(Button, { size: "sm", variant: "secondary", onClick: () => setAsked(false) }, t("no")),
			);
		return h(
			React.Fragment,
			null,
			h(
				Button,
				{
					size: "sm",
					variant: variant || "secondary",
					disabled: doing,
					autoFocus,
					onClick: sure ? () => setAsked(true) : go,
					"aria-label": label,
				},
				children,
			),
			doing && busy && h("span", { role: "status" }, " ", busy),
			failed && h("span", { className: "text-danger plexsync-failed", role: "alert" }, failed),
		);
	}

	/** Before and after, stacked; words that changed are marked by more than colour. @param {any} props */
	function Change({ before, after, labels }) {
		const from = pure.shown(before);
		const to = pure.shown(after);
		const found = pure.wordDiff(from, to);
		const side = kind =>
			found
				.filter(one => one.kind === "same" || one.kind === kind)
				.map((one, at) =>
					one.kind === "same" || !one.text.trim()
						? one.text
						: h(kind === "gone" ? "del" : "ins", { key: at, title: t(`word.${kind}`) }, one.text),
				);
		return h(
			"dl",
			{ className: "plexsync-change" },
			h("dt", null, labels[0]),
			h("dd", null, from ? side("gone") : h("em", { className: "text-muted" }, t("tab.nothing"))),
			h("dt", null, labels[1]),
			h("dd", null, to ? side("new") : h("em", { className: "text-muted" }, t("tab.nothing"))),
		);
	}

	const all = (...children) => h(React.Fragment, null, ...children);
	const muted = (...children) => h("p", { className: "text-muted" }, ...children);
	const buttons = (...children) => h("div", { className: "plexsync-buttons" }, ...children);
	const card = (title, ...children) => h(Card, { title }, ...children);
	const notice = (kind, ...children) => h(Notice, { kind }, ...children);

	page.parts = {
		all,
		muted,
		buttons,
		card,
		notice,
		t,
		h,
		Boundary,
		safe,
		spanned,
		ago,
		Card,
		Notice,
		To,
		useAsked,
		useLasting,
		Do,
		Change,
		Badge,
		Button,
	};
})(/** @type {any} */ (globalThis));
