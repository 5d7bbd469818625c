"""
Requests made up from the OpenAPI document, one after the other and in chains, and what no answer to them may be.

schemathesis makes them up and judges the answers; here is what it is allowed to ask, as whom, and for how long.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

import schemathesis
from schemathesis import engine
from schemathesis.config import (
    CacheConfig,
    ChecksConfig,
    CoveragePhaseConfig,
    ExamplesPhaseConfig,
    FuzzingPhaseConfig,
    GenerationConfig,
    PhasesConfig,
    ProjectConfig,
    ProjectsConfig,
    SchemathesisConfig,
    StatefulPhaseConfig,
)
from schemathesis.engine import events

from tests.fuzz.hints import hinted

TokenOf = Callable[[], str]
CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
    "use_after_free",
)
ENDLESS = "/logs/stream$"
"""An answer that goes on for as long as a run waits; its tests are those of live logs."""
TOKEN_SECONDS = 2  # a request may end the session it is made in; the next ones get another


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is tried: examples for each operation, chains and their length; with ``seconds``, on until then."""

    examples: int
    chains: int
    steps: int
    seconds: int | None = None
    phases: tuple[str, ...] = ("coverage", "fuzzing", "stateful")
    only: str | None = None
    """A pattern of paths."""


@dataclass
class Result:
    """What was tried and what came of it."""

    cases: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    operations: set[str] = field(default_factory=set)
    links: set[str] = field(default_factory=set)
    findings: dict[str, str] = field(default_factory=dict)
    """By operation and failure, the first request that showed it."""
    stopped: str = ""

    def take(self, event: Any) -> None:
        if isinstance(event, events.ScenarioFinished):
            self._take_scenario(event.recorder)
        elif isinstance(event, events.NonFatalError):
            self.findings.setdefault(f"{event.label}: {event.info.title}", event.info.format())
        elif isinstance(event, events.FatalError):
            raise event.exception
        elif isinstance(event, events.EngineFinished):
            self.stopped = str(event.stop_reason)

    def _take_scenario(self, recorder: Any) -> None:
        for case_id, interaction in recorder.interactions.items():
            self.cases += 1
            self.operations.add(recorder.cases[case_id].value.operation.label)
            if interaction.response is not None:
                self.statuses[interaction.response.status_code] += 1
        self.links |= {node.transition.id for node in recorder.cases.values() if node.is_transition_applied}
        for case_id, checks in recorder.checks.items():
            for check in checks:
                if check.failure_info is not None:
                    self._found(recorder.cases[case_id].value, check)

    def _found(self, case: Any, check: Any) -> None:
        failure = check.failure_info.failure
        self.findings.setdefault(
            f"{case.operation.label}: {failure.title}",
            f"{failure.message}\n{check.failure_info.code_sample}",
        )


def campaign(url: str, token_of: TokenOf, *, effort: Effort, seed: int) -> Result:
    """Asks the program at this address, and tells what it answered that it should not."""
    schema: Any = schemathesis.openapi.from_url(f"{url}/api/v1/openapi.json", config=_config(effort, seed))
    schema.config.update(base_url=url)
    if effort.only:
        schema = schema.include(path_regex=effort.only)
    schema = schema.exclude(path_regex=ENDLESS)
    schema.auth(refresh_interval=TOKEN_SECONDS)(_auth(token_of))
    schema.hook("map_body")(_map_body)
    result = Result()
    for event in _events(schema):
        result.take(event)
    return result


def _map_body(_context: Any, body: Any) -> Any:
    return hinted(body)


def _events(schema: Any) -> Iterator[Any]:
    yield from engine.from_schema(schema).execute()


def _auth(token_of: TokenOf) -> type[Any]:
    class Bearer:
        def get(self, _case: Any, _context: Any) -> str:
            return token_of()

        def set(self, case: Any, data: str, _context: Any) -> None:
            case.headers = {**(case.headers or {}), "Authorization": f"Bearer {data}"}

    return Bearer


def _config(effort: Effort, seed: int) -> SchemathesisConfig:
    def generation(examples: int) -> GenerationConfig:
        return GenerationConfig(
            max_examples=examples, deterministic=True, no_shrink=True, database="none", allow_extra_parameters=False
        )

    phases = PhasesConfig(
        examples=ExamplesPhaseConfig(enabled=False),
        coverage=CoveragePhaseConfig(enabled="coverage" in effort.phases),
        fuzzing=FuzzingPhaseConfig(enabled="fuzzing" in effort.phases, generation=generation(effort.examples)),
        stateful=StatefulPhaseConfig(
            enabled="stateful" in effort.phases, generation=generation(effort.chains), max_steps=effort.steps
        ),
    )
    checks = ChecksConfig.from_dict({"enabled": False, **{name: {"enabled": True} for name in CHECKS}})
    project = ProjectConfig(
        checks=checks, phases=phases, generation=generation(effort.examples), continue_on_failure=True, workers=1
    )
    return SchemathesisConfig(
        cache=CacheConfig(enabled=False), seed=seed, max_time=effort.seconds, projects=ProjectsConfig(default=project)
    )
