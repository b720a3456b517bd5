"""What the tests share: one program with the sample province, its keys, and what its database really holds."""

import pytest

import service as program


@pytest.fixture(scope="session")
def service():
    running = program.start()
    yield running
    running.stop()


@pytest.fixture(scope="session")
def editor_key(service):
    """An access key of the account `editor` for changing layers."""
    return service.key("editor", edit=True)


def pytest_collection_modifyitems(items):
    """What writes at random comes last."""
    items.sort(key=lambda item: item.path.name == "test_openapi.py")
