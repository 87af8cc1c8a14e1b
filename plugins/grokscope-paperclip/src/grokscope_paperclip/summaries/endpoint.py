"""Any endpoint that speaks the OpenAI chat protocol, over plain HTTP, with a JSON schema where it knows one."""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from typing import Any

from grokscope.spec import InputError

MOST_BYTES = 2**20
RUNGS = ("json_schema", "json_object", "text")
"""Ways of asking for JSON, tried in turn until the endpoint does not refuse one."""


class EndpointError(Exception):
    """The endpoint gave no answer that can be used; `refused` if it will not take such a question."""

    def __init__(self, message: str, *, refused: bool = False):
        super().__init__(message)
        self.refused = refused


@dataclass
class Endpoint:
    """A chat model behind a URL such as http://localhost:8000/v1.

    Attributes:
        timeout: seconds for a whole answer.
        key_variable: environment variable with the key, if one is needed; it is never stored.
    """

    url: str
    model: str
    temperature: float = 0.0
    seed: int = 0
    timeout: float = 120
    key_variable: str = "OPENAI_API_KEY"
    rung: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        if not self.url.startswith(("http://", "https://")):
            raise InputError(f"endpoint: found {self.url!r}, expected a URL such as http://localhost:8000/v1")

    def ask(self, messages: list[dict[str, str]], schema: dict[str, Any], name: str = "answer") -> str:
        """The model's answer, constrained to the schema as far as the endpoint can.

        Raises:
            EndpointError: in one line, why there is none.
        """
        while True:
            rung = self.rung
            try:
                return self._ask_once(messages, RUNGS[rung], schema, name)
            except EndpointError as error:
                if not error.refused or rung + 1 == len(RUNGS):
                    raise
                self.rung = max(self.rung, rung + 1)

    def _ask_once(self, messages: list[dict[str, str]], rung: str, schema: dict[str, Any], name: str) -> str:
        body: dict[str, Any] = {
            "model": self.model,
            "messages": messages,
            "temperature": self.temperature,
            "seed": self.seed,
        }
        if rung == "json_schema":
            body["response_format"] = {
                "type": rung,
                "json_schema": {"name": name, "strict": True, "schema": schema},
            }
        elif rung == "json_object":
            body["response_format"] = {"type": rung}
        answer = self._post(json.dumps(body).encode())
        try:
            content = json.loads(answer)["choices"][0]["message"]["content"]
        except (ValueError, LookupError, TypeError):
            raise EndpointError(f"{self.url}: found {answer[:60]!r}, expected a chat completion") from None
        if not isinstance(content, str):
            raise EndpointError(f"{self.url}: found an answer without text, expected a chat completion")
        return content

    def _post(self, body: bytes) -> bytes:
        headers = {"Content-Type": "application/json"}
        if key := os.environ.get(self.key_variable):
            headers["Authorization"] = f"Bearer {key}"
        request = urllib.request.Request(f"{self.url.rstrip('/')}/chat/completions", body, headers)
        ends, answer = time.monotonic() + self.timeout, bytearray()
        try:
            with urllib.request.urlopen(request, timeout=self.timeout) as reply:
                while part := reply.read1(2**16):
                    answer += part
                    if time.monotonic() > ends or len(answer) > MOST_BYTES:
                        raise EndpointError(f"{self.url}: no whole answer within {self.timeout:g} s and 1 MiB")
        except urllib.error.HTTPError as error:
            with error:
                said = error.read(200).decode(errors="replace")
            raise EndpointError(f"{self.url}: HTTP {error.code}: {said}", refused=error.code in (400, 422)) from error
        except OSError as error:
            raise EndpointError(f"{self.url}: {error}") from error
        return bytes(answer)
