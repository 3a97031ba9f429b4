"""Make the test vectors of docs/credential.md: `python -m docs.vectors`.

The same ones each time: the keys come out of their names, and nothing is left to chance. They are
of the test realm, and no verifier at a gate trusts their keys. What is expected is known from how
each is made.
"""

from __future__ import annotations

import json
from pathlib import Path

from docs.bundle_vectors import bundles
from docs.code_vectors import codes
from docs.vector_keys import KEYS, Vector

HERE = Path(__file__).parent / "vectors"


def main() -> None:
    """Write both files."""
    HERE.mkdir(exist_ok=True)
    for name, content in files().items():
        (HERE / name).write_text(content)


def files() -> dict[str, str]:
    """Return the files by name."""
    return {
        "codes.json": _json(list(codes())),
        "bundles.json": _json(list(bundles())),
    }


def _json(vectors: list[Vector]) -> str:
    content = {"keys": json.loads(KEYS.to_json()), "vectors": vectors}
    return json.dumps(content, ensure_ascii=False, indent=1) + "\n"


if __name__ == "__main__":
    main()
