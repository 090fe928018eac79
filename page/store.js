/**
 * What the page knows, asked for once for all that is open: one operation at a time, only while somebody looks.
 */
(function (root) {
	"use strict";
	const page = root.PlexSyncPage;
	const api = root.PluginApi;
	if (!api || !api.libraries || !api.utils || !api.utils.StashService) return;

	const PLUGIN = "PlexSync";

	/** Milliseconds between two operations while something is watched, and while only the badge is. */
	const OFTEN = 2000;
	const SELDOM = 60000;

	const gql = api.libraries.Apollo.gql;
	const OPERATE = gql`mutation PlexSyncOperation($args: Map) { runPluginOperation(plugin_id: "PlexSync", args: $args) }`;
	const SETTINGS = gql`query PlexSyncSettings { configuration { plugins(include: ["PlexSync"]) } }`;
	const DECLARED = gql`query PlexSyncDeclared { plugins { id version settings { name display_name description type } } }`;
	const CONFIGURE = gql`mutation PlexSyncConfigure($input: Map!) { configurePlugin(plugin_id: "PlexSync", input: $input) }`;
	const SCENES = gql`query PlexSyncScenes($ids: [Int!]) { findScenes(scene_ids: $ids, filter: { per_page: -1 }) { scenes { id title files { path } paths { screenshot } } } }`;
	const SEARCH = gql`query PlexSyncSearch($filter: FindFilterType) { findScenes(filter: $filter) { scenes { id } } }`;
	const TAGS = gql`query PlexSyncTags { allTags { name } }`;
	const TASK = gql`mutation PlexSyncTask($name: String) { runPluginTask(plugin_id: "PlexSync", task_name: $name) }`;
	const JOBS = gql`query PlexSyncJobs { jobQueue { id status description progress startTime } }`;
	const STOP = gql`mutation PlexSyncStop($id: ID!) { stopJob(job_id: $id) }`;

	function client() {
		return api.utils.StashService.getClient();
	}

	async function read(query, variables) {
		return (await client().query({ query, variables, fetchPolicy: "no-cache" })).data;
	}

	async function write(mutation, variables) {
		return (await client().mutate({ mutation, variables, fetchPolicy: "no-cache" })).data;
	}

	async function operate(args) {
		return (await write(OPERATE, { args })).runPluginOperation;
	}

	/** `first`: the page's files as they were at the first look. @type {{answer: any, error: string, jobs: any[], first: string}} */
	let state = { answer: {}, error: "", jobs: [], first: "" };
	/** @type {Set<() => void>} */
	const listeners = new Set();
	/** What is watched: a name and what is asked about it, by who watches. @type {Map<object, {part: string, asked: any}>} */
	const watched = new Map();
	/** @type {any} */
	let timer = null;
	let asking = false;
	let again = false;

	function set(change) {
		state = { ...state, ...change };
		// What one of them shows anew may take another one away.
		for (const listener of [...listeners]) if (listeners.has(listener)) listener();
	}

	function parts() {
		/** @type {Record<string, any>} */
		const at = {};
		for (const { part, asked } of watched.values()) at[part] = asked;
		return at;
	}

	async function look() {
		if (asking) {
			again = true;
			return;
		}
		clearTimeout(timer);
		if (!watched.size || document.visibilityState === "hidden") return;
		asking = true;
		const at = parts();
		try {
			const wantsJobs = "overview" in at && [...watched.values()].some(one => one.asked && one.asked.jobs);
			const [answer, queue] = await Promise.all([
				operate({ operation: "look", at }),
				wantsJobs ? read(JOBS) : Promise.resolve(null),
			]);
			const jobs = queue ? (queue.jobQueue || []).filter(job => job.description.includes("plugin task")) : state.jobs;
			set({ answer: { ...state.answer, ...answer }, error: "", jobs, first: state.first || answer.files || "" });
		} catch (error) {
			set({ error: said(error) });
		}
		asking = false;
		clearTimeout(timer);
		timer = setTimeout(look, again ? 0 : [...watched.values()].every(one => one.asked.seldom) ? SELDOM : OFTEN);
		again = false;
	}

	/** What an error says, in one line. @param {any} error */
	function said(error) {
		return String((error && error.message) || error)
			.split("\n")[0]
			.slice(0, 500);
	}

	/**
	 * Watch a part of what PlexSync knows while a component is there.
	 * @param {string} part @param {any} [asked]
	 */
	function useLook(part, asked) {
		const React = api.React;
		const [, render] = React.useState(0);
		const key = JSON.stringify(asked || {});
		React.useEffect(() => {
			const me = {};
			const listener = () => render(n => n + 1);
			watched.set(me, { part, asked: asked || {} });
			listeners.add(listener);
			look();
			return () => {
				watched.delete(me);
				listeners.delete(listener);
			};
		}, [part, key]);
		return {
			seen: state.answer[part],
			version: state.answer.version,
			replaced: Boolean(state.answer.files) && state.answer.files !== state.first,
			now: state.answer.now,
			error: state.error,
			jobs: state.jobs,
		};
	}

	/**
	 * Watch the answer to exactly one question; null until it is there.
	 * @param {string} part @param {any} question @returns {any}
	 */
	function useAnswer(part, question) {
		const tag = JSON.stringify(question);
		const { seen, now } = useLook(part, { ...question, tag });
		return seen && seen.tag === tag ? { ...seen, now } : null;
	}

	document.addEventListener("visibilitychange", () => document.visibilityState === "visible" && look());

	/** Do something with scenes; the worker carries it out. @param {string} action @param {number[] | "all"} [which] @param {any} [more] */
	async function act(action, which, more) {
		await operate({ operation: "act", action, scenes: which, ...more });
		look();
	}

	/**
	 * Ask the worker something that needs Plex, and wait for the answer; null when none came in time.
	 * @param {string} question @param {any} [more] @param {number} [seconds]
	 */
	async function ask(question, more, seconds) {
		const { id } = await operate({ operation: "ask", question, ...more });
		const end = Date.now() + 1000 * (seconds || 60);
		while (Date.now() < end) {
			await new Promise(done => setTimeout(done, 500));
			const { answer } = await operate({ operation: "look", at: { answer: { id } } });
			if (answer.ready) return answer.answer;
		}
		return null;
	}

	/** Ask the worker something that it notes where the page looks anyway. @param {string} question */
	function wonder(question) {
		operate({ operation: "ask", question }).then(look, () => undefined);
	}

	/** The whole map of our settings, as Stash has it now. It holds the token: never keep it. */
	async function wholeMap() {
		const found = (await read(SETTINGS)).configuration.plugins || {};
		return { ...(found[PLUGIN] || {}) };
	}

	/** The settings without the token: whether there is one stands in its place. */
	async function settings() {
		const map = await wholeMap();
		return { ...map, plex_token: Boolean(map.plex_token) };
	}

	/** What was asked to be changed last. @type {Promise<any>} */
	let changing = Promise.resolve();

	/**
	 * Change some settings: read the whole map, change them, write it back at once, since what is written replaces all.
	 * One after the other: whoever ticks two boxes quickly means both. An empty value takes the setting away.
	 * @param {Record<string, any>} changed
	 */
	function configure(changed) {
		const done = changing.then(() => writeBack(changed));
		changing = done.catch(() => undefined);
		return done;
	}

	async function writeBack(changed) {
		const map = await wholeMap();
		for (const [key, value] of Object.entries(changed)) {
			if (value === "" || value === null || value === undefined) delete map[key];
			else map[key] = value;
		}
		await write(CONFIGURE, { input: map });
		await operate({ operation: "act", action: "wake" }).catch(() => undefined); // it is saved all the same
		return settings();
	}

	/** What Stash declares about the plugin. */
	async function declared() {
		const found = (await read(DECLARED)).plugins || [];
		return found.find(one => one.id === PLUGIN) || { settings: [] };
	}

	/** Title and picture of scenes, by number. @param {number[]} ids */
	async function scenes(ids) {
		if (!ids.length) return new Map();
		const found = (await read(SCENES, { ids })).findScenes.scenes;
		return new Map(found.map(scene => [Number(scene.id), scene]));
	}

	/** Numbers of scenes whose title or path has a text. @param {string} text */
	async function search(text) {
		const filter = { q: text, per_page: 1000 };
		return (await read(SEARCH, { filter })).findScenes.scenes.map(scene => Number(scene.id));
	}

	async function tagNames() {
		return (await read(TAGS)).allTags.map(tag => tag.name);
	}

	const task = async name => void (await write(TASK, { name }));
	const stop = async id => void (await write(STOP, { id }));

	page.store = {
    useLook, useAnswer, act, ask, wonder, settings, configure, declared, scenes, search, tagNames, task, stop, operate, client, said, look,
    state: () => state,
  }; // prettier-ignore
})(/** @type {any} */ (globalThis));
