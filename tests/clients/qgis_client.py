"""QGIS without a window: start and end, layers, stored sign-in, and how an edit is made. For QGIS 3.22 and newer."""

import os
import tempfile

# Before anything of Qt is loaded: no screen, and a profile of its own for the stored sign-in.
os.environ["QT_QPA_PLATFORM"] = "offscreen"
os.environ["QGIS_AUTH_DB_DIR_PATH"] = tempfile.mkdtemp(prefix="dothi-qgis-")

from qgis.core import (  # noqa: E402
    Qgis,
    QgsApplication,
    QgsAuthMethodConfig,
    QgsMessageLog,
    QgsVectorLayer,
)


def begin():
    """The application; messages of its providers are printed, for whoever reads a failed test."""
    QgsApplication.setPrefixPath("/usr", True)
    application = QgsApplication([], False)
    application.initQgis()
    log = QgsApplication.messageLog()
    log.messageReceived.connect(lambda text, tag, level: print(f"QGIS {tag}: {text}"))
    manager = QgsApplication.authManager()
    assert manager.setMasterPassword("only-for-tests", True)
    return application


def sign_in(name, key):
    """Stores an account's name and key as QGIS does, encrypted; gives the id that layers refer to."""
    config = QgsAuthMethodConfig("Basic")
    config.setName(f"dothi {name}")
    config.setConfig("username", name)
    config.setConfig("password", key)
    manager = QgsApplication.authManager()
    assert manager.storeAuthenticationConfig(config), "the sign-in is kept"
    return config.id()


def oapif(service, layer, auth=None, page=50):
    """A layer over OGC API Features."""
    source = f"url='{service.url}/ogc/' typename='{layer}' pagingEnabled='true' pageSize='{page}'"
    source += " restrictToRequestBBOX='1'"
    return QgsVectorLayer(source + (f" authcfg='{auth}'" if auth else ""), layer, "OAPIF")


def wfs(service, layer, auth=None, version="2.0.0", srs="EPSG:9218", page=50, more=""):
    """A layer over WFS."""
    source = f"url='{service.url}/wfs' typename='dothi:{layer}' version='{version}' srsname='{srs}'"
    source += f" pagingEnabled='true' pageSize='{page}' restrictToRequestBBOX='1' {more}"
    return QgsVectorLayer(source + (f" authcfg='{auth}'" if auth else ""), layer, "WFS")


def opened(layer):
    """The layer, which must have opened."""
    assert layer.isValid(), layer.error().summary() or layer.dataProvider().error().summary()
    return layer


def commit(layer, change):
    """One edit session, as a person makes it: begin, change, save."""
    assert layer.startEditing(), "the layer can be edited"
    assert change(layer) is not False, "the change is taken"
    assert layer.commitChanges(), layer.commitErrors()


def version():
    return Qgis.QGIS_VERSION_INT
