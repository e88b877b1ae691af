"""Signs in and looks round, so that the fuzzing asks about what is there: prepare.py BASE DATA_DIR OPENAPI OUT

Writes OUT/known.json: tokens by role, identities by the path that lists them, and values seen under each name.
"""

import json
import pathlib
import sys
import urllib.error
import urllib.request

# One account of each: who administers, who works in a grid, who leads branches, who is a member, who looks, and nobody.
ROLES = ["admin", "leader_l4", "worker", "host", "member", "supervisor"]
VALUES_OF_A_NAME = 40


def main():
    base, data, document, out = sys.argv[1:]
    accounts = json.loads((pathlib.Path(data) / "demo-accounts.json").read_text())
    paths = json.loads(pathlib.Path(document).read_text())["paths"]
    tokens, own = {}, []
    for role in ROLES:
        account = next(account for account in accounts if account["role"] == role)
        words = {"account": account["account"], "password": account["password"]}
        tokens[role] = ask(base, "/api/v1/auth/login", None, words)["token"]
        own.append(ask(base, "/api/v1/auth/me", tokens[role])["id"])
    listed, values = {}, {}
    for path, operations in paths.items():
        if "get" in operations and "{" not in path and "live" not in path:
            for role in ("admin", "worker", "host"):
                note(path, ask(base, path, tokens[role]), listed, values)
    # Once more with what was found: lists within a meeting, a grid's staff, a ticket's timeline.
    for path, operations in paths.items():
        before, brace, after = path.partition("{")
        if "get" not in operations or not after.startswith("id}") or "{" in after:
            continue
        for identity in listed.get(before, [])[:6]:
            whole = before + identity + after.removeprefix("id}")
            note(path, ask(base, whole, tokens["admin"]), listed, values)
    for account in accounts:
        values.setdefault("code", []).append(account.get("grid_code") or "")
    # A password is no value to be tried: it would sign others out, or lock them out.
    for name in ("password", "current_password", "token"):
        values.pop(name, None)
    known = {"tokens": tokens, "own": own, "listed": listed, "values": values}
    (pathlib.Path(out) / "known.json").write_text(json.dumps(known, ensure_ascii=False))
    print(f"known: {sum(map(len, listed.values()))} identities, {len(values)} names of values")


def ask(base, path, token, body=None):
    """The answer's JSON; nothing when it is none or was refused."""
    request = urllib.request.Request(base + path)
    if token:
        request.add_header("Authorization", f"Bearer {token}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    try:
        with urllib.request.urlopen(request, timeout=20) as answer:
            return json.loads(answer.read())
    except (urllib.error.HTTPError, ValueError):
        return None


def note(path, answer, listed, values):
    """Keeps the identities and values of an answer."""
    if isinstance(answer, list):
        for item in answer:
            note(path, item, listed, values)
    elif isinstance(answer, dict):
        identity = answer.get("id")
        if isinstance(identity, str):
            # What `/grids/tree` lists is asked for at `/grids/{id}`.
            for prefix in {path + "/", path.rpartition("/")[0] + "/"}:
                keep(listed.setdefault(prefix, []), identity, 200)
        for name, value in answer.items():
            if isinstance(value, (str, int, float, bool)):
                keep(values.setdefault(name, []), value, VALUES_OF_A_NAME)
            else:
                note(path, value, listed, values)


def keep(among, value, most):
    if value not in among and len(among) < most:
        among.append(value)


main()
