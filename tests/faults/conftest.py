"""What the scenes share."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.acceptance.scene import Warm
from tests.conftest import Certificates, certificates
from tests.faults.faulty_server import FaultyServer, faulty_server
from tests.faults.scenes import Played, Scene, play


@pytest.fixture(scope="session")
def proof(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("proof"), "localhost")


@pytest.fixture(scope="session")
def command() -> Iterator[Warm]:
    """The command in processes that have imported everything."""
    command = Warm()
    yield command
    command.close()


@pytest.fixture
def played(scene: Scene, tmp_path: Path, proof: Certificates, command: Warm) -> Played:
    return play(scene, tmp_path / "news", proof, command)


@pytest.fixture
def server() -> Iterator[FaultyServer]:
    """A test may say how many it takes, and later that it takes more."""
    with faulty_server(may_grow=True) as server:
        yield server
