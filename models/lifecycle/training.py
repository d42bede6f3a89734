"""Training in batch: three families, tuned within a time limit, calibrated, and measured on what none has seen.

The settings to try are drawn by the seed, in turn for each family. A time limit alone would make the result depend on
the machine; so the run says how many settings were tried, and `most_tried` gives the same model again.
"""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any, Final

import msgspec
import numpy as np
from numpy.typing import NDArray

from models.deliberation.prior import LABELS
from models.errors import HiveError
from models.lifecycle.batch_model import BatchModel, one_thread
from models.lifecycle.quality import check_leaks, split_by_time
from models.lifecycle.scorer import scorer_of
from models.lifecycle.validation import Figures, figures_of
from models.online.features import NAMES

__all__ = ["FAMILIES", "Plan", "Trained", "Tried", "shuffled_accuracy", "train"]

_GRIDS: Final[dict[str, dict[str, tuple[Any, ...]]]] = {
    "random_forest": {
        "n_estimators": (60, 100),
        "max_depth": (6, 10, 14),
        "min_samples_leaf": (2, 5, 15),
        "max_features": ("sqrt", 0.5),
    },
    "gradient_boosting": {
        "max_iter": (40, 80),
        "learning_rate": (0.06, 0.1, 0.2),
        "max_leaf_nodes": (7, 15, 31),
        "l2_regularization": (0.0, 1.0),
    },
    "neural_net": {
        "hidden_layer_sizes": ((32,), (64,), (64, 32)),
        "alpha": (1e-4, 1e-3, 1e-2),
        "learning_rate_init": (1e-3, 3e-3),
    },
}
FAMILIES: Final = tuple(_GRIDS)
_IMPORTANCE_ROWS: Final = 1_000


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """How to train.

    Attributes:
        seed: Decides all that is drawn.
        limit_s: No further setting is tried after so long; each family has one at least.
        most_tried: No more settings than this.
    """

    seed: int = 1
    limit_s: float = 120.0
    most_tried: int = 18


class Tried(msgspec.Struct, frozen=True, kw_only=True):
    """A setting that was tried, and its log loss on the part for tuning."""

    family: str
    settings: dict[str, Any]
    log_loss: float


class Trained(msgspec.Struct, frozen=True, kw_only=True):
    """The best model, how it does on the test part, what was tried, and how much each feature counts.

    `importances` are by how much the accuracy on the test part falls when a feature's column is shuffled.
    `chance` is the accuracy of always saying the test part's commonest label.
    """

    model: BatchModel
    figures: Figures
    tried: list[Tried]
    importances: dict[str, float]
    chance: float


def train(
    rows: NDArray[np.float64],
    labels: NDArray[np.int64],
    at_ms: NDArray[np.int64],
    *,
    plan: Plan,
    seconds: Callable[[], float],
    on_tried: Callable[[Tried], None] = lambda _: None,
) -> Trained:
    """Train a model.

    Args:
        rows: Inputs in the order of `NAMES`, in the order of time; (n, features).
        labels: Places in `LABELS`; (n,).
        at_ms: When each row was taken; (n,).
        plan: How.
        seconds: A clock that never goes back.
        on_tried: Told of each setting.

    Raises:
        NotEnough: the rows can't be split by time.
        LeakingColumn: a column gives the label away.
        HiveError: there is one label only, or one that the first part does not know.
    """
    check_leaks(rows, labels, NAMES)
    split = split_by_time(at_ms)
    known = np.unique(labels[split.train])
    if len(known) < 2 or not np.isin(labels, known).all():
        raise HiveError(f"the first 70 % of the time know the labels {known.tolist()} only: collect more, or others")
    # scikit-learn's temperature takes a label for its column: with labels that are left out, for another one, or none.
    columns = np.searchsorted(known, labels)
    began_s = seconds()
    best: tuple[float, str, Any] | None = None
    tried: list[Tried] = []
    for family, settings in _settings(plan):
        if len(tried) >= len(FAMILIES) and seconds() - began_s >= plan.limit_s:
            break
        estimator = _fitted(family, settings, plan.seed, rows[split.train], columns[split.train])
        loss = figures_of(labels[split.tune], _spread(estimator, rows[split.tune], known), _names()).log_loss
        tried.append(Tried(family=family, settings=settings, log_loss=loss))
        on_tried(tried[-1])
        if best is None or loss < best[0]:
            best = (loss, family, estimator)
    assert best is not None  # noqa: S101 — a plan has one setting a family
    model = BatchModel(
        scorer_of(_calibrated(best[2], rows[split.tune], columns[split.tune]), classes=known),
        family=best[1],
        learned=len(split.train),
    )
    test = rows[split.test], labels[split.test]
    return Trained(
        model=model,
        figures=figures_of(test[1], model.of_rows(test[0]), _names()),
        tried=tried,
        importances=_importances(model, *test, seed=plan.seed),
        chance=float(np.bincount(test[1]).max() / len(test[1])),
    )


def shuffled_accuracy(
    rows: NDArray[np.float64], labels: NDArray[np.int64], at_ms: NDArray[np.int64], *, seed: int
) -> tuple[float, float]:
    """Train on labels that were shuffled; return the accuracy on the test part, and that of its commonest label.

    What is then better than chance has seen the test part.
    """
    shuffled = np.random.default_rng(seed).permutation(labels)
    found = train(rows, shuffled, at_ms, plan=Plan(seed=seed, limit_s=0.0, most_tried=1), seconds=lambda: 0.0)
    return found.figures.accuracy, found.chance


def _names() -> list[str]:
    return [label.value for label in LABELS]


def _settings(plan: Plan) -> list[tuple[str, dict[str, Any]]]:
    """Draw settings, the families in turn, none twice."""
    dice = random.Random(plan.seed)
    drawn: list[tuple[str, dict[str, Any]]] = []
    for number in range(max(plan.most_tried, 1)):
        family = FAMILIES[number % len(FAMILIES)]
        settings = {name: dice.choice(values) for name, values in _GRIDS[family].items()}
        if (family, settings) not in drawn:
            drawn.append((family, settings))
    return drawn


def _fitted(
    family: str, settings: dict[str, Any], seed: int, rows: NDArray[np.float64], labels: NDArray[np.int64]
) -> Any:
    import warnings

    from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    estimator: Any
    if family == "random_forest":
        estimator = RandomForestClassifier(**settings, random_state=seed)
    elif family == "gradient_boosting":
        estimator = HistGradientBoostingClassifier(**settings, early_stopping=False, random_state=seed)
    else:
        # Its own early stopping would hold back rows at random, not the newest.
        estimator = make_pipeline(StandardScaler(), MLPClassifier(**settings, max_iter=60, random_state=seed))
    with one_thread(), warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # that it is stopped early is meant
        estimator.fit(rows, labels)
    return estimator


def _calibrated(estimator: Any, rows: NDArray[np.float64], labels: NDArray[np.int64]) -> Any:
    """Scale the logits by one temperature (Guo et al. 2017), which changes no prediction; a label is its column."""
    from sklearn.calibration import CalibratedClassifierCV
    from sklearn.frozen import FrozenEstimator

    with one_thread():
        return CalibratedClassifierCV(FrozenEstimator(estimator), method="temperature").fit(rows, labels)


def _spread(estimator: Any, rows: NDArray[np.float64], known: NDArray[np.int64]) -> NDArray[np.float64]:
    out = np.zeros((len(rows), len(LABELS)))
    with one_thread():
        out[:, known] = estimator.predict_proba(rows)
    return out


def _importances(
    model: BatchModel, rows: NDArray[np.float64], labels: NDArray[np.int64], *, seed: int
) -> dict[str, float]:
    dice = np.random.default_rng(seed)
    rows, labels = rows[-_IMPORTANCE_ROWS:], labels[-_IMPORTANCE_ROWS:]
    whole = float((model.of_rows(rows).argmax(axis=1) == labels).mean())
    found = {}
    for place, name in enumerate(NAMES):
        moved = rows.copy()
        moved[:, place] = dice.permutation(moved[:, place])
        found[name] = whole - float((model.of_rows(moved).argmax(axis=1) == labels).mean())
    return dict(sorted(found.items(), key=lambda item: -item[1]))
