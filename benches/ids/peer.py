"""ifctester's side of `run` beside this file: the same pairs, the model open, the document read; seconds of one
validation, and what each specification found."""

import json
import sys
import time

import ifcopenshell
import ifctester.ids

documents = [a for a in sys.argv[1:] if a.endswith(".ids")]
for path in (a for a in sys.argv[1:] if a.endswith(".ifc")):
    began = time.perf_counter()
    model = ifcopenshell.open(path)
    open_s = time.perf_counter() - began
    for document in documents:
        line = {"ifc": path, "ids": document, "open_s": open_s}
        try:
            ids = ifctester.ids.open(document)
            began = time.perf_counter()
            ids.validate(model)
            line["check_s"] = time.perf_counter() - began
            line["found"] = [
                ["pass" if s.status else "fail", len(s.applicable_entities), len(s.failed_entities)]
                for s in ids.specifications
            ]
        except Exception as error:  # what the peer cannot do is told, not timed
            line["error"] = f"{type(error).__name__}: {error}"[:120]
        print(json.dumps(line), flush=True)
