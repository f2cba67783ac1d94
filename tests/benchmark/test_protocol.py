"""Splits, leakage and intervals."""

from __future__ import annotations

import numpy as np
import pytest
from synthetic import recording

from xperience.benchmark import interval
from xperience.benchmark.heads import head
from xperience.benchmark.heads import linear as heads
from xperience.benchmark.metrics import means
from xperience.benchmark.protocol import cut, make_split, shared_frames
from xperience.benchmark.samples import Pool, thin
from xperience.benchmark.tasks import registry
from xperience.errors import UsageError
from xperience.prepare.contract import SLICES

TASKS = registry()


def parts(task, recordings):
    return [(r, TASKS[task].samples(r, tuple(SLICES))) for r in recordings]


@pytest.mark.parametrize(
    ("samples", "train"), [(1144, 801), (1147, 803), (1161, 813), (1159, 811), (2320, 1624), (2306, 1614)]
)
def test_the_cut_gives_the_published_counts(samples, train):
    class Fake:
        def __len__(self):
            return samples

    before, after = cut(Fake(), None)
    assert (len(before), len(after)) == (train, samples - train)
    assert after[0] == before[-1] + 1


def test_one_recording_is_split_in_time():
    one = recording(frames=400)
    split = make_split([one])
    train, _, test = split.pools(parts("timeline_action", [one]))
    assert train.frames("start_frame").max() < test.frames("start_frame").min()
    valid = int((one.windows.action_label != "").sum())
    assert len(train) == round(0.7 * valid)
    assert len(train) + len(test) == valid


@pytest.mark.parametrize("task", TASKS)
def test_a_cut_at_a_frame_leaves_no_shared_frame(task):
    one = recording(frames=400)
    train, _, test = make_split([one], test_from=201).pools(parts(task, [one]))
    assert train.last.max() < 201 <= test.first.min()
    assert shared_frames(train, test) == 0
    train, _, test = make_split([one]).pools(parts(task, [one]))
    assert shared_frames(train, test) > 0


def test_a_target_reaches_past_its_window():
    one = recording(frames=400)
    split = make_split([one], test_from=201)
    ends = {task: split.pools(parts(task, [one]))[0].frames("end_frame").max() for task in TASKS}
    assert ends["timeline_action"] == 199
    assert ends["next_action"] + 20 < 201
    assert ends["hand_trajectory_forecast"] + 10 < 201


@pytest.mark.parametrize("kind", ["random", "window", "windows", "random-window"])
@pytest.mark.parametrize("count", [1, 4])
def test_random_window_splits_are_refused(kind, count):
    with pytest.raises(UsageError, match="not split at random") as refusal:
        make_split([recording(f"s{k}__ep1") for k in range(count)], hold_out=kind)
    assert "share frames" in str(refusal.value)


def test_whole_episodes_are_held_out():
    many = [recording(f"s{k // 4}__ep{k % 4}", seed=k, frames=60) for k in range(16)]
    split = make_split(many, seed=3)
    info = split.info
    assert (len(info.train), len(info.val), len(info.test)) == (12, 2, 2)
    assert not set(info.train) & (set(info.test) | set(info.val))
    assert info.shared_sessions > 0
    assert make_split(list(reversed(many)), seed=3).info == info
    assert any(make_split(many, seed=s).info.test != info.test for s in range(3))
    train, _, test = split.pools(parts("timeline_action", many))
    assert {r.id for r in train.recordings} == set(info.train)
    assert {r.id for r in test.recordings} == set(info.test)


def test_whole_sessions_are_held_out():
    many = [recording(f"s{k // 4}__ep{k % 4}", seed=k, frames=60) for k in range(16)]
    info = make_split(many, hold_out="session", ratios=(0.5, 0.25, 0.25)).info
    sessions = [{id.split("__")[0] for id in side} for side in (info.train, info.val, info.test)]
    assert [len(s) for s in sessions] == [2, 1, 1]
    assert not sessions[0] & sessions[2]
    assert info.shared_sessions == 0


def test_options_that_do_not_fit_are_refused():
    one, two = recording(frames=60), recording("s0__ep2", frames=60)
    for options in ({"hold_out": "episode"}, {"test_from": 0}, {"test_from": 60}):
        with pytest.raises(UsageError):
            make_split([one], **options)
    for options in ({"test_from": 30}, {"hold_out": "session"}, {"ratios": (0.5, 0.5)}, {"ratios": (1.0, 0.0, 0.0)}):
        with pytest.raises(UsageError):
            make_split([one, two], **options)


# -- leakage ---------------------------------------------------------------------------------------------------------


def test_scaler_and_head_see_the_training_windows_alone():
    one = recording(frames=300)
    split = make_split([one])
    train, _, test = split.pools(parts("timeline_action", [one]))
    span = heads.Span(train.inputs(), train.parts[0].samples.block_starts)

    one.features[test.window] += 1000.0
    again = heads.Span(train.inputs(), train.parts[0].samples.block_starts)
    assert (span.scaler.mean == again.scaler.mean).all()
    assert (span.scaler.std == again.scaler.std).all()
    assert (span.train == again.train).all()
    x = train.inputs()
    assert np.allclose(span.scaler.mean, x.mean(0), atol=1e-4)
    one.features[train.window[:5]] += 1000.0
    assert not np.allclose(heads.Scaler.fit(train.inputs(), np.array([0])).mean, span.scaler.mean)


@pytest.mark.parametrize("task", ["timeline_action", "object_relevance"])
def test_a_vocabulary_is_that_of_training(task):
    from xperience.benchmark.interval import units
    from xperience.benchmark.kinds import kind_of
    from xperience.benchmark.task import Outcome

    one = recording(frames=400, run=120)  # the fourth action begins in the test part
    train, _, test = make_split([one]).pools(parts(task, [one]))
    outcome = Outcome()
    learner = head("linear")
    kind_of(TASKS[task]).evaluate(
        TASKS[task], learner, train, Pool([]), test, units(test), np.random.default_rng(0), outcome
    )
    assert outcome.unseen_test_labels == (["Place cup on table"] if task == "timeline_action" else ["table"])
    assert 0 < outcome.unseen_label_share < 1
    named = {row["predicted_label"] for row in outcome.rows} if task == "timeline_action" else {
        name for row in outcome.rows for name in row["predicted_objects"].split("|")
    }  # fmt: skip
    assert not named & set(outcome.unseen_test_labels)


# -- heads -----------------------------------------------------------------------------------------------------------


def test_the_span_changes_no_model():
    from sklearn.linear_model import LogisticRegression, Ridge

    rng = np.random.default_rng(0)
    x, test = rng.normal(size=(60, 200)).astype(np.float32), rng.normal(size=(20, 200)).astype(np.float32)
    y, vectors = rng.integers(0, 3, 60), rng.normal(size=(60, 5))
    span = heads.Span(x, np.array([0]))
    z = span.project([test[:7], test[7:]])
    scaled, scaled_test = ((v - x.mean(0)) / x.std(0) for v in (x, test))

    direct = LogisticRegression(C=1 / (heads.LOGISTIC_L2 * 60), class_weight="balanced", max_iter=5000, tol=1e-8)
    expected = direct.fit(scaled, y).predict_proba(scaled_test)
    assert np.allclose(heads.class_probabilities(heads.fit_classes(span, y, 3), z), expected, atol=5e-3)
    fit = heads.fit_classes(span, (y == 0).astype(int), 2)
    expected = direct.fit(scaled, y == 0).predict_proba(scaled_test)
    assert np.allclose(heads.class_probabilities(fit, z), expected, atol=5e-3)

    target = (vectors - vectors.mean(0)) / vectors.std(0)
    ridge = Ridge(alpha=heads.RIDGE_L2, fit_intercept=True).fit(scaled, target)
    expected = ridge.predict(scaled_test) * vectors.std(0) + vectors.mean(0)
    fit = heads.fit_vectors(span, vectors)
    assert np.allclose(heads.predict_vectors(fit, z), expected, atol=1e-4)
    head = span.checkpoint(fit)
    assert np.allclose(scaled_test @ head["W"] + head["b"], expected, atol=1e-3)


def test_absent_blocks_are_no_numbers():
    rng = np.random.default_rng(0)
    x = rng.normal(5, 2, size=(40, 6)).astype(np.float32)
    x[:20, 3:] = np.nan
    scaler = heads.Scaler.fit(x, np.array([0, 3]))
    assert scaler.columns.tolist() == list(range(6))
    assert np.allclose(scaler.mean[3:], x[20:, 3:].mean(0), atol=1e-5)  # not pulled to zero
    assert scaler.indicators.tolist() == [3]
    z = scaler.apply(x)
    assert z.shape == (40, 7)
    assert (z[:20, 3:6] == 0).all()
    assert z[:, 6].tolist() == [-0.5] * 20 + [0.5] * 20
    assert np.abs(scaler.apply(x * 1e6)).max() == heads.CLIP


def test_a_block_never_seen_in_training_changes_nothing():
    rng = np.random.default_rng(0)
    x, test = rng.normal(size=(30, 8)).astype(np.float32), rng.normal(size=(5, 8)).astype(np.float32)
    x[:, 4:] = np.nan
    span = heads.Span(x, np.array([0, 4]))
    assert span.scaler.columns.tolist() == [0, 1, 2, 3]
    other = test.copy()
    other[:, 4:] = 1e3
    assert np.allclose(span.project([test]), span.project([other]))


def test_inputs_that_never_vary_teach_and_tell_nothing():
    from xperience.benchmark.samples import NotMeasurable

    with pytest.raises(NotMeasurable, match="no input varies"):
        heads.Span(np.ones((10, 4), np.float32), np.array([0]))
    span = heads.Span(np.eye(10, 4, dtype=np.float32), np.array([0]))
    with pytest.raises(NotMeasurable, match="varies over the test windows"):
        span.project([np.ones((3, 4), np.float32), np.ones((2, 4), np.float32)])


def test_chunks_are_the_inputs_in_order(monkeypatch):
    monkeypatch.setattr("xperience.benchmark.samples.CHUNK", 17)
    many = [recording(f"s{k}__ep1", seed=k, frames=100) for k in range(5)]
    pool, _, _ = make_split(many).pools(parts("timeline_action", many))
    chunks = list(pool.chunks())
    assert [len(c) for c in chunks[:-1]] == [17] * (len(chunks) - 1)
    assert (np.concatenate(chunks) == pool.inputs()).all()


def test_thinning_is_even_and_keeps_every_recording():
    many = [recording(f"s{k}__ep1", seed=k, frames=200 + 100 * k) for k in range(3)]
    pool, _, _ = make_split(many, ratios=(0.9, 0, 0.1)).pools(parts("temporal_order", many))
    thinned = thin(pool, 40)
    assert thinned.thinned_from == len(pool)
    assert abs(len(thinned) - 40) <= 2
    assert len(thinned.parts) == len(pool.parts)
    assert max(np.diff(thinned.parts[0].rows)) - min(np.diff(thinned.parts[0].rows)) <= 1


# -- intervals -------------------------------------------------------------------------------------------------------


def test_units_are_episodes_or_blocks_and_say_so():
    many = [recording(f"s{k}__ep1", seed=k, frames=120) for k in range(8)]
    _, _, test = make_split(many, ratios=(0.25, 0, 0.75)).pools(parts("timeline_action", many))
    assert interval.units(test).method == "6 test episodes"
    two = Pool(test.parts[:2])
    found = interval.units(two)
    assert "blocks of 40 frames in 2 test episodes" in found.method
    assert found.count == len(set(found.of.tolist())) == 6
    assert not set(found.of[two.episode == 0]) & set(found.of[two.episode == 1])


def test_intervals_cover_the_truth_about_as_often_as_they_say():
    rng = np.random.default_rng(0)
    covered = 0
    for trial in range(200):
        level = rng.normal(0, 1, 30)  # episodes differ; their windows are alike
        values = np.repeat(level, 20) + rng.normal(0, 0.1, 600)
        units = interval.Units(np.repeat(np.arange(30), 20), 30, "30 test episodes")
        stats = means.statistics(values, units.of, 30)
        found = interval.bootstrap(stats, means.mean_of, float(values.mean()), units, seed=trial)
        assert found.low <= values.mean() <= found.high
        covered += found.low <= 0 <= found.high
    assert 0.88 <= covered / 200 <= 0.99  # window by window it would be about 0.3


def test_an_interval_holds_its_score():
    units = interval.Units(np.arange(4), 4, "")
    found = interval.bootstrap(np.ones((4, 2)), means.mean_of, 3.0, units)
    assert (found.low, found.high) == (1.0, 3.0)
