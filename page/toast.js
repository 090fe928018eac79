/** After a save: a quiet word when Plex has it, or why not. One at a time, and it can be switched off. */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	if (!page.parts) return;
	const { t, h } = page.parts;
	const { pure, store } = page;
	const api = root.PluginApi;
	const React = api.React;

	const OFF = "plexsync-toast-off";

	/** Milliseconds between two looks, and the most of them. */
	const EVERY = 1000;
	const MOST = 30;

	/** Scenes that are looked at, of a save of many. */
	const FEW = 5;

	function isOn() {
		try {
			return localStorage.getItem(OFF) !== "1";
		} catch {
			return true;
		}
	}

	function turn(on) {
		try {
			if (on) localStorage.removeItem(OFF);
			else localStorage.setItem(OFF, "1");
		} catch {
			// a browser that keeps nothing: it stays on
		}
	}

	/** Who shows a toast while a page is there. @type {((text: string, good: boolean) => void) | null} */
	let shower = null;
	/** The newest save: an older one is followed no more. */
	let newest = 0;

	async function follow(ids) {
		const mine = ++newest;
		const few = ids.slice(0, FEW);
		// While the worker starts, a look may fail: there is another one.
		const look = at => store.operate({ operation: "look", at }).catch(() => ({}));
		const begun = await look({});
		const since = (begun.now || Date.now() / 1000) - 15; // the hook and the worker may have been quicker than this look
		for (let tries = 0; tries < MOST && mine === newest; tries++) {
			await new Promise(done => setTimeout(done, EVERY));
			if (document.visibilityState === "hidden") continue;
			const seen = [];
			for (const id of few) seen.push(pure.became((await look({ scene: { id } })).scene, since));
			if (mine !== newest || !seen.every(Boolean)) continue;
			const bad = seen.find(one => ["parked", "waits", "held", "looked"].includes(one.kind));
			const written = seen.filter(one => one.kind === "written");
			if (bad) show(t(`toast.${bad.kind}`, { why: bad.why }), false);
			else if (written.length)
				show(
					ids.length > 1
						? t("toast.written.more", { count: ids.length })
						: t("toast.written", { what: written[0].why }),
					true,
				);
			return;
		}
	}

	function show(text, good) {
		if (shower && isOn()) shower(text, good);
	}

	/** Notice what is saved anywhere in Stash: every mutation goes through its one client. */
	function listen() {
		const client = store.client();
		if (!client || client.plexsync) return;
		client.plexsync = true;
		const mutate = client.mutate.bind(client);
		client.mutate = options => {
			const done = mutate(options);
			try {
				const named = options.mutation.definitions.find(one => one.kind === "OperationDefinition");
				const ids = pure.savedScenes(named && named.name && named.name.value, options.variables);
				if (ids.length && isOn()) done.then(() => follow(ids)).catch(() => undefined);
			} catch {
				// a mutation of another shape saves no scene
			}
			return done;
		};
	}

	/** Stands in Stash's navigation, shows nothing, and has the way to its toasts. */
	function Toaster() {
		const toast = api.hooks && api.hooks.useToast ? api.hooks.useToast() : null;
		React.useEffect(() => {
			if (!toast) return undefined;
			shower = (text, good) =>
				toast.toast
					? toast.toast({ content: h("span", null, text), variant: good ? "success" : "warning", delay: 4000 })
					: toast.success({ content: text });
			listen();
			return undefined;
		});
		return null;
	}

	page.toast = { Toaster, isOn, turn };
})(/** @type {any} */ (globalThis));
