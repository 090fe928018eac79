/**
 * Every sentence of the page, in one dictionary for each language; `{name}` is filled in. Text, never HTML.
 */
(function (root) {
	"use strict";

	const en = {
		title: "PlexSync",
		"nav.hint": "PlexSync: {count} to look at",
		"nav.plain": "PlexSync",
		broken: "This part of PlexSync failed ({why}). The rest of Stash is not concerned; reload the page to try again.",
		loading: "Asking PlexSync …",
		"error.operation": "PlexSync does not answer: {why}",
		"error.fetch": "The page could not be fetched: {why}",
		"old.tab": "This page belongs to PlexSync {here}, and {there} is installed by now. Reload the page.",
		reload: "Reload",

		"section.overview": "Overview",
		"section.scenes": "Scenes",
		"section.settings": "Settings",
		"section.setup": "Setup",

		"state.in_step": "in step",
		"state.waiting": "waiting",
		"state.parked": "parked",
		"state.kept": "edits kept",
		"state.held": "on hold",
		"state.not_shown": "not shown as written",
		"state.refused": "cover refused",
		"state.left_out": "left out",
		"about.in_step": "Plex showed them as Stash does when they were last compared.",
		"about.waiting": "They are sent as soon as their turn, their file or Plex comes.",
		"about.parked": "They stay aside until you act, or until they change in Stash.",
		"about.kept": "Fields of them were edited in Plex, and left as they are.",
		"about.held": "What was undone stays undone until you let go of it.",
		"about.not_shown": "Plex shows fields of them otherwise than they were written.",
		"about.refused": "Plex does not take their cover.",
		"about.left_out": "Your selection leaves them out.",

		"worker.runs": "The background worker is running.",
		"worker.sleeps": "The background worker is not running; the next saved scene, or an action here, starts it.",
		"worker.installing":
			"The Python packages are being installed: number {done} of {of}. What you do waits until then.",
		"worker.failed": "The Python packages could not be installed: {why}",
		"task.left": "{percent} %, {left} left",
		"task.percent": "{percent} %",
		"task.queued": "waits for its turn",
		"task.stop": "Stop",
		paused: "Paused: {why}",
		"next.comparison": "Both libraries are compared next in {span}.",
		"next.soon": "Both libraries are compared in a moment.",
		"never.worked": "PlexSync has not sent anything yet. Setup leads to the first scene.",
		"go.setup": "Go to Setup",
		"written.title": "Written last",
		"runs.title": "Finished tasks",
		"tasks.title": "Do it now",
		"task.sync": "Sync all scenes",
		"task.compare": "Compare both libraries",

		ago: "{span} ago",
		"just.now": "just now",
		"span.second": "{count} seconds",
		"span.minute": "{count} minutes",
		"span.hour": "{count} hours",
		"span.day": "{count} days",

		"scenes.none": "No scene is {state}.",
		"scenes.none.filter": "No scene fits the filter.",
		"scenes.filter": "Filter by title or path",
		"scenes.reasons": "All reasons",
		"scenes.turn": "waits for its turn",
		"scenes.scene": "Scene {id}",
		"scenes.gone": "Scene {id} (not in Stash any more)",
		"scenes.select": "Select scene {id}",
		"scenes.select.page": "Select all on this page",
		"scenes.selected": "{count} selected",
		"scenes.page": "Page {page} of {pages}, {total} scenes",
		"scenes.previous": "Previous page",
		"scenes.next": "Next page",
		"scenes.since": "since {when}",
		"scenes.due": "tried again in {span}",
		"action.retry": "Retry",
		"action.forget": "Forget",
		"action.sync": "Sync now",
		"action.overwrite": "Overwrite",
		"all.retry": "Retry all",
		"all.forget": "Forget all",
		"all.sync": "Sync all now",
		"all.overwrite": "Overwrite all",
		"action.sent": "Noted: the worker does it now.",
		"about.retry": "Tries them again.",
		"about.forget": "Takes them off the list until they change in Stash.",
		"about.sync": "Compares them with Plex now and writes what differs.",
		"about.overwrite": "Writes what Stash knows, over what was edited in Plex.",
		"sure.forget": "Forget these scenes? They come back when they change in Stash.",
		"sure.overwrite": "Overwrite what was edited in Plex?",
		yes: "Yes, do it",
		no: "Cancel",

		"settings.group.server": "Plex server and libraries",
		"settings.group.scenes": "Which scenes",
		"settings.group.fields": "Which fields",
		"settings.group.templates": "How texts read",
		"settings.group.collections": "Collections",
		"settings.group.edits": "Edits made in Plex, and giving back",
		"settings.group.others": "Others",
		"settings.saved": "Saved.",
		"settings.save": "Save",
		"settings.failed": "It could not be saved: {why}",
		"settings.token.set": "A token is set. It is shown nowhere; enter another one to replace it.",
		"settings.token.unset": "No token is set.",
		"settings.unknown": "Stash has no tag of this name: {names}",
		"settings.add": "Add a tag",
		"settings.remove": "Remove {name}",
		"settings.example": "With {scene}: {text}",
		"settings.toast": "Say in a corner of Stash, after a save, when Plex has it (in this browser)",

		"setup.intro": "Two values and a look at your paths, and Plex shows what Stash knows.",
		"setup.connect": "1. Plex",
		"setup.address": "Address of Plex",
		"setup.address.hint":
			"Where Stash reaches it, such as http://192.168.1.10:32400; localhost only if both run on one machine and in no container.",
		"setup.token": "Token",
		"setup.token.hint": "The X-Plex-Token of the account that owns the server.",
		"setup.token.how": "Where to find it",
		"setup.save": "Save and check",
		"setup.asking": "The worker looks at Plex …",
		"setup.installing": "The Python packages are installed first, once …",
		"setup.late": "No answer came. The worker may be busy with a task; it answers when that makes room.",
		"setup.again": "Ask again",
		"setup.libraries": "2. Libraries",
		"setup.libraries.hint": "The libraries to write to. None ticked means every library of the type movie.",
		"setup.server": '"{name}", version {version}, answers.',
		"setup.check": "3. Paths and everything else",
		"setup.map": "With this path map more of your files are found:",
		"setup.use": "Use it",
		"setup.go": "4. Send",
		"setup.sync": "Sync everything",
		"setup.later": "Or save one scene first, and look at it in Plex.",

		"banner.text":
			"PlexSync has a page of its own, with explanations, lists to choose from, and what became of your scenes.",
		"banner.faults": "{count} to correct.",
		"banner.go": "Open it",

		"tab.title": "Plex",
		"tab.none": "PlexSync has not dealt with this scene yet.",
		"tab.step": "In step: Plex showed what Stash knows when they were compared {when}.",
		"tab.written": "Written {when}: {what}.",
		"tab.waiting": "Waits: {why}",
		"tab.turn": "It waits for its turn.",
		"tab.parked": "Parked {when}: {why}",
		"tab.left_out": "Left out: {why}.",
		"tab.kept": "Left as edited in Plex: {what}.",
		"tab.not_shown": "Plex does not show as written: {what}.",
		"tab.refused": "Plex does not take the cover: {why}.",
		"tab.item": "Item {item}",
		"tab.open": "Open in Plex",
		"tab.files": "Its files, as Plex names them",
		"tab.fields": "What PlexSync wrote, and what stood there before",
		"tab.before": "before",
		"tab.written.label": "written",
		"tab.nothing": "nothing",
		"tab.compare": "Compare now",
		"tab.comparing": "The worker looks at Plex …",
		"tab.same": "Plex shows everything as Stash does.",
		"tab.in.plex": "in Plex",
		"tab.in.stash": "from Stash",
		"tab.kept.mark": "left as edited in Plex",
		"tab.match.path": "The path leads to it: {stash} → {mapped} → {plex}",
		"tab.match.name": "Name and size agree: {plex}",
		"tab.candidates": "Items that may be it:",

		"toast.written": "Plex has it: {what}.",
		"toast.written.more": "Plex has it: {count} scenes.",
		"toast.waits": "Plex does not have it yet: {why}",
		"toast.parked": "Plex does not have it: {why}",

		"word.same": "unchanged",
		"word.gone": "removed",
		"word.new": "added",
	};

	/** @type {Record<string, Record<string, string>>} */
	const languages = { en };

	/**
	 * A sentence in the page's language, else in English; a key that nobody knows stands for itself.
	 * @param {string} key @param {Record<string, unknown>} [values] @param {string} [locale]
	 */
	function say(key, values, locale) {
		const own = languages[(locale || "").slice(0, 2)] || en;
		const text = own[key] || /** @type {Record<string, string>} */ (en)[key] || key;
		return text.replace(/\{(\w+)\}/g, (whole, name) => (values && name in values ? String(values[name]) : whole));
	}

	const words = { en, say };
	if (typeof module === "object" && module) module.exports = words;
	root.PlexSyncPage = Object.assign(root.PlexSyncPage || {}, { words });
})(/** @type {any} */ (typeof globalThis === "object" ? globalThis : this));
