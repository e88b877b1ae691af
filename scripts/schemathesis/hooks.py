"""What schemathesis cannot know: which identities there are, what files look like, and that signing out ends a session.

Everything is drawn from a checksum of the case, never from a generator with a memory: the same case is always sent as
the same request, which is what shrinking and a fixed seed live by.
"""

import collections
import json
import os
import pathlib
import random
import zlib

import schemathesis
from schemathesis.core import NotSet

KNOWN = json.loads((pathlib.Path(os.environ["LIANXIN_FUZZ_FOLDER"]) / "known.json").read_text())
ROLE = os.environ["LIANXIN_FUZZ_ROLE"]
ANSWERS = pathlib.Path(os.environ["LIANXIN_FUZZ_FOLDER"]) / f"answers-{ROLE}.json"
FOLDERS = map(pathlib.Path, os.environ["LIANXIN_FUZZ_SEEDS"].split(":"))
SEEDS = sorted(path for folder in FOLDERS for path in folder.iterdir() if path.is_file())
# What is sent of what is known; the rest stays as it was generated.
OF_PATHS, OF_QUERIES, OF_BODIES, OF_FILES = 0.92, 0.6, 0.7, 0.9

answers = collections.Counter()


@schemathesis.hook
def before_call(context, case, kwargs):
    chance = random.Random(zlib.crc32(repr(parts(case)).encode("utf-8", "surrogatepass")))
    for name in list(case.path_parameters or {}):
        among = pool(case.operation.path, name)
        if among and chance.random() < OF_PATHS:
            case.path_parameters[name] = chance.choice(among)
    for name, value in list((case.query or {}).items()):
        among = KNOWN["values"].get(name)
        if among and chance.random() < OF_QUERIES:
            case.query[name] = as_words(chance.choice(among))
    if (case.media_type or "").startswith("multipart/"):
        if SEEDS and chance.random() < OF_FILES:
            case.body = {"file": damaged(chance.choice(SEEDS).read_bytes(), chance)}
    elif not isinstance(case.body, NotSet):
        case.body = salted(case.body, chance)


@schemathesis.hook
def after_call(context, case, response):
    answers[f"{response.status_code}"] += 1
    ANSWERS.write_text(json.dumps(answers))


def parts(case):
    body = None if isinstance(case.body, NotSet) else case.body
    return case.operation.label, case.path_parameters, case.query, body


def pool(path, name):
    """What may stand for the parameter `name`: what its list shows, else what was seen under this name."""
    before = path.partition("{" + name + "}")[0]
    if name == "id":
        among = KNOWN["listed"].get(before, [])
    else:
        among = [value for value in KNOWN["values"].get(name, []) if isinstance(value, str) and value]
    # Who asks must not be signed out, dismissed or given another password on the way.
    return [value for value in among if value not in KNOWN["own"]]


def as_words(value):
    return str(value).lower() if isinstance(value, bool) else str(value)


def salted(value, chance):
    """The body with known values under known names, of the type that stood there."""
    if isinstance(value, list):
        return [salted(item, chance) for item in value]
    if not isinstance(value, dict):
        return value
    result = {}
    for name, inner in value.items():
        alike = KNOWN["values"].get(name) or KNOWN["values"].get(name.removesuffix("s"), [])
        alike = [known for known in alike if type(known) is type(inner)]
        if alike and chance.random() < OF_BODIES:
            result[name] = chance.choice(alike)
        elif isinstance(inner, list) and all(isinstance(item, str) for item in inner):
            among = [known for known in KNOWN["values"].get(name.removesuffix("s"), []) if isinstance(known, str)]
            result[name] = [chance.choice(among) if among and chance.random() < OF_BODIES else item for item in inner]
        else:
            result[name] = salted(inner, chance)
    return result


def damaged(content, chance):
    """A file as it is, cut off, or with a few bytes changed."""
    kind = chance.randrange(3)
    if kind == 0 or not content:
        return content
    if kind == 1:
        return content[: chance.randrange(len(content))]
    bytes_ = bytearray(content)
    for _ in range(chance.randrange(1, 9)):
        bytes_[chance.randrange(len(bytes_))] = chance.randrange(256)
    return bytes(bytes_)
