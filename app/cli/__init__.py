"""The command `hive`: one file for each of its commands."""

from __future__ import annotations

import logging
from typing import Any

import click

from app.cli.approvals import approvals
from app.cli.ask import ask
from app.cli.catalog import catalog
from app.cli.correct import correct
from app.cli.demo import demo
from app.cli.dlq import dlq
from app.cli.down import down
from app.cli.drift import drift
from app.cli.evaluate import evaluate
from app.cli.evaluate_stream import stream
from app.cli.experiment import experiment
from app.cli.feedback import feedback
from app.cli.ledger import ledger
from app.cli.models import models
from app.cli.models_collect import collect
from app.cli.models_train import train
from app.cli.models_validate import validate as validate_model
from app.cli.plan import plan
from app.cli.plans import plans
from app.cli.retrain import retrain
from app.cli.send import send
from app.cli.status import status
from app.cli.tail import tail
from app.cli.topics import topics
from app.cli.understand import understand
from app.cli.up import up
from app.cli.validate import validate
from app.errors import HiveError


class _Hive(click.Group):
    """Say what is wrong in one line on stderr and end with 1; click itself ends a wrong usage with 2."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except HiveError as error:
            raise click.ClickException(" ".join(str(error).split())) from error


@click.group(cls=_Hive, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="neural-hive-mind")
def main() -> None:
    """Ask in Portuguese or English; the answer is computed from your stores.

    Addresses come from HIVE_KAFKA, HIVE_MONGO, … or from a running `hive up`.
    """
    # What a driver logs about a server that is gone is said by our own error, in one line.
    logging.getLogger().addHandler(logging.NullHandler())


evaluate.add_command(stream)
models.add_command(collect)
models.add_command(validate_model)
models.add_command(train)
for _command in (
    *(up, down, ask, understand, plan, plans, approvals, ledger, dlq, send, tail, status, topics),
    *(feedback, drift, models, experiment, retrain),
    *(evaluate, validate, correct, catalog, demo),
):
    main.add_command(_command)
