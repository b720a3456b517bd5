"""What the tests share: one program with the sample province, its keys, and what its database really holds."""

import gc

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


@pytest.fixture(scope="session")
def application():
    """QGIS, begun once: it cannot be begun again in the same process."""
    import qgis_client
    from qgis.core import QgsProject

    running = qgis_client.begin()
    yield running
    QgsProject.instance().clear()
    gc.collect()
    running.exitQgis()


def pytest_collection_modifyitems(items):
    """What writes at random comes last."""
    items.sort(key=lambda item: item.path.name == "test_openapi.py")
