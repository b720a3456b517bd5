"""Writes the QGIS project that QGIS Server serves: parcels_qgs.py FILE SOCKET DATABASE ROLE"""

import sys

from qgis.core import QgsApplication, QgsDataSourceUri, QgsProject, QgsVectorLayer

file, socket, database, role = sys.argv[1:]
QgsApplication.setPrefixPath("/usr", True)
app = QgsApplication([], False)
app.initQgis()
uri = QgsDataSourceUri()
uri.setConnection(socket, "", database, role, "")
uri.setDataSource("public", "parcels", "geom", "", "id")
layer = QgsVectorLayer(uri.uri(False), "parcels", "postgres")
assert layer.isValid(), layer.error().summary()
layer.setShortName("parcels")
project = QgsProject.instance()
project.setTitle("bench")
project.setCrs(layer.crs())
project.addMapLayer(layer)
project.writeEntry("WFSLayers", "/", [layer.id()])
project.writeEntry("WFSLayersPrecision", "/" + layer.id(), 8)
assert project.write(file), project.error()
app.exitQgis()
