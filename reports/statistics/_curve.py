"""Floor plus power, fitted to many data sets at once.

    log t = logaddexp(a, c + p u),   u = log D - mean(log D)

A bootstrap refits the same curve hundreds of times. Fitting all of them side by side in one Levenberg-Marquardt
iteration takes milliseconds where hundreds of calls of `scipy.optimize.least_squares` take seconds; a test holds
the two against each other. Curves of as many sizes are fitted side by side too: a row's result is its own.
"""

from collections.abc import Sequence

import numpy as np

# Residuals in log time beyond 10 % count linearly, not squared: more than a careful median's noise, less than a
# throttled cell.
SOFT = 0.1
# No method here costs more than D^4; the bound stops a floor-only series from inventing a wall at its last size.
POWERS = (0.0, 8.0)
_ITERATIONS = 80
# Rows descending side by side: enough to hide what a call of numpy costs, few enough to stay in the cache.
_ROWS = 8000

# u (sizes,), y (rows, sizes), starts (starts, 3)
Problem = tuple[np.ndarray, np.ndarray, np.ndarray]


def evaluate(theta: np.ndarray, u: np.ndarray) -> np.ndarray:
    """log t at u (sizes,), or (rows, sizes) for each its own, for each row (a, c, p) of theta: (rows, sizes)."""
    return np.logaddexp(theta[:, :1], theta[:, 1:2] + theta[:, 2:] * u)


def fit_all(problems: Sequence[Problem]) -> list[np.ndarray]:
    """`fit` of each problem."""
    found: list[np.ndarray] = [np.empty((0, 3))] * len(problems)
    for batch in _split(problems):
        chosen = [problems[k] for k in batch]
        u = np.concatenate([np.broadcast_to(u, (len(y) * len(starts), u.size)) for u, y, starts in chosen])
        y = np.concatenate([np.repeat(y, len(starts), axis=0) for _, y, starts in chosen])
        theta, loss = _descend(u, y, np.concatenate([np.tile(starts, (len(y), 1)) for _, y, starts in chosen]))
        end = 0
        for k, (_, y, starts) in zip(batch, chosen, strict=True):
            own, end = slice(end, end + len(y) * len(starts)), end + len(y) * len(starts)
            best = loss[own].reshape(len(y), len(starts)).argmin(axis=1)
            found[k] = theta[own].reshape(len(y), len(starts), 3)[np.arange(len(y)), best]
    return found


def _split(problems: Sequence[Problem]) -> list[list[int]]:
    """Batches of problems with as many sizes."""
    batches: list[list[int]] = []
    rows, sizes = 0, -1
    for k in sorted(range(len(problems)), key=lambda k: problems[k][0].size):
        u, y, starts = problems[k]
        rows = rows + len(y) * len(starts)
        if u.size != sizes or rows > _ROWS:
            batches.append([])
            rows, sizes = len(y) * len(starts), u.size
        batches[-1].append(k)
    return batches


def propose_starts(u: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Starts for one series: the power of its upper part, over floors from none to the whole of its lower part."""
    half = len(u) // 2
    slopes = [
        np.clip(np.polyfit(u[part], y[part], 1)[0], 0.2, POWERS[1] - 1) for part in (slice(None), slice(half, None))
    ]
    powers = {round(float(p), 3) for p in (*slopes, 1.0, 2.0, 3.0)}
    floors = (y.min() - 6.0, y.min() - 0.7, y.min())
    return np.array([(a, y[-1] - p * u[-1], p) for p in sorted(powers) for a in floors])


def _lose(model: np.ndarray, y: np.ndarray) -> np.ndarray:
    return (np.sqrt(1 + ((model - y) / SOFT) ** 2) - 1).sum(axis=1)


def _descend(u: np.ndarray, y: np.ndarray, theta: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    # The floor is free between far below the data, where it no longer matters, and just above its largest value.
    lower = np.column_stack([y.min(axis=1) - 12, np.full(len(y), -np.inf), np.full(len(y), POWERS[0])])
    upper = np.column_stack([y.max(axis=1) + 1, np.full(len(y), np.inf), np.full(len(y), POWERS[1])])
    theta = np.clip(theta, lower, upper)
    model = evaluate(theta, u)
    loss, damping = _lose(model, y), np.full(len(y), 1e-2)
    rows = np.arange(len(y))  # those still moving
    for _ in range(_ITERATIONS):
        u_, y_, old_loss = u[rows], y[rows], loss[rows]
        trial = theta[rows] - _step(theta[rows], model[rows], u_, y_, damping[rows])
        trial = np.clip(trial, lower[rows], upper[rows])
        trial_model = evaluate(trial, u_)
        trial_loss = _lose(trial_model, y_)
        better = trial_loss < old_loss
        moving = np.where(better, old_loss - trial_loss > 1e-9 * old_loss + 1e-20, damping[rows] < 1e4)
        moved = rows[better]
        theta[moved], model[moved], loss[moved] = trial[better], trial_model[better], trial_loss[better]
        damping[rows] = np.maximum(damping[rows] * np.where(better, 0.2, 5.0), 1e-10)
        rows = rows[moving]
        if rows.size == 0:
            break
    return theta, loss


def _step(theta: np.ndarray, model: np.ndarray, u: np.ndarray, y: np.ndarray, damping: np.ndarray) -> np.ndarray:
    """Damped Gauss-Newton step of every row under soft-L1 weights."""
    share = np.exp(theta[:, 1:2] + theta[:, 2:] * u - model)  # the power's part of t; the floor's is the rest
    jacobian = np.stack([1 - share, share, share * u], axis=2)
    weighted = (jacobian / np.sqrt(1 + ((model - y) / SOFT) ** 2)[:, :, None]).transpose(0, 2, 1)
    gradient, hessian = weighted @ (model - y)[:, :, None], weighted @ jacobian
    # Damping in proportion to the diagonal, plus a trace of its own for a parameter the data do not see at all.
    diagonal = np.einsum("rpp->rp", hessian) + 1e-9
    hessian[:, range(3), range(3)] += damping[:, None] * diagonal + 1e-12
    return np.linalg.solve(hessian, gradient)[:, :, 0]
