"""MLflow over its REST API: runs, versions and files. MLflow's own client would cost a worker seconds and 100 MB."""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Self, cast
from urllib.parse import quote, urlsplit

import aiohttp

from app.errors import ConfigurationError, RegistryRefused, StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Mapping

    from app.settings import Settings

__all__ = ["FILE_BYTES", "MlflowStore", "NewRun", "pairs", "pairs_of"]

FILE_BYTES: Final = 64 * 1024 * 1024
"""A larger file is none of ours."""
PAGE: Final = 200
_CHUNK: Final = 256 * 1024
_API: Final = "/api/2.0/mlflow/"
_FILES: Final = "/api/2.0/mlflow-artifacts/artifacts/"
_PROXIED: Final = "mlflow-artifacts"
_WRONG: Final = 400
_FAULT: Final = 500
_AT_ONCE: Final = 100
"""Parameters that one `runs/log-batch` may carry; of metrics it takes 1,000."""


@dataclass(frozen=True, kw_only=True)
class NewRun:
    """What is logged of a training.

    Attributes:
        name: What it is found by.
        at_ms: When it was.
        params: How it was done.
        metrics: What was measured.
        tags: What is to be known of it.
        files: Its files by their paths: the model, reports, the manifest of the data.
    """

    name: str
    at_ms: int
    params: Mapping[str, str] = field(default_factory=dict)
    metrics: Mapping[str, float] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)


class MlflowStore:
    """One MLflow tracking server that hands out files itself (``mlflow server --serve-artifacts``, its default).

    Use it in one event loop, and close it: ``async with``.

    Args:
        address: `http://…`, with credentials where needed.
        timeout_s: Limit for one call; a file may take ten times as long.
    """

    def __init__(self, address: str, timeout_s: float = 10.0) -> None:
        self._address = address.rstrip("/")
        self._timeout_s = timeout_s
        self._session: aiohttp.ClientSession | None = None

    @classmethod
    def of(cls, settings: Settings, *, timeout_s: float | None = None) -> Self:
        """Return the one of the settings.

        Raises:
            ConfigurationError: none is set.
        """
        if not settings.mlflow:
            raise ConfigurationError("there is no model registry: set HIVE_MLFLOW=http://host:port, or run `hive up`")
        return cls(str(settings.mlflow), timeout_s or settings.store_timeout_s)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        """Let go of the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    @property
    def where(self) -> str:
        """Its address without credentials."""
        parts = urlsplit(self._address)
        return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()

    # -- the API

    async def get(self, path: str, **query: str) -> dict[str, Any]:
        """Ask for something.

        Raises:
            RegistryRefused: MLflow says no; its `code` says why (`RESOURCE_DOES_NOT_EXIST`).
            StoreUnavailable: no answer; try again later.
        """
        return await self._call("GET", path, params=query)

    async def post(self, path: str, **body: Any) -> dict[str, Any]:
        """Have something done; raises as :meth:`get` does."""
        return await self._call("POST", path, json=body)

    async def delete(self, path: str, **body: Any) -> dict[str, Any]:
        """Have something taken away; raises as :meth:`get` does."""
        return await self._call("DELETE", path, json=body)

    async def pages(self, path: str, listed: str, **query: str) -> AsyncIterator[dict[str, Any]]:
        """Ask for a list, page by page; raises as :meth:`get` does."""
        token = ""
        while True:
            page = await self.get(path, max_results=str(PAGE), **query, **({"page_token": token} if token else {}))
            for each in page.get(listed, []):
                yield each
            token = page.get("next_page_token", "")
            if not token:
                return

    async def log_run(self, experiment: str, run: NewRun) -> str:
        """Log a run whole and return its id; what was logged under its name before and is whole is left as it is.

        Raises:
            RegistryRefused, StoreUnavailable: as :meth:`get` does; a run that has stayed half is replaced by the next.
        """
        experiment_id = await self._experiment(experiment)
        for there in await self._runs(experiment_id, run.name):
            if there["info"]["status"] == "FINISHED":
                return str(there["info"]["run_id"])
            await self.post("runs/delete", run_id=there["info"]["run_id"])
        made = await self.post(
            "runs/create",
            experiment_id=experiment_id,
            run_name=run.name,
            start_time=run.at_ms,
            tags=pairs(run.tags),
        )
        info = made["run"]["info"]
        run_id = str(info["run_id"])
        params = pairs(run.params)
        metrics = [
            {"key": key, "value": value, "timestamp": run.at_ms, "step": 0} for key, value in run.metrics.items()
        ]
        for begin in range(0, max(len(params), len(metrics)), _AT_ONCE):
            part = slice(begin, begin + _AT_ONCE)
            await self.post("runs/log-batch", run_id=run_id, params=params[part], metrics=metrics[part])
        for path, data in run.files.items():
            await self.put_file(f"{info['artifact_uri']}/{path}", data)
        await self.post("runs/update", run_id=run_id, status="FINISHED", end_time=run.at_ms)
        return run_id

    async def run(self, run_id: str) -> dict[str, Any]:
        """Return a run as MLflow has it; raises as :meth:`get` does."""
        found: dict[str, Any] = (await self.get("runs/get", run_id=run_id))["run"]
        return found

    # -- files

    async def put_file(self, uri: str, data: bytes) -> None:
        """Write a file; raises as :meth:`get` does."""
        async with self._ask("PUT", _FILES + _path_of(uri), data=data, timeout_s=self._timeout_s * 10):
            pass

    async def file(self, uri: str) -> bytes:
        """Read a file.

        Raises:
            RegistryRefused: there is none, or it is larger than any of ours.
            StoreUnavailable: no answer; try again later.
        """
        async with self._ask("GET", _FILES + _path_of(uri), timeout_s=self._timeout_s * 10) as answer:
            found = bytearray()
            async for chunk in answer.content.iter_chunked(_CHUNK):
                found += chunk
                if len(found) > FILE_BYTES:
                    raise RegistryRefused(
                        f"{uri}: more than {FILE_BYTES} bytes, which is no model of ours", "TOO_LARGE"
                    )
            return bytes(found)

    # -- within

    async def _experiment(self, name: str) -> str:
        try:
            found = await self.get("experiments/get-by-name", experiment_name=name)
            return str(found["experiment"]["experiment_id"])
        except RegistryRefused as refused:
            if refused.code != "RESOURCE_DOES_NOT_EXIST":
                raise
        try:
            return str((await self.post("experiments/create", name=name))["experiment_id"])
        except RegistryRefused as refused:
            if refused.code != "RESOURCE_ALREADY_EXISTS":  # somebody was quicker
                raise
            return await self._experiment(name)

    async def _runs(self, experiment_id: str, name: str) -> list[dict[str, Any]]:
        wanted = "attributes.run_name = '{}'".format(name.replace("'", ""))
        found = await self.post("runs/search", experiment_ids=[experiment_id], filter=wanted, max_results=PAGE)
        runs: list[dict[str, Any]] = found.get("runs", [])
        return runs

    async def _call(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        async with self._ask(method, _API + path, timeout_s=self._timeout_s, **more) as answer:
            try:
                told = json.loads(await answer.read() or b"{}")
            except ValueError:
                told = None
            if not isinstance(told, dict):
                raise StoreUnavailable("mlflow", f"{self.where} answers, but not as MLflow does: see HIVE_MLFLOW")
            return told

    def _ask(self, method: str, path: str, *, timeout_s: float, **more: Any) -> _Asked:
        if self._session is None:
            self._session = aiohttp.ClientSession()
        timeout = aiohttp.ClientTimeout(total=timeout_s)
        return _Asked(self.where, self._session.request(method, self._address + path, timeout=timeout, **more))


class _Asked:
    """An answer of the server, as a context: what goes wrong in it, or with it, is an error of ours."""

    def __init__(self, where: str, request: Any) -> None:
        self._where, self._request = where, request

    async def __aenter__(self) -> aiohttp.ClientResponse:
        try:
            self._answer = cast("aiohttp.ClientResponse", await self._request)
        except (aiohttp.ClientError, TimeoutError) as error:
            raise self._gone(error) from error
        status = self._answer.status
        if status < _WRONG:
            return self._answer
        text = (await self._answer.read()).decode(errors="replace")
        self._answer.release()
        code, message = _said(text)
        if status >= _FAULT or status in (408, 429):
            raise StoreUnavailable("mlflow", f"{self._where} answers {status}: {message}")
        raise RegistryRefused(f"MLflow: {message}", code)

    async def __aexit__(self, _kind: object, error: BaseException | None, _trace: object) -> None:
        self._answer.release()
        if isinstance(error, aiohttp.ClientError | asyncio.TimeoutError):
            raise self._gone(error) from error

    def _gone(self, error: BaseException) -> StoreUnavailable:
        return StoreUnavailable("mlflow", f"{self._where}: {str(error) or type(error).__name__}")


def _said(text: str) -> tuple[str, str]:
    """Return the code and the message of an answer that is an error, in one line."""
    try:
        told = json.loads(text)
        return str(told["error_code"]), " ".join(str(told["message"]).split())[:300]
    except (ValueError, KeyError, TypeError):
        return "", " ".join(text.split())[:120] or "nothing more"


def _path_of(uri: str) -> str:
    """Return the path of a file that the server hands out.

    Raises:
        RegistryRefused: it lies elsewhere, where only MLflow's own client gets it from.
    """
    parts = urlsplit(uri)
    if parts.scheme != _PROXIED:
        raise RegistryRefused(
            f"{uri}: files are read through the server; start MLflow with --artifacts-destination", "ELSEWHERE"
        )
    return quote(parts.path.lstrip("/"))


def pairs(named: Mapping[str, str]) -> list[dict[str, str]]:
    """Return a mapping as MLflow's list of keys and values."""
    return [{"key": str(key), "value": value} for key, value in named.items()]


def pairs_of(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """Return MLflow's list of keys and values as a mapping."""
    return {each["key"]: each.get("value", "") for each in listed}
