"""Scenes are played several at a time: most of each is waiting."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor

import pytest

from tests.acceptance.scene import Warm
from tests.conftest import Certificates, certificates
from tests.faults.scenes import Played, Scene, play

AT_ONCE = 4


@pytest.fixture(scope="session")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("proof"), "localhost")


@pytest.fixture(scope="session")
def performances(
    request: pytest.FixtureRequest, proof: Certificates, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[dict[Scene, Future[Played]]]:
    """Of every scene that this session is going to look at."""
    scenes = [
        scene
        for item in request.session.items
        if isinstance(item, pytest.Function)
        and isinstance(
            scene := getattr(item, "callspec", None) and item.callspec.params.get("scene"), Scene
        )
    ]
    folder, own, started = tmp_path_factory.mktemp("scenes"), threading.local(), []

    def perform(number: int, scene: Scene) -> Played:
        if not hasattr(own, "command"):
            own.command = Warm()
            started.append(own.command)
        return play(scene, folder / str(number), proof, own.command)

    with ThreadPoolExecutor(AT_ONCE) as pool:
        yield {scene: pool.submit(perform, number, scene) for number, scene in enumerate(scenes)}
        pool.shutdown(cancel_futures=True)
    for command in started:
        command.close()


@pytest.fixture
def played(scene: Scene, performances: dict[Scene, Future[Played]]) -> Played:
    return performances[scene].result()
