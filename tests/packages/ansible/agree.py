"""agree.py COLLECTIONS SCHEMAS: what each module takes is what its documentation says, and what is documented of
rules and answers is what the schemas say. Prints how many options were compared; a difference is an error."""

import importlib
import json
import pathlib
import subprocess
import sys

collections, schemas = sys.argv[1:]
sys.path.insert(0, collections)
PACKAGE = "ansible_collections.tcpw.tcpw.plugins.modules."
folder = pathlib.Path(collections, "ansible_collections/tcpw/tcpw/plugins/modules")
modules = sorted(path.stem for path in folder.glob("*.py"))
compared = 0


def compare(place, spec, documented):
    """Each option of one is one of the other, of the same kind."""
    global compared
    assert set(spec) == set(documented), (place, set(spec) ^ set(documented))
    for name, option in spec.items():
        compared += 1
        told = documented[name]
        for key in ("type", "default", "choices", "elements"):
            assert option.get(key) == told.get(key), (place, name, key, option.get(key), told.get(key))
        assert option.get("required", False) == told.get("required", False), (place, name)
        compare(place + [name], option.get("options", {}), told.get("suboptions", {}))


def schema(name):
    return json.loads(pathlib.Path(schemas, name + ".schema.json").read_text())


answer = schema("answer")["properties"]
for module in modules:
    full = "tcpw.tcpw." + module
    told = subprocess.run(["ansible-doc", "--json", full], check=True, capture_output=True).stdout
    document = json.loads(told)[full]
    code = importlib.import_module(PACKAGE + module)
    compare([module], code.ARGUMENTS, document["doc"]["options"])
    plain = subprocess.run(["ansible-doc", full], check=True, capture_output=True, text=True).stdout
    assert document["doc"]["short_description"] and "EXAMPLES" in plain, module
    if module in ("rules", "alert"):
        # What Ansible itself adds or takes.
        assert set(document["return"]) == set(answer) - {"changed", "diff"}, module

rule = schema("apply")["$defs"]["rule"]
taken = importlib.import_module(PACKAGE + "rules").RULE
# What `tcpw list` prints is taken as it is.
assert set(taken) == set(rule["properties"]), set(taken)
assert {name for name, option in taken.items() if option.get("required")} == set(rule["required"])
print(compared, "options of", len(modules), "modules")
