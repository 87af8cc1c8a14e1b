"""The prompt of a model. Raise PROMPT_VERSION with any change: cached answers belong to the prompt they were given."""

from __future__ import annotations

import json

from grokscope_paperclip.summaries.schema import FIELDS

PROMPT_VERSION = 1

_EXAMPLE = {
    FIELDS[0]: ["dwarf irregular galaxy", "resolved red giants", "H II regions"],
    FIELDS[1]: ["distance from the tip of the red giant branch", "star formation history of a dwarf galaxy"],
}

SYSTEM = f"""You are an astrophysicist who indexes observing programmes for an image archive.
You are given the abstract of one programme. State what its pictures will show and what those pictures can be used for.
- {FIELDS[0]}: 1 to 5 classes of objects or phenomena in view. Prefer the class to a proper name; give a name only
  beside its class.
- {FIELDS[1]}: 1 to 5 short uses of the pictures, each understandable alone, naming the object where it helps.
Keep the most telling items: fewer are better than vague ones. Write English, with acronyms spelt out.
Never mention a telescope, an instrument or an archive, exposure details, cycle numbers, or the team.
Each item has at most 80 characters and no semicolon; everything together stays below 80 words.
Answer with one JSON object of exactly these two lists. For example, for a programme on a nearby dwarf galaxy:
{json.dumps(_EXAMPLE)}"""


def messages(abstract: str, complaint: str | None = None, answer: str | None = None) -> list[dict[str, str]]:
    """The conversation; after a refused answer, with that answer and what was wrong with it."""
    asked = [{"role": "system", "content": SYSTEM}, {"role": "user", "content": f"Abstract:\n{abstract}"}]
    if complaint is None:
        return asked
    again = f"That cannot be used: {complaint}. Answer again with one JSON object."
    return [*asked, {"role": "assistant", "content": answer or ""}, {"role": "user", "content": again}]
