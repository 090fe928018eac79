/** Where the page shows in Stash. Nothing is done at load but registering; what a version of Stash lacks is left away. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	const api = root.PluginApi;
	if (!page || !page.toast || !api || !api.register || !api.register.route) return;
	const { t, h, safe, To, Button, Badge, all, notice, useAsked } = page.parts;
	const { pure, store } = page;
	const { useLocation, useHistory, useRouteMatch } = api.libraries.ReactRouterDOM;
	const { Nav, Tab } = api.libraries.Bootstrap;

	/** The version these scripts belong to; the one on the disk comes with each answer. */
	const VERSION = "1.0.0";
	const PATH = "/plugins/plexsync";
	const PANEL = "plexsync-panel";

	/** Sections, each in a script of its own name that is fetched when the page is first opened. */
	const SECTIONS = {
		overview: "Overview",
		scenes: "Scenes",
		history: "History",
		returns: "Returns",
		preview: "Preview",
		settings: "Settings",
		setup: "Setup",
	};
	const LATER = [...Object.keys(SECTIONS), "tab"];

	/** @type {Promise<void> | null} */
	let fetched = null;

	/** Fetch what is not needed before somebody looks: Stash's start waits for the rest of us. */
	function later() {
		fetched ||= fetchAll().catch(error => {
			fetched = null;
			throw error;
		});
		return fetched;
	}

	async function fetchAll() {
		const base = document.querySelector("base");
		const folder = `${(base && base.getAttribute("href")) || "/"}plugin/PlexSync/assets/page`;
		// Stash says nothing on caching, so that a browser would guess: it asks whether the file is another one.
		const answers = await Promise.all(LATER.map(name => fetch(`${folder}/${name}.js`, { cache: "no-cache" })));
		for (const answer of answers) {
			if (!answer.ok) throw Error(`${answer.url}: ${answer.status}`);
			const script = document.createElement("script");
			script.textContent = await answer.text();
			document.head.append(script);
		}
	}

	/** A component of a script that comes later. @param {{name: string, component: string, given?: any}} props */
	function Later({ name, component, given }) {
		const there = useAsked(later, []);
		if (!there) return h("p", null, t("loading"));
		if (there.error) return notice("danger", t("error.fetch", { why: there.error }));
		return h(page[name][component], given);
	}

	const SafeLater = safe(Later);

	function Page() {
		const location = useLocation();
		const history = useHistory();
		const query = new URLSearchParams(location.search);
		const asked = query.get("section") || "overview";
		const section = asked in SECTIONS ? asked : "overview";
		const { seen, version, replaced, error } = store.useLook("overview", { jobs: true });
		const go = (name, more) => history.push(`${PATH}?${new URLSearchParams({ section: name, ...more })}`);
		page.go = go;
		const state = query.get("state") || (seen && seen.counts.parked ? "parked" : "waiting");
		return h(
			"div",
			{ className: "plexsync container-fluid" },
			h("h2", null, t("title")),
			h(
				"nav",
				{ className: "plexsync-sections", "aria-label": t("title") },
				Object.keys(SECTIONS).map(name =>
					h(
						To,
						{
							key: name,
							to: `${PATH}?section=${name}`,
							className: `btn btn-${name === section ? "primary" : "secondary"}`,
							"aria-current": name === section ? "page" : undefined,
						},
						t(`section.${name}`),
					),
				),
			),
			(replaced || (version && version !== VERSION)) &&
				notice(
					"warning",
					version === VERSION ? t("old.files") : t("old.tab", { here: VERSION, there: version }),
					" ",
					h(Button, { size: "sm", onClick: () => root.location.reload() }, t("reload")),
				),
			error && notice("danger", pure.isGone(error) ? t("error.gone") : t("error.operation", { why: error })),
			!pure.isGone(error) &&
				h(SafeLater, {
					key: section,
					name: section,
					component: SECTIONS[/** @type {"overview"} */ (section)],
					given: section === "scenes" ? { state, choose: one => go("scenes", { state: one }) } : {},
				}),
		);
	}

	function NavEntry() {
		const { seen } = store.useLook("overview", { seldom: true });
		const count = pure.badge(seen);
		const hint = count ? t("nav.hint", { count }) : t("nav.plain");
		return h(
			To,
			{ to: PATH, className: "nav-utility btn minimal plexsync-nav", title: hint },
			"Plex ",
			count > 0 && h(Badge, { pill: true, variant: "danger" }, count > 99 ? "99+" : count),
			h(page.toast.Toaster),
		);
	}

	/** The scene whose page is open, from the route where another plugin took the props away. @param {any} props */
	function sceneOf(props) {
		const match = useRouteMatch("/scenes/:id");
		return Number((props.scene && props.scene.id) || (match && match.params.id)) || 0;
	}

	function Panel(props) {
		const id = sceneOf(props);
		return id ? h(Later, { name: "tab", component: "SceneTab", given: { id } }) : null;
	}

	function Banner() {
		const { seen } = store.useLook("overview", { seldom: true });
		const faults = seen ? seen.faults.length : 0;
		return notice(
			faults ? "warning" : "info",
			faults > 0 && `${t("banner.faults", { count: faults })} `,
			t("banner.text"),
			" ",
			h(To, { to: PATH }, t("banner.go")),
		);
	}

	const SafePanel = safe(Panel);
	const SafeNav = safe(NavEntry, true);
	const SafeBanner = safe(Banner, true);

	api.register.route(PATH, safe(Page));
	if (!api.patch) return;
	api.patch.before("MainNavBar.UtilityItems", props => [
		{ ...props, children: all(h(SafeNav, { key: "plexsync" }), props.children) },
	]);
	api.patch.before("ScenePage.Tabs", props => [
		{
			...props,
			children: all(props.children, h(Nav.Item, null, h(Nav.Link, { eventKey: PANEL }, t("tab.title")))),
		},
	]);
	api.patch.before("ScenePage.TabContent", props => [
		{
			...props,
			children: all(
				props.children,
				h(Tab.Pane, { eventKey: PANEL, mountOnEnter: true, unmountOnExit: true }, h(SafePanel, { scene: props.scene })),
			),
		},
	]);
	api.patch.instead("PluginSettings", (props, _, next) =>
		props.pluginID === "PlexSync" ? all(h(SafeBanner), next(props)) : next(props),
	);
})(/** @type {any} */ (globalThis));
