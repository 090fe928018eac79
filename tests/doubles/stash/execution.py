"""Executes GraphQL requests and words failures as Stash's library (gqlgen) does.

Errors of resolvers come with status 200 and a path; a document that does not parse or validate, or variables
that do not fit, with 422 and `extensions.code`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from graphql import (
    DocumentNode,
    ExecutionResult,
    FieldNode,
    FragmentSpreadNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    InlineFragmentNode,
    NonNullTypeNode,
    OperationDefinitionNode,
    SelectionSetNode,
    execute_sync,
    parse,
    specified_rules,
    validate,
)
from graphql.execution.values import get_variable_values

from tests.doubles.stash.core import Request
from tests.doubles.stash.faults import Fault
from tests.doubles.stash.model import Scene
from tests.doubles.stash.registry import Info

_PARSE_FAILED = "GRAPHQL_PARSE_FAILED"
_VALIDATION_FAILED = "GRAPHQL_VALIDATION_FAILED"
_CACHED_DOCUMENTS = 500


@dataclass(slots=True)
class Document:
    """A parsed and validated text, or the answer that it gets instead."""

    node: DocumentNode | None = None
    failure: dict[str, Any] | None = None


@dataclass(slots=True)
class Operation:
    """`fields` are the top-level fields asked for, by their own names; `write` is true for mutations."""

    document: Document
    variables: dict[str, Any]
    name: str | None = None
    node: OperationDefinitionNode | None = None
    fields: list[str] = field(default_factory=list)
    write: bool = False


class Executor:
    """Keeps documents by text: a plugin sends the same few again and again."""

    def __init__(self, schema: GraphQLSchema) -> None:
        self._schema = schema
        self._lock = threading.Lock()
        self._documents: dict[str, Document] = {}

    def prepare(self, query: str, variables: Mapping[str, Any] | None, name: str | None) -> Operation:
        operation = Operation(self._document(query), dict(variables or {}), name or None)
        if operation.document.node is not None:
            operation.node = _choose(operation.document.node, operation.name)
        if operation.node is not None:
            operation.fields = _top_level(operation.node.selection_set, operation.document)
            operation.write = operation.node.operation.value == "mutation"
        return operation

    def execute(self, operation: Operation, request: Request, root: Any = None) -> tuple[int, dict[str, Any]]:
        """Status and body. `root` is the event of a subscription."""
        document = operation.document
        if document.failure is not None:
            return 422, document.failure
        assert document.node is not None
        if operation.node is None:
            return 422, _failure([{"message": f"operation {operation.name or ''} not found"}])
        problem = self._check_variables(operation)
        if problem is not None:
            return 422, _failure([problem])
        errors = [] if request.exempt else request.stash.faults.graphql_errors(operation.fields)
        result = execute_sync(
            self._schema,
            document.node,
            root_value=root,
            context_value=request,
            variable_values=operation.variables,
            operation_name=operation.name,
            middleware=[_failing(request, errors)] if errors else None,
        )
        return 200, _body(result)

    def _document(self, query: str) -> Document:
        with self._lock:
            known = self._documents.get(query)
        if known is not None:
            return known
        document = self._read(query)
        with self._lock:
            if len(self._documents) >= _CACHED_DOCUMENTS:
                self._documents.clear()
            self._documents[query] = document
        return document

    def _read(self, query: str) -> Document:
        try:
            node = parse(query)
        except GraphQLSyntaxError as error:
            return Document(failure=_failure([_formatted(error, _PARSE_FAILED)]))
        errors = validate(self._schema, node, specified_rules)
        if errors:
            return Document(failure=_failure([_formatted(error, _VALIDATION_FAILED) for error in errors]))
        return Document(node)

    def _check_variables(self, operation: Operation) -> dict[str, Any] | None:
        """gqlgen stops at the first variable that does not fit."""
        assert operation.node is not None
        definitions = operation.node.variable_definitions or ()
        for definition in definitions:
            name = definition.variable.name.value
            if isinstance(definition.type, NonNullTypeNode) and definition.default_value is None:
                if name not in operation.variables:
                    return _variable_error(name, "must be defined")
                if operation.variables[name] is None:
                    return _variable_error(name, "cannot be null")
        values = get_variable_values(self._schema, definitions, operation.variables, max_errors=1)
        if not isinstance(values, list):
            return None
        message = _quoted(values[0].message)
        found = re.search(r"\$(\w+)", message)
        return _variable_error(found.group(1) if found else "", message)


def _choose(document: DocumentNode, name: str | None) -> OperationDefinitionNode | None:
    operations = [node for node in document.definitions if isinstance(node, OperationDefinitionNode)]
    if name is None:
        return operations[0] if len(operations) == 1 else None
    return next((node for node in operations if node.name is not None and node.name.value == name), None)


def _top_level(selection: SelectionSetNode, document: Document) -> list[str]:
    names: list[str] = []
    for node in selection.selections:
        if isinstance(node, FieldNode):
            names.append(node.name.value)
        elif isinstance(node, InlineFragmentNode):
            names.extend(_top_level(node.selection_set, document))
        elif isinstance(node, FragmentSpreadNode) and document.node is not None:
            for definition in document.node.definitions:
                if getattr(definition, "name", None) and definition.name.value == node.name.value:  # type: ignore[attr-defined]
                    names.extend(_top_level(definition.selection_set, document))  # type: ignore[attr-defined]
    return names


def _failing(request: Request, errors: list[Fault]) -> Any:
    """Middleware that lets the reading of one scene, of some field, or of everything asked for fail."""
    strike = request.stash.faults.strike
    whole = next((fault for fault in errors if fault.whole_request and strike(fault)), None)

    def middleware(following: Any, source: Any, info: Info, **arguments: Any) -> Any:
        if whole is not None and _is_top_level(info):
            raise GraphQLError(whole.message)
        for fault in errors:
            if _concerns(fault, source, info, arguments) and strike(fault):
                raise GraphQLError(fault.message)
        result = following(source, info, **arguments)
        if info.field_name == "findScenes":
            shown = {scene.id for scene in result.scenes}
            for fault in errors:
                if fault.field is None and fault.scene in shown and strike(fault):
                    raise GraphQLError(fault.message)
        return result

    return middleware


def _is_top_level(info: Info) -> bool:
    return info.parent_type.name in ("Query", "Mutation")


def _concerns(fault: Fault, source: Any, info: Info, arguments: Mapping[str, Any]) -> bool:
    if fault.field is not None:
        type_name, _, name = fault.field.rpartition(".")
        if info.field_name != name or type_name not in ("", info.parent_type.name):
            return False
        if fault.scene is not None:
            return isinstance(source, Scene) and source.id == fault.scene
        return fault.id is None or getattr(source, "id", None) == fault.id
    if fault.scene is not None:
        return info.field_name == "findScene" and str(arguments.get("id")) == str(fault.scene)
    return _is_top_level(info) and fault.match in ("any", info.field_name)


# -- the shapes of answers -----------------------------------------------------------------------------------


def _body(result: ExecutionResult) -> dict[str, Any]:
    if not result.errors:
        return {"data": result.data}
    return {"errors": [_resolver_error(error) for error in result.errors], "data": result.data}


def _resolver_error(error: GraphQLError) -> dict[str, Any]:
    return {"message": error.message, "path": list(error.path or ())}


def _failure(errors: list[dict[str, Any]]) -> dict[str, Any]:
    return {"errors": errors, "data": None}


def _formatted(error: GraphQLError, code: str) -> dict[str, Any]:
    locations = [{"line": place.line, "column": place.column} for place in error.locations or ()][:1]
    shown: dict[str, Any] = {"message": _quoted(error.message)}
    if locations:
        shown["locations"] = locations
    return {**shown, "extensions": {"code": code}}


def _variable_error(name: str, message: str) -> dict[str, Any]:
    return {"message": message, "path": ["variable", name], "extensions": {"code": _VALIDATION_FAILED}}


def _quoted(message: str) -> str:
    """graphql-core names things in single quotes, gqlgen in double ones."""
    return re.sub(r"'([^'\s]*)'", r'"\1"', message)
