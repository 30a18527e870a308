"""Writes operators.json: the operator definitions of ai.onnx, ai.onnx.ml and com.microsoft that Vitrine's schema is made from.

Only needed to move to another opset: python dump.py 23 > operators.json, with `onnx` and `onnxruntime` installed.
"""

import json
import sys

import numpy
import onnx
from onnx import defs
from onnxruntime.capi import onnxruntime_pybind11_state as ort

OPSET = int(sys.argv[1])
ATTR = onnx.AttributeProto


def constant(proto):
    if isinstance(proto, bytes):
        if not proto:
            return None
        parsed = ATTR()
        parsed.ParseFromString(proto)
        proto = parsed
    if proto.type == ATTR.UNDEFINED:
        return None
    value = onnx.helper.get_attribute_value(proto)
    if isinstance(value, bytes):
        return value.decode()
    if isinstance(value, list):
        return [v.decode() if isinstance(v, bytes) else v for v in value]
    if isinstance(value, float):
        return float(str(numpy.float32(value)))  # the shortest decimal that is the same float32
    return value if isinstance(value, (int, str)) else None


def parameter(p, types):
    option = str(p.option).rsplit(".", 1)[1]
    name = p.name + ("?" if option == "Optional" else "")
    allowed = types.get(p.typeStr if hasattr(p, "typeStr") else p.type_str, None)
    type_str = p.typeStr if hasattr(p, "typeStr") else p.type_str
    if allowed is not None and len(allowed) == 1:
        type_str = allowed[0]
    return {"name": ("..." if option == "Variadic" else "") + name, "type": type_str}


def operator(s):
    types = {t.type_param_str: list(t.allowed_type_strs) for t in s.type_constraints}
    attributes = {}
    for name, a in sorted(s.attributes.items()):
        default = getattr(a, "default_value", None) or getattr(a, "_default_value", b"")
        attributes[name] = {
            "type": str(a.type).rsplit(".", 1)[1],
            "required": a.required,
            "default": constant(default),
        }
    return {
        "domain": s.domain,
        "name": s.name,
        "since": s.since_version,
        "inputs": [parameter(p, types) for p in s.inputs],
        "outputs": [parameter(p, types) for p in s.outputs],
        "attributes": attributes,
    }


latest = {}
for s in defs.get_all_schemas_with_history():
    # Files keep their version of ai.onnx.ml, and those of trees are mostly written in operators that a later one deprecates.
    wanted = (s.domain == "" and s.since_version <= OPSET) or (s.domain == "ai.onnx.ml" and not s.deprecated)
    if wanted and (s.name not in latest or latest[s.name].since_version < s.since_version):
        latest[s.name] = s
rows = [operator(s) for s in latest.values() if not s.deprecated]
for s in ort.get_all_operator_schema():
    if s.domain == "com.microsoft" or s.name == "SimplifiedLayerNormalization":
        rows.append(operator(s))
rows.sort(key=lambda r: (r["domain"], r["name"]))
json.dump({"opset": OPSET, "onnx": onnx.__version__, "operators": rows}, sys.stdout, indent=None, separators=(",", ":"))
