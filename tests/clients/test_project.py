"""QGIS opens the project of the whole province and the file of each layer (qgis_project.py, in a QGIS of its own)."""

import subprocess
import sys
from pathlib import Path

PROGRAM = Path(__file__).resolve().parent / "qgis_project.py"


def test_qgis_opens_the_project_and_the_layer_files(service, tmp_path):
    done = subprocess.run([sys.executable, PROGRAM, service.url, tmp_path], capture_output=True, text=True, timeout=150)
    assert done.returncode == 0, done.stdout[-5000:] + done.stderr[-5000:]
