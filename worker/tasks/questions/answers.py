"""The kinds of questions, and who answers each. Settings are read from Stash anew: the page has just changed them.

Most workers are never asked anything: what answers is imported when it is.
"""

from __future__ import annotations

from dataclasses import dataclass

from plex.listing import read_sections
from plex.sections import choose
from stash.server import read_about
from validation.config import PlexSyncConfig, read_settings
from validation.errors import ConfigurationError
from validation.wishes import Question, QuestionKind
from worker.answering import Content
from worker.datadir import DataDir
from worker.logs import SecretsFilter
from worker.plex_link import kept_identifier, make_plex_client
from worker.processor import SyncWorker
from worker.storage.lights import PLEX, STASH, note
from worker.storage.ownership import Owned
from worker.storage.to_undo import Chosen
from worker.timing import Timing

#: The most seconds that a question waits for Plex: scenes wait meanwhile.
PATIENCE = 15.0


@dataclass(frozen=True)
class Answers:
    """Answers with the worker's own ways to Stash and Plex. ``secrets`` keeps the token out of the log."""

    data: DataDir
    secrets: SecretsFilter
    timing: Timing

    def __call__(self, question: Question, worker: SyncWorker, owned: Owned) -> Content:
        """Raises the errors of plex/exceptions.py, StashUnavailable, ConfigurationError."""
        if question.kind is QuestionKind.CHECKLIST:
            return self._checklist(worker)
        config, _ = read_settings(read_about(worker.stash).settings)
        self.secrets.keep_out([config.plex_token])
        if question.kind is QuestionKind.TEMPLATE:
            from worker.tasks.questions.templates import example

            return example(question.text, worker.stash, config)
        if question.kind is QuestionKind.LINKS:
            return self._links(config, worker, owned)
        if config.missing:
            raise ConfigurationError(config.obstacle)
        if question.kind is QuestionKind.LIBRARIES:
            return self._libraries(config)
        worker.reconfigure(config)
        if question.kind is QuestionKind.UNDO:
            from worker.tasks.questions.undoing import foresee

            return foresee(owned.record.chosen(Chosen(run=question.run or 0)), worker.undoing())
        if question.kind is QuestionKind.POSTERS:
            from worker.tasks.questions.posters import posters

            return posters(question.scene or 0, worker)
        from worker.tasks.questions.comparison import compare

        return compare(question.scene or 0, worker, owned)

    def _links(self, config: PlexSyncConfig, worker: SyncWorker, owned: Owned) -> Content:
        """Nothing: whether both servers answer is noted, where the page looks all the time."""
        worker.reconfigure(config)
        worker.gate.ask(config)
        note(owned.record, PLEX, worker.gate.plex_silent)
        note(owned.record, STASH, "")
        return {}

    def _libraries(self, config: PlexSyncConfig) -> Content:
        """Plex's name and version, and its libraries, each with whether it is written to."""
        patient = config.model_copy(update={"plex_read_timeout": min(config.plex_read_timeout, PATIENCE)})
        client = make_plex_client(patient, kept_identifier(self.data))
        try:
            server = client.server
            sections = read_sections(server)
            choice = choose(sections, config.plex_libraries)
            return {
                "name": str(server.friendlyName),
                "version": str(server.version),
                "unknown": list(choice.unknown),
                "libraries": [
                    {
                        "key": one.key,
                        "title": one.title,
                        "type": one.type,
                        "locations": list(one.locations),
                        "chosen": one in choice.chosen,
                    }
                    for one in sections
                ],
            }
        finally:
            client.close()

    def _checklist(self, worker: SyncWorker) -> Content:
        """The lines of "Check Setup", the path map it proposes, and what to do next."""
        from worker.tasks.checkup.lines import Line, what_next
        from worker.tasks.checkup.task import follow_checklist
        from worker.tasks.context import TaskContext

        context = TaskContext(worker.stash, PlexSyncConfig(), self.data, self.timing, self.secrets, {})
        lines: list[Line] = []
        outlook = follow_checklist(context, lines.append)
        return {
            "lines": [{"kind": one.kind, "text": one.text, "remedy": one.remedy} for one in lines if not one.path_map],
            "path_map": next((one.path_map for one in lines if one.path_map), ""),
            "next": what_next(lines, outlook),
        }
